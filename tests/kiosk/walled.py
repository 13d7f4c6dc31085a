"""A real vault with a room of null devices behind it, for tests.

`air` is what there is to hear; `mic` and `webcam` hear it; `room` is a loudspeaker.
"""

import asyncio
import contextlib
import subprocess
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

import pytest

from roomctl.kiosk.audio.vault import Vault
from roomctl.screen.protocol import SoundProcessing
from tests.kiosk.sound_server import SoundServer

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
async def standing(folder, processing=SoundProcessing.NONE):
    """Have a vault with its devices; yields it with both sides."""
    folder = Path(folder)
    news = asyncio.Event()
    vault = Vault(folder, processing=processing, changed=news.set)
    running = asyncio.create_task(vault.run())
    manager, programs = Side(folder, "manager"), Side(folder, "programs")
    try:
        async with asyncio.timeout(60):
            while vault.why:
                await news.wait()
                news.clear()
        for module in BEHIND:
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
