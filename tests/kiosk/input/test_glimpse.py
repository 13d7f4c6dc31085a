"""A part of a real display, as the compositor gives it."""

import contextlib

import pytest

from roomctl.kiosk.input.glimpse import Glimpses
from roomctl.kiosk.input.wayland import WaylandRefused
from roomctl.screen.protocol import DisplayRole, ShowPage
from tests.kiosk import compositor
from tests.kiosk.display.test_outputs import ONE, RED, Pages, shows

pytestmark = pytest.mark.browser


async def test_a_part_of_the_display_is_what_stands_there_blue_first():
    compositor.needed()
    with contextlib.closing(Pages()) as pages, compositor.kiosk(1) as (display, agency):
        async with agency.daemon() as daemon:
            daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
            await shows(display, ONE, RED)
            with contextlib.closing(Glimpses(display.environment, ONE)) as glimpses:
                for corner, size in (((0, 0), (240, 96)), ((1000, 600), (96, 40))):
                    rows = glimpses.take(corner, size)
                    assert {rows[at : at + 3] for at in range(0, len(rows), 4)} == {b"\0\0\xff"}
                    assert len(rows) == size[0] * size[1] * 4
            with pytest.raises(WaylandRefused):
                Glimpses(display.environment, "HDMI-A-9")
