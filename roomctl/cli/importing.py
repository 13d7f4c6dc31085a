"""An import that came by the API: judged while the room runs, carried out before the next one does.

room.toml is not written: the archive's becomes a revision. A start that finds an import begun goes
on with it; one that cannot be carried out leaves everything as it was, and is set aside.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from roomctl import app
from roomctl import config as configuration
from roomctl.cli.judging import BY_HAND, RemoteImport
from roomctl.cli.moving import Look, PlannedImport, planned, written
from roomctl.command import Source
from roomctl.errors import ConfigError, Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.store import AppliedConfigs, ImportPlan, Imports, PendingImport, Store
from roomctl.store.archive import NoArchive
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

WHY = "import"  # of its revision, as the history says it


@frozen
class FinishedImport:
    """An import that was carried out, or was not, for the audit."""

    source: Source
    result: str


def judge(
    archive: bytes, config: Path, state: Path, secrets_dir: str | None, look: Look | None = None
) -> ImportPlan:
    """Return what an import would do to the room that runs; blocking. Refused says why none may.

    `secrets_dir` is that of the running configuration: nobody moves it from afar.
    """
    try:
        plan = planned(archive, config, state, afar=RemoteImport(secrets_dir), look=look)
    except NoArchive as error:
        raise Refused("room", "no_archive", str(error)) from error
    except ConfigError as error:
        raise Refused("room", "config_invalid", str(error)) from error
    targets = _changed(plan, config)
    for path in targets:
        if not _can_write(path):
            why = f"cannot be written by the room's program; {BY_HAND}"
            raise Refused("room", "not_writable", f"{path}: {why}", path=str(path))
    over = tuple(str(path) for path in targets if os.path.lexists(path))
    return ImportPlan(tuple(map(str, targets)), over, plan.secrets)


def _changed(plan: PlannedImport, config: Path) -> Mapping[Path, bytes]:
    """Return what is to be written but room.toml, without what is there already to the byte."""
    others = {path: data for path, data in plan.targets.items() if path != config}
    return {path: data for path, data in others.items() if not _is_there(path, data)}


def _is_there(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _can_write(path: Path) -> bool:
    if os.path.lexists(path) and not path.is_file():
        return False
    folder = next(one for one in path.parents if one.exists())
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


async def finish(config: Path, store: Store, look: Look | None = None) -> FinishedImport | None:
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
        plan = await in_thread(planned, archive, config, store.folder, look=look)
        await _carry_out(pending, plan, imports, config, store)
    except (RoomctlError, OSError) as error:
        _log.error("the import of %s is not carried out: %s", pending.name, error)
        imports.refuse(str(error))
        return FinishedImport(source, "failed: import")
    imports.done()
    _log.info("the import of %s is carried out", pending.name)
    return FinishedImport(source, "done")


async def _carry_out(
    pending: PendingImport, plan: PlannedImport, imports: Imports, config: Path, store: Store
) -> None:
    text = plan.targets[config].decode()
    if plan.secrets:
        raise RoomctlError(f"secrets are missing: {', '.join(plan.secrets)}")
    if pending.over is None or pending.new is None:
        changed = _changed(plan, config)
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
