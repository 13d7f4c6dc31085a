"""A meeting -> the address by which the vendor's own client opens it. Pure; opens nothing.

The client must be installed, and is a person's business: nothing here says that it is there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from roomctl.meeting.invitation import Reading
from roomctl.meeting.platform import Platforms

_OPTIONAL = re.compile(r"\[([^\]]*)\]")


def native(reading: Reading, platforms: Platforms) -> str | None:
    """Return the address for the client; None if the platform has none, or too little is known.

    Only for what may be opened at all. Holds the passcode: never print it.
    """
    platform = platforms.by_key.get(reading.platform or "")
    if platform is None or not platform.launch.native or reading.refused:
        return None
    parts = urlsplit(reading.launch.url) if reading.launch else None
    rest = parts._replace(scheme="", netloc="").geturl() if parts else ""
    known = {
        "host": reading.name_of_host or "",
        "meeting_id": quote(reading.meeting_id or "", safe=""),
        "passcode": quote(reading.passcode or "", safe=""),
        "rest": rest,
    }
    optional = r"\1" if reading.passcode else ""
    template = _OPTIONAL.sub(optional, platform.launch.native)
    wanted = set(re.findall(r"\{(\w+)\}", template))
    return template.format(**known) if all(known[name] for name in wanted) else None


def without_passcode(reading: Reading) -> Reading:
    """Return the reading with its passcode left out, in the link too; a person types it then.

    A link that holds it elsewhere than in its query is left out whole.
    """
    launch, passcode = reading.launch, reading.passcode
    if passcode is None or launch is None:
        return replace(reading, passcode=None)
    parts = urlsplit(launch.url)
    pairs = parts.query.split("&") if parts.query else []
    kept = [pair for pair in pairs if passcode not in dict(parse_qsl(pair)).values()]
    url = parts._replace(query="&".join(kept)).geturl()
    left = replace(launch, url=url) if passcode not in unquote(url) else None
    return replace(reading, passcode=None, launch=left)
