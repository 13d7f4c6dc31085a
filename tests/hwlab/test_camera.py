"""The shared scenarios of a camera in this process: a pty behind a link, as udev makes them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomctl.wire import Port
from tests.camera.site import Site
from tests.hwlab.shared.camera import SCENARIOS, Scenario

pytestmark = pytest.mark.real


class PtyRoad:
    """A link to a pty that is another one each time."""

    def __init__(self, folder: Path) -> None:
        self._site = Site(folder)
        self.camera = self._site.camera
        self.url = self._site.url
        self.open_url = self.url.partition("?")[0]
        self._node = ""
        self._held: list[int] = []

    async def connect(self, name: str, url: str) -> Port:
        return await self._site.connect(name, url)

    async def plug(self, baud: int = 9600) -> None:
        self._site.sim.baud = baud
        await self._site.plug()
        self._node = str(self._site.link.readlink())

    async def unplug(self) -> None:
        """Pull the cable; its name stays taken, so that the next one is another."""
        if self._node:
            self._held.append(os.open(self._node, os.O_RDONLY | os.O_NOCTTY))
        await self._site.unplug()

    async def end(self) -> None:
        await self._site.unplug()
        for handle in self._held:
            os.close(handle)

    def node(self) -> str:
        return self._node

    def elapse(self) -> None:
        self._site.sim.tick(self._site.clock.mono_s())


@pytest.fixture
async def road(tmp_path: Path) -> AsyncIterator[PtyRoad]:
    made = PtyRoad(tmp_path)
    yield made
    await made.end()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_in_process(scenario: Scenario, road: PtyRoad) -> None:
    await scenario(road)
