"""One display and its session in invented time: warm-up, cool-down, faults, silence, a password."""

from __future__ import annotations

from typing import Any

import pytest

from roomctl.display.driver import profiles
from roomctl.display.pjlink import PjLink
from roomctl.display.session import (
    DisplayAnswer,
    DisplayAsk,
    DisplaySession,
    DisplayStatus,
    Outcome,
)
from roomctl.display.sim import SimDisplay, SimPjLink, SimText
from roomctl.display.text import TextProtocol
from roomctl.wire import Chunk, Virtual

PROFILES = profiles()
TEXT = ("lg", "epson")


class Bench:
    """A session, its simulated display, and what the session told."""

    def __init__(self, speaks: str = "pjlink", password: str = "", **display: Any) -> None:
        self.display = SimDisplay(**display)
        self.silences: list[str] = []
        self.told: list[DisplayStatus] = []
        words = PROFILES[speaks].text
        if words is None:
            protocol, far = PjLink(password), SimPjLink(self.display, 0.0)
        else:
            protocol = TextProtocol(words, over_tcp=True)
            far = SimText(self.display, PROFILES[speaks], 0.0, over_tcp=True)
        self.session = DisplaySession(protocol, 0.0, self.told.append, self.silences.append)
        self.room = Virtual(self.session, far)

    @property
    def state(self) -> DisplayStatus:
        return self.session.state

    def power(self, on: bool) -> None:
        self.session.request_power(on, self.room.now)

    def say(self, ask: DisplayAsk) -> list[Outcome]:
        heard: list[Outcome] = []
        self.session.say(ask, heard.append)
        return heard


@pytest.mark.parametrize("speaks", ["pjlink", *TEXT])
def test_a_display_that_is_switched_on_is_on_when_it_says_so(speaks: str):
    bench = Bench(speaks, warm_up_s=20.0)
    bench.room.run(2)
    assert bench.state.power == "off"
    bench.power(on=True)
    bench.room.run(5)
    assert bench.display.power == "warming"
    bench.room.run(25)
    assert (bench.state.power, bench.state.requested_on) == ("on", None)
    bench.power(on=False)
    bench.room.run(5)
    assert bench.display.power == "cooling"
    assert bench.state.requested_on is None
    bench.room.run(70)
    assert bench.state.power == "off"


def test_while_it_warms_up_it_is_not_on():
    bench = Bench(warm_up_s=20.0)
    bench.power(on=True)
    bench.room.run(10)
    assert (bench.state.power, bench.state.requested_on) == ("warming", True)


def test_on_while_it_cools_down_is_done_when_it_has():
    bench = Bench(warm_up_s=5.0, cool_down_s=60.0)
    bench.power(on=True)
    bench.room.run(10)
    bench.power(on=False)
    bench.room.run(5)
    assert bench.state.power == "cooling"
    bench.power(on=True)
    bench.room.run(30)
    assert (bench.state.power, bench.state.requested_on) == ("cooling", True)
    bench.room.run(40)
    assert (bench.state.power, bench.state.requested_on) == ("on", None)


def test_off_while_it_warms_up_is_done_when_it_is_warm():
    bench = Bench(warm_up_s=20.0)
    bench.power(on=True)
    bench.room.run(5)
    bench.power(on=False)
    bench.room.run(30)
    assert bench.display.power == "cooling"


def test_the_last_request_wins():
    bench = Bench(warm_up_s=20.0)
    bench.power(on=True)
    bench.room.run(5)
    bench.power(on=False)
    bench.power(on=True)
    bench.room.run(60)
    assert (bench.state.power, bench.display.power) == ("on", "on")


def test_a_request_that_comes_before_its_opposite_is_read_back_is_done_too():
    bench = Bench(warm_up_s=5.0, cool_down_s=20.0)
    bench.display.power = "on"
    bench.room.run(10)
    assert bench.state.power == "on"
    bench.power(on=False)
    while bench.display.power == "on":
        bench.room.run(0.001)
    assert bench.state.power == "on"
    bench.power(on=True)  # that it is on is no longer true, but nobody has read otherwise
    bench.room.run(5)
    assert bench.display.power == "cooling"
    assert bench.state.requested_on is True
    bench.room.run(40)
    assert (bench.state.power, bench.state.requested_on) == ("on", None)


def test_a_hint_is_asked_about_at_once_and_a_flood_of_them_once_a_second():
    bench = Bench()
    bench.display.power = "on"
    bench.room.run(20)
    bench.display.input = "32"
    bench.session.hint("input", bench.room.now)
    bench.room.run(0.2)
    assert bench.state.input == "32"
    asked = len(bench.told)
    for n in range(1000):
        bench.display.input = "31" if n % 2 else "32"
        bench.session.hint("input", bench.room.now)
        bench.room.run(0.01)
    assert len(bench.told) - asked <= 11


def test_inputs_picture_mute_hours_and_faults_are_read():
    bench = Bench(warm_up_s=1.0)
    bench.display.faults = {"filter": "warning", "temperature": "error"}
    bench.power(on=True)
    bench.room.run(30)
    assert bench.state.inputs == ("11", "31", "32")
    assert (bench.state.input, bench.state.picture_muted) == ("11", False)
    assert bench.state.lamp_hours == (1234,)
    assert bench.state.faults == {"filter": "warning", "temperature": "error"}
    assert (bench.state.maker, bench.state.serial) == ("roomctl", "SIM0001")
    bench.display.input = "32"  # somebody with its remote
    bench.room.run(11)
    assert bench.state.input == "32"


