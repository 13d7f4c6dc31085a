"""`roomctl export` and `import`: a room on another box, and what is no room."""

from __future__ import annotations

import fcntl
import gzip
import io
import json
import os
import tarfile
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl import app
from roomctl.cli.judging import judged
from roomctl.cli.moving import (
    carry_out,
    export,
    export_to,
    export_words,
    import_from,
    import_words,
    planned,
    without_secrets,
)
from roomctl.errors import RoomctlError
from roomctl.installed import data_path
from roomctl.store.archive import LARGEST_FILE, LARGEST_TEXT, NoArchive, packed, unpacked
from tests.cli.rig import roomctl

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
CANARY = "k4n4rien"
ROOM = f"""# written by hand, 竹
[room]
display_name = "Bamboo"   # as on the door
[camera]
profiles = "cameras"
[camera.front]
url = "visca-ip://192.0.2.7"
profile = "our_ptz"
[calendar]
url = 'ics:https://calendar.example.org/{CANARY}.ics?key={CANARY}'
[[webhook]]
url = "https://example.org/hook?key={CANARY}"
secret = "whsec_azRuNHJpZW5rNG40cmllbg=="
events = ["call.joined"]
"""
SETTINGS = """[[revision]]
number = 1
at = 2026-11-26T09:00:00+00:00
who = "panel 1a2b3c4d"
why = "name of preset 2 of front"
"""


def a_room(folder: Path, text: str = ROOM) -> tuple[Path, Path]:
    """Return the room.toml and the state folder of a box on which a room has run."""
    config, state = folder / "etc" / "room.toml", folder / "state"
    (config.parent / "cameras").mkdir(parents=True)
    (state / "pictures").mkdir(parents=True)
    config.write_text(text)
    shipped = data_path("firmware_profiles") / "camera" / "sony_srg300h.toml"
    (config.parent / "cameras" / "our_ptz.toml").write_bytes(shipped.read_bytes())
    (state / "room.json").write_text('{"id": "7b1c"}')
    (state / "pictures" / "front.2.0a1b.jpg").write_bytes(b"\xff\xd8 a table")
    for secret in ("tokens.json", "sessions.json", "pin.json", "history.sqlite"):
        (state / secret).write_text(f'{{"{CANARY}": 1}}')
    return config, state


def empty(folder: Path) -> tuple[Path, Path]:
    folder.mkdir()
    return folder / "room.toml", folder / "state"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_restores_on_an_empty_box_and_exports_again_to_the_byte(tmp_path: Path) -> None:
    first = export(*a_room(tmp_path / "old"))
    config, state = empty(tmp_path / "new")
    carry_out(planned(first.data, config, state, look=judged), state=state, force=False, now=NOW)
    for name in first.secrets:  # what the new box is given by hand
        (config.parent / "secrets").mkdir(mode=0o700, exist_ok=True)
        value = "https://example.org/a" if "url" in name else "whsec_azRuNHJpZW5rNG40cmllbg=="
        value = f"ics:{value}" if "calendar" in name else value
        (config.parent / "secrets" / name).write_text(value)
        (config.parent / "secrets" / name).chmod(0o600)
    assert app.mistakes(config.read_text(), str(config)) == []
    assert export(config, state).data == first.data
    assert (state / "pictures" / "front.2.0a1b.jpg").read_bytes() == b"\xff\xd8 a table"
    assert (config.parent / "cameras" / "our_ptz.toml").exists()


@pytest.mark.parametrize("damaged", [b"{", b"\xff", b'{"revisions": [1]}', b"[" * 100_000])
def test_an_export_tells_of_no_file_that_it_made_and_moves_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    config, state = a_room(tmp_path)
    (state / "config.json").write_bytes(damaged)
    before = everything(tmp_path)
    assert b"Bamboo" in export(config, state).data
    assert caplog.text == ""
    assert everything(tmp_path) == before


def test_no_secret_and_nothing_that_lets_somebody_in_goes_along(tmp_path: Path) -> None:
    found = export(*a_room(tmp_path))
    assert CANARY.encode() not in found.data
    assert b"whsec_" not in found.data
    assert found.secrets == ("calendar-url", "webhook-0-secret", "webhook-0-url")
    assert not {name for name in found.files if "token" in name or "pin" in name}


