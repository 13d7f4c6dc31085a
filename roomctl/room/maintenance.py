"""What keeps a room running: a device or the whole program started anew, devices tested.

Nothing of it happens in a call unless somebody insists; a test, and a restart that may wait, want a
room that nobody uses. Knows no kind of device by name but those that have a power switch.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from roomctl.clock import Moment
from roomctl.command import DevicePath, Result, Source, command
from roomctl.config import Config
from roomctl.device import Status
from roomctl.drill import Microphone, Step
from roomctl.drill import Result as StepResult
from roomctl.errors import Refused, RoomctlError, Unsupported
from roomctl.frozen import frozen
from roomctl.kind import Context, DrillSetup, Kind, Part, RoomDevices, StandbyDisplay
from roomctl.roles import Right
from roomctl.room.bookings import Bookings
from roomctl.room.cameras import Cameras
from roomctl.room.devices import Devices
from roomctl.room.document import MaintenanceEntry, SelftestEntry, UpdateEntry
from roomctl.room.meeting import CallControl
from roomctl.room.occupancy import OccupancyService

_log = logging.getLogger(__name__)

BACK_S = 20.0  # a device that was opened anew has answered by then, or is told to be offline
OFF_S = 5.0  # switched off before it is switched on again
AHEAD_S = 600.0  # before a booking nothing is begun
ANSWER_S = 0.5  # who asked for a restart hears that it was heard
DRILL_LIMIT_S = 240.0
LOOK_S = 0.5  # how soon a test ends when somebody wants the room

Outcome = Literal["passed", "failed", "skipped"]
_InUse = Literal["in_call", "laptop", "occupied", "clock_unproven", "calendar_unknown", "booked"]
TEST_REFUSALS: Mapping[_InUse, str] = {
    "in_call": "room_in_use",
    "laptop": "room_in_use",
    "occupied": "room_in_use",
    "calendar_unknown": "calendar_unknown",
    "booked": "room_booked",
}


@frozen
class DeviceTest:
    """How the test of one device ended; `why` it was skipped or cut short."""

    device: str
    outcome: Outcome
    why: str
    took_s: float
    steps: tuple[Step, ...]


@frozen
class SelftestReport:
    """The last self-test: when, for whom, and how each device did."""

    at: datetime
    requested_by: str
    requested_by_name: str
    running: bool
    devices: tuple[DeviceTest, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many devices ended so."""
        return sum(one.outcome == outcome for one in self.devices)


