"""What a room is made of: the devices of each kind, and how each is kept running.

Knows no kind by name and no protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import TypeVar

from roomctl.config import Config, KindTable, spoken
from roomctl.device import Device, Health, Nameplate
from roomctl.errors import Refused, Spent
from roomctl.kind import Context, Kind
from roomctl.room.document import DeviceEntry

_log = logging.getLogger(__name__)

RESTART_S = 1.0  # after a fault of our own, which is logged in full
SAFE_LIMIT_S = 1.0

D = TypeVar("D", bound=Device)


class Devices:
    """All devices of a room, in the order of `kinds` and of room.toml."""

    def __init__(self, config: Config, kinds: Iterable[Kind], context: Context) -> None:
        self._tables = {kind.name: config.tables(kind.name) for kind in kinds}
        self._by_kind = {
            kind.name: tuple(kind.build(self._tables[kind.name], context)) for kind in kinds
        }
        self._tasks: dict[Device, asyncio.Task[None]] = {}
        self._lent, self._ending = asyncio.Event(), False

    def __iter__(self) -> Iterator[Device]:
        for devices in self._by_kind.values():
            yield from devices

    def of(self, kind: str) -> tuple[Device, ...]:
        """Return the devices of a kind; several cameras may be on one."""
        return self._by_kind.get(kind, ())

    def all(self, which: type[D]) -> list[D]:
        """Return the devices of a class."""
        return [device for device in self if isinstance(device, which)]

    @property
    def entries(self) -> tuple[DeviceEntry, ...]:
        """What the document says of each: a camera that shares a line has an entry of its own."""
        found = []
        for kind, devices in self._by_kind.items():
            healths = {n: h for device in devices for n, h in device.healths.items()}
            order = {f"{kind}.{name}": at for at, name in enumerate(self._tables[kind])}
            for name in sorted(healths, key=lambda each: order.get(each, 0)):
                table = self._tables[kind].get(name.removeprefix(f"{kind}."))
                found.append(_entry(name, kind, healths[name], table))
        return tuple(found)

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        """What each says it is, by the names of `entries`."""
        return {name: one for device in self for name, one in device.nameplates.items()}

    def named(self, name: str) -> Device:
        """Return the device that an entry is of; Refused names those there are."""
        for device in self:
            if name in device.healths:
                return device
        known = ", ".join(one.name for one in self.entries) or "none"
        raise Refused("room", "unknown_device", f"no device {name!r}; there is: {known}")

    async def run(self) -> None:
        """Keep every device running until cancelled; then leave each safe, within a second.

        Spent: a device needs another process.
        """
        self._tasks = {device: asyncio.create_task(_keep(device)) for device in self}
        try:
            # Not gather: the tasks must outlive this, to be made safe.
            await self._first_to_end()
        finally:
            self._ending = True
            await self._make_safe()
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _first_to_end(self) -> None:
        """Wait until a device fails for good; those that are lent, or were, are not meant."""
        while True:
            lent = asyncio.create_task(self._lent.wait())
            try:
                works = (*self._tasks.values(), lent)
                done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
            finally:
                lent.cancel()
            self._lent.clear()
            for task in done & {*self._tasks.values()}:
                task.result()

    @contextlib.asynccontextmanager
    async def lent(self, device: Device, reason: str, detail: str) -> AsyncIterator[None]:
        """Have a device's port closed during the block; afterwards the device is opened anew.

        It is left safe first. Meanwhile it is offline, with this reason.
        """
        task = self._tasks.pop(device, None)
        if task is None:
            raise Refused(device.name, "busy", "is started anew, or tested, already")
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAFE_LIMIT_S):
                    await device.make_safe()
            task.cancel()
            await asyncio.wait((task,))
            device.went_round_at = None  # nobody waits for it to go round
            device.unproven(reason, detail)
            yield
        finally:
            task.cancel()
            if not self._ending:
                self._tasks[device] = asyncio.create_task(_keep(device))
                self._lent.set()

    async def _make_safe(self) -> None:
        leaving = [asyncio.create_task(device.make_safe()) for device in self]
        if not leaving:
            return
        done, late = await asyncio.wait(leaving, timeout=SAFE_LIMIT_S)
        for task in late:
            task.cancel()
        for task in done:
            if (error := task.exception()) is not None:
                _log.warning("not left as it should be: %s", error)


def _entry(name: str, kind: str, health: Health, table: KindTable | None) -> DeviceEntry:
    return DeviceEntry(
        name=name,
        kind=kind,
        status=health.status.value,
        reason=health.reason,
        detail=health.detail,
        since=health.since.wall,
        title=None if table is None else spoken(table.title),
    )


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
