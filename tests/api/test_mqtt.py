"""The bridge to a broker: what is kept there, and who may say what. In invented time."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from roomctl.api.mqtt import (
    ANNOUNCE_S,
    COMMANDS,
    LAST_RETRY_S,
    LONGEST,
    PENDING,
    MqttBridge,
    clear_room,
)
from roomctl.api.mqtt_topics import node_of, topic_of
from roomctl.api.redaction import secrets_of
from roomctl.app import declared, mistakes, parse
from roomctl.booking import Booking
from roomctl.config import MqttRight, MqttRole, MqttTable
from roomctl.errors import PortClosed, PortError, RoomctlError
from roomctl.ports.broker import Login, MqttMessage
from roomctl.roles import NAMEABLE, TABLE, Right, Role
from roomctl.room import Room
from roomctl.secret import Secret
from roomctl.store import Store
from roomctl.version import build_info
from tests.invented import START, invented
from tests.room.rig import BAMBOO, Calendar, House, living

ID = "bamboo"
BASE = f"roomctl/{ID}"
NAMED = BAMBOO.replace("[room]", f'[room]\nid = "{ID}"')
DISPLAY = '[display.tv]\nurl = "tcp://192.0.2.9:4352"\nprofile = "pjlink"\n'


def table(**more: object) -> str:
    lines = {"url": "mqtt://broker.example", "discovery": "homeassistant", **more}
    return "[mqtt]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())


class Broker:
    """A broker as the bridge knows one: kept topics, wills, one client with this id."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.sent: list[tuple[str, str]] = []  # what was published and is not kept
        self.published: list[str] = []  # the topics of all, in order
        self.tries: list[float] = []
        self.gone = False
        self.session: Session | None = None
        self.login: Login | None = None

    async def open(self, login: Login, will_topic: str, will: str) -> "Session":
        self.tries.append(asyncio.get_running_loop().time())
        self.login = login
        if self.gone:
            raise PortError("mqtt://broker.example", "refuses")
        self.session = Session(self, will_topic, will)
        return self.session

    def break_off(self) -> None:
        """Lose the connection, as a cable that is pulled does."""
        assert self.session is not None
        session, self.session = self.session, None
        self.kept[session.will_topic] = session.will
        session.waiting.put_nowait(None)

    def publish(self, topic: str, payload: str | bytes, *, kept: bool = False) -> None:
        data = payload if isinstance(payload, bytes) else payload.encode()
        if kept:
            self.kept[topic] = data.decode()
        if self.session is not None:
            self.session.waiting.put_nowait(MqttMessage(topic, data, kept))

    def command(self, kind: str, payload: object, *, kept: bool = False) -> None:
        said = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self.publish(f"{BASE}/command/{kind}", said, kept=kept)

    def results(self, kind: str) -> list[dict[str, Any]]:
        topic = f"{BASE}/command/{kind}/result"
        return [json.loads(payload) for name, payload in self.sent if name == topic]

    def state(self, topic: str) -> str | None:
        return self.kept.get(f"{BASE}/state/{topic}")

    def found(self) -> dict[str, dict[str, Any]]:
        """What Home Assistant has discovered, by component and key."""
        return {
            f"{component}/{key}": json.loads(payload)
            for topic, payload in self.kept.items()
            if topic.startswith("homeassistant/") and topic.endswith("/config") and payload
            for component, key in [(topic.split("/")[1], topic.split("/")[3])]
        }


class Session:
    def __init__(self, broker: Broker, will_topic: str, will: str) -> None:
        self.broker, self.will_topic, self.will = broker, will_topic, will
        self.waiting: asyncio.Queue[MqttMessage | None] = asyncio.Queue()

    async def subscribe(self, topics: tuple[str, ...]) -> None:
        for topic, payload in self.broker.kept.items():
            if any(_fits(topic, wanted) for wanted in topics):
                self.waiting.put_nowait(MqttMessage(topic, payload.encode(), True))

    async def publish(self, topic: str, payload: str, *, keep: bool) -> None:
        self._open()
        self.broker.published.append(topic)
        if not keep:
            self.broker.sent.append((topic, payload))
        elif payload:
            self.broker.kept[topic] = payload
        else:
            self.broker.kept.pop(topic, None)

    async def receive(self) -> MqttMessage:
        self._open()
        received = await self.waiting.get()
        if received is None:
            raise PortClosed("mqtt://broker.example")
        return received

    async def close(self) -> None:
        if self.broker.session is self:
            self.broker.session = None

    def _open(self) -> None:
        if self.broker.session is not self:
            raise PortClosed("mqtt://broker.example")


