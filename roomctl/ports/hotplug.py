"""When something is plugged in: told by udev where it runs, else seen in sysfs. Opens no device.

A port that finds its device missing waits here for news before it says so: then a device that
comes back is opened at once, nobody asks the bus over and over, and `device` knows of no udev.
Knows no kind of device.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Protocol, TypeVar

from roomctl.errors import PortError, PortReason
from roomctl.wire import in_thread

T = TypeVar("T")

LOOK_S = 1.0  # how long a port waits for news before it says that its device is missing
SETTLE_S = 1.0  # how long after the news a node may be missing, forbidden or in udev's own hands
_RETRY_S = 0.1
_WAIT_S = 600.0
_POLL_S = 0.25
_NOT_YET = frozenset({PortReason.MISSING, PortReason.PERMISSION, PortReason.BUSY})
_CAME = frozenset({"add", "bind", "change"})

UDEVD = Path("/run/udev/control")
_FOLDERS = (Path("/sys/bus/usb/devices"), Path("/sys/class/hidraw"))


class HotplugMonitor(Protocol):
    """What has been plugged in since this was made."""

    async def within(self, limit_s: float) -> bool: ...
    def close(self) -> None: ...


async def open_when_there(
    open_: Callable[[], Awaitable[T]], monitor: Callable[[], HotplugMonitor] | None = None
) -> T:
    """Await `open_`, and if its device is missing again as soon as something is plugged in.

    Raises the PortError that `open_` raised last, at most LOOK_S + SETTLE_S and one opening later.
    """
    # It listens before it looks: nothing may come in between.
    with closing(monitor() if monitor else await in_thread(listen)) as plugged:
        try:
            return await open_()
        except PortError as error:
            if error.reason is not PortReason.MISSING or not await plugged.within(LOOK_S):
                raise
        return await _settled(open_)


async def outdone(
    look: Callable[[], str | None] | None, monitor: Callable[[], HotplugMonitor] | None = None
) -> str:
    """Look again whenever something has been plugged in; return what `look` finds. None: never."""
    if look is None:
        await asyncio.Event().wait()
    while True:
        with closing(monitor() if monitor else await in_thread(listen)) as plugged:
            if not await plugged.within(_WAIT_S):
                continue
        for _ in range(round(SETTLE_S / _RETRY_S)):
            if look is not None and (found := await in_thread(look)) is not None:
                return found
            await asyncio.sleep(_RETRY_S)


async def _settled(open_: Callable[[], Awaitable[T]]) -> T:
    """Await `open_` until it does not fail for what may be over in a moment."""
    for _ in range(round(SETTLE_S / _RETRY_S)):
        try:
            return await open_()
        except PortError as error:
            if error.reason not in _NOT_YET:
                raise
        await asyncio.sleep(_RETRY_S)
    return await open_()


def listen(udevd: Path = UDEVD) -> HotplugMonitor:
    """Return news from udev; without udevd, or its library, from looking into sysfs."""
    if udevd.exists():
        with suppress(ImportError, OSError):
            return UdevMonitor()
    return SysfsMonitor()


class UdevMonitor:
    """HotplugMonitor from udevd: what it says has been through its rules, so permissions are set.

    Raises ImportError without pyudev or the system's libudev.
    """

    def __init__(self) -> None:
        import pyudev

        self._monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="udev")
        self._monitor.filter_by("usb")
        self._monitor.filter_by("hidraw")
        self._monitor.start()

    async def within(self, limit_s: float) -> bool:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        descriptor = self._monitor.fileno()
        loop.add_reader(descriptor, arrived.set)
        try:
            async with asyncio.timeout(limit_s):
                while not self._came():
                    await arrived.wait()
                    arrived.clear()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(descriptor)
        return True

    def _came(self) -> bool:
        while (device := self._monitor.poll(timeout=0)) is not None:
            if device.action in _CAME:
                return True
        return False

    def close(self) -> None:
        del self._monitor  # pyudev has no close; the socket goes with the last reference


class SysfsMonitor:
    """HotplugMonitor from looking: entries of sysfs that were not there when this was made.

    The kernel makes a new inode for each, so a device is news at the address that it had, too.
    """

    def __init__(self, folders: tuple[Path, ...] = _FOLDERS, poll_s: float = _POLL_S) -> None:
        self._folders, self._poll_s = folders, poll_s
        self._known = self._entries()

    async def within(self, limit_s: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + limit_s
        while self._entries() <= self._known:
            if loop.time() >= end:
                return False
            await asyncio.sleep(self._poll_s)
        return True

    def close(self) -> None:
        self._known = set()

    def _entries(self) -> set[tuple[str, int]]:
        found: set[tuple[str, int]] = set()
        for folder in self._folders:
            with suppress(OSError), os.scandir(folder) as entries:
                found.update((entry.name, entry.inode()) for entry in entries)
        return found
