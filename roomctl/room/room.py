"""The room: the only mediator between the wings.

It gathers their states into the document, passes events on, and does what the rules decide.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from roomctl.clock import Clock, Moment
from roomctl.config import Config
from roomctl.errors import DeviceError, PortError, Refused
from roomctl.room import roles, view
from roomctl.room.audio import Audio
from roomctl.room.automation import Actuators, Automation
from roomctl.room.bookings import Bookings, Feed
from roomctl.room.cameras import CameraCommands, PresetNames
from roomctl.room.commands import CommandRecord, Commands, Result, Source, Verb
from roomctl.room.devices import Devices, Hooks
from roomctl.room.document import Change, Changes, PanelEntry, RoomDocument, changes
from roomctl.room.holds import LEASE_S, Holds
from roomctl.room.liveness import Liveness
from roomctl.room.meeting import CallControl, RemoteControl
from roomctl.room.occupancy import OccupancyService
from roomctl.room.pictures import Picture, Pictures
from roomctl.room.roles import Right, Role
from roomctl.room.storage import Storage
from roomctl.room.use import Use
from roomctl.room.verbs import Verbs
from roomctl.screen.protocol import ShowPage
from roomctl.speakerphone.description import Description
from roomctl.store import History, Revision, Settings, Store
from roomctl.wire import Connect, Record

_log = logging.getLogger(__name__)

STARTING_S = 5.0  # a device that has not answered by then does not hold the panel up
TICK_S, LEAST_S = 0.5, 0.01
END_LIMIT_S = 2.5  # cameras stop in 1.0 of them

Push = tuple[float, float, float, float]
"""Pan, tilt, zoom, focus, each from -1 to 1: right, up, tele and near are positive."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that comes in from outside: ports, bookings, time."""

    connect: Connect
    clock: Clock
    feed: Feed | None = None
    stands: Callable[[], Iterable[ShowPage]] = (
        tuple  # pages for a kiosk's displays, unused addresses
    )
    settings: Settings = field(default_factory=Settings)  # forgotten at the end, unless given
    pictures: Path | None = None  # the folder for those of presets; None: forgotten at the end
    store: Store | None = None  # what became of bookings, and how the room was used


