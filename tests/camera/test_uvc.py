"""USB cameras: the talk against the simulated camera, in invented time."""

import random

import pytest

from roomctl.camera.sim import uvc as sim
from roomctl.camera.sim.host import HEARD
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.uvc.connection import SetRequest, UvcConnection
from roomctl.camera.uvc.message import (
    ARC_SECONDS,
    ControlFlag,
    ControlId,
    ControlValue,
    ControlValueType,
    EndOfControls,
    GetControl,
    ListControls,
    Request,
    SetControl,
    SetControlPair,
    UvcControl,
    decode,
    encode,
)
from roomctl.camera.uvc.protocol import exposure_items
from roomctl.motion import Outcome, RequestEnd
from roomctl.wire import Chunk, Virtual

BOTH = (*sim.PLACES, sim.ZOOM, *sim.SPEEDS)
BY_SPEED = (*sim.SPEEDS, sim.ZOOM)  # as a Logitech PTZ Pro: it does not say where it looks
BY_PLACE = (*sim.PLACES, sim.ZOOM)
MODELS = pytest.mark.parametrize(
    "controls", [BOTH, BY_SPEED, BY_PLACE], ids=["both", "speed", "place"]
)


class Heard:
    def __init__(self) -> None:
        self.online = False
        self.silences: list[str] = []

    def answered(self) -> None:
        self.online = True

    def silent(self, detail: str) -> None:
        self.silences.append(detail)

    def changed(self) -> None:
        """Nothing to note: the tests look at the camera."""


class Rig(Virtual):
    def __init__(self, controls: tuple[UvcControl, ...] = BOTH, *, start: bool = True) -> None:
        self.camera, self.events = SimUvc(controls), Heard()
        self.talk = UvcConnection(self.events)
        super().__init__(self.talk, self.camera)
        if start:
            self.run(1.0)

    def drive(self, lease_s: float = 0.3, **wanted: float) -> None:
        self.talk.drive(wanted, self.now + lease_s, self.now)
        self.settle()

    def hold(self, seconds: float, **wanted: float) -> None:
        """Drive as a panel does: a beat every 100 ms."""
        for _ in range(round(seconds / 0.1)):
            self.drive(**wanted)
            self.run(0.1)

    def stop(self) -> None:
        self.talk.stop(self.now)
        self.settle()

    def submit(self, *sets: SetControl, moves: bool = True) -> list[Outcome]:
        outcomes: list[Outcome] = []
        self.talk.submit(SetRequest(sets, outcomes.append, moves), self.now)
        self.settle()
        return outcomes

    def told_since(self, at: float) -> list[Request]:
        return [message for when, message in self.camera.heard if when > at]

    def stands(self) -> bool:
        """Whether it stands still, once it is on a step of its own."""
        self.run(0.01)
        return not self.camera.moving


def halves(message: Request) -> tuple[Request, ...]:
    return (message.first, message.second) if isinstance(message, SetControlPair) else (message,)


def test_a_simulated_camera_keeps_only_what_it_was_lately_told() -> None:
    camera = SimUvc()
    for at in range(HEARD + 5):
        camera.receive(Chunk(encode(GetControl(ControlId.ZOOM_ABSOLUTE)), float(at)))
        assert camera.outbox(float(at)) is not None
    assert [at for at, _ in camera.heard] == list(map(float, range(5, HEARD + 5)))


@MODELS
def test_a_camera_is_stopped_before_it_is_said_to_be_there(
    controls: tuple[UvcControl, ...],
) -> None:
    rig = Rig(controls, start=False)
    speeds = [control.id for control in controls if control in sim.SPEEDS]
    if speeds:
        rig.camera.receive(Chunk(encode(SetControl(ControlId.PAN_SPEED, 10)), 0.0))
        rig.camera.receive(Chunk(encode(SetControl(ControlId.TILT_SPEED, 10)), 0.0))
    else:
        rig.camera.receive(Chunk(encode(SetControl(ControlId.PAN_ABSOLUTE, 400_000)), 0.0))
    rig.camera.tick(0.5)
    assert rig.camera.moving

    rig.now = 0.5
    rig.settle()

    assert rig.events.online
    assert rig.stands()


@MODELS
def test_it_turns_right_and_up_while_it_is_driven(controls: tuple[UvcControl, ...]) -> None:
    rig = Rig(controls)

    rig.hold(1.0, pan=1.0, tilt=0.5)

    assert 20 < rig.camera.pan_deg < 70
    assert 8 < rig.camera.tilt_deg < 40
    assert rig.talk.moving


