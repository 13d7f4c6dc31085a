"""`roomctl export` and `roomctl import`: a room without its secrets, onto another box.

Along go room.toml, what people changed on panels, the room's id, pictures of presets, and the
site's own profiles and platforms, where they stand beside room.toml. Nothing that lets somebody in
goes along: tokens, paired browsers, the PIN, secrets. Nor does the room's past.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from json import dumps as quoted
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl.cli.language import say
from roomctl.errors import ConfigError, FileError, Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.secret import name_of
from roomctl.store import Settings, applied_text
from roomctl.store.archive import LARGEST_ARCHIVE, NAMES, NoArchive, packed, unpacked
from roomctl.store.configs import LONGEST
from roomctl.store.disk import whole, write_whole
from roomctl.store.documents import parsed
from roomctl.store.settings import BACKUP
from roomctl.toml_lines import lines_of

SERVICE_STATE = Path("/var/lib/roomctl")
LEFT_OUT = ("tokens", "sessions", "pin", "people", "secrets", "history", "audit")
"""What never goes along: it would let somebody in, or tells of people."""

USUAL_DIR = "secrets"
BY_HAND = "import it on the box: `sudo roomctl import FILE`"

_STATE = ("settings.toml", "room.json")
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@frozen
class ExportedRoom:
    """An archive, the secrets that the new box must be given, and what stands elsewhere."""

    data: bytes
    files: tuple[str, ...]
    secrets: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


@frozen
class JudgedImport:
    """What an archive means on this box: the file of it for each path, and which secrets lack."""

    targets: Mapping[str, str]
    secrets: tuple[str, ...]


@frozen
class Afar:
    """An import that comes by the API; `secrets_dir` is the running one: nobody moves it."""

    secrets_dir: str | None


Look = Callable[[Mapping[str, bytes], Path, Path, Afar | None], JudgedImport]
"""Finds out what the files of an archive mean, as `judged` does."""


@frozen
class PlannedImport:
    """What an archive would write, and what is to be done afterwards."""

    targets: Mapping[Path, bytes]
    secrets: tuple[str, ...]
    over: tuple[Path, ...] = ()


def state_folder(config: Path, given: Path | None) -> Path:
    """Return where a room keeps its state: the service's, for a file in /etc."""
    if given is not None:
        return given
    if "STATE_DIRECTORY" not in os.environ and config.absolute().is_relative_to("/etc"):
        return SERVICE_STATE
    return configuration.state_path()


def export(config: Path, state: Path) -> ExportedRoom:
    """Pack a room; RoomctlError says what cannot be read, or where a secret cannot be taken out."""
    text = _text_that_counts(config, state)
    shared, names = without_secrets(text, str(config))
    files = {"room.toml": shared.encode()}
    for name in _STATE:
        with contextlib.suppress(FileNotFoundError):
            files[name] = _bytes(state / name)
    with contextlib.suppress(FileNotFoundError):
        for path in sorted((state / "pictures").iterdir()):
            if path.is_file() and NAMES.fullmatch(f"pictures/{path.name}"):
                files[f"pictures/{path.name}"] = _bytes(path)
    elsewhere = []
    for prefix, folder in _site_folders(tomllib.loads(text), config):
        if not folder.is_relative_to(config.absolute().parent):
            elsewhere.append(str(folder))
            continue
        for path in sorted(folder.glob("*.toml")):
            files[f"{prefix}/{path.name}"] = _bytes(path)
    try:
        data = packed(files)
    except ValueError as error:
        raise RoomctlError(f"{config}: {error}") from error
    return ExportedRoom(data, tuple(sorted(files)), names, tuple(elsewhere))


def _bytes(path: Path) -> bytes:
    try:
        return whole(path)
    except ValueError as error:
        raise RoomctlError(f"{path}: {error}") from error


def _text_that_counts(config: Path, state: Path) -> str:
    """Return room.toml, or what was applied by the API in its place."""
    applied = applied_text(state, config)
    return configuration.text_of(config) if applied is None else applied


