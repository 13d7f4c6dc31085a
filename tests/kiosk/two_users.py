"""A panel and a meeting on one compositor, as two users, and what the one can read of the other."""

import asyncio
import contextlib
import pwd
import subprocess
from pathlib import Path

from roomctl.screen.protocol import DisplayRole, OpenMeeting, PagePhase, ShowPage
from tests.kiosk import compositor
from tests.kiosk.agency import USER, Agency, commands
from tests.kiosk.compositor import Compositor
from tests.kiosk.site import Answering, Loopback, Site

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


async def pried_open():
    """Try as the meeting's user whatever the panel's has; return what could be read, and tries."""
    site = Site()
    page = Panel()
    try:
        async with both() as (display, (_, to_room), (panel, to_panel)):
            to_panel.say(ShowPage(DisplayRole.PANEL, f"{page.origin}/", None))
            async with asyncio.timeout(60):
                await page.came.wait()
            to_room.say(OpenMeeting(1, f"{site.origin}/plain", site.origin, False, "Bamboo"))
            await to_room.page(lambda page: page.phase is PagePhase.OPEN, limit_s=60)
            await asyncio.to_thread(site.said.get, timeout=60)
            (profile,) = panel.place.glob("roomctl-meeting-*/profile/Default")
            (meeting,) = display.place.glob("roomctl-meeting-*/profile/Default")
            named = [(pid, " ".join(words)) for pid, words in commands(PANEL_UID)]
            own = lambda file: as_user(PANEL_USER, "cat", file)  # noqa: E731
            renderers = [Path(f"/proc/{pid}") for pid, words in named if "--type=renderer" in words]
            renderers = [one for one in renderers if own(one / "environ")]  # a spare one may go
            assert renderers, "the panel's page is there"
            assert own(profile / "Preferences"), "and something of its own"
            tries = [("cat", profile / "Preferences")]
            for one in renderers:
                tries += [("cat", one / "environ"), ("head", "-c", "1", one / "mem")]
            tries += [("kill", "-0", str(pid)) for pid, _ in named]
            tries += [("ls", profile), ("ls", panel.place)]
            done = [words for words in tries if as_user(USER, *words)]
            if as_user(PANEL_USER, "ls", meeting):
                done.append(("ls", meeting))
            return done, len(tries) + 1
    finally:
        site.close()
        page.close()
