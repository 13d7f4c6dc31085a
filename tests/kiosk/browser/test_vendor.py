"""A vendor's page in a real browser: what is read of it, and a panel's hands on it."""

import asyncio
import contextlib
import itertools
from dataclasses import replace

import pytest

from roomctl.meeting.platform import load_platforms
from roomctl.screen.protocol import (
    KeyName,
    LeaveMeeting,
    OpenMeeting,
    PagePhase,
    PageSelectors,
    PageSign,
    PicturePart,
    PressKey,
    PressPoint,
    SignKind,
    TakePicture,
    TouchRefusal,
    TypeText,
)
from tests.kiosk import vendor
from tests.kiosk.agency import Agency
from tests.kiosk.sound_server import SoundServer, needed
from tests.kiosk.vendor import CODE, JOIN, PASSCODE, Vendor, platform_file

pytestmark = pytest.mark.browser

_ids = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def _chromium():
    needed("chromium")


@pytest.fixture(scope="module")
def agent(_chromium):
    agency = Agency().start()
    yield agency
    agency.close()


@pytest.fixture(params=["en", "zh"])
def site(request):
    site = Vendor(request.param)
    yield site
    site.close()


@pytest.fixture
def english():
    site = Vendor("en")
    yield site
    site.close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platforms")
    (folder / "vendor.toml").write_text(platform_file(), encoding="utf-8")
    return load_platforms({}, folder).by_key["vendor"]


def meeting(site, platform, *, assisted=True, origin=None, joined=""):
    signs = [(sign.says, *mark) for sign in platform.sign for mark in sign.marks]
    return OpenMeeting(
        next(_ids),
        site.url,
        origin or site.origin,
        assisted,
        "Bamboo",
        hosts=("127.0.0.1", "localhost"),
        signs=tuple(PageSign(says, SignKind(where), what) for says, where, what in signs),
        joined=joined,
    )


def is_open(page):
    return page.phase is PagePhase.OPEN


def shows(word):
    return lambda page: page.seen is not None and page.seen.word == word


def flows(page):
    return page.rtc is not None and page.rtc.connected >= 1 and page.rtc.bytes_in > 0


async def left(daemon, order):
    daemon.say(LeaveMeeting(order.id))
    return await daemon.page(lambda page: False)


async def test_a_page_is_joined_with_its_passcode_by_touch_and_read_at_every_step(
    agent, site, platform
):
    order = meeting(site, platform)
    site.behind = "lobby"
    async with agent.daemon() as daemon:
        daemon.say(order)
        page = await daemon.page(shows("prejoin"))
        assert page.reachable
        assert await daemon.touch(PressPoint, *JOIN) is None
        await daemon.page(shows("passcode_wrong"))
        assert await daemon.touch(PressPoint, *CODE) is None
        assert await daemon.touch(TypeText, PASSCODE) is None
        assert await daemon.touch(PressKey, KeyName.TAB) is None
        assert await daemon.touch(PressKey, KeyName.SPACE) is None
        await daemon.page(shows("lobby"))
        assert site.joined == [["", ""], ["", PASSCODE]]
        site.stage = "in"
        first = await daemon.page(flows)
        later = await daemon.page(
            lambda page: flows(page) and page.rtc.bytes_in > first.rtc.bytes_in
        )
        words = later.seen and later.seen.word
        assert words is None, "none are read while media flows: its chat may say anything"
        site.stage = "removed"
        await daemon.page(shows("removed"))
        await left(daemon, order)
    assert PASSCODE not in agent.log.read_text()


async def test_a_passcode_goes_into_its_field_in_place_of_what_stands_there(
    agent, english, platform
):
    order = meeting(english, platform)
    async with agent.daemon() as daemon:
        daemon.say(order)
        english.stage = "passcode"
        page = await daemon.page(shows("passcode_needed"))
        assert page.seen.field, "of a name and a password, the password"
        assert await daemon.touch(TypeText, "an old one", True) is None
        assert await daemon.touch(TypeText, PASSCODE, True) is None
        assert await daemon.touch(PressPoint, *JOIN) is None
        await daemon.page(flows)
        assert english.joined == [["", PASSCODE]]
        assert await daemon.touch(TypeText, PASSCODE, True) is TouchRefusal.NOT_THERE
        await left(daemon, order)
    assert PASSCODE not in agent.log.read_text()


