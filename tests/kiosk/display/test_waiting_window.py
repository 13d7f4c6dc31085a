"""The window of a browser that waits for a meeting: nobody sees it, until it has one."""

import asyncio
import contextlib
import time
from functools import partial

import pytest

from roomctl.kiosk.display import labwc
from roomctl.kiosk.input.virtual_input import VirtualInput, named
from roomctl.screen.protocol import (
    DisplayRole,
    ExpectMeeting,
    KeyName,
    LeaveMeeting,
    OpenMeeting,
    PagePhase,
    ShowPage,
    WaitingBrowser,
    WaitingState,
    needs_of,
)
from tests.examples import chosen
from tests.kiosk import compositor
from tests.kiosk.agency import Agency
from tests.kiosk.compositor import Compositor
from tests.kiosk.display.test_outputs import GREEN, ONE, RED, Pages, filled, shows, strike, wanted
from tests.kiosk.window import Window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def _tools():
    compositor.needed()


@pytest.fixture
def pages():
    with contextlib.closing(Pages()) as pages:
        yield pages


def meeting(pages, assisted):
    return OpenMeeting(1, f"{pages.origin}/00ff00", pages.origin, assisted, "Bamboo")


async def said(daemon, state):
    return await daemon.until(
        lambda report: isinstance(report, WaitingBrowser) and report.state is state
    )


@pytest.mark.parametrize("assisted", chosen([False, True], False))
async def test_a_waiting_browser_is_never_seen_until_it_has_a_meeting(pages, assisted):
    order = meeting(pages, assisted)
    with compositor.kiosk(1) as (display, agency):
        async with agency.daemon() as daemon:
            await wanted(daemon)
            daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
            await shows(display, ONE, RED)
            daemon.say(ExpectMeeting(needs_of(order)))
            ready = asyncio.ensure_future(said(daemon, WaitingState.READY))
            while not ready.done():
                assert await asyncio.to_thread(filled, display, ONE, RED)
            await ready
            for _ in range(5):
                assert await asyncio.to_thread(filled, display, ONE, RED)
            daemon.say(order)
            await daemon.page(lambda page: page.phase is PagePhase.OPEN)
            await shows(display, ONE, GREEN)
            await asyncio.to_thread(strike, display, KeyName.SPACE)
            await asyncio.to_thread(display.until, lambda: "/typed-Space" in pages.asked, "a key")
            assert filled(display, ONE, GREEN)
            daemon.say(LeaveMeeting(1))
            await daemon.page(lambda page: False)
            await shows(display, ONE, RED)


async def test_a_waiting_browser_takes_no_keys_from_the_window_that_has_them(pages):
    with (
        compositor.kiosk(1) as (display, agency),
        contextlib.closing(VirtualInput(display.environment, None)) as keyboard,
        contextlib.closing(Window(display.environment, "somebody-else")) as window,
    ):
        async with agency.daemon() as daemon:
            daemon.say(ExpectMeeting(needs_of(meeting(pages, assisted=False))))
            await said(daemon, WaitingState.READY)
        await asyncio.to_thread(keyboard.strike, named(KeyName.SPACE))
        await asyncio.to_thread(window.hear)
        assert len(window.keys) == 1


async def test_keys_reach_the_rooms_page_before_and_while_a_browser_waits(pages):
    """Chromium leaves them to its address bar, now and then: so several pages are put up."""
    with (
        compositor.kiosk(1) as (display, agency),
        contextlib.closing(VirtualInput(display.environment, None)) as keyboard,
    ):

        async def is_heard():
            pages.asked.clear()

            def heard():
                keyboard.strike(named(KeyName.SPACE))  # the first may come before the window has it
                time.sleep(0.5)
                return "/typed-Space" in pages.asked

            await asyncio.to_thread(display.until, heard, "a key")

        async with agency.daemon() as daemon:
            await wanted(daemon)
            for number in range(1, 5):
                url = f"{pages.origin}/ff0000-{number}"
                daemon.say(ShowPage(DisplayRole.ROOM, url, None))
                await asyncio.to_thread(display.until, partial(are_shown, agency, number), "a page")
                await is_heard()
            daemon.say(ExpectMeeting(needs_of(meeting(pages, assisted=False))))
            await said(daemon, WaitingState.READY)
            await is_heard()


def are_shown(agency, count):
    return agency.log.read_text().count(f"{labwc.ROOM} is shown") == count


async def test_none_waits_where_the_compositor_s_rules_are_somebody_else_s(pages):
    with (
        contextlib.closing(Compositor(1)) as display,
        contextlib.closing(Agency()) as agency,
    ):
        own = display.config / "labwc"
        own.mkdir(mode=0o755)
        (own / "rc.xml").write_text("<labwc_config/>")
        agency.start(mode="kiosk", surroundings=display.environment)
        async with agency.daemon() as daemon:
            daemon.say(ExpectMeeting(needs_of(meeting(pages, False))))
            await said(daemon, WaitingState.IN_SIGHT)
            assert not list(display.place.glob("roomctl-meeting-*"))


def test_only_the_first_window_of_a_waiting_browser_is_put_out_of_sight():
    rules = labwc.rules("HDMI-A-1", None)
    assert (
        '<windowRule identifier="roomctl-waiting" matchOnce="yes"><action name="Iconify"/>' in rules
    )
    assert rules.count("Iconify") == 1
    assert rules.count('identifier="roomctl-waiting"') == 2
