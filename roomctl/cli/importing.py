"""An import that came by the API: judged while the room runs, carried out before the next one does.

room.toml is not written: the archive's becomes a revision. A start that finds an import begun goes
on with it; one that cannot be carried out leaves everything as it was, and is set aside.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from roomctl import app
from roomctl import config as configuration
from roomctl.cli.moving import mistakes, planned, written
from roomctl.command import Source
from roomctl.errors import ConfigError, Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.store import AppliedConfigs, ImportPlan, Imports, PendingImport, Store
from roomctl.store.archive import NoArchive, unpacked
from roomctl.store.configs import LONGEST

_log = logging.getLogger(__name__)

USUAL_DIR = "secrets"
WHY = "import"  # of its revision, as the history says it
_BY_HAND = "import it on the box: `sudo roomctl import FILE`"


@frozen
class FinishedImport:
    """An import that was carried out, or was not, for the audit."""

    source: Source
    result: str


@frozen
class _Contents:
    """What an archive means on this box, but for room.toml itself."""

    text: str
    targets: Mapping[Path, bytes]
    secrets: tuple[str, ...]


def judge(archive: bytes, config: Path, state: Path, secrets_dir: str | None) -> ImportPlan:
    """Return what an import would do to the room that runs; blocking. Refused says why none may.

    `secrets_dir` is that of the running configuration: nobody moves it from afar.
    """
    try:
        found = _contents(archive, config, state)
    except NoArchive as error:
        raise Refused("room", "no_archive", str(error)) from error
    except ConfigError as error:
        raise Refused("room", "config_invalid", str(error)) from error
    if len(found.text) > LONGEST:
        why = f"room.toml has more than {LONGEST} characters; {_BY_HAND}"
        raise Refused("room", "config_invalid", why)
    given = tomllib.loads(found.text).get("secrets", {}).get("dir")
    if (given or USUAL_DIR) != (secrets_dir or USUAL_DIR):
        why = f"is not changed from afar; {_BY_HAND}"
        raise Refused("room", "config_invalid", f"room.toml: secrets.dir: {why}")
    if not found.secrets:
        _judge_with_secrets(archive, found.text, config)
    for path in found.targets:
        if not _can_write(path):
            why = f"cannot be written by the room's program; {_BY_HAND}"
            raise Refused("room", "not_writable", f"{path}: {why}", path=str(path))
    over = tuple(str(path) for path in found.targets if os.path.lexists(path))
    return ImportPlan(tuple(map(str, found.targets)), over, found.secrets)


def _contents(archive: bytes, config: Path, state: Path) -> _Contents:
    """Return what is to be written, without what is there already to the byte."""
    plan = planned(archive, config, state)
    others = {path: data for path, data in plan.targets.items() if path != config}
    changed = {path: data for path, data in others.items() if not _is_there(path, data)}
    return _Contents(plan.targets[config].decode(), changed, plan.secrets)


def _is_there(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _judge_with_secrets(archive: bytes, text: str, config: Path) -> None:
    folder = configuration.secret_files(tomllib.loads(text), str(config.absolute())).folder
    found = mistakes(text, unpacked(archive), config, folder)
    if found:
        why = f"room.toml: {found[0].key}: {found[0].why}"
        raise Refused("room", "config_invalid", why)


def _can_write(path: Path) -> bool:
    if os.path.lexists(path) and not path.is_file():
        return False
    folder = next(one for one in path.parents if one.exists())
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


async def finish(config: Path, store: Store) -> FinishedImport | None:
    """Carry out what waits, before the room that it is for begins; None: nothing does.

    Whoever calls holds the state folder. What fails is told in the log, and put back.
    """
    imports = Imports(store)
    found = imports.waiting()
    if found is None:
        return None
    pending, archive = found
    source = Source(pending.role, pending.name)
    try:
        await _carry_out(pending, archive, imports, config, store)
    except (RoomctlError, OSError) as error:
        _log.error("the import of %s is not carried out: %s", pending.name, error)
        imports.refuse(str(error))
        return FinishedImport(source, "failed: import")
    imports.done()
    _log.info("the import of %s is carried out", pending.name)
    return FinishedImport(source, "done")


async def _carry_out(
    pending: PendingImport, archive: bytes, imports: Imports, config: Path, store: Store
) -> None:
    plan = planned(archive, config, store.folder)
    text = plan.targets[config].decode()
    if plan.secrets:
        raise RoomctlError(f"secrets are missing: {', '.join(plan.secrets)}")
    if pending.over is None or pending.new is None:
        changed = _contents(archive, config, store.folder).targets
        over = [str(path) for path in changed if os.path.lexists(path)]
        new = [str(path) for path in changed if not os.path.lexists(path)]
        pending = imports.begin(pending, over, new)
    begun = {*map(Path, (*(pending.over or ()), *(pending.new or ())))}
    targets = {path: data for path, data in plan.targets.items() if path in begun}
    kept = [path for path in targets if str(path) in (pending.over or ())]
    with written(targets, kept, pending.at):
        for one in app.mistakes(text, str(config)):
            raise one
        configs = AppliedConfigs(store, config)
        counts = configs.text(configs.wanted) if configs.wanted else configuration.text_of(config)
        if counts != text:
            await configs.apply(text, pending.name, WHY, pending.at)
