"""The drill of a camera: that it answers, moves, stops, goes where it is sent, takes its settings.

Knows no bytes. It is for cameras that speak VISCA, and for those over HTTP. It runs on a real one,
from `roomctl drill`, and on every profile's simulated one in the tests. It holds the port itself,
so no room may run on it. However it ends, the camera is stopped, and stands as it was found.

A step does one thing that a technician would want proven; it knows only a camera, and a
`DrillContext` to wait on. It returns what it found, with numbers; it raises Failed, or any error of
the camera's own. Small moves only, so that a lens cap, a cable or a person close by is not in
danger.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Literal, Protocol

from roomctl.camera.camera import Camera
from roomctl.camera.lines import CameraDevice, CameraLine, is_http, lines
from roomctl.camera.profile import CameraTable
from roomctl.camera.protocol import CameraState
from roomctl.camera.tools.trace import round_trips
from roomctl.clock import Clock
from roomctl.device import Status
from roomctl.drill import DrillSteps, Failed, Finding, Skipped, Step
from roomctl.errors import (
    NoReply,
    PortReason,
    Refused,
    UnknownOutcome,
    Unsupported,
)
from roomctl.frozen import frozen
from roomctl.visca.message import PositionLayout, read_position, read_zoom
from roomctl.wire import Connect, Record

PUSH = 0.3  # of the top speed
STEP_DEG, STEP_PCT = 5.0, 10.0
_ENOUGH = {"pan": 2.0, "tilt": 2.0, "zoom": 3.0}  # degrees, per cent
_LONGEST_S = 2.5
_BEAT_S = 0.1
_BLIND_S = 0.5
_STILL_DEG, _STILL_PCT = 0.2, 1.0
_STILL_UNITS = 4  # of thousands; one that stands may still answer one more or less
_TRIES = 2  # a third question without an answer would have it taken for dead
_NEAR_DEG, _NEAR_PCT = 0.5, 2.0
_ROOM_DEG, _ROOM_PCT = 12.0, 15.0  # from an end stop; else it goes the other way first
STOP_S, SETTLE_S, READ_S = 2.0, 6.0, 6.0

AxisName = Literal["pan", "tilt", "zoom"]
_WAYS: Mapping[AxisName, tuple[str, str]] = {
    "pan": ("right", "left"),
    "tilt": ("up", "down"),
    "zoom": ("tele", "wide"),
}
ANSWER_S = 20.0  # every speed is tried, and a camera that was just powered boots
STEP_S = 45.0
PUT_BACK_S = 20.0
_ROOM_HOLDS_IT = "a room that runs (`roomctl serve`) holds its ports: stop it for the drill"


@frozen
class DrillOptions:
    """What a drill may do beyond what leaves no trace.

    `presets`: overwrite the highest preset that is not `named`. `power`: to standby and back.
    """

    presets: bool = False
    named: frozenset[int] = frozenset()
    power: bool = False


class CameraDrill:
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
        self._clock = clock
        self._steps = DrillSteps(name, clock, say)
        together = {n: table for n, table in tables.items() if table.url == tables[name].url}
        self._line: CameraDevice
        made: Sequence[CameraDevice]
        if is_http(tables[name].url):
            from roomctl.camera.http import http_cameras  # its own, and its libraries

            made = http_cameras({name: tables[name]}, connect, clock, self._steps.news.set)
        else:
            made = lines(together, connect, clock, self._steps.news.set)
        (self._line,) = made
        self._camera, self._address = self._line.cameras[name], tables[name].address
        self._found = CameraState()
        self._stood: dict[AxisName, float | None] = {}

    @property
    def trace(self) -> tuple[Record, ...]:
        """What was said on the line."""
        return self._line.trace.records() if self._line.trace is not None else ()

    async def run(self, options: DrillOptions) -> bool:
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
        return self._steps.passed

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._line.run())
        try:
            yield
        finally:
            await self._line.make_safe()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _all(self, options: DrillOptions) -> None:
        if not await self._step("power", partial(power_step, self, cycle=options.power)):
            return
        if not await self._step("place", self._noted):
            return
        for name, exercise in self._moves(options).items():
            await self._step(name, exercise)
        for name, exercise in self._settings().items():
            await self._step(name, exercise)

    async def _noted(self) -> Finding:
        """Note where it stands; only now, for in standby a camera does not say."""
        await stop(self)
        await settled(self, "moves on its own; does it follow people?")
        axes: tuple[AxisName, ...] = ("pan", "tilt", "zoom")
        self._stood = {axis: await place(self, axis) for axis in axes}
        known: dict[str, float] = {
            axis: round(at, 1) for axis, at in self._stood.items() if at is not None
        }
        words = ", ".join(f"{axis} {at:.1f}" for axis, at in known.items())
        return Finding(words or "it does not report its position in degrees", known)

    def _moves(self, options: DrillOptions) -> dict[str, Callable[[], Awaitable[Finding]]]:
        can, steps = set(self._camera.abilities), dict[str, Callable[[], Awaitable[Finding]]]()
        if "drive" in can:
            steps["pan"] = partial(drive_step, self, "pan")
            steps["tilt"] = partial(drive_step, self, "tilt")
        if "zoom" in can:
            steps["zoom"] = partial(drive_step, self, "zoom")
            steps["zoom to"] = partial(zoom_to_step, self)
        if "goto" in can:
            steps["goto"] = partial(goto_step, self)
            steps["relative"] = partial(relative_step, self)
            steps["home"] = partial(home_step, self)
        if "store" in can:
            steps["preset"] = partial(self._preset, options)
        return steps

    def _settings(self) -> dict[str, Callable[[], Awaitable[Finding]]]:
        camera, can = self._camera, set(self._camera.abilities)
        profile = camera.profile
        steps: dict[str, Callable[[], Awaitable[Finding]]] = {}
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
            steps["tally"] = partial(tally_step, self)
        return steps

    def _toggled(
        self, part: str, values: tuple[object, ...], write: Callable[..., Awaitable[None]]
    ) -> Callable[[], Awaitable[Finding]]:
        return partial(setting_step, self, lambda state: getattr(state, part), values, write)

    async def _step(
        self, name: str, exercise: Callable[[], Awaitable[Finding]], limit_s: float = STEP_S
    ) -> bool:
        """Do one step, and leave the camera stopped; return whether it did not fail."""
        done = await self._steps.do(name, exercise, limit_s)
        if not done:
            self._camera.stop()
        return done

    # The steps that are more than one exercise.

    async def _answers(self) -> Finding:
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
        await self.until(lambda: not camera.state.moving, SETTLE_S, "moves on its own")
        words = f"{camera.profile.name}{self._firmware()} after {took:.1f} s"
        if camera.unknown_model:
            words += (
                f"; no profile knows {camera.unknown_model}, so the drill tests only common"
                " functions"
            )
        known = "".join(f"; known: {advisory.what}" for advisory in camera.advisories)
        return Finding(words + known, {"took_s": round(took, 2)})

    def _firmware(self) -> str:
        firmware = self._camera.state.firmware
        return f", firmware {firmware}" if firmware else ""

    async def _preset(self, options: DrillOptions) -> Finding:
        if not options.presets:
            raise Skipped("would overwrite one; --presets allows it")
        free = [number for number in self._camera.presets if number not in options.named]
        if not free:
            raise Skipped("every preset has a name")
        return await preset_step(self, free[-1])

    async def _put_back(self) -> Finding:
        """Stop, and go where it stood; then, if it was in standby, go there again."""
        camera, stood = self._camera, self._stood
        await stop(self)
        if any(at is not None for at in stood.values()):
            await camera.goto(stood["pan"], stood["tilt"], stood["zoom"])
        if self._found.focus is not None and camera.state.focus != self._found.focus:
            await camera.focus(self._found.focus)
        await settled(self, "does not stop")
        for axis, at in stood.items():
            if not near(axis, at, now := await place(self, axis)):
                raise Failed(f"stood at {axis} {at:.1f}, and is now at {now:.1f}")
        if self._found.power is False:
            await camera.power(False)
            return Finding("stopped, and in standby again")
        if stood and stood["pan"] is None:
            return Finding("stopped; near its old position, because its degrees are not known")
        return Finding("stopped, and back at its old position")

    async def _questions(self) -> Finding:
        times_ms = [passed * 1000 for passed in round_trips(self.trace)]
        if not times_ms:
            raise Failed("has answered no question")
        mean, longest = sum(times_ms) / len(times_ms), max(times_ms)
        words = f"{len(times_ms)} answered in {mean:.0f} ms on average, {longest:.0f} ms at most"
        return Finding(words, {"mean_ms": round(mean, 1), "max_ms": round(longest, 1)})

    # The DrillContext of the steps.

    @property
    def camera(self) -> Camera:
        return self._camera

    @property
    def address(self) -> int | None:
        """The camera's number on its line; None: it speaks no VISCA."""
        return self._address if isinstance(self._line, CameraLine) else None

    def now(self) -> float:
        return self._clock.mono_s()

    async def rest(self, seconds: float) -> None:
        """Let time pass; Failed if the camera is lost meanwhile."""
        await asyncio.sleep(seconds)
        if self._camera.health.status is not Status.ONLINE:
            raise Failed(self._camera.health.detail or "was lost")

    async def until(self, fact: Callable[[], bool], limit_s: float, otherwise: str) -> None:
        """Wait until something is so; Failed says what is not, or why the camera is offline."""
        if not await self._steps.until(fact, limit_s):
            offline = self._camera.health.status is not Status.ONLINE
            raise Failed((offline and self._camera.health.detail) or otherwise)


