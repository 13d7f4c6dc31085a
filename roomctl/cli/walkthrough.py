"""`walkthrough look`: where the room would press, on pictures alone; opens no screen."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from roomctl.errors import RoomctlError
from roomctl.installed import pip

if TYPE_CHECKING:
    from roomctl.kiosk.look import Picture

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_PIXELS = 4096 * 4096  # 4K is half of that
_MOST_BYTES = 64 * 1024 * 1024
_MOST_FRAMES = 50
_MOST_SHOWN = 8 * _MOST_PIXELS  # of all pictures of the page as it was shown: 400 MB


class _UnreadableError(Exception):
    """A line holds no question, or a picture is none."""


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Answer each line: {"press": [x, y]}, or {"press": null, "why": ...}.

    A line is {"teach": PNG, "at": [x, y], "look": PNG}, and `teach_also`, a list of further
    pictures of the page as it was shown. A PNG is a file's path, or its bytes in base64.
    """
    for number, line in enumerate(lines):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
        if text.strip():
            yield _answer(text)


def words(answer: dict[str, Any]) -> str:
    """Say an answer to a person."""
    press = answer["press"]
    return f"press {press[0]}, {press[1]}" if press else f"press nothing: {answer['why']}"


def _answer(line: bytes) -> dict[str, Any]:
    look = _library()
    from roomctl.kiosk import redrawn

    try:
        asked = _object(line)
        frames = [_picture(asked, "teach")]
        also = asked.get("teach_also", [])
        if not isinstance(also, list) or len(also) > _MOST_FRAMES:
            raise _UnreadableError(f"teach_also is not a list of at most {_MOST_FRAMES} pictures")
        pictures = [_png(one, "teach_also") for one in also]
        if sum(math.prod(_size(one)) for one in pictures) > _MOST_SHOWN:
            raise _UnreadableError(f"teach_also has more than {_MOST_SHOWN} pixels")
        frames[:0] = [_decoded(one, "teach_also") for one in pictures]
        found = redrawn.find(look.learn(frames, _place(asked)), _picture(asked, "look"))
    except _UnreadableError as error:
        return {"press": None, "why": f"unreadable: {error}"}
    except look.CannotLearn as error:
        return {"press": None, "why": f"cannot learn: {error}"}
    if isinstance(found, look.Unseen):
        return {"press": None, "why": found.value}
    return {"press": list(found)}


def _library() -> ModuleType:
    try:
        from roomctl.kiosk import look
    except ImportError as error:
        why = f"needs OpenCV; install it with: {pip('install', 'roomctl[walkthrough]')}"
        raise RoomctlError(f"walkthrough: {why}") from error
    return look


def _object(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _UnreadableError("no JSON") from error
    if not isinstance(asked, dict):
        raise _UnreadableError("no JSON object")
    return asked


def _place(asked: dict[str, Any]) -> tuple[int, int]:
    match asked.get("at"):
        case [bool(), _] | [_, bool()]:
            pass
        case [int() | float() as x, int() | float() as y] if abs(x) + abs(y) < 1e6:
            return math.floor(x), math.floor(y)
    raise _UnreadableError("at is not [x, y]")


def _picture(asked: dict[str, Any], name: str) -> Picture:
    if name not in asked:
        raise _UnreadableError(f"{name} is missing")
    return _decoded(_png(asked[name], name), name)


def _png(text: object, name: str) -> bytes:
    """Return a PNG's bytes, of a size that may be unpacked."""
    if not isinstance(text, str):
        raise _UnreadableError(f"{name} is not text")
    data = _bytes(text, name)
    if not data.startswith(_PNG) or len(data) < 33:
        raise _UnreadableError(f"{name} is not a PNG")
    width, height = _size(data)
    if width * height > _MOST_PIXELS:
        raise _UnreadableError(f"{name} has {width}×{height} pixels; the most is {_MOST_PIXELS}")
    return data


def _size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _decoded(png: bytes, name: str) -> Picture:
    picture: Picture | None = _library().decoded(png)
    if picture is None:
        raise _UnreadableError(f"{name} is a damaged PNG")
    return picture


def _bytes(text: str, name: str) -> bytes:
    """Return what base64 (also of a data: address) or a file holds."""
    plain = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(plain.split()), validate=True)
    except (ValueError, binascii.Error):
        pass
    try:
        path = Path(text)
        if not path.is_file():  # a device would be read for ever
            raise _UnreadableError(f"{name} is neither base64 nor a file that can be read")
        if path.stat().st_size > _MOST_BYTES:
            raise _UnreadableError(f"{name} has more than {_MOST_BYTES} bytes")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise _UnreadableError(f"{name} is neither base64 nor a file that can be read") from error
