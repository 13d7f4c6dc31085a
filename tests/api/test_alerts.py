"""How an alert goes out: to each vendor's form, to a mail server that others wrote, no further."""

import asyncio
import base64
import contextlib
import email.policy
import hashlib
import hmac
import json
import ssl
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from roomctl.api.alerts import clipped, dingtalk_signature, feishu_signature, keyed, send
from roomctl.api.self_signed import certificate
from roomctl.app import advice, mistakes, parse
from roomctl.booking.fetch import trusted
from roomctl.config import AlertTable
from roomctl.errors import RoomctlError
from roomctl.room.alert_words import AlertMessage
from roomctl.room.alerts import AlertRefused

VECTORS = tomllib.loads((Path(__file__).parents[1] / "vectors" / "alerts.toml").read_text("utf-8"))
AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
KEY = "693a91f6-7abc-4bc4-97a0-0ec2d1f5aaaa"
SECRET = "SEC6816d5f8c552a52f6deb9d5d0e2faac0c"
TOLD = AlertMessage(
    "竹林会议室：摄像机不可用",
    ("摄像机不可用", "始于 2026-11-26 20:00", "检查电源。**not bold** [no](https://link.example)"),
    "zh-CN",
    "https://bamboo.example.org/facilities",
)
LIMIT_S = 60.0  # of what takes no time


def table(url: str, more: str = "") -> AlertTable:
    return parse(f'[alert.desk]\nurl = "{url}"\n{more}\n', "room.toml").alert["desk"]


# Signatures.


@pytest.mark.parametrize("one", VECTORS["hmac"])
def test_the_hash_is_the_one_that_dingtalk_has_published(one: dict[str, Any]) -> None:
    found = keyed(one["secret"].encode(), str(one["timestamp"]).encode())
    assert quote_plus(found) == one["encoded"]


@pytest.mark.parametrize("one", VECTORS["dingtalk"])
def test_dingtalk_signs_time_and_secret_by_the_secret(one: dict[str, Any]) -> None:
    assert dingtalk_signature(one["secret"], one["timestamp"]) == one["signature"]


@pytest.mark.parametrize("one", VECTORS["feishu"])
def test_feishu_signs_nothing_by_time_and_secret(one: dict[str, Any]) -> None:
    assert feishu_signature(one["secret"], one["timestamp"]) == one["signature"]


@pytest.mark.parametrize("most", [3, 4, 5, 10, 40, 41, 42, 2048])
def test_a_text_is_cut_off_between_its_signs(most: int) -> None:
    text = "摄像机不可用" * 3 + "x"
    assert len(clipped(text, most).encode()) <= most
    assert clipped(text, 55) == text


# Robots, played as their vendors describe them.

Answer = tuple[int, bytes]
Judge = Callable[[str, dict[str, Any]], Answer]


def code(number: int, key: str = "errcode") -> Answer:
    said = {key: number, "errmsg": f"canary {KEY} {SECRET}"}
    return 200, json.dumps(said).encode()


def wecom(path: str, body: dict[str, Any]) -> Answer:
    if parse_qs(urlsplit(path).query).get("key") != [KEY]:
        return code(93000)
    if body.keys() != {"msgtype", "text"} or body["msgtype"] != "text":
        return code(40008)
    return code(0 if len(body["text"]["content"].encode()) <= 2048 else 40058)


def dingtalk(path: str, body: dict[str, Any]) -> Answer:
    query = {key: value for key, [value] in parse_qs(urlsplit(path).query).items()}
    signed = f"{query['timestamp']}\n{SECRET}".encode()
    right = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    fresh = abs(int(query["timestamp"]) / 1000 - AT.timestamp()) < 3600
    if query["access_token"] != KEY:
        return code(300005)
    if query["sign"] != right or not fresh:
        return code(310000)
    return code(0 if body["msgtype"] == "text" and body["text"]["content"] else 40035)


