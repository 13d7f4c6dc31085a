"""WS-Discovery, by which ONVIF cameras are found: one SOAP message by UDP each way. Pure.

    Probe          to 239.255.255.250:3702: which network video transmitters are there?
    ProbeMatches   from each, to whoever asked: types, scopes, and the addresses of its services

Types are qualified names, read without their prefix: `NetworkVideoTransmitter`, which newer devices
call `Device`. Scopes tell what it is: `onvif://www.onvif.org/hardware/SRG-X120`, `…/name/Front`,
each once percent-encoded. XAddrs are the addresses of its device service. It says of itself what it
likes, so only an XAddr with the host that answered is taken. Of an answer without one the address
is a claim, and the camera is asked at the default port.

An answer names the question that it belongs to (RelatesTo); one that names another is none.

Sources: ONVIF Core Specification 24.12, 7 (Device discovery); WS-Discovery 1.0 (April 2005), 5.
Knows no port and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from roomctl.camera.onvif.message import DEVICE, SOAP, Element, SoapReader, child, every, text
from roomctl.frozen import frozen
from roomctl.ports.search import Question
from roomctl.search import Sighting

GROUP, PORT = "239.255.255.250", 3702
TRANSMITTER, NEWER = "NetworkVideoTransmitter", "Device"
PROTOCOL = "ONVIF"
_SCOPE = "onvif://www.onvif.org/"
_NETWORK = "http://www.onvif.org/ver10/network/wsdl"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_EVERYBODY = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
_MOST_MATCHES, _MOST_WORDS = 8, 64
_SCHEMES = {"http": ("onvif", 80), "https": ("onvif-https", 443)}


@frozen
class ProbeMatch:
    """One device of an answer."""

    types: tuple[str, ...]
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]

    @property
    def is_camera(self) -> bool:
        """Whether it is one by its type; printers and computers are devices, too."""
        newer = NEWER in self.types and any(one.startswith(_SCOPE) for one in self.scopes)
        return newer or TRANSMITTER in self.types

    def scope(self, name: str) -> str:
        """Return what the first scope of that name says, such as of `hardware`; "": none."""
        start = f"{_SCOPE}{name}/"
        found = (one.removeprefix(start) for one in self.scopes if one.startswith(start))
        return unquote(next(found, "")).replace("_", " ")


def _message(action: str, header: str, body: str) -> bytes:
    names = f'xmlns:s="{SOAP}" xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}"'
    types = f'xmlns:dn="{_NETWORK}" xmlns:tds="{DEVICE}"'
    action = f'<a:Action s:mustUnderstand="1">{_DISCOVERY}/{action}</a:Action>'
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {names} {types}>'
        f"<s:Header>{action}{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def probe(message_id: str) -> bytes:
    """Return the question; `message_id` is a urn:uuid of this search alone."""
    header = f"<a:MessageID>{message_id}</a:MessageID><a:To>{_EVERYBODY}</a:To>"
    body = "<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>"
    return _message("Probe", header, body)


def asked(data: bytes) -> str | None:
    """Return the message id of a Probe that an ONVIF camera answers; None: it is none."""
    root = _read(data)
    found = child(root, "Body", "Probe")
    if found is None:
        return None
    types = [_local(one) for one in (text(found, "Types") or "").split()]
    return text(root, "Header", "MessageID") if not types or TRANSMITTER in types else None


def probe_matches(relates_to: str, device_id: str, match: ProbeMatch) -> bytes:
    """Return the answer of one camera."""
    header = (
        f"<a:MessageID>{device_id}</a:MessageID><a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
    )
    body = (
        f"<a:EndpointReference><a:Address>{device_id}</a:Address></a:EndpointReference>"
        f"<d:Types>{escape(' '.join(match.types))}</d:Types>"
        f"<d:Scopes>{escape(' '.join(match.scopes))}</d:Scopes>"
        f"<d:XAddrs>{escape(' '.join(match.addresses))}</d:XAddrs>"
        "<d:MetadataVersion>1</d:MetadataVersion>"
    )
    inside = f"<d:ProbeMatches><d:ProbeMatch>{body}</d:ProbeMatch></d:ProbeMatches>"
    return _message("ProbeMatches", header, inside)


def matches(data: bytes, relates_to: str) -> Iterator[ProbeMatch]:
    """Yield what an answer to the question `relates_to` says; nothing if it is none."""
    root = _read(data)
    if root is None or text(root, "Header", "RelatesTo") != relates_to:
        return
    answer = child(root, "Body", "ProbeMatches")
    for number, one in enumerate(every(answer, "ProbeMatch") if answer is not None else ()):
        if number >= _MOST_MATCHES:
            return
        types, scopes, addresses = (
            tuple((text(one, name) or "").split()[:_MOST_WORDS])
            for name in ("Types", "Scopes", "XAddrs")
        )
        yield ProbeMatch(tuple(map(_local, types)), scopes, addresses)


def _read(data: bytes) -> Element | None:
    try:
        reader = SoapReader(data)
        while reader.step():
            pass
        root = reader.root()
    except ValueError:
        return None
    return root if root.tag == "Envelope" else None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class WsDiscovery:
    """The way to find ONVIF cameras; `message_id` as `probe` takes it."""

    def __init__(self, message_id: str) -> None:
        self._message_id = message_id
        self.question = Question(probe(message_id), PORT, GROUP)

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        for one in matches(data, self._message_id):
            if one.is_camera:
                url, claims = _placed(one.addresses, sender)
                name, model = one.scope("name"), one.scope("hardware")
                yield Sighting(PROTOCOL, url, name, model, one.scope("MAC"), claims)


def _placed(addresses: Sequence[str], sender: str) -> tuple[str, str]:
    """Return the url at `sender`, and the address that is claimed if none is that one's."""
    claims = ""
    for address in addresses:
        try:
            parts = urlsplit(address)
            scheme, usual = _SCHEMES[parts.scheme]
            host, port = str(ip_address(parts.hostname or "")), parts.port or usual
        except (ValueError, KeyError):
            continue
        if host == sender:
            return f"{scheme}://{sender}" + (f":{port}" if port != usual else ""), ""
        claims = claims or host
    return f"onvif://{sender}", claims
