"""Numbers and passcodes as people print them, in both languages and all their spellings."""

from __future__ import annotations

import pytest

from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

PLATFORMS = load_platforms({})


@pytest.mark.parametrize(
    ("text", "platform", "number", "passcode"),
    [
        ("#腾讯会议：123-456-789", "tencent", "123456789", None),
        ("＃腾讯会议：１２３－４５６－７８９", "tencent", "123456789", None),
        ("腾讯会议 123 456 789", "tencent", "123456789", None),
        ("腾讯会议号是123456789，密码是2468", "tencent", "123456789", "2468"),
        ("会议 ID：123 456 789", "tencent", "123456789", None),
        ("会议ID:123\u2011456\u2011789", "tencent", "123456789", None),
        ("会议号：\u200e123\u200b456\u200b789\u200f", "tencent", "123456789", None),
        ("Tencent Meeting ID: 123-456-789 Passcode: 1357", "tencent", "123456789", "1357"),
        ("会议号：123 456 789 2 楼", "tencent", "123456789", None),
        ("入会口令：123 456 78901", "dingtalk", "12345678901", None),
        ("参会密码：123-456-789-012", "quanshi", "123456789012", None),
        ("Quanshi, Code: 123 456 789 012", "quanshi", "123456789012", None),
        ("Zoom Meeting ID: 912 3456 7890\nPasscode: a1B*_2", "zoom", "91234567890", "a1B*_2"),
        ("zoom id 612 345 6789 passcode 123456", "zoom", "6123456789", "123456"),
        ("Zoom Meeting ID: 612 345 6789\nPasscode:\n123456", "zoom", "6123456789", "123456"),
        ("Zoom Meeting ID: 612 345 6789\nPasscode:\nOne tap", "zoom", "6123456789", None),
        ("Zoom, password protected. Meeting ID: 612 345 6789", "zoom", "6123456789", None),
        ("<p>Zoom <b>Meeting ID:</b> 612&nbsp;345&nbsp;6789</p>", "zoom", "6123456789", None),
        ("Zoom 会议号：123 456 789", "zoom", "123456789", None),
        ("Teams Meeting ID: 212 345 678 901 2", "teams", "2123456789012", None),
        ("Webex meeting number: 2512 345 6789", "webex", "25123456789", None),
    ],
)
def test_a_printed_number_is_read(text: str, platform: str, number: str, passcode: str | None):
    reading = read(text, PLATFORMS)
    assert (reading.platform, reading.meeting_id, reading.passcode) == (platform, number, passcode)


@pytest.mark.parametrize(
    "text",
    [
        "Zoom +862112345678,,91234567890#",
        "腾讯会议 会议号：12345",
        "Teamspeak meeting id: 912 3456 7890 123 456",
        "Zoom Meeting ID: none",
        "订单号：123-456-789",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str):
    assert read(text, PLATFORMS).meeting_id is None
