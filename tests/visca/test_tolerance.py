"""What cameras and lines do wrong, in invented time, and that nothing fails by it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.camera.profile import shipped
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.message import (
    Command,
    Home,
    Inquiry,
    Power,
    Preset,
    PresetAction,
    Relative,
)
from roomctl.wire import Chunk
from tests.examples import examples
from tests.visca.rig import LEFT, RIGHT, TELE, Rig

CYCLE_S = 1 / 59.94
STORE_1, RECALL_1 = Preset(PresetAction.SET, 0), Preset(PresetAction.RECALL, 0)
ZOOM_STOP = "8101040700"
STOP = "8101060118170303"


def test_a_camera_deaf_after_a_recall_is_asked_again() -> None:
    rig = Rig("sony_evi_hd1")
    done = rig.submit(RECALL_1)
    rig.run(0.1)
    assert done == [Outcome(RequestEnd.DONE)]
    home = rig.submit(Home())
    rig.run(1.0)
    assert home == [Outcome(RequestEnd.DONE)]


@pytest.mark.parametrize(
    ("message", "end", "times"),
    [
        (Home(), RequestEnd.DONE, 3),  # once more where it stands: which of the two was done?
        (RECALL_1, RequestEnd.DONE, 3),
        (STORE_1, RequestEnd.UNKNOWN, 1),
        (Preset(PresetAction.CLEAR, 0), RequestEnd.UNKNOWN, 1),
        (Relative(1, 1, 5, 5), RequestEnd.UNKNOWN, 1),
    ],
)
def test_only_what_may_run_twice_is_said_again_when_the_ack_is_lost(
    message, end: RequestEnd, times: int
) -> None:
    rig = Rig()
    began = rig.now
    rig.camera.garble_next = True
    outcomes = rig.submit(message)
    rig.run(4.0)
    assert [outcome.end for outcome in outcomes] == [end]
    assert len(rig.heard_since(began)) == times


def test_a_camera_without_acks_is_understood() -> None:
    quiet = shipped()["generic"].model_copy(update={"quirks": ("no-ack",)})
    rig = Rig(quiet)
    outcomes = rig.submit(STORE_1)
    rig.drive(RIGHT)
    rig.run(2.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert not rig.camera.moving
    assert rig.events[0].told == ["answered"]


def test_a_question_that_an_unknown_camera_never_answers_is_dropped() -> None:
    rig = Rig(start=False)
    rig.camera.version, rig.camera.unanswered = "77777777010002", "0447"
    rig.run(40.0)
    asked = rig.now
    rig.run(120.0)
    assert not any(f == "81090447ff" for at, f in rig.sim.heard if at > asked)
    assert rig.events[0].told == ["answered"]


ASKED = {
    Inquiry.POSITION: "0612",
    Inquiry.ZOOM: "0447",
    Inquiry.POWER: "0400",
    Inquiry.FOCUS: "0448",
    Inquiry.EXPOSURE_MODE: "0439",
}


@pytest.mark.parametrize("inquiry", ASKED)
def test_what_was_answered_once_is_asked_again_ever_less_often(inquiry: Inquiry) -> None:
    rig = Rig()
    rig.camera.unanswered = ASKED[inquiry]
    lost_at = rig.now
    for _ in range(40):
        rig.talk.ask(inquiry)  # as if its remote were used again and again
        rig.run(10.0)
        assert inquiry in rig.talk.unread
    asked = [at for at, f in rig.sim.heard if f == f"8109{ASKED[inquiry]}ff" and at > lost_at + 30]
    apart = [later - at for at, later in pairwise(asked)]
    assert 4 < len(asked) < 60
    assert apart[-1] == pytest.approx(60, abs=12)
    assert rig.events[0].told == ["answered"]
    rig.camera.unanswered = ""
    rig.run(75.0)
    assert not rig.talk.unread


def test_old_values_are_not_told_of_what_is_not_answered_any_more() -> None:
    rig = Rig()
    before = rig.talk.seen
    assert None not in (before.power, before.pan, before.zoom)
    assert before.settings
    rig.camera.unanswered = ".*"
    rig.talk.ask(Inquiry.POWER)
    for way in (RIGHT, LEFT) * 20:
        rig.drive(way)
        rig.run(0.25)
    seen = rig.talk.seen
    assert (seen.power, seen.pan, seen.tilt, seen.zoom) == (None, None, None, None)
    assert seen.version == before.version
    assert rig.events[0].told == ["answered"]


@pytest.mark.parametrize("inquiry", ASKED)
def test_one_lost_answer_makes_nothing_unknown(inquiry: Inquiry) -> None:
    rig = Rig()
    rig.camera.lose_next = ["50.{4,16}"]
    rig.talk.ask(inquiry)
    for _ in range(100):
        rig.run(0.1)
        assert not rig.talk.unread
        assert rig.talk.seen.pan is not None


def test_a_camera_in_standby_that_says_nothing_of_its_place_is_asked_again_once_it_is_on() -> None:
    rig = Rig()
    rig.submit(Power(on=False))
    rig.camera.unanswered = "06.*|044.*"
    rig.run(60.0)
    assert rig.talk.seen.pan is None
    assert not rig.talk.unread  # that is no fault of a camera in standby
    rig.camera.unanswered = ""
    rig.submit(Power(on=True))
    rig.run(40.0)
    assert rig.talk.seen.pan is not None
    assert rig.talk.seen.zoom is not None


def test_a_lone_camera_may_answer_from_another_address() -> None:
    rig = Rig(start=False)
    rig.sim.cameras[0].replies_as = 2
    rig.run(2.0)
    assert rig.talk.ready


def test_a_camera_that_is_slow_to_answer_is_still_understood() -> None:
    rig = Rig()
    rig.camera.delay_s = 0.15
    home = rig.submit(Home())
    rig.run(2.0)
    assert home == [Outcome(RequestEnd.DONE)]
    rig.drive(RIGHT)
    rig.run(3.0)
    assert not rig.camera.moving
    assert rig.events[0].told == ["answered"]


@pytest.mark.parametrize(
    "noise",
    [
        "9041ff",
        "9051ff",
        "906002ff",
        "906103ff",
        "90620405ff",
        "905002ff",
        "9050ff",
        "91500aff",
        "906204ff",
        "a041ff",
        "883009ff",
        "ff",
        "00" * 40,
        "90500909",
    ],
)
def test_a_reply_that_nobody_asked_for_fails_nothing_and_is_no_value(noise: str) -> None:
    rig = Rig()
    before = rig.talk.seen
    rig.line.receive(Chunk(bytes.fromhex(noise), rig.now))
    rig.run(0.3)
    outcomes = rig.submit(Home())
    rig.run(8.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert rig.talk.seen == before


def test_a_damaged_answer_is_never_a_value() -> None:
    rig = Rig()
    rig.camera.presets[0] = (45.0, 10.0, 0)
    rig.submit(RECALL_1)
    rig.run(3.0)
    seen = rig.talk.seen
    for _ in range(30):
        rig.camera.garble_next = True
        rig.run(5.3)
        assert not rig.camera.garble_next
        assert rig.talk.seen == seen


def test_every_wait_of_a_command_has_an_end() -> None:
    rig = Rig()
    outcomes = rig.submit(Home())
    rig.camera.silent = True
    rig.run(10.0)
    assert [outcome.end for outcome in outcomes] in ([RequestEnd.NO_REPLY], [RequestEnd.UNKNOWN])


@settings(deadline=None, max_examples=examples(40))
@given(
    noise=st.lists(
        st.tuples(st.binary(min_size=1, max_size=40), st.floats(0, 0.2), st.booleans()), max_size=8
    )
)
def test_noise_at_either_end_changes_no_value_and_the_line_recovers(
    noise: list[tuple[bytes, float, bool]],
) -> None:
    rig = Rig()
    before = rig.talk.seen
    for data, wait_s, near in noise:
        # what is well-formed is no noise: a whole frame of this camera may mean what it says
        data = data.replace(b"\xff", b"\xfe") if near else b"\x80" + data
        (rig.line if near else rig.sim).receive(Chunk(data, rig.now))
        rig.run(wait_s)
    for end in (rig.line, rig.sim):
        end.receive(Chunk(b"\xff", rig.now))
    rig.run(6.0)
    assert rig.talk.seen == before
    assert rig.submit(Home()) == []
    rig.run(3.0)
    assert rig.talk.ready
    assert not rig.talk.stopping


@settings(deadline=None, max_examples=examples(40))
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=24), st.floats(0, 0.3)), max_size=10))
def test_no_bytes_from_a_camera_raise_or_hang_the_session(chunks: list) -> None:
    rig = Rig()
    rig.drive(RIGHT, TELE)
    for data, wait_s in chunks:
        rig.line.receive(Chunk(data, rig.now))
        rig.run(wait_s)
    rig.run(8.0)
    assert not rig.camera.moving
    outcomes = rig.submit(Home())
    rig.run(8.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]


FAULTS = {
    "no ACK and no socket": {"ack": "none"},
    "socket 0": {"names_socket": 0},
    "one socket for all": {"names_socket": 1},
    "every ACK lost": {"lose": "4."},
    "every completion lost": {"lose": "5[12]"},
    "every ACK doubled": {"twice": "4."},
    "every completion doubled": {"twice": "5."},
    "every answer doubled": {"twice": "50.+"},
    "answers from address 2": {"replies_as": 2},
    "a syntax error after every answer": {"after_answer": "6002"},
    "ACKs later than completions": {"ack_late_s": 0.1},
    "everything later": {"delay_s": 0.3},
    "three cycles late": {"lag_cycles": 3},
    "refusals after an ACK": {"acks_refusals": True},
    "refusals with an empty socket": {"refusal": "6241"},
}


def odd(fault: str) -> Rig:
    rig = Rig(shipped()["sony_srg300h"], start=False)
    for name, value in FAULTS[fault].items():
        setattr(rig.camera, name, value)
    rig.run(4.0)
    return rig


@pytest.mark.parametrize("fault", FAULTS)
def test_a_camera_that_answers_oddly_is_driven_stopped_and_never_lost(fault: str) -> None:
    rig = odd(fault)
    for turn in range(6):
        began = rig.camera.pan_deg
        for _ in range(5):
            rig.drive(RIGHT if turn % 2 else LEFT)
            rig.run(0.1)
        rig.stop()
        rig.run(0.25)
        assert not rig.camera.moving
        assert (rig.camera.pan_deg > began) is bool(turn % 2)
        rig.run(2.0)
        assert not rig.talk.stopping
    assert rig.events[0].told == ["answered"]
    for name, value in vars(type(rig.camera)(rig.camera.profile)).items():
        if name in FAULTS[fault]:
            setattr(rig.camera, name, value)
    rig.run(8.0)
    assert rig.submit(Home()) == []
    rig.run(5.0)
    assert rig.camera.pan_deg == 0
    seen = rig.talk.seen
    assert (seen.pan, seen.power, seen.moving) == (0, True, False)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_step_is_done_twice_and_no_done_is_a_lie_whatever_is_answered(fault: str) -> None:
    rig = odd(fault)
    step = Relative(0x18, 0x14, 512, 0)
    outcomes = rig.submit(step)
    rig.run(40.0)
    assert len(outcomes) == 1
    assert rig.camera.pan_deg == pytest.approx(10, abs=0.1)
    assert outcomes[0].end in (RequestEnd.DONE, RequestEnd.UNKNOWN)
    assert rig.heard_since(0).count(step.encode(1)[:-1].hex()) == 1


@pytest.mark.parametrize(
    ("refusal", "acks"), [("6141", False), ("6241", False), ("6041", False), ("6141", True)]
)
def test_what_cannot_be_done_now_is_refused_with_and_without_an_ack(
    refusal: str, acks: bool
) -> None:
    rig = Rig()
    assert rig.submit(Power(False)) == []
    rig.run(1.0)
    rig.camera.refusal, rig.camera.acks_refusals = refusal, acks
    outcomes = rig.submit(Home())
    rig.run(3.0)
    assert [outcome.end for outcome in outcomes] == [RequestEnd.REFUSED]
    rig.camera.acks_refusals = False
    on = rig.submit(Power(True))
    rig.run(40.0)
    assert on == [Outcome(RequestEnd.DONE)]


@pytest.mark.parametrize("lost", ["41", "51"])
def test_one_lost_word_fails_no_later_command(lost: str) -> None:
    rig = Rig()
    rig.camera.lose_next = [lost]
    first = rig.submit(Home())
    rig.run(3.0)
    assert first == [Outcome(RequestEnd.DONE)] or lost == "51"
    for number in range(3):
        kept = rig.submit(Preset(PresetAction.SET, number))
        rig.run(1.0)
        assert kept == [Outcome(RequestEnd.DONE)]
    assert set(rig.camera.presets) == {0, 1, 2}


def test_completions_out_of_order_end_the_commands_they_belong_to() -> None:
    rig = Rig()
    rig.camera.presets[0] = (100.0, 0.0, 0)
    recall = rig.submit(RECALL_1)
    rig.run(0.1)
    kept = rig.submit(Command("backlight", (("on", 1),)))
    rig.run(0.5)
    assert kept == [Outcome(RequestEnd.DONE)]
    assert recall == []
    rig.run(3.0)
    assert recall == [Outcome(RequestEnd.DONE)]


@pytest.mark.parametrize("at", range(12))
def test_a_network_change_at_any_byte_of_an_answer_begins_anew_and_is_no_value(at: int) -> None:
    rig = Rig()
    rig.camera.presets[0] = (45.0, 10.0, 0x1000)
    rig.submit(RECALL_1)
    rig.run(4.0)
    before = rig.talk.seen
    assert before.pan == 45 * 51.2
    began = rig.now
    rig.sim.insert, rig.sim.insert_at = bytes.fromhex("8838ff"), at
    rig.run(8.0)
    assert rig.talk.seen == before
    assert rig.talk.ready
    frames = [frame for when, frame in rig.sim.heard if when > began]
    assert "883001ff" in frames
    assert frames[frames.index("883001ff") + 2] == f"{STOP}ff"


@pytest.mark.parametrize("answer", ["9050ff", "905000ff", "90500000000000ff", "9050" + "01" * 9])
def test_an_answer_of_the_wrong_length_is_no_value_and_is_asked_for_again(answer: str) -> None:
    rig = Rig()
    before = rig.talk.seen
    rig.camera.unanswered = "0612|0447|0400"
    while not (
        rig.talk.last_written
        and rig.talk.last_written.asks
        and rig.talk.awaits(rig.talk.last_written)
    ):
        rig.run(0.01)
    rig.line.receive(Chunk(bytes.fromhex(answer), rig.now))
    rig.camera.unanswered = ""
    rig.run(3.0)
    assert rig.talk.seen == before
    assert rig.events[0].told == ["answered"]


def test_a_late_reply_does_not_end_the_next_command() -> None:
    rig = Rig()
    rig.camera.delay_s = 0.6  # later than the wait for an ACK: the store ends unknown
    outcomes = rig.submit(STORE_1)
    rig.run(0.55)
    assert [outcome.end for outcome in outcomes] == [RequestEnd.UNKNOWN]
    rig.camera.delay_s = 0.0
    rig.camera.lose_next = ["41", "42"]
    cleared = rig.submit(Preset(PresetAction.CLEAR, 5))
    rig.run(4.0)
    assert [outcome.end for outcome in cleared] in ([RequestEnd.UNKNOWN], [RequestEnd.DONE])
    kept = rig.submit(Preset(PresetAction.SET, 1))
    rig.run(1.0)
    assert kept == [Outcome(RequestEnd.DONE)]
