"""A host that is asked over HTTP: real connections, each request with its own."""

import asyncio
import base64
import contextlib
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.ports.http import (
    KEPT_BACK,
    LARGEST,
    MOST,
    PIECES,
    HttpAnswer,
    HttpRequest,
    with_login,
    without_login,
)
from roomctl.tls import Certificate
from roomctl.wire import Port
from tests.booking.test_fetch import certificate

pytestmark = pytest.mark.real

Reply = Callable[[str], Awaitable[bytes]]


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


class Host:
    """A server that answers as a test says; `heads` are the requests as they came."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.heads: list[str] = []
        self.serving: set[asyncio.Task[None]] = set()
        self.number = 0

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            writer.write(await self._reply(head))
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass  # somebody looked whether this port is open, or went away
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    @property
    def url(self) -> str:
        return f"aw://127.0.0.1:{self.number}"


@asynccontextmanager
async def host(reply: Reply) -> AsyncIterator[Host]:
    made = Host(reply)
    server = await asyncio.start_server(made.accepted, "127.0.0.1", 0)
    made.number = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in list(made.serving):
            task.cancel()
        await asyncio.gather(*made.serving, return_exceptions=True)


async def path(head: str) -> bytes:
    return http(head.split(" ")[1].encode())


def request(number: int, target: str = "/cgi-bin/aw_ptz?cmd=%23O&res=1", limit_s: float = 30.0):
    return HttpRequest(number, target, limit_s).encode()


async def test_a_request_reaches_the_host_as_it_was_written_on_its_own_connection() -> None:
    async with host(path) as far:
        port = await connect("front", far.url)
        for number in (1, 2):
            await port.write(request(number))
            answer = HttpAnswer.decode((await port.read()).data)
            assert answer == HttpAnswer(number, 200, b"/cgi-bin/aw_ptz?cmd=%23O&res=1")
        assert len(far.heads) == 2
        assert all("connection: close" in head.lower() for head in far.heads)
        await port.close()
        with pytest.raises(PortClosed):
            await port.read()


async def test_no_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with host(path) as far:
        port = await connect("front", far.url)
        await port.write(request(1))
        await port.read()
        await port.close()
    assert caplog.records == []


async def test_an_answer_that_takes_long_holds_up_no_other() -> None:
    release = asyncio.Event()

    async def slow_then_quick(head: str) -> bytes:
        if "slow" in head:
            await release.wait()
        return http(b"said")

    async with host(slow_then_quick) as far:
        port = await connect("front", far.url)
        await port.write(request(1, "/slow"))
        await port.write(request(2, "/quick"))
        assert HttpAnswer.decode((await port.read()).data).number == 2
        release.set()
        assert HttpAnswer.decode((await port.read()).data).number == 1
        await port.close()


async def test_what_is_not_answered_in_time_is_said_to_be_so() -> None:
    async def never(head: str) -> bytes:
        await asyncio.Event().wait()
        return b""

    async with host(never) as far:
        port = await connect("front", far.url)
        await port.write(request(1, limit_s=0.05))
        assert (await port.read()).data == b"1 0\nno answer within 0.05 s"
        await asyncio.sleep(0)  # that one is over
        for number in range(MOST):
            await port.write(request(number))
        with pytest.raises(PortError, match="are under way"):
            await port.write(request(99))
        await port.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"\xff" * 70_000],
)
async def test_an_answer_that_is_none_is_survived(said: bytes) -> None:
    async def reply(head: str) -> bytes:
        return said

    async with host(reply) as far:
        port = await connect("front", far.url)
        await port.write(request(1))
        assert HttpAnswer.decode((await port.read()).data).status == 0
        await port.close()


async def test_an_answer_without_end_is_cut_off() -> None:
    async def reply(head: str) -> bytes:
        return http(b"x" * (LARGEST + 1))

    async with host(reply) as far:
        port = await connect("front", far.url)
        await port.write(request(1))
        assert (await port.read()).data == b"1 0\nthe answer is too long"
        await port.close()


async def test_an_answer_in_very_many_pieces_holds_up_nobody_and_is_cut_off() -> None:
    async def reply(head: str) -> bytes:
        head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        return head.encode() + b"1\r\nx\r\n" * (PIECES + 1) + b"0\r\n\r\n"

    turns = 0

    async def turning() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with host(reply) as far:
        port = await connect("front", far.url)
        assert port.identity.intake is not None
        looking = asyncio.create_task(turning())
        await port.write(request(1))
        assert (await port.read()).data == b"1 0\nthe answer is too long"
        looking.cancel()
        await port.close()
    assert turns > PIECES


async def test_a_host_that_is_gone_closes_the_port() -> None:
    async with host(path) as far:
        port = await connect("front", far.url)
    await port.write(request(1))
    with pytest.raises(PortClosed, match="cannot be reached any more"):
        await port.read()
    await port.close()


async def test_a_host_may_be_an_ipv6_address() -> None:
    made = Host(path)
    try:
        server = await asyncio.start_server(made.accepted, "::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    number = server.sockets[0].getsockname()[1]
    port = await connect("front", f"aw://[::1]:{number}")
    await port.write(request(1, "/x"))
    assert HttpAnswer.decode((await port.read()).data) == HttpAnswer(1, 200, b"/x")
    await port.close()
    server.close()


async def test_where_nobody_listens_is_said_at_once() -> None:
    async with host(path) as far:
        url = far.url
    with pytest.raises(PortError, match="nothing listens") as error:
        await connect("front", with_login(url, "admin", "s3cret"))
    assert error.value.reason is PortReason.REFUSED
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("url", ["aw:", "aw://", "aw://host:0", "aw://host:80/x", "aw://h?x=1"])
async def test_a_url_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(PortError, match=r"is not|unknown option"):
        await connect("front", url)


@pytest.mark.parametrize("data", [b"", b"1 GET 1 /x", b"1 PUT 1 /x\n", b"1 GET 1 x\n", b"\xff" * 9])
async def test_what_is_no_request_is_not_sent(data: bytes) -> None:
    async with host(path) as far:
        port = await connect("front", far.url)
        with pytest.raises(PortError, match="is not a request"):
            await port.write(data)
        await port.close()
        assert far.heads == []


USER, PASSWORD = "admin", "pa:ss/@wörd"


def digest_of(head: str) -> bool:
    """Whether a request proves the password by RFC 2617's digest."""
    says = dict(re.findall(r'(\w+)="?([^",\r]+)"?', head.partition("Authorization: Digest ")[2]))
    if not says:
        return False

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    one = md5(f"{USER}:camera:{PASSWORD}")
    two = md5(f"GET:{says['uri']}")
    parts = (one, says["nonce"], says["nc"], says["cnonce"], says["qop"], two)
    return md5(":".join(parts)) == says["response"]


