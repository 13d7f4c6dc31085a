"""Invitations read: how fast the ones that people send, how slow the ones made to be slow.

A calendar is written by strangers: whatever a text holds, the time for it must grow with its length
and no faster.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence

from benchmarks.report import Figure
from roomctl.meeting.link import read
from roomctl.meeting.platform import Platforms, load_platforms
from roomctl.meeting.text import LONGEST_TEXT

MEASURE_S = 2.0
TEN_KB = 10_000  # characters
BEST_OF = 9
LEASE_S = 0.3  # a press is let go if the room does not hear of it for so long
_ANY_LINK = re.compile(r"https?://(?P<host>[^\s/?#:]+)\S*")

# Repeated to 10 kB, each makes one part of the reader work as much as it can. "{n}" is another
# number each time, in every text: what was read once may be remembered.
HOSTILE = {
    "links to nowhere": "https://a.example/ ",
    "a link of no meeting, again and again": "https://zoom.us/ ",
    "links of no meeting, all different": "https://zoom.us/{n} ",
    "look-alike hosts": "https://z00m.us/j/1234567890 ",
    "many hosts": "https://a{n}.example/ ",
    "many look-alike hosts": "https://zo0m{n}.us/j/1234567890 ",
    "many odd hosts": "https://zооm{n}.us/ ",
    "hosts without scheme": "a{n}.us/ ",
    "one link without end": "https://zoom.us/j/1%25",
    "one host without end": "a.",
    "schemes": "https:/",
    "links in links": "https://www.google.com/url?q=",
    "digits": "123 ",
    "labels": "Meeting ID: ",
    "labels, Chinese": "会议号：",
    "passcodes": "密码：",
    "open tags": "<",
    "escapes": "&amp;",
    "bold letters": "**",
    "a table's bars": "  |",
    "full-width letters": "ａ．",
    "invisible letters": "h\u200bt\u200bt\u200bp",
    "accents": "e\u0301",
    "colons in a link": "https://a.example/password:",
    "colons in one link": ":Meeting ID",
    "labels, Cyrillic": "Идентификатор конференции: ",
    "labels, Korean": "회의 ID: 1234567890 ",
    "quoted-printable": "https://zoom.us/j/1=3D=\n",
    "folded lines": "https://zoom.us/" + "j" * 59 + "\n ",
    "full lines": "https://zoom.us/" + "j" * 59 + "\n",
    "one link over lines": "j" * 75 + "\n",
    "angle brackets": "<https://zoom.us/\n",
    "escaped links": "https%3A%2F%2Fzoom.us%2Fj%2F1 ",
    "escapes in a link": "%7b%2525",
    "clients' addresses": "zoommtg://zoom.us/join?confno={n} ",
    "JSON": 'https://a.example/{"a":"',
    "calendars": "BEGIN:VEVENT\n ",
}

_NUMBER = itertools.count(100_000)


def figures() -> list[Figure]:
    """Read every good sample of every platform, and every hostile text."""
    platforms = load_platforms({})
    texts = [sample.text for platform in platforms for sample in platform.good]
    hosts = frozenset(host for platform in platforms for host in platform.hosts)
    per_s = _per_second(lambda text: read(text, platforms), texts)
    beside = _per_second(lambda text: _naive(text, hosts), texts)
    slowest = {name: _seconds(text, platforms, TEN_KB) for name, text in HOSTILE.items()}
    growths = {name: _growth(text, platforms) for name, text in HOSTILE.items()}
    worst, steepest = max(slowest, key=slowest.__getitem__), max(growths, key=growths.__getitem__)
    longest_s = _seconds(HOSTILE[worst], platforms, LONGEST_TEXT, best_of=2)
    return [
        Figure(
            "invitations read",
            per_s,
            "/s",
            beside,
            "/s, one pattern, one set",
            f"{len(texts)} good samples of {len(list(platforms))} platforms",
        ),
        Figure(
            "worst 10 kB",
            1000 * slowest[worst],
            "ms",
            means=f"the slowest of {len(HOSTILE)} hostile texts: {worst}",
        ),
        Figure(
            "worst longest text",
            1000 * longest_s,
            "ms",
            1000 * LEASE_S,
            "ms, a press's lease",
            f"the same to {LONGEST_TEXT // 1024} kB, beyond which nothing is read",
        ),
        Figure(
            "growth",
            growths[steepest],
            "times",
            2.0,
            "times, linear",
            f"20 kB against 10 kB, the steepest hostile text: {steepest}",
        ),
    ]


def _naive(text: str, hosts: frozenset[str]) -> str | None:
    """Find the first link with a known host: the least anybody would do, and unsafe."""
    for link in _ANY_LINK.finditer(text):
        if link["host"] in hosts:
            return link[0]
    return None


def _per_second(reader: Callable[[str], object], texts: Sequence[str]) -> float:
    count, began = 0, time.thread_time()
    while (took := time.thread_time() - began) < MEASURE_S:
        for text in texts:
            reader(text)
        count += len(texts)
    return count / took


def _seconds(piece: str, platforms: Platforms, length: int, best_of: int = BEST_OF) -> float:
    """Return the shortest of a few times on the processor: what else runs can only add."""
    return min(_once(piece, platforms, length) for _ in range(best_of))


def _once(piece: str, platforms: Platforms, length: int) -> float:
    text = _repeated(piece, length)
    began = time.thread_time()
    read(text, platforms)
    return time.thread_time() - began


def _repeated(piece: str, length: int) -> str:
    text = ""
    while len(text) < length:
        text += piece.replace("{n}", str(next(_NUMBER)))
    return text[:length]


def _growth(piece: str, platforms: Platforms) -> float:
    """Return how much longer twice the text takes; in turn: a slow spell hits both."""
    pairs = [
        (_once(piece, platforms, TEN_KB), _once(piece, platforms, 2 * TEN_KB))
        for _ in range(BEST_OF)
    ]
    return min(twice for _, twice in pairs) / min(once for once, _ in pairs)
