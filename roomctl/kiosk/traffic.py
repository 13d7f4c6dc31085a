"""What the network carried for a meeting's programs so far, whatever they are and speak.

Blocking, so call it in a thread; at most once a second. TCP is counted by the kernel for each
socket (NETLINK_SOCK_DIAG, linux/inet_diag.h and linux/tcp.h), without any right; a socket is the
meeting's if a process of its folder holds it. UDP has no such counters: systemd counts all packets
of the unit in which this process runs (`IPAccounting=yes`); without that the kernel's count of
datagrams of the whole box stands in, which says less.

When the last datagram came is noted by the kernel for each socket, and told to who holds it
(SIOCGSTAMPNS, socket(7)): a copy of the meeting's is taken for that moment (pidfd_getfd(2)), and
nothing is read of it. A kernel that refuses that leaves one witness less.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import os
import re
import socket
import struct
import time
from collections.abc import Container, Iterable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from roomctl.frozen import frozen
from roomctl.kiosk.browser.folder import holders
from roomctl.meeting.flow import TrafficCount, TrafficSource

_ANSWER_S = 1.0
_SOCKETS = 1000  # of one session
_SEARCH = 5  # looks at new sockets, of which one asks every process whose it is: 10 ms for 300
_MESSAGES = 10_000  # of the whole box, in one look
_PROC = Path("/proc")
_BUS = Path("/run/dbus/system_bus_socket")


class SessionTraffic:
    """Counts for the meeting in `folder`; a loopback port in `own_ports` is our own page's."""

    def __init__(self, folder: Path, own_ports: Container[int] = (), bus: Path = _BUS) -> None:
        self._sockets = _Sockets(folder, own_ports)
        self._unit = _Unit(bus)
        self._ears: dict[int, _Ear] = {}  # by inode

    def read(self) -> TrafficCount:
        """Return the counts so far; never raises."""
        tcp_in, tcp_out = self._sockets.read() or (None, None)
        counted = self._unit.read()
        if counted is not None:
            bytes_in, packets_in, bytes_out, packets_out = counted
            return TrafficCount(
                tcp_in, tcp_out, packets_in, packets_out, bytes_in, bytes_out, TrafficSource.UNIT
            )
        datagrams = _datagrams()
        if datagrams is None:
            return TrafficCount(tcp_in, tcp_out)
        return TrafficCount(tcp_in, tcp_out, *datagrams, source=TrafficSource.HOST)

    def datagrams(self) -> tuple[int, int] | None:
        """Return the datagrams in and out of the whole box so far: a cheap look."""
        return _datagrams()

    def find_datagram_sockets(self) -> bool:
        """Look for those of the meeting's programs, as of the last `read`; whether there are any.

        Those that hear whoever writes to them, as a WebRTC connection's, are `heard` from now on.
        """
        ears, found = {}, False
        with contextlib.suppress(OSError, ValueError):
            known = dict(_udp_sockets())
            for pid in self._sockets.pids:
                with contextlib.suppress(OSError):
                    for inode, number in _sockets_of(_PROC / str(pid)):
                        found = found or inode in known
                        if known.get(inode):
                            ears[inode] = self._ears.get(inode) or _Ear(inode, pid, number)
        self._ears = ears
        return found

    def heard(self) -> float | None:
        """Return when a datagram came last (monotonic seconds); None: never, or nobody tells."""
        times = [ear.heard() for ear in self._ears.values()]
        return max((at for at in times if at is not None), default=None)

    def close(self) -> None:
        self._unit.close()


# TCP

_DIAG, _DUMP, _DONE, _FAILED = 20, 0x301, 3, 2  # SOCK_DIAG_BY_FAMILY, REQUEST | DUMP
_INFO = 2  # INET_DIAG_INFO
_OPEN = 0xFFF & ~(1 << 6 | 1 << 10)  # states of TCP: neither TIME_WAIT nor LISTEN
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI48x")
_SOCKET = struct.Struct("=4x2s2s16s16s4xQ12xII")  # ports, addresses, cookie; user, inode
_ATTRIBUTE = struct.Struct("=HH")
_BYTES = struct.Struct("=QQ")  # tcpi_bytes_acked, tcpi_bytes_received
_BYTES_AT = 120


