"""The commands about what the room does by itself: keep it, undo it, check in. Knows no routes."""

from __future__ import annotations

from typing import Literal

from roomctl.api.form import Asked, Identifier, Number, Strict


class ActArgs(Strict):
    """Which announced act shall not be done."""

    act: Literal["rest", "release", "end_call"]


class UndoArgs(Strict):
    """Which act shall be undone, as the room document numbers them."""

    number: Number


class BookingArgs(Strict):
    """Which booking, by its id in the room document."""

    booking: Identifier


class RoomKeep(Asked):
    """Do not do what the room announces."""

    type: Literal["room.keep"]
    args: ActArgs


class RoomUndo(Asked):
    """Undo what the room did by itself."""

    type: Literal["room.undo"]
    args: UndoArgs


class BookingCheckIn(Asked):
    """Say that somebody is there for a booking, so that it is not released."""

    type: Literal["booking.checkIn"]
    args: BookingArgs


AutomationCommand = RoomKeep | RoomUndo | BookingCheckIn
