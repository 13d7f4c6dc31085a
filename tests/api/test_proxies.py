"""Whose word about the client counts: that of proxies which are named, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.api.proxies import Proxies

PROXIES = Proxies(["127.0.0.1", "10.0.0.0/29", "fd00::1"])


def seen(peer, *forwarded, proto=(), kind="http", proxies=PROXIES):
    """Return the client's address and the scheme that a request is taken to have."""
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    headers += [(b"x-forwarded-proto", one.encode("latin-1")) for one in proto]
    scheme = "ws" if kind == "websocket" else "http"
    scope = {"type": kind, "client": (peer, 5), "scheme": scheme, "headers": headers}
    found = proxies.seen_through(scope)
    return found["client"][0], found["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("::ffff:127.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("fd00::1", ["2001:db8::9"], "2001:db8::9"),
        ("127.0.0.1", ["203.0.113.66, 192.0.2.9"], "192.0.2.9"),
        ("127.0.0.1", ["203.0.113.66", "192.0.2.9"], "192.0.2.9"),
        ("127.0.0.1", ["203.0.113.66, 192.0.2.9, 10.0.0.3"], "192.0.2.9"),
        ("127.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("127.0.0.1", ["192.0.2.9, <script>"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.9, , 10.0.0.3"], "10.0.0.3"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("192.0.2.50", ["127.0.0.1"], "192.0.2.50"),
        ("10.0.0.8", ["192.0.2.9"], "10.0.0.8"),
        ("unknown", ["192.0.2.9"], "unknown"),
    ],
)
def test_the_last_hop_counts_that_is_no_trusted_proxy(peer, forwarded, client):
    assert seen(peer, *forwarded)[0] == client


@pytest.mark.parametrize(
    ("peer", "proto", "kind", "scheme"),
    [
        ("127.0.0.1", ["https"], "http", "https"),
        ("127.0.0.1", ["https"], "websocket", "wss"),
        ("127.0.0.1", ["https", "http"], "http", "http"),
        ("127.0.0.1", ["gopher"], "http", "http"),
        ("192.0.2.50", ["https"], "http", "http"),
    ],
)
def test_the_scheme_is_the_proxy_s_word_too(peer, proto, kind, scheme):
    assert seen(peer, proto=proto, kind=kind)[1] == scheme


def test_a_room_without_proxies_believes_nobody():
    assert seen("127.0.0.1", "192.0.2.9", proto=["https"], proxies=Proxies([])) == (
        "127.0.0.1",
        "http",
    )


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_no_header_of_a_stranger_moves_anything(text):
    assert seen("192.0.2.50", text, proto=[text]) == ("192.0.2.50", "http")
    client, scheme = seen("127.0.0.1", text, proto=[text])
    assert client.isascii()
    assert scheme in ("http", "https")
