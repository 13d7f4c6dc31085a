"""A control that was shown once is found on a picture, or nothing is pressed."""

import cv2
import numpy as np
import pytest

from roomctl.kiosk.look import (
    PATCH,
    CannotLearn,
    Unseen,
    Unsuitable,
    correlation,
    find,
    learn,
    stands,
)
from tests.kiosk.changed_pages import looked_at

AT = (430, 315)


def drawn(button=(400, 300), label="Join", colour=(200, 90, 20), ground=240, second=None):
    """Draw a page with a heading and a button, and perhaps a second one."""
    page = np.full((480, 800, 3), ground, np.uint8)
    cv2.putText(page, "Ready?", (300, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (30, 30, 30), 2)
    for corner in [button] if second is None else [button, second]:
        x, y = corner
        cv2.rectangle(page, (x, y), (x + 130, y + 44), colour, -1)
        cv2.putText(page, label, (x + 30, y + 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255,) * 3, 2)
    return page


@pytest.fixture(scope="module")
def control():
    return learn([drawn()], AT)


def test_correlation_is_that_of_opencv_and_nothing_correlates_with_what_is_flat():
    page = drawn()[150:400, 250:600, 0].copy()
    noise = np.random.default_rng(3).integers(0, 40, page.shape, np.uint8)
    page[:, :200] += np.minimum(noise, 255 - page)[:, :200]
    sought = page[140:200, 100:190]
    scores, known = correlation(page, sought), cv2.matchTemplate(page, sought, cv2.TM_CCOEFF_NORMED)
    assert np.ptp(page[:60, 255:345]) == 0
    assert scores[0, 255] == 0
    uneven = abs(known) < 1.001
    uneven[:, 200:] = False
    assert abs(scores - known)[uneven].max() < 0.001
    assert scores[140, 100] == pytest.approx(1, abs=0.001)
    assert correlation(sought, page).size == 0


def test_a_control_is_pressed_where_it_was_shown(control):
    assert find(control, drawn()) == AT


@pytest.mark.parametrize(("dx", "dy"), [(7, 0), (-101, 33), (120, -90)])
def test_a_control_that_moved_is_pressed_there(control, dx, dy):
    moved = drawn(button=(400 + dx, 300 + dy))
    assert find(control, moved) == (AT[0] + dx, AT[1] + dy)


@pytest.mark.parametrize(
    "page",
    [
        drawn(label="Quit"),
        drawn(label=""),
        drawn(colour=(150, 150, 150)),
        (drawn() * 0.8).astype(np.uint8),
        (drawn() * 0.5 + 127).astype(np.uint8),
        cv2.GaussianBlur(drawn(), (0, 0), 2),
        cv2.resize(drawn(), None, fx=1.25, fy=1.25),
        255 - drawn(),
        np.full((480, 800, 3), 240, np.uint8),
        np.zeros((480, 800, 3), np.uint8),
        drawn()[:60, :100],
    ],
    ids=[
        "label",
        "no_label",
        "grey",
        "veil",
        "white_veil",
        "blur",
        "scale",
        "theme",
        "flat",
        "black",
        "small",
    ],
)
def test_nothing_is_pressed_on_a_page_that_changed(control, page):
    assert find(control, page) in (Unseen.ABSENT, Unseen.CHANGED)


def test_a_control_behind_a_veil_is_told_from_one_that_is_not_there(control):
    veiled, empty = (drawn() * 0.5).astype(np.uint8), np.full((480, 800, 3), 240, np.uint8)
    assert [find(control, page) for page in (veiled, empty)] == [Unseen.CHANGED, Unseen.ABSENT]


def test_a_text_that_comes_into_the_picture_by_two_rows_is_seen(control):
    page = drawn()
    top = AT[1] - PATCH[1] // 2
    page[top - 10 : top + 2, 420:421] = 30
    assert find(control, page) is Unseen.CHANGED


def test_a_control_stands_while_it_is_held_or_fades_and_has_gone_otherwise(control):
    held, gone = (drawn() * 0.8).astype(np.uint8), np.full((480, 800, 3), 240, np.uint8)
    assert [stands(control, page, AT) for page in (drawn(), held, gone)] == [True, True, False]
    assert not stands(control, drawn(), (10, 10))


def test_nothing_is_pressed_where_two_look_alike(control):
    assert find(control, drawn(second=(200, 400))) is Unseen.AMBIGUOUS


def test_a_second_one_that_was_there_when_it_was_shown_is_no_reason():
    page = drawn(button=(400, 300), second=(620, 100))
    page[90:100] = 60  # what stands around it tells them apart
    assert find(learn([page], AT), page) == AT


def test_nothing_is_pressed_where_a_like_one_stands_on_another_ground(control):
    page = drawn(second=(60, 60))
    banner = page[40:124, 40:210]
    banner[(banner == 240).all(axis=2)] = (60, 160, 230)
    assert find(control, page) is Unseen.AMBIGUOUS


def labelled(page, text, at, size=0.8, ink=(255,) * 3, ground=(60, 60, 60)):
    """Put a text on a box that hugs it, as on a link or a chip."""
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 2)
    x, y = at
    cv2.rectangle(page, (x - 4, y - height - 4), (x + width + 4, y + 6), ground, -1)
    cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, 2)
    return page


