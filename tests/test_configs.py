"""Configurations that were applied from afar: kept, counted, rolled back, bounded."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl.errors import Refused, RoomctlError
from roomctl.store import AppliedConfigs, Store
from roomctl.store.configs import CONFIGS_KEPT

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PINE = '[room]\ndisplay_name = "Pine"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "room.toml"
    file.write_text('[room]\ndisplay_name = "Bamboo"\n')
    return file


def opened(file: Path) -> AppliedConfigs:
    return AppliedConfigs(Store(file.parent / "state"), file)


async def test_nothing_was_applied_to_a_new_room(file: Path) -> None:
    configs = opened(file)
    assert (configs.wanted, configs.running, configs.revisions) == (0, 0, ())
    with pytest.raises(Refused, match=r"0 is room\.toml"):
        configs.text(1)


async def test_what_was_applied_counts_after_a_restart_and_only_its_owner_reads_it(
    file: Path,
) -> None:
    revision = await opened(file).apply(PINE, "token desk", "a new name", AT)
    again = opened(file)
    assert again.revisions == (revision,)
    assert (again.wanted, again.text(again.wanted)) == (1, PINE)
    kept = file.parent / "state" / "config.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_a_room_toml_that_was_written_later_counts_before_what_was_applied(
    file: Path,
) -> None:
    await opened(file).apply(PINE, "desk", "", AT)
    file.write_text('[room]\ndisplay_name = "Cedar"\n')
    again = opened(file)
    assert again.wanted == 0
    assert again.text(1) == PINE, "it is kept, and may be rolled back to"
    await again.roll_back(1)
    assert opened(file).wanted == 1


async def test_a_rollback_counts_again_and_forgets_nothing(file: Path) -> None:
    configs = opened(file)
    for name in ("Pine", "Elm"):
        await configs.apply(name, "desk", "", AT)
    await configs.roll_back(1)
    assert (configs.wanted, [one.text for one in configs.revisions]) == (1, ["Pine", "Elm"])
    await configs.roll_back(0)
    assert opened(file).wanted == 0
    third = await configs.apply("Oak", "desk", "", AT)
    assert third.number == 3


async def test_an_unknown_revision_is_refused_and_nothing_changes(file: Path) -> None:
    configs = opened(file)
    await configs.apply(PINE, "desk", "", AT)
    with pytest.raises(Refused) as refused:
        await configs.roll_back(7)
    assert refused.value.code == "unknown_revision"
    assert configs.wanted == 1


async def test_the_history_is_bounded_and_numbers_go_on(file: Path) -> None:
    configs = opened(file)
    for number in range(CONFIGS_KEPT + 5):
        await configs.apply(f"# {number}", "desk", "", AT)
    kept = [one.number for one in opened(file).revisions]
    assert kept == list(range(6, CONFIGS_KEPT + 6))


async def test_what_the_disk_refuses_is_not_applied(file: Path) -> None:
    configs = opened(file)
    (file.parent / "state" / "config.json").mkdir()
    with pytest.raises(RoomctlError, match="cannot be written"):
        await configs.apply(PINE, "desk", "", AT)
    assert (configs.wanted, configs.revisions) == (0, ())


@pytest.mark.parametrize(
    "damaged",
    [
        "{}",
        '{"applied": "1", "newest": 1, "revisions": []}',
        '{"applied": 1, "newest": 1, "base": null, "revisions": [{"number": 1}]}',
        "[]",
        "\0",
    ],
)
async def test_damage_is_set_aside_and_room_toml_counts(file: Path, damaged: str) -> None:
    state = file.parent / "state"
    state.mkdir(mode=0o700)
    (state / "config.json").write_text(damaged)
    store = Store(state)
    configs = AppliedConfigs(store, file)
    assert (configs.wanted, configs.revisions) == (0, ())
    assert [one.file for one in store.disk.quarantined] == ["config.json"]
