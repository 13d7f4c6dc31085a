"""Passwords, tokens and keys: a value that does not print itself, and the files that hold values.

Where room.toml wants one, it may say `secret:NAME`. Then the value is read of the systemd
credential of that name (`$CREDENTIALS_DIRECTORY/NAME`), else of a file in a folder, which its user
alone can read. Knows no table and no device.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roomctl.errors import RoomctlError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

PREFIX = "secret:"
HIDDEN = "•••"
LARGEST = 16 * 1024  # bytes of one
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Secret:
    """A value that only `reveal` tells; text, JSON and pickle of it are `secret:NAME`, or dots.

    `name` is empty where the value stands in room.toml itself.
    """

    __slots__ = ("_name", "_value")

    def __init__(self, value: str, name: str = "") -> None:
        self._value, self._name = value, name

    @property
    def name(self) -> str:
        return self._name

    def reveal(self) -> str:
        """Return the value: for a wire, never for a person, a log or a file."""
        return self._value

    def __str__(self) -> str:
        if self._name:
            return PREFIX + self._name
        return HIDDEN if self._value else ""

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)

    @classmethod
    def _taken(cls, given: object) -> Secret:
        if isinstance(given, Secret):
            return given
        if isinstance(given, str):
            return cls(given)
        from pydantic_core import PydanticKnownError

        raise PydanticKnownError("string_type")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's
        from pydantic_core import core_schema

        shown = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(cls._taken, serialization=shown)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "password"}


def name_of(text: str) -> str | None:
    """Return NAME of `secret:NAME`, None of any other text; RoomctlError for what is no name."""
    if not text.startswith(PREFIX):
        return None
    return checked(text.removeprefix(PREFIX))


def checked(name: str) -> str:
    """Return a secret's name; RoomctlError for one that could lead elsewhere."""
    if not _NAME.fullmatch(name):
        why = "is not a valid secret name; allowed: letters, digits, '.', '-' and '_', at most 64"
        raise RoomctlError(f"{name[:80]!r} {why}")
    return name


def credentials() -> Path | None:
    """Return the folder with what systemd hands to this service (LoadCredential=), if it does."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(given) if given else None


class SecretFiles:
    """The secrets of one room: systemd's credentials first, then the files of a folder."""

    def __init__(self, folder: Path, credentials: Path | None = None) -> None:
        self.folder, self._credentials = folder, credentials

    def read(self, name: str) -> Secret:
        """Return a secret; RoomctlError says where it was looked for, or who else could read it."""
        path = self.path_of(name)
        data = self._bytes(path)
        try:
            value = data.decode()
        except UnicodeDecodeError as error:
            raise RoomctlError(f"{path}: is not UTF-8 (byte {error.start})") from None
        value = value.removesuffix("\n").removesuffix("\r")
        if not value or any(ord(one) < 32 or ord(one) == 127 for one in value):
            what = "is more than one line of text" if value else "is empty"
            raise RoomctlError(f"{path}: {what}; `roomctl secret set {name}` stores it again")
        return Secret(value, name)

    def path_of(self, name: str) -> Path:
        """Return the file of a secret; RoomctlError says where it was looked for."""
        checked(name)
        if self._credentials is not None and (self._credentials / name).is_file():
            return self._credentials / name
        path = self.folder / name
        try:
            path.lstat()
        except FileNotFoundError:
            looked = f"{self.folder}, nor in systemd's credentials"
            hint = f"`roomctl secret set {name}` stores it"
            raise RoomctlError(f"secret {name!r} is not in {looked}; {hint}") from None
        except OSError as error:
            raise RoomctlError(f"{path}: cannot be read: {error.strerror}") from None
        return path

    def names(self) -> list[str]:
        """Return the names of the secrets in the folder, and of systemd's credentials."""
        found: set[str] = set()
        for folder in (self.folder, self._credentials):
            if folder is not None:
                with contextlib.suppress(OSError):
                    found |= {one.name for one in folder.iterdir() if _NAME.fullmatch(one.name)}
        return sorted(found)

    def write(self, name: str, value: str) -> Path:
        """Store a secret as a file that the folder's owner alone can read, whole or not at all."""
        path = self.folder / checked(name)
        self._made()
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                if os.geteuid() == 0:  # the service's user is who reads it
                    about = self.folder.stat()
                    os.fchown(file.fileno(), about.st_uid, about.st_gid)
                file.write(value + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return path

    def forget(self, name: str) -> None:
        """Delete a secret of the folder; RoomctlError if there is none."""
        path = self.folder / checked(name)
        try:
            path.unlink()
        except FileNotFoundError:
            raise RoomctlError(f"secret {name!r} is not in {self.folder}") from None

    def _made(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            beside = self.folder.parent.stat()
            if os.geteuid() == 0 and beside.st_uid != 0:
                os.chown(self.folder, beside.st_uid, beside.st_gid)
        self._refuse_open_folder()

    def _refuse_open_folder(self) -> None:
        mode = self.folder.stat().st_mode
        if mode & 0o022:
            why = f"others can write into it (mode {mode & 0o777:04o})"
            raise RoomctlError(f"{self.folder}: {why}; chmod 700 {self.folder}")

    def _bytes(self, path: Path) -> bytes:
        """Read a file that nobody else could have read or put there."""
        ours = path.parent == self.folder
        try:
            if ours:
                self._refuse_open_folder()
            follow = os.O_NOFOLLOW if ours else 0
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | follow)
        except OSError as error:
            raise RoomctlError(f"{path}: cannot be read: {error.strerror}") from None
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise RoomctlError(f"{path}: is not a file")
            if ours:
                _refuse_others(path, about)
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise RoomctlError(f"{path}: is longer than {LARGEST // 1024} KiB")
        return data


def _refuse_others(path: Path, about: os.stat_result) -> None:
    mode = stat.S_IMODE(about.st_mode)
    if mode & 0o077:
        raise RoomctlError(f"{path}: others can use it (mode {mode:04o}); chmod 600 {path}")
    if about.st_uid != os.geteuid() and os.geteuid() != 0:
        why = f"belongs to user {about.st_uid}, and this is user {os.geteuid()}"
        raise RoomctlError(f"{path}: {why}; chown {os.geteuid()} {path}")
