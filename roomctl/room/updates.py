"""A newer version of the program: looked for, and installed once nobody needs the room.

The room only asks, by a file that the box's updater watches (`roomctl.updater`, which is root), and
reads what that one writes down. Kept over a restart. Knows no package and no signature.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from roomctl.clock import Moment
from roomctl.command import Clock24, Result, Source, command
from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Part
from roomctl.roles import Right
from roomctl.room.document import UpdateEntry, UpdateResult, UpdateState
from roomctl.store import Store, all_text
from roomctl.store.disk import whole, write_whole
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

AHEAD_S = 1800.0  # no booking begins within that time
LOOK_S = 2.0
AGAIN_S = 120.0  # before what was asked for is asked again
LARGEST = 16 << 10
_FILE = "update"


@frozen
class UpdateFiles:
    """Where the updater of the box takes a request, and where it says how it is."""

    request: Path
    status: Path


class Updates(Part):
    """Asks for updates; without `files` this box has no updater, and each command is refused."""

    def __init__(
        self,
        files: UpdateFiles | None,
        store: Store | None,
        context: Context,
        in_use: Callable[[float], str | None],
        zone: Callable[[], ZoneInfo],
    ) -> None:
        """`in_use`: why the room is not free for so many seconds, or None."""
        self._files, self._store, self._context = files, store, context
        self._in_use, self._zone = in_use, zone
        self._kept = store.read(_FILE, all_text) if store is not None and files is not None else {}
        self._told: Mapping[str, Any] = {}
        self._looked = False
        self._asked_at: float | None = None

    @property
    def _wish(self) -> Mapping[str, str]:
        """Return what somebody asked for and the updater has not done; empty: nothing."""
        return self._kept if "id" in self._kept else {}

    def entry(self, now: Moment) -> UpdateEntry | None:
        """Return the section of the room document; None: this box has no updater."""
        if self._files is None:
            return None
        told, wish = self._told, self._wish
        state = _state(told)
        return UpdateEntry(
            state="waits" if wish and state == "idle" else state,
            installed=_text(told, "installed"),
            available=_text(told, "available"),
            request=_text(told, "request"),
            checked_at=_instant(told.get("checked_at")),
            refusal=_text(told, "refusal"),
            last=_result(told.get("last")),
            not_before=_instant(wish.get("at")) if wish else None,
            in_use=self._in_use(AHEAD_S),
            requested_by=wish.get("by", ""),
            requested_by_name=wish.get("name", ""),
        )

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        last = _result(self._told.get("last"))
        if self._files is None or last is None or last.outcome == "updated":
            return
        known = self._kept.get("known") == last.at.isoformat()
        if not known and last.code not in ("current", "in_use"):
            code = "update.went_back" if last.outcome == "went_back" else "update.refused"
            params = {"version": last.new, "reason": last.code, "detail": last.detail}
            yield IssueEntry(code, "update", {**params}, last.at)

    def tick(self) -> None:
        """Ask for what somebody wants once its time has come and nobody needs the room."""
        files, wish, now = self._files, self._wish, self._context.clock.now()
        if files is None or not wish or not self._looked or _state(self._told) != "idle":
            return
        at = _instant(wish.get("at"))
        if at is not None and (not now.synced or now.wall < at):
            return
        waits = self._asked_at is not None and now.mono_s - self._asked_at < AGAIN_S
        if not waits and self._in_use(AHEAD_S) is None:
            self._asked_at = now.mono_s
            self._context.act(self._ask(files, "install", wish["id"]))

    async def run(self) -> None:
        """Look at what the updater says until cancelled."""
        while self._files is not None:
            told = await in_thread(_read, self._files.status)
            told = self._told if told is None else told
            if told != self._told or not self._looked:
                await self._heard(told)  # before `tick` takes the wish for one that is still open
                self._told, self._looked = told, True
                self._context.changed()
            await asyncio.sleep(LOOK_S)
        await asyncio.Event().wait()

    async def _heard(self, told: Mapping[str, Any]) -> None:
        """Forget the wish that the updater has fulfilled, or will not."""
        wish = self._wish
        if wish and told.get("request") == wish["id"] and told.get("state") == "idle":
            if told.get("refusal") == "in_use":
                return  # somebody came before it began: once more, then
            try:
                await self._keep({})
            except RoomctlError as error:
                self._kept = {}
                _log.warning("%s", error)

    @command("update.check", Right.UPDATE)
    async def _check(self, source: Source) -> Result:
        """Look for a newer version of the program; the result is in the room document.

        `request`: what `maintenance.update.request` is once the updater has taken it.
        """
        files, name = self._known(), secrets.token_hex(8)
        await self._ask(files, "check", name)
        return {"request": name}

    @command("update.install", Right.UPDATE)
    async def _install(self, source: Source, at: Clock24 | None = None) -> Result:
        """Install the newest version once the room is free, not before `at` in the room's time.

        A room is free without call, people and a booking within 30 minutes. If the room is worse
        afterwards, the old version is restored, with its state. `request`: what
        `maintenance.update.request` is once the updater has taken it.
        """
        self._known()
        now = self._context.clock.now()
        if at is not None and not now.synced:
            why = "the clock of this box is not proven, so no time can be waited for"
            raise Refused("room", "clock_unproven", why)
        begins = "" if at is None else next_time(now.wall, at, self._zone()).isoformat()
        who = {"by": source.role, "name": source.name}
        wish = {"id": secrets.token_hex(8), "at": begins, **who}
        await self._keep(wish)
        self._asked_at = None
        self._context.changed()
        return {"request": wish["id"]}

    @command("update.cancel", Right.UPDATE)
    async def _cancel(self, source: Source) -> None:
        """Cancel the waiting update, and confirm that staff know how the last one ended.

        An update that is under way goes on.
        """
        self._known()
        last = _result(self._told.get("last"))
        await self._keep({} if last is None else {"known": last.at.isoformat()})
        self._context.changed()

    def _known(self) -> UpdateFiles:
        if self._files is None:
            why = "runs from no Debian package, which alone updates itself; see docs/upgrade.md"
            raise Refused("room", "no_updater", why)
        return self._files

    async def _ask(self, files: UpdateFiles, do: str, name: str) -> None:
        data = json.dumps({"do": do, "id": name}).encode("ascii")
        try:
            await in_thread(write_whole, files.request, data)
        except OSError as error:
            raise Refused("room", "no_updater", f"{files.request}: {error}") from error

    async def _keep(self, kept: dict[str, str]) -> None:
        if self._store is not None:
            try:
                await in_thread(self._store.write, _FILE, kept)
            except OSError as error:
                where = self._store.folder / f"{_FILE}.json"
                raise RoomctlError(f"{where}: cannot be written: {error}") from error
        self._kept = kept


def next_time(now: datetime, at: str, zone: ZoneInfo) -> datetime:
    """Return when it is `at` ("03:00") next in a zone; a time that a day leaves out comes later."""
    here = now.astimezone(zone)
    begins = datetime.combine(here.date(), time.fromisoformat(at), zone)
    if begins <= here:
        begins = datetime.combine(here.date() + timedelta(days=1), time.fromisoformat(at), zone)
    return begins.astimezone(now.tzinfo)


def _read(path: Path) -> Mapping[str, Any] | None:
    """Return what the updater wrote down; empty: it never ran; None: that makes no sense."""
    try:
        said = json.loads(whole(path, LARGEST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _state(told: Mapping[str, Any]) -> UpdateState:
    known: tuple[UpdateState, ...] = get_args(UpdateState)
    return next((one for one in known if one == told.get("state")), "idle")


def _text(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    return value[:300] if isinstance(value, str) else ""


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _result(told: object) -> UpdateResult | None:
    if not isinstance(told, dict):
        return None
    at, outcome = _instant(told.get("at")), told.get("outcome")
    if at is None or outcome not in ("updated", "went_back", "refused"):
        return None
    old, new, code, detail = (_text(told, key) for key in ("old", "new", "code", "detail"))
    return UpdateResult(outcome, old, new, code, detail, at)
