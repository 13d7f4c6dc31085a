"""The conversation with one camera: what is said to it and when, and what its replies belong to.

Knows no port and no clock; the `Bus` hands it time and the frames of its address, and writes what
`urgent` and `next` return. Its parts, from top to bottom:

- *Requests* (`drive`, `stop`, `submit`): a drive is a slot for each axis group, overwritten by the
  newest move, and ends by itself unless renewed; any other command waits in a short queue. What
  still travels to a place is stopped before it is told to move otherwise.
- *Scheduler* (`urgent`, `next`): a stop is written at once and waits for nothing. A move goes
  before a command, a command before a question; a question that has waited long goes before
  another speed of a drive. At most one message waits for its ACK (a stop skips that gate, and a
  move waits for it no longer than `GATE_S`), at most `in_flight` commands run, and an inquiry goes
  only when nothing waits for its ACK: errors without a socket name nobody.
- *Replies* (`receive`): an ACK names no command, so it is for the oldest without one. A completion,
  and an error that breaks off what ran, name a socket. Data, and any other error, are for the
  oldest that waits. Over IP a reply names its message (`answers`).
- *Time* (`tick`, `due`): what no answer came to is said again if that is harmless, its outcome is
  unknown if not. So is a move without a completion, once the camera is seen to stand. A camera that
  answers nothing is silent: from then on it is only asked whether it is back. One that answers and
  refuses to move or to stop has its `refusal`. While it may be moving it is looked at often.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from roomctl.motion import AxisMotion, Motion, MoveRefusal, Outcome, RequestEnd, StopPolicy
from roomctl.visca.frames import Ack, ChangeNotice, Completion, Data, ErrorCode, ErrorMessage, Reply
from roomctl.visca.in_flight import UNKNOWN_SOCKET, InFlight, Pending
from roomctl.visca.message import (
    Cancel,
    ClearAll,
    Command,
    Drive,
    Focus,
    FocusDrive,
    FocusTo,
    Inquiry,
    Message,
    Pan,
    Power,
    Preset,
    PresetAction,
    Tilt,
    Version,
    Zoom,
    ZoomDrive,
)
from roomctl.visca.model import CameraModel
from roomctl.visca.poller import Poller, Readback
from roomctl.visca.request import (
    ALL_GROUPS,
    AxisGroup,
    Move,
    Request,
    asks,
    done_within,
    groups_of,
    may_repeat,
)
from roomctl.visca.video_cycle import VideoCycle

_log = logging.getLogger(__name__)

QUEUE_LENGTH = 8
OVERDUE_S = 0.25  # since the last answer; at 9600 baud a question costs two moves
DEAF_S = 0.3  # EVI-HD1 manual: not executable for up to 240 ms after a recall
DEAF_RETRY_S = 0.06
GATE_S = 0.25  # four video cycles at 24 Hz and some: whatever is answered, mostly is by then
STANDS_S, LOOKS = 1.0, 3  # seen in one place for so long, and so often: it has arrived
REFUSES_S = 0.5  # every drive for so long: that is no passing moment
_STOP = StopPolicy(first=True)  # when it is written again, its ACK decides
_PICTURE = {AxisGroup.PAN_TILT, AxisGroup.ZOOM}  # what turns the picture
_STILL: Mapping[AxisGroup, Message] = {
    AxisGroup.ZOOM: ZoomDrive(Zoom.STOP),
    AxisGroup.FOCUS: FocusDrive(Focus.STOP),
}


class Events(Protocol):
    """Who wants to know what happens to a camera."""

    def answered(self) -> None: ...
    def silent(self, detail: str) -> None: ...
    def changed(self) -> None: ...


class Connection:
    """One camera at `address` (1-7); `name` is for the log.

    `model` is what is known of it from the start. `recognise` returns a better one for what its
    version answer said; None: the model is fixed. `byte_s`: how long a byte travels to it.
    """

    def __init__(
        self,
        name: str,
        address: int,
        events: Events,
        model: CameraModel,
        recognise: Callable[[Version | None], CameraModel] | None = None,
    ) -> None:
        self.name, self.address, self.model = name, address, model
        self.ready = self.silent = False
        self.refusal: MoveRefusal | None = None
        self.byte_s = 0.0
        self.last_written: Pending | None = None
        self._events, self._recognise = events, recognise
        self._poller = Poller()
        self._cycle = VideoCycle()
        self._motion: Motion[AxisGroup, Move] = Motion(_STOP, AxisGroup)
        self._motions = self._motion.axes
        self._cancelled: dict[AxisGroup, float] = {}  # since when the stop is owed that wanted it
        self._stops_taken: list[AxisGroup] = []  # acknowledged, but which is not certain
        self._queue: deque[Request] = deque()
        self._unrepeatable_from = 0.0
        self._flight = InFlight()
        self._cancels: list[tuple[float, int]] = []  # when, and of which socket
        self._clear_at: float | None = None  # empty both sockets, where nothing can be cancelled
        self._poll_at: float | None = None
        self._write_at: float | None = None
        self._air_s = 0.0
        self._spaced_until = 0.0
        self._misses = 0
        self._acknowledges = False
        self._answered_at = 0.0
        self._refused_since: float | None = None
        self._stands_since, self._looks = 0.0, 0
        self._heard_at = self._recalled_at = float("-inf")
        self._begun = False
        self._now = 0.0

    @property
    def seen(self) -> Readback:
        """What the camera has said of itself."""
        return self._poller.seen

    @property
    def unread(self) -> frozenset[Inquiry]:
        """What it should say of itself, and does not."""
        return self._poller.unread if self.seen.power is not False else frozenset()

    def read_since(self, inquiry: Inquiry, at: float) -> bool:
        """Whether it has said this since `at`, or never does."""
        return self._poller.read_since(inquiry, at)

    @property
    def driven(self) -> bool:
        """Whether a hand moves it now."""
        return self._motion.lease_until is not None

    @property
    def stopping(self) -> bool:
        """Whether a stop is owed that the camera has not acknowledged."""
        return self._motion.stopping

    # Requests.

    def drive(self, moves: Mapping[AxisGroup, Move | None], lease_until: float, now: float) -> None:
        """Move until `lease_until`, unless renewed; a group without a move is to stand still."""
        groups = tuple(group for group, move in moves.items() if move is not None)
        if groups:
            alone = self.model.in_flight == 1  # nothing else may run beside it
            self._supersede(ALL_GROUPS if alone else groups, RequestEnd.REPLACED, now)
        self._motion.drive(moves, lease_until, now)
        self._note_moving(now)

    def stop(self, now: float) -> None:
        """Stop pan-tilt and zoom, and focus if it may run: at once, repeated until acknowledged."""
        self._owe_stops(now)
        self._supersede(ALL_GROUPS, RequestEnd.STOPPED, now)
        self._note_moving(now)

    def _owe_stops(self, now: float) -> None:
        """Owe a stop to pan-tilt and zoom, whether they move or not; to focus only if it may.

        A focus stop costs the line its time, and a focus that runs on ends at the lens's end.
        """
        self._motion.stop(now, also=_PICTURE if self.model.pan_tilt else {AxisGroup.ZOOM})

    def submit(self, request: Request, now: float) -> None:
        """Have `request` written when its turn comes; a newer move replaces one that still waits.

        Refused as full if too many wait. Raises ValueError if the message cannot be written, as
        with a number that does not fit.
        """
        request.message.encode(self.address, self.model.layout)
        if not self.ready:
            request.end(Outcome(RequestEnd.OFFLINE))
            return
        if groups := groups_of(request.message):
            self._supersede(groups, RequestEnd.REPLACED, now)
            self._poller.wake()  # where it ends is to be told
            self._motion.release(now)
        if len(self._queue) >= QUEUE_LENGTH:
            request.end(Outcome(RequestEnd.REFUSED, ErrorCode.FULL))
            return
        request.not_before = now
        self._queue.append(request)

    def ask(self, inquiry: Inquiry) -> None:
        """Ask this before other questions, as when somebody may have used its remote."""
        self._poller.ask_first(inquiry)

    def hold_unrepeatable(self, until: float) -> None:
        """Write nothing before `until` that must not run twice."""
        self._unrepeatable_from = until

    def _supersede(self, groups: tuple[AxisGroup, ...], why: RequestEnd, now: float) -> None:
        """End every wait for a move of `groups`, said or not; stop what was said.

        Some cameras obey no other move on their way (EVI-D80 manual p.20), and one whose completion
        got lost keeps its socket in our books: once it has taken the stop, it is free.
        """
        for request in [r for r in self._queue if not {*groups}.isdisjoint(groups_of(r.message))]:
            self._queue.remove(request)
            request.end(Outcome(why))
        for pending in self._flight:
            if pending.travels and not {*groups}.isdisjoint(pending.groups):
                for group in _stoppable(pending.groups):
                    self._motions[group].halt(now)
                if pending.request is not None:
                    pending.request.end(Outcome(why))

    def _again(self, request: Request, at: float) -> None:
        if not request.over:  # what a stop or a newer move has ended never leaves again
            request.not_before = at
            self._queue.appendleft(request)

    # Beginning and end.

    def begin(self, now: float) -> None:
        """Start from nothing: stop first, then ask who and how the camera is."""
        self.end(RequestEnd.OFFLINE)
        if self.silent:
            self._poll_at = now  # ask first: it begins once it answers
            return
        self._begun = True
        self._owe_stops(now)
        self._misses = 0
        self._acknowledges = False
        self._poller.begin()
        self._drop_what_it_never_answers()
        self._poller.ask(*self.model.settings)
        self._poll_at = now + self.model.limits.idle_poll_s

    def interrupt(self, now: float) -> None:
        """Forget everything that is under way, and stop what runs: it begins anew soon."""
        self.end(RequestEnd.OFFLINE)
        for motion in self._motions.values():
            if motion.running:
                motion.halt(now)

    def end(self, why: RequestEnd) -> None:
        """Forget everything that is under way: what was written may have run."""
        unknown = [pending.request for pending in self._flight if pending.request is not None]
        self._flight.clear()
        self._cancels.clear()
        self._clear_at = None
        self._motion.forget()
        self._stops_taken.clear()
        self._poller.clear()
        self.refusal = self._refused_since = None
        self.ready = self._begun = False
        self._poll_at = None
        for request in unknown:
            request.end(Outcome(RequestEnd.UNKNOWN))
        queued = list(self._queue)
        self._queue.clear()
        for request in queued:
            request.end(Outcome(RequestEnd.UNKNOWN if request.tries else why))

    def forget(self) -> None:
        """End everything, and take what it said of itself for unknown, except who it is."""
        self.end(RequestEnd.OFFLINE)
        self._poller.forget()

    # Time.

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._now = now
        if self._motion.expired(now):
            _log.debug("%s: lease expired", self.name)
            self.stop(now)
        while (late := self._flight.take(lambda pending: now >= pending.deadline)) is not None:
            self._missed(late, now)
        for pending in [running for running in self._flight.running if now >= running.deadline]:
            self._never_completed(pending, now)
        stop_s, since = self.model.limits.stop_s, self._oldest_stop()
        if since is not None and now >= max(since, self._heard_at) + stop_s:
            self._go_silent(now, f"no answer within {stop_s:g} s")
        elif since is not None and now >= since + stop_s:
            self._note_refusal(MoveRefusal.BUSY)
        if self._poll_at is not None and now >= self._poll_at:
            self._poll(now)
        if self._begun and not self.silent and self._poller.tick(now):
            self._events.changed()

    def due(self) -> float | None:
        """Return the next instant at which time alone changes something."""
        if not (self._begun or self.silent or self.stopping):
            return None
        hard = [pending.deadline for pending in self._flight]
        hard += [at for at in (self._motion.lease_until, self._poll_at) if at is not None]
        soft = [self._spaced_until, *(at for at, _ in self._cancels)]
        soft += [pending.gates_until for pending in self._flight.unacked]
        soft += [] if self._clear_at is None else [self._clear_at]
        soft += [pending.held_until for pending in self._flight.running]
        if (since := self._oldest_stop()) is not None:
            stop_s = self.model.limits.stop_s
            soft += [since + stop_s, max(since, self._heard_at) + stop_s]
        if (late_until := self._poller.late_until) is not None:
            soft.append(late_until)
        soft += self._poller.due()
        soft += [self._may_go_at(request) for request in self._queue]
        soft += self._motion.due()
        if self._write_at is not None:
            soft.append(self._write_at)
        return min((*hard, *(at for at in soft if at > self._now)), default=None)

    def _oldest_stop(self) -> float | None:
        """Return since when a stop is owed."""
        owed = [motion.stop_since for motion in self._motions.values() if motion.stop_owed]
        return min(owed, default=None)

    def _missed(self, pending: Pending, now: float) -> None:
        """No ACK and no answer came within the limit."""
        if pending.stop is not None:
            for doubtful in (pending.stop, *self._stops_taken):
                self._stop_again(self._motions[doubtful], now, now)
            self._stops_taken.clear()
            return
        limits = self.model.limits
        self._misses += 1
        if self.silent:
            self._poll_at = now
            return
        deaf = self._misses >= limits.tries and now >= self._heard_at + limits.stop_s
        if pending.request is not None:
            self._request_missed(pending, pending.request, now)
        elif isinstance(pending.message, Inquiry):
            self._inquiry_missed(pending.message, now, deaf=deaf)
        elif pending.groups:
            self._driven(pending).drive_lost(pending.message, now)
        if deaf:
            self._go_silent(now, f"no answer to {self._misses} messages in a row")

    def _request_missed(self, pending: Pending, request: Request, now: float) -> None:
        """Say it again if that is harmless, a few times; else its outcome is unknown."""
        limits = self.model.limits
        if pending.asks:
            self._poller.unanswered(None, now)
            self._poller.ask(Inquiry.POWER)  # is it still there? then it is asked once more
        if not may_repeat(request.message):
            request.end(Outcome(RequestEnd.UNKNOWN))
        elif request.tries >= limits.tries:
            request.end(Outcome(RequestEnd.NO_REPLY, after_s=limits.ack_s * request.tries))
        else:
            request.unsure = True
            self._again(request, now)
        if pending.travels and request.over:
            self._hold(pending, UNKNOWN_SOCKET, now)  # it may be on its way: the next move stops it

    def _inquiry_missed(self, inquiry: Inquiry, now: float, *, deaf: bool) -> None:
        """Note that no answer came; if it is `deaf` to everything, that makes nothing ready."""
        before = self._poller.unread
        self._poller.unanswered(inquiry, now)
        known = self._recognise is None or self.model != self._recognise(None)
        if self._poller.missed(inquiry, self.model.limits.tries, now, known=known):
            _log.info("%s: never answers %s; not asked again", self.name, inquiry.name)
        if self._poller.unread != before:
            _log.info("%s: does not answer %s; asked less often", self.name, inquiry.name)
            self._events.changed()
        if not deaf:
            self._note_ready()

    def _never_completed(self, pending: Pending, now: float) -> None:
        """Give up waiting for a completion; what may run twice is said again, a few times."""
        self._flight.forget(pending)
        request = pending.request
        if request is None or request.over:
            return
        limit_s = done_within(pending.message, self.model.limits)
        if not may_repeat(pending.message):
            request.end(Outcome(RequestEnd.UNKNOWN, after_s=limit_s))
        elif pending.groups or request.tries >= self.model.limits.tries:
            request.end(Outcome(RequestEnd.NO_REPLY, after_s=limit_s))
        else:
            self._again(request, now)

    def _go_silent(self, now: float, detail: str) -> None:
        for pending in self._flight.unacked:
            if pending.request is not None:
                pending.request.end(pending.request.unanswered(now))
        for request in self._queue:
            if request.tries:
                request.end(request.unanswered(now))
        self.forget()
        self.silent = True
        self._poll_at = now
        self._events.silent(detail)

    # Scheduler.

    def urgent(self, now: float) -> bytes | None:
        """Return what is never made to wait: a stop, or what lets a stop in (Cancel, IF_Clear)."""
        self._now = now
        for due in self._cancels:
            if now >= due[0]:
                self._cancels.remove(due)
                self.last_written = None
                return Cancel(due[1]).encode(self.address)
        if self._clear_at is not None and now >= self._clear_at:
            self._clear_at = None
            return self._write(Pending(ClearAll()), ClearAll().encode(self.address), now)
        for motion in self._motion.stops_due(now):
            motion.stop_written(now)
            stop = Pending(self._stop_message(motion.name), stop=motion.name)
            return self._write(stop, stop.message.encode(self.address), now)
        return None

    def _stop_message(self, group: AxisGroup) -> Message:
        still = Drive(self.model.pan_speed, self.model.tilt_speed, Pan.STILL, Tilt.STILL)
        return _STILL.get(group, still)

    def next(self, now: float, *, hurry: bool = False) -> bytes | None:
        """Return the next frame that may be said now, if any.

        `hurry`: others want the line too, so nothing waits for the camera's video cycle.
        """
        self._now = now
        if now < self._spaced_until or self._flight.gated(now):
            return None
        pending = self._next_command(now)
        if self._flight.unacked and (pending is None or not _is_press(pending)):
            return None
        may_wait = not self._flight.unacked and (pending is None or self._may_wait(pending))
        if may_wait and (pending is None or self._question_overdue(now)):
            pending = self._next_question(now) or pending
        if pending is None:
            return None
        frame = pending.message.encode(self.address, self.model.layout)
        if may_wait and not hurry and self._too_early(len(frame), now):
            return None
        self._take_out(pending, now)
        return self._write(pending, frame, now)

    def _next_command(self, now: float) -> Pending | None:
        filled = self._flight.filled(now)
        if self.silent or filled >= self.model.in_flight:
            return None
        for motion in self._motions.values():
            if motion.requested is not None and motion.waits(now):
                return Pending(motion.requested)
        if self.stopping:
            return None
        request = self._next_request(now, moves=self._one_stays_free(now))
        return None if request is None else Pending(request.message, request)

    def _next_request(self, now: float, *, moves: bool) -> Request | None:
        """Return the request whose turn it is; `moves` False: of those that move nothing."""
        for request in self._queue:
            unsure = asks(request.message) and self._poller.late_until is not None
            if not unsure and (moves or not groups_of(request.message)):
                return request if now >= self._may_go_at(request) else None
        return None

    def _may_go_at(self, request: Request) -> float:
        if may_repeat(request.message):
            return request.not_before
        return max(request.not_before, self._unrepeatable_from)

    def _one_stays_free(self, now: float) -> bool:
        """Whether one more long move leaves a socket for the stop, or Cancel makes room for it."""
        if self.model.cancel:
            return True
        long = [p for p in self._flight.running if p.travels and now < p.held_until]
        return len(long) < max(1, self.model.sockets - 1)

    def _may_wait(self, pending: Pending) -> bool:
        """Whether it may be said a little later: a question, or another speed of what moves."""
        moving = all(self._motions[group].running for group in pending.groups)
        return pending.request is None and moving

    def _question_overdue(self, now: float) -> bool:
        """Whether a question has waited so long that it goes before a move."""
        return self._poller.waiting and now >= self._answered_at + OVERDUE_S

    def _next_question(self, now: float) -> Pending | None:
        resting = any(now < request.not_before for request in self._queue)
        pressed = any(m.waits(now) and not m.running for m in self._motions.values())
        if resting or pressed or not self._poller.waiting:
            return None  # what only waits for time to pass lets nothing come between
        inquiry = self._poller.next(now, self.model.layout)
        return None if inquiry is None else Pending(inquiry)

    def _too_early(self, length: int, now: float) -> bool:
        """Whether so many bytes would lie in the camera, in the way of a stop, if written now."""
        air_s = length * self.byte_s
        if self._write_at is None or air_s != self._air_s:
            self._air_s = air_s
            self._write_at = self._cycle.write_at(now, air_s, self.model.limits.cycle_s)
        return now < self._write_at

    def _take_out(self, pending: Pending, now: float) -> None:
        """Take what is written now from where it waited."""
        message, request = pending.message, pending.request
        if request is not None:
            self._queue.remove(request)
            request.tries += 1
            request.since = now if request.since is None else request.since
        elif isinstance(message, Inquiry):
            self._poller.asking(message, now)
        elif isinstance(message, Drive | ZoomDrive | FocusDrive):
            self._driven(pending).drive_written(message)

    def _write(self, pending: Pending, frame: bytes, now: float) -> bytes:
        self._flight.written(pending)
        self.last_written = pending
        self._spaced_until = now + self.model.limits.spacing_s
        self._write_at = None
        self.written(now, 0.0)
        return frame

    def written(self, now: float, air_s: float) -> None:
        """Start the clock of what was said last: it left at `now` and travels `air_s`."""
        if (pending := self.last_written) is not None:
            limits = self.model.limits
            wait_s = limits.inquiry_s if pending.asks else limits.ack_s
            if self._misses and not self.silent:
                wait_s = min(wait_s, limits.ack_s)  # is it still there?
            if pending.stop is not None:
                wait_s = limits.stop_ack_s
            pending.deadline = now + wait_s + air_s
            pending.gates_until = now + min(wait_s, GATE_S) + air_s

    def not_written(self, now: float) -> None:
        """Note that what was said last could not be written."""
        if (pending := self.last_written) is not None and pending in self._flight.unacked:
            self._flight.forget(pending)
            self._missed(pending, now)

    def awaits(self, pending: Pending) -> bool:
        """Whether the ACK or the answer to `pending` is still waited for."""
        return pending in self._flight.unacked

    # Replies.

    def spoke(self, at: float) -> None:
        """Note when the camera began to say what was received."""
        self._cycle.spoke(at, self.model.limits.cycle_s)

    def receive(self, reply: Reply, now: float, answers: Pending | None = None) -> None:
        """Take one frame of this camera; `answers` is what it answers, on a wire that tells."""
        self._now = self._heard_at = now
        self._misses = 0
        if self.silent:
            self.silent = False  # it is back: whatever this answers, start from nothing
            self.begin(now)
            return
        self._flight.named = answers
        match reply:
            case Ack(socket=socket):
                self._acked(socket, now)
            case Completion(socket=socket):
                self._completed(socket, now)
            case Data(data=data):
                self._told(data, now)
            case ErrorMessage(socket=socket, code=code):
                self._failed(socket, code, now)
            case ChangeNotice():
                self._poller.ask(Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)
                self._poller.ask(*self.model.settings)
            case _:
                _log.debug("%s: ignored %s", self.name, reply)
        self._flight.named = None

    def _acked(self, socket: int, now: float) -> None:
        self._acknowledges = True
        pending = self._flight.taken(lambda pending: pending.is_acked, now)
        if pending is None:
            _log.debug("%s: ACK for nothing (socket %d)", self.name, socket)
            return
        others = self._flight.named is None and any(
            other.is_acked for other in self._flight.unacked
        )
        if pending.request is not None:
            pending.doubtful = others or pending.request.unsure
            pending.request.unsure = False
        self._stop_taken(pending, now)
        self._note_taken(pending, now)
        self._hold(pending, socket, now)
        self._note_moving(now)

    def _hold(self, pending: Pending, socket: int, now: float) -> None:
        """Note that `pending` runs in `socket`, and look anew whether it has arrived."""
        self._flight.hold(pending, socket, now, done_within(pending.message, self.model.limits))
        self._stands_since, self._looks = now, 0

    def _note_taken(self, pending: Pending, now: float) -> None:
        """Note that the camera does what it is told: it refuses nothing any more."""
        if pending.groups:
            self._refused_since = None
            self._note_refusal(None)
            if pending.request is None and pending.stop is None:
                self._driven(pending).drive_taken()

    def _stop_taken(self, pending: Pending, now: float) -> None:
        """Note that a command was taken: if it is a stop, its group may be known to stand.

        On a serial line ACKs name no command. While another stop is under way, this ACK may be
        that of the other: both are certain when both have come.
        """
        if pending.stop is None:
            return
        others = any(other.stop is not None for other in self._flight.unacked)
        self._stops_taken.append(pending.stop)
        if not others or pending is self._flight.named:
            for group in self._stops_taken:
                self._motions[group].stopped(now)
            self._stops_taken.clear()
            self._free_what_was_stopped(now)
            self._note_moving(now)
            self._events.changed()
        if pending.stop is AxisGroup.ZOOM:
            self._poller.ask(Inquiry.ZOOM)
        elif pending.stop is AxisGroup.FOCUS:
            self._poller.ask(*self.model.settings)  # pan and tilt are looked at anyway

    def _free_what_was_stopped(self, now: float) -> None:
        """Keep no socket for a move that somebody ended, once its stops are taken."""
        for pending in self._flight:
            ended = pending.travels and pending.request is not None and pending.request.over
            owed = any(self._motions[group].stop_owed for group in _stoppable(pending.groups))
            if ended and not owed:
                pending.let_go(now)

    def _completed(self, socket: int, now: float) -> None:
        pending = self._flight.release(socket)
        sure = self._flight.named is not None  # its ACK got lost or comes later
        mute = not self.model.acks or not self._acknowledges
        if pending is None and (socket == 0 or sure or mute):
            pending = self._flight.taken(lambda pending: not pending.asks, now)
            if pending is not None:
                self._stop_taken(pending, now)
                self._note_taken(pending, now)
                self._set_off(pending, now)
        if pending is None:
            _log.debug("%s: completion for nothing (socket %d)", self.name, socket)
            self._flight.ended_unacked(now)
            return
        message = pending.message
        if isinstance(message, Preset) and message.action is PresetAction.RECALL:
            self._recalled_at = now
        if pending.doubtful and not self._sure_of(pending, now):
            return
        self._look_after(message)
        if pending.request is not None:
            pending.request.end(Outcome(RequestEnd.DONE))
            for same in self._flight.copies(pending.request):
                same.let_go(now)  # it was said more than once
            self._note_moving(now)

    def _sure_of(self, pending: Pending, now: float) -> bool:
        """Whether somebody may be told that it is done; else have the camera say so once more.

        Its ACK, and with it the socket, may have been that of another command, or of the same when
        it was said before.
        """
        request = pending.request
        if request is None or request.over:
            return True
        if pending.travels:
            self._hold(pending, UNKNOWN_SOCKET, now)  # until it is seen to stand
        elif may_repeat(pending.message):
            self._again(request, now)
        else:
            request.end(Outcome(RequestEnd.UNKNOWN))
        return False

    def _set_off(self, pending: Pending, now: float) -> None:
        """Note that a move was heard which tells nobody when it ends: its place has to settle."""
        if pending.request is not None and not _PICTURE.isdisjoint(pending.groups):
            self._poller.note_moving(commanded=True)
            self._note_moving(now)

    def _look_after(self, message: Message) -> None:
        """Have read what a command that was carried out may have changed."""
        match message:
            case Power(on):
                self._poller.ask(Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)
                if on:  # in standby it does not say
                    self._poller.ask(*self.model.settings)
            case Command(name, _) if name.startswith("tally"):
                return  # a lamp is told again and again, and changes nothing else
            case Command(name, _) if name.startswith("menu"):
                self._poller.ask(Inquiry.MENU)
            case Command() | FocusTo() | Preset(PresetAction.RECALL, _):
                self._poller.ask(*self.model.settings)

    def _told(self, data: bytes, now: float) -> None:
        pending = self._flight.question()
        if self._flight.named is None and self._poller.is_late(data, self.model.layout):
            _log.debug("%s: answer that came too late: %s", self.name, data.hex(" "))
        elif pending is None:
            self._poller.is_copy(data, self.model.layout)
            _log.debug("%s: answer to nothing: %s", self.name, data.hex(" "))
        elif isinstance(pending.message, Inquiry):
            try:
                new = self._read(pending.message, data, now)
            except ValueError as error:
                _log.debug("%s: bad answer: %s", self.name, error)
                if not self._poller.is_copy(data, self.model.layout):
                    self._flight.forget(pending)  # no value: asked again
                    self._inquiry_missed(pending.message, now, deaf=False)
                return
            self._flight.forget(pending)
            if new:
                self._events.changed()
            self._note_ready()
        elif pending.request is not None:
            self._flight.forget(pending)
            pending.request.end(Outcome(RequestEnd.DONE, data=data))

    def _read(self, inquiry: Inquiry, data: bytes, now: float) -> bool:
        """Take an answer; return whether it says something new. ValueError: it is no answer."""
        new = self._poller.answered(inquiry, data, self.model.layout, now)
        self._answered_at = now
        match inquiry:
            case Inquiry.VERSION if self._recognise is not None:
                self._take_for(self._recognise(self.seen.version))
            case Inquiry.POWER if new and self.seen.power:
                self._poller.ask(*self.model.settings)  # in standby it did not say
            case Inquiry.POWER if self.seen.power is False:
                self._stand_by()
            case Inquiry.MENU:
                self._note_menu()
            case Inquiry.POSITION | Inquiry.ZOOM:
                self._note_place(inquiry, now, new=new)
        return new

    def _take_for(self, model: CameraModel) -> None:
        if model != self.model or not self.ready:
            self.model = model
            self._drop_what_it_never_answers()
            self._poller.ask(*model.settings)

    def _stand_by(self) -> None:
        """Note that it is in standby: there is nothing to drive, nor to stop."""
        self._refused_since = None
        self._motion.stop(self._now, also=())
        for motion in self._motions.values():
            motion.stopped(self._now)
        self._note_refusal(None)

    def _note_place(self, inquiry: Inquiry, now: float, *, new: bool) -> None:
        """Note where it is; what was to bring it there, and has not completed, may have ended."""
        if new:
            self._stands_since, self._looks = now, 0
        elif inquiry is Inquiry.POSITION or not self.model.pan_tilt:
            self._looks += 1
        if self._looks >= LOOKS and now >= self._stands_since + STANDS_S:
            for pending in self._flight.running:
                if pending.travels and not _PICTURE.isdisjoint(pending.groups):
                    self._arrived(pending, now)

    def _arrived(self, pending: Pending, now: float) -> None:
        """Have the camera say that a move is done whose completion got lost.

        Sent once more to where it stands, it says so. If it was wrong that it stands, no harm is
        done; what may not run twice has an unknown outcome.
        """
        request = pending.request
        if request is None or request.over or now < pending.acked_at + STANDS_S:
            return
        if not may_repeat(pending.message):
            request.end(Outcome(RequestEnd.UNKNOWN))
        elif request not in self._queue and not self._flight.awaits(request):
            for same in self._flight.copies(request):
                self._flight.forget(same)
            self._hold(pending, UNKNOWN_SOCKET, now)  # what completes from now on is the next one
            pending.held_until = now
            self._again(request, now)

    def _failed(self, socket: int, code: int, now: float) -> None:
        if code == ErrorCode.CANCELLED or (
            code == ErrorCode.NOT_EXECUTABLE and not self._flight.answerable
        ):
            self._broken_off(socket, code, now)
        elif code != ErrorCode.NO_SOCKET:  # that one: a Cancel found nothing to cancel
            self._refused(code, now)

    def _broken_off(self, socket: int, code: int, now: float) -> None:
        """Note that what ran in `socket` ended before it was done."""
        held = self._flight.release(socket)
        if held is not None and held.request is not None:
            end = RequestEnd.STOPPED if code == ErrorCode.CANCELLED else RequestEnd.REFUSED
            held.request.end(Outcome(end, code))
        self._note_moving(now)

    def _refused(self, code: int, now: float) -> None:
        """Note that the oldest message without an answer was not taken."""
        pending = self._flight.take(lambda _: True)
        if pending is None:
            _log.debug("%s: error %02X for nothing", self.name, code)
        elif pending.stop is not None:
            self._stop_refused(pending.stop, code, now)
        elif isinstance(pending.message, Inquiry):
            if self._poller.refused(pending.message, now):
                inquiry = pending.message.name
                _log.info("%s: has no answer to %s; not asked again", self.name, inquiry)
            self._note_ready()
        elif pending.travels and pending.request is not None and pending.request.over:
            self._hold(pending, UNKNOWN_SOCKET, now)  # this may be for its stop
        elif pending.request is not None:
            self._request_refused(pending, pending.request, code, now)
        elif not pending.groups:
            _log.debug("%s: IF_Clear refused with error %02X", self.name, code)
        elif code == ErrorCode.FULL:
            again_at = now + self.model.limits.cycle_s
            self._driven(pending).drive_lost(pending.message, again_at)
        else:
            self._drive_refused(pending, now)

    def _driven(self, pending: Pending) -> AxisMotion[AxisGroup, Move]:
        """Return what a drive moves."""
        return self._motions[pending.groups[0]]

    def _drive_refused(self, pending: Pending, now: float) -> None:
        """Note that it cannot be driven now, and ask whether it is on, and its menu open."""
        self._driven(pending).drive_refused(pending.message, now + DEAF_RETRY_S)
        if self._refused_since is None:
            self._refused_since = now
            self._poller.ask(Inquiry.POWER, Inquiry.MENU)
        elif now >= self._refused_since + REFUSES_S:
            self._note_refusal(MoveRefusal.NOT_EXECUTABLE)
        self._note_moving(now)

    def _note_menu(self) -> None:
        """Note whether its menu is open, which explains whatever it refuses."""
        if self._menu_open and (self._refused_since is not None or self.refusal):
            self._note_refusal(MoveRefusal.MENU_OPEN)
        elif self.refusal is MoveRefusal.MENU_OPEN:
            self._note_refusal(None)

    @property
    def _menu_open(self) -> bool:
        return bool(self.seen.settings.get(Inquiry.MENU))

    def _note_refusal(self, why: MoveRefusal | None) -> None:
        """Note what it refuses to do, and tell if that is new."""
        if why is not None and self.refusal is None:
            self._poller.ask(Inquiry.POWER, Inquiry.MENU)
        if why is not None and self._menu_open:
            why = MoveRefusal.MENU_OPEN
        if why is not self.refusal:
            self.refusal = why
            self._events.changed()

    def _request_refused(self, pending: Pending, request: Request, code: int, now: float) -> None:
        """Say it again if it was refused only for a moment, else end it."""
        if self._flight.copies(request):
            return  # it runs; this was only to hear that it is done
        waited_s = now - (request.since if request.since is not None else now)
        deaf = code == ErrorCode.NOT_EXECUTABLE and now - self._recalled_at < DEAF_S
        passing = waited_s < self.model.limits.stop_s
        deaf |= code == ErrorCode.NOT_EXECUTABLE and passing and request.unsure
        if code == ErrorCode.FULL and request.unsure and pending.travels:
            self._hold(pending, UNKNOWN_SOCKET, now)  # the only socket holds what was said before
        elif code == ErrorCode.FULL and passing:
            self._again(request, now + self.model.limits.cycle_s)
        elif deaf and may_repeat(request.message):
            self._again(request, now + DEAF_RETRY_S)
        else:
            request.end(Outcome(RequestEnd.REFUSED, code))

    def _stop_refused(self, group: AxisGroup, code: int, now: float) -> None:
        motion = self._motions[group]
        travelling = any(pending.travels for pending in self._flight)
        automatic = group is AxisGroup.FOCUS and code == ErrorCode.NOT_EXECUTABLE
        if automatic or (code != ErrorCode.FULL and not motion.running and not travelling):
            motion.stopped(now)  # in standby, or without that axis: there is nothing to stop
            for doubtful in self._stops_taken:
                self._motions[doubtful].stop_again(now)
            self._stops_taken.clear()
            self._note_moving(now)
            if self.refusal is MoveRefusal.BUSY and not self.stopping:
                self._note_refusal(None)
            return
        cancelled = self._cancelled.get(group) == motion.stop_since
        if not cancelled and (self.model.cancel or code == ErrorCode.FULL):
            self._cancelled[group] = motion.stop_since
            if self.model.cancel:
                self._cancel_all()
            else:
                self._clear_at = now + self.model.limits.cycle_s
        self._stop_again(motion, now + self.model.limits.cycle_s, now)

    def _stop_again(self, motion: AxisMotion[AxisGroup, Move], at: float, now: float) -> None:
        """Repeat a stop at `at`; one that was repeated for long leaves the line to others."""
        limits = self.model.limits
        tired = now >= motion.stop_since + limits.stop_s
        motion.stop_again(now + limits.probe_s if tired else at)

    def _cancel_all(self) -> None:
        """Have a Cancel written to every socket in use; a drive must have run for a while.

        To both, if it is not known which: the ACK that named it got lost.
        """
        used = self._flight.sockets
        unknown = not used or UNKNOWN_SOCKET in used or any(p.travels for p in self._flight.unacked)
        for socket in (1, 2) if unknown else used:
            if socket not in {waiting for _, waiting in self._cancels}:
                newest = used.get(socket)
                driven = newest is not None and newest.request is None
                young_s = self.model.limits.cancel_after_s if driven else 0.0
                self._cancels.append((newest.acked_at + young_s if newest else 0.0, socket))

    # Polling.

    def _poll(self, now: float) -> None:
        """Begin a round of questions; a silent camera is only asked whether it is back."""
        limits = self.model.limits
        if self.silent:
            self._poll_at = now + limits.probe_s
            if not self._flight.unacked:
                self._poller.ask(Inquiry.POWER)
            return
        pans, zooms = (self._motions[g].driven for g in (AxisGroup.PAN_TILT, AxisGroup.ZOOM))
        self._poller.poll(now, zooms=zooms or not pans or self._travels())
        if self.refusal is not None or Inquiry.MENU in self.model.settings:
            self._poller.ask(Inquiry.MENU)
        self._note_moving(now)
        self._poll_at = now + (limits.moving_poll_s if self.seen.moving else limits.idle_poll_s)

    def _note_moving(self, now: float) -> None:
        """Work out whether it may be moving, look soon if so, and tell if that is new."""
        driven = any(self._motions[group].moves for group in _PICTURE)
        if self._poller.note_moving(driven or self._travels()):
            if self.seen.moving and self._poll_at is not None:
                self._poll_at = min(self._poll_at, now + self.model.limits.moving_poll_s)
            self._events.changed()

    def _travels(self) -> bool:
        """Whether a move that ends by itself has not ended."""
        return any(
            pending.request and not pending.request.over and not _PICTURE.isdisjoint(pending.groups)
            for pending in self._flight.running
        )

    def _note_ready(self) -> None:
        """Once all is answered that must be known, tell that it may be used."""
        if self._poller.complete and not self.ready:
            self.ready = True
            self._events.answered()

    def _drop_what_it_never_answers(self) -> None:
        if not self.model.zoom_inquiry:
            self._poller.drop(Inquiry.ZOOM)
        if not self.model.pan_tilt:
            self._poller.drop(Inquiry.POSITION)


def _stoppable(groups: tuple[AxisGroup, ...]) -> tuple[AxisGroup, ...]:
    """Return what is to be stopped of a move of `groups`: of a recall what turns the picture."""
    return tuple(group for group in groups if group in _PICTURE) or groups


def _is_press(pending: Pending) -> bool:
    """Whether somebody waits to see it move, and saying it twice does no harm."""
    return bool(pending.groups) and may_repeat(pending.message)
