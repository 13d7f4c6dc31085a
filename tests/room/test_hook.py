"""Picking up and hanging up: joins what is booked, and asks before it leaves."""

from datetime import timedelta

from roomctl.booking import Booking
from tests.invented import START, invented
from tests.room.rig import LINK, OTHER_LINK, STAFF, Calendar, House, living


def state(house: House) -> str:
    return house.document.meeting.state


async def hang_up(house: House) -> None:
    """Join, and have somebody hang up once the speakerphone is off-hook."""
    await house.join()
    await house.until(lambda: house.phone.hook)
    await house.act("speakerphone.table", "press_hook")
    await house.until(lambda: house.document.panel.prompt == "leave", limit_s=0.5)


@invented
async def test_hanging_up_mutes_at_once_and_asks_whether_to_leave() -> None:
    async with living() as house:
        await hang_up(house)
        await house.until(lambda: house.document.audio.mute == "muted", limit_s=0.5)
        assert (house.document.audio.requested_by, state(house)) == ("hang_up", "in_call")
        assert house.screen.muted
        assert not house.phone.led_off_hook


@invented
async def test_a_panel_that_says_leave_leaves() -> None:
    async with living() as house:
        await hang_up(house)
        assert (await house.ask("meeting.leave")).status == "done"
        await house.until(lambda: house.document.panel.prompt is None, limit_s=1.0)
        await house.until(lambda: state(house) == "idle")
        assert not house.phone.led_off_hook


@invented
async def test_a_panel_that_says_stay_has_all_as_it_was() -> None:
    async with living() as house:
        await hang_up(house)
        assert (await house.ask("meeting.stay")).status == "done"
        await house.until(lambda: house.phone.led_off_hook and house.phone.hook, limit_s=1.0)
        await house.until(lambda: house.document.audio.mute == "open", limit_s=1.0)
        assert (house.document.panel.prompt, state(house)) == (None, "in_call")


@invented
async def test_a_room_that_was_muted_before_is_still_muted_after_stay() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.until(lambda: house.phone.hook)
        await house.act("speakerphone.table", "press_hook")
        await house.until(lambda: house.document.panel.prompt == "leave", limit_s=0.5)
        await house.ask("meeting.stay")
        await house.until(lambda: house.phone.led_off_hook, limit_s=1.0)
        await house.always(lambda: house.screen.muted, 3.0)


@invented
async def test_a_question_that_nobody_answers_leaves_the_call_as_it_is_and_muted() -> None:
    async with living() as house:
        await hang_up(house)
        took_s = await house.until(lambda: house.document.panel.prompt is None, limit_s=12.0)
        assert 9.0 < took_s < 11.0
        await house.until(lambda: house.phone.led_off_hook, limit_s=1.0)
        assert (state(house), house.document.audio.mute) == ("in_call", "muted")


@invented
async def test_picking_up_again_is_staying() -> None:
    async with living() as house:
        await hang_up(house)
        await house.always(lambda: house.document.panel.prompt == "leave", 1.0)
        await house.act("speakerphone.table", "press_hook")
        await house.until(lambda: house.document.panel.prompt is None, limit_s=1.0)
        await house.until(lambda: house.document.audio.mute == "open", limit_s=1.0)
        assert house.phone.led_off_hook
        assert state(house) == "in_call"


@invented
async def test_nobody_outside_the_room_answers_for_it() -> None:
    async with living() as house:
        await hang_up(house)
        record = await house.ask("meeting.stay", source=STAFF)
        assert record.error is not None
        assert record.error.code == "in_room_only"
        assert house.screen.muted


@invented
async def test_the_next_meeting_keeps_the_mute_and_knows_nothing_of_the_question() -> None:
    async with living() as house:
        await hang_up(house)
        await house.join(OTHER_LINK)
        await house.until(lambda: house.phone.led_off_hook, limit_s=1.0)
        assert house.document.audio.mute == "muted"
        assert house.document.panel.prompt is None


@invented
async def test_picking_up_joins_what_is_booked_now() -> None:
    begin = START - timedelta(minutes=5)
    booked = Booking("a", "Weekly", "", begin, begin + timedelta(hours=1), {"URL": LINK})
    async with living(feed=Calendar([booked])) as house:
        await house.until(lambda: house.document.bookings != ())
        await house.act("speakerphone.table", "press_hook")
        await house.until(lambda: state(house) == "in_call")
        assert house.document.meeting.title == "Weekly"
        await house.until(lambda: house.phone.led_off_hook, limit_s=1.0)
        assert house.document.panel.prompt is None
        await house.until(lambda: house.document.bookings[0].status == "checked_in", limit_s=1.0)


@invented
async def test_picking_up_without_a_booking_does_nothing_and_is_put_back() -> None:
    begin = START + timedelta(hours=2)
    booked = Booking("a", "Later", "", begin, begin + timedelta(hours=1), {"URL": LINK})
    async with living(feed=Calendar([booked])) as house:
        await house.until(lambda: house.document.bookings != ())
        await house.act("speakerphone.table", "press_hook")
        await house.until(lambda: house.phone.hook, limit_s=1.0)
        await house.until(lambda: not house.phone.hook, limit_s=1.0)
        await house.always(lambda: state(house) == "idle", 5.0)


@invented
async def test_a_mute_press_never_asks_to_leave() -> None:
    async with living() as house:
        await house.join()
        await house.until(lambda: house.phone.hook)
        for _ in range(4):
            await house.act("speakerphone.table", "press_mute")
            await house.always(lambda: house.document.panel.prompt is None, 1.0)
        assert state(house) == "in_call"
