"""Addresses for vendors' own clients: known for what they are, and never opened."""

from __future__ import annotations

import pytest

from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

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
