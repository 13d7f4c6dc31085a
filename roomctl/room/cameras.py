"""The room's cameras as one part: what they can be asked, who holds which, names and pictures.

Knows no protocol: what a camera can do is its driver's business (`camera.protocol`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from roomctl.camera import CameraLine
from roomctl.camera.camera import Camera
from roomctl.camera.lines import CameraDevice
from roomctl.camera.profile import CameraTable, seen_by_meetings
from roomctl.camera.protocol import Reached
from roomctl.clock import Clock, Moment
from roomctl.command import (
    Alternative,
    Degrees,
    DeviceName,
    LeaseMs,
    LensPercent,
    Name,
    PresetNumber,
    Push,
    RawFrame,
    Result,
    Source,
    SpeedShare,
    command,
)
from roomctl.config import Config
from roomctl.device import Device, Status
from roomctl.errors import Refused, Unsupported
from roomctl.kind import Context, IssueEntry, Part
from roomctl.roles import Right
from roomctl.room.document import CameraEntry, PresetEntry
from roomctl.room.holds import LEASE_S, Holds
from roomctl.room.pictures import Picture, Pictures
from roomctl.store import Place, Settings
from roomctl.wire import Record

UNNAMED = 4  # presets shown of a camera for which room.toml names none


def _driven(args: Mapping[str, Any]) -> Right | None:
    return Right.OPERATE if args.get("focus") else None


class Cameras(Part):
    """The cameras of one room, by their names in room.toml."""

    def __init__(
        self,
        config: Config,
        devices: Sequence[Device],
        context: Context,
        pictures: Path | None,
        may_film: Callable[[], bool],
    ) -> None:
        """`may_film`: whether a meeting has the video device, or may have it soon."""
        self._config, self._clock, self._act = config, context.clock, context.act
        tables = config.every(CameraTable)
        self._ports = [each for each in devices if isinstance(each, CameraDevice)]
        self.names = PresetNames(tables, context.settings, context.clock, context.changed)
        self._pictures = Pictures(tables, context.connect, context.clock, context.changed, pictures)
        self._may_film = may_film
        self._holds = Holds()

    @property
    def by_name(self) -> dict[str, Camera]:
        """Every camera by its name, in the order of room.toml."""
        found: dict[str, Camera] = {}
        for device in self._ports:
            found.update(device.cameras)
        return {name: found[name] for name in self._config.every(CameraTable)}

    def __getitem__(self, name: str) -> Camera:
        """Return a camera; Refused names those there are."""
        cameras = self.by_name
        if name not in cameras:
            known = ", ".join(sorted(cameras)) or "none"
            raise Refused("room", "unknown_device", f"no camera {name!r}; there is: {known}")
        return cameras[name]

    def trace(self, name: str) -> tuple[Record, ...]:
        """Return what was lately said on the line of a camera; one without a line has none."""
        self[name]
        for line in self._ports:
            if isinstance(line, CameraLine) and name in line.cameras:
                return line.trace.records()
        raise Unsupported(name, "line that could be traced")

    async def picture(self, name: str, preset: int) -> Picture:
        """Return the picture of a preset; Refused "unknown_device", "no_picture"."""
        self[name]
        return await self._pictures.read(name, preset)

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

    # What the document says.

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"cameras": tuple(self._entry(camera) for camera in self.by_name.values())}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        for camera in self.by_name.values():
            subject, since = f"camera.{camera.name}", camera.health.since.wall
            if camera.health.status is not Status.ONLINE:
                continue
            for one in camera.advisories:
                params = {"what": one.what, "source": one.source}
                yield IssueEntry("camera.advisory", subject, {**params}, since)
            if (refusal := camera.refusal) is not None:
                yield IssueEntry(f"camera.{refusal.value}", subject, {}, camera.refused_since.wall)
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
        camera: DeviceName,
        pan: Push = 0.0,
        tilt: Push = 0.0,
        zoom: Push = 0.0,
        focus: Push = 0.0,
        lease_ms: LeaseMs = 300,
    ) -> None:
        """Move a camera for at most `lease_ms`; send again to keep it moving."""
        self[camera].drive(pan, tilt, zoom, focus, lease_s=lease_ms / 1000)

    @command("camera.stop", Right.STOP)
    async def _stop(self, source: Source, camera: DeviceName) -> None:
        """Stop pan, tilt and zoom, and focus if it is driven."""
        self[camera].stop()

    @command("camera.home", Right.MOVE)
    async def _home(self, source: Source, camera: DeviceName) -> None:
        """Go to the home position."""
        await self[camera].home()

    @command("camera.goto", Right.MOVE, some=("pan_deg", "tilt_deg", "zoom_pct"))
    async def _goto(
        self,
        source: Source,
        camera: DeviceName,
        pan_deg: Degrees | None = None,
        tilt_deg: Degrees | None = None,
        zoom_pct: LensPercent | None = None,
        speed: SpeedShare = 1.0,
    ) -> Result:
        """Go to an angle, a zoom or both; done when it is there. What is left out stays.

        An angle beyond the end stops is clamped: `result` says where it is, and `clamped`.
        """
        return _reached(await self[camera].goto(pan_deg, tilt_deg, zoom_pct, speed))

    @command("camera.relative", Right.MOVE)
    async def _relative(
        self,
        source: Source,
        camera: DeviceName,
        pan_deg: Degrees = 0.0,
        tilt_deg: Degrees = 0.0,
        speed: SpeedShare = 1.0,
    ) -> Result:
        """Go some degrees from here; done when it is there. `unknown` if it may have moved."""
        return _reached(await self[camera].relative(pan_deg, tilt_deg, speed))

    @command("camera.zoom", Right.MOVE)
    async def _zoom(self, source: Source, camera: DeviceName, pct: LensPercent) -> Result:
        """Zoom to a place, 0 wide to 100 tele; done when it is there."""
        return _reached(await self[camera].zoom_to(pct))

    @command("camera.recall", Right.MOVE)
    async def _recall(self, source: Source, camera: DeviceName, preset: PresetNumber) -> None:
        """Go to a stored position."""
        await self[camera].recall(preset)

    @command("camera.store", Right.ARRANGE)
    async def _store(
        self,
        source: Source,
        camera: DeviceName,
        preset: PresetNumber,
        name: Name | None = None,
    ) -> None:
        """Store the present position, and name it."""
        await self[camera].store(preset)
        self._act(self._pictures.renew(camera, preset, in_use=self._may_film))
        if name is not None:
            await self.names.give(camera, preset, name, source.name)

    @command("camera.name", Right.ARRANGE)
    async def _name(
        self, source: Source, camera: DeviceName, preset: PresetNumber, name: Name
    ) -> None:
        """Name a stored position; empty: by no name but that of room.toml. Kept over a restart."""
        self[camera].must_have_preset(preset)
        await self.names.give(camera, preset, name, source.name)

    @command("camera.power", Right.OPERATE)
    async def _power(self, source: Source, camera: DeviceName, on: bool) -> None:
        """Switch a camera on, or to standby."""
        await self[camera].power(on)

    @command("camera.focus", Right.OPERATE, ways=(Alternative(("mode",)), Alternative(("pct",))))
    async def _focus(
        self,
        source: Source,
        camera: DeviceName,
        mode: Literal["auto", "manual", "one_push", "infinity"] | None = None,
        pct: LensPercent | None = None,
    ) -> None:
        """Focus by itself or not, once, on infinity, or on a place (0 far to 100 near)."""
        if pct is not None:
            await self[camera].focus_to(pct)
        elif mode is not None:
            await self[camera].focus(mode)

    @command("camera.exposure", Right.OPERATE)
    async def _exposure(
        self,
        source: Source,
        camera: DeviceName,
        mode: Literal["auto", "manual", "shutter", "iris", "bright"],
    ) -> None:
        """Set the exposure mode, one of the camera's `modes.exposure`."""
        await self[camera].exposure(mode)

    @command("camera.whiteBalance", Right.OPERATE)
    async def _white_balance(
        self,
        source: Source,
        camera: DeviceName,
        mode: Literal["auto", "indoor", "outdoor", "one_push", "atw", "manual"],
    ) -> None:
        """Set the white balance, one of `modes.white_balance`; one_push measures it now."""
        await self[camera].white_balance(mode)

    @command("camera.irReceive", Right.OPERATE)
    async def _ir_receive(self, source: Source, camera: DeviceName, on: bool) -> None:
        """Obey the infrared remote, or lock it out."""
        await self[camera].ir_receive(on)

    @command("camera.tally", Right.OPERATE)
    async def _tally(
        self,
        source: Source,
        camera: DeviceName,
        light: Literal["red", "green", "yellow", "off"],
    ) -> None:
        """Light a tally lamp of `modes.tally`, which stays lit until told otherwise, or none."""
        await self[camera].tally(None if light == "off" else light)

    @command("camera.tracking", Right.OPERATE)
    async def _tracking(self, source: Source, camera: DeviceName, on: bool) -> None:
        """Follow people, or not."""
        await self[camera].tracking(on)

    @command("camera.raw", Right.SERVICE)
    async def _raw(self, source: Source, camera: DeviceName, frame: RawFrame) -> Result:
        """Send a VISCA frame in hex, with header and FF or without both.

        `result.answer` is what an inquiry is answered.
        """
        return {"answer": await self[camera].raw(frame)}


def _reached(there: Reached) -> Result:
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
