"""The file in which a running room leaves its address and token, for commands on the same box.

A user's rooms leave it in that user's runtime folder, which nobody else enters: api.json, and for a
second room at the same time api-PORT.json. A room keeps its file locked for as long as it runs; one
that nobody holds was left by a room that was killed. The service's is /run/roomctl/api.json.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import pwd
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from roomctl.cli.language import say
from roomctl.config import runtime_path
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen

_log = logging.getLogger(__name__)

SERVICE = Path("/run/roomctl/api.json")  # where the systemd unit's daemon leaves it
MINE, THE_SERVICE = "mine", "service"  # how a person says which of two


@frozen
class LocalRoom:
    """A room that runs on this box. `api` and `token` are empty where this user may not know."""

    path: Path
    is_service: bool
    api: str = ""
    token: str = ""

    @property
    def words(self) -> str:
        """What a person calls it."""
        if self.is_service:
            return say("the_service", user=self.owner)
        return say("yours", api=self.api)

    @property
    def owner(self) -> str:
        with contextlib.suppress(OSError, KeyError):
            return pwd.getpwuid(self.path.stat().st_uid).pw_name
        return "roomctl"

    def refuse(self) -> RoomctlError:
        """Return the error for a room whose token this user may not read: who may, and how."""
        line = shlex.join(["sudo", "-u", self.owner, "roomctl", *sys.argv[1:]])
        why = f"the room on this box is {self.owner}'s, and its token is not for you to read"
        return RoomctlError(f"{why}; try `{line}`")


def rooms_here(service: Path = SERVICE) -> list[LocalRoom]:
    """Return the rooms that run on this box: those of this user, oldest first, and the service's.

    Rooms of other users are none of this one's business.
    """
    folder = runtime_path()
    own = [folder / "api.json", *sorted(folder.glob("api-*.json"))]
    found = [_read(path, is_service=False) for path in own if path != service]
    return [room for room in (*found, _read(service, is_service=True)) if room is not None]


def chosen(rooms: Sequence[LocalRoom], wanted: str | None) -> LocalRoom | None:
    """Return the room that is meant by `mine`, `service` or an address; None: the first there is.

    RoomctlError: this user may not know its token.
    """
    fits = [
        room
        for room in rooms
        if wanted in (None, THE_SERVICE if room.is_service else MINE, room.api)
    ]
    if not fits:
        return None
    if not fits[0].token:
        raise fits[0].refuse()
    return fits[0]


def _read(path: Path, *, is_service: bool) -> LocalRoom | None:
    try:
        with path.open(encoding="utf-8") as file:
            # In /tmp anybody may have made the folder; in /run only root.
            if not is_service and os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            if not _is_held(file.fileno()):
                return None
            said = json.load(file)
            return LocalRoom(path, is_service, str(said["api"]), str(said["token"]))
    except PermissionError:
        return LocalRoom(path, is_service) if is_service else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_held(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@contextlib.contextmanager
def left(api: str, token: str) -> Iterator[None]:
    """Leave the API's address where this user's commands find it, until the block ends."""
    folder = runtime_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise PermissionError(f"{folder} belongs to another user")
        path, handle = _taken(folder, ["api.json", f"api-{api.rpartition(':')[2]}.json"])
    except OSError as error:
        _log.warning("the address is not left for `roomctl status`: %s", error)
        yield
        return
    if path.name != "api.json":
        _log.info("another room of this user runs, too; `--room %s` asks this one", api)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"api": api, "token": token}, file)
        file.flush()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
                folder.rmdir()  # unless something else is in it


def _taken(folder: Path, names: Sequence[str]) -> tuple[Path, int]:
    """Return the first file that no other room holds, locked, empty and its owner's alone."""
    for name in names:
        path = folder / name
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == path.stat().st_ino:  # its room has not just ended
                os.fchmod(handle, 0o600)  # whatever stood there before
                os.ftruncate(handle, 0)
                return path, handle
        os.close(handle)
    raise BlockingIOError(f"{folder}: other rooms of this user hold {' and '.join(names)}")
