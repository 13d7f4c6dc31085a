"""One house per test: at rest in this process, or running behind a socket.

A house that runs does so in real time: its tests are `real`.
"""

import fastapi.dependencies.models
import pytest

from tests.api import rig

# FastAPI remembers of the last 4096 routes what they are, and so keeps their apps: 2.7 MB each.
KEPT = [each for each in vars(fastapi.dependencies.models).values() if hasattr(each, "cache_clear")]


def pytest_collection_modifyitems(items):
    for item in items:
        if "alive" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)


@pytest.fixture(autouse=True)
def _forget():
    """Let go of an app when its test is over."""
    yield
    for each in KEPT:
        each.cache_clear()


@pytest.fixture
def house(tmp_path):
    """A room whose devices do not run, for what the door alone decides."""
    return rig.House(tmp_path)


@pytest.fixture
async def alive(tmp_path):
    """A room that runs, behind a real socket."""
    async with rig.running(tmp_path) as house:
        yield house


@pytest.fixture
async def program(alive):
    """A program with a token, which calls the room's app without a socket."""
    async with alive.in_process(headers=rig.BEARER) as client:
        yield client
