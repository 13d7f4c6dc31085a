"""VISCA over IP: numbers, lost and doubled datagrams, in invented time and over real UDP."""

import asyncio
import random

import pytest

from roomctl.camera import lines
from roomctl.camera.ip import OverIp
from roomctl.camera.message import Drive, Home, Message, Pan, Preset, PresetAction, Relative, Tilt
from roomctl.camera.profile import CameraProfile, shipped
from roomctl.camera.session import Line
from roomctl.camera.sim import SimCamera, SimIp
from roomctl.camera.talk import Talk
from roomctl.camera.ticket import End, Outcome, Ticket
from roomctl.clock import SystemClock
from roomctl.config import CameraTable
from roomctl.device import Status
from roomctl.errors import ConfigError
from roomctl.ports import connect
from roomctl.simulator.wires import Talk as Wired
from roomctl.simulator.wires import UdpPort
from roomctl.wire import Chunk, Virtual
from tests.camera.rig import RIGHT, TELE, Heard

RESET = "020000010000000001"
STORE_1 = Preset(PresetAction.SET, 0)
STEP = Relative(0x18, 0x14, 512, 0)  # 10 degrees right on an SRG-300H
LIMIT_S = 6.0


class Net(Virtual):
    """One camera behind a network, started; `sent` is what the driver wrote, in hex."""

    def __init__(self, model: str | CameraProfile = "sony_srg300h", seed: int = 1) -> None:
        profile = shipped()[model] if isinstance(model, str) else model
        self.events = Heard()
        self.talk = Talk("camera", 1, shipped(), self.events)
        self.camera = SimCamera(profile)
        self.sim = SimIp(self.camera, seed)
        self.driver = Recorded(Line([self.talk], None))
        super().__init__(self.driver, self.sim)
        self.run(2.0)

    def bad(self, *, loss: float = 0.2, duplicate: float = 0.0, reorder: float = 0.0) -> None:
        self.sim.loss, self.sim.duplicate, self.sim.reorder = loss, duplicate, reorder

    def submit(self, message: Message) -> list[Outcome]:
        outcomes: list[Outcome] = []
        self.talk.submit(Ticket(message, outcomes.append), self.now)
        self.settle()
        return outcomes

    def drive(self, move: Drive) -> None:
        self.talk.drive(move, TELE, self.now + 0.3, self.now)
        self.settle()

    def taken(self, part: str) -> int:
        """Return how often the camera took a message with `part` in it."""
        return sum(part in message for _, message in self.sim.heard)


