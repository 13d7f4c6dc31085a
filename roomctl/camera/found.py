"""Cameras on the network: the ways to find them, and what each is asked itself.

A camera that answered, by whatever way, is asked what it is: in VISCA over IP and in VISCA by bare
datagrams (CAM_VersionInq), by ONVIF (GetDeviceInformation), and, if it calls itself Panasonic's, by
AW (QID). None of these moves it or changes it; a camera that refuses the number of a VISCA message
is told to count from the beginning. They come from another port than a room's own connection does,
so that no answer to that gets lost.

An ONVIF camera mostly wants a login before it tells its model. A refusal proves that it is there.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from roomctl.camera.aw import message as aw
from roomctl.camera.mdns import MulticastDns
from roomctl.camera.onvif import message as soap
from roomctl.camera.onvif.discovery import PROTOCOL as ONVIF
from roomctl.camera.onvif.discovery import WsDiscovery
from roomctl.camera.profile import named_by, shipped
from roomctl.errors import PortError
from roomctl.frozen import frozen
from roomctl.ports.http import LOGIN_REFUSED, HttpAnswer, HttpRequest, load_client
from roomctl.ports.search import Question
from roomctl.search import FoundDevice, Search, Sighting, Way
from roomctl.search.found import plain
from roomctl.visca import setup
from roomctl.visca.codec import HEADER, Described, decode_datagram, encode_datagram
from roomctl.visca.frames import BadFrame
from roomctl.wire import Connect, Port, in_thread

ANSWER_S = 1.2  # how long each is waited for
VISCA_IP, VISCA_UDP, AW = "VISCA over IP", "VISCA over UDP", "Panasonic AW"
_UDP_PORT = 1259  # PTZOptics 12x-SDI manual rev. 1.2 p.51, and others of the same make
_PANASONIC = re.compile(r"panasonic|\bAW-", re.IGNORECASE)
_MODEL = "/cgi-bin/aw_cam?cmd=QID&res=1"
_MOST_ANSWERS = 4  # of one camera to one question: others' may come between
_RESET = encode_datagram(Described("network", "reset", {"seq": 0}, address=0))
_VERSION = encode_datagram(Described("inquiry", "version", {"seq": 1}, address=1))
_FROM_A_CAMERA = ("reply", "error", "network")

Read = TypeVar("Read")


class SonySetup:
    """The way to find Sony's cameras with VISCA over IP, and others' that do as they do."""

    question = Question(setup.INQUIRY, setup.PORT, answered_to=setup.PORT)

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        said = setup.read_inquiry_reply(data)
        if said is not None:
            claims = "" if said["IPADR"] == sender else said["IPADR"]
            mac, name = said["MAC"].replace("-", ":").lower(), said.get("NAME", "")
            yield Sighting(VISCA_IP, f"visca-ip://{sender}", name, mac=mac, claims=claims)


def _ways() -> Sequence[Way]:
    number = secrets.randbelow(0xFFFF) + 1
    return WsDiscovery(f"urn:uuid:{uuid.uuid4()}"), SonySetup(), MulticastDns(number)


@frozen
class _Answered:
    """What a camera said when it was asked itself."""

    protocol: str
    url: str
    model: str = ""
    profile: str | None = None
    needs_login: bool = False


async def _confirm(found: FoundDevice, connect: Connect) -> FoundDevice:
    """Return what is known once the camera has been asked in each protocol, within 1.2 s."""
    asked = [_visca(found.host, connect), _visca_udp(found.host, connect)]
    by_onvif = [url for url in found.urls if url.startswith("onvif")] or [f"onvif://{found.host}"]
    asked += [_onvif(url, connect, claimed=url in found.urls) for url in by_onvif]
    if _PANASONIC.search(f"{found.name} {found.model}"):
        asked.append(_aw(found.host, connect))
    answered = [one for one in await asyncio.gather(*asked) if one is not None]
    urls = dict.fromkeys([*(one.url for one in answered), *found.urls])
    best = next((one for one in answered if one.url == next(iter(urls))), None)
    return replace(
        found,
        urls=tuple(urls),
        protocols=tuple(dict.fromkeys((*found.protocols, *(one.protocol for one in answered)))),
        model=next((plain(one.model) for one in answered if one.model), found.model),
        profile=best.profile if best else None,
        verified=bool(answered),
        needs_login=best.needs_login if best else False,
    )


async def _visca(host: str, connect: Connect) -> _Answered | None:
    url = f"visca-ip://{host}"
    return await _asked_version(VISCA_IP, url, f"{url}?local=0", _VERSION, connect)


async def _visca_udp(host: str, connect: Connect) -> _Answered | None:
    url = f"udp://{host}:{_UDP_PORT}"
    return await _asked_version(VISCA_UDP, url, url, _VERSION[HEADER:], connect)


async def _asked_version(
    protocol: str, url: str, opened: str, inquiry: bytes, connect: Connect
) -> _Answered | None:
    def read(data: bytes) -> Described | None:
        said = decode_datagram(data, inquiry)
        return None if isinstance(said, BadFrame) or said.kind not in _FROM_A_CAMERA else said

    def read_version(data: bytes) -> Described | None:
        said = read(data)
        return said if said is not None and said.name == "version" else None

    said = await _ask(opened, [inquiry], read, connect)
    if said is None:
        return None
    if said.name == "sequence_error":  # it remembers numbers of an earlier search
        said = await _ask(opened, [_RESET, inquiry], read_version, connect) or said
    if said.name != "version":  # it speaks VISCA, and does not say what it is
        return _Answered(protocol, url)
    profiles = shipped()
    name = named_by(profiles, int(said.fields["vendor"]), int(said.fields["model"]))
    return _Answered(protocol, url, profiles[name].name if name else "", name)


async def _onvif(url: str, connect: Connect, *, claimed: bool) -> _Answered | None:
    """Ask by ONVIF; a bare 401 counts only of a camera that has said it speaks that."""
    body = soap.envelope(soap.ask(soap.DEVICE, "GetDeviceInformation"))
    kind = soap.content_type(soap.DEVICE, "GetDeviceInformation")
    request = HttpRequest(1, soap.ENTRY, ANSWER_S, "POST", body, kind)

    def read(data: bytes) -> _Answered | None:
        answer = HttpAnswer.decode(data)
        refused = _Answered(ONVIF, url, needs_login=True)
        try:
            said = soap.body_of(answer.body)
        except ValueError:
            return refused if claimed and answer.status == LOGIN_REFUSED else None
        if isinstance(said, soap.SoapFault):
            return replace(refused, needs_login="NotAuthorized" in said.code)
        words = (soap.text(said, "Manufacturer"), soap.text(said, "Model"))
        return _Answered(ONVIF, url, " ".join(filter(None, words)))

    return await _ask(url, [request.encode()], read, connect)


async def _aw(host: str, connect: Connect) -> _Answered | None:
    url = f"aw://{host}"

    def read(data: bytes) -> _Answered | None:
        answer = HttpAnswer.decode(data)
        if answer.status == LOGIN_REFUSED:
            return _Answered(AW, url, needs_login=True)
        said = aw.read(answer.body.decode("latin-1").strip())
        model = said.fields.get("model") if isinstance(said, aw.AwMessage) else None
        return _Answered(AW, url, f"Panasonic {model}") if model else None

    return await _ask(url, [HttpRequest(1, _MODEL, ANSWER_S).encode()], read, connect)


async def _ask(
    url: str, questions: Sequence[bytes], read: Callable[[bytes], Read | None], connect: Connect
) -> Read | None:
    """Return what the first answer that can be read says; None: none came within 1.2 s."""
    port: Port | None = None
    try:
        async with asyncio.timeout(ANSWER_S):
            port = await connect("search", url)
            for question in questions:
                await port.write(question)
            for _ in range(_MOST_ANSWERS):
                if (said := read((await port.read()).data)) is not None:
                    return said
    except (TimeoutError, PortError):
        return None
    finally:
        if port is not None:
            await port.close()
    return None


async def _prepare() -> None:
    """Load the profiles and the HTTP client: together a second on a slow board."""
    await in_thread(shipped)
    await in_thread(load_client)


SEARCH = Search("camera", _ways, _confirm, _prepare)
