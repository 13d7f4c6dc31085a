"""Deep links of the vendors' own clients (`zoommtg://...`): what one means, and one for a meeting.

Pure; opens nothing. Out of an invitation a room starts no client: it may not be there, and a page
can start it behind a person. What is opened is the web page of the same meeting, where a platform's
file knows it. The other way round, a person may be shown an address; that the client is installed,
nothing here says.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from roomctl.frozen import frozen
from roomctl.meeting.invitation import ParsedInvitation
from roomctl.meeting.platform import NativeShape, Platform, Platforms

_WEB = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/", re.IGNORECASE)
_OPTIONAL = re.compile(r"\[([^\]]*)\]")


def deep_link(invitation: ParsedInvitation, platforms: Platforms) -> str | None:
    """Return the address for the client; None if the platform has none, or too little is known.

    Only for what may be opened at all. Holds the passcode: never print it.
    """
    platform = platforms.by_key.get(invitation.platform or "")
    if platform is None or not platform.launch.native or invitation.refused:
        return None
    asks = invitation.launch is not None and invitation.launch.asks_number
    parts = urlsplit(invitation.launch.url) if invitation.launch and not asks else None
    rest = parts._replace(scheme="", netloc="").geturl() if parts else ""
    named = invitation.meeting_id == invitation.name  # clients are told numbers
    known = {
        "host": "" if asks else invitation.host or "",
        "meeting_id": "" if named else quote(invitation.meeting_id or "", safe=""),
        "passcode": quote(invitation.passcode or "", safe=""),
        "rest": rest,
    }
    optional = r"\1" if invitation.passcode else ""
    template = _OPTIONAL.sub(optional, platform.launch.native)
    wanted = set(re.findall(r"\{(\w+)\}", template))
    return template.format(**known) if all(known[name] for name in wanted) else None


def without_passcode(invitation: ParsedInvitation) -> ParsedInvitation:
    """Return the invitation with its passcode left out, in the link too; a person types it then.

    A link that holds it elsewhere than in its query is left out whole.
    """
    launch, passcode = invitation.launch, invitation.passcode
    if passcode is None or launch is None:
        return replace(invitation, passcode=None)
    parts = urlsplit(launch.url)
    pairs = parts.query.split("&") if parts.query else []
    kept = [pair for pair in pairs if passcode not in _given(pair).values()]
    url = parts._replace(query="&".join(kept)).geturl()
    left = replace(launch, url=url) if passcode not in unquote(url) else None
    return replace(invitation, passcode=None, launch=left)


@frozen
class ParsedDeepLink:
    """What a client's address means: the invitation in it, and the link to the same meeting."""

    invitation: ParsedInvitation
    link: str = field(default="", repr=False)


def read_deep_link(link: str, platforms: Platforms) -> ParsedDeepLink | None:
    """Return what a client's address means, or None if it is nobody's.

    Its link, if it has one, is not checked yet: the host in it is whatever the address says.
    """
    scheme, _, behind = link.partition(":")
    rest = behind.lstrip("/")
    known: Platform | None = None
    for platform in platforms:
        for shape in platform.native:
            if scheme.lower() not in shape.schemes:
                continue
            known = known or platform
            parts = _parts(shape, rest)
            if parts is not None:
                return _meant(platform, shape, parts, rest)
    if known is None:
        return None
    # Any address of a client may be the web's with another scheme; elsewhere it leads nowhere.
    if not rest.startswith("https://"):
        rest = f"https://{rest}" if _WEB.match(rest) else ""
    return ParsedDeepLink(ParsedInvitation(known.key), rest)


def _parts(shape: NativeShape, rest: str) -> dict[str, str] | None:
    """Return the named groups of a shape that fits, or None."""
    address, _, query = rest.partition("#")[0].partition("?")
    given = _given(query)
    pairs = [(shape.address, address.rstrip("/"))]
    for name, pattern in shape.query.items():
        if name.endswith("?") and name[:-1] not in given:
            continue
        pairs.append((pattern, given.get(name.removesuffix("?"), "")))
    parts: dict[str, str] = {}
    for pattern, text in pairs:
        match = re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII)
        if match is None:
            return None
        parts |= {name: value for name, value in match.groupdict().items() if value}
    return parts


def _given(query: str) -> dict[str, str]:
    """Return the parameters of a query, the first of a name; a plus in them is one."""
    return dict(reversed(parse_qsl(query.replace("+", "%2B").replace("?", "&"))))


def _meant(
    platform: Platform, shape: NativeShape, parts: dict[str, str], rest: str
) -> ParsedDeepLink:
    invitation = ParsedInvitation(platform.key, parts.get("meeting_id"), parts.get("passcode"))
    if not shape.link:
        return ParsedDeepLink(invitation)
    given = _given(rest.partition("#")[0].partition("?")[2])
    passed = [f"{name}={quote(given[name], safe='')}" for name in shape.passes if given.get(name)]
    link = shape.link.format_map(parts | {"rest": rest})
    return ParsedDeepLink(invitation, link + ("?" + "&".join(passed) if passed else ""))
