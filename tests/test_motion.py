"""The engine of motion alone: whatever comes, what was told to drive is told to stop.

A camera takes messages in any order, late, or never; a hand presses, lets go, and sends it to
places. What the engine believes is compared with what the camera does.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from roomctl.motion import (
    AxisMotion,
    CommandSequence,
    LookPolicy,
    MoveRefusal,
    Outcome,
    PolledMotion,
    RequestEnd,
    StopPolicy,
)
from tests.examples import examples

AXES = ("head", "lens")
STILL = 0  # what a stop makes of an axis; a drive is a number of its own
LIMIT_S = 30.0
LOOK = LookPolicy(0.1, 5.0, limit_s=LIMIT_S, looks=2, stands_s=0.5, elsewhere_s=1.5)
PROVEN = StopPolicy(0.1, 0.4, ramp_s=0.6, most=3)
BELIEVED = StopPolicy(0.1, 0.4)
STOP_FIRST = StopPolicy(0.1, 0.4, first=True)
POLICIES = (PROVEN, BELIEVED, STOP_FIRST)

Commands = CommandSequence[str]
Engine = PolledMotion[str, int, Commands]
axes = st.sampled_from(AXES)


@dataclass
class Sent:
    """A message on its way: a drive, or a stop with its place among the drives."""

    axis: str
    drive: int
    place: int | None = None
    arrived: bool = False
    refused: bool = False


@dataclass
class Hand:
    """What a person wants of an axis; `drive` None: that it stands still."""

    drive: int | None = None
    until: float = 0.0


class Camera(RuleBasedStateMachine):
    """An engine, a camera that it cannot see, and everything that may happen between them."""

    @initialize(policy=st.sampled_from(POLICIES), retries=st.booleans())
    def begin(self, policy: StopPolicy, retries: bool) -> None:
        self.engine: Engine = PolledMotion(policy, LOOK, AXES)
        self.retries = retries
        self.now = 0.0
        self.drives = dict.fromkeys(AXES, STILL)  # what the camera does
        self.hands = {name: Hand() for name in AXES}
        self.under_way: list[Sent] = []
        self.numbers = 0
        self.ends: list[list[Outcome]] = []

    # A hand.

    @rule(which=st.sets(axes, min_size=1), lease_s=st.sampled_from((0.05, 0.3, 5.0)))
    def press(self, which: set[str], lease_s: float) -> None:
        self.numbers += 1
        until = self.now + lease_s
        for name in AXES:
            self.hands[name] = Hand(self.numbers, until) if name in which else Hand()
        self.engine.drive(dict.fromkeys(which, self.numbers), until, self.now)

    @rule()
    def renew(self) -> None:
        held = {name: hand.drive for name, hand in self.hands.items() if self.wanted(name)}
        if held:
            self.engine.drive(held, self.now + 0.3, self.now)
            for name in held:
                self.hands[name].until = self.now + 0.3

    @rule(also=st.sets(axes))
    def let_go(self, also: set[str]) -> None:
        self.engine.stop(self.now, also)
        self.hands = {name: Hand() for name in AXES}

    @rule(moves=st.booleans())
    def submit(self, moves: bool) -> None:
        ended: list[Outcome] = []
        self.ends.append(ended)
        self.engine.submit(CommandSequence(("go",), ended.append, moves), self.now)
        if moves:
            self.hands = {name: Hand() for name in AXES}

    @rule(seconds=st.sampled_from((0.01, 0.1, 0.5, 2.0)))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.engine.tick(self.now)

    # The line.

    @rule()
    def write(self) -> None:
        """Write what is due, as every protocol does: stops, then drives, then requests."""
        if due := self.engine.stops_due(self.now):
            axis = due[0]
            self.under_way.append(Sent(axis.name, STILL, axis.place))
            axis.stop_written(self.now)
            return
        for axis in self.engine.axes.values():
            if axis.waits(self.now) and not axis.unanswered:
                assert axis.requested == self.hands[axis.name].drive, "an older move overtook"
                self.under_way.append(Sent(axis.name, axis.requested))
                axis.drive_written(axis.requested)
                return
        for request in [] if self.engine.stopping else self.engine.waiting:
            request.written(self.now)
            self.engine.set_off(request, AXES if request.moves else (), self.now)
            request.answered_at = self.now
            if not request.moves:
                self.engine.end(request, Outcome(RequestEnd.DONE))
            return

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), refuses=st.booleans())
    def arrive(self, data: st.DataObject, refuses: bool) -> None:
        """One of the messages reaches the camera, whichever was written first."""
        message = data.draw(st.sampled_from(self.under_way))
        if not message.arrived:
            message.arrived = True
            message.refused = refuses and message.drive != STILL
            if not message.refused:
                self.drives[message.axis] = message.drive

    @precondition(lambda self: any(message.arrived for message in self.under_way))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from([m for m in self.under_way if m.arrived]))
        self.under_way.remove(message)
        axis = self.engine.axes[message.axis]
        if message.drive == STILL:
            if axis.counts(message.place):
                axis.stopped(self.now)
        elif message.refused:
            axis.drive_refused(message.drive, self.now + 0.06 if self.retries else None)
        else:
            axis.drive_taken()

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """A message does not reach the camera, or its answer gets lost."""
        message = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(message)
        if message.drive != STILL:
            self.engine.axes[message.axis].drive_lost(message.drive)

    @rule(stands=st.booleans())
    def look(self, stands: bool) -> None:
        for axis in self.engine.axes.values():
            axis.seen(self.now, stands=stands, moved_at=-1.0 if stands else self.now)
        self.engine.looked(self.now, there=None, looks=2 * stands, changed_at=0.0)

    # What must hold.

    def wanted(self, name: str) -> bool:
        hand = self.hands[name]
        return hand.drive is not None and self.now < hand.until

    def may_move(self, name: str) -> bool:
        """Whether the camera moves an axis, or will once it hears what is on its way."""
        return bool(self.drives[name]) or any(
            each.drive and not each.arrived for each in self.under_way if each.axis == name
        )

    @invariant()
    def a_stop_is_owed_to_whatever_moves_and_nobody_drives(self) -> None:
        self.engine.tick(self.now)
        for name, axis in self.engine.axes.items():
            if self.may_move(name) and not self.wanted(name):
                assert axis.stop_owed, f"{name} is not stopped"
                assert axis.stop_at <= self.now + 0.4, "the stop waits for ever"

    @invariant()
    def what_may_move_is_said_to_move(self) -> None:
        assert self.engine.moving or not any(map(self.may_move, AXES))

    @invariant()
    def every_request_ends_once_and_one_move_at_most_is_under_way(self) -> None:
        waiting = [ended for ended in self.ends if not ended]
        here = [self.engine.move] if self.engine.move else []
        assert len(waiting) == len([*here, *self.engine.settings])
        assert all(len(ended) <= 1 for ended in self.ends)

    def teardown(self) -> None:
        """The hand lets go and the line is whole again: the camera comes to a stop."""
        if not hasattr(self, "engine"):
            return
        self.engine.stop(self.now, AXES)
        for message in self.under_way:
            if message.drive != STILL:
                self.engine.axes[message.axis].drive_lost(message.drive)
        for _ in range(20):
            for axis in self.engine.stops_due(self.now):
                self.drives[axis.name] = STILL
                place = axis.place
                axis.stop_written(self.now)
                if axis.counts(place):
                    axis.stopped(self.now)
            self.now += 0.4
        assert not self.engine.stopping
        assert not any(self.drives.values())
        self.engine.give_up()
        assert all(len(ended) == 1 for ended in self.ends)


def test_whatever_comes_what_was_told_to_drive_is_told_to_stop() -> None:
    terms = settings(max_examples=examples(3000), stateful_step_count=40, deadline=None)
    run_state_machine_as_test(Camera, settings=terms)


def engine(policy: StopPolicy = PROVEN) -> tuple[Engine, AxisMotion[str, int]]:
    motion: Engine = PolledMotion(policy, LOOK, AXES)
    return motion, motion.axes["head"]


def take(axis: AxisMotion[str, int], drive: int) -> None:
    axis.drive(drive)
    axis.drive_written(drive)
    axis.drive_taken()


def stop(axis: AxisMotion[str, int], now: float) -> None:
    place = axis.place
    axis.stop_written(now)
    assert axis.counts(place)
    axis.stopped(now)


def test_a_refused_drive_leaves_the_one_before_running_until_its_lease_ends() -> None:
    motion, head = engine()
    motion.drive({"head": 1}, 0.3, 0.0)
    take(head, 1)
    motion.drive({"head": 2}, 0.4, 0.1)
    head.drive_written(2)
    head.drive_refused(2, None)
    motion.tick(0.4)
    assert [axis.name for axis in motion.stops_due(0.4)] == ["head"]


def test_a_late_answer_to_an_earlier_stop_does_not_count_for_a_later_drive() -> None:
    motion, head = engine()
    take(head, 1)
    motion.stop(0.0, ())
    early = head.place
    head.stop_written(0.0)
    take(head, 2)
    motion.stop(0.1, ())
    assert not head.counts(early)
    assert head.counts(head.place)


def test_a_stop_is_written_again_less_and_less_often_until_it_is_taken() -> None:
    motion, head = engine()
    take(head, 1)
    motion.stop(0.0, ())
    written = []
    while head.stop_at < 2.0:
        written.append(round(head.stop_at, 3))
        head.stop_written(head.stop_at)
    assert written == [0.0, 0.1, 0.3, 0.7, 1.1, 1.5, 1.9]
    head.stopped(2.0)
    assert motion.stops_due(9.0) == []


def test_what_goes_on_after_a_stop_is_stopped_again_a_few_times_and_then_told_of() -> None:
    motion, head = engine()
    take(head, 1)
    motion.stop(0.0, ())
    now, stops = 0.0, 0
    while motion.refusal is None:
        stop(head, now)
        now, stops = now + 1.0, stops + 1
        head.seen(now, stands=False, moved_at=now)
    assert (motion.refusal, stops) == (MoveRefusal.STILL_MOVES, 1 + PROVEN.most)
    head.seen(now, stands=True, moved_at=now)
    assert motion.refusal is None


def test_a_newer_drive_waits_for_the_stop_only_where_the_protocol_wants_that() -> None:
    for policy, waits in ((STOP_FIRST, False), (PROVEN, True)):
        motion, head = engine(policy)
        motion.stop(0.0, AXES)
        motion.drive({"head": 1}, 0.3, 0.0)
        assert (head.waits(0.0), head.stop_owed) == (waits, not waits)


def test_what_a_replaced_move_sent_off_is_stopped_by_the_next_drive_of_another_axis() -> None:
    motion, head = engine()
    ended: list[Outcome] = []
    move: Commands = CommandSequence(("go",), ended.append, True)
    motion.submit(move, 0.0)
    move.written(0.0)
    motion.set_off(move, AXES, 0.0)
    motion.drive({"lens": 1}, 1.0, 0.1)
    assert [outcome.end for outcome in ended] == [RequestEnd.REPLACED]
    assert [axis.name for axis in motion.stops_due(0.1)] == ["head"]
    assert head.running


def test_a_move_that_is_written_just_as_somebody_stops_it_is_stopped() -> None:
    motion, head = engine()
    move: Commands = CommandSequence(("go",), lambda _: None, True)
    motion.submit(move, 0.0)
    motion.stop(0.0, ())
    assert not head.stop_owed
    move.written(0.0)
    motion.set_off(move, ("head",), 0.0)
    assert motion.stops_due(0.0) == [head]


def test_a_move_that_does_not_end_is_given_up_and_its_axes_are_still_known_to_travel() -> None:
    motion, head = engine()
    ended: list[Outcome] = []
    move: Commands = CommandSequence(("go",), ended.append, True)
    motion.submit(move, 0.0)
    move.written(1.0)
    motion.set_off(move, ("head",), 1.0)
    assert motion.due() == [1.0 + LIMIT_S]
    motion.tick(1.0 + LIMIT_S)
    assert [(outcome.end, outcome.after_s) for outcome in ended] == [(RequestEnd.NO_REPLY, LIMIT_S)]
    motion.stop(40.0, ())
    assert motion.stops_due(40.0) == [head]


def test_a_move_ends_where_it_was_sent_or_is_refused_where_it_was_not() -> None:
    for there, looks, still_s, end in (
        (None, 2, 0.5, RequestEnd.DONE),
        (None, 2, 0.4, None),
        (None, 1, 9.0, None),
        (True, 1, 0.0, RequestEnd.DONE),
        (True, 0, 9.0, None),
        (False, 2, 1.4, None),
        (False, 2, 1.5, RequestEnd.REFUSED),
    ):
        motion, head = engine()
        ended: list[Outcome] = []
        move: Commands = CommandSequence(("go",), ended.append, True)
        motion.submit(move, 0.0)
        motion.set_off(move, ("head",), 0.0)
        move.answered_at = 0.0
        motion.looked(1.0 + still_s, there=there, looks=looks, changed_at=1.0)
        assert [outcome.end for outcome in ended] == ([] if end is None else [end])
        assert (head.sent_by is None) == (end is not None)


def test_a_lost_drive_is_written_again_unless_a_newer_one_was() -> None:
    motion, head = engine()
    motion.drive({"head": 1}, 9.0, 0.0)
    head.drive_written(1)
    assert not head.waits(0.0)
    head.drive_lost(1, again_at=0.2)
    assert (head.waits(0.1), head.waits(0.2)) == (False, True)
    head.drive_written(1)
    motion.drive({"head": 2}, 9.0, 0.2)
    head.drive_written(2)
    head.drive_lost(1)
    assert not head.waits(0.3)


def test_a_stop_that_is_asked_for_again_and_again_is_not_written_more_often() -> None:
    motion, head = engine()
    motion.stop(0.0, AXES)
    head.stop_written(0.0)
    motion.stop(0.05, AXES)
    assert (head.stop_at, head.stop_since) == (0.1, 0.0)


def test_what_a_camera_turns_out_not_to_have_is_not_stopped_and_does_not_move() -> None:
    motion, head = engine()
    take(head, 1)
    head.there = False
    motion.stop(0.0, AXES)
    assert not head.stop_owed
    assert not head.driven


def test_what_is_known_to_run_is_stopped_first_and_moves_until_it_is_seen_to_stand() -> None:
    motion, _ = engine()
    take(motion.axes["lens"], 1)
    motion.stop(0.0, AXES)
    assert [axis.name for axis in motion.stops_due(0.0)] == ["lens", "head"]
    for axis in motion.stops_due(0.0):
        stop(axis, 0.0)
    assert motion.moving
    for axis in motion.axes.values():
        axis.seen(0.5, stands=True, moved_at=0.0)
    assert not motion.moving


def test_what_travels_to_a_place_is_not_taken_for_what_did_not_stop() -> None:
    motion, head = engine()
    take(head, 1)
    motion.stop(0.0, ())
    stop(head, 0.0)
    move: Commands = CommandSequence(("go",), lambda _: None, True)
    motion.submit(move, 0.1)
    motion.set_off(move, ("head",), 0.1)
    assert not head.seen(2.0, stands=True, moved_at=0.0)  # it has not begun to move
    assert not head.seen(3.0, stands=False, moved_at=3.0)
    assert not head.stop_owed
    assert head.sent_by is move


def test_a_drive_that_a_stop_came_before_is_written_again_when_it_is_asked_for_again() -> None:
    """The port was still writing it when somebody let go."""
    motion, head = engine()
    motion.drive({"head": 1}, 1.0, 0.0)
    motion.stop(0.0, ())
    head.drive_written(1)
    head.drive_taken()
    stop(head, 0.1)
    motion.drive({"head": 1}, 1.0, 0.2)
    assert head.waits(0.2)
