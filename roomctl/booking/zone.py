"""A calendar's names of time zones, and what it says of them itself -> time zones. Pure.

Outlook writes Windows' names, or the words of its menu; Evolution and Lightning an address with the
IANA name at its end; Tencent's mail `+8`, or a description without a beginning. A description in
the file counts for a name that nobody knows, and for one that lies; not where it is incomplete.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import count
from zoneinfo import ZoneInfo, available_timezones

import icalendar
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from roomctl.frozen import frozen

_NUMBERS = count()  # icalendar keeps the zones of a process by their names
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_LONGEST_NAME = 200
_MOST_OBSERVANCES = 300  # of one zone; a zone with all its history has 80

# "(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi": the offset is that of winter.
_MENU = re.compile(r"\((?:UTC|GMT)\s*([+-]\d{1,2}:?\d\d)?\)\s*(.+)", re.IGNORECASE)
# "+8", "UTC+08:00", "GMT +0800", and Tencent's "TZ08" and "CST8".
_OFFSET = re.compile(
    r"\(?(?:UTC|GMT|TZ|CST(?=\+?\d))?\s*([+-]?)(\d{1,2})(?::?(\d\d))?\)?(?:\s.*)?", re.IGNORECASE
)
_PLACES = {  # names of Windows' menu that are no city of IANA's
    "beijing": "Asia/Shanghai",
    "北京": "Asia/Shanghai",
    "台北": "Asia/Taipei",
    "eastern time": "America/New_York",
    "central time": "America/Chicago",
    "mountain time": "America/Denver",
    "pacific time": "America/Los_Angeles",
    "atlantic time": "America/Halifax",
    "coordinated universal time": "UTC",
    "osaka": "Asia/Tokyo",
    "new delhi": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
    "bern": "Europe/Zurich",
    "edinburgh": "Europe/London",
    "st. petersburg": "Europe/Moscow",
    "canberra": "Australia/Sydney",
}
_WRITTEN = {  # further names, in small letters
    "z": "UTC",
    "tzone://microsoft/utc": "UTC",
    "asia/beijing": "Asia/Shanghai",
    "中国标准时间": "Asia/Shanghai",
    "台北标准时间": "Asia/Taipei",
    "东京标准时间": "Asia/Tokyo",
}
_KEPT = re.compile(r"(DTSTART|TZOFFSETFROM|TZOFFSETTO|RRULE|RDATE)([;:].*)", re.IGNORECASE)
_HOURS = re.compile(r"([+-]?)(\d{1,2}):?(\d\d)?:?(\d\d)?")
_FREQ = re.compile(r"FREQ=(?!YEARLY)", re.IGNORECASE)


def known(name: str) -> str | None:
    """Return the IANA name that `name` means, however it is written; None if nobody knows it."""
    tidy = name.strip().strip('"').strip()[:_LONGEST_NAME]
    parts = tidy.strip("/").split("/")
    for at in range(len(parts)):
        if found := _iana("/".join(parts[at:])):
            return found
    return _by_case().get(tidy.casefold()) or _by_place(tidy)


def offset(name: str) -> timedelta | None:
    """Return the offset that a name is, such as `+8` or `UTC+05:30`; None if it is none."""
    match = _OFFSET.fullmatch(name.strip().strip('"').strip()[:_LONGEST_NAME])
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -ahead if match[1] == "-" else ahead


def _iana(name: str) -> str | None:
    if not name or name.partition("/")[0] in ("posix", "right", "posixrules", "localtime"):
        return None
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        return None


@cache
def _by_case() -> dict[str, str]:
    known_names = {name.casefold(): name for name in available_timezones()}
    windows = {name.casefold(): iana for name, iana in WINDOWS_TO_OLSON.items()}
    return {**known_names, **windows, **_WRITTEN}


@cache
def _by_city() -> dict[str, str]:
    names = sorted(available_timezones())
    return {name.rpartition("/")[2].replace("_", " ").casefold(): name for name in names}


def _by_place(name: str) -> str | None:
    """Return what the words of Windows' menu mean: the first place that has the offset said."""
    match = _MENU.fullmatch(name)
    if match is None:
        return None
    said = offset(match[1]) if match[1] else timedelta(0)
    for place in re.split(r"\\?[,，(]", match[2]):
        key = place.strip().casefold()
        found = _PLACES.get(key) or _by_city().get(key)
        if found and said in _offsets(ZoneInfo(found), datetime(2026, 1, 1, tzinfo=UTC)):
            return found
    return None


def _offsets(zone: tzinfo, year: datetime) -> set[timedelta | None]:
    """Return the offsets that a zone has in the year from `year` on."""
    return {_local(year + timedelta(days=30 * n), zone).utcoffset() for n in range(13)}


def _local(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone)


@frozen
class ZoneDescription:
    """What a calendar says of a zone: its VTIMEZONE as one that can be read.

    `fixed`: it says outright that there is one offset. `calendar` is which VCALENDAR of the file it
    stood in.
    """

    calendar: int
    name: str
    observances: tuple[tuple[str, ...], ...]
    fixed: bool


