"""What the room is handed of cameras: those on lines, and those on USB. Knows no command."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from roomctl.camera.lines import lines, uvc_devices
from roomctl.camera.profile import CameraProfile, CameraTable
from roomctl.device import Device
from roomctl.errors import RoomctlError
from roomctl.kind import Context, Drill, DrillSetup, Kind
from roomctl.store import Settings


def _build(tables: Mapping[str, CameraTable], context: Context) -> list[Device]:
    connect, clock, changed = context.connect, context.clock, context.changed
    return [
        *lines(tables, connect, clock, changed),
        *uvc_devices(tables, connect, clock, changed, context.settings),
    ]


def _drill(name: str, tables: Mapping[str, CameraTable], setup: DrillSetup) -> Drill:
    from roomctl.camera.tools.drill import CameraDrill, DrillOptions  # no room needs it

    if tables[name].url.startswith("v4l2:"):
        why = "is a USB camera (v4l2:); the drill is for cameras on a line, and speaks VISCA"
        raise RoomctlError(f"camera.{name}: {why}")
    drill = CameraDrill(name, tables, setup.connect, setup.clock, setup.say)
    named = _named(name, tables[name], setup.settings)
    options = DrillOptions("presets" in setup.allowed, named, "power" in setup.allowed)
    put_back = "the camera is stopped and put back"
    return Drill(partial(drill.run, options), put_back, lambda: drill.trace)


def _named(name: str, table: CameraTable, settings: Settings) -> frozenset[int]:
    """Return the presets that have a name, from room.toml or from a panel."""
    given = [place[3] for place in settings.now if place[:3] == ("camera", name, "presets")]
    return frozenset(int(number) for number in (*table.presets, *given) if number.isdecimal())


KIND = Kind("camera", CameraTable, _build, CameraProfile, drill=_drill)
