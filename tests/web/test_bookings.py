"""What a booking's keys offer and do, on a real panel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web import rooms
from tests.web.conftest import Open, elapse, told, usable

pytestmark = pytest.mark.browser


def free(minutes: int | None) -> rooms.Room:
    """Return a room that nobody has for so many minutes."""
    room = rooms.at_rest()
    later = [] if minutes is None else [rooms.booking("b", "Hiring sync", minutes)]
    until = later[0]["start"] if later else None
    return room | {"bookings": later, "availability": available("available", until)}


def available(state: str, until: str | None, booking: str | None = None) -> dict[str, Any]:
    return {"state": state, "until": until, "booking": booking, "release_at": None}


def booked(status: str = "used", then: int = 42 + 20) -> rooms.Room:
    """Return a room in a booking that ends in 42 minutes, and the next one begins in `then`."""
    room = rooms.at_rest()
    following = rooms.booking("b", "Hiring sync", then)
    now = rooms.booking("a", "Review", -3, status=status, free_until=following["start"])
    there = available("booked", now["end"], "a")
    return room | {"bookings": [now, following], "availability": there}


@pytest.mark.parametrize(("minutes", "offered"), [(None, 3), (200, 4), (50, 3), (20, 2), (8, 1)])
def test_only_what_fits_before_the_next_booking_is_offered(
    open_panel: Open, minutes: int | None, offered: int
) -> None:
    _, page = open_panel(free(minutes))
    usable(page)
    page.get_by_role("button", name="Reserve").tap()
    choices = page.locator("booking-sheet .choices").first
    expect(choices.get_by_role("button")).to_have_count(offered)


def test_the_room_is_reserved_by_two_touches_and_the_panel_goes_home(open_panel: Open) -> None:
    stand_in, page = open_panel(free(50))
    usable(page)
    page.get_by_role("button", name="Reserve").tap()
    page.get_by_role("button", name="30 min").tap()
    told(page, lambda: stand_in.commands("booking.reserve"), [{"minutes": 30}])
    expect(page.locator("home-view")).to_be_visible()


def test_a_booking_is_extended_in_steps_that_fit_ended_and_given_back(open_panel: Open) -> None:
    room = booked("booked")
    stand_in, page = open_panel(room)
    usable(page)
    page.get_by_role("button", name="Extend/end").tap()
    longer = page.locator("booking-sheet .choices").first.get_by_role("button")
    expect(longer).to_have_count(1)
    longer.first.tap()
    end = room["bookings"][0]["end"]
    args = [{"booking": "a", "minutes": 15, "end": end}]
    told(page, lambda: stand_in.commands("booking.extend"), args)
    for key, command in (
        ("End it now", "booking.end_now"),
        ("Nobody is coming", "booking.release"),
    ):
        page.get_by_role("button", name="Extend/end").tap()
        page.get_by_role("button", name=key).tap()
        told(page, lambda kind=command: stand_in.commands(kind), [{"booking": "a"}])


def changed(room: rooms.Room, kind: str = "check_in", key: str = "c0") -> Any:
    """Return what was changed just now of a room's first booking."""
    now = room["bookings"][0]
    ends = {"end": now["end"], "was_end": now["start"], "at": datetime.now(UTC).isoformat()}
    what = {"id": key, "kind": kind, "booking": now["id"], "title": now["title"]}
    return [{**what, **ends, "requested_by_name": "panel"}]


def test_what_was_changed_is_told_for_eight_seconds_and_undone_in_today_after_that(
    open_timeless: Open,
) -> None:
    room = rooms.in_call()
    stand_in, page = open_timeless(room)
    hour = {"at": page.evaluate("new Date(document.querySelector('room-panel').clock.now())")}
    toast = page.locator("change-toast")
    stand_in.patch(booking_changes=[{**changed(room)[0], "at": hour["at"].isoformat()}])
    expect(toast).to_contain_text("Checked in")
    expect(page.locator(".bar .name b")).to_be_visible()
    expect(page.locator(".ends")).to_be_visible()
    elapse(page, 7000)
    expect(toast).to_be_visible()
    elapse(page, 2000)
    expect(toast).to_be_hidden()
    page.locator(".ends").tap()
    page.locator("booking-sheet .day").tap()
    page.locator("today-sheet li").first.get_by_role("button", name="Undo").tap()
    told(page, lambda: stand_in.commands("booking.undo"), [{"change": "c0"}])


