import asyncio
import os
import socket
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect

pytestmark = pytest.mark.real

LIMIT_S = 5.0


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
