"""A walkthrough touches a page that cannot be at a foreign host, and no other."""

import asyncio
import contextlib

import pytest

from roomctl.kiosk.input.remote_control import RemoteTouches
from roomctl.screen.protocol import (
    LearnControl,
    PressControl,
    PressPoint,
    SeekControls,
    TouchRefusal,
    TouchResult,
    WatchTouches,
    brought_parts,
)
from tests.kiosk import compositor

pytestmark = pytest.mark.real
ORDERS = (
    WatchTouches(1, on=True),
    *brought_parts(2, b"[]"),
    SeekControls(3, ()),
    PressControl(4, 0, 640, 360),
    LearnControl(5, 0.5, 0.5),
)


async def test_nothing_of_a_walkthrough_is_done_on_a_page_that_may_be_anywhere(monkeypatch):
    compositor.needed()
    said = asyncio.Queue()
    with contextlib.closing(compositor.Compositor(1)) as display:
        for key in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(key, display.environment[key])
        remote = RemoteTouches(said.put_nowait, lambda: None)
        running = asyncio.create_task(remote.run())
        await remote.begin(lambda: None, within=lambda: False)
        assert remote.everywhere
        for order in ORDERS:
            remote.take(order)
            answer = await asyncio.wait_for(said.get(), 60)
            assert answer == TouchResult(order.number, TouchRefusal.NOT_ALLOWED)
        remote.take(PressPoint(6, 0.5, 0.5))  # people may
        assert await asyncio.wait_for(said.get(), 60) == TouchResult(6)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await remote.end()
