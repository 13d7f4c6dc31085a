"""What moves a camera, whatever it speaks: the drive and its lease, the stop it is owed, the move.

Below every camera protocol, VISCA's too, which knows nothing of cameras as the room sees them. A
protocol asks what is to be written (`stops_due`, `waits`, `waiting`), turns that into its bytes,
and reports what became of each: written, taken, refused, lost. From that it is known what may be
moving, and what is still to be stopped:

- *Drive*: the newest move of an axis replaces an older one that still waits, and runs until its
  lease ends, unless it is renewed.
- *Stop*: it is owed from the moment it is asked for until the camera has taken it, however often
  it must be written. Where several messages are on their way at once, one may overtake another: a
  stop counts only if no drive could come behind it, and the axis must then be seen to come to rest.
- *Move* (`PolledMotion`): what goes to a place ends when it is seen there, is replaced by a newer
  one or by a drive, and is ended by a stop.

Knows no bytes, no port, no clock and no loop; time is an argument, in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from roomctl.frozen import frozen

A = TypeVar("A")
C = TypeVar("C")
M = TypeVar("M")
NEVER = float("inf")


class RequestEnd(Enum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"
    NO_REPLY = "no_reply"
    UNKNOWN = "unknown"
    REPLACED = "replaced"
    STOPPED = "stopped"
    OFFLINE = "offline"


@frozen
class Outcome:
    """How a request ended; `code` is the camera's error code, `after_s` how long was waited.

    `data`: what a raw inquiry was answered, between `50` and FF. `why`: in words, where a camera
    has more to say than a code.
    """

    end: RequestEnd
    code: int | None = None
    after_s: float = 0.0
    data: bytes = b""
    why: str = ""


class MoveRefusal(Enum):
    """Why a camera that answers moves, or stops, not as it is told."""

    MENU_OPEN = "menu_open"
    BUSY = "busy"
    NOT_EXECUTABLE = "not_executable"
    STILL_MOVES = "still_moves"


@frozen
class StopPolicy:
    """How a protocol stops a camera.

    `again_s`: until a stop is written again without an answer, twice as long each time, up to
    `again_most_s`; NEVER: the protocol says when (`stop_again`). `ramp_s`: within it what was
    stopped comes to rest. `most`: stops that are taken and not obeyed, before no more are written
    (`runs_on`); 0: a stop that was taken is believed. `first`: a newer drive waits until the stop
    that is owed was taken; else it takes the place of that stop.
    """

    again_s: float = NEVER
    again_most_s: float = NEVER
    ramp_s: float = 0.0
    most: int = 0
    first: bool = False


@dataclass(slots=True)
class AxisMotion(Generic[A, M]):
    """What moves together: the drive requested, the one written last, and the stop that is owed.

    `there`: the camera has it; what it has not is never stopped. `not_before`: when the next drive
    may be written; `again_at`: when the same one is written again. `unanswered`: drives on their
    way, of all `drives_written`. `running`: a drive was written, and no stop since was taken;
    `taken`: a drive was taken since; `refused`: none was, and the last was refused. `sent_by`: what
    sent it to a place. `stop_at`: when the stop is written (again); `stops_written`: how often it
    was. `proving`: since when it must come to rest after a stop; `disobeyed`: stops that it took
    and did not obey. `runs_on`: it took every stop and goes on moving.
    """

    name: A
    policy: StopPolicy
    there: bool = True
    requested: M | None = None
    written: M | None = None
    not_before: float = 0.0
    again_at: float = NEVER
    unanswered: int = 0
    drives_written: int = 0
    running: bool = False
    taken: bool = False
    refused: bool = False
    sent_by: CommandSequence[Any] | None = None
    stop_owed: bool = False
    stop_at: float = NEVER
    stop_since: float = 0.0
    stops_written: int = 0
    proving: float | None = None
    runs_on: bool = False
    disobeyed: int = 0

    @property
    def driven(self) -> bool:
        return self.running or self.requested is not None

    @property
    def active(self) -> bool:
        """Whether it is driven, or not yet known to come to rest."""
        return self.driven or self.stop_owed or self.proving is not None

    @property
    def moves(self) -> bool:
        """Whether the camera may be moving by a drive."""
        return self.driven and not self.refused

    # The drive.

    def drive(self, move: M) -> None:
        """Request `move` in place of any older one."""
        self.requested, self.proving, self.disobeyed = move, None, 0
        self._note_sent()
        if not self.policy.first:
            self._owe_nothing()

    def _note_sent(self) -> None:
        """Note that what goes to a place runs, too: its stop is as urgent."""
        if self.sent_by is not None:
            self.running = self.taken = True
            self.sent_by = None

    def waits(self, now: float) -> bool:
        """Whether a drive is to be written as soon as the line is free."""
        if self.requested is None or self.stop_owed or now < self.not_before:
            return False
        return self.requested != self.written or now >= self.again_at

    def drive_written(self, move: M) -> None:
        self.written = None if self.requested is None else move  # a stop may have come meanwhile
        self.running, self.again_at = True, NEVER
        self.unanswered += 1
        self.drives_written += 1

    def drive_taken(self) -> None:
        self.unanswered -= 1
        self.taken, self.refused = True, False

    def drive_lost(self, move: object, again_at: float = 0.0) -> None:
        """Note that no answer came, or that it came too soon: the newest drive is written again."""
        self.unanswered -= 1
        self.not_before = max(self.not_before, again_at)
        if self.written == move:
            self.written = None

    def drive_refused(self, move: object, again_at: float | None) -> None:
        """Note that the camera refused `move`: it does not move, unless it took one before.

        `again_at` None: it is not written again until somebody drives it again.
        """
        self.drive_lost(move, again_at or 0.0)
        self.refused = not self.taken
        self.running = self.running and self.taken
        if again_at is None:
            self.requested = self.written = None

    # The stop.

    def halt(self, now: float) -> None:
        """Owe a stop from `now` on, and forget every drive before it."""
        self.requested = self.written = self.proving = None
        self._note_sent()
        if not self.there:
            self.running = False
        elif not self.stop_owed:
            self.stop_owed, self.stop_at, self.stop_since = True, now, now
            self.stops_written = 0

    def stop_due(self, now: float) -> bool:
        return self.stop_owed and now >= self.stop_at

    def stop_written(self, now: float) -> None:
        wait_s = self.policy.again_s * 2**self.stops_written
        self.stop_at = now + min(wait_s, self.policy.again_most_s)
        self.stops_written += 1

    def stop_again(self, at: float) -> None:
        if self.stop_owed:
            self.stop_at = at

    @property
    def place(self) -> int | None:
        """What a stop that is written now must `count` by; None: a drive may come behind it."""
        return None if self.unanswered else self.drives_written

    def counts(self, place: int | None) -> bool:
        """Whether the camera stands once it has taken a stop that was written in that place."""
        return self.stop_owed and place == self.drives_written

    def stopped(self, now: float) -> None:
        """Note that the camera took the stop, or that there is nothing to stop."""
        self.running = self.taken = self.refused = False
        self.proving = now if self.policy.most else None
        self._owe_nothing()

    def forget(self) -> None:
        """Drive no more, and owe no stop; `running` stays, for what was written may run."""
        self.requested = self.written = self.proving = None
        self.taken = self.refused = False
        self.unanswered, self.not_before = 0, 0.0
        self._owe_nothing()

    def _owe_nothing(self) -> None:
        self.stop_owed, self.stop_at = False, NEVER

    def seen(self, now: float, *, stands: bool, moved_at: float) -> bool:
        """Take how it was seen; return whether a stop is owed again, for it goes on moving."""
        if self.driven or self.stop_owed:
            return False
        if stands and (self.sent_by is None or self.sent_by.over):
            self.proving, self.disobeyed, self.runs_on, self.sent_by = None, 0, False, None
        if self.sent_by or self.proving is None or moved_at <= self.proving + self.policy.ramp_s:
            return False
        if self.disobeyed >= self.policy.most:
            self.runs_on = True
            return False
        self.disobeyed += 1
        self.halt(now)
        return True


class Motion(Generic[A, M]):
    """All axes of a camera, and the lease of who drives them; None: nobody does."""

    def __init__(self, policy: StopPolicy, names: Iterable[A]) -> None:
        self.axes = {name: AxisMotion[A, M](name, policy) for name in names}
        self.lease_until: float | None = None

    @property
    def stopping(self) -> bool:
        """Whether a stop is owed that the camera has not taken."""
        return any(axis.stop_owed for axis in self.axes.values())

    def drive(self, moves: Mapping[A, M | None], lease_until: float, now: float) -> None:
        """Move until `lease_until`, unless renewed; an axis without a move is to stand still."""
        self.lease_until = lease_until
        for name, axis in self.axes.items():
            if (move := moves.get(name)) is not None:
                axis.drive(move)
            elif axis.driven or (axis.sent_by and any(moves.values())):
                axis.halt(now)

    def stop(self, now: float, also: Collection[A]) -> None:
        """Stop what may move, and of what is believed to stand still `also` these axes."""
        self.lease_until = None
        for name, axis in self.axes.items():
            if axis.driven or axis.sent_by or name in also:
                axis.disobeyed = 0
                axis.halt(now)

    def release(self, now: float) -> None:
        """Stop what is driven: nobody renews it any more."""
        self.lease_until = None
        for axis in self.axes.values():
            if axis.driven:
                axis.halt(now)

    def expired(self, now: float) -> bool:
        """Whether a drive was not renewed in time."""
        return self.lease_until is not None and now >= self.lease_until

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self.expired(now):
            self.release(now)

    def due(self) -> list[float]:
        """Return when time alone lets something be written."""
        waits = [] if self.lease_until is None else [self.lease_until]
        for axis in self.axes.values():
            if axis.stop_owed:
                waits.append(axis.stop_at)
            elif axis.requested is not None:
                waits += [axis.not_before, axis.again_at]
        return [at for at in waits if at < NEVER]

    def stops_due(self, now: float) -> list[AxisMotion[A, M]]:
        """Return what is to be stopped now; what is known to run comes first."""
        due = [axis for axis in self.axes.values() if axis.stop_due(now)]
        return sorted(due, key=lambda axis: not axis.running)

    def forget(self) -> None:
        """Drive no more, and owe no stop."""
        self.lease_until = None
        for axis in self.axes.values():
            axis.forget()


@dataclass(slots=True, eq=False)
class CommandSequence(Generic[C]):
    """Commands, written one after the other, whose end somebody waits for.

    `moves`: it ends when the camera is seen to stand. `since`: when the first was written;
    `answered_at`: when the last was answered.
    """

    commands: tuple[C, ...]
    ended: Callable[[Outcome], None]
    moves: bool | tuple[str, ...] = False
    left: deque[C] = field(init=False)
    since: float | None = None
    answered_at: float | None = None
    over: bool = False

    def __post_init__(self) -> None:
        self.left = deque(self.commands)

    def written(self, now: float) -> None:
        """Note that its next command left."""
        self.left.popleft()
        self.since = now if self.since is None else self.since

    def end(self, outcome: Outcome) -> None:
        if not self.over:
            self.over = True
            self.ended(outcome)


R = TypeVar("R", bound=CommandSequence[Any])


@frozen
class LookPolicy:
    """How often a camera is asked where it is, and when a move has ended.

    `moving_s`, `idle_s`: between two looks. `limit_s`: after its first command a move must have
    ended. `looks`: seen so often in a row where it was the time before, and for `stands_s`, it
    stands; where it was sent elsewhere, for `elsewhere_s`.
    """

    moving_s: float
    idle_s: float
    limit_s: float
    looks: int
    stands_s: float
    elsewhere_s: float


class PolledMotion(Motion[A, M], Generic[A, M, R]):
    """The motion of a camera that tells only when it is asked where it is.

    `move`: what was sent to a place, and has not ended. `settings`: commands that move nothing, the
    next first. `refuses`: to be driven, although it is on. `look_at`: when to ask where it is.
    """

    def __init__(self, policy: StopPolicy, look: LookPolicy, names: Iterable[A]) -> None:
        super().__init__(policy, names)
        self.look, self.look_at = look, 0.0
        self.move: R | None = None
        self.settings: deque[R] = deque()
        self.refuses = False

    @property
    def moving(self) -> bool:
        """Whether it may be moving by what it was told."""
        return self.move is not None or any(axis.active for axis in self.axes.values())

    @property
    def refusal(self) -> MoveRefusal | None:
        """Why it moves, or stops, not as it is told."""
        if any(axis.runs_on for axis in self.axes.values()):
            return MoveRefusal.STILL_MOVES
        return MoveRefusal.NOT_EXECUTABLE if self.refuses else None

    @property
    def waiting(self) -> list[R]:
        """The requests whose next command is to be written: the move before the first setting."""
        first = [self.move, self.settings[0] if self.settings else None]
        return [request for request in first if request is not None and request.left]

    def drive(self, moves: Mapping[A, M | None], lease_until: float, now: float) -> None:
        if any(moves.values()):
            self._end_move(Outcome(RequestEnd.REPLACED))
        super().drive(moves, lease_until, now)
        if self.moving:
            self.look_soon(now)

    def stop(self, now: float, also: Collection[A]) -> None:
        self._end_move(Outcome(RequestEnd.STOPPED))
        super().stop(now, also)
        self.look_soon(now)

    def submit(self, request: R, now: float) -> None:
        """Have commands written; a newer move replaces an older one, and stops what is driven."""
        if not request.moves:
            self.settings.append(request)
            return
        self._end_move(Outcome(RequestEnd.REPLACED))
        self.release(now)
        self.move = request
        self.look_soon(now)

    def set_off(self, request: R, names: Iterable[A], now: float) -> None:
        """Note that `names` were sent to a place; if it ended meanwhile, they are stopped."""
        for axis in map(self.axes.__getitem__, names):
            axis.sent_by = request
            if request.over and axis.requested is None:
                axis.halt(now)

    def refused(self, request: R, why: str) -> None:
        """End a request that the camera refused; if that was its first command, nothing moves."""
        if len(request.left) == len(request.commands) - 1:
            for axis in self.axes.values():
                axis.sent_by = None if axis.sent_by is request else axis.sent_by
        self.end(request, Outcome(RequestEnd.REFUSED, why=why))

    def end(self, request: R, outcome: Outcome) -> None:
        """End a request, and wait for it no more."""
        if request is self.move:
            self._end_move(outcome)
            return
        if request in self.settings:
            self.settings.remove(request)
        request.end(outcome)

    def _end_move(self, outcome: Outcome) -> None:
        move, self.move = self.move, None
        if move is not None:
            move.end(outcome)

    def give_up(self) -> None:
        """End what still waits: the camera is gone. The stop that it is owed stays owed."""
        self.lease_until = None
        self._end_move(Outcome(RequestEnd.OFFLINE))
        while self.settings:
            self.settings.popleft().end(Outcome(RequestEnd.OFFLINE))

    def tick(self, now: float) -> None:
        super().tick(now)
        if (at := self._move_ends_at()) is not None and now >= at:
            limit_s = self.look.limit_s
            self._end_move(Outcome(RequestEnd.NO_REPLY, after_s=limit_s, why="it still moves"))

    def due(self) -> list[float]:
        at = self._move_ends_at()
        return super().due() + ([] if at is None else [at])

    def _move_ends_at(self) -> float | None:
        since = self.move.since if self.move is not None else None
        return None if since is None else since + self.look.limit_s

    def look_soon(self, now: float) -> None:
        """Ask where it is as soon as while it moves."""
        self.look_at = min(self.look_at, now + self.look.moving_s)

    def look_later(self, now: float, *, moving: bool) -> None:
        """Note that it is being asked where it is."""
        self.look_at = now + (self.look.moving_s if moving else self.look.idle_s)

    def looked(self, now: float, *, there: bool | None, looks: float, changed_at: float) -> None:
        """End the move if it was seen so often (`looks`) in one place, and last changed then.

        `there`: whether that is where it was sent; None: nobody knows where that is.
        """
        move, terms = self.move, self.look
        if move is None or move.answered_at is None:
            return
        still_s = now - max(move.answered_at, changed_at)
        if there and looks >= 1:
            self.arrived(Outcome(RequestEnd.DONE))
            return
        wait_s = terms.stands_s if there is None else terms.elsewhere_s
        if looks < terms.looks or still_s < wait_s:
            return
        if there is None:
            self.arrived(Outcome(RequestEnd.DONE))
        else:
            why = "is at another position than it was sent to"
            self.arrived(Outcome(RequestEnd.REFUSED, why=why))

    def blinded(self, name: A) -> None:
        """Note that it no longer says where this axis is: a move may have ended there."""
        axis, move = self.axes[name], self.move
        axis.proving = None
        if move is not None and move is axis.sent_by and move.answered_at is not None:
            self.arrived(Outcome(RequestEnd.UNKNOWN))

    def arrived(self, outcome: Outcome) -> None:
        """End the move: it stands, or nobody can see whether it does."""
        for axis in self.axes.values():
            axis.sent_by = axis.proving = None
        self._end_move(outcome)
