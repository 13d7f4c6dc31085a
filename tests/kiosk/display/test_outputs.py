"""Two displays, one display, and the panel elsewhere: what stands where, as pictures show it."""

import asyncio
import contextlib
import functools
import os
import signal
import time
from pathlib import Path

import pytest

from roomctl.kiosk.display import labwc, windows
from roomctl.kiosk.input.virtual_input import VirtualInput, named
from roomctl.screen.protocol import (
    DisplayRole,
    DisplayState,
    KeyName,
    LeaveMeeting,
    OpenMeeting,
    PagePhase,
    ShowPage,
    SwitchDisplay,
    WantPages,
)
from tests.kiosk import compositor
from tests.kiosk.agency import UID, commands
from tests.kiosk.site import Answering, Loopback

pytestmark = pytest.mark.browser

ONE, TWO = "HEADLESS-1", "HEADLESS-2"
RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
SECRET = "einmal-4711"
_PAGE = """<!doctype html><body bgcolor="#COLOUR">
<script>onkeydown = (event) => fetch("/typed-" + event.code);</script>"""
FULL = 0.995  # of an output; a pointer may stand on it


@pytest.fixture(scope="module", autouse=True)
def _tools():
    compositor.needed()


class Pages(Loopback):
    """A site whose pages are one colour each: /ff0000. What is typed there is asked for, too."""

    def __init__(self):
        self.asked = []
        pages = self

        class Handler(Answering):
            def get(self):
                pages.asked.append(self.path)
                self.answer(200, _PAGE.replace("COLOUR", self.path[1:7]))

        super().__init__(Handler)

    def page(self, colour):
        return f"{self.origin}/{bytes(colour).hex()}#pair={SECRET}"


@pytest.fixture
def pages():
    pages = Pages()
    yield pages
    pages.close()


@pytest.fixture
def kiosk(request):
    """A compositor with `request.param` outputs, and the screen process on it."""
    with compositor.kiosk(request.param) as running:
        yield running


def two(test):
    return pytest.mark.parametrize("kiosk", [2], indirect=True, ids=["two outputs"])(test)


def one(test):
    return pytest.mark.parametrize("kiosk", [1], indirect=True, ids=["one output"])(test)


async def shows(display, output, colour):
    fact = functools.partial(filled, display, output, colour)
    await asyncio.to_thread(display.until, fact, f"{colour} on {output}")


async def stands(agency):
    """Wait until the screen process knows that the room's page stands: it is drawn before that."""
    async with asyncio.timeout(60):
        while f"{labwc.ROOM} is shown" not in agency.log.read_text():
            await asyncio.sleep(0.02)


async def wanted(daemon, limit_s=60.0):
    """Wait until the screen asks for addresses, or has done so since the last time."""
    if WantPages() not in daemon.heard:
        await daemon.until(lambda message: message == WantPages(), limit_s)
    daemon.heard.clear()


def filled(display, output, colour):
    return display.share(output, colour) > FULL


@two
async def test_two_displays_have_a_page_each_and_a_meeting_comes_over_the_rooms(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        await wanted(daemon)
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), TWO))
        daemon.say(ShowPage(DisplayRole.PANEL, pages.page(BLUE), ONE))
        await shows(display, TWO, RED)
        await shows(display, ONE, BLUE)
        await stands(agency)
        daemon.say(OpenMeeting(1, f"{pages.origin}/00ff00", pages.origin, True, "Bamboo"))
        await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        await shows(display, TWO, GREEN)
        assert filled(display, ONE, BLUE)
        daemon.say(LeaveMeeting(1))
        await daemon.page(lambda page: False)
        await shows(display, TWO, RED)
        lines = [" ".join(words) for _, words in commands(UID)]
        assert not [line for line in lines if SECRET in line or pages.origin in line]


@two
async def test_with_the_panel_elsewhere_the_room_has_one_display_of_two_and_it_alone_goes_dark(
    kiosk, pages
):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), ONE))
        daemon.say(ShowPage(DisplayRole.PANEL, None, None))
        await shows(display, ONE, RED)
        assert display.share(TWO, RED) == 0, "the second display stays empty"
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), TWO))
        await shows(display, TWO, RED)
        assert display.share(ONE, RED) == 0, "the page has changed its place"
        for on in (False, True):
            daemon.say(SwitchDisplay(on))
            await daemon.until(functools.partial(is_shown, on))
            said = display.run("wlopm").decode()
            assert (f"{TWO} on" in said) is on
            assert f"{ONE} on" in said, "what is not the room's stays lit"
        await shows(display, TWO, RED)


@one
async def test_the_one_display_is_the_rooms_and_its_page_outlives_the_daemon(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
        daemon.say(ShowPage(DisplayRole.PANEL, None, None))
        await shows(display, ONE, RED)
        assert len(kiosks(display)) == 1
    assert "MoveToOutput" not in (display.config / "labwc" / "rc.xml").read_text()
    async with agency.daemon() as successor:
        await wanted(successor)
        successor.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
        successor.say(SwitchDisplay(True))
        await successor.until(lambda message: message == DisplayState(True))
        assert filled(display, ONE, RED)
    assert pages.asked.count("/ff0000") == 1, "the next one has not loaded it again"


@one
async def test_a_page_that_falls_is_put_up_again_with_a_new_address(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        await wanted(daemon)
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
        await shows(display, ONE, RED)
        [fallen] = kiosks(display)
        os.kill(fallen, signal.SIGKILL)
        await wanted(daemon)
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(BLUE), None))
        await shows(display, ONE, BLUE)


