"""What is said to a switch, and what it says: manuals' bytes, and lines, in invented time."""

import pytest

from roomctl.byom.driver import places, profiles
from roomctl.byom.profile import ByomTable
from roomctl.byom.session import ASK_S, REST_S, SwitchLine, SwitchText, Turned
from roomctl.byom.sim import SimSwitch, SimSwitchLine, SimSwitchText
from roomctl.lines import Lines
from roomctl.wire import Chunk, Virtual

TABLE = ByomTable(url="tcp://192.0.2.9", profile="extron_sw_usb")
UCX = TABLE.model_copy(
    update={"profile": "lightware_ucx", "room_port": "U4", "laptop_port": "U1"},
)


class Talk:
    """A session, and what it told."""

    def __init__(self, table: ByomTable = TABLE) -> None:
        words = profiles()[table.profile or ""].text
        self.heard: list[str] = []
        self.silent: list[str] = []
        self.turned: list[Turned] = []
        lines = Lines(words, places(table))
        self.session = SwitchText(lines, words, 0.0, self.heard.append, self.silent.append)

    def turn(self, side: str) -> None:
        self.session.turn("laptop" if side == "laptop" else "room", self.turned.append)


@pytest.mark.parametrize(
    ("table", "asks", "sets", "answer", "stands"),
    [
        (TABLE, b"I", b"2!", b"Chn2\r\n", b"Chn2 InACT1100 OutACT1\r\n"),
        (
            UCX,
            b"GET /V1/MEDIA/USB/XP/H1.ConnectedSource\r\n",
            b"CALL /V1/MEDIA/USB/XP:switch(U1:H1)\r\n",
            b"mO /V1/MEDIA/USB/XP:switch=\r\n",
            b"pw /V1/MEDIA/USB/XP/H1.ConnectedSource=U1\r\n",
        ),
    ],
    ids=["extron", "lightware"],
)
def test_what_is_said_is_what_the_manual_prints(
    table: ByomTable, asks: bytes, sets: bytes, answer: bytes, stands: bytes
) -> None:
    talk = Talk(table)
    assert talk.session.outbox(0.0) == asks
    talk.session.receive(Chunk(stands, 0.1))
    assert talk.heard == ["laptop"]
    talk.turn("laptop")
    assert talk.session.outbox(0.3) == sets
    talk.session.receive(Chunk(answer[:3], 0.4))
    assert talk.turned == []
    talk.session.receive(Chunk(answer[3:], 0.5))
    assert talk.turned == ["accepted"]
    assert talk.session.outbox(1.0) == asks  # what was taken is not yet so


def test_what_a_switch_says_by_itself_is_heard() -> None:
    talk = Talk()
    talk.session.outbox(0.0)
    talk.session.receive(Chunk(b"Chn1 InACT1100 OutACT1\r\n", 0.1))
    talk.session.receive(Chunk(b"(C) Copyright 2008, Extron Electronics\r\nChn2\r\n", 0.5))
    talk.session.receive(Chunk(b"Chn3\r\n", 0.6))
    assert talk.heard == ["room", "laptop", "other"]


@pytest.mark.parametrize(("table", "no"), [(TABLE, b"E01\r\n"), (UCX, b"mE /V1/MEDIA no\r\n")])
def test_a_refusal_is_one(table: ByomTable, no: bytes) -> None:
    talk = Talk(table)
    talk.session.outbox(0.0)
    talk.session.receive(Chunk(b"Chn1\r\n" if table is TABLE else b"pw x\r\n", 0.1))
    talk.session.tick(3.0)
    talk.turn("room")
    assert talk.session.outbox(4.0) is not None
    talk.session.receive(Chunk(no, 4.1))
    assert talk.turned == ["refused"]


def test_silence_ends_a_turn_and_three_of_them_the_connection() -> None:
    talk = Talk()
    talk.turn("laptop")
    assert talk.session.outbox(0.0) == b"2!"
    talk.session.tick(1.0)
    assert (talk.turned, talk.silent) == (["silent"], [])
    for at in (1.2, 10.0):
        assert talk.session.outbox(at) == b"I"
        talk.session.tick(at + 1.0)
    assert len(talk.silent) == 1


def test_whoever_waits_is_told_when_the_wire_is_gone() -> None:
    talk = Talk()
    talk.turn("laptop")
    talk.turn("room")
    talk.session.outbox(0.0)
    talk.session.end()
    assert talk.turned == ["silent", "silent"]


@pytest.mark.parametrize("table", [TABLE, UCX], ids=["extron", "lightware"])
def test_the_simulated_switch_speaks_as_the_real_one(table: ByomTable) -> None:
    talk, switch = Talk(table), SimSwitch()
    far = SimSwitchText(switch, profiles()[table.profile or ""], table)
    room = Virtual(talk.session, far)
    room.run(ASK_S + 1)
    for side in ("laptop", "room", "laptop"):
        talk.turn(side)
        room.run(ASK_S + 1)
        assert (switch.side, talk.heard[-1]) == (side, side)
    switch.press()
    far.pressed()
    room.run(1.0)
    assert talk.heard[-1] == "room"
    assert set(talk.turned) == {"accepted"}


def line(pulse_s: float | None, switch: SimSwitch) -> tuple[SwitchLine, Virtual, list[Turned]]:
    set_down: list[bool] = []
    session = SwitchLine(pulse_s, lambda: set_down.append(True))
    virtual = Virtual(session, SimSwitchLine(switch, toggles=pulse_s is not None))
    virtual.settle()
    assert set_down
    return session, virtual, []


def test_a_level_is_the_laptops_while_it_is_active() -> None:
    switch = SimSwitch()
    session, virtual, turned = line(None, switch)
    for side in ("laptop", "laptop", "room"):
        session.turn("laptop" if side == "laptop" else "room", turned.append)
        virtual.settle()
        assert switch.side == side
    assert turned == ["accepted"] * 3


def test_a_pulse_is_as_long_as_it_is_set_and_two_have_a_rest_between() -> None:
    switch = SimSwitch()
    session, virtual, turned = line(0.3, switch)
    far = virtual.far
    assert isinstance(far, SimSwitchLine)
    session.turn("laptop", turned.append)
    session.turn("room", turned.append)
    virtual.run(0.25)
    assert (far.active, switch.turns, turned) == (True, 1, [])
    virtual.run(0.1)
    assert (far.active, switch.turns, turned) == (False, 1, ["accepted"])
    virtual.run(REST_S - 0.1)
    assert switch.turns == 1
    virtual.run(0.5)
    assert (far.active, switch.turns, turned) == (False, 2, ["accepted"] * 2)


def test_a_line_that_cannot_be_set_ends_the_press_and_is_let_go_of_later() -> None:
    session, turned = SwitchLine(0.3, lambda: None), list[Turned]()
    assert session.outbox(0.0) == b"0"
    session.sent(0.0)
    session.turn("laptop", turned.append)
    assert session.outbox(0.1) == b"1"
    session.failed(0.1, "broken")
    assert turned == ["silent"]
    assert session.outbox(1.0) is None
    assert session.outbox(6.0) == b"0"
