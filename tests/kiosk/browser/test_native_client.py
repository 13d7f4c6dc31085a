"""A vendor's own client: found as a desktop finds it, started without the passcode, ended whole."""

import asyncio
import itertools
import os
import shutil
from pathlib import Path

import pytest

from roomctl.kiosk.browser.folder import BrowserFolder, end_all, holders
from roomctl.kiosk.browser.native_client import command, surroundings
from roomctl.screen.protocol import LeaveMeeting, MeetingPage, OpenMeeting, PagePhase, ScreenReason
from tests.kiosk.agency import Agency
from tests.kiosk.site import Site
from tests.kiosk.sound_server import needed

ADDRESS = "zoommtg://zoom.us/join?action=join&confno=91234567890"
_ids = itertools.count(1)


def install(data, *, exec_key, scheme="zoommtg", name="Zoom.desktop", cached=True):
    """Install an application into a data folder, as a package does."""
    folder = data / "applications"
    folder.mkdir(parents=True, exist_ok=True)
    mime = f"x-scheme-handler/{scheme}"
    entry = f"[Desktop Entry]\nType=Application\nName=50% Zoom\nExec={exec_key}\nMimeType={mime};\n"
    (folder / name).write_text(entry)
    if cached:
        (folder / "mimeinfo.cache").write_text(f"[MIME Cache]\n{mime}={name};\n")


def where(tmp_path):
    return {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path / "share")}


@pytest.mark.parametrize(
    ("exec_key", "line"),
    [
        ("/bin/true %U", [ADDRESS]),
        ("true --url %u", ["--url", ADDRESS]),
        ('/bin/true "a b" %i %u 5%%', ["a b", ADDRESS, "5%"]),
        ("/bin/true", None),
        ("/no/such/program %U", None),
        ('/bin/true "%U', None),
    ],
)
def test_the_command_line_of_an_application_takes_the_address_as_one_word(tmp_path, exec_key, line):
    install(tmp_path / "share", exec_key=exec_key)
    found = command(ADDRESS, where(tmp_path))
    program = shutil.which("true", path="/usr/local/bin:/usr/bin:/bin")
    assert found is None if line is None else Path(found[0]).name == Path(program).name
    assert (found or [None])[1:] == (line or [])


def test_an_address_that_nothing_is_installed_for_has_no_command(tmp_path):
    assert command(ADDRESS, where(tmp_path)) is None
    install(tmp_path / "share", exec_key="/bin/true %U", scheme="wemeet")
    assert command(ADDRESS, where(tmp_path)) is None


def test_a_persons_choice_goes_before_the_systems(tmp_path):
    install(tmp_path / "share", exec_key="/bin/true system %U")
    own = tmp_path / "home" / ".local" / "share"
    install(own, exec_key="/bin/true own %U", name="mine.desktop", cached=False)
    config = tmp_path / "home" / ".config"
    config.mkdir()
    chosen = "[Default Applications]\nx-scheme-handler/zoommtg=mine.desktop\n"
    (config / "mimeapps.list").write_text(chosen)
    assert command(ADDRESS, where(tmp_path))[1:] == ["own", ADDRESS]


@pytest.mark.parametrize("text", ["", "no sections", "[MIME Cache\n", "\udcff", "[a]\n" * 2])
def test_a_list_that_is_damaged_names_nothing(tmp_path, text):
    install(tmp_path / "share", exec_key="/bin/true %U")
    file = tmp_path / "share" / "applications" / "mimeinfo.cache"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert command(ADDRESS, where(tmp_path)) is None


def test_no_list_leads_out_of_the_folder_of_applications(tmp_path):
    install(tmp_path / "share", exec_key="/bin/true %U")
    shutil.move(tmp_path / "share" / "applications" / "Zoom.desktop", tmp_path / "share")
    cache = tmp_path / "share" / "applications" / "mimeinfo.cache"
    cache.write_text("[MIME Cache]\nx-scheme-handler/zoommtg=../Zoom.desktop;\n")
    assert command(ADDRESS, where(tmp_path)) is None


