import asyncio
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl.clock import SystemClock, VirtualClock
from roomctl.errors import PortClosed, PortError, PortFlooded
from roomctl.wire import (
    Chunk,
    DaemonThreads,
    Identity,
    Intake,
    Port,
    Record,
    Traced,
    Virtual,
    converse,
    in_thread,
    pair,
    pump,
    trace_file,
    traced,
)

LIMIT_S = 60.0
URL = "serial:/dev/ttyUSB0"


class Script:
    """A machine that says what is put into `to_say`, and at the instants in `alarms`."""

    def __init__(self, *to_say: bytes, alarms: dict[float, bytes] | None = None) -> None:
        self.to_say = list(to_say)
        self.alarms = dict(alarms or {})
        self.got: list[Chunk] = []
        self.sent_at: list[float] = []
        self.failures: list[str] = []
        self.answer: Callable[[bytes], bytes | None] = lambda data: None

    def receive(self, chunk: Chunk) -> None:
        self.got.append(chunk)
        if (reply := self.answer(chunk.data)) is not None:
            self.to_say.append(reply)

    def tick(self, now: float) -> None:
        for at in sorted(self.alarms):
            if at <= now:
                self.to_say.append(self.alarms.pop(at))

    def due(self) -> float | None:
        return min(self.alarms, default=None)

    def outbox(self, now: float) -> bytes | None:
        return self.to_say.pop(0) if self.to_say else None

    def sent(self, now: float) -> None:
        self.sent_at.append(now)

    def failed(self, now: float, why: str) -> None:
        self.failures.append(why)


class Refusing:
    """A port whose writes raise what is put into `raises`."""

    identity = Identity(url=URL)

    def __init__(self, *raises: PortError) -> None:
        self.raises = list(raises)
        self.written: list[bytes] = []

    async def read(self) -> Chunk:
        await asyncio.Event().wait()
        raise AssertionError

    async def write(self, data: bytes) -> None:
        if self.raises:
            raise self.raises.pop(0)
        self.written.append(data)

    async def close(self) -> None:
        pass


async def read(port: Port) -> bytes:
    return (await asyncio.wait_for(port.read(), LIMIT_S)).data


async def ended(pumping: Awaitable[None]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await pumping


class Pumped:
    """A machine at one end of an in-memory wire, pumped; `far` is the other end."""

    def __init__(self, machine: Script) -> None:
        self.clock = SystemClock()
        near, self.far = pair(URL, self.clock)
        self.wake = asyncio.Event()
        self.task = asyncio.ensure_future(pump(near, machine, self.wake, self.clock))

    async def stop(self) -> None:
        self.task.cancel()
        await ended(self.task)


async def test_the_pump_writes_what_the_machine_says_in_order_and_tells_it() -> None:
    machine = Script(b"one", b"two")
    pumped = Pumped(machine)
    assert [await read(pumped.far), await read(pumped.far)] == [b"one", b"two"]
    await pumped.stop()
    assert len(machine.sent_at) == 2


async def test_the_pump_hands_over_what_comes_in_and_writes_the_answer() -> None:
    machine = Script()
    machine.answer = bytes.upper
    pumped = Pumped(machine)
    await pumped.far.write(b"ping")
    assert await read(pumped.far) == b"PING"
    await pumped.stop()
    assert [chunk.data for chunk in machine.got] == [b"ping"]


async def test_a_wake_is_served_while_the_line_is_silent_and_no_tick_is_due() -> None:
    machine = Script(alarms={time.monotonic() + 3600.0: b"late"})
    pumped = Pumped(machine)
    reading = asyncio.ensure_future(pumped.far.read())
    await asyncio.wait([reading], timeout=0.02)
    machine.to_say.append(b"stop")
    pumped.wake.set()
    chunk = await asyncio.wait_for(reading, LIMIT_S)
    assert chunk.data == b"stop"  # long before the hour is over
    await pumped.stop()


async def test_a_tick_comes_when_it_is_due() -> None:
    at = time.monotonic() + 0.05
    pumped = Pumped(Script(alarms={at: b"tick"}))
    chunk = await asyncio.wait_for(pumped.far.read(), LIMIT_S)
    assert chunk.data == b"tick"
    assert chunk.at >= at
    await pumped.stop()


async def test_a_port_that_closes_ends_the_pump() -> None:
    pumped = Pumped(Script())
    await pumped.far.close()
    with pytest.raises(PortClosed, match="hung up"):
        await asyncio.wait_for(pumped.task, LIMIT_S)


class Said:
    """A port by which chunks come: so many of a size, one each `every_s`; `first` all at once."""

    def __init__(self, size: int, every_s: float, count: int, first: int = 0) -> None:
        self.identity = Identity(url=URL, intake=Intake(960.0))
        ats = [max(0.0, (number - first) * every_s) for number in range(count)]
        self._chunks = [Chunk(bytes(size), 1000.0 + at) for at in reversed(ats)]

    async def read(self) -> Chunk:
        if not self._chunks:
            raise PortClosed(URL, "all was said")
        return self._chunks.pop()

    async def write(self, data: bytes) -> None: ...
    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("port", "why"),
    [
        (Said(96, 0.1, 5000), "all was said"),  # a line that is never silent
        (Said(1, 1 / 960, 20_000), "all was said"),  # and hands on each byte
        (
            Said(96, 0.1, 2000, first=300),
            "all was said",
        ),  # after half a minute that all stood still
        (Said(256, 0.1, 5000), "more than 960 bytes a second"),
        (Said(96, 0.0, 5000), "more than 960 bytes a second"),
        (Said(0, 0.0001, 50_000), "more than 2000 packets a second"),
    ],
)
async def test_more_than_can_come_by_a_wire_ends_the_pump(port: Said, why: str) -> None:
    machine = Script()
    with pytest.raises(PortError, match=why) as ended:
        await pump(port, machine, asyncio.Event(), SystemClock())
    came = [(len(chunk.data), chunk.at) for chunk in machine.got]
    lasted_s = came[-1][1] - came[0][1]
    assert sum(size for size, _ in came) <= 32 * 1024 + 960 * lasted_s
    assert isinstance(ended.value, PortFlooded) == (why != "all was said")


