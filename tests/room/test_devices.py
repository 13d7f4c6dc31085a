"""The room and its devices: there, gone, back, and left safe."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from roomctl.app import parse
from roomctl.clock import SystemClock
from roomctl.errors import ConfigError, RestartNeeded
from roomctl.kind import Context
from roomctl.room.devices import Devices
from roomctl.screen.driver import KIND
from roomctl.screen.protocol import DisplayRole, ShowPage
from roomctl.screen.sim import SimScreen
from roomctl.store import Settings
from roomctl.wire import Port, pair, pump
from tests.invented import invented
from tests.room.rig import BAMBOO, House, begun, living, simulated


@invented
async def test_a_device_is_called_as_room_toml_says_in_each_language_or_not_at_all() -> None:
    titles = {"camera.front": 'title = {zh = "讲台", en = "Lectern"}', "speakerphone.table": ""}
    titles["occupancy.ceiling"] = 'title = "Hall"'
    text = BAMBOO
    for name, line in titles.items():
        text = text.replace(f"[{name}]\n", f"[{name}]\n{line}\n")
    async with living(text) as house:
        found = {entry.name: entry.title for entry in house.document.devices}
    assert found == {
        "camera.front": {"zh": "讲台", "en": "Lectern"},
        "speakerphone.table": None,
        "occupancy.ceiling": {"zh": "Hall", "en": "Hall"},
        "screen": None,
    }


@pytest.mark.parametrize(
    "title", ['""', '"a\\nb"', '{zh = "讲台"}', "7", '"\\u202e"', f'"{"x" * 41}"']
)
def test_a_title_that_nobody_could_read_is_refused_by_its_key(title: str) -> None:
    with pytest.raises(ConfigError, match=r"camera\.front\.title"):
        parse(BAMBOO.replace("[camera.front]\n", f"[camera.front]\ntitle = {title}\n"), "room.toml")


@invented
async def test_a_room_says_starting_at_once_and_then_ready() -> None:
    async with begun() as house:
        assert house.document.phase == "starting"
        took_s = await house.until(lambda: house.document.phase == "ready")

    assert took_s < 5.0
    assert [(entry.name, entry.status) for entry in house.document.devices] == [
        ("camera.front", "online"),
        ("occupancy.ceiling", "online"),
        ("speakerphone.table", "online"),
        ("screen", "online"),
    ]
    assert {entry.type for entry in house.document.conditions if not entry.status} == set()
    assert house.document.issues == ()


@invented
async def test_a_device_that_is_missing_at_the_start_is_an_issue_and_comes_back_by_itself() -> None:
    hardware = simulated()
    await hardware.act("camera.front", "unplug", {})

    async with living(on=hardware) as house:
        await house.until(lambda: house.device("camera.front").status == "offline")
        assert house.device("camera.front").reason == "missing"
        assert house.issues == [("device.offline", "camera.front")]
        assert house.document.cameras[0].can == ()
        not_ready = [entry.type for entry in house.document.conditions if not entry.status]
        assert not_ready == ["devices_present", "video_ready", "ready"]

        await house.act("camera.front", "plug")
        await house.until(lambda: house.device("camera.front").status == "online", limit_s=2.0)
        assert house.document.issues == ()
        assert "drive" in house.document.cameras[0].can


@invented
async def test_unplugging_shows_within_a_second_and_plugging_within_two() -> None:
    names = ("camera.front", "speakerphone.table", "occupancy.ceiling", "screen")
    async with living() as house:
        for name in names:
            await house.act(name, "unplug")
            await house.until(lambda name=name: house.device(name).status == "offline", limit_s=1.0)
            await house.always(lambda name=name: house.device(name).status == "offline", 5.0)
            await house.act(name, "plug")
            await house.until(lambda name=name: house.device(name).status == "online", limit_s=2.0)


@invented
async def test_one_silent_device_leaves_the_others_alone() -> None:
    async with living() as house:
        await house.act("camera.front", "silent")
        await house.until(lambda: house.device("camera.front").status == "offline")

        assert house.device("camera.front").reason == "no_reply"
        others = [entry for entry in house.document.devices if entry.name != "camera.front"]
        assert {entry.status for entry in others} == {"online"}


@invented
async def test_a_device_that_never_answers_does_not_hold_the_panel_up() -> None:
    hardware = simulated()
    await hardware.act("screen", "silent", {})

    async with begun(on=hardware) as house:
        assert await house.until(lambda: house.room.ready) <= 5.5


@invented
async def test_a_camera_that_moves_when_the_room_starts_is_told_to_stop() -> None:
    async with begun() as house:
        house.camera.body.at_speed(3.0, 0.0, 0.0)
        assert house.camera.moving
        await house.until(lambda: house.room.ready)
        await house.until(lambda: not house.camera.moving, limit_s=1.0)

        assert house.camera.stopped_at is not None
        assert 0 < house.camera.pan_deg < 170


@invented
async def test_a_driven_camera_stands_still_when_the_room_ends() -> None:
    async with living() as house:
        record = await house.ask("camera.drive", camera="front", pan=0.3, tilt=0.0, zoom=0.0,
                                 lease_ms=60_000)  # fmt: skip
        assert record.status == "done"
        await house.until(lambda: house.camera.moving)

        await house.stop()

        assert not house.camera.moving
        assert house.camera.pan_deg < 60  # long before its end stop


@invented
async def test_a_room_with_a_dead_camera_ends_within_its_limits() -> None:
    async with living() as house:
        await house.ask("camera.drive", camera="front", pan=1, tilt=0, zoom=0, lease_ms=5000)
        await house.act("camera.front", "silent")
        begin = house.room.clock.mono_s()
        await house.stop()

        assert house.room.clock.mono_s() - begin < 2.0


@invented
async def test_the_speakerphone_is_left_dark() -> None:
    async with living() as house:
        await house.join()
        await house.until(lambda: house.phone.led_off_hook)
        await house.stop()

        assert not house.phone.led_off_hook
        assert not house.phone.led_muted


@invented
async def test_a_room_without_any_device_is_ready_and_stays_lit() -> None:
    async with living("[room]\ndisplay_name = 'Empty'\ndisplay_on_s = 1") as house:
        await house.always(lambda: house.document.panel.awake, 30.0)
        assert house.document.devices == ()
        assert not house.document.issues


@invented
async def test_a_held_camera_moves_until_it_is_let_go() -> None:
    async with living() as house:
        house.room.hold("h1", 1, "panel-1", "front", (1.0, 0.0, 0.0))
        await house.until(lambda: house.camera.moving)
        house.room.cameras.release("h1", "panel-1")
        await house.until(lambda: not house.camera.moving, limit_s=0.2)


@invented
async def test_a_panel_that_goes_away_lets_go_of_everything() -> None:
    async with living() as house:
        house.room.hold("h1", 1, "panel-1", "front", (1.0, 0.0, 0.0))
        await house.until(lambda: house.camera.moving)
        house.room.cameras.drop("panel-1")
        await house.until(lambda: not house.camera.moving, limit_s=0.2)


@invented
async def test_presets_have_the_names_of_room_toml_in_order() -> None:
    async with living() as house:
        presets = [(preset.number, preset.name) for preset in house.document.cameras[0].presets]
        assert presets == [(1, "Table"), (2, "Door")]


@invented
async def test_two_cameras_of_one_line_are_two_devices() -> None:
    second = '[camera.back]\nurl = "serial:/dev/ttyUSB0"\naddress = 2\nprofile = "sony_srg300h"\n'
    async with living(BAMBOO + second) as house:
        names = [entry.name for entry in house.document.devices if entry.kind == "camera"]
        assert names == ["camera.front", "camera.back"]
        await house.act("camera.back", "silent")
        await house.until(lambda: house.device("camera.back").status == "offline")
        assert house.device("camera.front").status == "online"


@invented
async def test_every_change_has_the_next_revision() -> None:
    async with begun() as house:
        seen = []
        with house.room.watch() as changes:
            await house.until(lambda: house.room.ready)
            await house.act("camera.front", "unplug")
            await house.until(lambda: house.device("camera.front").status == "offline")
            while not changes.empty():
                seen.append(changes.get_nowait().rev)

        assert seen == list(range(1, house.document.rev + 1))


@invented
async def test_a_fault_of_ours_costs_one_device_only(caplog: pytest.LogCaptureFixture) -> None:
    hardware = simulated()
    faulty = True

    async def connect(name: str, url: str) -> Port:
        if url.startswith("serial:") and faulty:
            raise ZeroDivisionError("a fault of ours")
        return await hardware.connect(name, url)

    async with living(on=hardware, connect=connect) as house:
        await house.until(lambda: house.device("camera.front").status == "offline")
        assert house.device("camera.front").reason == "internal"
        assert house.issues == [("device.offline", "camera.front")]
        others = [entry for entry in house.document.devices if entry.kind != "camera"]
        assert {entry.status for entry in others} == {"online"}
        assert "ZeroDivisionError" in caplog.text

        faulty = False
        await house.until(lambda: house.device("camera.front").status == "online", limit_s=3.0)


@invented
async def test_a_room_ends_when_a_device_needs_another_process_and_leaves_the_others_safe() -> None:
    hardware = simulated()
    gone = False

    async def connect(name: str, url: str) -> Port:
        if url.startswith("gpio:") and gone:
            raise RestartNeeded(f"{url}: its chip has gone")
        return await hardware.connect(name, url)

    async def lived() -> None:
        nonlocal gone
        async with living(on=hardware, connect=connect) as house:
            await house.ask(
                "camera.drive", camera="front", pan=0.3, tilt=0.0, zoom=0.0, lease_ms=60_000
            )
            await house.until(lambda: house.camera.moving)
            gone = True
            await house.act("occupancy.ceiling", "unplug")
            await house.until(house.task.done)
            assert isinstance(house.task.exception(), RestartNeeded)
            assert not house.camera.moving

    with pytest.raises(RestartNeeded, match="its chip has gone"):
        await lived()


@invented
async def test_a_condition_knows_since_when_it_holds_or_does_not() -> None:
    def since(house: House) -> dict[str, tuple[bool | None, datetime]]:
        return {entry.type: (entry.status, entry.since) for entry in house.document.conditions}

    async with living() as house:
        good = since(house)
        await house.always(lambda: since(house) == good, 30.0)
        await house.act("camera.front", "unplug")
        await house.until(lambda: not since(house)["video_ready"][0])
        bad = since(house)
        assert bad["platform_ready"] == good["platform_ready"]
        assert bad["video_ready"][1] > good["video_ready"][1] + timedelta(seconds=29)
        await house.act("screen", "unplug")
        await house.until(lambda: not since(house)["platform_ready"][0])
        assert since(house)["video_ready"] == bad["video_ready"]


async def test_a_panel_with_a_process_of_its_own_has_its_link_and_the_rooms_has_not() -> None:
    config = parse(
        '[screen]\nroom = "HDMI-A-1"\npanel = "DSI-1"\nurl = "unix:/run/a"\n'
        'panel_url = "unix:/run/b"\n',
        "room.toml",
    )
    pages = (
        ShowPage(DisplayRole.ROOM, "http://127.0.0.1/screen#pair=r", "HDMI-A-1"),
        ShowPage(DisplayRole.PANEL, "http://127.0.0.1/#pair=p", "DSI-1"),
    )
    screens = {"screen": SimScreen(), "panel": SimScreen()}
    clock, served = SystemClock(), []

    async def connect(name: str, url: str) -> Port:
        near, far = pair(url, clock)
        served.append(asyncio.create_task(pump(far, screens[name], asyncio.Event(), clock)))
        return near

    context = Context(connect, clock, Settings(), lambda: None, pages=lambda: pages)
    devices = Devices(config, (KIND,), context)
    for screen in screens.values():
        screen.want()
    served += [asyncio.create_task(device.run()) for device in devices]
    async with asyncio.timeout(60):
        while not all("panel" in screen.pages for screen in screens.values()):
            await asyncio.sleep(0.01)
    for task in served:
        task.cancel()
    await asyncio.gather(*served, return_exceptions=True)
    assert screens["screen"].pages == {"room": pages[0], "panel": replace(pages[1], url=None)}
    assert screens["panel"].pages == {"panel": pages[1]}


@invented
async def test_each_may_have_the_name_of_its_kind() -> None:
    renamed = re.sub(r"(?m)^\[(camera|speakerphone|occupancy)\.\w+\]", r"[\1.\1]", BAMBOO)
    more = '[output.output]\nurl = "gpio:22"\non = "occupied"\n'
    more += '[display.display]\nurl = "pjlink://192.0.2.9"\n'
    async with living(renamed + more) as house:
        every = ("camera", "speakerphone", "occupancy", "output", "display")
        assert {house.device(f"{kind}.{kind}").status for kind in every} == {"online"}
        await house.act("speakerphone.speakerphone", "unplug")
        await house.until(lambda: ("device.offline", "speakerphone.speakerphone") in house.issues)
