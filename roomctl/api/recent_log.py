"""What the program lately wrote to its log: so many lines, kept in memory, for whoever helps.

The whole log is the supervisor's (`journalctl -u roomctl`). Knows no route.
"""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

LINES = 2000
LONGEST = 2000  # characters of an entry, a traceback included


class RecentLog(logging.Handler):
    """The newest entries of a log; a thread may write while another one reads."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._kept: deque[str] = deque(maxlen=LINES)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an entry; one that cannot be written is left out, as logging does."""
        try:
            at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
            self._kept.append(f"{at} {self.format(record)}"[:LONGEST])
        except Exception:
            self.handleError(record)

    def lines(self) -> tuple[str, ...]:
        """Return the entries that are kept, oldest first; one may have several lines."""
        return tuple(self._kept)

    @contextlib.contextmanager
    def listening(self) -> Iterator[RecentLog]:
        """Keep what the whole program logs, during the block; yields itself."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield self
        finally:
            root.removeHandler(self)
