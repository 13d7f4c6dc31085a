"""Whether the room lives: its loop turns, every device's task goes round, the screen's link too.

A device that is unplugged lives, for its task tries again; one whose task hangs does not. Read by
the supervisor's watchdog and by /healthz.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

from roomctl.device import Device, Status
from roomctl.frozen import frozen
from roomctl.store import Disk

SAMPLE_S = 1.0
SAMPLES = 60  # of which the worst is told: a minute
STALLED_S = 30.0  # twice the longest that opening a device may take
LAG_LIMIT_S = 5.0


@frozen
class TaskState:
    """A device's task: how long ago it went round (None: not begun), and if that is too long."""

    name: str
    stalled: bool
    went_round_s: float | None


@frozen
class LivenessReport:
    """How the program is: not what its devices are, which the room document says.

    `lag`: how much later than asked for the loop came back, lately and at worst in a minute.
    `calendar_age_s`: since bookings were last fetched; None: never, or there is no calendar.
    `storage`: what the last write came to, and since when it fails; none: nothing is kept.
    """

    status: Literal["ok", "stalled"]
    loop_lag_ms: float
    loop_lag_max_ms: float
    devices: tuple[TaskState, ...]
    screen: Literal["connected", "not_connected", "none"]
    calendar_age_s: float | None
    storage: Literal["ok", "full", "read_only", "failing", "none"]
    storage_since: datetime | None

    @property
    def stalled(self) -> str | None:
        """Say who does not live, for a log; None: everybody does."""
        stalled = [one for one in self.devices if one.stalled]
        late = [f"{one.name} for {one.went_round_s or 0:.0f} s" for one in stalled]
        if late:
            return f"has not gone round: {', '.join(late)}"
        return None if self.status == "ok" else f"the loop lags by {self.loop_lag_ms:.0f} ms"


class Liveness:
    """Samples the loop's lag, and looks at every device's task."""

    def __init__(
        self,
        devices: Iterable[Device],
        calendar_age_s: Callable[[], float | None] = lambda: None,
        disk: Disk | None = None,
    ) -> None:
        self.stalled_after_s = STALLED_S
        self._devices = devices  # as there are: others may come
        self._calendar_age_s, self._disk = calendar_age_s, disk
        self._lags_s: deque[float] = deque([0.0], maxlen=SAMPLES)
        self._sampled_at: float | None = None

    async def run(self) -> None:
        """Sample the lag until cancelled."""
        while True:
            self._sampled_at = time.monotonic()
            await asyncio.sleep(SAMPLE_S)
            self._lags_s.append(self._late_s())

    @property
    def stalled(self) -> str | None:
        """Say who does not live; None: everybody does. Cheap: asked with each change."""
        now = time.monotonic()
        late = [one.name for one in self._devices if self._state(one, now).stalled]
        return ", ".join(late) or ("loop" if self._late_s() > LAG_LIMIT_S else None)

    def report(self) -> LivenessReport:
        """Return how it is now."""
        now, lag_s = time.monotonic(), max(self._lags_s[-1], self._late_s())
        devices = tuple(self._state(device, now) for device in self._devices)
        unwritable = self._disk.unwritable if self._disk is not None else None
        writable: Literal["ok", "none"] = "none" if self._disk is None else "ok"
        stalled = lag_s > LAG_LIMIT_S or any(one.stalled for one in devices)
        return LivenessReport(
            status="stalled" if stalled else "ok",
            loop_lag_ms=round(lag_s * 1000, 1),
            loop_lag_max_ms=round(max(lag_s, *self._lags_s) * 1000, 1),
            devices=devices,
            screen=self._screen(),
            calendar_age_s=self._calendar_age_s(),
            storage=unwritable.kind if unwritable is not None else writable,
            storage_since=unwritable.since if unwritable is not None else None,
        )

    def _late_s(self) -> float:
        """Return by how much a sample is late: taken now, or still waited for."""
        if self._sampled_at is None:
            return 0.0
        return max(0.0, time.monotonic() - self._sampled_at - SAMPLE_S)

    def _state(self, device: Device, now: float) -> TaskState:
        if device.went_round_at is None:
            return TaskState(device.name, False, None)
        ago_s = now - device.went_round_at
        return TaskState(device.name, ago_s > self.stalled_after_s, round(ago_s, 1))

    def _screen(self) -> Literal["connected", "not_connected", "none"]:
        for device in self._devices:
            if device.kind == "screen":
                return "connected" if device.health.status is Status.ONLINE else "not_connected"
        return "none"
