"""The room's sound: mute, volume and default devices of PulseAudio or PipeWire, read back.

What was asked for is compared with what is there whenever somebody asks or the server reports a
change; whatever differs is set, and only what was read afterwards is reported. The sound cards' own
switches are part of it: the server sets those that it knows, and nobody tells when one is moved, so
they are looked at each second. What is muted is listened to (`silence`): a mute is but a flag. A
process that begins shuts every microphone, and keeps them shut until it is told what is wished.
During a meeting the other microphones are suspended. Knows no daemon and no browser. Without a
sound server nothing can be muted here, and nothing is claimed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from roomctl.kiosk.audio.alsa import SoundCards, together
from roomctl.kiosk.audio.default_devices import DefaultDevices
from roomctl.kiosk.audio.pulse import SoundServer, SoundServerGone
from roomctl.kiosk.audio.silence import SilenceWatch
from roomctl.kiosk.audio.sources import (
    MuteTarget,
    SoundGraph,
    SoundNode,
    cards,
    changes,
    loudspeaker,
    microphone,
    others,
    read,
    reconsidered,
)
from roomctl.kiosk.audio.wall import Canary, Wall, WalledServer
from roomctl.screen.protocol import CaptureSwitch, PreferDevice, ScreenReason, SoundState
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

BEGIN_S, END_S = 1.0, 3.0  # how long a meeting waits for its default devices
AGAIN_S = (0.1, 2.0)  # between two attempts at a mute: the first, the longest
LOOK_S = 1.0  # between two looks at the sound cards' switches
BACK_OFF_S = (0.25, 4.0)  # between two attempts to connect: the first, the longest

Turn = Callable[[int, bool | None], Awaitable[CaptureSwitch]]
"""Has a card let sound through, or not (None: as it is), and returns what was read then."""

NONE = SoundState(available=False, reason=ScreenReason.NO_SOUND_SERVER)


class Mixer:
    """The one that sets the room's mute, volume and default devices, in a task of its own.

    `report` gets a SoundState whenever it is news, and in answer to every order. `server` is a
    PulseAudio address; None: where libpulse finds it (PULSE_SERVER, XDG_RUNTIME_DIR).
    """

    def __init__(
        self,
        report: Callable[[SoundState], None],
        server: str | None = None,
        turn: Turn | None = None,
        defaults: DefaultDevices | None = None,
        wall: Wall | None = None,
    ) -> None:
        """`turn` sets and reads the switches of a sound card; None: those of this machine.

        `defaults` are the default devices; None: they are forgotten with this process. With a
        `wall` its gate is what is muted, and `server` is not used.
        """
        self._wall, self._gone = wall, ""
        self.sound = self._none()
        self._report, self._server = report, server
        self._turn = turn or _turning(SoundCards(), behind_wall=wall is not None)
        self._switch, self._has_switches = CaptureSwitch.NONE, False
        self._suspended: set[int] = set()
        # Shut until somebody says what is wished: `_found` is how they were before, on this server.
        self._target, self._use = MuteTarget(True), PreferDevice(None, None, None)
        self._told = False
        self._found: bool | None = None
        self._volume: int | None = None
        self._gain: int | None = None
        self._in_meeting = False
        self._defaults = defaults or DefaultDevices()
        self._orders = self._answered = 0
        self._wake, self._ordered = asyncio.Event(), asyncio.Event()
        self._silence = (
            SilenceWatch(self._wake.set) if wall is None else Canary(wall, self._wake.set)
        )
        self._changed: set[int] = set()
        self._new: set[int] = set()
        self._fresh = False  # an order to mute is being carried out
        self._waiting: list[asyncio.Future[None]] = []

    def mute(self, on: bool) -> None:
        """Mute every source, or open the room's; an order to open is void without a server."""
        if on or self.sound.available:
            self._target, self._told = MuteTarget(on), True
            self._fresh = on
        self._order()

    def volume(self, pct: int) -> None:
        """Set the loudness, 0-100 %; void without a server."""
        if self.sound.available:
            self._volume = pct
        self._order()

    def gain(self, pct: int) -> None:
        """Turn the room's microphone up or down, 0-100 %; void without a server."""
        if self.sound.available:
            self._gain = pct
        self._order()

    def use(self, use: PreferDevice) -> None:
        """Prefer the source and sink of this USB device to the server's default."""
        self._use = use
        if self._wall is not None:
            self._wall.use = use
        self._hurry()

    async def begin(self) -> None:
        """Make the room's devices the default ones, for a meeting; waits 1 s at most."""
        self._in_meeting = True
        await self._settled(BEGIN_S)

    async def end(self) -> None:
        """Restore the default devices after a meeting; waits 3 s at most."""
        self._in_meeting = False
        await self._settled(END_S)

    async def run(self) -> None:
        """Serve until cancelled, through every absence of the server."""
        wait_s, why = BACK_OFF_S[0], ""
        while True:
            try:
                connection = self._connection()
                try:
                    await connection.open(self._note)
                    wait_s, why = BACK_OFF_S[0], ""
                    await self._serve(connection)
                finally:
                    await self._silence.close()
                    await connection.close()
            except SoundServerGone as error:
                self._gone = str(error)
                if str(error) != why:
                    why = str(error)
                    _log.warning("sound: nothing can be muted: %s", why)
            finally:
                self._lose()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, BACK_OFF_S[1])

    def _connection(self) -> SoundServer:
        return SoundServer(self._server) if self._wall is None else WalledServer(self._wall)

    def _none(self) -> SoundState:
        return NONE if self._wall is None else self._wall.none(self._gone)

    async def _serve(self, connection: SoundServer) -> None:
        self._target = replace(self._target, opened=None)  # this server counts anew
        self._found = None
        self._suspended = await self._suspended_before(connection)
        self._wake.set()
        again_s = AGAIN_S[0]
        while True:
            with contextlib.suppress(TimeoutError):
                timed = self._has_switches or self._silence.needs_time or connection.needs_time
                async with asyncio.timeout(LOOK_S if timed else None):
                    await self._wake.wait()
            self._wake.clear()
            self._ordered.clear()
            waiting, self._waiting = self._waiting, []
            try:
                undone = await self._settle(connection)
            finally:
                _release(waiting)
            if not undone:
                again_s = AGAIN_S[0]
                continue
            await connection.rouse([index for index, mute in undone if mute])
            await self._watch(connection, again_s)
            again_s = min(2 * again_s, AGAIN_S[1])
            self._wake.set()

    async def _watch(self, connection: SoundServer, seconds: float) -> None:
        """Report what changes, and set nothing, until `seconds` have passed or somebody asks."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self._ordered.is_set():
            self._wake.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            except TimeoutError:
                return
            scene = await connection.read()
            self._target = reconsidered(self._target, scene, self._use)
            self._listen(connection, scene)
            self._say(self._read(scene))

    async def _settle(self, connection: SoundServer) -> list[tuple[int, bool]]:
        """Set what differs, and report what is read then; return what differs still."""
        if self._target.muted:
            await connection.shut()
        new, self._new = self._new, set()
        for index in new if self._target.muted else ():
            await connection.hush(index)
        scene = await connection.read()
        target, use, orders = self._target, self._use, self._orders
        if self._found is None:
            self._found = bool(scene.sources) and all(one.muted for one in scene.sources)
        if self.sound.muted and (found := self._read(scene)).muted is False:
            self._say(found)  # at once: setting it right takes a moment
        self._target = target = reconsidered(target, scene, use)
        wrong = changes(target, scene, use)
        if target.muted is False:
            self._silence.leave()
        for index, mute in wrong:
            await connection.mute(index, mute)
        await self._mute_again(connection, scene)
        touched = await self._set_volume(connection, loudspeaker(scene, use))
        touched |= await self._set_gain(connection, microphone(scene, use))
        await self._defaults.follow(connection, scene, use, in_meeting=self._in_meeting)
        await self._suspend(connection, scene)
        wanted = cards(scene, target, use)
        await self._look_at_cards(scene, wanted)
        await self._switch_cards(wanted)
        if wrong or touched:
            scene = await connection.read()
        if self._target is target:  # an order that came meanwhile is judged by itself
            self._target = reconsidered(target, scene, use)
        self._listen(connection, scene)
        self._answer(self._read(scene), orders)
        return changes(target, scene, use)

    async def _mute_again(self, connection: SoundServer, scene: SoundGraph) -> None:
        """Mute what is heard although it is muted.

        PipeWire 1.4.2 takes a mute only where it is a change: whoever turned off `softMute` would
        have opened the source for good. A mute in hardware is only repeated, for to undo it first
        would open what may only hiss.
        """
        loud = self._silence.loud if self._target.muted else frozenset()
        self._silence.told(loud)
        for source in scene.sources:
            if source.index in loud:
                if not source.hardware:
                    await connection.mute(source.index, False)
                await connection.mute(source.index, True)

    def _note(self, source: int | None, new: bool) -> None:
        """Take that something changed, such as this source; one that is `new` may be heard."""
        if source is not None:
            self._changed.add(source)
            if new:
                self._new.add(source)
        if new and self.sound.muted:
            self._say(replace(self.sound, muted=False))
        self._wake.set()

    def _listen(self, connection: SoundServer, scene: SoundGraph) -> None:
        """Listen to what is muted, while the room is called muted or shall be.

        Not to what is suspended for a meeting, and from which no program records: it would run.
        """
        rests = frozenset() if scene.listened is None else self._suspended - scene.listened
        kept = tuple(source for source in scene.sources if source.index not in rests)
        scene = replace(scene, sources=kept)
        changed, self._changed = self._changed, set()
        muted = all(source.muted for source in scene.sources)
        if self._target.muted or muted:
            self._silence.follow(connection, scene, changed, fresh=self._fresh)
        else:
            self._silence.opened(scene)
        self._fresh = self._fresh and not muted

    def _read(self, scene: SoundGraph) -> SoundState:
        said = read(scene, self._use, self._switch, self._target, self._silence.silent())
        said = self._silence.add(said)
        return said if self._told else replace(said, found=self._found)

    async def _look_at_cards(self, scene: SoundGraph, wanted: dict[int, bool | None]) -> None:
        """Say at once that a switch, which let nothing through, was turned on by somebody else."""
        if self._switch is not CaptureSwitch.OFF:
            return
        if together([await self._turn(card, None) for card in wanted]) is CaptureSwitch.ON:
            self._switch = CaptureSwitch.ON
            self._say(self._read(scene))

    async def _switch_cards(self, wanted: dict[int, bool | None]) -> None:
        """Have the sound cards' switches as wanted, and keep what was read of them."""
        found = [await self._turn(card, on) for card, on in wanted.items()]
        self._has_switches = any(one is not CaptureSwitch.NONE for one in found)
        before, self._switch = self._switch, together(found)
        if self._switch is CaptureSwitch.UNKNOWN and before is not CaptureSwitch.UNKNOWN:
            why = "a sound card cannot be read, so nothing is called muted"
            _log.warning("sound: %s; is this user in the group audio?", why)

    async def _suspend(self, connection: SoundServer, scene: SoundGraph) -> None:
        """Have only the room's microphone run in a meeting, and all of them at other times."""
        wanted = others(scene, self._use) if self._in_meeting else set()
        there = {source.index for source in scene.sources}
        for index in wanted - self._suspended:
            await connection.suspend(index, True)
        for index in self._suspended & there - wanted:
            await connection.suspend(index, False)
        self._suspended = wanted

    async def _suspended_before(self, connection: SoundServer) -> set[int]:
        """Return the sources that a process which was killed may have left suspended: any."""
        return {source.index for source in (await connection.read()).sources}

    async def _set_volume(self, connection: SoundServer, sink: SoundNode | None) -> bool:
        pct, self._volume = self._volume, None
        if pct is None or sink is None:
            return False
        await connection.volume(sink.index, pct)
        return True

    async def _set_gain(self, connection: SoundServer, source: SoundNode | None) -> bool:
        pct, self._gain = self._gain, None
        if pct is None or source is None:
            return False
        await connection.gain(source.index, pct)
        return True

    async def _settled(self, limit_s: float) -> None:
        if not self.sound.available:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._hurry()
        await asyncio.wait((waiting,), timeout=limit_s)

    def _order(self) -> None:
        if self.sound.available:
            self._orders += 1
            self._hurry()
        else:
            self._report(self.sound)

    def _hurry(self) -> None:
        self._ordered.set()
        self._wake.set()

    def _lose(self) -> None:
        self._answer(self._none(), self._orders)
        _release(self._waiting)

    def _answer(self, sound: SoundState, orders: int) -> None:
        """Report what is news, or was asked for by one of the first `orders` orders."""
        owed, self._answered = orders > self._answered, orders
        self._say(sound, owed=owed)

    def _say(self, sound: SoundState, *, owed: bool = False) -> None:
        if sound != self.sound or owed:
            if sound.available and not self.sound.available:
                _log.info("sound: the sound server is there")
            self.sound = sound
            self._report(sound)


def _turning(alsa: SoundCards, *, behind_wall: bool) -> Turn:
    """`behind_wall`: no switch is turned off, and one that was before is turned on once."""
    begun: set[int] = set()

    async def turn(card: int, on: bool | None) -> CaptureSwitch:
        if behind_wall and on is False:
            on = None if card in begun else True
            begun.add(card)
        verbs = {None: alsa.read, False: alsa.silence, True: alsa.open}
        return await in_thread(verbs[on], card)

    return turn


def _release(waiting: list[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)
    waiting.clear()
