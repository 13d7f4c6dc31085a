"""`roomctl walkthrough look`: questions in lines, whatever they hold."""

import base64
import json
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.cli.walkthrough import answers, words

PAGE = np.random.default_rng(7).integers(0, 255, (120, 260, 3), np.uint8)
PNG = cv2.imencode(".png", PAGE)[1].tobytes()
TEXT = base64.b64encode(PNG).decode()


def ask(**asked):
    (answer,) = answers([json.dumps(asked).encode()])
    return answer


def test_a_picture_is_base64_or_an_address_or_a_file(tmp_path):
    (tmp_path / "page.png").write_bytes(PNG)
    for look in (TEXT, f"data:image/png;base64,{TEXT}", str(tmp_path / "page.png")):
        assert ask(teach=TEXT, at=[100, 50], look=look) == {"press": [100, 50]}


def test_an_answer_is_said_to_a_person():
    assert words({"press": [4, 5]}) == "press 4, 5"
    assert words({"press": None, "why": "absent"}) == "press nothing: absent"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"at": [1, 2], "look": TEXT}, "teach is missing"),
        ({"teach": TEXT, "look": TEXT}, "at is not [x, y]"),
        ({"teach": TEXT, "at": [1, None], "look": TEXT}, "at is not [x, y]"),
        ({"teach": TEXT, "at": [1e99, 2], "look": TEXT}, "at is not [x, y]"),
        ({"teach": TEXT, "at": [True, 2], "look": TEXT}, "at is not [x, y]"),
        ({"teach": TEXT, "at": [-0.5, 2], "look": TEXT}, "cannot learn: outside"),
        ({"teach": TEXT, "at": [100, 50]}, "look is missing"),
        ({"teach": TEXT, "at": [100, 50], "look": 7}, "look is not text"),
        ({"teach": "aGVsbG8=", "at": [1, 2], "look": TEXT}, "teach is not a PNG"),
        ({"teach": TEXT[:80], "at": [1, 2], "look": TEXT}, "teach is a damaged PNG"),
        ({"teach": "/no/such.png", "at": [1, 2], "look": TEXT}, "neither base64 nor a file"),
        (
            {"teach": TEXT, "at": [1, 2], "look": TEXT, "teach_also": "x"},
            "teach_also is not a list",
        ),
    ],
)
def test_what_cannot_be_read_is_pressed_nowhere_and_said(asked, why):
    answer = ask(**asked)
    assert answer["press"] is None
    assert why in answer["why"]


def claimed(side):
    """Return a PNG that says it is so wide and high, and has nothing else in it."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = PNG[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return base64.b64encode(png).decode()


def test_a_picture_that_would_be_huge_is_not_unpacked():
    assert "60000×60000 pixels" in ask(teach=claimed(60000), at=[1, 1], look=TEXT)["why"]


def test_pictures_that_would_be_huge_together_are_not_unpacked():
    answer = ask(teach=TEXT, at=[100, 50], look=TEXT, teach_also=[claimed(4096)] * 9)
    assert "teach_also has more than" in answer["why"]


def test_what_never_ends_is_not_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for look in ("/dev/zero", str(pipe), str(tmp_path)):
        assert "neither base64 nor a file" in ask(teach=TEXT, at=[100, 50], look=look)["why"]


def test_a_line_after_a_bad_one_is_answered():
    good = json.dumps({"teach": TEXT, "at": [100, 50], "look": TEXT}).encode()
    found = list(answers([b"\xff{", b"\n", b"[]", good]))
    assert [one["press"] for one in found] == [None, None, [100, 50]]


@given(st.binary(max_size=200))
def test_any_line_gets_an_answer(line):
    for answer in answers([line]):
        assert answer["press"] is None
