"""The room's cameras as one part: what they can be asked, who holds which, names and pictures.

Knows no protocol: what a camera can do is its driver's business (`camera.protocol`).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from roomctl.camera import CameraLine
from roomctl.camera.camera import Camera
from roomctl.camera.lines import CameraDevice
from roomctl.camera.profile import CameraAngle, CameraTable, Destination, seen_by_meetings
from roomctl.camera.protocol import MoveResult
from roomctl.camera.seeing import PictureFault
from roomctl.clock import Clock, Moment
from roomctl.command import (
    Alternative,
    CameraName,
    Degrees,
    ExposureSteps,
    LeaseMs,
    LensPercent,
    Name,
    PanDegrees,
    PanPush,
    PresetNumber,
    Push,
    RawFrame,
    Result,
    Source,
    SpeedShare,
    command,
)
from roomctl.config import Config
from roomctl.controller.driver import Controller
from roomctl.controller.profile import ControllerTable
from roomctl.controller.steering import (
    HOME,
    CameraTurned,
    PresetPressed,
    StickPushed,
    StickReleased,
)
from roomctl.device import Status
from roomctl.errors import (
    ConfigError,
    DeviceError,
    NoReply,
    PortError,
    Refused,
    RoomctlError,
    UnknownOutcome,
    Unsupported,
)
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Part, RoomDevices
from roomctl.roles import Right
from roomctl.room.document import CameraEntry, ControllerEntry, PresetEntry
from roomctl.room.holds import LEASE_S, Holds
from roomctl.room.pictures import CameraVideo, Picture, PictureJudge, Pictures, SelfView
from roomctl.rules import CameraAct, CameraFacts, CameraTerms
from roomctl.store import Place, Settings
from roomctl.wire import Record

_log = logging.getLogger(__name__)

STEERED_S = 3.0
MENU_S = 60.0  # without a key, a menu that was opened here is closed
UNNAMED = 4  # presets shown of a camera for which room.toml names none


_TAKEN_OVER = ("replaced", "stopped")  # by somebody's hand
NOT_DONE = {
    CameraAct.WAKE: "camera.not_woken",
    CameraAct.JOIN: "camera.not_framed",
    CameraAct.LEAVE: "camera.not_turned_away",
    CameraAct.STANDBY: "camera.not_in_standby",
}

WRONG_PICTURE = {fault: f"camera.picture_{fault}" for fault in PictureFault}

Performed = Literal["done", "again", "left"]
"""How an act of the room's ended: `again`: it may be taken later; `left`: it never will."""


@frozen
class _Failed:
    act: CameraAct
    reason: str
    at: Moment


def _driven(args: Mapping[str, Any]) -> Right | None:
    return Right.OPERATE if args.get("focus") else None


