"""At the room's display: somebody with a keyboard, and a page that tempts."""

import asyncio
import os
from pathlib import Path

from roomctl.kiosk.input.virtual_input import KeyStrokes, VirtualInput, named
from roomctl.screen.protocol import KeyName, OpenMeeting, PagePhase, PressPoint
from tests.attack import CannotRun, attack
from tests.kiosk import compositor
from tests.kiosk.tempting import (
    ALONE,
    DOWNLOAD,
    FILE,
    KEYS,
    PAYLOAD,
    Tempting,
    install,
    says,
    windows,
    written,
)
from tests.kiosk.two_users import pried_open


@attack("a keyboard, a download and a file dialog at the display", small=1, whole=8)
def at_the_display(folder: Path, count: int) -> str:
    """Touch and strike everything `count` times; the meeting's page goes on, alone."""
    if lacking := compositor.missing("unshare"):
        raise CannotRun(f"needs {', '.join(lacking)}")
    policy = install(folder / "chromium") if os.geteuid() == 0 else None
    site = Tempting()
    try:
        kept = asyncio.run(_tempt(site, policy, count))
    finally:
        site.close()
    assert kept == [], f"kept: {', '.join(map(str, kept))}"
    strokes = count * len(KEYS)
    return f"{strokes} strokes, {count} downloads and file dialogs: no window, no file"


@attack("the panel's cookie and memory, as the user that opens meetings", small=1, whole=3)
def at_the_panels_cookie(folder: Path, count: int) -> str:
    if os.geteuid() != 0:
        raise CannotRun("only root can be two other users")
    if lacking := compositor.missing("setpriv"):
        raise CannotRun(f"needs {', '.join(lacking)}")
    tries = 0
    for _ in range(count):
        done, tried = asyncio.run(pried_open())
        assert done == [], f"could {' and '.join(str(words) for words in done)}"
        tries += tried
    return f"{tries} files, processes and memories tried, none opened"


async def _tempt(site, policy, count):
    with compositor.kiosk(1, policy=policy) as (display, agency):
        async with agency.daemon() as daemon:
            hosts = ("127.0.0.1",)
            daemon.say(OpenMeeting(1, f"{site.origin}/", site.origin, False, "Bamboo", hosts=hosts))
            page = await daemon.page(lambda page: page.phase is PagePhase.OPEN, limit_s=60)
            assert page.phase is PagePhase.OPEN, f"the page is {page.phase}"
            await says(site, "media")
            keyboard = VirtualInput(display.environment, None)
            try:
                for _ in range(count):
                    for place, answer in ((DOWNLOAD, "click A"), (FILE, "cancel")):
                        assert await daemon.touch(PressPoint, *place) is None
                        await says(site, answer)
                    for code, modifiers in KEYS.values():
                        stroke = KeyStrokes(named(KeyName.ENTER).keymap, (code,), modifiers)
                        keyboard.strike(stroke)
                    keyboard.key(KeyName.TAB)
                    await says(site, "key Tab")
                    assert (found := windows(display.environment)) == ALONE, f"windows: {found}"
            finally:
                keyboard.close()
            return written(display.place, PAYLOAD)
