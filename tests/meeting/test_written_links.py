"""Links as mails, messengers and calendars write them: glued, broken, escaped, wrapped.

Each class holds what must be read and, beside it, what only looks so and must not. The classes were
met in invitations of public repositories and issues; names, numbers and codes are invented.
"""

# ruff: noqa: E501 - a sample stands as it was sent

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms
from roomctl.meeting.url import LinkUrl, parse_url
from roomctl.meeting.wrapper import is_opaque

PLATFORMS = load_platforms({})
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=YapE0t3b.1"
ZOOM_OPENED = "https://us02web.zoom.us/wc/join/81234567890?pwd=YapE0t3b.1"
BARE = "https://us02web.zoom.us/j/81234567890"
BARE_OPENED = "https://us02web.zoom.us/wc/join/81234567890"
TENCENT = "https://meeting.tencent.com/dm/AbCdEfGh1234"
CONTEXT = "context=%7b%22Tid%22%3a%2211112222-3333%22%2c%22Oid%22%3a%2244445555-6666%22%7d"
TEAMS = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_QUJDREVG%40thread.v2/0?{CONTEXT}"


def opened(text: str) -> str | None:
    launch = read(text, PLATFORMS).launch
    return launch.url if launch else None


@pytest.mark.parametrize(
    ("text", "url", "passcode"),
    [
        # brackets of both scripts, with and without a blank
        (f"{BARE}(Passcode: 123456)", BARE_OPENED, "123456"),
        (f"{BARE}（密码：123456）", BARE_OPENED, "123456"),
        (f"{BARE}【密码：123456】", BARE_OPENED, "123456"),
        (f"{BARE}「密码：123456」", BARE_OPENED, "123456"),
        (f"{BARE}[Passcode: 123456]", BARE_OPENED, "123456"),
        (f"{BARE}{{pw:123456}}", BARE_OPENED, "123456"),
        (f"加入：{BARE}，密码：123456。", BARE_OPENED, "123456"),
        (f"{ZOOM}(Meeting ID: 812 3456 7890)", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{ZOOM}（会议号：812 3456 7890）", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{TENCENT}(密码:6543)", TENCENT, "6543"),
        # no blank at all: a label begins where the link ends
        (f"{BARE}Passcode: 123456", BARE_OPENED, "123456"),
        (f"{BARE}Passcode:123456", BARE_OPENED, "123456"),
        (f"{BARE}密码:123456", BARE_OPENED, "123456"),
        (f"{BARE}密码：123456", BARE_OPENED, "123456"),
        (f"{BARE}Meeting ID: 812 3456 7890 Passcode: 123456", BARE_OPENED, "123456"),
        (f"{BARE}Meeting-ID: 812 3456 7890Kenncode: 123456", BARE_OPENED, "123456"),
        (
            f"Zoomミーティングに参加する{ZOOM} [us02web.zoom.us]\nミーティング ID: 812 3456 7890パスコード: 0DGSmQ",
            ZOOM_OPENED,
            "YapE0t3b.1",
        ),
        (f"{ZOOM}ミーティングID: 812 3456 7890", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{ZOOM}Kenncode: 123456", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{TENCENT}会议密码：6543", TENCENT, "6543"),
        (f"{TENCENT}复制该信息，打开手机腾讯会议即可参与", TENCENT, None),
        (f"{BARE}Join by phone", BARE_OPENED, None),
        (f"{BARE}-Passcode:123456", BARE_OPENED, "123456"),
        (f"Join: {BARE}🔑Passcode:123456", BARE_OPENED, "123456"),
        (f"👉{ZOOM}👈", ZOOM_OPENED, "YapE0t3b.1"),
        ("https://meet.jit.si/StandUp🎉", "https://meet.jit.si/StandUp", None),
        (
            "https://meet.google.com/abc-defg-hijJoin by phone",
            "https://meet.google.com/abc-defg-hij",
            None,
        ),
        (f"{BARE},Passcode:123456", BARE_OPENED, "123456"),
        (f"{BARE};{TENCENT}", BARE_OPENED, None),
        (f"{BARE}、{TENCENT}", BARE_OPENED, None),
        (f"{ZOOM}{ZOOM}", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{ZOOM}<{ZOOM}>", ZOOM_OPENED, "YapE0t3b.1"),
        (f"Join Zoom Meeting<{ZOOM}>", ZOOM_OPENED, "YapE0t3b.1"),
        # marks of both scripts behind it
        *(
            (f"{left}{ZOOM}{right}", ZOOM_OPENED, "YapE0t3b.1")
            for left, right in (
                ("", "."),
                ("", ","),
                ("", "。"),
                ("", "，"),
                ("", "；"),
                ("", "！"),
                ("", "…"),
                ("", "！！"),
                ("", "..."),
                ("(", ")"),
                ("(", ")."),
                ("（", "）"),
                ("（", "）。"),
                ("[", "]"),
                ("【", "】"),
                ("「", "」"),
                ("『", "』"),
                ("《", "》"),
                ("〈", "〉"),
                ("“", "”"),
                ("‘", "’"),
                ("„", "“"),
                ("«", "»"),
                ("'", "'"),
                ('"', '"'),
                ("`", "`"),
                ("<", ">"),
                ("＜", "＞"),
                ("*", "*"),
                ("**", "**"),
                ("_", "_"),
                ("__", "__"),
                ("~~", "~~"),
                ("|", "|"),
                ("{", "}"),
                ("[x](", ")"),
                ("[x](<", ">)"),
                ("![](", ")"),
                ("<URL:", ">"),
                ("Link:", ""),
                ("链接", "复制该信息"),
            )
        ),
        # what ends a line elsewhere, and blanks that are none
        (f"{ZOOM}\u2028Passcode: 1", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{ZOOM}\u00a0Passcode: 1", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{ZOOM}\u3000密码：1", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{BARE}%20", BARE_OPENED, None),
        (f"{BARE}%E2%80%8B", BARE_OPENED, None),
        (f"{BARE}%0D%0A", BARE_OPENED, None),
        (f"{ZOOM}%3CBR%3E", ZOOM_OPENED, "YapE0t3b.1"),
        (f"{ZOOM}%3E", ZOOM_OPENED, "YapE0t3b.1"),  # leits/MeetingBar issue 727
        (BARE.replace("1234", "12\u200b34\ufe0f"), BARE_OPENED, None),
    ],
)
def test_what_is_glued_to_a_link_is_no_part_of_it(text: str, url: str, passcode: str | None):
    reading = read(text, PLATFORMS)
    assert reading.launch
    assert reading.launch.url == url
    assert reading.passcode == passcode


@pytest.mark.parametrize(
    "text",
    [
        "https://us02web.zoom.us/j/81234567890abc",  # a longer name, not a number with a word
        "https://us02web.zoom.us/j/812345678901234",
        "https://us02web.zoom.us/j/8123(4567890)",
        "https://us02web.zoom.us(evil)@evil.example/j/81234567890",
        "https://us02web.zoom.us(.evil.example/j/81234567890",
        "https://evil.example/(https://us02web.zoom.us/j/81234567890)x",
        "https://evil.exampleZoom:/j/81234567890",
        "https://us02web.zoom.us\\n@evil.example/j/81234567890",
        "https://us02web.zoom.us\\/j/81234567890",
        "https://us02web.zoom.us/j/81234567890\\@evil.example",
        "https://us02web.zoom.us/j/81234567890%0d%0aSet-Cookie:x",
    ],
)
def test_cutting_a_link_makes_no_other_one_of_it(text: str):
    assert opened(text) is None


def test_a_label_that_is_glued_to_a_links_token_is_read_all_the_same():
    link = "https://acme.webex.com/acme/j.php?MTID=m0123456789abcdef"
    reading = read(f"{link}Meeting number:2512 345 6789 Password:Ab3dE5", PLATFORMS)
    assert reading.launch
    assert reading.launch.url == link
    assert (reading.meeting_id, reading.passcode) == ("25123456789", "Ab3dE5")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        # an answered mail
        (f"> Join: <{TEAMS[:70]}\n> {TEAMS[70:]}>\n> Bye", TEAMS),
        (f"On Monday she wrote:\n> > Join:\n> > {TEAMS[:76]}\n> > {TEAMS[76:]}", TEAMS),
        (f">> Join:\n>> {ZOOM}\n>> Bye", ZOOM_OPENED),
        (f'<a href="{ZOOM}"\n>Join</a>', ZOOM_OPENED),
        # quoted-printable (RFC 2045 6.7), whole and in a paragraph
        (f"Join:\n{ZOOM[:40]}=\n{ZOOM[40:].replace('=', '=3D')}\nThanks", ZOOM_OPENED),
        (f"Join:\r\n{ZOOM[:52].replace('=', '=3D')}=\r\n{ZOOM[52:]}\r\n", ZOOM_OPENED),
        (f"=E5=8A=A0=E5=85=A5 <{ZOOM.replace('=', '=3D')}>", ZOOM_OPENED),
        (
            f'Content-Type: text/plain; charset="utf-8"\n\n{ZOOM[:40]}=\n{ZOOM[40:].replace("=", "=3D")}',
            ZOOM_OPENED,
        ),
        (
            "https://acme.webex.com/acme/j.php?MTID=3Dm0123456789abcdef0123456789abcdef=\n\nBye",
            "https://acme.webex.com/acme/j.php?MTID=m0123456789abcdef0123456789abcdef",
        ),
        # a calendar's folded lines (RFC 5545 3.1): 75 octets, then a blank
        (f"BEGIN:VEVENT\r\nDESCRIPTION:Join\\n{TEAMS[:30]}\r\n {TEAMS[30:]}\r\nEND:VEVENT", TEAMS),
        (f"BEGIN:VEVENT\nDESCRIPTION:Join\\n{ZOOM[:42]}\n {ZOOM[42:]}\nEND:VEVENT", ZOOM_OPENED),
        (
            f"BEGIN:VEVENT\nDESCRIPTION:<a href='{ZOOM}&amp\\;tk=x'>x</a>\nEND:VEVENT",
            f"{ZOOM_OPENED}&tk=x",
        ),
        (f"BEGIN:VEVENT\nDESCRIPTION:> Join\\n> <{TEAMS}>\nEND:VEVENT", TEAMS),
        (f"DESCRIPTION:Join {TEAMS[:58]}\r\n {TEAMS[58:]}\r\n", TEAMS),
        (f"DESCRIPTION:Join {TEAMS[:58]}\n\t{TEAMS[58:]}\n", TEAMS),
        # in angle brackets (RFC 3986, appendix C)
        (f"Click here<{TEAMS[:70]}\n{TEAMS[70:]}>\nMeeting ID: 1", TEAMS),
        (f"<{TEAMS[:70]}\n   {TEAMS[70:]}>", TEAMS),
        # broken because the line was full, as mails in plain text are
        (f"Join here:\n{TEAMS[:76]}\n{TEAMS[76:]}\n\nBye", TEAMS),
        (f"{TEAMS[:76]}\n{TEAMS[76:]}", TEAMS),
        # escaped line ends, as a calendar's text in one line
        (f"Join\\n{ZOOM}\\nMeeting ID: 812 3456 7890", ZOOM_OPENED),
        (f"Join\n{ZOOM}\\nMeeting ID: 812 3456 7890", ZOOM_OPENED),
        (f"{ZOOM}\\r\\nMeeting ID: 812 3456 7890", ZOOM_OPENED),
        (f"{ZOOM}\\, Room 3", ZOOM_OPENED),
        # HTML that may break
        (ZOOM.replace("/j/", "/j/<wbr>"), ZOOM_OPENED),
        # JSON
        (f'"{ZOOM}&tk=x"'.replace("&", "\\u0026"), f"{ZOOM_OPENED}&tk=x"),
        (
            f'{{"join_url":"{ZOOM}&tk=x","a":1}}'.replace("/", "\\/").replace("&", "\\u0026"),
            f"{ZOOM_OPENED}&tk=x",
        ),
    ],
)
def test_a_link_that_is_broken_over_lines_is_read_whole(text: str, url: str):
    assert opened(text) == url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (f"{ZOOM}\n2026-11-26 14:00 Room 3", ZOOM_OPENED),
        (f"{ZOOM}\n 81234567890", ZOOM_OPENED),
        (
            f"A line that is long before the link, so it is full: {ZOOM}\n2026/11/26 10:00",
            ZOOM_OPENED,
        ),
        (
            "https://zoom.us/j/81234567890?pwd=3DAb&x=1",
            "https://zoom.us/wc/join/81234567890?pwd=3DAb&x=1",
        ),
        ("https://meet.jit.si/\nAgenda", None),
        # as long as a calendar's line, but all lines are indented
        (f"\tJoin\n\t{BARE}?pwd={'x' * 30}\n\tBye", f"{BARE_OPENED}?pwd={'x' * 30}"),
    ],
)
def test_the_next_line_is_no_part_of_a_link_that_is_whole(text: str, url: str | None):
    assert opened(text) == url


