"""When the room is awake and when on standby, seen on the panel and on the simulated display."""

from tests.invented import invented
from tests.room.rig import NO_CAMERA, ONLY_SCREEN, PANEL, STAFF, Calendar, House, living, simulated
from tests.room.test_bookings import booking

HOLD_S = 30.0  # as in BAMBOO


def on_standby(house: House) -> bool:
    return not house.document.panel.awake and not house.screen.shown


def awake(house: House) -> bool:
    return house.document.panel.awake and house.screen.shown


@invented
async def test_an_empty_room_goes_on_standby_when_nobody_has_touched_it_for_a_while() -> None:
    async with living() as house:
        assert awake(house)
        took_s = await house.until(lambda: on_standby(house), limit_s=60.0)
        assert took_s > 15.0
        assert house.document.occupancy.state == "vacant"


@invented
async def test_walking_in_wakes_the_room() -> None:
    async with living() as house:
        await house.until(lambda: on_standby(house), limit_s=60.0)
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: awake(house), limit_s=1.0)
        assert house.document.occupancy.state == "occupied"
        assert [reason.code for reason in house.document.occupancy.reasons] == ["pir"]


@invented
async def test_a_room_that_everybody_left_goes_on_standby_after_its_hold_and_not_before() -> None:
    async with living() as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.always(lambda: awake(house), 120.0)
        await house.act("occupancy.ceiling", "leave")
        await house.always(lambda: awake(house), HOLD_S - 1)
        await house.until(lambda: on_standby(house), limit_s=10.0)


@invented
async def test_a_call_keeps_an_empty_room_awake() -> None:
    async with living(NO_CAMERA) as house:
        await house.join()
        await house.always(lambda: awake(house), 600.0)
        await house.ask("meeting.leave")
        await house.until(lambda: on_standby(house), limit_s=300.0)


@invented
async def test_a_touch_wakes_a_room_on_standby() -> None:
    async with living() as house:
        await house.until(lambda: on_standby(house), limit_s=60.0)
        await house.ask("room.wake")
        await house.until(lambda: awake(house), limit_s=0.5)


@invented
async def test_staff_wake_a_room_on_standby_for_a_while() -> None:
    async with living() as house:
        await house.until(lambda: on_standby(house), limit_s=60.0)
        await house.ask("room.wake", source=STAFF)
        await house.until(lambda: awake(house), limit_s=0.5)
        await house.always(lambda: awake(house), 15.0)
        await house.until(lambda: on_standby(house), limit_s=10.0)


@invented
async def test_a_room_that_is_put_on_standby_stays_so_until_the_next_touch() -> None:
    async with living() as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.always(lambda: awake(house), 5.0)
        assert (await house.ask("room.standby")).status == "done"
        await house.until(lambda: on_standby(house), limit_s=0.5)
        await house.always(lambda: on_standby(house), 60.0)
        await house.ask("room.wake")
        await house.until(lambda: awake(house), limit_s=0.5)


@invented
async def test_a_room_that_was_put_on_standby_wakes_for_whoever_comes_in() -> None:
    async with living() as house:
        await house.ask("room.standby")
        await house.until(lambda: on_standby(house), limit_s=0.5)
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=60.0)
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: awake(house), limit_s=1.0)


@invented
async def test_a_room_does_not_go_on_standby_during_a_call_even_if_asked() -> None:
    async with living() as house:
        await house.join()
        await house.ask("room.standby")
        await house.always(lambda: house.document.panel.awake, 5.0)


@invented
async def test_a_room_without_sensors_goes_on_standby_untouched_for_half_an_hour() -> None:
    async with living(ONLY_SCREEN) as house:
        await house.always(lambda: awake(house), 1200.0)
        await house.ask("audio.volume", pct=20)
        await house.always(lambda: awake(house), 1790.0)
        assert [one.act for one in house.document.automation.notices] == ["standby"]
        await house.until(lambda: on_standby(house), limit_s=15.0)
        assert house.document.occupancy.state == "unknown"
        (act,) = house.document.automation.acts
        assert [reason.code for reason in act.reasons] == ["untouched", "no_sensor"]


@invented
async def test_a_room_whose_only_sensor_is_its_door_goes_on_standby_as_one_without() -> None:
    door = NO_CAMERA.replace('url = "gpio:17"', 'url = "gpio:17"\nprofile = "door_contact"')
    async with living(door) as house:
        await house.always(lambda: awake(house), 1790.0)
        await house.until(lambda: on_standby(house), limit_s=15.0)


@invented
async def test_a_room_without_sensors_stays_awake_through_calls_and_bookings() -> None:
    feed = Calendar([booking("long", 35, lasts_min=35)])
    async with living(ONLY_SCREEN, feed=feed) as house:
        await house.join()
        await house.always(lambda: awake(house), 2000.0)
        await house.ask("meeting.leave", source=STAFF)
        await house.always(lambda: awake(house), 35 * 60.0)
        left_s = 70 * 60.0 - house.room.clock.mono_s()
        await house.always(lambda: awake(house), left_s + 1790.0)
        await house.until(lambda: on_standby(house), limit_s=15.0)


@invented
async def test_a_booking_wakes_a_room_without_sensors() -> None:
    async with living(ONLY_SCREEN, feed=Calendar([booking("later", 35)])) as house:
        await house.until(lambda: on_standby(house), limit_s=1815.0)
        await house.always(lambda: on_standby(house), 2100.0 - house.room.clock.mono_s() - 1)
        await house.until(lambda: awake(house), limit_s=5.0)


@invented
async def test_a_room_whose_sensor_is_gone_stays_awake() -> None:
    async with living() as house:
        await house.act("occupancy.ceiling", "unplug")
        await house.until(lambda: house.document.occupancy.state == "unknown", limit_s=120.0)
        await house.always(lambda: awake(house), 300.0)


@invented
async def test_a_display_that_was_off_when_the_room_began_is_switched_on() -> None:
    hardware = simulated()
    async with living(on=hardware) as before:
        await before.until(lambda: on_standby(before), limit_s=60.0)

    async with living(on=hardware) as after:
        await after.until(lambda: awake(after), limit_s=1.0)


@invented
async def test_a_display_that_missed_the_change_follows_when_it_is_back() -> None:
    async with living() as house:
        await house.act("screen", "unplug")
        await house.until(lambda: not house.document.panel.awake, limit_s=60.0)
        await house.act("screen", "plug")
        await house.until(lambda: on_standby(house), limit_s=3.0)


@invented
async def test_a_press_on_the_speakerphone_is_a_touch() -> None:
    async with living() as house:
        await house.until(lambda: on_standby(house), limit_s=60.0)
        await house.act("speakerphone.table", "press_mute")
        await house.until(lambda: awake(house), limit_s=1.0)


@invented
async def test_what_a_program_asks_is_no_proof_of_people() -> None:
    async with living() as house:
        await house.until(lambda: on_standby(house), limit_s=60.0)
        await house.ask("audio.volume", source=STAFF, pct=10)
        await house.always(lambda: house.document.occupancy.state == "vacant", 5.0)
        await house.ask("audio.volume", source=PANEL, pct=20)
        await house.until(lambda: house.document.occupancy.state == "occupied", limit_s=0.5)
