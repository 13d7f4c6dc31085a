"""Why a camera does not do what it was asked: before it is told, and by how that ended.

Knows no port and no session.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from roomctl.camera.profile import CameraProfile
from roomctl.errors import NoReply, Refused, UnknownOutcome, Unsupported
from roomctl.visca.frames import ErrorCode
from roomctl.visca.request import Outcome, RequestEnd

T = TypeVar("T")

_SAID_NO = {
    ErrorCode.LENGTH: ("not_understood", "did not understand the command"),
    ErrorCode.SYNTAX: ("not_understood", "did not understand the command"),
    ErrorCode.FULL: ("busy", "is busy with other commands"),
    ErrorCode.NOT_EXECUTABLE: ("not_executable", "cannot do that now; is it on, its menu closed?"),
}


def offline(camera: str, detail: str | None) -> Refused:
    """Return why nothing can be asked of a camera now."""
    return Refused(camera, "offline", detail or "is not ready yet")


def judge(camera: str, outcome: Outcome, detail: str | None) -> None:
    """Return if a command was done; else raise why not. `detail`: why the camera is offline."""
    match outcome.end:
        case RequestEnd.DONE:
            return
        case RequestEnd.NO_REPLY:
            raise NoReply(camera, outcome.after_s, "is it powered?")
        case RequestEnd.UNKNOWN:
            why = "the answer got lost; it may have run. Look before you send it again"
            raise UnknownOutcome(camera, why)
        case RequestEnd.OFFLINE:
            raise offline(camera, detail)
        case RequestEnd.REPLACED | RequestEnd.STOPPED:
            why = f"was {outcome.end.value} by a newer command"
            raise Refused(camera, outcome.end.value, why)
    code, why = "not_executable", f"refused with error {outcome.code or 0:02X}"
    if outcome.code in _SAID_NO:
        code, why = _SAID_NO[ErrorCode(outcome.code)]
    raise Refused(camera, code, why)


def must_have(camera: str, has: T | None, what: str) -> T:
    """Return what its profile has; Unsupported if that is nothing."""
    if not has:
        raise Unsupported(camera, what)
    return has


def must_be_one_of(camera: str, word: str, words: Iterable[str], what: str) -> None:
    """Raise Unsupported, naming those there are, unless `word` is one of them."""
    if word not in words:
        known = ", ".join(words)
        raise Unsupported(camera, f"{what} {word!r}; it has {known}" if known else what)


def preset_number(camera: str, profile: CameraProfile, preset: int) -> int:
    """Return the number on the wire of what people call `preset`; Refused names those there are."""
    presets = profile.presets
    if presets is None:
        raise Unsupported(camera, "presets")
    numbers = presets.numbers()
    if preset not in numbers:
        why = f"preset {preset} is not one of {_ranges(numbers)}"
        raise Refused(camera, "preset_range", why)
    return presets.wire(preset)


def _ranges(numbers: Iterable[int]) -> str:
    """Say `1-90, 101-128` for a run of numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{low}-{high}" if low != high else str(low) for low, high in runs)
