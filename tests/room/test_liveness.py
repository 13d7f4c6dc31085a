"""Who lives, by devices whose ports are pulled, hang, or are there."""

import asyncio
import errno
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Device
from roomctl.errors import PortError
from roomctl.room.liveness import Liveness, LivenessReport
from roomctl.store import Disk
from roomctl.wire import ROUND_S, Identity, Machine, Port, pair

LIMIT_S = 60.0


class Idle:
    """A machine that has nothing to say, and waits for nothing."""

    def receive(self, chunk: object) -> None: ...
    def tick(self, now: float) -> None: ...
    def due(self) -> float | None:
        return None

    def outbox(self, now: float) -> bytes | None:
        return None

    def sent(self, now: float) -> None: ...
    def failed(self, now: float, why: str) -> None: ...


class Thing(Device):
    kind = "camera"

    def machine(self, identity: Identity) -> Machine:
        return Idle()


def thing(name: str, connect: Callable[[str, str], Awaitable[Port]]) -> Thing:
    return Thing(name, "sim:", connect, SystemClock(), lambda: None)


async def unplugged(name: str, url: str) -> Port:
    raise PortError(url, "there is no such device")


async def hangs(name: str, url: str) -> Port:
    await asyncio.Event().wait()
    raise AssertionError


async def there(name: str, url: str) -> Port:
    return pair(url, SystemClock())[0]


def stalled(report: LivenessReport) -> list[str]:
    return [one.name for one in report.devices if one.stalled]


@pytest.mark.real
async def test_an_unplugged_device_lives_and_one_that_hangs_does_not() -> None:
    devices = [thing("pulled", unplugged), thing("stuck", hangs)]
    liveness = Liveness(devices)
    liveness.stalled_after_s = 3.0  # a try comes every 1.5 s at the latest
    tasks = [asyncio.ensure_future(device.run()) for device in devices]
    try:
        assert liveness.report().stalled is None
        async with asyncio.timeout(LIMIT_S):
            while stalled(report := liveness.report()) != ["stuck"]:  # one by one, if all slept
                await asyncio.sleep(0.05)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert report.status == "stalled"
    assert (report.stalled or "").startswith("has not gone round: stuck for ")


@pytest.mark.real
async def test_a_device_that_has_nothing_to_say_goes_round_all_the_same() -> None:
    device = thing("quiet", there)
    task = asyncio.ensure_future(device.run())
    try:
        async with asyncio.timeout(LIMIT_S):
            rounds = set[float]()
            while len(rounds) < 2:  # start and opening may be one look, the rounds come 5 s apart
                await asyncio.sleep(0.01)
                rounds.add(device.went_round_at or 0.0)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert max(rounds) - min(rounds) > ROUND_S / 2


@pytest.mark.real
async def test_a_loop_that_is_held_up_shows_for_a_minute() -> None:
    liveness = Liveness([])
    sampling = asyncio.ensure_future(liveness.run())
    try:
        await asyncio.sleep(0)
        time.sleep(1.3)  # what a blocking call does
        held_up = liveness.report()
        async with asyncio.timeout(LIMIT_S):
            while liveness.report().loop_lag_ms >= held_up.loop_lag_max_ms:
                await asyncio.sleep(0.05)
    finally:
        sampling.cancel()
    assert held_up.loop_lag_max_ms >= 300.0
    assert liveness.report().loop_lag_max_ms >= 300.0


def test_a_room_without_a_screen_or_a_calendar_says_so() -> None:
    report = Liveness([]).report()
    assert (report.status, report.screen, report.calendar_age_s) == ("ok", "none", None)


def test_a_disk_that_takes_no_writes_shows_since_when(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    liveness = Liveness([], disk=disk)
    assert (liveness.report().storage, liveness.report().storage_since) == ("ok", None)
    disk.note(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    report = liveness.report()
    assert report.storage == "full"
    assert report.storage_since is not None
    assert report.status == "ok", "a full disk is an issue; to start anew would not help"
