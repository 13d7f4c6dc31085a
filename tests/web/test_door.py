"""The sign beside the door, in a real browser: what it says, and that it never lies."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from roomctl.roles import Role
from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, Pages, seen, told, until
from tests.web.desk_rooms import TEXT, ServedRoom, served_room
from tests.web.stand_in import WEB, StandIn
from tests.web.test_doors import loaded
from tests.web.test_reach import violations

pytestmark = pytest.mark.browser

MAY = ["booking.reserve", "booking.check_in", "booking.undo"]
SIZES = [(1024, 600), (800, 480), (600, 1024), (1280, 800)]
PX_PER_MM = {(1024, 600): 6.68, (800, 480): 5.19, (600, 1024): 6.68, (1280, 800): 5.88}
CONTRAST = (Path(__file__).parent / "contrast.js").read_text().replace("room-panel", "door-sign")
MEASURE = """() => {
  const box = (e) => e.getBoundingClientRect(), sign = "door-sign";
  const said = `${sign} :is(b, h1, p, li, time, button, .shape)`;
  const seen = [...document.querySelectorAll(said)].filter((e) => e.checkVisibility());
  const cut = (e) => e.scrollWidth > e.clientWidth + 1
    && getComputedStyle(e).display !== "inline";
  const gone = (e) => box(e).right > innerWidth + 1 || box(e).bottom > innerHeight + 1
    || box(e).left < -1;
  const out = seen.filter((e) => gone(e) || cut(e)).map((e) => `${e.className} ${e.textContent}`);
  const kinds = [".big", ".says", ".nearby", ".booked", ".sign .shape", "day-ribbon", ".keys",
    "header"];
  const parts = kinds.map((one) => [one, document.querySelector(one)])
    .filter(([, e]) => e?.checkVisibility() && box(e).height > 0);
  const meet = (p, q) => p.left < q.right - 2 && q.left < p.right - 2
    && p.top < q.bottom - 2 && q.top < p.bottom - 2;
  const over = parts.flatMap(([one, a], i) => parts.slice(i + 1)
    .filter(([, b]) => meet(box(a), box(b))).map(([other]) => `${one} / ${other}`));
  return [...out, ...over];
}"""
CALENDAR = {"type": "calendar_fresh", "message": "calendar", "since_proven": True}
Shows = Callable[..., tuple[StandIn, Page]]


def free(language: str = "en") -> rooms.Room:
    room = rooms.booked(language, "available", booking=None, release_at=None)
    return known(room)


def soon(language: str = "en") -> rooms.Room:
    room = free(language)
    room["bookings"][0].update(rooms.booking("b", "Hiring sync", 6, platform="teams"))
    room["availability"]["until"] = room["bookings"][0]["start"]
    return room


def held(language: str = "en") -> rooms.Room:
    return known(rooms.booked(language))


def busy(language: str = "en") -> rooms.Room:
    return known(rooms.booked(language, "booked", release_at=None))


def known(room: rooms.Room, status: bool | None = True, reason: str | None = None) -> rooms.Room:
    since = room["devices"][0]["since"]
    fresh = {**CALENDAR, "status": status, "reason": reason, "since": since}
    return {**room, "conditions": [fresh]}


def in_call(language: str = "en") -> rooms.Room:
    return rooms.with_meeting(free(language), state="in_call", shown=True, evidence="media")


def beside(room: rooms.Room, *names: str) -> rooms.Room:
    """Return the room with others nearby that are free; the first one for half an hour."""
    until = rooms.booking("n", "", 30)["start"]
    return {**room, "nearby": [{"name": names[0], "until": until}, *map(endless, names[1:])]}


def endless(name: str) -> dict[str, Any]:
    return {"name": name, "until": None}


def busy_with_others_free(language: str = "en") -> rooms.Room:
    return beside(
        busy(language), *(("Pine", "Oak", "Elm") if language == "en" else ("松厅", "橡厅"))
    )


def soon_with_others_free(language: str = "en") -> rooms.Room:
    return beside(soon(language), *(("Pine", "Oak") if language == "en" else ("松厅", "橡厅")))


def long_names_nearby(language: str = "en") -> rooms.Room:
    names = ("The large lecture room on the 2nd floor", "Boardroom north, by the stairs")
    chinese = ("二层东侧大报告厅（电梯旁，可容一百人）", "北侧董事会议室")
    return beside(soon(language), *(names if language == "en" else chinese))


def drawn(page: Page, stand_in: StandIn) -> None:
    """Wait until the sign has drawn what it was told last."""
    until(page, f"document.querySelector('door-sign').live.room?.rev === {stand_in.rev}")


def no_calendar(state: str) -> Callable[..., rooms.Room]:
    def room(language: str = "en") -> rooms.Room:
        made = known(rooms.at_rest(language), True, "not_configured")
        made["occupancy"].update(state=state)
        return {**made, "availability": None, "bookings": []}

    return room


def unread(language: str = "en") -> rooms.Room:
    return {**known(rooms.at_rest(language), None, "not_read_yet"), "availability": None}


def out_of_date(language: str = "en") -> rooms.Room:
    return known(free(language), False, "calendar_stale")


def no_clock(language: str = "en") -> rooms.Room:
    return {**free(language), "issues": [rooms.issue("clock.unproven", "clock")]}


def asleep(language: str = "en") -> rooms.Room:
    return {**free(language), "panel": {"awake": False}}


STATES: dict[str, tuple[Callable[..., rooms.Room], str, str, str]] = {
    "free": (free, "Free", r"Available until \d\d:\d\d", "free"),
    "soon": (soon, "Soon", r"Booked from \d\d:\d\d", "soon"),
    "held": (held, "Held", r"Free at \d\d:\d\d if empty", "soon"),
    "busy": (busy, "Busy", r"Booked until \d\d:\d\d", "busy"),
    "others free": (busy_with_others_free, "Busy", r"Booked until \d\d:\d\d", "busy"),
    "soon, others free": (soon_with_others_free, "Soon", r"Booked from \d\d:\d\d", "soon"),
    "long names nearby": (long_names_nearby, "Soon", r"Booked from \d\d:\d\d", "soon"),
    "in a call": (in_call, "Busy", "In a meeting", "busy"),
    "asleep": (asleep, "Free", r"Available until \d\d:\d\d", "free"),
    "no calendar, empty": (no_calendar("vacant"), "Free", "Nobody here", "free"),
    "no calendar, used": (no_calendar("occupied"), "Busy", "Someone is here", "busy"),
    "no calendar, unknown": (no_calendar("unknown"), "Unknown", "Presence unknown", "unsure"),
    "unread": (unread, "Unknown", "The bookings have not been read yet", "unsure"),
    "out of date": (out_of_date, "Unknown", "The bookings may be out of date", "unsure"),
    "no clock": (no_clock, "Unknown", "The room's clock is not set yet", "unsure"),
}


@pytest.fixture
def door(open_panel: Open, stand_in: StandIn) -> Shows:
    def show(room: rooms.Room, size: tuple[int, int] = (1024, 600), **more: Any) -> Any:
        stand_in.may = MAY
        viewport = {"width": size[0], "height": size[1]}
        shown = open_panel(room, "/door", viewport=viewport, reduced_motion="reduce", **more)
        shown[1].wait_for_function("document.querySelector('door-sign h1')?.textContent")
        return shown

    return show


@pytest.fixture(autouse=True)
def _policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's policy forbids Playwright's own way to wait for a function."""
    monkeypatch.setattr(Page, "wait_for_function", until)


