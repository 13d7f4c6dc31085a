"""Invitations that nobody sent: whatever is opened is a platform's own, and no text raises."""

from __future__ import annotations

from random import Random
from urllib.parse import quote, urlsplit

from roomctl.meeting.link import read
from roomctl.meeting.platform import covers, load_platforms
from tests.fuzz.subjects import Subject, must

PLATFORMS = load_platforms({})
SAMPLES = [s.text for p in PLATFORMS for s in (*p.good, *p.bad)]
HOSTS = [host.replace("*", "acme") for p in PLATFORMS for host in (*p.hosts, *p.tenants)]
FIELDS = ("URL", "LOCATION", "DESCRIPTION", "X-ALT-DESC", "CONFERENCE", "SUMMARY", "x-a", "")
ODD = [
    *(
        "\u200b",
        "\u202e",
        "\x00",
        "\ud800",
        "\\",
        "@",
        "%2e",
        "%00",
        "о",
        "．",
        "。",
        "\t",
        "\n",
        "\r",
    ),
    *(":8443", "#", "?", "&", ";", "[::1]", "127.0.0.1", ".evil.example", "evil.example/", "//"),
    *("https:", "http:///", "javascript:", "zoommtg://", "<a href='", "xn--", "１", "："),
    *(
        "&#58;",
        "&#x40;",
        "&amp;lt;",
        "](",
        "／",
        "？",
        "ı",
        "İ",
        "**",
        "|",
        "\\n",
        "会议号：",
        "sıp:a@b.cc",
        *("=\n", "=3D", "%3A", "%253D", "\n ", "Passcode: ", "（密码：1）", "\\/", "\u2028"),
        "ID de réunion : ",
    ),
]
WRAPPERS = (
    "https://eur01.safelinks.protection.outlook.com/?url={quoted}&data=05",
    "https://www.google.com/url?q={quoted}",
    "https://urldefense.com/v1/url?u={quoted}&k=x",
    "https://urldefense.com/v3/__{plain}__;!!x$",
    "https://linkprotect.cudasvc.com/url?a={quoted}&c=E",
    "https://protect.checkpoint.com/v2/r02/___{plain}___.YzJl",
    "https://secure-web.cisco.com/13kyZjA_Y3iSzSkdRg0vwA/{quoted}",
    "dingtalk://dingtalkclient/page/link?url={quoted}",
    "webex://meet?url={quoted}",
    "<{plain}>",
    "{quoted}",
    "{plain}",
)


def wrapped(rng: Random, link: str) -> str:
    for _ in range(rng.choice((0, 0, 1, 2, 6))):
        quoted = quote(link.encode(errors="replace"), safe="")
        link = rng.choice(WRAPPERS).format(quoted=quoted, plain=link)
    return link


def bent(rng: Random, text: str) -> str:
    """Put odd letters into a text, take some out, or swap two pieces."""
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        at = rng.randrange(len(text) + 1)
        match rng.randrange(3):
            case 0:
                text = text[:at] + rng.choice(ODD) + text[at:]
            case 1:
                text = text[:at] + text[at + rng.randrange(1, 4) :]
            case _:
                text = text[at:] + rng.choice((" ", "", "\n")) + text[:at]
    return text


def invitation(rng: Random) -> str:
    if rng.random() < 0.5:
        return bent(rng, wrapped(rng, rng.choice(SAMPLES)))
    host = bent(rng, rng.choice(HOSTS)) if rng.random() < 0.7 else rng.choice(HOSTS)
    path = rng.choice(("/j/91234567890", "/dm/AbCdEf123456", "/join/x", "/#/j/987654321/a", ""))
    return bent(rng, f"{rng.choice(('https://', 'http://', '', 'HTTPS://'))}{host}{path}")


def invitations(rng: Random) -> list[str]:
    """Read a text or a booking: what is opened is on a host of the platform, by another parser."""
    text = invitation(rng)
    said = {rng.choice(FIELDS): text, "URL": invitation(rng)} if rng.random() < 0.2 else text
    reading = read(said, PLATFORMS)
    must(bool(reading.why) == (reading.launch is None), "silent", said)
    if reading.launch is None:
        return [str(reading.refusal)]
    parts = urlsplit(reading.launch.url)
    platform = PLATFORMS.by_key[reading.platform or ""]
    must(parts.scheme == "https", "another scheme", said, reading.launch.url)
    must(parts.hostname == reading.launch.host, "another host", said, reading.launch.url)
    must(parts.port is None or parts.port in platform.ports, "a port", said, reading.launch.url)
    must(parts.username is None, "a user", said, reading.launch.url)
    named = (*platform.hosts, *platform.tenants)
    own = any(covers(pattern, reading.launch.host) for pattern in named)
    must(own or parts.netloc in platform.launch.number, "a stranger's door", said, parts.netloc)
    return ["opened"]


LINKS: dict[str, Subject] = {"invitations": invitations}
