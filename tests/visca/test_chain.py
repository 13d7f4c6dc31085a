"""A chain of cameras while one of it is switched on, and how a stream is cut: in invented time."""

import pytest

from roomctl.camera.profile import shipped
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.bus import Bus
from roomctl.visca.message import Absolute, Home
from roomctl.wire import Chunk
from tests.visca.rig import RIGHT, STOP, Rig

GOTO_S = 6.0


def far_away(rig: Rig) -> Absolute:
    """Return a goto that takes about six seconds."""
    pan, speed = rig.profile.pan, rig.profile.pan_speed
    assert pan is not None
    step = next(n for n, deg_s in enumerate(speed.deg_per_s or (9.0,) * 9, 1) if deg_s > 5)
    deg = GOTO_S * rig.camera.body.speed(speed, step)
    return Absolute(step, 1, pan.units(min(deg, 90.0)), 0)


@pytest.mark.parametrize("model", ["sony_srg300h", "sony_evi_d70"])
def test_a_camera_that_is_switched_on_leaves_its_neighbours_goto_alone(model: str) -> None:
    """An EVI gives up what runs when all are cleared (EVI-D70 manual); so only the new one is."""
    rig = Rig(model, addresses=(1, 2, 3))
    goto = rig.submit(far_away(rig))
    rig.run(0.5)
    rig.cameras[1].power_cycle()
    rig.run(30.0)
    assert goto == [Outcome(RequestEnd.DONE)]
    assert [events.told[-1] for events in rig.events] == ["answered"] * 3
    assert rig.events[0].told == ["answered"]
    rig.talks[1].drive({}, rig.now + 0.3, rig.now)
    assert rig.talks[1].ready


def test_a_hand_goes_on_driving_while_its_neighbour_is_switched_on() -> None:
    rig = Rig(addresses=(1, 2))
    rig.cameras[1].power_cycle()
    began, stood = rig.now, 0
    while rig.now < began + 4.0:
        rig.drive(RIGHT)
        before = rig.camera.pan_deg
        rig.run(0.1)
        stood += rig.now > began + 0.2 and rig.camera.pan_deg == before < 170
    assert not stood
    assert rig.talks[1].ready


def test_a_camera_that_joins_the_chain_renumbers_those_behind_it() -> None:
    rig = Rig(addresses=(1, 2), start=False)
    rig.cameras[1].silent = True
    rig.run(8.0)
    assert rig.talks[0].ready
    assert not rig.talks[1].ready
    rig.cameras[1].silent = False
    rig.cameras[1].power_cycle()
    rig.run(6.0)
    assert [talk.ready for talk in rig.talks] == [True, True]


def test_a_camera_that_is_switched_on_while_a_chain_is_cleared_lets_all_begin() -> None:
    rig = Rig(addresses=(1, 2, 3))
    rig.sim.loses_broadcasts = True
    rig.line.receive(Chunk(bytes.fromhex("8838ff"), rig.now))
    rig.run(0.2)
    rig.line.receive(Chunk(bytes.fromhex("a038ff"), rig.now))
    rig.run(5.0)
    assert [talk.ready for talk in rig.talks] == [True, True, True]


@pytest.mark.parametrize("notice", ["8838ff", "9038ff"])
def test_lost_broadcasts_let_no_drive_run_on(notice: str) -> None:
    rig = Rig()
    rig.sim.loses_broadcasts = True
    rig.drive(RIGHT, lease_s=10)
    rig.run(0.5)
    changed = rig.now
    rig.line.receive(Chunk(bytes.fromhex(notice), rig.now))
    rig.run(0.15)
    assert not rig.camera.moving
    rig.run(2.0)
    assert rig.heard_since(changed)[0].endswith(STOP)
    rig.run(2.0)
    assert rig.talk.ready


def test_a_reply_that_a_network_tears_apart_is_one_reply() -> None:
    """On TCP a segment may come late, by a retransmission, and nothing is lost."""
    rig = Rig("ptzoptics_g2", baud=None)
    rig.line = rig.near = Bus(rig.talks, None, gap_s=float("inf"))
    rig.sim.pause_s = 0.06
    rig.run(4.0)
    assert rig.talk.ready
    assert rig.line.bad_frames == 0
    done = rig.submit(Home())
    rig.run(3.0)
    assert done == [Outcome(RequestEnd.DONE)]


def test_a_torn_datagram_takes_nothing_of_the_next_along() -> None:
    rig = Rig("ptzoptics_g2", baud=None)
    rig.line = rig.near = Bus(rig.talks, None, gap_s=0.0)
    rig.run(2.0)
    rig.line.receive(Chunk(bytes.fromhex("9050"), rig.now))
    rig.run(0.001)
    done = rig.submit(Home())
    rig.run(0.5)
    assert done == [Outcome(RequestEnd.DONE)]


def test_a_partial_frame_on_a_local_serial_line_is_given_up_after_a_pause() -> None:
    rig = Rig(shipped()["sony_srg300h"])
    rig.run(2.0)
    rig.line.receive(Chunk(bytes.fromhex("9050"), rig.now))
    rig.run(0.1)
    done = rig.submit(Home())
    rig.run(0.5)
    assert done == [Outcome(RequestEnd.DONE)]
