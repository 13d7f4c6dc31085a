"""Staff's pages at a desk, in a real browser on a real room: who sees what, and that it is true."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from roomctl.clock import Moment, SystemClock
from roomctl.roles import Right, Role, has
from roomctl.room.updates import UpdateFiles
from roomctl.screen.sim import LOUDSPEAKER, MICROPHONE
from roomctl.search import FoundDevice
from roomctl.version import build_info
from tests.api import rig
from tests.web.conftest import LIMIT_S, Pages, seen, still, told, until
from tests.web.desk_rooms import CHINESE, HOSTILE, TEXT, ServedRoom, served_room
from tests.web.stand_in import WEB
from tests.web.test_doors import loaded
from tests.web.test_reach import violations

pytestmark = [pytest.mark.browser, pytest.mark.real]

PAGES = {
    "overview": "statistics",
    "issues": "statistics",
    "devices": "statistics",
    "use": "statistics",
    "ledger": "audit",
    "audit": "audit",
    "access": "access",
    "configuration": "configure",
    "migration": "configure",
    "service": "message maintain service",
}
SIZES = [(1440, 900), (1024, 768), (390, 844)]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text().replace("room-panel", "main")
SeenBy = Callable[..., Page]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRoom]:
    folder = tmp_path_factory.mktemp("room")
    with served_room(folder / "state", updater=updater_in(folder)) as served:
        yield served


def updater_in(folder: Path) -> UpdateFiles:
    """Return where a box's updater would be asked and answer; a test plays it."""
    return UpdateFiles(folder / "update.request", folder / "status.json")


def at_a_desk(pages: Pages, room: ServedRoom, **more: Any) -> AbstractContextManager[Page]:
    options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **more}
    return pages.lent(room.url, reduced_motion="reduce", **options)


@pytest.fixture
def desk(pages: Pages, room: ServedRoom) -> Iterator[Page]:
    """A browser that nobody has signed in with."""
    with at_a_desk(pages, room) as page:
        yield page


@pytest.fixture
def seen_by(pages: Pages, room: ServedRoom) -> Iterator[SeenBy]:
    """Return a function that signs somebody of a role in, and shows a page."""
    with ExitStack() as stack:

        def show(role: str, name: str = "overview", of: ServedRoom = room, **more: Any) -> Page:
            page = stack.enter_context(at_a_desk(pages, of, **more))
            page.goto(f"{of.url}/facilities#{name}")
            sign_in(page, tokens(of, role))
            seen(page, ".page > *")
            return page

        yield show


_MADE: dict[tuple[str, str], str] = {}


def tokens(room: ServedRoom, role: str) -> str:
    """Return the token of a role; it is made once a room."""
    if (room.url, role) not in _MADE:
        _MADE[room.url, role] = room.token(role)
    return _MADE[room.url, role]


def sign_in(page: Page, token: str) -> None:
    page.locator(".by-token input").fill(token)
    page.keyboard.press("Enter")


def settled(page: Page) -> None:
    """Wait until what a page asks for is there: a stream is open all the while."""
    still(page)
    until(page, "!/…$|Loading/.test(document.querySelector('.page')?.textContent ?? '')")


def go(page: Page, name: str) -> None:
    page.evaluate(f"location.hash = '#{name}'")
    seen(page, f"desk-{name}")


@pytest.mark.parametrize(
    "role", ["read", "auditor", "operate", "facilities", "technician", "admin"]
)
def test_a_role_is_led_to_what_it_may_and_the_rest_is_said_not_to_be_its(
    seen_by: SeenBy, role: str
) -> None:
    page = seen_by(role)
    may = {right.name.lower() for right in Right if has(right, Role(role))}
    allowed = [name for name, rights in PAGES.items() if may & set(rights.split())]
    links = page.locator("nav a:visible").evaluate_all("all => all.map((one) => one.hash)")
    assert links == [f"#{name}" for name in allowed]
    for name in PAGES.keys() - set(allowed):
        page.evaluate(f"location.hash = '#{name}'")
        expect(page.locator(".page")).to_contain_text("does not open this page")
        expect(page.locator(".self .hint")).to_contain_text("Not for your role")


