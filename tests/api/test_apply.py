"""A real daemon takes another room.toml over HTTP, and keeps its link to what stays the same."""

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomctl.app import parse
from roomctl.clock import SystemClock
from roomctl.simulator.devices import simulated_devices
from roomctl.simulator.wires import offer
from roomctl.store.archive import unpacked
from roomctl.wire import Machine
from tests.cli.rig import LIMIT_S, ROOMCTL, environment, roomctl, written

pytestmark = pytest.mark.real

ROOM = """
[room]
display_name = "Bamboo"
[camera.front]
url = "{camera}"
profile = "sony_brc300"
[occupancy.ceiling]
url = "sim:ceiling"
vacancy_delay_s = 30
[api]
listen = "127.0.0.1:0"
"""


class Camera:
    """A simulated camera on a TCP port, and how often somebody connected to it."""

    def __init__(self) -> None:
        self.connected, self.url = 0, ""

    def machine(self) -> Machine:
        self.connected += 1
        text = ROOM.format(camera="tcp://127.0.0.1:1")
        devices = simulated_devices(parse(text, "room.toml"), with_screen=False)
        return next(one for one in devices if "camera.front" in one.names).machine()


@pytest.fixture
async def camera() -> AsyncIterator[Camera]:
    found = Camera()
    wire = await offer("tcp", found.machine, SystemClock())
    found.url = wire.url
    yield found
    await wire.close()


@pytest.fixture
async def client(camera: Camera, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    file, left = tmp_path / "room.toml", tmp_path / "run/roomctl/api.json"
    file.write_text(ROOM.format(camera=camera.url))
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*ROOMCTL, "serve", "--config", str(file)],
            stdout=log,
            stderr=log,
            env=environment(tmp_path),
        )
    try:
        async with asyncio.timeout(4 * LIMIT_S):
            while not written(left):
                await asyncio.sleep(0.05)
        said = json.loads(left.read_text())
        head = {"Authorization": f"Bearer {said['token']}"}
        async with httpx.AsyncClient(
            base_url=said["api"], headers=head, timeout=LIMIT_S, trust_env=False
        ) as found:
            yield found
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, LIMIT_S)


async def devices(client: httpx.AsyncClient) -> dict[str, str]:
    document = (await client.get("/api/v1/room")).json()
    return {one["name"]: one["status"] for one in document["devices"]}


async def until(client: httpx.AsyncClient, wanted: dict[str, str]) -> None:
    async with asyncio.timeout(4 * LIMIT_S):
        while await devices(client) != wanted:
            await asyncio.sleep(0.05)


async def apply(client: httpx.AsyncClient, text: str) -> Any:
    answer = await client.post("/api/v1/config", json={"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()["plan"]


async def test_a_sensor_changes_and_the_camera_is_not_connected_to_again(
    camera: Camera, client: httpx.AsyncClient
) -> None:
    both = {"camera.front": "online", "occupancy.ceiling": "online"}
    await until(client, both)
    assert camera.connected == 1
    boot = (await client.get("/api/v1/info")).json()["boot_id"]
    text = ROOM.format(camera=camera.url)

    plan = await apply(client, text.replace("vacancy_delay_s = 30", "vacancy_delay_s = 90"))
    assert (plan["restarted"], plan["program"]) == (["occupancy.ceiling"], False)
    await until(client, both)
    plan = await apply(
        client, text + '[occupancy.door]\nurl = "sim:door"\nprofile = "door_contact"\n'
    )
    assert (plan["added"], plan["restarted"]) == (["occupancy.door"], ["occupancy.ceiling"])
    await until(client, both | {"occupancy.door": "online"})
    back = await client.post("/api/v1/config/rollback", json={"revision": 0})
    assert back.json()["plan"]["removed"] == ["occupancy.door"]
    await until(client, both)

    assert camera.connected == 1
    assert (await client.get("/api/v1/info")).json()["boot_id"] == boot
    plan = await apply(client, text.replace("sony_brc300", "sony_srg300h"))
    assert plan["restarted"] == ["camera.front"]
    async with asyncio.timeout(LIMIT_S):
        while camera.connected < 2:
            await asyncio.sleep(0.05)


async def test_what_only_a_new_program_can_do_is_refused_where_none_would_start(
    camera: Camera, client: httpx.AsyncClient
) -> None:
    text = ROOM.format(camera=camera.url).replace("127.0.0.1:0", "127.0.0.1:9")
    answer = await client.post("/api/v1/config", json={"text": text})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_supervisor")
    assert (await client.get("/api/v1/config")).json()["revisions"] == []


async def test_a_room_is_exported_by_admins_as_the_command_does_it(
    camera: Camera, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = await client.get("/api/v1/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-tar")
    assert answer.headers["cache-control"] == "no-store"
    by_hand = tmp_path / "by-hand.tar"
    words = ("export", str(by_hand), "--config", str(tmp_path / "room.toml"))
    said = await asyncio.to_thread(roomctl, tmp_path, *words)
    assert said.status == 0, said.err
    assert answer.content == by_hand.read_bytes()
    assert unpacked(answer.content)["room.toml"] == (tmp_path / "room.toml").read_bytes()

    body = {"name": "desk", "scope": "technician"}
    token = (await client.post("/api/v1/tokens", json=body)).json()["token"]
    head = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/api/v1/export", headers=head)).status_code == 403
