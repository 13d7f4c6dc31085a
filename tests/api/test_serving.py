"""The web server under the app: what a stranger on the network may hold up, and what not."""

import asyncio
import contextlib
import os
import re
import resource
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from roomctl.api.connections import ConnectionLimits
from roomctl.api.serving import (
    DATE_S,
    HEADER_BYTES,
    HEADERS,
    descriptors,
    listen,
    served,
)
from tests.api.rig import LIMIT_S

TREE = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.real


def accepted_from(client):
    """Return this process's end of the connection that came from `client`."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if not stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                continue
            found = stack.enter_context(socket.socket(fileno=os.dup(int(entry.name))))
            if found.getpeername() == tuple(client):
                stack.pop_all()
                return found
    raise AssertionError(f"no connection from {client}")


async def test_an_accepted_connection_sends_at_once_and_waits_for_no_ack():
    delays = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            with accepted_from(scope["client"]) as connection:
                delays.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    with listen("127.0.0.1", 0) as listening:
        async with served(app, listening), asyncio.timeout(LIMIT_S):
            port = listening.getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"204" in await reader.readline()
            writer.close()
    assert delays == [1]


async def test_a_server_at_rest_is_woken_a_few_times_in_a_second_and_still_knows_the_date():
    loop, turns = asyncio.get_running_loop(), []
    select = loop._selector.select

    def counted(timeout):
        turns.append(timeout)
        return select(timeout)

    async with answering() as connect:
        await asyncio.sleep(DATE_S)  # what its start still had to do
        loop._selector.select = counted
        await asyncio.sleep(2 * DATE_S)
        loop._selector.select = select
        asked = datetime.now(UTC).replace(microsecond=0)
        link = await connect()
        link.writer.write(GET)
        head = (await link.reader.readuntil(b"\r\n\r\n")).decode()
        answered = datetime.now(UTC)

    assert len(turns) <= 10
    [date] = re.findall("date: (.*)\r\n", head)
    assert asked - timedelta(seconds=10 * DATE_S) <= parsedate_to_datetime(date) <= answered


@contextlib.asynccontextmanager
async def answering(limits=None, body=b"", host="127.0.0.1"):
    """Serve an app that answers everybody, and knows who sends a cookie; yield how to connect."""

    async def app(scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
        elif scope["type"] == "http":
            cookies = [value for name, value in scope["headers"] if name == b"cookie"]
            scope["state"]["source"] = "known" if cookies else None
            head = [(b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": body})

    with listen(host, 0) as listening:
        port = listening.getsockname()[1]
        async with served(app, listening, limits=limits), asyncio.timeout(10 * LIMIT_S):
            links = []

            async def connect(made=None, source=host):
                there = {"host": host, "port": port, "local_addr": (source, 0)}
                where = {"sock": made} if made else there
                links.append(Link(*await asyncio.open_connection(**where)))
                return links[-1]

            try:
                yield connect
            finally:
                for link in links:
                    link.writer.close()
                    with contextlib.suppress(OSError):
                        await link.writer.wait_closed()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
KNOWN = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
FEW = ConnectionLimits(total=9, strangers=6, address=6, loopback=6)


class Link:
    """A client's connection, closed with its block."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, request=GET):
        """Send a request; return the status of the answer."""
        self.writer.write(request)
        return (await self.reader.readuntil(b"\r\n\r\n")).split(b" ")[1]

    async def ended(self):
        """Wait until the other end closes or cuts the connection."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(1024):
                pass


async def test_half_open_connections_keep_nobody_out_who_asks():
    async with answering(FEW) as connect:
        known = await connect()
        assert await known.ask(KNOWN) == b"200"
        for _ in range(100):
            (await connect()).writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert await (await connect()).ask() == b"200"
        assert await known.ask() == b"200", "who is known went for no stranger"


CROWD = ConnectionLimits(total=30, strangers=20, address=28, loopback=28)
"""In which one address can do what ten can do to a whole room."""


async def test_a_stranger_in_a_crowd_has_one_answer_however_much_he_asks():
    async with answering(CROWD) as connect:
        alone, known = await connect(), await connect()
        assert await known.ask(KNOWN) == b"200"
        assert await alone.ask(GET * 3) == b"200"
        assert await alone.ask(b"") == b"200", "who is few is answered all"
        for _ in range(9):
            await (await connect()).ask()
        pushing = await connect()
        pushing.writer.write(GET * 50)
        answer = await pushing.reader.read()
        assert answer.count(b"HTTP/1.1 200") == 1
        assert b"connection: close" in answer.lower()
        assert await known.ask(KNOWN) == b"200"
        assert await known.ask(KNOWN) == b"200"


async def panels_answered(strangers, panel="127.0.0.1", **room):
    """Have strangers at their addresses ask without end; return what 6 panels were answered."""
    async with answering(body=b"x" * 4096, **room) as connect:
        ending, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def push(source):
            while not ending.is_set():
                with contextlib.suppress(ConnectionError):
                    link = await connect(source=source)
                    link.writer.write(GET * 300)
                    begun.release()
                    await link.ended()
                    link.writer.close()

        answered = []
        async with asyncio.TaskGroup() as pushing:
            for source in strangers:
                pushing.create_task(push(source))
            for _ in strangers:  # until all of them are at it
                await begun.acquire()
            try:
                for _ in range(6):
                    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                        one = await connect(source=panel)
                        answered.append(await one.ask(KNOWN))
                        answered.append(await one.ask(KNOWN))
            finally:
                ending.set()
        return answered


async def test_panels_come_in_while_strangers_ask_without_end():
    assert await panels_answered(["127.0.0.1"] * 24, limits=CROWD) == [b"200"] * 12


ROOM, PANEL, *OTHERS = (f"10.9.0.{n}" for n in range(1, 13))
LIKE_TEN_BOXES = f"""
ip link set lo up
for n in $(seq 1 12); do ip address add 10.9.0.$n/32 dev lo; done
exec {sys.executable} -c 'import tests.api.test_serving as here; here.at_ten_addresses()'
"""


def at_ten_addresses():
    """Run in a network of its own, where this box has many addresses that are not loopback."""
    few = ConnectionLimits(total=30, strangers=20, address=6, loopback=1)
    found = asyncio.run(panels_answered(OTHERS * 3, PANEL, host=ROOM, limits=few))
    sys.stdout.write(b" ".join(found).decode())


def test_panels_come_in_while_ten_addresses_have_all_the_connections_they_may_have():
    apart = ["unshare", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")), "--net"]
    if subprocess.run([*apart, "ip", "link"], capture_output=True, check=False).returncode:
        why = "a network of its own cannot be made here (ip, unshare and its rights)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    made = subprocess.run(
        [*apart, "sh", "-ec", LIKE_TEN_BOXES],
        cwd=TREE,
        capture_output=True,
        text=True,
        timeout=10 * LIMIT_S,
        check=False,
    )
    assert made.stdout.split() == ["200"] * 12, made.stderr


QUICK = ConnectionLimits(99, 66, 33, 33, request_s=0.2, stalled_s=0.2, linger_s=0.2)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        GET + b"GET / HT",
    ],
    ids=["silence", "half a head", "half a body", "half of a second one"],
)
async def test_a_request_that_does_not_come_to_its_end_is_cut_off_and_an_open_socket_is_not(begun):
    async with answering(QUICK) as connect:
        panel = await connect()
        assert await panel.ask(UPGRADE) == b"101"
        slow = await connect()
        slow.writer.write(begun)
        await slow.ended()
        panel.writer.write(b"\x89\x80mask")
        assert (await panel.reader.readexactly(2))[:1] == b"\x8a", "a ping is answered"


async def test_an_answer_that_nobody_reads_is_cut_off():
    async with answering(QUICK, body=b"x" * 10_000_000) as connect:
        link = await connect()
        link.writer.transport.pause_reading()
        link.writer.write(GET)
        other = await connect()
        await other.ended()  # and with it, time enough passed
        assert await (await connect()).ask() == b"200"
        link.writer.transport.resume_reading()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await link.reader.readexactly(10_000_000)


async def test_a_program_without_a_free_descriptor_accepts_again_when_there_is_one(caplog):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with answering() as connect:
        link = await connect()
        assert await link.ask(KNOWN) == b"200"
        waiting = socket.socket()
        waiting.setblocking(False)
        lowest = os.dup(waiting.fileno())
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limit[1]))
        try:
            address = link.writer.get_extra_info("peername")
            await asyncio.get_running_loop().sock_connect(waiting, address)
            assert await link.ask() == b"200"
            async with asyncio.timeout(LIMIT_S):
                while "no connection can be accepted" not in caplog.text:
                    await asyncio.sleep(0.01)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        assert await (await connect(waiting)).ask() == b"200"
    lines = [record for record in caplog.records if "accept" in record.getMessage()]
    assert len(lines) < 50, "one each time it looked, five a second"


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"".join(b"A%d: b\r\n" % number for number in range(HEADERS)), b"431"),
        (b"A: " + b"b" * 2 * HEADER_BYTES + b"\r\n", b"400"),
    ],
    ids=["chunks", "many headers", "a long header"],
)
async def test_a_request_that_costs_too_much_to_read_is_refused_and_its_connection_ends(
    extra, status
):
    async with answering() as connect:
        link = await connect()
        assert await link.ask(b"POST / HTTP/1.1\r\nHost: x\r\n" + extra + b"\r\n") == status
        await link.ended()


async def test_the_soft_limit_of_descriptors_is_raised_as_far_as_select_goes():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        assert descriptors() == min(hard, 1024)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(hard, 1024), hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
