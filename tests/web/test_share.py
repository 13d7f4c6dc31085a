"""How a laptop is shown: the room's own words, its meeting's code, and what its display says."""

from __future__ import annotations

import pytest
import segno
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, told, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


def shared(
    open_panel: Open, stand_in: StandIn, room: rooms.Room | None = None
) -> tuple[StandIn, Page]:
    drawn = segno.make("https://meet.example/1").svg_inline()
    stand_in.code = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    _, page = open_panel(room or rooms.shared())
    usable(page)
    page.locator("call-view .share-key").tap()
    page.wait_for_selector("share-sheet section:not([hidden])")
    return stand_in, page


def test_the_rooms_words_the_number_and_the_code_stand_there(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in)
    sheet = page.locator("share-sheet")
    expect(sheet).to_contain_text("Pull the grey cable out of the table.")
    expect(sheet).to_contain_text("123 456 789")
    expect(sheet).to_contain_text("without audio")
    expect(sheet).to_contain_text("Plug in the black USB cable.")
    expect(sheet.locator(".code")).to_be_visible()
    expect(sheet.locator("section > img")).to_be_hidden()  # no picture is there


def test_whether_the_cable_is_shown_is_what_the_display_says(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in)
    sheet = page.locator("share-sheet")
    expect(sheet).to_contain_text("The screen shows something else")
    page.get_by_role("button", name="Show on the screen").tap()
    asked = {"display": "wall", "input": "HDMI 2"}
    told(page, lambda: stand_in.commands("display.input"), [asked])
    stand_in.patch(displays=[rooms.display("wall", input="HDMI 2")])
    expect(sheet).to_contain_text("The screen shows the cable’s picture")
    expect(page.get_by_role("button", name="Show on the screen")).to_be_hidden()
    stand_in.patch(displays=[rooms.display("wall", input=None)])
    expect(sheet.locator("[role=status]").first).to_be_hidden()  # nothing is claimed


def test_a_room_that_says_nothing_of_its_cable_shows_the_meeting_alone(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in, rooms.in_call())
    expect(page.locator("share-sheet section:visible")).to_have_count(1)
