"""First-try starts of the standard day, before a room was shown the plain pages and after.

A start is a first try if the room is in the call within 20 s, at one touch, without a fault. The
day is invented (`roomctl.simulator.day`): the same on every machine, and measured in no building.
"""

from __future__ import annotations

from benchmarks.report import Figure
from roomctl.cli import day

SEED = 1


def figures() -> list[Figure]:
    """Play the day twice: with a person who presses *Join* on plain pages, and without."""
    by_person, by_room = (day.played(SEED, shown=shown)["modes"] for shown in (False, True))
    rows = [("assisted", "as it is joined"), ("plain", "by walkthrough, shown once")]
    return [
        Figure(
            f"first try, {mode}",
            round(100 * by_room[mode]["share"], 1),
            "%",
            round(100 * by_person[mode]["share"], 1),
            "%, pages not shown",
            f"of {by_room[mode]['starts']} starts, {how}; median {by_room[mode]['median_s']} s",
        )
        for mode, how in rows
    ]
