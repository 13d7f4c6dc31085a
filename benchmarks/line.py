"""One camera on a slow wire, in invented time: how many moves get through, how soon it stops.

The bytes, the camera's video cycle and every wait are exact and the same in every run: no machine
and no load changes these figures, only the conversation does. They stand beside what the wire and
the camera allow: a camera takes one message per video cycle, and a message is answered before
the next one is sent.
"""

from __future__ import annotations

import random
from statistics import mean

from benchmarks.report import Figure, quantile
from roomctl.camera.profile import CameraProfile, shipped
from roomctl.camera.visca import connection
from roomctl.visca.bus import Bus
from roomctl.visca.message import Drive, Pan, Preset, PresetAction, Tilt
from roomctl.visca.request import AxisGroup, Request
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Chunk, Virtual

MODEL = "sony_srg300h"
CANCELLED = "sony_evi_hd7v"  # refuses a stop while it recalls, until the recall is cancelled
LONE = "generic"  # one command at a time, no Cancel
JOYSTICK_S = 1 / 125  # how often a USB joystick reports
PANEL_S = 1 / 10  # how often a panel renews a press
DRIVE_S, LOST_PART = 60.0, 0.01
STOPS = 1500
DRIVE_BYTES, ACK_BYTES, POSITION_BYTES = 9, 3, 11
LEASE_S = 0.3
RECALLS = 60
RECALL_LIMIT_MS = 250.0
ADAPTER_S = 0.016  # an FTDI adapter holds answers back for that long unless told otherwise
_START_S = 2.0  # the line is numbered and the camera read before anything is measured
_NO_CYCLE_S = 1e-6


def figures() -> list[Figure]:
    """Drive and stop one camera at the speeds that cameras have switches for."""
    cycle = 1 / shipped()[MODEL].timing.cycle_s
    found = [_drives(baud, cycle) for baud in (9600, 38400)]
    found.append(_drives(9600, None))
    found.append(_drives(9600, cycle, LOST_PART))
    found += [_positions("joystick", JOYSTICK_S), _positions("panel", PANEL_S)]
    for hand, every_s in (("joystick", JOYSTICK_S), ("panel", PANEL_S)):
        for baud in (9600, 38400, 115200):
            found += _stops(baud, hand, every_s)
    found += [_stop_in_recall(model) for model in (MODEL, CANCELLED, LONE)]
    found.append(_stop_late_adapter())
    return found


class Quiet:
    """Nobody wants to know what happens to the camera."""

    def answered(self) -> None: ...
    def silent(self, detail: str) -> None: ...
    def changed(self) -> None: ...


class Counting(SimLine):
    """A line that counts the moves its camera hears, what it refuses and how often it is read."""

    def __init__(self, camera: SimCamera, baud: int) -> None:
        super().__init__([camera], baud)
        self.moves = self.refusals = self.positions = 0

    def receive(self, chunk: Chunk) -> None:
        super().receive(chunk)
        if chunk.data[1:4] == b"\x01\x06\x01" and chunk.data[6:8] != b"\x03\x03":
            self.moves += 1

    def outbox(self, now: float) -> bytes | None:
        reply = super().outbox(now)
        if reply is not None and reply[1] & 0xF0 == 0x60:
            self.refusals += 1
        elif reply is not None and len(reply) == POSITION_BYTES:
            self.positions += 1
        return reply


class Joystick(Virtual):
    """A hand on a joystick that never rests, and a camera that follows."""

    def __init__(self, profile: CameraProfile, baud: int, chance: random.Random) -> None:
        self.camera, self.chance = SimCamera(profile), chance
        self.talk = connection("front", 1, Quiet(), profile)
        self.wire = Counting(self.camera, baud)
        super().__init__(Bus([self.talk], baud), self.wire)
        self.run(_START_S)

    def push(self, seconds: float, every_s: float = JOYSTICK_S) -> None:
        """Drive for `seconds`, another speed every `every_s`; the hand is still there then."""
        end = self.now + seconds
        while self.now < end:
            way = self.chance.choice((Pan.LEFT, Pan.RIGHT))
            move = Drive(self.chance.randint(1, 0x18), self.chance.randint(1, 0x14), way, Tilt.UP)
            self.talk.drive({AxisGroup.PAN_TILT: move}, self.now + LEASE_S, self.now)
            self.run(min(every_s, end - self.now))

    def stop_s(self) -> float:
        """Let go now; return after how many seconds the camera stops."""
        let_go = self.now
        self.talk.stop(let_go)
        self.run(0.5)
        stopped = self.camera.stopped_at
        if stopped is None or stopped < let_go:
            raise RuntimeError("the camera did not stop within 0.5 s")
        return stopped - let_go


