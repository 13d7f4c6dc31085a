"""iCalendar bytes -> series of events. Pure; runs in the child.

A calendar is written by strangers. `cut` takes it apart in one pass over its bytes, keeps only the
properties that a booking is made of, and bounds each event. What they mean is read in `occurrence`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal, NamedTuple
from urllib.parse import unquote

from roomctl.booking.agenda import one_line
from roomctl.booking.limits import MOST_EVENTS
from roomctl.booking.zone import ZoneDescription, description
from roomctl.frozen import frozen

LONGEST_EVENT = 64 * 1024  # characters of all texts of one event that may hold a link
_LONGEST_DATES = 32 * 1024  # characters of EXDATE and RDATE of one event: 1,700 dates
_LONGEST_ZONE = 64 * 1024
_MOST_ZONES = 100
_MOST_TEXTS = 40  # of one event; Exchange writes 14 X-MICROSOFT- properties
_MOST_RULES = 4
SERIES = "X-ROOMCTL-SERIES"  # of which an event is, where a vendor lists each by itself
_ONCE = frozenset(
    (
        *("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"),
        *("UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "SUMMARY", "ORGANIZER"),
        *("STATUS", "CLASS", "TRANSP"),
        *("X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT"),
        SERIES,
    )
)
_DATES = ("EXDATE", "RDATE")
_TEXTS = ("CONFERENCE", "URL", "LOCATION", "DESCRIPTION", "X-ALT-DESC", "X-GOOGLE-CONFERENCE")
_SHORT = 2000  # characters of a property that is no text
_TOP = frozenset(("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"))

_LINE = re.compile(rb"[^\r\n]+(?:(?:\r\n?|\n)[ \t][^\r\n]*)*")
_FOLD = re.compile(rb"(?:\r\n?|\n)[ \t]")
_FOLDED = re.compile(rb"\n(?<=[^\n]\n)[ \t]")  # the same, where all lines are ended by \n
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")  # forbidden (RFC 5545, 3.1)
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\r\n"})
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}(?=[;:])")
_PARAM = re.compile(r';([A-Za-z0-9-]{1,60})=((?:"[^"]*"|[^";:])*)')
_QUOTED = {"^n": "\n", "^'": '"', "^^": "^"}  # RFC 6868
_MAY_STRUCTURE = frozenset("BbEe" + "".join(filter(str.isspace, map(chr, range(0x3001)))))
_FAST = re.compile(r"FREQ=(SECONDLY|MINUTELY)", re.IGNORECASE)
_INTERVAL = re.compile(r"INTERVAL=(\d{1,7})(?:;|$)", re.IGNORECASE)
_FEW = re.compile(r"COUNT=0*[12]?\d{1,2}(?:;|$)", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s<>\"'(),:;?@/]{1,64}@[^\s<>\"'(),:;?@/]{1,253}(?<!\.)")
_ESCAPED = re.compile(r'\\([nN,;:\\"])')


class InvalidCalendar(ValueError):
    """These bytes are no whole iCalendar file; `code` says why not."""

    def __init__(self, code: Literal["no_calendar", "cut_off", "too_many"]) -> None:
        super().__init__(code)
        self.code = code


class Property(NamedTuple):
    """One line, taken apart; the names of parameters are in upper case."""

    name: str
    params: Mapping[str, str]
    value: str


@frozen
class Event:
    """One VEVENT: the lines that a booking is made of, names in upper case.

    `calendar` is which VCALENDAR of the file it stood in, `cancels` whether that one is sent to
    take it back (METHOD:CANCEL), `attendee` what it says of this room; `number`: its
    place among the VEVENTs of the file, from 0.
    """

    calendar: int
    once: Mapping[str, str]
    rules: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)
    attendees: tuple[str, ...] = ()
    cancels: bool = False
    number: int = 0

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.once.values(), *self.rules, *self.dates, *self.texts, *self.attendees)

    @property
    def repeats(self) -> bool:
        return bool(self.rules) or any(line.startswith("RDATE") for line in self.dates)

    @property
    def is_range(self) -> bool:
        """Whether it overrides all that comes after its place, too."""
        said = content_line(self.once.get("RECURRENCE-ID", "")).params.get("RANGE", "")
        return said.strip().upper() == "THISANDFUTURE"

    def value(self, name: str) -> str:
        return content_line(self.once.get(name, "")).value

    def text(self, name: str) -> str:
        return unescaped(self.value(name))

    @property
    def private(self) -> bool:
        """Whether its class is any but PUBLIC (RFC 5545, 3.8.1.3: an unknown one is private)."""
        return "CLASS" in self.once and self.value("CLASS").strip().upper() != "PUBLIC"

    @property
    def age(self) -> tuple[int, str, str]:
        """What orders revisions of one event (RFC 5546, 2.1.5)."""
        number = self.value("SEQUENCE")
        sequence = int(number) if re.fullmatch(r"\d{1,9}", number) else -1
        return sequence, self.value("DTSTAMP").rstrip("Z"), self.value("LAST-MODIFIED").rstrip("Z")


@frozen
class Series:
    """One event with everything that repeats or moves it: all VEVENTs of one UID, the newest ones.

    `first` is the one that came first, whichever revision. `why_not` is set if the series is left
    out before any of it is read.
    """

    first: Event = field(repr=False)
    private: bool
    events: tuple[Event, ...] = field(default=(), repr=False)
    why_not: Literal["unreadable", "too_much"] | None = None

    @property
    def uid(self) -> str:
        return one_line(self.first.value("UID"))

    @property
    def title(self) -> str:
        return "" if self.private else one_line(self.first.text("SUMMARY"))

    @property
    def repeats(self) -> bool:
        return any(event.repeats for event in self.events)

    @property
    def size(self) -> int:
        return sum(len(line) for event in self.events for line in event.lines)


@frozen
class ParsedCalendar:
    """A calendar taken apart."""

    zones: tuple[ZoneDescription, ...]
    series: tuple[Series, ...]


def cut(data: bytes, room: str = "") -> ParsedCalendar:
    """Take a calendar apart, the quick series first; `room` is the room's address among guests.

    Raises InvalidCalendar if there is none in it, or no whole one. The work grows with the number
    of bytes and no faster.
    """
    reader = _Cutter(room)
    for line in _lines(data):
        reader.line(line)
    if not reader.opened:
        raise InvalidCalendar("no_calendar")
    if not reader.closed:
        raise InvalidCalendar("cut_off")
    return ParsedCalendar(tuple(reader.zones), tuple(reader.series()))


def _lines(data: bytes) -> Iterator[str]:
    """Yield the unfolded lines: of UTF-8, else of what Chinese mail servers write.

    Of a file in UTF-8 with some damaged bytes most lines can be read, of another hardly one.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()
    if len(data.translate(None, _CONTROLS)) == len(data):
        ended = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        with contextlib.suppress(UnicodeDecodeError):
            return filter(None, _FOLDED.sub(b"", ended).decode().split("\n"))
    return _lines_one_by_one(data)


