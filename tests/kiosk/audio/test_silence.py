"""A mute that is only a flag: what the peaks of real sound servers say of it."""

import asyncio
import contextlib

import pytest

from roomctl.kiosk.audio import pulse
from roomctl.kiosk.audio.silence import _NOISE, _NOTHING, LATE_S, QUIET_PEAKS, SilenceMeter
from roomctl.kiosk.audio.sources import SoundGraph, SoundNode
from tests.invented import invented
from tests.kiosk.audio.test_sound_switches import Obedient
from tests.kiosk.mixing import Ear as Reports
from tests.kiosk.mixing import mixing
from tests.kiosk.sound_server import KINDS, SoundServer, needed

NAMES = {"mic": "Puck", "webcam": "Webcam"}
TRIES = 10


@pytest.fixture(scope="module", params=KINDS)
def server(request):
    needed(request.param)
    server = SoundServer(request.param)
    try:
        server.start()
        if request.param == "pulseaudio":  # as Debian has it
            server.pactl("load-module", "module-suspend-on-idle", "timeout=1")
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def pipewire():
    needed("pipewire")
    server = SoundServer("pipewire")
    try:
        server.start().play()
        yield server
    finally:
        server.close()


@pytest.mark.real
@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("recorded", [True, False])
async def test_what_is_heard_behind_a_mute_is_not_muted_until_it_was_silent_again(
    pipewire, monkeypatch, source, recorded
):
    recording = pipewire.recorder(source) if recorded else contextlib.nullcontext()
    async with mixing(pipewire, monkeypatch) as ear:
        await ear.mute(True)
        with recording:
            pipewire.unmute_behind_the_flag(source)
            sound = await ear.until(lambda sound: sound.muted is not True)
            assert (sound.silent, sound.heard) == (False, NAMES[source])
            await ear.until(lambda sound: sound.silent)
        assert pipewire.peak(source) == 0
        await ear.mute(False)


