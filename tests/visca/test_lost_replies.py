"""One lost, late or damaged reply makes nobody wait, and nothing untrue of a camera.

The recalls here take up to ten seconds, as a preset with a slow speed of its own does. What a
camera does is the manuals' (mode table of Sony EVI-HD7V p.18 and EVI-D80/D90 p.20), or what was
reported of it: one command at a time (Vaddio, obs-ptz issue 90), no Cancel (PTZOptics G2).
"""

import pytest

from roomctl.camera.profile import shipped
from roomctl.motion import MoveRefusal, Outcome, RequestEnd
from roomctl.visca.frames import ChangeNotice
from roomctl.visca.message import (
    Absolute,
    Command,
    Home,
    Inquiry,
    Power,
    Preset,
    PresetAction,
    Raw,
    Relative,
)
from roomctl.visca.poller import LATE_S
from tests.visca.rig import LEFT, RIGHT, Rig

MOVING = sorted(name for name, profile in shipped().items() if profile.pan_tilt)
RECALLING = [name for name in MOVING if shipped()[name].presets]
SOMEBODY = ChangeNotice(1, bytes.fromhex("7d010601"))  # used the remote: all is asked again
SLOW_DEG_S = 9.0
FAR_DEG, FAR_S = 80.0, 80.0 / SLOW_DEG_S


def slow(model: str) -> tuple[Rig, Preset, Preset]:
    """Return a rig, and two presets that are nine seconds from the middle."""
    rig = Rig(model)
    presets = rig.profile.presets
    assert presets is not None
    first = presets.first
    rig.camera.go_deg_s = SLOW_DEG_S
    rig.camera.presets[first] = (FAR_DEG, 0.0, rig.camera.body.zoom.low)
    rig.camera.presets[first + 1] = (-FAR_DEG, 0.0, rig.camera.body.zoom.low)
    return rig, *(Preset(PresetAction.RECALL, first + n) for n in range(2))


def turns(rig: Rig, way: int, within_s: float) -> float:
    """Wait until the camera pans that way (1: right); return how long that took."""
    began = rig.now
    while rig.now < began + within_s:
        before = rig.camera.pan_deg
        rig.run(0.01)
        if (rig.camera.pan_deg - before) * way > 0:
            return rig.now - began
    return float("inf")


@pytest.mark.parametrize("model", RECALLING)
def test_an_arrow_turns_a_camera_at_once_whose_recall_was_never_reported_done(model: str) -> None:
    rig, recall, _ = slow(model)
    rig.camera.lose_next = ["5[012]"]
    rig.submit(recall)
    rig.run(FAR_S + 0.4)
    assert rig.camera.pan_deg == pytest.approx(FAR_DEG)
    rig.drive(LEFT, lease_s=5)
    assert turns(rig, -1, 1.0) < 0.25


@pytest.mark.parametrize("model", RECALLING)
def test_the_next_recall_leaves_at_once_although_the_last_was_never_reported_done(
    model: str,
) -> None:
    rig, there, back = slow(model)
    rig.camera.lose_next = ["5[012]"]
    rig.submit(there)
    rig.run(FAR_S + 0.4)
    done = rig.submit(back)
    assert turns(rig, -1, 1.0) < 0.3
    rig.run(2 * FAR_S + 4.0)
    assert [outcome.end for outcome in done] == [RequestEnd.DONE]


@pytest.mark.parametrize("model", RECALLING)
@pytest.mark.parametrize("forgets", [False, True], ids=["completes", "forgets"])
def test_a_recall_is_corrected_by_an_arrow_or_another_recall_at_once(
    model: str, forgets: bool
) -> None:
    rig, there, back = slow(model)
    rig.camera.forgets_replaced = forgets
    wrong = rig.submit(there)
    rig.run(1.0)
    done = rig.submit(back)
    assert turns(rig, -1, 1.0) < 0.3
    heard = rig.profile.has("no-ack")  # it says at once that it is done, when it has heard
    ended = RequestEnd.DONE if heard else RequestEnd.REPLACED
    assert [outcome.end for outcome in wrong] == [ended]
    rig.run(1.0)
    rig.drive(RIGHT, lease_s=0.6)
    assert turns(rig, 1, 0.6) < 0.3
    assert [outcome.end for outcome in done] == [ended]
    rig.run(2.0)
    assert not rig.camera.moving
    assert rig.events[0].told == ["answered"]


