"""Streams over sockets of this box: TCP, and Unix sockets."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.ports.stream import SocketPort
from roomctl.wire import Port
from tests.held_port import HeldPort

pytestmark = pytest.mark.real

LIMIT_S = 60.0


def listener() -> tuple[socket.socket, str]:
    server = socket.create_server(("127.0.0.1", 0))
    return server, f"tcp://127.0.0.1:{server.getsockname()[1]}"


async def met() -> tuple[Port, socket.socket]:
    server, url = listener()
    with server:
        port = await connect("front", url)
        far, _ = server.accept()
    far.settimeout(LIMIT_S)
    return port, far


async def test_bytes_go_out_and_come_in() -> None:
    port, far = await met()
    with far:
        await port.write(b"\x81\x01\xff")
        assert far.recv(100) == b"\x81\x01\xff"
        far.sendall(b"\x90\x41\xff")
        assert (await asyncio.wait_for(port.read(), LIMIT_S)).data == b"\x90\x41\xff"
        await port.close()
        assert far.recv(100) == b""


async def test_a_peer_that_hangs_up_closes_the_port() -> None:
    port, far = await met()
    reading = asyncio.ensure_future(port.read())
    far.close()
    with pytest.raises(PortClosed, match="hung up"):
        await asyncio.wait_for(reading, LIMIT_S)
    with pytest.raises(PortClosed):
        await port.write(b"x")
    with pytest.raises(PortClosed):
        await port.read()
    await port.close()


async def test_a_reset_by_the_peer_is_port_closed() -> None:
    port, far = await met()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()
    with pytest.raises(PortClosed, match=r"broke|hung up"):
        await asyncio.wait_for(port.read(), LIMIT_S)
    await port.close()


async def test_close_wakes_a_waiting_read() -> None:
    port, far = await met()
    with far:
        reading = asyncio.ensure_future(port.read())
        await asyncio.sleep(0)
        await port.close()
        with pytest.raises(PortClosed):
            await asyncio.wait_for(reading, LIMIT_S)
        await port.close()


async def test_a_peer_that_takes_no_data_loses_the_connection_within_the_limit() -> None:
    port, far = await met()
    with far:
        with pytest.raises(PortClosed, match="took no data for 2 s"):
            await asyncio.wait_for(port.write(bytes(50_000_000)), LIMIT_S)
        await port.close()


async def test_small_frames_are_not_delayed_and_a_dead_peer_is_noticed() -> None:
    port, far = await met()
    assert isinstance(port, SocketPort)
    line: socket.socket = port._writer.get_extra_info("socket")
    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    far.close()
    await port.close()


async def test_nobody_listening_is_refused_with_the_port_number() -> None:
    held = HeldPort()
    with pytest.raises(PortError, match="nothing listens on port") as error:
        await connect("front", f"tcp://127.0.0.1:{held.number}")
    assert error.value.reason is PortReason.REFUSED


async def test_a_host_that_does_not_exist_is_missing() -> None:
    with pytest.raises(PortError, match="cannot be reached") as error:
        await connect("front", "tcp://no-such-host.invalid:5678")
    assert error.value.reason is PortReason.MISSING


async def test_bytes_go_both_ways_and_the_peer_is_known(tmp_path: Path) -> None:
    path = tmp_path / "screen"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        port = await connect("screen", f"unix:{path}")
        far, _ = server.accept()
    with far:
        assert port.identity.peer_uid == os.getuid()
        assert port.identity.path == str(path)
        await port.write(b"hello\n")
        assert far.recv(100) == b"hello\n"
        far.sendall(b"there\n")
        assert (await asyncio.wait_for(port.read(), LIMIT_S)).data == b"there\n"
    with pytest.raises(PortClosed, match="hung up"):
        await asyncio.wait_for(port.read(), LIMIT_S)
    await port.close()


async def test_a_socket_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="there is no socket") as error:
        await connect("screen", f"unix:{tmp_path}/none")
    assert error.value.reason is PortReason.MISSING


async def test_a_socket_whose_program_died_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    with pytest.raises(PortError, match="dead socket") as error:
        await connect("screen", f"unix:{path}")
    assert error.value.reason is PortReason.REFUSED


@pytest.mark.parametrize("url", ["unix:run/screen", "unix:", "unix:/" + "x" * 107])
async def test_a_path_that_no_socket_can_have_is_refused(url: str) -> None:
    with pytest.raises(PortError, match="is not unix:/PATH") as error:
        await connect("screen", url)
    assert error.value.reason is PortReason.UNSUPPORTED
