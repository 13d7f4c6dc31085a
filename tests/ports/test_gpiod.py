"""A line by libgpiod: its real settings and values, on a chip that is made up here."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.wire import Port
from tests.hwlab.shared.gpio import SCENARIOS, Scenario

gpiod = pytest.importorskip("gpiod")
pytestmark = pytest.mark.real
LIMIT_S = 60.0
BUFFER = 16  # edges that the kernel keeps of a line
Value, Direction, Bias = gpiod.line.Value, gpiod.line.Direction, gpiod.line.Bias


@dataclass
class Line:
    """A requested line of a made-up chip: what it was asked for, and what happens on it."""

    settings: Any
    value: Any = Value.INACTIVE
    events: list[Any] = field(default_factory=list)
    seqno: int = 0
    broken: bool = False
    released: bool = False

    def __post_init__(self) -> None:
        self.fd, self._end = os.pipe()

    def edge(self, rises: bool, *, lost: int = 0) -> None:
        """Change the level; `lost` edges before it did not fit into the kernel's buffer."""
        self.seqno += 1 + lost
        self.value = Value.ACTIVE if rises else Value.INACTIVE
        if len(self.events) == BUFFER:  # the kernel drops what does not fit
            return
        kinds = gpiod.EdgeEvent.Type
        kind = kinds.RISING_EDGE if rises else kinds.FALLING_EDGE
        at = time.monotonic_ns()
        event = SimpleNamespace(Type=kinds, event_type=kind, timestamp_ns=at, line_seqno=self.seqno)
        self.events.append(event)
        os.write(self._end, b"x")

    def vanish(self) -> None:
        self.broken = True
        os.write(self._end, b"x")

    def read_edge_events(self) -> list[Any]:
        os.read(self.fd, 4096)
        self._refuse()
        events, self.events = self.events, []
        return events

    def get_value(self, line: int) -> Any:
        self._refuse()
        return self.value

    def set_value(self, line: int, value: Any) -> None:
        self._refuse()
        self.value = value

    def release(self) -> None:
        self.released = True
        os.close(self.fd)
        os.close(self._end)

    def _refuse(self) -> None:
        if self.broken:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


@dataclass
class Chip:
    """/dev/gpiochip0, as the library would have it."""

    refuses: Exception | None = None
    lines: dict[int, Line] = field(default_factory=dict)

    def request_lines(self, path: str, consumer: str, config: dict[int, Any]) -> Line:
        assert (path, consumer) == ("/dev/gpiochip0", "roomctl")
        if self.refuses is not None:
            raise self.refuses
        ((number, settings),) = config.items()
        at_rest = Value.ACTIVE if settings.active_low else Value.INACTIVE
        self.lines[number] = Line(settings, at_rest)
        return self.lines[number]


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Chip:
    made = Chip()
    monkeypatch.setattr(gpiod, "request_lines", made.request_lines)
    return made


async def read(port: Port, number: int) -> list[bytes]:
    async with asyncio.timeout(LIMIT_S):
        return [(await port.read()).data for _ in range(number)]


async def test_an_input_tells_its_level_at_once_at_every_edge_and_again_every_second(
    chip: Chip,
) -> None:
    port = await connect("ceiling", "gpiod:gpiochip0/17?pull=up&active=low")
    line = chip.lines[17]
    asked = (line.settings.direction, line.settings.bias, line.settings.active_low)
    assert asked == (Direction.INPUT, Bias.PULL_UP, True)
    assert await read(port, 1) == [b"1"]
    line.edge(False)
    line.edge(True)
    line.edge(False)
    assert await read(port, 4) == [b"0", b"1", b"0", b"0"]
    await port.close()
    assert line.released


async def test_edges_that_the_kernel_lost_are_said_and_a_level_without_one_heals(
    chip: Chip,
) -> None:
    port = await connect("ceiling", "gpiod:gpiochip0/4")
    line = chip.lines[4]
    assert await read(port, 1) == [b"0"]
    line.edge(True)
    line.edge(True, lost=2)
    assert await read(port, 2) == [b"1", b"!1"]
    line.value = Value.INACTIVE
    assert await read(port, 1) == [b"!0"]
    await port.close()


