"""The conversation with one camera: what may be said to it when, and what to do when it is silent.

Knows no port and no clock; the Line (in `line`) hands it time and the frames of its address.
Knows not what a reply belongs to (`listening`), what the camera is like (`watch`), nor whose turn
it is (`turn`).
At most one message waits for its ACK (a stop skips that gate), at most `max_inflight` commands
run, and an inquiry goes only when nothing waits for its ACK: errors without a socket name nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from roomctl.camera.profile import CameraProfile
from roomctl.camera.session.listening import Listening
from roomctl.camera.session.moves import Axes, Move
from roomctl.camera.session.reading import Seen
from roomctl.camera.session.ticket import (
    End,
    Group,
    Outcome,
    Ticket,
    groups_of,
    limit_of,
    may_repeat,
    unanswered,
)
from roomctl.camera.session.turn import Turn
from roomctl.camera.session.underway import Said, UnderWay
from roomctl.camera.session.waiting import Waiting
from roomctl.camera.session.watch import Events, Watch
from roomctl.visca.frames import Reply
from roomctl.visca.message import (
    Cancel,
    Drive,
    Focus,
    FocusDrive,
    Inquiry,
    Message,
    Pan,
    Tilt,
    Zoom,
    ZoomDrive,
)

_log = logging.getLogger(__name__)


class Talk:
    """One camera on a line."""

    def __init__(
        self,
        name: str,
        address: int,
        profiles: dict[str, CameraProfile],
        events: Events,
        fixed: CameraProfile | None = None,
    ) -> None:
        self.name, self.address = name, address
        self._axes, self._under_way, self._waiting = Axes(), UnderWay(), Waiting()
        self._watch = Watch(name, profiles, fixed, self._axes, self._under_way, events)
        self._listening = Listening(self._watch, self._axes, self._under_way, self._waiting, events)
        self._turn = Turn(self._watch, self._axes, self._under_way, self._waiting)
        self._lease_until: float | None = None
        self._saying: Said | None = None
        self._misses = 0
        self._heard_at = float("-inf")
        self._spaced_until = 0.0
        self._begun = False
        self._now = 0.0

    @property
    def profile(self) -> CameraProfile:
        """What is known of its model; `generic` until it has said who it is."""
        return self._watch.profile

    @property
    def seen(self) -> Seen:
        """What the camera has said of itself."""
        return self._watch.seen

    @property
    def ready(self) -> bool:
        """Whether it may be used: it has answered since the conversation began."""
        return self._watch.ready

    @property
    def silent(self) -> bool:
        """Whether it has stopped answering, and is only asked whether it is back."""
        return self._watch.silent

    def hang(self, byte_s: float) -> None:
        """Hang it on a line where a byte travels `byte_s`; 0: in no time."""
        self._turn.byte_s = byte_s

    def hold_steps(self, until: float) -> None:
        """Say nothing before `until` that must not run twice."""
        self._waiting.steps_from = until

    # What is asked of the camera.

    def drive(self, wanted: Mapping[Group, Move | None], lease_until: float, now: float) -> None:
        """Move until `lease_until`, unless renewed; a group without a move is to stand still."""
        self._lease_until = lease_until
        for group in Group:
            moves, move = self._axes[group], wanted.get(group)
            if move is not None:
                self._supersede((group,), End.REPLACED)
                moves.want(move)
            elif moves.driven:
                moves.stop(now)
        self._watch.note_moving(now)

    def stop(self, now: float) -> None:
        """Stop pan-tilt and zoom, and focus if it may run: at once, repeated until acknowledged."""
        self._lease_until = None
        self._axes.stop(now)
        self._supersede(tuple(Group), End.STOPPED)
        self._watch.note_moving(now)

    @property
    def driven(self) -> bool:
        """Whether a hand moves it now."""
        return self._lease_until is not None

    @property
    def stopping(self) -> bool:
        """Whether a stop is owed that the camera has not acknowledged."""
        return self._axes.stopping

    def submit(self, ticket: Ticket, now: float) -> None:
        """Have `ticket` said when its turn comes; a newer move replaces one that still waits.

        Raises ValueError if the message cannot be written, as with a number that does not fit.
        """
        self._encoded(ticket.message)
        if not self.ready:
            ticket.end(Outcome(End.OFFLINE))
            return
        if groups := groups_of(ticket.message):
            self._supersede(groups, End.REPLACED)
            self._lease_until = None
            self._axes.end_drives(now)  # nobody renews them any more
        self._waiting.add(ticket, now)

    def _supersede(self, groups: tuple[Group, ...], why: End) -> None:
        """End every wait for a move of `groups`, said or not; what was said is not said again."""
        self._waiting.drop(groups, why)
        for said in self._under_way.all():
            if said.ticket is not None and set(groups_of(said.message)) & set(groups):
                said.ticket.end(Outcome(why))

    # Beginning and end.

    def begin(self, now: float) -> None:
        """Start from nothing: stop first, then ask who and how the camera is."""
        self.end(End.OFFLINE)
        if self.silent:
            self._watch.poll_at = now  # ask first: it begins once it answers
            return
        self._begun = True
        self._axes.stop(now)
        self._misses = 0
        self._listening.begin()
        self._watch.begin(now)

    def end(self, why: End) -> None:
        """Forget everything that is under way: what was written may have run."""
        unknown = [said.ticket for said in self._under_way.all() if said.ticket is not None]
        self._under_way.clear()
        self._axes.clear()
        self._watch.end()
        self._lease_until = None
        self._begun = False
        for ticket in unknown:
            ticket.end(Outcome(End.UNKNOWN))
        self._waiting.end(why)

    def forget(self) -> None:
        """End everything, and take what it said of itself for unknown, except who it is."""
        self.end(End.OFFLINE)
        self._watch.forget()

    # Time.

    def tick(self, now: float) -> None:
        self._now = now
        if self._lease_until is not None and now >= self._lease_until:
            _log.debug("%s: lease expired", self.name)
            self.stop(now)
        while (said := self._under_way.unanswered(now)) is not None:
            self._missed(said, now)
        for said in self._under_way.overdue(now):
            self._never_completed(said)
        stop_s, since = self.profile.timing.stop_s, self._axes.oldest_stop()
        if since is not None and now >= since + stop_s:
            what = "no answer" if self._heard_at <= since else "did not take a stop"
            self._go_silent(now, f"{what} within {stop_s:g} s")
        self._watch.tick(now)

    def due(self) -> float | None:
        """Return the next instant at which time alone changes something."""
        if not self._begun and not self.silent:
            return None
        hard = self._under_way.limits()
        soft = [self._spaced_until, *self._axes.waits(), *self._waiting.limits()]
        soft += self._under_way.cancels()
        soft += [self._turn.write_at] if self._turn.write_at is not None else []
        if (since := self._axes.oldest_stop()) is not None:
            hard.append(since + self.profile.timing.stop_s)
        hard += [at for at in (self._lease_until, self._watch.poll_at) if at is not None]
        return min((*hard, *(at for at in soft if at > self._now)), default=None)

    # Speaking.

    def urgent(self, now: float) -> bytes | None:
        """Return what is never made to wait: a stop, or the Cancel that lets a stop in."""
        self._now = now
        if (socket := self._under_way.next_cancel(now)) is not None:
            self._saying = None
            return Cancel(socket).encode(self.address)
        if (group := self._axes.next_stop(now)) is None:
            return None
        return self._say(Said(self._stop_message(group), stop=group), now)

    def next(self, now: float, *, hurry: bool = False) -> bytes | None:
        """Return the next frame that may be said now, if any.

        `hurry`: others want the line too, so nothing waits for the camera's video cycle.
        """
        self._now = now
        if self._under_way.unacked or now < self._spaced_until:
            return None
        said = self._turn.take(now, hurry=hurry)
        return None if said is None else self._say(said, now)

    def _say(self, said: Said, now: float) -> bytes:
        self._under_way.unacked.append(said)
        self._saying = said
        self._spaced_until = now + self.profile.timing.spacing_s
        self._turn.write_at = None
        self.written(now, 0.0)
        return self._encoded(said.message)

    def _encoded(self, message: Message) -> bytes:
        return message.encode(self.address, self.profile.form)

    @property
    def saying(self) -> Said | None:
        """What was said last; None after a Cancel, which nobody waits for."""
        return self._saying

    def awaits(self, said: Said) -> bool:
        """Whether the ACK or the answer to `said` is still waited for."""
        return said in self._under_way.unacked

    def written(self, now: float, air_s: float) -> None:
        """Start the clock of what was said last: it left at `now` and travels `air_s`."""
        if (said := self._saying) is not None:
            timing = self.profile.timing
            wait_s = timing.inquiry_s if said.asks else timing.ack_s
            if said.stop is not None:
                wait_s = timing.stop_ack_s
            said.limit_at = now + wait_s + air_s

    def lost(self, now: float) -> None:
        """Note that what was said last could not be written."""
        if (said := self._saying) is not None and said in self._under_way.unacked:
            self._under_way.unacked.remove(said)
            self._missed(said, now)

    def _stop_message(self, group: Group) -> Message:
        if group is Group.ZOOM:
            return ZoomDrive(Zoom.STOP)
        if group is Group.FOCUS:
            return FocusDrive(Focus.STOP)
        return Drive(self.profile.pan_speed.max, self.profile.tilt_speed.max, Pan.STILL, Tilt.STILL)

    # Listening, and silence.

    def receive(self, reply: Reply, now: float, said: Said | None = None) -> None:
        """Take one frame of this camera; `said` is what it answers, on a wire that tells."""
        self._now = self._heard_at = now
        self._misses = 0
        if self.silent:
            self._watch.silent = False  # it is back: whatever this answers, start from nothing
            self.begin(now)
        else:
            self._under_way.named = said
            self._listening.take(reply, now)
            self._under_way.named = None

    def spoke(self, at: float) -> None:
        """Note when the camera began to say what was received."""
        self._turn.spoke(at)

    def _missed(self, said: Said, now: float) -> None:
        """No ACK and no answer came within the limit."""
        if said.stop is not None:
            self._axes.unacknowledged(said.stop, now)
            return
        timing = self.profile.timing
        self._misses += 1
        if self.silent:
            self._watch.poll_at = now
            return
        deaf = self._misses >= timing.tries
        if said.ticket is not None:
            self._waiting.missed(said.ticket, now, timing)
        elif isinstance(said.message, Inquiry):
            self._watch.missed(said.message, deaf=deaf)
        elif isinstance(said.message, Move):
            self._axes[groups_of(said.message)[0]].not_taken(said.message, now)
        if deaf:
            self._go_silent(now, f"no answer to {self._misses} messages in a row")

    def _never_completed(self, said: Said) -> None:
        if said.ticket is not None:
            limit_s = limit_of(said.message, self.profile.timing)
            end = End.NO_REPLY if may_repeat(said.message) else End.UNKNOWN
            said.ticket.end(Outcome(end, after_s=limit_s))

    def _go_silent(self, now: float, detail: str) -> None:
        for said in self._under_way.unacked:
            if said.ticket is not None:
                said.ticket.end(unanswered(said.ticket, now))
        self._waiting.unanswered(now)
        self.forget()
        self._watch.fell_silent(now, detail)
