"""One line and its cameras in invented time: what is said when, and what becomes of it."""

import pytest

from roomctl.camera.profile import shipped
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.message import (
    Absolute,
    Drive,
    Home,
    Pan,
    Power,
    Preset,
    PresetAction,
    Tilt,
)
from roomctl.visca.request import AxisGroup
from tests.visca.rig import LEFT, RIGHT, TELE, Rig

MOVING = sorted(name for name, profile in shipped().items() if profile.pan_tilt)
CYCLE_S = 1 / 59.94
STORE_1, RECALL_1 = Preset(PresetAction.SET, 0), Preset(PresetAction.RECALL, 0)
ZOOM_STOP = "8101040700"
STOP = "8101060118170303"


def test_the_chain_is_numbered_and_each_camera_stopped_before_it_is_asked_anything() -> None:
    rig = Rig()
    first = [frame for _, frame in rig.sim.heard[:8]]
    assert first[:2] == ["883001ff", "88010001ff"]
    assert first[2:4] == ["8101060118140303ff", "8101040700ff"]
    assert first[4:] == ["81090002ff", "81090400ff", "81090612ff", "81090447ff"]


def test_a_socket_to_a_camera_numbers_no_chain() -> None:
    rig = Rig("ptzoptics_g2", baud=None)
    assert rig.sim.heard[0][1] == "81010001ff"
    assert not any(frame.startswith("88") for _, frame in rig.sim.heard)
    assert rig.talk.ready


@pytest.mark.parametrize("model", sorted(shipped()))
def test_a_camera_says_who_and_how_it_is_and_its_profile_is_picked(model: str) -> None:
    rig = Rig(model)
    assert rig.events[0].told == ["answered"]
    assert rig.profile == shipped()[model]
    assert rig.talk.model == shipped()[model].model
    seen = rig.talk.seen
    at = (0, 0) if rig.profile.pan_tilt else (None, None)
    zoom, mute = rig.profile.zoom, rig.profile.has("no-zoom-inquiry")
    wide = None if mute else zoom.wide if zoom else 0
    assert (seen.power, seen.pan, seen.tilt, seen.zoom, seen.moving) == (True, *at, wide, False)


@pytest.mark.parametrize("model", MOVING)
def test_right_is_right_and_up_is_up_on_every_model(model: str) -> None:
    rig = Rig(model)
    rig.drive(Drive(0x0F, 0x0F, Pan.RIGHT, Tilt.UP), lease_s=0.5)
    rig.run(3.0)
    assert rig.camera.pan_deg > 1
    assert rig.camera.tilt_deg > 1
    profile, seen = rig.profile, rig.talk.seen
    if profile.pan and profile.tilt:
        assert profile.pan.degrees(seen.pan) == pytest.approx(rig.camera.pan_deg, abs=0.1)
        assert profile.tilt.degrees(seen.tilt) == pytest.approx(rig.camera.tilt_deg, abs=0.1)


@pytest.mark.parametrize("model", MOVING)
def test_every_model_goes_where_it_is_sent_within_one_unit(model: str) -> None:
    rig = Rig(model)
    pan, tilt = rig.profile.pan, rig.profile.tilt
    for right, up in ((45.0, 10.0), (-45.0, -10.0), (-999.0, 999.0), (999.0, -999.0), (0.0, 0.0)):
        wanted = (pan.units(right), tilt.units(up)) if pan and tilt else (600, -100)
        outcomes = rig.submit(Absolute(0x18, 0x12, *wanted))
        rig.run(29.0)
        rig.run(6.0)
        assert outcomes == [Outcome(RequestEnd.DONE)]
        assert rig.talk.seen.pan == pytest.approx(wanted[0], abs=1)
        assert rig.talk.seen.tilt == pytest.approx(wanted[1], abs=1)
        if pan and tilt:
            assert rig.camera.pan_deg == pytest.approx(
                min(max(right, pan.min_deg), pan.max_deg), abs=1 / pan.units_per_degree
            )
            assert rig.camera.tilt_deg == pytest.approx(
                min(max(up, tilt.min_deg), tilt.max_deg), abs=1 / tilt.units_per_degree
            )


def test_a_camera_without_zoom_is_driven_and_stopped_like_any_other() -> None:
    bare = shipped()["sony_srg300h"].model_copy(update={"zoom": None})
    rig = Rig(bare)
    rig.drive(RIGHT)
    rig.run(1.0)
    assert rig.camera.pan_deg > 1
    rig.run(5.0)
    assert rig.events[0].told == ["answered"]
    assert not rig.talk.stopping


