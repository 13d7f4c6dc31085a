"""A simulated speakerphone: the far end of the wire, with somebody's finger on it.

A Machine over HID frames that behaves as its report descriptor says; by default that of a real
Jabra SPEAK 810. Knows no clock and no port: whoever makes the port gives it an identity with
`model`, and asks `refusal` before a write reaches the device.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from roomctl.speakerphone.hid import Direction, Layout, read_descriptor
from roomctl.speakerphone.sim.models import SPEAK_810, Model
from roomctl.speakerphone.telephony import REPORT_TYPES
from roomctl.speakerphone.usage import Usage
from roomctl.wire import Chunk

_DIRECTIONS = {number: direction for direction, number in REPORT_TYPES.items()}
_LED_PAGE = 0x08
_FINGER_S = 0.1  # nobody presses faster
_RELEASE_S = 0.03


@dataclass(slots=True)
class Faults:
    """What may go wrong, switched on by hand.

    `echo_s` is when the device confirms what the host did (None: never); `repeats` whether it
    repeats a mute press that nobody answers, every `repeat_s`; `double` whether it sends each
    press twice within 50 ms (Plantronics). A write is refused while `stalled`, gets no answer
    while it `times_out`, is taken in part while `short`. A device whose descriptor lies refuses
    every report with an LED in `refuses`, or ignores what has not `takes_bytes` of payload.
    """

    echo_s: float | None = 0.1
    repeats: bool = True
    repeat_s: float = 2.5
    double: bool = False
    stalled: bool = False
    times_out: bool = False
    short: bool = False
    refuses: frozenset[int] = frozenset()
    takes_bytes: int | None = None


@dataclass(slots=True)
class SimSpeakerphone:
    """One device. `leds` holds what is lit, by the LED's usage; `ignored` counts writes in vain."""

    model: Model = SPEAK_810
    faults: Faults = field(default_factory=Faults)
    leds: dict[int, bool] = field(default_factory=dict)
    ignored: int = 0
    hook: bool = False
    _layout: Layout = field(init=False)
    _muted: bool = False  # what an absolute mute control says
    _now: float = 0.0
    _finger_free_at: float = 0.0
    _unanswered: bool = False
    _later: list[tuple[float, int, str]] = field(default_factory=list)
    _out: list[bytes] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self._layout = read_descriptor(self.model.descriptor)

    @property
    def led_muted(self) -> bool:
        """Whether the LED that shows muted is lit."""
        return self.leds.get(Usage.LED_MUTE, self.leds.get(Usage.LED_MICROPHONE, False))

    @property
    def led_off_hook(self) -> bool:
        return self.leds.get(Usage.LED_OFF_HOOK, False)

    @property
    def mic_gated(self) -> bool:
        """Whether the device itself keeps its microphone silent."""
        return self.model.mic_needs_off_hook and not self.led_off_hook

    def press_mute(self) -> None:
        """Press the mute button; nothing changes until the host answers."""
        self._schedule(0, "press mute")

    def press_hook(self) -> None:
        """Press the call button: the hook changes at once."""
        self._schedule(0, "press hook")

    def press_key(self, usage: int) -> None:
        """Press another key, such as Usage.VOLUME_UP: down, and up again."""
        self._schedule(0, f"key {usage}")

    def refusal(self, frame: bytes) -> str | None:
        """Return why a write does not reach the device, as a USB port says it; None if it does."""
        faults, doing = self.faults, f"writing report {frame[1]}"
        wire = len(frame) - (1 if frame[1] else 2)
        if faults.stalled or faults.refuses & self._leds_of(frame):
            return f"{doing}: the device refused it (STALL)"
        if faults.times_out:
            return f"{doing}: no answer within 0.3 s"
        short = f"short write: {wire - 1} of {wire} bytes of report {frame[1]}"
        return short if faults.short else None

    def unplugged(self) -> None:
        """Lose power: LEDs out, on-hook, nothing left to say."""
        self.leds.clear()
        self._later.clear()
        self._out.clear()
        self.hook = self._muted = self._unanswered = False

    def receive(self, chunk: Chunk) -> None:
        self._now = max(self._now, chunk.at)
        direction, report_id = _DIRECTIONS[chunk.data[0]], chunk.data[1]
        payload = chunk.data[2:]
        taken = self.faults.takes_bytes or self._layout.payload_bytes(direction, report_id)
        if self.refusal(chunk.data) is not None or len(payload) != taken:
            self.ignored += 1  # a wrong length is accepted and ignored, as on a PowerConf
            return
        before = self.led_muted
        for control in self._layout.controls():
            here = (control.direction, control.report_id) == (direction, report_id)
            if here and control.usage >> 16 == _LED_PAGE:
                self.leds[control.usage] = bool(control.value(payload))
        self._muted = self.led_muted
        self._answer(before)

    def tick(self, now: float) -> None:
        self._now = max(self._now, now)
        while self._later and self._later[0][0] <= self._now:
            self._do(heapq.heappop(self._later)[2])

    def due(self) -> float | None:
        return self._later[0][0] if self._later else None

    def outbox(self, now: float) -> bytes | None:
        return self._out.pop(0) if self._out else None

    def sent(self, now: float) -> None:
        """Nothing follows from a report that was sent."""

    def failed(self, now: float, why: str) -> None:
        """Nothing follows from a report that was not read: the host is gone."""

    def _leds_of(self, frame: bytes) -> frozenset[int]:
        report = (_DIRECTIONS[frame[0]], frame[1])
        controls = self._layout.controls()
        return frozenset(c.usage for c in controls if (c.direction, c.report_id) == report)

    def _answer(self, muted: bool) -> None:
        """Confirm what the host changed, unless that was the answer to a press."""
        echo_s = self.faults.echo_s
        if self.led_muted is not muted:
            if self._unanswered:
                self._unanswered = False
            elif echo_s is not None:
                self._schedule(echo_s, "mute")
        if self.led_off_hook is not self.hook and echo_s is not None:
            self._schedule(echo_s, "hook off" if self.led_off_hook else "hook on")

    def _do(self, what: str) -> None:
        match what:
            case "press mute" | "press hook" if self._now < self._finger_free_at:
                self._schedule_at(self._finger_free_at, what)
            case "press mute":
                self._finger_free_at = self._now + _FINGER_S
                self._press_mute()
            case "press hook":
                self._finger_free_at = self._now + _FINGER_S
                self.hook = not self.hook
                self._say()
            case "mute":
                self._say_mute()
            case "repeat" if self._unanswered:
                self._say_mute()
                self._schedule(self.faults.repeat_s, "repeat")
            case "release":
                self._say()
            case _ if what.startswith("key "):
                self._say_key(int(what[4:]))
            case "hook on" | "hook off" if self.hook is not (what == "hook off"):
                self.hook = not self.hook
                self._say()

    def _press_mute(self) -> None:
        self._unanswered = True
        self._muted = not self._muted
        self._say_mute()
        if self.faults.double or self.model.double:
            self._schedule(0.04, "mute")
        self._later = [entry for entry in self._later if entry[2] != "repeat"]
        heapq.heapify(self._later)
        if self.faults.repeats:
            self._schedule(self.faults.repeat_s, "repeat")

    def _say_mute(self) -> None:
        self._say(mute=True)
        self._schedule(_RELEASE_S, "release")

    def _say_key(self, usage: int) -> None:
        for control in self._layout.find(usage, Direction.INPUT):
            length = self._layout.payload_bytes(Direction.INPUT, control.report_id) or 0
            for down in (1, 0):
                payload = bytearray(length)
                control.put(payload, down)
                self._out.append(bytes((1, control.report_id)) + payload)

    def _say(self, *, mute: bool = False) -> None:
        """Send every report that carries mute or hook; an absolute mute is sent as a state."""
        layout = self._layout
        mutes = layout.find(Usage.PHONE_MUTE, Direction.INPUT)
        hooks = layout.find(Usage.HOOK_SWITCH, Direction.INPUT)
        reports: dict[int, bytearray] = {}
        for control in mutes + hooks:
            length = layout.payload_bytes(Direction.INPUT, control.report_id) or 0
            payload = reports.setdefault(control.report_id, bytearray(length))
            level = mute if control.relative else self._muted
            control.put(payload, int(self.hook if control.usage == Usage.HOOK_SWITCH else level))
        self._out += [bytes((1, report_id)) + payload for report_id, payload in reports.items()]

    def _schedule(self, after_s: float, what: str) -> None:
        self._schedule_at(self._now + after_s, what)

    def _schedule_at(self, at: float, what: str) -> None:
        self._count += 1
        heapq.heappush(self._later, (at, self._count, what))
