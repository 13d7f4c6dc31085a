"""A camera as the room knows it, whatever it speaks: what it can be asked, and what it is doing.

Knows no bytes: its protocol turns what is asked into commands, this waits for their ends. A drive
is a lease; whoever holds it renews it. Nobody's setting is changed unasked: a camera that follows
people goes on doing so while it is driven by hand, and one that focuses by itself refuses to be
focused until told not to. For a camera without presets of its own the room keeps positions. Some
cameras put a tally lamp out by themselves (a BRC-AM7 after 15 s), so a lit one is told again in
time, and when the camera is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from roomctl.camera.mounting import AS_IT_COMES, Mounting, OnCamera, PersistentSettings
from roomctl.camera.positions import StoredPosition, StoredPositions
from roomctl.camera.profile import CameraProfile, RomAdvisory
from roomctl.camera.protocol import (
    STANDBY,
    AssumedState,
    CameraProtocol,
    CameraRequest,
    CameraState,
    MenuKey,
    MoveResult,
    ProtocolEvents,
    Reading,
    must_have,
)
from roomctl.clock import Clock, Moment
from roomctl.device import Health, Nameplate, Status
from roomctl.errors import DeviceError, NoReply, Refused, UnknownOutcome, Unsupported
from roomctl.motion import MoveRefusal, Outcome, RequestEnd
from roomctl.visca.frames import ErrorCode
from roomctl.wire import Identity

_log = logging.getLogger(__name__)

LEASE_S = 0.3
MENU_KEY_S = 0.1  # an arrow is held for so long
_CLOCK_S = 0.01  # the loop's clock and the room's may differ by so much
_STANDING_S = 1.0  # to be seen to stand before its position is stored
_SAID_NO = {
    ErrorCode.LENGTH: ("not_understood", "did not understand the command"),
    ErrorCode.SYNTAX: ("not_understood", "did not understand the command"),
    ErrorCode.FULL: ("busy", "is busy with other commands"),
    ErrorCode.NOT_EXECUTABLE: ("not_executable", "cannot do that now; is it on, its menu closed?"),
}


class CameraPort(Protocol):
    """What a camera asks of the port that it hangs on, alone or with others.

    `found`: the speed that it answers at, if that had to be found.
    """

    acknowledged: asyncio.Event
    clock: Clock

    @property
    def found(self) -> str | None: ...
    def advice(self, detail: str) -> str: ...
    def wake(self) -> None: ...
    def changed(self) -> None: ...
    def heard(self) -> None: ...
    def log_alone(self, level: int, camera: str, what: str) -> None: ...


class Camera:
    """One camera; several may share a port, and each can be silent alone.

    `begin` makes its protocol, anew whenever the port is opened. `positions`: what the room keeps
    for a camera without presets; `mounting`: which way it turns for people, and how fast. Whatever
    waits for the camera raises Refused (offline, busy, replaced, stopped …), Unsupported, NoReply,
    or UnknownOutcome if it may have run and must not simply be sent again.
    """

    def __init__(
        self,
        name: str,
        port: CameraPort,
        begin: Callable[[ProtocolEvents, Identity | None], CameraProtocol],
        positions: StoredPositions | None = None,
        mounting: Mounting = AS_IT_COMES,
    ) -> None:
        self.name = name
        self.state = CameraState()
        self.health = Health(Status.STARTING, port.clock.now())
        self._port, self._begin, self._positions = port, begin, positions
        self._mounting, self._kept = mounting, PersistentSettings(mounting.on_camera)
        self._was_on = False
        self._preset: int | None = None
        self._tracks: bool | None = None
        self._lit: str | None = None
        self._relight: asyncio.TimerHandle | None = None
        self._relook: asyncio.TimerHandle | None = None
        self._told: tuple[object, ...] = ()
        self.refused_since = self.health.since
        self.unread: dict[Reading, Moment] = {}  # what it does not say of itself, and since when
        self._looked = asyncio.Event()
        self._protocol = begin(self, None)

    @property
    def profile(self) -> CameraProfile:
        """What is known of its model; `generic` until it has said who it is."""
        return self._protocol.profile

    @property
    def abilities(self) -> tuple[str, ...]:
        """Return what it is able to do, in the words of the room document."""
        return self._protocol.abilities

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        """Return what it can be set to, by what it is a mode of."""
        return self._protocol.modes

    @property
    def presets(self) -> tuple[int, ...]:
        """Return the preset numbers that may be used, from 1; none if it has no presets."""
        return self.profile.presets.numbers() if self.profile.presets else ()

    @property
    def advisories(self) -> tuple[RomAdvisory, ...]:
        """Return what is known to be wrong with the firmware that it has."""
        return self.profile.advisories_for(self._protocol.rom)

    @property
    def nameplate(self) -> Nameplate:
        """What it says it is."""
        return Nameplate(
            model=self.state.model,
            firmware=self.state.firmware,
            profile=self.profile.name,
            verified=self.profile.verified,
            advisories=tuple(one.what for one in self.advisories),
        )

    @property
    def unknown_model(self) -> str | None:
        """Return what a camera that no profile knows said of itself; None: it is known."""
        online = self.health.status is Status.ONLINE
        return self._protocol.unknown_model if online else None

    @property
    def not_kept(self) -> dict[OnCamera, str]:
        """Return what room.toml sets on the camera and it does not take, and the code of why."""
        return self._kept.failed if self.health.status is Status.ONLINE else {}

    @property
    def refusal(self) -> MoveRefusal | None:
        """Return why it does not move, or stop, although it answers."""
        return self._protocol.refusal if self.health.status is Status.ONLINE else None

    @property
    def stopping(self) -> bool:
        """Whether a stop is under way that the camera has not acknowledged."""
        return self._protocol.stopping

    # Moves that run until told otherwise.

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float = 0.0, lease_s: float = LEASE_S
    ) -> None:
        """Move until told otherwise, and at most for `lease_s` unless called again.

        Each from -1 to 1 (clamped): right, up, tele and near are positive, the magnitude is the
        part of the top speed that it may have here. Raises Refused "offline", "standby", or
        "focus_auto"; Unsupported if it lacks the axis. Returns at once.
        """
        self._refuse_if_offline()
        if pan or tilt:
            must_have(self.name, self.profile.pan_tilt, "pan and tilt")
        if focus and self.state.focus == "auto":
            raise Refused(self.name, "focus_auto", "focuses automatically; set it to manual first")
        now = self._port.clock.mono_s()
        turn = self._mounting.pushes(pan, tilt, self.state.zoom_pct)
        try:
            self._protocol.drive(*turn, zoom, focus, now + lease_s, now)
        finally:
            self._port.wake()
        if self._preset is not None and (pan or tilt or zoom):
            self._preset = None
            self.refresh()

    def stop(self) -> None:
        """Stop pan, tilt, zoom, and focus if driven: at once, and repeated until acknowledged."""
        self._protocol.stop(self._port.clock.mono_s())
        self._port.wake()

    async def make_safe(self) -> None:
        """Put the tally lamp out; as after a stop, nobody is there to renew it."""
        self._lit = None
        self._pause_lamp()
        if self.profile.tally is not None and self.state.tally != "off":
            lamps = self._protocol.tally(None).commands
            await asyncio.gather(*(self._ask(CameraRequest((lamp,))) for lamp in lamps))

    # Moves that end by themselves. Each returns when the camera says that it is there.

    async def home(self) -> None:
        """Go to the middle; returns when it is there."""
        self._refuse_if_unknown()
        request = self._protocol.home()
        self._preset = None
        await self._ask(request)

    async def goto(
        self,
        pan_deg: float | None = None,
        tilt_deg: float | None = None,
        zoom_pct: float | None = None,
        speed: float = 1.0,
    ) -> MoveResult:
        """Go to an angle, a zoom, or both at once; None leaves that as it is.

        `speed`: part of the top speed that it may have here, above 0 to 1; USB cameras go as fast
        as they like. An angle beyond the end stops is clamped, and the answer says so. Unsupported
        if the model's degrees are not known; UnknownOutcome if it does not report its position.
        """
        return await self._goto(self._mounting.degrees(pan_deg, tilt_deg), zoom_pct, speed)

    async def _goto(
        self, angle: tuple[float | None, float | None], zoom_pct: float | None, speed: float = 1.0
    ) -> MoveResult:
        """Go to an angle in its own degrees, and a zoom."""
        await self._place_known()
        speed = self._mounting.speed(speed)
        parts: list[Reading] = [] if angle == (None, None) else ["position"]
        parts += [] if zoom_pct is None else ["zoom"]
        return await self._travel(self._protocol.goto(*angle, zoom_pct, speed), parts)

    async def relative(self, pan_deg: float, tilt_deg: float, speed: float = 1.0) -> MoveResult:
        """Go so many degrees right and up from here; never sent twice.

        What would lead beyond the end stops is clamped, if it is known where it stands.
        UnknownOutcome if the answer got lost.
        """
        await self._place_known()
        speed, (pan, tilt) = self._mounting.speed(speed), self._mounting.steps(pan_deg, tilt_deg)
        return await self._travel(self._protocol.relative(pan, tilt, speed), ["position"])

    async def zoom_to(self, pct: float) -> MoveResult:
        """Zoom to 0 (wide) to 100 (tele) per cent of the optical range; clamped."""
        return await self.goto(zoom_pct=pct)

    async def recall(self, preset: int) -> None:
        """Go to a stored position (from 1); Refused "preset_range" names those there are."""
        number = self._preset_number(preset)
        if self._positions is None:
            self._preset = None
            await self._ask_last(self._protocol.recall(number))
        else:
            there = self._positions.kept(preset)
            if there is None:
                why = f"preset {preset} is empty; store it first"
                raise Refused(self.name, "not_executable", why)
            await self._goto((there.pan_deg, there.tilt_deg), there.zoom_pct)
        self._preset = preset
        self.refresh()

    async def store(self, preset: int) -> None:
        """Store the position as `preset` (from 1). UnknownOutcome if the answer got lost."""
        self._refuse_if_unknown()
        number = self._preset_number(preset)
        if self._positions is None:
            await self._ask(self._protocol.store(number))
        else:
            await self._keep(preset, self._positions)
        self._preset = preset
        self.refresh()

    async def delete(self, preset: int) -> None:
        """Forget a stored position. UnknownOutcome if the answer got lost."""
        self._refuse_if_unknown()
        number = self._preset_number(preset)
        if self._positions is None:
            await self._ask(self._protocol.delete(number))
        else:
            await self._positions.drop(preset, self._port.clock.now().wall)
        if self._preset == preset:
            self._preset = None
        self.refresh()

    async def _keep(self, preset: int, positions: StoredPositions) -> None:
        await self._until(lambda: not self._protocol.moving, _STANDING_S)
        at = self.state
        if at.moving:
            raise Refused(self.name, "not_executable", "is moving; stop it first")
        if not self._protocol.unread.isdisjoint(("position", "zoom")):
            raise Refused(self.name, "position_unknown", "does not report its position")
        there = StoredPosition(*self._mounting.degrees(at.pan_deg, at.tilt_deg), at.zoom_pct)
        await positions.keep(preset, there, self._port.clock.now().wall)

    def must_have_preset(self, preset: int) -> None:
        """Raise Refused "preset_range", naming those there are, unless it has this preset."""
        self._preset_number(preset)

    def _preset_number(self, preset: int) -> int:
        """Return the number on the wire of what people call `preset`."""
        presets = self.profile.presets
        if presets is None:
            raise Unsupported(self.name, "presets")
        numbers = presets.numbers()
        if preset not in numbers:
            why = f"preset {preset} is not one of {_ranges(numbers)}"
            raise Refused(self.name, "preset_range", why)
        return presets.wire(preset)

    # Settings. Each returns when the camera says that it is done.

    async def power(self, on: bool) -> None:
        """Switch on, or to standby."""
        await self._ask(self._protocol.power(on))

    async def focus(self, act: str) -> None:
        """Focus by itself ("auto") or not ("manual"), once ("one_push"), or on "infinity"."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.focus(act))

    async def focus_to(self, pct: float) -> None:
        """Focus on a place, 0 (far) to 100 (near) per cent; it no longer focuses by itself."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.focus_to(pct))

    async def exposure(self, mode: str) -> None:
        """Set the exposure mode, one of `profile.exposure`."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.exposure(mode))

    async def white_balance(self, mode: str) -> None:
        """Set the white balance, one of `profile.white_balance`; "one_push" measures it now."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.white_balance(mode))

    async def backlight(self, on: bool) -> None:
        """Switch backlight compensation on or off."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.backlight(on))

    async def exposure_compensation(self, steps: int) -> None:
        """Expose so many steps brighter, or darker (negative); 0: neither."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.exposure_compensation(steps))

    async def menu(self, on: bool) -> None:
        """Open or close its own menu, which its picture shows."""
        self._refuse_if_unknown()
        await self._ask(self._protocol.menu(on))

    async def menu_key(self, key: MenuKey) -> None:
        """Press a key of its menu; Refused "menu_closed"."""
        self._refuse_if_offline()
        now = self._port.clock.mono_s()
        try:
            request = self._protocol.menu_key(key, now + MENU_KEY_S, now)
        finally:
            self._port.wake()
        await self._ask(request)

    async def ir_receive(self, on: bool) -> None:
        """Obey the infrared remote, or lock it out."""
        await self._ask(self._protocol.ir_receive(on))

    async def tally(self, light: str | None) -> None:
        """Light one tally lamp, and keep it lit; None: put all out."""
        await self._ask(self._protocol.tally(light))
        self._lit = light
        self._relight_later()
        self.refresh()

    async def tracking(self, on: bool) -> None:
        """Follow people, or not."""
        await self._ask(self._protocol.tracking(on))
        self._tracks = on
        self.refresh()

    async def raw(self, frame: str) -> str | None:
        """Send a VISCA frame that no list of ours needs to know; return an inquiry's answer in hex.

        Refused "raw_frame" says why another does not pass. The answer is what stands between
        `z0 50` and FF. Never sent twice: UnknownOutcome if its answer got lost.
        """
        (outcome,) = await self._ask(self._protocol.raw(frame))
        return outcome.data.hex(" ").upper() or None

    async def video_addresses(self) -> list[str]:
        """Return where it says that its pictures are: its stream first, then single ones.

        Refused or NoReply if it names neither.
        """
        found, last = [], None
        for ask in (self._protocol.stream_address, self._protocol.snapshot_address):
            try:
                (outcome,) = await self._ask(ask())
            except DeviceError as error:
                last = error
                continue
            found += [outcome.data.decode()] if outcome.data else []
        if not found and last is not None:
            raise last
        return found

    # What the conversation tells (its ProtocolEvents).

    def answered(self) -> None:
        if self._protocol.ready:
            if self.health.status is not Status.ONLINE:
                if self.health.status is Status.OFFLINE:
                    self._port.log_alone(logging.INFO, self.name, "back")
                now = self._port.clock.now()
                self.health = Health(Status.ONLINE, now, detail=self._port.found)
            self._light_again()
            self.refresh()
            self._port.heard()
        else:
            self.refresh()

    def silent(self, detail: str) -> None:
        self.offline("no_reply", f"{self.name}: {self._port.advice(detail)}")
        self._port.heard()

    def changed(self) -> None:
        self._port.acknowledged.set()
        self.refresh()

    # What the port tells.

    def offline(self, reason: str, detail: str) -> None:
        now = self._port.clock.now()
        if self.health.status is not Status.OFFLINE:
            self._port.log_alone(logging.WARNING, self.name, f"lost: {detail}")
            self.health = Health(Status.OFFLINE, now, reason, detail)
        elif self.health.reason != reason:
            self.health = Health(Status.OFFLINE, self.health.since, reason, detail)
        self._forget()
        self.refresh()

    def reopened(self, identity: Identity) -> CameraProtocol:
        """Begin a new conversation: the port was opened."""
        self._protocol = self._begin(self, identity)
        return self._protocol

    def lost(self) -> None:
        self._protocol.forget()
        self._forget()
        self.refresh()

    def _forget(self) -> None:
        self._pause_lamp()
        self._look_later(None)
        self._preset = self._tracks = None
        self._was_on = False

    def refresh(self) -> None:
        """Work out the state from what the camera has said, and tell the room if it is new."""
        lamp = (self._lit or "off") if self.profile.tally else None
        told = self._protocol.state(AssumedState(self._preset, lamp, self._tracks))
        self.state = self._mounting.seen(told)
        self._note_unread()
        self._looked.set()
        self._keep_settings()
        news = (self.state, self.health, self.not_kept, frozenset(self.unread), self.refusal)
        if news != self._told:
            if self._told[4:] != news[4:]:
                self.refused_since = self._port.clock.now()
            self._told = news
            self._port.changed()

    def _note_unread(self) -> None:
        online = self.health.status is Status.ONLINE
        unread = self._protocol.unread if online else frozenset[Reading]()
        if unread != self.unread.keys():
            now = self._port.clock.now()
            self.unread = {what: self.unread.get(what, now) for what in sorted(unread)}

    # What room.toml sets on the camera itself.

    def _keep_settings(self) -> None:
        """Tell the camera what is not as it should be, one after the other, while it is on."""
        is_on = self._protocol.ready and self.state.power is not False
        now = self._port.clock.mono_s()
        if is_on and not self._was_on:
            self._kept.begin(now)
        self._was_on = is_on
        self._look_later(None)
        if not is_on:
            return
        if (due := self._kept.next(self.state, now)) is not None:
            self._keeping = asyncio.ensure_future(self._keep_setting(*due))
        elif (at := self._kept.due(self.state)) is not None:
            self._look_later(at - now)

    def _look_later(self, wait_s: float | None) -> None:
        """Look at the settings again after `wait_s`; None: when it says something new."""
        if self._relook is not None:
            self._relook.cancel()
            self._relook = None
        if wait_s is not None and wait_s > 0:
            loop = asyncio.get_running_loop()
            self._relook = loop.call_later(wait_s + _CLOCK_S, self._keep_settings)

    async def _keep_setting(self, name: OnCamera, value: float) -> None:
        why = None
        try:
            await self._ask(self._setting(name, value))
        except Unsupported:
            why = "unsupported"
        except Refused as refused:
            why = refused.code
        except DeviceError:
            why = "no_reply"
        if why is not None:
            _log.info("camera.%s: %s is not set: %s", self.name, name, why)
        self._kept.ended(name, self._port.clock.mono_s(), why)
        self.refresh()

    def _setting(self, name: OnCamera, value: float) -> CameraRequest:
        match name:
            case "flip":
                return self._protocol.flip(bool(value))
            case "mirror":
                return self._protocol.mirror(bool(value))
        return self._protocol.preset_speed(value)

    # The tally lamp.

    def _light_again(self) -> None:
        """Tell the camera which lamp it is to show; whoever is gone is told when it is back."""
        tally, lit = self.profile.tally, self._lit
        if tally is None or lit is None:
            return
        self._submit(self._protocol.tally(lit).commands[-1])
        self._relight_later()

    def _relight_later(self) -> None:
        self._pause_lamp()
        tally = self.profile.tally
        if self._lit is not None and tally is not None and tally.refresh_s is not None:
            loop = asyncio.get_running_loop()
            self._relight = loop.call_later(tally.refresh_s, self._light_again)

    def _pause_lamp(self) -> None:
        if self._relight is not None:
            self._relight.cancel()
            self._relight = None

    # Asking, and waiting for the end.

    def _refuse_if_offline(self) -> None:
        if not self._protocol.ready:
            raise self._offline()

    def _offline(self) -> Refused:
        return Refused(self.name, "offline", self.health.detail or "is not ready yet")

    def _refuse_if_unknown(self) -> None:
        """Refuse what only a camera that has answered can be known to have."""
        if self._protocol.self_described:
            self._refuse_if_offline()

    async def _place_known(self) -> None:
        """Refuse if it is offline, and wait a little for it to say where it stands."""
        self._refuse_if_offline()
        if not self._protocol.placed:
            await self._until(lambda: self._protocol.placed, self.profile.timing.settle_s)

    async def _travel(self, request: CameraRequest, parts: Sequence[Reading]) -> MoveResult:
        """Have all of it said, wait until it is done, and read back where its parts ended."""
        if request.commands:
            self._preset = None
            await self._ask(request)
            done_at = self._port.clock.mono_s()

            def read() -> bool:
                return all(self._protocol.read_since(part, done_at) for part in parts)

            if (limit_s := self._protocol.settle_s) is not None:
                await self._until(lambda: not self._protocol.moving and read(), limit_s)
            if not read():
                why = "does not report its position; look before you send it again"
                raise UnknownOutcome(self.name, why)
        there = self.state
        return MoveResult(there.pan_deg, there.tilt_deg, there.zoom_pct, request.clamped)

    async def _until(self, so: Callable[[], bool], limit_s: float) -> None:
        """Wait until its answers say that it is so, at most for `limit_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not so():
                    self._looked.clear()
                    await self._looked.wait()

    async def _ask(self, request: CameraRequest) -> list[Outcome]:
        """Have commands said and wait for their ends, whose time limits the protocol keeps."""
        self._refuse_if_offline()
        outcomes = []
        if request.together:
            for ended in [self._submit(command) for command in request.commands]:
                outcomes.append(self._judged(await ended))
            return outcomes
        for command in request.commands:
            self._refuse_if_offline()
            outcomes.append(self._judged(await self._submit(command)))
        return outcomes

    async def _ask_last(self, request: CameraRequest) -> None:
        """Have commands said at once of which the last is what was asked for; wait for that."""
        self._refuse_if_offline()
        *first, last = [self._submit(command) for command in request.commands]
        self._judged(await last)
        for ended in first:
            with contextlib.suppress(DeviceError):
                self._judged(await ended)

    def _submit(self, command: object) -> asyncio.Future[Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def resolve(outcome: Outcome) -> None:
            if not ended.done():  # whoever waited may have been cancelled
                ended.set_result(outcome)

        self._protocol.submit(command, resolve, self._port.clock.mono_s())
        self._port.wake()
        return ended

    def _judged(self, outcome: Outcome) -> Outcome:
        """Return how a command ended, if it was done; else raise why not."""
        self.refresh()
        match outcome.end:
            case RequestEnd.DONE:
                return outcome
            case RequestEnd.NO_REPLY:
                raise NoReply(self.name, outcome.after_s, outcome.why or "is it powered?")
            case RequestEnd.UNKNOWN:
                why = "the answer got lost; it may have run. Look before you send it again"
                raise UnknownOutcome(self.name, why)
            case RequestEnd.OFFLINE:
                raise self._offline()
            case RequestEnd.REFUSED if self.state.power is False:
                raise Refused(self.name, "standby", STANDBY)
            case RequestEnd.REPLACED | RequestEnd.STOPPED:
                why = f"was {outcome.end.value} by a newer command"
                raise Refused(self.name, outcome.end.value, why)
        code, why = "not_executable", outcome.why or f"refused with error {outcome.code or 0:02X}"
        if outcome.code in _SAID_NO:
            code, why = _SAID_NO[ErrorCode(outcome.code)]
        raise Refused(self.name, code, why)


def _ranges(numbers: Iterable[int]) -> str:
    """Say `1-90, 101-128` for a run of numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{low}-{high}" if low != high else str(low) for low, high in runs)
