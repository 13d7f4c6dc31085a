"""All of a room's sound in one place: mute, loudspeaker, hook switch, level meter, test tone.

Whether the microphone is silent is decided elsewhere (`microphone`, `speakerphone.mute`). Knows no
report and no LED.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from roomctl.clock import Clock
from roomctl.errors import NoReply, Refused
from roomctl.room.bookings import Bookings
from roomctl.room.commands import Result, Source, Verb
from roomctl.room.document import AudioEntry
from roomctl.room.meeting import CallControl
from roomctl.room.microphone import MuteControl
from roomctl.room.roles import Role
from roomctl.screen import Screen
from roomctl.screen.protocol import ToneResult
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.press import Press

_log = logging.getLogger(__name__)

ASKED_S = 10.0
STEP_PCT = 5
FRESH_S = 1.0  # a press counts from the one before it, as long as that may not be read back yet
_AGAIN_PCT = 40  # where nothing was heard before
LISTEN_S = 6  # how long the screen goes on without being asked again
AGAIN_S = 2.0
_BEHIND = 4  # levels that may wait for one who looks
TEST_LIMIT_S = 15.0  # a source that wakes up, the sound, and its echo; twice, if one is under way


class Audio:
    """The sound of one room."""

    def __init__(
        self,
        phones: Sequence[Speakerphone],
        screen: Screen | None,
        calls: CallControl,
        bookings: Bookings,
        clock: Clock,
        changed: Callable[[], None],
        act: Callable[[Awaitable[None]], None],
        unplugged: Literal["mute", "default"],
    ) -> None:
        """`act` has something done that nobody waits for; `unplugged` is as in [room]."""
        self._audio = MuteControl(phones, screen, clock, changed, unplugged)
        self._calls, self._act = calls, act
        self._hearing, self._loudness = LevelMeter(screen, clock), LoudspeakerVolume(screen, clock)
        self._hook = HookSwitch(self._audio, calls, bookings, act, clock)

    @property
    def entry(self) -> AudioEntry:
        return self._audio.entry

    @property
    def asks(self) -> Literal["leave"] | None:
        """What somebody has to answer on a panel."""
        return "leave" if self._hook.asks else None

    @property
    def table(self) -> Mapping[str, Verb]:
        """Return the commands about sound."""
        return AudioCommands(self._audio, self._loudness, self._hearing, self._hook).table

    def follow(self) -> None:
        """Take what devices and meeting are now."""
        self._audio.devices_changed()
        self._audio.call_is(self._calls.live_id)

    def tick(self) -> None:
        """Let time pass."""
        self._audio.tick()
        self._hook.tick()
        self._hearing.tick()

    def due(self) -> float | None:
        """Return when time alone changes what is said of the microphone."""
        return self._audio.due()

    def pressed(self, phone: str, key: str) -> None:
        """Take a press on a speakerphone; of one that is not in use only mute counts."""
        if key == Press.MUTE:
            self._audio.pressed(phone)
        elif phone == self._audio.phones.used:
            self._key(key)

    def heard(self, pct: int) -> None:
        """Take how loud the microphone is."""
        self._hearing.level(pct)

    def listen(self) -> AbstractContextManager[asyncio.Queue[int]]:
        """Get how loud the microphone is, 0-100, ten times a second until the block ends."""
        return self._hearing.listen()

    async def close(self) -> None:
        await self._audio.close()

    def _key(self, key: str) -> None:
        match key:
            case Press.HOOK_ON:
                self._hook.hung_up()
            case Press.HOOK_OFF:
                self._hook.picked_up()
            case Press.VOLUME_UP:
                self._act(self._loudness.step(1))
            case Press.VOLUME_DOWN:
                self._act(self._loudness.step(-1))
            case Press.SPEAKER_MUTE:
                self._act(self._loudness.toggle())


class AudioCommands:
    """The commands about the sound of one room."""

    def __init__(
        self, audio: MuteControl, loudness: LoudspeakerVolume, hearing: LevelMeter, hook: HookSwitch
    ) -> None:
        self._audio, self._loudness, self._hearing, self._hook = audio, loudness, hearing, hook

    @property
    def table(self) -> Mapping[str, Verb]:
        return {
            "audio.mute": self._mute,
            "audio.volume": self._volume,
            "audio.device": self._device,
            "audio.test": self._test,
            "meeting.stay": self._stay,
        }

    async def _mute(self, source: Source, on: bool) -> None:
        kind = "panel" if source.role in (Role.PANEL, Role.GUEST) else "program"
        await self._audio.want(on, f"{kind}:{source.name}")

    async def _volume(self, source: Source, pct: int) -> None:
        await self._loudness.set(pct)

    async def _device(self, source: Source, name: str) -> None:
        self._audio.choose(name)

    async def _test(self, source: Source) -> Result:
        if self._audio.in_call:
            why = "the test sound would be heard by everybody in the meeting"
            raise Refused("room", "in_call", why)
        found = await self._hearing.test()
        return {
            "verdict": found.verdict.value,
            "loud_pct": found.loud_pct,
            "quiet_pct": found.quiet_pct,
        }

    async def _stay(self, source: Source) -> None:
        self._hook.stay()


class HookSwitch:
    """What it means that the speakerphone in use is picked up, or hung up.

    Picked up at rest, the room joins the booking in its window; without one nothing happens. Hung
    up in a call, the room is muted at once, and its panel asks whether to leave: within `ASKED_S`
    somebody says so, or the call goes on, muted.
    """

    def __init__(
        self,
        audio: MuteControl,
        calls: CallControl,
        bookings: Bookings,
        act: Callable[[Awaitable[None]], None],
        clock: Clock,
    ) -> None:
        self._audio, self._calls, self._bookings = audio, calls, bookings
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
            self._audio.put_back()
            return
        _log.info("meeting: joining what is booked: the speakerphone was picked up")
        self._act(self._join(booking))

    def hung_up(self) -> None:
        """Mute, and ask whether to leave."""
        call = self._calls.live_id
        if call is None:
            return
        self._asked = (call, self._clock.mono_s() + ASKED_S)
        self._audio.hung_up()

    def stay(self) -> None:
        """Go on with the call as if nobody had hung up."""
        if self._asked is not None:
            self._asked = None
            self._audio.taken_up(as_before=True)

    def tick(self) -> None:
        """Let time pass: a question that nobody answers, or whose call has ended, is over."""
        if self._asked is None:
            return
        call, until = self._asked
        if call != self._calls.live_id or self._calls.leaving:
            self._asked = None
        elif self._clock.mono_s() >= until:
            self._asked = None
            self._audio.taken_up(as_before=False)

    async def _join(self, booking: str) -> None:
        try:
            await self._calls.join_booked(self._bookings.booking(booking))
        except Exception:
            self._audio.put_back()
            raise
        await self._bookings.check_in(booking)


class LoudspeakerVolume:
    """The loudspeaker's volume in per cent: set, and stepped by the keys of a speakerphone.

    A Jabra sends its next volume key only after the host has changed the volume, so every press
    sets one, at the ends of the scale too.
    """

    def __init__(self, screen: Screen | None, clock: Clock) -> None:
        self._screen, self._clock = screen, clock
        self._asked: tuple[int, float] | None = None
        self._heard_pct = _AGAIN_PCT

    async def set(self, pct: int) -> None:
        """Set it; Refused "no_screen", PortClosed."""
        if self._screen is None:
            raise Refused("room", "no_screen", "this room has no [screen]")
        self._asked = (pct, self._clock.mono_s())
        await self._screen.volume(pct)

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
        return self._screen.state.sound.volume_pct if self._screen else None


class LevelMeter:
    """What the room's microphone hears, as numbers: asked of the screen only while somebody looks.

    A level is a number that nobody keeps: it goes to those who look, and not into the document.
    """

    def __init__(self, screen: Screen | None, clock: Clock) -> None:
        self._screen, self._clock = screen, clock
        self._listeners: set[asyncio.Queue[int]] = set()
        self._asked_at = float("-inf")

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Queue[int]]:
        """Get the level, 0-100, ten times a second until the block ends."""
        listener: asyncio.Queue[int] = asyncio.Queue(_BEHIND)
        self._listeners.add(listener)
        self.tick()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._asked_at = float("-inf")
                self._ask(0)

    def level(self, pct: int) -> None:
        """Hand a level on; whoever does not keep up loses it."""
        for listener in self._listeners:
            with contextlib.suppress(asyncio.QueueFull):
                listener.put_nowait(pct)

    def tick(self) -> None:
        """Keep the screen listening while somebody looks."""
        now = self._clock.mono_s()
        if self._listeners and now - self._asked_at >= AGAIN_S:
            self._asked_at = now
            self._ask(LISTEN_S)

    async def test(self) -> ToneResult:
        """Have the test sound played, and return what the microphone made of it.

        Raises Refused("no_screen"), PortClosed, or NoReply after 15 s.
        """
        if self._screen is None:
            raise Refused("room", "no_screen", "this room has no [screen]")
        number = self._screen.play_tone()
        limit = self._clock.mono_s() + TEST_LIMIT_S
        while self._clock.mono_s() < limit:
            found = self._screen.state.tone
            if found is not None and found.id == number:
                return found
            await asyncio.sleep(0.05)
        raise NoReply("screen", TEST_LIMIT_S, "the test sound may have been played")

    def _ask(self, for_s: int) -> None:
        if self._screen is not None:
            self._screen.listen(for_s)
