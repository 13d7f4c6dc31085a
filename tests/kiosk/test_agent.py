import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from roomctl.screen.protocol import (
    AskAll,
    ClearPage,
    DisplayState,
    Heartbeat,
    LeaveMeeting,
    MeetingPage,
    OpenMeeting,
    PagePhase,
    ScreenHello,
    ScreenReason,
    SetMute,
    SoundState,
    SwitchDisplay,
)
from tests.examples import chosen
from tests.kiosk.agency import UID, USER, Agency, commands
from tests.kiosk.site import Site
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser

SECRET = "geheim-4711"


@pytest.fixture(scope="module", autouse=True)
def _chromium():
    needed("chromium")


@pytest.fixture(scope="module")
def agent(_chromium):
    """An agent that several tests share, each with a connection of its own."""
    agency = Agency().start()
    yield agency
    agency.close()


@pytest.fixture
def own_place():
    """A place for an agent that the test starts by itself."""
    agency = Agency()
    yield agency
    agency.close()


@pytest.fixture
def own_agent(own_place):
    return own_place.start()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


_ids = iter(range(1, 1000))


def meeting(site, *, assisted=True, path="/meeting", origin=None):
    url = f"{site.origin}{path}?pwd={SECRET}#{SECRET}"
    return OpenMeeting(next(_ids), url, origin or site.origin, assisted, SECRET)


def is_renderer(words):
    return "--type=renderer" in " ".join(words)  # a renderer's arguments are one string


def is_open(page):
    return page.phase is PagePhase.OPEN


def has_media(page):
    return page.rtc is not None and page.rtc.connected >= 1 and page.rtc.bytes_in > 0


async def left(daemon, order):
    daemon.say(LeaveMeeting(order.id))
    return await daemon.page(lambda page: False)


