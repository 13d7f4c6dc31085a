"""The watch on one camera: who it is, whether it may be used, and when it is looked at again.

Knows no port and no clock, and not which reply answers what: `listening` finds that out. While the
camera may be moving it is looked at often; while it is silent, only asked whether it is back.
"""

from __future__ import annotations

import logging
from typing import Protocol

from roomctl.camera.message import Inquiry
from roomctl.camera.moves import Axes
from roomctl.camera.profile import CameraProfile, Timing, recognise
from roomctl.camera.reading import Reading, Seen
from roomctl.camera.ticket import groups_of
from roomctl.camera.underway import UnderWay

_log = logging.getLogger(__name__)


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
        self._reading.poll()
        self.note_moving(now)
        self.poll_at = now + (
            self.timing.moving_poll_s if self.seen.moving else self.timing.idle_poll_s
        )

    def look(self) -> None:
        """Ask what may have changed, at the next chance."""
        self._reading.ask(Inquiry.POWER, Inquiry.POSITION, Inquiry.ZOOM)

    def question(self) -> Inquiry | None:
        """Take out the question to ask now, if any."""
        return self._reading.next() if self._reading.waiting else None

    # Answers.

    def answered(self, inquiry: Inquiry, data: bytes) -> bool:
        """Take an answer; return whether it says something new. ValueError: it is no answer."""
        new = self._reading.answered(inquiry, data, self.profile.form)
        if inquiry is Inquiry.VERSION and self._fixed is None:
            self.profile = recognise(self._profiles, self.seen.version)
            self._drop_what_it_never_answers()
        return new

    def refused(self, inquiry: Inquiry) -> None:
        """Note that it will not say, as in standby."""
        self._reading.refused(inquiry)
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

    def note_moving(self, now: float) -> None:
        """Work out whether it may be moving, look soon if so, and tell if that is new."""
        commanded = self._axes.driven or any(
            said.ticket and not said.ticket.over and groups_of(said.message)
            for said in self._under_way.running()
        )
        if self._reading.note_moving(commanded):
            if self.seen.moving and self.poll_at is not None:
                self.poll_at = min(self.poll_at, now + self.timing.moving_poll_s)
            self._events.changed()

    def _drop_what_it_never_answers(self) -> None:
        if self.profile.has("no-zoom-inquiry"):
            self._reading.drop(Inquiry.ZOOM)
