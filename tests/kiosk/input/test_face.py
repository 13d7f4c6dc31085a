"""Which window gets what is typed: the meeting's, once it is there, and no other before."""

import contextlib
import threading

import pytest

from roomctl.kiosk.display import labwc
from roomctl.kiosk.input.virtual_input import VirtualInput
from roomctl.screen.protocol import KeyName
from tests.kiosk import compositor
from tests.kiosk.window import Window

pytestmark = pytest.mark.real
ENTER = 28


@pytest.fixture
def display():
    compositor.needed()
    with contextlib.closing(compositor.Compositor(1)) as display:
        yield display


@pytest.fixture
def keys(display):
    with contextlib.closing(VirtualInput(display.environment, None)) as keys:
        yield keys


def test_without_a_meetings_window_nothing_is_typed_and_it_is_said(display, keys):
    with contextlib.closing(Window(display.environment, "panel")) as panel:
        with pytest.raises(OSError, match="the meeting has no window"):
            keys.type("471199")
        panel.hear()
        assert panel.keys == []


def test_a_window_that_comes_late_is_waited_for_and_gets_the_keys(display, keys):
    with contextlib.closing(Window(display.environment, "panel")) as panel:
        typing = threading.Thread(target=keys.key, args=(KeyName.ENTER,))
        typing.start()
        with contextlib.closing(Window(display.environment, labwc.MEETING)) as meeting:
            typing.join(60)
            meeting.hear()
            panel.hear()
            assert (meeting.keys, panel.keys) == ([ENTER], [])


def test_the_meeting_gets_the_keys_though_another_window_is_in_front(display, keys):
    with (
        contextlib.closing(Window(display.environment, labwc.MEETING)) as meeting,
        contextlib.closing(Window(display.environment, "panel")) as panel,
    ):
        keys.key(KeyName.ENTER)
        meeting.hear()
        panel.hear()
        assert (meeting.keys, panel.keys) == ([ENTER], [])
