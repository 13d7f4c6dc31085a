"""What an invitation was found to say: a meeting that may be opened, or why nothing is. Pure data.

Knows no text, no link and no platform: `link` finds, this says. The refusals are a closed list;
panels translate the codes, the command line prints the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from roomctl.frozen import frozen


class Refusal(StrEnum):
    """Why nothing is opened. The closed list that panels translate."""

    NO_MEETING = "no_meeting"
    NEEDS_LINK = "needs_link"
    BAD_NUMBER = "bad_number"
    BAD_NAME = "bad_name"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_PLATFORM = "unknown_platform"
    NOT_A_JOIN = "not_a_join"
    HOST_LINK = "host_link"
    DENIED_BY_POLICY = "denied_by_policy"
    SERVICE_ENDED = "service_ended"
    FOREIGN_HOST = "foreign_host"
    LOOK_ALIKE_HOST = "look_alike_host"
    MIXED_SCRIPT = "mixed_script"
    USERINFO = "userinfo"
    BACKSLASH = "backslash"
    CONTROL_CHARACTER = "control_character"
    ODD_CHARACTER = "odd_character"
    SCHEME = "scheme"
    IP_LITERAL = "ip_literal"
    PORT = "port"
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    WRAPPED = "wrapped"


_SENTENCES = {
    Refusal.NO_MEETING: "no meeting found; paste the invitation's link, or its number with label",
    Refusal.NEEDS_LINK: "{platform} cannot be joined by number here; use the invitation's link",
    Refusal.BAD_NUMBER: "{platform} numbers have {digits} digits; check the number",
    Refusal.BAD_NAME: "{platform} meetings have no such names; check it, or use the link",
    Refusal.AMBIGUOUS: "the number could belong to {platforms}; say which platform it is",
    Refusal.UNKNOWN_PLATFORM: "no platform is called {platform}; known: {platforms}",
    Refusal.NOT_A_JOIN: "{host} belongs to {platform}, but this page is not a meeting to join",
    Refusal.HOST_LINK: "this is the host's own {platform} link; ask for the guests' link",
    Refusal.DENIED_BY_POLICY: "{platform} at {host} is not allowed here ([meeting] allow, deny)",
    Refusal.SERVICE_ENDED: "{platform} ended on {date}; ask for a link on another platform",
    Refusal.FOREIGN_HOST: "{host} is not a known platform's host; if it is yours, add it to"
    " [meeting.hosts]",
    Refusal.LOOK_ALIKE_HOST: "{host} only looks like {like}; do not use this link",
    Refusal.MIXED_SCRIPT: "the host mixes alphabets to look like another; do not use this link",
    Refusal.USERINFO: "the link hides its real host behind an @; do not use this link",
    Refusal.BACKSLASH: "the link contains a backslash; ask for a clean link",
    Refusal.CONTROL_CHARACTER: "the link contains control characters; ask for a clean link",
    Refusal.ODD_CHARACTER: "{character} in the link or number is not clear; type it again, or"
    " ask for a clean link",
    Refusal.SCHEME: "{scheme}: links are not opened here; use an https link",
    Refusal.IP_LITERAL: "the link names an address; only those in [meeting.hosts] are opened",
    Refusal.PORT: "port {port} of {host} is not in [meeting.hosts]",
    Refusal.MALFORMED: "the link is not well formed; copy it again",
    Refusal.TOO_LONG: "the link is longer than {limit} characters",
    Refusal.TOO_DEEP: "the link is wrapped more than {limit} times",
    Refusal.WRAPPED: "only {host} knows the target of this link; ask for the original link",
}


_IN_CHINESE = {
    Refusal.NO_MEETING: "没有找到会议；请粘贴邀请中的链接，或带标签的会议号",
    Refusal.NEEDS_LINK: "{platform} 在此不能用会议号加入；请使用邀请中的链接",
    Refusal.BAD_NUMBER: "{platform} 的会议号是 {digits} 位；请核对",
    Refusal.BAD_NAME: "{platform} 没有这样的会议名称；请核对，或使用链接",
    Refusal.AMBIGUOUS: "此号码可能属于 {platforms}；请说明是哪个平台",
    Refusal.UNKNOWN_PLATFORM: "没有名为 {platform} 的平台；已知：{platforms}",
    Refusal.NOT_A_JOIN: "{host} 属于 {platform}，但此页面不是会议入口",
    Refusal.HOST_LINK: "这是 {platform} 主持人专用链接；请索取参会者链接",
    Refusal.DENIED_BY_POLICY: "本会议室不允许 {host} 上的 {platform}（[meeting] allow, deny）",
    Refusal.SERVICE_ENDED: "{platform} 已于 {date} 停止服务；请索取其他平台的链接",
    Refusal.FOREIGN_HOST: "{host} 不属于任何平台；若是自有服务器，请加入 [meeting.hosts]",
    Refusal.LOOK_ALIKE_HOST: "{host} 只是看起来像 {like}；请勿使用此链接",
    Refusal.MIXED_SCRIPT: "主机名混用多种文字以冒充他人；请勿使用此链接",
    Refusal.USERINFO: "链接用 @ 隐藏了真实主机；请勿使用此链接",
    Refusal.BACKSLASH: "链接含有反斜杠；请索取正确的链接",
    Refusal.CONTROL_CHARACTER: "链接含有控制字符；请索取正确的链接",
    Refusal.ODD_CHARACTER: "链接或会议号中有 {character}，含义不明；请重新输入，或索取正确的链接",
    Refusal.SCHEME: "此处不打开 {scheme}: 链接；请使用 https 链接",
    Refusal.IP_LITERAL: "链接指向 IP 地址；只打开 [meeting.hosts] 中列出的地址",
    Refusal.PORT: "{host} 的端口 {port} 不在 [meeting.hosts] 中",
    Refusal.MALFORMED: "链接格式不正确；请重新复制",
    Refusal.TOO_LONG: "链接超过 {limit} 个字符",
    Refusal.TOO_DEEP: "链接被包装超过 {limit} 层",
    Refusal.WRAPPED: "只有 {host} 知道此链接指向哪里；请索取原始链接",
}


def sentence(code: Refusal, params: Mapping[str, str], language: str = "en") -> str:
    """Say `code` in "en" or "zh-CN"; a param that is not given reads as "it"."""
    said = _IN_CHINESE if language == "zh-CN" else _SENTENCES
    return said[code].format_map(_Spoken(params))


def sentences_in_chinese() -> Mapping[str, str]:
    """Return every sentence in English with its Chinese; {holes} as `sentence` has them."""
    return {english: _IN_CHINESE[code] for code, english in _SENTENCES.items()}


class _Spoken(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "it"


@frozen
class Launch:
    """What the room's browser opens. `url` may hold a passcode: never print it.

    `asks_number`: it is no meeting yet, but the vendor's page that asks a person for a number.
    """

    url: str = field(repr=False)
    host: str
    origin: str
    mode: str
    asks_number: bool = False


@frozen
class ParsedInvitation:
    """What was found. `launch` is what may be opened.

    `launch` is None if `refused`, and also where only a number is known of a platform that has
    no public address for numbers: that is read all right, but there is nothing to open.
    `refusal` covers both. `name` is what the link calls the meeting: a person's name, or a number
    that need not be the printed one; it is the `meeting_id` where the text prints none. `why` is
    English for the command line and holds no secret; panels translate the code with `params`.
    """

    platform: str | None = None
    meeting_id: str | None = None
    passcode: str | None = field(default=None, repr=False)
    refused: Refusal | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    launch: Launch | None = None
    host: str | None = None
    name: str | None = None

    @property
    def refusal(self) -> Refusal | None:
        """Why nothing can be opened, or None."""
        return self.refused or (None if self.launch else Refusal.NEEDS_LINK)

    @property
    def why(self) -> str:
        """One sentence on why nothing can be opened; empty if something can."""
        return self.say("en")

    def say(self, language: str, name: str = "") -> str:
        """Say in "en" or "zh-CN" why nothing can be opened; empty if something can.

        `name`: what people call the platform there.
        """
        refusal = self.refusal
        known = {"platform": name or self.platform, "host": self.host}
        params = {name: text for name, text in known.items() if text} | dict(self.params)
        return sentence(refusal, params, language) if refusal else ""
