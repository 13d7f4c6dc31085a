"""Several links, fields and numbers in one text: which of them is opened, and which never."""

from __future__ import annotations

from datetime import date

import pytest

from roomctl.meeting.link import read
from roomctl.meeting.platform import Policy, load_platforms

PLATFORMS = load_platforms({})
ZOOM = "https://zoom.us/j/91234567890?pwd=Abc1"
ZOOM_OPENED = "https://zoom.us/wc/join/91234567890?pwd=Abc1"
TENCENT = "https://meeting.tencent.com/dm/AbCdEfGh1234"


def opened(text: str | dict[str, str], policy: Policy | None = None) -> str | None:
    reading = read(text, PLATFORMS, policy or Policy())
    return reading.launch.url if reading.launch else None


def test_the_calendars_own_field_beats_a_stale_link_in_the_body():
    fields = {"DESCRIPTION": ZOOM, "LOCATION": "Microsoft Teams Meeting"}
    assert opened(fields) == ZOOM_OPENED
    assert opened(fields | {"URL": TENCENT}) == TENCENT
    jitsi = "https://meet.jit.si/Room"
    assert opened(fields | {"URL": TENCENT, "X-GOOGLE-CONFERENCE": jitsi}) == jitsi


def test_a_field_may_be_written_as_in_an_ics_file():
    body = f"Room 3\\, join\\n{ZOOM}\\n\\nMeeting ID: 912 3456 7890\\;"
    assert opened({"DESCRIPTION": body}) == ZOOM_OPENED
    assert opened({"X-ALT-DESC;FMTTYPE=text/html": f'<a href="{ZOOM}">x</a>'}) == ZOOM_OPENED
    assert opened({"LOCATION": "https:\\\\zoom.us\\j\\91234567890"}) is None


def test_the_link_with_the_passcode_is_taken_whatever_field_it_stands_in():
    plain = ZOOM.partition("?")[0]
    assert opened(f"{plain} or {ZOOM}") == ZOOM_OPENED
    assert opened({"LOCATION": plain, "DESCRIPTION": f"{TENCENT} {ZOOM}"}) == ZOOM_OPENED


def test_a_passcode_is_not_taken_from_another_meetings_link():
    other = "https://zoom.us/j/98765432109?pwd=Other"
    assert opened(f"https://zoom.us/j/91234567890 {other}") == "https://zoom.us/wc/join/91234567890"


def test_where_one_link_is_denied_the_next_is_taken():
    assert opened(f"{ZOOM} {TENCENT}", Policy(deny=("zoom",))) == TENCENT


@pytest.mark.parametrize(
    ("text", "policy", "code"),
    [
        (
            "https://acme.zoom.us/j/91234567890 Meeting ID: 912 3456 7890",
            Policy(deny=("acme.zoom.us",)),
            "denied_by_policy",
        ),
        (
            "https://chime.aws/1234567890 Meeting ID: 1234 56 7890",
            Policy(day=date(2026, 11, 26)),
            "service_ended",
        ),
        ("Chime Meeting ID: 1234 56 7890", Policy(day=date(2026, 11, 26)), "service_ended"),
    ],
)
def test_a_number_opens_no_door_that_its_link_may_not(text: str, policy: Policy, code: str):
    reading = read(text, PLATFORMS, policy)
    assert reading.launch is None
    assert reading.refused == code