@frozen
class _Tcp:
    inode: int
    cookie: int
    ports: tuple[int, int]
    loopback: bool
    out: int
    into: int


@dataclass(slots=True)
class _Sockets:
    """The sums over a session's TCP sockets, also those that were closed."""

    folder: Path
    own_ports: Container[int]
    known: set[int] = field(default_factory=set)  # inodes that were looked for
    mine: set[int] = field(default_factory=set)
    pids: list[int] = field(default_factory=list)
    age: int = 0  # of that list, in looks
    last: dict[int, _Tcp] = field(default_factory=dict)  # by cookie
    past_in: int = 0
    past_out: int = 0

    def read(self) -> tuple[int, int] | None:
        try:
            sockets = {one.inode: one for one in _tcp_sockets(os.getuid()) if not self._own(one)}
        except (OSError, ValueError, struct.error):
            return None
        if sockets.keys() - self.known:
            self._look_for(sockets.keys())
        now = {one.cookie: one for inode, one in sockets.items() if inode in self.mine}
        for cookie in self.last.keys() - now.keys():
            self.past_in += self.last[cookie].into
            self.past_out += self.last[cookie].out
        self.last = now
        if len(now) > _SOCKETS:
            return None
        return (
            self.past_in + sum(one.into for one in now.values()),
            self.past_out + sum(one.out for one in now.values()),
        )

    def _look_for(self, inodes: Set[int]) -> None:
        """Find out whose these are: processes that were known first, all of them in turn."""
        self.age += 1
        self.mine = _inodes(self.pids, inodes)
        if self.age >= _SEARCH or not self.pids:
            self.age, self.pids = 0, list(holders(self.folder))
            self.mine = _inodes(self.pids, inodes)
            self.known = {*inodes}
        else:
            self.known = {*inodes} & (self.known | self.mine)

    def _own(self, one: _Tcp) -> bool:
        return one.loopback and any(port in self.own_ports for port in one.ports)