def _fits(topic: str, wanted: str) -> bool:
    levels, asked = topic.split("/"), wanted.split("/")
    if asked[-1] == "#":
        return levels[: len(asked) - 1] == asked[:-1]
    return len(levels) == len(asked) and all(
        one in ("+", level) for level, one in zip(levels, asked, strict=True)
    )


@contextlib.asynccontextmanager
async def bridged(
    broker: Broker, text: str = NAMED, *, store: Store | None = None, **more: object
) -> AsyncIterator[House]:
    """Run a room at a broker, and wait until it is there."""
    feed = Calendar([_booking("Salaries", 10, private=True), _booking("Design review", 70)])
    whole = text + table(**more)

    def bridge(room: Room) -> MqttBridge:
        assert room.config.mqtt is not None
        return MqttBridge(room.config.mqtt, room, broker.open, store=store)

    async with living(whole, beside=bridge, feed=feed, store=store) as house:
        if not broker.gone:
            await house.until(lambda: broker.kept.get(f"{BASE}/availability") == "online")
        yield house


def _booking(title: str, begins_min: int, *, private: bool = False) -> Booking:
    start = START + timedelta(minutes=begins_min)
    end = start + timedelta(minutes=30)
    return Booking(title, title, "", start, end, private=private)


# State.


@invented
async def test_the_rooms_state_is_kept_and_follows_the_room() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        await house.until(lambda: broker.state("ready") == "ON")
        assert broker.state("in_call") == "OFF"
        assert broker.state("device/camera/front") == "online"
        await house.join()
        await house.until(lambda: broker.state("in_call") == "ON")
        assert broker.state("meeting") == "in_call"
        await house.act("camera.front", "unplug")
        await house.until(lambda: broker.state("device/camera/front") == "offline")
        assert int(broker.state("issues") or 0) >= 1
        assert "device.offline" in str(broker.state("issues_list"))


@invented
async def test_muted_is_on_only_when_silence_was_read_back() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        await house.join()
        broker.command("audio.mute", {"on": True})
        await house.until(lambda: broker.state("muted") == "ON")
        assert house.document.audio.mute == "muted"
        assert broker.results("audio.mute")[0]["status"] == "done"


@invented
async def test_a_recalled_preset_is_said_by_number_and_name() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        assert broker.state("camera/front/preset") == "None"
        broker.command("camera.recall", {"camera": "front", "preset": 2})
        await house.until(lambda: broker.state("camera/front/preset") == "2 Door")


@pytest.mark.parametrize(("titles", "shown"), [(False, False), (True, True)])
def test_a_private_title_is_never_published_and_others_if_room_toml_says_so(
    titles: bool, shown: bool
) -> None:
    @invented
    async def run() -> None:
        broker = Broker()
        async with bridged(broker, titles=titles) as house:
            await house.until(lambda: broker.state("next_booking") not in (None, "None"))
            first = json.loads(broker.state("booking") or "")["next"]
            assert first["start"] == (START + timedelta(minutes=10)).isoformat()
            await house.until(
                lambda: json.loads(broker.state("booking") or "")["now"] is not None, 3600.0
            )
            both = str(broker.state("booking"))
            assert "Salaries" not in str(broker.kept)
            assert ("Design review" in both) is shown

    run()


@invented
async def test_an_orderly_end_says_offline_and_a_broken_connection_has_the_will_say_it() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        broker.break_off()
        assert broker.kept[f"{BASE}/availability"] == "offline"
        await house.until(lambda: broker.kept[f"{BASE}/availability"] == "online", 10.0)
    assert broker.kept[f"{BASE}/availability"] == "offline"
    assert broker.session is None


@invented
async def test_what_an_earlier_run_has_left_at_the_broker_is_taken_away() -> None:
    broker, old = Broker(), f"homeassistant/select/{node_of(ID)}/camera-back-preset/config"
    other = "homeassistant/select/roomctl_other/camera-back-preset/config"
    broker.kept = {f"{BASE}/state/device/camera/back": "online", old: "{}", other: "{}"}
    async with bridged(broker) as house:
        await house.until(lambda: old not in broker.kept)
        await house.until(lambda: broker.state("device/camera/back") is None)
    assert other in broker.kept


@invented
async def test_a_state_that_somebody_else_overwrites_is_put_right() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        await house.until(lambda: broker.state("ready") == "ON")
        broker.publish(f"{BASE}/state/ready", "OFF", kept=True)
        await house.until(lambda: broker.state("ready") == "ON")


