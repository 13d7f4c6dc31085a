"""What a platform's file may say: its tables, strict and frozen. A new platform needs no code.

Knows no folder, no text, no policy and no browser.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Says = Literal[
    "prejoin",
    "joining",
    "lobby",
    "ended",
    "passcode_needed",
    "passcode_wrong",
    "sign_in_required",
    "bot_wall",
    "host_not_started",
    "denied",
    "removed",
    "not_found",
    "blocked_by_policy",
    "service_ended",
]
Selector = Annotated[str, Field(max_length=300)]
KeyWord = Literal["enter", "tab", "back_tab", "escape", "space", "up", "down", "left", "right"]
PhaseName = Literal["announced", "no_new_sales", "join_only", "ended"]
_AS_IT_IS = "as it is"


class Table(BaseModel):
    """One table of a platform file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Name(Table):
    """What people call the platform."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Shape(Table):
    """What a url looks like: each given part must match whole.

    Named groups `meeting_id` and `passcode` say what the url carries; a shape without them is an
    opaque token. `decode` undoes percent-encoding before matching, `base64` that of parameters;
    `as_it_is` says that the launch template does not fit such links.
    """

    path: str
    hosts: tuple[str, ...] = Field(default=(), description="only on these; all if empty")
    query: dict[str, str] = Field(default_factory=dict, description="parameter = pattern")
    fragment: str | None = None
    decode: bool = False
    base64: bool = Field(default=False, description="parameters hold their text in base64")
    as_it_is: bool = False

    @field_validator("path", "fragment")
    @classmethod
    def _pattern(cls, pattern: str | None) -> str | None:
        return None if pattern is None else _checked(pattern)

    @field_validator("query")
    @classmethod
    def _patterns(cls, query: dict[str, str]) -> dict[str, str]:
        return {name: _checked(pattern) for name, pattern in query.items()}


class Launch(Table):
    """How the room's browser gets into the meeting.

    Templates know {origin} (scheme, host and port of the link), {meeting_id}, {query} (with its
    "?") and {fragment} (with its "#"). `number` is empty where no public address takes a number.
    `native` knows {host}, {meeting_id}, {passcode} and {rest} (what stands behind the host).
    """

    link: str = _AS_IT_IS
    number: str = ""
    fragment: str = Field(
        default="", description="added after '#': knows {name}, the room's name as quoted JSON"
    )
    keeps: dict[str, str] | None = Field(
        default=None,
        description="of a link's own fragment only these settings go along: name = pattern of the"
        " value; unset: the fragment is a part of the address, and all of it goes along",
    )
    native: str = Field(
        default="", description="for the vendor's own client; [..] is left out without a passcode"
    )

    @field_validator("keeps")
    @classmethod
    def _patterns(cls, keeps: dict[str, str] | None) -> dict[str, str] | None:
        return keeps and {name: _checked(pattern) for name, pattern in keeps.items()}

    @property
    def as_it_is(self) -> bool:
        return self.link == _AS_IT_IS

    def kept(self, fragment: str) -> str:
        """Return what of a link's fragment may go along; names and values stay as written."""
        if self.keeps is None:
            return fragment
        settings = (each.partition("=") for each in fragment.split("&"))
        allowed = (
            f"{name}={value}"
            for name, _, value in settings
            if name in self.keeps and re.fullmatch(self.keeps[name], value)
        )
        return "&".join(dict.fromkeys(allowed))


class Printed(Table):
    """How invitations print number and passcode.

    `labels` count when the text names the platform (by `mentions`, or by one of its links),
    `own_labels` also when it names none, and `labels` too before a number spaced as one of
    `own_groups`. A space in a label stands for any few blanks.
    """

    digits: tuple[int, ...] = ()
    groups: tuple[str, ...] = Field(default=(), description="how they are spaced, such as '3-3-4'")
    own_groups: tuple[str, ...] = Field(default=(), description="of these, what tells whose it is")
    mentions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    own_labels: tuple[str, ...] = ()
    passcode_labels: tuple[str, ...] = ()
    passcode: str = "[0-9A-Za-z]{4,10}"


class Dial(Table):
    """How other devices reach a meeting by its number: templates of {meeting_id} and {passcode}."""

    sip: str = Field(default="", description="such as '{meeting_id}@example.org'")
    sip_with_passcode: str = ""
    h323: tuple[str, ...] = Field(default=(), description="addresses to call, then the number")
    read_domains: tuple[str, ...] = Field(
        default=(), description="more domains of its addresses, read and never made: '*.x.example'"
    )

    @property
    def domains(self) -> tuple[str, ...]:
        """What stands behind the @ of its addresses."""
        made = (t.rpartition("@")[2] for t in (self.sip, self.sip_with_passcode) if t)
        return tuple(dict.fromkeys((*made, *self.read_domains)))


