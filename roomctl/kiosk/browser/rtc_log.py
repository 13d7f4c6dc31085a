"""Chromium's WebRTC event logs: which connections of a session reach somebody, and what they carry.

Knows no page and no browser process; blocking, so call it in a thread. `--webrtc-event-logging=DIR`
makes Chromium write one file for each RTCPeerConnection, in any frame of any page, with no script.

Measured with Chromium 156: the file appears when the page makes the connection (17 bytes), grows
every 5 s by one write, and begins with what was before its beginning. Times are CLOCK_MONOTONIC.
Chromium logs 5 connections at a time: a further one has no log, even after others closed. A log
stops at 60 MB, while its connection may go on. Chromium closes a log when its connection closes,
its page leaves or its renderer dies.

The format is a protobuf stream (webrtc.rtclog2.EventStream; WebRTC's source:
logging/rtc_event_log/rtc_event_log2.proto and encoder/). What is read of it:

    field of the stream        field of the message (1 is always timestamp_ms)
      2, 3  RTP in, out         6 SSRC, 11 number of deltas; 101 deltas of the time
      4, 5  RTCP in, out        3 number of deltas; 101 deltas of the time
     16, 17 begin, end          2 version of the format
     26     ICE check           2 type (1 sent, 2 received, 4 answer received), 4 transaction
     27     DTLS state          2 state (3 connected)
     28     DTLS writable       2 flag
    101, 103 receive stream     2 remote SSRC, 4 its RTX
    102, 104 send stream        2 SSRC, 3 its RTX

A message with n deltas stands for 1 + n packets of one SSRC.

A page that connects to itself (network test, effects, preview) is not in a call. Its two
connections write the same transactions: what one sent, the other received. So a connection counts
when it was answered, and when every other log that could be its other end was read up to then.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import re
import signal
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from roomctl.frozen import frozen

_NAME = re.compile(r"[^/]*\.log")
_READ = frozenset({2, 3, 4, 5, 16, 17, 26, 27, 28, 101, 102, 103, 104})
_BEGIN, _VERSION = 16, 2
_PERIOD_MS = 5000  # Chromium writes this often
_WAIT_MS = 2 * _PERIOD_MS  # a log that wrote nothing for so long had nothing to write
_BREAK_MS = 2000  # in a stretch of packets; silence that is coded has 2.5 a second
_AT_ONCE = 5  # connections that Chromium logs at a time
_LIMIT_BYTES, _LAST_WRITE_BYTES = (
    60_000_000,
    2_000_000,
)  # it stops before the write that goes beyond
_MESSAGE_BYTES = 1_000_000
_READ_BYTES = _MESSAGE_BYTES + 16
_LOOK_BYTES = 4 * _READ_BYTES
_FREE_BYTES = 1 << 18
_ENTRIES, _LOGS, _KEPT_MS = 1000, 64, 20_000
_EVENTS = 10_000  # WebRTC keeps no more between two writes
_SSRCS, _FIELDS, _CHECKS = 1000, 64, 512
_SAME_CHECKS = 2  # 32-bit numbers: one that is the same may be chance
_CONNECTED = 3
_SENT, _RECEIVED, _ANSWERED = 1, 2, 4


@frozen
class LoggedLines:
    """What the logs of a session say since it began; a page's connection to itself is in none.

    `connected` connections were answered, have DTLS and reach somebody; only they count packets and
    signs (RTP, RTCP, ICE checks and answers that came in), also after they ended. `others` are the
    remote streams that the connected ones receive or are set up for, also empty ones. `missing`
    connections have no readable log: damaged, at its limit, or one too many. `newest_at` and
    `sign_at` (monotonic seconds) are the newest event and the newest sign of the connected ones:
    their difference is the silence, without the log's delay. For `received_s` and `sent_s` RTP had
    come in, and gone out, without a break by then, on the connection that has it longest; 0: not
    now. `fresh` connections have not written since they were made. A count may fall, when a
    connection turns out to be the page's own; then it says nothing.
    """

    connections: int = 0
    connected: int = 0
    packets_in: int = 0
    packets_out: int = 0
    signs_in: int = 0
    others: int = 0
    ended: int = 0
    missing: int = 0
    newest_at: float | None = None
    sign_at: float | None = None
    received_s: float = 0.0
    sent_s: float = 0.0
    fresh: int = 0


class RtcLogs:
    """Reads the logs in `folder`, as far as they were written, and frees what it has read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logs: dict[str, _Log] = {}
        self._open = 0  # after the last look
        self._unlogged = False  # whether connections without a log may exist
        self._behind = False
        self._past = _Past()

    def read(self, now: float) -> LoggedLines:
        """Read on; `now` is time.monotonic(). At most 4 MB and 64 logs a look; never raises."""
        now_ms = int(now * 1000)
        self._behind = False
        self._find(now_ms)
        left = _LOOK_BYTES
        for log in sorted(self._logs.values(), key=lambda log: log.read_ms):
            left -= log.read(self._folder, now_ms, left)
        self._behind = self._behind or any(log.behind for log in self._logs.values())
        strange = self._find(now_ms)  # again: the other end of what was read has a log by now
        self._judge(strange)
        self._forget(now_ms)
        return self._lines(strange)

    def _find(self, now_ms: int) -> int:
        """Add the logs that are new; return how many entries are no logs and should be."""
        strange = fresh = 0
        for name, regular in _entries(self._folder):
            if not regular:
                strange += 1
            elif name not in self._logs:
                fresh += 1
                if len(self._logs) < _LOGS:
                    self._logs[name] = _Log(name, begun_ms=now_ms)
                else:
                    self._behind = True
        self._open += fresh
        self._unlogged = self._unlogged or self._open >= _AT_ONCE
        return strange

    def _judge(self, strange: int) -> None:
        logs = list(self._logs.values())
        for one in logs:
            for other in logs:
                if one is not other and len(one.sent & other.received) >= _SAME_CHECKS:
                    one.loop = other.loop = True
        if not (self._unlogged or self._behind or strange):
            for log in logs:
                log.proven = log.proven or (
                    log.answers >= _SAME_CHECKS
                    and not log.loop
                    and all(_not_the_end_of(log, other) for other in logs if other is not log)
                )

    def _forget(self, now_ms: int) -> None:
        """Let go of the ended logs that no other log can be the end of any more."""
        ended = [log for log in self._logs.values() if log.ended_ms is not None]
        ended.sort(key=lambda log: log.ended_ms or 0)
        over = len(self._logs) - _LOGS // 2
        for number, log in enumerate(ended):
            if now_ms - (log.ended_ms or 0) > _KEPT_MS or number < over:
                self._unlogged = self._unlogged or number < over
                log.remove(self._folder)
                del self._logs[log.name]
                self._past.add(log, self._own())

    def _own(self) -> set[int]:
        return self._past.own.union(*(log.out for log in self._logs.values()))

    def _lines(self, strange: int) -> LoggedLines:
        own = self._own()
        logs = [log for log in self._logs.values() if not log.is_own(own)]
        alive = [log for log in logs if log.ended_ms is None]
        reached = [log for log in alive if log.reaches]
        counted = [log for log in logs if log.counts]
        self._open = sum(log.ended_ms is None for log in self._logs.values())
        stopped = sum(log.stopped for log in logs) + self._past.stopped
        doubtful = sum(log.connected and not log.proven and not log.damaged for log in alive)
        return LoggedLines(
            connections=len(alive),
            connected=len(reached),
            packets_in=self._past.packets_in + sum(log.packets_in(own) for log in counted),
            packets_out=self._past.packets_out + sum(log.packets_out for log in counted),
            signs_in=self._past.signs_in + sum(log.signs_in for log in counted),
            others=sum(len(log.others(own)) for log in reached),
            ended=self._past.ended + sum(log.ended_ms is not None for log in logs) - stopped,
            missing=sum(log.damaged for log in alive)
            + stopped
            + strange
            + (doubtful if self._unlogged else 0)
            + (self._open >= _AT_ONCE),
            newest_at=max((log.newest_ms / 1000 for log in reached), default=None),
            sign_at=max((log.sign_ms / 1000 for log in reached), default=None),
            received_s=max((log.came.lasts_s(log.newest_ms) for log in reached), default=0.0),
            fresh=sum(log.fresh for log in alive),
            sent_s=max((log.went.lasts_s(log.newest_ms) for log in reached), default=0.0),
        )