def _site_folders(data: Mapping[str, Any], config: Path) -> Iterator[tuple[str, Path]]:
    """Yield the folders with files of the site's own, by where they stand in an archive."""
    base = config.absolute().parent
    for kind, table in app.TABLES.items():
        given = data.get(kind)
        folder = given.get("profiles") if isinstance(given, dict) else None
        if table.site_profiles and isinstance(folder, str):
            yield f"profiles/{kind}", Path(os.path.normpath(base / folder))
    meeting = data.get("meeting")
    if isinstance(meeting, dict) and isinstance(meeting.get("platforms"), str):
        yield "platforms", Path(os.path.normpath(base / meeting["platforms"]))


# Secrets


def without_secrets(text: str, file: str) -> tuple[str, tuple[str, ...]]:
    """Return a room.toml with `secret:NAME` for each secret, and all those names.

    RoomctlError for one that cannot be taken out; it names the key.
    """
    config = app.parse(text, file)
    keys = sorted(configuration.plain_secrets(config))
    taken = set(_named(tomllib.loads(text)))
    for key in keys:
        name = _free(_UNSAFE.sub("-", key.replace(".", "-")).strip("-.")[:60], taken)
        taken.add(name)
        text = _replaced(text, file, tuple(key.split(".")), f"secret:{name}")
    return text, tuple(sorted(set(_named(tomllib.loads(text)))))


def _free(name: str, taken: set[str]) -> str:
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 1000))) if one not in taken)


def _replaced(text: str, file: str, path: tuple[str, ...], new: str) -> str:
    """Return a text in which one value is another; all else is as it was, to the byte."""
    data = tomllib.loads(text)
    numbers = {tuple(map(str, key)): number for key, number in lines_of(text).items()}
    value, line = _at(data, path), numbers.get(path)
    lines = re.split(r"(?<=\n)", text)  # as TOML counts them
    if isinstance(value, str) and line is not None:
        for found in _TEXT.finditer(lines[line - 1]):
            if _parsed(found[0]) == value:
                there = lines[line - 1]
                changed = there[: found.start()] + quoted(new) + there[found.end() :]
                tried = "".join([*lines[: line - 1], changed, *lines[line:]])
                if tomllib.loads(tried) == _set(data, path, new):
                    return tried
    why = "holds a secret that cannot be taken out; `roomctl secret set NAME`, then secret:NAME"
    raise ConfigError(file, ".".join(path), why, line=line)


def _parsed(token: str) -> object:
    try:
        return tomllib.loads(f"x = {token}")["x"]
    except tomllib.TOMLDecodeError:
        return None


