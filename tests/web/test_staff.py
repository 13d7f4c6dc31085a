"""Staff at the panel: the pad for their PIN, what it gave, and how that ends."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import seen, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture
def asked(open_panel: Any, stand_in: StandIn) -> Page:
    """A panel that asks for the PIN, which is 271828."""
    stand_in.staff = {"pin": True, "role": None, "ends_in_s": None}
    stand_in.pin = "271828"
    _, page = open_panel()
    usable(page)
    page.locator(".bar .ask").click()
    page.get_by_role("button", name="For staff").click()
    seen(page, "pin-pad")
    return page


def press(page: Page, pin: str) -> None:
    for digit in pin:
        page.locator("pin-pad").get_by_role("button", name=digit, exact=True).click()
    page.locator("pin-pad .go").click()


def test_the_right_pin_leads_back_to_help_and_what_it_gave_is_shown_and_ended(asked: Page) -> None:
    press(asked, "271828")
    expect(asked.locator("help-sheet")).to_be_visible()
    asked.locator(".bar .staff").click()
    expect(asked.locator("staff-sheet")).to_contain_text("This panel has a technician's rights.")
    asked.get_by_role("button", name="End now").click()
    expect(asked.locator(".bar .staff")).to_be_hidden()


@pytest.mark.parametrize(
    ("sign_in", "phone", "shown"), [(True, False, True), (False, False, False), (True, True, False)]
)
def test_help_leads_staff_who_have_accounts_to_their_pages(
    open_panel: Any, stand_in: StandIn, sign_in: bool, phone: bool, shown: bool
) -> None:
    stand_in.sign_in, stand_in.phone = sign_in, phone
    _, page = open_panel()
    usable(page)
    page.locator(".bar .ask").click()
    expect(page.locator("help-sheet .place, help-sheet .contact").first).to_be_visible()
    link = page.locator("help-sheet a[href='/facilities']")
    expect(link).to_be_visible() if shown else expect(link).to_be_hidden()


def test_a_wrong_pin_is_said_and_its_digits_are_never_shown(asked: Page) -> None:
    asked.locator("pin-pad .digit", has_text="7").click()
    expect(asked.locator(".dots")).to_have_text("●")
    press(asked, "31415")
    expect(asked.locator("staff-sheet .say")).to_have_text("That is not the PIN.")
    expect(asked.locator(".dots")).to_be_empty()
    assert "731415" not in asked.content()


def test_a_keyboard_types_it_too(asked: Page) -> None:
    asked.locator("pin-pad .digit", has_text="5").focus()
    asked.keyboard.type("271828x")
    expect(asked.locator(".dots")).to_have_text("●" * 6)
    asked.locator("pin-pad .go").focus()
    asked.keyboard.press("Enter")
    expect(asked.locator("help-sheet")).to_be_visible()


def test_who_has_to_wait_sees_for_how_long_and_cannot_press(asked: Page, stand_in: StandIn) -> None:
    stand_in.wait_s = 595.0
    asked.locator(".back").click()
    asked.locator(".bar .ask").click()
    asked.get_by_role("button", name="For staff").click()
    expect(asked.locator("staff-sheet .say")).to_contain_text("Wait 9:")
    expect(asked.locator("pin-pad .go")).to_be_disabled()


def test_digits_that_were_left_are_forgotten(asked: Page) -> None:
    asked.locator("pin-pad .digit", has_text="7").click()
    asked.locator(".back").click()
    asked.locator(".bar .ask").click()
    asked.get_by_role("button", name="For staff").click()
    expect(asked.locator(".dots")).to_be_empty()


def test_a_room_without_a_pin_offers_none(open_panel: Any, stand_in: StandIn) -> None:
    stand_in.staff = {"pin": False, "role": None, "ends_in_s": None}
    _, page = open_panel()
    usable(page)
    page.locator(".bar .ask").click()
    expect(page.locator("help-sheet")).to_be_visible()
    assert page.get_by_role("button", name="For staff").count() == 0


def test_a_sheet_whose_module_does_not_come_at_once_is_there_as_soon_as_it_does(
    open_panel: Any, stand_in: StandIn
) -> None:
    stand_in.staff = {"pin": True, "role": None, "ends_in_s": None}
    _, page = open_panel()
    usable(page)
    page.route("**/view/staff.js", lambda route: route.abort(), times=1)
    page.locator(".bar .ask").click()
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="For staff").click()
    seen(page, "pin-pad")
