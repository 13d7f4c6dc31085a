"""Kiosks other than labwc: cage, which shows one program and no more, and X11."""

import asyncio
import re

import pytest

from roomctl.screen.protocol import LeaveMeeting, OpenMeeting, PagePhase, ScreenReason
from tests.kiosk import compositor
from tests.kiosk.agency import UID, Agency, commands
from tests.kiosk.compositor import Compositor
from tests.kiosk.vendor import Vendor

pytestmark = pytest.mark.browser

OUTPUT, WHITE = "HEADLESS-1", (255, 255, 255)
KINDS = {"cage": ("cage", "--", "sleep", "600"), "x11": ("labwc", "-d")}


@pytest.fixture(params=list(KINDS))
def kiosk(request):
    """A compositor, and the screen process on it, which knows X11 only in its turn."""
    compositor.needed({"cage": "cage", "x11": "Xwayland"}[request.param])
    display, agency = Compositor(1, KINDS[request.param]), Agency()
    around = display.environment
    try:
        if request.param == "x11":
            display.until(lambda: x11_of(display), "labwc's X11 display")
            around = {name: text for name, text in around.items() if name != "WAYLAND_DISPLAY"}
            around["DISPLAY"] = x11_of(display)
        agency.start(mode="kiosk", surroundings=around)
        yield request.param, display, agency
    finally:
        agency.close()
        display.close()


def x11_of(display):
    """The X11 display that labwc offers to its clients, from its own log."""
    found = re.search(
        r"xwayland is running on display (:\d+)", (display.place / "labwc.log").read_text()
    )
    return found and found[1]


async def test_a_plain_meeting_is_shown_and_leaves_nothing_behind(kiosk):
    kind, display, agency = kiosk
    site = Vendor("en")
    try:
        async with agency.daemon() as daemon:
            daemon.say(OpenMeeting(1, site.url, site.origin, False, "Bamboo", hosts=("127.0.0.1",)))
            await daemon.page(lambda page: page.phase is PagePhase.OPEN)
            await asyncio.to_thread(
                display.until, lambda: display.share(OUTPUT, WHITE) > 0.5, "the meeting"
            )
            site.stage = "in"
            assert await asyncio.to_thread(site.said.get, timeout=60) == "met webdriver=false"
            words = [word for _, line in commands(UID) for word in line]
            assert f"--ozone-platform={'x11' if kind == 'x11' else 'wayland'}" in words
            assert list(display.place.glob("roomctl-meeting-*"))
            daemon.say(LeaveMeeting(1))
            page = await daemon.page(lambda page: False)
            assert (page.phase, page.reason) == (PagePhase.CLOSED, ScreenReason.LEFT)
            await asyncio.to_thread(
                display.until, lambda: display.share(OUTPUT, WHITE) < 0.5, "the meeting gone"
            )
        assert not list(display.place.glob("roomctl-meeting-*"))
    finally:
        site.close()
