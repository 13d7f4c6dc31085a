"""A move that is kept: its file is its owner's alone, and a damaged one is set aside."""

import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from roomctl import app
from roomctl.cli.language import translated
from roomctl.errors import Refused, RoomctlError
from roomctl.meeting.leaving import ExitStage
from roomctl.migrate import RoomFile
from roomctl.migrate.migration import JoinProof, Migration
from roomctl.migrate.standing import dying
from roomctl.store import AppliedConfigs, Store
from tests.migrate.test_evidence import ASKED, REFUSED, TEXT, booking, plan

AT = datetime(2026, 11, 27, 2, tzinfo=UTC)


@pytest.fixture
def box(tmp_path):
    (tmp_path / "room.toml").write_text(TEXT, encoding="utf-8")
    return lambda: Migration(AppliedConfigs(Store(tmp_path / "state"), tmp_path / "room.toml"))


async def test_a_stored_move_is_read_back_and_private_to_its_user(box, tmp_path) -> None:
    await box().keep(plan(), "staff")
    stage, text = await box().to_apply(None, leave_behind=False)
    await box().apply(stage, text, "staff", AT)
    found = box()
    assert found.plan.departure.days[stage] == date(2026, 11, 27)
    assert [one.stage for one in found.applied] == ["dual"]
    assert stat.S_IMODE((tmp_path / "state" / "migration.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        *("", "{", "[]", "{}", "\0" * 99, '{"plan": 1, "applied": [], "proofs": []}'),
        '{"plan": null, "applied": [{"stage": "dual"}], "proofs": []}',
    ],
)
async def test_a_damaged_file_is_set_aside_and_nothing_is_guessed(box, tmp_path, damage) -> None:
    await box().keep(plan(), "staff")
    (tmp_path / "state" / "migration.json").write_text(damage)
    found = box()
    assert found.plan is None
    assert found._store.disk.quarantined
    with pytest.raises(Refused, match="no plan"):
        await found.to_apply(None, leave_behind=False)


async def test_a_plan_older_than_the_configuration_is_refused(box, tmp_path) -> None:
    await box().keep(plan(), "staff")
    (tmp_path / "room.toml").write_text(TEXT + "# changed\n", encoding="utf-8")
    with pytest.raises(Refused, match="plan again") as refused:
        await box().to_apply(None, leave_behind=False)
    assert refused.value.code == "plan_stale"


async def test_a_rollback_refuses_a_file_that_was_changed_and_says_which(box, tmp_path) -> None:
    await box().keep(plan(), "staff")
    migration = box()
    await migration.apply(*await migration.to_apply(None, leave_behind=False), "staff", AT)
    (tmp_path / "room.toml").write_text(TEXT + "# changed\n", encoding="utf-8")
    for one in (migration, box()):
        with pytest.raises(Refused, match=r"room\.toml") as refused:
            await one.roll_back(None, "staff", AT)
        assert refused.value.code == "changed"


async def test_a_power_cut_between_the_two_files_leaves_no_stage_half_applied(
    box, tmp_path
) -> None:
    await box().keep(plan(), "staff")
    migration = box()
    before = (tmp_path / "state" / "migration.json").read_bytes()
    await migration.apply(*await migration.to_apply(None, leave_behind=False), "staff", AT)
    told = migration.applied
    after = (tmp_path / "state" / "migration.json").read_bytes()
    (tmp_path / "state" / "migration.json").write_bytes(before)  # the revision alone was written
    found = box()
    assert found.applied == told
    assert found.next_stage is ExitStage.DEFAULT
    await found.prove(JoinProof(AT, "staff", "n.qsh1.cn", "person"))
    await found.apply(*await found.to_apply(None, leave_behind=False), "staff", AT)

    await AppliedConfigs(Store(tmp_path / "state"), tmp_path / "room.toml").roll_back(1)
    half = box()  # of a rollback, the revision alone was written
    assert half.applied == told
    await half.roll_back(None, "staff", AT)
    assert box().text() == TEXT
    (tmp_path / "state" / "migration.json").write_bytes(after)
    again = box()  # of a whole rollback, the revision alone was written
    assert (again.applied, again.next_stage) == ((), ExitStage.DUAL)
    await again.roll_back(None, "staff", AT)
    assert (box().plan, box().text()) == (None, TEXT)


async def test_dying_bookings_are_counted_again_at_the_last_stage(box) -> None:
    made = plan(booking(days=50), booking("b", days=60))
    await box().keep(made, "staff")
    migration = box()
    await migration.apply(*await migration.to_apply(None, leave_behind=False), "staff", AT)
    await migration.prove(JoinProof(AT, "staff", "n.qsh1.cn", "person"))
    for _ in range(2):
        await migration.apply(*await migration.to_apply(None, leave_behind=False), "staff", AT)
    for dead, said in ((None, "2 bookings"), (1, "1 bookings")):
        with pytest.raises(Refused, match=said):
            await migration.to_apply(None, leave_behind=False, dead=dead)
    text = migration.text()
    file = RoomFile("room.toml", text, app.parse(text, "room.toml"))
    left = dying(made.departure, file, [booking(days=50), booking("b", days=60, text="")], AT)
    assert left == 1
    stage, _ = await migration.to_apply(None, leave_behind=False, dead=0)
    assert stage is ExitStage.ENDED


async def test_power_cuts_one_after_the_other_leave_no_stage_half(box, tmp_path) -> None:
    await box().keep(plan(), "staff")
    migration = box()
    stage, text = await migration.to_apply(None, leave_behind=False)
    await migration.apply(stage, text, "staff", AT)
    configs = AppliedConfigs(Store(tmp_path / "state"), tmp_path / "room.toml")
    await configs.roll_back(0)  # a rollback that was cut off,
    await configs.apply(text, "staff", "", AT)  # and a stage that was
    found = box()
    assert [(one.stage, one.revision, one.before) for one in found.applied] == [("dual", 2, 0)]
    await found.roll_back(None, "staff", AT)
    assert (box().plan, box().text()) == (None, TEXT)


async def test_a_stage_that_cannot_be_kept_leaves_the_configuration_as_it_was(
    box, tmp_path
) -> None:
    await box().keep(plan(), "staff")
    migration = box()
    stage, text = await migration.to_apply(None, leave_behind=False)
    (tmp_path / "state" / "migration.json").unlink()
    (tmp_path / "state" / "migration.json").mkdir()
    with pytest.raises(RoomctlError, match=r"migration\.json"):
        await migration.apply(stage, text, "staff", AT)
    assert migration.text() == TEXT
    assert migration.applied == ()


async def test_a_plan_that_was_not_applied_is_dropped_by_a_rollback(box) -> None:
    await box().keep(plan(), "staff")
    await box().roll_back(None, "staff", AT)
    assert box().plan is None


ENGLISH = re.compile(r"\b(the|is|was|are|not|of|and|has|it|there|by|every|already)\b")


def in_chinese(refused: pytest.ExceptionInfo[Refused]) -> str:
    """A refusal as a Chinese terminal has it: names stay, and what to type, no prose."""
    said = translated(str(refused.value), "zh-CN")
    assert said.startswith("迁移：")
    assert not ENGLISH.search(re.sub(r"`[^`]*`|/\S*", "", said)), said
    return said


@pytest.mark.parametrize("code", REFUSED)
def test_an_impossible_plan_is_refused_in_chinese_too(code: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(asked=replace(ASKED, **REFUSED[code]))
    in_chinese(refused)


async def test_every_refusal_of_a_move_is_chinese_on_a_chinese_terminal(box, tmp_path) -> None:
    async def refusal(doing) -> str:
        with pytest.raises(Refused) as refused:
            await doing
        return in_chinese(refused)

    assert "没有迁移计划" in await refusal(box().to_apply(None, leave_behind=False))
    made = plan(asked=replace(ASKED, ends=None))
    await box().keep(made, "王芳")
    with pytest.raises(Refused) as refused:
        box().refuse_plan("zoom", "tencent")
    assert "zoom" in in_chinese(refused)
    migration = box()
    assert "dual" in await refusal(migration.to_apply(ExitStage.DEFAULT, leave_behind=False))
    await migration.apply(*await migration.to_apply(None, leave_behind=False), "王芳", AT)
    with pytest.raises(Refused) as refused:
        migration.refuse_plan("zoom", "quanshi")
    in_chinese(refused)
    assert "drill" in await refusal(migration.to_apply(None, leave_behind=False))
    assert "dual" in await refusal(migration.roll_back(ExitStage.ENDED, "王芳", AT))
    other = AppliedConfigs(Store(tmp_path / "state"), tmp_path / "room.toml")
    await other.apply(TEXT, "李伟", "新名称", AT)
    assert "李伟 应用了修订 2（新名称）" in await refusal(box().roll_back(None, "王芳", AT))
    await other.apply(TEXT, "李伟", "", AT)
    assert "未说明原因" in await refusal(box().to_apply(None, leave_behind=False))
    (tmp_path / "room.toml").write_text(TEXT + "# changed\n", encoding="utf-8")
    assert "room.toml" in await refusal(box().roll_back(None, "王芳", AT))
