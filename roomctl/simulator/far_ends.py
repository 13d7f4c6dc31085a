"""The far end of every kind of device, and what a person or a fault can do to it.

One class per kind; a new kind adds one here and a line in `far_ends`. Knows no wire.
"""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.camera.lines import is_uvc
from roomctl.config import CameraTable, Config, OccupancyTable, screen_url
from roomctl.occupancy.driver import profiles as occupancy_profiles
from roomctl.occupancy.sim import far_sensor
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
        self.sensor = far_sensor(occupancy_profiles()[table.profile or DEFAULT_SENSOR])
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
    phones = enumerate(config.speakerphone.items(), start=1)
    ends += [SpeakerphoneEnd(name, table, socket) for socket, (name, table) in phones]
    ends += [SensorEnd(name, table) for name, table in config.occupancy.items()]
    if with_screen and config.screen is not None:
        ends.append(ScreenEnd(screen_url(config.screen)))
    return ends
