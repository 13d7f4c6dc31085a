"""A call behind the wall: a real Chromium, and somebody at the other end who hears, or does not."""

import asyncio
import time

import pytest

from tests import far_end
from tests.kiosk.walled_call import hears, in_a_call, muted

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SILENT_S = 2.0


async def test_the_other_end_hears_the_room_falls_silent_with_the_mute_and_hears_again():
    async with in_a_call() as wall:
        await hears(await muted(wall, False))
        asked_at = await muted(wall, True)
        said_at = time.monotonic()
        await asyncio.sleep(SILENT_S)
        heard = await asyncio.to_thread(far_end.shared().heard)
        assert heard["at"] > said_at, "it goes on to get what the room sends"
        assert heard["loud_at"] - asked_at < SILENT_S, heard
        last = heard["loud_at"]
        await asyncio.sleep(SILENT_S)
        assert (await asyncio.to_thread(far_end.shared().heard))["loud_at"] == last
        await hears(await muted(wall, False))
