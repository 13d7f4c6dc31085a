"""What a speakerphone's driver must do, written once and run on every tier.

A tier brings a `Table`: a place where a SPEAK 810 can be plugged in, and what is seen at its far
end. Knows no USB.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import PortError, PortReason
from roomctl.speakerphone import Speakerphone
from roomctl.wire import Port

LIMIT_S = 20.0  # ten times what an emulated processor needs


class Table(Protocol):
    """A table with a socket for one speakerphone, or for two."""

    url: str

    async def connect(self, name: str, url: str) -> Port:
        """Open a port as the room does."""

    def plug(self) -> None:
        """Plug a speakerphone in, whose address is not that of the one before."""

    def unplug(self) -> None: ...
    def plug_twin(self) -> tuple[str, str]:
        """Plug a second one of the model in; return the urls that tell the two apart."""

    def address(self) -> str: ...
    def press_mute(self) -> None: ...
    def refuse(self, on: bool) -> None:
        """Refuse what is written, or no longer."""

    def lit(self) -> tuple[bool, bool]:
        """Tell whether the LEDs for muted and for off-hook are lit."""

    def twin_lit(self) -> tuple[bool, bool]: ...
    def with_kernel(self) -> bool:
        """Tell whether the buttons are the kernel's (usbhid) and nobody's else."""

    def held(self) -> AbstractContextManager[str]:
        """Have another program hold the buttons; yields what an error must name."""


@dataclass
class Attended:
    """A driver at work, and the presses that it passed on."""

    phone: Speakerphone
    presses: list[str] = field(default_factory=list)

    @property
    def online(self) -> bool:
        return self.phone.health.status is Status.ONLINE


@asynccontextmanager
async def attended(table: Table, url: str | None = None) -> AsyncIterator[Attended]:
    """Run the driver on `table` until the block ends."""
    presses: list[str] = []
    phone = Speakerphone(
        "table", url or table.url, table.connect, SystemClock(), lambda: None, presses.append
    )
    task = asyncio.create_task(phone.run())
    try:
        yield Attended(phone, presses)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not fact():
            await asyncio.sleep(0.005)


async def a_press_comes_out_and_the_leds_follow_the_room(table: Table) -> None:
    table.plug()
    async with attended(table) as seen:
        await until(lambda: seen.online)
        table.press_mute()
        await until(lambda: seen.presses == ["mute"])
        await seen.phone.write_leds(muted=True, off_hook=True)
        await until(lambda: table.lit() == (True, True))
        await seen.phone.write_leds(muted=False, off_hook=True)
        await until(lambda: table.lit() == (False, True))


async def a_refused_write_is_told_and_written_again(table: Table) -> None:
    table.plug()
    async with attended(table) as seen:
        await until(lambda: seen.online)
        table.refuse(True)
        with pytest.raises(PortError, match="STALL"):
            await seen.phone.write_leds(muted=True, off_hook=False)
        assert seen.phone.state.led_muted is None
        table.refuse(False)
        await until(lambda: table.lit() == (True, False))


async def an_unplug_in_a_blocked_read_is_told_and_a_replug_elsewhere_is_lit_as_before(
    table: Table,
) -> None:
    table.plug()
    async with attended(table) as seen:
        await until(lambda: seen.online)
        before = table.address()
        await seen.phone.write_leds(muted=True, off_hook=True)
        table.unplug()
        await until(lambda: seen.phone.health.status is Status.OFFLINE)
        assert seen.phone.health.reason in (PortReason.CLOSED, PortReason.MISSING)
        table.plug()
        assert table.address() != before
        await until(lambda: seen.online and table.lit() == (True, True))


async def a_closed_port_leaves_the_buttons_to_the_kernel(table: Table) -> None:
    table.plug()
    async with attended(table) as seen:
        await until(lambda: seen.online)
    await until(table.with_kernel)


async def another_program_that_holds_it_is_named(table: Table) -> None:
    table.plug()
    with table.held() as holder:
        with pytest.raises(PortError, match=holder) as refused:
            await table.connect("table", table.url)
        assert refused.value.reason is PortReason.BUSY
    port = await table.connect("table", table.url)
    await port.close()


async def two_of_one_model_are_told_apart_by_their_socket(table: Table) -> None:
    table.plug()
    first, second = table.plug_twin()
    async with attended(table, first) as one, attended(table, second) as other:
        await until(lambda: one.online and other.online)
        table.press_mute()
        await until(lambda: one.presses == ["mute"])
        assert other.presses == []
        await one.phone.write_leds(muted=True, off_hook=False)
        await other.phone.write_leds(muted=False, off_hook=True)
        await until(lambda: (table.lit(), table.twin_lit()) == ((True, False), (False, True)))


Scenario = Callable[[Table], Awaitable[None]]

SCENARIOS: tuple[Scenario, ...] = (
    a_press_comes_out_and_the_leds_follow_the_room,
    a_refused_write_is_told_and_written_again,
    an_unplug_in_a_blocked_read_is_told_and_a_replug_elsewhere_is_lit_as_before,
    a_closed_port_leaves_the_buttons_to_the_kernel,
    another_program_that_holds_it_is_named,
    two_of_one_model_are_told_apart_by_their_socket,
)
