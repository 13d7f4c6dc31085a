"""The room's microphone behind the wall: one gate, shut and opened at both ends, and its canary.

Programs see the sink `speaker` and the source `call`, by a server of their own (`vault`). The
stream `gate` feeds `call` from the room's microphone; the microphone itself is never muted, so that
it can be heard here while the room is muted. *Muted* is both ends of the gate, read back, and a
client of the programs' server that sees nothing else and has read zeros.

A device that is unplugged, or another one in its place, shuts the gate before it is moved: nothing
opens by itself. Knows no daemon and no room.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from roomctl.frozen import frozen
from roomctl.kiosk.audio.pulse import NO_INDEX, News, SoundServer, SoundServerGone
from roomctl.kiosk.audio.sources import SoundGraph, SoundNode, called, microphone
from roomctl.kiosk.audio.vault import CALL, GATE, SPEAKER, SPEAKER_OUT
from roomctl.screen.protocol import CaptureSwitch, PreferDevice, ScreenReason, SoundState

_log = logging.getLogger(__name__)

SETTLE_S, QUIET_S = 3.0, 0.5  # devices that are found at the start: at most, and since the last
LOOK_S = 1.0  # between two looks of the canary
MOVE_S, MOVED_S = 0.9, 3.0  # moves that count: less than from look to look; until it is moved
MOVES = 10
SHUTS = 10  # of a gate that reads as open afterwards: some 15 s
ZEROS_S = 0.2  # of silence before anything is called muted
HEARS_S = 2.0  # a gate that is shut for so long, and gives no silence, leaks
STUCK_S = 1.0  # a look that gets nothing for so long begins again
LATE_S = 5.0  # while a program records, the canary gets something at least so often
STILL_LOOKS = 10  # of 1 s: servers that give no sound for so many begin again
NO_SOUND = f"no sound for {STILL_LOOKS * STUCK_S:g} s"
PEAKS_PER_S, FLOW_PEAKS_PER_S = 25, 5
QUIET_PEAKS = round(ZEROS_S * PEAKS_PER_S) + 1  # the first may have begun before the change
_NOTHING = 2.0**-16  # half a step of 16 bit: what a program that is given nothing may read


class Wall:
    """The two servers of a wall, the device that is wanted, and what was read of the gate last."""

    def __init__(
        self,
        manager: str,
        programs: str,
        why: Callable[[], str] = lambda: "",
        begin_again: Callable[[], None] = lambda: None,
    ) -> None:
        """Both are PulseAudio addresses; `why` says what is wrong with the servers, or "".

        `begin_again` has the servers stopped and started.
        """
        self.manager, self.programs, self._why = manager, programs, why
        self._begin_again, self.begun_again = begin_again, False
        self.use = PreferDevice(None, None, None)
        self.shut = True
        self.microphone: SoundNode | None = None
        self.loudspeaker: SoundNode | None = None

    def begin_again(self, why: str) -> None:
        """Have the servers begin again; once until sound has flowed (`begun_again` is False).

        PipeWire 1.4.2 stands still for good, now and then, where its session manager was killed. A
        microphone that is broken gives no sound, either.
        """
        if not self.begun_again:
            self.begun_again = True
            _log.warning("sound: %s; the sound servers begin again", why)
            self._begin_again()

    def none(self, gone: str = "") -> SoundState:
        """Return what is said while nothing answers behind the wall; `gone` is what is known."""
        why = self._why() or gone or "the sound servers behind the wall do not answer"
        return SoundState(False, reason=ScreenReason.NO_WALL, walled=True, why=why[:LONGEST_WHY])


LONGEST_WHY = 500


@frozen
class _Reading:
    """What the manager's server said at one moment; `gate` and `out` are streams of pulsectl."""

    graph: SoundGraph  # all of the server, programs' nodes and streams among it
    call: SoundNode
    gate: Any  # pulsectl has no types
    out: Any
    hardware: SoundGraph  # sources and sinks of the room's devices alone

    @property
    def shut(self) -> bool:
        """Whether both ends are; of a gate that hears no device yet, PipeWire tells no mute."""
        return self.call.muted and (bool(self.gate.mute) or self.gate.source == NO_INDEX)


