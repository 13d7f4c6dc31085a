"""Gamepads by evdev, on a pipe that says what the kernel says."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortMissing
from roomctl.ports import connect, evdev
from roomctl.ports.address import parse
from roomctl.ports.evdev import AxisInfo, EvdevPort, controllers
from roomctl.wire import Identity

pytestmark = pytest.mark.real
SYN, KEY, ABS, REPORT, DROPPED = 0, 1, 3, 0, 3
LOST = struct.pack("<HHi", 0, 3, 0)


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 1_700_000_000, 42, kind, code, value)


def told(*events: tuple[int, int, int]) -> bytes:
    return b"".join(struct.pack("<HHi", *one) for one in events)


@dataclass
class Node:
    """The kernel's side of a node."""

    port: EvdevPort
    end: int
    axes: dict[int, AxisInfo] = field(default_factory=dict)

    def say(self, *events: tuple[int, int, int]) -> None:
        os.write(self.end, b"".join(event(*one) for one in (*events, (SYN, REPORT, 0))))

    async def heard(self) -> bytes:
        async with asyncio.timeout(60):
            return (await self.port.read()).data


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    axes = {0: AxisInfo(128, 0, 255), 1: AxisInfo(0, -32768, 32767)}
    descriptor, end = os.pipe()
    os.set_blocking(descriptor, False)

    def stand() -> Mapping[int, AxisInfo]:
        return dict(axes)

    node = Node(EvdevPort(descriptor, Identity("evdev:auto"), stand), end, axes)
    yield node
    await node.port.close()
    os.close(end)


async def test_the_axes_are_told_at_the_open_between_their_ends(node: Node) -> None:
    assert await node.heard() == LOST + told((ABS, 0, 128), (ABS, 1, 0))


async def test_events_are_told_as_they_come_and_a_key_that_repeats_is_not(node: Node) -> None:
    await node.heard()
    node.say((ABS, 0, 255), (4, 4, 0x90001), (KEY, 0x130, 1), (KEY, 0x130, 2), (ABS, 0x28, 7))
    assert await node.heard() == told((ABS, 0, 32767), (KEY, 0x130, 1))
    node.say((ABS, 0, 0), (KEY, 0x130, 0))
    assert await node.heard() == told((ABS, 0, -32767), (KEY, 0x130, 0))


async def test_after_lost_events_everything_is_told_anew_and_nothing_half(node: Node) -> None:
    await node.heard()
    node.axes[0] = AxisInfo(255, 0, 255)
    node.say((SYN, DROPPED, 0), (ABS, 0, 3), (KEY, 0x130, 1))
    assert await node.heard() == LOST + told((ABS, 0, 32767), (ABS, 1, 0))


async def test_whoever_does_not_read_is_told_that_events_were_lost(node: Node) -> None:
    for _ in range(400):
        node.say((ABS, 0, 255))
        await asyncio.sleep(0)
    chunks = [await node.heard()]
    while node.port._came:
        chunks.append(await node.heard())
    assert len(chunks) <= 256


async def test_a_controller_that_goes_away_closes_the_port(node: Node) -> None:
    await node.heard()
    reading = asyncio.create_task(node.port.read())
    await asyncio.sleep(0)
    os.close(node.end)
    node.end = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(PortClosed, match="unplugged, or switched off"):
        async with asyncio.timeout(60):
            await reading


async def test_a_controller_is_only_read(node: Node) -> None:
    with pytest.raises(PortError, match="only read"):
        await node.port.write(b"\0")


@pytest.mark.parametrize("url", ["evdev:event3", "evdev:auto?grab=1", "evdev:"])
async def test_what_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(PortError, match=r"evdev:auto|unknown option"):
        await connect("controller.pad", url)


async def test_one_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PortMissing, match="no gamepad"):
        await evdev.open_port(parse("evdev:auto"), tmp_path, tmp_path)
    with pytest.raises(PortMissing, match="plug it in"):
        await evdev.open_port(parse(f"evdev:{tmp_path}/event0"))


async def test_a_node_that_is_no_controller_says_so(tmp_path: Path) -> None:
    """Its ioctls are refused: the first read tells."""
    (tmp_path / "event0").write_bytes(b"")
    port = await evdev.open_port(parse(f"evdev:{tmp_path}/event0"))
    with pytest.raises(PortClosed, match="does not report the position of its axes"):
        await port.read()
    await port.close()


def test_gamepads_and_joysticks_are_told_from_keyboards_mice_and_touch_screens(
    tmp_path: Path,
) -> None:
    word = 8 * struct.calcsize("@l")

    def node(number: int, keys: int, axes: int) -> None:
        folder = tmp_path / f"event{number}" / "device" / "capabilities"
        folder.mkdir(parents=True)
        for name, bits in (("key", keys), ("abs", axes)):
            words = []
            while bits:
                words.append(f"{bits % (1 << word):x}")
                bits >>= word
            (folder / name).write_text(" ".join(reversed(words or ["0"])) + "\n")

    node(10, 1 << 0x130, 0b111111)  # a gamepad
    node(2, 1 << 0x120, 0b11)  # a joystick
    node(0, (1 << 120) - 1, 0)  # a keyboard
    node(1, 1 << 0x14A, 0b11)  # a touch screen
    (tmp_path / "event3").mkdir()  # just going away
    found = controllers(tmp_path, Path("/dev/input"))
    assert [path.name for path in found] == ["event2", "event10"]
