"""Cameras as the room uses them: the real driver and pump, a simulated camera, invented time."""

import asyncio

import pytest

from roomctl.camera import CameraLine, lines
from roomctl.camera.profile import CameraTable
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import ConfigError, Refused, Unsupported
from roomctl.motion import MoveRefusal
from tests.camera.bench import URL, Bench, bench, until
from tests.invented import invented


@invented
async def test_a_camera_is_online_once_it_has_answered_and_says_what_it_is() -> None:
    async with bench() as b:
        assert b.line.name == "camera.front"
        assert b.line.health.status is Status.ONLINE
        assert b.front.profile.name == b.front.state.model == "Sony SRG-300H"
        await until(lambda: b.front.state.zoom_pct is not None)
        assert (b.front.state.pan_deg, b.front.state.power) == (0.0, True)
        assert b.front.abilities == (
            *("drive", "goto", "zoom", "focus", "home", "recall", "store", "delete_preset"),
            *("power", "exposure", "white_balance", "backlight", "exposure_compensation"),
            *("menu", "ir_receive"),
        )
        assert b.front.presets == tuple(range(1, 17))


@invented
async def test_a_drive_whose_holder_is_lost_stops_by_itself() -> None:
    async with bench() as b:
        b.front.drive(0.8, 0.3, 0.5)
        await until(lambda: b.look().moving)
        assert b.front.state.moving
        await until(lambda: not b.look().moving)
        assert b.cameras[0].pan_deg > 0.5
        assert b.cameras[0].zoom_pct > 0.5
        await until(lambda: not b.front.state.moving)
        assert b.front.state.pan_deg == pytest.approx(b.cameras[0].pan_deg, abs=0.1)


@invented
async def test_stop_stops_at_once() -> None:
    async with bench() as b:
        b.front.drive(-1, 0, 1, lease_s=10)
        await until(lambda: b.look().pan_deg < -2)
        asked = b.clock.mono_s()
        b.front.stop()
        await until(lambda: not b.look().moving)
        assert b.cameras[0].stopped_at - asked < 0.15
        assert not any(frame.startswith("8101060100") for _, frame in b.sim.heard)


@pytest.mark.parametrize("value", [0.0, 0.01, 0.03, -0.03, 0.5, -1.0, 7.0])
@invented
async def test_no_push_of_the_stick_makes_a_speed_of_0_or_one_beyond_the_camera(
    value: float,
) -> None:
    async with bench() as b:
        for push in ((value, 0, 0), (0, value, 0), (value, value, value)):
            b.front.drive(*push)
            await asyncio.sleep(0.03)
        b.front.stop()
        await until(lambda: not b.front.stopping)
        drives = [bytes.fromhex(f) for _, f in b.sim.heard if f.startswith("81010601")]
        assert drives
        assert all(1 <= frame[4] <= 0x18 and 1 <= frame[5] <= 0x17 for frame in drives)


@invented
async def test_a_preset_is_stored_and_recalled_and_home_is_the_middle() -> None:
    async with bench() as b:
        b.cameras[0].presets[2] = (30.0, 10.0, 0x1000)
        await b.front.recall(3)
        assert b.look().pan_deg == pytest.approx(30)
        assert b.front.state.preset == 3
        await b.front.store(1)
        assert b.cameras[0].presets[0][0] == pytest.approx(30)
        await b.front.home()
        assert b.look().pan_deg == 0
        assert b.front.state.preset is None


@invented
async def test_a_preset_that_there_is_not_is_refused_with_those_there_are() -> None:
    async with bench(profile="ptzoptics_g2") as b:
        for preset in (0, 91, 129):
            with pytest.raises(Refused, match=r"1-89, 100-127") as refused:
                await b.front.recall(preset)
            assert refused.value.code == "preset_range"


@invented
async def test_what_a_camera_has_not_is_unsupported() -> None:
    async with bench() as b:
        nothing = {"presets": None, "zoom": None, "quirks": ("no-power",), "pan_tilt": False}
        positions = {"pan": None, "tilt": None, "focus": None, "ir_receive": False}
        modes = {"exposure": (), "white_balance": (), "backlight": False, "menu": None}
        modes |= {"exposure_compensation": None}
        bare = b.front.profile.model_copy(update=nothing | positions | modes)
        b.front._protocol._fixed = bare  # no shipped model has so little
        assert (b.front.abilities, b.front.presets) == ((), ())
        for asked, what in (
            (b.front.recall(1), "presets"),
            (b.front.store(1), "presets"),
            (b.front.power(False), "power command"),
            (b.front.home(), "pan and tilt"),
            (b.front.goto(pan_deg=1), "positions in degrees"),
            (b.front.relative(1, 1), "positions in degrees"),
            (b.front.zoom_to(1), "zoom"),
            (b.front.focus("auto"), "focus"),
            (b.front.focus_to(1), "focus"),
            (b.front.exposure("auto"), "exposure mode"),
            (b.front.white_balance("auto"), "white balance"),
            (b.front.ir_receive(False), "lock"),
            (b.front.tally("red"), "tally"),
            (b.front.tracking(True), "tracking"),
        ):
            with pytest.raises(Unsupported, match=f"front: has no {what}"):
                await asked
        for push in ((1, 0, 0, 0), (0, -1, 0, 0), (0, 0, 1, 0), (0, 0, 0, -1)):
            with pytest.raises(Unsupported):
                b.front.drive(*push)


