"""Every platform file's samples are its tests; a platform nobody knows needs one file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from roomctl.errors import ConfigError, ProfileError
from roomctl.meeting.invitation import Refusal
from roomctl.meeting.link import read
from roomctl.meeting.platform import (
    BadSample,
    GoodSample,
    Platform,
    Platforms,
    Policy,
    covers,
    load_platforms,
)

PLATFORMS = load_platforms({})
GOOD = [(p.key, good) for p in PLATFORMS for good in p.good]
BAD = [(p.key, bad) for p in PLATFORMS for bad in p.bad]


@pytest.mark.parametrize(("key", "good"), GOOD, ids=lambda v: getattr(v, "text", v)[:60])
def test_a_good_sample_is_read_as_its_file_says(key: str, good: GoodSample):
    platforms = load_platforms({key: good.hosts}) if good.hosts else PLATFORMS
    reading = read(good.text, platforms)
    assert reading.refused is None
    assert reading.platform == key
    assert (reading.meeting_id, reading.passcode) == (good.meeting_id, good.passcode)
    assert (reading.launch.url if reading.launch else None) == good.url


@pytest.mark.parametrize(("key", "bad"), BAD, ids=lambda v: getattr(v, "text", v)[:60])
def test_a_bad_sample_is_refused_as_its_file_says(key: str, bad: BadSample):
    reading = read(bad.text, PLATFORMS)
    assert reading.refused == Refusal(bad.refused)
    assert reading.launch is None
    assert reading.why


def test_the_first_eight_platforms_are_there():
    first = {"zoom", "tencent", "quanshi", "jitsi", "dingtalk", "webex", "teams", "goto"}
    assert first <= set(PLATFORMS.by_key)


INVENTED = """
key = "bamboo"
name = { zh = "竹会", en = "Bamboo" }
source = "an invented vendor"
hosts = ["call.bamboo.example"]
passcode_param = "k"

[launch]
number = "https://call.bamboo.example/r/{meeting_id}"

[printed]
digits = [7]
mentions = ["竹会"]
own_labels = ["竹会号"]
passcode_labels = ["暗号"]

[[join]]
path = '/r/(?P<meeting_id>[0-9]{7})'

[[good]]
text = "https://call.bamboo.example/r/1234567?k=abcd"
meeting_id = "1234567"
passcode = "abcd"
url = "https://call.bamboo.example/r/1234567?k=abcd"
[[good]]
text = "竹会号：123 4567，暗号：wxyz"
meeting_id = "1234567"
passcode = "wxyz"
url = "https://call.bamboo.example/r/1234567"

