"""What people report to be wrong: kept, bounded, and closed by staff."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from roomctl.command import AgoSeconds, TroubleWord
from roomctl.room.commands import CommandRecord
from roomctl.room.help import AN_HOUR, LONGEST_LOG, LONGEST_STATE, MOST_OPEN
from roomctl.room.room import Source
from roomctl.store import Store
from tests.invented import invented
from tests.room.rig import NO_DEVICE, PANEL, STAFF, House, living

PHONE = Source("guest", "phone 1")


def reported(house: House) -> list[tuple[str, object]]:
    found = [one for one in house.document.issues if one.code == "help"]
    return [(one.subject, one.params["about"]) for one in found]


async def report(
    house: House, name: str = "r1", source: Source = PANEL, **args: object
) -> CommandRecord:
    return await house.ask("help.report", source, **{"about": "no_sound", "report": name, **args})


def code(record: CommandRecord) -> str | None:
    return record.error.code if record.error else None


@invented
async def test_a_report_is_an_issue_until_staff_close_it() -> None:
    async with living() as house:
        house.room.help.evidence = lambda: ('{"phase": "ready"}', "INFO a line\n")
        assert (await report(house, word="the left speaker")).status == "done"
        await house.until(lambda: reported(house) == [("1", "no_sound")])
        [kept] = house.room.help.open
        assert (kept.word, kept.requested_by) == ("the left speaker", "panel")
        assert (kept.state, kept.log) == ('{"phase": "ready"}', "INFO a line\n")
        refused = await house.ask("help.close", PANEL, number=1)
        assert code(refused) == "not_allowed"
        assert (await house.ask("help.close", STAFF, number=1)).status == "done"
        await house.until(lambda: reported(house) == [])
        assert code(await house.ask("help.close", STAFF, number=1)) == "unknown_report"


@invented
async def test_a_report_is_no_reason_not_to_be_ready() -> None:
    async with living() as house:
        before = {one.type: one.status for one in house.document.conditions}
        await report(house)
        await house.until(lambda: reported(house) != [])
        assert {one.type: one.status for one in house.document.conditions} == before


@invented
async def test_what_is_sent_twice_is_one_report_even_after_it_was_closed(tmp_path: Path) -> None:
    async with living(store=Store(tmp_path)) as house:
        await report(house, "a", ago_s=3600)
        await report(house, "a", ago_s=3600)
        assert len(house.room.help.open) == 1
        [one] = house.room.help.open
        late_s = (house.room.now().wall - one.at).total_seconds()
        assert 3600 <= late_s < 3700
        await house.ask("help.close", STAFF, number=1)
    async with living(store=Store(tmp_path)) as house:
        assert (await report(house, "a")).status == "done"
        assert house.room.help.open == ()


@invented
async def test_reports_outlive_a_restart_and_numbers_are_given_once(tmp_path: Path) -> None:
    async with living(store=Store(tmp_path)) as house:
        await report(house, "a", about="camera", word="blurred")
        await report(house, "b")
        await house.ask("help.close", STAFF, number=2)
    async with living(store=Store(tmp_path)) as house:
        await house.until(lambda: reported(house) == [("1", "camera")])
        assert house.room.help.open[0].word == "blurred"
        await report(house, "c")
        assert [one.number for one in house.room.help.open] == [1, 3]


@invented
async def test_one_caller_cannot_bury_the_others_and_the_room_keeps_no_more_than_it_can() -> None:
    async with living() as house:
        house.room.help.evidence = lambda: ("x" * (LONGEST_STATE + 1), "y" * (LONGEST_LOG + 9))
        found = [code(await report(house, f"p{i}", PHONE)) for i in range(AN_HOUR + 3)]
        assert found == [None] * AN_HOUR + ["reported_often"] * 3
        assert house.room.help.open[0].state == ""
        assert len(house.room.help.open[0].log) == LONGEST_LOG
        others = [Source("panel", f"panel {i}") for i in range(MOST_OPEN)]
        rest = [code(await report(house, f"q{i}", one)) for i, one in enumerate(others)]
        assert rest == [None] * (MOST_OPEN - AN_HOUR) + ["reports_full"] * AN_HOUR
        assert len(house.room.help.open) == MOST_OPEN


@invented
async def test_an_hour_later_a_caller_may_report_again() -> None:
    async with living(NO_DEVICE) as house:
        for i in range(AN_HOUR):
            await report(house, f"a{i}")
            await house.ask("help.close", STAFF, number=i + 1)
        assert code(await report(house, "b")) == "reported_often"
        await house.always(lambda: True, 3601.0)
        assert (await report(house, "b")).status == "done"


HOSTILE = [
    '{"last": 1, "closed": [], "open": [{"number": 1}]}',
    '{"last": -1, "closed": [], "open": []}',
    '{"last": 1, "closed": [7], "open": []}',
    '{"last": true, "closed": [], "open": []}',
    "[]",
    "{",
]


@pytest.mark.parametrize("text", HOSTILE)
@invented
async def test_a_file_that_is_none_is_set_aside_and_the_room_goes_on(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "help.json").write_text(text)
    async with living(store=Store(tmp_path)) as house:
        lost = [one.params["lost"] for one in house.document.issues if "quarant" in one.code]
        assert lost == ["reports"]
        assert (await report(house)).status == "done"


def test_a_word_is_one_line_without_what_turns_reading_around() -> None:
    said = TypeAdapter(TroubleWord).validate_python("  the left\u202e \n speaker ", strict=True)
    assert said == "the left speaker"


@pytest.mark.parametrize("word", ["x" * 121, 7, None])
def test_a_word_that_is_too_long_or_none_is_refused(word: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(TroubleWord).validate_python(word, strict=True)


@pytest.mark.parametrize("ago_s", [-1, 7 * 86_400 + 1, "1", 0.5])
def test_a_time_ago_that_cannot_be_is_refused(ago_s: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AgoSeconds).validate_python(ago_s, strict=True)
