"""room.toml -> Config, and the one place that reads paths and the environment.

Unknown keys are refused with file, key and what was expected. Knows no device.
"""

from __future__ import annotations

import difflib
import functools
import ipaddress
import os
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from roomctl import toml_reader
from roomctl.alert_address import REGIONS, AlertAddress, alert_address
from roomctl.errors import ConfigError, RoomctlError
from roomctl.explain import Explanation, explain, reworded, suggest, tuples
from roomctl.secret import Secret, SecretFiles, credentials, name_of
from roomctl.tls import WHOLE_PIN
from roomctl.toml_lines import line_of

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
_RENAMED = {
    "room.displayName": "display_name",
    "room.floorLabel": "floor_label",
    "room.lit_s": "display_on_s",
    "rules.display_s": "display_off_after_s",
    "occupancy.*.hold_s": "vacancy_delay_s",
}  # keys of earlier versions; * is a name
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")
_BESIDE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"  # a file in the folder of room.toml, and no other
_LOGIN_FILE = re.compile(r"^(mqtts?://[^?]*\?(?:[^&]*&)*login=)secret:([^&]*)")
_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


T = TypeVar("T", bound="Table")


class Table(BaseModel):
    """One table of room.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


SpokenText = Annotated[
    str,
    Field(
        min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
    ),
]


class SpokenTable(Table):
    """Words in both languages: {zh = "讲台", en = "Lectern"}."""

    zh: SpokenText
    en: SpokenText


def spoken(said: str | SpokenTable | SpokenLineTable | None) -> dict[str, str] | None:
    """Return words by language (zh, en); those that were given once stand in both."""
    if said is None:
        return None
    return {"zh": said, "en": said} if isinstance(said, str) else {"zh": said.zh, "en": said.en}


SpokenLine = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$",
    ),
]


class SpokenLineTable(Table):
    """One line in both languages."""

    zh: SpokenLine
    en: SpokenLine


class ShareTable(Table):
    """[share]: how somebody shows their laptop here, in the room's own words."""

    cable: tuple[SpokenLine | SpokenLineTable, ...] = Field(
        default=(), max_length=4, description="what to do with the cable, step by step"
    )
    usb: tuple[SpokenLine | SpokenLineTable, ...] = Field(
        default=(),
        max_length=4,
        description="what to do for the room's camera and sound on a laptop; left out: none",
    )
    picture: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(png|jpg|jpeg|webp)$",
        description="a picture of the cable, in the folder of room.toml; 512 KiB at most",
    )
    display: Name | None = Field(default=None, description="the display that the cable leads to")
    input: str | None = Field(
        default=None, min_length=1, max_length=40, description="which input of it, such as 'HDMI 2'"
    )

    @model_validator(mode="after")
    def _input_of_a_display(self) -> Self:
        if (self.display is None) != (self.input is None):
            raise ValueError("display and input go together; the input is the display's")
        return self


