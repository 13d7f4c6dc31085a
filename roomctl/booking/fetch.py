"""A calendar's url -> its bytes, over HTTP, from a server that may be hostile.

The body comes as it is: compressed ones are refused, since a kilobyte can hold a gigabyte. The
operator's own url may lead anywhere. A redirect, which the server chose, leads to https and to the
public internet only, or to the operator's own host: its name is resolved once, every address is
looked at, and the connection goes to one of those.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import certifi
import httpcore

from roomctl.booking.refusals import certificate_fault, retry_after_s
from roomctl.wire import in_thread

LIMIT_S = 10.0
MOST_REDIRECTS = 3
_LONGEST_URL = 4096
_MOST_ADDRESSES = 4  # of one host that are tried, one after the other
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = [
    (b"User-Agent", b"roomctl"),
    (b"Accept", b"text/calendar"),
    (b"Accept-Encoding", b"identity"),
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class FetchError(Exception):
    """A calendar was not fetched; `str()` says why and names no url. `late`: no answer in time.

    `after_s`: the server wants to be asked again then, and not before.
    """

    def __init__(self, why: str, *, late: bool = False, after_s: float | None = None) -> None:
        super().__init__(why)
        self.late, self.after_s = late, after_s


async def fetched(url: str, largest: int) -> bytes:
    """Return the body at `url` within 10 s, `largest` bytes at most; FetchError otherwise."""
    try:
        async with asyncio.timeout(LIMIT_S):
            return await _followed(url, largest)
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise FetchError(f"no calendar within {LIMIT_S:g} s", late=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        why = f"cannot be reached, or breaks off ({type(error).__name__}); is its host right?"
        raise FetchError(certificate_fault(error) or why) from error
    except (httpcore.UnsupportedProtocol, ValueError) as error:
        raise FetchError("is not a url that can be fetched") from error


async def _followed(url: str, largest: int) -> bytes:
    url = _ascii(url)
    home = addresses = await addresses_of(url)
    for _ in range(1 + MOST_REDIRECTS):
        answer = await _asked(url, addresses, largest)
        if isinstance(answer, bytes):
            return answer
        url = _redirected(url, answer)
        addresses = await addresses_of(url)
        foreign = [each for each in addresses if each not in home]
        if foreign and not await in_thread(_all_foreign, foreign):
            raise FetchError("redirects to an address of this box or its network; that is refused")
    raise FetchError(f"redirects more than {MOST_REDIRECTS} times")


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    parts = urlsplit(target)
    if len(target) > _LONGEST_URL or not parts.hostname or not target.isascii():
        raise FetchError("redirects to something that is not an address")
    if parts.scheme != "https":
        why = "redirects to an address without https; write the calendar's final url into room.toml"
        raise FetchError(why)
    return target


async def addresses_of(url: str) -> tuple[str, ...]:
    """Return what the host of `url` resolves to, now; OSError if it does not."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))[:_MOST_ADDRESSES]


def _all_foreign(addresses: Iterable[str]) -> bool:
    own = own_networks()
    return all(is_foreign(ipaddress.ip_address(each), own) for each in addresses)


def is_foreign(address: Address, own: Iterable[Network] = ()) -> bool:
    """Whether an address is on the public internet, and in no network that this box is part of.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by both.
    """
    inner: list[Address] = []
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        carried = (address.ipv4_mapped, address.sixtofour, teredo[1] if teredo else None)
        inner = [each for each in carried if each is not None]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            return is_foreign(address.ipv4_mapped, own)
    public = address.is_global and not address.is_multicast
    at_home = any(address in net for net in own if net.version == address.version)
    return public and not at_home and all(is_foreign(each, own) for each in inner)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def own_networks(proc: Path = Path("/proc/net")) -> tuple[Network, ...]:
    """Return the networks that this box is directly on, as the kernel lists them."""
    return (*_ipv4_networks(proc / "route"), *_ipv6_networks(proc / "if_inet6"))