@pytest.mark.real
async def test_nothing_runs_for_the_meter_and_nobody_is_said_to_listen(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear, connected(server, pulse.NAME) as ours:
        await ear.mute(True)
        async with asyncio.timeout(100):
            while not await asyncio.to_thread(server.suspended, *NAMES):
                await asyncio.sleep(3)  # a look is a client more; PipeWire takes 5 s
        indices = {source.name: source.index for source in (await ours.read()).sources}
        assert not (await ours.read()).listened & {*indices.values()}
        with server.recorder("webcam"):
            scene = await ours.read()
        assert indices["webcam"] in scene.listened
        assert ear.mixer.sound.muted
        await ear.mute(False)


@pytest.mark.real
async def test_a_meter_that_somebody_turned_down_is_replaced(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear, connected(server, pulse.NAME) as ours:
        await ear.mute(True)
        with server.recorder("mic"):
            for meter in await meters(server):
                server.pactl("set-source-output-mute", meter, "1")
            assert (await ours.read()).deaf
            async with asyncio.timeout(60):
                while (await ours.read()).deaf:
                    await asyncio.sleep(0.05)
        assert ear.mixer.sound.muted
        await ear.mute(False)


@pytest.mark.real
async def test_while_a_program_hears_a_source_that_was_plugged_in_the_room_is_not_called_muted(
    server, monkeypatch
):
    """The program opens it as soon as the sound server tells of it.

    What it reads late, on a busy machine, was on its way before: the answer to a question comes
    behind that.
    """
    monkeypatch.setenv("PULSE_COOKIE", str(server.place / "cookie"))
    server.play()
    told, proven, wrong, spying, pieces = False, False, [], [], 0

    async def spy(index):
        nonlocal pieces
        with contextlib.suppress(pulse.SoundServerGone):
            async with contextlib.aclosing(program.peaks(index, 200)) as peaks:
                async for peak in peaks:
                    pieces += 1
                    if peak and (proven or (ear.mixer.sound.muted and not told)):
                        wrong.append((index, pieces, peak, proven))

    def open_at_once(source, new):
        if new:
            spying.append(asyncio.create_task(spy(source)))

    spies = connected(server, "spy", open_at_once)
    async with mixing(server, monkeypatch) as ear, spies as program:
        await ear.mute(True)
        for _ in range(TRIES):
            told = proven = False
            module = await plugged(server)
            await ear.until(lambda sound: not sound.muted)
            told = True
            await ear.until(lambda sound: sound.muted)
            await program.read()
            await asyncio.sleep(0.1)  # the spy's task takes what has been read
            proven, before = True, pieces
            async with asyncio.timeout(60):
                while pieces < before + 20:
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(server.pactl, "unload-module", module)
        for task in spying:
            task.cancel()
        await asyncio.gather(*spying, return_exceptions=True)
        await ear.mute(False)
    server.silence()
    assert len(spying) >= TRIES
    assert wrong == []


async def meters(server):
    """Wait for the streams that listen to what is muted."""
    async with asyncio.timeout(60):
        while True:
            listed = await asyncio.to_thread(server.pactl, "list", "source-outputs")
            ours = [
                stream.partition("\n")[0]
                for stream in listed.split("Source Output #")
                if 'roomctl.source = "' in stream and 'roomctl.source = ""' not in stream
            ]
            if ours:
                return ours


async def plugged(server):
    """Plug a microphone in; return what takes it out."""
    words = ("module-remap-source", "source_name=new", "master=air.monitor")
    return (await asyncio.to_thread(server.pactl, "load-module", *words)).strip()


@contextlib.asynccontextmanager
async def connected(server, name, news=lambda source, new: None):
    """Another connection, of a program of that name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulse, "NAME", name)
        connection = pulse.SoundServer(server.url)
    await connection.open(news)
    try:
        yield connection
    finally:
        await connection.close()


class Metered(Obedient):
    """A connection to a server with a meter of its own, and a program that records."""

    def __init__(self, sources, listened):
        super().__init__(sources)
        self.listened, self.level = frozenset(listened), None

    async def read(self):
        return SoundGraph(tuple(self.sources), (), "mic", "", self.listened)

    async def peaks(self, source, rate, *, passive=False):
        while True:
            await asyncio.sleep(1 / rate)
            if self.level is not None:
                yield self.level


@contextlib.asynccontextmanager
async def serving(server):
    ear = Reports(None)
    running = asyncio.create_task(ear.mixer._serve(server))
    try:
        yield ear
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await ear.mixer._silence.close()


@invented
async def test_without_a_peak_no_room_with_a_program_that_records_stays_muted():
    server = Metered([SoundNode(1, "mic", False)], {1})
    async with serving(server) as ear:
        await ear.mute(True)  # the server's word counts until the peaks come
        await ear.until(lambda sound: sound.muted is None, limit_s=LATE_S + 2)
        server.level = 0.0
        await ear.until(lambda sound: sound.muted, limit_s=2)


@invented
async def test_without_a_peak_a_room_is_muted_in_which_nothing_records():
    server = Metered([SoundNode(1, "mic", False)], ())
    async with serving(server) as ear:
        await ear.mute(True)
        await asyncio.sleep(3600)
        assert ear.heard == []
        server.listened = frozenset({1})
        ear.mixer._note(None, False)  # as the server's event does
        await asyncio.sleep(1)
        assert all(sound.muted for sound in ear.heard)  # its peaks are on their way


@invented
async def test_a_source_that_appears_under_a_program_is_muted_once_its_silence_was_read():
    server = Metered([SoundNode(1, "mic", False)], ())
    async with serving(server) as ear:
        await ear.mute(True)
        server.sources = [*server.sources, SoundNode(2, "new", False)]
        server.listened = frozenset({2})
        ear.mixer._note(2, True)
        assert (await ear.next()).muted is False
        assert (await ear.next()).muted is None
        await asyncio.sleep(60)
        assert ear.heard == []
        server.level = 0.0
        assert (await ear.next()).muted is True


@invented
async def test_what_is_heard_behind_a_mute_is_muted_again_and_called_so_after_two_quiet_seconds():
    server = Metered([SoundNode(1, "mic", False)], {1})
    server.level = 0.0
    async with serving(server) as ear:
        await ear.mute(True)
        await asyncio.sleep(10)
        server.level = 0.01
        begun = asyncio.get_running_loop().time()
        sound = await ear.until(lambda sound: not sound.muted)
        assert (sound.muted, sound.heard) == (False, "mic")
        assert asyncio.get_running_loop().time() - begun <= 0.6
        await asyncio.sleep(30)
        assert ear.heard == []  # once is enough to say
        server.level = 0.0
        begun = asyncio.get_running_loop().time()
        assert (await ear.until(lambda sound: sound.muted)).heard is None
        assert asyncio.get_running_loop().time() - begun >= 1.9


def told(ear, *peaks):
    """Let an ear hear, ten times a second, and say whether it is silent."""
    for tenth, peak in enumerate(peaks):
        ear.take(peak, tenth / 10)
    return ear.silent(len(peaks) / 10)


@pytest.mark.parametrize(
    ("floor", "peaks", "silent"),
    [
        (_NOTHING, [0.0] * 10, True),
        (_NOTHING, [*[0.0] * 5, 1.0, 1.0, 0.0], True),  # a click
        (_NOTHING, [0.0] * 4, None),
        (_NOTHING, [2**-15] * 5, False),  # one step of 16 bit is sound
        (_NOTHING, [0.5, 0.0] * 5, False),  # speech has pauses
        (_NOTHING, [0.5] * 5 + [0.0] * (QUIET_PEAKS - 1), False),
        (_NOTHING, [0.5] * 5 + [0.0] * QUIET_PEAKS, True),
        (_NOISE, [0.0005] * 10, True),  # a converter that hisses at -66 dB
        (_NOISE, [0.01] * 5, False),
    ],
)
def test_half_a_second_of_sound_is_not_silence(floor, peaks, silent):
    ear = SilenceMeter(floor, listened=True)
    ear.follow(0.0, listened=True, deaf=False)
    assert told(ear, *peaks) is silent


def test_what_a_deaf_meter_hears_is_no_silence():
    ear = SilenceMeter(_NOTHING, listened=True)
    ear.follow(0.0, listened=True, deaf=True)
    assert told(ear, *[0.0] * 5) is None
    ear.follow(0.0, listened=True, deaf=False)
    assert told(ear, *[0.0] * 5) is True
    ear.follow(0.0, listened=True, deaf=True)
    assert told(ear, *[0.0] * 70) is None
    ear.follow(0.0, listened=False, deaf=True)
    assert told(ear) is True