@pytest.mark.parametrize("model", RECALLING)
def test_a_recall_that_was_never_reported_done_is_done_once_the_camera_says_so(model: str) -> None:
    rig, recall, _ = slow(model)
    rig.camera.lose_next = ["5[012]"]
    done = rig.submit(recall)
    rig.run(FAR_S - 0.5)
    assert done == [] or rig.profile.has("no-ack")
    rig.run(4.0)
    assert done == [Outcome(RequestEnd.DONE)]


def test_a_step_that_was_never_reported_done_is_unknown_once_the_camera_stands() -> None:
    rig = Rig()
    rig.camera.lose_next = ["51"]
    done = rig.submit(Relative(1, 1, 512, 0))
    rig.run(10.0 / 1.1 - 0.5)
    assert done == []
    rig.run(4.0)
    assert [outcome.end for outcome in done] == [RequestEnd.UNKNOWN]
    assert rig.camera.pan_deg == pytest.approx(10, abs=0.1)


def test_a_recall_whose_ack_and_cancel_got_lost_is_stopped_all_the_same() -> None:
    rig, recall, _ = slow("sony_evi_hd7v")
    rig.camera.lose_next = ["41", "6104"]
    rig.submit(recall)
    rig.run(0.2)
    rig.stop()
    rig.run(1.0)
    assert not rig.camera.moving
    assert not rig.talk.stopping


# What it refuses is no silence.


@pytest.mark.parametrize("model", ["sony_srg300h", "sony_brcx400", "sony_evi_h100"])
def test_a_camera_with_its_menu_open_stays_online_and_says_so(model: str) -> None:
    rig = Rig(model)
    rig.camera.menu_refuses_stop = True  # BRC-X400 list p.7: nothing but Cancel, Power, Menu
    rig.camera.body.values["menu"] = 2
    for _ in range(20):
        rig.drive(RIGHT)
        rig.run(1.0)
        rig.stop()
        rig.run(2.0)
    assert rig.events[0].told == ["answered"]
    assert rig.talk.refusal is MoveRefusal.MENU_OPEN
    rig.camera.body.values["menu"] = 3
    rig.run(6.0)
    assert rig.talk.refusal is None
    rig.drive(RIGHT)
    assert turns(rig, 1, 0.3) < 0.1


def test_a_camera_that_takes_no_stop_stays_online_and_is_said_to_refuse() -> None:
    rig = Rig()
    rig.drive(RIGHT)
    rig.run(0.1)
    rig.camera.occupy(20)
    rig.stop()
    rig.run(3.0)
    assert rig.events[0].told == ["answered"]
    assert rig.talk.refusal is MoveRefusal.BUSY
    rig.run(20.0)
    assert not rig.camera.moving
    assert rig.talk.refusal is None


def test_a_camera_that_has_nothing_to_stop_any_more_is_not_said_to_refuse() -> None:
    rig = Rig()
    rig.run(4.0)
    rig.camera.occupy(3.0)
    rig.stop()
    rig.run(2.5)
    assert rig.talk.refusal is MoveRefusal.BUSY
    lacks = {"pan_tilt": False, "zoom": None}
    rig.camera.body.profile = rig.camera.profile.model_copy(update=lacks)  # as it says by then
    rig.run(1.6)
    assert not rig.talk.stopping
    assert rig.talk.refusal is None


def test_a_camera_without_a_head_is_sent_no_pan_tilt_stops() -> None:
    rig = Rig("sony_fcb")
    known = rig.now  # until it has said who it is, it may have one
    rig.stop()
    rig.run(1.0)
    assert not any("010601" in frame for frame in rig.heard_since(known))
    assert not rig.talk.stopping


# Questions.


def test_a_press_does_not_wait_for_the_answer_to_a_question_that_got_lost() -> None:
    rig = Rig()
    rig.run(20.0)
    while not (rig.talk.last_written.asks and rig.talk.awaits(rig.talk.last_written)):
        rig.camera.lose_next = ["50.+"]
        rig.run(0.01)
    rig.run(0.05)
    rig.drive(RIGHT, lease_s=2)
    assert turns(rig, 1, 1.0) < 0.35


def test_a_damaged_answer_is_asked_for_again_at_once() -> None:
    rig = Rig()
    rig.run(4.0)
    began = rig.now
    while not (rig.talk.last_written.asks and rig.talk.awaits(rig.talk.last_written)):
        rig.camera.shorten_next = True
        rig.run(0.005)
    rig.run(0.2)
    asked = [frame for at, frame in rig.sim.heard if at > began and frame[2:4] == "09"]
    assert len(asked) > 2


