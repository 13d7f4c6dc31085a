"""How panels and the display look: a brand's colour and pictures, light or dark by hour or sensor.

A brand's colour is kept by its hue alone: it becomes as dark (or light) as what is written on it
needs, and gives way to ink where it could be mistaken for free, booked or soon. Knows no page.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from roomctl.clock import Moment
from roomctl.command import Source, command
from roomctl.config import Config, LookTable
from roomctl.errors import ConfigError
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Part, RoomDevices
from roomctl.roles import Right
from roomctl.room.document import AccentEntry, LookEntry, Theme
from roomctl.rules import within_hours
from roomctl.store import Settings
from roomctl.wire import in_thread

Illuminance = Callable[[], float | None]
"""Returns how many lux there are; None: no sensor says so. Blocking."""

_THEME = ("look", "theme")  # of the settings that people change
_log = logging.getLogger(__name__)

LARGEST_LOGO, LARGEST_WALLPAPER = 256 * 1024, 4 * 1024 * 1024  # bytes
LEAST_ON_LIGHT, LEAST_ON_DARK = 7.2, 8.5  # contrast of what is written on it (WCAG 2.2, 1.4.6: 7)
LEAST_APART = 30.0  # CIE76 from the colours that mean something; below, it is ink
_ON = {"light": "#ffffff", "dark": "#0d1330"}
_INK = AccentEntry("#1d1a16", "#f2eee6", "#f6f2ea", "#141210")
# As in web/tokens.css, which a test compares.
MEANT = {
    "light": ("#006155", "#a8231b", "#ffd54a"),  # free, booked, soon
    "dark": ("#4cd2ab", "#ff735f", "#ffd54a"),
}
_CHROMA = {"light": 0.17, "dark": 0.11}  # of OKLCH; more glares on large keys
_STEP = {"light": -0.005, "dark": 0.005}
_LEAST = {"light": LEAST_ON_LIGHT, "dark": LEAST_ON_DARK}
MEASURE_EVERY_S = 2.0
SETTLED_S = 10.0  # a hand over the sensor, or a slide on the wall, changes nothing
SILENT_S = 60.0  # then what was measured last is no longer so


@frozen
class BrandPicture:
    """A picture of the house's own, as its file has it; `version` changes when the file does."""

    data: bytes
    media_type: str

    @property
    def version(self) -> str:
        return sha256(self.data).hexdigest()[:12]


def accent_of(colour: str) -> AccentEntry:
    """Return what a brand's colour such as "#0a5cff" becomes on keys, in light and in dark."""
    from coloraide import Color  # some 60 ms and 7 MB, in houses that have a colour

    found = {}
    for theme, on in _ON.items():
        shade = Color(colour).convert("oklch")
        shade["chroma"] = min(shade["chroma"], _CHROMA[theme])
        while True:
            fitted = Color(shade.convert("srgb").fit().to_string(hex=True))
            if fitted.contrast(on) >= _LEAST[theme]:
                break
            shade["lightness"] += _STEP[theme]
        if min(fitted.delta_e(other, method="76") for other in MEANT[theme]) < LEAST_APART:
            return _INK
        found[theme] = fitted.to_string(hex=True)
    return AccentEntry(found["light"], _ON["light"], found["dark"], _ON["dark"])


def brand_picture(room_toml: Path, key: str, name: str) -> BrandPicture:
    """Read the file `name` beside a room.toml that names it at `key`.

    ConfigError: it is no picture, or larger than 256 KiB (a wallpaper: 4 MiB).
    """
    largest = LARGEST_LOGO if key == "look.logo" else LARGEST_WALLPAPER
    try:
        with (room_toml.parent / name).open("rb") as opened:
            data = opened.read(largest + 1)
    except OSError as error:
        why = f"{name} cannot be read: {error.strerror}"
        raise ConfigError(str(room_toml), key, why) from error
    if len(data) > largest:
        why = f"{name} is larger than {largest // 1024} KiB; make it smaller"
        raise ConfigError(str(room_toml), key, why)
    media_type = _media_type(data)
    if media_type is None:
        raise ConfigError(str(room_toml), key, f"{name} is not an SVG, PNG, JPEG or WebP")
    return BrandPicture(data, media_type)


