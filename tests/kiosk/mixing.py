"""A mixer that runs on a sound server of the tests, and all that it reports."""

import asyncio
import contextlib

from roomctl.kiosk.audio import pulse
from roomctl.kiosk.audio.mixer import Mixer
from roomctl.screen.protocol import PreferDevice

PUCK = PreferDevice("1-1.4", 0x0B0E, 0x2456)
OTHERS_PUCK = PreferDevice("1-1.3", 0x0B0E, 0x2456)
DEFAULTS = ("hall", "webcam")


class Ear:
    """A mixer and what it reported."""

    def __init__(self, url, turn=None, defaults=None, wall=None):
        self.heard = []
        self._news = asyncio.Event()
        self.mixer = Mixer(self._hear, url, turn, defaults, wall)

    def _hear(self, sound):
        self.heard.append(sound)
        self._news.set()

    async def until(self, fact, limit_s=60.0):
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
async def mixing(server, monkeypatch, use=PUCK, defaults=None, answer_s=60.0):
    """Run a mixer; a server that does not answer within `answer_s` is none."""
    monkeypatch.setattr(pulse, "ANSWER_S", answer_s)
    # libpulse would write a cookie into the home of whoever runs the tests.
    monkeypatch.setenv("PULSE_COOKIE", str(server.place / "cookie"))
    ear = Ear(server.url, defaults=defaults)
    ear.mixer.use(use)
    running = asyncio.create_task(ear.mixer.run())
    try:
        await ear.until(lambda sound: sound.available)
        yield ear
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
