"""Every fault of everything at a room's other end: said, and over again once it is gone."""

import logging

import pytest

from tests import faults
from tests.faults import (
    FAULTS,
    NEED_ROOT,
    NOT_THERE,
    OTHERS,
    PAGE,
    TAKE_REAL_TIME,
    WIRES,
    documented,
    limits,
    measure,
)

KNOWN = documented(PAGE.read_text(encoding="utf-8"))
SLACK = 10  # of real seconds, on a machine that does more
HARMLESS = {line for line in KNOWN.values() if "does no harm" in line}


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def test_the_page_has_every_cell_and_no_other() -> None:
    assert [*KNOWN] == faults.cells(), "docs/faults.md is old: run `make faults` and commit it"
    assert len(KNOWN) >= 100
    assert len(KNOWN) == len(WIRES) * len(FAULTS) - len(NOT_THERE) + sum(
        len(kinds) for _, kinds in OTHERS.values()
    )


CELLS = [
    pytest.param(
        *cell, marks=[pytest.mark.real] if cell[0] in (*NEED_ROOT, *TAKE_REAL_TIME) else []
    )
    for cell in faults.cells()
]


@pytest.mark.parametrize(("component", "fault"), CELLS)
def test_a_fault_is_said_and_over_as_the_page_says(component: str, fault: str) -> None:
    if not faults.can_measure(component, fault):
        pytest.skip("mounting a small disk needs root")
    line = KNOWN[component, fault]
    row = measure(component, fault)
    said = f"| {row.said} |"
    assert said in line, f"docs/faults.md is old: run `make faults`: {row.line()}"
    detected_s, over_s = limits(line)
    slack = SLACK if component in TAKE_REAL_TIME else 1
    assert (row.detected_s or 0.0) <= detected_s * slack
    assert row.recovered_s <= over_s * slack


def test_what_does_no_harm_is_what_nobody_could_notice() -> None:
    """A device that speaks only when somebody does something is not missed while nobody does."""
    quiet = ("USB", "MQTT", "slow", "| clock |")
    assert all(any(word in line for word in quiet) for line in HARMLESS)
