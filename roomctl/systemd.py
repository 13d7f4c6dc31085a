"""What a service tells systemd: that it is ready, that it lives, how it is, that it stops.

sd_notify(3) without its library: a datagram to the socket that $NOTIFY_SOCKET names. Without that
variable, and where systemd does not listen, nothing is told and nothing fails. Knows no room.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable

_log = logging.getLogger(__name__)

TELL_S = 5.0  # from one look to the next, if the watchdog does not want it sooner


def notify(*lines: str) -> bool:
    """Tell systemd `lines` such as "READY=1"; returns whether it took them. Never waits."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return False
    address = f"\0{place[1:]}" if place.startswith("@") else place  # an abstract name
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking:
            speaking.setblocking(False)
            speaking.sendto("\n".join(lines).encode(), address)
    except OSError as error:
        _log.debug("systemd was not told %s: %s", lines[0], error)
        return False
    return True


def supervised() -> bool:
    """Whether systemd runs this process as a service, and starts it again (Restart=always)."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def watchdog_s() -> float | None:
    """Return within how many seconds systemd wants to hear that this process lives; None: never."""
    wanted, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not wanted.isdecimal() or not int(wanted) or pid not in ("", str(os.getpid())):
        return None
    return int(wanted) / 1e6


async def watched(stalled: Callable[[], str | None], words: Callable[[], str]) -> None:
    """Tell systemd READY now, and from then on, until cancelled, that the process lives.

    `stalled` says who does not live, or None; while it says so, systemd hears nothing, and ends the
    process when its WatchdogSec are over. `words` are its STATUS. To be run on the loop that is to
    be watched.
    """
    limit_s, before = watchdog_s(), None
    every_s = TELL_S if limit_s is None else min(TELL_S, limit_s / 3)
    notify("READY=1")
    try:
        while True:
            why, said = stalled(), words()
            if why is None:
                notify("WATCHDOG=1", f"STATUS={said}")
            else:
                notify(f"STATUS=stalled: {why}")
                if before is None:
                    _log.error("stalled: %s; the watchdog is no longer reset", why)
            if before is not None and why is None:
                _log.info("runs again: the watchdog is reset again")
            before = why
            await asyncio.sleep(every_s)
    finally:
        notify("STOPPING=1")
