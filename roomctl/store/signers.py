"""The key that a room signs with, and by which keys it knows other rooms. Blocking.

The key is Ed25519, made when it is first needed, PKCS#8 in PEM in `room-key.pem`; it leaves the box
in no archive. `signers.json` has the fingerprint of each other room's key, by the room's id: that
of the first file that came, or what staff have said since. Knows no file that is signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from roomctl.store.documents import Store, all_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MOST_SIGNERS = 1000
_KEY, _SIGNERS = "room-key.pem", "signers"


class Signers:
    """The room's own key, and those of others; without a store until the program ends."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._key: Ed25519PrivateKey | None = None
        self._known: dict[str, str] | None = None

    def public(self) -> bytes:
        """Return this room's public key, 32 bytes; OSError if a new one cannot be kept."""
        return self._private().public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return this room's signature, 64 bytes; OSError as above."""
        return self._private().sign(data)

    def known(self, room: str) -> str | None:
        """Return the fingerprint by which a room is known; None: it was never seen."""
        return self._all().get(room)

    def trust(self, room: str, fingerprint: str) -> None:
        """Know a room by this key from now on; ValueError if too many are, OSError of the disk."""
        known = {**self._all(), room: fingerprint}
        if len(known) > MOST_SIGNERS:
            raise ValueError(f"the keys of {MOST_SIGNERS} rooms are known, which is the most")
        if self._store is not None:
            self._store.write(_SIGNERS, known)
        self._known = known

    def _all(self) -> dict[str, str]:
        if self._known is None:
            read = self._store.read(_SIGNERS, all_text) if self._store is not None else {}
            self._known = dict(read)
        return self._known

    def _private(self) -> Ed25519PrivateKey:
        if self._key is None:
            kept = self._store.disk.read(_KEY, _read) if self._store is not None else None
            self._key = kept or self._made()
        return self._key

    def _made(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.generate()
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        if self._store is not None:
            pem = key.private_bytes(encoding, form, serialization.NoEncryption())
            self._store.disk.write(_KEY, pem)
        return key


def _read(pem: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(pem, None)
    except Exception as error:  # also an algorithm that it knows no more
        raise ValueError(f"no key: {type(error).__name__}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("no Ed25519 key")
    return key


def signed_by(key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether a key has signed exactly these bytes; a key that is none has signed nothing."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