def test_each_state_has_its_word_its_sentence_its_ground_and_its_shape(door: Shows) -> None:
    stand_in, page = door(free())
    grounds = {}
    for name, (room, word, says, tone) in STATES.items():
        stand_in.patch(**room())
        expect(page.locator(".door-word")).to_have_text(word)
        expect(page.locator(".says")).to_have_text(re.compile(f"^{says}$"))
        expect(page.locator("door-sign")).to_have_attribute("data-tone", tone)
        look = "getComputedStyle(document.querySelector('{}')).{}"
        ground = page.evaluate(look.format("door-sign", "backgroundColor"))
        if name != "asleep":
            shape = page.locator(".shape .icon").get_attribute("data-icon")
            grounds.setdefault(tone, set()).add((ground, shape))
    assert {len(found) for found in grounds.values()} == {1}
    assert len({*grounds["free"], *grounds["busy"], *grounds["soon"], *grounds["unsure"]}) == 4


def test_a_private_booking_has_no_title_and_a_title_is_text(door: Shows) -> None:
    room = busy()
    room["bookings"][0].update(title=None, organizer=None, private=True)
    stand_in, page = door(room)
    expect(page.locator(".heading")).to_have_text("Private meeting")
    expect(page.locator(".who")).to_be_hidden()
    room["bookings"][0].update(title="<img src=x onerror=alert(1)>", private=False)
    stand_in.patch(bookings=room["bookings"])
    expect(page.locator(".heading")).to_have_text("<img src=x onerror=alert(1)>")
    assert page.locator(".heading *").count() == 0


