"""Serial ports on real pyserial: a pty is the line, closing its master is the unplug."""

import asyncio
import contextlib
import os
import socket
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.wire import Port

LIMIT_S = 5.0


class Cable:
    """A pty whose master is the far end of the line."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)

    @property
    def url(self) -> str:
        return f"serial:{self.path}?baud=9600"

    def unplug(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    yield cable
    cable.unplug()


@pytest.fixture
def locked(cable: Cable) -> Cable:
    """A line that nobody but root may open."""
    Path(cable.path).chmod(0)
    return cable


async def read(port: Port) -> bytes:
    return (await asyncio.wait_for(port.read(), LIMIT_S)).data


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_bytes_go_out_and_come_in(cable: Cable) -> None:
    port = await connect("front", cable.url)
    await port.write(b"\x81\x09\x04\x00\xff")
    assert os.read(cable.master, 100) == b"\x81\x09\x04\x00\xff"
    os.write(cable.master, b"\x90\x50\x02\xff")
    chunk = await asyncio.wait_for(port.read(), LIMIT_S)
    assert chunk.data == b"\x90\x50\x02\xff"
    assert 0 <= time.monotonic() - chunk.at < LIMIT_S
    await port.close()


async def test_a_waiting_read_wakes_as_soon_as_a_byte_is_there(cable: Cable) -> None:
    port = await connect("front", cable.url)
    waits = []
    for _ in range(20):
        reading = asyncio.ensure_future(port.read())
        await asyncio.sleep(0)
        before = time.monotonic()
        os.write(cable.master, b"x")
        waits.append((await asyncio.wait_for(reading, LIMIT_S)).at - before)
    await port.close()
    assert sorted(waits)[10] < 0.02


async def test_a_silent_line_costs_less_than_one_percent_of_a_core(cable: Cable) -> None:
    port = await connect("front", cable.url)
    reading = asyncio.ensure_future(port.read())
    used = time.process_time()
    await asyncio.wait([reading], timeout=1.2)
    used = time.process_time() - used
    await port.close()
    with pytest.raises(PortClosed):
        await reading
    assert used < 0.012


async def test_a_cancelled_read_loses_no_byte(cable: Cable) -> None:
    port = await connect("front", cable.url)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(port.read(), 0.01)
    os.write(cable.master, b"\x90\x41\xff")
    assert await read(port) == b"\x90\x41\xff"
    await port.close()


async def test_an_unplug_ends_a_blocked_read_and_everything_after_it(cable: Cable) -> None:
    port = await connect("front", cable.url)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    cable.unplug()
    with pytest.raises(PortClosed, match="plugged in"):
        await asyncio.wait_for(reading, LIMIT_S)
    for call in (port.read, lambda: port.write(b"x"), port.read):
        with pytest.raises(PortClosed):
            await asyncio.wait_for(call(), LIMIT_S)
    await port.close()


async def test_a_write_into_an_unplugged_line_is_port_closed(cable: Cable) -> None:
    port = await connect("front", cable.url)
    cable.unplug()
    with pytest.raises(PortClosed, match=cable.path):
        await port.write(b"x")
    await port.close()


async def test_close_wakes_a_blocked_read_and_may_be_called_twice(cable: Cable) -> None:
    port = await connect("front", cable.url)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    began = time.monotonic()
    await asyncio.gather(port.close(), port.close())
    with pytest.raises(PortClosed):
        await asyncio.wait_for(reading, LIMIT_S)
    assert time.monotonic() - began < 0.5
    await port.close()
    with pytest.raises(PortClosed):
        await port.write(b"x")


async def test_fifty_opens_closes_and_unplugs_leak_no_thread_and_no_descriptor() -> None:
    async def cycle(unplug: bool) -> None:
        cable = Cable()
        port = await connect("front", cable.url)
        reading = asyncio.ensure_future(port.read())
        await asyncio.sleep(0)
        if unplug:
            cable.unplug()
            with pytest.raises(PortClosed):
                await asyncio.wait_for(reading, LIMIT_S)
        await port.close()
        await asyncio.gather(reading, return_exceptions=True)
        cable.unplug()

    for number in range(6):
        await cycle(unplug=bool(number % 2))
    threads, open_files = threading.active_count(), descriptors()
    for number in range(50):
        await cycle(unplug=bool(number % 2))
    assert descriptors() == open_files
    assert threading.active_count() <= threads + 1  # the pool may keep one more, for all ports


async def test_an_open_that_nobody_waits_for_any_more_is_closed_again(cable: Cable) -> None:
    opening = asyncio.ensure_future(connect("front", cable.url))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    # exclusive: a second open works only once the first one's descriptor is closed
    port: Port | None = None
    async with asyncio.timeout(LIMIT_S):
        while port is None:
            with contextlib.suppress(PortError):
                port = await connect("front", cable.url)
    await port.close()


async def test_a_missing_node_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"there is no .*ttyUSB7; (there are|no serial)") as error:
        await connect("front", f"serial:{tmp_path}/ttyUSB7")
    assert error.value.reason is PortReason.MISSING


async def test_a_line_that_another_program_holds_is_busy(cable: Cable) -> None:
    port = await connect("front", cable.url)
    with pytest.raises(PortError, match="in use by another program") as error:
        await connect("rear", cable.url)
    assert error.value.reason is PortReason.BUSY
    await port.close()


@pytest.fixture
def nobody() -> Iterator[None]:
    """Give up root's rights for a while, if we have them: root may open everything."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    if was == 0:
        os.seteuid(0)


