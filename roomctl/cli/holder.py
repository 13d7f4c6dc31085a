"""Who holds a TCP port on this box: for the sentence that a second room prints."""

from __future__ import annotations

from pathlib import Path

_LISTENING = "0A"


def holder_of(port: int) -> str | None:
    """Return "PROGRAM (pid N)" of the process that listens on TCP `port`, or None if unknown.

    Reads /proc (Linux); another user's process can only be named by root.
    """
    inodes = _listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [str(link.readlink()) for link in (process / "fd").iterdir()]
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if any(f"socket:[{inode}]" in links for inode in inodes):
            words = command.decode("utf-8", "replace").split("\0")
            return f"{_spoken([word for word in words if word])} (pid {process.name})"
    return None


def _spoken(words: list[str]) -> str:
    """Return a command as a person knows it: `roomctl simulate`, whatever interprets it."""
    if words and Path(words[0]).name.startswith("python"):
        words = words[2:] if words[1:2] == ["-m"] else words[1:]
    return " ".join(Path(word).name for word in words[:2])


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
