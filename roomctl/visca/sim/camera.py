"""One control port of a simulated VISCA camera: sockets, video cycles, and what is said when.

Knows no port of the machine, no clock and no line. A camera takes one message per video cycle and
acts in it. It obeys the same profile as the driver but shares no codec with it: frames are hex
text here, without header and FF. Where the lists are silent, this is assumed: a command that
replaces another of its axis group completes it.

When it cannot do what it is asked (`_refused`) is the mode table, standby, or an open menu. A
command's kind is a row of the mode table, or "zoom", "focus", "power", "menu", or "" for all that
is always executable.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from roomctl.visca.sim import commands
from roomctl.visca.sim.body import Body
from roomctl.visca.sim.commands import RunningCommand, SimCommand
from roomctl.visca.sim.faults import ANSWER, CameraFaults
from roomctl.visca.sim.profile import SimProfile
from roomctl.visca.sim.settings import has

_DEAF_S = 0.24  # Sony EVI-HD1, EVI-H100: after a recall
_REMOTE_DEG, _REMOTE_DEG_S = 5.0, 20.0

# May a command run while the camera is about something? Sony EVI-HD7V manual p.18 and EVI-D80/D90
# p.20: y yes, n no, 7 on an EVI-HD7V only. Columns: zoom or focus to a place, drive, absolute,
# relative, home, reset, recall.
_BUSY = ("to_place", "drive", "absolute", "relative", "home", "reset", "recall")
_MODE_TABLE = {
    "drive": "yynnnnn",
    "stop": "yynnnnn",
    "absolute": "y7ynnnn",
    "relative": "ynnnnnn",
    "home": "ynnnynn",
    "reset": "ynnnnnn",
    "recall": "n7nnnny",
    "preset": "nnnnnnn",
}
_D80 = {"0001:050c", "0001:050d"}


class SimReply(NamedTuple):
    """Something it says: when it leaves, in hex, and the number of the message it answers."""

    at: float
    hex: str
    number: str = ""


@dataclass(slots=True, eq=False)
class _Running:
    """A command in a socket."""

    socket: int
    begun: RunningCommand
    kind: str
    since: float
    until: float
    number: str = ""


class SimCamera(CameraFaults):
    """One camera; its faults are plain attributes (`faults.CameraFaults`)."""

    def __init__(self, profile: SimProfile, address: int = 1, body: Body | None = None) -> None:
        super().__init__(profile)
        self.profile = profile
        self.body = body or Body(profile, address)
        self.frames_taken = 0
        self._running: list[_Running] = []
        self._occupied_until = 0.0
        self._deaf_until = 0.0
        self._boots = self.body.boots
        self._inbox: deque[tuple[str, str]] = deque()
        self._later: list[SimReply] = []
        self._next_cycle = 0.0
        self._now = 0.0

    def second_port(self) -> SimCamera:
        """Return this camera as seen through another control port: its own sockets, one body."""
        twin = SimCamera(self.profile, body=self.body)
        twin.automatic = self.automatic
        return twin

    # What a person in the room can see.

    @property
    def address(self) -> int:
        """Its number in the chain, from 1; 0 while it has none."""
        return self.body.address

    @address.setter
    def address(self, address: int) -> None:
        self.body.address = address

    @property
    def power(self) -> bool:
        return self.body.power

    @property
    def presets(self) -> dict[int, tuple[float, float, float]]:
        return self.body.presets

    @property
    def pan_deg(self) -> float:
        return self.body.pan.at(self._now)

    @property
    def tilt_deg(self) -> float:
        return self.body.tilt.at(self._now)

    @property
    def zoom_pct(self) -> float:
        zoom = self.body.zoom
        return 100 * (zoom.at(self._now) - zoom.ends[0]) / zoom.span if zoom.span else 0.0

    @property
    def focus_pct(self) -> float:
        """0 far to 100 near."""
        focus = self.profile.focus
        return focus.percent(round(self.body.focus.at(self._now))) if focus else 0.0

    @property
    def moving(self) -> bool:
        return self.body.moving(self._now)

    @property
    def lamps(self) -> set[str]:
        """The tally lamps that are lit: red, green, yellow."""
        return self.body.lit(self._now)

    @property
    def switches(self) -> dict[str, bool]:
        """Whether what its model can switch is on: flip, mirror, backlight."""
        names = ("flip", "mirror", "backlight")
        return {name: self.body.values[name] == 2 for name in names if has(self.profile, name)}

    @property
    def go_deg_s(self) -> float:
        """How fast it homes, and recalls a preset without a speed of its own."""
        return self.body.go_deg_s

    @go_deg_s.setter
    def go_deg_s(self, speed: float) -> None:
        self.body.go_deg_s = speed

    @property
    def stopped_at(self) -> float | None:
        return self.body.stopped_at

    @property
    def boot_s(self) -> float:
        """How long it says nothing after `power_cycle()`, and is busy after power on."""
        return self.body.boot_s

    @boot_s.setter
    def boot_s(self, seconds: float) -> None:
        self.body.boot_s = seconds

    # What a person in the room can do to it.

    def power_cycle(self) -> None:
        """Pull the mains plug and put it back: it forgets what it did, and boots."""
        self.body.power_cycle()

    def occupy(self, seconds: float) -> None:
        """Have both sockets taken by something else (an open menu does that) for `seconds`."""
        self._occupied_until = self._now + seconds

    def remote(self) -> None:
        """Take the infrared remote and pan a little; it does nothing while it is locked out."""
        body, now = self.body, self._now
        if body.values["ir_receive"] == 3 or not body.power:
            return
        there = body.pan.go(body.pan.at(now) + _REMOTE_DEG, _REMOTE_DEG_S, now)
        body.begin("drive", there, now)
        if body.values["ir_notice"] == 0:
            self.say("077d010601")

    def say(self, words: str) -> None:
        """Have it say something that nobody asked for, such as `38` (network change)."""
        heapq.heappush(self._later, SimReply(self._now, words))

    # Time.

    @property
    def booting(self) -> bool:
        """Whether it has just been given power, and hears nothing yet."""
        return self.body.booting

    @property
    def gone(self) -> bool:
        """Whether it hears and says nothing."""
        return self.silent or self.hung or self.booting

    def tick(self, now: float) -> list[SimReply]:
        """Let time pass; return what it says."""
        self.body.tick(now)
        self._power_changes(now)
        said: list[SimReply] = []
        while (event := self._next_event()) is not None and event <= now:
            self._now = event
            said += self._ended(event)
            if self._inbox and event >= self._next_cycle:
                said += self._take(*self._inbox.popleft(), event)
                self._next_cycle = event + self.profile.timing.cycle_s
        self._now = now
        while self._later and self._later[0].at <= now:
            said.append(heapq.heappop(self._later))
        return [] if self.gone else [w for w in said for _ in range(self.times(w.hex))]

    def due(self) -> float | None:
        later = self._later[0].at if self._later else None
        wanted = [self.body.due(self._now), self._next_event(), later]
        if self.dies_after_s is not None and not self.hung:
            wanted.append(self.body.on_since + self.dies_after_s)
        return min((at for at in wanted if at is not None), default=None)

    def hear(self, frame: str, now: float, number: str = "") -> None:
        """Take the hex of a frame, without header and FF; it waits for the video cycle."""
        if self.gone:
            return
        cycle_s = self.profile.timing.cycle_s
        if not self._inbox:
            first = math.ceil(now / cycle_s) * cycle_s + self.lag_cycles * cycle_s
            self._next_cycle = max(self._next_cycle, first)
        self._inbox.append((frame, number))

    def _next_event(self) -> float | None:
        wanted = [running.until for running in self._running if running.until < math.inf]
        wanted += [self._next_cycle] if self._inbox else []
        return min(wanted, default=None)

    def _power_changes(self, now: float) -> None:
        if self._boots != self.body.boots:
            self._boots = self.body.boots
            self.clear()
            self._inbox.clear()
            self._later = [SimReply(self.body.on_since, "38")]
            self.hung, self._occupied_until = False, 0.0
            if self.automatic:
                self.body.address = 0
        if self.dies_after_s is not None and now >= self.body.on_since + self.dies_after_s:
            self.hung = True

    def _ended(self, now: float) -> list[SimReply]:
        over = [running for running in self._running if running.until <= now]
        if any(running.begun.recall for running in over) and self.profile.has("deaf-after-recall"):
            self._deaf_until = now + _DEAF_S
        return [self._finish(running, now) for running in over]

    def _finish(self, running: _Running, now: float) -> SimReply:
        self._running.remove(running)
        return SimReply(now, f"5{self._named(running.socket)}", running.number)

    def _named(self, socket: int) -> str:
        if self.ack == "none":
            return "0"
        return f"{socket if self.names_socket is None else self.names_socket:x}"

    # Messages.

    def clear(self) -> None:
        """Forget the commands in both sockets (IF_Clear); an EVI gives them up, too."""
        if self._running and self.clear_cancels:
            self.body.halt(self._now)
        self._running.clear()

    def _take(self, frame: str, number: str, now: float) -> list[SimReply]:
        self.frames_taken += 1
        if frame == "010001":
            self.clear()
            return [SimReply(now, "50", number)]
        if re.fullmatch("2[0-9a-f]", frame):
            return [SimReply(now, self._cancel(int(frame[1], 16), now), number)]
        if frame.startswith("09"):
            return [SimReply(now, words, number) for words in self._answer(frame[2:], now)]
        command = commands.understood(self.body, frame)
        if isinstance(command, str):
            return [SimReply(now, command, number)]
        return self._command(command, number, now)

    def _answer(self, question: str, now: float) -> list[str]:
        mute = question == "0447" and self.profile.has("no-zoom-inquiry")
        if mute or (self.unanswered and re.fullmatch(self.unanswered, question)):
            return []
        if question == "0002" and self.version is not None:
            return [f"50{self.version}"]
        words = commands.answer(self.body, question, now)
        words = self.unknown if words is None else words
        more = [self.after_answer] if re.fullmatch(ANSWER, words) and self.after_answer else []
        return [words, *more] if words else []

    def _command(self, command: SimCommand, number: str, now: float) -> list[SimReply]:
        menu = self.menu_refuses_stop and self.body.values["menu"] == 2 and command.kind == "stop"
        if menu or now < self._deaf_until or _refused(self.body, command.kind, now):
            return self._refuse(number, now)
        if self.hangs_on_second and self._running:
            self.hung = True
        free = [n for n in (1, 2)[: self.profile.sockets] if n not in self._held(command)]
        if now < self._occupied_until or not free:
            return [SimReply(now, "6003", number)]
        begun = command.run(self.body, now)
        if begun == commands.NOT_NOW:
            return self._refuse(number, now)
        if isinstance(begun, str):
            return [SimReply(now, begun, number)]
        replaced = [r for r in self._running if begun.group and r.begun.group == begun.group]
        said = self._acknowledged(free[0], number, now)
        ended = [self._finish(running, now) for running in replaced]
        said += [] if self.forgets_replaced else ended
        until = now if self.ack == "none" else begun.until
        if self.drive_holds and command.kind == "drive":
            until = math.inf
        self._running.append(_Running(free[0], begun, command.kind, now, until, number))
        return said

    def _held(self, command: SimCommand) -> set[int]:
        menu = self.body.values["menu"] == 2 and self.profile.has("menu-fills-sockets")
        if menu and command.kind not in ("menu", "power"):
            return {1, 2}
        return {running.socket for running in self._running}

    def _acknowledged(self, socket: int, number: str, now: float) -> list[SimReply]:
        if self.ack == "none":
            return []
        words = SimReply(now + self.ack_late_s, f"4{self._named(socket)}", number)
        if not self.ack_late_s:
            return [words]
        heapq.heappush(self._later, words)
        return []

    def _refuse(self, number: str, now: float) -> list[SimReply]:
        first = self._acknowledged(1, number, now) if self.acks_refusals else []
        return [*first, SimReply(now, self.refusal, number)]

    def _cancel(self, socket: int, now: float) -> str:
        if not self.cancels:
            return "6002"
        for running in self._running:
            age_s = now - running.since
            young = running.kind == "drive" and age_s < self.profile.timing.cancel_after_s
            if running.socket == socket and not young:
                self._running.remove(running)
                self.body.halt(now)
                return f"6{socket:x}04"
        return f"6{socket:x}05"


def _refused(body: Body, kind: str, now: float) -> bool:
    """Whether the camera cannot do a command of this kind now, whatever its sockets hold."""
    if not body.power or now < body.ready_at:
        return kind != "power" or now < body.ready_at
    if now < body.absorbed_until:
        return True
    if body.values["menu"] == 2 and kind in (*_MODE_TABLE, "zoom"):
        # Sony SRG-300H: no drive while the menu is open; elsewhere it moves in the menu
        return kind != "stop" and (kind != "drive" or has(body.profile, "sony"))
    if kind == "zoom" and body.profile.layout == "F" and body.focus_goes(now):
        return True  # FR7, AM7: no zoom while the focus goes to a place
    return body.profile.has("stop-needs-cancel") and _forbidden(body, kind, now)


def _forbidden(body: Body, kind: str, now: float) -> bool:
    row = _MODE_TABLE.get(kind)
    busy = {body.doing(now), "to_place" if body.goes_to_place(now) else ""} - {""}
    allowed = "y" if _D80 & set(body.profile.match) else "y7"
    return row is not None and any(row[_BUSY.index(about)] not in allowed for about in busy)
