"""First-try starts: whether a meeting began as it should, at the first touch and at once. Pure.

A start begins with the first thing that somebody does to have a meeting, and ends in the call, or
not. It is a first try if the room was in the call within `SOON_S` of that first act, with one touch
at most, and no fault was shown on the way. A meeting on a plain platform, whose page a person
finishes, is counted apart.

Why a start was none, the first that holds:

    fault     the room refused it, said that it failed, or that it does not know; or something broke
    touches   it took more than one touch: another try, a number typed, a key on the meeting's page
    slow      the room was in the call later than that
    given_up  somebody left before, or nothing came of it within `LIMIT_S`

Knows no clock, no room and no platform's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from roomctl.frozen import frozen
from roomctl.meeting.call import MEETING

SOON_S = 20.0
LIMIT_S = 300.0  # a lobby may take long, and is slow; longer is no start
WOKEN_S = 20.0  # a panel that was woken by a touch, for the touch that starts the meeting

Why = Literal["first_try", "fault", "touches", "slow", "given_up"]
Mode = Literal["assisted", "plain"]

STARTING = frozenset({"meeting.join", "meeting.new", "meeting.fallback", "meeting.rejoin"})
_ON_THE_PAGE = frozenset(
    {
        *("meeting.press_join", "meeting.enter_passcode"),
        *("screen.press", "screen.type", "screen.key", "screen.close_window"),
    }
)
_FAULTS: Mapping[Mode, frozenset[str]] = {
    "assisted": frozenset({"failed", "unknown"}),
    "plain": frozenset({"failed"}),  # what nobody can read is unknown
}


@frozen
class StartOutcome:
    """How a start ended: `took_s` from its first act to the call, None if it came to none."""

    platform: str | None
    mode: Mode
    why: Why
    touches: int
    took_s: float | None


def touches_of(command: str, arguments: Mapping[str, Any], ways: int) -> int:
    """Return how many touches a person needs for a command, at least.

    `ways`: on so many platforms a new meeting can be started; of several, one is chosen.
    """
    if command == "meeting.join" and ("number" in arguments or "link" in arguments):
        return 2  # it was typed
    return 2 if command == "meeting.new" and ways > 1 else 1


class FirstTry:
    """Follows the starts of one room, one at a time; time comes with every word."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._woken_s: float | None = None
        self._touches = 0
        self._fault = False

    def touched(self, command: str, touches: int, at_s: float) -> None:
        """Take that somebody gave a command."""
        if command == "room.wake":
            self._woken_s = at_s
        elif command in STARTING and self._began_s is None:
            woken_s, self._woken_s = self._woken_s, None
            woke = woken_s is not None and at_s - woken_s <= WOKEN_S
            self._began_s = woken_s if woke else at_s
            self._touches, self._fault = touches + woke, False
        elif self._began_s is not None and command in STARTING | _ON_THE_PAGE:
            self._touches += touches

    def fault(self) -> None:
        """Take that the room has shown a fault."""
        self._fault = True

    def follow(
        self, state: str, platform: str | None, mode: Mode, at_s: float
    ) -> StartOutcome | None:
        """Take how the call stands; return how the start has ended, if it has."""
        if self._began_s is None:
            return None
        self._fault = self._fault or state in _FAULTS[mode]
        took_s = at_s - self._began_s
        if state in MEETING:
            return self._ended(platform, mode, self._why(took_s), took_s)
        if state in ("leaving", "ended") or took_s > LIMIT_S:
            return self._ended(platform, mode, "fault" if self._fault else "given_up", None)
        return None

    def refused(self, platform: str | None, mode: Mode) -> StartOutcome | None:
        """Take that what began the start was refused, and no call is under way."""
        return None if self._began_s is None else self._ended(platform, mode, "fault", None)

    def _why(self, took_s: float) -> Why:
        if self._fault:
            return "fault"
        if self._touches > 1:
            return "touches"
        return "slow" if took_s > SOON_S else "first_try"

    def _ended(
        self, platform: str | None, mode: Mode, why: Why, took_s: float | None
    ) -> StartOutcome:
        self._began_s = None
        return StartOutcome(platform, mode, why, self._touches, took_s)


WHYS: tuple[Why, ...] = get_args(Why)
MODES: tuple[Mode, ...] = get_args(Mode)


def share(counts: Mapping[Why, int]) -> float | None:
    """Return the share of first-try starts, 0 to 1; None without a start."""
    starts = sum(counts.values())
    return counts.get("first_try", 0) / starts if starts else None
