"""What was found in a text, what may be opened for it, and what a room allows. Pure data.

Knows no text and no link: `link` finds, this says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from roomctl.meeting.platform_file import ExitPhase, Platform, covers
from roomctl.meeting.refusal import Refusal, sentence


@dataclass(frozen=True, slots=True)
class Launch:
    """What the room's browser opens. `url` may hold a passcode: never print it."""

    url: str = field(repr=False)
    host: str
    origin: str
    mode: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found. `launch` is what may be opened.

    `launch` is None if `refused`, and also where only a number is known of a platform that has
    no public address for numbers: that is read all right, but there is nothing to open.
    `obstacle` covers both. `why` is English for the command line and holds no secret; panels
    translate the code with `params`.
    """

    platform: str | None = None
    meeting_id: str | None = None
    passcode: str | None = field(default=None, repr=False)
    refused: Refusal | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    launch: Launch | None = None
    name_of_host: str | None = None

    @property
    def obstacle(self) -> Refusal | None:
        """Why nothing can be opened, or None."""
        return self.refused or (None if self.launch else Refusal.NEEDS_LINK)

    @property
    def why(self) -> str:
        """One sentence on why nothing can be opened; empty if something can."""
        return self.say("en")

    def say(self, language: str, name: str = "") -> str:
        """Say in "en" or "zh-CN" why nothing can be opened; empty if something can.

        `name`: what people call the platform there.
        """
        obstacle = self.obstacle
        known = {"platform": name or self.platform, "host": self.name_of_host}
        params = {name: text for name, text in known.items() if text} | dict(self.params)
        return sentence(obstacle, params, language) if obstacle else ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which meetings this room may join, by platform key, region or host; deny wins.

    `zoom`, `cn`, `zoom.com.cn` (and all below it), `*.zoom.com.cn`. An empty `allow` allows all.
    `day`: on which services that have ended are refused; None: no service is taken to have ended.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    day: date | None = None

    def ended(self, platform: Platform, host: str) -> ExitPhase | None:
        """Return the end of the service at `host`, if it lies behind."""
        if self.day is None:
            return None
        phase = platform.phase_on(self.day, platform.region_of(host), host)
        return phase if phase is not None and phase.name == "ended" else None

    def permits(self, platform: Platform, host: str) -> bool:
        def listed(entries: tuple[str, ...]) -> bool:
            return any(_names(entry.lower(), platform, host) for entry in entries)

        return not listed(self.deny) and (not self.allow or listed(self.allow))


def _names(entry: str, platform: Platform, host: str) -> bool:
    if entry in (platform.key, platform.region_of(host)):
        return True
    return "." in entry and (covers(entry, host) or host.endswith("." + entry))