# Home Assistant.


@invented
async def test_home_assistant_discovers_one_device_with_all_entities_of_the_room() -> None:
    broker = Broker()
    async with bridged(broker, NAMED + DISPLAY, role="operate") as house:
        await house.until(lambda: "switch/display-tv-power" in broker.found())
        found = broker.found()
        assert len({config["unique_id"] for config in found.values()}) == len(found)
        for config in found.values():
            assert config["device"]["identifiers"] == [ID]
            assert config["availability_topic"] == f"{BASE}/availability"
            assert "state_topic" not in config or config["state_topic"] in broker.kept
    expected = {"binary_sensor/ready", "binary_sensor/occupied", "binary_sensor/muted"}
    expected |= {"sensor/next_booking", "sensor/issues", "button/mute", "button/leave"}
    expected |= {"select/camera-front-preset", "binary_sensor/device-camera-front"}
    assert found.keys() >= expected
    assert found["select/camera-front-preset"]["options"] == ["1 Table", "2 Door"]
    assert found["binary_sensor/ready"]["name"] == "Ready"


@invented
async def test_the_state_and_the_device_name_the_build() -> None:
    broker, build = Broker(), build_info()
    async with bridged(broker):
        assert json.loads(broker.state("identity") or "").items() >= build.as_object().items()
        for config in broker.found().values():
            assert config["device"]["sw_version"] == config["origin"]["sw_version"] == str(build)


@invented
async def test_who_may_only_read_has_nothing_to_press() -> None:
    broker = Broker()
    async with bridged(broker, NAMED + DISPLAY):
        assert {key.partition("/")[0] for key in broker.found()} == {"sensor", "binary_sensor"}


@invented
async def test_an_integration_has_to_press_what_it_names() -> None:
    broker = Broker()
    async with bridged(broker, role="integration", may=["mute"]):
        pressed = {key for key in broker.found() if key.partition("/")[0] == "button"}
        assert pressed == {"button/mute"}


@invented
async def test_what_a_button_sends_is_a_command_that_is_carried_out() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        await house.join()
        for config in broker.found().values():
            if "payload_press" in config:
                kind = config["command_topic"].rpartition("/")[2]
                broker.command(kind, config["payload_press"])
                await house.until(lambda kind=kind: broker.results(kind), 30.0)
                assert broker.results(kind)[0]["status"] == "done"


@invented
async def test_home_assistants_birth_has_everything_announced_again_once() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        topic = f"homeassistant/binary_sensor/{node_of(ID)}/ready/config"
        before = broker.published.count(topic)
        for _ in range(50):
            broker.publish("homeassistant/status", "online")
        await house.until(lambda: broker.published.count(topic) > before, ANNOUNCE_S + 1)
        await house.always(lambda: broker.published.count(topic) == before + 1, 60.0)


@invented
async def test_without_discovery_nothing_is_written_for_home_assistant() -> None:
    broker = Broker()
    async with bridged(broker, discovery="off"):
        assert not [topic for topic in broker.kept if topic.startswith("homeassistant")]


@invented
async def test_what_people_call_a_preset_is_no_template() -> None:
    hostile = "{{ states.secret }}"
    broker = Broker()
    text = NAMED.replace('1 = "Table"', f"1 = '{hostile}'")
    async with bridged(broker, text, role="operate"):
        config = broker.found()["select/camera-front-preset"]
        assert hostile not in config["command_template"]
        assert f"1 {hostile}" in config["options"]


# Commands.


@invented
async def test_a_reader_commands_nothing_and_is_told_why() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        broker.command("audio.volume", {"pct": 30, "id": "v1"})
        await house.until(lambda: broker.results("audio.volume"))
        [told] = broker.results("audio.volume")
        assert (told["id"], told["status"]) == ("v1", "refused")
        assert told["error"]["code"] == "not_allowed"


@pytest.mark.parametrize("role", get_args(MqttRole))
def test_no_role_opens_the_microphone(role: str) -> None:
    @invented
    async def run() -> None:
        broker = Broker()
        more = {"may": list(get_args(MqttRight))} if role == "integration" else {}
        async with bridged(broker, role=role, **more) as house:
            await house.join()
            await house.ask("audio.mute", on=True)
            broker.command("audio.mute", {"on": False})
            await house.until(lambda: broker.results("audio.mute"))
            code = broker.results("audio.mute")[0]["error"]["code"]
            assert code in ("unmute_in_room_only", "not_allowed")
            assert house.document.audio.requested == "muted"

    run()


