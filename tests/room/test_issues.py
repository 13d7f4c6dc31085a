"""What an issue means to whoever looks after a room."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl.command import Param
from roomctl.errors import PortReason
from roomctl.kind import IssueEntry
from roomctl.room.issues import rated

WALL = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
I18N = Path(__file__).resolve().parents[2] / "web" / "i18n"
WORDS = [json.loads((I18N / f"{one}.json").read_text(encoding="utf-8")) for one in ("en", "zh-CN")]
CODES = sorted(key[6:] for key in WORDS[0] if key.startswith("issue."))
OWN_STEP = sorted(key[5:] for key in WORDS[0] if key.startswith("todo.") and key != "todo.other")


def issue(code: str, **params: Param) -> IssueEntry:
    return IssueEntry(code, "camera.front", params, WALL)


@pytest.mark.parametrize(
    ("found", "severity", "next_step"),
    [
        (issue("device.offline", reason="missing"), "error", "offline.missing"),
        (issue("device.offline", reason=None), "error", "offline.other"),
        (issue("meeting.failed", reason="network"), "error", "failure.network"),
        (issue("storage.full"), "error", "todo.storage.full"),
        (issue("audit.broken", entry=4), "warning", "todo.audit.broken"),
        (issue("storage.quarantined", lost="tokens"), "warning", "lost.tokens"),
        (issue("display.fault", part="lamp", level="error"), "error", "todo.other"),
        (issue("display.fault", part="lamp", level="warning"), "warning", "todo.other"),
        (issue("audio.volume_zero", in_call=False), "error", "todo.audio.volume_zero"),
        (issue("audio.volume_zero", in_call=True), "warning", "todo.audio.volume_zero"),
        (issue("camera.not_woken", reason="offline"), "warning", "error.offline"),
        (issue("camera.advisory"), "info", "todo.other"),
        (issue("of.tomorrow"), "warning", "todo.other"),
    ],
)
def test_an_issue_has_a_severity_and_a_next_step(
    found: IssueEntry, severity: str, next_step: str
) -> None:
    one = rated(found)
    assert (one.severity, one.next_step) == (severity, next_step)
    assert one.id == f"{found.code}:camera.front"


@pytest.mark.parametrize("code", CODES)
def test_every_next_step_has_words_in_both_languages(code: str) -> None:
    reasons = ("missing",) if code == "device.offline" else ("other",)
    for reason in reasons:
        step = rated(issue(code, reason=reason)).next_step
        assert all(step in words for words in WORDS), step


@pytest.mark.parametrize("code", OWN_STEP)
def test_an_issue_for_which_there_are_words_what_to_do_names_them(code: str) -> None:
    assert rated(issue(code)).next_step == f"todo.{code}"


@pytest.mark.parametrize("reason", PortReason)
def test_every_reason_of_a_lost_device_has_words(reason: PortReason) -> None:
    assert all(rated(issue("device.offline", reason=reason.value)).next_step in w for w in WORDS)
