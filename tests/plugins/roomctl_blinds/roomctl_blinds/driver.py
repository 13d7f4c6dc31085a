"""The relay: what it is told and asked over HTTP, and what the room says of it.

    GET /rpc/Cover.Open?id=0                  opens; Close and Stop likewise
    GET /rpc/Cover.GoToPosition?id=0&pos=40   goes to a position, once it is calibrated
    GET /rpc/Cover.GetStatus?id=0             {"state": "opening", "current_pos": 40, …}

`state` is open, closed, opening, closing, stopped or calibrating; `current_pos` is 0 (closed) to
100 (open), and missing or null while the relay does not know it; `errors` names what is wrong
(Shelly's documentation of its devices of the second generation, *Cover*).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from roomctl.clock import Moment
from roomctl.command import DeviceName, Percent, Source, command
from roomctl.device import Device, Status
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, KindPart
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.roles import Right
from roomctl.wire import Chunk, Identity, IdleMachine, Machine
from roomctl_blinds.table import BlindsTable

POLL_S, MOVING_POLL_S = 2.0, 0.5
ANSWER_S = 3.0

Moving = Literal["up", "down", "no"]
_MOVING: Mapping[str, Moving] = {
    "opening": "up",
    "closing": "down",
    "open": "no",
    "closed": "no",
    "stopped": "no",
}


@frozen
class BlindsEntry:
    """Blinds, as their relay tells."""

    name: str
    position_pct: Annotated[
        int | None,
        Field(ge=0, le=100, description="how far they are up; null: the relay does not know"),
    ]
    moving: Annotated[Moving | None, Field(description="which way they go; null: not known")]


class Blinds(Device):
    """One cover of a relay; what it told last."""

    kind = "blinds"

    def __init__(self, name: str, table: BlindsTable, context: Context) -> None:
        super().__init__(name, table.url, context.connect, context.clock, context.changed)
        self.cover = table.cover
        self.position_pct: int | None = None
        self.moving: Moving | None = None
        self.obstructed_since: datetime | None = None
        self._conversation: _Conversation | None = None

    async def tell(self, method: str, **params: int) -> None:
        """Tell the relay something; Refused: it does not answer, or does not do it."""
        if self._conversation is None:
            detail = self.health.detail or "it was never reached"
            raise Refused(self.full_name, "offline", f"does not answer: {detail}")
        answered: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()

        def heard(answer: HttpAnswer) -> None:
            if not answered.done():  # nobody may wait any more
                answered.set_result(answer)

        self._conversation.say(method, params, heard)
        self.wake()
        answer = await answered
        why = answer.body.decode("utf-8", "replace")
        if answer.status == 0:
            raise Refused(self.full_name, "offline", f"does not answer: {why}")
        if answer.status != 200:
            raise Refused(
                self.full_name, "failed", f"does not {method} (status {answer.status}): {why}"
            )

    def machine(self, identity: Identity) -> Machine:
        self._conversation = _Conversation(self)
        return self._conversation

    def lost(self) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.end()
        self.position_pct = self.moving = None

    def heard(self, status: Mapping[str, Any]) -> None:
        """Take what the relay says of its cover."""
        position, state = status.get("current_pos"), status.get("state")
        self.position_pct = None
        if isinstance(position, int | float) and 0 <= position <= 100:
            self.position_pct = round(position)
        self.moving = _MOVING.get(state) if isinstance(state, str) else None
        errors = status.get("errors")
        if not (isinstance(errors, list) and "obstruction" in errors):
            self.obstructed_since = None
        elif self.obstructed_since is None:
            self.obstructed_since = self.clock.now().wall
        self.proven()
        self.changed()


Heard = Callable[[HttpAnswer], None]


class _Conversation(IdleMachine):
    """What is said to the relay: commands at once, and its status now and then."""

    def __init__(self, blinds: Blinds) -> None:
        self._blinds = blinds
        self._number = 0
        self._to_say: deque[tuple[str, Heard]] = deque()
        self._awaited: dict[int, Heard] = {}
        self._polling, self._poll_at = False, float("-inf")
        self._now = 0.0

    def say(self, method: str, params: Mapping[str, int], heard: Heard) -> None:
        more = "".join(f"&{key}={value}" for key, value in params.items())
        self._to_say.append((f"/rpc/Cover.{method}?id={self._blinds.cover}{more}", heard))
        if not self._polling:
            self._poll_at = float("-inf")  # see at once what comes of it

    def end(self) -> None:
        waiting = [*self._awaited.values(), *(heard for _, heard in self._to_say)]
        self._awaited.clear()
        self._to_say.clear()
        for heard in waiting:
            heard(HttpAnswer(0, 0, b"the connection was lost"))

    def due(self) -> float | None:
        return None if self._polling else self._poll_at

    def outbox(self, now: float) -> bytes | None:
        if not self._to_say and not self._polling and now >= self._poll_at:
            self._polling = True
            self.say("GetStatus", {}, self._polled)
        if not self._to_say:
            return None
        target, heard = self._to_say.popleft()
        self._number += 1
        self._awaited[self._number] = heard
        return HttpRequest(self._number, target, ANSWER_S).encode()

    def receive(self, chunk: Chunk) -> None:
        answer, self._now = HttpAnswer.decode(chunk.data), chunk.at
        heard = self._awaited.pop(answer.number, None)
        if heard is not None:
            heard(answer)

    def failed(self, now: float, why: str) -> None:
        self._now = now
        self._awaited.pop(self._number)(HttpAnswer(self._number, 0, why.encode()))

    def _polled(self, answer: HttpAnswer) -> None:
        blinds, self._polling = self._blinds, False
        self._poll_at = self._now + (MOVING_POLL_S if blinds.moving in ("up", "down") else POLL_S)
        try:
            status = json.loads(answer.body) if answer.status == 200 else None
        except ValueError:
            status = None
        if isinstance(status, dict):
            blinds.heard(status)
            return
        blinds.position_pct = blinds.moving = None
        if answer.number:
            said = answer.body[:80].decode("utf-8", "replace")
            why = f"no status of cover {blinds.cover} (HTTP {answer.status}: {said})"
            blinds.unproven("no_reply", f"{blinds.full_name}: {why}; is it a relay in cover mode?")


class BlindsPart(KindPart):
    """What the room says of its blinds, and what it can have them do."""

    def sections(self, now: Moment) -> Mapping[str, object]:
        entries = (BlindsEntry(one.name, one.position_pct, one.moving) for one in self._blinds)
        return {"blinds": tuple(entries)}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        for one in self._blinds:
            if one.obstructed_since is not None and one.health.status is Status.ONLINE:
                yield IssueEntry("blinds.obstructed", one.full_name, {}, one.obstructed_since)

    @command("blinds.up", Right.OPERATE)
    async def _up(self, source: Source, blinds: DeviceName) -> None:
        """Raise the blinds."""
        await self._named(blinds).tell("Open")

    @command("blinds.stop", Right.OPERATE)
    async def _stop(self, source: Source, blinds: DeviceName) -> None:
        """Stop the blinds where they are."""
        await self._named(blinds).tell("Stop")

    @command("blinds.down", Right.OPERATE)
    async def _down(self, source: Source, blinds: DeviceName) -> None:
        """Lower the blinds."""
        await self._named(blinds).tell("Close")

    @command("blinds.go_to", Right.OPERATE)
    async def _go_to(self, source: Source, blinds: DeviceName, position_pct: Percent) -> None:
        """Raise or lower the blinds to a position; 100 is up."""
        one = self._named(blinds)
        if one.position_pct is None:
            why = "does not know its position; calibrate it on the relay's own page"
            raise Refused(one.full_name, "blinds.not_calibrated", why)
        await one.tell("GoToPosition", pos=position_pct)

    @property
    def _blinds(self) -> list[Blinds]:
        return [one for one in self.devices if isinstance(one, Blinds)]

    def _named(self, name: str) -> Blinds:
        for one in self._blinds:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self._blinds) or "none"
        raise Refused("room", "unknown_device", f"no blinds {name!r}; there is: {known}")