async def test_a_cancelled_pump_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    pumped = Pumped(Script())
    await asyncio.wait([pumped.task], timeout=0.01)
    await pumped.stop()
    assert asyncio.all_tasks() == before


async def test_a_failed_write_is_told_to_the_machine_and_the_next_one_goes_out() -> None:
    machine = Script(b"one", b"two")
    port = Refusing(PortError(URL, "stalled"))
    pumping = asyncio.ensure_future(pump(port, machine, asyncio.Event(), SystemClock()))
    async with asyncio.timeout(LIMIT_S):
        while not port.written:
            await asyncio.sleep(0)
    pumping.cancel()
    await ended(pumping)
    assert machine.failures == ["stalled"]
    assert port.written == [b"two"]


async def test_a_write_into_a_closed_port_is_told_to_the_machine_and_ends_the_pump() -> None:
    machine = Script(b"one", b"two")
    port = Refusing(PortClosed(URL, "unplugged"))
    with pytest.raises(PortClosed, match="unplugged"):
        await pump(port, machine, asyncio.Event(), SystemClock())
    assert machine.failures == ["unplugged"]
    assert port.written == []


async def test_a_pair_carries_bytes_both_ways_with_the_clocks_time() -> None:
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC), mono_s=7.0)
    near, far = pair(URL, clock)
    await near.write(b"out")
    clock.advance(1.0)
    await far.write(b"in")
    assert await far.read() == Chunk(b"out", 7.0)
    assert await near.read() == Chunk(b"in", 8.0)


async def test_closing_one_end_of_a_pair_closes_both_and_wakes_their_readers() -> None:
    near, far = pair(URL, SystemClock())
    readers = [asyncio.ensure_future(end.read()) for end in (near, far)]
    await asyncio.sleep(0)
    await near.close()
    for reader in readers:
        with pytest.raises(PortClosed):
            await asyncio.wait_for(reader, LIMIT_S)
    for end in (near, far):
        with pytest.raises(PortClosed):
            await end.write(b"x")
        with pytest.raises(PortClosed):
            await asyncio.wait_for(end.read(), LIMIT_S)
    await near.close()


async def test_what_was_written_before_a_close_can_still_be_read() -> None:
    near, far = pair(URL, SystemClock())
    await near.write(b"last words")
    await near.close()
    assert await read(far) == b"last words"
    with pytest.raises(PortClosed):
        await read(far)


def test_hours_of_conversation_pass_in_invented_time() -> None:
    near = Script(alarms={float(second): b"ping" for second in range(0, 7200, 60)})
    far = Script()
    far.answer = lambda data: b"pong"
    assert converse(near, far, 7200.0) == 7200.0
    assert [chunk.at for chunk in near.got] == [float(second) for second in range(0, 7200, 60)]


def test_an_alarm_at_the_very_end_of_a_run_still_rings() -> None:
    near, far = Script(alarms={10.0: b"ring"}), Script()
    room = Virtual(near, far)
    room.run(10.0)
    assert [chunk.at for chunk in far.got] == [10.0]


