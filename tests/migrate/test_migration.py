"""A move that is kept: its file is its owner's alone, and a damaged one is set aside."""

import stat
from datetime import UTC, date, datetime

import pytest

from roomctl.errors import Refused
from roomctl.migrate.migration import Migration
from roomctl.store import AppliedConfigs, Store
from tests.migrate.test_evidence import TEXT, plan

AT = datetime(2026, 11, 27, 2, tzinfo=UTC)


@pytest.fixture
def box(tmp_path):
    (tmp_path / "room.toml").write_text(TEXT, encoding="utf-8")
    return lambda: Migration(AppliedConfigs(Store(tmp_path / "state"), tmp_path / "room.toml"))


async def test_what_is_kept_comes_back_and_is_nobody_elses_to_read(box, tmp_path) -> None:
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


async def test_a_plan_that_was_not_applied_is_dropped_by_a_rollback(box) -> None:
    await box().keep(plan(), "staff")
    await box().roll_back(None, "staff", AT)
    assert box().plan is None
