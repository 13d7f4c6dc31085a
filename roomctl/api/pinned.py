"""Which key a room must prove itself with: the one whose pin the person has, or an authority's.

    roomctl status --room https://bamboo:8080#sha256:4be1…     or the pin as the second line of the
                                                               token's file

Nothing is believed at the first sight: the pin is what the panel shows under Help, and `roomctl
pair` on the box. The token is sent only after the key was seen.
"""

from __future__ import annotations

import re

from roomctl.errors import RoomctlError
from roomctl.tls import OTHER_KEY, PIN, WHOLE_PIN


def checked(text: str) -> str:
    """Return a pin as it is compared, however it was written; RoomctlError."""
    pin = re.sub(r"[\s:]", "", text.lower()).replace("sha256", PIN, 1)
    if not WHOLE_PIN.fullmatch(pin):
        raise RoomctlError(
            f"{text[:80]}: is not a fingerprint; a fingerprint is sha256: and 64 hex digits"
        )
    return pin


def why(error: Exception) -> str:
    """Say what a refused certificate means, and what to do."""
    if OTHER_KEY in str(error):
        return (
            "has another key than the fingerprint says; nothing was sent. Was the box set up"
            " again? Compare with its panel (Help) before you trust it"
        )
    return (
        "its certificate is not signed by an authority that this computer knows; give the"
        " fingerprint"
        " that its panel shows under Help: --room https://HOST:PORT#sha256:…"
    )
