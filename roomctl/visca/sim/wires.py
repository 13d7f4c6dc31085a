"""What a simulated camera hangs on: a serial line of up to seven, or a network of its own.

Knows no port, no clock and no command.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence

from roomctl.visca.sim.camera import SimCamera
from roomctl.visca.sim.faults import LineFaults, misheard
from roomctl.wire import Chunk

_LATE_S = 0.05
_FROM_ALL = 0x88
_SHORTEST = 4  # of an answer with data
_WRAP = 1 << 32


class SimLine(LineFaults):
    """The cameras of one port, in the order of the chain; `baud` None: bytes take no time.

    Every byte takes its time, both ways.

    `tick(now)` may be called at any time to bring what the cameras show up to date. Its faults are
    plain attributes (`faults.LineFaults`). `baud` is what the cameras are set to.
    """

    def __init__(self, cameras: Sequence[SimCamera], baud: int | None = 9600) -> None:
        super().__init__()
        self.cameras = tuple(cameras)
        self.baud = baud
        self._partial = ""
        self._coming: deque[tuple[float, str]] = deque()
        self._heard_until = 0.0
        self._leaving: list[tuple[float, int, bytes]] = []
        self._said_until = 0.0
        self._order = 0
        self.heard: list[tuple[float, str]] = []

    def spoken_at(self, baud: int) -> None:
        """Note at what speed the other end writes and reads."""
        self.spoken_baud = baud

    def receive(self, chunk: Chunk) -> None:
        start = max(chunk.at, self._heard_until)
        byte_s = self._byte_s(self.spoken_baud)
        data = self.damaged(self._translated(chunk.data, self.spoken_baud, self.baud))
        for index, byte in enumerate(data, start=1):
            self._partial += f"{byte:02x}"
            if byte == 0xFF:
                self._coming.append((start + index * byte_s, self._partial))
                self._partial = ""
            self._partial = self._partial[-64:]  # noise without an end
        self._heard_until = start + len(chunk.data) * byte_s

    def tick(self, now: float) -> None:
        while self._coming and self._coming[0][0] <= now:
            at, frame = self._coming.popleft()
            self._hear(frame, at)
        for camera in self.cameras:
            for words in camera.tick(now):
                self._say(camera, words.at, words.hex)

    def due(self) -> float | None:
        wanted = [due for camera in self.cameras if (due := camera.due()) is not None]
        wanted += [self._coming[0][0]] if self._coming else []
        wanted += [self._leaving[0][0]] if self._leaving else []
        return min(wanted, default=None)

    def outbox(self, now: float) -> bytes | None:
        if not self._leaving or self._leaving[0][0] > now:
            return None
        data = heapq.heappop(self._leaving)[2]
        while self.merge_s and self._leaving and self._leaving[0][0] <= now:
            data += heapq.heappop(self._leaving)[2]
        return self._translated(data, self.baud, self.spoken_baud)

    def sent(self, now: float) -> None:
        """Nothing to note: what left has left."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note: a camera does not know who listens."""

    def _hear(self, frame: str, at: float) -> None:
        self.heard = [*self.heard[-999:], (at, frame)]
        if len(frame) < 6:
            return
        for camera in self.cameras:
            if camera.address and frame[:2] == f"8{camera.address}":
                too_long = len(frame) > 34
                camera.hear("0" if too_long else frame[2:-2], at)
        if frame == "883001ff":
            self._number(at)
        elif frame == "88010001ff" and (awake := self._awake()):
            for camera in awake:
                camera.clear()
            self._leave(at, bytes.fromhex(frame))

    def _number(self, at: float) -> None:
        """Take AddressSet; a camera that says nothing passes it on, and keeps its place."""
        powered = [camera for camera in self.cameras if not camera.booting]
        for number, camera in enumerate(powered, start=1):
            if camera.automatic:
                camera.address = number
        if awake := self._awake():
            self._leave(at, bytes((0x88, 0x30, len(awake) + 1, 0xFF)))

    def _awake(self) -> list[SimCamera]:
        return [camera for camera in self.cameras if not camera.gone]

    def _say(self, camera: SimCamera, at: float, words: str) -> None:
        data = bytearray.fromhex(f"{camera.heads(camera.address)}{words}ff")
        if camera.garble_next:
            camera.garble_next = False
            data[len(data) // 2] ^= 0x80
        if camera.shorten_next and len(data) > _SHORTEST:
            camera.shorten_next = False
            del data[len(data) // 2]
        self._leave(at + camera.delay_s, bytes(data))

    def _leave(self, at: float, data: bytes) -> None:
        byte_s = self._byte_s(self.baud)
        if self.loses_broadcasts and data[0] == _FROM_ALL:
            return
        data = self.damaged(self.interrupted(data))
        pieces = [data[i : i + 1] for i in range(len(data))] if self.split else [data]
        if self.pause_s:
            pieces = [data[:1], data[1:]]
        for number, piece in enumerate(pieces):
            self._said_until = max(at, self._said_until) + len(piece) * byte_s
            self._said_until += self.pause_s if number else 0.0
            late = self._said_until
            if self.merge_s:
                late = math.ceil(late / self.merge_s) * self.merge_s
            self._order += 1
            heapq.heappush(self._leaving, (late, self._order, piece))

    def _byte_s(self, baud: int | None) -> float:
        baud = baud or self.baud
        return 10 / baud if baud else 0.0

    def _translated(self, data: bytes, spoken: int | None, heard: int | None) -> bytes:
        alike = self.baud is None or self.spoken_baud in (None, self.baud)
        return data if alike or not spoken or not heard else misheard(data, spoken, heard)


class SimIp:
    """One camera that speaks VISCA over IP, on a network that may be bad.

    It takes each number once and none older than the last, as Sony's lists say of "abnormal"
    numbers; after power-up it takes none before a RESET (assumed: the lists do not say).

    Its faults are plain attributes, obeyed in both directions.
    `loss`, `duplicate`, `reorder`: the part of the datagrams (0-1) that is lost, comes twice, or
    comes up to 50 ms late and so after younger ones. `length`: what its headers say, if not true.
    `completes` False: every completion gets lost. `counts` False: it takes every number, however
    often; `number`: the one that all its replies bear, in hex (misterhay/VISCA-IP-Controller 18).
    """

    def __init__(self, camera: SimCamera, seed: int = 1) -> None:
        self.camera = camera
        self.loss = self.duplicate = self.reorder = 0.0
        self.length: int | None = None
        self.completes = True
        self.counts = camera.profile.sequence == "strict"
        self.number: str | None = None
        self.heard: list[tuple[float, str]] = []
        self.resets = 0
        self._chance = random.Random(seed)  # noqa: S311 - a fault, not a secret
        self._coming: list[tuple[float, int, str]] = []
        self._leaving: list[tuple[float, int, str]] = []
        self._order = 0
        self._counting = True
        self._last: int | None = None
        self._refused = ("", "")

    def receive(self, chunk: Chunk) -> None:
        self._travel(self._coming, chunk.at, chunk.data.hex())

    def tick(self, now: float) -> None:
        self._counting = self._counting and not self.camera.booting
        while self._coming and self._coming[0][0] <= now:
            at, _, datagram = heapq.heappop(self._coming)
            self._hear(datagram, at)
        for words in self.camera.tick(now):
            if not words.number or (words.hex[0] == "5" and not (words.hex[2:] or self.completes)):
                continue  # without a number: a network change, which there is not over IP
            if words.hex.startswith("6"):
                self._refused = (words.number, words.hex)
            self._reply(words.at + self.camera.delay_s, words.number, words.hex)

    def due(self) -> float | None:
        wanted = [queue[0][0] for queue in (self._coming, self._leaving) if queue]
        camera = self.camera.due()
        return min(wanted if camera is None else [*wanted, camera], default=None)

    def outbox(self, now: float) -> bytes | None:
        if self._leaving and self._leaving[0][0] <= now:
            return bytes.fromhex(heapq.heappop(self._leaving)[2])
        return None

    def sent(self, now: float) -> None:
        """Nothing to note: what left has left."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note: a camera does not know who listens."""

    def _hear(self, datagram: str, at: float) -> None:
        kind, number, message = datagram[:4], datagram[8:16], datagram[16:]
        if self.camera.gone or len(number) < 8:
            return
        if kind == "0200":
            if message == "01":
                self.resets += 1
                self._counting, self._last = True, None
                self._say(at, "0201", "00000000", "01")
        elif kind not in ("0100", "0110", "0120"):
            self._say(at, "0200", number, "0f02")
        elif self._is_next(int(number, 16)):
            self._take(message, number, at)
        elif number == self._refused[0]:
            self._reply(at, *self._refused)
        else:
            self._say(at, "0200", number, "0f01")

    def _is_next(self, number: int) -> bool:
        if not self.counts:
            return True
        if not self._counting:
            return False
        if self._last is not None and not 0 < (number - self._last) % _WRAP < _WRAP // 2:
            return False
        self._last = number
        return True

    def _take(self, message: str, number: str, at: float) -> None:
        self.heard = [*self.heard[-9999:], (at, message)]
        if message[:1] == "8" and message[-2:] == "ff" and 6 <= len(message) <= 34:
            self.camera.hear(message[2:-2], at, number)
        else:
            self._reply(at, number, "6001")

    def _reply(self, at: float, number: str, words: str) -> None:
        message = f"{self.camera.heads(1)}{words}ff"
        if self.camera.garble_next:
            self.camera.garble_next = False
            message = f"10{words}ff"
        self._say(at, "0111", number, message)

    def _say(self, at: float, kind: str, number: str, message: str) -> None:
        number = self.number or number
        length = len(message) // 2 if self.length is None else self.length
        self._travel(self._leaving, at, f"{kind}{length:04x}{number}{message}")

    def _travel(self, queue: list[tuple[float, int, str]], at: float, datagram: str) -> None:
        for _ in range(2 if self._happens(self.duplicate) else 1):
            if not self._happens(self.loss):
                late_s = self._chance.random() * _LATE_S if self._happens(self.reorder) else 0.0
                self._order += 1
                heapq.heappush(queue, (at + late_s, self._order, datagram))

    def _happens(self, part: float) -> bool:
        return part > 0 and self._chance.random() < part
