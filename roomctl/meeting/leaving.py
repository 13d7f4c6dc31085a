"""A platform that a room leaves for another one: which stage has begun on which day. Pure.

    dual       both may be joined and started; a new meeting starts on the new one, unless asked
    default    the new one is the room's platform, in its conditions and as its fallback, too
    join_only  nothing is started on the leaving one any more, and its sign-in is not used; others'
               meetings there are joined as before
    ended      its links are refused, but at hosts that the room's policy names

Knows no clock, no configuration file and no booking: the day comes by argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Literal

from roomctl.frozen import frozen

JoinEvidence = Literal["media", "person"]  # of a join on the new platform: its media, or who looked


class ExitStage(StrEnum):
    """How far a room has left a platform; in this order."""

    DUAL = "dual"
    DEFAULT = "default"
    JOIN_ONLY = "join_only"
    ENDED = "ended"

    @property
    def number(self) -> int:
        """Its place in the order, from 0."""
        return list(ExitStage).index(self)


WalkthroughNeed = Literal["not_needed", "missing", "shown"]
"""Whether the room passes a platform's page by itself, or was shown how, or has yet to be shown."""


@frozen
class PlatformExit:
    """One platform that is left, for which other one, and the days of its stages."""

    platform: str
    to: str
    days: Mapping[ExitStage, date]
    countdown_days: int = 14

    def stage(self, day: date | None) -> ExitStage | None:
        """Return the last stage that has begun on `day`; None: none has, or the day is not known.

        A stage that has no day is passed over.
        """
        begun = [stage for stage, first in self.days.items() if day is not None and first <= day]
        return max(begun, key=lambda stage: stage.number, default=None)

    def reached(self, stage: ExitStage, day: date | None) -> bool:
        """Whether `stage`, or a later one, has begun on `day`."""
        now = self.stage(day)
        return now is not None and now.number >= stage.number

    def next(self, day: date | None) -> tuple[ExitStage, date] | None:
        """Return the stage that begins next after `day`, and when; None: none does."""
        to_come = [pair for pair in self.days.items() if day is not None and pair[1] > day]
        return min(to_come, key=lambda pair: (pair[1], pair[0].number), default=None)


@frozen
class PlatformExits:
    """Every platform that a room leaves."""

    listed: tuple[PlatformExit, ...] = ()

    def __iter__(self) -> Iterator[PlatformExit]:
        return iter(self.listed)

    def of(self, platform: str | None) -> PlatformExit | None:
        """Return the departure from a platform, or None if the room does not leave it."""
        return next((one for one in self.listed if one.platform == platform), None)

    def started_on(self, platform: str | None, day: date | None) -> str | None:
        """Return where a new meeting starts that was to start on `platform`, the usual one."""
        return self._moved(platform, day, ExitStage.DUAL)

    def default(self, platform: str | None, day: date | None) -> str | None:
        """Return the room's platform on `day`, where room.toml says `platform`."""
        return self._moved(platform, day, ExitStage.DEFAULT)

    def may_start(self, platform: str, day: date | None) -> bool:
        """Whether a meeting may still be started on a platform, and its sign-in be used."""
        one = self.of(platform)
        return one is None or not one.reached(ExitStage.JOIN_ONLY, day)

    def ends(self) -> Mapping[str, date]:
        """Return the days from which on the room refuses a platform's links."""
        return {
            one.platform: one.days[ExitStage.ENDED]
            for one in self.listed
            if ExitStage.ENDED in one.days
        }

    def _moved(self, platform: str | None, day: date | None, stage: ExitStage) -> str | None:
        for _ in self.listed:  # where it moved to may be left, too
            one = self.of(platform)
            if one is None or not one.reached(stage, day):
                break
            platform = one.to
        return platform