@pytest.mark.real
def test_what_a_client_leaves_behind_is_found_by_its_mark(tmp_path):
    folder = BrowserFolder(tmp_path)
    marked = surroundings({"ROOMCTL_TOKEN": "x", "LANG": "C"}, folder)
    assert "ROOMCTL_TOKEN" not in marked
    pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], marked)
    assert list(holders(folder.path)) == [pid]
    end_all(folder.path)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9
    assert folder.remove()


_FAKE = """#!/bin/sh
printf '%s\\n' "$@" > {place}/argv
setsid sleep 600 &
echo $! > {place}/child
{then}
"""


@pytest.fixture
def agency():
    needed("chromium")
    agency = Agency()
    yield agency
    agency.close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


def started(agency, then="exec sleep 600"):
    """An agent that has a fake client for zoommtg: it notes its arguments, and forks."""
    program = agency.place / "client"
    program.write_text(_FAKE.format(place=agency.place, then=then))
    program.chmod(0o755)
    install(agency.place / "share", exec_key=f"{program} %U")
    return agency.start(surroundings={"XDG_DATA_DIRS": str(agency.place / "share")})


def meeting(site, native=ADDRESS):
    return OpenMeeting(
        next(_ids), f"{site.origin}/plain", site.origin, False, "Bamboo", native=native
    )


def is_open(page):
    return page.phase is PagePhase.OPEN


async def noted(file):
    async with asyncio.timeout(60):
        while not (file.exists() and file.read_text().endswith("\n")):
            await asyncio.sleep(0.05)
    return file.read_text()


def running(pid):
    """Whether a process runs; one that is only waiting to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.browser
async def test_the_installed_client_is_started_and_ended_with_all_that_it_started(agency, site):
    started(agency)
    async with agency.daemon() as daemon:
        order = meeting(site)
        daemon.say(order)
        page = await daemon.page(is_open)
        assert (page.rtc, page.seen) == (None, None), "nothing of a client can be read"
        assert await noted(agency.place / "argv") == f"{ADDRESS}\n"
        child = int(await noted(agency.place / "child"))
        assert agency.browser() is None
        assert list(agency.place.glob("roomctl-meeting-*"))
        daemon.say(LeaveMeeting(order.id))
        page = await daemon.page(lambda page: False)
        assert (page.phase, page.reason) == (PagePhase.CLOSED, ScreenReason.LEFT)
        assert not running(child)
    assert not list(agency.place.glob("roomctl-meeting-*"))
    assert "zoommtg is started" in agency.log.read_text()
    assert "91234567890" not in agency.log.read_text()


@pytest.mark.browser
@pytest.mark.parametrize(("then", "phase"), [("exit 0", "closed"), ("kill -9 $$", "crashed")])
async def test_a_client_that_ends_by_itself_is_told_from_one_that_falls(agency, site, then, phase):
    started(agency, f"kill $!; {then}")
    async with agency.daemon() as daemon:
        daemon.say(meeting(site))
        await daemon.page(is_open)
        page = await daemon.page(lambda page: False)
        assert page.phase.value == phase


@pytest.mark.browser
async def test_where_no_client_is_installed_the_page_is_opened(agency, site):
    started(agency)
    async with agency.daemon() as daemon:
        order = meeting(site, native="wemeet://page/inmeeting?meeting_code=123456789")
        daemon.say(order)
        await daemon.page(is_open)
        assert await asyncio.to_thread(site.said.get, timeout=60) == "met webdriver=false"
        daemon.say(LeaveMeeting(order.id))
        assert isinstance(await daemon.page(lambda page: False), MeetingPage)
    assert "the client for wemeet is not installed" in agency.log.read_text()
    assert "123456789" not in agency.log.read_text()