class KindTable(Table):
    """The table of a kind of device: [KIND.NAME], or [KIND] where there is one at most."""

    title: SpokenText | SpokenTable | None = Field(
        default=None,
        description="what people call it: 'Lectern', or {zh = '讲台', en = 'Lectern'}; left out:"
        " its kind, with a number where there are several",
    )

    single: ClassVar[bool] = False
    site_profiles: ClassVar[bool] = False
    """Whether `profiles` in [KIND] may name a folder with profiles of the site's own."""

    schemes: ClassVar[tuple[str, ...]] = ()
    """Which urls such a device may have, beside sim:; empty: what builds it refuses others."""

    _profile_folder: Path | None = PrivateAttr(default=None)

    @property
    def profile_folder(self) -> Path | None:
        """Where the site keeps profiles of this kind; None: it has none of its own."""
        return self._profile_folder

    def look_in(self, folder: Path) -> None:
        """Have `folder` looked into for a profile, before those that ship."""
        self._profile_folder = folder

    @classmethod
    def clash(cls, tables: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return which device cannot stand beside the others, and why; None: all can."""
        return None


class DeviceTable(KindTable):
    """[KIND.NAME]: a device at the other end of one wire."""

    url: str = Field(min_length=1, description="how it is connected")
    profile: str | None = Field(default=None, description="a file of firmware_profiles/KIND")


_OFFSET = re.compile(r"(?:UTC|GMT)? ?([+-])0?([1-9]|1[0-4])(?::?00)?", re.IGNORECASE)
_IN_CHINA = re.compile(  # what people write for it; it has one time
    "beijing|peking|china|cst|guangzhou|shenzhen|hangzhou|nanjing|chengdu|wuhan|tianjin|xian|suzhou"
)


def _zone_meant(name: str) -> str:
    """Return the zone that may be meant by what is none: the second half of a sentence."""
    place = name.rpartition("/")[2].partition(" ")[0].lower()
    if _IN_CHINA.fullmatch(place):
        return "; did you mean 'Asia/Shanghai'? All of China uses its time"
    if offset := _OFFSET.fullmatch(name.strip()):
        sign, hours = offset.groups()
        zone = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"  # as POSIX counts
        city = "'Asia/Shanghai' or " if (sign, hours) == ("+", "8") else ""
        return f"; did you mean {city}'{zone}'? In that name the sign is reversed"
    near = difflib.get_close_matches(name, available_timezones(), 1)
    return f"; did you mean {near[0]!r}?" if near else ", such as 'Asia/Shanghai'"


class RoomTable(Table):
    """[room]: what the room is called and how it speaks (Microsoft Graph place field names)."""

    id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="the room's permanent id for programs; left out: made once and kept in the"
        " state folder",
    )
    display_name: str = Field(
        default="Meeting room",
        min_length=1,
        max_length=80,
        description="the room's name for people",
    )
    building: str = Field(default="", max_length=80, description="where it is")
    floor_label: str = Field(default="", max_length=40, description="on which floor")
    capacity: int | None = Field(
        default=None, ge=1, le=10_000, description="how many people it has room for"
    )
    timezone: str = Field(default="UTC", description="an IANA time zone, such as Asia/Shanghai")
    language: Literal["zh-CN", "en"] = Field(
        default="en", description="of the panel, the display and messages"
    )
    second_language: Literal["zh-CN", "en"] | None = Field(
        default=None, description="the display shows the most important text in this language, too"
    )
    display_on_s: float = Field(
        default=120.0, ge=1, le=7200, description="a touch keeps an empty room awake this long"
    )
    help: str = Field(default="", max_length=80, description="whom to call, shown on the panel")
    phone: Literal["on", "off"] = Field(
        default="off",
        description="on: the room's display shows a QR code that turns a phone into a panel",
    )
    phone_may_unmute: bool = Field(
        default=False, description="a visitor's phone may open the microphone, too"
    )
    wifi: Secret = Field(
        default=Secret(""), max_length=80, description="guest Wi-Fi, shown on the display"
    )
    unplugged: Literal["mute", "default"] = Field(
        default="mute",
        description="when the speakerphone in use is unplugged in a call: mute the room, or go on "
        "with the next one",
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
            known = name.partition("/")[0] not in ("posix", "right", "posixrules")
        except (LookupError, ValueError, OSError):
            known = False
        if not known:
            raise ValueError(f"{name!r} is not an IANA time zone{_zone_meant(name)}")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class AudioTable(Table):
    """[audio]: what becomes of the microphone when a meeting begins, and when it is left."""

    start_muted: bool = Field(default=False, description="each meeting is joined muted")
    keep_mute: bool = Field(
        default=False, description="leaving a meeting in the room leaves the microphone as it was"
    )
    wall: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="put the microphone behind a wall, which `roomctl screen --sound` keeps;"
        " auto: where that runs",
    )
    talk_hint: bool = Field(
        default=True, description="panel and display tell people who talk while muted in a call"
    )
    processing: Literal["none", "voice"] = Field(
        default="none",
        description="voice: WebRTC's echo canceller and noise suppression, behind a wall; for"
        " microphones without their own",
    )


class ReleaseProfileTable(Table):
    """[[rules.profile]]: which bookings have other release times; the first that fits counts.

    All that it names must fit: length, organizer and keyword. A private booking has neither of the
    last two.
    """

    longer_than_min: float | None = Field(
        default=None, gt=0, le=1440, description="bookings that are longer"
    )
    shorter_than_min: float | None = Field(
        default=None, gt=0, le=1440, description="bookings that are shorter"
    )
    organizer: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="part of the organizer's name or address",
    )
    keyword: str | None = Field(
        default=None, min_length=1, max_length=200, description="part of the title"
    )
    never: bool = Field(default=False, description="true: these are never released")
    release_s: float | None = Field(default=None, ge=60, le=86_400, description="their grace")
    warn_s: float | None = Field(default=None, ge=10, le=3600, description="their warning")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.never and (self.release_s, self.warn_s) != (None, None):
            raise ValueError(
                "has never = true, so release_s and warn_s have no effect; leave them out"
            )
        if not self.never and (self.release_s, self.warn_s) == (None, None):
            raise ValueError("has no effect; add release_s, warn_s, or never = true")
        return self


def _no_holidays(source: str) -> str:
    """Return why no holidays can be had from there; "" if they can, or the room will see."""
    if source.startswith("ics:"):
        why = "is not a full path; expected 'ics:/path/of/holidays.ics'"
        return "" if source.startswith("ics:/") and "://" not in source else why
    try:
        from holidays.registry import COUNTRIES
        from holidays.utils import list_supported_countries
    except ImportError:  # the room says what to install, and counts nothing until then
        return "" if _COUNTRY.fullmatch(source) else _NO_COUNTRY
    country, _, part = source.partition("-")
    parts = list_supported_countries().get(country)
    if parts is None or not _COUNTRY.fullmatch(source):
        return _country_meant(country, {key: names[1] for key, names in COUNTRIES.items()})
    if part and part not in parts:
        return f"is not a region of {country}; {suggest(part, parts)}"
    return ""


def _country_meant(given: str, countries: Mapping[str, str]) -> str:
    """Say which country may be meant; `countries` are codes by name, as in "new_zealand"."""
    if given.upper() in countries.values():
        return f"is not a country code; did you mean {given.upper()!r}?"
    name = given.casefold().strip().replace(" ", "_")
    near = difflib.get_close_matches(name, countries, 1)
    return f"is not a country code; did you mean {countries[near[0]]!r}?" if near else _NO_COUNTRY


_COUNTRY = re.compile(r"[A-Z]{2,3}(?:-[A-Za-z0-9]{1,20})?")
_NO_COUNTRY = "is not a country code; expected 'CN', 'US', 'DE-BY', or ics:/path/of/holidays.ics"


class RulesTable(Table):
    """[rules]: what the room does on its own, and how long it waits. Seconds; left out: never."""

    wake: bool = Field(default=True, description="somebody who comes in wakes panel and display")
    display_off_after_s: float = Field(
        default=0.0, ge=0, le=86_400, description="an empty room stays awake this long"
    )
    display_off_untouched_s: float = Field(
        default=1800.0,
        ge=60,
        le=604_800,
        description="if no sensor can tell that the room is empty: standby after this long"
        " without a touch, a call or a booking",
    )
    release_s: float | None = Field(
        default=None,
        ge=60,
        le=86_400,
        description="a booking is released this long after its start if it stays empty",
    )
    end_call_s: float | None = Field(
        default=None, ge=60, le=86_400, description="an empty room leaves its call after this long"
    )
    warn_s: float = Field(
        default=60.0,
        ge=10,
        le=3600,
        description="the panel announces it this long before, and offers to keep it",
    )
    undo_s: float = Field(
        default=600.0, ge=10, le=86_400, description="the panel offers to undo it this long"
    )
    profile: tuple[ReleaseProfileTable, ...] = Field(
        default=(), max_length=32, description="bookings with other release times"
    )
    series_misses: int = Field(
        default=4,
        ge=0,
        le=100,
        description="after this many unused bookings in a row, a series is offered to staff"
        " for release; 0: never",
    )
    holidays: str | None = Field(
        default=None,
        description="days on which a miss does not count: a country (CN, US, DE-BY), or"
        " ics:/path/of/holidays.ics",
    )
    quiet: str | None = Field(
        default=None, description="'22:00-07:00': in these hours only a touch wakes the room"
    )

    @field_validator("quiet")
    @classmethod
    def _hours(cls, quiet: str | None) -> str | None:
        return _from_to(quiet)

    @field_validator("holidays")
    @classmethod
    def _days_off(cls, source: str | None) -> str | None:
        if source is not None and (why := _no_holidays(source)):
            raise ValueError(f"{source!r} {why}")
        return source

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """From when to when, by the room's wall clock; the end may lie on the next day."""
        return None if self.quiet is None else _times(self.quiet)


def _from_to(hours: str | None) -> str | None:
    if hours is not None and not _HOURS.fullmatch(hours):
        raise ValueError(f"{hours!r} must look like '22:00-07:00'")
    return hours


def _times(hours: str) -> tuple[time, time]:
    begin, _, end = hours.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


class LookTable(Table):
    """[look]: the brand of the house, and light or dark; the same on panels and the display."""

    theme: Literal["auto", "light", "dark", "contrast", "sensor"] = Field(
        default="auto",
        description="auto: a panel as its browser prefers, the display dark; contrast: black,"
        " white and outlines; sensor: light or dark by this box's light sensor",
    )
    dark_lux: float = Field(
        default=30.0,
        gt=0,
        le=10_000,
        description="with theme = 'sensor': dark below so many lux, light above twice as many",
    )
    dark_hours: str | None = Field(
        default=None,
        description="'18:00-07:00': dark then, light by day, on panels and display; with theme ="
        " 'sensor' while the sensor says nothing",
    )
    accent: str | None = Field(
        default=None,
        pattern=r"^#[0-9A-Fa-f]{6}$",
        description="the brand's colour; buttons use it, made lighter or darker where needed"
        " to be readable; ignored if it is too close to the colours of free, booked"
        " or soon",
    )
    logo: str | None = Field(
        default=None,
        pattern=_BESIDE,
        description="a file beside room.toml: SVG, PNG, JPEG or WebP",
    )
    wallpaper: str | None = Field(
        default=None,
        pattern=_BESIDE,
        description="a file beside room.toml, behind what the panel shows on standby and the"
        " display between meetings",
    )

    @field_validator("dark_hours")
    @classmethod
    def _hours(cls, hours: str | None) -> str | None:
        return _from_to(hours)

    @model_validator(mode="after")
    def _one_theme(self) -> Self:
        if self.dark_hours is not None and self.theme in ("dark", "contrast"):
            why = f"has no effect with theme = {self.theme!r}; leave one of them out"
            raise ValueError(f"dark_hours {why}")
        return self

    @property
    def dark(self) -> tuple[time, time] | None:
        """From when to when it is dark, by the room's wall clock."""
        return None if self.dark_hours is None else _times(self.dark_hours)


class NeighbourTable(Table):
    """[[door.neighbours]]: a room nearby, whose API is asked whether it is free."""

    name: SpokenText = Field(description="its name on the door sign")
    url: str = Field(max_length=300, description="https://HOST[:PORT], and #sha256:… of its key")
    token: Secret = Field(description="a token of that room; scope integration is enough")

    @property
    def host(self) -> str:
        """The room's host, as it is called in a log."""
        return urlsplit(self.url).hostname or ""

    @property
    def base(self) -> str:
        """The address of its API, without the pin."""
        return self.url.partition("#")[0].rstrip("/")

    @property
    def pin(self) -> str:
        """The pin of its key; empty: an authority vouches for it."""
        return urlsplit(self.url).fragment

    @field_validator("url")
    @classmethod
    def _a_room(cls, text: str) -> str:
        url = urlsplit(text)
        plain = text.isascii() and text.isprintable() and " " not in text
        if url.scheme not in ("https", "http") or not url.hostname or not plain:
            raise ValueError("must look like 'https://pine:8080#sha256:…'")
        if "@" in url.netloc or url.path.strip("/") or url.query:
            raise ValueError("must be only https://HOST:PORT and the fingerprint of its key")
        if url.scheme == "http" and not _is_this_box(url.hostname):
            raise ValueError("would send the token unencrypted; use https for other boxes")
        if "#" in text and not WHOLE_PIN.fullmatch(url.fragment):
            raise ValueError("must end in a fingerprint: #sha256: and 64 lowercase hex digits")
        url.port  # noqa: B018 - raises ValueError for one that is none
        return text

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret) -> Secret:
        if not _TOKEN.fullmatch(token.reveal()):
            raise ValueError("is not a token; a token is one word of at least 16 characters")
        return token


