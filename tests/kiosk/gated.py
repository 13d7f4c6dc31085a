"""A real wall with null devices behind it, for tests: what programs record is its oracle.

`mic` (at USB port 1-1.4, with the loudspeaker `room`) and `webcam` are microphones into which a
tone can be played; `hall` is another loudspeaker.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from array import array
from math import sin
from pathlib import Path

from roomctl.kiosk.audio import pulse
from roomctl.kiosk.audio.vault import Vault
from roomctl.kiosk.audio.wall import Wall
from tests.kiosk.mixing import PUCK, Ear
from tests.kiosk.sound_server import _PUCK, needed

RATE = 8000
READY_S = 60.0


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

    def __init__(self):
        self.place = Path(tempfile.mkdtemp(prefix="roomctl-test-"))
        self.place.chmod(0o755)
        self.vault = Vault(self.place)
        self.wall = Wall(self.vault.manager, self.vault.programs, lambda: self.vault.why)
        self._modules, self._players = {}, []
        self._running = None

    async def start(self, *devices):
        self._running = asyncio.create_task(self.vault.run())
        async with asyncio.timeout(READY_S):
            while self.vault.why:
                await asyncio.sleep(0.05)
        for name in devices:
            await self.plug(name)
        return self

    async def close(self):
        self.silence()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        shutil.rmtree(self.place)

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
        own = f"{self.place}/config".encode()
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line, env = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
                if word.encode() in line and own in env:
                    os.kill(int(place.name), signal.SIGKILL)
                    return
        raise AssertionError(f"{word} does not run")

    async def link(self, out, into):
        async with asyncio.timeout(READY_S):
            while await self._fails("pw-link", out, into):
                await asyncio.sleep(0.05)

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
            listener.close()


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

    def close(self):
        self._task.cancel()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

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
    rig, answer_s = Rig(), pulse.ANSWER_S
    pulse.ANSWER_S = READY_S  # a busy machine may stand still for a second
    try:
        await rig.start(*devices)
        ear = Ear(None, wall=rig.wall)
        ear.mixer.use(use)
        running = asyncio.create_task(ear.mixer.run())
        try:
            await ear.until(lambda sound: sound.available)
            yield rig, ear
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        pulse.ANSWER_S = answer_s
        await rig.close()
