"""Who holds a TCP port or a node on this box: for the sentence that a second program prints."""

from __future__ import annotations

from pathlib import Path

from roomctl.ports.holders import holders

_LISTENING = "0A"


def holder_of(port: int) -> str | None:
    """Return "PROGRAM (pid N)" of the process that listens on TCP `port`, or None if unknown.

    Reads /proc (Linux); another user's process can only be named by root.
    """
    return next(holders({f"socket:[{inode}]" for inode in _listening_inodes(port)}), None)


def holder_of_node(path: Path) -> str | None:
    """Return "PROGRAM (pid N)" of the process that has `path` open, or None as above."""
    return next(holders({str(path.resolve())}), None)


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
