"""Deep links of the vendors' own clients: complete, quoted, known, never opened."""

from __future__ import annotations

import pytest

from roomctl.meeting.deep_link import deep_link
from roomctl.meeting.link import read
from roomctl.meeting.platform import Policy, load_platforms

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
    assert deep_link(read(text, PLATFORMS), PLATFORMS) == address


def test_what_a_room_may_not_open_has_no_address():
    reading = read("https://zoom.us/j/91234567890", PLATFORMS, Policy(deny=("zoom",)))
    assert deep_link(reading, PLATFORMS) is None


def test_no_part_of_an_invitation_adds_a_parameter():
    reading = read("https://zoom.us/j/91234567890?pwd=a%26uname%3Dx", PLATFORMS)
    assert deep_link(reading, PLATFORMS) == (
        "zoommtg://zoom.us/join?action=join&confno=91234567890&pwd=a%26uname%3Dx"
    )


PLATFORMS = load_platforms({})


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (
            "zoommtg://zoom.us/join?action=join&confno=91234567890&pwd=Ab.1",
            ("zoom", "91234567890", "Ab.1"),
        ),
        ("ZOOMMTG://evil.example/join?confno=91234567890", ("zoom", "91234567890", None)),
        ("wemeet://page/inmeeting?meeting_code=123456789", ("tencent", "123456789", None)),
        ("lark://client/byteview/join?meeting_no=x", ("feishu", None, None)),
        ("msteams:/l/meetup-join/19%3ax%40thread.v2/0", ("teams", None, None)),
        ("nobody://zoom.us/join?confno=91234567890", (None, None, None)),
    ],
)
def test_a_clients_own_address_is_known_and_not_opened(
    link: str, said: tuple[str | None, str | None, str | None]
):
    reading = read(link, PLATFORMS)
    assert (reading.platform, reading.meeting_id, reading.passcode) == said
    assert (reading.refused, reading.launch) == ("scheme", None)


def test_beside_a_clients_address_the_number_still_counts():
    reading = read("[x](wemeet://page/inmeeting?meeting_code=1) #腾讯会议：123-456-789", PLATFORMS)
    assert (reading.meeting_id, reading.refused) == ("123456789", None)
