"""Scenarios run in the lab's machine, boxes beside it: `make hwlab`. Else they are left out."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.hwlab.table import MAY_SKIP

LAB = Path("/lab")
INSIDE = os.environ.get("ROOMCTL_HWLAB") == "1"

BOXES = "ROOMCTL_BOX_RELEASES" in os.environ

collect_ignore = [*([] if INSIDE else ["scenarios"]), *(["box"] if INSIDE or not BOXES else [])]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart() -> None:
    """Note when the first test begins, for whoever started the machine."""
    first = LAB / "first-test"
    if INSIDE and not first.exists():
        first.touch()


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def refuse_skip(report: Report) -> Report:
    """Make a skip a failure, unless docs/hwlab.md names its reason: CI says what it proves not."""
    why = report.longrepr
    if report.skipped and isinstance(why, tuple) and not hasattr(report, "wasxfail"):
        reason = str(why[2]).removeprefix("Skipped: ")
        if reason not in MAY_SKIP:
            report.outcome = "failed"
            report.longrepr = f"skipped in CI: {reason!r} is not in tests.hwlab.table.MAY_SKIP"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no scenario be skipped silently where everything has to run."""
    report = yield
    return refuse_skip(report) if INSIDE and os.environ.get("CI") else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file of them."""
    report = yield
    return refuse_skip(report) if INSIDE and os.environ.get("CI") else report
