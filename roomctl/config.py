"""room.toml -> Config, and the one place that reads paths and the environment.

Unknown keys are refused with file, key and what was expected. Knows no device.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeGuard, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from roomctl.errors import ConfigError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Output = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")]
_NUMBER = re.compile("[1-9][0-9]{0,2}")
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


class Table(BaseModel):
    """One table of room.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RoomTable(Table):
    """[room]: what the room is called and how it speaks (Microsoft Graph place field names)."""

    displayName: str = Field(default="Meeting room", min_length=1, max_length=80)  # noqa: N815
    building: str = Field(default="", max_length=80)
    floorLabel: str = Field(default="", max_length=40)  # noqa: N815
    capacity: int | None = Field(default=None, ge=1, le=10_000)
    timezone: str = "UTC"
    language: Literal["zh-CN", "en"] = "en"
    lit_s: float = Field(
        default=120.0, ge=1, le=7200, description="a touch keeps an empty room lit this long"
    )
    help: str = Field(default="", max_length=80, description="whom to call, shown on the panel")
    phone: Literal["on", "off"] = Field(
        default="off", description="on: the room's display shows a code that makes a phone a panel"
    )
    wifi: str = Field(default="", max_length=80, description="guest Wi-Fi, shown on the display")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            near = difflib.get_close_matches(name, available_timezones(), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ", such as 'Asia/Shanghai'"
            raise ValueError(f"{name!r} is no IANA time zone{hint}")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class ScreenTable(Table):
    """[screen]: the display that shows the meeting, and the process that owns its browser."""

    mode: Literal["kiosk", "headless", "simulated"] = "kiosk"
    url: str | None = Field(
        default=None, description="unix:PATH of `roomctl screen`; made up if unset"
    )
    media: Literal["real", "fake"] = Field(
        default="real", description="fake: Chromium's own test picture and tone"
    )
    name: str = Field(
        default="", max_length=60, description="name shown to others; else the room's"
    )
    room: Output | None = Field(
        default=None, description="output of the room's display, such as 'HDMI-A-1'; else the first"
    )
    panel: Output = Field(
        default="none", description="output of the touch panel; none: the panel is elsewhere"
    )

    @property
    def panel_output(self) -> str | None:
        """Where the panel has an output of its own; None if it has none."""
        return None if self.panel in ("none", self.room) else self.panel


class CameraTable(Table):
    """[camera.NAME]: a PTZ camera; several may share one `url` and differ by `address`."""

    url: str = Field(min_length=1)
    address: int = Field(default=1, ge=1, le=7)
    profile: str | None = None
    video: str | None = None
    presets: dict[str, str] = Field(
        default_factory=dict, description="names by number, such as 1 = 'Table'"
    )

    @field_validator("presets")
    @classmethod
    def _numbered(cls, presets: dict[str, str]) -> dict[str, str]:
        for number in presets:
            if not _NUMBER.fullmatch(number):
                raise ValueError(f"{number!r} is no preset number; they count from 1")
        return presets


class SpeakerphoneTable(Table):
    """[speakerphone.NAME]: a USB speakerphone."""

    url: str = Field(min_length=1)
    profile: str | None = None


class OccupancyTable(Table):
    """[occupancy.NAME]: a sensor that tells whether somebody is there."""

    url: str = Field(min_length=1)
    profile: str | None = None
    hold_s: float = Field(default=600.0, ge=1, le=7200)


class NewMeetingTable(Table):
    """[meeting.new.PLATFORM]: how a new meeting begins there, in one of two ways."""

    room_link: str | None = Field(default=None, description="a standing meeting of this room")
    random: str | None = Field(
        default=None, description="a site where any name is a meeting, such as https://meet.jit.si"
    )

    @model_validator(mode="after")
    def _one_way(self) -> NewMeetingTable:
        if (self.room_link is None) == (self.random is None):
            raise ValueError("needs room_link = 'LINK' or random = 'SITE', one of the two")
        return self


class MeetingTable(Table):
    """[meeting]: the platforms this room may use."""

    platform: str | None = Field(default=None, description="default for new meetings")
    fallback: str | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    hosts: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="further hosts by platform"
    )
    favourites: dict[str, str] = Field(default_factory=dict, description="name = link")
    new: dict[str, NewMeetingTable] = Field(default_factory=dict)


class CalendarTable(Table):
    """[calendar]: where bookings come from."""

    url: str | None = None
    join_before_s: int = Field(default=600, ge=0, le=3600)