class _Inside(SoundServer):
    """A connection to the manager's server."""

    def __init__(self, wall: Wall) -> None:
        super().__init__(wall.manager)
        self._wall = wall

    async def _look(self) -> _Reading:
        """Read everything; Gone while the wall is not built, or one of its streams is away."""
        graph = await super().read()
        outputs = await self._ask(self._pulse.source_output_list())
        inputs = await self._ask(self._pulse.sink_input_list())
        ours = {CALL, SPEAKER}
        call = next((one for one in graph.sources if one.name == CALL), None)
        gate, out = _stream(outputs, GATE), _stream(inputs, SPEAKER_OUT)
        if call is None or gate is None or out is None:
            raise SoundServerGone("the gate of the wall is not there")
        hardware = replace(
            graph,
            sources=tuple(one for one in graph.sources if one.name not in ours),
            sinks=tuple(one for one in graph.sinks if one.name not in ours),
        )
        return _Reading(graph, call, gate, out, hardware)


class WalledDevices(_Inside):
    """What the room's devices are, and hear, behind the wall; changes nothing."""

    async def read(self) -> SoundGraph:
        found, wall = (await self._look()).hardware, self._wall
        source, sink = wall.microphone, wall.loudspeaker
        return replace(
            found,
            default_source=source.name if source else "",
            default_sink=sink.name if sink else "",
        )


class WalledServer(_Inside):
    """The gate as the one source that there is, and the devices' loudspeakers, for a Mixer."""

    def __init__(self, wall: Wall) -> None:
        super().__init__(wall)
        self.changes = 0  # how often the gate was shut, opened or moved
        self._last: _Reading | None = None
        self._heard: SoundNode | None = None
        self._moved_s, self._moves = 0.0, 0  # when the gate was moved last, and how often in a row
        self._shuts = 0  # how often in a row it was to be shut since it was
        self._unmuted: set[int] = set()

    async def open(self, news: News) -> None:
        """Connect, shut the gate, and wait for the devices that are found at the start."""
        appeared = asyncio.Event()

        def note(source: int | None, new: bool) -> None:
            if new:
                appeared.set()
            news(None, False)  # a device that is new is behind the wall: nobody hears it

        await super().open(note)
        await self._shut(await self._look())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while appeared.is_set() or not (await self._look()).hardware.sources:
                    appeared.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(QUIET_S):
                            await appeared.wait()

    async def read(self) -> SoundGraph:
        """Have gate and loudspeaker at the devices that are wanted, and return what is there.

        A gate whose microphone is not the one that is wanted is shut before it is moved.
        """
        found = await self._at_the_devices(await self._look())
        wall, self._last = self._wall, found
        wall.shut = found.shut
        self._shuts = 0 if found.shut else self._shuts
        mic = wall.microphone
        node = replace(
            found.call,
            muted=found.shut,
            volume_pct=mic.volume_pct if mic else 0,
            card=mic.card if mic else None,
            properties=mic.properties if mic else {},
            hardware=True,  # its mute is only repeated: what is undone first is open for a moment
        )
        listened = found.graph.listened
        return replace(
            found.hardware,
            sources=(node,),
            default_source=CALL,
            default_sink=wall.loudspeaker.name if wall.loudspeaker else "",
            listened=None if listened is None else listened & {node.index},
            deaf=frozenset(),
        )

    @property
    def needs_time(self) -> bool:
        """Whether a device is missing, or a stream not at its device.

        PipeWire does not always report when that changes: a session manager that has just begun
        misses a move, and a device that has just appeared may be listed only later.
        """
        found, wall = self._last, self._wall
        if found is None:
            return False
        mic, sink = wall.microphone, wall.loudspeaker
        return (
            mic is None
            or sink is None
            or (found.gate.source, found.out.sink) != (mic.index, sink.index)
        )

    async def shut(self) -> None:
        """Shut an open gate, and read it back later."""
        if self._last is not None and not self._last.shut:
            await self._shut(self._last)

    async def mute(self, source: int, on: bool) -> None:
        """Shut or open the gate, at both ends; opened, the microphone itself is open, too."""
        found = self._last
        if found is None or source != found.call.index:
            return
        self.changes += 1
        if on:
            self._shuts += 1
            if self._shuts > SHUTS:  # the servers begin with a gate that is shut
                self._wall.begin_again("the gate does not shut")
            await self._shut(found)
            return
        mic = self._wall.microphone
        if mic is not None and mic.muted:
            await super().mute(mic.index, False)
        await asyncio.gather(self._gate(found, False), super().mute(found.call.index, False))

    async def gain(self, source: int, pct: int) -> None:
        """Set the gain of the microphone; `call` stays as loud as it hears."""
        if self._wall.microphone is not None:
            await super().gain(self._wall.microphone.index, pct)

    async def hush(self, source: int) -> None:
        """Do nothing: what has just appeared is behind the wall."""

    async def rouse(self, sources: list[int]) -> None:
        """Have the gate run for a moment, each time: it may hear another device than before."""
        self._roused.clear()
        await super().rouse(sources)

    async def suspend(self, source: int, on: bool) -> None:
        """Do nothing: no program can open a microphone of the room."""

    async def default(self, sink: str, source: str) -> None:
        """Do nothing: programs have the choice of one."""

    async def _at_the_devices(self, found: _Reading) -> _Reading:
        wall = self._wall
        mic = _wanted(found.hardware.sources, found.gate.source, wall.use)
        sink = _wanted(found.hardware.sinks, found.out.sink, wall.use)
        before, self._heard = self._heard, mic
        moves = mic is not None and found.gate.source != mic.index
        moved = sink is not None and found.out.sink != sink.index
        fresh = [one for one in found.hardware.sources if one.index not in self._unmuted]
        ends = not found.shut and _ended(before, mic)
        wall.microphone, wall.loudspeaker = mic, sink
        if not (moves or moved or fresh or ends):
            return found
        if ends:
            await self._shut(found)
        if moves and mic is not None:
            await self._move(found, mic)
        if moved and sink is not None:
            await self._try(self._pulse.sink_input_move(found.out.index, sink.index))
        for one in fresh:
            self._unmuted.add(one.index)
            if one.muted:
                await super().mute(one.index, False)
        return await self._look()

    async def _move(self, found: _Reading, mic: SoundNode) -> None:
        """Move the gate to the microphone; where that shows no effect, have all begin again.

        A session manager that has missed a move, or whose link somebody cut, may make none anew.
        """
        before_s, now_s = self._moved_s, _now()
        if now_s - before_s > MOVE_S:
            self._moved_s = now_s
            self._moves = self._moves + 1 if now_s - before_s < MOVED_S else 1
            if self._moves > MOVES:
                self._wall.begin_again("the gate is not moved to its microphone")
        await self._try(self._pulse.source_output_move(found.gate.index, mic.index))

    async def _shut(self, found: _Reading) -> None:
        """Shut both ends. One that reads as shut is shut again, behind the other.

        PipeWire 1.4.2 takes a mute only where it is a change: whoever turned off `softMute` would
        have opened it for good.
        """
        self.changes += 1
        call = found.call.index
        await asyncio.gather(self._gate(found, True), super().mute(call, True))
        if found.shut:
            await super().mute(call, False)
            await super().mute(call, True)
            await self._gate(found, False)
            await self._gate(found, True)

    async def _gate(self, found: _Reading, shut: bool) -> None:
        await self._try(self._pulse.source_output_mute(found.gate.index, shut))