def test_a_secret_is_taken_out_and_all_else_stays_to_the_byte() -> None:
    text, names = without_secrets(ROOM.replace('profiles = "cameras"', ""), "room.toml")
    assert names == ("calendar-url", "webhook-0-secret", "webhook-0-url")
    assert text.startswith("# written by hand, 竹\n[room]\n")
    assert 'display_name = "Bamboo"   # as on the door\n' in text
    assert tomllib.loads(text)["calendar"]["url"] == "secret:calendar-url"


def test_a_secret_that_cannot_be_taken_out_is_named_with_its_key() -> None:
    text = '[calendar]\nurl = """\nics:https://example.org/a?key=1"""\n'
    with pytest.raises(RoomctlError, match=r"calendar\.url: has a secret"):
        without_secrets(text, "room.toml")


def test_the_same_files_are_the_same_bytes_whoever_packs_them() -> None:
    files = {"room.toml": b"a", "pictures/a.1.b.jpg": b"b"}
    assert packed(files) == packed(dict(reversed(files.items())))
    assert unpacked(packed(files)) == files


# What is no room


def made(entries: Mapping[str, bytes], *extra: tarfile.TarInfo, listed: object = None) -> bytes:
    """Return an archive with a list that fits, unless `listed` is another one."""
    import hashlib

    digests = {name: hashlib.sha256(data).hexdigest() for name, data in entries.items()}
    head = {"format": "roomctl-room", "version": 1, "files": digests}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in {"roomctl.json": json.dumps(listed or head).encode(), **entries}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in extra:
            archive.addfile(entry)
    return out.getvalue()


def header(name: str, kind: bytes, size: str, magic: bytes = b"ustar\x0000") -> bytes:
    """Return a header with a sum that fits, whatever it says."""
    block = bytearray(512)
    for at, said in ((0, name.encode()), (124, size.encode()), (156, kind), (257, magic)):
        block[at : at + len(said)] = said
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


def extended(kind: bytes, content: bytes, times: int = 1) -> bytes:
    """Return an archive before whose first file stand headers that change what it is."""
    head = header("././@PaxHeader", kind, f"{len(content):011o}")
    return (head + content + bytes(-len(content) % 512)) * times + GOOD


def link(kind: bytes, name: str = "settings.toml", to: str = "/etc/passwd") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, to
    return entry