def feishu(path: str, body: dict[str, Any]) -> Answer:
    key = f"{body['timestamp']}\n{SECRET}".encode()
    right = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
    if not path.endswith(f"/{KEY}"):
        return code(19001, "code")
    if body["sign"] != right or abs(int(body["timestamp"]) - AT.timestamp()) >= 3600:
        return code(19021, "code")
    [(language, post)] = body["content"]["post"].items()
    tags = {one["tag"] for row in post["content"] for one in row}
    good = body["msg_type"] == "post" and language == "zh_cn" and tags == {"text"}
    return code(0 if good else 9499, "code")


def teams(path: str, body: dict[str, Any]) -> Answer:
    [attached] = body["attachments"]
    card = attached["content"]
    good = (
        body["type"] == "message"
        and attached["contentType"] == "application/vnd.microsoft.card.adaptive"
        and card["type"] == "AdaptiveCard"
        and {one["type"] for one in card["body"]} == {"RichTextBlock"}
    )
    return (202, b"") if good else (400, b'{"error": {"code": "TriggerInputSchemaMismatch"}}')


VENDORS: dict[str, tuple[Judge, str, str]] = {
    "wecom": (wecom, f"/cgi-bin/webhook/send?key={KEY}", ""),
    "dingtalk": (dingtalk, f"/robot/send?access_token={KEY}", f'secret = "{SECRET}"'),
    "feishu": (feishu, f"/open-apis/bot/v2/hook/{KEY}", f'secret = "{SECRET}"'),
    "lark": (feishu, f"/open-apis/bot/v2/hook/{KEY}", f'secret = "{SECRET}"'),
    "teams": (teams, f"/workflows/abc/triggers/manual/paths/invoke?sig={KEY}", ""),
}