def test_before_somebody_signs_in_nothing_of_the_room_is_there(
    desk: Page, room: ServedRoom
) -> None:
    page, answers = desk, list[tuple[str, str]]()
    page.on("response", lambda one: answers.append((one.url, one.text() if one.ok else "")))
    page.goto(f"{room.url}/facilities#audit")
    expect(page.locator("desk-sign-in h1")).to_have_text("Facilities")
    settled(page)
    said = page.content() + "".join(text for url, text in answers if "/api/" in url)
    assert not re.search("Bamboo|front|ceiling|SRG-300H", said)
    session = [json.loads(text) for url, text in answers if url.endswith("/api/v1/session")]
    assert session == [{"role": None, "name": None, "may": [], "ways": ["token"]}]
    sign_in(page, "x" * 43)
    expect(page.locator("desk-sign-in")).to_contain_text("not known here, or has expired")
    sign_in(page, room.token("sensor"))
    expect(page.locator("desk-sign-in")).to_contain_text("may not see these pages")
    assert page.evaluate("sessionStorage.length") == 0


def test_who_came_from_a_panel_finds_back_to_it(desk: Page, room: ServedRoom) -> None:
    page = desk
    page.goto(room.url + "/facilities")
    back = page.locator("desk-sign-in a[href='/']")
    expect(page.locator(".by-token input")).to_be_visible()
    expect(back).to_be_hidden()
    page.evaluate("sessionStorage.setItem('from-panel', '1')")  # as the link on Help does
    page.reload()
    expect(back).to_have_text("To the panel")
    back.click()
    page.wait_for_url(room.url + "/")


def test_a_token_stays_in_its_tab_and_is_gone_after_signing_out(seen_by: SeenBy) -> None:
    page = seen_by("read")
    page.reload()
    expect(page.locator(".head h1")).to_have_text("Bamboo")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".by-token input")).to_be_visible()
    assert page.evaluate("localStorage.length + document.cookie.length") == 0
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator(".by-token input")).to_be_visible()
    assert "Bamboo" not in page.evaluate("document.body.textContent")
    assert page.evaluate("sessionStorage.length") == 0


def test_a_person_signs_in_with_a_password_and_out_again(pages: Pages, tmp_path: Path) -> None:
    with served_room(tmp_path / "state") as room, at_a_desk(pages, room) as page:
        person = {"role": "facilities", "password": "correct horse battery"}
        url = f"{room.url}/api/v1/people/wang"
        assert httpx.put(url, json=person, headers=rig.BEARER).is_success
        page.goto(room.url + "/facilities")
        page.get_by_label("Your name").fill("wang")
        page.get_by_label("Password").fill("wrong horse battery")
        page.keyboard.press("Enter")
        expect(page.locator("desk-outcome").first).to_contain_text("is wrong")
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")
        expect(page.locator(".head h1")).to_have_text("Bamboo")
        expect(page.locator(".self .as")).to_contain_text("wang")
        assert page.evaluate("document.cookie + sessionStorage.length") == "0"
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Password")).to_be_visible()


def test_a_token_that_is_revoked_shows_the_door_at_once(desk: Page, room: ServedRoom) -> None:
    token, page = room.token("read", "to-be-revoked"), desk
    page.goto(room.url + "/facilities")
    sign_in(page, token)
    expect(page.locator(".head h1")).to_have_text("Bamboo")
    room.do(room.house.tokens.revoke("to-be-revoked"))
    expect(page.locator(".by-token input")).to_be_visible()
    assert "Bamboo" not in page.evaluate("document.body.textContent")


