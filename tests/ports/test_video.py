"""Pictures of cameras on the network: RTSP from GStreamer's server, JPEGs from nginx-like hosts."""

import asyncio
import contextlib
import os
import signal
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from roomctl import app
from roomctl.camera.video import aw_picture
from roomctl.clock import SystemClock
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect, decoder
from roomctl.ports.address import parse
from roomctl.ports.decoder import StreamTask
from roomctl.ports.video import video_of
from roomctl.screen.png import grey
from roomctl.simulator import Simulator
from roomctl.wire import Port
from tests.ports.rtsp import RtspCamera, needs

pytestmark = pytest.mark.real

LIMIT_S = 60.0
LOGIN = "pa:s%$ ?"


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Port]:
    async with asyncio.timeout(LIMIT_S):
        port = await connect("camera.front", url)
        try:
            yield port
        finally:
            await port.close()


async def refused(url: str) -> PortError:
    with pytest.raises(PortError) as caught:
        async with opened(url) as port:
            await port.read()
    return caught.value


def seen(jpeg: bytes) -> tuple[int, int, int]:
    """Return width, height and the level of grey in the middle of a JPEG, as FFmpeg reads it."""
    import av

    context = av.CodecContext.create("mjpeg", "r")
    (frame,) = context.decode(av.Packet(jpeg))
    plane = frame.planes[0]
    middle = frame.height // 2 * plane.line_size + frame.width // 2
    return frame.width, frame.height, bytes(plane)[middle]


def full(level: int) -> int:
    """Return a level of video (16 black, 235 white) as JPEG has it (0 to 255)."""
    return round((level - 16) * 255 / 219)


async def shows(port: Port, level: int) -> bytes:
    """Read pictures until one shows a level of grey."""
    while True:
        data = (await port.read()).data
        if abs(seen(data)[2] - full(level)) <= 3:
            return data


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_a_stream_is_shown_as_small_jpegs_of_what_is_in_front_of_the_camera(
    codec: str,
) -> None:
    with RtspCamera(codec, (1280, 720)) as camera:
        camera.level = 60
        async with opened(f"pictures:{camera.url}") as port:
            data = await shows(port, 60)
            assert data.startswith(b"\xff\xd8\xff")
            assert seen(data)[:2] == (640, 360)
            camera.level = 200
            await shows(port, 200)


async def test_one_picture_of_a_stream_is_read_once() -> None:
    with RtspCamera() as camera:
        async with opened(f"picture:{camera.url}") as port:
            assert (await port.read()).data.startswith(b"\xff\xd8\xff")
            with pytest.raises(PortClosed, match="there was one picture"):
                await port.read()


async def test_a_picture_is_newer_than_the_read_that_asked_for_it() -> None:
    """Pictures that nobody asked for do not wait in a queue."""
    with RtspCamera() as camera:
        async with opened(f"pictures:{camera.url}") as port:
            await shows(port, camera.level)
            camera.level, shown = 160, camera.encoded
            while camera.encoded < shown + 75:
                await asyncio.sleep(0.1)
            assert abs(seen((await port.read()).data)[2] - full(160)) <= 3


async def test_b_frames_are_shown_in_their_order() -> None:
    with RtspCamera(tune="fastdecode", bf="3") as camera:
        async with opened(f"pictures:{camera.url}") as port:
            await shows(port, camera.level)
            camera.level = 180
            await shows(port, 180)


async def test_a_stream_that_changes_its_size_goes_on() -> None:
    with RtspCamera() as camera:
        async with opened(f"pictures:{camera.url}") as port:
            assert seen((await port.read()).data)[:2] == (640, 360)
            camera.size = (320, 240)
            while seen((await port.read()).data)[:2] != (320, 240):
                pass


async def test_a_stream_that_becomes_too_large_ends_with_the_reason() -> None:
    with RtspCamera() as camera:
        async with opened(f"pictures:{camera.url}") as port:
            await port.read()
            camera.size = (2560, 1440)
            with pytest.raises(PortError, match="2560 × 1440, which is too large") as caught:
                await until_it_ends(port)
            assert caught.value.reason is PortReason.UNSUPPORTED


async def test_a_stream_of_8k_is_refused() -> None:
    with RtspCamera("h264", (7680, 4320)) as camera:
        error = await refused(f"pictures:{camera.url}")
        assert error.reason in (PortReason.UNSUPPORTED, PortReason.IO)


