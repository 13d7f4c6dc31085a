"""One house per test: at rest in this process, or running behind a socket."""

import pytest

from tests.api import rig


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
