"""Which build this is: its version, the commit that it was made from, and that commit's date.

`.ci/build_hook.py` writes it into `FILE` of each wheel and sdist. A checkout has no such file: git
is asked, once. What neither tells is None, and is said to be unknown. Imports nothing that a build
would have to install.
"""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import roomctl
from roomctl.frozen import frozen

FILE = "roomctl/_data/build.json"
LIMIT_S = 10.0  # of git, for each of two questions
_SHOWN = 12  # digits of a commit where people read it
_HEAD = re.compile(rb"commit ([0-9a-f]{40,64})\n(\d{1,11})\n")
_asking = threading.Lock()


@frozen
class BuildInfo:
    """What a program was built from; None is unknown."""

    version: str
    commit: str | None
    """All its hexadecimal digits."""
    date: datetime | None
    """When it was committed, in UTC; never when it was built."""
    modified: bool | None
    """Whether the tree had changes that were not committed."""

    def __str__(self) -> str:
        return self.words("commit unknown", "modified")

    def words(self, unknown: str, modified: str) -> str:
        """Return it in one line: `0.1.0 (a3a2cb8f1d02, 2026-11-29)`."""
        facts = [self.commit[:_SHOWN] if self.commit else unknown]
        if self.date is not None:
            facts.append(f"{self.date:%Y-%m-%d}")
        if self.modified:
            facts.append(modified)
        return f"{self.version} ({', '.join(facts)})"

    def as_object(self) -> dict[str, str | bool | None]:
        """Return it as JSON has it."""
        date = None if self.date is None else f"{self.date:%Y-%m-%dT%H:%M:%SZ}"
        told: dict[str, str | bool | None] = {"version": self.version, "commit": self.commit}
        return {**told, "date": date, "modified": self.modified}


def build_info() -> BuildInfo:
    """Return which build runs; blocking at the first call, in a checkout for 20 s at most."""
    with _asking:
        return _found()


@functools.cache
def _found() -> BuildInfo:
    tree = Path(__file__).resolve().parent.parent
    if (found := written(tree)) is not None:
        return found
    return committed(tree, roomctl.__version__)


def written(tree: Path) -> BuildInfo | None:
    """Return what was written into the package when it was built; None: nothing that is sound."""
    try:
        told = json.loads((tree / FILE).read_text(encoding="utf-8"))
        date = None if told["date"] is None else datetime.fromisoformat(told["date"])
        return BuildInfo(told["version"], told["commit"], date, told["modified"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def committed(tree: Path, version: str, limit_s: float = LIMIT_S) -> BuildInfo:
    """Return what git says of the checkout in `tree`; blocking, for twice `limit_s` at most."""
    head = _git(tree, limit_s, "rev-list", "--max-count=1", "--format=%ct", "HEAD")
    found = _HEAD.fullmatch(head or b"")
    if found is None:
        return BuildInfo(version, None, None, None)
    changes = _git(tree, limit_s, "status", "--porcelain", "--untracked-files=normal")
    date = datetime.fromtimestamp(int(found[2]), UTC)
    return BuildInfo(version, found[1].decode(), date, None if changes is None else changes != b"")


def _git(tree: Path, limit_s: float, *words: str) -> bytes | None:
    """Return what git answers of the repository of `tree` itself, no outer one; None: nothing.

    Its configuration can name programs, so it must belong to somebody whose program this is anyway.
    """
    told = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # It writes nothing, not even its index, and fetches nothing.
    told |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    where = ["--git-dir=.git", "--work-tree=.", "-c", "core.fsmonitor=false"]
    try:
        if (tree / ".git").stat().st_uid not in (0, os.geteuid(), tree.stat().st_uid):
            return None
        git = subprocess.Popen(  # noqa: S603 - words of our own
            ["git", *where, *words],  # noqa: S607 - the user's own path
            cwd=tree,
            env=told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None
    with git:
        try:
            answer, _ = git.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(git.pid, signal.SIGKILL)  # with all that it began, which holds its pipe
            return None
    return answer if git.returncode == 0 else None
