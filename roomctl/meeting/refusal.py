"""Why a text or a link is not opened: the closed list, and one English sentence for each.

Knows no platform and no link; panels translate the codes, the command line prints the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Refusal(StrEnum):
    """Why nothing is opened. The closed list that panels translate."""

    NO_MEETING = "no_meeting"
    NEEDS_LINK = "needs_link"
    BAD_NUMBER = "bad_number"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_PLATFORM = "unknown_platform"
    NOT_A_JOIN = "not_a_join"
    HOST_LINK = "host_link"
    DENIED_BY_POLICY = "denied_by_policy"
    FOREIGN_HOST = "foreign_host"
    LOOK_ALIKE_HOST = "look_alike_host"
    MIXED_SCRIPT = "mixed_script"
    USERINFO = "userinfo"
    BACKSLASH = "backslash"
    CONTROL_CHARACTER = "control_character"
    SCHEME = "scheme"
    IP_LITERAL = "ip_literal"
    PORT = "port"
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"


_SENTENCES = {
    Refusal.NO_MEETING: "no meeting found; paste the invitation's link, or its number with label",
    Refusal.NEEDS_LINK: "{platform} cannot be joined by number here; use the invitation's link",
    Refusal.BAD_NUMBER: "{platform} numbers have {digits} digits; check the number",
    Refusal.AMBIGUOUS: "the number could belong to {platforms}; say which platform it is",
    Refusal.UNKNOWN_PLATFORM: "no platform is called {platform}; known: {platforms}",
    Refusal.NOT_A_JOIN: "{host} belongs to {platform}, but this page is no meeting to join",
    Refusal.HOST_LINK: "this is the host's own {platform} link; ask for the guests' link",
    Refusal.DENIED_BY_POLICY: "{platform} at {host} is not allowed here ([meeting] allow, deny)",
    Refusal.FOREIGN_HOST: "{host} is no platform's host; if it is yours, add it to [meeting.hosts]",
    Refusal.LOOK_ALIKE_HOST: "{host} only looks like {like}; do not use this link",
    Refusal.MIXED_SCRIPT: "the host mixes alphabets to look like another; do not use this link",
    Refusal.USERINFO: "the link hides its real host behind an @; do not use this link",
    Refusal.BACKSLASH: "the link contains a backslash; ask for a clean link",
    Refusal.CONTROL_CHARACTER: "the link contains control characters; ask for a clean link",
    Refusal.SCHEME: "{scheme}: links are not opened here; use an https link",
    Refusal.IP_LITERAL: "the link names an address; only those in [meeting.hosts] are opened",
    Refusal.PORT: "port {port} of {host} is not in [meeting.hosts]",
    Refusal.MALFORMED: "the link is not well formed; copy it again",
    Refusal.TOO_LONG: "the link is longer than {limit} characters",
    Refusal.TOO_DEEP: "the link is wrapped more than {limit} times",
}


def sentence(code: Refusal, params: Mapping[str, str]) -> str:
    """Say `code` in English; a param that is not given reads as "it"."""
    return _SENTENCES[code].format_map(_Spoken(params))


class _Spoken(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "it"
