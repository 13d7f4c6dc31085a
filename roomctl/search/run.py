"""Carries a search out: asks everybody, then each device that has answered. Knows no protocol.

Only devices on this box's own networks are asked themselves: an answer with a forged sender shall
not have the box speak to a stranger. Nor are those asked that a room controls already: some speak
to one program at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from ipaddress import IPv4Address

from roomctl.ports.interfaces import NetworkInterface
from roomctl.ports.search import answers
from roomctl.search.found import FoundDevice, FoundDevices, Search
from roomctl.wire import Connect

_log = logging.getLogger(__name__)

LIMIT_S = 4.0
CONFIRM_S = 1.5  # of it: to ask those that were found
_AT_ONCE = 32


async def search(
    searches: Sequence[Search],
    connect: Connect,
    interfaces: Sequence[NetworkInterface],
    limit_s: float = LIMIT_S,
    known: Collection[str] = (),
) -> list[FoundDevice]:
    """Return the devices that answer within `limit_s` seconds, at least 2, in order of address.

    `known`: hosts that are not to be asked themselves.
    """
    ways = [(one.kind, way) for one in searches for way in one.ways()]
    found = FoundDevices(ways)
    broken = set[int]()
    asking = answers([way.question for _, way in ways], interfaces, limit_s - CONFIRM_S)
    ready = asyncio.gather(*(one.prepare() for one in searches), return_exceptions=True)
    async with contextlib.aclosing(asking):
        async for heard in asking:
            if heard.question not in broken:
                try:
                    found.take(heard.question, heard.sender, heard.data)
                except Exception as error:  # a plug-in's code may raise anything
                    broken.add(heard.question)
                    _log.warning("%s: cannot read an answer: %s", ways[heard.question][0], error)
    await ready
    own = [interface.address for interface in interfaces if not interface.network.is_loopback]
    placed = [_placed(one, interfaces) for one in found if one.host not in own]
    confirm = {one.kind: one.confirm for one in searches}
    at_once, until = asyncio.Semaphore(_AT_ONCE), asyncio.get_running_loop().time() + CONFIRM_S

    async def asked(one: FoundDevice) -> FoundDevice:
        if not one.in_network or one.host in known:
            return one
        try:
            async with asyncio.timeout_at(until), at_once:
                return await confirm[one.kind](one, connect)
        except TimeoutError:
            return one
        except Exception as error:  # a plug-in's code may raise anything
            _log.warning("%s %s: cannot be asked: %s", one.kind, one.host, error)
            return one

    return sorted(await asyncio.gather(*map(asked, placed)), key=_in_order)


def _placed(one: FoundDevice, interfaces: Sequence[NetworkInterface]) -> FoundDevice:
    return replace(one, in_network=any(each.reaches(one.host) for each in interfaces))


def _in_order(one: FoundDevice) -> tuple[str, IPv4Address]:
    return one.kind, IPv4Address(one.host)
