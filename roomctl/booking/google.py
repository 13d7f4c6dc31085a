"""A room's calendar at Google, by Calendar API v3: `google:…@resource.calendar.google.com`.

verified = "documentation": written from Google's reference, tried against no account.

    token     POST https://oauth2.googleapis.com/token: a signed JWT of a service account, or a
              refresh token
              https://developers.google.com/identity/protocols/oauth2/service-account
    read      GET /calendar/v3/calendars/{id}/events, singleEvents
              https://developers.google.com/workspace/calendar/api/v3/reference/events/list
    write     POST, PATCH and DELETE of events, If-Match
              https://developers.google.com/workspace/calendar/api/v3/reference/events
              https://developers.google.com/workspace/calendar/api/guides/version-resources
    limits    403 or 429; https://developers.google.com/workspace/calendar/api/guides/quota

`key` is the file that Google's console gives, as JSON: of a service account, with whom the calendar
is shared, or of an authorized user.
"""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from roomctl.booking.change import BookingChange, Rejected, WriteOutcome, Written
from roomctl.booking.online import MOST_EVENTS, Json, OnlineCalendar, OnlineEvent, event_id
from roomctl.errors import PortError, PortReason

PREFIX = "google:"
HOSTS = ("https://oauth2.googleapis.com/token", "https://www.googleapis.com")  # tokens, API
SCOPE = "https://www.googleapis.com/auth/calendar.events"
_PAGE = 500
_MOST_PAGES = MOST_EVENTS // _PAGE
_CHECKED_IN = "roomctlCheckedIn"
_MADE = "roomctl"
_ANSWERS = {"accepted": "ACCEPTED", "declined": "DECLINED", "tentative": "TENTATIVE"}


class GoogleCalendar(OnlineCalendar):
    """One calendar. `subject`: the user for whom a service account acts, if it does."""

    def __init__(
        self,
        url: str,
        zone: ZoneInfo,
        *,
        key: str,
        subject: str = "",
        title: str = "roomctl",
        hosts: tuple[str, str] = HOSTS,
    ) -> None:
        room = url.removeprefix(PREFIX)
        self._key = _key(key)
        if "@" not in room or not self._key:
            why = "needs google:address of the calendar, and [calendar] key: Google's key, as JSON"
            raise PortError(url, why, PortReason.UNSUPPORTED)
        super().__init__(url, room, zone, title)
        self._tokens, self._subject = hosts[0], subject
        self._events = f"{hosts[1]}/calendar/v3/calendars/{quote(room, safe='@')}/events"

    async def _new_token(self) -> tuple[str, float]:
        if self._key["type"] == "authorized_user":
            names = ("client_id", "client_secret", "refresh_token")
            form = {name: str(self._key.get(name, "")) for name in names}
            return await self._token_from(self._tokens, {**form, "grant_type": "refresh_token"})
        try:
            signed = _signed(self._key, self._tokens, self._subject, int(time.time()))
        except (ValueError, TypeError, AttributeError):
            why = "[calendar] key holds no RSA key"
            raise PortError(self.shown, why, PortReason.UNSUPPORTED) from None
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return await self._token_from(self._tokens, {"grant_type": grant, "assertion": signed})

    async def _listed(self, start: datetime, end: datetime) -> list[OnlineEvent]:
        asked = {
            "singleEvents": "true",
            "orderBy": "startTime",
            "timeMin": _utc(start),
            "timeMax": _utc(end),
            "maxResults": str(_PAGE),
        }
        found: list[OnlineEvent] = []
        seen = set[str]()
        while True:
            page = asked.get("pageToken", "")
            if page in seen or len(seen) >= _MOST_PAGES:
                raise self._endless(back=page in seen)
            seen.add(page)
            answer = await self._ask("GET", f"{self._events}?{urlencode(asked)}")
            if answer.status != 200:
                why = f"answered HTTP {answer.status}; is the calendar shared with this account?"
                raise PortError(self.shown, why, PortReason.REFUSED)
            found += self._each(answer.said["items"], partial(_event, room=self.room))
            following = answer.said.get("nextPageToken")
            if not isinstance(following, str):
                return found
            asked["pageToken"] = following

    async def _found(self, event_id: str) -> OnlineEvent | None:
        answer = await self._ask("GET", self._url(event_id))
        return _event(answer.said, self.room) if answer.status == 200 else None

    def _is(self, event: OnlineEvent, change: BookingChange) -> bool:
        marks = _in(event.raw, "extendedProperties", "private")
        return change.id in (event.id, marks.get(_MADE))

    async def _inserted(self, change: BookingChange) -> OnlineEvent | None:
        marks = {_MADE: change.id, _CHECKED_IN: _utc(change.made_at)}
        body: Json = {
            "id": change.id,  # digits and a to f are of base32hex
            "summary": change.title or self._title,
            "start": {"dateTime": _utc(change.start)},
            "end": {"dateTime": _utc(change.end)},
            "extendedProperties": {"private": marks},
        }
        answer = await self._ask("POST", f"{self._events}?sendUpdates=none", body)
        if answer.status == 409:  # it was made before; what is deleted keeps its id
            found = await self._found(change.id)
            if found is None or found.status != "CANCELLED":
                return found
            body = {**body, "status": "confirmed"}
            url = f"{self._url(found.id)}?sendUpdates=none"
            answer = await self._ask("PATCH", url, body, {"If-Match": found.etag})
        if answer.status not in (200, 201):
            return None
        # An answer that says nothing leaves it with the id that it was given.
        return _event(answer.said if "id" in answer.said else body, self.room)

    async def _deleted(self, made: str) -> None:
        await self._ask("DELETE", f"{self._url(made)}?sendUpdates=none")

    async def _changed(self, change: BookingChange, event: OnlineEvent) -> WriteOutcome | None:
        match, updates = {"If-Match": event.etag}, "none"
        body: Json
        match change.kind:
            case "move_end":
                if not (event.owned or _in(event.raw, "organizer").get("self")):
                    why = "the room is a guest here: only the organizer can change the time"
                    return Rejected(f"{self.shown}: {why}")
                body = {"end": {"dateTime": _utc(change.end)}}
            case "check_in":
                private = _in(event.raw, "extendedProperties", "private")
                if _CHECKED_IN in private:
                    return Written()
                body = {"extendedProperties": {"private": {_CHECKED_IN: _utc(change.made_at)}}}
            case "release" if event.owned:
                answer = await self._ask("DELETE", self._url(event.id), headers=match)
                return None if answer.status == 412 else Written()
            case _ if event.owned or not event.answer or _in(event.raw, "organizer").get("self"):
                status = "cancelled" if change.kind == "release" else "confirmed"
                body = {"status": status}
            case _:
                word = "declined" if change.kind == "release" else "accepted"
                guests = [dict(each) for each in event.raw.get("attendees") or ()]
                for guest in guests:
                    if _is_room(guest, self.room):
                        guest["responseStatus"] = word
                body, updates = {"attendees": guests}, "all"
        url = f"{self._url(event.id)}?sendUpdates={updates}"
        answer = await self._ask("PATCH", url, body, match)
        return None if answer.status in (409, 412) else Written()

    def _url(self, event_id: str) -> str:
        return f"{self._events}/{quote(event_id, safe='')}"


