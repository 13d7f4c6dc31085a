"""The ONVIF messages that a PTZ camera is asked with, and its answers: SOAP 1.2. Pure.

Pan, tilt and zoom go in the generic spaces: -1 to 1, zoom 0 to 1; right, up and tele are positive;
nobody says how many degrees that is. Elements are read by their local names, for cameras call the
namespaces as they like, and ipycam 1.3.0 does not even declare all of its prefixes. A login goes
as a digest (UsernameToken): Base64 of the SHA-1 of nonce, time and password, by the camera's clock.

A message is UTF-8, whatever it says of itself, has no DTD, and has no more elements than a camera
with hundreds of presets needs: whoever sends others has them read no further than that.
`SoapReader` reads piece by piece, so that the loop serves others between two pieces.

Sources: ONVIF Core and PTZ Service Specification 24.12; WS-Security UsernameToken Profile 1.0.
Knows no port and no clock.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from roomctl.frozen import frozen

SOAP = "http://www.w3.org/2003/05/soap-envelope"
TT = "http://www.onvif.org/ver10/schema"
DEVICE, MEDIA, PTZ = (
    "http://www.onvif.org/ver10/device/wsdl",
    "http://www.onvif.org/ver10/media/wsdl",
    "http://www.onvif.org/ver20/ptz/wsdl",
)
ENTRY = "/onvif/device_service"  # where every ONVIF device is asked first
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"
_DIGEST = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
    "#PasswordDigest"
)
LARGEST = 256 * 1024  # bytes of a message
MOST_ELEMENTS, DEEPEST = 5000, 32  # elements and attributes, and elements in elements
PICTURE_WIDTH = 640  # pixels: a picture for a panel needs no more
PIECE = 4 * 1024  # bytes that are read at once: a millisecond of work, whatever they hold
_LONGEST_TAG = 2 * PIECE  # bytes; expat keeps a tag until it ends, and then works on all of it

_DURATION = re.compile(r"P(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)", re.ASCII)

Element = ElementTree.Element


@frozen
class SoapFault:
    """A refusal: the last of its codes, such as `ter:NoToken`, and what it says."""

    code: str
    text: str


@frozen
class UsernameToken:
    """Who asks, proven by a digest."""

    user: str
    digest: str
    nonce: str
    created: str


def token(user: str, password: str, nonce: bytes, created: datetime) -> UsernameToken:
    """Return the proof of a password at a time of the camera's clock."""
    when = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    proof = hashlib.sha1(nonce + when.encode() + password.encode(), usedforsecurity=False)
    digest, shown = (base64.b64encode(each).decode() for each in (proof.digest(), nonce))
    return UsernameToken(user, digest, shown, when)


def envelope(body: str, login: UsernameToken | None = None) -> bytes:
    """Return a whole message around `body`."""
    head = f"<s:Header>{_security(login)}</s:Header>" if login else ""
    text = f'<s:Envelope xmlns:s="{SOAP}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    return f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode()


def _security(login: UsernameToken) -> str:
    return (
        f'<w:Security s:mustUnderstand="1" xmlns:w="{_WSSE}secext-1.0.xsd"'
        f' xmlns:u="{_WSSE}utility-1.0.xsd"><w:UsernameToken>'
        f"<w:Username>{escape(login.user)}</w:Username>"
        f"<w:Password Type={quoteattr(_DIGEST)}>{login.digest}</w:Password>"
        f"<w:Nonce>{login.nonce}</w:Nonce><u:Created>{login.created}</u:Created>"
        "</w:UsernameToken></w:Security>"
    )


def without_digest(data: bytes) -> bytes:
    """Return a message of ours as it may be kept: a digest tells who tries passwords enough."""
    before, begins, rest = data.partition(b"<s:Header>")
    _, ends, after = rest.partition(b"</s:Header>")
    return before + after if begins and ends else data


def content_type(service: str, name: str) -> str:
    """Return the type of a request's body, with what is done: some cameras go by that."""
    return f'application/soap+xml; charset=utf-8; action="{service}/{name}"'


# What is asked.


def ask(service: str, name: str, inside: str = "") -> str:
    """Return a request of a service; `inside`: what stands in it, its elements of that service."""
    return f'<{name} xmlns="{service}" xmlns:tt="{TT}">{inside}</{name}>'


