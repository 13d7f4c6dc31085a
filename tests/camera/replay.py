"""A trace replayed: what a line said then, said to a conversation of now, in invented time.

Knows no port, no clock and no file. It proves that the conversation survives the trace, how the
commands in it end, and what it takes the cameras to be in the end. What is told to the cameras is
compared too: `divergence` is the first command that was said then and is not now, or the other way
round, by more than a second; questions change nothing and do not count. A trace of an older
roomctl, or of another controller, may well diverge, and still end as it must.

How the other end of then plays its part (`TracedEnd`):

- What a camera said comes at its time, but not before what it followed on: it waits for that, up
  to a second. The answer to a question that is not asked any more is left out.
- A question that was not asked at that time is answered as it was nearest to it, or with "not
  understood"; but not while the camera answered nothing.
- What people had asked for is taken from what was written: a command that the conversation has not
  said by itself is given to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial

from roomctl.camera.baud import baud_of
from roomctl.camera.profile import CameraProfile, recognise, shipped
from roomctl.camera.tools.trace import SCHEME_IP, Trace, is_datagram
from roomctl.camera.visca import Recognise, connection, described
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca import codec
from roomctl.visca.bus import Bus
from roomctl.visca.codec import HEADER
from roomctl.visca.connection import Connection
from roomctl.visca.frames import BROADCAST, BadFrame, Data, Splitter, decode_reply
from roomctl.visca.ip import OverIp
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
from roomctl.visca.request import AxisGroup, Request, groups_of, may_repeat
from roomctl.wire import Chunk, Record, Virtual

LATE_S = 1.0
_SOON_S = 0.1  # by which a real line, and a busy box, may have been later than a replay
_GRACE_S = 0.005  # by which what is said again may come later now, as a person's command did
_ROUNDED_S = 2e-6  # a trace has microseconds; what the session says by itself must come first
_FOREVER = float("inf")
_STOP = b"\x01\x06\x01\x03\x03\xff"
_NOT_UNDERSTOOD = b"\x60\x02\xff"


@frozen
class Divergence:
    """A command that was said only then, or is said only now; `at` counts as the trace does."""

    at: float
    said: str
    frame: bytes

    def __str__(self) -> str:
        return f"at {self.at:.3f} s only {self.said}: {self.frame.hex(' ')} ({_named(self.frame)})"


@frozen
class Ended:
    """A command of then, and how it ends now."""

    at: float
    name: str
    end: RequestEnd


@frozen
class Replayed:
    """What came of it: each camera's last state by address, in words; commands; divergence."""

    cameras: Mapping[int, Mapping[str, str]]
    ended: Sequence[Ended]
    divergence: Divergence | None

    def facts(self) -> dict[str, str]:
        """Return all that a trace may expect by `# ends:`; see `expected`."""
        many = len(self.cameras) > 1
        facts = {
            f"{address} {name}" if many else name: value
            for address, camera in self.cameras.items()
            for name, value in camera.items()
        }
        commands = [f"{ended.name} {ended.end.value}" for ended in self.ended]
        return {**facts, "commands": ", ".join(commands) or "none"}


def expected(trace: Trace) -> dict[str, str]:
    """Return the facts that a trace is to end with: `# ends: pan_deg=3.0; commands=none`.

    With several cameras a fact begins with its camera's address: `2 pan_deg=3.0`.
    """
    given = [fact.partition("=") for fact in trace.facts.get("ends", "").split(";") if fact.strip()]
    return {name.strip(): value.strip() for name, _, value in given}


