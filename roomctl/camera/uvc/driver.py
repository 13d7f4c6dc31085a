"""A USB camera as the room knows it, by its own controls (UVC, through Video4Linux).

It can be asked what any camera can (`PtzCamera`); what it has no control for is Unsupported. It
has no presets of its own: the room keeps positions for it. Knows no bytes: its talk says them.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NoReturn, Protocol

from roomctl.camera import modes
from roomctl.camera.profile import Advisory
from roomctl.camera.refusal import must_be_one_of, must_have, offline, preset_number
from roomctl.camera.state import CameraState
from roomctl.camera.travel import Part, Reached
from roomctl.camera.uvc.message import ARC_SECONDS, Control, Id, Set
from roomctl.camera.uvc.places import Place, Places
from roomctl.camera.uvc.profile import exposure_items, profile_of
from roomctl.camera.uvc.state import described, place_of
from roomctl.camera.uvc.talk import LIMIT_S, Errand, Outcome, UvcTalk
from roomctl.clock import Clock
from roomctl.device import Health
from roomctl.errors import NoReply, Refused, Unsupported
from roomctl.visca.request import RequestEnd
from roomctl.wire import Identity

LEASE_S = 0.3
_STANDING_S = 1.0
_NAME = "USB camera"  # until it has said its own


class Hanger(Protocol):
    """What a USB camera asks of its device."""

    clock: Clock
    health: Health

    def wake(self) -> None: ...
    def changed(self) -> None: ...
    def proven(self) -> None: ...
    def unproven(self, reason: str, detail: str) -> None: ...


class UvcCamera:
    """One USB camera.

    Whatever waits for the camera raises Refused (offline, replaced, stopped, not_executable …),
    Unsupported, or NoReply.
    """

    advisories: tuple[Advisory, ...] = ()
    unknown_model: str | None = None  # it says itself what it can do

    def __init__(self, name: str, hanger: Hanger, places: Places) -> None:
        self.name = name
        self.state = CameraState()
        self._hanger, self._places = hanger, places
        self._identity: Identity | None = None
        self._talk = UvcTalk(self)
        self._preset: int | None = None
        self._told = self.state
        self._looked = asyncio.Event()
        self._known = False  # what it can do
        self.profile = profile_of(_NAME, {}, {})

    @property
    def health(self) -> Health:
        return self._hanger.health

    @property
    def stopping(self) -> bool:
        """Whether a stop is under way that the camera has not taken."""
        return self._talk.stopping

    @property
    def abilities(self) -> tuple[str, ...]:
        """Return what it is able to do, in the words of the room document."""
        can = modes.abilities(self.profile)
        return can if self._home_sets() else tuple(word for word in can if word != "home")

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        """Return what it can be set to, by what it is a mode of."""
        return modes.offered(self.profile)

    @property
    def presets(self) -> tuple[int, ...]:
        """Return the preset numbers that may be used, from 1; none if it cannot return to one."""
        return self.profile.presets.numbers() if self.profile.presets else ()

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
        if focus and self.state.focus == "auto":
            raise Refused(self.name, "focus_auto", "focuses by itself; set it to manual first")
        if pan or tilt or zoom:
            self._preset = None
        wanted = {"pan": pan, "tilt": tilt, "zoom": zoom, "focus": focus}
        now = self._hanger.clock.mono_s()
        self._talk.drive(wanted, now + lease_s, now)
        self._hanger.wake()
        self.refresh()

    def stop(self) -> None:
        """Stop everything: written at once, and repeated until the camera has taken it."""
        self._talk.stop(self._hanger.clock.mono_s())
        self._hanger.wake()

    # Moves that end by themselves. Each returns when the camera stands there.

    async def home(self) -> None:
        """Go to the middle."""
        self._refuse_if_offline()
        sets = must_have(self.name, self._home_sets(), "way to the middle")
        self._preset = None
        await self._ask(sets, moves=True)

    async def goto(
        self,
        pan_deg: float | None = None,
        tilt_deg: float | None = None,
        zoom_pct: float | None = None,
        speed: float = 1.0,
    ) -> Reached:
        """Go to an angle, a zoom, or both at once; None leaves that as it is.

        What is beyond the end stops is clamped, and the answer says so. There is no `speed` to
        choose: USB cameras go to a place as fast as they like.
        """
        self._refuse_if_offline()
        wanted: dict[Part, float | None] = {"pan": pan_deg, "tilt": tilt_deg, "zoom": zoom_pct}
        clamped: list[Part] = []
        sets = [
            self._place(part, value, clamped) for part, value in wanted.items() if value is not None
        ]
        if sets:
            self._preset = None
            await self._ask(tuple(sets), moves=True)
        there = self.state
        return Reached(there.pan_deg, there.tilt_deg, there.zoom_pct, tuple(clamped))

    async def relative(self, pan_deg: float, tilt_deg: float, speed: float = 1.0) -> Reached:
        """Go so many degrees right and up from here; clamped at the end stops."""
        self._refuse_if_offline()
        for part in ("pan", "tilt"):
            must_have(self.name, self._control(part), f"position of {part} that can be set")
        at = self.state
        if at.pan_deg is None or at.tilt_deg is None:
            raise Refused(self.name, "not_executable", "does not say where it stands")
        return await self.goto(at.pan_deg + pan_deg, at.tilt_deg + tilt_deg, speed=speed)

    async def zoom_to(self, pct: float) -> Reached:
        """Zoom to 0 (wide) to 100 (tele) per cent of the range; clamped."""
        return await self.goto(zoom_pct=pct)

    async def recall(self, preset: int) -> None:
        """Go to a position that the room keeps; Refused "preset_range" names those there are."""
        self.must_have_preset(preset)
        place = self._places.kept(preset)
        if place is None:
            why = f"nothing was stored as preset {preset} yet; store it first"
            raise Refused(self.name, "not_executable", why)
        await self.goto(place.pan_deg, place.tilt_deg, place.zoom_pct)
        self._preset = preset
        self.refresh()

    async def store(self, preset: int) -> None:
        """Have the room keep the position as `preset` (from 1)."""
        self._refuse_if_offline()
        self.must_have_preset(preset)
        await self._standing()
        at = self.state
        if at.moving:
            raise Refused(self.name, "not_executable", "is moving; stop it first")
        place = Place(at.pan_deg, at.tilt_deg, at.zoom_pct)
        await self._places.keep(preset, place, self._hanger.clock.now().wall)
        self._preset = preset
        self.refresh()

    def must_have_preset(self, preset: int) -> None:
        """Raise Refused "preset_range", naming those there are, unless it has this preset."""
        preset_number(self.name, self.profile, preset)

    # Settings. Each returns when the camera has taken it.

    async def focus(self, act: str) -> None:
        """Focus by itself ("auto") or not ("manual"), or on "infinity"."""
        self._refuse_if_offline()
        must_have(self.name, self.profile.focus, "focus that can be driven")
        acts: dict[str, tuple[Set, ...]] = {}
        if Id.FOCUS_AUTO in self._talk.controls:
            acts |= {"auto": (Set(Id.FOCUS_AUTO, 1),), "manual": (Set(Id.FOCUS_AUTO, 0),)}
        if (place := self._control("focus")) is not None:
            acts["infinity"] = (*acts.get("manual", ()), Set(place.id, place.minimum))
        must_be_one_of(self.name, act, acts, "focus")
        await self._ask(acts[act])

    async def focus_to(self, pct: float) -> None:
        """Focus on a place, 0 (far) to 100 (near) per cent; it no longer focuses by itself."""
        self._refuse_if_offline()
        place = must_have(self.name, self._control("focus"), "focus that can be driven")
        if self.state.focus == "auto":
            await self.focus("manual")
        await self._ask((Set(place.id, place.at_percent(pct)),))

    async def exposure(self, mode: str) -> None:
        """Set the exposure mode, one of `profile.exposure`."""
        self._refuse_if_offline()
        items = exposure_items(self._talk.controls)
        must_be_one_of(self.name, mode, items, "exposure mode")
        entry = next(entry for word, entry in items.items() if word == mode)
        await self._ask((Set(Id.EXPOSURE_AUTO, entry),))

    async def white_balance(self, mode: str) -> None:
        """Set the white balance: auto, or manual as it is now."""
        self._refuse_if_offline()
        must_be_one_of(self.name, mode, self.profile.white_balance, "white balance")
        await self._ask((Set(Id.AUTO_WHITE_BALANCE, int(mode == "auto")),))

    async def power(self, on: bool) -> None:
        self._has_no("power command")

    async def ir_receive(self, on: bool) -> None:
        self._has_no("lock for its remote")

    async def tally(self, light: str | None) -> None:
        self._has_no("tally lamp")

    async def tracking(self, on: bool) -> None:
        self._has_no("tracking")

    async def raw(self, frame: str) -> str | None:
        self._has_no("frames to send: it is no VISCA camera")

    async def rest(self) -> None:
        """Nothing beyond the stop: it has no lamp."""

    # What the conversation tells (the Events of a UvcTalk).

    def answered(self) -> None:
        talk = self._talk
        if talk.ready and not self._known:
            self._known = True
            product = self._identity.product if self._identity else None
            self.profile = profile_of(product or _NAME, talk.controls, talk.axes)
        if talk.ready:
            self._hanger.proven()
        self.refresh()

    def silent(self, detail: str) -> None:
        self._hanger.unproven("no_reply", f"{self.name}: {detail}; plug it in again")

    def changed(self) -> None:
        self.refresh()

    # What the device tells.

    def reopened(self, identity: Identity) -> UvcTalk:
        """Begin a new conversation: the port was opened."""
        self._identity, self._known = identity, False
        self._talk = UvcTalk(self)
        return self._talk

    def lost(self) -> None:
        self._talk.forget()
        self._preset = None
        self.refresh()

    def refresh(self) -> None:
        """Work out the state from what the camera has said, and tell the room if it is new."""
        firmware = self._identity.bcd_device if self._identity else None
        self._looked.set()
        self.state = described(self._talk, self.profile.name, firmware, self._preset)
        if self.state != self._told:
            self._told = self.state
            self._hanger.changed()

    def _control(self, axis: str) -> Control | None:
        return place_of(self._talk, axis)

    def _place(self, part: Part, value: float, clamped: list[Part]) -> Set:
        control = must_have(self.name, self._control(part), f"position of {part} that can be set")
        if part == "zoom":
            inside, target = min(max(value, 0.0), 100.0), control.at_percent(value)
        else:
            low, high = control.minimum / ARC_SECONDS, control.maximum / ARC_SECONDS
            inside = min(max(value, low), high)
            target = control.nearest(inside * ARC_SECONDS)
        if inside != value:
            clamped.append(part)
        return Set(control.id, target)

    def _home_sets(self) -> tuple[Set, ...]:
        controls = [self._control(part) for part in ("pan", "tilt")]
        sets = [Set(each.id, each.nearest(0)) for each in controls if each is not None]
        if len(sets) == 2:
            return tuple(sets)
        resets = (Id.PAN_RESET, Id.TILT_RESET)
        has = self._talk.controls
        return tuple(Set(each, 1) for each in resets if each in has and has[each].writable)

    def _has_no(self, what: str) -> NoReturn:
        raise Unsupported(self.name, what)

    def _refuse_if_offline(self) -> None:
        if not self._talk.ready:
            raise offline(self.name, self.health.detail)

    async def _standing(self) -> None:
        """Wait until it is seen to stand, at most for a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STANDING_S):
                while self._talk.moving:
                    self._looked.clear()
                    await self._looked.wait()

    async def _ask(self, sets: tuple[Set, ...], *, moves: bool = False) -> None:
        """Have controls set and wait for the end, whose time limit the talk keeps."""
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def resolve(outcome: Outcome) -> None:
            if not ended.done():  # whoever waited may have been cancelled
                ended.set_result(outcome)

        self._talk.submit(Errand(sets, resolve, moves), self._hanger.clock.mono_s())
        self._hanger.wake()
        outcome = await ended
        self.refresh()
        self._judge(outcome)

    def _judge(self, outcome: Outcome) -> None:
        match outcome.end:
            case RequestEnd.DONE:
                return
            case RequestEnd.NO_REPLY:
                raise NoReply(self.name, LIMIT_S, "it still moves")
            case RequestEnd.OFFLINE:
                raise offline(self.name, self.health.detail)
            case RequestEnd.REPLACED | RequestEnd.STOPPED:
                why = f"was {outcome.end.value} by a newer command"
                raise Refused(self.name, outcome.end.value, why)
        raise Refused(self.name, "not_executable", outcome.why or "was refused")
