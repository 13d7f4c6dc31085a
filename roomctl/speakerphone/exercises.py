"""The exercises of a speakerphone's drill: each does one thing that a technician would want proven.

Knows no loop, no port and no sound server: only a speakerphone, perhaps a microphone and somebody
who looks, and a `Ground` to wait on. An exercise returns what it found, with numbers; it raises
Failed or Skipped, or any error of the device's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from roomctl.drill import Failed, Found, Skipped
from roomctl.errors import DeviceError, PortError
from roomctl.speakerphone.driver import Speakerphone
from roomctl.speakerphone.layout import Direction, Layout
from roomctl.speakerphone.lights import Lights
from roomctl.speakerphone.press import Press
from roomctl.speakerphone.trace import mute_reports
from roomctl.speakerphone.usage import Usage

WRITES, ECHOES = 20, 4
ANSWER_S = 2.5  # the longest that a device is known to take (developer.jabra.com, call control)
PRESS_S = 15.0
LISTEN_S = 2
_AFTER_S = 0.3  # what comes that soon after a report belongs to it


class Microphone(Protocol):
    """The room's microphone as its sound server has it."""

    @property
    def muted(self) -> bool | None: ...
    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None:
        """Mean the sound of this USB device."""
        ...

    async def mute(self, on: bool) -> None:
        """Mute or open it, and wait for the read-back; DeviceError or PortError without one."""
        ...

    async def peak(self, for_s: int, *, tone: bool) -> int | None:
        """Return the highest level in % of full scale; None if nothing was measured."""
        ...


class Operator(Protocol):
    """Somebody at the device."""

    async def sees(self, what: str) -> bool: ...
    def told(self, what: str) -> None: ...


class Ground(Protocol):
    """Where a drill takes place. `until` tells whether it became so within `limit_s`."""

    @property
    def phone(self) -> Speakerphone: ...
    @property
    def layout(self) -> Layout: ...
    @property
    def presses(self) -> Sequence[str]: ...
    @property
    def microphone(self) -> Microphone | None: ...
    @property
    def operator(self) -> Operator | None: ...
    def now(self) -> float: ...
    async def rest(self, seconds: float) -> None: ...
    async def until(self, fact: Callable[[], object], limit_s: float) -> bool: ...


async def show(on: Ground, muted: bool, off_hook: bool) -> float:
    """Write the LEDs; return the milliseconds that it took."""
    began = on.now()
    await on.phone.show(muted, off_hook)
    return (on.now() - began) * 1000


async def lights(on: Ground) -> Found:
    """Light each LED that a room uses, and put it out; somebody sees it, or it is only written."""
    known = Lights(on.layout, on.phone.profile.mute_led)
    walk = [("off-hook", False, True)] if known.off_hook else []
    walk += [("mute", True, True)] if known.mute else []
    if not walk:
        raise Skipped("it declares no LED of a call")
    took = []
    for led, muted, off_hook in walk:
        took += [await show(on, muted, off_hook), await show(on, False, False)]
        await show(on, muted, off_hook)
        await _seen(on, f"the {led} light is on")
        await show(on, False, False)
    await _seen(on, "its lights are out")
    names = " and ".join(led for led, _, _ in walk)
    seen = "seen" if on.operator else "written; nobody looked"
    words = f"{names} on and off, {seen}; at most {max(took):.0f} ms each"
    return Found(words, {"leds": len(walk), "write_max_ms": round(max(took), 1)})


async def _seen(on: Ground, what: str) -> None:
    if on.operator is not None and not await on.operator.sees(what):
        raise Failed(f"{what}: nobody sees that; `roomctl speakerphone describe` tells its reports")


async def handshake(on: Ground) -> Found:
    """Go off-hook and on-hook: how soon the device confirms it, if it does."""
    if not on.phone.state.has_hook:
        raise Skipped("it has no hook")
    numbers = {}
    for name, off_hook in (("off_hook_ms", True), ("on_hook_ms", False)):
        began = on.now()
        await on.phone.show(False, off_hook)
        if await on.until(partial(_is_off_hook, on, off_hook), ANSWER_S):
            numbers[name] = round((on.now() - began) * 1000, 1)
    if "off_hook_ms" not in numbers:
        return Found(f"it does not confirm off-hook within {ANSWER_S:g} s; not every device does")
    said = ", ".join(
        f"{name[:-3].replace('_', '-')} after {ms:.0f} ms" for name, ms in numbers.items()
    )
    return Found(f"confirms {said}", numbers)


def _is_off_hook(on: Ground, wanted: bool) -> bool:
    return on.phone.state.off_hook is wanted


