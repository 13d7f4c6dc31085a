"""The browser as a process: which one, how it is started, what its profile allows, how it ends.

Knows no page and no daemon. No text from outside ever stands in its arguments: an assisted meeting
starts at about:blank and is steered over the pipe, a plain one at a one-time loopback address.
Chromium's sandbox stays on, no debugging port listens, and nothing hides that a program started it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from roomctl.errors import DeviceError
from roomctl.frozen import frozen
from roomctl.kiosk.browser.folder import BrowserFolder
from roomctl.kiosk.display import labwc
from roomctl.kiosk.process import Process, high_pipe
from roomctl.screen.protocol import ScreenReason

NAMES = ("/usr/bin/chromium", "chromium-browser", "google-chrome")

_VERSION_S = 10.0

_PASSED_ON = frozenset(
    {
        *("LANG", "LC_ALL", "TZ", "WAYLAND_DISPLAY", "DISPLAY", "XAUTHORITY", "PULSE_SERVER"),
        *("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    }
)

_ALLOW, _BLOCK = 1, 2  # Chromium's ContentSetting

# What meeting pages ask for: the vendors' own clients, mail and telephones.
_PROGRAMS = (
    *("zoommtg", "zoomus", "zoomphonecall", "wemeet", "msteams", "ms-teams", "dingtalk", "lark"),
    *("feishu", "webex", "wbx", "webexteams", "cloudlink", "gotomeeting", "rcvdt", "mailto"),
    *("tel", "callto", "sip", "sips", "skype", "lync", "conf", "jitsi-meet", "org.jitsi.meet"),
)

# What no page of a room needs and nobody at its display may have: the same as the managed policy in
# deploy/chromium, for a box where that is not installed. By the names that Chromium 156 gives the
# settings behind its policies; a profile's own are obeyed where no policy says otherwise.
_RESTRICTIONS: dict[str, object] = {
    "custom_handlers": {"enabled": False},  # a page offers itself for mail
    "autofill": {"credit_card_enabled": False, "profile_enabled": False},
    "download_restrictions": 3,  # all
    "hardware": {"screen_capture_enabled": False},  # its picker would stand over the meeting
    "incognito": {"mode_availability": 1},  # disabled
    "policy": {"url_blocklist": ["chrome://*", "devtools://*", "file://*", "view-source:*"]},
    "printing": {"enabled": False},
    "signin": {"allowed": False},
}
_LOCAL_STATE = {  # of the whole browser
    "auth": {"schemes": "negotiate"},  # a server's question for a name and a password: never shown
    "select_file_dialogs": {"allowed": False},
}

_COMPLAINTS = (
    ("No usable sandbox", ScreenReason.NO_SANDBOX),
    ("Missing X server", ScreenReason.NO_DISPLAY),
    ("Failed to connect to Wayland", ScreenReason.NO_DISPLAY),
    ("cannot open display", ScreenReason.NO_DISPLAY),
)


@frozen
class BrowserSetup:
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
    setup: BrowserSetup,
    profile: Path,
    *,
    piped: bool,
    start: str,
    name: str = labwc.ROOM,
    guard: Path | None = None,
    logs: Path | None = None,
    spare: bool = False,
) -> list[str]:
    """Return Chromium's command line; `start` is about:blank or our loopback address.

    `name` is what the compositor knows a kiosk's window by, `guard` an extension of ours, `logs`
    where it writes down what its peer connections do. `spare`: a process for the next site's page
    is begun ahead; it takes time from the first one, and is worth that where the browser waits.
    """
    without = ["Translate", "DisableLoadExtensionCommandLineSwitch"]
    without += [] if spare else ["SpareRendererForSitePerProcess"]
    options = [
        f"--user-data-dir={profile}",
        "--no-first-run",
        "--no-default-browser-check",
        "--password-store=basic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-crash-reporter",
        "--disable-sync",
        f"--disable-features={','.join(without)}",
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
    if guard is not None:
        options.append(f"--load-extension={guard}")
    if logs is not None:
        options.append(f"--webrtc-event-logging={logs}")
    if piped:
        options.append("--remote-debugging-pipe")
    return [setup.binary, *options, start]


def environment(outer: Mapping[str, str], folder: BrowserFolder) -> dict[str, str]:
    """Return the browser's environment: what it needs to find display and sound, no more."""
    kept = {name: outer[name] for name in sorted(_PASSED_ON & outer.keys())}
    path = f"{folder.programs}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(folder.home), **kept}


