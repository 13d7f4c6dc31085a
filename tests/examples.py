"""How many examples are tried: a tenth of a property's in the suite, all of them in `make fuzz`.

Of a table whose members take seconds each, the suite plays the fewest that differ; the others are
marked `more`, and `make soak` plays them.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, TypeVar

import pytest
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


def chosen(cases: Iterable[Any], *suite: Any) -> list[Any]:
    """Return all cases for `parametrize`; those that are not in `suite` are marked `more`.

    A case is the tuple of its arguments, or its only argument.
    """
    return [_case(one if isinstance(one, tuple) else (one,), one in suite) for one in cases]


def crossed(*tables: Sequence[Any]) -> list[Any]:
    """Return every combination for `parametrize`; the suite has each member of each table in one.

    It plays as many combinations as the longest table has members; the others are marked `more`.
    """
    longest = max(map(len, tables))
    suite = {tuple(at % len(table) for table in tables) for at in range(longest)}
    return [
        _case([table[at] for table, at in zip(tables, places, strict=True)], places in suite)
        for places in product(*(range(len(table)) for table in tables))
    ]


def _case(arguments: Sequence[Any], in_suite: bool) -> Any:
    return pytest.param(*arguments, marks=() if in_suite else pytest.mark.more)


def _everything() -> bool:
    return settings().max_examples >= FULL
