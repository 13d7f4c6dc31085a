"""A label is read for sure, or not at all."""

import cv2
import numpy as np
import pytest

from roomctl.kiosk import reading

HEAD = "level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext\n"


def row(text, sure):
    return "5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t" + f"{sure}\t{text}\n"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (row("Join", 96.1) + row("now!", 91), "joinnow"),
        (row("加入", 88) + row("", -1), "加入"),
        (row("Join", 96) + row("n0w", 31), None),
        (row("|", 20) + row("Join", 96), "join"),
        ("garbage\n5\t1\n" + row("Join", "high"), None),
        ("", None),
    ],
)
def test_a_word_that_is_not_sure_makes_no_reading(rows, text):
    assert reading.sure(HEAD + rows) == text


@pytest.mark.real
@pytest.mark.parametrize("ink", [(255,) * 3, (20,) * 3], ids=["bright", "dark"])
def test_tesseract_reads_a_label_on_any_ground(ink, monkeypatch):
    assert reading.languages(), "tesseract-ocr is not installed"
    monkeypatch.setattr(reading, "READ_S", 60.0)
    label = np.full((44, 200, 3), 255 - ink[0], np.uint8)
    cv2.putText(label, "Join now", (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, ink, 2, cv2.LINE_AA)
    assert reading.read(label) == "joinnow"
    assert reading.read(np.full_like(label, 128)) is None
