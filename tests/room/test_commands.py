"""Commands: done once, remembered, and never silently lost."""

import asyncio
from collections.abc import Callable

import pytest

from roomctl.command import Source
from roomctl.errors import (
    DeviceError,
    LinkRefused,
    MeetingError,
    NoReply,
    PortClosed,
    Refused,
    RoomctlError,
    UnknownOutcome,
    Unsupported,
)
from roomctl.room.commands import KEPT, REPEAT_S, UNDER_WAY, Commands, failure
from tests.invented import LoopClock, invented
from tests.room.rig import PANEL, STAFF, living


def commands(work: Callable[[], object]) -> Commands:
    async def verb(source: object, **args: object) -> None:
        result = work()
        if asyncio.iscoroutine(result):
            await result

    return Commands({"do": verb}, LoopClock())


@invented
async def test_the_same_id_is_done_once() -> None:
    count: list[int] = []
    known = commands(lambda: count.append(1))
    first = known.submit("do", {"on": True}, PANEL, "id-1")
    again = known.submit("do", {"on": True}, PANEL, "id-1")
    await known.finish(first, 1.0)

    assert first.id == again.id == "id-1"
    assert len(count) == 1
    assert known.submit("do", {"on": True}, PANEL, "id-1").status == "done"


@invented
async def test_the_same_id_with_other_words_is_refused() -> None:
    known = commands(lambda: None)
    first = known.submit("do", {"on": True}, PANEL, "id-1")
    with pytest.raises(Refused, match="already used") as refused:
        known.submit("do", {"on": False}, PANEL, "id-1")
    assert refused.value.code == "id_reused"
    await known.finish(first, 1.0)


@invented
async def test_a_repeat_while_the_first_still_runs_gets_the_first_and_acts_once() -> None:
    count: list[int] = []

    async def slow() -> None:
        count.append(1)
        await asyncio.sleep(5)

    known = commands(slow)
    first = known.submit("do", {}, PANEL, "id-1")
    await known.finish(first, 1.0)
    again = known.submit("do", {}, PANEL, "id-1")
    assert again.status == "running"
    assert (await known.finish(again, 10.0)).status == "done"
    assert count == [1]


@invented
async def test_an_id_is_its_callers_own() -> None:
    count: list[int] = []
    known = commands(lambda: count.append(1))
    ours = known.submit("do", {"on": True}, PANEL, "1")
    theirs = known.submit("do", {"on": False}, STAFF, "1")
    await known.finish(ours, 1.0)
    await known.finish(theirs, 1.0)
    assert len(count) == 2
    assert known.find("1", PANEL).requested_by == "panel"
    assert known.find("1", STAFF).requested_by_name == "staff"
    assert known.find("1", Source("read", "somebody")).requested_by_name == "staff"


@invented
async def test_ten_minutes_later_an_id_is_free_again() -> None:
    count: list[int] = []
    known = commands(lambda: count.append(1))
    first = known.submit("do", {}, PANEL, "id-1")
    await asyncio.sleep(REPEAT_S - 1)
    assert known.submit("do", {}, PANEL, "id-1").at == first.at
    await asyncio.sleep(1)
    again = known.submit("do", {"on": True}, PANEL, "id-1")
    assert again.at > first.at
    await known.finish(again, 1.0)
    assert len(count) == 2


@invented
async def test_a_caller_who_asks_for_much_forgets_his_own_commands_and_nobody_elses() -> None:
    known = commands(lambda: None)
    ours = known.submit("do", {}, PANEL, "ours")
    for _ in range(KEPT + 10):
        await known.finish(known.submit("do", {}, STAFF), 1.0)
    assert known.submit("do", {}, PANEL, "ours").at == ours.at


@invented
async def test_commands_are_forgotten_also_while_all_of_the_busiest_caller_run() -> None:
    async def waits_for_staff(source: Source) -> None:
        if source == STAFF:
            await asyncio.sleep(5)

    known = Commands({"do": waits_for_staff}, LoopClock())
    running = [known.submit("do", {}, STAFF) for _ in range(UNDER_WAY)]
    callers = [Source(PANEL.role, f"panel-{number}") for number in range(40)]
    first = known.submit("do", {}, callers[0])
    for number in range(KEPT):
        await known.finish(known.submit("do", {}, callers[number % 40]), 1.0)
    with pytest.raises(KeyError):
        known.find(first.id, callers[0])
    assert all(known.find(one.id, STAFF).status == "running" for one in running)
    for one in running:
        await known.finish(one, 10.0)


