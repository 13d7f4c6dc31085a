"""Meeting platforms: platforms/*.toml -> Platform, which host belongs to which, what a room allows.

A platform is one data file; a new one needs no code. The tables say what a file may hold, strict
and frozen. Knows no text and no browser.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from roomctl import toml_reader
from roomctl.errors import ConfigError, ProfileError
from roomctl.explain import explain, suggest, tuples
from roomctl.frozen import frozen
from roomctl.meeting.url import DEFAULT_PORT, IP_LITERAL, ascii_host

SignMeaning = Literal[
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


class PlatformTable(BaseModel):
    """One table of a platform's file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class PlatformName(PlatformTable):
    """What people call the platform."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class LinkShape(PlatformTable):
    """What a url looks like: each given part must match whole.

    Named groups `meeting_id` and `passcode` say what the url carries, `name` a person's name, or a
    number that need not be the printed one; a shape without them is an opaque token. `decode`
    undoes percent-encoding before matching, `base64` that of parameters; `as_it_is` says that the
    launch template does not fit such links. A parameter's name that ends with "?" may be missing;
    if it is there, it must match.
    """

    path: str
    hosts: tuple[str, ...] = Field(default=(), description="only on these; all if empty")
    query: dict[str, str] = Field(default_factory=dict, description="parameter = pattern")
    fragment: str | None = None
    decode: bool = False
    base64: bool = Field(default=False, description="parameters hold their text in base64")
    as_it_is: bool = False
    recorded: bool = Field(
        default=False, description="no join: a recording, with a passcode of its own"
    )

    @field_validator("path", "fragment")
    @classmethod
    def _pattern(cls, pattern: str | None) -> str | None:
        return None if pattern is None else _checked(pattern)

    @field_validator("query")
    @classmethod
    def _patterns(cls, query: dict[str, str]) -> dict[str, str]:
        return {name: _checked(pattern) for name, pattern in query.items()}


class NativeShape(PlatformTable):
    """What an address of the vendor's own client looks like, and the link to the same meeting.

    `address` must match whole what stands between the slashes behind the scheme and the query.
    Its named groups and those of `query` fill `link`, which knows {rest}, too: all behind the
    slashes. Without `link` only number and passcode are read.
    """

    schemes: tuple[str, ...] = Field(min_length=1)
    address: str
    query: dict[str, str] = Field(default_factory=dict, description="parameter = pattern")
    link: str = ""
    passes: tuple[str, ...] = Field(default=(), description="parameters that go along")

    @field_validator("address")
    @classmethod
    def _pattern(cls, pattern: str) -> str:
        return _checked(pattern)

    @field_validator("query")
    @classmethod
    def _patterns(cls, query: dict[str, str]) -> dict[str, str]:
        return {name: _checked(pattern) for name, pattern in query.items()}


class LaunchTemplates(PlatformTable):
    """How the room's browser gets into the meeting.

    Templates know {origin} (scheme, host and port of the link), {meeting_id}, {query} (with its
    "?") and {fragment} (with its "#"). `number` is empty where no public address takes a number.
    `native` knows {host}, {meeting_id}, {passcode} and {rest} (what stands behind the host).
    `room` is for names and codes as `[printed]` says they look; {origin} there is that of the first
    host that the room may join at, its own ones first.
    """

    link: str = _AS_IT_IS
    number: str = ""
    room: str = Field(
        default="", description="a meeting by its name or code: knows {origin} and {name}"
    )
    number_page: str = Field(
        default="",
        description="the vendor's public page that asks a person for a number; knows {origin}",
    )
    number_page_source: str = Field(default="", description="where the vendor names that page")
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

    @model_validator(mode="after")
    def _sourced(self) -> LaunchTemplates:
        if bool(self.number_page) != bool(self.number_page_source):
            raise ValueError("number_page needs number_page_source: where the vendor names it")
        return self

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


class PrintedForms(PlatformTable):
    """How invitations print number and passcode.

    `labels` count when the text names the platform (by `mentions`, or by one of its links),
    `own_labels` also when it names none, and `labels` too before a number spaced as one of
    `own_groups`. A space in a label stands for any few blanks.

    `usual` are those lengths that the vendor gives out today; empty: all of `digits`. A `code` is
    made up by the vendor, a `name` by people: patterns that must match whole.
    """

    digits: tuple[int, ...] = ()
    usual: tuple[int, ...] = ()
    code: str = ""
    name: str = ""
    passcode_needed: bool = Field(default=False, description="a number alone does not join")
    groups: tuple[str, ...] = Field(default=(), description="how they are spaced, such as '3-3-4'")
    own_groups: tuple[str, ...] = Field(default=(), description="of these, what tells whose it is")
    mentions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    own_labels: tuple[str, ...] = ()
    passcode_labels: tuple[str, ...] = ()
    passcode: str = "[0-9A-Za-z]{4,10}"

    @field_validator("code", "name")
    @classmethod
    def _pattern(cls, pattern: str) -> str:
        return _checked(pattern)

    @model_validator(mode="after")
    def _known(self) -> PrintedForms:
        if odd := set(self.usual) - set(self.digits):
            raise ValueError(f"usual has {sorted(odd)}, which digits does not have")
        return self

    def names(self, text: str) -> bool:
        """Whether `text` is a meeting's name or code, as this platform writes them."""
        return any(form and re.fullmatch(form, text) for form in (self.code, self.name))


