import asyncio
import contextlib

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import NoReply, PortClosed, Refused
from roomctl.screen.driver import Opening, Screen, ScreenState
from roomctl.screen.protocol import (
    DisplayRole,
    MessageReader,
    PagePhase,
    PreferDevice,
    SetMute,
    ShowPage,
    SoundState,
    encode,
)
from roomctl.screen.sim import SimScreen
from roomctl.wire import Chunk, Identity, Virtual, pair, pump
from tests.invented import LoopClock, invented

URL = "unix:/run/roomctl/screen.sock"
LINK = "https://zoom.example/j/1?pwd=geheim"
MEETING = Opening(LINK, "https://zoom.example", True, "Bamboo")


class Room:
    """A screen driver on a wire to a simulated screen."""

    def __init__(self):
        self.clock = LoopClock()
        self.far = SimScreen()
        self.far_wake = asyncio.Event()
        self.changes = asyncio.Event()
        self.far_port = None
        self.far_task = None
        self.screen = Screen("screen", URL, self.connect, self.clock, self.changes.set)

    async def connect(self, name, url):
        near, self.far_port = pair(url, self.clock)
        self.far_task = asyncio.create_task(self.serve(self.far_port))
        return near

    async def serve(self, port):
        with contextlib.suppress(PortClosed):
            await pump(port, self.far, self.far_wake, self.clock)

    async def until(self, fact, limit_s=5.0):
        async with asyncio.timeout(limit_s):
            while not fact(self.screen):
                self.changes.clear()
                await self.changes.wait()


def with_room(test):
    """Hand a test the room of its own whose screen's driver runs, in invented time."""

    @invented
    async def run():
        room = Room()
        running = asyncio.create_task(room.screen.run())
        try:
            await test(room)
        finally:
            tasks = [running, room.far_task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    run.__name__ = test.__name__
    return run


def online(screen):
    return screen.health.status is Status.ONLINE and screen.state.sound.available


@with_room
async def test_a_screen_that_answers_is_online_and_known(room):
    await room.until(lambda screen: online(screen) and screen.state.display_on is not None)
    assert room.screen.state == ScreenState(
        "simulated",
        "simulated",
        None,
        SoundState(True, False, 60, gain_pct=80, listening=False),
        True,
    )


@with_room
async def test_a_meeting_is_opened_and_left(room):
    await room.until(online)
    call_id = await room.screen.open(MEETING)
    await room.until(lambda screen: screen.state.page and screen.state.page.phase is PagePhase.OPEN)
    assert (call_id, room.screen.state.page.id) == (1, 1)
    await room.screen.leave()
    await room.until(lambda screen: screen.state.page.phase is PagePhase.CLOSED)
    await room.screen.clear()
    await room.until(lambda screen: screen.state.page is None)


@with_room
async def test_mute_returns_once_the_sound_server_says_so(room):
    await room.until(online)
    await room.screen.mute(True)
    assert room.screen.state.sound.muted is True
    assert room.far.muted is True
    await room.screen.mute(False)
    assert room.screen.state.sound.muted is False


@with_room
async def test_mute_that_is_not_confirmed_is_an_error(room):
    await room.until(online)
    room.far.ignores_mute = True
    with pytest.raises(NoReply, match="screen: no answer within 2 s"):
        await room.screen.mute(True)


@with_room
async def test_mute_fails_at_once_when_the_screen_goes_away(room):
    await room.until(online)
    room.far.ignores_mute = True
    muting = asyncio.create_task(room.screen.mute(True))
    await asyncio.sleep(0)
    await room.far_port.close()
    with pytest.raises(PortClosed):
        async with asyncio.timeout(1):
            await muting


@with_room
async def test_volume_is_clamped_and_display_is_switched(room):
    await room.until(online)
    await room.screen.volume(140)
    await room.screen.switch_display(False)
    await room.until(lambda screen: screen.state.display_on is False)
    assert room.screen.state.sound.volume_pct == 100


@with_room
async def test_whose_sound_to_use_is_said_at_once_and_again_at_every_connection(room):
    await room.until(online)
    room.screen.use("1-1.4", 0x0B0E, 0x2456)
    await room.screen.mute(True)
    assert room.far.used == PreferDevice("1-1.4", 0x0B0E, 0x2456)
    room.far.used = None
    await room.far_port.close()
    await room.until(lambda screen: screen.state.mode is None)
    await room.until(online)
    await room.screen.mute(True)
    assert room.far.used == PreferDevice("1-1.4", 0x0B0E, 0x2456)


@with_room
async def test_a_meeting_outlives_the_driver_and_its_id_is_not_used_again(room):
    await room.until(online)
    for _ in range(2):
        await room.screen.open(MEETING)
    await room.until(lambda screen: screen.state.page and screen.state.page.id == 2)
    await room.screen.make_safe()
    await room.far_port.close()
    await room.until(lambda screen: screen.state.mode is None)
    assert room.screen.state == ScreenState()
    successor = Screen("screen", URL, room.connect, room.clock, room.changes.set)
    machine = successor.machine(Identity(URL))
    Virtual(machine, room.far, now=room.clock.mono_s()).settle()
    assert successor.state.page.id == 2
    assert await successor.open(MEETING) == 3


async def test_without_a_screen_every_order_is_refused():
    async def nowhere(name, url):
        raise AssertionError("never run")

    screen = Screen("screen", URL, nowhere, SystemClock(), lambda: None)
    for order in (screen.leave, screen.clear, lambda: screen.mute(True)):
        with pytest.raises(PortClosed, match="is `roomctl screen` running"):
            await order()


async def test_a_screen_without_sound_server_refuses_to_mute():
    screen = Screen("screen", URL, None, SystemClock(), lambda: None)
    machine = screen.machine(Identity(URL))
    muting = asyncio.create_task(screen.mute(True))
    await asyncio.sleep(0)
    said = [machine.outbox(0.0), machine.outbox(0.0)]
    assert [m for line in said for m in MessageReader().feed(line)][1] == SetMute(True)
    machine.receive(Chunk(encode(SoundState(available=False, reason="no_sound_server")), 0.0))
    with pytest.raises(Refused, match="no sound server") as refused:
        await muting
    assert refused.value.code == "no_sound_server"


def test_a_screen_that_falls_silent_is_offline_and_comes_back():
    screen = Screen("screen", URL, None, SystemClock(), lambda: None)
    far = SimScreen()
    wire = Virtual(screen.machine(Identity(URL)), far)
    wire.run(5)
    assert screen.health.status is Status.ONLINE
    far.silent = True
    wire.run(4)
    assert (screen.health.status, screen.health.reason) == (Status.OFFLINE, "no_reply")
    far.silent = False
    wire.run(2)
    assert screen.health.status is Status.ONLINE


def test_a_kiosk_is_told_what_stands_with_a_fresh_address_whenever_it_asks():
    said = iter(range(100))

    def stands():
        yield ShowPage(DisplayRole.ROOM, f"http://127.0.0.1/screen#pair={next(said)}", "HDMI-A-1")
        yield ShowPage(DisplayRole.PANEL, None, None)

    screen = Screen("screen", URL, None, SystemClock(), lambda: None, stands)
    far = SimScreen()
    wire = Virtual(screen.machine(Identity(URL)), far)
    wire.run(1)
    assert far.pages == {}
    for count in range(2):
        far.want()
        wire.run(1)
        assert far.pages == {
            "room": ShowPage(DisplayRole.ROOM, f"http://127.0.0.1/screen#pair={count}", "HDMI-A-1"),
            "panel": ShowPage(DisplayRole.PANEL, None, None),
        }
