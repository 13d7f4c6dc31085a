"""What a camera model is like: scales, limits, speeds, presets, timing and quirks, as data.

And the table of room.toml that names one. Knows no port and no bytes. Every key is explained in
`firmware_profiles/example.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from roomctl.camera import video
from roomctl.camera.video import VideoSource
from roomctl.config import DeviceTable, Table
from roomctl.errors import ConfigError
from roomctl.explain import suggest
from roomctl.installed import data_path
from roomctl.profile import Profile, ProfileFolder, load_all, pick
from roomctl.secret import Secret
from roomctl.visca.message import Inquiry, PositionLayout, Version
from roomctl.visca.model import CameraModel, Limits, Quirk

ExposureMode = Literal["auto", "manual", "shutter", "iris", "bright"]
WhiteBalance = Literal["auto", "indoor", "outdoor", "one_push", "atw", "manual"]
TallyLight = Literal["red", "green", "yellow"]
MENU_KEYS = ("up", "down", "left", "right", "enter", "back")
_COMPENSATION = (Inquiry.EXPOSURE_COMPENSATION_ON, Inquiry.EXPOSURE_COMPENSATION)
_SONY = (0x0001, 0x0010, 0x0020)  # Sony's manuals print all three, depending on the model


_PRESET = re.compile("[1-9][0-9]{0,2}")
MOST_PRESETS = 256


class CameraAngle(Table):
    """Where a camera looks: degrees, right and up are positive."""

    pan_deg: float = Field(ge=-360, le=360)
    tilt_deg: float = Field(ge=-360, le=360)


Destination = int | Literal["home"] | CameraAngle
"""A preset's number, home, or an angle."""