@MODELS
def test_it_turns_left_and_down_while_it_is_driven(controls: tuple[UvcControl, ...]) -> None:
    rig = Rig(controls)

    rig.hold(1.0, pan=-1.0, tilt=-0.2)

    assert -70 < rig.camera.pan_deg < -20
    assert rig.camera.tilt_deg < -3


@MODELS
def test_a_stop_is_taken_at_once(controls: tuple[UvcControl, ...]) -> None:
    rig = Rig(controls)
    rig.hold(0.5, pan=1.0, tilt=0.3, zoom=1.0)

    rig.stop()

    assert rig.stands()
    where = rig.camera.pan_deg, rig.camera.tilt_deg, rig.camera.zoom_pct
    rig.run(5.0)
    assert where == (rig.camera.pan_deg, rig.camera.tilt_deg, rig.camera.zoom_pct)
    assert not rig.talk.motion.stopping
    assert not rig.talk.moving


@MODELS
def test_whoever_drives_it_and_is_gone_stops_it(controls: tuple[UvcControl, ...]) -> None:
    rig = Rig(controls)
    rig.drive(pan=1.0, zoom=1.0)

    rig.run(0.3)

    assert rig.stands()
    assert rig.camera.pan_deg > 0


def test_a_camera_driven_in_steps_never_has_far_to_go_alone() -> None:
    rig = Rig(BY_PLACE)

    for beat in range(12):
        rig.drive(pan=1.0)
        rig.run(0.1)
        targets = [m.value for m in rig.told_since(0) if isinstance(m, SetControl) and beat]
        assert all(target / ARC_SECONDS <= rig.camera.pan_deg + 6.1 for target in targets)


def test_a_step_is_at_least_one_of_the_camera_s_own() -> None:
    coarse = UvcControl(ControlId.PAN_ABSOLUTE, minimum=-360_000, maximum=360_000, step=36_000)
    rig = Rig((coarse, sim.PLACES[1]))

    rig.hold(0.3, pan=0.03)

    assert rig.camera.pan_deg == 10


@MODELS
def test_random_fingers_leave_it_standing(controls: tuple[UvcControl, ...]) -> None:
    rig, chance = Rig(controls), random.Random(4)
    for _ in range(200):
        match chance.randrange(4):
            case 0:
                rig.drive(pan=chance.uniform(-1, 1), tilt=chance.uniform(-1, 1), zoom=0.5)
            case 1:
                rig.stop()
            case 2 if controls is not BY_SPEED:
                rig.submit(
                    SetControl(ControlId.PAN_ABSOLUTE, chance.randrange(-400_000, 400_000, 360))
                )
            case _:
                rig.drive(pan=0.0, tilt=chance.uniform(-1, 1))
        rig.run(chance.uniform(0.0, 0.4))
    rig.stop()

    assert rig.stands()
    rig.run(3.0)
    assert rig.stands()
    assert not rig.talk.moving


def test_a_joystick_at_rest_is_a_stop_of_that_axis_only() -> None:
    rig = Rig()
    rig.drive(pan=1.0, tilt=1.0)

    rig.drive(pan=0.01, tilt=1.0)

    assert rig.camera.value(ControlId.PAN_SPEED) == 0
    assert rig.camera.value(ControlId.TILT_SPEED) == 10


def test_a_second_axis_that_is_told_where_to_go_does_not_end_the_move_of_the_first() -> None:
    """Pan and tilt are one control of the camera: set one by one, the first stands half-way."""
    rig = Rig()
    moved = rig.submit(
        SetControl(ControlId.PAN_ABSOLUTE, 180_000), SetControl(ControlId.TILT_ABSOLUTE, -72_000)
    )
    rig.run(3.0)

    assert [each.end for each in moved] == [RequestEnd.DONE]
    assert (rig.camera.pan_deg, rig.camera.tilt_deg) == (50, -20)


def test_an_axis_that_stops_leaves_the_other_on_its_way() -> None:
    rig = Rig(BY_PLACE)
    rig.hold(0.3, pan=1.0, tilt=1.0)
    before = rig.camera.tilt_deg
    rig.hold(0.3, tilt=1.0)

    assert rig.camera.tilt_deg > before + 6


