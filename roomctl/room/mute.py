"""Whether the microphone is muted: what was requested, what was proven, and nothing else.

Events in, a new `MuteState` out: the one place that decides *muted*. Knows no device, no sound
server and no clock. *Muted* is said only while, for the present request, both the capture mute and
the devices' own capture switches (where there are any) were read back, and once the request is
stored for the next start; if a microphone is heard all the same, it is open at once. The LED is
waited for; one that cannot be written, or is unplugged, is a warning and no open microphone, and so
is a disk that takes no request. Every new request starts a new `generation`, and so does a
speakerphone or a sound server that comes or goes: proof of an older one counts for nothing, because
what it proves may be undone by a command that is still on its way. Whenever `generation` is new,
the room writes LED and capture for `requested` and reports what came of it; whenever `lit` is new,
it writes the LED.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from roomctl.frozen import frozen

CONFIRM_S = 2.0
CONFLICT_S = 0.5  # two people who want the opposite at the same moment
CALL_ENDED = "call_ended:"  # who unmutes a room whose call somebody in it has left
SOUND = "sound"  # another program, or the sound server for a device that was unplugged


class Mute(StrEnum):
    """The five things that may be said of a microphone."""

    MUTED = "muted"
    MUTING = "muting"
    OPEN = "open"
    UNMUTING = "unmuting"
    UNKNOWN = "unknown"


@frozen
class MuteStatus:
    """What is shown: since when (monotonic seconds), who asked, and why if that is not plain.

    `why`: "" as asked · "not_asked" nobody has · "not_confirmed" no proof within 2 s ·
    "led_unavailable" it is so, and no LED shows it, or may show the opposite · "not_stored" it is
    so, and the next start may not know · "switch" the device's own capture switch is not as asked ·
    "heard" the mute was read back, and programs hear the room all the same · "gain" it is open, and
    its gain is 0 % · "offline" not confirmed, and the device is gone · "conflict" somebody else had
    just asked for the opposite.
    """

    mute: Mute
    since: float
    by: str
    why: str


@frozen
class MuteRequested:
    """`by` asked for the microphone to be muted, or open."""

    muted: bool
    by: str


@frozen
class LedWritten:
    """What became of the LED write of `generation`: `muted` was written; None: it failed."""

    muted: bool | None
    generation: int


class Switch(StrEnum):
    """The capture switches of the devices themselves, read back (ALSA; in the device's own chip).

    Many have none, and a Bluetooth microphone has none: then the capture mute is all there is.
    """

    NONE = "none"
    OFF = "off"  # nothing gets through
    ON = "on"
    UNKNOWN = "unknown"  # there is one, and it cannot be read


@frozen
class CaptureRead:
    """The capture mute as read back by the screen process once it had done what was requested.

    `muted` is None while there is nothing to read (no sound server, no source, no answer).
    `turned_down`: the microphone's gain is 0 %, so that an open one hears nothing. `heard`: it was
    muted, and sound came from it; then it is not. `found`: the screen process has just begun, was
    told nothing yet, and keeps the microphone shut until it is; so it was muted before, or open.
    None: it does as it was told.
    """

    muted: bool | None
    generation: int
    switch: Switch = Switch.NONE
    turned_down: bool = False
    heard: bool = False
    found: bool | None = None

    @property
    def silent(self) -> bool | None:
        """Whether nothing can be heard: both say so. An open mute alone makes it False."""
        if not self.muted or self.switch in (Switch.NONE, Switch.OFF):
            return self.muted
        return False if self.switch is Switch.ON else None


@frozen
class SpeakerphoneOnline:
    """Whether the speakerphone is there, and whether it has a Mute LED.

    A room without a speakerphone says nothing: it starts without LED.
    """

    online: bool
    has_led: bool


@frozen
class SoundServerOnline:
    """Whether there is a sound server that can be asked. One that is back may have forgotten."""

    there: bool


@frozen
class RequestStored:
    """What the disk holds for the next start; `muted` None: nothing, or it is being written.

    `failed`: the disk did not take it, or takes too long.
    """

    muted: bool | None
    failed: bool = False


@frozen
class TimePassed:
    """Only time has passed."""


MuteEvent = (
    MuteRequested
    | LedWritten
    | CaptureRead
    | SpeakerphoneOnline
    | SoundServerOnline
    | RequestStored
    | TimePassed
)


@frozen
class MuteState:
    """All that is known, and what it amounts to in `status`."""

    status: MuteStatus
    requested: bool | None = None
    by: str = ""
    generation: int = 0
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
    turned_down: bool = False
    heard: bool = False
    stored: RequestStored | None = None  # None: this room stores nothing

    @property
    def lit(self) -> bool:
        """Whether a Mute LED may be lit: after silence was read back, and while it is."""
        return self.requested is True and self.capture is True

    @property
    def proven(self) -> bool:
        """Whether the request for silence is fulfilled, and shown."""
        return self.lit and self.online and (self.led is True or not self.has_led)

    @property
    def unstored(self) -> bool:
        """Whether the request for silence is on its way to the disk."""
        return self.stored is not None and not (self.stored.muted or self.stored.failed)


def first(now: float, stored: RequestStored | None = None, *, damaged: bool = False) -> MuteState:
    """Return what is known before anything is but what the disk holds.

    What was muted stays muted; so it is, too, if the disk holds what makes no sense (`damaged`).
    """
    state = MuteState(MuteStatus(Mute.UNKNOWN, now, "", "not_asked"), stored=stored)
    if damaged or (stored is not None and stored.muted):
        state = _renewed(replace(state, requested=True, by="found", asked_at=now), now)
    return _shown(state, now)


def step(state: MuteState, event: MuteEvent, now: float) -> MuteState:
    """Take one event; `now` never runs backwards."""
    match event:
        case MuteRequested():
            after = _requested(state, event, now)
        case LedWritten() if event.generation == state.generation:
            after = _lit(state, event.muted)
        case CaptureRead():
            after = _captured(state, event, now)
        case SpeakerphoneOnline() if (event.online, event.has_led) != (state.online, state.has_led):
            after = _renewed(replace(state, online=event.online, has_led=event.has_led), now)
        case SoundServerOnline() if event.there is not state.server:
            after = _renewed(replace(state, server=event.there, heard=False), now)
        case RequestStored():
            after = replace(state, stored=event)
        case _:
            after = state
    if (state.proven and not after.proven) or (after.lit and not state.lit):
        after = replace(after, doubt_at=now)
    return _shown(after, now)


def due(state: MuteState) -> float | None:
    """Return when `TimePassed` will change what is shown, if nothing else happens."""
    waiting = state.status.mute in (Mute.MUTING, Mute.UNMUTING)
    for_the_disk = state.requested and state.lit and state.unstored
    return state.doubt_at + CONFIRM_S if waiting and not for_the_disk else None


def toggled(state: MuteState) -> bool:
    """Return what a press on the device asks for: to mute, unless that is so or under way."""
    return state.status.mute not in (Mute.MUTED, Mute.MUTING)


def _requested(state: MuteState, event: MuteRequested, now: float) -> MuteState:
    """Take a request. Conflicts end muted; so does a press that came with the connection.

    A speakerphone answers only now what an earlier process had told it (USB keeps a report until
    somebody reads it), and what a start has found muted is not opened by that.

    Asking again for what is so, or under way, proves nothing anew; a mute is theirs from then on
    who asked last for it.
    """
    fresh = now - state.asked_at <= CONFLICT_S
    other = event.by not in (state.by, CALL_ENDED)
    if not event.muted and state.requested and fresh and other:
        return replace(state, conflict=True)
    under_way = (Mute.MUTED, Mute.MUTING) if event.muted else (Mute.OPEN, Mute.UNMUTING)
    if event.muted is state.requested and state.status.mute in under_way:
        renewed = replace(state.status, since=now)
        return replace(state, by=event.by, asked_at=now, status=renewed) if event.muted else state
    asked = replace(state, requested=event.muted, by=event.by, asked_at=now, conflict=False)
    return _renewed(asked, now)


def _captured(state: MuteState, event: CaptureRead, now: float) -> MuteState:
    """Take a read-back. Whoever else touches the mute, it ends muted.

    Found muted with nobody having asked, or muted by another program while it was open as
    requested: then muted is what is requested from now on. Found open although it had been proven
    muted: a new generation, so that it is muted again. A read-back of an older generation proves
    nothing, but *open* is believed at once. A screen process that has just begun is told what is
    requested; if nobody has muted as far as the disk knows, that is an open microphone.
    """
    muted, current = event.silent, event.generation == state.generation
    if (event.switch, event.turned_down) != (state.switch, state.turned_down):
        state = replace(state, switch=event.switch, turned_down=event.turned_down)
    if muted is not None and event.heard is not state.heard:
        state = replace(state, heard=event.heard)
    if state.requested is None and muted is not None:
        never = state.stored is None or state.stored.muted is None
        wish = muted if event.found is None else event.found and never
        found = _renewed(replace(state, requested=wish, by="found", asked_at=now), now)
        return replace(found, capture=False) if not muted else found
    if state.requested and muted is False:
        undone = _renewed(state, now) if state.capture else state
        return replace(undone, capture=False)
    if not current:
        return state
    if event.found is not None:
        return _renewed(state, now)
    if state.requested is False and state.capture is False and muted:
        return _renewed(replace(state, requested=True, by=SOUND, asked_at=now), now)
    return state if state.capture is muted else replace(state, capture=muted)


def _lit(state: MuteState, muted: bool | None) -> MuteState:
    failed = muted is None
    if (state.led, state.led_failed) == (muted, failed):
        return state
    return replace(state, led=muted, led_failed=failed)


def _renewed(state: MuteState, now: float) -> MuteState:
    """Start a new generation: nothing is proven any more."""
    return replace(
        state,
        generation=state.generation + 1,
        led=None,
        led_failed=False,
        capture=None,
        doubt_at=now,
    )


def _shown(state: MuteState, now: float) -> MuteState:
    mute, why = _judged(state, now)
    shown = state.status
    if (shown.mute, shown.by, shown.why) == (mute, state.by, why):
        return state
    since = shown.since if shown.mute is mute else now
    return replace(state, status=MuteStatus(mute, since, state.by, why))


def _judged(state: MuteState, now: float) -> tuple[Mute, str]:
    late = now >= state.doubt_at + CONFIRM_S  # to the bit what `due` says, or it is due forever
    if state.requested is None:
        return Mute.UNKNOWN, "not_asked"
    if state.requested:
        if state.lit and (state.proven or not state.online or state.led_failed or late):
            return (Mute.MUTING, "") if state.unstored else (Mute.MUTED, _beware(state))
        if state.heard:
            return Mute.OPEN, "heard"
        return (Mute.OPEN, _missing(state)) if late else (Mute.MUTING, "")
    if state.capture is False:
        off = state.switch is Switch.OFF  # open, but the device lets nothing through
        stale = state.has_led and state.led_failed  # it may still say muted
        hears = "switch" if off else "gain" if state.turned_down else ""
        return Mute.OPEN, hears or ("led_unavailable" if stale else "")
    return (Mute.UNKNOWN, "not_confirmed") if late else (Mute.UNMUTING, "")


def _beware(state: MuteState) -> str:
    """Say what people should know of a microphone that is muted."""
    if state.stored is not None and not state.stored.muted:
        return "not_stored"
    if not state.proven:
        return "led_unavailable"
    return "conflict" if state.conflict else ""


def _missing(state: MuteState) -> str:
    """Say why silence is not proven: the device, its switch, or the read-back."""
    if not state.online:
        return "offline"
    if state.switch in (Switch.ON, Switch.UNKNOWN):
        return "switch"
    return "not_confirmed"
