"""Whether the room's display is lit: switched through the compositor, and read back from it.

wlopm speaks wlr-output-power-management: a dark output stays in the layout, so that no window
wanders to another one (which it does after `wlr-randr --off`). Without a Wayland compositor, or
without wlopm, nothing is known and nothing is claimed. Knows no daemon and no browser.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from roomctl.screen.protocol import Shown

_log = logging.getLogger(__name__)

ANSWER_S = 3.0
_WAITING = 8


class Lamp:
    """The display's power; `say` gets a Shown after every order, and when one was asked for."""

    def __init__(self, say: Callable[[Shown], None]) -> None:
        self.shown = Shown(None)
        self.output: str | None = None  # None: every output there is
        self._say = say
        self._orders: asyncio.Queue[bool | None] = asyncio.Queue(_WAITING)

    def switch(self, on: bool) -> None:
        """Have the display lit or dark, soon."""
        self._order(on)

    def look(self) -> None:
        """Have its state read again, soon."""
        self._order(None)

    async def run(self) -> None:
        """Do as ordered, one after the other, until cancelled."""
        while True:
            on = await self._orders.get()
            if on is not None:
                await power(self.output, on)
            self.shown = Shown(await lit(self.output))
            self._say(self.shown)

    def _order(self, on: bool | None) -> None:
        if self._orders.full():
            _log.warning("screen: ignored an order to the display; %d are waiting", _WAITING)
        else:
            self._orders.put_nowait(on)


async def power(output: str | None, on: bool) -> None:
    """Light or darken an output (None: all); what became of it is for `lit` to tell."""
    await _wlopm("--on" if on else "--off", output or "*")


async def lit(output: str | None) -> bool | None:
    """Return whether an output (None: any) is lit; None if the compositor does not say."""
    found = await outputs()
    if output is not None:
        return found.get(output)
    return any(found.values()) if found else None


async def outputs() -> dict[str, bool]:
    """Return every output by name, and whether it is lit; empty if the compositor does not say."""
    said = await _wlopm("--json")
    try:
        return {str(one["output"]): one["power-mode"] == "on" for one in json.loads(said or "[]")}
    except (ValueError, TypeError, KeyError):
        return {}


async def gone() -> bool:
    """Wait until the Wayland compositor is gone; False at once if there is none."""
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name
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