def basic_of(head: str) -> bool:
    found = re.search("Authorization: Basic (.+)\r", head)
    return found is not None and base64.b64decode(found[1]).decode() == f"{USER}:{PASSWORD}"


CHALLENGES = {
    "Digest": 'WWW-Authenticate: Digest realm="camera", nonce="abc", qop="auth", algorithm=MD5',
    "Basic": 'WWW-Authenticate: Basic realm="camera"',
}


@pytest.mark.parametrize("method", ["Digest", "Basic"])
async def test_a_login_is_proven_as_the_host_asks_for_it(method: str) -> None:
    async def reply(head: str) -> bytes:
        known = digest_of(head) if method == "Digest" else basic_of(head)
        return http(b"p1") if known else http(b"", "401 Unauthorized", CHALLENGES[method])

    async with host(reply) as far:
        port = await connect("front", with_login(far.url, USER, PASSWORD, method.lower()))
        assert port.identity.url == far.url
        for number in (1, 2, 3):
            await port.write(request(number))
            assert HttpAnswer.decode((await port.read()).data) == HttpAnswer(number, 200, b"p1")
        assert len(far.heads) <= 5  # once it is known how, each request is one
        await port.close()

        wrong = await connect("front", with_login(far.url, USER, "wrong", method.lower()))
        await wrong.write(request(1))
        assert HttpAnswer.decode((await wrong.read()).data).status == 401
        await wrong.close()


