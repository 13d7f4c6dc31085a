"""`roomctl link`: one invitation in, one answer out, whatever is written in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from roomctl.cli.link import fields, reader
from roomctl.cli.main import app

KEYS = ["platform", "meeting_id", "passcode", "refused", "launch"]


def link(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["link", *args], input=stdin)


def records(stdin: str | bytes, *more: str) -> list[dict]:
    result = link("--lines", "--json", *more, stdin=stdin)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_gets_exactly_one_object_with_exactly_these_keys() -> None:
    lines = [
        json.dumps("https://zoom.us/j/91234567890?pwd=abc"),
        json.dumps({"DESCRIPTION": "#腾讯会议：123-456-789\n会议密码：6543"}),
        "",
        "{",
        "42",
        "[" * 100_000,
        json.dumps("nothing here"),
    ]
    found = records("\n".join(lines) + "\n", "--show-secrets")
    assert [list(record) for record in found] == [KEYS] * len(lines)
    assert [record["platform"] for record in found[:2]] == ["zoom", "tencent"]
    assert found[1]["passcode"] == "6543"
    assert {record["refused"] for record in found[2:6]} == {"malformed"}
    assert found[6]["refused"] == "no_meeting"


def test_bytes_that_are_no_text_are_one_refusal_each() -> None:
    found = records(b"\xff\xfe\n" + json.dumps("zoom.us/j/91234567890").encode() + b"\r\n")
    assert [record["platform"] for record in found] == [None, "zoom"]


def test_nothing_in_a_link_can_end_the_line() -> None:
    (record,) = records(json.dumps("https://zoom.us/j/91234567890?pwd=a%E2%80%A8b%C2%85") + "\n")
    assert record["meeting_id"] == "91234567890"
    shown = link("https://zoom.us/j/91234567890?pwd=a%E2%80%A8b", "--json", "--show-secrets")
    assert len(shown.stdout.splitlines()) == 1


def test_secrets_are_shown_on_request_only() -> None:
    text = "https://zoom.us/j/91234567890?pwd=SECRET"
    assert "SECRET" not in link(text, "--json").stdout
    assert "SECRET" not in link(text).stdout
    assert "SECRET" in link(text, "--json", "--show-secrets").stdout


@pytest.mark.parametrize(
    ("said", "platform"),
    [
        (
            {
                "description": "https://zoom.us/j/91234567890",
                "conferenceData": {
                    "entryPoints": [
                        {"entryPointType": "more", "uri": "https://zoom.us/j/91234567890"},
                        {"entryPointType": "video", "uri": "https://meet.google.com/abc-defg-hij"},
                    ]
                },
            },
            "meet",
        ),
        (
            {
                "body": {"contentType": "html", "content": "https://zoom.us/j/91234567890"},
                "onlineMeeting": {"joinUrl": "https://teams.microsoft.com/meet/2123456789012"},
            },
            "teams",
        ),
        ({"attendees": [{"email": "a@example.org"}], "location": "zoom.us/j/91234567890"}, "zoom"),
        ({"summary": "Zoom 会议号：912 3456 7890"}, "zoom"),
    ],
)
def test_fields_of_google_and_graph_are_read_in_their_order(said: dict, platform: str) -> None:
    assert reader(None).read(fields(said)).parsed.platform == platform


def test_an_entry_points_passcode_is_read_as_if_it_were_printed() -> None:
    point = {
        "entryPointType": "video",
        "uri": "https://zoom.us/j/91234567890",
        "passcode": "135790",
    }
    phone = {"entryPointType": "phone", "uri": "tel:+8675512345678", "passcode": "999999"}
    said = {"conferenceData": {"entryPoints": [phone, point]}}
    assert reader(None).read(fields(said)).parsed.passcode == "135790"


def test_a_service_that_has_ended_is_recognised_and_not_opened() -> None:
    (record,) = records(json.dumps("https://chime.aws/1234567890") + "\n")
    assert (record["platform"], record["meeting_id"]) == ("chime", "1234567890")
    assert (record["refused"], record["launch"]) == ("service_ended", None)


def test_a_person_is_told_in_the_language_of_the_room(tmp_path: Path) -> None:
    room = tmp_path / "room.toml"
    room.write_text('[room]\nlanguage = "zh-CN"\n[meeting]\ndeny = ["zoom"]\n', encoding="utf-8")
    said = link("https://zoom.us/j/91234567890", "--config", str(room)).stdout
    assert "会议号 91234567890" in said
    assert "不会打开" in said
    assert "other devices may dial" in link("https://zoom.us/j/91234567890").stdout


def test_without_a_room_the_locale_says_in_which_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "其他终端可呼叫" in link("https://zoom.us/j/91234567890").stdout


def test_a_file_with_hosts_alone_is_a_config(tmp_path: Path) -> None:
    room = tmp_path / "room.toml"
    room.write_text('[meeting.hosts]\nbbb = ["bbb.example.org"]\n', encoding="utf-8")
    line = json.dumps("https://bbb.example.org/b/abc-def-ghi") + "\n"
    assert [r["platform"] for r in records(line, "--config", str(room))] == ["bbb"]
    assert [r["platform"] for r in records(line)] == [None]


def test_nothing_to_read_is_said_so() -> None:
    result = link()
    assert result.exit_code != 0
    assert "nothing to read; paste the invitation in quotes" in str(result.exception)
