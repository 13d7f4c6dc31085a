"""What this process may: from root to the kiosk user, for good.

An interpreter under /root cannot be started by anybody else, so the process starts as root, imports
all it needs, and steps down before it opens anything. Knows no browser and no socket.
"""

from __future__ import annotations

import os
import pwd

from roomctl.errors import DeviceError


def drop_privileges(user: str) -> None:
    """Become `user`, with its groups; DeviceError if that is impossible or could be undone."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        why = f"there is no user {user!r}; make one: sudo useradd --create-home {user}"
        raise DeviceError("screen", why) from None
    if entry.pw_uid == 0:
        raise DeviceError("screen", "a browser must not run as root; name another user")
    if os.geteuid() != 0:
        if entry.pw_uid != os.geteuid():
            raise DeviceError("screen", f"only root can become {user!r}; start it with sudo")
        return
    os.initgroups(user, entry.pw_gid)
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    _prove_stepped_down()
    _settle_in(entry)


def refuse_root() -> None:
    """Raise DeviceError if this process is root."""
    if os.geteuid() == 0:
        why = "a browser must not run as root; start it as the kiosk user, or with --user NAME"
        raise DeviceError("screen", why)


def _prove_stepped_down() -> None:
    for regain in (os.setuid, os.setgid):
        try:
            regain(0)
        except PermissionError:
            continue
        raise DeviceError("screen", "root could be regained after stepping down; not started")


def _settle_in(entry: pwd.struct_passwd) -> None:
    """Leave root's surroundings behind: folder, home, and runtime folder."""
    os.chdir("/")
    os.environ.update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)
    given = os.environ.pop("XDG_RUNTIME_DIR", "")
    for runtime in (f"/run/user/{entry.pw_uid}", given):
        if runtime and _is_own(runtime, entry.pw_uid):
            os.environ["XDG_RUNTIME_DIR"] = runtime
            return


def _is_own(folder: str, uid: int) -> bool:
    try:
        return os.stat(folder).st_uid == uid and os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False
