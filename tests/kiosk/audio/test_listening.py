"""Whether a program records from a microphone of the room, as real sound servers tell."""

import asyncio
import contextlib
import subprocess

import pytest

from roomctl.kiosk.audio.meter import PeakMeter
from tests.kiosk.mixing import mixing
from tests.kiosk.sound_server import KINDS, SoundServer, needed

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=KINDS)
def server(request):
    needed(request.param)
    server = SoundServer(request.param)
    try:
        yield server.start()
    finally:
        server.close()


@contextlib.contextmanager
def recording(server, source):
    """Have a program record until the block ends."""
    line = ["parec", f"--device={source}", "--raw"]
    with subprocess.Popen(line, env=server.surroundings, stdout=subprocess.DEVNULL) as program:
        try:
            yield
        finally:
            program.kill()


@pytest.mark.parametrize("source", ["mic", "webcam"])
async def test_a_program_that_records_listens_until_it_ends(server, monkeypatch, source):
    async with mixing(server, monkeypatch) as ear:
        assert ear.mixer.sound.listening is False
        await ear.mute(False)
        assert ear.mixer.sound.listening is False, "an open microphone has no listener by itself"
        with recording(server, source):
            await ear.until(lambda sound: sound.listening is True)
        await ear.until(lambda sound: sound.listening is False)


async def test_what_feeds_a_source_is_no_listener_and_who_records_from_that_one_is(
    server, monkeypatch
):
    module = server.pactl("load-module", "module-remap-source", "source_name=clean", "master=mic")
    try:
        async with mixing(server, monkeypatch) as ear:
            await ear.mute(False)
            assert ear.mixer.sound.listening is False
            with recording(server, "clean"):
                await ear.until(lambda sound: sound.listening is True)
            await ear.until(lambda sound: sound.listening is False)
    finally:
        server.pactl("unload-module", module.strip())


async def test_neither_the_rooms_own_meter_nor_who_records_a_loudspeaker_listens(
    server, monkeypatch
):
    levels = asyncio.Queue()
    async with mixing(server, monkeypatch) as ear:
        await ear.mute(False)
        meter = PeakMeter(levels.put_nowait, server.url)
        meter.listen(60)
        metering = asyncio.create_task(meter.run())
        try:
            async with asyncio.timeout(60):
                await levels.get()  # it runs
            with recording(server, "air.monitor"):
                async with asyncio.timeout(60):
                    while await asyncio.to_thread(streams, server, "parec") == 0:
                        await asyncio.sleep(0.05)
                ear.heard.clear()
                ear.mixer.gain(90)
                await ear.until(lambda sound: sound.gain_pct == 90)  # it has looked since
                assert ear.mixer.sound.listening is False
        finally:
            metering.cancel()
            await asyncio.gather(metering, return_exceptions=True)


def streams(server, program):
    """How many streams of a program record."""
    return server.pactl("list", "source-outputs").count(f'application.name = "{program}"')
