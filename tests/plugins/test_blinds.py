"""The blinds' plug-in in a room of this process, on its own simulated relay, in invented time."""

import pytest

from roomctl import app
from roomctl.cli import do, told
from roomctl.words import kind_words, panel_texts
from tests.invented import invented
from tests.room.rig import ONLY_SCREEN, House, living

BLINDS = ONLY_SCREEN + (
    '[blinds.window]\nurl = "http://192.0.2.30"\n'
    '[blinds.door]\nurl = "http://192.0.2.31"\ncover = 1\n'
)

pytestmark = pytest.mark.usefixtures("blinds")


def said(house: House, name: str = "window") -> tuple[int | None, str | None]:
    (one,) = (one for one in house.document.blinds if one.name == name)
    return one.position_pct, one.moving


@invented
async def test_they_go_down_as_one_asks_and_stop() -> None:
    async with living(BLINDS) as house:
        assert said(house) == (100, "no")
        assert (await house.ask("blinds.down", blinds="window")).status == "done"
        await house.until(lambda: said(house)[1] == "down")
        await house.until(lambda: said(house)[0] in range(40, 60))
        await house.ask("blinds.stop", blinds="window")
        await house.until(lambda: said(house)[1] == "no")
        assert said(house)[0] in range(30, 60)
        assert said(house, "door") == (100, "no")


@invented
async def test_they_go_to_a_position_where_the_relay_knows_it() -> None:
    async with living(BLINDS) as house:
        await house.ask("blinds.go_to", blinds="door", position_pct=40)
        await house.until(lambda: said(house, "door") == (40, "no"), limit_s=30)
        await house.simulator.act("blinds.door", "calibrated", {"value": False})
        await house.until(lambda: said(house, "door") == (None, "no"))
        record = await house.ask("blinds.go_to", blinds="door", position_pct=80)
        assert record.error is not None
        assert record.error.code == "failed"
        assert "GoToPosition" in record.error.detail


@invented
async def test_one_may_have_the_name_of_its_kind() -> None:
    async with living(ONLY_SCREEN + '[blinds.blinds]\nurl = "http://192.0.2.30"\n') as house:
        assert house.device("blinds.blinds").status == "online"
        assert (await house.ask("blinds.down", blinds="blinds")).status == "done"
        await house.until(lambda: said(house, "blinds")[1] == "down")


@invented
async def test_a_relay_that_does_not_answer_is_offline_and_its_state_not_known() -> None:
    async with living(BLINDS) as house:
        await house.act("blinds.window", "silent")
        await house.until(lambda: house.device("blinds.window").reason == "no_reply")
        assert said(house) == (None, None)
        await house.act("blinds.window", "silent")
        await house.until(lambda: house.device("blinds.window").status == "online")
        await house.act("blinds.window", "unplug")
        await house.until(lambda: ("device.offline", "blinds.window") in house.issues)
        assert said(house) == (None, None)
        record = await house.ask("blinds.up", blinds="window")
        assert record.error is not None
        assert record.error.code == "offline"
        await house.act("blinds.window", "plug")
        await house.until(lambda: house.device("blinds.window").status == "online")
        assert ("device.offline", "blinds.window") not in house.issues


@invented
async def test_what_it_says_of_its_blinds_is_an_issue_of_its_own() -> None:
    async with living(BLINDS) as house:
        await house.act("blinds.window", "obstruct")
        await house.until(lambda: ("blinds.obstructed", "window") in house.issues)
        await house.act("blinds.window", "obstruct")
        await house.until(lambda: ("blinds.obstructed", "window") not in house.issues)


@invented
async def test_one_that_room_toml_does_not_name_is_told() -> None:
    async with living(BLINDS) as house:
        record = await house.ask("blinds.up", blinds="roof")
        assert record.error is not None
        assert record.error.detail == "room: no blinds 'roof'; there is: window, door"


def test_each_mistake_of_its_tables_is_told_with_its_line() -> None:
    text = '[blinds.window]\nurl = "serial:/dev/ttyUSB0"\ncovr = 1\n[blinds.door]\ncover = 9\n'
    assert [(one.line, one.key) for one in app.mistakes(text, "room.toml")] == [
        (2, "blinds.window.url"),
        (3, "blinds.window.covr"),
        (4, "blinds.door.url"),
        (5, "blinds.door.cover"),
    ]


def test_an_issue_has_the_plug_ins_words_in_both_languages_else_english() -> None:
    app.parse(BLINDS, "room.toml")
    key = "issue.blinds.obstructed"
    assert panel_texts("en")[key] == "The blinds {device} are blocked"
    assert panel_texts("zh-CN")[key] == "窗帘 {device} 被挡住"
    issue = {"code": "blinds.obstructed", "subject": "window", "params": {}}
    assert told.issue_text(issue) == "The blinds window are blocked"
    assert kind_words("a", {"en": {"issue.b": "x"}}, "zh-CN") == {"issue.a.b": "x"}


def test_the_command_line_says_what_a_command_does_in_chinese(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "    升起窗帘。" in do.list_words()
