"""The drill of a camera: that it answers, moves, stops, goes where it is sent, takes its settings.

Knows no bytes; what each step does stands in `exercises`. It runs on a real camera, from
`roomctl drill`, and on every profile's simulated one in the tests. It holds the port itself, so no
room may run on it. However it ends, the camera is stopped, and stands as it was found.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from roomctl.camera import exercises
from roomctl.camera.driver import Camera
from roomctl.camera.lines import CameraLine, lines
from roomctl.camera.state import CameraState
from roomctl.camera.trace import round_trips
from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.device import Status
from roomctl.drill import Failed, Found, Result, Skipped, Step
from roomctl.errors import PortReason, Refused, RoomctlError, Unsupported
from roomctl.wire import Connect, Record

ANSWER_S = 20.0  # every speed is tried, and a camera that was just powered boots
STEP_S = 45.0
PUT_BACK_S = 20.0
_TICK_S = 0.02
_ROOM_HOLDS_IT = "a room that runs (`roomctl serve`) holds its ports: stop it for the drill"


@dataclass(frozen=True, slots=True)
class Options:
    """What a drill may do beyond what leaves no trace.

    `presets`: overwrite the highest preset that is not `named`. `power`: to standby and back.
    """

    presets: bool = False
    named: frozenset[int] = frozenset()
    power: bool = False


class Drill:
    """One drill of the camera `name`; `say` is told of each step as it ends."""

    def __init__(
        self,
        name: str,
        tables: Mapping[str, CameraTable],
        connect: Connect,
        clock: Clock,
        say: Callable[[Step], None],
    ) -> None:
        """`tables`: the [camera.NAME] of the room, for those that share its line."""
        self._clock, self._say = clock, say
        together = {n: table for n, table in tables.items() if table.url == tables[name].url}
        self._news = asyncio.Event()
        self._line: CameraLine
        (self._line,) = lines(together, connect, clock, self._news.set)
        self._camera = self._line.cameras[name]
        self._found = CameraState()
        self._stood: dict[exercises.Axis, float | None] = {}
        self.steps: list[Step] = []

    @property
    def trace(self) -> tuple[Record, ...]:
        """What was said on the line."""
        return self._line.trace.records()

    @property
    def passed(self) -> bool:
        return all(step.result is not Result.FAILED for step in self.steps)

    async def run(self, options: Options) -> bool:
        """Do all steps, each within its time; return whether none failed.

        Cancelled, it stops the camera and puts it back, and ends.
        """
        async with self._running():
            if not await self._step("answers", self._answers, ANSWER_S + 1):
                return False
            self._found = self._camera.state
            try:
                await self._all(options)
            finally:
                await self._step("put back", self._put_back, PUT_BACK_S)
            await self._step("questions", self._questions, 1.0)
        return self.passed

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._line.run())
        try:
            yield
        finally:
            await self._line.rest()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _all(self, options: Options) -> None:
        if not await self._step("power", partial(exercises.power, self, cycle=options.power)):
            return
        if not await self._step("place", self._noted):
            return
        for name, exercise in self._moves(options).items():
            await self._step(name, exercise)
        for name, exercise in self._settings().items():
            await self._step(name, exercise)

    async def _noted(self) -> Found:
        """Note where it stands; only now, for in standby a camera does not say."""
        await exercises.stop(self)
        await exercises.settled(self, "moves by itself; does it follow people?")
        axes: tuple[exercises.Axis, ...] = ("pan", "tilt", "zoom")
        self._stood = {axis: await exercises.place(self, axis) for axis in axes}
        known: dict[str, float] = {
            axis: round(at, 1) for axis, at in self._stood.items() if at is not None
        }
        words = ", ".join(f"{axis} {at:.1f}" for axis, at in known.items())
        return Found(words or "it does not say in degrees where it stands", known)

    def _moves(self, options: Options) -> dict[str, Callable[[], Awaitable[Found]]]:
        can, steps = set(self._camera.abilities), dict[str, Callable[[], Awaitable[Found]]]()
        if "drive" in can:
            steps["pan"] = partial(exercises.drive, self, "pan")
            steps["tilt"] = partial(exercises.drive, self, "tilt")
        if "zoom" in can:
            steps["zoom"] = partial(exercises.drive, self, "zoom")
            steps["zoom to"] = partial(exercises.zoom_to, self)
        if "goto" in can:
            steps["goto"] = partial(exercises.goto, self)
            steps["relative"] = partial(exercises.relative, self)
            steps["home"] = partial(exercises.home, self)
        if "store" in can:
            steps["preset"] = partial(self._preset, options)
        return steps

    def _settings(self) -> dict[str, Callable[[], Awaitable[Found]]]:
        camera, can = self._camera, set(self._camera.abilities)
        profile = camera.profile
        steps: dict[str, Callable[[], Awaitable[Found]]] = {}
        if "focus" in can:
            steps["focus"] = self._toggled("focus", ("auto", "manual"), camera.focus)
        if "exposure" in can:
            steps["exposure"] = self._toggled("exposure", profile.exposure, camera.exposure)
        if "white_balance" in can:
            modes = tuple(m for m in profile.white_balance if m != "one_push")  # it measures anew
            steps["white balance"] = self._toggled("white_balance", modes, camera.white_balance)
        if "ir_receive" in can:
            steps["remote"] = self._toggled("ir_receive", (True, False), camera.ir_receive)
        if "tally" in can:
            steps["tally"] = partial(exercises.tally, self)
        return steps

    def _toggled(
        self, part: str, values: tuple[object, ...], write: Callable[..., Awaitable[None]]
    ) -> Callable[[], Awaitable[Found]]:
        return partial(exercises.setting, self, lambda state: getattr(state, part), values, write)

    async def _step(
        self, name: str, exercise: Callable[[], Awaitable[Found]], limit_s: float = STEP_S
    ) -> bool:
        """Do one step, and leave the camera stopped; return whether it did not fail."""
        try:
            async with asyncio.timeout(limit_s):
                found = await exercise()
            step = Step(name, Result.OK, found.words, found.numbers)
        except Unsupported as error:
            step = Step(name, Result.SKIPPED, self._without_name(str(error)))
        except TimeoutError:
            step = Step(name, Result.FAILED, f"not over within {limit_s:g} s")
        except Skipped as error:
            step = Step(name, Result.SKIPPED, str(error))
        except RoomctlError as error:
            step = Step(name, Result.FAILED, self._without_name(str(error)))
        if step.result is Result.FAILED:
            self._camera.stop()
        self.steps.append(step)
        self._say(step)
        return step.result is not Result.FAILED

    def _without_name(self, words: str) -> str:
        prefix = f"{self._camera.name}: "
        while words.startswith(prefix):
            words = words.removeprefix(prefix)
        return words

    # The steps that are more than one exercise.

    async def _answers(self) -> Found:
        camera, hopeless = self._camera, set(PortReason) - {PortReason.CLOSED}
        began = self.now()
        await self.until(
            lambda: camera.health.status is Status.ONLINE or camera.health.reason in hopeless,
            ANSWER_S,
            "",
        )
        if camera.health.status is not Status.ONLINE:
            why = camera.health.detail or "its port cannot be opened"
            busy = camera.health.reason == PortReason.BUSY
            raise Failed(f"{why}; {_ROOM_HOLDS_IT}" if busy else why)
        took = self.now() - began
        await self.until(lambda: not camera.state.moving, exercises.SETTLE_S, "moves by itself")
        words = f"{camera.profile.name}{self._firmware()} after {took:.1f} s"
        if camera.unknown_model:
            words += f"; no profile knows {camera.unknown_model}, so only what all share is drilled"
        known = "".join(f"; known: {advisory.what}" for advisory in camera.advisories)
        return Found(words + known, {"took_s": round(took, 2)})

    def _firmware(self) -> str:
        firmware = self._camera.state.firmware
        return f", firmware {firmware}" if firmware else ""

    async def _preset(self, options: Options) -> Found:
        if not options.presets:
            raise Skipped("would overwrite one; --presets allows it")
        free = [number for number in self._camera.presets if number not in options.named]
        if not free:
            raise Skipped("every preset has a name")
        return await exercises.preset(self, free[-1])

    async def _put_back(self) -> Found:
        """Stop, and go where it stood; then, if it was in standby, go there again."""
        camera, stood = self._camera, self._stood
        await exercises.stop(self)
        if any(place is not None for place in stood.values()):
            await camera.goto(stood["pan"], stood["tilt"], stood["zoom"])
        if self._found.focus is not None and camera.state.focus != self._found.focus:
            await camera.focus(self._found.focus)
        await exercises.settled(self, "does not come to rest")
        for axis, place in stood.items():
            if not exercises.near(axis, place, now := await exercises.place(self, axis)):
                raise Failed(f"stood at {axis} {place:.1f}, and is now at {now:.1f}")
        if self._found.power is False:
            await camera.power(False)
            return Found("stopped, and in standby again")
        if stood and stood["pan"] is None:
            return Found("stopped; about where it stood, for its degrees are not known")
        return Found("stopped, and as it stood")

    async def _questions(self) -> Found:
        times_ms = [passed * 1000 for passed in round_trips(self.trace)]
        if not times_ms:
            raise Failed("has answered no question")
        mean, longest = sum(times_ms) / len(times_ms), max(times_ms)
        words = f"{len(times_ms)} answered in {mean:.0f} ms on average, {longest:.0f} ms at most"
        return Found(words, {"mean_ms": round(mean, 1), "max_ms": round(longest, 1)})

    # The Ground of exercises.

    @property
    def camera(self) -> Camera:
        return self._camera

    def now(self) -> float:
        return self._clock.mono_s()

    async def rest(self, seconds: float) -> None:
        """Let time pass; Failed if the camera is lost meanwhile."""
        await asyncio.sleep(seconds)
        if self._camera.health.status is not Status.ONLINE:
            raise Failed(self._camera.health.detail or "was lost")

    async def until(self, fact: Callable[[], bool], limit_s: float, otherwise: str) -> None:
        """Wait until something is so; Failed says what is not, or why the camera is offline."""
        until = self.now() + limit_s
        while not fact():
            if self.now() >= until:
                offline = self._camera.health.status is not Status.ONLINE
                raise Failed((offline and self._camera.health.detail) or otherwise)
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._news.wait()


def drilled(name: str, tables: Mapping[str, CameraTable]) -> str:
    """Return which camera `camera.front`, or `front`, is; Refused names those there are."""
    short = name.removeprefix("camera.")
    if short not in tables:
        known = ", ".join(f"camera.{each}" for each in sorted(tables)) or "none in this room"
        raise Refused("drill", "unknown_device", f"no camera {name!r}; there is: {known}")
    return short
