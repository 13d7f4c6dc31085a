"""What survives: whole or not at all, and nobody else's to read."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.errors import Refused, RoomctlError
from roomctl.store import REVISIONS, Disk, Settings, Store, all_text
from tests.small_disk import fill, needs_root, small_disk

JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def nested(inside: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3)


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
        end = time.monotonic() + 60
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


DAMAGES = {
    "empty": b"",
    "cut off": b'{"a": "b"',
    "no text": b"\xff\xfe",
    "a list": b'["a", "b"]',
    "nothing": b"null",
    "no number": b'{"a": NaN}',
    "twice": b'{"a": "b", "a": "c"}',
    "half a character": b'{"a": "\\ud800"}',
    "deep": b'{"a": ' * 100_000,
    "deep and whole": b"[" * 100_000 + b"]" * 100_000,
    "a long number": b'{"a": ' + b"9" * 10_000 + b"}",
    "another shape": b'{"a": ["b"]}',
    "zeros": bytes(4096),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_document_is_set_aside_and_told(tmp_path: Path, damage: str) -> None:
    (tmp_path / "state.json").write_bytes(DAMAGES[damage])
    store = Store(tmp_path)
    assert store.read("state", all_text) == {}
    [told] = store.disk.quarantined
    assert told.file == "state.json"
    assert told.kept_as is not None
    assert (tmp_path / told.kept_as).read_bytes() == DAMAGES[damage]
    store.write("state", {"a": "b"})
    assert Store(tmp_path).read("state", all_text) == {"a": "b"}


@given(st.binary(max_size=200) | st.recursive(JSON, nested).map(json.dumps).map(str.encode))
def test_any_bytes_are_read_as_text_to_text_or_set_aside(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "state.json").write_bytes(data)
        store = Store(Path(folder))
        document = store.read("state", all_text)
        assert bool(store.disk.quarantined) == (not document and data.strip() != b"{}")
        store.write("state", document)
        assert Store(Path(folder)).read("state", all_text) == document


def test_it_is_plain_json(tmp_path: Path) -> None:
    Store(tmp_path).write("state", {"room": "竹厅"})
    text = (tmp_path / "state.json").read_text(encoding="utf-8")
    assert "竹厅" in text
    assert json.loads(text) == {"room": "竹厅"}


AT = datetime(2026, 11, 25, 9, 0, tzinfo=timezone(timedelta(hours=8)))
DOOR = ("camera", "front", "presets", "2")


async def test_what_people_changed_is_read_again_with_who_when_and_why(tmp_path: Path) -> None:
    text = 'Tür "links" \\ 门\x7f\n\t'
    await Settings(Disk(tmp_path)).change(DOOR, text, "panel 1a2b", "named it", AT)
    again = Settings(Disk(tmp_path))
    assert again.now == {DOOR: text}
    (revision,) = again.revisions
    assert (revision.number, revision.at, revision.who) == (1, AT, "panel 1a2b")
    assert revision.why == "named it"
    assert stat.S_IMODE((tmp_path / "settings.toml").stat().st_mode) == 0o600


async def test_a_setting_that_is_forgotten_is_gone(tmp_path: Path) -> None:
    settings = Settings(Disk(tmp_path))
    await settings.change(DOOR, "Door", "staff", "named", AT)
    await settings.change(DOOR, None, "staff", "unnamed", AT)
    assert Settings(Disk(tmp_path)).now == {}
    assert len(settings.revisions) == 2


async def test_a_rollback_restores_a_revision_to_the_byte(tmp_path: Path) -> None:
    def last(text: str) -> str:
        return text.rpartition("why = ")[2].partition("\n")[2]

    settings, file = Settings(Disk(tmp_path)), tmp_path / "settings.toml"
    await settings.change(DOOR, "Door", "staff", "named", AT)
    await settings.change((*DOOR[:3], "1"), "Table", "staff", "named", AT)
    wanted = last(file.read_text(encoding="utf-8"))
    await settings.change(DOOR, "Wrong", "panel", "renamed", AT)
    await settings.roll_back(2, "staff", AT)
    assert last(file.read_text(encoding="utf-8")) == wanted
    assert Settings(Disk(tmp_path)).revisions[-1].why == "back to revision 2"
    with pytest.raises(Refused, match="no revision 9 is kept; there is: 1 to 4"):
        await settings.roll_back(9, "staff", AT)


async def test_the_oldest_revisions_are_forgotten() -> None:
    settings = Settings()
    for number in range(REVISIONS + 3):
        await settings.change(DOOR, str(number), "staff", "counted", AT.astimezone(UTC))
    kept = [revision.number for revision in settings.revisions]
    assert kept == list(range(4, REVISIONS + 4))


async def test_a_disk_that_fails_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(Disk(tmp_path / "gone"))
    (tmp_path / "gone").rmdir()
    with pytest.raises(RoomctlError, match=r"settings\.toml: cannot be written"):
        await settings.change(DOOR, "Door", "staff", "named", AT)
    assert settings.now == {}


ONE = "number = 1\nat = 2026-11-25T09:00:00Z\nwho = 'a'\nwhy = 'b'\n"
BENT = {
    "empty": b"",
    "zeros": bytes(4096),
    "cut off": b"[[revision]",
    "no text": b"\xff",
    "something else": b"a = 1",
    "no list": b"revision = 7",
    "no tables": b"revision = [1, 2]",
    "nothing in it": b"[[revision]]\nnumber = 1",
    "no revisions": b"revision = []",
    "number": f"[[revision]]\n{ONE}".replace("= 1", "= true").encode(),
    "no time": f"[[revision]]\n{ONE}".replace("2026-11-25T09:00:00Z", "12:00:00").encode(),
    "no zone": f"[[revision]]\n{ONE}".replace("00Z", "00").encode(),
    "who": f"[[revision]]\n{ONE}".replace("'a'", "['a']").encode(),
    "a number's name": f"[[revision]]\n{ONE}settings.camera.front.presets.2 = 7".encode(),
    "settings": f"[[revision]]\n{ONE}settings = 'none'".encode(),
    "twice the same": f"[[revision]]\n{ONE}[[revision]]\n{ONE}".encode(),
    "deep": b"a = " + b"[" * 50_000,
    "deep keys": f"[[revision]]\n{ONE}settings.{'.'.join('a' * 900)} = 'b'".encode(),
    "a long key": f"[[revision]]\n{ONE}settings.{'1' * 5000} = 'b'".encode(),
}


@pytest.mark.parametrize("bent", BENT)
async def test_nothing_is_lost_with_damaged_settings(tmp_path: Path, bent: str) -> None:
    await Settings(Disk(tmp_path)).change(DOOR, "Door", "staff", "named", AT)
    (tmp_path / "settings.toml").write_bytes(BENT[bent])
    disk = Disk(tmp_path)
    assert Settings(disk).now == {DOOR: "Door"}
    [told] = disk.quarantined
    assert (told.file, told.restored) == ("settings.toml", True)
    assert told.kept_as is not None
    assert (tmp_path / told.kept_as).read_bytes() == BENT[bent]
    again = Disk(tmp_path)
    assert Settings(again).now == {DOOR: "Door"}
    assert again.quarantined == ()


@pytest.mark.parametrize("bent", ["empty", "no text", "deep"])
async def test_settings_without_a_whole_file_begin_anew(tmp_path: Path, bent: str) -> None:
    for name in ("settings.toml", "settings.toml.bak"):
        (tmp_path / name).write_bytes(BENT[bent])
    disk = Disk(tmp_path)
    settings = Settings(disk)
    assert settings.now == {}
    told = [(one.file, one.restored) for one in disk.quarantined]
    assert told == [("settings.toml", False), ("settings.toml.bak", False)]
    await settings.change(DOOR, "Door", "staff", "named", AT)
    assert Settings(Disk(tmp_path)).now == {DOOR: "Door"}


async def test_settings_that_are_gone_come_back_and_that_is_told(tmp_path: Path) -> None:
    await Settings(Disk(tmp_path)).change(DOOR, "Door", "staff", "named", AT)
    (tmp_path / "settings.toml").unlink()
    disk = Disk(tmp_path)
    assert Settings(disk).now == {DOOR: "Door"}
    assert [(one.file, one.restored) for one in disk.quarantined] == [("settings.toml", True)]
    assert (tmp_path / "settings.toml").exists()


async def test_a_damaged_backup_alone_loses_nothing_and_is_written_again(tmp_path: Path) -> None:
    await Settings(Disk(tmp_path)).change(DOOR, "Door", "staff", "named", AT)
    (tmp_path / "settings.toml.bak").write_bytes(b"")
    settings = Settings(Disk(tmp_path))
    assert settings.now == {DOOR: "Door"}
    await settings.change(DOOR, "Window", "staff", "named", AT)
    (tmp_path / "settings.toml").write_bytes(b"")
    assert Settings(Disk(tmp_path)).now == {DOOR: "Window"}


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_settings_or_set_aside(data: bytes, backup: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "settings.toml").write_bytes(data)
        Path(folder, "settings.toml.bak").write_bytes(backup)
        disk = Disk(Path(folder))
        assert Settings(disk).now == {}
        assert disk.quarantined[0].file == "settings.toml"


async def test_another_programs_settings_are_read_and_never_touched(tmp_path: Path) -> None:
    assert Settings.of_another_program(tmp_path / "none").now == {}
    await Settings(Disk(tmp_path)).change(DOOR, "Door", "staff", "named", AT)
    assert Settings.of_another_program(tmp_path).now == {DOOR: "Door"}
    (tmp_path / "settings.toml").write_bytes(b"a = [")
    with pytest.raises(RoomctlError, match=r"settings\.toml: cannot be read"):
        Settings.of_another_program(tmp_path)
    assert names(tmp_path) == ["settings.toml", "settings.toml.bak"]


@pytest.mark.real
@needs_root
async def test_a_name_that_a_full_disk_does_not_take_is_refused_and_the_old_one_stays(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk") as folder:
        settings = Settings(Disk(folder))
        await settings.change(DOOR, "Door", "staff", "named", AT)
        fill(folder)
        with pytest.raises(RoomctlError, match=r"settings\.toml: cannot be written: .*No space"):
            await settings.change(DOOR, "Window", "staff", "n" * 5000, AT)
        assert settings.now == Settings(Disk(folder)).now == {DOOR: "Door"}


def test_a_room_keeps_the_id_that_it_was_once_given(tmp_path: Path) -> None:
    first = Store(tmp_path / "state").room_id()
    assert Store(tmp_path / "state").room_id() == first
    assert Store(tmp_path / "other").room_id() != first
    (tmp_path / "state/room.json").write_text('{"id": 3}')
    assert Store(tmp_path / "state").room_id() not in ("3", first)


@pytest.mark.parametrize("left", ["admin.json", "sessions.json", "settings.toml", "bookings.json"])
def test_a_room_of_the_first_version_keeps_the_id_that_was_its_name(
    tmp_path: Path, left: str
) -> None:
    (tmp_path / left).write_text("{}")
    assert Store(tmp_path).room_id("Bamboo 2") == "Bamboo 2"
    assert Store(tmp_path).room_id("Pine") == "Bamboo 2"  # whatever it is called later


def test_a_room_that_never_ran_is_not_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "pin.json").write_text("{}")  # set before its first start
    (tmp_path / "people.json").write_text("{}")
    assert Store(tmp_path).room_id("Bamboo") != "Bamboo"


def test_a_room_without_a_disk_that_takes_writes_has_an_id_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    assert Store(tmp_path / "state").room_id()
