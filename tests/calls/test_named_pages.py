"""A lobby or a wall on a vendor's page: staff name its picture, and the call's state says so.

Real labwc, Chromium in plain mode, daemon, screen process and sound server.
"""

import contextlib

import pytest

from tests.calls.rig import in_call
from tests.calls.shown_page import heard, room
from tests.kiosk.vendor_flow import Flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(500)]

HEADING = 0.42  # of the display's height
# By vendor: what stands in the way, the name that staff give it, state and failure of the call.
WALLS = {
    "zoom": ("lobby", "lobby", ("lobby", None)),
    "webex": ("sign_in", "sign_in_required", ("failed", "sign_in_required")),
    "tencent": ("passcode", "passcode_needed", ("failed", "passcode_needed")),
}


@pytest.fixture(scope="module")
def flows():
    with contextlib.ExitStack() as done:
        made = {name: Flow(name, f"launcher form {wall}") for name, (wall, *_) in WALLS.items()}
        yield {name: done.enter_context(contextlib.closing(flow)) for name, flow in made.items()}


@pytest.fixture(scope="module")
def rig(flows, tmp_path_factory):
    pages = {f"{vendor}_flow": flow for vendor, flow in flows.items()}
    with room(tmp_path_factory.mktemp("room"), pages) as rig:
        yield rig


@pytest.mark.parametrize("vendor", WALLS)
def test_what_staff_have_named_is_told_then_and_at_the_next_join(rig, flows, vendor):
    flow, (wall, name, told) = flows[vendor], WALLS[vendor]
    flow.hidden = (wall,)
    rig.know(flow)
    flow.hidden = ()
    for named_before in (False, True):
        flow.held = wall
        rig.join(flow)
        while flow.drawn.get(timeout=60) != wall:
            pass
        if not named_before:
            rig.served.command("walkthrough.pick", x=flow.middle - 0.05, y=HEADING)
            rig.served.command("walkthrough.name", says=name)
        stands = rig.served.until("it is told", lambda now: tells(now) == told)
        assert stands["evidence"] == "page"
        assert "met webdriver=false" not in heard(flow.said), "nobody is in the meeting yet"
        flow.held = ""
        assert rig.served.until("the sound server proves it", in_call)["failure"] is None
        rig.leave()
    rig.nobody_looks()


def tells(meeting):
    return meeting["state"], meeting["failure"]
