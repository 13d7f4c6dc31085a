"""A real PulseAudio or PipeWire with a room of null devices, for tests.

`air` is what there is to hear; `mic` (at USB port 1-1.4, with the loudspeaker `room`) and `webcam`
hear it. `hall` is another loudspeaker, and the default one, as `webcam` is.
"""

import asyncio
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave
from array import array
from math import sin
from pathlib import Path

import pytest

from tests.kiosk.agency import UID, USER

KINDS = ("pulseaudio", "pipewire")
PROGRAMS = {
    "pulseaudio": ("pulseaudio", "pactl"),
    "pipewire": ("pipewire", "pipewire-pulse", "wireplumber", "pactl"),
    "chromium": ("chromium",),
}
START_S = 60.0
RATE = 8000
TONE_S = 120
HEARD_S = 60.0

_PUCK = (
    "sysfs.path=/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0/sound/card1 "
    "device.bus_path=pci-0000:00:14.0-usb-0:1.4:1.0 "
    "device.vendor.id=0b0e device.product.id=2456 device.description=Puck"
)
_ROOM = (
    ("module-null-sink", "sink_name=air"),
    ("module-null-sink", "sink_name=room", f"sink_properties='{_PUCK}'"),
    ("module-null-sink", "sink_name=hall"),
    (
        *("module-remap-source", "source_name=webcam", "master=air.monitor"),
        "source_properties='device.description=Webcam'",
    ),
    (
        *("module-remap-source", "source_name=mic", "master=air.monitor"),
        f"source_properties='{_PUCK}'",
    ),
)


def needed(kind):
    """Skip the test if this is not installed; in CI that is a failure."""
    if any(shutil.which(program) is None for program in PROGRAMS[kind]):
        why = f"needs {kind} (see .ci/browser)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


class SoundServer:
    def __init__(self, kind):
        self.kind = kind
        self.place = Path(tempfile.mkdtemp(prefix="roomctl-test-"))
        if USER:
            os.chown(self.place, UID, -1)
        self.socket = self.place / "pulse" / "native"
        self.url = f"unix:{self.socket}"
        self.surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "XDG_RUNTIME_DIR": str(self.place),
            "PULSE_SERVER": self.url,
        }
        self._running = []
        self._tone = None

    def start(self):
        if self.kind == "pulseaudio":
            script = self.place / "room.pa"
            loads = [("module-native-protocol-unix", f"socket={self.socket}", "auth-anonymous=1")]
            loads += _ROOM
            script.write_text("".join(f"load-module {' '.join(words)}\n" for words in loads))
            self.socket.parent.mkdir(exist_ok=True)
            if USER:
                os.chown(self.socket.parent, UID, -1)
            self._run("pulseaudio", "-n", "-F", script, "--exit-idle-time=-1", "--daemonize=no")
            self._until(lambda: "mic" in self.pactl("list", "short", "sources"))
        else:
            self._run("pipewire")
            self._until(lambda: (self.place / "pipewire-0").exists())
            self._run("wireplumber")
            self._run("pipewire-pulse")
            self._until(lambda: "auto_null" in self.pactl("info"))
            for module in _ROOM:
                self.pactl("load-module", *module)
        self.pactl("set-default-sink", "hall")
        self.pactl("set-default-source", "webcam")
        return self

    def kill(self, number=signal.SIGKILL):
        for process in self._running:
            process.send_signal(number)
        if number == signal.SIGKILL:
            for process in self._running:
                process.wait()
            self._running.clear()
            for socket in (self.socket, self.place / "pipewire-0"):  # else the next one seems up
                socket.unlink(missing_ok=True)

    def close(self):
        self.silence()
        self.kill()
        shutil.rmtree(self.place)

    def pactl(self, *words):
        found = subprocess.run(
            ["pactl", *words], env=self.surroundings, capture_output=True, text=True, check=False
        )
        return found.stdout

    def muted(self, source):
        return "yes" in self.pactl("get-source-mute", source)

    def unmute_behind_the_flag(self, source):
        """Open a source of PipeWire that goes on to read as muted."""
        line = ["pw-cli", "s", source, "Props", "{ softMute: false }"]
        subprocess.run(line, env=self.surroundings, capture_output=True, check=True)

    @contextlib.contextmanager
    def recorder(self, source):
        """Have a program record from a source."""
        line = ["parec", f"--device={source}", "--raw", f"--rate={RATE}", "--latency-msec=20"]
        with subprocess.Popen(line, env=self.surroundings, stdout=subprocess.PIPE) as recorder:
            try:
                assert select.select([recorder.stdout], [], [], HEARD_S)[0], "it does not run"
                yield
            finally:
                recorder.kill()

    def suspended(self, *sources):
        """Whether they give not even silence."""
        lines = [line.split("\t") for line in self.pactl("list", "short", "sources").splitlines()]
        return {*sources} <= {line[1] for line in lines if line[-1] == "SUSPENDED"}

    def defaults(self):
        return self.pactl("get-default-sink").strip(), self.pactl("get-default-source").strip()

    def recording(self):
        """How many streams there are that record."""
        return len(self.pactl("list", "short", "source-outputs").splitlines())

    async def defaults_become(self, sink, source):
        """Wait until they are; PipeWire takes a moment after it has said that it is done."""
        async with asyncio.timeout(60):
            while await asyncio.to_thread(self.defaults) != (sink, source):
                await asyncio.sleep(0.01)

    def play(self):
        """Let there be a tone in the air until `silence`."""
        path = self.place / "tone.wav"
        period = array("h", [round(9000 * sin(n * 6.2831853 / 20)) for n in range(20)])
        with wave.open(str(path), "wb") as tone:
            tone.setnchannels(1)
            tone.setsampwidth(2)
            tone.setframerate(RATE)
            tone.writeframes(period.tobytes() * (RATE * TONE_S // 20))
        line = ["paplay", "--device=air", "--latency-msec=50", str(path)]
        self._tone = subprocess.Popen(line, env=self.surroundings)
        assert self.peak("air.monitor", patience_s=60) > 1000

    def silence(self):
        if self._tone is not None:
            self._tone.kill()
            self._tone.wait()
            self._tone = None

    def peak(self, source, patience_s=0.0):
        """The greatest sample of 0.25 s of `source`; read again until there is one, if patient."""
        line = ["parec", f"--device={source}", "--raw", "--format=s16le", f"--rate={RATE}"]
        line += ["--channels=1", "--latency-msec=20"]
        with subprocess.Popen(line, env=self.surroundings, stdout=subprocess.PIPE) as recorder:
            try:
                until = time.monotonic() + patience_s
                found = _loudest(recorder.stdout)
                while found == 0 and time.monotonic() < until:
                    found = _loudest(recorder.stdout)
            finally:
                recorder.kill()
        return found

    def _run(self, *line):
        become = {"user": UID, "extra_groups": []} if USER else {}
        with (self.place / "log").open("ab") as log:
            process = subprocess.Popen(
                line, env=self.surroundings, cwd="/", stdout=log, stderr=log, **become
            )
        self._running.append(process)

    def _until(self, fact):
        until = time.monotonic() + START_S
        while not fact():
            assert time.monotonic() < until, (self.place / "log").read_text()
            time.sleep(0.05)


def _loudest(stream):
    assert select.select([stream], [], [], HEARD_S)[0], "not one sample: the source is suspended"
    samples = array("h", stream.read(2 * RATE // 4))
    assert samples, "the recorder ended"
    if sys.byteorder == "big":
        samples.byteswap()
    return max(abs(sample) for sample in samples)
