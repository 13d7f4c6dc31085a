"""Which window stands on which output, as rules of the compositor labwc.

A Wayland client cannot choose its output; the compositor does, by a window's name. The rules go to
labwc's own rc.xml, made anew whenever room.toml's outputs change; a file that a person wrote is
left alone. Knows no browser and no daemon.
"""

from __future__ import annotations

import contextlib
import html
import logging
import os
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path

_log = logging.getLogger(__name__)

# Windows' names (app_id, Chromium's --class): the room's own page, a meeting's over it, the panel.
ROOM, MEETING, PANEL = "roomctl-room", "roomctl-meeting", "roomctl-panel"
# That of a browser which waits for a meeting, out of sight, and then has it.
WAITING = "roomctl-waiting"
MEETINGS = (MEETING, WAITING)
# What a keyboard could have the browser do over a meeting: close it, open another window, a file
# dialog, developer tools. labwc takes these keys and does nothing (Unshade; None would let them
# through). With rules of its own it has none of those that come with it: Super+Enter would start a
# terminal, a press on the empty desktop open a menu.
_TAKEN_KEYS = (
    *("F1", "F7", "F11", "F12", "A-F4", "A-Home", "C-F4", "S-Escape", "S-F10", "Menu"),
    *(f"C-{key}" for key in "hjnopstuw"),
    *(f"C-S-{key}" for key in ("b", "c", "i", "j", "m", "n", "o", "t", "w", "Delete")),
)
_MARK = "<!-- Written by roomctl from [screen] of room.toml. Remove this line to keep your own. -->"


def rules(room: str | None, panel: str | None) -> str:
    """Return the rc.xml: windows on their outputs, touches on the panel's, keys that do nothing."""
    windows = ((ROOM, room), (MEETING, room), (WAITING, room), (PANEL, panel))
    placed = [(name, output) for name, output in windows if output]
    lines = [
        f'    <windowRule identifier={_quoted(name)} serverDecoration="no">'
        f'<action name="MoveToOutput" output={_quoted(output)}/></windowRule>'
        for name, output in placed
    ]
    # The first one alone: another is what the meeting opened.
    once = f'<windowRule identifier="{WAITING}" matchOnce="yes">'
    lines.append(f'    {once}<action name="Iconify"/></windowRule>')
    taken = [f'    <keybind key="{key}"><action name="Unshade"/></keybind>' for key in _TAKEN_KEYS]
    touch = f"  <touch mapToOutput={_quoted(panel)}/>" if panel else ""
    focus = '<action name="Focus"/><action name="Raise"/></mousebind>'
    mouse = f'    <context name="Client"><mousebind button="Left" action="Press">{focus}</context>'
    parts = ["<labwc_config>", "  <windowRules>", *lines, "  </windowRules>", touch]
    parts += ["  <keyboard>", *taken, "  </keyboard>", "  <mouse>", mouse, "  </mouse>"]
    body = "\n".join(part for part in (*parts, "</labwc_config>") if part)
    return f'<?xml version="1.0"?>\n{_MARK}\n{body}\n'


def place(room: str | None, panel: str | None, environment: Mapping[str, str]) -> bool:
    """Have labwc obey `rules(room, panel)` from now on; whether it does. Blocking, for a moment.

    False when this is no labwc, its rc.xml is somebody's own, or the file cannot be written: the
    log says which.
    """
    pid = environment.get("LABWC_PID", "")
    if not pid.isdecimal():
        _log.warning("screen: outputs are named, but labwc did not start this; see docs/kiosk.md")
        return False
    path = _config(environment)
    text = rules(room, panel)
    try:
        found = path.read_text(encoding="utf-8") if path.exists() else None
        if found is not None and _MARK not in found:
            names = ", ".join((ROOM, *MEETINGS, PANEL))
            _log.warning("screen: %s is left alone; give it rules for %s", path, names)
            return False
        if found != text:
            _write(path, text)
        os.kill(int(pid), signal.SIGHUP)  # labwc reads its configuration again
    except OSError as error:
        _log.warning("screen: windows cannot be placed by %s: %s", path, error.strerror)
        return False
    _log.info("screen: room on %s, panel on %s", room or "any output", panel or "another device")
    return True


def _config(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CONFIG_HOME") or os.path.join(
        environment.get("HOME", "/"), ".config"
    )
    return Path(base) / "labwc" / "rc.xml"


def _write(path: Path, text: str) -> None:
    """Write whole or not at all: labwc may be reading."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".rc-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _quoted(text: str) -> str:
    return f'"{html.escape(text)}"'
