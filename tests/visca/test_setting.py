"""Focus, settings and raw frames in invented time: said once, read again, and how they end."""

import pytest

from roomctl.camera.profile import FocusRange, shipped
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.message import (
    Command,
    Focus,
    FocusDrive,
    FocusTo,
    Home,
    Inquiry,
    Message,
    Preset,
    PresetAction,
    Raw,
    Relative,
)
from roomctl.visca.request import may_repeat
from roomctl.wire import Chunk
from tests.visca.rig import LEFT, RIGHT, Rig

FULL = shipped()["sony_srg300h"].model_copy(
    update={
        "focus": FocusRange(),
        "exposure": ("auto", "manual"),
        "white_balance": ("auto", "indoor"),
        "ir_receive": True,
    }
)
NEAR = FocusDrive(Focus.NEAR, 3)
MANUAL = Command("focus_mode", (("auto", 0),))
INDOOR = Command("white_balance_mode", (("mode", 1),))
FOCUS_STOP = "8101040800"


def manual() -> Rig:
    rig = Rig(FULL)
    assert rig.submit(MANUAL) == []
    rig.run(1.0)
    return rig


def test_the_settings_that_the_model_has_are_read_at_the_beginning() -> None:
    settings = Rig(FULL).talk.seen.settings
    assert set(settings) == {
        Inquiry.FOCUS,
        Inquiry.FOCUS_MODE,
        Inquiry.EXPOSURE_MODE,
        Inquiry.WHITE_BALANCE_MODE,
        Inquiry.IR_RECEIVE,
        Inquiry.BACKLIGHT,
        Inquiry.EXPOSURE_COMPENSATION_ON,
        Inquiry.EXPOSURE_COMPENSATION,
    }
    nothing = {"focus": None, "exposure": (), "ir_receive": False}
    nothing |= {"backlight": False, "exposure_compensation": None}
    bare = FULL.model_copy(update=nothing)
    assert set(Rig(bare).talk.seen.settings) == {Inquiry.WHITE_BALANCE_MODE}


