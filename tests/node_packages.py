"""Packages of Node that others wrote, as a lock file in `.ci` names them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent


def bring(name):
    """Which Node and where they are; skips the test where they cannot be had, fails it in CI."""
    line = [sys.executable, str(TREE / ".ci" / "node_tools.py"), name]
    ran = subprocess.run(line, capture_output=True, text=True, check=False)
    if ran.returncode:
        why = f"needs {name} from the package registry: {ran.stderr.strip()[-200:]}"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return json.loads(ran.stdout)
