"""The room's microphone: requests from people, LEDs and read-backs from devices, one state.

Mediates between the speakerphone wing (LED, presses) and the screen (capture mute).
What may be said of the microphone is decided by `room.mute` alone. Who asked is kept as
"kind:name"; the reducer's own reasons have no name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal

from roomctl.clock import Clock, Moment
from roomctl.config import AudioTable
from roomctl.device import Status
from roomctl.errors import DeviceError, NoReply, PortError, Refused
from roomctl.room import mute
from roomctl.room.document import AudioEntry, SpeakerphoneEntry
from roomctl.screen.driver import Screen, ScreenProcess, WalledSound
from roomctl.screen.protocol import SoundState
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.driver import in_use
from roomctl.store import Store
from roomctl.store.documents import Document
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

SETTLE_S = 6.0  # the longest write there can be; the reducer gives up after 2 s
CALL_STARTED = "call_started:"  # who mutes where each meeting is joined muted
MISSING = ("not_confirmed", "offline", "switch", "heard")
STORE_S = 5.0  # a disk that takes longer for a few bytes counts as one that takes none
RETRY_S = 10.0
END_S = 2.0  # how long the end waits for a write that is under way
_FILE = "mute"


class StoredMute:
    """The request for silence as the disk holds it, which every start begins with.

    It is written beside the act, the newest alone, and never two at once. `stored` is None without
    a disk; `damaged`: it holds what makes no sense, or cannot be read.
    """

    def __init__(self, store: Store | None, clock: Clock, changed: Callable[[], None]) -> None:
        self._store, self._clock, self._changed = store, clock, changed
        self.stored: mute.RequestStored | None = None
        self.damaged = False
        self._muted: bool | None = None
        self._task: asyncio.Task[None] | None = None
        self._late_at = self._again_at = float("-inf")
        if store is not None:
            self._read(store)

    def _read(self, store: Store) -> None:
        before, found = store.disk.quarantined, None
        try:
            found = store.read(_FILE, _fits).get("muted")
        except OSError as error:
            _log.warning("microphone: starts muted: its stored state cannot be read: %s", error)
            self.damaged = True
        self.stored = mute.RequestStored(found)
        if found is None and (store.disk.quarantined != before or store.disk.unwritable):
            self.damaged = True

    def keep(self, muted: bool) -> None:
        """Have the next start begin with this."""
        self._muted = muted
        self._go_on()

    def tick(self) -> None:
        """Let time pass: a write may be late, and what failed is tried again."""
        if self._task is not None and self._clock.mono_s() >= self._late_at:
            self._note(mute.RequestStored(None, failed=True))
        self._go_on()

    def due(self) -> float | None:
        waits = self._task is not None and self.stored is not None and not self.stored.failed
        return self._late_at if waits else None

    async def close(self) -> None:
        """Let a write that is under way end."""
        if self._task is not None:
            await asyncio.wait((self._task,), timeout=END_S)

    def _go_on(self) -> None:
        if self._store is None or self.stored is None or self._task is not None:
            return
        waits = self.stored.failed and self._clock.mono_s() < self._again_at
        if self._muted is not None and self.stored.muted is not self._muted and not waits:
            self._task = asyncio.create_task(self._write(self._store, self._muted))

    async def _write(self, store: Store, muted: bool) -> None:
        self._late_at = self._clock.mono_s() + STORE_S
        self._note(mute.RequestStored(None))
        try:
            await in_thread(store.write, _FILE, {"muted": muted})
            found = mute.RequestStored(muted)
        except OSError as error:
            _log.warning("microphone: the next start may not know its state: %s", error)
            self._again_at = self._clock.mono_s() + RETRY_S
            found = mute.RequestStored(None, failed=True)
        self._task = None
        self._note(found)
        self._go_on()

    def _note(self, stored: mute.RequestStored) -> None:
        if self.stored != stored:
            self.stored = stored
            self._changed()


def _fits(document: Document) -> bool:
    return isinstance(document.get("muted"), bool)


class MuteControl:
    """Mute and volume of one room."""

    def __init__(
        self,
        phones: Sequence[Speakerphone],
        screen: Screen | None,
        clock: Clock,
        changed: Callable[[], None],
        table: AudioTable,
        unplugged: Literal["mute", "default"] = "mute",
        kept: StoredMute | None = None,
        wall: WalledSound | None = None,
    ) -> None:
        """`unplugged` is what happens when the speakerphone in use is unplugged in a call.

        `wall` has the sound instead of the screen's process, where it is there.
        """
        self._kept = kept or StoredMute(None, clock, changed)
        self.phones = Speakerphones(phones)
        self._screen, self._clock, self._changed = screen, clock, changed
        self._wall = wall
        self._had_sound: ScreenProcess | None = screen
        self.table, self.unplugged = table, unplugged
        self.state = mute.first(clock.mono_s(), self._kept.stored, damaged=self._kept.damaged)
        self._since = clock.now()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._call: int | None = None
        self._hung_up = False  # in a call, by somebody's hand
        self._hushed: str | None = None  # by what, while it was open before
        # Whose writes have ended: generation, off-hook, lit; and of which generation capture's.
        self._written: tuple[int, bool, bool] | None = None
        self._captured: int | None = None

    @property
    def entry(self) -> AudioEntry:
        sound = self._sound
        status, requested = self.state.status, self.state.requested
        kind, _, name = status.by.partition(":")
        by: Any = kind or "found"  # Any: of the closed list, for nothing else is ever asked
        return AudioEntry(
            mute=status.mute.value,
            volume_pct=sound.volume_pct if sound else None,
            gain_pct=sound.gain_pct if sound else None,
            available=bool(sound and sound.available),
            listening=sound.listening if sound and sound.available else None,
            requested=None if requested is None else "muted" if requested else "open",
            requested_by=by,
            requested_by_name=name,
            reason="" if status.why == "not_asked" else status.why,
            since=self._since.wall,
            switch=sound.switch.value if sound else "none",
            meeting_muted=self._meeting_muted(),
            speakerphones=self.phones.entries,
            wall=self.wall,
        )

    @property
    def phone(self) -> Speakerphone | None:
        """The speakerphone in use, while it is online."""
        return self.phones.phone

    @property
    def heard(self) -> str | None:
        """The microphone that programs hear although it is muted."""
        sound = self._sound
        return sound.heard if sound and sound.available else None

    @property
    def seen(self) -> str | None:
        """The device that programs see although all are behind the wall."""
        sound = self._sound
        return sound.seen if sound and sound.available else None

    @property
    def unproven(self) -> str:
        """What is wrong with the wall, or missing to its proof, in a sentence; "": nothing."""
        sound = self._sound
        if self.wall == "away":
            return (sound.why if sound else "") or "`roomctl screen --sound` is not there"
        return sound.why if sound and self.state.requested else ""

    @property
    def since(self) -> Moment:
        """Since when the microphone is what it is."""
        return self._since

    @property
    def in_call(self) -> bool:
        return self._call is not None

    @property
    def off_hook(self) -> bool:
        """Whether the speakerphone shall be off-hook: in a call, and nobody has hung up."""
        return self._call is not None and not self._hung_up

    @property
    def unheard_in_call(self) -> bool:
        """Whether the room, or the meeting itself, has the room muted in a call."""
        muted = self.state.status.mute in (mute.Mute.MUTED, mute.Mute.MUTING)
        return self._call is not None and (muted or self._meeting_muted() is True)

    @property
    def open_in_muted_meeting(self) -> bool:
        """Whether the meeting alone has the room muted, so that levels tell what is heard."""
        muted = self.state.status.mute in (mute.Mute.MUTED, mute.Mute.MUTING)
        return self._call is not None and not muted and self._meeting_muted() is True

    async def set_gain(self, pct: int) -> None:
        """Set the microphone's gain; Refused "no_sound_server"."""
        if self.link is None or self._sound is None or not self._sound.available:
            why = "no sound server that has a microphone; is `roomctl screen` running?"
            raise Refused("microphone", "no_sound_server", why)
        await self.link.gain(pct)

    async def request(self, muted: bool, by: str) -> None:
        """Ask for silence or an open microphone, and wait until it is proven and stored.

        A disk that takes nothing is waited for no longer than `STORE_S`. `by` is "kind:name".

        Raises Refused("no_sound_server") where nothing could mute, Refused("conflict") if somebody
        has just muted it or a start has just found it muted, Refused("superseded") if somebody asks
        for the opposite meanwhile, and NoReply if it is not confirmed.
        """
        if self._sound is None or not self._sound.available:
            why = "no sound server that could mute; is `roomctl screen` running?"
            raise Refused("microphone", "no_sound_server", why)
        self._take(mute.MuteRequested(muted, by))
        if self.state.conflict and not muted:
            why = f"it was muted less than {mute.CONFLICT_S:g} s ago; ask again"
            raise Refused("microphone", "conflict", why)
        goal = mute.Mute.MUTED if muted else mute.Mute.OPEN
        try:
            async with asyncio.timeout(SETTLE_S):
                while self.state.requested is muted and not (
                    self.state.status.mute is goal and self._is_stored(muted)
                ):
                    if self.state.status.why in MISSING:
                        break
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        if self.state.requested is not muted:
            raise Refused("microphone", "superseded", "the opposite was asked for since")
        if self.state.status.mute is not goal:
            raise NoReply("microphone", mute.CONFIRM_S, "it may be unchanged")

    def choose(self, name: str) -> None:
        """Use another speakerphone; Refused "in_call", "unknown_device" or "offline"."""
        if self._call is not None:
            why = "the speakerphone is not changed in a call; unplug it, or wait until it is over"
            raise Refused(name, "in_call", why)
        self.phones.choose(name)
        self._changed()

    def pressed(self, name: str) -> None:
        """Take a press of the mute key on a speakerphone; one that is not in use only mutes."""
        spare = name != self.phones.used
        requested = spare or mute.toggled(self.state)
        self._take(mute.MuteRequested(requested, f"speakerphone:{name}"))
        if spare:
            self.phones.answer(name)

    def hung_up(self) -> None:
        """Take that somebody hung up in a call: the room is muted at once."""
        self._hung_up = True
        self._hushed = "hang_up:" if mute.toggled(self.state) else None
        if self._hushed is not None:
            self._take(mute.MuteRequested(True, self._hushed))
        self._begin_writing()

    def taken_up(self, *, as_before: bool) -> None:
        """Go on with the call; `as_before`: open, too, if it was and nobody else muted it."""
        hushed, self._hushed = self._hushed, None
        self._hung_up = False
        if as_before and hushed is not None and self.state.by == hushed:
            self._take(mute.MuteRequested(False, hushed))
        self.put_back()

    def devices_changed(self) -> None:
        """Take what the devices say now."""
        if self._kept.stored is not None:
            self._take(self._kept.stored)
        before = self.phones.used
        if self.phones.follow(in_call=self._call is not None):
            self._replaced(before)
        phone = self.phone
        if self.phones:
            led = phone is not None and phone.state.has_mute_led
            self._take(mute.SpeakerphoneOnline(phone is not None, led))
        if self.link is not self._had_sound:
            self._had_sound = self.link
            self._take(mute.SoundServerOnline(False))
            self._begin_writing()
        if phone is not None and self.link is not None:
            # Of one that is unplugged the screen is not told: until it is back, or another one is
            # there, the sound server's default stands in.
            self.link.use(phone.state.port_path, phone.state.vid, phone.state.pid)
        sound = self._sound
        self._take(mute.SoundServerOnline(bool(sound and sound.available)))
        muted = sound.muted if sound and sound.available else None
        switch = mute.Switch(sound.switch.value) if sound else mute.Switch.NONE
        # While a write is on its way, a report may be older than it; only bad news counts then.
        settled = self._captured == self.state.generation
        generation = self.state.generation if settled else -1
        if settled or muted is not None:
            turned_down = sound is not None and sound.gain_pct == 0
            heard, found = self.heard is not None, sound.found if sound is not None else None
            self._take(mute.CaptureRead(muted, generation, switch, turned_down, heard, found))
        if settled and phone is not None and phone.state.has_mute_led:
            # The driver may have written again.
            self._take(mute.LedWritten(phone.state.led_muted, generation))

    def call_is(self, call: int | None, *, joined_here: bool, left_here: bool) -> None:
        """Light the Off-Hook LED while a call is live.

        The next meeting inherits no mute if this one was `left_here`, by somebody in the room, and
        [audio] does not keep it. Any other end of a call opens no microphone: a crash, another
        link, the host's or a program's. A call that began while the daemon was away is not
        `joined_here`: it stays as it is.
        """
        before, self._call = self._call, call
        if call != before:
            self._hung_up = False
            if before is not None and left_here and not self.table.keep_mute:
                self._take(mute.MuteRequested(False, mute.CALL_ENDED))
            begins = call is not None and joined_here and self.table.start_muted
            if begins and mute.toggled(self.state):
                self._take(mute.MuteRequested(True, CALL_STARTED))
            self._begin_writing()

    def put_back(self) -> None:
        """Write all LEDs again: a hand has moved the hook, and the room has not."""
        self._written = None
        self._begin_writing()

    def due(self) -> float | None:
        dues = (mute.due(self.state), self._kept.due())
        return min((due for due in dues if due is not None), default=None)

    def tick(self) -> None:
        self._kept.tick()
        self._take(mute.TimePassed())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, event: mute.MuteEvent) -> None:
        before = self.state
        self.state = mute.step(before, event, self._clock.mono_s())
        if self.state.status.since != before.status.since:
            self._since = self._clock.now()
        renewed = self.state.generation != before.generation or self.state.lit is not before.lit
        if renewed and self.state.requested is not None:
            self._begin_writing()
        if self.state.requested:
            self._kept.keep(True)
        elif self.state.capture is False:  # an open microphone was read back: not before
            self._kept.keep(False)
        if self.state.stored != before.stored:
            self._news.set()
        if self.state.status != before.status:
            self._news.set()
            self._changed()

    def _is_stored(self, muted: bool) -> bool:
        """Whether the next start begins with this, or the disk takes nothing."""
        stored = self.state.stored
        return stored is None or stored.failed or stored.muted is muted

    @property
    def link(self) -> ScreenProcess | None:
        """The process that has the room's sound; None: there is none."""
        return self._wall if self._wall is not None and self._wall.present else self._screen

    @property
    def wall(self) -> Literal["none", "stands", "away"]:
        """Whether the microphone is behind a wall; "away": one should be there, and is not."""
        sound = self._sound
        there = self._wall is not None and self._wall.present
        if not there and (sound is None or not sound.walled):
            return "none"
        return "stands" if sound is not None and sound.available else "away"

    @property
    def _sound(self) -> SoundState | None:
        """What the screen says of the sound, unless it has fallen silent: it may be otherwise."""
        link = self.link
        return link.state.sound if link and link.health.status is Status.ONLINE else None

    def _begin_writing(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())

    @property
    def _target(self) -> tuple[int, bool, bool]:
        return self.state.generation, self.off_hook, self.state.lit

    async def _write(self) -> None:
        """Carry out the present request; a newer one that came meanwhile is carried out next.

        A Mute LED is never lit while the microphone may be open: silence comes before it, goes
        after it, and is what it waits for. So it is out, too, while nothing can be read back.
        """
        while self._written != self._target:
            generation, off_hook, _ = self._target
            requested, led = self.state.requested, None
            if not requested:
                led = await self._write_led(False)
            elif self.state.capture is False:
                self.phones.request(False, off_hook)  # silence waits for no LED
            if requested is not None and self._captured != generation:
                await self._write_capture(requested, generation)
            lit = self.state.lit and self.state.generation == generation
            if requested:
                led = await self._write_led(lit)
            self._written = (generation, off_hook, lit)
            if requested is not None:
                self._take(mute.LedWritten(led, generation))

    async def _write_led(self, requested: bool) -> bool | None:
        phone = self.phone
        self.phones.request(requested, self.off_hook, but=phone)
        if phone is None:
            return None
        try:
            await phone.write_leds(requested, self.off_hook)
        except (PortError, DeviceError) as error:
            _log.warning("%s: the mute LED could not be written: %s", phone.name, error)
            return None
        return requested

    async def _write_capture(self, requested: bool, generation: int) -> None:
        read = mute.CaptureRead(None, generation)
        link = self.link
        if link is not None:
            try:
                await link.mute(requested)
                sound = link.state.sound
                switch = mute.Switch(sound.switch.value)
                read = mute.CaptureRead(sound.muted, generation, switch, sound.gain_pct == 0)
            except (PortError, DeviceError) as error:
                _log.warning("microphone: %s", error)
        self._captured = generation
        self._take(read)

    def _replaced(self, before: str | None) -> None:
        """Have all that was proven of one speakerphone proven anew of another one."""
        _log.info("speakerphone: %s is in use", self.phones.used or "none")
        self._take(mute.SpeakerphoneOnline(False, False))
        self.put_back()
        left = before is not None and self._call is not None and self.unplugged == "mute"
        # The sound server may have noticed first, and muted by itself.
        if left and (mute.toggled(self.state) or self.state.by == mute.SOUND):
            self._take(mute.MuteRequested(True, f"unplugged:{before}"))

    def _meeting_muted(self) -> bool | None:
        """Whether the meeting's own mute is on; None: there is no meeting, or it cannot be read."""
        page = self._screen.state.page if self._screen and self._call is not None else None
        sends = page.rtc.mic if page and page.rtc else None
        return None if sends is None else not sends


