"""The composition root: the kinds of devices that there are, and a room made of them.

The only module that knows every wing.
"""

from __future__ import annotations

from pathlib import Path

from roomctl import config as configuration
from roomctl.camera.kind import KIND as CAMERA
from roomctl.command import Declaration
from roomctl.config import Config
from roomctl.display.driver import KIND as DISPLAY
from roomctl.kind import Kind
from roomctl.occupancy.driver import KIND as OCCUPANCY
from roomctl.room import Outside, Room
from roomctl.screen.driver import KIND as SCREEN
from roomctl.speakerphone.driver import KIND as SPEAKERPHONE

KINDS: tuple[Kind, ...] = (CAMERA, OCCUPANCY, SPEAKERPHONE, SCREEN, DISPLAY)


TABLES = {kind.name: kind.table for kind in KINDS}


def load(path: Path) -> Config:
    """Read a room.toml with the tables of every kind; ConfigError."""
    return configuration.load(path, TABLES)


def declared() -> tuple[Declaration, ...]:
    """Return every command that a room may take, without a room."""
    parts = (*Room.PARTS, *(kind.part for kind in KINDS if kind.part is not None))
    return tuple(one for part in parts for one in part.declared())


def room(config: Config, outside: Outside) -> Room:
    """Return the room that `config` describes, on what is `outside`."""
    return Room(config, outside, KINDS)
