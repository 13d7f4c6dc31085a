"""What the room is handed of cameras: those on lines, and those on USB. Knows no command."""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.camera.lines import lines, uvc_devices
from roomctl.camera.profile import CameraProfile
from roomctl.config import CameraTable
from roomctl.device import Device
from roomctl.kind import Context, Kind


def _build(tables: Mapping[str, CameraTable], context: Context) -> list[Device]:
    connect, clock, changed = context.connect, context.clock, context.changed
    return [
        *lines(tables, connect, clock, changed),
        *uvc_devices(tables, connect, clock, changed, context.settings),
    ]


KIND = Kind("camera", CameraTable, _build, CameraProfile)
