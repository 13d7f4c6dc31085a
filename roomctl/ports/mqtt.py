"""A topic of an MQTT broker: `mqtt://HOST[:1883]/TOPIC`, `mqtts://` with TLS. Knows no sensor.

    ?availability=TOPIC    where it is published whether the device can be reached
    ?login=FILE            a file with one line, USER:PASSWORD; room.toml keeps no secret
    ?ca=FILE               with mqtts: the certificate of the authority that signed the broker's
    ?field=NAME            for whoever reads the payload

A chunk is one message: b"=" and the payload, b"~" and one that the broker has kept, nobody knows
for how long, or b"@" and what was published of the availability. A topic is one topic: a wildcard
would mix devices. Messages wait for their reader, the newest 64; longer payloads than 16 KB are
left out. The connection is kept alive every 10 s, so that a broker that is gone is known within 15;
the device opens the port anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import ssl
import time
from pathlib import Path
from typing import Any

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.installed import pip
from roomctl.ports.address import Address
from roomctl.wire import Chunk, Identity, in_thread

_log = logging.getLogger(__name__)
client_log = logging.getLogger(f"{__name__}.client")
client_log.setLevel(logging.ERROR)  # it warns at every attempt, and the device says it once

LONGEST = 16_384  # bytes of a payload
MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
_KEEPALIVE_S = 10
_OPEN_LIMIT_S, _CLOSE_LIMIT_S = 5.0, 1.0
_MOST_WAITING = 64


async def open_port(address: Address) -> MqttPort:
    """Connect and subscribe; PortError says what cannot be meant, or what the broker says."""
    host, port, topic = place_of(address)
    availability = address.options.get("availability")
    try:
        aiomqtt = importlib.import_module("aiomqtt")
    except ImportError as error:
        why = f"aiomqtt is not installed; `{pip('install', 'roomctl[mqtt]')}`"
        raise address.refuse(why) from error
    user, password = await in_thread(_login, address)
    tls = await in_thread(_tls, address) if address.scheme == "mqtts" else None
    client = aiomqtt.Client(
        host,
        port,
        username=user,
        password=password,
        timeout=_OPEN_LIMIT_S,
        keepalive=_KEEPALIVE_S,
        queue_type=DropOldestQueue,
        max_queued_incoming_messages=_MOST_WAITING,
        tls_context=tls,
        logger=client_log,
    )
    try:
        async with asyncio.timeout(2 * _OPEN_LIMIT_S):
            await client.__aenter__()
            await client.subscribe([(one, 1) for one in (topic, availability) if one])
    except (aiomqtt.MqttError, OSError, TimeoutError, ValueError) as error:
        with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_LIMIT_S):
                await client.__aexit__(None, None, None)
        why = why_refused(error, _OPEN_LIMIT_S)
        raise PortError(address.url, why, PortReason.REFUSED) from error
    identity = Identity(url=address.url, path=f"{host}:{port}/{topic}")
    return MqttPort(client, aiomqtt.MqttError, identity, availability)


def place_of(address: Address) -> tuple[str, int, str]:
    """Return host, port and topic; PortError if the URL cannot be meant."""
    address.only(("availability", "login", "ca", "field"))
    place, slash, topic = address.place.removeprefix("//").partition("/")
    if "@" in place:
        raise address.refuse("names a user; write USER:PASSWORD into a file, and ?login=FILE")
    if not (address.place.startswith("//") and slash and topic):
        like = f"{address.scheme}://192.0.2.10/zigbee2mqtt/motion"
        raise address.refuse(f"is not {address.scheme}://HOST[:PORT]/TOPIC, such as {like}")
    for one in (topic, address.options.get("availability", "")):
        if "+" in one or "#" in one:
            raise address.refuse("a sensor has one topic; + and # are not allowed")
    with_port = Address(address.url, address.scheme, f"//{place}", {})
    host, port = with_port.with_port(MQTT_PORTS[address.scheme]).host_and_port()
    return host, port, topic


class DropOldestQueue(asyncio.Queue[Any]):
    """A queue that loses the oldest when it is full: the newest tells how things are."""

    def put_nowait(self, item: Any) -> None:  # noqa: ANN401 - a message of aiomqtt's
        if self.full():
            self.get_nowait()
        super().put_nowait(item)


class MqttPort:
    """One topic, and what is said of the device's availability."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - aiomqtt's, which need not be installed
        broken: type[Exception],
        identity: Identity,
        availability: str | None,
    ) -> None:
        self.identity = identity
        self._client, self._broken, self._availability = client, broken, availability
        self._messages = aiter(client.messages)
        self._closed = False

    async def read(self) -> Chunk:
        while not self._closed:
            try:
                message = await anext(self._messages)
            except self._broken as error:
                raise PortClosed(self.identity.url, f"the broker is gone ({error})") from error
            payload = message.payload
            if not isinstance(payload, bytes) or len(payload) > LONGEST:
                _log.debug("%s: a payload that is too long is left out", self.identity.path)
                continue
            announced = str(message.topic) == self._availability
            kind = b"@" if announced else b"~" if message.retain else b"="
            return Chunk(kind + payload, time.monotonic())
        raise PortClosed(self.identity.url)

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "is only listened to", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(self._broken, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_LIMIT_S):
                await self._client.__aexit__(None, None, None)


def _login(address: Address) -> tuple[str | None, str | None]:
    file = address.options.get("login")
    if file is None:
        return None, None
    try:
        line = Path(file).read_text(encoding="utf-8")[:1024].partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PortError(address.url, f"{file} cannot be read ({error})", PortReason.IO) from error
    user, colon, password = line.partition(":")
    if not (user and colon):
        raise address.refuse(f"{file} does not contain USER:PASSWORD")
    return user, password


def _tls(address: Address) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=address.options.get("ca"))
    except (OSError, ssl.SSLError) as error:
        why = f"{address.options.get('ca')} is not a certificate ({error})"
        raise PortError(address.url, why, PortReason.IO) from error


def why_refused(error: Exception, limit_s: float) -> str:
    """Say in one sentence why there is no connection."""
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return f"no answer within {limit_s:g} s; is the broker's address right?"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        hint = "?ca=FILE names its authority, and the host is named in it"
        return f"the broker's certificate is not trusted ({error}); {hint}"
    return f"the broker refuses ({error}); is it running, and are user and password right?"