class DrillContext(Protocol):
    """Where a drill takes place. `until` raises Failed(otherwise) after `limit_s`."""

    @property
    def camera(self) -> Camera: ...
    @property
    def address(self) -> int | None: ...
    def now(self) -> float: ...
    async def rest(self, seconds: float) -> None: ...
    async def until(self, fact: Callable[[], bool], limit_s: float, otherwise: str) -> None: ...


# Moving until told otherwise.


async def drive_step(on: DrillContext, axis: AxisName) -> Finding:
    """Drive one way and back: it goes where it should, and each time it stops, and stands."""
    start, (low, high) = await place(on, axis), _ends(on, axis)
    margin = _ROOM_PCT if axis == "zoom" else _ROOM_DEG
    first = -1 if start is not None and start > high - margin and start - low > margin else 1
    pushes = [await _push(on, axis, way) for way in (first, -first)]
    numbers = {f"{_way(axis, way)}{_unit(axis)}": went for way, went, _ in pushes if went}
    stop_ms = max(stopped for _, _, stopped in pushes) * 1000
    said = ", ".join(_went(axis, way, went) for way, went, _ in pushes)
    words = f"{said}; each stop taken within {stop_ms:.0f} ms, and it stopped"
    return Finding(words, {**numbers, "stop_ms": round(stop_ms, 1)})