class CameraTable(DeviceTable):
    """[camera.NAME]: a PTZ camera; several may share one `url` and differ by `address`."""

    site_profiles: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = (
        "serial",
        "visca-ip",
        "tcp",
        "udp",
        "aw",
        "aw-https",
        "onvif",
        "onvif-https",
        "v4l2",
    )

    address: int = Field(default=1, ge=1, le=7, description="its address on a VISCA line")
    user: str = Field(
        default="",
        max_length=64,
        description="for aw:, onvif: and a video over the network: the user to log in as",
    )
    password: Secret = Field(default=Secret(""), description="the user's password")
    weakest_login: Literal["basic", "digest", "digest-sha-256"] = Field(
        default="digest",
        description="the weakest login method to accept; basic sends the password unencrypted"
        " unless the url begins with aw-https: or onvif-https:",
    )
    mounting: Literal["standing", "ceiling"] = Field(
        default="standing", description="ceiling: upside down, with the camera's own flip on"
    )
    invert_pan: bool = Field(
        default=False, description="swap left and right: its picture is turned, its axes are not"
    )
    invert_tilt: bool = Field(default=False, description="swap up and down, likewise")
    flip: bool | None = Field(
        default=None,
        description="true: it hangs upside down, and the room turns its picture; left out: as"
        " set on the camera",
    )
    mirror: bool | None = Field(
        default=None, description="true: mirror its picture; left out: as set on the camera"
    )
    max_speed_pct: int = Field(
        default=100, ge=1, le=100, description="its top speed, in % of the model's fastest"
    )
    preset_speed_pct: int | None = Field(
        default=None, ge=1, le=100, description="its speed to presets; left out: its own speed"
    )
    speed_by_zoom: bool = Field(
        default=True, description="while a key is held, it turns slower the further it is zoomed in"
    )
    video: str | None = Field(
        default=None,
        description="where its picture comes from: a video device, which meetings see (a path, or a"
        " name in /dev/v4l/by-id); rtsp://…; http://… of a JPEG; onvif; aw",
    )
    presets: dict[str, str] = Field(
        default_factory=dict, description="names by number, such as 1 = 'Table'"
    )
    wake: bool = Field(default=True, description="switch it on for a meeting if it is on standby")
    on_join: Destination | None = Field(
        default=None,
        description="where it looks when a meeting begins: a preset's number or name, 'home', or"
        " { pan_deg = …, tilt_deg = … }; left out: it is not moved",
    )
    on_leave: Destination | None = Field(
        default=None, description="where it turns after a meeting, such as away from people"
    )
    standby_s: float | None = Field(
        default=None,
        ge=60,
        le=604_800,
        description="put it on standby after this long in an empty room; left out: never",
    )

    @property
    def hangs(self) -> bool:
        """Whether it hangs upside down, its picture turned."""
        return self.mounting == "ceiling" or self.flip is True

    @property
    def video_source(self) -> VideoSource | None:
        """Where its picture comes from; a USB camera that is moved by it is seen by it, too."""
        if self.video is not None:
            return video.read(self.video)
        usb = self.url.startswith("v4l2:")
        return VideoSource("device", self.url.removeprefix("v4l2:")) if usb else None

    @property
    def video_device(self) -> str | None:
        """The path of its video device, which meetings can be given; None: it has none."""
        source = self.video_source
        return source.place if source is not None and source.form == "device" else None

    @field_validator("video")
    @classmethod
    def _a_picture(cls, named: str | None) -> str | None:
        if named is not None:
            video.read(named)
        return named

    @model_validator(mode="after")
    def _video_is_of_its_protocol(self) -> CameraTable:
        scheme = self.url.partition(":")[0].removesuffix("-https")
        if self.video in ("aw", "onvif") and scheme not in (self.video, "sim"):
            why = f"has video = '{self.video}'; that is for cameras whose url begins with"
            raise ValueError(f"{why} {self.video}:")
        return self

    @model_validator(mode="after")
    def _login_is_for_hosts(self) -> CameraTable:
        scheme = self.url.partition(":")[0]
        source = self.video_source
        asks = scheme.removesuffix("-https") in ("aw", "onvif")
        asks = asks or (source is not None and source.form == "network")
        if (self.user or self.password) and not asks:
            raise ValueError(
                "has a user or a password; only aw: and onvif: cameras use them, and"
                " video = 'rtsp://…' or 'http://…'"
            )
        if self.weakest_login != "digest" and not self.user:
            raise ValueError("has weakest_login but no user")
        return self

    @field_validator("on_join", "on_leave", mode="before")
    @classmethod
    def _destination(cls, value: object, info: ValidationInfo) -> object:
        """Return the number of a preset that is named."""
        if isinstance(value, Mapping):
            return CameraAngle.model_validate(value)
        presets = info.data.get("presets", {})
        if isinstance(value, str) and value != "home":
            value = next((int(n) for n, name in presets.items() if name == value), value)
        if value == "home" or (type(value) is int and 1 <= value <= MOST_PRESETS):
            return value
        known = ", ".join(repr(name) for name in presets.values()) or "none"
        raise ValueError(
            f"{value!r} is not a preset's number or name, 'home' or {{ pan_deg, tilt_deg }};"
            f" presets: {known}"
        )

    @field_validator("presets")
    @classmethod
    def _numbered(cls, presets: dict[str, str]) -> dict[str, str]:
        for number in presets:
            if not _PRESET.fullmatch(number):
                raise ValueError(f"{number!r} is not a preset number; numbers start at 1")
        return presets

    @classmethod
    def clash(cls, tables: Mapping[str, CameraTable]) -> tuple[str, str] | None:
        """Return a camera that is at the same address of the same line as another one."""
        seen: dict[tuple[str, int], str] = {}
        for name, camera in tables.items():
            other = seen.setdefault((camera.url, camera.address), name)
            if other != name:
                why = f"has the same url and address {camera.address} as camera.{other}"
                return name, f"{why}; give it another address (1-7)"
        return None


def seen_by_meetings(tables: Mapping[str, CameraTable]) -> str | None:
    """Return the camera that meetings see: the first that has a video device; None: not known."""
    seen = (name for name, table in tables.items() if table.video_device is not None)
    return next(seen, None)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class PtzAxis(_Part):
    """One axis: `units_per_degree` and limits; degrees count right and up, whatever the sign."""

    units_per_degree: float = Field(gt=0)
    min_deg: float
    max_deg: float
    ceiling_deg: tuple[float, float] | None = Field(
        default=None, description="end stops when it hangs upside down, its picture flipped"
    )
    positive: Literal["right", "left", "up", "down"]

    def under_ceiling(self) -> PtzAxis:
        """Return the axis of a camera that hangs; where that is not known, the end stops of both.

        The camera itself then ends a move at its stop.
        """
        low, high = self.ceiling_deg or (
            min(self.min_deg, -self.max_deg),
            max(self.max_deg, -self.min_deg),
        )
        return self.model_copy(update={"min_deg": low, "max_deg": high})

    @property
    def sign(self) -> int:
        return 1 if self.positive in ("right", "up") else -1

    def degrees(self, units: int) -> float:
        """Return what a position in the camera's units is in degrees, right or up positive."""
        return self.sign * units / self.units_per_degree

    def units(self, degrees: float) -> int:
        """Return the position in the camera's units; out of range is clamped to the end stop."""
        inside = min(max(degrees, self.min_deg), self.max_deg)
        return round(self.sign * inside * self.units_per_degree)


