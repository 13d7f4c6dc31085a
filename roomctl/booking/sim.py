"""An invented day for a simulated room: one booking now, and two later. Pure.

The first one's link comes by argument, so that a simulated room can join a meeting that is there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from roomctl.booking.agenda import Booking, CalendarRead
from roomctl.clock import Moment

_TENCENT = """王芳 邀请您参加腾讯会议
会议主题：项目周会

点击链接入会，或添加至会议列表：
https://meeting.tencent.com/dm/AbCdEfGh1234

#腾讯会议：123-456-789
会议密码：6543
"""
_ZOOM = """Li Wei is inviting you to a scheduled Zoom meeting.

https://zoom.us/j/91234567890?pwd=QUJDREVG.1

Meeting ID: 912 3456 7890
Passcode: 224466
"""


def bookings(moment: Moment, link: str) -> list[Booking]:
    """Return three bookings: `link` since five minutes, Tencent in an hour, Zoom in three."""
    now = moment.wall.replace(second=0, microsecond=0)
    return [
        _booking("now", "Design review", "Zhang Min", now - timedelta(minutes=5), {"URL": link}),
        _booking(
            "tencent", "项目周会", "王芳", now + timedelta(hours=1), {"DESCRIPTION": _TENCENT}
        ),
        _booking(
            "zoom", "Supplier call", "Li Wei", now + timedelta(hours=3), {"DESCRIPTION": _ZOOM}
        ),
    ]


def _booking(
    key: str, title: str, organizer: str, start: datetime, fields: dict[str, str]
) -> Booking:
    return Booking(f"sim-{key}", title, organizer, start, start + timedelta(minutes=50), fields)


class SimFeed:
    """Bookings around the moment at which the simulation began; the first one has `link`."""

    def __init__(self, moment: Moment, link: str) -> None:
        self._bookings = bookings(moment, link)

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return those that touch the window."""
        touching = (b for b in self._bookings if b.end > window_start and b.start < window_end)
        return CalendarRead(tuple(touching))