def _is_this_box(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class DoorTable(Table):
    """[door]: what the sign beside the door says beside this room's state."""

    neighbours: tuple[NeighbourTable, ...] = Field(
        default=(), max_length=8, description="rooms to send people to, the nearest first"
    )

    @field_validator("neighbours")
    @classmethod
    def _each_once(cls, rooms: tuple[NeighbourTable, ...]) -> tuple[NeighbourTable, ...]:
        for what in ("name", "base"):
            if len({getattr(one, what) for one in rooms}) < len(rooms):
                said = "name" if what == "name" else "url"
                raise ValueError(f"has the same {said} twice; list each room once")
        return rooms


class HistoryTable(Table):
    """[history]: how the room was used. No person is identified in it."""

    keep: bool = Field(default=True, description="false: keep no history, and delete what was kept")
    raw_days: int = Field(
        default=7, ge=0, le=366, description="transitions of sensors, calls, touches"
    )
    days: int = Field(default=90, ge=1, le=3660, description="sums of each quarter of an hour")


class NewMeetingTable(Table):
    """[meeting.new.PLATFORM]: how a new meeting begins there, in one of two ways."""

    room_link: Secret | None = Field(default=None, description="a standing meeting of this room")
    random: str | None = Field(
        default=None, description="a site where any name is a meeting, such as https://meet.jit.si"
    )

    @model_validator(mode="after")
    def _one_way(self) -> NewMeetingTable:
        if (self.room_link is None) == (self.random is None):
            raise ValueError("needs room_link = 'LINK' or random = 'SITE', one of the two")
        return self


class LeavingTable(Table):
    """[meeting.leaving.PLATFORM]: a platform that the room leaves, and from which day on how.

    `roomctl migrate` writes it; `meeting.leaving` says what each stage means.
    """

    to: str = Field(min_length=1, description="the platform that takes its place")
    dual: date | None = Field(default=None, description="both; new meetings start on the new one")
    default: date | None = Field(default=None, description="the new one is the room's platform")
    join_only: date | None = Field(default=None, description="the leaving one is only joined")
    ended: date | None = Field(default=None, description="its links are refused")
    countdown_days: int = Field(
        default=14,
        ge=0,
        le=90,
        description="the panel counts the days from this many days before a stage",
    )

    @model_validator(mode="after")
    def _in_order(self) -> LeavingTable:
        given = [
            (name, day)
            for name in ("dual", "default", "join_only", "ended")
            if (day := getattr(self, name)) is not None
        ]
        for at, (late, then) in enumerate(given[1:]):
            early, first = given[at]
            if then < first:
                raise ValueError(f"{late} = {then} is before {early} = {first}")
        return self


class MeetingTable(Table):
    """[meeting]: the platforms this room may use."""

    platform: str | None = Field(default=None, description="default for new meetings")
    fallback: str | None = Field(
        default=None, description="platform to offer when a meeting cannot be joined"
    )
    allow: tuple[str, ...] = Field(
        default=(), description="open only these platforms, regions and hosts; left out: all"
    )
    deny: tuple[str, ...] = Field(default=(), description="never open these; overrides allow")
    hosts: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="additional hosts by platform"
    )
    also: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9.-]+(:[0-9]{1,5})?$")], ...] = Field(
        default=(), description="hosts that any meeting page may open, for example to sign in"
    )
    platforms: str | None = Field(
        default=None, pattern="^/", description="a folder with platform files of your own"
    )
    signed_in: tuple[str, ...] = Field(
        default=(), description="platforms whose sign-in is kept from one meeting to the next"
    )
    learn: Literal["staff", "anyone"] = Field(
        default="staff", description="who may show the room how to pass a platform's page"
    )
    favourites: dict[str, Secret] = Field(default_factory=dict, description="name = link")
    new: dict[str, NewMeetingTable] = Field(
        default_factory=dict, description="how a new meeting begins, by platform"
    )
    leaving: dict[str, LeavingTable] = Field(
        default_factory=dict, description="platforms that the room leaves"
    )

    @property
    def platform_folder(self) -> Path | None:
        """Where this room's own platform files are; None: it has none."""
        return None if self.platforms is None else Path(self.platforms)