def test_the_roles_and_rights_of_room_toml_are_those_of_the_table() -> None:
    assert set(get_args(MqttRight)) == set(NAMEABLE)
    roles = {Role(one) for one in get_args(MqttRole)}
    assert all(role not in TABLE[Right.UNMUTE] and role in TABLE[Right.LOOK] for role in roles)


@invented
async def test_a_kept_command_is_refused_for_it_may_be_of_any_age() -> None:
    broker = Broker()
    broker.kept[f"{BASE}/command/room.standby"] = "{}"
    async with bridged(broker, role="operate") as house:
        await house.until(lambda: broker.results("room.standby"))
        assert broker.results("room.standby")[0]["error"]["code"] == "retained"
        broker.command("room.standby", {}, kept=True)
        await house.until(lambda: len(broker.results("room.standby")) == 2)
        assert house.document.panel.awake


@invented
async def test_a_repeat_with_the_same_id_is_answered_and_not_carried_out_again() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        for _ in range(3):
            broker.command("audio.volume", {"pct": 30, "id": "v1"})
        await house.until(lambda: len(broker.results("audio.volume")) == 3)
        assert {one["status"] for one in broker.results("audio.volume")} == {"done"}
        broker.command("audio.volume", {"pct": 60, "id": "v1"})
        await house.until(lambda: len(broker.results("audio.volume")) == 4)
        assert broker.results("audio.volume")[-1]["error"]["code"] == "id_reused"
        assert house.document.audio.volume_pct == 30


def test_no_argument_of_a_command_is_called_as_its_id() -> None:
    assert not [one.name for one in declared() if "id" in {each.name for each in one.parameters}]


HOSTILE = [
    b"\xff\xfe\x00",
    b"[" * LONGEST,
    b'{"pct": NaN}',
    b'{"pct": 1e999}',
    b'{"pct": "30"}',
    b'{"pct": true}',
    b'{"pct": 30, "role": "admin"}',
    b'{"pct": 30, "id": {"a": 1}}',
    b'{"pct": 30, "id": "' + b"x" * 129 + b'"}',
    b'{"pct": 30}' + b" " * LONGEST,
    b"null",
    b"[1]",
]


@invented
async def test_a_hostile_message_is_refused_and_the_next_one_is_carried_out() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        for number, payload in enumerate(HOSTILE, 1):
            broker.command("audio.volume", payload)
            await house.until(lambda number=number: len(broker.results("audio.volume")) == number)
            assert broker.results("audio.volume")[-1]["status"] == "refused", payload
        broker.command("nothing.known", {})
        broker.publish(f"{BASE}/command/../../x", "{}")
        broker.publish(f"{BASE}/command/audio.volume/result", "{}")
        await asyncio.sleep(10)
        broker.command("audio.volume", {"pct": 31})
        await house.until(lambda: house.document.audio.volume_pct == 31)
        assert broker.results("nothing.known")[0]["error"]["code"] == "invalid"


@invented
async def test_a_flood_is_told_once_and_the_room_obeys_again_afterwards() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        for number in range(5000):
            broker.command("audio.volume", {"pct": number % 100})
        await house.until(lambda: broker.results("audio.volume"))
        await asyncio.sleep(60)
        told = [one["error"]["code"] for one in broker.results("audio.volume") if one["error"]]
        assert told.count("too_often") == 1
        assert len(broker.results("audio.volume")) <= COMMANDS.burst + PENDING
        broker.command("audio.volume", {"pct": 41})
        await house.until(lambda: house.document.audio.volume_pct == 41)


@invented
async def test_every_command_is_in_the_audit_with_the_broker_as_its_source(tmp_path: Any) -> None:
    broker = Broker()
    async with bridged(broker, store=Store(tmp_path), role="operate") as house:
        broker.command("audio.volume", {"pct": 30})
        broker.command("camera.raw", {"camera": "front", "frame": "81 01 FF"})
        broker.command("room.standby", {}, kept=True)
        await house.until(lambda: broker.results("camera.raw") and broker.results("audio.volume"))
        entries = await house.room.audit.entries(None, None, 100)
    events = [one.event for one in entries]
    said = {(one.command, one.role, one.name, one.result.partition(":")[0]) for one in events}
    assert said == {
        ("audio.volume", "operate", "mqtt", "done"),
        ("camera.raw", "operate", "mqtt", "refused"),
        ("room.standby", "operate", "mqtt", "refused"),
    }
    assert {one.address for one in events} == {"broker.example:1883"}


