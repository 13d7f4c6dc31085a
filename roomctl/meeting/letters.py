"""Letters beyond ASCII in links and numbers: which are converted, which end them, which are odd.

Keyboards, fonts and calendars put other letters in the place of digits and signs, and a Chinese
sentence goes on right behind a link. What has one meaning is converted; what a sentence goes on
with ends a link. Everything else is odd: somebody meant something by it, and what stands before it
may be another meeting. Pure; knows no link, no platform and no label.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from urllib.parse import quote, unquote

from roomctl.frozen import frozen

# Zero-width characters, direction marks and the soft hyphen: calendars strew them between letters.
# Not the override U+202E: behind that people read a number from right to left.
INVISIBLE = {
    code: None
    for first, last in (
        *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x17B4, 0x17B5), (0x180B, 0x180F)),
        *((0x200B, 0x200F), (0x202A, 0x202D), (0x2060, 0x206F), (0xFE00, 0xFE0F)),
        *((0xFEFF, 0xFEFF), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF)),
    )
    for code in range(first, last + 1)
}
DASHES = "‐‑‒–—―⸺⸻−⁃˗﹘﹣－֊־᐀᠆⸗⸚⹀⹝ー"  # ー is the key for "-" on Japanese keyboards
_DASH = re.compile(f"(?<=[0-9])[{DASHES}](?=[0-9])")
_DIGIT = re.compile(r"(?![0-9])\d")  # of every script: `\d` is just Unicode's Nd
_WIDE = re.compile("[！-～]")
_MARKS = frozenset("，。｡；：、！？（）【】《》〈〉「」『』〔〕［］｛｝｜＜＞＂＇…“”‘’„‟«»‹›")
_STOPS = "。｡"
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # shown as blanks, and no blanks to Unicode
_NO_BLANK = re.compile(f"[\u1680{_BLANKS}]")  # nor to NFKC
_UNSPACED = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "THAI", "LAO", "KHMER"}
_SIGNS_OF_DIGITS = "\U0001f51f\ufffd"  # a 10 on a key; what nobody could decode
_ARROWS = re.compile("[\u2190-\u21ff]")
_PICTURES = "\u2600"  # from here on
_WORD = re.compile("[0-9A-Za-z]")
_LETTERS = re.compile(r"[^\W\d_\x00-\x7f]{3,40}")  # two or fewer may be meant for digits: "оо"
_ENCODED = re.compile("(?:%[89A-F][0-9A-F])+", re.IGNORECASE)
_NUMBER_ENDS = re.compile("=[0-9]{8,}$")  # a meeting's, in a query
_MOST_DOUBTS = 4
_LONGEST_NUMERAL = 20  # letters


def digits(text: str) -> str:
    """Return `text` with the digits of all scripts as ASCII has them."""
    return _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)


def ascii_of(text: str) -> str:
    """Return what somebody typed with full-width letters and dashes as ASCII, all seen."""
    seen = digits(text.translate(INVISIBLE))
    return _DASH.sub("-", _WIDE.sub(lambda wide: _narrow(wide[0]), seen))


def folded(text: str) -> str:
    """Return `text` in NFKC, but for what is a number of its own: "6789²" is not "67892"."""
    kept = "".join(
        c
        for c in set(text)
        if not c.isascii() and _counts(c) and not c.isdecimal() and not _WIDE.match(c)
    )
    pieces = re.split(f"([{re.escape(kept)}])", text) if kept else [text]
    pieces[::2] = [unicodedata.normalize("NFKC", piece) for piece in pieces[::2]]
    return _DASH.sub("-", _NO_BLANK.sub(" ", "".join(pieces)))


def named(letter: str) -> str:
    """Return a letter as a message names it: `² (U+00B2 SUPERSCRIPT TWO)`."""
    name = unicodedata.name(letter, "")
    shown = f"{letter} " if unicodedata.category(letter)[0] in "LNPS" else ""
    return f"{shown}(U+{ord(letter):04X}{' ' + name if name else ''})"


class _Means(Enum):
    """What a letter beyond ASCII means behind a link or a number."""

    SIGN = "one of ASCII"
    END = "a sentence goes on"
    DOUBT = "the one or the other"
    ODD = "nothing that is known"


def _meaning(text: str, at: int) -> tuple[_Means, str]:
    """Return what the letter at `at` means, and the ASCII that it stands for, perhaps none."""
    letter, behind = text[at], text[at + 1 : at + 2]
    kind = unicodedata.category(letter)
    if ord(letter) in INVISIBLE:
        return _Means.SIGN, ""
    if kind == "Nd":
        return _Means.SIGN, str(unicodedata.decimal(letter))
    if letter in DASHES:
        return (_Means.SIGN, "-") if _WORD.match(behind) else (_Means.END, "")
    if letter in _STOPS and _WORD.match(behind):
        return _Means.DOUBT, "."
    if letter in _MARKS:
        return _Means.END, ""
    if _WIDE.match(letter):
        return _Means.SIGN, _narrow(letter)
    if kind in ("Zs", "Zl", "Zp") or letter in _BLANKS:
        return _Means.DOUBT if "0" <= behind <= "9" else _Means.END, ""
    ends = _reads_on(text, at) if kind[0] in "LN" else _is_sign(letter, kind, behind)
    return _Means.END if ends else _Means.ODD, ""


def _reads_on(text: str, at: int) -> bool:
    """Whether a word of the text begins at `at`, and nothing that reads as a digit."""
    found = _LETTERS.match(text, at)
    word = found[0] if found else ""
    if len(set(word.lower())) < 2 or any(map(_is_like_latin, word)):
        near = text[at : at + _LONGEST_NUMERAL]
        word = "".join(itertools.takewhile(_is_unspaced, near))
    return any(unicodedata.numeric(letter, None) is None for letter in word)


def _is_like_latin(letter: str) -> bool:
    return "LATIN" in unicodedata.name(letter, "LATIN") or _holds_ascii(letter)


def _is_unspaced(letter: str) -> bool:
    name = unicodedata.name(letter, "?").removeprefix("HALFWIDTH ").removeprefix("IDEOGRAPHIC ")
    first = re.split("[ -]", name)[0]
    if first == "HANGUL" and " SYLLABLE " not in name:
        return False  # ㅇ reads as a zero
    return letter in "々〇" or (unicodedata.category(letter) == "Lo" and first in _UNSPACED)


def _is_sign(letter: str, kind: str, behind: str) -> bool:
    """Whether a letter that is no word's is punctuation or a picture: it belongs to the text."""
    pictured = kind == "So" and letter >= _PICTURES
    if pictured or _ARROWS.match(letter):
        return letter not in _SIGNS_OF_DIGITS and not _holds_ascii(letter)
    if kind == "So" and _holds_ascii(letter):
        return False
    return kind in ("So", "Po", "Ps", "Pe", "Pi", "Pf", "Pd") and not _WORD.match(behind)