@invented
async def test_too_many_commands_of_one_caller_under_way_are_refused() -> None:
    known = commands(lambda: asyncio.sleep(5))
    running = [known.submit("do", {}, STAFF) for _ in range(UNDER_WAY)]
    with pytest.raises(Refused, match="64 commands") as refused:
        known.submit("do", {}, STAFF)
    assert refused.value.code == "too_often"
    others = known.submit("do", {}, PANEL)
    await known.finish(others, 10.0)
    await known.finish(running[-1], 10.0)
    assert (await known.finish(known.submit("do", {}, STAFF), 10.0)).status == "done"


@invented
async def test_a_command_that_takes_longer_than_one_waits_goes_on() -> None:
    known = commands(lambda: asyncio.sleep(5))
    record = known.submit("do", {}, PANEL)
    assert record.status == "accepted"
    assert (await known.finish(record, 1.0)).status == "running"
    assert (await known.finish(record, 10.0)).status == "done"


@invented
async def test_what_runs_when_the_room_ends_has_an_unknown_outcome() -> None:
    known = commands(lambda: asyncio.sleep(5))
    record = known.submit("do", {}, PANEL)
    await known.finish(record, 1.0)
    await known.close()

    ended = known.find(record.id, PANEL)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("unknown", "shutting_down")


@invented
async def test_a_fault_of_ours_fails_the_command_and_shows_no_more_than_its_kind() -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret")

    known = commands(broken)
    record = known.submit("do", {}, PANEL)
    ended = await known.finish(record, 1.0)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "internal")
    assert "secret" not in ended.error.detail


@invented
async def test_the_oldest_commands_are_forgotten() -> None:
    known = commands(lambda: None)
    first = known.submit("do", {}, PANEL)
    for _ in range(KEPT + 1):
        await known.finish(known.submit("do", {}, PANEL), 1.0)
    with pytest.raises(KeyError):
        known.find(first.id, PANEL)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (LinkRefused("zoom", "host_link", "x"), "refused", "link.host_link"),
        (MeetingError("zoom", "x"), "failed", "meeting"),
        (Refused("front", "busy", "x"), "refused", "busy"),
        (Unsupported("front", "presets"), "refused", "unsupported"),
        (NoReply("front", 0.2), "failed", "no_reply"),
        (UnknownOutcome("front", "x"), "unknown", "unknown_outcome"),
        (PortClosed("usb:1"), "failed", "port.closed"),
        (DeviceError("front", "x"), "failed", "device"),
        (RoomctlError("x"), "failed", "failed"),
        (ValueError("x"), "failed", "internal"),
    ],
)
def test_every_error_has_a_status_and_a_code(error: Exception, status: str, code: str) -> None:
    became, why = failure(error)
    assert (became, why.code) == (status, code)


@invented
async def test_an_unknown_camera_is_refused_and_the_known_ones_are_named() -> None:
    async with living() as house:
        record = await house.ask("camera.home", camera="back")
        assert record.error is not None
        assert (record.status, record.error.code) == ("refused", "unknown_device")
        assert "front" in record.error.detail


@invented
async def test_a_camera_goes_where_a_preset_was_stored() -> None:
    async with living() as house:
        drive = {"camera": "front", "pan": 1.0, "tilt": 0.5, "zoom": 0.0, "lease_ms": 500}
        await house.ask("camera.drive", **drive)
        await house.until(lambda: house.camera.moving)
        await house.until(lambda: not house.camera.moving, limit_s=2.0)
        place = house.camera.pan_deg
        assert (await house.ask("camera.store", camera="front", preset=2)).status == "done"
        assert (await house.ask("camera.home", camera="front")).status == "done"
        assert house.camera.pan_deg == pytest.approx(0, abs=0.1)
        assert (await house.ask("camera.recall", camera="front", preset=2)).status == "done"
        assert house.camera.pan_deg == pytest.approx(place, abs=0.1)
        await house.until(lambda: house.document.cameras[0].preset == 2, limit_s=0.5)
