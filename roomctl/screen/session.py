"""The daemon's end of the conversation with the screen.

Knows no port, no clock and no browser: it queues orders, reads reports, and notices silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import get_args

from roomctl.screen.protocol import (
    Ask,
    Lines,
    Order,
    Report,
    Strange,
    encode,
)
from roomctl.wire import Chunk

SILENCE_S = 3.0  # three beats

_REPORTS = get_args(Report)


class Session:
    """One connection to the screen; asks for everything as soon as it stands.

    `heard` gets every report, `strange` every line that was none, `silent` is called once when
    nothing came for 3 s.
    """

    def __init__(
        self,
        heard: Callable[[Report], None],
        strange: Callable[[Strange], None],
        silent: Callable[[], None],
    ) -> None:
        self._heard, self._strange, self._silent = heard, strange, silent
        self._lines = Lines()
        self._waiting: deque[bytes] = deque([encode(Ask())])
        self._silent_at: float | None = None
        self._was_silent = False

    def say(self, order: Order) -> None:
        """Queue an order; the pump has to be woken."""
        self._waiting.append(encode(order))

    def receive(self, chunk: Chunk) -> None:
        for message in self._lines.feed(chunk.data):
            if isinstance(message, _REPORTS):
                self._silent_at, self._was_silent = chunk.at + SILENCE_S, False
                self._heard(message)
            elif isinstance(message, Strange):
                self._strange(message)
            else:
                self._strange(Strange("an order, which only the daemon gives"))

    def tick(self, now: float) -> None:
        if self._silent_at is None:
            self._silent_at = now + SILENCE_S
        if now >= self._silent_at and not self._was_silent:
            self._was_silent = True
            self._silent()

    def due(self) -> float | None:
        return None if self._was_silent else self._silent_at

    def outbox(self, now: float) -> bytes | None:
        return self._waiting.popleft() if self._waiting else None

    def sent(self, now: float) -> None:
        """Nothing to note: what counts is the report that answers."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note: a stream that fails is closed, and the session with it."""