class Speakerphones:
    """Which of the room's speakerphones is in use (`used`), and what is said of each.

    The first one online in the order of room.toml, or the one that somebody chose on a panel; in a
    call it never changes but for one that is unplugged. The choice lasts as long as the program.
    """

    def __init__(self, phones: Sequence[Speakerphone]) -> None:
        self._phones = {phone.name: phone for phone in phones}
        self._chosen: str | None = None
        self.used: str | None = None

    def __bool__(self) -> bool:
        return bool(self._phones)

    @property
    def phone(self) -> Speakerphone | None:
        """The one in use, while it is online."""
        phone = self._phones.get(self.used or "")
        return phone if phone and phone.health.status is Status.ONLINE else None

    @property
    def entries(self) -> tuple[SpeakerphoneEntry, ...]:
        return tuple(self._entry(phone) for phone in self._phones.values())

    def choose(self, name: str) -> None:
        """Use this one from the next `follow` on; Refused "unknown_device" or "offline"."""
        if name not in self._phones:
            known = ", ".join(self._phones) or "none"
            raise Refused("room", "unknown_device", f"no speakerphone {name!r}; there is: {known}")
        if self._phones[name].health.status is not Status.ONLINE:
            raise Refused(name, "offline", f"{name} is not plugged in; choose it when it is")
        self._chosen = name

    def request(self, muted: bool, off_hook: bool, but: Speakerphone | None = None) -> None:
        """Have all LEDs written, `but` those of one; waits for nothing.

        Mute is shown by all of them, for each may mute. Off-Hook only by the one in use; while none
        is, any of them may be the next one.
        """
        for phone in self._phones.values():
            if phone is not but:
                phone.request_leds(muted, off_hook and self.used in (None, phone.name))

    def answer(self, name: str) -> None:
        """Write the LEDs of one again: a press that changed nothing wants an answer, too."""
        self._phones[name].repeat_leds()

    def follow(self, *, in_call: bool) -> bool:
        """Take what is online now; return whether another one, or none, is in use."""
        online = [
            name for name, phone in self._phones.items() if phone.health.status is Status.ONLINE
        ]
        before, self.used = self.used, in_use(online, self._chosen, self.used, in_call=in_call)
        return self.used != before

    def _entry(self, phone: Speakerphone) -> SpeakerphoneEntry:
        state = phone.state
        return SpeakerphoneEntry(
            name=phone.name,
            label=state.model,
            port_path=state.port_path,
            online=phone.health.status is Status.ONLINE,
            used=phone.name == self.used,
            mic_gated=state.mic_gated,
        )
