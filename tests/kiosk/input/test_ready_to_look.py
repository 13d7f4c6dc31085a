"""What looks at the display starts while the page is opened, where it will be needed."""

import asyncio
import contextlib
import importlib.util
import os

import pytest

from roomctl.kiosk.input.remote_control import RemoteTouches
from roomctl.screen.protocol import ControlsSeen, SeekControls
from tests.calls.shown_page import LOOKS
from tests.kiosk import compositor
from tests.kiosk.agency import commands, descends

pytestmark = pytest.mark.real


def looking():
    """The children of this process that look at a display."""
    ours = os.getpid()
    return [pid for pid, words in commands(os.geteuid()) if LOOKS in words and descends(pid, ours)]


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.fixture
async def remote(monkeypatch):
    compositor.needed()
    if importlib.util.find_spec("cv2") is None:
        pytest.skip("needs OpenCV: pip install 'roomctl[walkthrough]'")
    said = asyncio.Queue()
    with contextlib.closing(compositor.Compositor(1)) as display:
        for key in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(key, display.environment[key])
        touches = RemoteTouches(said.put_nowait, lambda: None)
        touches.said = said
        running = asyncio.create_task(touches.run())
        yield touches
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await touches.end()
        assert not looking()


async def begin(remote, *, looks):
    await remote.begin(lambda: None, within=lambda: True, looks=looks)


async def test_it_is_there_before_anybody_asks_and_is_the_one_that_is_asked(remote):
    await begin(remote, looks=True)
    await until(looking)
    before = looking()
    remote.take(SeekControls(1, ()))
    async with asyncio.timeout(60):
        assert isinstance(await remote.said.get(), ControlsSeen)
    assert looking() == before


async def test_it_is_not_there_where_nobody_will_look(remote):
    await begin(remote, looks=False)
    assert not looking()


async def test_it_goes_with_the_meeting_though_nobody_asked(remote):
    await begin(remote, looks=True)
    await until(looking)
    await remote.end()
    assert not looking()


async def test_it_goes_with_a_meeting_that_is_over_at_once(remote):
    await begin(remote, looks=True)
    await asyncio.sleep(0)  # it has begun to start
    await remote.end()
    await until(lambda: not looking())
