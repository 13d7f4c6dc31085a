"""`pjlink`: saying what lines of PJLink mean; opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from roomctl.display.pjlink import BadLine, PjMessage, read

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ ,:]?)+")
_HEX_STARTS = (b"%", b"PJLINK")


def meanings(words: Sequence[str], stdin: Iterable[bytes]) -> Iterator[PjMessage | BadLine]:
    """Read each word as a line, `-` as every line of `stdin`."""
    for word in words:
        if word != "-":
            yield meaning(word.encode("utf-8", "surrogateescape"))
            continue
        for number, line in enumerate(stdin):
            yield meaning(line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line)


def meaning(line: bytes) -> PjMessage | BadLine:
    """Read a line, and after a TAB the request that it answers."""
    first, tab, second = line.rstrip(b"\r\n").partition(b"\t")
    if not tab:
        return read(_plain(first))
    request, answer = _plain(second), _plain(first)
    asked = read(request)
    if isinstance(asked, PjMessage):
        return read(answer, asked)
    found = read(answer)
    # A request that nobody can read is what ERR1 and ERR2 are for.
    if isinstance(found, PjMessage) and found.error and found.body.encode() in request.upper():
        return found
    return BadLine(line, f"the request behind the TAB: {asked.why}")


def _plain(line: bytes) -> bytes:
    """Return the bytes of a line that may have its end written out, or be written in hex."""
    text = line.strip(b"\r\n\0")
    for written in (b"\\r\\n", b"\\r", b"<CR>"):
        text = text.removesuffix(written)
    shown = text.decode("latin-1").strip()
    if not _HEX.fullmatch(shown):
        return text
    data = bytes.fromhex(re.sub("[ ,:]", "", shown))
    return data if data.upper().startswith(_HEX_STARTS) else text
