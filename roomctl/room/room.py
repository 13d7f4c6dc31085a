"""The room: runs its devices and its parts, and makes one document of what they say.

Each part has one subject (`cameras`, `audio`, `occupancy`, `meeting`, `bookings`, `automation`); a
further kind of device may bring one of its own. Knows no kind of device beside those by name.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from pathlib import Path
from typing import Any, ClassVar

from roomctl.booking.change import Feed
from roomctl.clock import Clock, Moment
from roomctl.command import Declaration, Handler, Number, Result, Source, command
from roomctl.config import Config
from roomctl.controller.steering import CameraTurned, PresetPressed, StickPushed
from roomctl.device import Device, Nameplate
from roomctl.errors import DeviceError, PortError, PortReason, Refused
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Kind, Part
from roomctl.roles import Right, Role
from roomctl.room.alerts import Alerts, Send
from roomctl.room.audio import Audio
from roomctl.room.audit import HOLD, Audit
from roomctl.room.automation import Actuators, Automation
from roomctl.room.bookings import Bookings
from roomctl.room.byom import Byom
from roomctl.room.cameras import Cameras
from roomctl.room.commands import CommandRecord, Commands, CommandStatus
from roomctl.room.conditions import RoomFacts, judge
from roomctl.room.configuration import ConfigFile, ConfigPlan, plan
from roomctl.room.devices import Devices, first_to_end
from roomctl.room.document import (
    AudioEntry,
    Change,
    Changes,
    DeviceEntry,
    IdentityEntry,
    changes,
    document_of,
)
from roomctl.room.expected import Expected
from roomctl.room.help import HelpReports
from roomctl.room.holds import LEASE_S
from roomctl.room.liveness import Liveness
from roomctl.room.look import Illuminance, Look
from roomctl.room.maintenance import Maintenance
from roomctl.room.meeting import CallControl, Meeting
from roomctl.room.message import RoomMessage
from roomctl.room.nearby import Ask, Nearby
from roomctl.room.occupancy import OccupancyService
from roomctl.room.permissions import Permissions
from roomctl.room.series import UnusedSeriesOffers
from roomctl.room.sharing import Sharing
from roomctl.room.starts import Starts
from roomctl.room.storage import Storage
from roomctl.room.tally import Tally
from roomctl.room.updates import UpdateFiles, Updates
from roomctl.room.use import UsageHistory
from roomctl.room.walkthroughs import Walkthroughs
from roomctl.room.webhooks import Post, Webhooks
from roomctl.screen.driver import Screen
from roomctl.screen.protocol import ShowPage
from roomctl.speakerphone.driver import KeyPressed
from roomctl.store import (
    AppliedConfigs,
    AuditLog,
    History,
    ImportPlan,
    Settings,
    SettingsRevision,
    Store,
    room_database,
)
from roomctl.wire import Connect, in_thread

_log = logging.getLogger(__name__)

STARTING_S = 5.0  # a device that has not answered by then does not hold the panel up
TICK_S, LEAST_S = 1.0, 0.01
WRITTEN_S = 0.002  # by then the system has handed on what a camera was told
END_LIMIT_S = 2.5  # cameras stop in 1.0 of them
DEVICES_FIRST_S = 1.0  # then the calendar is read, whatever a device does
AFTER_DEVICES_S = 0.05  # whoever waits for the devices is told before texts are read
PROVED_S = 0.5  # a part that cannot begin has failed by then


@frozen
class Dependencies:
    """What a room is built on: ports, bookings, time, the folders that keep things."""

    connect: Connect
    clock: Clock
    feed: Feed | None = None
    pages: Callable[[], Iterable[ShowPage]] = tuple  # for a kiosk's displays; addresses are unused
    settings: Settings = field(default_factory=Settings)  # forgotten at the end, unless given
    pictures: Path | None = None  # the folder for those of presets; None: forgotten at the end
    kept_id: str = ""  # what the room is known by, unless room.toml says so; "": until the end
    store: Store | None = None  # what became of bookings, and how the room was used
    config_file: Path | None = None  # where the room's configuration was read
    configs: AppliedConfigs | None = None  # what was applied from afar in its place
    post: Post | None = None  # tells the receivers of [[webhook]]
    send: Send | None = None  # tells the people of [alert.NAME]
    ask: Ask | None = None  # asks a room of [[door.neighbours]]
    fingerprint: str = ""  # of the key that the room proves itself with over the network
    restart: Callable[[str], None] | None = None  # ends the program, for a supervisor to start it
    updater: UpdateFiles | None = None  # replaces the program by a newer one
    follow: Callable[[Config], None] = lambda config: None  # has other devices at the wires' ends
    export: Callable[[], bytes] | None = None  # packs the room for another box; blocking
    judge_import: Callable[[bytes], ImportPlan] | None = None  # of another room; blocking
    illuminance: Illuminance | None = None  # the box's light sensor


class Room:
    """One meeting room."""

    PARTS: ClassVar[tuple[type[Part], ...]]
    """What each room has, for whoever wants to know its commands without one."""

    def __init__(self, config: Config, dependencies: Dependencies, kinds: Sequence[Kind]) -> None:
        clock, store = dependencies.clock, dependencies.store
        self.config, self.clock = config, clock
        self.settings = dependencies.settings
        context = Context(
            dependencies.connect,
            clock,
            dependencies.settings,
            self.changed,
            self._told,
            self._act,
            dependencies.pages,
        )
        self._devices = Devices(config, kinds, context)
        devices = self._devices
        disk = store.disk if store is not None else None
        self._database = database = room_database(disk)
        history = History(database) if disk is not None else None
        self.use = UsageHistory(config.history, history, clock)
        log = AuditLog(database) if store is not None else None
        self.audit = Audit(log, clock)
        self._calls = calls = CallControl(
            config,
            devices.first(Screen),
            clock,
            self.changed,
            lambda: self.byom.kept(),
            lambda: self.walkthroughs,
        )
        self._feed = dependencies.feed
        self.bookings = Bookings(
            config, lambda: self._feed, calls.read, context, store, self._devices_first, database
        )
        self.cameras = Cameras(config, devices, context, dependencies.pictures, self._may_film)
        self.liveness = Liveness(self._devices, self.bookings.age_s, disk)
        self.audio = Audio(
            config,
            devices,
            calls,
            self.bookings,
            context,
            store,
            lambda: self.byom.microphone_lent,
        )
        self.occupancy = OccupancyService(config, devices, self.use, lambda: calls.live, context)
        uses = (calls, self.bookings, self.occupancy)
        self.byom = Byom(config, devices, uses, context, self.audit)
        self.starts = Starts(config, devices, calls, database, clock, self.changed)
        self.automation = Automation(
            config,
            devices,
            Actuators(*uses, self.use, self.cameras, self.byom),
            lambda: self.audio.prompt,
            context,
        )
        self._expected = Expected(
            config,
            devices,
            calls,
            self.bookings,
            lambda: self.occupancy.state.state,
            lambda: self.automation.awake,
            clock,
        )
        self.walkthroughs = Walkthroughs(
            config,
            calls,
            devices,
            store,
            clock,
            self.changed,
            lambda: self._identity,
        )
        self.meeting = Meeting(
            calls,
            self.bookings,
            devices,
            lambda: self.automation.wake(),
            dependencies.settings,
            self.walkthroughs,
        )
        self._file = ConfigFile(dependencies.config_file, self.changed, dependencies.configs)
        self.maintenance = Maintenance(
            config,
            kinds,
            devices,
            (*uses, self.cameras),
            context,
            dependencies.restart,
            lambda: self.byom.lent,
            lambda now: self._updates.entry(now),
        )
        self._updates = Updates(
            dependencies.updater,
            store,
            context,
            self.maintenance.in_use,
            lambda: self.config.room.zone,
        )
        self._dependencies = dependencies
        folder = dependencies.config_file.parent if dependencies.config_file is not None else None
        self.sharing = Sharing(config.share, folder)
        self.help = HelpReports(store, clock, self.changed)
        self._nearby = Nearby(
            config.door, dependencies.ask, lambda: self.document, clock, self.changed
        )
        self._webhooks = Webhooks(config.webhook, dependencies.post, store, clock, self.changed)
        self.alerts = Alerts(lambda: self.config, dependencies.send, store, clock, self.changed)
        self.look = Look(
            config,
            dependencies.config_file,
            context,
            dependencies.settings,
            dependencies.illuminance,
        )
        self._parts: tuple[Part, ...] = (
            self.byom,
            self.meeting,
            self.walkthroughs,
            self.audio,
            self.occupancy,
            self.bookings,
            self.bookings.series,
            self.cameras,
            self.automation,
            self._expected,
            Storage(disk, database, self.changed),
            self.audit,
            self.starts,
            self._file,
            self.maintenance,
            self._updates,
            self.look,
            RoomMessage(database, clock, self.changed),
            self.help,
            self.sharing,
            self._nearby,
            _SettingsPart(dependencies.settings, clock, self.changed),
            self._webhooks,
            self.alerts,
            *(kind.part(kind.name, devices, context) for kind in kinds if kind.part),
        )
        self.declared = tuple(one for part in self._parts for one in part.declared())
        self.permissions = Permissions(
            self.declared,
            lambda: self.config,
            lambda: self.document.occupancy.state == "vacant",
        )
        handlers = {
            one.name: self._permitted(one, handler)
            for part in self._parts
            for one, handler in part.handlers()
        }
        platforms = (platform.key for platform in calls.platforms)
        self.tally = Tally((one.name for one in self.declared), platforms)
        self._commands = Commands(
            handlers, clock, lambda: functools.partial(self._done, self.revisions)
        )
        self.plugins = tuple(kind for kind in kinds if kind.plugin)
        self._optional = frozenset(kind.name for kind in kinds if kind.optional)
        self._history = Changes()
        self._started_at = clock.mono_s()
        self._stale = asyncio.Event()
        self._acts: set[asyncio.Task[None]] = set()
        self._working: dict[Part, asyncio.Task[None]] = {}
        self._other_work, self._reconfiguring = asyncio.Event(), asyncio.Lock()
        self._judged: RoomFacts | None = None  # of which the document's conditions are
        self._identity = _identity(config, dependencies.kept_id, dependencies.fingerprint)
        self.document = document_of(kinds)(self._identity)

    def attend(self, part: Part) -> None:
        """Run a part that stands outside with the room; it brings no commands and no sections."""
        self._parts = (*self._parts, part)
        if self._working:
            self._begin(part)

    async def dismiss(self, part: Part) -> None:
        """End a part that attends; it is closed in order."""
        await self._end(part)
        await part.close()
        self._parts = tuple(one for one in self._parts if one is not part)

    @property
    def meeting_link(self) -> str | None:
        """What opens the room's meeting on another device; None: no call, or no link."""
        return self._calls.link

    def now(self) -> Moment:
        """Return the instant by the room's clock."""
        return self.clock.now()

    @property
    def ready(self) -> bool:
        """Whether every device has answered or had its time."""
        return self.document.phase == "ready"

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        """What each device of the document says it is."""
        return self._devices.nameplates

    @property
    def urls(self) -> Mapping[str, str]:
        """Where each device is, by its name such as "camera.front"."""
        return {name: device.url for device in self._devices for name in device.healths}

    def watch(self) -> AbstractContextManager[asyncio.Queue[Change]]:
        """Follow the document's changes from now on."""
        return self._history.watch()

    def follow(self, told: Callable[[Change], None]) -> AbstractContextManager[None]:
        """Have `told` called for each change of the document from now on."""
        return self._history.follow(told)

    def since(self, rev: int | None) -> list[Change] | None:
        """Return the changes after `rev`, or None if they are no longer all known."""
        return self._history.since(rev)

    @property
    def revisions(self) -> tuple[SettingsRevision, ...]:
        """What people changed of the running room, oldest first; the last one counts."""
        return self.settings.revisions

    # Commands.

    def submit(
        self, kind: str, args: Mapping[str, Any], source: Source, command_id: str | None = None
    ) -> CommandRecord:
        """Start a command; see Commands.submit."""
        if source.role == Role.PANEL:  # a phone may be anywhere: it proves nobody
            self._touched()
        try:
            return self._commands.submit(kind, args, source, command_id)
        except Refused:
            self.tally.command(kind, CommandStatus.REFUSED)
            raise

    async def finish(self, record: CommandRecord, limit_s: float) -> CommandRecord:
        """Wait up to `limit_s` seconds for a command to end."""
        return await self._commands.finish(record, limit_s)

    def command(self, command_id: str, source: Source) -> CommandRecord:
        """Return the record of a command, see Commands.find; KeyError if it is unknown."""
        return self._commands.find(command_id, source)

    @property
    def commands_running(self) -> int:
        """How many commands are under way."""
        return self._commands.running

    def hold(
        self,
        hold: str,
        seq: int,
        holder: str,
        camera: str,
        push: tuple[float, float, float, float],
        lease_s: float = LEASE_S,
        *,
        source: Source | None = None,
    ) -> None:
        """Take a beat of a finger on the pad, see Cameras.hold; `source`: whose, if it is known.

        What that means for the room can wait until the camera has been told.
        """
        self.cameras.hold(hold, seq, holder, camera, push, lease_s)
        asyncio.get_running_loop().call_later(WRITTEN_S, self._held, camera, source)

    def _held(self, camera: str, source: Source | None) -> None:
        if source is not None:
            self.audit.note(source, HOLD, {"camera": camera}, "done")
        if source is None or source.role == Role.PANEL:
            self._touched()

    async def _done(
        self,
        before: tuple[SettingsRevision, ...],
        record: CommandRecord,
        args: Mapping[str, Any],
        source: Source,
        took_s: float,
    ) -> None:
        """Take note of a command; of one that changed settings durably, before it is answered."""
        self.tally.command(record.type, record.status, took_s)
        self.starts.done(record, args, source, took_s)
        error = f": {record.error.code}" if record.error is not None else ""
        changed = record.status is CommandStatus.DONE and self.revisions is not before
        result = f"{record.status}{error}"
        if changed:
            await self.audit.note_durably(source, record.type, args, result)
        else:
            self.audit.note(source, record.type, args, result)

    # Running.

    def changed(self) -> None:
        """Have the document made anew soon; many changes at once make one."""
        self._stale.set()

    async def run(self) -> None:
        """Run the room until cancelled; cameras stand still afterwards."""
        work = (self._devices.run(), self._refresh(), self._tick(), self.liveness.run())
        own = [asyncio.create_task(each) for each in work]
        for part in self._parts:
            self._begin(part)
        try:
            # Not gather: it would cancel the parts at once, and below again, while cameras stop.
            await first_to_end(lambda: (*own, *self._working.values()), self._other_work)
        finally:
            await self._commands.close()
            for part in self._parts:
                await part.close()
            ending = {*own, *self._working.values(), *self._acts}
            for task in ending:
                task.cancel()
            # Not gather: a part that cannot be cancelled must not keep the room's fault a secret.
            _, late = await asyncio.wait(ending, timeout=END_LIMIT_S)
            if late:
                _log.error("%d parts of the room did not end in %g s", len(late), END_LIMIT_S)
            closing = asyncio.ensure_future(in_thread(self._database.close))
            await asyncio.wait((closing,), timeout=END_LIMIT_S)

    def _begin(self, part: Part) -> None:
        """Have a part do what takes time of its own, if it has such."""
        if type(part).run is not Part.run:
            self._working[part] = asyncio.create_task(part.run())
            self._other_work.set()

    async def _devices_first(self) -> None:
        """Wait until the devices have answered, a second at most: to read texts is work.

        Who stands in the room at a start waits for the camera; the calendar is a server's.
        """
        with self.watch() as changes, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DEVICES_FIRST_S):
                while not self.ready:
                    await changes.get()
        await asyncio.sleep(AFTER_DEVICES_S)

    async def _end(self, part: Part) -> None:
        task = self._working.pop(part, None)
        self._other_work.set()
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    # Another configuration.

    def plan(self, config: Config) -> ConfigPlan:
        """Return what becomes of each part with another room.toml; ConfigError if it cannot be."""
        return plan(self.config, config, self._devices.planned(config))

    async def reconfigure(
        self, config: Config, feed: Feed | None, keep: Callable[[], Awaitable[None]] | None = None
    ) -> ConfigPlan:
        """Have another room.toml count from now on; what it leaves as it is goes on.

        `keep` writes it down. Whatever goes wrong, or fails in its first half second, is put back,
        and raised.
        """
        async with self._reconfiguring:
            before, devices = self.config, self._devices.planned(config)
            found = plan(before, config, devices)
            feed_before = self._feed
            self._dependencies.follow(config)
            try:
                back = await self._devices.have(devices)
            except Refused:
                self._dependencies.follow(before)
                raise
            try:
                await self._take(config, feed)
                await self._prove(devices.begun)
                if keep is not None:
                    await keep()
            except Exception as error:
                _log.error("configuration: %s; the old one is restored", error)
                self._dependencies.follow(before)
                await self._devices.have(back)
                await self._take(before, feed_before)
                raise
            _log.info(
                "configuration: restarted: %s",
                ", ".join((*found.restarted, *found.added)) or "nothing",
            )
            return found

    def do_soon(self, work: Awaitable[None]) -> None:
        """Have something done that nobody waits for."""
        self._act(work)

    async def settled(self) -> None:
        """Take it that the configuration that is kept is the one that runs."""
        await self._file.taken()

    async def _take(self, config: Config, feed: Feed | None) -> None:
        """Have every part say and do what a room.toml says, with the devices that there are."""
        self.config, self._feed = config, feed
        again = [part for part in self._parts if part.configure(config, self._devices)]
        identity = _identity(config, self._dependencies.kept_id, self._dependencies.fingerprint)
        self._identity = replace(identity, id=self.document.identity.id)
        for part in again:
            await self._end(part)
            self._begin(part)
        self.changed()

    async def _prove(self, begun: Sequence[Device]) -> None:
        """Wait until what has begun had time to fail; DeviceError says what did."""
        await asyncio.sleep(PROVED_S)
        for device in begun:
            if device.health.reason == "internal":
                why = "failed at its start; see the log"
                raise Refused(device.name, "config_failed", why)

    async def _refresh(self) -> None:
        """Make the document anew whenever something changed."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            for part in self._parts:
                part.follow()
            self._publish()

    async def _tick(self) -> None:
        """Let time pass for what waits for nothing else."""
        while True:
            for part in self._parts:
                part.tick()
            await self._calls.clear_away()
            self.changed()
            due = min((at for part in self._parts if (at := part.due()) is not None), default=None)
            rest_s = TICK_S if due is None else min(TICK_S, due - self.clock.mono_s())
            await asyncio.sleep(max(rest_s, LEAST_S))

    def _publish(self) -> None:
        before = self.document
        new = changes(before, self._sections(self.now()))
        if new:
            after = self.document = replace(before, **new, rev=before.rev + 1)
            self.tally.follow(before, after)
            self.starts.changed(before, after)
            self._webhooks.happened(before, after)
            self.alerts.happened(after)
            self._history.note(Change(self.document.rev, new))

    def _sections(self, now: Moment) -> dict[str, Any]:
        entries = self.byom.entries(self._devices.entries)
        needed = tuple(one for one in entries if not self._may_be_missing(one))
        starting = any(entry.status == "starting" for entry in entries)
        early = now.mono_s - self._started_at < STARTING_S
        issues = (*_offline(needed), *(one for part in self._parts for one in part.issues(now)))
        sections: dict[str, Any] = {}
        for part in self._parts:
            sections |= part.sections(now)
        sections["audio"] = self.byom.heard(sections["audio"])
        facts = self._facts(early, needed, sections["audio"], issues)
        conditions = self.document.conditions
        if facts != self._judged:
            self._judged, conditions = facts, judge(facts, conditions, now)
        return {
            "identity": self._identity,
            "phase": "starting" if starting and early else "ready",
            "devices": entries,
            "conditions": conditions,
            "issues": issues,
            **sections,
        }

    def _facts(
        self,
        starting: bool,
        needed: tuple[DeviceEntry, ...],
        audio: AudioEntry,
        issues: tuple[IssueEntry, ...],
    ) -> RoomFacts:
        return RoomFacts(
            starting=starting,
            stalled=self.liveness.stalled,
            lent=self.byom.names if self.byom.lent else (),
            devices=needed,
            audio=audio,
            platform=self._calls.default_platform,
            platform_state=self._calls.platform_state,
            calendar=self.bookings.calendar_state,
            config=self._file.state,
            issues=issues,
        )

    def _may_be_missing(self, entry: DeviceEntry) -> bool:
        gone = (PortReason.MISSING, PortReason.CLOSED)
        optional = entry.kind in self._optional and entry.reason in gone
        return optional or (entry.status != "online" and self.byom.away(entry))

    def _permitted(self, declaration: Declaration, handler: Handler) -> Handler:
        """Return a handler that is called for whoever may give its command."""

        async def permitted(source: Source, **args: Any) -> Result:  # noqa: ANN401 - a handler's own
            self.permissions.permit(declaration.needed(args), source)
            return await handler(source=source, **args)

        return permitted

    def _told(self, event: object) -> None:
        """Pass on what a device has to say."""
        if isinstance(event, KeyPressed | StickPushed | PresetPressed | CameraTurned):
            self._touched()
        for part in self._parts:
            part.told(event)

    def _touched(self) -> None:
        self.automation.touched()
        self._expected.touched()
        self.occupancy.touched(self.clock.mono_s())
        self.changed()

    def _may_film(self) -> bool:
        meeting = self.document.meeting
        return meeting.shown or meeting.state not in ("idle", "ended", "failed")

    def _act(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_tolerantly(work))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)


class _SettingsPart(Part):
    """The settings that people change of a running room, and their revisions."""

    def __init__(self, settings: Settings, clock: Clock, changed: Callable[[], None]) -> None:
        self._settings, self._clock, self._changed = settings, clock, changed

    @command("room.roll_back", Right.SERVICE)
    async def _roll_back(self, source: Source, revision: Number) -> None:
        """Restore the settings of a revision (`GET /api/v1/settings`), as a new one."""
        await self._settings.roll_back(revision, source.name, self._clock.now().wall)
        self._changed()


Room.PARTS = (
    Byom,
    Meeting,
    Walkthroughs,
    Audio,
    OccupancyService,
    Bookings,
    Cameras,
    Automation,
    Storage,
    Maintenance,
    Updates,
    Look,
    RoomMessage,
    HelpReports,
    UnusedSeriesOffers,
    _SettingsPart,
)


async def _tolerantly(work: Awaitable[None]) -> None:
    with contextlib.suppress(PortError, DeviceError):
        await work


def _identity(config: Config, kept_id: str, fingerprint: str) -> IdentityEntry:
    room = config.room
    return IdentityEntry(
        id=room.id or kept_id or str(uuid.uuid4()),
        display_name=room.display_name,
        building=room.building,
        floor_label=room.floor_label,
        capacity=room.capacity,
        timezone=room.timezone,
        language=room.language,
        help=room.help,
        wifi=room.wifi.reveal(),
        fingerprint=fingerprint,
        second_language=room.second_language,
    )


def _offline(entries: Iterable[DeviceEntry]) -> Iterable[IssueEntry]:
    for entry in entries:
        if entry.status == "offline":
            params = {"reason": entry.reason, "detail": entry.detail}
            yield IssueEntry("device.offline", entry.name, {**params}, entry.since)
