"""`occupancy eval` and `occupancy simulate`: how good the judgement of presence is, in figures."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from roomctl.errors import ConfigError
from roomctl.installed import data_path
from roomctl.occupancy.evaluation.dataset import Estimate, Learned, Sample, samples
from roomctl.occupancy.evaluation.evaluate import (
    ESTIMATORS,
    Figures,
    evaluate,
    evaluate_weeks,
    figures,
    leave_one_day_out,
    occupied_hours,
    periods,
)
from roomctl.occupancy.profile import DATASET, DatasetProfile
from roomctl.profile import load

_MOST_SAID = 20  # lags, one by one


def eval_file(file: Path, sensors: str, fit: Path | None, by_day: bool) -> dict[str, Any]:
    """Judge a CSV file of the UCI 864 format; ConfigError or ProfileError names what is wrong."""
    rows = read(file)
    judged = _by_day(rows, sensors, file) if by_day else evaluate(rows, learned(fit), sensors)
    shown: dict[str, Any] = {name: record(figures(judged[name])) for name in ESTIMATORS}
    hours = round(occupied_hours(rows), 4)
    return shown | {"occupied_hours": hours, "periods": periods(rows)}


def read(file: Path) -> list[Sample]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return samples(lines, str(file))
    except OSError as error:
        raise ConfigError(str(file), "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(file), "", f"is not UTF-8 (byte {error.start})") from error


def learned(fit: Path | None) -> Learned:
    """Return what is known beforehand: of a CSV file, of a fit written as TOML, else as shipped."""
    if fit is not None and fit.suffix != ".toml":
        return Learned.of(read(fit))
    shipped = data_path("firmware_profiles") / "occupancy" / f"{DATASET}.toml"
    known = load(fit or shipped, DatasetProfile)
    return Learned(known.ratios.model_dump(), known.pirs, known.occupied)


def _by_day(rows: list[Sample], sensors: str, file: Path) -> dict[str, list[Estimate]]:
    try:
        return leave_one_day_out(rows, sensors)
    except ValueError as error:
        raise ConfigError(str(file), "Date", str(error)) from error


def simulate(weeks: int, seed: int) -> dict[str, Any]:
    """Play made-up weeks of a room with two motion sensors; see `evaluation.synthetic`."""
    totals = evaluate_weeks(weeks, seed)
    shown: dict[str, Any] = {name: record(engine.figures) for name, engine in totals.items()}
    engine = totals["engine"]
    hours = round(engine.occupied_s / 3600, 4)
    counts = {"occupied_hours": hours, "periods": engine.sessions, "weeks": weeks, "seed": seed}
    return shown | counts | {"vacant_in_call": engine.vacant_in_call}


def record(found: Figures) -> dict[str, Any]:
    """Return figures for programs."""
    return {name: _rounded(value) for name, value in asdict(found).items()}


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, tuple):
        return [round(one, 3) for one in value]
    return round(value, 6) if isinstance(value, float) else value


def words(found: dict[str, Any]) -> str:
    """Say it to a person: one line for each estimator, and what it rests on."""
    lines = []
    for name in ESTIMATORS:
        one = found[name]
        lines.append(
            f"{name:15} accuracy {one['accuracy']:.4f}, {one['false_vacancies']} false vacancies "
            f"({one['false_vacancies_per_occupied_hour']:.2f} per occupied hour), "
            f"{one['flaps_per_day']:.2f} flaps a day, Brier {one['brier']:.4f}"
        )
        lines.append(f"{'':15} vacant after (s): {_said(one['vacancy_lags_s'])}")
        lines.append(f"{'':15} occupied after (s): {_said(one['onset_lags_s'])}")
    lines.append(f"on {found['occupied_hours']:.2f} occupied hours in {found['periods']} periods")
    return "\n".join(lines)


def _said(lags: list[float]) -> str:
    """Say every lag, or the spread of many."""
    if len(lags) <= _MOST_SAID:
        return ", ".join(f"{lag:.0f}" for lag in lags) or "never seen"
    ordered = sorted(lags)
    p95 = ordered[int(0.95 * len(ordered))]
    return f"median {statistics.median(ordered):.0f}, p95 {p95:.0f}, max {ordered[-1]:.0f}"
