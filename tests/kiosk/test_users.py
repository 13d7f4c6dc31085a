"""The panel's browser and the meeting's are two users': what the panel's does not do.

That the meeting's reads nothing of the panel's is tried in tests/attack/kiosk.py.
"""

import asyncio
import os

import pytest

from roomctl.screen.protocol import OpenMeeting
from tests.kiosk.agency import commands
from tests.kiosk.site import Site
from tests.kiosk.two_users import PANEL_UID, both

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two other users"),
]


async def test_the_panels_process_opens_no_meeting():
    site = Site()
    try:
        async with both() as (_, _, (panel, to_panel)):
            to_panel.say(OpenMeeting(1, f"{site.origin}/plain", site.origin, False, "Bamboo"))
            async with asyncio.timeout(60):
                while "this process only shows the panel" not in panel.log.read_text():
                    await asyncio.sleep(0.05)
            lines = [" ".join(words) for _, words in commands(PANEL_UID)]
            assert not [line for line in lines if f"--user-data-dir={panel.place}/" in line]
            assert site.asked == []
    finally:
        site.close()