@pytest.mark.parametrize(
    ("at", "how"),
    [
        ((200, 440), {}),
        ((90, 90), {"ink": (30, 30, 30), "ground": (90, 220, 250)}),
        ((620, 330), {"size": 0.88}),
        ((620, 200), {"size": 0.72}),
    ],
    ids=["on another key", "on another ground", "larger", "smaller"],
)
def test_nothing_is_pressed_where_the_label_stands_a_second_time(control, at, how):
    assert find(control, labelled(drawn(), "Join", at, **how)) is Unseen.AMBIGUOUS
    for other in ("Quit", "Help"):
        assert find(control, labelled(drawn(), other, at, **how)) == AT


def test_a_label_that_stood_there_twice_when_it_was_shown_is_no_reason():
    page = labelled(drawn(), "Join", (200, 440))
    control = learn([page], AT)
    assert find(control, page) == AT
    assert find(control, labelled(page, "Join", (90, 90))) is Unseen.AMBIGUOUS


def said(text, at=(400, 240), page=None):
    """Draw a page with words above its button, farther than its picture reaches."""
    page = drawn() if page is None else page
    cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40,) * 3, 1, cv2.LINE_AA)
    return page


def test_nothing_is_pressed_where_other_words_stand_beside_it():
    control = learn([said("The meeting is open")], AT)
    assert len(control.words) == 1
    for words in ("Delete all recordings", "Pay 299.00 a month", "The host is away"):
        assert find(control, said(words)) is Unseen.CHANGED


def test_words_that_moved_or_went_or_got_company_are_no_reason():
    control = learn([said("The meeting is open")], AT)
    for page in (
        said("The meeting is open", (380, 232)),
        said("The meeting is open", (60, 420)),
        said("A notice", (400, 100), said("The meeting is open")),
        drawn()[:, :],
    ):
        page[150:210] = 240  # the heading, which would be the words above
        assert find(control, page) == AT


def test_what_stands_in_a_field_beside_it_may_be_another_text():
    def page(text):
        field = drawn()
        cv2.rectangle(field, (380, 210), (620, 246), (255,) * 3, -1)
        cv2.rectangle(field, (380, 210), (620, 246), (120,) * 3, 1)
        return said(text, (392, 234), field)

    control = learn([page("Bamboo")], AT)
    for text in ("", "A room with a name", "471199"):
        assert find(control, page(text)) == AT


def test_no_words_are_kept_of_what_was_typed():
    frames = [said("A secret word")]
    assert [one.at[1] for one in learn(frames, AT, [(300, 215, 640, 250)]).words] == [
        one.at[1] for one in learn([drawn()], AT, [(300, 215, 640, 250)]).words
    ]


def wide(label="Join", width=420, ground=240, ink=255, left=190):
    """Draw a page with a button that is wider than what is kept of it."""
    page = np.full((480, 800, 3), ground, np.uint8)
    cv2.rectangle(page, (left, 300), (left + width, 348), (200, 90, 20), -1)
    middle = left + width // 2 - 28
    cv2.putText(page, label, (middle, 332), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (ink,) * 3, 2)
    return page


@pytest.mark.parametrize("x", [200, 240, 400, 560, 605])
def test_the_label_of_a_wide_button_counts_wherever_it_was_pressed(x):
    shown = learn([wide()], (x, 324))
    assert find(shown, wide()) == (x, 324)
    assert find(shown, wide(left=150)) == (x - 40, 324)
    for page in (wide(label="Quit"), wide(label=""), wide(ink=200)):
        assert find(shown, page) is Unseen.CHANGED


def test_a_button_whose_label_is_too_far_from_the_press_is_not_learned():
    with pytest.raises(CannotLearn):
        learn([wide(width=560, left=100)], (110, 324))


def field(left=150, top=200, text="Your name", ink=170):
    """Draw a page with a field: thin lines, and a pale text at its beginning."""
    page = np.full((480, 800, 3), 255, np.uint8)
    cv2.rectangle(page, (left, top), (left + 419, top + 37), (220,) * 3, 1)
    cv2.putText(page, text, (left + 12, top + 24), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (ink,) * 3, 1)
    return page


def test_a_wide_field_is_learned_at_its_middle_and_told_by_its_text():
    shown = learn([field()], (360, 219))
    assert find(shown, field()) == (360, 219)
    for page in (field(text="Passcode"), field(text="Bamboo", ink=30)):
        assert isinstance(find(shown, page), Unseen)


