"""What `status` and `pair` say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from roomctl.api.phone import printed
from roomctl.cli import told
from roomctl.cli.language import WORDS
from roomctl.room import conditions
from roomctl.room.document import ConditionType


def document(**sections: Any) -> dict[str, Any]:
    return {
        "identity": {"display_name": "Bamboo", "timezone": "Asia/Shanghai"},
        "phase": "ready",
        "meeting": {"state": "idle", "platform": None, "failure": None},
        "audio": {"mute": "muted"},
        "occupancy": {"state": "vacant"},
        "devices": [],
        "bookings": [],
        "conditions": [],
        "issues": [],
    } | sections


def test_a_room_with_a_broken_device_is_not_ready_and_says_which() -> None:
    both = "camera.front, speakerphone.table"
    unmet = {"type": "ready", "status": False, "reason": "device_offline", "message": both}
    room = document(conditions=[unmet])
    assert not told.is_ready(room)
    assert told.words(room).startswith(f"Bamboo: not ready ({both}: does not answer)\n")
    assert told.is_ready(document(conditions=[unmet | {"status": True}]))


def test_what_is_wrong_is_said_as_on_the_panel_and_an_unknown_issue_by_its_code() -> None:
    said = told.words(
        document(
            issues=[
                {"code": "camera.menu_open", "subject": "camera.front", "params": {}},
                {"code": "room.crowded", "subject": "room", "params": {"people": 6, "capacity": 4}},
                {"code": "of.tomorrow", "subject": "x", "params": {}},
            ]
        )
    )
    assert "  ! camera.front: its menu is open, so it does not move\n" in said
    assert "  ! 6 people, room for 4\n" in said
    assert said.endswith("  ! x: of.tomorrow")


@pytest.mark.parametrize(
    ("code", "next_step", "params", "says"),
    [
        (
            "storage.full",
            "todo.storage.full",
            {"path": "/var/lib/roomctl", "free_bytes": 5000, "detail": "no space"},
            ("nothing is stored", "in /var/lib/roomctl: 4 kB are left. (no space)"),
        ),
        (
            "storage.failing",
            "todo.storage.failing",
            {"path": "/var/lib/roomctl", "free_bytes": None, "detail": "input/output error"},
            ("is failing", "Look at /var/lib/roomctl: input/output error."),
        ),
        (
            "storage.quarantined",
            "lost.import",
            {"file": "import.tar", "kept_as": "a.tar", "lost": "import", "detail": "no such line"},
            ("import failed; the file is kept as a.tar", "import it again: no such line"),
        ),
        (
            "storage.quarantined",
            "lost.nothing",
            {"file": "settings.toml", "kept_as": None, "lost": "nothing"},
            ("settings.toml was damaged, and is restored", "Nothing is lost."),
        ),
        (
            "calendar.stale",
            "todo.calendar.stale",
            {"key": "calendar.url", "age_min": 180, "detail": "404"},
            ("read 3 h ago", "Check calendar.url in room.toml, and the network: 404"),
        ),
        (
            "calendar.overruled",
            "todo.calendar.overruled",
            {"reason": "gone", "title": "Review"},
            ("“Review” is no longer in the calendar", ""),
        ),
        (
            "booking.series_unused",
            "todo.booking.series_unused",
            {"title": "{series}", "misses": 3, "series": "abc"},
            ("“{series}”: nobody came, 3 times", "booking.keep_series with abc."),
        ),
        ("meeting.failed", "failure.crashed", {"reason": "crashed"}, ("was interrupted", "")),
        ("help", "todo.help", {"about": "no_sound", "number": 1}, ("Reported: No sound", "")),
    ],
)
def test_an_issue_is_told_with_its_parameters_and_a_next_step(
    code: str, next_step: str, params: dict[str, Any], says: tuple[str, str]
) -> None:
    issue = {"code": code, "subject": "x", "next_step": next_step, "params": params}
    assert says[0] in told.issue_text(issue)
    assert says[1] in told.step_text(issue)


def test_the_next_booking_is_told_in_the_rooms_own_time() -> None:
    def booking(hours: float, title: str | None, status: str = "booked") -> dict[str, Any]:
        start = datetime.now(UTC) + timedelta(hours=hours)
        end = start + timedelta(hours=1)
        return {
            "start": f"{start:%FT%TZ}",
            "end": f"{end:%FT%TZ}",
            "title": title,
            "status": status,
        }

    past, gone, next_one = booking(-3, "over"), booking(0, "no", "released"), booking(0.5, None)
    said = told.words(document(bookings=[past, gone, next_one]))
    start = datetime.fromisoformat(next_one["start"]) + timedelta(hours=8)
    assert f"  next        {start:%H:%M}-" in said
    assert "booked" in said
    assert "over" not in said
    assert "no booking today" in told.words(document(bookings=[past]))


def test_a_link_is_printed_as_a_code_that_a_terminal_can_show() -> None:
    lines = printed("https://bamboo.example.org/#pair=abc").splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines) > 10


def test_every_reason_of_a_condition_has_words() -> None:
    table = str(conditions.__doc__).partition("Knows no clock")[0]
    reasons = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", table)) - {"not_configured"}
    reasons -= set(get_args(ConditionType))
    assert len(reasons) > 15
    missing = {one for one in reasons if f"reason.{one}" not in WORDS["en"]} - {"storage_full"}
    assert missing == set()


def test_a_condition_that_no_issue_explains_is_listed_and_others_are_not_told_twice() -> None:
    silent = {
        "type": "audio_ready",
        "status": False,
        "reason": "no_sound_server",
        "message": "screen",
        "since": "2026-11-26T09:00:00+00:00",
    }
    gone = {**silent, "type": "devices_present", "reason": "device_offline"}
    gone["message"] = "camera.front"
    ready = {**silent, "type": "ready"}
    issues = [{"subject": "camera.front"}]
    unmet = told.unexplained({"conditions": [silent, gone, ready]}, issues)
    assert unmet == [silent]
    assert told.issue_words([], unmet).endswith("sound (screen) is not ready: no sound server")
    assert told.as_issue(silent)["id"] == "condition.audio_ready:screen"


@pytest.mark.parametrize(
    ("audio", "says"),
    [
        ({"mute": "muted", "listening": True}, "muted"),
        ({"mute": "open", "listening": True}, "on"),
        ({"mute": "open", "listening": False}, "not muted, and no program listens"),
        ({"mute": "open", "listening": None}, "not muted"),
    ],
)
def test_a_microphone_is_on_while_a_program_listens(audio: dict[str, Any], says: str) -> None:
    assert told.facts(document(audio=audio))["microphone"] == says


@pytest.mark.parametrize(
    ("wall", "says"), [("none", None), ("stands", "behind a wall"), ("away", "not behind its wall")]
)
def test_status_says_whether_the_microphone_is_behind_a_wall(wall: str, says: str | None) -> None:
    found = told.facts(document(audio={"mute": "muted", "wall": wall})).get("sound")
    assert found is None if says is None else found is not None and found.startswith(says)
