"""A control that is drawn another way than it was shown is found, or nothing is pressed."""

import contextlib

import cv2
import numpy as np
import pytest

from roomctl.kiosk import look
from roomctl.kiosk.look import Page, Unseen, learn
from roomctl.kiosk.redrawn import find, redrawn
from tests.kiosk.redesigned_pages import looked_at, pages, told
from tests.kiosk.test_look import AT, drawn, labelled, said

BOX = (400, 300, 530, 344)  # the key's


@pytest.fixture(scope="module")
def control():
    return learn([drawn()], AT)


def moved(page, x):
    """Move a page by a part of a pixel, as text is that a scrollbar moves."""
    matrix = np.array([[1, 0, x], [0, 1, 0]], np.float32)
    return cv2.warpAffine(page, matrix, page.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def zoomed(page, by):
    return cv2.resize(page, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)


def ringed(page, thick=3, away=4):
    left, top, right, bottom = BOX
    cv2.rectangle(page, (left - away, top - away), (right + away, bottom + away), (0,) * 3, thick)
    return page


def pointed_at(page, by=0.93):
    left, top, right, bottom = BOX
    page[top : bottom + 1, left : right + 1] = page[top : bottom + 1, left : right + 1] * by
    return page


def dark(page):
    """Turn a page dark but for its key."""
    left, top, right, bottom = BOX
    other = 255 - page
    other[top : bottom + 1, left : right + 1] = page[top : bottom + 1, left : right + 1]
    return other


def near(place, wanted, within=3):
    return isinstance(place, tuple) and bool(np.abs(np.subtract(place, wanted)).max() <= within)


def with_text(page):
    cv2.putText(page, "Cancel", (340, 285), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (60,) * 3, 1)
    return page


@pytest.mark.parametrize("by", [0.9, 1.1, 1.25])
def test_a_zoomed_control_is_found_where_it_stands(control, by):
    page = zoomed(drawn(), by)
    assert near(find(control, page), [place * by for place in AT])
    for other in (drawn(label="Quit"), drawn(colour=(150,) * 3), (drawn() * 0.8).astype(np.uint8)):
        assert isinstance(find(control, zoomed(other, by)), Unseen)


def soft(**how):
    """Draw a page whose letters have soft edges, as a browser's have."""
    return cv2.GaussianBlur(drawn(**how), (0, 0), 0.6)


def test_a_control_that_moved_by_half_a_pixel_is_found():
    control, page = learn([soft()], AT), moved(soft(), 0.5)
    assert isinstance(look.find(control, page), Unseen)
    assert near(find(control, page), AT)
    for other in (soft(label="Jain"), soft(label="Join."), (soft() * 0.9).astype(np.uint8)):
        assert isinstance(find(control, moved(other, 0.5)), Unseen)


def test_nothing_is_pressed_where_two_are_drawn_another_way():
    page = moved(soft(second=(200, 400)), 0.5)
    assert find(learn([soft()], AT), page) is Unseen.AMBIGUOUS


def test_nothing_is_pressed_where_its_label_stands_a_second_time_on_another_key():
    control = learn([soft()], AT)
    for change in (lambda page: moved(page, 0.5), lambda page: zoomed(page, 1.1), dark):
        page = labelled(drawn(), "Join", (150, 420))
        assert find(control, change(cv2.GaussianBlur(page, (0, 0), 0.6))) is Unseen.AMBIGUOUS


def test_nothing_is_pressed_where_other_words_stand_beside_it():
    control = learn([said("The meeting is open", page=soft())], AT)
    for change in (lambda page: moved(page, 0.5), lambda page: zoomed(page, 1.1), dark):
        assert isinstance(find(control, change(said("The meeting is open", page=soft()))), tuple)
        assert isinstance(find(control, change(said("Pay 299.00 a month", page=soft()))), Unseen)


@pytest.mark.parametrize("shown", [False, True], ids=["comes", "goes"])
def test_a_ring_of_the_focus_comes_or_goes(control, shown):
    if shown:
        assert find(learn([ringed(drawn())], AT), drawn()) == AT
    else:
        assert find(control, ringed(drawn())) == AT
        assert isinstance(find(control, ringed(drawn(label="Quit"))), Unseen)


def test_a_box_with_a_text_beside_the_control_is_no_ring(control):
    page = ringed(drawn())
    cv2.putText(page, "299.00", (410, 295), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0,) * 3, 1)
    assert isinstance(find(control, page), Unseen)


def test_a_pointer_on_the_control_darkens_it_and_a_veil_the_page(control):
    assert find(control, pointed_at(drawn())) == AT
    assert isinstance(find(control, pointed_at(drawn(), by=0.8)), Unseen)
    assert isinstance(find(control, (drawn() * 0.93).astype(np.uint8)), Unseen)
    grey = drawn(ground=20)
    night = learn([grey], AT)
    assert isinstance(find(night, pointed_at(grey.copy())), Unseen), "nothing bright is beside it"


def test_words_farther_away_tell_a_pointer_from_a_veil():
    control = learn([said("The meeting is open")], AT)
    brighter = said("The meeting is open")
    key = np.s_[BOX[1] : BOX[3] + 1, BOX[0] : BOX[2] + 1]
    brighter[key] = 255 - (255 - brighter[key].astype(int)) * 0.93
    assert near(find(control, brighter), AT)
    veiled = said("The meeting is open").astype(int)
    veiled = (255 - (255 - veiled) * 0.93).astype(np.uint8)
    assert isinstance(find(control, veiled), Unseen)


