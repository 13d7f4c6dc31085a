"""The program's log on stderr: what is said again and again is said a few times, then counted.

A fault that comes back a thousand times a second must neither fill the disk nor hide the rest.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

SAID = 20  # lines of one kind in a minute; then the count of the others
MINUTE_S = 60.0
KINDS = 500  # that are told apart
_OTHERS = ("roomctl", logging.WARNING, "lines of many kinds")


@dataclass(slots=True)
class _Kind:
    since: float
    said: int = 0
    folded: int = 0


class FoldingHandler(logging.StreamHandler[TextIO]):
    """Writes a log; lines of one origin, level and wording are of one kind, whatever they name."""

    def __init__(self, stream: TextIO, mono_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._mono_s = mono_s
        self._kinds: dict[tuple[str, int, str], _Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        now = self._mono_s()
        self._tell(lambda kind: now - kind.since >= MINUTE_S)
        if record.levelno < logging.INFO:  # asked for by --verbose, each of them
            super().emit(record)
            return
        wording = str(record.msg).partition("\n")[0][:120]
        key = (record.name, record.levelno, wording)
        if key not in self._kinds and len(self._kinds) >= KINDS:
            key = _OTHERS
        kind = self._kinds.setdefault(key, _Kind(now))
        if kind.said < SAID:
            kind.said += 1
            super().emit(record)
        else:
            kind.folded += 1

    def close(self) -> None:
        """Write the counts that are still to be told."""
        self._tell(lambda _: True)
        super().close()

    def _tell(self, is_over: Callable[[_Kind], bool]) -> None:
        """Forget the kinds whose minute is over, and write how many lines were only counted."""
        for key in [key for key, kind in self._kinds.items() if is_over(kind)]:
            kind = self._kinds.pop(key)
            if kind.folded:
                name, level, wording = key
                what = f"{kind.folded} more lines in a minute like: {wording}"
                super().emit(logging.LogRecord(name, level, "", 0, what, None, None))
