"""Mute, volume and suspended microphones of real sound servers, and what becomes of them."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from roomctl.kiosk.audio import pulse
from roomctl.kiosk.audio.mixer import NONE
from roomctl.screen.protocol import ScreenReason, SoundState
from tests.kiosk.mixing import DEFAULTS, OTHERS_PUCK, PUCK, Ear, mixing
from tests.kiosk.sound_server import KINDS, SoundServer, needed

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=KINDS)
def shared(request):
    needed(request.param)
    server = SoundServer(request.param)
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def server(shared):
    """The sound server as it was when it started."""
    for source in ("mic", "webcam"):
        shared.pactl("set-source-mute", source, "0")
    shared.pactl("set-default-sink", DEFAULTS[0])
    shared.pactl("set-default-source", DEFAULTS[1])
    yield shared
    shared.silence()


@pytest.fixture
def own_server():
    """A PulseAudio that the test may kill."""
    needed("pulseaudio")
    server = SoundServer("pulseaudio")
    try:
        yield server.start()
    finally:
        server.kill(signal.SIGCONT)
        server.close()


async def test_muted_is_silence_on_every_source_and_open_is_the_rooms_alone(server, monkeypatch):
    server.play()
    assert server.peak("mic", patience_s=60) > 1000
    async with mixing(server, monkeypatch) as ear:
        await ear.mute(True)
        assert (server.peak("mic"), server.peak("webcam")) == (0, 0)
        await ear.mute(False)
        assert server.peak("mic", patience_s=60) > 1000
        assert server.peak("webcam") == 0


async def test_a_source_that_appears_is_muted_and_no_room_with_it_is_called_muted(
    server, monkeypatch
):
    async with mixing(server, monkeypatch) as ear:
        await ear.mute(True)
        module = server.pactl("load-module", "module-remap-source", "source_name=new")
        try:
            assert (await ear.next()).muted is False
            assert (await ear.next()).muted is True
            async with asyncio.timeout(60):  # what PipeWire restores of it comes now, if at all
                while not await asyncio.to_thread(server.muted, "new"):
                    await asyncio.sleep(0.05)
            assert ear.mixer.sound.muted
        finally:
            server.pactl("unload-module", module.strip())


async def test_a_mute_that_somebody_undoes_is_not_claimed_and_is_set_again(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        await ear.mute(True)
        server.pactl("set-source-mute", "webcam", "0")
        assert (await ear.next()).muted is False
        assert (await ear.next()).muted is True
        assert server.muted("webcam")


async def test_a_mute_by_somebody_else_is_reported_and_stays(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        await ear.mute(False)
        server.pactl("set-source-mute", "mic", "1")
        await ear.until(lambda sound: sound.muted is True)
        ear.mixer.use(OTHERS_PUCK)
        await ear.mixer.begin()  # whatever happens next
        assert server.muted("mic")
        assert server.muted("webcam")
        ear.mixer.use(PUCK)
        await ear.mute(False)
        assert not server.muted("mic")


@pytest.mark.parametrize("muted_before", [True, False])
async def test_before_it_is_told_every_microphone_is_shut_and_how_they_were_is_said(
    server, monkeypatch, muted_before
):
    for source in ("mic", "webcam"):
        server.pactl("set-source-mute", source, str(int(muted_before)))
    server.play()
    async with mixing(server, monkeypatch) as ear:
        await ear.mixer.begin()
        assert (ear.mixer.sound.muted, ear.mixer.sound.found) == (True, muted_before)
        assert server.peak("mic") == 0
        server.pactl("set-source-mute", "mic", "0")
        await ear.until(lambda sound: sound.muted is False)
        await ear.until(lambda sound: sound.muted is True)
        await ear.mute(False)
        assert ear.mixer.sound.found is None
        assert server.muted("webcam")
        assert await asyncio.to_thread(server.peak, "mic", 60) > 1000


async def test_without_the_device_the_servers_default_is_the_rooms(server, monkeypatch):
    async with mixing(server, monkeypatch, OTHERS_PUCK) as ear:
        await ear.mute(False)
        assert server.muted("mic")
        assert not server.muted("webcam")


async def test_the_volume_is_what_was_read_back(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        server.peak("room.monitor")  # PipeWire: a sink that never ran keeps its volume to itself
        for pct in (37, 0, 60):
            ear.mixer.volume(pct)
            await ear.until(lambda sound, pct=pct: sound.volume_pct == pct)
        assert "60%" in server.pactl("get-sink-volume", "room")
        server.pactl("set-sink-volume", "room", "25%")
        await ear.until(lambda sound: sound.volume_pct == 25)


async def test_the_gain_is_that_of_the_rooms_microphone_and_opens_nothing(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        await ear.mute(True)
        server.peak("mic")  # PipeWire: a source that never ran keeps its volume to itself
        for pct in (37, 0, 60):
            ear.mixer.gain(pct)
            sound = await ear.until(lambda sound, pct=pct: sound.gain_pct == pct)
            assert sound.muted
        assert "60%" in server.pactl("get-source-volume", "mic")
        assert "100%" in server.pactl("get-source-volume", "webcam")
        assert server.muted("mic")


async def test_every_order_is_answered_even_if_it_changes_nothing(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        for _ in range(3):
            await ear.mute(True)


async def test_in_a_meeting_the_other_microphones_are_suspended(server, monkeypatch):
    def alone():
        return server.suspended("webcam") and not server.suspended("mic")

    async with mixing(server, monkeypatch) as ear:
        server.peak("webcam")  # it runs
        server.peak("mic")
        with server.recorder("mic"):  # a meeting's page
            await ear.mixer.begin()
            async with asyncio.timeout(60):
                while not await asyncio.to_thread(alone):
                    await asyncio.sleep(0.01)
            await ear.mixer.end()
        assert server.peak("webcam", patience_s=0.1) == 0  # what is suspended gives nothing at all


async def test_a_server_that_dies_takes_the_claim_along_and_is_muted_when_it_is_back(
    own_server, monkeypatch
):
    async with mixing(own_server, monkeypatch) as ear:
        await ear.mute(True)
        own_server.kill()
        assert await ear.next() == NONE
        own_server.start()
        assert await ear.next() == SoundState(True, True, 100, gain_pct=100, listening=False)
        assert own_server.muted("webcam")


async def test_an_order_to_open_that_met_no_server_is_not_carried_out_later(
    own_server, monkeypatch
):
    async with mixing(own_server, monkeypatch) as ear:
        await ear.mute(True)
        own_server.kill()
        assert await ear.next() == NONE
        ear.mixer.mute(False)
        assert await ear.next() == NONE
        own_server.start()
        assert (await ear.next()).muted is True


async def test_a_server_that_hangs_is_none_and_is_used_again_when_it_answers(
    own_server, monkeypatch
):
    async with mixing(own_server, monkeypatch, answer_s=1.0) as ear:
        await ear.mute(True)
        own_server.kill(signal.SIGSTOP)
        ear.mixer.mute(True)
        assert await ear.next() == NONE
        own_server.kill(signal.SIGCONT)
        assert (await ear.next()).muted is True


async def test_without_a_server_every_order_is_answered_and_nothing_is_claimed(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PULSE_COOKIE", str(tmp_path / "cookie"))
    ear = Ear(f"unix:{tmp_path}/nowhere")
    running = asyncio.create_task(ear.mixer.run())
    for order, value in ((ear.mixer.mute, True), (ear.mixer.volume, 30)):
        order(value)
        assert await ear.next() == SoundState(False, None, None, ScreenReason.NO_SOUND_SERVER)
    await ear.mixer.begin()
    await ear.mixer.end()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert ear.heard == []


_WITHOUT_SOUND = """
import asyncio, sys
if "libpulse" in sys.argv:
    sys.modules["pulsectl_asyncio"] = None  # as if it could not be imported
