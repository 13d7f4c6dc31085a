"""What closes an image's root after an installation, as its unit has it; test_image.py boots it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1]
UNIT = TREE / "deploy/image/root/usr/lib/systemd/system/roomctl-close.service"
PIDOF = """#!/bin/sh
read -r now < at; echo $((now + 1)) > at
sed -n "$((now + 1))p" busy | grep -q yes && { echo installing >> log; exit 0; }
exit 1
"""
MOUNT = """#!/bin/sh
echo "$*" >> log
test "$(grep -c remount log)" -gt 1
"""  # a file that is in use keeps the root open the first time


@pytest.mark.real
def test_the_root_is_closed_when_nothing_is_installed_also_at_a_second_try(tmp_path: Path) -> None:
    programs = {"pidof": PIDOF, "mount": MOUNT, "sleep": "#!/bin/sh\n", "sync": "#!/bin/sh\n"}
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "at").write_text("0\n")
    (tmp_path / "busy").write_text("yes\nno\nyes\nno\n")
    line = re.search(r"^ExecStart=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert line is not None
    around = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(shlex.split(line[1]), cwd=tmp_path, env=around, timeout=60, check=True)
    said = (tmp_path / "log").read_text().splitlines()
    assert said == ["installing", "-o remount,ro /", "installing", "-o remount,ro /"]
