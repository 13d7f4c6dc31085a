"""The room: its devices, its state, its rules, and the commands it takes."""

from roomctl.command import Source
from roomctl.room.room import Outside, Room

__all__ = ["Outside", "Room", "Source"]
