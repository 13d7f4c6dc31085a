"""A typed frame: what passes, and in which words the rest is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.camera.visca import checked


@pytest.mark.parametrize(
    "text",
    ["82 09 04 47 FF", "8209 0447ff", "09 04 47", "090447"],
)
def test_a_frame_comes_with_header_and_ff_or_without_both(text: str) -> None:
    assert checked(text, 2) == bytes.fromhex("090447")


@pytest.mark.parametrize(
    "text",
    [
        "01 04 07 00",  # stop zoom
        "01 06 01 18 14 03 03",  # stop pan-tilt
        "01 06 01 05 10",  # PTZOptics: the speed of a preset
        "01 06 02 01 01 00 00 00 00 00 00 00 00",
        "01 7E 04 3D 01",
        "0A 77 01 02",  # what no list of ours knows
    ],
)
def test_what_ends_by_itself_may_pass(text: str) -> None:
    assert checked(text, 1) == bytes.fromhex(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("81 9", "hex digits"),
        ("zoom in", "hex digits"),
        ("88 01 00 01 FF", "broadcast"),
        ("88 30 01 FF", "broadcast"),
        ("81 09 04 47 FF", "begins with 81; this camera's frames do with 82"),
        ("82 09 04 47", "no FF at its end"),
        ("82 FF", "has 0 bytes"),
        ("01 04 FF 02", "FF in its middle"),
        ("82 09 04 47 FF 82 09 04 48 FF", "FF in its middle"),
        ("01" * 16, "has 16 bytes"),
        ("30 01", "sets addresses"),
        ("01 00 01", "if_clear"),
        ("21", "cancel"),
        ("55 01", "begins with 55"),
        ("01 06 01 01 01 01 03", "use camera.drive"),
        ("01 06 01 00 00 03 03", "speed 00"),
        ("01 06 01 00 05 01 03", "speed 00"),
        ("01 06 02 00 00 00 00 00 00 00 00 00 00", "speed 00"),
        ("01 04 07 02", "use camera.drive"),
        ("01 04 07 37", "use camera.drive"),
        ("01 04 08 22", "use camera.drive"),
        ("01 04 08 03", "use camera.drive"),
        ("01 7E 04 17 02 00 00 00 05", "use camera.drive"),
        ("01 04 07 45", "no known form"),
    ],
)
def test_what_could_do_harm_is_refused_in_plain_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked(text, 2)


@given(st.binary(min_size=1, max_size=20))
def test_whatever_passes_fits_one_frame_and_starts_no_drive(data: bytes) -> None:
    try:
        body = checked(data.hex(), 1)
    except ValueError:
        return
    assert 1 <= len(body) <= 15
    assert 0xFF not in body
    assert not (body[:3] == b"\x01\x06\x01" and len(body) == 7 and body[-2:] != b"\x03\x03")
