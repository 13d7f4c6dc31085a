"""A simulated speakerphone: the other end of a room's port, with somebody's finger on it.

A Machine over HID frames that behaves as its report descriptor says; by default that of a real
Jabra SPEAK 810. Knows no clock and no port: whoever makes the port gives it an identity with
`model`, and asks `refusal` before a write reaches the device. The models are real devices: what the
USB port finds out, and their own manners; the same descriptors stand, with all that they declare,
in the tests' recorded ones.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from roomctl.frozen import frozen
from roomctl.speakerphone.hid import ReportControl, ReportLayout, ReportType, Usage, read_descriptor
from roomctl.speakerphone.telephony import REPORT_TYPES
from roomctl.wire import Chunk


@frozen
class Model:
    """What the USB port would find out about the device.

    `mic_needs_off_hook`: it keeps its microphone silent until then. `double`: it sends each press
    twice within 50 ms. `mute_switch`: its mute has a position, although its descriptor says that it
    is a push button. `no_get_report`: it does not tell where its switches stand.
    """

    product: str
    vid: int
    pid: int
    descriptor: bytes
    mic_needs_off_hook: bool = False
    double: bool = False
    mute_switch: bool = False
    no_get_report: bool = False

    @property
    def ids(self) -> str:
        """Return vid:pid as urls and profiles have it."""
        return f"{self.vid:04x}:{self.pid:04x}"


# github.com/gonicus/gonnect tests/resources/hid/0b0e-2456.bin (commit d4821160)
SPEAK_810 = Model(
    "Jabra SPEAK 810",
    0x0B0E,
    0x2456,
    bytes.fromhex(
        "050b0905a1018502050b1500250109200997750195028122092f0921750195028106090715002501"
        "05097501950181027501950b810105081500250109170909091809200921750195059122050b1500"
        "2501099e7501950191227501950a9101c00600ff0901a10185050901150026ff007508953f920201"
        "0901150026ff007508953f82020185040630ff1500250109200997750195028122092f09210afdff"
        "750195038106950b81010640ff15002501091709090918092009217501950591220630ff15002501"
        "099e7501950191227501950a91010affff1500250175019501b12275019507b101c0050c0901a101"
        "8501050c1500250109ea09e909e27501950381027501950d8101c0"
    ),
)

# a public Go package that quotes it from sysfs (191 bytes), and says that it is gated
POWERCONF = Model(
    "Anker PowerConf",
    0x291A,
    0x3301,
    bytes.fromhex(
        "050c0901a10185011500250109e909ea09e209cd09b509b609b309b7750195088142c0050b0905a1"
        "018502050b1500250109200997750195028123092f0921097009507501950481070906a10219b029"
        "bb1500250c750495018140c009071500250105097501950181027501950581010508150025010917"
        "0909091809200921750195059122050b15002501099e7501950191227501950a9101c00600ff0901"
        "a10185030901150026ff00953f750881020901150026ff00953f75089102c0"
    ),
    mic_needs_off_hook=True,
)

# a public Python program (meeting-scribe) that quotes it from sysfs, 2026-05-13
SP325 = Model(
    "Dell SP325",
    0x413C,
    0x8223,
    bytes.fromhex(
        "050c0901a101850c1500250109e909ea09e209cd09b509b609b009b1750195088102c00613ff0901"
        "a101150026ff00850609007508953d9102850709007508953d8102c00614ff0901a101150026ff00"
        "85100900750895058102c00699ff0901a101859a150026ff00953f75080903b102859b1500250195"
        "01750109048106750195078101c0050b0905a1011500250175018505092095018122092f95018106"
        "092409210997092a0950950581060907050909017501950181020508850509170909091809200921"
        "092a9506912295029101c0"
    ),
)

# github.com/libusb/hidapi windows/test/data/047F_C056_0005_000B; WICG/webhid#61: twice
BLACKWIRE = Model(
    "Plantronics Blackwire 3220 Series",
    0x047F,
    0xC056,
    bytes.fromhex(
        "050b0905a101850815002501092f7501950181060920092175019502812295058101050885090909"
        "9501912295079101851709179501912295079101851809189501912295079101851e091e95019122"
        "95079101852009209501912295079101852a092a9501912295079101c0"
    ),
    double=True,
)

# A speakermic whose mute is a state and whose reports have no ID, as Google's is said to be
# (systemd hwdb 60-keyboard: 18d1:8001); no descriptor of one is public. Made after the HID Usage
# Tables: hook and mute in, Off-Hook and Mute LEDs out, one byte each. Absolute, no preferred state.
SPEAKERMIC = Model(
    "absolute speakermic",
    0x18D1,
    0x8001,
    bytes.fromhex("050b0905a10115002501750195020920092f8122950681030508091709099502910295069101c0"),
)

# The same with a preferred state: a push button that is 1 while somebody holds it, in a field that
# is not relative. No device: an id for tests (pid.codes).
PUSH_BUTTON = Model(
    "push-button speakerphone",
    0x1209,
    0x0001,
    bytes.fromhex(
        "050b0905a101150025017501950109208122092f8102950681030508091709099502910295069101c0"
    ),
)

MODELS = {
    model.ids: model for model in (SPEAK_810, POWERCONF, SP325, BLACKWIRE, SPEAKERMIC, PUSH_BUTTON)
}


_REPORT_TYPES = {number: report_type for report_type, number in REPORT_TYPES.items()}
_LED_PAGE = 0x08
_FINGER_S = 0.1  # nobody presses faster
_RELEASE_S = 0.03


@dataclass(slots=True)
class SpeakerphoneFaults:
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


@lru_cache(maxsize=32)
def _described(
    descriptor: bytes,
) -> tuple[ReportLayout, Mapping[tuple[ReportType, int], Sequence[ReportControl]]]:
    """Return what a descriptor declares, and the controls of each report."""
    layout = read_descriptor(descriptor)
    reports: dict[tuple[ReportType, int], list[ReportControl]] = {}
    for control in layout.controls():
        reports.setdefault((control.report_type, control.report_id), []).append(control)
    return layout, reports


@dataclass(slots=True)
class SimSpeakerphone:
    """One device. `leds` holds what is lit, by the LED's usage; `ignored` counts writes in vain."""

    model: Model = SPEAK_810
    faults: SpeakerphoneFaults = field(default_factory=SpeakerphoneFaults)
    leds: dict[int, bool] = field(default_factory=dict)
    ignored: int = 0
    hook: bool = False
    _layout: ReportLayout = field(init=False)
    _reports: Mapping[tuple[ReportType, int], Sequence[ReportControl]] = field(init=False)
    _muted: bool = False  # what an absolute mute control says
    _now: float = 0.0
    _finger_free_at: float = 0.0
    _unanswered: bool = False
    _later: list[tuple[float, int, str]] = field(default_factory=list)
    _out: list[bytes] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self._layout, self._reports = _described(self.model.descriptor)

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

    def switch_mute(self, muted: bool) -> None:
        """Have a mute switch stand so, before the device is connected."""
        self._muted = muted

    def press_hook(self) -> None:
        """Press the call button: the hook changes at once."""
        self._schedule(0, "press hook")

    def press_key(self, usage: int) -> None:
        """Press another key, such as Usage.VOLUME_UP: down, and up again."""
        self._schedule(0, f"key {usage}")

    def refusal(self, frame: bytes) -> str | None:
        """Return why a write does not reach the device, as a USB port says it; None if it does."""
        faults, doing = self.faults, f"writing report {frame[1]}"
        if frame[0] == REPORT_TYPES[ReportType.INPUT]:
            refused = faults.stalled or self.model.no_get_report
            return (
                f"asking for report {frame[1]}: the device refused it (STALL)" if refused else None
            )
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
        report_type, report_id = _REPORT_TYPES[chunk.data[0]], chunk.data[1]
        payload = chunk.data[2:]
        if report_type is ReportType.INPUT:  # GET_REPORT
            if self.refusal(chunk.data) is None:
                self._say(only=report_id)
            return
        taken = self.faults.takes_bytes or self._layout.payload_bytes(report_type, report_id)
        if self.refusal(chunk.data) is not None or len(payload) != taken:
            self.ignored += 1  # a wrong length is accepted and ignored, as on a PowerConf
            return
        before = self.led_muted
        for control in self._reports.get((report_type, report_id), ()):
            if control.usage >> 16 == _LED_PAGE:
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
        report = (_REPORT_TYPES[frame[0]], frame[1])
        return frozenset(control.usage for control in self._reports.get(report, ()))

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
        for control in self._layout.find(usage, ReportType.INPUT):
            length = self._layout.payload_bytes(ReportType.INPUT, control.report_id) or 0
            for down in (1, 0):
                payload = bytearray(length)
                control.put(payload, down)
                self._out.append(bytes((1, control.report_id)) + payload)

    def _say(self, *, mute: bool = False, only: int | None = None) -> None:
        """Send every report that carries mute or hook; a mute switch is sent as a state."""
        layout = self._layout
        mutes = layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
        hooks = layout.find(Usage.HOOK_SWITCH, ReportType.INPUT)
        reports: dict[int, bytearray] = {}
        for control in mutes + hooks:
            length = layout.payload_bytes(ReportType.INPUT, control.report_id) or 0
            payload = reports.setdefault(control.report_id, bytearray(length))
            level = self._muted if self._is_switch(control) else mute
            control.put(payload, int(self.hook if control.usage == Usage.HOOK_SWITCH else level))
        self._out += [
            bytes((1, report_id)) + payload
            for report_id, payload in reports.items()
            if only in (None, report_id)
        ]

    def _is_switch(self, control: ReportControl) -> bool:
        """Whether it has a position; of such a model mute has one whatever its descriptor says."""
        by_model = self.model.mute_switch and control.usage == Usage.PHONE_MUTE
        return control.switch or by_model

    def _schedule(self, after_s: float, what: str) -> None:
        self._schedule_at(self._now + after_s, what)

    def _schedule_at(self, at: float, what: str) -> None:
        self._count += 1
        heapq.heappush(self._later, (at, self._count, what))
