"""What becomes of each booking when a platform is left. Pure.

The link is read of each occurrence, for a moved one may be on another platform; what a series says
alike is read once. Knows no calendar and no clock.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, tzinfo
from enum import StrEnum
from urllib.parse import unquote

from roomctl.booking import Booking
from roomctl.config import CalendarTable
from roomctl.frozen import frozen
from roomctl.meeting.invitation import ParsedInvitation, Refusal
from roomctl.meeting.leaving import ExitStage, PlatformExit
from roomctl.meeting.link import read
from roomctl.meeting.platform import Platforms, Policy
from roomctl.migrate.mention import dials, may_name_another


class Verdict(StrEnum):
    """What becomes of a booking."""

    FINE = "fine"
    AT_RISK = "at_risk"
    DEAD = "dead"
    REPLACED = "replaced"


class VerdictReason(StrEnum):
    """Why: the closed list that reports and drafts translate."""

    NO_LINK = "no_link"  # nothing to join is written in it
    ELSEWHERE = "elsewhere"  # it is on another platform
    BEFORE = "before"  # over before the leaving platform is only joined
    PARTNER_HOST = "partner_host"  # at a host that the room's policy names
    GUEST = "guest"  # somebody else's meeting: joined until the platform ends
    OWN_ACCOUNT = "own_account"  # whether it can be held depends on an account that may expire
    UNKNOWN_ACCOUNT = "unknown_account"  # own or a guest's: nothing tells the house's domains
    DIAL_IN = "dial_in"  # only a phone number or a SIP address of the vendor's, which end with it
    WEBINAR = "webinar"  # of registrants, at the vendor's pages
    PERSONAL_ROOM = "personal_room"  # of a person's own account
    AFTER_THE_END = "after_the_end"
    OTHER_LINK = "other_link"  # names another platform, and a link or a number of it, too
    NOT_ALLOWED = "not_allowed"  # the room's policy does not let it in today either


@frozen
class JudgedBooking:
    """One occurrence, and what becomes of it; of a private one no title and no person."""

    id: str
    title: str
    organizer: str
    email: str  # of the organizer; "" if it is unknown
    booking: Booking
    verdict: Verdict
    reason: VerdictReason
    platform: str | None
    meeting_id: str | None
    repeats: bool
    leaving: bool  # it is joined on the platform that is left

    @property
    def series(self) -> str:
        """What the occurrences of one series share."""
        return _series(self.booking)


def _series(booking: Booking) -> str:
    return booking.series or booking.id.rpartition("/")[0] or booking.id


_Key = tuple[tuple[str, str], ...]


def _key(fields: Mapping[str, str]) -> _Key:
    return tuple(sorted(fields.items()))


_WEBINAR = re.compile(r"webinar|网络研讨会|/w/[0-9]", re.IGNORECASE)
_PERSONAL = re.compile(r"/(?:my|meet)/[^/?#]+/?(?:[?#]|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


class BookingJudge:
    """Judges the bookings of one room."""

    def __init__(self, platforms: Platforms, policy: Policy, departure: PlatformExit) -> None:
        """`policy` is the room's, without a day: what has ended is judged here."""
        self._platforms, self._policy, self._departure = platforms, policy, departure
        self._may_name_another = may_name_another(platforms, departure.platform)
        platform = platforms.by_key[departure.platform]
        hosts = [site.name for site in platforms.sites if site.platform is platform]
        self._dials = dials(platform, hosts)
        self._without = replace(policy, deny=(*policy.deny, departure.platform))
        self._read: dict[_Key, tuple[ParsedInvitation, ParsedInvitation | None]] = {}
        self._ways: dict[_Key, VerdictReason] = {}  # of what is at risk

    def judged(
        self, bookings: Iterable[Booking], zone: tzinfo, own: Collection[str] = ()
    ) -> tuple[JudgedBooking, ...]:
        """Judge bookings by their day in `zone`; `own` are the domains of the room's house."""
        known = list(bookings)
        counts = Counter(_series(one) for one in known)
        return tuple(self._judged(one, zone, own, counts[_series(one)] > 1) for one in known)

    def _judged(
        self, booking: Booking, zone: tzinfo, own: Collection[str], repeats: bool
    ) -> JudgedBooking:
        found, other = self._reading(booking.fields)
        day = booking.start.astimezone(zone).date()
        domain = _domain(booking.organizer_email or booking.organizer)
        guest = bool(domain and own) and not any(_is_inside(domain, one) for one in own)
        verdict, reason = self._verdict(found, other, day, guest)
        if verdict is Verdict.AT_RISK:
            reason = self._ways[_key(booking.fields)]
            if reason is VerdictReason.OWN_ACCOUNT and domain and not own:
                reason = VerdictReason.UNKNOWN_ACCOUNT
        shown = (booking.title, booking.organizer, booking.organizer_email)
        shown = ("", "", "") if booking.private else shown
        return JudgedBooking(
            booking.id,
            *shown,
            booking,
            verdict,
            reason,
            found.platform,
            found.meeting_id,
            repeats,
            found.platform == self._departure.platform,
        )

    def _reading(
        self, fields: Mapping[str, str]
    ) -> tuple[ParsedInvitation, ParsedInvitation | None]:
        key = _key(fields)
        if key not in self._read:
            found = read(fields, self._platforms, self._policy)
            other = None
            leaving = found.platform == self._departure.platform
            if leaving and self._may_name_another("\n".join(fields.values())):
                other = read(fields, self._platforms, self._without)
                usable = other.platform not in (None, self._departure.platform)
                other = other if usable and other.refused is None else None
            way = self._ways[key] = self._way(found, fields)
            if way is VerdictReason.DIAL_IN and found.platform is None:
                found = replace(found, platform=self._departure.platform)
            self._read[key] = (found, other)
        return self._read[key]

    def _way(self, found: ParsedInvitation, fields: Mapping[str, str]) -> VerdictReason:
        """Return what the risk of a booking on the leaving platform is."""
        text = "\n".join(fields.values())
        if found.platform not in (None, self._departure.platform):
            return VerdictReason.OWN_ACCOUNT
        link = found.launch.url if found.launch else ""
        if found.platform is not None and (_WEBINAR.search(link) or _WEBINAR.search(text)):
            return VerdictReason.WEBINAR
        if _PERSONAL.search(link) and not (found.meeting_id or "").isdecimal():
            return VerdictReason.PERSONAL_ROOM
        if self._dials(text) and (found.launch is None or self._only_address(fields)):
            return VerdictReason.DIAL_IN
        return VerdictReason.OWN_ACCOUNT

    def _only_address(self, fields: Mapping[str, str]) -> bool:
        """Whether no meeting is left in a text without the addresses to call in it."""
        texts = {name: _ADDRESS.sub(" ", text) for name, text in fields.items()}
        return texts != dict(fields) and read(texts, self._platforms, self._policy).launch is None

    def _verdict(
        self, found: ParsedInvitation, other: ParsedInvitation | None, day: date, guest: bool
    ) -> tuple[Verdict, VerdictReason]:
        departure = self._departure
        if found.platform is None:
            return Verdict.FINE, VerdictReason.NO_LINK
        if found.platform != departure.platform:
            return Verdict.FINE, VerdictReason.ELSEWHERE
        if found.refused is Refusal.DENIED_BY_POLICY:
            return Verdict.DEAD, VerdictReason.NOT_ALLOWED
        if other is not None:
            return Verdict.REPLACED, VerdictReason.OTHER_LINK
        platform = self._platforms.by_key[departure.platform]
        host = found.host or ""
        phase = platform.phase_on(day, platform.region_of(host), host)
        vendor_ended = phase is not None and phase.name == "ended"
        if vendor_ended:
            return Verdict.DEAD, VerdictReason.AFTER_THE_END
        if self._policy.names_host(platform, host):
            return Verdict.FINE, VerdictReason.PARTNER_HOST
        if departure.reached(ExitStage.ENDED, day):
            return Verdict.DEAD, VerdictReason.AFTER_THE_END
        if not departure.reached(ExitStage.JOIN_ONLY, day):
            return Verdict.FINE, VerdictReason.BEFORE
        if guest:
            return Verdict.FINE, VerdictReason.GUEST
        return Verdict.AT_RISK, VerdictReason.OWN_ACCOUNT


