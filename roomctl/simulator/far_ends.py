"""The far end of every kind of device, and what a person or a fault can do to it.

One class per kind; a new kind adds one here and a line in `far_ends`. Knows no wire.
"""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.camera.uvc.device import is_uvc
from roomctl.config import CameraTable, Config, OccupancyTable, screen_url
from roomctl.occupancy.driver import profiles as occupancy_profiles
from roomctl.occupancy.sim import SimSensor
from roomctl.screen.sim import SimScreen
from roomctl.simulator.camera_end import CameraEnd
from roomctl.simulator.far_end import Action, Argument, FarEnd
from roomctl.simulator.speakerphone_end import SpeakerphoneEnd
from roomctl.simulator.uvc_end import UvcEnd
from roomctl.wire import Identity, Machine

DEFAULT_SENSOR = "generic"


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

    def faults(self, name: str) -> Mapping[str, Action]:
        return {}

    def refusal(self, data: bytes) -> str | None:
        return None

    def unplugged(self) -> None:
        """Nothing: the people stay."""


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

    def faults(self, name: str) -> Mapping[str, Action]:
        return {}

    def refusal(self, data: bytes) -> str | None:
        return None

    def unplugged(self) -> None:
        """Lose the process: what it showed is gone."""
        self.screen = SimScreen()


def far_ends(config: Config, *, with_screen: bool) -> list[FarEnd]:
    """Return a far end for every url of `config`; the screen's only if it is simulated."""
    lines: dict[str, dict[str, CameraTable]] = {}
    ends: list[FarEnd] = []
    for name, table in config.camera.items():
        if is_uvc(table.url):
            ends.append(UvcEnd(name, table.url))
        else:
            lines.setdefault(table.url, {})[name] = table
    ends += [CameraEnd(url, tables) for url, tables in lines.items()]
    ends += [SpeakerphoneEnd(name, table) for name, table in config.speakerphone.items()]
    ends += [SensorEnd(name, table) for name, table in config.occupancy.items()]
    if with_screen and config.screen is not None:
        ends.append(ScreenEnd(screen_url(config.screen)))
    return ends
