"""Text protocols by their profiles: bytes as the makers' manuals print them, both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roomctl.display.driver import profiles
from roomctl.display.profile import TextSpeech
from roomctl.display.session import DisplayAnswer, DisplayAsk
from roomctl.display.text import TextProtocol

PROFILES = profiles()
ON, OFF, POWER = DisplayAsk("power", True), DisplayAsk("power", False), DisplayAsk("power")


def protocol(stem: str, address: int = 1, *, over_tcp: bool = False) -> TextProtocol:
    words = PROFILES[stem].text
    assert words is not None
    return TextProtocol(words, address, over_tcp=over_tcp)


@pytest.mark.parametrize(
    ("stem", "ask", "sent", "came", "answer"),
    [
        ("lg", ON, b"ka 01 01\r", b"a 01 OK01x", DisplayAnswer("accepted")),
        ("lg", OFF, b"ka 01 00\r", b"a 01 OK00x", DisplayAnswer("accepted")),
        ("lg", POWER, b"ka 01 FF\r", b"a 01 OK01x", DisplayAnswer("value", value="on")),
        ("lg", POWER, b"ka 01 FF\r", b"a 01 OK00x", DisplayAnswer("value", value="off")),
        (
            "lg",
            DisplayAsk("input", "hdmi1"),
            b"xb 01 90\r",
            b"b 01 OK90x",
            DisplayAnswer("accepted"),
        ),
        (
            "lg",
            DisplayAsk("input"),
            b"xb 01 FF\r",
            b"b 01 OKa0x",
            DisplayAnswer("value", value="hdmi1"),
        ),
        ("lg", DisplayAsk("input", "hdmi2"), b"xb 01 91\r", b"b 01 NG91x", DisplayAnswer("busy")),
        (
            "lg",
            DisplayAsk("picture_muted", True),
            b"kd 01 01\r",
            b"d 01 OK01x",
            DisplayAnswer("accepted"),
        ),
        (
            "lg",
            DisplayAsk("picture_muted"),
            b"kd 01 FF\r",
            b"d 01 OK00x",
            DisplayAnswer("value", value=False),
        ),
        ("epson", ON, b"PWR ON\r", b":", DisplayAnswer("accepted")),
        ("epson", POWER, b"PWR?\r", b"PWR=02\r:", DisplayAnswer("value", value="warming")),
        ("epson", POWER, b"PWR?\r", b"PWR=03\r:", DisplayAnswer("value", value="cooling")),
        ("epson", POWER, b"PWR?\r", b"PWR=04\r:", DisplayAnswer("value", value="off")),
        ("epson", DisplayAsk("input", "hdmi1"), b"SOURCE 30\r", b"ERR\r:", DisplayAnswer("busy")),
        (
            "epson",
            DisplayAsk("lamp_hours"),
            b"LAMP?\r",
            b"LAMP=1234\r:",
            DisplayAnswer("value", value=(1234,)),
        ),
        ("epson", DisplayAsk("faults"), b"ERR?\r", b"ERR=00\r:", DisplayAnswer("value", value={})),
        (
            "epson",
            DisplayAsk("faults"),
            b"ERR?\r",
            b"ERR=01\r:",
            DisplayAnswer("value", value={"fan": "error"}),
        ),
    ],
)
def test_a_line_is_said_and_read_as_printed(
    stem: str, ask: DisplayAsk, sent: bytes, came: bytes, answer: DisplayAnswer
):
    said = protocol(stem)
    assert said.encode(ask) == sent
    assert list(said.feed(came, ask)) == [answer]


def test_a_set_is_addressed_in_hex():
    assert protocol("lg", address=12).encode(ON) == b"ka 0c 01\r"
    assert list(protocol("lg", address=12).feed(b"a 01 OK01x", POWER)) == []


def test_epson_on_tcp_hears_a_hello_first():
    said = protocol("epson", over_tcp=True)
    assert said.hello() == b"ESC/VP.net\x10\x03\0\0\0\0"
    assert not said.ready
    assert list(said.feed(b"ESC/VP.net\x10\x03", None)) == []
    assert not said.ready
    assert list(said.feed(b"\0\0\x20\0", None)) == []
    assert said.ready
    assert protocol("epson").ready


@pytest.mark.parametrize(
    ("key", "changed", "why"),
    [
        ("power", {"accepted": "a {id} OK0[01"}, "is not a valid pattern"),
        ("power", {"answers": {"(": "on"}}, "is not a valid pattern"),
        ("refused", "NG(", "is not a valid pattern"),
        ("end", "", "at least 1"),
    ],
)
def test_a_profile_that_could_not_be_read_or_simulated_is_refused(
    key: str, changed: object, why: str
) -> None:
    words = PROFILES["lg"].text
    assert words is not None
    said = words.model_dump()
    said[key] = said[key] | changed if isinstance(changed, dict) else changed
    TextSpeech.model_validate(words.model_dump())
    with pytest.raises(ValidationError, match=why):
        TextSpeech.model_validate(said)


def test_what_nobody_asked_is_not_taken_for_an_answer():
    said = protocol("epson")
    assert list(said.feed(b"IMEVENT=0001 02 00000002 00000000 T1 F1\r:PWR=01\r:", POWER)) == [
        DisplayAnswer("value", value="on")
    ]


@pytest.mark.parametrize("stem", ["lg", "epson"])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_nothing(stem: str, data: bytes):
    said = protocol(stem)
    for ask in (POWER, ON, DisplayAsk("lamp_hours"), DisplayAsk("input")):
        for answer in said.feed(data, ask):
            assert answer.outcome in ("value", "accepted", "busy", "unsupported", "refused")
