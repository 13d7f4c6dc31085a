"""The process that decodes one camera's stream, H.264 or H.265 over RTSP, into small JPEGs.

    stdin   one line of JSON (StreamTask); then one line for each picture that is wanted. At its end
            this process ends
    stdout  {"opened": [width, height]}, or {"error": why, "reason": PortReason}; then for each
            picture that was wanted {"picture": bytes}, and behind it a JPEG of that many bytes

Or it makes a JPEG or PNG grey and small, and ends:

    stdin   {"still": [bytes, width, height]}, and behind it a JPEG or PNG of that many bytes
    stdout  {"picture": bytes}, and behind it so many levels of grey, row by row; or the error

Every picture of the stream is decoded, because each needs the ones before it; only those that are
wanted are scaled and encoded, and each is newer than the line that asked for it. A hostile stream
costs this process its time or its memory. The limits come first. Before the camera sends its first
byte of video, the process gives up all files and all ports but the camera's (Landlock, where the
kernel has it). Its parent ends it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from roomctl.errors import PortReason
from roomctl.frozen import frozen
from roomctl.installed import pip
from roomctl.ports.login import AuthScheme, LoginMemory, PasswordWithheld, offers

if TYPE_CHECKING:
    import av

WIDTH, HEIGHT = 640, 360  # of a JPEG at most; a smaller picture keeps its size
MOST_PIXELS = 1920 * 1200  # of the stream; a picture takes 3.5 MB, and a decoder keeps 17
MEMORY_BYTES = 512 * 1024 * 1024  # address space; the library takes 250 MiB of it
CPU_S = 600  # of processor time: an hour and a half of somebody who looks
CONNECT_S = 3.0
READ_S = 4.0  # without a byte from the camera
AGAIN_S = 0.3
ANSWER_BYTES = 64 * 1024  # of an answer to DESCRIBE
QUALITY = "4"  # of JPEG, 2 (best) to 31: 640 × 360 of a room are 20 to 40 KB
RATE = Fraction(1, 25)  # what the JPEG encoder is told; it makes no difference to a picture
_PDEATHSIG, _NO_NEW_PRIVILEGES = 1, 38  # of prctl
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # Landlock, the same on every processor
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # by version of Landlock; from 5 on 16
_BENEATH, _BY_PORT = 1, 2  # kinds of a rule
_READ_FILE, _READ_FOLDER, _CONNECT_TCP = 4, 8, 2
_LOW_DELAY = 0x80000  # AV_CODEC_FLAG_LOW_DELAY

# Nothing is collected to be put in order: it comes over TCP.
_OPTIONS = {
    "rtsp_transport": "tcp",
    "protocol_whitelist": "rtsp,rtp,tcp",
    "allowed_media_types": "video",
    "fflags": "nobuffer",
    "probesize": "65536",
    "analyzeduration": "200000",
    "fpsprobesize": "0",
    "max_delay": "0",
    "reorder_queue_size": "0",
}


@frozen
class StreamTask:
    """Which stream is opened, and as whom; `target` is its path, with its query.

    `weakest`: the weakest way in which the password is proven, as in room.toml.
    """

    host: str
    port: int
    target: str
    user: str = ""
    password: str = ""
    weakest: str = "digest"

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


class NoStream(Exception):
    """There is no picture; `reason` says why as panels translate it."""

    def __init__(self, why: str, reason: PortReason = PortReason.IO) -> None:
        super().__init__(why)
        self.reason = reason


def main() -> None:
    """Do what stdin says; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        asked = json.loads(sys.stdin.buffer.readline(4096))
        if "still" in asked:
            size, width, height = asked["still"]
            grey = _grey(sys.stdin.buffer.read(size), width, height)
            _say({"picture": len(grey)}, grey)
        else:
            _show(StreamTask(**asked))
    except NoStream as error:
        _say({"error": str(error), "reason": error.reason.value})
    except MemoryError:
        _say({"error": "needs too much memory to decode", "reason": PortReason.UNSUPPORTED.value})