# The connection.


@invented
async def test_a_broker_that_is_gone_is_an_issue_and_is_looked_for_ever_more_seldom() -> None:
    broker = Broker()
    broker.gone = True
    async with bridged(broker) as house:
        await house.until(lambda: ("mqtt.offline", "mqtt") in house.issues, 30.0)
        await asyncio.sleep(1200)
        waits = [b - a for a, b in zip(broker.tries, broker.tries[1:], strict=False)]
        assert waits[0] <= 1.0
        assert all(LAST_RETRY_S / 2 <= wait <= LAST_RETRY_S for wait in waits[8:])
        broker.gone = False
        await house.until(lambda: broker.state("ready") == "ON", LAST_RETRY_S + 1)
        await house.until(lambda: ("mqtt.offline", "mqtt") not in house.issues)


@invented
async def test_a_session_that_breaks_in_a_command_costs_its_result_alone() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        broker.command("audio.volume", {"pct": 33})
        broker.break_off()
        await house.until(lambda: broker.session is not None, 10.0)
        broker.command("audio.volume", {"pct": 34})
        await house.until(lambda: house.document.audio.volume_pct == 34)


@invented
async def test_what_the_broker_kept_costs_no_command_its_turn() -> None:
    broker = Broker()
    async with bridged(broker, role="operate") as house:
        left = {f"{BASE}/state/of_an_earlier_run/{number}": "on" for number in range(100)}
        broker.kept |= left
        broker.break_off()
        await house.until(lambda: broker.session is not None, 10.0)
        broker.command("audio.volume", {"pct": 34})
        await house.until(lambda: house.document.audio.volume_pct == 34)
        await house.until(lambda: not broker.kept.keys() & left)


@invented
async def test_the_brokers_client_id_is_the_rooms_so_that_no_old_will_comes_late() -> None:
    broker = Broker()
    async with bridged(broker, username="room", password="a-secret-of-ours"):
        assert broker.login is not None
        assert broker.login.client == f"roomctl-{ID}"
        assert broker.login.password == Secret("a-secret-of-ours")
        assert "a-secret" not in repr(broker.login)
    assert "a-secret-of-ours" not in str(broker.kept)


@invented
async def test_a_simulated_room_is_another_one_to_the_broker() -> None:
    broker = Broker()

    def bridge(room: Room) -> MqttBridge:
        assert room.config.mqtt is not None
        return MqttBridge(room.config.mqtt, room, broker.open, "-simulated")

    async with living(NAMED + table(), beside=bridge) as house:
        await house.until(lambda: broker.kept.get(f"{BASE}-simulated/availability") == "online")
        assert broker.login is not None
        assert broker.login.client == f"roomctl-{ID}-simulated"
        assert not [topic for topic in broker.kept if topic.startswith(f"{BASE}/")]
        assert f"/{node_of(ID)}/" not in str([*broker.kept])
        assert {str(one["device"]["identifiers"]) for one in broker.found().values()} == {
            f"['{ID}-simulated']"
        }


