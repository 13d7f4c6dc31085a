"""Simulated cameras on real wires: other programs use them while the room goes on undisturbed."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import serial

from roomctl import app
from roomctl.app import parse
from roomctl.clock import SystemClock
from roomctl.room import Dependencies, Room
from roomctl.simulator import Simulator
from roomctl.simulator.cameras import SimulatedLine
from tests.ports.threads import descriptors

pytestmark = pytest.mark.real

WHERE = bytes.fromhex("81090612ff")  # Pan-tiltPosInq, SRG-300H manual
RIGHT = bytes.fromhex("8101060110100203ff")
STOP = bytes.fromhex("8101060110100303ff")
LIMIT_S = 60.0


def cameras(url: str) -> str:
    return f'[camera.front]\nurl = "{url}"\nprofile = "sony_srg300h"\n'


@contextlib.asynccontextmanager
async def wired(text: str) -> AsyncIterator[tuple[Room, Simulator]]:
    """Run a room whose cameras are on real wires, until they are online and beyond."""
    config, clock = parse(text, "room.toml"), SystemClock()
    simulator = Simulator(config, clock)
    await simulator.wire()
    room = app.room(config, Dependencies(simulator.connect, clock))
    task = asyncio.create_task(room.run())
    try:
        await until(lambda: online(room))
        yield room, simulator
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await simulator.close()


def online(room: Room) -> bool:
    devices = room.document.devices
    return bool(devices) and all(entry.status == "online" for entry in devices)


async def until(true: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not true():
            await asyncio.sleep(0.01)


def read_frame(read: Callable[[int], bytes]) -> bytes:
    """Read one reply; an empty one is a time-out."""
    frame = b""
    while not frame.endswith(b"\xff"):
        more = read(1)
        if not more:
            return frame
        frame += more
    return frame


async def test_another_program_asks_over_a_pty_while_the_room_goes_on() -> None:
    async with wired(cameras("serial:/dev/ttyUSB0?baud=9600")) as (room, simulator):
        path = simulator.ports["camera.front"]

        def ask_ten_times() -> list[bytes]:
            with serial.Serial(path, 9600, timeout=LIMIT_S) as port:
                replies = []
                for _ in range(10):
                    port.write(WHERE)
                    replies.append(read_frame(port.read))
                return replies

        replies = await asyncio.to_thread(ask_ten_times)
        assert all(reply.startswith(b"\x90\x50") and len(reply) == 11 for reply in replies)
        await until(lambda: online(room) and room.document.issues == ())


async def test_the_room_sees_what_another_program_did_to_its_camera() -> None:
    async with wired(cameras("serial:/dev/ttyUSB0")) as (room, simulator):

        def drive(data: bytes) -> bytes:
            with serial.Serial(simulator.ports["camera.front"], 9600, timeout=LIMIT_S) as port:
                port.write(data)
                return read_frame(port.read)

        assert (await asyncio.to_thread(drive, RIGHT))[1] & 0xF0 == 0x40  # acknowledged
        await until(lambda: (room.document.cameras[0].pan_deg or 0.0) > 2.0)
        await asyncio.to_thread(drive, STOP)
        await until(lambda: not room.document.cameras[0].moving)


async def test_the_room_opens_its_own_wire_as_it_would_open_a_real_one() -> None:
    async with wired(cameras("serial:/dev/ttyUSB0?baud=9600")) as (room, simulator):
        end = simulator.device("camera.front")
        assert isinstance(end, SimulatedLine)
        await simulator.act("camera.front", "unplug", {})
        await until(lambda: not online(room))
        await simulator.act("camera.front", "plug", {})
        await until(lambda: online(room))


async def test_another_program_asks_over_udp() -> None:
    async with wired(cameras("udp://192.0.2.1:1259")) as (room, simulator):
        host, _, port = simulator.ports["camera.front"].rpartition(":")

        def ask() -> bytes:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(LIMIT_S)
                client.sendto(WHERE, (host, int(port)))
                return client.recv(100)

        assert host == "127.0.0.1"
        assert (await asyncio.to_thread(ask)).startswith(b"\x90\x50")
        await until(lambda: online(room))


async def test_another_program_asks_over_visca_ip() -> None:
    async with wired(cameras("visca-ip://192.0.2.1")) as (room, simulator):
        host, _, port = simulator.ports["camera.front"].rpartition(":")
        reset = bytes.fromhex("020000010000000001")
        ask = bytes.fromhex("0110000500000000") + WHERE

        def talk() -> list[bytes]:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(LIMIT_S)
                answers = []
                for datagram in (reset, ask, ask):
                    client.sendto(datagram, (host, int(port)))
                    answers.append(client.recv(100))
                return answers

        first, answer, again = await asyncio.to_thread(talk)
        assert first.hex() == "020100010000000001"
        assert answer.hex().startswith("0111000b000000009050")
        assert again.hex() == "02000002000000000f01"
        await until(lambda: online(room))


async def test_two_other_programs_ask_over_tcp() -> None:
    async with wired(cameras("tcp://192.0.2.1:5678")) as (room, simulator):
        host, _, port = simulator.ports["camera.front"].rpartition(":")

        def ask() -> list[bytes]:
            with (
                socket.create_connection((host, int(port)), timeout=LIMIT_S) as one,
                socket.create_connection((host, int(port)), timeout=LIMIT_S) as two,
            ):
                one.sendall(WHERE)
                two.sendall(WHERE)
                return [read_frame(one.recv), read_frame(two.recv)]

        assert all(reply.startswith(b"\x90\x50") for reply in await asyncio.to_thread(ask))
        await until(lambda: online(room))


async def test_another_program_asks_a_panasonic_camera_over_http() -> None:
    async with wired('[camera.front]\nurl = "aw://192.0.2.1"\n') as (room, simulator):
        base = f"http://{simulator.ports['camera.front']}/cgi-bin/"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:

            async def ask(cgi: str, command: str) -> str:
                answer = await client.get(cgi, params={"cmd": command, "res": "1"})
                assert answer.status_code == 200
                return answer.text

            await until(lambda: not room.document.cameras[0].moving)  # it was seen to stand
            assert await ask("aw_ptz", "#APC") == "aPC80008000"
            assert await ask("aw_cam", "QID") == "OID:AW-UE100"
            assert await ask("aw_ptz", "#AX") == "eR1:AX"
            assert await ask("aw_ptz", "#APC90008000") == "aPC90008000"
            await until(lambda: (room.document.cameras[0].pan_deg or 0) > 33)
            assert (await client.get("nothing")).status_code == 404
        host, _, port = simulator.ports["camera.front"].rpartition(":")
        failed: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: failed.append(what))
        for garbage in (b"\xff\x00\r\n\r\n", b"GET /" + bytes(70_000) + b"\r\n\r\n"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(garbage)
            async with asyncio.timeout(LIMIT_S):
                with contextlib.suppress(ConnectionError):  # it did not read to the end
                    assert await reader.read() == b""
            writer.close()
        assert not failed
        await until(lambda: online(room))


async def test_nothing_is_left_of_the_wires() -> None:
    before = descriptors()
    both = cameras("serial:/dev/a") + cameras("tcp://192.0.2.1:1").replace("front", "back")
    both += '[camera.side]\nurl = "aw-https://192.0.2.1"\n'
    async with wired(both) as (_, simulator):
        path = Path(simulator.ports["camera.front"])
        host, _, port = simulator.ports["camera.back"].rpartition(":")
        assert path.is_char_device()

    assert not path.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
    assert descriptors() == before


async def test_without_wires_no_port_is_named() -> None:
    config = parse(cameras("serial:/dev/ttyUSB0"), "room.toml")
    assert Simulator(config, SystemClock()).ports == {}