async def test_a_line_without_permission_says_which_command_helps(
    locked: Cable, nobody: None
) -> None:
    with pytest.raises(PortError, match=r"sudo usermod -aG dialout \$USER") as error:
        await connect("front", locked.url)
    assert error.value.reason is PortReason.PERMISSION


async def test_a_plain_file_is_not_a_serial_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(PortError, match="not a serial line") as error:
        await connect("front", f"serial:{file}")
    assert error.value.reason is PortReason.UNSUPPORTED


async def test_the_identity_follows_a_by_id_link_to_the_node(cable: Cable, tmp_path: Path) -> None:
    link = tmp_path / "usb-Example_Camera-if00-port0"
    link.symlink_to(cable.path)
    port = await connect("front", f"serial:{link}")
    assert port.identity.path == cable.path
    assert port.identity.url == f"serial:{link}"
    await port.close()


async def test_pyserials_loop_url_works() -> None:
    port = await connect("front", "serial:loop://")
    await port.write(b"\x88\x30\x01\xff")
    got = b""
    while len(got) < 4:
        got += await read(port)
    assert got == b"\x88\x30\x01\xff"
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    await port.close()
    with pytest.raises(PortClosed):
        await asyncio.wait_for(reading, LIMIT_S)


async def test_a_serial_server_by_socket_url_works_until_it_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = await connect("front", f"serial:socket://127.0.0.1:{server.getsockname()[1]}")
        far, _ = server.accept()
        with far:
            await port.write(b"ping")
            assert far.recv(100) == b"ping"
            far.sendall(b"pong")
            got = b""
            while len(got) < 4:
                got += await read(port)
            assert got == b"pong"
    with pytest.raises(PortClosed):
        await read(port)
    await port.close()


async def test_a_serial_server_that_is_not_running_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    with pytest.raises(PortError, match="refused") as error:
        await connect("front", f"serial:socket://127.0.0.1:{number}")
    assert error.value.reason is PortReason.REFUSED


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("serial:/dev/ttyUSB0?bauds=9600", "unknown option 'bauds'; did you mean 'baud'"),
        ("serial:/dev/ttyUSB0?timeout=3", "unknown option 'timeout'; known: baud"),
        ("serial:/dev/ttyUSB0?baud=fast", "baud=fast is not a number from 50 to 4000000"),
        ("serial:/dev/ttyUSB0?baud=9600&baud=38400", "says baud twice"),
        ("serial:ttyUSB0", "not a path"),
        ("serial:sockets://h:1", "did you mean 'socket'"),
    ],
)
async def test_a_url_that_cannot_be_meant_is_refused(url: str, says: str) -> None:
    with pytest.raises(PortError, match=says) as error:
        await connect("front", url)
    assert error.value.reason is PortReason.UNSUPPORTED
