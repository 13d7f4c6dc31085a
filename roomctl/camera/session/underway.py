"""What was said to a camera and has not ended: waiting for its ACK, or in one of its sockets.

Knows no port, no clock and no meaning; replies are matched by order and by socket alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from roomctl.camera.session.ticket import Group, Ticket, asks
from roomctl.visca.message import Message


@dataclass(slots=True, eq=False)
class Said:
    """A message that was written, until its end is known."""

    message: Message
    ticket: Ticket | None = None
    stop: Group | None = None
    limit_at: float = field(default=float("inf"))
    taken_at: float = 0.0
    certain: bool = False  # its ACK named it: on that wire its completion may get lost

    @property
    def asks(self) -> bool:
        return asks(self.message)

    @property
    def fills_socket(self) -> bool:
        """Whether to keep a socket free of others for it; if wrong, the camera says it is full."""
        return not self.certain or (self.ticket is not None and not self.ticket.over)


class UnderWay:
    """The messages under way to one camera. A socket may hold several.

    `named`: the one message that the reply in hand answers, on a wire that tells; None: order and
    socket tell.
    """

    def __init__(self) -> None:
        self.unacked: deque[Said] = deque()
        self.named: Said | None = None
        self._to_cancel: list[tuple[float, int]] = []
        self._sockets: dict[int, deque[Said]] = {}

    def clear(self) -> None:
        self.unacked.clear()
        self._to_cancel.clear()
        self._sockets.clear()

    def first_unacked(self, fits: Callable[[Said], bool]) -> Said | None:
        """Take out the oldest message without an ACK that `fits`, and that the reply may mean."""
        for said in self.answerable():
            if fits(said):
                self.unacked.remove(said)
                return said
        return None

    def answerable(self) -> list[Said]:
        """Return the messages without an ACK that the reply in hand may mean, oldest first."""
        return [said for said in self.unacked if self.named in (None, said)]

    def unanswered(self, now: float) -> Said | None:
        """Take out the oldest message whose ACK or answer should have come by now."""
        return self.first_unacked(lambda said: now >= said.limit_at)

    def hold(self, socket: int, said: Said) -> None:
        self._sockets.setdefault(socket, deque()).append(said)

    def release(self, socket: int) -> Said | None:
        """Take out the command that the reply names, else the one in `socket` that ends first.

        There is more than one where a camera names one socket for all, or a completion got lost:
        what must end soon is then likelier to have ended than what may still travel.
        """
        if (named := self.named) is not None:
            for held in self._sockets.values():
                if named in held:
                    held.remove(named)
                    return named
            return None
        found = self._sockets.get(socket)
        if not found:
            return None
        ended = min(found, key=lambda said: said.limit_at)
        found.remove(ended)
        return ended

    def overdue(self, now: float) -> list[Said]:
        """Take out the commands that should have completed by now."""
        late = [said for said in self.running() if now >= said.limit_at]
        for held in self._sockets.values():
            for said in [said for said in held if said in late]:
                held.remove(said)
        return late

    def running(self) -> Iterator[Said]:
        for held in self._sockets.values():
            yield from held

    def all(self) -> list[Said]:
        return [*self.unacked, *self.running()]

    def cancel(self, after_s: float) -> None:
        """Have a Cancel written to every socket in use; a drive must have run for `after_s`."""
        for socket, held in self._sockets.items():
            if held and socket not in {waiting for _, waiting in self._to_cancel}:
                driven = held[-1].ticket is None
                self._to_cancel.append((held[-1].taken_at + after_s if driven else 0.0, socket))

    def next_cancel(self, now: float) -> int | None:
        """Take out the socket to which a Cancel is to be written now."""
        for at, socket in self._to_cancel:
            if now >= at:
                self._to_cancel.remove((at, socket))
                return socket
        return None

    def cancels(self) -> list[float]:
        return [at for at, _ in self._to_cancel]

    def limits(self) -> list[float]:
        return [said.limit_at for said in self.all()]