class CalendarTable(Table):
    """[calendar]: where bookings come from."""

    url: Secret | None = Field(
        default=None, description="ics:, https:, webcal:, caldav:, graph: or google:"
    )
    room: str | None = Field(
        default=None,
        max_length=320,
        description="the room's own address; a booking that this guest declined does not block"
        " the room",
    )
    join_before_s: int = Field(
        default=600,
        ge=0,
        le=3600,
        description="the panel offers Join this long before a booking begins",
    )
    tenant: str | None = Field(default=None, description="graph: the organization's id")
    client: str | None = Field(default=None, description="graph: the application's id")
    key: Secret | None = Field(
        default=None, description="graph: the application's secret; google: its key, as JSON"
    )
    subject: str | None = Field(
        default=None, description="google: the user for whom a service account acts"
    )
    cloud: Literal["global", "china"] = Field(
        default="global", description="graph: china is the one that 21Vianet operates"
    )


class StaffTable(Table):
    """[staff]: what the staff PIN allows on the panel (`roomctl pin set`)."""

    role: Literal["facilities", "technician"] = Field(
        default="technician", description="facilities: operate, audit; technician: devices"
    )
    minutes: int = Field(default=10, ge=1, le=60, description="how long; standby ends it too")


SignInRole = Literal["read", "auditor", "operate", "facilities", "technician", "admin"]
"""What a person may sign in as (`roles`)."""


