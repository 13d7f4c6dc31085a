"""The child that looks: a control that was pressed is followed if another one looks like it."""

import base64
import threading

import cv2
import numpy as np
import pytest

from roomctl.kiosk import look
from roomctl.kiosk.input.sight import FOLLOW_EVERY_S, MatcherState
from roomctl.meeting.walkthrough import packed, unpacked
from tests.kiosk.test_look import AT, drawn, labelled, said
from tests.kiosk.test_redrawn import ringed

pytestmark = pytest.mark.real  # what is shown to the child is looked at again and again

BLANK = np.full((480, 800, 3), 240, np.uint8)
OTHER = drawn(label="Quit", colour=(20, 90, 200))


class Display:
    """Pictures that follow each other, the last one for good."""

    def __init__(self, *pictures):
        self.pictures = list(pictures)

    def __call__(self):
        return self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]


def shown(page):
    """What the child says of the control at `AT` of a page."""
    eyes = MatcherState(Display(page))
    told = eyes.answer({"do": "show", "x": AT[0] / 800 + 1e-4, "y": AT[1] / 480 + 1e-4})
    (control,) = unpacked(told["controls"].encode())
    return control


@pytest.fixture(scope="module")
def controls():
    return shown(drawn()), shown(drawn()), shown(OTHER)


def following(controls, pressed, *pictures):
    eyes = MatcherState(Display(*pictures))
    eyes.answer({"do": "bring", "controls": base64.b64encode(packed(controls)).decode()})
    eyes.answer({"do": "follow", "control": pressed, "x": AT[0], "y": AT[1]})
    return eyes


def form(text=""):
    """A field at (300-634, 200-252) with a text in red, and a key close below it."""
    page = np.full((480, 800, 3), 240, np.uint8)
    cv2.rectangle(page, (300, 200), (633, 252), (130, 130, 130), 1)
    cv2.putText(page, text, (308, 238), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 255), 2)
    cv2.rectangle(page, (340, 256), (560, 292), (200, 90, 20), -1)
    cv2.putText(page, "Join now", (380, 282), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255,) * 3, 2)
    return page


def test_what_was_typed_is_in_no_picture_of_what_is_pressed_next_to_it():
    display = Display(form())
    eyes = MatcherState(display)
    eyes.answer({"do": "watch", "on": True})
    eyes.answer({"do": "typing"})
    display.pictures = [form("471199 471199")]
    eyes.answer({"do": "typed", "x": 450 / 800, "y": 226 / 480})
    told = eyes.answer({"do": "show", "x": 450 / 800, "y": 274 / 480})
    (control,) = unpacked(told["controls"].encode())
    patch = look.decoded(control.patch)
    red = (patch[:, :, 2] > 200) & (patch[:, :, 0] < 60)
    assert not red.any()
    assert eyes.answer({"do": "show", "x": 350 / 800, "y": 230 / 480}) == {"why": "hidden"}


def test_a_control_that_was_away_between_two_looks_is_told_once_it_was_seen_away(controls):
    eyes = following(controls, 0, drawn(), (drawn() * 0.8).astype(np.uint8), BLANK, drawn())
    told = []
    for _ in range(4):
        assert eyes.every_s in (FOLLOW_EVERY_S, None)
        eyes.keep()
        told.append(eyes.every_s is None)
    assert told == [False, False, True, True], "followed until it was away, held or not"
    found = eyes.answer({"do": "seek", "wanted": [1]})
    assert found["gone"]
    assert found["seen"] == {"1": list(AT)}


def test_a_control_that_nothing_else_looks_like_is_not_followed(controls):
    assert following(controls[1:], 1, BLANK).every_s is None
    assert following(controls, 9, BLANK).every_s is None


def test_a_page_of_which_nothing_is_drawn_does_not_stand_still(controls, monkeypatch):
    now = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(now)))
    for page, stands in ((BLANK, False), (drawn(), True)):
        eyes = following(controls, 0, page)
        for _ in range(5):
            found = eyes.answer({"do": "seek", "wanted": []})
        assert (found["still_ms"] > 2000) is stands


