"""A room's mailbox in Microsoft 365, by Microsoft Graph: `graph:bamboo@example.com`.

verified = "documentation": written from Microsoft's reference, tried against no tenant.

    token     POST {login}/{tenant}/oauth2/v2.0/token, client credentials
              https://learn.microsoft.com/graph/auth-v2-service
    read      GET /v1.0/users/{room}/calendar/calendarView
              https://learn.microsoft.com/graph/api/user-list-calendarview
    write     POST /users/{room}/events, PATCH and DELETE …/events/{id}, POST …/{id}/decline
              https://learn.microsoft.com/graph/api/user-post-events
              https://learn.microsoft.com/graph/api/event-update, event-delete, event-decline
    limits    429 with Retry-After; https://learn.microsoft.com/graph/throttling

A room is a guest in its people's meetings: there it can answer and note, and change no time. What
was booked in its own mailbox has it as the organizer, who cannot decline: what roomctl has made is
deleted when the room is given back, and what people or programs have made shows as free.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from roomctl.booking.change import BookingChange, Rejected, WriteOutcome, Written
from roomctl.booking.online import MOST_EVENTS, Json, OnlineCalendar, OnlineEvent, event_id
from roomctl.errors import PortError, PortReason

PREFIX = "graph:"
CLOUDS = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "china": (
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}
_CHECKED_IN = "roomctl: checked in"
_OURS = re.compile("[0-9a-f]{32}")  # a transactionId that a change has given
_PAGE = 200
_MOST_PAGES = MOST_EVENTS // _PAGE
_SELECT = (
    "id,subject,body,location,locations,onlineMeeting,organizer,start,end,isAllDay,isCancelled,"
    "isOrganizer,showAs,sensitivity,responseStatus,transactionId,categories,seriesMasterId,"
    "createdDateTime"
)
_PREFER = {
    "Prefer": 'outlook.timezone="UTC", outlook.body-content-type="text", IdType="ImmutableId"'
}
_ANSWERS = {
    "none": "",
    "organizer": "",
    "accepted": "ACCEPTED",
    "declined": "DECLINED",
    "tentativelyAccepted": "TENTATIVE",
}


class GraphCalendar(OnlineCalendar):
    """One mailbox. `hosts` are those of the login and of the API."""

    def __init__(
        self,
        url: str,
        zone: ZoneInfo,
        *,
        tenant: str,
        client: str,
        key: str,
        title: str = "roomctl",
        hosts: tuple[str, str] = CLOUDS["global"],
    ) -> None:
        room = url.removeprefix(PREFIX)
        if "@" not in room or not (tenant and client and key):
            why = "needs graph:room@example.com, and [calendar] tenant, client and key"
            raise PortError(url, why, PortReason.UNSUPPORTED)
        super().__init__(url, room, zone, title)
        self._login, self._tenant, self._id, self._key = hosts[0], tenant, client, key
        self._api = hosts[1]
        self._home = f"{hosts[1]}/v1.0/users/{quote(room, safe='@')}"

    async def _new_token(self) -> tuple[str, float]:
        form = {
            "client_id": self._id,
            "client_secret": self._key,
            "scope": f"{self._api}/.default",
            "grant_type": "client_credentials",
        }
        tenant = quote(self._tenant, safe="")
        return await self._token_from(f"{self._login}/{tenant}/oauth2/v2.0/token", form)

    async def _listed(self, start: datetime, end: datetime) -> list[OnlineEvent]:
        asked = {
            "startDateTime": _utc(start),
            "endDateTime": _utc(end),
            "$top": str(_PAGE),
            "$select": _SELECT,
        }
        url: str | None = f"{self._home}/calendar/calendarView?{urlencode(asked, safe='$,:')}"
        found: list[OnlineEvent] = []
        seen = set[str]()
        while url is not None:
            if url in seen or len(seen) >= _MOST_PAGES:
                raise self._endless(back=url in seen)
            seen.add(url)
            answer = await self._ask("GET", url, headers=_PREFER)
            if answer.status != 200:
                why = f"answered HTTP {answer.status}; is there such a mailbox?"
                raise PortError(self.shown, why, PortReason.REFUSED)
            found += self._each(answer.said["value"], _event)
            url = self._next(answer.said.get("@odata.nextLink"), url)
        return found

    async def _found(self, event_id: str) -> OnlineEvent | None:
        answer = await self._ask("GET", self._url(event_id), headers=_PREFER)
        return _event(answer.said) if answer.status == 200 else None

    def _is(self, event: OnlineEvent, change: BookingChange) -> bool:
        return event.raw.get("transactionId") == change.id

    async def _inserted(self, change: BookingChange) -> OnlineEvent | None:
        body = {
            "subject": change.title or self._title,
            "start": {"dateTime": _utc(change.start)[:-1], "timeZone": "UTC"},
            "end": {"dateTime": _utc(change.end)[:-1], "timeZone": "UTC"},
            "showAs": "busy",
            "transactionId": change.id,
            "categories": [_CHECKED_IN],
        }
        answer = await self._ask("POST", f"{self._home}/events", body, _PREFER)
        return _event(answer.said) if answer.status in (200, 201) else None

    async def _deleted(self, made: str) -> None:
        await self._ask("DELETE", self._url(made))

    async def _changed(self, change: BookingChange, event: OnlineEvent) -> WriteOutcome | None:
        url, match = self._url(event.id), {"If-Match": event.etag, **_PREFER}
        match change.kind:
            case "move_end" if not event.owned:
                why = "a room is a guest here: only the organizer can change the time"
                return Rejected(f"{self.shown}: {why}")
            case "move_end":
                end = {"dateTime": _utc(change.end)[:-1], "timeZone": "UTC"}
                answer = await self._ask("PATCH", url, {"end": end}, match)
            case "check_in":
                categories = [str(each) for each in event.raw.get("categories") or ()]
                if _CHECKED_IN in categories:
                    return Written()
                body: Json = {"categories": [*categories, _CHECKED_IN]}
                answer = await self._ask("PATCH", url, body, match)
            case "release" if event.owned and _OURS.fullmatch(str(event.raw.get("transactionId"))):
                answer = await self._ask("DELETE", url, headers=match)
            case "release" | "restore" if event.owned:
                shown = {"showAs": "free" if change.kind == "release" else "busy"}
                answer = await self._ask("PATCH", url, shown, match)
            case "release":
                body = {"comment": self._title, "sendResponse": True}
                answer = await self._ask("POST", f"{url}/decline", body, match)
            case _:
                body = {"comment": self._title, "sendResponse": True}
                answer = await self._ask("POST", f"{url}/accept", body, match)
        return None if answer.status in (409, 412) else Written()

    def _url(self, event_id: str) -> str:
        return f"{self._home}/events/{quote(event_id, safe='')}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _event(said: Json) -> OnlineEvent:
    """Return an event; KeyError, TypeError or ValueError if it is none."""
    whole = said.get("isAllDay") is True
    organizer = _in(said, "organizer", "emailAddress")
    response = str(_in(said, "responseStatus").get("response", "none"))
    shows = str(said.get("showAs", "busy"))
    cancelled = said.get("isCancelled") is True
    return OnlineEvent(
        id=event_id(said["id"]),
        etag=str(said.get("@odata.etag", "")),
        start=_time(said["start"], whole=whole),
        end=_time(said["end"], whole=whole),
        title=str(said.get("subject") or ""),
        organizer=str(organizer.get("name") or ""),
        address=str(organizer.get("address") or ""),
        status="CANCELLED" if cancelled else "CONFIRMED",
        busy={"free": "FREE", "tentative": "TENTATIVE"}.get(shows, "BUSY"),
        private=str(said.get("sensitivity") or "normal") != "normal",
        answer=_ANSWERS.get(response, "NEEDS-ACTION"),
        owned=said.get("isOrganizer") is True or response == "organizer",
        series=str(said.get("seriesMasterId") or ""),
        created=str(said.get("createdDateTime") or ""),
        texts=dict(_texts(said)),
        raw=said,
    )


def _texts(said: Json) -> list[tuple[str, str]]:
    join = _in(said, "onlineMeeting").get("joinUrl")
    location = _in(said, "location")
    places = [location.get("displayName"), location.get("locationUri")]
    found = [
        ("X-MICROSOFT-CDO-INTENDEDSTATUS", said.get("showAs")),  # says that it is of Exchange
        ("CONFERENCE", join),
        ("LOCATION", "\n".join(str(each) for each in places if each)),
        ("DESCRIPTION", _in(said, "body").get("content")),
    ]
    return [(name, str(text)) for name, text in found if text]


def _in(said: Json, *names: str) -> Json:
    """Return what is inside; {} where there is nothing of that kind."""
    found: Any = said
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _time(said: Json, *, whole: bool) -> date:
    text = str(said["dateTime"])[:19]
    return date.fromisoformat(text[:10]) if whole else datetime.fromisoformat(text + "+00:00")
