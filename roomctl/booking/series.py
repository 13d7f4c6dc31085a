"""How often nobody came to a series of bookings, one occurrence after the other. Pure.

    missed    the room released an occurrence by itself, since nobody was seen: one more
    used      somebody was seen, called, checked in, or had it again: none any more
    neither   it was cancelled, given back by hand, or nobody could tell: as many as before

A miss on a day on which nobody works is not noted at all; which days those are, `workdays` knows.
Knows no calendar, no clock and no panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from roomctl.booking.agenda import Booking
from roomctl.frozen import frozen

MOST = 200  # series; the one that was missed longest ago goes first
KEPT = timedelta(days=100)  # since the last miss: a monthly series has three more by then


@frozen
class UnusedSeries:
    """A series that nobody came to, `misses` times in a row.

    `last` is the occurrence that was missed last, `at` when it began. `title` is empty if private.
    """

    key: str
    title: str
    misses: int
    last: str
    at: datetime


@frozen
class SeriesMisses:
    """The series of a room that were missed since somebody came, by their key."""

    of: Mapping[str, UnusedSeries] = field(default_factory=dict)

    def missed(self, booking: Booking) -> SeriesMisses:
        """Return it with one more miss; the same occurrence counts once, a single booking never."""
        known = self.of.get(booking.series)
        if not booking.series or (known is not None and known.last == booking.id):
            return self
        title = "" if booking.private else booking.title
        misses = 1 if known is None else known.misses + 1
        made = UnusedSeries(booking.series, title, misses, booking.id, booking.start)
        kept = sorted({**self.of, made.key: made}.values(), key=lambda one: one.at)
        since = made.at - KEPT
        return SeriesMisses({one.key: one for one in kept[-MOST:] if one.at > since})

    def used(self, key: str) -> SeriesMisses:
        """Return it with no miss of a series: somebody came, or wants to keep it."""
        if key not in self.of:
            return self
        return replace(self, of={name: one for name, one in self.of.items() if name != key})

    def unused(self, misses: int, now: datetime) -> tuple[UnusedSeries, ...]:
        """Return what was missed so often, lately, most often first; 0 is never."""
        found = (one for one in self.of.values() if 0 < misses <= one.misses)
        recent = (one for one in found if one.at > now - KEPT)
        return tuple(sorted(recent, key=lambda one: (-one.misses, one.key)))

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        said = [{name: getattr(one, name) for name in _NAMES} for one in self.of.values()]
        return {"series": [one | {"at": one["at"].isoformat()} for one in said]}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> SeriesMisses:
        """Return what a record says; ValueError, KeyError, TypeError or AttributeError if none."""
        found = [_unused(one) for one in said["series"]]
        if len(found) > MOST:
            raise ValueError("has too many series")
        return cls({one.key: one for one in found})


_NAMES = tuple(one.name for one in fields(UnusedSeries))


def _unused(said: Mapping[str, Any]) -> UnusedSeries:
    if said.keys() != {*_NAMES}:
        raise ValueError("is not a series")
    if not all(isinstance(said[name], str) for name in ("key", "title", "last", "at")):
        raise ValueError("has a value that is not a text")
    if type(said["misses"]) is not int or not 0 < said["misses"] < 2**53:
        raise ValueError("has a value that is not a number")
    at = datetime.fromisoformat(said["at"])
    if at.tzinfo is None:
        raise ValueError("has a time without its zone")
    return UnusedSeries(**{**said, "at": at})
