"""A speakerphone in the room: its presses come out, its LEDs follow the room. Knows no sound.

The device's state cannot be read back, so what the room asked for stands: it is written whole after
every connection and after every failed write, and what was not written is not claimed.


====
Which of a room's speakerphones is in use: pure, names only. Knows no device and no sound.

Nobody likes a microphone that changes in the middle of a sentence, so in a call the one in use
stays until it is unplugged, and one that comes back in the call does not take over again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from roomctl.clock import Clock
from roomctl.device import Device, Nameplate
from roomctl.errors import NoReply, PortClosed, PortError, PortMissing, PortReason
from roomctl.frozen import frozen
from roomctl.speakerphone.description import Description, ring, why
from roomctl.speakerphone.hid import DescriptorError, ReportLayout, read_descriptor
from roomctl.speakerphone.profile import (
    GENERIC,
    FirmwareAdvisory,
    SpeakerphoneProfile,
    SpeakerphoneTable,
    pick,
    shipped,
)
from roomctl.speakerphone.telephony import Press, TelephonySession
from roomctl.wire import ChosenPort, Connect, Identity, Machine, Port, traced

_log = logging.getLogger(__name__)

WRITE_LIMIT_S = 1.0  # two writes of 0.3 s each, and the loop's own delays
SAFE_LIMIT_S = 0.5
LOOK_S = 1.0
SLEPT_S = 2.0
_FAILURES_BORNE = 1  # the second failed write running makes a device offline


@frozen
class SpeakerphoneState:
    """What is known of the device. `led_muted` is what was last written; None: nothing is sure.

    `port_path` is where it is plugged in, such as "1-1.4", which tells two of one model apart;
    `advisories` is known faults of its firmware, `bcd_device`.
    `off_hook` is what the device last said, None while it is gone; `mic_gated` is whether the
    device itself keeps its microphone silent because it is not off-hook.
    """

    model: str
    profile: str
    vid: int | None = None
    pid: int | None = None
    bcd_device: int | None = None
    serial_number: str | None = None
    port_path: str | None = None
    advisories: tuple[FirmwareAdvisory, ...] = ()
    off_hook: bool | None = None
    led_muted: bool | None = None
    has_mute_led: bool = False
    has_hook: bool = False
    mic_gated: bool = False
    last_press: str | None = None
    last_press_at: float | None = None


@frozen
class KeyPressed:
    """Somebody pressed a key of a speakerphone, as `press.Press` names it."""

    phone: str
    key: str


class Speakerphone(Device):
    """One USB speakerphone. `pressed` gets "mute", "hook_off" (picked up) or "hook_on" (hung up).

    A press is a request: nothing changes until the room answers it with `write_leds`.
    """

    kind: ClassVar[str] = "speakerphone"

    def __init__(
        self,
        name: str,
        url: str,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        pressed: Callable[[str], None],
        profiles: Mapping[str, SpeakerphoneProfile] | None = None,
        profile: str | None = None,
    ) -> None:
        self.trace = ring()
        self._opens = traced(connect, clock, self.trace.note)
        super().__init__(name, url, self._open, clock, changed)
        self._profiles = dict(profiles or {"generic": GENERIC})
        self._asked = profile
        stem, self._profile = pick(self._profiles, profile, None, None)
        self.state = SpeakerphoneState(self._profile.name, stem)
        self._pressed = pressed
        self._target = (False, False)
        self.write_limit_s = WRITE_LIMIT_S
        self._writer = asyncio.Lock()
        self._waiting: asyncio.Future[str | None] | None = None
        self._session: TelephonySession | None = None
        self._failures = 0
        self._identity: Identity | None = None
        self._port: Port | None = None
        self._giving_way: asyncio.Task[None] | None = None
        self._tried: set[str] = set()  # where a better device was, and is not the one held

    @property
    def profile(self) -> SpeakerphoneProfile:
        return self._profile

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        state, bcd = self.state, self.state.bcd_device
        found = Nameplate(
            model=state.model if self._identity else None,
            firmware=None if bcd is None else f"{bcd >> 8:x}.{bcd & 0xFF:02x}",
            serial_number=state.serial_number,
            profile=self._profile.name,
            verified=self._profile.verified,
            advisories=tuple(one.what for one in state.advisories),
        )
        return {self.full_name: found}

    @property
    def description(self) -> Description:
        """All that is known of it, to be pasted into an issue; what it was, if it is gone."""
        stem, profile, seen = self.state.profile, self._profile, self._identity
        reason, records = why(self._asked, stem, seen), self.trace.records()
        return Description(self.name, self.url, self.health, seen, stem, reason, profile, records)

    async def write_leds(self, muted: bool, off_hook: bool) -> None:
        """Write the Mute and Off-Hook LEDs; returns once they are written, or there are none.

        Raises PortError if the device refused, PortClosed if it is not there, NoReply after 1 s.
        Either way the target stands: it is written again after 1 s and after every connection.
        """
        async with self._writer:
            self._target = (muted, off_hook)
            session = self._session
            if session is None:
                raise PortClosed(self.url, f"{self.name} is not connected")
            waiting = self._waiting = asyncio.get_running_loop().create_future()
            session.write_leds(muted, off_hook)
            self.wake()
            try:
                async with asyncio.timeout(self.write_limit_s):
                    why = await waiting
            except TimeoutError:
                raise NoReply(self.name, self.write_limit_s, "its LEDs may be wrong") from None
            finally:
                self._waiting = None
        if why is not None:
            raise PortError(self.url, why)

    def request_leds(self, muted: bool, off_hook: bool) -> None:
        """Have the LEDs show this as soon as they can; waits for nothing and raises nothing."""
        if (muted, off_hook) == self._target:
            return
        self._target = (muted, off_hook)
        self.repeat_leds()

    def repeat_leds(self) -> None:
        """Have the LEDs written as they are: the answer to a press that changes nothing."""
        if self._session is not None:
            self._session.write_leds(*self._target)
            self.wake()

    async def attend(self) -> None:
        """Open and talk until it is lost; a device whose firmware is being written says so."""
        try:
            await super().attend()
        except PortMissing as error:
            if (updating := self._updating(error.present)) is None:
                raise
            why = f"its firmware is being updated ({updating} is plugged in); it comes back then"
            raise PortError(self.url, why, PortReason.UPDATING) from error

    async def converse(self) -> None:
        """Open the port and talk until it is lost; after a suspend everything is written again."""
        watching = asyncio.create_task(self._rewrite_after_suspend())
        try:
            await super().converse()
        finally:
            watching.cancel()

    def machine(self, identity: Identity) -> Machine:
        self._identity = identity
        self._tried -= {identity.port_path}
        layout = self._layout(identity)
        stem, self._profile = pick(self._profiles, self._asked, identity.vid, identity.pid)
        profile = self._profile
        advisories = profile.advisories_for(identity.bcd_device)
        if advisories != self.state.advisories:
            for one in advisories:
                _log.warning("%s: %s (%s)", self.name, one.what, one.source)
        session = TelephonySession(
            layout,
            profile.timing,
            profile.mute_led,
            self._heard,
            self._settled,
            profile.mute_switch,
            asks=not profile.no_get_report,
        )
        self._session, self._failures = session, 0
        self.state = replace(
            self.state,
            model=identity.product or profile.name,
            profile=stem,
            vid=identity.vid,
            pid=identity.pid,
            bcd_device=identity.bcd_device,
            serial_number=identity.serial_number,
            port_path=identity.port_path,
            advisories=advisories,
            has_mute_led=bool(session.leds.mute),
            has_hook=session.telephony.has_hook,
            mic_gated=profile.mic_needs_off_hook,
        )
        session.write_leds(*self._target)
        if isinstance(self._port, ChosenPort):
            self._giving_way = asyncio.create_task(self._give_way(self._port))
        return session

    def lost(self) -> None:
        self._session = None
        if self._giving_way is not None:
            self._giving_way.cancel()
        self._settle(f"{self.name} was unplugged")
        self.state = replace(self.state, off_hook=None, led_muted=None, mic_gated=False)
        self.changed()

    async def make_safe(self) -> None:
        """Switch the LEDs off, so that a device left behind does not look as if it were in use."""
        try:
            async with asyncio.timeout(SAFE_LIMIT_S):
                await self.write_leds(muted=False, off_hook=False)
        except (PortError, NoReply, TimeoutError) as error:
            _log.debug("%s: LEDs not switched off: %s", self.name, error)

    async def _open(self, name: str, url: str) -> Port:
        self._port = await self._opens(name, url)
        return self._port

    async def _give_way(self, port: ChosenPort) -> None:
        """Let `auto` choose again once a better device is plugged in, but never in a call.

        A place where that led to nothing is not tried again.
        """
        place = await port.outdone(self._tried)
        self._tried.add(place)
        while self._target[1]:
            await asyncio.sleep(LOOK_S)
        _log.info("%s: a better device is plugged in at %s", self.name, place)
        await port.close()

    async def _rewrite_after_suspend(self) -> None:
        """Notice that the wall clock went on alone: the box slept, and the device may have, too.

        So it looks when the wall clock is set; then a state is written that is there already.
        """
        now = self.clock.now()
        while True:
            await asyncio.sleep(LOOK_S)
            before, now = now, self.clock.now()
            slept_s = (now.wall - before.wall).total_seconds() - (now.mono_s - before.mono_s)
            if slept_s > SLEPT_S and self._session is not None:
                _log.info(
                    "%s: after %.0f s of sleep its LEDs are written again", self.name, slept_s
                )
                self._session.rewrite()
                self.wake()

    def _updating(self, present: tuple[str, ...]) -> str | None:
        """Return what this device is meanwhile, if its firmware is being written.

        Of one that was never seen the model is not known: any model may be it.
        """
        known = [self._profile] if self.state.vid is not None else self._profiles.values()
        ids = {each for profile in known for each in profile.update_ids}
        return next((each for each in present if each in ids), None)

    def _layout(self, identity: Identity) -> ReportLayout:
        if identity.report_descriptor is None:
            why = "gives no report descriptor; a speakerphone's URL is usb:auto or hidraw:auto"
            raise PortError(self.url, why, PortReason.UNSUPPORTED)
        try:
            return read_descriptor(identity.report_descriptor)
        except DescriptorError as error:
            raise PortError(self.url, str(error), PortReason.UNSUPPORTED) from error

    def _heard(self, presses: list[Press], at: float) -> None:
        self._tell()
        if presses:
            self.state = replace(self.state, last_press=str(presses[-1]), last_press_at=at)
            self.changed()
        if self._failures <= _FAILURES_BORNE:
            self.proven()  # else only a write is proof: it would come and go with every report
        for press in presses:
            self._pressed(str(press))

    def _settled(self, why: str | None) -> None:
        self._failures = 0 if why is None else self._failures + 1
        self._tell()
        if why is None:
            self.proven()
        elif self._failures > _FAILURES_BORNE:
            self.unproven(str(PortReason.IO), f"{self.name}: LEDs cannot be written: {why}")
        self._settle(why)

    def _tell(self) -> None:
        """Take over what the session knows, and tell the room if that is news."""
        session, before = self._session, self.state
        if session is None:
            return
        written = session.written
        gated = self._profile.mic_needs_off_hook and not (written and written.off_hook)
        self.state = replace(
            self.state,
            off_hook=session.telephony.off_hook,
            led_muted=written.muted if written and session.leds.mute else None,
            mic_gated=gated,
        )
        if self.state != before:
            self.changed()

    def _settle(self, why: str | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(why)


def speakerphones(
    tables: Mapping[str, SpeakerphoneTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
    pressed: Callable[[str, str], None],
) -> list[Speakerphone]:
    """Return the room's speakerphones in configured order; raise ProfileError for a bad profile.

    `pressed` gets the name of a speakerphone, and the press.
    """
    profiles = shipped()
    return [
        Speakerphone(
            name,
            table.url,
            connect,
            clock,
            changed,
            partial(pressed, name),
            profiles,
            table.profile,
        )
        for name, table in tables.items()
    ]


def in_use(
    online: Sequence[str], chosen: str | None, before: str | None, *, in_call: bool
) -> str | None:
    """Return the name of the speakerphone to use; None if none is online. Pure.

    Nobody likes a microphone that changes in the middle of a sentence, so in a call the one in use
    stays until it is unplugged, and one that comes back in the call does not take over again.
    `online` stands in the order of room.toml, `chosen` is what somebody picked on the panel, and
    `before` what was in use until now.
    """
    if in_call and before in online:
        return before
    if chosen in online:
        return chosen
    return online[0] if online else None