_VENDORS = ("calendar.google.com", "gserviceaccount.com", "onmicrosoft.com", "onmschina.cn")
"""Domains that a vendor gives rooms and programs: no person of the house need have one."""


def own_domains(calendar: CalendarTable, bookings: Iterable[Booking]) -> frozenset[str]:
    """Return the domains of the room's house; empty: nothing tells them.

    The room's own address and account tell them, the user for whom it acts, and who has made what
    is the room's own.
    """
    scheme, _, account = (calendar.url.reveal() if calendar.url else "").partition(":")
    if scheme not in ("graph", "google"):
        account = account.partition("//")[2].partition("/")[0].rpartition("@")[0].partition(":")[0]
    addresses = (calendar.room, calendar.subject, unquote(account))
    owners = (one.organizer_email for one in bookings if one.owned)
    found = {_domain(each or "") for each in (*addresses, *owners)} - {""}
    return frozenset(one for one in found if not any(_is_below(one, each) for each in _VENDORS))


def _domain(address: str) -> str:
    """Return an address's domain; "" if it is none."""
    return address.rpartition("@")[2].casefold().rstrip(".") if "@" in address else ""


def _is_inside(domain: str, own: str) -> bool:
    """Whether a domain is one's own, or of the same house."""
    return _is_below(domain, own) or _is_below(own, domain)


def _is_below(domain: str, other: str) -> bool:
    return f".{domain}".endswith(f".{other}")


def weeks(judged: Iterable[JudgedBooking], zone: tzinfo) -> Mapping[str, Mapping[str, int]]:
    """Return how many bookings of each week ("2020-W34") get which verdict, on the leaving one."""
    found: dict[str, Counter[str]] = {}
    for one in judged:
        if one.leaving:
            year, week, _ = one.booking.start.astimezone(zone).isocalendar()
            found.setdefault(f"{year}-W{week:02d}", Counter())[one.verdict] += 1
    return {week: dict(found[week]) for week in sorted(found)}


def to_move(one: JudgedBooking) -> bool:
    """Whether somebody has to move a booking."""
    return one.verdict in (Verdict.AT_RISK, Verdict.DEAD)


def by_organizer(judged: Iterable[JudgedBooking]) -> Mapping[str, tuple[JudgedBooking, ...]]:
    """Return the bookings that somebody has to move, by organizer; "" is nobody known."""
    found: dict[str, list[JudgedBooking]] = {}
    for one in judged:
        if to_move(one):
            found.setdefault(one.organizer, []).append(one)
    return {who: tuple(found[who]) for who in sorted(found)}


def last_after(judged: Iterable[JudgedBooking], day: date, zone: tzinfo) -> Iterator[JudgedBooking]:
    """Yield of each series on the leaving platform its last occurrence on or after `day`."""
    last: dict[str, JudgedBooking] = {}
    for one in judged:
        if one.leaving and one.booking.start.astimezone(zone).date() >= day:
            known = last.get(one.series)
            if known is None or one.booking.start > known.booking.start:
                last[one.series] = one
    yield from last.values()
