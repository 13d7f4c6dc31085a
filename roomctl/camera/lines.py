"""The ports that cameras hang on: one line each, with one to seven cameras.

Knows no bytes: the line's session says them. A line is online while one of its cameras answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from roomctl.camera.baud import ANSWER_S, Speeds, at_speed, baud_of, is_open
from roomctl.camera.driver import Camera
from roomctl.camera.patience import GivenUp, Patience
from roomctl.camera.profile import shipped
from roomctl.camera.uvc.device import is_uvc
from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.device import Device, Health, Status
from roomctl.errors import ConfigError, PortError
from roomctl.visca.bus import Bus
from roomctl.visca.ip import SCHEME, OverIp
from roomctl.wire import Connect, Identity, Machine, Port, Ring, traced

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
        self.trace = Ring()
        offered = _offered(table.profile for table in tables.values())
        self._speeds = Speeds(offered) if is_open(table.url) else None
        connect = self._tuned(traced(connect, clock, self.trace.note))
        super().__init__(f"camera.{name}", table.url, connect, clock, changed)
        self.cameras = {name: Camera(name, table, self) for name, table in tables.items()}
        self.acknowledged = asyncio.Event()
        self._readable = False

    @property
    def baud(self) -> int | None:
        """The speed of a serial line in bits per second; None: another wire."""
        return self._speeds.now if self._speeds else baud_of(self.url)

    @property
    def found(self) -> str | None:
        """The speed that the cameras answer at, where the url leaves it open; for a technician."""
        speed = self._speeds.found if self._speeds else None
        return None if speed is None else f"answers at {speed} baud"

    @property
    def try_this(self) -> str:
        """What to look at when a camera that has power does not answer."""
        if self.baud is None:
            return "in this network?"
        if self._speeds is None:
            return f"set to {self.baud} baud? Without baud= in its url each speed is tried"
        return f"still set to {self.baud} baud?"

    def _tuned(self, connect: Connect) -> Connect:
        """Return `connect` at the speed to try; errors name the url as it was given."""

        async def connecting(name: str, url: str) -> Port:
            if self._speeds is None:
                return await connect(name, url)
            try:
                return await connect(name, at_speed(url, self._speeds.now))
            except PortError as error:
                raise PortError(url, error.why, error.reason) from error

        return connecting

    async def attend(self) -> None:
        """Talk on the port, opening it anew whenever nobody answers; PortError: it is gone."""
        while True:
            try:
                await self.converse()
            except GivenUp as why:
                _log.debug("%s: opened anew: %s", self.name, why)
            if self._speeds is not None and not self._readable:
                self._try_next(self._speeds)

    @property
    def healths(self) -> Mapping[str, Health]:
        return {f"camera.{name}": camera.health for name, camera in self.cameras.items()}

    def machine(self, identity: Identity) -> Machine:
        talks = [camera.reopened() for camera in self.cameras.values()]
        line = Bus(talks, self.baud)
        machine = OverIp(line) if self.url.startswith(f"{SCHEME}:") else line
        first_s = None if self._speeds is None else ANSWER_S
        self._readable = False
        return Patience(machine, talks, self.url, first_s, self._note_readable)

    def _note_readable(self) -> None:
        self._readable = True
        if self._speeds is not None and self._speeds.answered():
            _log.info("%s: answers at %d baud on %s", self.name, self._speeds.now, self.url)

    def _try_next(self, speeds: Speeds) -> None:
        speeds.next()
        if speeds.exhausted:
            ask = "is the camera powered, and is the cable a crossed one?"
            self.unproven("no_reply", f"no answer at {speeds} on {self.url}; {ask}")

    def lost(self) -> None:
        for camera in self.cameras.values():
            camera.lost()

    def went_offline(self, reason: str, detail: str) -> None:
        for camera in self.cameras.values():
            camera.offline(reason, detail)

    async def rest(self) -> None:
        """Stop every camera, then put the lamps out; at most 0.5 s until all have acknowledged."""
        online = [c for c in self.cameras.values() if c.health.status is Status.ONLINE]
        for camera in online:
            camera.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_S):
                while any(camera.stopping for camera in online):
                    self.acknowledged.clear()
                    await self.acknowledged.wait()
                await asyncio.gather(*(c.rest() for c in online), return_exceptions=True)

    def heard(self) -> None:
        """Judge the line by its cameras: it is online while one of them answers."""
        healths = [camera.health for camera in self.cameras.values()]
        if any(health.status is Status.ONLINE for health in healths):
            self.proven()
        elif all(health.status is Status.OFFLINE for health in healths):
            self.unproven("no_reply", healths[0].detail or "no camera answers")

    def log_alone(self, level: int, camera: str, what: str) -> None:
        """Log what happened to one camera of several; for a whole line, Device does."""
        if len(self.cameras) > 1:
            _log.log(level, "camera.%s: %s", camera, what)


def lines(
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
) -> list[CameraLine]:
    """Return one line for each url in `tables` ([camera.NAME] of room.toml)."""
    by_url: dict[str, dict[str, CameraTable]] = {}
    for name, table in tables.items():
        if is_uvc(table.url):
            continue  # a device of its own, not a line
        if table.url in by_url and table.url.startswith(f"{SCHEME}:"):
            why = f"is the url of {next(iter(by_url[table.url]))} too; over IP each camera has one"
            raise ConfigError("room.toml", f"camera.{name}.url", why)
        by_url.setdefault(table.url, {})[name] = table
    return [CameraLine(group, connect, clock, changed) for group in by_url.values()]


def _offered(profiles: Iterable[str | None]) -> set[int]:
    """Return the speeds of the named models; of every model if one is not named, or has none."""
    known, offered = shipped(), set[int]()
    for name in profiles:
        speeds = known[name].bauds if name in known else ()  # a wrong name is Camera's to refuse
        if not speeds:
            return {speed for profile in known.values() for speed in profile.bauds}
        offered.update(speeds)
    return offered
