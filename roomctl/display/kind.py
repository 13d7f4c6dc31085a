"""What the room is handed of displays: how they are built, proven and found. Knows no command."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING

from roomctl.display.driver import DisplayDevice, DisplayEntry, DisplaysPart, displays
from roomctl.display.profile import DisplayProfile, DisplayTable
from roomctl.kind import Context, Drill, DrillSetup, Kind
from roomctl.ports.udp import broadcast
from roomctl.wire import Connect

if TYPE_CHECKING:
    from roomctl.ports.inventory import PluggedDevice

_log = logging.getLogger(__name__)

SEARCH_S = 5.0  # a projector may take up to 30 s; those that are awake answer at once
MOST_FOUND = 100  # anybody on the network may answer


def _build(tables: Mapping[str, DisplayTable], context: Context) -> tuple[DisplayDevice, ...]:
    return displays(tables, context.connect, context.clock, context.changed)


def _drill(name: str, tables: Mapping[str, DisplayTable], setup: DrillSetup) -> Drill:
    from roomctl.display.drill import DisplayDrill  # no room needs it

    drill = DisplayDrill(
        name,
        tables[name],
        setup.connect,
        setup.clock,
        setup.say,
        setup.operator,
        switches="power" in setup.allowed,
    )
    return Drill(drill.run, "the display is back in its old state")


async def probe(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    """Return `found`, and the projectors of this network that answer a search (PJLink class 2)."""
    from roomctl.display.pjlink import PORT, SEARCH
    from roomctl.ports.inventory import PluggedDevice

    hosts = await searched(broadcast(SEARCH.line(), PORT, SEARCH_S))
    projectors = [
        PluggedDevice("display", f"tcp://{host}", f"a projector that answers PJLink ({mac})")
        for host, mac in hosts.items()
    ]
    return [*found, *projectors]


async def searched(answers: AsyncGenerator[tuple[str, bytes], None]) -> dict[str, str]:
    """Return who answered a search, by address, with the MAC address; nobody without a network."""
    from roomctl.display.pjlink import found_by

    hosts: dict[str, str] = {}
    try:
        async with contextlib.aclosing(answers):
            async for host, datagram in answers:
                mac = found_by(datagram)
                if mac is not None and len(hosts) < MOST_FOUND:
                    hosts[host] = mac
    except OSError as error:
        _log.info("no search for projectors: %s", error)
    return hosts


KIND = Kind(
    "display",
    DisplayTable,
    _build,
    DisplayProfile,
    part=DisplaysPart,
    section="displays",
    entry=DisplayEntry,
    drill=_drill,
    probe=probe,
)
