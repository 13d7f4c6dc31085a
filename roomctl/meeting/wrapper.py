"""The link inside a link: mail filters and messengers wrap their own around what people wrote.

Whatever comes out is checked like any other link; a stranger's wrapper is a stranger's link.

| wrapper | host and path | the link inside |
|---|---|---|
| Microsoft SafeLinks | `<region>.safelinks.protection.outlook.com`, any path | `url=` |
| SafeLinks in Teams | statics.teams.cdn.office.net, `.../atp-safelinks.html` | `url=` |
| urldefense v1 | urldefense.com, .us, urldefense.proofpoint.com, `/v1/url` | `u=` |
| urldefense v2 | the same, `/v2/url` | `u=`: `-XX` is `%XX`, `_` is `/` |
| urldefense v3 | the same, `/v3/__<url>__;<base64url>!!...$` | `*` = next character of the base64 |
| Cisco | secure-web.cisco.com | `/<token>/<url>`, escaped or not |
| Check Point | protect.checkpoint.com, url.avanan.click | `/v2/[rNN/]___<url>___.<token>` |
| Sophos | `<region>.protection.sophos.com` | `u=`, in base64 |
| Barracuda, Symantec, Trend Micro, QQ mail, WeChat, Feishu ... | `_REDIRECTS` | a parameter |
| Mimecast, Inky, WeChat and others | `_OPAQUE` | a token that they alone can read |

v3: `**X` is a run of as many characters as X's place in A-Z a-z 0-9 - _, plus 2
(help.proofpoint.com). The others as public links show them. Pure; knows no platform.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from urllib.parse import parse_qsl, unquote

from roomctl.meeting.url import LinkUrl

DEEPEST = 5
_RUNS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_V3 = re.compile(
    r"/v3/__(?P<url>.+?)__;(?P<spare>[A-Za-z0-9_-]*)(?:!|$)|/v3/__(?P<whole>.+?)_{0,2}$"
)
_V3_GAP = re.compile(r"\*\*([A-Za-z0-9_-])|\*")
_CODED_TWICE = re.compile("https?%(?:25){0,2}3a", re.IGNORECASE)
_URLDEFENSE = ("urldefense.com", "urldefense.us", "urldefense.proofpoint.com")


def unwrap(link: LinkUrl) -> str | None:
    """Return the link inside, or None if `link` is no wrapper."""
    if f".{link.host}".endswith(_SAFELINKS):
        return _parameter(link, "url")
    if link.host in _URLDEFENSE:
        return _urldefense(link)
    if link.host.endswith((".protection.sophos.com",)):
        return _of_base64(_parameter(link, "u") or "")
    if _GOOGLE.fullmatch(link.host) and link.path == "/url":
        return _parameter(link, "q") or _parameter(link, "url")
    for known in _names(link.host):
        if known in _REDIRECTS:
            path, names = _REDIRECTS[known]
            found = (_parameter(link, name) for name in names)
            return next(filter(None, found), None) if re.fullmatch(path, link.path) else None
    pattern = _IN_PATH.get(link.host)
    inner = re.match(pattern, link.rest) if pattern else None
    return _both_slashes(_once_more(inner["url"])) if inner else None


def is_opaque(link: LinkUrl) -> bool:
    """Whether a mail filter has put a token in the place of a link, which it alone can read."""
    paths = (_OPAQUE[known] for known in _names(link.host) if known in _OPAQUE)
    return any(re.match(path, link.path) for path in paths)


_SAFELINKS = tuple(
    f".safelinks.protection.{cloud}"
    for cloud in ("outlook.com", "office365.us", "partner.outlook.cn", "apps.mil")
)
_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com|(?:com\.|co\.)?[a-z]{2})")
_MAIL = (r"/cgi-bin/(?:readtemplate|mail_spam)", ("gourl", "url"))
_SAFETY = ("/link/safety(?:/.*)?", ("target", "url"))
_REDIRECTS = {
    "statics.teams.cdn.office.net": (r"/.*/atp-safelinks\.html", ("url",)),
    "linkprotect.cudasvc.com": ("/url", ("a",)),
    "protect2.fireeye.com": ("/(?:v1/)?url", ("u",)),
    "clicktime.symantec.com": ("/.*", ("u",)),
    "linklock.titanhq.com": ("/analyse", ("url",)),
    "*.trendmicro.com": ("/wis/clicktime/.*", ("url",)),
    "*.content.exclaimer.net": ("/", ("url",)),
    "meet.google.com": ("/linkredirect", ("dest",)),
    "www.youtube.com": ("/redirect", ("q",)),
    "linkedin.com": ("/(?:redir/redirect|safety/go)/?", ("url",)),
    "www.linkedin.com": ("/(?:redir/redirect|safety/go)/?", ("url",)),
    "l.facebook.com": (r"/l\.php", ("u",)),
    "lm.facebook.com": (r"/l\.php", ("u",)),
    "l.messenger.com": (r"/l\.php", ("u",)),
    "l.instagram.com": ("/", ("u",)),
    "www.instagram.com": ("/linkshim/?", ("u",)),
    "slack-redir.net": ("/link", ("url",)),
    "t.me": ("/iv", ("url",)),
    "vk.com": (r"/away\.php", ("to",)),
    # Tencent's: QQ, its mail (for companies, too), WeChat, WeCom, documents
    "c.pc.qq.com": (r"/(?:middle[a-z]{1,3}|index|ios|android|pc)\.html", ("pfurl", "url")),
    "mail.qq.com": _MAIL,
    "exmail.qq.com": _MAIL,
    "en.exmail.qq.com": _MAIL,
    "wx.mail.qq.com": ("/xmspamcheck/xmsafejump", ("url",)),
    "wap.mail.qq.com": ("/xmspamcheck/xmsafejump", ("url",)),
    "weixin110.qq.com": ("/(?:cgi-bin|security)/.*", ("url",)),
    "security.wechat.com": ("/cgi-bin/.*", ("url",)),
    "mp.weixinbridge.com": ("/mp/wapredirect", ("url",)),
    "mp.weixin.qq.com": ("/mp/(?:readtemplate|ad_redirect)", ("url",)),
    "developers.weixin.qq.com": ("/community/middlepage/href", ("href",)),
    "open.work.weixin.qq.com": ("/wwopen/uriconfirm", ("uri",)),
    "docs.qq.com": (r"/scenario/link\.html", ("url", "u")),
    "support.qq.com": ("/products?/[0-9]+/link-jump", ("jump",)),
    "txc.qq.com": ("/products?/[0-9]+/link-jump", ("jump",)),
    "security.feishu.cn": _SAFETY,
    "security.larksuite.com": _SAFETY,
    "security.larkoffice.com": _SAFETY,
    "weibo.cn": ("/sinaurl", ("toasturl", "u")),
    "link.zhihu.com": ("/", ("target",)),
    "link.csdn.net": ("/", ("target",)),
    "link.juejin.cn": ("/", ("target",)),
    "link.gitcode.com": ("/", ("target",)),
    "gitee.com": ("/link/?", ("target",)),
    "link.jianshu.com": ("/", ("t",)),
    "links.jianshu.com": ("/go", ("to",)),
    "www.jianshu.com": ("/go-wild", ("url",)),
    "www.yuque.com": ("/r/goto/?", ("url",)),
    "www.kdocs.cn": ("/(?:office|etapps/query)/link", ("target",)),
    "shimo.im": ("/outlink/(?:black|gray)", ("url",)),
    "app.yinxiang.com": (r"/OutboundRedirect(?:\.action)?", ("dest",)),
}
_CHECK_POINT = r"/v2/(?:r[0-9]{2}/)?___(?P<url>.+?)___"
_IN_PATH = {
    "secure-web.cisco.com": r"(?i:/[^/]+/(?P<url>https?(?::|%(?:25){0,2}3a).+))",
    "protect.checkpoint.com": _CHECK_POINT,
    "url.avanan.click": _CHECK_POINT,
}
_OPAQUE = {
    "*.mimecastprotect.com": "/s/",
    "*.mimecast.com": "/s/(?!article|topic|question)",
    "shared.outlook.inky.com": "/link",
    "url.emailprotection.link": "/",
    "secure-web.cisco.com": "/",
    "*.hornetsecurity.com": "/",
    "wx.mail.qq.com": "/xmspamcheck/",
    "wap.mail.qq.com": "/xmspamcheck/",
    "weixin110.qq.com": "/cgi-bin/mmspamsupport-bin/",
    "security.wechat.com": "/cgi-bin/mmspamsupport-bin/",
}


def _names(host: str) -> list[str]:
    """Return what a table may call a host: itself, or everything below a name."""
    labels = host.split(".")
    return [host, *("*." + ".".join(labels[at:]) for at in range(1, len(labels)))]


def _of_base64(coded: str) -> str | None:
    try:
        padded = coded.replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
        return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode()
    except ValueError:
        return None


def _both_slashes(url: str) -> str:
    """Return a link of which a wrapper has kept one slash only with both."""
    return re.sub(r"^(https?):/(?!/)", r"\1://", url)


def _urldefense(link: LinkUrl) -> str | None:
    if link.path == "/v1/url":
        return _parameter(link, "u")
    if link.path == "/v2/url":
        coded = _parameter(link, "u") or ""
        return unquote(coded.replace("-", "%").replace("_", "/")) or None
    match = _V3.match(link.rest)
    return _filled(match["url"] or match["whole"], match["spare"] or "") if match else None


def _filled(url: str, spare: str) -> str | None:
    try:
        padded = spare + "=" * (-len(spare) % 4)
        letters = base64.urlsafe_b64decode(padded).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    at = 0

    def fill(gap: re.Match[str]) -> str:
        nonlocal at
        length = 1 if gap[1] is None else _RUNS.index(gap[1]) + 2
        at += length
        return letters[at - length : at]

    return _both_slashes(_V3_GAP.sub(fill, url))


def _parameter(link: LinkUrl, name: str) -> str | None:
    value = dict(reversed(parse_qsl(link.query))).get(name)
    if value and link.fragment and f"{name}={value}" in link.query:  # not escaped: its own
        value = f"{value}#{link.fragment.partition('&')[0]}"
    return _once_more(value) if value else value


def _once_more(url: str) -> str:
    for _ in range(3):
        if not _CODED_TWICE.match(url):
            break
        url = unquote(url)
    return url
