"""What the drills of all kinds of devices share: a step, how it ends, and what it found.

Knows no device. What a step does stands in each wing's own drill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from roomctl.errors import RoomctlError


class Failed(RoomctlError):
    """What was to be proven is not so."""


class Skipped(RoomctlError):
    """It is not done, and why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a step found: a few words, and its numbers with their units in their names."""

    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)


class Result(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it was, how it ended, in words and numbers."""

    name: str
    result: Result
    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)
