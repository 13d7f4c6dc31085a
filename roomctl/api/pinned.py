"""Which key a room must prove itself with: the one whose pin the person has, or an authority's.

    roomctl status --room https://bamboo:8080#sha256:4be1…     or the pin as the second line of the
                                                               token's file

Nothing is believed at the first sight: the pin is what the panel shows under Help, and `roomctl
pair` on the box. The token is sent only after the key was seen.
"""

from __future__ import annotations

import re
import ssl

from roomctl.errors import RoomctlError

PIN = "sha256:"
_PIN = re.compile(r"sha256:[0-9a-f]{64}")
OTHER_KEY = "CERTIFICATE has another key"


def checked(text: str) -> str:
    """Return a pin as it is compared, however it was written; RoomctlError."""
    pin = re.sub(r"[\s:]", "", text.lower()).replace("sha256", PIN, 1)
    if not _PIN.fullmatch(pin):
        raise RoomctlError(f"{text[:80]}: is no fingerprint, which is sha256: and 64 hex digits")
    return pin


def context(pin: str) -> ssl.SSLContext:
    """Return what speaks with a room whose key has this pin; empty: one that an authority knows."""
    found = ssl.create_default_context()
    if not pin:
        return found

    def prove(sent: bytes | None) -> None:
        from roomctl.api.certificate import Certificate

        if sent is None or Certificate(sent).pin != pin:
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


def why(error: Exception) -> str:
    """Say what a refused certificate means, and what to do."""
    if OTHER_KEY in str(error):
        return (
            "proves itself with another key than the fingerprint says; nothing was sent. Was"
            " the box set up anew? Compare with its panel (Help) before you trust it"
        )
    return (
        "no authority that this computer knows has signed its certificate; give the fingerprint"
        " that its panel shows under Help: --room https://HOST:PORT#sha256:…"
    )