class Cameras(Part):
    """The cameras of one room, by their names in room.toml."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        context: Context,
        pictures: Path | None,
        may_film: Callable[[], bool],
    ) -> None:
        """`may_film`: whether a meeting has the video device, or may have it soon."""
        self._clock, self._context = context.clock, context
        self._act, self._changed = context.act, context.changed
        self.by_name: dict[str, Camera] = {}  # in the order of room.toml
        self._turned: dict[str, int] = {}  # how far a gamepad is in its list of cameras
        judge = PictureJudge(context.connect, context.clock, context.changed)
        self._pictures = Pictures({}, context.clock, context.changed, pictures, judge)
        self._may_film = may_film
        self._views: dict[str, SelfView] = {}
        self._holds = Holds()
        self._steered_at: dict[str, float] = {}
        self._failed: dict[str, _Failed] = {}
        self._menus: dict[str, float] = {}  # opened by command, and when a key was pressed last
        self.configure(config, devices)

    def configure(self, config: Config, devices: RoomDevices) -> None:
        """Take another room.toml; what is known of a camera that stays the same is kept."""
        _refuse_unknown(config)
        tables, before = config.every(CameraTable), self.by_name
        self._config = config
        self._ports = devices.all(CameraDevice)
        found = {name: camera for port in self._ports for name, camera in port.cameras.items()}
        self.by_name = {name: found[name] for name in tables}
        self._controllers = devices.all(Controller)
        context = self._context
        self.names = PresetNames(tables, context.settings, context.clock, context.changed)
        self._views = {
            name: self._view(name, table)
            for name, table in tables.items()
            if table.video_source is not None
        }
        self._pictures.videos = {name: view.video for name, view in self._views.items()}
        for name, camera in before.items():
            if self.by_name.get(name) is not camera:
                self._forget(name)

    def _view(self, name: str, table: CameraTable) -> SelfView:
        known, context = self._views.get(name), self._context
        if known is not None and known.video.table == table:
            return known

        async def addresses() -> Sequence[str]:
            return await self[name].video_addresses()

        video = CameraVideo(name, table, context.connect, addresses)
        why_not = partial(self._why_no_view, name, shared=video.shared)
        return SelfView(video, context.clock, context.act, why_not)

    def _forget(self, name: str) -> None:
        """Forget what is known of a camera that is another one now, or none."""
        self._holds.forget(name)
        self._steered_at.pop(name, None)
        self._failed.pop(name, None)
        self._menus.pop(name, None)
        self._pictures.judge.forget(name)

    def __getitem__(self, name: str) -> Camera:
        """Return a camera; Refused names those there are."""
        if (camera := self.by_name.get(name)) is None:
            known = ", ".join(sorted(self.by_name)) or "none"
            raise Refused("room", "unknown_device", f"no camera {name!r}; there is: {known}")
        return camera

    def trace(self, name: str) -> tuple[Record, ...]:
        """Return what was lately said on the line of a camera; one without a line has none."""
        self[name]
        for line in self._ports:
            if line.trace is not None and name in line.cameras:
                return line.trace.records()
        raise Unsupported(name, "line that could be traced")

    async def picture(self, name: str, preset: int) -> Picture:
        """Return the picture of a preset; Refused "unknown_device", "no_picture"."""
        self[name]
        return await self._pictures.read(name, preset)

    async def look(self, name: str) -> Picture:
        """Return what a camera sees now, while somebody steers it.

        Refused "unknown_device", "not_steered", "in_call" (a meeting has the device, or may have
        it soon), "busy" (another program has it), or as `SelfView.look` says.
        """
        self[name]
        if name not in self._views:
            raise Refused(name, "no_picture", "has no video in room.toml")
        return await self._views[name].look()

    def _in_use(self, name: str) -> bool:
        """Whether a meeting has the picture of a camera, so that nobody else can have it."""
        view = self._views.get(name)
        return self._may_film() and not (view is not None and view.video.shared)

    def _why_no_view(self, name: str, *, shared: bool) -> tuple[str, str] | None:
        if self._may_film() and not shared:
            return "in_call", "a meeting has its picture"
        steered_s = self._steered_at.get(name, float("-inf"))
        if self._clock.mono_s() > steered_s + STEERED_S:
            return "not_steered", f"is shown while it is steered, and {STEERED_S:g} s longer"
        return None

    def tick(self) -> None:
        now = self._clock.mono_s()
        for name in [name for name, at in self._menus.items() if now >= at + MENU_S]:
            del self._menus[name]
            self._act(self._close_menu(name))

    def due(self) -> float | None:
        return min((at + MENU_S for at in self._menus.values()), default=None)

    async def _close_menu(self, name: str) -> None:
        """Close a menu that whoever opened it has left in the picture."""
        try:
            await self[name].menu(on=False)
        except DeviceError as error:
            _log.info("camera.%s: its menu stays open: %s", name, error)

    # A finger on the pad.

    def hold(
        self,
        hold: str,
        seq: int,
        holder: str,
        camera: str,
        push: tuple[float, float, float, float],
        lease_s: float = LEASE_S,
    ) -> None:
        """Take a beat of a finger on the pad; Refused("hold_ended") if it may move nothing.

        `push` is pan, tilt, zoom, focus, each from -1 to 1: right, up, tele and near are positive.
        The camera stops `lease_s` after the last beat.
        """
        target = self[camera]
        if not self._holds.beat(hold, seq, camera, holder, self._clock.mono_s(), lease_s):
            raise Refused(camera, "hold_ended", "this hold has ended; press again")
        self._steered(camera)
        target.drive(*push, lease_s=lease_s)

    def release(self, hold: str, holder: str) -> None:
        """Let go of a camera; it stops at once."""
        camera = self._holds.release(hold, holder)
        if camera is not None:
            self[camera].stop()

    def drop(self, holder: str) -> None:
        """Let go of everything that a panel held which went away."""
        for camera in self._holds.drop(holder):
            self[camera].stop()

    def _steered(self, name: str) -> Camera:
        """Return a camera that somebody moves by hand, and note it: the room leaves it to them."""
        camera = self[name]
        self._steered_at[name] = self._clock.mono_s()
        self._failed.pop(name, None)
        return camera

    def told(self, event: object) -> None:
        """Take what a gamepad says: a stick that is held is a finger on the pad."""
        match event:
            case StickPushed(controller=name, hold=hold, seq=seq, push=push):
                self._push(name, hold, seq, push)
            case StickReleased(controller=name, hold=hold):
                self.release(hold, f"controller.{name}")
            case PresetPressed(controller=name, preset=preset):
                self._act(self._press(name, preset))
            case CameraTurned(controller=name, step=step, hold=hold):
                self._turn(name, step, hold)

    def _push(self, name: str, hold: str, seq: int, push: tuple[float, float, float]) -> None:
        """Take a beat of a stick; what the camera lacks, or refuses, does not move."""
        camera = self._of_controller(name)
        if camera is None:
            return
        can = self[camera].abilities
        pan, tilt = push[:2] if "drive" in can else (0.0, 0.0)
        zoom = push[2] if "zoom" in can else 0.0
        if pan or tilt or zoom:
            with contextlib.suppress(DeviceError):
                self.hold(hold, seq, f"controller.{name}", camera, (pan, tilt, zoom, 0.0))
        else:
            self.release(hold, f"controller.{name}")

    async def _press(self, name: str, preset: int) -> None:
        camera = self._of_controller(name)
        if camera is None:
            return
        try:
            target = self._steered(camera)
            await (target.home() if preset == HOME else target.recall(preset))
        except DeviceError as error:
            _log.info("controller.%s: %s", name, error)

    def _turn(self, name: str, step: int, hold: str | None) -> None:
        """Have a gamepad steer another of its cameras, once its stick was let go."""
        if len(self._cameras_of(name)) < 2:
            return
        if hold is not None:
            self.release(hold, f"controller.{name}")
        self._turned[name] = self._turned.get(name, 0) + step
        self._changed()

    def _of_controller(self, name: str) -> str | None:
        """Return the camera that a gamepad steers now; None: the room has none."""
        cameras = self._cameras_of(name)
        return cameras[self._turned.get(name, 0) % len(cameras)] if cameras else None

    def _cameras_of(self, name: str) -> tuple[str, ...]:
        table = self._config.every(ControllerTable)[name]
        named = table.cameras if table.camera is None else (table.camera,)
        return named or tuple(self._config.every(CameraTable))[:1]

    # What the room does by itself.

    @property
    def terms(self) -> dict[str, CameraTerms]:
        """What room.toml has the room do with each camera by itself."""
        return {
            name: CameraTerms(
                wake=table.wake,
                joins=table.on_join is not None,
                leaves=table.on_leave is not None,
                standby_s=table.standby_s,
            )
            for name, table in self._config.every(CameraTable).items()
        }

    def facts(self, name: str) -> CameraFacts:
        """Return what the rules need to know of a camera; one that has no standby is on."""
        camera = self[name]
        online = camera.health.status is Status.ONLINE
        power = camera.state.power if "power" in camera.abilities else True
        return CameraFacts(online, power, self._steered_at.get(name))

    async def perform(self, name: str, act: CameraAct) -> Performed:
        """Do what the rules decided; what goes wrong is an issue until it is done, or steered."""
        camera, table = self[name], self._config.every(CameraTable)[name]
        try:
            match act:
                case CameraAct.WAKE:
                    await camera.power(on=True)
                case CameraAct.JOIN:
                    await _go(camera, table.on_join)
                case CameraAct.LEAVE:
                    await _go(camera, table.on_leave)
                case CameraAct.STANDBY:
                    await camera.power(on=False)
        except (DeviceError, PortError) as error:
            reason = _reason(error)
            if reason in _TAKEN_OVER:
                return "left"
            _log.info("camera.%s: %s: %s", name, act, error)
            self._failed[name] = _Failed(act, reason, self._clock.now())
            self._changed()
            return "left" if isinstance(error, Unsupported) else "again"
        self._failed.pop(name, None)
        self._changed()
        return "done"

    # What the document says.

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {
            "cameras": tuple(self._entry(camera) for camera in self.by_name.values()),
            "controllers": tuple(
                ControllerEntry(one.name, one.product or "", self._of_controller(one.name))
                for one in self._controllers
            ),
        }

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        for line in self._ports:
            if isinstance(line, CameraLine) and (found := line.miscounted) is not None:
                count = {"found": found, "named": len(line.cameras)}
                since = line.health.since.wall
                yield IssueEntry("camera.chain_count", line.name, {**count}, since)
        for camera in self.by_name.values():
            subject, since = f"camera.{camera.name}", camera.health.since.wall
            if camera.health.status is not Status.ONLINE:
                continue
            for what, why in camera.not_kept.items():
                params = {"what": what, "reason": why}
                yield IssueEntry("camera.not_mounted", subject, {**params}, since)
            for reading, unread_since in camera.unread.items():
                yield IssueEntry("camera.unread", subject, {"what": reading}, unread_since.wall)
            if (wrong := self._pictures.judge.wrong.get(camera.name)) is not None:
                at, seen_since = {"preset": wrong.preset}, wrong.since.wall
                yield IssueEntry(WRONG_PICTURE[wrong.fault], subject, {**at}, seen_since)
            for one in camera.advisories:
                params = {"what": one.what, "source": one.source}
                yield IssueEntry("camera.advisory", subject, {**params}, since)
            if (refusal := camera.refusal) is not None:
                yield IssueEntry(f"camera.{refusal.value}", subject, {}, camera.refused_since.wall)
            if (failed := self._failed.get(camera.name)) is not None:
                params = {"reason": failed.reason}
                yield IssueEntry(NOT_DONE[failed.act], subject, {**params}, failed.at.wall)
            if (version := camera.unknown_model) is not None:
                yield IssueEntry("camera.unknown_model", subject, {"version": version}, since)

    def _entry(self, camera: Camera) -> CameraEntry:
        state, name = camera.state, camera.name
        online = camera.health.status is Status.ONLINE
        return CameraEntry(
            name=name,
            label=state.model or camera.profile.name,
            power=state.power,
            pan_deg=state.pan_deg,
            tilt_deg=state.tilt_deg,
            zoom_pct=state.zoom_pct,
            moving=state.moving,
            focus=state.focus,
            focus_pct=state.focus_pct,
            exposure=state.exposure,
            white_balance=state.white_balance,
            backlight=state.backlight,
            exposure_compensation=state.exposure_compensation,
            flip=state.flip,
            mirror=state.mirror,
            menu=state.menu,
            ir_receive=state.ir_receive,
            tally=state.tally,
            tracking=state.tracking,
            preset=state.preset,
            presets=self._presets(camera),
            can=camera.abilities if online else (),
            modes=dict(camera.modes),
            picture=picture_of(name, self._config),
        )

    def _presets(self, camera: Camera) -> tuple[PresetEntry, ...]:
        if not camera.presets:
            return ()
        names = self.names.of(camera.name, camera.presets)
        pictures = self._pictures.of(camera.name)
        return tuple(
            PresetEntry(number, name, pictures.get(number)) for number, name in names.items()
        )

    # What they can be asked.

    @command("camera.drive", Right.MOVE, right_for=_driven)
    async def _drive(
        self,
        source: Source,
        camera: CameraName,
        pan: PanPush = 0.0,
        tilt: Push = 0.0,
        zoom: Push = 0.0,
        focus: Push = 0.0,
        lease_ms: LeaseMs = 300,
    ) -> None:
        """Move a camera for at most `lease_ms`; send again to keep it moving."""
        self._steered(camera).drive(pan, tilt, zoom, focus, lease_s=lease_ms / 1000)

    @command("camera.stop", Right.STOP)
    async def _stop(self, source: Source, camera: CameraName) -> None:
        """Stop pan, tilt and zoom, and focus if it is driven."""
        self[camera].stop()

    @command("camera.home", Right.MOVE)
    async def _home(self, source: Source, camera: CameraName) -> None:
        """Go to the home position."""
        await self._steered(camera).home()

    @command("camera.goto", Right.MOVE, some=("pan_deg", "tilt_deg", "zoom_pct"))
    async def _goto(
        self,
        source: Source,
        camera: CameraName,
        pan_deg: PanDegrees | None = None,
        tilt_deg: Degrees | None = None,
        zoom_pct: LensPercent | None = None,
        speed: SpeedShare = 1.0,
    ) -> Result:
        """Go to an angle, a zoom or both; done when it is there. What is left out stays.

        An angle beyond the end stops is clamped: `result` says where it is, and `clamped`.
        """
        return _reached(await self._steered(camera).goto(pan_deg, tilt_deg, zoom_pct, speed))

    @command("camera.relative", Right.MOVE)
    async def _relative(
        self,
        source: Source,
        camera: CameraName,
        pan_deg: PanDegrees = 0.0,
        tilt_deg: Degrees = 0.0,
        speed: SpeedShare = 1.0,
    ) -> Result:
        """Turn some degrees from here; done when it is there. `unknown` if it may have moved."""
        return _reached(await self._steered(camera).relative(pan_deg, tilt_deg, speed))

    @command("camera.zoom", Right.MOVE)
    async def _zoom(self, source: Source, camera: CameraName, pct: LensPercent) -> Result:
        """Zoom to a position, 0 wide to 100 tele; done when it is there."""
        return _reached(await self._steered(camera).zoom_to(pct))

    @command("camera.recall", Right.MOVE)
    async def _recall(self, source: Source, camera: CameraName, preset: PresetNumber) -> None:
        """Go to a preset."""
        await self._steered(camera).recall(preset)
        self._act(
            self._pictures.keep_current(
                camera,
                preset,
                may_be_seen=lambda: (
                    self[camera].state.preset == preset and not self._in_use(camera)
                ),
                view=self._views.get(camera),
            )
        )

    @command("camera.store", Right.ARRANGE)
    async def _store(
        self,
        source: Source,
        camera: CameraName,
        preset: PresetNumber,
        name: Name | None = None,
    ) -> None:
        """Store the present position as a preset, and name it."""
        await self[camera].store(preset)
        self._act(
            self._pictures.renew(
                camera, preset, in_use=partial(self._in_use, camera), view=self._views.get(camera)
            )
        )
        if name is not None:
            await self.names.give(camera, preset, name, source.name)

    @command("camera.delete_preset", Right.ARRANGE)
    async def _delete_preset(
        self, source: Source, camera: CameraName, preset: PresetNumber
    ) -> None:
        """Delete a preset, its name and its picture."""
        await self[camera].delete(preset)
        await self._pictures.forget(camera, preset)
        await self.names.forget(camera, preset, source.name)

    @command("camera.name", Right.ARRANGE)
    async def _name(
        self, source: Source, camera: CameraName, preset: PresetNumber, name: Name
    ) -> None:
        """Name a preset; empty: use the name in room.toml. Kept over a restart."""
        self[camera].must_have_preset(preset)
        await self.names.give(camera, preset, name, source.name)

    @command("camera.power", Right.OPERATE)
    async def _power(self, source: Source, camera: CameraName, on: bool) -> None:
        """Switch a camera on, or to standby."""
        await self[camera].power(on)

    @command("camera.focus", Right.OPERATE, ways=(Alternative(("mode",)), Alternative(("pct",))))
    async def _focus(
        self,
        source: Source,
        camera: CameraName,
        mode: Literal["auto", "manual", "one_push", "infinity"] | None = None,
        pct: LensPercent | None = None,
    ) -> None:
        """Focus automatically, manually, once, on infinity, or at a position (0 far, 100 near)."""
        if pct is not None:
            await self[camera].focus_to(pct)
        elif mode is not None:
            await self[camera].focus(mode)

    @command("camera.exposure", Right.OPERATE)
    async def _exposure(
        self,
        source: Source,
        camera: CameraName,
        mode: Literal["auto", "manual", "shutter", "iris", "bright"],
    ) -> None:
        """Set the exposure mode, one of the camera's `modes.exposure`."""
        await self[camera].exposure(mode)

    @command("camera.white_balance", Right.OPERATE)
    async def _white_balance(
        self,
        source: Source,
        camera: CameraName,
        mode: Literal["auto", "indoor", "outdoor", "one_push", "atw", "manual"],
    ) -> None:
        """Set the white balance, one of `modes.white_balance`; one_push measures it now."""
        await self[camera].white_balance(mode)

    @command("camera.backlight", Right.OPERATE)
    async def _backlight(self, source: Source, camera: CameraName, on: bool) -> None:
        """Switch backlight compensation on or off."""
        await self[camera].backlight(on)

    @command("camera.exposure_compensation", Right.OPERATE)
    async def _exposure_compensation(
        self, source: Source, camera: CameraName, steps: ExposureSteps
    ) -> None:
        """Expose some steps brighter or darker, within `modes.exposure_compensation`."""
        await self[camera].exposure_compensation(steps)

    @command("camera.menu", Right.OPERATE)
    async def _menu(self, source: Source, camera: CameraName, on: bool) -> None:
        """Open or close the camera's own menu; everybody in the meeting sees it."""
        await self[camera].menu(on)
        self._menus.pop(camera, None)
        if on:
            self._menus[camera] = self._clock.mono_s()
        self._changed()

    @command("camera.menu_key", Right.OPERATE)
    async def _menu_key(
        self,
        source: Source,
        camera: CameraName,
        key: Literal["up", "down", "left", "right", "enter", "back"],
    ) -> None:
        """Press a key of the open menu, one of `modes.menu`."""
        await self[camera].menu_key(key)
        if camera in self._menus:
            self._menus[camera] = self._clock.mono_s()
            self._changed()

    @command("camera.ir_receive", Right.OPERATE)
    async def _ir_receive(self, source: Source, camera: CameraName, on: bool) -> None:
        """Obey the infrared remote, or lock it out."""
        await self[camera].ir_receive(on)

    @command("camera.tally", Right.OPERATE)
    async def _tally(
        self,
        source: Source,
        camera: CameraName,
        light: Literal["red", "green", "yellow", "off"],
    ) -> None:
        """Light a tally lamp of `modes.tally` until it is changed, or switch it off."""
        await self[camera].tally(None if light == "off" else light)

    @command("camera.tracking", Right.OPERATE)
    async def _tracking(self, source: Source, camera: CameraName, on: bool) -> None:
        """Switch following of people on or off."""
        await self[camera].tracking(on)

    @command("camera.raw", Right.SERVICE)
    async def _raw(self, source: Source, camera: CameraName, frame: RawFrame) -> Result:
        """Send a VISCA frame in hex, with header and FF or without both.

        `result.answer` is the answer to an inquiry.
        """
        return {"answer": await self[camera].raw(frame)}