def _say(message: dict[str, Any], data: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n" + data)
    sys.stdout.buffer.flush()


def _show(task: StreamTask) -> None:
    av = _library()
    address, login = _asked_first(task)
    encoder = JpegEncoder(av)
    _give_up_rights(task.port)
    wanted = Wanted()
    for number, frame in enumerate(_frames(av, task, address, login)):
        if number == 0:
            _say({"opened": [frame.width, frame.height]})
        if wanted.take():
            jpeg = encoder.encode(frame)
            _say({"picture": len(jpeg)}, jpeg)


def _grey(still: bytes, width: int, height: int) -> bytes:
    """Return the levels of grey of a JPEG or PNG, made small."""
    av = _library()
    png = still.startswith(b"\x89PNG")
    context = av.CodecContext.create("png" if png else "mjpeg", "r")
    context.options = {"max_pixels": str(MOST_PIXELS)}
    _give_up_rights(0)
    try:
        frames = context.decode(av.Packet(still)) or context.decode(None)
        small = frames[0].reformat(width, height, format="gray", interpolation="AREA")
    except (av.error.FFmpegError, IndexError) as error:
        raise NoStream("is no picture that can be decoded") from error
    plane = small.planes[0]
    rows, wide = bytes(plane), plane.line_size
    return b"".join(rows[wide * row : wide * row + width] for row in range(height))


class Wanted:
    """Whether a picture is wanted: a line of stdin for each. When stdin ends, the process does."""

    def __init__(self) -> None:
        self._wanted = threading.Semaphore(0)
        threading.Thread(target=self._listen, daemon=True).start()

    def take(self) -> bool:
        return self._wanted.acquire(blocking=False)

    def _listen(self) -> None:
        while os.read(0, 1):
            self._wanted.release()
        os._exit(0)


class JpegEncoder:
    """Scales pictures down to 640 × 360 at most, and encodes them."""

    def __init__(self, av: Any) -> None:  # noqa: ANN401 - a module that is loaded when it is used
        self._av, self._context, self._number = av, None, 0
        self._context_of(2, 2)  # what it loads, it loads now

    def encode(self, frame: av.VideoFrame) -> bytes:
        """Return a JPEG; a picture that fits keeps its size, for a larger one cost no more."""
        part = min(WIDTH / frame.width, HEIGHT / frame.height, 1.0)
        width, height = (max(2, round(side * part) & ~1) for side in (frame.width, frame.height))
        small = frame.reformat(width, height, format="yuvj420p", interpolation="BILINEAR")
        small.pts, small.time_base = self._number, RATE
        self._number += 1
        return b"".join(bytes(one) for one in self._context_of(width, height).encode(small))

    def _context_of(self, width: int, height: int) -> Any:  # noqa: ANN401 - likewise
        context = self._context
        if context is None or (context.width, context.height) != (width, height):
            context = self._context = self._av.CodecContext.create("mjpeg", "w")
            context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
            context.time_base = RATE
            context.options = {"qmin": QUALITY, "qmax": QUALITY}
        return context


def _library() -> Any:  # noqa: ANN401 - a module
    try:
        import av
    except ImportError as error:
        why = f"needs PyAV to show a stream; install it with: {pip('install', 'roomctl[video]')}"
        raise NoStream(why, PortReason.UNSUPPORTED) from error
    return av


def _frames(
    av: Any,  # noqa: ANN401 - a module
    task: StreamTask,
    address: str,
    login: str,
) -> Iterator[av.VideoFrame]:
    """Yield the decoded pictures of a stream; NoStream when it cannot be opened, or ends.

    A camera that is still taking down what the first question set up (GStreamer's server answers
    503 then) is asked again.
    """
    host = f"[{address}]" if ":" in address else address
    url = f"rtsp://{login}{host}:{task.port}{task.target}"

    def opened(tries: int = 3) -> Any:  # noqa: ANN401 - a container of the library's
        try:
            return av.open(url, options=_OPTIONS, timeout=(READ_S, READ_S))
        except av.error.HTTPServerError:
            if tries == 1:
                raise
            time.sleep(AGAIN_S)
            return opened(tries - 1)

    try:
        with opened() as container:
            if not container.streams.video:
                raise NoStream("has no video in its stream", PortReason.UNSUPPORTED)
            stream = container.streams.video[0]
            _must_be_small(stream.width, stream.height)
            decoder = stream.codec_context
            decoder.thread_count, decoder.flags = 1, decoder.flags | _LOW_DELAY
            for packet in container.demux(stream):
                yield from _decoded(av, packet)
        raise NoStream("the camera has ended its stream", PortReason.CLOSED)
    except av.error.HTTPUnauthorizedError as error:
        why = "refuses user and password for its stream"
        raise NoStream(why, PortReason.REFUSED) from error
    except (av.error.FFmpegError, OSError) as error:
        # the library's words may have the url in them, and so the password
        why = f"the stream breaks off ({type(error).__name__})"
        raise NoStream(why) from None


def _decoded(av: Any, packet: av.Packet[av.VideoStream]) -> Iterator[av.VideoFrame]:  # noqa: ANN401 - a module
    """Yield the pictures of a packet; one that is damaged has none, and the next key picture has.

    NoStream: they have become too large.
    """
    try:
        frames = packet.decode()
    except av.error.InvalidDataError:
        return
    for frame in frames:
        _must_be_small(frame.width, frame.height)
        yield frame


def _must_be_small(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        why = f"shows {width} × {height}, which is too large; name a stream of at most 1920 × 1200"
        raise NoStream(why, PortReason.UNSUPPORTED)


# Whether it wants a login, and how, is asked before the library may send one.


def _asked_first(task: StreamTask) -> tuple[str, str]:
    """Return the camera's address and the login for it, "" if it wants none; NoStream.

    The library would also send a password as it is (Basic). So the camera is asked first for what
    it wants.
    """
    ask = f"DESCRIBE rtsp://{task.host}:{task.port}{task.target} RTSP/1.0\r\nCSeq: 1\r\n"
    ask += "Accept: application/sdp\r\nUser-Agent: roomctl\r\n\r\n"
    try:
        with socket.create_connection((task.host, task.port), CONNECT_S) as line:
            line.settimeout(CONNECT_S)
            line.sendall(ask.encode("ascii"))
            status, challenges = _described(line)
            address = line.getpeername()[0]
    except TimeoutError as error:
        raise NoStream(f"no answer over RTSP within {CONNECT_S:g} s") from error
    except OSError as error:
        why = f"cannot be reached on port {task.port} ({error.strerror or type(error).__name__})"
        raise NoStream(why, PortReason.MISSING) from error
    match status:
        case 200:
            return address, ""
        case 401:
            return address, _login(task, challenges)
        case 404 | 454:
            raise NoStream(f"has no stream {task.target}", PortReason.MISSING)
        case _:
            raise NoStream(f"refuses its stream (RTSP {status})", PortReason.REFUSED)


def _described(line: socket.socket) -> tuple[int, list[str]]:
    """Return the status of an answer, and what of WWW-Authenticate it says."""
    found = b""
    while b"\r\n\r\n" not in found and len(found) < ANSWER_BYTES:
        piece = line.recv(4096)
        if not piece:
            break
        found += piece
    first, *fields = found.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    protocol, _, rest = first.partition(" ")
    status = rest[:3]
    if not (protocol.startswith("RTSP/") and status.isascii() and status.isdecimal()):
        raise NoStream("answers with something else than RTSP", PortReason.UNSUPPORTED)
    named = (field.partition(":") for field in fields)
    return int(status), [
        value.strip() for name, _, value in named if name.strip().lower() == "www-authenticate"
    ]


def _login(task: StreamTask, challenges: list[str]) -> str:
    if not task.user:
        why = "wants a login for its stream; write user and password in its table of room.toml"
        raise NoStream(why, PortReason.REFUSED)
    weakest = {"basic": AuthScheme.BASIC, "digest-sha-256": AuthScheme.DIGEST_SHA2}
    try:
        LoginMemory().choose(
            task.host, offers(challenges), weakest.get(task.weakest, AuthScheme.DIGEST)
        )
    except PasswordWithheld as error:
        raise NoStream(str(error), PortReason.INSECURE) from error
    return f"{quote(task.user, safe='')}:{quote(task.password, safe='')}@"


def landlock_version() -> int:
    """Return which Landlock the kernel has: from 4 on it also limits ports; below 1: none."""
    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, 1))


class _PathRule(ctypes.Structure):
    """landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _give_up_rights(port: int) -> None:
    """Give up all files but Python's own modules, and connections to all ports but one (Landlock).

    A kernel that has no Landlock, or an older one, leaves this process what it cannot take.
    """
    libc, version = ctypes.CDLL(None), landlock_version()
    if version < 1:
        return
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    handled = (ctypes.c_uint64 * 3)(files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(_CREATE_RULESET, handled, size, 0)
    for place in (*sys.path, "/dev/urandom"):
        with contextlib.suppress(OSError):  # some of the path are never there
            folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
            readable = _READ_FILE | (_READ_FOLDER if os.path.isdir(place) else 0)
            rule = _PathRule(readable, folder)
            libc.syscall(_ADD_RULE, rules, _BENEATH, ctypes.byref(rule), 0)
            os.close(folder)
    if version >= 4:
        one = (ctypes.c_uint64 * 2)(_CONNECT_TCP, port)
        libc.syscall(_ADD_RULE, rules, _BY_PORT, one, 0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.syscall(_RESTRICT_SELF, rules, 0)
    with contextlib.suppress(OSError):
        os.close(rules)


if __name__ == "__main__":
    main()