def _lines_one_by_one(data: bytes) -> Iterator[str]:
    """Yield the lines one by one: each may have bytes that are no text, or forbidden ones."""
    encoding = "utf-8"
    if not data.isascii() and not _decodes(data):
        found = [_decodes(_FOLD.sub(b"", m[0])) for m in _LINE.finditer(data) if not m[0].isascii()]
        encoding = "utf-8" if sum(found) > len(found) / 2 else "gb18030"
    for match in _LINE.finditer(data):
        yield _CONTROL.sub("", _FOLD.sub(b"", match[0]).decode(encoding, "replace"))


def _is_fast(rule: str) -> bool:
    """Whether a rule names more than one time in an hour, and many of them."""
    frequency, interval = _FAST.search(rule), _INTERVAL.search(rule)
    if frequency is None or _FEW.search(rule):
        return False
    step_s = (60 if frequency[1].upper() == "MINUTELY" else 1) * int(interval[1] if interval else 1)
    return step_s < 3600


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Cutter:
    """Lines of a calendar, one by one; knows where it is, and remembers what is worth keeping."""

    def __init__(self, room: str) -> None:
        self.zones: list[ZoneDescription] = []
        self.opened = self.closed = False
        self._room = address(room).casefold()
        self._calendar = self._found = 0
        self._cancels = False
        self._by_uid: dict[str, list[_Reading]] = {}
        self._inside: str | None = None
        self._nested = 0
        self._event = _Reading(0, "")
        self._zone: list[str] = []
        self._zone_size = 0

    def line(self, line: str) -> None:
        if self._inside == "VEVENT" and not self._nested and line[:1] not in _MAY_STRUCTURE:
            self._event.add(line)  # nearly all lines
            return
        word, _, rest = line.partition(":")
        match word.strip().upper():
            case "BEGIN":
                self._begin(rest.strip().upper(), line)
            case "END":
                self._end(rest.strip().upper(), line)
            case _ if self._inside == "VEVENT" and not self._nested:
                self._event.add(line)
            case _ if self._inside == "VTIMEZONE":
                self._zone_line(line)
            case "METHOD" if self._inside is None:
                self._cancels = rest.strip().upper() == "CANCEL"

    def series(self) -> list[Series]:
        """Return what was found, single events before those that repeat, short ones first."""
        found = [_series(events) for events in self._by_uid.values()]
        return sorted(found, key=lambda series: (series.repeats, series.size))

    def _finish(self) -> None:
        """Note an event that was begun and never ended."""
        if self._inside == "VEVENT":
            self._note(unfinished=True)
        self._inside, self._nested = None, 0

    def _note(self, *, unfinished: bool = False) -> None:
        self._event.number = self._found
        self._found += 1
        if self._found > MOST_EVENTS:
            raise InvalidCalendar("too_many")
        self._event.unfinished, self._event.cancels = unfinished, self._cancels
        uid = self._event.uid or f"\x00{self._found}"  # without one it stands by itself
        self._by_uid.setdefault(uid, []).append(self._event)

    def _begin(self, kind: str, line: str) -> None:
        if kind == "VCALENDAR":
            self._finish()
            self.opened, self.closed, self._cancels = True, False, False
            self._calendar += 1
        elif self.opened and (self._inside is None or kind in _TOP):
            self._finish()
            self._inside, self._event = kind, _Reading(self._calendar, self._room)
            self._zone, self._zone_size = [], 0
        else:
            self._nested += 1
            self._zone_line(line)

    def _end(self, kind: str, line: str) -> None:
        if kind == "VCALENDAR":
            self._finish()
            self.closed = self.opened
        elif self._nested:
            self._nested -= 1
            self._zone_line(line)
        elif kind == self._inside:
            if kind == "VEVENT":
                self._note()
            elif kind == "VTIMEZONE" and self._zone_fits:
                said = description(self._calendar, self._zone)
                self.zones += [said] if said else []
            self._inside = None

    @property
    def _zone_fits(self) -> bool:
        return self._zone_size <= _LONGEST_ZONE and len(self.zones) < _MOST_ZONES

    def _zone_line(self, line: str) -> None:
        self._zone_size += len(line)
        if self._inside == "VTIMEZONE" and self._zone_size <= _LONGEST_ZONE:
            self._zone.append(line)


