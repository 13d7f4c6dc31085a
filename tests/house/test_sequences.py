"""The sequences of docs/design.md are what the program does."""

from tests.house.sequences import FILE, joined, text


def test_the_sequences_are_those_of_the_program() -> None:
    page = FILE.read_text(encoding="utf-8")
    assert text(page) == page, "docs/design.md is old: run `make types` and commit it"


def test_a_join_begins_on_the_panel_and_ends_in_the_call() -> None:
    first, *between, last = joined()
    assert first == ("panel", "room", "meeting.join")
    assert ("room", "screen", "OpenMeeting") in between
    assert last == ("room", "panel", "meeting.state: in_call")
