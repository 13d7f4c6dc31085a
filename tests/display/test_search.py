"""Projectors are found by a broadcast: what answers, what does not, and what a stranger may say."""

import contextlib
from collections.abc import AsyncGenerator

import pytest

from roomctl.clock import SystemClock
from roomctl.display import kind
from roomctl.display.pjlink import SEARCH, found_by, hinted_by
from roomctl.display.sim import SimDisplay, SimPjSearch
from roomctl.ports.udp import broadcast
from roomctl.simulator.wires import offer

LIMIT_S = 20.0  # ten times what a busy machine needs


@pytest.mark.real
async def test_a_projector_on_the_wire_answers_a_search() -> None:
    wire = await offer("udp", lambda: SimPjSearch(SimDisplay(), 0.0), SystemClock())
    try:
        port = int(wire.path.rpartition(":")[2])
        searching = broadcast(SEARCH.line(), port, LIMIT_S, "127.0.0.1")
        async with contextlib.aclosing(searching):
            host, datagram = await anext(searching)
    finally:
        await wire.close()
    assert (host, found_by(datagram)) == ("127.0.0.1", SimPjSearch.mac)


@pytest.mark.real
async def test_a_search_that_nobody_answers_ends() -> None:
    standby = SimDisplay()
    standby.dead = True
    wire = await offer("udp", lambda: SimPjSearch(standby, 0.0), SystemClock())
    try:
        port = int(wire.path.rpartition(":")[2])
        found = [one async for one in broadcast(SEARCH.line(), port, 0.0, "127.0.0.1")]
    finally:
        await wire.close()
    assert found == []


@pytest.mark.parametrize(
    "datagram",
    [
        b"%2SRCH\r",
        b"",
        b"%1POWR=1\r",
        b"%2ACKN=nonsense\r",
        b"%2LKUP=00:26:ab:12:34:56",
        b"\xff" * 99,
    ],
)
def test_what_is_no_answer_finds_nothing(datagram: bytes) -> None:
    assert found_by(datagram) is None


@pytest.mark.parametrize(
    ("datagram", "name"),
    [
        (b"%2POWR=1\r", "power"),
        (b"%2ERST=001000\r", "faults"),
        (b"%2INPT=31\r", "input"),
        (b"%2LKUP=00:26:ab:12:34:56\r", "power"),
        (b"%2ACKN=00:26:ab:12:34:56\r", None),
        (b"%1POWR=1\r", None),
        (b"%2INPT=ERR3\r", None),
        (b"%2INPT ?\r", None),
        (b"PJLINK 0\r", None),
        (b"", None),
        (b"\xff" * 1400, None),
    ],
)
def test_a_notice_is_a_hint_of_what_to_ask(datagram: bytes, name: str | None) -> None:
    assert hinted_by(datagram) == name


async def said(*answers: tuple[str, bytes]) -> AsyncGenerator[tuple[str, bytes], None]:
    for one in answers:
        yield one


async def test_each_address_is_found_once_and_a_flood_is_cut_off() -> None:
    answer = b"%2ACKN=00:26:AB:12:34:56\r"
    twice = await kind.searched(said(("10.0.0.9", answer), ("10.0.0.9", answer), ("x", b"")))
    assert twice == {"10.0.0.9": "00:26:ab:12:34:56"}
    flood = said(*((f"10.0.{high}.{low}", answer) for high in range(9) for low in range(99)))
    assert len(await kind.searched(flood)) == kind.MOST_FOUND


async def test_without_a_network_nobody_is_found() -> None:
    async def unreachable() -> AsyncGenerator[tuple[str, bytes], None]:
        raise OSError("network is unreachable")
        yield

    assert await kind.searched(unreachable()) == {}
