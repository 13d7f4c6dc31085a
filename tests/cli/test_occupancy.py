"""`roomctl occupancy`: figures for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from roomctl.cli.main import app
from tests.occupancy.evaluation.rows import csv, day

FIGURES = {
    *("accuracy", "false_vacancies", "false_vacancies_per_occupied_hour", "vacancy_lags_s"),
    *("onset_lags_s", "brier", "flaps_per_day"),
}


def occupancy(*args: str) -> Result:
    return CliRunner().invoke(app, ["occupancy", *args])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text("\n".join(csv(day() + day(86_400.0))), encoding="utf-8")
    return path


@pytest.mark.parametrize("how", [[], ["--leave-one-day-out"], ["--sensors", "pir"]])
def test_an_evaluation_has_the_promised_shape(file: Path, how: list[str]) -> None:
    result = occupancy("eval", str(file), "--json", *how)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert set(found) == {"engine", "hold_600", "snapshot_bayes", "occupied_hours", "periods"}
    for judge in ("engine", "hold_600", "snapshot_bayes"):
        assert set(found[judge]) == FIGURES
    assert (found["occupied_hours"], found["periods"]) == (2.0, 2)


def test_a_fit_may_be_another_file_or_a_written_one(file: Path) -> None:
    shipped = Path(__file__).parents[2] / "firmware_profiles" / "occupancy" / "uci864.toml"
    default = occupancy("eval", str(file), "--json").stdout
    assert occupancy("eval", str(file), "--json", "--fit", str(shipped)).stdout == default
    assert occupancy("eval", str(file), "--json", "--fit", str(file)).exit_code == 0


def test_a_file_as_other_programs_write_it_gives_the_same_figures(file: Path) -> None:
    plain = occupancy("eval", str(file), "--json").stdout
    rows = file.read_text(encoding="utf-8").replace("\n", "\r\n\r\n")
    (file.parent / "exported.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    assert occupancy("eval", str(file.parent / "exported.csv"), "--json").stdout == plain


def test_a_person_reads_a_line_for_each_judge(file: Path) -> None:
    said = occupancy("eval", str(file)).stdout
    assert "on 2.00 occupied hours in 2 periods" in said
    assert said.count("accuracy") == 3


def test_what_cannot_be_read_or_meant_is_said(file: Path) -> None:
    for words, says in (
        ((str(file.parent / "none.csv"),), "none.csv: cannot be read"),
        ((str(file), "--leave-one-day-out", "--fit", "x.csv"), "leave out --fit"),
        ((str(file), "--sensors", "nose"), "'nose' is not one of"),
    ):
        result = occupancy("eval", *words)
        assert result.exit_code != 0
        assert says in result.output + str(result.exception)


def test_simulated_weeks_give_a_person_and_a_program_the_same_figures() -> None:
    found = json.loads(occupancy("simulate", "--weeks", "1", "--json").stdout)
    assert set(found["engine"]) == FIGURES
    assert found["vacant_in_call"] == 0
    said = occupancy("simulate", "--weeks", "1", "--seed", str(found["seed"])).stdout
    for name in ("engine", "hold_600", "snapshot_bayes"):
        line = next(line for line in said.splitlines() if line.startswith(name))
        assert f"accuracy {found[name]['accuracy']:.4f}," in line
        assert f"{found[name]['flaps_per_day']:.2f} flaps a day" in line
