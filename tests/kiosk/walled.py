"""A real vault with null devices behind it, for tests; with a wall and a mixer before its gate.

`standing` has a room: `air` is what there is to hear; `mic` and `webcam` hear it; `room` is a
loudspeaker. A `Rig` has what is plugged in: `mic` (at USB port 1-1.4, with the loudspeaker `room`)
and `webcam` are microphones into which a tone can be played; `hall` is another loudspeaker. What
programs record is the oracle.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from array import array
from math import sin
from pathlib import Path
from typing import Any

import pytest

from roomctl.kiosk.audio import pulse
from roomctl.kiosk.audio.vault import Vault
from roomctl.kiosk.audio.wall import Wall
from roomctl.screen.protocol import SoundProcessing
from tests.kiosk.mixing import PUCK, Ear
from tests.kiosk.sound_server import _PUCK, SoundServer, needed

RATE = 8000
READY_S = 60.0

BEHIND = (
    ("module-null-sink", "sink_name=air"),
    ("module-null-sink", "sink_name=room"),
    ("module-remap-source", "source_name=mic", "master=air.monitor"),
    ("module-remap-source", "source_name=webcam", "master=air.monitor"),
)


class Side(SoundServer):
    """One side of the wall, as the programs of PulseAudio and PipeWire see it."""

    def __init__(self, folder, side):
        super().__init__("pipewire")
        self.surroundings |= {
            "PULSE_SERVER": f"unix:{folder / side / 'native'}",
            "PIPEWIRE_REMOTE": str(folder / side / "pipewire-0"),
        }

    def run(self, *line: str, **options: Any) -> str:
        """Return what a program says that runs on this side."""
        done = subprocess.run(
            line, env=self.surroundings, capture_output=True, text=True, check=False, **options
        )
        return done.stdout + done.stderr

    def names(self, kind):
        """Return the names of what there is of a kind: sources, sinks."""
        lines = self.pactl("list", "short", kind).splitlines()
        return {line.split("\t")[1] for line in lines}

    def stream(self, name, kind="source-outputs"):
        """Return the index of a stream that is called so."""
        for entry in self.pactl("list", kind).split(" #")[1:]:
            if f'node.name = "{name}"' in entry:
                return entry.split("\n", 1)[0]
        raise AssertionError(f"no stream {name}")

    def feeds(self, source, stream):
        """Whether a stream records from this source; None: from nothing."""
        return self._other_end(stream, "source-outputs") == self._number(source, "sources")

    def plays(self, stream, sink):
        """Whether a stream plays to this sink; None: to nothing."""
        return self._other_end(stream, "sink-inputs") == self._number(sink, "sinks")

    def _other_end(self, stream, kind):
        lines = self.pactl("list", "short", kind).splitlines()
        return dict(line.split("\t")[:2] for line in lines).get(self.stream(stream, kind))

    def _number(self, name, kind):
        if name is None:
            return "4294967295"  # PA_INVALID_INDEX
        lines = self.pactl("list", "short", kind).splitlines()
        return {line.split("\t")[1]: line.split("\t")[0] for line in lines}.get(name)

    def loudness(self, source, seconds):
        """The root mean square of so many seconds of a source."""
        rate = 16000
        line = ["parec", f"--device={source}", "--raw", "--channels=1", f"--rate={rate}"]
        with subprocess.Popen(line, env=self.surroundings, stdout=subprocess.PIPE) as recorder:
            samples = array("h", recorder.stdout.read(2 * round(seconds * rate)))
            recorder.kill()
        return (sum(sample * sample for sample in samples) / len(samples)) ** 0.5

    def peak_or_nothing(self, source, listen_s=0.5):
        """The greatest sample of what a program gets in so long, which may be nothing at all."""
        line = ["timeout", str(listen_s), "parec", f"--device={source}", "--raw", "--channels=1"]
        got = subprocess.run(line, env=self.surroundings, capture_output=True, check=False).stdout
        return max(map(abs, array("h", got[: len(got) // 2 * 2])), default=0)


@contextlib.asynccontextmanager
async def standing(folder, processing=SoundProcessing.NONE, behind=BEHIND):
    """Have a vault with the devices `behind` it; yields it with both sides."""
    folder = Path(folder)
    news = asyncio.Event()
    vault = Vault(folder, processing=processing, changed=news.set)
    running = asyncio.create_task(vault.run())
    manager, programs = Side(folder, "manager"), Side(folder, "programs")
    try:
        async with asyncio.timeout(READY_S):
            while vault.why:
                await news.wait()
                news.clear()
        for module in behind:
            await asyncio.to_thread(manager.pactl, "load-module", *module)
        yield vault, manager, programs
    finally:
        await asyncio.to_thread(manager.silence)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        manager.close()
        programs.close()


def opened(manager):
    """Let programs hear the microphone, as the manager may; a new server may miss a first move."""
    until = time.monotonic() + 60
    while not manager.feeds("mic", "gate"):
        assert time.monotonic() < until
        manager.pactl("move-source-output", manager.stream("gate"), "mic")
        time.sleep(0.1)


def processes(folder: Path, word: str = "") -> list[int]:
    """Return the processes of a vault, those with such a word in their line."""
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            ours = (
                place.name.isdecimal()
                and f"{folder}/config".encode() in place.joinpath("environ").read_bytes()
            )
            if ours and word.encode() in place.joinpath("cmdline").read_bytes():
                found.append(int(place.name))
    return found


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="roomctl-vault-") as place:
        yield Path(place)


def microphone(name, properties=""):
    """The words of a module that is a microphone: a device of its own, that others play into."""
    words = ("module-null-sink", f"sink_name={name}", "media.class=Audio/Source/Virtual")
    return (
        *words,
        "channel_map=mono",
        *((f"sink_properties='{properties}'",) if properties else ()),
    )


DEVICES = {
    "mic": microphone("mic", _PUCK),
    "webcam": microphone("webcam", "device.description=Webcam"),
    "room": ("module-null-sink", "sink_name=room", f"sink_properties='{_PUCK}'"),
    "hall": ("module-null-sink", "sink_name=hall"),
}


class Rig:
    """A vault in a folder, and the devices that are plugged in."""

    def __init__(self, vault):
        self.vault, self.place = vault, Path(vault.manager.removeprefix("unix:")).parents[1]
        self.wall = Wall(vault.manager, vault.programs, lambda: vault.why, vault.begin_again)
        self._modules, self._players = {}, []

    async def pactl(self, *words, server=None):
        line = ["pactl", "-s", server or self.vault.manager, *words]
        process = await asyncio.create_subprocess_exec(
            *line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.surroundings
        )
        said, _ = await process.communicate()
        return said.decode()

    @property
    def surroundings(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.place)}

    async def plug(self, name, *words):
        found = await self.pactl("load-module", *(words or DEVICES[name]))
        self._modules[name] = found.strip()
        assert self._modules[name], f"{name} is not there"

    async def unplug(self, name):
        await self.pactl("unload-module", self._modules.pop(name))

    async def speak(self, name, sound=None):
        """Let there be a tone, or this sound, at this microphone until `silence`."""
        tone = array("h", [round(9000 * sin(n * 6.2831853 / 20)) for n in range(RATE)])
        path = self.place / "tone.raw"
        path.write_bytes((tone if sound is None else sound).tobytes() * 100)
        await self.pactl("load-module", "module-null-sink", "sink_name=air", "channel_map=mono")
        await self.link("air:monitor_MONO", f"{name}:input_MONO")
        line = ["pacat", "-s", self.vault.manager, "--device=air", "--raw", "--latency-msec=50"]
        line += [f"--rate={RATE}", "--channels=1", "--format=s16le"]
        with path.open("rb") as sound:
            self._players.append(subprocess.Popen(line, env=self.surroundings, stdin=sound))

    async def play(self, sound="/dev/zero"):
        """Have a program play `sound`, until `silence`, and wait until the loudspeaker runs."""
        line = ["pacat", "-s", self.vault.programs, "--raw", "--latency-msec=50"]
        with open(sound, "rb") as samples:
            player = subprocess.Popen(line, env=self.surroundings, stdin=samples)
        self._players.append(player)
        async with asyncio.timeout(READY_S):
            while "room\tPipeWire" not in (found := await self._running_sinks()):
                await asyncio.sleep(0.05)
        assert found

    async def _running_sinks(self):
        lines = (await self.pactl("list", "short", "sinks")).splitlines()
        return "\n".join(line for line in lines if line.endswith("RUNNING"))

    def kill(self, word):
        """Kill what of this wall has such a word in its line."""
        os.kill(processes(self.place, word)[0], signal.SIGKILL)

    async def link(self, out, into):
        async with asyncio.timeout(READY_S):
            while await self._fails("pw-link", out, into):
                await asyncio.sleep(0.05)

    async def cut(self, out, into):
        assert not await self._fails("pw-link", "-d", out, into)

    async def _fails(self, *line):
        surroundings = {**self.surroundings, **self.pipewire}
        process = await asyncio.create_subprocess_exec(
            *line, env=surroundings, stderr=subprocess.DEVNULL
        )
        return await process.wait()

    @property
    def pipewire(self):
        return {"PIPEWIRE_RUNTIME_DIR": str(self.place / "manager"), "XDG_RUNTIME_DIR": "/nowhere"}

    def silence(self):
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    @contextlib.asynccontextmanager
    async def program(self):
        """A program that records from `call` all the time."""
        listener = Listener(self)
        try:
            await listener.start()
            yield listener
        finally:
            await listener.close()


class Listener:
    """What a program hears, with when it came."""

    def __init__(self, rig):
        self._rig, self._process, self._task = rig, None, None
        self.loud_at = self.quiet_at = None
        self.got = asyncio.Event()
        self.chunks = self.loud = 0

    async def start(self):
        line = ["parec", "-s", self._rig.vault.programs, "--device=call", "--raw"]
        line += [f"--rate={RATE}", "--channels=1", "--format=s16le", "--latency-msec=10"]
        self._process = await asyncio.create_subprocess_exec(
            *line, stdout=subprocess.PIPE, env=self._rig.surroundings
        )
        self._task = asyncio.create_task(self._read())

    async def close(self):
        self._task.cancel()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()  # else its end may come after that of the loop

    async def _read(self):
        rest = b""
        while data := await self._process.stdout.read(4096):
            data = rest + data
            rest = data[len(data) // 2 * 2 :]
            samples = array("h", data[: len(data) // 2 * 2])
            if sys.byteorder == "big":
                samples.byteswap()
            now = time.monotonic()
            self.chunks += 1
            if any(samples):
                self.loud += 1
                self.loud_at = now
            else:
                self.quiet_at = now
            self.got.set()

    async def hears(self, what=True, limit_s=60.0):
        """Wait until it hears something, or (False) nothing, from now on."""
        begun = time.monotonic()
        async with asyncio.timeout(limit_s):
            while True:
                at = self.loud_at if what else self.quiet_at
                if at is not None and at > begun:
                    return at
                self.got.clear()
                await self.got.wait()

    async def stays_silent(self, chunks=40):
        """Wait for so many further pieces; return how many were loud."""
        before, loud = self.chunks, self.loud
        async with asyncio.timeout(60):
            while self.chunks < before + chunks:
                self.got.clear()
                await self.got.wait()
        return self.loud - loud


@contextlib.asynccontextmanager
async def walled(*devices, use=PUCK):
    """Run a wall with these devices, and a mixer before its gate."""
    needed("pipewire")
    answer_s = pulse.ANSWER_S
    pulse.ANSWER_S = READY_S  # a busy machine may stand still for a second
    try:
        with tempfile.TemporaryDirectory(prefix="roomctl-vault-") as place:
            Path(place).chmod(0o755)
            async with (
                standing(place, behind=()) as (vault, _, _),
                _mixed(Rig(vault), devices, use) as both,
            ):
                yield both
    finally:
        pulse.ANSWER_S = answer_s


@contextlib.asynccontextmanager
async def _mixed(rig, devices, use):
    for name in devices:
        await rig.plug(name)
    ear = Ear(None, wall=rig.wall)
    ear.mixer.use(use)
    running = asyncio.create_task(ear.mixer.run())
    try:
        await ear.until(lambda sound: sound.available)
        yield rig, ear
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        rig.silence()
