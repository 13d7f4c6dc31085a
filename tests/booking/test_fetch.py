"""Fetching a calendar from a server that may be hostile: what is refused, and where it may lead."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from roomctl.booking.fetch import FetchError, fetched, is_foreign, own_networks, trusted

pytestmark = pytest.mark.real

LARGEST = 64 * 1024
BODY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


class Server:
    """Answers every request with the same bytes, and remembers what was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.port = 0

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client had enough
        finally:
            writer.close()


@asynccontextmanager
async def serving(answer: bytes) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.respond, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


async def test_only_plain_bytes_are_asked_for():
    async with serving(http(BODY)) as server:
        assert await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST) == BODY
    assert b"Accept-Encoding: identity\r\n" in server.asked[0]


async def test_a_compressed_answer_is_refused_unread():
    bomb = gzip.compress(gzip.compress(bytes(10_000_000)))
    async with serving(http(bomb, "Content-Encoding: gzip, gzip")) as server:
        with pytest.raises(FetchError, match="compressed"):
            await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST)


async def test_an_answer_is_cut_off_where_it_is_too_long():
    async with serving(http(bytes(LARGEST + 1))) as server:
        with pytest.raises(FetchError, match="larger than"):
            await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST)


async def test_a_head_without_end_is_cut_off():
    async with serving(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000) as server:
        with pytest.raises(FetchError, match="cannot be reached"):
            await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST)


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1:{port}/b", "/b", "http://calendar.example.org/b", "file:///etc/passwd"),
        *("//127.0.0.1:{port}/b", "ftp://x.example/", "javascript:1"),
    ],
)
async def test_a_redirect_without_https_is_refused(location: str):
    async with serving(b"") as server:
        head = "Location: " + location.format(port=server.port)
        server.answer = http(b"", head, status="302 Found")
        with pytest.raises(FetchError, match=r"without https|not an address"):
            await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.2", "[::1]", "10.0.0.1", "169.254.169.254", "192.168.1.1", "[fe80::1]"),
        *("0.0.0.0", "[::ffff:127.0.0.1]", "2130706434", "[64:ff9b::7f00:1]"),
    ],
)
async def test_a_redirect_into_this_box_or_its_network_is_refused(host: str):
    async with serving(http(b"", f"Location: https://{host}/b", status="301 Gone")) as server:
        with pytest.raises(FetchError, match="of this box or its network"):
            await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST)


async def test_a_name_is_resolved_once_and_what_was_checked_is_what_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
):
    lookups: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str | bytes | None, port: int, *args: int, **kw: int) -> object:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name == "rebind.example":
            lookups.append(name)
            # Public the first time (TEST-NET would not be), this box ever after.
            address = "192.0.9.1" if len(lookups) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
        return real(host, port, *args, **kw)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    connected: list[object] = []
    real_connect = asyncio.SelectorEventLoop.sock_connect

    async def noted(loop: asyncio.SelectorEventLoop, sock: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] != "127.0.0.1":
            connected.append(address[0])
            raise ConnectionRefusedError("no network in tests")
        await real_connect(loop, sock, address)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", noted)
    head = "Location: https://rebind.example/b"
    async with serving(http(b"", head, status="302 Found")) as server:
        with pytest.raises(FetchError, match="cannot be reached"):
            await fetched(f"http://127.0.0.1:{server.port}/a", LARGEST)
    assert lookups == ["rebind.example"]
    assert connected == ["192.0.9.1"]


async def test_credentials_go_to_the_operators_host_as_a_header():
    async with serving(http(BODY)) as server:
        await fetched(f"http://room:s%20ecret@127.0.0.1:{server.port}/a", LARGEST)
    token = base64.b64encode(b"room:s ecret")
    assert b"Authorization: Basic " + token in server.asked[0]
    assert b"room:s" not in server.asked[0].partition(b"\r\n")[0]


@pytest.mark.parametrize(
    ("address", "foreign"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("93.184.216.34", False),  # public, and on this box's own network here
        ("2001:4860:1::7", False),
    ],
)
def test_what_is_on_the_internet_and_what_is_at_home(address: str, foreign: bool):
    own = (ipaddress.ip_network("93.184.216.0/24"), ipaddress.ip_network("2001:4860:1::/64"))
    assert is_foreign(ipaddress.ip_address(address), own) is foreign


def test_the_networks_of_this_box_are_read_as_the_kernel_writes_them(tmp_path: Path):
    (tmp_path / "route").write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
        "broken\n"
    )
    (tmp_path / "if_inet6").write_text(
        "20014860000100000000000000000007 02 40 00 80     eth0\nzz\n"
    )
    found = [str(network) for network in own_networks(tmp_path)]
    assert found == ["192.168.1.0/24", "2001:4860:1::/64"]
    assert own_networks(tmp_path / "none") == ()


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """Make a certificate of its own authority for `name`, in `folder`/ca.pem; return a server's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(pem))
    (folder / "server.pem").write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


@pytest.mark.parametrize(("named", "fits"), [("localhost", True), ("calendar.example", False)])
async def test_over_https_the_certificate_is_of_the_name_and_not_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, fits: bool
):
    context = certificate(tmp_path, named)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    trusted.cache_clear()
    server = Server(http(BODY))
    listening = await asyncio.start_server(server.respond, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        asking = fetched(f"https://localhost:{port}/a", LARGEST)
        if fits:
            assert await asking == BODY
        else:
            with pytest.raises(FetchError, match="another name"):
                await asking
    trusted.cache_clear()
