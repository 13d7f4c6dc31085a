"""The bookings of a room: offered in their window, never joined by themselves."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomctl.app import parse
from roomctl.booking import Booking, CalendarRead, SkippedEvent
from roomctl.clock import SystemClock
from roomctl.errors import PortError, PortReason
from roomctl.kind import Context
from roomctl.meeting.invitation import ParsedInvitation
from roomctl.room.bookings import READ_HERE, Bookings
from roomctl.store import Settings, Store
from roomctl.wire import Port
from tests.invented import START, invented
from tests.room.rig import BAMBOO, LINK, NO_CAMERA, Calendar, House, begun, living
from tests.room.test_setting_up import nowhere


def booking(key: str, begins_min: float, link: str = LINK, lasts_min: float = 30) -> Booking:
    begin = START + timedelta(minutes=begins_min)
    end = begin + timedelta(minutes=lasts_min)
    return Booking(key, f"Title {key}", "Zhang Min", begin, end, {"URL": link})


def shown(house: House) -> dict[str, tuple[str, str | None]]:
    return {entry.id: (entry.join, entry.refused) for entry in house.document.bookings}


@invented
async def test_a_booking_is_offered_in_its_window_and_gone_at_its_end() -> None:
    feed = Calendar([booking("soon", 11, lasts_min=2), booking("later", 120)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house) != {})
        assert shown(house) == {"soon": ("later", None), "later": ("later", None)}

        took_s = await house.until(lambda: shown(house)["soon"] == ("now", None), limit_s=90)
        assert 59 < took_s < 61  # ten minutes before it begins
        await house.until(lambda: "soon" not in shown(house), limit_s=13 * 60)


@invented
async def test_a_booking_that_cannot_be_opened_says_why() -> None:
    feed = Calendar(
        [booking("host", -5, "https://us05web.zoom.us/s/123456789"), booking("none", -5, "")]
    )
    async with living(feed=feed) as house:
        await house.until(lambda: shown(house) != {})
        assert shown(house) == {"host": ("none", "host_link"), "none": ("none", "no_meeting")}


@invented
async def test_a_policy_of_the_room_shows_on_its_bookings() -> None:
    text = BAMBOO.replace("[meeting]\n", '[meeting]\ndeny = ["zoom"]\n')
    feed = Calendar([booking("zoom", -5, "https://zoom.us/j/912345678"), booking("jitsi", -4)])
    async with living(text, feed=feed) as house:
        await house.until(lambda: shown(house) != {})
        assert shown(house) == {"zoom": ("none", "denied_by_policy"), "jitsi": ("now", None)}


@invented
async def test_a_booking_is_joined_by_its_id_and_gives_its_title() -> None:
    async with living(feed=Calendar([booking("now", -5)])) as house:
        await house.until(lambda: shown(house) == {"now": ("now", None)})
        assert (await house.ask("meeting.join", booking="now")).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call")
        assert house.document.meeting.title == "Title now"


@invented
async def test_a_booking_that_is_no_longer_there_is_refused() -> None:
    async with living(feed=Calendar()) as house:
        record = await house.ask("meeting.join", booking="gone")
        assert record.error is not None
        assert (record.status, record.error.code) == ("refused", "unknown_booking")


@invented
async def test_nobody_is_taken_into_a_booked_meeting_who_did_not_touch_join() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("now", -1, lasts_min=5)])) as house:
        await house.always(lambda: house.document.meeting.state == "idle", 6 * 60)


@invented
async def test_a_calendar_that_cannot_be_reached_is_an_issue_and_what_was_known_stays() -> None:
    feed = Calendar([booking("now", -5)])
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: shown(house) != {})
        feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
        await house.until(lambda: house.issues == [("calendar.stale", "calendar")], 120)
        since, params = house.document.issues[0].since, house.document.issues[0].params
        detail = "ics:https://calendar.example.org: is gone"
        assert (params["detail"], params["key"]) == (detail, "calendar.url")
        await house.always(lambda: shown(house) == {"now": ("now", None)}, 300)
        assert house.document.issues[0].since == since

        feed.broken = None
        await house.until(lambda: house.issues == [], limit_s=61)


class Asked(Calendar):
    """A calendar that knows when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.at_s: list[float] = []

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        self.at_s.append(asyncio.get_running_loop().time())
        return await super().bookings(window_start, window_end)


