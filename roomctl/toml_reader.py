"""How a TOML file is read that anybody may have written: sizes first, then tomllib.

tomllib takes a call for each bracket in a bracket, and for a key of n parts n * n steps: 60 kB of
dots are a minute of work that no other thread gets in between, and 1.4 MB are 500 MB of memory.
What people write has a handful of either. Knows no table of any file.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

LONGEST = 4 << 20  # characters
DEEPEST = 12  # brackets in brackets, and parts of a key

_TOKEN = re.compile(  # of a text that tomllib takes; possessive, so that no text is looked at twice
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:""""{0,2})?'
    r"|'''(?:[^']++|'(?!''))*+(?:''''{0,2})?"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
    r"|[\[\]{}.,=\n]",
    re.DOTALL,
)


class TooDeepError(ValueError):
    """A text nests its values, or the parts of a key, deeper than any that means well."""

    def __init__(self, line: int) -> None:
        super().__init__(f"is nested deeper than {DEEPEST} (at line {line})")
        self.line = line


def loads(text: str) -> dict[str, Any]:
    """Return what a text says; ValueError: it is no TOML, or more than this program reads."""
    if len(text) > LONGEST:
        raise ValueError(f"has more than {LONGEST} characters")
    _refuse_deep(text)
    return tomllib.loads(text)


def _refuse_deep(text: str) -> None:
    """Raise TooDeepError for brackets in too many brackets, or a key of too many parts."""
    depth = dots = 0
    for found in _TOKEN.finditer(text):
        match found[0][0]:
            case "[" | "{":
                depth, dots = depth + 1, 0
            case "]" | "}":
                depth, dots = max(0, depth - 1), 0
            case "." if found[0] == ".":
                dots += 1
            case "=" | "," | "\n":
                dots = 0
        if depth > DEEPEST or dots >= DEEPEST:
            raise TooDeepError(text.count("\n", 0, found.start()) + 1)
