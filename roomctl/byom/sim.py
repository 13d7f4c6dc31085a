"""A simulated USB switch, and the laptop at its cable: the switch's end of a wire. Pure.

Who has the devices is `side`; the simulator takes them from the room's bus meanwhile. A `bypassed`
switch turns, and what should hang on it is plugged into the room's box. Knows no wire and no clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from roomctl.byom.driver import places, profile_of, wire_of
from roomctl.byom.profile import ByomProfile, ByomTable
from roomctl.byom.session import Side
from roomctl.kind import Action, Argument, SimulatedDevice, SimulatedSide
from roomctl.lines import Lines, sample
from roomctl.wire import Chunk, IdleMachine, Machine

TOLD_S = 1.0  # how often an input tells its level


class SimSwitch:
    """The switch itself. Faults: `stuck`: it takes what is said, and stays; `silent`: no answer."""

    def __init__(self) -> None:
        self.side: Side = "room"
        self.laptop = False
        self.stuck = self.silent = self.bypassed = False
        self.turns = 0
        self.turned: Callable[[], None] = lambda: None  # tells the simulator

    def turn(self, side: Side) -> None:
        """Stand at one side."""
        if not self.stuck and side != self.side:
            self.side = side
            self.turns += 1
            self.turned()

    def press(self) -> None:
        """Turn over, as its button does."""
        self.turn("room" if self.side == "laptop" else "laptop")


class SimSwitchLine(IdleMachine):
    """Its contact: `toggles`: one press turns it over; else it is the laptop's while active."""

    def __init__(self, switch: SimSwitch, *, toggles: bool) -> None:
        self._switch, self._toggles, self.active = switch, toggles, False

    def receive(self, chunk: Chunk) -> None:
        for byte in chunk.data:
            before, self.active = self.active, byte == ord("1")
            if not self._toggles:
                self._switch.turn("laptop" if self.active else "room")
            elif self.active and not before:
                self._switch.press()


class SimSwitchText(IdleMachine):
    """Its line of text, by the words of a profile."""

    def __init__(self, switch: SimSwitch, profile: ByomProfile, table: ByomTable) -> None:
        self._switch, self._words = switch, profile.text
        self._lines = Lines(profile.text, places(table))
        self._rest, self._says = b"", list[bytes]()

    def receive(self, chunk: Chunk) -> None:
        end, data = self._words.end.encode(), self._rest + chunk.data
        *lines, self._rest = data.split(end) if end else (data, b"")
        if not self._switch.silent:
            self._says += [self._said(line.decode("latin-1")) for line in lines]

    def pressed(self) -> None:
        """Say by itself where it stands now, as some do when somebody presses their button."""
        if not self._switch.silent:
            self._says.append(self._stands())

    def outbox(self, now: float) -> bytes | None:
        return self._says.pop(0) if self._says else None

    def _said(self, line: str) -> bytes:
        holder = self._words.holder
        if holder.ask is not None and line == self._lines.filled(holder.ask):
            return self._stands()
        for side, text in holder.set.items():
            if line == self._lines.filled(text):
                self._switch.turn("laptop" if side == "laptop" else "room")
                return self._accepts()
        return self._answer(self._words.refused)

    def _stands(self) -> bytes:
        meanings = self._words.holder.answers.items()
        return self._answer(next(one for one, side in meanings if side == self._switch.side))

    def _accepts(self) -> bytes:
        """Answer a set; of a switch whose answer says where it stands, with that."""
        stands = self._stands().decode("latin-1").removesuffix(self._words.answer_end)
        if self._lines.accepts(self._words.holder, stands):
            return self._stands()
        return self._answer(self._words.holder.accepted or "")

    def _answer(self, pattern: str) -> bytes:
        return (sample(self._lines.filled(pattern)) + self._words.answer_end).encode("latin-1")


class SimPlug(IdleMachine):
    """The input that tells whether a laptop is plugged in: its level, at once and every second."""

    def __init__(self, switch: SimSwitch) -> None:
        self._switch = switch
        self._told: bool | None = None
        self._next = -math.inf

    def due(self) -> float | None:
        return self._next

    def outbox(self, now: float) -> bytes | None:
        if self._told is self._switch.laptop and now < self._next:
            return None
        self._told, self._next = self._switch.laptop, now + TOLD_S
        return b"1" if self._told else b"0"


class SimulatedSwitch(SimulatedDevice):
    """What stands for the switch of a simulated room, and the hands on it."""

    kind = "byom"

    def __init__(self, table: ByomTable) -> None:
        self._table, self._profile = table, profile_of(table)
        self.url = wire_of(table, self._profile)
        self.names: tuple[str, ...] = ("byom",)
        self.switch = SimSwitch()
        self._line: SimSwitchText | None = None

    @property
    def takes(self) -> bool:
        """Whether what hangs on it is away from the room's bus."""
        return self.switch.side == "laptop" and not self.switch.bypassed

    def hangs(self, name: str, url: str) -> bool:
        """Whether a device hangs on it: of what is on USB that which its table names, else all."""
        on_usb = url.startswith(("usb:", "hidraw:", "v4l2:"))
        return on_usb and (not self._table.devices or name in self._table.devices)

    def machine(self) -> Machine:
        if self._profile is None:
            return SimSwitchLine(self.switch, toggles=self._table.line == "pulse")
        self._line = SimSwitchText(self.switch, self._profile, self._table)
        return self._line

    def state(self, name: str, now: float) -> dict[str, object]:
        switch = self.switch
        return {
            "side": switch.side,
            "laptop": switch.laptop,
            "stuck": switch.stuck,
            "silent": switch.silent,
            "bypassed": switch.bypassed,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        switch = self.switch

        def press(args: Mapping[str, Argument], now: float) -> None:
            switch.press()
            if self._line is not None:
                self._line.pressed()

        def flag(fault: str) -> Action:
            def act(args: Mapping[str, Argument], now: float) -> None:
                setattr(switch, fault, not getattr(switch, fault))
                switch.turned()

            return act

        faults = ("laptop", "stuck", "silent", "bypassed")
        return {"press": press, **{fault: flag(fault) for fault in faults}}

    def unplugged(self) -> None:
        """Lose its power: a relay falls off, and the devices are with the room."""
        if self._profile is None and self._table.line == "level":
            self.switch.turn("room")


def simulated_switches(tables: Mapping[str, ByomTable]) -> list[SimulatedDevice]:
    """Return what stands for the switch of a room, and for the input beside it."""
    found: list[SimulatedDevice] = []
    for table in tables.values():
        made = SimulatedSwitch(table)
        found.append(made)
        if table.plugged is not None:
            found.append(
                SimulatedSide("byom", table.plugged, partial(SimPlug, made.switch), "is an input")
            )
    return found
