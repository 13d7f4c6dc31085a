"""A real Chromium on the real pages; the server is scripted by the test."""

from __future__ import annotations

import json
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.web import rooms
from tests.web.stand_in import NOTHING, StandIn, serving

_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # The last list counts: of Playwright's own what concerns a page of this machine, and
    # RenderDocument, which makes half of a page anew for each address that it goes to.
    "--disable-features=RenderDocument,PaintHolding,ThirdPartyStoragePartitioning,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,AvoidCorsURLLoaderRestartOnRedirect,"
    "DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "MediaRouter,OptimizationHints,NetworkTimeServiceQuerying,PreconnectToSearch",
]
LIMIT_S = 60.0  # of what takes a second on an idle machine
expect.set_options(timeout=LIMIT_S * 1000)
_BEGAN_S = 1_800_000_000.0  # when a page without time begins; the server tells it the room's
LANDSCAPE = {"width": 800, "height": 480}

Shown = tuple[StandIn, Page]
Open = Callable[..., Shown]


def launch(playwright: Playwright, *options: str) -> Browser:
    """Start the Chromium that pages are looked at with.

    Without the frame of a browser around its pages where Debian has that: the same engine, and
    half the work for a page. What a room shows its meetings in is the whole Chromium, everywhere.
    """
    program = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
    return playwright.chromium.launch(executable_path=program, args=[*_ARGS, *options])


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start a browser for as long as pages are tested: its loop holds this thread meanwhile."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A served room at rest, which a test may change before and while it is shown."""
    with serving(StandIn(rooms.at_rest())) as stand_in:
        yield stand_in


class Pages:
    """Pages of one browser, lent one after another, each as if nobody had been there before.

    What a page costs is half what every page has: a process, and files to fetch and to compile.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[tuple[Any, ...], list[Page]] = defaultdict(list)

    @contextmanager
    def lent(self, url: str, **options: Any) -> Iterator[Page]:
        """Lend an empty page for what is served at `url`; `options` are those of a context."""
        viewport = options.pop("viewport")
        media = {name: options.pop(name, usual) for name, usual in _MEDIA.items()}
        idle = self._idle[tuple(sorted(options.items()))]
        page = idle.pop() if idle else self._browser.new_context(**options).new_page()
        page.set_default_timeout(LIMIT_S * 1000)
        page.set_viewport_size(viewport)
        page.emulate_media(**media)
        yield page
        if self._cleared(page, url):
            idle.append(page)
        else:
            page.context.close()

    def _cleared(self, page: Page, url: str) -> bool:
        """Forget what was done on a page; False if that cannot be."""
        if page.is_closed() or len(page.context.pages) > 1:
            return False
        page.unroute_all()
        page.context.clear_cookies()
        page.mouse.move(-1, -1)  # else what comes to lie under it is hovered over
        try:
            page.goto(url + NOTHING)
        except Error:  # it is no longer served
            return False
        page.evaluate("localStorage.clear(); sessionStorage.clear(); window.name = ''")
        own_clock: bool = page.evaluate("/native code/.test(Date.now)")  # no test has set another
        return own_clock


_MEDIA = {
    "color_scheme": "light",
    "contrast": "no-preference",
    "reduced_motion": "no-preference",
}


@pytest.fixture(scope="package")
def pages(browser: Browser) -> Pages:
    return Pages(browser)


@pytest.fixture
def open_timeless(open_panel: Open) -> Open:
    """Return a function that shows a room on a panel whose time passes by `elapse` alone.

    A machine that is held up for a second takes none from what the page does within one.
    """

    def show(room: dict[str, Any] | None = None, **context: Any) -> Shown:
        stand_in, page = open_panel(room, NOTHING, **context)
        page.clock.install(time=_BEGAN_S)
        page.clock.pause_at(_BEGAN_S + 3600)
        page.goto(stand_in.url)
        until(page, "document.querySelector('room-panel')?.live.room")
        elapse(page, 1000)  # what came early is over: a panel believes touches
        usable(page)
        return stand_in, page

    return show


@pytest.fixture
def open_panel(pages: Pages, stand_in: StandIn) -> Iterator[Open]:
    """Return a function that shows a room on a panel."""
    with ExitStack() as stack:

        def show(room: dict[str, Any] | None = None, path: str = "/", **context: Any) -> Shown:
            if room is not None:
                stand_in.room = room
            options = {"viewport": LANDSCAPE, "has_touch": True, "locale": "en-GB", **context}
            page = stack.enter_context(pages.lent(stand_in.url, **options))
            page.goto(stand_in.url + path)
            return stand_in, page

        yield show


def elapse(page: Page, ms: int) -> None:
    """Let time pass on a page that was opened without; it hears of the room all the while."""
    live = "document.querySelector('room-panel').live"
    while ms > 0:
        step_ms = min(ms, 1000)  # after 3 s of silence a page holds what it shows for old
        page.clock.run_for(step_ms)
        ms -= step_ms
        if page.evaluate(f"{live}.send({{type: 'ping', t: performance.now()}})"):
            until(page, f"{live}.heard_ms === {live}.clock.now()")


def until(page: Page, expression: str) -> None:
    """Wait until `expression` holds; the page's policy forbids Playwright's own way.

    The page itself looks each 10 ms, whatever clock a test has set, and anew after a navigation.
    """
    deadline = time.monotonic() + LIMIT_S
    while not _held(page, _LOOK % expression):
        assert time.monotonic() < deadline, f"never: {expression}"


def seen(page: Page, css: str) -> None:
    """Wait until the first that `css` finds is to be seen.

    Playwright's own wait loads a large script into the page, and in time looks twice a second only.
    """
    until(page, f"({_SEEN})({json.dumps(css)})")


def still(page: Page) -> None:
    """Wait until what is drawn stays.

    Fonts and pictures are there; for four frames the page says the same, and nothing moves.
    """
    deadline = time.monotonic() + LIMIT_S
    while not _held(page, _STILL):
        assert time.monotonic() < deadline, "it never stood still"


def _held(page: Page, look: str) -> bool:
    """Return what `look` says within a second, or False where the page went elsewhere."""
    try:
        held: bool = page.evaluate(look)
    except Error as error:
        if "navigation" not in error.message:
            raise
        return False
    return held


_STILL = (Path(__file__).parent / "still.js").read_text(encoding="utf-8")
_SEEN = """(css) => {
    const found = document.querySelector(css);
    if (!found?.checkVisibility({ visibilityProperty: true })) return false;
    const box = found.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
}"""
_LOOK = """async () => {
    for (let looks = 0; looks < 100; looks += 1) {
        if (%s) return true;
        await scheduler.postTask(() => {}, { delay: 10 });
    }
    return false;
}"""


def told(page: Page, heard: Callable[[], object], expected: object) -> None:
    """Wait until the server has heard exactly what it should have by then."""
    deadline = time.monotonic() + LIMIT_S
    while (said := heard()) != expected:
        assert time.monotonic() < deadline, said
        page.wait_for_timeout(20)


def usable(page: Page) -> None:
    """Wait until the panel takes touches."""
    until(page, "document.querySelector('room-panel main:not([inert])') !== null")
