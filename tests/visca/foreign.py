"""A VISCA camera that shares no code with the conversation: its bytes stand here, from the manuals.

Sony SRG-300H command list p.4-10 and EVI-D70 p.36-45: a command is answered `z0 4y FF` when it is
taken and `z0 5y FF` when it is done, y its socket, of which there are two; `z0 60 03 FF` if both
are taken. A question is answered `z0 50 … FF`. One message is taken in a video cycle, in turn. On a
serial line a byte takes ten bits, either way. Over IP (p.31) eight bytes stand before each message,
and a number that has come before is answered `0F 01`.

`lose` says of each reply whether it gets lost on its way, `deaf` of each message. Time is an
argument: it runs in invented time, and beside a loop (`served`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from roomctl.wire import Chunk

CYCLE_S = 1 / 59.94
VERSION = bytes.fromhex("00010513010402")  # vendor 0001, model 0513 (SRG-300H), two sockets
DRIVE, STOP = b"\x01\x06\x01", (3, 3)
DEG_S = 4.0  # for each step of the speed byte
UNITS = 51.2  # for each degree: 45 degrees are 0900 (SRG-300H)
ACK, DONE, ANSWER = 0x40, 0x50, 0x00  # what a reply is; an answer is not one of a command


def nibbles(value: int, count: int = 4) -> bytes:
    return bytes(value >> 4 * place & 0x0F for place in reversed(range(count)))


@dataclass
class Reply:
    """A reply before it leaves: `kind` is ACK, DONE or ANSWER; `about`: what it answers."""

    kind: int
    about: bytes
    camera: ForeignCamera
    frame: bytes
    number: bytes = b""


Lose = Callable[[Reply], bool]
Deaf = Callable[[bytes], bool]


@dataclass
class ForeignCamera:
    """One camera. `moves`: when each drive was taken; `stops`: when each stop was taken."""

    address: int = 1
    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    zoom: int = 0
    moves: list[float] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    asked: list[tuple[float, bytes]] = field(default_factory=list)
    full: int = 0  # how often both sockets were taken
    deepest: int = 0  # how many messages lay in it at once
    rests_until: float = 0.0  # until when it takes nothing
    _rates: tuple[float, float] = (0.0, 0.0)
    _target: tuple[float, float] | None = None
    _at: float = 0.0
    _inbox: deque[tuple[float, bytes, bytes]] = field(default_factory=deque)
    _busy: dict[int, tuple[float, bytes, bytes]] = field(default_factory=dict)
    _turn_at: float = 0.0

    @property
    def moving(self) -> bool:
        return self._rates != (0.0, 0.0)

    @property
    def lying(self) -> int:
        """How many messages wait in it."""
        return len(self._inbox)

    def come(self, at: float, message: bytes, number: bytes = b"") -> None:
        """Take a message into its buffer; `message` is without header and FF."""
        if not self._inbox:
            self._turn_at = (int(max(at, self.rests_until) / CYCLE_S) + 1) * CYCLE_S
        self._inbox.append((at, message, number))
        self.deepest = max(self.deepest, len(self._inbox))

    def due(self) -> float | None:
        ends = [at for at, _, _ in self._busy.values()]
        return min([*ends, self._turn_at] if self._inbox else ends, default=None)

    def turn(self, now: float) -> list[Reply]:
        """Let time pass; return the replies that this brings."""
        self._go(now)
        replies = []
        for socket, (at, message, number) in sorted(self._busy.items()):
            if now >= at:
                del self._busy[socket]
                replies.append(self._reply(DONE, message, bytes((0x50 | socket,)), number))
        if self._inbox and now >= self._turn_at:
            _, message, number = self._inbox.popleft()
            self._turn_at = max(self._turn_at + CYCLE_S, self.rests_until)
            replies.append(self._obey(message, number, now))
        return replies

    def _go(self, now: float) -> None:
        passed, self._at = now - self._at, now
        pan, tilt = self._rates
        self.pan_deg = max(-170.0, min(170.0, self.pan_deg + pan * passed))
        self.tilt_deg = max(-30.0, min(90.0, self.tilt_deg + tilt * passed))

    def _reply(self, kind: int, about: bytes, said: bytes, number: bytes) -> Reply:
        header = bytes(((self.address + 8) << 4,))
        return Reply(kind, about, self, header + said + b"\xff", number)

    def _obey(self, message: bytes, number: bytes, now: float) -> Reply:
        if message[:1] == b"\x09":
            self.asked.append((now, message))
            answer = self._answer(message)
            said = b"\x60\x02" if answer is None else b"\x50" + answer
            return self._reply(ANSWER, message, said, number)
        if message == b"\x01\x00\x01":
            self._busy.clear()
            return self._reply(DONE, message, b"\x50", number)
        free = [socket for socket in (1, 2) if socket not in self._busy]
        if not free:
            self.full += 1
            return self._reply(ANSWER, message, b"\x60\x03", number)
        lasts_s = self._do(message, now)
        if lasts_s is None:
            return self._reply(ANSWER, message, b"\x60\x02", number)
        self._busy[free[0]] = (now + lasts_s, message, number)
        return self._reply(ACK, message, bytes((0x40 | free[0],)), number)

    def _do(self, message: bytes, now: float) -> float | None:
        """Do what a command says; return how long that takes. None: it knows no such command."""
        if message.startswith(DRIVE) and len(message) == 7:
            if not 1 <= message[3] <= 0x18 or not 1 <= message[4] <= 0x17:
                return None
            ways = (message[5], message[6])
            (self.stops if ways == STOP else self.moves).append(now)
            self._rates = (
                {1: -DEG_S, 2: DEG_S}.get(ways[0], 0.0) * message[3],
                {1: DEG_S, 2: -DEG_S}.get(ways[1], 0.0) * message[4],
            )
            return CYCLE_S
        if message[:3] == b"\x01\x06\x02" and len(message) == 13:
            pan, tilt = (_signed(message[n : n + 4]) / UNITS for n in (5, 9))
            lasts_s = max(abs(pan - self.pan_deg), abs(tilt - self.tilt_deg), 0.1) / 60
            self._rates = (0.0, 0.0)
            self.pan_deg, self.tilt_deg = pan, tilt
            return lasts_s
        if message[:3] == b"\x01\x04\x47" and len(message) == 7:
            self.zoom = _signed(message[3:7])
            return 0.3
        return CYCLE_S if message[:1] == b"\x01" else None

    def _answer(self, question: bytes) -> bytes | None:
        match question:
            case b"\x09\x00\x02":
                return VERSION
            case b"\x09\x04\x00":
                return b"\x02"
            case b"\x09\x06\x12":
                pan, tilt = (round(deg * UNITS) & 0xFFFF for deg in (self.pan_deg, self.tilt_deg))
                return nibbles(pan) + nibbles(tilt)
            case b"\x09\x04\x47" | b"\x09\x04\x48":
                return nibbles(self.zoom)
        return None


def _signed(data: bytes) -> int:
    value = 0
    for nibble in data:
        value = value << 4 | nibble
    return value - 0x10000 if value >= 0x8000 else value


class ForeignLine:
    """Cameras on one wire, as the far end of a line: serial (`baud`) or plain over IP (None).

    `lost`: the replies that got lost.
    """

    def __init__(self, cameras: int = 1, baud: int | None = 9600) -> None:
        self.cameras = [ForeignCamera(address) for address in range(1, cameras + 1)]
        self.lose: Lose = lambda _: False
        self.deaf: Deaf = lambda _: False
        self.lost: list[Reply] = []
        self.baud = baud
        self._byte_s = 10 / baud if baud else 0.0
        self._heard = b""
        self._in_free = self._out_free = 0.0
        self._out: deque[tuple[float, bytes]] = deque()

    @property
    def camera(self) -> ForeignCamera:
        return self.cameras[0]

    def receive(self, chunk: Chunk) -> None:
        self._heard += chunk.data
        while b"\xff" in self._heard:
            frame, _, self._heard = self._heard.partition(b"\xff")
            self._in_free = max(self._in_free, chunk.at) + (len(frame) + 1) * self._byte_s
            self._arrived(frame, self._in_free)

    def _arrived(self, frame: bytes, at: float) -> None:
        if frame == b"\x88\x30\x01":
            self._say(at, bytes((0x88, 0x30, len(self.cameras) + 1, 0xFF)))
        elif frame[:1] == b"\x88":
            self._say(at, frame + b"\xff")
        else:
            for camera in self.cameras:
                if frame[:1] == bytes((0x80 | camera.address,)) and not self.deaf(frame[1:]):
                    camera.come(at, frame[1:])

    def tick(self, now: float) -> None:
        for camera in self.cameras:
            for reply in camera.turn(now):
                if self.lose(reply):
                    self.lost.append(reply)
                else:
                    self._say(now, self._wrapped(reply))

    def _wrapped(self, reply: Reply) -> bytes:
        return reply.frame

    def _say(self, at: float, data: bytes) -> None:
        self._out_free = max(self._out_free, at) + len(data) * self._byte_s
        self._out.append((self._out_free, data))

    def due(self) -> float | None:
        wanted = [due for camera in self.cameras if (due := camera.due()) is not None]
        return min([*wanted, *(at for at, _ in self._out)], default=None)

    def outbox(self, now: float) -> bytes | None:
        return self._out.popleft()[1] if self._out and now >= self._out[0][0] else None

    def sent(self, now: float) -> None: ...

    def failed(self, now: float, why: str) -> None: ...


class ForeignIp(ForeignLine):
    """One camera that speaks Sony's VISCA over IP; every chunk is a datagram."""

    def __init__(self) -> None:
        super().__init__(1, None)
        self._last = -1

    def receive(self, chunk: Chunk) -> None:
        kind, number, message = chunk.data[:2], chunk.data[4:8], chunk.data[8:]
        if kind == b"\x02\x00":
            self._last = -1
            self._say(chunk.at, b"\x02\x01\x00\x01" + bytes(4) + b"\x01")
        elif int.from_bytes(number, "big") <= self._last:
            self._say(chunk.at, b"\x02\x01\x00\x02" + number + b"\x0f\x01")
        elif not self.deaf(message[1:-1]):
            self._last = int.from_bytes(number, "big")
            self.camera.come(chunk.at, message[1:-1], number)

    def _wrapped(self, reply: Reply) -> bytes:
        length = len(reply.frame).to_bytes(2, "big")
        return b"\x01\x11" + length + reply.number + reply.frame


@contextlib.asynccontextmanager
async def served(line: ForeignLine, clock: Callable[[], float]) -> AsyncIterator[str]:
    """Have a line at the far end of a pty, in real time; yields the near end's path."""
    loop, (far, near) = asyncio.get_running_loop(), os.openpty()
    tty.setraw(near)
    woken = asyncio.Event()

    def heard() -> None:
        line.receive(Chunk(os.read(far, 4096), clock()))
        woken.set()

    async def run() -> None:
        while True:
            woken.clear()
            line.tick(clock())
            while (data := line.outbox(clock())) is not None:
                os.write(far, data)
            due = line.due()
            timer = None if due is None else loop.call_later(max(0.0, due - clock()), woken.set)
            await woken.wait()
            if timer is not None:
                timer.cancel()

    loop.add_reader(far, heard)
    running = asyncio.create_task(run())
    try:
        yield os.ttyname(near)
    finally:
        loop.remove_reader(far)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        os.close(far)
        os.close(near)