def replay(trace: Trace, profiles: Mapping[str, CameraProfile] | None = None) -> Replayed:
    """Replay a trace with the profile that its facts name, or that its cameras are recognised by.

    `profiles`: those that its room knew (`known_to`); None: the shipped ones. Raises RoomctlError
    if there is no such profile among them.
    """
    known = shipped() if profiles is None else profiles
    named = trace.facts.get("profile")
    if named is not None and named not in known:
        why = f"no profile {named!r}; if its site has one of its own, replay it with that folder's"
        raise RoomctlError(f"trace: {why}")
    fixed, recognised = known[named] if named else None, partial(recognise, known)
    connections: dict[int, Connection] = {}
    ended: list[Ended] = []
    divergence: Divergence | None = None
    for section in trace.sections():
        then = _replayed(section, fixed, recognised)
        connections |= then.connections
        ended += then.ended
        divergence = divergence or then.divergence
    cameras = {
        address: _in_words(camera, fixed or recognised(camera.seen.version))
        for address, camera in sorted(connections.items())
    }
    return Replayed(cameras, ended, divergence)


class _Nobody:
    """Whom a Connection tells what happens: its state is looked at in the end."""

    def answered(self) -> None:
        """Nothing to note."""

    def silent(self, detail: str) -> None:
        """Nothing to note."""

    def changed(self) -> None:
        """Nothing to note."""


def _replayed(
    records: Sequence[Record], fixed: CameraProfile | None, recognised: Recognise
) -> TracedEnd:
    """Let happen once more what happened between an opening of the port and the next one."""
    url = next((r.note for r in records if r.direction == "open"), "serial:")
    over_ip = url.startswith(SCHEME_IP) or any(is_datagram(r.data) for r in records)
    connections = {
        address: connection(f"camera {address}", address, _Nobody(), fixed, recognised)
        for address in _addresses(records, over_ip=over_ip)
    }
    line = Bus(list(connections.values()), None if over_ip else baud_of(url))
    then = TracedEnd(records, connections, over_ip=over_ip)
    room = Virtual(OverIp(line) if over_ip else line, then, now=records[0].at)
    room.run(then.until - records[0].at)
    then.over()
    return then


def _addresses(records: Sequence[Record], *, over_ip: bool) -> list[int]:
    voice = FrameReader(over_ip=over_ip)
    out = [record for record in records if record.direction == "out"]
    traced = [frame for record in out for frame in voice.frames(record.data, record.at)]
    return sorted({s.frame[0] & 0x0F for s in traced if 1 <= s.frame[0] & 0x0F <= 7}) or [1]


def _in_words(camera: Connection, profile: CameraProfile) -> dict[str, str]:
    state = described(profile, camera.seen)
    known = {field.name: getattr(state, field.name) for field in fields(state)}
    words = {name: _word(value) for name, value in known.items() if value is not None}
    return {"ready": _word(camera.ready and not camera.silent), **words}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{round(value, 1) + 0.0:.1f}" if isinstance(value, float) else str(value)


# What was said then.


@frozen
class TracedFrame:
    """A frame of the controller's, without a datagram's header; `number`: that header's."""

    at: float
    frame: bytes
    number: bytes = b""

    @property
    def asks(self) -> bool:
        return self.frame[1] == 0x09


class FrameReader:
    """Cuts what a controller writes into its frames; a control datagram has none."""

    def __init__(self, *, over_ip: bool) -> None:
        self._over_ip, self._splitter = over_ip, Splitter()

    def frames(self, data: bytes, at: float) -> list[TracedFrame]:
        number = b""
        if self._over_ip:
            number, self._splitter = data[4:HEADER], Splitter()
            data = b"" if data[:1] == b"\x02" else data[HEADER:]
        found = self._splitter.feed(data, at)
        return [TracedFrame(at, frame, number) for frame in found if isinstance(frame, bytes)]


class TracedQuestions:
    """The last question of then to each camera; over IP, each by its number."""

    def __init__(self, *, over_ip: bool) -> None:
        self._over_ip = over_ip
        self._asked: dict[bytes, TracedFrame] = {}

    def note(self, traced: TracedFrame) -> None:
        if traced.asks:
            address = bytes(((traced.frame[0] & 0x0F) + BROADCAST,))
            self._asked[traced.number if self._over_ip else address] = traced

    def answered_by(self, record: Record) -> TracedFrame | None:
        """Return the question that a record answers; None: it is no answer."""
        reply = reply_in(record, over_ip=self._over_ip)
        if not isinstance(decode_reply(reply), Data):
            return None
        address = bytes((reply[0] >> 4,))
        return self._asked.get(record.data[4:HEADER] if self._over_ip else address)


