"""The room asks for updates while nobody needs it, and tells what the updater says."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roomctl import app
from roomctl.app import parse
from roomctl.booking import Booking
from roomctl.room import Dependencies, Source
from roomctl.room.commands import CommandRecord
from roomctl.room.document import UpdateEntry
from roomctl.room.updates import AGAIN_S, UpdateFiles, next_time
from roomctl.simulator import Simulator
from roomctl.store import Store
from tests.invented import START, LoopClock, invented
from tests.room.rig import NO_DEVICE, PANEL, Calendar, House

FACILITIES = Source("facilities", "Chen")
AT = START.isoformat()


def booking(begins_s: float, for_s: float = 1800.0) -> Booking:
    begin = START + timedelta(seconds=begins_s)
    return Booking(f"b{begins_s}", "Planning", "Li Na", begin, begin + timedelta(seconds=for_s))


@contextlib.asynccontextmanager
async def updatable(
    folder: Path, feed: Calendar | None = None, *, packaged: bool = True
) -> AsyncIterator[tuple[House, UpdateFiles]]:
    """Run a room whose box has an updater that somebody else plays."""
    files = UpdateFiles(folder / "update.request", folder / "status.json")
    clock = LoopClock()
    config = parse(NO_DEVICE, "room.toml")
    simulator = Simulator(config, clock)
    store = Store(folder / "state")
    dependencies = Dependencies(
        simulator.connect, clock, feed, store=store, updater=files if packaged else None
    )
    room = app.room(config, dependencies)
    house = House(room, simulator, asyncio.create_task(room.run()))
    try:
        await house.until(lambda: house.room.ready)
        yield house, files
    finally:
        await house.stop()
        await simulator.close()


def update(house: House) -> UpdateEntry:
    found = house.document.maintenance.update
    assert found is not None
    return found


def asked(files: UpdateFiles) -> dict[str, str] | None:
    if not files.request.exists():
        return None
    found: dict[str, str] = json.loads(files.request.read_bytes())
    files.request.unlink()
    return found


def tell(files: UpdateFiles, **said: object) -> None:
    files.status.write_text(json.dumps({"installed": "1.0", "state": "idle", **said}))


def code(record: CommandRecord) -> str | None:
    return record.error.code if record.error else None


@invented
async def test_a_room_asks_at_once_when_it_is_free_and_once_only(tmp_path: Path) -> None:
    async with updatable(tmp_path) as (house, files):
        record = await house.ask("update.install", FACILITIES)
        request = (record.result or {})["request"]
        await house.until(files.request.exists)
        assert asked(files) == {"do": "install", "id": request}
        tell(files, request=request, state="proving")
        await house.until(lambda: update(house).state == "proving")
        await asyncio.sleep(2 * AGAIN_S)
        last = {"outcome": "updated", "old": "1.0", "new": "2.0", "at": AT}
        tell(files, request=request, installed="2.0", last=last)
        await house.until(lambda: update(house).last is not None)
        assert update(house).state == "idle"
        await asyncio.sleep(2 * AGAIN_S)
        assert asked(files) is None
        assert house.issues == []


@invented
async def test_a_booking_within_half_an_hour_is_waited_for(tmp_path: Path) -> None:
    async with updatable(tmp_path, Calendar([booking(1500.0)])) as (house, files):
        await house.until(lambda: len(house.document.bookings) == 1)
        await house.ask("update.install", FACILITIES)
        assert (update(house).state, update(house).in_use) == ("waits", "booked")
        await asyncio.sleep(1400.0)
        assert asked(files) is None
        await house.until(files.request.exists, limit_s=3600.0)
        assert house.room.now().wall >= START + timedelta(seconds=3300)


@invented
async def test_an_hour_is_waited_for_and_a_restart_does_not_forget_it(tmp_path: Path) -> None:
    zone = ZoneInfo(parse(NO_DEVICE, "room.toml").room.timezone)
    at = (START + timedelta(minutes=20)).astimezone(zone)
    async with updatable(tmp_path) as (house, files):
        await house.ask("update.install", FACILITIES, at=f"{at:%H:%M}")
        assert update(house).not_before == at.replace(second=0, microsecond=0)
        assert (update(house).requested_by, update(house).requested_by_name) == (
            "facilities",
            "Chen",
        )
    async with updatable(tmp_path) as (house, files):
        assert update(house).state == "waits"
        await asyncio.sleep(900.0)
        assert asked(files) is None
        await house.until(files.request.exists, limit_s=3600.0)


@invented
async def test_what_waits_is_called_off(tmp_path: Path) -> None:
    async with updatable(tmp_path) as (house, files):
        zone = house.room.config.room.zone
        at = (START + timedelta(minutes=10)).astimezone(zone)
        await house.ask("update.install", FACILITIES, at=f"{at:%H:%M}")
        await house.ask("update.cancel", FACILITIES)
        assert update(house).state == "idle"
        await asyncio.sleep(1200.0)
        assert asked(files) is None


@invented
async def test_a_room_that_somebody_took_meanwhile_asks_again_later(tmp_path: Path) -> None:
    async with updatable(tmp_path) as (house, files):
        record = await house.ask("update.install", FACILITIES)
        await house.until(files.request.exists)
        request = asked(files)
        tell(files, request=(record.result or {})["request"], refusal="in_use")
        await house.until(lambda: update(house).refusal == "in_use")
        assert update(house).state == "waits"
        await house.until(files.request.exists, limit_s=2 * AGAIN_S)
        assert asked(files) == request


@invented
async def test_a_wish_is_not_asked_for_again_while_it_is_being_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, loop = Store.write, asyncio.get_running_loop()

    def slow(store: Store, name: str, kept: object) -> None:
        ticked = threading.Event()
        loop.call_soon_threadsafe(lambda: (house.room._updates.tick(), ticked.set()))
        assert ticked.wait(60)
        write(store, name, kept)

    async with updatable(tmp_path) as (house, files):
        record = await house.ask("update.install", FACILITIES)
        await house.until(files.request.exists)
        asked(files)
        tell(files, request=(record.result or {})["request"], state="installing")
        await asyncio.sleep(2 * AGAIN_S)
        monkeypatch.setattr(Store, "write", slow)
        tell(files, request=(record.result or {})["request"])
        await asyncio.sleep(10)
        monkeypatch.undo()
        assert update(house).state == "idle"
        assert asked(files) is None


@invented
async def test_a_room_that_went_back_with_its_state_does_not_ask_again(tmp_path: Path) -> None:
    async with updatable(tmp_path) as (house, files):
        record = await house.ask("update.install", FACILITIES)
        await house.until(files.request.exists)
        asked(files)
    # The state that is restored has the wish in it; the updater has dealt with it.
    last = {"outcome": "went_back", "old": "1.0", "new": "2.0", "code": "not_ready", "at": AT}
    tell(files, request=(record.result or {})["request"], state="returning")
    async with updatable(tmp_path) as (house, files):
        await asyncio.sleep(10.0)
        assert asked(files) is None
        tell(files, request=(record.result or {})["request"], last=last)
        await house.until(lambda: update(house).last is not None)
        assert update(house).state == "idle"
        await asyncio.sleep(2 * AGAIN_S)
        assert asked(files) is None


@pytest.mark.parametrize("said", ["", "{", "[]"])
@invented
async def test_a_status_that_cannot_be_read_ends_no_update(tmp_path: Path, said: str) -> None:
    async with updatable(tmp_path) as (house, files):
        record = await house.ask("update.install", FACILITIES)
        await house.until(files.request.exists)
        asked(files)
        tell(files, request=(record.result or {})["request"], state="installing")
        await house.until(lambda: update(house).state == "installing")
        files.status.write_text(said)
        await asyncio.sleep(2 * AGAIN_S)
        assert update(house).state == "installing"
        assert asked(files) is None


@invented
async def test_an_update_that_went_back_is_an_issue_until_somebody_knows(tmp_path: Path) -> None:
    async with updatable(tmp_path) as (house, files):
        last = {"outcome": "went_back", "old": "1.0", "new": "2.0", "code": "not_ready", "at": AT}
        tell(files, last={**last, "detail": "ready"})
        await house.until(lambda: bool(house.issues))
        (issue,) = house.document.issues
        assert (issue.code, issue.params["version"]) == ("update.went_back", "2.0")
        assert issue.params["reason"] == "not_ready"
        await house.ask("update.cancel", FACILITIES)
        await house.until(lambda: house.issues == [])
    async with updatable(tmp_path) as (house, files):
        await house.until(lambda: update(house).last is not None)
        assert house.issues == []


@pytest.mark.parametrize("said", ["", "[]", "null", '{"state": 7, "last": {"at": "x"}}', "{" * 99])
@invented
async def test_what_makes_no_sense_of_the_updater_is_left_out(tmp_path: Path, said: str) -> None:
    (tmp_path / "status.json").write_text(said)
    async with updatable(tmp_path) as (house, _):
        await asyncio.sleep(5.0)
        assert update(house).state == "idle"
        assert update(house).last is None


@invented
async def test_a_box_without_an_updater_says_so(tmp_path: Path) -> None:
    async with updatable(tmp_path, packaged=False) as (house, _):
        assert house.document.maintenance.update is None
        for name in ("update.check", "update.install", "update.cancel"):
            assert code(await house.ask(name, FACILITIES)) == "no_updater"


@invented
async def test_nobody_but_facilities_and_admin_asks(tmp_path: Path) -> None:
    async with updatable(tmp_path) as (house, files):
        for role in ("guest", "operate", "technician", "read", "integration"):
            record = await house.ask("update.install", Source(role, "somebody"))
            assert code(record) == "not_allowed", role
        assert code(await house.ask("update.check", PANEL)) == "not_allowed"
        assert asked(files) is None
        assert (await house.ask("update.check", Source("admin", "root"))).error is None
        assert (asked(files) or {})["do"] == "check"


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-03-01T10:00", "2026-03-02T03:00"),
        ("2026-03-01T02:59", "2026-03-01T03:00"),
        ("2026-03-01T03:00", "2026-03-02T03:00"),
        ("2026-03-28T23:00", "2026-03-29T03:00"),  # the clock leaps from 2 to 3
        ("2026-10-24T23:00", "2026-10-25T03:00"),  # and back
    ],
)
def test_the_next_three_oclock_is_the_rooms(now: str, wanted: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    here = datetime.fromisoformat(now).replace(tzinfo=zone)
    found = next_time(here.astimezone(UTC), "03:00", zone)
    assert found.astimezone(zone).isoformat()[:16] == wanted
