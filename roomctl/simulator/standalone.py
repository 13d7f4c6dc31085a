"""A simulated screen in a process of its own, for a room that runs elsewhere on this box."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomctl.clock import Clock
from roomctl.screen.sim import SimScreen
from roomctl.simulator.wires import offer_unix


async def simulated_screen(socket: Path, clock: Clock, stop: asyncio.Event) -> None:
    """Be a simulated screen on the unix socket `socket` until `stop`; the socket is gone then."""
    socket.parent.mkdir(parents=True, exist_ok=True)
    wire = await offer_unix(socket, SimScreen(), clock)
    try:
        await stop.wait()
    finally:
        await wire.close()
        socket.unlink(missing_ok=True)
