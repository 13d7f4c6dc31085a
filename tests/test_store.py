"""What survives: whole or not at all, and nobody else's to read."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from roomctl.errors import Refused, RoomctlError
from roomctl.store import REVISIONS, Settings, Store

WRITER = """
import signal, sys
from pathlib import Path
from roomctl.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    store.write("state", {"number": number, "text": "x" * 20_000, "again": number})
    number += 1
    if number == 3 and len(sys.argv) > 2:
        signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))
"""
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from roomctl.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    Store(Path(sys.argv[1])).write("state", {"text": "x" * 20_000})
except OSError as error:
    print(type(error).__name__, error.errno)
"""


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    return done.stdout


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_what_was_written_is_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.read("state") == {}
    store.write("state", {"room": "竹厅", "n": 1})
    store.write("state", {"room": "竹厅", "n": 2})
    assert Store(tmp_path).read("state") == {"room": "竹厅", "n": 2}
    assert names(tmp_path) == ["state.json"]


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path / "state")
        store.write("admin", {"token": "t"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.folder / "admin.json").stat().st_mode) == 0o600


@pytest.mark.real
def test_a_writer_that_is_killed_leaves_a_whole_document(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    seen: set[int] = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        end = time.monotonic() + 10
        while len(seen) < 5 and time.monotonic() < end:
            document = Store(tmp_path).read("state")  # never half a document, even meanwhile
            if document:
                assert document["number"] == document["again"]
                seen.add(document["number"])
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
    document = Store(tmp_path).read("state")
    assert document["number"] == document["again"] >= max(seen)


@pytest.mark.real
def test_an_end_at_any_moment_never_damages_it(tmp_path: Path) -> None:
    for step in range(1, 9):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(0.0002 * step)]
        done = subprocess.run(command, capture_output=True)
        assert done.returncode == -signal.SIGALRM
        document = Store(tmp_path).read("state")
        assert document["number"] == document["again"]


@pytest.mark.real
def test_a_disk_that_is_full_leaves_the_old_document(tmp_path: Path) -> None:
    Store(tmp_path).write("state", {"old": True})
    assert run(FULL_DISK, tmp_path).startswith("OSError")
    assert Store(tmp_path).read("state") == {"old": True}
    assert names(tmp_path) == ["state.json"]


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    store.folder.rmdir()
    with pytest.raises(OSError, match="No such file"):
        store.write("state", {})


def test_a_document_that_cannot_be_json_leaves_the_old_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("state", {"old": True})
    with pytest.raises(TypeError):
        store.write("state", {"new": object()})
    assert store.read("state") == {"old": True}
    assert names(tmp_path) == ["state.json"]


@pytest.mark.parametrize("damage", [b"", b'{"a": 1', b"\xff\xfe", b"[1, 2]", b"null"])
def test_a_damaged_document_is_named_and_left_as_it_is(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(damage)
    with pytest.raises(RoomctlError, match=r"state\.json: .*move it away to begin anew"):
        Store(tmp_path).read("state")
    assert path.read_bytes() == damage


def test_it_is_plain_json(tmp_path: Path) -> None:
    Store(tmp_path).write("state", {"room": "竹厅"})
    text = (tmp_path / "state.json").read_text(encoding="utf-8")
    assert "竹厅" in text
    assert json.loads(text) == {"room": "竹厅"}


AT = datetime(2026, 11, 25, 9, 0, tzinfo=timezone(timedelta(hours=8)))
DOOR = ("camera", "front", "presets", "2")


async def test_what_people_changed_is_read_again_with_who_when_and_why(tmp_path: Path) -> None:
    text = 'Tür "links" \\ 门\x7f\n\t'
    await Settings(tmp_path).change(DOOR, text, "panel 1a2b", "named it", AT)
    again = Settings(tmp_path)
    assert again.now == {DOOR: text}
    (revision,) = again.revisions
    assert (revision.number, revision.at, revision.who) == (1, AT, "panel 1a2b")
    assert revision.why == "named it"
    assert stat.S_IMODE((tmp_path / "settings.toml").stat().st_mode) == 0o600


async def test_a_setting_that_is_forgotten_is_gone(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    await settings.change(DOOR, "Door", "staff", "named", AT)
    await settings.change(DOOR, None, "staff", "unnamed", AT)
    assert Settings(tmp_path).now == {}
    assert len(settings.revisions) == 2


async def test_a_rollback_restores_a_revision_to_the_byte(tmp_path: Path) -> None:
    def last(text: str) -> str:
        return text.rpartition("why = ")[2].partition("\n")[2]

    settings, file = Settings(tmp_path), tmp_path / "settings.toml"
    await settings.change(DOOR, "Door", "staff", "named", AT)
    await settings.change((*DOOR[:3], "1"), "Table", "staff", "named", AT)
    wanted = last(file.read_text(encoding="utf-8"))
    await settings.change(DOOR, "Wrong", "panel", "renamed", AT)
    await settings.roll_back(2, "staff", AT)
    assert last(file.read_text(encoding="utf-8")) == wanted
    assert Settings(tmp_path).revisions[-1].why == "back to revision 2"
    with pytest.raises(Refused, match="no revision 9 is kept; there is: 1 to 4"):
        await settings.roll_back(9, "staff", AT)


async def test_the_oldest_revisions_are_forgotten() -> None:
    settings = Settings()
    for number in range(REVISIONS + 3):
        await settings.change(DOOR, str(number), "staff", "counted", AT.astimezone(UTC))
    kept = [revision.number for revision in settings.revisions]
    assert kept == list(range(4, REVISIONS + 4))


async def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "gone")
    with pytest.raises(RoomctlError, match=r"settings\.toml: cannot be written"):
        await settings.change(DOOR, "Door", "staff", "named", AT)
    assert settings.now == {}


@pytest.mark.parametrize("text", ["[[revision]", "[[revision]]\nnumber = 1", "a = 1", "\xff"])
def test_settings_that_cannot_be_read_are_named_and_left(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(RoomctlError, match=r"settings\.toml: cannot be read"):
        Settings(tmp_path)
    assert file.read_bytes() == text.encode("latin-1")
