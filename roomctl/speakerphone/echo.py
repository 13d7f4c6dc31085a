"""Whether a report only confirms what the host wrote. Knows no usage and no report.

After the host has changed the Mute LED by itself, a device may report the same control within
2.5 s: an echo, which is no press. Or it never does, and what comes within 2.5 s is somebody's
finger. No descriptor says which; but a window in which nothing came proves that *this* device did
not echo, so every write teaches. What is learned on-hook and off-hook is kept apart: mute may have
a meaning only off-hook.

Until a device has shown itself silent it is taken to echo, so that an echo never toggles. Opening
a microphone needs more: a report after *muted* was written is a press only once two more windows
were silent than not, one after *open* was written already after one.

A finger may have been taken for the echo. Then the echo still comes, is taken for a press, and the
LED that answers it is no answer in the device's eyes: it would be echoed, taken for a press, and so
on without end. So while an echo is owed, answers are writes that may be echoed like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_SILENT_TO_OPEN = 2
_SILENT_TO_MUTE = 1
_SURE = 3  # windows: beyond that a device that changes its ways would not be believed
_NO_FINGER_S = 0.15  # nobody presses so soon after something that they did not know of
_SAME_LAG_S = 0.1


@dataclass(frozen=True, slots=True)
class _Window:
    """When one write may be echoed. `telling`: that nothing comes would mean something."""

    lit: bool
    off_hook: bool
    begun: float
    ended: float
    until: float
    telling: bool


@dataclass(slots=True)
class Echoes:
    """The writes that the device may still confirm, and what its silence has taught.

    Times never run backwards from one call to the next, but for a report that was on its way
    while the host wrote: it is older than the window and no echo.
    """

    echo_s: float
    _open: list[_Window] = field(default_factory=list)
    _silent: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    _lag_s: float = 0.0
    _owed_until: float = float("-inf")

    def expect(self, lit: bool, off_hook: bool, begun: float, ended: float, telling: bool) -> None:
        """Note a write that the device may echo; `telling` if it surely changed the LED."""
        self._close(begun)
        window = _Window(lit, off_hook, begun, ended, ended + self.echo_s, telling)
        self._open = [*self._open[-7:], window]

    def confirms(self, at: float, lit: bool | None = None) -> bool:
        """Take a report that came at `at`; return whether it is an echo and no press.

        `lit` is what it says of the control, None if a report says no more than *pressed*. Each
        write has one echo.
        """
        self._close(at)
        for n, window in enumerate(self._open):
            if window.begun <= at and lit in (None, window.lit):
                self._open = self._open[:n] + self._open[n + 1 :]
                return self._judge(window, self._familiar(at - window.ended))
        return False

    def owed(self, at: float) -> bool:
        """Whether an echo may still come, although its write seems to have had one."""
        return at <= self._owed_until

    def _judge(self, window: _Window, familiar: bool) -> bool:
        """Return whether the first report in `window` is its echo, and learn from it.

        A finger keeps no time: what a silent device says now and then teaches nothing, unless it
        always comes as late as the last.
        """
        expected = self._expected(window)
        if expected or familiar:
            self._learn(window.off_hook, -1)
        if expected and not familiar:
            self._owed_until = max(self._owed_until, window.until)
        return expected

    def _familiar(self, lag_s: float) -> bool:
        """Whether an echo came as they always do, so that it surely was none of a finger's."""
        before, self._lag_s = self._lag_s, lag_s
        return lag_s <= _NO_FINGER_S or abs(lag_s - before) <= _SAME_LAG_S

    def _expected(self, window: _Window) -> bool:
        enough = _SILENT_TO_OPEN if window.lit else _SILENT_TO_MUTE
        return self._silent[window.off_hook] < enough

    def _close(self, now: float) -> None:
        for window in self._open:
            if window.until < now and window.telling:
                self._learn(window.off_hook, 1)
        self._open = [window for window in self._open if window.until >= now]

    def _learn(self, off_hook: bool, silent: int) -> None:
        self._silent[off_hook] = max(-_SURE, min(_SURE, self._silent[off_hook] + silent))