class ApiTable(Table):
    """[api]: where panels and facilities staff connect."""

    listen: str = "127.0.0.1:8080"
    hosts: tuple[str, ...] = Field(default=(), description="further Host names that are answered")
    url: str | None = Field(
        default=None,
        description="how phones reach this box, such as http://bamboo.example.org:8080",
    )

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        host, colon, port = listen.rpartition(":")
        if not (host and colon and port.isdecimal() and port.isascii() and int(port) < 65536):
            raise ValueError(f"{listen!r} is not HOST:PORT, such as '127.0.0.1:8080'")
        return listen

    @field_validator("url")
    @classmethod
    def _origin(cls, url: str | None) -> str | None:
        if url is not None and not _ORIGIN.fullmatch(url):
            raise ValueError(f"{url!r} is not like 'http://bamboo.example.org:8080'")
        return url

    @property
    def address(self) -> tuple[str, int]:
        """Host (brackets of an IPv6 address removed) and port."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class Config(Table):
    """A whole room.toml."""

    room: RoomTable = RoomTable()
    screen: ScreenTable | None = None
    camera: dict[Name, CameraTable] = Field(default_factory=dict)
    speakerphone: dict[Name, SpeakerphoneTable] = Field(default_factory=dict)
    occupancy: dict[Name, OccupancyTable] = Field(default_factory=dict)
    meeting: MeetingTable = MeetingTable()
    calendar: CalendarTable = CalendarTable()
    api: ApiTable = ApiTable()


def load(path: Path) -> Config:
    """Read room.toml; raise ConfigError naming file, key and what was expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "", f"is not UTF-8 (byte {error.start})") from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Config:
    """Read the text of a room.toml; `file` is what errors call it."""
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(file, "", "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise ConfigError(file, "", f"is not TOML: {error}") from error
    try:
        config = Config.model_validate(tuples(data))
    except ValidationError as error:
        key, why = explain(error, Config)
        raise ConfigError(file, key, why) from error
    _refuse_clashes(config, file)
    return config


def _refuse_clashes(config: Config, file: str) -> None:
    seen: dict[tuple[str, int], str] = {}
    for name, camera in config.camera.items():
        where = (camera.url, camera.address)
        if where in seen:
            why = f"has the same url and address {camera.address} as camera.{seen[where]}"
            raise ConfigError(file, f"camera.{name}", f"{why}; give it another address (1-7)")
        seen[where] = name


def tuples(value: object) -> object:
    """TOML arrays as tuples, which strict frozen models expect."""
    if isinstance(value, Mapping):
        return {key: tuples(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(tuples(inner) for inner in value)
    return value


def explain(error: ValidationError, model: type[BaseModel]) -> tuple[str, str]:
    """Say the first thing wrong with a file: its key, and what was expected in plain words."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, path[:-1]))
        near = difflib.get_close_matches(path[-1], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
        return key, f"unknown key; {hint}"
    if first["type"] == "missing":
        return key, "is missing"
    if path[-1] == "[key]":
        why = "is no name; a-z, 0-9, - and _ make one, beginning with a letter"
        return ".".join(path[:-1]), why
    shown = first.get("input")
    message = _PLAIN.get(first["type"], _reworded(first["msg"]))
    scalar = isinstance(shown, str | int | float | bool) and repr(shown) not in message
    found = f", found {shown!r}" if scalar else ""
    return key, message[:1].lower() + message[1:] + found


def _reworded(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should ", "must ", 1)


_PLAIN = {
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be an array, such as ['a', 'b']",
    "string_type": "must be a string in quotes",
    "int_type": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "bool_type": "must be true or false",
}


def _fields_at(model: type[BaseModel], path: Sequence[str]) -> set[str]:
    """Return the keys that the table at `path` knows."""
    here: object = model
    for part in path:
        here = _below(here, part)
    return set(here.model_fields) if _is_table(here) else set()


def _below(here: object, part: str) -> object:
    """Return what stands at `part` of a table, or at any name in a table of tables."""
    if not _is_table(here):
        return next((inner for inner in get_args(here) if _is_table(inner)), None)
    field = here.model_fields.get(part)
    wanted = None if field is None else field.annotation
    if type(None) in get_args(wanted):  # "Table | None"
        return next((inner for inner in get_args(wanted) if _is_table(inner)), None)
    return wanted


def _is_table(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def data_path(name: str) -> Path:
    """Return the folder `firmware_profiles` or `web`, of a checkout or of an installed package."""
    package = Path(__file__).resolve().parent
    inside = package / "_data" / name
    return inside if inside.is_dir() else package.parent / name


def state_path() -> Path:
    """Return the folder for what must survive (systemd's, else XDG's); it may not exist yet."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "roomctl"


def runtime_path() -> Path:
    """Return the folder for sockets and what ends with the boot; may not exist."""
    if given := os.environ.get("RUNTIME_DIRECTORY"):
        return Path(given.split(":")[0])
    if base := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(base) / "roomctl"
    return Path("/tmp") / f"roomctl-{os.getuid()}"  # noqa: S108 - made 0700 and owner-checked


def screen_url(table: ScreenTable) -> str:
    """Return where the screen process listens: as configured, else in the runtime folder."""
    return table.url or f"unix:{runtime_path() / 'screen.sock'}"


def has_display() -> bool:
    """Tell whether this session has a display that a window could open on."""
    return bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"))


def environment_token() -> str | None:
    """Return the API token given as ROOMCTL_TOKEN, for the command line."""
    return os.environ.get("ROOMCTL_TOKEN")
