"""The ports that cameras hang on: one line each, with one to seven cameras.

Knows no bytes: the line's session says them. A line is online while one of its cameras answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import parse_qs

from roomctl.camera.driver import Camera
from roomctl.camera.ip import SCHEME, OverIp
from roomctl.camera.session import Line
from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.device import Device, Status
from roomctl.errors import ConfigError
from roomctl.wire import Connect, Identity, Machine

_log = logging.getLogger(__name__)

REST_S = 0.5


class CameraLine(Device):
    """One port and the cameras on it, by name."""

    kind: ClassVar[str] = "camera"

    def __init__(
        self,
        tables: Mapping[str, CameraTable],
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        name, table = next(iter(tables.items()))
        super().__init__(f"camera.{name}", table.url, connect, clock, changed)
        self.cameras = {name: Camera(name, table, self) for name, table in tables.items()}
        self.acknowledged = asyncio.Event()

    @property
    def baud(self) -> int | None:
        """The speed of a serial line in bits per second; None: another wire."""
        return _baud(self.url)

    def machine(self, identity: Identity) -> Machine:
        line = Line([camera.reopened() for camera in self.cameras.values()], self.baud)
        return OverIp(line) if self.url.startswith(f"{SCHEME}:") else line

    def lost(self) -> None:
        for camera in self.cameras.values():
            camera.lost()

    def went_offline(self, reason: str, detail: str) -> None:
        for camera in self.cameras.values():
            camera.offline(reason, detail)

    async def rest(self) -> None:
        """Stop every camera, and wait at most 0.5 s until each has acknowledged."""
        online = [c for c in self.cameras.values() if c.health.status is Status.ONLINE]
        for camera in online:
            camera.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_S):
                while any(camera.stopping for camera in online):
                    self.acknowledged.clear()
                    await self.acknowledged.wait()

    def heard(self) -> None:
        """Judge the line by its cameras: it is online while one of them answers."""
        healths = [camera.health for camera in self.cameras.values()]
        if any(health.status is Status.ONLINE for health in healths):
            self.proven()
        elif all(health.status is Status.OFFLINE for health in healths):
            self.unproven("no_reply", healths[0].detail or "no camera answers")

    def log_alone(self, level: int, camera: Camera, what: str) -> None:
        """Log what happened to one camera of several; for a whole line, Device does."""
        if len(self.cameras) > 1:
            _log.log(level, "camera.%s: %s", camera.name, what)


def lines(
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
) -> list[CameraLine]:
    """Return one line for each url in `tables` ([camera.NAME] of room.toml)."""
    by_url: dict[str, dict[str, CameraTable]] = {}
    for name, table in tables.items():
        if table.url in by_url and table.url.startswith(f"{SCHEME}:"):
            why = f"is the url of {next(iter(by_url[table.url]))} too; over IP each camera has one"
            raise ConfigError("room.toml", f"camera.{name}.url", why)
        by_url.setdefault(table.url, {})[name] = table
    return [CameraLine(group, connect, clock, changed) for group in by_url.values()]


def _baud(url: str) -> int | None:
    """Return the speed of a serial url; None for a wire that numbers no chain."""
    scheme, _, rest = url.partition(":")
    if scheme not in ("serial", "sim"):
        return None
    given = parse_qs(rest.partition("?")[2]).get("baud", ["9600"])[0]
    return int(given) if given.isdigit() and int(given) > 0 else 9600
