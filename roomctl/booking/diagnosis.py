"""Whether Exchange removes what a room needs from its bookings, and the commands that end it. Pure.

By default a room mailbox that accepts by itself deletes the text of an invitation, and with it each
link, and writes the organizer's name in place of the subject (Set-CalendarProcessing,
https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing). One such booking
says nothing: people leave texts empty. Many of several people do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from roomctl.booking.agenda import Booking
from roomctl.frozen import frozen

ENOUGH = 8  # different meetings, before anything is said
ORGANIZERS = 3  # of them, at least
MOST = 0.8  # of the meetings, that look so

Removed = Literal["subject", "text", "both", "nothing"]
_TEXTS = ("DESCRIPTION", "X-ALT-DESC")


@frozen
class MailboxDiagnosis:
    """What seems to be removed, and on how many meetings that was found."""

    removed: Removed
    count: int


def diagnosed(bookings: Iterable[Booking]) -> MailboxDiagnosis | None:
    """Return what an Exchange mailbox removes; None: there is too little to tell, or no Exchange.

    Occurrences of a series count once.
    """
    meetings: dict[tuple[str, str], Booking] = {}
    for booking in bookings:
        if not (booking.private or booking.owned or booking.all_day) and booking.organizer:
            meetings.setdefault((booking.organizer, f"{booking.start:%H:%M}"), booking)
    found = tuple(meetings.values())
    people = {each.organizer for each in found}
    if len(found) < ENOUGH or len(people) < ORGANIZERS or not any(map(_is_exchange, found)):
        return None
    subject = sum(map(_has_no_subject, found)) >= MOST * len(found)
    text = not any(name in each.fields for each in found for name in _TEXTS)
    if subject and text:
        return MailboxDiagnosis("both", len(found))
    removed: Removed = "subject" if subject else "text" if text else "nothing"
    return MailboxDiagnosis(removed, len(found))


def commands(room: str) -> dict[str, str]:
    """Return what an administrator types: what mends it, what keeps privacy, what lets others in.

    They are apart, since each is a decision of its own.
    """
    to = f"Set-CalendarProcessing -Identity {room or 'ROOM@example.com'}"
    mend = "-DeleteComments $false -DeleteSubject $false -AddOrganizerToSubject $false"
    return {
        "commands": f"{to} {mend}",
        "privacy": f"{to} -RemovePrivateProperty $false",
        "outside": f"{to} -ProcessExternalMeetingMessages $true",
    }


def _has_no_subject(booking: Booking) -> bool:
    return booking.title.strip().casefold() in ("", booking.organizer.strip().casefold())


def _is_exchange(booking: Booking) -> bool:
    return any(name.startswith("X-MICROSOFT-") for name in booking.fields)
