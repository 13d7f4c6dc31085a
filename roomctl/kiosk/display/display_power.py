"""Whether the room's display is on: a television by CEC, else its output by the compositor.

Either is read back. A television that says nothing has its output switched off instead, and is not
said to be on. wlopm speaks wlr-output-power-management: one that is off stays in the layout, so
that no window wanders to another one (which it does after `wlr-randr --off`). Without a Wayland
compositor, or without wlopm, nothing is known and nothing is claimed. Knows no daemon and no
browser.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from roomctl.frozen import frozen
from roomctl.kiosk.display.cec import Television, TelevisionPower
from roomctl.screen.protocol import DisplayState
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

ANSWER_S = 3.0
_HOLDS_S = 1.0
_WAITING = 8
_OFF = frozenset({TelevisionPower.STANDBY, TelevisionPower.TO_STANDBY})


@frozen
class TelevisionTiming:
    """How a television is asked, in seconds.

    `obeys_s`: how long it may take to wake up, which is 2 to 15; it is asked every `again_s`.
    `look_s`: how often it is looked at besides, for somebody may use its remote control.
    """

    obeys_s: float = 20.0
    again_s: float = 1.0
    look_s: float = 30.0


class DisplayPower:
    """The display's power; `say` gets its state after every order, and when it was asked for."""

    def __init__(
        self, say: Callable[[DisplayState], None], pace: TelevisionTiming | None = None
    ) -> None:
        self.state = DisplayState(None)
        self.output: str | None = None  # None: every output there is
        self.television: Television | None = None
        self._say, self._pace = say, pace or TelevisionTiming()
        self._orders: asyncio.Queue[bool | None] = asyncio.Queue(_WAITING)
        self._wlopm = asyncio.Lock()

    def switch(self, on: bool) -> None:
        """Switch the display, soon."""
        self._order(on)

    def look(self) -> None:
        """Have its state read again, soon."""
        self._order(None)

    async def run(self) -> None:
        """Do as ordered, one after the other, until cancelled."""
        while True:
            asked, on = await self._next()
            if on is not None:
                await self._switch(on)
            before, self.state = self.state, DisplayState(await self._is_on())
            if asked or self.state != before:
                self._say(self.state)

    async def _next(self) -> tuple[bool, bool | None]:
        """Return whether there is an order, and which; a television is looked at without one."""
        try:
            async with asyncio.timeout(self._pace.look_s if self.television else None):
                return True, await self._orders.get()
        except TimeoutError:
            return False, None

    async def _switch(self, on: bool) -> None:
        if on:
            await self._switch_output(True)  # before the television looks for a picture
        obeyed = self.television is not None and await self._tell(self.television, on)
        if not on and not obeyed:
            await self._switch_output(False)

    async def _tell(self, television: Television, on: bool) -> bool:
        """Return whether the television does as it is told, in time or until told anew."""
        if not await in_thread(television.switch, on):
            return False
        wanted = frozenset({TelevisionPower.ON}) if on else _OFF
        loop = asyncio.get_running_loop()
        end = loop.time() + self._pace.obeys_s
        while (status := await in_thread(television.power)) not in wanted:
            if loop.time() >= end or not self._orders.empty():
                return status is not None
            await asyncio.sleep(self._pace.again_s)
        return True

    async def _is_on(self) -> bool | None:
        by_output = await self._output_is_on()
        if self.television is None or by_output is False:
            return by_output
        status = await in_thread(self.television.power)
        if status is None:
            return None if self.television.expected else by_output
        return None if status is TelevisionPower.TO_ON else status is TelevisionPower.ON

    async def outputs(self) -> dict[str, bool]:
        """Return every output by name, and whether it is on; empty if the compositor does not say.

        One wlopm at a time: while another has hold of the outputs, wlopm 0.1 prints all as off.
        Programs of others may have, so what is off is looked at twice.
        """
        async with self._wlopm:
            said = await _outputs()
            return said if all(said.values()) else await _outputs()

    async def _switch_output(self, on: bool) -> None:
        """Switch the outputs; what became of them is for `_output_is_on` to tell."""
        async with self._wlopm:
            await _wlopm("--on" if on else "--off", self.output or "*")

    async def _output_is_on(self) -> bool | None:
        """Return whether the output (None: any) is on; None if the compositor does not say."""
        found = await self.outputs()
        if self.output is not None:
            return found.get(self.output)
        return any(found.values()) if found else None

    def _order(self, on: bool | None) -> None:
        if self._orders.full():
            _log.warning("screen: ignored an order to the display; %d are waiting", _WAITING)
        else:
            self._orders.put_nowait(on)


async def _outputs() -> dict[str, bool]:
    said = await _wlopm("--json")
    try:
        return {str(one["output"]): one["power-mode"] == "on" for one in json.loads(said or "[]")}
    except (ValueError, TypeError, KeyError):
        return {}


async def compositor_there() -> bool:
    """Return whether the Wayland compositor holds a connection for 1 s; True if none is named.

    One that is just being killed may still take it.
    """
    path = _socket()
    if path is None:
        return True
    try:
        reader, writer = await asyncio.open_unix_connection(path)
        with contextlib.closing(writer):
            async with asyncio.timeout(_HOLDS_S):
                return await reader.read(1) != b""
    except TimeoutError:  # it says nothing to a client that asks for nothing
        return True
    except OSError:
        return False


async def compositor_gone() -> bool:
    """Wait until the Wayland compositor is gone; False at once if there is none."""
    path = _socket()
    if path is None:
        return False
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    try:
        while await reader.read(4096):
            pass  # a client that asks for nothing is told nothing
    except OSError:
        pass
    finally:
        writer.close()
    return True


def _socket() -> Path | None:
    name = os.environ.get("WAYLAND_DISPLAY")
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name if name else None


async def _wlopm(*words: str) -> bytes | None:
    """Return what wlopm says; None if there is none, no compositor, or no answer in 3 s."""
    program = shutil.which("wlopm")
    if program is None or "WAYLAND_DISPLAY" not in os.environ:
        return None
    process = await asyncio.create_subprocess_exec(
        program,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(ANSWER_S):
            said, _ = await process.communicate()
    except (TimeoutError, asyncio.CancelledError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        _log.warning("screen: wlopm did not answer within %g s", ANSWER_S)
        return None
    return said