class OidcTable(Table):
    """[api.oidc]: staff sign in with the accounts of the house (OpenID Connect)."""

    issuer: str = Field(
        max_length=300, description="the provider's issuer URL, exactly as it reports it"
    )
    client_id: str = Field(
        min_length=1, max_length=200, description="the client id that the provider gave the room"
    )
    client_secret: Secret = Field(
        min_length=1, max_length=500, description="the secret that the provider gave with it"
    )
    scopes: tuple[Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")], ...] = Field(
        default=("openid", "profile", "email"), description="scopes to ask the provider for"
    )
    claim: str = Field(default="groups", description="claim of the ID token with a person's groups")
    roles: dict[str, SignInRole] = Field(
        min_length=1, description="group = role; a person gets the role of their first group"
    )

    @field_validator("issuer")
    @classmethod
    def _https(cls, issuer: str) -> str:
        url = urlsplit(issuer)
        here = url.hostname in ("127.0.0.1", "localhost", "::1")
        safe = url.scheme == "https" or (url.scheme == "http" and here)
        if not (safe and url.hostname) or "@" in url.netloc or url.query or url.fragment:
            raise ValueError(f"{issuer!r} must look like 'https://login.example.org/realms/house'")
        return issuer

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("needs 'openid'")
        return scopes


class ApiTable(Table):
    """[api]: where panels and facilities staff connect."""

    listen: str = Field(
        default="127.0.0.1:8080", description="address and port; 0.0.0.0:8080: other devices, too"
    )
    hosts: tuple[str, ...] = Field(default=(), description="additional Host names to accept")
    url: str | None = Field(
        default=None,
        description="how phones reach this box, such as https://bamboo.example.org:8080",
    )
    tls: Literal["auto", "off"] = Field(
        default="auto",
        description="auto: https, unless only this box can connect; off: plain http, safe only"
        " behind a proxy",
    )
    tls_certificate: str | None = Field(
        default=None, pattern="^/", description="a PEM file; left out: the box makes its own"
    )
    tls_key: str | None = Field(default=None, pattern="^/", description="its key, a PEM file")
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        max_length=16,
        description="addresses or networks whose X-Forwarded-For and -Proto are trusted",
    )
    oidc: OidcTable | None = Field(default=None, description="sign-in with the house's accounts")

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
            raise ValueError(f"{url!r} must look like 'https://bamboo.example.org:8080'")
        return url

    @model_validator(mode="after")
    def _reached(self) -> Self:
        if self.oidc is not None and self.url is None:
            raise ValueError("oidc needs url, too: where the provider sends people back to")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for one in proxies:
            try:
                found = ipaddress.ip_network(one)
            except ValueError:
                why = "is not an address or a network, such as '127.0.0.1' or '10.0.0.0/29'"
                raise ValueError(f"{one!r} {why}") from None
            if found.prefixlen == 0:
                raise ValueError(f"{one!r} means everyone; name the proxies")
        return proxies

    @model_validator(mode="after")
    def _one_way_to_speak(self) -> Self:
        if self.tls_key is not None and self.tls == "off":
            raise ValueError("tls = 'off' uses no tls_certificate; leave one of them out")
        if self.encrypted and (self.url or "").startswith("http:"):
            why = "other devices reach this room only by https"
            raise ValueError(f"{why}; write url = 'https://…', or tls = 'off' behind a proxy")
        return self

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken with whoever does not come from this box itself."""
        return self.tls == "auto" and not self.is_loopback

    @property
    def is_loopback(self) -> bool:
        """Whether this box alone can connect."""
        host, _ = self.address
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host.lower() == "localhost"

    @property
    def address(self) -> tuple[str, int]:
        """Host (brackets of an IPv6 address removed) and port."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class SecretsTable(Table):
    """[secrets]: where `secret:NAME` is looked for, after systemd's credentials."""

    dir: str | None = Field(
        default=None,
        min_length=1,
        description="a folder, beside room.toml unless it begins with /; left out: secrets",
    )


WebhookEvent = Literal[
    "condition.changed",
    "issue.opened",
    "issue.closed",
    "call.joined",
    "call.left",
    "booking.released",
    "occupancy.changed",
]
"""What a webhook may be told of (`room.happenings`)."""


class WebhookTable(Table):
    """[[webhook]]: a program that receives the room's events."""

    url: Secret = Field(max_length=2000, description="where events are sent: https://…")
    secret: Secret = Field(
        min_length=16, max_length=200, description="the key that signs the events"
    )
    events: tuple[WebhookEvent, ...] = Field(min_length=1, description="which events to send")
    plain_http: bool = Field(default=False, description="http, to this box or to a private address")

    @property
    def host(self) -> str:
        """The receiver's name, without what may be secret in its url."""
        return urlsplit(self.url.reveal()).hostname or ""

    @field_validator("secret")
    @classmethod
    def _decodes(cls, secret: Secret) -> Secret:
        _, prefix, coded = secret.reveal().rpartition("whsec_")
        try:
            b64decode(coded if prefix else "", validate=True)
        except ValueError:
            raise ValueError("begins with 'whsec_', but the rest is not base64") from None
        return secret

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        text = self.url.reveal()
        url = urlsplit(text)
        schemes = ("https", "http") if self.plain_http else ("https",)
        plain = text.isascii() and text.isprintable() and " " not in text
        if url.scheme not in schemes or not url.hostname or not plain:
            hint = "; plain_http = true allows http, to private addresses"
            more = "" if self.plain_http else hint
            raise ValueError(f"its url must look like 'https://example.org/hook'{more}")
        if "@" in url.netloc or url.fragment:
            raise ValueError(
                "its url has a user or a fragment; remove it, the secret proves the sender"
            )
        url.port  # noqa: B018 - raises ValueError for one that is none
        return self


AlertCode = Annotated[str, Field(pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,40})*(\.\*)?$")]


