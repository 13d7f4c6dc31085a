"""Serial ports on real pyserial: a pty is the line, closing its master is the unplug."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.ports.serial import SerialPort, quicken
from roomctl.wire import TURN, Identity, Intake, Port
from tests.held_port import HeldPort
from tests.ports.rfc2217_server import SerialServer
from tests.ports.threads import descriptors, in_use

LIMIT_S = 60.0


class Cable:
    """A pty whose master is the other end of the line."""

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


@pytest.mark.real
async def test_bytes_go_out_and_come_in(cable: Cable) -> None:
    port = await connect("front", cable.url)
    await port.write(b"\x81\x09\x04\x00\xff")
    assert os.read(cable.master, 100) == b"\x81\x09\x04\x00\xff"
    os.write(cable.master, b"\x90\x50\x02\xff")
    chunk = await asyncio.wait_for(port.read(), LIMIT_S)
    assert chunk.data == b"\x90\x50\x02\xff"
    assert 0 <= time.monotonic() - chunk.at < LIMIT_S
    await port.close()


@pytest.mark.real
async def test_a_lot_that_came_together_is_read_a_little_at_a_time(cable: Cable) -> None:
    port = await connect("front", cable.url.replace("9600", "19200"))
    assert port.identity.intake == Intake(1.05 * 1920)
    data = bytes(range(255)) * 8
    os.write(cable.master, data)
    got = []
    while sum(map(len, got)) < len(data):
        got.append(await read(port))
    assert b"".join(got) == data
    assert max(map(len, got)) <= TURN
    await port.close()


@pytest.mark.real
async def test_a_frame_that_the_driver_takes_at_once_waits_for_no_thread(cable: Cable) -> None:
    port = await connect("front", cable.url)
    writing = port.write(b"\x81\x01\x06\x04\xff")
    with pytest.raises(StopIteration):  # it is over without ever giving way
        writing.send(None)
    assert os.read(cable.master, 99) == b"\x81\x01\x06\x04\xff"
    await port.close()


@pytest.mark.real
async def test_what_the_driver_does_not_take_at_once_follows_in_order(cable: Cable) -> None:
    port = await connect("front", cable.url)
    data = bytes(range(255)) * 400  # more than a pty holds
    writing = asyncio.ensure_future(port.write(data))
    got = b""
    async with asyncio.timeout(LIMIT_S):
        while len(got) < len(data):
            got += await asyncio.to_thread(os.read, cable.master, 4096)
    await writing
    assert got == data
    await port.close()


@pytest.mark.real
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


@pytest.mark.real
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


@pytest.mark.real
async def test_a_cancelled_read_loses_no_byte(cable: Cable) -> None:
    port = await connect("front", cable.url)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(port.read(), 0.01)
    os.write(cable.master, b"\x90\x41\xff")
    assert await read(port) == b"\x90\x41\xff"
    await port.close()


@pytest.mark.real
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


@pytest.mark.real
async def test_a_write_into_an_unplugged_line_is_port_closed(cable: Cable) -> None:
    port = await connect("front", cable.url)
    cable.unplug()
    with pytest.raises(PortClosed, match=cable.path):
        await port.write(b"x")
    await port.close()


@pytest.mark.real
async def test_close_wakes_a_blocked_read_and_may_be_called_twice(cable: Cable) -> None:
    port = await connect("front", cable.url)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    began = time.monotonic()
    await asyncio.gather(port.close(), port.close())
    with pytest.raises(PortClosed):
        await asyncio.wait_for(reading, LIMIT_S)
    assert time.monotonic() - began < LIMIT_S
    await port.close()
    with pytest.raises(PortClosed):
        await port.write(b"x")


@pytest.mark.real
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
    threads, open_files = in_use(), descriptors()
    for number in range(50):
        await cycle(unplug=bool(number % 2))
    assert descriptors() == open_files
    assert in_use() == threads


@pytest.mark.real
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


@pytest.mark.real
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


@pytest.mark.real
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


@pytest.mark.real
async def test_the_identity_follows_a_by_id_link_to_the_node(cable: Cable, tmp_path: Path) -> None:
    link = tmp_path / "usb-Example_Camera-if00-port0"
    link.symlink_to(cable.path)
    port = await connect("front", f"serial:{link}")
    assert port.identity.path == cable.path
    assert port.identity.url == f"serial:{link}"
    await port.close()


AFTER_AN_UNPLUG = (  # seen with ftdi_sio, cdc_acm and xhci, and in pyserial's source
    serial.SerialException("device reports readiness to read but returned no data"),
    serial.SerialException("write failed: [Errno 5] Input/output error"),
    serial.PortNotOpenError(),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ENODEV, "No such device"),
    OSError(errno.EBADF, "Bad file descriptor"),
    BrokenPipeError(errno.EPIPE, "Broken pipe"),
    termios.error(errno.EIO, "Input/output error"),
    TypeError("'NoneType' object cannot be interpreted as an integer"),
    ValueError("I/O operation on closed file"),
    AttributeError("'NoneType' object has no attribute 'recv'"),
)


class Pulled:
    """A pyserial device that raises `error` in one place, and has one byte to read."""

    port = "/dev/ttyUSB0"

    def __init__(self, place: str, error: Exception) -> None:
        self._place, self._error = place, error
        self.low_latency = False

    @property
    def in_waiting(self) -> int:
        self._raise("in_waiting")
        return 0

    def _raise(self, place: str) -> None:
        if place == self._place:
            raise self._error

    def read(self, count: int) -> bytes:
        self._raise("read")
        return b"x"

    def write(self, data: bytes) -> int:
        self._raise("write")
        return len(data)

    def cancel_read(self) -> None:
        self._raise("cancel_read")

    def cancel_write(self) -> None:
        self._raise("cancel_write")

    def close(self) -> None:
        self._raise("close")

    def set_low_latency_mode(self, on: bool) -> None:
        self._raise("set_low_latency_mode")
        self.low_latency = on


def pulled(place: str, error: Exception) -> SerialPort:
    return SerialPort(
        Pulled(place, error), Identity(url="serial:/dev/ttyUSB0", path="/dev/ttyUSB0")
    )


@pytest.mark.parametrize("error", AFTER_AN_UNPLUG, ids=repr)
async def test_whatever_pyserial_raises_after_an_unplug_is_port_closed(error: Exception) -> None:
    reads, writes = pulled("read", error), pulled("write", error)
    with pytest.raises(PortClosed, match="still plugged in"):
        await reads.read()
    with pytest.raises(PortClosed, match="still plugged in"):
        await writes.write(b"x")
    for port in (reads, writes):
        with pytest.raises(PortClosed):
            await port.read()
        with pytest.raises(PortClosed):
            await port.write(b"x")
        await port.close()


@pytest.mark.parametrize("error", AFTER_AN_UNPLUG, ids=repr)
async def test_what_came_before_an_unplug_is_still_read(error: Exception) -> None:
    port = pulled("in_waiting", error)
    assert await read(port) == b"x"
    await port.close()


@pytest.mark.parametrize("place", ["cancel_read", "cancel_write", "close"])
@pytest.mark.parametrize("error", AFTER_AN_UNPLUG, ids=repr)
async def test_a_line_that_is_gone_is_closed_without_an_error(place: str, error: Exception) -> None:
    port = pulled(place, error)
    await port.close()
    with pytest.raises(PortClosed):
        await port.read()


@pytest.mark.parametrize("error", [*AFTER_AN_UNPLUG, NotImplementedError("not here")], ids=repr)
def test_a_port_without_a_low_latency_mode_does_without(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "roomctl.ports.serial")
    quicken(Pulled("set_low_latency_mode", error))
    assert "/dev/ttyUSB0: no low-latency mode" in caplog.text


def test_a_port_with_a_low_latency_mode_gets_it() -> None:
    device = Pulled("nowhere", OSError())
    quicken(device)
    assert device.low_latency


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


@pytest.mark.real
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


@pytest.mark.real
async def test_a_serial_server_that_is_not_running_refuses() -> None:
    held = HeldPort()
    with pytest.raises(PortError, match="refused") as error:
        await connect("front", f"serial:socket://127.0.0.1:{held.number}")
    assert error.value.reason is PortReason.REFUSED


@pytest.fixture
def server() -> Iterator[SerialServer]:
    server = SerialServer()
    yield server
    server.close()


by_pyserial = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")


@pytest.mark.real
@by_pyserial
async def test_a_telnet_serial_server_sets_the_speed_and_hands_every_byte_on(
    server: SerialServer,
) -> None:
    port = await connect("front", f"{server.url}?baud=38400")
    assert server.serial.baudrate == 38400
    every = bytes(range(256))  # 0xFF is the end of a VISCA frame, and telnet's escape
    await port.write(every)
    got = b""
    while len(got) < 256:
        got += await read(port)
    assert got == every
    await port.close()


@pytest.mark.real
@by_pyserial
async def test_a_telnet_serial_server_that_hangs_up_closes_the_port(server: SerialServer) -> None:
    port = await connect("front", server.url)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    server.hang_up()
    with pytest.raises(PortClosed, match="server still there"):
        await asyncio.wait_for(reading, LIMIT_S)
    with pytest.raises(PortClosed):
        await port.write(b"x")
    await port.close()


@pytest.mark.real
@by_pyserial
async def test_opening_a_telnet_serial_server_again_and_again_leaks_nothing(
    server: SerialServer,
) -> None:
    async def cycle(hang_up: bool) -> None:
        port = await connect("front", server.url)
        reading = asyncio.ensure_future(port.read())
        await asyncio.sleep(0)
        if hang_up:
            server.hang_up()
            await asyncio.wait([reading], timeout=LIMIT_S)
        await port.close()
        await asyncio.gather(reading, return_exceptions=True)

    for number in range(2):
        await cycle(hang_up=bool(number))
    threads, open_files = in_use(), descriptors()
    for number in range(4):
        await cycle(hang_up=bool(number % 2))
    assert in_use() <= threads + 1  # the server may not have closed its last one yet
    assert descriptors() <= open_files + 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("serial:/dev/ttyUSB0?bauds=9600", "unknown option 'bauds'; did you mean 'baud'"),
        ("serial:/dev/ttyUSB0?timeout=3", "unknown option 'timeout'; known: baud"),
        ("serial:/dev/ttyUSB0?baud=fast", "baud=fast is not a number from 50 to 4000000"),
        ("serial:/dev/ttyUSB0?baud=9600&baud=38400", "has baud twice"),
        ("serial:ttyUSB0", "not a path"),
        ("serial:sockets://h:1", "did you mean 'socket'"),
    ],
)
async def test_a_url_that_cannot_be_meant_is_refused(url: str, says: str) -> None:
    with pytest.raises(PortError, match=says) as error:
        await connect("front", url)
    assert error.value.reason is PortReason.UNSUPPORTED
