"""GPIO ports on gpiozero's own mock pins."""

import asyncio
import time
from collections.abc import Iterator

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from roomctl.errors import PortClosed, PortError, PortReason, RestartNeeded
from roomctl.ports import connect
from roomctl.ports.gpio import GpioPort
from roomctl.wire import Port

pytestmark = pytest.mark.real

LIMIT_S = 60.0


@pytest.fixture(autouse=True)
def board() -> Iterator[MockFactory]:
    """A board of mock pins, which is what gpiozero uses while a test runs."""
    board = MockFactory()
    gpiozero.Device.pin_factory = board
    yield board
    board.reset()
    gpiozero.Device.pin_factory = None


async def levels(port: Port, count: int) -> bytes:
    got = [(await asyncio.wait_for(port.read(), LIMIT_S)).data for _ in range(count)]
    return b"".join(got)


def pin(board: MockFactory, number: int) -> MockPin:
    found = board.pin(number)
    assert isinstance(found, MockPin)
    return found


async def test_the_first_read_tells_the_level_and_each_edge_is_one_chunk(
    board: MockFactory,
) -> None:
    port = await connect("ceiling", "gpio:17")
    assert await levels(port, 1) == b"0"
    before = time.monotonic()
    for drive in (pin(board, 17).drive_high, pin(board, 17).drive_low, pin(board, 17).drive_high):
        drive()
    after = time.monotonic()
    chunks = [await asyncio.wait_for(port.read(), LIMIT_S) for _ in range(3)]
    assert [chunk.data for chunk in chunks] == [b"1", b"0", b"1"]
    assert before <= chunks[0].at <= chunks[1].at <= chunks[2].at <= after
    await port.close()


async def test_an_edge_wakes_a_waiting_read_at_once(board: MockFactory) -> None:
    port = await connect("ceiling", "gpio:17")
    await levels(port, 1)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    # the library calls back in a thread of its own
    await asyncio.get_running_loop().run_in_executor(None, pin(board, 17).drive_high)
    told = (await asyncio.wait_for(reading, LIMIT_S)).data
    while told == b"0":  # a second went by before that
        told = await levels(port, 1)
    assert told == b"1"
    await port.close()


async def test_a_quiet_line_tells_its_level_every_second(board: MockFactory) -> None:
    port = await connect("ceiling", "gpio:17")
    first = await asyncio.wait_for(port.read(), LIMIT_S)
    second = await asyncio.wait_for(port.read(), LIMIT_S)
    assert second.data == b"0"
    assert 0.9 < second.at - first.at < 10.0
    await port.close()


@pytest.mark.parametrize(
    ("query", "while_high", "while_low"),
    [
        ("", b"1", b"0"),
        ("?pull=down&active=low", b"0", b"1"),
        ("?pull=up", b"1", b"0"),
        ("?pull=up&active=low", b"0", b"1"),
        ("?pull=none", b"1", b"0"),
        ("?pull=none&active=low", b"0", b"1"),
    ],
)
async def test_pull_and_active_say_which_level_is_a_one(
    board: MockFactory, query: str, while_high: bytes, while_low: bytes
) -> None:
    port = await connect("ceiling", f"gpio:17{query}")
    await levels(port, 1)
    line = pin(board, 17)
    resting_high = line.state
    (line.drive_low if resting_high else line.drive_high)()
    assert await levels(port, 1) == (while_low if resting_high else while_high)
    (line.drive_high if resting_high else line.drive_low)()
    assert await levels(port, 1) == (while_high if resting_high else while_low)
    await port.close()


async def test_the_level_at_opening_follows_the_polarity() -> None:
    port = await connect("ceiling", "gpio:17?pull=up&active=low")
    assert await levels(port, 1) == b"0"
    await port.close()


async def test_a_storm_of_edges_keeps_bounded_memory_and_the_newest_level(
    board: MockFactory,
) -> None:
    port = await connect("ceiling", "gpio:17")
    assert isinstance(port, GpioPort)
    await levels(port, 1)
    line = pin(board, 17)
    for _ in range(10_000):
        line.drive_high()
        line.drive_low()
    line.drive_high()
    assert len(port._came) == 64
    told = b""
    while len(told) < 64:  # the last of them come together
        told += await levels(port, 1)
    assert told[-1:] == b"1"
    await port.close()


async def test_in_a_storm_edges_are_handed_over_together(board: MockFactory) -> None:
    port = await connect("ceiling", "gpio:17")
    await levels(port, 1)
    line, loop = pin(board, 17), asyncio.get_running_loop()

    def storm() -> None:
        for _ in range(2500):
            line.drive_high()
            line.drive_low()
            time.sleep(0.0004)  # some 5000 edges a second
        line.drive_high()

    began, chunks, last = time.monotonic(), 0, b""
    storming = loop.run_in_executor(None, storm)
    while not (storming.done() and last.endswith(b"1")):
        last = (await asyncio.wait_for(port.read(), LIMIT_S)).data
        assert len(last) <= 64
        chunks += 1
    took_s = time.monotonic() - began
    assert chunks < 100 * (1 + took_s)  # of 5001 edges in a second or more
    await port.close()


