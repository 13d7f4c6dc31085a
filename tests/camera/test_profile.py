"""Camera profiles: the shipped ones, the example, and which one a camera picks."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.app import parse
from roomctl.camera.lines import lines
from roomctl.camera.profile import (
    CameraAngle,
    CameraProfile,
    CameraTable,
    Destination,
    ExposureMode,
    RomAdvisory,
    WhiteBalance,
    ZoomRange,
    asked_for,
    known_to,
    recognise,
    shipped,
    under_ceiling,
)
from roomctl.camera.video import VideoSource
from roomctl.camera.visca import EXPOSURE, WHITE_BALANCE
from roomctl.device import Status
from roomctl.errors import ConfigError, ProfileError
from roomctl.installed import data_path
from roomctl.profile import load, load_all
from roomctl.visca.message import PositionLayout, Version
from roomctl.visca.sim import SimCamera
from tests.camera.cable import Cable
from tests.invented import LoopClock, invented

SRG = (data_path("firmware_profiles") / "camera" / "sony_srg300h.toml").read_text(encoding="utf-8")
GENERIC = data_path("firmware_profiles") / "camera" / "generic.toml"


def test_the_example_explains_every_key_that_a_profile_can_have() -> None:
    path = data_path("firmware_profiles") / "example.toml"
    example, text = load(path, CameraProfile), path.read_text(encoding="utf-8")
    assert set(CameraProfile.model_fields) == example.model_fields_set
    parts = (example.pan, example.tilt, example.zoom, example.focus, example.tally)
    for part in (*parts, *example.advisories, example.presets, example.timing):
        assert part is not None
        assert set(type(part).model_fields) == part.model_fields_set
    quirks = CameraProfile.model_fields["quirks"].annotation.__args__[0].__args__
    assert all(f"#   {quirk} " in text for quirk in quirks)


def test_no_camera_picks_two_profiles() -> None:
    assert load_all(data_path("firmware_profiles") / "camera", CameraProfile) == dict(shipped())


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_profile_names_its_source_and_keeps_home_within_its_limits(name: str) -> None:
    profile = shipped()[name]
    assert profile.source
    for axis in (profile.pan, profile.tilt):
        assert axis is None or axis.min_deg < 0 < axis.max_deg


# End stops in the camera's own units, as its list prints them: pan left, right; tilt down, up.
PRINTED = {
    "sony_evi_d30": (-0x370, 0x370, -0x12C, 0x12C),
    "sony_evi_d70": (-0x8DB, 0x8DB, -0x190, 0x4B0),
    "sony_evi_d80": (-0x1E1B, 0x1E1B, -0x38B, 0xFF0),
    "sony_evi_d100": (-0x5A0, 0x5A0, -0x168, 0x168),
    "sony_evi_hd1": (-0x5A0, 0x5A0, -0x168, 0x168),
    "sony_srg120dh": (-0x1400, 0x1400, -0x500, 0x500),
    "sony_srg300h": (-0x2200, 0x2200, -0x400, 0x1200),
    "sony_srg300se": (-0x2200, 0x2200, -0x400, 0x1200),
    "sony_srg360she": (-0x15400, 0x15400, -0x3C00, 0xB400),
    "sony_brcx1000": (0x9CA7, -0x9CA7, -0x1BA5, 0x52EF),
    "sony_srgx120": (-0x2200, 0x2200, -0x400, 0x1200),
    "sony_fr7": (-0x9CA7, 0x9CA7, -0x1BA5, 0xB3B0),
    "sony_am7": (-0x2AB98, 0x2AB98, -0x7530, 0x33450),
    "ptzoptics_g2": (-0x990, 0x990, -0x1B0, 0x510),
    "vhd_oem": (-0x990, 0x990, -0x1B0, 0x510),
    "lumens_vctr1": (-0x518, 0x518, -0x1B3, 0x518),
    "sony_srgx400": (-0x2200, 0x2200, -0x400, 0x1200),
    "axis_visca": (-0x2200, 0x2200, -0x400, 0x1200),
    "birddog_p100": (-0x8DA, 0x8DA, -0x188, 0x4A8),
}


@pytest.mark.parametrize(("name", "ends"), PRINTED.items())
def test_the_end_stops_are_those_that_the_list_prints(
    name: str, ends: tuple[int, int, int, int]
) -> None:
    pan, tilt = shipped()[name].pan, shipped()[name].tilt
    assert pan is not None
    assert tilt is not None
    reached = (pan.units(-999), pan.units(999), tilt.units(-999), tilt.units(999))
    assert reached == pytest.approx(ends, abs=1)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_model_code_picks_its_own_profile_whatever_sony_calls_the_vendor(name: str) -> None:
    profile = shipped()[name]
    for identity in (one.replace("x", digit) for one in profile.match for digit in "0f"):
        vendor, model = (int(code, 16) for code in identity.split(":"))
        alike = (0x0001, 0x0010, 0x0020) if vendor in (0x0001, 0x0010, 0x0020) else (vendor,)
        for spelt in alike:
            assert recognise(shipped(), Version(spelt, model, 0, 2)) is profile


@pytest.mark.parametrize(
    ("vendor", "model", "name"),
    [
        (0x0001, 0x0513, "Sony SRG-300H"),
        (0x0001, 0x040F, "Sony BRC-300"),
        (0x0020, 0x040F, "Sony BRC-300"),
        (0x0001, 0x0504, "Sony EVI-HD1"),
        (0x4158, 0x5675, "Axis PTZ camera (VISCA)"),
        (0x4158, 0x5775, "VISCA camera"),
        (0x0002, 0x0513, "VISCA camera"),
        (0x0001, 0xFFFE, "VISCA camera"),
    ],
)
def test_a_version_picks_a_profile_and_within_sony_the_model_decides(
    vendor: int, model: int, name: str
) -> None:
    assert recognise(shipped(), Version(vendor, model, 0, 2)).name == name


def test_a_camera_of_an_unknown_make_is_generic() -> None:
    assert recognise(shipped(), None) is shipped()["generic"]


def test_a_brc_300_counts_pan_to_the_left() -> None:
    brc300 = shipped()["sony_brc300"]
    assert brc300.model.layout is PositionLayout.D
    assert brc300.pan.degrees(0x8A58) == pytest.approx(-170, abs=0.1)  # printed for the left end
    assert brc300.pan.units(-10) == 0x823
    assert brc300.tilt.units(10) == 0x823


def test_a_position_beyond_the_end_stop_is_clamped() -> None:
    assert shipped()["sony_srg300h"].pan.units(500) == 0x2200


@given(st.sampled_from(sorted(shipped())), st.floats(-400, 400), st.integers(-0x80000, 0x7FFFF))
def test_degrees_and_units_come_back_within_one_unit_on_every_model(
    name: str, degrees: float, units: int
) -> None:
    for axis in filter(None, (shipped()[name].pan, shipped()[name].tilt)):
        inside = min(max(degrees, axis.min_deg), axis.max_deg)
        assert abs(axis.degrees(axis.units(degrees)) - inside) <= 1 / axis.units_per_degree
        if axis.min_deg <= axis.degrees(units) <= axis.max_deg:
            assert abs(axis.units(axis.degrees(units)) - units) <= 1


@given(st.sampled_from(sorted(shipped())), st.floats(-50, 150))
def test_zoom_and_focus_come_back_within_one_unit_on_every_model(name: str, pct: float) -> None:
    profile, inside = shipped()[name], min(max(pct, 0.0), 100.0)
    for reach in filter(None, (profile.zoom, profile.focus)):
        span = abs(reach.position(100) - reach.position(0))
        assert abs(reach.percent(reach.position(pct)) - inside) <= 100 / span


def test_the_modes_of_the_profiles_are_those_that_have_a_code() -> None:
    assert set(get_args(ExposureMode)) == set(EXPOSURE)
    assert set(get_args(WhiteBalance)) == set(WHITE_BALANCE)


def test_an_advisory_concerns_the_firmware_that_it_names() -> None:
    some = RomAdvisory(rom_from=0x0100, rom_to=0x01FF, what="loses its presets", source="notes")
    every = RomAdvisory(what="runs on", source="notes")
    profile = shipped()["generic"].model_copy(update={"advisories": (some, every)})
    assert profile.advisories_for(0x0100) == profile.advisories_for(0x01FF) == (some, every)
    assert profile.advisories_for(0x0200) == profile.advisories_for(None) == (every,)


# End stops of tilt under a ceiling, in the camera's own units, as its list prints them: down, up.
FLIPPED = {
    "sony_evi_d70": (-0x4B0, 0x190),
    "sony_evi_d80": (-0xFF0, 0x38B),
    "sony_srg300h": (-0x1200, 0x400),
    "sony_srg360she": (-0xB400, 0x3C00),
    "sony_brcx400": (-0x1200, 0x400),
    "sony_fr7": (-0xC183, 0xDD2),
    "sony_am7": (-0x33450, 0x7530),
}


@pytest.mark.parametrize(("name", "ends"), FLIPPED.items())
def test_the_end_stops_under_a_ceiling_are_those_that_the_list_prints(
    name: str, ends: tuple[int, int]
) -> None:
    hanging = under_ceiling(shipped()[name])
    assert hanging.tilt is not None
    assert (hanging.tilt.units(-999), hanging.tilt.units(999)) == pytest.approx(ends, abs=2)
    assert hanging.pan == shipped()[name].pan


def test_reserved_presets_are_not_offered() -> None:
    numbers = shipped()["ptzoptics_g2"].presets.numbers()
    assert (numbers[0], numbers[-1]) == (1, 127)
    assert not {90, 95, 99} & set(numbers)


@pytest.mark.parametrize("name", ["ptzoptics_g2", "ptzoptics_g3", "ptzoptics_move_se"])
def test_a_ptzoptics_preset_has_the_number_that_other_controllers_give_it(name: str) -> None:
    """Number 0 is where the camera goes when it is switched on (companion-ptzoptics PR 16)."""
    presets = shipped()[name].presets
    assert presets is not None
    assert [presets.wire(number) for number in (1, 2, 89, 100)] == [1, 2, 89, 100]


NO_PRESETS = "cisco_precision_hd"  # its guide has no command for them


@pytest.mark.parametrize("name", sorted(shipped()))
def test_no_model_does_less_than_an_unknown_camera(name: str) -> None:
    known, unknown = shipped()[name], shipped()["generic"]
    assert unknown.presets is not None
    assert (known.presets is None) == (name == NO_PRESETS)
    if known.presets is not None:
        assert len(known.presets.numbers()) >= len(unknown.presets.numbers())
    assert known.pan_tilt or name == "sony_fcb"  # a block camera has no head


def facts(profile: CameraProfile) -> dict[str, bool]:
    """Return what every profile says, by the words of its gap, and whether this one says it."""
    said = profile.model_fields_set
    head = {
        "highest": {"pan_speed", "tilt_speed"} <= said,
        "speeds in degrees per second": bool(
            profile.pan_speed.deg_per_s and profile.tilt_speed.deg_per_s
        ),
        "units a degree": profile.pan is not None and profile.tilt is not None,
    }
    return {
        "presets": "presets" in said or profile is shipped()[NO_PRESETS],
        "exposure modes": "exposure" in said,
        "white balance modes": "white_balance" in said,
        "tele end": profile.zoom is not None and "tele" in profile.zoom.model_fields_set,
        **(head if profile.pan_tilt else {}),
    }


@pytest.mark.parametrize("name", sorted(set(shipped()) - {"generic"}))
def test_what_a_profile_does_not_say_of_a_model_is_a_gap(name: str) -> None:
    profile = shipped()[name]
    missing = [
        fact
        for fact, said in facts(profile).items()
        if not said and not any(fact in gap for gap in profile.gaps)
    ]
    assert missing == []


@pytest.mark.parametrize("name", sorted(set(shipped()) - {"generic"}))
def test_a_gap_says_what_is_used_in_place_of_a_fact_that_is_used(name: str) -> None:
    """The six presets of an unknown camera, and the end of the zoom that most have."""
    profile = shipped()[name]
    for gap in profile.gaps:
        if "presets there are" in gap:
            assert "(six are offered" in gap
            assert profile.presets is not None
            assert profile.presets.count == 6
        if "tele end" in gap:
            assert "4000 hex" in gap
            assert profile.zoom == ZoomRange()


# What a maker's document says of a model: its highest speed bytes, the tele end of its zoom, the
# first and the last number of a preset, exposure and white balance, all as they are on the wire.
EVERY_EXPOSURE = (0x00, 0x03, 0x0A, 0x0B, 0x0D)
EVERY_WHITE_BALANCE = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05)
LISTED = {
    "vaddio_roboshot": (0x18, 0x14, 0x7AC0, (0, 15), (0x00, 0x03), (0x00, 0x05)),
    "vaddio_roboshot12": (0x18, 0x14, 0x4000, (0, 15), (0x00, 0x03), (0x00, 0x05)),
    "aver_ptc310": (0x18, 0x18, 0x6F20, (0, 0xFE), EVERY_EXPOSURE, EVERY_WHITE_BALANCE),
    "aver_ptc330": (0x18, 0x18, 0x5490, (0, 0xFE), EVERY_EXPOSURE, EVERY_WHITE_BALANCE),
    "lumens_vctr1": (0x18, 0x14, 0x4000, (0, 254), EVERY_EXPOSURE, EVERY_WHITE_BALANCE),
    "marshall_cv620": (0x18, 0x18, 0x4000, (0, 0x7F), (), ()),
    "axis_visca": (0x18, 0x17, 0x4000, None, EVERY_EXPOSURE, (0x00, 0x01, 0x02, 0x04, 0x05)),
    "cisco_precision_hd": (0x0F, 0x0F, None, None, (0x00, 0x03), (0x00,)),
    "sony_srg300h": (0x18, 0x17, 0x4000, (0, 0x0F), EVERY_EXPOSURE, EVERY_WHITE_BALANCE),
    "sony_srg360she": (0x18, 0x18, 0x4000, (0, 0x0F), EVERY_EXPOSURE, EVERY_WHITE_BALANCE),
    "sony_brcx400": (0x18, 0x17, 0x4000, (0, 0x63), EVERY_EXPOSURE[:4], EVERY_WHITE_BALANCE),
    "sony_fr7": (0x18, 0x18, 0x4000, (0, 0x63), (), (0x04, 0x05)),
}


@pytest.mark.parametrize(("name", "listed"), LISTED.items())
def test_a_profile_says_of_its_model_what_the_maker_s_list_says(
    name: str, listed: tuple[int, int, int | None, tuple[int, int] | None, object, object]
) -> None:
    profile, (pan, tilt, tele, presets, exposure, balance) = shipped()[name], listed
    assert (profile.pan_speed.max, profile.tilt_speed.max) == (pan, tilt)
    if tele is not None:
        assert profile.zoom.tele == tele
    if presets is not None:
        assert (profile.presets.wire(1), profile.presets.wire(profile.presets.count)) == presets
    assert tuple(EXPOSURE[mode] for mode in profile.exposure) == exposure
    assert tuple(WHITE_BALANCE[mode] for mode in profile.white_balance) == balance


@pytest.mark.parametrize(
    ("name", "has"),
    [
        *((name, True) for name in ("sony_brcx1000", "sony_brcx400", "sony_srga40")),
        *((name, True) for name in ("sony_srgx40uh", "cisco_precision_hd", "ptzoptics_g2")),
        *((name, False) for name in ("sony_srgx400", "sony_srgx120", "sony_srg300h")),
    ],
)
def test_a_model_turns_its_picture_if_its_list_has_the_command(name: str, has: bool) -> None:
    """01 04 66; in the list of the BRC-X400 it is marked "BRC-X400/X401 only"."""
    assert shipped()[name].flip is has


@pytest.mark.parametrize("name", ["sony_am7", "sony_fr7", "vaddio_roboshot", "cisco_precision_hd"])
def test_a_model_compensates_for_backlight_if_its_list_sets_and_asks_it(name: str) -> None:
    """01 04 33 and 09 04 33."""
    assert shipped()[name].backlight


def test_a_ptzoptics_g2_is_as_fast_as_the_table_of_its_maker() -> None:
    """Telycam TLC-700-S manual p.16, which its profile cites: speeds 1, 12 and 24; 1, 12 and 18."""
    g2 = shipped()["ptzoptics_g2"]
    assert [g2.pan_speed.deg_per_s[step - 1] for step in (1, 12, 24)] == [1.0, 6.0, 120.0]
    assert [g2.tilt_speed.deg_per_s[step - 1] for step in (1, 12, 18)] == [1.0, 23.0, 80.0]


def test_an_aver_s_numbers_for_tracking_and_menu_are_not_offered_as_presets() -> None:
    presets = shipped()["aver_ptc310"].presets
    assert presets is not None
    assert not {0x5A, 0x5F} & {presets.wire(number) for number in presets.numbers()}


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_only_other_projects_say_is_a_report(name: str) -> None:
    said = shipped()[name]
    ours = ("issue", "pull request", "obs-visca-control")
    only_projects = all(any(word in part for word in ours) for part in said.source.split(";"))
    if only_projects and said.verified != "trace":
        assert said.verified == "report"
    assert "not found" not in said.firmware  # that is what `gaps` is for


def test_a_canon_cr_n500_pans_with_five_nibbles() -> None:
    """As it was made to work in obs-visca-control (pull request 18)."""
    canon = shipped()["canon_crn500"]
    assert "drive" in canon.abilities
    assert (canon.model.layout.pan_nibbles, canon.model.layout.tilt_nibbles) == (5, 4)


def test_an_aver_ptc310_wants_one_header_before_every_message() -> None:
    """`01 00 00 09 …`, whatever is said (AVer PTC310 p.55)."""
    assert not shipped()["aver_ptc310"].model.counts


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('quirks = ["no-such"]', "quirks"),
        ('exposure = ["night"]', "exposure"),
        ('[tally]\nform = "bolin"', "tally.form"),
        ('[[advisories]]\nwhat = "bad"', "advisories.0.source: is missing"),
        ("[presets]\ncount = 0", "presets.count"),
        ("[pan_speed]\nmax = 3\ndeg_per_s = [1.0]", "deg_per_s has 1 speeds"),
        ("presetz = 1", "unknown key"),
    ],
)
def test_a_wrong_profile_is_refused_by_key(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "bad.toml"
    head = GENERIC.read_text(encoding="utf-8").partition("[zoom]")[0]
    path.write_text(head + line, encoding="utf-8")
    with pytest.raises(ProfileError, match=said):
        load(path, CameraProfile)


FRONT = '[camera.front]\nurl = "serial:/dev/ttyUSB0"\npresets = { 1 = "Table", 9 = "Wall" }\n'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("3", 3),
        ('"Wall"', 9),
        ('"home"', "home"),
        ("{ pan_deg = 170, tilt_deg = -20.5 }", CameraAngle(pan_deg=170.0, tilt_deg=-20.5)),
    ],
)
def test_a_camera_may_go_to_a_preset_by_number_or_name_home_or_to_an_angle(
    written: str, read: Destination
) -> None:
    front = parse(f"{FRONT}on_leave = {written}\n", "room.toml").every(CameraTable)["front"]
    assert (front.on_join, front.on_leave, front.standby_s, front.wake) == (None, read, None, True)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('on_join = "Tabel"', r"on_join: 'Tabel' is not a preset's .* presets: 'Table', 'Wall'"),
        ("on_join = 0", "on_join: 0 is not a preset"),
        ("on_join = true", "on_join: true is not a preset"),
        ("on_join = 1.5", "on_join: 1.5 is not a preset"),
        ("on_leave = { pan_deg = 1 }", r"on_leave\.tilt_deg: is missing"),
        ("on_leave = { pan_deg = 1, tilt_deg = 400 }", r"on_leave\.tilt_deg: .* 360"),
        ("standby_s = 5", "standby_s: .* 60"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused_with_what_there_is(written: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse(f"{FRONT}{written}\n", "room.toml")


# Profiles of the site's own.


@pytest.mark.parametrize(
    "video",
    [
        "/dev/video0",
        "/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0",
        "/dev/front-camera",
        "usb-046d_HD_Pro_Webcam_C920_0A1B-video-index0",
        "usb-A:B_x\\x2fy-video-index1",
    ],
)
def test_a_camera_has_the_video_device_that_is_named(video: str) -> None:
    table = parse(f"{FRONT}video = '{video}'\n", "room.toml").every(CameraTable)["front"]
    assert (table.video_device or "").removeprefix("/dev/v4l/by-id/") == video


@pytest.mark.parametrize(
    ("video", "meant"),
    [
        *((one, None) for one in ("rtmp://192.0.2.1/live", "file:///x.jpg", "onvif:192.0.2.1")),
        *((one, None) for one in ("", " ", "usb-a b", " /dev/video0", "/dev/video0 ", "/dev/a\tb")),
        *(
            (one, None)
            for one in ("../dev/video0", "/dev/../etc/x", "/dev/./video0", "/dev//video0")
        ),
        *((one, None) for one in ("/", "/dev/", "dev/video0", "C:\\\\dev", "192.0.2.1", "cam.lan")),
        *((one, None) for one in ("usb-", "usb:046d:0825", ".", "..", "front", "/dev/v\u202eideo")),
        ("video2", "/dev/video2"),
        ("3", "/dev/video3"),
    ],
)
def test_what_is_no_video_device_is_refused(video: str, meant: str | None) -> None:
    with pytest.raises(ConfigError, match="names no picture; expected a device such as") as error:
        parse(f'{FRONT}video = "{video}"\n', "room.toml")
    assert error.value.key == "camera.front.video"
    assert str(error.value).endswith(f"did you mean '{meant}'?" if meant else "'onvif' or 'aw'")


@pytest.mark.parametrize("named", ["/dev/video1", "usb-a-video-index0"])
def test_a_video_device_may_be_written_like_the_url_of_a_usb_camera(named: str) -> None:
    table = parse(f"{FRONT}video = 'v4l2:{named}'\n", "room.toml").every(CameraTable)["front"]
    assert (table.video_device or "").removeprefix("/dev/v4l/by-id/") == named


@pytest.mark.parametrize(
    "video", ["rtsp://192.0.2.1/live?channel=1&x=2", "http://cam.lan:8080/x.jpg", "https://[::1]/x"]
)
def test_meetings_do_not_see_a_camera_whose_picture_comes_over_the_network(video: str) -> None:
    table = parse(f"{FRONT}video = '{video}'\n", "room.toml").every(CameraTable)["front"]
    assert table.video_source == VideoSource("network", video)
    assert table.video_device is None


@pytest.mark.parametrize(
    ("video", "why"),
    [
        ("rtsp://me:open@192.0.2.1/live", 'user and password = "secret:NAME" beside it'),
        ("rtsp://:open@192.0.2.1/live", 'user and password = "secret:NAME" beside it'),
        ("rtsp://", "is not a url such as"),
        ("rtsp://h:99999/live", "is not a url such as"),
        ("rtsp://h/li ve", "is not a url such as"),
        ("rtsp://h/" + 1000 * "x", "is not a url such as"),
        ("http://h/x.jpg#sha256:" + 64 * "a", "if it begins with https:"),
        ("aw", "that is for cameras whose url begins with aw:"),
        ("onvif", "that is for cameras whose url begins with onvif:"),
    ],
)
def test_a_network_video_that_cannot_be_meant_is_refused(video: str, why: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(why)) as error:
        parse(f"{FRONT}video = '{video}'\n", "room.toml")
    assert "open" not in str(error.value)


def test_a_login_may_be_for_the_video_alone() -> None:
    login = "user = 'me'\npassword = 'open'\n"
    parse(f"{FRONT}video = 'rtsp://192.0.2.1/live'\n{login}", "room.toml")
    with pytest.raises(ConfigError, match="has a user or a password"):
        parse(f"{FRONT}video = '/dev/video0'\n{login}", "room.toml")


def test_a_video_device_is_no_number() -> None:
    with pytest.raises(ConfigError, match="must be a string in quotes"):
        parse(f"{FRONT}video = 0\n", "room.toml")


def room_of(folder: Path, camera: str = "") -> Mapping[str, CameraTable]:
    text = f'[camera]\nprofiles = "cameras"\n[camera.front]\nurl = "serial:/dev/ttyUSB0"\n{camera}'
    return parse(text, str(folder / "room.toml")).tables("camera")


def own(folder: Path, name: str, **changes: str) -> None:
    """Write a profile of the site's own: that of an SRG-300H, with `changes`."""
    text = SRG
    for old, new in {"Sony SRG-300H": "Ours", **changes}.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "cameras").mkdir(exist_ok=True)
    (folder / "cameras" / f"{name}.toml").write_text(text, encoding="utf-8")