def preferences(origin: str | None, camera: str | None = None) -> str:
    """Return a profile's Preferences: camera and microphone for `origin`, nobody else, no prompt.

    None: for nobody at all. `camera` is the video device that a page gets and lists first. A page
    of `origin` that asks for a program gets no question, which would stand over the meeting: what
    it starts is nothing (see Folder).

    Measured on Chromium 156: the pattern is "scheme://host:port,*", the port always written; the
    camera is named by the path of its node, no link, under this key with its capital D.
    """
    allowed = {} if origin is None else {f"{_with_port(origin)},*": {"setting": _ALLOW}}
    asked = (
        *("media_stream_camera", "media_stream_mic", "geolocation", "notifications", "popups"),
        *("clipboard", "midi_sysex", "idle_detection", "local_fonts", "window_placement"),
        *("usb_guard", "hid_guard", "serial_guard", "bluetooth_guard"),
        *("file_system_read_guard", "file_system_write_guard"),
    )
    exceptions = {"media_stream_camera": allowed, "media_stream_mic": allowed}
    profile = {
        "content_settings": {"exceptions": exceptions},
        "default_content_setting_values": dict.fromkeys(asked, _BLOCK),
        "password_manager_enabled": False,
    }
    media = {} if camera is None else {"default_video_capture_Device": camera}
    started = {} if origin is None else {origin: dict.fromkeys(_PROGRAMS, True)}
    return json.dumps(
        {
            "profile": profile,
            "credentials_enable_service": False,
            "media": media,
            "protocol_handler": {"allowed_origin_protocol_pairs": started},
            **_RESTRICTIONS,
        }
    )


def _with_port(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.port is not None:
        return origin
    return f"{origin}:{443 if parts.scheme == 'https' else 80}"


class Browser(Process):
    """One running Chromium, leader of its own process group; dies with this process."""

    def __init__(
        self,
        setup: BrowserSetup,
        folder: BrowserFolder,
        origin: str | None,
        *,
        piped: bool,
        start: str,
        name: str = labwc.ROOM,
        camera: str | None = None,
        guarded: bool = False,
        logged: bool = False,
        spare: bool = False,
    ) -> None:
        """Start it, at `start`; `piped` with a pipe for the DevTools protocol.

        `guarded`: with the extension that stands in the folder; `logged`: with its peer connections
        written down there; `spare` as in `arguments`.
        """
        _seed(folder.profile, origin, camera)
        options = arguments(
            setup,
            folder.profile,
            piped=piped,
            start=start,
            name=name,
            guard=folder.guard if guarded else None,
            logs=folder.logs if logged else None,
            spare=spare,
        )
        self._pipe: tuple[int, int] | None = None
        ends: list[int] = []
        if piped:
            down_read, down_write = high_pipe()
            up_read, up_write = high_pipe()
            self._pipe, ends = (up_read, down_write), [down_read, up_write]
        super().__init__(options, environment(os.environ, folder), ends)

    def complaint(self) -> ScreenReason:
        """Say why a browser that went away at once did so, from its own last words."""
        said = self.last_words
        return next(
            (why for words, why in _COMPLAINTS if words in said), ScreenReason.BROWSER_START
        )

    def take_pipe(self) -> tuple[int, int]:
        """Hand over the pipe: (descriptor to read from, descriptor to write to)."""
        if self._pipe is None:
            raise ValueError("this browser was started without a pipe")
        pipe, self._pipe = self._pipe, None
        return pipe

    async def kill(self) -> None:
        await super().kill()
        for end in self._pipe or ():
            os.close(end)
        self._pipe = None


def _seed(profile: Path, origin: str | None, camera: str | None) -> None:
    default = profile / "Default"
    default.mkdir(mode=0o700, exist_ok=True)  # a sign-in that is kept may be there
    node = None if camera is None else os.path.realpath(camera)
    (default / "Preferences").write_text(preferences(origin, node), encoding="utf-8")
    (profile / "Local State").write_text(json.dumps(_LOCAL_STATE), encoding="utf-8")


_NULL = asyncio.subprocess.DEVNULL
