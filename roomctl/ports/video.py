"""Pictures of a camera on the network: `pictures:rtsp://HOST/PATH`, `pictures:http://HOST/PATH`.

`picture:` yields one and then the end; `pictures:` the next one with every read. RTSP is decoded by
a process of its own (`decoder`), which lives as long as the port. Over HTTP each picture is a
request, answered with a JPEG or PNG; the bytes are handed on as they came. User and password stand
in the url that is opened, as for other hosts; behind `#` may stand a pin (`sha256:…`, https alone)
and `weakest_login=…`, joined by `&`. Knows no camera.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time
from urllib.parse import SplitResult, unquote, urlsplit

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.frozen import frozen
from roomctl.ports import http
from roomctl.ports.address import Address, parse
from roomctl.ports.decoder import StreamTask
from roomctl.ports.http import KEPT_BACK, HttpAnswer, HttpRequest, with_login
from roomctl.wire import Chunk, Identity, Port

RTSP_PORT = 554
OPEN_S = 8.0  # until a stream shows its first picture: cameras send one that begins every 1 to 4 s
NEXT_S = 5.0
REQUEST_S = 3.0
ENDS_S = 1.0
LARGEST = 1 << 20  # bytes of a picture
_SCHEMES = ("rtsp", "http", "https")
_TARGET = re.compile(r"[!-~]{1,1000}")


@frozen
class NetworkVideo:
    """Where pictures are asked for: `shown` is the url without a login; `pin` "" has none."""

    shown: str
    scheme: str
    host: str
    port: int | None
    target: str
    login: tuple[str, str] = ("", "")
    weakest: str = "digest"
    pin: str = ""


def video_of(address: Address) -> NetworkVideo:
    """Take a url apart; PortError if no pictures can be meant by it."""
    kind, _, url = address.url.partition(":")
    parts = urlsplit(url)
    shown = f"{kind}:{_without_login(parts)}"
    try:
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme not in _SCHEMES or not host or not _TARGET.fullmatch(target):
        why = "is not rtsp://HOST/PATH, http://HOST/PATH or https://HOST/PATH"
        raise PortError(shown, why, PortReason.UNSUPPORTED)
    said = [word for word in parts.fragment.split("&") if word]
    weakest = next((word[14:] for word in said if word.startswith("weakest_login=")), "digest")
    pin = next((word for word in said if word.startswith("sha256:")), "")
    login = unquote(parts.username or ""), unquote(parts.password or "")
    return NetworkVideo(shown, parts.scheme, host, port, target, login, weakest, pin)


def _without_login(parts: SplitResult) -> str:
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
    return bare.geturl()


async def open_pictures(address: Address) -> Port:
    """Open a camera's pictures; PortError says why there are none.

    Waits for the first picture of a stream, 8 s at most; over HTTP until the host takes a
    connection.
    """
    video = video_of(address)
    if video.scheme == "rtsp":
        return await _Stream.open(video)
    return await _Requests.open(video)


async def open_picture(address: Address) -> Port:
    """Open a camera's pictures, to read one."""
    return _One(await open_pictures(address))


class _One:
    """One picture of those that a port gives, and then the end."""

    def __init__(self, port: Port) -> None:
        self.identity, self._port, self._read = port.identity, port, False

    async def read(self) -> Chunk:
        if self._read:
            raise PortClosed(self.identity.url, "there was one picture")
        self._read = True
        return await self._port.read()

    async def write(self, data: bytes) -> None:
        await self._port.write(data)

    async def close(self) -> None:
        await self._port.close()


class _Stream:
    """A stream, as its process shows it."""

    def __init__(self, process: asyncio.subprocess.Process, video: NetworkVideo) -> None:
        self.identity = Identity(url=video.shown, path=f"{video.host}:{video.port or RTSP_PORT}")
        self._process, self._open = process, True

    @classmethod
    async def open(cls, video: NetworkVideo) -> _Stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "roomctl.ports.decoder"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # the library names urls there, and so the password
        )
        stream = cls(process, video)
        port = RTSP_PORT if video.port is None else video.port
        task = StreamTask(video.host, port, video.target, *video.login, video.weakest)
        try:
            await stream._asked(task.line(), OPEN_S)
        except BaseException:
            await stream.close()
            raise
        return stream

    @property
    def process_id(self) -> int:
        return self._process.pid

    async def read(self) -> Chunk:
        """Return a picture that the camera has made since; PortError: there is none, and why."""
        if not self._open:
            raise PortClosed(self.identity.url)
        data = await self._asked(b"\n", NEXT_S)
        return Chunk(data, time.monotonic())

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "pictures are only read", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        """End the process, whatever it does."""
        self._open = False
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _asked(self, line: bytes, limit_s: float) -> bytes:
        """Have the process told a line; return the bytes behind its answer."""
        url, (stdin, stdout) = self.identity.url, (self._process.stdin, self._process.stdout)
        assert stdin is not None and stdout is not None  # noqa: S101, PT018 - both are pipes
        try:
            async with asyncio.timeout(limit_s):
                stdin.write(line)
                await stdin.drain()
                said = json.loads(await stdout.readline())
                if "error" in said:
                    raise PortError(url, str(said["error"]), PortReason(said["reason"]))
                size = int(said.get("picture", 0))
                return await stdout.readexactly(size) if size <= LARGEST else b""
        except TimeoutError as error:
            raise PortError(url, f"no picture within {limit_s:g} s") from error
        except (OSError, ValueError, EOFError) as error:
            with contextlib.suppress(TimeoutError):  # to kill it would hide how it has ended
                async with asyncio.timeout(ENDS_S):
                    await self._process.wait()
            await self.close()
            why = f"what decodes the stream has ended ({self._process.returncode})"
            raise PortClosed(url, why) from error


class _Requests:
    """A host that makes a picture at every request."""

    def __init__(self, port: Port, video: NetworkVideo) -> None:
        self.identity = Identity(url=video.shown, path=port.identity.path)
        self._port, self._target, self._number = port, video.target, 0

    @classmethod
    async def open(cls, video: NetworkVideo) -> _Requests:
        host = f"[{video.host}]" if ":" in video.host else video.host
        place = host if video.port is None else f"{host}:{video.port}"
        pin = f"#{video.pin}" if video.pin else ""
        url = with_login(f"{video.scheme}://{place}{pin}", *video.login, video.weakest)
        try:
            return cls(await http.open_port(parse(url), LARGEST), video)
        except PortError as error:
            raise PortError(video.shown, error.why, error.reason) from error

    async def read(self) -> Chunk:
        """Return the picture of now; PortError: there is none, and why."""
        url = self.identity.url
        self._number += 1
        await self._port.write(HttpRequest(self._number, self._target, REQUEST_S).encode())
        chunk = await self._port.read()
        answer = HttpAnswer.decode(chunk.data)
        match answer.status:
            case 200:
                return Chunk(answer.body, chunk.at)
            case 401 | 403:
                why = f"refuses user and password for its picture (HTTP {answer.status})"
                raise PortError(url, why, PortReason.REFUSED)
            case 404:
                raise PortError(url, f"has no picture {self._target}", PortReason.MISSING)
            case 0:
                raise PortError(url, answer.body.decode(errors="replace"))
            case status if status == KEPT_BACK:
                raise PortError(url, answer.body.decode(errors="replace"), PortReason.INSECURE)
        raise PortError(url, f"answers with HTTP {answer.status} instead of a picture")

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "pictures are only read", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        await self._port.close()
