"""Where bookings come from: an iCalendar file, or an iCalendar url, read whole each time.

    ics:/var/lib/roomctl/room.ics        ics:https://calendar.example.org/room.ics

Occurrences of a series are bookings of their own: a moved one may be on another platform. Knows
no platform. A calendar's url is often its only secret, so errors name its host and no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from pathlib import Path

import httpx
import icalendar
import recurring_ical_events

from roomctl.booking.agenda import Booking
from roomctl.errors import PortError, PortReason
from roomctl.wire import in_thread

LARGEST = 2 * 1024 * 1024  # bytes of one calendar
LIMIT_S = 10.0
_LONGEST_FIELD = 64 * 1024
_MOST_BOOKINGS = 2000
_FIELDS = ("CONFERENCE", "URL", "LOCATION", "DESCRIPTION", "X-ALT-DESC", "X-GOOGLE-CONFERENCE")
_PRIVATE = ("PRIVATE", "CONFIDENTIAL")


class Feed:
    """The bookings of one calendar; `zone` is where times without a zone and whole days are."""

    def __init__(self, url: str, zone: tzinfo) -> None:
        kind, _, place = url.partition(":")
        web = place.startswith(("https://", "http://"))
        if kind != "ics" or not place or ("://" in place and not web):
            why = "is no calendar; expected ics:/path/file.ics or ics:https://host/file.ics"
            raise PortError(_shown(url), why, PortReason.UNSUPPORTED)
        self.shown = _shown(url)
        self._place, self._web, self._zone = place, web, zone

    async def bookings(self, window_start: datetime, window_end: datetime) -> list[Booking]:
        """Return every occurrence that touches the window, cancelled ones marked.

        Raises PortError if the calendar is missing, larger than 2 MiB, not there within 10 s, or
        no iCalendar. A single series that cannot be read is left out.
        """
        data = await (self._fetched() if self._web else in_thread(self._read))
        return await in_thread(self._parsed, data, window_start, window_end)

    def _read(self) -> bytes:
        try:
            with Path(self._place).open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError as error:
            raise self._error("no such file", PortReason.MISSING) from error
        except PermissionError as error:
            raise self._error("may not be read by this user", PortReason.PERMISSION) from error
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}") from error
        self._small_enough(data)
        return data

    async def _fetched(self) -> bytes:
        try:
            async with asyncio.timeout(LIMIT_S):
                return await self._downloaded()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self._error(f"no calendar within {LIMIT_S:g} s", PortReason.MISSING) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = f"cannot be reached ({type(error).__name__}); is its host right?"
            raise self._error(why, PortReason.REFUSED) from error

    async def _downloaded(self) -> bytes:
        data = bytearray()
        async with (
            httpx.AsyncClient(timeout=LIMIT_S, follow_redirects=True, max_redirects=3) as client,
            client.stream("GET", self._place) as response,
        ):
            if response.status_code != httpx.codes.OK:
                why = f"answered HTTP {response.status_code}; is the calendar's url still right?"
                raise self._error(why, PortReason.REFUSED)
            async for piece in response.aiter_bytes():
                data += piece
                self._small_enough(data)
        return bytes(data)

    def _small_enough(self, data: bytes | bytearray) -> None:
        if len(data) > LARGEST:
            raise self._error(f"is larger than {LARGEST // 1024**2} MiB; publish fewer weeks")

    def _parsed(self, data: bytes, start: datetime, end: datetime) -> list[Booking]:
        try:
            calendar = icalendar.Calendar.from_ical(data)
            calendar.subcomponents = [c for c in calendar.subcomponents if not _endless(c)]
            events = recurring_ical_events.of(calendar, skip_bad_series=True).between(start, end)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise self._error("is no iCalendar file; does its url need a login?") from error
        return sorted(self._each(events[:_MOST_BOOKINGS]), key=lambda booking: booking.start)

    def _each(self, events: list[icalendar.Event]) -> Iterator[Booking]:
        for event in events:
            try:
                yield _booking(event, self._zone)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # one broken event leaves the others readable

    def _error(self, why: str, reason: PortReason = PortReason.IO) -> PortError:
        return PortError(self.shown, why, reason)


def _endless(component: icalendar.Component) -> bool:
    """Whether a series repeats each minute or second: no room is booked so, and it takes long."""
    rules = component.get("RRULE", [])
    each = rules if isinstance(rules, list) else [rules]
    words = {str(word).upper() for rule in each for word in rule.get("FREQ", ())}
    return bool(words & {"SECONDLY", "MINUTELY"})


def _booking(event: icalendar.Event, zone: tzinfo) -> Booking:
    start, end = event.start, event.end
    uid = _text(event, "UID") or "-"
    first = event.decoded("RECURRENCE-ID", start)
    begin = _aware(start, zone)
    return Booking(
        id=f"{uid}/{(first if isinstance(first, date) else start).isoformat()}",
        title=_text(event, "SUMMARY"),
        organizer=_organizer(event),
        start=begin,
        end=max(begin, _aware(end, zone)),
        fields=_fields(event),
        private=_text(event, "CLASS").upper() in _PRIVATE,
        cancelled=_text(event, "STATUS").upper() == "CANCELLED",
        all_day=not isinstance(start, datetime),
    )


def _aware(when: date, zone: tzinfo) -> datetime:
    if not isinstance(when, datetime):
        return datetime.combine(when, time(), zone)
    return when if when.tzinfo else when.replace(tzinfo=zone)


def _fields(event: icalendar.Event) -> dict[str, str]:
    names = [name for name in event if name in _FIELDS or name.startswith("X-MICROSOFT-")]
    return {name: text for name in names if (text := _text(event, name))}


def _text(event: icalendar.Event, name: str) -> str:
    value = event.get(name, "")
    values = value if isinstance(value, list) else [value]
    text = "\n".join(str(each) for each in values)[:_LONGEST_FIELD]
    # Values of unknown type keep their escapes (RFC 5545, 3.3.11).
    return _unescaped(text) if name.startswith("X-") else text


def _unescaped(text: str) -> str:
    for written, meant in (("\\n", "\n"), ("\\N", "\n"), ("\\,", ","), ("\\;", ";")):
        text = text.replace(written, meant)
    return text


def _organizer(event: icalendar.Event) -> str:
    """Return the organizer's name, else the address without its scheme."""
    organizer = event.get("ORGANIZER")
    if organizer is None:
        return ""
    name = getattr(organizer, "params", {}).get("CN")
    return str(name) if name else str(organizer).partition(":")[2] or str(organizer)


def _shown(url: str) -> str:
    """Return a calendar's url without what may be secret in it."""
    if "://" not in url:
        return url
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}://{host.partition('?')[0]}/…"
