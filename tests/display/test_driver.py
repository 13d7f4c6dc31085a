"""Displays as a room has them: over a wire, lost and found, asked and refused, in invented time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.display import DisplayDevice, displays
from roomctl.display.profile import DisplayTable
from roomctl.display.sim import SimDisplay, SimPjLink
from roomctl.errors import ConfigError, Refused, Unsupported
from roomctl.ports import connect
from tests.display.serving import Bench, on_tcp
from tests.invented import LoopClock, invented


@asynccontextmanager
async def living(
    display: SimDisplay, password: str = ""
) -> AsyncIterator[tuple[DisplayDevice, Bench]]:
    clock = LoopClock()
    bench = Bench(lambda now: SimPjLink(display, now), clock)
    table = DisplayTable.model_validate({"url": "tcp://wall", "password": password})
    (device,) = displays({"wall": table}, bench.connect, clock, lambda: None)
    running = asyncio.ensure_future(device.run())
    try:
        yield device, bench
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(holds: Callable[[], bool], limit_s: float = 200) -> float:
    """Let invented time pass until something holds; return how much did."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(limit_s):
        while not holds():
            await asyncio.sleep(0.05)
    return loop.time() - began


@invented
async def test_a_display_is_online_when_it_has_answered_and_on_when_it_says_so() -> None:
    async with living(SimDisplay(warm_up_s=20)) as (device, _):
        await until(lambda: device.health.status is Status.ONLINE)
        await device.power(True)
        took_s = await until(lambda: device.state.power == "on")
        assert 20 <= took_s < 23
        assert device.state.requested_on is None


@invented
async def test_a_request_outlives_a_lost_connection() -> None:
    display = SimDisplay(warm_up_s=5, cool_down_s=60)
    async with living(display) as (device, bench):
        await until(lambda: device.state.power == "off")
        await device.power(True)
        await until(lambda: device.state.power == "on")
        await device.power(False)
        await until(lambda: device.state.power == "cooling")
        await device.power(True)
        await bench.unplug()
        await until(lambda: device.health.status is Status.OFFLINE)
        assert device.state.requested_on is True
        await until(lambda: device.state.power == "on")
        assert bench.opened == 2


@invented
async def test_what_is_not_possible_now_is_refused_with_the_state() -> None:
    async with living(SimDisplay()) as (device, _):
        await until(lambda: device.state.power == "off")
        with pytest.raises(Refused, match="is off and takes no input '31' now"):
            await device.select("31")
        await device.power(True)
        await until(lambda: device.state.power == "on")
        await device.select("31")
        await until(lambda: device.state.input == "31")
        await device.mute_picture(True)
        await until(lambda: device.state.picture_muted is True)
        with pytest.raises(Unsupported, match="has no input '99'"):
            await device.select("99")


@invented
async def test_a_display_that_is_not_there_refuses_at_once() -> None:
    async with living(SimDisplay()) as (device, bench):
        bench.there = False
        with pytest.raises(Refused, match="does not answer"):
            await device.power(True)


@invented
async def test_a_wrong_password_is_not_tried_on_and_on() -> None:
    display = SimDisplay(password="right")
    async with living(display, "wrong") as (device, bench):
        await until(lambda: device.health.status is Status.OFFLINE)
        assert device.health.reason == "refused"
        assert "refuses the password" in (device.health.detail or "")
        await asyncio.sleep(55)
        assert bench.opened == 1
        display.password = "wrong"
        await until(lambda: device.health.status is Status.ONLINE)


@invented
async def test_faults_are_known_by_their_part() -> None:
    display = SimDisplay()
    async with living(display) as (device, _):
        await until(lambda: device.state.power == "off")
        display.faults = {"filter": "warning"}
        await until(lambda: device.faults == {"filter": "warning"}, 30)


def test_a_password_is_in_no_text_of_a_table() -> None:
    table = DisplayTable.model_validate({"url": "tcp://wall:4352", "password": "geheim"})
    assert "geheim" not in repr(table) + str(table)


def test_a_profile_that_is_not_there_is_named_with_the_nearest() -> None:
    table = DisplayTable(url="tcp://wall", profile="epsn")
    clock = SystemClock()
    bench = Bench(lambda _: SimPjLink(SimDisplay(), 0.0), clock)
    with pytest.raises(ConfigError, match="did you mean 'epson'"):
        displays({"wall": table}, bench.connect, clock, lambda: None)


@pytest.mark.parametrize(
    ("url", "profile", "opened"),
    [
        ("tcp://wall", "pjlink", "tcp://wall:4352"),
        ("tcp://wall:4000", "pjlink", "tcp://wall:4000"),
        ("tcp://[fe80::1]", "lg", "tcp://[fe80::1]:9761"),
        ("serial:/dev/ttyUSB0", "epson", "serial:/dev/ttyUSB0?baud=9600"),
        ("serial:/dev/ttyUSB0?baud=4800", "epson", "serial:/dev/ttyUSB0?baud=4800"),
    ],
)
def test_port_and_speed_come_from_the_profile(url: str, profile: str, opened: str) -> None:
    clock = SystemClock()
    bench = Bench(lambda _: SimPjLink(SimDisplay(), 0.0), clock)
    table = DisplayTable(url=url, profile=profile)
    (device,) = displays({"wall": table}, bench.connect, clock, lambda: None)
    assert device.url == opened


@pytest.mark.real
async def test_a_driver_and_a_projector_meet_on_a_real_wire() -> None:
    display = SimDisplay(password="JBMIAProjectorLink", warm_up_s=0.0)
    changed = asyncio.Event()
    async with on_tcp(display) as port, asyncio.timeout(60):
        table = DisplayTable.model_validate(
            {"url": f"tcp://127.0.0.1:{port}", "password": "JBMIAProjectorLink"}
        )
        (device,) = displays({"wall": table}, connect, SystemClock(), changed.set)
        running = asyncio.ensure_future(device.run())
        while device.state.power != "off":
            changed.clear()
            await changed.wait()
        await device.power(True)
        while device.state.power != "on" or device.state.requested_on is not None:
            changed.clear()
            await changed.wait()
        assert display.power == "on"
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
