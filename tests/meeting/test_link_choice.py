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
BARE = "https://zoom.us/j/91234567890"
OTHER = "https://zoom.us/j/98765432109"
OTHER_PRINTED = "Meeting ID: 987 6543 2109"
MINE = ("91234567890", "2")


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


@pytest.mark.parametrize(
    ("text", "number", "passcode"),
    [
        # an older mail below, and two meetings in one text
        (f"New: {BARE}\n\n-----Original-----\n{OTHER}\nPasscode: 111111", "91234567890", None),
        (f"Mo: {BARE}\nTu: {OTHER} Passcode: 111111", "91234567890", None),
        (f"Tu: {OTHER_PRINTED} Passcode: 111111\nMo: {BARE} Passcode: 22", "91234567890", "22"),
        (f"{BARE}\n{OTHER_PRINTED} Passcode: 1\nMeeting ID: 912 3456 7890 Passcode: 2", *MINE),
        (f"Passcode: 2\n{BARE}\nOther: {OTHER} Passcode: 1", *MINE),
        (f"{BARE}\nhttps://zoom.us/u/aBcDeFgHi\nPasscode: 2", *MINE),
        (f"{BARE}\nhttps://wiki.example/page/98765432109\nPasscode: 2", *MINE),
        ("Zoom 912 3456 7890\nZoom 987 6543 2109, passcode 111111", "91234567890", None),
    ],
)
def test_of_two_meetings_on_one_platform_neither_gets_the_others_passcode(
    text: str, number: str, passcode: str | None
):
    reading = read(text, PLATFORMS)
    assert (reading.meeting_id, reading.passcode) == (number, passcode)


def test_a_link_without_a_number_is_not_given_another_platforms():
    link = "https://acme.webex.com/acme/j.php?MTID=m0123456789abcdef"
    zoom = "Fallback: Zoom, Meeting ID: 912 3456 7890, Passcode: 778899"
    assert read(f"{zoom}\nWebex: {link}", PLATFORMS).meeting_id is None
    reading = read(f"{zoom}\nWebex: {link}\nMeeting number: 2512 345 6789", PLATFORMS)
    assert (reading.meeting_id, reading.passcode) == ("25123456789", None)


WEBEX = "https://acme.webex.com/acme/j.php?MTID="


@pytest.mark.parametrize(
    ("mine", "older", "number"),
    [
        (
            TENCENT,
            "https://meeting.tencent.com/dm/OldOldOld\n#腾讯会议：111-222-333\n密码：9999",
            None,
        ),
        (f"{WEBEX}m1", f"{WEBEX}m2\nMeeting number: 2512 999 9999\nMeeting password: Old1", None),
        (
            "https://vc.feishu.cn/j/987654321",
            "https://vc.feishu.cn/j/1112223\n会议 ID：111 222 333",
            "987654321",
        ),
    ],
)
def test_a_link_with_a_token_gets_nothing_from_behind_the_next_one(
    mine: str, older: str, number: str | None
):
    reading = read(f"New: {mine}\n\nFrom: Jane\n{older}", PLATFORMS)
    assert reading.launch
    assert reading.launch.url == mine
    assert (reading.meeting_id, reading.passcode) == (number, None)


def test_the_same_link_again_takes_nothing_away():
    more = "#腾讯会议：765-432-109\n密码：1357"
    for again in (TENCENT, f"{TENCENT}?rs=25", f"<a href='{TENCENT}'>x</a>"):
        reading = read(f"{TENCENT}\n{again}\n{more}", PLATFORMS)
        assert (reading.meeting_id, reading.passcode) == ("765432109", "1357")


@pytest.mark.parametrize(
    "line",
    [
        "WLAN-Passwort: Gast2026",
        "Wi-Fi password: guest2026",
        "WiFi guest password: guest2026",
        "WiFi密码：88886666",
        "WiFi：Acme-Guest 密码：88886666",
        "와이파이 비밀번호: 88886666",
        "投屏密码：135790",
        "无线网密码：88886666",
        "门禁密码：135790",
        "主持人密码：135790",
        "Host password: 135790",
        "https://zoom.us/rec/share/aBcD Passcode: Ab#12",
        "录制：https://zoom.us/rec/share/aBcD 访问密码：135790",
    ],
)
def test_another_things_passcode_is_not_the_meetings(line: str):
    for text in (f"{BARE}\n{line}", f"{line}\n{BARE}\n"):
        assert read(text, PLATFORMS).passcode is None
        assert read(f"{text}\n{BARE}\nPasscode: 2", PLATFORMS).passcode == "2"
    for recording in ("crm/aBcD", "v2/cloud-record/share?id=x", "user-center/shared-record-info"):
        tencent = f"录制：https://meeting.tencent.com/{recording} 密码：9999\n{TENCENT}"
        assert read(tencent, PLATFORMS).passcode is None
        assert read(f"{tencent} 密码：1357", PLATFORMS).passcode == "1357"
    webex = f"{WEBEX}m1\nhttps://acme.webex.com/acme/ldr.php?RCID=0a1b Password: Old1x"
    assert read(webex, PLATFORMS).passcode is None


@pytest.mark.parametrize(
    "line",
    ["主持人张三 会议密码：1357", "现场有WiFi。会议密码：1357", "网络会议密码：1357", "密码：1357"],
)
def test_a_passcode_beside_a_host_is_the_meetings(line: str):
    assert read(f"{TENCENT}\n{line}", PLATFORMS).passcode == "1357"
