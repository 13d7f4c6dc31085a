"""The panel's socket: a snapshot, then patches; commands with acknowledgements; holds that expire.

Every message is authorised, and counted; of the beats of a hold the newest is handed on. A socket
that goes away lets go of everything it held.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from roomctl import roles, wire
from roomctl.api import schema
from roomctl.api.beats import Beats
from roomctl.api.connections import Allowance, Rate
from roomctl.api.events import Encoding
from roomctl.api.rights import UNAUTHORIZED
from roomctl.errors import RoomctlError
from roomctl.roles import Right, Role
from roomctl.room import Room, Source
from roomctl.room.commands import CommandRecord, CommandStatus, failure
from roomctl.room.document import Change
from roomctl.room.holds import LEASE_S, PHONE_LEASE_S

_log = logging.getLogger(__name__)

BEAT_S = 1.0
COMMAND_LIMIT_S = 60.0
HANG_UP_S = 1.0
PENDING_COMMANDS = 32
OUTGOING = 256  # messages a slow panel may be behind before it is cut off and reconnects
SNAPSHOT_S = 0.1  # between two that one panel asks for
MESSAGES = Rate(per_s=100, burst=200)  # a panel says 10 a second while a finger holds a camera

# Why a connection ends (RFC 6455 and the IANA registry of close codes).
BINARY, GONE, INTERNAL, TRY_AGAIN = 1003, 1005, 1011, 1013
TOO_MANY = 4429  # ours, after the statuses of HTTP
_SHOWING = (Role.PANEL, Role.GUEST, Role.SCREEN)  # who sees what the room is about to do
_REASONS = {
    BINARY: "text only",
    TRY_AGAIN: "does not keep up",
    UNAUTHORIZED: "unauthorized",
    TOO_MANY: f"more than {MESSAGES.per_s:g} messages a second",
}


class Live:
    """One panel's connection."""

    def __init__(
        self,
        socket: WebSocket,
        room: Room,
        encoding: Encoding,
        callers: Callable[[], Sequence[Source]],
        hello: Callable[[], schema.HelloReply],
        revision: Callable[[], int] = lambda: 0,
    ) -> None:
        """Be told by `callers` who is here: nobody when a phone's visit has ended.

        The second one is whom a PIN made of the first. `hello` says another thing when `revision`
        is another number.
        """
        source = callers()[0]
        self._socket, self._room, self._source = socket, room, source
        self._encoding, self._hello, self._callers = encoding, hello, callers
        self._revision, self._greeted = revision, -1
        self._holder = f"{source.name}#{id(self):x}"
        # None stands for the whole room, as it is when its turn comes.
        self._outgoing: asyncio.Queue[str | Change | None] = asyncio.Queue(OUTGOING)
        self._allowance = Allowance(MESSAGES, room.clock.mono_s())
        self._beats = Beats(room.clock.mono_s())
        self._beating: asyncio.TimerHandle | None = None
        self._behind = asyncio.Event()
        self._asked = asyncio.Event()  # for the whole room
        self._rev = 0  # of the last snapshot or patch that was written
        self._waiting: set[asyncio.Task[None]] = set()
        self._ear: asyncio.Task[None] | None = None
        self._adapter = schema.command_reader(room.declared)

    async def run(self) -> None:
        """Serve the panel until it goes away, or has to."""
        # Made when somebody comes who may press a key, not when he does.
        await wire.in_thread(self._adapter)
        with self._room.follow(self._put), self._looks_on():
            self._greet()
            self._asked.set()
            works = (self._write(), self._read(), self._beat(), self._snapshots(), self._lag())
            tasks = [asyncio.create_task(work) for work in works]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._forget_beats()
                self._room.cameras.drop(self._holder)
                self._listen(False)
                for task in (*tasks, *self._waiting):
                    task.cancel()
                results = await asyncio.gather(*tasks, return_exceptions=True)
                await asyncio.gather(*self._waiting, return_exceptions=True)
        await self._hang_up(results)

    def _looks_on(self) -> AbstractContextManager[None]:
        """Have the room know that what it is about to do is shown here; a visitor is not named."""
        source = self._source
        if source.role not in _SHOWING:
            return contextlib.nullcontext()
        return self._room.automation.looked_at(source.role if source.phone else source.name)

    async def _hang_up(self, results: list[int | BaseException]) -> None:
        """Say why the connection ends, unless the other end is gone already."""
        for result in results:
            if isinstance(result, WebSocketDisconnect):
                return
            if isinstance(result, Exception):
                _log.error("%s: the connection failed", self._source.name, exc_info=result)
        codes = [result for result in results if isinstance(result, int)]
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(HANG_UP_S):
                code = codes[0] if codes else INTERNAL
                await self._socket.close(code, _REASONS.get(code))

    def _greet(self) -> None:
        """Say who is here and what he may, if that was not said yet."""
        if (revision := self._revision()) != self._greeted:
            self._greeted = revision
            self._say(self._hello())

    def _say(self, message: schema.LiveReply) -> None:
        self._put(json.dumps(message, ensure_ascii=False))

    def _put(self, item: str | Change | None) -> None:
        try:
            self._outgoing.put_nowait(item)
        except asyncio.QueueFull:
            self._behind.set()

    async def _snapshots(self) -> int:
        """Have the whole room written, once for all who asked since the last time."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            self._put(None)
            await asyncio.sleep(SNAPSHOT_S)

    async def _write(self) -> int:
        while True:
            text = self._text(await self._outgoing.get())
            if text is not None:
                await self._socket.send_text(text)

    def _text(self, item: str | Change | None) -> str | None:
        """Return what is written for an item; None if a snapshot has already said it."""
        if isinstance(item, str):
            return item
        if item is not None and item.rev <= self._rev:
            return None
        if item is not None and item.rev == self._rev + 1:
            self._rev = item.rev
            sections = self._encoding.sections(item)
            return f'{{"type": "patch", "rev": {item.rev}, "set": {sections}}}'
        self._rev, document = self._encoding.document()
        return f'{{"type": "snapshot", "rev": {self._rev}, "room": {document}}}'

    async def _lag(self) -> int:
        """Wait until the panel is too far behind."""
        await self._behind.wait()
        _log.warning("%s: does not keep up, cut off", self._source.name)
        return TRY_AGAIN

    async def _beat(self) -> int:
        while True:
            await asyncio.sleep(BEAT_S)
            if not self._callers():
                return UNAUTHORIZED
            self._greet()
            self._say({"type": "beat", "server_time": self._now()})

    async def _read(self) -> int:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", GONE))
            text = message.get("text")
            if text is None:
                return BINARY
            if not (callers := self._callers()):
                return UNAUTHORIZED
            now, heard = self._room.clock.mono_s(), _parsed(text)
            if not self._may_say(heard, len(text), now):
                _log.warning("%s: %s, cut off", self._source.name, _REASONS[TOO_MANY])
                return TOO_MANY
            self._greet()
            if isinstance(heard, schema.LiveHold):
                self._beat_came(heard, now)
            else:
                self._hand_on_beats()
                self._heard(heard, callers)
            await asyncio.sleep(0)  # a heap of messages that came at once is nobody's turn alone

    def _may_say(
        self, heard: schema.LiveMessage | ValidationError, length: int, now: float
    ) -> bool:
        """Whether it is not more than anybody may say; a beat of a stick is counted apart."""
        if isinstance(heard, schema.LiveHold) and self._beats.renews(heard, length, now):
            return True
        return self._allowance.take(now)

    def _beat_came(self, beat: schema.LiveHold, now: float) -> None:
        """Hand a beat on, at once if none was just before; else the newest when it is time."""
        self._beats.put(beat)
        if self._beating is None:
            wait_s = self._beats.due_in(now)
            if wait_s:
                loop = asyncio.get_running_loop()
                self._beating = loop.call_later(wait_s, self._hand_on_beats)
            else:
                self._hand_on_beats()

    def _hand_on_beats(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
        beats = self._beats.take(self._room.clock.mono_s())
        callers = self._callers() if beats else ()
        for beat in beats:
            if callers and self._permitted(beat, callers):
                self._hold(beat)

    def _forget_beats(self) -> None:
        self._beats.clear()
        self._hand_on_beats()

    def _heard(
        self, message: schema.LiveMessage | ValidationError, callers: Sequence[Source]
    ) -> None:
        if isinstance(message, ValidationError):
            self._say({"type": "error", "error": _invalid(message)})
            return
        if not self._permitted(message, callers):
            return
        match message:
            case schema.LiveRelease():
                self._room.cameras.release(message.hold, self._holder)
            case schema.LiveCommand():
                self._command(message, callers)
            case schema.LiveListen():
                self._listen(message.on)
            case schema.LiveSnapshot():
                self._asked.set()
            case schema.LivePing():
                self._say({"type": "pong", "t": message.t, "server_time": self._now()})

    def _permitted(self, message: schema.LiveMessage, callers: Sequence[Source]) -> bool:
        """Whether who says this may; else say why not. A command is judged by the room."""
        right = roles.MESSAGES[message.type]
        if isinstance(message, schema.LiveHold) and message.focus:
            right = Right.OPERATE
        try:
            self._room.permissions.who_may(right, callers)
        except RoomctlError as error:
            _, why = failure(error)
            if isinstance(message, schema.LiveHold):
                self._say_refused(message, error)
            else:
                self._say({"type": "error", "error": schema.as_json(why)})
            return False
        return True

    def _say_refused(self, beat: schema.LiveHold, error: RoomctlError) -> None:
        """Say why a beat moves nothing; not again for each beat of a stick."""
        _, why = failure(error)
        shown = schema.as_json(why)
        if self._beats.tells(beat.hold, json.dumps(shown), self._room.clock.mono_s()):
            self._say({"type": "error", "hold": beat.hold, "error": shown})

    def _hold(self, beat: schema.LiveHold) -> None:
        lease_s = PHONE_LEASE_S if self._source.phone else LEASE_S
        push = (beat.pan, beat.tilt, beat.zoom, beat.focus)
        try:
            camera, source = beat.camera, self._source
            self._room.hold(beat.hold, beat.seq, self._holder, camera, push, lease_s, source=source)
        except RoomctlError as error:
            self._say_refused(beat, error)

    def _listen(self, on: bool) -> None:
        """Begin to say how loud the microphone is, or end it."""
        if on and self._ear is None:
            self._ear = asyncio.create_task(self._say_levels())
        elif not on and self._ear is not None:
            self._ear.cancel()
            self._ear = None

    async def _say_levels(self) -> None:
        with self._room.audio.listen() as levels:
            while True:
                heard = await levels.get()
                behind = heard.behind_wall
                self._say({"type": "level", "pct": heard.pct, "behind_wall": behind})

    def _command(self, message: schema.LiveCommand, callers: Sequence[Source]) -> None:
        try:
            command = self._adapter().validate_python(message.command)
            if len(self._waiting) >= PENDING_COMMANDS:
                busy: schema.LiveError = {"code": "busy", "params": {}}
                self._refuse(message, busy)
                return
            args = schema.arguments(command)
            source = self._room.permissions.giver(command.type, args, callers)
            record = self._room.submit(command.type, args, source, message.id)
        except ValidationError as error:
            self._room.tally.command(message.command.get("type"), CommandStatus.REFUSED)
            self._refuse(message, _invalid(error))
        except RoomctlError as error:
            status, why = failure(error)
            shown = schema.as_json(why)
            self._say({"type": "ack", "id": message.id, "status": status, "error": shown})
        else:
            task = asyncio.create_task(self._acknowledge(record))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    def _refuse(self, message: schema.LiveCommand, why: schema.LiveError) -> None:
        refused = CommandStatus.REFUSED
        self._say({"type": "ack", "id": message.id, "status": refused, "error": why})

    async def _acknowledge(self, record: CommandRecord) -> None:
        record = await self._room.finish(record, COMMAND_LIMIT_S)
        ended = record.status not in (CommandStatus.ACCEPTED, CommandStatus.RUNNING)
        status = record.status if ended else CommandStatus.UNKNOWN
        error = schema.as_json(record.error)
        ack: schema.AckReply = {"type": "ack", "id": record.id, "status": status, "error": error}
        if record.result is not None:
            ack["result"] = schema.as_json(record.result)
        self._say(ack)

    def _now(self) -> str:
        return self._room.now().wall.isoformat()


def _parsed(text: str) -> schema.LiveMessage | ValidationError:
    try:
        message: schema.LiveMessage = schema.LIVE.validate_json(text)
    except ValidationError as error:
        return error
    return message


def _invalid(error: ValidationError) -> schema.LiveError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return {"code": "invalid", "params": {"where": where, "why": first["msg"]}}
