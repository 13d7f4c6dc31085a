"""peer-calls, whose page others wrote, opened plain: shown once, then joined by the room.

Real labwc, Chromium in plain mode, daemon, screen process and sound server; a guest is there.
"""

import contextlib
import os

import pytest

from tests.calls import guest
from tests.calls.rig import in_call
from tests.calls.shown_page import NAME, room
from tests.kiosk.compositor import SIZE
from tests.peer_calls import PLATFORM, PeerCalls, bring

FIELD, JOIN = "form.media input[name=nickname]", "form.media button[type=submit]"
PLAIN = PLATFORM.partition("[page]")[0].replace("assisted", "plain")
TIMES = int(os.environ.get("ROOMCTL_JOINS", "1"))

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400 + 100 * TIMES)]


class Meeting(PeerCalls):
    """The server, with its platform file for a page that nobody reads."""

    platform = PLAIN + PLATFORM[PLATFORM.index("[[join]]") :]
    link = property(lambda self: f"{self.origin}/call/bamboo")


def test_a_page_that_others_wrote_is_shown_once_and_joined_by_the_room(tmp_path):
    with (
        contextlib.closing(Meeting(bring())) as meeting,
        guest.guests(tmp_path) as enter,
        room(tmp_path, {"peercalls": meeting}) as rig,
    ):
        meeting.start()
        page = enter(meeting.link)
        places = stand(page, meeting.origin)
        join(rig, meeting)
        show(rig, places)
        rig.leave()
        for _ in range(TIMES):
            rig.joins(lambda: join(rig, meeting))
            page.wait_for_selector(f"text={NAME}", timeout=60_000)
            rig.leave()
        (kept,) = tmp_path.glob("walkthrough-*.toml")
        assert "type {name}" in kept.read_text()


def stand(page, origin):
    """Where name and Join stand on the page before the meeting, as shares of the display."""
    with contextlib.closing(page.context.browser.new_page(viewport=sized())) as other:
        other.goto(f"{origin}/call/empty")
        boxes = [other.locator(one).bounding_box() for one in (FIELD, JOIN)]
    return [middle(box) for box in boxes]


def sized():
    return {"width": SIZE[0], "height": SIZE[1]}


def middle(box):
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return x / SIZE[0], y / SIZE[1]


def join(rig, meeting):
    rig.served.command("meeting.join", link=meeting.link)
    rig.served.until("the page stands there", lambda now: now["remote_control"])


def show(rig, places):
    """Do what a person does who has no camera."""
    field, button = places
    rig.until("it may be shown", lambda now: now["state"] == "offered")
    rig.served.command("walkthrough.begin")
    rig.press(*field)
    rig.served.command("screen.type", text=NAME)
    for key in ("tab", "up"):  # from "Default Video" to "No Video"
        rig.served.command("screen.key", key=key)
    rig.press(*button)
    rig.served.until("in the meeting that was shown", in_call)
    rig.until("it is shown", lambda now: now["state"] == "shown")
    rig.served.command("walkthrough.keep")