PLAIN = b'[room]\ndisplay_name = "Bamboo"\n'
GOOD = made({"room.toml": PLAIN})
HUGE = tarfile.TarInfo("settings.toml")
HUGE.size = LARGEST_FILE + 1
SAID = {"format": "roomctl-room", "version": 2, "files": {}}
HOSTILE = {
    "up": made({"room.toml": PLAIN, "../../etc/cron.d/x": b"x"}),
    "absolute": made({"room.toml": PLAIN, "/etc/cron.d/x": b"x"}),
    "up in pictures": made({"room.toml": PLAIN, "pictures/../../x": b"x"}),
    "hidden": made({"room.toml": PLAIN, "pictures/.bashrc": b"x"}),
    "tokens": made({"room.toml": PLAIN, "tokens.json": b"{}"}),
    "a pin": made({"room.toml": PLAIN, "pin.json": b"{}"}),
    "symlink": made({"room.toml": PLAIN}, link(tarfile.SYMTYPE)),
    "hard link": made({"room.toml": PLAIN}, link(tarfile.LNKTYPE)),
    "device": made({"room.toml": PLAIN}, link(tarfile.CHRTYPE)),
    "folder": made({"room.toml": PLAIN}, link(tarfile.DIRTYPE)),
    "twice": made({"room.toml": PLAIN}, tarfile.TarInfo("room.toml")),
    "not listed": made({"room.toml": PLAIN}, tarfile.TarInfo("settings.toml")),
    "more than there is": made({"room.toml": PLAIN}) + b"",
    "version": made({"room.toml": PLAIN}, listed=SAID),
    "no list": made({"room.toml": PLAIN}, listed={"format": "another"}),
    "no room": made({"room.json": b'{"id": "x"}'}),
    "no toml": made({"room.toml": b"[room"}),
    "no text": made({"room.toml": b"\xff\xfe"}),
    "a mistake": made({"room.toml": b'[room]\nname = "x"\n'}),
    "no settings": made({"room.toml": PLAIN, "settings.toml": b"\x00"}),
    "no id": made({"room.toml": PLAIN, "room.json": b"[]"}),
    "profiles elsewhere": made(
        {
            "room.toml": PLAIN + b'[camera]\nprofiles = "/etc/cron.d"\n',
            "profiles/camera/x.toml": b"",
        }
    ),
    "damaged": GOOD.replace(b"Bamboo", b"Bambo0"),
    "cut off": GOOD[:1600],
    "cut off in its head": GOOD[:300],
    "compressed": gzip.compress(GOOD),
    "bomb": gzip.compress(bytes(32 << 20)),
    "pax header that a pattern looks at for seconds": extended(b"x", b"1" * 60_000),
    "pax header with a name": extended(b"x", b"20 path=../../etc/x\n"),
    "global pax header": extended(b"g", b"20 path=../../etc/x\n"),
    "chain of long names": extended(b"L", b"a", 2000),
    "chain of pax headers": extended(b"x", b"6 a=b\n", 2000),
    "sparse": extended(b"S", b""),
    "size in base 256": header("room.toml", b"0", "\x80" + "\0" * 10 + "\x7f"),
    "size below nothing": header("room.toml", b"0", "-0000000001"),
    "size of spaces": header("room.toml", b"0", " " * 11),
    "magic of GNU": header("room.toml", b"0", "00000000000", b"ustar  \0") + bytes(1024),
    "sum that is wrong": header("room.toml", b"0", "00000000000").replace(b"room", b"mroo"),
    "data after its end": GOOD + b"x",
    "toml in brackets": made({"room.toml": b"a = " + b"[" * 50_000}),
    "toml in tables": made({"room.toml": b"a = " + b"{a = " * 50_000}),
    "toml with a key of many parts": made({"room.toml": b"a." * 30_000 + b"a = 1"}),
    "toml with a table of many parts": made({"room.toml": b"[" + b"a." * 30_000 + b"a]"}),
    "toml with a number of many digits": made({"room.toml": b"a = " + b"1" * 60_000}),
    "toml behind a string": made({"room.toml": b"a = ['''b'''', " + b"[" * 50_000}),
    "settings in brackets": made({"room.toml": PLAIN, "settings.toml": b"a = " + b"[" * 50_000}),
    "settings with a key": made({"room.toml": PLAIN, "settings.toml": b"a." * 30_000 + b"a = 1"}),
    "platform in brackets": made(
        {
            "room.toml": PLAIN + b'[meeting]\nplatforms = "ours"\n',
            "platforms/ours.toml": b"a = " + b"[" * 50_000,
        }
    ),
    "profile with a key": made(
        {
            "room.toml": PLAIN + b'[camera]\nprofiles = "ours"\n[camera.a]\nprofile = "x"\n',
            "profiles/camera/x.toml": b"a." * 30_000 + b"a = 1",
        }
    ),
    "id in brackets": made({"room.toml": PLAIN, "room.json": b"[" * 4000}),
    "list in brackets": made({}, listed="[" * 4000),
    "toml that is large": made({"room.toml": PLAIN + b"#" * LARGEST_TEXT}),
    "empty": b"",
    "noise": os.urandom(4096),
}
del HOSTILE["more than there is"]


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_room_is_refused_and_nothing_is_changed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    config, state = a_room(tmp_path / "box")
    before = everything(tmp_path)
    file = tmp_path / "given.tar"
    file.write_bytes(HOSTILE[what])
    with pytest.raises(RoomctlError):
        import_from(file, config, state, check=False, force=True, look=judged)
    assert everything(tmp_path) == {**before, str(file): HOSTILE[what]}
    assert "is damaged" not in caplog.text, "the log tells of a file of the room"


def test_a_file_that_says_to_be_huge_is_not_read() -> None:
    with pytest.raises(NoArchive):
        unpacked(made({"room.toml": PLAIN})[:-10240] + HUGE.tobuf() + bytes(10240))


def test_what_does_not_fit_is_not_packed() -> None:
    with pytest.raises(ValueError, match=r"room\.toml has more than"):
        packed({"room.toml": b"#" * (LARGEST_TEXT + 1)})


@pytest.mark.parametrize("name", ["pictures/" + "a" * 80, "profiles/" + "a" * 32 + "/b.toml"])
def test_long_names_come_back(name: str) -> None:
    files = {"room.toml": PLAIN, name: b"x"}
    assert unpacked(packed(files)) == files


