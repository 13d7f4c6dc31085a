"""What a trace holds as the far end of a session: the cameras of then, and the people.

Knows no port and no clock; `replay` says what it is for.

- What a camera said comes at its time, but not before what it followed on: it waits for that, up
  to a second. The answer to a question that is not asked any more is left out.
- A question that was not asked at that time is answered as it was nearest to it, or with "not
  understood"; but not while the camera answered nothing.
- What people had asked for is taken from what was written: a command that the session has not said
  by itself is given to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from roomctl.camera.spoken import Questions, Spoken, Voice, answers_in
from roomctl.visca import codec
from roomctl.visca.codec import HEADER
from roomctl.visca.connection import Connection
from roomctl.visca.frames import BROADCAST, BadFrame
from roomctl.visca.message import (
    AddressSet,
    Cancel,
    ClearAll,
    Drive,
    Focus,
    FocusDrive,
    Message,
    Pan,
    Raw,
    Tilt,
    Zoom,
    ZoomDrive,
    decode,
)
from roomctl.visca.request import AxisGroup, Outcome, Request, RequestEnd, groups_of, may_repeat
from roomctl.wire import Chunk, Record

LATE_S = 1.0
_SOON_S = 0.1  # by which a real line, and a busy box, may have been later than a replay
_GRACE_S = 0.005  # by which what is said again may come later now, as a person's command did
_ROUNDED_S = 2e-6  # a trace has microseconds; what the session says by itself must come first
_FOREVER = float("inf")
_STOP = b"\x01\x06\x01\x03\x03\xff"
_NOT_UNDERSTOOD = b"\x60\x02\xff"


@dataclass(frozen=True, slots=True)
class Divergence:
    """A command that was said only then, or is said only now; `at` counts as the trace does."""

    at: float
    said: str
    frame: bytes

    def __str__(self) -> str:
        return f"at {self.at:.3f} s only {self.said}: {self.frame.hex(' ')} ({_named(self.frame)})"


@dataclass(frozen=True, slots=True)
class Ended:
    """A command of then, and how it ends now."""

    at: float
    name: str
    end: RequestEnd


class Recorded:
    """The Machine at the far end of `talks`, which it also gives their commands."""

    def __init__(
        self, records: Sequence[Record], talks: dict[int, Connection], *, over_ip: bool
    ) -> None:
        self.talks = talks
        self.ended: list[Ended] = []
        self.divergence: Divergence | None = None
        self.until = records[-1].at + _ROUNDED_S
        self._over_ip = over_ip
        self._now, self._then = Voice(over_ip=over_ip), Voice(over_ip=over_ip)
        self._coming = deque(records)
        self._only_then: list[Spoken] = []
        self._only_now: list[Spoken] = []
        self._held: list[tuple[Record, list[Spoken]]] = []  # and what must have been said before
        self._leaving: deque[bytes] = deque()
        self._numbers: dict[bytes, bytes] = {}
        self._questions = Questions(over_ip=over_ip)
        self._answers = answers_in(records, over_ip=over_ip)
        self._out_at = self._in_at = float("-inf")
        self._used: set[bytes] = set()
        self._doubtful: list[tuple[Spoken, Message]] = []
        self._said_at: dict[bytes, float] = {}
        self._woken_at: float | None = None
        self._unended: set[bytes] = set()
        self._wanted: dict[AxisGroup, Drive | ZoomDrive | FocusDrive | None] = {}

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        for spoken in self._now.frames(chunk.data, chunk.at):
            self._said_at[_alike(spoken.frame)] = spoken.at
            if (twin := _take(self._only_then, spoken)) is not None:
                self._numbers[twin.number] = spoken.number
                continue
            self._only_now.append(spoken)
            if spoken.asks and not self._comes_soon(spoken) and not self._deaf():
                self._leaving.append(self._answer(spoken))

    def tick(self, now: float) -> None:
        self._woken_at = None
        self._note_divergence(now)
        self._release(now)
        self._resolve(now)
        while self._coming and _turn(self._coming[0]) <= now:
            if self._leaving or self._woken_at is not None:
                break  # it is the session's turn to speak
            record = self._coming.popleft()
            if record.direction == "in":
                self._was_heard(record, now)
            elif record.direction == "out":
                if self._over_ip and record.data[:1] == b"\x02":
                    self._used.clear()  # the numbers begin anew
                for spoken in self._then.frames(record.data, record.at):
                    self._was_spoken(spoken, now)
            elif record.direction == "lost":
                for talk in self.talks.values():
                    talk.forget()

    def due(self) -> float | None:
        wanted = [_turn(self._coming[0])] if self._coming else []
        wanted += [record.at + LATE_S for record, _ in self._held[:1]]
        wanted += [spoken.at + _GRACE_S for spoken, _ in self._doubtful[:1]]
        wanted += [self._woken_at] if self._woken_at is not None else []
        return min(wanted, default=None)

    def outbox(self, now: float) -> bytes | None:
        return self._leaving.popleft() if self._leaving else None

    def sent(self, now: float) -> None:
        """Nothing to note."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note."""

    def over(self) -> None:
        """Judge what was said last, too."""
        self._note_divergence(_FOREVER)

    # The cameras of then.

    def _was_heard(self, record: Record, now: float) -> None:
        self._in_at = record.at
        before = [spoken for spoken in self._only_then if not spoken.asks]
        if (asked := self._questions.answered_by(record)) is not None:
            before = [asked]
        self._held.append((record, before))
        self._release(now)

    def _release(self, now: float) -> None:
        """Hand out what waits for nothing more; leave out answers that it is too late for."""
        for record, before in tuple(self._held):
            still = [spoken for spoken in before if spoken in self._only_then]
            late = now >= record.at + LATE_S
            if not still or (late and not still[0].asks):
                self._leaving.append(self._renumbered(record.data))
            if not still or late:
                self._held.remove((record, before))

    def _renumbered(self, data: bytes) -> bytes:
        if not self._over_ip:
            return data
        number = data[4:HEADER]
        return data[:4] + self._numbers.get(number, number) + data[HEADER:]

    def _answer(self, spoken: Spoken) -> bytes:
        header = bytes(((spoken.frame[0] & 0x0F) + BROADCAST << 4,))
        known = self._answers.get(spoken.frame, [(0.0, header + _NOT_UNDERSTOOD)])
        _, said = min(known, key=lambda answer: abs(answer[0] - spoken.at))
        head = b"\x01\x11" + len(said).to_bytes(2, "big") + spoken.number
        return head + said if self._over_ip else said

    def _comes_soon(self, spoken: Spoken) -> bool:
        """Whether the same question was asked then, a little later."""
        soon = (r for r in self._coming if r.direction == "out" and r.at <= spoken.at + _SOON_S)
        return any(r.data.endswith(spoken.frame) for r in soon)

    def _deaf(self) -> bool:
        """Whether the cameras answered nothing at this time."""
        if self._in_at >= self._out_at:
            return False
        heard_at = next((r.at for r in self._coming if r.direction == "in"), _FOREVER)
        return heard_at > self._out_at + LATE_S

    # The people of then.

    def _was_spoken(self, spoken: Spoken, now: float) -> None:
        self._out_at = spoken.at
        address = spoken.frame[0] & 0x0F
        self._questions.note(spoken)
        again = spoken.number in self._used  # over IP, what is said again keeps its number
        self._used |= {spoken.number} - {b""}
        if (twin := _take(self._only_now, spoken)) is not None:
            self._numbers[spoken.number] = twin.number
            return
        self._only_then.append(spoken)
        meant = decode(spoken.frame)
        message = Raw(spoken.frame[1:-1]) if isinstance(meant, BadFrame) else meant.message
        our_own = again or spoken.asks or isinstance(message, AddressSet | ClearAll | Cancel)
        if address in self.talks and not our_own:
            self._woken_at = now  # it is to be said at once
            self._ask(self.talks[address], message, spoken, now)

    def _ask(self, talk: Connection, message: Message, spoken: Spoken, now: float) -> None:
        if not isinstance(message, Drive | ZoomDrive | FocusDrive):
            self._submit(talk, message, spoken, now)
            return
        said_at = self._said_at.get(_alike(spoken.frame), -_FOREVER)
        if (
            _stops(message)
            and talk.stopping
            and now - said_at < LATE_S
            and now < spoken.at + _GRACE_S
        ):
            self._doubtful.append((spoken, message))  # it may be one that was said again
            return
        (group,) = groups_of(message)
        driven = self._wanted.get(group) is not None
        self._wanted[group] = None if _stops(message) else message
        if driven or not _stops(message):
            talk.drive(self._wanted, _FOREVER, now)
        elif group is AxisGroup.FOCUS:
            self._submit(talk, message, spoken, now)  # a stop stops no focus that was not driven
        else:
            talk.stop(now)

    def _submit(self, talk: Connection, message: Message, spoken: Spoken, now: float) -> None:
        if spoken.frame in self._unended and may_repeat(message):
            return  # that was the session of then, saying it again
        self._unended.add(spoken.frame)
        self._wanted.clear()  # whoever asks for something else drives no more

        def note(outcome: Outcome) -> None:
            self._unended.discard(spoken.frame)
            self.ended.append(Ended(spoken.at, _named(spoken.frame), outcome.end))

        talk.submit(Request(message, note), now)

    def _resolve(self, now: float) -> None:
        """Give the stops that the session has not said again by itself."""
        for spoken, message in tuple(self._doubtful):
            if spoken not in self._only_then:
                self._doubtful.remove((spoken, message))
            elif now >= spoken.at + _GRACE_S:
                self._doubtful.remove((spoken, message))
                self._woken_at = now
                self._ask(self.talks[spoken.frame[0] & 0x0F], message, spoken, now)

    def _note_divergence(self, now: float) -> None:
        for said, frames in (("then", self._only_then), ("now", self._only_now)):
            for spoken in [spoken for spoken in frames if spoken.at + LATE_S < now]:
                frames.remove(spoken)
                in_time = spoken.at + LATE_S < self.until  # else it may come after the trace
                if self.divergence is None and in_time and not spoken.asks:
                    self.divergence = Divergence(spoken.at, said, spoken.frame)


def _turn(record: Record) -> float:
    return record.at + _ROUNDED_S if record.direction == "out" else record.at


def _take(frames: list[Spoken], like: Spoken) -> Spoken | None:
    """Take the oldest of these that says the same out, if there is one."""
    for spoken in frames:
        if _alike(spoken.frame) == _alike(like.frame):
            frames.remove(spoken)
            return spoken
    return None


def _alike(frame: bytes) -> bytes:
    """Return a stop without its speeds, which mean nothing and are the model's; others whole."""
    return frame[:4] + frame[6:] if frame[1:4] + frame[6:] == _STOP else frame


def _stops(message: Drive | ZoomDrive | FocusDrive) -> bool:
    match message:
        case Drive(pan=Pan.STILL, tilt=Tilt.STILL):
            return True
        case ZoomDrive(way=Zoom.STOP) | FocusDrive(way=Focus.STOP):
            return True
    return False


def _named(frame: bytes) -> str:
    found = codec.decode(frame)
    return found.why if isinstance(found, BadFrame) else found.name
