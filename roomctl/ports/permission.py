"""Whether somebody may open what a url of room.toml leads to; if not, the command that changes it.

Opens nothing: it looks at the node's owner, group and mode. The system's own rules (a container's,
`DeviceAllow` of a unit) may forbid more.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from roomctl.frozen import frozen
from roomctl.installed import add_udev_rules

_IDS = ("idVendor", "idProduct", "busnum", "devnum")
_USB = Path("/sys/bus/usb/devices")
_NODES = {
    "serial": "dialout",
    "v4l2": "video",
    "evdev": "input",
    "hidraw": "roomctl",
    "gpio": "gpio",
    "gpiod": "gpio",
}
"""The schemes that lead to a node, and the group that it has by Debian's rules, or ours."""


@frozen
class BoxUser:
    """A user of this box, and the groups that he is in."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, about: os.stat_result) -> bool:
        """Whether he may read and write a node."""
        mode = about.st_mode
        if self.uid == 0:
            return True
        if about.st_uid == self.uid:
            return mode & 0o600 == 0o600
        if about.st_gid in self.groups:
            return mode & 0o060 == 0o060
        return mode & 0o006 == 0o006


def myself() -> BoxUser:
    """Return who runs this."""
    uid = os.getuid()
    groups = frozenset((os.getgid(), *os.getgroups()))
    try:
        return BoxUser(pwd.getpwuid(uid).pw_name, uid, groups)
    except KeyError:
        return BoxUser(str(uid), uid, groups)


def person(name: str) -> BoxUser | None:
    """Return a user of this box; None: there is no such user."""
    try:
        known = pwd.getpwnam(name)
    except KeyError:
        return None
    return BoxUser(name, known.pw_uid, frozenset(os.getgrouplist(name, known.pw_gid)))


@frozen
class NodeDenied:
    """A node that somebody may not use, as what it is now, and the command that lets him."""

    node: str
    is_now: str
    command: str


def forbidden(url: str, who: BoxUser, usb: Path = _USB) -> NodeDenied | None:
    """Return what keeps somebody from opening a url; None: nothing that is known."""
    node = node_of(url, usb)
    if node is None:
        return None
    try:
        about = node.stat()
    except OSError:
        return None  # it is not there: that is told elsewhere
    if who.may(about):
        return None
    return NodeDenied(str(node), _words(about), _command(url, about, who))


def node_of(url: str, usb: Path = _USB) -> Path | None:
    """Return the node of /dev that a url leads to; None: it leads to none, or nothing is there."""
    scheme, _, rest = url.partition(":")
    place = rest.partition("?")[0]
    if scheme == "gpio":
        return Path("/dev/gpiochip0")
    if scheme == "gpiod":
        return Path("/dev") / place.partition("/")[0]
    if scheme == "usb":
        return _usb_node(place, usb)
    return Path(place) if scheme in _NODES and place.startswith("/") else None


def _usb_node(place: str, usb: Path) -> Path | None:
    wanted = tuple(place.lower().split(":"))
    for device in sorted(usb.glob("*")):
        try:
            said = [(device / name).read_text().strip() for name in _IDS]
            bus, number = int(said[2]), int(said[3])
        except (OSError, ValueError):
            continue
        if (said[0], said[1]) == wanted:
            return Path(f"/dev/bus/usb/{bus:03}/{number:03}")
    return None


def _words(about: os.stat_result) -> str:
    names = []
    for known, number in ((pwd.getpwuid, about.st_uid), (grp.getgrgid, about.st_gid)):
        try:
            names.append(known(number)[0])
        except KeyError:
            names.append(str(number))
    return f"{stat.filemode(about.st_mode)} {' '.join(names)}"


def _command(url: str, about: os.stat_result, who: BoxUser) -> str:
    """Return what to type: the node's group, where that has it; else our udev rules, first."""
    scheme = url.partition(":")[0]
    group = "roomctl" if scheme == "usb" else _NODES[scheme]
    join = f"sudo usermod -aG {group} {who.name}"
    open_to_group = about.st_mode & 0o060 == 0o060
    try:
        has_group = grp.getgrgid(about.st_gid).gr_name == group
    except KeyError:
        has_group = False
    if open_to_group and has_group:
        return join
    return f"sudo groupadd -rf {group} && {join} && {add_udev_rules()}"
