"""Who has the room's USB camera and speakerphone: the room, or a laptop at the table (BYOM).

Mediates between the switch (`byom`), the devices that hang on it, the call and the bookings. What
is said is what is known: the room has them while one of them answers it; else whoever the switch
says. A relay says nothing: what it was set to is told as asked for, and nobody as the holder.

While a laptop has them they are gone from the room's bus, which is no fault: nothing is told of
them but that. They come back by hand; before the room joins a meeting of its own; and by
themselves once the room was empty for `empty_s`, when the laptop is pulled out, and where it is
set when a booking begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from roomctl.byom.driver import ByomSwitch
from roomctl.byom.profile import ByomTable
from roomctl.byom.session import Side
from roomctl.clock import Moment
from roomctl.command import Source, command
from roomctl.config import Config
from roomctl.device import Status
from roomctl.errors import DeviceError, PortError, Refused
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Part, RoomDevices
from roomctl.roles import Right
from roomctl.room.audit import Audit
from roomctl.room.bookings import Bookings
from roomctl.room.devices import Devices
from roomctl.room.document import AudioEntry, ByomEntry, DeviceEntry
from roomctl.room.meeting import CallControl
from roomctl.room.occupancy import OccupancyService

_log = logging.getLogger(__name__)

SETTLE_S = 10.0  # from the switch to a device that answers: USB is enumerated, drivers are opened
GRACE_S = 3.0  # a device that has gone is no fault until the switch could say that it was turned
PULLED_S = 10.0  # a cable that was pulled out may be plugged in again
AGAIN_S = 60.0  # until what the room does by itself, and did not succeed, is tried again
LAPTOP = "laptop"  # why a device is away, and a microphone not the room's
_BUSES = ("usb", "hidraw", "v4l2")
_KINDS = ("camera", "speakerphone")


@frozen
class DevicesTakenBack:
    """The room took its camera and speakerphone back from a laptop by itself."""

    why: str  # empty, booking, unplugged


class Byom(Part):
    """The room's devices at a laptop; a room without a switch says and does nothing here."""

    def __init__(
        self,
        config: Config,
        devices: Devices,
        uses: tuple[CallControl, Bookings, OccupancyService],
        context: Context,
        audit: Audit,
    ) -> None:
        self._devices, self._context, self._audit = devices, context, audit
        self._calls, self._bookings, self._occupancy = uses
        self._clock = context.clock
        self._turning = asyncio.Lock()  # one hand at a time
        self._news = asyncio.Event()
        self._labels: dict[str, str] = {}
        self._switch: ByomSwitch | None = None
        self._begin()
        self.configure(config, devices)

    def _begin(self) -> None:
        """Know nothing of a switch."""
        self._holder: Literal["room", "laptop", "unknown"] = "unknown"
        self._since = self._clock.now()
        self._requested: Side | None = None
        self._requested_at = float("-inf")
        self._requested_wall = self._since.wall
        self._by = Source("", "")
        self._said: tuple[Side, float] | None = None  # and when
        self._here = False
        self._lent_at = float("-inf")  # when a laptop had them, last
        self._gone_at = float("-inf")  # when the last of the devices went
        self._opposed: Moment | None = None  # since when switch and devices say the opposite
        self._given_at = float("-inf")  # since when a laptop has them, or may
        self._seen_plugged = False
        self._pulled_at: float | None = None
        self._tried_at = float("-inf")

    def configure(self, config: Config, devices: RoomDevices) -> None:
        """Take another room.toml; of another switch nothing is known."""
        tables = [one for one in config.tables("byom").values() if isinstance(one, ByomTable)]
        self._table = tables[0] if tables else None
        switch = devices.first(ByomSwitch)
        if switch is not self._switch:
            self._switch = switch
            self._begin()

    # What is so

    @property
    def lent(self) -> bool:
        """Whether a laptop has the devices, or was given them and none answers the room."""
        return self._holder == LAPTOP or (self._requested == LAPTOP and not self._here)

    @property
    def can_give(self) -> bool:
        """Whether a laptop may be given the devices now; it may be that none is plugged in."""
        switch = self._switch
        unplugged = switch is None or switch.plugged is False
        return not (unplugged or self.lent or self._calls.live)

    @property
    def microphone_lent(self) -> bool:
        """Whether a laptop has the microphone."""
        return self.lent and any(name.startswith("speakerphone.") for name in self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The devices that hang on the switch, such as camera.front."""
        if self._table is None:
            return ()
        if self._table.devices:
            return self._table.devices
        return tuple(
            name
            for device in self._devices
            for name in device.healths
            if name.partition(".")[0] in _KINDS and _on_a_bus(device.url)
        )

    def away(self, entry: DeviceEntry) -> bool:
        """Whether a device that does not answer is no fault: a laptop has it, or it may be so."""
        if entry.name not in self._on_bus():
            return False
        now = self._clock.mono_s()
        return self.lent or now - self._lent_at < SETTLE_S or now - self._gone_at < GRACE_S

    def entries(self, entries: Sequence[DeviceEntry]) -> tuple[DeviceEntry, ...]:
        """Return what is said of each device: a laptop has those that are gone, and none is off."""
        if not self.lent:
            return tuple(entries)
        bus = self._on_bus()
        return tuple(
            replace(one, status="offline", reason=LAPTOP, detail=None, since=self._since.wall)
            if one.name in bus and one.status != "online"
            else one
            for one in entries
        )

    def heard(self, audio: AudioEntry) -> AudioEntry:
        """Return what is said of the sound: of a laptop's microphone the room knows nothing."""
        if not self.microphone_lent:
            return audio
        return replace(
            audio,
            mute="unknown",
            reason=LAPTOP,
            talking_while_muted=False,
            listening=None,
            gain_pct=None,
            switch="none",
            meeting_muted=None,
        )

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"byom": self._entry(now)}

    def _entry(self, now: Moment) -> ByomEntry | None:
        if self._switch is None:
            return None
        return ByomEntry(
            holder=self._holder,
            since=self._since.wall,
            requested=self._requested,
            requested_by=self._by.role,
            requested_by_name=self._by.name,
            late=self._late(now.mono_s),
            lent=self.lent,
            reads_back=self._switch.reads_back,
            plugged=self._switch.plugged,
            devices=self.names,
            camera=self._label("camera"),
            speakerphone=self._label("speakerphone"),
        )

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        """Tell of a switch that does not do what it took, or whose devices hang elsewhere."""
        opposed = self._opposed
        if opposed is not None and now.mono_s - opposed.mono_s >= SETTLE_S:
            yield IssueEntry("byom.wrong_cable", "byom", {}, opposed.wall)
        elif self._late(now.mono_s):
            params = {"requested": self._requested}
            yield IssueEntry("byom.not_done", "byom", {**params}, self._requested_wall)

    def _late(self, now: float) -> bool:
        """Whether what was asked for should have been seen by now, and was not."""
        if self._requested is None or now - self._requested_at < SETTLE_S:
            return False
        comes = self._requested == "room" and bool(self._on_bus())
        return self._reads_back or self._here or comes

    @property
    def _reads_back(self) -> bool:
        return self._switch is not None and self._switch.reads_back

    # What becomes new

    def follow(self) -> None:
        """Take what the switch and the devices say now."""
        if self._switch is None:
            return
        now = self._clock.now()
        bus = self._on_bus()
        here = any(
            health.status is Status.ONLINE
            for device in self._devices
            for name, health in device.healths.items()
            if name in bus
        )
        if self._here and not here:
            self._gone_at = now.mono_s
        self._here = here
        said = self._said_now(now.mono_s)
        self._label_seen(bus)
        before, was_lent = self._holder, self.lent
        self._holder = "room" if here else (said or "unknown")
        opposed = here and said == LAPTOP
        self._opposed = (self._opposed or now) if opposed else None
        if self._requested == self._holder:
            self._requested = None
        if self._holder != before:
            _log.info("byom: %s", self._holder)
            self._since = now
        if self.lent or was_lent:
            self._lent_at = now.mono_s
        if self.lent and not was_lent:
            self._given_at = max(self._given_at, now.mono_s)
            self._seen_plugged = False
        self._plug(now.mono_s)
        self._news.set()

    def tick(self) -> None:
        """Take the devices back once that is due."""
        why = self._due_back()
        now = self._clock.mono_s()
        if why is not None and now - self._tried_at >= AGAIN_S and not self._turning.locked():
            self._tried_at = now
            self._context.act(self._take_back(why))

    def _due_back(self) -> str | None:
        """Return why the room takes its devices back now; None: it does not."""
        if not self.lent or self._table is None:
            return None
        now, presence = self._clock.now(), self._occupancy.state
        if self._pulled_at is not None and now.mono_s - self._pulled_at >= PULLED_S:
            return "unplugged"
        empty_s = self._table.empty_s
        since = max(presence.since, self._given_at)
        if empty_s and presence.state == "vacant" and now.mono_s - since >= empty_s:
            return "empty"
        booked = self._bookings.under_way(now)
        begun = booked is not None and booked.starts_s > self._given_at
        return "booking" if begun and self._table.at_booking else None

    async def _take_back(self, why: str) -> None:
        source = Source("room", why)
        async with self._turning:
            if not self.lent:
                return
            await self._turn("room", source)
        self._context.tell(DevicesTakenBack(why))

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Have the devices be the room's, and nobody give them away, until the block ends.

        A switch that does not turn holds no meeting up: what is missing then is said as it is.
        """
        async with self._turning:
            said = self._said[0] if self._said is not None else None
            if self.lent or LAPTOP in (self._requested, said):
                with contextlib.suppress(DeviceError, PortError):
                    await self._turn("room", Source("room", "call"))
                    await self._back()
            yield

    async def _back(self) -> None:
        """Wait until the room has its devices, and one of them answers; `SETTLE_S` at most."""
        if not self._reads_back and not self._on_bus():
            return  # nothing could say so
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while self._requested is not None or not (self._here or not self._on_bus()):
                    self._news.clear()
                    await self._news.wait()

    @command("byom.give", Right.MEET)
    async def give(self, source: Source) -> None:
        """Give the room's camera and speakerphone to the laptop at the table; not in a call.

        Done once the switch has accepted it; the section `byom` shows the result.
        """
        switch = self._needed()
        async with self._turning:
            if self._calls.live:
                why = "the room's meeting has the camera and the microphone; leave it first"
                raise Refused("room", "in_call", why)
            if switch.plugged is False:
                why = "no laptop is plugged in; plug the USB cable into it first"
                raise Refused("room", "no_laptop", why)
            if switch.toggles and self._holder == "unknown" and self._requested != LAPTOP:
                why = "it is not known who has the devices; take them back first"
                raise Refused("room", "holder_unknown", why)
            await self._turn("laptop", source)
        booking = self._bookings.under_way(self._clock.now())
        if booking is not None:
            self._bookings.came(booking.id)
            await self._bookings.used(booking.id)

    @command("byom.take", Right.MEET)
    async def _take(self, source: Source) -> None:
        """Take the room's camera and speakerphone back from a laptop."""
        self._needed()
        async with self._turning:
            await self._turn("room", source)

    async def _turn(self, side: Side, source: Source) -> None:
        """Turn the switch; a press of a button that would turn it the wrong way is none."""
        switch = self._needed()
        now = self._clock.now()
        believed = self._holder if self._holder != "unknown" else self._requested
        if not (switch.toggles and believed == side):
            # Said before it is done: the devices may be gone before the switch has answered.
            before, self._requested = self._requested, side
            self._requested_at, self._requested_wall, self._by = now.mono_s, now.wall, source
            if side == LAPTOP:
                self._given_at, self._seen_plugged = now.mono_s, bool(switch.plugged)
            self._context.changed()
            try:
                await switch.turn(side)
            except (DeviceError, PortError):
                self._requested = before if self._requested == side else self._requested
                self._context.changed()
                raise
            _log.info("byom: turned to the %s for %s", side, source.name)
        if source.role == "room":
            self._audit.note(source, "byom.take", {}, "done")
        self.follow()
        self._context.changed()

    def _needed(self) -> ByomSwitch:
        if self._switch is None:
            raise Refused("room", "no_switch", "has no USB switch; [byom] makes one")
        return self._switch

    def _said_now(self, now: float) -> Side | None:
        """Return what the switch says; one that is out of reach for a moment is still believed."""
        switch = self._switch
        if switch is not None and switch.said is not None:
            self._said = (switch.said, now)
        elif self._said is not None:
            reached = switch is not None and switch.health.status is Status.ONLINE
            if reached or now - self._said[1] >= SETTLE_S:
                self._said = None
        return self._said[0] if self._said is not None else None

    def _plug(self, now: float) -> None:
        plugged = self._switch.plugged if self._switch is not None else None
        self._seen_plugged |= plugged is True
        pulled = plugged is False and self._seen_plugged and self.lent
        self._pulled_at = (self._pulled_at or now) if pulled else None

    def _on_bus(self) -> frozenset[str]:
        """Return the devices that are gone from the room's bus while a laptop has them."""
        named = frozenset(self.names)
        return frozenset(
            name
            for device in self._devices
            for name in device.healths
            if name in named and (_on_a_bus(device.url) or name.startswith("speakerphone."))
        )

    def _label_seen(self, bus: frozenset[str]) -> None:
        """Keep what devices call themselves: that is how a laptop's programs name them."""
        for device in self._devices:
            for name, plate in device.nameplates.items():
                if name in bus and plate.model:
                    self._labels[name] = plate.model

    def _label(self, kind: str) -> str | None:
        found = (self._labels.get(name) for name in self.names if name.startswith(f"{kind}."))
        return next((label for label in found if label), None)


def _on_a_bus(url: str) -> bool:
    return url.partition(":")[0] in _BUSES
