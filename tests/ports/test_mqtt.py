"""Topics of a real broker, Debian's Mosquitto; and what cannot be meant, without one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import getpass
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.occupancy.driver import Sensor, sensors
from roomctl.occupancy.profile import OccupancyTable
from roomctl.ports import connect
from roomctl.ports.mqtt import LONGEST
from tests.booking.test_fetch import certificate
from tests.held_port import HeldPort

pytestmark = pytest.mark.real
LIMIT_S = 60.0  # of what takes a second

aiomqtt = pytest.importorskip("aiomqtt")
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_a_broker = pytest.mark.skipif(
    MOSQUITTO is None, reason="there is no Mosquitto; sudo apt install mosquitto"
)


class Broker:
    """Mosquitto on a port of its own, with a user, or with `server.pem` of its folder for TLS."""

    def __init__(self, folder: Path, user: str = "", *, tls: bool = False) -> None:
        self._held = HeldPort()
        self.port = self._held.number
        lines = [f"user {getpass.getuser()}"]  # else it leaves root, and cannot read its files
        lines += [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(not user).lower()}"]
        lines += ["log_type information", "connection_messages false"]  # nobody reads more
        if user:
            name, _, password = user.partition(":")
            passwords = folder / "passwords"
            subprocess.run(
                ["mosquitto_passwd", "-b", "-c", str(passwords), name, password], check=True
            )
            passwords.chmod(0o644)
            lines.append(f"password_file {passwords}")
        if tls:
            both = folder / "server.pem"
            lines += [f"certfile {both}", f"keyfile {both}"]
        self.settings = folder / "mosquitto.conf"
        self.settings.write_text("\n".join([*lines, ""]))
        self.begin()

    def begin(self) -> None:
        assert MOSQUITTO is not None
        command = [MOSQUITTO, "-c", str(self.settings)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        if not any("running" in line for line in self.process.stderr):
            self.end()
            pytest.fail("Mosquitto did not start")

    def end(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT_S)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def url(self, topic: str, query: str = "") -> str:
        return f"mqtt://127.0.0.1:{self.port}/{topic}{query}"

    async def publish(self, topic: str, *payloads: str | bytes, retain: bool = False) -> None:
        async with aiomqtt.Client("127.0.0.1", self.port) as client:
            for payload in payloads:
                await client.publish(topic, payload, qos=1, retain=retain)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.end()


@contextlib.asynccontextmanager
async def sensing(url: str, profile: str | None = None) -> AsyncIterator[tuple[Sensor, Watch]]:
    """Run a sensor as a room does."""
    watch = Watch()
    tables = {"hall": OccupancyTable(url=url, profile=profile)}
    (sensor,) = sensors(tables, connect, SystemClock(), watch.changed.set, watch.told)
    running = asyncio.ensure_future(sensor.run())
    try:
        yield sensor, watch
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Watch:
    """Waits until something is so of a sensor."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def told(self, sensor: str, present: bool, at: float) -> None:
        self.changed.set()

    async def until(self, sensor: Sensor, **facts: object) -> None:
        async with asyncio.timeout(LIMIT_S):
            while {name: getattr(sensor, name) for name in facts} != facts:
                self.changed.clear()
                await self.changed.wait()


@needs_a_broker
async def test_a_zigbee2mqtt_sensor_is_read_and_unknown_while_it_is_announced_to_be_offline(
    broker: Broker,
) -> None:
    topic, announced = "zigbee2mqtt/hall", "zigbee2mqtt/hall/availability"
    await broker.publish(announced, '{"state":"online"}', retain=True)
    async with sensing(broker.url(topic, f"?availability={announced}")) as (sensor, watch):
        await broker.publish(topic, '{"battery":97,"occupancy":true}', retain=True)
        await watch.until(sensor, level=True)
        assert sensor.health.status is Status.ONLINE
        await broker.publish(topic, '{"battery":97,"occupancy":false}', retain=True)
        await watch.until(sensor, level=False)
        await broker.publish(announced, '{"state":"offline"}', retain=True)
        await watch.until(sensor, level=None)
        assert "announced to be offline" in str(sensor.health.detail)
        await broker.publish(announced, '{"state":"online"}', retain=True)
        await broker.publish(topic, '{"battery":97,"occupancy":true}', retain=True)
        await watch.until(sensor, level=True)


