"""A finger on the speakerphone's mute key, and what twenty panels show: the room's own delay.

`roomctl simulate` runs the demo room, whose devices and screen are simulated in its process; twenty
WebSockets are paired with it as panels. A press is a request to its simulator, so the request is
counted, too; the bare program takes the same request and tells as many sockets, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import websockets

from benchmarks import program
from benchmarks.report import Figure, quantiles
from roomctl.clock import SystemClock

PANELS = 20
PRESSES = 100
LIMIT_S = 5.0
_PROVEN = ("muted", "open")


@dataclass
class Panel:
    """One panel's socket, and when it was told of each new state of the microphone."""

    socket: websockets.ClientConnection
    told: list[tuple[object, float]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        clock = SystemClock()
        async for text in self.socket:
            at, message = clock.mono_s(), json.loads(text)
            told = message.get("set") or message.get("room") or {}
            if "audio" in told:
                self.told.append((told["audio"]["mute"], at))
                self.news.set()
            if any(device["status"] == "online" for device in told.get("devices", ())):
                self.ready.set()

    async def until(self, states: tuple[object, ...]) -> None:
        """Wait until it was told one of `states`; any, if there are none."""
        async with asyncio.timeout(LIMIT_S):
            while not any(state in states or not states for state, _ in self.told):
                self.news.clear()
                await self.news.wait()


@dataclass
class Waits:
    """How long it took until each panel was told, in milliseconds."""

    first: list[float] = field(default_factory=list)  # that something was asked for
    proven: list[float] = field(default_factory=list)  # that it is so
    bare: list[float] = field(default_factory=list)


def figures() -> list[Figure]:
    """Press `PRESSES` times, at random moments, with `PANELS` panels connected."""
    waits = asyncio.run(_measure())
    first = f"{PRESSES} presses, {PANELS} panels: until each shows muting or unmuting"
    proven = "until each shows muted or open: the LED is written, the sound server read back"
    return quantiles(
        (("mute key to panel", waits.first, first), ("mute key to proof", waits.proven, proven)),
        waits.bare,
        "ms, bare FastAPI",
    )


async def _measure() -> Waits:
    chance, waits = random.Random(5), Waits()
    async with _room() as (press, panels), _bare() as (bare_press, bare_panels):
        for _ in range(PRESSES):
            await asyncio.sleep(chance.uniform(0.05, 0.15))
            began = await _pressed(bare_press, bare_panels)
            await asyncio.gather(*(panel.until(()) for panel in bare_panels))
            waits.bare += [1000 * (panel.told[0][1] - began) for panel in bare_panels]
            await asyncio.sleep(chance.uniform(0.1, 0.2))  # a finger is no faster
            began = await _pressed(press, panels)
            await asyncio.gather(*(panel.until(_PROVEN) for panel in panels))
            for panel in panels:
                waits.first.append(1000 * (panel.told[0][1] - began))
                proven = next(at for state, at in panel.told if state in _PROVEN)
                waits.proven.append(1000 * (proven - began))
    return waits


async def _pressed(press: Callable[[], Awaitable[None]], panels: list[Panel]) -> float:
    """Press, and return when that began; panels are told meanwhile."""
    for panel in panels:
        panel.told.clear()
    began = SystemClock().mono_s()
    await press()
    return began


@contextlib.asynccontextmanager
async def _room() -> AsyncIterator[tuple[Callable[[], Awaitable[None]], list[Panel]]]:
    with program.simulated_room() as room:
        said = json.loads(await asyncio.to_thread(room.line))
        headers = {"Authorization": f"Bearer {said['token']}"}
        async with contextlib.AsyncExitStack() as stack:
            client = httpx.AsyncClient(base_url=said["api"], headers=headers, trust_env=False)
            await stack.enter_async_context(client)
            url = f"{said['api'].replace('http', 'ws', 1)}/api/v1/live"
            panels = []
            for _ in range(PANELS):
                cookies = {"Cookie": await _paired(client, said["api"]), "Origin": said["api"]}
                panels.append(await _panel(stack, url, cookies))
            async with asyncio.timeout(program.LIMIT_S):
                await asyncio.gather(*(panel.ready.wait() for panel in panels))

            async def press() -> None:
                body = {"device": "speakerphone.table", "action": "press_mute", "args": {}}
                (await client.post("/api/v1/simulator", json=body)).raise_for_status()

            await asyncio.sleep(1.0)  # what the first connections still have to tell
            yield press, panels


async def _paired(client: httpx.AsyncClient, base: str) -> str:
    """Pair a panel, and return its cookies."""
    offered = (await client.post("/api/v1/pairings", json={"role": "panel"})).raise_for_status()
    token = offered.json()["path"].partition("#pair=")[2]
    async with httpx.AsyncClient(base_url=base, trust_env=False) as browser:
        answer = (await browser.post("/api/v1/pair", json={"token": token})).raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


async def _panel(
    stack: contextlib.AsyncExitStack, url: str, headers: dict[str, str] | None
) -> Panel:
    connecting = websockets.connect(url, additional_headers=headers, proxy=None)
    panel = Panel(await stack.enter_async_context(connecting))
    listening = asyncio.create_task(panel.listen())
    stack.callback(listening.cancel)
    return panel


@contextlib.asynccontextmanager
async def _bare() -> AsyncIterator[tuple[Callable[[], Awaitable[None]], list[Panel]]]:
    with program.bare("panels") as bare:
        await asyncio.to_thread(bare.answered)
        base = f"127.0.0.1:{bare.port}"
        async with contextlib.AsyncExitStack() as stack:
            client = httpx.AsyncClient(base_url=f"http://{base}", trust_env=False)
            await stack.enter_async_context(client)
            panels = [await _panel(stack, f"ws://{base}/live", None) for _ in range(PANELS)]

            async def press() -> None:
                (await client.post("/press")).raise_for_status()

            yield press, panels