def test_a_late_answer_is_never_taken_for_that_to_another_question() -> None:
    rig = Rig("sony_evi_d70")
    rig.camera.body.values["exposure_mode"] = 0x0A
    rig.camera.body.values["white_balance_mode"] = 0x01
    rig.talk.receive(SOMEBODY, rig.now)
    rig.run(3.0)
    for slow_s in (1.3, 2.1, 2.6):
        for _ in range(12):
            rig.camera.delay_s = slow_s
            rig.talk.receive(SOMEBODY, rig.now)
            rig.run(0.3)
            rig.camera.delay_s = 0.0
            for _ in range(100):
                rig.run(0.05)
                said = rig.talk.seen.settings
                assert said[Inquiry.EXPOSURE_MODE] == 0x0A
                assert said[Inquiry.WHITE_BALANCE_MODE] == 0x01
                assert said[Inquiry.FOCUS_MODE] == 1
                assert rig.talk.seen.power is True


@pytest.mark.parametrize("words", ["50.+", "50..", "50.{14}"])
def test_a_camera_that_says_every_answer_twice_is_not_misread(words: str) -> None:
    rig = Rig("sony_srg300h", start=False)
    rig.camera.body.values["exposure_mode"] = 0x0D
    rig.camera.body.values["white_balance_mode"] = 0x05
    rig.camera.twice = words
    rig.run(5.0)
    for _ in range(20):
        rig.talk.receive(SOMEBODY, rig.now)
        rig.run(1.0)
        said = rig.talk.seen.settings
        assert said[Inquiry.EXPOSURE_MODE] == 0x0D
        assert said[Inquiry.WHITE_BALANCE_MODE] == 0x05
        assert said[Inquiry.FOCUS_MODE] == 1
        assert rig.talk.seen.power is True


# Standby.


def test_a_drive_that_a_camera_in_standby_refuses_is_no_movement() -> None:
    rig = Rig()
    rig.camera.body.switch(False, rig.now)  # by its remote: the room does not know yet
    rig.drive(RIGHT, lease_s=10)
    rig.run(0.5)
    assert rig.talk.seen.power is False
    assert not rig.talk.seen.moving
    assert not rig.talk.driven
    began = rig.now
    rig.run(3.0)
    assert not any("010601" in frame for frame in rig.heard_since(began))


def test_power_and_settings_still_reach_a_camera_whose_recall_was_never_reported_done() -> None:
    rig, recall, _ = slow("generic")
    rig.camera.lose_next = ["5[012]"]
    rig.submit(recall)
    rig.run(FAR_S + 4.0)
    lamp = rig.submit(Command("freeze", (("on", 1),)))
    rig.run(1.0)
    assert lamp == [Outcome(RequestEnd.DONE)]
    off = rig.submit(Power(False))
    rig.run(1.0)
    assert off == [Outcome(RequestEnd.DONE)]


@pytest.mark.parametrize("model", ["generic", "sony_srg300h", "ptzoptics_g2"])
def test_a_lost_completion_of_a_short_command_delays_no_press(model: str) -> None:
    rig = Rig(model)
    rig.camera.lose_next = ["5[12]"]
    rig.submit(Preset(PresetAction.SET, 1))
    rig.run(0.1)
    rig.drive(RIGHT, lease_s=3)
    assert turns(rig, 1, 1.0) < 0.6
    rig.camera.lose_next = ["5[12]"]
    home = rig.submit(Home())
    rig.run(5.0)
    assert home == [Outcome(RequestEnd.DONE)]
    goto = rig.submit(Absolute(0x10, 0x10, 100, 100))
    rig.run(10.0)
    assert goto == [Outcome(RequestEnd.DONE)]


@pytest.mark.parametrize("since_s", [0.5, 1.5, 2.5, 3.5, 4.5])
def test_a_question_of_somebody_is_asked_again_once_its_answer_is_no_longer_awaited(
    since_s: float,
) -> None:
    """Whenever the room itself asks next: that may be five seconds later."""
    rig = Rig()
    rig.run(since_s)
    rig.camera.lose_next = ["5003"]
    done = rig.submit(Raw(bytes.fromhex("090433")))
    rig.run(rig.talk.model.limits.inquiry_s + LATE_S + 0.2)
    assert not rig.camera.lose_next
    assert done == [Outcome(RequestEnd.DONE, data=b"\x03")]
