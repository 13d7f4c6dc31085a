"""A finger on the display itself, on a real labwc: told, given back to the page, and not mistaken.

The finger is a second virtual pointer, which the compositor takes for any mouse.
"""

import asyncio
import contextlib
import signal

import pytest

from roomctl.kiosk.input.display_touch import DisplayTouch
from roomctl.kiosk.input.virtual_input import VirtualInput
from roomctl.screen.protocol import (
    DisplayRole,
    DisplayTouched,
    HeedDisplay,
    OpenMeeting,
    PagePhase,
    PressPoint,
    ShowPage,
)
from tests.kiosk import compositor
from tests.kiosk.vendor import CODE, JOIN, Vendor

PANEL, ROOM = "HEADLESS-1", "HEADLESS-2"
WHITE = (255, 255, 255)


@pytest.mark.real
def test_a_press_on_its_output_is_told_and_nothing_else_and_no_picture_shows_it():
    compositor.needed()
    told = []
    with contextlib.ExitStack() as done:
        display = done.enter_context(contextlib.closing(compositor.Compositor(2)))

        def pointer(output):
            found = VirtualInput(display.environment, output)
            return done.enter_context(contextlib.closing(found))

        finger, panel = pointer(ROOM), pointer(PANEL)
        finger.park()
        before = display.run("grim", "-o", ROOM, "-t", "ppm", "-")
        heeded = DisplayTouch(display.environment, ROOM, lambda: told.append("down"), told.append)
        done.enter_context(contextlib.closing(heeded))
        assert display.run("grim", "-o", ROOM, "-t", "ppm", "-") == before
        panel.press(0.5, 0.5)
        heeded.let_through(True)
        finger.press(0.5, 0.5)
        heeded.let_through(False)
        finger.park()
        heeded.let_through(False)
        assert not told
        finger.press(0.25, 0.75)
        heeded.let_through(False)
        assert told == ["down", pytest.approx((0.25, 0.75), abs=0.001)]
        assert heeded.heard


@pytest.mark.real
def test_the_wheel_of_a_mouse_is_a_touch_that_is_not_given_back():
    compositor.needed()
    told = []
    with contextlib.ExitStack() as done:
        display = done.enter_context(contextlib.closing(compositor.Compositor(1)))
        mouse = done.enter_context(contextlib.closing(VirtualInput(display.environment, None)))
        heeded = DisplayTouch(display.environment, None, lambda: told.append("down"), told.append)
        done.enter_context(contextlib.closing(heeded))
        mouse.scroll(0.5, 0.5, 2)
        heeded.let_through(False)
        assert told == ["down", None]


@pytest.mark.real
def test_a_pointer_keeps_to_its_output_when_the_compositor_reads_its_settings_anew():
    compositor.needed()
    told = []
    with contextlib.ExitStack() as done:
        display = done.enter_context(contextlib.closing(compositor.Compositor(2)))
        pointer = done.enter_context(contextlib.closing(VirtualInput(display.environment, ROOM)))
        heeded = DisplayTouch(display.environment, ROOM, lambda: None, told.append)
        done.enter_context(contextlib.closing(heeded))
        display.process.send_signal(signal.SIGHUP)
        for _ in range(3):  # it has had its turn by then
            display.run("grim", "-o", ROOM, "-t", "ppm", "-")
        pointer.press(0.25, 0.75)
        heeded.let_through(False)
        assert told == [pytest.approx((0.25, 0.75), abs=0.001)]


@pytest.mark.browser
async def test_a_finger_is_told_at_once_and_reaches_the_page_as_the_panels_presses_do():
    compositor.needed()
    with (
        contextlib.closing(Vendor("zh")) as site,
        compositor.kiosk(2) as (display, agency),
    ):
        async with agency.daemon() as daemon:
            daemon.say(ShowPage(DisplayRole.ROOM, None, ROOM))
            daemon.say(OpenMeeting(1, site.url, site.origin, False, "Bamboo"))
            await daemon.page(lambda page: page.phase is PagePhase.OPEN)
            drawn = lambda: 0.5 < display.share(ROOM, WHITE) < 0.999  # noqa: E731
            await asyncio.to_thread(display.until, drawn, "the meeting, drawn")
            assert await daemon.touch(HeedDisplay, True) is None
            assert await daemon.touch(PressPoint, *CODE) is None
            assert not [one for one in daemon.heard if isinstance(one, DisplayTouched)]
            with contextlib.closing(VirtualInput(display.environment, ROOM)) as finger:
                await asyncio.to_thread(finger.press, *JOIN)
            await daemon.until(lambda one: isinstance(one, DisplayTouched), limit_s=60)
            assert await daemon.touch(HeedDisplay, False) is None
            joined = lambda: site.joined  # noqa: E731
            await asyncio.to_thread(display.until, joined, "the press has reached the page", 60)