[[bad]]
text = "https://call.bamboo.example.evil.example/r/1234567"
refused = "look_alike_host"
"""


def invented(folder: Path, text: str = INVENTED) -> Platforms:
    (folder / "bamboo.toml").write_text(text, encoding="utf-8")
    return load_platforms({}, folder)


def test_a_new_platform_needs_one_file(tmp_path: Path):
    platforms = invented(tmp_path)
    for good in platforms.by_key["bamboo"].good:
        reading = read(good.text, platforms)
        assert (reading.meeting_id, reading.passcode) == (good.meeting_id, good.passcode)
        assert reading.launch
        assert reading.launch.url == good.url
    for bad in platforms.by_key["bamboo"].bad:
        assert read(bad.text, platforms).refused == bad.refused


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "bamboo"', 'key = "bambus"', "bamboo.toml: key: must be the file's name"),
        ("passcode_param", "passcode_parm", "did you mean 'passcode_param'"),
        ("'/r/(?P<meeting_id>[0-9]{7})'", "'/r/('", "is not a valid pattern"),
        ('key = "bamboo"', "key = ", "cannot be read"),
    ],
)
def test_a_wrong_platform_file_says_where(tmp_path: Path, old: str, new: str, said: str):
    with pytest.raises(ProfileError, match=said):
        invented(tmp_path, INVENTED.replace(old, new))


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ({"zomo": ("a.example",)}, r"meeting\.hosts\.zomo: is not a platform; did you mean 'zoom'"),
        ({"zoom": ("*.cn",)}, "too broad"),
        ({"zoom": ("https://a.example/j/1",)}, "is not a host"),
        ({"zoom": ("*",)}, "is not a host"),
        ({"zoom": ("a b",)}, "is not a host"),
        ({"zoom": ("a.example:0",)}, "a port is 1-65535"),
        ({"jitsi": ("127.0.0.1:4321",)}, "write its scheme too"),
        ({"jitsi": ("zoom.us",)}, "already belongs to zoom"),
    ],
)
def test_a_wrong_host_in_the_configuration_names_its_key(
    hosts: dict[str, tuple[str, ...]], said: str
):
    with pytest.raises(ConfigError, match=said):
        load_platforms(hosts)


CONFIGURED = load_platforms(
    {
        "zoom": ("*.example.com.cn",),
        "jitsi": ("meet.example.org:8443", "http://127.0.0.1:4321", "会议.example.org"),
    }
)


@pytest.mark.parametrize(
    ("link", "refused"),
    [
        ("https://eu.example.com.cn/j/91234567890?pwd=x", None),
        ("https://example.com.cn/j/91234567890", "foreign_host"),
        ("https://meet.example.org:8443/Room", None),
        ("meet.example.org:8443/Room", None),
        ("https://meet.example.org/Room", "port"),
        ("http://meet.example.org:8443/Room", "scheme"),
        ("http://127.0.0.1:4321/Room?a=1#b", None),
        ("https://127.0.0.1:4321/Room", "scheme"),
        ("http://127.0.0.1:4322/Room", "port"),
        ("http://127.0.0.1/Room", "port"),
        ("http://127.0.0.2:4321/Room", "ip_literal"),
        ("http://0x7f000001:4321/Room", "ip_literal"),
        ("https://会议.example.org/Room", None),
        ("https://xn--8nq03q.example.org/Room", "foreign_host"),
    ],
)
def test_a_configured_host_counts_exactly_as_written(link: str, refused: str | None):
    reading = read(link, CONFIGURED)
    assert reading.refused == refused
    assert (reading.launch is None) == (refused is not None)


def test_a_link_on_a_configured_host_is_opened_as_it_is():
    link = "https://eu.example.com.cn/j/91234567890?pwd=x&tk=y#z"
    reading = read(link, CONFIGURED)
    assert reading.launch
    assert reading.launch.url == link
    assert reading.launch.origin == "https://eu.example.com.cn"


def test_a_companys_documents_are_no_meeting_and_no_fault():
    document = "https://acme.feishu.cn/docx/AbCdEfGhIjKl"
    assert read({"DESCRIPTION": f"Agenda: {document}"}, PLATFORMS).refused == Refusal.NO_MEETING


def test_a_port_that_a_platforms_file_names_counts_at_its_own_hosts_alone():
    link = "https://meeting.huaweicloud.com:36443/#/j/987654321"
    launch = read(link, PLATFORMS).launch
    assert launch
    assert launch.origin == "https://meeting.huaweicloud.com:36443"
    for other in ("zoom.us", "vc.feishu.cn", "acme.webex.com", "meet.google.com"):
        stranger = link.replace("meeting.huaweicloud.com", other)
        assert read(stranger, PLATFORMS).refused == Refusal.PORT


def test_a_phase_counts_from_its_day_and_in_its_region():
    zoom = PLATFORMS.by_key["zoom"]

    def phase(day: date, region: str) -> str | None:
        found = zoom.phase_on(day, region)
        return found.name if found else None

    assert phase(date(2020, 8, 2), "cn") is None
    assert phase(date(2020, 8, 22), "cn") == "announced"
    assert phase(date(2020, 8, 23), "cn") == "no_new_sales"
    assert phase(date(2026, 1, 1), "global") is None


CLOSED = {
    *("zoom", "tencent", "dingtalk", "quanshi", "webex", "teams", "skype_business", "goto"),
    *("meet", "feishu", "jitsi", "8x8", "bbb", "huawei", "zhumu", "umeet", "bizconf", "xylink"),
    *("ringcentral", "chime", "whereby", "sip", "wecom"),
}


def test_every_platform_of_the_list_is_there():
    assert set(PLATFORMS.by_key) == CLOSED


@pytest.mark.parametrize(
    ("link", "day", "refused"),
    [
        ("https://chime.aws/1234567890", date(2026, 2, 19), None),
        ("https://chime.aws/1234567890", date(2026, 2, 20), Refusal.SERVICE_ENDED),
        ("https://meet.lync.com/a/b/AB12CD34", date(2021, 8, 1), Refusal.SERVICE_ENDED),
        ("https://acme.zoom.com.cn/j/91234567890", date(2026, 11, 25), None),
        ("https://chime.aws/1234567890", None, None),
    ],
)
def test_only_an_ended_service_is_refused(link: str, day: date | None, refused: Refusal | None):
    assert read(link, PLATFORMS, Policy(day=day)).refused == refused


def test_an_end_at_some_hosts_leaves_the_others_alone():
    own = load_platforms({"skype_business": ("meet.contoso.example",)})
    link = "https://meet.contoso.example/wang.fang/AB12CD34"
    assert read(link, own, Policy(day=date(2026, 11, 25))).launch


def of_number(platform: Platform) -> str:
    if platform.launch.number:
        return "joins"
    if platform.launch.room:
        return "joins, by its name"
    if platform.launch.number_page:
        return "its page, once shown"
    return "read, not opened" if platform.printed.digits else "–"


def row(platform: Platform) -> str:
    link = "opened" if platform.hosts else "hosts of your own" if platform.join else "dialled"
    ends = [p.date for p in platform.phase if p.name == "ended" and not p.hosts and not p.region]
    link = f"ended {ends[0]}" if ends else link
    number = of_number(platform)
    read_there = "its links are read" if platform.native else "–"
    native = "can be started; its links are read" if platform.launch.native else read_there
    zh = "" if platform.name.en in platform.name.zh else f" {platform.name.zh}"
    shown = "not needed" if platform.mode == "assisted" else "once shown"
    shown = shown if platform.join and "ended" not in link else "–"
    cells = (platform.name.en + zh, link, number, shown, native, platform.tried_live or "no")
    return f"| {' | '.join(cells)} |"


def test_the_table_of_the_page_says_what_the_files_say():
    page = (Path(__file__).parents[2] / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert [row(platform) for platform in PLATFORMS if row(platform) not in page] == []


def test_the_readme_names_every_platform_and_says_that_none_was_tried_live():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.partition("\n## Platforms\n")[2].partition("\n## ")[0]
    assert [platform.name.en for platform in PLATFORMS if platform.name.en not in table] == []
    assert ("None was tried live" in table) == (not any(p.tried_live for p in PLATFORMS))


@pytest.mark.parametrize(
    ("page", "source", "said"),
    [
        ("https://call.bamboo.example/join", "", "number_page_source"),
        ("https://evil.example/join", "a leaflet", "is on none of hosts"),
        ("http://call.bamboo.example/join", "a leaflet", "is on none of hosts"),
    ],
)
def test_a_page_that_asks_for_a_number_is_the_vendors_and_has_a_source(
    tmp_path: Path, page: str, source: str, said: str
):
    named = f'[launch]\nnumber_page = "{page}"\nnumber_page_source = "{source}"'
    with pytest.raises(ProfileError, match=said):
        invented(tmp_path, INVENTED.replace("[launch]", named))


def test_the_pages_that_ask_for_a_number_may_be_gone_to():
    asking = {p.key: p.launch.number_page for p in PLATFORMS if p.launch.number_page}
    assert set(asking) == {"zoom", "webex", "teams"}
    for key, page in asking.items():
        host = page.split("/")[2]
        assert any(covers(pattern, host) for pattern in PLATFORMS.reached_from(key))


def test_what_cannot_be_opened_can_be_said_in_both_languages():
    for bad in (bad for _, bad in BAD):
        reading = read(bad.text, PLATFORMS)
        assert reading.say("zh-CN") != reading.say("en") != ""


SHARED = {
    "jitsi": ("meet.example.org", "*.example.net", "https://[2001:db8::1]", "会议.example.org"),
    "bbb": (
        "meet.example.org:8443",
        "bbb.example.net",
        "*.rooms.example.net:8443",
        "https://[2001:db8::1]:8443",
        "会议.example.org:8443",
    ),
}


@pytest.mark.parametrize(
    ("link", "platform", "origin"),
    [
        ("https://meet.example.org/Room", "jitsi", "https://meet.example.org"),
        ("https://meet.example.org:443/b/abc-def-ghi", "jitsi", "https://meet.example.org"),
        ("https://meet.example.org:8443/b/abc-def-ghi", "bbb", "https://meet.example.org:8443"),
        ("meet.example.org:8443/b/abc-def-ghi", "bbb", "https://meet.example.org:8443"),
        ("https://a.example.net/Room", "jitsi", "https://a.example.net"),
        ("https://bbb.example.net/b/abc-def-ghi", "bbb", "https://bbb.example.net"),
        ("https://a.rooms.example.net/Room", "jitsi", "https://a.rooms.example.net"),
        (
            "https://a.rooms.example.net:8443/b/abc-def-ghi",
            "bbb",
            "https://a.rooms.example.net:8443",
        ),
        ("https://[2001:db8::1]/Room", "jitsi", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]:8443/b/abc-def-ghi", "bbb", "https://[2001:db8::1]:8443"),
        ("https://会议.example.org/Room", "jitsi", "https://xn--6oqu09l.example.org"),
        (
            "https://会议.example.org:8443/b/abc-def-ghi",
            "bbb",
            "https://xn--6oqu09l.example.org:8443",
        ),
    ],
)
def test_the_port_tells_two_platforms_of_one_host_apart(link: str, platform: str, origin: str):
    reading = read(link, load_platforms(SHARED))
    assert reading.launch
    assert (reading.platform, reading.launch.origin) == (platform, origin)


@pytest.mark.parametrize("port", [1443, 8444])
def test_a_port_of_neither_platform_is_refused(port: int):
    assert (
        read(f"https://meet.example.org:{port}/b/abc-def-ghi", load_platforms(SHARED)).refused
        == "port"
    )


def test_a_page_is_kept_at_the_port_of_its_platform():
    platforms = load_platforms(SHARED)
    assert "meet.example.org" in platforms.reached_from("jitsi")
    assert "meet.example.org" not in platforms.reached_from("bbb")
    assert "meet.example.org:8443" in platforms.reached_from("bbb")


def test_the_name_of_a_shared_host_speaks_for_neither_platform():
    text = "Join: https://meet.example.org/Room\nMeeting ID: 123 456 789\nPasscode: 4711"
    alone = read(text, load_platforms({"jitsi": ("meet.example.org",)}))
    assert read(text, load_platforms(SHARED)) == alone


@pytest.mark.parametrize(
    ("jitsi", "bbb", "port"),
    [
        ("meet.example.org", "meet.example.org", 443),
        ("meet.example.org", "https://meet.example.org:443", 443),
        ("meet.example.org:8443", "http://meet.example.org:8443", 8443),
        ("*.example.org:8443", "*.example.org:8443", 8443),
        ("MEET.example.org", "meet.example.org.", 443),
        ("http://[2001:db8::1]:8443", "http://[2001:DB8:0::1]:8443", 8443),
    ],
)
def test_one_host_and_port_is_of_one_platform(jitsi: str, bbb: str, port: int):
    said = rf"meeting\.hosts\.bbb: .* already belongs to jitsi, at port {port}"
    with pytest.raises(ConfigError, match=said):
        load_platforms({"jitsi": (jitsi,), "bbb": (bbb,)})
