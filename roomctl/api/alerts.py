"""Sends an alert: to a robot of a group's chat by HTTP, or by mail (`mail`).

Each robot as its vendor's public reference has it; none was tried with the vendor itself.

    service       reference                                            answer that says it was taken
    wecom         developer.work.weixin.qq.com/document/path/91770     200 and {"errcode": 0}
    dingtalk      open.dingtalk.com/document/orgapp/                   200 and {"errcode": 0}
                  custom-robots-send-group-messages, and
                  .../customize-robot-security-settings (signature)
    feishu, lark  open.feishu.cn/document/client-docs/bot-v3/          200 and {"code": 0}, or
                  add-custom-bot                                       {"StatusCode": 0}
    teams         learn.microsoft.com/microsoftteams/platform/         any 2xx; 202 usually
                  webhooks-and-connectors/how-to/add-incoming-webhook
                  (Workflows; Office 365 connectors are retired)

Text goes as what the chat takes for plain text: no markdown, no tags, no mentions. Of an answer its
code alone is told: what else a server says may be its own words, or the key again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from roomctl.api.posting import LIMIT_S, posted
from roomctl.api.webhooks import LATER
from roomctl.config import AlertTable
from roomctl.errors import RoomctlError
from roomctl.room.alert_words import AlertMessage
from roomctl.room.alerts import AlertRefused

LARGEST = 16 * 1024  # bytes of an answer
_WECOM_BYTES, _BYTES = 2048, 16_000  # of a text; dingtalk and feishu take 20 kB, teams 28 kB

_KEY = "does not know this key; copy the robot's address again"
_SIGNED = "refuses the signature, a keyword is missing, or this box's address is not allowed"
_OFTEN = "gets too many messages; this one is sent again later"
_HINTS: Mapping[int, str] = {
    93000: _KEY,  # wecom: invalid webhook url
    45009: _OFTEN,  # wecom: 20 messages a minute
    310000: _SIGNED,  # dingtalk: keyword, signature or address
    300005: _KEY,  # dingtalk: token is not exist
    130101: _OFTEN,  # dingtalk: send too fast
    660026: _OFTEN,  # dingtalk
    19001: _KEY,  # feishu: incoming webhook access token invalid
    19021: _SIGNED,  # feishu: signature, or a timestamp of another hour
    19022: _SIGNED,  # feishu: address
    19024: _SIGNED,  # feishu: keyword
    11232: _OFTEN,  # feishu: frequency limited
}

Made = tuple[str, dict[str, Any]]
"""To which url what goes."""


async def send(
    table: AlertTable, message: AlertMessage, at: datetime, limit_s: float | None = None
) -> None:
    """Send a message. RoomctlError names the host, and why it was not taken.

    AlertRefused: the same will never be taken, until somebody changes something.
    """
    address = table.address
    if address.is_mail:
        from roomctl.api import mail

        await mail.send(table, message, at, mail.LIMIT_S if limit_s is None else limit_s)
        return
    url, body = _FORMS[address.service](table, address.url, message, at)
    headers = [("User-Agent", "roomctl"), ("Content-Type", "application/json; charset=utf-8")]
    headers.append(("Accept-Encoding", "identity"))
    data = json.dumps(body, ensure_ascii=False).encode()
    limit_s = LIMIT_S if limit_s is None else limit_s
    status, answer = await posted(url, headers, data, limit_s, LARGEST)
    _judge(address.host, status)
    if address.service != "teams":
        _judge_code(address.host, answer)


def dingtalk_signature(secret: str, at_ms: int) -> str:
    """Return what proves a message: over TIMESTAMP, a line break, SECRET, by the secret."""
    return keyed(secret.encode(), f"{at_ms}\n{secret}".encode())


def feishu_signature(secret: str, at_s: int) -> str:
    """Return what proves a message: over nothing, by TIMESTAMP, a line break, SECRET."""
    return keyed(f"{at_s}\n{secret}".encode(), b"")


def keyed(key: bytes, data: bytes) -> str:
    """Return HMAC-SHA256 in base64."""
    return base64.b64encode(hmac.digest(key, data, hashlib.sha256)).decode()


def clipped(text: str, most: int) -> str:
    """Return a text of so many bytes of UTF-8 at most, and three dots where it is cut off."""
    data = text.encode()
    if len(data) <= most:
        return text
    return data[: most - 3].decode(errors="ignore") + "…"


def _wecom(table: AlertTable, url: str, message: AlertMessage, at: datetime) -> Made:
    return url, {"msgtype": "text", "text": {"content": clipped(message.text, _WECOM_BYTES)}}


def _dingtalk(table: AlertTable, url: str, message: AlertMessage, at: datetime) -> Made:
    if table.secret is not None:
        at_ms = int(at.timestamp() * 1000)
        signature = dingtalk_signature(table.secret.reveal(), at_ms)
        between = "&" if "?" in url else "?"
        url += between + urlencode({"timestamp": at_ms, "sign": signature})
    return url, {"msgtype": "text", "text": {"content": clipped(message.text, _BYTES)}}


def _feishu(table: AlertTable, url: str, message: AlertMessage, at: datetime) -> Made:
    text = clipped("\n".join(message.lines), _BYTES)
    rows = [[{"tag": "text", "text": line}] for line in text.split("\n")]
    language = "zh_cn" if message.language == "zh-CN" else "en_us"
    post = {language: {"title": message.title, "content": rows}}
    body: dict[str, Any] = {"msg_type": "post", "content": {"post": post}}
    if table.secret is not None:
        at_s = int(at.timestamp())
        signature = feishu_signature(table.secret.reveal(), at_s)
        body = {"timestamp": str(at_s), "sign": signature, **body}
    return url, body


def _teams(table: AlertTable, url: str, message: AlertMessage, at: datetime) -> Made:
    def block(text: str, **look: str) -> dict[str, Any]:
        run = {"type": "TextRun", "text": text, **look}  # a TextBlock would read markdown
        return {"type": "RichTextBlock", "inlines": [run]}

    text = clipped("\n".join(message.lines), _BYTES)
    rows = [block(line) for line in text.split("\n") if line]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [block(message.title, weight="bolder"), *rows],
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "roomctl", "url": message.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    attached = {"contentType": kind, "contentUrl": None, "content": card}
    return url, {"type": "message", "attachments": [attached]}


_FORMS: Mapping[str, Callable[[AlertTable, str, AlertMessage, datetime], Made]] = {
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "lark": _feishu,
    "teams": _teams,
}


def _judge(host: str, status: int) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        why = f"{host}: redirects (HTTP {status}), which is not followed; is the url right?"
        raise AlertRefused(why)
    if 400 <= status < 500 and status not in LATER:
        raise AlertRefused(f"{host}: refuses the message (HTTP {status}); is the url right?")
    raise RoomctlError(f"{host}: answered HTTP {status}; the message is sent again later")


def _judge_code(host: str, answer: bytes) -> None:
    """Look for the code in a robot's answer: those services say 200, whatever became of it."""
    try:
        said = json.loads(answer)
        codes = [said[key] for key in ("errcode", "code", "StatusCode") if key in said]
    except (ValueError, TypeError, RecursionError):
        codes = []
    if not codes or type(codes[0]) is not int:
        raise RoomctlError(f"{host}: answered without a code of its own; is the url right?")
    if codes[0] == 0:
        return
    hint = _HINTS.get(codes[0])
    why = f"{host}: {hint or 'did not take the message'} (code {codes[0]})"
    raise RoomctlError(why) if hint is _OFTEN else AlertRefused(why)
