"""Panasonic's lines, read in both directions, against what its documents and cameras say."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.camera.aw.message import (
    AwMessage,
    InvalidAwMessage,
    Notices,
    as_object,
    command_of,
    degrees,
    lens,
    lens_pct,
    notice,
    place,
    read,
    speed,
    spoken,
    target,
)

VECTORS = tomllib.loads((Path(__file__).parents[1] / "vectors" / "aw.toml").read_text())
EXCHANGES, NOTICES = VECTORS["exchange"], VECTORS["notice"]


@pytest.mark.parametrize("vector", EXCHANGES, ids=lambda v: f"{v['request']} {v['reply']}")
def test_an_answer_means_what_the_documents_say(vector: dict[str, Any]) -> None:
    found = read(vector["reply"], vector["request"])
    assert isinstance(found, AwMessage), found
    assert (found.name, found.fields) == (vector["name"], vector["fields"])
    assert found.kind == ("error" if "error" in vector["fields"] else "reply")


@pytest.mark.parametrize("vector", EXCHANGES, ids=lambda v: v["request"])
def test_a_request_travels_in_its_url(vector: dict[str, Any]) -> None:
    carried = target(vector["request"])
    assert "#" not in carried
    assert command_of(carried) == vector["request"]


@pytest.mark.parametrize("vector", NOTICES, ids=lambda v: v["line"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_notice_is_cut_out_by_its_size_in_whatever_pieces_it_comes(
    vector: dict[str, Any], size: int
) -> None:
    data, notices = bytes.fromhex(vector["hex"]) * 2, Notices()
    lines = [line for n in range(0, len(data), size) for line in notices.feed(data[n : n + size])]
    assert lines == [vector["line"]] * 2
    found = notice(lines[0])
    assert isinstance(found, AwMessage)
    assert (found.kind, found.name, found.fields) == ("notice", vector["name"], vector["fields"])


@pytest.mark.parametrize(
    ("line", "request_", "why"),
    [
        ("", None, "nothing there"),
        ("hello", None, "not an answer of a camera"),
        ("#AX", None, "a known command"),
        ("#PTS5000", None, "is not pan_speed, tilt_speed"),
        ("#AXZ554", None, "is not zoom"),
        ("#GZ555", None, "takes no value when asked"),
        ("aPC80008000", "#GZ", "begins with gz"),
        ("eR1:APC", "#PTS5050", "refuses 'APC'"),
        ("p1", "hello", "the request behind the TAB"),
        ("x" * 200, None, "at most 128"),
        ("p\x001", None, "plain text"),
    ],
)
def test_what_means_nothing_says_why(line: str, request_: str | None, why: str) -> None:
    found = read(line, request_)
    assert isinstance(found, InvalidAwMessage)
    assert why in found.why
    assert as_object(found) == {"ok": False, "error": found.why}


def test_an_answer_without_its_request_is_read_as_far_as_it_goes() -> None:
    said = {line: spoken(read(line)) for line in ("p1", "s06", "q06", "gz---", "OAF:1", "ER3:OAW")}
    assert said == {
        "p1": "power: state on",
        "s06": "preset: preset 7",
        "q06": "notice of preset arrived: preset 7",
        "gz---": "zoom position: zoom not known, zoom_pct not known",
        "OAF:1": "set focus mode: auto",
        "ER3:OAW": "refused: white balance (OAW): has a value out of range",
    }


@given(st.text(max_size=40), st.none() | st.text(max_size=40))
def test_whatever_comes_is_read_or_refused(line: str, request_: str | None) -> None:
    found = read(line, request_)
    assert as_object(found)["ok"] is isinstance(found, AwMessage)
    assert spoken(found)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_comes_as_notices_is_bounded(one: bytes, other: bytes) -> None:
    notices = Notices()
    assert all(len(line) <= 504 for line in (*notices.feed(one), *notices.feed(other)))


@given(st.floats(-175, 175))
def test_degrees_and_places_are_each_others_inverse(wanted: float) -> None:
    for up in (False, True):
        assert degrees(place(wanted, up=up), up=up) == pytest.approx(wanted, abs=0.005)


@given(st.floats(-2, 2))
def test_a_push_is_never_the_stop_and_never_beyond_the_ends(push: float) -> None:
    found = int(speed(push))
    assert 1 <= found <= 99
    assert (found == 50) is (push == 0)
    assert (found > 50) is (push > 0)


@given(st.floats(-10, 110))
def test_a_lens_position_is_clamped(pct: float) -> None:
    assert lens_pct(lens(pct)) == pytest.approx(min(max(pct, 0), 100), abs=0.02)