class AlertTable(Table):
    """[alert.NAME]: people who get messages about the room's issues, by mail or in a group chat."""

    url: Secret = Field(
        max_length=2000,
        description="smtps://USER@HOST?to=ADDRESS, or smtp:// with STARTTLS; or a group's robot:"
        " wecom:, dingtalk:, feishu: or lark: and its key, teams: and its workflow's address",
    )
    password: Secret | None = Field(
        default=None, min_length=1, max_length=500, description="password of the url's mail user"
    )
    secret: Secret | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="the key that signs the robot's messages: dingtalk, feishu, lark",
    )
    language: Literal["zh-CN", "en"] | None = Field(
        default=None, description="left out: the room's"
    )
    severity: Literal["error", "warning", "info"] = Field(
        default="warning", description="send issues of this severity or higher"
    )
    codes: tuple[AlertCode, ...] = Field(
        default=(),
        max_length=64,
        description="send only these, such as 'device.offline' or 'camera.*'; left out: all",
    )
    ignore: tuple[AlertCode, ...] = Field(
        default=(), max_length=64, description="never send these, even if codes lists them"
    )
    after_s: float = Field(
        default=60.0, ge=0, le=86_400, description="send an issue once it has lasted this long"
    )
    quiet: str | None = Field(
        default=None, description="'20:00-07:00': send nothing in these hours of the room's clock"
    )
    most_per_hour: int = Field(
        default=10, ge=1, le=60, description="at most this many messages an hour"
    )
    plain: bool = Field(
        default=False,
        description="without TLS, to this box or a private address, and without a password",
    )

    @property
    def address(self) -> AlertAddress:
        """Where it goes."""
        return alert_address(self.url.reveal())

    @property
    def host(self) -> str:
        """The server's name, without what may be secret in the url."""
        return self.address.host

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """From when to when nothing is told; the end may lie on the next day."""
        return None if self.quiet is None else _times(self.quiet)

    @field_validator("quiet")
    @classmethod
    def _hours(cls, quiet: str | None) -> str | None:
        return _from_to(quiet)

    @field_validator("password", "secret")
    @classmethod
    def _told_on_a_wire(cls, secret: Secret | None) -> Secret | None:
        text = secret.reveal() if secret is not None else ""
        if not (text.isascii() and text.isprintable()):
            raise ValueError("has characters other than printable ASCII")
        return secret

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = self.address
        if self.secret is not None and not found.signs:
            raise ValueError(
                f"secret works with dingtalk, feishu and lark, not with {found.service}"
            )
        if found.is_mail and not self.plain and bool(found.user) != (self.password is not None):
            raise ValueError("a user in its url and password = 'secret:NAME' go together")
        if self.password is not None and (self.plain or not found.is_mail):
            raise ValueError("password works with smtps: and smtp:, but not with plain = true")
        if self.plain and (found.service == "smtps" or found.url.startswith("https:")):
            raise ValueError("plain = true works only with smtp: and a robot's http:")
        if found.url.startswith("http:") and not self.plain:
            raise ValueError("its url is http; plain = true allows that, to private addresses")
        return self


MqttRole = Literal["read", "integration", "operate", "facilities", "technician", "admin"]
"""What whoever publishes a command may have of the roles that tokens have (`roles`)."""

MqttRight = Literal[
    "pictures",
    "view",
    "listen",
    "mute",
    "meet",
    "book",
    "undo",
    "complain",
    "move",
    "stop",
    "operate",
    "arrange",
    "message",
    "statistics",
    "report",
]
"""What the role integration may name (`roles.NAMEABLE`)."""


class MqttTable(Table):
    """[mqtt]: a broker that gets the room's state and passes on commands."""

    url: str = Field(max_length=300, description="mqtt://HOST[:1883], or mqtts:// with TLS")
    username: str | None = Field(
        default=None, min_length=1, max_length=200, description="the broker's account for this room"
    )
    password: Secret | None = Field(
        default=None, min_length=1, max_length=500, description="the account's password"
    )
    ca: str | None = Field(
        default=None, pattern="^/", description="with mqtts: the file of the broker's authority"
    )
    prefix: str = Field(
        default="roomctl",
        pattern=r"^[A-Za-z0-9_-]{1,32}(/[A-Za-z0-9_-]{1,32}){0,4}$",
        description="start of the topics of all rooms",
    )
    discovery: Literal["off", "homeassistant"] = Field(
        default="off", description="homeassistant: Home Assistant finds the room automatically"
    )
    role: MqttRole = Field(
        default="read", description="rights of everyone who can publish commands to the broker"
    )
    may: tuple[MqttRight, ...] = Field(default=(), description="with role = 'integration'")
    titles: bool = Field(default=False, description="publish the titles of bookings")

    @property
    def tls(self) -> bool:
        """Whether the broker is asked for a certificate."""
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def address(self) -> tuple[str, int | None]:
        """Host, and port if one is named."""
        url = urlsplit(self.url)
        return url.hostname or "", url.port

    @field_validator("url")
    @classmethod
    def _broker(cls, url: str) -> str:
        found = urlsplit(url)
        place = found.scheme in ("mqtt", "mqtts") and found.hostname and url.isprintable()
        if not place or found.path.strip("/") or found.query or found.fragment or " " in url:
            raise ValueError(f"{url!r} must look like 'mqtt://192.0.2.10' or 'mqtts://HOST:8883'")
        if "@" in found.netloc:
            raise ValueError("names a user; write username = and password =")
        found.port  # noqa: B018 - raises ValueError for one that is none
        return url

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.may and self.role != "integration":
            raise ValueError("may = [...] works only with role = 'integration'")
        if self.password is not None and self.username is None:
            raise ValueError("password needs username, too")
        if self.ca is not None and not self.tls:
            raise ValueError("ca works only with mqtts://")
        return self


