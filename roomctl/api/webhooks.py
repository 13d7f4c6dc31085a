"""Sends a CloudEvent to a receiver, signed as Standard Webhooks says (standardwebhooks.com).

    webhook-id          the event's id: the same one each time that it is sent
    webhook-timestamp   when it is sent, in Unix seconds: the box's clock
    webhook-signature   v1,BASE64 of HMAC-SHA256 over ID.TIMESTAMP.BODY

The operator's own url may lead anywhere by https; by http, which `plain_http` allows, to this box
and to private addresses only: the name is resolved once, and the connection goes to what was
looked at. No redirect is followed, no body of an answer is read, and nobody is told one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
from datetime import datetime
from urllib.parse import urlsplit

import httpcore

from roomctl.booking.fetch import Pinned, addresses_of, trusted
from roomctl.config import WebhookTable
from roomctl.errors import RoomctlError
from roomctl.room.webhooks import EventRefused
from roomctl.wire import in_thread

LIMIT_S = 10.0  # for all of it
_LATER = (408, 425, 429)  # of those that say whose fault it is: the same event may be taken later


async def post(
    table: WebhookTable, event_id: str, body: bytes, at: datetime, limit_s: float = LIMIT_S
) -> None:
    """Send one event; RoomctlError names the host, and why it was not taken within `limit_s`.

    EventRefused: by a status that says that this event is never taken.
    """
    host = table.host
    try:
        async with asyncio.timeout(limit_s):
            status = await _status(table, event_id, body, at)
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise RoomctlError(f"{host}: no answer within {limit_s:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        why = f"{host}: cannot be reached ({type(error).__name__}); is the url right?"
        raise RoomctlError(why) from error
    if 200 <= status < 300:
        return
    why = f"{host}: answered HTTP {status}; a receiver answers 2xx"
    raise EventRefused(why) if 400 <= status < 500 and status not in _LATER else RoomctlError(why)


async def _status(table: WebhookTable, event_id: str, body: bytes, at: datetime) -> int:
    addresses = await addresses_of(table.url.reveal())
    plain = urlsplit(table.url.reveal()).scheme == "http"  # however it is written
    if plain and not all(_is_private(one) for one in addresses):
        raise RoomctlError(f"{table.host}: is on the public internet, where only https is used")
    timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), LIMIT_S)}
    headers = _headers(table.secret.reveal(), event_id, body, int(at.timestamp()))
    async with (
        httpcore.AsyncConnectionPool(
            ssl_context=None if plain else await in_thread(trusted),
            network_backend=Pinned(addresses),
        ) as pool,
        pool.stream(
            "POST", table.url.reveal(), headers=headers, content=body, extensions=timeouts
        ) as response,
    ):
        return response.status


def _is_private(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.is_loopback or found.is_private


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