class DialTemplates(PlatformTable):
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


class PlatformSign(PlatformTable):
    """What an assisted page shows when a call stands so; any one of these is enough.

    Text counts wherever it is shown, in any case and with any blanks; the first sign that is there
    wins, so the most telling ones stand first. Text never says that the room is in the call.
    """

    says: SignMeaning
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


class JoinPage(PlatformTable):
    """The page of a meeting: how it tells that the room is in, and how its Join is pressed.

    `joined` is a function of the page's own, for assisted mode. `keys` are the keys that finish the
    page before the meeting, from where it has its focus when it is loaded. `name` is where the
    room's name is typed there, `join` what is pressed then, `leave` what is pressed at the end: CSS
    selectors, with which an assisted room joins by itself. `passcode_focused`: where an assisted
    page asks for a passcode, its field has the focus, and Enter sends it. All need a `source`.
    """

    joined: str = Field(default="", pattern=r"^(?:[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)?$")
    keys: tuple[KeyWord, ...] = ()
    name: Selector = ""
    join: Selector = ""
    leave: Selector = ""
    passcode_focused: bool = False
    source: str = ""

    @model_validator(mode="after")
    def _sourced(self) -> JoinPage:
        told = self.keys or self.name or self.join or self.leave or self.passcode_focused
        if told and not self.source:
            raise ValueError("the way in and out needs a source: who saw that it works")
        return self


class ExitPhase(PlatformTable):
    """One step of a platform's way out: from `date` on, in `region` and at `hosts`, or all."""

    name: PhaseName
    date: date
    region: str = ""
    hosts: tuple[str, ...] = ()
    note: str = Field(min_length=3, description="what it means, and the source")


class GoodSample(PlatformTable):
    """A sample that must be read so; with `hosts` configured, if it needs any."""

    text: str
    hosts: tuple[str, ...] = ()
    meeting_id: str | None = None
    passcode: str | None = None
    url: str | None = Field(default=None, description="what is opened; unset if only a number")


class BadSample(PlatformTable):
    """A sample that must be refused, and why."""

    text: str
    refused: str


