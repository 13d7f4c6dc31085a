"""The drill of a display: that it answers, comes on, goes off, and shows what it is told to.

Knows no bytes. It runs on a real projector or television, from `roomctl drill`, and on simulated
ones in the tests. It holds the connection itself, so no room may run on it. What can be seen in the
room is done with consent alone. However it ends, the display is as it was found.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from roomctl.clock import Clock
from roomctl.device import Status
from roomctl.display.driver import displays
from roomctl.display.profile import DisplayTable
from roomctl.display.session import DisplayStatus
from roomctl.drill import DrillSteps, Failed, Finding, Operator, Skipped, Step
from roomctl.errors import PortReason
from roomctl.wire import Connect

ANSWER_S = 45.0  # PJLink: three answers of 10 s, and a greeting
KNOWN_S = 6.0  # until a display that is on has said what it shows
READ_S = 15.0
SLOW_S = 30.0  # beyond what its profile says of warming up and cooling down
_ALLOW = "--power allows it"


class DisplayDrill:
    """One drill of the display `name`; `switches`: it may be seen to do something."""

    def __init__(
        self,
        name: str,
        table: DisplayTable,
        connect: Connect,
        clock: Clock,
        say: Callable[[Step], None],
        operator: Operator | None = None,
        *,
        switches: bool = False,
    ) -> None:
        self._clock, self._operator, self._switches = clock, operator, switches
        self._steps = DrillSteps(f"display.{name}", clock, say)
        (self._display,) = displays({name: table}, connect, clock, self._steps.news.set)
        profile = self._display.profile
        self._slow_s = profile.warm_up_s + profile.cool_down_s + SLOW_S
        self._found, self._showed = DisplayStatus(), DisplayStatus()

    async def run(self) -> bool:
        """Do all steps, each within its time; return whether none failed.

        Cancelled, it puts everything back, and ends.
        """
        async with self._running():
            if not await self._steps.do("answers", self._answers, ANSWER_S + KNOWN_S + 1):
                return False
            self._found = self._display.state
            try:
                await self._steps.do("power", self._power, 2 * self._slow_s + READ_S)
                await self._steps.do("input", self._input, 3 * READ_S)
                await self._steps.do("picture mute", self._picture_mute, 3 * READ_S)
                await self._steps.do("faults", self._faults, READ_S)
            finally:
                if self._switches:
                    await self._steps.do("put back", self._put_back, 2 * self._slow_s)
        return self._steps.passed

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._display.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # The steps.

    async def _answers(self) -> Finding:
        one, began = self._display, self._clock.mono_s()
        hopeless = set(PortReason) - {PortReason.CLOSED}
        await self._steps.until(lambda: self._online or one.health.reason in hopeless, ANSWER_S)
        if not self._online:
            raise Failed(one.health.detail or f"no answer within {ANSWER_S:g} s")
        took_s = self._clock.mono_s() - began
        await self._steps.until(lambda: one.state.model and one.state.lamp_hours, KNOWN_S)
        said = " ".join(filter(None, (one.state.maker, one.state.model)))
        hours = "".join(f", lamp {hours} h" for hours in one.state.lamp_hours)
        words = f"{said or one.profile.name}, {one.state.power}{hours}, after {took_s:.1f} s"
        return Finding(words, {"took_s": round(took_s, 2)})

    @property
    def _online(self) -> bool:
        return self._display.health.status is Status.ONLINE

    async def _power(self) -> Finding:
        state = self._display.state
        if not self._switches:
            if state.power != "on":
                raise Skipped(f"is {state.power}, and would be switched on; {_ALLOW}")
            return Finding("is on")
        took = {}
        if state.power == "on":
            took["off_s"] = await self._switched(False)
        took["on_s"] = await self._switched(True)
        await self._seen("it shows a picture")
        words = ", ".join(f"{key[:-2]} after {s:.0f} s" for key, s in took.items())
        return Finding(words, {key: round(s, 1) for key, s in took.items()})

    async def _switched(self, on: bool) -> float:
        """Switch, and return after how many seconds it says so; what cools down is not off yet."""
        one, began = self._display, self._clock.mono_s()
        await one.power(on)
        wanted = "on" if on else "off"
        if not await self._steps.until(
            lambda: one.state.power == wanted and one.state.requested_on is None, self._slow_s
        ):
            raise Failed(f"told to be {wanted}, it is {one.state.power} after {self._slow_s:g} s")
        return self._clock.mono_s() - began

    async def _input(self) -> Finding:
        one = self._display
        self._must_be_on()
        await self._steps.until(lambda: one.state.input and one.state.inputs, KNOWN_S)
        before, there_are = one.state.input, one.state.inputs
        if before is None:
            raise Skipped("does not report its input")
        self._showed = one.state
        known = f"shows {before}; has {' '.join(there_are) or 'inputs that it does not report'}"
        other = next((each for each in there_are if each != before), None)
        if not self._switches or other is None:
            return Finding(known)
        await self._select(other)
        await self._select(before)
        return Finding(f"{known}; {other}, and {before} again")

    async def _select(self, source: str) -> None:
        await self._display.select(source)
        if not await self._steps.until(lambda: self._display.state.input == source, READ_S):
            raise Failed(f"set to input {source}, it shows {self._display.state.input}")

    async def _picture_mute(self) -> Finding:
        one = self._display
        self._must_be_on()
        await self._steps.until(lambda: one.state.picture_muted is not None, KNOWN_S)
        before = one.state.picture_muted
        if before is None:
            raise Skipped("does not report whether its picture is muted")
        self._showed = one.state
        if not self._switches:
            return Finding("its picture is muted" if before else "its picture is shown")
        await self._mute(not before)
        await self._mute(before)
        return Finding("muted and shown, read back")

    async def _mute(self, muted: bool) -> None:
        await self._display.mute_picture(muted)
        if not await self._steps.until(lambda: self._display.state.picture_muted is muted, READ_S):
            raise Failed(f"its picture was {'muted' if muted else 'shown'}, and it says no")
        await self._seen("its picture is dark" if muted else "its picture is there")

    def _must_be_on(self) -> None:
        if self._display.state.power != "on":
            raise Skipped("is not on")

    async def _faults(self) -> Finding:
        faults = self._display.state.faults
        said = ", ".join(f"{part} {level}" for part, level in sorted(faults.items()))
        if "error" in faults.values():
            raise Failed(f"reports {said}")
        return Finding(f"reports {said}" if said else "reports none")

    async def _put_back(self) -> Finding:
        one, showed = self._display, self._showed
        if one.state.power == "on":
            if showed.picture_muted not in (None, one.state.picture_muted):
                await one.mute_picture(bool(showed.picture_muted))
            if showed.input not in (None, one.state.input):
                await one.select(str(showed.input))
        wanted = self._found.power in ("on", "warming")
        settled = one.state.requested_on is None
        if not settled or one.state.power != ("on" if wanted else "off"):
            await self._switched(wanted)
        return Finding(f"is {one.state.power}, as before")

    async def _seen(self, what: str) -> None:
        if self._operator is not None and not await self._operator.sees(what):
            raise Failed(f"{what}: a person did not see it, although the device reports it")
