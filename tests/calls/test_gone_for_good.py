"""What a meeting stands on is killed for good: the room says what is so, and meets elsewhere."""

import contextlib

import pytest

from tests.calls.drills import crashed, kill_server, meets, meets_again
from tests.calls.rig import rig
from tests.calls.served import PATIENCE_S
from tests.kiosk import compositor
from tests.kiosk.compositor import Compositor
from tests.kiosk.sound_server import needed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_server_that_is_gone_is_told_of_and_the_room_meets_on_another(tmp_path):
    needed("chromium")
    with rig(tmp_path) as room:
        assert kill_server(room).choice_s < PATIENCE_S


def test_a_compositor_that_is_killed_takes_everything_along_and_the_next_one_meets(tmp_path):
    compositor.needed()
    with contextlib.ExitStack() as done:
        display, after = Compositor(1), Compositor(1)
        done.callback(display.close)
        done.callback(after.close)
        room = done.enter_context(rig(tmp_path, display))
        meets(room)
        display.process.kill()
        room.served.until("the call is lost", crashed)
        assert room.agency.process.wait(PATIENCE_S) == 0, "it ends with its compositor"
        room.nothing_left()
        room.move(after)
        room.served.has_screen()
        assert crashed(room.served.meeting()), "nobody has left, so it is not said"
        meets_again(room, own=1)
