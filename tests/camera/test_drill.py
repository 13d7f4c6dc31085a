"""The drill, in invented time: on the simulated camera of every profile, and on faulty ones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from roomctl.camera.profile import CameraProfile, CameraTable, shipped
from roomctl.camera.sim.aw import SimAw
from roomctl.camera.sim.onvif import SimOnvif
from roomctl.camera.tools import trace
from roomctl.camera.tools.drill import CameraDrill, DrillOptions
from roomctl.camera.tools.trace import Trace, parse
from roomctl.drill import Result, Step
from roomctl.errors import PortError, PortReason
from roomctl.motion import RequestEnd
from roomctl.secret import Secret
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Port, pair, pump
from tests.camera.replay import replay
from tests.invented import LoopClock, invented

URL = "serial:/dev/ttyUSB0?baud=9600"
PRESETS = DrillOptions(presets=True)


class Site:
    """A room with one camera, and the drill of it."""

    def __init__(self, model: str | CameraProfile = "sony_srg300h") -> None:
        self.clock = LoopClock()
        profile = shipped()[model] if isinstance(model, str) else model
        self.camera = SimCamera(profile)
        self.sim = SimLine([self.camera], 9600)
        self.steps: list[Step] = []
        self.port: Port | None = None
        self.refusal: PortError | None = None
        self._far: list[asyncio.Task[None]] = []
        named = model if isinstance(model, str) else None
        tables = {"front": CameraTable(url=URL, profile=named)}
        self.drill = CameraDrill("front", tables, self._connect, self.clock, self.steps.append)

    async def _connect(self, name: str, url: str) -> Port:
        if self.refusal is not None:
            raise self.refusal
        self.port, far = pair(url, self.clock)
        self._far.append(asyncio.ensure_future(pump(far, self.sim, asyncio.Event(), self.clock)))
        return self.port

    def place(self) -> tuple[float, float, float]:
        self.sim.tick(self.clock.mono_s())
        return self.camera.pan_deg, self.camera.tilt_deg, self.camera.zoom_pct

    def step(self, name: str) -> Step:
        (found,) = (step for step in self.steps if step.name == name)
        return found

    async def during(self, name: str) -> None:
        """Wait until the step before `name` has ended, and the camera moves again."""
        while not (self.steps and self.steps[-1].name == name):
            await asyncio.sleep(0.01)
        while not self.camera.moving:
            await asyncio.sleep(0.01)
            self.sim.tick(self.clock.mono_s())

    async def end(self) -> None:
        for task in self._far:
            task.cancel()
        await asyncio.gather(*self._far, return_exceptions=True)


@contextlib.asynccontextmanager
async def site(model: str | CameraProfile = "sony_srg300h") -> AsyncIterator[Site]:
    made = Site(model)
    try:
        yield made
    finally:
        await made.end()


class HttpSite(Site):
    """The same with a camera over HTTP."""

    def __init__(self, url: str, far: SimAw | SimOnvif) -> None:
        self.clock, self.far = LoopClock(), far
        self.steps, self._far, self.refusal, self.port = [], [], None, None
        table = CameraTable(url=url, user="admin", password=Secret("secret"))
        connect, say = self._connect, self.steps.append
        self.drill = CameraDrill("front", {"front": table}, connect, self.clock, say)

    async def _connect(self, name: str, url: str) -> Port:
        self.port, far = pair(url, self.clock)
        self._far.append(asyncio.ensure_future(pump(far, self.far, asyncio.Event(), self.clock)))
        return self.port


@contextlib.asynccontextmanager
async def http_site(url: str, far: SimAw | SimOnvif) -> AsyncIterator[HttpSite]:
    made = HttpSite(url, far)
    try:
        yield made
    finally:
        await made.end()


def looking(far: SimAw | SimOnvif, now: float) -> tuple[float, ...]:
    far.tick(now)
    return far.place if isinstance(far, SimOnvif) else (far.pan_deg, far.tilt_deg, far.zoom_pct)


@invented
async def test_a_panasonic_over_http_passes_its_drill_and_stands_as_before() -> None:
    far = SimAw()
    far.pan.go(0x9000, 1e6, 0.0)
    far.zoom.go(0x800, 1e6, 0.0)
    async with http_site("aw://camera", far) as s:
        before = looking(far, 1.0)
        assert await s.drill.run(PRESETS)
        assert looking(far, s.clock.mono_s()) == pytest.approx(before, abs=0.2)
        assert {step.name: step.result.value for step in s.steps} == dict.fromkeys(
            (
                *("answers", "power", "place", "pan", "tilt", "zoom", "zoom to", "goto"),
                *("relative", "home", "preset", "focus", "white balance", "tally"),
                *("put back", "questions"),
            ),
            "ok",
        )
        assert s.step("pan").numbers["right_deg"] > 1
        assert s.step("questions").numbers["mean_ms"] >= 0
        written = "\n".join(trace.lines(s.drill.trace, s.clock.now(), {}))
    assert "\tcamera 1: command pan_tilt_drive seq=" in written
    assert "\tcamera 1: reply pan_tilt_position seq=" in written
    assert "secret" not in written
    assert parse(written).sections()[0][0].note == "aw://camera"


@invented
async def test_an_onvif_camera_passes_its_drill_and_its_digest_is_not_kept() -> None:
    far = SimOnvif(("admin", "secret"))
    async with http_site("onvif://camera", far) as s:
        assert await s.drill.run(PRESETS)
        results = {step.name: step.result.value for step in s.steps}
        assert results["power"] == "skipped"
        assert {results[name] for name in ("pan", "tilt", "zoom", "preset", "put back")} == {"ok"}
        assert looking(far, s.clock.mono_s())[2] == pytest.approx(0.0, abs=0.01)
        assert not far.moving
        said = b"".join(record.data for record in s.drill.trace)
        written = "\n".join(trace.lines(s.drill.trace, s.clock.now(), {}))
    assert b"GetStatus" in said
    assert b"Nonce" not in said
    assert "\tcamera 1: command ContinuousMove seq=" in written
    assert "fault=ter:NotAuthorized" in written


@invented
@pytest.mark.parametrize(("url", "far"), [("aw://camera", SimAw), ("onvif://camera", SimOnvif)])
async def test_a_camera_over_http_that_does_not_stop_fails_its_drill(
    url: str, far: type[SimAw] | type[SimOnvif]
) -> None:
    deaf = far()
    deaf.deaf_stops = 1000
    if isinstance(deaf, SimOnvif):
        deaf.ignores_timeout = True
    async with http_site(url, deaf) as s:
        assert not await s.drill.run(DrillOptions())
        assert "still moves" in s.step("pan").words


@pytest.mark.parametrize("model", shipped())
def test_every_profile_passes_its_drill_and_its_camera_stands_as_before(model: str) -> None:
    @invented
    async def drilling() -> None:
        async with site(model) as s:
            assert await s.drill.run(PRESETS), s.steps
            names = [step.name for step in s.steps]
            assert names[:3] == ["answers", "power", "place"]
            assert names[-2:] == ["put back", "questions"]
            assert s.place() == pytest.approx((0, 0, 0), abs=0.6)
            assert not s.camera.moving
            assert s.camera.power
            profile = shipped()[model]
            assert ("goto" in names) == (profile.pan is not None)
            assert ("zoom" in names) == (profile.zoom is not None)
            assert ("preset" in names) == (profile.presets is not None)

    drilling()


@pytest.mark.parametrize("model", ["sony_srg300h", "sony_brc300", "generic"])
def test_the_trace_of_a_drill_replays_and_every_command_ends_as_it_ended(model: str) -> None:
    @invented
    async def drilling() -> None:
        async with site(model) as s:
            await s.drill.run(PRESETS)
            replayed = replay(Trace(s.drill.trace, {"profile": model}))
            assert replayed.divergence is None
            assert {ended.end for ended in replayed.ended} == {RequestEnd.DONE}
            assert len(replayed.ended) >= 5

    drilling()


@invented
async def test_what_the_drill_found_is_said_with_numbers() -> None:
    async with site() as s:
        await s.drill.run(DrillOptions())
        pan, questions = s.step("pan"), s.step("questions")
        assert pan.numbers["right_deg"] > 2
        assert pan.numbers["left_deg"] < -2
        assert 0 < pan.numbers["stop_ms"] < 100
        assert 1 < questions.numbers["mean_ms"] <= questions.numbers["max_ms"] < 100
        assert s.step("goto").numbers["off_deg"] < 0.1


@invented
async def test_a_camera_is_put_back_where_it_stood_with_its_focus_and_settings() -> None:
    async with site() as s:
        body = s.camera.body
        body.go(100.0, 20.0, 0x2000, 300.0, 0.0)
        await asyncio.sleep(5)
        before = s.place()
        assert before[0] == pytest.approx(100)
        assert await s.drill.run(DrillOptions())
        assert s.place() == pytest.approx(before, abs=0.2)
        assert s.step("preset").result is Result.SKIPPED
        assert not body.presets


@invented
async def test_a_camera_in_standby_is_switched_on_and_put_to_standby_again() -> None:
    async with site() as s:
        s.camera.body.power = False
        assert await s.drill.run(DrillOptions())
        assert "switched on in" in s.step("power").words
        assert s.step("pan").result is Result.OK
        assert not s.camera.power


@invented
async def test_power_is_cycled_only_if_wished() -> None:
    async with site() as s:
        assert await s.drill.run(DrillOptions(power=True))
        assert s.step("power").numbers["took_s"] >= 0.9
        assert s.camera.power
    async with site() as s:
        await s.drill.run(DrillOptions())
        assert s.step("power").words == "is on"


@invented
async def test_a_sign_that_is_wrong_in_the_profile_is_named() -> None:
    true = shipped()["sony_srg300h"]
    async with site(true.model_copy(update={"match": ("0001:0513",)})) as s:
        left = true.pan.model_copy(update={"positive": "left"})  # type: ignore[union-attr]
        s.camera.profile = s.camera.body.profile = true.model_copy(update={"pan": left})
        assert not await s.drill.run(DrillOptions())
        assert s.step("pan").result is Result.FAILED
        assert "driven right, it says -" in s.step("pan").words
        assert "'positive' in profile Sony SRG-300H is wrong" in s.step("pan").words
        assert s.step("tilt").result is Result.OK


@invented
async def test_a_camera_that_does_not_take_a_stop_fails_and_is_still_told_to() -> None:
    async with site() as s:
        drilling = asyncio.ensure_future(s.drill.run(DrillOptions()))
        await s.during("place")
        s.camera.silent = True
        assert not await drilling
        assert s.step("pan").result is Result.FAILED
        stops = [frame for _, frame in s.sim.heard if frame.endswith("0303ff")]
        assert len(stops) > 3


@invented
async def test_presets_with_a_name_are_never_overwritten() -> None:
    async with site() as s:
        assert await s.drill.run(DrillOptions(presets=True, named=frozenset(range(9, 17))))
        assert "preset 8 stored" in s.step("preset").words
        assert list(s.camera.presets) == [7]
    async with site() as s:
        await s.drill.run(DrillOptions(presets=True, named=frozenset(range(1, 17))))
        assert s.step("preset").words == "every preset has a name"


@invented
async def test_a_silent_camera_fails_at_the_first_step_which_says_what_to_look_at() -> None:
    async with site() as s:
        s.camera.silent = True
        assert not await s.drill.run(DrillOptions())
        assert [step.name for step in s.steps] == ["answers"]
        assert "is it powered" in s.steps[0].words
        assert s.clock.mono_s() < 25


@pytest.mark.parametrize(
    ("reason", "words"),
    [(PortReason.BUSY, "stop it for the drill"), (PortReason.MISSING, "there is no /dev/ttyUSB0")],
)
def test_a_port_that_cannot_be_opened_ends_the_drill_at_once(
    reason: PortReason, words: str
) -> None:
    @invented
    async def drilling() -> None:
        async with site() as s:
            s.refusal = PortError(URL, "there is no /dev/ttyUSB0", reason)
            assert not await s.drill.run(DrillOptions())
            assert words in s.steps[0].words
            assert s.clock.mono_s() < 1

    drilling()


@invented
async def test_a_line_that_is_lost_on_the_way_fails_the_step_and_ends_within_its_limits() -> None:
    async with site() as s:
        drilling = asyncio.ensure_future(s.drill.run(DrillOptions()))
        await s.during("pan")
        s.refusal = PortError(URL, "is unplugged", PortReason.MISSING)
        assert s.port is not None
        await s.port.close()
        assert not await drilling
        assert s.step("tilt").result is Result.FAILED
        assert s.step("put back").result is Result.FAILED
        assert s.clock.mono_s() < 60


@invented
async def test_an_interrupted_drill_stops_the_camera_and_puts_it_back() -> None:
    async with site() as s:
        drilling = asyncio.ensure_future(s.drill.run(DrillOptions()))
        await s.during("zoom to")
        drilling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drilling
        assert s.steps[-1].name == "put back"
        assert s.steps[-1].result is Result.OK
        assert s.place() == pytest.approx((0, 0, 0), abs=0.2)
        assert not s.camera.moving
