"""The process behind `roomctl screen --sound`: a wall, its gate, its meter, and nothing else."""

import contextlib
import signal
import time
from pathlib import Path

import pytest

from roomctl.screen.protocol import (
    MicrophoneLevel,
    PlayTone,
    ReportLevel,
    ScreenHello,
    ScreenReason,
    SetMute,
    SetProcessing,
    ShowPage,
    SoundProcessing,
    SoundState,
    ToneResult,
    ToneVerdict,
)
from tests.kiosk.agency import Agency
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.real

END_S = 5.0


@pytest.fixture
def agency():
    needed("pipewire")
    agency = Agency()
    try:
        yield agency
    finally:
        agency.close()


def _sound(fact):
    return lambda message: isinstance(message, SoundState) and fact(message)


async def test_it_has_the_sound_and_nothing_else_and_leaves_nothing_behind(agency):
    agency.start(sound_alone=True)
    async with agency.daemon(SoundState) as daemon:
        await daemon.until(_sound(lambda sound: sound.available))
        hello = next(one for one in daemon.heard if isinstance(one, ScreenHello))
        assert (hello.mode, hello.browser) == ("sound", "")
        daemon.say(ShowPage("room", "http://127.0.0.1/", None))
        daemon.say(SetMute(True))
        sound = await daemon.until(_sound(lambda sound: sound.muted))
        assert sound.walled
        daemon.say(PlayTone(7))
        tone = await daemon.until(lambda one: isinstance(one, ToneResult))
        assert (tone.id, tone.verdict) == (7, ToneVerdict.NO_LOUDSPEAKER)
        begun = time.monotonic()
        assert agency.end() == 0
        assert time.monotonic() - begun < END_S
    assert "ignored ShowPage" in agency.log.read_text()
    assert not _left(agency.place)
    assert not agency.socket.exists()


async def test_what_is_killed_leaves_nothing_and_begins_anew_shut(agency):
    agency.start(sound_alone=True)
    async with agency.daemon(SoundState) as daemon:
        await daemon.until(_sound(lambda sound: sound.available))
        agency.end(signal.SIGKILL)
    agency.start(sound_alone=True)
    async with agency.daemon(SoundState) as daemon:
        sound = await daemon.until(_sound(lambda sound: sound.available and sound.muted))
        assert sound.found is not None


async def test_a_wall_that_cannot_be_built_is_said_with_its_reason(agency):
    agency.start(sound_alone=True, surroundings={"PATH": "/nowhere"})
    async with agency.daemon(SoundState) as daemon:
        daemon.say(SetMute(True))
        sound = await daemon.until(_sound(lambda sound: "pipewire" in sound.why))
        assert (sound.available, sound.reason, sound.walled) == (False, ScreenReason.NO_WALL, True)
        daemon.say(ReportLevel(5))
        daemon.say(SetMute(True))
        await daemon.until(_sound(lambda sound: not sound.available))
        assert not any(isinstance(one, MicrophoneLevel) for one in daemon.heard)


async def test_another_processing_begins_the_wall_anew(agency):
    agency.start(sound_alone=True)
    async with agency.daemon(SoundState) as daemon:
        await daemon.until(_sound(lambda sound: sound.available))
        daemon.say(SetProcessing(SoundProcessing.VOICE))
        await daemon.until(_sound(lambda sound: not sound.available))
        await daemon.until(_sound(lambda sound: sound.available))
        assert "echo-cancel" in (agency.place / "config" / "pipewire.conf").read_text()
        daemon.say(SetProcessing(SoundProcessing.VOICE))  # the same: nothing begins anew
        daemon.say(SetMute(True))
        await daemon.until(_sound(lambda sound: sound.muted or not sound.available))
        assert not any(
            isinstance(one, SoundState) and not one.available for one in daemon.heard[-3:]
        )


@pytest.mark.browser
async def test_a_kiosk_told_of_a_wall_neither_mutes_nor_hears(agency):
    agency.start(walled=True)
    async with agency.daemon() as daemon:
        first = next(one for one in daemon.heard if isinstance(one, SoundState))
        assert (first.available, first.walled) == (False, True)
        daemon.say(SetMute(True))
        daemon.say(ReportLevel(5))
        for _ in range(2):  # each is answered by what is so
            assert not (await daemon.until(_sound(lambda sound: True))).available


def _left(place):
    """Return what runs of the wall that stood there."""
    own = f"{place}/config".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if own in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes())
    return found
