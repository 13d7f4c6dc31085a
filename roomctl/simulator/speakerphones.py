"""A speakerphone on the table, and a finger on it: the model that the url names.

Knows no wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from roomctl.config import SpeakerphoneTable
from roomctl.errors import Refused
from roomctl.kind import Action, Argument, SimulatedDevice
from roomctl.speakerphone.hid import Usage
from roomctl.speakerphone.sim import MODELS, SPEAK_810, Model, SimSpeakerphone, SpeakerphoneFaults
from roomctl.wire import Identity, Machine

_PORT = re.compile(r"\?port=([0-9.-]+)")
_IDS = re.compile("[0-9a-f]{4}:[0-9a-f]{4}")
_FLAGS = ("repeats", "double", "stalled", "times_out", "short")
_SECONDS = ("echo_s", "repeat_s")
_BCD_DEVICE = 0x0123


class SimulatedSpeakerphone:
    """One simulated speakerphone; a url that names no known model gets a Jabra SPEAK 810."""

    kind = "speakerphone"

    def __init__(self, name: str, table: SpeakerphoneTable, socket: int = 1) -> None:
        """`socket`: where on the hub it is plugged in, unless its url names another place."""
        named = _PORT.search(table.url)
        self._port_path = named[1] if named else f"1-1.{socket}"
        self.url = table.url
        self.names: tuple[str, ...] = (f"speakerphone.{name}",)
        self.phone = SimSpeakerphone(model_of(table.url))

    def machine(self) -> Machine:
        return self.phone

    def identity(self) -> Identity:
        model = self.phone.model
        return Identity(
            url=self.url,
            path="simulated",
            vid=model.vid,
            pid=model.pid,
            bcd_device=_BCD_DEVICE,
            port_path=self._port_path,
            product=model.product,
            report_descriptor=model.descriptor,
        )

    def state(self, name: str, now: float) -> dict[str, object]:
        phone = self.phone
        return {
            "model": phone.model.product,
            "led_muted": phone.led_muted,
            "led_off_hook": phone.led_off_hook,
            "hook": phone.hook,
            "stalled": phone.faults.stalled,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        def press_mute(args: Mapping[str, Argument], now: float) -> None:
            self.phone.press_mute()

        def press_hook(args: Mapping[str, Argument], now: float) -> None:
            self.phone.press_hook()

        def stall(args: Mapping[str, Argument], now: float) -> None:
            self.phone.faults.stalled = not self.phone.faults.stalled

        return {
            "press_mute": press_mute,
            "press_hook": press_hook,
            "volume_up": _pressing(self.phone, Usage.VOLUME_UP),
            "volume_down": _pressing(self.phone, Usage.VOLUME_DOWN),
            "stall": stall,
        }

    def faults(self, name: str) -> Mapping[str, Action]:
        faults = self.phone.faults
        found = {fault: _setter(name, faults, fault) for fault in (*_FLAGS, *_SECONDS)}
        return found | {
            "takes_bytes": _setter(name, faults, "takes_bytes"),
            "refuses": _refusing(name, faults),
        }

    def refusal(self, data: bytes) -> str | None:
        return self.phone.refusal(data)

    def unplugged(self) -> None:
        """Lose power over USB."""
        self.phone.unplugged()


def model_of(url: str) -> Model:
    """Return the model whose vid:pid stands in `url`."""
    named = _IDS.search(url)
    return MODELS.get(named[0], SPEAK_810) if named else SPEAK_810


def _pressing(phone: SimSpeakerphone, usage: Usage) -> Action:
    def press(args: Mapping[str, Argument], now: float) -> None:
        phone.press_key(usage)

    return press


def _setter(device: str, faults: SpeakerphoneFaults, fault: str) -> Action:
    """Return what sets a flag, a time in seconds (None: never), or a length (None: as declared)."""

    def act(args: Mapping[str, Argument], now: float) -> None:
        value = args.get("value")
        flag = isinstance(value, bool)
        whole = fault != "takes_bytes" or isinstance(value, int)
        number = isinstance(value, int | float) and not flag and value >= 0 and whole
        absent = value is None and fault in ("echo_s", "takes_bytes")
        if not (flag if fault in _FLAGS else number or absent):
            raise Refused(device, "invalid", f"{value!r} is no value for the fault {fault}")
        setattr(faults, fault, value)

    return act


def _refusing(device: str, faults: SpeakerphoneFaults) -> Action:
    """Return what makes it refuse the LEDs that `value` names, such as "led_mute led_ring"."""
    known = {usage.name.lower(): usage for usage in Usage if usage.name.startswith("LED_")}

    def act(args: Mapping[str, Argument], now: float) -> None:
        words = str(args.get("value") or "").split()
        if unknown := [word for word in words if word not in known]:
            why = f"no LED {unknown[0]!r}; there is: {', '.join(sorted(known))}"
            raise Refused(device, "invalid", why)
        faults.refuses = frozenset(known[word] for word in words)

    return act


def simulated_speakerphones(tables: Mapping[str, SpeakerphoneTable]) -> list[SimulatedDevice]:
    """Return one for each table, each in a socket of its own."""
    numbered = enumerate(tables.items(), start=1)
    return [SimulatedSpeakerphone(name, table, socket) for socket, (name, table) in numbered]
