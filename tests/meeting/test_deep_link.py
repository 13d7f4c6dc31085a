"""Deep links of the vendors' own clients: complete, quoted, known, never opened."""

from __future__ import annotations

import pytest

from roomctl.meeting.deep_link import deep_link, without_passcode
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
    ("link", "said", "url"),
    [
        (
            "zoommtg://zoom.us/join?action=join&confno=91234567890&pwd=Ab.1",
            ("zoom", "91234567890", "Ab.1"),
            "https://zoom.us/wc/join/91234567890?pwd=Ab.1",
        ),
        (
            "ZOOMUS://acme.zoom.com.cn/join?confno=91234567890&uname=Room&tk=REG",
            ("zoom", "91234567890", None),
            "https://acme.zoom.com.cn/wc/join/91234567890?tk=REG",
        ),
        (
            "msteams://teams.microsoft.com/l/meetup-join/19%3ameeting_QUJD%40thread.v2/0",
            ("teams", "19:meeting_QUJD@thread.v2", None),
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_QUJD%40thread.v2/0",
        ),
        (
            "zoommtg://zoom.us/join?action=join&confno=91234567890?pwd=a+b",
            ("zoom", "91234567890", "a+b"),
            "https://zoom.us/wc/join/91234567890?pwd=a%2Bb",
        ),
        ("wemeet://page/inmeeting?meeting_code=123456789", ("tencent", "123456789", None), None),
        (
            "jitsi-meet://meet.jit.si/Bamboo",
            ("jitsi", "Bamboo", None),
            "https://meet.jit.si/Bamboo",
        ),
        (
            "jitsi-meet://https://meet.jit.si/Bamboo",
            ("jitsi", "Bamboo", None),
            "https://meet.jit.si/Bamboo",
        ),
        (
            "rcvdt://join/123456789?pw=abcd",
            ("ringcentral", "123456789", "abcd"),
            "https://v.ringcentral.com/join/123456789?pw=abcd",
        ),
    ],
)
def test_a_clients_address_is_read_and_the_web_page_of_its_meeting_opened(
    link: str, said: tuple[str | None, str | None, str | None], url: str | None
):
    for text in (link, f"Join: <{link}>", f"[join]({link})"):
        reading = read(text, PLATFORMS)
        assert (reading.platform, reading.meeting_id, reading.passcode) == said
        assert reading.refused is None
        assert (reading.launch.url if reading.launch else None) == url


@pytest.mark.parametrize(
    ("link", "said", "code"),
    [
        (
            "ZOOMMTG://evil.example/join?confno=91234567890",
            ("zoom", "91234567890", None),
            "scheme",
        ),
        (
            "zoommtg://zoom.us.evil.example/join?confno=91234567890",
            (None, None, None),
            "look_alike_host",
        ),
        ("zoommtg://zoom.us@evil.example/join?confno=91234567890", ("zoom", None, None), "scheme"),
        ("zoommtg://zoom.us/join?confno=912345", ("zoom", None, None), "scheme"),
        (
            "zoommtg://zoom.us/start?confno=91234567890",
            ("zoom", "91234567890", None),
            "host_link",
        ),
        (
            "zoommtg://zoom.us/join?action=start&confno=91234567890&zak=x",
            ("zoom", "91234567890", None),
            "host_link",
        ),
        ("wemeet://page/premeeting/schedule", ("tencent", None, None), "scheme"),
        ("lark://client/byteview/join?meeting_no=x", ("feishu", None, None), "scheme"),
        ("msteams:/l/chat/19%3ax%40thread.v2/0", ("teams", None, None), "scheme"),
        (
            "msteams://evil.example/l/meetup-join/19%3ax%40thread.v2/0",
            ("teams", None, None),
            "scheme",
        ),
        ("jitsi-meet://evil.example/Bamboo", ("jitsi", None, None), "scheme"),
        ("jitsi-meet://https://evil.example/Bamboo", ("jitsi", None, None), "scheme"),
        ("webex://meet?url=https://evil.example/meet/x", ("webex", None, None), "scheme"),
        ("nobody://zoom.us/join?confno=91234567890", (None, None, None), "scheme"),
    ],
)
def test_a_clients_address_opens_no_other_door(
    link: str, said: tuple[str | None, str | None, str | None], code: str
):
    reading = read(link, PLATFORMS)
    assert (reading.refused, reading.launch) == (code, None)
    if code != "look_alike_host":
        assert (reading.platform, reading.meeting_id, reading.passcode) == said


NATIVE = [good.text for p in PLATFORMS if p.native for good in p.good if "http" not in good.text]
HOSTS = sorted({host.removeprefix("*.") for p in PLATFORMS for host in p.hosts})


@pytest.mark.parametrize("text", [text for text in NATIVE if any(h in text for h in HOSTS)])
def test_with_another_host_in_it_a_clients_address_opens_nothing(text: str):
    assert read(text, PLATFORMS).platform
    host = max((host for host in HOSTS if host in text), key=len)
    for stranger in (f"{host}.evil.example", f"evil.example/{host}", f"{host}@evil.example"):
        assert read(text.replace(host, stranger), PLATFORMS).launch is None


def test_a_passcode_with_a_plus_is_left_out_too():
    reading = without_passcode(read("https://zoom.us/j/91234567890?pwd=a+b&x=1", PLATFORMS))
    assert reading.launch
    assert reading.launch.url == "https://zoom.us/wc/join/91234567890?x=1"


def test_a_denied_platform_is_not_reached_by_its_clients_address():
    link = "zoommtg://zoom.us/join?confno=91234567890"
    assert read(link, PLATFORMS, Policy(deny=("zoom",))).refused == "denied_by_policy"
    number = "wemeet://page/inmeeting?meeting_code=123456789"
    assert read(number, PLATFORMS, Policy(deny=("tencent",))).refused == "denied_by_policy"


def test_beside_a_clients_address_the_number_still_counts():
    reading = read("[x](wemeet://page/inmeeting?meeting_code=1) #腾讯会议：123-456-789", PLATFORMS)
    assert (reading.meeting_id, reading.refused) == ("123456789", None)
