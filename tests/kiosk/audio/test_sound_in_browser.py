"""What a page hears: a real Chromium on a real sound server, and no fake device."""

import asyncio
import json

import pytest

from roomctl.screen.protocol import (
    LeaveMeeting,
    MeetingPage,
    OpenMeeting,
    PagePhase,
    PreferDevice,
    SetMute,
    SoundState,
)
from tests.kiosk.agency import Agency
from tests.kiosk.site import Site
from tests.kiosk.sound_server import KINDS, SoundServer, needed

pytestmark = pytest.mark.browser

PUCK = PreferDevice("1-1.4", 0x0B0E, 0x2456)
REPORTS = 8  # of the page, ten a second


@pytest.fixture(params=KINDS)
def server(request):
    needed("chromium")
    needed(request.param)
    server = SoundServer(request.param)
    try:
        server.start().play()
        yield server
    finally:
        server.close()


@pytest.fixture
def agent(server):
    agency = Agency()
    yield agency.start(media="real", sound=server.url)
    agency.close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


async def heard(site, fact, limit_s=60.0):
    """Wait for peaks, by the microphone's name, that make `fact` true."""
    async with asyncio.timeout(limit_s):
        while True:
            said = json.loads(await asyncio.to_thread(site.said.get, timeout=limit_s))
            assert "error" not in said, said
            if fact(said):
                return said


def is_heard(said):
    return said["Puck"] > 0.1 and said["Default"] > 0.1


def is_silent(said):
    return set(said.values()) == {0}


async def silence(site):
    """Wait until so many reports in a row tell of none: a busy browser has older sound to play."""
    silent = 0
    async with asyncio.timeout(60):
        while silent < REPORTS:
            silent = silent + 1 if is_silent(await heard(site, lambda said: True)) else 0


async def with_sound(daemon):
    """Wait until the screen has found the sound server."""
    if not any(isinstance(message, SoundState) and message.available for message in daemon.heard):
        await daemon.until(lambda m: isinstance(m, SoundState) and m.available)


async def test_a_page_hears_nothing_through_any_microphone_while_the_room_is_muted(
    agent, server, site
):
    def is_read(muted):
        return lambda message: isinstance(message, SoundState) and message.muted is muted

    order = OpenMeeting(1, f"{site.origin}/listen", site.origin, True, "Bamboo")
    async with agent.daemon() as daemon:
        await with_sound(daemon)
        daemon.say(PUCK)
        daemon.say(SetMute(False))
        await daemon.until(is_read(False))
        daemon.say(order)
        assert (await heard(site, is_heard))["Webcam"] == 0
        await server.defaults_become("room", "mic")
        daemon.say(SetMute(True))
        await daemon.until(is_read(True))
        await silence(site)
        for _ in range(REPORTS):
            assert is_silent(await heard(site, lambda said: True))
        daemon.say(SetMute(False))
        await daemon.until(is_read(False))
        await heard(site, is_heard)
        daemon.say(LeaveMeeting(order.id))
        await daemon.page(lambda page: page.phase is PagePhase.CLOSED)
        await server.defaults_become("hall", "webcam")


async def test_the_defaults_are_given_back_by_a_process_that_is_asked_to_end(agent, server, site):
    async with agent.daemon() as daemon:
        await with_sound(daemon)
        daemon.say(PUCK)
        daemon.say(OpenMeeting(1, f"{site.origin}/listen", site.origin, True, "Bamboo"))
        await daemon.until(lambda message: isinstance(message, MeetingPage))
        await server.defaults_become("room", "mic")
        assert await asyncio.to_thread(agent.end) == 0
    await server.defaults_become("hall", "webcam")
    assert "Traceback" not in agent.log.read_text()
