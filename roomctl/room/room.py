"""The room: the only mediator between the wings.

It gathers their states into the document, passes events on, and does what the rules decide.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from roomctl import rules
from roomctl.clock import Clock, Moment
from roomctl.config import Config
from roomctl.device import Status
from roomctl.errors import DeviceError, PortError, Refused
from roomctl.occupancy import Presence
from roomctl.room import view
from roomctl.room.audio import Audio
from roomctl.room.bookings import Bookings, Feed
from roomctl.room.calls import Calls
from roomctl.room.changes import Change, Changes
from roomctl.room.commands import CommandRecord, Commands, Source
from roomctl.room.devices import Devices, Hooks
from roomctl.room.document import PanelEntry, RoomDocument, changes
from roomctl.room.holds import LEASE_S, Holds
from roomctl.room.verbs import Verbs
from roomctl.screen.protocol import Stand
from roomctl.wire import Connect

_log = logging.getLogger(__name__)

STARTING_S = 5.0  # a device that has not answered by then does not hold the panel up
TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that comes in from outside: ports, bookings, time."""

    connect: Connect
    clock: Clock
    feed: Feed | None = None
    stands: Callable[[], Iterable[Stand]] = tuple  # pages for a kiosk's displays, unused addresses


class Room:
    """One meeting room."""

    def __init__(self, config: Config, outside: Outside) -> None:
        self.config, self.clock = config, outside.clock
        hooks = Hooks(self.changed, self._level, self._pressed)
        self._devices = Devices(config, outside.connect, outside.clock, hooks, outside.stands)
        self._presence = Presence(
            {name: table.hold_s for name, table in config.occupancy.items()},
            {sensor.name: sensor.profile.kind for sensor in self._devices.sensors},
        )
        self._calls = Calls(config, self._devices.screen, outside.clock, self.changed)
        self._bookings = Bookings(
            config, outside.feed, self._calls.read, outside.clock, self.changed
        )
        phones, screen = self._devices.phones, self._devices.screen
        self._audio = Audio(phones, screen, outside.clock, self.changed)
        verbs = Verbs(self._devices, self._audio, self._calls, self._bookings, self._light)
        self._commands = Commands(verbs.table, outside.clock)
        self._holds, self._history = Holds(), Changes()
        self._awake = True
        self._touched_at = self._started_at = outside.clock.mono_s()
        self._rested_at: float | None = None
        self._light_asked: tuple[Moment, bool] | None = None
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
        if source.role == "panel":
            self._touched()
        return self._commands.submit(kind, args, source, command_id)

    async def finish(self, command_id: str, limit_s: float) -> CommandRecord:
        """Wait up to `limit_s` seconds for a command to end."""
        return await self._commands.finish(command_id, limit_s)

    def command(self, command_id: str) -> CommandRecord:
        """Return the record of a command; KeyError if it is unknown."""
        return self._commands[command_id]

    def hold(
        self, hold: str, seq: int, holder: str, camera: str, speeds: tuple[float, float, float]
    ) -> None:
        """Take a beat of a finger on the pad; Refused("hold_ended") if it may move nothing."""
        target = self._devices.camera(camera)
        if not self._holds.beat(hold, seq, camera, holder, self.clock.mono_s()):
            raise Refused(camera, "hold_ended", "this hold has ended; press again")
        self._touched()
        target.drive(*speeds, lease_s=LEASE_S)

    def release_hold(self, hold: str, holder: str) -> None:
        """Let go of a camera; it stops at once."""
        camera = self._holds.release(hold, holder)
        if camera is not None:
            self._devices.camera(camera).stop()

    def drop_holds(self, holder: str) -> None:
        """Let go of everything that a panel held which went away."""
        for camera in self._holds.drop(holder):
            self._devices.camera(camera).stop()

    def changed(self) -> None:
        """Have the document made anew soon; many changes at once make one."""
        self._stale.set()

    async def run(self) -> None:
        """Run the room until cancelled; cameras stand still afterwards."""
        parts = (self._devices.run(), self._bookings.run(), self._refresh(), self._tick())
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            # Not gather: it would cancel the parts at once, and below again, while cameras stop.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._commands.close()
            await self._audio.close()
            for task in (*tasks, *self._acts):
                task.cancel()
            await asyncio.gather(*tasks, *self._acts, return_exceptions=True)

    async def _refresh(self) -> None:
        """Make the document anew whenever something changed."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            self._follow()
            self._decide()
            self._show_light()
            self._publish()

    async def _tick(self) -> None:
        """Let time pass for what waits for nothing else."""
        while True:
            self._calls.tick()
            self._audio.tick()
            self.changed()
            await asyncio.sleep(TICK_S)

    def _follow(self) -> None:
        """Hand each wing what the others know."""
        self._calls.screen_changed()
        self._audio.devices_changed()
        live = self._calls.live
        self._audio.call_is(self._calls.live_id)
        now_s = self.clock.mono_s()
        self._presence.call_live(live, now_s)
        for sensor in self._devices.sensors:
            self._presence.healthy(sensor.name, sensor.health.status is Status.ONLINE, now_s)
        self._presence.tick(now_s)

    def _decide(self) -> None:
        facts = rules.Facts(
            occupancy=self._presence.state.state,
            occupancy_since=self._presence.state.since,
            call_live=self._calls.live,
            awake=self._awake,
            touched_at=self._touched_at,
            rested_at=self._rested_at,
            has_sensors=bool(self._devices.sensors),
            lit_s=self.config.room.lit_s,
        )
        decision = rules.decide(facts, self.now())
        if decision is not None:
            _log.info("room: %s, because of %s", decision.act, decision.reason)
            self._awake = decision.act is rules.Act.WAKE

    def _show_light(self) -> None:
        """Have the display follow: asked once for each change, and once after each connection."""
        screen = self._devices.screen
        if screen is None or screen.health.status is not Status.ONLINE:
            return
        asked = (screen.health.since, self._awake)
        if screen.state.shown is not self._awake and asked != self._light_asked:
            self._light_asked = asked
            self._act(screen.display(self._awake))

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
                view.camera(camera, self.config.camera[name]) for name, camera in cameras.items()
            ),
            meeting=meeting,
            bookings=self._bookings.entries(now),
            platforms=view.platforms(self._calls.allowed, self.config),
            favourites=self._calls.favourites,
            occupancy=view.occupancy(self._presence.state, now),
            audio=self._audio.entry,
            panel=PanelEntry(awake=self._awake),
            conditions=view.conditions(entries, self.document.conditions, now),
            issues=view.issues(entries, meeting, self._bookings.issue),
        )

    def _level(self, sensor: str, level: bool, at: float) -> None:
        self._presence.level(sensor, level, at)
        self.changed()

    def _pressed(self, key: str) -> None:
        """Take a press on a speakerphone: mute, or hanging up in a call."""
        self._touched()
        if key == "mute":
            self._audio.pressed("speakerphone")
        elif key == "hook_on" and self._calls.live:
            self._act(self._calls.leave())
        elif key == "hook_off" and not self._calls.live:
            self._audio.hang_up()

    def _touched(self) -> None:
        self._touched_at = self.clock.mono_s()
        self._presence.touched(self._touched_at)
        self.changed()

    def _light(self, on: bool) -> None:
        """Light or darken the room because somebody asked for it; the rules do the rest."""
        if on:
            self._touched_at = self.clock.mono_s()
        else:
            self._rested_at = self.clock.mono_s()
        self.changed()

    def _act(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_tolerantly(work))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)


async def _tolerantly(work: Awaitable[None]) -> None:
    with contextlib.suppress(PortError, DeviceError):
        await work
