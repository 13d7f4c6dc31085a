"""What `make check` does not even import is what it would have left out."""

from pathlib import Path

import pytest

from tests.conftest import _is_all_real


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