def test_a_site_s_profile_is_picked_before_the_shipped_one_and_stands_beside_it(
    tmp_path: Path,
) -> None:
    own(tmp_path, "ours")
    known = known_to(room_of(tmp_path))
    assert recognise(known, Version(0x0001, 0x0513, 0, 2)).name == "Ours"
    assert recognise(known, Version(0x0020, 0x0513, 0, 2)).name == "Ours"
    assert recognise(known, Version(0x0001, 0x0511, 0, 2)) == shipped()["sony_srg120dh"]
    assert recognise(known, None) == shipped()["generic"]
    assert known["sony_srg300h"] == shipped()["sony_srg300h"]
    assert set(known) == {*shipped(), "ours"}


def test_however_sony_s_vendor_is_spelt_a_site_s_profile_comes_first(tmp_path: Path) -> None:
    own(tmp_path, "ours", **{'match = ["0001:0513"]': 'match = ["0020:0513"]'})
    assert recognise(known_to(room_of(tmp_path)), Version(0x0001, 0x0513, 0, 2)).name == "Ours"


def test_a_site_s_profile_of_a_shipped_name_replaces_it(tmp_path: Path) -> None:
    own(tmp_path, "sony_srg300h")
    known = known_to(room_of(tmp_path))
    assert (known["sony_srg300h"].name, len(known)) == ("Ours", len(shipped()))
    assert shipped()["sony_srg300h"].name == "Sony SRG-300H"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("units_per_degree", "units", r"cameras/ours\.toml: pan\.units_per_degree: is missing"),
        ('layout = "A"', 'layout = "Z"', r"cameras/ours\.toml: layout: must be 'A', "),
        ("[pan]", "[pan", r"cameras/ours\.toml:\d+: is not TOML"),
    ],
)
def test_a_bad_profile_of_a_site_is_named_with_its_key(
    tmp_path: Path, old: str, new: str, why: str
) -> None:
    own(tmp_path, "ours", **{old: new})
    with pytest.raises(ProfileError, match=why):
        known_to(room_of(tmp_path))


