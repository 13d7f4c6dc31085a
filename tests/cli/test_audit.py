"""`roomctl audit`: what it says of entries, and how it ends."""

from __future__ import annotations

import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from roomctl.cli.audit import entry_words, verdict_words
from roomctl.cli.language import WORDS
from roomctl.cli.main import app
from roomctl.cli.told import issue_words
from roomctl.roles import Role
from tests.cli.rig import only, simulating
from tests.test_audit_log import changed

ENTRY = {
    "number": 7,
    "at": "2026-11-26T09:00:00Z",
    "clock_proven": False,
    "role": "operate",
    "name": "token desk",
    "address": "10.0.0.7",
    "command": "camera.recall",
    "arguments": {"camera": "front", "preset": 2},
    "result": "refused: offline",
    "times": 1,
}


def test_an_entry_is_a_line_that_says_who_from_where_what_and_its_result() -> None:
    line = entry_words([ENTRY])
    assert "7  2026-11-26" in line
    assert "? operate: token desk (10.0.0.7)" in line
    assert line.endswith("camera.recall camera=front preset=2: refused: offline")
    assert entry_words([{**ENTRY, "times": 12}]).endswith("offline ×12")
    assert entry_words([]) == "no entry"


def test_times_are_the_rooms_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        first, line = entry_words([ENTRY], ZoneInfo("Asia/Shanghai")).splitlines()
        issue = {"code": "x", "subject": "y", "params": {}, "next_step": "", "since": ENTRY["at"]}
        told = issue_words([issue], zone=ZoneInfo("Asia/Shanghai")).splitlines()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert first == told[0] == "times in Asia/Shanghai"
    assert "2026-11-26 17:00:00" in line
    assert told[1].startswith("2026-11-26 17:00  ")


def test_an_entry_is_told_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    line = entry_words([ENTRY])
    assert "操作: token desk (10.0.0.7)" in line
    assert line.endswith("camera.recall camera=front preset=2: 被拒绝: 设备未连接")
    assert entry_words([{**ENTRY, "result": "done"}]).endswith(": 完成")
    found = {"entries": 9, "first": 1, "newest": 10, "hash": "", "broken": 4}
    for why in ("is missing", "was changed", "is not an entry"):
        assert why not in verdict_words({**found, "why": why})


def test_every_role_has_a_word_in_both_languages() -> None:
    for words in WORDS.values():
        assert {f"role.{one}" for one in (*Role, "nobody")} <= words.keys()


def test_a_broken_record_names_the_entry() -> None:
    found = {"entries": 9, "first": 1, "newest": 10, "hash": "", "broken": 4, "why": "is missing"}
    assert verdict_words(found) == "broken: entry 4 is missing; 9 entries in all"


def test_a_day_that_is_none_is_refused_with_what_would_be_one() -> None:
    said = CliRunner().invoke(app, ["audit", "--since", "nonsense"])
    assert "is not a day or time; write 2026-11-26" in str(said.exception)


@pytest.mark.real
def test_verify_ends_with_1_once_somebody_changed_the_file(tmp_path: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as room:
        room.ready()
        assert room.roomctl("mute").status == 0
        assert room.roomctl("token", "make", "desk").status == 0
        [mute, made] = room.roomctl("audit", "--json").json
        assert (mute["command"], made["arguments"]["name"]) == ("audio.mute", "desk")
        sound = room.roomctl("audit", "verify")
        assert (sound.status, made["hash"] in sound.out) == (0, True)
        changed(only(tmp_path, "history.sqlite").parent, '"on":true', '"on":false')
        broken = room.roomctl("audit", "verify")
        assert (broken.status, broken.out) == (
            1,
            "broken: entry 1 was changed; 2 entries in all\n",
        )