def _refuse_unknown(config: Config) -> None:
    """Refuse a room.toml whose gamepad steers a camera that is not there."""
    cameras = config.every(CameraTable)
    for name, table in config.every(ControllerTable).items():
        key = f"controller.{name}.camera" + ("s" if table.cameras else "")
        named = table.cameras if table.camera is None else (table.camera,)
        for one in named:
            if one not in cameras:
                why = f"no camera {one!r}; there is: {', '.join(cameras) or 'none'}"
                raise ConfigError("room.toml", key, why)
            if named.count(one) > 1:
                raise ConfigError("room.toml", key, f"{one!r} is named twice")


async def _go(camera: Camera, place: Destination | None) -> None:
    match place:
        case CameraAngle(pan_deg=pan_deg, tilt_deg=tilt_deg):
            await camera.goto(pan_deg, tilt_deg)
        case "home":
            await camera.home()
        case int(preset):
            await camera.recall(preset)


def _reason(error: RoomctlError) -> str:
    """Return why a camera did not do what the room wanted, as a code of the panel's errors."""
    match error:
        case Refused(code=code):
            return code
        case Unsupported():
            return "unsupported"
        case NoReply():
            return "no_reply"
        case UnknownOutcome():
            return "unknown_outcome"
    return "offline"


def _reached(there: MoveResult) -> Result:
    return {
        "pan_deg": there.pan_deg,
        "tilt_deg": there.tilt_deg,
        "zoom_pct": there.zoom_pct,
        "clamped": list(there.clamped),
    }


