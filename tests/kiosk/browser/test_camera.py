"""Which camera a page gets in a real Chromium that has three, all of them its own test pictures."""

import asyncio
import os

import pytest

from roomctl.kiosk.browser.browser import Browser, BrowserSetup
from roomctl.kiosk.browser.folder import BrowserFolder
from tests.kiosk.site import Site
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser

LIMIT_S = 60.0


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def binary(tmp_path):
    """A Chromium with three cameras: /dev/video0 to 2, called fake_device_0 to 2."""
    needed("chromium")
    flags = "--use-fake-device-for-media-stream=device-count=3"
    if os.getuid() == 0:
        flags += " --no-sandbox"  # the screen itself never runs a browser as root
    script = tmp_path / "chromium"
    script.write_text(f'#!/bin/sh\nexec chromium {flags} "$@"\n')
    script.chmod(0o755)
    return str(script)


async def seen(binary, tmp_path, site, camera):
    """Return the cameras that a page gets and finds first."""
    setup, folder = BrowserSetup(binary, "headless", "real", tmp_path), BrowserFolder(tmp_path)
    start = f"{site.origin}/cameras"
    browser = Browser(setup, folder, site.origin, piped=False, start=start, camera=camera)
    try:
        return await asyncio.to_thread(site.said.get, True, LIMIT_S)
    finally:
        await browser.stop()
        assert folder.remove()


async def test_a_page_gets_the_camera_that_the_room_names(binary, tmp_path, site):
    link = tmp_path / "usb-the-camera-video-index0"
    link.symlink_to("/dev/video1")

    assert await seen(binary, tmp_path, site, str(link)) == "fake_device_1, fake_device_1"


async def test_a_page_gets_the_first_camera_if_the_room_names_none(binary, tmp_path, site):
    assert await seen(binary, tmp_path, site, None) == "fake_device_0, fake_device_0"
