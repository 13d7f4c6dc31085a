"""Deep links of the vendors' own clients (`zoommtg://...`): what one means, and one for a meeting.

Pure; opens nothing. Out of an invitation a room opens none of them: the client may not be there,
and a page can start it behind a person. The other way round, a person may be shown one; that the
client is installed, nothing here says.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from roomctl.meeting.invitation import ParsedInvitation
from roomctl.meeting.platform import Platforms

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_PARAMETER = re.compile(r"(\w+)=\{(\w+)\}")


def deep_link(invitation: ParsedInvitation, platforms: Platforms) -> str | None:
    """Return the address for the client; None if the platform has none, or too little is known.

    Only for what may be opened at all. Holds the passcode: never print it.
    """
    platform = platforms.by_key.get(invitation.platform or "")
    if platform is None or not platform.launch.native or invitation.refused:
        return None
    parts = urlsplit(invitation.launch.url) if invitation.launch else None
    rest = parts._replace(scheme="", netloc="").geturl() if parts else ""
    known = {
        "host": invitation.host or "",
        "meeting_id": quote(invitation.meeting_id or "", safe=""),
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
    kept = [pair for pair in pairs if passcode not in dict(parse_qsl(pair)).values()]
    url = parts._replace(query="&".join(kept)).geturl()
    left = replace(launch, url=url) if passcode not in unquote(url) else None
    return replace(invitation, passcode=None, launch=left)


def read_deep_link(link: str, platforms: Platforms) -> ParsedInvitation | None:
    """Return platform, number and passcode of a client's address; None if it is nobody's.

    Where they stand is read off the platform's template for such addresses.
    """
    scheme, _, rest = link.partition(":")
    query = dict(reversed(parse_qsl(rest.partition("#")[0].partition("?")[2])))
    for platform in platforms:
        template = platform.launch.native
        if template and template.partition(":")[0] == scheme.lower():
            names = {meaning: name for name, meaning in _PARAMETER.findall(template)}
            number = query.get(names.get("meeting_id", ""), "")
            passcode = query.get(names.get("passcode", "")) or None
            known = re.fullmatch("[0-9]{6,16}", number)
            return ParsedInvitation(platform.key, number if known else None, passcode)
    return None
