"""Whether the compositor is still there, asked at its socket."""

import asyncio
import os
import socket

import pytest

from roomctl.kiosk.display import display_power

pytestmark = pytest.mark.real


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    return tmp_path / "wayland-0"


async def test_one_that_holds_a_connection_is_there(place):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(place))
        listening.listen()
        assert await display_power.compositor_there()


async def test_one_that_is_just_ending_is_not_there(place):
    async def end(reader, writer):
        writer.close()

    async with await asyncio.start_unix_server(end, place):
        assert not await display_power.compositor_there()


async def test_one_that_has_left_its_socket_behind_is_not_there(place):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(os.fspath(place))
    assert place.exists()
    assert not await display_power.compositor_there()


async def test_a_screen_without_a_compositor_misses_none(monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert await display_power.compositor_there()
