"""A vendor's own client: which installed program opens an address, and what it gets to see.

Found as desktops find it: mimeapps.list, mimeinfo.cache and .desktop files (freedesktop.org,
"Association between MIME types and applications" 1.0 and "Desktop Entry" 1.5). Blocking, like the
file system. Knows no meeting and no browser.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path

from roomctl.kiosk.browser.folder import BrowserFolder

_PATH = "/usr/local/bin:/usr/bin:/bin"
_PASSED_ON = (
    *("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "WAYLAND_DISPLAY", "DISPLAY"),
    *("XAUTHORITY", "PULSE_SERVER", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CURRENT_DESKTOP"),
)


def command(address: str, environment: Mapping[str, str]) -> list[str] | None:
    """Return the command line that opens `address`, or None if no program is installed for it."""
    mime = f"x-scheme-handler/{address.partition(':')[0].lower()}"
    for name in _handlers(mime, environment):
        for place in _data(environment):
            entry = _read(place / "applications" / name)
            line = _line(entry.get("Desktop Entry", "Exec", fallback=""), address)
            if line and shutil.which(line[0], path=_PATH):
                return [str(shutil.which(line[0], path=_PATH)), *line[1:]]
    return None


def surroundings(outer: Mapping[str, str], folder: BrowserFolder) -> dict[str, str]:
    """Return the client's environment, with a mark by which its processes are found again.

    It has the kiosk user's own home, where a vendor's client keeps settings and sign-in.
    """
    kept = {name: outer[name] for name in _PASSED_ON if name in outer}
    return {"PATH": _PATH, **kept, "ROOMCTL_MEETING": f"{folder.path}/"}


def _handlers(mime: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of .desktop files for `mime`: a person's choice before the system's."""
    home = environment.get("HOME", "/")
    config = Path(environment.get("XDG_CONFIG_HOME") or f"{home}/.config")
    applications = [place / "applications" for place in _data(environment)]
    chosen = [place / "mimeapps.list" for place in (config, *applications)]
    sections = ("Default Applications", "Added Associations")
    for file, section in [(file, section) for section in sections for file in chosen]:
        yield from _names(_read(file).get(section, mime, fallback=""))
    for place in applications:
        yield from _names(_read(place / "mimeinfo.cache").get("MIME Cache", mime, fallback=""))


def _names(text: str) -> list[str]:
    """Return the file names of a list; none that leads out of its folder."""
    names = [name.strip() for name in text.split(";")]
    return [name for name in names if name.endswith(".desktop") and "/" not in name]


def _data(environment: Mapping[str, str]) -> list[Path]:
    home = environment.get("HOME", "/")
    own = environment.get("XDG_DATA_HOME") or f"{home}/.local/share"
    shared = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(place) for place in (own, *shared.split(":")) if place]


def _read(file: Path) -> ConfigParser:
    """Read a file of keys and values; one that is not there, or is no such file, is empty."""
    found = ConfigParser(
        delimiters=("=",), comment_prefixes=("#",), interpolation=None, strict=False
    )
    found.optionxform = str  # type: ignore[assignment, method-assign]  # keys are case-sensitive
    with contextlib.suppress(OSError, UnicodeDecodeError, Error):
        found.read_string(file.read_text(encoding="utf-8"))
    return found


def _line(exec_key: str, address: str) -> list[str] | None:
    """Return the words of an Exec key with the address in its place; None if it takes none."""
    try:
        words = shlex.split(exec_key)
    except ValueError:
        return None
    if not {"%u", "%U"} & set(words):
        return None
    filled = [address if word in ("%u", "%U") else word for word in words]
    return [word.replace("%%", "%") for word in filled if word not in ("%i", "%c", "%k")]
