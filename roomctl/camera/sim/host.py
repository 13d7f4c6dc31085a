"""What simulated cameras that are asked over HTTP share: answers in their time, for each client.

Knows no camera, no port and no clock.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import ClassVar

from roomctl.clock import Moment
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.wire import Chunk

HEARD = 10_000  # requests that are kept; a room may ask for weeks


class SimHostClient:
    """One client of a host: the Machine at the other end of its port."""

    def __init__(self, host: SimHost) -> None:
        self._host = host
        self._answers: deque[tuple[float, bytes]] = deque()

    def receive(self, chunk: Chunk) -> None:
        self._host.take(chunk, self)

    def tick(self, now: float) -> None:
        self._host.tick(now)

    def due(self) -> float | None:
        answer = self._answers[0][0] if self._answers else None
        waits = [at for at in (answer, self._host.wants_at()) if at is not None]
        return min(waits, default=None)

    def outbox(self, now: float) -> bytes | None:
        ready = bool(self._answers) and self._answers[0][0] <= now
        return self._answers.popleft()[1] if ready else None

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        pass

    def reached_at(self, address: str, at: Moment) -> None:
        """Have the host told under which address it is reached, and what time it is."""
        self._host.told_address(address, at)

    def say(self, answer: HttpAnswer, at: float) -> None:
        """Answer at `at`; what is ready sooner goes before."""
        self._answers.append((at, answer.encode()))
        self._answers = deque(sorted(self._answers, key=lambda each: each[0]))

    def forget(self) -> None:
        """Lose what was not answered yet."""
        self._answers.clear()


class SimHost(SimHostClient):
    """A host, and its first client in one.

    `silent`: it answers nothing. `delay_s`: each answer comes so late. `loses`: so many of the next
    requests are neither done nor answered. `unanswered`: what a request is called that is not
    answered (a regular expression; "" is none).
    `heard`: what was lately asked, and when.
    `faults`: what can be set from outside, by what it holds.
    """

    faults: ClassVar[Mapping[str, str]] = {"delay_s": "number", "loses": "number"}

    def __init__(self) -> None:
        super().__init__(self)
        self.silent, self.delay_s, self.loses = False, 0.0, 0
        self.unanswered = ""
        self.heard: list[tuple[float, str]] = []
        self.now = 0.0

    def tick(self, now: float) -> None:
        self.now = max(self.now, now)

    def wants_at(self) -> float | None:
        """Return when something happens by itself."""
        return None

    def shown(self) -> dict[str, object]:
        """Return what a person would see of it."""
        return {}

    def told_address(self, address: str, at: Moment) -> None:
        """Note under which address it is reached, and what time it is, if it tells of that."""

    def lose_power(self) -> None:
        """Lose what was not answered yet."""
        self.forget()

    def second_port(self) -> SimHostClient:
        """Return the Machine of another client."""
        return SimHostClient(self)

    def take(self, chunk: Chunk, client: SimHostClient) -> None:
        """Take a request, and have `client` given the answer."""
        self.tick(chunk.at)
        try:
            request = HttpRequest.decode(chunk.data)
        except ValueError:
            return
        self.heard.append((chunk.at, self.called(request)))
        del self.heard[:-HEARD]
        if self.silent or re.fullmatch(self.unanswered, self.called(request)):
            return
        if self.loses > 0:
            self.loses -= 1
            return
        status, body, at = self.answer(request)
        client.say(HttpAnswer(request.number, status, body), max(at, self.now) + self.delay_s)

    def called(self, request: HttpRequest) -> str:
        """Return what a request is called among the `heard`."""
        return request.target

    def answer(self, request: HttpRequest) -> tuple[int, bytes, float]:
        """Do what is asked; return status and body, and the soonest instant of the answer."""
        return 404, b"Not Found", 0.0