@pytest.mark.real
def test_files_that_need_much_are_judged_in_a_process_of_their_own(tmp_path: Path) -> None:
    config, state = a_room(tmp_path / "box")
    before = everything(tmp_path)
    greedy = PLAIN + b"x = [" + b"[]," * (LARGEST_TEXT // 4) + b"]"
    file = tmp_path / "given.tar"
    for archive in (made({"room.toml": greedy}), HOSTILE["toml in brackets"]):
        file.write_bytes(archive)
        to = ("-c", str(config), "--state", str(state), "--force")
        said = roomctl(tmp_path, "import", str(file), *to)
        assert said.status == 1
        assert "Traceback" not in said.err
        assert len(said.err.splitlines()) < 5
    file.unlink()
    assert {path: data for path, data in everything(tmp_path).items() if path in before} == before


def test_check_writes_nothing_and_says_what_would_be(tmp_path: Path) -> None:
    file, box = tmp_path / "room.tar", tmp_path / "new"
    file.write_bytes(GOOD)
    config, state = empty(box)
    said = import_from(file, config, state, check=True, force=False, look=judged)
    assert import_words(said) == f"would be written: {config}"
    assert everything(box) == {}


def test_what_is_there_is_written_over_by_force_only_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "room.tar"
    file.write_bytes(GOOD)
    config, state = a_room(tmp_path / "box")
    before = config.read_bytes()
    with pytest.raises(RoomctlError, match="exists; --force"):
        import_from(file, config, state, check=False, force=False, look=judged)
    said = import_from(file, config, state, check=False, force=True, look=judged)
    assert config.read_bytes() == PLAIN
    assert Path(said["kept"][0]).read_bytes() == before


def test_a_disk_that_refuses_leaves_all_as_it_was(tmp_path: Path) -> None:
    first = export(*a_room(tmp_path / "old"))
    config, state = a_room(tmp_path / "box", PLAIN.decode())
    (state / "room.json").unlink()
    (state / "room.json").mkdir()  # no file takes its place
    before = everything(tmp_path / "box")
    plan = planned(first.data, config, state, look=judged)
    with pytest.raises(IsADirectoryError):
        carry_out(plan, state=state, force=True, now=NOW)
    after = everything(tmp_path / "box")
    assert {path: after[path] for path in before} == before


def test_a_room_that_runs_is_not_written_under_its_feet(tmp_path: Path) -> None:
    config, state = empty(tmp_path / "box")
    state.mkdir()
    held = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(RoomctlError, match="a room runs on it"):
        carry_out(planned(GOOD, config, state, look=judged), state=state, force=False, now=NOW)
    os.close(held)
    assert not config.exists()


def test_what_was_applied_by_the_api_is_what_goes_along(tmp_path: Path) -> None:
    config, state = a_room(tmp_path, PLAIN.decode())
    applied = PLAIN.replace(b"Bamboo", b"Pine").decode()
    revision = {"number": 1, "at": NOW.isoformat(), "who": "x", "why": "y", "text": applied}
    from roomctl.store.configs import digest

    kept = {"applied": 1, "newest": 1, "base": digest(config), "revisions": [revision]}
    (state / "config.json").write_text(json.dumps(kept))
    assert unpacked(export(config, state).data)["room.toml"].decode() == applied


def test_the_words_say_what_the_new_box_is_to_be_given(tmp_path: Path) -> None:
    config, state = a_room(tmp_path / "box")
    words = export_words(export_to(tmp_path / "room.tar", config, state))
    assert "  roomctl secret set calendar-url" in words
    assert "tokens, paired browsers, the PIN" in words


@pytest.mark.real
def test_the_commands_move_a_room(tmp_path: Path) -> None:
    config, state = a_room(tmp_path / "old", PLAIN.decode())
    new = tmp_path / "new"
    new.mkdir()
    file = str(tmp_path / "room.tar")
    at = ("-c", str(config), "--state", str(state))
    assert roomctl(tmp_path, "export", file, *at).status == 0
    to = ("-c", str(new / "room.toml"), "--state", str(new / "state"))
    assert roomctl(tmp_path, "import", file, "--check", "--json", *to).json["written"] is False
    assert roomctl(tmp_path, "import", file, *to).status == 0
    assert (new / "room.toml").read_bytes() == PLAIN
    again = roomctl(tmp_path, "import", file, *to, more={"LC_ALL": "zh_CN.UTF-8"})
    assert (again.status, "已存在" in again.err) == (1, True)
