"""What a panel does to the page on the display, one thing after the other, each answered.

There are two ways to a page. The compositor's works for every page, read or not, and for the
browser's own dialogs; a walkthrough goes this way alone, and each of its presses is done by what
was seen just before. The pipe's is for a browser without a compositor, and there only for a meeting
in assisted mode. Keeps no text and no picture, and its log has neither. Knows no daemon and no
platform.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.input.display_touch import DisplayTouch
from roomctl.kiosk.input.sight import NoMatcher, PictureMatcher
from roomctl.kiosk.input.virtual_input import VirtualInput
from roomctl.kiosk.input.wayland import DisplayOutput
from roomctl.screen.png import png
from roomctl.screen.protocol import (
    LARGEST_PICTURE,
    BringControls,
    CloseWindow,
    ControlSeen,
    ControlsSeen,
    DisplayTouched,
    HeedDisplay,
    KeyName,
    LearnControl,
    PressControl,
    PressKey,
    PressPoint,
    ScrollAt,
    SeekControls,
    TakePicture,
    TouchAnswer,
    TouchOrder,
    TouchRefusal,
    TouchResult,
    TypeText,
    WatchTouches,
    picture_parts,
)
from roomctl.wire import in_thread

WIDTH = 720  # of a picture: what a panel of 800 pixels has room for
LOOK_S = 3.0


class PageActuators(Protocol):
    """What a panel can do to a page."""

    async def look(self) -> bytes: ...
    async def press(self, x: float, y: float) -> None: ...
    async def scroll(self, x: float, y: float, notches: int) -> None: ...
    async def type(self, text: str) -> None: ...
    async def key(self, key: KeyName) -> None: ...
    async def close(self) -> None: ...


_TRIES = 3  # to reach the compositor, of a machine that stood still


async def by_compositor(output: str | None) -> CompositorActuators | None:
    """Return the compositor's way to an output (None: the first), or None if there is none.

    One that does not answer in time is asked again: what is missed now, a whole meeting lacks.
    """
    if shutil.which("grim") is None or not os.environ.get("WAYLAND_DISPLAY"):
        return None
    for _ in range(_TRIES):
        reaching = asyncio.ensure_future(in_thread(VirtualInput, dict(os.environ), output))
        try:
            return CompositorActuators(await asyncio.shield(reaching))
        except TimeoutError:
            _log.warning("screen: the compositor did not answer in time")
        except OSError:
            break
        except asyncio.CancelledError:
            reaching.add_done_callback(_let_go)  # the thread cannot be cancelled
            raise
    return None


def _let_go(reached: asyncio.Future[VirtualInput]) -> None:
    if not reached.cancelled() and reached.exception() is None:
        reached.result().close()


class CompositorActuators:
    """The display itself, whatever is on it."""

    def __init__(self, virtual: VirtualInput) -> None:
        self._input = virtual
        self._heeded: DisplayTouch | None = None

    async def look(self) -> bytes:
        output = self._input.output
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
        async with self._ours():
            await in_thread(self._input.press, x, y)

    async def scroll(self, x: float, y: float, notches: int) -> None:
        async with self._ours():
            await in_thread(self._input.scroll, x, y, notches)

    async def heed(self, touched: Callable[[], None], lifted: Callable[[TouchOrder], None]) -> None:
        """Have the first touch of somebody else told as it begins; OSError if nobody can tell.

        It does not reach the page: as it ends, `lifted` gets the order that gives it back.
        """
        self.heed_no_more()
        loop, environment = asyncio.get_running_loop(), dict(os.environ)

        def began() -> None:
            loop.call_soon_threadsafe(touched)

        def ended(place: tuple[float, float] | None) -> None:
            back = HeedDisplay(0, on=False) if place is None else PressPoint(0, *place)
            loop.call_soon_threadsafe(lifted, back)

        heeded = await in_thread(DisplayTouch, environment, self.output.name, began, ended)
        self._heeded = heeded
        loop.add_reader(heeded.fileno(), self._hear, heeded)

    @property
    def touched(self) -> bool:
        """Whether somebody touched the display since it was heeded."""
        return self._heeded is not None and self._heeded.heard

    def heed_no_more(self) -> None:
        heeded, self._heeded = self._heeded, None
        if heeded is not None:
            asyncio.get_running_loop().remove_reader(heeded.fileno())
            heeded.close()

    def _hear(self, heeded: DisplayTouch) -> None:
        try:
            heeded.hear()
        except OSError as error:
            _log.warning("screen: touches of the display are no longer read: %s", error)
            self.heed_no_more()

    @contextlib.asynccontextmanager
    async def _ours(self) -> AsyncIterator[None]:
        """Let what is done meanwhile pass to the page; _TouchRefused if somebody touched it."""
        if self._heeded is not None:
            await self._let_through(self._heeded, on=True)
            if self.touched:
                raise _TouchRefused(TouchRefusal.NOT_THERE)
        try:
            yield
        finally:
            if self._heeded is not None:
                await self._let_through(self._heeded, on=False)

    async def _let_through(self, heeded: DisplayTouch, on: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(heeded.fileno())  # the thread hears meanwhile
        try:
            await in_thread(heeded.let_through, on)
            loop.add_reader(heeded.fileno(), self._hear, heeded)
        except OSError as error:
            _log.warning("screen: touches of the display are no longer read: %s", error)
            self.heed_no_more()

    async def type(self, text: str) -> None:
        await in_thread(self._input.type, text)

    async def key(self, key: KeyName) -> None:
        await in_thread(self._input.key, key)

    async def park(self) -> None:
        await in_thread(self._input.park)

    async def face(self) -> None:
        await in_thread(self._input.face)

    @property
    def output(self) -> DisplayOutput:
        return self._input.output

    async def close(self) -> None:
        self.heed_no_more()
        self._input.close()


class PipeActuators:
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


_log = logging.getLogger(__name__)

DO_S = 5.0
LOOKING_S = 30.0  # what a walkthrough asks for: its child starts, a page stands still
_WAITING = 32 + 700  # controls come in parts
_LOOKING = (WatchTouches, BringControls, SeekControls, PressControl, LearnControl)


class _TouchRefused(Exception):
    """A touch was not done, and everything is in order."""

    def __init__(self, why: TouchRefusal) -> None:
        super().__init__(why.value)
        self.why = why


async def _nothing() -> None:
    """Close nothing: there is no page."""


class RemoteTouches:
    """What a panel may do to the display, while a meeting stands there."""

    def __init__(
        self, say: Callable[[TouchAnswer | DisplayTouched], None], output: Callable[[], str | None]
    ) -> None:
        """`output` names the room's display; None: the first."""
        self._say, self._output = say, output
        self._display: CompositorActuators | None = None
        self._tab: Callable[[], Tab | None] = lambda: None
        self._within: Callable[[], bool] = lambda: False
        self._uncover: Callable[[], Awaitable[None]] = _nothing
        self._meeting: object = None  # another one for each
        self._sight: PictureMatcher | None = None
        self._sight_opens: asyncio.Future[PictureMatcher] | None = None
        self._watched = False
        self._pressed = (0.5, 0.5)
        self._brought: list[str] = []
        self._orders: asyncio.Queue[TouchOrder] = asyncio.Queue(_WAITING)

    @property
    def everywhere(self) -> bool:
        """Whether any page can be reached, one in plain mode too."""
        return self._display is not None

    async def begin(
        self,
        tab: Callable[[], Tab | None],
        within: Callable[[], bool] = lambda: False,
        uncover: Callable[[], Awaitable[None]] = _nothing,
        *,
        looks: bool = False,
    ) -> None:
        """Reach for a meeting that begins; `tab` is its page, if that can be steered.

        `within`: a plain page is open, and cannot be at a host that it may not go to. `uncover`
        closes the windows that the page opened over itself. `looks`: it will be looked at, and what
        does that starts while the page is opened.
        """
        self._tab, self._within, self._uncover = tab, within, uncover
        self._meeting = object()
        await self._renew()
        if looks and self._display is not None:
            self._sight_opens = asyncio.ensure_future(
                PictureMatcher.open(self._display.output.name)
            )

    async def end(self) -> None:
        """Let go: after a meeting nothing on the display is the panel's to touch."""
        display, self._display, self._meeting = self._display, None, None
        await self._blind()
        if display is not None:
            await display.close()

    def take(self, order: TouchOrder) -> None:
        """Have something done, soon."""
        if self._orders.full():
            self._say(TouchResult(order.number, TouchRefusal.BUSY))
        else:
            self._orders.put_nowait(order)

    async def run(self) -> None:
        """Do as ordered until cancelled."""
        while True:
            order = await self._orders.get()
            try:
                slow = self._watched or isinstance(order, _LOOKING)
                async with asyncio.timeout(LOOKING_S if slow else DO_S):
                    await self._obey(order)
            except _TouchRefused as refused:
                self._say(TouchResult(order.number, refused.why))
            except NoMatcher as error:
                _log.warning("screen: %s", error)
                await self._blind()
                self._say(TouchResult(order.number, TouchRefusal.CANNOT_LOOK))
            except (OSError, CdpError, TimeoutError) as error:
                _log.warning("screen: a touch did not reach the page: %s", error)
                self._say(TouchResult(order.number, TouchRefusal.FAILED))
                await self._renew()

    async def _renew(self) -> None:
        """Reach for the compositor, again if it has hung up on us, as long as the meeting stays."""
        meeting, display, self._display = self._meeting, self._display, None
        if display is not None:
            await display.close()
        reached = None if meeting is None else await by_compositor(self._output())
        if meeting is self._meeting and self._display is None:
            self._display = reached
        elif reached is not None:
            await reached.close()

    async def _obey(self, order: TouchOrder) -> None:
        if self._meeting and isinstance(order, CloseWindow):
            await self._uncover()  # the browser does it: that needs no way to its page
            self._say(TouchResult(order.number))
            return
        if self._meeting and self._display is None:
            await self._renew()
        actuators = self._actuators()
        if order.number == 0 and self._display is not None:
            self._display.heed_no_more()  # somebody touched the display, and is done
        if actuators is None:
            why = TouchRefusal.NO_REMOTE_CONTROL if self._meeting else TouchRefusal.NO_PAGE
            self._say(TouchResult(order.number, why))
            return
        match order:
            case TakePicture():
                self._send(order.number, await actuators.look())
                return
            case PressPoint() if self._watched:
                await self._show(actuators, order)
                return
            case LearnControl():
                shown = await self._learned(await self._seeing(actuators), order)
                self._send(order.number, json.dumps(shown).encode("ascii"))
                return
            case WatchTouches() | BringControls() | SeekControls() | PressControl():
                await self._walk(order, actuators)
                return
            case HeedDisplay(on=on):
                await self._heed(on)
            case PressPoint():
                await actuators.press(order.x, order.y)
            case ScrollAt():
                await actuators.scroll(
                    order.x, order.y, order.steps if order.down else -order.steps
                )
            case TypeText() if self._watched:
                sight, (x, y) = await self._seeing(actuators), self._pressed
                await sight.ask("typing")
                await actuators.type(order.text)
                await sight.ask("typed", x=x, y=y)
            case TypeText():
                if order.field:
                    await self._take_field()
                await actuators.type(order.text)
            case PressKey():
                await actuators.key(order.key)
        self._say(TouchResult(order.number))

    async def _take_field(self) -> None:
        tab = self._tab()
        if tab is None or not await tab.take_field():
            raise _TouchRefused(TouchRefusal.NOT_THERE)

    async def _walk(
        self,
        order: WatchTouches | BringControls | SeekControls | PressControl,
        actuators: PageActuators,
    ) -> None:
        """Do what a walkthrough asks for, on a plain page that is reached by the compositor."""
        if isinstance(order, BringControls):
            await self._bring(order, actuators)
            return
        if order == WatchTouches(order.number, on=False):
            await self._blind()
            self._say(TouchResult(order.number))
            return
        sight = await self._seeing(actuators)
        match order:
            case WatchTouches():
                await sight.ask("watch", on=True)
                self._watched = True
            case SeekControls():
                self._say(await self._seek(sight, order))
                return
            case PressControl():
                await self._press_control(sight, order)
        self._say(TouchResult(order.number))

    async def _seeing(self, actuators: PageActuators) -> PictureMatcher:
        """Return what looks at the display; _TouchRefused if no walkthrough may touch it."""
        display = self._display
        if display is None or display is not actuators:
            raise _TouchRefused(TouchRefusal.NO_REMOTE_CONTROL)
        if not self._within():
            raise _TouchRefused(TouchRefusal.NOT_ALLOWED)
        if self._sight is None:
            await display.park()
            opens, self._sight_opens = self._sight_opens, None
            self._sight = await (opens or PictureMatcher.open(display.output.name))
        return self._sight

    async def _heed(self, on: bool) -> None:
        display = self._display
        if display is None:
            return
        if not on:
            if not display.touched:  # else it ends with the touch, which is given back
                display.heed_no_more()
            return
        try:
            await display.heed(lambda: self._say(DisplayTouched()), self.take)
        except OSError as error:
            _log.warning("screen: touches of the display are not read: %s", error)

    async def _blind(self) -> None:
        """End what looks, with its pictures."""
        sight, self._sight, self._watched = self._sight, None, False
        opens, self._sight_opens = self._sight_opens, None
        self._brought.clear()
        if opens is not None:
            opens.cancel()
            await asyncio.gather(opens, return_exceptions=True)
            if not opens.cancelled() and opens.exception() is None:
                sight = opens.result()
        if sight is not None:
            await sight.close()

    async def _bring(self, order: BringControls, actuators: PageActuators) -> None:
        if order.part == 0:
            self._brought.clear()
        if order.part != len(self._brought):
            raise _TouchRefused(TouchRefusal.FAILED)
        self._brought.append(order.data)
        if len(self._brought) == order.parts:
            sight = await self._seeing(actuators)
            await sight.ask("bring", controls="".join(self._brought))
            self._brought.clear()
            self._say(TouchResult(order.number))

    async def _seek(self, sight: PictureMatcher, order: SeekControls) -> ControlsSeen:
        found = await sight.ask("seek", wanted=list(order.controls))
        seen = tuple(
            ControlSeen(int(number), why=what)
            if isinstance(what, str)
            else ControlSeen(int(number), *what)
            for number, what in found["seen"].items()
        )
        scale = self._display.output.scale if self._display is not None else 1
        width, height = found["size"]
        more = (scale * 100, found["still_ms"], found["gone"])
        return ControlsSeen(order.number, seen, width, height, *more)

    async def _press_control(self, sight: PictureMatcher, order: PressControl) -> None:
        """Press what stands where it was seen, as one more look says."""
        display = self._display
        found = await sight.ask("seek", wanted=[order.control])
        there = found["seen"].get(str(order.control)) == [order.x, order.y]
        if not there or display is None or not self._within():
            raise _TouchRefused(TouchRefusal.NOT_THERE)
        width, height = found["size"]
        await display.face()
        await sight.ask("follow", control=order.control, x=order.x, y=order.y)
        await display.press((order.x + 0.5) / width, (order.y + 0.5) / height)
        await display.park()

    async def _show(self, actuators: PageActuators, order: PressPoint) -> None:
        """Press a place that a person shows, and say what stood there."""
        shown = await self._learned(await self._seeing(actuators), order)
        await actuators.press(order.x, order.y)
        self._pressed = (float(order.x), float(order.y))
        if self._display is not None:
            await self._display.park()
        self._send(order.number, json.dumps(shown).encode("ascii"))

    async def _learned(
        self, sight: PictureMatcher, order: PressPoint | LearnControl
    ) -> dict[str, object]:
        """Return what stands at a place; _TouchRefused if it could not be found again."""
        shown = await sight.ask("show", x=float(order.x), y=float(order.y))
        if "why" in shown:
            raise _TouchRefused(TouchRefusal(f"shown_{shown['why']}"))
        scale = self._display.output.scale if self._display is not None else 1
        return {**shown, "scale": scale}

    def _actuators(self) -> PageActuators | None:
        if not self._meeting:
            return None
        tab = self._tab()
        return self._display or (PipeActuators(tab) if tab is not None else None)

    def _send(self, number: int, picture: bytes) -> None:
        if len(picture) > LARGEST_PICTURE:
            raise OSError(f"the picture has {len(picture)} bytes, allowed {LARGEST_PICTURE}")
        for part in picture_parts(number, picture):
            self._say(part)