def _narrow(wide: str) -> str:
    return chr(ord(wide) - 0xFEE0)


def _holds_ascii(letter: str) -> bool:
    return bool(_WORD.search(unicodedata.normalize("NFKC", letter)))


def _counts(letter: str) -> bool:
    """Whether a letter is a number of its own, becomes one in NFKC, or joins two."""
    folds = unicodedata.normalize("NFKC", letter)
    kind = unicodedata.category(letter)
    raised = kind == "Lm" and _holds_ascii(letter)  # ₒ
    return kind in ("No", "Nl", "Pc", "Sk") or raised or bool(re.search("[0-9]", folds))


def odd_at(text: str, at: int) -> str:
    """Return the letter at `at` behind a number if it is odd, else ""."""
    letter = text[at : at + 1]
    odd = letter and not letter.isascii() and _meaning(text, at)[0] is _Means.ODD
    return letter if odd else ""


def first_odd(text: str) -> str:
    """Return the first odd letter of `text`, or ""."""
    return next(filter(None, (odd_at(text, at) for at in range(len(text)))), "")


@frozen
class Reading:
    """The path of a link in ASCII, as far as it may go.

    `odd`: what stands behind it and is not known; `doubtful`: it may as well be a part of the link.
    `whole`: nothing stands behind it. `joined`: a blank stood between its digits.
    """

    text: str
    odd: str = ""
    doubtful: bool = False
    whole: bool = False
    joined: bool = False


def readings(path: str) -> Iterator[Reading]:
    """Yield how far the path of a link may go: where it may end before its end, and last all."""
    text = decoded(path)
    read, doubts, joined = "", 0, False
    for at, letter in enumerate(text):
        if letter.isascii():
            read += letter
            continue
        means, sign = _meaning(text, at)
        doubts += means is _Means.DOUBT
        if means is _Means.ODD or doubts > _MOST_DOUBTS:
            yield Reading(read, letter, joined=joined)
            return
        if means is _Means.END:
            yield Reading(read, joined=joined)
            return
        if means is _Means.DOUBT:
            yield Reading(read, letter, doubtful=True, joined=joined)
            joined |= not sign
        read += sign
    yield Reading(read, whole=True, joined=joined)


def ending(tail: str) -> str:
    """Return query and fragment of a link in ASCII, as far as they go; odd letters are escaped."""
    text = _ENCODED.sub(_narrowed, tail)
    read = ""
    for at, letter in enumerate(text):
        means, sign = (_Means.SIGN, letter) if letter.isascii() else _meaning(text, at)
        blank = means is _Means.DOUBT and not sign
        if means is _Means.END or (blank and not _NUMBER_ENDS.search(read)):
            break
        read += sign if means is _Means.SIGN else quote(letter)
    return read


def as_name(path: str) -> str | None:
    """Return the path of a link that is a name in any script, without the sentence behind it.

    None if it is not clear where it ends.
    """
    for at, letter in enumerate(path):
        if letter in _MARKS or unicodedata.category(letter) == "Zs":
            return path[:at] if _meaning(path, at)[0] is _Means.END else None
    return path


def decoded(link: str) -> str:
    """Return a link with its letters beyond ASCII written out, where they were escaped."""
    return _ENCODED.sub(_decoded, link)


def _narrowed(run: re.Match[str]) -> str:
    written = _decoded(run)
    narrow = ascii_of(written)
    return run[0] if narrow == written else quote(narrow, safe="")


def _decoded(run: re.Match[str]) -> str:
    try:
        return unquote(run[0], errors="strict")
    except UnicodeDecodeError:
        return run[0]
