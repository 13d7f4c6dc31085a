"""Two ways to reach the page on the display: through the compositor, or through the browser's pipe.

The compositor's way works for every page, read or not, and for the browser's own dialogs. The
pipe's is for a browser without a compositor, and there only for a meeting in assisted mode. Knows
no daemon and no meeting. What cannot be done raises OSError, CdpError or TimeoutError.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
from typing import Protocol

from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.input.hands import Hands
from roomctl.screen.still import png
from roomctl.screen.touches import LARGEST_PICTURE, KeyName
from roomctl.wire import in_thread

WIDTH = 720  # of a picture: what a panel of 800 pixels has room for
LOOK_S = 3.0


class Reach(Protocol):
    """What a panel can do to a page."""

    async def look(self) -> bytes: ...
    async def press(self, x: float, y: float) -> None: ...
    async def scroll(self, x: float, y: float, notches: int) -> None: ...
    async def type(self, text: str) -> None: ...
    async def key(self, key: KeyName) -> None: ...
    async def close(self) -> None: ...


async def by_compositor(output: str | None) -> Reach | None:
    """Return the compositor's way to an output (None: the first), or None if there is none."""
    if shutil.which("grim") is None or not os.environ.get("WAYLAND_DISPLAY"):
        return None
    try:
        return ByCompositor(await in_thread(Hands, dict(os.environ), output))
    except OSError:
        return None


class ByCompositor:
    """The display itself, whatever is on it."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def look(self) -> bytes:
        output = self._hands.output
        scale = min(1.0, WIDTH / max(1, output.size[0]))
        words = ("-o", output.name, "-s", f"{scale:.4f}", "-t", "ppm", "-")
        process = await asyncio.create_subprocess_exec(
            "grim", *words, stdin=_NULL, stdout=asyncio.subprocess.PIPE, stderr=_NULL
        )
        try:
            async with asyncio.timeout(LOOK_S):
                seen, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            return await in_thread(png, seen, LARGEST_PICTURE)
        except ValueError as error:
            raise OSError("grim gave no picture") from error

    async def press(self, x: float, y: float) -> None:
        await in_thread(self._hands.press, x, y)

    async def scroll(self, x: float, y: float, notches: int) -> None:
        await in_thread(self._hands.scroll, x, y, notches)

    async def type(self, text: str) -> None:
        await in_thread(self._hands.type, text)

    async def key(self, key: KeyName) -> None:
        await in_thread(self._hands.key, key)

    async def close(self) -> None:
        self._hands.close()


class ByPipe:
    """The page of an assisted meeting, over the DevTools protocol."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab

    async def look(self) -> bytes:
        width, height = await self._size()
        clip = {"x": 0, "y": 0, "width": width, "height": height}
        how = {"format": "jpeg", "quality": 45, "optimizeForSpeed": True}
        scaled = {"clip": {**clip, "scale": min(1.0, WIDTH / width)}, **how}
        answer = await self._tab.ask("Page.captureScreenshot", scaled, limit_s=LOOK_S)
        return base64.b64decode(answer["data"])

    async def press(self, x: float, y: float) -> None:
        width, height = await self._size()
        place: dict[str, object] = {"x": x * width, "y": y * height}
        await self._mouse("mouseMoved", place)
        for kind in ("mousePressed", "mouseReleased"):
            await self._mouse(kind, {**place, "button": "left", "clickCount": 1})

    async def scroll(self, x: float, y: float, notches: int) -> None:
        width, height = await self._size()
        turned = {"deltaX": 0, "deltaY": notches * _NOTCH}
        await self._mouse("mouseWheel", {"x": x * width, "y": y * height, **turned})

    async def type(self, text: str) -> None:
        await self._tab.ask("Input.insertText", {"text": text})

    async def key(self, key: KeyName) -> None:
        if key is KeyName.BACK:
            await self._tab.back()
            return
        code, number, modifiers, printed = _KEYS[key]
        stroke: dict[str, object] = {
            "key": code,
            "code": "Space" if key is KeyName.SPACE else code,
            "windowsVirtualKeyCode": number,
            "modifiers": modifiers,
        }
        down = {"type": "keyDown" if printed else "rawKeyDown", **stroke}
        await self._tab.ask("Input.dispatchKeyEvent", down | ({"text": printed} if printed else {}))
        await self._tab.ask("Input.dispatchKeyEvent", {"type": "keyUp", **stroke})

    async def close(self) -> None:
        """Nothing to let go of: the pipe is the meeting's."""

    async def _size(self) -> tuple[float, float]:
        metrics = await self._tab.ask("Page.getLayoutMetrics")
        seen = metrics["cssVisualViewport"]
        return max(1.0, float(seen["clientWidth"])), max(1.0, float(seen["clientHeight"]))

    async def _mouse(self, kind: str, what: dict[str, object]) -> None:
        await self._tab.ask("Input.dispatchMouseEvent", {"type": kind, **what})


_NULL = asyncio.subprocess.DEVNULL
_NOTCH = 120  # pixels that Chromium scrolls for one notch of a wheel
_SHIFT = 8  # a bit of the DevTools protocol's modifiers

# By key: its name in the page, Windows' number of it, modifiers, what it prints.
_KEYS: dict[KeyName, tuple[str, int, int, str]] = {
    KeyName.ENTER: ("Enter", 13, 0, "\r"),
    KeyName.TAB: ("Tab", 9, 0, ""),
    KeyName.BACK_TAB: ("Tab", 9, _SHIFT, ""),
    KeyName.ESCAPE: ("Escape", 27, 0, ""),
    KeyName.BACKSPACE: ("Backspace", 8, 0, ""),
    KeyName.SPACE: (" ", 32, 0, " "),
    KeyName.UP: ("ArrowUp", 38, 0, ""),
    KeyName.DOWN: ("ArrowDown", 40, 0, ""),
    KeyName.LEFT: ("ArrowLeft", 37, 0, ""),
    KeyName.RIGHT: ("ArrowRight", 39, 0, ""),
}
