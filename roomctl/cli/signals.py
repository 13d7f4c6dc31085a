"""The end of a program that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import signal


def on_signals() -> asyncio.Event:
    """Return an event that SIGINT, SIGTERM or a closed terminal sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return stop
