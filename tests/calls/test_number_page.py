"""Join by ID where no address takes a number: the vendor's page is shown once, then passed.

Real labwc, Chromium in plain mode, daemon, screen process and sound server.
"""

import contextlib

import pytest

from tests.calls.number_page import CODE, JOIN, NAME, NUMBER, PLATFORM, NumberPage
from tests.calls.rig import in_call
from tests.calls.shown_page import Room, met, room

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

FIRST, SECOND = ("482901773", "471199"), ("771093284", "880042")


@contextlib.contextmanager
def shown_page(folder):
    page = NumberPage()
    page.platform = PLATFORM
    try:
        with room(folder, {"vendor": page}) as rig:
            yield rig, page
    finally:
        page.close()


def entry(rig):
    return next(one for one in rig.served.room()["platforms"] if one["key"] == "vendor")


def by_number(rig, number, passcode):
    rig.served.command("meeting.join", number=number, platform="vendor", passcode=passcode)
    rig.served.until("the page stands there", lambda meeting: meeting["remote_control"])


def show(rig: Room, number: str, passcode: str) -> None:
    """Do what a person does, with what the panel was given."""
    rig.served.command("walkthrough.begin")
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    for place, text in ((NUMBER, spaced), (NAME, "Bamboo 竹"), (CODE, passcode)):
        rig.press(*place)
        rig.served.command("screen.type", text=text)
    rig.press(*JOIN)
    rig.served.until("in the meeting that was shown", in_call)


def test_a_number_is_joined_by_itself_once_the_page_that_asks_for_it_was_shown(tmp_path):
    with shown_page(tmp_path) as (rig, page):
        assert (entry(rig)["number"], entry(rig)["by_number"]) == ("to_show", False)
        by_number(rig, *FIRST)
        rig.until("it may be shown", lambda now: now["state"] == "offered")
        show(rig, *FIRST)
        met(page.said)
        rig.until("it is shown", lambda now: now["state"] == "shown")
        rig.served.command("walkthrough.keep")
        rig.leave()
        assert (entry(rig)["number"], entry(rig)["passcode_needed"]) == ("passed", True)
        by_number(rig, *SECOND)
        rig.served.until("in the meeting by itself", in_call)
        assert met(page.said) == [f"{SECOND[0]}|Bamboo 竹|{SECOND[1]}"]
        rig.leave()
        rig.served.until("nothing is said of it any more", lambda now: now["state"] == "idle")
        assert {path.partition("?")[0] for path in page.asked} <= {"/join", "/favicon.ico"}
        everything = rig.kept() + "".join(page.asked)
        for number, passcode in (FIRST, SECOND):
            assert passcode not in everything
            assert number not in everything
