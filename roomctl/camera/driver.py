"""A camera as the room knows it: what it can be asked, and what it is doing.

Knows no bytes: the line's session says them. A drive is a lease; whoever holds it renews it.
Nobody's setting is changed unasked: a camera that follows people goes on doing so while it is
driven by hand, and one that focuses by itself refuses to be focused until told not to.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from roomctl.camera import modes
from roomctl.camera.hanger import Hanger
from roomctl.camera.profile import (
    Advisory,
    CameraProfile,
    asked_for,
    recognised,
    shipped,
    under_ceiling,
)
from roomctl.camera.rawframe import checked
from roomctl.camera.refusal import judge, must_be_one_of, must_have, offline, preset_number
from roomctl.camera.speed import focus_drive, pan_tilt_drive, zoom_drive
from roomctl.camera.state import CameraState, described
from roomctl.camera.tally import Lamps
from roomctl.camera.travel import Journey, Reached
from roomctl.camera.visca import connection
from roomctl.config import CameraTable
from roomctl.device import Health, Status
from roomctl.errors import Refused
from roomctl.visca.connection import Connection
from roomctl.visca.message import FocusTo, Home, Message, Power, Preset, PresetAction, Raw
from roomctl.visca.request import AxisGroup, Outcome, Request

LEASE_S = 0.3


class Camera:
    """One camera of a line; several may share a line, and each can be silent alone.

    Whatever waits for the camera raises Refused (offline, busy, replaced, stopped …), Unsupported,
    NoReply, or UnknownOutcome if it may have run and must not simply be sent again.
    """

    def __init__(self, name: str, table: CameraTable, line: Hanger) -> None:
        self.name, self.address = name, table.address
        self.state = CameraState()
        self.health = Health(Status.STARTING, line.clock.now())
        self._line, self._hangs = line, table.mounting == "ceiling"
        self._preset: int | None = None
        self._tracks: bool | None = None
        self._told = (self.state, self.health)
        self._looked = asyncio.Event()
        self._fixed = asked_for(name, table.profile)
        self._talk = self._new_talk()
        self._lamps = Lamps(self._submit, _later)

    @property
    def profile(self) -> CameraProfile:
        """What is known of its model; `generic` until it has said who it is."""
        known = self._fixed or recognised(self._talk.seen.version)
        return under_ceiling(known) if self._hangs else known

    @property
    def abilities(self) -> tuple[str, ...]:
        """Return what it is able to do, in the words of the room document."""
        return modes.abilities(self.profile)

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        """Return what it can be set to, by what it is a mode of."""
        return modes.offered(self.profile)

    @property
    def presets(self) -> tuple[int, ...]:
        """Return the preset numbers that may be used, from 1; none if it has no presets."""
        return self.profile.presets.numbers() if self.profile.presets else ()

    @property
    def advisories(self) -> tuple[Advisory, ...]:
        """Return what is known to be wrong with the firmware that it has."""
        version = self._talk.seen.version
        return self.profile.advisories_for(version.rom if version else None)

    @property
    def unknown_model(self) -> str | None:
        """Return what a camera that no profile knows said of itself; None: it is known."""
        if (
            self._fixed is not None
            or recognised(self._talk.seen.version) is not shipped()["generic"]
        ):
            return None
        if self.health.status is not Status.ONLINE:
            return None
        version = self._talk.seen.version
        return f"{version.identity} {version.rom:04x}" if version else "unreadable"

    # Moves that run until told otherwise.

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float = 0.0, lease_s: float = LEASE_S
    ) -> None:
        """Move until told otherwise, and at most for `lease_s` unless called again.

        Each from -1 to 1 (clamped): right, up, tele and near are positive, the magnitude is the
        part of the top speed. Raises Refused "offline", or "focus_auto". Returns at once.
        """
        self._refuse_if_offline()
        must_have(self.name, self.profile.pan_tilt or not (pan or tilt), "pan and tilt")
        must_have(self.name, self.profile.zoom or not zoom, "zoom")
        must_have(self.name, self.profile.focus or not focus, "focus that can be driven")
        if focus and self.state.focus == "auto":
            raise Refused(self.name, "focus_auto", "focuses by itself; set it to manual first")
        wanted = {
            AxisGroup.PAN_TILT: pan_tilt_drive(self.profile, pan, tilt),
            AxisGroup.ZOOM: zoom_drive(self.profile, zoom),
            AxisGroup.FOCUS: focus_drive(self.profile, focus),
        }
        now = self._line.clock.mono_s()
        if pan or tilt or zoom:
            self._preset = None
        self._talk.drive(wanted, now + lease_s, now)
        self._line.wake()
        self.refresh()

    def stop(self) -> None:
        """Stop pan, tilt, zoom, and focus if driven: at once, and repeated until acknowledged."""
        self._talk.stop(self._line.clock.mono_s())
        self._line.wake()

    async def rest(self) -> None:
        """Put the tally lamp out; as after a stop, nobody is there to renew it."""
        tally, self._lamps.lit = self.profile.tally, None
        self._lamps.pause()
        if tally is not None and self.state.tally != "off":
            await asyncio.gather(*(self._ask(said) for said in self._lamps.to_say(tally, None)))

    @property
    def stopping(self) -> bool:
        """Whether a stop is under way that the camera has not acknowledged."""
        return self._talk.stopping

    # Moves that end by themselves. Each returns when the camera says that it is there.

    async def home(self) -> None:
        """Go to the middle; returns when it is there."""
        must_have(self.name, self.profile.pan_tilt, "pan and tilt")
        self._preset = None
        await self._ask(Home())

    async def goto(
        self,
        pan_deg: float | None = None,
        tilt_deg: float | None = None,
        zoom_pct: float | None = None,
        speed: float = 1.0,
    ) -> Reached:
        """Go to an angle, a zoom, or both at once; None leaves that as it is.

        `speed`: part of the top speed of pan and tilt, above 0 to 1. An angle beyond the end stops
        is clamped, and the answer says so. Unsupported if the model's degrees are not known.
        """
        journey = await self._journey()
        if pan_deg is not None or tilt_deg is not None:
            journey.to_angle(pan_deg, tilt_deg, speed)
        if zoom_pct is not None:
            journey.to_zoom(zoom_pct)
        return await self._travel(journey)

    async def relative(self, pan_deg: float, tilt_deg: float, speed: float = 1.0) -> Reached:
        """Go so many degrees right and up from here; never sent twice.

        What would lead beyond the end stops is clamped, if it is known where it stands.
        UnknownOutcome if the answer got lost.
        """
        journey = await self._journey()
        journey.by_angle(pan_deg, tilt_deg, speed)
        return await self._travel(journey)

    async def zoom_to(self, pct: float) -> Reached:
        """Zoom to 0 (wide) to 100 (tele) per cent of the optical range; clamped."""
        return await self.goto(zoom_pct=pct)

    async def recall(self, preset: int) -> None:
        """Go to a stored position (from 1); Refused "preset_range" names those there are."""
        number = preset_number(self.name, self.profile, preset)
        self._preset = None
        await self._ask(Preset(PresetAction.RECALL, number))
        self._preset = preset
        self.refresh()

    async def store(self, preset: int) -> None:
        """Store the position as `preset` (from 1). UnknownOutcome if the answer got lost."""
        await self._ask(Preset(PresetAction.SET, preset_number(self.name, self.profile, preset)))
        self._preset = preset
        self.refresh()

    def must_have_preset(self, preset: int) -> None:
        """Raise Refused "preset_range", naming those there are, unless it has this preset."""
        preset_number(self.name, self.profile, preset)

    # Settings. Each returns when the camera says that it is done.

    async def power(self, on: bool) -> None:
        """Switch on, or to standby."""
        must_have(self.name, not self.profile.has("no-power"), "power command")
        await self._ask(Power(on))

    async def focus(self, act: str) -> None:
        """Focus by itself ("auto") or not ("manual"), once ("one_push"), or on "infinity"."""
        must_have(self.name, self.profile.focus, "focus that can be driven")
        must_be_one_of(self.name, act, modes.FOCUS_ACTS, "focus")
        await self._ask(modes.focus(act))

    async def focus_to(self, pct: float) -> None:
        """Focus on a place, 0 (far) to 100 (near) per cent; it no longer focuses by itself."""
        reach = must_have(self.name, self.profile.focus, "focus that can be driven")
        if self.state.focus != "manual":
            await self._ask(modes.focus("manual"))
        await self._ask(FocusTo(reach.position(pct)))

    async def exposure(self, mode: str) -> None:
        """Set the exposure mode, one of `profile.exposure`."""
        must_be_one_of(self.name, mode, self.profile.exposure, "exposure mode")
        await self._ask(modes.exposure(mode))

    async def white_balance(self, mode: str) -> None:
        """Set the white balance, one of `profile.white_balance`; "one_push" measures it now."""
        must_be_one_of(self.name, mode, self.profile.white_balance, "white balance")
        for setting in modes.white_balance(mode):
            await self._ask(setting)

    async def ir_receive(self, on: bool) -> None:
        """Obey the infrared remote, or lock it out."""
        must_have(self.name, self.profile.ir_receive, "lock for its remote")
        await self._ask(modes.ir_receive(on))

    async def tally(self, light: str | None) -> None:
        """Light one tally lamp, and keep it lit; None: put all out."""
        tally = must_have(self.name, self.profile.tally, "tally lamp")
        if light is not None:
            must_be_one_of(self.name, light, tally.lights, "tally lamp")
        for setting in self._lamps.to_say(tally, light):
            await self._ask(setting)
        self._lamps.shows(tally, light)
        self.refresh()

    async def tracking(self, on: bool) -> None:
        """Follow people, or not."""
        family = must_have(self.name, self.profile.tracking, "tracking")
        await self._ask(modes.tracking(family, on))
        self._tracks = on
        self.refresh()

    async def raw(self, frame: str) -> str | None:
        """Send a frame that no list of ours needs to know; return an inquiry's answer in hex.

        See `rawframe` for what may pass; Refused "raw_frame" says why another does not. The answer
        is what stands between `z0 50` and FF. Never sent twice: UnknownOutcome if its answer got
        lost.
        """
        try:
            body = checked(frame, self.address)
        except ValueError as error:
            raise Refused(self.name, "raw_frame", f"not sent: the frame {error}") from None
        outcome = await self._ask(Raw(body))
        return outcome.data.hex(" ").upper() or None

    # What the conversation tells (the Events of a Talk).

    def answered(self) -> None:
        if self.health.status is not Status.ONLINE:
            if self.health.status is Status.OFFLINE:
                self._line.log_alone(logging.INFO, self.name, "back")
            self.health = Health(Status.ONLINE, self._line.clock.now(), detail=self._line.found)
        self._lamps.again(self.profile.tally)
        self.refresh()
        self._line.heard()

    def silent(self, detail: str) -> None:
        line = self._line
        why = f"{self.name}: {detail} on {line.url}; is it powered and {line.try_this}"
        self.offline("no_reply", why)
        self._line.heard()

    def changed(self) -> None:
        self._line.acknowledged.set()
        self.refresh()

    # What the line tells.

    def offline(self, reason: str, detail: str) -> None:
        if self.health.status is not Status.OFFLINE:
            self._line.log_alone(logging.WARNING, self.name, f"lost: {detail}")
            self.health = Health(Status.OFFLINE, self._line.clock.now(), reason, detail)
        elif self.health.reason != reason:
            self.health = Health(Status.OFFLINE, self.health.since, reason, detail)
        self._forget()
        self.refresh()

    def reopened(self) -> Connection:
        """Begin a new conversation: the port was opened."""
        self._talk = self._new_talk()
        return self._talk

    def lost(self) -> None:
        self._talk.forget()
        self._forget()
        self.refresh()

    def _forget(self) -> None:
        self._lamps.pause()
        self._preset = self._tracks = None

    def refresh(self) -> None:
        """Work out the state from what the camera has said, and tell the room if it is new."""
        self.state = self._state_now()
        self._looked.set()
        if (now := (self.state, self.health)) != self._told:
            self._told = now
            self._line.changed()

    def _state_now(self) -> CameraState:
        shown = (self._lamps.lit or "off") if self.profile.tally else None
        return described(
            self.profile, self._talk.seen, preset=self._preset, tally=shown, tracks=self._tracks
        )

    def _new_talk(self) -> Connection:
        return connection(self.name, self.address, self, self._fixed)

    def _refuse_if_offline(self) -> None:
        if not self._talk.ready:
            raise offline(self.name, self.health.detail)

    async def _journey(self) -> Journey:
        self._refuse_if_offline()
        if self.profile.pan is not None:
            await self._until(lambda: self._talk.seen.pan is not None)
        return Journey(self.name, self.profile, self._talk.seen)

    async def _travel(self, journey: Journey) -> Reached:
        """Have all of it said, wait until it is done, and read back where it ended."""
        if journey.messages:
            self._preset = None
            for ended in [self._submit(message) for message in journey.messages]:
                judge(self.name, await ended, self.health.detail)
            timing = self.profile.timing
            # Without an ACK the completion tells only that it was heard, not that it is there.
            limit_s = timing.move_s if self.profile.has("no-ack") else None
            await self._until(lambda: not self._talk.seen.moving, limit_s)
        there = self.state
        return Reached(there.pan_deg, there.tilt_deg, there.zoom_pct, tuple(journey.clamped))

    async def _until(self, so: Callable[[], bool], limit_s: float | None = None) -> None:
        """Wait until its answers say that it is so, at most for `limit_s`, else a few questions."""
        timing = self.profile.timing
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s or timing.inquiry_s * timing.tries):
                while not so():
                    self._looked.clear()
                    await self._looked.wait()

    async def _ask(self, message: Message) -> Outcome:
        """Have `message` said and wait for its end, whose time limit the session keeps."""
        self._refuse_if_offline()
        outcome = await self._submit(message)
        judge(self.name, outcome, self.health.detail)
        return outcome

    def _submit(self, message: Message) -> asyncio.Future[Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def resolve(outcome: Outcome) -> None:
            if not ended.done():  # whoever waited may have been cancelled
                ended.set_result(outcome)

        self._talk.submit(Request(message, resolve), self._line.clock.mono_s())
        self._line.wake()
        return ended


def _later(after_s: float, act: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(after_s, act)
