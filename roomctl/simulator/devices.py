"""What stands for every kind of device in a simulated room, and what a person can do to it.

Sensors and the screen stand here; every other kind brings its own. Knows no wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from roomctl.config import Config, OccupancyTable, ScreenTable, screen_url
from roomctl.display.sim import simulated_displays
from roomctl.kind import Action, Argument, SimulatedDevice
from roomctl.occupancy.driver import profiles as occupancy_profiles
from roomctl.occupancy.sim import sim_sensor
from roomctl.screen.sim import SimScreen
from roomctl.simulator.cameras import simulated_cameras
from roomctl.simulator.speakerphones import simulated_speakerphones
from roomctl.wire import Identity, Machine

DEFAULT_SENSOR = "generic"


class SimulatedSensor:
    """An occupancy sensor, and the people before it."""

    kind = "occupancy"

    def __init__(self, name: str, table: OccupancyTable) -> None:
        self.url = table.url
        self.names: tuple[str, ...] = (f"occupancy.{name}",)
        self.sensor = sim_sensor(occupancy_profiles()[table.profile or DEFAULT_SENSOR])
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
                self.sensor.sitting = word == "still"
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


WALLS = (None, "prejoin", "passcode_needed", "sign_in_required", "bot_wall", "lobby", "denied")


def following(word: str | None, words: tuple[str | None, ...]) -> str | None:
    """Return the next of `words`, and after the last the first."""
    return words[(words.index(word) + 1) % len(words)]


class SimulatedScreen:
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
            "no_sound": not self.screen.has_sound,
            "meeting_muted": self.screen.meeting_muted,
            "silent": self.screen.silent,
            "wall": self.screen.wall,
            "reachable": self.screen.reachable,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        def end_meeting(args: Mapping[str, Argument], now: float) -> None:
            self.screen.end_meeting()

        def crash(args: Mapping[str, Argument], now: float) -> None:
            self.screen.crash()

        def deaf_mute(args: Mapping[str, Argument], now: float) -> None:
            self.screen.deaf_mute = not self.screen.deaf_mute

        def no_sound(args: Mapping[str, Argument], now: float) -> None:
            self.screen.has_sound = not self.screen.has_sound

        def meddle(args: Mapping[str, Argument], now: float) -> None:
            self.screen.meddle()

        def mute_in_meeting(args: Mapping[str, Argument], now: float) -> None:
            self.screen.meeting_muted = not self.screen.meeting_muted

        def quiet(args: Mapping[str, Argument], now: float) -> None:
            self.screen.level_pct = 0 if self.screen.level_pct else 35

        def silent(args: Mapping[str, Argument], now: float) -> None:
            self.screen.silent = not self.screen.silent

        def wall(args: Mapping[str, Argument], now: float) -> None:
            """Have this page, and the next, show another thing in place of the meeting."""
            self.screen.wall = following(self.screen.wall, WALLS)
            self.screen.shows.word = self.screen.wall

        def reach(args: Mapping[str, Argument], now: float) -> None:
            self.screen.reachable = not self.screen.reachable

        return {
            "end_meeting": end_meeting,
            "wall": wall,
            "reach": reach,
            "crash": crash,
            "deaf_mute": deaf_mute,
            "no_sound": no_sound,
            "meddle": meddle,
            "mute_in_meeting": mute_in_meeting,
            "quiet": quiet,
            "silent": silent,
        }

    def faults(self, name: str) -> Mapping[str, Action]:
        return {}

    def refusal(self, data: bytes) -> str | None:
        return None

    def unplugged(self) -> None:
        """Lose the process: what it showed is gone."""
        self.screen = SimScreen()


def _sensors(tables: Mapping[str, OccupancyTable]) -> list[SimulatedDevice]:
    return [SimulatedSensor(name, table) for name, table in tables.items()]


def _screens(tables: Mapping[str, ScreenTable]) -> list[SimulatedDevice]:
    return [SimulatedScreen(screen_url(table)) for table in tables.values()]


DEVICES: Mapping[str, Callable[[Mapping[str, Any]], list[SimulatedDevice]]] = {
    "camera": simulated_cameras,
    "speakerphone": simulated_speakerphones,
    "occupancy": _sensors,
    "screen": _screens,
    "display": simulated_displays,
}
"""What stands for each kind of device; a new kind has a line here."""


def simulated_devices(config: Config, *, with_screen: bool) -> list[SimulatedDevice]:
    """Return what is simulated for every url of `config`; the screen's only `with_screen`."""
    return [
        device
        for kind, make in DEVICES.items()
        if kind != "screen" or with_screen
        for device in make(config.tables(kind))
    ]