def test_time_stands_still_while_machines_settle() -> None:
    near, far = Script(b"ask"), Script()
    far.answer = lambda data: b"answer" if data == b"ask" else None
    room = Virtual(near, far, now=5.0)
    room.settle()
    assert near.got == [Chunk(b"answer", 5.0)]
    assert room.now == 5.0


def test_machines_that_never_come_to_rest_are_an_error() -> None:
    near, far = Script(b"x"), Script()
    near.answer = far.answer = lambda data: data
    with pytest.raises(RuntimeError, match="did not come to rest in 1000 steps"):
        Virtual(near, far).settle(max_steps=1000)


async def test_a_traced_port_shows_both_directions(tmp_path: Path) -> None:
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC), mono_s=1.5)
    near, far = pair(URL, clock)
    seen: list[Record] = []
    port = Traced(near, clock, seen.append)
    await port.write(b"\x81\xff")
    await far.write(b"\x90\xff")
    assert (await port.read()).data == b"\x90\xff"
    assert seen == [Record(1.5, "out", b"\x81\xff"), Record(1.5, "in", b"\x90\xff")]
    assert port.identity == near.identity
    await port.close()
    with pytest.raises(PortClosed):
        await port.write(b"x")
    assert seen[2:] == [Record(1.5, "lost", note="closed here")]


async def test_a_traced_wire_shows_each_opening_without_its_password_and_why_it_was_lost() -> None:
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC), mono_s=1.5)
    near, far = pair(URL, clock)
    seen: list[Record] = []

    async def connect(name: str, url: str) -> Port:
        return near

    port = await traced(connect, clock, seen.append)("front", "serial:rfc2217://me:pw@host:1?x=@")
    await far.close()
    for _ in range(2):
        with pytest.raises(PortClosed):
            await port.read()
    assert seen == [
        Record(1.5, "open", note="serial:rfc2217://host:1?x=@"),
        Record(1.5, "lost", note="the other end hung up"),
    ]


def test_a_trace_file_has_a_line_per_record_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "front.trace"
    record = trace_file(str(path))
    record(Record(1.5, "out", b"\x81\xff"))
    record(Record(2.25, "in", b"\x90\xff"))
    record(Record(3.0, "lost", note="the line\nis gone"))
    lines = ["1.500000\tout\t81ff", "2.250000\tin\t90ff", "3.000000\tlost\t\t\tthe line is gone"]
    assert path.read_text().splitlines() == lines
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_trace_whose_disk_is_full_has_a_gap_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = trace_file("/dev/full")
    record(Record(1.5, "out", b"\x81\xff"))
    record(Record(2.25, "in", b"\x90\xff"))
    [told] = [line.getMessage() for line in caplog.records]
    assert told.startswith("/dev/full: the trace has a gap from now on")


async def test_blocking_work_runs_beside_the_loop_and_brings_its_result_or_error() -> None:
    def work(number: int, *, plus: int) -> tuple[int, int]:
        return number + plus, threading.get_ident()

    result, thread = await in_thread(work, 40, plus=2)
    assert result == 42
    assert thread != threading.get_ident()

    def fail() -> None:
        raise OSError(5, "gone")

    with pytest.raises(OSError, match="gone"):
        await in_thread(fail)


@pytest.mark.real
def test_threads_that_hang_do_not_keep_the_interpreter_alive_and_are_named() -> None:
    program = (
        "import asyncio, time\n"
        "from roomctl import wire\n"
        "async def main():\n"
        "    asyncio.ensure_future(wire.in_thread(time.sleep, 3600))\n"
        "    await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
        "print(wire.threads.settle(0.0))\n"
    )
    line = [sys.executable, "-c", program]
    assert subprocess.check_output(line, timeout=60, text=True) == "['sleep']\n"


def test_there_are_no_more_threads_than_there_were_calls_at_once() -> None:
    threads, used = DaemonThreads(128), set[int]()

    def work(number: int) -> None:
        used.add(threading.get_ident())
        sum(range(number % 7 * 100))  # the one ends just as the next is asked for, or does not

    for number in range(20_000):
        calls = [threads.submit(work, number + nth) for nth in range(2)]
        for call in calls:
            call.result(LIMIT_S)
    assert len(used) <= 2


def test_more_work_than_threads_waits_for_a_free_one_and_faults_come_back() -> None:
    threads, go = DaemonThreads(2), threading.Event()
    waiting = [threads.submit(go.wait) for _ in range(2)]
    queued = [threads.submit(int, text) for text in ("1", "two", "3")]
    assert queued[2].cancel()
    assert not any(future.done() for future in (*waiting, *queued[:2]))
    assert len(threads.under_way) == 4
    go.set()
    assert queued[0].result(timeout=60) == 1
    with pytest.raises(ValueError, match="two"):
        queued[1].result(timeout=60)
    assert threads.settle(60) == []
