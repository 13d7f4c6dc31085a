"""Attacks on the real program: what a stranger, a device or a bad disk may do to a room.

An attack is a function in a module of this package, and is found there:

    @attack("half-open connections", small=60, whole=1_000)
    def half_open(folder: Path, count: int) -> str:
        with Program(folder, files=200) as program:
            ...                                     # do it `count` times
            assert slowest_s < 1.0, f"a request took {slowest_s:.1f} s meanwhile"
        return f"{count} connections, {answered} requests answered, slowest {slowest_s:.2f} s"

It returns what was tried, with counts; an AssertionError, or any other exception, says how the
room gave way; `CannotRun` says what this machine lacks. `small` is how often the suite does it
(a second or three with the program's start), `whole` how often `make attack` does (a minute at
most).
"""

from tests.attack.program import Program
from tests.attack.registry import CannotRun, attack

__all__ = ["CannotRun", "Program", "attack"]
