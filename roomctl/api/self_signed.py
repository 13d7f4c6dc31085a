"""Makes a box's own key and certificate; a program of its own, fed with one line of JSON.

A key that is there already is kept: who has its pin still knows the box. The certificate is no
authority's: it can sign nothing.
"""

from __future__ import annotations

import ipaddress
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from roomctl.store.disk import write_whole


def certificate(
    key: ec.EllipticCurvePrivateKey, names: list[str], begins: datetime, ends: datetime
) -> x509.Certificate:
    """Return a certificate of `key` for these host names and IP addresses."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "roomctl")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key of a file, or a new one in its place."""
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(found, ec.EllipticCurvePrivateKey):
            path.chmod(0o600)
            return found
    except (OSError, ValueError, TypeError):
        pass  # there is none, or it is broken
    key = ec.generate_private_key(ec.SECP256R1())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    write_whole(path, key.private_bytes(encoding, form, serialization.NoEncryption()))
    return key


def main(task: dict[str, Any]) -> None:
    """Have key.pem and certificate.pem in a folder."""
    folder = Path(task["folder"])
    begins, ends = (datetime.fromtimestamp(task[one], UTC) for one in ("begins", "ends"))
    made = certificate(_key(folder / "key.pem"), task["names"], begins, ends)
    pem = made.public_bytes(serialization.Encoding.PEM)
    write_whole(folder / "certificate.pem", task["head"].encode("ascii") + pem)


if __name__ == "__main__":
    main(json.load(sys.stdin))
