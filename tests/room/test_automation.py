"""What a room does by itself, announces, keeps and undoes, on simulated hardware."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.clock import VirtualClock
from roomctl.kind import Context
from roomctl.room.bookings import Bookings
from roomctl.room.document import ActEntry, AvailabilityEntry
from roomctl.room.meeting import CallControl
from roomctl.store import Settings, Store
from tests.invented import START, LoopClock, invented
from tests.room.rig import BAMBOO, NO_CAMERA, STAFF, Calendar, House, living
from tests.room.test_bookings import booking
from tests.room.test_setting_up import nowhere

RULES = NO_CAMERA + "[rules]\nend_call_s = 60\nrelease_s = 60\nwarn_s = 60\nundo_s = 120\n"
SETTLED_S = 300.0
LONG_S = SETTLED_S + 180  # more than settling, hold, and either rule with its warning


def notices(house: House) -> list[str]:
    return [one.act for one in house.document.automation.notices]


def acts(house: House, *kinds: str) -> list[ActEntry]:
    return [one for one in house.document.automation.acts if one.act in (kinds or (one.act,))]


def status(house: House, key: str) -> str:
    return next(one.status for one in house.document.bookings if one.id == key)


@invented
async def test_a_call_that_everybody_walked_out_of_is_left_after_a_warning() -> None:
    async with living(RULES) as house:
        await house.join()
        await house.until(lambda: "end_call" in notices(house), limit_s=SETTLED_S + 300)
        assert house.document.meeting.state == "in_call"
        await house.always(lambda: house.document.meeting.state == "in_call", 55)
        await house.until(lambda: house.document.meeting.state == "idle", limit_s=30)
        (act,) = acts(house, "end_call")
        assert [reason.code for reason in act.reasons] == ["vacant", "call"]
        assert act.undo


@invented
async def test_a_room_whose_clock_is_not_proven_leaves_nothing_and_says_so() -> None:
    async with living(RULES) as house:
        house.room.clock.synced = False
        await house.join()
        issues = lambda: [one.code for one in house.document.issues]  # noqa: E731
        await house.always(lambda: issues() == [], 100)
        await house.until(lambda: issues() == ["clock.unproven"], limit_s=30)
        await house.always(lambda: house.document.meeting.state == "in_call", LONG_S)
        house.room.clock.synced = True
        await house.until(lambda: issues() == [], limit_s=2)
        await house.until(lambda: house.document.meeting.state == "idle", limit_s=300)


@invented
async def test_keep_it_on_the_panel_keeps_the_call() -> None:
    async with living(RULES) as house:
        await house.join()
        await house.until(lambda: "end_call" in notices(house), limit_s=SETTLED_S + 300)
        assert (await house.ask("room.postpone", act="end_call")).status == "done"
        await house.until(lambda: "end_call" not in notices(house), limit_s=1)
        await house.always(lambda: house.document.meeting.state == "in_call", 55)


@invented
async def test_undo_joins_the_call_again_that_was_left() -> None:
    async with living(RULES) as house:
        await house.join()
        await house.until(lambda: acts(house, "end_call") != [], limit_s=1000)
        await house.until(lambda: house.document.meeting.state == "idle", limit_s=30)
        (act,) = acts(house, "end_call")
        assert (await house.ask("room.undo", number=act.number)).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call")
        assert not acts(house, "end_call")[0].undo
        again = await house.ask("room.undo", number=act.number)
        assert again.error is not None
        assert again.error.code == "nothing_to_undo"


@invented
async def test_no_later_meeting_is_joined_in_place_of_the_one_that_the_room_left() -> None:
    async with living(RULES) as house:
        await house.join()
        await house.until(lambda: acts(house, "end_call") != [], limit_s=1000)
        await house.until(lambda: house.document.meeting.state == "idle", limit_s=30)
        (act,) = acts(house, "end_call")
        await house.ask("meeting.join", link="https://meet.jit.si/AnotherOne")
        assert not acts(house, "end_call")[0].undo
        again = await house.ask("room.undo", number=act.number)
        assert again.error is not None
        assert again.error.code == "nothing_to_undo"


@invented
async def test_an_act_can_be_undone_for_a_while_only() -> None:
    async with living(RULES) as house:
        await house.until(lambda: acts(house, "standby") != [], limit_s=60)
        assert acts(house, "standby")[0].undo
        await house.until(lambda: not acts(house, "standby")[0].undo, limit_s=125)


@invented
async def test_somebody_in_the_room_keeps_the_call_without_a_word() -> None:
    async with living(RULES) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.join()
        await house.always(lambda: "end_call" not in notices(house), LONG_S)
        assert house.document.meeting.state == "in_call"


@invented
async def test_a_call_in_a_room_whose_sensor_is_gone_is_never_left() -> None:
    async with living(RULES) as house:
        await house.act("occupancy.ceiling", "unplug")
        await house.join()
        await house.always(lambda: house.document.meeting.state != "idle", LONG_S)
        assert acts(house, "end_call") == []


@invented
async def test_a_booking_that_nobody_came_to_is_released_and_says_so() -> None:
    async with living(RULES, feed=Calendar([booking("now", 1)])) as house:
        await house.until(lambda: "release" in notices(house), limit_s=SETTLED_S + 300)
        assert status(house, "now") == "booked"
        await house.until(lambda: status(house, "now") == "released", limit_s=70)
        (act,) = acts(house, "release")
        assert (act.subject, act.reasons[0].code) == ("now", "no_show")
        assert (await house.ask("room.undo", number=act.number)).status == "done"
        assert status(house, "now") == "checked_in"


def available(house: House) -> AvailabilityEntry:
    assert house.document.availability is not None
    return house.document.availability


@invented
async def test_a_booking_without_people_says_when_it_is_released() -> None:
    async with living(RULES, feed=Calendar([booking("now", 1)])) as house:
        await house.until(lambda: house.document.availability is not None)
        await house.until(lambda: available(house).release_at is not None, limit_s=SETTLED_S + 70)
        said = available(house)
        assert (said.state, said.booking) == ("awaited", "now")
        await house.until(lambda: status(house, "now") == "released", limit_s=SETTLED_S + 300)
        (act,) = acts(house, "release")
        assert said.release_at is not None
        assert abs((act.at - said.release_at).total_seconds()) < 2
        assert (available(house).state, available(house).until) != ("awaited", said.until)


@invented
async def test_a_booking_that_somebody_came_to_is_used_and_never_released() -> None:
    async with living(RULES, feed=Calendar([booking("now", 1)])) as house:
        await house.always(lambda: True, 120)
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: status(house, "now") == "used")
        await house.act("occupancy.ceiling", "leave")
        await house.always(lambda: status(house, "now") == "used", LONG_S)


NO_SHOWS = NO_CAMERA.replace(
    'url = "gpio:17"\nvacancy_delay_s = 30',
    'url = "gpio:17"\nprofile = "hc-sr501"\nvacancy_delay_s = 30',
) + ("[rules]\nrelease_s = 300\nwarn_s = 60\n")


@invented
@pytest.mark.parametrize(
    ("before", "came_s", "left_s"),
    [
        (None, -120.0, 60.0),  # whoever sets up before it begins
        (None, 30.0, 60.0),
        ("no_show", 30.0, 60.0),  # nobody was there before
        ("long_ago", -120.0, 60.0),
        ("whole_day", -120.0, 60.0),
    ],
)
async def test_whoever_comes_in_time_keeps_the_room_though_they_leave_again(
    before: str | None, came_s: float, left_s: float
) -> None:
    lasts_min = {"no_show": 9, "long_ago": 3}.get(before or "", 0)
    others = [booking("before", 1, lasts_min=lasts_min)] if lasts_min else []
    if before == "whole_day":
        others = [replace(booking("before", -600, lasts_min=1440), all_day=True)]
    async with living(NO_SHOWS, feed=Calendar([*others, booking("now", 10)])) as house:
        await house.always(lambda: True, 600.0 + came_s - house.room.clock.mono_s())
        await house.act("occupancy.ceiling", "walk_in")
        await house.always(lambda: True, 600.0 + left_s - house.room.clock.mono_s())
        await house.act("occupancy.ceiling", "leave")
        await house.always(lambda: status(house, "now") != "released", 600.0)
        assert status(house, "now") == "used"


@invented
async def test_a_touch_on_the_panel_keeps_the_room_whoever_was_in_it_before() -> None:
    before = booking("before", 1, lasts_min=9)
    async with living(NO_SHOWS, feed=Calendar([before, booking("now", 10)])) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.always(lambda: True, 630.0 - house.room.clock.mono_s())
        await house.ask("room.wake")
        await house.act("occupancy.ceiling", "leave")
        await house.always(lambda: status(house, "now") != "released", 600.0)
        assert status(house, "now") == "used"


@invented
async def test_a_start_of_the_box_is_no_touch() -> None:
    async with living(NO_SHOWS, feed=Calendar([booking("now", -1)])) as house:
        await house.until(lambda: acts(house, "release") != [], limit_s=1200)


@invented
@pytest.mark.parametrize("left_s", [-10.0, 60.0])
async def test_people_of_the_meeting_before_who_leave_late_do_not_keep_the_room(
    left_s: float,
) -> None:
    """A sensor's output stays for 15 s: it falls after the hour although they left before it."""
    before, starts_s = booking("before", 1, lasts_min=9), 600.0
    async with living(NO_SHOWS, feed=Calendar([before, booking("now", 10)])) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.always(lambda: True, starts_s + left_s - house.room.clock.mono_s())
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: status(house, "now") == "released", limit_s=600)
        (act,) = acts(house, "release")
        assert act.subject == "now"


