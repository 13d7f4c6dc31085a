"""Whether the microphone is muted: what was asked, what was proven, and nothing else.

Facts in, a new `Truth` out. Knows no device, no sound server and no clock. *Muted* is said only
while, for the present wish, the LED write succeeded (or there is no LED) and both the capture mute
and the devices' own capture switches (where there are any) were read back. Every new wish starts a
new `epoch`, and so does a speakerphone or a sound server that comes or goes: proof of an older one
counts for nothing, because what it proves may be undone by a command that is still on its way.
Whenever `epoch` is new, the room writes LED and capture for `wanted` and reports what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

CONFIRM_S = 2.0
CONFLICT_S = 0.5  # two people who want the opposite at the same moment


class Mute(StrEnum):
    """The five things that may be said of a microphone."""

    MUTED = "muted"
    MUTING = "muting"
    OPEN = "open"
    UNMUTING = "unmuting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MuteState:
    """What is shown: since when (monotonic seconds), who asked, and why if that is not plain.

    `why`: "" as asked · "not_asked" nobody has · "not_confirmed" no proof within 2 s ·
    "no_led" the same, and it is the LED · "switch" the device's own capture switch is not as
    asked · "offline" not confirmed, and the device is gone · "conflict" somebody else had just
    asked for the opposite.
    """

    mute: Mute
    since: float
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """`by` asked for the microphone to be muted, or open."""

    muted: bool
    by: str


@dataclass(frozen=True, slots=True)
class Led:
    """What became of the LED write for `epoch`: `muted` was written; None: the write failed."""

    muted: bool | None
    epoch: int


class Switch(StrEnum):
    """The capture switches of the devices themselves, read back (ALSA; in the device's own chip).

    Many have none, and a Bluetooth microphone has none: then the capture mute is all there is.
    """

    NONE = "none"
    OFF = "off"  # nothing gets through
    ON = "on"
    UNKNOWN = "unknown"  # there is one, and it cannot be read


@dataclass(frozen=True, slots=True)
class Capture:
    """The capture mute as read back by the screen process once it had done what `epoch` asked.

    `muted` is None while there is nothing to read (no sound server, no source, no answer).
    """

    muted: bool | None
    epoch: int
    switch: Switch = Switch.NONE

    @property
    def silent(self) -> bool | None:
        """Whether nothing can be heard: both say so. An open mute alone makes it False."""
        if not self.muted or self.switch in (Switch.NONE, Switch.OFF):
            return self.muted
        return False if self.switch is Switch.ON else None


@dataclass(frozen=True, slots=True)
class Online:
    """Whether the speakerphone is there, and whether it has a Mute LED.

    A room without a speakerphone says nothing: it starts without LED.
    """

    online: bool
    has_led: bool


@dataclass(frozen=True, slots=True)
class Server:
    """Whether there is a sound server that can be asked. One that is back may have forgotten."""

    there: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """Only time has passed."""


Fact = Wanted | Led | Capture | Online | Server | Passed


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is known, and what it amounts to in `state`."""

    state: MuteState
    wanted: bool | None = None
    by: str = ""
    epoch: int = 0
    asked_at: float = 0.0
    doubt_at: float = 0.0
    conflict: bool = False
    online: bool = True
    has_led: bool = False
    server: bool = False
    led: bool | None = None
    led_failed: bool = False
    capture: bool | None = None
    switch: Switch = Switch.NONE

    @property
    def proven(self) -> bool:
        """Whether the wish for silence is fulfilled, beyond doubt."""
        led = self.led is True or not self.has_led
        return self.wanted is True and self.online and led and self.capture is True


def first(now: float) -> Truth:
    """Return what is known before anything is."""
    return Truth(MuteState(Mute.UNKNOWN, now, "", "not_asked"))


def step(truth: Truth, fact: Fact, now: float) -> Truth:
    """Take one fact; `now` never runs backwards."""
    match fact:
        case Wanted():
            after = _wanted(truth, fact, now)
        case Led() if fact.epoch == truth.epoch:
            after = replace(truth, led=fact.muted, led_failed=fact.muted is None)
        case Capture():
            after = _captured(truth, fact, now)
        case Online() if (fact.online, fact.has_led) != (truth.online, truth.has_led):
            after = _renewed(replace(truth, online=fact.online, has_led=fact.has_led), now)
        case Server() if fact.there is not truth.server:
            after = _renewed(replace(truth, server=fact.there), now)
        case _:
            after = truth
    if truth.proven and not after.proven:
        after = replace(after, doubt_at=now)
    return _shown(after, now)


def due(truth: Truth) -> float | None:
    """Return when `Passed` will change what is shown, if nothing else happens."""
    waiting = truth.state.mute in (Mute.MUTING, Mute.UNMUTING)
    return truth.doubt_at + CONFIRM_S if waiting else None


def toggled(truth: Truth) -> bool:
    """Return what a press on the device asks for: to mute, unless that is so or under way."""
    return truth.state.mute not in (Mute.MUTED, Mute.MUTING)


def _wanted(truth: Truth, fact: Wanted, now: float) -> Truth:
    """Take a wish. Conflicts end muted; asking again for what is under way changes nothing."""
    fresh = now - truth.asked_at <= CONFLICT_S
    if not fact.muted and truth.wanted and fresh and fact.by != truth.by:
        return replace(truth, conflict=True)
    under_way = (Mute.MUTED, Mute.MUTING) if fact.muted else (Mute.OPEN, Mute.UNMUTING)
    if fact.muted is truth.wanted and truth.state.mute in under_way:
        return truth
    asked = replace(truth, wanted=fact.muted, by=fact.by, asked_at=now, conflict=False)
    return _renewed(asked, now)


def _captured(truth: Truth, fact: Capture, now: float) -> Truth:
    """Take a read-back. Whoever else touches the mute, it ends muted.

    Found muted with nobody having asked, or muted by another program while it was open as wanted:
    then muted is what is wanted from now on. Found open although it had been proven muted: a new
    epoch, so that it is muted again. A read-back of an older epoch proves nothing, but *open* is
    believed at once.
    """
    muted, current = fact.silent, fact.epoch == truth.epoch
    truth = replace(truth, switch=fact.switch)
    if truth.wanted is None and muted is not None:
        found = _renewed(replace(truth, wanted=muted, by="found", asked_at=now), now)
        return replace(found, capture=False) if not muted else found
    if truth.wanted and muted is False:
        undone = _renewed(truth, now) if truth.capture else truth
        return replace(undone, capture=False)
    if not current:
        return truth
    if truth.wanted is False and truth.capture is False and muted:
        return _renewed(replace(truth, wanted=True, by="sound", asked_at=now), now)
    return replace(truth, capture=muted)


def _renewed(truth: Truth, now: float) -> Truth:
    """Start a new epoch: nothing is proven any more."""
    return replace(
        truth, epoch=truth.epoch + 1, led=None, led_failed=False, capture=None, doubt_at=now
    )


def _shown(truth: Truth, now: float) -> Truth:
    mute, why = _judged(truth, now)
    shown = truth.state
    since = shown.since if shown.mute is mute else now
    return replace(truth, state=MuteState(mute, since, truth.by, why))


def _judged(truth: Truth, now: float) -> tuple[Mute, str]:
    late = now >= truth.doubt_at + CONFIRM_S  # to the bit what `due` says, or it is due forever
    if truth.wanted is None:
        return Mute.UNKNOWN, "not_asked"
    if truth.wanted:
        if truth.proven:
            return Mute.MUTED, "conflict" if truth.conflict else ""
        return (Mute.OPEN, _missing(truth)) if late else (Mute.MUTING, "")
    if truth.capture is False:
        off = truth.switch is Switch.OFF  # open, but the device lets nothing through
        return Mute.OPEN, "no_led" if truth.led_failed else "switch" if off else ""
    return (Mute.UNKNOWN, "not_confirmed") if late else (Mute.UNMUTING, "")


def _missing(truth: Truth) -> str:
    """Say why silence is not proven: the device, the LED, its switch, or the read-back."""
    if not truth.online:
        return "offline"
    if truth.capture is True and truth.led_failed:
        return "no_led"
    if truth.switch in (Switch.ON, Switch.UNKNOWN):
        return "switch"
    return "not_confirmed"
