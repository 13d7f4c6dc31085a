"""How loud the microphone is, while somebody looks; and the test tone. Knows no daemon, no room.

Only peaks leave the sound server, never what was heard. Both listen on a connection of their own,
so that neither keeps a mute waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from roomctl.kiosk.audio import tone
from roomctl.kiosk.audio.pulse import SoundServer, SoundServerGone, play
from roomctl.kiosk.audio.sources import SoundNode, called, loudspeaker, microphone
from roomctl.kiosk.audio.tone import level_pct
from roomctl.kiosk.audio.vault import CALL, SPEAKER
from roomctl.kiosk.audio.wall import Wall, WalledDevices
from roomctl.screen.protocol import (
    HearingProof,
    MicrophoneLevel,
    PreferDevice,
    RoomHeard,
    ToneResult,
    ToneVerdict,
)
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

LEVELS_PER_S = 10
STUCK_S = 1.0  # a source that gives nothing for so long is looked for anew
AGAIN_S = 0.5
AWAKE_S = 2.5  # until a source that was idle gives its first peak (PulseAudio: 1.8 s, measured)
AFTER_S = tone.LONGEST_LAG_S
PLAY_LIMIT_S = 6.0
CALL_PEAKS_PER_S = 5
CALL_PEAK = 0.01  # -40 dB of full scale: somebody talks
TOGETHER_S = 60.0  # from one side's word to the other's
PROVED_S = 900.0  # a call that has proved itself is left alone


class PeakMeter:
    """The ear of a room.

    `report` gets MicrophoneLevels while somebody looks, and a ToneResult for each test tone.
    """

    def __init__(
        self,
        report: Callable[[MicrophoneLevel | ToneResult | RoomHeard], None],
        server: str | None = None,
        wall: Wall | None = None,
    ) -> None:
        """With a `wall` both hear its devices, and `server` is not used.

        The level is that of programs while the gate is open, and else the microphone's behind it.
        """
        self._report, self._wall = report, wall
        self._server = server if wall is None else wall.manager
        self._use = PreferDevice(None, None, None)
        self._until = 0.0
        self._looked_at = asyncio.Event()
        self._tests: asyncio.Queue[int] = asyncio.Queue(1)

    def use(self, use: PreferDevice) -> None:
        """Listen to this USB device rather than to the server's default."""
        self._use = use

    def listen(self, for_s: float) -> None:
        """Report the level for so long from now on; 0: no more."""
        self._until = asyncio.get_running_loop().time() + for_s
        if for_s:
            self._looked_at.set()

    def test(self, number: int) -> None:
        """Play the test tone once those under way have ended; more than one waiting is one."""
        with contextlib.suppress(asyncio.QueueFull):
            self._tests.put_nowait(number)

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._show())
            both.create_task(self._run_tests())
            if self._wall is not None:
                both.create_task(self._attend_calls(self._wall))

    async def _attend_calls(self, wall: Wall) -> None:
        """Say when programs have played sound and recorded sound: both ways of a call work."""
        while True:
            with contextlib.suppress(SoundServerGone):
                async with _connected(SoundServer(wall.programs)) as connection:
                    source, sink = wall.microphone, wall.loudspeaker
                    if source is not None and sink is not None:
                        await _sound_both_ways(connection)
                        if (wall.microphone, wall.loudspeaker) == (source, sink):
                            what = called(source), called(sink)
                            self._report(RoomHeard(HearingProof.CALL, *what))
                            await asyncio.sleep(PROVED_S)
            await asyncio.sleep(STUCK_S)

    async def _show(self) -> None:
        while True:
            await self._looked_at.wait()
            try:
                async with _connected(self._end(behind := self._behind)) as connection:
                    await self._follow(connection, behind)
            except SoundServerGone:
                await asyncio.sleep(AGAIN_S)
            if self._expired():
                self._looked_at.clear()

    @property
    def _behind(self) -> bool:
        return self._wall is not None and self._wall.shut

    def _end(self, behind: bool) -> SoundServer:
        """Return a connection to where it is heard what the level is of."""
        if self._wall is None:
            return SoundServer(self._server)
        return WalledDevices(self._wall) if behind else SoundServer(self._wall.programs)

    async def _follow(self, connection: SoundServer, behind: bool) -> None:
        """Report until nobody looks any more, or it is heard elsewhere, or nothing comes."""
        use = self._use
        source = microphone(await connection.read(), use)
        if source is None:
            await asyncio.sleep(AGAIN_S)
            return
        async with contextlib.aclosing(connection.peaks(source.index, LEVELS_PER_S)) as peaks:
            while not self._expired() and (self._use, self._behind) == (use, behind):
                try:
                    async with asyncio.timeout(STUCK_S):
                        peak = await anext(peaks)
                except (TimeoutError, StopAsyncIteration):
                    return
                self._report(MicrophoneLevel(level_pct(peak), behind))

    def _expired(self) -> bool:
        return asyncio.get_running_loop().time() >= self._until

    async def _run_tests(self) -> None:
        while True:
            number = await self._tests.get()
            try:
                async with _connected(self._end(behind=True)) as connection:
                    found = await self._heard(connection, number)
            except SoundServerGone:
                found = ToneResult(number, ToneVerdict.NO_SOUND_SERVER)
            _log.info("sound: test tone: %s", found.verdict)
            self._report(found)

    async def _heard(self, connection: SoundServer, number: int) -> ToneResult:
        scene = await connection.read()
        sink, source = loudspeaker(scene, self._use), microphone(scene, self._use)
        if sink is None:
            return ToneResult(number, ToneVerdict.NO_LOUDSPEAKER)
        if source is None:
            return ToneResult(number, ToneVerdict.NO_MICROPHONE)
        try:
            judged = await self._play(connection, sink, source)
        except OSError as error:
            _log.warning("sound: %s", error)
            return ToneResult(number, ToneVerdict.NO_LOUDSPEAKER)
        if judged.heard:
            self._report(RoomHeard(HearingProof.TONE, called(source), called(sink)))
        silent = source.muted and not judged.loud
        heard = ToneVerdict.HEARD if judged.heard else ToneVerdict.NOT_HEARD
        verdict = ToneVerdict.MUTED if silent else heard
        return ToneResult(number, verdict, level_pct(judged.loud), level_pct(judged.quiet))

    async def _play(
        self, connection: SoundServer, sink: SoundNode, source: SoundNode
    ) -> tone.ToneJudgement:
        """Play the test tone, and judge what the microphone made of it."""
        loop = asyncio.get_running_loop()
        peaks: list[tone.TonePeak] = []
        awake = asyncio.Event()

        async def note() -> None:
            async with contextlib.aclosing(
                connection.peaks(source.index, tone.PEAKS_PER_S)
            ) as stream:
                async for peak in stream:
                    peaks.append((loop.time(), peak))
                    awake.set()

        noting = asyncio.create_task(note())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AWAKE_S):
                    await awake.wait()
            begun = loop.time()
            async with asyncio.timeout(PLAY_LIMIT_S):
                await in_thread(play, self._server, sink.name, tone.samples(), tone.RATE)
            await asyncio.sleep(AFTER_S)
        except TimeoutError as error:
            raise OSError(f"{sink.name} did not play it within {PLAY_LIMIT_S:g} s") from error
        finally:
            noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)
        return tone.judge([(at - begun, peak) for at, peak in peaks])


