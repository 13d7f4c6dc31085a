"""What a room is made of: the devices of each kind, and how each is kept running.

Knows no kind by name and no protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import TypeVar

from roomctl.config import Config, KindTable, spoken
from roomctl.device import Device, Health, Nameplate
from roomctl.errors import Refused, RestartNeeded
from roomctl.frozen import frozen
from roomctl.kind import Context, Kind
from roomctl.room.document import DeviceEntry

_log = logging.getLogger(__name__)

RESTART_S = 1.0  # after a fault of our own, which is logged in full
SAFE_LIMIT_S = 1.0

D = TypeVar("D", bound=Device)


@frozen
class DevicePlan:
    """The devices that another room.toml asks for: those that it leaves as they are among them.

    `ended` and `begun` are those that are stopped, and started.
    """

    tables: Mapping[str, Mapping[str, KindTable]]
    by_kind: Mapping[str, tuple[Device, ...]]
    ended: tuple[Device, ...]
    begun: tuple[Device, ...]


class Devices:
    """All devices of a room, in the order of `kinds` and of room.toml."""

    def __init__(self, config: Config, kinds: Iterable[Kind], context: Context) -> None:
        self._kinds, self._context = tuple(kinds), context
        self._tables = _tables(config, self._kinds)
        self._by_kind = {
            kind.name: tuple(kind.build(self._tables[kind.name], context)) for kind in self._kinds
        }
        self._known: dict[str, tuple[Health, KindTable | None, DeviceEntry]] = {}
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

    def first(self, which: type[D]) -> D | None:
        """Return the first device of a class, or None."""
        return next((device for device in self if isinstance(device, which)), None)

    @property
    def entries(self) -> tuple[DeviceEntry, ...]:
        """What the document says of each: a camera that shares a line has an entry of its own."""
        found = []
        for kind, devices in self._by_kind.items():
            there = (device for device in devices if device.present)
            healths = {n: h for device in there for n, h in device.healths.items()}
            for name in self._in_order(kind, healths):
                table = self._tables[kind].get(name.removeprefix(f"{kind}."))
                found.append(self._entry(name, kind, healths[name], table))
        return tuple(found)

    def _in_order(self, kind: str, names: Collection[str]) -> Collection[str]:
        """Return names as room.toml has them; it is asked at every look, and mostly for one."""
        if len(names) < 2:
            return names
        order = {f"{kind}.{name}": at for at, name in enumerate(self._tables[kind])}
        return sorted(names, key=lambda name: order.get(name, 0))

    def _entry(self, name: str, kind: str, health: Health, table: KindTable | None) -> DeviceEntry:
        """Return the entry of a device: the one that was made of the same health and table."""
        known = self._known.get(name)
        if known is None or known[0] is not health or known[1] is not table:
            known = (health, table, _entry(name, kind, health, table))
            self._known[name] = known
        return known[2]

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

    def planned(self, config: Config) -> DevicePlan:
        """Return what another room.toml asks for; it is built, and nothing is opened or stopped.

        A device whose tables say what they said is the one that there is. ConfigError.
        """
        tables = _tables(config, self._kinds)
        by_kind = {
            kind.name: tuple(
                self._as_it_is(kind.name, tables[kind.name], made) or made
                for made in kind.build(tables[kind.name], self._context)
            )
            for kind in self._kinds
        }
        before, after = set(self), {one for devices in by_kind.values() for one in devices}
        ended = tuple(one for one in self if one not in after)
        begun = tuple(one for many in by_kind.values() for one in many if one not in before)
        return DevicePlan(tables, by_kind, ended, begun)

    def _planned(self, kind: Kind, tables: Mapping[str, KindTable]) -> tuple[Device, ...]:
        if [*tables.items()] == [*self._tables[kind.name].items()]:
            return self._by_kind[kind.name]
        built = kind.build(tables, self._context)
        return tuple(self._as_it_is(kind.name, tables, made) or made for made in built)

    def _as_it_is(self, kind: str, tables: Mapping[str, KindTable], made: Device) -> Device | None:
        """Return the device that already is what was made; None: there is none."""
        known = self._tables[kind]
        for device in self._by_kind[kind]:
            if device.healths.keys() == made.healths.keys():
                names = {name.removeprefix(f"{kind}.") for name in made.healths} & tables.keys()
                same = all(known.get(name) == tables[name] for name in names or tables)
                return device if same else None
        return None

    async def have(self, plan: DevicePlan) -> DevicePlan:
        """Have other devices, from now on; return the plan that puts back what there was.

        Those that end are left safe first. Refused "busy": one of them is tested, or started anew.
        """
        back = DevicePlan(self._tables, self._by_kind, plan.begun, plan.ended)
        tasks = {}
        for device in plan.ended:
            if device not in self._tasks:
                why = "is being tested or restarted; try again when that is done"
                raise Refused(device.name, "busy", why)
        for device in plan.ended:
            tasks[device] = self._tasks.pop(device)
        await _make_safe(plan.ended)
        for device, task in tasks.items():
            task.cancel()
            await asyncio.wait((task,))
            device.went_round_at = None
        self._tables, self._by_kind = {**plan.tables}, {**plan.by_kind}
        for device in plan.begun:
            self._tasks[device] = asyncio.create_task(_keep(device))
        self._lent.set()
        return back

    async def run(self) -> None:
        """Keep every device running until cancelled; then leave each safe, within a second.

        Spent: a device needs another process.
        """
        self._tasks = {device: asyncio.create_task(_keep(device)) for device in self}
        try:
            # Not gather: the tasks must outlive this, to be made safe.
            await first_to_end(self._tasks.values, self._lent)
        finally:
            self._ending = True
            await _make_safe(tuple(self))
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def lent(self, device: Device, reason: str, detail: str) -> AsyncIterator[None]:
        """Have a device's port closed during the block; afterwards the device is opened anew.

        It is left safe first. Meanwhile it is offline, with this reason.
        """
        task = self._tasks.pop(device, None)
        if task is None:
            raise Refused(device.name, "busy", "is already being restarted or tested")
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


async def first_to_end(
    tasks: Callable[[], Iterable[asyncio.Task[None]]], others: asyncio.Event
) -> None:
    """Wait until one of the tasks fails or ends, of those that there are then; raise its error.

    `others` is set whenever there are others: one that was taken away is not meant.
    """
    while True:
        news = asyncio.create_task(others.wait())
        try:
            works = (*tasks(), news)
            done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        others.clear()
        if ended := done & {*tasks()}:
            for task in ended:
                task.result()
            return


async def _make_safe(devices: Sequence[Device]) -> None:
    leaving = [asyncio.create_task(device.make_safe()) for device in devices]
    if not leaving:
        return
    done, late = await asyncio.wait(leaving, timeout=SAFE_LIMIT_S)
    for task in late:
        task.cancel()
    for task in done:
        if (error := task.exception()) is not None:
            _log.warning("not left as it should be: %s", error)


def _tables(config: Config, kinds: Iterable[Kind]) -> dict[str, Mapping[str, KindTable]]:
    return {kind.name: config.tables(kind.name) for kind in kinds}


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
        except (asyncio.CancelledError, RestartNeeded):
            raise
        except Exception:
            _log.exception("%s: failed, and is started again", device.name)
            device.unproven("internal", f"{device.name}: failed, and is started again")
            await asyncio.sleep(RESTART_S)