def test_what_was_pressed_is_followed_by_glimpses_and_by_whole_pictures_where_there_are_none(
    controls,
):
    parts = [drawn(), drawn(), BLANK]

    def glimpse(corner, size):
        if not parts:
            raise OSError("no picture")
        (x, y), (width, height) = corner, size
        return parts.pop(0)[y : y + height, x : x + width]

    for gone, every_s in ((True, None), (False, FOLLOW_EVERY_S)):
        eyes = MatcherState(Display(drawn()), glimpse)
        eyes.answer({"do": "bring", "controls": base64.b64encode(packed(controls)).decode()})
        eyes.answer({"do": "follow", "control": 0, "x": AT[0], "y": AT[1]})
        for thread in threading.enumerate():
            if thread.name.startswith("follow"):
                thread.join(60)
        assert eyes.answer({"do": "seek", "wanted": []})["gone"] is gone
        assert eyes.every_s == every_s


def test_a_second_press_waits_for_the_glimpse_of_the_first_one(controls):
    inside, most, second = [], [], threading.Event()

    def glimpse(corner, size):
        inside.append(size)
        most.append(len(inside))
        if len(inside) > 1:
            second.set()
        second.wait(0.3)
        inside.pop()
        (x, y), (width, height) = corner, size
        return (BLANK if len(most) > 1 else drawn())[y : y + height, x : x + width]

    eyes = MatcherState(Display(drawn()), glimpse)
    eyes.answer({"do": "bring", "controls": base64.b64encode(packed(controls)).decode()})
    for _ in range(2):
        eyes.answer({"do": "follow", "control": 0, "x": AT[0], "y": AT[1]})
    for thread in threading.enumerate():
        if thread.name == "follow":
            thread.join(60)
    assert set(most) == {1}
    assert eyes.answer({"do": "seek", "wanted": []})["gone"]


def test_a_control_drawn_another_way_is_found_once_the_page_stands_still(controls, monkeypatch):
    now = iter(range(0, 1000))
    monkeypatch.setattr("time.monotonic", lambda: next(now) / 10)
    page = ringed(drawn())
    display = Display(page)
    eyes = MatcherState(display)
    eyes.answer({"do": "bring", "controls": base64.b64encode(packed(controls[:1])).decode()})
    told = [eyes.answer({"do": "seek", "wanted": [0]}) for _ in range(8)]
    assert told[0]["seen"] == {"0": "absent"}
    assert told[-1]["seen"] == {"0": list(AT)}
    eyes.answer({"do": "follow", "control": 0, "x": AT[0], "y": AT[1]})
    stirred = page.copy()
    stirred[:100] = 10
    display.pictures = [stirred]
    assert eyes.answer({"do": "seek", "wanted": [0]})["seen"] == {"0": list(AT)}, "it stays"
    display.pictures = [drawn(label="Quit")]
    assert eyes.answer({"do": "seek", "wanted": [0]})["seen"] == {"0": "changed"}


def test_two_that_look_alike_are_told_at_each_look_at_a_page_that_stands_still(
    controls, monkeypatch
):
    now = iter(range(0, 1000))
    monkeypatch.setattr("time.monotonic", lambda: next(now) / 10)
    eyes = MatcherState(Display(labelled(ringed(drawn()), "Join", (150, 420))))
    eyes.answer({"do": "bring", "controls": base64.b64encode(packed(controls[:1])).decode()})
    told = [eyes.answer({"do": "seek", "wanted": [0]})["seen"]["0"] for _ in range(10)]
    assert told[-3:] == ["ambiguous"] * 3


def sought(controls, page):
    """What the child sees of each control on a page."""
    eyes = MatcherState(Display(page))
    eyes.answer({"do": "bring", "controls": base64.b64encode(packed(controls)).decode()})
    return list(eyes.answer({"do": "seek", "wanted": [*range(len(controls))]})["seen"].values())


def test_words_that_were_others_when_it_was_shown_again_are_no_reason():
    """Such as a meeting's title: it is shown again where it was not pressed, and then it varies."""
    monday, friday = (shown(said(title)) for title in ("Weekly with Ann", "Board of directors"))
    holiday = said("Party planning")
    assert sought([monday], holiday) == sought([friday], holiday) == ["changed"]
    assert sought([monday, friday], holiday) == [list(AT)] * 2
    assert sought([monday, monday], holiday) == ["changed"] * 2
