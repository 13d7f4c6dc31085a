"""The browser as a process: which one, how it is started, what its profile allows, how it ends.

Knows no page and no daemon. No text from outside ever stands in its arguments: an assisted meeting
starts at about:blank and is steered over the pipe, a plain one at a one-time loopback address.
Chromium's sandbox stays on, no debugging port listens, and nothing hides that a program started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from roomctl.errors import DeviceError
from roomctl.screen import labwc
from roomctl.screen.folder import Folder
from roomctl.screen.protocol import Reason

NAMES = ("/usr/bin/chromium", "chromium-browser", "google-chrome")

TERMINATE_S = 0.7
_STDERR_KEPT = 4096
_VERSION_S = 10.0

_PASSED_ON = frozenset(
    {
        *("LANG", "LC_ALL", "TZ", "WAYLAND_DISPLAY", "DISPLAY", "XAUTHORITY", "PULSE_SERVER"),
        *("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    }
)

_ALLOW, _BLOCK = 1, 2  # Chromium's ContentSetting

_COMPLAINTS = (
    ("No usable sandbox", Reason.NO_SANDBOX),
    ("Missing X server", Reason.NO_DISPLAY),
    ("Failed to connect to Wayland", Reason.NO_DISPLAY),
    ("cannot open display", Reason.NO_DISPLAY),
)


@dataclass(frozen=True, slots=True)
class Setup:
    """What every meeting of one run shares: `mode` kiosk|headless, `media` real|fake.

    `window` is wayland|x11, the kind of display that a kiosk's window is on.
    """

    binary: str
    mode: str
    media: str
    base: Path
    window: str = "wayland"


def find() -> str:
    """Return the path of a Chromium; DeviceError if there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise DeviceError("screen", "no Chromium found; install it: sudo apt install chromium")


async def version(binary: str) -> str:
    """Return what the browser calls itself, such as "Chromium 156.0.8078.79"."""
    process = await asyncio.create_subprocess_exec(
        binary, "--version", stdin=_NULL, stdout=asyncio.subprocess.PIPE, stderr=_NULL
    )
    try:
        async with asyncio.timeout(_VERSION_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise DeviceError(
            "screen", f"{binary} did not say its version in {_VERSION_S:g} s"
        ) from None
    words = said.decode(errors="replace").split()
    numbers = [word for word in words if word[:1].isdigit()]
    return f"{words[0]} {numbers[0]}" if words and numbers else "unknown"


def arguments(
    setup: Setup, profile: Path, *, piped: bool, start: str, name: str = labwc.ROOM
) -> list[str]:
    """Return Chromium's command line; `start` is about:blank or our loopback address.

    `name` is what the compositor knows a kiosk's window by.
    """
    options = [
        f"--user-data-dir={profile}",
        "--no-first-run",
        "--no-default-browser-check",
        "--password-store=basic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-crash-reporter",
        "--disable-sync",
        "--disable-features=Translate",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if setup.mode == "headless":
        options.append("--headless=new")
    else:
        # Left to itself, Chromium 156 may choose Xwayland on a Wayland display.
        options += ["--kiosk", f"--ozone-platform={setup.window}", f"--class={name}"]
        # Two fingers, or a swipe, on a touch panel: the page neither grows nor goes back.
        options += ["--disable-pinch", "--overscroll-history-navigation=0"]
    if setup.media == "fake":
        options.append("--use-fake-device-for-media-stream")
    if piped:
        options.append("--remote-debugging-pipe")
    return [setup.binary, *options, start]


def environment(outer: Mapping[str, str], folder: Folder) -> dict[str, str]:
    """Return the browser's environment: what it needs to find display and sound, no more."""
    kept = {name: outer[name] for name in sorted(_PASSED_ON & outer.keys())}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder.home), **kept}


def preferences(origin: str | None, camera: str | None = None) -> str:
    """Return a profile's Preferences: camera and microphone for `origin`, nobody else, no prompt.

    None: for nobody at all. `camera` is the video device that a page gets and lists first.

    Measured on Chromium 156: the pattern is "scheme://host:port,*", the port always written; the
    camera is named by the path of its node, no link, under this key with its capital D.
    """
    allowed = {} if origin is None else {f"{_with_port(origin)},*": {"setting": _ALLOW}}
    asked = ("media_stream_camera", "media_stream_mic", "geolocation", "notifications", "popups")
    exceptions = {"media_stream_camera": allowed, "media_stream_mic": allowed}
    profile = {
        "content_settings": {"exceptions": exceptions},
        "default_content_setting_values": dict.fromkeys(asked, _BLOCK),
        "password_manager_enabled": False,
    }
    media = {} if camera is None else {"default_video_capture_Device": camera}
    return json.dumps({"profile": profile, "credentials_enable_service": False, "media": media})


