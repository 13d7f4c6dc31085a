"""How the room was used, read and deleted over HTTP."""

import csv
import io
from datetime import UTC, datetime

import pytest

from roomctl.clock import VirtualClock
from roomctl.occupancy.presence import PresenceInput
from roomctl.room.document import ReasonEntry
from roomctl.store import Database, Disk, History
from tests.api.rig import BEARER, House

BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SPAN = {"from": "2026-11-25T08:00:00Z", "to": "2026-11-25T10:00:00Z"}


@pytest.fixture
async def used(tmp_path):
    """A room in which somebody was for ten minutes."""
    clock = VirtualClock(BEGAN)
    house = House(tmp_path, clock=clock, keep=True)
    use = house.room.use
    use.told(PresenceInput(0.0, "level", "ceiling", True))
    use.glance("vacant", call_live=False)
    for second in range(900):
        use.glance("occupied" if second < 600 else "vacant", call_live=second < 60)
        clock.advance(1.0)
    use.done("standby", "", (ReasonEntry("vacant", {}),))
    return house


async def test_the_use_of_the_room_comes_as_json(used):
    async with used.in_process(headers=BEARER) as client:
        answer = (await client.get("/api/v1/use", params=SPAN)).json()
    [quarter] = answer["quarters"]
    assert quarter == {
        "start": "2026-11-25T09:00:00Z",
        "occupied_s": 600.0,
        "vacant_s": 299.0,
        "unknown_s": 0.0,
        "call_s": 60.0,
        "arrivals": 1,
    }
    assert [(one["act"], one["reasons"]) for one in answer["acts"]] == [
        ("standby", [["vacant", {}]])
    ]
    assert answer["kept"] is True


async def test_the_use_of_the_room_comes_as_csv(used):
    async with used.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/use", params={**SPAN, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["start"], row["occupied_s"]) == ("2026-11-25T09:00:00+00:00", "600.0")


async def test_raw_transitions_come_if_asked_as_json_and_as_csv(used):
    async with used.in_process(headers=BEARER) as client:
        plain = (await client.get("/api/v1/use", params=SPAN)).json()
        raw = (await client.get("/api/v1/use", params={**SPAN, "raw": "true"})).json()
        table = await client.get("/api/v1/use", params={**SPAN, "raw": "true", "format": "csv"})
    assert plain["transitions"] == []
    assert {one["kind"] for one in raw["transitions"]} == {"start", "level"}
    assert raw["transitions"][-1] == {
        "at": "2026-11-25T09:00:00Z",
        "mono_s": 0.0,
        "kind": "level",
        "sensor": "ceiling",
        "on": True,
    }
    *_, row = csv.DictReader(io.StringIO(table.text))
    assert (row["at"], row["mono_s"], row["kind"], row["on"]) == (
        "2026-11-25T09:00:00+00:00",
        "0.0",
        "level",
        "True",
    )


async def test_what_is_deleted_is_gone_from_the_disk(used, tmp_path):
    def on_disk():
        return b"".join(path.read_bytes() for path in tmp_path.glob("history.sqlite*"))

    async with used.in_process(headers=BEARER) as client:
        await client.get("/api/v1/use", params=SPAN)
        assert b"ceiling" in on_disk()
        assert (await client.delete("/api/v1/use", params=SPAN)).status_code == 204
        answer = (await client.get("/api/v1/use", params=SPAN)).json()
    assert (answer["quarters"], answer["acts"]) == ([], [])
    assert History(Database(Disk(tmp_path))).transitions(0, 2e9) == []
    assert b"ceiling" not in on_disk()


async def test_a_span_without_a_zone_is_refused(used):
    async with used.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/use", params={"from": "2026-11-25T08:00:00"})
    assert answer.status_code == 422