def test_a_login_can_be_taken_out_of_a_url_again() -> None:
    url = "aw://[2001:db8::5]:8080"
    assert without_login(with_login(url, "a@b", "c/d:e")) == url
    assert without_login(with_login(url, "a", "b", "basic")) == url
    assert with_login(url, "", "", "basic") == url


async def answered(port: Port, number: int) -> HttpAnswer:
    await port.write(request(number))
    return HttpAnswer.decode((await port.read()).data)


@pytest.mark.parametrize("weakest", ["digest", "basic"])
async def test_who_asked_for_digest_gets_no_password_for_basic(weakest: str) -> None:
    asked = CHALLENGES["Digest"]

    async def reply(head: str) -> bytes:
        known = digest_of(head) and asked != CHALLENGES["Basic"]
        return http(b"p1") if known else http(b"", "401 Unauthorized", asked)

    async with host(reply) as far:
        url = with_login(far.url, USER, PASSWORD, weakest)
        port = await connect("front", url)
        assert (await answered(port, 1)).status == 200
        asked = CHALLENGES["Basic"]
        said = await answered(port, 2)
        assert (said.status, b"asked for Digest before" in said.body) == (KEPT_BACK, True)
        await port.close()
        port = await connect("front", url)  # as a device that was lost
        assert (await answered(port, 3)).status == KEPT_BACK
        asked = CHALLENGES["Digest"]
        assert (await answered(port, 4)).status == 200
        await port.close()
    assert "Basic" not in "".join(far.heads)


async def test_basic_needs_leave_and_both_in_one_header_are_digest() -> None:
    async def reply(head: str) -> bytes:
        both = "WWW-Authenticate: Basic realm=x, Digest realm=x, nonce=y, qop=auth, algorithm=MD5"
        return http(b"", "401 Unauthorized", CHALLENGES["Basic"] if "/basic" in head else both)

    async with host(reply) as far:
        port = await connect("front", with_login(far.url, USER, PASSWORD))
        await port.write(request(1, "/basic"))
        said = HttpAnswer.decode((await port.read()).data)
        assert said.status == KEPT_BACK
        assert b'or write weakest_login = "basic" in its table of room.toml' in said.body
        await port.write(request(2))
        assert HttpAnswer.decode((await port.read()).data).status == 401
        await port.close()
    assert ["Authorization: Digest" in head for head in far.heads] == [False, False, True]
    assert "Authorization: Basic" not in "".join(far.heads)


@pytest.mark.parametrize("to", ["http://192.0.2.1/x", "https://u:p@192.0.2.1/x", "/elsewhere"])
async def test_a_host_that_sends_on_is_not_followed(to: str) -> None:
    async def reply(head: str) -> bytes:
        return http(b"", "302 Found", f"Location: {to}")

    async with host(reply) as far:
        port = await connect("front", with_login(far.url, USER, PASSWORD))
        said = await answered(port, 1)
        await port.close()
    assert said.status == 0
    assert said.body.startswith(b"sends on to " + without_login(to).encode())
    assert (b"over https" in said.body) == to.startswith("https:")
    assert len([head for head in far.heads if head]) == 1


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with host(path) as far, host(path) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.number}")
        port = await connect("front", far.url)
        assert (await answered(port, 1)).status == 200
        await port.close()
    assert proxy.heads == []


