"""What a room changes is written to a calendar that takes it, and the calendar's word counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from roomctl.booking import Booking, CalendarRead
from roomctl.booking.change import (
    BookingChange,
    Conflict,
    Rejected,
    RetryLater,
    WriteOutcome,
    Written,
)
from roomctl.errors import PortError, RoomctlError
from roomctl.store import Store
from tests.invented import START, invented
from tests.room.rig import NO_CAMERA, Calendar, House, living

GONE = PortError("caldav://calendar.example.org", "is gone")


class WritableCalendar(Calendar):
    """A calendar that holds what it is told, and can be broken before or after it does."""

    writes = frozenset({"reserve", "move_end", "check_in", "release", "restore"})

    def __init__(self, bookings: Sequence[Booking] = ()) -> None:
        super().__init__(bookings)
        self.taken: list[BookingChange] = []
        self.refuses: WriteOutcome | None = None
        self.deaf: RoomctlError | None = None  # before it has done anything
        self.mute: RoomctlError | None = None  # after it has done it
        self.reads = 0

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        self.reads += 1
        return await super().bookings(window_start, window_end)

    async def write(self, change: BookingChange) -> WriteOutcome:
        if self.deaf is not None:
            raise self.deaf
        if self.refuses is not None:
            return self.refuses
        self.taken.append(change)
        ref = self._hold(change)
        if self.mute is not None:
            raise self.mute
        return Written(ref)

    def _hold(self, change: BookingChange) -> str:
        ref = change.ref or f"{change.id}@roomctl/x"
        held = {each.id: each for each in self.listed}
        match change.kind:
            case "reserve" | "restore":
                known = held.get(ref) or Booking(ref, "", "", change.start, change.end, owned=True)
                held[ref] = known
            case "move_end":
                held[ref] = replace(held[ref], end=change.end)
            case "release":
                held.pop(ref, None)
        self.listed = list(held.values())
        return ref


def booking(key: str, begins_min: float, lasts_min: float = 30) -> Booking:
    begin = START + timedelta(minutes=begins_min)
    return Booking(key, f"Title {key}", "Li", begin, begin + timedelta(minutes=lasts_min))


def shown(house: House) -> list[tuple[str, str, float]]:
    return [
        (each.id, each.status, (each.end - START).total_seconds() / 60)
        for each in house.document.bookings
    ]


def ends(house: House) -> dict[str, float]:
    return {key: end for key, _, end in shown(house)}


def kinds(feed: WritableCalendar) -> list[str]:
    return [each.kind for each in feed.taken]


async def read_again(house: House, feed: WritableCalendar) -> None:
    seen = feed.reads
    await house.until(lambda: feed.reads > seen + 1, 130)


@invented
async def test_a_booking_made_at_the_panel_is_in_the_calendar_at_once_and_keeps_its_id() -> None:
    feed = WritableCalendar()
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: feed.reads)
        made = (await house.ask("booking.reserve", minutes=30)).result
        assert shown(house) == [(made["booking"], "checked_in", 30)]
        await house.until(lambda: feed.listed)
        await read_again(house, feed)
        assert shown(house) == [(made["booking"], "checked_in", 30)]
        await house.ask("booking.extend", booking=made["booking"], minutes=15)
        await read_again(house, feed)
        assert shown(house) == [(made["booking"], "checked_in", 45)]
        assert [(each.id, each.end) for each in feed.listed] == [
            (f"{made['change']}@roomctl/x", START + timedelta(minutes=45))
        ]


@invented
async def test_a_change_says_that_the_calendar_is_asked_until_it_has_answered() -> None:
    feed = WritableCalendar()

    def asking() -> list[bool]:
        return [one.asking for one in house.document.booking_changes]

    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: feed.reads)
        feed.deaf = GONE
        await house.ask("booking.reserve", minutes=15)
        await house.always(lambda: asking() == [True], 30)
        feed.deaf = None
        await house.until(lambda: asking() == [False], 60)
    async with living(NO_CAMERA) as house:  # no calendar to ask
        await house.ask("booking.reserve", minutes=15)
        assert asking() == [False]


@invented
async def test_what_the_calendar_says_after_it_was_told_counts() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        await house.ask("booking.extend", booking="a", minutes=15)
        await house.until(lambda: kinds(feed) == ["move_end"])
        feed.listed = [replace(feed.listed[0], end=START + timedelta(minutes=35))]
        await house.until(lambda: ends(house) == {"a": 35}, 61)


@invented
async def test_without_network_a_change_stands_here_and_is_written_when_it_is_back() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        feed.broken = feed.deaf = GONE
        await house.ask("booking.end_now", booking="a")
        await house.until(lambda: ("calendar.unwritten", "calendar") in house.issues, 60)
        assert shown(house) == []
        feed.broken = feed.deaf = None
        await house.until(lambda: kinds(feed) == ["move_end"], 700)
        await house.until(lambda: house.issues == [], 61)


@invented
async def test_a_change_waits_through_a_power_loss_and_is_made_once(tmp_path: Path) -> None:
    feed = WritableCalendar()
    async with living(NO_CAMERA, feed=feed, store=Store(tmp_path)) as house:
        await house.until(lambda: feed.reads)
        feed.mute = GONE  # the answer is lost with the power
        made = (await house.ask("booking.reserve", minutes=30)).result
        await house.until(lambda: kinds(feed) == ["reserve"])
    assert (tmp_path / "local_bookings.json").stat().st_mode & 0o777 == 0o600
    feed.mute = None
    async with living(NO_CAMERA, feed=feed, store=Store(tmp_path)) as house:
        await house.until(lambda: kinds(feed) == ["reserve", "reserve"])
        assert feed.taken[0] == feed.taken[1]
        await read_again(house, feed)
        assert [each[0] for each in shown(house)] == [made["booking"]]
        assert len(feed.listed) == 1


@invented
async def test_when_the_calendar_wins_its_word_is_shown_and_the_panel_told() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        feed.refuses = Conflict("moved")
        await house.ask("booking.extend", booking="a", minutes=15)
        await house.until(lambda: ("calendar.overruled", "calendar") in house.issues)
        assert ends(house) == {"a": 25}
        (issue,) = house.document.issues
        assert (issue.params["title"], issue.params["reason"]) == ("Title a", "moved")
        await house.until(lambda: house.issues == [], 700)


@invented
async def test_of_two_that_book_at_once_in_different_places_the_calendars_counts() -> None:
    feed = WritableCalendar()
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: feed.reads)
        feed.refuses, feed.listed = Conflict("taken"), [booking("theirs", -1)]
        await house.ask("booking.reserve", minutes=30)
        await house.until(lambda: [each[0] for each in shown(house)] == ["theirs"])
        assert ("calendar.overruled", "calendar") in house.issues


@invented
async def test_a_calendar_that_never_takes_it_leaves_it_in_the_room_and_says_so() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        feed.refuses = Rejected("HTTP 403; may this account write?")
        await house.ask("booking.extend", booking="a", minutes=15)
        await house.until(lambda: ("calendar.unwritten", "calendar") in house.issues)
        assert (house.document.issues[0].params["detail"], feed.taken) == (
            "HTTP 403; may this account write?",
            [],
        )
        await read_again(house, feed)
        assert ends(house) == {"a": 40}


@invented
async def test_a_server_that_asks_to_wait_is_not_asked_before() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        feed.broken = feed.deaf = RetryLater("https://x", "answered HTTP 429", 300)
        await house.ask("booking.end_now", booking="a")
        await house.until(lambda: house.issues, 61)
        seen = feed.reads
        feed.deaf = None
        await house.always(lambda: (feed.reads, feed.taken) == (seen, []), 230)
        await house.until(lambda: kinds(feed) == ["move_end"], 70)


@invented
async def test_a_release_is_written_and_a_restore_brings_the_booking_back() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        bookings = house.room.bookings
        await house.until(lambda: shown(house))
        change = await bookings.release("a", "rule")
        await house.until(lambda: feed.listed == [])
        await read_again(house, feed)
        assert shown(house) == [("a", "released", 25)]
        assert house.document.availability.state == "available"
        await bookings.undo(change, "panel")
        await house.until(lambda: kinds(feed) == ["release", "restore"])
        await read_again(house, feed)
        assert shown(house) == [("a", "checked_in", 25)]
        feed.listed = []
        await house.until(lambda: shown(house) == [], 61)


@invented
async def test_a_release_that_was_not_written_yet_is_undone_without_a_word() -> None:
    feed = WritableCalendar([booking("a", -5), booking("b", 60)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        feed.deaf = RetryLater("https://x", "answered HTTP 429", 300)
        await house.room.bookings.check_in("b")
        await house.until(lambda: house.room.bookings.waits, 5)
        await house.always(lambda: True, 1)
        change = await house.room.bookings.release("a", "rule")
        feed.deaf = None
        await house.room.bookings.undo(change, "panel")
        await house.until(lambda: kinds(feed) == ["check_in"], 400)
        await house.always(lambda: kinds(feed) == ["check_in"], 60)


@invented
async def test_a_check_in_is_told_once() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        for _ in range(3):
            assert (await house.ask("booking.check_in", booking="a")).status == "done"
        await house.until(lambda: kinds(feed) == ["check_in"])
        await house.always(lambda: kinds(feed) == ["check_in"], 60)


@invented
async def test_a_new_booking_is_undone_by_its_change() -> None:
    feed = WritableCalendar()
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: feed.reads)
        made = (await house.ask("booking.reserve", minutes=30)).result
        await house.until(lambda: kinds(feed) == ["reserve"])
        await house.room.bookings.undo(made["change"], "panel")
        await house.until(lambda: feed.listed == [], 5)
        assert house.document.availability.state == "available"


@invented
async def test_an_end_is_undone_by_its_change() -> None:
    feed = WritableCalendar([booking("a", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house))
        change = (await house.ask("booking.extend", booking="a", minutes=15)).result["change"]
        await house.room.bookings.undo(change, "panel")
        await house.until(lambda: kinds(feed) == ["move_end", "move_end"])
        assert [(each.end - START).total_seconds() / 60 for each in feed.taken] == [40, 25]


@invented
async def test_a_mailbox_that_removes_subjects_is_an_issue_with_what_to_type() -> None:
    people, fields = ("Li", "Wang", "Zhang"), {"X-MICROSOFT-CDO-IMPORTANCE": "1"}
    found = [booking(str(each), 60 + 40 * each) for each in range(9)]
    listed = [
        replace(one, title=people[at % 3], organizer=people[at % 3], fields=fields)
        for at, one in enumerate(found)
    ]
    feed = WritableCalendar(listed)
    text = NO_CAMERA + '[calendar]\nroom = "bamboo@example.com"\n'
    async with living(text, feed=feed) as house:
        await house.until(lambda: house.issues == [("calendar.stripped", "calendar")])
        (issue,) = house.document.issues
        assert str(issue.params["commands"]).startswith(
            "Set-CalendarProcessing -Identity bamboo@example.com -DeleteComments $false"
        )
        feed.listed = [replace(one, title="Review", fields={"DESCRIPTION": "x"}) for one in listed]
        feed.listed[0] = replace(feed.listed[0], fields={**fields, "DESCRIPTION": "x"})
        await house.until(lambda: house.issues == [], 61)
