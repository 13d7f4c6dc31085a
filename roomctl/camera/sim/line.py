"""A simulated line: up to seven cameras in a chain, every byte takes its time, both ways.

Knows no port, no clock and no command.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence

from roomctl.camera.sim.camera import SimCamera
from roomctl.camera.sim.faults import LineFaults, misheard
from roomctl.wire import Chunk


class SimLine(LineFaults):
    """The cameras of one port, in the order of the chain; `baud` None: bytes take no time.

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
        self._leave(at + camera.delay_s, bytes(data))

    def _leave(self, at: float, data: bytes) -> None:
        byte_s = self._byte_s(self.baud)
        data = self.damaged(self.interrupted(data))
        pieces = [data[i : i + 1] for i in range(len(data))] if self.split else [data]
        for piece in pieces:
            self._said_until = max(at, self._said_until) + len(piece) * byte_s
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
