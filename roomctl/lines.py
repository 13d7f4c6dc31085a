"""Lines of text to and from a device, by the words of a profile. Pure.

An answer carries no name of what it answers on some devices, so one line is out at a time, and its
answer is read by what was asked. Knows no port, no clock and no maker: those are data
(`profile.LineSpeech`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from roomctl.profile import LineSpeech, Speech

_LONGEST = 1024  # bytes without an end that are kept


class Lines:
    """One text protocol: `places` fill in what stands in braces; `over_tcp`: its hello is said."""

    def __init__(
        self, words: LineSpeech, places: Mapping[str, str], *, over_tcp: bool = False
    ) -> None:
        self.words, self._places = words, places
        self.hello = bytes.fromhex(words.hello) if over_tcp else b""
        self._skip = words.hello_answer if self.hello else 0
        self.ready = not self._skip
        self._rest = b""

    def line(self, text: str) -> bytes:
        """Return what is sent for a text of the profile."""
        return (self.filled(text) + self.words.end).encode()

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield each whole answer; what is left of the last one waits for more."""
        data = self._rest + data
        if self._skip:
            if len(data) < self._skip:
                self._rest = data
                return
            data, self._skip, self.ready = data[self._skip :], 0, True
        *answers, rest = data.split(self.words.answer_end.encode())
        self._rest = rest[-_LONGEST:]
        for answer in answers:
            yield answer.decode("latin-1").strip("\r\n\0 ")

    def refuses(self, text: str) -> bool:
        """Whether an answer says no."""
        return self._is(self.words.refused, text)

    def accepts(self, speech: Speech, text: str) -> bool:
        """Whether an answer says that what was set is taken."""
        return self._is(speech.accepted or "", text)

    def meaning(self, speech: Speech, text: str) -> tuple[str, str | None] | None:
        """Return what an answer means, and its value if it names one; None: it means nothing."""
        for pattern, meaning in speech.answers.items():
            match = re.fullmatch(self.filled(pattern), text)
            if match is not None:
                return meaning, match.groupdict().get("value")
        return None

    def filled(self, text: str) -> str:
        """Return a text of the profile with its places filled in."""
        for name, value in self._places.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _is(self, pattern: str, text: str) -> bool:
        return re.fullmatch(self.filled(pattern), text) is not None


def completed(url: str, port: int | None, baud: int | None) -> str:
    """Add the port, or the speed, that a profile knows and the url leaves out."""
    if url.startswith("serial:") and baud and "baud=" not in url:
        return f"{url}{'&' if '?' in url else '?'}baud={baud}"
    if port and re.fullmatch(r"tcp://(?:[^:/\[\]]+|\[[^\]]+\])/?", url):
        return f"{url.rstrip('/')}:{port}"
    return url


def sample(pattern: str, value: str = "0") -> str:
    """Return a text that a profile's pattern matches: its group is `value`, a dot is 0."""
    text = re.sub(r"\(\?P<value>[^)]*\)", value, pattern)
    text = re.sub(r"\[(.)[^\]]*\]", r"\1", text)
    return text.replace(".", "0").replace("?", "")