class Vendor:
    """A robot's server: judges what it is told, and answers 200 whatever it thinks of it."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.raw: bytes | None = None  # said in place of an answer
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.open: set[Any] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            path = line.split()[1]
            self.asked.append((path, body))
            status, said = self.judge(path, body)
            whole = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(said), said)
            writer.write(whole if self.raw is None else self.raw)
            await writer.drain()
            await reader.read()  # until the other end has had enough
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def answering(service: str, **tls: Any) -> AsyncIterator[tuple[Vendor, AlertTable]]:
    judge, path, more = VENDORS[service]
    vendor = Vendor(judge)
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0, **tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        scheme, plain = ("https", "") if tls else ("http", "plain = true")
        url = f"{service}:{scheme}://127.0.0.1:{port}{path}"
        yield vendor, table(url, f"{more}\n{plain}")
        await asyncio.gather(*vendor.open)


@pytest.mark.real
@pytest.mark.parametrize("service", VENDORS)
async def test_each_robot_takes_a_message_of_its_vendors_form(service: str) -> None:
    async with answering(service) as (vendor, desk):
        await send(desk, TOLD, AT)
    [(_, body)] = vendor.asked
    said = json.dumps(body, ensure_ascii=False)
    assert all(line in said for line in (TOLD.title, *TOLD.lines))


@pytest.mark.real
@pytest.mark.parametrize("service", ["dingtalk", "feishu"])
async def test_a_clock_that_is_wrong_or_another_secret_is_said_to_be_the_signature(
    service: str,
) -> None:
    async with answering(service) as (_, desk):
        with pytest.raises(AlertRefused, match="refuses the signature"):
            await send(desk, TOLD, AT + timedelta(hours=2))
        other = desk.model_copy(update={"secret": table(f"{service}:{KEY}", 'secret = "x"').secret})
        with pytest.raises(AlertRefused, match="refuses the signature"):
            await send(other, TOLD, AT)


@pytest.mark.real
async def test_a_long_message_fits_into_what_wecom_takes() -> None:
    long = AlertMessage(TOLD.title, ("摄像机不可用" * 400,), "zh-CN")
    async with answering("wecom") as (vendor, desk):
        await send(desk, long, AT)
    assert vendor.asked[0][1]["text"]["content"].endswith("…")


def http(status: str, body: bytes = b"", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


WRONG: dict[str, tuple[bytes, bool, str]] = {
    "an unknown key, as 200": (http("200 OK", code(93000)[1]), True, "does not know this key"),
    "too often, as 200": (http("200 OK", code(45009)[1]), False, "too many messages"),
    "another code": (http("200 OK", b'{"errcode": 4711}'), True, "code 4711"),
    "feishu's old form": (http("200 OK", b'{"StatusCode": 9}'), True, "code 9"),
    "no code": (http("200 OK", b"{}"), False, "without a code"),
    "a code that is text": (http("200 OK", b'{"errcode": "0"}'), False, "without a code"),
    "a code that is true": (http("200 OK", b'{"errcode": false}'), False, "without a code"),
    "a list": (http("200 OK", b"[0]"), False, "without a code"),
    "a page of a hotel": (http("200 OK", b"<html>Welcome, sign in"), False, "without a code"),
    "nothing": (http("200 OK"), False, "without a code"),
    "nested deeply": (http("200 OK", b"[" * 9000), False, "without a code"),
    "packed": (http("200 OK", b"\x1f\x8b", "Content-Encoding: gzip\r\n"), False, "without a code"),
    "no text": (http("200 OK", b"\xff\xfe"), False, "without a code"),
    "400": (http("400 Bad"), True, "HTTP 400"),
    "404": (http("404 Gone"), True, "HTTP 404"),
    "429": (http("429 Often"), False, "HTTP 429"),
    "500": (http("500 Oh"), False, "HTTP 500"),
    "a redirect": (
        http("302 F", more="Location: http://127.0.0.1:1/\r\n"),
        True,
        "redirects",
    ),
    "no HTTP": (b"220 mail.example.org ESMTP\r\n\r\n", False, "cannot be reached"),
}


@pytest.mark.real
@pytest.mark.parametrize(("raw", "for_good", "why"), WRONG.values(), ids=WRONG)
async def test_what_a_robot_did_not_take_is_told_without_its_own_words(
    raw: bytes, for_good: bool, why: str
) -> None:
    async with answering("wecom") as (vendor, desk):
        vendor.raw = raw
        with pytest.raises(RoomctlError, match=why) as told:
            await send(desk, TOLD, AT)
    assert isinstance(told.value, AlertRefused) is for_good
    assert "127.0.0.1" in str(told.value)
    assert not {KEY, SECRET, "canary"} & {*str(told.value).replace(":", " ").split()}


@pytest.mark.real
async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async with answering("wecom") as (vendor, desk):
        vendor.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 100_000
        with pytest.raises(RoomctlError, match="without a code"):
            await send(desk, TOLD, AT)


@pytest.mark.real
async def test_a_robot_that_says_nothing_is_given_up_after_its_time() -> None:
    async with answering("wecom") as (vendor, desk):
        vendor.raw = b""
        with pytest.raises(RoomctlError, match="no answer within"):
            await send(desk, TOLD, AT, limit_s=0.2)


@pytest.mark.real
@pytest.mark.parametrize(
    "url", ["wecom:http://1.1.1.1/x", "smtp://a%40b.example@1.1.1.1?to=c@d.ef"]
)
async def test_nothing_goes_to_the_public_internet_without_tls(url: str) -> None:
    with pytest.raises(RoomctlError, match="is on the public internet"):
        await send(table(url, "plain = true"), TOLD, AT)


# TLS.


@pytest.fixture
def proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's certificate, and a box that trusts it."""
    made = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    whole = certificate(made, ["127.0.0.1"], now - timedelta(1), now + timedelta(1))
    (tmp_path / "cert.pem").write_bytes(whole.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    trusted.cache_clear()
    yield context
    trusted.cache_clear()


@pytest.fixture
def stranger(proof: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that the box does not trust."""
    monkeypatch.delenv("SSL_CERT_FILE")
    trusted.cache_clear()
    return proof


@pytest.mark.real
async def test_a_robot_is_told_by_https(proof: ssl.SSLContext) -> None:
    async with answering("wecom", ssl=proof) as (vendor, desk):
        await send(desk, TOLD, AT)
        assert len(vendor.asked) == 1


@pytest.mark.real
async def test_a_certificate_that_nobody_knows_is_said_to_be_that(
    stranger: ssl.SSLContext,
) -> None:
    async with answering("wecom", ssl=stranger) as (vendor, desk):
        with pytest.raises(RoomctlError, match="certificate that is not trusted"):
            await send(desk, TOLD, AT)
        assert vendor.asked == []


# Mail, to a server that others wrote.


class Postman:
    """Takes mail, or does not: `answers` are said to RCPT and DATA."""

    def __init__(self) -> None:
        self.letters: list[tuple[Envelope, EmailMessage]] = []
        self.recipient, self.data = "250 OK", "250 OK"
        self.secure: list[bool] = []
        self.known: list[bool] = []

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((envelope, letter))
        self.secure.append(session.ssl is not None)
        self.known.append(bool(session.authenticated))
        return self.data


def login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(
        b"room@b.example", b"pass word"
    )
    return AuthResult(success=good, handled=False, auth_data=None)


@contextlib.asynccontextmanager
async def post_office(
    service: str, context: ssl.SSLContext | None, **options: Any
) -> AsyncIterator[tuple[Postman, AlertTable]]:
    postman, loop = Postman(), asyncio.get_running_loop()

    def protocol() -> SMTP:
        inside = service == "smtps"  # what it knows nothing of
        return SMTP(
            postman,
            hostname="mail.b.example",
            tls_context=None if inside else context,
            auth_require_tls=not inside,
            loop=loop,
            **options,
        )

    tls = context if service == "smtps" else None
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        user = "room%40b.example@" if options.get("authenticator") else ""
        url = f"{service}://{user}127.0.0.1:{port}?to=a@d.example,c%2B1@d.example"
        url += "" if user else "&from=room@b.example"
        more = 'password = "pass word"' if user else ""
        yield postman, table(url, more if context else "plain = true")


SIGNED_IN = {"authenticator": login}


@pytest.mark.real
@pytest.mark.parametrize("service", ["smtps", "smtp"])
async def test_mail_goes_by_tls_with_a_password_to_everybody(
    service: str, proof: ssl.SSLContext
) -> None:
    async with post_office(service, proof, **SIGNED_IN) as (postman, desk):
        await send(desk, TOLD, AT)
    [(envelope, letter)] = postman.letters
    assert postman.secure == [service == "smtp"]  # what STARTTLS has made so
    assert postman.known == [True]
    assert envelope.mail_from == "room@b.example"
    assert envelope.rcpt_tos == ["a@d.example", "c+1@d.example"]
    assert letter["Subject"] == TOLD.title
    assert letter["To"] == "a@d.example, c+1@d.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == AT
    assert letter.get_content().strip().splitlines() == [*TOLD.lines]


@pytest.mark.real
async def test_mail_goes_to_a_relay_of_this_box_without_tls() -> None:
    async with post_office("smtp", None) as (postman, desk):
        await send(desk, TOLD, AT)
    assert postman.secure == [False]
    assert len(postman.letters) == 1


@pytest.mark.real
async def test_no_password_and_no_mail_goes_to_a_server_without_starttls(
    proof: ssl.SSLContext,
) -> None:
    async with post_office("smtp", None) as (postman, desk):
        url = desk.url.reveal().replace("127.0.0.1", "room%40b.example@127.0.0.1")
        with pytest.raises(AlertRefused, match="offers no STARTTLS"):
            await send(table(url, 'password = "pass word"'), TOLD, AT)
    assert postman.letters == []


@pytest.mark.real
async def test_a_mail_server_that_nobody_knows_gets_no_password(stranger: ssl.SSLContext) -> None:
    for service in ("smtps", "smtp"):
        async with post_office(service, stranger, **SIGNED_IN) as (postman, desk):
            with pytest.raises(RoomctlError, match="certificate that is not trusted"):
                await send(desk, TOLD, AT)
        assert postman.letters == []


@pytest.mark.real
async def test_a_wrong_password_is_said_to_be_that_and_is_not_said(proof: ssl.SSLContext) -> None:
    async with post_office("smtps", proof, **SIGNED_IN) as (_, desk):
        other = table(desk.url.reveal(), 'password = "another-password"')
        with pytest.raises(AlertRefused, match="refuses the user or its password") as told:
            await send(other, TOLD, AT)
    assert "another" not in str(told.value)


@pytest.mark.real
@pytest.mark.parametrize(
    ("recipient", "data", "for_good", "why"),
    [
        ("550 no such user", "250 OK", True, "accepts no recipient"),
        ("451 greylisted", "250 OK", False, "sent again later"),
        ("250 OK", "554 spam", True, "does not take the mail .code 554"),
        ("250 OK", "452 no space", False, "sent again later"),
    ],
)
async def test_what_a_mail_server_does_not_take_is_told(
    recipient: str, data: str, for_good: bool, why: str
) -> None:
    async with post_office("smtp", None) as (postman, desk):
        postman.recipient, postman.data = recipient, data
        with pytest.raises(RoomctlError, match=why) as told:
            await send(desk, TOLD, AT)
    assert isinstance(told.value, AlertRefused) is for_good


@pytest.mark.real
async def test_a_plain_port_that_is_spoken_to_with_tls_is_said_to_be_that(
    proof: ssl.SSLContext,
) -> None:
    async with post_office("smtp", None) as (_, desk):
        url = desk.url.reveal().replace("smtp://", "smtps://")
        with pytest.raises(RoomctlError, match="has no TLS at port"):
            await send(table(url), TOLD, AT)


Spoken = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def hostile(spoken: Spoken) -> AsyncIterator[AlertTable]:
    """A mail server that says what it likes, until it is hung up."""
    works: set[Any] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        works.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError):
            await spoken(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield table(f"smtp://127.0.0.1:{port}?to=a@b.ef&from=c@d.ef", "plain = true")
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*works)  # each was hung up


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def dribbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not reader.at_eof():
        writer.write(b"2")
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await reader.read(1)


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"220-welcome\r\n" * 1000)
        await writer.drain()


async def junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    await reader.read()


@pytest.mark.real
@pytest.mark.parametrize(
    ("spoken", "why"),
    [
        (silent, "no answer within 0.3 s"),
        (dribbling, "no answer within 0.3 s"),
        (endless, "broke off|no answer within"),
        (junk, "broke off|does not take the mail"),
    ],
)
async def test_a_hostile_mail_server_costs_its_time_and_no_thread(spoken: Spoken, why: str) -> None:
    async with hostile(spoken) as desk:
        limit_s = 0.3 if "0.3" in why else LIMIT_S
        with pytest.raises(RoomctlError, match=why):
            await send(desk, TOLD, AT, limit_s=limit_s)


@pytest.mark.real
async def test_what_is_cancelled_hangs_up_at_once() -> None:
    met = asyncio.Event()

    async def waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.set()
        await reader.read()

    async with hostile(waiting) as desk:
        sending = asyncio.create_task(send(desk, TOLD, AT))
        async with asyncio.timeout(LIMIT_S):
            await met.wait()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending


@pytest.mark.real
async def test_a_title_with_a_line_break_makes_no_header(tmp_path: Path) -> None:
    odd = AlertMessage("a\r\nBcc: x@y.example\u2028b", ("c",), "en")
    async with post_office("smtp", None) as (postman, desk):
        await send(desk, odd, AT)
    [(envelope, letter)] = postman.letters
    assert letter["Bcc"] is None
    assert "x@y.example" not in envelope.rcpt_tos


@pytest.mark.real
@pytest.mark.parametrize(
    "url", ["wecom:http://127.0.0.1:{}/x", "smtp://127.0.0.1:{}?to=a@b.ef&from=a@b.ef"]
)
async def test_who_is_not_there_is_said_not_to_be_reached(url: str) -> None:
    async with hostile(silent) as desk:
        port = desk.address.port
    with pytest.raises(RoomctlError, match=r"127\.0\.0\.1: cannot be reached"):
        await send(table(url.format(port), "plain = true"), TOLD, AT)


# room.toml.

BAD = {
    "no service": (f'url = "https://qyapi.weixin.qq.com/?key={KEY}"', "write 'wecom:https://…'"),
    "another service": (f'url = "feishu:https://oapi.dingtalk.com/{KEY}"', "belongs to dingtalk"),
    "an unknown one": (f'url = "slack:{KEY}"', "must start with one of"),
    "no key": ('url = "wecom:"', "must look like"),
    "teams without an address": (f'url = "teams:{KEY}"', "the full address"),
    "a retired connector": (f'url = "teams:https://x.webhook.office.com/{KEY}"', "has retired"),
    "http": (f'url = "wecom:http://10.0.0.1/{KEY}"', "plain = true allows"),
    "a user": (f'url = "wecom:https://{KEY}@h.example/"', "a user or a fragment"),
    "a password in the url": (f'url = "smtps://a%40b.ef:{KEY}@h?to=c@d.ef"', "has a password"),
    "no recipient": ('url = "smtps://a%40b.ef@h"\npassword = "x"', "no recipient"),
    "no address": ('url = "smtps://a%40b.ef@h?to=c"\npassword = "x"', "not an ASCII mail address"),
    "no sender": ('url = "smtps://room@h?to=c@d.ef"\npassword = "x"', "no sender"),
    "unknown option": ('url = "smtps://h?to=c@d.ef&from=a@b.ef&tls=no"', "unknown option"),
    "no port": ('url = "smtps://h:99999?to=c@d.ef&from=a@b.ef"', "ort"),
    "half a login": ('url = "smtps://a%40b.ef@h?to=c@d.ef"', "go together"),
    "a password without TLS": (
        f'url = "smtp://a%40b.ef@h?to=c@d.ef"\nplain = true\npassword = "{KEY}"',
        "not with plain",
    ),
    "a secret for one that signs nothing": (f'url = "wecom:{KEY}"\nsecret = "{KEY}"', "not with"),
    "quiet hours": (f'url = "wecom:{KEY}"\nquiet = "at night"', "must look like '22:00-07:00'"),
    "no code": (f'url = "wecom:{KEY}"\ncodes = ["camera.***"]', "codes"),
    "a code of no issue": (f'url = "wecom:{KEY}"\nignore = ["devise.offline"]', "did you mean"),
    "a line break": ('url = "wecom:https://h.example/\\r\\nX: y"', "must look like"),
    "a recipient's line break": ('url = "smtps://a@h?to=c%0d%0aRCPT@d.ef"', "to"),
}


@pytest.mark.parametrize(("text", "why"), BAD.values(), ids=BAD)
def test_an_alert_that_would_never_do_is_a_mistake_and_no_secret_is_said(
    text: str, why: str
) -> None:
    found = mistakes(f"[alert.desk]\n{text}\n", "room.toml")
    assert found
    assert why in str(found[0])
    assert KEY not in "".join(map(str, found))


def test_a_robot_of_another_region_is_a_mistake_where_meeting_names_regions() -> None:
    robot = f'[alert.desk]\nurl = "lark:{KEY}"\n'
    own = '[alert.desk]\nurl = "lark:https://chat.corp.example/hook/x"\n'
    for rule in ('allow = ["cn"]', 'deny = ["global"]', 'allow = ["cn", "*.zoom.com.cn"]'):
        [found] = mistakes(f"[meeting]\n{rule}\n{robot}", "room.toml")
        assert "runs in the region 'global'" in str(found)
        assert mistakes(f"[meeting]\n{rule}\n{own}", "room.toml") == []
    for rule in ("", 'allow = ["*.zoom.com.cn"]', 'deny = ["cn"]', 'allow = ["cn", "global"]'):
        assert mistakes(f"[meeting]\n{rule}\n{robot}", "room.toml") == []


def test_the_same_url_twice_is_a_mistake() -> None:
    text = f'[alert.a]\nurl = "wecom:{KEY}"\n[alert.b]\nurl = "wecom:{KEY}"\n'
    assert "twice" in str(mistakes(text, "room.toml")[0])


def test_check_says_that_no_vendor_was_tried() -> None:
    text = '[alert.desk]\nurl = "secret:x"\n'.replace("secret:x", f"wecom:{KEY}")
    found = [str(one) for one in advice(text, "room.toml")]
    assert any("not yet tested" in one and "roomctl alert test desk" in one for one in found)
    mail = '[alert.desk]\nurl = "smtps://h?to=c@d.ef&from=a@b.ef"\n'
    assert not any("not yet tested" in str(one) for one in advice(mail, "room.toml"))