@invented
async def test_whoever_comes_late_in_the_grace_time_keeps_the_room() -> None:
    async with living(NO_SHOWS, feed=Calendar([booking("now", 10)])) as house:
        await house.always(lambda: True, 600.0 + 290.0)
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: status(house, "now") == "used")
        await house.act("occupancy.ceiling", "leave")
        await house.always(lambda: status(house, "now") == "used", 900.0)


@invented
async def test_staff_check_in_for_somebody_who_is_late() -> None:
    async with living(RULES, feed=Calendar([booking("now", 1)])) as house:
        await house.until(lambda: house.document.bookings != ())
        assert (await house.ask("booking.check_in", STAFF, booking="now")).status == "done"
        await house.always(lambda: status(house, "now") == "checked_in", LONG_S)
        refused = await house.ask("booking.check_in", STAFF, booking="gone")
        assert refused.error is not None
        assert refused.error.code == "unknown_booking"


@invented
async def test_keep_it_for_a_booking_is_a_check_in() -> None:
    async with living(RULES, feed=Calendar([booking("now", 1)])) as house:
        await house.until(lambda: "release" in notices(house), limit_s=SETTLED_S + 300)
        assert (await house.ask("room.postpone", STAFF, act="release")).status == "done"
        assert status(house, "now") == "checked_in"


