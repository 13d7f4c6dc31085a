"""An RTSP camera: GStreamer's server, fed with pictures that FFmpeg's encoders make here."""

import struct
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import pytest

PYTHON = "/usr/bin/python3"  # Debian's, with its GStreamer
NEEDS = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
)
PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gir1.2-gst-plugins-base-1.0"
    " gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
)
ENCODERS = {"h264": "libx264", "h265": "libx265"}
RATE = 25


def has_server() -> bool:
    return subprocess.run([PYTHON, "-c", NEEDS], capture_output=True, check=False).returncode == 0


def needs() -> None:
    """Skip a test where the server or the encoders are missing."""
    pytest.importorskip("av", reason="needs PyAV: pip install 'roomctl[video]'")
    if not has_server():
        pytest.skip(f"needs GStreamer's RTSP server: apt install {PACKAGES}")


class RtspCamera:
    """A camera that shows `level` of grey, 0-255, until it is closed."""

    def __init__(
        self,
        codec: str = "h264",
        size: tuple[int, int] = (640, 360),
        login: tuple[str, str, str] | None = None,
        **options: str,
    ) -> None:
        needs()
        self.codec, self.size, self.level, self.options = codec, size, 40, options
        script = str(Path(__file__).with_name("rtsp_server.py"))
        self._server = subprocess.Popen(
            [PYTHON, script, codec, *(login or ())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._server.stdout is not None
        self.port = int(self._server.stdout.readline())
        self.url = f"rtsp://127.0.0.1:{self.port}/camera"
        self.encoded = 0
        self._films = True
        self._thread = threading.Thread(target=self._film)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._films = False
        self._server.kill()
        self._thread.join()
        self._server.communicate()

    def _film(self) -> None:
        encoder, size = self._encoder(), self.size
        began = time.monotonic()
        while self._films:
            if size != self.size:
                encoder, size = self._encoder(), self.size
            for packet in encoder.encode(self.picture()):
                data = bytes(packet)
                try:
                    self._server.stdin.write(struct.pack(">I", len(data)) + data)
                    self._server.stdin.flush()
                except OSError:
                    return
            self.encoded += 1
            time.sleep(max(0.0, began + self.encoded / RATE - time.monotonic()))

    def picture(self) -> Any:
        """Return the picture of now, to be encoded."""
        import av

        width, height = self.size
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane, level in zip(picture.planes, (self.level, 128, 128), strict=True):
            plane.update(bytes((level,)) * plane.buffer_size)
        picture.pts = self.encoded
        return picture

    def _encoder(self) -> Any:
        import av

        made = av.CodecContext.create(ENCODERS[self.codec], "w")
        made.width, made.height = self.size
        made.pix_fmt, made.gop_size, made.thread_count = "yuv420p", RATE, 1
        made.time_base, made.framerate = Fraction(1, RATE), Fraction(RATE)
        quick = {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=0"}
        made.options = {**quick, **self.options}
        return made