def _with_port(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.port is not None:
        return origin
    return f"{origin}:{443 if parts.scheme == 'https' else 80}"


class Browser:
    """One running Chromium, leader of its own process group; dies with this process."""

    def __init__(
        self,
        setup: Setup,
        folder: Folder,
        origin: str | None,
        *,
        piped: bool,
        start: str,
        name: str = labwc.ROOM,
        camera: str | None = None,
    ) -> None:
        """Start it, at `start`; `piped` with a pipe for the DevTools protocol."""
        _seed(folder.profile, origin, camera)
        options = arguments(setup, folder.profile, piped=piped, start=start, name=name)
        line = [*_leash(), *options]
        self._pipe: tuple[int, int] | None = None
        ends: list[int] = []
        if piped:
            down_read, down_write = _high_pipe()
            up_read, up_write = _high_pipe()
            self._pipe, ends = (up_read, down_write), [down_read, up_write]
        err_read, err_write = _high_pipe()
        self.pid = _spawn(line, environment(os.environ, folder), [err_write, *ends])
        for end in (err_write, *ends):
            os.close(end)
        self.gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._stderr = _Tail(err_read)
        self._watch()

    def complaint(self) -> Reason:
        """Say why a browser that went away at once did so, from its own last words."""
        said = self._stderr.text()
        return next((why for words, why in _COMPLAINTS if words in said), Reason.BROWSER_START)

    def take_pipe(self) -> tuple[int, int]:
        """Hand over the pipe: (descriptor to read from, descriptor to write to)."""
        if self._pipe is None:
            raise ValueError("this browser was started without a pipe")
        pipe, self._pipe = self._pipe, None
        return pipe

    async def stop(self) -> None:
        """End the browser: SIGTERM, 0.7 s, SIGKILL, each to the whole group."""
        if not self.gone.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait((self.gone,), timeout=TERMINATE_S)
        self._signal(signal.SIGKILL)
        await asyncio.wait((self.gone,), timeout=TERMINATE_S)
        self._stderr.close()
        for end in self._pipe or ():
            os.close(end)
        self._pipe = None

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader while any member lives, and its number is not reused then.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        handle = os.pidfd_open(self.pid)

        def ended() -> None:
            loop.remove_reader(handle)
            os.close(handle)
            _, status = os.waitpid(self.pid, 0)
            if not self.gone.done():
                self.gone.set_result(os.waitstatus_to_exitcode(status))

        loop.add_reader(handle, ended)


class _Tail:
    """The last few kilobytes that a process wrote to its standard error."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle
        self._kept = b""
        os.set_blocking(handle, False)
        asyncio.get_running_loop().add_reader(handle, self._read)

    def text(self) -> str:
        self._read()
        return self._kept.decode(errors="replace")

    def close(self) -> None:
        if self._handle is not None:
            asyncio.get_running_loop().remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None

    def _read(self) -> None:
        if self._handle is None:
            return
        try:
            data = os.read(self._handle, 65536)
        except BlockingIOError:
            return
        if data:
            self._kept = (self._kept + data)[-_STDERR_KEPT:]
        else:
            self.close()


def _seed(profile: Path, origin: str | None, camera: str | None) -> None:
    default = profile / "Default"
    default.mkdir(mode=0o700)
    node = None if camera is None else os.path.realpath(camera)
    (default / "Preferences").write_text(preferences(origin, node), encoding="utf-8")


def _leash() -> list[str]:
    """Have the kernel kill the browser if we die without a chance to do it (util-linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _high_pipe() -> tuple[int, int]:
    """Return a pipe whose numbers cannot be those that the child gets (0-4)."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]


def _spawn(line: list[str], env: dict[str, str], handles: list[int]) -> int:
    """Start `line` in a new session with `handles` as its descriptors 2, 3, 4."""
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    actions += [(os.POSIX_SPAWN_DUP2, handle, 2 + n) for n, handle in enumerate(handles)]
    # Python ignores SIGPIPE, and a child would inherit that.
    return os.posix_spawn(
        line[0], line, env, file_actions=actions, setsid=True, setsigdef=[signal.SIGPIPE]
    )


_NULL = asyncio.subprocess.DEVNULL
