"""The table of docs/hwlab.md says what the tests are, and what drills there are."""

from __future__ import annotations

import ast

import pytest

from tests.hwlab import table
from tests.hwlab.conftest import refuse_skip


@pytest.mark.real
def test_the_page_has_the_table_that_the_tests_make() -> None:
    page = table.PAGE.read_text(encoding="utf-8")
    made = table.written(table.rows(table.collected()))
    assert page == table.in_page(page, made), "stale: run `python -m tests.hwlab.table`"
    assert made in page


def test_scenarios_of_one_name_are_one_row_with_a_cell_for_each_tier() -> None:
    names = [
        "tests/hwlab/test_speakerphone.py::test_in_process[a_press]",
        "tests/hwlab/scenarios/test_usb.py::test_usb[a_press]",
        "tests/hwlab/scenarios/test_usb.py::test_hidraw[a_press]",
        "tests/hwlab/scenarios/test_usb.py::test_only_the_buttons_are_claimed",
    ]
    rows = table.written(table.rows(names)).splitlines()[3:]
    assert rows == [
        "| a press | yes | hidraw, usb | – |",
        "| only the buttons are claimed | – | yes | – |",
    ]


@pytest.mark.parametrize("scenario", table.DRILLED)
def test_a_step_of_a_drill_that_is_named_exists_and_so_does_its_scenario(scenario: str) -> None:
    wing, step = table.DRILLED[scenario]
    (drill,) = (table.TREE / "roomctl" / wing).rglob("drill.py")
    source = drill.read_text(encoding="utf-8")
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    assert step in texts
    assert scenario.replace("_", " ") in table.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", table.MAY_SKIP)
def test_tests_that_ci_may_skip_are_in_the_page(reason: str) -> None:
    assert f"- {reason}: {table.MAY_SKIP[reason]}." in table.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("lgpio has no wheel for this Python", "skipped"), ("the weather", "failed")],
)
def test_any_other_skip_is_a_failure_in_ci(reason: str, outcome: str) -> None:
    where = ("test_gpio.py", 80, f"Skipped: {reason}")
    for report in (
        pytest.TestReport("a", ("a", 1, "a"), {}, "skipped", where, "setup"),
        pytest.CollectReport("a", "skipped", where, []),
    ):
        assert refuse_skip(report).outcome == outcome