@invented
async def test_standby_and_on_again() -> None:
    async with bench() as b:
        await b.front.power(False)
        await until(lambda: b.front.state.power is False)
        with pytest.raises(Refused, match="in standby") as refused:
            await b.front.home()
        assert refused.value.code == "standby"
        await b.front.power(True)
        await until(lambda: b.front.state.power is True)


@invented
async def test_a_newer_command_or_a_stop_ends_the_wait_for_an_older_one() -> None:
    async with bench() as b:
        b.cameras[0].presets[0] = (170.0, 0.0, 0)
        recalling = asyncio.ensure_future(b.front.recall(1))
        await until(lambda: b.look().moving)
        b.front.stop()
        with pytest.raises(Refused) as refused:
            await recalling
        assert refused.value.code == "stopped"


@invented
async def test_before_it_has_answered_everything_is_refused_at_once() -> None:
    made = Bench("sony_srg300h")
    with pytest.raises(Refused) as refused:
        made.front.drive(1, 0, 0)
    assert refused.value.code == "offline"
    with pytest.raises(Refused):
        await made.front.home()
    made.front.stop()  # never an error: there is nothing it could break


@invented
async def test_one_silent_camera_of_a_line_is_offline_alone_and_comes_back() -> None:
    async with bench("sony_srg300h", "sony_srg300h") as b:
        back = b.line.cameras["back"]
        b.cameras[1].silent = True
        back.stop()  # the soonest way to notice: a stop must be taken within 2 s
        await until(lambda: back.health.status is Status.OFFLINE)
        assert back.health.reason == "no_reply"
        assert "back: no answer" in back.health.detail
        assert b.front.health.status is b.line.health.status is Status.ONLINE
        with pytest.raises(Refused, match="no answer"):
            back.drive(1, 0, 0)
        b.cameras[1].silent = False
        await until(lambda: back.health.status is Status.ONLINE)


@invented
async def test_a_port_that_closes_ends_every_wait_and_is_opened_again() -> None:
    async with bench() as b:
        b.cameras[0].presets[0] = (170.0, 0.0, 0)
        recalling = asyncio.ensure_future(b.front.recall(1))
        await until(lambda: b.look().moving)
        await b.port.close()
        with pytest.raises(Exception, match="may have run"):
            await recalling
        assert b.front.state.pan_deg is None
        await until(lambda: b.front.health.status is Status.OFFLINE)
        assert b.front.health.reason == "closed"
        await until(lambda: b.front.health.status is Status.ONLINE)
        await until(lambda: not b.look().moving)
        assert b.cameras[0].pan_deg < 170


@invented
async def test_rest_leaves_every_camera_standing_still() -> None:
    async with bench("sony_srg300h", "sony_brc300") as b:
        for camera in b.line.cameras.values():
            camera.drive(0.5, 0.5, 0.5, lease_s=30)
        await until(lambda: b.look().moving and b.cameras[1].moving)
        await b.line.make_safe()
        b.look()
        assert not any(camera.moving for camera in b.cameras)


@invented
async def test_rest_waits_no_longer_than_half_a_second_for_a_dead_camera() -> None:
    async with bench() as b:
        b.cameras[0].silent = True
        began = b.clock.mono_s()
        await b.line.make_safe()
        assert 0.45 < b.clock.mono_s() - began < 1.0


@invented
async def test_cameras_with_one_url_share_a_line() -> None:
    tables = {
        "front": CameraTable(url="serial:/dev/a"),
        "back": CameraTable(url="serial:/dev/a", address=2),
        "door": CameraTable(url="tcp://10.0.0.5:5678"),
    }
    made: list[CameraLine] = lines(tables, pytest.fail, SystemClock(), lambda: None)
    assert [line.name for line in made] == ["camera.front", "camera.door"]
    assert list(made[0].cameras) == ["front", "back"]


@invented
async def test_a_profile_that_there_is_not_is_refused_by_name() -> None:
    table = {"front": CameraTable(url=URL, profile="sony_srg3000")}
    with pytest.raises(ConfigError, match="sony_srg300h"):
        lines(table, pytest.fail, SystemClock(), lambda: None)


@invented
async def test_a_camera_in_standby_is_not_driven_and_says_so() -> None:
    async with bench() as b:
        await b.front.power(False)
        await until(lambda: b.front.state.power is False)
        with pytest.raises(Refused) as refused:
            b.front.drive(0.5, 0, 0)
        assert refused.value.code == "standby"
        with pytest.raises(Refused) as refused:
            await b.front.home()
        assert refused.value.code == "standby"
        assert not b.front.state.moving


@invented
async def test_a_camera_switched_on_with_its_remote_is_driven_at_the_second_press() -> None:
    async with bench() as b:
        await b.front.power(False)
        await until(lambda: b.front.state.power is False)
        b.look().body.switch(True, b.clock.mono_s())
        with pytest.raises(Refused):
            b.front.drive(0.5, 0, 0)
        pressed = b.clock.mono_s()
        await until(lambda: b.front.state.power)
        assert b.clock.mono_s() - pressed < 0.1


@invented
async def test_an_open_menu_is_said_and_the_camera_stays_online() -> None:
    async with bench() as b:
        b.look().body.values["menu"] = 2
        for _ in range(5):
            b.front.drive(0.5, 0, 0)
            await asyncio.sleep(0.1)
        await until(lambda: b.front.refusal is MoveRefusal.MENU_OPEN)
        b.front.stop()
        await asyncio.sleep(5.0)
        assert b.front.health.status is Status.ONLINE
        assert not b.front.state.moving
        b.look().body.values["menu"] = 3
        await until(lambda: b.front.refusal is None)
