"""Which questions a camera leaves unanswered: when what it said before is old, when to ask again.

Knows no port, no clock and no protocol; a question is whatever its conversation calls it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Q = TypeVar("Q", bound=Hashable)

OLD_S = 3.0  # a question waits for so long, again and again asked: the last answer is old
AGAIN_S, AGAIN_MOST_S = 2.0, 60.0  # between two tries, twice as long each time
_ASKED_NOW = float("inf")


class PendingQueries(Generic[Q]):
    """What is asked and not answered.

    `heard`: has ever been answered. `old`: what was answered before is not known to be so any more.
    `read_at`: when it was last answered. A question rests after tries enough, and is asked again,
    more and more slowly.
    """

    def __init__(self) -> None:
        self.heard: set[Q] = set()
        self.old: set[Q] = set()
        self.read_at: dict[Q, float] = {}
        self._missed: dict[Q, int] = {}  # how often in a row
        self._since: dict[Q, float] = {}
        self._rests: dict[Q, tuple[float, float]] = {}  # until when, and for how long

    def clear(self) -> None:
        """Begin anew; what it has ever answered stays known."""
        self.old.clear()
        self._since.clear()
        self._rests.clear()
        self._missed.clear()

    def asks(self, question: Q, now: float) -> None:
        """Note that an answer is wanted from now on, unless one was before."""
        self._since.setdefault(question, now)

    def answered(self, question: Q, now: float) -> None:
        self.heard.add(question)
        self.read_at[question] = now
        self._missed.pop(question, None)
        self.drop(question)

    def missed(self, question: Q) -> int:
        """Note that no answer came; return how often in a row."""
        self._missed[question] = self._missed.get(question, 0) + 1
        return self._missed[question]

    def drop(self, question: Q) -> None:
        """Wait for no answer any more."""
        self._since.pop(question, None)
        self._rests.pop(question, None)
        self.old.discard(question)

    def rest(self, question: Q, now: float) -> None:
        """Ask it no more for a while, twice as long as the last time."""
        _, before_s = self._rests.get(question, (0.0, AGAIN_S / 2))
        wait_s = min(2 * before_s, AGAIN_MOST_S)
        self._rests[question] = (now + wait_s, wait_s)
        self.old.add(question)

    def rests(self, question: Q) -> bool:
        """Whether it is to be asked by `again` alone."""
        return question in self._rests

    def wake(self) -> None:
        """Ask everything again at once, as when the camera was switched on."""
        self._rests.clear()

    def again(self, now: float) -> list[Q]:
        """Return what has rested, once."""
        rested = [question for question, (at, _) in self._rests.items() if now >= at]
        for question in rested:
            self._rests[question] = (_ASKED_NOW, self._rests[question][1])
        return rested

    def aged(self, now: float) -> list[Q]:
        """Return what has become old, once."""
        aged = [each for each, since in self._since.items() if now >= since + OLD_S]
        aged = [each for each in aged if each not in self.old]
        self.old.update(aged)
        return aged

    def due(self) -> list[float]:
        """Return when time alone changes something."""
        ages = [at + OLD_S for question, at in self._since.items() if question not in self.old]
        return ages + [at for at, _ in self._rests.values() if at != _ASKED_NOW]
