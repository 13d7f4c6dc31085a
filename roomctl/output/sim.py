"""A simulated relay: the other end of an output line. Knows no wire and no clock."""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.kind import Action, SimulatedDevice, toggling
from roomctl.output.profile import OutputTable
from roomctl.ports.address import as_output
from roomctl.wire import Chunk, IdleMachine, Machine


class SimOutput(IdleMachine):
    """A relay: `on` is what it was set to last; `stuck`, a fault: nothing reaches it."""

    def __init__(self) -> None:
        self.on = False
        self.stuck = False
        self.switches = 0

    def receive(self, chunk: Chunk) -> None:
        if self.stuck:
            return
        for byte in chunk.data:
            on = byte == ord("1")
            self.switches += on != self.on
            self.on = on


class SimulatedOutput(SimulatedDevice):
    """What stands for one output of a room."""

    kind = "output"

    def __init__(self, name: str, table: OutputTable) -> None:
        self.url = as_output(table.url)
        self.names: tuple[str, ...] = (f"output.{name}",)
        self.output = SimOutput()

    def machine(self) -> Machine:
        return self.output

    def state(self, name: str, now: float) -> dict[str, object]:
        return {"on": self.output.on, "stuck": self.output.stuck}

    def actions(self, name: str) -> Mapping[str, Action]:
        return {"stuck": toggling(self.output, "stuck")}

    def refusal(self, data: bytes) -> str | None:
        return "the relay is stuck" if self.output.stuck else None

    def unplugged(self) -> None:
        """Lose its power: it falls off."""
        self.output.on = False


def simulated_outputs(tables: Mapping[str, OutputTable]) -> list[SimulatedDevice]:
    """Return what stands for each output of a room."""
    return [SimulatedOutput(name, table) for name, table in tables.items()]
