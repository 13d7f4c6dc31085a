"""The panel's types are those of the API: web/lib/types.js is made from its schemas."""

from __future__ import annotations

import runpy
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
MAKER = runpy.run_path(str(TREE / ".ci" / "panel_types.py"))


def test_the_panels_types_are_those_of_the_api() -> None:
    made = (TREE / "web" / "lib" / "types.js").read_text(encoding="utf-8")

    assert made == MAKER["text"](), "web/lib/types.js is old: run `make types` and commit it"


def test_what_the_room_may_leave_out_and_what_may_be_null_are_two_things() -> None:
    made = MAKER["text"]()

    assert "@property {number | null} pan_deg\n" in made  # always there, and perhaps not known
    assert "@property {number | null} [pan_deg]\n" in made  # of camera.goto: may be left out


def test_every_command_and_every_message_is_named_once() -> None:
    made = MAKER["text"]()

    names = [line.rpartition(" ")[2] for line in made.splitlines() if "@typedef {" in line]
    assert len(names) == len(set(names)) > 80
