"""What programs see, hear and may do at a wall: PipeWire's and PulseAudio's own programs say."""

import asyncio
import json
import os
import random
import subprocess
import time
from array import array

import pytest

from roomctl.kiosk.audio import vault as walls
from roomctl.screen.protocol import SoundProcessing
from tests.kiosk.sound_server import needed
from tests.kiosk.walled import folder, opened, processes, standing

__all__ = ["folder"]
pytestmark = [pytest.mark.real, pytest.mark.asyncio]

LOUD = 1000


@pytest.fixture(autouse=True)
def _needed():
    needed("pipewire")


def running(folder, word):
    return next(iter(processes(folder, word)), None)


def shut(manager, on):
    manager.pactl("set-source-output-mute", manager.stream("gate"), on)
    manager.pactl("set-source-mute", "call", on)


async def test_programs_see_a_loudspeaker_and_a_microphone_and_nothing_else(folder):
    async with standing(folder) as (_, manager, programs):
        assert {"mic", "webcam", "air.monitor"} <= manager.names("sources")
        assert programs.names("sources") == {"call", "speaker.monitor"}
        assert programs.names("sinks") == {"speaker"}
        assert programs.defaults() == ("speaker", "call")
        seen = json.loads(programs.run("pw-dump"))
        kinds = {each["type"].rpartition(":")[2] for each in seen}
        assert not kinds & {"Device", "Module"}
        factories = [
            each["info"]["props"]["factory.name"]
            for each in seen
            if each["type"].endswith("Factory")
        ]
        assert factories == ["client-node"]


async def test_it_begins_shut_and_both_ends_shut_it(folder):
    async with standing(folder) as (_, manager, programs):
        manager.play()
        assert manager.peak("mic", patience_s=30) > LOUD
        assert manager.run("pactl", "list", "short", "source-outputs").count("\t4294967295\t") == 1
        opened(manager)
        assert programs.peak("call", patience_s=30) > LOUD
        gate = manager.stream("gate")
        for end in (("set-source-output-mute", gate), ("set-source-mute", "call")):
            manager.pactl(*end, "1")
            programs.peak("call")
            assert programs.peak("call") == 0
            assert manager.peak("mic") > LOUD, "the wall hears on"
            manager.pactl(*end, "0")
            assert programs.peak("call", patience_s=30) > LOUD


async def test_no_program_opens_it(folder):
    """By volume, id, links, nodes, modules and defaults, and by permissions that it takes."""
    async with standing(folder) as (_, manager, programs):
        manager.play()
        opened(manager)
        assert programs.peak("call", patience_s=30) > LOUD
        shut(manager, "1")
        known = {
            each["info"]["props"]["node.name"]: str(each["id"])
            for each in json.loads(manager.run("pw-dump"))
            if each["type"].endswith("Node")
        }
        loud = "{ mute: false, softMute: false }"
        for line in (
            ("pactl", "set-source-mute", "call", "0"),
            ("pactl", "set-source-output-mute", known["gate"], "0"),
            ("pactl", "load-module", "module-loopback", "source=mic", "sink=speaker"),
            ("pactl", "set-default-source", "mic"),
            ("pactl", "move-source-output", known["gate"], "call"),
            ("pactl", "kill-source-output", known["gate"]),
            ("pw-cli", "s", known["gate"], "Props", loud),
            ("pw-cli", "s", known["call"], "Props", loud),
            ("pw-cli", "s", known["mic"], "Props", loud),
            ("pw-link", "mic:capture_MONO", "speaker:playback_FL"),
            ("pw-metadata", known["gate"], "target.object", "mic"),
            ("pw-cli", "destroy", known["gate"]),
            (
                *("pw-cli", "create-node", "adapter"),
                "{ factory.name=support.null-audio-sink node.name=twin room.public=true "
                "media.class=Audio/Sink object.linger=true }",
            ),
            (
                *("pw-cli", "create-node", "adapter"),
                "{ factory.name=api.alsa.pcm.source api.alsa.path=hw:0 node.name=own "
                "media.class=Audio/Source object.linger=true }",
            ),
        ):
            programs.run(*line, timeout=60)
            assert programs.peak("call") == 0, line
        assert "twin" not in manager.run("pw-dump")
        assert "own" not in manager.names("sources")
        for target in (known["mic"], "mic"):
            assert heard_by_id(programs, target, folder) == 0
        assert raised(manager, programs, known["mic"]) == {"call", "speaker"}
        assert programs.peak("speaker.monitor") == 0
        shut(manager, "0")
        assert programs.peak("call", patience_s=30) > LOUD, "the way was there all the time"


def heard_by_id(programs, target, folder):
    """Return the loudest byte that pw-record gets of a node."""
    place = folder / "heard.raw"
    place.write_bytes(b"")
    line = ["timeout", "2", "pw-record", "--raw", "--target", target, str(place)]
    subprocess.run(line, env=programs.surroundings, capture_output=True, check=False)
    return max(place.read_bytes(), default=0)


