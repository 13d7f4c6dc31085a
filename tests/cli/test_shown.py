"""`roomctl walkthrough list|show|export|import|trust|forget`, at a room that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomctl.meeting.walkthrough import fingerprint, for_others, read_walkthrough, written
from roomctl.store.signers import Signers
from tests.cli.rig import roomctl, simulating
from tests.meeting.test_walkthrough import NAMED

pytestmark = pytest.mark.real


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "zoom-1.toml"
    path.write_bytes(written(NAMED))
    return path


def test_a_file_goes_into_a_room_and_out_again(tmp_path: Path, file: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as room:
        assert room.roomctl("walkthrough", "list", "--json").json == []
        assert room.roomctl("walkthrough", "import", str(file)).status == 0
        named = room.roomctl("walkthrough", "import", str(file), "--name", "second", "--json")
        assert named.json["name"] == "second"
        listed = room.roomctl("walkthrough", "list").out.splitlines()
        assert [line.split()[0] for line in listed] == ["second", "zoom-1"]
        assert [one["name"] for one in room.roomctl("walkthrough", "list", "--json").json] == [
            "second",
            "zoom-1",
        ]
        shown = room.roomctl("walkthrough", "show", "zoom-1", "--pictures", str(tmp_path / "p"))
        assert "1. press, type {name}" in shown.out
        assert "lobby" in shown.out
        pictures = sorted(path.name for path in (tmp_path / "p").iterdir())
        assert pictures == ["zoom-1-1-1.png", "zoom-1-2-1.png", "zoom-1-2-2.png"]
        out = room.roomctl("walkthrough", "export", "zoom-1").out
        assert read_walkthrough("zoom-1", out.encode()) == NAMED
        exported = room.roomctl("walkthrough", "export", "zoom-1", "--json")
        assert exported.json == {"name": "zoom-1", "file": out}
        for name in ("zoom-1", "second"):
            forgotten = room.roomctl("walkthrough", "forget", name, "--json")
            assert forgotten.json == {"forgotten": name}
        assert room.roomctl("walkthrough", "list", "--json").json == []
        gone = room.roomctl("walkthrough", "show", "zoom-1")
        assert (gone.status, "no walkthrough 'zoom-1'" in gone.err) == (1, True)


def test_a_folder_of_signed_files_is_taken_at_once_and_another_key_once_it_is_trusted(
    tmp_path: Path,
) -> None:
    folder, first, second = tmp_path / "files", Signers(None), Signers(None)
    folder.mkdir()
    file = for_others(NAMED, "reed", "Reed", first.public(), first.sign)
    for name in ("zoom-1", "zoom-2"):
        (folder / f"{name}.toml").write_bytes(file)
    (folder / "bad.toml").write_bytes(file.replace(b'"key enter"', b'"key tab"'))
    (folder / "readme.txt").write_text("nothing to read")
    other = tmp_path / "zoom-3.toml"
    other.write_bytes(for_others(NAMED, "reed", "Reed", second.public(), second.sign))
    with simulating(tmp_path, "--screen", "simulated") as room:
        said = room.roomctl("walkthrough", "import", str(folder))
        assert [line.split()[0] for line in said.out.splitlines()] == ["zoom-1", "zoom-2"]
        assert (said.status, said.err.count("bad.toml: ")) == (1, 1)
        assert "'Reed' has signed it" in said.err
        assert room.roomctl("walkthrough", "list").out.count("staff, in Reed, 2026") == 2
        (folder / "bad.toml").unlink()
        again = room.roomctl("walkthrough", "import", str(folder), "--json")
        assert [one["by_room"] for one in again.json] == ["Reed", "Reed"]
        refused = room.roomctl("walkthrough", "import", str(other))
        key = fingerprint(second.public())
        command = f"roomctl walkthrough trust reed {key}"
        assert (refused.status, command in refused.err) == (1, True), refused.err
        assert room.roomctl(*command.split()[1:]).status == 0
        assert room.roomctl("walkthrough", "import", str(other)).status == 0
        shown = room.roomctl("walkthrough", "show", "zoom-3").out
        assert f"signed by room reed, key {key}" in shown
        assert room.roomctl("walkthrough", "import", str(folder), "--name", "x").status == 1
        out = room.roomctl("walkthrough", "export", "zoom-1").out
        assert out.encode() == file


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("zoom-1.toml", b"platform = 1", "walkthrough 'zoom-1': "),
        ("zoom-1.toml", b"\xff\xfe", "walkthrough 'zoom-1': "),
        ("zoom-1.toml", b"x" * (2 * 1024 * 1024 + 1), "the most is 2097152"),
        ("Zoom One.toml", b"", "'Zoom One' is not a name"),
        (None, b"", "No such file"),
    ],
    ids=["other", "no_text", "too_long", "name", "gone"],
)
def test_a_file_that_is_none_is_refused_before_any_room_is_asked(
    tmp_path: Path, name: str | None, data: bytes, why: str
) -> None:
    path = tmp_path / (name or "nothing.toml")
    if name:
        path.write_bytes(data)
    said = roomctl(tmp_path, "walkthrough", "import", str(path))
    assert (said.status, why in said.err) == (1, True), said.err
    assert len(said.err) < 1000
