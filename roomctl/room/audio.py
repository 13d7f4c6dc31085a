"""All of a room's sound in one place: mute, loudspeaker, hook switch, level meter, test tone.

Whether the microphone is silent is decided elsewhere (`microphone`, `speakerphone.mute`). Knows no
report and no LED.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Literal

from roomctl.clock import Clock, Moment
from roomctl.command import Param, Percent, Result, Source, SpeakerphoneName, command
from roomctl.config import AudioTable, Config
from roomctl.device import Status
from roomctl.errors import NoReply, Refused
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Part, RoomDevices
from roomctl.roles import Right, Role
from roomctl.room.bookings import Bookings
from roomctl.room.hearing import Hearing
from roomctl.room.meeting import CallControl
from roomctl.room.microphone import MuteControl, StoredMute
from roomctl.screen.driver import LevelHeard, Screen, ScreenProcess, WalledSound
from roomctl.screen.protocol import RoomHeard, SoundProcessing, ToneResult
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.description import Description
from roomctl.speakerphone.driver import KeyPressed
from roomctl.speakerphone.telephony import Press
from roomctl.store import Store

_log = logging.getLogger(__name__)

ASKED_S = 10.0
STEP_PCT = 5
FRESH_S = 1.0  # a press counts from the one before it, as long as that may not be read back yet
_AGAIN_PCT = 40  # where nothing was heard before
LISTEN_S = 6  # how long the screen goes on without being asked again
AGAIN_S = 2.0
_BEHIND = 4  # levels that may wait for one who looks
TALK_PCT, ABOVE_PCT = 25, 12  # of 60 dB
_LOUD_TENTHS = 5
SHOWN_S = 4.0  # after the last word
TEST_LIMIT_S = 15.0  # a source that wakes up, the sound, and its echo; twice, if one is under way


@frozen
class _Used:
    """The devices that a room's sound is made of."""

    phones: tuple[Speakerphone, ...]
    screen: Screen | None
    wall: WalledSound | None

    @classmethod
    def of(cls, devices: RoomDevices) -> _Used:
        phones = tuple(devices.all(Speakerphone))
        return cls(phones, devices.first(Screen), devices.first(WalledSound))


