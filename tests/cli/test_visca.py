"""`roomctl visca`: one answer for each line, whatever stands in it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from roomctl.cli.main import app

POWER = "90 50 02 FF"
ON = {"kind": "reply", "name": "power", "fields": {"on": True}}

runner = CliRunner()


def said(*words: str, stdin: str | bytes = "") -> list[str]:
    result = runner.invoke(app, ["visca", *words], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def objects(*words: str, stdin: str | bytes = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in said("--json", *words, stdin=stdin)]


def test_each_argument_is_one_object() -> None:
    command, reply, error = objects("8101060118140102ff", "90 41 FF", "90 41")
    assert command == {
        "kind": "command",
        "name": "pan_tilt_drive",
        "fields": {"pan_speed": 24, "tilt_speed": 20, "pan_direction": 1, "tilt_direction": 2},
    }
    assert reply == {"kind": "reply", "name": "ack", "fields": {"socket": 1}}
    assert list(error) == ["error"]


def test_bytes_typed_one_by_one_are_one_frame() -> None:
    assert objects("81", "09", "04", "00", "FF") == [
        {"kind": "inquiry", "name": "power", "fields": {}}
    ]


def test_each_line_of_stdin_is_one_object_and_says_what_it_answers() -> None:
    stdin = f"{POWER}\t81 09 04 00 FF\n{POWER}\n\n{POWER}\tzz\r\n90 38 ff"
    answered, alone, empty, bad, change = objects("-", stdin=stdin)
    assert answered == ON
    assert alone == {"kind": "reply", "name": "data", "fields": {"data": "02"}}
    assert list(empty) == list(bad) == ["error"]
    assert change == {"kind": "network", "name": "network_change", "fields": {}}


def test_an_argument_may_name_its_inquiry_too() -> None:
    assert objects(f"{POWER}\t8109 0400 ff") == [ON]


def test_people_read_one_line_each() -> None:
    lines = said(
        f"{POWER}\t81 09 04 00 FF", "83 01 04 47 04 00 00 00 FF", "88 30 01 ff", "88 38 ff", "x"
    )
    assert lines == [
        "camera 1: reply power on=yes",
        "camera 3: command zoom_direct position=16384",
        "all cameras: network address_set address=1",
        "the line: network network_change",
        "error: not hex: two digits for each byte",
    ]


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"\x00", "８１".encode(), b"\x0b\x0c", b"\t", b"\t\t"]
)
def test_a_line_that_is_no_text_is_one_error(line: bytes) -> None:
    (error,) = objects("-", stdin=line + b"\n")
    assert list(error) == ["error"]


@given(st.lists(st.binary(max_size=24).map(lambda data: data.replace(b"\n", b"")), max_size=4))
def test_as_many_objects_as_lines(lines: list[bytes]) -> None:
    found = objects("-", stdin=b"".join(line + b"\n" for line in lines))
    assert len(found) == len(lines)
    assert all(list(one) in (["error"], ["kind", "name", "fields"]) for one in found)
