"""What the daemon orders for the displays: the television that room.toml names is the one asked."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.errors import ConfigError
from roomctl.kiosk.browser.browser import BrowserSetup
from roomctl.kiosk.display.idle_page import PageManager
from roomctl.screen.protocol import DisplayRole, DisplayState, ShowPage


async def until(fact):
    async with asyncio.timeout(60):
        while not fact():
            await asyncio.sleep(0.005)


async def test_the_television_is_that_of_the_rooms_stand(tmp_path, caplog):
    told = []
    setup = BrowserSetup(Path("/bin/false"), "kiosk", "fake", tmp_path, "wayland")
    stands = PageManager(setup, told.append)
    running = asyncio.create_task(stands.run())
    try:
        stands.take(ShowPage(DisplayRole.PANEL, None, None, "/dev/cec8"))
        stands.take(ShowPage(DisplayRole.ROOM, None, None, "/dev/cec9"))
        await until(lambda: DisplayState(None) in told)
        assert "/dev/cec9 is not there" in caplog.text
        assert "/dev/cec8" not in caplog.text
        told.clear()
        stands.take(ShowPage(DisplayRole.ROOM, None, None))
        await until(lambda: told == [DisplayState(None)])
        assert stands.power.television is None
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize(
    ("written", "adapter"),
    [
        ("", "auto"),
        ('cec = "auto"', "auto"),
        ('cec = "none"', None),
        ('cec = "/dev/cec1"', "/dev/cec1"),
    ],
)
def test_room_toml_names_the_televisions_adapter(written, adapter):
    screen = parse(f"[screen]\n{written}\n", "room.toml").screen
    assert screen.cec_adapter == adapter


def test_what_is_no_adapter_is_refused():
    with pytest.raises(ConfigError, match=r"screen\.cec"):
        parse('[screen]\ncec = "hdmi"\n', "room.toml")