def test_a_speed_that_the_camera_does_not_tell_is_written_again_with_the_others() -> None:
    rig = Rig()
    rig.drive(pan=1.0)
    rig.drive(pan=1.0, tilt=0.5)

    assert rig.told_since(-1)[-1] == SetControlPair(
        SetControl(ControlId.TILT_SPEED, 5), SetControl(ControlId.PAN_SPEED, 10)
    )


def test_the_latest_of_many_drives_is_the_only_one_said() -> None:
    rig = Rig()
    before = rig.now
    for speed in (0.1, 0.5, -0.4, 1.0):
        rig.talk.drive({"pan": speed}, rig.now + 0.3, rig.now)
    rig.run(0.01)

    told = [half for m in rig.told_since(before - 1e-9) for half in halves(m)]
    assert SetControl(ControlId.PAN_SPEED, 10) in told
    assert SetControl(ControlId.PAN_SPEED, 1) not in told


def test_a_move_ends_when_the_camera_stands_there() -> None:
    rig = Rig()

    outcomes = rig.submit(
        SetControl(ControlId.PAN_ABSOLUTE, 216_000), SetControl(ControlId.TILT_ABSOLUTE, -36_000)
    )
    rig.run(0.9)
    assert outcomes == []
    rig.run(0.5)

    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert (rig.camera.pan_deg, rig.camera.tilt_deg) == (60, -10)


def test_a_stop_ends_a_move_where_it_is() -> None:
    rig = Rig()
    outcomes = rig.submit(SetControl(ControlId.PAN_ABSOLUTE, 400_000))
    rig.run(0.5)

    rig.stop()

    assert [outcome.end for outcome in outcomes] == [RequestEnd.STOPPED]
    assert rig.stands()
    assert rig.camera.pan_deg == pytest.approx(30, abs=0.2)


def test_a_drive_ends_a_move() -> None:
    rig = Rig(BY_PLACE)
    outcomes = rig.submit(SetControl(ControlId.PAN_ABSOLUTE, 400_000))
    rig.run(0.5)

    rig.hold(0.5, pan=-1.0)
    rig.run(1.0)

    assert [outcome.end for outcome in outcomes] == [RequestEnd.REPLACED]
    assert rig.camera.pan_deg < 30
    assert rig.stands()


def test_a_move_that_ends_elsewhere_is_refused() -> None:
    rig = Rig()
    outcomes = rig.submit(SetControl(ControlId.PAN_ABSOLUTE, 400_000))
    rig.run(0.3)
    rig.camera.receive(
        Chunk(encode(SetControl(ControlId.PAN_ABSOLUTE, 0)), rig.now)
    )  # by another program

    rig.run(5.0)

    assert [outcome.end for outcome in outcomes] == [RequestEnd.REFUSED]


def test_a_newer_move_replaces_an_older_one() -> None:
    rig = Rig()
    first = rig.submit(SetControl(ControlId.PAN_ABSOLUTE, 400_000))

    second = rig.submit(SetControl(ControlId.PAN_ABSOLUTE, -36_000))
    rig.run(3.0)

    assert [each.end for each in (*first, *second)] == [RequestEnd.REPLACED, RequestEnd.DONE]
    assert rig.camera.pan_deg == -10


def test_a_stop_that_the_camera_refuses_is_said_again_and_then_given_up_loudly() -> None:
    rig = Rig()
    rig.drive(pan=1.0)
    rig.talk.stop(rig.now)
    said = []
    for beat in range(5):
        now = rig.now + beat * 0.06
        rig.talk.tick(now)
        while (frame := rig.talk.outbox(now)) is not None:
            said.append(decode(frame))
            rig.talk.failed(now, "was refused by the camera (STALL)")

    stops = [message for message in said if not isinstance(message, GetControl)]
    assert len(stops) > 2
    assert set(stops) == {
        SetControlPair(SetControl(ControlId.PAN_SPEED, 0), SetControl(ControlId.TILT_SPEED, 0))
    }
    assert rig.events.silences
    assert not rig.talk.ready


def test_a_stop_passes_a_step_that_is_just_being_written() -> None:
    rig = Rig(BY_PLACE)
    rig.talk.drive({"pan": 1.0}, rig.now + 0.3, rig.now)
    frame = rig.talk.outbox(rig.now)
    assert frame is not None
    rig.talk.stop(rig.now)  # while the port still writes
    rig.talk.sent(rig.now)
    rig.camera.receive(Chunk(frame, rig.now))

    rig.run(0.05)

    assert rig.stands()
    assert rig.camera.pan_deg < 1