class Recorded(OverIp):
    """The driver's end, with what it wrote."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.wrote: list[str] = []

    def outbox(self, now: float) -> bytes | None:
        data = super().outbox(now)
        if data is not None:
            self.wrote.append(data.hex())
        return data


def after(net: Net, at: int) -> list[str]:
    """Return what was written from there on, without polls."""
    return [datagram for datagram in net.driver.wrote[at:] if datagram[:4] != "0110"]


def test_the_count_is_reset_then_the_camera_cleared_stopped_and_asked() -> None:
    net = Net()
    first = net.driver.wrote[:7]
    assert first[:2] == [RESET, "012000050000000081010001ff"]
    assert first[2] == "01000009000000018101060118140303ff"
    assert [datagram[8:16] for datagram in first[2:]] == [f"{n:08x}" for n in range(1, 6)]
    assert {datagram[:4] for datagram in first[4:]} == {"0110"}
    assert net.talk.ready
    assert net.talk.profile == shipped()["sony_srg300h"]


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
    assert outcomes == [Outcome(End.DONE)]
    assert net.camera.pan_deg == pytest.approx(10, abs=0.1)


def test_a_relative_move_whose_ack_got_lost_runs_once_and_its_end_is_known() -> None:
    net = Net()
    net.camera.delay_s = 0.0
    outcomes = net.submit(Relative(0x05, 0x05, 512, 0))  # 2.9 degrees per second: 3.5 s
    net.sim.loss = 1.0  # the command is on its way; its ACK is not
    net.run(0.1)
    net.sim.loss = 0.0
    net.run(6.0)
    assert outcomes == [Outcome(End.DONE)]
    assert net.taken("810106030505") == 1
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


def test_nothing_is_resent_once_a_stop_was_written() -> None:
    net = Net()
    net.sim.loss = 1.0
    net.drive(RIGHT)
    net.run(0.1)
    at = len(net.driver.wrote)
    net.talk.stop(net.now)
    net.settle()
    net.sim.loss = 0.0
    net.run(2.0)
    drive = [datagram for datagram in after(net, at) if "8101060110100203" in datagram]
    assert drive == []
    assert not net.camera.moving
    assert net.camera.pan_deg == 0
    assert not net.talk.stopping


def test_the_ack_of_a_stop_is_never_that_of_a_lost_preset_store() -> None:
    net = Net()
    net.sim.loss = 1.0
    outcomes = net.submit(STORE_1)
    net.sim.loss = 0.0
    net.talk.stop(net.now)
    net.settle()
    net.run(3.0)
    assert outcomes == [Outcome(End.UNKNOWN)]
    assert net.camera.presets == {}
    assert not net.talk.stopping


@pytest.mark.parametrize("seed", range(20))
def test_on_a_bad_network_no_step_is_done_twice_and_no_done_is_a_lie(seed: int) -> None:
    net = Net(seed=seed)
    net.bad(duplicate=0.2, reorder=0.2)
    ended: list[tuple[list[Outcome], bool]] = []
    for step in range(12):
        net.camera.body.pan.go(0, 1e9, net.now)
        net.run(0.01)
        moved, stored = net.taken("81010603"), net.taken("8101043f01")
        outcomes = net.submit(STEP)
        net.run(31.0)  # a completion that got lost is waited for as long as a move may last
        kept = net.submit(Preset(PresetAction.SET, step))
        net.run(4.0)
        moved, stored = net.taken("81010603") - moved, net.taken("8101043f01") - stored
        assert (moved in (0, 1), stored in (0, 1)) == (True, True)
        assert net.camera.pan_deg == pytest.approx(10 * moved, abs=0.1)
        ended += [(outcomes, moved == 1), (kept, step in net.camera.presets)]
    ends = [(outcomes[0].end, ran) for outcomes, ran in ended]
    assert {end for end, _ in ends} <= {End.DONE, End.UNKNOWN}
    assert all(ran for end, ran in ends if end is End.DONE)
    assert sum(end is End.DONE for end, _ in ends) >= 12  # of 24: most are known to have run


@pytest.mark.parametrize("seed", range(20))
def test_on_a_bad_network_a_stop_gets_through(seed: int) -> None:
    net, late = Net(seed=seed), []
    net.bad(duplicate=0.2, reorder=0.2)
    for turn in range(10):
        for _ in range(5):
            net.drive(Drive(4, 4, Pan.LEFT if turn % 2 else Pan.RIGHT, Tilt.STILL))
            net.run(0.1)
        asked = net.now
        net.talk.stop(net.now)
        net.settle()
        while net.camera.moving or net.talk.stopping:
            net.run(0.01)
            assert net.now - asked < 2.0
        late.append(net.now - asked)
        net.run(1.0)
        assert not net.camera.moving  # nothing older ran after it
    assert net.events.told == ["answered"]
    assert sum(late) / len(late) < 0.5


def test_lost_completions_do_not_keep_newer_moves_waiting() -> None:
    net = Net()
    net.sim.completes = False
    for turn in range(20):
        net.drive(Drive(4, 4, Pan.LEFT if turn % 2 else Pan.RIGHT, Tilt.STILL))
        net.run(0.05)
    assert net.taken("8101060104") >= 19


def test_a_camera_that_restarts_comes_back_and_counts_from_0() -> None:
    net = Net()
    net.drive(RIGHT)
    net.run(0.1)
    net.camera.boot_s = 20.0
    net.camera.power_cycle()
    net.run(19.0)
    assert len(net.events.told) == 2
    assert "no answer" in net.events.told[1]
    net.run(4.0)
    assert net.events.told[2:] == ["answered"]
    assert net.sim.resets == 2
    assert net.submit(STORE_1) == []
    net.run(1.0)
    assert 0 in net.camera.presets


def test_a_restart_that_nobody_noticed_costs_one_unknown_outcome_and_no_second_store() -> None:
    net = Net()
    net.camera.boot_s = 0.01
    net.camera.power_cycle()
    net.run(0.02)
    outcomes = net.submit(STORE_1)
    net.run(8.0)
    assert [outcome.end for outcome in outcomes] == [End.UNKNOWN]
    assert net.camera.presets == {}
    again = net.submit(STORE_1)
    net.run(1.0)
    assert again == [Outcome(End.DONE)]


def test_a_silent_camera_is_asked_once_in_a_while_and_costs_no_time() -> None:
    net = Net()
    net.camera.silent = True
    net.run(10.0)
    at, steps = len(net.driver.wrote), net.steps
    net.run(60.0)
    assert 55 <= len(net.driver.wrote) - at <= 320  # one question a second, each up to five times
    assert net.steps - steps < 4000


def test_numbers_wrap_to_0() -> None:
    net = Net()
    net.driver._number = net.sim._last = 0xFFFFFFFE
    net.sim._last -= 1
    home = [net.submit(Home())]
    for _ in range(3):
        net.run(0.5)
        home.append(net.submit(Home()))
    net.run(1.0)
    assert home == [[Outcome(End.DONE)]] * 4
    assert net.sim.resets == 1


def test_a_length_that_lies_is_not_believed() -> None:
    net = Net()
    net.sim.length = 9  # as AVer's do
    outcomes = net.submit(Home())
    net.run(1.0)
    assert outcomes == [Outcome(End.DONE)]
    assert net.events.told == ["answered"]


def test_a_camera_that_knows_no_reset_is_used_nevertheless() -> None:
    line = Line([Talk("camera", 1, shipped(), Heard())], None)
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
    driver = OverIp(Line([Talk("camera", 1, shipped(), Heard())], None))
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


def test_noise_in_datagrams_is_no_error_and_no_answer() -> None:
    net = Net()
    seen, chance = net.talk.seen, random.Random(7)
    net.submit(Home())
    for _ in range(3000):
        data = chance.randbytes(chance.randrange(30))
        if chance.random() < 0.5:
            data = b"\x01\x11" + data
        net.driver.receive(Chunk(data, net.now))
    net.run(2.0)
    assert net.talk.seen == seen


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
    with pytest.raises(ConfigError, match="over IP each camera has one"):
        lines(tables, pytest.fail, SystemClock(), lambda: None)
