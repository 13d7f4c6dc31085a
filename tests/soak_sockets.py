"""Hours of a room over real sockets, as fast as the line allows: commands, streams, reconnects.

A real `serve` with simulated devices; what its process holds is asked of it over a pipe. An hour of
a room is `HOURLY`: a command every six seconds, each told to ten panels and ten event streams, and
each of those, and a program, coming back once in ten minutes. Says how many Python objects, and how
much memory, there are more at the end than after the first quarter. The newest records of a wire,
10,000 at most (`wire.Ring`), fill by the clock and not by what is done: neither they nor their
bytes are counted. Hours that pass in minutes have a camera recalled before it has arrived, which
the room answers with "replaced": that is no refusal. Part of `python -m tests.soak`.
"""

import asyncio
import contextlib
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import websockets

from tests.cli.rig import LIMIT_S, environment, written
from tests.soak_room import GROWTH_PCT, Held

PANELS, STREAMS = 10, 10
COMMANDS, RECONNECTS = 600, 6 * (PANELS + STREAMS)
HOURLY = f"{COMMANDS} commands to {PANELS} panels and {STREAMS} streams, {RECONNECTS} reconnects"
AT_ONCE = 4  # programs that give commands
FULL = 1200  # commands that fill what a room remembers of them
LINK = "https://meet.jit.si/BambooRoom"

ROOM = """
[room]
display_name = "Bamboo"
[screen]
mode = "simulated"
[camera.front]
url = "sim:front"
profile = "sony_srg300h"
[speakerphone.table]
url = "sim:table"
[occupancy.ceiling]
url = "sim:ceiling"
[meeting]
platform = "jitsi"
[api]
listen = "127.0.0.1:0"
"""

WATCHED = """
import gc, sys, threading
def tell():
    for _ in sys.stdin:
        gc.collect()
        found, apart = 0, 0
        for one in gc.get_objects():
            if type(one).__name__ == "Record":
                apart += sum(map(sys.getsizeof, (one, one.at, one.data))) + 8  # its place in a ring
            else:
                found += 1
        sys.__stdout__.write(f"held {found + gc.get_freeze_count()} {apart}\\n")
        sys.__stdout__.flush()
threading.Thread(target=tell, daemon=True).start()
from roomctl.cli import main
main()
"""
"""The program, which says for each line how many objects it holds, and the bytes of records."""


@dataclass
class Life:
    """What was done, and heard."""

    commands: int = 0
    replaced: int = 0  # by another program's, as it is meant to be
    refused: Counter[str] = field(default_factory=Counter)  # by type and code
    heard: int = 0
    reconnects: int = 0
    cut: int = 0  # connections that the room ended: their reader, or the machine, was too slow


