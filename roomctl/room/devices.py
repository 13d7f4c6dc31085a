"""What a room is made of: one device per table of room.toml, and how each is kept running.

Knows every wing's name and none of their protocols.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from roomctl.camera import CameraLine, lines
from roomctl.camera.interface import PtzCamera
from roomctl.camera.uvc.device import UvcDevice, uvc_devices
from roomctl.clock import Clock
from roomctl.config import Config, screen_url
from roomctl.device import Device
from roomctl.errors import Refused, Spent, Unsupported
from roomctl.occupancy import Sensor, sensors
from roomctl.screen import Screen
from roomctl.screen.protocol import ShowPage
from roomctl.speakerphone import Speakerphone, speakerphones
from roomctl.speakerphone.description import Description
from roomctl.store import Settings
from roomctl.wire import Connect, Record

_log = logging.getLogger(__name__)

RESTART_S = 1.0  # after a fault of our own, which is logged in full
REST_LIMIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Hooks:
    """What devices call back: something changed, a sensor saw a level, a key was pressed.

    `pressed` gets the speakerphone and the key, `loud` how loud the microphone is.
    """

    changed: Callable[[], None]
    level: Callable[[str, bool, float], None]
    pressed: Callable[[str, str], None]
    loud: Callable[[int], None] = lambda pct: None


class Devices:
    """All devices of a room."""

    def __init__(
        self,
        config: Config,
        connect: Connect,
        clock: Clock,
        hooks: Hooks,
        stands: Callable[[], Iterable[ShowPage]] = tuple,
        settings: Settings | None = None,
    ) -> None:
        self._camera_names = tuple(config.camera)
        self.lines: list[CameraLine] = lines(config.camera, connect, clock, hooks.changed)
        self.usb_cameras: list[UvcDevice] = uvc_devices(
            config.camera, connect, clock, hooks.changed, settings or Settings()
        )
        self.sensors: list[Sensor] = sensors(
            config.occupancy, connect, clock, hooks.changed, hooks.level
        )
        self.phones: list[Speakerphone] = speakerphones(
            config.speakerphone, connect, clock, hooks.changed, hooks.pressed
        )
        self.screen: Screen | None = None
        if config.screen is not None:
            url = screen_url(config.screen)
            self.screen = Screen("screen", url, connect, clock, hooks.changed, stands, hooks.loud)

    def __iter__(self) -> Iterator[Device]:
        yield from self.lines
        yield from self.usb_cameras
        yield from self.sensors
        yield from self.phones
        if self.screen is not None:
            yield self.screen

    @property
    def cameras(self) -> dict[str, PtzCamera]:
        """Every camera by its name in room.toml, in the order of room.toml."""
        found: dict[str, PtzCamera] = {}
        for line in self.lines:
            found.update(line.cameras)
        for device in self.usb_cameras:
            found.update(device.cameras)
        return {name: found[name] for name in self._camera_names}

    def camera(self, name: str) -> PtzCamera:
        """Return a camera; Refused names those there are."""
        cameras = self.cameras
        if name not in cameras:
            known = ", ".join(sorted(cameras)) or "none"
            raise Refused("room", "unknown_device", f"no camera {name!r}; there is: {known}")
        return cameras[name]

    def trace(self, camera: str) -> tuple[Record, ...]:
        """Return what was lately said on the line of a camera; one without a line has none."""
        self.camera(camera)
        for line in self.lines:
            if camera in line.cameras:
                return line.trace.records()
        raise Unsupported(camera, "line that could be traced")

    def speakerphone(self, name: str) -> Description:
        """Return what is known of a speakerphone; Refused names those there are."""
        for phone in self.phones:
            if phone.name == name:
                return phone.description
        known = ", ".join(sorted(phone.name for phone in self.phones)) or "none"
        raise Refused("room", "unknown_device", f"no speakerphone {name!r}; there is: {known}")

    async def run(self) -> None:
        """Keep every device running until cancelled; then leave each safe, within a second.

        Spent: a device needs another process.
        """
        tasks = [asyncio.create_task(_keep(device)) for device in self]
        tasks.append(asyncio.create_task(_idle()))
        try:
            # Not gather: the tasks must outlive this, to rest.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._rest()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rest(self) -> None:
        resting = [asyncio.create_task(device.rest()) for device in self]
        if not resting:
            return
        done, late = await asyncio.wait(resting, timeout=REST_LIMIT_S)
        for task in late:
            task.cancel()
        for task in done:
            if (error := task.exception()) is not None:
                _log.warning("not left as it should be: %s", error)


async def _idle() -> None:
    """Run for ever: a room may have no device."""
    await asyncio.Event().wait()


async def _keep(device: Device) -> None:
    """Run a device for ever; a fault of ours is logged and costs this device one second."""
    while True:
        try:
            await device.run()
        except (asyncio.CancelledError, Spent):
            raise
        except Exception:
            _log.exception("%s: failed, and is started again", device.name)
            device.unproven("internal", f"{device.name}: failed, and is started again")
            await asyncio.sleep(RESTART_S)
