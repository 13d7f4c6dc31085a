"""`screen`, and who shows the meetings of a simulation: a real browser, or a simulated one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from roomctl import lifetime
from roomctl.clock import SystemClock
from roomctl.config import has_display
from roomctl.errors import DeviceError, RoomctlError
from roomctl.frozen import frozen
from roomctl.lifetime import Shutdown

if TYPE_CHECKING:
    from roomctl.config import Config
    from roomctl.screen.profile import ScreenTable

START_LIMIT_S = 10.0
END_LIMIT_S = 2.5  # half of what this process has itself
UNPRIVILEGED = ("roomctl-screen", "nobody")  # who runs the browser when root starts a simulation


@frozen
class Choice:
    """Who shows the meeting: `mode` of a real screen process, run as `user` if we are root."""

    mode: str
    user: str | None
    words: str

    @property
    def simulated(self) -> bool:
        return self.mode == "simulated"


def run(
    socket: Path,
    mode: str,
    media: str,
    user: str | None,
    allowed_uid: int | None,
    verbose: bool,
    parts: Mapping[str, bool],
) -> int:
    """Be the screen process until SIGINT or SIGTERM; return the exit status.

    `parts`: which part of it alone, or not; see `kiosk.agent.KioskOptions`.
    A real one is a program of its own, which takes this process over: see `roomctl.kiosk.__main__`.
    """
    if mode == "simulated":
        return lifetime.run(lambda shutdown: _simulated(socket, shutdown))
    options = {"socket": str(socket), "mode": mode, "media": media, "user": user}
    words = json.dumps({**options, "allowed_uid": allowed_uid, "verbose": verbose, **parts})
    os.execv(sys.executable, [sys.executable, "-P", "-m", "roomctl.kiosk", words])  # noqa: S606


async def _simulated(socket: Path, shutdown: Shutdown) -> int:
    from roomctl.simulator import simulated_screen

    await simulated_screen(socket, SystemClock(), shutdown.told)
    return 0


def choose(config: Config, wanted: str) -> Choice:
    """Decide who shows the meetings of a simulation. DeviceError for a word that is no mode."""
    if wanted not in ("auto", "headless", "kiosk", "simulated"):
        why = f"{wanted!r} is not a mode; expected auto, headless, kiosk or simulated"
        raise DeviceError("screen", why)
    screen = _screen_of(config)
    if screen is None:
        return Choice("simulated", None, "none: this room has no [screen]")
    mode = screen.mode if wanted == "auto" else wanted
    if mode == "simulated":
        return Choice("simulated", None, "simulated, as asked")
    why_not = _why_no_browser()
    if why_not is not None:
        if wanted == "auto":
            return Choice("simulated", None, f"simulated: {why_not}")
        raise DeviceError("screen", why_not)
    if mode == "kiosk" and not has_display():
        mode = "headless"
    user = _unprivileged() if os.geteuid() == 0 else None
    who = f" as user {user}" if user else ""
    return Choice(mode, user, f"Chromium, {mode}{who}")


def _screen_of(config: Config) -> ScreenTable | None:
    from roomctl.screen.profile import screen_of  # `roomctl screen` itself needs none of it

    return screen_of(config)


def _why_no_browser() -> str | None:
    """Say why no browser can be started here, or None."""
    from roomctl.kiosk.browser import browser

    try:
        browser.find()
    except RoomctlError as error:
        return str(error)
    if os.geteuid() == 0 and _unprivileged() is None:
        return "a browser must not run as root, and there is no user nobody"
    return None


def _unprivileged() -> str | None:
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


@contextlib.asynccontextmanager
async def shown(config: Config, choice: Choice) -> AsyncIterator[Config]:
    """Run the screen process during the block; yield `config` with its address.

    It shows the panel and has the sound, too: whoever tries a room has no other user for that.
    """
    config = _with_screen(config, panel_url=None)
    config = config.model_copy(update={"audio": config.audio.model_copy(update={"wall": "off"})})
    screen = _screen_of(config)
    if choice.simulated or screen is None:
        yield config
        return
    with tempfile.TemporaryDirectory(prefix="roomctl-screen-") as folder:
        if choice.user is not None:
            entry = pwd.getpwnam(choice.user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        socket = Path(folder) / "screen.sock"
        process = await _start(socket, choice, screen.media)
        try:
            await _listening(process, socket)
            yield _with_screen(config, url=f"unix:{socket}")
        finally:
            await _end(process)


def _with_screen(config: Config, **fields: object) -> Config:
    screen = _screen_of(config)
    if screen is None:
        return config
    return config.model_copy(update={"screen": screen.model_copy(update=fields)})


async def _start(socket: Path, choice: Choice, media: str) -> asyncio.subprocess.Process:
    words = ["screen", "--socket", str(socket), "--mode", choice.mode, "--media", media]
    words += ["--user", choice.user] if choice.user else ["--allow-uid", str(os.getuid())]
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "roomctl", *words)


async def _listening(process: asyncio.subprocess.Process, socket: Path) -> None:
    """Wait until the screen process listens; DeviceError if it ended, or takes too long."""
    for _ in range(int(START_LIMIT_S / 0.05)):
        if socket.exists():
            return
        if process.returncode is not None:
            why = f"the screen process ended with status {process.returncode}; see its output above"
            raise DeviceError("screen", why)
        await asyncio.sleep(0.05)
    raise DeviceError("screen", f"the screen process was not there after {START_LIMIT_S:g} s")


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_LIMIT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
