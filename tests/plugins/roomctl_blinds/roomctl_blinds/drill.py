"""The drill of blinds: the relay answers, and does what it is told; then they are as before.

`roomctl drill blinds.window` runs it on the real relay, and the self-test in the room. What can be
seen in the room is done only with `--power`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from roomctl.device import Status
from roomctl.drill import DrillSteps, Failed, Finding, Skipped
from roomctl.kind import Context, Drill, DrillSetup
from roomctl_blinds.driver import ANSWER_S, Blinds
from roomctl_blinds.table import BlindsTable

ANSWERS_S = 15.0  # until the relay has answered the first time
TRAVEL_S = 90.0  # from one end to the other: the longest that blinds take
STEP_PCT = 10  # by which they are moved


def make_drill(name: str, tables: Mapping[str, BlindsTable], setup: DrillSetup) -> Drill:
    """Return the drill of the blinds `name`."""
    drill = _BlindsDrill(name, tables[name], setup)
    return Drill(drill.run, "the blinds are back at their old position")


class _BlindsDrill:
    def __init__(self, name: str, table: BlindsTable, setup: DrillSetup) -> None:
        self._may_move = "power" in setup.allowed
        self._operator = setup.operator
        self._steps = DrillSteps(f"blinds.{name}", setup.clock, setup.say)
        news = self._steps.news.set
        self._blinds = Blinds(
            name, table, Context(setup.connect, setup.clock, setup.settings, news)
        )
        self._found_pct: int | None = None

    async def run(self) -> bool:
        """Do all steps, each within its time; return whether none failed."""
        running = asyncio.ensure_future(self._blinds.run())
        try:
            if not await self._steps.do("answers", self._answers, ANSWERS_S + 1):
                return False
            self._found_pct = self._blinds.position_pct
            try:
                await self._steps.do("move", self._move, TRAVEL_S + ANSWER_S)
            finally:
                if self._may_move and self._found_pct is not None:
                    await self._steps.do("put back", self._put_back, TRAVEL_S + ANSWER_S)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return self._steps.passed

    async def _answers(self) -> Finding:
        one = self._blinds
        if not await self._steps.until(lambda: one.health.status is Status.ONLINE, ANSWERS_S):
            raise Failed(one.health.detail or f"no answer within {ANSWERS_S:g} s")
        if one.position_pct is None:
            return Finding("the position is not known")
        return Finding(f"{one.position_pct} % up", {"position_pct": one.position_pct})

    async def _move(self) -> Finding:
        if self._found_pct is None:
            raise Skipped("the relay does not know the position")
        if not self._may_move:
            raise Skipped("would be seen; --power allows it")
        up = self._found_pct < 50
        await self._go_to(self._found_pct + (STEP_PCT if up else -STEP_PCT))
        if self._operator is not None and not await self._operator.sees("the blinds moved"):
            raise Failed("was not seen to move")
        return Finding(f"{STEP_PCT} % {'up' if up else 'down'}, read back")

    async def _put_back(self) -> Finding:
        assert self._found_pct is not None  # else nothing was moved
        await self._go_to(self._found_pct)
        return Finding(f"{self._found_pct} % up, as before")

    async def _go_to(self, position_pct: int) -> None:
        one = self._blinds
        await one.tell("GoToPosition", pos=position_pct)
        if not await self._steps.until(
            lambda: one.position_pct == position_pct and one.moving == "no", TRAVEL_S
        ):
            raise Failed(f"told to go to {position_pct} %, is at {one.position_pct} %")
