"""The suite bounds work, not seconds; what needs something real is marked so.

A test is quick, and in `make check`, unless it is marked `real`; tests/web and tests/calls are as a
whole.
"""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

_REAL_FOLDERS = tuple(Path(__file__).parent / name for name in ("calls", "web"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _REAL_FOLDERS):
            item.add_marker(pytest.mark.real)
