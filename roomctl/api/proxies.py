"""Who asks through a reverse proxy: X-Forwarded-For and -Proto, of proxies that are named alone.

What a stranger writes into these headers is as if it were not there. Of the hops in
X-Forwarded-For the last counts that is no proxy of ours: those before it anybody may have written.
Pure; knows no route.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

HOPS = 16  # that are looked at

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxies:
    """The proxies whose word counts, by address or network."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = [ipaddress.ip_network(one) for one in trusted]

    def seen_through(self, scope: Scope) -> Scope:
        """Return `scope` with the client and the scheme that its proxy has met."""
        client = scope.get("client")
        if not self._trusted or client is None or not self._trusts(_address(client[0])):
            return scope
        headers = Headers(scope=scope)
        hops = [hop for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
        found = {**scope, "client": (self._origin(client[0], hops), 0)}
        said = headers.getlist("x-forwarded-proto")
        if said and said[-1].strip().lower() in ("http", "https"):
            secure = said[-1].strip().lower() == "https"
            plain, safe = ("ws", "wss") if scope["type"] == "websocket" else ("http", "https")
            found["scheme"] = safe if secure else plain
        return found

    def _origin(self, proxy: str, hops: Sequence[str]) -> str:
        """Return who came to the first of our proxies; `proxy` itself if none says so."""
        last = proxy
        for hop in reversed(hops[-HOPS:]):
            found = _address(hop.strip())
            if found is None:
                break
            last = str(found)
            if not self._trusts(found):
                break
        return last

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in one for one in self._trusted)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
