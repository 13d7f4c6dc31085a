"""What the room does by itself: pure decisions from facts and a moment.

Knows no device; the room gathers the Facts and carries out the Acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roomctl.clock import Moment


class Act(StrEnum):
    """Something the room may do by itself."""

    WAKE = "wake"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know. Instants are monotonic seconds; None means never.

    `occupancy_since` is when that word became true; `rested_at` when somebody asked for darkness;
    `lit_s` is how long a touch keeps an empty room lit.
    """

    occupancy: str
    occupancy_since: float
    call_live: bool
    awake: bool
    touched_at: float | None
    rested_at: float | None
    has_sensors: bool
    lit_s: float


@dataclass(frozen=True, slots=True)
class Decision:
    """An act and the code of its reason."""

    act: Act
    reason: str


def decide(facts: Facts, moment: Moment) -> Decision | None:
    """Return what the room should do now, or None. The same facts always give the same answer."""
    reason = _why_lit(facts, moment)
    if reason and not facts.awake:
        return Decision(Act.WAKE, reason)
    if not reason and facts.awake:
        return Decision(Act.REST, "asked" if _rested(facts) else "vacant")
    return None


def due(facts: Facts, moment: Moment) -> float | None:
    """Return the monotonic instant at which `decide` may answer otherwise by time alone."""
    if facts.touched_at is None:
        return None
    ends = facts.touched_at + facts.lit_s
    return ends if ends > moment.mono_s else None


def _why_lit(facts: Facts, moment: Moment) -> str | None:
    if facts.call_live:
        return "call"
    if _rested(facts):
        return None
    if facts.occupancy in ("occupied", "vacating"):
        return "occupied"
    if facts.touched_at is not None and moment.mono_s < facts.touched_at + facts.lit_s:
        return "touched"
    if not facts.has_sensors or facts.occupancy == "unknown":
        return "unknown"  # nobody can tell whether the room is empty: stay lit
    return None


def _rested(facts: Facts) -> bool:
    """Whether somebody asked for darkness, and nobody has touched anything or come in since."""
    if facts.rested_at is None:
        return False
    came_in = facts.occupancy == "occupied" and facts.occupancy_since > facts.rested_at
    touched = facts.touched_at is not None and facts.touched_at > facts.rested_at
    return not came_in and not touched
