"""`python -m tests.fuzz.sessions [--sessions N] [--write]`: cameras whose replies get lost.

Each session is a hand on one camera for about half a minute of invented time: arrows, recalls that
take up to ten seconds, home, the zoom, a stored preset, in any order and at any moment, while three
replies in a hundred get lost. What must hold of every press: the camera obeys within a second, and
what is said of it in the end is true. The same number is the same session, on every machine. Beside
them one stick is held for a minute while one reply in a hundred gets lost.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from roomctl.camera.profile import shipped
from roomctl.camera.visca import connection
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.bus import Bus
from roomctl.visca.ip import OverIp
from roomctl.visca.message import (
    Drive,
    Home,
    Message,
    Pan,
    Preset,
    PresetAction,
    Tilt,
    Zoom,
    ZoomDrive,
)
from roomctl.visca.request import AxisGroup, Move, Request
from roomctl.visca.sim import SimCamera, SimIp, SimLine
from roomctl.wire import Machine, Virtual
from tests.visca.rig import Heard

SESSIONS, LOST_PART = 10_000, 0.03
HOLD_S, STICK_S, HOLD_LOST_PART = 60.0, 1 / 125, 0.01
LIMIT_S = 1.0  # from a press until the camera obeys
PRESSES = 8
PAGE = Path(__file__).parents[2] / "docs" / "camera-faults.md"
MARK = "<!-- `python -m tests.fuzz.sessions --write` makes this table -->"
LONGEST_S = 18.0
_STEP_S = 0.01
_DRIVE = "010601"


@dataclass
class Press:
    """One press: what it was, when the camera obeyed, and how it ended for who waited."""

    what: str
    at: float
    obeyed_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None


@dataclass
class Report:
    """What became of the presses of one session; `wrong` says what must not have happened."""

    profile: str
    number: int
    waits_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Held:
    """How many moves a second a camera took of a stick; `lossy`: one reply in a hundred lost."""

    whole: float
    lossy: float


def names() -> list[str]:
    """Return the profiles of cameras with a head; a camera without one has no arrows."""
    return sorted(name for name, profile in shipped().items() if profile.pan_tilt)


class Session(Virtual):
    """One camera, its line, and a hand that presses."""

    def __init__(self, name: str, number: int) -> None:
        self.chance = Random(f"{name} {number}")
        self.profile = shipped()[name]
        self.report = Report(name, number)
        self.events = Heard()
        fixed = None if self.profile.match else self.profile
        self.talk = connection("camera", 1, self.events, fixed)
        self.camera = SimCamera(self.profile)
        near, self.wire = self._wire(number)
        super().__init__(near, self.wire)
        self.run(2.0)
        self._prepare()

    def _wire(self, number: int) -> tuple[Machine, SimLine | SimIp]:
        """Return both ends: every third session is over IP, the others on a line or a socket."""
        if number % 3 == 2:
            return OverIp(Bus([self.talk], None)), SimIp(self.camera)
        bauds = [baud for baud in self.profile.bauds if baud >= 9600]
        baud = self.chance.choice(bauds) if bauds else None
        return Bus([self.talk], baud), SimLine([self.camera], baud)

    def _prepare(self) -> None:
        camera, chance, presets = self.camera, self.chance, self.profile.presets
        camera.go_deg_s = chance.choice((8.0, 16.0, 60.0))
        camera.forgets_replaced = chance.random() < 0.5
        self.numbers = [presets.first + n for n in range(3)] if presets else []
        for number, pan in zip(self.numbers, (40.0, -40.0, 15.0), strict=False):
            camera.presets[number] = (pan, 10.0 * chance.random(), camera.body.zoom.low)
        camera.chance = Random(chance.random())
        camera.lost_part = LOST_PART

    def play(self) -> Report:
        """Press, and see what becomes of it."""
        acts = [self._arrow, self._arrow, self._zoom, self._home]
        acts += [self._recall, self._recall, self._recall, self._store] if self.numbers else []
        for _ in range(PRESSES):
            self.chance.choice(acts)()
            self.run(self.chance.choice((0.03, 0.2, 1.0, 3.0)) * self.chance.random())
        self.camera.lost_part = 0.0
        talk, camera = self.talk, self.camera
        self._wait_for(lambda: not (camera.moving or talk.seen.moving or talk.stopping))
        self.run(6.0)  # in which it is asked once more where it stands
        self._judge_the_end()
        return self.report

    # The hand.

    def _arrow(self) -> None:
        """Hold an arrow for a while, perhaps change its direction, and let go."""
        for _ in range(self.chance.choice((1, 1, 2))):
            way = self.chance.choice((Pan.LEFT, Pan.RIGHT))
            if abs(self.camera.pan_deg) > 30:
                way = Pan.LEFT if self.camera.pan_deg > 0 else Pan.RIGHT
            speed = min(self.chance.randint(8, 16), self.profile.pan_speed.max)
            move = Drive(speed, 1, way, Tilt.STILL)
            self._hold({AxisGroup.PAN_TILT: move}, f"arrow {way.name.lower()}")
        self._release()

    def _zoom(self) -> None:
        if self.profile.zoom is None:
            return
        way = Zoom.TELE if self.camera.zoom_pct < 50 else Zoom.WIDE
        self._hold({AxisGroup.ZOOM: ZoomDrive(way, 3)}, f"zoom {way.name.lower()}")
        self._release()

    def _hold(self, moves: Mapping[AxisGroup, Move], what: str) -> None:
        press = Press(what, self.now)
        for _ in range(self.chance.randint(4, 12)):
            self.talk.drive(moves, self.now + 0.3, self.now)
            self._watch(press, 0.1)
        while press.obeyed_at is None and self.now < press.at + 2 * LIMIT_S:
            self.talk.drive(moves, self.now + 0.3, self.now)
            self._watch(press, 0.1)
        self._note_wait(press)

    def _release(self) -> None:
        press = Press("release", self.now)
        self.talk.stop(self.now)
        self._watch(press, 2 * LIMIT_S)
        self._note_wait(press)

    def _recall(self) -> None:
        number = self.chance.choice(self.numbers)
        self._send(Preset(PresetAction.RECALL, number), f"recall {number}")

    def _home(self) -> None:
        self._send(Home(), "home")

    def _send(self, message: Message, what: str) -> None:
        press = self._submit(message, what)
        self._watch(press, 2 * LIMIT_S)
        self._note_wait(press)
        if self.chance.random() < 0.5:  # else somebody changes his mind on the way
            self._wait_for(lambda: press.outcome is not None)
            self._judge(press)

    def _store(self) -> None:
        self.run(1.0)
        if self.camera.moving or self.talk.seen.moving:
            return
        number = self.numbers[2]
        at, press = self.camera.pan_deg, self._submit(Preset(PresetAction.SET, number), "store")
        self.run(1.0)
        ended = press.outcome.end if press.outcome else None
        if ended is RequestEnd.DONE and abs(self.camera.presets[number][0] - at) > 0.1:
            self._wrong("a preset was said to be stored, and was not", press)

    def _submit(self, message: Message, what: str) -> Press:
        press = Press(what, self.now)

        def ended(outcome: Outcome) -> None:
            press.ended_at, press.outcome = self.now, outcome
            if outcome.end is RequestEnd.DONE and not self.profile.has("no-ack"):
                self._must_be_there(press)

        self.talk.submit(Request(message, ended), self.now)
        return press

    # What must hold.

    def _watch(self, press: Press, seconds: float) -> None:
        """Let time pass, and note when the camera obeys; at least that long for an arrow."""
        end = self.now + seconds
        while self.now < end:
            if press.obeyed_at is not None:
                if not press.what.startswith(("arrow", "zoom")):
                    return
                self.run(end - self.now)
                return
            self.run(_STEP_S)
            if self._obeys(press):
                press.obeyed_at = self.now

    def _obeys(self, press: Press) -> bool:
        body, now = self.camera.body, self.now
        match press.what.split():
            case ["arrow", way]:
                return body.pan.target == (body.pan.high if way == "right" else body.pan.low)
            case ["zoom", way]:
                return body.zoom.target == (body.zoom.high if way == "tele" else body.zoom.low)
            case ["recall", number]:
                there = body.presets[int(number)]
                return (body.pan.target, body.tilt.target) == there[:2]
            case ["home"]:
                return (body.pan.target, body.tilt.target) == (0.0, 0.0)
        return not body.moving(now)

    def _note_wait(self, press: Press) -> None:
        wait_s = (press.obeyed_at or self.now) - press.at
        self.report.waits_s.append(wait_s)
        if press.obeyed_at is None or wait_s > LIMIT_S:
            self._wrong(f"the camera obeyed after {wait_s:.2f} s", press)

    def _must_be_there(self, press: Press) -> None:
        if press.what.startswith(("recall", "home")) and not self._obeys(press):
            self._wrong("was said to be done, and the camera is elsewhere", press)
        elif press.what.startswith(("recall", "home")) and self._head_moves:
            self._wrong("was said to be done, and the camera still moves", press)

    @property
    def _head_moves(self) -> bool:
        body = self.camera.body
        return body.pan.moving(self.now) or body.tilt.moving(self.now)

    def _wait_for(self, so: Callable[[], bool]) -> None:
        """Let time pass until it is so; for longer than any move here takes, and its end."""
        end = self.now + LONGEST_S
        while not so() and self.now < end:
            self.run(0.25)

    def _judge(self, press: Press) -> None:
        if press.outcome is None:
            self._wrong("never ended", press)
        elif press.outcome.end is not RequestEnd.DONE:
            self._wrong(f"ended as {press.outcome.end.value}", press)

    def _judge_the_end(self) -> None:
        seen, pan = self.talk.seen, self.profile.pan
        end = Press("the end", self.now)
        if self.camera.moving or self.talk.stopping or seen.moving:
            self._wrong("does not rest", end)
        if pan and seen.pan is not None:
            off_deg = abs(pan.degrees(seen.pan) - self.camera.pan_deg)
            if off_deg > 1 / pan.units_per_degree:
                self._wrong(f"its position is {off_deg:.1f} degrees off", end)
        if self.events.told != ["answered"]:
            self._wrong(f"was lost: {self.events.told}", end)
        if self.talk.refusal is not None:
            self._wrong(f"is said to refuse: {self.talk.refusal.value}", end)

    def _wrong(self, what: str, press: Press) -> None:
        self.report.wrong.append(f"{press.what} at {press.at:.2f} s: {what}")


class _Held(Session):
    """One camera on the first wire of its profile, and a stick that is never still."""

    def moves_per_s(self, lost_part: float) -> float:
        """Hold the stick, every move another; return how many the camera took each second."""
        self.camera.lost_part = lost_part
        moves, end, top = 0, self.now + HOLD_S, self.profile.pan_speed.max
        for n in range(round(HOLD_S / STICK_S)):
            way, speed = (Pan.LEFT, Pan.RIGHT)[n % 2], min(1 + n % 16, top)
            move = Drive(speed, speed, way, Tilt.STILL)
            self.talk.drive({AxisGroup.PAN_TILT: move}, self.now + 0.3, self.now)
            self.wire.heard.clear()
            self.run(min(STICK_S, end - self.now))
            moves += sum(frame[2:8] == _DRIVE for _, frame in self.wire.heard)
        return moves / HOLD_S


def held(name: str) -> Held:
    """Hold a stick for a minute, and again while replies get lost."""
    whole, lossy = (_Held(name, 0).moves_per_s(part) for part in (0.0, HOLD_LOST_PART))
    return Held(whole, lossy)


def play(case: tuple[str, int]) -> Report:
    """Play one session."""
    return Session(*case).play()


def cases(sessions: int) -> Iterator[tuple[str, int]]:
    """Yield what to play: the profiles in turn."""
    known = names()
    for number in range(sessions):
        yield known[number % len(known)], number // len(known)


def played(sessions: int) -> Iterator[Report]:
    """Play that many sessions, on two processors."""
    with ProcessPoolExecutor(2) as pool:
        yield from pool.map(play, cases(sessions), chunksize=20)


def table(reports: Iterable[Report], holds: Mapping[str, Held]) -> str:
    """Return what became of the presses on each profile, and of a held stick, as Markdown."""
    by_name: dict[str, list[Report]] = {}
    for report in reports:
        by_name.setdefault(report.profile, []).append(report)
    rows = [
        "| profile | moves/s | presses | half within | 99 % within | longest | over 1 s | wrong |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in sorted(by_name):
        waits = sorted(wait for report in by_name[name] for wait in report.waits_s)
        half, most = (round(1000 * waits[int(part * (len(waits) - 1))]) for part in (0.5, 0.99))
        late = sum(wait > LIMIT_S for wait in waits)
        wrong = sum(len(report.wrong) for report in by_name[name])
        longest = round(1000 * waits[-1])
        rate = f"{holds[name].lossy:.0f} of {holds[name].whole:.0f}"
        times = (f"{half} ms", f"{most} ms", f"{longest} ms")
        cells = (f"`{name}`", rate, len(waits), *times, late, wrong)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def with_table(page: str, new: str) -> str:
    """Return `page` with what stands between its two marks replaced."""
    before, _, rest = page.partition(MARK)
    _, _, after = rest.partition(MARK)
    return f"{before}{MARK}\n\n{new}\n\n{MARK}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help=f"{SESSIONS} if not said")
    parser.add_argument("--write", action="store_true", help=f"the table into {PAGE.name}")
    asked = parser.parse_args()
    began = time.perf_counter()
    reports = []
    for report in played(asked.sessions):
        reports.append(report)
        for what in report.wrong:
            sys.stdout.write(f"{report.profile} {report.number}: {what}\n")
            sys.stdout.flush()
    waits = [wait for report in reports for wait in report.waits_s]
    wrong = sum(len(report.wrong) for report in reports)
    took_s = time.perf_counter() - began
    sys.stdout.write(
        f"{len(reports)} sessions, {len(waits)} presses, the longest wait {max(waits):.2f} s, "
        f"{wrong} wrong, {took_s:.0f} s\n"
    )
    if asked.write:
        with ProcessPoolExecutor(2) as pool:
            holds = dict(zip(names(), pool.map(held, names()), strict=True))
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(with_table(page, table(reports, holds)), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
