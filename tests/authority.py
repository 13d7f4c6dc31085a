"""A certificate authority for tests: signs what it is asked to, with any first and last day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
DAY = timedelta(days=1)


class Authority:
    """Whose certificate counts for twenty years around now."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._signed(self._subject, self._key, (-3650, 3650), "")

    def certificate(self, to: Path) -> Path:
        """Write what makes a system trust this one."""
        to.write_bytes(self._certificate.public_bytes(PEM))
        return to

    def server(self, to: Path, name: str, days: tuple[int, int] = (-1, 1)) -> Path:
        """Write a server's key and certificate, which counts for `days` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        form, free = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        certificate = self._signed(subject, key, days, name).public_bytes(PEM)
        to.write_bytes(key.private_bytes(PEM, form, free) + certificate)
        return to

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        days: tuple[int, int],
        name: str,
    ) -> x509.Certificate:
        now, number = datetime.now(UTC), x509.random_serial_number()
        builder = x509.CertificateBuilder(self._subject, subject, key.public_key(), number)
        builder = builder.not_valid_before(now + days[0] * DAY).not_valid_after(now + days[1] * DAY)
        basic = x509.BasicConstraints(ca=not name, path_length=None)
        builder = builder.add_extension(basic, critical=True)
        if name:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())
