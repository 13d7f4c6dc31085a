"""Who may speak when: hands, questions and several cameras on one line, in invented time."""

import random

import pytest

from roomctl.camera.profile import shipped
from roomctl.visca.frames import ChangeNotice
from roomctl.visca.message import Drive, Pan, Tilt
from roomctl.visca.request import AxisGroup
from tests.visca.rig import LEFT, RIGHT, STOP, TELE, Rig

JOYSTICK_S = 1 / 125
ALL = (1, 2, 3, 4, 5, 6, 7)
SOMEBODY = ChangeNotice(1, bytes.fromhex("7d010601"))  # used the remote: all is asked again


def push(rig: Rig, seconds: float, *which: int) -> None:
    """Push restlessly for `seconds`, at the cameras of the chain numbered `which` from 0."""
    chance, end = random.Random(1), rig.now + seconds
    while rig.now < end:
        for number in which:
            way = chance.choice((Pan.LEFT, Pan.RIGHT))
            move = Drive(chance.randint(1, 0x18), chance.randint(1, 0x14), way, Tilt.UP)
            rig.talks[number].drive({AxisGroup.PAN_TILT: move}, rig.now + 0.3, rig.now)
        rig.run(JOYSTICK_S)


def moves_of(rig: Rig, address: int, since: float) -> int:
    head = f"8{address}010601"
    return sum(at > since and f.startswith(head) and "0303ff" not in f for at, f in rig.sim.heard)


@pytest.mark.parametrize(("baud", "least"), [(9600, 45), (38400, 55)])
def test_a_restless_joystick_gets_most_of_the_cameras_cycles(baud: int, least: int) -> None:
    rig = Rig(baud=baud)
    began = rig.now
    push(rig, 5.0, 0)
    assert moves_of(rig, 1, began) / 5 >= least


def test_a_restless_joystick_does_not_keep_the_position_from_being_read() -> None:
    rig = Rig()
    began = rig.now
    push(rig, 5.0, 0)
    asked = [at for at, f in rig.sim.heard if at > began and f[2:].startswith("09")]
    assert 2 * 5 <= len(asked) <= 4 * 5
    assert not any(f == "81090447ff" for at, f in rig.sim.heard if at > began + 0.5)


def test_the_zoom_is_read_while_it_is_driven_and_once_it_stands() -> None:
    rig = Rig()
    rig.drive(RIGHT, TELE, lease_s=5)
    rig.run(1.0)
    assert rig.talk.seen.zoom > 0
    rig.drive(RIGHT, lease_s=5)
    rig.run(0.5)
    assert rig.talk.seen.zoom == pytest.approx(0x4000 * rig.camera.zoom_pct / 100, abs=1)
    assert rig.camera.moving


def test_a_question_never_goes_before_a_move_from_rest_or_a_stop() -> None:
    rig = Rig()
    rig.run(20.0)
    while not rig.talk.last_written.asks or rig.talk.awaits(rig.talk.last_written):
        rig.run(0.01)
    rig.talk.receive(SOMEBODY, rig.now)  # eight questions wait
    began = rig.now
    rig.drive(RIGHT)
    rig.run(0.05)
    said = [f for at, f in rig.sim.heard if at > began]
    assert said[0] == RIGHT.encode(1).hex()
    rig.talk.receive(SOMEBODY, rig.now)
    began = rig.now
    rig.stop()
    rig.run(0.05)
    said = [f for at, f in rig.sim.heard if at > began]
    assert f"8101{STOP}ff" in said[:2]  # a question may be on the wire


def test_seven_cameras_driven_at_once_share_the_line() -> None:
    rig = Rig(addresses=ALL)
    rig.run(3.0)
    began = rig.now
    push(rig, 4.0, *range(7))
    shares = [moves_of(rig, address, began) for address in ALL]
    assert min(shares) >= 0.8 * max(shares)
    assert sum(shares) / 4 >= 75  # of 107 that the wire carries
    assert all(talk.seen.pan != 0 for talk in rig.talks)


def test_a_stop_for_the_fifth_camera_overtakes_everything_of_the_others() -> None:
    rig = Rig(addresses=ALL)
    rig.run(3.0)
    late = []
    for turn in range(20):
        push(rig, 0.3 + turn * 0.0007, *range(7))
        asked = rig.now
        rig.talks[4].stop(rig.now)
        for talk in rig.talks:
            if talk is not rig.talks[4]:
                talk.drive({AxisGroup.PAN_TILT: LEFT}, rig.now + 0.3, rig.now)
        rig.run(0.2)
        late.append(rig.cameras[4].stopped_at - asked)
        said = [f for at, f in rig.sim.heard if at > asked]
        assert f"8501{STOP}ff" in said[:2]  # one frame may be on the wire
    assert max(late) < 0.05


def test_dead_cameras_do_not_hold_the_line_for_those_that_live() -> None:
    rig = Rig(addresses=ALL)
    for number in (1, 2, 3, 5, 6):
        rig.cameras[number].silent = True
    rig.run(30.0)
    began = rig.now
    push(rig, 4.0, 0, 4)
    shares = [moves_of(rig, address, began) for address in (1, 5)]
    assert min(shares) / 4 >= 30
    asked = rig.now
    rig.talks[4].stop(rig.now)
    rig.run(0.3)
    assert rig.cameras[4].stopped_at - asked < 0.05
    assert rig.events[4].told == ["answered"]


def test_a_camera_that_dies_while_it_is_driven_does_not_slow_the_other() -> None:
    rig = Rig(addresses=(1, 2))
    push(rig, 0.5, 0, 1)
    rig.cameras[1].silent = True
    began = rig.now
    push(rig, 4.0, 0, 1)
    assert moves_of(rig, 1, began) / 4 >= 40
    assert "no answer" in rig.events[1].told[-1]


def test_a_silent_line_wakes_the_machine_about_once_a_second() -> None:
    rig = Rig(start=False)
    rig.camera.silent = True
    rig.run(60.0)
    said, before = len(rig.sim.heard), rig.steps
    rig.run(600.0)
    assert (len(rig.sim.heard) - said) / 600 < 2
    assert (rig.steps - before) / 600 < 12


@pytest.mark.parametrize("model", sorted(shipped()))
def test_a_drive_on_every_model_comes_to_rest_in_few_steps(model: str) -> None:
    if not shipped()[model].pan_tilt:
        return
    rig = Rig(model)
    rig.run(5.0)
    before = rig.steps
    rig.drive(RIGHT)
    rig.run(3.0)
    assert not rig.camera.moving
    assert rig.steps - before < 500
