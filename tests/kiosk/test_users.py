"""The panel's browser and the meeting's are two users': neither reads what the other has."""

import asyncio
import contextlib
import os
import pwd
import subprocess
from pathlib import Path

import pytest

from roomctl.screen.protocol import DisplayRole, OpenMeeting, PagePhase, ShowPage
from tests.kiosk import compositor
from tests.kiosk.agency import USER, Agency, commands
from tests.kiosk.compositor import Compositor
from tests.kiosk.site import Answering, Loopback, Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two other users"),
]

PANEL_USER = "daemon"  # of those that every Debian has
PANEL_UID = pwd.getpwnam(PANEL_USER).pw_uid
COOKIE = "the-panels-own-cookie"


class Panel(Loopback):
    """A panel's page, which has its cookie, and keeps it for a year."""

    def __init__(self):
        self.came = asyncio.Event()
        loop = asyncio.get_running_loop()

        class Handler(Answering):
            def get(self):
                kept = f"panel={COOKIE}; Max-Age=31536000; HttpOnly; SameSite=Strict"
                self.answer(
                    200, "<!doctype html><title>panel</title>", headers=[("Set-Cookie", kept)]
                )
                loop.call_soon_threadsafe(came.set)

        came = self.came
        super().__init__(Handler)


@contextlib.asynccontextmanager
async def both():
    """A compositor with a meeting of the kiosk's user and a panel of another's on it."""
    compositor.needed("setpriv")
    with contextlib.ExitStack() as stack:
        display = stack.enter_context(contextlib.closing(Compositor(2)))
        display.place.chmod(0o711)  # as a group would let the panel's user in
        (display.place / "wayland-0").chmod(0o777)
        room = stack.enter_context(contextlib.closing(Agency()))
        panel = stack.enter_context(contextlib.closing(Agency(PANEL_USER)))
        room.start(mode="kiosk", surroundings=display.environment)
        around = {"WAYLAND_DISPLAY": str(display.place / "wayland-0")}
        panel.start(mode="kiosk", surroundings=around, panel=True)
        async with room.daemon() as to_room, panel.daemon() as to_panel:
            yield display, (room, to_room), (panel, to_panel)


def as_user(name, *words):
    """Do something as a user; return whether it could be done."""
    group = pwd.getpwnam(name).pw_gid
    line = ("setpriv", "--reuid", name, "--regid", str(group), "--clear-groups", *words)
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


async def test_the_meetings_user_reads_neither_the_panels_profile_nor_its_memory():
    site = Site()
    page = Panel()
    try:
        async with both() as (display, (_, to_room), (panel, to_panel)):
            to_panel.say(ShowPage(DisplayRole.PANEL, f"{page.origin}/", None))
            async with asyncio.timeout(40):
                await page.came.wait()
            to_room.say(OpenMeeting(1, f"{site.origin}/plain", site.origin, False, "Bamboo"))
            await to_room.page(lambda page: page.phase is PagePhase.OPEN, limit_s=60)
            await asyncio.to_thread(site.said.get, timeout=40)
            (profile,) = panel.place.glob("roomctl-meeting-*/profile/Default")
            mine = [
                pid for pid, words in commands(PANEL_UID) if "--type=renderer" in " ".join(words)
            ]
            assert mine
            secrets = [profile / "Preferences", *(Path(f"/proc/{pid}/environ") for pid in mine)]
            for secret in secrets:
                assert as_user(PANEL_USER, "cat", secret), f"{secret} is there"
                assert not as_user(USER, "cat", secret)
            assert not as_user(USER, "ls", profile)
            for pid in mine:
                assert not as_user(USER, "head", "-c", "1", f"/proc/{pid}/mem")
                assert not as_user(USER, "kill", "-0", str(pid))
            (meeting,) = display.place.glob("roomctl-meeting-*/profile")
            assert not as_user(PANEL_USER, "ls", meeting)
    finally:
        site.close()
        page.close()


async def test_the_panels_process_opens_no_meeting():
    site = Site()
    try:
        async with both() as (_, _, (panel, to_panel)):
            to_panel.say(OpenMeeting(1, f"{site.origin}/plain", site.origin, False, "Bamboo"))
            async with asyncio.timeout(20):
                while "this process shows the panel, and no more" not in panel.log.read_text():
                    await asyncio.sleep(0.05)
            assert not [words for _, words in commands(PANEL_UID) if "chromium" in words[0]]
            assert site.asked == []
    finally:
        site.close()