def raised(manager, programs, wanted):
    """Return the nodes that a program sees which gives itself permissions."""
    line = ["pw-cli"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, env=programs.surroundings, **pipes) as program:
        until = time.monotonic() + 60
        while not (mine := called(manager, "pw-cli")):
            assert time.monotonic() < until
        said, _ = program.communicate(
            f"permissions {mine[0]} {wanted} rwx\npermissions {mine[0]} -1 rwx\n"
            "list-objects Node\nquit\n",
            timeout=60,
        )
    return {line.split('"')[1] for line in said.splitlines() if "node.name" in line}


def called(manager, name):
    found = json.loads(manager.run("pw-dump") or "[]")
    return [
        each["id"]
        for each in found
        if each["type"].endswith("Client") and each["info"]["props"].get("application.name") == name
    ]


@pytest.mark.parametrize("victim", ["wireplumber", "pulse.conf", "pipewire.conf"])
async def test_what_is_killed_is_begun_again_and_shut(folder, victim):
    async with standing(folder) as (vault, manager, programs):
        manager.play()
        opened(manager)
        assert programs.peak("call", patience_s=30) > LOUD
        shut(manager, "1")
        name = {"wireplumber": "wireplumber", "pulse.conf": "programs.conf"}.get(victim, victim)
        killed = running(folder, name)
        os.kill(killed, 9)
        async with asyncio.timeout(60):
            while running(folder, name) in (killed, None) or vault.why:
                await asyncio.sleep(0.02)
        async with asyncio.timeout(60):
            while await asyncio.to_thread(programs.names, "sources") != {"call", "speaker.monitor"}:
                await asyncio.sleep(0.02)
        assert programs.peak_or_nothing("call") == 0


async def test_servers_that_do_not_start_are_said_and_tried_again(folder, monkeypatch):
    """Configuration that nobody can read, and then can: nobody restarts the process for it."""
    monkeypatch.setattr(walls, "START_S", 1.0)
    monkeypatch.setattr(walls, "BACK_OFF_S", (0.1, 0.2))
    fill = walls.Vault._fill

    def broken(self, template, name, **words):
        fill(self, template, name, **words)
        if name == "programs.conf":
            (self._folder / "config" / name).write_text("context.modules = [ {{{")

    monkeypatch.setattr(walls.Vault, "_fill", broken)
    news = asyncio.Event()
    vault = walls.Vault(folder, changed=news.set)
    running = asyncio.create_task(vault.run())
    try:
        async with asyncio.timeout(60):
            while "programs/native" not in vault.why:
                await news.wait()
                news.clear()
            monkeypatch.setattr(walls, "START_S", 60.0)
            monkeypatch.setattr(walls.Vault, "_fill", fill)
            while vault.why:
                await news.wait()
                news.clear()
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_nothing_of_it_is_left(folder):
    async with standing(folder):
        assert running(folder, "wireplumber")
    assert not any(running(folder, name) for name in ("wireplumber", "pipewire"))


@pytest.mark.parametrize(
    ("processing", "most"), [(SoundProcessing.NONE, 2.0), (SoundProcessing.VOICE, 0.1)]
)
async def test_an_echo_is_cancelled_where_that_is_chosen(folder, processing, most):
    """What the loudspeaker plays is heard by the microphone, and with "voice" not by programs."""
    async with standing(folder, processing=processing) as (_, manager, programs):
        opened(manager)
        until = time.monotonic() + 60
        while not manager.plays("speaker-out", "air"):
            assert time.monotonic() < until
            manager.pactl("move-sink-input", manager.stream("speaker-out", "sink-inputs"), "air")
            time.sleep(0.1)
        line = ["paplay", "--raw", "--rate=16000", "--channels=1", str(syllables(folder))]
        for _ in range(5):  # a gap in the sound, on a busy machine, has it learn anew
            with subprocess.Popen(line, env=programs.surroundings) as playing:
                manager.loudness("mic", 6.0)  # it learns the way from loudspeaker to microphone
                heard = [
                    asyncio.to_thread(side.loudness, source, 4.0)
                    for side, source in ((manager, "mic"), (programs, "call"))
                ]
                behind, before = await asyncio.gather(*heard)
                playing.kill()
            if before < most * behind:
                break
    assert behind > 100
    assert before < most * behind


def syllables(folder):
    """Return 20 s of noise as loud, and as often interrupted, as speech; 16 kHz."""
    noise = random.Random(7)
    samples = array("h")
    for _ in range(100):
        loud = noise.choice((0, 3000, 6000, 9000))
        samples.extend(round(noise.uniform(-loud, loud)) for _ in range(3200))
    place = folder / "syllables.raw"
    place.write_bytes(samples.tobytes())
    return place


async def test_another_processing_begins_anew_and_shut(folder):
    async with standing(folder) as (vault, manager, programs):
        manager.play()
        opened(manager)
        assert programs.peak("call", patience_s=30) > LOUD
        core = running(folder, "pipewire.conf")
        vault.process(SoundProcessing.VOICE)
        async with asyncio.timeout(60):
            while running(folder, "pipewire.conf") in (core, None) or vault.why:
                await asyncio.sleep(0.02)
        assert manager.feeds(None, "gate")
