"""What a GPIO input must do, written once and run on every tier.

A tier brings a `Board`: a line, and a wire that drives it. Knows no chip.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Protocol

import pytest

from roomctl.errors import PortError, PortReason
from roomctl.ports import connect
from roomctl.wire import Port

LIMIT_S = 20.0
BOUNCES, STORM = 20, 2000
QUIET_S = 0.5
MOST_TOLD = 200  # chunks of a storm: it is told in bounded pieces, not edge by edge


class Board(Protocol):
    """A board with one wired input, pulled down."""

    url: str

    def drive(self, high: bool) -> None: ...
    def held(self) -> AbstractContextManager[None]:
        """Have somebody else hold the line."""


@asynccontextmanager
async def opened(board: Board, query: str = "") -> AsyncIterator[Port]:
    port = await connect("ceiling", board.url + query)
    try:
        yield port
    finally:
        await port.close()


async def levels(port: Port) -> bytes:
    """Return the levels of the next chunk; b"!" among them says that an edge was lost."""
    return (await asyncio.wait_for(port.read(), LIMIT_S)).data.replace(b"!", b"")


async def told(port: Port, level: bytes) -> int:
    """Read until the newest level is `level`; return how many chunks that took."""
    for count in range(1, 10_000):
        if (await levels(port)).endswith(level):
            return count
    raise AssertionError("the line does not stop")


async def rest(port: Port) -> tuple[bytes, int]:
    """Read until the line is quiet; return its level then, and how many chunks that took.

    The port tells the level of a quiet line every second.
    """
    before, count = await asyncio.wait_for(port.read(), LIMIT_S), 1
    while (now := await asyncio.wait_for(port.read(), LIMIT_S)).at - before.at < QUIET_S:
        before, count = now, count + 1
    return now.data[-1:], count


async def every_edge_is_told(board: Board) -> None:
    async with opened(board) as port:
        await told(port, b"0")
        for high in (True, False) * 10:
            board.drive(high)
            assert await told(port, b"1" if high else b"0") <= 2


async def a_line_that_is_active_low_is_told_upside_down(board: Board) -> None:
    async with opened(board, "?active=low") as port:
        await told(port, b"1")
        board.drive(True)
        await told(port, b"0")


async def a_bouncing_contact_ends_as_it_came_to_rest(board: Board) -> None:
    async with opened(board) as port:
        await told(port, b"0")
        for _ in range(BOUNCES):
            board.drive(True)
            board.drive(False)
        board.drive(True)
        assert (await rest(port))[0] == b"1"


async def a_storm_of_edges_is_survived_and_its_last_level_told(board: Board) -> None:
    async with opened(board) as port:
        await told(port, b"0")
        for _ in range(STORM):
            board.drive(True)
            board.drive(False)
        board.drive(True)
        level, count = await rest(port)
        assert level == b"1"
        assert count < MOST_TOLD


async def a_line_that_somebody_else_holds_is_busy(board: Board) -> None:
    with board.held():
        with pytest.raises(PortError) as refused:
            await connect("ceiling", board.url)
        assert refused.value.reason is PortReason.BUSY
    async with opened(board) as port:
        await told(port, b"0")


Scenario = Callable[[Board], Awaitable[None]]

SCENARIOS: tuple[Scenario, ...] = (
    every_edge_is_told,
    a_line_that_is_active_low_is_told_upside_down,
    a_bouncing_contact_ends_as_it_came_to_rest,
    a_storm_of_edges_is_survived_and_its_last_level_told,
    a_line_that_somebody_else_holds_is_busy,
)
