"""The room: its devices, its state, its rules, and the commands it takes."""

from roomctl.command import Source
from roomctl.room.room import Dependencies, Room

__all__ = ["Dependencies", "Room", "Source"]
