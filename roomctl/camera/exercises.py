"""The exercises of a camera's drill: each does one thing that a technician would want proven.

Knows no loop, no port and no bytes: only a camera, and a `Ground` to wait on. An exercise returns
what it found, with numbers; it raises Failed, or any error of the camera's own. Small moves only,
so that a lens cap, a cable or a person close by is not in danger.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol

from roomctl.camera.driver import Camera
from roomctl.camera.state import CameraState
from roomctl.drill import Failed, Found, Skipped
from roomctl.errors import NoReply, Refused, UnknownOutcome, Unsupported
from roomctl.visca.message import Layout, read_position, read_zoom

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

Axis = Literal["pan", "tilt", "zoom"]
_WAYS: Mapping[Axis, tuple[str, str]] = {
    "pan": ("right", "left"),
    "tilt": ("up", "down"),
    "zoom": ("tele", "wide"),
}


class Ground(Protocol):
    """Where a drill takes place. `until` raises Failed(otherwise) after `limit_s`."""

    @property
    def camera(self) -> Camera: ...
    def now(self) -> float: ...
    async def rest(self, seconds: float) -> None: ...
    async def until(self, fact: Callable[[], bool], limit_s: float, otherwise: str) -> None: ...


# Moving until told otherwise.


async def drive(on: Ground, axis: Axis) -> Found:
    """Drive one way and back: it goes where it should, and each time it stops, and stands."""
    start, (low, high) = await place(on, axis), _ends(on, axis)
    margin = _ROOM_PCT if axis == "zoom" else _ROOM_DEG
    first = -1 if start is not None and start > high - margin and start - low > margin else 1
    pushes = [await _push(on, axis, way) for way in (first, -first)]
    numbers = {f"{_way(axis, way)}{_unit(axis)}": went for way, went, _ in pushes if went}
    stop_ms = max(stopped for _, _, stopped in pushes) * 1000
    said = ", ".join(_went(axis, way, went) for way, went, _ in pushes)
    words = f"{said}; each stop taken within {stop_ms:.0f} ms, and it stands"
    return Found(words, {**numbers, "stop_ms": round(stop_ms, 1)})


async def _push(on: Ground, axis: Axis, way: int) -> tuple[int, float | None, float]:
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


async def stop(on: Ground) -> float:
    """Stop, and return after how many seconds the camera had taken it."""
    asked = on.now()
    on.camera.stop()
    await on.until(
        lambda: not on.camera.stopping, STOP_S, f"did not take a stop within {STOP_S:g} s"
    )
    return on.now() - asked


async def settled(on: Ground, otherwise: str) -> None:
    """Wait until two rounds of questions found it in the same place."""
    await on.until(lambda: not on.camera.state.moving, SETTLE_S, otherwise)


async def _standing(on: Ground, axis: Axis) -> float | None:
    """Return where it stands, having asked twice: it must be the same place."""
    at = await _units(on, axis)
    await on.rest(_BLIND_S)
    now = await _units(on, axis)
    if at is not None and now is not None and abs(now - at) > _STILL_UNITS:
        raise Failed(f"crept on by {now - at:+d} units after the stop")
    return _in_words(on, axis, now)


async def place(on: Ground, axis: Axis) -> float | None:
    """Ask where it is, in degrees or per cent; None: it does not say, or not in those."""
    return _in_words(on, axis, await _units(on, axis))


async def _units(on: Ground, axis: Axis) -> int | None:
    """Ask where it is, in its own units; None: it does not say."""
    camera, question = on.camera, "04 47" if axis == "zoom" else "06 12"
    if axis == "zoom" and camera.profile.has("no-zoom-inquiry"):
        return None
    for _ in range(_TRIES):
        try:
            answer = await camera.raw(f"8{camera.address} 09 {question} FF")
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


def _read(axis: Axis, answer: bytes, layout: Layout) -> int:
    if axis == "zoom":
        return read_zoom(answer)
    return read_position(answer, layout)[axis == "tilt"]


def _in_words(on: Ground, axis: Axis, units: int | None) -> float | None:
    profile = on.camera.profile
    if units is None:
        return None
    if axis == "zoom":
        return profile.zoom.percent(units) if profile.zoom else None
    reach = profile.pan if axis == "pan" else profile.tilt
    return reach.degrees(units) if reach else None


def _far_enough(axis: Axis, before: float | None, now: float | None, passed_s: float) -> bool:
    if before is None or now is None:
        return passed_s >= _BLIND_S
    return abs(now - before) >= _ENOUGH[axis] or passed_s >= _LONGEST_S


def _shown(on: Ground, axis: Axis) -> float | None:
    """Return where it was when it was last asked by the session."""
    state = on.camera.state
    return {"pan": state.pan_deg, "tilt": state.tilt_deg, "zoom": state.zoom_pct}[axis]


def _ends(on: Ground, axis: Axis) -> tuple[float, float]:
    profile = on.camera.profile
    reach = {"pan": profile.pan, "tilt": profile.tilt, "zoom": None}[axis]
    return (reach.min_deg, reach.max_deg) if reach else (0.0, 100.0)


def _way(axis: Axis, way: int) -> str:
    return _WAYS[axis][0 if way > 0 else 1]


def _unit(axis: Axis) -> str:
    return "_pct" if axis == "zoom" else "_deg"


def _sign(axis: Axis) -> str:
    return " %" if axis == "zoom" else "°"


def _still(axis: Axis) -> float:
    return _STILL_PCT if axis == "zoom" else _STILL_DEG


def _went(axis: Axis, way: int, went: float | None) -> str:
    name = _way(axis, way)
    return (
        f"{name} (it does not say how far)" if went is None else f"{name} {went:+.1f}{_sign(axis)}"
    )


# Going to places.


async def goto(on: Ground) -> Found:
    """Go to an angle beside this one and back: it arrives, and says the same."""
    pan, tilt = await place(on, "pan"), await place(on, "tilt")
    if pan is None or tilt is None:
        raise Failed("does not say where it stands")
    targets = ((_beside(on, "pan", pan), _beside(on, "tilt", tilt)), (pan, tilt))
    errors: list[float] = []
    for to_pan, to_tilt in targets:
        await on.camera.goto(to_pan, to_tilt)
        errors.append(abs(await _arrival(on, "pan", to_pan) - to_pan))
        errors.append(abs(await _arrival(on, "tilt", to_tilt) - to_tilt))
    return Found(f"there and back, within {max(errors):.2f}°", {"off_deg": round(max(errors), 2)})


async def relative(on: Ground) -> Found:
    """Go a step from here and back."""
    pan = await place(on, "pan")
    if pan is None:
        raise Failed("does not say where it stands")
    step = _beside(on, "pan", pan) - pan
    await on.camera.relative(step, 0.0)
    there = await _arrival(on, "pan", pan + step)
    await on.camera.relative(-step, 0.0)
    await _arrival(on, "pan", pan)
    return Found(f"{there - pan:+.1f}° and back", {"step_deg": round(there - pan, 2)})


async def home(on: Ground) -> Found:
    """Go to the middle."""
    began = on.now()
    await on.camera.home()
    took = on.now() - began
    await settled(on, "went home and does not come to rest")
    pan, tilt = await place(on, "pan"), await place(on, "tilt")
    at = "" if pan is None or tilt is None else f", at {pan:.1f}°, {tilt:.1f}°"
    return Found(f"there after {took:.1f} s{at}", {"took_s": round(took, 2)})


async def zoom_to(on: Ground) -> Found:
    """Zoom to a place beside this one and back."""
    start = await place(on, "zoom")
    if start is None:
        raise Skipped("does not say how far it is zoomed in, so it could not be put back")
    step = -STEP_PCT if start > 100 - STEP_PCT else STEP_PCT
    errors = []
    for pct in (start + step, start):
        await on.camera.zoom_to(pct)
        errors.append(abs(await _arrival(on, "zoom", pct) - pct))
    return Found(f"{step:+.0f} % and back, within {max(errors):.1f} %", {"off_pct": max(errors)})


async def preset(on: Ground, number: int) -> Found:
    """Store the place as a preset, leave it, and be brought back."""
    camera, before = on.camera, {axis: await place(on, axis) for axis in _WAYS}
    await camera.store(number)
    axis: Axis = "pan" if "drive" in camera.abilities else "zoom"
    at = before[axis] or 0.0
    await _push(on, axis, 1 if _beside(on, axis, at) > at else -1)
    began = on.now()
    await camera.recall(number)
    took = on.now() - began
    await settled(on, "was recalled and does not come to rest")
    for part, then in before.items():
        if then is not None:
            await _arrival(on, part, then)
    return Found(f"preset {number} stored, left and recalled in {took:.1f} s", {"took_s": took})


async def _arrival(on: Ground, axis: Axis, wanted: float) -> float:
    """Return where it stands once that is near; some say that they are there before they are."""
    until = on.now() + SETTLE_S
    while not near(axis, wanted, now := await place(on, axis)):
        if on.now() > until:
            raise Failed(
                f"sent to {axis} {wanted:.1f}{_sign(axis)}, it is at {now:.1f}{_sign(axis)}"
            )
        await on.rest(_BEAT_S)
    if now is None:
        raise Failed("went, and does not say where it is")
    return now


def near(axis: Axis, wanted: float | None, now: float | None) -> bool:
    """Whether it is where it should be; where it cannot be known, it is taken to be."""
    if wanted is None or now is None:
        return True
    return abs(now - wanted) <= (_NEAR_PCT if axis == "zoom" else _NEAR_DEG)


def _beside(on: Ground, axis: Axis, place: float) -> float:
    """Return a place a step from this one, on the side where there is more room."""
    low, high = _ends(on, axis)
    return place + STEP_DEG if high - place >= place - low else place - STEP_DEG


# Settings.


async def setting(
    on: Ground,
    read: Callable[[CameraState], object],
    values: Sequence[object],
    write: Callable[..., Awaitable[None]],
) -> Found:
    """Set something else and back again; each time the camera says so."""
    before = read(on.camera.state)
    if before is None:
        raise Failed("does not say how it is set")
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
    return Found(f"{_word(other)}, and {_word(before)} again")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


async def power(on: Ground, *, cycle: bool) -> Found:
    """Be on; with `cycle`, go to standby and come back first."""
    camera, began = on.camera, on.now()
    if camera.state.power is None:
        raise Failed("does not say whether it is on")
    if camera.state.power and not cycle:
        return Found("is on")
    if camera.state.power:
        await camera.power(False)
        await on.until(lambda: camera.state.power is False, READ_S, "does not go to standby")
        began = on.now()
    await camera.power(True)
    limit_s = camera.profile.timing.boot_s
    await on.until(lambda: camera.state.power is True, limit_s, "does not switch on")
    took = on.now() - began
    return Found(f"switched on in {took:.1f} s", {"took_s": round(took, 1)})


async def tally(on: Ground) -> Found:
    """Light each lamp; a person must look, for no camera can be asked."""
    lamps = on.camera.profile.tally
    if lamps is None:
        raise Unsupported(on.camera.name, "tally lamp")
    for light in lamps.lights:
        await on.camera.tally(light)
        await on.rest(_BLIND_S)
    await on.camera.tally(None)
    return Found(f"{', '.join(lamps.lights)} lit and put out; look whether it was so")
