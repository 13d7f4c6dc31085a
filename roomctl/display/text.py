"""Displays that speak lines of text over RS-232 or TCP, by the words of a profile. Pure.

An answer carries no name of what it answers on some of them, so one line is out at a time, and its
answer is read by what was asked. Knows no port, no clock and no maker: those are data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from roomctl.display.profile import Speech, TextSpeech
from roomctl.display.session import DisplayAnswer, DisplayAsk, Outcome, Property, Value

_LONGEST = 1024  # bytes without an end that are kept


class TextProtocol:
    """One text protocol as a DisplayProtocol; `over_tcp`: its hello is said first."""

    denied: str | None = None

    def __init__(self, words: TextSpeech, address: int = 1, *, over_tcp: bool = False) -> None:
        self._words, self._id = words, f"{address:02x}"
        self._hello = bytes.fromhex(words.hello) if over_tcp else b""
        self._skip = words.hello_answer if self._hello else 0
        self.reply_s, self.gap_s = words.reply_s, words.gap_s
        self.ready = not self._skip
        self._rest = b""

    def hello(self) -> bytes | None:
        return self._hello or None

    def encode(self, ask: DisplayAsk) -> bytes | None:
        speech = self._speech(ask.property)
        if speech is None:
            return None
        slow_s = None if ask.value is None else self._words.set_reply_s
        self.reply_s = slow_s or self._words.reply_s
        text = speech.ask if ask.value is None else speech.set.get(_word(ask.value))
        return None if text is None else (self._filled(text) + self._words.end).encode()

    def feed(self, data: bytes, asked: DisplayAsk | None) -> Iterator[DisplayAnswer]:
        data = self._rest + data
        if self._skip:
            if len(data) < self._skip:
                self._rest = data
                return
            data, self._skip, self.ready = data[self._skip :], 0, True
        *answers, rest = data.split(self._words.answer_end.encode())
        self._rest = rest[-_LONGEST:]
        for answer in answers:
            text = answer.decode("latin-1").strip("\r\n\0 ")
            if asked is not None and (found := self._answer(text, asked)):
                yield found
                asked = None

    def _answer(self, text: str, asked: DisplayAsk) -> DisplayAnswer | None:
        """Return what an answer says to what was asked; None: it says nothing to it."""
        speech = self._speech(asked.property)
        if speech is None:
            return None
        if self._is(self._words.refused, text):
            no: Outcome = "busy" if self._words.busy else "refused"
            return DisplayAnswer(
                no if asked.value is not None or self._words.busy else "unsupported"
            )
        if asked.value is not None:
            return DisplayAnswer("accepted") if self._is(speech.accepted or "", text) else None
        for pattern, meaning in speech.answers.items():
            match = re.fullmatch(self._filled(pattern), text)
            if match is not None:
                value = match.groupdict().get("value")
                return DisplayAnswer("value", value=_value(asked.property, meaning, value))
        return None

    def _is(self, pattern: str, text: str) -> bool:
        return re.fullmatch(self._filled(pattern), text) is not None

    def _filled(self, text: str) -> str:
        return text.replace("{id}", self._id)

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
