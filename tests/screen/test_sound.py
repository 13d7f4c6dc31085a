import asyncio
import contextlib
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from roomctl.screen.protocol import Reason, Sound, Switch, Use
from roomctl.screen.sound import NONE, Mixer
from roomctl.screen.sources import Node, Scene
from tests.invented import invented
from tests.screen.sound_server import KINDS, SoundServer, needed

PUCK = Use("1-1.4", 0x0B0E, 0x2456)
DEFAULTS = ("hall", "webcam")
OTHERS_PUCK = Use("1-1.3", 0x0B0E, 0x2456)


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


class Ear:
    """A mixer and what it reported."""

    def __init__(self, url, turn=None):
        self.heard = []
        self._news = asyncio.Event()
        self.mixer = Mixer(self._hear, url, turn)

    def _hear(self, sound):
        self.heard.append(sound)
        self._news.set()

    async def until(self, fact, limit_s=5.0):
        """Wait for a report that makes `fact` true, from the first that nobody has waited for."""
        async with asyncio.timeout(limit_s):
            while True:
                while self.heard:
                    sound = self.heard.pop(0)
                    if fact(sound):
                        return sound
                self._news.clear()
                await self._news.wait()

    async def next(self):
        return await self.until(lambda sound: True)

    async def mute(self, on):
        self.mixer.mute(on)
        await self.until(lambda sound: sound.muted is on)


@contextlib.asynccontextmanager
async def mixing(server, monkeypatch, use=PUCK):
    # libpulse would write a cookie into the home of whoever runs the tests.
    monkeypatch.setenv("PULSE_COOKIE", str(server.place / "cookie"))
    ear = Ear(server.url)
    ear.mixer.use(use)
    running = asyncio.create_task(ear.mixer.run())
    try:
        await ear.until(lambda sound: sound.available)
        yield ear
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_muted_is_silence_on_every_source_and_open_is_the_rooms_alone(server, monkeypatch):
    server.play()
    async with mixing(server, monkeypatch) as ear:
        assert server.peak("mic", patience_s=5) > 1000
        await ear.mute(True)
        assert (server.peak("mic"), server.peak("webcam")) == (0, 0)
        await ear.mute(False)
        assert server.peak("mic", patience_s=5) > 1000
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
            assert server.muted("new")
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


async def test_before_anybody_asked_nothing_is_touched(server, monkeypatch):
    server.pactl("set-source-mute", "webcam", "1")
    async with mixing(server, monkeypatch) as ear:
        await ear.mixer.begin()
        assert ear.mixer.sound.muted is False
        assert not server.muted("mic")
        assert server.muted("webcam")


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


