"""The process in which the files of an import are read: what they mean, or why they are none.

    stdin   one line of JSON (where they would be written), then an archive, to the end
    stdout  a line of JSON: {"targets": {PATH: NAME}, "secrets": [...]}, or an error (`_error`)

A file costs this process its time or its memory, and no other anything. Of a picture only the name
is sent.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl.cli.room_text import replaced, secrets_named, site_folders, value_at
from roomctl.errors import ConfigError, FileError, Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.store import Settings
from roomctl.store.archive import NoArchive, packed, unpacked
from roomctl.store.configs import LONGEST
from roomctl.store.documents import parsed
from roomctl.store.settings import BACKUP

MEMORY_BYTES = 256 * 1024 * 1024  # address space
CPU_S = 15  # kept by the kernel
CHILD_S = 60.0  # of wall time
LONGEST_WHY = 2000  # characters
STATE_FILES = ("settings.toml", "room.json")
USUAL_DIR = "secrets"
BY_HAND = "import it on the box: `sudo roomctl import FILE`"


@frozen
class JudgedImport:
    """What an archive means on this box: the file of it for each path, and which secrets lack."""

    targets: Mapping[str, str]
    secrets: tuple[str, ...]


@frozen
class RemoteImport:
    """An import that comes by the API; `secrets_dir` is the running one: nobody moves it."""

    secrets_dir: str | None


def in_child(
    files: Mapping[str, bytes], config: Path, state: Path, afar: RemoteImport | None
) -> JudgedImport:
    """Return what `judged` does, found out by a process with limits; blocking. RoomctlError."""
    task = {
        "config": str(config),
        "state": str(state),
        "afar": afar is not None,
        "secrets_dir": afar and afar.secrets_dir,
    }
    small = {n: b"" if n.startswith("pictures/") else data for n, data in files.items()}
    with tempfile.TemporaryDirectory(prefix="roomctl-import-") as scratch:
        try:
            answer = subprocess.run(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", __name__],
                input=json.dumps(task).encode() + b"\n" + packed(small),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a traceback may quote a room.toml
                env={**os.environ, "TMPDIR": scratch},
                timeout=CHILD_S,
                check=False,
            )
            return _heard(json.loads(answer.stdout))
        except (ValueError, subprocess.TimeoutExpired) as error:
            why = "was not read: its files take too much memory or time"
            raise NoArchive(why) from error


def main() -> None:
    """Read stdin, answer on stdout; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task = json.loads(sys.stdin.buffer.readline(16384))
    afar = RemoteImport(task["secrets_dir"]) if task["afar"] else None
    said: dict[str, Any]
    try:
        files = unpacked(sys.stdin.buffer.read())
        found = judged(files, Path(task["config"]), Path(task["state"]), afar)
        said = {"targets": dict(found.targets), "secrets": found.secrets}
    except RoomctlError as error:
        said = _error(error)
    except OSError as error:
        said = {"no_archive": f"cannot be looked at: {error}"}
    sys.stdout.write(json.dumps(said))


def _error(error: RoomctlError) -> dict[str, Any]:
    match error:
        case FileError():
            return {"file": [error.file, error.key, error.why[:LONGEST_WHY]], "line": error.line}
        case Refused():
            return {"refused": [error.code, error.why[:LONGEST_WHY]], "params": error.params}
    return {"no_archive": str(error)[:LONGEST_WHY]}


def _heard(said: Mapping[str, Any]) -> JudgedImport:
    match said:
        case {"targets": dict(targets), "secrets": list(secrets)}:
            return JudgedImport(targets, tuple(secrets))
        case {"file": [file, key, why], "line": line}:
            raise ConfigError(file, key, why, line=line)
        case {"refused": [code, why], "params": params}:
            raise Refused("room", code, why, **params)
        case {"no_archive": why}:
            raise NoArchive(why)
    raise ValueError("not an answer")


