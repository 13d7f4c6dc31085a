"""What the room is handed of displays: how they are built, proven and found. Knows no command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from roomctl.display.driver import DisplayDevice, DisplayEntry, DisplaysPart, displays
from roomctl.display.profile import DisplayProfile, DisplayTable
from roomctl.kind import Context, Drill, DrillSetup, Kind

if TYPE_CHECKING:
    from roomctl.search import Search


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


def _search() -> Search:
    from roomctl.display.found import SEARCH  # no room needs it

    return SEARCH


KIND = Kind(
    "display",
    DisplayTable,
    _build,
    DisplayProfile,
    part=DisplaysPart,
    section="displays",
    entry=DisplayEntry,
    drill=_drill,
    search=_search,
)
