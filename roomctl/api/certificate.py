"""Who this box is to those who come over the network: its certificate, its key, and the key's pin.

A box makes both for itself at its first start (`self_signed`, in a process of its own), unless
`[api] tls_certificate` and `tls_key` name others. The pin is the SHA-256 of the public key as the
certificate has it (SubjectPublicKeyInfo, RFC 5280 4.1): it stays the same when the certificate is
renewed, which has the same key. Knows no route and no room.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from roomctl.api import box
from roomctl.clock import Clock, Moment
from roomctl.command import Param
from roomctl.config import ApiTable
from roomctl.errors import ConfigError, RoomctlError
from roomctl.kind import IssueEntry, Part
from roomctl.tls import PIN, Certificate
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

DAYS = 397  # browsers take no more of a public one; ours is renewed long before
RENEW_DAYS = 30  # before its end; of another's, an issue
LOOK_S = 3600.0
MAKE_S = 120.0  # on the slowest board, with all that is imported for it

_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def shown(pin: str) -> str:
    """Return a pin as a person compares it: in groups of four."""
    digits = pin.removeprefix(PIN).upper()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def read(path: Path) -> Certificate:
    """Return the first certificate of a PEM file; OSError, ValueError."""
    _, begin, rest = path.read_text(encoding="ascii").partition(_BEGIN)
    body, end, _ = rest.partition(_END)
    if not (begin and end):
        raise ValueError("contains no CERTIFICATE")
    return Certificate(ssl.PEM_cert_to_DER_cert(begin + body + end))


def judge(table: ApiTable, now: datetime) -> None:
    """Raise ConfigError if the certificate and key that [api] names cannot be used together."""
    if table.tls_certificate is None or table.tls_key is None:
        return
    key = "api.tls_certificate"
    try:
        found = read(Path(table.tls_certificate))
        _refuse_open(Path(table.tls_key))
        context_of(Path(table.tls_certificate), Path(table.tls_key))
    except RoomctlError as error:
        raise ConfigError("room.toml", "api.tls_key", str(error)) from None
    except OSError as error:
        key = "api.tls_key" if error.filename == table.tls_key else key
        raise ConfigError("room.toml", key, f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError("room.toml", key, f"is not a PEM certificate: {error}") from None
    if found.ends <= now:
        raise ConfigError("room.toml", key, f"ended on {found.ends:%Y-%m-%d}; renew it")


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what a server of this certificate speaks TLS with; RoomctlError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    _load(context, certificate, key)
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as error:
        what = (
            "is not the key of" if "MISMATCH" in str(error) else "is not an unencrypted PEM key for"
        )
        raise RoomctlError(f"{key}: {what} {certificate}") from None


def _refuse_open(key: Path) -> None:
    mode = key.stat().st_mode & 0o777
    if mode & 0o007:
        raise RoomctlError(f"{key}: others can read it (mode {mode:04o}); chmod 640 {key}")


class BoxCertificate(Part):
    """The certificate of a running room; renewed in time, or said to end, if it is another's.

    `open` before anything else is asked; RoomctlError if there can be none.
    """

    def __init__(self, table: ApiTable, folder: Path, clock: Clock) -> None:
        self._table, self._clock = table, clock
        self.is_own = table.tls_certificate is None
        self._file = Path(table.tls_certificate or folder / "certificate.pem")
        self._key = Path(table.tls_key or folder / "key.pem")
        self._said_since: Moment | None = None

    async def open(self) -> None:
        """Read the certificate, and make or renew it where it is the box's own."""
        if self.is_own:
            try:
                await in_thread(self._renew)
            except (RoomctlError, OSError) as error:
                if not self._file.exists():
                    raise
                _log.warning("api: the certificate was not renewed: %s", error)
        else:
            await in_thread(_refuse_open, self._key)
        self.context = await in_thread(context_of, self._file, self._key)
        self.certificate = await in_thread(read, self._file)

    @property
    def pin(self) -> str:
        return self.certificate.pin

    async def run(self) -> None:
        """Look once an hour whether the certificate is to be renewed, or was; connections stay."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except (RoomctlError, OSError, ValueError) as error:
                _log.warning("api: the certificate was not renewed: %s", error)

    async def look(self) -> None:
        """Renew the certificate if it is time, and have newcomers get what is in its file."""
        if self.is_own:
            await in_thread(self._renew)
        found = await in_thread(read, self._file)
        if found.pin != self.pin or found.ends != self.certificate.ends:
            await in_thread(_load, self.context, self._file, self._key)
            self.certificate = found

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        """Say that the certificate ends soon, by a clock that can be trusted."""
        left = self.certificate.ends - now.wall
        if not now.synced or left > timedelta(days=RENEW_DAYS - self.is_own):
            self._said_since = None
            return ()
        since = self._said_since = self._said_since or now
        params: dict[str, Param] = {"days": max(0, left.days)}
        return (IssueEntry("tls.ends", "api", params, since.wall),)

    def _renew(self) -> None:
        names = sorted(_names(self._table))
        try:
            found, said = read(self._file), self._file.read_text(encoding="ascii")
            good = found.ends - self._clock.now().wall > timedelta(days=RENEW_DAYS)
            begun = found.begins <= self._clock.now().wall
            covered = set(said.partition("\n")[0].split()[1:])
            if good and begun and covered.issuperset(names) and self._key.exists():
                return
        except (OSError, ValueError):
            pass  # there is none yet, or no whole one
        make(self._file.parent, names, self._clock.now().wall)


def make(folder: Path, names: Iterable[str], now: datetime) -> None:
    """Have a certificate of `names` in `folder`, with the key that is there, or else a new one.

    In a process of its own: the library is larger than all else of this program. RoomctlError.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    wanted = list(names)
    task = {
        "folder": str(folder),
        "names": wanted,
        "head": _first_line(wanted),
        "begins": (now - timedelta(days=1)).timestamp(),
        "ends": (now + timedelta(days=DAYS - 1)).timestamp(),
    }
    line = [sys.executable, "-P", "-m", "roomctl.api.self_signed"]
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            line, input=json.dumps(task).encode(), capture_output=True, timeout=MAKE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RoomctlError(f"{folder}: no certificate was made within {MAKE_S:.0f} s") from error
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:300]
        raise RoomctlError(f"{folder}: no certificate could be made: {why}")
    _log.info("api: a certificate for %s was made", ", ".join(wanted))


def _first_line(names: Iterable[str]) -> str:
    return f"for {' '.join(names)}\n"


def _names(table: ApiTable) -> set[str]:
    """Return what this box is called by those who come over the network."""
    host = socket.gethostname().lower()
    own = {"localhost", "127.0.0.1", host, f"{host}.local", *box.addresses()}
    asked = {*table.hosts, urlsplit(table.url or "").hostname or "", table.address[0]}
    every = {one.lower() for one in own | asked if one and one.isascii()}
    return {one for one in every if not _is_any(one)}


def _is_any(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False
