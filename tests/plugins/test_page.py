"""docs/first-device.md: its code is that of the example, and its commands run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.rig import LIMIT_S, environment, simulating, until
from tests.plugins.site import BLINDS

TREE = Path(__file__).resolve().parents[2]
PAGE = (TREE / "docs" / "first-device.md").read_text(encoding="utf-8")
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(*languages: str) -> list[str]:
    """Return the blocks of a page in these languages."""
    return [found[2] for found in _FENCED.finditer(PAGE) if found[1] in languages]


def quoted() -> Iterator[tuple[Path, str]]:
    """Yield each block of code with the file that the page names last before it."""
    for found in _FENCED.finditer(PAGE):
        named = re.findall(r"`roomctl_blinds/([\w/.-]+)`:", PAGE[: found.start()])
        if found[1] in ("python", "json") or (found[1] == "toml" and "entry-points" in found[2]):
            yield BLINDS / named[-1], found[2]


def test_the_code_of_the_page_is_that_of_the_example() -> None:
    parts = list(quoted())
    assert len({file for file, _ in parts}) >= 5
    for file, code in parts:
        assert _plain(code) in _plain(file.read_text(encoding="utf-8")), (file.name, code)


def _plain(code: str) -> str:
    """Return the lines of code without margin and empty ones, which a class alone has."""
    return "".join(f"{line.strip()}\n" for line in code.splitlines() if line.strip())


@pytest.mark.real
def test_what_the_page_says_to_type_works(tmp_path: Path) -> None:
    shutil.copytree(BLINDS, tmp_path / "roomctl_blinds")
    (tmp_path / "room.toml").write_text(blocks("toml")[-1])
    site = tmp_path / "site"
    env = {"PYTHONPATH": str(site), "PIP_TARGET": str(site)} | OFFLINE
    install, simulate, ask = blocks("sh")
    install = install.replace("--editable ", "")  # which pip cannot do into a folder
    checked, answered = blocks("text")
    assert typed(tmp_path, install, env) == checked
    words = simulate.split()[2:]  # --port 0 --json are the rig's
    with simulating(tmp_path, str(tmp_path / words[0]), *words[1:], more=env):
        until(lambda: "Position: 100 %" in typed(tmp_path, "roomctl status || true", env))
        said = typed(tmp_path, ask, env)
        assert [line for line in answered.splitlines() if line not in said] == []


@pytest.mark.real
def test_the_examples_own_tests_pass_outside_the_tree(tmp_path: Path) -> None:
    shutil.copytree(BLINDS, tmp_path / "roomctl_blinds")
    settings = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    (tmp_path / "pytest.ini").write_text(settings)
    line = "python -m pytest -q -p no:cacheprovider roomctl_blinds/tests"
    said = typed(tmp_path, line, {"PYTHONPATH": str(tmp_path / "roomctl_blinds")})
    assert re.search(r"^\d+ passed", said, re.MULTILINE)


OFFLINE = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1", "PIP_QUIET": "1"}
"""pip's own settings: what is installed is the example alone, and nothing is fetched."""


def typed(folder: Path, lines: str, more: Mapping[str, str]) -> str:
    """Have a shell run what a person would type there."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, module in {"pip": "-m pip", "roomctl": "-m roomctl", "python": ""}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        program.chmod(0o755)
    env = environment(folder) | dict(more)
    env["PATH"] = f"{programs}{os.pathsep}{env['PATH']}"
    env.pop("PYTHONWARNINGS")  # pip is not ours
    done = subprocess.run(
        ["sh", "-e", "-c", lines],
        cwd=folder,
        env=env,
        text=True,
        capture_output=True,
        timeout=4 * LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
