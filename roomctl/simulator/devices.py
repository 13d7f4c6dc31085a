"""What stands for every kind of device in a simulated room, and what a person can do to it.

Speakerphones, sensors and the screen stand here; every other kind brings its own. Knows no wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from roomctl import plugins
from roomctl.config import Config
from roomctl.errors import Refused
from roomctl.kind import Action, Argument, MakeSimulated, SimulatedDevice, doing, toggling
from roomctl.occupancy.driver import default_profile
from roomctl.occupancy.driver import profiles as occupancy_profiles
from roomctl.occupancy.profile import OccupancyTable
from roomctl.occupancy.report import MOST_PEOPLE
from roomctl.occupancy.sim import SimReported, sim_sensor
from roomctl.screen.profile import ScreenTable, screen_url
from roomctl.screen.sim import SimScreen
from roomctl.simulator.cameras import simulated_cameras
from roomctl.speakerphone.hid import Usage
from roomctl.speakerphone.profile import SpeakerphoneTable
from roomctl.speakerphone.sim import MODELS, SPEAK_810, Model, SimSpeakerphone, SpeakerphoneFaults
from roomctl.wire import Identity, Machine

_PORT = re.compile(r"\?port=([0-9.-]+)")
_IDS = re.compile("[0-9a-f]{4}:[0-9a-f]{4}")
_FLAGS = ("repeats", "double", "stalled", "times_out", "short")
_SECONDS = ("echo_s", "repeat_s")
_BCD_DEVICE = 0x0123


class SimulatedSpeakerphone(SimulatedDevice):
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
        phone = self.phone
        return {
            "press_mute": doing(phone.press_mute),
            "press_hook": doing(phone.press_hook),
            "volume_up": doing(partial(phone.press_key, Usage.VOLUME_UP)),
            "volume_down": doing(partial(phone.press_key, Usage.VOLUME_DOWN)),
            "stall": toggling(phone.faults, "stalled"),
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


def _setter(device: str, faults: SpeakerphoneFaults, fault: str) -> Action:
    """Return what sets a flag, a time in seconds (None: never), or a length (None: as declared)."""

    def act(args: Mapping[str, Argument], now: float) -> None:
        value = args.get("value")
        flag = isinstance(value, bool)
        whole = fault != "takes_bytes" or isinstance(value, int)
        number = isinstance(value, int | float) and not flag and value >= 0 and whole
        absent = value is None and fault in ("echo_s", "takes_bytes")
        if not (flag if fault in _FLAGS else number or absent):
            raise Refused(device, "invalid", f"{value!r} is not a value for the fault {fault}")
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


class SimulatedSensor(SimulatedDevice):
    """An occupancy sensor, and the people before it."""

    kind = "occupancy"

    def __init__(self, name: str, table: OccupancyTable) -> None:
        self.url = table.url
        self.names: tuple[str, ...] = (f"occupancy.{name}",)
        self.sensor = sim_sensor(occupancy_profiles()[table.profile or default_profile(table.url)])
        self._people = "away"

    def machine(self) -> Machine:
        return self.sensor

    def state(self, name: str, now: float) -> dict[str, object]:
        return {"people": self._people, "output": self.sensor.output, "silent": self.sensor.silent}

    def actions(self, name: str) -> Mapping[str, Action]:
        def people(word: str, moving: bool) -> Action:
            def act(args: Mapping[str, Argument], now: float) -> None:
                self._people = word
                self.sensor.sitting = word == "still"
                self.sensor.set(moving, now)

            return act

        found: dict[str, Action] = {
            "walk_in": people("moving", True),
            "sit_still": people("still", False),
            "leave": people("away", False),
            "silent": toggling(self.sensor, "silent"),
        }
        if isinstance(self.sensor, SimReported) and self.sensor.profile.kind == "counter":
            found["count"] = self._count
        return found

    def _count(self, args: Mapping[str, Argument], now: float) -> None:
        """Let as many people be there as `value` says; without one, one more."""
        more = self.sensor.people + 1 if isinstance(self.sensor, SimReported) else 0
        value = args.get("value", more)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_PEOPLE:
            raise Refused(self.names[0], "invalid", f"{value!r} is not a number of people")
        if isinstance(self.sensor, SimReported):
            self.sensor.count(value, now)


BLOCKS = (None, "prejoin", "passcode_needed", "sign_in_required", "bot_wall", "lobby", "denied")


def following(word: str | None, words: tuple[str | None, ...]) -> str | None:
    """Return the next of `words`, and after the last the first."""
    return words[(words.index(word) + 1) % len(words)]


class SimulatedScreen(SimulatedDevice):
    """The room's display with a simulated browser, and the other people in the meeting."""

    kind = "screen"
    names: tuple[str, ...] = ("screen",)

    def __init__(self, url: str) -> None:
        self.url = url
        self.screen = SimScreen(told=False)

    def machine(self) -> Machine:
        return self.screen

    def state(self, name: str, now: float) -> dict[str, object]:
        page = self.screen.page
        return {
            "page": page.phase.value if page else None,
            "host": page.host if page else None,
            "muted": self.screen.muted,
            "shown": self.screen.shown,
            "ignores_mute": self.screen.ignores_mute,
            "leaks": self.screen.leaks,
            "no_sound": not self.screen.has_sound,
            "no_microphone": not self.screen.has_microphone,
            "no_loudspeaker": not self.screen.has_loudspeaker,
            "recorder": self.screen.recorder,
            "meeting_muted": self.screen.meeting_muted,
            "talks": self.screen.talks,
            "walled": self.screen.walled,
            "silent": self.screen.silent,
            "blocked_by": self.screen.blocked_by,
            "reachable": self.screen.reachable,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        screen = self.screen

        def no_microphone() -> None:
            screen.plug_microphone(not screen.has_microphone)

        def quiet() -> None:
            screen.level_pct = 0 if screen.level_pct else 35

        def block(args: Mapping[str, Argument], now: float) -> None:
            """Have this page, and the next, show `by` or the next word, and no meeting."""
            by = args.get("by", following(screen.blocked_by, BLOCKS))
            screen.blocked_by = str(by) if by in BLOCKS and by is not None else None
            screen.shows.word = screen.blocked_by

        return {
            "end_meeting": doing(screen.end_meeting),
            "block": block,
            "reach": toggling(screen, "reachable"),
            "crash": doing(screen.crash),
            "ignore_mute": toggling(screen, "ignores_mute"),
            "leak": toggling(screen, "leaks"),
            "no_sound": toggling(screen, "has_sound"),
            "no_microphone": doing(no_microphone),
            "no_loudspeaker": toggling(screen, "has_loudspeaker"),
            "record": toggling(screen, "recorder"),
            "mute_by_program": doing(screen.mute_by_program),
            "mute_in_meeting": toggling(screen, "meeting_muted"),
            "quiet": doing(quiet),
            "talk": toggling(screen, "talks"),
            "wall": toggling(screen, "walled"),
            "silent": toggling(screen, "silent"),
        }

    def unplugged(self) -> None:
        """Lose the process: what it showed is gone."""
        self.screen = SimScreen(told=False)


def _sensors(tables: Mapping[str, OccupancyTable]) -> list[SimulatedDevice]:
    return [SimulatedSensor(name, table) for name, table in tables.items()]


def _screens(tables: Mapping[str, ScreenTable]) -> list[SimulatedDevice]:
    return [SimulatedScreen(screen_url(table)) for table in tables.values()]


def _displays(tables: Mapping[str, Any]) -> list[SimulatedDevice]:
    from roomctl.display.sim import simulated_displays

    return simulated_displays(tables)


def _controllers(tables: Mapping[str, Any]) -> list[SimulatedDevice]:
    from roomctl.controller.sim import simulated_controllers

    return simulated_controllers(tables)


def _outputs(tables: Mapping[str, Any]) -> list[SimulatedDevice]:
    from roomctl.output.sim import simulated_outputs

    return simulated_outputs(tables)


def _switches(tables: Mapping[str, Any]) -> list[SimulatedDevice]:
    from roomctl.byom.sim import simulated_switches

    return simulated_switches(tables)


DEVICES: Mapping[str, MakeSimulated] = {
    "camera": simulated_cameras,
    "speakerphone": simulated_speakerphones,
    "occupancy": _sensors,
    "screen": _screens,
    "display": _displays,
    "controller": _controllers,
    "output": _outputs,
    "byom": _switches,
}
"""What stands for each kind of device here; a plug-in's brings its own. What few have is late."""


def simulated_devices(config: Config, *, with_screen: bool) -> list[SimulatedDevice]:
    """Return what is simulated for every url of `config`; the screen's only `with_screen`."""
    return [
        device
        for kind in (*DEVICES, *(kind for kind in config.kinds if kind not in DEVICES))
        if (tables := config.tables(kind)) and (kind != "screen" or with_screen)
        if (make := DEVICES.get(kind) or plugins.load(kind).simulate) is not None
        for device in make(tables)
    ]
