"""The far end of every kind of device, and what a person or a fault can do to it.

One class per kind; a new kind adds one here and a line in `far_ends`. Knows no wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from roomctl.camera.profile import shipped
from roomctl.camera.sim import SimCamera, SimIp, SimLine
from roomctl.config import CameraTable, Config, OccupancyTable, SpeakerphoneTable, screen_url
from roomctl.occupancy.driver import profiles as occupancy_profiles
from roomctl.occupancy.sim import SimSensor
from roomctl.screen.sim import SimScreen
from roomctl.speakerphone.sim import SimSpeakerphone
from roomctl.wire import Identity, Machine

Argument = bool | int | float | str
Action = Callable[[Mapping[str, Argument], float], None]

SLOW_S = 0.5
LOSS = 0.2  # of the datagrams, each way
DEFAULT_CAMERA = "sony_srg300h"  # a model whose every figure is sourced
DEFAULT_SENSOR = "generic"


class FarEnd(Protocol):
    """What is at the other end of one url; `names` are its devices, such as camera.front."""

    url: str
    names: tuple[str, ...]
    kind: str

    def machine(self) -> Machine: ...
    def identity(self) -> Identity: ...
    def state(self, name: str, now: float) -> dict[str, object]: ...
    def actions(self, name: str) -> Mapping[str, Action]: ...
    def refusal(self, data: bytes) -> str | None:
        """Why a write does not reach the device, or None."""
        ...

    def unplugged(self) -> None:
        """Lose the wire, and what the device forgets with it."""
        ...


class CameraEnd:
    """All cameras of one line."""

    kind = "camera"

    def __init__(self, url: str, tables: Mapping[str, CameraTable]) -> None:
        self.url = url
        self.names = tuple(f"camera.{name}" for name in tables)
        known = shipped()
        self.cameras = {
            f"camera.{name}": SimCamera(known[table.profile or DEFAULT_CAMERA], table.address)
            for name, table in tables.items()
        }
        self._line = _line_of(url, list(self.cameras.values()))

    def machine(self) -> Machine:
        return self._line

    def second_port(self) -> Machine:
        """Return a line of its own to the same cameras, as a camera with two sockets has."""
        twins = [camera.second_port() for camera in self.cameras.values()]
        return _line_of(self.url, twins)

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated")

    def state(self, name: str, now: float) -> dict[str, object]:
        self._line.tick(now)  # another program may have moved it through its second port
        camera = self.cameras[name]
        return {
            "model": camera.profile.name,
            "power": camera.power,
            "pan_deg": round(camera.pan_deg, 2),
            "tilt_deg": round(camera.tilt_deg, 2),
            "zoom_pct": round(camera.zoom_pct, 1),
            "moving": camera.moving,
            "silent": camera.silent,
            "slow": camera.delay_s > 0,
            **({"lossy": self._line.loss > 0} if isinstance(self._line, SimIp) else {}),
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        camera = self.cameras[name]

        def silent(args: Mapping[str, Argument], now: float) -> None:
            camera.silent = not camera.silent

        def garble(args: Mapping[str, Argument], now: float) -> None:
            camera.garble_next = True

        def slow(args: Mapping[str, Argument], now: float) -> None:
            camera.delay_s = 0.0 if camera.delay_s else SLOW_S

        def power_cycle(args: Mapping[str, Argument], now: float) -> None:
            camera.power_cycle()

        def lossy(args: Mapping[str, Argument], now: float) -> None:
            if isinstance(self._line, SimIp):
                self._line.loss = 0.0 if self._line.loss else LOSS

        actions = {"power_cycle": power_cycle, "garble": garble, "slow": slow, "silent": silent}
        return {**actions, "lossy": lossy} if isinstance(self._line, SimIp) else actions

    def refusal(self, data: bytes) -> str | None:
        return None

    def unplugged(self) -> None:
        """Nothing: the cable is out, the cameras go on."""


class SensorEnd:
    """An occupancy sensor, and the people before it."""

    kind = "occupancy"

    def __init__(self, name: str, table: OccupancyTable) -> None:
        self.url = table.url
        self.names: tuple[str, ...] = (f"occupancy.{name}",)
        self.sensor = SimSensor(occupancy_profiles()[table.profile or DEFAULT_SENSOR])
        self._people = "away"

    def machine(self) -> Machine:
        return self.sensor

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated")

    def state(self, name: str, now: float) -> dict[str, object]:
        return {"people": self._people, "output": self.sensor.output, "silent": self.sensor.silent}

    def actions(self, name: str) -> Mapping[str, Action]:
        def people(word: str, moving: bool) -> Action:
            def act(args: Mapping[str, Argument], now: float) -> None:
                self._people = word
                self.sensor.set(moving, now)

            return act

        def silent(args: Mapping[str, Argument], now: float) -> None:
            self.sensor.silent = not self.sensor.silent

        return {
            "walk_in": people("moving", True),
            "sit_still": people("still", False),
            "leave": people("away", False),
            "silent": silent,
        }

    def refusal(self, data: bytes) -> str | None:
        return None

    def unplugged(self) -> None:
        """Nothing: the people stay."""


class SpeakerphoneEnd:
    """A speakerphone on the table, and a finger on it."""

    kind = "speakerphone"

    def __init__(self, name: str, table: SpeakerphoneTable) -> None:
        self.url = table.url
        self.names: tuple[str, ...] = (f"speakerphone.{name}",)
        self.phone = SimSpeakerphone()

    def machine(self) -> Machine:
        return self.phone

    def identity(self) -> Identity:
        model = self.phone.model
        return Identity(
            url=self.url,
            path="simulated",
            vid=model.vid,
            pid=model.pid,
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

        return {"press_mute": press_mute, "press_hook": press_hook, "stall": stall}

    def refusal(self, data: bytes) -> str | None:
        return self.phone.refusal(data)

    def unplugged(self) -> None:
        """Lose power over USB."""
        self.phone.unplugged()


class ScreenEnd:
    """The room's display with a simulated browser, and the other people in the meeting."""

    kind = "screen"
    names: tuple[str, ...] = ("screen",)

    def __init__(self, url: str) -> None:
        self.url = url
        self.screen = SimScreen()

    def machine(self) -> Machine:
        return self.screen

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated")

    def state(self, name: str, now: float) -> dict[str, object]:
        page = self.screen.page
        return {
            "page": page.phase.value if page else None,
            "host": page.host if page else None,
            "muted": self.screen.muted,
            "shown": self.screen.shown,
            "deaf_mute": self.screen.deaf_mute,
            "silent": self.screen.silent,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        def end_meeting(args: Mapping[str, Argument], now: float) -> None:
            self.screen.end_meeting()

        def crash(args: Mapping[str, Argument], now: float) -> None:
            self.screen.crash()

        def deaf_mute(args: Mapping[str, Argument], now: float) -> None:
            self.screen.deaf_mute = not self.screen.deaf_mute

        def silent(args: Mapping[str, Argument], now: float) -> None:
            self.screen.silent = not self.screen.silent

        return {
            "end_meeting": end_meeting,
            "crash": crash,
            "deaf_mute": deaf_mute,
            "silent": silent,
        }

    def refusal(self, data: bytes) -> str | None:
        return None

    def unplugged(self) -> None:
        """Lose the process: what it showed is gone."""
        self.screen = SimScreen()


def _line_of(url: str, cameras: list[SimCamera]) -> SimLine | SimIp:
    return SimIp(cameras[0]) if url.startswith("visca-ip:") else SimLine(cameras, baud_of(url))


def far_ends(config: Config, *, with_screen: bool) -> list[FarEnd]:
    """Return a far end for every url of `config`; the screen's only if it is simulated."""
    lines: dict[str, dict[str, CameraTable]] = {}
    for name, table in config.camera.items():
        lines.setdefault(table.url, {})[name] = table
    ends: list[FarEnd] = [CameraEnd(url, tables) for url, tables in lines.items()]
    ends += [SpeakerphoneEnd(name, table) for name, table in config.speakerphone.items()]
    ends += [SensorEnd(name, table) for name, table in config.occupancy.items()]
    if with_screen and config.screen is not None:
        ends.append(ScreenEnd(screen_url(config.screen)))
    return ends


def baud_of(url: str) -> int | None:
    """Return the baud rate of a serial url (9600 if it names none), None for other wires."""
    if not url.startswith(("serial:", "sim:")):
        return None
    _, _, query = url.partition("?")
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == "baud" and value.isdecimal():
            return int(value)
    return 9600
