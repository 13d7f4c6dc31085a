"""Every example of docs/mqtt.md does what the page says, at a real Mosquitto."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from roomctl.api.mqtt import MqttBridge
from roomctl.config import MqttTable
from roomctl.ports.broker import open_session
from tests.api.rig import LIMIT_S, ROOM, House, awake
from tests.cli.rig import roomctl
from tests.ports.test_mqtt import Broker, aiomqtt, needs_a_broker

pytestmark = pytest.mark.real

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mqtt.md"
EXAMPLE = re.compile(r"```sh\n(.*?)```\n(?:```text\n(.*?)```)?", re.S)
MQTT = """
[mqtt]
url = "mqtt://127.0.0.1:{port}"
discovery = "homeassistant"
role = "operate"
"""


def room_at(broker, folder):
    text = ROOM.replace("[room]", '[room]\nid = "bamboo"') + MQTT.format(port=broker.port)
    house = House(folder, text=text)
    house.room.attend(MqttBridge(house.config.mqtt, house.room, open_session))
    return house


async def next_of(messages, topic, payload):
    async with asyncio.timeout(LIMIT_S):
        async for message in messages:
            if str(message.topic) == topic and message.payload.decode() == payload:
                return


@needs_a_broker
@pytest.mark.skipif(not shutil.which("mosquitto_rr"), reason="apt install mosquitto-clients")
async def test_every_example_does_what_the_page_says(tmp_path):
    broker = Broker(tmp_path)
    (preamble, _), *examples = EXAMPLE.findall(PAGE.read_text())
    try:
        async with (
            awake(room_at(broker, tmp_path)) as house,
            aiomqtt.Client("127.0.0.1", broker.port) as client,
        ):
            await client.subscribe("roomctl/bamboo/#")
            await next_of(client.messages, "roomctl/bamboo/state/ready", "ON")
            for script, shown in examples:
                process = await asyncio.create_subprocess_exec(
                    *("bash", "-euo", "pipefail", "-c", preamble + script),
                    env={**os.environ, "BROKER": "127.0.0.1", "PORT": str(broker.port)},
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                )
                async with asyncio.timeout(2 * LIMIT_S):
                    said = (await process.communicate())[0].decode()
                assert process.returncode == 0, (script, said)
                for line in shown.splitlines():
                    assert line in said, (script, said)
            assert house.screen.muted
    finally:
        broker.end()


@needs_a_broker
async def test_a_room_comes_again_with_its_broker_and_takes_a_kept_command_for_none(tmp_path):
    broker = Broker(tmp_path)
    try:
        async with awake(room_at(broker, tmp_path)) as house:
            for _ in range(2):
                async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                    await client.subscribe("roomctl/bamboo/#")
                    await next_of(client.messages, "roomctl/bamboo/availability", "online")
                    topic = "roomctl/bamboo/command/room.standby"
                    await client.publish(topic, "{}", qos=1, retain=True)
                    async with asyncio.timeout(LIMIT_S):
                        async for message in client.messages:
                            if message.topic.matches(f"{topic}/result"):
                                break
                    assert b'"retained"' in message.payload
                broker.end()
                broker.begin()
            assert house.room.document.panel.awake
    finally:
        broker.end()


@needs_a_broker
async def test_what_a_retired_room_has_left_is_cleared_from_another_box(tmp_path):
    """By the command, of a real broker that keeps it."""
    broker, kept = Broker(tmp_path), "roomctl/attic/state/ready"
    room = tmp_path / "other.toml"
    room.write_text(f'[room]\nid = "bamboo"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n')
    try:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            for topic in (kept, "homeassistant/sensor/roomctl_attic/people/config"):
                await client.publish(topic, "ON", qos=1, retain=True)
            await client.publish("roomctl/oak/state/ready", "ON", qos=1, retain=True)
            words = ["mqtt", "clear", "attic", "-c", str(room)]
            said = await asyncio.to_thread(roomctl, tmp_path, *words)
            assert (said.status, said.out) == (0, "attic: 2 topics cleared\n"), said.err
            await client.subscribe("#")
            async with asyncio.timeout(LIMIT_S):
                first = await anext(aiter(client.messages))
            assert str(first.topic) == "roomctl/oak/state/ready"
    finally:
        broker.end()


def test_the_page_names_every_key():
    told = re.findall(r"^\| `(\w+)`", PAGE.read_text(), re.M)
    named = set(re.findall(r"`(\w+)`", PAGE.read_text()))
    assert told
    assert named >= set(MqttTable.model_fields)
