"""On which line of a TOML file each key stands: tomllib gives values without their places.

Reads a text that tomllib has taken, so nothing is refused here. Knows no table of any file.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""A key from the outside in, such as ("camera", "front", "url"); numbers count array elements."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BETWEEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")  # elements of an array, keys of an inline table
_KEY = re.compile(r"""[ \t]*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*(\.?)""")
_SCALAR = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'"
    r"|[^,\]}#\n]+",
    re.DOTALL,
)


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Return the line, from 1, of every table, key and array element."""
    scanner = _Scanner(text)
    with contextlib.suppress(RecursionError):  # what was found until then is still so
        scanner.read()
    return scanner.found


def spans_of(text: str) -> Mapping[KeyPath, slice]:
    """Return where each plain value stands, as it is written; in order."""
    scanner = _Scanner(text)
    with contextlib.suppress(RecursionError):
        scanner.read()
    return scanner.spans


def line_of(error: ValueError, text: str) -> int | None:
    """Return the line on which tomllib found that a text is no TOML, if it says so."""
    if "(at end of document)" in str(error):
        return text.rstrip().count("\n") + 1
    match = re.search(r"\(at line (\d+), column \d+\)$", str(error))
    return int(match[1]) if match else None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.found: dict[KeyPath, int] = {}
        self.spans: dict[KeyPath, slice] = {}
        self._text, self._at = text, 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._arrays: dict[KeyPath, int] = {}  # of tables: how many there are

    def read(self) -> None:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            elif not self._assignment(table):
                return

    def _skip(self, what: re.Pattern[str]) -> int:
        match = what.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _header(self) -> KeyPath:
        """Read [a.b] or [[a.b]]; return the table that begins."""
        line, doubled = self._line(), self._text.startswith("[[", self._at)
        self._at += 2 if doubled else 1
        table: KeyPath = ()
        names = self._key()
        for depth, name in enumerate(names):
            table = (*table, name)
            self.found.setdefault(table, line)
            if doubled and depth == len(names) - 1:
                self._arrays[table] = self._arrays.get(table, 0) + 1
            if count := self._arrays.get(table):
                table = (*table, count - 1)
                self.found.setdefault(table, line)
        self.found[table] = line
        self._at += 2 if doubled else 1
        return table

    def _assignment(self, table: KeyPath) -> bool:
        line, names = self._line(), self._key()
        if not names:
            return False
        for depth in range(1, len(names) + 1):
            self.found.setdefault((*table, *names[:depth]), line)
        self._at += 1  # the equals sign
        self._value((*table, *names))
        return True

    def _key(self) -> tuple[str, ...]:
        names: list[str] = []
        while match := _KEY.match(self._text, self._at):
            self._at = match.end()
            written = match[1]
            quoted = written[0] in "\"'"
            names.append(tomllib.loads(f"k = {written}")["k"] if quoted else written)
            if not match[2]:
                break
        return tuple(names)

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._at += 1
            while self._more("}") and self._assignment(path):
                pass
        else:
            begun = self._at
            self.spans[path] = slice(begun, self._skip(_SCALAR))

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        number, before = 0, -1
        while self._more("]") and self._at > before:  # or it is no TOML
            before = self._at
            self.found[(*path, number)] = self._line()
            self._value((*path, number))
            number += 1

    def _more(self, closing: str) -> bool:
        """Go on to the next element; False behind the last one."""
        if self._skip(_BETWEEN) < len(self._text) and self._text[self._at] != closing:
            return True
        self._at += 1
        return False

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)