@invented
async def test_a_room_that_starts_has_its_devices_first_and_then_its_calendar() -> None:
    feed = Asked()
    async with begun(feed=feed) as house:
        await house.until(lambda: house.room.ready)
        assert feed.at_s == []
        await house.until(lambda: feed.at_s, limit_s=0.1)


@invented
async def test_a_device_that_does_not_answer_holds_the_calendar_up_for_a_second() -> None:
    async def silent(_: str, __: str) -> Port:
        await asyncio.Event().wait()
        raise AssertionError

    feed = Asked()
    async with begun(feed=feed, connect=silent) as house:
        assert await house.until(lambda: feed.at_s, limit_s=1.2) >= 1.0
        assert not house.room.ready


@invented
async def test_a_new_booking_appears_within_a_minute() -> None:
    feed = Calendar()
    async with living(feed=feed) as house:
        feed.listed = [booking("new", 5)]
        await house.until(lambda: shown(house) == {"new": ("now", None)}, limit_s=61)


@invented
async def test_a_private_booking_is_joined_without_showing_its_title() -> None:
    private = booking("p", -5)
    private = Booking(
        "p", "Redundancies", "", private.start, private.end, private.fields, private=True
    )
    async with living(feed=Calendar([private])) as house:
        await house.until(lambda: shown(house) == {"p": ("now", None)})
        await house.ask("meeting.join", booking="p")
        await house.until(lambda: house.document.meeting.state == "in_call")
        assert "Redundancies" not in repr(house.document)


def word(house: House) -> tuple[str, float | None]:
    """Return the room's word, and how many minutes after the start it holds."""
    said = house.document.availability
    assert said is not None
    until = said.until
    return said.state, None if until is None else (until - START).total_seconds() / 60


@invented
async def test_the_rooms_word_comes_from_its_bookings() -> None:
    listed = [booking("one", 5, lasts_min=10), booking("two", 15, lasts_min=10)]
    async with living(NO_CAMERA, feed=Calendar(listed)) as house:
        await house.until(lambda: house.document.availability is not None)
        assert word(house) == ("available", 5)
        await house.until(lambda: word(house) == ("awaited", 25), limit_s=301)
        await house.until(lambda: word(house) == ("available", None), limit_s=1201)


@invented
async def test_a_room_that_has_never_read_a_calendar_has_no_word_of_it() -> None:
    feed = Calendar()
    feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
    async with living(feed=feed) as house:
        await house.until(lambda: house.issues == [("calendar.stale", "calendar")], 1)
        assert house.document.availability is None
    async with living() as house:
        await house.always(lambda: house.document.availability is None, 70)


@invented
async def test_what_may_change_and_what_is_private_is_marked() -> None:
    maybe = replace(booking("m", -5), tentative=True)
    secret = replace(booking("p", 60), private=True, organizer="Boss")
    free = replace(booking("f", 5), free=True)
    async with living(feed=Calendar([maybe, secret, free])) as house:
        await house.until(lambda: shown(house) != {})
        first, second = house.document.bookings
        assert (first.tentative, first.private, first.all_day) == (True, False, False)
        assert (second.private, second.title, second.organizer) == (True, None, None)
        assert "Boss" not in repr(house.document)


@invented
async def test_what_a_calendar_lists_and_cannot_be_shown_is_an_issue_that_names_it() -> None:
    feed = Calendar([booking("now", -5)])
    feed.skipped = (
        SkippedEvent("a@b", "Every second", "too_much"),
        SkippedEvent("", "", "unreadable", 4),
    )
    async with living(feed=feed) as house:
        await house.until(lambda: house.issues == [("calendar.event_skipped", "calendar")], 120)
        (issue,) = house.document.issues
        named = {"count": 5, "title": "Every second", "uid": "a@b", "reason": "too_much"}
        assert issue.params == named
        assert shown(house) == {"now": ("now", None)}
        feed.skipped = ()
        await house.until(lambda: house.issues == [], limit_s=61)