def _ipv4_networks(path: Path) -> list[Network]:
    """Read /proc/net/route: name, destination, gateway, flags, 3 counters, mask, as host hex."""
    found: list[Network] = []
    for row in _rows(path)[1:]:
        try:
            net, gateway, mask = (struct.pack("=I", int(row[at], 16)) for at in (1, 2, 7))
            if not any(gateway) and any(mask):
                text = f"{ipaddress.IPv4Address(net)}/{ipaddress.IPv4Address(mask)}"
                found.append(ipaddress.IPv4Network(text, strict=False))
        except (IndexError, ValueError, struct.error):
            continue
    return found


def _ipv6_networks(path: Path) -> list[Network]:
    """Read /proc/net/if_inet6: address, interface, prefix length, scope, flags, name."""
    found: list[Network] = []
    for row in _rows(path):
        try:
            address = ipaddress.IPv6Address(bytes.fromhex(row[0]))
            found.append(ipaddress.IPv6Network((address, int(row[2], 16)), strict=False))
        except (IndexError, ValueError):
            continue
    return found


def _rows(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError):
        return []


async def _asked(url: str, addresses: tuple[str, ...], largest: int) -> bytes | str:
    """Return the body at `url`, or where it redirects to."""
    context = await in_thread(trusted) if urlsplit(url).scheme == "https" else None
    backend = Pinned(addresses)
    bare, headers = _without_credentials(url)
    timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), LIMIT_S)}
    async with (
        httpcore.AsyncConnectionPool(ssl_context=context, network_backend=backend) as pool,
        pool.stream("GET", bare, headers=headers, extensions=timeouts) as response,
    ):
        said = {name.lower(): value for name, value in response.headers}
        if response.status in _REDIRECTS and b"location" in said:
            return said[b"location"].decode("latin-1")
        if response.status != 200:
            raise _refusal(response.status, said.get(b"retry-after", b"").decode("latin-1"))
        if said.get(b"content-encoding", b"").strip().lower() not in (b"", b"identity"):
            raise FetchError("sent a compressed calendar, which was not asked for")
        data = bytearray()
        async for piece in response.aiter_stream():
            data += piece
            if len(data) > largest:
                raise FetchError(f"is larger than {largest // 1024**2} MiB; publish fewer weeks")
        return bytes(data)


def _refusal(status: int, retry_after: str) -> FetchError:
    if status == 429 or (status == 503 and retry_after):
        why = f"is asked too often (HTTP {status})"
        return FetchError(why, after_s=retry_after_s(retry_after))
    hint = "is the calendar's url still right?"
    if status in (401, 403):
        hint = "are name and password in its url right?"
    elif status >= 500:
        hint = "it is asked again"
    return FetchError(f"answered HTTP {status}; {hint}")


def _ascii(url: str) -> str:
    """Return what an operator wrote as it goes over the wire: IDNA, and percent signs."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode() if ":" not in parts.netloc else ""
    netloc = parts.netloc if parts.netloc.isascii() or not host else host
    path, query = (quote(text, safe=_AS_WRITTEN) for text in (parts.path, parts.query))
    return urlunsplit((parts.scheme, netloc, path, query, ""))


_AS_WRITTEN = "/%:@!$&'()*+,;=~?[]"


def _without_credentials(url: str) -> tuple[str, list[tuple[bytes, bytes]]]:
    """Return `url` without its `user:password@`, and the headers that say it instead."""
    parts = urlsplit(url)
    credentials, _, netloc = parts.netloc.rpartition("@")
    bare = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    if not credentials:
        return bare, _HEADERS
    token = base64.b64encode(unquote(credentials).encode())
    return bare, [*_HEADERS, (b"Authorization", b"Basic " + token)]


@cache
def trusted() -> ssl.SSLContext:
    """Trust what the system trusts, an office's own authority too, and Mozilla's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Pinned(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at, whatever the name says a moment later."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed = httpcore.ConnectError("no address")
        share_s = LIMIT_S / len(self._addresses)  # one dead address leaves time for the next
        for address in self._addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, share_s, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
            except httpcore.ConnectTimeout as error:
                failed = httpcore.ConnectError(str(error))
        raise failed
