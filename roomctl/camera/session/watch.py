"""The watch on one camera: who it is, whether it may be used, and when it is looked at again.

Knows no port and no clock, and not which reply answers what: `listening` finds that out. While the
camera may be moving it is looked at often; while it is silent, only asked whether it is back.
"""

from __future__ import annotations

import logging
from typing import Protocol

from roomctl.camera.profile import CameraProfile, Timing, recognise
from roomctl.camera.session.moves import Axes
from roomctl.camera.session.reading import Reading, Seen
from roomctl.camera.session.ticket import Group, groups_of
from roomctl.camera.session.underway import Said, UnderWay
from roomctl.visca.message import Inquiry

_log = logging.getLogger(__name__)

OVERDUE_S = 0.25  # since the last answer; at 9600 baud a question costs two moves
_TURNS = {Group.PAN_TILT, Group.ZOOM}


class Events(Protocol):
    """Who wants to know what happens to a camera."""

    def answered(self) -> None: ...
    def silent(self, detail: str) -> None: ...
    def changed(self) -> None: ...


class Watch:
    """What is known of one camera; `axes` and `under_way` say what it was told to do.

    `ready`: it has said, or refused to say, who it is and whether it is on. `poll_at`: when it is
    looked at again; None: not at all.
    """

    def __init__(
        self,
        name: str,
        profiles: dict[str, CameraProfile],
        fixed: CameraProfile | None,
        axes: Axes,
        under_way: UnderWay,
        events: Events,
    ) -> None:
        self.name = name
        self.profile = fixed or profiles["generic"]
        self.ready = self.silent = False
        self.poll_at: float | None = None
        self._told_at = 0.0
        self._profiles, self._fixed = profiles, fixed
        self._axes, self._under_way, self._events = axes, under_way, events
        self._reading = Reading()

    @property
    def seen(self) -> Seen:
        """What the camera has said of itself."""
        return self._reading.seen

    @property
    def timing(self) -> Timing:
        return self.profile.timing

    # Beginning and end.

    def begin(self, now: float) -> None:
        """Ask everything anew."""
        self._reading.begin()
        self._drop_what_it_never_answers()
        self.look_at_settings()
        self.poll_at = now + self.timing.idle_poll_s

    def end(self) -> None:
        """Ask nothing any more; it may not be used until it has answered anew."""
        self._reading.clear()
        self.ready = False
        self.poll_at = None

    def forget(self) -> None:
        """Take what it said of itself for unknown, except who it is."""
        self._reading.forget()

    def fell_silent(self, now: float, detail: str) -> None:
        """Note that it answers no more, and from now on ask only whether it is back."""
        self.silent = True
        self.poll_at = now
        self._events.silent(detail)

    # Questions.

    def tick(self, now: float) -> None:
        if self.poll_at is None or now < self.poll_at:
            return
        if self.silent:
            self.poll_at = now + self.timing.probe_s
            if not self._under_way.unacked:
                self._reading.ask(Inquiry.POWER)
            return
        self._reading.poll(zooms=not self._axes.pans_only or self._travels())
        self.note_moving(now)
        self.poll_at = now + (
            self.timing.moving_poll_s if self.seen.moving else self.timing.idle_poll_s
        )

    def look(self) -> None:
        """Ask everything that may have changed, at the next chance."""
        self._reading.ask(Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)
        self.look_at_settings()

    def look_after_stop(self, group: Group) -> None:
        """Ask where zoom or focus stands, at the next chance; pan and tilt are looked at anyway."""
        if group is Group.ZOOM:
            self._reading.ask(Inquiry.ZOOM)
        elif group is Group.FOCUS:
            self.look_at_settings()

    def look_at_settings(self) -> None:
        """Ask for the focus, and for the modes that this model has, at the next chance."""
        self._reading.ask(*_settings_of(self.profile))

    def question(self) -> Inquiry | None:
        """Return the question to ask next, if any."""
        return self._reading.next() if self._reading.waiting else None

    def asking(self, inquiry: Inquiry) -> None:
        """Take `inquiry` for asked."""
        self._reading.asking(inquiry)

    def overdue(self, now: float) -> bool:
        """Whether a question has waited so long that it goes before a move."""
        return self._reading.waiting and now >= self._told_at + OVERDUE_S

    # Answers.

    def answered(self, inquiry: Inquiry, data: bytes, now: float) -> bool:
        """Take an answer; return whether it says something new. ValueError: it is no answer."""
        new = self._reading.answered(inquiry, data, self.profile.form)
        self._told_at = now
        if inquiry is Inquiry.VERSION and self._fixed is None:
            self.profile = recognise(self._profiles, self.seen.version)
            self._drop_what_it_never_answers()
            self.look_at_settings()
        if inquiry is Inquiry.POWER and new and self.seen.power:
            self.look_at_settings()  # in standby it did not say
        return new

    def refused(self, inquiry: Inquiry) -> None:
        """Note that it will not say, as in standby."""
        if self._reading.refused(inquiry):
            _log.info("%s: has no answer to %s; not asked again", self.name, inquiry.name)
        self.note_ready()

    def missed(self, inquiry: Inquiry, *, deaf: bool) -> None:
        """Note that no answer came; if it is `deaf` to everything, that makes nothing ready."""
        if self._reading.missed(inquiry, self.timing.tries):
            _log.info("%s: never answers %s; not asked again", self.name, inquiry.name)
            if not deaf:
                self.note_ready()

    def note_ready(self) -> None:
        """Once all is answered that must be known, tell that it may be used."""
        if self._reading.complete and not self.ready:
            self.ready = True
            self._events.answered()

    def set_off(self, said: Said, now: float) -> None:
        """Note that a move was heard which tells nobody when it ends: its place has to settle."""
        if said.ticket is not None and _TURNS & {*groups_of(said.message)}:
            self._reading.note_moving(commanded=True)
            self.note_moving(now)

    def note_moving(self, now: float) -> None:
        """Work out whether it may be moving, look soon if so, and tell if that is new."""
        if self._reading.note_moving(self._axes.turned or self._travels()):
            if self.seen.moving and self.poll_at is not None:
                self.poll_at = min(self.poll_at, now + self.timing.moving_poll_s)
            self._events.changed()

    def _travels(self) -> bool:
        return any(
            said.ticket and not said.ticket.over and _TURNS & {*groups_of(said.message)}
            for said in self._under_way.running()
        )

    def _drop_what_it_never_answers(self) -> None:
        if self.profile.has("no-zoom-inquiry"):
            self._reading.drop(Inquiry.ZOOM)
        if not self.profile.pan_tilt:
            self._reading.drop(Inquiry.POSITION)


def _settings_of(profile: CameraProfile) -> tuple[Inquiry, ...]:
    return (
        *((Inquiry.FOCUS_MODE, Inquiry.FOCUS) if profile.focus else ()),
        *((Inquiry.EXPOSURE_MODE,) if profile.exposure else ()),
        *((Inquiry.WHITE_BALANCE_MODE,) if profile.white_balance else ()),
        *((Inquiry.IR_RECEIVE,) if profile.ir_receive else ()),
        *((Inquiry.TRACKING,) if profile.tracking == "sony" else ()),  # the others cannot be asked
    )
