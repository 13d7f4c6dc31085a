"""Addresses to dial: read from a text, made for a meeting, never opened as they are."""

from __future__ import annotations

import pytest

from roomctl.meeting.dial import dial_strings, find_address
from roomctl.meeting.invitation import ParsedInvitation
from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

PLATFORMS = load_platforms({})


@pytest.mark.parametrize(
    ("text", "platform", "meeting_id", "passcode"),
    [
        ("sip:91234567890@zoomcrc.com", "zoom", "91234567890", None),
        ("SIP: 91234567890.123456@ZoomCRC.com", "zoom", "91234567890", "123456"),
        ("sips:bamboo@video.example.org;transport=tls", "sip", "bamboo@video.example.org", None),
        ("H.323: h323:123456@video.example.org", "sip", "123456@video.example.org", None),
    ],
)
def test_an_address_is_read(text: str, platform: str, meeting_id: str, passcode: str | None):
    reading = read(text, PLATFORMS)
    assert (reading.platform, reading.meeting_id) == (platform, meeting_id)
    assert reading.passcode == passcode
    assert reading.refused is None


def test_a_platforms_address_opens_what_its_number_opens():
    dialled, numbered = read("sip:91234567890@zoomcrc.com", PLATFORMS), ParsedInvitation("zoom")
    assert dialled.launch
    assert dialled.launch.url == "https://app.zoom.us/wc/join/91234567890"
    assert numbered.launch is None


def test_an_address_of_nobody_known_opens_nothing():
    assert read("sip:bamboo@example.org", PLATFORMS).launch is None


def test_a_link_goes_before_an_address():
    text = "sip:bamboo@example.org or https://meet.jit.si/Bamboo"
    assert read(text, PLATFORMS).platform == "jitsi"


@pytest.mark.parametrize(
    "text",
    ["91234567890@zoomcrc.com.evil.example", "a91234567890@zoomcrc.com", "wang.fang@example.org"],
)
def test_a_mail_address_or_a_look_alike_is_none(text: str):
    assert find_address(text, PLATFORMS) is None


def test_a_number_is_dialled_with_the_printed_passcode_and_never_with_a_links_token():
    printed = ParsedInvitation("zoom", "91234567890", "123456")
    token = ParsedInvitation("zoom", "91234567890", "QUJDRA.1")
    assert dial_strings(printed, PLATFORMS)[0] == "91234567890.123456@zoomcrc.com"
    assert dial_strings(token, PLATFORMS)[0] == "91234567890@zoomcrc.com"
    assert "162.255.37.11##91234567890" in dial_strings(token, PLATFORMS)


@pytest.mark.parametrize(
    "reading",
    [ParsedInvitation(), ParsedInvitation("quanshi", "123456789012"), ParsedInvitation("zoom")],
)
def test_without_a_number_or_a_way_nothing_is_dialled(reading: ParsedInvitation):
    assert dial_strings(reading, PLATFORMS) == []