def _stream(streams: Iterable[Any], name: str) -> Any:  # noqa: ANN401
    """Return the wall's own: it was there before any program's of the same name."""
    own = (one for one in streams if one.proplist.get("node.name") == name)
    return min(own, key=lambda one: int(one.index), default=None)


def _ended(before: SoundNode | None, now: SoundNode | None) -> bool:
    """Whether it is another microphone, or none, or it muted itself by a key of its own."""
    if before is None or now is None:
        return before is not now
    return before.index != now.index or (now.muted and not before.muted)


def _wanted(nodes: Sequence[SoundNode], now: int, use: PreferDevice) -> SoundNode | None:
    """Return the device's node; else the one that is used now, else the one that ranks first."""
    there = next((node for node in nodes if node.index == now), None)
    first = there or min(nodes, key=_rank, default=None)
    scene = SoundGraph(tuple(nodes), tuple(nodes), first.name if first else "", "")
    return microphone(scene, use) or first


def _rank(node: SoundNode) -> tuple[int, int]:
    """PipeWire's own priorities are what makes a device the default one."""
    priority = node.properties.get("priority.session", "")
    return -int(priority) if priority.isdecimal() else 0, node.index


class Canary:
    """A client of the programs' server: what it sees and hears, any program would.

    After each change of the gate it records until it has read zeros for 0.2 s; then only while a
    program has `call` run, so that no microphone runs for its sake. It looks each second whether
    it sees anything but the two nodes that are there for programs. While the gate is open and a
    program records, it looks whether sound flows at all. In place of a `SilenceWatch`.
    """

    needs_time = False  # it tells by itself
    loud: frozenset[int] = frozenset()

    def __init__(self, wall: Wall, news: Callable[[], None]) -> None:
        """`news` is called when what is to be said may have changed."""
        self._wall, self._news = wall, news
        self._task: asyncio.Task[None] | None = None
        self._of: tuple[int, int] | None = None  # `call`, and how often the gate had changed
        self._changed = asyncio.Event()
        self._silent: bool | None = None
        self._seen: str | None = None
        self._why = ""
        self._listened = False
        self._got_at = 0.0
        self._still = 0  # looks in a row at which the servers gave no sound
        self._flow: asyncio.Task[None] | None = None
        self._ended: set[asyncio.Task[None]] = set()

    def silent(self) -> Mapping[int, bool | None]:
        return {} if self._of is None else {self._of[0]: self._silent}

    def told(self, sources: Iterable[int]) -> None:
        """Take that the gate is being shut once more."""
        self.loud = frozenset()

    def add(self, said: SoundState) -> SoundState:
        """Return what is said, with what this knows of the wall."""
        said = replace(said, walled=True)
        if said.switch is not CaptureSwitch.OFF:  # an open one is behind the gate
            said = replace(said, switch=CaptureSwitch.NONE)
        if self._wall.microphone is None:
            said = replace(said, gain_pct=None)
        if self._of is None:
            return said
        if self._seen is not None and said.muted is None:
            return replace(said, muted=False, seen=self._seen)
        return replace(said, why=self._why if said.muted is None else "")

    def follow(
        self, connection: SoundServer, scene: SoundGraph, changed: set[int], *, fresh: bool
    ) -> None:
        """Prove that the gate is shut, if it reads so; anew after each change."""
        call = scene.sources[0]
        if not call.muted or not isinstance(connection, WalledServer):
            self.opened(scene)
            return
        self._flows(wanted=False)
        listened = scene.listened is None or call.index in scene.listened
        if listened and not self._listened:
            self._got_at = _now()
        self._listened = listened
        of = (call.index, connection.changes)
        if of != self._of:
            self._of = of
            self._say(None, "")
            self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    def leave(self) -> None:
        """Prove nothing: the room is not muted."""
        self._of, self._silent, self._seen, self._still = None, None, None, 0
        self.loud = frozenset()
        if self._task is not None:
            self._end(self._task)
            self._task = None

    def opened(self, scene: SoundGraph) -> None:
        """Prove nothing; see that sound flows while a program records."""
        self.leave()
        self._flows(wanted=bool(scene.listened) and self._wall.microphone is not None)

    async def close(self) -> None:
        self.leave()
        self._flows(wanted=False)
        await asyncio.gather(*self._ended, return_exceptions=True)

    def _flows(self, *, wanted: bool) -> None:
        if wanted and self._flow is None:
            self._flow = asyncio.create_task(self._watch_flow())
        elif not wanted and self._flow is not None:
            self._end(self._flow)
            self._flow = None

    def _end(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        self._ended.add(task)
        task.add_done_callback(self._ended.discard)

    async def _watch_flow(self) -> None:
        while True:
            with contextlib.suppress(SoundServerGone):
                connection = SoundServer(self._wall.programs)
                try:
                    await connection.open(lambda source, new: None)
                    await self._until_still(connection)
                finally:
                    await connection.close()
            await asyncio.sleep(LOOK_S)

    async def _until_still(self, connection: SoundServer) -> None:
        """Return once nothing has come for a while."""
        stream = connection.peaks(CALL, FLOW_PEAKS_PER_S, passive=True)
        async with contextlib.aclosing(stream) as peaks:
            coming: asyncio.Future[float | None] | None = None
            still = 0  # looks, not seconds: this process may have stood still itself
            try:
                while still < STILL_LOOKS:
                    coming = coming or asyncio.ensure_future(anext(peaks, None))
                    await asyncio.wait((coming,), timeout=STUCK_S)
                    still += 1
                    if coming.done():
                        if coming.result() is None:
                            return
                        coming, still, self._wall.begun_again = None, 0, False
                self._wall.begin_again(NO_SOUND)
            finally:
                if coming is not None:
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            try:
                connection = SoundServer(self._wall.programs)
                try:
                    await connection.open(lambda source, new: None)
                    while True:
                        self._changed.clear()
                        if await self._prove(connection):
                            await self._keep(connection)
                finally:
                    await connection.close()
            except SoundServerGone as error:
                self._say(None, f"the programs' side of the wall: {error}")
            await asyncio.sleep(LOOK_S)

    async def _prove(self, connection: SoundServer) -> bool:
        """Look once, and record until 0.2 s were silent; return whether that was so."""
        call = await self._sees(connection)
        if call is None:
            await self._wait(LOOK_S)
            return False
        quiet, begun = 0, _now()
        async with contextlib.aclosing(connection.peaks(call, PEAKS_PER_S)) as peaks:
            while not self._changed.is_set():
                # Without a microphone nothing drives the gate, and programs get nothing at all.
                driven = self._wall.microphone is not None
                try:
                    async with asyncio.timeout(STUCK_S if driven else ZEROS_S):
                        peak = await anext(peaks, None)
                except TimeoutError:
                    peak = None
                if peak is None and driven:
                    self._say(None, "the programs' side of the wall gives no sound")
                    self._still += 1
                    if self._still >= STILL_LOOKS:
                        self._wall.begin_again(NO_SOUND)
                    return False
                quiet = QUIET_PEAKS if peak is None else quiet + 1 if peak <= _NOTHING else 0
                if quiet >= QUIET_PEAKS:
                    self._got_at = _now()
                    self._still, self._wall.begun_again = 0, self._wall.begun_again and not driven
                    self._say(True, "")
                    return True
                if not quiet and _now() - begun > HEARS_S:
                    begun = _now()
                    self._hear()
        return False

    async def _keep(self, connection: SoundServer) -> None:
        """Return once the gate has changed, or something is not as it should be."""
        listening = asyncio.create_task(self._listen(connection))
        try:
            while not self._changed.is_set() and not listening.done():
                if await self._sees(connection) is None:
                    return
                late = _now() - self._got_at > LATE_S
                if late and self._listened and self._wall.microphone is not None:
                    self._say(None, "a program records, and the programs' side gives no sound")
                    return
                await self._wait(LOOK_S, listening)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, connection: SoundServer) -> None:
        """Hear what any program hears, while one records; return if it is sound."""
        call = await self._sees(connection)
        if call is None:
            return
        stream = connection.peaks(call, PEAKS_PER_S, passive=True)
        async with contextlib.aclosing(stream) as peaks:
            async for peak in peaks:
                self._got_at = _now()
                if peak > _NOTHING:
                    self._hear()
                    return

    async def _sees(self, connection: SoundServer) -> int | None:
        """Return the index of `call`, if nothing but what is for programs is seen."""
        scene = await connection.read()
        others = [
            *(one for one in scene.sources if one.name != CALL),
            *(one for one in scene.sinks if one.name != SPEAKER),
        ]
        if others:
            self._seen = called(others[0])
            self._say(None, f"programs see {self._seen}")
            return None
        self._seen = None
        names = [one.name for one in (*scene.sources, *scene.sinks)]
        if names != [CALL, SPEAKER]:
            self._say(None, "programs do not see the room's microphone and loudspeaker")
            return None
        return scene.sources[0].index

    async def _wait(self, seconds: float, task: asyncio.Task[None] | None = None) -> None:
        """Wait until the gate has changed, or the task has ended."""
        changed = asyncio.create_task(self._changed.wait())
        try:
            waits = (changed,) if task is None else (changed, task)
            await asyncio.wait(waits, timeout=seconds, return_when="FIRST_COMPLETED")
        finally:
            changed.cancel()

    def _hear(self) -> None:
        if self._of is not None:
            _log.error("sound: the gate is shut, and programs hear the room all the same")
            self.loud = frozenset((self._of[0],))
            self._say(False, "")

    def _say(self, silent: bool | None, why: str) -> None:
        if (silent, why) != (self._silent, self._why):
            if why:
                _log.warning("sound: not known to be muted: %s", why)
            self._silent, self._why = silent, why
            self._news()


def _now() -> float:
    return asyncio.get_running_loop().time()