class Audio(Part):
    """The sound of one room."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        calls: CallControl,
        bookings: Bookings,
        context: Context,
        store: Store | None,
        lent: Callable[[], bool],
    ) -> None:
        """Without a store mute is forgotten. `lent`: whether a laptop has the microphone."""
        self._context, self._bookings = context, bookings
        self._calls, self._act, self._lent = calls, context.act, lent
        self._talk = MutedTalk(context.clock, context.changed)
        self._voice = VoiceWatch(None, context.clock)
        self._meter = LevelMeter(None, context.clock)
        self._silent_since: dict[str, datetime] = {}
        self._kept = StoredMute(store, context.clock, context.changed)
        self._hearing = Hearing(store, context.clock, context.act)
        self._begin(config, _Used.of(devices))

    def _begin(self, config: Config, used: _Used) -> None:
        """Begin with these devices: nothing is known of them."""
        context, screen, table = self._context, used.screen, config.audio
        clock, changed, unplugged = context.clock, context.changed, config.room.unplugged
        self._used = used
        _tell(used.wall, table)
        self._mute = MuteControl(
            used.phones, screen, clock, changed, table, unplugged, self._kept, used.wall
        )
        self._meter.screen = self._voice.screen = screen
        self._talk.always, self._volume = table.talk_hint, LoudspeakerVolume(screen, clock)
        self._hook = HookSwitch(self._mute, self._calls, self._bookings, self._act, clock)

    def configure(self, config: Config, devices: RoomDevices) -> None:
        """Take another room.toml; with other devices the microphone is proven again."""
        used, table = _Used.of(devices), config.audio
        if used == self._used:
            self._mute.table, self._mute.unplugged = table, config.room.unplugged
            self._talk.always = table.talk_hint
            _tell(used.wall, table)
        else:
            self._act(self._mute.close())
            self._begin(config, used)

    @property
    def prompt(self) -> Literal["leave"] | None:
        """What somebody has to answer on a panel."""
        return "leave" if self._hook.asks else None

    def description(self, name: str) -> Description:
        """Return what is known of a speakerphone; Refused names those there are."""
        for phone in self._used.phones:
            if phone.name == name:
                return phone.description
        known = ", ".join(sorted(phone.name for phone in self._used.phones)) or "none"
        raise Refused("room", "unknown_device", f"no speakerphone {name!r}; there is: {known}")

    def listen(self) -> AbstractContextManager[asyncio.Queue[LevelHeard]]:
        """Get how loud the microphone is, ten times a second until the block ends."""
        return self._meter.listen()

    def sections(self, now: Moment) -> Mapping[str, object]:
        talk = self._talk
        entry = replace(
            self._mute.entry,
            last_heard=self._hearing.last,
            talking_while_muted=talk.shown,
            talk_hint=talk.wanted,
        )
        return {"audio": entry}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        """Return why nobody hears, or is heard, and what is wrong with speakerphones that work."""
        heard = self._mute.heard
        if heard is not None:
            yield IssueEntry("audio.heard", "audio", {"what": heard}, self._mute.since.wall)
        for code, what in (("audio.seen", self._mute.seen), ("audio.wall", self._mute.unproven)):
            if what:
                yield IssueEntry(code, "audio", {"what": what}, self._mute.since.wall)
        found = tuple(self._silent())
        self._silent_since = {code: self._silent_since.get(code, now.wall) for code in found}
        for code, since in self._silent_since.items():
            params: dict[str, Param] = (
                {"in_call": self._mute.in_call} if code == "audio.volume_zero" else {}
            )
            yield IssueEntry(code, "audio", params, since)
        for phone in self._used.phones:
            if phone.health.status is not Status.ONLINE:
                continue
            subject, since = f"speakerphone.{phone.name}", phone.health.since.wall
            for one in phone.state.advisories:
                params = {"what": one.what, "source": one.source}
                yield IssueEntry("speakerphone.advisory", subject, {**params}, since)

    def _silent(self) -> Iterator[str]:
        """Yield why nobody hears, or is heard, though there is a sound server."""
        audio = self._mute.entry
        if not audio.available or self._lent():
            return
        match audio.gain_pct:
            case None:
                yield "audio.no_microphone"
            case 0:
                yield "audio.gain_zero"
        match audio.volume_pct:
            case None:
                yield "audio.no_loudspeaker"
            case 0:
                yield "audio.volume_zero"

    def told(self, event: object) -> None:
        match event:
            case KeyPressed(phone, key):
                self._pressed(phone, key)
            case RoomHeard():
                self._hearing.note(event)
                self._context.changed()
            case LevelHeard():
                self._meter.level(event)
                self._talk.heard(event.pct)

    def follow(self) -> None:
        self._mute.devices_changed()
        self._meter.screen = self._volume.screen = self._voice.screen = self._mute.link
        calls = self._calls
        self._mute.call_is(calls.live_id, joined_here=calls.can_rejoin, left_here=calls.left_here)

        self._talk.call_is(calls.live_id)
        unheard = self._mute.unheard_in_call and self._talk.wanted
        self._talk.listens(unheard)
        self._voice.watch(unheard)
        by_level = unheard and self._voice.talking is None and self._mute.open_in_muted_meeting
        self._meter.watch(by_level)
        self._talk.voice(self._voice.talking, by_level=by_level)

    def tick(self) -> None:
        self._mute.tick()
        self._hook.tick()
        self._talk.tick()
        self._voice.tick()
        self._meter.tick()

    def due(self) -> float | None:
        dues = (self._mute.due(), self._talk.due())
        return min((due for due in dues if due is not None), default=None)

    async def close(self) -> None:
        await self._mute.close()
        await self._kept.close()

    @command(
        "audio.mute",
        Right.MUTE,
        right_for=lambda args: Right.UNMUTE if args.get("on") is False else None,
    )
    async def _set_mute(self, source: Source, on: bool) -> None:
        """Mute or, from within the room only, unmute the microphone."""
        if self._lent():
            why = "a laptop has the microphone; mute it in the laptop's own meeting"
            raise Refused("room", "laptop_has_it", why)
        kind = "panel" if source.role in (Role.PANEL, Role.GUEST) else "program"
        await self._mute.request(on, f"{kind}:{source.name}")

    @command("audio.volume", Right.MUTE)
    async def _set_volume(self, source: Source, pct: Percent) -> None:
        """Set the loudspeaker's volume in per cent."""
        await self._volume.set(pct)

    @command("audio.gain", Right.HERE)
    async def _set_gain(self, source: Source, pct: Percent) -> None:
        """Set the microphone's gain in per cent: from within the room only, as it may open it."""
        await self._mute.set_gain(pct)

    @command("audio.device", Right.HERE)
    async def _choose(self, source: Source, name: SpeakerphoneName) -> None:
        """Use another speakerphone: from within the room only, and not in a call."""
        self._mute.choose(name)

    @command("audio.test", Right.OPERATE)
    async def _test(self, source: Source) -> Result:
        """Play the test sound outside a call; `result` says whether the microphone heard it.

        `verdict`: heard, not_heard, muted, no_loudspeaker, no_microphone, no_sound_server.
        """
        if self._mute.in_call:
            why = "the test sound would be heard by everybody in the meeting"
            raise Refused("room", "in_call", why)
        found = await self._meter.test()
        return {
            "verdict": found.verdict.value,
            "loud_pct": found.loud_pct,
            "quiet_pct": found.quiet_pct,
        }

    @command("audio.talk_hint", Right.MUTE)
    async def _hint(self, source: Source, on: bool) -> None:
        """Show, or do not show, in this meeting that somebody talks while muted."""
        if not self._talk.tell(on):
            why = "there is no meeting; [audio] talk_hint in room.toml says it for all of them"
            raise Refused("room", "no_page", why)
        self._context.changed()

    @command("meeting.stay", Right.HERE)
    async def _stay(self, source: Source) -> None:
        """Stay in the meeting although somebody hung up on the speakerphone; in the room only."""
        self._hook.stay()

    def _pressed(self, phone: str, key: str) -> None:
        """Take a press on a speakerphone; of one that is not in use only mute counts."""
        if key == Press.MUTE:
            self._mute.pressed(phone)
        elif phone == self._mute.phones.used:
            self._key(key)

    def _key(self, key: str) -> None:
        match key:
            case Press.HOOK_ON:
                self._hook.hung_up()
            case Press.HOOK_OFF:
                self._hook.picked_up()
            case Press.VOLUME_UP:
                self._act(self._volume.step(1))
            case Press.VOLUME_DOWN:
                self._act(self._volume.step(-1))
            case Press.SPEAKER_MUTE:
                self._act(self._volume.toggle())


