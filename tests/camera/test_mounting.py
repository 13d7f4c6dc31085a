"""How a camera is mounted: which way its axes turn for people, and how fast they may."""

import asyncio

import pytest

from roomctl.camera.mounting import AS_IT_COMES, TELE, Mounting
from roomctl.camera.protocol import DEAD_ZONE, CameraState
from tests.camera import test_aw_driver, test_onvif_driver, test_uvc_driver
from tests.camera.bench import bench, until
from tests.invented import invented

TURNED = Mounting(invert_pan=True, invert_tilt=True)
INVERTED = "invert_pan = true\ninvert_tilt = true\n"


def test_a_push_is_as_it_comes_unless_the_room_says_otherwise() -> None:
    assert AS_IT_COMES.pushes(0.5, -0.25, 0.0) == (0.5, -0.25)
    assert AS_IT_COMES.degrees(10.0, None) == (10.0, None)


def test_an_axis_that_is_inverted_is_that_both_ways() -> None:
    assert Mounting(invert_pan=True).pushes(0.5, 0.5, 0.0) == (-0.5, 0.5)
    assert Mounting(invert_tilt=True).pushes(0.5, 0.5, 0.0) == (0.5, -0.5)
    assert TURNED.degrees(*TURNED.degrees(12.0, -3.0)) == (12.0, -3.0)
    seen = TURNED.seen(CameraState(pan_deg=0.0, tilt_deg=4.0, zoom_pct=7.0))
    assert str(seen.pan_deg) == "0.0"
    assert (seen.tilt_deg, seen.zoom_pct) == (-4.0, 7.0)


def test_a_cap_is_part_of_the_whole_way_of_a_stick() -> None:
    capped = Mounting(max_speed=0.5)
    assert capped.pushes(1.0, -0.5, None) == (0.5, -0.25)
    assert capped.speed(0.6) == 0.3


def test_it_turns_slower_the_further_it_is_zoomed_in_unless_that_is_not_known() -> None:
    pans = [AS_IT_COMES.pushes(1.0, 0.0, pct)[0] for pct in (0.0, 50.0, 100.0)]
    assert pans == pytest.approx([1.0, TELE**0.5, TELE])
    assert AS_IT_COMES.pushes(1.0, 0.0, None) == (1.0, 0.0)
    assert Mounting(speed_by_zoom=False).pushes(1.0, 0.0, 100.0) == (1.0, 0.0)


def test_a_push_that_moves_it_at_all_moves_it_still() -> None:
    slow = Mounting(max_speed=0.01)
    assert slow.pushes(0.1, -0.1, 100.0) == (DEAD_ZONE, -DEAD_ZONE)
    assert abs(slow.pushes(DEAD_ZONE / 2, 0.0, 100.0)[0]) < DEAD_ZONE


@invented
async def test_an_inverted_camera_is_driven_placed_and_read_as_people_see_it() -> None:
    async with bench(invert_pan=True, invert_tilt=True) as b:
        b.front.drive(0.5, 0.5, 0.0)
        await until(lambda: b.look().pan_deg < -1 and b.look().tilt_deg < -1)
        b.front.stop()
        await until(lambda: not b.front.state.moving)
        assert b.front.state.pan_deg == pytest.approx(-b.look().pan_deg, abs=0.1)
        reached = await b.front.goto(pan_deg=30, tilt_deg=-10)
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((-30, 10), abs=0.1)
        assert (reached.pan_deg, reached.tilt_deg) == pytest.approx((30, -10), abs=0.1)
        await b.front.relative(10, 5)
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((-40, 5), abs=0.2)


@invented
async def test_the_end_stops_of_an_inverted_camera_are_its_own() -> None:
    async with bench(invert_tilt=True) as b:
        reached = await b.front.goto(pan_deg=0, tilt_deg=-95)
        assert reached.clamped == ("tilt",)
        assert reached.tilt_deg == pytest.approx(-90, abs=0.1)  # an SRG-300H: -20 to 90
        assert b.look().tilt_deg == pytest.approx(90, abs=0.1)
        reached = await b.front.goto(pan_deg=0, tilt_deg=25)
        assert reached.clamped == ("tilt",)
        assert b.look().tilt_deg == pytest.approx(-20, abs=0.1)


