"""A page asks for a passcode: the panel's card answers it, on a real display in a real browser."""

import contextlib

import pytest

from tests.calls.passcode_page import PASSCODE, PasscodePage
from tests.calls.shown_page import heard, room

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def asks(failure):
    return lambda meeting: meeting["failure"] == failure and meeting["can_enter_passcode"]


def test_a_wrong_passcode_is_reported_and_the_right_one_lets_the_room_in(tmp_path):
    with contextlib.closing(PasscodePage()) as page, room(tmp_path, {"vendor": page}) as rig:
        rig.served.command("meeting.join", link=page.url)
        rig.served.until("the page asks for a passcode", asks("passcode_needed"))
        rig.served.command("meeting.enter_passcode", passcode="wrong-1")
        rig.served.until("the page says that it is wrong", asks("passcode_wrong"))
        rig.served.command("meeting.enter_passcode", passcode=PASSCODE)
        rig.served.until("the room is in", lambda meeting: meeting["state"] == "in_call")
        assert heard(page.said) == ["wrong-1", PASSCODE]
        everything = rig.kept()
        assert PASSCODE not in everything
        assert "wrong-1" not in everything