class _Reading:
    """An event that is being read: each property as often as it may be there."""

    __slots__ = (
        *("_attendees", "_calendar", "_dates", "_dates_size", "_extra", "_once", "_room"),
        *("_rules", "_texts", "cancels", "number", "unfinished"),
    )

    def __init__(self, calendar: int, room: str) -> None:
        self.unfinished = self.cancels = False
        self.number = 0
        self._calendar, self._room = calendar, room
        self._once: dict[str, str] = {}
        self._texts: list[str] = []
        self._dates: list[str] = []
        self._rules: list[str] = []
        self._attendees: list[str] = []
        self._dates_size = 0
        self._extra = 0

    def add(self, line: str) -> None:
        match = _NAME.match(line)
        name = match[0].upper() if match else ""
        if name in _ONCE:
            self._once.setdefault(name, name + line[len(name) : _SHORT])
        elif name == "RRULE":
            self._rules += [name + line[len(name) : _SHORT]][: _MOST_RULES - len(self._rules)]
        elif name in _DATES:
            self._dates_size += len(line)
            if not self.too_much:
                self._dates.append(name + line[len(name) :])
        elif name == "ATTENDEE":
            if self._room and self._room in unquote(line[:_SHORT]).casefold():
                self._attendees = [*self._attendees[:9], name + line[len(name) : _SHORT]]
        elif name in _TEXTS or name.startswith("X-"):
            self._text(name, line)

    def _text(self, name: str, line: str) -> None:
        if name not in _TEXTS and not name.startswith("X-MICROSOFT-") and "://" not in line:
            return
        self._extra += 1
        if self._extra <= _MOST_TEXTS:
            self._texts.append(name + line[len(name) :])

    @property
    def uid(self) -> str:
        return self._once.get("UID", "").partition(":")[2].strip()

    @property
    def too_much(self) -> bool:
        return any(map(_is_fast, self._rules)) or self._dates_size > _LONGEST_DATES

    def event(self) -> Event:
        """Return what is kept: of texts the shorter ones whole, as a link stands in those."""
        left = LONGEST_EVENT
        texts = []
        for text in sorted(self._texts, key=len):
            texts.append(text[:left])
            left -= len(texts[-1])
        return Event(
            self._calendar,
            self._once,
            tuple(self._rules),
            tuple(self._dates),
            tuple(text for text in texts if text),
            tuple(line for line in self._attendees if is_room(content_line(line), self._room)),
            self.cancels,
            self.number,
        )


