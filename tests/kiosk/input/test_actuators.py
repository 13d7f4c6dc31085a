"""Both ways to a page, on a page that says what happens to it: wheel, keys, and back."""

import asyncio
import contextlib

import pytest

from roomctl.screen.protocol import (
    KeyName,
    OpenMeeting,
    PagePhase,
    PressKey,
    PressPoint,
    ScrollAt,
    TypeText,
)
from tests.kiosk import compositor
from tests.kiosk.agency import Agency
from tests.kiosk.site import DRAWN, TELL
from tests.kiosk.sound_server import needed
from tests.kiosk.vendor import Vendor

pytestmark = pytest.mark.browser

MIDDLE, GROUND = (0.5, 0.5), (0xC0, 0xFF, 0xEE)

_PAGE = """<!doctype html><meta charset="utf-8"><title>tall</title>
<style>
  body { margin: 0; height: 9000px; background: #c0ffee; }
  input { position: fixed; left: 40%; top: 40%; width: 20%; height: 20%; }
</style>
<input id="field">
<script>
  TELL
  DRAWN
  drawn.then(() => tell("here"));
  addEventListener("scroll", () => tell(`at ${Math.round(scrollY)}`));
  addEventListener("popstate", () => tell("back"));
  field.onclick = () => { history.pushState({}, "", "#deeper"); tell("deeper"); };
  field.oninput = () => tell(`typed ${field.value}`);
  addEventListener("keydown", ({ key, shiftKey }) => tell(`${shiftKey ? "shift " : ""}${key}`));
  field.addEventListener("keydown", (event) => event.key === "Tab" && event.preventDefault());
</script>
""".replace("TELL", TELL).replace("DRAWN", DRAWN)


class Tall(Vendor):
    """A page that is higher than any display; it says each thing that happens to it, in order."""

    def _page(self):
        return _PAGE

    async def says(self, wanted):
        """Wait until the page says what is wanted."""
        while not wanted(await asyncio.to_thread(self.said.get, timeout=60)):
            pass


@pytest.fixture(params=["compositor", "pipe"])
def reached(request):
    if request.param == "compositor":
        compositor.needed()
        with compositor.kiosk(1) as (display, agency):
            yield agency, display
    else:
        needed("chromium")
        with contextlib.closing(Agency()) as agency:
            yield agency.start(), None


async def open_page(daemon, display, site):
    """Open the page, and wait until it takes what comes: a display's has to stand there first."""
    daemon.say(OpenMeeting(1, site.url, site.origin, True, "Bamboo", hosts=("127.0.0.1",)))
    await daemon.page(lambda page: page.phase is PagePhase.OPEN)
    await site.says(lambda word: word == "here")
    if display is not None:
        stands = lambda: display.share("HEADLESS-1", GROUND) > 0.5  # noqa: E731
        await asyncio.to_thread(display.until, stands, "the page on the display", 60.0)


@pytest.fixture
def site():
    site = Tall()
    yield site
    site.close()


async def do(daemon, kind, *what):
    assert await daemon.touch(kind, *what) is None


def at(below):
    """Whether the page says that it stands deeper than this."""
    return lambda word: word.startswith("at ") and int(word[3:]) > below


async def test_a_page_is_scrolled_struck_and_gone_back_on(reached, site):
    agency, display = reached
    async with agency.daemon() as daemon:
        await open_page(daemon, display, site)
        await do(daemon, ScrollAt, *MIDDLE, 5, True)
        await site.says(at(200))
        await do(daemon, ScrollAt, *MIDDLE, 20, False)
        await site.says(lambda word: word == "at 0")
        await do(daemon, PressPoint, *MIDDLE)
        await site.says(lambda word: word == "deeper")
        await do(daemon, TypeText, "aZ ü会7")
        await site.says(lambda word: word == "typed aZ ü会7")
        await do(daemon, PressKey, KeyName.BACKSPACE)
        await site.says(lambda word: word == "typed aZ ü会")
        for key, name in (
            (KeyName.TAB, "Tab"),
            (KeyName.BACK_TAB, "shift Tab"),
            (KeyName.ESCAPE, "Escape"),
            (KeyName.ENTER, "Enter"),
            (KeyName.UP, "ArrowUp"),
            (KeyName.DOWN, "ArrowDown"),
            (KeyName.LEFT, "ArrowLeft"),
            (KeyName.RIGHT, "ArrowRight"),
            (KeyName.SPACE, " "),
        ):
            await do(daemon, PressKey, key)
            await site.says(lambda word, name=name: word == name)
        await do(daemon, PressKey, KeyName.BACK)
        await site.says(lambda word: word == "back")
