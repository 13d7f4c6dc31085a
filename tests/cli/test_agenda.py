"""`roomctl agenda`: one day of a calendar, or one sentence why not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from roomctl.cli.agenda import system_zone
from roomctl.cli.main import app
from tests.booking import hostile
from tests.booking.hostile import calendar, event

pytestmark = pytest.mark.real

runner = CliRunner()

TENCENT = event(
    "tencent",
    "DTSTART;TZID=China Standard Time:20261126T090000",
    "DTEND;TZID=China Standard Time:20261126T093000",
    "SUMMARY:项目周会",
    "ORGANIZER;CN=Wang Fang:mailto:wang.fang@example.com",
    "DESCRIPTION:https://meeting.tencent.com/dm/AbCdEfGh1234\\n#腾讯会议：123-456-789",
)
PRIVATE = event(
    "private",
    "DTSTART:20261126T060000Z",
    "DTEND:20261126T070000Z",
    "SUMMARY:Redundancies",
    "ORGANIZER:mailto:li.wei@example.com",
    "CLASS:CONFIDENTIAL",
    "LOCATION:https://zoom.us/j/91234567890",
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bamboo@example.com",
)
FAIR = event("fair", "DTSTART;VALUE=DATE:20261126", "SUMMARY:Fair")
CANCELLED = event("gone", "DTSTART:20261126T080000Z", "STATUS:CANCELLED", "SUMMARY:Gone")


def run(path: Path | str, *words: str, status: int = 0, stdin: bytes | None = None) -> Any:
    line = ["agenda", str(path), "--at", "2026-11-26", "--zone", "Asia/Shanghai", "--json", *words]
    result = runner.invoke(app, line, input=stdin)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "room.ics"
    path.write_bytes(calendar(TENCENT, PRIVATE, FAIR, CANCELLED))
    return path


def test_a_day_is_a_list_of_what_blocks_the_room(room: Path):
    fair, tencent, private = run(room, "--room", "mailto:Bamboo@example.com")
    assert tencent == {
        "start": "2026-11-26T09:00:00+08:00",
        "end": "2026-11-26T09:30:00+08:00",
        "title": "项目周会",
        "organizer": "Wang Fang",
        "organizer_email": "wang.fang@example.com",
        "private": False,
        "tentative": False,
        "all_day": False,
        "platform": "tencent",
        "meeting_id": "123456789",
    }
    assert [private[key] for key in ("title", "organizer", "organizer_email")] == [None] * 3
    assert (private["private"], private["tentative"]) == (True, True)
    assert (private["platform"], private["meeting_id"]) == ("zoom", "91234567890")
    assert (fair["all_day"], fair["organizer"], fair["platform"]) == (True, None, None)
    assert fair["end"] == "2026-11-27T00:00:00+08:00"


def test_the_day_is_the_rooms(room: Path):
    late = ("--at", "2026-11-25T23:00:00Z")  # it is seven in the morning there
    assert len(run(room, *late)) == 3
    assert run(room, "--at", "2026-11-25T15:59:59Z") == []
    west = run(room, "--zone", "Pacific Standard Time", "--at", "2026-11-25")
    assert [each["start"] for each in west] == [
        "2026-11-25T17:00:00-08:00",
        "2026-11-25T22:00:00-08:00",
    ]


def test_an_empty_calendar_is_an_empty_list(tmp_path: Path):
    (tmp_path / "room.ics").write_bytes(calendar())
    assert run(tmp_path / "room.ics") == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html>Please sign in</html>", "is not an iCalendar file; does its url need a login?"),
        (calendar(TENCENT)[:-20], "is cut off"),
        (calendar(TENCENT)[:90], "is cut off"),
        (b"", "is not an iCalendar file"),
        (b"\x00" * (9 * 1024 * 1024), "is larger than 8 MiB"),
        (calendar(hostile.every_second_by_lists()), "1 event is left out: Every second repeats"),
        (calendar(event("bad", "DTSTART:soon", "SUMMARY:Bad")), "Bad cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, data: bytes, why: str):
    (tmp_path / "room.ics").write_bytes(data)
    said = run(tmp_path / "room.ics", status=1)
    assert list(said) == ["error"]
    assert why in said["error"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--zone", "Nowhere"), "'Nowhere' is not a time zone"),
        (("--at", "soon"), "'soon' is not a time"),
        (("--at", "0001-01-01"), "is not a time"),
        (("--at", "9999-12-31T23:59:59Z"), "is not a time"),
        (("--config", "/none/room.toml"), "/none/room.toml"),
    ],
)
def test_what_cannot_be_asked_is_one_error(room: Path, words: tuple[str, ...], why: str):
    assert why in run(room, *words, status=1)["error"]


@pytest.mark.parametrize("place", ["/none.ics", "ftp://a.example/x", "https://", "/tmp", "ics:"])
def test_a_place_without_a_calendar_is_one_error(place: str):
    assert list(run(place, status=1)) == ["error"]


def test_a_calendar_is_read_from_standard_input():
    line = [sys.executable, "-m", "roomctl", "agenda", "-", "--at", "2026-11-26", "--zone", "UTC"]
    done = subprocess.run([*line, "--json"], input=calendar(TENCENT), capture_output=True)
    assert [each["title"] for each in json.loads(done.stdout)] == ["项目周会"]


def test_of_a_bomb_among_others_the_others_are_said_soon(tmp_path: Path):
    path = tmp_path / "room.ics"
    path.write_bytes(calendar(hostile.every_second_by_lists(), TENCENT))
    began = time.monotonic()
    line = [sys.executable, "-m", "roomctl", "agenda", str(path), "--at", "2026-11-26", "--json"]
    done = subprocess.run(line, capture_output=True, check=True)
    assert time.monotonic() - began < 60
    assert [each["title"] for each in json.loads(done.stdout)] == ["项目周会"]
    assert b"1 event is left out: Every second repeats too often" in done.stderr


def test_ten_thousand_events_are_read(tmp_path: Path):
    many = [event(f"n{n}", f"DTSTART:20{n % 90 + 10}1126T010000Z") for n in range(10_000)]
    (tmp_path / "room.ics").write_bytes(calendar(*many, TENCENT))
    assert len(run(tmp_path / "room.ics")) == 112


def test_a_room_toml_says_zone_address_and_platforms(room: Path, tmp_path: Path):
    config = tmp_path / "room.toml"
    config.write_text(
        '[room]\ndisplay_name = "Bamboo"\ntimezone = "Asia/Shanghai"\nlanguage = "zh-CN"\n'
        '[calendar]\nroom = "bamboo@example.com"\n',
        encoding="utf-8",
    )
    line = ["agenda", str(room), "--at", "2026-11-26", "--config", str(config)]
    said = runner.invoke(app, line).stdout.splitlines()
    assert said == [
        "全天  Fair",
        "09:00-09:30  项目周会  Wang Fang  tencent 123456789",
        "14:00-15:00  私人会议  zoom 91234567890  （暂定）",
    ]


def test_a_person_is_told_in_words(room: Path):
    line = ["agenda", str(room), "--zone", "Asia/Shanghai", "--at"]
    said = runner.invoke(app, [*line, "2026-11-26"]).stdout.splitlines()
    assert said[2] == "14:00-15:00  Private meeting  zoom 91234567890"
    assert runner.invoke(app, [*line, "2026-11-27"]).stdout == "nothing is booked\n"


@pytest.mark.parametrize("name", ["Asia/Shanghai", ":Europe/Berlin"])
def test_the_systems_zone_is_the_one_that_its_user_has_set(
    monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setitem(os.environ, "TZ", name)
    assert system_zone().key == name.removeprefix(":")


@pytest.mark.parametrize("url", ["graph:bamboo@example.com", "google:c_1@example.com"])
def test_a_vendors_calendar_is_read_as_whom_room_toml_says(tmp_path: Path, url: str):
    said = run(url, status=1)["error"]
    assert said.startswith(f"{url}: asks who reads it")
    assert "--config room.toml" in said
    config = tmp_path / "room.toml"
    config.write_text('[room]\ndisplay_name = "Bamboo"\n')
    assert "[calendar]" in run(url, "--config", str(config), status=1)["error"]


def test_without_a_calendar_it_is_the_rooms_own(room: Path, tmp_path: Path):
    config = tmp_path / "room.toml"
    config.write_text(f'[room]\ndisplay_name = "Bamboo"\n[calendar]\nurl = "ics:{room}"\n')
    line = ["agenda", "--at", "2026-11-26", "--zone", "Asia/Shanghai", "--config", str(config)]
    result = runner.invoke(app, [*line, "--json"])
    assert [each["title"] for each in json.loads(result.stdout)] == ["Fair", "项目周会", None]
    result = runner.invoke(app, ["agenda", "--json"])
    assert "nothing to read" in json.loads(result.stdout)["error"]


def test_a_caldav_server_that_is_not_there_is_one_error():
    said = run("caldav:http://room:s3cret@127.0.0.1:9/calendar/", status=1)["error"]
    assert said.startswith("caldav:http://127.0.0.1:9/")
    assert "s3cret" not in said