class Sign(Table):
    """What an assisted page shows when a call stands so; any one of these is enough.

    Text counts wherever it is shown, in any case and with any blanks; the first sign that is there
    wins, so the most telling ones stand first. Text never says that the room is in the call.
    """

    says: Says
    texts: tuple[str, ...] = ()
    places: tuple[str, ...] = Field(default=(), description="CSS selectors of visible elements")
    hosts: tuple[str, ...] = Field(default=(), description="where the page went, as to sign in")
    paths: tuple[str, ...] = Field(default=(), description="patterns of the address's path")

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """What to look for, as (where, what)."""
        address = [("host", what) for what in self.hosts] + [("path", what) for what in self.paths]
        shown = [("place", what) for what in self.places] + [("text", what) for what in self.texts]
        return (*address, *shown)


class Page(Table):
    """The page of a meeting: how it tells that the room is in, and how its Join is pressed.

    `joined` is a function of the page's own, for assisted mode. `keys` are the keys that finish the
    page before the meeting, from where it has its focus when it is loaded. `name` is where the
    room's name is typed there, `join` what is pressed then, `leave` what is pressed at the end: CSS
    selectors, with which an assisted room joins by itself. They all need a `source`.
    """

    joined: str = Field(default="", pattern=r"^(?:[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)?$")
    keys: tuple[KeyWord, ...] = ()
    name: Selector = ""
    join: Selector = ""
    leave: Selector = ""
    source: str = ""

    @model_validator(mode="after")
    def _sourced(self) -> Page:
        if (self.keys or self.name or self.join or self.leave) and not self.source:
            raise ValueError("the way in and out needs a source: who saw that it works")
        return self


class ExitPhase(Table):
    """One step of a platform's way out: from `date` on, in `region` and at `hosts`, or all."""

    name: PhaseName
    date: date
    region: str = ""
    hosts: tuple[str, ...] = ()
    note: str = Field(min_length=3, description="what it means, and the source")


class Good(Table):
    """A sample that must be read so; with `hosts` configured, if it needs any."""

    text: str
    hosts: tuple[str, ...] = ()
    meeting_id: str | None = None
    passcode: str | None = None
    url: str | None = Field(default=None, description="what is opened; unset if only a number")


class Bad(Table):
    """A sample that must be refused, and why."""

    text: str
    refused: str


class Platform(Table):
    """One meeting platform, as its file says."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")
    name: Name
    source: str = Field(min_length=3, description="where the facts come from")
    region: str = Field(default="global", description="where the service runs, such as 'cn'")
    host_regions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    mode: Literal["plain", "assisted"] = "plain"
    hosts: tuple[str, ...] = ()
    also: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9.-]+$")], ...] = Field(
        default=(), description="further hosts that a meeting's page may go to, as to sign in"
    )
    ignore_case: bool = Field(default=False, description="paths may be written in any case")
    passcode_param: str = Field(default="", description="the query parameter with the passcode")
    secret_params: tuple[str, ...] = ()
    schemes: tuple[str, ...] = Field(default=(), description="addresses to dial, such as 'sip'")
    launch: Launch = Launch()
    dial: Dial = Dial()
    page: Page = Page()
    sign: tuple[Sign, ...] = ()
    printed: Printed = Printed()
    join: tuple[Shape, ...] = ()
    not_a_join: tuple[Shape, ...] = ()
    host_link: tuple[Shape, ...] = ()
    phase: tuple[ExitPhase, ...] = ()
    good: tuple[Good, ...] = Field(min_length=1)
    bad: tuple[Bad, ...] = Field(min_length=1)

    @property
    def by_number(self) -> bool:
        """Whether a number alone is enough to join."""
        return bool(self.launch.number)

    def phase_on(self, day: date, region: str = "", host: str = "") -> ExitPhase | None:
        """Return the latest phase that has begun on `day` in `region` and at `host`, or None."""
        begun = [
            phase
            for phase in self.phase
            if phase.date <= day
            and phase.region in ("", region)
            and (not phase.hosts or any(covers(pattern, host) for pattern in phase.hosts))
        ]
        return max(begun, key=lambda phase: phase.date, default=None)

    def region_of(self, host: str) -> str:
        """Return the region that serves `host`."""
        for region, patterns in self.host_regions.items():
            if any(covers(pattern, host) for pattern in patterns):
                return region
        return self.region


def covers(pattern: str, host: str) -> bool:
    """Whether `pattern` names `host`: `*.x` is everything below x, else exactly x."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from error
    return pattern
