"""Ports that wait for what is plugged in, in invented time; and where the news come from."""

from __future__ import annotations

import asyncio
import ctypes.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roomctl.errors import PortError, PortReason
from roomctl.ports.hotplug import (
    LOOK_S,
    SETTLE_S,
    UDEVD,
    SysfsMonitor,
    UdevMonitor,
    listen,
    open_when_there,
)
from tests.invented import invented
from tests.ports.threads import descriptors
from tests.ports.uevent import say

MISSING = PortReason.MISSING


class Socket:
    """A USB socket: how each look at it ends, one after the other; the last one for ever."""

    def __init__(self, *ends: PortReason | None) -> None:
        self._ends = list(ends)
        self.looks = 0

    async def open(self) -> str:
        self.looks += 1
        end = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
        if end is not None:
            raise PortError("usb:auto", "no", end)
        return "open"


class Plugged:
    """News that come after a while, or never; and whether they were closed."""

    def __init__(self, after_s: float | None) -> None:
        self._after_s = after_s
        self.closed = False

    async def within(self, limit_s: float) -> bool:
        waits = limit_s if self._after_s is None else min(self._after_s, limit_s)
        await asyncio.sleep(waits)
        return self._after_s is not None and self._after_s <= limit_s

    def close(self) -> None:
        self.closed = True


def now() -> float:
    return asyncio.get_running_loop().time()


@invented
async def test_what_is_there_is_opened_without_waiting() -> None:
    monitor = Plugged(None)
    assert await open_when_there(Socket(None).open, lambda: monitor) == "open"
    assert (now(), monitor.closed) == (0.0, True)


@invented
async def test_what_is_missing_is_opened_as_soon_as_it_is_plugged_in() -> None:
    monitor = Plugged(0.4)
    assert await open_when_there(Socket(MISSING, None).open, lambda: monitor) == "open"
    assert (now(), monitor.closed) == (0.4, True)


@invented
async def test_what_stays_missing_is_said_after_a_second() -> None:
    socket, monitor = Socket(MISSING), Plugged(None)
    with pytest.raises(PortError) as error:
        await open_when_there(socket.open, lambda: monitor)
    assert error.value.reason is MISSING
    assert (now(), socket.looks, monitor.closed) == (LOOK_S, 1, True)


@invented
async def test_a_node_that_is_not_ready_after_the_news_is_tried_until_it_is() -> None:
    ends = [MISSING, MISSING, PortReason.PERMISSION, PortReason.BUSY, None]
    assert await open_when_there(Socket(*ends).open, lambda: Plugged(0.2)) == "open"
    assert now() == pytest.approx(0.5)


@invented
async def test_a_node_that_stays_forbidden_is_said_when_it_has_had_time() -> None:
    socket = Socket(MISSING, PortReason.PERMISSION)
    with pytest.raises(PortError) as error:
        await open_when_there(socket.open, lambda: Plugged(0.0))
    assert error.value.reason is PortReason.PERMISSION
    assert now() == pytest.approx(SETTLE_S)
    assert socket.looks <= 12


@invented
async def test_only_what_is_missing_is_waited_for() -> None:
    for reason in (PortReason.BUSY, PortReason.PERMISSION, PortReason.UNSUPPORTED):
        with pytest.raises(PortError):
            await open_when_there(Socket(reason).open, lambda: Plugged(0.1))
    assert now() == 0.0


@invented
async def test_a_failure_that_time_does_not_mend_ends_the_settling() -> None:
    with pytest.raises(PortError):
        await open_when_there(Socket(MISSING, PortReason.UNSUPPORTED).open, lambda: Plugged(0.0))
    assert now() == 0.0


def later(act: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_later(0.3, act)


def test_sysfs_tells_of_a_new_device_and_of_one_that_came_back(tmp_path: Path) -> None:
    @invented
    async def story() -> None:
        node = tmp_path / "1-1.4"
        monitor = SysfsMonitor((tmp_path,), poll_s=0.1)
        assert not await monitor.within(1.0)
        later(node.mkdir)
        assert await monitor.within(1.0)
        assert now() == pytest.approx(1.3, abs=0.11)
        known = SysfsMonitor((tmp_path, tmp_path / "gone"))
        node.rename(tmp_path / "kept")  # so that its inode is not given out again
        node.mkdir()
        assert await known.within(0.0)

    story()


def test_sysfs_is_silent_about_what_goes_away(tmp_path: Path) -> None:
    @invented
    async def story() -> None:
        (tmp_path / "1-1.4").mkdir()
        monitor = SysfsMonitor((tmp_path,))
        (tmp_path / "1-1.4").rmdir()
        assert not await monitor.within(1.0)

    story()


def test_without_udevd_it_looks_into_sysfs(tmp_path: Path) -> None:
    assert isinstance(listen(tmp_path / "no-udevd"), SysfsMonitor)


@pytest.fixture
def udev() -> Iterator[UdevMonitor]:
    if ctypes.util.find_library("udev") is None:
        why = "needs libudev (sudo apt install libudev1)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    monitor = UdevMonitor()
    yield monitor
    monitor.close()


@pytest.mark.real
async def test_udev_is_listened_to_without_a_file_left_behind(udev: UdevMonitor) -> None:
    before = descriptors()
    for _ in range(20):
        monitor = UdevMonitor()
        assert not await monitor.within(0.001)
        monitor.close()
    assert descriptors() == before


@pytest.mark.real
@pytest.mark.skipif(UDEVD.exists(), reason="others would hear what is made up here")
async def test_udev_tells_of_what_came_and_not_of_what_went(udev: UdevMonitor) -> None:
    try:
        say("remove", "usb", "usb_device")
        say("add", "block", "disk")
    except PermissionError as error:
        pytest.skip(f"may not speak as udev does: {error}")
    assert not await udev.within(0.05)
    say("add", "usb", "usb_device")
    assert await udev.within(5.0)


@pytest.mark.real
def test_where_udevd_runs_it_is_asked(tmp_path: Path, udev: UdevMonitor) -> None:
    assert isinstance(listen(tmp_path), type(udev))
