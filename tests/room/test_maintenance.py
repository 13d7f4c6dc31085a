"""Devices and the program are started anew, devices are tested; never while somebody meets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from roomctl import app
from roomctl.app import parse
from roomctl.booking import Booking
from roomctl.room import Dependencies
from roomctl.room.commands import CommandRecord
from roomctl.room.maintenance import BACK_S
from roomctl.simulator import Simulator
from tests.invented import START, LoopClock, invented
from tests.room.rig import BAMBOO, NO_DEVICE, PANEL, STAFF, Calendar, House, living

EMPTY = BAMBOO.replace("vacancy_delay_s = 30", "vacancy_delay_s = 5")
FOR_HOURS = NO_DEVICE + '[occupancy.ceiling]\nurl = "gpio:17"\nvacancy_delay_s = 5\n'


def code(record: CommandRecord) -> str | None:
    return record.error.code if record.error else None


def booking(begins_s: float, for_s: float = 1800.0) -> Booking:
    begin = START + timedelta(seconds=begins_s)
    return Booking(f"b{begins_s}", "Planning", "Li Na", begin, begin + timedelta(seconds=for_s))


@contextlib.asynccontextmanager
async def supervised(
    feed: Calendar | None = None, text: str = EMPTY
) -> AsyncIterator[tuple[House, list[str]]]:
    """Run a room that somebody starts again when it ends; nobody is in it."""
    clock, told = LoopClock(), list[str]()
    config = parse(text, "room.toml")
    simulator = Simulator(config, clock)
    dependencies = Dependencies(simulator.connect, clock, feed, restart=told.append)
    room = app.room(config, dependencies)
    house = House(room, simulator, asyncio.create_task(room.run()))
    try:
        await house.until(lambda: house.room.ready)
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=120.0)
        yield house, told
    finally:
        await house.stop()
        await simulator.close()


@invented
async def test_a_device_is_opened_anew_and_is_back_within_seconds() -> None:
    async with living() as house:
        for name in ("camera.front", "speakerphone.table", "occupancy.ceiling", "screen"):
            since = house.device(name).since
            record = await house.ask("device.restart", STAFF, device=name)
            assert record.status == "done", record
            assert record.result
            assert record.result["online"] is True, name
            assert float(str(record.result["after_s"])) < 3.0
            await house.until(lambda name=name: house.device(name).status == "online")
            assert house.device(name).since > since
        await house.until(lambda: house.issues == [])
        assert (await house.ask("camera.home", camera="front")).status == "done"


@invented
async def test_a_device_that_is_started_anew_says_so_and_a_moving_camera_stands_still() -> None:
    async with living() as house:
        drive = {"camera": "front", "pan": 1.0, "tilt": 0.0, "zoom": 0.0, "lease_ms": 60_000}
        await house.ask("camera.drive", **drive)
        await house.until(lambda: house.camera.moving)
        record = house.room.submit("device.restart", {"device": "camera.front"}, STAFF)
        await house.until(lambda: house.device("camera.front").reason == "restarting")
        assert not house.camera.moving
        assert (await house.room.finish(record, 30.0)).status == "done"


@invented
async def test_a_device_that_is_gone_is_told_to_be_offline() -> None:
    async with living() as house:
        await house.act("camera.front", "unplug")
        await house.until(lambda: house.device("camera.front").status == "offline")
        record = await house.ask("device.restart", STAFF, device="camera.front")
        assert record.result
        assert record.result["online"] is False
        assert BACK_S <= float(str(record.result["after_s"])) < BACK_S + 2


@invented
async def test_a_camera_is_switched_off_and_on_again() -> None:
    async with living() as house:
        record = house.room.submit(
            "device.restart", {"device": "camera.front", "how": "power"}, STAFF
        )
        await house.until(lambda: not house.camera.power)
        assert (await house.room.finish(record, 60.0)).status == "done"
        assert house.camera.power


@invented
async def test_what_has_no_switch_is_unsupported_and_an_unknown_device_is_refused() -> None:
    async with living() as house:
        sensor = await house.ask("device.restart", STAFF, device="occupancy.ceiling", how="power")
        assert code(sensor) == "unsupported"
        unknown = await house.ask("device.restart", STAFF, device="camera.none")
        assert code(unknown) == "unknown_device"
        assert unknown.error
        assert "camera.front" in unknown.error.detail
        assert code(await house.ask("device.restart", PANEL, device="camera.front")) is not None


@invented
async def test_nothing_is_started_anew_in_a_call_unless_somebody_insists() -> None:
    async with supervised() as (house, told):
        await house.join()
        for kind, args in (("device.restart", {"device": "camera.front"}), ("room.restart", {})):
            assert code(await house.ask(kind, STAFF, **args)) == "in_call"
            assert (await house.ask(kind, STAFF, force=True, **args)).status == "done"
        await house.until(lambda: told == ["room.restart of staff"])


@invented
async def test_two_who_start_one_device_anew_do_not_meet() -> None:
    async with living() as house:
        first = house.room.submit("device.restart", {"device": "camera.front"}, STAFF)
        second = house.room.submit("device.restart", {"device": "camera.front"}, STAFF)
        records = [await house.room.finish(one, 30.0) for one in (first, second)]
        assert {one.status.value for one in records} <= {"done", "refused"}
        assert records[0].status == "done"
        await house.until(lambda: house.device("camera.front").status == "online")


@invented
async def test_a_room_that_nobody_starts_again_does_not_end() -> None:
    async with living() as house:
        for when in ("now", "free"):
            assert code(await house.ask("room.restart", STAFF, when=when)) == "no_supervisor"


@invented
async def test_a_restart_that_waits_comes_when_call_and_bookings_are_over() -> None:
    calendar = Calendar([booking(300), booking(2400)])
    async with supervised(calendar, FOR_HOURS) as (house, told):
        await house.ask("room.restart", STAFF, when="free")
        await house.until(lambda: house.document.maintenance.restart_waits)
        assert house.document.maintenance.requested_by_name == "staff"
        await house.until(lambda: bool(told), limit_s=5400.0)
        free = START + timedelta(seconds=4200)  # there are less than ten minutes between the two
        assert free <= house.room.now().wall < free + timedelta(seconds=5)


@invented
async def test_a_restart_that_waits_is_called_off() -> None:
    async with supervised(Calendar([booking(60)]), FOR_HOURS) as (house, told):
        await house.ask("room.restart", STAFF, when="free")
        await house.until(lambda: house.document.maintenance.restart_waits)
        await house.ask("room.restart", STAFF, when="never")
        await house.until(lambda: not house.document.maintenance.restart_waits)
        await house.always(lambda: told == [], 4000.0)


@invented
async def test_a_self_test_drills_what_can_be_drilled_and_gives_it_back() -> None:
    async with supervised() as (house, _):
        record = house.room.submit("selftest.run", {}, STAFF)
        await house.until(lambda: house.device("camera.front").reason == "selftest", limit_s=30.0)
        record = await house.room.finish(record, 900.0)
        report = house.room.maintenance.report
        assert report
        assert record.status == "done", record
        assert [(one.device, one.outcome) for one in report.devices] == [
            ("camera.front", "passed"),
            ("speakerphone.table", "passed"),
        ], report
        assert record.result == {"passed": 2, "failed": 0, "skipped": 0}
        assert len(report.devices[0].steps) > 5
        await house.until(lambda: house.issues == [], limit_s=30.0)
        selftest = house.document.maintenance.selftest
        assert selftest
        assert (selftest.running, selftest.passed) == (False, 2)


@invented
async def test_a_self_test_of_a_camera_that_is_gone_fails_and_says_why() -> None:
    async with supervised() as (house, _):
        await house.act("camera.front", "unplug")
        await house.until(lambda: house.device("camera.front").status == "offline")
        await house.ask("selftest.run", STAFF, device="camera.front")
        assert house.room.maintenance.report
        (one,) = house.room.maintenance.report.devices
        assert one.outcome == "failed"
        assert "ttyUSB0" in one.why


@invented
async def test_a_clock_that_nobody_has_set_forbids_no_self_test() -> None:
    async with supervised(Calendar([])) as (house, _):
        house.room.clock.synced = False
        record = await house.ask("selftest.run", STAFF, device="camera.front")
        assert record.result == {"passed": 1, "failed": 0, "skipped": 0}


@invented
async def test_a_room_that_is_used_is_not_tested_whatever_its_clock_says() -> None:
    async with supervised(Calendar([])) as (house, _):
        house.room.clock.synced = False
        await house.join()
        record = await house.ask("selftest.run", STAFF)
        assert code(record) == "room_in_use"
        assert "in_call" in str(record.error)


@invented
async def test_a_room_in_use_is_not_tested_and_a_test_ends_when_somebody_joins() -> None:
    async with supervised() as (house, _):
        await house.join()
        assert code(await house.ask("selftest.run", STAFF)) == "room_in_use"
        await house.ask("meeting.leave", PANEL)
        await house.until(lambda: house.document.meeting.state == "idle", limit_s=60.0)
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=1800.0)
        record = house.room.submit("selftest.run", {"device": "camera.front"}, STAFF)
        await house.until(lambda: house.device("camera.front").reason == "selftest", limit_s=30.0)
        await asyncio.sleep(2.0)
        await house.ask("meeting.join", PANEL, link="https://meet.jit.si/BambooRoom")
        await house.room.finish(record, 60.0)
        assert house.room.maintenance.report
        (one,) = house.room.maintenance.report.devices
        assert one.outcome == "skipped"
        await house.until(lambda: house.device("camera.front").status == "online")
