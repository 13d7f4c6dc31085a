"""Random orders of what may happen to a wall; `make soak` runs a thousand of them."""

import asyncio

import pytest

from tests.kiosk.sound_server import needed
from tests.kiosk.wall_histories import History

pytestmark = [pytest.mark.real, pytest.mark.timeout(3000)]


@pytest.mark.parametrize("seed", [1000, 1001])
def test_what_is_said_in_a_muted_room_is_not_heard(seed):
    needed("pipewire")
    assert asyncio.run(History(seed).run()) == ""
