"""Two real meeting servers that roomctl has nothing to do with, a guest, and a room that meets."""

import pytest

from tests.calls.rig import rig
from tests.calls.served import PATIENCE_S
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser


@pytest.mark.timeout(600)
def test_a_room_meets_on_two_platforms_in_turn_thrice_and_leaves_nothing(tmp_path):
    needed("chromium")
    with rig(tmp_path) as room:
        took_s = [room.round() for _ in range(3)]
        assert max(took_s) < PATIENCE_S, "how soon it is, `make soak` measures"