def _tell(wall: WalledSound | None, table: AudioTable) -> None:
    if wall is not None:
        wall.mode = table.wall
        wall.process(SoundProcessing(table.processing))


class HookSwitch:
    """What it means that the speakerphone in use is picked up, or hung up.

    Picked up at rest, the room joins the booking in its window; without one nothing happens. Hung
    up in a call, the room is muted at once, and its panel asks whether to leave: within `ASKED_S`
    somebody says so, or the call goes on, muted.
    """

    def __init__(
        self,
        mute: MuteControl,
        calls: CallControl,
        bookings: Bookings,
        act: Callable[[Awaitable[None]], object],
        clock: Clock,
    ) -> None:
        self._mute, self._calls, self._bookings = mute, calls, bookings
        self._act, self._clock = act, clock
        self._asked: tuple[int, float] | None = None  # which call, and until when

    @property
    def asks(self) -> bool:
        """Whether somebody has hung up, and nobody has said yet whether to leave."""
        return self._asked is not None

    def picked_up(self) -> None:
        """Join what is booked now, if nothing else is going on; else take it back."""
        if self.asks:
            self.stay()
            return
        booking = self._bookings.to_join(self._clock.now())
        if self._calls.live or booking is None:
            self._mute.put_back()
            return
        _log.info("meeting: joining what is booked: the speakerphone was picked up")
        self._act(self._join(booking))

    def hung_up(self) -> None:
        """Mute, and ask whether to leave."""
        call = self._calls.live_id
        if call is None:
            return
        self._asked = (call, self._clock.mono_s() + ASKED_S)
        self._mute.hung_up()

    def stay(self) -> None:
        """Go on with the call as if nobody had hung up."""
        if self._asked is not None:
            self._asked = None
            self._mute.taken_up(as_before=True)

    def tick(self) -> None:
        """Let time pass: a question that nobody answers, or whose call has ended, is over."""
        if self._asked is None:
            return
        call, until = self._asked
        if call != self._calls.live_id or self._calls.leaving:
            self._asked = None
        elif self._clock.mono_s() >= until:
            self._asked = None
            self._mute.taken_up(as_before=False)

    async def _join(self, booking: str) -> None:
        try:
            await self._calls.join_booked(self._bookings.booking(booking))
        except Exception:
            self._mute.put_back()
            raise
        await self._bookings.check_in(booking)