def judged(
    files: Mapping[str, bytes], config: Path, state: Path, afar: RemoteImport | None = None
) -> JudgedImport:
    """Return what the files of an archive mean on this box; RoomctlError if they cannot be used."""
    text = _decoded(files["room.toml"])
    read = configuration.read(text, "room.toml")
    targets: dict[str, str] = {}
    folders = dict(site_folders(read, config))
    for name in sorted(files):
        if name in STATE_FILES or name.startswith("pictures/"):
            targets[str(state / name)] = name
        elif name != "room.toml":
            targets[str(_beside(name, folders, config))] = name
    if "settings.toml" in files:
        targets[str(state / BACKUP)] = "settings.toml"
    targets[str(config)] = "room.toml"  # the last: a room without it does not start
    _judge(text, files, config)
    secrets = configuration.secret_files(read, str(config.absolute()))
    known = {*secrets.names()}
    missing = tuple(name for name in sorted(set(secrets_named(read))) if name not in known)
    if afar is not None:
        _judge_from_afar(text, files, config, afar, None if missing else secrets.folder)
    return JudgedImport(targets, missing)


def _judge_from_afar(
    text: str, files: Mapping[str, bytes], config: Path, afar: RemoteImport, secrets: Path | None
) -> None:
    """Raise Refused for what is the operator's to change; with `secrets`, for what lacks none."""
    if len(text) > LONGEST:
        why = f"room.toml has more than {LONGEST} characters; {BY_HAND}"
        raise Refused("room", "config_invalid", why)
    given = configuration.read(text, "room.toml").get("secrets", {}).get("dir")
    if (given or USUAL_DIR) != (afar.secrets_dir or USUAL_DIR):
        why = f"room.toml: secrets.dir: is not changed from afar; {BY_HAND}"
        raise Refused("room", "config_invalid", why)
    for one in () if secrets is None else mistakes(text, files, config, secrets):
        raise Refused("room", "config_invalid", f"room.toml: {one.key}: {one.why}")


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NoArchive(f"room.toml: is not UTF-8 (byte {error.start})") from error


def _beside(name: str, folders: Mapping[str, Path], config: Path) -> Path:
    """Return where a file of the site's own stands: nowhere but beside room.toml."""
    prefix, _, file = name.rpartition("/")
    folder = folders.get(prefix)
    if folder is None or not folder.is_relative_to(config.absolute().parent):
        raise NoArchive(f"{name}: its room.toml names no folder for it")
    if folder / file == config.absolute():
        raise NoArchive(f"{name}: would be written in the place of {config.name} itself")
    return folder / file


def _judge(text: str, files: Mapping[str, bytes], config: Path) -> None:
    """Raise RoomctlError for files that a room would not take; a secret may still be missing."""
    for one in mistakes(text, files, config):
        if not _is_missing_secret(one, text):
            raise ConfigError("room.toml", one.key, one.why, line=one.line)
    if "settings.toml" in files:
        _judge_settings(files["settings.toml"])
    if "room.json" in files:
        _judge_id(files["room.json"])


def mistakes(
    text: str, files: Mapping[str, bytes], config: Path, secrets: Path | None = None
) -> list[FileError]:
    """Return what is wrong with a room.toml and the files that come with it.

    `secrets`: the folder of those that a relative [secrets] dir means on this box.
    """
    with tempfile.TemporaryDirectory() as scratch:
        tried = Path(scratch) / "room.toml"
        own = value_at(configuration.read(text, "room.toml"), ("meeting", "platforms"))
        if isinstance(own, str) and Path(own).is_relative_to(config.absolute().parent):
            where = str(Path(scratch) / "platforms")
            Path(where).mkdir()
            text = replaced(text, "room.toml", ("meeting", "platforms"), where)
        for prefix, folder in site_folders(tomllib.loads(text), tried):
            for name, content in files.items():
                if name.startswith(f"{prefix}/") and folder.is_relative_to(scratch):
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / name.rpartition("/")[2]).write_bytes(content)
        if secrets is not None:
            there = configuration.secret_files(tomllib.loads(text), str(tried)).folder
            if there.is_relative_to(scratch) and ".." not in there.parts:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.symlink_to(secrets)
        return app.mistakes(text, str(tried))


def _judge_settings(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "settings.toml").write_bytes(data)
        try:
            Settings.of_another_program(Path(scratch))
        except RoomctlError as error:
            raise NoArchive(f"settings.toml: {error.__cause__}") from error


def _judge_id(data: bytes) -> None:
    try:
        known = isinstance(parsed(data).get("id"), str)
    except (ValueError, RecursionError):
        known = False
    if not known:
        raise NoArchive("room.json: holds no id of a room")


def _is_missing_secret(error: FileError, text: str) -> bool:
    value = value_at(tomllib.loads(text), tuple(error.key.split(".")))
    return isinstance(value, str) and "secret:" in value


if __name__ == "__main__":
    main()
