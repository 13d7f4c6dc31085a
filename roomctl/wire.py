"""Where bytes meet time: ports below, machines above, and the pump between them.

Knows no device and no protocol. A serial chunk, a datagram, a HID report, a pin level and a
message to the screen are all bytes from a Port. A Machine decides; it has no clock and no wire.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import re
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar, runtime_checkable

from roomctl.clock import Clock
from roomctl.errors import PortClosed, PortError, PortFlooded
from roomctl.frozen import frozen

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
ROUND_S = 5.0
TURN = 256  # bytes that a machine is handed at once: a loop's turn of a few milliseconds
_CREDENTIALS = re.compile("//[^/?@]*@")


@frozen
class Intake:
    """The most that can come by a wire: bytes and chunks a second.

    `held_up` bytes, and as many seconds' chunks, may come at once: somebody stood still on the way.
    """

    bytes_s: float
    held_up: int = 32 * 1024
    chunks_s: float = 2000.0


NETWORK = Intake(32 * 1024)  # three times the fastest serial server (115200 baud)


@frozen
class Identity:
    """What was opened, as far as the system can tell; re-read at every open.

    `intake`: the most that can come by it; None: nobody floods it, or it asks for each chunk.
    """

    url: str
    path: str = ""
    vid: int | None = None
    pid: int | None = None
    bcd_device: int | None = None
    serial_number: str | None = None
    port_path: str | None = None
    product: str | None = None
    peer_uid: int | None = None
    report_descriptor: bytes | None = None
    intake: Intake | None = None


@frozen
class Chunk:
    """Bytes that came in together, and when (monotonic seconds, taken in the port)."""

    data: bytes
    at: float


class Port(Protocol):
    """Bytes in, bytes out. Every method raises PortClosed once the wire is gone."""

    @property
    def identity(self) -> Identity: ...
    async def read(self) -> Chunk: ...
    async def write(self, data: bytes) -> None: ...
    async def close(self) -> None: ...


class Machine(Protocol):
    """One end of a conversation, without clock and wire.

    `tick(now)` lets time pass, `due()` names the next instant at which it wants a tick,
    `outbox(now)` hands out at most one item to write; `sent` or `failed` tells what became of it.
    """

    def receive(self, chunk: Chunk) -> None: ...
    def tick(self, now: float) -> None: ...
    def due(self) -> float | None: ...
    def outbox(self, now: float) -> bytes | None: ...
    def sent(self, now: float) -> None: ...
    def failed(self, now: float, why: str) -> None: ...


class IdleMachine:
    """A Machine that does nothing at all; a subclass has what it does."""

    def receive(self, chunk: Chunk) -> None:
        pass

    def tick(self, now: float) -> None:
        pass

    def due(self) -> float | None:
        return None

    def outbox(self, now: float) -> bytes | None:
        return None

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        pass


@runtime_checkable
class ChosenPort(Port, Protocol):
    """A Port whose url left it open which device is meant."""

    async def outdone(self, but: Collection[str] = ()) -> str:
        """Wait until a device is plugged in that would be the better choice.

        Returns where it is plugged in; those in `but` are passed over.
        """
        ...


Connect = Callable[[str, str], Awaitable[Port]]
"""`await connect(name, url)` opens a port for the device `name`, or raises PortError."""


class DaemonThreads(ThreadPoolExecutor):
    """Threads that a process does not wait for at its end: what hangs in the kernel may stay there.

    An executor for loops, which insist on the class; of its own it has all but the name.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._most, self._started = most, 0
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._running: dict[Future[Any], str] = {}

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have `work` called in a thread, at once unless all are taken.

        There are never more threads than there were calls at once. ThreadPoolExecutor counts those
        that wait, and counts one too few whenever a thread that has just ended its call takes the
        one that a waiting thread was meant for: it had 100 after 8 hours of a room.
        """
        future: Future[T] = Future()
        self._running[future] = getattr(getattr(work, "func", work), "__qualname__", str(work))
        future.add_done_callback(self._running.pop)
        self._calls.put(partial(_call, future, work, *args, **kwargs))
        with self._starting:
            if self._started < min(self._most, len(self._running)):
                self._started += 1
                name = f"wire-{self._started}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for nothing: see `settle`."""

    def settle(self, limit_s: float) -> list[str]:
        """Wait at most `limit_s` for what is under way; return what still is."""
        wait(list(self._running), timeout=limit_s)
        return self.under_way

    @property
    def under_way(self) -> list[str]:
        """The names of the functions that are being called."""
        return sorted(self._running.values())

    def _work(self) -> None:
        while True:
            call = self._calls.get()
            call()
            del call  # and with it the arguments: the next one may be long in coming


