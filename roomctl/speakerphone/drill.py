"""The drill of a speakerphone: its LEDs, its hook, its echo, its key, and that muted is silence.

Knows no bytes and no sound server. It runs on a real device, from `roomctl drill`, and on every
simulated model in the tests. It holds the port itself, so no room may run on it. However it ends,
the LEDs are off and the microphone is as it was found, or muted.

Each step does one thing that a technician would want proven. It knows only a speakerphone, perhaps
a microphone and somebody who looks, and the drill to wait on; it returns what it found, with
numbers, and raises Failed or Skipped, or any error of the device's own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial

from roomctl.clock import Clock
from roomctl.device import Status
from roomctl.drill import DrillSteps, Failed, Finding, Microphone, Operator, Skipped, Step
from roomctl.errors import DeviceError, PortError, PortReason
from roomctl.speakerphone.description import mute_reports
from roomctl.speakerphone.driver import Speakerphone
from roomctl.speakerphone.hid import ReportLayout, ReportType, Usage, read_descriptor
from roomctl.speakerphone.profile import SpeakerphoneProfile, SpeakerphoneTable
from roomctl.speakerphone.telephony import Leds, Press
from roomctl.wire import Connect

ONLINE_S = 5.0
WRITES, ECHOES = 20, 4
ANSWER_S = 2.5  # the longest that a device is known to take (developer.jabra.com, call control)
PRESS_S = 15.0
LISTEN_S = 2
STEP_S = 60.0  # somebody may have to walk to the device
_AFTER_S = 0.3  # what comes that soon after a report belongs to it
_ROOM_HOLDS_IT = "a room that runs (`roomctl serve`) holds it: stop it for the drill"


class SpeakerphoneDrill:
    """One drill of the speakerphone `name`; `say` is told of each step as it ends."""

    def __init__(
        self,
        name: str,
        table: SpeakerphoneTable,
        profiles: Mapping[str, SpeakerphoneProfile],
        connect: Connect,
        clock: Clock,
        say: Callable[[Step], None],
        *,
        microphone: Microphone | None = None,
        operator: Operator | None = None,
    ) -> None:
        self._clock, self._drill = clock, DrillSteps(name, clock, say)
        self._microphone, self._operator = microphone, operator
        self._presses: list[str] = []
        self._found_muted: bool | None = None
        self._phone = Speakerphone(
            name,
            table.url,
            connect,
            clock,
            self._drill.news.set,
            self._pressed,
            profiles,
            table.profile,
        )

    async def run(self) -> bool:
        """Do all steps, each within its time; return whether none failed.

        Cancelled, it puts everything back, and ends.
        """
        async with self._running():
            if not await self._step("answers", self._answers, ONLINE_S + 1):
                return False
            if self._microphone is not None:
                state = self._phone.state
                self._microphone.use(state.port_path, state.vid, state.pid)
                self._found_muted = self._microphone.muted
            try:
                for name, do in self._steps().items():
                    await self._step(name, do)
            finally:
                await self._step("put back", self._put_back, ONLINE_S)
        return self._drill.passed

    def _steps(self) -> Mapping[str, Callable[[], Awaitable[Finding]]]:
        return {
            "lights": partial(leds, self),
            "handshake": partial(handshake, self),
            "echo": partial(echo, self),
            "writes": partial(writes, self),
            "button": partial(button, self),
            "silence": partial(silence, self),
        }

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._phone.run())
        try:
            yield
        finally:
            await self._phone.make_safe()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _step(
        self, name: str, do: Callable[[], Awaitable[Finding]], limit_s: float = STEP_S
    ) -> bool:
        """Do one step; return whether it did not fail."""
        return await self._drill.do(name, do, limit_s)

    async def _answers(self) -> Finding:
        phone, hopeless = self._phone, set(PortReason) - {PortReason.CLOSED}
        began = self.now()
        await self.until(
            lambda: phone.health.status is Status.ONLINE or phone.health.reason in hopeless,
            ONLINE_S,
        )
        if phone.health.status is not Status.ONLINE:
            why = phone.health.detail or f"not opened within {ONLINE_S:g} s"
            busy = phone.health.reason == PortReason.BUSY
            raise Failed(f"{why}; {_ROOM_HOLDS_IT}" if busy else why)
        state, took = phone.state, self.now() - began
        firmware = f", bcdDevice {state.bcd_device:04x}" if state.bcd_device is not None else ""
        known = "".join(f"; known: {advisory.what}" for advisory in state.advisories)
        words = f"{state.model}{firmware}, profile {state.profile}, after {took:.1f} s{known}"
        return Finding(words, {"took_s": round(took, 2)})

    async def _put_back(self) -> Finding:
        """Put the lights out, and the microphone as it was; muted if nobody knows how that was."""
        await self._phone.write_leds(False, False)
        await self.until(lambda: self._phone.state.off_hook is not True, ANSWER_S)
        if self._microphone is None:
            return Finding("its lights are out, and it is on-hook")
        with contextlib.suppress(PortError, DeviceError):
            await self._microphone.mute(self._found_muted is not False)
        now = {True: "muted", False: "open", None: "not known"}[self._microphone.muted]
        return Finding(f"its lights are out, it is on-hook; its microphone: {now}")

    def _pressed(self, key: str) -> None:
        self._presses.append(key)
        self._drill.news.set()

    @property
    def phone(self) -> Speakerphone:
        return self._phone

    @property
    def layout(self) -> ReportLayout:
        seen = self._phone.description.identity
        return read_descriptor((seen and seen.report_descriptor) or b"")

    @property
    def presses(self) -> Sequence[str]:
        return self._presses

    @property
    def microphone(self) -> Microphone | None:
        return self._microphone

    @property
    def operator(self) -> Operator | None:
        return self._operator

    def now(self) -> float:
        return self._clock.mono_s()

    async def pause(self, seconds: float) -> None:
        """Let time pass; Failed if the device is lost meanwhile."""
        await asyncio.sleep(seconds)
        if self._phone.health.status is not Status.ONLINE:
            raise Failed(self._phone.health.detail or "was lost")

    async def until(self, fact: Callable[[], object], limit_s: float) -> bool:
        """Wait until something is so; return whether it became so in time."""
        return await self._drill.until(fact, limit_s)


async def write_leds(on: SpeakerphoneDrill, muted: bool, off_hook: bool) -> float:
    """Write the LEDs; return the milliseconds that it took."""
    began = on.now()
    await on.phone.write_leds(muted, off_hook)
    return (on.now() - began) * 1000


async def leds(on: SpeakerphoneDrill) -> Finding:
    """Light each LED that a room uses, and put it out; somebody sees it, or it is only written."""
    known = Leds(on.layout, on.phone.profile.mute_led)
    walk = [("off-hook", False, True)] if known.off_hook else []
    walk += [("mute", True, True)] if known.mute else []
    if not walk:
        raise Skipped("it declares no call LED")
    took = []
    for led, muted, off_hook in walk:
        took += [await write_leds(on, muted, off_hook), await write_leds(on, False, False)]
        await write_leds(on, muted, off_hook)
        await _seen(on, f"the {led} light is on")
        await write_leds(on, False, False)
    await _seen(on, "its lights are out")
    names = " and ".join(led for led, _, _ in walk)
    seen = "seen" if on.operator else "written; not checked by a person"
    words = f"{names} on and off, {seen}; at most {max(took):.0f} ms each"
    return Finding(words, {"leds": len(walk), "write_max_ms": round(max(took), 1)})


async def _seen(on: SpeakerphoneDrill, what: str) -> None:
    if on.operator is not None and not await on.operator.sees(what):
        raise Failed(
            f"{what}: a person did not see it; `roomctl speakerphone describe` shows its reports"
        )


async def handshake(on: SpeakerphoneDrill) -> Finding:
    """Go off-hook and on-hook: how soon the device confirms it, if it does."""
    if not on.phone.state.has_hook:
        raise Skipped("it has no hook")
    numbers = {}
    for name, off_hook in (("off_hook_ms", True), ("on_hook_ms", False)):
        began = on.now()
        await on.phone.write_leds(False, off_hook)
        if await on.until(partial(_is_off_hook, on, off_hook), ANSWER_S):
            numbers[name] = round((on.now() - began) * 1000, 1)
    if "off_hook_ms" not in numbers:
        return Finding(f"it does not confirm off-hook within {ANSWER_S:g} s; not every device does")
    said = ", ".join(
        f"{name[:-3].replace('_', '-')} after {ms:.0f} ms" for name, ms in numbers.items()
    )
    return Finding(f"confirms {said}", numbers)


def _is_off_hook(on: SpeakerphoneDrill, target: bool) -> bool:
    return on.phone.state.off_hook is target


async def echo(on: SpeakerphoneDrill) -> Finding:
    """Mute and open it, and learn whether it says so itself; that must never count as a press."""
    if not on.phone.state.has_mute_led:
        raise Skipped("it has no mute LED that it could confirm")
    before, lags = mutes(on), list[float]()
    await on.phone.write_leds(False, True)
    await on.until(partial(_is_off_hook, on, True), ANSWER_S)
    await on.pause(_AFTER_S)
    for turn in range(ECHOES):
        began = on.now()
        await on.phone.write_leds(turn % 2 == 0, True)
        await on.until(partial(_mute_said, on, began), ANSWER_S)
        await on.pause(_AFTER_S)
        lags += [(at - began) * 1000 for at in _mute_said(on, began)[:1]]
    if (counted := mutes(on) - before) > 0:
        raise Failed(f"{counted} reports counted as presses of mute; did somebody touch it?")
    if not lags:
        return Finding("it does not confirm mute", {"echoes": 0, "writes": ECHOES})
    words = f"confirms {len(lags)} of {ECHOES} mute writes, after {max(lags):.0f} ms at most"
    return Finding(
        words, {"echoes": len(lags), "writes": ECHOES, "lag_max_ms": round(max(lags), 1)}
    )


def _mute_said(on: SpeakerphoneDrill, since: float) -> list[float]:
    """Return when the device said *mute* since then."""
    said = mute_reports(on.layout, on.phone.trace.records())
    return [at for at in said if at >= since]


async def writes(on: SpeakerphoneDrill) -> Finding:
    """Write the same state again and again: how long that takes."""
    took = [await write_leds(on, False, False) for _ in range(WRITES)]
    mean = sum(took) / len(took)
    words = f"{WRITES} writes, {mean:.1f} ms on average, {max(took):.1f} ms at most"
    return Finding(words, {"mean_ms": round(mean, 2), "max_ms": round(max(took), 2)})


async def button(on: SpeakerphoneDrill) -> Finding:
    """Somebody presses mute, twice: each is one press, and its LED is the answer."""
    if on.operator is None:
        raise Skipped("this step needs a person to press a key; leave out --yes")
    if not on.layout.find(Usage.PHONE_MUTE, ReportType.INPUT):
        raise Skipped("it has no mute key")
    took = []
    for muted, word in ((True, "mute"), (False, "mute again")):
        before = mutes(on)
        on.operator.told(f"press {word} on the device, within {PRESS_S:g} s")
        if not await on.until(partial(_pressed_since, on, before), PRESS_S):
            raise Failed(f"no press of mute within {PRESS_S:g} s")
        await on.phone.write_leds(muted, False)
        took.append((on.now() - (on.phone.state.last_press_at or on.now())) * 1000)
        await on.pause(ANSWER_S / 5)
        if (count := mutes(on) - before) != 1:
            raise Failed(f"one press of mute counted {count} times")
    words = f"two presses, two reports to the room; each LED followed within {max(took):.0f} ms"
    return Finding(words, {"presses": 2, "answer_max_ms": round(max(took), 1)})


def mutes(on: SpeakerphoneDrill) -> int:
    """Return how often the room was told that somebody pressed mute."""
    return list(on.presses).count(Press.MUTE)


def _pressed_since(on: SpeakerphoneDrill, before: int) -> bool:
    return mutes(on) > before


async def silence(on: SpeakerphoneDrill) -> Finding:
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
        raise Skipped("the sound server reported no level; does it have a microphone?")
    numbers = {"muted_peak_pct": muted, "open_peak_pct": opened}
    if not opened:
        raise Skipped(
            "silent when muted, but also when open, so nothing is proven: speak meanwhile"
        )
    return Finding(f"muted: silence; open: {opened} % of full scale at most", numbers)


async def _muted_peak(on: SpeakerphoneDrill, microphone: Microphone) -> int | None:
    await microphone.mute(True)
    await on.phone.write_leds(True, True)
    return await microphone.peak(LISTEN_S, tone=True)


async def _open_peak(on: SpeakerphoneDrill, microphone: Microphone) -> int | None:
    await on.phone.write_leds(False, True)
    await microphone.mute(False)
    if on.operator is not None:
        on.operator.told("say something")
    return await microphone.peak(LISTEN_S, tone=True)