async def test_every_order_is_answered_even_if_it_changes_nothing(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        for _ in range(3):
            await ear.mute(True)


async def test_a_meeting_has_the_rooms_devices_as_default_and_gives_them_back(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        for _ in range(2):
            await ear.mixer.begin()
            await server.defaults_become("room", "mic")
            await ear.mixer.end()
            await server.defaults_become(*DEFAULTS)


async def test_meetings_that_follow_at_once_give_back_what_was_before_the_first(
    server, monkeypatch
):
    async with mixing(server, monkeypatch) as ear:
        for _ in range(3):
            await ear.mixer.begin()
            await ear.mixer.end()
        await server.defaults_become(*DEFAULTS)
        await ear.mixer.begin()
        await server.defaults_become("room", "mic")
        await ear.mixer.end()
        await server.defaults_become(*DEFAULTS)


async def test_a_device_that_is_back_within_a_meeting_is_the_default_again(server, monkeypatch):
    async with mixing(server, monkeypatch, OTHERS_PUCK) as ear:
        await ear.mixer.begin()
        assert server.defaults() == DEFAULTS
        ear.mixer.use(PUCK)
        await server.defaults_become("room", "mic")
        await ear.mixer.end()
        await server.defaults_become(*DEFAULTS)


class Stubborn:
    """A connection to a server that opens and mutes nothing."""

    def __init__(self, sources):
        self.sources = sources

    async def read(self):
        return Scene(tuple(self.sources), (), "mic", "")

    async def mute(self, source, on):
        """Do as if."""

    async def suspend(self, source, on):
        """Nor does it suspend anything."""

    async def rouse(self, sources):
        """Nor does it start anything."""


@invented
async def test_what_changes_while_a_server_does_nothing_is_reported_all_the_same():
    ear, server = Ear(None), Stubborn([Node(1, "mic", True)])
    serving = asyncio.create_task(ear.mixer._serve(server))
    assert (await ear.next()).muted is True
    ear.mixer.mute(False)
    await asyncio.sleep(60)  # it tries every 2 s by now
    server.sources = [Node(1, "mic", True), Node(2, "webcam", False)]
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


class SwitchedCard:
    """A sound card's own switch, on a card that is card 1."""

    def __init__(self, *, stuck=False, readable=True):
        self.on, self.stuck, self.readable = True, stuck, readable

    async def turn(self, card, on):
        assert card == 1
        if on is not None:
            self.on = on or self.stuck
        return (Switch.ON if self.on else Switch.OFF) if self.readable else Switch.UNKNOWN


@contextlib.asynccontextmanager
async def on_card(card):
    """A mixer over one source whose card has a switch."""
    ear = Ear(None, card.turn)
    source = Node(1, "mic", False, properties={"alsa.card": "1"})
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
        assert ear.mixer.sound.switch is Switch.OFF
        await ear.mute(False)
        assert card.on


@invented
async def test_before_anybody_asked_the_switch_is_read_and_left_alone():
    card = SwitchedCard()
    async with on_card(card) as ear:
        assert (await ear.next()).switch is Switch.ON
        await asyncio.sleep(10)
        assert card.on


@invented
@pytest.mark.parametrize("trouble", [{"stuck": True}, {"readable": False}])
async def test_a_switch_that_stays_on_or_cannot_be_read_is_never_silence(trouble):
    async with on_card(SwitchedCard(**trouble)) as ear:
        ear.mixer.mute(True)
        sound = await ear.until(lambda sound: sound.muted)
        assert sound.silent is not True
        await asyncio.sleep(30)
        assert all(sound.silent is not True for sound in ear.heard)


@invented
async def test_a_switch_that_somebody_turns_on_is_reported_and_off_again_within_a_second():
    card = SwitchedCard()
    async with on_card(card) as ear:
        await ear.mute(True)
        card.on = True
        await asyncio.sleep(1.1)
        assert not card.on


async def test_in_a_meeting_the_other_microphones_are_suspended(server, monkeypatch):
    def suspended():
        lines = server.pactl("list", "short", "sources").splitlines()
        return {line.split("\t")[1] for line in lines if line.endswith("SUSPENDED")}

    async def become(fact):
        async with asyncio.timeout(3):
            while not fact(await asyncio.to_thread(suspended)):
                await asyncio.sleep(0.01)

    async with mixing(server, monkeypatch) as ear:
        server.peak("webcam")  # it runs
        server.peak("mic")
        await ear.mixer.begin()
        await become(lambda names: "webcam" in names and "mic" not in names)
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
        assert await ear.next() == Sound(True, True, 100)
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
    async with mixing(own_server, monkeypatch) as ear:
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
        assert await ear.next() == Sound(False, None, None, Reason.NO_SOUND_SERVER)
    await ear.mixer.begin()
    await ear.mixer.end()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert ear.heard == []


_WITHOUT_LIBPULSE = """
import asyncio, sys
sys.modules["pulsectl_asyncio"] = None  # as if it could not be imported
from roomctl.screen.sound import Mixer

async def main():
    mixer = Mixer(print)
    running = asyncio.create_task(mixer.run())
    await asyncio.sleep(0.3)
    mixer.mute(True)
    running.cancel()

asyncio.run(main())
"""


def test_without_libpulse_the_screen_runs_and_says_that_it_has_no_sound():
    line = [sys.executable, "-W", "error", "-c", _WITHOUT_LIBPULSE]
    done = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == f"{NONE}\n"
    assert done.returncode == 0
    assert done.stderr.count("libpulse is not installed; sudo apt install libpulse0") == 1
    assert done.stderr.count("\n") == 1
