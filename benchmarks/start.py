"""From nothing to the first answer: how long a box is without its room after a restart."""

from __future__ import annotations

from statistics import median

from benchmarks import program
from benchmarks.report import Figure

RUNS = 7


def figures() -> list[Figure]:
    """Start the demo room and the bare program in turn, `RUNS` times each."""
    answered, cpu, ready, bare_answered, bare_cpu = [], [], [], [], []
    for _ in range(RUNS):
        with program.simulated_room() as room:
            answered.append(room.answered())
            cpu.append(room.cpu_s())
            ready.append(room.ready())
        with program.bare() as bare:
            bare_answered.append(bare.answered())
            bare_cpu.append(bare.cpu_s())
    beside = median(bare_answered)
    return [
        Figure(
            "first answer",
            median(answered),
            "s",
            beside,
            "s, bare FastAPI",
            f"from exec to the first 200 of /healthz, median of {RUNS}",
        ),
        Figure(
            "CPU for it",
            median(cpu),
            "s",
            median(bare_cpu),
            "s, bare FastAPI",
            "all threads, until that answer",
        ),
        Figure(
            "room ready",
            median(ready),
            "s",
            beside,
            "s, bare's first answer",
            "every device has answered: camera cleared, named and read",
        ),
    ]
