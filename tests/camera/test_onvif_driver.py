"""ONVIF cameras as the room uses them: real driver and pump, simulated camera, invented time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from roomctl.camera.camera import Camera
from roomctl.camera.http import HttpCamera
from roomctl.camera.sim.onvif import SimOnvif
from roomctl.errors import Refused, Unsupported
from roomctl.simulator.cameras import SimulatedHttp
from tests.invented import invented
from tests.room.rig import House, living, simulated

ROOM = '[camera.front]\nurl = "onvif://192.0.2.6"\nuser = "admin"\npassword = "s3cret/@"\n'


class Bench:
    def __init__(self, house: House, camera: SimOnvif) -> None:
        self.house, self._camera = house, camera

    @property
    def front(self) -> Camera:
        (device,) = self.house.room._devices.all(HttpCamera)
        return device.camera

    def look(self) -> SimOnvif:
        self._camera.tick(self.house.room.clock.mono_s())
        return self._camera

    @property
    def shown(self):
        return self.house.document.cameras[0]


@asynccontextmanager
async def bench(more: str = "") -> AsyncIterator[Bench]:
    simulator = simulated(ROOM + more)
    end = simulator.device("camera.front")
    assert isinstance(end, SimulatedHttp)
    end.camera = SimOnvif(("admin", "s3cret/@"))
    try:
        async with living(ROOM + more, on=simulator) as house:
            await house.until(
                lambda: house.document.devices and house.device("camera.front").status == "online"
            )
            yield Bench(house, end.camera)
    finally:
        await simulator.close()


@invented
async def test_a_press_on_the_panel_moves_it_and_the_release_stops_it() -> None:
    async with bench() as b:
        await b.house.ask("camera.drive", camera="front", pan=1.0)
        await asyncio.sleep(0.2)
        assert b.look().moving
        await b.house.until(lambda: b.shown.moving)
        await b.house.ask("camera.stop", camera="front")
        await asyncio.sleep(0.02)
        assert not b.look().moving
        await b.house.until(lambda: not b.shown.moving)


@invented
async def test_it_is_zoomed_sent_home_and_to_its_presets() -> None:
    async with bench() as b:
        await b.front.zoom_to(40.0)
        assert b.look().place == pytest.approx((0, 0, 0.4))
        assert b.front.state.zoom_pct == 40.0
        await b.front.store(3)
        await b.house.until(lambda: next(iter(b.look().presets.values()))[0] == "3")
        await b.front.home()
        assert b.look().place == (0, 0, 0)
        await b.front.recall(3)
        assert b.look().place == pytest.approx((0, 0, 0.4))
        with pytest.raises(Refused, match="store it first"):
            await b.front.recall(5)
        assert b.front.presets == tuple(range(1, 17))


@invented
async def test_what_onvif_does_not_know_is_not_offered() -> None:
    async with bench() as b:
        assert set(b.shown.can) == {"drive", "zoom", "home", "recall", "store", "delete_preset"}
        for asked in (b.front.goto(1, 1), b.front.power(True), b.front.focus("auto")):
            with pytest.raises(Unsupported):
                await asked


@invented
async def test_a_room_that_goes_down_leaves_it_standing() -> None:
    async with bench() as b:
        b.look().ignores_timeout = True
        b.front.drive(0.5, 0, 1.0, lease_s=60)
        await asyncio.sleep(0.3)
        assert b.look().moving
    assert not b.look().moving


@invented
async def test_a_camera_that_is_gone_is_offline_and_stopped_when_it_is_back() -> None:
    async with bench() as b:
        b.look().ignores_timeout = True
        b.front.drive(0.2, 0, 0, lease_s=60)
        await asyncio.sleep(0.3)
        await b.house.act("camera.front", "unplug")
        await b.house.until(lambda: b.house.device("camera.front").status == "offline")
        assert b.look().moving
        await b.house.act("camera.front", "plug")
        await b.house.until(lambda: b.house.device("camera.front").status == "online")
        assert not b.look().moving


@invented
async def test_a_deleted_preset_is_gone_and_one_that_was_never_stored_is_refused() -> None:
    async with bench() as b:
        await b.front.store(3)
        await b.house.until(lambda: b.front._protocol.connection.presets)
        await b.front.delete(3)
        assert not b.look().presets
        with pytest.raises(Refused, match="preset 9 is empty"):
            await b.front.delete(9)
        for asked in (b.front.backlight(True), b.front.menu(True), b.front.menu_key("up")):
            with pytest.raises(Unsupported):
                await asked


@invented
async def test_an_old_zoom_is_not_told_of_one_that_does_not_say_where_it_stands() -> None:
    async with bench() as b:
        await b.front.zoom_to(20.0)
        assert b.front.state.zoom_pct == pytest.approx(20.0, abs=1)
        b.look().unanswered = "GetStatus"
        asked = await b.house.ask("camera.zoom", camera="front", pct=80.0)
        assert asked.status == "unknown"
        await b.house.until(lambda: ("camera.unread", "camera.front") in b.house.issues, 20)
        assert b.front.state.zoom_pct is None
        assert b.house.device("camera.front").status == "online"
        await b.house.until(lambda: not b.front.state.moving, 20)
        b.look().unanswered = ""
        await b.house.until(lambda: ("camera.unread", "camera.front") not in b.house.issues, 80)
        assert b.front.state.zoom_pct == pytest.approx(80.0, abs=1)


@invented
async def test_one_that_fails_to_say_where_it_stands_is_asked_again() -> None:
    async with bench() as b:
        await b.front.zoom_to(20.0)
        b.look().fails = "GetStatus"
        await b.house.until(lambda: b.front.state.zoom_pct is None, 60)
        b.look().fails = ""
        await b.house.until(lambda: b.front.state.zoom_pct is not None, 80)
