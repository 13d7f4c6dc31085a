"""A problem reported from Help: six choices, a word, and no connection."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, seen, told, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser

KEPT = "localStorage.getItem('roomctl.reports')"


def helped(open_panel: Open, room: rooms.Room | None = None) -> tuple[StandIn, Page]:
    stand_in, page = open_panel(room or rooms.broken())
    usable(page)
    page.locator(".bar .ask").tap()
    seen(page, "report-card .six")
    return stand_in, page


def sent(stand_in: StandIn) -> list[tuple[Any, ...]]:
    asked = stand_in.commands("help.report")
    return [(one["about"], one["word"]) for one in asked]


def test_three_touches_report_a_problem_and_it_says_what_became_of_it(open_panel: Open) -> None:
    stand_in, page = helped(open_panel)
    send = page.locator("report-card .send")
    expect(send).to_be_disabled()
    page.get_by_role("button", name="They can’t hear us").tap()
    page.locator("report-card input").tap()
    for letter in "left":
        page.locator("report-card key-board").get_by_role("button", name=letter, exact=True).tap()
    page.get_by_role("button", name="Done", exact=True).tap()
    send.tap()
    told(page, lambda: sent(stand_in), [("not_heard", "left")])
    expect(page.locator("report-card")).to_contain_text("Staff have been told")
    report = rooms.issue("help", "1", about="not_heard", number=1)
    stand_in.patch(issues=[*stand_in.room["issues"], report])
    expect(page.locator("report-card .reported")).to_contain_text("They can’t hear us")
    assert page.locator("help-sheet .wrongs li:visible").count() == 2  # it is no fault of its own
    assert page.evaluate(KEPT) == "[]"


def test_help_names_the_fault_and_the_next_step(open_panel: Open) -> None:
    _, page = helped(open_panel)
    faults = page.locator("help-sheet .faults")
    expect(faults).to_contain_text("The passcode is wrong. Check it and join again.")
    expect(faults).to_contain_text("Camera: not working")
    expect(faults).to_contain_text("call 8000")


def test_without_a_connection_it_is_kept_over_a_reload_and_sent_once(open_panel: Open) -> None:
    stand_in, page = helped(open_panel)
    stand_in.beating = stand_in.reachable = False
    stand_in.cut()
    seen(page, "room-panel[data-stale]")
    page.get_by_role("button", name="Room screen").last.tap()
    page.locator("report-card .send").tap()
    expect(page.locator("report-card")).to_contain_text("sent once there is a connection")
    assert sent(stand_in) == []
    stand_in.beating = stand_in.reachable = True
    page.reload()
    usable(page)
    told(page, lambda: sent(stand_in), [("screen", "")])
    assert stand_in.commands("help.report")[0]["ago_s"] >= 0
    expect(page.locator(".toast")).to_contain_text("has been sent")
    page.wait_for_timeout(2500)
    assert len(sent(stand_in)) == 1


def test_a_report_that_is_refused_says_why_and_is_not_sent_again(open_panel: Open) -> None:
    stand_in, page = helped(open_panel)
    error = {"code": "reported_often", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    page.get_by_role("button", name="No sound", exact=True).tap()
    page.locator("report-card .send").tap()
    expect(page.locator(".toast")).to_contain_text("several times")
    expect(page.locator("report-card .send")).to_be_visible()
    assert page.evaluate(KEPT) == "[]"


def test_what_stands_in_the_browser_and_is_no_report_is_passed_over(open_panel: Open) -> None:
    stand_in, page = helped(open_panel)
    page.evaluate(
        'localStorage.setItem(\'roomctl.reports\', \'[{"about": "money"}, 7, {"about": "join"}]\')'
    )
    page.get_by_role("button", name="Camera", exact=True).tap()
    page.locator("report-card .send").tap()
    told(page, lambda: sent(stand_in), [("camera", "")])
    page.evaluate("localStorage.setItem('roomctl.reports', '{')")
    page.wait_for_timeout(1500)
    assert page.locator("room-panel main:not([inert])").count() == 1
