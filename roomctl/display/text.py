"""Displays that speak lines of text over RS-232 or TCP, by the words of a profile. Pure.

How lines go is `lines`; here stands what they mean for a display. Knows no port, no clock and no
maker: those are data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from roomctl.display.profile import TextSpeech
from roomctl.display.session import DisplayAnswer, DisplayAsk, Outcome, Property, Value
from roomctl.lines import Lines
from roomctl.profile import Speech


class TextProtocol:
    """One text protocol as a DisplayProtocol; `over_tcp`: its hello is said first."""

    denied: str | None = None

    def __init__(self, words: TextSpeech, address: int = 1, *, over_tcp: bool = False) -> None:
        self._words = words
        self._lines = Lines(words, {"id": f"{address:02x}"}, over_tcp=over_tcp)
        self.reply_s, self.gap_s = words.reply_s, words.gap_s
        self.ready = self._lines.ready

    def hello(self) -> bytes | None:
        return self._lines.hello or None

    def encode(self, ask: DisplayAsk) -> bytes | None:
        speech = self._speech(ask.property)
        if speech is None:
            return None
        slow_s = None if ask.value is None else self._words.set_reply_s
        self.reply_s = slow_s or self._words.reply_s
        text = speech.ask if ask.value is None else speech.set.get(_word(ask.value))
        return None if text is None else self._lines.line(text)

    def feed(self, data: bytes, asked: DisplayAsk | None) -> Iterator[DisplayAnswer]:
        for text in self._lines.feed(data):
            if asked is not None and (found := self._answer(text, asked)):
                yield found
                asked = None
        self.ready = self._lines.ready

    def _answer(self, text: str, asked: DisplayAsk) -> DisplayAnswer | None:
        """Return what an answer says to what was asked; None: it says nothing to it."""
        speech = self._speech(asked.property)
        if speech is None:
            return None
        if self._lines.refuses(text):
            no: Outcome = "busy" if self._words.busy else "refused"
            return DisplayAnswer(
                no if asked.value is not None or self._words.busy else "unsupported"
            )
        if asked.value is not None:
            return DisplayAnswer("accepted") if self._lines.accepts(speech, text) else None
        found = self._lines.meaning(speech, text)
        if found is None:
            return None
        return DisplayAnswer("value", value=_value(asked.property, *found))

    def _speech(self, name: Property) -> Speech | None:
        return cast("Speech | None", getattr(self._words, name, None))


def _word(value: str | bool) -> str:
    return value if isinstance(value, str) else ("on" if value else "off")


def _value(name: Property, meaning: str, found: str | None) -> Value:
    match name:
        case "picture_muted":
            return meaning == "on"
        case "lamp_hours":
            return (int(found or 0),)
        case "faults":
            return {} if meaning == "ok" else {meaning: "error"}
        case _:
            return meaning
