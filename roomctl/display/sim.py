"""A simulated projector or television: the device's end of the wire, in invented time. Pure.

`SimDisplay` is the device: it warms up and cools down, has lamps, inputs and faults. `SimPjLink` is
one connection to it, `SimText` its line by the words of a profile. They share the codec with the
driver; the vectors from manuals and clients that others wrote keep both honest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Literal

from roomctl.display.driver import notices_from, profiles
from roomctl.display.pjlink import (
    FAULTS,
    LONGEST_LINE,
    POWER,
    SEARCH,
    BadLine,
    PjLines,
    PjMessage,
    digest,
    read,
    reply,
)
from roomctl.display.profile import DisplayProfile, DisplayTable
from roomctl.display.session import Property
from roomctl.kind import Action, Argument, SimulatedDevice, SimulatedSide, toggling
from roomctl.lines import completed, sample
from roomctl.profile import Speech
from roomctl.wire import Chunk, IdleMachine, Machine

IDLE_CLOSE_S = 30.0  # after its last answer (PJLink class 2 v2.00, 3)
_CODES = {state: code for code, state in POWER.items()}
_WARM_UP_S, _COOL_DOWN_S = 6.0, 8.0  # of a simulated room: nobody at a desk waits a minute
NOTICED_S = 0.5
_LEVELS = {"ok": "0", "warning": "1", "error": "2"}


class SimDisplay:
    """What a person would see of it. `tick` lets its time pass."""

    def __init__(
        self,
        *,
        warm_up_s: float = 20.0,
        cool_down_s: float = 60.0,
        inputs: tuple[str, ...] = ("11", "31", "32"),
        class_no: int = 2,
        password: str = "",
    ) -> None:
        self.power: Literal["off", "warming", "on", "cooling"] = "off"
        self.warm_up_s, self.cool_down_s = warm_up_s, cool_down_s
        self.inputs, self.input = inputs, inputs[0]
        self.class_no, self.password = class_no, password
        self.picture_muted = self.sound_muted = self.frozen = False
        self.lamps_s = [1234 * 3600.0]
        self.faults: dict[str, str] = {}
        self.volume = 10
        self.dead = False  # a fault: it answers nothing any more
        self._until = math.inf
        self._ticked_at: float | None = None

    def switch(self, on: bool, now: float) -> bool:
        """Press its power key; whether it was taken: while it warms up or cools down, it is not."""
        self.tick(now)
        if self.power in ("warming", "cooling"):
            return False
        if on and self.power == "off":
            self.power, self._until = "warming", now + self.warm_up_s
        elif not on and self.power == "on":
            self.power, self._until = "cooling", now + self.cool_down_s
            self.picture_muted = self.frozen = False
        return True

    def tick(self, now: float) -> None:
        lit_from = self._ticked_at
        if self.power in ("on", "warming") and lit_from is not None and now > lit_from:
            self.lamps_s = [hours + now - lit_from for hours in self.lamps_s]
        self._ticked_at = now
        if now >= self._until:
            self.power = "on" if self.power == "warming" else "off"
            self._until = math.inf

    def due(self) -> float | None:
        return None if self._until == math.inf else self._until


class _SimLine(IdleMachine):
    """One connection to a SimDisplay: a Machine."""

    def __init__(self, display: SimDisplay, now: float) -> None:
        self.display = display
        self._says: list[bytes] = []
        self._now = now

    def tick(self, now: float) -> None:
        self._now = now
        self.display.tick(now)

    def due(self) -> float | None:
        return self.display.due()

    def outbox(self, now: float) -> bytes | None:
        return self._says.pop(0) if self._says else None


class SimPjLink(_SimLine):
    """A PJLink connection: greets, asks for the password, answers, and hangs up when idle.

    `random` is what the password is proven with, 8 hex digits; `hung_up` is for whoever holds the
    wire: it is closed once everything in the outbox is written.
    """

    def __init__(self, display: SimDisplay, now: float, random: str = "498e4a67") -> None:
        super().__init__(display, now)
        self.hung_up = False
        self._lines = PjLines()
        self._random = random
        self._proven = not display.password
        self._idle_from = now
        self._says.append(f"PJLINK 1 {random}\r".encode() if display.password else b"PJLINK 0\r")

    def receive(self, chunk: Chunk) -> None:
        self.tick(chunk.at)
        for line in self._lines.feed(chunk.data):
            if self.hung_up or self.display.dead or not line:
                continue
            self._idle_from = chunk.at
            self._one(line)

    def tick(self, now: float) -> None:
        super().tick(now)
        if now - self._idle_from >= IDLE_CLOSE_S:
            self.hung_up = True

    def due(self) -> float | None:
        closes = math.inf if self.hung_up else self._idle_from + IDLE_CLOSE_S
        soonest = min(closes, self.display.due() or math.inf)
        return None if soonest == math.inf else soonest

    def _one(self, line: bytes) -> None:
        found = read(line)
        if not self._proven:
            proof = "" if isinstance(found, BadLine) else found.digest
            # A wrong parameter does not make a right password wrong.
            proof = proof or line[:32].decode("latin-1").lower()
            if proof != digest(self._random, self.display.password):
                self._says.append(b"PJLINK ERRA\r")
                self.hung_up = True
                return
            self._proven = True
            line = line[32:]
        match = re.match(rb"(?i)(?:[0-9a-f]{32})?%([12])([a-z0-9]{4}) ", line)
        if match is None or len(line) > LONGEST_LINE:
            return  # not a line of this protocol: a projector says nothing to it
        class_no, body = int(match[1]), match[2].decode().upper()
        if isinstance(found, BadLine):
            code = "ERR1" if "unknown command" in found.why or "class" in found.why else "ERR2"
            found = PjMessage("inquiry", "", body, class_no)
            self._says.append(reply(found, code).line())
            return
        if class_no > self.display.class_no:
            self._says.append(reply(found, "ERR1").line())
            return
        self._says.append(reply(found, self._answer(found)).line())

    def _answer(self, asked: PjMessage) -> str:
        on = self.display.power == "on"
        if asked.kind == "command":
            return self._set(asked) if on or asked.body == "POWR" else "ERR3"
        display = self.display
        fixed: dict[str, str] = {
            "POWR": _CODES[display.power],
            "ERST": "".join(_LEVELS[display.faults.get(part, "ok")] for part in FAULTS),
            "LAMP": self._lamps(),
            "INST": " ".join(display.inputs),
            "NAME": "Bamboo",
            "INF1": "roomctl",
            "INF2": "simulated projector",
            "INFO": "",
            "CLSS": str(display.class_no),
            "SNUM": "SIM0001",
            "SVER": "1.0",
            "RRES": "1920x1200",
            "FILT": "250",
            "RLMP": "SIM-LAMP",
            "RFIL": "SIM-FILTER",
        }
        if asked.body in fixed:
            return fixed[asked.body]
        if asked.body == "INNM":
            wanted = asked.fields["input"]
            return f"Input {wanted}" if wanted in display.inputs else "ERR2"
        if not on:
            return "ERR3"
        both = {(True, False): "11", (False, True): "21", (True, True): "31", (False, False): "30"}
        return {
            "INPT": display.input,
            "AVMT": both[display.picture_muted, display.sound_muted],
            "FREZ": str(int(display.frozen)),
            "IRES": "1920x1080",
        }[asked.body]

    def _lamps(self) -> str:
        lit = int(self.display.power in ("on", "warming"))
        lamps = (f"{int(used_s / 3600)} {lit}" for used_s in self.display.lamps_s)
        return " ".join(lamps) or "ERR1"

    def _set(self, asked: PjMessage) -> str:
        display, fields = self.display, asked.fields
        match asked.body:
            case "POWR":
                return "OK" if display.switch(bool(fields["on"]), self._now) else "ERR3"
            case "INPT":
                if fields["input"] not in display.inputs:
                    return "ERR2"
                display.input = fields["input"]
            case "AVMT":
                display.picture_muted = fields.get("picture_muted", display.picture_muted)
                display.sound_muted = fields.get("sound_muted", display.sound_muted)
            case "FREZ":
                display.frozen = fields["frozen"]
            case "SVOL":
                display.volume += 1 if fields["step"] == "up" else -1
            case "MVOL":
                return "ERR1"  # it has no microphone
        return "OK"


class SimPjSearch(_SimLine):
    """What a projector says by UDP: its MAC address to whoever searches, in standby too."""

    mac = "00:26:ab:12:34:56"

    def receive(self, chunk: Chunk) -> None:
        self.tick(chunk.at)
        if read(chunk.data) == SEARCH and not self.display.dead and self.display.class_no == 2:
            self._says.append(f"%2ACKN={self.mac}\r".encode())


class SimPjNotices(IdleMachine):
    """What a projector tells its host by UDP when something has changed (class 2)."""

    def __init__(self, display: SimDisplay) -> None:
        self.display = display
        self._told = self._notices()
        self._now = 0.0

    def tick(self, now: float) -> None:
        self._now = now
        self.display.tick(now)

    def due(self) -> float | None:
        return self._now + NOTICED_S  # a hand may have changed it

    def outbox(self, now: float) -> bytes | None:
        now_so = self._notices()
        for body, value in now_so.items():
            if value != self._told[body]:
                self._told[body] = value
                return f"%2{body}={value}\r".encode()
        return None

    def _notices(self) -> dict[str, str]:
        display = self.display
        lit = display.power in ("on", "warming")
        faults = "".join(_LEVELS[display.faults.get(part, "ok")] for part in FAULTS)
        return {"POWR": str(int(lit)), "INPT": display.input, "ERST": faults}


class SimText(_SimLine):
    """A display on its line, by the words of a profile."""

    def __init__(
        self,
        display: SimDisplay,
        profile: DisplayProfile,
        now: float,
        address: int = 1,
        *,
        over_tcp: bool = False,
    ) -> None:
        super().__init__(display, now)
        if profile.text is None:
            raise ValueError(f"{profile.name} speaks no text")
        self._words, self._id = profile.text, f"{address:02x}"
        self._hello = bytes.fromhex(profile.text.hello) if over_tcp else b""
        self._rest = b""
        if profile.text.input.set and display.input not in profile.text.input.set:
            display.input = next(iter(profile.text.input.set))

    def receive(self, chunk: Chunk) -> None:
        self.tick(chunk.at)
        data = self._rest + chunk.data
        if self._hello and data.startswith(self._hello):
            data = data[len(self._hello) :]
            self._says.append(self._hello.ljust(self._words.hello_answer, b"\0"))
            self._hello = b""
        *lines, self._rest = data.split(self._words.end.encode())
        for line in lines:
            if not self.display.dead:
                self._one(line.decode("latin-1"))

    def _one(self, line: str) -> None:
        answer = self._found(line)
        if answer is None:
            answer = sample(self._filled(self._words.refused))
        self._says.append((answer + self._words.answer_end).encode("latin-1"))

    def _found(self, line: str) -> str | None:
        for name in ("power", "input", "picture_muted", "lamp_hours", "faults"):
            speech: Speech = getattr(self._words, name)
            if speech.ask is not None and line == self._filled(speech.ask):
                return self._value(name, speech)
            for word, text in speech.set.items():
                if line == self._filled(text) and self._set(name, word):
                    return sample(self._filled(speech.accepted or ""))
        return None

    def _set(self, name: Property, word: str) -> bool:
        display = self.display
        if name == "power":
            return display.switch(word == "on", self._now)
        if display.power != "on":
            return False
        if name == "input":
            display.input = word
        else:
            display.picture_muted = word == "on"
        return True

    def _value(self, name: Property, speech: Speech) -> str | None:
        display = self.display
        if name in ("input", "picture_muted") and display.power != "on":
            return None
        now: dict[str, str] = {
            "power": display.power,
            "input": display.input,
            "picture_muted": "on" if display.picture_muted else "off",
            "lamp_hours": "hours",
            "faults": next(iter(display.faults), "ok"),
        }
        fallback = {"warming": "on", "cooling": "off"}.get(now[name])
        for wanted in (now[name], fallback):
            for pattern, meaning in speech.answers.items():
                if meaning == wanted:
                    hours = str(int(display.lamps_s[0] / 3600)) if display.lamps_s else "0"
                    return sample(self._filled(pattern), hours)
        return None

    def _filled(self, text: str) -> str:
        return text.replace("{id}", self._id)


class SimulatedDisplay(SimulatedDevice):
    """What stands for one display of a simulated room, and a hand on it."""

    kind = "display"

    def __init__(self, name: str, table: DisplayTable, profile: DisplayProfile) -> None:
        self.url = completed(table.url, profile.port, profile.baud)
        self.names: tuple[str, ...] = (f"display.{name}",)
        self._table, self._profile = table, profile
        self.display = SimDisplay(
            warm_up_s=min(profile.warm_up_s, _WARM_UP_S),
            cool_down_s=min(profile.cool_down_s, _COOL_DOWN_S),
            password=table.password.reveal(),
        )

    def machine(self) -> Machine:
        words, tcp = self._profile.text, self.url.startswith("tcp:")
        if words is None:
            return SimPjLink(self.display, math.inf)  # it is idle from its first answer on
        return SimText(self.display, self._profile, 0.0, self._table.address, over_tcp=tcp)

    def state(self, name: str, now: float) -> dict[str, object]:
        self.display.tick(now)
        return {
            "power": self.display.power,
            "input": self.display.input,
            "picture_muted": self.display.picture_muted,
            "lamp_fault": "lamp" in self.display.faults,
            "silent": self.display.dead,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        def power(args: Mapping[str, Argument], now: float) -> None:
            self.display.switch(self.display.power in ("off", "cooling"), now)

        def lamp_fault(args: Mapping[str, Argument], now: float) -> None:
            if self.display.faults.pop("lamp", None) is None:
                self.display.faults["lamp"] = "error"

        silent = toggling(self.display, "dead")
        return {"power": power, "lamp_fault": lamp_fault, "silent": silent}


def simulated_displays(tables: Mapping[str, DisplayTable]) -> list[SimulatedDevice]:
    """Return what stands for each display of a room; one of an unknown profile has none."""
    known = profiles() if tables else {}
    found: list[SimulatedDevice] = []
    for name, table in tables.items():
        if table.profile in known:
            made = SimulatedDisplay(name, table, known[table.profile])
            found.append(made)
            if (url := notices_from(made.url, known[table.profile])) is not None:
                found.append(
                    SimulatedSide(
                        "display", url, partial(SimPjNotices, made.display), "is only heard"
                    )
                )
    return found
