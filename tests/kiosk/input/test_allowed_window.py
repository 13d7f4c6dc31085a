"""A walkthrough touches a page that cannot be at a foreign host, and no other."""

import asyncio
import contextlib
import os
import socket
import threading
from pathlib import Path

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


async def test_a_compositor_that_did_not_answer_in_time_is_asked_again(monkeypatch, tmp_path):
    compositor.needed()
    said, socket_there = asyncio.Queue(), tmp_path / "wayland"
    with (
        contextlib.closing(compositor.Compositor(1)) as display,
        socket.socket(socket.AF_UNIX) as silent,
    ):
        real = Path(display.environment["XDG_RUNTIME_DIR"]) / display.environment["WAYLAND_DISPLAY"]
        silent.bind(str(socket_there))
        silent.listen()

        def stand_still_once():
            with silent.accept()[0]:
                (tmp_path / "real").symlink_to(real)
                (tmp_path / "real").replace(socket_there)
                over.wait(60)

        over = threading.Event()
        standing = threading.Thread(target=stand_still_once)
        standing.start()
        monkeypatch.setenv("WAYLAND_DISPLAY", str(socket_there))
        remote = RemoteTouches(said.put_nowait, lambda: None)
        try:
            await remote.begin(lambda: None)
            assert remote.everywhere
        finally:
            over.set()
            standing.join()
            await remote.end()


async def test_a_display_that_was_not_reached_is_reached_for_by_the_next_touch(monkeypatch):
    compositor.needed()
    said = asyncio.Queue()
    with contextlib.closing(compositor.Compositor(1)) as display:
        monkeypatch.setenv("XDG_RUNTIME_DIR", display.environment["XDG_RUNTIME_DIR"])
        monkeypatch.setenv("WAYLAND_DISPLAY", "not-there")
        remote = RemoteTouches(said.put_nowait, lambda: None)
        running = asyncio.create_task(remote.run())
        await remote.begin(lambda: None)
        remote.take(PressPoint(1, 0.5, 0.5))
        refused = TouchResult(1, TouchRefusal.NO_REMOTE_CONTROL)
        assert await asyncio.wait_for(said.get(), 60) == refused
        monkeypatch.setenv("WAYLAND_DISPLAY", display.environment["WAYLAND_DISPLAY"])
        remote.take(PressPoint(2, 0.5, 0.5))
        assert await asyncio.wait_for(said.get(), 60) == TouchResult(2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await remote.end()


def open_sockets():
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # of the listing itself
            found.add(str(each.readlink()))
    return {each for each in found if each.startswith("socket:")}


@pytest.mark.parametrize("meanwhile", ["it ends", "another one begins"])
async def test_a_meeting_that_is_over_when_the_display_is_reached_keeps_no_connection(
    monkeypatch, meanwhile
):
    compositor.needed()
    said, others = asyncio.Queue(), []

    def output():  # asked for just before the display is reached for
        if os.environ["WAYLAND_DISPLAY"] != "not-there" and not others:
            others.append(asyncio.create_task(end()))

    async def end():
        await remote.end()
        if meanwhile == "another one begins":
            await remote.begin(lambda: None)

    with contextlib.closing(compositor.Compositor(1)) as display:
        monkeypatch.setenv("XDG_RUNTIME_DIR", display.environment["XDG_RUNTIME_DIR"])
        monkeypatch.setenv("WAYLAND_DISPLAY", "not-there")
        remote = RemoteTouches(said.put_nowait, output)
        await remote.begin(lambda: None)
        running = asyncio.create_task(remote.run())
        before = open_sockets()
        monkeypatch.setenv("WAYLAND_DISPLAY", display.environment["WAYLAND_DISPLAY"])
        remote.take(PressPoint(1, 0.5, 0.5))
        await asyncio.wait_for(said.get(), 60)
        await asyncio.gather(*others)
        assert remote.everywhere == (meanwhile == "another one begins")
        assert len(open_sockets() - before) == remote.everywhere
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await remote.end()
        assert open_sockets() <= before
