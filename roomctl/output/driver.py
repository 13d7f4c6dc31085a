"""A relay or a light on an output line, switched by one rule: on while something is so.

    occupied    somebody is there, or was until the last hold ran out; stays as it is while nobody
                can tell
    vacant      nobody is there; stays as it is while nobody can tell
    in_call     a call is live
    awake       panel and display are on
    booked      a booking is under way

Knows no pin and no room: the room says what is so (`obey`). It is off `off_after_s` later than
that ended, off at the start and when the program ends, and switched once a second at most. What a
line was set to is taken as so: a relay does not answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from roomctl.clock import Clock, Moment
from roomctl.device import Device
from roomctl.errors import ConfigError, PortError
from roomctl.frozen import frozen
from roomctl.kind import Context, Kind, KindPart
from roomctl.output.profile import Condition, OutputTable
from roomctl.ports import address, gpio, gpiod
from roomctl.ports.address import as_output
from roomctl.wire import Connect, Identity, IdleMachine, Machine

_log = logging.getLogger(__name__)

LEAST_S = 1.0  # between two switches: relays wear, and lamps that flicker are no signal
TRY_AGAIN_S = 5.0


@frozen
class OutputEntry:
    """A relay or a light: the rule that it follows, and whether it is on; null: not known."""

    name: str
    rule: Condition
    on: bool | None


class Output(Device):
    """One relay or light; `on` is what its line was set to, None while that is not known."""

    kind = "output"

    def __init__(
        self,
        name: str,
        table: OutputTable,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(name, as_output(table.url), connect, clock, changed)
        self.rule: Condition = table.on
        self.on: bool | None = None
        self.requested = False
        self._off_after_s = table.off_after_s
        self._held_until = float("-inf")

    def machine(self, identity: Identity) -> Machine:
        return _Switch(self)

    def lost(self) -> None:
        self.on = None

    def obey(self, conditions: Mapping[str, bool | None]) -> None:
        """Take what is so in the room; None: nobody can tell, and it stays as it is."""
        now, wanted = self.clock.mono_s(), conditions[self.rule]
        if wanted is None:
            return
        if wanted:
            self._held_until = now + self._off_after_s
        requested = wanted or now < self._held_until
        if requested != self.requested:
            self.requested = requested
            self.wake()

    def switched(self, on: bool) -> None:
        """Note that the line was set."""
        self.proven()
        if on != self.on:
            _log.debug("%s: %s", self.name, "on" if on else "off")
            self.on = on
            self.changed()


class _Switch(IdleMachine):
    """Sets the line to what is requested, and says so when that is done."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._in_flight: bool | None = None
        self._not_before = float("-inf")

    def due(self) -> float | None:
        return self._not_before if self._output.requested != self._output.on else None

    def outbox(self, now: float) -> bytes | None:
        wanted = self._output.requested
        if wanted == self._output.on or now < self._not_before:
            return None
        self._in_flight, self._not_before = wanted, now + LEAST_S
        return b"1" if wanted else b"0"

    def sent(self, now: float) -> None:
        if self._in_flight is not None:
            self._output.switched(self._in_flight)

    def failed(self, now: float, why: str) -> None:
        self._not_before = now + TRY_AGAIN_S
        self._output.unproven("no_reply", f"{self._output.name}: cannot be switched: {why}")


class Outputs(KindPart):
    """What the room says of its relays and lights."""

    def sections(self, now: Moment) -> Mapping[str, object]:
        outputs = [one for one in self.devices if isinstance(one, Output)]
        return {"outputs": tuple(OutputEntry(one.name, one.rule, one.on) for one in outputs)}


def _build(tables: Mapping[str, OutputTable], context: Context) -> list[Output]:
    made: dict[tuple[str, int] | str, str] = {}
    for name, table in tables.items():
        place = _place(name, table.url)
        if (other := made.setdefault(place, name)) != name:
            why = f"{table.url} is already used by output.{other}"
            raise ConfigError("room.toml", f"output.{name}.url", why)
    return [
        Output(name, table, context.connect, context.clock, context.changed)
        for name, table in tables.items()
    ]


def _place(name: str, url: str) -> tuple[str, int] | str:
    """Return the line of an output; ConfigError if it cannot be one."""
    key = f"output.{name}.url"
    if url.startswith("sim:"):
        return url
    try:
        where = address.parse(as_output(url))
        if where.scheme not in ("gpio", "gpiod"):
            why = f"an output is a line such as gpio:22 or gpiod:gpiochip0/22; not {url}"
            raise ConfigError("room.toml", key, why)
        if where.options.get("direction") != "out":
            raise ConfigError("room.toml", key, f"{url} is an input")
        return gpio.line_of(url) if where.scheme == "gpio" else gpiod.line_of(where)
    except PortError as error:
        raise ConfigError("room.toml", key, str(error)) from error


KIND = Kind(
    "output",
    OutputTable,
    _build,
    part=Outputs,
    section="outputs",
    entry=OutputEntry,
)