def _profile(profile: str) -> str:
    return f"<ProfileToken>{escape(profile)}</ProfileToken>"


def status(profile: str) -> str:
    return ask(PTZ, "GetStatus", _profile(profile))


def presets(profile: str) -> str:
    return ask(PTZ, "GetPresets", _profile(profile))


def stream_uri(profile: str) -> str:
    """Return the question where a profile's stream is: RTP inside of RTSP's connection."""
    transport = "<tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
    setup = f"<StreamSetup><tt:Stream>RTP-Unicast</tt:Stream>{transport}</StreamSetup>"
    return ask(MEDIA, "GetStreamUri", setup + _profile(profile))


def snapshot_uri(profile: str) -> str:
    return ask(MEDIA, "GetSnapshotUri", _profile(profile))


def continuous_move(
    profile: str, pan: float, tilt: float, zoom: float | None, timeout_s: float | None
) -> str:
    """Return a drive; `timeout_s`: when the camera ends it by itself, None: as it likes."""
    velocity = f'<tt:PanTilt x="{pan:.3f}" y="{tilt:.3f}"/>'
    velocity += "" if zoom is None else f'<tt:Zoom x="{zoom:.3f}"/>'
    timeout = "" if timeout_s is None else f"<Timeout>PT{timeout_s:g}S</Timeout>"
    inside = f"{_profile(profile)}<Velocity>{velocity}</Velocity>{timeout}"
    return ask(PTZ, "ContinuousMove", inside)


def stop(profile: str) -> str:
    """Return a stop of everything: some cameras take it only with both."""
    both = "<PanTilt>true</PanTilt><Zoom>true</Zoom>"
    return ask(PTZ, "Stop", _profile(profile) + both)


def zoom_to(profile: str, zoom: float) -> str:
    where = f'<Position><tt:Zoom x="{zoom:.4f}"/></Position>'
    return ask(PTZ, "AbsoluteMove", _profile(profile) + where)


def goto_preset(profile: str, preset: str) -> str:
    inside = f"{_profile(profile)}<PresetToken>{escape(preset)}</PresetToken>"
    return ask(PTZ, "GotoPreset", inside)


def set_preset(profile: str, name: str, preset: str | None) -> str:
    """Return what stores a preset; without a token the camera makes a new one."""
    known = "" if preset is None else f"<PresetToken>{escape(preset)}</PresetToken>"
    inside = f"{_profile(profile)}<PresetName>{escape(name)}</PresetName>{known}"
    return ask(PTZ, "SetPreset", inside)


def remove_preset(profile: str, preset: str) -> str:
    inside = f"{_profile(profile)}<PresetToken>{escape(preset)}</PresetToken>"
    return ask(PTZ, "RemovePreset", inside)


def goto_home(profile: str) -> str:
    return ask(PTZ, "GotoHomePosition", _profile(profile))


# What is answered.


def body_of(data: bytes) -> Element | SoapFault:
    """Return what stands in a message; ValueError says why it is none."""
    return _body(_root(data))


def login_of(data: bytes) -> Element | None:
    """Return the UsernameToken of a message; None: it has none. ValueError as `body_of`."""
    return next(every(_root(data), "UsernameToken"), None)


def _root(data: bytes) -> Element:
    reader = SoapReader(data)
    while reader.step():
        pass
    return reader.root()


def _body(root: Element) -> Element | SoapFault:
    body = child(root, "Body")
    if root.tag != "Envelope" or body is None or not len(body):
        raise ValueError("is not a SOAP message with something in it")
    found = body[0]
    return fault_of(found) if found.tag == "Fault" else found


