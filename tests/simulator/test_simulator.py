"""The hardware's side of a room: what it shows, and what can be done to it."""

import pytest

from roomctl.app import parse
from roomctl.errors import PortClosed, PortError, Refused
from roomctl.simulator import DEMO, SimFeed, Simulator
from roomctl.simulator.cameras import baud_of
from tests.invented import START, LoopClock, invented
from tests.room.rig import BAMBOO, living, simulated

ACTIONS = {
    "camera.front": [
        "power_cycle",
        "remote",
        "menu",
        "garble",
        "slow",
        "silent",
        "hang",
        "noise",
        "baud",
    ],
    "speakerphone.table": ["press_mute", "press_hook", "volume_up", "volume_down", "stall"],
    "occupancy.ceiling": ["walk_in", "sit_still", "leave", "silent"],
    "screen": [
        *("end_meeting", "block", "reach", "crash"),
        *("ignore_mute", "leak", "no_sound", "no_microphone", "no_loudspeaker"),
        *("record", "mute_by_program"),
        *("mute_in_meeting", "quiet", "talk", "wall", "silent"),
    ],
}


@invented
async def test_every_device_of_the_file_has_a_simulated_device_with_its_actions() -> None:
    described = simulated().describe()
    assert {end["name"]: end["actions"] for end in described} == {
        name: ["unplug", *actions] for name, actions in ACTIONS.items()
    }
    assert all(end["plugged"] for end in described)


@invented
async def test_every_action_that_is_offered_can_be_done_to_a_living_room() -> None:
    async with living() as house:
        await house.join()
        for name, actions in ACTIONS.items():
            for action in (*actions, "unplug", "plug"):
                await house.act(name, action)
        assert not house.task.done()


@invented
async def test_faults_are_switched_off_again() -> None:
    hardware = simulated()
    before = hardware.describe()
    for device, action in (
        ("camera.front", "silent"),
        ("camera.front", "slow"),
        ("speakerphone.table", "stall"),
        ("occupancy.ceiling", "silent"),
        ("screen", "ignore_mute"),
        ("screen", "no_sound"),
        ("screen", "silent"),
    ):
        await hardware.act(device, action, {})
        assert hardware.describe() != before
        await hardware.act(device, action, {})
        assert hardware.describe() == before


@invented
async def test_a_camera_over_ip_stays_online_while_its_network_loses_datagrams() -> None:
    async with living(BAMBOO.replace("serial:/dev/ttyUSB0", "visca-ip://192.0.2.1")) as house:
        await house.act("camera.front", "lossy")
        camera = next(e for e in house.simulator.describe() if e["name"] == "camera.front")
        assert isinstance(camera["state"], dict)
        assert camera["state"]["lossy"] is True
        await house.always(lambda: house.device("camera.front").status == "online", 30.0)


@invented
async def test_an_unknown_device_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(Refused, match=r"no simulated 'camera\.back'; there is: camera\.front"):
        await simulated().act("camera.back", "unplug", {})


@invented
async def test_an_unknown_action_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(Refused, match="cannot 'kick'; it can: unplug, plug, power_cycle") as error:
        await simulated().act("camera.front", "kick", {})
    assert error.value.code == "unknown_action"


@invented
async def test_what_is_unplugged_hangs_up_and_cannot_be_opened_until_it_is_back() -> None:
    hardware = simulated()
    port = await hardware.connect("camera.front", "serial:/dev/ttyUSB0")
    await hardware.act("camera.front", "unplug", {})
    with pytest.raises(PortClosed):
        await port.read()
    with pytest.raises(PortError, match="is unplugged") as error:
        await hardware.connect("camera.front", "serial:/dev/ttyUSB0")
    assert error.value.reason == "missing"
    assert hardware.describe()[0]["plugged"] is False
    assert hardware.describe()[0]["actions"] == ["plug", *ACTIONS["camera.front"]]

    await hardware.act("camera.front", "plug", {})
    assert await hardware.connect("camera.front", "serial:/dev/ttyUSB0")
    await hardware.close()


@invented
async def test_a_camera_keeps_its_place_while_its_cable_is_out() -> None:
    async with living() as house:
        await house.ask("camera.drive", camera="front", pan=1, tilt=0, zoom=0, lease_ms=500)
        await house.until(lambda: house.camera.moving)
        await house.until(lambda: not house.camera.moving)
        place = house.camera.pan_deg
        await house.act("camera.front", "unplug")
        await house.act("camera.front", "plug")
        await house.until(lambda: house.device("camera.front").status == "online", limit_s=3.0)
        assert house.camera.pan_deg == place != 0


@invented
async def test_a_speakerphone_without_power_is_dark() -> None:
    async with living() as house:
        await house.join()
        await house.until(lambda: house.phone.led_off_hook)
        await house.act("speakerphone.table", "unplug")
        assert not house.phone.led_off_hook


@invented
async def test_a_slow_or_garbled_reply_does_not_lose_the_camera() -> None:
    async with living() as house:
        for fault in ("garble", "garble", "garble"):
            await house.act("camera.front", fault)
            await house.always(lambda: house.device("camera.front").status == "online", 1.0)
        await house.act("camera.front", "power_cycle")
        await house.until(lambda: house.device("camera.front").status == "online", limit_s=5.0)


@invented
async def test_a_simulator_without_screen_leaves_it_to_a_real_one() -> None:
    hardware = Simulator(parse(BAMBOO, "room.toml"), LoopClock(), with_screen=False)
    assert "screen" not in [end["name"] for end in hardware.describe()]


@invented
async def test_two_cameras_of_one_line_are_told_apart() -> None:
    second = '[camera.back]\nurl = "serial:/dev/ttyUSB0"\naddress = 2\n'
    hardware = simulated(BAMBOO + second)
    await hardware.act("camera.back", "silent", {})
    silent = {
        end["name"]: end["state"]["silent"]
        for end in hardware.describe()
        if end["kind"] == "camera" and isinstance(end["state"], dict)
    }
    assert silent == {"camera.front": False, "camera.back": True}


@pytest.mark.parametrize(
    ("url", "baud"),
    [
        ("serial:/dev/ttyUSB0", 9600),
        ("serial:/dev/ttyUSB0?baud=38400", 38400),
        ("serial:/dev/ttyUSB0?x=1&baud=115200", 115200),
        ("sim:front", 9600),
        ("tcp://192.0.2.1:5678", None),
        ("udp://192.0.2.1:1259", None),
        ("visca-ip://192.0.2.1", None),
    ],
)
def test_bytes_take_their_time_on_serial_lines_only(url: str, baud: int | None) -> None:
    assert baud_of(url) == baud


@invented
async def test_the_invented_day_has_one_meeting_now_and_two_later() -> None:
    feed = SimFeed(LoopClock().now(), "https://meet.jit.si/Demo")
    day = await feed.bookings(START.replace(hour=0), START.replace(hour=23))
    assert [one.start <= START < one.end for one in day.bookings] == [True, False, False]
    late = await feed.bookings(START.replace(hour=22), START.replace(hour=23))
    assert late.bookings == ()


def test_the_demo_room_is_valid() -> None:
    config = parse(DEMO.read_text(encoding="utf-8"), str(DEMO))
    assert config.camera
    assert config.speakerphone
    assert config.occupancy
    assert config.screen
