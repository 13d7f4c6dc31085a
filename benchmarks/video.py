"""A camera's stream as a panel shows it: how far behind it is, and what decoding it costs.

The camera is GStreamer's RTSP server, fed with 25 pictures a second of a textured room in motion,
as H.264 and H.265 with a key picture every second. It is looked at eight times a second, as a panel
does. A picture carries its number as a grey square: the time counts from before it was encoded
until its JPEG is here, so the encoder's part is in it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, quantile

SECONDS, EVERY_S = 10.0, 0.12
LEVELS, STEP = (
    34,
    6,
)  # levels of grey that a JPEG does not confuse; the numbers come again after them
BEHIND_MS, SHARE_PCT = 300, 15
CASES = (("h264", (640, 360)), ("h265", (640, 360)), ("h264", (1280, 720)), ("h264", (1920, 1080)))


def figures() -> list[Figure]:
    """Look at each stream for ten seconds."""
    try:
        import av  # noqa: F401

        from tests.ports.rtsp import has_server
    except ImportError:
        sys.stderr.write("video is left out: needs PyAV (roomctl[video])\n")
        return []
    if not has_server():
        sys.stderr.write("video is left out: needs GStreamer's RTSP server (.ci/browser)\n")
        return []
    found = []
    for codec, size in CASES:
        late_ms, share_pct, held_mb, first_s = asyncio.run(_looked_at(codec, size))
        case = f"{codec} {size[0]} × {size[1]}"
        limit = "ms, the limit"
        found += [
            Figure(f"behind, {case}", quantile(late_ms, 0.5), "ms", BEHIND_MS, limit, "median"),
            Figure(f"behind, {case}, p95", quantile(late_ms, 0.95), "ms", BEHIND_MS, limit),
            Figure(f"CPU, {case}", share_pct, "%", SHARE_PCT, "% of a core, the limit"),
            Figure(f"first picture, {case}", first_s, "s", None, "", "from the first look"),
            Figure(f"held, {case}", held_mb, "MB", None, "", "peak of the process"),
        ]
    return found


async def _looked_at(codec: str, size: tuple[int, int]) -> tuple[list[float], float, float, float]:
    from roomctl.ports import connect

    with _camera(codec, size) as camera:
        began = time.monotonic()
        port: Any = await connect("camera.front", f"pictures:{camera.url}")
        try:
            await port.read()
            first_s, pid = time.monotonic() - began, port.process_id
            late_ms, used, began = [], _used_s(pid), time.monotonic()
            while time.monotonic() < began + SECONDS:
                chunk = await port.read()
                late_ms.append(1000 * (chunk.at - camera.shown_at(chunk.data)))
                await asyncio.sleep(EVERY_S)
            share_pct = 100 * (_used_s(pid) - used) / (time.monotonic() - began)
            status = Path(f"/proc/{pid}/status").read_text()
        finally:
            await port.close()
    (held,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return late_ms, share_pct, int(held) / 1024, first_s


def _used_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _camera(codec: str, size: tuple[int, int]) -> Any:  # noqa: ANN401 - of a test
    import av
    import numpy as np

    from tests.ports.rtsp import RtspCamera

    width, height = size
    noise = np.random.default_rng(7).integers(40, 210, (height // 8, width // 8), np.uint8)
    room = noise.repeat(8, axis=0).repeat(8, axis=1)
    chroma = np.full((height // 2, width), 128, np.uint8)

    class Numbered(RtspCamera):
        def picture(self) -> Any:  # noqa: ANN401 - of the library
            number = self.encoded
            drawn = np.roll(room, 2 * number, axis=1)
            side, level = height // 4, 20 + STEP * (number % LEVELS)
            drawn[:side, :side] = level
            self.at[number % LEVELS] = time.monotonic()
            picture = av.VideoFrame.from_ndarray(np.vstack((drawn, chroma)), "yuv420p")
            picture.pts = number
            return picture

        at: dict[int, float] = {}  # noqa: RUF012 - one camera at a time

        def shown_at(self, jpeg: bytes) -> float:
            """Return when the picture that a JPEG shows was made."""
            context = av.CodecContext.create("mjpeg", "r")
            (frame,) = context.decode(av.Packet(jpeg))
            plane = frame.planes[0]
            middle = frame.height // 8
            level = bytes(plane)[middle * plane.line_size + middle] * 219 / 255 + 16
            return self.at[round((level - 20) / STEP) % LEVELS]

    return Numbered(codec, size)
