"""What Microsoft Graph's and Google's calendars have in common: JSON, tokens, and writing.

An event is turned into a VEVENT and read as any other calendar is: so it means the same, and its
texts have the same limits. Runs in a process of its own (`rest`). Knows no vendor's words.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from roomctl.booking.agenda import Booking, one_line
from roomctl.booking.change import (
    LOOK_S,
    LOOKS,
    OWN,
    BookingChange,
    Conflict,
    RetryLater,
    WriteOutcome,
    Written,
    judged,
    ref_of,
)
from roomctl.booking.ics import LONGEST_EVENT, SERIES
from roomctl.booking.limits import ProcessorTime
from roomctl.booking.refusals import certificate_fault, retry_after_s
from roomctl.errors import PortError, PortReason
from roomctl.frozen import frozen
from roomctl.wire import in_thread

if TYPE_CHECKING:
    import httpx

LARGEST = 8 * 1024 * 1024  # bytes of all answers of one listing
LONGEST_ID = 1024  # characters; Exchange's have up to 200
MOST_EVENTS = 5000
LIMIT_S = 10.0  # of one request
READ_S = 45.0  # of all pages
LONGEST_TOKEN_S = 3600.0
TOKEN_MARGIN_S = 120.0  # before its end a token is no longer used
_JUDGED_ANEW = 3
_DAY = timedelta(days=1)

Json = dict[str, Any]


@frozen
class OnlineEvent:
    """One occurrence, as a vendor tells it, in the words of iCalendar.

    `id` and `etag` are the vendor's. `answer` is the room's own PARTSTAT, "" if it is no guest;
    `owned`: it is the room's own, whoever has booked it there; `series` is the vendor's id of what
    it repeats. `texts` are what may hold a link, by iCalendar name; `created`: when it was made,
    in ISO 8601, "" if the vendor does not say.
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
    created: str = ""
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


def _precedes(other: OnlineEvent, mine: OnlineEvent) -> bool:
    """Whether another event came first; so it is if the server does not say, and it is nobody's."""
    if not (other.created and mine.created) and not other.owned:
        return True
    return (other.created, other.id) < (mine.created, mine.id)


def _time(name: str, at: date) -> str:
    if isinstance(at, datetime):
        return f"{name}:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};VALUE=DATE:{at:%Y%m%d}"


def _one(text: str) -> str:
    return " ".join(text[:2000].split())


def _text(text: str) -> str:
    escaped = text[:LONGEST_EVENT].replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def event_id(said: object) -> str:
    """Return a vendor's id; ValueError if it is none that can stand in an address."""
    text = str(said)
    if len(text) > LONGEST_ID or text in ("", ".", "..") or text != _one(text):
        raise ValueError("no id")
    return text


@frozen
class Token:
    """What a vendor's server is shown, and until when, by this computer's monotonic clock."""

    value: str = field(default="", repr=False)
    until_s: float = 0.0


@frozen
class ApiAnswer:
    """What a server said: status, JSON ({} if it was none), and its ETag."""

    status: int
    said: Json
    etag: str = ""