class LoudspeakerVolume:
    """The loudspeaker's volume in per cent: set, and stepped by the keys of a speakerphone.

    A Jabra sends its next volume key only after the host has changed the volume, so every press
    sets one, at the ends of the scale too.
    """

    def __init__(self, screen: ScreenProcess | None, clock: Clock) -> None:
        self.screen, self._clock = screen, clock
        self._asked: tuple[int, float] | None = None
        self._heard_pct = _AGAIN_PCT

    async def set(self, pct: int) -> None:
        """Set it; Refused "no_screen", PortClosed."""
        if self.screen is None:
            raise Refused("room", "no_screen", "has no [screen]")
        self._asked = (pct, self._clock.mono_s())
        await self.screen.volume(pct)

    async def step(self, steps: int) -> None:
        """Make it louder, or less loud, by so many presses."""
        level = self._level()
        if level is not None:
            await self.set(min(100, max(0, level + steps * STEP_PCT)))

    async def toggle(self) -> None:
        """Silence the loudspeaker, or have it as loud as it was."""
        level = self._level()
        if level:
            self._heard_pct = level
        if level is not None:
            await self.set(0 if level else self._heard_pct)

    def _level(self) -> int | None:
        if self._asked is not None and self._clock.mono_s() - self._asked[1] < FRESH_S:
            return self._asked[0]
        return self.screen.state.sound.volume_pct if self.screen else None


class MutedTalk:
    """Whether somebody talks in a call that does not hear them, and whether they want to be told.

    The screen hears a voice behind the wall. Without one a level tells while the meeting alone has
    the room muted: talk is louder than `TALK_PCT`, and than the quietest of the last 10 s by
    `ABOVE_PCT`, for half of a second: a fan is as loud in every tenth of one. The figures are ours.
    """

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock, self._changed = clock, changed
        self._listens = self._by_level = False
        self._voice: bool | None = None
        self._levels: deque[int] = deque(maxlen=100)
        self._until = float("-inf")
        self._call: int | None = None
        self._asked: bool | None = None  # by somebody, for this call
        self.always = True
        self.shown: bool | None = False

    @property
    def wanted(self) -> bool:
        """Whether people are told."""
        return self.always if self._asked is None else self._asked

    def call_is(self, call: int | None) -> None:
        """Take which call is live: what was asked for another one is over."""
        if call != self._call:
            self._call, self._asked = call, None

    def tell(self, on: bool) -> bool:
        """Tell, or do not tell, in this call; False: there is none."""
        if self._call is None:
            return False
        self._asked = on
        return True

    def listens(self, listens: bool) -> None:
        """Begin anew, or end: whoever is heard in the call is told nothing."""
        if listens is not self._listens:
            self._listens = listens
            self._levels.clear()
            self._until = float("-inf")
            self._show()

    def voice(self, talking: bool | None, *, by_level: bool) -> None:
        """Take what the screen hears; None: nothing tells it, but for levels `by_level`."""
        if talking is not self._voice or by_level is not self._by_level:
            if self._voice and not talking:
                self._until = self._clock.mono_s() + SHOWN_S
            self._voice, self._by_level = talking, by_level
            self._show()

    def heard(self, pct: int) -> None:
        """Take the level of a tenth of a second."""
        if not self._listens or not self._by_level:
            return
        self._levels.append(pct)
        least = max(TALK_PCT, min(self._levels) + ABOVE_PCT)
        loud = sum(level >= least for level in list(self._levels)[-10:])
        if loud >= _LOUD_TENTHS:
            self._until = self._clock.mono_s() + SHOWN_S
        self._show()

    def tick(self) -> None:
        self._show()

    def due(self) -> float | None:
        return self._until if self._clock.mono_s() < self._until else None

    def _show(self) -> None:
        shown: bool | None = False
        if self._listens:
            known = self._voice is not None or self._by_level
            shown = bool(self._voice) or self._clock.mono_s() < self._until if known else None
        if shown is not self.shown:
            self.shown = shown
            self._changed()


