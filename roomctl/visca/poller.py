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
from roomctl.visca.reading import PendingQueries


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
_PLACE = (Inquiry.POSITION, Inquiry.ZOOM)
LATE_S = 3.0  # after the limit an answer may still come; 2.1 s after the question was seen


class Poller:
    """The questions to one camera and their answers.

    What it said is told as long as it goes on answering (`reading`); a question that it has never
    answered, although it answers others, is dropped until the next start.
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
        self._refused: set[Inquiry] = set()
        self._unread: PendingQueries[Inquiry] = PendingQueries()
        self._asked: set[Inquiry] = set()
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
        self._unread.clear()
        self._asked.clear()
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
            if inquiry not in self._queue and self._may_ask(inquiry):
                self._queue.append(inquiry)

    def _may_ask(self, inquiry: Inquiry) -> bool:
        return inquiry not in self._dropped and not self._unread.rests(inquiry)

    def ask_first(self, inquiry: Inquiry) -> None:
        """Ask this before whatever waits."""
        if self._may_ask(inquiry):
            self._take_out(inquiry)
            self._queue.appendleft(inquiry)

    def next(self, now: float, layout: PositionLayout) -> Inquiry | None:
        """Return the question to ask now; None: none whose answer could be told from a late one."""
        self._late = {late: until for late, until in self._late.items() if now < until}
        if not self._queue or None in self._late:
            return None
        copied = [self._last] if self._copies and self._last is not None else []
        late = {size for inquiry in (*self._late, *copied) for size in _sizes(inquiry, layout)}
        for inquiry in (*self._queue, *_CORE):
            known = inquiry in self._queue or self._may_ask(inquiry)
            if known and late.isdisjoint(_sizes(inquiry, layout)):
                return inquiry
        return None

    def asking(self, inquiry: Inquiry, now: float) -> None:
        """Note that `inquiry` is asked now."""
        self._take_out(inquiry)
        self._asked.add(inquiry)
        self._unread.asks(inquiry, now)

    def _take_out(self, inquiry: Inquiry) -> None:
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

    # What it leaves unanswered.

    @property
    def unread(self) -> frozenset[Inquiry]:
        """What it has said, or should say, and does not say any more."""
        return frozenset(self._unread.old)

    def read_since(self, inquiry: Inquiry, at: float) -> bool:
        """Whether it has answered this since then, or never does."""
        return inquiry in self._dropped or self._unread.read_at.get(inquiry, at) > at

    def tick(self, now: float) -> bool:
        """Ask again what has rested; return whether something that it said has become old."""
        self._queue.extend(each for each in self._unread.again(now) if each not in self._queue)
        aged = self._unread.aged(now)
        for inquiry in aged:
            self.seen = self._without(inquiry)
        return bool(aged)

    def wake(self) -> None:
        """Ask again at once what has rested: somebody waits for it."""
        self._unread.wake()

    def due(self) -> list[float]:
        """Return when time alone changes something."""
        return self._unread.due()

    def _without(self, inquiry: Inquiry) -> Readback:
        """Return what it has said, without the answer to `inquiry`; who it is does not change."""
        seen = self.seen
        match inquiry:
            case Inquiry.VERSION:
                return seen
            case Inquiry.POWER:
                return replace(seen, power=None)
            case Inquiry.ZOOM:
                return replace(seen, zoom=None)
            case Inquiry.POSITION:
                return replace(seen, pan=None, tilt=None)
        others = {each: value for each, value in seen.settings.items() if each is not inquiry}
        return replace(seen, settings=others)

    def _give_up(self, inquiry: Inquiry, now: float, *, owed: bool) -> bool:
        """Take it for unknown, and ask again later if an answer is `owed`; return if not."""
        self.seen = self._without(inquiry)
        self._asked.discard(inquiry)
        self._open.discard(inquiry)
        self._take_out(inquiry)
        if owed:
            self._unread.rest(inquiry, now)
        else:
            self.drop(inquiry)
        return not owed

    def answered(self, inquiry: Inquiry, data: bytes, layout: PositionLayout, now: float) -> bool:
        """Take an answer; return whether it says something new. ValueError: it is no answer."""
        seen = self._with(inquiry, data, layout)
        self._unread.answered(inquiry, now)
        self._asked.discard(inquiry)
        self._late.clear()
        self._last = inquiry
        self._refused.discard(inquiry)
        self._open.discard(inquiry)
        new = seen != self.seen
        if seen.power and self.seen.power is False:
            self._dropped -= self._refused  # on its way to standby it refuses what it has, too
            self._refused.clear()
            self._unread.wake()
        self._changed_in_round |= new and inquiry in _PLACE
        self.seen = seen
        return new

    def refused(self, inquiry: Inquiry, now: float) -> bool:
        """Note that the camera will not say, as in standby. Return whether it is dropped.

        Once may be an error that a bridge added to a good answer (quartzo/webcam-visca-ip). What it
        refuses twice running is not known any more; a setting that it never told, while it is on,
        is one that it does not have.
        """
        self._open.discard(inquiry)
        self._asked.discard(inquiry)
        self._unread.drop(inquiry)
        again = inquiry in self._refused
        self._refused.add(inquiry)
        if again and (inquiry in _CORE or self.seen.power is False):
            self.seen = self._without(inquiry)
        elif again:
            return self._give_up(inquiry, now, owed=inquiry in self._unread.heard)
        elif inquiry not in _CORE and self.seen.power is not False:
            self.ask(inquiry)
        return False

    def missed(self, inquiry: Inquiry, tries: int, now: float, *, known: bool) -> bool:
        """Note that no answer came; ask again, or rest after `tries`. Return whether it is dropped.

        `known`: this model is known to answer it. What is not, and has never been answered, is
        dropped.
        """
        self._asked.discard(inquiry)
        if self._unread.missed(inquiry) < tries:
            self.ask(Inquiry.POWER, inquiry)  # is it deaf, or deaf to this question only?
            return False
        return self._give_up(inquiry, now, owed=known or inquiry in self._unread.heard)

    def drop(self, inquiry: Inquiry) -> None:
        """Do not ask this any more."""
        self._dropped.add(inquiry)
        self._open.discard(inquiry)
        self._asked.discard(inquiry)
        self._unread.drop(inquiry)
        self._take_out(inquiry)

    def poll(self, now: float, *, zooms: bool) -> None:
        """Begin a round of questions; after a move, the first round without change ends it.

        `zooms` False: the zoom cannot have moved, and is not asked for.
        """
        if not self._queue and self._asked.isdisjoint(_PLACE):
            self._unsettled = self._unsettled and self._changed_in_round
            self._changed_in_round = False
            power = () if self.seen.moving else (Inquiry.POWER,)
            zoom = (Inquiry.ZOOM,) if zooms else ()
            self.ask(*power, Inquiry.POSITION, *zoom)
        for inquiry in self._queue:
            self._unread.asks(inquiry, now)

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