def twice(link: str) -> str:
    return quote(quote(link, ""), "")


@pytest.mark.parametrize(
    "text",
    [
        quote(ZOOM, ""),
        twice(ZOOM),
        quote(ZOOM, "").replace("%3A", "%3a").replace("%2F", "%2f"),
        f"Join: {quote(ZOOM, '')} thanks",
        f"<{twice(ZOOM)}>",
        ZOOM.replace("=", "%3D"),
        ZOOM.replace("=", "%253D"),
        ZOOM.replace("?", "%3F").replace("=", "%3D"),
        ZOOM.replace("?", "%253F").replace("=", "%253D"),
        ZOOM.replace("://", "%3A//"),
        BARE + "&pwd=YapE0t3b.1",
        ZOOM.replace("/j/", "//j/"),
        ZOOM.replace("81234567890", "812-3456-7890"),
    ],
)
def test_a_link_that_was_escaped_once_too_often_is_read(text: str):
    reading = read(text, PLATFORMS)
    assert (reading.meeting_id, reading.passcode) == ("81234567890", "YapE0t3b.1")
    assert opened(text) == ZOOM_OPENED


def test_what_a_calendar_has_added_to_an_escaped_link_goes_along():
    link = ZOOM.replace("=", "%3D") + "&sa=D&source=calendar&ust=1736264977415448&usg=AOvVaw1"
    assert opened(link) == ZOOM_OPENED + "&sa=D&source=calendar&ust=1736264977415448&usg=AOvVaw1"
    assert opened(quote(TEAMS, "")) == TEAMS
    link = ZOOM.replace("=", "%3D") + "%26jst%3D2&sa=D"  # leits/MeetingBar pull request 964
    assert opened(link) == ZOOM_OPENED + "&jst=2&sa=D"
    assert read(link, PLATFORMS).passcode == "YapE0t3b.1"


