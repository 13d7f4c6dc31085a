"""Window blinds at a Shelly relay in cover mode, as a kind of device for roomctl.

`table` is [blinds.NAME] of room.toml, `driver` the relay and what the room says of it, `sim` the
relay of a simulated room, `drill` what proves a real one, `words` what people read.
"""

from collections.abc import Mapping, Sequence

from roomctl.kind import Context, Drill, DrillSetup, Kind, SimulatedDevice
from roomctl.words import words_beside
from roomctl_blinds.driver import Blinds, BlindsEntry, BlindsPart
from roomctl_blinds.table import BlindsTable


def _build(tables: Mapping[str, BlindsTable], context: Context) -> Sequence[Blinds]:
    return [Blinds(name, table, context) for name, table in tables.items()]


def _simulate(tables: Mapping[str, BlindsTable]) -> Sequence[SimulatedDevice]:
    from roomctl_blinds.sim import SimulatedBlinds  # a real room has none

    return [SimulatedBlinds(name, table) for name, table in tables.items()]


def _drill(name: str, tables: Mapping[str, BlindsTable], setup: DrillSetup) -> Drill:
    from roomctl_blinds.drill import make_drill  # no room needs it

    return make_drill(name, tables, setup)


KIND = Kind(
    "blinds",
    BlindsTable,
    _build,
    part=BlindsPart,
    section="blinds",
    entry=BlindsEntry,
    drill=_drill,
    simulate=_simulate,
    words=words_beside(__file__),
)