@dataclass(slots=True)
class _Stretch:
    """For how long packets have gone one way without a break."""

    since_ms: int = 0
    until_ms: int = 0

    def add(self, first_ms: int, last_ms: int) -> None:
        """Take a batch; those of one write come in the order of their SSRC, not of time."""
        if first_ms > self.until_ms + _BREAK_MS:
            self.since_ms = first_ms
        self.since_ms = min(self.since_ms, first_ms)
        self.until_ms = max(self.until_ms, last_ms)

    def lasts_s(self, now_ms: int) -> float:
        over = now_ms - self.until_ms > _BREAK_MS
        return 0.0 if over else (self.until_ms - self.since_ms) / 1000


@dataclass(slots=True)
class _Past:
    """What the forgotten logs add up to."""

    packets_in: int = 0
    packets_out: int = 0
    signs_in: int = 0
    ended: int = 0
    stopped: int = 0
    own: set[int] = field(default_factory=set)

    def add(self, log: _Log, own: set[int]) -> None:
        if len(self.own) < _SSRCS:
            self.own |= log.out
        if log.is_own(own):
            return
        self.ended += 1
        self.stopped += log.stopped
        if log.counts:
            self.packets_in += log.packets_in(own)
            self.packets_out += log.packets_out
            self.signs_in += log.signs_in