def _series(readings: list[_Reading]) -> Series:
    """Return the events of one UID; of each that came in several revisions the newest."""
    events = [reading.event() for reading in readings]
    first, private = events[0], any(event.private for event in events)
    if any(reading.unfinished for reading in readings):
        return Series(first, private, why_not="unreadable")
    if any(reading.too_much for reading in readings):
        return Series(first, private, why_not="too_much")
    if len(events) == 1:
        return Series(first, private, (first,))
    newest: dict[str, Event] = {}
    for event in events:
        place = event.once.get("RECURRENCE-ID", "")
        if place not in newest or event.age >= newest[place].age:
            newest[place] = event
    return Series(first, private, tuple(newest.values()))


def is_room(attendee: Property, room: str) -> bool:
    """Whether an ATTENDEE is the room: by its address, or by EMAIL, as Apple writes it."""
    said = (address(attendee.value), address(attendee.params.get("EMAIL", "")), email(attendee))
    return room.casefold() in (each.casefold() for each in said)


def email(person: Property) -> str:
    """Return the address in an ORGANIZER or ATTENDEE, however it is written; "" if there is none.

    Apple writes it beside an id of its own, in EMAIL. A name is no address, whatever it holds.
    """
    for said in (person.value, person.params.get("EMAIL", "")):
        scheme = said.casefold().rfind("mailto:")
        if found := _EMAIL.search(unquote(said[max(scheme, 0) :])):
            return found[0]
    return ""


def address(value: str) -> str:
    text = value.strip().strip('"')
    return unquote(text[7:] if text[:7].casefold() == "mailto:" else text).strip()


def content_line(line: str) -> Property:
    """Take a line apart: NAME;PARAM="value":value (RFC 5545, 3.1; RFC 6868)."""
    match = _NAME.match(line)
    at = match.end() if match else len(line)
    params = dict[str, str]()
    while param := _PARAM.match(line, at):
        value = param[2].strip().replace('"', "")
        params.setdefault(param[1].upper(), re.sub(r"\^[n'^]", lambda m: _QUOTED[m[0]], value))
        at = param.end()
    value = line[at:]
    value = value[1:] if value[:1] == ":" else value.partition(":")[2]
    return Property(match[0].upper() if match else "", params, value)


def unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], text)