async def _sound_both_ways(connection: SoundServer) -> None:
    """Return once programs have heard sound and played sound within a minute; or nothing is there.

    Nothing runs for it: it hears only while a program has `call` and `speaker` run.
    """
    loop = asyncio.get_running_loop()
    loud_at: dict[str, float] = {}
    both = asyncio.Event()

    async def listen(source: str) -> None:
        stream = connection.peaks(source, CALL_PEAKS_PER_S, passive=True)
        async with contextlib.aclosing(stream) as peaks:
            async for peak in peaks:
                if peak > CALL_PEAK:
                    loud_at[source] = loop.time()
                    times = loud_at.values()
                    if len(times) == 2 and max(times) - min(times) < TOGETHER_S:
                        both.set()

    listening = [asyncio.create_task(listen(one)) for one in (CALL, f"{SPEAKER}.monitor")]
    waiting = asyncio.create_task(both.wait())
    try:
        await asyncio.wait((*listening, waiting), return_when="FIRST_COMPLETED")
        if not both.is_set():
            raise SoundServerGone("the programs' sound has ended")
    finally:
        for task in (*listening, waiting):
            task.cancel()
        await asyncio.gather(*listening, waiting, return_exceptions=True)


@contextlib.asynccontextmanager
async def _connected(connection: SoundServer) -> AsyncIterator[SoundServer]:
    try:
        await connection.open(lambda source, new: None)
        yield connection
    finally:
        await connection.close()
