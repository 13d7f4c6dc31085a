"""An address for a vendor's own client (`zoommtg://...`) -> whose it is and what it says. Pure.

A room opens none of them: the client may not be there, and a page can start it behind a person.
The other way round is `native`.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from roomctl.meeting.invitation import Reading
from roomctl.meeting.platform import Platforms

_PARAMETER = re.compile(r"(\w+)=\{(\w+)\}")


def meant(link: str, platforms: Platforms) -> Reading | None:
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
            return Reading(platform.key, number if known else None, passcode)
    return None
