"""What is said to one display, and when: a Machine over a protocol. Pure, time is an argument.

Knows no bytes: a `DisplayProtocol` has them (PJLink, or text by a profile). One command at a time,
asked again and again; what is shown is what was read back. Power takes its time: a display that
warms up or cools down says no, so a request is kept until it can be done.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Literal, Protocol

from roomctl.frozen import frozen
from roomctl.wire import Chunk

Property = Literal[
    "power", "input", "picture_muted", "lamp_hours", "faults", "inputs", "maker", "model", "serial"
]
Power = Literal["unknown", "off", "warming", "on", "cooling"]
Value = str | bool | tuple[int, ...] | tuple[str, ...] | Mapping[str, str]
Outcome = Literal["value", "accepted", "refused", "unsupported", "busy", "failed", "silent"]

SOON_S = 1.0  # from question to question while power changes
POWER_S = 5.0
STATE_S = 10.0  # below the 30 s after which a projector closes (PJLink class 2 v2.00, 3)
SLOW_S = 120.0  # hours of a lamp
AGAIN_S = 5.0  # until what was refused for now is tried again
# A projector may say "off" for 12 s after it accepted (NEC NP3250); then it is asked once more.
BELIEVED_S = 30.0
GIVE_UP_S = 300.0  # the oldest projectors cool for 130 s, and try a lamp again after 100 s
MOST_SILENCES = 3

_EVERY: Mapping[Property, float] = {
    "power": POWER_S,
    "input": STATE_S,
    "picture_muted": STATE_S,
    "faults": 2 * STATE_S,
    "lamp_hours": SLOW_S,
    "inputs": math.inf,
    "maker": math.inf,
    "model": math.inf,
    "serial": math.inf,
}
_WHEN_ON: tuple[Property, ...] = (
    "input",
    "picture_muted",
    "inputs",
)  # in standby many answer "not now"


@frozen
class DisplayStatus:
    """What a display last said of itself; None: not known, or it has none.

    `requested_on` is what was asked of it and is not read back yet.
    """

    power: Power = "unknown"
    requested_on: bool | None = None
    input: str | None = None
    inputs: tuple[str, ...] = ()
    picture_muted: bool | None = None
    lamp_hours: tuple[int, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    maker: str = ""
    model: str = ""
    serial: str = ""


@frozen
class DisplayAsk:
    """One thing to say: `value` None asks for the property, else sets it."""

    property: Property
    value: str | bool | None = None


@frozen
class DisplayAnswer:
    """One thing that a display said. `unasked`: it answers nothing, and is a hint to ask."""

    outcome: Outcome
    property: Property | None = None
    value: Value | None = None
    unasked: bool = False


class DisplayProtocol(Protocol):
    """How things are said to one display, over one connection.

    `ready` is whether something may be said yet; `denied` is why nothing ever may (a wrong
    password). `encode` returns None for what the protocol, or this model, does not have.
    """

    ready: bool
    denied: str | None
    reply_s: float
    gap_s: float

    def hello(self) -> bytes | None: ...
    def encode(self, ask: DisplayAsk) -> bytes | None: ...
    def feed(self, data: bytes, asked: DisplayAsk | None) -> Iterable[DisplayAnswer]: ...


Done = Callable[[Outcome], None]


class DisplaySession:
    """One connection to one display. `tell` is called for each new state and each silence."""

    def __init__(
        self,
        protocol: DisplayProtocol,
        now: float,
        tell: Callable[[DisplayStatus], None],
        silent: Callable[[str], None],
        requested_on: bool | None = None,
    ) -> None:
        self.state = DisplayStatus(requested_on=requested_on)
        self._protocol, self._tell, self._silent = protocol, tell, silent
        self._hello = protocol.hello()
        self._queue: deque[tuple[DisplayAsk, Done | None]] = deque()
        self._asked: tuple[DisplayAsk, Done | None] | None = None
        self._answer_by = math.inf
        self._speak_at = now
        self._silences = 0
        self._next: dict[Property, float] = dict.fromkeys(_EVERY, now)
        self._switch_at = now  # when a request for power is acted on (again)
        self._told: tuple[bool, float] | None = None  # of power, and until when that is believed
        self._give_up_at = now + GIVE_UP_S
        self._ready_by = now + protocol.reply_s
        self._lacks: set[Property] = set()
        self._hinted_at = -math.inf

    def request_power(self, on: bool, now: float) -> None:
        """Switch on or off as soon as the display lets one."""
        self._switch_at, self._give_up_at = now, now + GIVE_UP_S
        self._next["power"] = now
        self._note(requested_on=on)
        self._settle(now)

    def say(self, ask: DisplayAsk, done: Done | None = None) -> None:
        """Say something before any polling; `done` hears what became of it."""
        self._queue.append((ask, done))

    def hint(self, name: Property, now: float) -> None:
        """Ask soon what is said to have changed; of a flood of hints once a second."""
        if name not in self._lacks:
            self._next[name] = min(self._next[name], max(now, self._hinted_at + SOON_S))
            self._hinted_at = max(self._hinted_at, self._next[name])

    def end(self) -> None:
        """Tell everybody who waits that there will be no answer."""
        waiting = [self._asked] if self._asked else []
        self._asked = None
        for _, done in (*waiting, *self._queue):
            if done is not None:
                done("silent")
        self._queue.clear()

    # Machine

    def receive(self, chunk: Chunk) -> None:
        asked = self._asked[0] if self._asked else None
        for answer in self._protocol.feed(chunk.data, asked):
            self._silences = 0
            if answer.unasked:
                if answer.property is not None:
                    self._next[answer.property] = chunk.at
                continue
            self._take(answer, chunk.at)
        if self._protocol.denied is not None:
            self._silent(self._protocol.denied)

    def tick(self, now: float) -> None:
        if self._protocol.denied is not None:
            return
        if not self._protocol.ready:
            if now >= self._ready_by:
                self._ready_by = math.inf
                self._silent(f"no greeting within {self._protocol.reply_s:g} s")
            return
        if now >= self._answer_by:
            self._take(DisplayAnswer("silent"), now)

    def due(self) -> float | None:
        if self._protocol.denied is not None:
            return None
        if not self._protocol.ready:
            return self._ready_by if self._ready_by < math.inf else None
        if self._asked is not None:
            return self._answer_by
        return max(self._speak_at, self._wanted()[1])

    def outbox(self, now: float) -> bytes | None:
        if self._hello is not None:
            hello, self._hello = self._hello, None
            return hello
        while self._may_speak(now):
            if self._queue:
                ask, done = self._queue.popleft()
            else:
                power = self._power_due(now)
                polled, at = self._wanted()
                if power is None and at > now:
                    return None
                ask, done = power or DisplayAsk(polled), None
            data = self._protocol.encode(ask)
            if data is not None:
                self._asked = (ask, done)
                self._answer_by = now + self._protocol.reply_s
                return data
            self._lacks.add(ask.property)
            self._next[ask.property] = math.inf
            if done is not None:
                done("unsupported")
        return None

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        if self._asked is not None:
            self._take(DisplayAnswer("silent"), now)

    def _may_speak(self, now: float) -> bool:
        open_to_talk = self._protocol.ready and self._protocol.denied is None
        return open_to_talk and self._asked is None and now >= self._speak_at

    # Deciding

    def _power_due(self, now: float) -> DisplayAsk | None:
        """Return what to say about power, if the display is in a state to hear it."""
        on, power = self.state.requested_on, self.state.power
        if on is None or now < self._switch_at:
            return None
        if now >= self._give_up_at:
            self._note(requested_on=None)
            return None
        if (on, power) in ((True, "off"), (False, "on"), (False, "warming")):
            return DisplayAsk("power", on)
        return None

    def _wanted(self) -> tuple[Property, float]:
        """Return what is to be asked next, and when."""
        on = self.state.power == "on"
        times = {each: at for each, at in self._next.items() if on or each not in _WHEN_ON}
        found = min(times, key=lambda each: times[each])  # of equals the first: power
        at = times[found]
        settled = self.state.requested_on is None or self._queue
        power_at = math.inf if settled or not self._could_switch() else self._switch_at
        return found, min(at, power_at)

    def _could_switch(self) -> bool:
        on, power = self.state.requested_on, self.state.power
        return (on, power) in ((True, "off"), (False, "on"), (False, "warming"))

    def _take(self, answer: DisplayAnswer, now: float) -> None:
        """Take what was said to what was asked."""
        if self._asked is None:
            return
        (ask, done), self._asked = self._asked, None
        self._speak_at, self._answer_by = now + self._protocol.gap_s, math.inf
        if ask.value is None:
            self._answered(ask.property, answer, now)
        else:
            self._was_set(ask, answer, now)
        if done is not None:
            done(answer.outcome)
        if answer.outcome == "silent":
            self._silences += 1
            if self._silences >= MOST_SILENCES:
                self._silences = 0
                self._silent(f"no answer within {self._protocol.reply_s:g} s")

    def _answered(self, name: Property, answer: DisplayAnswer, now: float) -> None:
        changing = self.state.power in ("warming", "cooling") or self.state.requested_on is not None
        every_s = SOON_S if name == "power" and changing else _EVERY[name]
        if answer.outcome == "value":
            if name == "power":
                self._power(answer.value, now)
                changing = self.state.power in ("warming", "cooling")
                every_s = SOON_S if changing or self.state.requested_on is not None else POWER_S
            else:
                self._note(**{name: answer.value})
        elif answer.outcome == "unsupported":
            self._lacks.add(name)
            every_s = math.inf
        elif answer.outcome in ("busy", "silent"):
            every_s = min(every_s, AGAIN_S)
        self._next[name] = now + every_s

    def _power(self, power: Value | None, now: float) -> None:
        before = self.state.power
        if power not in ("off", "warming", "on", "cooling"):
            return
        self._note(power=power)
        self._settle(now)
        if power == "on" and before != "on":
            for each in _WHEN_ON:
                if each not in self._lacks:
                    self._next[each] = now
        if power != "on":
            self._note(input=None, picture_muted=None)
        if before in ("warming", "cooling") and power != before:
            self._switch_at = now  # it was not the time before; now it may be

    def _was_set(self, ask: DisplayAsk, answer: DisplayAnswer, now: float) -> None:
        self._next[ask.property] = now  # read back: what was accepted is not yet done
        if ask.property == "power":
            busy = answer.outcome in ("busy", "silent")
            if answer.outcome in ("accepted", "silent"):
                self._told = (ask.value is True, now + BELIEVED_S)
            self._switch_at = now + (AGAIN_S if busy else BELIEVED_S)
            if answer.outcome in ("refused", "unsupported", "failed"):
                self._note(requested_on=None)

    def _settle(self, now: float) -> None:
        """Forget a request that is read back; a display that cools down is as good as off.

        What was read before its opposite took effect proves nothing.
        """
        reached = {"on": True, "off": False, "cooling": False}.get(self.state.power)
        if self._told is not None and (self._told[0] is reached or now >= self._told[1]):
            self._told = None
        wanted = self.state.requested_on
        if wanted is not None and reached is wanted and self._told is None:
            self._note(requested_on=None)

    def _note(self, **changes: object) -> None:
        state = replace(self.state, **changes)  # type: ignore[arg-type] # names are Property's
        if state != self.state:
            self.state = state
            self._tell(state)