def _at(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - TOML
    for key in path:
        value = value[int(key)] if isinstance(value, list) else value.get(key)
        if value is None:
            return None
    return value


def _set(value: Any, path: tuple[str, ...], new: str) -> Any:  # noqa: ANN401 - TOML
    if not path:
        return new
    if isinstance(value, list):
        at = int(path[0])
        return [*value[:at], _set(value[at], path[1:], new), *value[at + 1 :]]
    return {**value, path[0]: _set(value[path[0]], path[1:], new)}


def _named(value: object) -> Iterator[str]:
    """Yield the names of the secrets that are referred to."""
    match value:
        case str():
            with contextlib.suppress(RoomctlError):
                if name := name_of(value):
                    yield name
        case dict():
            for one in value.values():
                yield from _named(one)
        case list():
            for one in value:
                yield from _named(one)


# Import


def planned(
    data: bytes, config: Path, state: Path, *, afar: Afar | None = None, look: Look | None = None
) -> PlannedImport:
    """Return what an archive would write; RoomctlError for one that is not to be used.

    What its files mean is found out by a process of its own, unless `look` is another way.
    """
    from roomctl.cli import judging

    files = unpacked(data)
    found = (look or judging.in_child)(files, config, state, afar)
    targets = {Path(path): files[name] for path, name in found.targets.items()}
    over = tuple(path for path in targets if os.path.lexists(path))
    return PlannedImport(targets, found.secrets, over)


def judged(
    files: Mapping[str, bytes], config: Path, state: Path, afar: Afar | None = None
) -> JudgedImport:
    """Return what the files of an archive mean on this box; RoomctlError if they cannot be used."""
    text = _decoded(files["room.toml"])
    read = configuration.read(text, "room.toml")
    targets: dict[str, str] = {}
    folders = dict(_site_folders(read, config))
    for name in sorted(files):
        if name in _STATE or name.startswith("pictures/"):
            targets[str(state / name)] = name
        elif name != "room.toml":
            targets[str(_beside(name, folders, config))] = name
    if "settings.toml" in files:
        targets[str(state / BACKUP)] = "settings.toml"
    targets[str(config)] = "room.toml"  # the last: a room without it does not start
    _judge(text, files, config)
    secrets = configuration.secret_files(read, str(config.absolute()))
    known = {*secrets.names()}
    missing = tuple(name for name in sorted(set(_named(read))) if name not in known)
    if afar is not None:
        _judge_from_afar(text, files, config, afar, None if missing else secrets.folder)
    return JudgedImport(targets, missing)


def _judge_from_afar(
    text: str, files: Mapping[str, bytes], config: Path, afar: Afar, secrets: Path | None
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
        raise NoArchive(f"{name}: its room.toml names no folder beside it for that")
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
        own = _at(configuration.read(text, "room.toml"), ("meeting", "platforms"))
        if isinstance(own, str) and Path(own).is_relative_to(config.absolute().parent):
            where = str(Path(scratch) / "platforms")
            Path(where).mkdir()
            text = _replaced(text, "room.toml", ("meeting", "platforms"), where)
        for prefix, folder in _site_folders(tomllib.loads(text), tried):
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
    value = _at(tomllib.loads(text), tuple(error.key.split(".")))
    return isinstance(value, str) and "secret:" in value


def carry_out(plan: PlannedImport, *, state: Path, force: bool, now: datetime) -> list[Path]:
    """Write what is planned, all of it or nothing; return the copies of what was there.

    RoomctlError: something is there, and `force` was not given, or a room runs.
    """
    if plan.over and not force:
        why = "is there already; --force writes over it, and keeps a copy"
        raise RoomctlError(f"{plan.over[0]}: {why}")
    with _alone(state), written(plan.targets, plan.over, now) as copies:
        return copies


@contextlib.contextmanager
def written(
    targets: Mapping[Path, bytes], over: Collection[Path], now: datetime
) -> Iterator[list[Path]]:
    """Write files, all of them or nothing; yield the copies of those that were there, `over`.

    An error puts everything back, one of the block, too. With the same `now` what a power cut
    ended is done again: a copy that is there is what was there first.
    """
    undone: list[Callable[[], object]] = []
    try:
        copies = [_copied(path, now) for path in over]
        for path, content in targets.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            undone.append(_undo(path, now, is_over=path in over))
            write_whole(path, content)
            _give(path)
        yield copies
    except BaseException:
        for undo in reversed(undone):
            with contextlib.suppress(OSError):
                undo()
        raise


def _kept_as(path: Path, now: datetime) -> Path:
    return path.with_name(f"{path.name}.{now:%Y-%m-%dT%H-%M-%SZ}")


def _copied(path: Path, now: datetime) -> Path:
    copy = _kept_as(path, now)
    if not copy.exists():
        write_whole(copy, _bytes(path))
        about = path.stat()
        copy.chmod(stat.S_IMODE(about.st_mode))
        if os.geteuid() == 0:
            os.chown(copy, about.st_uid, about.st_gid)
    return copy


def _undo(path: Path, now: datetime, *, is_over: bool) -> Callable[[], object]:
    return (lambda: os.replace(_kept_as(path, now), path)) if is_over else path.unlink


def _give(path: Path) -> None:
    """Have a file belong to whom its folder belongs: root writes for the service."""
    about = path.parent.stat()
    if os.geteuid() == 0 and about.st_uid != 0:
        os.chown(path, about.st_uid, about.st_gid)
    if path.name == "room.toml":
        path.chmod(0o640)
        if os.geteuid() == 0:
            with contextlib.suppress(LookupError):
                shutil.chown(path, group="roomctl")


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the state folder as a room does; RoomctlError while one runs on it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        why = "a room runs on it; stop it first: `sudo systemctl stop roomctl`"
        raise RoomctlError(f"{state}: {why}") from error
    finally:
        os.close(handle)


# Commands


def export_to(file: Path, config: Path, state: Path | None) -> dict[str, Any]:
    """Write an archive; return what is in it, for programs."""
    found = export(config, state_folder(config, state))
    write_whole(file, found.data)
    return {
        "file": str(file),
        "files": list(found.files),
        "secrets": list(found.secrets),
        "elsewhere": list(found.elsewhere),
        "left_out": list(LEFT_OUT),
    }


def export_words(said: Mapping[str, Any]) -> str:
    """Say what was written, and what the new box is to be given."""
    lines = [say("export.written", file=said["file"], count=len(said["files"]))]
    lines += [say("export.elsewhere", folder=folder) for folder in said["elsewhere"]]
    return "\n".join([*lines, *_to_do(said["secrets"])])


def import_from(
    file: Path,
    config: Path,
    state: Path | None,
    *,
    check: bool,
    force: bool,
    look: Look | None = None,
) -> dict[str, Any]:
    """Write what an archive holds, or only look; return that, for programs."""
    folder = state_folder(config, state)
    try:
        plan = planned(_archive(file), config, folder, look=look)
    except NoArchive as error:
        raise NoArchive(f"{file}: {error}; nothing is changed") from error
    copies = [] if check else carry_out(plan, state=folder, force=force, now=datetime.now(UTC))
    return {
        "written": not check,
        "files": [str(path) for path in plan.targets],
        "over": [str(path) for path in plan.over],
        "kept": [str(path) for path in copies],
        "secrets": list(plan.secrets),
        "config": str(config),
    }


def import_afar(
    file: Path, url: str, token: Path | None, *, check: bool, force: bool
) -> dict[str, Any]:
    """Have a room that runs become that of an archive, or only look; return what it says."""
    from roomctl.cli import ask

    asked = f"import?check={str(check).lower()}&force={str(force).lower()}"
    said = ask.upload(url, token, asked, _archive(file), "application/x-tar")
    return {**said, "written": said["kept"], "kept": [], "room": url}


def _archive(file: Path) -> bytes:
    with file.open("rb") as archive:
        if not stat.S_ISREG(os.fstat(archive.fileno()).st_mode):
            raise NoArchive("is no file")
        return archive.read(LARGEST_ARCHIVE + 1)


def import_words(said: Mapping[str, Any]) -> str:
    """Say what was written, or would be, and what is left to do."""
    over = {*said["over"]}
    afar = "room" in said
    key = "import.file" if said["written"] and not afar else "import.would"
    lines = [
        say(key, file=file) + (f"  {say('import.over')}" if file in over else "")
        for file in said["files"]
    ]
    lines += [say("init.kept", file=file) for file in said["kept"]]
    if afar:
        lines += [say("import.missing", name=name) for name in said["secrets"]]
        lines += [say("import.restarts")] if said["written"] else []
    elif said["written"]:
        lines += [*_to_do(said["secrets"]), say("import.then", config=said["config"])]
    if over and not said["written"]:
        lines.append(say("import.needs_force"))
    return "\n".join(lines)


def _to_do(secrets: Iterable[str]) -> list[str]:
    """Return what the new box needs of a person."""
    stored = [f"  roomctl secret set {name}" for name in secrets]
    return [say("export.anew"), *([say("export.secrets")] if stored else []), *stored]
