"""Ctrl-C while programs and panels are connected: a real process ends cleanly, and soon."""

import asyncio
import json
import os
import signal
import sys

import httpx
import pytest
import websockets

pytestmark = pytest.mark.real

LIMIT_S = 60.0  # that it ended by itself, and in its own time, its exit status says


async def start(tmp_path):
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "PYTHONWARNINGS": "error"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "roomctl", "simulate", "--port", "0", "--json"),
        *("--no-open", "--screen", "simulated"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        line = await process.stdout.readline()
    return process, json.loads(line)


async def test_ctrl_c_ends_open_streams_and_sockets(tmp_path):
    process, addresses = await start(tmp_path)
    headers = {"Authorization": f"Bearer {addresses['token']}"}
    live = f"{addresses['api'].replace('http', 'ws')}/api/v1/live"
    try:
        async with (
            httpx.AsyncClient(
                base_url=addresses["api"], headers=headers, timeout=LIMIT_S
            ) as client,
            client.stream("GET", "/api/v1/events") as events,
            websockets.connect(live, additional_headers=headers) as panel,
        ):
            lines = events.aiter_lines()
            assert (await anext(lines)).startswith("id: ")
            assert json.loads(await panel.recv())["type"] == "hello"
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(LIMIT_S):
                assert [line async for line in lines], "the stream ends, and is not cut"
                await panel.wait_closed()
                _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    assert panel.close_code == 1012
    said = errors.decode()
    assert not [word for word in ("Traceback", "Error", "Warning", "ERROR") if word in said], said