class Platform(PlatformTable):
    """One meeting platform, as its file says."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")
    name: PlatformName
    source: str = Field(min_length=3, description="where the facts come from")
    region: str = Field(default="global", description="where the service runs, such as 'cn'")
    host_regions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    mode: Literal["plain", "assisted"] = "plain"
    hosts: tuple[str, ...] = ()
    tenants: tuple[str, ...] = Field(
        default=(), description="hosts of which most pages are no meetings: others are foreign"
    )
    ports: tuple[Annotated[int, Field(gt=0, lt=65536)], ...] = Field(
        default=(), description="besides 443, which links may name on any of `hosts`"
    )
    also: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9.-]+$")], ...] = Field(
        default=(), description="further hosts that a meeting's page may go to, as to sign in"
    )
    ignore_case: bool = Field(default=False, description="paths may be written in any case")
    passcode_param: str = Field(default="", description="the query parameter with the passcode")
    passcode_token: str = Field(
        default="", description="its form there; text behind it without a space is not part of it"
    )
    secret_params: tuple[str, ...] = ()
    schemes: tuple[str, ...] = Field(default=(), description="addresses to dial, such as 'sip'")
    tried_live: str = Field(
        default="", description="when, and who joined a meeting of the live service with a room"
    )
    launch: LaunchTemplates = LaunchTemplates()
    dial: DialTemplates = DialTemplates()
    page: JoinPage = JoinPage()
    sign: tuple[PlatformSign, ...] = ()
    printed: PrintedForms = PrintedForms()
    join: tuple[LinkShape, ...] = ()
    not_a_join: tuple[LinkShape, ...] = ()
    host_link: tuple[LinkShape, ...] = ()
    native: tuple[NativeShape, ...] = ()
    phase: tuple[ExitPhase, ...] = ()
    good: tuple[GoodSample, ...] = Field(min_length=1)
    bad: tuple[BadSample, ...] = Field(min_length=1)

    @field_validator("passcode_token")
    @classmethod
    def _pattern(cls, pattern: str) -> str:
        return _checked(pattern)

    @model_validator(mode="after")
    def _own_page(self) -> Platform:
        page = self.launch.number_page
        if page.startswith("{origin}/"):
            return self
        host = page.removeprefix("https://").partition("/")[0]
        if page and not (
            page.startswith("https://")
            and any(covers(pattern, host) for pattern in (*self.hosts, *self.also))
        ):
            raise ValueError(f"number_page {page!r} is on none of hosts and also, with https")
        return self

    @property
    def by_number(self) -> bool:
        """Whether a number or a name alone is enough to join."""
        return bool(self.launch.number or self.launch.room)

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


def without_port(host: str) -> str:
    """Return the name of `name:port`; [brackets] are a part of it."""
    return re.sub(r":[0-9]+$", "", host)


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a valid pattern: {error}") from error
    return pattern


@frozen
class Site:
    """Hosts of one platform: `name` exactly, or with `*.` everything below it.

    `scheme` and `port` are what a link must say; a port of None is the scheme's own.
    """

    platform: Platform
    name: str
    scheme: str = "https"
    port: int | None = None
    configured: bool = False
    tenants: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """Name and port: what only one platform can have."""
        return self.name, DEFAULT_PORT[self.scheme] if self.port is None else self.port

    @property
    def written(self) -> str:
        """Name and port, the scheme's own port left out."""
        return self.name if self.port is None else f"{self.name}:{self.port}"


@dataclass(frozen=True, eq=False)
class Platforms:
    """All platforms and their sites; looking up a host takes one step per label."""

    by_key: Mapping[str, Platform]
    sites: tuple[Site, ...]

    def __iter__(self) -> Iterator[Platform]:
        return iter(self.by_key.values())

    def at(self, host: str) -> tuple[Site, ...]:
        """Return the sites that `host` (ASCII, lower case) belongs to: exact names first."""
        names = [host]
        labels = host.split(".")
        names += ["*." + ".".join(labels[at:]) for at in range(1, len(labels))]
        return tuple(site for name in names for site in self._by_name.get(name, ()))

    def reached_from(self, key: str | None) -> tuple[str, ...]:
        """Return the hosts a meeting's page may go to: the platform's, and those to sign in at.

        Each is `name` or `name:port`.
        """
        own = [site.written for site in self.sites if site.platform.key == key]
        platform = self.by_key.get(key or "")
        walls = [host for sign in platform.sign for host in sign.hosts] if platform else []
        return tuple(dict.fromkeys((*own, *walls, *(platform.also if platform else ()))))

    def arriving(self, key: str | None, url: str, name: str) -> str:
        """Return `url` with what the platform wants to be told on arrival, such as `name`.

        Only the fragment grows, which is never sent to a server: host and path stay as checked.
        """
        platform = self.by_key.get(key or "")
        if platform is None or not platform.launch.fragment:
            return url
        told = platform.launch.fragment.format(name=quote(json.dumps(name), safe=""))
        return f"{url}{'&' if '#' in url else '#'}{told}"

    @cached_property
    def _by_name(self) -> dict[str, list[Site]]:
        table: dict[str, list[Site]] = {}
        for site in self.sites:
            table.setdefault(site.name, []).append(site)
        return table

    @cached_property
    def brands(self) -> Mapping[str, str]:
        """Every named host without its `*.`, and whose it is."""
        own = (site for site in self.sites if not site.tenants)
        names = {site.name.removeprefix("*."): site.platform.key for site in own}
        return {name: key for name, key in names.items() if not IP_LITERAL.fullmatch(name)}


