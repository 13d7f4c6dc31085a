"""The conversation with one ONVIF camera: what is said next, and what is known of it.

First it is found out where its PTZ service is and which profile moves; then it is stopped, and can
be used. A drive carries a time after which the camera ends it by itself (the only lease that such a
camera has; some ignore it) and is said again before that. A stop waits for nothing, is said again
until it is answered, and then looked at: one that still moves is told to move at speed 0, which
stops cameras that do not know Stop, then again to stop. Knows no port and no clock; time is an
argument.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

from roomctl.camera.onvif import message as soap
from roomctl.camera.onvif.message import (
    DEVICE,
    ENTRY,
    MEDIA,
    PTZ,
    Element,
    SoapFault,
    SoapReader,
)
from roomctl.camera.protocol import LoginRefused, ProtocolEvents, Reading
from roomctl.errors import PortReason
from roomctl.frozen import frozen
from roomctl.motion import (
    NEVER,
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

ASK_S, FIND_S, STOP_S = 2.0, 5.0, 1.0  # how long an answer may take
TIMEOUT_S = 1.0  # after which the camera ends a drive, if it takes that
RENEW_S = 0.4  # before half of it
AGAIN_S = 0.15
PACE_S = 0.05  # between two drives
SILENT_S = 1.0  # between two tries to reach it
STOP = StopPolicy(AGAIN_S, 0.6, ramp_s=0.8, most=6)
LOOK = LookPolicy(0.25, 5.0, limit_s=30.0, looks=2, stands_s=0.8, elsewhere_s=NEVER)
TRIES, SILENT_AFTER_S = 3, 4.0
SMALL = 0.0005  # of a space: less is no move


Speeds = tuple[float, float, float]  # pan, tilt, zoom, each from -1 to 1


class _Step(Enum):
    """What is found out first, in this order."""

    CLOCK = "GetSystemDateAndTime"
    SERVICES = "GetServices"
    CAPABILITIES = "GetCapabilities"
    DEVICE = "GetDeviceInformation"
    PROFILES = "GetProfiles"
    NODES = "GetNodes"
    PRESETS = "GetPresets"
    STATUS = "GetStatus"


_FIRST = (_Step.CLOCK, _Step.SERVICES, _Step.DEVICE, _Step.PROFILES)
_THEN = (_Step.NODES, _Step.PRESETS, _Step.STATUS)
_ASKED: dict[_Step, tuple[str, str]] = {
    _Step.CLOCK: (DEVICE, ""),
    _Step.SERVICES: (DEVICE, "<IncludeCapability>false</IncludeCapability>"),
    _Step.CAPABILITIES: (DEVICE, "<Category>All</Category>"),
    _Step.DEVICE: (DEVICE, ""),
    _Step.PROFILES: (MEDIA, ""),
    _Step.NODES: (PTZ, ""),
}


@dataclass(slots=True)
class OnvifState:
    """What a camera has said; positions are of the generic spaces. None: not known."""

    model: str | None = None
    firmware: str | None = None
    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None
    moves: bool | None = None  # as it says itself
    most_presets: int | None = None
    has_home: bool = True
    has_zoom: bool = True


class OnvifRequest(CommandSequence[str]):
    """A message whose end somebody waits for; `moves`: it ends when the camera stands.

    `service`: whose it is; what another than PTZ answers is handed on as `Outcome.data`: a Uri.
    """

    def __init__(
        self,
        body: str,
        ended: Callable[[Outcome], None],
        moves: bool = False,
        service: str = PTZ,
    ) -> None:
        super().__init__((body,), ended, moves)
        self.service = service


@frozen
class _Pending:
    """What is on its way, of a drive its speeds; `place`: of a stop, among the drives."""

    of: OnvifRequest | _Step | Speeds | Literal["stop"]
    deadline: float
    body: str
    service: str
    place: int | None = None


_OK = 200
_HEAD = ("head",)  # pan, tilt and zoom are driven and stopped by one message
_UNREADABLE = Element("unreadable")


class OnvifConnection:
    """The Machine of one ONVIF camera; `url` is what errors call it."""

    def __init__(
        self,
        events: ProtocolEvents,
        url: str,
        login: tuple[str, str] = ("", ""),
        now: tuple[datetime, float] | None = None,
    ) -> None:
        """`now`: wall clock and monotonic seconds, until the camera has told its own clock."""
        self.seen = OnvifState()
        self.presets: dict[str, str] = {}
        self.ready = False
        self.profile: str | None = None
        self.shown_profile: str | None = None  # its stream is the smallest that suffices
        self._events, self._url = events, url
        self._login = login
        self._tokens = self._let_in = self._clock_guarded = False
        self._clock = now
        self._denied: LoginRefused | None = None
        self._paths = {DEVICE: ENTRY, MEDIA: "/onvif/media_service", PTZ: "/onvif/ptz_service"}
        self._pending: dict[int, _Pending] = {}
        self._begun: dict[
            int, tuple[HttpAnswer, SoapReader]
        ] = {}  # answers that are not read whole
        self._number = 0
        self._out: tuple[int, _Pending] | None = None
        self._steps: deque[_Step] = deque(_FIRST)
        self._lacks: set[_Step] = set()
        self.motion: PolledMotion[str, Speeds, OnvifRequest] = PolledMotion(STOP, LOOK, _HEAD)
        (self._head,) = self.motion.axes.values()
        self._head.there = False  # until its profile is known
        self._timed = True  # whether it takes a time for a drive
        self._by_speed = False  # whether the next stop is a speed of 0
        self._still, self._changed_at = 0, -1.0
        self._unread: PendingQueries[_Step] = PendingQueries()
        self._seen_at = 0.0
        self._ask_at = 0.0
        self._failures, self._answered_at, self._silent = 0, 0.0, False

    # What it is asked.

    @property
    def unread(self) -> frozenset[Reading]:
        """What it should say of itself, and does not."""
        return frozenset(("zoom",)) if self._blind and self.seen.has_zoom else frozenset()

    @property
    def _blind(self) -> bool:
        """Whether it does not say any more where it stands."""
        return _Step.STATUS in self._unread.old

    @property
    def moving(self) -> bool:
        return self.ready and (self.motion.moving or self._seen_moving)

    @property
    def has_presets(self) -> bool:
        """Whether it lists them; then it may be sent to them."""
        return _Step.PRESETS not in self._lacks

    @property
    def _seen_moving(self) -> bool:
        return self.seen.moves is True or (self._still < 1 and not self._blind)

    def drive(self, pan: float, tilt: float, zoom: float, until: float, now: float) -> None:
        """Drive until `until`, each from -1 to 1; nothing at all is a stop."""
        speeds = (pan, tilt, zoom)
        self.motion.drive({"head": speeds if any(speeds) else None}, until, now)
        self._by_speed = self._by_speed and not any(speeds)

    def stop(self, now: float) -> None:
        """Stop everything, whatever is believed of it."""
        self.motion.stop(now, _HEAD)
        self._by_speed = False

    def submit(self, request: OnvifRequest, now: float) -> None:
        """Have a request said; a newer move replaces an older one, and stops what is driven."""
        self.motion.submit(request, now)

    def forget(self) -> None:
        """End what still waits; the camera is gone."""
        self.ready = False
        self._unread.clear()
        self.motion.give_up()

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        try:
            answer = HttpAnswer.decode(chunk.data)
        except ValueError:
            return
        if answer.number not in self._pending:
            return
        if answer.status == 0:
            why = answer.body.decode("utf-8", "replace")
            self._fail(self._pending.pop(answer.number), why, chunk.at)
        elif answer.status == KEPT_BACK:
            why = answer.body.decode("utf-8", "replace")
            kept_back = LoginRefused(self._url, why, PortReason.INSECURE)
            self._unauthorised(self._pending.pop(answer.number), kept_back)
        else:
            self._read(answer, chunk.at)

    def _read(self, answer: HttpAnswer, now: float, begun: SoapReader | None = None) -> None:
        """Read a piece of an answer: a whole one holds the loop; the next tick goes on."""
        number = answer.number
        try:
            reader = begun or SoapReader(answer.body)
            if reader.step():
                self._begun[number] = (answer, reader)
                return
            found = reader.body()
        except ValueError as error:
            self._unreadable(self._pending.pop(number), answer.status, error, now)
            return
        pending = self._pending.pop(number)
        login = isinstance(found, SoapFault) and "NotAuthorized" in f"{found.code} {found.text}"
        if login or answer.status == LOGIN_REFUSED:
            self._unauthorised(pending)
        else:
            self._take(pending, found, now)

    def _unreadable(self, pending: _Pending, status: int, error: ValueError, now: float) -> None:
        if status == LOGIN_REFUSED:
            self._unauthorised(pending)
        elif status == _OK and not isinstance(pending.of, _Step):
            self._take(pending, _UNREADABLE, now)  # it is done: where it stands will say
        else:
            self._fail(pending, f"HTTP {status}, and its answer {error}", now, answered=True)

    def tick(self, now: float) -> None:
        if self._denied is not None:
            raise self._denied
        if self._begun:
            answer, reader = self._begun.pop(next(iter(self._begun)))
            if answer.number in self._pending:
                self._read(answer, now, reader)
        for number in [n for n, each in self._pending.items() if now >= each.deadline]:
            self._fail(self._pending.pop(number), "no answer", now)
        self.motion.tick(now)
        if self._unread.aged(now):
            self._lose_sight(now)
        if now >= self.motion.look_at and not self._steps and not self._pending:
            self._look(now)

    def due(self) -> float | None:
        if self._begun:
            return self._seen_at
        waits = [each.deadline for each in self._pending.values()]
        waits += self.motion.due()
        if not self._pending:
            waits.append(self._ask_at if self._steps else self.motion.look_at)
        waits += self._unread.due()
        return min((at for at in waits if at > self._seen_at), default=None)

    def outbox(self, now: float) -> bytes | None:
        self._seen_at = now
        pending = self._next(now)
        if pending is None:
            return None
        self._number += 1
        self._out = (self._number, pending)
        login = None
        guarded = pending.of is not _Step.CLOCK or self._clock_guarded
        if self._tokens and self._clock is not None and guarded:
            said, at = self._clock
            created = said + timedelta(seconds=now - at)
            login = soap.token(*self._login, secrets.token_bytes(16), created)
        data, limit_s = soap.envelope(pending.body, login), pending.deadline - now
        kind = soap.content_type(pending.service, pending.body[1:].partition(" ")[0])
        path = self._paths[pending.service]
        return HttpRequest(self._number, path, limit_s, "POST", data, kind).encode()

    def sent(self, now: float) -> None:
        if self._out is None:
            return
        (number, pending), self._out = self._out, None
        self._pending[number] = pending
        match pending.of:
            case OnvifRequest() as request:
                request.written(now)
                self.motion.set_off(request, _HEAD if request.moves else (), now)
            case _Step():
                if self._steps.popleft() is _Step.STATUS:
                    self._unread.asks(_Step.STATUS, now)
            case "stop":
                self._head.stop_written(now)
                if self._silent:
                    self._head.stop_again(now + SILENT_S)
            case speeds:
                self._head.drive_written(speeds)
                self._head.not_before = now + PACE_S
                self._head.again_at = now + RENEW_S if self._timed else NEVER

    def failed(self, now: float, why: str) -> None:
        """Note that nothing could be said: too much is under way."""
        self._out = None
        self._head.not_before = now + AGAIN_S
        self._head.stop_again(now + AGAIN_S)

    # What is said next.

    def _next(self, now: float) -> _Pending | None:
        profile, head = self.profile, self._head
        if profile is not None:
            if head.stop_due(now):
                still = soap.continuous_move(profile, 0, 0, self._zoom(0.0), None)
                body = still if self._by_speed else soap.stop(profile)
                return _Pending("stop", now + STOP_S, body, PTZ, place=head.place)
            if head.requested is not None and head.waits(now) and not head.unanswered:
                pan, tilt, zoom = head.requested
                timeout_s = TIMEOUT_S if self._timed else None
                body = soap.continuous_move(profile, pan, tilt, self._zoom(zoom), timeout_s)
                return _Pending(head.requested, now + STOP_S, body, PTZ)
        if head.stop_owed or any(not isinstance(p.of, tuple) for p in self._pending.values()):
            return None
        for request in self.motion.waiting:
            return _Pending(request, now + FIND_S, request.left[0], request.service)
        return self._question(now) if self._steps and now >= self._ask_at else None

    def _zoom(self, speed: float) -> float | None:
        return speed if self.seen.has_zoom else None

    def _question(self, now: float) -> _Pending:
        step, profile = self._steps[0], self.profile or ""
        limit_s = FIND_S if step in _FIRST else ASK_S
        if step is _Step.STATUS:
            return _Pending(step, now + limit_s, soap.status(profile), PTZ)
        if step is _Step.PRESETS:
            return _Pending(step, now + FIND_S, soap.presets(profile), PTZ)
        service, inside = _ASKED[step]
        return _Pending(step, now + limit_s, soap.ask(service, step.value, inside), service)

    # What came of it.

    def _unauthorised(self, pending: _Pending, kept_back: LoginRefused | None = None) -> None:
        """Prove who asks by a digest from now on; that refused, too, the login is wrong.

        `kept_back`: it also asks in a way in which it was not told.
        One that was taken before may only be by a clock that was set: then the clock is asked.
        """
        if pending.of is _Step.CLOCK and self._login[0]:
            if self._clock_guarded:
                self._lacks.add(_Step.CLOCK)  # what the clock of this box says must do
                return
            self._clock_guarded = True
        elif (self._tokens and not self._let_in) or not self._login[0]:
            why = "refuses user and password; set those of its ONVIF user in room.toml"
            self._denied = kept_back or LoginRefused(self._url, why)
            return
        self._tokens = True
        match pending.of:
            case _Step() as step:
                self._steps.appendleft(step)
            case OnvifRequest() as request:
                request.left.appendleft(pending.body)
            case (_, _, _) as speeds:
                self._head.drive_lost(speeds)
        if self._let_in:
            self._let_in = False
            self._steps.appendleft(_Step.CLOCK)

    def _take(self, pending: _Pending, found: Element | SoapFault, now: float) -> None:
        self._failures, self._answered_at = 0, now
        if self._silent:
            self._begin_again()
        self._let_in = self._tokens and pending.of is not _Step.CLOCK
        match pending.of:
            case OnvifRequest() as request:
                self._request_answered(request, found, now)
            case _Step() as step:
                self._found(step, found, now)
            case "stop":
                self._stop_answered(pending, found, now)
            case speeds:
                self._drive_answered(speeds, found, now)
        self._judge(now)
        self._events.changed()

    def _stop_answered(self, pending: _Pending, found: Element | SoapFault, now: float) -> None:
        if isinstance(found, SoapFault) and not self._by_speed:
            self._by_speed = True  # it knows no Stop
            self._head.stop_again(now)
        elif self._head.counts(pending.place):
            self._head.stopped(now)
            self._still = 0
            if _Step.STATUS in self._lacks:
                self._head.proving = None
            self.motion.look_soon(now)
        else:
            self._head.stop_again(min(self._head.stop_at, now + PACE_S))

    def _drive_answered(self, speeds: Speeds, found: Element | SoapFault, now: float) -> None:
        self.motion.refuses = False
        if not isinstance(found, SoapFault):
            self._head.drive_taken()
        elif self._timed and "Timeout" in f"{found.code} {found.text}":
            self._timed = False
            self._head.drive_lost(speeds)  # said again without a time
        else:
            self._head.drive_refused(speeds, None)
            self.motion.refuses = True
            self.motion.look_soon(now)

    def _request_answered(
        self, request: OnvifRequest, found: Element | SoapFault, now: float
    ) -> None:
        request.answered_at = now
        if isinstance(found, SoapFault):
            why = f"refused: {found.text or found.code} ({found.code})"
            self.motion.refused(request, why)
        elif request.service != PTZ:
            address = soap.text(found, "MediaUri", "Uri") or ""
            self.motion.end(request, Outcome(RequestEnd.DONE, data=address.strip().encode()))
            return
        elif not request.moves:
            self.motion.end(request, Outcome(RequestEnd.DONE))
            if _Step.PRESETS not in self._lacks:
                self._steps.append(_Step.PRESETS)
        self._still = 0
        self.motion.look_soon(now)

    def _found(self, step: _Step, found: Element | SoapFault, now: float) -> None:
        if isinstance(found, SoapFault):
            self._missing(step, now)
            return
        match step:
            case _Step.CLOCK:
                when = soap.clock_of(found)
                self._clock = (when, now) if when is not None else self._clock
            case _Step.SERVICES | _Step.CAPABILITIES:
                self._addresses(found)
            case _Step.DEVICE:
                words = (soap.text(found, "Manufacturer"), soap.text(found, "Model"))
                self.seen.model = " ".join(filter(None, words))[:60] or None
                self.seen.firmware = (soap.text(found, "FirmwareVersion") or "")[:40] or None
            case _Step.PROFILES:
                self._choose(found, now)
            case _Step.NODES:
                self._node(found)
            case _Step.PRESETS:
                listed = ((each.get("token"), each) for each in soap.every(found, "Preset"))
                self.presets = {key: soap.text(each, "Name") or "" for key, each in listed if key}
            case _Step.STATUS:
                self._stands(found, now)

    def _missing(self, step: _Step, now: float) -> None:
        """Do without what a camera does not say; where its services are can be asked otherwise.

        Where it stands is asked again if it has ever said that.
        """
        if step is _Step.STATUS and step in self._unread.heard:
            self._look_missed(now)
            return
        if step is _Step.SERVICES:
            self._steps.appendleft(_Step.CAPABILITIES)
        elif step is _Step.PROFILES:
            self._events.silent("has no media profiles; is its ONVIF switched on?")
        self._lacks.add(step)
        self._unread.drop(step)

    def _look_missed(self, now: float) -> None:
        """Look again in the next round; after tries enough less and less often."""
        if self._unread.missed(_Step.STATUS) >= TRIES:
            self._unread.rest(_Step.STATUS, now)
            self._lose_sight(now)

    def _lose_sight(self, now: float) -> None:
        """Take for unknown where it stands; a move may have ended there."""
        seen = self.seen
        seen.pan = seen.tilt = seen.zoom = seen.moves = None
        self._judge(now)
        self._events.changed()

    def _addresses(self, found: Element) -> None:
        named = {soap.text(each, "Namespace"): each for each in soap.every(found, "Service")}
        for service, word in ((MEDIA, "Media"), (PTZ, "PTZ")):
            each = named[service] if service in named else next(soap.every(found, word), None)
            path = soap.path_of(soap.text(each, "XAddr"))
            self._paths[service] = path or self._paths[service]

    def _choose(self, found: Element, now: float) -> None:
        """Choose the first profile that moves, and stop it; and the one that is shown."""
        for profile in soap.every(found, "Profiles"):
            if soap.child(profile, "PTZConfiguration") is not None and profile.get("token"):
                self.profile = profile.get("token")
                self.shown_profile = soap.smallest_picture(found, profile) or self.profile
                self._steps.extend(_THEN)
                self._head.there = True
                self._head.halt(now)
                self._head.stop_again(now)
                return
        self._events.silent("has no profile that pans, tilts or zooms")

    def _node(self, found: Element) -> None:
        node = next(soap.every(found, "PTZNode"), None)
        most = soap.text(node, "MaximumNumberOfPresets") or ""
        self.seen.most_presets = int(most) if most.isascii() and most.isdecimal() else None
        self.seen.has_home = (soap.text(node, "HomeSupported") or "true").lower() in ("true", "1")
        spaces = soap.child(node, "SupportedPTZSpaces")
        zooms = spaces is None or soap.child(spaces, "ContinuousZoomVelocitySpace") is not None
        self.seen.has_zoom = zooms

    def _stands(self, found: Element, now: float) -> None:
        self._unread.answered(_Step.STATUS, now)
        state = soap.child(found, "PTZStatus")
        place = soap.child(state, "Position")
        turn, zoom = soap.child(place, "PanTilt"), soap.child(place, "Zoom")
        seen = self.seen
        before = (seen.pan, seen.tilt, seen.zoom)
        seen.pan, seen.tilt = soap.number(turn, "x"), soap.number(turn, "y")
        seen.zoom = soap.number(zoom, "x")
        words = {soap.text(state, "MoveStatus", part) for part in ("PanTilt", "Zoom")}
        seen.moves = True if "MOVING" in words else False if "IDLE" in words else None
        after = (seen.pan, seen.tilt, seen.zoom)
        moved = any(
            one is not None and other is not None and abs(one - other) > SMALL
            for one, other in zip(before, after, strict=True)
        )
        self._still = 0 if moved else self._still + 1
        self._changed_at = now if moved else self._changed_at

    def _fail(self, pending: _Pending, why: str, now: float, *, answered: bool = False) -> None:
        """Note that something was not answered, or not in a way that can be read."""
        self._failures += not answered
        self._ask_at = now + (0.0 if answered else SILENT_S)
        match pending.of:
            case OnvifRequest() as request:
                outcome = Outcome(RequestEnd.NO_REPLY, after_s=FIND_S, why=why)
                self.motion.end(request, outcome)
            case _Step() as step:
                if answered:
                    self._missing(step, now)
                    self._judge(now)
                elif not self.ready:
                    self._steps.appendleft(step)
                elif step is _Step.STATUS:
                    self._look_missed(now)
            case (_, _, _) as speeds:
                self._head.drive_lost(speeds)
        if self._failures >= TRIES and now - self._answered_at >= SILENT_AFTER_S:
            self._silence(why, now)

    def _silence(self, why: str, now: float) -> None:
        """Give up loudly; it is asked on, and all begins anew when it answers."""
        if self._silent:
            return
        self._silent = True
        self.forget()
        self._head.halt(now)
        self.motion.look_soon(now)
        self._events.silent(why)

    def _begin_again(self) -> None:
        self._silent = False
        self.seen, self.presets = OnvifState(), {}
        self._steps = deque(_FIRST)
        self._lacks.clear()

    # Whether it stands.

    def _judge(self, now: float) -> None:
        if not self.ready and self.profile and not self.motion.stopping:
            self.ready = not self._steps and not any(
                isinstance(each.of, _Step) for each in self._pending.values()
            )
            if self.ready:
                self._events.answered()
        looks = 0 if self.seen.moves else self._still
        looks = LOOK.looks if _Step.STATUS in self._lacks else looks
        if self._blind:
            self.motion.blinded("head")
            return
        moved_at = now if self.seen.moves else self._changed_at
        if self._head.seen(now, stands=looks >= LOOK.looks, moved_at=moved_at):
            self._by_speed = not self._by_speed
            self.motion.look_soon(now)
        self.motion.looked(now, there=None, looks=looks, changed_at=self._changed_at)

    # Asking.

    def _look(self, now: float) -> None:
        moving = self.moving
        if self.profile is None:
            self._steps.extend(_FIRST)
        elif _Step.STATUS in self._lacks or self._unread.rests(_Step.STATUS):
            self._steps.extend(self._unread.again(now) or (_Step.CLOCK,))  # whether it is there
            self._still += _Step.STATUS in self._lacks
        else:
            self._steps.append(_Step.STATUS)
        self.motion.look_later(now, moving=moving)
