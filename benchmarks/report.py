"""Figures, and the table that shows them. Knows nothing of what was measured."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, what it stands beside, and what the two mean.

    `beside`: the same of the bare program, or the limit of the line, measured in the same run or
    worked out; `against` names it. `means` is one sentence for a reader of the table.
    """

    name: str
    value: float
    unit: str
    beside: float | None = None
    against: str = ""
    means: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times `beside` the value is; None if there is nothing to compare with."""
        return self.value / self.beside if self.beside else None


def load() -> float:
    """Return how many programs wanted a processor in the last minute."""
    return os.getloadavg()[0]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def quantiles(
    waits: Iterable[tuple[str, Sequence[float], str]], bare: Sequence[float], against: str
) -> list[Figure]:
    """Return p50 and p99 of each (name, milliseconds, meaning), beside those of `bare`."""
    return [
        Figure(
            f"{name}, {words}", quantile(values, share), "ms", quantile(bare, share), against, means
        )
        for name, values, means in waits
        for words, share in (("p50", 0.5), ("p99", 0.99))
    ]


def table(subject: str, figures: Sequence[Figure]) -> str:
    """Return `figures` as aligned text: name, value, what it stands beside, ratio, meaning."""
    rows = [(subject, "value", "beside", "ratio", "")]
    for figure in figures:
        beside = "" if figure.beside is None else f"{_number(figure.beside)} {figure.against}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        value = f"{_number(figure.value)} {figure.unit}"
        rows.append((figure.name, value, beside, ratio, figure.means))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def as_json(figures: dict[str, list[Figure]], took_s: float) -> str:
    """Return a whole run as one JSON object."""
    shown = {
        subject: [asdict(figure) | {"ratio": figure.ratio} for figure in found]
        for subject, found in figures.items()
    }
    python = f"{platform.python_implementation()} {platform.python_version()}"
    about = {"python": python, "system": sys.platform, "took_s": round(took_s, 1)}
    return json.dumps({"about": about, "figures": shown}, indent=2)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
