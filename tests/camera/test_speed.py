"""From the push of a stick to speed bytes: never 0, never too high, even where they are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.camera.profile import SpeedTable, shipped
from roomctl.camera.visca import focus_drive, pan_tilt_drive, speed_byte, zoom_drive
from roomctl.visca.message import Focus, FocusDrive, Zoom, ZoomDrive

KNOWN = sorted(name for name, profile in shipped().items() if profile.pan_speed.deg_per_s)


@given(st.sampled_from(sorted(shipped())), st.floats(-9, 9), st.floats(-9, 9))
def test_no_push_makes_a_speed_that_a_model_does_not_have(
    name: str, pan: float, tilt: float
) -> None:
    profile = shipped()[name]
    drive = pan_tilt_drive(profile, pan, tilt)
    if drive is not None:
        assert 1 <= drive.pan_speed <= profile.pan_speed.max
        assert 1 <= drive.tilt_speed <= profile.tilt_speed.max
    for reach, made in (
        (profile.zoom, zoom_drive(profile, pan)),
        (profile.focus, focus_drive(profile, tilt)),
    ):
        assert made is None or reach.speed_min <= made.speed <= reach.speed_max


@pytest.mark.parametrize("name", KNOWN)
def test_half_a_push_is_half_the_top_speed_as_near_as_the_model_can(name: str) -> None:
    speeds = shipped()[name].pan_speed
    known = speeds.deg_per_s[: speeds.max]
    made = known[speed_byte(speeds, 0.5) - 1]
    assert all(abs(made - known[-1] / 2) <= abs(other - known[-1] / 2) for other in known)


@given(st.sampled_from(sorted(shipped())), st.floats(0, 1), st.floats(0, 1))
def test_a_harder_push_is_never_slower(name: str, one: float, other: float) -> None:
    speeds = shipped()[name].tilt_speed
    assert speed_byte(speeds, max(one, other)) >= speed_byte(speeds, min(one, other))


def test_where_speeds_are_not_known_the_bytes_are_taken_for_linear() -> None:
    speeds = SpeedTable(max=0x18)
    assert [speed_byte(speeds, push) for push in (0.02, 0.5, -1, 7)] == [1, 12, 24, 24]


def test_an_evi_d30_zooms_from_speed_2() -> None:
    d30 = shipped()["sony_evi_d30"]
    assert zoom_drive(d30, 0.05) == ZoomDrive(Zoom.TELE, 2)
    assert zoom_drive(d30, -1) == ZoomDrive(Zoom.WIDE, 7)
    assert focus_drive(d30, 1) == FocusDrive(Focus.NEAR, 7)


def test_a_stick_at_rest_moves_nothing() -> None:
    profile = shipped()["sony_srg300h"]
    assert pan_tilt_drive(profile, 0.01, -0.01) is None
    assert zoom_drive(profile, 0.0) is None
    assert focus_drive(profile, 0.0) is None
