"""`aw`: saying what lines of a Panasonic camera mean; opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from roomctl.camera.aw.message import (
    NOTICE_HEAD,
    NOTICE_TAIL,
    AwMessage,
    InvalidAwMessage,
    Notices,
    command_of,
    notice,
    read,
)

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ ,:]?)+")


def meanings(
    words: Sequence[str], stdin: Iterable[bytes]
) -> Iterator[AwMessage | InvalidAwMessage]:
    """Read each word as a line, `-` as every line of `stdin`."""
    for word in words:
        if word != "-":
            yield meaning(word)
            continue
        for number, line in enumerate(stdin):
            plain = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
            yield meaning(plain.decode("utf-8", "replace"))


def meaning(line: str) -> AwMessage | InvalidAwMessage:
    """Read a line, and after a TAB the request that it answers; a command may stand in its url."""
    first, tab, second = line.rstrip("\r\n").partition("\t")
    data = _notice(first)
    if data is not None:
        said = Notices().feed(data)
        return (
            notice(said[0])
            if len(said) == 1
            else InvalidAwMessage(line, _why_no_notice(data, len(said)))
        )
    return read(_plain(first), _plain(second) if tab and second.strip() else None)


def _notice(text: str) -> bytes | None:
    """Return the bytes of what is written in hex, and long enough for a notice."""
    if not _HEX.fullmatch(text.strip()):
        return None
    data = bytes.fromhex(re.sub("[ ,:]", "", text))
    return data if len(data) >= NOTICE_HEAD else None


def _why_no_notice(data: bytes, found: int) -> str:
    if found:
        return f"{found} notices, put each on its own line"
    size = int.from_bytes(data[22:24], "big")
    whole = NOTICE_HEAD + size - 8 + NOTICE_TAIL
    return f"{len(data)} bytes in hex are no whole notice; its size says {whole}"


def _plain(text: str) -> str:
    """Return a line that may have its end written out, or stand in the url that carries it."""
    for written in ("\\r\\n", "\\r", "<CR>"):
        text = text.removesuffix(written)
    text = text.removeprefix("GET ")
    if "/cgi-bin/" in text:
        parts = urlsplit(text.split()[0])
        return command_of(f"{parts.path}?{parts.query}") or text
    return text
