"""What a camera has said of itself, what to ask it next, and whether it still moves.

Knows no port and no clock: the `Connection` says when it is time for a round of questions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import field, replace

from roomctl.frozen import frozen
from roomctl.visca import codec
from roomctl.visca.message import (
    Inquiry,
    PositionLayout,
    Version,
    read_answer,
    read_position,
    read_power,
    read_version,
    read_zoom,
)


@frozen
class Readback:
    """What the camera has said of itself, in its own units; None: not known.

    `settings`: the one value of every other answer (focus position, modes), as on the wire.
    """

    power: bool | None = None
    pan: int | None = None
    tilt: int | None = None
    zoom: int | None = None
    version: Version | None = None
    moving: bool = False
    settings: Mapping[Inquiry, int] = field(default_factory=dict)


_CORE = (Inquiry.VERSION, Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)  # no two as long
LATE_S = 3.0  # after the limit an answer may still come; 2.1 s after the question was seen


class Poller:
    """The questions to one camera and their answers.

    A question that it never answers, although it answers others, is dropped until the next start.
    `complete`: it is known, or was refused, who the camera is and whether it is on.

    An answer does not name its question, and one that is missing may only be late. So until that is
    settled only what is answered at another length is asked: cameras answer in turn, and such an
    answer proves that the missing one will not come any more. So it is with the copies of those
    that say everything twice.
    """

    def __init__(self) -> None:
        self.seen = Readback()
        self._queue: deque[Inquiry] = deque()
        self._dropped: set[Inquiry] = set()
        self._unanswered: dict[Inquiry, int] = {}
        self._refused: set[Inquiry] = set()
        self._open: set[Inquiry] = set()
        self._last: Inquiry | None = None
        self._copies = False
        self._late: dict[Inquiry | None, float] = {}  # until when; None: of unknown length
        self._unsettled = False
        self._changed_in_round = False

    def begin(self) -> None:
        """Ask everything anew."""
        self.clear()
        self._ask_all_again()
        self._copies = False
        self._open = {Inquiry.VERSION, Inquiry.POWER}
        self.ask(Inquiry.VERSION, Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)

    def clear(self) -> None:
        """Ask nothing any more, and take the camera to be at rest."""
        self._queue.clear()
        self._late.clear()
        self._unsettled = False
        self.seen = replace(self.seen, moving=False)

    def forget(self) -> None:
        """Take everything for unknown except who it is."""
        self.clear()
        self._ask_all_again()
        self.seen = Readback(version=self.seen.version)

    def _ask_all_again(self) -> None:
        self._dropped.clear()
        self._unanswered.clear()
        self._refused.clear()

    @property
    def complete(self) -> bool:
        return not self._open

    @property
    def waiting(self) -> bool:
        return bool(self._queue)

    def ask(self, *inquiries: Inquiry) -> None:
        """Ask each in turn, unless it is to be asked anyway or was dropped."""
        for inquiry in inquiries:
            if inquiry not in self._queue and inquiry not in self._dropped:
                self._queue.append(inquiry)

    def ask_first(self, inquiry: Inquiry) -> None:
        """Ask this before whatever waits."""
        self.asking(inquiry)
        if inquiry not in self._dropped:
            self._queue.appendleft(inquiry)

    def next(self, now: float, layout: PositionLayout) -> Inquiry | None:
        """Return the question to ask now; None: none whose answer could be told from a late one."""
        self._late = {late: until for late, until in self._late.items() if now < until}
        if not self._queue or None in self._late:
            return None
        copied = [self._last] if self._copies and self._last is not None else []
        late = {size for inquiry in (*self._late, *copied) for size in _sizes(inquiry, layout)}
        for inquiry in (*self._queue, *_CORE):
            if inquiry not in self._dropped and late.isdisjoint(_sizes(inquiry, layout)):
                return inquiry
        return None

    def asking(self, inquiry: Inquiry) -> None:
        """Take `inquiry` out of the queue."""
        if inquiry in self._queue:
            self._queue.remove(inquiry)

    @property
    def late_until(self) -> float | None:
        """Until when a late answer may come; None: none is missing."""
        return max(self._late.values(), default=None)

    def is_late(self, data: bytes, layout: PositionLayout) -> bool:
        """Whether `data` answers a question that was given up; it is not waited for any more."""
        for inquiry in self._late:
            if inquiry is None or len(data) in _sizes(inquiry, layout):
                del self._late[inquiry]
                return True
        return False

    def is_copy(self, data: bytes, layout: PositionLayout) -> bool:
        """Whether `data` may be the last answer once more; some cameras say everything twice.

        Of such a one no two answers of one length are asked for in turn.
        """
        copy = self._last is not None and len(data) in _sizes(self._last, layout)
        self._copies |= copy
        return copy

    def unanswered(self, inquiry: Inquiry | None, now: float) -> None:
        """Note that no answer came yet; None: to what somebody typed."""
        self._late[inquiry] = now + LATE_S

    def answered(self, inquiry: Inquiry, data: bytes, layout: PositionLayout) -> bool:
        """Take an answer; return whether it says something new. ValueError: it is no answer."""
        seen = self._with(inquiry, data, layout)
        self._late.clear()
        self._last = inquiry
        self._unanswered.pop(inquiry, None)
        self._refused.discard(inquiry)
        self._open.discard(inquiry)
        new = seen != self.seen
        if seen.power and self.seen.power is False:
            self._dropped -= self._refused  # on its way to standby it refuses what it has, too
            self._refused.clear()
        self._changed_in_round |= new and inquiry in (Inquiry.POSITION, Inquiry.ZOOM)
        self.seen = seen
        return new

    def refused(self, inquiry: Inquiry) -> bool:
        """Note that the camera will not say, as in standby. Return whether it is dropped.

        A setting that it refuses twice running while it is on is one that it does not have: once
        may be an error that a bridge added to a good answer (quartzo/webcam-visca-ip).
        """
        self._open.discard(inquiry)
        if inquiry in _CORE or self.seen.power is False:
            return False
        if inquiry in self._refused:
            self.drop(inquiry)
            return True
        self._refused.add(inquiry)
        self.ask(inquiry)
        return False

    def missed(self, inquiry: Inquiry, tries: int) -> bool:
        """Note that no answer came; ask again, or drop it after `tries`. Return whether dropped."""
        count = self._unanswered[inquiry] = self._unanswered.get(inquiry, 0) + 1
        if count < tries:
            self.ask(Inquiry.POWER, inquiry)  # is it deaf, or deaf to this question only?
            return False
        self.drop(inquiry)
        return True

    def drop(self, inquiry: Inquiry) -> None:
        """Do not ask this any more."""
        self._dropped.add(inquiry)
        self._open.discard(inquiry)
        if inquiry in self._queue:
            self._queue.remove(inquiry)

    def poll(self, *, zooms: bool) -> None:
        """Begin a round of questions; after a move, the first round without change ends it.

        `zooms` False: the zoom cannot have moved, and is not asked for.
        """
        if not self._queue:
            self._unsettled = self._unsettled and self._changed_in_round
            self._changed_in_round = False
            power = () if self.seen.moving else (Inquiry.POWER,)
            zoom = (Inquiry.ZOOM,) if zooms else ()
            self.ask(*power, Inquiry.POSITION, *zoom)

    def note_moving(self, commanded: bool) -> bool:
        """Work out whether it may be moving; return whether that is new."""
        if commanded:
            self._unsettled = self._changed_in_round = True
        moving = commanded or self._unsettled
        new = moving != self.seen.moving
        self.seen = replace(self.seen, moving=moving)
        return new

    def _with(self, inquiry: Inquiry, data: bytes, layout: PositionLayout) -> Readback:
        match inquiry:
            case Inquiry.VERSION:
                return replace(self.seen, version=read_version(data))
            case Inquiry.POWER:
                return replace(self.seen, power=read_power(data))
            case Inquiry.ZOOM:
                return replace(self.seen, zoom=read_zoom(data))
            case Inquiry.POSITION:
                pan, tilt = read_position(data, layout)
                return replace(self.seen, pan=pan, tilt=tilt)
        (value,) = read_answer(inquiry, data).values()
        return replace(self.seen, settings={**self.seen.settings, inquiry: int(value)})


def _sizes(inquiry: Inquiry | None, layout: PositionLayout) -> set[int]:
    """Return how many bytes the answer to `inquiry` may have."""
    if inquiry is None:
        return set()
    if inquiry is Inquiry.POSITION:
        return {layout.pan_nibbles + layout.tilt_nibbles}
    return {row.size for row in codec.ANSWER_ROWS[inquiry.value]}
