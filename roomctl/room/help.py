"""What people in the room report to be wrong: an issue each, until staff close it.

A report is one of six choices and perhaps a word. With it go the room's state and the end of its
log as they were then, without secrets; both are kept over a restart, and are for staff alone. What
a panel could not send while it had no connection says how long ago it was written.

So nobody can bury the others: of one caller 5 are taken an hour, of all 20 at a time. Knows no
HTTP; what goes with a report comes from `evidence`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from roomctl.clock import Clock, Moment
from roomctl.command import AgoSeconds, Identifier, Number, Result, Source, TroubleWord, command
from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Part
from roomctl.roles import Right
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

MOST_OPEN = 20
AN_HOUR = 5  # of one caller
HOUR_S = 3600.0
CALLERS = 1000  # that are told apart within an hour
REMEMBERED = 64  # closed ones, so that what is sent twice is one report
LONGEST_STATE, LONGEST_LOG = 48_000, 12_000  # characters
_FILE = "help"

Trouble = Literal["no_sound", "not_heard", "camera", "screen", "join", "other"]


@frozen
class HelpReport:
    """What somebody reported; `state` is JSON of the room then, `log` the end of its log."""

    number: int
    report: str
    about: Trouble
    word: str
    at: datetime
    requested_by: str
    requested_by_name: str
    state: str
    log: str


class HelpReports(Part):
    """The reports that nobody has closed yet; without a store they are forgotten at the end."""

    def __init__(self, store: Store | None, clock: Clock, changed: Callable[[], None]) -> None:
        self._store, self._clock, self._changed = store, clock, changed
        kept = store.read(_FILE, _fits) if store is not None else {}
        self._open: tuple[HelpReport, ...] = tuple(_reports(kept))
        self._last = max((one.number for one in self._open), default=0)
        self._last = max(self._last, kept.get("last", 0))
        closed = kept.get("closed", [])
        self._closed: deque[str] = deque(closed[-REMEMBERED:], maxlen=REMEMBERED)
        self._said: dict[tuple[str, str], list[float]] = {}
        self.evidence: Callable[[], tuple[str, str]] = lambda: ("", "")
        """The room's state as JSON and the end of its log, both without secrets."""

    @property
    def open(self) -> tuple[HelpReport, ...]:
        """What is not closed yet, oldest first."""
        return self._open

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        return tuple(
            IssueEntry("help", str(one.number), {"about": one.about, "number": one.number}, one.at)
            for one in self._open
        )

    @command("help.report", Right.COMPLAIN)
    async def _report(
        self,
        source: Source,
        about: Trouble,
        report: Identifier,
        word: TroubleWord = "",
        ago_s: AgoSeconds = 0,
    ) -> Result:
        """Report a fault to staff, with the room's state and the end of its log.

        `report` is an id that the caller chooses: the same id again is the same report.
        """
        known = next((one for one in self._open if one.report == report), None)
        if known is not None:
            return {"number": known.number}
        if report in self._closed:
            return {"number": None}
        self._refuse_too_many(source)
        state, log = self.evidence()
        at = self._clock.now().wall - timedelta(seconds=ago_s)
        new = HelpReport(
            self._last + 1,
            report,
            about,
            word,
            at,
            source.role,
            source.name,
            state if len(state) <= LONGEST_STATE else "",
            log[-LONGEST_LOG:],
        )
        self._last = new.number
        before, self._open = self._open, (*self._open, new)
        await self._keep(before)
        _log.warning("help: report %d of %s: %s", new.number, source.name, about)
        return {"number": new.number}

    @command("help.close", Right.RELIEVE)
    async def _close(self, source: Source, number: Number) -> None:
        """Close a report, and delete what was sent with it."""
        found = next((one for one in self._open if one.number == number), None)
        if found is None:
            known = ", ".join(str(one.number) for one in self._open) or "none"
            raise Refused(
                "room", "unknown_report", f"no report {number} is open; there is: {known}"
            )
        before = self._open
        self._open = tuple(one for one in self._open if one is not found)
        self._closed.append(found.report)
        await self._keep(before)

    def _refuse_too_many(self, source: Source) -> None:
        now_s = self._clock.mono_s()
        recent = {
            who: [at for at in times if now_s - at < HOUR_S] for who, times in self._said.items()
        }
        self._said = {who: times for who, times in recent.items() if times}
        mine = self._said.get((source.role, source.name), [])
        if len(mine) >= AN_HOUR or len(self._said) >= CALLERS:
            why = f"{AN_HOUR} reports within an hour are taken of one caller; staff know already"
            raise Refused("room", "reported_often", why)
        if len(self._open) >= MOST_OPEN:
            why = f"{MOST_OPEN} reports are open, and no more are kept; staff close them first"
            raise Refused("room", "reports_full", why)
        self._said[source.role, source.name] = [*mine, now_s]

    async def _keep(self, before: tuple[HelpReport, ...]) -> None:
        """Write down what is open now; what cannot be written is not so."""
        if self._store is not None:
            document = {
                "last": self._last,
                "closed": list(self._closed),
                "open": [_kept(one) for one in self._open],
            }
            try:
                await in_thread(self._store.write, _FILE, document)
            except OSError as error:
                self._open = before
                where = self._store.folder / f"{_FILE}.json"
                raise RoomctlError(f"{where}: cannot be written: {error}") from error
        self._changed()


def _kept(one: HelpReport) -> dict[str, Any]:
    return {
        "number": one.number,
        "report": one.report,
        "about": one.about,
        "word": one.word,
        "at": one.at.isoformat(),
        "requested_by": one.requested_by,
        "requested_by_name": one.requested_by_name,
        "state": one.state,
        "log": one.log,
    }


_TEXTS = ("report", "word", "at", "requested_by", "requested_by_name", "state", "log")


def _fits(document: Mapping[str, Any]) -> bool:
    """Whether a document is one that was written here."""
    last, closed, entries = (document.get(key) for key in ("last", "closed", "open"))
    return (
        type(last) is int
        and last >= 0
        and isinstance(closed, list)
        and all(isinstance(one, str) for one in closed)
        and isinstance(entries, list)
        and all(_fits_report(one) for one in entries)
    )


def _fits_report(one: object) -> bool:
    if not isinstance(one, dict) or type(one.get("number")) is not int:
        return False
    if one.get("about") not in get_args(Trouble):
        return False
    if not all(isinstance(one.get(key), str) for key in _TEXTS):
        return False
    try:
        return datetime.fromisoformat(one["at"]).tzinfo is not None
    except ValueError:
        return False


def _reports(document: Mapping[str, Any]) -> Iterable[HelpReport]:
    for one in document.get("open", [])[:MOST_OPEN]:
        texts = {key: one[key] for key in _TEXTS if key != "at"}
        at = datetime.fromisoformat(one["at"])
        report = HelpReport(number=one["number"], about=one["about"], at=at, **texts)
        state, log = report.state[:LONGEST_STATE], report.log[-LONGEST_LOG:]
        yield replace(report, state=state, log=log)
