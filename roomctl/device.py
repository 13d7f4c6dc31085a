"""A device: opened, spoken to, lost, and opened again, for as long as the room runs.

Knows no kind of device. A wing subclasses `Device`, returns the Machine that speaks its protocol,
and calls `proven()` once the device has answered: an open port alone proves nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar

from roomctl.clock import Clock, Moment
from roomctl.errors import PortClosed, PortError, PortFlooded, PortReason
from roomctl.frozen import frozen
from roomctl.profile import Verified
from roomctl.wire import ROUND_S, Connect, Identity, Machine, pump

_log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 1.5  # from try to try: a device that is back is in use again within 2 s
_LEAST_WAIT_S = 0.05
LONGEST_DETAIL = 500  # characters: part of it may be what a device says
FLOODED_WAIT_S = 60.0  # a device that floods its wire is left alone


class Status(StrEnum):
    """Whether a device can be used."""

    STARTING = "starting"
    ONLINE = "online"
    OFFLINE = "offline"


@frozen
class Health:
    """Whether a device can be used, since when, and if not, why.

    `reason` is from a closed list that panels translate (PortReason's words, and `no_reply`);
    `detail` is for a technician.
    """

    status: Status
    since: Moment
    reason: str | None = None
    detail: str | None = None


@frozen
class Nameplate:
    """What a device says of itself, and how far what is known of its model can be trusted.

    `profile` is the model as its profile names it, `verified` as in `profile.Profile`; `advisories`
    are the known faults of its firmware. None: it was not read, or it has no such thing.
    """

    model: str | None = None
    firmware: str | None = None
    serial_number: str | None = None
    profile: str | None = None
    verified: Verified | None = None
    advisories: tuple[str, ...] = ()


class Device:
    """One device at the end of one port; `single`: a room has one of its kind, called as it."""

    kind: ClassVar[str]
    single: ClassVar[bool] = False

    @property
    def present(self) -> bool:
        """Whether the room has it: False is said of what is looked for and was never there."""
        return True

    def __init__(
        self, name: str, url: str, connect: Connect, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self.name, self.url = name, url
        self.clock = clock
        self.health = Health(Status.STARTING, clock.now())
        self._connect = connect
        self._changed = changed
        self._wake = asyncio.Event()
        self._wait_s = FIRST_WAIT_S
        self._opening_s = 0.0
        self.went_round_at: float | None = None  # the loop's time: a clock may be invented

    @property
    def healths(self) -> Mapping[str, Health]:
        """What is said of it, by full name such as "camera.front": several may share a port."""
        return {self.full_name: self.health}

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        """What it says it is, by the names of `healths`."""
        return {self.full_name: Nameplate()}

    @property
    def full_name(self) -> str:
        """What the room calls it, such as "camera.front": the subject of its issues and errors."""
        return self.kind if self.single else f"{self.kind}.{self.name}"

    def machine(self, identity: Identity) -> Machine:
        """Return a fresh Machine for a port that has just been opened."""
        raise NotImplementedError

    def lost(self) -> None:
        """Forget what is no longer known, and end what still waits; the port is gone."""

    def went_offline(self, reason: str, detail: str) -> None:
        """Pass on that the device is offline, and why; called each time it is found so."""

    async def make_safe(self) -> None:
        """Leave the device safe before the room goes down (a camera stops); bounded in time."""

    async def run(self) -> None:
        """Keep the device open until cancelled."""
        while True:
            self._went_round()
            try:
                await self.attend()
            except PortError as error:
                self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
                self._set_offline(str(error.reason), str(error))
                if isinstance(error, PortFlooded):
                    await self.leave_alone(FLOODED_WAIT_S)
            if self.health.reason == PortReason.UNSUPPORTED:
                self._wait_s = LONGEST_WAIT_S
            await asyncio.sleep(max(self._wait_s - self._opening_s, _LEAST_WAIT_S))

    async def attend(self) -> None:
        """Keep the port open as long as that makes sense; raises PortError when it is lost."""
        await self.converse()

    async def converse(self) -> None:
        """Open the port and talk until it is lost, which raises PortError."""
        self._went_round()
        began = self.clock.mono_s()
        try:
            port = await self._connect(self.name, self.url)
        finally:
            self._opening_s = self.clock.mono_s() - began
        try:
            self._wake.clear()
            await pump(port, self.machine(port.identity), self._wake, self.clock, self._went_round)
        except PortClosed as error:
            self._set_offline(str(error.reason), str(error))  # now: to close it may take a second
            raise
        finally:
            self.lost()
            await port.close()

    async def leave_alone(self, seconds: float) -> None:
        """Wait before the next try; its task goes round meanwhile, so nobody takes it for hung."""
        while seconds > 0:
            self._went_round()
            await asyncio.sleep(min(seconds, ROUND_S))
            seconds -= ROUND_S

    def wake(self) -> None:
        """Have what the machine wants to say written at once."""
        self._wake.set()

    def changed(self) -> None:
        """Tell the room that this device's state is new."""
        self._changed()

    def proven(self) -> None:
        """Note that the device has answered."""
        self._wait_s = FIRST_WAIT_S / 2  # it is doubled before each wait
        if self.health.status is not Status.ONLINE:
            if self.health.status is Status.OFFLINE:
                _log.info("%s: back", self.name)
            self.health = Health(Status.ONLINE, self.clock.now())
            self.changed()

    def unproven(self, reason: str, detail: str) -> None:
        """Note that the device no longer answers although its port is open."""
        self._set_offline(reason, detail)

    def _went_round(self) -> None:
        """Note that the device's task does not hang: it opens, waits to, or pumps."""
        self.went_round_at = time.monotonic()

    def _set_offline(self, reason: str, detail: str) -> None:
        before, detail = self.health, detail[:LONGEST_DETAIL]
        if before.status is not Status.OFFLINE:
            _log.warning("%s: lost: %s", self.name, detail)
        same = before.status is Status.OFFLINE and before.reason == reason
        since = before.since if before.status is Status.OFFLINE else self.clock.now()
        self.health = Health(Status.OFFLINE, since, reason, detail)
        self.went_offline(reason, detail)
        if not same:
            self.changed()