def load_platforms(
    extra_hosts: Mapping[str, tuple[str, ...]],
    folder: Path | None = None,
    own: Path | None = None,
) -> Platforms:
    """Read every platform of `folder` (the package's if None) and of `own`; add configured hosts.

    A file in `own` replaces one of the same name.

    Raises ConfigError for an entry of `extra_hosts` that names no platform or is no host, and
    ProfileError for a platform file that cannot be used.
    """
    if not extra_hosts and folder is None and own is None:
        return _all_shipped()  # what was looked up in them once is known to every room
    theirs = _shipped() if folder is None else _read(folder.glob("*.toml"))
    platforms = dict(sorted({**theirs, **_read(_own_files(own))}.items()))
    sites = _sites(platforms)
    taken = {site.place: site.platform.key for site in sites}
    added: list[Site] = []
    for key, hosts in extra_hosts.items():
        where = f"meeting.hosts.{key}"
        if key not in platforms:
            why = f"is not a platform; {suggest(key, platforms)}"
            raise ConfigError("room.toml", where, why)
        for host in hosts:
            site = _configured(platforms[key], host, where)
            if (owner := taken.setdefault(site.place, key)) != key:
                port = site.place[1]
                why = f"{host!r} already belongs to {owner}, at port {port}; each needs its own"
                raise ConfigError("room.toml", where, why)
            added.append(site)
    return Platforms(platforms, (*added, *sites))


def _sites(platforms: Mapping[str, Platform]) -> tuple[Site, ...]:
    return tuple(site for platform in platforms.values() for site in _sites_of(platform))


def _sites_of(platform: Platform) -> Iterator[Site]:
    for host in platform.hosts:
        yield Site(platform, host)
        yield from (Site(platform, host, port=port) for port in platform.ports)
    yield from (Site(platform, host, tenants=True) for host in platform.tenants)


def _own_files(own: Path | None) -> list[Path]:
    if own is None:
        return []
    files = sorted(own.glob("*.toml"))
    if not files:
        raise ConfigError("room.toml", "meeting.platforms", f"{own} contains no platform file")
    return files


@cache
def _all_shipped() -> Platforms:
    platforms = dict(sorted(_shipped().items()))
    return Platforms(platforms, _sites(platforms))


@cache
def _shipped() -> Mapping[str, Platform]:
    """Return the platforms that come with the program, by key; read once."""
    return _read(Path(__file__).with_name("platforms").glob("*.toml"))


def _read(files: Iterable[Path]) -> dict[str, Platform]:
    return {path.stem: _load(path) for path in sorted(files)}


def _load(path: Path) -> Platform:
    try:
        data = toml_reader.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProfileError(str(path), "", f"cannot be read: {error}") from error
    try:
        platform = Platform.model_validate(tuples(data))
    except ValidationError as error:
        key, why, _ = explain(error, Platform)[0]
        raise ProfileError(str(path), key, why) from error
    if platform.key != path.stem:
        raise ProfileError(str(path), "key", f"must be the file's name, {path.stem!r}")
    return platform


_CONFIGURED = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>\[[0-9a-f:.]+\]|[^/:@?#\s\[\]]+)(?::(?P<port>[0-9]{1,5}))?",
    re.IGNORECASE,
)


