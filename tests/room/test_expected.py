"""When the room has a browser wait on its screen, and what for, in invented time."""

import pytest

from roomctl.screen.protocol import needs_of
from tests.invented import invented
from tests.room.rig import BAMBOO, NO_CAMERA, ONLY_SCREEN, PANEL, Calendar, House, living
from tests.room.test_bookings import booking
from tests.room.test_reconfigure import take

QUARTER_S = 900.0
ZOOM = "https://us05web.zoom.us/j/83212345678"


def expected(house: House) -> str | None:
    needs = house.screen.expected
    return needs.site if needs is not None else None


@invented
async def test_a_booking_has_one_wait_from_ten_minutes_before_to_ten_after() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("soon", 15, ZOOM)])) as house:
        took_s = await house.until(lambda: expected(house) is not None, 6 * 60)
        assert 299 < took_s < 303
        assert expected(house) == "https://us05web.zoom.us"
        took_s = await house.until(lambda: expected(house) is None, 21 * 60)
        assert 1199 < took_s < 1203


@invented
async def test_what_waits_suits_the_join_of_that_booking() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("soon", 5, ZOOM)])) as house:
        await house.until(lambda: house.screen.expected)
        waits = house.screen.expected
        await house.ask("meeting.join", booking="soon")
        await house.until(lambda: house.screen.order)
        assert house.screen.order is not None
        assert needs_of(house.screen.order) == waits


@invented
async def test_a_touch_has_one_wait_for_the_room_s_platform_for_a_quarter_of_an_hour() -> None:
    async with living(ONLY_SCREEN) as house:
        assert expected(house) is None
        await house.ask("room.wake")
        await house.until(lambda: expected(house) == "https://meet.jit.si", 2.0)
        await house.always(lambda: expected(house) is not None, QUARTER_S - 5)
        await house.until(lambda: expected(house) is None, 10.0)


@invented
async def test_whoever_comes_in_has_one_wait_and_whoever_leaves_none() -> None:
    async with living(NO_CAMERA) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: expected(house) is not None, 2.0)
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: house.document.occupancy.state == "vacant", 60.0)
        await house.until(lambda: expected(house) is None, 2.0)


@invented
async def test_none_waits_during_a_call_nor_for_the_touch_that_ends_it() -> None:
    async with living(NO_CAMERA) as house:
        await house.join()
        await house.ask("room.wake")
        await house.always(lambda: expected(house) is None, 60.0)
        await house.ask("meeting.leave")
        await house.always(lambda: expected(house) is None, 60.0)


@invented
async def test_a_touch_that_joins_throws_nothing_away() -> None:
    async with living(NO_CAMERA) as house:
        await house.ask("room.wake")
        await house.until(lambda: expected(house) is not None, 2.0)
        record = house.room.submit("audio.mute", {"on": True}, PANEL)
        await house.always(lambda: expected(house) is not None, 5.0)
        await house.room.finish(record, 60.0)


@invented
async def test_a_screen_that_lost_it_is_asked_again_within_a_minute() -> None:
    async with living(ONLY_SCREEN) as house:
        await house.ask("room.wake")
        await house.until(lambda: expected(house) is not None, 2.0)
        house.screen.expected = None
        await house.until(lambda: expected(house) is not None, 61.0)


@invented
async def test_other_settings_count_for_what_waits() -> None:
    async with living(NO_CAMERA) as house:
        await house.ask("room.wake")
        await house.until(lambda: expected(house) is not None, 2.0)
        moved = NO_CAMERA.replace('random = "https://meet', 'random = "https://eu.meet')
        await take(house, moved + '[meeting.hosts]\njitsi = ["https://eu.meet.jit.si"]\n')
        await house.until(lambda: expected(house) == "https://eu.meet.jit.si", 61.0)


@pytest.mark.parametrize(
    "text",
    [
        NO_CAMERA.replace("[screen]", '[screen]\nwaiting_browser = "off"'),
        NO_CAMERA.replace('[meeting.new.jitsi]\nrandom = "https://meet.jit.si"\n', ""),
    ],
    ids=["off", "no platform"],
)
@invented
async def test_none_waits_where_it_is_not_wanted_or_would_be_of_no_use(text: str) -> None:
    async with living(text) as house:
        await house.ask("room.wake")
        await house.always(lambda: expected(house) is None, 120.0)


@invented
async def test_none_waits_where_the_vendor_s_own_client_is_started() -> None:
    text = NO_CAMERA.replace("[screen]", '[screen]\nnative = ["zoom"]')
    async with living(text, feed=Calendar([booking("soon", 5, ZOOM)])) as house:
        await house.until(lambda: house.document.bookings)
        await house.always(lambda: expected(house) is None, 120.0)


@invented
async def test_the_document_says_whether_one_waits() -> None:
    async with living(NO_CAMERA) as house:
        await house.ask("room.wake")
        await house.until(lambda: house.document.meeting.waiting == "ready", 2.0)
    async with living(BAMBOO.replace("[screen]", '[screen]\nwaiting_browser = "off"')) as house:
        assert house.document.meeting.waiting == "off"
