"""Cameras as the room knows them: drive, stop, home, recall, and what they are doing.

Knows no bytes: the line's session says them. A drive is a lease; whoever holds it renews it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from roomctl.camera.frames import ErrorCode
from roomctl.camera.message import (
    Drive,
    Home,
    Message,
    Pan,
    Power,
    Preset,
    PresetAction,
    Tilt,
    Zoom,
    ZoomDrive,
)
from roomctl.camera.profile import CameraProfile, shipped
from roomctl.camera.talk import Talk
from roomctl.camera.ticket import End, Outcome, Ticket
from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.device import Health, Status
from roomctl.errors import ConfigError, NoReply, Refused, UnknownOutcome, Unsupported

LEASE_S = 0.3
DEAD_ZONE = 0.02  # a joystick at rest is not quite 0

_SAID_NO = {
    ErrorCode.LENGTH: ("not_understood", "did not understand the command"),
    ErrorCode.SYNTAX: ("not_understood", "did not understand the command"),
    ErrorCode.FULL: ("busy", "is busy with other commands"),
    ErrorCode.NOT_EXECUTABLE: ("not_executable", "cannot do that now; is it on, its menu closed?"),
}


@dataclass(frozen=True, slots=True)
class CameraState:
    """What a camera is known to be doing; None: not known. Degrees count right and up."""

    power: bool | None = None
    pan_deg: float | None = None
    tilt_deg: float | None = None
    zoom_pct: float | None = None
    moving: bool = False
    preset: int | None = None
    model: str | None = None
    firmware: str | None = None


class Hanger(Protocol):
    """What a camera asks of the line it hangs on; `baud` None: no serial line."""

    @property
    def url(self) -> str: ...
    @property
    def baud(self) -> int | None: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def acknowledged(self) -> asyncio.Event: ...
    def wake(self) -> None: ...
    def changed(self) -> None: ...
    def heard(self) -> None: ...
    def log_alone(self, level: int, camera: Camera, what: str) -> None: ...


class Camera:
    """One camera of a line; several may share a line, and each can be silent alone."""

    def __init__(self, name: str, table: CameraTable, line: Hanger) -> None:
        self.name, self.address = name, table.address
        self.state = CameraState()
        self.health = Health(Status.STARTING, line.clock.now())
        self._line = line
        self._preset: int | None = None
        self._told = (self.state, self.health)
        self._fixed = _profile_named(name, table.profile)
        self._talk = self._new_talk()

    @property
    def profile(self) -> CameraProfile:
        """What is known of its model; `generic` until it has said who it is."""
        return self._talk.profile

    @property
    def abilities(self) -> tuple[str, ...]:
        """Return what it is able to do, in the words of the room document."""
        has = self.profile
        return (
            "drive",
            *(("zoom",) if has.zoom else ()),
            "home",
            *(("recall", "store") if has.presets else ()),
            *(() if has.has("no-power") else ("power",)),
        )

    @property
    def presets(self) -> tuple[int, ...]:
        """Return the preset numbers that may be used, from 1; none if it has no presets."""
        return self.profile.presets.numbers() if self.profile.presets else ()

    def drive(self, pan: float, tilt: float, zoom: float, lease_s: float = LEASE_S) -> None:
        """Move until told otherwise, and at most for `lease_s` unless called again.

        Each from -1 to 1 (clamped): right, up and tele are positive, the magnitude is the speed.
        Raises Refused "offline". Returns at once.
        """
        self._refuse_if_offline()
        now = self._line.clock.mono_s()
        self._preset = None
        self._talk.drive(self._pan_tilt(pan, tilt), self._zoom(zoom), now + lease_s, now)
        self._line.wake()
        self.refresh()

    def stop(self) -> None:
        """Stop pan, tilt and zoom: written at once, and repeated until acknowledged."""
        self._talk.stop(self._line.clock.mono_s())
        self._line.wake()

    @property
    def stopping(self) -> bool:
        """Whether a stop is under way that the camera has not acknowledged."""
        return self._talk.stopping

    async def power(self, on: bool) -> None:
        """Switch on, or to standby; returns when the camera says that it is done."""
        if self.profile.has("no-power"):
            raise Unsupported(self.name, "power command")
        await self._ask(Power(on))

    async def home(self) -> None:
        """Go to the middle; returns when it is there."""
        self._preset = None
        await self._ask(Home())

    async def recall(self, preset: int) -> None:
        """Go to a stored position (from 1); Refused "preset_range" names those there are."""
        number = self._preset_number(preset)
        self._preset = None
        await self._ask(Preset(PresetAction.RECALL, number))
        self._preset = preset
        self.refresh()

    async def store(self, preset: int) -> None:
        """Store the position as `preset` (from 1). UnknownOutcome if the answer got lost."""
        await self._ask(Preset(PresetAction.SET, self._preset_number(preset)))
        self._preset = preset
        self.refresh()

    # What the conversation tells (the Events of a Talk).

    def answered(self) -> None:
        if self.health.status is not Status.ONLINE:
            if self.health.status is Status.OFFLINE:
                self._line.log_alone(logging.INFO, self, "back")
            self.health = Health(Status.ONLINE, self._line.clock.now())
        self.refresh()
        self._line.heard()

    def silent(self, detail: str) -> None:
        url = self._line.url
        try_this = "in this network" if self._line.baud is None else "set to the same baud"
        self.offline("no_reply", f"{self.name}: {detail} on {url}; is it powered and {try_this}?")
        self._line.heard()

    def changed(self) -> None:
        self._line.acknowledged.set()
        self.refresh()

    # What the line tells.

    def offline(self, reason: str, detail: str) -> None:
        if self.health.status is not Status.OFFLINE:
            self._line.log_alone(logging.WARNING, self, f"lost: {detail}")
            self.health = Health(Status.OFFLINE, self._line.clock.now(), reason, detail)
        elif self.health.reason != reason:
            self.health = Health(Status.OFFLINE, self.health.since, reason, detail)
        self._preset = None
        self.refresh()

    def reopened(self) -> Talk:
        """Begin a new conversation: the port was opened."""
        self._talk = self._new_talk()
        return self._talk

    def lost(self) -> None:
        self._talk.forget()
        self._preset = None
        self.refresh()

    def refresh(self) -> None:
        """Work out the state from what the camera has said, and tell the room if it is new."""
        self.state = self._state_now()
        if (now := (self.state, self.health)) != self._told:
            self._told = now
            self._line.changed()

    def _state_now(self) -> CameraState:
        seen, profile = self._talk.seen, self._talk.profile
        pan, tilt, zoom = profile.pan, profile.tilt, profile.zoom
        return CameraState(
            power=seen.power,
            pan_deg=pan.degrees(seen.pan) if pan and seen.pan is not None else None,
            tilt_deg=tilt.degrees(seen.tilt) if tilt and seen.tilt is not None else None,
            zoom_pct=zoom.percent(seen.zoom) if zoom and seen.zoom is not None else None,
            moving=seen.moving,
            preset=self._preset,
            model=profile.name if seen.version else None,
            firmware=f"{seen.version.rom:04x}" if seen.version else None,
        )

    def _new_talk(self) -> Talk:
        return Talk(self.name, self.address, shipped(), self, self._fixed)

    def _refuse_if_offline(self) -> None:
        if not self._talk.ready:
            raise Refused(self.name, "offline", self.health.detail or "is not ready yet")

    def _preset_number(self, preset: int) -> int:
        presets = self.profile.presets
        if presets is None:
            raise Unsupported(self.name, "presets")
        numbers = presets.numbers()
        if preset not in numbers:
            why = f"preset {preset} is not one of {_ranges(numbers)}"
            raise Refused(self.name, "preset_range", why)
        return presets.wire(preset)

    def _pan_tilt(self, pan: float, tilt: float) -> Drive | None:
        ways = (_sign(pan), _sign(tilt))
        if ways == (0, 0):
            return None
        return Drive(
            _speed(pan, self.profile.pan_speed.max),
            _speed(tilt, self.profile.tilt_speed.max),
            {-1: Pan.LEFT, 0: Pan.STILL, 1: Pan.RIGHT}[ways[0]],
            {-1: Tilt.DOWN, 0: Tilt.STILL, 1: Tilt.UP}[ways[1]],
        )

    def _zoom(self, zoom: float) -> ZoomDrive | None:
        way, reach = _sign(zoom), self.profile.zoom
        if way == 0 or reach is None:
            return None
        speed = _speed(zoom, reach.speed_max + 1) - 1
        return ZoomDrive(Zoom.TELE if way > 0 else Zoom.WIDE, max(speed, reach.speed_min))

    async def _ask(self, message: Message) -> None:
        """Have `message` said and wait for its end, whose time limit the session keeps."""
        self._refuse_if_offline()
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def resolve(outcome: Outcome) -> None:
            if not ended.done():  # whoever waited may have been cancelled
                ended.set_result(outcome)

        self._talk.submit(Ticket(message, resolve), self._line.clock.mono_s())
        self._line.wake()
        self._judge(await ended)

    def _judge(self, outcome: Outcome) -> None:
        match outcome.end:
            case End.DONE:
                return
            case End.NO_REPLY:
                raise NoReply(self.name, outcome.after_s, "is it powered?")
            case End.UNKNOWN:
                why = "the answer got lost; it may have run. Look before you send it again"
                raise UnknownOutcome(self.name, why)
            case End.OFFLINE:
                raise Refused(self.name, "offline", self.health.detail or "is not ready yet")
            case End.REPLACED | End.STOPPED:
                why = f"was {outcome.end.value} by a newer command"
                raise Refused(self.name, outcome.end.value, why)
        code, why = "not_executable", f"refused with error {outcome.code or 0:02X}"
        if outcome.code in _SAID_NO:
            code, why = _SAID_NO[ErrorCode(outcome.code)]
        raise Refused(self.name, code, why)


def _profile_named(name: str, profile: str | None) -> CameraProfile | None:
    if profile is None:
        return None
    known = shipped()
    if profile not in known:
        why = f"no profile {profile!r}; there is: {', '.join(known)}"
        raise ConfigError("room.toml", f"camera.{name}.profile", why)
    return known[profile]


def _sign(value: float) -> int:
    return 0 if abs(value) < DEAD_ZONE else 1 if value > 0 else -1


def _speed(value: float, highest: int) -> int:
    """Return a speed byte from 1 to `highest`; never 0, whatever the axis does."""
    return max(1, round(min(abs(value), 1.0) * highest))


def _ranges(numbers: Iterable[int]) -> str:
    """Say `1-90, 101-128` for a run of numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{low}-{high}" if low != high else str(low) for low, high in runs)
