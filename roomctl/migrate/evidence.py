"""A plan as files: CSV for a spreadsheet, iCalendar for a calendar. Pure.

As JSON it is `ExitPlan.record`.

A spreadsheet runs what begins like a formula, and calendars are written by strangers: such a cell
gets an apostrophe in front. Excel in Chinese takes a CSV without a byte order mark for GBK and
shows "é" for 会; with it, it reads UTF-8, and so do LibreOffice and Python ("utf-8-sig").
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from roomctl.migrate.plan import ExitPlan, booking_record
from roomctl.migrate.verdict import JudgedBooking

BOM = "\ufeff"
COLUMNS = (
    *("room", "start", "end", "title", "organizer", "email", "repeats", "platform"),
    *("meeting_id", "verdict", "reason", "id"),
)

# What a spreadsheet takes for a formula (OWASP, CSV injection), in full-width form, too.
_FORMULA = re.compile(r"^[\s\u00a0\u3000]*[=+\-@＝＋－＠|%]|^[\t\r\n]")
_FOLD_BYTES = 73  # RFC 5545, 3.1: 75 octets with what folds them


def csv_text(plans: Iterable[ExitPlan], *, bom: bool = True) -> str:
    """Return every booking on a leaving platform, a row each, lines ended by CRLF (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for plan in plans:
        for one in plan.bookings:
            if one.leaving:
                record = {**booking_record(one), "room": plan.room}
                writer.writerow([cell(str(record[column])) for column in COLUMNS])
    return (BOM if bom else "") + out.getvalue()


def cell(text: str) -> str:
    """Return a text that a spreadsheet shows and never runs."""
    clean = text.replace("\0", "")
    return f"'{clean}" if _FORMULA.match(clean) else clean


def ics_text(plans: Iterable[ExitPlan]) -> str:
    """Return every booking that dies, or may, as an event that blocks no room and has no link."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//roomctl//migrate//EN"]
    for plan in plans:
        for one in plan.bookings:
            if one.leaving and one.verdict in ("at_risk", "dead"):
                lines += _event(plan, one)
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in _folded(line))


def _event(plan: ExitPlan, one: JudgedBooking) -> Iterator[str]:
    departure = plan.departure
    known = hashlib.sha256(f"{plan.room}\0{one.id}".encode()).hexdigest()[:32]
    moves = f"{departure.platform} → {departure.to}"
    yield "BEGIN:VEVENT"
    yield f"UID:exit-{known}@roomctl"  # of its own: it must not replace the booking itself
    yield f"DTSTAMP:{_utc(plan.made_at)}"
    yield f"DTSTART:{_utc(one.booking.start)}"
    yield f"DTEND:{_utc(one.booking.end)}"
    yield f"SUMMARY:{_escaped(f'[{one.verdict.value}] {one.title}'.strip())}"
    yield f"DESCRIPTION:{_escaped(f'{plan.room}: {moves}; {one.reason.value}; {one.organizer}')}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Write a TEXT value (RFC 5545, 3.3.11)."""
    escaped = re.sub(r"([\\;,])", r"\\\1", text)
    return re.sub(r"\r\n?|\n", r"\\n", escaped)


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 octets, no character cut."""
    if len(line) * 4 <= _FOLD_BYTES or len(line.encode()) <= _FOLD_BYTES:
        yield line
        return
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _FOLD_BYTES:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    yield piece
