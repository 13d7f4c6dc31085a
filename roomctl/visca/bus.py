"""The cameras on one line, one to seven of them: whose turn it is, and whose reply that was.

Knows no port, no clock and no model. It cuts the bytes, hands each `Connection` its frames, numbers
the chain at the start, and decides who speaks next: a stop at once, the others in turn, and never
more than one frame ahead of what the line can carry.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from roomctl.frozen import frozen
from roomctl.visca.connection import Connection
from roomctl.visca.frames import (
    BROADCAST,
    GAP_S,
    AddressesSet,
    AllCleared,
    BadFrame,
    Completion,
    NetworkChange,
    Reply,
    Splitter,
    decode_reply,
)
from roomctl.visca.in_flight import Pending
from roomctl.visca.message import AddressSet, ClearAll
from roomctl.wire import Chunk

_log = logging.getLogger(__name__)

OPENING_S = 0.3  # wait for AddressSet and IF_Clear to come round: 7 cameras at 9600 baud need 0.1 s
ROUND_AGAIN_S = 5.0  # while no camera answers, the chain is numbered anew this often
SETTLE_S = 0.1  # several network changes in a row (a chain powers up) are one
ANSWER_BYTES, DRIVE_BYTES = 16, 9
CROWDED_S = 0.008  # half a video cycle: if drives fill more, none waits for its camera's cycle
PAUSE_S = 0.0005
_CHANGE_BYTES = 3
_CHANGE_HEADERS = (0x88, *range(0x90, 0x100, 0x10))


@frozen
class _Step:
    """One message of the opening, and the answer that ends the wait for it.

    `whose`: whose answer, where the message was for one camera.
    """

    frame: bytes
    answer: type[Reply]
    whose: Connection | None = None


class _Burst:
    """Bytes that came in without a pause: its first frame began when the camera spoke."""

    def __init__(self, byte_s: float) -> None:
        self._pause_s = 2 * byte_s + PAUSE_S
        self._byte_s = byte_s
        self._began_at = self._ended_at = float("-inf")
        self._fresh = False

    def feed(self, chunk: Chunk) -> None:
        began_at = chunk.at - len(chunk.data) * self._byte_s
        if began_at > self._ended_at + self._pause_s:
            self._began_at, self._fresh = began_at, True
        self._ended_at = chunk.at

    def take(self) -> float | None:
        """Return when the burst began, for its first frame; None for the others."""
        fresh, self._fresh = self._fresh, False
        return self._began_at if fresh else None


class Bus:
    """The cameras on one port, by address; `baud` None: not a serial line.

    On a serial line the chain is numbered (AddressSet) and cleared (IF_Clear) before anything
    else; elsewhere each camera is cleared alone. The same happens after a network change: if one
    camera says so, and the chain has as many as before, it alone begins anew.

    `gap_s`: a partial frame older than that is given up (`Splitter`).
    """

    def __init__(
        self, connections: Sequence[Connection], baud: int | None, gap_s: float = GAP_S
    ) -> None:
        self._connections = {connection.address: connection for connection in connections}
        self._order = deque(connections)
        self._serial = baud is not None
        self._byte_s = 10 / baud if baud else 0.0
        for connection in connections:
            connection.byte_s = self._byte_s
        self._splitter = Splitter(gap_s)
        self._burst = _Burst(self._byte_s)
        self._steps: deque[_Step] = deque()
        self._step: _Step | None = None
        self._step_until = 0.0
        self._open_at: float | None = 0.0
        self._again_at: float | None = None
        self._opening = False
        self._newcomers: list[Connection] = []  # who said that it was switched on; none: all begin
        self._beginning: list[Connection] = []
        self._counted: int | None = None
        self._free_at = 0.0
        self._held_back = False
        self._writer: Connection | None = None
        self._length = 0
        self.bad_frames = 0

    def receive(self, chunk: Chunk) -> None:
        self._burst.feed(chunk)
        for frame in self._splitter.feed(chunk.data, chunk.at):
            spoke_at = self._burst.take()
            reply = decode_reply(frame) if isinstance(frame, bytes) else frame
            if isinstance(frame, bytes) and _broken_by_change(frame):
                reply = NetworkChange(0)
            if isinstance(reply, BadFrame):
                self.bad_frames += 1
                _log.debug("bad frame (%s): %s", reply.why, reply.data.hex(" "))
            else:
                self.deliver(reply, chunk.at, spoke_at=spoke_at)

    def deliver(
        self,
        reply: Reply,
        now: float,
        answers: Pending | None = None,
        spoke_at: float | None = None,
    ) -> None:
        """Take one reply; `answers` is what it answers, on a wire that tells.

        `spoke_at`: when the camera began to say it; None: not known.
        """
        if isinstance(reply, NetworkChange):
            self._changed(reply, now)
            return
        if isinstance(reply, AddressesSet | AllCleared):
            if self._step is not None and isinstance(reply, self._step.answer):
                self._step = None
            if isinstance(reply, AddressesSet):
                self._note_count(reply.cameras, now)
            return
        connection = self._connection_at(reply.address)
        if self._step is not None and self._step.whose and self._step.whose is connection:
            if isinstance(reply, self._step.answer):
                self._step = None
            return
        if connection is not None:
            connection.receive(reply, now, answers)
            if spoke_at is not None:
                connection.spoke(spoke_at)

    @property
    def counted(self) -> int | None:
        """How many cameras took an address, as the last of them says; None: not known."""
        return self._counted or None

    @property
    def last_written(self) -> Pending | None:
        """What the frame from the outbox is to a camera; None: nobody waits for its answer."""
        return self._writer.last_written if self._writer is not None else None

    @property
    def uncounted(self) -> bool:
        """Whether its camera, over IP, does not count the messages."""
        return any(not connection.model.counts for connection in self._order)

    def hold_unrepeatable(self, until: float) -> None:
        """Say nothing before `until` that must not run twice."""
        for connection in self._order:
            connection.hold_unrepeatable(until)

    def awaits(self, pending: Pending) -> bool:
        """Whether the ACK or the answer to `pending` is still waited for."""
        return any(connection.awaits(pending) for connection in self._order)

    def _connection_at(self, address: int) -> Connection | None:
        """Return whose reply it is; a camera that is alone may answer from any address.

        PTZOptics Move SE with SOC 9.1.35 answers from address 2 (companion-ptzoptics issue 57).
        """
        if len(self._connections) == 1:
            return self._order[0]
        return self._connections.get(address)

    def tick(self, now: float) -> None:
        if self._open_at is not None and now >= self._open_at:
            self._start_opening(now)
        if self._step is not None and now >= self._step_until:
            self._step = None
        if self._opening and self._step is None and not self._steps:
            self._opening = False
            for connection in self._beginning:
                connection.begin(now)
            self._beginning = []
        for connection in self._connections.values():
            connection.tick(now)
        self._number_anew(now)

    def _number_anew(self, now: float) -> None:
        """While nobody answers, number the chain again now and then: it may have lost power."""
        if (
            not self._serial
            or self._opening
            or not all(c.silent for c in self._connections.values())
        ):
            self._again_at = None
        elif self._again_at is None:
            self._again_at = now + ROUND_AGAIN_S
        elif now >= self._again_at:
            self._start_opening(now)

    def _changed(self, notice: NetworkChange, now: float) -> None:
        """Note that a camera was switched on, or another chain is there: somebody begins anew."""
        newcomer = self._connections.get(notice.address)
        if self._open_at is None:
            self._open_at = now + SETTLE_S
            self._newcomers = []
        elif not self._newcomers:
            return  # all begin anyway
        others = [each for each in self._newcomers if each is not newcomer]
        self._newcomers = [*others, newcomer] if newcomer and self._serial else []

    def _start_opening(self, now: float) -> None:
        self._open_at = self._again_at = None
        known = list(self._connections.values())
        unbegun = [*self._newcomers, *self._beginning]  # an opening that this one cuts short
        self._beginning = [each for each in known if each in unbegun or not self._newcomers]
        one_by_one = not self._serial or len(self._beginning) < len(self._connections)
        self._newcomers = []
        for connection in self._beginning:
            connection.interrupt(now)
        numbered = _Step(AddressSet().encode(BROADCAST), AddressesSet)
        cleared = _Step(ClearAll().encode(BROADCAST), AllCleared)
        self._steps = deque([numbered] if self._serial else [])
        self._steps.extend(map(_clearing, self._beginning) if one_by_one else [cleared])
        self._step, self._opening = None, True

    def _note_count(self, cameras: int, now: float) -> None:
        """Note how many cameras there are; if more or fewer than before, addresses have moved."""
        _log.debug("%d cameras on the line", cameras)
        moved = self._counted not in (None, cameras)
        self._counted = cameras
        if not self._opening or not moved:
            return
        first = min(connection.address for connection in self._beginning)
        for connection in self._connections.values():
            if connection.address > first and connection not in self._beginning:
                connection.interrupt(now)
                self._beginning.append(connection)
                self._steps.append(_clearing(connection))

    def due(self) -> float | None:
        wanted = [
            due
            for connection in self._connections.values()
            if (due := connection.due()) is not None
        ]
        wanted += [at for at in (self._open_at, self._again_at) if at is not None]
        wanted += [self._step_until] if self._step is not None else []
        wanted += [self._free_at] if self._held_back else []
        return min(wanted, default=None)

    def outbox(self, now: float) -> bytes | None:
        for connection in self._order:
            if (frame := connection.urgent(now)) is not None:
                return self._write(frame, connection)
        self._held_back = now < self._free_at
        if self._held_back:
            return None
        if self._opening:
            frame = self._next_step(now)
            if frame is not None or len(self._beginning) == len(self._connections):
                return frame
        driven = sum(connection.driven for connection in self._order)
        crowded = driven > 1 and driven * DRIVE_BYTES * self._byte_s > CROWDED_S
        for connection in self._order:  # it is the turn of who has been quiet for longest
            if (frame := connection.next(now, hurry=crowded)) is not None:
                self._order.remove(connection)
                self._order.append(connection)
                return self._write(frame, connection)
        return None

    def _next_step(self, now: float) -> bytes | None:
        if self._step is not None or not self._steps:
            return None
        self._step = self._steps.popleft()
        self._step_until = now + OPENING_S
        return self._write(self._step.frame, None)

    def _write(self, frame: bytes, connection: Connection | None) -> bytes:
        self._writer, self._length = connection, len(frame)
        return frame

    def sent(self, now: float) -> None:
        air_s = self._length * self._byte_s
        self._free_at = max(now, self._free_at) + air_s
        if self._writer is not None:
            self._writer.written(now, (self._free_at - now) + ANSWER_BYTES * self._byte_s)

    def failed(self, now: float, why: str) -> None:
        _log.debug("not written: %s", why)
        if self._writer is not None:
            self._writer.not_written(now)


def _clearing(connection: Connection) -> _Step:
    return _Step(ClearAll().encode(connection.address), Completion, connection)


def _broken_by_change(frame: bytes) -> bool:
    """Whether a network change came in the middle of a reply: no reply ends with its bytes."""
    return len(frame) > _CHANGE_BYTES and frame[-2] == 0x38 and frame[-3] in _CHANGE_HEADERS