@invented
async def test_the_lease_of_an_inverted_camera_ends_and_its_stop_stops() -> None:
    async with bench(invert_pan=True) as b:
        b.front.drive(1.0, 0.0, 0.0, lease_s=0.3)
        await asyncio.sleep(0.25)
        assert b.look().moving
        await asyncio.sleep(0.15)
        assert not b.look().moving
        b.front.drive(1.0, 0.0, 0.0, lease_s=0.5)
        await asyncio.sleep(0.1)
        b.front.stop()
        await asyncio.sleep(0.05)
        assert not b.look().moving


@invented
async def test_presets_and_home_of_an_inverted_camera_are_where_they_were() -> None:
    async with bench() as b:
        await b.front.goto(pan_deg=30, tilt_deg=10)
        await b.front.store(1)
        stored = b.look().presets[0]
    async with bench(invert_pan=True, invert_tilt=True) as b:
        b.cameras[0].presets[0] = stored
        await b.front.recall(1)
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((30, 10), abs=0.1)
        await b.front.home()
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((0, 0), abs=0.1)


@invented
async def test_it_turns_no_faster_than_its_cap_however_it_is_asked() -> None:
    async with bench(max_speed_pct=50) as b:
        b.front.drive(1.0, 0.0, 0.0)
        await until(lambda: b.look().moving)
        b.front.stop()
        await b.front.goto(pan_deg=0, tilt_deg=0, speed=1.0)
        frames = [frame for _, frame in b.sim.heard]
        driven = [f[8:10] for f in frames if f.startswith("81010601") and f[12:14] != "03"]
        assert driven[0] == "0e"  # 49 of 101 degrees a second, the nearest to half
        assert next(f[8:10] for f in frames if f.startswith("81010602")) == "0e"


@invented
async def test_a_held_push_is_slower_once_it_is_seen_to_be_zoomed_in() -> None:
    async with bench() as b:
        await until(lambda: b.front.state.zoom_pct == 0)
        b.front.drive(1.0, 0.0, 0.0)
        await asyncio.sleep(0.1)
        await b.front.zoom_to(100)
        b.front.drive(1.0, 0.0, 0.0)
        await asyncio.sleep(0.1)
        b.front.stop()
        frames = [frame for _, frame in b.sim.heard]
        driven = [f[8:10] for f in frames if f.startswith("81010601") and f[12:14] != "03"]
        assert driven == ["18", "08"]  # 101 and 23 degrees a second: the nearest to a fifth


@pytest.mark.parametrize("scheme", ["aw", "onvif", "uvc"])
@invented
async def test_axes_are_inverted_on_every_protocol(scheme: str) -> None:
    rig = {"aw": test_aw_driver, "onvif": test_onvif_driver, "uvc": test_uvc_driver}[scheme]
    async with rig.bench(more=INVERTED) as b:

        def at() -> tuple[float, float]:
            end = b.look()
            return end.place[:2] if scheme == "onvif" else (end.pan_deg, end.tilt_deg)

        b.front.drive(1.0, 0.5, 0.0)
        await asyncio.sleep(0.25)
        assert at()[0] < 0
        assert at()[1] < 0
        b.front.stop()
        await b.house.until(lambda: not b.front.state.moving)
        if scheme != "onvif":
            reached = await b.front.goto(20.0, -10.0)
            assert at() == pytest.approx((-20, 10), abs=0.05)
            assert (reached.pan_deg, reached.tilt_deg) == pytest.approx((20, -10), abs=0.05)
        await b.front.store(1)
        before = at()
        await b.front.home()
        await b.front.recall(1)
        assert at() == pytest.approx(before, abs=0.05)
