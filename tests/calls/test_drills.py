"""Whatever is killed or cut in a meeting, the room says what is so, and can meet again.

How soon is measured by `make soak`; that it is soon by the room's own clock, in tests/meeting.
"""

import pytest

from tests.calls.drills import ALL, kill_server
from tests.calls.rig import rig
from tests.calls.served import PATIENCE_S
from tests.kiosk.sound_server import needed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
DRILLS = [drill for drill in ALL if drill is not kill_server]  # whose server is gone for good


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    needed("chromium")
    with rig(tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.__name__)
def test_the_room_tells_what_is_so_and_can_meet_again(room, drill):
    assert drill(room).choice_s < PATIENCE_S