def picture_of(name: str, config: Config) -> Literal["meeting", "other", "unknown"]:
    """Return whether a meeting sees a camera: it is given the first that has a video device."""
    seen = seen_by_meetings(config.every(CameraTable))
    return "unknown" if seen is None else "meeting" if name == seen else "other"


class PresetNames:
    """What people call the presets of the room's cameras: from room.toml, and as given on a panel.

    A name that was given goes before that of room.toml, and survives a restart; the program never
    writes room.toml.
    """

    def __init__(
        self,
        tables: Mapping[str, CameraTable],
        settings: Settings,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._tables, self._settings = tables, settings
        self._clock, self._changed = clock, changed

    def of(self, camera: str, there_are: Sequence[int] = ()) -> dict[int, str]:
        """Return the names of a camera's presets, by number in order.

        Where room.toml names none, the first few that `there_are` are shown without a name, too.
        """
        written = self._tables[camera].presets
        names = {int(number): name for number, name in written.items()}
        if not written:
            names = dict.fromkeys(there_are[:UNNAMED], "")
        for place, name in self._settings.now.items():
            match place:
                case ("camera", whose, "presets", number) if whose == camera and number.isdecimal():
                    names[int(number)] = name
        return dict(sorted(names.items()))

    async def give(self, camera: str, preset: int, name: str, who: str) -> None:
        """Call a preset `name` from now on; empty: by no name but that of room.toml."""
        place: Place = ("camera", camera, "presets", str(preset))
        why = f"{camera}: preset {preset} is called {name!r}"
        if not name:
            why = f"{camera}: preset {preset} has no name of its own"
        await self._settings.change(place, name or None, who, why, self._clock.now().wall)
        self._changed()

    async def forget(self, camera: str, preset: int, who: str) -> None:
        """Forget the name that a deleted preset was given; that of room.toml stays."""
        place: Place = ("camera", camera, "presets", str(preset))
        if place in self._settings.now:
            why = f"{camera}: preset {preset} is deleted"
            await self._settings.change(place, None, who, why, self._clock.now().wall)
            self._changed()
