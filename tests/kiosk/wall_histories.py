"""Histories of walls, by a seed: what is said while the room is muted is never heard.

`python -m tests.kiosk.wall_histories COUNT [SEED]` has so many things happen, ten to each wall, and
says what leaked. While the
microphone is shut a *secret* sounds in front of it, a tone that sounds at no other time; a program
records all the time. So late samples, slow programs and a busy machine cannot blame or excuse the
wall: a record with the secret in it is a leak, whenever it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from array import array
from pathlib import Path

from roomctl.screen.protocol import SetMute, SetVolume, SoundState
from tests.kiosk.agency import Agency
from tests.kiosk.walled import BEHIND, Side, processes

RATE = 8000
HELLO_HZ, SECRET_HZ = 400, 1000
LOUD = 300  # of 16 bit, of one tone in 0.1 s
SECRET_S = 0.4
ACTS_A_WALL = 10
LIMIT_S = 300.0
OPEN_LOOKS = 60  # of 0.1 s: longer than a room waits for its devices
STILL = b"the sound servers begin again"

SERVERS = ("wireplumber", "manager.conf", "programs.conf", "pipewire.conf")
HOSTILE = (
    ("pactl", "set-source-mute", "call", "0"),
    ("pactl", "set-source-volume", "call", "100%"),
    ("pactl", "load-module", "module-loopback", "source=mic"),
    ("pactl", "set-default-source", "mic"),
    ("pactl", "kill-source-output", "33"),
    ("pactl", "set-source-output-mute", "33", "0"),
    ("pw-cli", "s", "call", "Props", "{ mute: false, softMute: false }"),
    ("pw-cli", "s", "gate", "Props", "{ mute: false, softMute: false }"),
    ("pw-link", "mic:capture_MONO", "speaker:playback_FL"),
    ("pw-metadata", "33", "target.object", "mic"),
)


class Player:
    """A tone in front of the microphones, until it is stopped."""

    def __init__(self, manager: Side, place: Path, hertz: int) -> None:
        file = place / f"{hertz}.raw"
        if not file.exists():
            wave = (round(9000 * math.sin(math.tau * hertz * n / RATE)) for n in range(RATE))
            file.write_bytes(array("h", wave).tobytes() * 120)
        line = ["pacat", "--device=air", "--raw", f"--rate={RATE}", "--channels=1"]
        line += ["--format=s16le", "--latency-msec=40"]
        with file.open("rb") as sound:
            self._program = subprocess.Popen(
                line, env=manager.surroundings, stdin=sound, stderr=subprocess.DEVNULL
            )

    def stop(self) -> None:
        self._program.kill()
        self._program.wait()


class Recorder:
    """A program that records whatever it gets, and begins again whenever it is thrown out."""

    def __init__(self, programs: Side) -> None:
        self._programs = programs
        self.heard = array("h")
        self._task = asyncio.create_task(self._record())

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def loudest(self, hertz: int, since: int = 0) -> float:
        """Return how loud a tone was at most in any tenth of a second."""
        step = RATE // 10
        pieces = (self.heard[n : n + step] for n in range(since, len(self.heard) - step, step))
        return max((_strength(piece, hertz) for piece in pieces), default=0.0)

    async def hears(self, hertz: int, log: Path) -> bool:
        """Wait until it hears a tone, from now on; False: the servers stood still, says the log."""
        since, begun = len(self.heard), log.read_bytes().count(STILL)
        async with asyncio.timeout(LIMIT_S):
            while self.loudest(hertz, since) < LOUD:
                if log.read_bytes().count(STILL) > begun:
                    return False
                await asyncio.sleep(0.05)
        return True

    async def _record(self) -> None:
        line = ["parec", "--raw", f"--rate={RATE}", "--channels=1", "--format=s16le"]
        while True:
            program = await asyncio.create_subprocess_exec(
                *(*line, "--latency-msec=20"),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._programs.surroundings,
            )
            assert program.stdout is not None
            try:
                rest = b""
                while data := await program.stdout.read(4096):
                    rest += data
                    whole = len(rest) // 2 * 2
                    self.heard.frombytes(rest[:whole])
                    rest = rest[whole:]
            finally:
                if not program.stdout.at_eof():
                    program.kill()
                await program.wait()
            await asyncio.sleep(0.1)


class Room:
    """The daemon's end: the request that outlives everything, and what was said last."""

    def __init__(self, agency: Agency) -> None:
        self._agency, self.requested = agency, True
        self.said: SoundState | None = None
        self._news = asyncio.Event()
        self._orders: asyncio.Queue[SetMute | SetVolume] = asyncio.Queue()
        self._mark = 30
        self._task: asyncio.Task[None] | None = None

    def connect(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def leave(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.said = None

    def press(self, muted: bool) -> None:
        self.requested = muted
        self._orders.put_nowait(SetMute(muted))

    async def obeyed(self) -> None:
        """Wait until every order was carried out: the last of them is a volume, which is read."""
        marks = set()
        async with asyncio.timeout(LIMIT_S):
            while True:
                self._mark = 30 + (self._mark + 1) % 70
                marks.add(self._mark)
                self._orders.put_nowait(SetVolume(self._mark))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(5):  # lost with a process that ended
                        while self.said is None or self.said.volume_pct not in marks:
                            self._news.clear()
                            await self._news.wait()
                    return

    async def open(self) -> None:
        self.press(False)
        await self.says(False)

    async def says(self, muted: bool) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self.said is None or self.said.muted is not muted:
                self._news.clear()
                await self._news.wait()

    async def _follow(self) -> None:
        """Stay connected; tell each process that begins what is requested."""
        while True:
            with contextlib.suppress(OSError, EOFError, TimeoutError, AssertionError):
                async with self._agency.daemon(SoundState) as wall:
                    while not self._orders.empty():
                        self._orders.get_nowait()
                    wall.say(SetMute(self.requested))
                    obeying = asyncio.create_task(self._obey(wall))
                    try:
                        await wall.until(self._take, limit_s=3600)
                    finally:
                        obeying.cancel()
            self.said = None
            await asyncio.sleep(0.05)

    async def _obey(self, wall: object) -> None:
        while True:
            wall.say(await self._orders.get())  # type: ignore[attr-defined]

    def _take(self, message: object) -> bool:
        if isinstance(message, SoundState):
            self.said = message
            self._news.set()
        return False


class History:
    """One history: acts in a random order, with a secret after each while the room is muted."""

    def __init__(self, seed: int) -> None:
        self.seed, self._random = seed, random.Random(seed)
        self._agency = Agency()
        self._place = Path(self._agency.place)
        self._place.chmod(0o755)
        self._manager = Side(self._place, "manager")
        self._programs = Side(self._place, "programs")
        self._room = Room(self._agency)
        self.acts: list[str] = []

    async def run(self, acts: int = ACTS_A_WALL) -> str:
        """Return what leaked, or did not come back, in a sentence; empty: nothing."""
        recorder = Recorder(self._programs)
        try:
            await self._begin()
            for _ in range(acts):
                act = self._random.choice(ACTS)
                self.acts.append(act.__name__.removeprefix("_"))
                await self._keys()
                secret = Player(self._manager, self._place, SECRET_HZ)
                try:
                    await asyncio.sleep(SECRET_S)
                    await act(self)
                    await self._whole()
                finally:
                    secret.stop()
                again = Player(self._manager, self._place, SECRET_HZ)  # after what was killed, too
                await asyncio.sleep(SECRET_S)
                again.stop()
                await self._still(SECRET_HZ)
                if self._random.random() < 0.4:
                    await self._speak(recorder)
            await self._speak(recorder)  # the way was there all the time
        except TimeoutError as error:
            return self._hung(error)
        finally:
            await self._room.leave()
            await recorder.close()
            self._manager.close()
            self._programs.close()
            self._agency.close()
        loud = recorder.loudest(SECRET_HZ)
        return f"seed {self.seed}, {self.acts}: heard {loud:.0f}" if loud >= LOUD else ""

    def _hung(self, error: TimeoutError) -> str:
        """Say what was waited for, and what the service said last."""
        frames = traceback.extract_tb(error.__traceback__)
        where = [frame.name for frame in frames if frame.filename == __file__]
        said = self._agency.log.read_text(errors="replace").splitlines()[-30:]
        hung = f"seed {self.seed}, {self.acts}: nothing came of {' > '.join(where)}"
        return "\n  ".join((hung, f"room: {self._room.requested}, {self._room.said}", *said))

    async def _keys(self) -> None:
        """Press the mute key, sometimes twenty times a second, and end muted."""
        for n in range(self._random.choice((1, 1, 8, 21))):
            self._room.press(n % 2 == 0)
            await asyncio.sleep(0.05)
        self._room.press(True)
        await self._room.obeyed()
        await self._room.says(True)

    async def _speak(self, recorder: Recorder) -> None:
        """Open the room: it is heard; at the latest once servers that stood still began again."""
        heard = False
        while not heard:
            await self._settled()
            if self._muted():
                await self._room.open()
            hello = Player(self._manager, self._place, HELLO_HZ)
            try:
                heard = await recorder.hears(HELLO_HZ, self._agency.log)
            finally:
                hello.stop()
        self._room.press(True)
        await self._room.says(True)

    async def _settled(self) -> None:
        """Wait until the room is muted, or stays open: servers that began again open it as it was.

        Unless the microphone came only after them: then it is shut.
        """
        looks = 0
        async with asyncio.timeout(LIMIT_S):
            while not self._muted() and looks < OPEN_LOOKS:
                await self._whole()
                open_again = not self._room.requested and self._open()
                looks = looks + 1 if open_again else 0
                await asyncio.sleep(0.1)

    def _open(self) -> bool:
        return self._room.said is not None and self._room.said.muted is False

    def _muted(self) -> bool:
        return self._room.said is not None and self._room.said.muted is True

    async def _begin(self) -> None:
        self._agency.start(sound_alone=True)
        self._room.connect()
        await self._whole()

    async def _whole(self) -> None:
        """Wait until the wall works, and the devices are there."""
        async with asyncio.timeout(LIMIT_S):
            while self._room.said is None or not self._room.said.available:
                await asyncio.sleep(0.05)
            while missing := await self._missing():
                for module in missing:
                    await asyncio.to_thread(self._manager.pactl, "load-module", *module)
                await asyncio.sleep(0.05)

    async def _missing(self) -> list[tuple[str, str] | tuple[str, str, str]]:
        """Return the modules of what has to be there and is not; a server that ended took it."""
        there = set[str]()
        for kind in ("sources", "sinks"):
            there |= await asyncio.to_thread(self._manager.names, kind)
        return [module for module in BEHIND[:3] if module[1].partition("=")[2] not in there]

    async def _still(self, hertz: int) -> None:
        """Wait until the tone is no more in the air: nothing of it may come after an opening."""
        async with asyncio.timeout(LIMIT_S):
            while await asyncio.to_thread(self._manager.peak_or_nothing, "air.monitor", 0.4):
                pass

    # What happens

    async def _kill_server(self) -> None:
        for process in processes(self._place, self._random.choice(SERVERS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        await asyncio.sleep(self._random.random())

    async def _freeze_server(self) -> None:
        frozen = processes(self._place, self._random.choice(SERVERS))
        for process in frozen:
            os.kill(process, signal.SIGSTOP)
        await asyncio.sleep(self._random.uniform(0.5, 2.0))
        for process in frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

    async def _kill_service(self) -> None:
        """A power cut for the sound: nothing of it has a last word."""
        await asyncio.to_thread(self._agency.end, signal.SIGKILL)
        await asyncio.sleep(self._random.random())
        self._agency.start(sound_alone=True)

    async def _restart_service(self) -> None:
        await asyncio.to_thread(self._agency.end)
        self._agency.start(sound_alone=True)

    async def _daemon_leaves(self) -> None:
        await self._room.leave()
        await asyncio.sleep(self._random.uniform(0.1, 1.5))
        self._room.connect()

    async def _cable(self) -> None:
        """Pull the microphone in use, or plug another one in."""
        words = ("pactl", "unload-module", "module-remap-source")
        await asyncio.to_thread(self._manager.run, *words)
        await asyncio.sleep(self._random.random())
        for module in self._random.sample(BEHIND[2:], 2):
            await asyncio.to_thread(self._manager.pactl, "load-module", *module)

    async def _attack(self) -> None:
        for line in self._random.sample(HOSTILE, 5):
            await asyncio.to_thread(self._programs.run, *line)

    async def _openings(self) -> None:
        """Programs that begin to record, and end again."""
        for _ in range(4):
            await asyncio.to_thread(self._programs.peak_or_nothing, "call", 0.2)


ACTS = (
    History._kill_server,
    History._kill_server,
    History._freeze_server,
    History._kill_service,
    History._restart_service,
    History._daemon_leaves,
    History._cable,
    History._attack,
    History._openings,
)


def _strength(samples: array[int], hertz: int) -> float:
    """Return the amplitude of one tone in these samples (Goertzel, of whole periods)."""
    turn = math.tau * hertz / RATE
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / max(1, len(samples))


def main(count: int, seed: int = 0) -> int:
    """Have `count` things happen to walls, and say what leaked; return how many walls did."""
    leaks = 0
    for wall in range(math.ceil(count / ACTS_A_WALL)):
        began = time.monotonic()
        acts = min(ACTS_A_WALL, count - wall * ACTS_A_WALL)
        leak = asyncio.run(History(seed + wall).run(acts))
        leaks += bool(leak)
        took_s = time.monotonic() - began
        sys.stdout.write(f"wall {seed + wall}: {leak or 'silent'} ({took_s:.0f} s)\n")
        sys.stdout.flush()
    return leaks


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
