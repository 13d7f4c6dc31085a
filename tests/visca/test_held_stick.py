"""A stick that is held on and on while replies get lost, on a camera that shares no code with us.

The camera (`foreign`) is written from the manuals alone. Every move differs, 125 times a second, so
that each has to be written; the time is invented. The suite tries some of the cases, `make fuzz`
all.
"""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from roomctl.camera.profile import shipped
from roomctl.camera.visca import connection
from roomctl.visca.bus import Bus
from roomctl.visca.ip import OverIp
from roomctl.visca.message import Drive, Pan, Tilt
from roomctl.visca.request import AxisGroup
from roomctl.wire import Machine, Virtual
from tests.examples import examples, some
from tests.visca.foreign import ACK, CYCLE_S, DONE, DRIVE, ForeignIp, ForeignLine, Lose, Reply
from tests.visca.rig import Heard

pytestmark = pytest.mark.hypothesis
HOLD_S, STICK_S = 20.0, 1 / 125
Far = Callable[[], ForeignLine]
WIRES: dict[str, Far] = {
    "9600": lambda: ForeignLine(baud=9600),
    "38400": lambda: ForeignLine(baud=38400),
    "raw": lambda: ForeignLine(baud=None),
    "ip": ForeignIp,
}


class Stick(Virtual):
    """Cameras on a wire, and one hand that pushes each of them to and fro."""

    def __init__(self, far: ForeignLine, profile: str | None = None) -> None:
        self.line = far
        fixed = shipped()[profile] if profile else None
        self.talks = [
            connection(f"camera{each.address}", each.address, Heard(), fixed)
            for each in far.cameras
        ]
        bus = Bus(self.talks, far.baud)
        near: Machine = OverIp(bus) if isinstance(far, ForeignIp) else bus
        super().__init__(near, far)
        self.run(2.0)

    def push(self, seconds: float) -> None:
        end = self.now + seconds
        for n in range(round(seconds / STICK_S)):
            move = Drive(1 + n % 23, 1 + n % 19, (Pan.LEFT, Pan.RIGHT)[n % 2], Tilt.UP)
            for talk in self.talks:
                talk.drive({AxisGroup.PAN_TILT: move}, self.now + 0.3, self.now)
            self.run(min(STICK_S, max(0.0, end - self.now)))

    def let_go(self) -> None:
        for talk in self.talks:
            talk.stop(self.now)
        self.settle()

    def rate(self, seconds: float = HOLD_S) -> float:
        """Push, and return how many moves a second the slowest camera took."""
        before = [len(each.moves) for each in self.line.cameras]
        self.push(seconds)
        taken = [len(each.moves) for each in self.line.cameras]
        return min(now - then for now, then in zip(taken, before, strict=True)) / seconds


def numbered(kind: int, *which: int) -> Lose:
    """Lose these of all replies of one kind to drives, counted from 1."""
    count = 0

    def lose(reply: Reply) -> bool:
        nonlocal count
        count += (is_one := reply.kind == kind and reply.about.startswith(DRIVE))
        return is_one and count in which

    return lose


def each_of(*losses: Lose) -> Lose:
    return lambda reply: sum(lose(reply) for lose in losses) > 0


def part(of_all: float, seed: int = 1) -> Lose:
    chance = Random(seed)
    return lambda _: chance.random() < of_all


LOSSES: dict[str, Callable[[], Lose]] = {
    "one ACK": lambda: numbered(ACK, 40),
    "one completion": lambda: numbered(DONE, 40),
    "both of one move": lambda: each_of(numbered(ACK, 40), numbered(DONE, 40)),
    "three ACKs in turn": lambda: numbered(ACK, 40, 41, 42),
    "three completions": lambda: numbered(DONE, 40, 500, 900),
    "five completions in turn": lambda: numbered(DONE, 40, 41, 42, 43, 44),
}


