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
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl.cli import ask
from roomctl.cli.judging import STATE_FILES, JudgedImport, RemoteImport, in_child
from roomctl.cli.language import say
from roomctl.cli.room_text import replaced, secrets_named, site_folders
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.store import applied_text
from roomctl.store.archive import LARGEST_ARCHIVE, NAMES, NoArchive, packed, unpacked
from roomctl.store.disk import whole, write_whole

SERVICE_STATE = Path("/var/lib/roomctl")
LEFT_OUT = ("tokens", "sessions", "pin", "people", "secrets", "history", "audit")
"""What never goes along: it would let somebody in, or tells of people."""


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@frozen
class ExportedRoom:
    """An archive, the secrets that the new box must be given, and what stands elsewhere."""

    data: bytes
    files: tuple[str, ...]
    secrets: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


Look = Callable[[Mapping[str, bytes], Path, Path, RemoteImport | None], JudgedImport]
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
    for name in STATE_FILES:
        with contextlib.suppress(FileNotFoundError):
            files[name] = _bytes(state / name)
    with contextlib.suppress(FileNotFoundError):
        for path in sorted((state / "pictures").iterdir()):
            if path.is_file() and NAMES.fullmatch(f"pictures/{path.name}"):
                files[f"pictures/{path.name}"] = _bytes(path)
    elsewhere = []
    for prefix, folder in site_folders(tomllib.loads(text), config):
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


# Secrets


def without_secrets(text: str, file: str) -> tuple[str, tuple[str, ...]]:
    """Return a room.toml with `secret:NAME` for each secret, and all those names.

    RoomctlError for one that cannot be taken out; it names the key.
    """
    config = app.parse(text, file)
    keys = sorted(configuration.plain_secrets(config))
    taken = set(secrets_named(tomllib.loads(text)))
    for key in keys:
        name = _free(_UNSAFE.sub("-", key.replace(".", "-")).strip("-.")[:60], taken)
        taken.add(name)
        text = replaced(text, file, tuple(key.split(".")), f"secret:{name}")
    return text, tuple(sorted(set(secrets_named(tomllib.loads(text)))))


def _free(name: str, taken: set[str]) -> str:
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 1000))) if one not in taken)


# Import


def planned(
    data: bytes,
    config: Path,
    state: Path,
    *,
    afar: RemoteImport | None = None,
    look: Look | None = None,
) -> PlannedImport:
    """Return what an archive would write; RoomctlError for one that is not to be used.

    What its files mean is found out by a process of its own, unless `look` is another way.
    """
    files = unpacked(data)
    found = (look or in_child)(files, config, state, afar)
    targets = {Path(path): files[name] for path, name in found.targets.items()}
    over = tuple(path for path in targets if os.path.lexists(path))
    return PlannedImport(targets, found.secrets, over)


def carry_out(plan: PlannedImport, *, state: Path, force: bool, now: datetime) -> list[Path]:
    """Write what is planned, all of it or nothing; return the copies of what was there.

    RoomctlError: something is there, and `force` was not given, or a room runs.
    """
    if plan.over and not force:
        why = "exists; --force overwrites it, and keeps a copy"
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
    asked = f"import?check={str(check).lower()}&force={str(force).lower()}"
    said = ask.upload(url, token, asked, _archive(file), "application/x-tar")
    return {**said, "written": said["kept"], "kept": [], "room": url}


def _archive(file: Path) -> bytes:
    with file.open("rb") as archive:
        if not stat.S_ISREG(os.fstat(archive.fileno()).st_mode):
            raise NoArchive("is not a file")
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