@pytest.mark.parametrize(("left", "top"), [(150, 200), (151, 200), (150, 201), (173, 233)])
def test_thin_lines_are_found_at_odd_places(left, top):
    shown = learn([field()], (200, 219))
    assert find(shown, field(left, top)) == (50 + left, 19 + top)


def test_a_pale_control_that_is_disabled_is_not_pressed():
    assert find(learn([field()], (200, 219)), field(ink=190)) is Unseen.CHANGED


def test_another_pale_text_is_no_second_field():
    page = field()
    cv2.putText(page, "News! read more", (150, 400), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (150,) * 3, 1)
    assert find(learn([field()], (200, 219)), page) == (200, 219)


def test_a_field_is_found_though_another_field_is_filled_meanwhile():
    page = np.full((480, 800, 3), 240, np.uint8)
    for top, label in ((200, "Name"), (300, "Code")):
        cv2.rectangle(page, (300, top), (633, top + 52), (130, 130, 130), 1)
        cv2.putText(page, label, (308, top + 35), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (90,) * 3, 2)
    field = learn([page], (460, 326))
    for text in ("B", "Bamboo", "A room with a long name"):
        filled = page.copy()
        filled[202:250, 302:630] = 240
        cv2.putText(filled, text, (308, 235), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20,) * 3, 2)
        filled[205:247, 312 + 16 * len(text)] = 0  # a caret
        assert find(field, filled) == (460, 326)


def rows(*labels, line=220):
    """Draw a list of controls that have no face of their own, a thin line below each."""
    page = np.full((480, 800, 3), 255, np.uint8)
    for number, label in enumerate(labels):
        bottom = 200 + 52 * number
        cv2.putText(page, label, (60, bottom - 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (90, 40, 0), 1)
        page[bottom, 40:600] = line
    return page


def test_a_row_of_a_list_is_told_by_what_is_written_in_it_beside_the_press():
    page, at = rows("Read the terms", "I agree", "I disagree"), (300, 226)
    control = learn([page], at)
    assert find(control, page) == at
    covered = page.copy()
    covered[180:270, 380:700] = 255
    covered[180:270, 380] = covered[180, 380:700] = 130
    for other in (rows("Read the terms", "", "I disagree"), covered):
        assert isinstance(find(control, other), Unseen)


def test_what_no_look_would_see_go_is_not_learned():
    with pytest.raises(CannotLearn) as found:
        learn([rows("Read the terms", "I agree")], (520, 226))
    assert found.value.why is Unsuitable.FLAT


def test_what_moved_when_it_was_shown_may_be_anything(control):
    frames = [drawn() for _ in range(5)]
    for level, frame in enumerate(frames):
        frame[360:364, 350 : 350 + 20 * level] = (40, 160, 40)
    with_meter = learn(frames, AT)
    page = drawn()
    page[360:364, 350:415] = (40, 160, 40)
    assert (find(with_meter, page), find(control, page)) == (AT, Unseen.CHANGED)


def test_what_moves_beside_the_control_is_left_out_of_what_is_kept():
    frames = [drawn() for _ in range(5)]
    for number, frame in enumerate(frames):
        frame[210:294, 300:640] = 40 * number  # somebody's picture, 6 pixels above the key
    page = drawn(button=(410, 310))
    page[100:304, 300:640] = 70
    assert find(learn(frames, AT), page) == (AT[0] + 10, AT[1] + 10)


def test_what_moves_all_the_time_is_not_learned():
    noise = np.random.default_rng(1)
    frames = [noise.integers(0, 255, (480, 800, 3), np.uint8) for _ in range(5)]
    with pytest.raises(CannotLearn) as error:
        learn(frames, AT)
    assert error.value.why is Unsuitable.MOVES


@pytest.mark.parametrize(
    ("page", "at", "why"),
    [
        (np.full((480, 800, 3), 200, np.uint8), AT, Unsuitable.FLAT),
        (drawn(), (800, 10), Unsuitable.OUTSIDE),
        (drawn(), (-1, 10), Unsuitable.OUTSIDE),
        (np.tile(drawn()[200:400, 300:700], (3, 2, 1)), (130, 115), Unsuitable.TWICE),
    ],
)
def test_a_place_that_tells_nothing_is_not_learned(page, at, why):
    with pytest.raises(CannotLearn) as error:
        learn([page], at)
    assert error.value.why is why


def test_a_control_at_the_edge_of_the_screen_is_found():
    page = drawn(button=(665, 430))
    assert find(learn([page], (700, 450)), page) == (700, 450)


def test_a_page_full_of_edges_holds_no_control(control):
    stripes = np.zeros((480, 800, 3), np.uint8)
    stripes[:, ::4] = 255
    stripes[::4] = 255
    assert isinstance(find(control, stripes), Unseen)


@pytest.mark.real
def test_no_changed_page_is_pressed_wrongly():
    found = [(page.change, verdict) for page, verdict in looked_at(seed=1, count=4, changes=6)]
    assert [page for page in found if page[1] != "right"] == []
