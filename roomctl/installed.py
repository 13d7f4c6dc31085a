"""Where this copy of roomctl is installed, and what a person types to add to it.

Knows no device and no configuration. Every command works from any folder, on Debian 12 and 13.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

USERS = "sysusers/roomctl.conf"
FOLDERS = "tmpfiles/roomctl.conf"
PACKAGED = Path("/usr/lib/roomctl")
"""Where Debian's package of roomctl has its Python environment."""
UPDATER = Path("/var/lib/roomctl-update")
"""Where the updater keeps what it needs and what it tells (`roomctl.updater`)."""


_OF_DEBIAN = {"roomctl[video]": "python3-av"}


def data_path(name: str) -> Path:
    """Return the folder `firmware_profiles`, `web` or `deploy`, of a checkout or of a package."""
    package = Path(__file__).resolve().parent
    inside = package / "_data" / name
    return inside if inside.is_dir() else package.parent / name


def pip(*words: str) -> str:
    """Return a command of the pip that serves this roomctl: `pip("install", "holidays")`.

    Debian's own pip refuses to install (PEP 668), so the virtual environment's is named; sudo
    where that is root's. Debian's package of roomctl has no pip; it lacks only two libraries, which
    Debian has.
    """
    place = Path(sys.prefix)
    if place == PACKAGED:
        return f"sudo apt install {_OF_DEBIAN.get(words[-1], 'python3-opencv')}"
    sudo = ["sudo"] if place.stat().st_uid == 0 else []
    return shlex.join([*sudo, str(place / "bin" / "pip"), *words])


def copy(pattern: str, folder: str) -> str:
    """Return the command that copies files of deploy/ into a folder, which it makes."""
    inside, _, files = pattern.rpartition("/")
    source = shlex.quote(str(data_path("deploy") / inside))
    return f"sudo install -D -m 644 -t {folder} {source}/{files}"


def add_users() -> str:
    """Return the command that makes roomctl's users and groups."""
    return f"{copy(USERS, '/etc/sysusers.d')} && sudo systemd-sysusers"


def add_folders() -> str:
    """Return the command that makes roomctl's folders, with their owners."""
    file = Path(FOLDERS).name
    return f"{copy(FOLDERS, '/etc/tmpfiles.d')} && sudo systemd-tmpfiles --create {file}"


def add_units() -> str:
    """Return the command that tells systemd of roomctl's units."""
    return f"{copy('systemd/*.service', '/etc/systemd/system')} && sudo systemctl daemon-reload"


def add_udev_rules(files: str = "*.rules") -> str:
    """Return the command that has udev open devices to roomctl's groups, also those plugged in."""
    reload = "sudo udevadm control --reload && sudo udevadm trigger"
    return f"{copy(f'udev/{files}', '/etc/udev/rules.d')} && {reload}"
