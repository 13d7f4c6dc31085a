"""VISCA over IP on bad networks: nothing runs twice, and every stop gets through."""

import random

import pytest

from roomctl.camera.profile import shipped
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.message import (
    Command,
    Drive,
    Home,
    Pan,
    Preset,
    PresetAction,
    Relative,
    Tilt,
)
from roomctl.wire import Chunk
from tests.visca.net import RESET, STEP, STORE_1, Net, after
from tests.visca.rig import RIGHT


def test_a_relative_move_whose_ack_got_lost_runs_once_and_its_end_is_known() -> None:
    net = Net()
    net.camera.delay_s = 0.0
    outcomes = net.submit(Relative(0x05, 0x05, 512, 0))  # 2.9 degrees per second: 3.5 s
    net.sim.loss = 1.0  # the command is on its way; its ACK is not
    net.run(0.1)
    net.sim.loss = 0.0
    net.run(6.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert net.taken("810106030505") == 1
    assert net.camera.pan_deg == pytest.approx(10, abs=0.1)


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
    assert outcomes == [Outcome(RequestEnd.UNKNOWN)]
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
    assert {end for end, _ in ends} <= {RequestEnd.DONE, RequestEnd.UNKNOWN}
    assert all(ran for end, ran in ends if end is RequestEnd.DONE)
    assert sum(end is RequestEnd.DONE for end, _ in ends) >= 12  # of 24: most are known to have run


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
    assert [outcome.end for outcome in outcomes] == [RequestEnd.UNKNOWN]
    assert net.camera.presets == {}
    again = net.submit(STORE_1)
    net.run(1.0)
    assert again == [Outcome(RequestEnd.DONE)]


def test_a_silent_camera_is_asked_once_in_a_while_and_costs_no_time() -> None:
    net = Net()
    net.camera.silent = True
    net.run(10.0)
    at, steps = len(net.driver.wrote), net.steps
    net.run(60.0)
    assert 55 <= len(net.driver.wrote) - at <= 320  # one question a second, each up to five times
    assert net.steps - steps < 4000


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


def test_a_reset_keeps_its_distance_from_a_step_that_the_network_may_double() -> None:
    net = Net()
    at = len(net.driver.wrote)
    net.submit(STORE_1)
    net.run(0.02)
    net.sim._counting = False  # it forgot its count: whatever comes is a bad number
    stored, began = len(net.driver.wrote), net.now
    net.talk.stop(net.now)
    net.run(0.2)
    assert RESET not in net.driver.wrote[at:]
    net.run(1.0)
    again = net.driver.wrote.index(RESET, stored)
    assert again > stored
    assert not net.talk.stopping
    assert net.now - began < 1.5
    assert net.taken("8101043f01") == 1


def test_a_camera_that_counts_nothing_gets_one_header_and_is_driven() -> None:
    fixed = shipped()["sony_srg300h"].model_copy(update={"sequence": "fixed"})
    net = Net(fixed)
    outcomes = net.submit(STEP)
    net.run(3.0)
    net.drive(RIGHT)
    net.run(1.0)
    assert {datagram[:16] for datagram in net.driver.wrote} == {"0100000900000001"}
    assert net.sim.resets == 0
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert net.camera.pan_deg > 10
    assert not net.camera.moving
    assert net.events.told == ["answered"]


def test_a_step_that_got_lost_on_the_way_to_a_camera_that_counts_nothing_is_not_repeated() -> None:
    net = Net(shipped()["sony_srg300h"].model_copy(update={"sequence": "fixed"}))
    net.sim.loss = 1.0
    outcomes = net.submit(STEP)
    net.run(0.1)
    net.sim.loss = 0.0
    net.run(3.0)
    assert [outcome.end for outcome in outcomes] == [RequestEnd.UNKNOWN]
    assert net.taken("81010603") == 0


@pytest.mark.parametrize("seed", range(8))
def test_on_a_bad_network_a_key_of_the_menu_and_a_step_of_the_iris_are_pressed_once(
    seed: int,
) -> None:
    net = Net(seed=seed)
    net.bad(duplicate=0.2, reorder=0.2)
    for name, part in (("iris_up", "8101040b02"), ("focus_mode_toggle", "8101043810")) * 4:
        before = net.taken(part)
        outcomes = net.submit(Command(name))
        net.run(6.0)
        taken = net.taken(part) - before
        assert taken in (0, 1)
        assert len(outcomes) == 1
        assert outcomes[0].end is not RequestEnd.DONE or taken == 1
