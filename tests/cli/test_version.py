"""`roomctl version`: version, commit and date, for people in both languages and for programs."""

import json
import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from roomctl.cli.main import app
from roomctl.cli.version import build_line, build_table
from roomctl.version import BuildInfo, build_info
from tests.cli.rig import LIMIT_S, Running, simulating, until

TREE = Path(__file__).resolve().parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DATE = datetime(2026, 11, 29, 15, 30, tzinfo=UTC)
KNOWN = BuildInfo("1.2", COMMIT, DATE, False)
CHANGED = BuildInfo("1.2", COMMIT, DATE, True)
UNKNOWN = BuildInfo("1.2", None, None, None)


def said(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def test_it_says_which_build_runs() -> None:
    assert said("--version") == f"roomctl {build_info()}\n"
    assert said("version") == f"{build_table(build_info())}\n"
    assert json.loads(said("version", "--json")) == build_info().as_object()


@pytest.mark.parametrize(
    ("build", "english", "chinese"),
    [
        (KNOWN, "1.2 (0123456789ab, 2026-11-29)", "1.2 (0123456789ab, 2026-11-29)"),
        (
            CHANGED,
            "1.2 (0123456789ab, 2026-11-29, modified)",
            "1.2 (0123456789ab, 2026-11-29, 有未提交的修改)",
        ),
        (UNKNOWN, "1.2 (commit unknown)", "1.2 (提交未知)"),
    ],
)
def test_a_line_has_what_is_known_and_says_what_is_not(
    monkeypatch: pytest.MonkeyPatch, build: BuildInfo, english: str, chinese: str
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert build_line(build) == f"roomctl {english}"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert build_line(build) == f"roomctl {chinese}"


@pytest.mark.parametrize(
    ("build", "english", "chinese"),
    [
        (KNOWN, [COMMIT, "2026-11-29T15:30:00Z", "no"], [COMMIT, "2026-11-29T15:30:00Z", "否"]),
        (CHANGED, [COMMIT, "2026-11-29T15:30:00Z", "yes"], [COMMIT, "2026-11-29T15:30:00Z", "是"]),
        (UNKNOWN, ["unknown"] * 3, ["未知"] * 3),
    ],
)
def test_the_table_has_every_fact(
    monkeypatch: pytest.MonkeyPatch, build: BuildInfo, english: list[str], chinese: list[str]
) -> None:
    for locale, names, values in (
        ("C.UTF-8", ["commit", "date", "modified"], english),
        ("zh_CN.UTF-8", ["提交", "提交时间", "有未提交的修改"], chinese),
    ):
        monkeypatch.setenv("LC_ALL", locale)
        title, *facts = build_table(build).splitlines()
        assert title == "roomctl 1.2"
        pairs = zip(names, values, strict=True)
        assert [tuple(line.split()) for line in facts] == list(pairs)


# A room that runs from a checkout.


def committed(tree: Path) -> str:
    """Commit something to the repository of a tree, which is made when there is none."""
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    for words in (
        ["init", "--quiet"],
        ["add", "."],
        [*who, "commit", "--quiet", "--allow-empty", "--message", "something"],
        ["rev-parse", "HEAD"],
    ):
        done = subprocess.run(["git", *words], cwd=tree, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """All that a room runs from, in a folder of its own."""
    for name in ("roomctl", "firmware_profiles", "web"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TREE / name, tmp_path / "tree" / name, ignore=ignored)
    (tmp_path / "tree" / ".gitignore").write_text("__pycache__/\n")
    return tmp_path / "tree"


def git_is(tree: Path, script: str) -> dict[str, str]:
    """Return an environment in which a room runs from a tree, and `git` is this script."""
    program = tree.parent / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1", "PATH": path}


def told(room: Running) -> str | None:
    headers = {"Authorization": f"Bearer {room.said['token']}"}
    answer = httpx.get(f"{room.said['api']}/api/v1/info", headers=headers, timeout=LIMIT_S)
    commit: str | None = answer.json()["commit"]
    return commit


@pytest.mark.real
def test_a_room_says_what_it_began_as_whatever_is_committed_later(
    tree: Path, tmp_path: Path
) -> None:
    began, asked = committed(tree), tmp_path / "asked"
    more = git_is(tree, f'{shutil.which("git")} "$@" && echo >> {asked}')
    with simulating(tmp_path, "--screen", "simulated", more=more) as room:
        until(lambda: asked.exists() and len(asked.read_text()) == 2)  # by itself, in a thread
        assert committed(tree) != began
        assert told(room) == began
        assert len(asked.read_text()) == 2


@pytest.mark.real
def test_a_git_that_hangs_keeps_no_room_from_starting_or_ending(tree: Path, tmp_path: Path) -> None:
    committed(tree)
    pid = tmp_path / "pid"
    more = git_is(tree, f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 1000")
    with simulating(tmp_path, "--screen", "simulated", more=more) as room:
        until(pid.exists)
        status, _ = room.end(signal.SIGTERM)
    os.kill(int(pid.read_text()), signal.SIGKILL)  # systemd would have ended it with the service
    assert status == 0
