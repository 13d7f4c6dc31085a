"""What nobody can do with a kiosk's browser, under the policy of deploy/ and without it."""

import asyncio
import contextlib
import json
import os
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest

from roomctl.kiosk.input.virtual_input import KeyStrokes, VirtualInput, named
from roomctl.screen.protocol import KeyName, OpenMeeting, PagePhase, PressPoint, TypeText
from tests.examples import crossed
from tests.kiosk import compositor
from tests.kiosk.tempting import (
    ALONE,
    DOWNLOAD,
    FILE,
    KEYS,
    NAME,
    PASSWORD,
    PAYLOAD,
    POLICY,
    SUBMIT,
    WHO,
    WORD,
    Tempting,
    install,
    says,
    windows,
    written,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def policy(request, tmp_path_factory):
    """The folder /etc/chromium, with the policy of deploy/ in it; None: as this machine has it."""
    compositor.needed("unshare")
    if request.param == "not installed":
        return None
    if os.geteuid() != 0:
        pytest.skip("only root can give one process another /etc/chromium")
    return install(tmp_path_factory.mktemp("etc") / "chromium")


@pytest.fixture
def site():
    site = Tempting()
    yield site
    site.close()


@pytest.mark.parametrize(
    ("policy", "assisted"),
    crossed(["installed", "not installed"], (True, False)),
    indirect=["policy"],
)
async def test_nothing_that_is_touched_or_struck_is_kept_or_opens_a_window(policy, site, assisted):
    with compositor.kiosk(1, policy=policy) as (display, agency):
        async with agency.daemon() as daemon:

            async def touch(place):
                assert await daemon.touch(PressPoint, *place) is None

            order = OpenMeeting(
                1, f"{site.origin}/", site.origin, assisted, "Bamboo", hosts=("127.0.0.1",)
            )
            daemon.say(order)
            page = await daemon.page(lambda page: page.phase is PagePhase.OPEN, limit_s=60)
            assert page.phase is PagePhase.OPEN
            await says(site, "media")  # camera and microphone are the meeting's as before
            alone = lambda: windows(display.environment) == ALONE  # noqa: E731
            await asyncio.to_thread(display.until, alone, "the meeting's window, with its title")
            assert await struck(site, display) == ["key Escape", "key Enter", "key Tab"]
            assert windows(display.environment) == ALONE
            await touch(DOWNLOAD)
            await says(site, "click A")
            await touch(FILE)
            assert "blur" not in await says(site, "cancel")  # refused before a dialog appeared
            for place, text in ((NAME, WHO), (WORD, PASSWORD)):
                await touch(place)
                assert await daemon.touch(TypeText, text) is None
            assert windows(display.environment) == ALONE
            await touch(SUBMIT)
            signed_in = [("roomctl-meeting", "signed in - Chromium")]
            seen = lambda: windows(display.environment) == signed_in  # noqa: E731
            await asyncio.to_thread(display.until, seen, "the page after the sign-in")
            assert "/signed-in" in site.asked
            assert "/payload" in site.asked
            assert written(display.place, PAYLOAD, PASSWORD) == []


async def struck(site, display):
    """Strike every key that a kiosk's browser might obey; return what the page heard of them.

    Super+Enter is an Enter to it, and no terminal.
    """
    with contextlib.closing(VirtualInput(display.environment, None)) as keyboard:
        keyboard.key(KeyName.ESCAPE)  # the keyboard is the meeting's from here on
        for code, modifiers in KEYS.values():
            keyboard.strike(KeyStrokes(named(KeyName.ENTER).keymap, (code,), modifiers))
        keyboard.key(KeyName.TAB)
        return await says(site, "key Tab")


def test_chromium_knows_each_rule_of_the_policy():
    compositor.needed()
    rules = json.loads(POLICY.read_text())
    program = Path("/usr/lib/chromium/chromium")  # Debian's; /usr/bin/chromium is a script
    with program.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as code:
        unknown = [rule for rule in rules if code.find(b"\0" + rule.encode() + b"\0") < 0]
    assert unknown == []
    assert rules["DownloadRestrictions"] == 3
    assert not {"DeveloperToolsAvailability", "ExtensionInstallBlocklist"} & rules.keys()