class Maintenance(Part):
    """Restarts and self-tests."""

    def __init__(
        self,
        config: Config,
        kinds: Sequence[Kind],
        devices: Devices,
        uses: tuple[CallControl, Bookings, OccupancyService, Cameras],
        context: Context,
        restart: Callable[[str], None] | None,
        lent: Callable[[], bool] = lambda: False,
        update: Callable[[Moment], UpdateEntry | None] = lambda now: None,
    ) -> None:
        """`restart` ends the program for a supervisor to start it; None: there is none.

        `lent`: whether a laptop has the room's camera and speakerphone. `update`: that section.
        """
        self._config, self._kinds, self._devices = config, kinds, devices
        self._calls, self._bookings, self._occupancy, self._cameras = uses
        self._context, self._restart, self._lent = context, restart, lent
        self._update = update
        self._waiting: Source | None = None
        self._then: Callable[[], object] | None = None  # instead of a restart
        self.report: SelftestReport | None = None

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._config = config

    def sections(self, now: Moment) -> Mapping[str, object]:
        waiting, report = self._waiting, self.report
        tested = (
            None
            if report is None
            else SelftestEntry(
                report.at,
                report.running,
                report.count("passed"),
                report.count("failed"),
                report.count("skipped"),
            )
        )
        who = ("", "") if waiting is None else (waiting.role, waiting.name)
        return {
            "maintenance": MaintenanceEntry(waiting is not None, *who, tested, self._update(now))
        }

    def tick(self) -> None:
        if self._waiting is not None and self.in_use() is None:
            if self._then is None:
                self._end(self._waiting)
            else:
                self._waiting, then, self._then = None, self._then, None
                then()

    # Restarts

    @command("device.restart", Right.MAINTAIN)
    async def _restart_device(
        self,
        source: Source,
        device: DevicePath,
        how: Literal["port", "power"] = "port",
        force: bool = False,
    ) -> Result:
        """Open a device's port again, or switch it off and on; in a call only with `force`.

        Devices on the same line are opened again too. `result`: whether it is online, and after how
        many seconds.
        """
        known = self._devices.named(device)
        self.refuse_in_call(force=force)
        _log.info("%s: restarted (%s) for %s", device, how, source.name)
        began = self._context.clock.mono_s()
        if how == "power":
            await self._power_cycle(device)
        else:
            async with self._devices.lent(known, "restarting", f"{device}: is opened again"):
                pass
        online = await self._comes_back(device)
        return {"online": online, "after_s": round(self._context.clock.mono_s() - began, 1)}

    async def _power_cycle(self, name: str) -> None:
        kind, _, own = name.partition(".")
        device = self._devices.named(name)
        if kind == "camera":
            camera = self._cameras[own]
            await camera.power(on=False)
            await asyncio.sleep(OFF_S)
            await camera.power(on=True)
        elif isinstance(device, StandbyDisplay):
            await device.switch_display(False)
            await asyncio.sleep(OFF_S)
            await device.switch_display(True)
        else:
            raise Unsupported(name, "power switch that a program could use")

    async def _comes_back(self, name: str) -> bool:
        device = self._devices.named(name)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BACK_S):
                while device.healths[name].status is not Status.ONLINE:
                    await asyncio.sleep(0.1)
        return device.healths[name].status is Status.ONLINE

    @command("room.restart", Right.MAINTAIN)
    async def _restart_room(
        self,
        source: Source,
        when: Literal["now", "free", "never"] = "now",
        force: bool = False,
    ) -> None:
        """Restart the program: now (in a call only with `force`), or once the room is free.

        A room is free without call, people and a booking within 10 minutes. "never" cancels the
        waiting restart.
        """
        if when == "never":
            self._waiting = self._then = None
            self._context.changed()
            return
        self.refuse_restart(when, force=force)
        self.restart(source, when)

    def refuse_restart(self, when: Literal["now", "free"], *, force: bool = False) -> None:
        """Refused says why the program cannot start anew then."""
        if self._restart is None:
            why = "nothing would restart it: it does not run under systemd; stop it by hand"
            raise Refused("room", "no_supervisor", why)
        if when == "now":
            self.refuse_in_call(force=force)

    def restart(self, source: Source, when: Literal["now", "free"]) -> None:
        """Start the program anew; see `refuse_restart`."""
        if when == "free":
            self._waiting, self._then = source, None
        else:
            self._end(source)
        self._context.changed()

    def once_free(self, source: Source, then: Callable[[], object]) -> None:
        """Have `then` called once nobody uses the room, in place of a restart that waits."""
        self._waiting, self._then = source, then
        self._context.changed()

    def _end(self, source: Source) -> None:
        self._waiting = self._then = None
        if self._restart is not None:
            why = f"room.restart of {source.name}"
            asyncio.get_running_loop().call_later(ANSWER_S, self._restart, why)

    # Whether the room is free

    def refuse_in_call(self, *, force: bool = False) -> None:
        """Refused "in_call" while one is under way, unless somebody insists."""
        if self._calls.live and not force:
            why = "a call is under way; wait for its end, or insist with force"
            raise Refused("room", "in_call", why)

    def in_use(self, ahead_s: float = AHEAD_S) -> _InUse | None:
        """Say why the room is not known to be free for so many seconds; None: it is."""
        if self._calls.live:
            return "in_call"
        if self._lent():
            return "laptop"
        if self._occupancy.state.state in ("occupied", "vacating"):
            return "occupied"
        if self._bookings.calendar_state == "none":
            return None
        now = self._context.clock.now()
        if not now.synced:
            return "clock_unproven"
        if self._bookings.calendar_state != "fresh":
            return "calendar_unknown"
        return "booked" if self._bookings.within(now, ahead_s) else None

    def _not_testable(self) -> _InUse | None:
        """Say why nothing is tested now; without a proven clock, bookings do not count.

        Somebody asked for the test, and it ends when the room is wanted. A wrong clock may be why
        the calendar cannot be read.
        """
        why = self.in_use()
        return None if why == "clock_unproven" else why

    # Self-tests

    @command("selftest.run", Right.MAINTAIN)
    async def _test(self, source: Source, device: DevicePath | None = None) -> Result:
        """Test every device that can be tested, or one, while the room is free.

        A device leaves the room for its test: it is offline for that time. A test ends when
        somebody wants the room. The report is at /api/v1/selftest.
        """
        if self.report is not None and self.report.running:
            raise Refused("room", "busy", "a self-test runs already; its report says how far it is")
        if (why := self._not_testable()) is not None:
            raise Refused("room", TEST_REFUSALS[why], f"is not free ({why}); try again later")
        wanted = list(self._drillable(device))
        began = self._context.clock.now().wall
        self.report = SelftestReport(began, source.role, source.name, True, ())
        try:
            for kind, name in wanted:
                found = await self._drilled(kind, name)
                self.report = replace(self.report, devices=(*self.report.devices, found))
                self._context.changed()
        finally:
            self.report = replace(self.report, running=False)
            self._context.changed()
        report = self.report
        return {
            "passed": report.count("passed"),
            "failed": report.count("failed"),
            "skipped": report.count("skipped"),
        }

    def _drillable(self, device: str | None) -> Iterator[tuple[Kind, str]]:
        if device is not None:
            self._devices.named(device)
        for kind in self._kinds:
            for name in self._config.tables(kind.name):
                if kind.drill is not None and device in (None, f"{kind.name}.{name}"):
                    yield kind, name

    async def _drilled(self, kind: Kind, name: str) -> DeviceTest:
        """Test one device; whatever happens, it comes back to the room."""
        full, steps = f"{kind.name}.{name}", list[Step]()
        began = self._context.clock.mono_s()

        def ended(outcome: Outcome, why: str = "") -> DeviceTest:
            took_s = round(self._context.clock.mono_s() - began, 1)
            return DeviceTest(full, outcome, why, took_s, tuple(steps))

        if (why := self._not_testable()) is not None:
            return ended("skipped", why)
        device = self._devices.named(full)
        if device.healths[full].status is not Status.ONLINE:
            return ended("failed", device.healths[full].detail or "offline")
        context = self._context
        setup = DrillSetup(context.connect, context.clock, context.settings, steps.append, _deaf)
        try:
            assert kind.drill is not None  # noqa: S101 - `_drillable` says so
            drill = kind.drill(name, self._config.tables(kind.name), setup)
            async with self._devices.lent(device, "selftest", f"{full}: is tested"):
                passed = await self._unless_wanted(asyncio.ensure_future(drill.run()))
        except RoomctlError as error:
            return ended("skipped" if not steps else "failed", str(error))
        if passed is None:
            return ended("skipped", "somebody wanted the room, or it took too long")
        tried = any(step.result is not StepResult.SKIPPED for step in steps)
        return ended("passed" if passed and tried else "failed" if not passed else "skipped")

    async def _unless_wanted(self, work: asyncio.Future[bool]) -> bool | None:
        """Wait for a drill; None: it was ended, for somebody wants the room or it took too long."""
        until_s = self._context.clock.mono_s() + DRILL_LIMIT_S
        try:
            while not work.done():
                if self._calls.live or self._context.clock.mono_s() > until_s:
                    return None
                await asyncio.wait((work,), timeout=LOOK_S)
            return work.result()
        finally:
            work.cancel()  # it puts everything back before it ends
            await asyncio.wait((work,))


@contextlib.asynccontextmanager
async def _deaf() -> AsyncIterator[Microphone | None]:
    """Lend no microphone: what is said in the room is not listened to for a test."""
    yield None
