"""What the wall in front of the microphone costs: how much later programs hear, and processor time.

A click sounds twenty times in the air. One program records the microphone behind the wall, another
`call` before it; each notes when the click came. Their difference is what the gate adds. In a real
call (Chromium, and aiortc at the other end) the other end notes when it last heard the room after
each mute; codec and jitter buffer are part of that.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import threading
import time
import wave
from array import array
from pathlib import Path
from statistics import median

from benchmarks.report import Figure, quantile
from roomctl.screen.protocol import SoundProcessing
from tests import far_end
from tests.kiosk.walled import Side, opened, processes, standing
from tests.kiosk.walled_call import hears, in_a_call, muted

CLICKS = 20
APART_S = 0.4
RATE = 48000
LOUD = 8000
WATCH_S = 10.0
MUTES = 20
SILENT_S = 1.0
_READ = 2 * 128  # bytes that are taken at once: 2.7 ms of one channel
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_MEANS: dict[SoundProcessing, str] = {
    SoundProcessing.NONE: "a microphone with echo cancelling of its own",
    SoundProcessing.VOICE: "WebRTC's echo cancelling and noise suppression",
}


def figures() -> list[Figure]:
    """Measure the gate without processing, and with it."""
    found = []
    for processing, means in _MEANS.items():
        with tempfile.TemporaryDirectory(prefix="roomctl-wall-") as place:
            late_ms, walled_pct, bare_pct = asyncio.run(_measured(Path(place), processing))
        found += [
            Figure(f"programs hear later, {processing}", late_ms, "ms", means=means),
            Figure(
                f"one program records, {processing}",
                walled_pct,
                "% of a core",
                bare_pct,
                "behind the wall",
                means,
            ),
        ]
    heard_ms = asyncio.run(_heard_after_mutes())
    means = "from the order to the last sound that the other end of a call hears"
    found += [
        Figure(f"the other end hears on, {words}", quantile(heard_ms, share), "ms", means=means)
        for words, share in (("p50", 0.5), ("at most", 1.0))
    ]
    return found


async def _heard_after_mutes() -> list[float]:
    """Mute a call again and again; return for how many milliseconds it was heard."""
    found = []
    async with in_a_call() as wall:
        for _ in range(MUTES):
            await hears(await muted(wall, False))
            asked_at = await muted(wall, True)
            await asyncio.sleep(SILENT_S)
            heard = await asyncio.to_thread(far_end.shared().heard)
            found.append(max(0.0, 1000 * (heard["loud_at"] - asked_at)))
    return found


async def _measured(place: Path, processing: SoundProcessing) -> tuple[float, float, float]:
    async with standing(place, processing=processing) as (_, manager, programs):
        await asyncio.to_thread(opened, manager)
        return await asyncio.to_thread(_compare, place, manager, programs)


def _compare(place: Path, manager: Side, programs: Side) -> tuple[float, float, float]:
    bare, walled = (_core_pct(place, *one) for one in ((manager, "mic"), (programs, "call")))
    behind, before = _Recorder(manager, "mic"), _Recorder(programs, "call")
    try:
        manager.run("paplay", "--device=air", "--latency-msec=20", str(_clicks(place)))
        time.sleep(1.0)
    finally:
        behind.close()
        before.close()
    return 1000 * median(_differences(behind.heard, before.heard)), walled, bare


def _core_pct(place: Path, side: Side, source: str) -> float:
    """Return how much of a core the sound servers take while a program records."""
    with side.recorder(source):
        began, at = _cpu_s(place), time.monotonic()
        time.sleep(WATCH_S)
        return 100 * (_cpu_s(place) - began) / (time.monotonic() - at)


def _differences(first: list[float], second: list[float]) -> list[float]:
    """Return how much later each click of the first came in the second."""
    pairs = ((one, min(second, key=lambda other: abs(other - one))) for one in first)
    return [other - one for one, other in pairs if abs(other - one) < APART_S / 2]


def _cpu_s(place: Path) -> float:
    """Return the processor time of the wall's programs so far."""
    ticks = 0
    for process in processes(place):
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_PER_S


def _clicks(place: Path) -> Path:
    """Return a WAV file of clicks."""
    found = place / "clicks.wav"
    click = array("h", [30000, -30000] * 24)
    pause = array("h", bytes(2 * round(APART_S * RATE)))
    with wave.open(str(found), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes((pause + click).tobytes() * CLICKS + pause.tobytes())
    return found


class _Recorder:
    """A program that records, and when it heard each click."""

    def __init__(self, side: Side, source: str) -> None:
        self.heard: list[float] = []
        line = ["parec", f"--device={source}", "--raw", "--channels=1", "--latency-msec=5"]
        line += ["--format=s16le", f"--rate={RATE}"]
        self._program = subprocess.Popen(line, env=side.surroundings, stdout=subprocess.PIPE)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        self._listening.join()

    def _listen(self) -> None:
        assert self._program.stdout is not None
        while taken := self._program.stdout.read(_READ):
            at = time.monotonic()
            loud = max(map(abs, array("h", taken)), default=0) > LOUD
            if loud and (not self.heard or at - self.heard[-1] > APART_S / 2):
                self.heard.append(at)