def test_a_renewed_drive_goes_on_and_is_not_said_twice() -> None:
    rig = Rig()
    began = rig.now
    for _ in range(10):
        rig.drive(RIGHT)
        rig.run(0.1)
    assert rig.camera.moving
    assert len(rig.heard_since(began)) == 1


def test_the_newest_move_wins_and_none_queues_up() -> None:
    rig = Rig()
    began = rig.now
    for step in range(100):
        rig.drive(Drive(1 + step % 0x18, 1, Pan.LEFT if step % 2 else Pan.RIGHT, Tilt.UP))
        rig.run(0.001)
    rig.drive(RIGHT)
    last = rig.now
    rig.run(0.1)
    said = rig.heard_since(began)
    assert len(said) < 12
    assert said[-1] == RIGHT.encode(1)[:-1].hex()
    rig.stop()
    assert rig.now - last < 0.11


def test_a_third_command_waits_for_a_free_socket() -> None:
    rig = Rig()
    began = rig.now
    outcomes = [rig.submit(STORE_1), rig.submit(Preset(PresetAction.SET, 1))]
    third = rig.submit(Preset(PresetAction.SET, 2))
    rig.run(1.0)
    assert [o[0].end for o in (*outcomes, third)] == [RequestEnd.DONE] * 3
    assert set(rig.camera.presets) == {0, 1, 2}
    assert rig.heard_since(began) == ["8101043f0100", "8101043f0101", "8101043f0102"]


def test_no_more_commands_run_than_the_profile_allows() -> None:
    rig = Rig("generic")
    began = rig.now
    rig.submit(STORE_1)
    rig.submit(Preset(PresetAction.SET, 1))
    rig.run(0.06)
    assert len(rig.heard_since(began)) == 1
    rig.run(1.0)
    assert set(rig.camera.presets) == {0, 1}


