"""The conversation with one USB camera: what is said next, and what is known of it.

First its controls are listed, and it is stopped; then it can be used. A stop goes before all else;
a drive is a lease that ends by itself. Knows no port and no clock; time is an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from roomctl.camera.uvc.axis import Axis
from roomctl.camera.uvc.message import (
    ARC_SECONDS,
    COUPLED,
    Ask,
    Both,
    Control,
    End,
    Get,
    Id,
    Request,
    Set,
    Value,
    decode,
    encode,
)
from roomctl.visca.request import RequestEnd
from roomctl.wire import Chunk

TOP_DEG_S = 30.0  # of pan and tilt where only places can be told; PTZ cameras for rooms do 60-120
FULL_S = 3.0  # zoom and focus, from end to end
MOVING_S, IDLE_S = 0.1, 5.0  # between two looks at where it is
AGAIN_S = 1.0  # from giving up until it is asked again
STILL_ROUNDS = 5  # without change: it stands
LIMIT_S = 30.0  # for a move
TRIES = 5  # of a stop, and of a question, before the camera counts as silent

_MODES = (Id.FOCUS_AUTO, Id.EXPOSURE_AUTO, Id.AUTO_WHITE_BALANCE)


class Events(Protocol):
    """What a conversation tells."""

    def answered(self) -> None: ...
    def silent(self, detail: str) -> None: ...
    def changed(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an errand ended, and why."""

    end: RequestEnd
    why: str = ""


