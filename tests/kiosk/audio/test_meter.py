"""The level meter and the test sound, on real sound servers with a room of null devices."""

import asyncio
import contextlib
import os
import subprocess
import sys

import pytest

from roomctl.kiosk.audio import meter, pulse
from roomctl.kiosk.audio.meter import PeakMeter
from roomctl.screen.protocol import (
    MicrophoneLevel,
    PreferDevice,
    RoomHeard,
    ToneResult,
    ToneVerdict,
)
from tests.kiosk.sound_server import KINDS, SoundServer, needed

PUCK = PreferDevice("1-1.4", 0x0B0E, 0x2456)
TESTS = 12  # a sound server that gets no processor plays nothing, and is asked again


@pytest.fixture(scope="module", params=KINDS)
def server(request):
    needed(request.param)
    server = SoundServer(request.param)
    try:
        yield server.start()
    finally:
        server.close()


@contextlib.asynccontextmanager
async def metering(server, monkeypatch, use=PUCK):
    """Run a meter; yields it and what it reports. A server on a busy machine has its time."""
    monkeypatch.setattr(pulse, "ANSWER_S", 60.0)
    monkeypatch.setattr(meter, "PLAY_LIMIT_S", 60.0)
    monkeypatch.setenv("PULSE_COOKIE", str(server.place / "cookie"))
    heard = asyncio.Queue()
    ear = PeakMeter(heard.put_nowait, server.url)
    ear.use(use)
    running = asyncio.create_task(ear.run())
    try:
        yield ear, heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def levels(heard, fact):
    """Wait for a level that makes `fact` true."""
    async with asyncio.timeout(60):
        while not (
            (report := await heard.get()) and isinstance(report, MicrophoneLevel) and fact(report)
        ):
            pass
    return report


@pytest.mark.real
async def test_the_level_follows_what_the_microphone_hears_while_somebody_looks(
    server, monkeypatch
):
    before = server.recording()
    async with metering(server, monkeypatch) as (meter, heard):
        meter.listen(100)  # longer than the test takes
        await levels(heard, lambda level: level.pct == 0)
        server.play()
        loud = await levels(heard, lambda level: level.pct > 70)  # -11 dB
        assert loud.pct < 90
        server.silence()
        await levels(heard, lambda level: level.pct == 0)
        meter.listen(0)
        async with asyncio.timeout(60):
            while await asyncio.to_thread(server.recording) != before:
                await asyncio.sleep(0.05)
        while not heard.empty():
            heard.get_nowait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await heard.get()


@pytest.mark.real
async def test_the_test_sound_is_heard_by_the_rooms_microphone(server, monkeypatch):
    server.pactl("set-default-sink", "air")
    server.pactl("set-default-source", "webcam")
    async with metering(server, monkeypatch, PreferDevice(None, None, None)) as (meter, heard):
        for number in range(TESTS):
            meter.test(number)
            async with asyncio.timeout(60):
                found, proof = await heard.get(), None
                if isinstance(found, RoomHeard):
                    found, proof = await heard.get(), found
            assert found.id == number
            assert (found.verdict is ToneVerdict.HEARD) is (proof is not None)
            if proof is not None and found.loud_pct > 70 and found.quiet_pct == 0:
                break  # on a busy machine the sound has gaps
    assert found.verdict is ToneVerdict.HEARD, found
    assert found.loud_pct > 70
    assert found.quiet_pct == 0


@pytest.mark.real
async def test_a_microphone_out_of_earshot_or_muted_is_told_apart(server, monkeypatch):
    async with metering(server, monkeypatch) as (meter, heard):  # `mic` does not hear `room`
        verdicts = []
        for muted in ("0", "1"):
            server.pactl("set-source-mute", "mic", muted)
            meter.test(1)
            async with asyncio.timeout(60):
                verdicts.append((await heard.get()).verdict)
    server.pactl("set-source-mute", "mic", "0")
    assert verdicts == [ToneVerdict.NOT_HEARD, ToneVerdict.MUTED]


_LISTEN_AND_LEAVE = """
import asyncio, contextlib, sys
from roomctl.kiosk.audio import pulse

async def main():
    connection = pulse.SoundServer(sys.argv[1])
    await connection.open(lambda: None)
    for _ in range(30):
        async with contextlib.aclosing(connection.peaks("mic", 4000)) as peaks:
            await anext(peaks)
        [bytearray(100) for _ in range(2000)]  # takes the place of what was freed
        await asyncio.sleep(0.01)
    await connection.close()

asyncio.run(main())
"""


@pytest.mark.real
def test_a_stream_that_ended_calls_nobody(server):
    """What libpulse still sends after the end of a stream once ended the program."""
    surroundings = {**os.environ, "PULSE_COOKIE": str(server.place / "cookie")}
    line = [sys.executable, "-c", _LISTEN_AND_LEAVE, server.url]
    server.play()  # PulseAudio hears silence in pieces of two seconds
    ended = subprocess.run(line, env=surroundings, check=False)
    server.silence()
    assert ended.returncode == 0


async def test_without_a_sound_server_a_test_sound_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PULSE_COOKIE", str(tmp_path / "cookie"))
    heard = asyncio.Queue()
    meter = PeakMeter(heard.put_nowait, f"unix:{tmp_path}/nowhere")
    running = asyncio.create_task(meter.run())
    meter.listen(1)
    meter.test(3)
    async with asyncio.timeout(60):
        assert await heard.get() == ToneResult(3, ToneVerdict.NO_SOUND_SERVER)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
