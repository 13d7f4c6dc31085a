"""Errors about a room.toml by the name that the command line gave it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from roomctl.errors import ConfigError


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Name `path` in what the block says of "room.toml": a Config does not know its file."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(str(path), error.key, error.why) from error
