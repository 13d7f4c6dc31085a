"""Which processes have a node or a TCP port open, as far as /proc tells (Linux).

Knows no device and opens none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"  # a state in /proc/net/tcp
_MOST_SIGNS = 40  # of a command: an argument may be a whole program


def holders(targets: set[str], proc: Path = PROC) -> Iterator[str]:
    """Yield "PROGRAM (pid N)" of every process that has one of `targets` open, as /proc names it.

    Another user's process can only be named by root.
    """
    for process in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            links = set(_opened(process))
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if links & targets:
            words = command.decode("utf-8", "replace").split("\0")
            yield f"{_spoken([word for word in words if word])} (pid {process.name})"


def others(node: str, proc: Path = PROC) -> list[str]:
    """Return who has `node` open beside this process; empty if nobody, or nobody who can be seen.

    Device nodes are no links, so the name that was opened is the name that /proc shows.
    """
    mine = f"(pid {os.getpid()})"
    return [holder for holder in holders({node}, proc) if not holder.endswith(mine)]


def held_here(node: str, proc: Path = PROC) -> int:
    """Return how often this process itself has `node` open."""
    try:
        return list(_opened(proc / "self")).count(node)
    except OSError:
        return 0


def holder_of(port: int) -> str | None:
    """Return "PROGRAM (pid N)" of the process that listens on TCP `port`, or None if unknown.

    Another user's process can only be named by root.
    """
    return next(holders({f"socket:[{inode}]" for inode in _listening_inodes(port)}), None)


def holder_of_node(path: Path) -> str | None:
    """Return "PROGRAM (pid N)" of the process that has `path` open, or None as above."""
    return next(holders({str(path.resolve())}), None)


def _opened(process: Path) -> Iterator[str]:
    """Yield what a process has open; the listing's own handle is gone before it is read."""
    for link in (process / "fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(link.readlink())


def _spoken(words: list[str]) -> str:
    """Return a command as a person knows it: `roomctl simulate`, whatever interprets it."""
    if words and Path(words[0]).name.startswith("python") and words[1:2] != ["-c"]:
        words = words[2:] if words[1:2] == ["-m"] else words[1:]
    spoken = " ".join(Path(word).name for word in words[:2])
    return " ".join(spoken.split())[:_MOST_SIGNS]


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if cells[3] == _LISTENING and int(cells[1].rpartition(":")[2], 16) == port:
                inodes.add(cells[9])
    return inodes
