"""What was said to a camera and has not ended: waiting for its ACK, or in one of its sockets.

Knows no port, no clock and no meaning; replies are matched by order and by socket alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from roomctl.camera.message import Inquiry, Message
from roomctl.camera.ticket import Group, Ticket


@dataclass(slots=True, eq=False)
class Said:
    """A message that was written, until its end is known."""

    message: Message
    ticket: Ticket | None = None
    stop: Group | None = None
    limit_at: float = field(default=float("inf"))
    certain: bool = False  # its ACK named it: on that wire its completion may get lost

    @property
    def asks(self) -> bool:
        return isinstance(self.message, Inquiry)

    @property
    def fills_socket(self) -> bool:
        """Whether to keep a socket free of others for it; if wrong, the camera says it is full."""
        return not self.certain or (self.ticket is not None and not self.ticket.over)


class UnderWay:
    """The messages under way to one camera. A socket may hold several: the oldest ends first.

    `to_cancel`: the sockets to which a Cancel is still to be written. `named`: the one message
    that the reply in hand answers, on a wire that tells; None: order and socket tell.
    """

    def __init__(self) -> None:
        self.unacked: deque[Said] = deque()
        self.named: Said | None = None
        self.to_cancel: deque[int] = deque()
        self._sockets: dict[int, deque[Said]] = {}

    def clear(self) -> None:
        self.unacked.clear()
        self.to_cancel.clear()
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
        """Take out the command that the reply names, else the oldest in `socket`."""
        if (named := self.named) is not None:
            for held in self._sockets.values():
                if named in held:
                    held.remove(named)
                    return named
            return None
        found = self._sockets.get(socket)
        return found.popleft() if found else None

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
