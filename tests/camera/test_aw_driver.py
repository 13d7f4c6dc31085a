"""AW cameras as the room uses them: real driver and pump, simulated camera, invented time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from roomctl import app
from roomctl.camera.aw.protocol import profile_of
from roomctl.camera.camera import Camera
from roomctl.camera.http import HttpCamera
from roomctl.camera.sim.aw import SimAw
from roomctl.clock import SystemClock
from roomctl.config import parse
from roomctl.errors import ConfigError, PortError, PortReason, Refused, Unsupported
from roomctl.ports.http import KEPT_BACK, HttpAnswer, HttpRequest
from roomctl.room import Dependencies
from roomctl.simulator.cameras import SimulatedHttp
from roomctl.wire import Chunk, Connect, Identity, Port
from tests.invented import invented
from tests.room.rig import House, living, simulated

ROOM = """
[camera.front]
url = "aw://192.0.2.5"
presets = { 1 = "Table" }
"""


class Bench:
    def __init__(self, house: House, end: SimulatedHttp) -> None:
        self.house, self._end = house, end

    @property
    def device(self) -> HttpCamera:
        (device,) = self.house.room._devices.all(HttpCamera)
        return device

    @property
    def front(self) -> Camera:
        return self.device.camera

    def look(self) -> SimAw:
        """Return the camera as it is at this moment."""
        self._end.camera.tick(self.house.room.clock.mono_s())
        return self._end.camera

    async def after(self, seconds: float) -> SimAw:
        await asyncio.sleep(seconds)
        return self.look()

    @property
    def status(self) -> str:
        return self.house.device("camera.front").status


@asynccontextmanager
async def bench(
    model: str = "AW-UE100", *, on: bool = True, more: str = "", lacks: tuple[str, ...] = ()
) -> AsyncIterator[Bench]:
    simulator = simulated(ROOM + more)
    end = simulator.device("camera.front")
    assert isinstance(end, SimulatedHttp)
    end.camera = SimAw(model, on=on)
    end.camera.lacks = frozenset(lacks)
    try:
        async with living(ROOM + more, on=simulator) as house:
            await house.until(
                lambda: house.document.devices and house.device("camera.front").status == "online"
            )
            yield Bench(house, end)
    finally:
        await simulator.close()


@invented
async def test_a_press_on_the_panel_moves_it_and_the_release_stops_it() -> None:
    async with bench() as b:
        await b.house.ask("camera.drive", camera="front", pan=1.0)
        await asyncio.sleep(0.2)
        assert b.look().moving
        assert b.look().pan_deg > 1
        await b.house.until(lambda: b.house.document.cameras[0].moving)
        await b.house.ask("camera.stop", camera="front")
        assert not (await b.after(0.05)).moving
        await b.house.until(lambda: not b.house.document.cameras[0].moving)
        shown = b.house.document.cameras[0].pan_deg
        assert shown == pytest.approx(b.look().pan_deg, abs=0.01)


@invented
async def test_a_finger_that_is_gone_stops_it() -> None:
    async with bench() as b:
        b.front.drive(0.0, 1.0, 1.0, lease_s=0.3)
        assert (await b.after(0.25)).moving
        assert not (await b.after(0.15)).moving


@invented
async def test_it_goes_to_degrees_right_and_up() -> None:
    async with bench() as b:
        reached = await b.front.goto(20.0, -12.5, 50.0)
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((20.0, -12.5), abs=0.01)
        assert b.look().zoom_pct == pytest.approx(50.0, abs=0.1)
        assert (reached.pan_deg, reached.tilt_deg) == pytest.approx((20.0, -12.5), abs=0.01)
        assert reached.clamped == ()

        reached = await b.front.goto(200.0, -60.0, 120.0, speed=0.5)
        assert reached.clamped == ("pan", "tilt", "zoom")
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((175.0, -30.0), abs=0.03)

        await b.front.relative(-100.0, 10.0)
        assert (b.look().pan_deg, b.look().tilt_deg) == pytest.approx((75.0, -20.0), abs=0.05)

        await b.front.home()
        assert (b.look().pan_deg, b.look().tilt_deg) == (0.0, 0.0)


@invented
async def test_one_that_hangs_has_the_end_stops_of_both() -> None:
    async with bench(more='mounting = "ceiling"\n') as b:
        found = b.front.profile
        assert found.tilt is not None
        assert (round(found.tilt.min_deg), round(found.tilt.max_deg)) == (-210, 210)


@invented
async def test_presets_are_its_own_and_count_as_people_do() -> None:
    async with bench() as b:
        await b.front.goto(30.0, 5.0, 20.0)
        await b.front.store(7)
        assert list(b.look().presets) == [6]
        await b.front.home()
        await b.front.recall(7)
        assert b.look().pan_deg == pytest.approx(30.0, abs=0.01)
        assert b.front.state.preset == 7
        assert b.front.presets == tuple(range(1, 101))
        with pytest.raises(Refused, match="preset recall has a value"):
            await b.front.recall(8)


@invented
async def test_focus_white_balance_and_lamps() -> None:
    async with bench() as b:
        with pytest.raises(Refused, match="set it to manual first"):
            b.front.drive(0, 0, 0, focus=1.0)
        await b.front.focus("manual")
        await b.house.until(lambda: b.front.state.focus == "manual")
        before = b.look().focus.at(b.house.room.clock.mono_s())
        b.front.drive(0, 0, 0, focus=1.0)
        await asyncio.sleep(0.5)
        assert b.look().focus.at(b.house.room.clock.mono_s()) < before  # near
        await b.front.focus_to(0.0)
        await b.house.until(lambda: b.front.state.focus_pct == 0.0)

        for mode in ("indoor", "outdoor", "one_push", "auto"):
            await b.front.white_balance(mode)
            await b.house.until(lambda mode=mode: b.front.state.white_balance == mode)
        with pytest.raises(Unsupported, match="it has auto, indoor"):
            await b.front.white_balance("blue")

        await b.front.tally("green")
        assert b.look().lamps == {"red": False, "green": True}
        await b.front.tally("red")
        assert b.look().lamps == {"red": True, "green": False}
        await b.front.tally(None)
        assert b.look().lamps == {"red": False, "green": False}

        for asked in (b.front.exposure("auto"), b.front.ir_receive(True), b.front.tracking(True)):
            with pytest.raises(Unsupported):
                await asked
        with pytest.raises(Unsupported, match="not a VISCA camera"):
            await b.front.raw("8101060100FF")


@invented
async def test_in_standby_it_is_online_and_says_why_it_does_not_move() -> None:
    async with bench(on=False) as b:
        assert b.front.state.power is False
        with pytest.raises(Refused, match="standby; switch it on first"):
            b.front.drive(1.0, 0, 0)
        with pytest.raises(Refused, match="standby; switch it on first"):
            await b.front.goto(10.0, 0.0)
        await b.house.until(lambda: not b.front.state.moving, 1.0)
        await b.front.power(True)
        await b.house.until(lambda: b.look().on and b.front.state.pan_deg is not None)
        await b.front.goto(10.0, 0.0)
        assert b.look().pan_deg == pytest.approx(10.0, abs=0.01)


@invented
async def test_one_that_no_stop_stops_is_an_issue_while_it_moves() -> None:
    async with bench() as b:
        b.look().deaf_stops = 1000
        b.front.drive(0.02, 0, 0, lease_s=0.5)
        issue = ("camera.still_moves", "camera.front")
        await b.house.until(lambda: issue in b.house.issues, 20)
        assert b.status == "online"
        assert b.look().moving
        b.look().deaf_stops = 0
        await b.house.ask("camera.stop", camera="front")
        await b.house.until(lambda: issue not in b.house.issues, 5)
        assert not b.look().moving


@invented
async def test_a_camera_that_is_gone_is_offline_and_stopped_when_it_is_back() -> None:
    async with bench() as b:
        b.front.drive(0.5, 0, 0, lease_s=60)
        assert (await b.after(0.3)).moving
        await b.house.act("camera.front", "unplug")
        await b.house.until(lambda: b.status == "offline")
        assert b.look().moving  # nobody can reach it
        await b.house.act("camera.front", "plug")
        await b.house.until(lambda: b.status == "online")
        assert not b.look().moving


@invented
async def test_a_camera_that_says_nothing_is_offline_and_found_again() -> None:
    async with bench() as b:
        b.look().silent = True
        await b.house.until(lambda: b.status == "offline", 60)
        entry = b.house.device("camera.front")
        assert entry.reason == "no_reply"
        assert "aw://192.0.2.5" in entry.detail
        with pytest.raises(Refused, match="no answer"):
            b.front.drive(1, 0, 0)
        b.look().silent = False
        await b.house.until(lambda: b.status == "online", 60)


@invented
async def test_a_room_that_goes_down_leaves_it_standing() -> None:
    async with bench() as b:
        b.front.drive(0.5, 0, 1.0, lease_s=60)
        assert (await b.after(0.3)).moving
    assert not b.look().moving


@pytest.mark.parametrize(
    ("model", "up_deg", "pan_tilt", "presets", "lights"),
    [
        ("AW-UE100", 210, True, 100, ("red", "green")),
        ("AW-UE70", 90, True, 100, ("red",)),
        ("AW-HE42", 90, True, 100, ("red",)),
        ("AW-HE130", 210, True, 100, ("red",)),
        ("AW-UE40", 210, True, 100, ("red", "green")),
        ("AW-UE4", None, False, 100, ("red",)),
        ("AK-UB300", None, False, None, ("red", "green")),
        ("", 90, True, 100, ("red",)),
    ],
)
def test_a_model_has_what_the_table_says(
    model: str, up_deg: int | None, pan_tilt: bool, presets: int | None, lights: tuple[str, ...]
) -> None:
    found = profile_of(model)
    assert (found.pan_tilt, found.tally and found.tally.lights) == (pan_tilt, lights)
    assert (found.tilt and round(found.tilt.max_deg)) == up_deg
    assert (found.presets and found.presets.count) == presets


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('profile = "generic"', "leave the profile out"),
        ("address = 2", "leave the address out"),
        ('url = "aw://admin:secret@192.0.2.5"', "user and password beside it"),
    ],
)
@invented
async def test_what_means_nothing_is_refused(more: str, why: str) -> None:
    text = ROOM if not more.startswith("url") else "[camera.front]\n"
    config = parse(f"{text}{more}\n", "room.toml", app.TABLES)
    with pytest.raises(ConfigError, match=why) as error:
        app.room(config, Dependencies(simulated(ROOM).connect, clock=SystemClock()))
    assert "secret" not in str(error.value)


def test_a_login_is_for_cameras_that_have_one() -> None:
    with pytest.raises(ConfigError, match="only aw: and onvif: cameras"):
        parse('[camera.front]\nurl = "v4l2:/dev/video0"\nuser = "admin"\n', "room.toml", app.TABLES)


class Guarded:
    """A host that wants a login that nobody has, or in a way in which it does not get it."""

    def __init__(self, url: str, status: int = 401, body: bytes = b"") -> None:
        self.identity = Identity(url=url)
        self._status, self._body = status, body
        self.answers: asyncio.Queue[Chunk] = asyncio.Queue()

    async def read(self) -> Chunk:
        return await self.answers.get()

    async def write(self, data: bytes) -> None:
        number = HttpRequest.decode(data).number
        self.answers.put_nowait(Chunk(HttpAnswer(number, self._status, self._body).encode(), 0.0))

    async def close(self) -> None:
        pass


def counted(opened: list[str]) -> Connect:
    async def connecting(name: str, url: str) -> Port:
        opened.append(url)
        return Guarded(url)

    return connecting


@invented
async def test_a_login_that_is_refused_is_said_once_a_minute_and_shown_nowhere() -> None:
    opened: list[str] = []
    text = f'{ROOM}user = "admin"\npassword = "s3cret/@"\n'.replace("presets", "# presets")
    config = parse(text, "room.toml", app.TABLES)
    assert "s3cret" not in repr(config)
    room = app.room(config, Dependencies(counted(opened), clock=SystemClock()))
    (device,) = room._devices.all(HttpCamera)
    running = asyncio.ensure_future(device.run())
    await asyncio.sleep(50)
    assert opened == ["aw://admin:s3cret%2F%40@192.0.2.5"]
    assert (device.health.reason, device.camera.health.reason) == ("refused", "refused")
    assert "user and password" in (device.health.detail or "")
    assert "s3cret" not in str(device.health)
    await asyncio.sleep(20)
    assert len(opened) == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@invented
@pytest.mark.parametrize("scheme", ["aw", "aw-https", "onvif", "onvif-https"])
async def test_a_login_that_is_kept_back_is_said_with_what_to_write(scheme: str) -> None:
    async def connecting(name: str, url: str) -> Port:
        return Guarded(url, KEPT_BACK, b'asks for a login by Basic; write weakest_login = "basic"')

    text = f'[camera.front]\nurl = "{scheme}://192.0.2.5"\nuser = "admin"\npassword = "s3cret"\n'
    room = app.room(
        parse(text, "room.toml", app.TABLES), Dependencies(connecting, clock=SystemClock())
    )
    (device,) = room._devices.all(HttpCamera)
    running = asyncio.ensure_future(device.run())
    await asyncio.sleep(30)
    assert (device.health.reason, device.camera.health.reason) == ("insecure", "insecure")
    assert 'write weakest_login = "basic"' in (device.health.detail or "")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@invented
async def test_an_error_of_the_port_does_not_name_the_login() -> None:
    async def failing(name: str, url: str) -> Port:
        raise PortError(url, "nobody there", PortReason.MISSING)

    text = f'{ROOM}user = "admin"\npassword = "s3cret"\n'.replace("presets", "# presets")
    room = app.room(
        parse(text, "room.toml", app.TABLES), Dependencies(failing, clock=SystemClock())
    )
    (device,) = room._devices.all(HttpCamera)
    with pytest.raises(PortError) as error:
        await device.attend()
    assert str(error.value) == "aw://192.0.2.5: nobody there"


@invented
async def test_a_deleted_preset_is_gone() -> None:
    async with bench() as b:
        await b.front.store(7)
        await b.house.ask("camera.delete_preset", camera="front", preset=7)
        await b.house.until(lambda: not b.look().presets)


@invented
async def test_its_menu_is_opened_steered_and_closed() -> None:
    async with bench() as b:
        with pytest.raises(Refused, match="open it first"):
            await b.front.menu_key("up")
        await b.front.menu(True)
        await b.house.until(lambda: b.house.document.cameras[0].menu is True)
        for key in ("down", "enter"):
            await b.front.menu_key(key)
        assert b.look().menu_keys == ["DDW:1", "DIT:1"]
        with pytest.raises(Unsupported, match="'back'; it has up, down"):
            await b.front.menu_key("back")
        await b.front.menu(False)
        assert not b.look().menu


@invented
async def test_a_model_that_does_not_know_how_it_hangs_or_has_no_menu_says_so() -> None:
    async with bench(more="flip = true\n", lacks=("#INS", "QUS", "DUS")) as b:
        await b.house.until(lambda: ("camera.not_mounted", "camera.front") in b.house.issues)
        assert b.front.not_kept == {"flip": "unsupported"}
        assert "menu" not in b.house.document.cameras[0].can
        with pytest.raises(Unsupported, match="menu"):
            await b.front.menu(True)


@invented
async def test_old_degrees_are_not_told_of_one_that_does_not_say_where_it_stands() -> None:
    async with bench() as b:
        await b.front.goto(20.0, 0.0)
        assert b.front.state.pan_deg == pytest.approx(20.0, abs=0.1)
        b.look().unanswered = "#APC"
        asked = await b.house.ask("camera.goto", camera="front", pan_deg=-40.0, tilt_deg=0.0)
        assert asked.status == "unknown"
        await b.house.until(lambda: ("camera.unread", "camera.front") in b.house.issues, 20)
        assert (b.front.state.pan_deg, b.front.state.tilt_deg) == (None, None)
        assert b.status == "online"
        assert b.look().pan_deg == pytest.approx(-40.0, abs=0.1)
        await b.house.until(lambda: not b.front.state.moving, 20)
        began = b.house.room.clock.mono_s()
        await asyncio.sleep(200.0)
        often = [at for at, what in b.look().heard if what == "#APC"]
        assert 3 <= sum(at > began for at in often) <= 12
        b.look().unanswered = ""
        await b.house.until(lambda: ("camera.unread", "camera.front") not in b.house.issues, 80)
        assert b.front.state.pan_deg == pytest.approx(-40.0, abs=0.1)
