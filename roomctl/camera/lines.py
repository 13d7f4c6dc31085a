"""The ports that cameras hang on: a VISCA line with one to seven of them, or a USB camera's own.

Knows no bytes: the conversations say them. A port is online while one of its cameras answers. One
that is open may lead nowhere, at the wrong speed, or over a connection whose other end lost its
power and cannot say so: then it is opened anew (`Watchdog`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, ClassVar

from roomctl.camera.baud import ANSWER_S, BaudSearch, at_speed, baud_of, is_open
from roomctl.camera.camera import Camera
from roomctl.camera.mounting import Mounting, on_camera, refuse_what_it_lacks
from roomctl.camera.positions import StoredPositions
from roomctl.camera.profile import CameraProfile, CameraTable, asked_for, known_to, recognise
from roomctl.camera.protocol import CameraProtocol, ProtocolEvents
from roomctl.camera.visca import ViscaProtocol
from roomctl.clock import Clock
from roomctl.device import Device, Health, Nameplate, Status
from roomctl.errors import ConfigError, PortError
from roomctl.store import Settings
from roomctl.visca.bus import Bus
from roomctl.visca.connection import Connection
from roomctl.visca.frames import GAP_S, BadFrame, Splitter, decode_reply
from roomctl.visca.ip import SCHEME as VISCA_IP
from roomctl.visca.ip import OverIp
from roomctl.wire import Chunk, Connect, Identity, Machine, Port, Ring, traced

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from roomctl.camera.uvc.connection import UvcConnection

UVC, AW, ONVIF = "v4l2", "aw", "onvif"
REST_S = 0.5
SILENT_S = 5.0  # each camera is asked once a second meanwhile


class CameraDevice(Device):
    """One port and the cameras on it, by name."""

    kind: ClassVar[str] = "camera"
    cameras: Mapping[str, Camera]
    trace: Ring | None = None  # what was lately said, where that can be read

    def __init__(
        self, name: str, url: str, connect: Connect, clock: Clock, changed: Callable[[], None]
    ) -> None:
        super().__init__(f"camera.{name}", url, connect, clock, changed)
        self.acknowledged = asyncio.Event()

    @property
    def found(self) -> str | None:
        """The speed that the cameras answer at, where that had to be found; for a technician."""
        return None

    @property
    def healths(self) -> Mapping[str, Health]:
        return {f"camera.{name}": camera.health for name, camera in self.cameras.items()}

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        return {f"camera.{name}": camera.nameplate for name, camera in self.cameras.items()}

    def lost(self) -> None:
        for camera in self.cameras.values():
            camera.lost()

    def went_offline(self, reason: str, detail: str) -> None:
        for camera in self.cameras.values():
            camera.offline(reason, detail)

    async def make_safe(self) -> None:
        """Stop every camera, then put the lamps out; at most 0.5 s until all have acknowledged."""
        online = [c for c in self.cameras.values() if c.health.status is Status.ONLINE]
        for camera in online:
            camera.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_S):
                while any(camera.stopping for camera in online):
                    self.acknowledged.clear()
                    await self.acknowledged.wait()
                await asyncio.gather(*(c.make_safe() for c in online), return_exceptions=True)

    def heard(self) -> None:
        """Judge the port by its cameras: it is online while one of them answers."""
        healths = [camera.health for camera in self.cameras.values()]
        if any(health.status is Status.ONLINE for health in healths):
            self.proven()
        elif all(health.status is Status.OFFLINE for health in healths):
            self.unproven("no_reply", healths[0].detail or "no camera answers")

    def log_alone(self, level: int, camera: str, what: str) -> None:
        """Log what happened to one camera of several; for a whole port, Device does."""
        if len(self.cameras) > 1:
            _log.log(level, "camera.%s: %s", camera, what)


class CameraLine(CameraDevice):
    """A VISCA line, or one camera that speaks VISCA over a network."""

    def __init__(
        self,
        tables: Mapping[str, CameraTable],
        profiles: Mapping[str, CameraProfile],
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        name, table = next(iter(tables.items()))
        self.trace = Ring()
        self._profiles, self._recognise = profiles, cache(partial(recognise, profiles))
        offered = _offered((table.profile for table in tables.values()), profiles)
        self._speeds = BaudSearch(offered) if is_open(table.url) else None
        connect = self._tuned(traced(connect, clock, self.trace.note))
        super().__init__(name, table.url, connect, clock, changed)
        self._connections: dict[str, Connection] = {}
        self.cameras = {name: self._camera(name, table) for name, table in tables.items()}
        self._readable = False
        self._bus: Bus | None = None

    @property
    def miscounted(self) -> int | None:
        """How many cameras the chain says that it has, where room.toml names another number.

        Fewer than named are no news while all of those answer: some makers' cameras say the last
        address where Sony's say how many there are.
        """
        counted = self._bus.counted if self._bus is not None else None
        if counted is None or counted == len(self.cameras):
            return None
        online = all(one.health.status is Status.ONLINE for one in self.cameras.values())
        return None if counted < len(self.cameras) and online else counted

    @property
    def baud(self) -> int | None:
        """The speed of a serial line in bits per second; None: another wire."""
        return self._speeds.now if self._speeds else baud_of(self.url)

    @property
    def found(self) -> str | None:
        """The speed that the cameras answer at, where the url leaves it open; for a technician."""
        speed = self._speeds.found if self._speeds else None
        return None if speed is None else f"answers at {speed} baud"

    def _camera(self, name: str, table: CameraTable) -> Camera:
        fixed = asked_for(name, table.profile, self._profiles)
        if fixed is not None:
            refuse_what_it_lacks(name, table, on_camera(fixed), f"a {fixed.name}")

        def begin(events: ProtocolEvents, identity: Identity | None) -> CameraProtocol:
            made = ViscaProtocol(
                name, table.address, events, fixed, self._recognise, ceiling=table.hangs
            )
            self._connections[name] = made.connection
            return made

        return Camera(name, self, begin, mounting=Mounting.of(table))

    def advice(self, detail: str) -> str:
        """Return what to look at when a camera does not answer."""
        return f"{detail} on {self.url}; is it powered and {self._setting()}"

    def _setting(self) -> str:
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
            except PortSilent as why:
                _log.debug("%s: opened again: %s", self.name, why)
            if self._speeds is not None and not self._readable:
                self._try_next(self._speeds)

    def lost(self) -> None:
        super().lost()
        self._bus = None

    def machine(self, identity: Identity) -> Machine:
        for camera in self.cameras.values():
            camera.reopened(identity)
        connections = list(self._connections.values())
        bus = Bus(connections, self.baud, gap_s_of(self.url))
        self._bus = bus
        machine = OverIp(bus) if self.url.startswith(f"{VISCA_IP}:") else bus
        first_s = None if self._speeds is None else ANSWER_S
        self._readable = False
        return Watchdog(machine, connections, self.url, first_s, self._note_readable)

    def _note_readable(self) -> None:
        self._readable = True
        if self._speeds is not None and self._speeds.answered():
            _log.info("%s: answers at %d baud on %s", self.name, self._speeds.now, self.url)

    def _try_next(self, speeds: BaudSearch) -> None:
        speeds.next()
        if speeds.exhausted:
            ask = "is the camera powered, and is the cable a crossed one?"
            self.unproven("no_reply", f"no answer at {speeds} on {self.url}; {ask}")


class PortSilent(PortError):
    """Nobody answers on a port that is open; opening it anew may help."""


class Watchdog:
    """Hands everything on to `machine`, and raises PortSilent from `tick` when nobody answers.

    `first_s`: how long to wait for the first readable frame; None: as long as it takes. Once all
    `connections` are silent, 5 s more. `readable` is called at the first readable frame.
    """

    def __init__(
        self,
        machine: Machine,
        connections: Sequence[Connection],
        url: str,
        first_s: float | None,
        readable: Callable[[], None],
    ) -> None:
        self._machine, self._connections, self._url = machine, connections, url
        self._first_s, self._readable = first_s, readable
        self.outbox, self.sent, self.failed = machine.outbox, machine.sent, machine.failed
        self._splitter = Splitter()
        self._heard = first_s is None
        self._until: float | None = None

    def receive(self, chunk: Chunk) -> None:
        if not self._heard and self._says_something(chunk):
            self._heard, self._until = True, None
            self._readable()
        self._machine.receive(chunk)

    def _says_something(self, chunk: Chunk) -> bool:
        frames = self._splitter.feed(chunk.data, chunk.at)
        replies = (decode_reply(frame) for frame in frames if isinstance(frame, bytes))
        return any(not isinstance(reply, BadFrame) for reply in replies)

    def tick(self, now: float) -> None:
        self._machine.tick(now)
        if not self._heard:
            self._wait(now, self._first_s or 0.0)
        elif all(each.silent for each in self._connections):
            self._wait(now, SILENT_S)
        else:
            self._until = None

    def _wait(self, now: float, limit_s: float) -> None:
        if self._until is None:
            self._until = now + limit_s
        elif now >= self._until:
            raise PortSilent(self._url, f"no answer within {limit_s:g} s")

    def due(self) -> float | None:
        wanted = (self._machine.due(), self._until)
        return min((at for at in wanted if at is not None), default=None)


class UvcDevice(CameraDevice):
    """One USB camera and its port."""

    _connection: UvcConnection  # the newest

    def __init__(
        self,
        name: str,
        table: CameraTable,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        settings: Settings,
    ) -> None:
        from roomctl.camera.uvc.protocol import UvcProtocol  # most rooms need it not

        super().__init__(name, table.url, connect, clock, changed)

        def begin(events: ProtocolEvents, identity: Identity | None) -> CameraProtocol:
            before = self.camera.profile if identity is not None else None
            made = UvcProtocol(name, events, identity, before)
            self._connection = made.connection
            return made

        kept = StoredPositions(name, settings)
        self.camera = Camera(name, self, begin, kept, Mounting.of(table))
        self.cameras = {name: self.camera}

    def advice(self, detail: str) -> str:
        """Return what to do about a camera that does not answer."""
        return f"{detail}; plug it in again"

    def machine(self, identity: Identity) -> Machine:
        self.camera.reopened(identity)
        return self._connection


def lines(
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
) -> list[CameraLine]:
    """Return one line for each url in `tables` ([camera.NAME] of room.toml)."""
    profiles = known_to(tables)
    by_url: dict[str, dict[str, CameraTable]] = {}
    for name, table in tables.items():
        if not on_a_line(table.url):
            continue  # a device of its own, not a line
        if table.url in by_url and table.url.startswith(f"{VISCA_IP}:"):
            why = (
                f"is the url of {next(iter(by_url[table.url]))} too; over IP each camera needs"
                " its own"
            )
            raise ConfigError("room.toml", f"camera.{name}.url", why)
        by_url.setdefault(table.url, {})[name] = table
    return [CameraLine(group, profiles, connect, clock, changed) for group in by_url.values()]


def _offered(named: Iterable[str | None], known: Mapping[str, CameraProfile]) -> set[int]:
    """Return the speeds of the named models; of every model if one is not named, or has none."""
    offered = set[int]()
    for name in named:
        found = known.get(name) if name is not None else None
        speeds = found.bauds if found is not None else ()  # a wrong name is Camera's to refuse
        if not speeds:
            return {speed for profile in known.values() for speed in profile.bauds}
        offered.update(speeds)
    return offered


def uvc_devices(
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
    settings: Settings,
) -> list[UvcDevice]:
    """Return one device for each table of `tables` whose url is a video device."""
    devices = []
    for name, table in tables.items():
        if is_uvc(table.url):
            _refuse_what_means_nothing(name, table)
            devices.append(UvcDevice(name, table, connect, clock, changed, settings))
    return devices


def gap_s_of(url: str) -> float:
    """Return after how long a partial frame is given up on a wire.

    A camera makes no pause in a frame on its own line. A stream over a network may be held up
    anywhere, and loses nothing; a datagram ends with its last byte.
    """
    scheme, _, place = url.partition(":")
    if scheme in ("udp", VISCA_IP):
        return 0.0
    local = scheme == "sim" or (scheme == "serial" and place.startswith("/"))
    return GAP_S if local else math.inf


def on_a_line(url: str) -> bool:
    """Whether it is a VISCA line; else the camera is a device alone."""
    return not (is_uvc(url) or is_http(url))


def is_uvc(url: str) -> bool:
    return url.startswith(f"{UVC}:")


def is_http(url: str) -> bool:
    return url.partition(":")[0].removesuffix("-https") in (AW, ONVIF)


def _refuse_what_means_nothing(name: str, table: CameraTable) -> None:
    if table.profile is not None:
        why = "a USB camera reports what it can do; leave the profile out"
        raise ConfigError("room.toml", f"camera.{name}.profile", why)
    if table.address != 1:
        why = "a video device is one camera; leave the address out"
        raise ConfigError("room.toml", f"camera.{name}.address", why)
    refuse_what_it_lacks(name, table, (), "USB cameras")
