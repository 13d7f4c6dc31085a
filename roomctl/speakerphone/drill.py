"""The drill of a speakerphone: its lights, its hook, its echo, its key, and that muted is silence.

Knows no bytes; what each step does stands in `exercises`. It runs on a real device, from
`roomctl drill`, and on every simulated model in the tests. It holds the port itself, so no room may
run on it. However it ends, the lights are out and the microphone is as it was found, or muted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial

from roomctl.clock import Clock
from roomctl.config import SpeakerphoneTable
from roomctl.device import Status
from roomctl.drill import Failed, Found, Result, Skipped, Step
from roomctl.errors import DeviceError, PortError, PortReason, Refused, RoomctlError
from roomctl.speakerphone import exercises
from roomctl.speakerphone.driver import Speakerphone
from roomctl.speakerphone.exercises import Microphone, Operator
from roomctl.speakerphone.hid import read_descriptor
from roomctl.speakerphone.layout import Layout
from roomctl.speakerphone.profile import SpeakerphoneProfile
from roomctl.wire import Connect

ANSWER_S = 5.0
STEP_S = 60.0  # somebody may have to walk to the device
_TICK_S = 0.02
_ROOM_HOLDS_IT = "a room that runs (`roomctl serve`) holds it: stop it for the drill"


class Drill:
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
        self._clock, self._say = clock, say
        self._microphone, self._operator = microphone, operator
        self._news = asyncio.Event()
        self._presses: list[str] = []
        self._found_muted: bool | None = None
        self._phone = Speakerphone(
            name, table.url, connect, clock, self._news.set, self._pressed, profiles, table.profile
        )
        self.steps: list[Step] = []

    @property
    def passed(self) -> bool:
        return all(step.result is not Result.FAILED for step in self.steps)

    async def run(self) -> bool:
        """Do all steps, each within its time; return whether none failed.

        Cancelled, it puts everything back, and ends.
        """
        async with self._running():
            if not await self._step("answers", self._answers, ANSWER_S + 1):
                return False
            if self._microphone is not None:
                state = self._phone.state
                self._microphone.use(state.port_path, state.vid, state.pid)
                self._found_muted = self._microphone.muted
            try:
                for name, exercise in self._exercises().items():
                    await self._step(name, exercise)
            finally:
                await self._step("put back", self._put_back, ANSWER_S)
        return self.passed

    def _exercises(self) -> Mapping[str, Callable[[], Awaitable[Found]]]:
        return {
            "lights": partial(exercises.lights, self),
            "handshake": partial(exercises.handshake, self),
            "echo": partial(exercises.echo, self),
            "writes": partial(exercises.writes, self),
            "button": partial(exercises.button, self),
            "silence": partial(exercises.silence, self),
        }

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._phone.run())
        try:
            yield
        finally:
            await self._phone.rest()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _step(
        self, name: str, exercise: Callable[[], Awaitable[Found]], limit_s: float = STEP_S
    ) -> bool:
        """Do one step; return whether it did not fail."""
        try:
            async with asyncio.timeout(limit_s):
                found = await exercise()
            step = Step(name, Result.OK, found.words, found.numbers)
        except TimeoutError:
            step = Step(name, Result.FAILED, f"not over within {limit_s:g} s")
        except Skipped as error:
            step = Step(name, Result.SKIPPED, str(error))
        except RoomctlError as error:
            step = Step(name, Result.FAILED, str(error))
        self.steps.append(step)
        self._say(step)
        return step.result is not Result.FAILED

    async def _answers(self) -> Found:
        phone, hopeless = self._phone, set(PortReason) - {PortReason.CLOSED}
        began = self.now()
        await self.until(
            lambda: phone.health.status is Status.ONLINE or phone.health.reason in hopeless,
            ANSWER_S,
        )
        if phone.health.status is not Status.ONLINE:
            why = phone.health.detail or f"not opened within {ANSWER_S:g} s"
            busy = phone.health.reason == PortReason.BUSY
            raise Failed(f"{why}; {_ROOM_HOLDS_IT}" if busy else why)
        state, took = phone.state, self.now() - began
        firmware = f", bcdDevice {state.bcd_device:04x}" if state.bcd_device is not None else ""
        known = "".join(f"; known: {advisory.what}" for advisory in state.advisories)
        words = f"{state.model}{firmware}, profile {state.profile}, after {took:.1f} s{known}"
        return Found(words, {"took_s": round(took, 2)})

    async def _put_back(self) -> Found:
        """Put the lights out, and the microphone as it was; muted if nobody knows how that was."""
        await self._phone.show(False, False)
        await self.until(lambda: self._phone.state.off_hook is not True, exercises.ANSWER_S)
        if self._microphone is None:
            return Found("its lights are out, and it is on-hook")
        with contextlib.suppress(PortError, DeviceError):
            await self._microphone.mute(self._found_muted is not False)
        now = {True: "muted", False: "open", None: "not known"}[self._microphone.muted]
        return Found(f"its lights are out, it is on-hook; its microphone: {now}")

    def _pressed(self, key: str) -> None:
        self._presses.append(key)
        self._news.set()

    # The Ground of exercises.

    @property
    def phone(self) -> Speakerphone:
        return self._phone

    @property
    def layout(self) -> Layout:
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

    async def rest(self, seconds: float) -> None:
        """Let time pass; Failed if the device is lost meanwhile."""
        await asyncio.sleep(seconds)
        if self._phone.health.status is not Status.ONLINE:
            raise Failed(self._phone.health.detail or "was lost")

    async def until(self, fact: Callable[[], object], limit_s: float) -> bool:
        """Wait until something is so; return whether it became so in time."""
        until = self.now() + limit_s
        while not fact():
            if self.now() >= until:
                return False
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._news.wait()
        return True


def drilled(name: str, tables: Mapping[str, SpeakerphoneTable]) -> str:
    """Return which one `speakerphone.table`, or `table`, is; Refused names those there are."""
    short = name.removeprefix("speakerphone.")
    if short not in tables:
        known = ", ".join(f"speakerphone.{each}" for each in sorted(tables)) or "none in this room"
        raise Refused("drill", "unknown_device", f"no speakerphone {name!r}; there is: {known}")
    return short
