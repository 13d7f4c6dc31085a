"""The whole of it, once, as people live it: real browser, real pyserial on a pty, real WebRTC.

A second Chromium, unprivileged and in its sandbox, is the room's screen. What is asserted is seen
on the panel or asked of the room; the simulated hardware is moved on its own page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.story import (
    LIMIT_S,
    Running,
    browser,
    browsers,
    command_line,
    gone,
    needed,
    profiles,
    simulated,
)

pytestmark = pytest.mark.real
expect.set_options(timeout=LIMIT_S * 1000)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Running]:
    needed({"chromium": "chromium"})
    with simulated(tmp_path, "--wire", "--screen", "headless") as running:
        yield running


@pytest.fixture
def pages(room: Running) -> Iterator[tuple[Page, Page]]:
    """The panel (a touch screen) and the simulator page, each in a browser profile of its own."""
    with browser() as people:
        panel = people.new_context(viewport={"width": 800, "height": 480}, has_touch=True)
        simulator = people.new_context(viewport={"width": 800, "height": 480})
        yield panel.new_page(), simulator.new_page()


@pytest.mark.browser
def test_a_person_walks_in_joins_frames_the_camera_and_leaves(
    room: Running, pages: tuple[Page, Page]
) -> None:
    panel, simulator = pages
    simulator.goto(room.far_side)
    panel.goto(room.panel)
    expect(panel).to_have_url(f"{room.api}/")  # the pairing token is gone from the address

    room.until("an empty room rests", lambda seen: not seen["panel"]["awake"])
    simulator.get_by_role("button", name="Walk in").click()
    room.until("walking in lights the panel", lambda seen: seen["panel"]["awake"])

    panel.get_by_role("button", name="Join", exact=True).tap()
    expect(panel.get_by_text("In the meeting", exact=True)).to_be_visible()
    meeting = room.until("in call", lambda seen: seen["meeting"]["state"] == "in_call")["meeting"]
    assert meeting["evidence"] == "media"
    ours = browsers(room)
    assert ours, "a real browser shows the meeting"
    assert not any("--no-sandbox" in words or "DesignReview" in words for words in ours.values())
    folders = profiles(ours)
    assert folders
    assert all(folder.is_dir() for folder in folders)

    was = room.until("it stands still", lambda seen: not seen["cameras"][0]["moving"])["cameras"][0]
    panel.get_by_role("button", name="Adjust camera").tap()
    right = panel.get_by_role("button", name="Right", exact=True)
    box = right.bounding_box()
    assert box is not None
    panel.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    panel.mouse.down()
    room.until("the camera moves", lambda seen: seen["cameras"][0]["pan_deg"] > was["pan_deg"])
    panel.mouse.up()
    room.until("it stands still", lambda seen: not seen["cameras"][0]["moving"])
    assert re.match(r"/dev/pts/\d+$", room.ports["camera.front"])

    panel.locator(".back").tap()
    panel.get_by_role("button", name="Leave").dblclick()  # armed for seconds
    room.until("the call is over", lambda seen: seen["meeting"]["state"] in ("ended", "idle"))
    gone(lambda: [one for one, words in ours.items() if command_line(one) == words], "the browser")
    gone(lambda: [folder for folder in folders if folder.exists()], "the meeting's profile")
    simulator.get_by_role("button", name="Leave", exact=True).click()
    room.until("the room rests", lambda seen: not seen["panel"]["awake"])