def description(calendar: int, lines: list[str]) -> ZoneDescription | None:
    """Return a VTIMEZONE of these lines, mended; None if nothing can be made of it."""
    name, found = "", list[tuple[str, ...]]()
    inside: list[str] | None = None
    for line in lines:
        word, _, rest = line.partition(":")
        match word.strip().upper():
            case "BEGIN" if rest.strip().upper() in ("STANDARD", "DAYLIGHT"):
                inside = [rest.strip().upper()]
            case "END" if inside and rest.strip().upper() == inside[0]:
                if mended := _mended(inside):
                    found.append(mended)
                inside = None
            case word if word.partition(";")[0] == "TZID" and inside is None:
                name = rest.strip()
            case _ if inside is not None and _KEPT.match(line):
                inside.append(line)
    if not name or not found or len(found) > _MOST_OBSERVANCES:
        return None
    return ZoneDescription(calendar, name, tuple(found), len(found) == 1 and _stays(found[0]))


def _stays(observance: tuple[str, ...]) -> bool:
    offsets = {line.partition(":")[2] for line in observance if line.startswith("TZOFFSET")}
    return len(offsets) == 1


def _mended(lines: list[str]) -> tuple[str, ...] | None:
    """Return an observance with a beginning and both offsets; None if it says no offset."""
    kind, said, more = lines[0], dict[str, str](), list[str]()
    for line in lines[1:]:
        match = _KEPT.match(line)
        assert match is not None  # noqa: S101 - only such lines were kept
        name, rest = match[1].upper(), match[2]
        value = rest.rpartition(":")[2].strip()
        if name in ("RRULE", "RDATE"):
            more.append(
                f"{name}{';VALUE=DATE' if name == 'RDATE' and 'T' not in value else ''}:{value}"
            )
        else:
            said.setdefault(name, value)
    offset_to = _signed(said.get("TZOFFSETTO", said.get("TZOFFSETFROM", "")))
    if offset_to is None or any(_FREQ.search(line) for line in more):
        return None
    offset_from = _signed(said.get("TZOFFSETFROM", "")) or offset_to
    start = said.get("DTSTART", "").rstrip("Zz")
    start = start if re.fullmatch(r"\d{8}T\d{6}", start) else f"{_date(start)}T000000"
    return (
        kind,
        f"DTSTART:{start}",
        f"TZOFFSETFROM:{offset_from}",
        f"TZOFFSETTO:{offset_to}",
        *more,
    )


def _date(start: str) -> str:
    return start[:8] if re.match(r"\d{8}", start) else "19700101"


def _signed(value: str) -> str | None:
    match = _HOURS.fullmatch(value.replace(" ", ""))
    if match is None or int(match[2]) > 23 or int(match[3] or 0) > 59:
        return None
    return f"{match[1] or '+'}{int(match[2]):02}{match[3] or '00'}"


class Zones:
    """The zones of one calendar's times in one window; `room` is where those without one are."""

    def __init__(self, room: ZoneInfo, start: datetime, end: datetime) -> None:
        self._room, self._start, self._end = room, start, end
        self._names: dict[tuple[int, str], str] = {}
        self._zones: dict[str, tzinfo] = {"": room, room.key: room}

    def describe(self, said: ZoneDescription) -> None:
        """Take a calendar's own description of a zone; one that cannot be read is ignored."""
        key = (said.calendar, said.name)
        if key in self._names or (made := _made(said.observances)) is None:
            return
        name, own = made
        iana = known(said.name)
        if iana is not None and self._holds(ZoneInfo(iana), own, said):
            self._names[key] = iana
        else:
            self._names[key], self._zones[name] = name, own

    def _holds(self, named: ZoneInfo, own: tzinfo, said: ZoneDescription) -> bool:
        """Whether a known name is right although the file describes it: equal, or incomplete."""
        middle = self._start + (self._end - self._start) / 2
        pairs = {
            (_local(at, own).utcoffset(), _local(at, named).utcoffset())
            for at in (self._start, middle, self._end)
        }
        if all(mine == theirs for mine, theirs in pairs):
            return True
        year = _offsets(named, self._start - timedelta(days=180))
        return not said.fixed and all(mine in year for mine, _ in pairs)

    def name(self, calendar: int, tzid: str) -> str:
        """Return the name of a zone for icalendar; one that nobody knows is the room's."""
        tidy = tzid.strip().strip('"').strip()[:_LONGEST_NAME]
        key = (calendar, tidy)
        if key not in self._names:
            self._names[key] = self._unmet(tidy)
        return self._names[key]

    def zone(self, name: str) -> tzinfo:
        """Return the zone of a name that `name` gave."""
        if name not in self._zones:
            self._zones[name] = ZoneInfo(name)
        return self._zones[name]

    def _unmet(self, tzid: str) -> str:
        if iana := known(tzid):
            return iana
        ahead = offset(tzid)
        if ahead is None:
            return self._room.key
        minutes = round(ahead.total_seconds() / 60)
        written = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
        start = "DTSTART:19700101T000000"
        lines = ("STANDARD", start, f"TZOFFSETFROM:{written}", f"TZOFFSETTO:{written}")
        if (made := _made((lines,))) is None:
            return self._room.key
        name, own = made
        self._zones[name] = own
        return name


def _made(observances: tuple[tuple[str, ...], ...]) -> tuple[str, tzinfo] | None:
    """Have icalendar know a zone under a name of our own; None if it cannot be read."""
    name = f"roomctl-{next(_NUMBERS)}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VTIMEZONE", f"TZID:{name}"]
    for kind, *said in observances:
        lines += [f"BEGIN:{kind}", *said, f"END:{kind}"]
    try:
        icalendar.Calendar.from_ical("\r\n".join((*lines, "END:VTIMEZONE", "END:VCALENDAR", "")))
        found = tzp.timezone(name)
        if found is not None:
            _local(datetime(2026, 1, 1, tzinfo=UTC), found).utcoffset()
    except UNREADABLE:
        return None
    return None if found is None else (name, found)
