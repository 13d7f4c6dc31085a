"""The beats of the holds of one socket: the newest of each counts, and a stick may say many.

Pure: time is an argument. Knows no room and no socket.
"""

from __future__ import annotations

from collections import OrderedDict

from roomctl.api.connections import Allowance, Rate
from roomctl.api.schema import LiveHold

GAP_S = 1 / 125  # between two beats that are handed on; a camera takes 60 moves a second
BEATS = Rate(per_s=2000, burst=4000)  # two sticks at 1000 Hz, and what a stalled network held back
BEAT_LENGTH = 512  # of its text; what is longer is a message
HOLDS = 8  # at once; a beat of another hold is a message
AGAIN_S = 0.05  # before the same refusal of a hold is said again


class Beats:
    """Which beats are no messages of their own, which one waits, and which refusals were said."""

    def __init__(self, now: float) -> None:
        self._allowance = Allowance(BEATS, now)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[str, LiveHold] = {}
        self._taken_at = float("-inf")
        self._refused: tuple[str, str] | None = None
        self._refused_at = 0.0

    def renews(self, beat: LiveHold, length: int, now: float) -> bool:
        """Whether a beat goes on with a hold, and so is not counted as a message."""
        known = beat.hold in self._known
        self._known[beat.hold] = None
        self._known.move_to_end(beat.hold)
        if len(self._known) > HOLDS:
            self._known.popitem(last=False)
        return known and length <= BEAT_LENGTH and self._allowance.take(now)

    def put(self, beat: LiveHold) -> None:
        """Have a beat wait; of a hold the newest one does."""
        before = self._waiting.get(beat.hold)
        if before is None or beat.seq > before.seq:
            self._waiting[beat.hold] = beat

    def due_in(self, now: float) -> float:
        """Return after how many seconds what waits is to be taken; 0: now."""
        return max(0.0, self._taken_at + GAP_S - now)

    def take(self, now: float) -> list[LiveHold]:
        """Take out what waits."""
        taken, self._waiting = list(self._waiting.values()), {}
        self._taken_at = now
        return taken

    def clear(self) -> None:
        """Forget what waits: who sent it is gone."""
        self._waiting.clear()

    def tells(self, hold: str, code: str, now: float) -> bool:
        """Whether a refusal is to be said: it is another one, or the last was a while ago."""
        if self._refused == (hold, code) and now < self._refused_at + AGAIN_S:
            return False
        self._refused, self._refused_at = (hold, code), now
        return True
