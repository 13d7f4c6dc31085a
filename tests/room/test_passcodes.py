"""A page that asks for a passcode gets it from the panel, where the room knows how to type it."""

import logging
from pathlib import Path

import pytest

from roomctl.meeting import platform
from roomctl.meeting.platform import load_platforms
from roomctl.store import Store
from tests.invented import invented
from tests.room.rig import BAMBOO, PANEL, STAFF, House, living
from tests.room.test_number_pages import FIRST, open_page, show
from tests.room.test_remote_control import PHONE
from tests.room.test_walkthroughs import leave, state

PLATFORMS = Path(platform.__file__).parent / "platforms"
JITSI = "https://meet.jit.si/Bamboo"
ZOOM = "https://zoom.us/j/91234567890"


async def at_the_wall(house: House, link: str = JITSI) -> None:
    house.screen.blocked_by = "passcode_needed"
    assert (await house.ask("meeting.join", link=link)).status == "done"
    await house.until(lambda: house.document.meeting.remote_control)


def failure(house: House) -> str | None:
    return house.document.meeting.failure


@invented
async def test_a_wrong_passcode_is_asked_for_again_and_the_right_one_lets_the_room_in() -> None:
    async with living() as house:
        await at_the_wall(house)
        await house.until(lambda: failure(house) == "passcode_needed")
        assert house.document.meeting.can_enter_passcode
        wrong = await house.ask("meeting.enter_passcode", PANEL, passcode="1111")
        assert wrong.status == "done"
        await house.until(lambda: failure(house) == "passcode_wrong")
        assert house.document.meeting.can_enter_passcode
        assert (await house.ask("meeting.enter_passcode", PANEL, passcode="4711")).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call")
        assert not house.document.meeting.can_enter_passcode


@invented
async def test_a_passcode_goes_into_the_field_that_the_page_has_or_nowhere(tmp_path: Path) -> None:
    given = (PLATFORMS / "jitsi.toml").read_text(encoding="utf-8")
    unnamed = given.replace("passcode_focused = true\n", "")
    (tmp_path / "jitsi.toml").write_text(unnamed, encoding="utf-8")
    async with living(BAMBOO.replace("[meeting]", f'[meeting]\nplatforms = "{tmp_path}"')) as house:
        await at_the_wall(house)
        house.screen.shows.field = False
        await house.until(lambda: failure(house) == "passcode_needed")
        await house.until(lambda: not house.document.meeting.can_enter_passcode)
        refused = await house.ask("meeting.enter_passcode", PANEL, passcode="4711")
        assert refused.error is not None
        assert refused.error.code == "no_passcode_asked"
        house.screen.shows.field, house.screen.shows.typed = True, "left from before"
        await house.until(lambda: house.document.meeting.can_enter_passcode)
        assert (await house.ask("meeting.enter_passcode", PANEL, passcode="4711")).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call")


@invented
async def test_where_nothing_asks_or_nobody_knows_the_field_nothing_is_typed() -> None:
    async with living() as house:
        nothing = await house.ask("meeting.enter_passcode", PANEL, passcode="4711")
        assert nothing.error is not None
        assert nothing.error.code == "no_passcode_asked"
        await at_the_wall(house, ZOOM)  # plain: what stands there, nobody can read
        assert not house.document.meeting.can_enter_passcode
        refused = await house.ask("meeting.enter_passcode", PANEL, passcode="4711")
        assert refused.error is not None
        assert refused.error.code == "no_passcode_asked"
        assert house.screen.shows.typed == ""


@invented
async def test_a_page_that_the_room_passes_itself_opens_anew_with_the_passcode() -> None:
    async with living() as house:
        await show(house, FIRST["number"])
        assert (await house.ask("walkthrough.keep", STAFF)).status == "done"
        await leave(house)
        without = {key: value for key, value in FIRST.items() if key != "passcode"}
        await open_page(house, without)
        await house.until(lambda: state(house) == "handed_over", limit_s=20.0)
        assert house.document.walkthrough.reason == "no_word"
        assert house.document.meeting.can_enter_passcode
        assert (await house.ask("meeting.enter_passcode", PANEL, passcode="4711")).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=20.0)
        assert house.document.meeting.number == "123456789012"


@invented
async def test_a_phone_and_a_text_that_no_key_writes_are_refused() -> None:
    async with living() as house:
        await at_the_wall(house)
        await house.until(lambda: failure(house) == "passcode_needed")
        phone = await house.ask("meeting.enter_passcode", PHONE, passcode="4711")
        assert phone.status == "refused"
        assert house.document.meeting.state != "in_call"


@invented
async def test_the_passcode_is_in_no_file_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with living(store=Store(tmp_path)) as house:
        await at_the_wall(house)
        await house.until(lambda: failure(house) == "passcode_needed")
        await house.ask("meeting.enter_passcode", PANEL, passcode="geheim-8846")
        await house.until(lambda: failure(house) == "passcode_wrong")
        shown = caplog.text + repr(house.document)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    shown += "\n".join(path.read_bytes().decode(errors="replace") for path in files)
    assert "geheim-8846" not in shown


def test_jitsi_says_that_its_field_has_the_focus() -> None:
    page = load_platforms({}).by_key["jitsi"].page
    assert page.passcode_focused
    assert "PasswordRequiredPrompt" in page.source
