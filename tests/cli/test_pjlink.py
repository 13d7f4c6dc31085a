"""`roomctl pjlink`: one answer for each line, whatever stands in it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from roomctl.cli.main import app
from tests.examples import examples

VECTORS = Path(__file__).parents[1] / "vectors" / "pjlink.toml"
runner = CliRunner()


def said(*words: str, stdin: str | bytes = "") -> list[str]:
    result = runner.invoke(app, ["pjlink", *words], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def objects(*words: str, stdin: str | bytes = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in said("--json", *words, stdin=stdin)]


def test_each_argument_is_one_object() -> None:
    inquiry, reply, bad = objects("%1POWR ?", "%1LAMP=1234 1", "%1POWR")
    assert inquiry == {
        "ok": True,
        "kind": "inquiry",
        "name": "power",
        "command": "POWR",
        "class": 1,
        "parameter": "?",
        "fields": {},
        "meaning": "ask for power",
    }
    assert (reply["kind"], reply["fields"]) == ("reply", {"lamps": [{"hours": 1234, "lit": True}]})
    assert reply["meaning"] == "lamps: 1234 h, lit"
    assert bad == {
        "ok": False,
        "error": "ends behind POWR; ' ?' or ' ' and a parameter belong there",
    }


def test_each_line_of_stdin_is_one_object_and_may_name_its_request() -> None:
    stdin = "%1POWR=OK\t%1POWR 1\r\n%1POWR=OK\t%1POWR ?\n\n%1INPT=31\t%1POWR ?\nPJLINK 0"
    accepted, late, empty, other, greeting = objects("-", stdin=stdin)
    assert accepted["fields"] == {"accepted": True}
    assert [each["ok"] for each in (late, empty, other)] == [False, False, False]
    assert greeting["meaning"] == "greeting: no password"


@pytest.mark.parametrize(
    "line",
    [
        "%1POWR=1",
        "%1powr=1",
        "%1POWR=1\\r",
        "%1POWR=1<CR>",
        "25 31 50 4F 57 52 3D 31 0D",
        "\ufeff%1POWR=1",
    ],
)
def test_a_line_may_be_written_in_several_ways(line: str) -> None:
    (found,) = objects("-", stdin=f"{line}\n")
    assert (found["name"], found["fields"]) == ("power", {"state": "on"})


def test_an_error_answers_a_request_that_is_wrong() -> None:
    unknown, bad = objects("-", stdin="%1XXXX=ERR1\t%1XXXX ?\n%1POWR=ERR2\t%1POWR 2\n")
    assert unknown["fields"] == {"error": "ERR1", "reason": "undefined_command"}
    assert bad["fields"] == {"error": "ERR2", "reason": "out_of_parameter"}


def test_every_exchange_of_the_specification_means_something() -> None:
    exchanges = tomllib.loads(VECTORS.read_text())["exchange"]
    lines = [
        "\t".join(filter(None, (each["reply"], each.get("request"))))
        for each in exchanges
        if each.get("request") != "%2SRCH"
    ]
    assert all(found["ok"] for found in objects("-", stdin="\n".join(lines)))


def test_no_line_is_an_error_that_says_what_to_write() -> None:
    result = runner.invoke(app, ["pjlink"])
    assert result.exit_code != 0


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.binary(max_size=60).filter(lambda data: b"\n" not in data), max_size=8))
def test_there_is_one_object_for_each_line(lines: list[bytes]) -> None:
    stdin = b"".join(line + b"\n" for line in lines)
    assert len(objects("-", stdin=stdin)) == len(lines)


@pytest.mark.real
def test_a_reader_that_goes_away_is_no_error() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "roomctl", "pjlink", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout
    program.stdout.close()
    _, complaint = program.communicate(b"%1POWR ?\n" * 20_000, timeout=60)
    assert complaint == b""
