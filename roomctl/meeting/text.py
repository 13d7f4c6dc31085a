"""An invitation's text, made readable, and the links in it. Pure.

`clean` takes out what calendars and mails put between the letters and lines, `links` yields what is
written like a link, without what is glued to its end, and `plain` is the form in which `printed`
searches for numbers. Every pattern here is bounded, so the work grows with the length of the text
and no faster. Opens nothing, and knows nothing of what a link means.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from urllib.parse import quote, unquote

from roomctl.meeting.labels import MEETING_ID, PASSCODE, key_of, spaced
from roomctl.meeting.letters import DASHES, INVISIBLE, digits, folded

LONGEST_TEXT = 64 * 1024  # characters; what follows is not read

_INVISIBLE = INVISIBLE | dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")  # a line's ends
# Dashes, apostrophes, and the traditional letters of labels: the files are written in simplified.
_FOLDED = str.maketrans(
    dict.fromkeys(DASHES.replace("ー", ""), "-")
    | dict.fromkeys("’‘ʼ´", "'")
    | dict(
        zip(
            "會議號碼騰訊識別釘飛書雲華為參賓視頻瞩尚陽暢魚連時編證業",
            "会议号码腾讯识别钉飞书云华为参宾视频瞩尚阳畅鱼连时编证业",
            strict=True,
        )
    )
)
# Only with the semicolon: "&copy=1" is a part of a query. Mails are often escaped twice.
# A calendar writes a backslash before that.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8})\\?;", re.IGNORECASE)
_BREAK_HERE = re.compile("</?wbr ?/?>", re.IGNORECASE)
# A run in which full-width letters, slashes, dots ... may spell a link; Chinese text ends it, and
# so does Chinese punctuation, but for the colon of a scheme.
_RUN = re.compile(r"(?:[!-~０-９Ａ-Ｚａ-ｚ／．－＿？＝＆＃％～＋]|：(?=[/／]{2}|[0-9]{2,5}[/／]))+")
_SPELLS_A_LINK = re.compile(r"[．／]|：[/／]|[a-z]：[0-9]", re.IGNORECASE)
# A link ends before "](", where Markdown's second half begins, and before wide blanks, arrows and
# emoji, but not where those stand for a digit, or for a sign of the link that goes on behind it:
# what that means, `letters` tells. JSON in a query is a part of it.
_LINK = re.compile(
    r"""(?:[a-z][a-z0-9+-]{1,30}:[/\\]{1,8}          # a scheme and slashes, or
    |(?<![a-z0-9@._~%/=&?\#:\\-])                    # at the start of a word: an escaped scheme,
     https?%(?:25){0,2}3a(?:/|%(?:25){0,2}2f)
    |(?<![a-z0-9@._~%/=&?\#\\-])                     # or a host
     (?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}(?::[0-9]{1,5})?[/?\#])
    (?:\{"[^\s<>{}]{1,400}"\}|？(?=[a-z_][0-9a-z_]{0,30}[=＝])|[。｡](?=[0-9a-z])
     |[\u00a0\u2000-\u200a\u202f\u3000](?=[0-9])
     |[^\s<>"'`“”‘’„‟«»‹›，。｡；：、！？（）【】《》〈〉「」『』〔〕［］｛｝｜＞＂＇…\]\u00a0\u2000-\u200a\u202f\u3000\u2190-\u21ff\u2600-\u2775\u2794-\u27bf\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f110-\U0001f51e\U0001f520-\U0001faff]
     |\](?!\())*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
# The host, and what stands behind it until a bracket or the sign for a line's end, as "\\n": no
# vendor's link holds one.
_WHOSE = re.compile(r"(?:[a-z][a-z0-9+-]{1,30}:)?[/\\]{0,8}[^/?#\\]*", re.IGNORECASE)
_BRACKET = re.compile(
    r"""[()\[\]{}|^]|%3[CE]|\\(?=[nrt,;"'/]|$)|(?<=[0-9A-Za-z])[,;]{0,2}https?://""", re.IGNORECASE
)
_JSON = re.compile(r'\{"[^\s<>{}]{1,400}"\}')
_COLON = re.compile("[:：]")
LONGEST_LABEL = 40  # characters, with its blanks
_LONE = re.compile(
    r"(?:https?|javascript|data|file|blob|about|vbscript|view-source|chrome|ftp|mailto|tel|sips?"
    r"|h323):\S+|[^\s@/]+@[^\s@/]+/\S*|(?:[a-z0-9-]+\.)+[a-z]{2,24}",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+-]{1,30}:[/\\]", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PARAMETER = re.compile(r"[?&][0-9A-Za-z_.-]{1,40}=[!-%'-~]*")  # "?meeting_id=1" prints no number
# A table's bars, and the signs for bold print, which may be a part of a passcode where letters
# stand on both sides; many blanks are one.
_FRAME = re.compile(
    r"^ ?\||\| ?$|(?<![0-9A-Za-z])(?:\*\*|__)|(?:\*\*|__)(?![0-9A-Za-z])|(?<=:)\*|\*(?=:)",
    re.MULTILINE,
)
_CELLS = re.compile(r" ?\| ?")
_BLANKS = re.compile(r"[ \t]{2,}")


def clean(text: str) -> str:
    """Return `text` without invisible characters, escapes, broken lines and full-width links."""
    text = text[:LONGEST_TEXT]
    for _ in range(2):
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0].lower().replace("\\", "")), text)
    text = _BREAK_HERE.sub("", text) if "wbr" in text else text
    text = _whole_lines(text.replace("\r\n", "\n").replace("\r", "\n")).translate(_INVISIBLE)
    return _RUN.sub(_narrowed, digits(text))


# How mails and calendars break lines and write signs, and what shows that they did.
_SOFT = re.compile(r"=[ \t]{0,3}\n")  # RFC 2045 6.7
_BARE_EQUALS = re.compile(r"=(?![0-9A-F]{2}|[ \t]{0,3}(?:\n|$))")
_OCTETS = re.compile("(?:=[0-9A-F]{2})+")
_IN_ANGLES = re.compile(r"<[a-z]{2,10}:/[^<>\"\s]{0,2000}\n[^<>\"]{0,2000}>", re.IGNORECASE)
_JSON_SIGN = re.compile(r"\\(?:/|u00(?:26|3d|3f|2f|3a))", re.IGNORECASE)
_FOLD = re.compile(r"\n[ \t]")
_FOLDED_AT = range(70, 78)  # octets of a line: 75 in a calendar (RFC 5545 3.1), 76 in a mail
_CALENDAR = re.compile("^BEGIN:V(?:CALENDAR|EVENT)", re.MULTILINE)


def _whole_lines(text: str) -> str:
    calendar = _CALENDAR.search(text)
    if calendar and "=3D" not in text:  # else a line that was folded behind "=" looks quoted
        text = _FOLD.sub("", text)
    if "=\n" in text or "=3D" in text or "= \n" in text:
        text = _printable(text)
    if calendar:
        text = _unescaped(_FOLD.sub("", text))
    elif "\n" not in text.strip() and "\\n" in text:
        text = _unescaped(text)
    if "\n>" in text:
        text = _unquoted(text)
    if ":\\/\\/" in text or "\\u00" in text:
        text = _JSON_SIGN.sub(_of_json, text)
    if "\n " in text or "\n\t" in text:
        text = _unfolded(text)
    return _IN_ANGLES.sub(_on_one_line, text) if "\n" in text else text


_QUOTED = re.compile("(?:>[ \t]?){1,30}")


def _unquoted(text: str) -> str:
    """Return an answered mail without the ">" before its lines; one alone may be a tag's end."""
    lines = text.split("\n")
    signs = [_QUOTED.match(line) for line in lines]
    for at, sign in enumerate(signs):
        if sign and any(signs[max(0, at - 1) : at] + signs[at + 1 : at + 2]):
            lines[at] = lines[at][sign.end() :]
    return "\n".join(lines)


def _of_json(sign: re.Match[str]) -> str:
    return "/" if sign[0] == "\\/" else chr(int(sign[0][2:], 16))


def _on_one_line(angles: re.Match[str]) -> str:
    """Join the lines of a link in angle brackets (RFC 3986, appendix C), if it is nothing else."""
    joined = re.sub(r"[ \t]*\n[ \t]*", "", angles[0])
    return angles[0] if re.search(r"\s", joined) else joined


def _printable(text: str) -> str:
    """Undo quoted-printable where all of a text, or of a paragraph, is written so."""
    if not _BARE_EQUALS.search(text):
        return _decoded(text)
    parts = text.split("\n\n")
    return "\n\n".join(_decoded(part) if _is_quoted(part) else part for part in parts)


def _is_quoted(part: str) -> bool:
    return not _BARE_EQUALS.search(part) and bool(_SOFT.search(part) or part.count("=3D") > 1)


def _decoded(text: str) -> str:
    def octets(run: re.Match[str]) -> str:
        try:
            return bytes.fromhex(run[0].replace("=", "")).decode()
        except UnicodeDecodeError:
            return run[0]

    return _OCTETS.sub(octets, _SOFT.sub("", text))


def _unfolded(text: str) -> str:
    """Join a line that was cut inside a link because it was as long as calendars allow."""
    lines: list[str] = []
    length = 0  # octets of the line as it was written
    indented = False  # as all lines may be: then none continues another
    for line in text.split("\n"):
        blank = line[:1] in (" ", "\t")
        continues = blank and line[1:2].strip() and length in _FOLDED_AT and not indented
        length, indented = len(line.encode(errors="replace")), blank and not continues
        if continues and lines and "://" in "".join(lines[-1].rsplit(None, 1)[-1:]):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return "\n".join(lines)


def _narrowed(run: re.Match[str]) -> str:
    wide = _SPELLS_A_LINK.search(run[0])
    return unicodedata.normalize("NFKC", run[0]) if wide else run[0]


def links(cleaned: str) -> Iterator[str]:
    """Yield everything in a cleaned text that is written like a link, in order."""
    for match in _LINK.finditer(cleaned):
        link = _tidy(match[0], cleaned, match.start())
        if (whole := _over_lines(link, cleaned, match.start())) is None:
            yield link
        elif _is_cut(link):
            yield from (whole, link)
        else:
            yield from (link, whole)


def _tidy(link: str, text: str, at: int) -> str:
    """Return what stands at `at` in a text without what is glued to its end, and unescaped."""
    if _ESCAPED_SCHEME.match(link):
        link = _unescaped_link(link)
        at, text = 0, link
    link = _ASKED.sub("?", link, count=1) if "？" in link else link
    start = _end_of_host(link)
    link = _JSON.sub(lambda json: quote(json[0], safe=":,"), link) if '"' in link else link
    if link[start : start + 1] not in ("", "\\") and (end := _BRACKET.search(link, start)):
        link = link[: end.start()]
    link = _before_label(link, start, text[at + len(link) : at + len(link) + LONGEST_LABEL])
    closing = "" if any(bracket in link for bracket in "([{") else ")]}"
    before = text[at - 1 : at]
    marks = before if before in ("_", "~") else ""
    link = link.rstrip(".,;:!?*|" + closing + marks)
    return link if "#" in link else _BLANK_END.sub("", link)


_ASKED = re.compile("？(?=[A-Za-z_])")
_ESCAPED_SCHEME = re.compile("https?%", re.IGNORECASE)
_BLANK_END = re.compile(
    "(?:%20|%0[9AD]|%22|%2C|%3B|%C2%A0|%E2%80%8[B-F]|%EF%BB%BF)+$", re.IGNORECASE
)


def _unescaped_link(link: str) -> str:
    """Return a link that is percent-encoded as a whole, up to three times, as it was before."""
    for _ in range(3):
        if "://" in link[:8]:
            break
        link = unquote(link)
    return link


def _end_of_host(link: str) -> int:
    whose = _WHOSE.match(link)
    return whose.end() if whose else 0


def _before_label(link: str, start: int, behind: str) -> str:
    """Cut a link where a printed label begins, as in `.../j/91234567890Passcode: 1234`."""
    window = link + behind
    for colon in islice(_COLON.finditer(window, start + 1), _MOST_COLONS):
        before = window[max(start, colon.start() - LONGEST_LABEL) : colon.start()]
        if key_of(before).endswith(_GLUED) and (label := _glued().search(before)):
            at = colon.start() - len(label[0])
            return link[:at].rstrip("-") if at < len(link) else link
    return link


_MOST_COLONS = 16  # in one link


# Not the short ones: "pw:" may be a part of a link.
_GLUED = tuple(
    key for key in map(key_of, (*MEETING_ID, *PASSCODE)) if len(key) > 3 or not key.isascii()
)


@cache
def _glued() -> re.Pattern[str]:
    longest = sorted((*MEETING_ID, *PASSCODE), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(spaced, longest))})[ \\t]{{0,3}}$", re.IGNORECASE)


_LONG_LINE = 60  # characters; a shorter one was not broken because it was full
_MOST_LINES = 8
_CONTINUED = re.compile(r"\n(?P<more>[!-;=?-~]{1,200})(?=\s|>|$)")


def _is_cut(link: str) -> bool:
    """Whether a link ends inside an escape or inside JSON, or before a value."""
    last, small = link[-2:], link.lower()
    return "%" in last or last[-1:] in ("=", "&", "?") or small.rfind("%7b") > small.rfind("%7d")


def _over_lines(link: str, text: str, at: int) -> str | None:
    """Return a link with the lines that follow it, if it fills its own and they hold only it."""
    end = at + len(link)
    if text[end : end + 1] != "\n" or end - text.rfind("\n", 0, at) <= _LONG_LINE:
        return None
    whole = link
    for _ in range(_MOST_LINES):
        more = _CONTINUED.match(text, end)
        if more is None or "://" in more["more"]:
            break
        whole += more["more"]
        end = more.end()
        if len(more["more"]) <= _LONG_LINE:
            break
    return None if whole == link else _tidy(whole, "", 0)


def has_scheme(link: str) -> bool:
    return bool(_SCHEME.match(link))


def lone_link(cleaned: str) -> str | None:
    """Return the whole text if it is one thing written like a link, however badly.

    None if its host is told clearly, so that what stands behind it may be cut off.
    """
    text = cleaned.strip()
    if len(text.split(maxsplit=1)) != 1:
        return None
    first = next(links(text), "")
    told = _end_of_host(first)
    if told < len(first) and text.startswith(first[: told + 1]) and _SCHEME.match(first):
        return None
    return text if _LONE.fullmatch(text) or text == first or text in set(links(text)) else None


def _label_behind(parameter: re.Match[str]) -> str:
    """Return what of a parameter is a label that was copied right behind it: `=m0Passcode`."""
    value = parameter[0]
    behind = parameter.string[parameter.end() : parameter.end() + LONGEST_LABEL]
    return " " + value[len(_before_label(value, 0, behind)) :]


def plain(cleaned: str) -> str:
    """Return a cleaned text for numbers: forms folded; tags and parameters taken out."""
    untagged = _TAG.sub(" ", cleaned) if "</" in cleaned or "<br" in cleaned else cleaned
    untagged = _PARAMETER.sub(_label_behind, untagged)
    narrow = folded(untagged)[:LONGEST_TEXT]  # it may grow eighteenfold
    narrow = _BLANKS.sub(" ", narrow.translate(_FOLDED))
    framed = _FRAME.sub(" ", _apart(narrow))
    return _BLANKS.sub(" ", _CELLS.sub(": ", framed))


# "ID/Passcode: 812 3456 7890 / 123456": two labels, and then what stands behind them.
_PAIR = re.compile(
    r":[ \t]{0,3}(?P<number>[0-9][0-9 -]{7,17}[0-9])[ \t]{0,3}[/,][ \t]{0,3}"
    r"(?P<code>[0-9A-Za-z@*_#$%!-]{1,12})"
)
_TWO_LABELS = re.compile(
    r"(?P<number>[^/&\n:]{2,40})[ \t]{0,3}[/&][ \t]{0,3}(?P<code>[^/&\n:]{2,40})$"
)
_NUMBERS_OF = (*map(key_of, MEETING_ID), "id")
_CODES_OF = (*map(key_of, PASSCODE), "pw", "pwd")


def _apart(text: str) -> str:
    """Return a text in which each of two labels that stand together has its own value behind it."""

    def each(pair: re.Match[str]) -> str:
        before = text[max(0, pair.start() - 2 * LONGEST_LABEL) : pair.start()].rpartition("\n")[2]
        labels = _TWO_LABELS.search(before.rstrip())
        if labels is None or not key_of(labels["number"]).endswith(_NUMBERS_OF):
            return pair[0]
        if not key_of(labels["code"]).endswith(_CODES_OF):
            return pair[0]
        number, code = labels["number"], labels["code"]
        return f"\n{number}: {pair['number']}\n{code}: {pair['code']}\n"

    return _PAIR.sub(each, text) if "/" in text or "&" in text else text


_FIELDS = (
    "CONFERENCEDATA",
    "HANGOUTLINK",
    "ONLINEMEETING",
    "ONLINEMEETINGURL",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-GOOGLE-CONFERENCE",
    "CONFERENCE",
    "URL",
    "LOCATION",
    "LOCATIONS",
    "DESCRIPTION",
    "BODY",
    "BODYPREVIEW",
    "X-ALT-DESC",
    "SUMMARY",
    "SUBJECT",
)
_OWN = _FIELDS.index("URL")  # before these stand the fields that a provider fills in


def in_order(fields: Mapping[str, str]) -> list[str]:
    """Return a booking's texts, the calendar's own conference field first, body and title last.

    Names are iCalendar's, Google's or Microsoft Graph's.

    A provider's field beats a stale link in the body. Other X- properties stand before URL. Texts
    may still be escaped as in an .ics file (RFC 5545 3.3.11).
    """
    named: dict[str, str] = {}
    for name, text in fields.items():
        key = name.partition(";")[0].upper().replace("_", "-")  # "X-ALT-DESC;FMTTYPE=text/html"
        named[key] = f"{named[key]}\n{text}" if key in named else text
    others = sorted(n for n in named if n.startswith("X-") and n not in _FIELDS)
    order = [*_FIELDS[:_OWN], *others, *_FIELDS[_OWN:]]
    return [_unescaped(named[name]) for name in order if named.get(name)]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([nN,;])", lambda escape: {"n": "\n"}.get(escape[1].lower(), escape[1]), text)
