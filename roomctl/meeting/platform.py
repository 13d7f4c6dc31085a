"""Meeting platforms: platforms/*.toml -> Platform, and which host belongs to which.

A platform is one data file; a new one needs no code. Knows no text, no policy and no browser.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from roomctl.errors import ConfigError, ProfileError
from roomctl.explain import explain, tuples
from roomctl.meeting.platform_file import Platform
from roomctl.meeting.url import DEFAULT_PORT, IP_LITERAL, ascii_host


@dataclass(frozen=True, slots=True)
class Site:
    """Hosts of one platform: `name` exactly, or with `*.` everything below it.

    `scheme` and `port` are what a link must say; a port of None is the scheme's own.
    """

    platform: Platform
    name: str
    scheme: str = "https"
    port: int | None = None
    configured: bool = False


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
        """Return the hosts a meeting's page may go to: the platform's, and those to sign in at."""
        own = [site.name for site in self.sites if site.platform.key == key]
        platform = self.by_key.get(key or "")
        walls = [host for sign in platform.sign for host in sign.hosts] if platform else []
        return tuple(dict.fromkeys((*own, *walls, *(platform.also if platform else ()))))

    def arriving(self, key: str | None, url: str, name: str) -> str:
        """Return `url` with what the platform wants to be told at the door, such as `name`.

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
        names = {site.name.removeprefix("*."): site.platform.key for site in self.sites}
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
    folder = folder or Path(__file__).with_name("platforms")
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    files |= {path.stem: path for path in _own_files(own)}
    platforms = {key: _load(path) for key, path in sorted(files.items())}
    theirs = [Site(platform, host) for platform in platforms.values() for host in platform.hosts]
    taken = {site.name: site.platform.key for site in theirs}
    added: list[Site] = []
    for key, hosts in extra_hosts.items():
        where = f"meeting.hosts.{key}"
        if key not in platforms:
            known = ", ".join(platforms)
            raise ConfigError("room.toml", where, f"names no platform; expected one of: {known}")
        for host in hosts:
            site = _configured(platforms[key], host, where)
            if taken.setdefault(site.name, key) != key:
                why = f"{host!r} already belongs to {taken[site.name]}"
                raise ConfigError("room.toml", where, why)
            added.append(site)
    return Platforms(platforms, (*added, *theirs))


def _own_files(own: Path | None) -> list[Path]:
    if own is None:
        return []
    files = sorted(own.glob("*.toml"))
    if not files:
        raise ConfigError("room.toml", "meeting.platforms", f"{own} holds no platform's file")
    return files


def _load(path: Path) -> Platform:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(str(path), "", f"cannot be read: {error}") from error
    try:
        platform = Platform.model_validate(tuples(data))
    except ValidationError as error:
        key, why = explain(error, Platform)
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
        why = f"{text!r} is no host, such as 'meet.example.org' or '*.example.org'"
        raise ConfigError("room.toml", where, why)
    if host.startswith("*.") and "." not in host[2:]:
        raise ConfigError("room.toml", where, f"{text!r} is too wide; name at least two labels")
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
