"""The conversation with one USB camera: what is said next, and what is known of it.

First its controls are listed, and it is stopped; then it can be used. A stop goes before all else;
a drive is a lease that ends by itself. Knows no port and no clock; time is an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from roomctl.camera.protocol import ProtocolEvents, Reading
from roomctl.camera.uvc.axis import UvcAxis
from roomctl.camera.uvc.message import (
    ARC_SECONDS,
    COUPLED,
    ControlId,
    ControlValue,
    EndOfControls,
    GetControl,
    ListControls,
    Request,
    SetControl,
    SetControlPair,
    UvcControl,
    decode,
    encode,
)
from roomctl.frozen import frozen
from roomctl.motion import (
    CommandSequence,
    LookPolicy,
    Outcome,
    PolledMotion,
    RequestEnd,
    StopPolicy,
)
from roomctl.visca.reading import PendingQueries
from roomctl.wire import Chunk

TOP_DEG_S = 30.0  # of pan and tilt where only places can be told; PTZ cameras for rooms do 60-120
FULL_S = 3.0  # zoom and focus, from end to end
AGAIN_S = 1.0  # from giving up until it is asked again
STOP = StopPolicy(again_s=0.5, again_most_s=0.5)
LOOK = LookPolicy(0.1, 5.0, limit_s=30.0, looks=5, stands_s=0.0, elsewhere_s=0.0)
TRIES = 5  # of a stop, and of a question, before the camera counts as silent

_READINGS: Mapping[int, Reading] = {
    ControlId.PAN_ABSOLUTE: "position",
    ControlId.TILT_ABSOLUTE: "position",
    ControlId.ZOOM_ABSOLUTE: "zoom",
    ControlId.FOCUS_ABSOLUTE: "focus",
    ControlId.FOCUS_AUTO: "focus",
    ControlId.EXPOSURE_AUTO: "exposure",
    ControlId.AUTO_WHITE_BALANCE: "white_balance",
    ControlId.BACKLIGHT_COMPENSATION: "backlight",
}
_AXES = ("pan", "tilt", "zoom", "focus")
_MODES = (
    ControlId.FOCUS_AUTO,
    ControlId.EXPOSURE_AUTO,
    ControlId.AUTO_WHITE_BALANCE,
    ControlId.BACKLIGHT_COMPENSATION,
)


@dataclass(slots=True, eq=False)
class SetRequest(CommandSequence[SetControl]):
    """Controls to be set, of which somebody waits for the end; `moves`: until it stands there.

    `unread`: where it stands was not read since these were set.
    """

    still: int = 0
    unread: set[int] = field(default_factory=set)

    @property
    def other_half(self) -> SetControl | None:
        """Return what is to be set together with the next one."""
        one, *more = self.left
        return next((each for each in more[:1] if each.id == COUPLED.get(one.id)), None)


@frozen
class _Pending:
    """What is being said, and on whose behalf; an axis or a request, else a question of ours.

    `half` is what is written with it, for the kernel would write something else there: what its
    axis `too` has to say, or what that is doing anyway.
    """

    message: Request
    of: UvcAxis | SetRequest | None = None
    half: SetControl | None = None
    too: UvcAxis | None = None

    @property
    def request(self) -> Request:
        """Return what goes to the camera."""
        match self.message, self.half:
            case SetControl() as one, SetControl() as other:
                return SetControlPair(one, other)
        return self.message


class UvcConnection:
    """The Machine of one USB camera."""

    def __init__(self, events: ProtocolEvents) -> None:
        self.controls: dict[int, UvcControl] = {}
        self.values: dict[int, int] = {}
        self.axes: dict[str, UvcAxis] = {}
        self.ready = False
        self._events = events
        self._out: _Pending | None = None
        self._ask_at: float | None = 0.0
        self.motion: PolledMotion[str, float, SetRequest] = PolledMotion(STOP, LOOK, _AXES)
        self._questions: deque[int] = deque()
        self._awaited: set[int] = set()
        self._before: tuple[int | None, ...] = ()
        self._unsettled = False
        self._seen_at = 0.0
        self._failures = 0
        self._unread: PendingQueries[int] = PendingQueries()

    # What it is asked.

    @property
    def unread(self) -> frozenset[Reading]:
        """What it should say of itself, and does not."""
        return frozenset(_READINGS[each] for each in self._unread.old if each in _READINGS)

    def says(self, control: int) -> bool:
        """Whether it still says the value of a control when it is asked."""
        return control not in self._unread.old

    @property
    def moving(self) -> bool:
        return self.ready and (self.motion.moving or self._unsettled)

    def drive(self, wanted: Mapping[str, float], until: float, now: float) -> None:
        """Drive axes by name, -1 to 1, until `until`; those not named stand still."""
        drives = {name: axis.driven(wanted.get(name, 0.0)) for name, axis in self.axes.items()}
        self.motion.drive(drives, until, now)

    def stop(self, now: float) -> None:
        """Stop everything, whatever is believed of it."""
        by_speed = {name for name, axis in self.axes.items() if axis.speed is not None}
        self.motion.stop(now, also=by_speed)

    def submit(self, request: SetRequest, now: float) -> None:
        """Set what a request wants; a newer move replaces an older one."""
        self.motion.submit(request, now)

    def forget(self) -> None:
        """End what still waits; the camera is gone."""
        self.ready, self._unsettled = False, False
        self.axes = {}
        self._questions.clear()
        self._unread.clear()
        self.motion.give_up()
        self.motion.forget()

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        try:
            message = decode(chunk.data)
        except ValueError:
            return
        match message:
            case UvcControl():
                self.controls[message.id] = message
            case EndOfControls():
                self._listed(chunk.at)
            case ControlValue(control, value):
                self._heard(control, value, chunk.at)

    def tick(self, now: float) -> None:
        self.motion.tick(now)
        for control in self._unread.aged(now):
            self._unread.rest(control, now)
            self._take_for_old(control, now)
        self._questions.extend(self._unread.again(now))
        if self.ready and now >= self.motion.look_at:
            (self._look if self.moving else self._ask_all)(now)

    def due(self) -> float | None:
        if self._ask_at is not None:
            return self._ask_at
        waits = [at for at in self.motion.due() if at > self._seen_at]
        waits += [self.motion.look_at, *self._unread.due()] if self.ready else []
        return min(waits, default=None)

    def outbox(self, now: float) -> bytes | None:
        self._seen_at = now
        self._out = self._next(now)
        return None if self._out is None else encode(self._out.request)

    def _next(self, now: float) -> _Pending | None:
        if self._ask_at is not None and now >= self._ask_at:
            return _Pending(ListControls())
        for axis in self.axes.values():
            if (urgent := axis.urgent(now)) is not None:
                return self._whole(_Pending(urgent, axis), now)
        for axis in self.axes.values():
            if (wish := axis.wish(now)) is not None:
                return self._whole(_Pending(wish, axis), now)
        for request in self.motion.waiting:
            if not self._halting(request.left[0]):
                return _Pending(request.left[0], request, request.other_half)
        return _Pending(GetControl(self._questions[0])) if self._questions else None

    def _whole(self, said: _Pending, now: float) -> _Pending:
        """Return `said` with what the axis that shares its control says, or does anyway."""
        message = said.message
        other = self._sharer(message)
        if not isinstance(message, SetControl) or other is None:
            return said
        says = other.urgent(now) or other.wish(now)
        if isinstance(says, SetControl) and says.id == COUPLED[message.id]:
            return replace(said, half=says, too=other)
        return replace(said, half=other.doing(COUPLED[message.id]))

    def _sharer(self, message: Request) -> UvcAxis | None:
        shared = COUPLED.get(message.id) if isinstance(message, SetControl) else None
        has = [axis for axis in self.axes.values() if shared in axis.ids]
        return has[0] if has else None

    def _halting(self, message: SetControl) -> bool:
        axes = self.axes.values()
        return any(axis.motion.stop_owed for axis in axes if message.id in axis.ids)

    def sent(self, now: float) -> None:
        stopping = self.motion.stopping
        self._note_sent(now)
        if stopping and not self.motion.stopping:
            self._events.changed()

    def _note_sent(self, now: float) -> None:
        said, self._out = self._out, None
        self._failures = 0
        match said:
            case _Pending(GetControl() | SetControl() as message, UvcAxis() as axis, half, too):
                axis.said(message, now)
                if too is not None and half is not None:
                    too.said(half, now)
            case _Pending(SetControl() as message, SetRequest() as request, half):
                for each in (message, half) if half else (message,):
                    request.written(now)
                    self._request_told(request, each, now)
            case _Pending(ListControls()):
                self._ask_at = None
            case _Pending():
                self._unread.asks(self._questions[0], now)
                self._awaited.add(self._questions.popleft())

    def failed(self, now: float, why: str) -> None:
        said, self._out = self._out, None
        self._failures += 1
        match said:
            case _Pending(_, UvcAxis() as axis, _, too):
                axis.refused(now)
                if too is not None:
                    too.refused(now)
            case _Pending(_, SetRequest() as request):
                outcome = Outcome(RequestEnd.REFUSED, why=why or "was refused")
                self.motion.end(request, outcome)
            case _Pending(ListControls()):
                pass
            case _Pending():
                self._question_missed(self._questions.popleft(), now)
                self._round_ended(now)
        if self._failures >= TRIES or self._ask_at is not None:
            self._begin_again(now, why)

    def _question_missed(self, control: int, now: float) -> None:
        """Ask it again in the next round; after tries enough less and less often."""
        if self._unread.missed(control) >= TRIES:
            self._unread.rest(control, now)
            self._take_for_old(control, now)

    def _take_for_old(self, control: int, now: float) -> None:
        """Take for unknown what it does not say any more; a move that this would end, may have."""
        self.values.pop(control, None)
        move = self.motion.move
        if move is not None and not move.left and any(each.id == control for each in move.commands):
            self.motion.arrived(Outcome(RequestEnd.UNKNOWN))
        self._events.changed()

    # How it is done.

    def _begin_again(self, now: float, why: str) -> None:
        """Give up what was begun, loudly, and see later whether the camera obeys again."""
        self.forget()
        self.controls.clear()
        self._failures, self._ask_at = 0, now + AGAIN_S
        self._events.silent(why)

    def _listed(self, now: float) -> None:
        turn = TOP_DEG_S * ARC_SECONDS
        self.axes = {
            "pan": self._axis("pan", ControlId.PAN_SPEED, ControlId.PAN_ABSOLUTE, turn),
            "tilt": self._axis("tilt", ControlId.TILT_SPEED, ControlId.TILT_ABSOLUTE, turn),
            "zoom": self._axis("zoom", ControlId.ZOOM_CONTINUOUS, ControlId.ZOOM_ABSOLUTE),
            "focus": self._axis("focus", None, ControlId.FOCUS_ABSOLUTE),
        }
        self.motion.stop(now, also=_AXES)
        self._ask_all(now)

    def _axis(
        self, name: str, speed: ControlId | None, place: ControlId, top: float | None = None
    ) -> UvcAxis:
        """Return an axis; `top` None: it goes from end to end in `FULL_S`."""
        control = self.controls.get(place)
        reach = control.maximum - control.minimum if control else 0
        driven = self.controls.get(speed) if speed else None
        return UvcAxis(self.motion.axes[name], driven, control, top or reach / FULL_S)

    def _ask_all(self, now: float) -> None:
        """Ask where it is, and how it sees."""
        modes = [m for m in _MODES if m in self.controls and self.controls[m].readable]
        self._look(now, modes)

    def _look(self, now: float, modes: Iterable[int] = ()) -> None:
        self.motion.look_later(now, moving=self.moving)
        places = [axis.place.id for axis in self.axes.values() if axis.place is not None]
        for control in filter(self._unread.rests, self._awaited):
            self._unread.rest(control, now)  # it was asked once more, and nothing came
        self._awaited.clear()
        self._questions = deque(each for each in (*places, *modes) if not self._unread.rests(each))
        self._round_ended(now)

    def _heard(self, control: int, value: int, now: float) -> None:
        if control in self._awaited:
            self._unread.answered(control, now)
            if self.motion.move is not None:
                self.motion.move.unread.discard(control)
        new = self.values.get(control) != value
        if self.says(control):  # what was set is said once more, wherever it stands
            self.values[control] = value
        for axis in self.axes.values():
            if axis.place is not None and axis.place.id == control:
                axis.heard(value, now)
        if control == ControlId.FOCUS_AUTO and value and "focus" in self.axes:
            self.axes["focus"].let_go(now)  # the kernel takes no place of it then (EACCES)
        if control in self._awaited:
            self._awaited.discard(control)
            self._round_ended(now)
        request = self.motion.settings[0] if self.motion.settings else None
        if request is not None and not request.left and request.commands[-1].id == control:
            self.motion.end(request, Outcome(RequestEnd.DONE))
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
        if (move := self.motion.move) is not None and not move.left:
            self._judge(move, now, changed=changed)
        if self.ready != was_ready:
            self._events.answered()
        if self.moving != was_moving:
            self._events.changed()
        if self.moving:
            self.motion.look_soon(now)

    def _judge(self, move: SetRequest, now: float, *, changed: bool) -> None:
        if not all(self.says(each.id) for each in move.commands):
            self.motion.arrived(Outcome(RequestEnd.UNKNOWN))
        elif not move.unread:
            there = all(self._is_there(each) for each in move.commands)
            exact = all(self.values.get(each.id) == each.value for each in move.commands)
            move.still = 0 if changed else move.still + 1
            self.motion.looked(now, there=there, looks=move.still or int(exact), changed_at=now)

    def _is_there(self, wanted: SetControl) -> bool:
        control, at = self.controls[wanted.id], self.values.get(wanted.id)
        return not control.readable or (
            at is not None and abs(at - wanted.value) <= max(1, control.step)
        )

    def _request_told(self, request: SetRequest, message: SetControl, now: float) -> None:
        if request.moves:
            if self.controls[message.id].readable:
                request.unread.add(message.id)
                self._awaited.discard(message.id)  # what was asked before proves nothing
            for name, axis in self.axes.items():
                if message.id in axis.ids:
                    axis.sent_to(message.value)
                    self.motion.set_off(request, (name,), now)
            request.answered_at = now
            self.motion.look_soon(now)
