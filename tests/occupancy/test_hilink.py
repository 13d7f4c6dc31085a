"""The radars' frames, both ends, and what they prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.occupancy.hilink import (
    HEAD,
    TAIL,
    RadarPresence,
    RadarReader,
    Target,
    Track,
    TrackPresence,
    TrackReader,
    decode,
    encode,
    encode_tracks,
)

# LD2410 Serial Communication Protocol V1.02, 2.3.1: a still target
DOCUMENTED = bytes.fromhex("F4F3F2F1 0D00 02AA 02 5100 00 0000 3B 0000 5500 F8F7F6F5")
MOVING = Target(True, False, 120, 60, 0, 0, 120)
STILL = Target(False, True, 0, 0, 200, 70, 200)
NOBODY = Target(False, False)
PHANTOM = Target(False, True, 0, 0, 0, 37, 0)
SMALL, CM = st.integers(0, 100), st.integers(0, 65_535)
TARGETS = st.builds(Target, st.booleans(), st.booleans(), CM, SMALL, CM, SMALL, st.none() | CM)


def read(*pieces: bytes) -> list[Target]:
    reader = RadarReader()
    return [target for piece in pieces for target in reader.feed(piece)]


def test_the_documents_example_is_a_still_target_without_a_distance() -> None:
    assert read(DOCUMENTED) == [Target(False, True, 81, 0, 0, 59, 0)]


def test_an_engineering_report_says_the_same_and_more() -> None:
    inside = bytes.fromhex("01AA 03 1E00 3C 0000 39 0000 0808 3C2205 0303 000000 0000") + bytes(16)
    inside += bytes((0x55, 0))
    frame = HEAD + len(inside).to_bytes(2, "little") + inside + TAIL
    assert read(frame) == [Target(True, True, 30, 60, 0, 57)]


@given(TARGETS)
def test_what_is_written_is_read(target: Target) -> None:
    assert read(encode(target)) == [target]


@given(st.lists(TARGETS, max_size=5), st.data())
def test_frames_may_come_in_any_pieces(targets: list[Target], data: st.DataObject) -> None:
    stream = b"".join(map(encode, targets))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*pieces) == targets


@given(st.binary(max_size=80))
def test_noise_is_passed_over_and_the_next_frames_are_read(noise: bytes) -> None:
    # A head within the noise may swallow what follows, for as long as it claims to be.
    assert read(noise, *[encode(MOVING)] * 6)[-1:] == [MOVING]


@given(st.binary(max_size=4000))
def test_noise_takes_bounded_memory(noise: bytes) -> None:
    reader = RadarReader()
    for at in range(0, len(noise), 7):
        list(reader.feed(noise[at : at + 7]))
    assert len(reader._waiting) < 100


@pytest.mark.parametrize("inside", [b"", b"\x02\xaa", DOCUMENTED[6:17], b"\x05" + bytes(12)])
def test_what_is_no_report_is_none(inside: bytes) -> None:
    assert decode(inside) is None


@pytest.mark.parametrize(
    ("seen", "present"),
    [
        ([MOVING], True),
        ([STILL], False),
        ([PHANTOM] * 50, False),
        ([MOVING, STILL, STILL], True),
        ([MOVING, PHANTOM], True),
        ([MOVING, STILL, NOBODY, STILL], False),
        ([Target(True, False, 0, 40)], False),
        ([Target(True, False, 100, 0)], False),
        ([MOVING, NOBODY], False),
    ],
)
def test_a_still_target_holds_presence_and_never_starts_it(
    seen: list[Target], present: bool
) -> None:
    radar = RadarPresence()
    for target in seen:
        radar.see(target)
    assert radar.present is present


def test_an_ld2412_reports_the_same_without_the_detection_distance() -> None:
    frame = bytes.fromhex("F4F3F2F1 0B00 02AA 03 1E00 3C 0000 39 5500 F8F7F6F5")
    assert read(frame) == [Target(True, True, 30, 60, 0, 57)]
    assert encode(Target(True, True, 30, 60, 0, 57)) == frame


# HLK-LD2450 communication protocol, 2.3: one target
TRACKED = bytes.fromhex("AAFF0300 0E03B18610004001") + bytes(16) + bytes.fromhex("55CC")
ONE = Track(x_mm=-782, y_mm=1713, speed_cm_s=-16, gate_mm=320)
MM = st.integers(-0x7FFF, 0x7FFF)
TRACKS = st.lists(st.builds(Track, MM, MM, MM, st.integers(1, 0xFFFF)), max_size=3).map(tuple)


def tracks(*pieces: bytes) -> list[tuple[Track, ...]]:
    reader = TrackReader()
    return [found for piece in pieces for found in reader.feed(piece)]


def test_the_documents_example_of_an_ld2450_is_one_target() -> None:
    assert tracks(TRACKED) == [(ONE,)]
    assert encode_tracks((ONE,)) == TRACKED


@given(st.lists(TRACKS, max_size=4), st.integers(1, 40))
def test_reports_of_an_ld2450_may_come_in_any_pieces(
    told: list[tuple[Track, ...]], size: int
) -> None:
    stream = b"".join(map(encode_tracks, told))
    assert tracks(*(stream[at : at + size] for at in range(0, len(stream), size))) == told


@given(st.binary(max_size=4000))
def test_noise_before_an_ld2450_is_passed_over_in_bounded_memory(noise: bytes) -> None:
    reader = TrackReader()
    for at in range(0, len(noise), 7):
        list(reader.feed(noise[at : at + 7]))
        assert len(reader._waiting) < 40
    found = [one for _ in range(3) for one in reader.feed(TRACKED)]
    assert found[-1:] == [(ONE,)]


def test_an_ld2450_sees_somebody_while_a_target_is_before_it() -> None:
    presence = TrackPresence()
    frames = TRACKED + encode_tracks(()) + encode_tracks((Track(0, 0, 0, 320),)) + TRACKED
    assert list(presence.feed(frames)) == [True, False, False, True]