# room.toml.


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ({"url": "http://broker"}, "must look like 'mqtt://192.0.2.10'"),
        ({"url": "mqtt://broker/topic"}, "must look like"),
        ({"url": "mqtt://me:secret@broker"}, "names a user"),
        ({"url": "mqtt://broker:99999"}, "port out of range"),
        ({"prefix": "a/#"}, "prefix"),
        ({"prefix": "+"}, "prefix"),
        ({"role": "panel"}, "role"),
        ({"may": ["mute"]}, "role = 'integration'"),
        ({"role": "integration", "may": ["unmute"]}, "may"),
        ({"password": "secret-secret"}, "username"),
        ({"ca": "/x"}, "mqtts"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_of_room_toml(lines: dict[str, Any], says: str) -> None:
    found = mistakes(table(**lines), "room.toml")
    assert [one for one in found if says in str(one)], found
    assert "secret-secret" not in str(found)


def test_the_password_is_a_secret() -> None:
    config = parse(table(username="room", password="hunter2-hunter2"), "room.toml")
    assert "hunter2-hunter2" in secrets_of(config)
    assert "hunter2" not in repr(config)
    assert isinstance(config.mqtt, MqttTable)


def test_two_ids_are_two_devices() -> None:
    assert len({node_of(one) for one in ("a.b", "a_b", "a-b", "a_2e_b", "ab")}) == 5
    assert node_of("a.b").replace("_", "").replace("-", "").isalnum()


# Why it is not ready, on what it runs, and that it lives.


@invented
async def test_a_room_that_is_not_ready_says_why_before_it_says_so() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        await house.until(lambda: broker.state("ready") == "ON")
        assert broker.state("ready_reason") == "None"
        broker.published.clear()
        await house.act("camera.front", "unplug")
        await house.until(lambda: broker.state("ready") == "OFF")
        assert broker.state("ready_reason") == "device_offline"
        order = [broker.published.index(f"{BASE}/state/{one}") for one in ("ready_reason", "ready")]
        assert order == sorted(order)
        told = json.loads(broker.state("conditions") or "")
        assert told["video_ready"]["reason"] == "camera_offline"
        assert told["video_ready"]["message"] == "camera.front"
        assert told["ready"]["status"] is False
        assert told["calendar_fresh"]["status"] is True


@invented
async def test_the_versions_of_the_program_and_of_its_devices_are_kept() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        await house.until(lambda: "camera.front" in (broker.state("versions") or ""))
        told = json.loads(broker.state("versions") or "")
        assert told["roomctl"]["version"]
        assert set(told["devices"]["camera.front"]) == {"model", "firmware", "profile"}


@invented
async def test_a_beat_says_each_minute_that_the_room_itself_lives() -> None:
    broker = Broker()
    topic = f"{BASE}/heartbeat"
    async with bridged(broker) as house:
        await house.until(lambda: topic in broker.kept)
        broker.published.clear()
        await asyncio.sleep(600.0)
        assert broker.published.count(topic) == 10
        age = house.room.now().wall - datetime.fromisoformat(broker.kept[topic])
        assert timedelta() <= age < timedelta(seconds=61)


# Another id.


def topics(broker: Broker, base: str) -> list[str]:
    return [one for one in broker.kept if one.startswith(f"{base}/") or "roomctl_bamboo" in one]


@invented
async def test_a_room_of_another_id_takes_away_what_it_left_under_the_first(tmp_path: Path) -> None:
    broker, store = Broker(), Store(tmp_path)
    async with bridged(broker, store=store):
        assert len(topics(broker, BASE)) > 20
    async with living(
        NAMED.replace(ID, "oak") + table(),
        beside=lambda room: MqttBridge(room.config.mqtt, room, broker.open, store=store),  # type: ignore[arg-type]
        store=store,
    ) as house:
        await house.until(lambda: topics(broker, BASE) == [])
        assert broker.kept["roomctl/oak/availability"] == "online"
        await asyncio.sleep(200.0)
        broker.publish(f"{BASE}/state/ready", "ON", kept=True)  # by now another room's
        await asyncio.sleep(200.0)
        assert topics(broker, BASE) == [f"{BASE}/state/ready"]


@invented
async def test_a_room_that_has_taken_the_id_over_keeps_its_topics(tmp_path: Path) -> None:
    broker, store = Broker(), Store(tmp_path)
    async with bridged(broker, store=store):
        pass
    broker.kept[f"{BASE}/availability"] = "online"  # of another box
    before = set(topics(broker, BASE))
    async with living(
        NAMED.replace(ID, "oak") + table(),
        beside=lambda room: MqttBridge(room.config.mqtt, room, broker.open, store=store),  # type: ignore[arg-type]
        store=store,
    ) as house:
        await house.until(lambda: broker.kept.get("roomctl/oak/availability") == "online")
        await asyncio.sleep(200.0)
        assert set(topics(broker, BASE)) == before


@invented
async def test_a_retired_room_is_cleared_and_a_living_one_is_not() -> None:
    broker = Broker()
    async with bridged(broker) as house:
        found = house.room.config.mqtt
    assert found is not None
    broker.kept["roomctl/oak/state/ready"] = "ON"
    broker.kept[f"{BASE}/availability"] = "online"
    with pytest.raises(RoomctlError, match="is connected to the broker"):
        await clear_room(found, ID, broker.open)
    broker.kept[f"{BASE}/availability"] = "offline"
    cleared = await clear_room(found, ID, broker.open)
    assert len(cleared) > 20
    assert broker.kept == {"roomctl/oak/state/ready": "ON"}
    assert await clear_room(found, ID, broker.open) == []


@pytest.mark.parametrize("room_id", ["Bamboo 2", "a/b", "#", "+", "竹"])
def test_an_id_that_a_person_gave_is_one_level_of_a_topic(room_id: str) -> None:
    base = topic_of("roomctl", room_id)
    assert base.count("/") == 1
    assert not set("#+") & set(base)