@dataclass(slots=True, eq=False)
class Errand:
    """Controls to be set, of which somebody waits for the end; `moves`: until it stands there."""

    sets: tuple[Set, ...]
    ended: Callable[[Outcome], None]
    moves: bool = False
    left: deque[Set] = field(init=False)
    since: float | None = None
    still: int = 0

    def __post_init__(self) -> None:
        self.left = deque(self.sets)

    @property
    def other_half(self) -> Set | None:
        """Return what is to be set together with the next one."""
        one, *more = self.left
        return next((each for each in more[:1] if each.id == COUPLED.get(one.id)), None)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is being said, and on whose behalf; an axis or an errand, else a question of ours.

    `half` is what is written with it, for the kernel would write something else there: what its
    axis `too` has to say, or what that is doing anyway.
    """

    message: Request
    of: Axis | Errand | None = None
    half: Set | None = None
    too: Axis | None = None

    @property
    def request(self) -> Request:
        """Return what goes to the camera."""
        match self.message, self.half:
            case Set() as one, Set() as other:
                return Both(one, other)
        return self.message


class UvcTalk:
    """The Machine of one USB camera."""

    def __init__(self, events: Events) -> None:
        self.controls: dict[int, Control] = {}
        self.values: dict[int, int] = {}
        self.axes: dict[str, Axis] = {}
        self.ready = False
        self._events = events
        self._out: _Said | None = None
        self._ask_at: float | None = 0.0
        self._until: float | None = None
        self._settings: deque[Errand] = deque()
        self._journey: Errand | None = None
        self._questions: deque[int] = deque()
        self._awaited: set[int] = set()
        self._before: tuple[int | None, ...] = ()
        self._unsettled = False
        self._look_at = 0.0
        self._failures = 0

    # What it is asked.

    @property
    def moving(self) -> bool:
        active = any(axis.active for axis in self.axes.values())
        return self.ready and (active or self._unsettled or self._journey is not None)

    @property
    def stopping(self) -> bool:
        return any(axis.stopping for axis in self.axes.values())

    def drive(self, wanted: Mapping[str, float], until: float, now: float) -> None:
        """Drive axes by name, -1 to 1, until `until`; those not named stand still."""
        if any(wanted.values()):
            self._end_journey(RequestEnd.REPLACED)
        for name, axis in self.axes.items():
            axis.drive(wanted.get(name, 0.0))
        self._until = until
        self._look_soon(now)

    def stop(self, now: float) -> None:
        """Stop everything, whatever is believed of it."""
        self._until = None
        self._end_journey(RequestEnd.STOPPED)
        for axis in self.axes.values():
            axis.halt()
        self._look_soon(now)

    def submit(self, errand: Errand, now: float) -> None:
        """Set what an errand wants; a newer move replaces an older one."""
        if not errand.moves:
            self._settings.append(errand)
            return
        self._end_journey(RequestEnd.REPLACED)
        self._until = None
        for axis in self.axes.values():
            axis.drive(0.0)
        self._journey = errand
        self._look_soon(now)

    def forget(self) -> None:
        """End what still waits; the camera is gone."""
        self.ready, self._unsettled = False, False
        self.axes, self._until = {}, None
        self._questions.clear()
        self._end_journey(RequestEnd.OFFLINE)
        while self._settings:
            self._settings.popleft().ended(Outcome(RequestEnd.OFFLINE))

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        try:
            message = decode(chunk.data)
        except ValueError:
            return
        match message:
            case Control():
                self.controls[message.id] = message
            case End():
                self._listed(chunk.at)
            case Value(control, value):
                self._heard(control, value, chunk.at)

    def tick(self, now: float) -> None:
        if self._until is not None and now >= self._until:
            self._until = None
            for axis in self.axes.values():
                axis.stop()
        journey = self._journey
        if journey and journey.since is not None and now >= journey.since + LIMIT_S:
            self._end_journey(RequestEnd.NO_REPLY)
        if self.ready and now >= self._look_at:
            (self._look if self.moving else self._ask_all)(now)

    def due(self) -> float | None:
        if self._ask_at is not None:
            return self._ask_at
        waits = [due for axis in self.axes.values() if (due := axis.due()) is not None]
        waits += [self._until] if self._until is not None else []
        return min([*waits, self._look_at] if self.ready else waits, default=None)

    def outbox(self, now: float) -> bytes | None:
        self._out = self._next(now)
        return None if self._out is None else encode(self._out.request)

    def _next(self, now: float) -> _Said | None:
        if self._ask_at is not None and now >= self._ask_at:
            return _Said(Ask())
        for axis in self.axes.values():
            if (urgent := axis.urgent(now)) is not None:
                return self._whole(_Said(urgent, axis), now)
        for axis in self.axes.values():
            if (wish := axis.wish(now)) is not None:
                return self._whole(_Said(wish, axis), now)
        for errand in (self._journey, self._settings[0] if self._settings else None):
            if errand is not None and errand.left and not self._halting(errand.left[0]):
                return _Said(errand.left[0], errand, errand.other_half)
        return _Said(Get(self._questions[0])) if self._questions else None

    def _whole(self, said: _Said, now: float) -> _Said:
        """Return `said` with what the axis that shares its control says, or does anyway."""
        message = said.message
        other = self._sharer(message)
        if not isinstance(message, Set) or other is None:
            return said
        says = other.urgent(now) or other.wish(now)
        if isinstance(says, Set) and says.id == COUPLED[message.id]:
            return replace(said, half=says, too=other)
        return replace(said, half=other.doing(COUPLED[message.id]))

    def _sharer(self, message: Request) -> Axis | None:
        shared = COUPLED.get(message.id) if isinstance(message, Set) else None
        has = [axis for axis in self.axes.values() if shared in axis.ids]
        return has[0] if has else None

    def _halting(self, message: Set) -> bool:
        return any(axis.stopping for axis in self._axes_of(message))

    def sent(self, now: float) -> None:
        said, self._out = self._out, None
        self._failures = 0
        match said:
            case _Said(message, Axis() as axis, half, too):
                axis.said(message, now)
                if too is not None and half is not None:
                    too.said(half, now)
            case _Said(Set() as message, Errand() as errand, half):
                for each in (message, half) if half else (message,):
                    errand.left.popleft()
                    self._errand_told(errand, each, now)
            case _Said(Ask()):
                self._ask_at = None
            case _Said():
                self._awaited.add(self._questions.popleft())

    def failed(self, now: float, why: str) -> None:
        said, self._out = self._out, None
        self._failures += 1
        match said:
            case _Said(_, Axis() as axis, _, too):
                axis.refused(now)
                if too is not None:
                    too.refused(now)
            case _Said(_, Errand() as errand):
                self._fail(errand, why)
            case _Said(Ask()):
                pass
            case _Said():
                self._questions.popleft()
                self._round_ended(now)
        if self._failures >= TRIES or self._ask_at is not None:
            self._begin_again(now, why)

    # How it is done.

    def _begin_again(self, now: float, why: str) -> None:
        """Give up what was begun, loudly, and see later whether the camera obeys again."""
        self.forget()
        self.controls.clear()
        self._failures, self._ask_at = 0, now + AGAIN_S
        self._events.silent(why)

    def _listed(self, now: float) -> None:
        here = self.controls.get
        turn = TOP_DEG_S * ARC_SECONDS
        self.axes = {
            "pan": Axis(here(Id.PAN_SPEED), here(Id.PAN_ABSOLUTE), turn),
            "tilt": Axis(here(Id.TILT_SPEED), here(Id.TILT_ABSOLUTE), turn),
            "zoom": self._range(Id.ZOOM_CONTINUOUS, Id.ZOOM_ABSOLUTE),
            "focus": self._range(None, Id.FOCUS_ABSOLUTE),
        }
        self._ask_all(now)

    def _range(self, speed: Id | None, place: Id) -> Axis:
        control = self.controls.get(place)
        reach = control.maximum - control.minimum if control else 0
        driven = self.controls.get(speed) if speed else None
        return Axis(driven, control, reach / FULL_S)

    def _ask_all(self, now: float) -> None:
        """Ask where it is, and how it sees."""
        modes = [m for m in _MODES if m in self.controls and self.controls[m].readable]
        self._look(now, modes)

    def _look(self, now: float, modes: Iterable[int] = ()) -> None:
        self._look_at = now + (MOVING_S if self.moving else IDLE_S)
        places = [axis.place.id for axis in self.axes.values() if axis.place is not None]
        self._awaited.clear()
        self._questions = deque([*places, *modes])
        self._round_ended(now)

    def _look_soon(self, now: float) -> None:
        self._look_at = min(self._look_at, now + MOVING_S)

    def _heard(self, control: int, value: int, now: float) -> None:
        new = self.values.get(control) != value
        self.values[control] = value
        for axis in self.axes.values():
            if axis.place is not None and axis.place.id == control:
                axis.heard(value)
        if control == Id.FOCUS_AUTO and value and "focus" in self.axes:
            self.axes["focus"].let_go()  # the kernel takes no place of it then (EACCES)
        if control in self._awaited:
            self._awaited.discard(control)
            self._round_ended(now)
        errand = self._settings[0] if self._settings else None
        if errand is not None and not errand.left and errand.sets[-1].id == control:
            self._settings.popleft()
            errand.ended(Outcome(RequestEnd.DONE))
        self._events.answered()
        if new:
            self._events.changed()

    def _round_ended(self, now: float) -> None:
        """See what a round of questions has shown: whether it still moves, whether it is there."""
        if self._questions or self._awaited:
            return
        was_ready, self.ready = self.ready, bool(self.axes)
        where = tuple(self.axes[name].at for name in ("pan", "tilt", "zoom"))
        was_moving, changed = self.moving, where != self._before
        self._before, self._unsettled = where, changed and self.ready and bool(self._before)
        if (journey := self._journey) is not None and not journey.left:
            self._judge(journey, changed)
        if self.ready != was_ready:
            self._events.answered()
        if self.moving != was_moving:
            self._events.changed()
        if self.moving:
            self._look_soon(now)

    def _judge(self, journey: Errand, changed: bool) -> None:
        off = [each for each in journey.sets if not self._is_there(each)]
        journey.still = 0 if changed else journey.still + 1
        exact = all(self.values.get(each.id) == each.value for each in journey.sets)
        if not off and (exact or not changed):
            for axis in self.axes.values():
                axis.arrived()
            self._end_journey(RequestEnd.DONE)
        elif journey.still >= STILL_ROUNDS:
            self._end_journey(RequestEnd.REFUSED, "stands elsewhere than it was sent to")

    def _is_there(self, wanted: Set) -> bool:
        control, at = self.controls[wanted.id], self.values.get(wanted.id)
        return not control.readable or (
            at is not None and abs(at - wanted.value) <= max(1, control.step)
        )

    def _errand_told(self, errand: Errand, message: Set, now: float) -> None:
        errand.since = now if errand.since is None else errand.since
        if errand.moves:
            for axis in self._axes_of(message):
                (axis.sent_to if errand is self._journey else axis.overtaken)(message.value)
            self._look_soon(now)

    def _fail(self, errand: Errand, why: str) -> None:
        if errand is self._journey:
            self._end_journey(RequestEnd.REFUSED, why)
        else:
            self._settings.popleft()
            errand.ended(Outcome(RequestEnd.REFUSED, why))

    def _end_journey(self, end: RequestEnd, why: str = "") -> None:
        journey, self._journey = self._journey, None
        if journey is not None:
            journey.ended(Outcome(end, why))

    def _axes_of(self, message: Set) -> list[Axis]:
        return [axis for axis in self.axes.values() if message.id in axis.ids]
