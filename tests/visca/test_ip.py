"""VISCA over IP: numbers, headers and answers, in invented time and over real UDP."""

import asyncio

import pytest

from roomctl.camera import lines
from roomctl.camera.profile import CameraTable, shipped
from roomctl.camera.visca import connection
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import ConfigError
from roomctl.motion import Outcome, RequestEnd
from roomctl.ports import connect
from roomctl.simulator.wires import PumpTask as Wired
from roomctl.simulator.wires import UdpPort
from roomctl.visca.bus import Bus
from roomctl.visca.ip import OverIp
from roomctl.visca.message import (
    Home,
    Raw,
)
from roomctl.visca.sim import SimCamera, SimIp
from roomctl.wire import Chunk
from tests.visca.net import LIMIT_S, RESET, STEP, Net, after
from tests.visca.rig import RIGHT, Heard


def test_the_count_is_reset_then_the_camera_cleared_stopped_and_asked() -> None:
    net = Net()
    first = net.driver.wrote[:7]
    assert first[:2] == [RESET, "012000050000000081010001ff"]
    assert first[2] == "01000009000000018101060118140303ff"
    assert [datagram[8:16] for datagram in first[2:]] == [f"{n:08x}" for n in range(1, 6)]
    assert {datagram[:4] for datagram in first[4:]} == {"0110"}
    assert net.talk.ready
    assert net.talk.model == shipped()["sony_srg300h"].model


def test_a_lost_command_goes_out_again_with_its_own_number_and_runs_once() -> None:
    net = Net()
    at = len(net.driver.wrote)
    net.bad(loss=1.0)
    outcomes = net.submit(STEP)
    net.run(0.1)
    net.bad(loss=0.0)
    net.run(3.0)
    said = after(net, at)
    assert len(said) == 2
    assert said[0] == said[1]
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert net.camera.pan_deg == pytest.approx(10, abs=0.1)


def test_a_lost_answer_is_asked_for_again_with_a_new_number() -> None:
    net = Net()
    net.run(2.9)
    asked = net.taken("81090400")
    net.sim.loss = 1.0
    while net.driver.wrote[-1][16:] != "81090400ff":
        net.run(0.01)
    number = net.driver.wrote[-1][8:16]
    net.sim.heard.append((net.now, "81090400ff"))
    net.sim._last = int(number, 16)  # it was heard; the answer is what got lost
    net.sim.loss = 0.0
    net.run(0.5)
    again = [d for d in net.driver.wrote if d[16:] == "81090400ff"][-3:]
    assert again[0][8:16] == again[1][8:16] == number
    assert int(again[2][8:16], 16) > int(number, 16)
    assert net.taken("81090400") == asked + 2
    assert net.events.told == ["answered"]


def test_numbers_wrap_to_0() -> None:
    net = Net()
    net.driver._number = net.sim._last = 0xFFFFFFFE
    net.sim._last -= 1
    home = [net.submit(Home())]
    for _ in range(3):
        net.run(0.5)
        home.append(net.submit(Home()))
    net.run(1.0)
    assert home == [[Outcome(RequestEnd.DONE)]] * 4
    assert net.sim.resets == 1


def test_a_length_that_lies_is_not_believed() -> None:
    net = Net()
    net.sim.length = 9  # as AVer's do
    outcomes = net.submit(Home())
    net.run(1.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert net.events.told == ["answered"]


def test_a_camera_that_knows_no_reset_is_used_nevertheless() -> None:
    line = Bus([connection("camera", 1, Heard())], None)
    driver = OverIp(line)
    wrote: list[bytes] = []
    for step in range(200):
        driver.tick(step * 0.01)
        while (data := driver.outbox(step * 0.01)) is not None:
            driver.sent(step * 0.01)
            wrote.append(data)
    assert 1 < sum(data.hex() == RESET for data in wrote) < 10
    assert any(data.hex().endswith("8101060118140303ff") for data in wrote)


def test_if_clear_is_said_as_a_command_to_a_camera_that_knows_no_device_setting() -> None:
    driver = OverIp(Bus([connection("camera", 1, Heard())], None))
    assert driver.outbox(0.0) is not None
    driver.receive(Chunk(bytes.fromhex("020100010000000001"), 0.0))
    driver.tick(0.0)
    clear = driver.outbox(0.0)
    assert clear is not None
    driver.sent(0.0)
    driver.receive(Chunk(bytes.fromhex("02010002") + clear[4:8] + b"\x0f\x02", 0.01))
    again = driver.outbox(0.01)
    assert again is not None
    assert (again[:2], again[8:]) == (b"\x01\x00", clear[8:])


def test_a_camera_with_one_number_on_every_reply_is_understood() -> None:
    net = Net(start=False)
    net.sim.number = "0000abcd"
    net.run(6.0)
    assert net.talk.ready
    outcomes = net.submit(STEP)
    net.run(3.0)
    net.talk.stop(net.now)
    net.run(1.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert net.camera.pan_deg == pytest.approx(10, abs=0.1)
    assert not net.talk.stopping


def test_a_raw_question_is_asked_as_an_inquiry() -> None:
    net = Net()
    at = len(net.driver.wrote)
    outcomes = net.submit(Raw(bytes.fromhex("09047f")))
    net.run(0.2)
    assert net.driver.wrote[at].startswith("0110")
    assert outcomes == [Outcome(RequestEnd.REFUSED, 0x02)]


@pytest.mark.real
async def test_a_camera_is_driven_over_real_udp() -> None:
    clock = SystemClock()
    sim = SimIp(SimCamera(shipped()["sony_srg300h"]))
    port = await UdpPort.open(clock, "visca-ip")
    wired = Wired(port, sim, clock)
    tables = {"front": CameraTable(url=port.identity.url)}
    (line,) = lines(tables, connect, clock, lambda: None)
    running = asyncio.ensure_future(line.run())
    front = line.cameras["front"]
    try:
        async with asyncio.timeout(LIMIT_S):
            while front.health.status is not Status.ONLINE:
                await asyncio.sleep(0.01)
            sim.loss = sim.duplicate = 0.2
            front.drive(1, 0.5, 0, lease_s=5)
            while sim.camera.pan_deg < 5:
                await asyncio.sleep(0.01)
            front.stop()
            while sim.camera.moving or front.stopping or front.state.moving:
                await asyncio.sleep(0.01)
            sim.loss = 0.0
            await front.home()
        assert sim.camera.pan_deg == 0
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await wired.close()


async def test_two_cameras_with_one_url_over_ip_are_refused() -> None:
    tables = {
        "front": CameraTable(url="visca-ip://192.0.2.1"),
        "back": CameraTable(url="visca-ip://192.0.2.1", address=2),
    }
    with pytest.raises(ConfigError, match="over IP each camera needs its own"):
        lines(tables, pytest.fail, SystemClock(), lambda: None)


def test_a_stop_that_was_acknowledged_by_its_number_is_not_said_again_with_another() -> None:
    net = Net()
    net.drive(RIGHT)
    net.run(0.2)
    net.camera.lose_next = ["4.", "5."]  # of the stop of pan and tilt, which is taken first
    pan, zoom = net.taken("170303ff"), net.taken("8101040700")
    net.talk.stop(net.now)
    net.run(1.0)
    assert net.taken("170303ff") - pan == 2
    assert net.taken("8101040700") - zoom == 1
    assert not net.talk.stopping