class Room:
    """One meeting room."""

    def __init__(self, config: Config, outside: Outside) -> None:
        self.config, self.clock = config, outside.clock
        hooks = Hooks(self.changed, self._level, self._pressed, self._loud)
        self._devices = Devices(
            config, outside.connect, outside.clock, hooks, outside.stands, outside.settings
        )
        disk = outside.store.disk if outside.store is not None else None
        self._storage = Storage(disk, self.changed)
        history = History(disk) if disk is not None else None
        self.use = Use(config.history, history, outside.clock)
        self._attendance = OccupancyService(
            config.occupancy, self._devices.sensors, self.use, outside.clock
        )
        self._calls = CallControl(config, self._devices.screen, outside.clock, self.changed)
        self._bookings = Bookings(
            config, outside.feed, self._calls.read, outside.clock, self.changed, outside.store
        )
        self.liveness = Liveness(self._devices, self._bookings.age_s, disk)
        screen = self._devices.screen
        works = Actuators(self._calls, self._bookings, screen, self._attendance, self.use)
        self._automation = Automation(config, works, outside.clock, self._act, self.changed)
        self._sound = Audio(
            self._devices.phones,
            screen,
            self._calls,
            self._bookings,
            outside.clock,
            self.changed,
            self._act,
            config.room.unplugged,
        )
        self._settings = outside.settings
        self._names = PresetNames(config.camera, outside.settings, outside.clock, self.changed)
        self._pictures = Pictures(
            config.camera, outside.connect, outside.clock, self.changed, outside.pictures
        )
        cameras = CameraCommands(self._devices, self._names, self._preset_stored)
        verbs = Verbs(cameras, self._calls, self._bookings, self._automation.light, self._roll_back)
        self.relay = RemoteControl(screen, self._calls)
        table = {
            **verbs.table,
            **self._automation.table,
            **self._sound.table,
            **self.relay.table,
            **self._storage.table,
        }
        if undeclared := table.keys() ^ roles.COMMANDS.keys():
            raise TypeError(f"who may ask is not declared, or nobody answers: {undeclared}")
        permitted = {name: self._permitted(name, verb) for name, verb in table.items()}
        self._commands = Commands(permitted, outside.clock)
        self._holds, self._history = Holds(), Changes()
        self._started_at = outside.clock.mono_s()
        self._stale = asyncio.Event()
        self.document = RoomDocument(view.identity(config))
        self._acts: set[asyncio.Task[None]] = set()

    def now(self) -> Moment:
        """Return the instant by the room's clock."""
        return self.clock.now()

    @property
    def ready(self) -> bool:
        """Whether every device has answered or had its time."""
        return self.document.phase == "ready"

    def watch(self) -> AbstractContextManager[asyncio.Queue[Change]]:
        """Follow the document's changes from now on."""
        return self._history.watch()

    def since(self, rev: int | None) -> list[Change] | None:
        """Return the changes after `rev`, or None if they are no longer all known."""
        return self._history.since(rev)

    def submit(
        self, kind: str, args: Mapping[str, Any], source: Source, command_id: str | None = None
    ) -> CommandRecord:
        """Start a command; see Commands.submit."""
        if source.role == Role.PANEL:  # a phone may be anywhere: it proves nobody
            self._touched()
        return self._commands.submit(kind, args, source, command_id)

    async def finish(self, command_id: str, limit_s: float) -> CommandRecord:
        """Wait up to `limit_s` seconds for a command to end."""
        return await self._commands.finish(command_id, limit_s)

    def command(self, command_id: str) -> CommandRecord:
        """Return the record of a command; KeyError if it is unknown."""
        return self._commands[command_id]

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """What people changed of the running room, oldest first; the last one counts."""
        return self._settings.revisions

    def trace(self, camera: str) -> tuple[Record, ...]:
        """Return what was lately said on the line of a camera; Refused "unknown_device"."""
        return self._devices.trace(camera)

    def speakerphone(self, name: str) -> Description:
        """Return all that is known of a speakerphone; Refused "unknown_device"."""
        return self._devices.speakerphone(name)

    async def picture(self, camera: str, preset: int) -> Picture:
        """Return the picture of a preset; Refused "unknown_device", "no_picture"."""
        self._devices.camera(camera)
        return await self._pictures.read(camera, preset)

    def permit(self, right: Right, source: Source) -> None:
        """Refused says why somebody may not do something, by the table in `room.roles`."""
        empty = self.document.occupancy.state == "vacant"
        unmute = self.config.room.phone_may_unmute
        denial = roles.denied(right, source.role, empty=empty, phone_may_unmute=unmute)
        if denial is not None:
            raise Refused("room", denial.code, denial.why)

    def hold(
        self,
        hold: str,
        seq: int,
        holder: str,
        camera: str,
        push: Push,
        lease_s: float = LEASE_S,
        *,
        in_room: bool = True,
    ) -> None:
        """Take a beat of a finger on the pad; Refused("hold_ended") if it may move nothing.

        The camera stops `lease_s` after the last beat. `in_room`: the finger is in the room.
        """
        target = self._devices.camera(camera)
        if not self._holds.beat(hold, seq, camera, holder, self.clock.mono_s(), lease_s):
            raise Refused(camera, "hold_ended", "this hold has ended; press again")
        if in_room:
            self._touched()
        target.drive(*push, lease_s=lease_s)

    def release_hold(self, hold: str, holder: str) -> None:
        """Let go of a camera; it stops at once."""
        camera = self._holds.release(hold, holder)
        if camera is not None:
            self._devices.camera(camera).stop()

    def drop_holds(self, holder: str) -> None:
        """Let go of everything that a panel held which went away."""
        for camera in self._holds.drop(holder):
            self._devices.camera(camera).stop()

    def listen(self) -> AbstractContextManager[asyncio.Queue[int]]:
        """Get how loud the microphone is, 0-100, ten times a second until the block ends."""
        return self._sound.listen()

    def changed(self) -> None:
        """Have the document made anew soon; many changes at once make one."""
        self._stale.set()

    async def run(self) -> None:
        """Run the room until cancelled; cameras stand still afterwards."""
        parts = (
            self._devices.run(),
            self._bookings.run(),
            self._refresh(),
            self._tick(),
            self.use.run(),
            self._storage.run(),
            self.liveness.run(),
        )
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            # Not gather: it would cancel the parts at once, and below again, while cameras stop.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._commands.close()
            await self._sound.close()
            ending = {*tasks, *self._acts}
            for task in ending:
                task.cancel()
            # Not gather: a part that cannot be cancelled must not keep the room's fault a secret.
            _, late = await asyncio.wait(ending, timeout=END_LIMIT_S)
            if late:
                _log.error("%d parts of the room did not end in %g s", len(late), END_LIMIT_S)

    async def _refresh(self) -> None:
        """Make the document anew whenever something changed."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            self._follow()
            self._automation.step()
            self._publish()

    async def _tick(self) -> None:
        """Let time pass for what waits for nothing else."""
        while True:
            self._calls.tick()
            await self._calls.clear_away()
            self._sound.tick()
            self.changed()
            due = self._sound.due()
            rest_s = TICK_S if due is None else min(TICK_S, due - self.clock.mono_s())
            await asyncio.sleep(max(rest_s, LEAST_S))

    def _follow(self) -> None:
        """Hand each wing what the others know."""
        self._calls.screen_changed()
        self._sound.follow()
        self._attendance.follow(self._calls.live)

    def _publish(self) -> None:
        before, now = self.document, self.now()
        after = replace(self._described(now), rev=before.rev)
        new = changes(before, after)
        if new:
            self.document = replace(after, rev=before.rev + 1)
            self._history.note(Change(self.document.rev, new))

    def _described(self, now: Moment) -> RoomDocument:
        cameras = self._devices.cameras
        others = [device for device in self._devices if device.kind != "camera"]
        entries = view.devices(cameras.values(), others)
        starting = any(entry.status == "starting" for entry in entries)
        early = now.mono_s - self._started_at < STARTING_S
        meeting = self._calls.entry
        return RoomDocument(
            identity=self.document.identity,
            phase="starting" if starting and early else "ready",
            devices=entries,
            cameras=tuple(
                view.camera(
                    camera,
                    self._names.of(name, camera.presets),
                    self._pictures.of(name),
                    view.picture_of(name, self.config),
                )
                for name, camera in cameras.items()
            ),
            meeting=meeting,
            bookings=self._bookings.entries(now),
            platforms=view.platforms(self._calls.allowed, self.config),
            favourites=self._calls.favourites,
            occupancy=self._attendance.entry(now),
            automation=self._automation.entry(now),
            audio=self._sound.entry,
            panel=PanelEntry(awake=self._automation.awake, asks=self._sound.asks),
            conditions=view.conditions(entries, self.document.conditions, now),
            issues=view.issues(
                entries,
                cameras.values(),
                self._devices.phones,
                meeting,
                self._bookings.issues,
                (
                    *self._attendance.issues(now),
                    *self._automation.issues(now),
                    *self._storage.issues,
                ),
            ),
        )

    def _permitted(self, name: str, verb: Verb) -> Verb:
        """Return a verb that is done for whoever may ask it."""

        async def permitted(source: Source, **args: Any) -> Result:  # noqa: ANN401 - a verb's own
            self.permit(roles.needed(name, args), source)
            return await verb(source=source, **args)

        return permitted

    def _level(self, sensor: str, level: bool, at: float) -> None:
        self._attendance.level(sensor, level, at)
        self.changed()

    def _pressed(self, phone: str, key: str) -> None:
        """Take a press on a speakerphone."""
        self._touched()
        self._sound.pressed(phone, key)

    def _loud(self, pct: int) -> None:
        self._sound.heard(pct)

    def _touched(self) -> None:
        self._automation.touched()
        self._attendance.touched(self.clock.mono_s())
        self.changed()

    async def _roll_back(self, number: int, who: str) -> None:
        await self._settings.roll_back(number, who, self.now().wall)
        self.changed()

    def _preset_stored(self, camera: str, preset: int) -> None:
        """Have a picture of a preset taken, unless a meeting has the camera, or may soon have."""
        self._act(self._pictures.renew(camera, preset, in_use=self._may_film))

    def _may_film(self) -> bool:
        meeting = self.document.meeting
        return meeting.shown or meeting.state not in ("idle", "ended", "failed")

    def _act(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_tolerantly(work))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)


async def _tolerantly(work: Awaitable[None]) -> None:
    with contextlib.suppress(PortError, DeviceError):
        await work