def _drives(baud: int, cycles_per_s: float | None, lost_part: float = 0.0) -> Figure:
    """Count the moves of a minute; None: a camera that takes a message whenever one comes.

    `lost_part`: the part of its replies that gets lost.
    """
    profile = shipped()[MODEL]
    if cycles_per_s is None:
        timing = profile.timing.model_copy(update={"cycle_s": _NO_CYCLE_S})
        profile = profile.model_copy(update={"timing": timing})
    joystick = Joystick(profile, baud, random.Random(1))
    joystick.camera.lost_part = lost_part
    joystick.push(DRIVE_S)
    gated = baud / 10 / (DRIVE_BYTES + ACK_BYTES)
    limit = min(gated, cycles_per_s or gated, 1 / JOYSTICK_S)
    taken = (joystick.wire.moves - joystick.wire.refusals) / DRIVE_S
    camera = "60 Hz camera" if cycles_per_s else "camera without cycle"
    camera += f", {lost_part:.0%} of replies lost" if lost_part else ""
    means = "moves taken while a joystick reports 125 other speeds a second"
    return Figure(f"drives, {baud} baud, {camera}", taken, "/s", limit, "/s, limit", means)


def _positions(hand: str, every_s: float) -> Figure:
    """Count how often the camera is read while it is driven."""
    profile = shipped()[MODEL]
    joystick = Joystick(profile, 9600, random.Random(1))
    before = joystick.wire.positions
    joystick.push(DRIVE_S, every_s)
    return Figure(
        f"position read, 9600 baud, {hand}",
        (joystick.wire.positions - before) / DRIVE_S,
        "/s",
        1 / profile.timing.moving_poll_s,
        "/s, wanted",
        f"while {1 / every_s:.0f} moves a second are asked for; moves go first",
    )


def _stops(baud: int, hand: str, every_s: float) -> list[Figure]:
    """Let go at random moments; the last stop is over and the camera moves again each time."""
    chance = random.Random(2)
    joystick = Joystick(shipped()[MODEL], baud, chance)
    waits = []
    for _ in range(STOPS):
        joystick.push(chance.uniform(0.1, 0.7), every_s)
        waits.append(1000 * joystick.stop_s())
    air_ms = 1000 * DRIVE_BYTES * 10 / baud
    cycle_ms = 1000 * shipped()[MODEL].timing.cycle_s
    least = air_ms + cycle_ms / 2  # nothing is ahead of it, on the wire or in the camera
    most = air_ms + 2 * cycle_ms  # a move is ahead of it, and has just missed a cycle
    return [
        Figure(
            f"stop, {hand}, {baud} baud, mean",
            mean(waits),
            "ms",
            least,
            "ms, idle line's mean",
            f"from letting go to the camera's halt, {STOPS} random moments of a drive",
        ),
        Figure(f"stop, {hand}, {baud} baud, p99", quantile(waits, 0.99), "ms", most, "ms, bound"),
        Figure(f"stop, {hand}, {baud} baud, max", max(waits), "ms", most, "ms, bound"),
    ]


def _stop_in_recall(model: str) -> Figure:
    """Stop at random moments of a long recall, which holds a socket of the camera."""
    chance, waits = random.Random(4), []
    joystick = Joystick(shipped()[model], 9600, chance)
    for turn in range(RECALLS):
        joystick.camera.presets[0] = ((-160.0, 160.0)[turn % 2], 10.0, 0x1000)
        recall = Request(Preset(PresetAction.RECALL, 0), lambda _: None)
        joystick.talk.submit(recall, joystick.now)
        joystick.run(chance.uniform(0.1, 0.9))
        waits.append(1000 * joystick.stop_s())
        joystick.run(1.0)
    means = f"{RECALLS} random moments of a recall; mean {mean(waits):.0f} ms"
    name = f"stop in a recall, {model}, 9600 baud, max"
    return Figure(name, max(waits), "ms", RECALL_LIMIT_MS, "ms, wanted", means)


def _stop_late_adapter() -> Figure:
    """Let go with an adapter whose answers come in lumps, so that no cycle is seen."""
    chance = random.Random(2)
    joystick = Joystick(shipped()[MODEL], 38400, chance)
    joystick.wire.merge_s = ADAPTER_S
    waits = []
    for _ in range(STOPS // 3):
        joystick.push(chance.uniform(0.1, 0.7))
        waits.append(1000 * joystick.stop_s())
    air_ms, cycle_ms = 1000 * DRIVE_BYTES * 10 / 38400, 1000 * shipped()[MODEL].timing.cycle_s
    return Figure(
        "stop, joystick, 38400 baud, 16 ms adapter, max",
        max(waits),
        "ms",
        air_ms + 2 * cycle_ms,
        "ms, bound",
        f"mean {mean(waits):.0f} ms; with low latency set, as roomctl does, see above",
    )