def test_a_setting_is_read_again_once_it_was_set() -> None:
    rig = Rig(FULL)
    outcomes = rig.submit(INDOOR)
    rig.run(1.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert rig.talk.seen.settings[Inquiry.WHITE_BALANCE_MODE] == 1


def test_a_lamp_that_is_told_again_and_again_has_nothing_read_again() -> None:
    rig = Rig(FULL)
    began = rig.now
    rig.submit(Command("tally_red", (("on", 1),)))
    rig.run(1.0)
    asked = [f for at, f in rig.sim.heard if at > began and f.startswith("81090438")]
    assert asked == []


def test_a_setting_that_the_camera_does_not_have_is_no_longer_asked_for() -> None:
    rig = Rig(FULL, start=False)
    rig.camera.profile = rig.camera.profile.model_copy(update={"white_balance": ()})
    rig.camera.body.profile = rig.camera.profile
    rig.run(3.0)
    began = rig.now
    rig.submit(MANUAL)
    rig.run(3.0)
    asked = {frame for at, frame in rig.sim.heard if at > began}
    assert "81090438ff" in asked
    assert "81090435ff" not in asked
    assert rig.events[0].told == ["answered"]


def test_a_setting_that_is_never_answered_is_dropped_and_the_camera_stays_in_use() -> None:
    rig = Rig(FULL, start=False)
    rig.camera.unanswered = "0408|0448"
    rig.run(30.0)
    began = rig.now
    rig.submit(MANUAL)
    rig.run(3.0)
    assert not any(f == "81090448ff" for at, f in rig.sim.heard if at > began)
    assert rig.talk.ready
    assert rig.events[0].told == ["answered"]


def test_focus_is_driven_and_stopped_and_then_read() -> None:
    rig = manual()
    before = rig.camera.focus_pct
    rig.drive(None, focus=NEAR, lease_s=5)
    rig.run(0.5)
    assert rig.camera.focus_pct > before
    began = rig.now
    rig.stop()
    rig.run(1.0)
    assert FOCUS_STOP in rig.heard_since(began)
    there = rig.camera.focus_pct
    rig.run(1.0)
    assert rig.camera.focus_pct == there
    seen = rig.talk.seen.settings[Inquiry.FOCUS]
    assert FULL.focus is not None
    assert FULL.focus.percent(seen) == pytest.approx(there, abs=0.1)


def test_a_focus_that_was_not_driven_is_not_stopped() -> None:
    rig = Rig(FULL)
    rig.drive(RIGHT)
    rig.run(0.1)
    began = rig.now
    rig.stop()
    rig.run(0.5)
    assert FOCUS_STOP not in rig.heard_since(began)


def test_a_focus_drive_ends_with_its_lease() -> None:
    rig = manual()
    rig.drive(None, focus=NEAR)
    rig.run(1.0)
    there = rig.camera.focus_pct
    assert 0 < there < 100
    rig.run(1.0)
    assert rig.camera.focus_pct == there


def test_a_focus_stop_that_auto_focus_refuses_is_nothing_to_stop() -> None:
    rig = Rig(FULL)
    rig.drive(RIGHT, focus=NEAR)
    rig.run(0.2)
    rig.stop()
    rig.run(3.0)
    assert not rig.talk.stopping
    assert rig.events[0].told == ["answered"]


def test_focus_stops_when_the_hand_goes_on_panning() -> None:
    rig = manual()
    rig.drive(RIGHT, focus=NEAR, lease_s=5)
    rig.run(0.2)
    rig.drive(LEFT, lease_s=5)
    rig.run(0.1)
    there = rig.camera.focus_pct
    rig.run(1.0)
    assert rig.camera.focus_pct == there
    assert rig.camera.moving


def test_the_newest_focus_drive_wins_and_none_queues_up() -> None:
    rig = manual()
    began = rig.now
    for step in range(100):
        rig.drive(None, focus=FocusDrive(Focus.FAR if step % 2 else Focus.NEAR, step % 8))
        rig.run(0.001)
    rig.drive(None, focus=NEAR)
    rig.run(0.1)
    said = rig.heard_since(began)
    assert len(said) < 12
    assert said[-1] == NEAR.encode(1)[:-1].hex()


def test_of_two_focus_moves_that_wait_the_newest_wins() -> None:
    rig = manual()
    first, second = rig.submit(FocusTo(0x2000)), rig.submit(FocusTo(0x8000))
    third = rig.submit(FocusTo(0x4000))
    rig.run(5.0)
    assert [o[0].end for o in (first, second)] == [RequestEnd.REPLACED] * 2
    assert third == [Outcome(RequestEnd.DONE)]
    assert rig.talk.seen.settings[Inquiry.FOCUS] == 0x4000


def test_a_raw_question_ends_with_what_was_answered() -> None:
    rig = Rig(FULL)
    outcomes = rig.submit(Raw(bytes.fromhex("090400")))
    rig.run(0.5)
    assert outcomes == [Outcome(RequestEnd.DONE, data=b"\x02")]


def test_a_raw_command_is_said_as_it_is_and_ends_when_the_camera_says_so() -> None:
    rig = Rig(FULL)
    outcomes = rig.submit(Raw(bytes.fromhex("01040702")))
    rig.run(0.5)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert rig.camera.zoom_pct > 0


def test_a_raw_frame_that_the_camera_does_not_know_is_refused_with_its_code() -> None:
    rig = Rig(FULL)
    outcomes = rig.submit(Raw(bytes.fromhex("017f7f")))
    rig.run(0.5)
    assert outcomes == [Outcome(RequestEnd.REFUSED, 0x02)]


@pytest.mark.parametrize(
    ("message", "repeatable"),
    [
        (Home(), True),
        (FocusTo(5), True),
        (INDOOR, True),
        (Relative(1, 1, 5, 5), False),
        (Preset(PresetAction.RECALL, 4), True),
        (Preset(PresetAction.RECALL, 0x5F), False),
        (Preset(PresetAction.SET, 4), False),
        (Preset(PresetAction.CLEAR, 4), False),
        (Command("focus_mode_toggle"), False),
        (Command("iris_up"), False),
        (Command("gain_down"), False),
        (Command("focus_one_push"), False),
        (Command("white_balance_trigger"), False),
        (Command("menu_enter"), False),
        (Raw(b"\x01\x04\x07\x02"), False),
        (Raw(b"\x09\x04\x00"), True),
    ],
)
def test_only_what_does_the_same_twice_may_be_said_twice(
    message: Message, repeatable: bool
) -> None:
    assert may_repeat(message) is repeatable


@pytest.mark.parametrize(
    ("message", "end"),
    [
        (Home(), RequestEnd.NO_REPLY),
        (INDOOR, RequestEnd.NO_REPLY),
        (Command("iris_up"), RequestEnd.UNKNOWN),
    ],
)
def test_what_was_written_to_a_camera_that_fell_silent_never_ends_as_offline(
    message: Message, end: RequestEnd
) -> None:
    rig = Rig(FULL)
    rig.run(4.9)
    rig.camera.silent = True
    outcomes = rig.submit(message)
    rig.run(6.0)
    assert [outcome.end for outcome in outcomes] == [end]
    assert rig.submit(Home()) == [Outcome(RequestEnd.OFFLINE)]
    assert (end is RequestEnd.UNKNOWN) or outcomes[0].after_s > 0.4


def test_what_was_acknowledged_before_the_camera_fell_silent_is_unknown() -> None:
    rig = Rig(FULL)
    rig.camera.presets[0] = (170.0, 0.0, 0)
    outcomes = rig.submit(Preset(PresetAction.RECALL, 0))
    rig.run(0.3)
    rig.camera.silent = True
    rig.run(10.0)
    assert [outcome.end for outcome in outcomes] == [RequestEnd.UNKNOWN]


def test_what_was_never_written_ends_as_offline() -> None:
    rig = Rig("generic")
    rig.camera.presets[0] = (170.0, 0.0, 0)
    rig.submit(Preset(PresetAction.RECALL, 0))
    rig.run(0.2)
    waits = rig.submit(Preset(PresetAction.SET, 1))
    rig.camera.silent = True
    rig.run(10.0)
    assert waits == [Outcome(RequestEnd.OFFLINE)]


def test_a_remote_that_was_used_has_everything_read_again() -> None:
    rig = Rig(FULL)
    rig.camera.body.values["white_balance_mode"] = 1
    began = rig.now
    rig.line.receive(Chunk(bytes.fromhex("90077d010400ff"), rig.now))
    rig.run(1.0)
    asked = {frame for at, frame in rig.sim.heard if at > began}
    assert {"81090400ff", "81090612ff", "81090447ff", "81090435ff", "81090438ff"} <= asked


def test_a_command_that_was_to_be_said_again_to_a_camera_fallen_silent_got_no_reply() -> None:
    rig = Rig(FULL)
    rig.camera.silent = True
    while not rig.talk._misses:  # a question is not answered either
        rig.run(0.01)
    outcomes = rig.submit(Home())
    rig.run(6.0)
    assert [outcome.end for outcome in outcomes] == [RequestEnd.NO_REPLY]


def test_a_command_that_was_to_be_said_again_when_the_port_closed_is_unknown() -> None:
    rig = Rig(FULL)
    rig.camera.silent = True
    outcomes = rig.submit(Home())
    rig.talk.tick(rig.now + 0.6)
    assert outcomes == []
    rig.talk.forget()
    assert outcomes == [Outcome(RequestEnd.UNKNOWN)]