def _call(future: Future[T], work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


threads = DaemonThreads(128)


async def in_thread(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking `work` beside the loop and wait for its result."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, partial(work, *args, **kwargs))


class _Level:
    """What came, less what may have come since."""

    def __init__(self, most_s: float, most: float) -> None:
        self.most_s, self._most = most_s, most
        self._level, self._at = 0.0, 0.0

    def overflows(self, amount: float, at: float) -> bool:
        self._level = max(0.0, self._level - (at - self._at) * self.most_s) + amount
        self._at = at
        return self._level > self._most


class _Gauge:
    """Counts what comes by a wire; a device that is all right never has so much to say."""

    def __init__(self, identity: Identity, most: Intake) -> None:
        self._url = identity.url
        self._bytes = _Level(most.bytes_s, most.held_up)
        self._chunks = _Level(most.chunks_s, 2 * most.chunks_s)

    def take(self, chunk: Chunk) -> None:
        """Count a chunk; PortFlooded if it is one too many."""
        for level, amount, what in (
            (self._bytes, len(chunk.data), "bytes"),
            (self._chunks, 1, "packets"),
        ):
            if level.overflows(amount, chunk.at):
                why = f"sends more than {level.most_s:.0f} {what} a second, and was hung up"
                ask = "switch it off and on again, or see what else is at its address"
                raise PortFlooded(self._url, f"{why}; {ask}")


async def pump(
    port: Port,
    machine: Machine,
    wake: asyncio.Event,
    clock: Clock,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Join `port` and `machine` until the port closes (raises PortClosed) or the task is cancelled.

    Raises PortFlooded if more comes than `port.identity.intake` allows. Goes round at least every
    5 s, and calls `beat` each time. Set `wake` after giving the machine something to say: it is
    written at once, whatever the pump was waiting for. A write that fails without closing the port
    is reported to the machine.
    """
    loop, most = asyncio.get_running_loop(), port.identity.intake
    gauge = None if most is None else _Gauge(port.identity, most)

    def roused(_: object) -> None:
        wake.set()

    reading = asyncio.ensure_future(port.read())
    reading.add_done_callback(roused)
    try:
        while True:
            beat()
            wake.clear()
            machine.tick(clock.mono_s())
            await _drain(port, machine, clock)
            due = machine.due()
            limit = ROUND_S if due is None else min(ROUND_S, max(0.0, due - clock.mono_s()))
            # The event itself is waited for: whoever sets it is served in the loop's next turn,
            # before anything that is put into it afterwards.
            timer = loop.call_later(limit, wake.set)
            try:
                await wake.wait()
            finally:
                timer.cancel()
            if reading.done():
                chunk = reading.result()
                if gauge is not None:
                    gauge.take(chunk)
                machine.receive(chunk)
                reading = asyncio.ensure_future(port.read())
                reading.add_done_callback(roused)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _drain(port: Port, machine: Machine, clock: Clock) -> None:
    while (data := machine.outbox(clock.mono_s())) is not None:
        try:
            await port.write(data)
        except PortClosed as error:
            machine.failed(clock.mono_s(), error.why)
            raise
        except PortError as error:
            machine.failed(clock.mono_s(), error.why)
        else:
            machine.sent(clock.mono_s())


class _PairEnd:
    """One end of an in-memory wire."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.identity = Identity(url=url, path=url)
        self._clock = clock
        self._incoming: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self._peer: _PairEnd | None = None
        self._closed = False

    def join(self, peer: _PairEnd) -> None:
        self._peer = peer

    def hang_up(self) -> None:
        if not self._closed:
            self._closed = True
            self._incoming.put_nowait(None)

    async def read(self) -> Chunk:
        chunk = None if self._closed and self._incoming.empty() else await self._incoming.get()
        if chunk is None:
            raise PortClosed(self.identity.url, "the other end hung up")
        return chunk

    async def write(self, data: bytes) -> None:
        if self._closed or self._peer is None:
            raise PortClosed(self.identity.url, "the other end hung up")
        self._peer.deliver(Chunk(data, self._clock.mono_s()))

    def deliver(self, chunk: Chunk) -> None:
        if not self._closed:
            self._incoming.put_nowait(chunk)

    async def close(self) -> None:
        peer = self._peer
        self.hang_up()
        if peer is not None:
            peer.hang_up()


def pair(url: str, clock: Clock) -> tuple[Port, Port]:
    """Return the two ends of an in-memory wire; closing one closes both."""
    near, far = _PairEnd(url, clock), _PairEnd(url, clock)
    near.join(far)
    far.join(near)
    return near, far


class Virtual:
    """Two machines in one room of invented time; `now` moves only by `run` and `settle`."""

    def __init__(self, near: Machine, far: Machine, *, now: float = 0.0) -> None:
        self.near, self.far, self.now = near, far, now
        self.steps = 0

    def run(self, seconds: float, *, max_steps: int = 1_000_000) -> None:
        """Let `seconds` pass, exchanging everything the machines want to say on the way."""
        end = self.now + seconds
        while True:
            self.settle(max_steps=max_steps)
            wanted = [due for m in (self.near, self.far) if (due := m.due()) is not None]
            upcoming = min(wanted, default=end)
            if upcoming > end:
                break
            if upcoming <= self.now:
                if end <= self.now:
                    break
                upcoming = min(end, self.now + 1e-6)
            self.now = upcoming
            if self.now >= end:
                break
        self.now = end
        self.settle(max_steps=max_steps)

    def settle(self, *, max_steps: int = 1_000_000) -> None:
        """Exchange what can be said now, without letting time pass."""
        busy = True
        while busy:
            busy = self._pass(self.near, self.far) | self._pass(self.far, self.near)
            self.steps += 1
            if self.steps > max_steps:
                raise RuntimeError(f"the machines did not come to rest in {max_steps} steps")

    def _pass(self, talker: Machine, listener: Machine) -> bool:
        talker.tick(self.now)
        spoke = False
        while (data := talker.outbox(self.now)) is not None:
            talker.sent(self.now)
            listener.receive(Chunk(data, self.now))
            spoke = True
        return spoke


def converse(near: Machine, far: Machine, seconds: float, *, now: float = 0.0) -> float:
    """Run two machines against each other for `seconds` of invented time; return the new now.

    Hours pass in milliseconds: no loop, no sleep, no thread. Bytes travel in no time; a machine
    that wants to model a slow line does so with `due()`.
    """
    room = Virtual(near, far, now=now)
    room.run(seconds)
    return room.now


@frozen
class Record:
    """One thing seen on a wire; `at` is monotonic seconds.

    `direction` is "in" or "out", or for the wire itself "open" (`note`: its url) or "lost" (why).
    What was to go "out" and did not has its `note`: why.
    """

    at: float
    direction: str
    data: bytes = b""
    note: str = ""


class Ring:
    """The newest records of one wire, so many and so many bytes; old ones make room.

    `note` is all that it costs to keep.
    """

    def __init__(self, entries: int = 10_000, largest: int = 512 * 1024) -> None:
        """By default what a camera's busy joystick says in a minute."""
        self._records: deque[Record] = deque()
        self._entries, self._largest, self._size = entries, largest, 0

    def note(self, record: Record) -> None:
        self._records.append(record)
        self._size += len(record.data)
        while len(self._records) > self._entries or self._size > self._largest:
            self._size -= len(self._records.popleft().data)

    def records(self) -> tuple[Record, ...]:
        """Return them by their time: what was read is noted a little later than it came."""
        return tuple(sorted(self._records, key=lambda record: record.at))


class Traced:
    """A Port that shows everything passing through it, and its end, to `record`."""

    def __init__(self, port: Port, clock: Clock, record: Callable[[Record], None]) -> None:
        self._port, self._clock, self._record = port, clock, record
        self._lost = False

    @property
    def identity(self) -> Identity:
        return self._port.identity

    async def read(self) -> Chunk:
        try:
            chunk = await self._port.read()
        except PortClosed as error:
            self._end(error.why)
            raise
        self._record(Record(chunk.at, "in", chunk.data))
        return chunk

    async def write(self, data: bytes) -> None:
        at = self._clock.mono_s()  # before it is written: the answer may be quicker than the call
        try:
            await self._port.write(data)
        except PortClosed as error:
            self._end(error.why)
            raise
        except PortError as error:
            self._record(Record(at, "out", data, error.why))
            raise
        self._record(Record(at, "out", data))

    async def outdone(self, but: Collection[str] = ()) -> str:
        if isinstance(self._port, ChosenPort):
            return await self._port.outdone(but)
        await asyncio.Event().wait()  # it was named: no other one is meant
        raise AssertionError

    async def close(self) -> None:
        self._end("closed here")
        await self._port.close()

    def _end(self, why: str) -> None:
        if not self._lost:
            self._lost = True
            self._record(Record(self._clock.mono_s(), "lost", note=why))


def traced(connect: Connect, clock: Clock, record: Callable[[Record], None]) -> Connect:
    """Return `connect` with everything on its ports shown to `record`: opened, said, heard, lost.

    An opening that fails is not shown: in a night without the device it would be all there is.
    """

    async def connecting(name: str, url: str) -> Port:
        port = await connect(name, url)
        record(Record(clock.mono_s(), "open", note=_CREDENTIALS.sub("//", url)))
        return Traced(port, clock, record)

    return connecting


def trace_file(path: str) -> Callable[[Record], None]:
    """Return a recorder that appends lines to `path` (mode 0600), as `trace_line` writes them.

    A disk that takes no more is told once, and leaves a gap: the device goes on.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    missing = 0

    def record(entry: Record) -> None:
        nonlocal missing
        try:
            os.write(handle, f"{trace_line(entry)}\n".encode())
        except OSError as error:
            if not missing:
                _log.warning("%s: the trace has a gap from now on: %s", path, error)
            missing += 1
        else:
            missing = 0

    return record


def trace_line(record: Record, wall: str = "", meaning: str = "") -> str:
    """Write `at<TAB>direction<TAB>hex`, and if there are any `<TAB>wall clock<TAB>meaning`.

    A record without bytes has its note for a meaning.
    """
    cells = [f"{record.at:.6f}", record.direction, record.data.hex()]
    if wall or meaning or record.note:
        cells += [wall, " ".join((meaning or record.note).split())]
    return "\t".join(cells)
