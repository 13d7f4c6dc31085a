"""How many examples a property is tried on: a tenth in the suite, all of them in `make fuzz`."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

Case = TypeVar("Case")

FULL = 100  # of a property that names no number

settings.register_profile("suite", deadline=None, max_examples=FULL // 10)
settings.register_profile("full", deadline=None, max_examples=FULL)


def examples(full: int, share: int = 10) -> int:
    """Return how many to try now, where `full` would be thorough: one in `share`; 5 at least."""
    return full if _everything() else max(5, full // share)


def some(cases: Sequence[Case], share: int = 10) -> Sequence[Case]:
    """Return which of many cases to try now: one in `share`, from all along them.

    What is marked `hypothesis` is tried in `make fuzz`, too, on all of them.
    """
    return cases if _everything() else cases[::share]


def _everything() -> bool:
    return settings().max_examples >= FULL
