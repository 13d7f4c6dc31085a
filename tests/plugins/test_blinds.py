"""The blinds' plug-in in a room of this process, on its own simulated relay, in invented time."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from pydantic_core import to_jsonable_python

from roomctl import app
from roomctl.cli import do, told
from roomctl.drill import Microphone, Step
from roomctl.kind import DrillSetup
from roomctl.simulator import Simulator
from roomctl.store import Settings
from roomctl.words import kind_words, panel_texts
from tests.invented import LoopClock, invented
from tests.room.rig import ONLY_SCREEN, STAFF, House, living

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
        assert record.error.code == "blinds.not_calibrated"


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
        await house.until(lambda: ("blinds.obstructed", "blinds.window") in house.issues)
        (issue,) = (one for one in house.document.issues if one.code == "blinds.obstructed")
        assert issue.since > house.device("blinds.window").since
        await house.act("blinds.window", "obstruct")
        await house.until(lambda: ("blinds.obstructed", "blinds.window") not in house.issues)


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
    assert panel_texts("en")[key] == "{device}: blocked"
    assert panel_texts("zh-CN")[key] == "{device}：被挡住"
    issue = {"code": "blinds.obstructed", "subject": "blinds.window", "params": {}}
    assert told.issue_text(issue) == "blinds.window: blocked"
    assert kind_words("a", {"en": {"issue.b": "x"}}, "zh-CN") == {"issue.a.b": "x"}


def test_the_command_line_says_what_a_command_does_in_chinese(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "    升起窗帘。" in do.list_words()


@pytest.mark.parametrize(
    ("language", "state"),
    [("en_GB", "Position: 100 %, Moving: At rest"), ("zh_CN", "位置: 100 %, 动作: 静止")],
)
@invented
async def test_the_command_line_shows_its_state_in_its_words(
    monkeypatch: pytest.MonkeyPatch, language: str, state: str
) -> None:
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
    async with living(BLINDS) as house:
        document = to_jsonable_python(house.document)
        assert told.facts(document)["blinds.window"].endswith(state)
        await house.act("blinds.window", "unplug")
        await house.until(lambda: house.device("blinds.window").status == "offline")
        assert state not in told.facts(to_jsonable_python(house.document))["blinds.window"]


async def drilled(*acts: str, allowed: frozenset[str] = frozenset()) -> dict[str, str]:
    """Drill the window's blinds at a simulated relay; return how each step ended."""
    config, clock, steps = app.parse(BLINDS, "room.toml"), LoopClock(), list[Step]()
    simulator = Simulator(config, clock)
    for act in acts:
        await simulator.act("blinds.window", act, {"value": False})
    setup = DrillSetup(
        simulator.connect, clock, Settings(), steps.append, no_microphone, None, allowed
    )
    make = app.plugin("blinds").drill
    assert make is not None
    await make("window", config.tables("blinds"), setup).run()
    await simulator.close()
    return {step.name: f"{step.result}: {step.words}" for step in steps}


@contextlib.asynccontextmanager
async def no_microphone() -> AsyncIterator[Microphone | None]:
    yield None


@invented
async def test_a_drill_moves_them_if_it_may_and_puts_them_back() -> None:
    assert await drilled() == {
        "answers": "ok: 100 % up",
        "move": "skipped: would be seen; --power allows it",
    }
    assert await drilled(allowed=frozenset({"power"})) == {
        "answers": "ok: 100 % up",
        "move": "ok: 10 % down, read back",
        "put back": "ok: 100 % up, as before",
    }


@pytest.mark.parametrize(
    ("act", "step", "ended"),
    [
        ("silent", "answers", "failed: no status of cover 0"),
        ("obstruct", "move", "failed: does not GoToPosition (status 500)"),
        ("calibrated", "move", "skipped: the relay does not know the position"),
    ],
)
@invented
async def test_a_drill_finds_what_is_wrong(act: str, step: str, ended: str) -> None:
    found = await drilled(act, allowed=frozenset({"power"}))
    assert found[step].startswith(ended)


@invented
async def test_the_self_test_drills_them_too() -> None:
    async with living(BLINDS) as house:
        await house.ask("selftest.run", STAFF, device="blinds.door")
        await house.until(lambda: house.document.maintenance.selftest is not None, limit_s=60)
        await house.until(lambda: not house.document.maintenance.selftest.running, limit_s=60)
        await house.until(lambda: house.device("blinds.door").status == "online")
