"""Addresses that video devices dial: SIP and H.323, read from a text and made for a meeting. Pure.

Knows no link and opens nothing: a room shows them for a person's other device.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from roomctl.frozen import frozen
from roomctl.meeting.invitation import ParsedInvitation
from roomctl.meeting.platform import Platforms

_USER = r"[0-9A-Za-z._+-]{1,64}"
_HOST = r"(?:[0-9A-Za-z-]{1,63}\.){1,8}[0-9A-Za-z-]{2,24}"


@frozen
class DialAddress:
    """An address in a text: whose it is, and what stands before the @ (else the whole)."""

    platform: str
    meeting_id: str
    passcode: str | None = None


def find_address(text: str, platforms: Platforms) -> DialAddress | None:
    """Return the first address to dial in `text`: a platform's own goes before any other."""
    patterns = _patterns(platforms)
    for match in patterns.own.finditer(text) if patterns.own else ():
        owner = _owner(match["domain"].lower(), patterns.owners)
        return DialAddress(owner, match["id"], match["passcode"])
    for match in patterns.other.finditer(text) if patterns.other else ():
        return DialAddress(patterns.owners[match["scheme"].lower()], match["address"])
    return None


def _owner(domain: str, owners: Mapping[str, str]) -> str:
    """Return whose a domain is that is named, or below one that is named as `*.x`."""
    labels = domain.split(".")
    names = [domain, *("*." + ".".join(labels[at:]) for at in range(1, len(labels)))]
    return next(owners[name] for name in names if name in owners)


def dial_strings(invitation: ParsedInvitation, platforms: Platforms) -> list[str]:
    """Return what a person may dial on another device; empty if the number is not known.

    A passcode that comes from a link is a token and is not dialled.
    """
    platform = platforms.by_key.get(invitation.platform or "")
    number = invitation.meeting_id or ""
    if platform is None or not number.isdecimal():
        return []
    dial, passcode = platform.dial, invitation.passcode or ""
    spoken = re.fullmatch("[0-9]{4,10}", passcode) is not None
    template = (dial.sip_with_passcode if spoken else "") or dial.sip
    found = [template.format(meeting_id=number, passcode=passcode)] if template else []
    return found + [f"{address}##{number}" for address in dial.h323]


def _domain(name: str) -> str:
    below = r"(?:[0-9A-Za-z-]{1,63}\.){1,8}" if name.startswith("*.") else ""
    return below + re.escape(name.removeprefix("*."))


@frozen
class _Patterns:
    owners: dict[str, str]
    own: re.Pattern[str] | None
    other: re.Pattern[str] | None


@lru_cache(maxsize=8)
def _patterns(platforms: Platforms) -> _Patterns:
    domains = {name: p.key for p in platforms for name in p.dial.domains}
    schemes = {name: p.key for p in platforms for name in p.schemes}
    before = r"(?<![0-9A-Za-z._+-])"
    own = (
        before
        + r"(?P<id>[0-9]{6,16})(?:\.(?P<passcode>[0-9]{1,10}))?@(?P<domain>%s)(?!\.?[0-9A-Za-z-])"
    )
    other = r"(?<![0-9A-Za-z])(?P<scheme>%s):(?://)?(?P<address>%s@%s)"
    return _Patterns(
        domains | schemes,
        re.compile(own % "|".join(map(_domain, domains)), re.IGNORECASE | re.ASCII)
        if domains
        else None,
        re.compile(other % ("|".join(schemes), _USER, _HOST), re.IGNORECASE | re.ASCII)
        if schemes
        else None,
    )
