"""Which build this is: what git says of a checkout, what was written into a package, or unknown."""

import json
import os
import select
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl.version import FILE, BuildInfo, build_info, committed, written

pytestmark = pytest.mark.real

UNKNOWN = BuildInfo("1.2", None, None, None)
WHO = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "2026-11-29T23:30:00+0800",
}


def git(tree: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=tree, env={**os.environ, **WHO}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with one commit, and beside it nothing that another repository is in."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "main.py").write_text("1\n")
    (tree / ".gitignore").write_text("*.pyc\n")
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message", "one")
    return tree


def head(tree: Path) -> BuildInfo:
    """What `git log` says of a checkout without changes."""
    commit, date = git(tree, "log", "-1", "--format=%H %ct").split()
    return BuildInfo("1.2", commit, datetime.fromtimestamp(int(date), UTC), False)


def test_a_checkout_is_the_commit_that_git_log_shows_at_the_commits_own_date(tree: Path) -> None:
    found = committed(tree, "1.2")
    assert found == head(tree)
    assert found.as_object()["date"] == "2026-11-29T15:30:00Z"
    assert str(found) == f"1.2 ({found.commit[:12] if found.commit else ''}, 2026-11-29)"


def test_a_later_commit_is_another_build(tree: Path) -> None:
    before = committed(tree, "1.2")
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert committed(tree, "1.2") == head(tree)
    assert str(committed(tree, "1.2")) != str(before)


@pytest.mark.parametrize(
    ("file", "modified"), [("main.py", True), ("new.py", True), ("main.pyc", False)]
)
def test_changes_that_are_not_committed_are_told_and_what_git_ignores_is_none(
    tree: Path, file: str, modified: bool
) -> None:
    (tree / file).write_text("2\n")
    found = committed(tree, "1.2")
    assert (found.commit, found.modified) == (head(tree).commit, modified)
    assert ("modified" in str(found)) is modified


def test_a_detached_head_packed_refs_and_a_worktree_are_commits_too(
    tree: Path, tmp_path: Path
) -> None:
    git(tree, "worktree", "add", "--quiet", str(tmp_path / "beside"), "--detach")
    git(tree, "pack-refs", "--all")
    git(tree, "gc", "--quiet")
    git(tree, "checkout", "--quiet", "--detach")
    assert committed(tree, "1.2") == committed(tmp_path / "beside", "1.2") == head(tree)


def test_a_folder_without_git_in_somebodys_repository_is_no_commit_of_that(tree: Path) -> None:
    inner = tree / "vendored"
    inner.mkdir()
    assert committed(inner, "1.2") == UNKNOWN
    assert str(UNKNOWN) == "1.2 (commit unknown)"


@pytest.mark.parametrize("broken", ["folder", "file", "dangling", "empty"])
def test_a_broken_repository_is_unknown_and_no_outer_one_is_taken_for_it(
    tree: Path, broken: str
) -> None:
    inner = tree / "inner"
    inner.mkdir()
    place = inner / ".git"
    match broken:
        case "folder":
            place.mkdir()
            (place / "HEAD").write_bytes(b"\xff")
        case "file":
            place.write_text("gitdir: /nowhere/at/all\n")
        case "dangling":
            place.symlink_to(inner / "gone")
        case "empty":
            git(inner, "init", "--quiet")
    assert committed(inner, "1.2") == UNKNOWN


def test_what_the_environment_says_of_another_repository_changes_nothing(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    wanted = head(tree)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(other / ".git"))
    assert committed(tree, "1.2") == wanted


def test_no_program_that_a_repository_names_for_watching_files_is_run(tree: Path) -> None:
    program = tree.parent / "watch"
    program.write_text(f"#!/bin/sh\ntouch {tree.parent}/ran\n")
    program.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(program))
    git(tree, "config", "log.showSignature", "true")
    git(tree, "config", "color.ui", "always")
    found = committed(tree, "1.2")
    assert not (tree.parent / "ran").exists()
    assert found.modified is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_a_stranger_in_the_tree_is_not_read(tree: Path) -> None:
    os.chown(tree / ".git", 65534, 65534)
    assert committed(tree, "1.2") == UNKNOWN
    os.chown(tree, 65534, 65534)
    assert committed(tree, "1.2").commit is not None  # whose tree it is may say what it is


def test_git_leaves_the_repository_as_it_was(tree: Path) -> None:
    os.utime(tree / "main.py", (1, 1))  # git would write that into its index
    before = (tree / ".git" / "index").read_bytes()
    assert committed(tree, "1.2").modified is False
    assert (tree / ".git" / "index").read_bytes() == before


def test_without_git_nothing_is_known(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree))
    assert committed(tree, "1.2") == UNKNOWN


def test_a_git_that_hangs_is_ended_with_what_it_began(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its child holds the pipe: without an end for both, the answer is waited for."""
    (tmp_path / "git").write_text(f"#!/bin/sh\nsleep 1000 & echo $! > {tmp_path}/pid\nwait\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    began = time.monotonic()
    assert committed(tree, "1.2", limit_s=1.0) == UNKNOWN
    assert time.monotonic() - began < 60
    if child := _read(tmp_path / "pid"):  # on a machine that stands still it may not have begun
        assert _has_ended(int(child))


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _has_ended(pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 60)[0])
    finally:
        os.close(process)


def test_what_was_written_into_a_package_comes_back(tmp_path: Path) -> None:
    date = datetime(2026, 11, 29, 15, 30, tzinfo=UTC)
    for one in (BuildInfo("1.2", "a" * 40, date, True), UNKNOWN):
        _write(tmp_path, json.dumps(one.as_object()))
        assert written(tmp_path) == one


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"date": 1}', "\0", '{"version": "1"}'])
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    _write(tmp_path, text)
    assert written(tmp_path) is None


def _write(tree: Path, text: str) -> None:
    (tree / FILE).parent.mkdir(parents=True, exist_ok=True)
    (tree / FILE).write_text(text)


def test_a_process_asks_once() -> None:
    assert build_info() is build_info()