@needs_a_broker
async def test_home_assistants_states_are_read(broker: Broker) -> None:
    topic = "homeassistant/sensor/people_in_hall/state"
    await broker.publish(topic, "3", retain=True)
    async with sensing(broker.url(topic), "people_counter") as (sensor, watch):
        await watch.until(sensor, people=3, level=True)
        await broker.publish(topic, "unavailable", retain=True)
        await watch.until(sensor, people=None, level=None)
        await broker.publish(topic, "0", retain=True)
        await watch.until(sensor, people=0, level=False)


@needs_a_broker
async def test_a_broker_that_goes_and_comes_again_is_found_again(broker: Broker) -> None:
    async with sensing(broker.url("hall"), "people_counter") as (sensor, watch):
        await broker.publish("hall", "2", retain=True)
        await watch.until(sensor, people=2)
        broker.end()
        await watch.until(sensor, people=None)
        assert sensor.health.status is Status.OFFLINE
        broker.begin()
        await broker.publish("hall", "4", retain=True)
        await watch.until(sensor, people=4)


@needs_a_broker
async def test_a_hostile_publisher_neither_fills_the_memory_nor_stops_the_next_report(
    broker: Broker,
) -> None:
    port = await connect("hall", broker.url("hall"))
    try:
        await broker.publish("hall", b"\xff" * (LONGEST + 1), *[b"\x00{" * 500] * 200)
        await broker.publish("hall", json.dumps({"people": 1}))
        async with asyncio.timeout(LIMIT_S):
            chunks = [(await port.read()).data]
            while not chunks[-1].startswith(b"={"):
                chunks.append((await port.read()).data)
        assert max(map(len, chunks)) <= LONGEST + 1
    finally:
        await port.close()
    with pytest.raises(PortClosed):
        await port.read()


@needs_a_broker
@pytest.mark.parametrize(("login", "fits"), [("roomctl:right", True), ("roomctl:wrong", False)])
async def test_a_brokers_user_and_password_come_from_a_file(
    tmp_path: Path, login: str, fits: bool
) -> None:
    broker = Broker(tmp_path, "roomctl:right")
    file = tmp_path / "login"
    file.write_text(login + "\n")
    try:
        if fits:
            await (await connect("hall", broker.url("hall", f"?login={file}"))).close()
        else:
            with pytest.raises(PortError, match="refuses") as refused:
                await connect("hall", broker.url("hall", f"?login={file}"))
            assert refused.value.reason is PortReason.REFUSED
            assert "wrong" not in str(refused.value)
    finally:
        broker.end()


@needs_a_broker
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.parametrize(
    ("named", "option", "fits"),
    [
        ("localhost", "?ca={}", True),
        ("localhost", "", False),  # an authority that nobody knows
        ("broker.example", "?ca={}", False),
    ],
)
async def test_over_tls_the_certificate_is_of_a_known_authority_and_of_the_name(
    tmp_path: Path, named: str, option: str, fits: bool
) -> None:
    certificate(tmp_path, named)
    broker = Broker(tmp_path, tls=True)
    url = f"mqtts://localhost:{broker.port}/hall{option.format(tmp_path / 'ca.pem')}"
    try:
        if fits:
            await (await connect("hall", url)).close()
        else:
            with pytest.raises(PortError, match="certificate is not trusted") as refused:
                await connect("hall", url)
            assert refused.value.reason is PortReason.REFUSED
            del refused
            gc.collect()  # paho leaves the socket of a handshake that failed to be collected
    finally:
        broker.end()


async def test_a_broker_that_is_not_there_is_refused_with_what_to_try(
    caplog: pytest.LogCaptureFixture,
) -> None:
    held = HeldPort()
    with pytest.raises(PortError, match="is it running"):
        await connect("hall", f"mqtt://127.0.0.1:{held.number}/hall")
    assert caplog.records == []  # it is tried again for ever


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mqtt:hall", r"is not mqtt://HOST\[:PORT\]/TOPIC"),
        ("mqtt://broker", r"is not mqtt://HOST\[:PORT\]/TOPIC"),
        ("mqtt://user:secret@broker/hall", "write USER:PASSWORD into a file"),
        ("mqtt://broker/+/hall", "one topic"),
        ("mqtt://broker/hall?availability=%23", "one topic"),
        ("mqtt://broker:99999/hall", "not a number from 1 to 65535"),
        ("mqtt://broker/hall?user=x", "unknown option 'user'"),
        ("mqtt://broker/hall?login=/nonexistent", "cannot be read"),
        ("mqtts://broker/hall?ca=/nonexistent", "is not a certificate"),
    ],
)
async def test_what_cannot_be_meant_is_refused(url: str, says: str) -> None:
    with pytest.raises(PortError, match=says):
        await connect("hall", url)
