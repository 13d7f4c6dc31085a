"""Join by ID on a platform whose page asks for the number: shown once, then passed by the room."""

import logging
from pathlib import Path

import pytest

from roomctl.room.document import PlatformEntry
from roomctl.store import Store
from tests.invented import invented
from tests.room.rig import BAMBOO, STAFF, House, living
from tests.room.test_walkthroughs import JOIN, leave, state

FIRST = {"number": "123 456 789 012", "platform": "teams", "passcode": "4711"}
SECOND = {"number": "210987654321", "platform": "teams", "passcode": "4711"}


def entry(house: House, key: str = "teams") -> PlatformEntry:
    return next(one for one in house.document.platforms if one.key == key)


FIELD = {"x": 0.5, "y": 0.3}


async def open_page(house: House, joined: dict[str, str]) -> None:
    house.screen.blocked_by = "passcode_needed"
    assert (await house.ask("meeting.join", **joined)).status == "done"
    await house.until(lambda: house.document.meeting.remote_control)


async def show(house: House, number: str | None) -> None:
    """Show the page: it takes a number, then a passcode; an ended line takes what was typed."""
    await open_page(house, FIRST)
    await house.until(lambda: state(house) == "offered")
    assert (await house.ask("walkthrough.begin", STAFF)).status == "done"
    await house.until(lambda: state(house) == "showing")
    for at, text in ((JOIN, number), (FIELD, "4711")):
        if text is not None:
            assert (await house.ask("screen.press", **at)).status == "done"
            assert (await house.ask("screen.type", text=text)).status == "done"
            assert (await house.ask("screen.key", key="enter")).status == "done"
    await house.until(lambda: state(house) == "shown")


@invented
async def test_a_page_that_asks_for_a_number_opens_for_people_until_it_was_shown() -> None:
    async with living() as house:
        assert (entry(house).number, entry(house).by_number) == ("to_show", False)
        await open_page(house, FIRST)
        assert house.screen.order is not None
        assert house.screen.order.url.endswith("/microsoft-teams/join-a-meeting")
        meeting = house.document.meeting
        assert (meeting.platform, meeting.number) == ("teams", "123456789012")


@invented
async def test_a_number_is_typed_by_the_room_once_its_page_was_shown() -> None:
    async with living() as house:
        await show(house, "123 456 789 012")
        assert (await house.ask("walkthrough.keep", STAFF)).status == "done"
        await leave(house)
        assert (entry(house).number, entry(house).by_number) == ("passed", True)
        assert entry(house).passcode_needed
        await open_page(house, SECOND)
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=20.0)
        assert house.document.meeting.evidence == "media"
        (kept,) = house.room.walkthroughs.summaries()
        assert (kept.asks_number, kept.platform) == (True, "teams")
        assert [step.does for step in kept.steps] == [
            ("type {meeting_id}", "key enter"),
            ("type {passcode}", "key enter"),
        ]


@invented
async def test_a_page_behind_a_link_is_not_passed_as_the_one_that_asks_for_a_number() -> None:
    link = "https://teams.microsoft.com/meet/210987654321?p=AbCd"
    async with living() as house:
        await show(house, "123456789012")
        assert (await house.ask("walkthrough.keep", STAFF)).status == "done"
        await leave(house)
        assert (await house.ask("meeting.join", link=link)).status == "done"
        await house.until(lambda: house.document.meeting.remote_control)
        await house.until(lambda: state(house) == "offered")


@invented
async def test_a_page_without_the_number_typed_is_not_kept() -> None:
    async with living() as house:
        await show(house, None)
        refused = await house.ask("walkthrough.keep", STAFF)
        assert refused.error is not None
        assert refused.error.code == "number_not_shown"
        assert house.room.walkthroughs.summaries() == []


@invented
async def test_neither_number_nor_passcode_is_in_a_file_a_log_or_an_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = FIRST | {"passcode": "geheim-8846"}
    async with living(store=Store(tmp_path)) as house:
        await show(house, "123456789012")
        await house.ask("walkthrough.keep", STAFF)
        await leave(house)
        await open_page(house, first)
        assert house.screen.order is not None
        shown = caplog.text + house.screen.order.url
    shown += "\n".join(
        path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()
    )
    for secret in ("geheim-8846", "123456789012", "123 456 789 012"):
        assert secret not in shown


@invented
async def test_a_policy_that_does_not_name_the_page_leaves_the_platform_its_links() -> None:
    room = BAMBOO.replace("[meeting]\n", '[meeting]\ndeny = ["www.microsoft.com"]\n')
    async with living(room) as house:
        assert entry(house).number == "link"
        refused = await house.ask("meeting.join", **FIRST)
        assert refused.error is not None
        assert refused.error.code == "link.denied_by_policy"