@asynccontextmanager
async def tls_host(folder: Path, name: str) -> AsyncIterator[tuple[Host, str]]:
    """A camera with a certificate that it has signed itself; and the pin of its key."""

    async def reply(head: str) -> bytes:
        return http(b"p1") if digest_of(head) else http(b"", "401 No", CHALLENGES["Digest"])

    made, context = Host(reply), certificate(folder, name)
    pin = Certificate(ssl.PEM_cert_to_DER_cert((folder / "ca.pem").read_text())).pin
    server = await asyncio.start_server(made.accepted, "127.0.0.1", 0, ssl=context)
    made.number = server.sockets[0].getsockname()[1]
    try:
        yield made, pin
    finally:
        server.close()


async def test_a_host_proves_itself_by_the_pin_of_its_key(tmp_path: Path) -> None:
    async with tls_host(tmp_path, "camera") as (far, pin):
        port = await connect("front", f"https://127.0.0.1:{far.number}#{pin}")
        await port.close()
        url = f"aw-https://127.0.0.1:{far.number}#{pin}"
        port = await connect("front", with_login(url, USER, PASSWORD))
        assert (await answered(port, 1)).body == b"p1"
        assert port.identity.url == url
        await port.close()
        other = f"aw-https://127.0.0.1:{far.number}#sha256:{'0' * 64}"
        before = len(far.heads)
        with pytest.raises(PortError, match=f"another key .{pin}. than its url says") as error:
            await connect("front", with_login(other, USER, PASSWORD))
        assert error.value.reason is PortReason.INSECURE
        with pytest.raises(
            PortError, match=f"not signed by an authority .*, write #{pin} at the end of"
        ) as error:
            await connect(
                "front", with_login(f"onvif-https://127.0.0.1:{far.number}", USER, PASSWORD)
            )
        assert PASSWORD not in str(error.value)
        assert len(far.heads) == before


async def test_the_key_is_looked_at_with_each_request(tmp_path: Path) -> None:
    async with tls_host(tmp_path, "camera") as (far, pin):
        port = await connect(
            "front", with_login(f"aw-https://127.0.0.1:{far.number}#{pin}", USER, PASSWORD)
        )
        assert (await answered(port, 1)).body == b"p1"
    other = tmp_path / "other"
    other.mkdir()
    context = certificate(other, "camera")
    thief = await asyncio.start_server(far.accepted, "127.0.0.1", far.number, ssl=context)
    before = len(far.heads)
    async with thief:
        await port.write(request(2))
        with pytest.raises(PortClosed):
            await port.read()
        await port.close()
    assert len(far.heads) == before


@pytest.mark.parametrize(("named", "fits"), [("localhost", True), ("camera.lan", False)])
async def test_an_authority_vouches_for_a_host_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, fits: bool
) -> None:
    async with tls_host(tmp_path, named) as (far, _):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        url = with_login(f"aw-https://localhost:{far.number}", USER, PASSWORD)
        if not fits:
            with pytest.raises(PortError, match="Hostname mismatch"):
                await connect("front", url)
            return
        port = await connect("front", url)
        assert (await answered(port, 1)).body == b"p1"
        await port.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://h#sha256:" + "0" * 64, "has a pin; write it like https://HOST#sha256:…"),
        ("https://h/x", "is not https://HOST:PORT"),
        ("aw://h#sha256:" + "0" * 64, "has a pin; write it like aw-https://HOST#sha256:…"),
        ("aw-https://h#sha256:12", "must end in a fingerprint"),
        ("onvif-https://h#", "must end in a fingerprint"),
        ("aw-https://h/x", "is not aw-https://HOST:PORT"),
        ("aw-https://h?weakest_login=none", "is not known; known: basic, digest"),
    ],
)
async def test_a_url_over_tls_that_cannot_be_meant_is_refused(url: str, why: str) -> None:
    with pytest.raises(PortError, match=why):
        await connect("front", url)
