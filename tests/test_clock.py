import time
from datetime import UTC, datetime, timedelta

import pytest

from roomctl.clock import SystemClock, VirtualClock

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_the_system_clock_is_monotonic_time_and_utc() -> None:
    clock = SystemClock()
    before = time.monotonic()
    moment = clock.now()
    assert before <= moment.mono_s <= clock.mono_s() <= time.monotonic()
    assert moment.wall.utcoffset() == timedelta(0)
    assert abs(moment.wall - datetime.now(UTC)) < timedelta(seconds=5)
    assert isinstance(moment.synced, bool)


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(NINE, mono_s=10.0)
    assert clock.now() == clock.now()
    clock.advance(90.0)
    assert clock.mono_s() == 100.0
    assert clock.now().mono_s == 100.0
    assert clock.now().wall == NINE + timedelta(seconds=90)


def test_a_virtual_clock_does_not_run_backwards() -> None:
    clock = VirtualClock(NINE)
    with pytest.raises(ValueError, match="does not run backwards"):
        clock.advance(-0.1)
    clock.advance(0.0)
    assert clock.mono_s() == 0.0


def test_a_virtual_clock_can_be_one_that_nobody_has_set() -> None:
    clock = VirtualClock(NINE, synced=False)
    assert not clock.now().synced
    clock.synced = True
    assert clock.now().synced