def test_a_recall_is_done_when_the_camera_is_there() -> None:
    rig = Rig()
    rig.camera.presets[0] = (60.0, 10.0, 0x2000)
    began = rig.now
    outcomes = rig.submit(RECALL_1)
    rig.run(0.9)
    assert outcomes == []
    rig.run(1.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert rig.camera.pan_deg == pytest.approx(60)
    assert began + 1.0 < rig.now
    rig.run(1.0)
    assert rig.talk.seen.zoom == 0x2000


def test_a_drive_that_got_lost_is_said_again_while_it_is_held() -> None:
    rig = Rig()
    rig.talk.drive({AxisGroup.PAN_TILT: RIGHT}, rig.now + 0.3, rig.now)
    assert rig.line.outbox(rig.now) is not None  # and it vanishes
    rig.line.sent(rig.now)
    for _ in range(10):
        rig.drive(RIGHT)
        rig.run(0.1)
    assert rig.camera.moving


def test_no_more_than_one_frame_is_ahead_of_the_line() -> None:
    rig = Rig(addresses=(1, 2), baud=2400)
    rig.run(3.0)
    for talk in rig.talks:
        talk.drive({AxisGroup.PAN_TILT: RIGHT}, rig.now + 0.3, rig.now)
    first = rig.line.outbox(rig.now)
    rig.line.sent(rig.now)
    assert first is not None
    assert rig.line.outbox(rig.now) is None
    air_s = 10 * len(first) / 2400
    assert rig.now < rig.line.due() <= rig.now + air_s
    assert rig.line.outbox(rig.now + air_s) == RIGHT.encode(2)


def test_home_ends_a_drive_and_the_end_of_its_lease_does_not_stop_the_way_home() -> None:
    rig = Rig()
    rig.camera.presets[0] = (150.0, 0.0, 0)
    rig.submit(RECALL_1)
    rig.run(4.0)
    rig.drive(RIGHT, TELE)
    rig.run(0.1)
    outcomes = rig.submit(Home())
    rig.run(4.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert rig.camera.pan_deg == 0
    assert not rig.talk.seen.moving
    assert 0 < rig.camera.zoom_pct < 10


def test_a_drive_ends_a_recall_and_whoever_waits_for_it_hears_so() -> None:
    rig = Rig()
    rig.camera.presets[0] = (170.0, 10.0, 0)
    outcomes = rig.submit(RECALL_1)
    rig.run(0.3)
    rig.drive(LEFT)
    rig.run(2.0)
    assert outcomes == [Outcome(RequestEnd.REPLACED)]
    assert not rig.camera.moving
    assert not rig.talk.seen.moving


def test_a_newer_recall_replaces_one_that_still_waits() -> None:
    rig = Rig("generic")
    rig.submit(STORE_1)
    first, second = rig.submit(RECALL_1), rig.submit(Home())
    rig.run(2.0)
    assert first == [Outcome(RequestEnd.REPLACED)]
    assert second == [Outcome(RequestEnd.DONE)]


def test_a_silent_camera_is_reported_asked_every_second_and_comes_back_stopped() -> None:
    rig = Rig()
    rig.camera.silent = True
    rig.run(12.0)
    assert len(rig.events[0].told) == 2
    assert "no answer" in rig.events[0].told[1]
    assert rig.submit(Home()) == [Outcome(RequestEnd.OFFLINE)]
    asked = rig.now
    rig.run(10.0)
    assert 8 <= sum(f == "81090400ff" for at, f in rig.sim.heard if at > asked) <= 12
    rig.camera.silent = False
    back = rig.now
    rig.run(2.0)
    assert rig.events[0].told[-1] == "answered"
    assert {"8101060118170303", ZOOM_STOP} <= set(rig.heard_since(back))


def test_a_camera_that_was_never_there_costs_little_and_is_found_when_it_appears() -> None:
    rig = Rig(start=False)
    rig.camera.silent = True
    rig.run(3600.0)
    assert rig.steps < 40_000
    rig.camera.silent = False
    rig.run(2.5)
    assert rig.events[0].told[-1] == "answered"


def test_a_line_at_rest_wants_nothing_for_seconds() -> None:
    rig = Rig()
    rig.run(60.0)
    waits = []
    for _ in range(20):
        rig.run(0.5)
        waits.append(rig.line.due() - rig.now)
    assert max(waits) > 3
    before = rig.steps
    rig.run(3600.0)
    assert rig.steps - before < 3600 * 4


def test_power_lost_and_back_starts_again_with_a_stop() -> None:
    rig = Rig()
    rig.drive(RIGHT)
    waiting = rig.submit(Power(True))
    rig.camera.power_cycle()
    began = rig.now
    rig.run(4.0)
    frames = [frame for at, frame in rig.sim.heard if at > began + 1.0]
    opening = frames.index("883001ff")
    assert frames[opening + 1] == "88010001ff"
    assert frames[opening + 2].endswith("0303ff")
    assert waiting[0].end in (RequestEnd.UNKNOWN, RequestEnd.OFFLINE, RequestEnd.DONE)
    assert rig.talk.ready


def test_standby_and_back_are_seen_and_a_stop_in_standby_is_no_failure() -> None:
    rig = Rig()
    assert rig.submit(Power(False)) == []
    rig.run(1.0)
    assert rig.talk.seen.power is False
    rig.stop()
    rig.run(5.0)
    assert rig.events[0].told == ["answered"]
    on = rig.submit(Power(True))
    rig.run(2.0)
    assert on == [Outcome(RequestEnd.DONE)]
    assert rig.talk.seen.power is True


def test_one_dead_camera_does_not_stall_its_chain() -> None:
    rig = Rig(addresses=(1, 2, 3))
    rig.cameras[1].silent = True
    rig.run(20.0)
    assert [events.told[-1] for events in rig.events] == [
        "answered",
        "no answer to 5 messages in a row",
        "answered",
    ]
    rig.drive(RIGHT)
    asked = rig.now
    rig.run(0.1)
    assert rig.camera.moving
    rig.stop()
    rig.run(0.2)
    assert rig.camera.stopped_at - asked < 0.2
    assert rig.cameras[2].stopped_at < asked


def test_each_camera_of_a_chain_is_driven_alone() -> None:
    rig = Rig(addresses=(1, 2))
    rig.talks[1].drive({AxisGroup.PAN_TILT: LEFT}, rig.now + 0.3, rig.now)
    rig.run(1.0)
    assert rig.cameras[0].pan_deg == 0
    assert rig.cameras[1].pan_deg < -1


def test_a_press_of_two_axes_in_a_recall_moves_both_of_a_camera_that_takes_one_command() -> None:
    rig = Rig("generic")
    rig.camera.presets[0] = (100.0, 0.0, rig.camera.body.zoom.low)
    rig.submit(Preset(PresetAction.RECALL, 0))
    rig.run(1.0)
    at = rig.now
    rig.drive(LEFT, TELE, lease_s=1.0)
    rig.run(0.5)
    moves = [f[2:] for f in rig.heard_since(at)]
    assert LEFT.encode(1).hex().upper()[2:-2] in [move.upper() for move in moves]
    assert TELE.encode(1).hex().upper()[2:-2] in [move.upper() for move in moves]
