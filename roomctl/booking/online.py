"""What Microsoft Graph's and Google's calendars have in common: JSON, tokens, and writing.

An event is turned into a VEVENT and read as any other calendar is, in a process of its own: so it
means the same, and its texts have the same limits. Knows no vendor's words.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from roomctl.booking.agenda import Booking, CalendarRead, SkippedEvent
from roomctl.booking.change import (
    OWN,
    AskedToWait,
    BookingChange,
    ChangeKind,
    Conflict,
    WriteOutcome,
    Written,
    judged,
    ref_of,
)
from roomctl.booking.feed import CalendarReader
from roomctl.booking.ics import SERIES
from roomctl.errors import PortError, PortReason
from roomctl.frozen import frozen
from roomctl.wire import in_thread

if TYPE_CHECKING:
    import httpx

LARGEST = 4 * 1024 * 1024  # bytes of one answer
MOST_EVENTS = 5000
LIMIT_S = 10.0  # of one request
READ_S = 45.0  # of all pages
TOKEN_MARGIN_S = 120.0  # before its end a token is no longer used
_JUDGED_ANEW = 3
_PATIENCE_S = 60.0  # after a 429 that does not say how long
_DAY = timedelta(days=1)

Json = dict[str, Any]


@frozen
class OnlineEvent:
    """One occurrence, as a vendor tells it, in the words of iCalendar.

    `id` and `etag` are the vendor's. `answer` is the room's own PARTSTAT, "" if it is no guest;
    `owned`: the room has booked it; `series` is the vendor's id of what it repeats. `texts` are
    what may hold a link, by iCalendar name.
    """

    id: str
    etag: str
    start: date
    end: date
    title: str
    organizer: str
    address: str
    status: str
    busy: str
    private: bool
    answer: str
    owned: bool
    series: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    raw: Json = field(default_factory=dict, repr=False)

    @property
    def uid(self) -> str:
        return f"{self.id}{OWN}" if self.owned else self.id

    def lines(self, room: str) -> Iterable[str]:
        """Yield it as a VEVENT."""
        yield "BEGIN:VEVENT"
        yield f"UID:{_one(self.uid)}"
        yield _time("DTSTART", self.start)
        yield _time("DTEND", self.end)
        if self.series:
            yield f"{SERIES}:{_one(self.series)}"
        yield f"STATUS:{self.status}"
        yield f"X-MICROSOFT-CDO-BUSYSTATUS:{self.busy}"
        yield f"CLASS:{'PRIVATE' if self.private else 'PUBLIC'}"
        yield f"SUMMARY:{_text(self.title)}"
        if self.organizer or self.address:
            name = _one(self.organizer).replace('"', "'")
            yield f'ORGANIZER;CN="{name}":mailto:{_one(self.address)}'
        if self.answer:
            yield f"ATTENDEE;PARTSTAT={self.answer}:mailto:{_one(room)}"
        for name, text in self.texts.items():
            yield f"{name}:{_text(text)}"
        yield "END:VEVENT"


def _time(name: str, at: date) -> str:
    if isinstance(at, datetime):
        return f"{name}:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};VALUE=DATE:{at:%Y%m%d}"


def _one(text: str) -> str:
    return " ".join(text[:2000].split())


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


@frozen
class Answer:
    """What a server said: status, JSON ({} if it was none), and its ETag."""

    status: int
    said: Json
    etag: str = ""


class OnlineFeed(ABC):
    """A room's calendar at a vendor's API.

    `room` is the calendar's own address, `title` what the room's own bookings are called.
    """

    writes: frozenset[ChangeKind] = frozenset(
        ("reserve", "move_end", "check_in", "release", "restore")
    )

    def __init__(self, shown: str, room: str, zone: ZoneInfo, title: str) -> None:
        self.shown, self._room, self._zone, self._title = shown, room, zone, title
        self._reader = CalendarReader(shown, zone, room)
        self._one_at_a_time = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None
        self._token, self._token_until_s = "", 0.0
        self._unreadable = 0

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return every occurrence that touches the window; PortError, AskedToWait."""
        async with self._one_at_a_time:
            events = await self._within(READ_S, window_start, window_end)
            read = await self._read(events, window_start, window_end)
            left_out = self._unreadable
            skipped = (SkippedEvent("", "", "unreadable", left_out),) if left_out else ()
            return CalendarRead(read.bookings, (*read.skipped, *skipped), read.series + left_out)

    async def write(self, change: BookingChange) -> WriteOutcome:
        """Write a change; PortError: nobody knows whether it was, write it again."""
        async with self._one_at_a_time:
            for _ in range(_JUDGED_ANEW):
                found = await self._written(change)
                if found is not None:
                    return found
        raise PortError(self.shown, "the event changed again and again while it was written")

    @abstractmethod
    async def _listed(self, start: datetime, end: datetime) -> list[OnlineEvent]:
        """Return the occurrences in a window."""

    @abstractmethod
    async def _found(self, event_id: str) -> OnlineEvent | None:
        """Return an event as it is now."""

    @abstractmethod
    async def _inserted(self, change: BookingChange) -> str | None:
        """Book; return the event's id, None: judge anew. Twice the same books once."""

    @abstractmethod
    async def _changed(self, change: BookingChange, event: OnlineEvent) -> WriteOutcome | None:
        """Change an event that is as the room saw it; None: it is not any more."""

    @abstractmethod
    async def _new_token(self) -> tuple[str, float]:
        """Return a token, and for how many seconds it is good."""

    async def _written(self, change: BookingChange) -> WriteOutcome | None:
        if change.kind == "reserve":
            return await self._reserved(change)
        if not change.ref:
            return Conflict("gone")
        own = change.uid.endswith(OWN)
        event = await self._found(change.uid.removesuffix(OWN))
        if event is None:
            if own and change.kind == "restore":
                return await self._reserved(change)
            return Written() if change.kind == "release" else Conflict("gone")
        outcome = judged(await self._as_booking(event, change), change)
        if outcome is not None:
            return outcome
        longer = change.kind == "move_end" and change.end > change.was_end
        since = change.was_end if longer else change.start
        if (longer or change.kind == "restore") and await self._taken(change, since, change.end):
            return Conflict("taken")
        return await self._changed(change, event)

    async def _reserved(self, change: BookingChange) -> WriteOutcome | None:
        events = await self._within(READ_S, change.start - _DAY, change.end + _DAY)
        known = next((each for each in events if self._is(each, change)), None)
        if known is None:
            if await self._taken(change, change.start, change.end):
                return Conflict("taken")
            event_id = await self._inserted(change)
            if event_id is None:
                return None
        else:
            event_id = known.id  # its answer was lost
        return Written(f"{event_id}{OWN}/{change.start.astimezone(self._zone).isoformat()}")

    @abstractmethod
    def _is(self, event: OnlineEvent, change: BookingChange) -> bool:
        """Whether an event is what this very change has made."""

    async def _taken(self, change: BookingChange, start: datetime, end: datetime) -> bool:
        """Whether somebody else has the room in a time."""
        events = await self._within(READ_S, start, end)
        read = await self._read(events, start, end)
        return any(
            each.blocks and not each.all_day and each.start < end and each.end > start
            for each in read.bookings
            if ref_of(each) != change.ref
        )

    async def _as_booking(self, event: OnlineEvent, change: BookingChange) -> Booking | None:
        near = (change.start - _DAY, max(change.end, change.was_end) + _DAY)
        read = await self._read([event], *near)
        return read.bookings[0] if read.bookings else None

    async def _within(self, limit_s: float, start: datetime, end: datetime) -> list[OnlineEvent]:
        self._unreadable = 0
        try:
            async with asyncio.timeout(limit_s):
                return await self._listed(start, end)
        except TimeoutError:
            why = f"did not list its events within {limit_s:g} s"
            raise PortError(self.shown, why, PortReason.MISSING) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"answered something else than its events ({type(error).__name__})"
            raise PortError(self.shown, why) from error

    def _each(self, items: object, made: Callable[[Json], OnlineEvent]) -> list[OnlineEvent]:
        """Return what can be read of a page; TypeError if it is no list."""
        if not isinstance(items, list):
            raise TypeError("no list of events")
        found = []
        for item in items:
            try:
                found.append(made(item))
            except (KeyError, TypeError, ValueError, AttributeError):
                self._unreadable += 1
        return found

    async def _read(
        self, events: Iterable[OnlineEvent], start: datetime, end: datetime
    ) -> CalendarRead:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
        for event in events:
            lines += event.lines(self._room)
        data = "\r\n".join((*lines, "END:VCALENDAR", "")).encode("utf-8", "replace")
        return await self._reader.read(data, start, end)

    async def _ask(
        self,
        method: str,
        url: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return an answer that is no error of the server; 404, 409, 410 and 412 are answers."""
        for fresh in (False, True):
            token = await self._bearer(fresh=fresh)
            said = {"Authorization": f"Bearer {token}", **(headers or {})}
            answer = await self._exchange(method, url, json_body=body, headers=said)
            if answer.status != 401:
                break
        if answer.status in (404, 409, 410, 412) or 200 <= answer.status < 300:
            return answer
        why = f"answered HTTP {answer.status} {_code(answer.said)}".strip()
        refused = answer.status in (401, 403)
        hint = "is its access still granted?" if refused else "it is asked again"
        raise PortError(self.shown, f"{why}; {hint}", PortReason.REFUSED)

    async def _bearer(self, *, fresh: bool) -> str:
        now_s = asyncio.get_running_loop().time()
        if fresh or now_s >= self._token_until_s:
            self._token, good_s = await self._new_token()
            self._token_until_s = now_s + max(good_s - TOKEN_MARGIN_S, 0.0)
        return self._token

    async def _token_from(self, url: str, form: Mapping[str, str]) -> tuple[str, float]:
        answer = await self._exchange("POST", url, form=form)
        token, good_s = answer.said.get("access_token"), answer.said.get("expires_in", 3600)
        if answer.status != 200 or not isinstance(token, str):
            why = f"gives no token, HTTP {answer.status} {_code(answer.said)}".strip()
            raise PortError(self.shown, f"{why}; is [calendar] key right?", PortReason.REFUSED)
        return token, float(good_s)

    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        json_body: Json | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        import httpx

        client = await self._http()
        try:
            async with (
                asyncio.timeout(LIMIT_S),
                client.stream(method, url, json=json_body, data=form, headers=headers) as response,
            ):
                data = bytearray()
                async for piece in response.aiter_raw():
                    data += piece
                    if len(data) > LARGEST:
                        why = f"answers with more than {LARGEST // 1024**2} MiB"
                        raise PortError(self.shown, why)
        except (TimeoutError, httpx.TimeoutException):
            why = f"no answer within {LIMIT_S:g} s"
            raise PortError(self.shown, why, PortReason.MISSING) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = f"cannot be reached, or breaks off ({type(error).__name__})"
            raise PortError(self.shown, why, PortReason.MISSING) from error
        status, said = response.status_code, _parsed(bytes(data))
        if status in (429, 503) or (status == 403 and _is_quota(said)):
            after_s = _after_s(response.headers.get("Retry-After", ""))
            raise AskedToWait(self.shown, f"is asked too often (HTTP {status})", after_s)
        if status >= 500:
            why = f"answered HTTP {status}; it is asked again"
            raise PortError(self.shown, why)
        if status == 200 and said is None:
            raise PortError(self.shown, "answered something that is no JSON")
        return Answer(status, said or {}, response.headers.get("ETag", ""))

    async def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            from roomctl.booking.fetch import trusted

            headers = {"User-Agent": "roomctl", "Accept-Encoding": "identity"}
            context = await in_thread(trusted)
            self._client = httpx.AsyncClient(
                verify=context, timeout=LIMIT_S, headers=headers, trust_env=False
            )
        return self._client

    def _next(self, link: object, first: str) -> str | None:
        """Return the address of the next page; PortError if it leads to another server."""
        if not isinstance(link, str):
            return None
        there, here = urlsplit(link), urlsplit(first)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise PortError(self.shown, "continues at another server; that is refused")
        return link


def _parsed(data: bytes) -> Json | None:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _code(said: Json) -> str:
    """Return a vendor's word for an error, if it looks like one."""
    error = said.get("error")
    code = error.get("code") or error.get("status") if isinstance(error, dict) else error
    text = str(code or "")
    return text[:60] if text.isascii() and text.replace("_", "").replace(".", "").isalnum() else ""


def _is_quota(said: Json | None) -> bool:
    return said is not None and "LimitExceeded" in json.dumps(said)[:4000]


def _after_s(said: str) -> float:
    """Return Retry-After in seconds: a number, or a date."""
    if said.strip().isdecimal():
        return float(said.strip()[:9])
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return _PATIENCE_S
    return (at - datetime.now(UTC)).total_seconds() if at.tzinfo else _PATIENCE_S