def _configured(platform: Platform, text: str, where: str) -> Site:
    match = _CONFIGURED.fullmatch(text)
    host = match and _configured_name(match["host"])
    if not (match and host):
        why = f"{text!r} is not a host name, such as 'meet.example.org' or '*.example.org'"
        raise ConfigError("room.toml", where, why)
    if host.startswith("*.") and "." not in host[2:]:
        raise ConfigError("room.toml", where, f"{text!r} is too broad; write at least two labels")
    if IP_LITERAL.fullmatch(host) and not match["scheme"]:
        why = f"{text!r} is an address; write its scheme too, such as 'http://{text}'"
        raise ConfigError("room.toml", where, why)
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ConfigError("room.toml", where, f"{text!r}: a port is 1-65535")
    scheme = (match["scheme"] or "https").lower()
    port = None if port == DEFAULT_PORT[scheme] else port
    return Site(platform, host, scheme, port, configured=True)


def _configured_name(text: str) -> str | None:
    star = "*." if text.startswith("*.") else ""
    host = ascii_host(text.removeprefix("*."))
    return None if host is None or (star and IP_LITERAL.fullmatch(host)) else star + host


@frozen
class Policy:
    """Which meetings this room may join, by platform key, region or host; deny wins.

    `zoom`, `cn`, `zoom.com.cn` (and all below it), `*.zoom.com.cn`. An empty `allow` allows all.
    `day`: on which services that have ended are refused; None: no service is taken to have ended.
    `ends`: from which day on the room itself refuses a platform, but for hosts that `allow` names:
    a vendor's partners go on where the vendor does not.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    day: date | None = None
    ends: Mapping[str, date] = field(default_factory=dict)

    def ended(self, platform: Platform, host: str) -> ExitPhase | None:
        """Return the end of the service at `host`, if it lies behind."""
        if self.day is None:
            return None
        phase = platform.phase_on(self.day, platform.region_of(host), host)
        if phase is not None and phase.name == "ended":
            return phase
        end = self.ends.get(platform.key)
        if end is None or self.day < end or self.names_host(platform, host):
            return None
        return ExitPhase(name="ended", date=end, note="[meeting.leaving] in room.toml")

    def names_host(self, platform: Platform, host: str) -> bool:
        """Whether `allow` names a host itself; what it counts on is not refused by `ends`."""
        hosts = (entry.lower() for entry in self.allow if "." in entry)
        return bool(host) and any(_names(entry, platform, host) for entry in hosts)

    def permits(self, platform: Platform, host: str) -> bool:
        def listed(entries: tuple[str, ...]) -> bool:
            return any(_names(entry.lower(), platform, host) for entry in entries)

        return not listed(self.deny) and (not self.allow or listed(self.allow))

    def unmatched(self, platforms: Platforms) -> Iterator[tuple[str, str]]:
        """Yield every entry that no site of any platform could match, with what may be meant.

        A rule that never applies is a slip of the pen, and the room would join what it should not.
        """
        reached = {each for key in platforms.by_key for each in platforms.reached_from(key)}
        patterns = {without_port(each) for each in reached}
        regions = {region for each in platforms for region in (each.region, *each.host_regions)}
        words = [*platforms.by_key, *sorted(regions)]
        hosts = sorted({pattern.removeprefix("*.") for pattern in patterns})
        for where, entries in (("allow", self.allow), ("deny", self.deny)):
            for at, entry in enumerate(entries):
                text = entry.lower()
                if text in words or any(_overlap(text, pattern) for pattern in patterns):
                    continue
                near = difflib.get_close_matches(text, hosts if "." in text else words, 1)
                meant = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(words)}"
                why = f"{entry!r} is not a platform, a region or a platform's host; {meant}"
                yield f"meeting.{where}.{at}", why


def _overlap(entry: str, pattern: str) -> bool:
    """Whether some host that `pattern` names is one that `entry` names, or is below it."""
    top, name = entry.removeprefix("*."), pattern.removeprefix("*.")
    if "." not in entry:
        return False
    return top == name or name.endswith("." + top) or covers(pattern, top)


def _names(entry: str, platform: Platform, host: str) -> bool:
    if entry in (platform.key, platform.region_of(host)):
        return True
    return "." in entry and (covers(entry, host) or host.endswith("." + entry))