async def test_an_edge_that_comes_while_the_level_is_read_is_not_lost(
    chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = await connect("ceiling", "gpiod:gpiochip0/4")
    line = chip.lines[4]
    assert await read(port, 1) == [b"0"]
    level = line.get_value

    def before_an_edge(number: int) -> Any:
        found = level(number)
        monkeypatch.setattr(line, "get_value", level)
        line.edge(True)
        return found

    monkeypatch.setattr(line, "get_value", before_an_edge)
    assert await read(port, 3) == [b"0", b"1", b"1"]
    await port.close()


class Board:
    """A wired input of that chip, as the hardware lab's scenarios want it."""

    url = "gpiod:gpiochip0/17"

    def __init__(self, chip: Chip) -> None:
        self.chip, self.high = chip, False

    def drive(self, high: bool) -> None:
        if high != self.high:
            self.high = high
            line = self.chip.lines[17]
            line.edge(high != line.settings.active_low)

    @contextmanager
    def held(self) -> Iterator[None]:
        self.chip.refuses = OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        yield
        self.chip.refuses = None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_it_does_what_every_input_must_do(scenario: Scenario, chip: Chip) -> None:
    await scenario(Board(chip))


async def test_a_chip_that_vanishes_closes_the_port(chip: Chip) -> None:
    port = await connect("ceiling", "gpiod:gpiochip0/4")
    await read(port, 1)
    chip.lines[4].vanish()
    with pytest.raises(PortClosed, match="cannot be used any more"):
        await read(port, 2)
    await port.close()
    assert chip.lines[4].released


async def test_an_output_begins_inactive_is_set_and_is_inactive_when_it_is_closed(
    chip: Chip,
) -> None:
    port = await connect("lamp", "gpiod:gpiochip0/22?direction=out")
    line = chip.lines[22]
    assert (line.settings.direction, line.settings.bias) == (Direction.OUTPUT, Bias.AS_IS)
    await port.write(b"1")
    assert line.value is Value.ACTIVE
    await port.write(b"0")
    assert line.value is Value.INACTIVE
    await port.write(b"1")
    reading = asyncio.ensure_future(port.read())
    await port.close()
    assert (line.value, line.released) == (Value.INACTIVE, True)
    with pytest.raises(PortClosed):
        await reading


async def test_an_input_takes_no_bytes(chip: Chip) -> None:
    port = await connect("ceiling", "gpiod:gpiochip0/4")
    with pytest.raises(PortError, match="is an input"):
        await port.write(b"1")
    await port.close()


@pytest.mark.parametrize(
    ("error", "reason", "says"),
    [
        (FileNotFoundError(errno.ENOENT, "x"), PortReason.MISSING, "there is no /dev/gpiochip0"),
        (PermissionError(errno.EACCES, "x"), PortReason.PERMISSION, "usermod -aG gpio"),
        (OSError(errno.EBUSY, "x"), PortReason.BUSY, "in use by another program"),
        (OSError(errno.EINVAL, "x"), PortReason.UNSUPPORTED, "write pull=none"),
        (ValueError("no such line"), PortReason.UNSUPPORTED, "has no line 4"),
        (OSError(errno.EIO, "x"), PortReason.IO, "cannot be opened"),
    ],
)
async def test_what_is_missing_or_taken_is_said_in_one_sentence(
    chip: Chip, error: Exception, reason: PortReason, says: str
) -> None:
    chip.refuses = error
    with pytest.raises(PortError, match=says) as refused:
        await connect("ceiling", "gpiod:gpiochip0/4")
    assert refused.value.reason is reason


async def test_without_the_library_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(PortError, match=r"pip install 'roomctl\[gpiod\]'"):
        await connect("ceiling", "gpiod:gpiochip0/4")


@pytest.mark.parametrize(
    "url",
    [
        "gpiod:17",
        "gpiod:gpiochip0",
        "gpiod:gpiochip0/x",
        "gpiod:../gpiochip0/1",
        "gpiod:gpiochip0/99999",
        "gpiod:gpiochip0/1?pull=sideways",
        "gpiod:gpiochip0/1?way=out",
    ],
)
async def test_what_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(PortError, match=r"gpiod:CHIP/LINE|no chip has|is not known|unknown option"):
        await connect("ceiling", url)
