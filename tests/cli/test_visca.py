"""`roomctl visca`: one answer for each line, whatever stands in it."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
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


@pytest.mark.parametrize(
    "text",
    [
        "8109 0400FF",
        "81:09:04:00:ff",
        "0x81, 0x09, 0x04, 0x00, 0xFF",
        "81-09-04-00-FF",
        r"\x81\x09\x04\x00\xff",
        " 81 09 04 00 FF \t",
        "\ufeff81 09 04 00 FF",
    ],
)
def test_bytes_may_be_written_in_any_usual_way(text: str) -> None:
    asked = {"kind": "inquiry", "name": "power", "fields": {}}
    assert objects("-", stdin=f"{text}\r\n".encode()) == [asked]


def test_bytes_as_words_may_have_their_usual_marks() -> None:
    assert objects("0x81,", "0x09,", "0x04,", "0x00,", "0xFF")[0]["name"] == "power"


def test_frames_of_one_datagram_on_one_line_are_one_error_that_tells_them_apart() -> None:
    (error,) = objects("90 42 FF 90 52 FF")
    assert error == {
        "error": "2 frames, put each on its own line: camera 1: reply ack socket=2; "
        "camera 1: reply completion socket=2"
    }
    (long,) = objects("9041ff" * 1000)
    assert long["error"].startswith("1000 frames, put each on its own line: camera 1: reply ack")
    assert len(long["error"]) < 300


def test_a_reply_to_somebody_else_is_marked() -> None:
    (marked,) = objects("91 50 02 FF\t81 09 04 00 FF")
    assert marked["fields"] == {"on": True, "bad_header": True}


def test_a_datagram_with_a_lying_length_is_read() -> None:
    (said,) = objects("01 00 00 09 00 00 00 2A 81 01 06 04 FF")
    assert said == {"kind": "command", "name": "pan_tilt_home", "fields": {"seq": 42}}


def test_a_very_long_line_is_one_short_error() -> None:
    (error,) = objects("-", stdin="88" * 500_000 + "\n")
    assert len(error["error"]) < 200


@pytest.mark.real
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "roomctl", "visca", "--json", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        program.stdin.write(b"9041ff\n")
        program.stdin.close()
        assert program.stderr.read() == b""
        assert program.wait(timeout=60) == 0


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


@settings(deadline=None)
@given(st.lists(st.binary(max_size=24).map(lambda data: data.replace(b"\n", b"")), max_size=4))
def test_as_many_objects_as_lines(lines: list[bytes]) -> None:
    found = objects("-", stdin=b"".join(line + b"\n" for line in lines))
    assert len(found) == len(lines)
    assert all(list(one) in (["error"], ["kind", "name", "fields"]) for one in found)
