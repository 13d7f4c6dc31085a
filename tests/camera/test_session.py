"""One line and its cameras in invented time: what is said when, and what becomes of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.camera.message import (
    Absolute,
    Drive,
    Home,
    Pan,
    Power,
    Preset,
    PresetAction,
    Relative,
    Tilt,
)
from roomctl.camera.profile import shipped
from roomctl.camera.ticket import End, Outcome
from roomctl.camera.visca import encode
from roomctl.wire import Chunk
from tests.camera.rig import LEFT, RIGHT, TELE, Rig

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
    assert rig.talk.profile == shipped()[model]
    seen = rig.talk.seen
    assert (seen.power, seen.pan, seen.tilt, seen.zoom, seen.moving) == (True, 0, 0, 0, False)


@pytest.mark.parametrize("model", sorted(shipped()))
def test_right_is_right_and_up_is_up_on_every_model(model: str) -> None:
    rig = Rig(model)
    rig.drive(Drive(0x10, 0x10, Pan.RIGHT, Tilt.UP), lease_s=0.5)
    rig.run(3.0)
    assert rig.camera.pan_deg > 1
    assert rig.camera.tilt_deg > 1
    profile, seen = rig.talk.profile, rig.talk.seen
    if profile.pan and profile.tilt:
        assert profile.pan.degrees(seen.pan) == pytest.approx(rig.camera.pan_deg, abs=0.1)
        assert profile.tilt.degrees(seen.tilt) == pytest.approx(rig.camera.tilt_deg, abs=0.1)


@pytest.mark.parametrize("model", sorted(shipped()))
def test_every_model_goes_where_it_is_sent_within_one_unit(model: str) -> None:
    rig = Rig(model)
    pan, tilt = rig.talk.profile.pan, rig.talk.profile.tilt
    for right, up in ((45.0, 10.0), (-45.0, -10.0), (-999.0, 999.0), (999.0, -999.0), (0.0, 0.0)):
        wanted = (pan.units(right), tilt.units(up)) if pan and tilt else (600, -100)
        outcomes = rig.submit(Absolute(0x18, 0x12, *wanted))
        rig.run(29.0)
        rig.run(6.0)
        assert outcomes == [Outcome(End.DONE)]
        assert rig.talk.seen.pan == pytest.approx(wanted[0], abs=1)
        assert rig.talk.seen.tilt == pytest.approx(wanted[1], abs=1)
        if pan and tilt:
            assert rig.camera.pan_deg == pytest.approx(
                min(max(right, pan.min_deg), pan.max_deg), abs=1 / pan.units_per_degree
            )
            assert rig.camera.tilt_deg == pytest.approx(
                min(max(up, tilt.min_deg), tilt.max_deg), abs=1 / tilt.units_per_degree
            )


@pytest.mark.parametrize("model", sorted(shipped()))
def test_every_model_stops(model: str) -> None:
    rig = Rig(model)
    speeds = rig.talk.profile.pan_speed.max, rig.talk.profile.tilt_speed.max
    rig.drive(Drive(*speeds, Pan.LEFT, Tilt.DOWN), TELE, lease_s=5)
    rig.run(0.2)
    assert rig.camera.pan_deg < 0
    assert rig.camera.tilt_deg < 0
    assert rig.camera.zoom_pct > 0
    asked = rig.now
    rig.stop()
    rig.run(1.0)
    assert not rig.camera.moving
    assert rig.camera.stopped_at - asked < 0.1
    assert not rig.talk.stopping


def test_a_camera_without_zoom_is_driven_and_stopped_like_any_other() -> None:
    bare = shipped()["sony_srg300h"].model_copy(update={"zoom": None})
    rig = Rig(bare)
    rig.drive(RIGHT)
    rig.run(1.0)
    assert rig.camera.pan_deg > 1
    rig.run(5.0)
    assert rig.events[0].told == ["answered"]
    assert not rig.talk.stopping


def test_a_drive_that_is_not_renewed_ends_with_its_lease() -> None:
    rig = Rig()
    rig.drive(RIGHT, TELE)
    began = rig.now
    rig.run(0.2)
    assert rig.camera.moving
    rig.run(2.0)
    assert not rig.camera.moving
    assert rig.camera.stopped_at - began < 0.3 + 0.05
    assert {STOP, ZOOM_STOP} <= set(rig.heard_since(began))
    assert not rig.talk.seen.moving


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
    assert said[-1] == encode(RIGHT, 1)[:-1].hex()
    rig.stop()
    assert rig.now - last < 0.11


def test_a_stop_overtakes_a_waiting_inquiry_and_moves_and_nothing_older_leaves_after_it() -> None:
    rig = Rig()
    rig.drive(RIGHT, TELE)
    rig.drive(LEFT, TELE)
    asked = rig.now
    rig.stop()
    rig.run(0.1)
    assert rig.camera.stopped_at - asked < 0.045  # drive + stop on the wire, and a video cycle
    rig.run(1.0)
    assert not rig.camera.moving
    assert not any(frame == encode(LEFT, 1)[:-1].hex() for frame in rig.heard_since(asked))
    assert encode(TELE, 1)[:-1].hex() not in rig.heard_since(asked)


def test_a_stop_alone_on_the_line_is_executed_within_two_video_cycles() -> None:
    rig = Rig()
    late = []
    for offset in range(20):
        rig.drive(RIGHT)
        rig.run(0.15 + offset * 0.0009)
        asked = rig.now
        rig.stop()
        rig.run(0.5)
        late.append(rig.camera.stopped_at - asked)
    assert max(late) < 0.009375 + 2 * CYCLE_S + 0.0205  # its bytes, the cycle, a poll before it


def test_a_stop_gets_through_two_busy_sockets_at_most_once_per_video_cycle() -> None:
    rig = Rig("sony_brc300")
    rig.drive(RIGHT)
    rig.run(0.1)
    rig.camera.occupy(0.4)
    asked = rig.now
    rig.stop()
    rig.run(0.3)
    assert rig.camera.moving
    sent = [at for at, f in rig.sim.heard if at > asked and f.endswith("0303ff")]
    assert 3 <= len(sent) <= 0.3 / CYCLE_S
    rig.run(0.4)
    assert not rig.camera.moving
    assert rig.camera.stopped_at - asked < 0.4 + 0.1
    assert rig.events[0].told == ["answered"]


def test_a_stop_that_is_never_taken_is_reported_and_not_repeated_for_ever() -> None:
    rig = Rig()
    rig.drive(RIGHT)
    rig.run(0.1)
    rig.camera.occupy(60)
    rig.stop()
    rig.run(2.5)
    assert "did not take a stop within 2 s" in rig.events[0].told


def test_a_stop_whose_ack_is_lost_is_said_again() -> None:
    rig = Rig()
    rig.drive(RIGHT)
    rig.run(0.1)
    rig.camera.garble_next = True
    asked = rig.now
    rig.stop()
    rig.run(1.0)
    assert rig.heard_since(asked).count(STOP) == 2
    assert not rig.talk.stopping


def test_the_ack_of_one_stop_is_not_taken_for_that_of_another() -> None:
    """The pan-tilt stop vanishes on the line; the one ACK that comes is that of the zoom stop."""
    rig = Rig()
    rig.drive(RIGHT, TELE, lease_s=5)
    rig.run(0.3)
    rig.talk.stop(rig.now)
    vanished = rig.line.outbox(rig.now)
    assert vanished is not None
    assert vanished.hex().startswith(STOP)
    rig.line.sent(rig.now)
    rig.run(1.0)
    assert not rig.camera.moving
    assert not rig.talk.stopping


def test_a_third_command_waits_for_a_free_socket() -> None:
    rig = Rig()
    began = rig.now
    outcomes = [rig.submit(STORE_1), rig.submit(Preset(PresetAction.SET, 1))]
    third = rig.submit(Preset(PresetAction.SET, 2))
    rig.run(1.0)
    assert [o[0].end for o in (*outcomes, third)] == [End.DONE] * 3
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
    assert outcomes == [Outcome(End.DONE)]
    assert rig.camera.pan_deg == pytest.approx(60)
    assert began + 1.0 < rig.now
    rig.run(1.0)
    assert rig.talk.seen.zoom == 0x2000


def test_a_stop_ends_a_recall_and_whoever_waits_for_it_hears_so() -> None:
    rig = Rig()
    rig.camera.presets[0] = (170.0, 10.0, 0x4000)
    outcomes = rig.submit(RECALL_1)
    rig.run(0.5)
    rig.stop()
    rig.run(1.0)
    assert outcomes == [Outcome(End.STOPPED)]
    assert not rig.camera.moving
    assert rig.camera.pan_deg < 60


def test_a_camera_that_refuses_a_stop_on_its_way_is_cancelled_first() -> None:
    rig = Rig("sony_evi_hd7v")
    rig.camera.presets[0] = (100.0, 10.0, 0)
    rig.submit(RECALL_1)
    rig.run(0.3)
    asked = rig.now
    rig.stop()
    rig.run(0.5)
    assert "8121" in rig.heard_since(asked)
    assert not rig.camera.moving
    assert rig.camera.pan_deg < 50


def test_a_recall_that_got_lost_is_not_said_again_after_a_stop() -> None:
    rig = Rig()
    rig.camera.presets[0] = (170.0, 10.0, 0x4000)
    rig.camera.silent = True
    outcomes = rig.submit(RECALL_1)
    rig.run(0.1)
    began = rig.now
    rig.stop()
    rig.run(1.0)
    rig.camera.silent = False
    rig.run(5.0)
    assert outcomes == [Outcome(End.STOPPED)]
    assert encode(RECALL_1, 1)[:-1].hex() not in rig.heard_since(began)
    assert rig.camera.pan_deg == 0


def test_a_drive_that_got_lost_is_said_again_while_it_is_held() -> None:
    rig = Rig()
    rig.talk.drive(RIGHT, None, rig.now + 0.3, rig.now)
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
        talk.drive(RIGHT, None, rig.now + 0.3, rig.now)
    first = rig.line.outbox(rig.now)
    rig.line.sent(rig.now)
    assert first is not None
    assert rig.line.outbox(rig.now) is None
    air_s = 10 * len(first) / 2400
    assert rig.now < rig.line.due() <= rig.now + air_s
    assert rig.line.outbox(rig.now + air_s) == encode(RIGHT, 2)


def test_home_ends_a_drive_and_the_end_of_its_lease_does_not_stop_the_way_home() -> None:
    rig = Rig()
    rig.camera.presets[0] = (150.0, 0.0, 0)
    rig.submit(RECALL_1)
    rig.run(4.0)
    rig.drive(RIGHT, TELE)
    rig.run(0.1)
    outcomes = rig.submit(Home())
    rig.run(4.0)
    assert outcomes == [Outcome(End.DONE)]
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
    assert outcomes == [Outcome(End.REPLACED)]
    assert not rig.camera.moving
    assert not rig.talk.seen.moving


def test_a_newer_recall_replaces_one_that_still_waits() -> None:
    rig = Rig("generic")
    rig.submit(STORE_1)
    first, second = rig.submit(RECALL_1), rig.submit(Home())
    rig.run(2.0)
    assert first == [Outcome(End.REPLACED)]
    assert second == [Outcome(End.DONE)]


def test_a_camera_deaf_after_a_recall_is_asked_again() -> None:
    rig = Rig("sony_evi_hd1")
    done = rig.submit(RECALL_1)
    rig.run(0.1)
    assert done == [Outcome(End.DONE)]
    home = rig.submit(Home())
    rig.run(1.0)
    assert home == [Outcome(End.DONE)]


@pytest.mark.parametrize(
    ("message", "end", "times"),
    [
        (Home(), End.DONE, 2),
        (RECALL_1, End.DONE, 2),
        (STORE_1, End.UNKNOWN, 1),
        (Preset(PresetAction.CLEAR, 0), End.UNKNOWN, 1),
        (Relative(1, 1, 5, 5), End.UNKNOWN, 1),
    ],
)
def test_only_what_may_run_twice_is_said_twice_when_the_ack_is_lost(
    message, end: End, times: int
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
    assert outcomes == [Outcome(End.DONE)]
    assert not rig.camera.moving
    assert rig.events[0].told == ["answered"]


def test_an_inquiry_that_is_never_answered_is_dropped() -> None:
    rig = Rig()
    quiet = rig.camera.profile.model_copy(update={"quirks": ("no-zoom-inquiry",)})
    rig.camera.profile = quiet
    rig.run(40.0)
    asked = rig.now
    rig.run(20.0)
    assert not any(f == "81090447ff" for at, f in rig.sim.heard if at > asked)
    assert rig.events[0].told == ["answered"]


def test_a_silent_camera_is_reported_asked_every_second_and_comes_back_stopped() -> None:
    rig = Rig()
    rig.camera.silent = True
    rig.run(12.0)
    assert len(rig.events[0].told) == 2
    assert "no answer" in rig.events[0].told[1]
    assert rig.submit(Home()) == [Outcome(End.OFFLINE)]
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
    assert waiting[0].end in (End.UNKNOWN, End.OFFLINE, End.DONE)
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
    assert on == [Outcome(End.DONE)]
    assert rig.talk.seen.power is True


def test_one_dead_camera_does_not_stall_its_chain() -> None:
    rig = Rig(addresses=(1, 2, 3))
    rig.cameras[1].silent = True
    rig.run(20.0)
    assert [events.told[-1] for events in rig.events] == [
        "answered",
        "no answer to 3 messages in a row",
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
    rig.talks[1].drive(LEFT, None, rig.now + 0.3, rig.now)
    rig.run(1.0)
    assert rig.cameras[0].pan_deg == 0
    assert rig.cameras[1].pan_deg < -1


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
    assert home == [Outcome(End.DONE)]
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
    assert outcomes == [Outcome(End.DONE)]
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
    assert [outcome.end for outcome in outcomes] in ([End.NO_REPLY], [End.UNKNOWN])


@settings(deadline=None, max_examples=40)
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


@settings(deadline=None, max_examples=40)
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
    assert outcomes == [Outcome(End.DONE)]
