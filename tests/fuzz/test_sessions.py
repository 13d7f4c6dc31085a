"""`make fuzz`'s hands on cameras that lose replies, in small: a few sessions of each profile."""

import re

import pytest

from tests.fuzz.sessions import (
    LIMIT_S,
    MARK,
    PAGE,
    Held,
    Report,
    Session,
    held,
    names,
    play,
    table,
    with_table,
)


@pytest.mark.parametrize(("number", "name"), [(at % 3, name) for at, name in enumerate(names())])
def test_no_lost_reply_makes_a_press_wait_or_end_wrong(number: int, name: str) -> None:
    """A session of each profile, on one of three kinds of wire; ten thousand are `make fuzz`."""
    report = play((name, number))
    assert report.wrong == []
    assert report.waits_s
    assert max(report.waits_s) <= LIMIT_S


def test_a_session_is_the_same_whenever_it_is_played() -> None:
    assert play(("sony_srg300h", 5)) == play(("sony_srg300h", 5))


def test_a_camera_that_takes_too_long_is_told() -> None:
    """What the sessions are for: what goes wrong is found out."""
    session = Session("generic", 1)
    session.camera.lost_part = 1.0
    assert session.play().wrong


@pytest.mark.parametrize("name", ["generic", "sony_srg300h", "cisco_precision_hd"])
def test_a_held_stick_moves_a_camera_on_although_replies_get_lost(name: str) -> None:
    """One that holds one command, one that holds two, and one that says no ACK."""
    rate = held(name)
    assert rate.lossy > 0.8 * rate.whole


def test_the_page_has_a_row_for_each_profile_with_a_head_and_nothing_wrong() -> None:
    made = PAGE.read_text(encoding="utf-8").split(MARK)[1]
    row = r"^\| `(\w+)` \| (\d+) of (\d+) \|.* \| (\d+) \| (\d+) \|$"
    rows = re.findall(row, made, re.MULTILINE)
    assert [name for name, *_ in rows] == names()
    assert {(late, wrong) for *_, late, wrong in rows} == {("0", "0")}
    assert all(int(lossy) > 0.8 * int(whole) for _, lossy, whole, *_ in rows)


def test_a_table_replaces_the_one_before() -> None:
    new = table([Report("one", 0, [0.02, 1.5])], {"one": Held(52.9, 50.4)})
    page = with_table(f"before {MARK} old {MARK} after", new)
    assert page.startswith("before ")
    assert page.endswith(" after")
    assert "old" not in page
    assert "| `one` | 50 of 53 | 2 | 20 ms | 20 ms | 1500 ms | 1 | 0 |" in page
    assert with_table(page, new) == page
