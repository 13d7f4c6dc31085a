"""What each axis group is wanted to do, what it was told last, and the stop that it is owed.

A wish is a slot, not a queue: the newest move overwrites. Knows no port and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from roomctl.camera.session.ticket import Group
from roomctl.visca.message import Drive, FocusDrive, ZoomDrive

Move: TypeAlias = Drive | ZoomDrive | FocusDrive
"""What runs until told otherwise: one for each group."""


@dataclass(slots=True)
class Moves:
    """One axis group of one camera.

    `running`: a drive was written and no stop has been acknowledged since. `stop_at`: when the
    stop is to be written (again); None while it is on its way, or none is owed.
    """

    wanted: Move | None = None
    told: Move | None = None
    not_before: float = 0.0
    running: bool = False
    stop_owed: bool = False
    stop_at: float | None = None
    stop_since: float = 0.0
    cancelled: bool = False

    @property
    def driven(self) -> bool:
        return self.running or self.wanted is not None

    def want(self, move: Move) -> None:
        self.wanted = move

    def stop(self, now: float) -> None:
        """Owe a stop from `now` on, and forget every move before it."""
        self.wanted = self.told = None
        if not self.stop_owed:
            self.stop_owed, self.stop_at, self.stop_since = True, now, now
            self.cancelled = False

    def stop_again(self, at: float) -> None:
        if self.stop_owed:
            self.stop_at = at

    def stopped(self) -> None:
        """Note that the camera took the stop."""
        self.running = self.stop_owed = False
        self.stop_at = None

    def next_move(self, now: float) -> Move | None:
        """Return the move to write now, if the newest wish has not been told yet."""
        if self.stop_owed or self.wanted == self.told or now < self.not_before:
            return None
        return self.wanted

    def writing(self, move: Move) -> None:
        self.told, self.running = move, True

    def not_taken(self, move: Move, again_at: float) -> None:
        """Note that `move` was lost: the newest wish, not this move, goes out again."""
        self.not_before = again_at
        if self.told == move:
            self.told = None


class Axes:
    """All axis groups of one camera."""

    def __init__(self) -> None:
        self._groups = {group: Moves() for group in Group}
        self._taken: list[Group] = []

    def clear(self) -> None:
        """Want nothing, and owe nothing; what ran may still run."""
        self._groups = {
            group: Moves(running=moves.running) for group, moves in self._groups.items()
        }
        self._taken.clear()

    def __getitem__(self, group: Group) -> Moves:
        return self._groups[group]

    def stop(self, now: float) -> None:
        """Owe a stop to pan-tilt and zoom, whether they move or not; to focus only if it may.

        A focus stop costs the line its time, and a focus that runs on ends at the lens's end.
        """
        for group, moves in self._groups.items():
            if group is not Group.FOCUS or moves.driven:
                moves.stop(now)

    def end_drives(self, now: float) -> None:
        """Owe a stop to every group that is driven."""
        for moves in self._groups.values():
            if moves.driven:
                moves.stop(now)

    @property
    def turned(self) -> bool:
        """Whether a drive moves the picture: pan, tilt or zoom."""
        return any(self._groups[group].driven for group in (Group.PAN_TILT, Group.ZOOM))

    @property
    def pans_only(self) -> bool:
        """Whether a drive moves the head, and none the zoom."""
        return self._groups[Group.PAN_TILT].driven and not self._groups[Group.ZOOM].driven

    @property
    def stopping(self) -> bool:
        return any(moves.stop_owed for moves in self._groups.values())

    def next_stop(self, now: float) -> Group | None:
        """Return the group whose stop is to be written now, and take it for written.

        What is known to run is stopped first.
        """
        for group, moves in sorted(self._groups.items(), key=lambda item: not item[1].running):
            if moves.stop_at is not None and now >= moves.stop_at:
                moves.stop_at = None
                return group
        return None

    def next_move(self, now: float) -> Move | None:
        """Return the newest wish that is to be written now."""
        for moves in self._groups.values():
            if (move := moves.next_move(now)) is not None:
                return move
        return None

    def acknowledged(self, group: Group, *, doubtful: bool) -> bool:
        """Note the ACK of a stop; return whether all that were acknowledged are now certain.

        On a serial line ACKs name no command. While another stop is under way, this ACK is
        `doubtful`, as it may be that of the other: both are certain when both have come.
        """
        self._taken.append(group)
        if doubtful:
            return False
        for taken in self._taken:
            self._groups[taken].stopped()
        self._taken.clear()
        return True

    def unacknowledged(self, group: Group, now: float) -> None:
        """Note that the ACK of a stop did not come."""
        for doubtful in (group, *self._taken):
            self._groups[doubtful].stop_again(now)
        self._taken.clear()

    def nothing_to_stop(self, group: Group, now: float) -> None:
        """Note that a stop was refused by what stands still; a doubtful one is said again."""
        self._groups[group].stopped()
        for doubtful in self._taken:
            self._groups[doubtful].stop_again(now)
        self._taken.clear()

    def oldest_stop(self) -> float | None:
        """Return since when a stop is owed."""
        owed = [moves.stop_since for moves in self._groups.values() if moves.stop_owed]
        return min(owed, default=None)

    def waits(self) -> list[float]:
        """Return when something may be written (again)."""
        stops = [at for moves in self._groups.values() if (at := moves.stop_at) is not None]
        return stops + [moves.not_before for moves in self._groups.values()]