async def echo(on: Ground) -> Found:
    """Mute and open it, and learn whether it says so itself; that must never count as a press."""
    if not on.phone.state.has_mute_led:
        raise Skipped("it has no mute LED that it could confirm")
    before, lags = mutes(on), list[float]()
    await on.phone.show(False, True)
    await on.until(partial(_is_off_hook, on, True), ANSWER_S)
    await on.rest(_AFTER_S)
    for turn in range(ECHOES):
        began = on.now()
        await on.phone.show(turn % 2 == 0, True)
        await on.until(partial(_mute_said, on, began), ANSWER_S)
        await on.rest(_AFTER_S)
        lags += [(at - began) * 1000 for at in _mute_said(on, began)[:1]]
    if (counted := mutes(on) - before) > 0:
        raise Failed(f"{counted} reports counted as presses of mute; did nobody touch it?")
    if not lags:
        return Found("it does not confirm mute", {"echoes": 0, "writes": ECHOES})
    words = f"confirms {len(lags)} of {ECHOES} mute writes, after {max(lags):.0f} ms at most"
    return Found(words, {"echoes": len(lags), "writes": ECHOES, "lag_max_ms": round(max(lags), 1)})


def _mute_said(on: Ground, since: float) -> list[float]:
    """Return when the device said *mute* since then."""
    said = mute_reports(on.layout, on.phone.trace.records())
    return [at for at in said if at >= since]


async def writes(on: Ground) -> Found:
    """Write the same state again and again: how long that takes."""
    took = [await show(on, False, False) for _ in range(WRITES)]
    mean = sum(took) / len(took)
    words = f"{WRITES} writes, {mean:.1f} ms on average, {max(took):.1f} ms at most"
    return Found(words, {"mean_ms": round(mean, 2), "max_ms": round(max(took), 2)})


async def button(on: Ground) -> Found:
    """Somebody presses mute, twice: each is one press, and its LED is the answer."""
    if on.operator is None:
        raise Skipped("nobody is there to press a key; leave out --yes")
    if not on.layout.find(Usage.PHONE_MUTE, Direction.INPUT):
        raise Skipped("it has no mute key")
    took = []
    for muted, word in ((True, "mute"), (False, "mute again")):
        before = mutes(on)
        on.operator.told(f"press {word} on the device, within {PRESS_S:g} s")
        if not await on.until(partial(_pressed_since, on, before), PRESS_S):
            raise Failed(f"no press of mute within {PRESS_S:g} s")
        await on.phone.show(muted, False)
        took.append((on.now() - (on.phone.state.last_press_at or on.now())) * 1000)
        await on.rest(ANSWER_S / 5)
        if (count := mutes(on) - before) != 1:
            raise Failed(f"one press of mute counted {count} times")
    words = f"two presses, two reports to the room; each LED followed within {max(took):.0f} ms"
    return Found(words, {"presses": 2, "answer_max_ms": round(max(took), 1)})


def mutes(on: Ground) -> int:
    """Return how often the room was told that somebody pressed mute."""
    return list(on.presses).count(Press.MUTE)


def _pressed_since(on: Ground, before: int) -> bool:
    return mutes(on) > before


async def silence(on: Ground) -> Found:
    """Muted, the microphone gives digital silence; open, it does not."""
    microphone = on.microphone
    if microphone is None:
        raise Skipped("no [screen] in room.toml, so no sound server that could be measured")
    try:
        muted = await _muted_peak(on, microphone)
        opened = await _open_peak(on, microphone)
    except (PortError, DeviceError) as error:
        raise Skipped(f"nothing could be measured: {error}") from error
    if muted:
        raise Failed(f"muted, its microphone still gives {muted} % of full scale")
    if muted is None or opened is None:
        raise Skipped("the sound server told no level; does it have a microphone?")
    numbers = {"muted_peak_pct": muted, "open_peak_pct": opened}
    if not opened:
        raise Skipped(
            "muted it is silent; open it was too, so that proves nothing: speak meanwhile"
        )
    return Found(f"muted: silence; open: {opened} % of full scale at most", numbers)


async def _muted_peak(on: Ground, microphone: Microphone) -> int | None:
    await microphone.mute(True)
    await on.phone.show(True, True)
    return await microphone.peak(LISTEN_S, tone=True)


async def _open_peak(on: Ground, microphone: Microphone) -> int | None:
    await on.phone.show(False, True)
    await microphone.mute(False)
    if on.operator is not None:
        on.operator.told("say something")
    return await microphone.peak(LISTEN_S, tone=True)
