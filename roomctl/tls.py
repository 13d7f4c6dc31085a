"""Whose key it is at the other end of TLS: certificates as they are sent, and pins of their keys.

A pin is the SHA-256 of the public key as the certificate has it (SubjectPublicKeyInfo, RFC 5280
4.1): it stays the same when the certificate is renewed with the same key. Knows no host.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

PIN = "sha256:"
WHOLE_PIN = re.compile(r"sha256:[0-9a-f]{64}")
OTHER_KEY = "CERTIFICATE has another key"


class Certificate:
    """A certificate as it is sent, with what is of interest in it. ValueError: it is none."""

    def __init__(self, der: bytes) -> None:
        fields = list(_fields(_value(_value(der))))
        if fields and fields[0][0] == 0xA0:  # its version, which may be left out
            fields = fields[1:]
        if len(fields) < 6:
            raise ValueError("is not a certificate")
        _serial, _algorithm, _issuer, validity, _subject, key = fields[:6]
        self.pin = PIN + hashlib.sha256(key[1]).hexdigest()
        begins, ends = (_time(tag, _value(whole)) for tag, whole in _fields(_value(validity[1])))
        self.begins, self.ends = begins, ends


def context(pin: str) -> ssl.SSLContext:
    """Return what speaks with a host whose key has this pin; empty: one that an authority knows."""
    found = ssl.create_default_context()
    if not pin:
        return found

    def prove(sent: bytes | None) -> None:
        try:
            theirs = None if sent is None else Certificate(sent).pin
        except ValueError:
            theirs = None
        if theirs != pin:
            raise ssl.SSLCertVerificationError(OTHER_KEY)

    class PinnedSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            prove(self.getpeercert(binary_form=True))

    class PinnedObject(ssl.SSLObject):  # what asyncio speaks through
        def do_handshake(self) -> None:
            super().do_handshake()
            prove(self.getpeercert(binary_form=True))

    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE  # the key itself is compared
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.sslsocket_class, found.sslobject_class = PinnedSocket, PinnedObject
    return found


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements of a DER sequence: the tag, and the element whole; ValueError."""
    at = 0
    while at < len(data):
        start, length, head = at, *_length(data, at)
        at += head + length
        if at > len(data):
            raise ValueError("is cut off")
        yield data[start], data[start:at]


def _value(data: bytes) -> bytes:
    """Return what is in the first DER element of `data`."""
    length, head = _length(data, 0)
    if head + length > len(data):
        raise ValueError("is cut off")
    return data[head : head + length]


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return how long the element at `at` is, and its head (X.690 8.1.3)."""
    if at + 2 > len(data):
        raise ValueError("is cut off")
    first = data[at + 1]
    if first < 0x80:
        return first, 2
    more = first & 0x7F
    if not 1 <= more <= 3 or at + 2 + more > len(data):
        raise ValueError("is not DER")
    return int.from_bytes(data[at + 2 : at + 2 + more], "big"), 2 + more


def _time(tag: int, data: bytes) -> datetime:
    """Return a UTCTime (before 2050) or a GeneralizedTime (RFC 5280 4.1.2.5)."""
    text = data.decode("ascii")
    if tag == 0x17:
        text = ("20" if int(text[:2]) < 50 else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