from roomctl.kiosk.audio.mixer import Mixer

async def main():
    mixer = Mixer(print)
    running = asyncio.create_task(mixer.run())
    await asyncio.sleep(0.6)  # two attempts
    mixer.mute(True)
    running.cancel()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("lacking", "says"),
    [
        ("libpulse", "libpulse is not installed; sudo apt install libpulse0"),
        ("home", "this user has no XDG_RUNTIME_DIR and no home; is PipeWire running for it?"),
    ],
)
def test_without_what_it_needs_the_screen_runs_and_says_once_that_it_has_no_sound(lacking, says):
    line = [sys.executable, "-W", "error", "-c", _WITHOUT_SOUND, lacking]
    homeless = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=60, check=False, env=homeless
    )
    assert done.stdout == f"{NONE}\n"
    assert done.returncode == 0
    assert done.stderr.count(says) == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("beside", [0, 50])
async def test_who_waits_for_a_server_that_is_killed_is_told(own_server, beside):
    """Also beside what has ended in the same moment, at which pulsectl stops telling the others."""
    connection = pulse.SoundServer(own_server.url)
    await connection.open(lambda source, new: None)
    own_server.kill(signal.SIGSTOP)
    reading = asyncio.create_task(connection.read())
    await asyncio.sleep(0)  # it has asked
    loop = asyncio.get_running_loop()
    for _ in range(beside):
        ended = loop.create_future()
        ended.set_result(None)
        connection._pulse.waiting_futures.add(ended)
    own_server.kill()
    async with asyncio.timeout(60):
        with pytest.raises(pulse.SoundServerGone):
            await reading
        await connection.close()