async def _push(on: DrillContext, axis: AxisName, way: int) -> tuple[int, float | None, float]:
    """Drive a little; return the way, how far it went, and after how long the stop was taken."""
    camera, name = on.camera, _way(axis, way)
    before, began = await place(on, axis), on.now()
    while not _far_enough(axis, before, _shown(on, axis), on.now() - began):
        speeds = {"pan": 0.0, "tilt": 0.0, "zoom": 0.0} | {axis: way * PUSH}
        camera.drive(**speeds)
        await on.rest(_BEAT_S)
    stopped_s = await stop(on)
    await settled(on, f"still moves {SETTLE_S:g} s after the stop")
    after = await _standing(on, axis)
    if before is None or after is None:
        return way, None, stopped_s
    went = after - before
    if abs(went) < _still(axis):
        raise Failed(f"driven {name}, it did not move; is something in its way?")
    if went * way < 0:
        wrong = f"driven {name}, it says {went:+.1f}{_sign(axis)}"
        raise Failed(f"{wrong}; 'positive' in profile {camera.profile.name} is wrong")
    return way, went, stopped_s


async def stop(on: DrillContext) -> float:
    """Stop, and return after how many seconds the camera had taken it."""
    asked = on.now()
    on.camera.stop()
    await on.until(
        lambda: not on.camera.stopping, STOP_S, f"did not accept a stop within {STOP_S:g} s"
    )
    return on.now() - asked


async def settled(on: DrillContext, otherwise: str) -> None:
    """Wait until two rounds of questions found it in the same place."""
    await on.until(lambda: not on.camera.state.moving, SETTLE_S, otherwise)


async def _standing(on: DrillContext, axis: AxisName) -> float | None:
    """Return where it stands, having asked twice: it must be the same place."""
    if on.address is None:
        return _shown(on, axis)  # it was looked at until it stood
    at = await _units(on, axis)
    await on.rest(_BLIND_S)
    now = await _units(on, axis)
    if at is not None and now is not None and abs(now - at) > _STILL_UNITS:
        raise Failed(f"crept on by {now - at:+d} units after the stop")
    return _in_words(on, axis, now)


async def place(on: DrillContext, axis: AxisName) -> float | None:
    """Ask where it is, in degrees or per cent; None: it does not say, or not in those.

    A camera over HTTP has been looked at until it stood.
    """
    if on.address is None:
        return _shown(on, axis)
    return _in_words(on, axis, await _units(on, axis))


