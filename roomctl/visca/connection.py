"""The conversation with one camera: what is said to it and when, and what its replies belong to.

Knows no port and no clock; the `Bus` hands it time and the frames of its address, and writes what
`urgent` and `next` return. Its parts, from top to bottom:

- *Requests* (`drive`, `stop`, `submit`): a drive is a slot for each axis group, overwritten by the
  newest move, and ends by itself unless renewed; any other command waits in a short queue.
- *Scheduler* (`urgent`, `next`): a stop is written at once and waits for nothing. A move goes
  before a command, a command before a question; a question that has waited long goes before
  another speed of a drive. At most one message waits for its ACK (a stop skips that gate), at most
  `in_flight` commands run, and an inquiry goes only when nothing waits for its ACK: errors without
  a socket name nobody.
- *Replies* (`receive`): an ACK names no command, so it is for the oldest without one. A completion,
  and an error that breaks off what ran, name a socket. Data, and any other error, are for the
  oldest that waits. Over IP a reply names its message (`answers`).
- *Time* (`tick`, `due`): what no answer came to is said again if that is harmless, its outcome is
  unknown if not. A camera that answers nothing, or takes no stop, is silent: from then on it is
  only asked whether it is back. While it may be moving it is looked at often.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from roomctl.visca.frames import Ack, ChangeNotice, Completion, Data, ErrorCode, ErrorMessage, Reply
from roomctl.visca.message import (
    Cancel,
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
from roomctl.visca.motion import Motion, VideoCycle
from roomctl.visca.poller import Poller, Readback
from roomctl.visca.request import (
    ALL_GROUPS,
    AxisGroup,
    Move,
    Outcome,
    Pending,
    Request,
    RequestEnd,
    done_within,
    groups_of,
    may_repeat,
)

_log = logging.getLogger(__name__)

QUEUE_LENGTH = 8
OVERDUE_S = 0.25  # since the last answer; at 9600 baud a question costs two moves
DEAF_S = 0.3  # EVI-HD1 manual: not executable for up to 240 ms after a recall
DEAF_RETRY_S = 0.06
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
        self.byte_s = 0.0
        self.last_written: Pending | None = None
        self._events, self._recognise = events, recognise
        self._poller = Poller()
        self._cycle = VideoCycle()
        self._motions = {group: Motion() for group in AxisGroup}
        self._stops_taken: list[AxisGroup] = []  # acknowledged, but which is not certain
        self._lease_until: float | None = None
        self._queue: deque[Request] = deque()
        self._unrepeatable_from = 0.0
        self._unacked: deque[Pending] = deque()
        self._sockets: dict[int, deque[Pending]] = {}  # one may hold several
        self._cancels: list[tuple[float, int]] = []  # when, and of which socket
        self._answers: Pending | None = None  # what the reply in hand answers, where it says so
        self._poll_at: float | None = None
        self._write_at: float | None = None
        self._air_s = 0.0
        self._spaced_until = 0.0
        self._misses = 0
        self._acknowledges = False
        self._answered_at = 0.0
        self._heard_at = self._recalled_at = float("-inf")
        self._begun = False
        self._now = 0.0

    @property
    def seen(self) -> Readback:
        """What the camera has said of itself."""
        return self._poller.seen

    @property
    def driven(self) -> bool:
        """Whether a hand moves it now."""
        return self._lease_until is not None

    @property
    def stopping(self) -> bool:
        """Whether a stop is owed that the camera has not acknowledged."""
        return any(motion.stop_owed for motion in self._motions.values())

    # Requests.

    def drive(self, moves: Mapping[AxisGroup, Move | None], lease_until: float, now: float) -> None:
        """Move until `lease_until`, unless renewed; a group without a move is to stand still."""
        self._lease_until = lease_until
        for group, motion in self._motions.items():
            if (move := moves.get(group)) is not None:
                self._supersede((group,), RequestEnd.REPLACED)
                motion.requested = move
            elif motion.driven:
                motion.stop(now)
        self._note_moving(now)

    def stop(self, now: float) -> None:
        """Stop pan-tilt and zoom, and focus if it may run: at once, repeated until acknowledged."""
        self._lease_until = None
        self._owe_stops(now)
        self._supersede(ALL_GROUPS, RequestEnd.STOPPED)
        self._note_moving(now)

    def _owe_stops(self, now: float) -> None:
        """Owe a stop to pan-tilt and zoom, whether they move or not; to focus only if it may.

        A focus stop costs the line its time, and a focus that runs on ends at the lens's end.
        """
        for group, motion in self._motions.items():
            if group is not AxisGroup.FOCUS or motion.driven:
                motion.stop(now)

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
            self._supersede(groups, RequestEnd.REPLACED)
            self._lease_until = None
            for motion in self._motions.values():
                if motion.driven:
                    motion.stop(now)  # nobody renews it any more
        if len(self._queue) >= QUEUE_LENGTH:
            request.end(Outcome(RequestEnd.REFUSED, ErrorCode.FULL))
            return
        request.not_before = now
        self._queue.append(request)

    def hold_unrepeatable(self, until: float) -> None:
        """Write nothing before `until` that must not run twice."""
        self._unrepeatable_from = until

    def _supersede(self, groups: tuple[AxisGroup, ...], why: RequestEnd) -> None:
        """End every wait for a move of `groups`, said or not; what was said is not said again."""
        for request in [r for r in self._queue if not {*groups}.isdisjoint(groups_of(r.message))]:
            self._queue.remove(request)
            request.end(Outcome(why))
        for pending in self._in_flight():
            if pending.request is not None and not {*groups}.isdisjoint(pending.groups):
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

    def end(self, why: RequestEnd) -> None:
        """Forget everything that is under way: what was written may have run."""
        unknown = [pending.request for pending in self._in_flight() if pending.request is not None]
        self._unacked.clear()
        self._cancels.clear()
        self._sockets.clear()
        self._motions = {
            group: Motion(running=motion.running) for group, motion in self._motions.items()
        }
        self._stops_taken.clear()
        self._poller.clear()
        self.ready = self._begun = False
        self._poll_at = self._lease_until = None
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
        if self._lease_until is not None and now >= self._lease_until:
            _log.debug("%s: lease expired", self.name)
            self.stop(now)
        while (late := self._take_unacked(lambda pending: now >= pending.deadline)) is not None:
            self._missed(late, now)
        for pending in [running for running in self._running() if now >= running.deadline]:
            self._never_completed(pending)
        stop_s, since = self.model.limits.stop_s, self._oldest_stop()
        if since is not None and now >= since + stop_s:
            what = "no answer" if self._heard_at <= since else "did not take a stop"
            self._go_silent(now, f"{what} within {stop_s:g} s")
        if self._poll_at is not None and now >= self._poll_at:
            self._poll(now)

    def due(self) -> float | None:
        """Return the next instant at which time alone changes something."""
        if not self._begun and not self.silent:
            return None
        hard = [pending.deadline for pending in self._in_flight()]
        hard += [at for at in (self._lease_until, self._poll_at) if at is not None]
        if (since := self._oldest_stop()) is not None:
            hard.append(since + self.model.limits.stop_s)
        soft = [self._spaced_until, *(at for at, _ in self._cancels)]
        soft += [self._may_go_at(request) for request in self._queue]
        for motion in self._motions.values():
            soft.append(motion.not_before)
            if motion.stop_at is not None:
                soft.append(motion.stop_at)
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
                self._motions[doubtful].stop_again(now)
            self._stops_taken.clear()
            return
        limits = self.model.limits
        self._misses += 1
        if self.silent:
            self._poll_at = now
            return
        deaf = self._misses >= limits.tries
        if pending.request is not None:
            self._request_missed(pending.request, now)
        elif isinstance(pending.message, Inquiry):
            self._inquiry_missed(pending.message, deaf=deaf)
        else:
            self._motions[pending.groups[0]].not_taken(pending.message, now)
        if deaf:
            self._go_silent(now, f"no answer to {self._misses} messages in a row")

    def _request_missed(self, request: Request, now: float) -> None:
        """Say it again if that is harmless, a few times; else its outcome is unknown."""
        limits = self.model.limits
        if not may_repeat(request.message):
            request.end(Outcome(RequestEnd.UNKNOWN))
        elif request.tries >= limits.tries:
            request.end(Outcome(RequestEnd.NO_REPLY, after_s=limits.ack_s * request.tries))
        else:
            self._again(request, now)

    def _inquiry_missed(self, inquiry: Inquiry, *, deaf: bool) -> None:
        """Note that no answer came; if it is `deaf` to everything, that makes nothing ready."""
        if self._poller.missed(inquiry, self.model.limits.tries):
            _log.info("%s: never answers %s; not asked again", self.name, inquiry.name)
            if not deaf:
                self._note_ready()

    def _never_completed(self, pending: Pending) -> None:
        for held in self._sockets.values():
            if pending in held:
                held.remove(pending)
        if pending.request is not None:
            limit_s = done_within(pending.message, self.model.limits)
            end = RequestEnd.NO_REPLY if may_repeat(pending.message) else RequestEnd.UNKNOWN
            pending.request.end(Outcome(end, after_s=limit_s))

    def _go_silent(self, now: float, detail: str) -> None:
        for pending in self._unacked:
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
        """Return what is never made to wait: a stop, or the Cancel that lets a stop in."""
        self._now = now
        for due in self._cancels:
            if now >= due[0]:
                self._cancels.remove(due)
                self.last_written = None
                return Cancel(due[1]).encode(self.address)
        waiting = [m.stop_at is not None and now >= m.stop_at for m in self._motions.values()]
        if not any(waiting):
            return None
        # What is known to run is stopped first.
        for group, motion in sorted(self._motions.items(), key=lambda item: not item[1].running):
            if motion.stop_at is not None and now >= motion.stop_at:
                motion.stop_at = None
                stop = Pending(self._stop_message(group), stop=group)
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
        if self._unacked or now < self._spaced_until:
            return None
        pending = self._next_command(now)
        may_wait = pending is None or self._may_wait(pending)
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
        filled = sum(pending.fills_socket for pending in self._running())
        if self.silent or filled >= self.model.in_flight:
            return None
        for motion in self._motions.values():
            new = motion.requested is not None and motion.requested != motion.written
            if new and not motion.stop_owed and now >= motion.not_before:
                return Pending(motion.requested)  # type: ignore[arg-type] # `new` says not None
        if self.stopping:
            return None
        request = self._next_request(now, moves=self._one_stays_free())
        return None if request is None else Pending(request.message, request)

    def _next_request(self, now: float, *, moves: bool) -> Request | None:
        """Return the request whose turn it is; `moves` False: of those that move nothing."""
        for request in self._queue:
            if moves or not groups_of(request.message):
                return request if now >= self._may_go_at(request) else None
        return None

    def _may_go_at(self, request: Request) -> float:
        if may_repeat(request.message):
            return request.not_before
        return max(request.not_before, self._unrepeatable_from)

    def _one_stays_free(self) -> bool:
        """Whether one more long move leaves a socket for the stop, or Cancel makes room for it."""
        if self.model.cancel:
            return True
        long = [p for p in self._running() if p.request and p.fills_socket and p.groups]
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
        if resting or not self._poller.waiting:
            return None  # what only waits for time to pass lets nothing come between
        return Pending(self._poller.next())

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
            self._poller.asking(message)
        elif isinstance(message, Drive | ZoomDrive | FocusDrive):
            motion = self._motions[pending.groups[0]]
            motion.written, motion.running = message, True

    def _write(self, pending: Pending, frame: bytes, now: float) -> bytes:
        self._unacked.append(pending)
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
            if pending.stop is not None:
                wait_s = limits.stop_ack_s
            pending.deadline = now + wait_s + air_s

    def not_written(self, now: float) -> None:
        """Note that what was said last could not be written."""
        if (pending := self.last_written) is not None and pending in self._unacked:
            self._unacked.remove(pending)
            self._missed(pending, now)

    # In flight.

    def awaits(self, pending: Pending) -> bool:
        """Whether the ACK or the answer to `pending` is still waited for."""
        return pending in self._unacked

    def _running(self) -> Iterator[Pending]:
        """Yield the commands that the camera has taken and not completed."""
        for held in self._sockets.values():
            yield from held

    def _in_flight(self) -> list[Pending]:
        return [*self._unacked, *self._running()]

    def _answerable(self) -> list[Pending]:
        """Return the messages without an ACK that the reply in hand may mean, oldest first."""
        return [p for p in self._unacked if self._answers in (None, p)]

    def _take_unacked(self, fits: Callable[[Pending], bool]) -> Pending | None:
        """Take out the oldest message without an ACK that `fits`, and that the reply may mean."""
        for pending in self._answerable():
            if fits(pending):
                self._unacked.remove(pending)
                return pending
        return None

    def _release(self, socket: int) -> Pending | None:
        """Take out the command that the reply names, else the one in `socket` that ends first.

        There is more than one where a camera names one socket for all, or a completion got lost:
        what must end soon is then likelier to have ended than what may still travel.
        """
        if (named := self._answers) is not None:
            for held in self._sockets.values():
                if named in held:
                    held.remove(named)
                    return named
            return None
        found = self._sockets.get(socket)
        if not found:
            return None
        ended = min(found, key=lambda pending: pending.deadline)
        found.remove(ended)
        return ended

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
        self._answers = answers
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
        self._answers = None

    def _acked(self, socket: int, now: float) -> None:
        self._acknowledges = True
        pending = self._take_unacked(lambda pending: not pending.asks)
        if pending is None:
            _log.debug("%s: ACK for nothing (socket %d)", self.name, socket)
            return
        pending.certain = pending is self._answers
        self._stop_taken(pending, now)
        pending.acked_at = now
        pending.deadline = now + done_within(pending.message, self.model.limits)
        self._sockets.setdefault(socket, deque()).append(pending)
        self._note_moving(now)

    def _stop_taken(self, pending: Pending, now: float) -> None:
        """Note that a command was taken: if it is a stop, its group may be known to stand.

        On a serial line ACKs name no command. While another stop is under way, this ACK may be
        that of the other: both are certain when both have come.
        """
        if pending.stop is None:
            return
        others = any(other.stop is not None for other in self._unacked)
        self._stops_taken.append(pending.stop)
        if not others or pending is self._answers:
            for group in self._stops_taken:
                self._motions[group].stopped()
            self._stops_taken.clear()
            self._note_moving(now)
            self._events.changed()
        if pending.stop is AxisGroup.ZOOM:
            self._poller.ask(Inquiry.ZOOM)
        elif pending.stop is AxisGroup.FOCUS:
            self._poller.ask(*self.model.settings)  # pan and tilt are looked at anyway

    def _completed(self, socket: int, now: float) -> None:
        pending = self._release(socket)
        sure = self._answers is not None  # its ACK got lost or comes later
        mute = not self.model.acks or not self._acknowledges
        if pending is None and (socket == 0 or sure or mute):
            pending = self._take_unacked(lambda pending: not pending.asks)
            if pending is not None:
                self._stop_taken(pending, now)
                self._set_off(pending, now)
        if pending is None:
            _log.debug("%s: completion for nothing (socket %d)", self.name, socket)
            return
        message = pending.message
        if isinstance(message, Preset) and message.action is PresetAction.RECALL:
            self._recalled_at = now
        self._look_after(message)
        if pending.request is not None:
            pending.request.end(Outcome(RequestEnd.DONE))
            self._note_moving(now)

    def _set_off(self, pending: Pending, now: float) -> None:
        """Note that a move was heard which tells nobody when it ends: its place has to settle."""
        if pending.request is not None and not _PICTURE.isdisjoint(pending.groups):
            self._poller.note_moving(commanded=True)
            self._note_moving(now)

    def _look_after(self, message: Message) -> None:
        """Have read what a command that was carried out may have changed."""
        match message:
            case Power():
                self._poller.ask(Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)
                self._poller.ask(*self.model.settings)
            case Command(name, _) if name.startswith("tally"):
                return  # a lamp is told again and again, and changes nothing else
            case Command() | FocusTo() | Preset(PresetAction.RECALL, _):
                self._poller.ask(*self.model.settings)

    def _told(self, data: bytes, now: float) -> None:
        pending = next((pending for pending in self._answerable() if pending.asks), None)
        if pending is None:
            _log.debug("%s: answer to nothing: %s", self.name, data.hex(" "))
        elif isinstance(pending.message, Inquiry):
            try:
                new = self._read(pending.message, data, now)
            except ValueError as error:
                _log.debug("%s: bad answer: %s", self.name, error)
                return  # no value; the inquiry times out and is asked again
            self._unacked.remove(pending)
            if new:
                self._events.changed()
            self._note_ready()
        elif pending.request is not None:
            self._unacked.remove(pending)
            pending.request.end(Outcome(RequestEnd.DONE, data=data))

    def _read(self, inquiry: Inquiry, data: bytes, now: float) -> bool:
        """Take an answer; return whether it says something new. ValueError: it is no answer."""
        new = self._poller.answered(inquiry, data, self.model.layout)
        self._answered_at = now
        if inquiry is Inquiry.VERSION and self._recognise is not None:
            self.model = self._recognise(self.seen.version)
            self._drop_what_it_never_answers()
            self._poller.ask(*self.model.settings)
        if inquiry is Inquiry.POWER and new and self.seen.power:
            self._poller.ask(*self.model.settings)  # in standby it did not say
        return new

    def _failed(self, socket: int, code: int, now: float) -> None:
        if code == ErrorCode.CANCELLED or (
            code == ErrorCode.NOT_EXECUTABLE and not self._answerable()
        ):
            self._broken_off(socket, code, now)
        elif code != ErrorCode.NO_SOCKET:  # that one: a Cancel found nothing to cancel
            self._refused(code, now)

    def _broken_off(self, socket: int, code: int, now: float) -> None:
        """Note that what ran in `socket` ended before it was done."""
        held = self._release(socket)
        if held is not None and held.request is not None:
            end = RequestEnd.STOPPED if code == ErrorCode.CANCELLED else RequestEnd.REFUSED
            held.request.end(Outcome(end, code))
        self._note_moving(now)

    def _refused(self, code: int, now: float) -> None:
        """Note that the oldest message without an answer was not taken."""
        pending = self._take_unacked(lambda _: True)
        if pending is None:
            _log.debug("%s: error %02X for nothing", self.name, code)
        elif pending.stop is not None:
            self._stop_refused(pending.stop, code, now)
        elif isinstance(pending.message, Inquiry):
            if self._poller.refused(pending.message):
                inquiry = pending.message.name
                _log.info("%s: has no answer to %s; not asked again", self.name, inquiry)
            self._note_ready()
        elif pending.request is not None:
            self._request_refused(pending.request, code, now)
        else:
            wait_s = self.model.limits.cycle_s if code == ErrorCode.FULL else DEAF_RETRY_S
            self._motions[pending.groups[0]].not_taken(pending.message, now + wait_s)

    def _request_refused(self, request: Request, code: int, now: float) -> None:
        """Say it again if it was refused only for a moment, else end it."""
        waited_s = now - (request.since if request.since is not None else now)
        deaf = code == ErrorCode.NOT_EXECUTABLE and now - self._recalled_at < DEAF_S
        if code == ErrorCode.FULL and waited_s < self.model.limits.stop_s:
            self._again(request, now + self.model.limits.cycle_s)
        elif deaf and may_repeat(request.message):
            self._again(request, now + DEAF_RETRY_S)
        else:
            request.end(Outcome(RequestEnd.REFUSED, code))

    def _stop_refused(self, group: AxisGroup, code: int, now: float) -> None:
        motion = self._motions[group]
        travelling = any(pending.groups for pending in self._running())
        automatic = group is AxisGroup.FOCUS and code == ErrorCode.NOT_EXECUTABLE
        if automatic or (code != ErrorCode.FULL and not motion.running and not travelling):
            motion.stopped()  # in standby, or without that axis: there is nothing to stop
            for doubtful in self._stops_taken:
                self._motions[doubtful].stop_again(now)
            self._stops_taken.clear()
            self._note_moving(now)
            return
        if self.model.cancel and not motion.cancelled:
            motion.cancelled = True
            self._cancel_all()
        motion.stop_again(now + self.model.limits.cycle_s)

    def _cancel_all(self) -> None:
        """Have a Cancel written to every socket in use; a drive must have run for a while."""
        for socket, held in self._sockets.items():
            if held and socket not in {waiting for _, waiting in self._cancels}:
                driven = held[-1].request is None
                at = held[-1].acked_at + self.model.limits.cancel_after_s if driven else 0.0
                self._cancels.append((at, socket))

    # Polling.

    def _poll(self, now: float) -> None:
        """Begin a round of questions; a silent camera is only asked whether it is back."""
        limits = self.model.limits
        if self.silent:
            self._poll_at = now + limits.probe_s
            if not self._unacked:
                self._poller.ask(Inquiry.POWER)
            return
        pans, zooms = (self._motions[g].driven for g in (AxisGroup.PAN_TILT, AxisGroup.ZOOM))
        self._poller.poll(zooms=zooms or not pans or self._travels())
        self._note_moving(now)
        self._poll_at = now + (limits.moving_poll_s if self.seen.moving else limits.idle_poll_s)

    def _note_moving(self, now: float) -> None:
        """Work out whether it may be moving, look soon if so, and tell if that is new."""
        driven = any(self._motions[group].driven for group in _PICTURE)
        if self._poller.note_moving(driven or self._travels()):
            if self.seen.moving and self._poll_at is not None:
                self._poll_at = min(self._poll_at, now + self.model.limits.moving_poll_s)
            self._events.changed()

    def _travels(self) -> bool:
        """Whether a move that ends by itself has not ended."""
        return any(
            pending.request and not pending.request.over and not _PICTURE.isdisjoint(pending.groups)
            for pending in self._running()
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