def _key(text: str) -> Json:
    """Return Google's key; {} if it is none."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    known = isinstance(said, dict) and said.get("type") in ("service_account", "authorized_user")
    return said if known else {}


def _signed(key: Json, audience: str, subject: str, now: int) -> str:
    """Return the JWT of a service account, good for an hour."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    issuer = str(key["client_email"]) if "client_email" in key else ""
    claims: Json = {"iss": issuer, "scope": SCOPE, "aud": audience, "iat": now, "exp": now + 3600}
    if subject:
        claims["sub"] = subject
    head = _base64(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    text = f"{head}.{_base64(json.dumps(claims).encode())}"
    private = serialization.load_pem_private_key(str(key.get("private_key")).encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ValueError("no RSA key")
    return f"{text}.{_base64(private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _event(said: Json, room: str) -> OnlineEvent:
    """Return an event; KeyError, TypeError or ValueError if it is none."""
    organizer = _in(said, "organizer")
    guest = next((each for each in said.get("attendees") or () if _is_room(each, room)), None)
    answer = "" if guest is None else str(guest.get("responseStatus", "needsAction"))
    status = str(said.get("status", "confirmed"))
    return OnlineEvent(
        id=event_id(said["id"]),
        etag=str(said.get("etag", "")),
        start=_time(said["start"]),
        end=_time(said["end"]),
        title=str(said.get("summary") or ""),
        organizer=str(organizer.get("displayName") or ""),
        address=str(organizer.get("email") or ""),
        status=status.upper() if status in ("cancelled", "tentative") else "CONFIRMED",
        busy="FREE" if said.get("transparency") == "transparent" else "BUSY",
        private=str(said.get("visibility") or "default") in ("private", "confidential"),
        answer="" if guest is None else _ANSWERS.get(answer, "NEEDS-ACTION"),
        owned=_MADE in _in(said, "extendedProperties", "private"),
        series=str(said.get("recurringEventId") or ""),
        created=str(said.get("created") or ""),
        texts=dict(_texts(said)),
        raw=said,
    )


def _texts(said: Json) -> list[tuple[str, str]]:
    entries = _in(said, "conferenceData").get("entryPoints") or ()
    uris = [str(each["uri"]) for each in entries if isinstance(each, dict) and each.get("uri")]
    found = [
        ("CONFERENCE", "\n".join((*uris, str(said.get("hangoutLink") or ""))).strip()),
        ("LOCATION", said.get("location")),
        ("DESCRIPTION", said.get("description")),
    ]
    return [(name, str(text)) for name, text in found if text]


def _is_room(guest: Any, room: str) -> bool:  # noqa: ANN401 - whatever a server lists
    if not isinstance(guest, dict):
        return False
    return guest.get("self") is True or str(guest.get("email", "")).casefold() == room.casefold()


def _in(said: Json, *names: str) -> Json:
    found: Any = said
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _time(said: Json) -> date:
    if "date" in said:
        return date.fromisoformat(str(said["date"]))
    at = datetime.fromisoformat(str(said["dateTime"]))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at
