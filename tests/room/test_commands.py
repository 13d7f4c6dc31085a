"""Commands: done once, remembered, and never silently lost."""

import asyncio
from collections.abc import Callable

import pytest

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
from roomctl.room.commands import KEPT, Commands, failure
from tests.invented import LoopClock, invented
from tests.room.rig import PANEL, living


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
    await known.finish("id-1", 1.0)

    assert first.id == again.id == "id-1"
    assert len(count) == 1
    assert known.submit("do", {"on": True}, PANEL, "id-1").status == "done"


@invented
async def test_the_same_id_with_other_words_is_refused() -> None:
    known = commands(lambda: None)
    known.submit("do", {"on": True}, PANEL, "id-1")
    with pytest.raises(Refused, match="already used") as refused:
        known.submit("do", {"on": False}, PANEL, "id-1")
    assert refused.value.code == "id_reused"
    await known.finish("id-1", 1.0)


@invented
async def test_a_command_that_takes_longer_than_one_waits_goes_on() -> None:
    known = commands(lambda: asyncio.sleep(5))
    record = known.submit("do", {}, PANEL)
    assert record.status == "accepted"
    assert (await known.finish(record.id, 1.0)).status == "running"
    assert (await known.finish(record.id, 10.0)).status == "done"


@invented
async def test_what_runs_when_the_room_ends_has_an_unknown_outcome() -> None:
    known = commands(lambda: asyncio.sleep(5))
    record = known.submit("do", {}, PANEL)
    await known.finish(record.id, 1.0)
    await known.close()

    ended = known[record.id]
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("unknown", "shutting_down")


@invented
async def test_a_fault_of_ours_fails_the_command_and_shows_no_more_than_its_kind() -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret")

    known = commands(broken)
    record = known.submit("do", {}, PANEL)
    ended = await known.finish(record.id, 1.0)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "internal")
    assert "secret" not in ended.error.detail


@invented
async def test_the_oldest_commands_are_forgotten() -> None:
    known = commands(lambda: None)
    first = known.submit("do", {}, PANEL)
    for _ in range(KEPT + 1):
        await known.finish(known.submit("do", {}, PANEL).id, 1.0)
    with pytest.raises(KeyError):
        known[first.id]


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
