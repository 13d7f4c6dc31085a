"""Which calendar a url asks for: an iCalendar file, one on a server, or a vendor's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from roomctl.booking.feed import CalendarAccess, CalendarFeed

if TYPE_CHECKING:
    from roomctl.booking.served import ServedFeed


def calendar_feed(url: str, zone: ZoneInfo, access: CalendarAccess) -> CalendarFeed | ServedFeed:
    """Return the calendar at a url of any kind; PortError if it is of none."""
    # What a kind needs is imported with it: a room without one does not pay for HTTP clients.
    kind = url.partition(":")[0]
    if kind == "caldav":
        from roomctl.booking.served import CalDavFeed

        return CalDavFeed(url, zone, access.room, access.title)
    if kind in ("graph", "google"):
        from roomctl.booking.vendor import VendorFeed

        return VendorFeed(url, zone, access)
    return CalendarFeed(url, zone, access.room)