def test_a_silent_line_takes_the_colour_away_within_three_seconds(door: Shows) -> None:
    stand_in, page = door(free())
    expect(page.locator("door-sign")).to_have_attribute("data-tone", "free")
    stand_in.beating = stand_in.reachable = False
    stand_in.cut()
    expect(page.locator(".says")).to_have_text(re.compile("No connection since"))
    expect(page.locator("door-sign")).to_have_attribute("data-tone", "unsure")
    expect(page.locator(".keys")).to_be_hidden()
    expect(page.locator(".heading")).to_be_hidden()
    stand_in.beating = stand_in.reachable = True
    expect(page.locator("door-sign")).to_have_attribute("data-tone", "free")


def test_somebody_inside_a_free_room_is_said(door: Shows) -> None:
    room = free()
    room["occupancy"]["state"] = "occupied"
    _, page = door(room)
    expect(page.locator(".note")).to_have_text("Someone is here")


def test_who_finds_the_room_taken_is_told_of_two_that_are_free(door: Shows) -> None:
    stand_in, page = door(busy_with_others_free())
    lines = page.locator(".nearby li")
    said = [re.compile(r"^Free now: Pine, until \d\d:\d\d$"), "Free now: Oak"]
    expect(lines).to_have_text(said)
    stand_in.patch(nearby=[endless("<b>Oak</b>")])
    expect(lines).to_have_text(["Free now: <b>Oak</b>"])
    stand_in.patch(nearby=[])
    expect(page.locator(".nearby")).to_be_hidden()
    stand_in.patch(**beside(free(), "Pine"))
    expect(page.locator(".door-word")).to_have_text("Free")
    expect(page.locator(".nearby")).to_be_hidden()


def test_a_silent_room_sends_nobody_elsewhere(door: Shows) -> None:
    stand_in, page = door(busy_with_others_free())
    expect(page.locator(".nearby")).to_be_visible()
    stand_in.beating = stand_in.reachable = False
    stand_in.cut()
    expect(page.locator(".says")).to_have_text(re.compile("No connection since"))
    expect(page.locator(".nearby")).to_be_hidden()


def test_two_touches_reserve_and_one_more_undoes_it(door: Shows) -> None:
    stand_in, page = door(free())
    end = stand_in.room["bookings"][0]["end"]
    made = {"change": "c1", "booking": "n", "end": end}
    stand_in.answer = lambda command: {"status": "done", "result": made}
    page.get_by_role("button", name="Reserve").tap()
    keys = page.locator(".lengths button b")
    expect(keys).to_have_text(["15 min", "30 min", re.compile("Until")])
    keys.first.tap()
    told(page, lambda: stand_in.commands("booking.reserve"), [{"minutes": 15}])
    change = {"id": "c1", "kind": "reserve", "booking": "n", "title": None, "end": end}
    change |= {"was_end": end, "at": end, "requested_by_name": "door 1"}
    other = {**change, "id": "c0", "requested_by_name": "panel 1"}
    stand_in.patch(**busy(), booking_changes=[other])
    expect(page.locator(".door-word")).to_have_text("Busy")
    expect(page.locator(".keys")).to_be_hidden()
    stand_in.patch(booking_changes=[other, {**change, "asking": True}])
    expect(page.locator(".note")).to_have_text("Asking the calendar…")
    stand_in.patch(booking_changes=[other, change])
    expect(page.locator(".note")).to_be_hidden()
    page.get_by_role("button", name="Undo reserving").tap()
    told(page, lambda: stand_in.commands("booking.undo"), [{"change": "c1"}])
    params = {"title": "", "kind": "reserve", "reason": "taken", "change": "c1"}
    issue = {"code": "calendar.overruled", "subject": "calendar", "params": params, "since": end}
    stand_in.patch(booking_changes=[other], issues=[issue])
    expect(page.locator(".note")).to_contain_text("Someone else booked the room first")
    stand_in.patch(issues=[{**issue, "params": {**params, "change": "c0"}}])
    expect(page.locator(".note")).to_be_hidden()


