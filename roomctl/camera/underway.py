"""What was said to a camera and has not ended: waiting for its ACK, or in one of its sockets.

Knows no port, no clock and no meaning; replies are matched by order and by socket alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from roomctl.camera.ticket import Group, Ticket
from roomctl.camera.visca import Inquiry, Message


@dataclass(slots=True, eq=False)
class Said:
    """A message that was written, until its end is known."""

    message: Message
    ticket: Ticket | None = None
    stop: Group | None = None
    limit_at: float = field(default=float("inf"))

    @property
    def asks(self) -> bool:
        return isinstance(self.message, Inquiry)


class UnderWay:
    """The messages under way to one camera. A socket may hold several: the oldest ends first.

    `to_cancel`: the sockets to which a Cancel is still to be written.
    """

    def __init__(self) -> None:
        self.unacked: deque[Said] = deque()
        self.to_cancel: deque[int] = deque()
        self._sockets: dict[int, deque[Said]] = {}

    def clear(self) -> None:
        self.unacked.clear()
        self.to_cancel.clear()
        self._sockets.clear()

    def first_unacked(self, fits: Callable[[Said], bool]) -> Said | None:
        """Take out the oldest message without an ACK that `fits`."""
        for said in self.unacked:
            if fits(said):
                self.unacked.remove(said)
                return said
        return None

    def unanswered(self, now: float) -> Said | None:
        """Take out the oldest message whose ACK or answer should have come by now."""
        return self.first_unacked(lambda said: now >= said.limit_at)

    def hold(self, socket: int, said: Said) -> None:
        self._sockets.setdefault(socket, deque()).append(said)

    def release(self, socket: int) -> Said | None:
        """Take out the oldest command in `socket`."""
        held = self._sockets.get(socket)
        return held.popleft() if held else None

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

    def cancel(self) -> None:
        """Have a Cancel written to every socket that holds something."""
        self.to_cancel.extend(socket for socket, held in self._sockets.items() if held)

    def limits(self) -> list[float]:
        return [said.limit_at for said in self.all()]
