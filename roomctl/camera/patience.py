"""How long an open port is waited on before it is opened anew: a Machine around a line's own.

Knows no port and no clock. A port can be open and lead nowhere: at the wrong speed, or over a
connection whose other end lost its power and cannot say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roomctl.errors import PortError
from roomctl.visca.connection import Connection
from roomctl.visca.frames import BadFrame, Splitter, decode_reply
from roomctl.wire import Chunk, Machine

SILENT_S = 5.0  # each camera is asked once a second meanwhile


class GivenUp(PortError):
    """Nobody answers on a port that is open; opening it anew may help."""


class Patience:
    """Hands everything on to `machine`, and raises GivenUp from `tick` when nobody answers.

    `first_s`: how long to wait for the first readable frame; None: as long as it takes. Once all
    `talks` are silent, 5 s more. `readable` is called at the first readable frame.
    """

    def __init__(
        self,
        machine: Machine,
        talks: Sequence[Connection],
        url: str,
        first_s: float | None,
        readable: Callable[[], None],
    ) -> None:
        self._machine, self._talks, self._url = machine, talks, url
        self._first_s, self._readable = first_s, readable
        self._splitter = Splitter()
        self._heard = first_s is None
        self._until: float | None = None

    def receive(self, chunk: Chunk) -> None:
        if not self._heard and self._says_something(chunk):
            self._heard, self._until = True, None
            self._readable()
        self._machine.receive(chunk)

    def _says_something(self, chunk: Chunk) -> bool:
        frames = self._splitter.feed(chunk.data, chunk.at)
        replies = (decode_reply(frame) for frame in frames if isinstance(frame, bytes))
        return any(not isinstance(reply, BadFrame) for reply in replies)

    def tick(self, now: float) -> None:
        self._machine.tick(now)
        if not self._heard:
            self._wait(now, self._first_s or 0.0)
        elif all(talk.silent for talk in self._talks):
            self._wait(now, SILENT_S)
        else:
            self._until = None

    def _wait(self, now: float, limit_s: float) -> None:
        if self._until is None:
            self._until = now + limit_s
        elif now >= self._until:
            raise GivenUp(self._url, f"no answer within {limit_s:g} s")

    def due(self) -> float | None:
        wanted = (self._machine.due(), self._until)
        return min((at for at in wanted if at is not None), default=None)

    def outbox(self, now: float) -> bytes | None:
        return self._machine.outbox(now)

    def sent(self, now: float) -> None:
        self._machine.sent(now)

    def failed(self, now: float, why: str) -> None:
        self._machine.failed(now, why)