def test_what_was_refused_is_said(door: Shows) -> None:
    stand_in, page = door(free())
    refused = {"code": "already_booked", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": refused}
    page.get_by_role("button", name="Reserve").tap()
    page.locator(".lengths button").first.tap()
    expect(page.locator(".note")).to_have_text("The room is booked by now.")


def test_whoever_comes_checks_in_at_the_door(door: Shows) -> None:
    stand_in, page = door(held())
    page.locator(".door-key:visible").tap()
    told(page, lambda: stand_in.commands("booking.check_in"), [{"booking": "a"}])


def test_a_sign_that_may_nothing_offers_nothing(door: Shows, stand_in: StandIn) -> None:
    _, page = door(free())
    stand_in.may = []
    page.reload()
    expect(page.locator(".door-word")).to_have_text("Free")
    expect(page.locator(".keys")).to_be_hidden()


def test_a_sign_that_is_not_paired_says_so_and_shows_no_room(
    open_panel: Open, stand_in: StandIn
) -> None:
    stand_in.paired = False
    _, page = open_panel(None, "/door")
    expect(page.locator(".says")).to_have_text("Pair this sign with a link from staff")
    assert "Bamboo" not in page.content()


@pytest.mark.parametrize(("size", "language"), crossed(SIZES, ["en", "zh-CN"]), ids=str)
def test_its_word_is_twenty_millimetres_high_and_nothing_is_cut(
    door: Shows, size: tuple[int, int], language: str
) -> None:
    stand_in, page = door(free(language), size)
    cap = 0.727 if language == "en" else 0.88  # of the font's size: a capital, a character
    for name, (room, *_) in STATES.items():
        stand_in.patch(**room(language))
        drawn(page, stand_in)
        px = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.door-word')).fontSize)"
        )
        if (
            room(language)["issues"] == []
            and page.locator("[data-long=true], [data-long='']").count() == 0
        ):
            assert px * cap / PX_PER_MM[size] >= 20, name
        found = page.evaluate(MEASURE)
        assert found == [], name
        keys = page.locator("button:visible").evaluate_all(
            "all => all.map((one) => Math.min(one.offsetWidth, one.offsetHeight))"
        )
        assert all(side >= 62 for side in keys), (name, keys)


@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
def test_all_words_stand_at_seven_to_one_and_axe_finds_nothing(door: Shows, scheme: str) -> None:
    look: dict[str, Any] = (
        {"contrast": "more"} if scheme == "contrast" else {"color_scheme": scheme}
    )
    stand_in, page = door(free(), **look)
    for name, (room, *_) in STATES.items():
        stand_in.patch(**room())
        drawn(page, stand_in)
        assert page.evaluate(CONTRAST) == [], name
        if scheme == "light":
            assert violations(page) == [], name


def test_the_page_weighs_at_most_40_kb_and_all_of_it_is_preloaded() -> None:
    parts = loaded("door.html")
    files = [WEB / "door.html", *(WEB / part for part in parts)]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 40_000
    head = (WEB / "door.html").read_text()
    modules = {part for part in parts if part.endswith(".js")}
    assert set(re.findall(r'modulepreload" href="/ui/(.+?)"', head)) == modules


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRoom]:
    with served_room(tmp_path_factory.mktemp("door") / "state", TEXT) as served:
        yield served


@pytest.mark.real
def test_a_paired_sign_reserves_a_real_room_and_undoes_it(pages: Pages, room: ServedRoom) -> None:
    sign = {"width": 1024, "height": 600}
    with pages.lent(room.url, locale="en-GB", viewport=sign) as page:
        page.goto(f"{room.url}/door#pair={room.pairing(Role.DOOR)}")
        seen(page, ".door-word")
        until(page, "document.querySelector('header h1').textContent === 'Bamboo'")
        said = page.locator(".door-word").inner_text()
    assert said in ("Free", "Soon", "Held", "Busy", "Unknown")