def test_what_was_just_changed_is_undone_in_passing(open_panel: Open) -> None:
    room = booked()
    stand_in, page = open_panel(room)
    usable(page)
    stand_in.patch(booking_changes=changed(room, "move_end"))
    toast = page.locator("change-toast")
    expect(toast).to_contain_text("Booked until")
    expect(page.locator(".bar time")).to_be_visible()
    toast.get_by_role("button", name="Undo").tap()
    told(page, lambda: stand_in.commands("booking.undo"), [{"change": "c0"}])
    expect(toast).to_be_hidden()


def test_nothing_is_said_to_be_reserved_before_the_calendar_has_answered(open_panel: Open) -> None:
    room = booked()
    now = room["bookings"][0]
    change = {"id": "c0", "kind": "reserve", "booking": "a", "title": None, "asking": True}
    change |= {"end": now["end"], "was_end": now["end"], "at": datetime.now(UTC).isoformat()}
    change |= {"requested_by_name": "panel"}
    room["booking_changes"] = [change]
    stand_in, page = open_panel(room)
    usable(page)
    strip = page.locator("change-toast")
    expect(strip.locator("b")).to_have_text("Asking the calendar…")
    expect(strip).not_to_contain_text("Reserved")
    stand_in.patch(booking_changes=[change | {"asking": False}])
    expect(strip.locator("b")).to_contain_text("Reserved until")
    stand_in.patch(booking_changes=[change | {"asking": True, "kind": "check_in"}])
    expect(strip.locator("b")).to_have_text("Checked in")


STAFF_MAY = ["booking.release_series", "booking.keep_series", "booking.undo"]


def unused(*titles: str | None) -> rooms.Room:
    """Return a room with series that nobody comes to."""
    issues = [
        rooms.issue("booking.series_unused", f"s{at}", title=title, misses=4, series=f"s{at}")
        for at, title in enumerate(titles)
    ]
    return rooms.at_rest() | {"issues": issues}


def opened(open_panel: Open, room: rooms.Room, may: list[str]) -> Any:
    """Show a room to somebody who may do no more than that."""
    stand_in, page = open_panel(room)
    stand_in.may = may
    page.reload()
    return stand_in, page


def test_a_series_that_nobody_comes_to_is_released_by_two_touches_and_had_again(
    open_panel: Open,
) -> None:
    room = unused("Weekly numbers", None)
    stand_in, page = opened(open_panel, room, STAFF_MAY)
    usable(page)
    page.get_by_role("button", name="Review").tap()
    rows = page.locator("series-sheet li")
    expect(rows).to_have_count(2)
    expect(page.locator("series-sheet")).to_contain_text("2 unused series")
    expect(rows.nth(1)).to_contain_text("Private meeting")
    stand_in.answer = lambda command: {"status": "done", "result": {"changes": ["c1", "c2"]}}
    rows.first.get_by_role("button", name="Release").tap()
    told(page, lambda: stand_in.commands("booking.release_series"), [{"series": "s0"}])
    stand_in.patch(issues=room["issues"][1:])
    expect(rows.first).to_contain_text("2 bookings released")
    rows.first.get_by_role("button", name="Undo").tap()
    told(page, lambda: stand_in.commands("booking.undo"), [{"change": "c1"}, {"change": "c2"}])
    expect(rows.first).to_contain_text("It stays booked")
    rows.nth(1).get_by_role("button", name="Keep it").tap()
    told(page, lambda: stand_in.commands("booking.keep_series"), [{"series": "s1"}])


def test_only_who_may_release_a_series_is_told_of_it_and_nobody_in_a_meeting(
    open_panel: Open,
) -> None:
    room = unused("Weekly numbers")
    stand_in, page = opened(open_panel, room, ["meeting.join"])
    usable(page)
    expect(page.get_by_role("button", name="Review")).to_be_hidden()
    stand_in.may = STAFF_MAY
    stand_in.cut()
    expect(page.get_by_role("button", name="Review")).to_be_visible()
    stand_in.patch(meeting=rooms.in_call()["meeting"])
    expect(page.locator("call-view")).to_be_visible()
    expect(page.get_by_role("button", name="Review")).to_be_hidden()