def test_two_profiles_of_a_site_for_one_camera_are_refused(tmp_path: Path) -> None:
    own(tmp_path, "ours")
    own(tmp_path, "theirs")
    with pytest.raises(ProfileError, match=r"theirs\.toml: match: '0001:0513' already picks ours"):
        known_to(room_of(tmp_path))


@pytest.mark.parametrize("there", [True, False])
def test_a_site_s_folder_without_a_profile_is_refused(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "cameras").mkdir()
    with pytest.raises(ConfigError, match=r"camera\.profiles: .*cameras contains no profile"):
        known_to(room_of(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        '[camera.profiles]\nurl = "serial:/dev/ttyUSB0"',
        "[camera]\nprofiles = 3",
        '[camera]\nprofiles = ""',
        '[camera]\nprofiles = ["a"]',
        '[camera]\nprofiles = "a\\u0000b"',
    ],
)
def test_what_names_no_folder_is_refused_and_no_camera_is_called_so(text: str) -> None:
    with pytest.raises(ConfigError, match=r"camera\.profiles: must name a folder .* of that name"):
        parse(text, "room.toml")


@pytest.mark.parametrize("kind", ["speakerphone", "occupancy", "display"])
def test_other_kinds_have_no_such_folder(kind: str) -> None:
    with pytest.raises(ConfigError, match=f"{kind}.profiles"):
        parse(f'[{kind}]\nprofiles = "mine"', "room.toml")


@invented
async def test_a_room_knows_its_cameras_by_the_site_s_profiles(tmp_path: Path) -> None:
    own(tmp_path, "ours", **{"count = 16": "count = 9"})
    for camera in ("", 'profile = "ours"'):
        clock = LoopClock()
        cable = Cable([SimCamera(shipped()["sony_srg300h"])], clock, None)
        (line,) = lines(room_of(tmp_path, camera), cable.connect, clock, lambda: None)
        running = asyncio.create_task(line.run())
        front = line.cameras["front"]
        async with asyncio.timeout(20):
            while front.health.status is not Status.ONLINE:
                await asyncio.sleep(0.05)
        assert (front.state.model, front.profile.presets.count) == ("Ours", 9)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await cable.go_dead()


def test_a_profile_that_is_neither_shipped_nor_the_site_s_is_refused(tmp_path: Path) -> None:
    own(tmp_path, "ours")
    known = known_to(room_of(tmp_path))
    with pytest.raises(ConfigError, match=r"no profile 'theirs'; .* such as ours, "):
        asked_for("front", "theirs", known)