class ZoomRange(_Part):
    """Positions at the wide and at the tele end (optical), and the lowest and highest speed."""

    wide: int = Field(default=0, ge=0, le=0xFFFF)
    tele: int = Field(default=0x4000, gt=0, le=0xFFFF)
    speed_min: int = Field(default=0, ge=0, le=7)
    speed_max: int = Field(default=7, ge=0, le=7)

    def percent(self, position: int) -> float:
        """Return 0 (wide) to 100 (tele); digital zoom beyond tele counts as 100."""
        part = (position - self.wide) / (self.tele - self.wide)
        return 100 * min(max(part, 0.0), 1.0)

    def position(self, percent: float) -> int:
        """Return the position in the camera's units of 0 (wide) to 100 (tele); clamped."""
        part = min(max(percent, 0.0), 100.0) / 100
        return round(self.wide + part * (self.tele - self.wide))


class FocusRange(_Part):
    """Focus positions at the far and at the near end, and the lowest and highest speed."""

    far: int = Field(default=0x1000, ge=0, le=0xFFFF)
    near: int = Field(default=0xF000, ge=0, le=0xFFFF)
    speed_min: int = Field(default=0, ge=0, le=7)
    speed_max: int = Field(default=7, ge=0, le=7)

    def percent(self, position: int) -> float:
        """Return 0 (far) to 100 (near)."""
        part = (position - self.far) / (self.near - self.far)
        return 100 * min(max(part, 0.0), 1.0)

    def position(self, percent: float) -> int:
        """Return the position in the camera's units of 0 (far) to 100 (near); clamped."""
        part = min(max(percent, 0.0), 100.0) / 100
        return round(self.far + part * (self.near - self.far))


class TallyLamps(_Part):
    """Tally lamps: the family of their commands, and how soon one goes off unless renewed."""

    form: Literal["sony", "ptzoptics"]
    lights: tuple[TallyLight, ...] = ("red",)
    refresh_s: float | None = Field(default=None, gt=0, le=60)


class ExposureCompensation(_Part):
    """How many steps darker and brighter, and the number on the wire of none."""

    darker: int = Field(default=7, ge=1, le=99)
    brighter: int = Field(default=7, ge=1, le=99)
    none: int = Field(default=7, ge=0, le=0xFF)

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(range(-self.darker, self.brighter + 1))


class PresetSpeed(_Part):
    """How fast it goes to a preset: the family of the commands, and the highest number.

    common: one for all; each: one for each preset; ptzoptics: one for all, in their words.
    """

    form: Literal["common", "each", "ptzoptics"]
    max: int = Field(ge=1, le=0x7F)

    def step(self, part: float) -> int:
        """Return the number on the wire of a part of the top speed, above 0 to 1."""
        return max(1, round(part * self.max))


class RomAdvisory(_Part):
    """What is known to be wrong with some firmware; ROM versions as the version answer has them."""

    rom_from: int = Field(default=0, ge=0, le=0xFFFF)
    rom_to: int = Field(default=0xFFFF, ge=0, le=0xFFFF)
    what: str = Field(min_length=3)
    source: str = Field(min_length=3)

    def concerns(self, rom: int | None) -> bool:
        if rom is None:
            return self.rom_from == 0 and self.rom_to == 0xFFFF
        return self.rom_from <= rom <= self.rom_to