async def _units(on: DrillContext, axis: AxisName) -> int | None:
    """Ask where it is, in its own units; None: it does not say."""
    camera, question = on.camera, "04 47" if axis == "zoom" else "06 12"
    if axis == "zoom" and camera.profile.has("no-zoom-inquiry"):
        return None
    for _ in range(_TRIES):
        try:
            answer = await camera.raw(f"8{on.address} 09 {question} FF")
        except (UnknownOutcome, NoReply):
            continue  # it got lost on the way
        except Refused as refused:
            if refused.code == "offline":
                raise
            return None
        try:
            return _read(axis, bytes.fromhex(answer or ""), camera.profile.model.layout)
        except ValueError:
            return None  # another layout than the profile's: nothing to count on
    return None


def _read(axis: AxisName, answer: bytes, layout: PositionLayout) -> int:
    if axis == "zoom":
        return read_zoom(answer)
    return read_position(answer, layout)[axis == "tilt"]


def _in_words(on: DrillContext, axis: AxisName, units: int | None) -> float | None:
    profile = on.camera.profile
    if units is None:
        return None
    if axis == "zoom":
        return profile.zoom.percent(units) if profile.zoom else None
    reach = profile.pan if axis == "pan" else profile.tilt
    return reach.degrees(units) if reach else None


def _far_enough(axis: AxisName, before: float | None, now: float | None, passed_s: float) -> bool:
    if before is None or now is None:
        return passed_s >= _BLIND_S
    return abs(now - before) >= _ENOUGH[axis] or passed_s >= _LONGEST_S


def _shown(on: DrillContext, axis: AxisName) -> float | None:
    """Return where it was when it was last asked by the session."""
    state = on.camera.state
    return {"pan": state.pan_deg, "tilt": state.tilt_deg, "zoom": state.zoom_pct}[axis]


def _ends(on: DrillContext, axis: AxisName) -> tuple[float, float]:
    profile = on.camera.profile
    reach = {"pan": profile.pan, "tilt": profile.tilt, "zoom": None}[axis]
    return (reach.min_deg, reach.max_deg) if reach else (0.0, 100.0)


def _way(axis: AxisName, way: int) -> str:
    return _WAYS[axis][0 if way > 0 else 1]


def _unit(axis: AxisName) -> str:
    return "_pct" if axis == "zoom" else "_deg"


def _sign(axis: AxisName) -> str:
    return " %" if axis == "zoom" else "°"


def _still(axis: AxisName) -> float:
    return _STILL_PCT if axis == "zoom" else _STILL_DEG


def _went(axis: AxisName, way: int, went: float | None) -> str:
    name = _way(axis, way)
    return (
        f"{name} (it does not say how far)" if went is None else f"{name} {went:+.1f}{_sign(axis)}"
    )


# Going to places.


async def goto_step(on: DrillContext) -> Finding:
    """Go to an angle beside this one and back: it arrives, and says the same."""
    pan, tilt = await place(on, "pan"), await place(on, "tilt")
    if pan is None or tilt is None:
        raise Failed("does not report its position")
    targets = ((_beside(on, "pan", pan), _beside(on, "tilt", tilt)), (pan, tilt))
    errors: list[float] = []
    for to_pan, to_tilt in targets:
        await on.camera.goto(to_pan, to_tilt)
        errors.append(abs(await _arrival(on, "pan", to_pan) - to_pan))
        errors.append(abs(await _arrival(on, "tilt", to_tilt) - to_tilt))
    return Finding(f"there and back, within {max(errors):.2f}°", {"off_deg": round(max(errors), 2)})


async def relative_step(on: DrillContext) -> Finding:
    """Go a step from here and back."""
    pan = await place(on, "pan")
    if pan is None:
        raise Failed("does not report its position")
    step = _beside(on, "pan", pan) - pan
    await on.camera.relative(step, 0.0)
    there = await _arrival(on, "pan", pan + step)
    await on.camera.relative(-step, 0.0)
    await _arrival(on, "pan", pan)
    return Finding(f"{there - pan:+.1f}° and back", {"step_deg": round(there - pan, 2)})


async def home_step(on: DrillContext) -> Finding:
    """Go to the middle."""
    began = on.now()
    await on.camera.home()
    took = on.now() - began
    await settled(on, "went home and does not stop")
    pan, tilt = await place(on, "pan"), await place(on, "tilt")
    at = "" if pan is None or tilt is None else f", at {pan:.1f}°, {tilt:.1f}°"
    return Finding(f"there after {took:.1f} s{at}", {"took_s": round(took, 2)})


