"""PJLink lines: vectors of the specification in both directions, and lines that mean nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.display.pjlink import (
    ERRORS,
    LONGEST_LINE,
    QUERIES,
    BadLine,
    PjLines,
    PjMessage,
    as_object,
    digest,
    in_words,
    read,
    reply,
    request,
)

FILE = Path(__file__).parent.parent / "vectors" / "pjlink.toml"
EXCHANGES = tomllib.loads(FILE.read_text())["exchange"]
LAMP_2 = {"hours": 56, "lit": False}
REFUSED = ("%1POWR 2", "%1XXXX ?")  # requests that are wrong on purpose


def meant(line: str, asked: PjMessage | None = None) -> PjMessage:
    found = read(line.encode(), asked)
    assert isinstance(found, PjMessage), found
    return found


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: each["reply"])
def test_every_line_of_the_specification_is_read_and_written(exchange: dict[str, str]):
    asked = None
    if (line := exchange.get("request")) and line not in REFUSED:
        asked = meant(line)
        assert asked.line() == line.encode() + b"\r"
        assert len(asked.line()) <= LONGEST_LINE
    searched = asked is not None and asked.kind == "search"
    found = meant(exchange["reply"], None if searched else asked)
    assert found.line() == exchange["reply"].encode() + b"\r"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("%1POWR=3", {"state": "warming"}),
        ("%1INPT=31", {"input": "31", "source": "digital", "terminal": "1"}),
        ("%2INPT=3b", {"input": "3B", "source": "digital", "terminal": "B"}),
        ("%1AVMT=11", {"picture_muted": True, "sound_muted": False}),
        ("%1AVMT=21", {"picture_muted": False, "sound_muted": True}),
        ("%1AVMT=30", {"picture_muted": False, "sound_muted": False}),
        (
            "%1LAMP=1234 1 56 0",
            {"lamps": [{"hours": 1234, "lit": True}, {"hours": 56, "lit": False}]},
        ),
        ("%2IRES=*", {"signal": True, "width_px": None, "height_px": None}),
        ("%2IRES=-", {"signal": False, "width_px": None, "height_px": None}),
        ("%2RRES=1920x1200", {"signal": True, "width_px": 1920, "height_px": 1200}),
        ("%1CLSS=Class 1", {"class": 1}),
        ("%1NAME=OK", {"text": "OK"}),
        ("%1LAMP=ERR1", {"error": "ERR1", "reason": "no_lamp"}),
        ("%2FILT=ERR1", {"error": "ERR1", "reason": "no_filter"}),
        ("%1POWR=ERR3", {"error": "ERR3", "reason": "unavailable_now"}),
        ("PJLINK ERRA", {"error": "ERRA", "reason": "wrong_password"}),
        ("%2LKUP=00:26:AB:12:34:56", {"mac": "00:26:ab:12:34:56"}),
    ],
)
def test_a_line_says_what_it_means(line: str, fields: dict[str, Any]):
    assert dict(meant(line).fields) == fields


def test_a_fault_names_the_part_and_how_bad_it_is():
    fields = meant("%1ERST=201000").fields
    assert {part: level for part, level in fields.items() if level != "ok"} == {
        "fan": "error",
        "temperature": "warning",
    }


@pytest.mark.parametrize("line", ["%1powr=0", "\0%1POWR=0\r\0", "\n%1POWR=0\r\n", "%1PoWr=0"])
def test_what_projectors_write_amiss_is_read(line: str):
    assert meant(line).fields == {"state": "off"}


def test_a_name_in_latin_1_is_read():
    found = read("%1NAME=Hörsaal".encode("latin-1"))
    assert isinstance(found, PjMessage)
    assert found.fields == {"text": "Hörsaal"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "nothing there"),
        ("POWR ?", "no PJLink line"),
        ("%1POWR?", "5 characters"),
        ("%1POW ?", "3 characters"),
        ("%1POWR", "ends behind POWR"),
        ("%3POWR ?", "class 3"),
        ("%POWR ?", "class P"),
        ("%2POWR ?", "of class 1"),
        ("%1SNUM ?", "of class 2"),
        ("%1INPT 3B", "of class 2"),
        ("%1XXXX ?", "unknown command XXXX"),
        ("%1POWR 2", "takes 0 or 1"),
        ("%1POWR  1", "takes 0 or 1"),
        ("%1LAMP 1", "cannot be set"),
        ("%2SVOL ?", "cannot be asked"),
        ("%2INNM ?", "does not ask"),
        ("%1POWR=4", "none of 0, 1, 2, 3"),
        ("%1ERST=00000", "six digits"),
        ("%1ERST=000003", "six digits"),
        ("%1LAMP=1234", "no lamp"),
        ("%1LAMP=123456 1", "no lamp"),
        ("%1INPT=70", "no input"),
        ("%2IRES=1920", "no resolution"),
        ("%1NAME=" + "x" * 129, "129 bytes"),
        ("abc%1POWR ?", "3 bytes before"),
        ("PJLINK 1 498e4a6", "no greeting"),
        ("PJLINK 3", "no greeting"),
        ("PJLINK", "no greeting"),
        ("5d8409bc1c3fa39749434aa3a5c38682%1POWR=1", "never before an answer"),
    ],
)
def test_a_line_that_means_nothing_says_why(line: str, why: str):
    found = read(line.encode())
    assert isinstance(found, BadLine), found
    assert why in found.why


@pytest.mark.parametrize(
    ("line", "asked", "why"),
    [
        ("%1INPT=31", "%1POWR ?", "does not answer"),
        ("%2INPT=31", "%1INPT ?", "does not answer"),
        ("%1POWR=OK", "%1POWR ?", "OK answers a set"),
        ("%1POWR=1", "%1POWR 1", "not an answer to a set"),
    ],
)
def test_an_answer_to_something_else_is_none(line: str, asked: str, why: str):
    found = read(line.encode(), meant(asked))
    assert isinstance(found, BadLine)
    assert why in found.why


def test_a_digest_is_of_the_random_number_as_received():
    assert digest("498e4a67", "JBMIAProjectorLink") == "5d8409bc1c3fa39749434aa3a5c38682"
    assert digest("A1B2C3D4", "admin") != digest("a1b2c3d4", "admin")
    first = meant(digest("498e4a67", "JBMIAProjectorLink") + "%1POWR ?")
    assert (first.kind, first.digest[:8]) == ("inquiry", "5d8409bc")
    assert "5d8409bc" not in repr(first) + in_words(first) + str(as_object(first))


@pytest.mark.parametrize("body", QUERIES)
def test_every_query_is_answered_by_every_error(body: str):
    asked = request(body, "?31" if body == "INNM" else "?")
    for code in ERRORS:
        found = read(reply(asked, code).line(), asked)
        assert isinstance(found, PjMessage)
        assert found.error == code
        assert found.name == asked.name


@given(st.binary(max_size=200))
def test_any_bytes_mean_something_or_say_why_not(data: bytes):
    found = read(data)
    said = as_object(found)
    assert said["ok"] is isinstance(found, PjMessage)
    assert in_words(found)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=30),
    st.sampled_from(["NAME", "INF1", "INF2", "INFO"]),
)
def test_any_name_comes_back_whole(text: str, body: str):
    if text.upper() in ERRORS or text.encode() != text.encode().strip(b"\r\n\0"):
        return
    asked = request(body)
    found = read(reply(asked, text).line(), asked)
    assert isinstance(found, PjMessage)
    assert found.fields == {"text": text}


@given(st.lists(st.sampled_from(EXCHANGES), max_size=5), st.data())
def test_lines_are_found_however_they_are_cut(exchanges: list[dict[str, str]], data: st.DataObject):
    stream = b"".join(each["reply"].encode() + b"\r\0" for each in exchanges)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    lines = PjLines()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found = [line for piece in pieces for line in lines.feed(piece)]
    assert found == [each["reply"].encode() for each in exchanges]


def test_a_line_that_never_ends_is_kept_bounded():
    lines = PjLines()
    for _ in range(100):
        assert list(lines.feed(b"x" * 1000)) == []
    assert sum(map(len, lines.feed(b"\r"))) <= 512
