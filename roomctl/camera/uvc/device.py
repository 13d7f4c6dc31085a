"""The port of a USB camera, kept open: opened, lost, opened again. Knows no control."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import ClassVar

from roomctl.camera.uvc.driver import UvcCamera
from roomctl.camera.uvc.places import Places
from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.device import Device, Status
from roomctl.errors import ConfigError
from roomctl.store import Settings
from roomctl.wire import Connect, Identity, Machine

SCHEME = "v4l2"
_REST_S, _LOOK_S = 0.5, 0.01


class UvcDevice(Device):
    """One USB camera and its port."""

    kind: ClassVar[str] = "camera"

    def __init__(
        self,
        name: str,
        table: CameraTable,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        settings: Settings,
    ) -> None:
        super().__init__(f"camera.{name}", table.url, connect, clock, changed)
        self.camera = UvcCamera(name, self, Places(name, settings))

    @property
    def cameras(self) -> Mapping[str, UvcCamera]:
        """Its one camera, by name."""
        return {self.camera.name: self.camera}

    def machine(self, identity: Identity) -> Machine:
        return self.camera.reopened(identity)

    def lost(self) -> None:
        self.camera.lost()

    async def rest(self) -> None:
        """Stop the camera, and wait at most 0.5 s until it has taken that."""
        if self.health.status is not Status.ONLINE:
            return
        self.camera.stop()
        until = self.clock.mono_s() + _REST_S
        while self.camera.stopping and self.clock.mono_s() < until:
            await asyncio.sleep(_LOOK_S)


def uvc_devices(
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
    settings: Settings,
) -> list[UvcDevice]:
    """Return one device for each table of `tables` whose url is a video device."""
    devices = []
    for name, table in tables.items():
        if is_uvc(table.url):
            _refuse_what_means_nothing(name, table)
            devices.append(UvcDevice(name, table, connect, clock, changed, settings))
    return devices


def is_uvc(url: str) -> bool:
    return url.startswith(f"{SCHEME}:")


def _refuse_what_means_nothing(name: str, table: CameraTable) -> None:
    if table.profile is not None:
        why = "a USB camera says itself what it can do; leave the profile out"
        raise ConfigError("room.toml", f"camera.{name}.profile", why)
    if table.address != 1:
        why = "a video device is one camera; leave the address out"
        raise ConfigError("room.toml", f"camera.{name}.address", why)