class SoapReader:
    """Reads one message, a piece at each step; every ValueError says why it is none.

    Its elements have local names.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > LARGEST:
            raise ValueError(f"has more than {LARGEST} bytes")
        try:
            if "\0" in data.decode():  # UTF-16, which expat would find out by itself
                raise ValueError("is not XML: is not UTF-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"is not XML: is not UTF-8 (byte {error.start})") from None
        self._data, self._at = data, 0
        self._tree = ElementTree.TreeBuilder()
        self._parser = expat.ParserCreate("utf-8")  # and no other encoding, whatever is declared
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_dtd
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._tree.data
        self._count = self._depth = 0

    def step(self) -> bool:
        """Read a piece; return whether there is more."""
        piece = self._data[self._at : self._at + PIECE]
        self._at += len(piece)
        more = self._at < len(self._data)
        try:
            self._parser.Parse(piece, not more)
        except expat.ExpatError as error:
            raise ValueError(f"is not XML: {error}") from None
        if more and self._at - self._parser.CurrentByteIndex > _LONGEST_TAG:
            raise ValueError(f"has a tag or a comment of more than {_LONGEST_TAG} bytes")
        return more

    def root(self) -> Element:
        """Return the message, once no step is left."""
        return self._tree.close()

    def body(self) -> Element | SoapFault:
        """Return what stands in the message, once no step is left."""
        return _body(self.root())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1 + len(attributes)
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise ValueError(f"has more than {MOST_ELEMENTS} elements, or nests over {DEEPEST}")
        self._tree.start(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(name.rpartition(":")[2])

    def _refuse_dtd(self, *_: object) -> None:
        raise ValueError("has a DTD, which no SOAP message may have")


def fault_of(element: Element) -> SoapFault:
    codes = [(each.text or "").strip() for each in every(element, "Value")]
    texts = [(each.text or "").strip() for each in every(element, "Text")]
    return SoapFault(codes[-1] if codes else "unknown", " ".join(texts)[:200])


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first element along a path of local names."""
    for name in path:
        found = () if element is None else element
        element = next((each for each in found if each.tag == name), None)
    return element


def every(element: Element, name: str) -> Iterator[Element]:
    """Yield every element of that name in it, at any depth."""
    return element.iter(name)


def text(element: Element | None, *path: str) -> str | None:
    found = child(element, *path)
    return None if found is None or found.text is None else found.text.strip()


def smallest_picture(found: Element, moving: Element) -> str | None:
    """Return the profile of the smallest picture that is 640 wide, of what `moving` sees.

    If all are smaller, the largest of them; None: no profile says how large its picture is.
    """
    seen = ("VideoSourceConfiguration", "SourceToken")
    sizes = []
    for profile in every(found, "Profiles"):
        size = child(profile, "VideoEncoderConfiguration", "Resolution")
        width, height = (text(size, side) or "" for side in ("Width", "Height"))
        token = profile.get("token")
        if token and text(profile, *seen) == text(moving, *seen) and _is_side(width, height):
            sizes.append((int(width) * int(height), int(width), token))
    large = [one for one in sizes if one[1] >= PICTURE_WIDTH]
    best = min(large, default=max(sizes, default=None))
    return best[2] if best else None


def _is_side(*sides: str) -> bool:
    return all(side.isascii() and side.isdecimal() and 0 < len(side) < 6 for side in sides)


def number(element: Element | None, attribute: str) -> float | None:
    """Return an attribute as a number from -1000 to 1000; None: it has none."""
    given = "" if element is None else element.get(attribute, "")
    try:
        found = float(given)
    except ValueError:
        return None
    return found if -1000 <= found <= 1000 else None


def seconds(duration: str | None) -> float | None:
    """Return an xs:duration of hours, minutes and seconds; None: it is none."""
    found = _DURATION.fullmatch(duration or "")
    try:
        hours, minutes, rest = (float(each or 0) for each in found.groups()) if found else (0, 0, 0)
    except ValueError:
        return None
    return None if found is None else 3600 * hours + 60 * minutes + rest


def path_of(address: str | None) -> str | None:
    """Return the path of a service's address; its host may be wrong (NAT), and is not used."""
    try:
        path = urlsplit(address or "").path
    except ValueError:
        return None
    return path if re.fullmatch(r"/[!-~]{0,200}", path) else None


def clock_of(element: Element) -> datetime | None:
    """Return the camera's UTC, as GetSystemDateAndTime answers; None: it does not say."""
    utc = child(element, "SystemDateAndTime", "UTCDateTime")
    parts = [(p, k) for p in ("Date", "Time") for k in _CLOCK[p]]
    try:
        year, month, day, hour, minute, second = (int(text(utc, *each) or "") for each in parts)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


_CLOCK = {"Date": ("Year", "Month", "Day"), "Time": ("Hour", "Minute", "Second")}