def _media_type(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "image/svg+xml" if head[:4] in (b"<svg", b"<?xm") and b"<svg" in head else None


def judge(table: LookTable, room_toml: Path) -> None:
    """Raise ConfigError for the first file of [look] that cannot be shown."""
    for key, name in _named(table):
        brand_picture(room_toml, key, name)


def _named(table: LookTable) -> Iterable[tuple[str, str]]:
    if table.logo is not None:
        yield "look.logo", table.logo
    if table.wallpaper is not None:
        yield "look.wallpaper", table.wallpaper


class LightByLux:
    """Light or dark by how light it is: dark below `dark_lux`, light again above twice that.

    A change counts once it has lasted `SETTLED_S`. Pure: `now_s` is monotonic.
    """

    def __init__(self, dark_lux: float, now_s: float) -> None:
        self.dark_lux = dark_lux
        self.theme: Literal["light", "dark"] | None = None
        """None: nothing has been measured for `SILENT_S`, or yet."""
        self._measured_s = now_s
        self._turned_s: float | None = None

    def take(self, lux: float | None, now_s: float) -> None:
        """Take what was measured; None: nothing could be."""
        if lux is None:
            if self.silent(now_s):
                self.theme = None
            return
        self._measured_s = now_s
        toward = self._toward(lux)
        if self.theme is None:
            self.theme = toward
        if toward == self.theme:
            self._turned_s = None
        elif self._turned_s is None:
            self._turned_s = now_s
        elif now_s - self._turned_s >= SETTLED_S:
            self.theme, self._turned_s = toward, None

    def silent(self, now_s: float) -> bool:
        """Whether nothing has been measured for so long that the light is not known."""
        return now_s - self._measured_s >= SILENT_S

    def _toward(self, lux: float) -> Literal["light", "dark"]:
        if lux < self.dark_lux:
            return "dark"
        return "light" if self.theme is None or lux > 2 * self.dark_lux else self.theme


class Look(Part):
    """The look of one room; a picture that cannot be read is an issue, and is left out."""

    def __init__(
        self,
        config: Config,
        room_toml: Path | None,
        context: Context,
        settings: Settings,
        illuminance: Illuminance | None = None,
    ) -> None:
        """`room_toml`: beside it are the pictures; None: the room was read from no file.

        `illuminance`: the box's light sensor; None: there is nothing that could have one.
        """
        self._room_toml, self._settings = room_toml, settings
        self._illuminance, self._measuring = illuminance, asyncio.Event()
        self._clock, self._changed = context.clock, context.changed
        self.pictures: dict[str, BrandPicture] = {}
        """By "logo" and "wallpaper"."""
        self._issues: list[IssueEntry] = []
        self._table = config.look
        self._measure_anew()
        self._take(config)

    def configure(self, config: Config, devices: RoomDevices) -> None:
        """Look as this room.toml says from now on; its pictures are read again."""
        self._take(config)

    def _take(self, config: Config) -> None:
        before, self._table, self._zone = self._table, config.look, config.room.zone
        if (before.theme, before.dark_lux) != (self._table.theme, self._table.dark_lux):
            self._measure_anew()
        if self._table.theme == "sensor" and self._illuminance is not None:
            self._measuring.set()
        else:
            self._measuring.clear()
        accent = self._table.accent
        self._accent = None if accent is None else accent_of(accent)
        self.pictures.clear()
        self._issues.clear()
        if self._room_toml is not None:
            for key, name in _named(self._table):
                self._read(self._room_toml, key, name)

    def _measure_anew(self) -> None:
        """Know nothing of the light."""
        self._by_lux = LightByLux(self._table.dark_lux, self._clock.mono_s())
        self._silent: IssueEntry | None = None

    def _read(self, room_toml: Path, key: str, name: str) -> None:
        try:
            picture = brand_picture(room_toml, key, name)
        except ConfigError as error:
            _log.warning("%s", error)
            params = {"file": name, "detail": error.why}
            found = IssueEntry("look.picture", key, {**params}, self._clock.now().wall)
            self._issues.append(found)
        else:
            self.pictures[key.partition(".")[2]] = picture

    def sections(self, now: Moment) -> Mapping[str, object]:
        paths = {
            name: f"/api/v1/look/{name}?v={one.version}" for name, one in self.pictures.items()
        }
        look = LookEntry(self._theme(now), self._accent, paths.get("logo"), paths.get("wallpaper"))
        return {"look": look}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        return self._issues if self._silent is None else (*self._issues, self._silent)

    async def run(self) -> None:
        """Measure how light it is, where room.toml says that it counts, until cancelled."""
        while await self._measuring.wait():
            if self._illuminance is not None:
                self._measured(await in_thread(self._illuminance), self._clock.now())
            await asyncio.sleep(MEASURE_EVERY_S)

    def _measured(self, lux: float | None, now: Moment) -> None:
        if not self._measuring.is_set():
            return  # room.toml changed meanwhile
        before = self._by_lux.theme, self._silent
        self._by_lux.take(lux, now.mono_s)
        if not self._by_lux.silent(now.mono_s):
            self._silent = None
        elif self._silent is None:
            self._silent = IssueEntry("look.sensor", "look.theme", {}, now.wall)
        if before != (self._by_lux.theme, self._silent):
            self._changed()

    @command("look.set_theme", Right.MESSAGE)
    async def _set_theme(self, source: Source, theme: Theme) -> None:
        """Set panels and display to light, dark or high contrast; auto: as in room.toml."""
        wanted = None if theme == "auto" else theme
        if self._settings.now.get(_THEME) != wanted:
            why = f"the theme is {theme}"
            await self._settings.change(_THEME, wanted, source.name, why, self._clock.now().wall)
            self._changed()

    def _theme(self, now: Moment) -> Theme:
        for theme in get_args(Theme):
            if self._settings.now.get(_THEME) == theme:
                return theme  # type: ignore[no-any-return]  # one of its arguments
        wanted, hours = self._table.theme, self._table.dark
        if wanted == "sensor":
            if self._by_lux.theme is not None:
                return self._by_lux.theme
            wanted = "auto"
        if hours is None or not now.synced:
            return wanted
        return "dark" if within_hours(hours, now.wall, self._zone) else "light"
