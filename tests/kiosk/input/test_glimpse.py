"""A real display, and a part of it, as the compositor gives it."""

import contextlib

import pytest

from roomctl.kiosk.input import sight
from roomctl.kiosk.input.glimpse import ScreenCapture
from roomctl.kiosk.input.wayland import (
    DisplayOutput,
    EventArguments,
    WaylandRefused,
    number,
    text,
)
from roomctl.screen.protocol import DisplayRole, ShowPage
from tests.kiosk import compositor
from tests.kiosk.display.test_outputs import FULL, ONE, RED, Pages, shows

pytestmark = pytest.mark.browser


def geometry(transform):
    words = [*map(number, (0, 0, 520, 290, 0)), text("Philips"), text("55B"), number(transform)]
    return EventArguments(b"".join(words))


async def test_the_display_and_a_part_of_it_are_what_stands_there_blue_first():
    compositor.needed()
    with contextlib.closing(Pages()) as pages, compositor.kiosk(1) as (display, agency):
        async with agency.daemon() as daemon:
            daemon.say(ShowPage(DisplayRole.ROOM, pages.page(RED), None))
            await shows(display, ONE, RED)
            with contextlib.closing(ScreenCapture(display.environment, ONE)) as glimpses:
                for corner, size in (((0, 0), glimpses.size), ((1000, 600), (96, 40))):
                    rows = glimpses.take(corner, size)
                    assert len(rows) == size[0] * size[1] * 4
                    pixels = list(zip(rows[0::4], rows[1::4], rows[2::4], strict=True))
                    assert pixels.count(RED[::-1]) > FULL * len(pixels)
                assert glimpses.size == compositor.SIZE
                glimpses._output.hear(1, EventArguments(b"".join(map(number, (1, 800, 600, 60)))))
                assert glimpses.size == (800, 600)
                glimpses._output.hear(0, geometry(transform=1))
                with pytest.raises(WaylandRefused, match="is turned"):
                    glimpses.take((0, 0), (8, 8))
            with pytest.raises(WaylandRefused):
                ScreenCapture(display.environment, "HDMI-A-9")


def test_where_the_compositor_gives_none_the_picture_is_grims(monkeypatch, tmp_path):
    look = pytest.importorskip("roomctl.kiosk.look", reason="needs OpenCV", exc_type=ImportError)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    ppm = tmp_path / "picture.ppm"
    ppm.write_bytes(b"P6\n2 1\n255\n" + bytes(range(6)))
    program = tmp_path / "grim"
    program.write_text(f"#!/bin/sh\nexec cat {ppm}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert (sight.grabber("HDMI-A-1")() == look.of_ppm(ppm.read_bytes())).all()
    ppm.unlink()
    with pytest.raises(OSError, match="grim gave no picture"):
        sight.grabber("HDMI-A-1")()


@pytest.mark.parametrize(("transform", "turned"), [(0, False), (1, True), (2, True)])
def test_a_display_that_is_turned_is_known_by_its_geometry(transform, turned):
    output = DisplayOutput(1)
    output.hear(0, geometry(transform))
    assert output.turned is turned
