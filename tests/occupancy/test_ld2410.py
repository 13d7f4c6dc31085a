"""The radar's frames, both ends, and what they prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.occupancy.ld2410 import HEAD, TAIL, RadarPresence, RadarReader, Target, decode, encode

# LD2410 Serial Communication Protocol V1.02, 2.3.1: a still target
DOCUMENTED = bytes.fromhex("F4F3F2F1 0D00 02AA 02 5100 00 0000 3B 0000 5500 F8F7F6F5")
MOVING = Target(True, False, 120, 60, 0, 0, 120)
STILL = Target(False, True, 0, 0, 200, 70, 200)
NOBODY = Target(False, False)
PHANTOM = Target(False, True, 0, 0, 0, 37, 0)
SMALL, CM = st.integers(0, 100), st.integers(0, 65_535)
TARGETS = st.builds(Target, st.booleans(), st.booleans(), CM, SMALL, CM, SMALL, CM)


def read(*pieces: bytes) -> list[Target]:
    reader = RadarReader()
    return [target for piece in pieces for target in reader.feed(piece)]


def test_the_documents_example_is_a_still_target_without_a_distance() -> None:
    assert read(DOCUMENTED) == [Target(False, True, 81, 0, 0, 59, 0)]


def test_an_engineering_report_says_the_same_and_more() -> None:
    inside = bytes.fromhex("01AA 03 1E00 3C 0000 39 0000 0808 3C2205 0303 000000 0000") + bytes(16)
    inside += bytes((0x55, 0))
    frame = HEAD + len(inside).to_bytes(2, "little") + inside + TAIL
    assert read(frame) == [Target(True, True, 30, 60, 0, 57, 0)]


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