class OnlineCalendar(ABC):
    """A room's calendar at a vendor's API.

    `room` is the calendar's own address, `title` what the room's own bookings are called. `time` is
    what of the processor's the events may take; None: as much as they like.
    """

    def __init__(self, shown: str, room: str, zone: ZoneInfo, title: str) -> None:
        self.shown, self.room, self._zone, self._title = shown, room, zone, title
        self.token = Token()
        self.time: ProcessorTime | None = None
        self._client: httpx.AsyncClient | None = None
        self._unreadable = self._received = 0

    async def events(self, start: datetime, end: datetime) -> tuple[bytes, int]:
        """Return what touches a time as iCalendar, and how many events make no sense.

        PortError, RetryLater.
        """
        events = await self._within(READ_S, start, end)
        return self._as_calendar(events), self._unreadable

    async def write(self, change: BookingChange) -> WriteOutcome:
        """Write a change; PortError: nobody knows whether it was, write it again."""
        try:
            for _ in range(_JUDGED_ANEW):
                found = await self._written(change)
                if found is not None:
                    return found
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._nonsense("what was asked", error) from error
        raise PortError(self.shown, "the event changed again and again while it was written")

    async def close(self) -> None:
        """End its connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @abstractmethod
    async def _listed(self, start: datetime, end: datetime) -> list[OnlineEvent]:
        """Return the occurrences in a window."""

    @abstractmethod
    async def _found(self, event_id: str) -> OnlineEvent | None:
        """Return an event as it is now."""

    @abstractmethod
    async def _inserted(self, change: BookingChange) -> OnlineEvent | None:
        """Book; return the event as it is there, None: judge anew. Twice the same books once."""

    @abstractmethod
    async def _deleted(self, made: str) -> None:
        """Delete what a change has just made."""

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
        outcome = judged(self._as_booking(event, change), change)
        if outcome is not None:
            return outcome
        longer = change.kind == "move_end" and change.end > change.was_end
        since = change.was_end if longer else change.start
        more = longer or change.kind == "restore"  # than the room has now
        if more and await self._taken(change, since, change.end):
            return Conflict("taken")
        outcome = await self._changed(change, event)
        written = more and outcome == Written()
        if written and await self._gives_way(change, event, since, change.end):
            now = await self._found(event.id)
            if now is not None:
                back = replace(change, end=change.was_end)
                await self._changed(back if longer else replace(change, kind="release"), now)
            return Conflict("taken")
        return outcome

    async def _reserved(self, change: BookingChange) -> WriteOutcome | None:
        events = await self._within(READ_S, change.start - _DAY, change.end + _DAY)
        # There already: its answer was lost.
        made = next((each for each in events if self._is(each, change)), None)
        if made is None:
            if await self._taken(change, change.start, change.end):
                return Conflict("taken")
            made = await self._inserted(change)
            if made is None:
                return None
        if await self._gives_way(change, made, change.start, change.end):
            await self._deleted(made.id)
            return Conflict("taken")
        return Written(f"{made.uid}/{change.start.astimezone(self._zone).isoformat()}")

    @abstractmethod
    def _is(self, event: OnlineEvent, change: BookingChange) -> bool:
        """Whether an event is what this very change has made."""

    async def _taken(self, change: BookingChange, start: datetime, end: datetime) -> bool:
        """Whether somebody else has the room in a time."""
        return bool(await self._others(change, start, end))

    async def _others(
        self, change: BookingChange, start: datetime, end: datetime, own: str = ""
    ) -> list[OnlineEvent]:
        """Return what else has the room in a time; `own` is what this change has made."""
        events = await self._within(READ_S, start, end)
        over = {
            ref_of(each).rpartition("/")[0]
            for each in self._read(events, start, end)
            if each.blocks and not each.all_day and each.start < end and each.end > start
            if ref_of(each) != change.ref
        }
        return [each for each in events if each.id != own and one_line(each.uid) in over]

    async def _gives_way(
        self, change: BookingChange, mine: OnlineEvent, start: datetime, end: datetime
    ) -> bool:
        """Whether what was written has to go: somebody else has the room then, and was first.

        See `change.LOOKS`.
        """
        for _ in range(LOOKS):
            others = await self._others(change, start, end, mine.id)
            if not others or any(_precedes(each, mine) for each in others):
                return bool(others)
            await asyncio.sleep(LOOK_S)
        return True

    def _as_booking(self, event: OnlineEvent, change: BookingChange) -> Booking | None:
        near = (change.start - _DAY, max(change.end, change.was_end) + _DAY)
        return next(iter(self._read([event], *near)), None)

    async def _within(self, limit_s: float, start: datetime, end: datetime) -> list[OnlineEvent]:
        self._unreadable = self._received = 0
        try:
            async with asyncio.timeout(limit_s):
                return await self._listed(start, end)
        except TimeoutError:
            why = f"did not list its events within {limit_s:g} s"
            raise PortError(self.shown, why, PortReason.MISSING) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._nonsense("its events", error) from error

    def _nonsense(self, what: str, error: Exception) -> PortError:
        why = f"answered something else than {what} ({type(error).__name__})"
        return PortError(self.shown, why)

    def _endless(self, *, back: bool) -> PortError:
        why = "its pages lead back to one that was read"
        if not back:
            why = f"lists more than {MOST_EVENTS} events in three days; is it a room's calendar?"
        return PortError(self.shown, why)

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

    def _read(
        self, events: Iterable[OnlineEvent], start: datetime, end: datetime
    ) -> tuple[Booking, ...]:
        from roomctl.booking import edit

        data = self._as_calendar(events)
        return edit.bookings_in(data, self._zone, self.room, start, end, self.time)

    def _as_calendar(self, events: Iterable[OnlineEvent]) -> bytes:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
        for event in events:
            lines += event.lines(self.room)
        return "\r\n".join((*lines, "END:VCALENDAR", "")).encode("utf-8", "replace")

    async def _ask(
        self,
        method: str,
        url: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
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
        if fresh or now_s >= self.token.until_s:
            value, good_s = await self._new_token()
            self.token = Token(value, now_s + max(good_s - TOKEN_MARGIN_S, 0.0))
        return self.token.value

    async def _token_from(self, url: str, form: Mapping[str, str]) -> tuple[str, float]:
        answer = await self._exchange("POST", url, form=form)
        token, good_s = answer.said.get("access_token"), answer.said.get("expires_in", 3600)
        if answer.status != 200 or not isinstance(token, str):
            why = f"gives no token, HTTP {answer.status} {_code(answer.said)}".strip()
            raise PortError(self.shown, f"{why}; is [calendar] key right?", PortReason.REFUSED)
        try:
            return token, min(float(good_s), LONGEST_TOKEN_S)
        except (TypeError, ValueError) as error:
            raise self._nonsense("a token", error) from error

    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        json_body: Json | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
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
                    self._received += len(piece)
                    if self._received > LARGEST:
                        why = f"answers with more than {LARGEST // 1024**2} MiB"
                        raise PortError(self.shown, why)
        except (TimeoutError, httpx.TimeoutException):
            why = f"no answer within {LIMIT_S:g} s"
            raise PortError(self.shown, why, PortReason.MISSING) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = f"cannot be reached, or breaks off ({type(error).__name__})"
            why = certificate_fault(error) or why
            raise PortError(self.shown, why, PortReason.MISSING) from error
        status, said = response.status_code, _parsed(bytes(data))
        if status in (429, 503) or (status == 403 and _is_quota(said)):
            after_s = retry_after_s(response.headers.get("Retry-After"))
            raise RetryLater(self.shown, f"is asked too often (HTTP {status})", after_s)
        if status >= 500:
            why = f"answered HTTP {status}; it is asked again"
            raise PortError(self.shown, why)
        if status == 200 and said is None:
            raise PortError(self.shown, "answered something that is not JSON")
        return ApiAnswer(status, said or {}, response.headers.get("ETag", ""))

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
