"""Sends a CloudEvent to a receiver, signed as Standard Webhooks says (standardwebhooks.com).

    webhook-id          the event's id: the same one each time that it is sent
    webhook-timestamp   when it is sent, in Unix seconds: the box's clock
    webhook-signature   v1,BASE64 of HMAC-SHA256 over ID.TIMESTAMP.BODY

Where it may lead, `posting` says; no body of an answer is read, and nobody is told one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from roomctl.api.posting import LIMIT_S, posted
from roomctl.config import WebhookTable
from roomctl.errors import RoomctlError
from roomctl.room.webhooks import EventRefused

LATER = (408, 425, 429)  # of those that say whose fault it is: the same may be taken later


async def post(
    table: WebhookTable, event_id: str, body: bytes, at: datetime, limit_s: float = LIMIT_S
) -> None:
    """Send one event; RoomctlError names the host, and why it was not taken within `limit_s`.

    EventRefused: by a status that says that this event is never taken.
    """
    headers = _headers(table.secret.reveal(), event_id, body, int(at.timestamp()))
    status, _ = await posted(table.url.reveal(), headers, body, limit_s)
    if 200 <= status < 300:
        return
    why = f"{table.host}: answered HTTP {status}; a receiver answers 2xx"
    raise EventRefused(why) if 400 <= status < 500 and status not in LATER else RoomctlError(why)


def _headers(secret: str, event_id: str, body: bytes, at_s: int) -> list[tuple[str, str]]:
    return [
        ("User-Agent", "roomctl"),
        ("Content-Type", "application/cloudevents+json; charset=utf-8"),
        ("webhook-id", event_id),
        ("webhook-timestamp", str(at_s)),
        ("webhook-signature", signature(secret, event_id, body, at_s)),
    ]


def signature(secret: str, event_id: str, body: bytes, at_s: int) -> str:
    """Return what proves who sent a body, and when.

    A secret that begins with "whsec_" is in base64 behind it; any other is the key as it stands.
    """
    _, prefix, coded = secret.rpartition("whsec_")
    key = base64.b64decode(coded) if prefix else secret.encode()
    signed = f"{event_id}.{at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
