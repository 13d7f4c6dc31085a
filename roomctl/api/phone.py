"""The code on the room's display that makes a phone a panel: a link that works once, as SVG.

A code stands for 30 s, or until somebody used it, and is good for a minute: whoever scans it in its
last moment still gets in, and a photograph of it is worthless soon. Knows no routes.
"""

from __future__ import annotations

import io
import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from roomctl.api.auth import Tokens
from roomctl.clock import Clock
from roomctl.config import ApiTable, Config
from roomctl.roles import Role

if TYPE_CHECKING:
    import segno

STANDS_S = 30.0
GOOD_S = 60.0

_MARGIN = 4  # modules of white around a code (ISO/IEC 18004, quiet zone)


class PhonePairing:
    """The one code that stands now; every display shows the same."""

    def __init__(
        self, config: Callable[[], Config], port: int, tokens: Tokens, clock: Clock
    ) -> None:
        """`port` is the one that is listened on, which room.toml may have left open."""
        self._config, self._port = config, port
        self._tokens, self._clock = tokens, clock
        self._token, self._until = "", 0.0

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which phones ask for this room, beside those of the box itself."""
        host = urlsplit(self._config().api.url or "").hostname
        return (host,) if host else ()

    def reached_at(self) -> str | None:
        """Return the address at which other devices find this box; None: they cannot."""
        return reached_at(self._config().api, self._port)

    def code(self) -> str | None:
        """Return the code as SVG; None if phones are off, or could not reach this box anyway."""
        base = self.reached_at() if self._config().room.phone == "on" else None
        if base is None:
            return None
        now = self._clock.mono_s()
        if now >= self._until or not self._tokens.is_offered(self._token):
            self._token = self._tokens.offer_pairing(Role.GUEST, GOOD_S)
            self._until = now + STANDS_S
        return drawn(f"{base}/#pair={self._token}")


def drawn(link: str) -> str:
    """Return `link` as a QR code in black on white, whatever the page's colours are."""
    code, out = _code(link), io.BytesIO()
    code.save(out, kind="svg", border=_MARGIN, light="#fff", omitsize=True, xmldecl=False)
    return out.getvalue().decode()


def printed(link: str) -> str:
    """Return `link` as a QR code of block characters, for a terminal."""
    code, out = _code(link), io.StringIO()
    code.terminal(out, border=_MARGIN, compact=True)
    return out.getvalue()


def _code(link: str) -> segno.QRCode:
    import segno  # a megabyte, which a room without phones never needs

    return segno.make_qr(link, error="m")


def reached_at(api: ApiTable, port: int) -> str | None:
    """Return where a phone finds this box; None if the box listens to itself alone."""
    if api.url is not None:
        return api.url
    host, _ = api.address
    scheme = "https" if api.encrypted else "http"
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        own = own_address()
        return None if own is None else f"{scheme}://{own}:{port}"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None if host == "localhost" else f"{scheme}://{host}:{port}"
    if address.is_loopback:
        return None
    return f"{scheme}://[{host}]:{port}" if address.version == 6 else f"{scheme}://{host}:{port}"


def pairing_link(base: str, path: str, pin: str) -> str:
    """Return a link that pairs a browser, with the pin of the room's key, if it has one."""
    return f"{base}{path}" + (f"&key={pin}" if pin else "")


def own_address() -> str | None:
    """Return the address from which this box reaches others, or None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a route is looked up (RFC 5737), nothing is sent
        except OSError:
            return None
        return str(probe.getsockname()[0])
