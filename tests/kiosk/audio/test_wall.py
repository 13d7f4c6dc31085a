"""The gate of a real wall: what programs record decides whether the room is muted."""

import asyncio
import contextlib
import subprocess
from array import array
from math import pi, sin

import pytest
from pulsectl_asyncio import pulsectl_async

from roomctl.kiosk.audio import pulse
from roomctl.kiosk.audio.meter import PeakMeter
from roomctl.kiosk.audio.talk import VoiceMeter
from roomctl.kiosk.audio.vault import Vault
from roomctl.kiosk.audio.wall import Wall, WalledServer
from roomctl.screen.protocol import (
    HearingProof,
    PreferDevice,
    RoomHeard,
    ScreenReason,
    ToneResult,
    ToneVerdict,
)
from tests.kiosk.mixing import PUCK, Ear
from tests.kiosk.sound_server import SoundServer, needed
from tests.kiosk.walled import DEVICES, RATE, microphone, walled

pytestmark = pytest.mark.real

interrupted = pytest.mark.filterwarnings(
    # pulsectl sets futures that are done when a server dies between an answer and its reading
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


async def test_a_program_hears_the_room_and_nothing_of_a_muted_one():
    async with walled("mic", "room") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        assert ear.mixer.sound.walled
        await ear.mute(False)
        await program.hears()
        await ear.mute(True)
        assert await program.stays_silent() == 0
        assert ear.mixer.sound.silent
        await ear.mute(False)
        await program.hears()


async def test_a_wall_begins_shut_and_is_open_again_when_it_is_told(monkeypatch):
    async with walled("mic", "room") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        sound = await ear.until(lambda sound: sound.muted)
        assert sound.found is False
        assert await program.stays_silent() == 0


@pytest.mark.parametrize("muted", [True, False])
async def test_another_microphone_is_heard_only_once_somebody_opens_it(muted):
    async with walled("mic", "room", use=PreferDevice(None, None, None)) as (rig, ear):
        await ear.mute(muted)
        async with rig.program() as program:
            await rig.unplug("mic")
            await ear.until(lambda sound: sound.gain_pct is None)
            await rig.plug("webcam")
            await rig.speak("webcam")
            await ear.until(lambda sound: sound.gain_pct is not None and sound.muted)
            assert program.loud == 0
            assert await program.stays_silent() == 0
            await ear.mute(False)
            await program.hears()


async def test_the_rooms_own_device_takes_the_place_of_another_and_is_shut():
    async with walled("webcam") as (rig, ear), rig.program() as program:
        await ear.mute(False)
        await rig.plug("mic")
        await rig.speak("mic")
        await ear.until(lambda sound: sound.muted)
        assert rig.wall.microphone.name == "mic"
        assert program.loud == 0
        await ear.mute(False)
        await program.hears()


async def test_a_microphone_that_is_opened_before_it_is_there_stays_shut_when_it_comes():
    async with walled() as (rig, ear), rig.program() as program:
        await ear.mute(False)
        assert ear.mixer.sound.gain_pct is None
        await rig.plug("mic")
        await rig.speak("mic")
        await ear.until(lambda sound: sound.muted and sound.gain_pct is not None)
        assert program.loud == 0
        assert await program.stays_silent() == 0


async def test_a_move_that_a_session_manager_misses_is_made_again(monkeypatch):
    """One that has just begun does; the room is open by then, and nothing changes any more."""
    kind = pulsectl_async.PulseAsync
    move, managed = kind.source_output_move, asyncio.Event()

    async def miss(pulse, *words):
        if managed.is_set():
            await move(pulse, *words)

    monkeypatch.setattr(kind, "source_output_move", miss)
    async with walled("mic") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        await ear.mute(False)
        await asyncio.sleep(2)
        managed.set()
        await program.hears()
        assert not ear.mixer.sound.muted


@interrupted
async def test_servers_begin_again_where_the_gate_is_not_moved_to_its_microphone():
    """WirePlumber makes no link anew that somebody has cut: the room would be open, and unheard."""
    async with walled("mic", "room") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        await ear.mute(False)
        await program.hears()
        await rig.cut("mic:capture_MONO", "gate:input_MONO")
        await ear.until(lambda sound: not sound.available)
        await ear.until(lambda sound: sound.available)
        rig.silence()
        await rig.plug("mic")  # a null device goes with its server
        await rig.speak("mic")
        await ear.until(lambda sound: sound.muted)
        await ear.mute(False)
        async with rig.program() as another:
            await another.hears()


@interrupted
async def test_servers_whose_gate_does_not_shut_begin_again(monkeypatch):
    """They begin with a gate that is shut, so nobody is heard longer than that takes."""
    monkeypatch.setattr("roomctl.kiosk.audio.wall.SHUTS", 2)
    async with walled("mic") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        await ear.mute(False)
        await program.hears()

        async def nothing(pulse, *words):
            pass

        monkeypatch.setattr(pulsectl_async.PulseAsync, "source_output_mute", nothing)
        ear.mixer.mute(True)
        await ear.until(lambda sound: not sound.muted)
        await ear.until(lambda sound: not sound.available)
        monkeypatch.undo()
        await ear.until(lambda sound: sound.available)
        rig.silence()
        await rig.plug("mic")
        await ear.until(lambda sound: sound.muted)


@interrupted
async def test_servers_that_stand_still_begin_again_once(monkeypatch):
    """PipeWire does, now and then, where its session manager was killed."""
    monkeypatch.setattr("roomctl.kiosk.audio.wall.STILL_LOOKS", 2)
    still, begun = True, []

    async def nothing(server, source, rate, *, passive=False):
        if still and not isinstance(server, WalledServer):
            await asyncio.Event().wait()
        async with contextlib.aclosing(peaks(server, source, rate, passive=passive)) as heard:
            async for peak in heard:
                yield peak

    peaks = pulse.SoundServer.peaks
    monkeypatch.setattr(pulse.SoundServer, "peaks", nothing)
    again = Vault.begin_again
    monkeypatch.setattr(Vault, "begin_again", lambda vault: begun.append(again(vault)))
    async with walled("mic") as (rig, ear):
        ear.mixer.mute(True)
        await ear.until(lambda sound: "gives no sound" in sound.why)
        await ear.until(lambda sound: not sound.available)
        await ear.until(lambda sound: sound.available)
        await rig.plug("mic")
        await ear.until(lambda sound: "gives no sound" in sound.why)
        await asyncio.sleep(4)
        assert len(begun) == 1
        still = False
        await ear.until(lambda sound: sound.muted)
        still = True
        async with rig.program():
            await ear.mute(False)
            await ear.until(lambda sound: not sound.available)


@pytest.mark.parametrize("end", ["gate", "call"])
async def test_one_end_that_is_opened_behind_its_flag_is_not_heard(end):
    async with walled("mic") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        await ear.mute(True)
        _soft_unmute(rig, end)
        assert await program.stays_silent() == 0
        assert ear.mixer.sound.muted


async def test_a_gate_that_is_opened_behind_both_flags_is_not_muted_until_it_is_shut_again():
    async with walled("mic") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        await ear.mute(True)
        _soft_unmute(rig, "gate")
        _soft_unmute(rig, "call")
        sound = await ear.until(lambda sound: not sound.muted)
        assert (sound.silent, sound.heard) == (False, "Puck")
        await ear.until(lambda sound: sound.silent)
        assert await program.stays_silent() == 0


async def test_a_device_that_programs_see_is_named_and_nothing_is_muted():
    async with walled("mic") as (rig, ear):
        await ear.mute(True)
        module = await _public(rig)
        sound = await ear.until(lambda sound: not sound.muted)
        assert (sound.silent, sound.seen) == (False, "Leak")
        await rig.pactl("unload-module", module)
        await ear.until(lambda sound: sound.silent and sound.seen is None)


async def test_what_mutes_itself_shuts_the_gate_and_is_opened_again_only_when_asked():
    async with walled("mic") as (rig, ear):
        await ear.mute(False)
        await rig.pactl("set-source-mute", "mic", "1")
        await ear.until(lambda sound: sound.muted)
        assert await _muted(rig, "mic")  # its own key wins
        await ear.mute(False)
        assert not await _muted(rig, "mic")


async def test_gain_and_volume_are_the_devices():
    async with walled("mic", "room", "hall") as (rig, ear):
        ear.mixer.gain(40)
        await ear.until(lambda sound: sound.gain_pct == 40)
        await rig.play()  # a null sink that never ran keeps its volume to itself
        ear.mixer.volume(30)
        await ear.until(lambda sound: sound.volume_pct == 30)
        assert "40%" in await rig.pactl("get-source-volume", "mic")
        assert "30%" in await rig.pactl("get-sink-volume", "room")
        assert "100%" in await rig.pactl("get-source-volume", "call")
        assert "100%" in await rig.pactl("get-sink-volume", "hall")


async def test_levels_are_what_programs_hear_and_behind_a_shut_gate_what_the_wall_hears():
    async with walled("mic") as (rig, ear), metering(rig) as meter:
        await rig.speak("mic")
        await ear.mute(False)
        meter.meter.listen(600)
        level = await meter.until(lambda level: level.pct > 50)
        assert not level.behind_wall
        await ear.mute(True)
        await meter.until(lambda level: level.pct > 50 and level.behind_wall)
        rig.silence()
        await meter.until(lambda level: level.pct == 0 and level.behind_wall)


@pytest.mark.parametrize("muted", [True, False])
async def test_the_test_tone_is_heard_behind_the_wall_though_the_room_is_muted(muted):
    async with walled("mic", "room") as (rig, ear), metering(rig) as meter:
        await rig.link("room:monitor_FL", "mic:input_MONO")
        await ear.mute(muted)
        async with rig.program() as program:
            for number in range(20):  # sound is late on a busy machine, and then not known again
                meter.meter.test(number)
                tone = await meter.until(lambda one: isinstance(one, ToneResult))
                assert tone.id == number
                if tone.verdict is ToneVerdict.HEARD:
                    break
            assert tone.verdict is ToneVerdict.HEARD
            assert bool(program.loud) is not muted


async def test_a_call_with_sound_both_ways_says_so_and_one_without_does_not():
    async with walled("mic", "room") as (rig, ear), metering(rig) as meter:
        await rig.speak("mic")
        await ear.mute(False)
        async with rig.program() as program:
            await program.hears()
            await rig.play("/dev/zero")
            await program.stays_silent(200)  # it hears the room; nothing is played
            assert not meter.came
            await rig.play("/dev/urandom")
            heard = await meter.until(lambda one: isinstance(one, RoomHeard))
            assert heard == RoomHeard(HearingProof.CALL, "Puck", "Puck")


async def test_somebody_who_talks_is_heard_behind_the_wall_of_a_muted_room():
    async with walled("mic") as (rig, ear):
        said = asyncio.Queue()
        meter = VoiceMeter(said.put_nowait, rig.wall)
        running = asyncio.create_task(meter.run())
        try:
            await ear.mute(True)
            meter.listen(600)
            assert await said.get() is None  # at once: nothing is known yet
            await rig.speak("mic", syllables())
            async with rig.program() as program, asyncio.timeout(60):
                while await said.get() is not True:
                    pass
                assert await program.stays_silent() == 0
            rig.silence()
            async with asyncio.timeout(60):
                while await said.get() is not None:  # a device that gives zeros is not judged
                    pass
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_without_a_wall_nothing_is_told_of_a_voice():
    said = []
    meter = VoiceMeter(said.append, None)
    meter.listen(5)
    assert said == [None]


async def test_no_microphone_runs_for_the_canary():
    async with walled("mic") as (rig, ear):
        await ear.mute(True)
        async with asyncio.timeout(60):
            while "SUSPENDED" not in await _states(rig, "mic"):
                await asyncio.sleep(0.1)
        assert ear.mixer.sound.silent


@interrupted
async def test_a_wall_that_is_away_is_said_and_comes_back_muted():
    async with walled("mic") as (rig, ear), rig.program():
        await ear.mute(True)
        rig.kill("pipewire.conf")
        sound = await ear.until(lambda sound: not sound.available)
        assert (sound.walled, sound.reason, sound.muted) == (True, ScreenReason.NO_WALL, None)
        assert sound.why
        await ear.until(lambda sound: sound.available)
        await rig.plug("mic")
        await rig.speak("mic")
        async with rig.program() as program:
            await ear.until(lambda sound: sound.muted)
            assert await program.stays_silent() == 0


@interrupted
@pytest.mark.parametrize("what", ["manager.conf", "programs.conf", "wireplumber"])
async def test_whatever_of_it_dies_nothing_is_heard_of_a_muted_room(what):
    async with walled("mic") as (rig, ear), rig.program():
        await rig.speak("mic")
        await ear.mute(True)
        rig.kill(what)
        async with asyncio.timeout(60):
            while not (ear.mixer.sound.silent and await _answers(rig)):
                await asyncio.sleep(0.1)
        async with rig.program() as program:
            assert await program.stays_silent() == 0


async def test_thirty_microphones_are_behind_one_gate():
    async with walled("mic") as (rig, ear), rig.program() as program:
        for number in range(29):
            await rig.plug(f"other-{number}", *microphone(f"other-{number}"))
        await rig.speak("mic")
        await ear.mute(False)
        assert rig.wall.microphone.name == "mic"
        await program.hears()
        await ear.mute(True)
        assert await program.stays_silent() == 0
        seen = await rig.pactl("list", "short", "sources", server=rig.vault.programs)
        assert len(seen.splitlines()) == 2  # call, and the speaker's monitor


@pytest.mark.parametrize(
    "words", [("channels=64",), ("rate=192000",), ("rate=192000", "channels=64"), ("channels=1",)]
)
async def test_a_microphone_of_any_kind_is_opened_and_shut_or_said_to_be_none(words):
    shape = [word for word in microphone("odd") if not word.startswith("channel_map")]
    async with walled(use=PreferDevice(None, None, None)) as (rig, ear), rig.program() as program:
        await rig.plug("odd", *shape, *words)
        await ear.until(lambda sound: sound.gain_pct is not None)
        await ear.mute(False)
        await ear.mute(True)
        assert await program.stays_silent() == 0


async def test_a_source_without_channels_opens_nothing():
    async with walled("mic") as (rig, ear):
        shape = [word for word in microphone("none") if not word.startswith("channel_map")]
        await rig.pactl("load-module", *shape, "channels=0")
        await ear.mute(True)
        await ear.mute(False)
        assert rig.wall.microphone.name == "mic"


async def test_a_card_that_appears_for_a_moment_opens_nothing():
    async with walled("mic") as (rig, ear), rig.program() as program:
        await rig.speak("mic")
        await ear.mute(True)
        for _ in range(5):
            await rig.plug("webcam")
            await rig.unplug("webcam")
        assert await program.stays_silent() == 0
        await ear.mute(False)
        await program.hears()


async def test_a_broken_file_of_the_sites_is_not_read(tmp_path, monkeypatch):
    for place in ("pipewire/pipewire.conf.d", "wireplumber/wireplumber.conf.d"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "99-site.conf").write_text("context.modules = [ { name = no } ] }{")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    async with walled("mic") as (_rig, ear):
        await ear.mute(True)


async def test_a_server_without_a_gate_is_no_wall(monkeypatch):
    """PulseAudio alone, where the wall should be."""
    needed("pulseaudio")
    server = SoundServer("pulseaudio")
    try:
        server.start()
        monkeypatch.setenv("PULSE_COOKIE", str(server.place / "cookie"))
        ear = Ear(None, wall=Wall(server.url, server.url))
        running = asyncio.create_task(ear.mixer.run())
        ear.mixer.mute(True)
        sound = await ear.until(lambda sound: "gate" in sound.why)
        assert (sound.available, sound.muted, sound.reason) == (False, None, ScreenReason.NO_WALL)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    finally:
        server.close()


async def test_a_speakers_sound_goes_to_the_rooms_loudspeaker():
    async with walled("hall", use=PUCK) as (rig, _ear):
        await rig.plug("room")
        async with asyncio.timeout(60):
            while rig.wall.loudspeaker is None or rig.wall.loudspeaker.name != "room":
                await asyncio.sleep(0.05)
        assert "room" in DEVICES


async def test_a_stream_of_a_program_that_is_called_gate_is_not_the_gate():
    async with walled("mic") as (rig, ear):
        line = ["parec", "-s", rig.vault.programs, "--device=call", "--client-name=gate"]
        line += ["--stream-name=gate", "--property=node.name=gate", "--raw"]
        with subprocess.Popen(line, env=rig.surroundings, stdout=subprocess.PIPE) as impostor:
            try:
                assert impostor.stdout.read(1000)
                await ear.mute(True)
                await rig.speak("mic")
                async with rig.program() as program:
                    assert await program.stays_silent() == 0
                connection = WalledServer(rig.wall)
                await connection.open(lambda source, new: None)
                with contextlib.closing(impostor.stdout):
                    await connection.close()
            finally:
                impostor.kill()


def syllables():
    """Ten seconds of a voice's like: tones that glide, and come and go five times a second."""
    samples, phase = array("h"), 0.0
    for n in range(10 * RATE):
        at = n / RATE
        phase += 2 * pi * (140 + 40 * sin(2 * pi * 0.9 * at)) / RATE
        loud = max(0.0, sin(2 * pi * 2.5 * at))
        voiced = sum(sin(k * phase) / k for k in range(1, 12))
        samples.append(round(5000 * loud * voiced))
    return samples


class Heard:
    """What a meter at the wall reports."""

    def __init__(self, rig):
        self._came = asyncio.Queue()
        self.meter = PeakMeter(self._came.put_nowait, wall=rig.wall)
        self.meter.use(PUCK)

    @property
    def came(self):
        return self._came.qsize()

    async def until(self, fact):
        async with asyncio.timeout(60):
            while not fact(report := await self._came.get()):
                pass
        return report


@contextlib.asynccontextmanager
async def metering(rig):
    heard = Heard(rig)
    running = asyncio.create_task(heard.meter.run())
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _soft_unmute(rig, node):
    line = ["pw-cli", "s", node, "Props", "{ softMute: false }"]
    subprocess.run(line, env={**rig.surroundings, **rig.pipewire}, capture_output=True, check=True)


async def _public(rig):
    """Have programs see a device, as a wall with a hole would."""
    words = ("sink_name=leak", "sink_properties='room.public=true device.description=Leak'")
    return (await rig.pactl("load-module", "module-null-sink", *words)).strip()


async def _muted(rig, source):
    return "yes" in await rig.pactl("get-source-mute", source)


async def _states(rig, source):
    lines = (await rig.pactl("list", "short", "sources")).splitlines()
    return next(line for line in lines if f"\t{source}\t" in line)


async def _answers(rig):
    return "call" in await rig.pactl("list", "short", "sources", server=rig.vault.programs)