def test_a_stop_passes_a_move_that_is_just_being_written() -> None:
    rig = Rig(BY_PLACE)
    outcomes: list[Outcome] = []
    errand = SetRequest((SetControl(ControlId.PAN_ABSOLUTE, 400_000),), outcomes.append, moves=True)
    rig.talk.submit(errand, rig.now)
    frame = rig.talk.outbox(rig.now)
    assert frame == encode(SetControl(ControlId.PAN_ABSOLUTE, 400_000))
    rig.talk.stop(rig.now)  # while the port still writes
    rig.talk.sent(rig.now)
    rig.camera.receive(Chunk(frame, rig.now))

    rig.run(0.05)

    assert [outcome.end for outcome in outcomes] == [RequestEnd.STOPPED]
    assert rig.stands()
    assert rig.camera.pan_deg < 4


def test_a_silent_wait_costs_little() -> None:
    rig = Rig()
    rig.run(10.0)
    steps = rig.steps

    rig.run(60.0)

    assert rig.steps - steps < 200


def test_the_controls_of_a_camera_that_lists_what_it_does_not_have_are_not_used() -> None:
    nothing = [
        UvcControl(id_, step=0)
        for id_ in (ControlId.PAN_ABSOLUTE, ControlId.TILT_ABSOLUTE, ControlId.PAN_SPEED)
    ]
    rig = Rig((*nothing, UvcControl(ControlId.ZOOM_CONTINUOUS, flags=ControlFlag.WRITE_ONLY)))

    assert not any(axis.moves for axis in rig.talk.axes.values())


def test_a_speed_that_the_kernel_gives_for_one_direction_only_is_not_used_if_there_is_a_place() -> (
    None
):
    bent = [
        UvcControl(id_, minimum=-1, maximum=160)
        for id_ in (ControlId.PAN_SPEED, ControlId.TILT_SPEED)
    ]
    rig = Rig((*sim.PLACES, *bent))

    rig.hold(1.0, pan=-1.0)

    assert rig.camera.pan_deg < -20


def test_exposure_modes_are_those_of_the_camera_s_menu() -> None:
    def menu(items: int) -> dict[int, UvcControl]:
        return {
            ControlId.EXPOSURE_AUTO: UvcControl(
                ControlId.EXPOSURE_AUTO, ControlValueType.MENU, 0, 0, 3, 1, 0, items
            )
        }

    assert exposure_items(menu(0b1010)) == {"auto": 3, "manual": 1}
    assert exposure_items(menu(0b0011)) == {"auto": 0, "manual": 1}
    assert exposure_items(menu(0b1111)) == {"auto": 0, "manual": 1, "shutter": 2, "iris": 3}
    assert exposure_items({}) == {}


@pytest.mark.parametrize(
    "message",
    [
        ListControls(),
        GetControl(ControlId.PAN_ABSOLUTE),
        SetControl(ControlId.TILT_SPEED, -3),
        SetControlPair(
            SetControl(ControlId.PAN_ABSOLUTE, -(2**31)), SetControl(ControlId.TILT_ABSOLUTE, 5)
        ),
        ControlValue(ControlId.ZOOM_ABSOLUTE, 2**31 - 1),
        EndOfControls(7),
        UvcControl(
            ControlId.EXPOSURE_AUTO,
            ControlValueType.MENU,
            ControlFlag.INACTIVE,
            -5,
            3,
            1,
            -1,
            0xFFFF_FFFF,
        ),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_survives_its_frame(message: Request) -> None:
    assert decode(encode(message)) == message


def test_no_random_bytes_are_taken_for_a_message_of_another_length() -> None:
    chance = random.Random(1)
    rig = Rig()
    for length in (*range(0, 12), *range(13, 20), *range(21, 36), *range(37, 60)):
        with pytest.raises(ValueError, match="is not a frame"):
            decode(chance.randbytes(length))
        rig.talk.receive(Chunk(chance.randbytes(length), rig.now))
    assert decode(encode(SetControl(ControlId.PAN_SPEED, 1))) == SetControl(ControlId.PAN_SPEED, 1)


def test_a_drive_of_nothing_leaves_a_move_alone() -> None:
    rig = Rig(BY_PLACE)
    outcomes = rig.submit(SetControl(ControlId.PAN_ABSOLUTE, 100_000))
    rig.drive()
    rig.run(5.0)
    assert [outcome.end for outcome in outcomes] == [RequestEnd.DONE]
