"""What a label says, read by tesseract where that is installed. Knows no page, no control.

A second witness beside the pixels: it may object, or agree. Tesseract runs by itself, with limits
of CPU time and memory, on the label's own pixels alone, and sends nothing anywhere.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from roomctl.kiosk.look import encoded, grey

if TYPE_CHECKING:
    from roomctl.kiosk.look import Picture

PROGRAM, LIMITER = "tesseract", "prlimit"
LANGUAGES = ("chi_sim", "eng")
CPU_S, MEMORY, READ_S = 4, 1 << 30, 4.0  # a look may take 12 s
SURE = 60.0  # of 100, of each word
_LARGER, _MARGIN = 3, 24


@cache
def languages() -> tuple[str, ...]:
    """Return which languages can be read here; none without tesseract."""
    if shutil.which(PROGRAM) is None or shutil.which(LIMITER) is None:
        return ()
    said = _run("--list-langs") or ""
    return tuple(one for one in LANGUAGES if one in said.split())


def read(label: Picture) -> str | None:
    """Return the letters and digits of a line of text; None if it cannot be read for sure."""
    known = languages()
    if not known:
        return None
    words = "-", "-", "-l", "+".join(known), "--psm", "7", "tsv"
    said = _run(*words, data=encoded(_drawn(label)))
    return None if said is None else sure(said)


def sure(table: str) -> str | None:
    """Return what tesseract's table of words says; None if it is unsure of one of them."""
    text = ""
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) != 12 or not (letters := "".join(filter(str.isalnum, cells[11]))):
            continue
        try:
            if float(cells[10]) < SURE:
                return None
        except ValueError:
            return None
        text += letters
    return text.casefold() or None


def _drawn(label: Picture) -> Picture:
    """Return a label as it is read best: dark on bright, larger, with an even margin."""
    levels = grey(label)
    if np.median(levels) < 128:
        levels = np.asarray(255 - levels, np.uint8)
    large = cv2.resize(levels, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC)
    ground = int(np.median(large))
    sides = (_MARGIN,) * 4
    return np.asarray(
        cv2.copyMakeBorder(large, *sides, cv2.BORDER_CONSTANT, value=ground), np.uint8
    )


def _run(*words: str, data: bytes = b"") -> str | None:
    line = [LIMITER, f"--cpu={CPU_S}", f"--as={MEMORY}", "--core=0", "--fsize=0", PROGRAM, *words]
    try:
        ran = subprocess.run(  # noqa: S603 - our own words
            line,
            input=data,
            capture_output=True,
            check=True,
            timeout=READ_S,
            env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout.decode("utf-8", "replace")
