"""How somebody shows their laptop in this room: its words and picture, from [share] of room.toml.

Knows no display: which input shows what is the display's own to say.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from roomctl.clock import Moment
from roomctl.config import Config, ShareTable, spoken
from roomctl.kind import Part, RoomDevices
from roomctl.room.document import ShareEntry

_log = logging.getLogger(__name__)

LARGEST_PICTURE = 512 * 1024
PICTURE = "/api/v1/share/picture"
_KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
}


class Sharing(Part):
    """What is said of it; `folder` is where room.toml, and its picture, are."""

    def __init__(self, table: ShareTable, folder: Path | None) -> None:
        self._folder = folder
        self._take(table)

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._take(config.share)

    def _take(self, table: ShareTable) -> None:
        folder, name = self._folder, table.picture
        self._file = folder / name if folder is not None and name is not None else None
        self._entry = ShareEntry(
            tuple(said for one in table.cable if (said := spoken(one))),
            tuple(said for one in table.usb if (said := spoken(one))),
            PICTURE if self._file is not None else None,
            table.display,
            table.input,
        )

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"share": self._entry}

    def picture(self) -> tuple[bytes, str] | None:
        """Read the picture and what kind it is; None if there is none that can be shown.

        A link is not followed and nothing but a file is read: room.toml may come from afar.
        """
        if self._file is None:
            return None
        try:
            handle = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                whole = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                data = file.read(LARGEST_PICTURE + 1) if whole else b""
        except OSError as error:
            _log.warning("[share] picture: %s cannot be read: %s", self._file, error.strerror)
            return None
        kind = next((kind for begins, kind in _KINDS.items() if data.startswith(begins)), None)
        if kind == "image/webp" and data[8:12] != b"WEBP":
            kind = None
        if kind is None or len(data) > LARGEST_PICTURE:
            _log.warning("[share] picture: %s is not a picture of at most 512 KiB", self._file)
            return None
        return data, kind
