"""What the commands share: their usual options, and how they print, end, complain and log.

In the log, what is said again and again is said a few times, then counted: a fault that comes back
a thousand times a second must neither fill the disk nor hide the rest.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer

from roomctl.errors import ConfigError

SAID = 20  # lines of one kind in a minute; then the count of the others
MINUTE_S = 60.0
KINDS = 500  # that are told apart
_HTTP = ("httpcore", "httpx")
_OTHERS = ("roomctl", logging.WARNING, "lines of many kinds")

Config = Annotated[Path, typer.Option("--config", "-c", help="The room's room.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Url = Annotated[
    str | None,
    typer.Option(
        "--room",
        "--url",
        help="The room's API, such as http://bamboo:8080; on this box mine, or service.",
    ),
]
Token = Annotated[
    Path | None,
    typer.Option("--token-file", help="A file with the API token; default: $ROOMCTL_TOKEN_FILE."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every frame.")]


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def end(status: int) -> None:
    if status:
        raise typer.Exit(status)


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Name `path` in what the block says of "room.toml": a Config does not know its file."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(str(path), error.key, error.why) from error


def log(verbose: bool, *, quietly: bool = False) -> None:
    usual = logging.CRITICAL if quietly else logging.INFO
    logging.basicConfig(
        level=logging.DEBUG if verbose else usual,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[FoldingHandler(sys.stderr)],
    )
    # HTTP clients log every header that they hear, and a device may say its password back.
    for chatty in (*_HTTP, "uvicorn.error", "uvicorn.access", "websockets", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


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