class Config(Table):
    """A whole room.toml; each kind of device adds a field with its own tables (`form`).

    A table that is left out is as its class says, without being validated.
    """

    room: RoomTable = Field(default_factory=RoomTable.model_construct)
    meeting: MeetingTable = Field(default_factory=MeetingTable.model_construct)
    calendar: CalendarTable = Field(default_factory=CalendarTable.model_construct)
    audio: AudioTable = Field(default_factory=AudioTable.model_construct)
    rules: RulesTable = Field(default_factory=RulesTable.model_construct)
    look: LookTable = Field(default_factory=LookTable.model_construct)
    door: DoorTable = Field(default_factory=DoorTable.model_construct)
    history: HistoryTable = Field(default_factory=HistoryTable.model_construct)
    staff: StaffTable = Field(default_factory=StaffTable.model_construct)
    share: ShareTable = Field(default_factory=ShareTable.model_construct)
    api: ApiTable = Field(default_factory=ApiTable.model_construct)
    secrets: SecretsTable = Field(default_factory=SecretsTable.model_construct)
    webhook: tuple[WebhookTable, ...] = Field(default=(), max_length=8)
    alert: dict[Name, AlertTable] = Field(default_factory=dict, max_length=8)
    mqtt: MqttTable | None = None

    @model_validator(mode="after")
    def _alerts_stay_in_their_region(self) -> Self:
        """Refuse a robot that runs elsewhere than [meeting] says that the room's services do.

        Only where `allow` or `deny` names a region; a server of the operator's own has none.
        """
        allowed, denied = ({*many} & REGIONS for many in (self.meeting.allow, self.meeting.deny))
        for name, one in self.alert.items():
            region = one.address.region
            if region and (region in denied or (allowed and region not in allowed)):
                which = "deny" if region in denied else "allow"
                why = f"runs in the region {region!r}, which [meeting] {which} does not allow"
                raise ValueError(f"alert.{name}: {one.address.service} {why}")
        return self

    @field_validator("alert")
    @classmethod
    def _each_alert_once(cls, alerts: dict[str, AlertTable]) -> dict[str, AlertTable]:
        if len({one.url for one in alerts.values()}) < len(alerts):
            raise ValueError("has the same url twice; remove one")
        return alerts

    @field_validator("webhook")
    @classmethod
    def _each_once(cls, hooks: tuple[WebhookTable, ...]) -> tuple[WebhookTable, ...]:
        if len({one.url for one in hooks}) < len(hooks):
            raise ValueError("has the same url twice; write all its events into one")
        return hooks

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of devices that may have tables here."""
        return _kinds(type(self))

    def tables(self, kind: str) -> Mapping[str, KindTable]:
        """Return the tables of a kind of device, by device."""
        found = getattr(self, kind, None)
        if isinstance(found, KindTable):
            return {kind: found}
        return found or {}

    def every(self, table: type[T]) -> Mapping[str, T]:
        """Return the tables of one class, by device."""
        every = (item for kind in self.kinds for item in self.tables(kind).items())
        return {name: found for name, found in every if isinstance(found, table)}


@functools.cache
def _kinds(form: type[Config]) -> tuple[str, ...]:
    """Return the kinds of devices that have their tables in this form of a room.toml."""
    return tuple(name for name in form.model_fields if name not in Config.model_fields)


Tables = Mapping[str, type[KindTable]]


def form(tables: Tables) -> type[Config]:
    """Return the form of a room.toml in which these kinds of devices have their tables."""
    return _form(tuple(sorted(tables.items(), key=lambda item: item[0])))


@functools.cache
def _form(tables: tuple[tuple[str, type[KindTable]], ...]) -> type[Config]:
    more: dict[str, Any] = {
        name: (table | None, None)
        if table.single
        else (dict[Name, table], Field(default_factory=dict))  # type: ignore[valid-type]
        for name, table in tables
    }
    return create_model("Config", __base__=Config, **more)


def load(path: Path, tables: Tables) -> Config:
    """Read room.toml; raise ConfigError naming file, key and what was expected."""
    return parse(text_of(path), str(path), tables)


def text_of(path: Path) -> str:
    """Return the text of an operator's file; ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "", f"is not UTF-8 (byte {error.start})") from error


def parse(text: str, file: str, tables: Tables) -> Config:
    """Read the text of a room.toml; `file` is what errors call it.

    `tables` are those of the kinds of devices: [KIND.NAME].
    """
    return of(read(text, file), file, tables)


