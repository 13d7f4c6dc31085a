"""`roomctl config`: a room that runs is read, changed on what was read, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.cli.configuring import history_words
from roomctl.cli.told import zone_of
from tests.cli.rig import Running, simulating

pytestmark = pytest.mark.real

ROOM = """[room]
display_name = "Bamboo"
timezone = "Asia/Shanghai"
[camera.front]
url = "sim:front"
[api]
listen = "127.0.0.1:0"
[meeting.favourites]
Board = "https://meet.jit.si/b0ard-9876543210"
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("room")
    (folder / "room.toml").write_text(ROOM, encoding="utf-8")
    with simulating(folder, str(folder / "room.toml"), "--screen", "simulated") as running:
        yield running


def name(room: Running) -> str:
    return str(room.roomctl("status", "--json").json["identity"]["display_name"])


def test_a_room_is_shown_changed_compared_applied_and_taken_back(
    room: Running, tmp_path: Path
) -> None:
    shown = room.roomctl("config", "show")
    assert shown.status == 0, shown.err
    assert shown.out.startswith("# base: 0-")
    assert "b0ard-9876543210" not in shown.out
    file, old = tmp_path / "bamboo.toml", tmp_path / "old.toml"
    old.write_text(shown.out.replace("Bamboo", "Oak"), encoding="utf-8")
    file.write_text(shown.out.replace("Bamboo", "Pine"), encoding="utf-8")

    differs = room.roomctl("config", "diff", str(file))
    assert differs.status == 1
    assert '-display_name = "Bamboo"\n+display_name = "Pine"' in differs.out
    assert "restarted: room" in differs.out

    applied = room.roomctl("config", "apply", str(file), "--why", "a new name")
    assert (applied.status, applied.err) == (0, "")
    assert applied.out.startswith("revision 1 runs\n  restarted: room")
    assert name(room) == "Pine"
    assert room.roomctl("config", "diff", "-", stdin=file.read_text()).status == 0

    slower = room.roomctl("config", "apply", str(old))
    assert slower.status == 1
    assert "was changed meanwhile (revision 1 of " in slower.err
    assert name(room) == "Pine"

    history = room.roomctl("config", "history").out.splitlines()
    assert history[0] == "times in Asia/Shanghai"
    assert history[1].split() == ["0", "room.toml"]
    assert history[2].endswith("a new name  (runs)")

    assert room.roomctl("config", "back", "0").status == 0
    assert name(room) == "Bamboo"
    assert room.roomctl("config", "show", "--revision", "1").out.startswith("[room]")


def test_what_it_cannot_do_is_one_sentence(room: Running, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_bytes(b"\xff")
    moved = room.roomctl("config", "show").out.replace("Bamboo", "…1")
    for words, given, says in (
        (("apply", "-"), "[room]\nx = 1\n", "unknown key"),
        (("apply", str(wrong)), "", "is not UTF-8"),
        (("apply", str(tmp_path / "none")), "", "No such file"),
        (("apply", "-"), moved, "room.display_name: is hidden"),
        (("show", "--revision", "9"), "", "no revision 9"),
        (("back", "9"), "", "no revision 9"),
    ):
        said = room.roomctl("config", *words, stdin=given)
        assert (said.status, said.out) == (1, ""), words
        assert says in said.err
        assert said.err.count("\n") == 1
    assert name(room) == "Bamboo"


def test_a_revision_that_waits_is_told_beside_the_one_that_runs() -> None:
    one = {"number": 3, "at": "2026-11-30T01:00:00+00:00", "who": "李", "why": ""}
    found = {"running": 0, "wanted": 3, "revisions": [one]}
    zone = zone_of({"identity": {"timezone": "Asia/Shanghai"}})
    assert history_words(found, zone).splitlines()[1:] == [
        "    0  room.toml  (runs)",
        "    3  2026-11-30 09:00  李                 (runs soon)",
    ]
