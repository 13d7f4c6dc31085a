"""`roomctl aw`: one answer for each line, whatever stands in it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from roomctl.cli.main import app

VECTORS = tomllib.loads((Path(__file__).parents[1] / "vectors" / "aw.toml").read_text())
runner = CliRunner()


def said(*words: str, stdin: str | bytes = "") -> list[str]:
    result = runner.invoke(app, ["aw", *words], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def objects(*words: str, stdin: str | bytes = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in said("--json", *words, stdin=stdin)]


def test_each_argument_is_one_object() -> None:
    command, reply, bad = objects("#PTS9950", "OID:AW-UE100", "#PTS99")
    assert command == {
        "ok": True,
        "kind": "command",
        "name": "pan_tilt_drive",
        "command": "#PTS",
        "parameter": "9950",
        "fields": {"pan_speed": 49, "tilt_speed": 0},
        "meaning": "set pan tilt drive: pan speed 49, tilt speed 0",
    }
    assert (reply["kind"], reply["fields"]) == ("reply", {"model": "AW-UE100"})
    assert bad["ok"] is False


def test_each_line_of_stdin_is_one_object_and_may_name_its_request() -> None:
    vectors = VECTORS["exchange"]
    stdin = "".join(f"{each['reply']}\t{each['request']}\r\n" for each in vectors)
    found = objects("-", stdin=stdin)
    assert [(each["name"], each["fields"]) for each in found] == [
        (each["name"], each["fields"]) for each in vectors
    ]


@pytest.mark.parametrize("vector", VECTORS["notice"], ids=lambda v: v["line"])
def test_a_notice_is_read_from_its_bytes(vector: dict[str, Any]) -> None:
    (found,) = objects(vector["hex"])
    assert (found["kind"], found["fields"]) == ("notice", vector["fields"])
    (cut,) = objects(vector["hex"][:-4])
    assert "no whole notice" in cut["error"]


@pytest.mark.parametrize(
    "line",
    [
        "#APC",
        "#APC\\r",
        "\ufeff#APC",
        "/cgi-bin/aw_ptz?cmd=%23APC&res=1",
        "http://192.0.2.5/cgi-bin/aw_ptz?cmd=%23APC&res=1",
        "GET /cgi-bin/aw_ptz?cmd=%23APC&res=1 HTTP/1.1",
    ],
)
def test_a_command_may_be_written_in_several_ways(line: str) -> None:
    (found,) = objects("-", stdin=f"{line}\n")
    assert (found["kind"], found["name"]) == ("inquiry", "pan_tilt_position")


def test_garbage_is_one_error_for_each_line() -> None:
    found = objects("-", stdin=b"\xff\xfe\n\n\t\n#\teR1:\nOAW\n")
    assert len(found) == 5
    assert not any(each["ok"] for each in found)


def test_no_line_at_all_says_what_to_write() -> None:
    result = runner.invoke(app, ["aw"])
    assert result.exit_code != 0
    assert "#APC" in str(result.exception)
