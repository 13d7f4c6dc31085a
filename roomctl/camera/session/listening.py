"""Listening to one camera: what each reply belongs to, and what follows from it.

Knows no port, no clock and no address, and says nothing itself: it notes what is to be said.
An ACK names no command: it is for the oldest without one. A completion, and an error that breaks
off what ran, name a socket. Data, and any other error, are for the oldest that waits; `talk` lets
an inquiry wait only alone.
"""

from __future__ import annotations

import logging

from roomctl.camera.session.moves import Axes, Move
from roomctl.camera.session.ticket import End, Group, Outcome, groups_of, limit_of
from roomctl.camera.session.underway import Said, UnderWay
from roomctl.camera.session.waiting import DEAF_RETRY_S, Waiting
from roomctl.camera.session.watch import Events, Watch
from roomctl.visca.frames import Ack, Completion, Data, ErrorCode, Failure, Notice, Reply
from roomctl.visca.message import (
    Command,
    FocusTo,
    Inquiry,
    Message,
    Power,
    Preset,
    PresetAction,
)

_log = logging.getLogger(__name__)


class Listening:
    """The replies of one camera, matched with what is `under_way` to it."""

    def __init__(
        self, watch: Watch, axes: Axes, under_way: UnderWay, waiting: Waiting, events: Events
    ) -> None:
        self._watch, self._axes = watch, axes
        self._under_way, self._waiting = under_way, waiting
        self._events = events
        self._recalled_at = float("-inf")
        self._acknowledges = False

    def begin(self) -> None:
        """Expect nothing: whether this camera acknowledges is to be seen again."""
        self._acknowledges = False

    def take(self, reply: Reply, now: float) -> None:
        match reply:
            case Ack(socket=socket):
                self._acked(socket, now)
            case Completion(socket=socket):
                self._completed(socket, now)
            case Data(data=data):
                self._told(data, now)
            case Failure(socket=socket, code=code):
                self._failed(socket, code, now)
            case Notice():
                self._watch.look()
            case _:
                _log.debug("%s: ignored %s", self._watch.name, reply)

    def _acked(self, socket: int, now: float) -> None:
        self._acknowledges = True
        said = self._under_way.first_unacked(lambda said: not said.asks)
        if said is None:
            _log.debug("%s: ACK for nothing (socket %d)", self._watch.name, socket)
            return
        said.certain = said is self._under_way.named
        self._taken(said, now)
        said.taken_at = now
        said.limit_at = now + limit_of(said.message, self._watch.timing)
        self._under_way.hold(socket, said)
        self._watch.note_moving(now)

    def _taken(self, said: Said, now: float) -> None:
        """Note that a command was taken: if it is a stop, its group may be known to stand."""
        if said.stop is None:
            return
        others = any(other.stop is not None for other in self._under_way.unacked)
        doubtful = others and said is not self._under_way.named
        if self._axes.acknowledged(said.stop, doubtful=doubtful):
            self._watch.note_moving(now)
            self._events.changed()
        self._watch.look_after_stop(said.stop)

    def _completed(self, socket: int, now: float) -> None:
        said = self._under_way.release(socket)
        sure = self._under_way.named is not None  # its ACK got lost or comes later
        mute = self._watch.profile.has("no-ack") or not self._acknowledges
        if said is None and (socket == 0 or sure or mute):
            said = self._under_way.first_unacked(lambda said: not said.asks)
            if said is not None:
                self._taken(said, now)
                self._watch.set_off(said, now)
        if said is None:
            _log.debug("%s: completion for nothing (socket %d)", self._watch.name, socket)
            return
        if isinstance(said.message, Preset) and said.message.action is PresetAction.RECALL:
            self._recalled_at = now
        self._look_after(said.message)
        if said.ticket is not None:
            said.ticket.end(Outcome(End.DONE))
            self._watch.note_moving(now)

    def _look_after(self, message: Message) -> None:
        """Have read what a command that was carried out may have changed."""
        match message:
            case Power():
                self._watch.look()
            case Command(name, _) if name.startswith("tally"):
                return  # a lamp is told again and again, and changes nothing else
            case Command() | FocusTo() | Preset(PresetAction.RECALL, _):
                self._watch.look_at_settings()

    def _told(self, data: bytes, now: float) -> None:
        said = next((said for said in self._under_way.answerable() if said.asks), None)
        if said is None:
            _log.debug("%s: answer to nothing: %s", self._watch.name, data.hex(" "))
        elif isinstance(said.message, Inquiry):
            self._told_of(said, said.message, data, now)
        elif said.ticket is not None:
            self._under_way.unacked.remove(said)
            said.ticket.end(Outcome(End.DONE, data=data))

    def _told_of(self, said: Said, inquiry: Inquiry, data: bytes, now: float) -> None:
        try:
            new = self._watch.answered(inquiry, data, now)
        except ValueError as error:
            _log.debug("%s: bad answer: %s", self._watch.name, error)
            return  # no value; the inquiry times out and is asked again
        self._under_way.unacked.remove(said)
        if new:
            self._events.changed()
        self._watch.note_ready()

    def _failed(self, socket: int, code: int, now: float) -> None:
        if code == ErrorCode.CANCELLED or (
            code == ErrorCode.NOT_EXECUTABLE and not self._under_way.answerable()
        ):
            self._broken_off(socket, code, now)
        elif code != ErrorCode.NO_SOCKET:  # that one: a Cancel found nothing to cancel
            self._refused(code, now)

    def _broken_off(self, socket: int, code: int, now: float) -> None:
        """Note that what ran in `socket` ended before it was done."""
        held = self._under_way.release(socket)
        if held is not None and held.ticket is not None:
            end = End.STOPPED if code == ErrorCode.CANCELLED else End.REFUSED
            held.ticket.end(Outcome(end, code))
        self._watch.note_moving(now)

    def _refused(self, code: int, now: float) -> None:
        """Note that the oldest message without an answer was not taken."""
        said = self._under_way.first_unacked(lambda _: True)
        if said is None:
            _log.debug("%s: error %02X for nothing", self._watch.name, code)
        elif said.stop is not None:
            self._stop_refused(said.stop, code, now)
        elif isinstance(said.message, Inquiry):
            self._watch.refused(said.message)
        elif said.ticket is not None:
            self._waiting.refused(said.ticket, code, now, self._recalled_at, self._watch.timing)
        elif isinstance(said.message, Move):
            wait_s = self._watch.timing.cycle_s if code == ErrorCode.FULL else DEAF_RETRY_S
            self._axes[groups_of(said.message)[0]].not_taken(said.message, now + wait_s)

    def _stop_refused(self, group: Group, code: int, now: float) -> None:
        moves = self._axes[group]
        travelling = any(groups_of(said.message) for said in self._under_way.running())
        automatic = group is Group.FOCUS and code == ErrorCode.NOT_EXECUTABLE
        if automatic or (code != ErrorCode.FULL and not moves.running and not travelling):
            self._axes.nothing_to_stop(group, now)  # in standby, or without that axis
            self._watch.note_moving(now)
            return
        if self._watch.profile.cancel and not moves.cancelled:
            moves.cancelled = True
            self._under_way.cancel(self._watch.timing.cancel_after_s)
        moves.stop_again(now + self._watch.timing.cycle_s)
