"""What the screen is told of a meeting's platform: a reading and room.toml -> how to go about it.

Knows no call and no screen process.
"""

from __future__ import annotations

from roomctl.config import Config
from roomctl.meeting.native import native, without_passcode
from roomctl.meeting.platform import Platforms
from roomctl.meeting.reading import Policy, Reading
from roomctl.screen.driver import LookedAt
from roomctl.screen.protocol import Sign, Way
from roomctl.screen.signs import Where


def approach(reading: Reading, platforms: Platforms, config: Config) -> LookedAt:
    """Return what a platform's page is read for, where it may go, and what it gets."""
    key = reading.platform or ""
    platform, launch = platforms.by_key.get(key), reading.launch
    if platform is None or launch is None:
        return LookedAt()
    keep = key if key in config.meeting.signed_in else ""
    wanted = config.screen is not None and key in config.screen.native
    # The address stands in the client's command line, which everybody on the box can read.
    client = native(without_passcode(reading), platforms) if wanted else None
    policy = Policy(config.meeting.allow, config.meeting.deny)
    reached = [host for host in platforms.reached_from(key) if policy.permits(platform, host)]
    hosts = tuple(dict.fromkeys((*reached, launch.host, *config.meeting.also)))
    if launch.mode != "assisted":
        return LookedAt(hosts, keep=keep, native=client or "")
    signs = tuple(
        Sign(sign.says, Where(where), what) for sign in platform.sign for where, what in sign.marks
    )
    page = platform.page
    return LookedAt(
        hosts,
        signs,
        page.joined,
        Way(page.name, page.join, page.leave),
        keep,
        client or "",
    )