def test_in_the_other_theme_the_control_has_its_own_colours_and_its_neighbours_their_shapes():
    control = learn([with_text(drawn())], AT)
    assert find(control, dark(with_text(drawn()))) == AT
    for other in (
        255 - with_text(drawn()),
        dark(drawn()),
        (dark(with_text(drawn())) * 0.85).astype(np.uint8),
    ):
        assert isinstance(find(control, other), Unseen)


def test_a_dark_banner_on_a_bright_page_is_no_other_theme(control):
    page, banner = drawn(), dark(drawn())
    page[240:420, 250:680] = banner[240:420, 250:680]
    assert isinstance(find(control, page), Unseen)


def linked(text="Use the web", above="You can change this", ground=240, ink=(220, 120, 30)):
    """Draw a page on which the control is a text without a face, and another text is above."""
    page = np.full((480, 800, 3), ground, np.uint8)
    grey = (30,) * 3 if ground > 127 else (225,) * 3
    for words, at, colour in ((above, (360, 280), grey), (text, (370, 320), ink)):
        cv2.putText(page, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
    return page


def test_what_stands_around_a_link_counts():
    control = learn([linked()], AT)
    assert near(find(control, moved(linked(), 0.5)), AT)
    other = linked(above="299.00 a month")
    assert isinstance(find(control, moved(other, 0.5)), Unseen)


def test_a_link_is_found_in_the_other_theme_unless_it_is_paler_or_another():
    control = learn([linked()], AT)
    assert near(find(control, linked(ground=20)), AT)
    for other in (
        linked(ground=20, ink=(90, 60, 30)),
        linked(ground=20, text="Use the wed"),
        linked(ground=20, above="299.00 a month"),
    ):
        assert isinstance(find(control, other), Unseen)


def test_a_white_veil_on_a_white_page_is_seen_by_the_paler_label():
    page = linked(ground=255, ink=(90, 90, 90), above="")
    control = learn([page], AT)
    assert near(find(control, moved(page, 0.5)), AT)
    veiled = (255 - (255 - page) * 0.9).astype(np.uint8)
    assert isinstance(find(control, moved(veiled, 0.5)), Unseen)


@pytest.mark.parametrize("share", [0.8, 0.85, 0.9])
def test_a_link_that_fades_in_is_not_pressed_though_its_theme_has_more_contrast(share):
    control = learn([linked(ground=20)], AT)
    assert near(find(control, linked(ground=250)), AT)
    faded = 255 - (255 - linked(ground=250)) * share
    assert isinstance(find(control, faded.astype(np.uint8)), Unseen)


def keyed(label="Join", more="", width=130, left=400):
    """Draw a wide button; `more` is written before its label."""
    page = np.full((480, 800, 3), 240, np.uint8)
    cv2.rectangle(page, (left, 300), (left + width, 344), (200, 90, 20), -1)
    for words, x in ((more, 300), (label, 430)):
        cv2.putText(page, words, (x, 330), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255,) * 3, 2)
    return page


def test_more_beside_the_label_is_another_label():
    control = learn([keyed(left=240, width=420)], AT)
    for other in (
        keyed(left=240, width=420, more="Quit,"),
        keyed("Join, pay", left=240, width=420),
    ):
        assert isinstance(find(control, other), Unseen)
        assert isinstance(find(control, zoomed(moved(other, 0.5), 1.1)), Unseen)


def test_a_control_that_became_wider_around_its_label_is_found():
    control = learn([keyed()], AT)
    assert near(find(control, keyed(left=384, width=162)), (454, 322), within=30)
    for label in ("Jain", "Join.", "Quit", "Join us"):
        assert isinstance(find(control, keyed(label, left=384, width=162)), Unseen)


def metered(level, text=""):
    """Draw a page with a level above its button."""
    page = drawn()
    cv2.rectangle(page, (360, 280), (360 + level, 287), (60, 170, 40), -1)
    cv2.putText(page, text, (442, 287), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0,) * 3, 1)
    return page


def test_a_level_that_rises_higher_than_while_it_was_shown_is_no_change():
    control = learn([metered(level) for level in (5, 30, 80, 50, 10)], AT)
    assert find(control, metered(95)) == AT
    assert isinstance(find(control, metered(40, "299.00")), Unseen)


def test_what_reads_the_label_may_object_or_agree_and_presses_nothing_alone():
    control, page = learn([soft()], AT), moved(soft(), 0.5)
    for reads, pressed in ((lambda _: "join", True), (lambda _: None, True)):
        assert near(redrawn(control, Page(page), reads), AT) is pressed
    words = iter(("join", "jain"))
    assert redrawn(control, Page(page), lambda _: next(words)) is Unseen.CHANGED
    other = moved(soft(label="Quit"), 0.5)
    assert not isinstance(redrawn(control, Page(other), lambda _: "join"), tuple)


@pytest.mark.real
@pytest.mark.timeout(600)
def test_pages_that_are_drawn_another_way_are_found_and_none_is_pressed_wrongly():
    with contextlib.closing(pages("held_out", 2, 5, 5, seed=2)) as changed:
        looked = list(looked_at(changed))
    report = "\n".join(told(looked))
    assert [one.page.change for one in looked if one.verdict == "wrong"] == [], report
    wanted = [one.verdict == "found" for one in looked if one.page.control is not None]
    assert sum(wanted) >= 0.8 * len(wanted), report
