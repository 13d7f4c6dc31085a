"""Which attacks there are, and how each went."""

import importlib
import pkgutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Attempt = Callable[[Path, int], str]


class CannotRun(Exception):  # not a failure: this machine lacks what the attack needs
    """Says what an attack needs and this machine does not have."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to attack a room; `attempt(folder, count)` says what was tried."""

    name: str
    attempt: Attempt
    small: int
    whole: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attack went: `ok`, `FAILED` (the room gave way) or `skipped`, and what was seen."""

    name: str
    verdict: str
    seen: str
    took_s: float

    def __str__(self) -> str:
        seen = " ".join(self.seen.split()) or "nothing is said of it"
        return f"{self.verdict:7} {self.name}: {seen} ({self.took_s:.1f} s)"


_known: dict[str, Attack] = {}


def attack(name: str, *, small: int, whole: int) -> Callable[[Attempt], Attempt]:
    """Note a function as an attack; see the package."""

    def noted(attempt: Attempt) -> Attempt:
        if name in _known:
            raise ValueError(f"two attacks are called {name!r}")
        _known[name] = Attack(name, attempt, small, whole)
        return attempt

    return noted


def attacks() -> tuple[Attack, ...]:
    """Return the attacks of all modules of this package."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if not module.name.startswith(("_", "test_")):
            importlib.import_module(f"tests.attack.{module.name}")
    return tuple(_known.values())


def carried_out(one: Attack, folder: Path, count: int) -> Outcome:
    """Carry out an attack in an empty folder of its own."""
    began = time.monotonic()
    try:
        verdict, seen = "ok", one.attempt(folder, count)
    except CannotRun as lacking:
        verdict, seen = "skipped", str(lacking)
    except Exception as error:  # whatever stops an attack, it did not succeed in proving anything
        what = str(error).split("\nassert ")[0]  # pytest explains its asserts below the message
        verdict, seen = "FAILED", f"{type(error).__name__}: {what}"
    return Outcome(one.name, verdict, seen, time.monotonic() - began)