class _Damaged(ValueError):
    """Not the bytes that Chromium writes."""


class _Short(Exception):
    """The bytes end inside a field."""


@dataclass(slots=True)
class _Log:
    """One file, and the connection that it tells of. Times in milliseconds."""

    name: str
    identity: tuple[int, int] | None = None
    offset: int = 0
    freed: int = 0
    read_ms: int = 0
    begun_ms: int = 0
    begun: bool = False
    behind: bool = False
    damaged: bool = False
    stopped: bool = False  # at Chromium's limit
    ended_ms: int | None = None
    newest_ms: int = 0
    sign_ms: int = 0
    answered_ms: int = 0  # when the connection had been answered twice
    answers: int = 0
    dtls: int = 0
    writable: bool = False
    over: bool = False
    loop: bool = False
    proven: bool = False
    was_connected: bool = False
    packets_out: int = 0
    signs_in: int = 0
    into: dict[int, int] = field(default_factory=dict)  # SSRC -> packets
    out: set[int] = field(default_factory=set)
    came: _Stretch = field(default_factory=_Stretch)
    went: _Stretch = field(default_factory=_Stretch)
    remote: set[int] = field(default_factory=set)
    rtx: set[int] = field(default_factory=set)
    sent: _Recent = field(default_factory=lambda: _Recent())
    received: _Recent = field(default_factory=lambda: _Recent())

    @property
    def connected(self) -> bool:
        return self.dtls == _CONNECTED and self.writable and not self.over

    @property
    def fresh(self) -> bool:
        return self.newest_ms <= self.begun_ms and not self.damaged

    @property
    def reaches(self) -> bool:
        return self.connected and self.proven and not self.damaged

    @property
    def counts(self) -> bool:
        return self.was_connected and self.proven

    def is_own(self, own: set[int]) -> bool:
        """Whether it leads back to the session: by its checks, or as all that comes in is ours."""
        return self.loop or (bool(self.into) and own.issuperset(self.into))

    def packets_in(self, own: set[int]) -> int:
        return sum(count for ssrc, count in self.into.items() if ssrc not in own)

    def others(self, own: set[int]) -> set[int]:
        return (self.remote | self.into.keys()) - self.rtx - own - {0}

    def read(self, folder: Path, now_ms: int, limit: int) -> int:
        """Read on, `limit` bytes at most; return how many."""
        self.behind = self.ended_ms is None and limit < _READ_BYTES
        if self.ended_ms is not None or self.behind:
            return 0
        self.read_ms = now_ms
        try:
            handle = os.open(folder / self.name, os.O_RDONLY | _SAFELY)
        except OSError:
            self.damaged = True
            return 0
        try:
            return self._read(handle, folder, now_ms)
        except (OSError, _Damaged):
            self.damaged = True
            return 0
        finally:
            os.close(handle)

    def _read(self, handle: int, folder: Path, now_ms: int) -> int:
        written = _is_being_written(handle)  # asked first: what is written before its end is read
        status = os.fstat(handle)
        self.identity = self.identity or (status.st_dev, status.st_ino)
        if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) != self.identity:
            raise _Damaged
        self.ended_ms = None if written else now_ms
        if self.damaged:
            return 0
        if status.st_size < self.offset:
            raise _Damaged
        data = os.pread(handle, _READ_BYTES, self.offset)
        self.behind = self.offset + len(data) < status.st_size
        self.offset += self._feed(data)
        if self.behind:
            self.ended_ms = None
        elif not written:
            self.stopped = status.st_size > _LIMIT_BYTES - _LAST_WRITE_BYTES and not self.over
        if self.offset - self.freed >= _FREE_BYTES:
            self._free(folder)
        return len(data)

    def _free(self, folder: Path) -> None:
        """Give back the memory of what was read; Chromium writes on at its own offset."""
        with contextlib.suppress(OSError, AttributeError):  # a C library without it
            handle = os.open(folder / self.name, os.O_WRONLY | _SAFELY)
            try:
                _punch(handle, self.offset)
            finally:
                os.close(handle)
        self.freed = self.offset

    def remove(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            (folder / self.name).unlink()

    def _feed(self, data: bytes) -> int:
        at = 0
        with contextlib.suppress(_Short):
            while at < len(data):
                number, value, then = _field(data, at)
                self._take(number, value)
                at = then
        return at

    def _take(self, number: int, value: int | bytes) -> None:
        if self.begun == (number == _BEGIN):
            raise _Damaged
        if number not in _READ:
            return
        if isinstance(value, int):
            raise _Damaged
        message = _message(value)
        message[1] = min(message.get(1, 0), self.read_ms)
        if number != _BEGIN:  # which is later than what it begins with
            self.newest_ms = max(self.newest_ms, message[1])
        match number:
            case 2:
                ssrc, packets = (
                    message.get(6, 0),
                    self._batch(message, value, 11, sign=True, stretch=self.came),
                )
                self.into[ssrc] = self.into.get(ssrc, 0) + packets
            case 3:
                self.packets_out += self._batch(message, value, 11, sign=False, stretch=self.went)
                self.out.add(message.get(6, 0))
            case 4 | 5:
                self._batch(message, value, 3, sign=number == 4)
            case 16:
                if message.get(2) != _VERSION:
                    raise _Damaged
                self.begun, self.begun_ms = True, message[1]
            case 17:
                self.over = True
            case 26:
                self._check(message)
            case 27:
                self.dtls = message.get(2, 0)
            case 28:
                self.writable = message.get(2, 0) == 1
                self.was_connected = self.was_connected or self.connected
            case 101 | 103:
                self.remote.add(message.get(2, 0))
                self.rtx.add(message.get(4, 0))
            case 102 | 104:
                self.out |= {message.get(2, 0), message.get(3, 0)} - {0}
        if max(map(len, (self.into, self.out, self.remote, self.rtx))) > _SSRCS:
            raise _Damaged

    def _batch(
        self,
        message: dict[int, int],
        value: bytes,
        deltas: int,
        *,
        sign: bool,
        stretch: _Stretch | None = None,
    ) -> int:
        """Return how many packets a message stands for, and note when they were."""
        more = message.get(deltas, 0)
        if more >= _EVENTS:
            raise _Damaged
        later_ms = _sum_of_deltas(_blob(value, 101), more) if more else 0
        last_ms = min(message[1] + later_ms, self.read_ms)
        self.newest_ms = max(self.newest_ms, last_ms)
        if stretch is not None:
            stretch.add(message[1], last_ms)
        if sign:
            self.signs_in += 1 + more
            self.sign_ms = max(self.sign_ms, last_ms)
        return 1 + more

    def _check(self, message: dict[int, int]) -> None:
        kind, transaction = message.get(2, 0), message.get(4, 0)
        if kind == _SENT:
            self.sent.add(transaction)
        elif kind in (_RECEIVED, _ANSWERED):
            self.signs_in += 1
            self.sign_ms = max(self.sign_ms, message[1])
            if kind == _RECEIVED:
                self.received.add(transaction)
            elif transaction in self.sent:
                self.answers += 1
                if self.answers == _SAME_CHECKS:
                    self.answered_ms = message[1]


class _Recent(set[int]):
    """A set of the last 512 numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._order: deque[int] = deque()

    def add(self, number: int) -> None:
        if number in self:
            return
        super().add(number)
        self._order.append(number)
        if len(self._order) > _CHECKS:
            self.discard(self._order.popleft())


def _not_the_end_of(log: _Log, other: _Log) -> bool:
    """Whether `other` would have told by now, were it the other end of `log`."""
    if other.ended_ms is not None and log.sign_ms > other.ended_ms:
        return True
    if other.newest_ms >= log.answered_ms:
        return True
    waited_ms = other.read_ms - max(log.answered_ms, other.begun_ms)
    return other.ended_ms is None and not other.damaged and waited_ms >= _WAIT_MS


# Files

_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield names of logs and whether each is a plain file; 1,000 entries at most."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= _ENTRIES:
                yield "", False
                return
            if _NAME.fullmatch(entry.name):
                yield entry.name, entry.is_file(follow_symlinks=False)


def _is_being_written(handle: int) -> bool:
    """Whether a program has the file open for writing: then the kernel grants no read lease.

    A file system without leases makes every log one that is being written: its times grow old.
    """
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # which nobody dies of, unlike SIGIO
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return True
    return False


def _punch(handle: int, until: int) -> None:
    ctypes.CDLL(None).fallocate64(
        handle, _KEEP_SIZE | _PUNCH_HOLE, ctypes.c_int64(0), ctypes.c_int64(until)
    )


# Protobuf


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            raise _Short
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise _Damaged


def _field(data: bytes, at: int) -> tuple[int, int | bytes, int]:
    """Return number, value and the end of the field at `at`."""
    key, at = _varint(data, at)
    number, kind = key >> 3, key & 7
    if not 0 < number < 1 << 29:
        raise _Damaged
    if kind == 0:
        return number, *_varint(data, at)
    length = {1: 8, 5: 4}.get(kind, 0)
    if kind == 2:
        length, at = _varint(data, at)
        if length > _MESSAGE_BYTES:
            raise _Damaged
    elif not length:
        raise _Damaged
    if at + length > len(data):
        raise _Short
    value = data[at : at + length]
    return number, value if kind == 2 else int.from_bytes(value, "little"), at + length


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    for _ in range(_FIELDS):
        if at >= len(data):
            return
        try:
            number, value, at = _field(data, at)
        except _Short:
            raise _Damaged from None
        yield number, value
    raise _Damaged


def _message(data: bytes) -> dict[int, int]:
    return {number: value for number, value in _fields(data) if isinstance(value, int)}


def _blob(data: bytes, wanted: int) -> bytes:
    for number, value in _fields(data):
        if number == wanted and isinstance(value, bytes):
            return value
    return b""


def _sum_of_deltas(blob: bytes, count: int) -> int:
    """Return the sum of `count` deltas of a time (WebRTC: encoder/delta_encoding.cc); 0 if unclear.

    Bits from the left: 2 kind, 6 width - 1, then (kind 0) unsigned deltas of that width each.
    """
    width = (blob[0] & 0x3F) + 1 if blob else 0
    if not blob or blob[0] >> 6 or width > 16 or count * width > 8 * (len(blob) - 1):
        return 0
    bits = f"{int.from_bytes(blob[1:], 'big'):0{8 * (len(blob) - 1)}b}"
    return sum(int(bits[at : at + width], 2) for at in range(0, count * width, width))