async def test_a_decoder_that_crashes_ends_the_port_alone() -> None:
    with RtspCamera() as camera:
        async with opened(f"pictures:{camera.url}") as port:
            await port.read()
            os.kill(process_of(port), signal.SIGSEGV)
            with pytest.raises(PortClosed, match=r"what decodes the stream has ended \(-11\)"):
                await port.read()
        async with opened(f"pictures:{camera.url}") as port:
            await port.read()


async def test_a_port_that_is_closed_leaves_no_process() -> None:
    with RtspCamera() as camera:
        async with opened(f"pictures:{camera.url}") as port:
            process = process_of(port)
        assert not Path(f"/proc/{process}").exists()


async def until_it_ends(port: Port) -> None:
    while True:
        await port.read()


def process_of(port: Any) -> int:
    return int(port.process_id)


async def test_the_password_is_proven_by_digest() -> None:
    with RtspCamera(login=("digest", "me", LOGIN)) as camera:
        login = "me:pa%3As%25%24%20%3F@"
        async with opened(f"pictures:{camera.url.replace('//', f'//{login}')}") as port:
            await port.read()
        error = await refused(f"pictures:{camera.url.replace('//', '//me:wrong@')}")
        assert error.reason is PortReason.REFUSED
        assert "refuses user and password" in str(error)
        assert "wrong" not in str(error)
        assert "write user and password" in str(await refused(f"pictures:{camera.url}"))


async def test_basic_gets_the_password_only_with_leave() -> None:
    with RtspCamera(login=("basic", "me", "open")) as camera:
        url = f"pictures:{camera.url.replace('//', '//me:open@')}"
        error = await refused(url)
        assert error.reason is PortReason.INSECURE
        assert 'weakest_login = "basic"' in str(error)
        async with opened(f"{url}#weakest_login=basic") as port:
            await port.read()


async def test_what_is_not_there_is_said() -> None:
    with RtspCamera() as camera:
        error = await refused(f"pictures:rtsp://127.0.0.1:{camera.port}/elsewhere?a=1")
        assert error.why == "has no stream /elsewhere?a=1"
    error = await refused("pictures:rtsp://127.0.0.1:1/camera")
    assert error.reason is PortReason.MISSING
    assert "cannot be reached on port 1" in str(error)


class Hostile:
    """A TCP server that says one thing to whoever comes, and keeps what it heard."""

    def __init__(self, says: bytes, again: bytes = b"") -> None:
        self.says, self.again, self.heard = says, again, b""

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"rtsp://me:secret@127.0.0.1:{port}/camera"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(self.says)
            await writer.drain()
            while piece := await reader.read(4096):
                self.heard += piece
                writer.write(self.again)
                await writer.drain()
        writer.close()


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answers with something else than RTSP"),
        (b"RTSP/1.0 \xff\xff\xff\r\n\r\n", "answers with something else than RTSP"),
        (b"\0" * 200_000, "answers with something else than RTSP"),
        (b"RTSP/1.0 503 Busy\r\n\r\n", "refuses its stream (RTSP 503)"),
        (b"RTSP/1.0 401 No\r\nWWW-Authenticate: Bearer x\r\n\r\n", "a login by Bearer"),
        (b"", "no answer over RTSP within 3 s"),
    ],
    ids=["http", "no status", "zeros", "busy", "bearer", "silent"],
)
async def test_a_host_that_speaks_otherwise_is_refused_and_hears_no_password(
    says: bytes, why: str
) -> None:
    needs()
    host = Hostile(says)
    async with host as url:
        assert why in str(await refused(f"pictures:{url}"))
    assert b"secret" not in host.heard


async def test_a_stream_that_never_begins_is_given_up() -> None:
    needs()
    sdp = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:x\r\n"
    head = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nContent-Type: application/sdp\r\n"
    host = Hostile(b"", head % 1 + b"Content-Length: %d\r\n\r\n" % len(sdp) + sdp)
    async with host as url:
        assert (await refused(f"pictures:{url}")).reason in (PortReason.IO, PortReason.CLOSED)


def test_a_process_whose_parent_is_gone_ends() -> None:
    """Its stdin ends with its parent, however that ended."""
    words = [sys.executable, "-P", "-m", decoder.__name__]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with RtspCamera() as camera, subprocess.Popen(words, **pipes) as child:
        child.stdin.write(StreamTask("127.0.0.1", camera.port, "/camera").line())
        child.stdin.flush()
        assert child.stdout.readline().startswith(b'{"opened"')
        child.stdin.close()
        assert child.wait(LIMIT_S) == 0


