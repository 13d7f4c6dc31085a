"""The folder of one meeting: all that its browser may write, in memory, gone when it ends.

Knows no browser. Each folder holds a locked file: a folder whose lock is free belongs to a run that
is dead, and the boot sweep removes it together with whatever still runs on it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PREFIX = "roomctl-meeting-"
_LOCK = "owner.lock"
_OPENER, _NOTHING = "xdg-open", "/bin/true"
_REMOVE_S = 1.0  # a browser that was just killed may still write for a moment
_END_S, _LOOK_S = 1.0, 0.01


class BrowserFolder:
    """A 0700 folder with places inside that belong to one browser; blocking, like the file system.

    `programs` is what its pages may start: nothing, under the name by which a browser would.
    """

    def __init__(self, base: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        self._lock = _lock(self.path / _LOCK)
        self.profile, self.home = self.path / "profile", self.path / "home"
        self.guard, self.programs = self.path / "guard", self.path / "programs"
        self.logs = self.path / "logs"
        for place in (self.profile, self.home, self.guard, self.programs, self.logs):
            place.mkdir(mode=0o700)
        (self.programs / _OPENER).symlink_to(_NOTHING)

    def remove(self) -> bool:
        """Remove the folder; whether it is gone, which takes 1 s at most."""
        gone = _remove(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        return gone


def base(environment: Mapping[str, str]) -> Path:
    """Return where folders go: the user's runtime folder, /dev/shm, else the temporary one."""
    for place in (environment.get("XDG_RUNTIME_DIR", ""), "/dev/shm"):  # noqa: S108 - mkdtemp
        if place and os.access(place, os.W_OK | os.X_OK):
            return Path(place)
    return Path(tempfile.gettempdir())


def sweep(where: Path) -> int:
    """Remove our folders of dead runs, and end what still runs on them; return how many."""
    swept = 0
    for path in where.glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if path.is_symlink() or path.stat().st_uid != os.getuid():
                continue
            lock = _lock(path / _LOCK)
            if lock is None:
                continue
            end_all(path)
            swept += _remove(path)
            os.close(lock)
    return swept


def end_all(path: Path) -> None:
    """Kill our own processes that belong to `path`, which takes 1 s at most.

    A process that is just starting a program names nothing for a moment; so all are looked at until
    none was found twice in a row.
    """
    until, empty = time.monotonic() + _END_S, 0
    while empty < 2 and time.monotonic() < until:
        pids = list(holders(path))
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        empty = 0 if pids else empty + 1
        time.sleep(_LOOK_S)


def holders(path: Path) -> Iterator[int]:
    """Yield our own processes whose command line, or whose environment, names `path`."""
    wanted = os.fsencode(path) + b"/"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == os.getuid() and _names(entry, wanted):
                    yield int(entry.name)


def _names(entry: Path, wanted: bytes) -> bool:
    if wanted in (entry / "cmdline").read_bytes():
        return True
    return wanted in (entry / "environ").read_bytes()


def _lock(path: Path) -> int | None:
    """Lock `path` for this process; None if a living one has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _remove(path: Path) -> bool:
    until = time.monotonic() + _REMOVE_S
    while True:
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists() or time.monotonic() >= until:
            return not path.exists()
        time.sleep(0.05)
