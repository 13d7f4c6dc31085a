"""A real call behind a wall: Chromium, and aiortc at the other end, who tells what it hears."""

import asyncio
import contextlib
import time
from pathlib import Path

from roomctl.screen.protocol import LeaveMeeting, OpenMeeting, SetMute, SoundState
from tests import far_end
from tests.kiosk.agency import Agency
from tests.kiosk.site import Site
from tests.kiosk.sound_server import needed
from tests.kiosk.walled import BEHIND, Side


@contextlib.asynccontextmanager
async def in_a_call():
    """Have a call whose microphone hears a tone; yields the sound's process and its folder."""
    needed("pipewire")
    needed("chromium")
    sound, screen, site = Agency(), Agency(), Site()
    place = Path(sound.place)
    manager = Side(place, "manager")
    try:
        place.chmod(0o755)
        sound.start(sound_alone=True)
        async with sound.daemon(SoundState) as wall:
            await wall.until(lambda one: isinstance(one, SoundState) and one.available)
            for module in BEHIND:
                await asyncio.to_thread(manager.pactl, "load-module", *module)
            await asyncio.to_thread(manager.play)
            programs = f"unix:{place}/programs/native"
            screen.start(media="real", sound=programs, walled=True)
            async with screen.daemon() as daemon:
                daemon.say(OpenMeeting(1, f"{site.origin}/talk", site.origin, True, "Bamboo"))
                assert await asyncio.to_thread(site.said.get, timeout=60) == "talks"
                yield wall
                daemon.say(LeaveMeeting(1))
    finally:
        site.close()
        screen.close()
        manager.close()
        sound.close()


async def muted(wall, on):
    """Have the room muted, or open; return when that was asked for."""
    asked_at = time.monotonic()
    wall.say(SetMute(on))
    await wall.until(lambda one: isinstance(one, SoundState) and one.muted is on)
    return asked_at


async def hears(since):
    """Wait until the other end has heard the room after that moment."""
    async with asyncio.timeout(60):
        while (await asyncio.to_thread(far_end.shared().heard))["loud_at"] <= since:
            await asyncio.sleep(0.02)