class DeafPin(MockPin):
    """A pin whose edges are lost while it is deaf, as the kernel loses them."""

    deaf = False

    def _change_state(self, value: bool) -> bool:
        if not self.deaf:
            return bool(super()._change_state(value))
        self._state = value
        return False


async def test_a_lost_edge_is_healed_within_a_second_and_said_with_the_next_level(
    board: MockFactory,
) -> None:
    board.pin_class = DeafPin
    port = await connect("ceiling", "gpio:17")
    assert await levels(port, 1) == b"0"
    line = pin(board, 17)
    assert isinstance(line, DeafPin)
    line.drive_high()
    line.drive_low()
    assert await levels(port, 2) == b"10"
    line.deaf = True
    line.drive_high()
    line.deaf = False
    assert await levels(port, 2) == b"1!1"
    line.drive_low()
    assert (await levels(port, 3)).startswith(b"00")  # and nothing more was lost
    await port.close()


async def test_a_closed_port_wakes_its_reader_and_lets_go_of_the_line() -> None:
    port = await connect("ceiling", "gpio:17")
    await levels(port, 1)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    await asyncio.gather(port.close(), port.close())
    with pytest.raises(PortClosed):
        await asyncio.wait_for(reading, LIMIT_S)
    again = await connect("ceiling", "gpio:17")
    assert await levels(again, 1) == b"0"
    await again.close()


class LgpioError(Exception):
    """lgpio's `error`: a plain Exception whose text stands in quotes."""


class LoosePin(MockPin):
    """A pin whose chip can vanish."""

    vanished = False

    def _get_state(self) -> bool:
        if self.vanished:
            raise LgpioError("'bad GPIO read'")
        return bool(super()._get_state())


async def test_a_line_that_vanishes_is_port_closed(board: MockFactory) -> None:
    board.pin_class = LoosePin
    port = await connect("ceiling", "gpio:17")
    assert await levels(port, 1) == b"0"
    line = pin(board, 17)
    assert isinstance(line, LoosePin)
    line.vanished = True
    with pytest.raises(PortClosed, match=r"cannot be read any more \('bad GPIO read'\)"):
        await asyncio.wait_for(port.read(), LIMIT_S)
    with pytest.raises(PortClosed):
        await port.read()
    line.vanished = False
    await port.close()


async def test_after_that_no_line_is_opened_in_this_process(board: MockFactory) -> None:
    board.pin_class = LoosePin
    port = await connect("ceiling", "gpio:17")
    line = pin(board, 17)
    assert isinstance(line, LoosePin)
    line.vanished = True
    with pytest.raises(PortClosed):
        await asyncio.wait_for(port.read(), LIMIT_S)
    line.vanished = False
    await port.close()
    with pytest.raises(RestartNeeded, match="its chip has gone; this process ends"):
        await connect("ceiling", "gpio:17")


async def test_an_input_cannot_be_written() -> None:
    port = await connect("ceiling", "gpio:17")
    with pytest.raises(PortError, match="is an input") as error:
        await port.write(b"1")
    assert not isinstance(error.value, PortClosed)
    await port.close()


async def test_a_line_that_was_busy_once_can_be_opened_as_soon_as_it_is_free(
    board: MockFactory,
) -> None:
    class Held(MockPin):
        def __init__(self, *given: object) -> None:
            raise RuntimeError("'GPIO busy'")  # as lgpio's pins do, in their making

    board.pin_class = Held
    with pytest.raises(PortError, match="GPIO17 is in use") as kept:
        await connect("ceiling", "gpio:17")
    board.pin_class = MockPin
    port = await connect("ceiling", "gpio:17")
    assert await levels(port, 1) == b"0"
    await port.close()
    assert kept.value.reason is PortReason.BUSY


async def test_a_line_in_use_is_busy() -> None:
    port = await connect("ceiling", "gpio:17")
    with pytest.raises(PortError, match="GPIO17 is in use") as error:
        await connect("door", "gpio:17")
    assert error.value.reason is PortReason.BUSY
    await port.close()


@pytest.mark.parametrize(("query", "inactive"), [("", False), ("&active=low", True)])
async def test_an_output_begins_inactive_is_set_and_is_inactive_when_it_is_closed(
    board: MockFactory, query: str, inactive: bool
) -> None:
    port = await connect("byom", f"gpio:22?direction=out{query}")
    line = pin(board, 22)
    assert (line.function, line.state) == ("output", inactive)
    reading = asyncio.ensure_future(port.read())
    await port.write(b"1")
    assert line.state is not inactive
    await port.write(b"0")
    assert line.state is inactive
    await port.write(b"1")
    states = len(line.states)
    await port.close()
    assert line.states[states].state is inactive  # before the line is let go
    with pytest.raises(PortClosed):
        await asyncio.wait_for(reading, LIMIT_S)
    with pytest.raises(PortClosed):
        await port.write(b"1")


async def test_an_output_whose_chip_has_gone_is_closed(
    board: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = await connect("byom", "gpio:22?direction=out")

    def gone(self: MockPin, state: object) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr(MockPin, "_set_state", gone)
    with pytest.raises(PortClosed, match="cannot be set any more"):
        await port.write(b"1")
    with pytest.raises(PortClosed):
        await port.read()
    await port.close()
