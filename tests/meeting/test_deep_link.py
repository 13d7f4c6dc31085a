"""Addresses for the vendors' own clients: complete, quoted, and only for what may be opened."""

from __future__ import annotations

import pytest

from roomctl.meeting.deep_link import native
from roomctl.meeting.invitation import Policy
from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

PLATFORMS = load_platforms({})


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "https://us02web.zoom.us/j/91234567890?pwd=Ab.1",
            "zoommtg://us02web.zoom.us/join?action=join&confno=91234567890&pwd=Ab.1",
        ),
        (
            "https://zoom.us/j/91234567890",
            "zoommtg://zoom.us/join?action=join&confno=91234567890",
        ),
        (
            "#腾讯会议：123-456-789 会议密码：6543",
            "wemeet://page/inmeeting?meeting_code=123456789&password=6543",
        ),
        ("https://meeting.tencent.com/dm/AbCdEfGh1234", None),
        (
            "https://teams.microsoft.com/meet/2123456789012?p=AbCd",
            "msteams:/meet/2123456789012?p=AbCd",
        ),
        ("https://meet.jit.si/Bamboo", None),
    ],
)
def test_the_address_holds_what_the_invitation_says(text: str, address: str | None):
    assert native(read(text, PLATFORMS), PLATFORMS) == address


def test_what_a_room_may_not_open_has_no_address():
    reading = read("https://zoom.us/j/91234567890", PLATFORMS, Policy(deny=("zoom",)))
    assert native(reading, PLATFORMS) is None


def test_no_part_of_an_invitation_adds_a_parameter():
    reading = read("https://zoom.us/j/91234567890?pwd=a%26uname%3Dx", PLATFORMS)
    assert native(reading, PLATFORMS) == (
        "zoommtg://zoom.us/join?action=join&confno=91234567890&pwd=a%26uname%3Dx"
    )