class Presets(_Part):
    """How many presets there are, and the wire's number of the one that people call 1."""

    first: int = Field(default=0, ge=0, le=254)
    count: int = Field(ge=1, le=255)
    reserved: tuple[int, ...] = Field(default=(), description="wire numbers that mean other things")

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers that people may use, from 1."""
        return tuple(n for n in range(1, self.count + 1) if self.wire(n) not in self.reserved)

    def wire(self, number: int) -> int:
        """Return the number on the wire of the preset that people call `number`."""
        return number - 1 + self.first


class SpeedTable(_Part):
    """Highest speed byte, and degrees per second from speed 1 upward where they are known."""

    max: int = Field(ge=1, le=0x18)
    deg_per_s: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> SpeedTable:
        if self.deg_per_s and len(self.deg_per_s) < self.max:
            raise ValueError(f"deg_per_s has {len(self.deg_per_s)} speeds, max says {self.max}")
        return self


class CameraTiming(_Part):
    """How long to wait, in seconds."""

    ack_s: float = Field(default=0.5, gt=0, le=10)
    stop_ack_s: float = Field(default=0.2, gt=0, le=2)
    stop_s: float = Field(default=2.0, gt=0, le=10)
    inquiry_s: float = Field(default=1.0, gt=0, le=10)
    done_s: float = Field(default=2.0, gt=0, le=60)
    move_s: float = Field(default=30.0, gt=0, le=120)
    recall_s: float = Field(default=60.0, gt=0, le=120)
    boot_s: float = Field(default=30.0, gt=0, le=120)
    spacing_s: float = Field(default=0.0, ge=0, le=1)
    cancel_after_s: float = Field(default=0.0, ge=0, le=1)
    cycle_s: float = Field(default=1 / 59.94, gt=0, le=1)
    probe_s: float = Field(default=1.0, gt=0, le=10)
    moving_poll_s: float = Field(default=0.2, gt=0, le=10)
    idle_poll_s: float = Field(default=5.0, gt=0, le=60)
    tries: int = Field(default=5, ge=1, le=10)

    @property
    def settle_s(self) -> float:
        """How long its answers may take to show something: a few questions."""
        return self.inquiry_s * self.tries


class CameraProfile(Profile):
    """A camera model."""

    layout: Literal["A", "B", "C", "D", "E", "F"]
    pan_tilt: bool = Field(default=True, description="false: it has no head that moves")
    pan: PtzAxis | None = Field(default=None, description="absent: positions are not in degrees")
    tilt: PtzAxis | None = None
    pan_speed: SpeedTable = SpeedTable(max=0x18)
    tilt_speed: SpeedTable = SpeedTable(max=0x14)
    zoom: ZoomRange | None = Field(default=None, description="absent: the camera has no zoom")
    presets: Presets | None = Field(default=None, description="absent: the camera has none")
    focus: FocusRange | None = Field(default=None, description="absent: focus is not driven")
    exposure: tuple[ExposureMode, ...] = ()
    white_balance: tuple[WhiteBalance, ...] = ()
    backlight: bool = Field(default=False, description="whether it compensates for backlight")
    exposure_compensation: ExposureCompensation | None = Field(
        default=None, description="absent: it has none"
    )
    flip: bool = Field(default=False, description="whether a command turns its picture upside down")
    mirror: bool = Field(default=False, description="whether a command mirrors its picture")
    preset_speed: PresetSpeed | None = Field(
        default=None, description="absent: it goes to presets at its own speed"
    )
    menu: Literal["close", "ptzoptics"] | None = Field(
        default=None, description="how its menu is steered; close: it can only be closed"
    )
    ir_receive: bool = Field(default=False, description="whether the remote can be locked out")
    tally: TallyLamps | None = Field(default=None, description="absent: it has no lamp of its own")
    tracking: Literal["sony", "ptzoptics", "oem"] | None = None
    advisories: tuple[RomAdvisory, ...] = ()
    sequence: Literal["strict", "fixed"] = Field(
        default="strict", description="over IP: whether the camera counts the messages"
    )
    sockets: int = Field(default=2, ge=1, le=2)
    max_inflight: int = Field(default=2, ge=1, le=2)
    cancel: bool = Field(default=False, description="whether Cancel works")
    bauds: tuple[int, ...] = (9600,)
    timing: CameraTiming = CameraTiming()
    quirks: tuple[Quirk, ...] = ()

    @property
    def model(self) -> CameraModel:
        """Return what the conversation with such a camera must know."""
        return CameraModel(
            layout=PositionLayout[self.layout],
            pan_tilt=self.pan_tilt,
            pan_speed=self.pan_speed.max,
            tilt_speed=self.tilt_speed.max,
            zoom_inquiry=not self.has("no-zoom-inquiry"),
            settings=(
                *((Inquiry.FOCUS_MODE, Inquiry.FOCUS) if self.focus else ()),
                *((Inquiry.EXPOSURE_MODE,) if self.exposure else ()),
                *((Inquiry.WHITE_BALANCE_MODE,) if self.white_balance else ()),
                *((Inquiry.BACKLIGHT,) if self.backlight else ()),
                *(_COMPENSATION if self.exposure_compensation else ()),
                *((Inquiry.FLIP,) if self.flip else ()),
                *((Inquiry.MIRROR,) if self.mirror else ()),
                *((Inquiry.MENU,) if self.menu == "ptzoptics" else ()),
                *((Inquiry.IR_RECEIVE,) if self.ir_receive else ()),
                *((Inquiry.TRACKING,) if self.tracking == "sony" else ()),  # others do not say
            ),
            sockets=self.sockets,
            in_flight=self.max_inflight,
            cancel=self.cancel,
            acks=not self.has("no-ack"),
            counts=self.sequence == "strict",
            limits=Limits(**self.timing.model_dump()),
        )

    def has(self, quirk: Quirk) -> bool:
        return quirk in self.quirks

    @property
    def abilities(self) -> tuple[str, ...]:
        """Return what a model is able to do, in the words of the room document."""
        can = {
            "drive": self.pan_tilt,
            "goto": self.pan is not None and self.tilt is not None,
            "zoom": self.zoom is not None,
            "focus": self.focus is not None,
            "home": self.pan_tilt,
            "recall": self.presets is not None,
            "store": self.presets is not None,
            "delete_preset": self.presets is not None,
            "power": not self.has("no-power"),
            "exposure": bool(self.exposure),
            "white_balance": bool(self.white_balance),
            "backlight": self.backlight,
            "exposure_compensation": self.exposure_compensation is not None,
            "menu": self.menu is not None,
            "ir_receive": self.ir_receive,
            "tally": self.tally is not None,
            "tracking": self.tracking is not None,
        }
        return tuple(word for word, has in can.items() if has)

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        """Return the modes that a model has, by what they are modes of."""
        return {
            "exposure": self.exposure,
            "white_balance": self.white_balance,
            "exposure_compensation": _words(self.exposure_compensation),
            "menu": MENU_KEYS if self.menu == "ptzoptics" else (),
            "tally": self.tally.lights if self.tally else (),
        }

    def advisories_for(self, rom: int | None) -> tuple[RomAdvisory, ...]:
        """Return what is known to be wrong with ROM version `rom`; None: with whatever it has."""
        return tuple(one for one in self.advisories if one.concerns(rom))


def _words(compensation: ExposureCompensation | None) -> tuple[str, ...]:
    return tuple(str(step) for step in compensation.steps) if compensation else ()


@cache
def under_ceiling(profile: CameraProfile) -> CameraProfile:
    """Return the profile of a camera that hangs upside down with its own flip switched on."""
    pan, tilt = (axis and axis.under_ceiling() for axis in (profile.pan, profile.tilt))
    return profile.model_copy(update={"pan": pan, "tilt": tilt})


@cache
def shipped() -> Mapping[str, CameraProfile]:
    """Return the profiles that come with the program, by file stem; each is read once."""
    return ProfileFolder(_shipped_folder(), CameraProfile)


def _shipped_folder() -> Path:
    return data_path("firmware_profiles") / "camera"


def known_to(tables: Mapping[str, CameraTable]) -> Mapping[str, CameraProfile]:
    """Return the profiles that a room's cameras may have: the site's own, then the shipped ones.

    A file of the site replaces a shipped one of the same name, and what it matches is picked before
    any shipped one. Raises ProfileError for a file of the site that cannot be used, and ConfigError
    if there is none.
    """
    folder = next((table.profile_folder for table in tables.values()), None)
    if folder is None:
        return shipped()
    own = load_all(folder, CameraProfile)
    if not own:
        raise ConfigError("room.toml", "camera.profiles", f"{folder} contains no profile")
    return ProfileFolder(_shipped_folder(), CameraProfile, own=own)


@cache
def recognised(version: Version | None) -> CameraProfile:
    """Return the shipped profile of a camera that says this of itself; `generic` if none fits."""
    return recognise(shipped(), version)


def asked_for(
    camera: str, profile: str | None, known: Mapping[str, CameraProfile]
) -> CameraProfile | None:
    """Return the profile of those `known` that room.toml names for `camera`, if it names one."""
    if profile is not None and profile not in known:
        why = f"no profile {profile!r}; {suggest(profile, known)}"
        raise ConfigError("room.toml", f"camera.{camera}.profile", why)
    return known[profile] if profile is not None else None


def recognise(profiles: Mapping[str, CameraProfile], version: Version | None) -> CameraProfile:
    """Return the profile for what VersionInq said; an unknown camera is `generic`, no error."""
    stem = None if version is None else named_by(profiles, version.vendor, version.model)
    return profiles[stem or "generic"]


def named_by(profiles: Mapping[str, CameraProfile], vendor: int, model: int) -> str | None:
    """Return the name of the profile for the codes of VersionInq's answer; None: none fits.

    Sony's vendor code differs between manuals and cameras, so within Sony the model decides.
    """
    vendors = (vendor, *_SONY) if vendor in _SONY else (vendor,)
    return pick(profiles, *(f"{one:04x}:{model:04x}" for one in vendors))