def test_what_is_set_is_read_back():
    bench = Bench(warm_up_s=1.0)
    bench.power(on=True)
    bench.room.run(10)
    assert bench.say(DisplayAsk("picture_muted", True)) == []
    heard = bench.say(DisplayAsk("input", "31"))
    bench.room.run(1)
    assert heard == ["accepted"]
    assert (bench.state.input, bench.state.picture_muted) == ("31", True)


@pytest.mark.parametrize(
    ("ask", "outcome"),
    [
        (DisplayAsk("input", "39"), "refused"),
        (DisplayAsk("input", "nonsense"), "unsupported"),
        (DisplayAsk("faults", "x"), "unsupported"),
    ],
)
def test_what_it_has_not_is_said_so(ask: DisplayAsk, outcome: str):
    bench = Bench(warm_up_s=1.0)
    bench.power(on=True)
    bench.room.run(10)
    heard = bench.say(ask)
    bench.room.run(1)
    assert heard == [outcome]


def test_in_standby_it_is_not_the_time():
    bench = Bench()
    bench.room.run(3)
    heard = bench.say(DisplayAsk("input", "31"))
    bench.room.run(1)
    assert heard == ["busy"]


@pytest.mark.parametrize("speaks", ["pjlink", *TEXT])
def test_it_is_asked_often_enough_not_to_hang_up_and_not_on_and_on(speaks: str):
    bench = Bench(speaks)
    bench.room.run(3600)
    assert not getattr(bench.room.far, "hung_up", False)
    assert bench.silences == []
    assert bench.room.steps < 3600 * 4


def test_a_display_that_answers_nothing_any_more_is_told():
    bench = Bench()
    bench.room.run(10)
    bench.display.dead = True
    bench.room.run(60)
    assert bench.silences
    assert "no answer within 10 s" in bench.silences[0]


def test_a_password_is_proven_with_the_first_command_only():
    bench = Bench("pjlink", "JBMIAProjectorLink")
    bench.display.password = "JBMIAProjectorLink"
    bench.room.far = SimPjLink(bench.display, 0.0)
    bench.room.run(60)
    assert bench.state.power == "off"
    assert bench.silences == []


@pytest.mark.parametrize(("password", "why"), [("", "asks for a password"), ("x", "refuses the")])
def test_a_wrong_password_is_said_and_not_tried_again(password: str, why: str):
    bench = Bench("pjlink", password)
    bench.display.password = "right"
    bench.room.far = SimPjLink(bench.display, 0.0)
    bench.room.run(20)
    assert why in bench.silences[0]
    assert bench.state.power == "unknown"


def test_no_greeting_is_told_once():
    bench = Bench()
    assert bench.room.far.outbox(0.0) == b"PJLINK 0\r"  # lost on the way
    bench.room.run(60)
    assert bench.silences == ["no greeting within 10 s"]


def test_a_request_that_never_comes_true_ends():
    bench = Bench(warm_up_s=1e9)
    bench.power(on=True)
    bench.room.run(400)
    assert bench.display.power == "warming"
    assert bench.state.power == "warming"


def test_lamp_hours_count_while_it_is_lit():
    bench = Bench(warm_up_s=10.0)
    bench.power(on=True)
    bench.room.run(3 * 3600)
    assert bench.state.lamp_hours in ((1236,), (1237,))


def test_a_projector_hangs_up_when_nobody_asks_it_for_half_a_minute():
    line = SimPjLink(SimDisplay(), 0.0)
    line.receive(Chunk(b"%1POWR ?\r", 10.0))
    line.tick(39.9)
    assert not line.hung_up
    line.tick(40.0)
    assert line.hung_up


@pytest.mark.parametrize(
    "came",
    [
        b"%1POWR=1\r\0",
        b"%2LKUP=00:26:ab:12:34:56\r%1POWR=1\r",  # a notice on TCP before the answer
        b"%1POWR=OK\r%1POWR=1\r",  # late, of a set that was given up
        b"%1INPT=31\r%1POWR=1\r",
        b"\xff\xfe\r%1powr=1\r",
    ],
)
def test_an_answer_is_found_among_what_else_projectors_say(came: bytes):
    link = PjLink()
    assert list(link.feed(b"PJLINK 0\r", None)) == []
    ask = DisplayAsk("power")
    assert link.encode(ask) == b"%1POWR ?\r"
    answers = [answer for answer in link.feed(came, ask) if not answer.unasked]
    assert answers == [DisplayAnswer("value", value="on")]


def test_what_only_class_2_has_is_left_alone_on_class_1():
    bench = Bench(class_no=1)
    bench.room.run(300)
    assert bench.state.serial == ""
    assert bench.state.maker == "roomctl"
    assert bench.silences == []


def test_a_projector_that_mutes_both_together_is_told_so():
    link = PjLink(mutes_sound_too=True)
    list(link.feed(b"PJLINK 0\r", None))
    assert link.encode(DisplayAsk("picture_muted", True)) == b"%1AVMT 31\r"


def test_errors_of_the_password_after_good_commands_is_a_lost_connection_and_no_wrong_password():
    link = PjLink("secret")
    list(link.feed(b"PJLINK 1 498e4a67\r", None))
    ask = DisplayAsk("power")
    link.encode(ask)
    assert list(link.feed(b"%1POWR=0\r", ask))
    link.encode(ask)
    list(link.feed(b"PJLINK ERRA\r", ask))
    assert link.denied is None
