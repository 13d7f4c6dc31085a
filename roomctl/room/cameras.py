"""What a room's cameras can be asked to do: one coroutine per camera command of the API.

Knows no HTTP and no protocol; who may give which stands in `room.roles`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from roomctl.camera.travel import Reached
from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.room.commands import Result, Source, Verb
from roomctl.room.devices import Devices
from roomctl.store import Place, Settings

UNNAMED = 4  # presets shown of a camera for which room.toml names none


class CameraCommands:
    """The camera commands of one room. Arguments are as in `api.schema_camera`, already checked."""

    def __init__(
        self, devices: Devices, names: PresetNames, stored: Callable[[str, int], None]
    ) -> None:
        self._devices, self._names, self._stored = devices, names, stored

    @property
    def table(self) -> Mapping[str, Verb]:
        return {
            "camera.drive": self._drive,
            "camera.stop": self._stop,
            "camera.home": self._home,
            "camera.goto": self._goto,
            "camera.relative": self._relative,
            "camera.zoom": self._zoom,
            "camera.recall": self._recall,
            "camera.store": self._store,
            "camera.name": self._name,
            "camera.power": self._power,
            "camera.focus": self._focus,
            "camera.exposure": self._exposure,
            "camera.whiteBalance": self._white_balance,
            "camera.irReceive": self._ir_receive,
            "camera.tally": self._tally,
            "camera.tracking": self._tracking,
            "camera.raw": self._raw,
        }

    async def _drive(
        self,
        source: Source,
        camera: str,
        pan: float,
        tilt: float,
        zoom: float,
        lease_ms: int,
        focus: float = 0.0,
    ) -> None:
        self._devices.camera(camera).drive(pan, tilt, zoom, focus, lease_s=lease_ms / 1000)

    async def _stop(self, source: Source, camera: str) -> None:
        self._devices.camera(camera).stop()

    async def _home(self, source: Source, camera: str) -> None:
        await self._devices.camera(camera).home()

    async def _goto(
        self,
        source: Source,
        camera: str,
        pan_deg: float | None = None,
        tilt_deg: float | None = None,
        zoom_pct: float | None = None,
        speed: float = 1.0,
    ) -> Result:
        return _reached(await self._devices.camera(camera).goto(pan_deg, tilt_deg, zoom_pct, speed))

    async def _relative(
        self, source: Source, camera: str, pan_deg: float, tilt_deg: float, speed: float
    ) -> Result:
        return _reached(await self._devices.camera(camera).relative(pan_deg, tilt_deg, speed))

    async def _zoom(self, source: Source, camera: str, pct: float) -> Result:
        return _reached(await self._devices.camera(camera).zoom_to(pct))

    async def _recall(self, source: Source, camera: str, preset: int) -> None:
        await self._devices.camera(camera).recall(preset)

    async def _store(
        self, source: Source, camera: str, preset: int, name: str | None = None
    ) -> None:
        await self._devices.camera(camera).store(preset)
        self._stored(camera, preset)
        if name is not None:
            await self._names.give(camera, preset, name, source.name)

    async def _name(self, source: Source, camera: str, preset: int, name: str) -> None:
        self._devices.camera(camera).must_have_preset(preset)
        await self._names.give(camera, preset, name, source.name)

    async def _power(self, source: Source, camera: str, on: bool) -> None:
        await self._devices.camera(camera).power(on)

    async def _focus(
        self, source: Source, camera: str, mode: str | None = None, pct: float | None = None
    ) -> None:
        if pct is not None:
            await self._devices.camera(camera).focus_to(pct)
        elif mode is not None:
            await self._devices.camera(camera).focus(mode)

    async def _exposure(self, source: Source, camera: str, mode: str) -> None:
        await self._devices.camera(camera).exposure(mode)

    async def _white_balance(self, source: Source, camera: str, mode: str) -> None:
        await self._devices.camera(camera).white_balance(mode)

    async def _ir_receive(self, source: Source, camera: str, on: bool) -> None:
        await self._devices.camera(camera).ir_receive(on)

    async def _tally(self, source: Source, camera: str, light: str) -> None:
        await self._devices.camera(camera).tally(None if light == "off" else light)

    async def _tracking(self, source: Source, camera: str, on: bool) -> None:
        await self._devices.camera(camera).tracking(on)

    async def _raw(self, source: Source, camera: str, frame: str) -> Result:
        return {"answer": await self._devices.camera(camera).raw(frame)}


def _reached(there: Reached) -> Result:
    return {
        "pan_deg": there.pan_deg,
        "tilt_deg": there.tilt_deg,
        "zoom_pct": there.zoom_pct,
        "clamped": list(there.clamped),
    }


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
