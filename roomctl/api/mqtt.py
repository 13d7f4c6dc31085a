"""The bridge to an MQTT broker: the room's state as kept topics, and commands by topic.

    PREFIX/ROOM/availability             online, offline: the last will
    PREFIX/ROOM/heartbeat                kept: the instant of the newest beat, one a minute
    PREFIX/ROOM/state/...                kept: see `mqtt_topics`
    PREFIX/ROOM/command/TYPE             a command's arguments as JSON, and `id`, if wanted
    PREFIX/ROOM/command/TYPE/result      what became of it: id, type, status, error, result

ROOM is the room's stable id. Whoever may publish to a command's topic has the role that room.toml
gives this bridge, and no other; that role opens no microphone. A command that the broker has kept
is refused: it may be of any age. One with an id that was given lately is not carried out again.

A broker that is gone is looked for after 1 s, 2 s, 4 s and so on up to 2 min, each time a little
sooner by chance; then all is published anew, and what an earlier run has left there is taken away,
also on the topics of another id or prefix that the room had. The room never waits for a broker.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from roomctl import wire
from roomctl.api import schema
from roomctl.api.connections import Allowance, Rate
from roomctl.api.mqtt_topics import (
    DISCOVERY,
    Messages,
    home_assistant,
    node_of,
    states,
    topic_of,
)
from roomctl.clock import Moment
from roomctl.command import Source
from roomctl.config import MqttTable
from roomctl.errors import PortClosed, PortError, RoomctlError
from roomctl.kind import IssueEntry, Part
from roomctl.ports.broker import BrokerSession, Login, MqttMessage
from roomctl.roles import NAMEABLE
from roomctl.room import Room
from roomctl.room.commands import CommandRecord, CommandStatus, Failure, failure
from roomctl.room.document import Change
from roomctl.store import Store
from roomctl.store.documents import Document
from roomctl.version import BuildInfo, build_info

_log = logging.getLogger(__name__)

NAME = "mqtt"  # what the audit calls whoever gives a command over the broker
SETTLE_S = 0.2  # changes of so long are published together
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 120.0
HELD_S = 10.0  # a connection that lasted so long was one
FAILING = 3  # tries that failed, one after the other, before people are told
LONGEST = 16_384  # bytes of a command
COMMANDS = Rate(per_s=10, burst=20)
PENDING = 32  # commands under way
COMMAND_LIMIT_S = 60.0
HEARTBEAT_S = 60.0
FORGET_S = 60.0  # by then a broker has published the will of the run before
QUIET_S = 2.0  # a broker that sends no kept message for so long has no more
ANNOUNCE_S = 5.0  # at most, after Home Assistant has begun; a hundred rooms do not answer at once
MOST_LEFT = 1000  # topics of an earlier run that are taken away at once
_KEPT_TOPICS = "mqtt"  # the document that says on which topics the room was last
_TYPE = re.compile(r"[A-Za-z]{1,32}\.[A-Za-z][A-Za-z0-9_]{0,31}")

OpenSession = Callable[[Login, str, str], Awaitable[BrokerSession]]
"""Connects to a broker with a will, its topic first; PortError."""


class MqttBridge(Part):
    """One room at one broker."""

    def __init__(
        self,
        table: MqttTable,
        room: Room,
        open_session: OpenSession,
        suffix: str = "",
        store: Store | None = None,
    ) -> None:
        """`suffix`: what stands behind the room's id, so that it is taken for no other.

        `store` keeps on which topics the room is, to clear them once it is on others.
        """
        self._table, self._room, self._open = table, room, open_session
        self._id = room_id = room.document.identity.id + suffix
        self._base = topic_of(table.prefix, room_id)
        self._store, self._before = store, _before(store, self._base)
        self._before_gone = False
        self._before_left: set[str] = set()  # what the broker keeps on topics of before
        self._login = _login(table, room_id)
        self._source = Source(
            table.role, NAME, self._login.place, frozenset(NAMEABLE[one] for one in table.may)
        )
        self._session: BrokerSession | None = None
        self._failures, self._why = 0, ""
        self._failing_since: Moment | None = None
        self._ending = False
        self._flooded = False  # and whoever floods has been told
        self._commands = Allowance(COMMANDS, room.clock.mono_s())
        self._corrections = Allowance(COMMANDS, room.clock.mono_s())
        self._kept: Messages = {}  # what the broker keeps, as far as this run knows
        self._left: set[str] = set()  # what an earlier run has left there
        self._again = asyncio.Event()  # something is to be published that is not new
        self._waiting: set[asyncio.Task[None]] = set()
        self._announcing: asyncio.TimerHandle | None = None

    def issues(self, now: Moment) -> Iterator[IssueEntry]:
        if self._failures >= FAILING and self._failing_since is not None:
            params = {"host": self._login.host}
            yield IssueEntry("mqtt.offline", NAME, {**params}, self._failing_since.wall)

    async def run(self) -> None:
        """Be at the broker, or look for it, until cancelled."""
        while True:
            begun_s = self._room.clock.mono_s()
            try:
                await self._stay()
            except RoomctlError as error:
                if self._ending:
                    return
                self._lost(str(error), begun_s)
            except Exception:  # of ours: it costs a connection, and never the room
                _log.exception("mqtt: the connection failed")
                self._lost("a fault of roomctl's own", begun_s)
            wait_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 16))
            await asyncio.sleep(wait_s * (1 - random.random() / 2))  # noqa: S311 - no secret

    async def close(self) -> None:
        """Say that the room is gone: an orderly end has no will."""
        self._ending = True
        if self._session is None:
            return
        with contextlib.suppress(PortError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._session.publish(f"{self._base}/availability", "offline", keep=True)
                await self._session.close()

    # The connection.

    async def _stay(self) -> None:
        session = await self._open(self._login, f"{self._base}/availability", "offline")
        self._kept, self._left, self._session = {}, set(), session
        try:
            await session.subscribe(self._topics())
            await _first_of(self._publish(session), self._listen(session))
        finally:
            self._session = None
            for task in self._waiting:
                task.cancel()
            if self._announcing is not None:
                self._announcing.cancel()
            await session.close()

    def _topics(self) -> tuple[str, ...]:
        node = node_of(self._id)
        own = (f"{self._base}/command/+", f"{self._base}/state/#")
        before = topics_of(*self._before) if self._before is not None else ()
        return (*own, *before, f"{DISCOVERY}/status", f"{DISCOVERY}/+/{node}/+/config")

    def _lost(self, why: str, begun_s: float) -> None:
        if self._room.clock.mono_s() - begun_s > HELD_S:
            self._failures = 0
        self._failures += 1
        self._failing_since = self._failing_since or self._room.now()
        if why != self._why:
            _log.warning("mqtt: %s", why)
        self._why = why
        self._room.changed()

    def _found(self) -> None:
        if self._why:
            _log.info("mqtt: %s takes the room's state again", self._login.host)
        self._failures, self._failing_since, self._why = 0, None, ""
        self._room.changed()

    # What the broker keeps.

    async def _publish(self, session: BrokerSession) -> None:
        may = set(self._room.permissions.commands_of(self._source))
        this = await wire.in_thread(build_info)
        with self._room.watch() as changes:
            await self._say(session, self._wanted(may, this))
            await session.publish(f"{self._base}/availability", "online", keep=True)
            self._found()
            await self._remember()
            beat_s = forget_s = self._room.clock.mono_s()
            while True:
                now_s = self._room.clock.mono_s()
                if self._before is not None and now_s >= forget_s + FORGET_S:
                    self._before = None
                    await self._remember()
                if now_s >= beat_s:
                    at = self._room.now().wall.isoformat(timespec="seconds")
                    await session.publish(f"{self._base}/heartbeat", at, keep=True)
                    beat_s = now_s + HEARTBEAT_S
                if not await self._news(changes, beat_s - now_s):
                    continue
                await asyncio.sleep(SETTLE_S)
                _drain(changes)
                await self._say(session, self._wanted(may, this))

    def _wanted(self, may: Collection[str], this: BuildInfo) -> Messages:
        """Return all that the broker is to keep."""
        document, now = self._room.document, self._room.now().wall
        document = replace(document, identity=replace(document.identity, id=self._id))
        plates = self._room.nameplates
        told = states(
            document, this, now, titles=self._table.titles, plates=plates, kinds=self._room.plugins
        )
        wanted = {f"{self._base}/state/{topic}": payload for topic, payload in told.items()}
        if self._table.discovery == DISCOVERY:
            url = self._room.config.api.url
            wanted |= home_assistant(document, self._base, str(this), url, may, self._room.plugins)
        return wanted

    async def _say(self, session: BrokerSession, wanted: Messages) -> None:
        gone = (self._kept.keys() | self._left) - wanted.keys()
        for topic in sorted(gone):
            self._left.discard(topic)
            self._kept.pop(topic, None)
            await session.publish(topic, "", keep=True)
        self._left.clear()
        for topic, payload in wanted.items():
            if self._kept.get(topic) != payload:
                self._kept[topic] = payload
                await session.publish(topic, payload, keep=True)

    async def _news(self, changes: asyncio.Queue[Change], limit_s: float) -> bool:
        """Wait until there may be something to publish; False: there is nothing yet."""
        again = asyncio.ensure_future(self._again.wait())
        change = asyncio.ensure_future(changes.get())
        try:
            first = asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait((again, change), timeout=limit_s, return_when=first)
        finally:
            again.cancel()
            change.cancel()
        self._again.clear()
        return bool(done)

    async def _remember(self) -> None:
        """Keep on which topics the room is, and was until now."""
        if self._store is None:
            return
        before = {} if self._before is None else {"before": list(self._before)}
        kept = {"base": self._base, "id": self._id, **before}
        try:
            if self._store.read(_KEPT_TOPICS) != kept:
                await wire.in_thread(self._store.write, _KEPT_TOPICS, kept)
        except OSError as error:
            _log.warning("mqtt: what it publishes to is not kept: %s", error)

    # What comes from the broker.

    async def _listen(self, session: BrokerSession) -> None:
        await wire.in_thread(schema.command_adapter, self._room.declared)
        while True:
            received = await session.receive()
            topic = received.topic
            if topic.startswith(f"{self._base}/command/"):
                await self._command(session, topic.removeprefix(f"{self._base}/command/"), received)
            elif topic == f"{DISCOVERY}/status":
                if received.payload == b"online":
                    self._announce_soon()
            elif received.kept and received.payload:
                if _is_of(topic, self._base, self._id):
                    self._found_there(topic, received.payload)
                elif self._before is not None and _is_of(topic, *self._before):
                    self._found_before(topic, received.payload)

    def _announce_soon(self) -> None:
        """Publish everything anew: Home Assistant has begun, and knows nothing."""
        if self._announcing is None:
            wait_s = ANNOUNCE_S * (1 - random.random() / 2)  # noqa: S311 - no secret
            loop = asyncio.get_running_loop()
            self._announcing = loop.call_later(wait_s, self._announce)

    def _announce(self) -> None:
        self._announcing = None
        self._kept = dict.fromkeys(self._kept, "")
        self._again.set()

    def _found_before(self, topic: str, payload: bytes) -> None:
        """Take away what stands on topics of before, unless another room is there now."""
        assert self._before is not None  # noqa: S101 - the only caller has looked
        base, _ = self._before
        self._before_left.add(topic)
        if topic == f"{base}/availability":
            self._before_gone = payload == b"offline"
        if self._before_gone and len(self._left) < MOST_LEFT:
            self._left |= self._before_left
            self._before_left.clear()
            self._again.set()

    def _found_there(self, topic: str, payload: bytes) -> None:
        """Take it that the broker keeps something on a topic of ours that is not of this run."""
        if self._kept.get(topic, "").encode() == payload or len(self._left) >= MOST_LEFT:
            return
        if not self._corrections.take(self._room.clock.mono_s()) and topic in self._kept:
            return  # somebody else writes there all the time
        self._kept.pop(topic, None)
        self._left.add(topic)
        self._again.set()

    async def _command(self, session: BrokerSession, kind: str, received: MqttMessage) -> None:
        if not received.payload and received.kept:
            return  # somebody takes a kept command away
        if _TYPE.fullmatch(kind) is None:
            return
        if (why := self._refusal(received)) is not None:
            flooded, self._flooded = self._flooded, why.code == "too_often"
            if flooded and self._flooded:
                return  # said once, when it began
            self._note_refused(kind, why)
            await self._refuse(session, kind, None, why)
            return
        self._flooded = False
        try:
            given = _arguments(received.payload)
        except ValueError as error:
            why = Failure("invalid", f"is not a JSON object: {error}")
            await self._refuse(session, kind, None, why)
            return
        await self._submit(session, kind, given.pop("id", None), given)

    def _refusal(self, received: MqttMessage) -> Failure | None:
        """Return why a command is not even read."""
        if not self._commands.take(self._room.clock.mono_s()):
            return Failure("too_often", f"more than {COMMANDS.per_s:g} commands a second")
        if received.kept:
            return Failure("retained", "a command must not be retained; publish it without retain")
        if len(received.payload) > LONGEST:
            return Failure("too_large", f"has {len(received.payload)} bytes, {LONGEST} at most")
        if len(self._waiting) >= PENDING:
            return Failure("busy", f"{PENDING} commands are under way; wait until one has ended")
        return None

    def _note_refused(self, kind: str, why: Failure) -> None:
        refused = CommandStatus.REFUSED
        self._room.tally.command(kind, refused)
        self._room.audit.note(self._source, kind, {}, f"{refused}: {why.code}")

    async def _submit(
        self, session: BrokerSession, kind: str, command_id: object, args: dict[str, Any]
    ) -> None:
        try:
            asked = schema.command_adapter(self._room.declared).validate_python(
                {"type": kind, "args": args, "id": command_id}
            )
            record = self._room.submit(kind, schema.arguments(asked), self._source, asked.id)
        except ValidationError as error:
            self._room.tally.command(kind, CommandStatus.REFUSED)
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            why = Failure("invalid", f"{where}: {first['msg']}")
            await self._refuse(session, kind, command_id, why)
        except RoomctlError as error:
            _, why = failure(error)
            await self._refuse(session, kind, command_id, why)
        else:
            task = asyncio.create_task(self._answer(session, record))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _answer(self, session: BrokerSession, record: CommandRecord) -> None:
        record = await self._room.finish(record, COMMAND_LIMIT_S)
        shown = schema.record_json(record)
        keys = ("id", "type", "status", "error", "result")
        with contextlib.suppress(PortClosed):
            await self._result(session, record.type, {key: shown[key] for key in keys})

    async def _refuse(
        self, session: BrokerSession, kind: str, command_id: object, why: Failure
    ) -> None:
        said_id = command_id if isinstance(command_id, str) and len(command_id) <= 128 else None
        error = schema.as_json(why)
        refused = {"id": said_id, "type": kind, "status": CommandStatus.REFUSED, "error": error}
        await self._result(session, kind, {**refused, "result": None})

    async def _result(self, session: BrokerSession, kind: str, told: dict[str, Any]) -> None:
        payload = to_json(told).decode()
        await session.publish(f"{self._base}/command/{kind}/result", payload, keep=False)


def _before(store: Store | None, base: str) -> tuple[str, str] | None:
    """Return base and id of the topics on which the room was before it came to `base`."""
    kept = store.read(_KEPT_TOPICS, _fits) if store is not None else {}
    if kept and kept["base"] != base:
        return (kept["base"], kept["id"])
    before = kept.get("before")
    return (before[0], before[1]) if before and before[0] != base else None


def _fits(document: Document) -> bool:
    before = document.get("before", ["", ""])
    words = (document["base"], document["id"], *before)
    return len(words) == 4 and all(isinstance(one, str) for one in words)


def topics_of(base: str, room_id: str) -> tuple[str, str]:
    """Return what to subscribe to for all that a broker keeps of a room."""
    return f"{base}/#", f"{DISCOVERY}/+/{node_of(room_id)}/+/config"


def _is_of(topic: str, base: str, room_id: str) -> bool:
    in_discovery = topic.startswith(f"{DISCOVERY}/") and f"/{node_of(room_id)}/" in topic
    return in_discovery or topic.startswith(f"{base}/")


async def clear_room(
    table: MqttTable, room_id: str, open_session: OpenSession, *, force: bool = False
) -> list[str]:
    """Take away all that a broker keeps of a room that is no more; return the topics.

    RoomctlError if the room is there now, unless somebody insists; PortError.
    """
    base, cleared = topic_of(table.prefix, room_id), list[str]()
    login = replace(_login(table, room_id), client=f"roomctl-clear-{secrets.token_hex(8)}")
    session = await open_session(login, f"{base}/cleared", "")
    try:
        while found := await _kept(session, topics_of(base, room_id)):
            if found.get(f"{base}/availability") == b"online" and not force:
                why = "is connected to the broker; stop the room first, or use --force"
                raise RoomctlError(f"mqtt: {room_id}: {why}")
            for topic in sorted(found):
                await session.publish(topic, "", keep=True)
            cleared += sorted(found)
    finally:
        await session.close()
    return cleared


async def _kept(session: BrokerSession, topics: tuple[str, ...]) -> dict[str, bytes]:
    """Return what a broker keeps on some topics, as far as it sends it at once."""
    found: dict[str, bytes] = {}
    await session.subscribe(topics)
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(QUIET_S):
                received = await session.receive()
            if received.kept and received.payload:
                found[received.topic] = received.payload
    return found


def _login(table: MqttTable, room_id: str) -> Login:
    host, port = table.address
    client = f"roomctl-{room_id}"
    return Login(host, port, table.tls, client, table.username, table.password, table.ca)


def _arguments(payload: bytes) -> dict[str, Any]:
    """Return what a command's message says; ValueError. Nothing at all: no arguments."""
    given = from_json(payload or b"{}", allow_inf_nan=False, cache_strings="none")
    if not isinstance(given, dict):
        raise ValueError("expected {...}")
    return given


def _drain(changes: asyncio.Queue[Change]) -> None:
    while not changes.empty():
        changes.get_nowait()


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Run works until the first one ends, with its error; cancel the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
