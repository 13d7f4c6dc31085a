"""A guest on peer-calls: a browser whose camera shows a picture that nobody else has."""

import contextlib
import io
import os
import shutil
import time

from tests.calls.served import PATIENCE_S

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",  # our own page, and a guest; the room's never has it
)
SIZE = (160, 120)
COLOURS = {"magenta": (200, 0, 200), "blue": (0, 0, 200)}  # in turn
TURN, RATE = 5, 10  # pictures of each colour, pictures a second
NEAR = 50  # of a colour, in each of its parts, after two lossy codings
ENOUGH = 0.02  # of the picture

_FRAMES = """
() => Math.max(0, ...[...document.querySelectorAll("video")].filter((video) => !video.muted)
  .map((video) => video.getVideoPlaybackQuality().totalVideoFrames))
"""
_ALONE = """
() => {
  const videos = [...document.querySelectorAll("video")];
  return videos.length > 0 && videos.every((video) => video.muted);
}
"""


def film(path):
    """Write what the guest's camera sees: Chromium plays it again and again."""
    width, height = SIZE
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for colour in COLOURS.values():
            y, u, v = _yuv(*colour)
            luma = bytes([y]) * (width * height)
            chroma = [bytes([part]) * (width * height // 4) for part in (u, v)]
            file.write(b"".join([b"FRAME\n", luma, *chroma]) * TURN)
    return path


def shown(picture, colours):
    """Which of `colours` a picture (JPEG or PNG) shows somewhere."""
    import av

    with av.open(io.BytesIO(picture)) as file:
        frame = next(file.decode(video=0)).reformat(width=80, height=45, format="rgb24")
    plane = frame.planes[0]
    data = bytes(plane)
    pixels = [
        data[at : at + 3]
        for row in range(frame.height)
        for at in range(row * plane.line_size, row * plane.line_size + 3 * frame.width, 3)
    ]
    return {
        name
        for name, colour in colours.items()
        if sum(_near(pixel, colour) for pixel in pixels) > ENOUGH * len(pixels)
    }


@contextlib.contextmanager
def guests(folder):
    """Return a function that has a guest enter a meeting, and returns its page."""
    from playwright.sync_api import sync_playwright

    seen = film(folder / "film.y4m")
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={seen}"]
    with sync_playwright() as playwright:
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)

        def enter(url):
            page = browser.new_page(viewport={"width": 640, "height": 480})
            page.goto(url)
            page.fill("form.media input[name=nickname]", "Guest")
            page.click("form.media button[type=submit]")
            return page

        yield enter
        browser.close()


def sees(page, limit_s=PATIENCE_S):
    """Wait until another's picture moves on the guest's page."""
    first, end = None, time.monotonic() + limit_s
    while True:
        frames = page.evaluate(_FRAMES)
        if first and frames > first + RATE:
            return
        first = first or frames
        assert time.monotonic() < end, f"the guest sees nobody move: {frames} pictures"
        page.wait_for_timeout(100)


def still(page, limit_s=PATIENCE_S):
    """Wait until no picture of anybody else has come for a second."""
    end = time.monotonic() + limit_s
    while True:
        frames = page.evaluate(_FRAMES)
        page.wait_for_timeout(1000)
        if page.evaluate(_FRAMES) == frames:
            return
        assert time.monotonic() < end, f"the guest still sees somebody move: {frames} pictures"


def alone(page, limit_s=PATIENCE_S):
    """Wait until the guest's page shows nobody else."""
    page.wait_for_function(_ALONE, timeout=limit_s * 1000)


def _near(pixel, colour):
    return all(abs(one - other) <= NEAR for one, other in zip(pixel, colour, strict=True))


def _yuv(red, green, blue):
    """A colour as BT.601 has it, in the full range of JPEG."""
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(y), round(128 + 0.564 * (blue - y)), round(128 + 0.713 * (red - y))
