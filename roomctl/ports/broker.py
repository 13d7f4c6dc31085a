"""A connection to an MQTT broker for a program that publishes, with a last will. MQTT 5.

The broker publishes the will when the connection breaks off; whoever has the same client id later
takes the connection over, so that no will comes after what he says. What this client publishes is
not sent back to it, and a message that its sender has asked to be kept says so, also when it comes
at once. The session ends with the connection: the broker keeps no message for later. Messages wait
for their reader, the newest 256; the broker is asked to send none of more than 64 KB. Knows no
room and no topic.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import ssl
from typing import Any, Protocol

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.frozen import frozen
from roomctl.installed import pip
from roomctl.ports.mqtt import MQTT_PORTS, DropOldestQueue, client_log, why_refused
from roomctl.secret import Secret
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

KEEPALIVE_S = 10  # a broker says after 15 s that a box without network is gone
ANSWER_S = 5.0  # for each thing that a broker has to confirm
CLOSE_S = 1.0
MOST_WAITING = 256
LONGEST_PACKET = 65_536  # bytes


@frozen
class Login:
    """Where a broker is, and who one is there. `ca`: a file; None: the system's authorities."""

    host: str
    port: int | None
    tls: bool
    client: str
    user: str | None = None
    password: Secret | None = None
    ca: str | None = None

    @property
    def place(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port or MQTT_PORTS['mqtts' if self.tls else 'mqtt']}"


@frozen
class MqttMessage:
    """A message; `kept`: the broker keeps it, so that it may be of any age."""

    topic: str
    payload: bytes
    kept: bool


class BrokerSession(Protocol):
    """An open connection. Every method raises PortClosed once it is broken."""

    async def subscribe(self, topics: tuple[str, ...]) -> None: ...
    async def publish(self, topic: str, payload: str, *, keep: bool) -> None: ...
    async def receive(self) -> MqttMessage: ...
    async def close(self) -> None:
        """End the connection; the will is not published then."""
        ...


async def open_session(login: Login, will_topic: str, will: str) -> BrokerSession:
    """Connect; PortError says what a broker, or the network, has against it."""
    url = f"{'mqtts' if login.tls else 'mqtt'}://{login.host}"
    try:
        aiomqtt = importlib.import_module("aiomqtt")
    except ImportError as error:
        why = f"aiomqtt is not installed; `{pip('install', 'roomctl[mqtt]')}`"
        raise PortError(url, why, PortReason.UNSUPPORTED) from error
    tls = await in_thread(_tls, url, login.ca) if login.tls else None
    client = _client(aiomqtt, login, tls, will_topic, will)
    try:
        async with asyncio.timeout(2 * ANSWER_S):
            await client.__aenter__()
    except (aiomqtt.MqttError, OSError, TimeoutError, ValueError) as error:
        raise PortError(url, why_refused(error, ANSWER_S), PortReason.REFUSED) from error
    return _Session(client, aiomqtt.MqttError, url)


def _client(
    aiomqtt: Any,  # noqa: ANN401 - a module that need not be installed
    login: Login,
    tls: ssl.SSLContext | None,
    will_topic: str,
    will: str,
) -> Any:  # noqa: ANN401
    packets = importlib.import_module("paho.mqtt.packettypes").PacketTypes
    properties = importlib.import_module("paho.mqtt.properties").Properties(packets.CONNECT)
    properties.MaximumPacketSize = LONGEST_PACKET
    properties.ReceiveMaximum = MOST_WAITING
    return aiomqtt.Client(
        login.host,
        int(login.place.rpartition(":")[2]),
        username=login.user,
        password=None if login.password is None else login.password.reveal(),
        identifier=login.client,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(will_topic, will, qos=1, retain=True),
        clean_start=True,
        properties=properties,
        timeout=ANSWER_S,
        keepalive=KEEPALIVE_S,
        queue_type=DropOldestQueue,
        max_queued_incoming_messages=MOST_WAITING,
        tls_context=tls,
        logger=client_log,
    )


class _Session:
    """An open connection through aiomqtt."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401
        broken: type[Exception],
        url: str,
    ) -> None:
        self._client, self._broken, self._url = client, broken, url
        self._messages = aiter(client.messages)

    async def subscribe(self, topics: tuple[str, ...]) -> None:
        options = importlib.import_module("paho.mqtt.subscribeoptions").SubscribeOptions
        wanted = options(qos=1, noLocal=True, retainAsPublished=True)
        with self._told():
            await self._client.subscribe([(topic, wanted) for topic in topics])

    async def publish(self, topic: str, payload: str, *, keep: bool) -> None:
        with self._told():
            await self._client.publish(topic, payload, qos=1, retain=keep)

    async def receive(self) -> MqttMessage:
        with self._told():
            message = await anext(self._messages)
        payload = message.payload if isinstance(message.payload, bytes) else b""
        return MqttMessage(str(message.topic), payload, bool(message.retain))

    async def close(self) -> None:
        with contextlib.suppress(self._broken, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._client.__aexit__(None, None, None)

    @contextlib.contextmanager
    def _told(self) -> Any:  # noqa: ANN401 - a generator
        try:
            yield
        except (self._broken, OSError, ValueError) as error:
            raise PortClosed(self._url, f"the broker is gone ({error})") from error


def _tls(url: str, ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise PortError(url, f"{ca} is not a certificate ({error})", PortReason.IO) from error
