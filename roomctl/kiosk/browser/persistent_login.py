"""A sign-in that outlives a meeting: a platform's cookies and site storage, where a room wants it.

Everything else of a profile is gone with its meeting: history, forms and cache hold addresses, and
an address may hold a passcode. Blocking, like the file system. Knows no browser.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,31}")
_PARTS = ("Cookies", "Cookies-journal", "Local Storage", "IndexedDB")  # of a profile's Default


class PersistentLogin:
    """What is kept of one platform's sign-in, readable by the kiosk's user alone."""

    def __init__(self, base: Path, name: str) -> None:
        """ValueError if `name` is no platform's key."""
        if not NAME.fullmatch(name):
            raise ValueError("what is kept is named by a platform's key")
        self._base, self._kept = base, base / name

    def bring(self, profile: Path) -> None:
        """Put what is kept into a new profile; nothing is kept at first."""
        for part in _PARTS:
            _copy(self._kept / part, profile / "Default" / part)

    def save(self, profile: Path) -> None:
        """Keep what `profile` has now, whole or as it was before; OSError if the disk refuses."""
        self._base.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh, old = (self._base / f".{self._kept.name}.{word}" for word in ("new", "old"))
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        for part in _PARTS:
            _copy(profile / "Default" / part, fresh / part)
        with contextlib.suppress(FileNotFoundError):
            os.rename(self._kept, old)
        os.rename(fresh, self._kept)
        shutil.rmtree(old, ignore_errors=True)


def base(environment: Mapping[str, str]) -> Path:
    """Return where sign-ins are kept: in the user's state folder."""
    home = environment.get("HOME", "/")
    return Path(environment.get("XDG_STATE_HOME") or f"{home}/.local/state") / "roomctl/signed-in"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    elif source.is_file():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o600)
