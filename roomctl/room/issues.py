"""What each issue of a room means to whoever looks after it: how grave it is, what to do next.

The words for each are the panel's (`web/i18n`): an issue's under "issue.CODE", the next step's
under its code, such as "offline.missing" or "todo.storage.full". An issue without a step of its own
there has "todo.other": ask for help.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from roomctl.command import Param
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry
from roomctl.words import panel_texts

Severity = Literal["error", "warning", "info"]
"""error: people in the room miss something; warning: they will, or it shall be looked after; info:
worth knowing."""

_INFO = frozenset(
    {
        "booking.series_unused",
        "calendar.overruled",
        "camera.advisory",
        "camera.chain_count",
        "camera.unknown_model",
        "look.sensor",
        "room.crowded",
        "speakerphone.advisory",
    }
)
_ERRORS = frozenset(
    {
        "audio.gain_zero",
        "audio.heard",
        "audio.no_loudspeaker",
        "audio.no_microphone",
        "audio.seen",
        "audio.volume_zero",
        "audio.wall",
        "access.unstored",
        "camera.busy",
        "camera.menu_open",
        "camera.not_executable",
        "device.offline",
        "display.fault",
        "meeting.failed",
        "storage.failing",
        "storage.full",
        "storage.read_only",
    }
)
_STEPS = {
    "device.offline": "offline",
    "meeting.failed": "failure",
    "booking.refused": "refused",
    "update.refused": "update",
    "update.went_back": "update",
}
"""Issues whose next step depends on their parameter `reason`."""


@frozen
class RatedIssue:
    """Something that is wrong now. `id` stays the same while it lasts: its code and subject.

    `next_step` is a code, as the panel's words have it: what to do.
    """

    id: str
    code: str
    subject: str
    severity: Severity
    since: datetime
    params: dict[str, Param]
    next_step: str


def rated(issue: IssueEntry) -> RatedIssue:
    """Return an issue with what it means."""
    return RatedIssue(
        f"{issue.code}:{issue.subject}",
        issue.code,
        issue.subject,
        _severity(issue),
        issue.since,
        issue.params,
        _next_step(issue),
    )


def _severity(issue: IssueEntry) -> Severity:
    if issue.code == "display.fault" and issue.params.get("level") == "warning":
        return "warning"
    if issue.code == "audio.volume_zero" and issue.params.get("in_call"):
        return "warning"  # who is in the call may want it so
    if issue.code in _ERRORS:
        return "error"
    return "info" if issue.code in _INFO else "warning"


def _next_step(issue: IssueEntry) -> str:
    if issue.code in _STEPS:
        return f"{_STEPS[issue.code]}.{issue.params.get('reason') or 'other'}"
    if issue.code == "storage.quarantined":
        return f"lost.{issue.params.get('lost') or 'other'}"
    if issue.code.startswith("camera.not_") and issue.params.get("reason"):
        return f"error.{issue.params['reason']}"
    own = f"todo.{issue.code}"
    return own if own in panel_texts("en") else "todo.other"
