"""Rooms nearby that are free: when they are asked, and what of their answers is believed."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from roomctl.app import mistakes, parse
from roomctl.config import NeighbourTable
from roomctl.errors import RoomctlError
from roomctl.room.nearby import ASK_EVERY_S, STALE_S, free_room
from tests.invented import START, invented
from tests.room.rig import NO_CAMERA, NO_DEVICE, Calendar, House, living
from tests.room.test_bookings import booking

PIN = "#sha256:" + "4b" * 32


def neighbour(name: str) -> str:
    url = f"https://{name.lower()}.example.org:8080{PIN}"
    return f'[[door.neighbours]]\nname = "{name}"\nurl = "{url}"\ntoken = "{name}-token-0123456"\n'


NEIGHBOURS = neighbour("Pine") + neighbour("Oak")
ROOM = NO_DEVICE + NEIGHBOURS
Said = dict[str, Any]


def free(minutes: float | None = 120, **other: Any) -> Said:
    """Return what matters of the document of a room that is free for so long."""
    until = None if minutes is None else (START + timedelta(minutes=minutes)).isoformat()
    return {
        "phase": "ready",
        "availability": {"state": "available", "until": until},
        "conditions": [{"type": "calendar_fresh", "status": True}],
        "meeting": {"state": "idle", "shown": False},
        "byom": None,
        "occupancy": {"state": "vacant"},
        "issues": [],
        **other,
    }


class Rooms:
    """The rooms nearby: what each one says, and how often it was asked; None: it is silent."""

    def __init__(self, **said: Said | bytes | None) -> None:
        self.said, self.asked = dict(said), list[str]()

    async def ask(self, table: NeighbourTable) -> bytes:
        self.asked.append(table.name)
        said = self.said.get(table.name)
        if said is None:
            raise RoomctlError("no answer within 5 s")
        return said if isinstance(said, bytes) else json.dumps(said).encode()


def names(house: House) -> list[str]:
    return [one.name for one in house.document.nearby]


def taken(begins_min: float = -10, lasts_min: float = 600) -> Calendar:
    return Calendar([booking("a", begins_min, lasts_min=lasts_min)])


@invented
async def test_a_booked_room_names_those_that_are_free_the_nearest_first() -> None:
    rooms = Rooms(Oak=free(), Pine=free(None))
    async with living(ROOM, feed=taken(), ask=rooms.ask) as house:
        await house.until(lambda: names(house) == ["Pine", "Oak"])
        assert [one.until for one in house.document.nearby] == [None, START + timedelta(hours=2)]
        rooms.said["Pine"] = free(state="x", availability={"state": "booked", "until": None})
        assert await house.until(lambda: names(house) == ["Oak"], 60.0) <= ASK_EVERY_S + 1


@invented
async def test_a_room_that_stays_free_asks_nobody() -> None:
    rooms = Rooms(Pine=free())
    async with living(ROOM, feed=taken(begins_min=60), ask=rooms.ask) as house:
        await house.always(lambda: not rooms.asked and not names(house), 45 * 60.0)
        await house.until(lambda: names(house) == ["Pine"], 5 * 60.0)  # before the sign says soon


@invented
async def test_once_the_room_is_free_nobody_is_named_or_asked_any_more() -> None:
    rooms = Rooms(Pine=free())
    async with living(ROOM, feed=taken(lasts_min=20), ask=rooms.ask) as house:
        await house.until(lambda: names(house) == ["Pine"])
        await house.until(lambda: names(house) == [], 11 * 60.0)
        await house.until(lambda: house.document.availability, 10.0)
        assert house.document.availability is not None
        assert house.document.availability.state == "available"
        rooms.asked.clear()
        await house.always(lambda: not rooms.asked, 120.0)


@invented
async def test_a_call_that_nobody_booked_takes_the_room_too() -> None:
    rooms = Rooms(Pine=free())
    async with living(NO_CAMERA + NEIGHBOURS, ask=rooms.ask) as house:
        await house.always(lambda: not rooms.asked, 60.0)
        await house.join()
        await house.until(lambda: names(house) == ["Pine"])


@invented
async def test_a_neighbour_that_falls_silent_is_shown_for_a_minute_at_most() -> None:
    rooms = Rooms(Pine=free(), Oak=free())
    async with living(ROOM, feed=taken(), ask=rooms.ask) as house:
        await house.until(lambda: names(house) == ["Pine", "Oak"])
        rooms.said["Pine"] = None
        assert await house.until(lambda: names(house) == ["Oak"], 120.0) <= STALE_S + 1
        await house.always(lambda: names(house) == ["Oak"], 180.0)
        rooms.said["Pine"] = free()
        await house.until(lambda: names(house) == ["Pine", "Oak"], 60.0)


@invented
async def test_a_neighbour_that_is_free_for_a_moment_is_not_named() -> None:
    rooms = Rooms(Pine=free(17))
    async with living(ROOM, feed=taken(), ask=rooms.ask) as house:
        await house.until(lambda: names(house) == ["Pine"])
        await house.until(lambda: names(house) == [], 180.0)


@invented
async def test_a_neighbour_that_hangs_delays_no_other_and_a_fault_of_ours_stops_nothing() -> None:
    rooms = Rooms(Oak=free())

    async def ask(table: NeighbourTable) -> bytes:
        if table.name == "Pine":
            rooms.asked.append("Pine")
            await asyncio.sleep(5.0)
            raise KeyError("of ours")
        return await rooms.ask(table)

    async with living(ROOM, feed=taken(), ask=ask) as house:
        await house.until(lambda: names(house) == ["Oak"], 2.0)
        await house.until(lambda: rooms.asked.count("Pine") > 2, 120.0)
        assert names(house) == ["Oak"]


@invented
async def test_another_room_toml_forgets_the_rooms_of_the_one_before() -> None:
    rooms = Rooms(Pine=free(), Oak=free())
    feed = taken()
    async with living(ROOM, feed=feed, ask=rooms.ask) as house:
        await house.until(lambda: names(house) == ["Pine", "Oak"])
        await house.room.reconfigure(parse(NO_DEVICE, "room.toml"), feed)
        await house.until(lambda: names(house) == [])
        await house.room.reconfigure(parse(NO_DEVICE + neighbour("Oak"), "room.toml"), feed)
        await house.until(lambda: names(house) == ["Oak"], 60.0)


@invented
async def test_a_room_toml_that_names_the_same_neighbours_keeps_what_is_known_of_them() -> None:
    feed = taken()
    async with living(ROOM, feed=feed, ask=Rooms(Pine=free(), Oak=free()).ask) as house:
        await house.until(lambda: names(house) == ["Pine", "Oak"])
        other = parse(ROOM.replace("vacancy_delay_s = 30", "vacancy_delay_s = 45"), "room.toml")
        await house.room.reconfigure(other, feed)
        await house.always(lambda: names(house) == ["Pine", "Oak"], 5.0)


NOT_FREE: dict[str, Said] = {
    "starting": free(phase="starting"),
    "booked": free(availability={"state": "booked", "until": None}),
    "awaited": free(availability={"state": "awaited", "until": None}),
    "no calendar": free(availability=None),
    "stale": free(conditions=[{"type": "calendar_fresh", "status": False}]),
    "unknown": free(conditions=[{"type": "calendar_fresh", "status": None}]),
    "never said": free(conditions=[]),
    "in a call": free(meeting={"state": "in_call", "shown": True}),
    "a page is shown": free(meeting={"state": "failed", "shown": True}),
    "occupied": free(occupancy={"state": "occupied"}),
    "perhaps occupied": free(occupancy={"state": "vacating"}),
    "lent": free(byom={"lent": True}),
    "no clock": free(issues=[{"code": "clock.unproven"}]),
}


@pytest.mark.parametrize("said", NOT_FREE.values(), ids=NOT_FREE)
def test_free_is_only_what_nobody_has_booked_or_uses(said: Said) -> None:
    assert free_room("Pine", json.dumps(said).encode()) is None


GARBLED: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html>Sign in</html>",
    "no UTF-8": b"\xff\xfe\x00{",
    "a list": b"[]",
    "a word": b"null",
    "deep": b"[" * 200_000,
    "a long number": b"9" * 200_000,
    "half": json.dumps(free()).encode()[:60],
    "a list for a table": json.dumps(free(meeting=[])).encode(),
    "issues are a number": json.dumps(free(issues=5)).encode(),
    "not an instant": json.dumps(
        free(availability={"state": "available", "until": "soon"})
    ).encode(),
    "a number": json.dumps(free(availability={"state": "available", "until": 5})).encode(),
    "no zone": json.dumps(
        free(availability={"state": "available", "until": "2026-11-25T12:00:00"})
    ).encode(),
    "the end of time": json.dumps(
        free(availability={"state": "available", "until": "9999-12-31T23:59:59-12:00"})
    ).encode(),
}


@pytest.mark.parametrize("body", GARBLED.values(), ids=GARBLED)
def test_what_is_no_room_document_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        free_room("Pine", body)


@invented
async def test_garbled_answers_name_nobody_and_the_room_goes_on() -> None:
    rooms = Rooms(Oak=free())
    async with living(ROOM, feed=taken(), ask=rooms.ask) as house:
        for body in GARBLED.values():
            rooms.said["Pine"], asked = body, len(rooms.asked)
            await house.until(lambda asked=asked: len(rooms.asked) >= asked + 2, 60.0)
            assert names(house) in ([], ["Oak"])
        await house.until(lambda: names(house) == ["Oak"], 60.0)


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "http": (lambda text: text.replace("https:", "http:"), "use https for other boxes"),
    "another scheme": (lambda text: text.replace("https:", "ftp:"), "must look like 'https://"),
    "a path": (lambda text: text.replace(":8080", ":8080/door"), "must be only https://"),
    "a user": (lambda text: text.replace("//", "//me@"), "must be only https://"),
    "half a pin": (lambda text: text.replace("4b4b", ""), "must end in a fingerprint"),
    "no port": (lambda text: text.replace("8080", "99999"), "ort"),
    "a short token": (lambda text: text.replace("Pine-token-0123456", "x"), "is not a token"),
    "two words": (lambda text: text.replace("Pine-token", "Pine token"), "is not a token"),
    "twice": (lambda text: text * 2, "has the same name twice"),
    "one room": (lambda text: text + text.replace("Pine", "Oak", 1), "has the same url twice"),
}


@pytest.mark.parametrize(("change", "why"), WRONG.values(), ids=WRONG)
def test_a_neighbour_that_would_never_do_is_a_mistake_with_its_line(
    change: Callable[[str], str], why: str
) -> None:
    found = [str(one) for one in mistakes(change(neighbour("Pine")), "room.toml")]
    assert len(found) == 1
    assert why in found[0]
    assert found[0].startswith("room.toml:")


def test_every_key_that_a_neighbour_lacks_or_misspells_is_told() -> None:
    text = '[[door.neighbours]]\nname = "Pine"\nurl = "pine"\ntokn = "a-token-of-the-pine"\n'
    found = " ".join(str(one) for one in mistakes(text, "room.toml"))
    assert "room.toml:3: door.neighbours.0.url: must look like" in found
    assert "room.toml:4: door.neighbours.0.tokn" in found


def test_http_reaches_this_box_alone() -> None:
    text = neighbour("Pine").replace("https://pine.example.org", "http://127.0.0.1")
    [one] = parse(text, "room.toml").door.neighbours
    assert (one.base, one.pin) == ("http://127.0.0.1:8080", PIN[1:])


def test_no_token_is_shown() -> None:
    config = parse(neighbour("Pine"), "room.toml")
    assert "Pine-token" not in repr(config) + config.model_dump_json()