async def zoom_to_step(on: DrillContext) -> Finding:
    """Zoom to a place beside this one and back."""
    start = await place(on, "zoom")
    if start is None:
        raise Skipped("does not say how far it is zoomed in, so it could not be put back")
    step = -STEP_PCT if start > 100 - STEP_PCT else STEP_PCT
    errors = []
    for pct in (start + step, start):
        await on.camera.zoom_to(pct)
        errors.append(abs(await _arrival(on, "zoom", pct) - pct))
    return Finding(f"{step:+.0f} % and back, within {max(errors):.1f} %", {"off_pct": max(errors)})


async def preset_step(on: DrillContext, number: int) -> Finding:
    """Store the place as a preset, leave it, and be brought back."""
    camera, before = on.camera, {axis: await place(on, axis) for axis in _WAYS}
    await camera.store(number)
    axis: AxisName = "pan" if "drive" in camera.abilities else "zoom"
    at = before[axis] or 0.0
    await _push(on, axis, 1 if _beside(on, axis, at) > at else -1)
    began = on.now()
    await camera.recall(number)
    took = on.now() - began
    await settled(on, "was recalled and does not stop")
    for part, then in before.items():
        if then is not None:
            await _arrival(on, part, then)
    return Finding(f"preset {number} stored, left and recalled in {took:.1f} s", {"took_s": took})


async def _arrival(on: DrillContext, axis: AxisName, wanted: float) -> float:
    """Return where it stands once that is near; some say that they are there before they are."""
    until = on.now() + SETTLE_S
    while not near(axis, wanted, now := await place(on, axis)):
        if on.now() > until:
            raise Failed(
                f"sent to {axis} {wanted:.1f}{_sign(axis)}, it is at {now:.1f}{_sign(axis)}"
            )
        await on.rest(_BEAT_S)
    if now is None:
        raise Failed("moved, but does not report its position")
    return now


def near(axis: AxisName, wanted: float | None, now: float | None) -> bool:
    """Whether it is where it should be; where it cannot be known, it is taken to be."""
    if wanted is None or now is None:
        return True
    return abs(now - wanted) <= (_NEAR_PCT if axis == "zoom" else _NEAR_DEG)


def _beside(on: DrillContext, axis: AxisName, place: float) -> float:
    """Return a place a step from this one, on the side where there is more room."""
    low, high = _ends(on, axis)
    return place + STEP_DEG if high - place >= place - low else place - STEP_DEG


# Settings.


async def setting_step(
    on: DrillContext,
    read: Callable[[CameraState], object],
    values: Sequence[object],
    write: Callable[..., Awaitable[None]],
) -> Finding:
    """Set something else and back again; each time the camera says so."""
    before = read(on.camera.state)
    if before is None:
        raise Failed("does not report its setting")
    if before not in values or len(values) < 2:
        raise Skipped(f"is set to {_word(before)}, and could not be set to that again")
    other = next(value for value in values if value != before)
    for value in (other, before):
        await write(value)
        await on.until(
            lambda wanted=value: read(on.camera.state) == wanted,  # type: ignore[misc]
            READ_S,
            f"was set to {_word(value)} and says {_word(read(on.camera.state))}",
        )
    return Finding(f"{_word(other)}, and {_word(before)} again")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


async def power_step(on: DrillContext, *, cycle: bool) -> Finding:
    """Be on; with `cycle`, go to standby and come back first."""
    camera, began = on.camera, on.now()
    if camera.state.power is None and "power" not in camera.abilities and on.address is None:
        raise Skipped("does not report its power")
    if camera.state.power is None:
        raise Failed("does not report whether it is on")
    if camera.state.power and not cycle:
        return Finding("is on")
    if camera.state.power:
        await camera.power(False)
        await on.until(lambda: camera.state.power is False, READ_S, "does not go to standby")
        began = on.now()
    await camera.power(True)
    limit_s = camera.profile.timing.boot_s
    await on.until(lambda: camera.state.power is True, limit_s, "does not switch on")
    took = on.now() - began
    return Finding(f"switched on in {took:.1f} s", {"took_s": round(took, 1)})


async def tally_step(on: DrillContext) -> Finding:
    """Light each lamp; a person must look, for no camera can be asked."""
    lamps = on.camera.profile.tally
    if lamps is None:
        raise Unsupported(on.camera.name, "tally lamp")
    for light in lamps.lights:
        await on.camera.tally(light)
        await on.rest(_BLIND_S)
    await on.camera.tally(None)
    return Finding(f"{', '.join(lamps.lights)} switched on and off; check that you saw it")