@invented
async def test_an_old_calendar_says_how_old_it_is() -> None:
    feed = Calendar()
    feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
    async with living(NO_CAMERA, feed=feed) as house:
        await house.until(lambda: house.issues == [("calendar.stale", "calendar")], 1)
        assert house.document.issues[0].params["age_min"] == -1
        feed.broken = None
        await house.until(lambda: house.issues == [], limit_s=61)
        feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
        await house.until(lambda: house.issues != [], limit_s=61)
        assert house.document.issues[0].params["age_min"] == 1
        await house.until(lambda: house.document.issues[0].params["age_min"] == 4, limit_s=200)


@invented
async def test_two_panels_book_the_room_and_one_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    async with living(feed=Calendar([booking("later", 40)]), store=store) as house:
        await house.until(lambda: shown(house) != {})
        first = await house.ask("booking.reserve", minutes=60)
        second = await house.ask("booking.reserve", minutes=15)
        assert (first.status, second.status) == ("done", "refused")
        assert second.error is not None
        assert second.error.code == "already_booked"
        assert word(house) == ("booked", 70)  # up to the next one, and that one
        made = str(first.result["booking"]) if first.result else ""
        entry = next(one for one in house.document.bookings if one.id == made)
        assert (entry.status, entry.title, entry.join) == ("checked_in", None, "none")
        assert (await house.ask("booking.end_now", booking=made)).status == "done"
        assert (await house.ask("booking.end_now", booking=made)).status == "done"
        assert word(house) == ("available", 40)
        assert (await house.ask("booking.reserve", minutes=15)).status == "done"
        await house.always(lambda: word(house)[0] == "booked", 200)  # a fetch leaves it
    async with living(feed=Calendar(), store=Store(tmp_path)) as house:
        await house.until(lambda: house.document.availability is not None)
        assert word(house)[0] == "booked"


@invented
async def test_a_booking_is_extended_once_by_who_has_seen_its_end() -> None:
    async with living(feed=Calendar([booking("now", -5)])) as house:
        await house.until(lambda: shown(house) != {})
        seen = {"booking": "now", "minutes": 15, "end": (START + timedelta(minutes=25)).isoformat()}
        first, second = [await house.ask("booking.extend", **seen) for _ in range(2)]
        assert (first.status, second.status) == ("done", "refused")
        assert second.error is not None
        assert second.error.code == "changed"
        assert house.document.bookings[0].end == START + timedelta(minutes=40)
        bad = await house.ask("booking.extend", booking="now", minutes=15, end="soon")
        assert bad.error is not None
        assert bad.error.code == "invalid"


@invented
async def test_a_room_whose_calendar_was_never_read_is_not_booked() -> None:
    feed = Calendar()
    feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
    async with living(feed=feed) as house:
        await house.until(lambda: house.issues == [("calendar.stale", "calendar")], 1)
        record = await house.ask("booking.reserve", minutes=15)
        assert record.error is not None
        assert record.error.code == "calendar_unknown"
    async with living() as house:
        assert (await house.ask("booking.reserve")).status == "done"
        assert word(house)[0] in ("booked", "awaited")


@invented
async def test_the_last_good_agenda_outlives_a_start_without_network(tmp_path: Path) -> None:
    secret = replace(booking("p", 200, lasts_min=30), private=True)
    feed = Calendar([booking("soon", 100), secret])
    async with living(NO_CAMERA, feed=feed, store=Store(tmp_path)) as house:
        await house.until(lambda: len(shown(house)) == 2)
        await house.until((tmp_path / "agenda.json").exists)
    kept = (tmp_path / "agenda.json").read_bytes()
    assert (tmp_path / "agenda.json").stat().st_mode & 0o777 == 0o600
    assert b"Title soon" in kept
    assert b"Title p" not in kept

    feed = Calendar()
    feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
    async with living(NO_CAMERA, feed=feed, store=Store(tmp_path)) as house:
        await house.until(lambda: house.issues == [("calendar.stale", "calendar")])
        assert shown(house) == {"soon": ("later", None), "p": ("later", None)}
        assert word(house)[0] == "available"
        assert 0 <= int(str(house.document.issues[0].params["age_min"])) <= 1
        await house.until(lambda: house.document.issues[0].params["age_min"] == 62, 63 * 60)
        assert (await house.ask("meeting.join", booking="soon")).status == "done"