class Served:
    """A room that runs in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", api: str, token: str) -> None:
        self._process, self.api = process, api
        self.head = {"Authorization": f"Bearer {token}"}

    async def held(self) -> Held:
        """Return what its process holds."""
        return await asyncio.to_thread(self._held)

    def _held(self) -> Held:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("held\n")
        self._process.stdin.flush()
        said = next(line for line in self._process.stdout if line.startswith("held "))
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        [rss] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
        objects, apart = map(int, said.split()[1:])
        return Held(objects, (int(rss) - apart / 1024) / 1024)


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Served]:
    """Run a room."""
    file, left = folder / "room.toml", folder / "run/roomctl/api.json"
    file.write_text(ROOM)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", WATCHED, "serve", "--config", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(folder),
        )
    try:
        async with asyncio.timeout(4 * LIMIT_S):
            while not written(left):
                await asyncio.sleep(0.05)
        said = json.loads(left.read_text())
        yield Served(process, said["api"], said["token"])
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.communicate, None, LIMIT_S)


async def panel(room: Served, life: Life, until: asyncio.Event) -> None:
    """Be a panel that hears everything, until it is time to come back."""
    url = f"{room.api.replace('http', 'ws')}/api/v1/live"
    async with websockets.connect(url, additional_headers=room.head, proxy=None) as socket:
        told = asyncio.ensure_future(until.wait())
        while not told.done():
            hearing = asyncio.ensure_future(socket.recv())
            await asyncio.wait((told, hearing), return_when=asyncio.FIRST_COMPLETED)
            if hearing.done():
                try:
                    hearing.result()
                except websockets.ConnectionClosed:
                    life.cut += 1
                    break
                life.heard += 1
            hearing.cancel()
        told.cancel()
    life.reconnects += 1


async def stream(room: Served, life: Life, until: asyncio.Event) -> None:
    """Be a reader of events, until it is time to come back."""
    client = httpx.AsyncClient(headers=room.head, timeout=None, trust_env=False)
    async with client, client.stream("GET", f"{room.api}/api/v1/events") as answer:
        reading = asyncio.ensure_future(_lines(answer, life))
        told = asyncio.ensure_future(until.wait())
        await asyncio.wait((reading, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        reading.cancel()
        try:
            await reading
        except asyncio.CancelledError:
            pass
        except httpx.HTTPError:
            life.cut += 1
    life.reconnects += 1


async def _lines(answer: httpx.Response, life: Life) -> None:
    async for line in answer.aiter_lines():
        life.heard += line.startswith("data:")


def wishes(chance: random.Random) -> "Iterator[dict[str, object]]":
    """Return commands without end, as people and programs give them."""

    def each(number: int) -> dict[str, object]:
        match number % 20:
            case 3 | 13:
                return {"type": "audio.mute", "args": {"on": True}}
            case 7:
                return {"type": "meeting.join", "args": {"link": LINK}}
            case 17:
                return {"type": "meeting.leave", "args": {}}
            case 5 | 15:
                return {"type": "camera.recall", "args": {"camera": "front", "preset": 1}}
            case _:
                return {"type": "audio.volume", "args": {"pct": chance.randint(0, 100)}}

    return map(each, itertools.count())


async def give(room: Served, life: Life, count: int, seed: int) -> None:
    """Give so many commands, by programs that wait for each to begin."""
    given = iter(wishes(random.Random(seed)))
    left = itertools.count()

    async def program() -> None:
        async with httpx.AsyncClient(
            base_url=room.api, headers=room.head, timeout=LIMIT_S, trust_env=False
        ) as client:
            while next(left) < count:
                wish = next(given)
                try:
                    answer = await client.post("/api/v1/commands", json=wish)
                except httpx.RemoteProtocolError:  # a kept connection that was idle for too long
                    life.cut += 1
                    continue
                code = "" if answer.is_success else answer.json()["code"]
                life.commands += answer.is_success
                life.replaced += code == "replaced"
                if code not in ("", "replaced"):
                    life.refused[f"{wish['type']}: {code}"] += 1

    await asyncio.gather(*(program() for _ in range(AT_ONCE)))


async def lived(folder: Path, warm_hours: float, hours: float) -> tuple[Held, Held, Life]:
    """Return what a room holds after the first hours, after all, and what was done."""
    life = Life()
    async with served(folder) as room:
        await give(room, life, FULL, 0)
        await _pass(room, life, warm_hours, 1)
        before = await _left(room)
        await _pass(room, life, hours, 2)
        return before, await _left(room), life


async def _left(room: Served) -> Held:
    """Return what a room holds once it has noticed that everybody is gone."""
    async with (
        httpx.AsyncClient(headers=room.head, timeout=LIMIT_S, trust_env=False) as client,
        asyncio.timeout(LIMIT_S),
    ):
        while True:
            said = (await client.get(f"{room.api}/metrics")).text
            here = [line for line in said.splitlines() if line.startswith("roomctl_clients{")]
            if here and all(float(line.split()[1]) == 0 for line in here):
                break
            await asyncio.sleep(0.1)
    return await room.held()


async def _pass(room: Served, life: Life, hours: float, seed: int) -> None:
    """Do what an hour of a room has, for each ten minutes; all come back at the end of each."""
    for number in range(round(6 * hours)):
        until = asyncio.Event()
        panels = [asyncio.create_task(panel(room, life, until)) for _ in range(PANELS)]
        streams = [asyncio.create_task(stream(room, life, until)) for _ in range(STREAMS)]
        await give(room, life, COMMANDS // 6, seed * 1000 + number)
        until.set()
        await asyncio.gather(*panels, *streams)


def hours_by_sockets(number: float) -> tuple[str, bool]:
    """Live so many hours; return what came of it in words, and whether it is well."""
    with tempfile.TemporaryDirectory() as folder:
        before, after, life = asyncio.run(lived(Path(folder), number / 4, number * 3 / 4))
    objects, memory = after.more_pct(before)
    first = f"{before.objects} objects, {before.rss_mb:.1f} MB after a quarter"
    done = f"{life.commands} commands, {life.heard} events heard, {life.reconnects} reconnects"
    told = f"{number:g} h of a room by sockets ({done}): {first}; "
    told += f"{objects:+.2f} %, {memory:+.2f} % more at the end"
    why = ", ".join(f"{kind} {count}" for kind, count in life.refused.most_common())
    refused = f"{life.refused.total()} commands refused{f' ({why})' if why else ''}"
    told += f"; {refused}, {life.replaced} replaced by a newer one, {life.cut} connections cut"
    well = objects <= GROWTH_PCT and memory <= GROWTH_PCT
    return told, well and life.refused.total() < life.commands // 10
