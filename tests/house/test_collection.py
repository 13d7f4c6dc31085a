"""What `make check` does not import, and what the suite leaves to `make soak`."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _is_all_real
from tests.examples import chosen, crossed


@pytest.mark.parametrize(
    ("source", "left_out"),
    [
        ("pytestmark = pytest.mark.real\n", True),
        ("pytestmark = [pytest.mark.timeout(9), pytest.mark.browser]\n", True),
        ("pytestmark = [\n    pytest.mark.timeout(9),\n    pytest.mark.real,\n]\n", True),
        ("pytestmark = pytest.mark.timeout(9)\n\n\n@pytest.mark.real\n", False),
        ("pytestmark = [pytest.mark.timeout(9)]\n\n\n@pytest.mark.real\n", False),
        ("    pytestmark = pytest.mark.real\n", False),  # of a class
        ("@pytest.mark.browser\n", False),
    ],
)
def test_a_file_is_passed_over_only_if_all_of_it_is_real(
    tmp_path: Path, source: str, left_out: bool
) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(source)
    assert _is_all_real(file) is left_out


def in_suite(cases: list[Any]) -> list[Any]:
    return [one.values for one in cases if not one.marks]


def test_the_suite_has_each_member_of_crossed_tables_and_soak_every_combination() -> None:
    cases = crossed("abc", (True, False))
    assert in_suite(cases) == [("a", True), ("b", False), ("c", True)]
    assert {one.values for one in cases} == {(name, on) for name in "abc" for on in (True, False)}
    assert {mark.name for one in cases for mark in one.marks} == {"more"}
    assert in_suite(chosen({"a": 1, "b": 2, "c": 3}, "c", "a")) == [("a",), ("c",)]


@pytest.mark.parametrize("member", chosen((False, True), False))
def test_what_is_marked_runs_only_where_it_is_named(
    request: pytest.FixtureRequest, member: bool
) -> None:
    assert member <= ("more" in request.config.option.markexpr)
