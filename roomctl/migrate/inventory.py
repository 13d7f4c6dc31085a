"""What of a room's configuration hangs on a platform that it leaves. Pure.

Passcodes and tokens do not come out: a link is shown as far as its meeting. Knows no booking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from roomctl.config import Config
from roomctl.frozen import frozen
from roomctl.meeting.invitation import Refusal
from roomctl.meeting.link import read, redacted
from roomctl.meeting.platform import Platform, Platforms
from roomctl.screen.profile import screen_of

ArtefactKind = Literal[
    "default_platform",
    "fallback",
    "room_link",
    "host_id",
    "favourite",
    "signed_in",
    "vendor_client",
    "host",
    "page_host",
    "media_origin",
    "dial_pattern",
    "panel_text",
    "firewall_name",
    "policy",
]
"""What may hang on a platform: the closed list that reports translate."""

Fate = Literal["moved", "kept", "by_hand"]
"""What a migration does about it: moves it at a stage, keeps it, or leaves it to a person."""

FateReason = Literal[
    "at_default",
    "at_dual",
    "at_join_only",
    "still_joined",
    "policy_of_people",
    "number_of_vendor",
    "link_of_people",
    "client_on_display",
    "may_be_needed",
    "words_of_people",
]
"""Why: the stage that moves it, what it is kept for, or why no program may change it."""

_REASONS: Mapping[ArtefactKind, FateReason] = {
    "default_platform": "at_default",
    "fallback": "at_default",
    "room_link": "at_dual",
    "signed_in": "at_join_only",
    "host_id": "number_of_vendor",
    "favourite": "link_of_people",
    "vendor_client": "client_on_display",
    "page_host": "may_be_needed",
    "panel_text": "words_of_people",
    "host": "still_joined",
    "media_origin": "still_joined",
    "dial_pattern": "still_joined",
    "firewall_name": "still_joined",
    "policy": "policy_of_people",
}


@frozen
class Artefact:
    """One thing that hangs on the platform: `key` in room.toml ("" if it is no key) and `value`.

    `after`: what stands in its place once all stages have come; "": nothing does.
    """

    kind: ArtefactKind
    key: str
    value: str
    fate: Fate
    after: str = ""

    @property
    def reason(self) -> FateReason:
        return _REASONS[self.kind]


def artefacts(
    config: Config, platforms: Platforms, leaving: str, to: str, room_link: str | None
) -> tuple[Artefact, ...]:
    """Return everything of a configuration that hangs on `leaving`, in the order of its kinds.

    `to` takes its place; `room_link` is its standing meeting, unless the configuration has one: of
    that the host is told, for whoever has the link is let in.
    """
    known = config.meeting.new.get(to)
    link = room_link or (known.room_link.reveal() if known and known.room_link else "")
    moved = {"default_platform": to, "fallback": to, "room_link": urlsplit(link).hostname or to}
    return tuple(
        replace(one, after=moved.get(one.kind, "") if one.fate == "moved" else one.value)
        for one in _found(config, platforms, leaving)
    )


def _found(config: Config, platforms: Platforms, leaving: str) -> tuple[Artefact, ...]:
    platform = platforms.by_key[leaving]
    return (
        *_defaults(config, leaving),
        *_links(config, platforms, leaving),
        *_lists(config, leaving),
        *_reached(config, platforms, platform),
        *_dialled(platform),
        *_texts(config, platform),
    )


def _defaults(config: Config, leaving: str) -> Iterator[Artefact]:
    if config.meeting.platform == leaving:
        yield Artefact("default_platform", "meeting.platform", leaving, "moved")
    if config.meeting.fallback == leaving:
        yield Artefact("fallback", "meeting.fallback", leaving, "moved")


def _links(config: Config, platforms: Platforms, leaving: str) -> Iterator[Artefact]:
    way = config.meeting.new.get(leaving)
    if way is not None:
        link = way.room_link.reveal() if way.room_link else way.random or ""
        key = f"meeting.new.{leaving}.{'room_link' if way.room_link else 'random'}"
        yield Artefact("room_link", key, redacted(link, platforms), "moved")
        number = read(link, platforms).meeting_id
        if number:
            yield Artefact("host_id", key, number, "by_hand")
    for name, kept in config.meeting.favourites.items():
        link = kept.reveal()
        found = read(link, platforms)
        if found.platform == leaving:
            key = f"meeting.favourites.{name}"
            yield Artefact("favourite", key, redacted(link, platforms), "by_hand")
            if found.refused is Refusal.HOST_LINK and found.meeting_id:
                yield Artefact("host_id", key, found.meeting_id, "by_hand")


def _lists(config: Config, leaving: str) -> Iterator[Artefact]:
    screen = screen_of(config)
    if leaving in config.meeting.signed_in:
        yield Artefact("signed_in", "meeting.signed_in", leaving, "moved")
    if screen is not None and leaving in screen.native:
        yield Artefact("vendor_client", "screen.native", leaving, "by_hand")
    for where, listed in (("allow", config.meeting.allow), ("deny", config.meeting.deny)):
        if leaving in listed:
            yield Artefact("policy", f"meeting.{where}", leaving, "kept")


def _reached(config: Config, platforms: Platforms, platform: Platform) -> Iterator[Artefact]:
    for host in config.meeting.hosts.get(platform.key, ()):
        yield Artefact("host", f"meeting.hosts.{platform.key}", host, "kept")
    reached = platforms.reached_from(platform.key)
    for page in config.meeting.also:
        if page in reached:
            yield Artefact("page_host", "meeting.also", page, "by_hand")
    sites = [site for site in platforms.sites if site.platform is platform]
    for site in sites:
        port = "" if site.port is None else f":{site.port}"
        yield Artefact("media_origin", "", f"{site.scheme}://{site.name}{port}", "kept")
    for name in reached:
        yield Artefact("firewall_name", "", urlsplit(f"//{name}").hostname or name, "kept")


def _dialled(platform: Platform) -> Iterator[Artefact]:
    dial = platform.dial
    for pattern in filter(None, (dial.sip, dial.sip_with_passcode, *dial.h323)):
        yield Artefact("dial_pattern", "", pattern, "kept")


def _texts(config: Config, platform: Platform) -> Iterator[Artefact]:
    names = {platform.name.zh, platform.name.en, *platform.printed.mentions}
    room = config.room
    texts = {"display_name": room.display_name, "help": room.help}
    for key, text in texts.items():
        if any(name.casefold() in text.casefold() for name in names):
            yield Artefact("panel_text", f"room.{key}", text, "by_hand")
    for name in config.meeting.favourites:
        if any(mention.casefold() in name.casefold() for mention in names):
            yield Artefact("panel_text", f"meeting.favourites.{name}", name, "by_hand")
