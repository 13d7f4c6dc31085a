"""`make attack` in small, and that an attack which succeeds is told."""

import re
from pathlib import Path

import pytest

from tests.attack.program import SIMULATE, TREE, Program
from tests.attack.registry import Attack, CannotRun, attacks, carried_out


@pytest.mark.parametrize("one", attacks(), ids=lambda one: one.name)
def test_the_room_withstands(one: Attack, tmp_path: Path) -> None:
    outcome = carried_out(one, tmp_path, one.small)
    if outcome.verdict == "skipped":
        pytest.skip(outcome.seen)
    assert outcome.verdict == "ok", outcome


def test_whoever_reads_of_a_threat_finds_its_attacks() -> None:
    text = (TREE / "SECURITY.md").read_text(encoding="utf-8")
    modules = {one.attempt.__module__.rpartition(".")[2] for one in attacks()}
    named = set(re.findall(r"`tests/attack/(\w+)\.py`", text))
    assert modules
    assert named == modules


def test_a_room_that_gives_way_is_told_with_what_was_seen(tmp_path: Path) -> None:
    def succeeds(folder: Path, count: int) -> str:
        raise AssertionError(f"{count} of {count} came through")

    outcome = carried_out(Attack("it", succeeds, 1, 2), tmp_path, 2)
    assert str(outcome).startswith("FAILED  it: AssertionError: 2 of 2 came through (")


def test_what_cannot_run_here_is_neither_good_nor_bad(tmp_path: Path) -> None:
    def lacks(folder: Path, count: int) -> str:
        raise CannotRun("needs root")

    assert carried_out(Attack("it", lacks, 1, 2), tmp_path, 1).verdict == "skipped"


def test_the_program_is_the_real_one_with_panels_limits_and_an_end(tmp_path: Path) -> None:
    with Program(tmp_path, words=SIMULATE, files=300) as program:
        limits = Path(f"/proc/{program.process.pid}/limits").read_text()
        assert "300" in next(line for line in limits.splitlines() if "open files" in line)
        for role in ("panel", "simulator"):
            with program.paired(role) as client:
                path = "/api/v1/room" if role == "panel" else "/api/v1/simulator"
                assert client.get(path).status_code == 200, role
        assert program.room()["identity"]["display_name"] == "Attacked"
        assert program.memory_mb() > program.descriptors() > 0
        assert program.stop() == 0
