"""Every error that roomctl raises on purpose. Knows nothing of HTTP, devices or files."""

from __future__ import annotations

from enum import StrEnum


class RoomctlError(Exception):
    """Something went wrong that a person can act on; `str()` says who, what and what to try."""


class FileError(RoomctlError):
    """An operator's file cannot be used: `file` and `key` say where, `why` what was expected.

    `line` is the key's, if it is known; `meant` is the key that an unknown one was to be.
    `others`: what else the same reading of the file has found.
    """

    others: tuple[FileError, ...] = ()

    def __init__(
        self, file: str, key: str, why: str, *, line: int | None = None, meant: str | None = None
    ) -> None:
        where = file if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {key}: {why}" if key else f"{where}: {why}")
        self.file, self.key, self.why, self.line, self.meant = file, key, why, line, meant


class ConfigError(FileError):
    """A room.toml cannot be used."""


class ProfileError(FileError):
    """A device profile cannot be used."""


class PortReason(StrEnum):
    """Why a port is not there: the closed list that panels translate."""

    MISSING = "missing"
    BUSY = "busy"
    PERMISSION = "permission"
    REFUSED = "refused"
    CLOSED = "closed"
    UNSUPPORTED = "unsupported"
    UPDATING = "updating"
    FLOODED = "flooded"
    INSECURE = "insecure"
    IO = "io"


class PortError(RoomctlError):
    """A wire cannot be opened or used: `url` names it, `why` says what to try."""

    def __init__(self, url: str, why: str, reason: PortReason = PortReason.IO) -> None:
        super().__init__(f"{url}: {why}")
        self.url, self.why, self.reason = url, why, reason


class PortMissing(PortError):
    """What the wire leads to is not plugged in; `present` is what is, such as "0b0e:2456"."""

    def __init__(self, url: str, why: str, present: tuple[str, ...] = ()) -> None:
        super().__init__(url, why, PortReason.MISSING)
        self.present = present


class PortClosed(PortError):
    """The wire went away: unplugged, hung up, or closed by us."""

    def __init__(self, url: str, why: str = "the port is closed") -> None:
        super().__init__(url, why, PortReason.CLOSED)


class PortFlooded(PortError):
    """More came by the wire than its device can have to say."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(url, why, PortReason.FLOODED)


class RestartNeeded(RoomctlError):
    """A library of this process is of no more use, a new process's is: whoever starts it, does."""


class DeviceError(RoomctlError):
    """A device did not do what it was asked."""

    def __init__(self, device: str, why: str) -> None:
        super().__init__(f"{device}: {why}")
        self.device, self.why = device, why


class Unsupported(DeviceError):
    """The device has no such function; its profile says so."""

    def __init__(self, device: str, what: str) -> None:
        super().__init__(device, f"has no {what}")
        self.what = what


class Refused(DeviceError):
    """The device, or the room, said no. `code` is from a closed list."""

    def __init__(self, device: str, code: str, why: str, **params: str) -> None:
        """`params` are what the words for `code` name."""
        super().__init__(device, why)
        self.code, self.params = code, params


class NoReply(DeviceError):
    """The device did not answer within `after_s` seconds."""

    def __init__(self, device: str, after_s: float, hint: str = "") -> None:
        super().__init__(device, f"no answer within {after_s:g} s" + (f"; {hint}" if hint else ""))
        self.after_s = after_s


class UnknownOutcome(DeviceError):
    """The command may or may not have run, and sending it again could run it twice."""


class MeetingError(RoomctlError):
    """A meeting cannot be opened or went wrong."""

    def __init__(self, platform: str, why: str) -> None:
        super().__init__(f"{platform}: {why}")
        self.platform, self.why = platform, why


class LinkRefused(MeetingError):
    """A link must not be opened from this room. `code` is from the link reader's closed list."""

    def __init__(self, platform: str, code: str, why: str) -> None:
        super().__init__(platform, why)
        self.code = code