@pytest.mark.parametrize(
    "text",
    [
        quote("https://evil.example/j/81234567890", ""),
        quote("https://zoom.us@evil.example/j/81234567890", ""),
        quote("https://zoom.us.evil.example/j/81234567890", ""),
        f"https://evil.example/?u={quote(ZOOM, '')}",
        f"https://evil.example/{quote(ZOOM, '')}",
        "https://zoom.us%2F@evil.example/j/81234567890",
        "https://evil%2Eexample/zoom.us/j/81234567890",
        "https://zoom.us/j%2F81234567890%0d%0aX",
        "https://zoom.us/s%2F81234567890",
        "https://zoom.us/signin%3Fx%3D/j/81234567890",
        "javascript%3A%2F%2Fzoom.us%2Fj%2F81234567890",
    ],
)
def test_unescaping_opens_no_other_door(text: str):
    assert opened(text) is None


def of_base64(link: str) -> str:
    return base64.b64encode(link.encode()).decode()


CODED = quote(ZOOM, "")
WRAPPERS = {
    "safelinks": f"https://nam12.safelinks.protection.outlook.com/?url={CODED}&data=05%7C02",
    "safelinks, US government": f"https://gcc01.safelinks.protection.office365.us/?url={CODED}&data=x",
    "barracuda": f"https://linkprotect.cudasvc.com/url?a={CODED.replace('%2F', '%2f')}&c=E,1,DuVk1S39-qY47NIu,,&typo=1",
    "cisco": f"https://secure-web.cisco.com/1MzA3_rL7WXltWsSP_9VAun4qgYernnv/{CODED}",
    "check point": f"https://protect.checkpoint.com/v2/r02/___{ZOOM}___.YzJlOmFjbWU6YzpvOjZlYmY1",
    "check point, one slash": f"https://url.avanan.click/v2/___{ZOOM.replace('//', '/')}___.YXAzOmFjbWU",
    "sophos": f"https://us-west-2.protection.sophos.com/?d=zoom.us&u={of_base64(ZOOM)}&i=NjQ0&t=eWI5&h=9b",
    "symantec": f"https://clicktime.symantec.com/15xVcHh2qpEgPv5boCzmK?h=QCYV&u={CODED}",
    "trellix": f"https://protect2.fireeye.com/v1/url?k=aad62f08-f54d&q=1&e=2d730862&u={CODED}",
    "trend micro": f"https://ddec1-0-en-ctp.trendmicro.com/wis/clicktime/v1/query?url={CODED}&umid=5d72",
    "google": f"https://www.google.com/url?q={ZOOM.replace('=', '%3D')}&sa=D&source=calendar&usg=AOv",
    "google, another country": f"https://www.google.co.jp/url?q={CODED}&sa=D",
    "exclaimer": f"https://eu.content.exclaimer.net/?url={CODED}&tenantid=EqtS",
    "google meet": f"https://meet.google.com/linkredirect?authuser=0&dest={CODED}",
    "youtube": f"https://www.youtube.com/redirect?event=video&q={CODED}",
    "linkedin": f"https://www.linkedin.com/redir/redirect?url={CODED}&urlhash=bCYW&trk=x",
    "linkedin, new": f"https://www.linkedin.com/safety/go?url={CODED}&trk=x",
    "facebook": f"https://l.facebook.com/l.php?u={CODED}&h=AT0",
    "slack": f"https://slack-redir.net/link?url={CODED}",
    "qq": f"https://c.pc.qq.com/middlem.html?pfurl={CODED}&pfuin=1",
    "zhihu": f"https://link.zhihu.com/?target={CODED}",
    "csdn": f"https://link.csdn.net/?target={CODED}",
    "juejin": f"https://link.juejin.cn/?target={CODED}",
    "jianshu": f"https://links.jianshu.com/go?to={CODED}",
    "jianshu, older": f"https://www.jianshu.com/go-wild?ac=2&url={CODED}",
    "safelinks, China": f"https://can01.safelinks.protection.partner.outlook.cn/?url={CODED}&data=05",
    "safelinks, no region": f"https://safelinks.protection.outlook.com/?url={CODED}&data=05",
    "cisco, small letters": f"https://secure-web.cisco.com/1MzA3_rL7WXltWsSP_9VAu-n4qg/{CODED.replace('%3A', '%3a').replace('%2F', '%2f')}",
    "cisco, slashes as they are": f"https://secure-web.cisco.com/1MzA3_rL7WXltWsSP_9VAun4qg/{CODED.replace('%2F', '/')}",
    "cisco, a short token": f"http://secure-web.cisco.com/1MzA3rL/{CODED}",
    "cisco, escaped twice": f"https://secure-web.cisco.com/1MzA3_rL7WXltWsSP_9VAun4qg/{quote(CODED, '')}",
    "cisco, not escaped": f"https://secure-web.cisco.com/1MzA3_rL7WXltWsSP_9VAun4qg/{ZOOM}",
    "titan": f"https://linklock.titanhq.com/analyse?url={CODED}&data=eJxsykFPgzAYxvFP",
    "qq mail": f"https://mail.qq.com/cgi-bin/readtemplate?t=safety&check=false&gourl={CODED}&subtemplate=gray&evil=0",
    "qq mail, not escaped": f"https://mail.qq.com/cgi-bin/readtemplate?t=safety&check=false&gourl={ZOOM}&subtemplate=gray&evil=0",
    "qq mail, a check": f"https://mail.qq.com/cgi-bin/mail_spam?action=check_link&url={CODED}&mailid=Gg4Gb3cLBggAFV9e&spam=0",
    "qq mail, the url last": f"https://mail.qq.com/cgi-bin/mail_spam?action=check_link&spam=0&spam_src=1&mailid=ZC0429-wnFN~GkPKD62&url={CODED.replace('.', '%2E')}",
    "qq mail, new": f"https://wx.mail.qq.com/xmspamcheck/xmsafejump?fun=xm_readhtml_html_parseurl&url={CODED}",
    "qq mail for companies": f"https://exmail.qq.com/cgi-bin/mail_spam?action=check_link&url={CODED.replace('%2F', '/')}&mailid=ZC0905-H3HtIa3g4yQ5&spam=0&r=0.73",
    "qq, phones": f"https://c.pc.qq.com/ios.html?url={CODED}&level=14",
    "qq, a form of its own": f"https://c.pc.qq.com/middlect.html?pfurl={CODED}&pfuin=1&pfto=qq.msg",
    "wechat": f"https://weixin110.qq.com/cgi-bin/readtemplate?t=safety/index&url={CODED.replace('%2F', '/')}",
    "wechat, a redirect": f"http://mp.weixinbridge.com/mp/wapredirect?url={CODED}&action=appmsg_redirect&uin=777&biz=MzIyMDIyMjEwNg==&mid=402919222",
    "wechat, a confirmer": f"https://weixin110.qq.com/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?main_type=2&evil_type=43&source=2&url={CODED}",
    "wecom": f"https://open.work.weixin.qq.com/wwopen/uriconfirm?uri={CODED}",
    "tencent's documents": f"https://docs.qq.com/scenario/link.html?url={CODED}&pid=300000000$AbCd&cid=1",
    "feishu": f"https://security.feishu.cn/link/safety?target={CODED}&scene=messenger&logParams=%7B%22location%22%3A%22messenger%22%7D&lang=zh-CN",
    "lark": f"https://security.larksuite.com/link/safety?target={CODED}&scene=ccm&logParams=%7B%7D",
    "yuque": f"https://www.yuque.com/r/goto?url={CODED}",
    "gitee": f"https://gitee.com/link?target={CODED}",
    "weibo": f"https://weibo.cn/sinaurl?u={CODED}",
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_is_undone_and_a_strangers_wrapper_is_not(name: str):
    link = WRAPPERS[name]
    assert opened(link) == ZOOM_OPENED
    assert opened(f"Join: <{link}>") == ZOOM_OPENED
    for host in (f"{link.split('/')[2]}.evil.example", f"evil{link.split('/')[2]}"):
        stranger = link.replace(link.split("/")[2], host)
        assert opened(stranger) is None or host.endswith(link.split("/")[2].partition(".")[2])


@pytest.mark.parametrize("name", WRAPPERS)
def test_in_a_wrapper_a_foreign_host_stays_foreign(name: str):
    link = WRAPPERS[name].replace("zoom.us", "evil.example").replace("zoom%2Eus", "evil.example")
    link = link.replace(of_base64(ZOOM), of_base64("https://evil.example/j/81234567890"))
    reading = read(link, PLATFORMS)
    assert reading.launch is None
    assert "evil.example" in reading.why  # where it really leads, not who wrapped it


def test_a_wrapped_link_that_is_not_escaped_keeps_its_fragment():
    link = "https://meeting.huaweicloud.com:36443/#/j/987654321"
    wrapped = (
        f"https://mail.qq.com/cgi-bin/readtemplate?t=safety&gourl={link}&subtemplate=gray&evil=0"
    )
    assert opened(wrapped) == link


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapped_link_is_held_to_the_same_rules(name: str):
    for bad in (
        "https://us02web.zoom.us:8443/j/81234567890",
        "https://us02web.zoom.us@evil.example/j/81234567890",
        "https://us02web.zoom.us/s/81234567890",
        "https://us02web.zoom.us.evil.example/j/81234567890",
        "javascript:alert(1)//us02web.zoom.us/j/81234567890",
    ):
        link = WRAPPERS[name].replace(CODED, quote(bad, "")).replace(ZOOM, bad)
        if link != WRAPPERS[name]:
            assert opened(link) is None, bad


@pytest.mark.parametrize(
    "link",
    [
        "https://protect-eu.mimecast.com/s/DY5pC0g0RiMW3RriwawTw?domain=us02web.zoom.us",
        "https://url.uk.m.mimecastprotect.com/s/YP9XCWQRPfDXo1NIKijuVb2y7?domain=zoom.us",
        "https://secure-web.cisco.com/1YIShdE6aU0WIMsRjhIYYGdRo_H_wyOVeLqk0ITHI7i",
        "https://url.emailprotection.link/?bAbCdEf",
        "https://weixin110.qq.com/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?main_type=2&click=94e7&midpagecode=e2fa&bancode=2399",
        "https://wx.mail.qq.com/xmspamcheck/xmsafejump?func=1&check_src=2&key=N7dsdjUvodm2bGAtu%2FV9o4q2",
    ],
)
def test_a_link_that_only_a_filter_can_read_is_told_and_a_number_beside_it_counts(link: str):
    reading = read(link, PLATFORMS)
    assert reading.refused == "wrapped"
    assert "original link" in reading.why
    assert read({"LOCATION": link}, PLATFORMS).refused == "wrapped"
    beside = read(f"Join Zoom Meeting\n{link}\nMeeting ID: 812 3456 7890", PLATFORMS)
    assert beside.launch
    assert beside.meeting_id == "81234567890"


def test_a_filters_own_pages_are_no_wrapped_links():
    found = parse_url("https://community.mimecast.com/s/article/Managing-API-Applications")
    assert isinstance(found, LinkUrl)
    assert not is_opaque(found)


@pytest.mark.parametrize("before", ["Link:", "链接:", "LOCATION:", "x: "])
def test_a_host_stands_right_behind_a_labels_colon(before: str):
    assert opened(f"{before}{BARE.removeprefix('https://')}") == BARE_OPENED
    assert opened(f"{before}zoom.us@evil.example/j/81234567890") is None
    assert opened(f"{before}zoom.us.evil.example/j/81234567890") is None


@pytest.mark.parametrize("before", ["📌", "链接：", "Link:", "<html><body>"])
def test_an_at_sign_in_a_links_path_is_no_user_name(before: str):
    link = "https://teams.microsoft.com/l/meetup-join/19:meeting_QUJD@thread.v2/0"
    assert opened(before + link) == link
    assert read(f"{before}https://zoom.us@evil.example/j/81234567890", PLATFORMS).launch is None