async def test_the_process_reads_no_file_and_reaches_no_other_port(tmp_path: Path) -> None:
    """What a stream that takes the process over could do: the kernel refuses it."""
    if decoder.landlock_version() < 4:
        pytest.skip("needs Landlock of Linux 6.7")
    (tmp_path / "secret").write_text("x")
    tried = (
        "import socket, sys; from roomctl.ports import decoder; decoder._give_up_rights(9)\n"
        "try: open(sys.argv[1])\nexcept PermissionError: print('no file')\n"
        "try: open(sys.argv[1] + '2', 'w')\nexcept PermissionError: print('no new file')\n"
        "try: socket.create_connection(('127.0.0.1', 22))\n"
        "except PermissionError: print('no port')\nimport wave; print(wave.__name__)"
    )
    words = (sys.executable, "-P", "-c", tried, str(tmp_path / "secret"))
    child = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    assert said.decode().split("\n") == ["no file", "no new file", "no port", "wave", ""]


# Over HTTP.

JPEG = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF and so on"


class _Camera(BaseHTTPRequestHandler):
    pictures: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.pictures.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[tuple[str, dict[str, tuple[int, bytes]]]]:
    """A host, and what it answers by path."""
    pictures: dict[str, tuple[int, bytes]] = {}
    handler = type("Camera", (_Camera,), {"pictures": pictures})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", pictures
    server.shutdown()
    server.server_close()


async def test_each_read_asks_a_host_for_its_picture_of_now(
    host: tuple[str, dict[str, tuple[int, bytes]]],
) -> None:
    url, pictures = host
    path = "/cgi-bin/camera?resolution=640&quality=1"
    async with opened(f"pictures:{url}{path}") as port:
        for body in (JPEG + b"1", JPEG + 300_000 * b"2"):
            pictures[path] = (200, body)
            assert (await port.read()).data == body


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (404, b"", "has no picture /x.jpg"),
        (401, b"", "refuses user and password for its picture (HTTP 401)"),
        (500, b"", "answers with HTTP 500 instead of a picture"),
        (200, JPEG + bytes(1 << 20), "the answer is too long"),
    ],
)
async def test_why_a_host_gives_no_picture_is_said(
    host: tuple[str, dict[str, tuple[int, bytes]]], status: int, body: bytes, why: str
) -> None:
    url, pictures = host
    pictures["/x.jpg"] = (status, body)
    assert why in str(await refused(f"pictures:{url}/x.jpg"))


@pytest.mark.parametrize(
    "url", ["ftp://h/x", "rtsp://", "rtsp://h:0x1/", "rtsp://h/a b", "file:///etc/passwd", "x"]
)
def test_what_cannot_be_asked_is_refused_without_its_login(url: str) -> None:
    with pytest.raises(PortError) as caught:
        video_of(parse(f"pictures:{url.replace('//', '//me:open@')}"))
    assert "open" not in str(caught.value)


# Made grey and small.


def still(width: int, height: int) -> bytes:
    """Return a PNG of one level of grey, 100, which takes few bytes whatever its size."""
    return grey(width, height, 100)


async def test_a_still_is_made_grey_and_small() -> None:
    async with opened("grey:32x18") as port:
        await port.write(still(1280, 720))
        levels = (await port.read()).data
        assert len(levels) == 32 * 18
        assert {abs(level - 100) for level in levels} <= {0, 1}
        with pytest.raises(PortClosed, match="no picture was written"):
            await port.read()


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff" + bytes(1000), still(64, 36)[:60], still(12_000, 9_000)],
    ids=["nothing", "no jpeg", "cut off", "100 megapixels"],
)
async def test_what_is_no_small_still_is_refused(data: bytes) -> None:
    needs()
    async with opened("grey:32x18") as port:
        with pytest.raises(PortError, match="is no picture that can be decoded"):
            await port.write(data)


@pytest.mark.parametrize("place", ["", "32", "0x18", "100x18", "32x18x2", "-1x2"])
async def test_a_size_that_cannot_be_meant_is_refused(place: str) -> None:
    with pytest.raises(PortError, match="is not grey:WIDTHxHEIGHT"):
        await connect("camera.front", f"grey:{place}")


async def test_a_simulated_aw_camera_on_a_real_wire_gives_its_picture() -> None:
    text = '[camera.front]\nurl = "aw://127.0.0.1"\nvideo = "aw"\n'
    simulator = Simulator(app.parse(text, "room.toml"), SystemClock())
    await simulator.wire()
    try:
        url = aw_picture(f"aw://{simulator.ports['camera.front']}")
        async with opened(f"pictures:{url}") as port:
            assert (await port.read()).data.startswith(b"\x89PNG")
    finally:
        await simulator.close()