@invented
async def test_a_room_that_is_going_to_rest_says_when_and_stays_lit_if_kept() -> None:
    async with living(BAMBOO) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.always(lambda: True, 60)
        assert notices(house) == []
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: notices(house) == ["standby"], limit_s=2)
        (notice,) = house.document.automation.notices
        left_s = (notice.at - house.room.clock.now().wall).total_seconds()
        assert 28 < left_s <= 30
        await house.always(lambda: house.document.panel.awake, left_s - 5)
        await house.ask("room.postpone", STAFF, act="standby")
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=10)
        await house.always(lambda: house.document.panel.awake, 10)
        await house.until(lambda: not house.document.panel.awake, limit_s=60)


@invented
async def test_walking_in_says_why_the_room_woke() -> None:
    async with living() as house:
        await house.until(lambda: not house.document.panel.awake, limit_s=60)
        await house.act("occupancy.ceiling", "walk_in")
        took_s = await house.until(lambda: house.screen.shown, limit_s=2.0)
        assert took_s <= 2.0
        woke = acts(house, "wake")[-1]
        assert [reason.code for reason in woke.reasons] == ["occupied", "pir"]


@invented
@pytest.mark.parametrize("days", [365, -365])
async def test_a_wall_clock_that_jumps_by_a_year_changes_nothing(days: int) -> None:
    async with living(RULES, feed=Calendar([booking("now", 1)])) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.join()
        await house.always(lambda: True, 400)
        before = (house.document.occupancy.state, acts(house), house.document.panel)
        assert isinstance(house.room.clock, LoopClock)
        house.room.clock.jumped = timedelta(days=days)
        await house.always(
            lambda: (house.document.occupancy.state, acts(house), house.document.panel) == before,
            LONG_S,
        )
        assert house.document.meeting.state == "in_call"


@invented
async def test_a_sensor_that_is_not_believed_is_an_issue_with_its_name() -> None:
    async with living() as house:
        for number in range(60):
            house.room.occupancy._level("ceiling", number % 2 == 0, house.room.clock.mono_s())
        await house.until(lambda: ("occupancy.chatter", "occupancy.ceiling") in house.issues)
        assert house.document.occupancy.healthy == 0
        await house.until(lambda: house.issues == [], limit_s=30)


class Restarts:
    """Bookings that are begun anew on the same folder, at nine and half a minute."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, VirtualClock(START)
        self.feed = Calendar([booking("now", 0), booking("next", 20)])
        self.clock.advance(30.0)

    async def fresh(self) -> Bookings:
        config = parse(BAMBOO, "room.toml")
        calls = CallControl(config, None, self.clock, lambda: None)
        context = Context(nowhere, self.clock, Settings(), lambda: None)
        made = Bookings(config, lambda: self.feed, calls.read, context, Store(self.folder))
        await made._fetch(self.feed)
        return made

    def settled(self, bookings: Bookings) -> bool:
        booked = bookings.under_way(self.clock.now())
        assert booked is not None
        return booked.settled


async def test_what_became_of_a_booking_survives_a_restart(tmp_path: Path) -> None:
    runs = Restarts(tmp_path)
    first = await runs.fresh()
    await first.mark("now", "released")
    again = await runs.fresh()
    assert [one.status for one in again.entries(runs.clock.now())] == ["released", "booked"]


async def test_a_booking_whose_minutes_a_disk_has_lost_is_not_released(tmp_path: Path) -> None:
    runs = Restarts(tmp_path)
    assert not runs.settled(await runs.fresh())
    await (await runs.fresh()).used("now")
    (tmp_path / "bookings.json").write_bytes(b"\0" * 512)
    again = await runs.fresh()
    assert runs.settled(again)
    runs.clock.advance(20 * 60.0)
    assert not runs.settled(again)  # that one began before its eyes


async def test_what_a_disk_refused_is_written_once_it_takes_writes(tmp_path: Path) -> None:
    folder, away = tmp_path / "state", tmp_path / "away"
    runs = Restarts(folder)
    first = await runs.fresh()
    folder.rename(away)
    await first.used("now")
    away.rename(folder)
    assert not runs.settled(await runs.fresh())
    await first._fetch(runs.feed)
    assert runs.settled(await runs.fresh())
