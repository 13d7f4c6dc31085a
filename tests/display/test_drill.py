"""The drill of a display, in invented time: on simulated projectors, and on faulty ones."""

from __future__ import annotations

import asyncio

import pytest

from roomctl.display.drill import DisplayDrill
from roomctl.display.profile import DisplayTable
from roomctl.display.sim import SimDisplay, SimPjLink
from roomctl.drill import Step
from tests.display.serving import Bench
from tests.invented import LoopClock, invented

Steps = dict[str, Step]


class Looking:
    """Somebody in the room, who sees what the display shows."""

    def __init__(self, display: SimDisplay, *, blind: bool) -> None:
        self.display, self.blind = display, blind
        self.asked: list[str] = []

    async def sees(self, what: str) -> bool:
        self.asked.append(what)
        dark = self.display.power != "on" or self.display.picture_muted
        return not self.blind and dark is ("dark" in what)

    def told(self, what: str) -> None:
        pass


async def drilled(
    display: SimDisplay, *, switches: bool, blind: bool = False
) -> tuple[bool, Steps]:
    clock, said = LoopClock(), list[Step]()
    bench = Bench(lambda now: SimPjLink(display, now), clock)
    looking = Looking(display, blind=blind)
    table = DisplayTable(url="tcp://wall")
    drill = DisplayDrill(
        "wall", table, bench.connect, clock, said.append, looking, switches=switches
    )
    passed = await drill.run()
    assert switches or looking.asked == []
    return passed, {step.name: step for step in said}


def results(steps: Steps) -> set[str]:
    return {step.result.value for step in steps.values()}


def lit(**more: object) -> SimDisplay:
    display = SimDisplay(warm_up_s=20, cool_down_s=30)
    display.power = "on"
    for name, value in more.items():
        setattr(display, name, value)
    return display


@invented
async def test_without_consent_it_is_only_asked() -> None:
    display = lit()
    passed, steps = await drilled(display, switches=False)
    assert passed
    assert results(steps) == {"ok"}
    assert list(steps) == ["answers", "power", "input", "picture mute", "faults"]
    assert steps["answers"].words.startswith("roomctl simulated projector, on, lamp 1234 h, after")
    assert steps["input"].words == "shows 11; has 11 31 32"
    assert (display.power, display.input, display.picture_muted) == ("on", "11", False)


@invented
async def test_one_that_is_off_stays_off_without_consent() -> None:
    display = SimDisplay()
    passed, steps = await drilled(display, switches=False)
    assert passed
    assert steps["power"].words == "is off, and would be switched on; --power allows it"
    assert display.power == "off"


@invented
@pytest.mark.parametrize("found", ["on", "off"])
async def test_with_consent_each_thing_is_done_read_back_and_put_back(found: str) -> None:
    display = lit(power=found, input="31")
    passed, steps = await drilled(display, switches=True)
    assert passed, steps
    assert results(steps) == {"ok"}
    assert steps["power"].numbers["on_s"] >= 20
    assert ("off_s" in steps["power"].numbers) is (found == "on")
    assert steps["input"].words == "shows 31; has 11 31 32; 11, and 31 again"
    assert steps["put back"].words == f"is {found}, as before"
    assert (display.power, display.input, display.picture_muted) == (found, "31", False)


@invented
async def test_a_picture_that_nobody_sees_fails_and_is_put_back() -> None:
    display = lit()
    passed, steps = await drilled(display, switches=True, blind=True)
    assert not passed
    assert "a person did not see it" in steps["power"].words
    assert (display.power, display.picture_muted) == ("on", False)


@invented
@pytest.mark.parametrize(("level", "passes"), [("warning", True), ("error", False)])
async def test_faults_are_told_and_an_error_fails(level: str, passes: bool) -> None:
    passed, steps = await drilled(lit(faults={"lamp": level}), switches=False)
    assert (passed, steps["faults"].words) == (passes, f"reports lamp {level}")


@invented
async def test_one_that_does_not_answer_fails_the_first_step() -> None:
    passed, steps = await drilled(lit(dead=True), switches=True)
    assert not passed
    assert list(steps) == ["answers"]
    assert "the other end hung up" in steps["answers"].words


@invented
async def test_cancelled_it_puts_the_display_back() -> None:
    display, clock, said = lit(), LoopClock(), list[Step]()
    bench = Bench(lambda now: SimPjLink(display, now), clock)
    table = DisplayTable(url="tcp://wall")
    drill = DisplayDrill("wall", table, bench.connect, clock, said.append, switches=True)
    running = asyncio.ensure_future(drill.run())
    while display.power != "cooling":
        await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert said[-1].name == "put back"
    assert display.power == "on"
