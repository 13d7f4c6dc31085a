"""What the simulator can do to cameras, and what other programs meet on their wires."""

import asyncio
import socket
from pathlib import Path

import pytest
import serial

from roomctl.app import parse
from roomctl.camera.profile import shipped
from roomctl.clock import SystemClock
from roomctl.errors import Refused
from roomctl.installed import data_path
from roomctl.simulator import Simulator
from roomctl.simulator.cameras import SimulatedLine
from roomctl.simulator.wires import UdpPort, offer
from roomctl.visca.sim import SimCamera, SimIp, SimLine
from tests.invented import LoopClock, invented
from tests.room.rig import BAMBOO, living

WHO = bytes.fromhex("81090002ff")
CHAIN = '[camera.{}]\nurl = "serial:/dev/ttyUSB0"\naddress = {}\n'


def end_of(text: str, name: str = "camera.front") -> tuple[Simulator, SimulatedLine]:
    simulator = Simulator(parse(text, "room.toml"), LoopClock())
    end = simulator.device(name)
    assert isinstance(end, SimulatedLine)
    return simulator, end


@invented
async def test_a_simulated_camera_obeys_the_profile_of_its_site(tmp_path: Path) -> None:
    file = data_path("firmware_profiles") / "camera" / "sony_srg300h.toml"
    text = file.read_text(encoding="utf-8").replace("Sony SRG-300H", "Ours")
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    room = f'[camera]\nprofiles = "{tmp_path}"\n{CHAIN.format("front", 1)}profile = "ours"\n'
    simulator, end = end_of(room)
    assert end.cameras["camera.front"].profile.name == "Ours"
    await simulator.close()


@invented
async def test_every_fault_of_a_camera_can_be_set_by_name() -> None:
    for url in ("serial:/dev/ttyUSB0", "tcp://192.0.2.1:5678", "visca-ip://192.0.2.1"):
        simulator, end = end_of(CHAIN.format("front", 1).replace("serial:/dev/ttyUSB0", url))
        camera = end.cameras["camera.front"]
        (described,) = simulator.describe()
        for fault in described["faults"]:
            target = camera if hasattr(camera, fault) else end.machine()
            now = getattr(target, fault)
            value = {bool: True, str: "41", float: 3.5}.get(type(now), 1)
            value = {"ack": "none", "say": "38", "version": "0001"}.get(fault, value)
            value = "91" if fault in ("header", "number") else value
            await simulator.act("camera.front", fault, {"value": value})
            assert fault == "say" or getattr(target, fault) == value
        await simulator.close()


@invented
@pytest.mark.parametrize(
    ("fault", "value"),
    [("lose", "("), ("lose", 3), ("hung", 1), ("boot_s", -1), ("header", "9"), ("say", "38f")],
)
async def test_a_fault_that_cannot_be_is_refused(fault: str, value: object) -> None:
    simulator, _ = end_of(CHAIN.format("front", 1))
    with pytest.raises(Refused, match=r"camera\.front: .* is no") as error:
        await simulator.act("camera.front", fault, {"value": value})
    assert error.value.code == "invalid"


@invented
async def test_a_room_finds_a_camera_whose_speed_switch_was_moved() -> None:
    async with living(BAMBOO) as house:
        await house.act("camera.front", "baud")
        await house.until(lambda: house.device("camera.front").status == "offline", limit_s=10.0)
        await house.until(lambda: house.device("camera.front").status == "online", limit_s=30.0)
        state = house.simulator.device("camera.front").state("camera.front", 0.0)
        assert state["baud"] == 38400


@invented
async def test_a_room_does_not_lose_a_camera_on_a_noisy_line() -> None:
    async with living(BAMBOO) as house:
        await house.act("camera.front", "noise")
        await house.always(lambda: house.device("camera.front").status == "online", 20.0)


@invented
async def test_a_chain_is_numbered_by_the_room_again_after_a_power_cut() -> None:
    async with living(BAMBOO + CHAIN.format("back", 2)) as house:
        back = house.simulator.device("camera.back")
        assert isinstance(back, SimulatedLine)
        camera = back.cameras["camera.back"]
        assert (camera.address, camera.automatic) == (2, True)
        await house.act("camera.back", "power_cycle")
        await house.until(lambda: camera.address == 0)
        await house.until(lambda: camera.address == 2, limit_s=5.0)
        await house.until(lambda: house.device("camera.back").status == "online", limit_s=5.0)


@invented
async def test_what_a_hand_on_the_remote_does_is_seen_by_the_room() -> None:
    async with living() as house:
        await house.act("camera.front", "remote")
        await house.until(
            lambda: house.room.document.cameras[0].pan_deg == pytest.approx(5, abs=0.1), 10.0
        )


@pytest.mark.real
async def test_a_program_at_another_speed_is_not_understood_on_a_pty() -> None:
    line = SimLine([SimCamera(shipped()["sony_srg300h"])], 38400)
    wire = await offer("serial", lambda: line, SystemClock())

    def ask(baud: int, patience_s: float) -> bytes:
        with serial.Serial(wire.path, baud, timeout=patience_s) as port:
            port.write(WHO + WHO)
            return port.read_until(b"\xff")

    try:
        assert await asyncio.to_thread(ask, 9600, 0.3) == b""
        assert (await asyncio.to_thread(ask, 38400, 60.0)).startswith(b"\x90\x50")
    finally:
        await wire.close()


@pytest.mark.real
async def test_a_camera_may_answer_to_another_port_than_it_was_asked_from() -> None:
    port = await UdpPort.open(SystemClock())
    host, _, number = port.identity.path.rpartition(":")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening,
    ):
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(60)
        port.answers_to = listening.getsockname()[1]
        asking.sendto(WHO, (host, int(number)))
        assert (await port.read()).data == WHO
        await port.write(b"\x90\x41\xff")
        assert await asyncio.to_thread(listening.recv, 10) == b"\x90\x41\xff"
    await port.close()


@pytest.mark.real
async def test_a_client_may_bind_the_port_number_of_a_camera_over_ip() -> None:
    """Sony's clients listen on 52381, the port that they speak to."""
    far = SimIp(SimCamera(shipped()["sony_srg300h"]))
    wire = await offer("visca-ip", lambda: far, SystemClock())
    host, _, number = wire.path.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind(("", int(number)))
        client.settimeout(60)
        client.sendto(bytes.fromhex("0110000500000001") + WHO, (host, int(number)))
        answer = await asyncio.to_thread(client.recv, 50)
    await wire.close()
    assert answer.hex().startswith("0111000a000000019050")
