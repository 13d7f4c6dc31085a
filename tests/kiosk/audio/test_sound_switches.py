"""A server that does not do as it is told, and sound cards with switches of their own."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from roomctl.kiosk.audio.sources import SoundGraph, SoundNode
from roomctl.screen.protocol import CaptureSwitch
from tests.invented import invented
from tests.kiosk.mixing import Ear


class Stubborn:
    """A connection to a server that opens and mutes nothing."""

    needs_time = False

    def __init__(self, sources):
        self.sources = sources

    async def read(self):
        return SoundGraph(tuple(self.sources), (), "mic", "")

    async def mute(self, source, on):
        """Do as if."""

    async def shut(self):
        """Nor does it shut anything."""

    async def hush(self, source):
        """Nor does it mute what is new."""

    async def suspend(self, source, on):
        """Nor does it suspend anything."""

    async def rouse(self, sources):
        """Nor does it start anything."""

    async def peaks(self, source, rate, *, passive=False):
        """Hand on nothing, as a source that does not run."""
        await asyncio.Event().wait()
        yield 0.0


@invented
async def test_what_changes_while_a_server_does_nothing_is_reported_all_the_same():
    ear, server = Ear(None), Stubborn([SoundNode(1, "mic", True)])
    serving = asyncio.create_task(ear.mixer._serve(server))
    assert (await ear.next()).muted is True
    ear.mixer.mute(False)
    await asyncio.sleep(60)  # it tries every 2 s by now
    server.sources = [SoundNode(1, "mic", True), SoundNode(2, "webcam", False)]
    ear.mixer._wake.set()  # as the server's event does
    await ear.until(lambda sound: sound.muted is False, limit_s=0.01)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


class Obedient(Stubborn):
    """A connection to a server that mutes what it is told to."""

    async def mute(self, source, on):
        self.sources = [
            replace(each, muted=on) if each.index == source else each for each in self.sources
        ]


class Late(Obedient):
    """One that has done what it was told to only after the next reading."""

    told = None

    async def mute(self, source, on):
        self.told = source, on

    async def read(self):
        found, told, self.told = await super().read(), self.told, None
        if told:
            await super().mute(*told)
        return found


@invented
async def test_what_somebody_mutes_as_soon_as_it_was_open_is_not_opened_again():
    ear, server = Ear(None), Late([SoundNode(1, "mic", True)])
    serving = asyncio.create_task(ear.mixer._serve(server))
    assert (await ear.next()).muted is True
    ear.mixer.mute(False)
    await ear.until(lambda sound: sound.muted is True, limit_s=0.05)  # as it was read at first
    ear.mixer._wake.set()
    await ear.until(lambda sound: sound.muted is False, limit_s=0.05)
    server.sources = [SoundNode(1, "mic", True)]
    ear.mixer._wake.set()
    await asyncio.sleep(60)
    assert server.sources[0].muted
    assert ear.mixer.sound.muted
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


class SwitchedCard:
    """A sound card's own switch, on a card that is card 1."""

    def __init__(self, *, stuck=False, readable=True):
        self.on, self.stuck, self.readable = True, stuck, readable

    async def turn(self, card, on):
        assert card == 1
        if on is not None:
            self.on = on or self.stuck
        return (
            (CaptureSwitch.ON if self.on else CaptureSwitch.OFF)
            if self.readable
            else CaptureSwitch.UNKNOWN
        )


@contextlib.asynccontextmanager
async def on_card(card):
    """A mixer over one source whose card has a switch."""
    ear = Ear(None, card.turn)
    source = SoundNode(1, "mic", False, properties={"alsa.card": "1"})
    serving = asyncio.create_task(ear.mixer._serve(Obedient([source])))
    try:
        yield ear
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@invented
async def test_a_mute_turns_the_cards_own_switch_off_and_opening_turns_it_on():
    card = SwitchedCard()
    async with on_card(card) as ear:
        await ear.mute(True)
        assert not card.on
        assert ear.mixer.sound.switch is CaptureSwitch.OFF
        await ear.mute(False)
        assert card.on


@invented
async def test_before_anybody_asked_the_switch_is_off():
    card = SwitchedCard()
    async with on_card(card) as ear:
        assert (await ear.next()).switch is CaptureSwitch.OFF
        await asyncio.sleep(10)
        assert not card.on
        await ear.mute(False)
        assert card.on


@invented
@pytest.mark.parametrize("trouble", [{"stuck": True}, {"readable": False}])
async def test_a_switch_that_stays_on_or_cannot_be_read_is_never_silence(trouble):
    async with on_card(SwitchedCard(**trouble)) as ear:
        ear.mixer.mute(True)
        sound = await ear.until(lambda sound: sound.muted)
        assert sound.silent is not True
        await asyncio.sleep(30)
        assert not [sound for sound in ear.heard if sound.silent]
        assert ear.mixer.sound.silent is not True


@invented
async def test_a_switch_that_somebody_turns_on_is_reported_and_off_again_within_a_second():
    card = SwitchedCard()
    async with on_card(card) as ear:
        await ear.mute(True)
        ear.heard.clear()
        card.on = True
        await asyncio.sleep(1.1)
        assert not card.on
        assert [sound.silent for sound in ear.heard] == [False, True]  # meanwhile it was open
