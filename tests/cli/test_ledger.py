"""`roomctl ledger`: what a line says."""

from __future__ import annotations

from roomctl.cli.told import ledger_words

ENTRY = {
    "number": 7,
    "at": "2026-11-26T09:10:00Z",
    "booking": "a@x/2026-11-26",
    "title": "Weekly",
    "start": "2026-11-26T09:00:00Z",
    "end": "2026-11-26T10:00:00Z",
    "outcome": "released",
    "author": "rule",
    "warned_at": "2026-11-26T09:08:00Z",
    "warned": ["panel:wall"],
    "sensors": ["ceiling", "door"],
    "given_back_min": 50,
}


def test_an_entry_is_a_line_that_says_what_came_of_it_by_whom_and_what_it_gave() -> None:
    line = ledger_words([ENTRY])
    assert "    7  2026-11-2" in line
    assert "Weekly" in line
    assert line.endswith("released (rule) 50 min  ceiling door")


def test_a_booking_without_a_title_has_its_id_and_nothing_that_is_not_so() -> None:
    bare = {**ENTRY, "title": "", "author": "", "given_back_min": 0, "sensors": [], "warned": []}
    line = ledger_words([{**bare, "outcome": "dropped"}])
    assert "a@x/2026-11-26" in line
    assert not line.endswith(" ")
    assert " min" not in line
