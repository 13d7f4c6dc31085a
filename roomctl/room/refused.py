"""What is said of a link that is not opened: the reason and the host, for whoever audits a room.

Never a path, a number or a passcode, and no name from a host that could not be read.
"""

from __future__ import annotations

import logging

from roomctl.meeting.reading import Reading
from roomctl.meeting.refusal import Refusal

_log = logging.getLogger(__name__)

_ORDINARY = (None, Refusal.NO_MEETING)  # a text without any link is no refused link


def note(reading: Reading, whence: str) -> None:
    """Log a refused link in one line; an ordinary text is not one. `whence`: who brought it."""
    if reading.obstacle in _ORDINARY:
        return
    host = reading.name_of_host or reading.params.get("host") or "no host"
    platform = reading.platform or "no platform"
    _log.warning("meeting: not opened, %s: %s (%s, %s)", whence, reading.obstacle, host, platform)