def test_what_breaks_is_told_as_it_happens_with_since_and_next_step(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    page = seen_by("read")
    expect(page.locator(".health")).to_contain_text("No open issues")
    room.do(room.house.simulator.act("camera.back", "unplug", {}))
    row = page.locator("desk-issues tbody tr")
    expect(row).to_contain_text("not working")
    expect(row).to_contain_text("Error")
    expect(row).to_contain_text("Check that its cable is plugged in.")
    expect(row.locator("td.when")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    condition = page.locator("desk-conditions tr", has_text="Devices answer")
    expect(condition).to_contain_text("Device does not answer")
    room.do(room.house.simulator.act("camera.back", "plug", {}))
    expect(page.locator(".health")).to_contain_text("No open issues")


def test_sound_is_ready_by_what_was_heard_when_and_by_which_devices(
    seen_by: SeenBy, tmp_path: Path
) -> None:
    with served_room(tmp_path / "state") as heard:
        heard.command("audio.mute", on=False)
        heard.command("audio.test")
        page = seen_by("read", of=heard)
        row = page.locator("desk-conditions tr", has_text="Sound ready")
        says = rf"Last heard \d\d:\d\d: the test sound from {LOUDSPEAKER}, by {MICROPHONE}\."
        expect(row).to_contain_text(re.compile(says))


class UnsetClock(SystemClock):
    """The clock of a box that nobody has set."""

    def now(self) -> Moment:
        return replace(super().now(), synced=False)


def test_a_clock_that_nobody_has_set_is_told_once_and_not_of_each_condition(
    seen_by: SeenBy, tmp_path: Path
) -> None:
    with served_room(tmp_path / "state", clock=UnsetClock()) as unset:
        card = seen_by("read", of=unset).locator("desk-conditions")
        whens = card.locator("tbody td.when")
        expect(whens.first).to_have_text(re.compile(r"^≈ \d\d:\d\d$"))
        assert whens.count() > 5
        expect(card.get_by_text("clock was not synchronized")).to_have_count(1)
        expect(card.get_by_text("clock was not synchronized")).to_be_visible()


def test_devices_have_firmware_what_is_known_of_it_and_are_started_anew(seen_by: SeenBy) -> None:
    page = seen_by("technician", "devices")
    row = page.locator("desk-devices tr", has_text="Sony SRG-300H")
    expect(row).to_contain_text("0104")
    expect(row).to_contain_text("Profile")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_text("Confirm")
    row.get_by_role("button").click()
    expect(page.locator("desk-devices desk-outcome")).to_contain_text("answers again")
    build = f"roomctl {build_info()}".removesuffix(")")
    expect(page.locator("desk-devices .hint", has_text="roomctl")).to_contain_text(build)
    reader = seen_by("read", "devices")
    seen(reader, "desk-devices tbody tr")
    assert reader.locator("desk-devices tbody button").count() == 0


def test_the_map_of_use_has_a_number_in_each_cell_that_is_the_histories(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    page = seen_by("read", "use")
    seen(page, ".heat tbody td")
    cells = page.locator(".heat tbody td").all_inner_texts()
    assert len(cells) == 5 * 11
    assert all(cell.isdigit() and int(cell) <= 100 for cell in cells)
    assert len({*cells}) > 10
    expect(page.locator("desk-use > .hint")).to_contain_text("In 4 weeks:")
    # One hour is counted by hand.
    counted = page.evaluate(
        """async () => {
        const token = sessionStorage.getItem("roomctl.token");
        const from = encodeURIComponent(new Date(Date.now() - 28 * 86400000).toISOString());
        const headers = {authorization: `Bearer ${token}`};
        const {quarters} = await (await fetch(`/api/v1/use?from=${from}`, {headers})).json();
        const at = (q) => new Date(Date.parse(q.start) + 8 * 3600000);
        const some = quarters.filter((q) => at(q).getUTCDay() === 1 && at(q).getUTCHours() === 10);
        const sum = (name) => some.reduce((all, q) => all + q[name], 0);
        return Math.round(100 * sum("occupied_s") / (sum("occupied_s") + sum("vacant_s")));
        }"""
    )
    assert cells[2] == str(counted)


def test_the_ledger_and_the_audit_are_shown_verified_and_saved(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    room.note("li.wei@example.org", "camera.store", {"camera": "front", "preset": 2})
    page = seen_by("auditor", "ledger")
    expect(page.locator("desk-ledger tr", has_text="Planning")).to_contain_text("42 min")
    expect(page.locator("desk-ledger tr", has_text="Private meeting")).to_contain_text("Released")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    assert "Planning" in Path(saved.value.path()).read_text()
    go(page, "audit")
    row = page.locator("desk-audit tbody tr", has_text="li.wei@example.org").first
    expect(row).to_contain_text("camera.store")
    expect(row).to_contain_text("preset 2")
    page.get_by_role("button", name="Verify record").click()
    expect(page.locator("desk-audit desk-outcome").first).to_contain_text("unchanged")


def test_a_token_is_made_shown_once_and_revoked_at_the_second_press(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    page = seen_by("admin", "access")
    page.get_by_label("Name", exact=True).fill("lobby-sign")
    page.get_by_label("Role").select_option("integration")
    page.get_by_label("mute, volume").check()
    page.get_by_role("button", name="Make token").click()
    secret = page.locator(".once output")
    expect(secret).to_have_text(re.compile(r"\S{40,}"))
    token = secret.inner_text()
    row = page.locator("desk-access tbody tr", has_text="lobby-sign")
    expect(row).to_contain_text("mute, volume")
    page.get_by_role("button", name="I have it").click()
    assert token not in page.content()
    page.reload()
    seen(page, "desk-access tbody tr")
    assert token not in page.content()
    row.get_by_role("button").click()
    told(page, lambda: "lobby-sign" in {one.name for one in room.house.tokens.tokens()}, True)
    row.get_by_role("button").click()
    expect(page.locator("desk-access tbody")).not_to_contain_text(["lobby-sign"])
    told(page, lambda: "lobby-sign" in {one.name for one in room.house.tokens.tokens()}, False)


def test_a_session_is_ended_and_its_browser_is_out(
    seen_by: SeenBy, room: ServedRoom, desk: Page
) -> None:
    panel = desk
    panel.goto(f"{room.url}/#pair={room.pairing(Role.PANEL)}")
    seen(panel, "room-panel main:not([inert])")
    page = seen_by("admin", "access")
    row = page.locator("desk-access tbody tr", has_text="Touch panel").first
    row.get_by_role("button").dblclick()  # what the first press arms is not armed for long
    expect(panel.locator("room-overlay")).to_contain_text("Pair this panel")


def test_a_name_that_is_taken_and_other_refusals_are_said_in_words(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    tokens(room, "read")
    page = seen_by("admin", "access")
    page.get_by_label("Name", exact=True).fill("desk-read")
    page.get_by_role("button", name="Make token").click()
    expect(page.locator("desk-access")).to_contain_text("A token with this name exists already.")


def test_a_configuration_is_checked_with_lines_applied_and_rolled_back(
    seen_by: SeenBy, tmp_path: Path
) -> None:
    with served_room(tmp_path / "state") as room:
        page = seen_by("technician", "configuration", of=room)
        source = page.get_by_label("Text of room.toml")
        source.fill(TEXT.replace("vacancy_delay_s = 30.0", "vacancy_delay_s = true"))
        page.get_by_role("button", name="Check").click()
        wrong = page.locator("desk-configuration desk-table", has_text="What was expected")
        expect(wrong).to_contain_text("occupancy.ceiling.vacancy_delay_s")
        line = TEXT[: TEXT.index("vacancy_delay_s")].count("\n") + 1
        expect(wrong.locator("tbody th")).to_have_text(str(line))
        source.fill(TEXT + "\n# another one\n")
        page.get_by_label("Reason").fill("a comment")
        apply = page.get_by_role("button", name="Apply")
        apply.dblclick()
        row = page.locator("desk-configuration tbody tr", has_text="Revision 1")
        expect(row).to_contain_text("a comment")
        expect(row).to_contain_text("token desk-technician")
        expect(page.locator("desk-configuration")).to_contain_text("takes effect at the next start")


async def answering(known: Collection[str]) -> list[FoundDevice]:
    """Find a camera that is named to mislead, one that cannot be used, and a projector."""
    camera = FoundDevice(
        "camera",
        "192.0.2.9",
        ("ONVIF", "VISCA over IP"),
        ("visca-ip://192.0.2.9", "onvif://192.0.2.9"),
        HOSTILE,
        "Sony BRC-X400",
        profile="sony_brcx400",
        claims=("10.0.0.1",),
        verified=True,
    )
    computer = FoundDevice("camera", "192.0.2.8", ("NDI",), name="PC (OBS)")
    projector = FoundDevice("display", "192.0.2.7", ("PJLink",), ("tcp://192.0.2.7",))
    return [camera, computer, projector]


def test_found_devices_are_told_and_added_to_the_text_of_the_room_as_it_runs(
    seen_by: SeenBy, tmp_path: Path
) -> None:
    with served_room(tmp_path / "state", search=answering) as room:
        page = seen_by("technician", "configuration", of=room)
        page.get_by_role("button", name="Search", exact=True).click()
        found = page.locator("desk-table", has_text="Sony BRC-X400")
        camera, computer, projector = (found.locator("tbody tr").nth(row) for row in range(3))
        expect(camera).to_contain_text("says that its address is 10.0.0.1")
        expect(computer).to_contain_text("answers in no protocol that roomctl speaks")
        expect(computer.get_by_role("button")).to_have_count(0)
        expect(projector).to_contain_text("did not answer when asked directly")
        camera.get_by_role("button", name="Add to the text").click()
        source = page.get_by_label("Text of room.toml")
        expect(source).to_be_focused()
        projector.get_by_role("button", name="Add to the text").click()
        expect(source).to_have_value(re.compile(r"display\.wall"))
        said = tomllib.loads(source.input_value())
        assert said["room"] == tomllib.loads(TEXT)["room"]
        assert [*said["camera"]] == ["front", "back", "camera3"]
        new = {"url": "visca-ip://192.0.2.9", "profile": "sony_brcx400"}
        assert said["camera"]["camera3"] == new
        assert said["display"]["wall"] == {"url": "tcp://192.0.2.7"}
        page.get_by_role("button", name="Check").click()
        expect(page.locator("desk-configuration")).to_contain_text("No mistake was found")
        assert "taken" not in page.title()


LATE = """path => {
    const fetched = window.fetch;
    window.fetch = async (from, ...more) => {
        if (String(from).endsWith(path)) await new Promise((after) => setTimeout(after, 500));
        return fetched(from, ...more);
    };
}"""
"""Has a page read a path half a second later, as on a busy box."""


def test_a_move_is_planned_applied_and_taken_back(seen_by: SeenBy, tmp_path: Path) -> None:
    with served_room(tmp_path / "state") as room:
        page = seen_by("technician", "migration", of=room)
        expect(page.locator("desk-migration")).to_contain_text("No change of platform is planned")
        page.evaluate(LATE, "/api/v1/migration")
        page.get_by_label("Platform to leave").fill("jitsi")
        page.get_by_label("New platform").fill("jitsi")
        page.get_by_role("button", name="Make plan").click()
        expect(page.locator("desk-migration desk-outcome")).to_contain_text("are the same")
        page.get_by_label("New platform").fill("teams")
        page.get_by_label("Day of the move").fill("2031-01-06")
        page.get_by_label("Day on which the old one ends").fill("2031-03-06")
        page.get_by_role("button", name="Make plan").click()
        stages = page.locator("desk-migration desk-table", has_text="Stage")
        outcome = page.locator("desk-migration desk-outcome")
        expect(outcome).to_have_text(re.compile("plan is made|No new meeting is set up"))
        if "No new meeting" in outcome.inner_text():
            link = "https://teams.microsoft.com/meet/24012345678901?p=AbCdEf0123"
            page.get_by_label("Standing room link").fill(link)
            page.get_by_role("button", name="Make plan").click()
        expect(stages.first.locator("tbody tr")).to_have_count(4)
        expect(page.locator("desk-migration .lead")).to_contain_text("From")
        report = page.locator("desk-migration desk-table", has_text="What becomes of it")
        expect(report.locator("tbody tr", has_text="Default platform")).to_contain_text("jitsi")
        expect(report).to_contain_text("kept: the room still joins others' meetings there")
        expect(page.locator("desk-migration")).to_contain_text("People must pass its page")
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "the report fits on a phone, too"
        page.set_viewport_size({"width": 1440, "height": 900})
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save CSV").click()
        assert Path(saved.value.path()).stat().st_size > 100
        page.get_by_role("button", name="Undo the whole move").dblclick()
        expect(page.locator("desk-migration")).to_contain_text("No change of platform is planned")


def test_people_in_the_room_are_told_something_and_diagnostics_are_saved(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    page = seen_by("technician", "service")
    page.get_by_label("Text").fill("The projector is being repaired")
    page.get_by_role("button", name="Show message").click()
    expect(page.locator("desk-service .lead")).to_contain_text("The projector is being repaired")
    assert room.house.room.document.message.text == "The projector is being repaired"
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("desk-service .lead")).to_have_text("No message is shown.")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save diagnostics").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"PK")
    page.get_by_role("button", name="Once the room is free").click()
    expect(page.locator("desk-service")).to_contain_text("Restarts when the room is free.")
    page.get_by_role("button", name="Cancel restart").click()
    told(page, lambda: room.house.room.document.maintenance.restart_waits, False)


def test_an_update_is_looked_for_asked_for_and_called_off(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    files = updater_in(room.house.store.folder.parent)
    page = seen_by("facilities", "service")
    card = page.locator("section", has=page.get_by_role("heading", name="Update", exact=True))
    card.get_by_role("button", name="Check now").click()
    told(page, files.request.exists, True)
    assert json.loads(files.request.read_bytes())["do"] == "check"
    files.status.write_text(json.dumps({"state": "idle", "installed": "1.0", "available": "2.0"}))
    expect(card).to_contain_text("Version 1.0. Version 2.0 is available.")
    card.get_by_label("Not before").fill("03:00")
    card.get_by_role("button", name="Install once").click()
    expect(card).to_contain_text("clock is not synchronized")  # no hour is waited for by it
    card.get_by_label("Not before").fill("")
    card.get_by_role("button", name="Install once").click()
    expect(card).to_contain_text("Waits for the room to be free.")
    card.get_by_role("button", name="Cancel update").click()
    expect(card.get_by_role("button", name="Cancel update")).to_be_hidden()
    last = {"outcome": "went_back", "old": "1.0", "new": "2.0", "code": "not_ready"}
    at = room.house.room.now().wall.isoformat()
    said = {"state": "idle", "installed": "1.0", "last": {**last, "detail": "", "at": at}}
    files.status.write_text(json.dumps(said))
    expect(card).to_contain_text("back from 2.0 to 1.0: With the new version the room did not")
    files.status.unlink()
    expect(card).not_to_contain_text("back from")
    other = seen_by("technician", "service")
    expect(other.get_by_role("button", name="Check now")).to_have_count(0)


def test_a_line_that_is_silent_for_three_seconds_is_said_and_comes_back(
    seen_by: SeenBy, room: ServedRoom
) -> None:
    page = seen_by("read")
    expect(page.locator(".health")).to_be_visible()
    page.context.set_offline(True)
    # The stream stands as long as the connection does: what is held back is as good as cut.
    room.house.app.state.ending.set()
    page.wait_for_selector(".banner:visible", timeout=LIMIT_S * 1000)
    expect(page.locator(".banner")).to_contain_text("No connection. This is from")
    assert page.locator(".page").get_attribute("inert") is not None
    room.house.app.state.ending.clear()
    page.context.set_offline(False)
    page.wait_for_selector(".banner", state="hidden")


def test_what_strangers_wrote_is_text_and_nothing_else(seen_by: SeenBy, tmp_path: Path) -> None:
    text = TEXT.replace('"Bamboo"', json.dumps(HOSTILE[:47])).replace('"North Tower"', "'<b>x</b>'")
    with served_room(tmp_path / "state", text, link=f"{HOSTILE} https://meet.jit.si/x") as room:
        room.note(HOSTILE, HOSTILE, {"camera": HOSTILE, "<i>": 1}, f"refused: {HOSTILE}")
        room.command("room.message", text=HOSTILE, for_s=600)
        page = seen_by("admin", of=room)
        failed = list[str]()
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("console", lambda message: failed.append(message.text))
        for name in PAGES:
            page.evaluate(f"location.hash = '#{name}'")
            seen(page, f"[aria-current][href='#{name}']")
            settled(page)
            assert page.locator("img, script:not([type=module]), i, .page b b").count() == 0, name
            assert "taken" not in page.evaluate("document.title.replace(/.*·/, '')[0]")
        go(page, "ledger")
        expect(page.locator("desk-ledger")).to_contain_text("<img src=x onerror=")
        go(page, "audit")
        expect(page.locator("desk-audit")).to_contain_text("<script>")
        go(page, "service")
        expect(page.locator("desk-service .lead")).to_contain_text("<img src=x")
        assert failed == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_fits_at_every_size_in_both_languages_and_axe_finds_nothing(
    seen_by: SeenBy, language: str
) -> None:
    page = seen_by("admin", locale=language)
    seen(page, "desk-overview tbody tr")
    if language == "zh-CN":
        page.locator(".self .quiet").click()
    for name in PAGES:
        page.evaluate(f"location.hash = '#{name}'")
        page.wait_for_selector(f"[aria-current][href='#{name}']", state="attached")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            settled(page)
            across = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert across <= 0, (name, width, across)
            assert page.evaluate(CUT) == [], (name, width)
            assert page.evaluate(SMALL) == [], (name, width)
            if language == "en" and width != 1024:
                assert violations(page) == [], (name, width)


CUT = """[...document.querySelectorAll("button, .sign, .tiles *, nav a, td, th")]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1
      && getComputedStyle(e).display !== "inline" && !e.matches(".disc, .disc *"))
    .map((e) => e.textContent)"""
SMALL = """[...document.querySelectorAll("button, nav a, input:not([type=checkbox]), select")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 44)
    .map((e) => e.textContent)"""


@pytest.mark.parametrize(
    ("scheme", "language"), [("light", "zh-CN"), ("dark", "en"), ("contrast", "zh-CN")]
)
def test_axe_finds_nothing_in_any_theme(
    seen_by: SeenBy, pages: Pages, room: ServedRoom, scheme: str, language: str
) -> None:
    """What it says of the light pages in English, the pages above are asked in every size."""
    look: dict[str, Any] = (
        {"contrast": "more"} if scheme == "contrast" else {"color_scheme": scheme}
    )
    page, found = seen_by("admin", **look), {}
    if language == "zh-CN":
        page.locator(".self .quiet").click()
    for name in ("overview", "issues", "devices", "access", "configuration"):
        go(page, name)
        settled(page)
        found[name] = violations(page)
    with at_a_desk(pages, room, locale=language, **look) as page:
        page.goto(f"{room.url}/facilities")
        page.locator(".by-token input").wait_for()
        found["sign-in"] = violations(page)
    assert {where: faults for where, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["dark", "light", "contrast"])
def test_all_words_stand_at_seven_to_one(seen_by: SeenBy, scheme: str) -> None:
    look: dict[str, Any] = (
        {"contrast": "more"} if scheme == "contrast" else {"color_scheme": scheme}
    )
    page = seen_by("admin", **look)
    for name in ("overview", "use", "audit", "access", "service"):
        go(page, name) if name != "overview" else seen(page, "desk-overview")
        settled(page)
        faint = page.evaluate(f"({CONTRAST})()")
        assert [one for one in faint if not str(one[1]).startswith("acts")] == [], name


def test_it_goes_by_keys_alone(seen_by: SeenBy) -> None:
    page = seen_by("admin")
    page.locator("nav a").first.focus()
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".head h1")).to_have_text("Access")
    expect(page.locator(".head h1")).to_be_focused()
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("by-keys")
    page.keyboard.press("Enter")
    expect(page.locator(".once output")).to_have_text(re.compile(r"\S{40,}"))


def test_its_first_page_weighs_at_most_40_kb_and_every_part_of_it_60() -> None:
    def weigh(parts: set[str]) -> int:
        return sum(len(gzip.compress((WEB / part).read_bytes())) for part in parts)

    first = loaded("facilities.html")
    every = first | {f"facilities/{path.name}" for path in (WEB / "facilities").glob("*.js")}
    assert weigh(first | {"facilities.html"}) <= 40_000
    assert weigh(every | {"facilities.html"}) <= 60_000
    modules = {part for part in first if part.endswith(".js")}
    head = (WEB / "facilities.html").read_text()
    assert set(re.findall(r'modulepreload" href="/ui/(.+?)"', head)) == modules


def test_a_chinese_room_speaks_chinese(seen_by: SeenBy, tmp_path: Path) -> None:
    with served_room(tmp_path / "state", CHINESE) as room:
        page = seen_by("read", of=room)
        expect(page.locator(".head h1")).to_have_text("竹厅会议室")
        expect(page.locator("nav a").first).to_have_text("概览")
        until(page, "document.documentElement.lang === 'zh-CN'")
        said = page.locator(".page").inner_text()
        assert not re.search(r"desk\.|condition\.", said)
