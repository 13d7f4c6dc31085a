"""A browser that is made ready, and given up before it is."""

import asyncio

import pytest

from roomctl.kiosk.browser.browser import BrowserSetup
from roomctl.kiosk.browser.prepared import PreparedBrowser
from roomctl.screen.protocol import BrowserNeeds

NEEDS = BrowserNeeds("https://meet.example", "https://meet.example", False, None, (), "")


@pytest.mark.real
@pytest.mark.parametrize("end", ["close", "remove"])
async def test_who_leaves_while_the_folder_is_being_made_leaves_none(tmp_path, end):
    prepared = PreparedBrowser(BrowserSetup("/bin/true", "headless", "fake", tmp_path), NEEDS)
    making = asyncio.ensure_future(prepared.make_folder())
    await asyncio.sleep(0)  # until its thread has begun
    making.cancel()
    await asyncio.gather(making, return_exceptions=True)
    await getattr(prepared, end)()
    assert list(tmp_path.iterdir()) == []
