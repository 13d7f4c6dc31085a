"""Links and invitations: what is read, what is refused and why, and that nothing ever raises."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import roomctl.meeting
from roomctl.meeting.deep_link import deep_link
from roomctl.meeting.link import by_number, read, redacted
from roomctl.meeting.platform import Policy, covers, load_platforms
from tests.examples import examples

PLATFORM_FILES = Path(roomctl.meeting.__file__).with_name("platforms")

PLATFORMS = load_platforms({})
ZOOM = "https://zoom.us/j/91234567890?pwd=Abc1"
ZOOM_OPENED = "https://zoom.us/wc/join/91234567890?pwd=Abc1"
TENCENT = "https://meeting.tencent.com/dm/AbCdEfGh1234"


def opened(text: str | dict[str, str], policy: Policy | None = None) -> str | None:
    reading = read(text, PLATFORMS, policy or Policy())
    return reading.launch.url if reading.launch else None


HOSTILE = [
    ("https://zoom.us.evil.com/j/91234567890", "look_alike_host"),
    ("https://evilzoom.us/j/91234567890", "look_alike_host"),
    ("https://zoom-us.com/j/91234567890", "look_alike_host"),
    ("https://zoom.us-join.com/j/91234567890", "look_alike_host"),
    ("https://z00m.us/j/91234567890", "look_alike_host"),
    ("https://zoorn.us/j/91234567890", "look_alike_host"),
    ("https://zoom.evil.com/j/91234567890", "look_alike_host"),
    ("https://xn--zm-fmca.us/j/91234567890", "mixed_script"),
    ("https://zооm.us/j/91234567890", "mixed_script"),  # Cyrillic о
    ("https://meet.јіт.si/Room", "look_alike_host"),  # jit wholly Cyrillic
    ("https://zoom.us@evil.com/j/91234567890", "userinfo"),
    ("https://user:pass@zoom.us/j/91234567890", "userinfo"),
    ("https://evil.com＠zoom.us/j/91234567890", "userinfo"),
    ("https://zoom.us\\@evil.com/j/91234567890", "backslash"),
    ("https:\\\\zoom.us\\j\\91234567890", "backslash"),
    ("https://evil.com\\.zoom.us/j/91234567890", "backslash"),
    ("https://zoom.us/j/91234567890\x00", "control_character"),
    ("https://zo\x07om.us/j/91234567890", "control_character"),
    ("https://zoom.us/j/91234567890%0d%0aX:y", "control_character"),
    ("https://zoom%2eus/j/91234567890", "malformed"),
    ("https://zoom.us%2f@evil.com/j/91234567890", "userinfo"),
    ("https://evil%2ecom/zoom.us/j/91234567890", "malformed"),
    ("https:/zoom.us/j/91234567890", "malformed"),
    ("https:zoom.us/j/91234567890", "malformed"),
    ("https:///zoom.us/j/91234567890", "malformed"),
    ("https://zoom.us:x/j/91234567890", "malformed"),
    ("https://zoom.us:99999/j/91234567890", "malformed"),
    ("https://-zoom.us/j/91234567890", "malformed"),
    ("https://zoom..us/j/91234567890", "malformed"),
    ("https://zoom.us:8443/j/91234567890", "port"),
    ("http://zoom.us:443/j/91234567890", "port"),
    ("https://127.0.0.1/j/91234567890", "ip_literal"),
    ("https://2130706433/j/91234567890", "ip_literal"),
    ("https://0x7f.1/j/91234567890", "ip_literal"),
    ("https://[::1]/j/91234567890", "ip_literal"),
    ("https://[::ffff:7f00:1]:443/j/91234567890", "ip_literal"),
    ("javascript:alert(1)//zoom.us/j/91234567890", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("data:text/html,https://zoom.us", "scheme"),
    ("ftp://zoom.us/j/91234567890", "scheme"),
    ("zoommtg://evil.com/join?action=join&confno=91234567890", "scheme"),
    ("wemeet://page/inmeeting?meeting_code=12", "scheme"),
    ("chrome://settings", "scheme"),
    ("sip:@zoomcrc.com", "scheme"),
    ("https://evil.com/zoom.us/j/91234567890", "foreign_host"),
    ("https://evil.com/?u=https://zoom.us/j/91234567890", "foreign_host"),
    ("https://evil.com#zoom.us/j/91234567890", "foreign_host"),
    ("https://evil.com?zoom.us/j/91234567890", "foreign_host"),
    ("https://evil.com/x.meet.jit.si/Room", "foreign_host"),
    ("https://www.dingtalk.com/j/AbCdEf12345", "foreign_host"),
    ("https://zoom.us", "not_a_join"),
    ("zoom.us", "not_a_join"),
    ("https://zoom.us/j/1", "not_a_join"),
    ("https://zoom.us/j/91234567890/../../signin", "not_a_join"),
    ("https://s2.qsh1.cn/a/Ab12", "host_link"),
    ("https://n.qsh1.cn/a/Ab12", "host_link"),
    ("https://zoom.us/wc/91234567890/start", "host_link"),
    ("https://zoom.us/j/91234567890?" + "x" * 9000, "too_long"),
    ("", "no_meeting"),
    ("lunch at noon, call +862112345678", "no_meeting"),
    ("912 3456 7890", "no_meeting"),
    ("Meeting ID: 123 456 789", "ambiguous"),
]


@pytest.mark.parametrize(("text", "code"), HOSTILE)
def test_a_hostile_or_useless_text_is_refused_with_its_reason(text: str, code: str):
    reading = read(text, PLATFORMS)
    assert reading.launch is None
    assert reading.refused == code
    assert reading.why
    assert "{" not in reading.why


@pytest.mark.parametrize("trap", ["https://zoom.us.evil.com/j/1", "https://zoom.us@evil.com/j/1"])
def test_a_number_beside_a_trap_is_not_opened(trap: str):
    assert opened(f"Zoom {trap} Meeting ID: 912 3456 7890") is None


def test_a_trap_beside_a_good_link_does_not_hide_it():
    assert opened(f"https://zoom.us.evil.com/j/1 {ZOOM}") == ZOOM_OPENED


@pytest.mark.parametrize(
    "text",
    [
        ZOOM,
        f"Join:\n{ZOOM}\nBye",
        f"<{ZOOM}>",
        f"({ZOOM}).",
        f"[Join]({ZOOM})",
        f"加入会议：{ZOOM}，谢谢",
        f"加入会议{ZOOM}。",
        f"链接为{ZOOM}复制该信息",
        f'<a href="{ZOOM}">Join</a>',
        "\u200ezoom.us/j/91234567890?pwd=Abc1\u200f",
        "https://zo\u200bom.us/j/9123\u20604567890?pwd=Abc1",
        "http://zoom.us/j/91234567890?pwd=Abc1",
        "https://zoom.us:443/j/91234567890?pwd=Abc1",
        "https://ZOOM.us./J/91234567890?pwd=Abc1",
        "https://ｚｏｏｍ.ｕｓ/j/91234567890?pwd=Abc1",
        f"see notes.txt/readme and https://wiki.example/agenda, then {ZOOM}",
        f"1.{ZOOM}",
        f"[{ZOOM}]({ZOOM})",
        "https：//zoom.us/j/91234567890?pwd=Abc1，谢谢",
        "ｈｔｔｐｓ：／／ｚｏｏｍ．ｕｓ／ｊ／９１２３４５６７８９０？pwd=Abc1",
        "会议链接：ｚｏｏｍ．ｕｓ／ｊ／９１２３４５６７８９０?pwd=Abc1（请准时）",
        "Join: https&#58;//zoom.us/j/91234567890?pwd&#x3D;Abc1",
        f"https://zoom.us/j/91234567890 or, with its passcode, {ZOOM}",
    ],
)
def test_a_link_is_found_however_it_stands_in_a_text(text: str):
    assert opened(text) == ZOOM_OPENED


def test_the_query_of_a_link_is_kept_whole_and_settings_in_its_fragment_are_not():
    link = "https://meet.jit.si/Room?jwt=a.b.c"
    assert opened(f"{link}#config.x=true&userInfo.displayName=%22Bamboo%22") == link


def test_an_html_ampersand_is_undone():
    assert opened("https://zoom.us/j/91234567890?pwd=A&amp;tk=B") == (
        "https://zoom.us/wc/join/91234567890?pwd=A&tk=B"
    )


def safelink(url: str) -> str:
    return f"https://nam12.safelinks.protection.outlook.com/ap/t-1/?url={quote(url, '')}&data=x"


def nested(url: str, depth: int) -> str:
    for _ in range(depth):
        url = safelink(url)
    return url


def v3(url: str) -> str:
    starred = url.replace("?", "*").replace("=", "*")
    spare = base64.urlsafe_b64encode(b"?=").decode().rstrip("=")
    return f"https://urldefense.com/v3/__{starred}__;{spare}!!AbC!x$"


IN_TEAMS = "statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html"
V2 = "https://urldefense.proofpoint.com/v2/url?u=https-3A__zoom.us_j_91234567890-3Fpwd-3DAbc1&d=x"


@pytest.mark.parametrize(
    "link",
    [
        safelink(ZOOM),
        safelink(quote(ZOOM, "")),  # escaped twice
        nested(ZOOM, 5),
        f"https://{IN_TEAMS}?url={quote(ZOOM, '')}",
        f"https://urldefense.com/v1/url?u={quote(ZOOM, '')}&k=1",
        V2,
        v3(ZOOM),
        f"https://www.google.com/url?q={quote(ZOOM, '')}&sa=D",
    ],
)
def test_a_wrapped_link_is_unwrapped(link: str):
    assert opened(link) == ZOOM_OPENED


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (safelink("https://evil.com/j/91234567890"), "foreign_host"),
        (safelink("https://zoom.us.evil.com/j/91234567890"), "look_alike_host"),
        (safelink("javascript:alert(1)"), "scheme"),
        (safelink("%%%"), "malformed"),
        (nested(ZOOM, 6), "too_deep"),
        (safelink(ZOOM).replace("outlook.com", "outlook.evil.com"), "foreign_host"),
        (f"https://google.com.evil.com/url?q={ZOOM}", "foreign_host"),
        ("https://urldefense.com/v3/__https://zoom.us/*__;!!", "not_a_join"),
    ],
)
def test_a_wrapper_gives_nothing_more_than_what_it_holds(link: str, code: str):
    assert read(link, PLATFORMS).refused == code


def test_an_ordinary_booking_is_no_meeting_and_no_fault():
    fields = {"LOCATION": "3.11", "DESCRIPTION": "see https://wiki.example/a http://10.0.0.5/b"}
    assert read(fields, PLATFORMS).refused == "no_meeting"


def test_an_opaque_link_gets_its_number_from_another_field():
    fields = {"LOCATION": TENCENT, "DESCRIPTION": "#腾讯会议：123-456-789\n密码：1234"}
    reading = read(fields, PLATFORMS)
    assert (reading.meeting_id, reading.passcode) == ("123456789", "1234")
    assert opened(fields) == TENCENT


def test_the_nearest_name_says_whose_number_it_is():
    text = "不用腾讯会议了，改用 Zoom 会议号：912 345 678"
    assert read(text, PLATFORMS).platform == "zoom"


@pytest.mark.parametrize(
    ("policy", "text", "allowed"),
    [
        (Policy(), ZOOM, True),
        (Policy(allow=("zoom",)), ZOOM, True),
        (Policy(allow=("tencent",)), ZOOM, False),
        (Policy(allow=("zoom",), deny=("zoom.us",)), ZOOM, False),
        (Policy(deny=("zoom.us",)), ZOOM.replace("zoom.us", "acme.zoom.us"), False),
        (Policy(allow=("*.zoom.com.cn",)), "https://a.zoom.com.cn/j/91234567890", True),
        (Policy(allow=("*.zoom.com.cn",)), ZOOM, False),
        (Policy(allow=("*.zoom.com.cn",)), "Zoom 会议号：912 3456 7890", False),
        (Policy(allow=("cn",)), "https://a.zoom.com.cn/j/91234567890", True),
        (Policy(allow=("cn",)), ZOOM, False),
        (Policy(allow=("cn",)), TENCENT, True),
        (Policy(deny=("cn",)), TENCENT, False),
        (Policy(deny=("teams.live.com",)), "https://teams.live.com/meet/9312345678901", False),
        (Policy(deny=("teams.live.com",)), "https://teams.microsoft.com/meet/9312345678901", True),
    ],
)
def test_a_policy_speaks_of_platforms_hosts_and_regions(policy: Policy, text: str, allowed: bool):
    reading = read(text, PLATFORMS, policy)
    assert (reading.launch is not None) == allowed
    assert (reading.refused == "denied_by_policy") == (not allowed)


@pytest.mark.parametrize(
    ("key", "number", "code"),
    [
        ("zoom", "912 3456 7890", None),
        ("zoom", "９１２-3456-7890", None),
        ("zoom", "12", "bad_number"),
        ("zoom", "", "bad_number"),
        ("tencent", "123-456-789", "needs_link"),
        ("jitsi", "Bamboo-Weekly_2", None),
        ("jitsi", "123456", None),
        ("jitsi", "a/../b", "bad_name"),
        ("jitsi", "x@evil.example", "bad_name"),
        ("jitsi", "#config.x=1", "bad_name"),
        ("jitsi", "../static/x", "bad_name"),
        ("meet", "abc-defg-hij", None),
        ("meet", "123 456 789", "bad_name"),
        ("goto", "123 456 789", None),
        ("goto", "wang.fang", None),
        ("goto", "12 34", "bad_number"),
        ("goto", "pricing", "needs_link"),
        ("teams", "abc", "bad_number"),
        ("teams", "123 456 789 012", None),
        ("webex", "2345 678 9012", None),
        ("bbb", "abc", "needs_link"),
        ("zomo", "912", "unknown_platform"),
    ],
)
def test_a_number_is_joined_where_the_platform_has_an_address_for_it(
    key: str, number: str, code: str | None
):
    reading = by_number(key, number, None, PLATFORMS)
    assert reading.refused == code
    assert (reading.launch is None) == (code is not None)


def test_a_name_is_opened_on_the_rooms_own_host_first_and_where_its_policy_allows():
    own = load_platforms({"jitsi": ("meet.example.org", "http://127.0.0.1:4321")})
    launch = by_number("jitsi", "Bamboo", "2468", own).launch
    assert launch
    assert launch.url == "https://meet.example.org/Bamboo"
    policy = Policy(deny=("meet.example.org",))
    launch = by_number("jitsi", "Bamboo", None, own, policy).launch
    assert launch
    assert launch.url == "http://127.0.0.1:4321/Bamboo"
    public = by_number("jitsi", "Bamboo", "2468", PLATFORMS)
    assert public.launch
    assert public.launch.url == "https://meet.jit.si/Bamboo"
    assert (public.passcode, public.meeting_id) == ("2468", "Bamboo")
    denied = by_number("jitsi", "Bamboo", None, PLATFORMS, Policy(deny=("jitsi",)))
    assert denied.refused == "denied_by_policy"


def test_a_number_that_a_vendors_page_asks_for_goes_into_no_address():
    asked = by_number("teams", "123 456 789 012", "aB3xYz", PLATFORMS)
    assert asked.launch
    assert asked.launch.asks_number
    assert asked.launch.url == "https://www.microsoft.com/microsoft-teams/join-a-meeting"
    assert (asked.meeting_id, asked.passcode) == ("123456789012", "aB3xYz")
    joined = by_number("zoom", "912 3456 7890", None, PLATFORMS)
    assert joined.launch
    assert not joined.launch.asks_number
    assert deep_link(asked, PLATFORMS) is None, "no client is started on a page of the web"


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (Policy(deny=("teams",)), "denied_by_policy"),
        (Policy(deny=("www.microsoft.com",)), "denied_by_policy"),
        (Policy(allow=("teams.microsoft.com",)), "denied_by_policy"),
        (Policy(allow=("cn",)), "denied_by_policy"),
        (Policy(day=date(2026, 11, 25), ends={"teams": date(2026, 1, 1)}), "service_ended"),
        (Policy(allow=("teams",)), None),
    ],
)
def test_the_page_that_asks_for_a_number_is_where_the_policy_lets_the_room_go(
    policy: Policy, code: str | None
):
    asked = by_number("teams", "123456789012", None, PLATFORMS, policy)
    assert asked.refused == code
    assert (asked.launch is None) == (code is not None)


def test_a_page_of_ones_own_host_is_asked_there(tmp_path: Path):
    page = 'number_page = "{origin}/join"\nnumber_page_source = "a leaflet"'
    text = (PLATFORM_FILES / "xylink.toml").read_text(encoding="utf-8")
    (tmp_path / "xylink.toml").write_text(text.replace("[launch]", f"[launch]\n{page}"))
    own = load_platforms({"xylink": ("https://call.example.org:8443",)}, own=tmp_path)
    launch = by_number("xylink", "9001 2345 6789", None, own).launch
    assert launch
    assert launch.url == "https://call.example.org:8443/join"
    assert by_number("xylink", "900123456789", None, load_platforms({}, own=tmp_path)).refused


def test_a_bare_number_without_an_address_is_read_but_not_opened():
    reading = read("#腾讯会议：123-456-789", PLATFORMS)
    assert reading.refused is None
    assert reading.launch is None
    assert reading.refusal == "needs_link"


def test_a_reading_prints_no_secret():
    reading = read(ZOOM, PLATFORMS)
    assert reading.passcode == "Abc1"
    assert "Abc1" not in repr(reading)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (ZOOM, "https://zoom.us/j/91234567890?pwd=…"),
        ("https://zoom.us/j/91234567890?a=1&tk=REG#b", "https://zoom.us/j/91234567890?a=1&tk=…#b"),
        ("#腾讯会议：123-456-789 密码：2468", "#腾讯会议：123-456-789 密码：…"),
        (
            "https://meeting.huaweicloud.com/#/j/987654321/abc0",
            "https://meeting.huaweicloud.com/#/j/987654321/…",
        ),
        ("https://evil.com/?pwd=x", "https://evil.com/?pwd=…"),
        (f"{ZOOM} Passcode: 2468ab", "https://zoom.us/j/91234567890?pwd=… Passcode: …"),
        ("https://zoom.us/j/91234567890?pwd%3DAb", "https://zoom.us/j/91234567890?pwd%3D…"),
        (quote(ZOOM, ""), quote(ZOOM.removesuffix("Abc1"), "") + "…"),
        (
            "Zoom 912 3456 7890 Passcode: 7788\nhttps://zoom.us/rec/share/x Passcode: Ab#12",
            "Zoom 912 3456 7890 Passcode: …\nhttps://zoom.us/rec/share/x Passcode: …",
        ),
    ],
)
def test_a_redacted_text_holds_no_passcode(text: str, shown: str):
    assert redacted(text, PLATFORMS) == shown


PIECES = st.sampled_from(
    (
        *("https://", "http:", "zoom.us", ".evil.com", "@", "\\", "/j/91234567890", "?pwd=", "#"),
        *(
            "meeting.tencent.com",
            "/dm/",
            "会议号：",
            "123 456 789",
            "：",
            "\u200b",
            "\x00",
            "[::1]",
        ),
        *(
            "xn--",
            "n.qsh1.cn",
            "/a/",
            "&amp;",
            "<br>",
            "\ud800",
            "urldefense.com/v3/__",
            "__;",
            "*",
        ),
        *(
            "x.safelinks.protection.outlook.com/?url=",
            "meet.jit.si",
            "о",
            "127.0.0.1",
            "**-",
            "%2e",
        ),
        *(" ", "\n", "%", ":"),
        *(
            "https%3A%2F%2F",
            "=3D",
            "=\n",
            "\n ",
            "Passcode: ",
            "(",
            "）",
            "%3Fpwd%3D",
            "zoommtg://",
        ),
        *("/join?confno=91234567890", "msteams:/", "linkprotect.cudasvc.com/url?a=", "회의 ID: "),
    )
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=14).map("".join))


@settings(max_examples=examples(600), deadline=None)
@given(st.one_of(TEXTS, st.dictionaries(st.sampled_from(["URL", "LOCATION", "x-a", ""]), TEXTS)))
def test_no_text_raises_and_what_is_opened_is_a_platforms_own(text: str | dict[str, str]):
    reading = read(text, PLATFORMS)
    assert isinstance(reading.why, str)
    if reading.launch is None:
        assert reading.refusal
        return
    parts = urlsplit(reading.launch.url)
    platform = PLATFORMS.by_key[reading.platform or ""]
    assert parts.scheme == "https"
    assert parts.hostname == reading.launch.host
    assert parts.port is None or parts.port in platform.ports
    hosts = (*platform.hosts, *platform.tenants)
    assert any(covers(pattern, reading.launch.host) for pattern in hosts)
    assert reading.launch.origin == f"https://{parts.netloc}"


def work(act: Callable[[], object]) -> int:
    """Count the calls that `act` makes, Python's and C's."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "piece",
    [
        "https://evil.com/zoom.us ",
        "Meeting ID: 123 456 789 Zoom ",
        "https://a.zoom.us/u/1 ",
        "a.b/ ",
        "https://a.example/password: ",
        "https://zoom.us/j/1=3D=\n",
        "zoommtg://zoom.us/join?confno=1 ",
    ],
)
def test_twice_the_text_is_at_most_twice_the_work(piece: str):
    read(piece, PLATFORMS)  # patterns are compiled once
    once = work(lambda: read(piece * 200, PLATFORMS))
    twice = work(lambda: read(piece * 400, PLATFORMS))
    assert twice <= 2.1 * once
