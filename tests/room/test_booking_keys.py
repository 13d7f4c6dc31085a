"""What somebody does with a booking by one touch, and undoes, in a whole room in invented time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from roomctl.room import Source
from roomctl.room.document import BookingEntry
from tests.invented import START, invented
from tests.room.rig import NO_CAMERA, PANEL, Calendar, House, living
from tests.room.test_written import WritableCalendar, booking

OTHER = Source("panel", "door")


def only(house: House) -> BookingEntry:
    [one] = house.document.bookings
    return one


def changes(house: House) -> list[str]:
    return [one.kind for one in house.document.booking_changes]


async def undo(house: House, source: Source = PANEL) -> str:
    change = house.document.booking_changes[-1].id
    return (await house.ask("booking.undo", source, change=change)).status


@invented
async def test_a_reserved_room_is_given_back_by_undo_and_an_undo_twice_changes_nothing() -> None:
    calendar = WritableCalendar()
    async with living(NO_CAMERA, feed=calendar) as house:
        await house.until(lambda: house.document.availability is not None)
        assert (await house.ask("booking.reserve", minutes=30)).status == "done"
        await house.until(lambda: changes(house) == ["reserve"])
        change = house.document.booking_changes[-1].id
        assert (await house.ask("booking.undo", OTHER, change=change)).status == "done"
        await house.until(lambda: house.document.bookings == () and changes(house) == [])
        assert (await house.ask("booking.undo", change=change)).status == "done"
        await house.always(lambda: house.document.bookings == (), 130)
        assert calendar.listed == []


@invented
async def test_of_two_panels_that_reserve_at_once_the_second_is_told_until_when() -> None:
    async with living(NO_CAMERA, feed=Calendar([])) as house:
        await house.until(lambda: house.document.availability is not None)
        one = house.room.submit("booking.reserve", {"minutes": 30}, PANEL)
        two = house.room.submit("booking.reserve", {"minutes": 15}, OTHER)
        done, refused = await house.room.finish(one, 5), await house.room.finish(two, 5)
        assert done.status == "done"
        assert refused.error is not None
        assert refused.error.code == "already_booked"
        assert refused.error.params["until"] == "2026-11-25T09:30:00+00:00"
        assert refused.error.params["who"] == "panel"


@invented
async def test_an_extension_fits_before_the_next_booking_and_is_undone() -> None:
    calendar = WritableCalendar([booking("a", -10, 30), booking("b", 40)])
    async with living(NO_CAMERA, feed=calendar) as house:
        await house.until(lambda: house.document.bookings != ())
        first = house.document.bookings[0]
        assert first.free_until == START + timedelta(minutes=40)
        before = first.end
        assert (await house.ask("booking.extend", booking="a", minutes=15)).status == "done"
        await house.until(lambda: changes(house) == ["move_end"])
        assert house.document.bookings[0].end == START + timedelta(minutes=35)
        assert await undo(house) == "done"
        await house.until(lambda: house.document.bookings[0].end == before)


@invented
async def test_a_booking_that_was_ended_goes_on_after_undo_unless_somebody_has_the_room() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("a", -10, 60)])) as house:
        await house.until(lambda: house.document.bookings != ())
        assert (await house.ask("booking.end_now", booking="a")).status == "done"
        await house.until(lambda: house.document.bookings == ())
        assert (await house.ask("booking.reserve", OTHER, minutes=15)).status == "done"
        ended = next(one for one in house.document.booking_changes if one.booking == "a")
        refused = await house.ask("booking.undo", change=ended.id)
        assert refused.error is not None
        assert refused.error.code == "already_booked"
        reserved = house.document.booking_changes[-1]
        assert (await house.ask("booking.undo", change=reserved.id)).status == "done"
        assert (await house.ask("booking.undo", change=ended.id)).status == "done"
        await house.until(lambda: only(house).end == START + timedelta(minutes=50))


@invented
async def test_undo_is_offered_for_ten_minutes() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("a", -10, 600)])) as house:
        await house.until(lambda: house.document.bookings != ())
        assert (await house.ask("booking.extend", booking="a", minutes=15)).status == "done"
        await house.until(lambda: changes(house) == ["move_end"])
        change = house.document.booking_changes[-1].id
        await house.always(lambda: changes(house) == ["move_end"], 590)
        await house.until(lambda: changes(house) == [], limit_s=15)
        refused = await house.ask("booking.undo", change=change)
        assert refused.error is not None
        assert refused.error.code == "nothing_to_undo"


@invented
@pytest.mark.parametrize("taken_back_by", ["booking.undo", "booking.check_in"])
async def test_a_room_that_was_given_back_by_hand_is_had_again(taken_back_by: str) -> None:
    calendar = WritableCalendar([booking("a", -10, 60)])
    async with living(NO_CAMERA, feed=calendar) as house:
        await house.until(lambda: house.document.bookings != ())
        for _ in range(2):  # twice is once
            assert (await house.ask("booking.release", booking="a")).status == "done"
        await house.until(lambda: only(house).status == "released" and calendar.listed == [])
        if taken_back_by == "booking.undo":
            assert await undo(house) == "done"
        else:
            assert (await house.ask("booking.check_in", booking="a")).status == "done"
        await house.until(lambda: only(house).status == "checked_in" and calendar.listed != [])


@invented
async def test_a_booking_of_later_is_not_given_back_by_a_touch() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("a", 60, 60)])) as house:
        await house.until(lambda: house.document.bookings != ())
        refused = await house.ask("booking.release", booking="a")
        assert refused.error is not None
        assert refused.error.code == "not_under_way"
