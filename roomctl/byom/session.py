"""How one USB switch is turned, and asked where it stands: Machines, pure; time is an argument.

    SwitchLine   a line that is set, or pressed as its button is; a line answers nothing
    SwitchText   lines of text by a profile: the switch says who has the devices

Knows no port, no clock and no maker.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

from roomctl.byom.profile import ByomSpeech
from roomctl.lines import Lines
from roomctl.wire import Chunk, IdleMachine, Machine

Side = Literal["room", "laptop"]
"""Who may have the devices."""
Turned = Literal["accepted", "refused", "silent"]
Done = Callable[[Turned], None]

ASK_S = 2.0  # somebody may press the switch's own button
REST_S = 0.5  # from one press of its button to the next
AGAIN_S = 5.0  # until a line that could not be set is set again
MOST_SILENCES = 3


class SwitchSession(Machine, Protocol):
    """One connection to a switch."""

    def turn(self, side: Side, done: Done) -> None:
        """Give the devices to one side; `done` hears what became of it."""
        ...

    def end(self) -> None:
        """Tell everybody who waits that there will be no answer."""
        ...


class SwitchLine(IdleMachine):
    """A line: `pulse_s` None: active while a laptop has the devices; else a press, so long.

    It begins with the line inactive, which is said to `set_down` once it is so.
    """

    def __init__(self, pulse_s: float | None, set_down: Callable[[], None]) -> None:
        self._pulse_s, self._set_down = pulse_s, set_down
        self._steps: deque[tuple[bytes, float, Done | None]] = deque([(b"0", 0.0, None)])
        self._writing: tuple[bytes, float, Done | None] | None = None
        self._not_before = -math.inf

    def turn(self, side: Side, done: Done) -> None:
        if self._pulse_s is None:
            self._steps.append((b"1" if side == "laptop" else b"0", 0.0, done))
        else:
            self._steps += [(b"1", self._pulse_s, None), (b"0", REST_S, done)]

    def end(self) -> None:
        waiting = [self._writing] if self._writing is not None else []
        for _, _, done in (*waiting, *self._steps):
            if done is not None:
                done("silent")
        self._steps.clear()
        self._writing = None

    def due(self) -> float | None:
        return self._not_before if self._steps else None

    def outbox(self, now: float) -> bytes | None:
        if not self._steps or now < self._not_before:
            return None
        self._writing = self._steps.popleft()
        return self._writing[0]

    def sent(self, now: float) -> None:
        if self._writing is None:
            return
        _, stays_s, done = self._writing
        self._writing, self._not_before = None, now + stays_s
        self._set_down()
        if done is not None:
            done("accepted")

    def failed(self, now: float, why: str) -> None:
        """Give up what was to be done, and let go of the line as soon as it can be."""
        self.end()
        self._steps.append((b"0", 0.0, None))
        self._not_before = now + AGAIN_S


class SwitchText:
    """Lines of text: asked every `ASK_S` who has the devices, and turned.

    `heard` gets what the switch says, asked or not; `silent` hears that it no longer answers.
    """

    def __init__(
        self,
        lines: Lines,
        words: ByomSpeech,
        now: float,
        heard: Callable[[str], None],
        silent: Callable[[str], None],
    ) -> None:
        self._lines, self._words, self._holder = lines, words, words.holder
        self._heard, self._silent = heard, silent
        self._hello = lines.hello
        self._turns: deque[tuple[Side, Done]] = deque()
        self._turning: Done | None = None
        self._answer_by = math.inf
        self._speak_at = now
        self._ask_at = now if words.holder.ask is not None else math.inf
        self._silences = 0

    def turn(self, side: Side, done: Done) -> None:
        self._turns.append((side, done))

    def end(self) -> None:
        waiting = [self._turning] if self._turning is not None else []
        for done in (*waiting, *(done for _, done in self._turns)):
            done("silent")
        self._turns.clear()
        self._turning = None

    def receive(self, chunk: Chunk) -> None:
        for text in self._lines.feed(chunk.data):
            self._silences = 0
            found = self._lines.meaning(self._holder, text)
            if self._lines.refuses(text):
                self._answered("refused", chunk.at)
            elif found is not None:
                self._heard(found[0])
                if self._turning is None or self._lines.accepts(self._holder, text):
                    self._answered("accepted", chunk.at)
            elif self._turning is not None and self._lines.accepts(self._holder, text):
                self._answered("accepted", chunk.at)

    def tick(self, now: float) -> None:
        if now < self._answer_by:
            return
        self._answered("silent", now)
        self._silences += 1
        if self._silences >= MOST_SILENCES:
            self._silences = 0
            self._silent(f"no answer within {self._words.reply_s:g} s")

    def due(self) -> float | None:
        if self._answer_by < math.inf:
            return self._answer_by
        if not self._lines.ready:
            return None
        at = self._speak_at if self._turns else max(self._speak_at, self._ask_at)
        return at if at < math.inf else None

    def outbox(self, now: float) -> bytes | None:
        if self._hello:
            hello, self._hello = self._hello, b""
            return hello
        if not self._lines.ready or self._answer_by < math.inf or now < self._speak_at:
            return None
        if self._turns:
            side, self._turning = self._turns.popleft()
            self._answer_by = now + (self._words.set_reply_s or self._words.reply_s)
            return self._lines.line(self._holder.set[side])
        if now >= self._ask_at and self._holder.ask is not None:
            self._answer_by = now + self._words.reply_s
            return self._lines.line(self._holder.ask)
        return None

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        self._answered("silent", now)

    def _answered(self, turned: Turned, now: float) -> None:
        """Take that there was an answer, or none, to what was said; ask again what is so then."""
        if self._answer_by == math.inf:
            return  # it answers nothing
        done, self._turning, self._answer_by = self._turning, None, math.inf
        self._speak_at = now + self._words.gap_s
        if self._holder.ask is not None:
            self._ask_at = now if done is not None else now + ASK_S
        if done is not None:
            done(turned)