class VoiceWatch:
    """Has the screen listen for a voice while somebody could need to be told."""

    def __init__(self, screen: ScreenProcess | None, clock: Clock) -> None:
        self.screen, self._clock = screen, clock
        self._watched = False
        self._asked_at = float("-inf")

    @property
    def talking(self) -> bool | None:
        """What the screen hears; None: it cannot tell, or is not there."""
        return self.screen.state.talking if self.screen is not None and self._watched else None

    def watch(self, watched: bool) -> None:
        before, self._watched = self._watched, watched
        if before and not watched:
            self._asked_at = float("-inf")
            self._ask(0)
        self.tick()

    def tick(self) -> None:
        now = self._clock.mono_s()
        if self._watched and now - self._asked_at >= AGAIN_S:
            self._asked_at = now
            self._ask(LISTEN_S)

    def _ask(self, for_s: int) -> None:
        if self.screen is not None:
            self.screen.listen_for_voice(for_s)


class LevelMeter:
    """What the room's microphone hears, as numbers: asked of the screen only while somebody looks.

    A level is a number that nobody keeps: it goes to those who look, and not into the document.
    """

    def __init__(self, screen: ScreenProcess | None, clock: Clock) -> None:
        self.screen, self._clock = screen, clock
        self._listeners: set[asyncio.Queue[LevelHeard]] = set()
        self._watched = False
        self._asked_at = float("-inf")

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Queue[LevelHeard]]:
        """Get the level ten times a second until the block ends."""
        listener: asyncio.Queue[LevelHeard] = asyncio.Queue(_BEHIND)
        self._listeners.add(listener)
        self.tick()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._end_unless_needed()

    def watch(self, watched: bool) -> None:
        """Have the level measured although nobody looks."""
        before, self._watched = self._watched, watched
        if before and not watched:
            self._end_unless_needed()

    def _end_unless_needed(self) -> None:
        if not self._listeners and not self._watched:
            self._asked_at = float("-inf")
            self._ask(0)

    def level(self, heard: LevelHeard) -> None:
        """Hand a level on; whoever does not keep up loses it."""
        for listener in self._listeners:
            with contextlib.suppress(asyncio.QueueFull):
                listener.put_nowait(heard)

    def tick(self) -> None:
        """Keep the screen listening while somebody looks."""
        now = self._clock.mono_s()
        if (self._listeners or self._watched) and now - self._asked_at >= AGAIN_S:
            self._asked_at = now
            self._ask(LISTEN_S)

    async def test(self) -> ToneResult:
        """Have the test sound played, and return what the microphone made of it.

        Raises Refused("no_screen"), PortClosed, or NoReply after 15 s.
        """
        if self.screen is None:
            raise Refused("room", "no_screen", "has no [screen]")
        number = self.screen.play_tone()
        limit = self._clock.mono_s() + TEST_LIMIT_S
        while self._clock.mono_s() < limit:
            found = self.screen.state.tone
            if found is not None and found.id == number:
                return found
            await asyncio.sleep(0.05)
        raise NoReply("screen", TEST_LIMIT_S, "the test sound may have been played")

    def _ask(self, for_s: int) -> None:
        if self.screen is not None:
            self.screen.listen(for_s)
