"""`roomctl person`: added by a room that runs, or for the next one; listed and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.rig import only, roomctl, simulating

pytestmark = pytest.mark.real
PASSWORD = "four words are long"


def kept(folder: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(only(folder, "people.json").read_text())
    return found


def test_without_a_room_the_next_one_takes_it(tmp_path: Path) -> None:
    said = roomctl(tmp_path, "person", "add", "wang", "--role", "admin", stdin=f"{PASSWORD}\n")
    assert (said.status, "no room is running" in said.out) == (0, True)
    assert PASSWORD not in said.out + said.err
    assert kept(tmp_path)["wang"]["role"] == "admin"
    removed = roomctl(tmp_path, "person", "remove", "wang")
    assert (removed.status, kept(tmp_path)) == (0, {})


def test_a_room_that_runs_takes_it_at_once(tmp_path: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as room:
        assert "no person signs in" in room.roomctl("person", "list").out
        add = ("person", "add", "wang", "--role", "facilities")
        weak = room.roomctl(*add, stdin="password1234\n")
        assert (weak.status, "too easy to guess" in weak.err) == (1, True)
        assert room.roomctl(*add, stdin=PASSWORD).out == "done\n"
        [known] = room.roomctl("person", "list", "--json").json
        assert (known["name"], known["role"]) == ("wang", "facilities")
        assert room.roomctl("person", "list").out.split()[:2] == ["wang", "facilities"]
        assert room.roomctl("person", "reset").status == 0
        assert room.roomctl("person", "remove", "wang").out == "done\n"
        again = room.roomctl("person", "remove", "wang")
        assert (again.status, "no person 'wang'" in again.err) == (1, True)


@pytest.mark.parametrize("words", [("wang",), ("wang", "--role", "panel")])
def test_a_role_is_asked_for(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert roomctl(tmp_path, "person", "add", *words, stdin=PASSWORD).status == 2
