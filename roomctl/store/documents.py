"""Small documents, written whole or not at all.

Write, fsync, rename, fsync the folder: a power cut leaves the old document or the new. Blocking:
callers on the loop go through `wire.in_thread`.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from roomctl.errors import RoomctlError


class Store:
    """The documents in one folder, each readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self, name: str) -> dict[str, Any]:
        """Return the document `name`, empty if it was never written.

        RoomctlError names a file that cannot be read or is damaged; it is left as it is.
        """
        path = self.folder / f"{name}.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise RoomctlError(
                f"{path}: cannot be read: {error}; move it away to begin anew"
            ) from error
        if not isinstance(document, dict):
            raise RoomctlError(f"{path}: is not a JSON object; move it away to begin anew")
        return document

    def write(self, name: str, document: dict[str, Any]) -> None:
        """Replace the document `name`; OSError if the disk refuses, and the old one stays."""
        text = json.dumps(document, ensure_ascii=False, indent=1)
        replace(self.folder / f"{name}.json", text.encode("utf-8"))


def replace(path: Path, data: bytes) -> None:
    """Write a file as a whole; OSError if the disk refuses, and the old one stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
