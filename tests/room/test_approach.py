"""What the screen is told of a platform: where its page may go, and nothing secret for a client."""

import pytest

from roomctl.app import parse
from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms
from roomctl.room.meeting import approach
from roomctl.screen.driver import PageRules

PLATFORMS = load_platforms({})
ZOOM = "https://acme.zoom.us/j/91234567890?pwd=Geheim77"


def told(link: str, meeting: str = "", screen: str = "") -> PageRules:
    text = f'[room]\ndisplay_name = "B"\n[screen]\n{screen}\n[meeting]\n{meeting}\n'
    config = parse(text, "room.toml")
    return approach(read(link, PLATFORMS), PLATFORMS, config)


def test_a_plain_meetings_page_stays_at_its_platform_and_where_one_signs_in() -> None:
    hosts = told(ZOOM, 'also = ["login.acme.example"]').hosts
    assert {"*.zoom.us", "acme.zoom.us", "accounts.google.com", "login.acme.example"} <= {*hosts}
    assert not [host for host in hosts if "tencent" in host]


@pytest.mark.parametrize(
    ("allow", "inside", "outside"),
    [
        ('allow = ["*.zoom.com.cn"]', "*.zoom.com.cn", "*.zoom.us"),
        ('allow = ["cn"]', "*.zoom.com.cn", "accounts.google.com"),
        ('deny = ["accounts.google.com"]', "*.zoom.us", "accounts.google.com"),
    ],
)
def test_no_page_goes_where_the_room_may_not(allow: str, inside: str, outside: str) -> None:
    hosts = told("https://acme.zoom.com.cn/j/6123456789?pwd=Geheim77", allow).hosts
    assert inside in hosts
    assert outside not in hosts


@pytest.mark.parametrize(
    ("link", "address"),
    [
        (ZOOM, "zoommtg://acme.zoom.us/join?action=join&confno=91234567890"),
        (
            "https://teams.microsoft.com/meet/2123456789012?p=Geheim77",
            "msteams:/meet/2123456789012",
        ),
    ],
)
def test_a_client_is_started_without_the_passcode(link: str, address: str) -> None:
    screen = 'native = ["zoom", "teams"]'
    look = told(link, screen=screen)
    assert look.native == address
    assert told(link).native == ""


def test_a_sign_in_is_kept_only_where_the_room_says_so() -> None:
    assert told(ZOOM).login == ""
    assert told(ZOOM, 'signed_in = ["zoom"]').login == "zoom"


def test_a_page_may_go_to_its_own_port_of_a_host_that_has_two_platforms() -> None:
    shared = load_platforms({"jitsi": ("meet.example.org",), "bbb": ("meet.example.org:8443",)})
    text = '[meeting]\nallow = ["meet.example.org"]\nalso = ["login.example.org:8444"]'
    config = parse(text, "room.toml")
    found = read("https://meet.example.org:8443/b/abc-def-ghi", shared)
    assert approach(found, shared, config).hosts == (
        "meet.example.org:8443",
        "login.example.org:8444",
    )
    hosts = approach(read("https://meet.example.org/Room", shared), shared, config).hosts
    assert "meet.example.org" in hosts
    assert "meet.example.org:8443" not in hosts