@one
async def test_a_page_that_falls_behind_a_meeting_waits_for_its_end(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        await wanted(daemon)
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
        await shows(display, ONE, RED)
        await stands(agency)
        [fallen] = kiosks(display)
        daemon.say(OpenMeeting(1, f"{pages.origin}/00ff00", pages.origin, True, "Bamboo"))
        await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        await shows(display, ONE, GREEN)
        os.kill(fallen, signal.SIGKILL)
        with pytest.raises(TimeoutError):
            await wanted(daemon, limit_s=3)
        assert filled(display, ONE, GREEN)
        daemon.say(LeaveMeeting(1))
        await wanted(daemon)


@one
async def test_a_meeting_stands_above_a_page_that_was_still_coming_and_gets_the_keys(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        coming = await held_up(daemon, display, pages.page(RED))
        daemon.say(OpenMeeting(1, f"{pages.origin}/00ff00", pages.origin, True, "Bamboo"))
        await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        await shows(display, ONE, GREEN)
        assert coming not in kiosks(display), "no window of it can come any more"
        assert standing(display) == {labwc.MEETING}
        await asyncio.to_thread(strike, display, KeyName.SPACE)
        await asyncio.to_thread(display.until, lambda: "/typed-Space" in pages.asked, "a key")
        assert filled(display, ONE, GREEN)
        daemon.say(LeaveMeeting(1))
        await wanted(daemon)
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
        await shows(display, ONE, RED)


async def held_up(daemon, display, page):
    """Have a page put up, and stop its browser before it has a window; return its pid."""
    while True:  # bounded by the test's own limit
        await wanted(daemon)
        daemon.say(ShowPage(DisplayRole.ROOM, page, None))
        coming = await asyncio.to_thread(stopped, display)
        if standing(display) == set():
            return coming
        os.kill(coming, signal.SIGKILL)  # its window was quicker: it comes anew


def stopped(display):
    """Stop the browser of a page as soon as it runs; return its pid."""
    while not (found := kiosks(display)):
        time.sleep(0.002)  # bounded by the test's own limit
    os.kill(found[0], signal.SIGSTOP)
    return found[0]


def standing(display):
    """The names of the windows on a compositor, of those that the room has."""
    names = (labwc.ROOM, labwc.MEETING, labwc.PANEL)
    return {name for name in names if windows.there(display.environment, name)}


def strike(display, key):
    """Strike a key as a keyboard does that is plugged in: for whichever window has the keys."""
    with contextlib.closing(VirtualInput(display.environment, None)) as keyboard:
        keyboard.strike(named(key))


def kiosks(display):
    """The process ids of the browsers on a compositor."""
    return [
        pid
        for pid, words in commands(UID)
        if "--kiosk" in words and f"--user-data-dir={display.place}/" in " ".join(words)
    ]


def is_shown(on, message):
    return message == DisplayState(on)


@one
async def test_an_output_that_is_not_there_is_named_and_at_the_end_nothing_is_left(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), "HDMI-A-9"))
        await shows(display, ONE, RED)
        assert f"there is no output HDMI-A-9 now; there is: {ONE}" in agency.log.read_text()
        assert await asyncio.to_thread(agency.end) == 0
    assert kiosks(display) == []
    assert list(display.place.glob("roomctl-meeting-*")) == []
    assert SECRET not in agency.log.read_text()
    assert "Traceback" not in agency.log.read_text()


@one
async def test_it_ends_with_its_compositor_and_leaves_nothing_behind(kiosk, pages):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
        await shows(display, ONE, RED)
        display.process.terminate()
        assert await asyncio.to_thread(agency.process.wait, timeout=60) == 0
    assert kiosks(display) == []
    assert not agency.socket.exists()
    assert "Traceback" not in agency.log.read_text()


def test_the_rules_name_each_window_and_give_touches_to_the_panel():
    text = labwc.rules("HDMI-A-1", "DSI-1")
    assert '<windowRule identifier="roomctl-room"' in text
    assert '<action name="MoveToOutput" output="HDMI-A-1"/>' in text
    assert '<touch mapToOutput="DSI-1"/>' in text
    assert "touch" not in labwc.rules("HDMI-A-1", None)


def test_an_rc_xml_that_a_person_wrote_is_left_alone(tmp_path: Path):
    own = tmp_path / "labwc" / "rc.xml"
    own.parent.mkdir()
    own.write_text("<labwc_config/>")
    around = {"LABWC_PID": str(os.getpid()), "XDG_CONFIG_HOME": str(tmp_path)}
    assert labwc.place("HDMI-A-1", "DSI-1", around) is False
    assert own.read_text() == "<labwc_config/>"


def test_without_labwc_nothing_is_written(tmp_path: Path):
    assert labwc.place("HDMI-A-1", None, {"XDG_CONFIG_HOME": str(tmp_path)}) is False
    assert list(tmp_path.iterdir()) == []