def alive(pid):
    """Whether a process runs; one that is only waiting to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def gone(pid):
    async with asyncio.timeout(60):
        while alive(pid):
            await asyncio.sleep(0.02)


def profile_of(words):
    option = next(word for word in words if word.startswith("--user-data-dir="))
    return Path(option.partition("=")[2])


def confined(agent):
    """Whether all renderers are: one that has only begun is a moment later, or has gone since."""
    found = [pid for pid, words in agent.processes().items() if is_renderer(words)]
    try:
        return bool(found) and all(map(is_confined, found))
    except OSError:
        return False


def is_confined(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    alone = os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid")
    return alone and "Seccomp:\t2" in status and f"Uid:\t{UID}\t{UID}\t{UID}\t{UID}" in status


async def test_an_assisted_meeting_has_media_and_leaves_nothing_behind(own_place, site):
    agent, order = own_place.start(program="tests.kiosk.patient"), meeting(site)
    async with agent.daemon() as daemon:
        daemon.say(order)
        first = await daemon.page(has_media)
        assert (first.phase, first.host) == (PagePhase.OPEN, "127.0.0.1")
        later = await daemon.page(
            lambda page: has_media(page) and page.rtc.bytes_in > first.rtc.bytes_in
        )
        assert later.rtc.connections == 2
        assert later.rtc.bytes_out > first.rtc.bytes_out
        assert later.rtc.mic is True
        pid, words = agent.browser()
        profile = profile_of(words)
        assert stat.S_IMODE(profile.parent.stat().st_mode) == 0o700
        closed = await left(daemon, order)
        assert closed == MeetingPage(order.id, PagePhase.CLOSED, "127.0.0.1", ScreenReason.LEFT)
        assert not alive(pid)
        assert not profile.parent.exists()
        assert not any(str(profile) in " ".join(words) for _, words in commands(UID))
    assert site.said.get(timeout=60) == "met webdriver=true"
    assert site.said.get(timeout=60) == "goodbye"


async def test_a_plain_meeting_has_no_probe_and_does_not_look_automated(agent, site):
    order = meeting(site, assisted=False, path="/plain")
    async with agent.daemon() as daemon:
        daemon.say(order)
        page = await daemon.page(is_open)
        assert page == MeetingPage(order.id, PagePhase.OPEN, "127.0.0.1")
        _, words = agent.browser()
        assert not [word for word in words if "remote-debugging" in word]
        said = await asyncio.to_thread(site.said.get, timeout=60)
        assert said == "met webdriver=false"
        assert (await left(daemon, order)).phase is PagePhase.CLOSED
    assert site.asked[0] == (f"/plain?pwd={SECRET}", None)


@pytest.mark.parametrize("assisted", [True, False])
async def test_the_browser_is_confined_and_no_text_from_outside_stands_in_a_command_line(
    agent, site, assisted
):
    order = meeting(site, assisted=assisted)
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(has_media if assisted else is_open)
        everybody = [" ".join(words) for _, words in commands(UID)]
        assert any("--user-data-dir" in line for line in everybody)
        assert not [line for line in everybody if SECRET in line or f":{site.port}" in line]
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(confined, agent):
                await asyncio.sleep(0.05)
        words = " ".join(word for words in agent.processes().values() for word in words)
        for never in ("--no-sandbox", "--use-fake-ui", "debugging-port", "AutomationControlled"):
            assert never not in words
        await left(daemon, order)


async def test_another_origin_gets_no_camera_and_no_microphone(agent, site):
    order = meeting(site, origin="https://meeting.example")
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(is_open)
        said = await asyncio.to_thread(site.said.get, timeout=60)
        assert said == "NotAllowedError"
        await left(daemon, order)


async def test_connections_in_a_frame_of_another_site_are_seen(agent, site):
    order = meeting(site, path="/frame")
    async with agent.daemon() as daemon:
        daemon.say(order)
        page = await daemon.page(has_media)
        assert page.rtc.connections == 2
        await left(daemon, order)


async def test_a_second_meeting_replaces_the_first(agent, site):
    first, second = meeting(site), meeting(site)
    async with agent.daemon() as daemon:
        daemon.say(first)
        await daemon.page(is_open)
        daemon.say(second)
        closed = await daemon.page(lambda page: False)
        assert (closed.id, closed.reason) == (first.id, ScreenReason.REPLACED)
        page = await daemon.page(is_open)
        assert page.id == second.id
        assert (
            len([words for words in agent.processes().values() if "--headless=new" in words]) == 1
        )
        await left(daemon, second)


async def test_a_meeting_can_be_left_before_it_is_open(agent, site):
    order = meeting(site)
    async with agent.daemon() as daemon:
        daemon.say(order)
        page = await left(daemon, order)
        assert (page.phase, page.reason) == (PagePhase.CLOSED, ScreenReason.LEFT)
        assert agent.browser() is None


async def test_a_page_that_nobody_serves_has_failed(agent):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{unused.getsockname()[1]}"
        order = OpenMeeting(next(_ids), f"{origin}/j/1", origin, True, "")
        async with agent.daemon() as daemon:
            daemon.say(order)
            page = await daemon.page(is_open)
            assert (page.phase, page.reason) == (PagePhase.FAILED, ScreenReason.NETWORK)
            assert agent.browser() is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("file:///etc/passwd", "https://e.example"),
        ("http://e.example/", "https://e.example"),
        ("https://u:p@e.example/", "https://e.example"),
        ("https://e.example/\r\nX: y", "https://e.example"),
        ("https://e.example\\@other.example/", "https://e.example"),
        ("https://e.example/", "https://*"),
        ("https://e.example/", "https://[*.]example"),
        ("https://e.example/", "https://e.example/,*"),
        ("https://e.example/", "https://e.example:99999"),
    ],
)
async def test_what_is_no_proper_link_or_origin_is_not_opened(agent, url, origin):
    async with agent.daemon() as daemon:
        daemon.say(OpenMeeting(next(_ids), url, origin, True, ""))
        page = await daemon.page(is_open)
        assert (page.phase, page.reason) == (PagePhase.FAILED, ScreenReason.BAD_URL)


@pytest.mark.parametrize("assisted", [True, False])
async def test_a_killed_browser_is_a_crash_and_its_profile_is_removed(agent, site, assisted):
    order = meeting(site, assisted=assisted)
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(is_open)
        pid, words = agent.browser()
        os.kill(pid, signal.SIGKILL)
        page = await daemon.page(lambda page: False)
        assert page.phase is PagePhase.CRASHED
        assert not profile_of(words).parent.exists()


async def test_a_killed_renderer_is_a_crash(agent, site):
    order = meeting(site)
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(has_media)
        for pid, words in agent.processes().items():
            if is_renderer(words):
                with contextlib.suppress(ProcessLookupError):  # one that was spare
                    os.kill(pid, signal.SIGKILL)
        page = await daemon.page(lambda page: False)
        assert (page.phase, page.reason) == (PagePhase.CRASHED, ScreenReason.PAGE_CRASHED)


async def test_the_meeting_outlives_the_daemon_and_the_next_one_hears_of_it(agent, site):
    order = meeting(site)
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(has_media)
        before = agent.browser()
    async with agent.daemon() as successor:
        known = [message for message in successor.heard if isinstance(message, MeetingPage)]
        assert (known[0].id, known[0].phase) == (order.id, PagePhase.OPEN)
        assert has_media(known[0]) or has_media(await successor.page(has_media))
        assert agent.browser() == before
        await left(successor, order)


async def test_a_newer_daemon_replaces_the_older(agent):
    async with agent.daemon() as older:
        await older.until(lambda message: message == Heartbeat())
        async with agent.daemon() as newer:
            with pytest.raises(EOFError):
                await older.until(lambda message: False)
            await newer.until(lambda message: message == Heartbeat())


async def test_a_connection_without_orders_disturbs_nobody(agent):
    async with agent.daemon() as daemon:
        await daemon.until(lambda message: message == Heartbeat())
        _, idle = await asyncio.open_unix_connection(agent.socket)
        idle.write(b"nonsense\n")
        for _ in range(2):
            await daemon.until(lambda message: message == Heartbeat())
        idle.close()
        await idle.wait_closed()


async def test_everything_is_said_when_asked_and_nothing_is_claimed(agent):
    async with agent.daemon() as daemon:
        daemon.heard.clear()
        daemon.say(ClearPage())
        daemon.say(SetMute(True))
        daemon.say(SwitchDisplay(False))
        await daemon.until(lambda message: isinstance(message, ScreenHello))
        daemon.say(AskAll())
        await daemon.until(lambda message: isinstance(message, ScreenHello))
        hello = next(m for m in daemon.heard if isinstance(m, ScreenHello))
        assert hello.mode == "headless"
        assert hello.browser.startswith("Chromium ")
        sounds = {m for m in daemon.heard if isinstance(m, SoundState)}
        assert sounds == {SoundState(False, None, None, ScreenReason.NO_SOUND_SERVER)}
        assert {m for m in daemon.heard if isinstance(m, DisplayState)} == {DisplayState(None)}
        assert not [m for m in daemon.heard if isinstance(m, MeetingPage)]


async def test_when_it_is_asked_to_end_browser_profile_and_socket_are_gone(own_agent, site):
    async with own_agent.daemon() as daemon:
        daemon.say(meeting(site))
        await daemon.page(has_media)
        pid, words = own_agent.browser()
        _, idle = await asyncio.open_unix_connection(own_agent.socket)
        status = await asyncio.to_thread(own_agent.end)
        assert status == 0
        idle.close()
    assert not alive(pid)
    assert not profile_of(words).parent.exists()
    assert not own_agent.socket.exists()
    assert SECRET not in own_agent.log.read_text()
    assert "Traceback" not in own_agent.log.read_text()


@pytest.mark.parametrize("assisted", chosen([True, False], True))
async def test_a_killed_agent_takes_its_browser_along_and_the_next_run_sweeps(
    own_agent, site, assisted
):
    async with own_agent.daemon() as daemon:
        daemon.say(meeting(site, assisted=assisted))
        await daemon.page(is_open)
        pid, words = own_agent.browser()
        own_agent.end(signal.SIGKILL)
    await gone(pid)
    assert profile_of(words).exists()
    own_agent.start()
    async with own_agent.daemon():
        assert not profile_of(words).parent.exists()


async def test_a_kiosk_without_a_display_says_so(own_place, site):
    own_place.start(mode="kiosk")
    async with own_place.daemon() as daemon:
        daemon.say(meeting(site))
        page = await daemon.page(is_open)
        assert (page.phase, page.reason) == (PagePhase.FAILED, ScreenReason.NO_DISPLAY)


async def test_the_sockets_folder_is_made_for_its_user_alone(own_place):
    own_place.socket = own_place.place / "run" / "screen.sock"
    own_place.start()
    async with own_place.daemon() as daemon:
        await daemon.until(lambda message: message == Heartbeat())
        assert stat.S_IMODE(own_place.socket.stat().st_mode) == 0o600
        folder = own_place.socket.parent.stat()
        assert (stat.S_IMODE(folder.st_mode), folder.st_uid) == (0o700, UID)


@pytest.mark.parametrize("mode", ["simulated", ""])
def test_a_mode_without_a_browser_is_refused(own_place, mode):
    assert own_place.start(mode=mode).process.wait(timeout=60) == 1
    assert "expected kiosk or headless" in own_place.log.read_text()


async def test_a_second_agent_on_the_same_socket_is_refused(agent, own_place):
    async with agent.daemon() as daemon:
        await daemon.until(lambda message: message == Heartbeat())
        own_place.socket = agent.socket
        status = await asyncio.to_thread(own_place.start().process.wait, timeout=60)
        assert status == 1
        assert "another `roomctl screen` already serves" in own_place.log.read_text()
        daemon.say(AskAll())
        await daemon.until(lambda message: isinstance(message, ScreenHello))


def test_an_ordinary_file_in_the_sockets_place_stays(own_place):
    own_place.socket.write_text("mine")
    assert own_place.start().process.wait(timeout=60) == 1
    assert own_place.socket.read_text() == "mine"
    assert "is not a socket" in own_place.log.read_text()


_KNOCK = """
import os, socket, sys
os.setgroups([]); os.setgid(4242); os.setuid(int(sys.argv[2]))
wire = socket.socket(socket.AF_UNIX)
wire.settimeout(60)
wire.connect(sys.argv[1])
try:
    wire.sendall(b'{"type":"ask_all"}\\n')
    sys.exit(0 if wire.recv(100) else 3)
