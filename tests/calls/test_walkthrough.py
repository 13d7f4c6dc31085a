"""Vendors' pages on a real display, shown once by touches on the panel, and joined by the room.

Real labwc, Chromium in plain mode, daemon, screen process and sound server; the pages are made
after what is publicly known of vendors' flows.
"""

import contextlib
import itertools
import os

import pytest

from tests.calls.shown_page import NAME, heard, met, room
from tests.examples import chosen
from tests.kiosk.vendor_flow import PASSCODE, VENDORS, Flow

SLOWEST = "teams"
DIFFERENT = ("zoom", "tencent", SLOWEST)  # with most stages, in Chinese and dark, slow
TIMES = int(os.environ.get("ROOMCTL_JOINS", "1"))  # of each; `make soak` joins 50 times

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400 + 100 * TIMES)]


@pytest.fixture(scope="module")
def flows():
    with contextlib.ExitStack() as done:
        yield {name: done.enter_context(contextlib.closing(flow(name))) for name in VENDORS}


def flow(name):
    """A vendor's flow; here all but the slowest load soon, and `make soak` waits for each."""
    soon = TIMES == 1 and name != SLOWEST
    return Flow(name, wait_ms=300) if soon else Flow(name)


@pytest.fixture(scope="module")
def rig(flows, tmp_path_factory):
    pages = {f"{vendor}_flow": flow for vendor, flow in flows.items()}
    with room(tmp_path_factory.mktemp("room"), pages) as rig:
        yield rig


@pytest.mark.parametrize("vendor", chosen(VENDORS, *DIFFERENT))
def test_a_page_that_was_shown_once_is_joined_by_the_room(rig, flows, vendor):
    flow = flows[vendor]
    rig.know(flow, proven=vendor == SLOWEST)
    for hidden in itertools.islice(itertools.cycle(((), ("cookie",))), TIMES):
        flow.hidden = hidden
        rig.joins(lambda: rig.join(flow), 3 if TIMES == 1 else 1)
        assert met(flow.said) == [f'["{NAME}","{PASSCODE}"]']
        rig.leave()
        assert heard(flow.said) == []
    assert PASSCODE not in rig.kept()


def test_a_changed_page_is_handed_over_without_a_press_and_the_search_ends(rig, flows):
    flow = flows["zoom"]
    rig.know(flow, proven=False)
    flow.restyled, flow.hidden = "#0b7cff", ()
    rig.join(flow)
    rig.until("the room joins", lambda now: now["state"] == "joining")
    handed = rig.until("it is handed over", lambda now: now["state"] == "handed_over")
    assert handed["reason"] == "changed"
    assert heard(flow.said) == [], "nothing was pressed"
    rig.served.command("screen.press", x=flow.middle, y=0.876)  # people go on themselves
    rig.nobody_looks()
    rig.leave()
