"""The scenarios run in the lab's machine only: `make hwlab`. Elsewhere they are not collected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.hwlab.shared", "tests.speakerphone.scenarios")

LAB = Path("/lab")
INSIDE = os.environ.get("ROOMCTL_HWLAB") == "1"

collect_ignore = [] if INSIDE else ["scenarios"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart() -> None:
    """Note when the first test begins, for whoever started the machine."""
    first = LAB / "first-test"
    if INSIDE and not first.exists():
        first.touch()