@invented
@pytest.mark.parametrize("hours", [24, 47, 49])
async def test_an_agenda_of_two_days_ago_is_no_longer_shown(tmp_path: Path, hours: int) -> None:
    store = Store(tmp_path)
    store.write("agenda", {"bookings": [booking("soon", 5).record()]})
    store.write("agenda_age", {"read_at": (START - timedelta(hours=hours)).isoformat()})
    feed = Calendar()
    feed.broken = PortError("ics:https://calendar.example.org", "is gone", PortReason.IO)
    async with living(feed=feed, store=store) as house:
        await house.until(lambda: house.issues == [("calendar.stale", "calendar")])
        assert bool(shown(house)) == (hours < 48)
        age_min = house.document.issues[0].params["age_min"]
        assert age_min == (hours * 60 if hours < 48 else -1)


@invented
@pytest.mark.parametrize(
    "data", [b"", b"\0" * 99, b"null", b"{}", b'{"bookings": 5}', b'{"bookings": [{}]}']
)
async def test_a_damaged_agenda_is_set_aside_and_the_room_starts(
    tmp_path: Path, data: bytes
) -> None:
    store = Store(tmp_path)
    store.write("agenda_age", {"read_at": START.isoformat()})
    (tmp_path / "agenda.json").write_bytes(data)
    async with living(feed=Calendar([booking("now", -5)]), store=store) as house:
        await house.until(lambda: shown(house) == {"now": ("now", None)})
        damaged = [one.file for one in store.disk.quarantined]
        assert damaged == ["agenda.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": 5},
        {"fields": {"URL": None}},
        {"fields": []},
        {"private": "yes"},
        {"start": "now"},
        {"end": "2026-11-26T09:00:00"},
        {"more": True},
    ],
)
def test_a_record_that_is_no_booking_is_refused(change: dict[str, Any]) -> None:
    record = booking("a", 5).record()
    assert Booking.of(record) == booking("a", 5)
    with pytest.raises(ValueError, match=r"has|is no|Invalid"):
        Booking.of({**record, **change})


async def fetched(
    listed: list[Booking], read: Callable[[Bookings, Mapping[str, str]], ParsedInvitation]
) -> Bookings:
    """Return the bookings of a room once its calendar was read; `read` is given their texts."""
    done, config = asyncio.Event(), parse(BAMBOO, "room.toml")
    context = Context(nowhere, SystemClock(), Settings(), done.set)
    feed = Calendar(listed)
    bookings = Bookings(config, lambda: feed, lambda fields: read(bookings, dict(fields)), context)
    running = asyncio.ensure_future(bookings.run())
    async with asyncio.timeout(60):
        await done.wait()
    running.cancel()
    return bookings


async def looked_at(listed: list[Booking]) -> list[tuple[int, int]]:
    """Return how long each text was that was read, and in which thread."""
    seen: list[tuple[int, int]] = []

    def read(_: Bookings, fields: Mapping[str, str]) -> ParsedInvitation:
        seen.append((sum(map(len, fields.values())), threading.get_ident()))
        return ParsedInvitation()

    await fetched(listed, read)
    return seen


async def test_a_calendar_counts_as_read_once_its_texts_are() -> None:
    meanwhile: list[object] = []

    def read(bookings: Bookings, _: Mapping[str, str]) -> ParsedInvitation:
        meanwhile.append((bookings.calendar_state, bookings.standing(SystemClock().now())))
        return ParsedInvitation()

    bookings = await fetched([booking("now", 0)], read)
    assert meanwhile == [("unread", None)], "nobody is told that the room is free"
    assert bookings.calendar_state == "fresh"


async def test_occurrences_with_the_same_text_are_read_once() -> None:
    assert len(await looked_at([booking(f"day{n}", 60 * n) for n in range(5)])) == 1


async def test_a_long_text_is_read_beside_the_loop() -> None:
    sizes = (READ_HERE, READ_HERE + 1)
    (short, here), (long, there) = await looked_at(
        [replace(booking(str(size), 0), fields={"DESCRIPTION": "a" * size}) for size in sizes]
    )
    assert (short, long) == sizes
    assert here == threading.get_ident() != there
