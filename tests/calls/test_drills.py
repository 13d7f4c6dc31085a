"""Two real meeting servers that roomctl has nothing to do with, a guest, and a room that meets.

Whatever is killed or cut in a meeting, the room says what is so, and can meet again. How soon is
measured by `make soak`, for every drill; that it is soon by the room's own clock, in tests/meeting.
"""

import contextlib

import pytest

from tests.calls.drills import ALL, crashed, kill_browser, kill_daemon, leaves, meets_host
from tests.calls.rig import rig
from tests.calls.served import PATIENCE_S
from tests.examples import chosen
from tests.kiosk import compositor
from tests.kiosk.compositor import Compositor
from tests.kiosk.sound_server import needed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    needed("chromium")
    with rig(tmp_path_factory.mktemp("room")) as room:
        yield room


def test_a_room_meets_on_two_platforms_in_turn_and_leaves_nothing(room):
    leaves(room)
    assert room.round() < PATIENCE_S, "how soon it is, and after how many, `make soak` measures"


@pytest.mark.parametrize(
    "drill", chosen(ALL, kill_browser, kill_daemon), ids=lambda drill: drill.__name__
)
def test_the_room_reports_its_state_and_can_meet_again(room, drill):
    assert drill(room).choice_s < PATIENCE_S


def test_after_the_compositor_is_killed_the_next_one_can_meet(room):
    compositor.needed()
    with contextlib.ExitStack() as done:
        display = done.enter_context(contextlib.closing(Compositor(1)))
        after = done.enter_context(contextlib.closing(Compositor(1)))
        done.callback(room.move)
        leaves(room)
        room.move(display)
        meets_host(room)
        display.process.kill()
        room.served.until("the call is lost", crashed)
        assert room.agency.process.wait(PATIENCE_S) == 0, "it ends with its compositor"
        room.nothing_left()
        room.move(after)
        assert crashed(room.served.meeting()), "nobody has left, so it is not said"
        meets_host(room)
        room.leave()
        room.nothing_left(own=1)