def reply_in(record: Record, *, over_ip: bool) -> bytes:
    """Return what a record holds without a datagram's header."""
    return record.data[HEADER:] if over_ip else record.data


def answers_in(
    records: Sequence[Record], *, over_ip: bool
) -> dict[bytes, list[tuple[float, bytes]]]:
    """Return the answers to each question, and when they came."""
    voice, questions = FrameReader(over_ip=over_ip), TracedQuestions(over_ip=over_ip)
    answers: dict[bytes, list[tuple[float, bytes]]] = {}
    for record in records:
        if record.direction == "out":
            for traced in voice.frames(record.data, record.at):
                questions.note(traced)
        elif record.direction == "in" and (asked := questions.answered_by(record)) is not None:
            reply = reply_in(record, over_ip=over_ip)
            answers.setdefault(asked.frame, []).append((record.at, reply))
    return answers


class TracedEnd:
    """The Machine at the other end of `connections`, which it also gives their commands."""

    def __init__(
        self, records: Sequence[Record], connections: dict[int, Connection], *, over_ip: bool
    ) -> None:
        self.connections = connections
        self.ended: list[Ended] = []
        self.divergence: Divergence | None = None
        self.until = records[-1].at + _ROUNDED_S
        self._over_ip = over_ip
        self._now, self._then = FrameReader(over_ip=over_ip), FrameReader(over_ip=over_ip)
        self._coming = deque(records)
        self._only_then: list[TracedFrame] = []
        self._only_now: list[TracedFrame] = []
        # What comes, and what must have been said before.
        self._held: list[tuple[Record, list[TracedFrame]]] = []
        self._leaving: deque[bytes] = deque()
        self._numbers: dict[bytes, bytes] = {}
        self._questions = TracedQuestions(over_ip=over_ip)
        self._answers = answers_in(records, over_ip=over_ip)
        self._out_at = self._in_at = float("-inf")
        self._used: set[bytes] = set()
        self._doubtful: list[tuple[TracedFrame, Message]] = []
        self._said_at: dict[bytes, float] = {}
        self._woken_at: float | None = None
        self._unended: set[bytes] = set()
        self._wanted: dict[AxisGroup, Drive | ZoomDrive | FocusDrive | None] = {}

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        for traced in self._now.frames(chunk.data, chunk.at):
            self._said_at[_alike(traced.frame)] = traced.at
            if (twin := _take(self._only_then, traced)) is not None:
                self._numbers[twin.number] = traced.number
                continue
            self._only_now.append(traced)
            if traced.asks and not self._comes_soon(traced) and not self._deaf():
                self._leaving.append(self._answer(traced))

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
                for traced in self._then.frames(record.data, record.at):
                    self._was_spoken(traced, now)
            elif record.direction == "lost":
                for camera in self.connections.values():
                    camera.forget()

    def due(self) -> float | None:
        wanted = [_turn(self._coming[0])] if self._coming else []
        wanted += [record.at + LATE_S for record, _ in self._held[:1]]
        wanted += [traced.at + _GRACE_S for traced, _ in self._doubtful[:1]]
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
        before = [traced for traced in self._only_then if not traced.asks]
        if (asked := self._questions.answered_by(record)) is not None:
            before = [asked]
        self._held.append((record, before))
        self._release(now)

    def _release(self, now: float) -> None:
        """Hand out what waits for nothing more; leave out answers that it is too late for."""
        for record, before in tuple(self._held):
            still = [traced for traced in before if traced in self._only_then]
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

    def _answer(self, traced: TracedFrame) -> bytes:
        header = bytes(((traced.frame[0] & 0x0F) + BROADCAST << 4,))
        known = self._answers.get(traced.frame, [(0.0, header + _NOT_UNDERSTOOD)])
        _, said = min(known, key=lambda answer: abs(answer[0] - traced.at))
        head = b"\x01\x11" + len(said).to_bytes(2, "big") + traced.number
        return head + said if self._over_ip else said

    def _comes_soon(self, traced: TracedFrame) -> bool:
        """Whether the same question was asked then, a little later."""
        soon = (r for r in self._coming if r.direction == "out" and r.at <= traced.at + _SOON_S)
        return any(r.data.endswith(traced.frame) for r in soon)

    def _deaf(self) -> bool:
        """Whether the cameras answered nothing at this time."""
        if self._in_at >= self._out_at:
            return False
        heard_at = next((r.at for r in self._coming if r.direction == "in"), _FOREVER)
        return heard_at > self._out_at + LATE_S

    # The people of then.

    def _was_spoken(self, traced: TracedFrame, now: float) -> None:
        self._out_at = traced.at
        address = traced.frame[0] & 0x0F
        self._questions.note(traced)
        again = traced.number in self._used  # over IP, what is said again keeps its number
        self._used |= {traced.number} - {b""}
        if (twin := _take(self._only_now, traced)) is not None:
            self._numbers[traced.number] = twin.number
            return
        self._only_then.append(traced)
        meant = decode(traced.frame)
        message = Raw(traced.frame[1:-1]) if isinstance(meant, BadFrame) else meant.message
        our_own = again or traced.asks or isinstance(message, AddressSet | ClearAll | Cancel)
        if address in self.connections and not our_own:
            self._woken_at = now  # it is to be said at once
            self._ask(self.connections[address], message, traced, now)

    def _ask(self, camera: Connection, message: Message, traced: TracedFrame, now: float) -> None:
        if not isinstance(message, Drive | ZoomDrive | FocusDrive):
            self._submit(camera, message, traced, now)
            return
        said_at = self._said_at.get(_alike(traced.frame), -_FOREVER)
        if (
            _stops(message)
            and camera.stopping
            and now - said_at < LATE_S
            and now < traced.at + _GRACE_S
        ):
            self._doubtful.append((traced, message))  # it may be one that was said again
            return
        (group,) = groups_of(message)
        driven = self._wanted.get(group) is not None
        self._wanted[group] = None if _stops(message) else message
        if driven or not _stops(message):
            camera.drive(self._wanted, _FOREVER, now)
        elif group is AxisGroup.FOCUS:
            # A stop stops no focus that was not driven.
            self._submit(camera, message, traced, now)
        else:
            camera.stop(now)

    def _submit(
        self, camera: Connection, message: Message, traced: TracedFrame, now: float
    ) -> None:
        if traced.frame in self._unended and may_repeat(message):
            return  # that was the session of then, saying it again
        self._unended.add(traced.frame)
        self._wanted.clear()  # whoever asks for something else drives no more

        def note(outcome: Outcome) -> None:
            self._unended.discard(traced.frame)
            self.ended.append(Ended(traced.at, _named(traced.frame), outcome.end))

        camera.submit(Request(message, note), now)

    def _resolve(self, now: float) -> None:
        """Give the stops that the session has not said again by itself."""
        for traced, message in tuple(self._doubtful):
            if traced not in self._only_then:
                self._doubtful.remove((traced, message))
            elif now >= traced.at + _GRACE_S:
                self._doubtful.remove((traced, message))
                self._woken_at = now
                self._ask(self.connections[traced.frame[0] & 0x0F], message, traced, now)

    def _note_divergence(self, now: float) -> None:
        for said, frames in (("then", self._only_then), ("now", self._only_now)):
            for traced in [traced for traced in frames if traced.at + LATE_S < now]:
                frames.remove(traced)
                in_time = traced.at + LATE_S < self.until  # else it may come after the trace
                if self.divergence is None and in_time and not traced.asks:
                    self.divergence = Divergence(traced.at, said, traced.frame)


def _turn(record: Record) -> float:
    return record.at + _ROUNDED_S if record.direction == "out" else record.at


def _take(frames: list[TracedFrame], like: TracedFrame) -> TracedFrame | None:
    """Take the oldest of these that says the same out, if there is one."""
    for traced in frames:
        if _alike(traced.frame) == _alike(like.frame):
            frames.remove(traced)
            return traced
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
