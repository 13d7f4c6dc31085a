"""The command line as people run it: real processes, each test in folders of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli import forked

LIMIT_S = 60.0
ROOMCTL = [sys.executable, "-m", "roomctl"]
SIMULATE = ["simulate", "--port", "0", "--no-open", "--json"]


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing is shared with another test, or with the user."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ
    }
    for name in ("run", "state", "tmp", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return kept | {
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "XDG_STATE_HOME": str(folder / "state"),
        "TMPDIR": str(folder / "tmp"),
        "COLUMNS": "200",
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "PYTHONWARNINGS": "error",
    }


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def roomctl(
    folder: Path, *words: str, stdin: str = "", more: Mapping[str, str] | None = None
) -> Said:
    """Run a command to its end, in a process of its own; see `forked`."""
    with begun(folder, *words, stdin=stdin, more=more) as ended:
        return ended()


@contextlib.contextmanager
def begun(
    folder: Path, *words: str, stdin: str = "", more: Mapping[str, str] | None = None
) -> Iterator[Callable[[], Said]]:
    """Run a command beside others; what this gives waits until it has ended."""
    env = environment(folder) | dict(more or {})
    with forked.begun(words, env, stdin.encode()) as ended:

        def said() -> Said:
            status, out, err = ended(LIMIT_S)
            return Said(status, out.decode(), err.decode())

        yield said


@dataclass(frozen=True, slots=True)
class Running:
    """A room that runs, and what it said of itself on its one line."""

    process: subprocess.Popen[str]
    folder: Path
    said: dict[str, Any]

    def roomctl(self, *words: str, stdin: str = "") -> Said:
        return roomctl(self.folder, *words, stdin=stdin)

    def ready(self) -> None:
        """Wait until its devices have answered and its calendar is read."""
        until(lambda: self.roomctl("status").status == 0)

    @property
    def port(self) -> str:
        return str(self.said["api"]).rpartition(":")[2]

    @property
    def children(self) -> set[int]:
        """Every process below it."""
        found, new = set[int](), {self.process.pid}
        while new:
            new = {child for pid in new for child in _children(pid)} - found
            found |= new
        return found

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit status and whatever else stands on stdout."""
        assert self.process.stdout is not None
        self.process.send_signal(number)
        status = self.process.wait(LIMIT_S)
        return status, self.process.stdout.read()  # communicate() would miss what is buffered


@contextlib.contextmanager
def simulating(
    folder: Path, *words: str, more: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run `roomctl simulate --json`, and have it ended at the latest with the block."""
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*ROOMCTL, *SIMULATE, *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(folder) | dict(more or {}),
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "log").read_text(encoding="utf-8")
        yield Running(process, folder, json.loads(line))
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(LIMIT_S)
        if process.stdout is not None:
            process.stdout.close()


def only(folder: Path, name: str) -> Path:
    """Return the one file of that name in a folder of a room that may run.

    It makes and removes folders there, and rglob stumbles over one that goes.
    """
    [found] = [Path(at, name) for at, _, files in os.walk(folder) if name in files]
    return found


def written(file: Path) -> bool:
    """Whether a room has left its address there: the file is made a moment before."""
    return file.exists() and file.stat().st_size > 0


def until(true: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    """Wait until something outside is so; a look may be a command, so it is ever more seldom."""
    end, pause_s = time.monotonic() + limit_s, 0.05
    while not true():
        assert time.monotonic() < end, f"not so within {limit_s:g} s"
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 0.4)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except OSError:
        return False


def _children(pid: int) -> set[int]:
    found = set[int]()
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= {int(word) for word in file.read_text(encoding="ascii").split()}
    return found
