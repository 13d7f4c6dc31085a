"""Sticks and buttons: what is told while one is held, in invented time, on recorded frames."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.controller.steering import (
    BEAT_S,
    HOME,
    SILENT_S,
    CameraTurned,
    PresetPressed,
    Steering,
    StickPushed,
    StickReleased,
)
from roomctl.wire import Chunk

X, Y, Z, RX, RY, RZ, HAT_X, HAT_Y = 0, 1, 2, 3, 4, 5, 0x10, 0x11
FULL = 32767
GAMEPAD = (X, Y, Z, RX, RY, RZ, HAT_X, HAT_Y)
TRIGGERS = {Z: -1.0, RZ: -1.0}  # at rest


def frame(kind: int, code: int, value: float) -> bytes:
    return struct.pack("<HHi", kind, code, round(value * FULL) if kind == 3 else int(value))


@dataclass
class Hand:
    """A hand on a controller, and all that was told of it."""

    told: list[object] = field(default_factory=list)
    now: float = 100.0

    def __post_init__(self) -> None:
        number = itertools.count(1)
        self.steering = Steering("pad", self.told.append, lambda: f"hold {next(number)}")

    def plug(self, *axes: int, **at: float) -> Hand:
        values = TRIGGERS if RX in axes else {}
        told = b"".join(frame(3, axis, values.get(axis, 0.0)) for axis in axes)
        self.steering.receive(Chunk(frame(0, 3, 0) + told, self.now))
        return self

    def move(self, **axes: float) -> None:
        frames = b"".join(frame(3, globals()[name], value) for name, value in axes.items())
        self.steering.receive(Chunk(frames, self.now))

    def press(self, code: int) -> None:
        frames = frame(1, code, 1) + frame(1, code, 0)
        self.steering.receive(Chunk(frames, self.now))

    def wait(self, s: float) -> None:
        end = self.now + s
        while (due := self.steering.due()) is not None and due <= end:
            self.now = due
            self.steering.tick(due)
        self.now = end

    @property
    def pushes(self) -> list[tuple[float, float, float]]:
        return [one.push for one in self.told if isinstance(one, StickPushed)]


def pad() -> Hand:
    return Hand().plug(*GAMEPAD)


def test_a_controller_at_rest_tells_nothing() -> None:
    hand = pad()
    hand.wait(60)
    assert hand.told == []


def test_a_stick_that_is_held_beats_until_it_is_let_go() -> None:
    hand = pad()
    hand.move(X=1.0)
    hand.wait(1.05)
    hand.move(X=0.05)
    hand.wait(60)
    assert [type(one) for one in hand.told] == [*[StickPushed] * 11, StickReleased]
    pushed = [one for one in hand.told if isinstance(one, StickPushed)]
    assert [one.seq for one in pushed] == list(range(1, 12))
    assert {one.hold for one in pushed} == {"hold 1"}
    assert set(hand.pushes) == {(1.0, 0.0, 0.0)}


@pytest.mark.parametrize(
    ("stick", "push"),
    [
        ({"X": -1.0}, (-1.0, 0.0, 0.0)),
        ({"Y": -1.0}, (0.0, 1.0, 0.0)),
        ({"RY": -1.0}, (0.0, 0.0, 1.0)),
        ({"HAT_X": 1.0}, (0.3, 0.0, 0.0)),
        ({"HAT_Y": 1.0}, (0.0, -0.3, 0.0)),
        ({"X": 0.14}, None),
        ({"X": 0.575}, (0.5, 0.0, 0.0)),
        ({"X": 0.575, "Y": 0.575}, (0.5, -0.5, 0.0)),
        ({"RZ": 1.0, "Z": 1.0}, None),  # the triggers of a gamepad with two sticks
    ],
)
def test_each_stick_moves_what_it_should_as_fast_as_it_is_held(
    stick: dict[str, float], push: tuple[float, float, float] | None
) -> None:
    hand = pad()
    hand.move(**stick)
    assert hand.pushes == ([push] if push is not None else [])


def test_an_old_pad_zooms_by_its_right_stick_and_a_joystick_by_its_twist() -> None:
    old = Hand().plug(X, Y, Z, RZ)
    old.move(RZ=-1.0)
    assert old.pushes == [(0.0, 0.0, 1.0)]
    joystick = Hand().plug(X, Y, RZ)
    joystick.move(RZ=1.0)
    assert joystick.pushes == [(0.0, 0.0, 1.0)]


def test_an_axis_that_ends_is_told_at_once_while_another_is_held() -> None:
    hand = pad()
    hand.move(X=1.0, RY=-1.0)
    hand.move(X=0.0)
    assert hand.pushes == [(1.0, 0.0, 1.0), (0.0, 0.0, 1.0)]


def test_a_stick_that_is_stuck_when_it_is_plugged_in_moves_nothing_until_it_has_rested() -> None:
    hand = Hand()
    hand.steering.receive(Chunk(frame(0, 3, 0) + frame(3, X, 0.8) + frame(3, Y, 0.0), 100.0))
    hand.move(X=0.9)
    hand.wait(5)
    assert hand.told == []
    hand.move(X=0.0)
    hand.move(X=0.9)
    assert len(hand.pushes) == 1


def test_a_pad_that_has_gone_silent_lets_go_until_its_stick_has_rested() -> None:
    hand = pad()
    hand.move(X=1.0)
    hand.wait(SILENT_S + 1)
    assert isinstance(hand.told[-1], StickReleased)
    assert len(hand.pushes) <= SILENT_S / BEAT_S + 1
    hand.move(X=0.9)  # back in reach
    hand.wait(1)
    assert isinstance(hand.told[-1], StickReleased)


def test_a_stick_that_has_rested_for_long_moves_at_once() -> None:
    hand = pad()
    hand.wait(3600)
    hand.move(X=1.0)
    assert len(hand.pushes) == 1


def test_events_that_were_lost_end_the_hold() -> None:
    hand = pad()
    hand.move(X=1.0)
    hand.plug(*GAMEPAD)
    assert isinstance(hand.told[-1], StickReleased)


def test_a_port_that_goes_away_ends_the_hold_once() -> None:
    hand = pad()
    hand.move(X=1.0)
    hand.steering.release()
    hand.steering.release()
    hand.wait(10)
    assert hand.told[1:] == [StickReleased("pad", "hold 1")]


@pytest.mark.parametrize(
    ("code", "preset"), [(0x130, 1), (0x131, 2), (0x133, 3), (0x134, 4), (0x13B, HOME), (0x120, 1)]
)
def test_a_button_is_a_preset(code: int, preset: int) -> None:
    hand = pad()
    hand.press(code)
    assert hand.told == [PresetPressed("pad", preset)]


@pytest.mark.parametrize(("code", "step"), [(0x136, -1), (0x137, 1), (0x126, -1), (0x125, 1)])
def test_a_shoulder_button_asks_for_the_camera_before_or_the_next(code: int, step: int) -> None:
    hand = Hand().plug(*GAMEPAD)
    hand.press(code)
    assert hand.told == [CameraTurned("pad", step, None)]
    hand.move(X=1.0)
    hand.press(code)
    assert hand.told[-1] == CameraTurned("pad", step, "hold 1")


def test_other_buttons_are_nothing() -> None:
    hand = pad()
    hand.press(0x13A)
    hand.press(0x2C)
    assert hand.told == []


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0.0, 20.0))))
def test_whatever_comes_in_no_hold_outlives_its_silence(said: list[tuple[bytes, float]]) -> None:
    hand = pad()
    for data, passed_s in said:
        hand.steering.receive(Chunk(data, hand.now))
        hand.wait(passed_s)
    hand.wait(SILENT_S + 1)
    held = [one for one in hand.told if not isinstance(one, PresetPressed)]
    assert not held or isinstance(held[-1], StickReleased)
    assert all(-1 <= part <= 1 for push in hand.pushes for part in push)
