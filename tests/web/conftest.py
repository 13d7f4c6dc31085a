"""A real Chromium on the real pages; the server is scripted by the test."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.web import rooms
from tests.web.stand_in import StandIn, serving

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
]
LIMIT_S = 60.0  # of what takes a second on an idle machine
expect.set_options(timeout=LIMIT_S * 1000)
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


@pytest.fixture
def open_panel(browser: Browser, stand_in: StandIn) -> Iterator[Open]:
    """Return a function that shows a room on a panel and waits until it may be touched."""
    with ExitStack() as stack:

        def show(room: dict[str, Any] | None = None, path: str = "/", **context: Any) -> Shown:
            if room is not None:
                stand_in.room = room
            options = {"viewport": LANDSCAPE, "has_touch": True, "locale": "en-GB", **context}
            opened: BrowserContext = browser.new_context(**options)
            stack.callback(opened.close)
            page = opened.new_page()
            page.set_default_timeout(LIMIT_S * 1000)
            page.goto(stand_in.url + path)
            return stand_in, page

        yield show


def until(page: Page, expression: str) -> None:
    """Wait until `expression` holds; the page's policy forbids Playwright's own way."""
    deadline = time.monotonic() + LIMIT_S
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never: {expression}"
        page.wait_for_timeout(20)


def told(page: Page, heard: Callable[[], object], expected: object) -> None:
    """Wait until the server has heard exactly what it should have by then."""
    deadline = time.monotonic() + LIMIT_S
    while (said := heard()) != expected:
        assert time.monotonic() < deadline, said
        page.wait_for_timeout(20)


def usable(page: Page) -> None:
    """Wait until the panel takes touches; a wait for a selector looks twice a second only."""
    until(page, "document.querySelector('room-panel main:not([inert])') !== null")
