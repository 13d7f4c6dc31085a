"""Where an alert goes: the url of [alert.NAME], taken apart. Knows no message and no wire.

smtps://USER@HOST[:465]?to=ADDRESS,ADDRESS[&from=ADDRESS]    mail, TLS from the first byte
smtp://USER@HOST[:587]?to=...                                mail, STARTTLS
wecom:KEY     dingtalk:TOKEN     feishu:TOKEN     lark:TOKEN    a robot of a group
wecom:https://HOST/...                                       the same, its address as it is shown
teams:https://HOST/...                                       a workflow of Teams, its address
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from roomctl.frozen import frozen

MAIL = {"smtps": 465, "smtp": 587}  # and the usual port
MOST_RECIPIENTS = 10
_KEY = re.compile(r"[A-Za-z0-9_-]{8,200}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


@frozen
class Robot:
    """A service whose groups have robots. `before`: what stands before the key in an address."""

    before: str
    region: str
    signs: bool = False


ROBOTS: Mapping[str, Robot] = {
    "wecom": Robot("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "cn"),
    "dingtalk": Robot("https://oapi.dingtalk.com/robot/send?access_token=", "cn", signs=True),
    "feishu": Robot("https://open.feishu.cn/open-apis/bot/v2/hook/", "cn", signs=True),
    "lark": Robot("https://open.larksuite.com/open-apis/bot/v2/hook/", "global", signs=True),
    "teams": Robot("", "global"),
}
REGIONS = frozenset(robot.region for robot in ROBOTS.values())
_WORKFLOWS = ("logic.azure.com", "powerplatform.com", "powerautomate.com")
_RETIRED = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")


@frozen
class AlertAddress:
    """Where an alert goes. `url`: a robot's; of mail `user`, `to` and `sender`.

    `region`: as meeting platforms have it; None: a server of the operator's own.
    """

    service: str
    host: str
    port: int
    region: str | None = None
    url: str = ""
    user: str = ""
    to: tuple[str, ...] = ()
    sender: str = ""

    @property
    def is_mail(self) -> bool:
        """Whether it goes by mail."""
        return self.service in MAIL

    @property
    def signs(self) -> bool:
        """Whether its messages can be signed."""
        return not self.is_mail and ROBOTS[self.service].signs


def alert_address(text: str) -> AlertAddress:
    """Take a url apart; ValueError says what was expected, and never what was given."""
    service, colon, rest = text.partition(":")
    if not (colon and text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("its url must look like 'smtps://USER@HOST?to=ADDRESS' or 'wecom:KEY'")
    if service in MAIL:
        return _mail(urlsplit(text))
    if service in ROBOTS:
        return _robot(service, rest)
    known = ", ".join((*MAIL, *ROBOTS))
    if service in ("http", "https"):
        guess = _service_of(urlsplit(text).hostname or "") or "SERVICE"
        raise ValueError(f"its url does not name the service; write '{guess}:{service}://…'")
    raise ValueError(f"its url must start with one of {known}")


def _service_of(host: str) -> str | None:
    for name, robot in ROBOTS.items():
        if robot.before and urlsplit(robot.before).hostname == host:
            return name
    return "teams" if _below(host, (*_WORKFLOWS, *_RETIRED)) else None


def _below(host: str, tops: tuple[str, ...]) -> bool:
    return any(host == top or host.endswith(f".{top}") for top in tops)


def _mail(url: SplitResult) -> AlertAddress:
    if not url.hostname or url.path.strip("/") or url.fragment:
        raise ValueError("its url must look like 'smtps://USER@HOST:465?to=ADDRESS'")
    if url.password is not None:
        raise ValueError("its url has a password; write password = 'secret:NAME' below it")
    given = parse_qs(url.query.replace("+", "%2B"), keep_blank_values=True)  # a mail address has +
    if given.keys() - {"to", "from"}:
        raise ValueError("its url has an unknown option; allowed: to= and from=")
    to = tuple(one for many in given.get("to", ()) for one in many.split(","))
    user = unquote(url.username or "")
    [*others, sender] = given.get("from") or [user]
    if not (user.isascii() and (user.isprintable() or not user)):
        raise ValueError("its url has a user with characters other than printable ASCII")
    if not to or len(to) > MOST_RECIPIENTS or others:
        raise ValueError(f"its url has no recipient; add ?to=ADDRESS, at most {MOST_RECIPIENTS}")
    if not _ADDRESS.fullmatch(sender):
        raise ValueError("its url has no sender; add &from=ADDRESS")
    if not all(_ADDRESS.fullmatch(one) for one in to):
        raise ValueError("its url has a to= that is not an ASCII mail address")
    port = url.port if url.port is not None else MAIL[url.scheme]
    return AlertAddress(url.scheme, url.hostname, _a_port(port), user=user, to=to, sender=sender)


def _robot(service: str, rest: str) -> AlertAddress:
    robot = ROBOTS[service]
    if "://" not in rest:
        if not robot.before:
            raise ValueError(f"its url must be the full address: '{service}:https://…'")
        if not _KEY.fullmatch(rest):
            raise ValueError(f"its url must look like '{service}:KEY' or '{service}:https://…'")
        rest = robot.before + quote(rest, safe="")
    url = urlsplit(rest)
    if url.scheme not in ("https", "http") or not url.hostname:
        raise ValueError(f"its url must look like '{service}:https://…'")
    if "@" in url.netloc or url.fragment:
        raise ValueError("its url has a user or a fragment; remove it, the key proves the sender")
    if _below(url.hostname, _RETIRED):
        why = "is an Office 365 connector, which Microsoft has retired"
        raise ValueError(f"its url {why}; create a workflow in the channel, and use its address")
    theirs = _service_of(url.hostname)
    if theirs is not None and theirs != service:
        raise ValueError(f"its url belongs to {theirs}, not to {service}; write '{theirs}:…'")
    port = url.port if url.port is not None else 443 if url.scheme == "https" else 80
    region = robot.region if theirs else None
    return AlertAddress(service, url.hostname, _a_port(port), region, rest)


def _a_port(port: int) -> int:
    if port == 0:
        raise ValueError("its url has the port 0")
    return port
