"""Simulated VISCA cameras on a simulated line: the far end, byte for byte and in real time.

Knows no port and no clock. Every byte takes its time on the line, in both directions.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence

from roomctl.camera.simcamera import SimCamera
from roomctl.wire import Chunk

__all__ = ["SimCamera", "SimLine"]


class SimLine:
    """The cameras of one port, in the order of the chain; `baud` None: bytes take no time.

    `tick(now)` may be called at any time to bring what the cameras show up to date.
    """

    def __init__(self, cameras: Sequence[SimCamera], baud: int | None = 9600) -> None:
        self.cameras = tuple(cameras)
        self._byte_s = 10 / baud if baud else 0.0
        self._partial = ""
        self._coming: deque[tuple[float, str]] = deque()
        self._heard_until = 0.0
        self._leaving: list[tuple[float, int, bytes]] = []
        self._said_until = 0.0
        self._order = 0
        self.heard: list[tuple[float, str]] = []

    def receive(self, chunk: Chunk) -> None:
        start = max(chunk.at, self._heard_until)
        for index, byte in enumerate(chunk.data, start=1):
            self._partial += f"{byte:02x}"
            if byte == 0xFF:
                self._coming.append((start + index * self._byte_s, self._partial))
                self._partial = ""
            self._partial = self._partial[-64:]  # noise without an end
        self._heard_until = start + len(chunk.data) * self._byte_s

    def tick(self, now: float) -> None:
        while self._coming and self._coming[0][0] <= now:
            at, frame = self._coming.popleft()
            self._hear(frame, at)
        for camera in self.cameras:
            for at, words in camera.tick(now):
                self._say(camera, at, words)

    def due(self) -> float | None:
        wanted = [due for camera in self.cameras if (due := camera.due()) is not None]
        wanted += [self._coming[0][0]] if self._coming else []
        wanted += [self._leaving[0][0]] if self._leaving else []
        return min(wanted, default=None)

    def outbox(self, now: float) -> bytes | None:
        if self._leaving and self._leaving[0][0] <= now:
            return heapq.heappop(self._leaving)[2]
        return None

    def sent(self, now: float) -> None:
        """Nothing to note: what left has left."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note: a camera does not know who listens."""

    def _hear(self, frame: str, at: float) -> None:
        self.heard = [*self.heard[-999:], (at, frame)]
        if len(frame) < 6:
            return
        for camera in self.cameras:
            if frame[:2] == f"8{camera.address}":
                too_long = len(frame) > 34
                camera.hear("0" if too_long else frame[2:-2], at)
        awake = [camera for camera in self.cameras if not camera.silent]
        if frame == "883001ff" and awake:
            self._leave(at, bytes((0x88, 0x30, len(awake) + 1, 0xFF)))
        elif frame == "88010001ff" and awake:
            for camera in awake:
                camera.clear()
            self._leave(at, bytes.fromhex(frame))

    def _say(self, camera: SimCamera, at: float, words: str) -> None:
        data = bytearray.fromhex(f"{(camera.replies_as or camera.address) + 8:x}0{words}ff")
        if camera.garble_next:
            camera.garble_next = False
            data[len(data) // 2] ^= 0x80
        self._leave(at + camera.delay_s, bytes(data))

    def _leave(self, at: float, data: bytes) -> None:
        start = max(at, self._said_until)
        self._said_until = start + len(data) * self._byte_s
        self._order += 1
        heapq.heappush(self._leaving, (self._said_until, self._order, data))
