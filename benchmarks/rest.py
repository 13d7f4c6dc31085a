"""A room in which nothing happens: what it holds and what it burns while it waits."""

from __future__ import annotations

import time

from benchmarks import program
from benchmarks.program import Program
from benchmarks.report import Figure

SETTLE_S = 5.0  # a camera that is ready is still asked for its settings
WATCH_S = 10.0


def figures() -> list[Figure]:
    """Weigh the demo room with its four devices ready, and the bare program, side by side."""
    with program.simulated_room() as room, program.bare() as bare:
        room.ready()
        bare.answered()
        time.sleep(SETTLE_S)
        room_cpu, bare_cpu = _cpu(room, bare)
        (rss, pss), (bare_rss, bare_pss) = room.memory_mb(), bare.memory_mb()
    return [
        Figure("RSS", rss, "MB", bare_rss, "MB, bare FastAPI", "resident, shared pages included"),
        Figure("PSS", pss, "MB", bare_pss, "MB, bare FastAPI", "shared pages divided by users"),
        Figure(
            "CPU at rest",
            room_cpu,
            "ms/s",
            bare_cpu,
            "ms/s, bare FastAPI",
            "four devices watched and simulated, no panel open",
        ),
    ]


def _cpu(*programs: Program) -> list[float]:
    """Return how many milliseconds each runs per second, over `WATCH_S`."""
    before = [one.cpu_s() for one in programs]
    time.sleep(WATCH_S)
    return [1000 * (one.cpu_s() - was) / WATCH_S for one, was in zip(programs, before, strict=True)]