except (BrokenPipeError, ConnectionResetError):
    sys.exit(3)
"""


@pytest.mark.skipif(USER is None, reason="only root can knock as somebody else")
@pytest.mark.parametrize(("uid", "status"), [(4242, 0), (4243, 3)])
async def test_only_the_allowed_user_may_connect(own_place, uid, status):
    own_place.start(allowed_uid=4242)
    async with own_place.daemon() as daemon:
        await daemon.until(lambda message: message == Heartbeat())
    assert stat.S_IMODE(own_place.socket.stat().st_mode) == 0o660
    own_place.place.chmod(0o755)
    own_place.socket.chmod(0o666)
    line = [sys.executable, "-c", _KNOCK, str(own_place.socket), str(uid)]
    knock = await asyncio.to_thread(subprocess.run, line, timeout=60, check=False)
    assert knock.returncode == status


@pytest.mark.skipif(USER is None, reason="only root can be refused as root")
@pytest.mark.parametrize(
    ("user", "why"),
    [
        ("", "must not run as root; start it as the kiosk user"),
        ("root", "must not run as root; name another user"),
        ("no-such-user", "there is no user 'no-such-user'"),
    ],
)
def test_root_gets_no_browser(own_place, user, why):
    assert own_place.start(user=user).process.wait(timeout=60) == 1
    assert why in own_place.log.read_text()
