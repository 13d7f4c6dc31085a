"""A simulated relay with its blinds: the other end of the wire. Knows no clock."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from roomctl.kind import Action, Argument, SimulatedDevice, toggling
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.wire import Chunk, IdleMachine, Machine
from roomctl_blinds.table import BlindsTable

TRAVEL_S = 20.0  # from the top to the bottom


class SimRelay(IdleMachine):
    """Answers as a relay does, and moves its blinds."""

    def __init__(self) -> None:
        self.position, self.target = 100.0, 100.0
        self.silent = self.obstructed = False
        self.calibrated = True
        self._at = 0.0
        self._out: deque[bytes] = deque()

    @property
    def state(self) -> str:
        if self.position != self.target:
            return "opening" if self.target > self.position else "closing"
        return {100.0: "open", 0.0: "closed"}.get(self.position, "stopped")

    def tick(self, now: float) -> None:
        way = (now - self._at) * 100 / TRAVEL_S
        self._at = now
        if self.obstructed:
            self.target = self.position
        elif self.target > self.position:
            self.position = min(self.target, self.position + way)
        else:
            self.position = max(self.target, self.position - way)

    def receive(self, chunk: Chunk) -> None:
        self.tick(chunk.at)
        request = HttpRequest.decode(chunk.data)
        answer = HttpAnswer(request.number, 0, b"no answer")
        if not self.silent:
            parts = urlsplit(request.target)
            status, said = self._done(parts.path.rpartition(".")[2], parse_qs(parts.query))
            answer = HttpAnswer(request.number, status, json.dumps(said).encode())
        self._out.append(answer.encode())

    def _done(self, method: str, query: Mapping[str, list[str]]) -> tuple[int, object]:
        match method:
            case "GetStatus":
                return 200, {"id": 0, "state": self.state} | self._known()
            case "Open" | "Close" if not self.obstructed:
                self.target = 100.0 if method == "Open" else 0.0
            case "GoToPosition" if self.calibrated and not self.obstructed:
                self.target = float(query["pos"][0])
            case "Stop":
                self.target = self.position
            case _:
                return 500, {"code": -114, "message": f"{method} is not possible now"}
        return 200, None

    def _known(self) -> dict[str, object]:
        position = {"current_pos": round(self.position)} if self.calibrated else {}
        wrong = {"errors": ["obstruction"]} if self.obstructed else {}
        return {"pos_control": self.calibrated, **position, **wrong}

    def outbox(self, now: float) -> bytes | None:
        return self._out.popleft() if self._out else None


class SimulatedBlinds(SimulatedDevice):
    """What stands for the blinds of one table."""

    kind = "blinds"

    def __init__(self, name: str, table: BlindsTable) -> None:
        self.url = table.url
        self.names: tuple[str, ...] = (f"blinds.{name}",)
        self.relay = SimRelay()

    def machine(self) -> Machine:
        return self.relay

    def state(self, name: str, now: float) -> dict[str, object]:
        relay = self.relay
        relay.tick(now)
        moving = {"opening": "up", "closing": "down"}.get(relay.state, "no")
        troubles = {"silent": relay.silent, "obstructed": relay.obstructed}
        return {"position_pct": round(relay.position), "moving": moving, **troubles}

    def actions(self, name: str) -> Mapping[str, Action]:
        relay = self.relay
        return {"silent": toggling(relay, "silent"), "obstruct": toggling(relay, "obstructed")}

    def faults(self, name: str) -> Mapping[str, Action]:
        def calibrated(args: Mapping[str, Argument], now: float) -> None:
            self.relay.calibrated = bool(args.get("value"))

        return {"calibrated": calibrated}

    def unplugged(self) -> None:
        """Lose power: the blinds stand where they are."""
        self.relay.target = self.relay.position
