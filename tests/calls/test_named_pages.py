"""A lobby and walls on a vendor's page: staff name their pictures, and the call's state says so.

Real labwc, Chromium in plain mode, daemon, screen process and sound server.
"""

import contextlib

import pytest

from tests.calls.rig import in_call
from tests.calls.shown_page import MET, heard, met, room
from tests.kiosk.vendor_flow import Flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(500)]

HEADING = 0.42  # of the display's height
# What stands in the way, the name that staff give it, state and failure of the call.
WALLS = {
    "lobby": ("lobby", ("lobby", None)),
    "sign_in": ("sign_in_required", ("failed", "sign_in_required")),
    "passcode": ("passcode_needed", ("failed", "passcode_needed")),
}


def test_a_page_that_staff_named_is_recognised_at_once_and_at_the_next_join(tmp_path):
    flow = Flow("tencent", f"launcher form {' '.join(WALLS)}")
    with contextlib.closing(flow), room(tmp_path, {"tencent_flow": flow}) as rig:
        flow.hidden = tuple(WALLS)
        rig.know(flow, proven=False)
        flow.hidden = ()
        for named_before in (False, True):
            flow.held = next(iter(WALLS))
            rig.join(flow)
            for wall, (name, told) in WALLS.items():
                flow.held = wall
                while flow.drawn.get(timeout=60) != wall:
                    pass
                if not named_before:
                    rig.served.command("walkthrough.pick", x=flow.middle - 0.05, y=HEADING)
                    rig.served.command("walkthrough.name", says=name)
                stands = rig.served.until(
                    f"{name} is told", lambda now, told=told: tells(now) == told
                )
                assert stands["evidence"] == "page", wall
                assert MET not in heard(flow.said), "nobody is in the meeting yet"
            flow.held = ""
            assert rig.served.until("the sound server proves it", in_call)["failure"] is None
            met(flow.said)
            rig.leave()
        rig.nobody_looks()


def tells(meeting):
    return meeting["state"], meeting["failure"]