async def test_every_wall_of_the_vendor_is_told_from_the_others(agent, site, platform):
    order = meeting(site, platform)
    async with agent.daemon() as daemon:
        daemon.say(order)
        for stage, word in vendor.SAYS.items():
            site.stage = stage
            await daemon.page(shows(word))
        site.stage = "sign_in"
        page = await daemon.page(shows("sign_in_required"))
        assert page.host == "localhost"
        await left(daemon, order)


async def test_the_pages_own_function_tells_that_the_room_is_in(agent, english, platform):
    order = meeting(english, platform, joined="vendor.isJoined", origin="https://else.example")
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(lambda page: page.seen is not None and page.seen.joined is False)
        english.stage = "in"
        page = await daemon.page(lambda page: page.seen is not None and page.seen.joined is True)
        if not page.seen.refused:
            page = await daemon.page(lambda page: page.seen is not None and page.seen.refused)
        assert (page.seen.word, page.rtc.connections) == ("ended", 0)
        await left(daemon, order)


async def test_no_link_on_the_page_loses_the_call(agent, english, platform):
    order = meeting(english, platform)
    english.stage = "in"
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(flows)
        for place in (vendor.MAIL, vendor.FOREIGN, vendor.WINDOW):
            assert await daemon.touch(PressPoint, *place) is None
        async with asyncio.timeout(60):
            for words in ("did not leave the meeting for", "closed a window of"):
                while f"{words} foreign.example" not in agent.log.read_text():
                    await asyncio.sleep(0.05)
        before = await daemon.page(flows)
        after = await daemon.page(
            lambda page: flows(page) and page.rtc.bytes_in > before.rtc.bytes_in + 2000
        )
        assert after.host == "127.0.0.1"
        assert await daemon.touch(PressPoint, *vendor.LEAVE) is None
        # Before the page is left: what it has not sent by then, the browser never sends.
        said = [await asyncio.to_thread(english.said.get, timeout=60) for _ in range(2)]
        assert said == ["met webdriver=true", "left by its own button"]
        await left(daemon, order)


async def test_a_page_that_is_left_by_its_own_button_has_time_to_say_goodbye(english, platform):
    english.goodbye_ms = 300
    order = replace(meeting(english, platform), selectors=PageSelectors(leave="#leave"))
    english.stage = "in"
    with contextlib.closing(Agency()) as agency:
        async with agency.start(program="tests.kiosk.patient").daemon() as daemon:
            daemon.say(order)
            await daemon.page(flows)
            await left(daemon, order)
    said = [await asyncio.to_thread(english.said.get, timeout=60) for _ in range(2)]
    assert said == ["met webdriver=true", "left by its own button"]


async def test_a_picture_of_the_page_is_had_in_parts(agent, english, platform):
    order = meeting(english, platform)
    async with agent.daemon() as daemon:
        daemon.say(order)
        await daemon.page(shows("prejoin"))
        daemon.say(TakePicture(900))
        last = await daemon.until(
            lambda one: isinstance(one, PicturePart) and one.part == one.parts - 1
        )
        parts = [one.part for one in daemon.heard if isinstance(one, PicturePart)]
        assert parts == list(range(last.parts))
        await left(daemon, order)
        assert await daemon.touch(TakePicture) is TouchRefusal.NO_PAGE


async def test_a_plain_page_without_a_compositor_cannot_be_touched(agent, english, platform):
    order = meeting(english, platform, assisted=False)
    async with agent.daemon() as daemon:
        daemon.say(order)
        page = await daemon.page(is_open)
        assert not page.reachable
        assert await daemon.touch(PressPoint, *JOIN) is TouchRefusal.NO_REMOTE_CONTROL
        assert await daemon.touch(TakePicture) is TouchRefusal.NO_REMOTE_CONTROL
        await left(daemon, order)


@pytest.mark.parametrize("kind", ["pulseaudio", "pipewire"])
async def test_of_a_plain_page_the_sound_server_tells_that_media_flows(kind, platform):
    needed(kind)
    server, site, agency = SoundServer(kind), Vendor("en", {"audio": True}), Agency()
    try:
        server.start()
        agency.start(media="real", sound=server.url)
        order = meeting(site, platform, assisted=False)
        async with agency.daemon() as daemon:
            daemon.say(order)
            page = await daemon.page(lambda page: page.flow is not None)
            assert not page.flow.capture
            site.stage = "in"
            await daemon.page(
                lambda page: page.flow is not None and page.flow.capture and page.flow.playback
            )
            assert site.said.get(timeout=60) == "met webdriver=false"
            site.stage = "ended"
            await daemon.page(lambda page: page.flow is not None and not page.flow.playback)
            await left(daemon, order)
    finally:
        agency.close()
        site.close()
        server.close()