def _tcp_sockets(user: int) -> Iterator[_Tcp]:
    """Yield the open TCP sockets of a user; OSError or ValueError if the kernel does not tell."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 4) as diag:
        diag.settimeout(_ANSWER_S)
        left = _MESSAGES
        for family in (socket.AF_INET, socket.AF_INET6):
            asked = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (_INFO - 1), _OPEN)
            diag.send(_HEADER.pack(_HEADER.size + len(asked), _DIAG, _DUMP, 0, 0) + asked)
            for message in _messages(diag):
                left -= 1
                if not left:
                    raise ValueError("too many sockets")
                one = _tcp(message, user)
                if one is not None:
                    yield one


def _messages(diag: socket.socket) -> Iterator[bytes]:
    while True:
        data = diag.recv(1 << 16)
        while data:
            length, kind, _, _, _ = _HEADER.unpack_from(data)
            if kind == _DONE:
                return
            if kind == _FAILED or length < _HEADER.size:
                raise ValueError("no answer of sock_diag")
            yield data[_HEADER.size : length]
            data = data[(length + 3) & ~3 :]


def _tcp(message: bytes, user: int) -> _Tcp | None:
    here, there, address, peer, cookie, uid, inode = _SOCKET.unpack_from(message)
    if uid != user or not inode:
        return None
    at = _SOCKET.size
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        if kind == _INFO and length >= _BYTES_AT + _BYTES.size + _ATTRIBUTE.size:
            out, into = _BYTES.unpack_from(message, at + _ATTRIBUTE.size + _BYTES_AT)
            ports = int.from_bytes(here, "big"), int.from_bytes(there, "big")
            loopback = _is_loopback(message[0], address) or _is_loopback(message[0], peer)
            return _Tcp(inode, cookie, ports, loopback, out, into)
        at += max(_ATTRIBUTE.size, (length + 3) & ~3)
    return None


def _is_loopback(family: int, address: bytes) -> bool:
    if family == socket.AF_INET:
        return address[0] == 127
    return address == bytes(15) + b"\1" or address.startswith(bytes(10) + b"\xff\xff\x7f")


def _inodes(pids: Iterable[int], wanted: Iterable[int]) -> set[int]:
    """Return the sockets that processes hold.

    One that hides its descriptors may hold any of `wanted` that this process does not hold.
    """
    found: set[int] = set()
    for pid in pids:
        try:
            found |= dict(_sockets_of(_PROC / str(pid))).keys()
        except PermissionError:
            found |= {*wanted} - dict(_sockets_of(_PROC / "self")).keys()
        except OSError:
            continue
    return found


def _sockets_of(process: Path) -> Iterator[tuple[int, int]]:
    """Yield inode and number of every socket that a process holds."""
    with os.scandir(process / "fd") as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                held = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry.path))
                if held is not None:
                    yield int(held[1]), int(entry.name)


# Packets

_PROPERTIES = ("IPIngressBytes", "IPIngressPackets", "IPEgressBytes", "IPEgressPackets")
_NOT_COUNTED = 2**64 - 1
_REPLY, _ERROR = 2, 3
_LONGEST = 1 << 16


class _Unit:
    """What systemd counted for the unit of this process, asked on the system bus.

    A message is (D-Bus specification, Message Format): byte order, type, flags, version; lengths of
    body and serial; header fields of 1 path, 2 interface, 3 member, 6 destination, 8 signature;
    body. Each answer here is one variant that holds a number of 64 bits.
    """

    def __init__(self, bus: Path) -> None:
        self._bus, self._unit = bus, _unit()
        self._line: socket.socket | None = None
        self._serial = 0

    def read(self) -> tuple[int, int, int, int] | None:
        """Return bytes and packets in, bytes and packets out; None if nobody counts them."""
        if self._unit is None:
            return None
        try:
            bytes_in, packets_in, bytes_out, packets_out = map(self._ask, _PROPERTIES)
        except (OSError, ValueError, struct.error):
            self.close()
            return None
        counted = bytes_in, packets_in, bytes_out, packets_out
        return None if _NOT_COUNTED in counted else counted

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ask(self, name: str) -> int:
        unit, kind = self._unit or "", (self._unit or "").rpartition(".")[2]
        path = "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):02x}" for c in unit)
        body = self._call(
            "org.freedesktop.systemd1",
            f"/org/freedesktop/systemd1/unit/{path}",
            "org.freedesktop.DBus.Properties.Get",
            f"org.freedesktop.systemd1.{kind.title()}",
            name,
        )
        if not body.startswith(b"\x01t\0") or len(body) != 16:
            raise ValueError("no number")
        return int.from_bytes(body[8:], "little")

    def _call(self, to: str, path: str, method: str, *words: str) -> bytes:
        if self._line is None:
            self._open()
        assert self._line is not None  # noqa: S101 - for mypy
        self._serial += 1
        interface, _, member = method.rpartition(".")
        fields = bytearray()
        for number, kind, value in (
            (1, b"o", path),
            (2, b"s", interface),
            (3, b"s", member),
            (6, b"s", to),
        ):
            _pad(fields, 8)
            fields += bytes([number, 1]) + kind + b"\0" + _string(value)
        if words:
            _pad(fields, 8)
            fields += b"\x08\x01g\0" + bytes([len(words)]) + b"s" * len(words) + b"\0"
        body = bytearray()
        for word in words:
            _pad(body, 4)
            body += _string(word)
        head = bytearray(b"l\x01\0\x01") + struct.pack("<III", len(body), self._serial, len(fields))
        _pad(fields, 8)
        self._line.sendall(head + fields + body)
        return self._answer()

    def _answer(self) -> bytes:
        """Return the body of the next reply; what else comes is passed over."""
        while True:
            order, kind, _, _, length, _, fields = struct.unpack("<cBBBIII", self._exactly(16))
            if order != b"l" or length + fields > _LONGEST:
                raise ValueError("not what a bus says")
            self._exactly((fields + 7) & ~7)
            body = self._exactly(length)
            if kind == _ERROR:
                raise ValueError("refused")
            if kind == _REPLY:
                return body

    def _exactly(self, length: int) -> bytes:
        assert self._line is not None  # noqa: S101 - for mypy
        data = b""
        while len(data) < length:
            piece = self._line.recv(length - len(data))
            if not piece:
                raise ConnectionResetError
            data += piece
        return data

    def _open(self) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._line.settimeout(_ANSWER_S)
        self._line.connect(str(self._bus))
        self._line.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        line = b""
        while not line.endswith(b"\r\n") and len(line) < _LONGEST:
            line += self._exactly(1)
        if not line.startswith(b"OK "):
            raise ValueError("not let in")
        self._line.sendall(b"BEGIN\r\n")
        bus = "org.freedesktop.DBus"
        self._call(bus, "/org/freedesktop/DBus", f"{bus}.Hello")


def _pad(data: bytearray, to: int) -> None:
    data += bytes(-len(data) % to)


def _string(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("ascii") + b"\0"


def _unit() -> str | None:
    """Return the unit of systemd that this process is in."""
    with contextlib.suppress(OSError):
        for line in (_PROC / "self/cgroup").read_text("utf-8").splitlines():
            name = line.rpartition("/")[2]
            if line.startswith("0::/") and name.isascii() and name.endswith((".service", ".scope")):
                return name
    return None


# Datagrams

_PIDFD_GETFD = 438  # on every architecture
_FIONREAD, _SIOCGSTAMPNS = 0x541B, 0x80108907  # asm-generic/ioctls.h, linux/sockios.h (_NEW)
_MDNS = 5353  # is spoken to by the whole building


@dataclass(slots=True)
class _Ear:
    """A socket for datagrams, and what the kernel said of it last."""

    inode: int
    pid: int
    number: int  # of its descriptor there
    stamp: float = 0.0  # by the wall clock, which may be set anew
    at: float | None = None
    asked: float = float("-inf")

    def heard(self) -> float | None:
        """Return when it heard something last; None: never, or the kernel does not tell."""
        try:
            stamp = self._last()
        except OSError:
            return None
        now = time.monotonic()
        if stamp is None:
            self.at = now
        elif stamp != self.stamp:
            ago_s = max(0.0, time.time() - stamp)
            self.stamp, self.at = stamp, max(self.asked, now - ago_s)
        self.asked = now
        return self.at

    def _last(self) -> float | None:
        """Return the stamp of what was taken in last; None: something waits to be taken in."""
        with _copied(self.pid, self.number) as own:
            if os.fstat(own).st_ino != self.inode:
                raise FileNotFoundError
            answer = bytearray(16)
            fcntl.ioctl(own, _FIONREAD, answer)
            if any(answer):
                return None
            fcntl.ioctl(own, _SIOCGSTAMPNS, answer)
        seconds, nanoseconds = struct.unpack("=qq", answer)
        return float(seconds + nanoseconds / 1e9)


@contextlib.contextmanager
def _copied(pid: int, number: int) -> Iterator[int]:
    """Hold a descriptor of another process, for a moment; OSError if the kernel refuses."""
    process, library = os.pidfd_open(pid), ctypes.CDLL(None, use_errno=True)
    try:
        own = library.syscall(ctypes.c_long(_PIDFD_GETFD), process, number, 0)
        if own < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
    finally:
        os.close(process)
    try:
        yield own
    finally:
        os.close(own)


def _udp_sockets() -> Iterator[tuple[int, bool]]:
    """Yield the inodes of the box's UDP sockets, and whether each hears whoever writes to it."""
    for name in ("udp", "udp6"):
        with contextlib.suppress(FileNotFoundError), (_PROC / "net" / name).open() as lines:
            for line in itertools.islice(lines, 1, _MESSAGES):
                words = line.split()
                port, peers = (int(word.rpartition(":")[2], 16) for word in words[1:3])
                yield int(words[9]), not peers and port != _MDNS


def _datagrams() -> tuple[int, int] | None:
    """Return UDP's datagrams in and out, of all programs; None if the kernel does not tell."""
    try:
        lines = [
            line.split()
            for line in (_PROC / "net/snmp").read_text("ascii").splitlines()
            if line.startswith("Udp:")
        ]
        four = dict(zip(lines[0], lines[1], strict=True))
        into, out = int(four["InDatagrams"]), int(four["OutDatagrams"])
        with contextlib.suppress(FileNotFoundError):  # without IPv6
            text = (_PROC / "net/snmp6").read_text("ascii")
            six = dict(line.split() for line in text.splitlines())
            into += int(six["Udp6InDatagrams"])
            out += int(six["Udp6OutDatagrams"])
    except (OSError, ValueError, LookupError):
        return None
    return into, out
