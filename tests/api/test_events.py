"""The room document and its event stream: cached, resumable, without a gap or a repeat."""

import asyncio
import json

import pytest

from roomctl.api.events import Encoding, stream
from roomctl.room import Source
from roomctl.room.document import BEHIND
from tests.api.rig import BEARER, BOOT
from tests.invented import invented
from tests.room.rig import living

pytestmark = pytest.mark.real


async def events_of(client, last_id=None, sections=None):
    """Yield (id, kind, data) of the stream."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    params = {"sections": sections} if sections else {}
    async with client.stream("GET", "/api/v1/events", headers=headers, params=params) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields = {}
        async for line in answer.aiter_lines():
            if line and not line.startswith(":"):
                key, _, value = line.partition(": ")
                fields[key] = value
            elif fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}


async def take(events, enough):
    """Return the events up to and with the one that is enough."""
    taken = []
    async with asyncio.timeout(60):
        async for event in events:
            taken.append(event)
            if enough(event):
                break
    return taken


def number(event):
    boot, _, rev = event[0].rpartition("-")
    assert boot == BOOT
    return int(rev)


async def volume(client, pct):
    body = {"type": "audio.volume", "args": {"pct": pct}}
    assert (await client.post("/api/v1/commands", json=body)).status_code == 200


def has_volume(pct):
    return lambda event: event[2].get("audio", {}).get("volume_pct") == pct


async def test_the_document_is_unchanged_for_its_own_etag_only(house):
    async with house.in_process(headers=BEARER) as client:
        first = await client.get("/api/v1/room")
        etag = first.headers["etag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            same = await client.get("/api/v1/room", headers={"If-None-Match": known})
            assert (same.status_code, same.content) == (304, b"")
            assert same.headers["etag"] == etag
        for unknown in ('"other"', "", etag.strip('"')):
            new = await client.get("/api/v1/room", headers={"If-None-Match": unknown})
            assert new.json() == first.json()


async def test_the_document_is_the_rooms_own(alive):
    async with alive.program() as client:
        answer = await client.get("/api/v1/room")
    shown = answer.json()
    assert shown["identity"]["display_name"] == "Bamboo"
    assert [camera["name"] for camera in shown["cameras"]] == ["front", "back"]
    assert shown["devices"][0]["status"] == "online"


async def test_a_new_stream_begins_with_the_whole_room_and_goes_on_with_changes(alive):
    async with alive.program() as client:
        events = events_of(client)
        [first] = await take(events, lambda event: True)
        assert first[1] == "room"
        assert first[2]["identity"]["display_name"] == "Bamboo"
        events = events_of(client, first[0])
        await volume(client, 11)
        taken = await take(events, has_volume(11))
    assert {kind for _, kind, _ in taken} == {"change"}
    assert number(taken[0]) == number(first) + 1


async def test_a_stream_resumes_without_loss_or_repeats(alive):
    async with alive.program() as client:
        [first] = await take(events_of(client), lambda event: True)
        seen = [first]
        for pct in (21, 22, 23):
            await volume(client, pct)  # while nobody listens
            seen += await take(events_of(client, seen[-1][0]), has_volume(pct))
    revisions = [number(event) for event in seen]
    assert revisions == list(range(revisions[0], revisions[0] + len(revisions)))


@pytest.mark.parametrize(
    "last_id", ["otherboot-1", "nonsense", f"{BOOT}-99999999", f"{BOOT}--1", f"{BOOT}-", "²-²"]
)
async def test_an_id_that_is_not_known_gets_the_whole_room(alive, last_id):
    async with alive.program() as client:
        [first] = await take(events_of(client, last_id.encode()), lambda event: True)
    assert first[1] == "room"
    assert first[2]["rev"] == number(first)


async def test_a_reader_that_fell_behind_its_queue_still_misses_nothing(alive):
    ending = asyncio.Event()
    start = alive.room.document.rev
    events = stream(alive.room, Encoding(alive.room), BOOT, f"{BOOT}-{start}", ending)
    reading = asyncio.create_task(anext(events))
    async with alive.program() as client:
        await volume(client, 1)
        await reading
        for pct in range(BEHIND + 20):  # more than the queue holds, and nobody reads
            body = {"type": "audio.volume", "args": {"pct": pct % 100}}
            record = alive.room.submit("audio.volume", body["args"], Source("admin", "test"))
            await alive.room.finish(record, 2)
            await alive.until(lambda document, pct=pct: document.audio.volume_pct == pct % 100)
    newest = alive.room.document.rev
    seen = [start + 1]
    async with asyncio.timeout(60):
        while seen[-1] < newest:
            text = await anext(events)
            seen.append(int(text.split("\n")[0].rpartition("-")[2]))
    await events.aclose()
    assert seen == list(range(start + 1, newest + 1))
    assert newest > start + BEHIND


async def test_a_reader_of_some_sections_hears_of_no_other(alive):
    async with alive.program() as client:
        events = events_of(client, sections="panel,audio")
        [first] = await take(events, lambda event: True)
        assert set(first[2]) == {"rev", "audio", "panel"}
        home = {"type": "camera.home", "args": {"camera": "front"}}
        await client.post("/api/v1/commands", json=home)
        await volume(client, 33)
        taken = await take(events, has_volume(33))
        assert set().union(*(event[2] for event in taken)) <= {"audio", "panel"}
        assert number(taken[-1]) > number(first)


@pytest.mark.parametrize("wrong", ["lights", "audio,", ",audio", "audio meeting", "rev", "," * 9])
async def test_a_section_that_there_is_not_is_422(house, wrong):
    async with house.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/events", params={"sections": wrong})
    assert answer.status_code == 422
    assert answer.json()["params"]["where"] == "query.sections"


@invented
async def test_a_reader_for_whom_there_is_nothing_is_told_how_far_he_is_every_15_s():
    async with living() as home:
        events = stream(
            home.room, Encoding(home.room), BOOT, None, asyncio.Event(), wanted={"platforms"}
        )
        assert "event: room" in await anext(events)
        before = home.room.document.rev
        await home.ask("room.standby")
        began = home.room.clock.mono_s()
        said = await anext(events)
        assert 14 < home.room.clock.mono_s() - began < 17
        assert said.startswith(f"id: {BOOT}-")
        assert said.count("\n") == 2
        assert int(said.strip().rpartition("-")[2]) > before
        await events.aclose()


async def test_an_open_stream_ends_when_the_server_is_about_to(alive):
    ending = asyncio.Event()
    events = stream(alive.room, Encoding(alive.room), BOOT, None, ending)
    assert "event: room" in await anext(events)
    ending.set()
    async with asyncio.timeout(60):
        assert [text async for text in events if not text.startswith("id:")] == []


@invented
async def test_a_pulse_comes_as_often_as_it_is_asked_for():
    async with living() as home:
        events = stream(
            home.room, Encoding(home.room), BOOT, None, asyncio.Event(), wanted=(), pulse_s=1
        )
        assert "event: room" in await anext(events)
        began = home.room.clock.mono_s()
        for _ in range(5):
            await anext(events)
        assert home.room.clock.mono_s() - began <= 6
        await events.aclose()


def read_by(home, allowed):
    return stream(home.room, Encoding(home.room), BOOT, None, asyncio.Event(), allowed)


@invented
async def test_a_reader_is_looked_at_once_a_second_and_not_at_each_change():
    async with living() as home:
        looks, told = [], 0
        events = read_by(home, lambda: looks.append(told) or True)
        assert "event: room" in await anext(events)
        began, told = home.room.clock.mono_s(), 0
        while home.room.clock.mono_s() - began < 3:
            await asyncio.sleep(0.05)
            home.room.submit("audio.volume", {"pct": told % 100}, Source("admin", "test"))
            assert "event: change" in await anext(events)
            told += 1
        await events.aclose()
    assert told > 20
    assert len(looks) <= 4


@invented
async def test_a_reader_who_is_no_longer_allowed_hears_nothing_a_second_later():
    async with living() as home:
        ends_s = home.room.clock.mono_s() + 2.5
        events = read_by(home, lambda: home.room.clock.mono_s() < ends_s)
        told = 0
        async for _ in events:
            await asyncio.sleep(0.05)
            home.room.submit("audio.volume", {"pct": told % 100}, Source("admin", "test"))
            told += 1
        assert ends_s <= home.room.clock.mono_s() <= ends_s + 1


@pytest.mark.parametrize("wrong", ["0", "16", "x", "-1"])
async def test_a_pulse_that_is_none_is_422(house, wrong):
    async with house.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/events", params={"pulse_s": wrong})
    assert answer.status_code == 422