def read(text: str, file: str) -> dict[str, Any]:
    """Return what a file says, if it is TOML; ConfigError."""
    try:
        return toml_reader.loads(text)
    except toml_reader.TooDeepError as error:
        raise ConfigError(file, "", "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise ConfigError(file, "", f"is not TOML: {error}", line=line_of(error, text)) from error


def of(data: dict[str, Any], file: str, tables: Tables) -> Config:
    """Return the room.toml that `data` was read of, from which `profiles` is taken out."""
    known = form(tables)
    folders = {
        kind: Path(file).parent / _site_folder(data[kind], file, kind)
        for kind, table in tables.items()
        if table.site_profiles and isinstance(data.get(kind), dict) and "profiles" in data[kind]
    }
    try:
        config = known.model_validate(tuples(_with_secrets(data, file)))
    except ValidationError as error:
        raise _refused(file, explain(error, known)) from error
    for kind, folder in folders.items():
        for one in config.tables(kind).values():
            one.look_in(folder)
    for kind, table in tables.items():
        if (clash := table.clash(config.tables(kind))) is not None:
            name, why = clash
            raise ConfigError(file, f"{kind}.{name}", why)
    _refuse_one_line_twice(config, file, tables)
    _refuse_half_a_pair(config.api, file)
    return config


def secret_files(data: Mapping[str, Any], file: str) -> SecretFiles:
    """Return the secrets of the room.toml that `data` was read of."""
    table = data.get("secrets")
    given = table.get("dir") if isinstance(table, dict) else None
    folder = given if isinstance(given, str) and given else "secrets"
    return SecretFiles(Path(file).parent / folder, credentials())


def _with_secrets(data: dict[str, Any], file: str) -> dict[str, Any]:
    """Return `data` with each `secret:NAME` read; ConfigError with the first that cannot be."""
    files = secret_files(data, file)

    def read(value: object, path: tuple[str, ...]) -> object:
        if isinstance(value, dict):
            return {key: read(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [read(inner, (*path, str(at))) for at, inner in enumerate(value)]
        if not isinstance(value, str):
            return value
        try:
            name = name_of(value)
            if name is not None:
                return files.read(name)
            return _LOGIN_FILE.sub(lambda found: found[1] + _login_file(files, found[2]), value)
        except RoomctlError as error:
            raise ConfigError(file, ".".join(path), str(error)) from None

    found = read(data, ())
    assert isinstance(found, dict)  # noqa: S101 - as it was
    return found


def _login_file(files: SecretFiles, name: str) -> str:
    """Return the file of a secret that is a login, for a url, which holds no secret itself."""
    files.read(name)
    return str(files.path_of(name))


def _refused(file: str, explanations: Iterable[Explanation]) -> ConfigError:
    """Return the error that tells of the first one, and holds the others."""
    first, *others = [
        ConfigError(file, key, f"is now called {new}", meant=new.rpartition(".")[2])
        if (new := _renamed(key))
        else ConfigError(file, key, why, meant=meant)
        for key, why, meant in explanations
    ]
    first.others = tuple(others)
    return first


def _refuse_half_a_pair(api: ApiTable, file: str) -> None:
    """Refuse a certificate without its key, or a key alone."""
    pair = {"tls_certificate": api.tls_certificate, "tls_key": api.tls_key}
    missing = [name for name, path in pair.items() if path is None]
    if len(missing) == 1:
        (there,) = pair.keys() - set(missing)
        raise ConfigError(file, f"api.{there}", f"needs {missing[0]}, too")


def _refuse_one_line_twice(config: Config, file: str, tables: Tables) -> None:
    """Refuse a serial line that two kinds of devices have, or two urls of which both open it."""
    seen: dict[str, tuple[str, str, str]] = {}
    for kind in tables:
        for name, table in config.tables(kind).items():
            url = getattr(table, "url", None) or ""
            line, _, _ = url.partition("?")
            if not line.startswith("serial:/"):
                continue
            other_kind, other, other_url = seen.setdefault(line, (kind, name, url))
            if (other_kind, other_url) != (kind, url):
                same = other_kind == kind
                what = "the same line, at other settings" if same else "the same line"
                why = f"is {what}, as {other_kind}.{other}; two devices cannot both open it"
                raise ConfigError(file, f"{kind}.{name}.url", why)


def _site_folder(devices: dict[str, Any], file: str, kind: str) -> str:
    """Take the key `profiles` out of [KIND], where all others are devices; return its value."""
    folder = devices.pop("profiles")
    if not isinstance(folder, str) or not folder.strip() or "\0" in folder:
        why = (
            f"must name a folder beside this file, such as '{kind}s'; there is no {kind} of"
            " that name"
        )
        raise ConfigError(file, f"{kind}.profiles", why)
    return folder


def _renamed(key: str) -> str | None:
    """Return what a key of an earlier version is called now."""
    kind, _, inside = key.partition(".")
    return _RENAMED.get(key) or _RENAMED.get(f"{kind}.*.{inside.rpartition('.')[2]}")


def plain_secrets(value: object, key: str = "") -> Iterator[str]:
    """Yield the key of each secret that stands in the file itself, and need not."""
    match value:
        case Secret():
            if not value.name and _is_worth_hiding(key, value.reveal()):
                yield key
        case BaseModel():
            for name in type(value).model_fields:
                yield from plain_secrets(getattr(value, name), f"{key}.{name}".lstrip("."))
        case Mapping():
            for name, one in value.items():
                yield from plain_secrets(one, f"{key}.{name}".lstrip("."))
        case tuple():
            for number, one in enumerate(value):
                yield from plain_secrets(one, f"{key}.{number}")


def _is_worth_hiding(key: str, text: str) -> bool:
    """Whether a secret is one: the guests' network and most links are for people to see."""
    if key == "room.wifi" or not text:
        return False
    return "://" not in text or key == "calendar.url" or "@" in text or "?" in text


def listening_at(api: ApiTable, listen: str) -> ApiTable:
    """Return [api] with another address to listen at; RoomctlError if it cannot be."""
    try:
        return ApiTable.model_validate({**dict(api), "listen": listen})
    except ValidationError as error:
        raise RoomctlError(reworded(error.errors()[0]["msg"])) from error


def state_path() -> Path:
    """Return the folder for what must survive (systemd's, else XDG's); it may not exist yet."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "roomctl"


def runtime_path() -> Path:
    """Return the folder for sockets and what ends with the boot; may not exist.

    Another user's, which sudo may hand down, is none of ours.
    """
    if given := os.environ.get("RUNTIME_DIRECTORY"):
        return Path(given.split(":")[0])
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and not _is_anothers(Path(base)):
        return Path(base) / "roomctl"
    return Path("/tmp") / f"roomctl-{os.getuid()}"  # noqa: S108 - made 0700 and owner-checked


def _is_anothers(folder: Path) -> bool:
    try:
        return folder.stat().st_uid != os.getuid()
    except OSError:
        return False


def has_display() -> bool:
    """Tell whether this session has a display that a window could open on."""
    return bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"))


def token_file() -> Path | None:
    """Return the file of the API token that the environment, or systemd, has given."""
    if given := os.environ.get("ROOMCTL_TOKEN_FILE"):
        return Path(given)
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/nonexistent") / "roomctl-token"
    return credential if credential.exists() else None
