"""A calendar at Microsoft or Google, as the room has it. Its libraries are loaded with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from roomctl.booking.feed import CalendarAccess
from roomctl.booking.rest import RestTask, calendar_of
from roomctl.booking.served import Said, ServedFeed


class VendorFeed(ServedFeed):
    """The bookings of one calendar at Microsoft or Google.

    `hosts` are where a token is asked for and where the API is, if not at the vendor's own.
    PortError if `url` is none, or `access` lacks what that vendor needs.
    """

    def __init__(
        self, url: str, zone: ZoneInfo, access: CalendarAccess, hosts: tuple[str, str] | None = None
    ) -> None:
        self._asks = RestTask(url, zone.key, access, hosts)
        room = calendar_of(self._asks).room
        super().__init__(url, zone, room, "roomctl.booking.rest")

    def _task(self, start: datetime, end: datetime, write: dict[str, Any] | None) -> bytes:
        return self._asks.line(start, end, write)

    def _note(self, said: Said) -> None:
        self._asks = self._asks.with_token(said.get("token"))
