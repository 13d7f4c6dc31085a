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
        ("Webex 会议 ID：2512 345 6789 密码：Ab3dE5", "webex", "25123456789", "Ab3dE5"),
        ("**#腾讯会议：**838-197-763", "tencent", "838197763", None),
        ("**入会口令（钉钉）：** 688 824 34655", "dingtalk", "68882434655", None),
        ("*Zoom*\n*Meeting ID:* 912 3456 7890\n*Passcode:* a*b", "zoom", "91234567890", "a*b"),
        ("| 腾讯会议号 | 838-197-763 |\n| 密码 | 1234 |", "tencent", "838197763", "1234"),
        ("Zoom\nMeeting ID:    912  3456  7890", "zoom", "91234567890", None),
        ("使用腾讯会议（ID：838-197-763）", "tencent", "838197763", None),
        ("騰訊會議號：838-197-763 密碼：1234", "tencent", "838197763", "1234"),
        ("Teams\n會議識別碼: 234 567 890 123\n密碼: Ab3cD4", "teams", "234567890123", "Ab3cD4"),
        ("Zoom: 912 3456 7890 / pw: 123456", "zoom", "91234567890", "123456"),
        ("Meeting ID: 912 3456 7890\nPasscode: 123456", "zoom", "91234567890", "123456"),
        ("Meeting ID: 264 183 392 744 150\nPasscode: M9B2", "teams", "264183392744150", "M9B2"),
        ("#腾讯会议：838-197-763，备用 Zoom 会议号：912 3456 7890", "tencent", "838197763", None),
        ("腾讯会议：838-197-763，备用 Zoom，密码：2468", "tencent", "838197763", None),
        ("Zoom https://zoom.us/u/a?pwd=Zz99 ID: 612 345 6789", "zoom", "6123456789", None),
        ("Zoom Meeting ID: 612 345 6789\nPasscode: none", "zoom", "6123456789", None),
        ("Zoom Meeting ID: 612 345 6789\nPasscode: None7", "zoom", "6123456789", "None7"),
        ("会议号：688 824 34655", "dingtalk", "68882434655", None),
        ("会议号：838 - 197 - 763", "tencent", "838197763", None),
        ("https://zoom.us/u/a?b=1，ID:612 345 6789", "zoom", "6123456789", None),
        ("Dial 25123456789@acme.webex.com.", "webex", "25123456789", None),
        ("123456789@qqmra.com", "tencent", "123456789", None),
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
        "会议号：123 456 789 0123",  # the first nine digits of a longer number are none
        "https://meeting.tencent.com/user-center/info?meeting_id=123456789&meeting-id=123456789",
        "Zoom Meeting ıd: 912 3456 7890",  # no label is written with a dotless ı
        "sıp:a@b.example",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str):
    assert read(text, PLATFORMS).meeting_id is None
