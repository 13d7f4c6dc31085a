"""The conversation with one AW camera: what is said next, and what is known of it.

The camera has no lease and no queue: a drive runs until it is stopped or at its end stop, and a
command that comes too soon behind another may be lost. So the stop of what runs waits for nothing:
not for the pace, not for an answer, not for a poll. It has a connection of its own, is said again
until it is answered, and then looked at: an axis that still moves is stopped again. A stop that
came too soon, or while a drive was on its way that could come behind it, counts for nothing. A
newer drive waits until the older one is answered, and for the pace; a poll waits for all else. When
a camera is first heard of, and whenever it is back, it is stopped before it is asked anything.

Knows no port and no clock; time is an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from roomctl.camera.aw.message import AwMessage, InvalidAwMessage, read, target
from roomctl.camera.protocol import LoginRefused, ProtocolEvents, Reading
from roomctl.errors import PortReason
from roomctl.frozen import frozen
from roomctl.motion import (
    NEVER,
    AxisMotion,
    CommandSequence,
    LookPolicy,
    Outcome,
    PolledMotion,
    RequestEnd,
    StopPolicy,
)
from roomctl.ports.http import KEPT_BACK, LOGIN_REFUSED, HttpAnswer, HttpRequest
from roomctl.visca.reading import PendingQueries
from roomctl.wire import Chunk

PTZ_PACE_S = 0.04  # between commands that move (AW-UE100, page 6)
SLOW_PACE_S = 0.13  # the same of older ones (CGI_TIME of an AW-HE130 and AW-HR140)
CAM_PACE_S = 0.13  # between those for the picture (AW-HE42, page 42)
DRIVE_S, ASK_S = 0.5, 1.0  # how long an answer may take
STOP_S = 1.0
LONG_S = 65.0  # a recall may be answered when it has arrived (AW-HE42, page 211; AW-HE20: a minute)
AGAIN_S = 0.1
SILENT_S = 1.0  # between two stops of one that answers nothing
STOP = StopPolicy(AGAIN_S, 0.4, ramp_s=0.6, most=5)
LOOK = LookPolicy(0.1, 5.0, limit_s=60.0, looks=2, stands_s=0.5, elsewhere_s=1.5)
TRIES, SILENT_AFTER_S = 3, 2.5  # failures in a row, and without any answer, until it is silent
NEAR = 40  # units (a third of a degree) off its place, and there

Axes = Literal["pan_tilt", "zoom", "focus"]
STOPS: Mapping[Axes, str] = {"pan_tilt": "#PTS5050", "zoom": "#Z50", "focus": "#F50"}
_WHERE = ("#APC", "#GZ")
_SETTINGS = ("#D1", "#GF", "QAW", "QUS")
_EVERYTHING = ("#O", *_WHERE, *_SETTINGS)
_MOUNTING = ("#INS", "#UPVS")  # nobody changes it while the room runs but the room
_NEEDED = ("QID", "#O", *_WHERE, "#D1")  # before it can be used
_READINGS: Mapping[str, Reading] = {
    "#APC": "position",
    "#GZ": "zoom",
    "#O": "power",
    "#D1": "focus",
    "#GF": "focus",
    "QAW": "white_balance",
    "QUS": "menu",
    "#INS": "flip",
}
_SEEN_BY: Mapping[Axes, str] = {"pan_tilt": "#APC", "zoom": "#GZ"}  # nothing tells of the focus
AwAxes = AxisMotion[Axes, str]


@dataclass(slots=True, eq=False)
class AwRequest(CommandSequence[str]):
    """Commands whose end somebody waits for.

    `moves`: which axes; then it ends when they stand. `places`: where, in units of the wire.
    """

    moves: tuple[Axes, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict, kw_only=True)


@frozen
class _Pending:
    """What is on its way; `place`: of a stop, among the drives; None: it came too soon to count."""

    command: str
    deadline: float
    of: AwRequest | AwAxes | None = None
    stop: bool = False
    place: int | None = None
    long: bool = False


class AwConnection:
    """The Machine of one AW camera; `url` is what errors call it."""

    def __init__(self, events: ProtocolEvents, url: str) -> None:
        self.said: dict[str, AwMessage] = {}
        self.motion: PolledMotion[Axes, str, AwRequest] = PolledMotion(STOP, LOOK, STOPS)
        self._axes = self.motion.axes
        self.motion.stop(0.0, also=STOPS)
        self.lacks: set[str] = set()
        self.pace_s = SLOW_PACE_S
        self.ready = False
        self._events, self._url = events, url
        self._denied: LoginRefused | None = None
        self._pending: dict[int, _Pending] = {}
        self._number = 0
        self._out: tuple[int, _Pending] | None = None
        self._ptz_at = self._cam_at = 0.0
        self._questions: deque[str] = deque(("QID", *_EVERYTHING, "QSV", *_MOUNTING))
        self._seen_at = 0.0
        self._heard_of: set[str] = set()  # questions that were answered, if only with a no
        self._unread: PendingQueries[str] = PendingQueries()
        self._failures = 0
        self._answered_at: float | None = None
        self._silent = False
        self._still = dict.fromkeys(_WHERE, 0)  # answers in a row that say the same
        self._changed_at = dict.fromkeys(_WHERE, -1.0)  # when it was last seen to have moved

    # What it is asked.

    @property
    def unread(self) -> frozenset[Reading]:
        """What it should say of itself, and does not."""
        on = _is_on(self.said["#O"]) if "#O" in self.said else True
        old = self._unread.old if on else ()
        return frozenset(_READINGS[each] for each in old if each in _READINGS)

    @property
    def moving(self) -> bool:
        return self.ready and (self.motion.moving or not self._looks())

    def drive(self, wanted: Mapping[Axes, str | None], until: float, now: float) -> None:
        """Drive axes until `until`, by the commands named; those without one stand still."""
        self.motion.drive(wanted, until, now)

    def stop(self, now: float) -> None:
        """Stop everything, whatever is believed of it."""
        self.motion.stop(now, also=STOPS)

    def submit(self, request: AwRequest, now: float) -> None:
        """Have commands said; a newer move replaces an older one, and stops what is driven."""
        self.motion.submit(request, now)

    def ask_power(self) -> None:
        """Ask soon whether it is on: a person may have switched it."""
        if "#O" not in self._questions:
            self._questions.appendleft("#O")

    def forget(self) -> None:
        """End what still waits; the camera is gone."""
        self.ready = False
        self._questions.clear()
        self._unread.clear()
        self.motion.give_up()

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        try:
            answer = HttpAnswer.decode(chunk.data)
        except ValueError:
            return
        pending = self._pending.pop(answer.number, None)
        if pending is None:
            return  # it came too late, and was given up
        if answer.status == LOGIN_REFUSED:
            why = "refuses user and password; set them in its table of room.toml"
            self._denied = LoginRefused(self._url, why)
        elif answer.status == KEPT_BACK:
            why = answer.body.decode("utf-8", "replace")
            self._denied = LoginRefused(self._url, why, PortReason.INSECURE)
        elif answer.status == 0:
            self._fail(pending, answer.body.decode("utf-8", "replace"), chunk.at)
        elif answer.status not in (200, 204):
            why = f"answers {pending.command} with HTTP {answer.status}; is it a Panasonic AW?"
            self._fail(pending, why, chunk.at)
        else:
            found = read(answer.body.decode("latin-1"), pending.command)
            if isinstance(found, InvalidAwMessage):
                self._fail(pending, f"answers {pending.command} strangely: {found.why}", chunk.at)
            else:
                self._take(pending, found, chunk.at)

    def tick(self, now: float) -> None:
        if self._denied is not None:
            raise self._denied
        late = [number for number, each in self._pending.items() if now >= each.deadline]
        for number in late:
            self._fail(self._pending.pop(number), "no answer", now)
        self.motion.tick(now)
        for question in self._unread.aged(now):
            self._take_for_old(question, now)
        if now >= self.motion.look_at and not self._questions and not self._busy:
            self._look(now)

    def due(self) -> float | None:
        waits = [each.deadline for each in self._pending.values()]
        waits += self.motion.due()
        if self._questions or self.motion.settings or self.motion.moving:
            waits += [self._ptz_at, self._cam_at]
        if not self._questions and not self._busy:
            waits.append(self.motion.look_at)
        waits += self._unread.due()
        # What is past and not said yet waits for an answer, which wakes by itself.
        return min((at for at in waits if at > self._seen_at), default=None)

    def outbox(self, now: float) -> bytes | None:
        self._seen_at = now
        pending = self._next(now)
        if pending is None:
            return None
        self._number += 1
        self._out = (self._number, pending)
        limit_s = pending.deadline - now
        return HttpRequest(self._number, target(pending.command), limit_s).encode()

    def sent(self, now: float) -> None:
        if self._out is None:
            return
        (number, pending), self._out = self._out, None
        self._pending[number] = pending
        self._pace(pending.command, now)
        match pending.of:
            case AxisMotion() as axes if pending.stop:
                axes.stop_written(now)
                if self._silent:
                    axes.stop_again(now + SILENT_S)
            case AxisMotion() as axes:
                axes.drive_written(pending.command)
            case AwRequest() as request:
                request.written(now)
                self.motion.set_off(request, request.moves, now)
            case None:
                self._unread.asks(self._questions.popleft(), now)

    def failed(self, now: float, why: str) -> None:
        """Note that nothing could be said: too much is under way."""
        if self._out is not None:
            (_, pending), self._out = self._out, None
            if pending.stop and isinstance(pending.of, AxisMotion):
                pending.of.stop_again(now + AGAIN_S)
            else:
                self._ptz_at = self._cam_at = now + AGAIN_S

    # What is said next.

    def _next(self, now: float) -> _Pending | None:
        paced = now >= self._ptz_at
        owing = self.motion.stops_due(now)
        for axes in owing:
            if axes.running and (paced or not axes.stops_written):
                return self._stop_of(axes, now, paced)
        for axes in self._axes.values():
            if axes.waits(now) and not axes.unanswered and paced:
                return _Pending(str(axes.requested), now + DRIVE_S, axes)
        if owing and paced:
            return self._stop_of(owing[0], now, paced)  # of what is believed to stand
        if self.motion.stopping:
            return None
        for request in self.motion.waiting:
            command = request.left[0]
            if not self._busy and self._may_say(command, now):
                limit_s = LONG_S if command.startswith("#R") else ASK_S
                return _Pending(command, now + limit_s, request, long=limit_s == LONG_S)
        if self._questions and not self._busy and self._may_say(self._questions[0], now):
            return _Pending(self._questions[0], now + ASK_S)
        return None

    def _stop_of(self, axes: AwAxes, now: float, paced: bool) -> _Pending:
        place = axes.place if paced else None
        return _Pending(STOPS[axes.name], now + STOP_S, axes, stop=True, place=place)

    @property
    def _busy(self) -> bool:
        """Whether something is on its way that is answered soon."""
        return any(not each.long for each in self._pending.values())

    def _may_say(self, command: str, now: float) -> bool:
        return now >= (self._ptz_at if command.startswith("#") else self._cam_at)

    def _pace(self, command: str, now: float) -> None:
        if command.startswith("#"):
            self._ptz_at = now + self.pace_s
        else:
            self._cam_at = now + CAM_PACE_S

    # What came of it.

    def _take(self, pending: _Pending, found: AwMessage, now: float) -> None:
        """Take an answer, or a refusal: either way it is there."""
        self._failures, self._answered_at = 0, now
        if self._silent:
            self._begin_again(now)
        match pending.of:
            case AxisMotion() as axes if pending.stop:
                self._stop_answered(axes, pending, found, now)
            case AxisMotion() as axes:
                self._drive_answered(axes, pending.command, found, now)
            case AwRequest() as request:
                self._request_answered(request, found, now)
            case None:
                self._heard(pending.command, found, now)
        was_ready = self.ready
        self._judge(now)
        if self.ready and not was_ready:
            self._events.answered()
        else:
            self._events.changed()

    def _stop_answered(self, axes: AwAxes, pending: _Pending, found: AwMessage, now: float) -> None:
        if found.error == 1:
            axes.there = False  # a camera without a head, or without a lens that is driven
        refused = axes.stop_owed and found.error is not None
        if refused or axes.counts(pending.place):
            axes.stopped(now)
            seen_by = _SEEN_BY.get(axes.name)
            if seen_by is None or seen_by in self.lacks or not axes.there:
                axes.proving = None
            else:
                self._still[seen_by] = 0
            self.motion.look_soon(now)
        else:
            axes.stop_again(min(axes.stop_at, self._ptz_at))

    def _drive_answered(self, axes: AwAxes, drive: str, found: AwMessage, now: float) -> None:
        self.motion.refuses = False
        if found.error is None:
            axes.drive_taken()
            return
        axes.there = axes.there and (axes.taken or found.error != 1)
        axes.drive_refused(drive, None)
        self.motion.refuses = found.error == 2 and self._fields("#O").get("state") == "on"
        self.ask_power()
        self.motion.look_soon(now)

    def _request_answered(self, request: AwRequest, found: AwMessage, now: float) -> None:
        if found.error is not None:
            self.motion.refused(request, _why(found))
            if found.error == 1:
                self.lacks.add(found.command)
        elif not request.left:
            request.answered_at = now
            self._still = dict.fromkeys(_WHERE, 0)  # where it stood before proves nothing
            if not request.moves:
                self.motion.end(request, Outcome(RequestEnd.DONE))
        self._ask_all(now)

    def _heard(self, command: str, found: AwMessage, now: float) -> None:
        before = self.said.get(command)
        self._heard_of.add(command)
        self._unread.answered(command, now)
        if found.error == 1:
            self.lacks.add(command)
        if found.error is None:
            self.said[command] = found
            if command == "QID":
                quick = str(found.fields["model"]).startswith(("AW-U", "AK-"))
                self.pace_s = PTZ_PACE_S if quick else SLOW_PACE_S
        elif command in _WHERE or found.error == 1:
            self.said.pop(command, None)  # in standby it does not report its position
        if command == "#O" and _is_on(found) and before is not None and not _is_on(before):
            self._unread.wake()
            self._ask(_MOUNTING)  # in standby it did not say
        if command in _WHERE:
            moved = bool(before and found.error is None and before.parameter != found.parameter)
            self._still[command] = 0 if moved else self._still[command] + 1
            self._changed_at[command] = now if moved else self._changed_at[command]

    def _fail(self, pending: _Pending, why: str, now: float) -> None:
        """Note that something was not answered; a stop is said again by itself."""
        self._failures += 1
        match pending.of:
            case AxisMotion() as axes if not pending.stop:
                axes.drive_lost(pending.command)
            case AwRequest() as request:
                outcome = Outcome(RequestEnd.NO_REPLY, after_s=ASK_S, why=why)
                self.motion.end(request, outcome)
            case None:
                self._question_missed(pending.command, now)
        if self._answered_at is None:
            self._answered_at = now
        if self._failures >= TRIES and now - self._answered_at >= SILENT_AFTER_S:
            self._silence(why, now)

    def _question_missed(self, command: str, now: float) -> None:
        """Ask it again in the next round; after tries enough less and less often."""
        if self._unread.missed(command) >= TRIES and command in _READINGS:
            self._unread.rest(command, now)
            self._take_for_old(command, now)

    def _take_for_old(self, command: str, now: float) -> None:
        """Take for unknown what it does not say any more; a move that this would end, may have."""
        if command not in _READINGS:
            return
        self.said.pop(command, None)
        self._judge(now)
        self._events.changed()

    def _silence(self, why: str, now: float) -> None:
        """Give up loudly. Stops go on, seldom; when one is answered, all begins anew."""
        if self._silent:
            return
        self._silent = True
        self.forget()
        for axes in self._axes.values():
            axes.halt(now)
        self._events.silent(why)

    def _begin_again(self, now: float) -> None:
        self._silent = False
        self.said.clear()
        self._heard_of.clear()
        self._questions = deque(("QID", *_EVERYTHING, "QSV", *_MOUNTING))
        for axes in self._axes.values():
            axes.stop_again(now)

    # Whether it stands.

    def _judge(self, now: float) -> None:
        """See whether it is known well enough to be used, still moves, or has arrived."""
        if not self.ready and not self.motion.stopping:
            self.ready = self._heard_of.issuperset(_NEEDED)
        move = self.motion.move
        for name, seen_by in _SEEN_BY.items():
            if seen_by in self._unread.old:
                self.motion.blinded(name)
            else:
                stands, moved_at = self._still[seen_by] >= 2, self._changed_at[seen_by]
                self._axes[name].seen(now, stands=stands, moved_at=moved_at)
        there = self._is_at(move.places) if move is not None and move.places else None
        moved_at = max(self._changed_at.values())
        self.motion.looked(now, there=there, looks=self._looks(), changed_at=moved_at)

    def _looks(self) -> float:
        """Return how often it was seen where it was the time before; NEVER: it does not say."""
        blind = self.lacks | self._unread.old
        return min((self._still[each] for each in _WHERE if each not in blind), default=NEVER)

    def _is_at(self, places: Mapping[str, int]) -> bool:
        at = {name: value for command in _WHERE for name, value in self._fields(command).items()}
        return all(
            isinstance(now := at.get(name), int) and abs(now - place) <= NEAR
            for name, place in places.items()
        )

    def _fields(self, command: str) -> Mapping[str, object]:
        found = self.said.get(command)
        return found.fields if found is not None else {}

    # Asking.

    def _look(self, now: float) -> None:
        moving = self.moving
        self._ask(_WHERE if moving else _EVERYTHING)
        self._questions.extend(self._unread.again(now))
        self.motion.look_later(now, moving=moving)

    def _ask(self, commands: Iterable[str]) -> None:
        for each in commands:
            if each not in self.lacks and not self._unread.rests(each):
                self._questions.append(each)

    def _ask_all(self, now: float) -> None:
        """Read back what a command may have changed."""
        self._questions.clear()
        self._ask((*_EVERYTHING, *_MOUNTING))
        self.motion.look_soon(now)


def _is_on(found: AwMessage) -> bool:
    return found.fields.get("state") == "on"


def _why(found: AwMessage) -> str:
    said = {
        1: "is not a command of this model",
        2: "cannot be done now; is it on?",
        3: "has a value that it does not take",
    }
    return f"{found.name.replace('_', ' ')} {said[found.error or 1]} ({found.fields['error']})"