@pytest.mark.parametrize(("wire", "loss"), some([*product(WIRES, LOSSES)], 7))
def test_a_few_lost_replies_slow_a_held_stick_for_a_moment_only(wire: str, loss: str) -> None:
    stick = Stick(WIRES[wire]())
    stick.line.lose = LOSSES[loss]()
    assert stick.rate() > 45
    assert stick.line.lost


BARS = ((0.01, 45), (0.03, 35))  # lost of all replies; moves a second at least


@pytest.mark.parametrize(
    ("wire", "of_all", "least", "seed"),
    some([(wire, *bar, seed) for wire, bar, seed in product(WIRES, BARS, (1, 2))], 7),
)
def test_a_held_stick_moves_a_camera_although_replies_get_lost_on_and_on(
    wire: str, of_all: float, least: float, seed: int
) -> None:
    stick = Stick(WIRES[wire]())
    stick.line.lose = part(of_all, seed)
    assert stick.rate() > least
    assert stick.line.camera.deepest <= 4  # nothing piles up in it, that a stop would wait for


@pytest.mark.parametrize(
    ("profile", "loss"), some([*product(["generic", "vaddio_roboshot"], LOSSES)], 7)
)
def test_a_camera_that_is_told_one_thing_at_a_time_keeps_its_rate(profile: str, loss: str) -> None:
    whole, lossy = (Stick(ForeignLine(baud=38400), profile) for _ in range(2))
    lossy.line.lose = LOSSES[loss]()
    assert lossy.rate() > 0.9 * whole.rate()


def test_replies_that_one_camera_loses_slow_no_camera_of_its_chain() -> None:
    whole, lossy = (Stick(ForeignLine(2, 38400)) for _ in range(2))
    first = part(0.01)
    lossy.line.lose = lambda reply: reply.camera.address == 1 and first(reply)
    hold_s = examples(round(HOLD_S), 5)
    assert lossy.rate(hold_s) > 0.9 * whole.rate(hold_s)


# The end of the hold: a camera that was let go stands.


@pytest.mark.parametrize(("wire", "seed"), some([*product(WIRES, range(20))], 9))
def test_a_stop_that_gets_lost_is_repeated_until_acknowledged_whatever_got_lost_before(
    wire: str, seed: int
) -> None:
    stick = Stick(WIRES[wire]())
    stick.line.lose = part(0.3, seed)
    stick.push(1.0 + seed * 0.013)
    stops = 0

    def deaf(message: bytes) -> bool:
        nonlocal stops
        stops += (is_stop := message.startswith(DRIVE) and message.endswith(b"\3\3"))
        return is_stop and stops <= 2

    stick.line.deaf = deaf
    stick.let_go()
    stick.run(0.05)
    stick.line.lose = lambda _: False
    stick.run(1.5)
    assert not stick.line.camera.moving
    assert not stick.talks[0].stopping


@pytest.mark.parametrize("wire", WIRES)
def test_a_lost_ack_of_the_last_move_is_not_made_up_for_by_that_of_the_stop(wire: str) -> None:
    """Were the stop taken for acknowledged by another's ACK, the camera would run away."""
    stick = Stick(WIRES[wire]())
    stick.push(1.0)
    stick.line.lose = numbered(ACK, 1)
    stick.push(0.05)
    assert stick.line.lost
    stick.line.deaf = lambda message: message.endswith(b"\3\3")
    stick.let_go()
    stick.run(0.3)
    assert stick.talks[0].stopping
    stick.line.deaf = lambda _: False
    stick.run(1.0)
    assert not stick.line.camera.moving


@pytest.mark.parametrize("wire", ["9600", "raw"])
def test_acks_that_come_late_are_no_licence_to_fill_the_camera(wire: str) -> None:
    """A camera that stands still for a second says all at once afterwards."""
    stick = Stick(WIRES[wire]())
    stick.push(1.0)
    stick.line.camera.rests_until = stick.now + 1.0
    stick.push(3.0)
    lying = stick.line.camera.lying
    assert lying <= 2
    let_go = stick.now
    stick.let_go()
    stick.run(1.0)
    assert stick.line.camera.stops[-1] - let_go < 6 * CYCLE_S
