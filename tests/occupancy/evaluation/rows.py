"""Rows of the UCI 864 format that a test makes up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from roomctl.occupancy.evaluation.dataset import NEEDED

START = datetime(2017, 12, 22, 8, 0, 0, tzinfo=UTC)


def line(
    at_s: float, count: float | str, pir: float = 0, sound: float = 0.05, light: float = 5
) -> str:
    at = START + timedelta(seconds=at_s)
    cells = {
        "Date": at.strftime("%Y/%m/%d"),
        "Time": at.strftime("%H:%M:%S"),
        "S6_PIR": pir,
        "S7_PIR": 0,
        **dict.fromkeys(("S1_Sound", "S2_Sound", "S3_Sound"), sound),
        **dict.fromkeys(("S1_Light", "S2_Light", "S3_Light", "S4_Light"), light),
        "Room_Occupancy_Count": count,
    }
    return ",".join(str(cells[name]) for name in NEEDED)


def csv(lines: Iterable[str]) -> list[str]:
    return [",".join(NEEDED), *lines]


def day(offset_s: float = 0.0) -> list[str]:
    """Return three hours: empty, an hour with people who move in every third row, empty."""
    rows = []
    for index in range(360):
        at, there = offset_s + index * 30.0, 120 <= index < 240
        pir, sound = int(there and index % 3 == 0), 0.6 if there and index % 2 else 0.05
        rows.append(line(at, 2 if there else 0, pir, sound, 150 if there else 5))
    return rows
