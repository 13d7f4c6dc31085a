"""How an event goes out: signed, to whom it is meant for, and no further."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from roomctl.api.webhooks import post, signature
from roomctl.app import parse
from roomctl.errors import RoomctlError
from roomctl.room.webhooks import EventRefused

SECRET = "a-secret-of-one-receiver"
BODY = b'{"type": "roomctl.call.joined"}'
AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def table(url, plain=True):
    flag = "true" if plain else "false"
    text = f'[[webhook]]\nurl = "{url}"\nsecret = "{SECRET}"\nevents = ["call.joined"]\n'
    return parse(f"{text}plain_http = {flag}\n", "room.toml").webhook[0]


class Receiver:
    """A web server that notes what it is sent, and answers what it is told to."""

    def __init__(self):
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.asked = []
        self.open = set()

    async def serve(self, reader, writer):
        self.open.add(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.asked.append((line, headers, body))
        writer.write(self.answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            await reader.read()  # until the other end has had enough
            writer.close()
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def receiving():
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield receiver, f"http://127.0.0.1:{port}/hook?room=4"
        await asyncio.gather(*receiver.open)


def test_the_signature_is_that_of_the_standard():
    """The vector that the libraries of Standard Webhooks are tested with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330)
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.real
async def test_a_receiver_gets_the_event_and_can_prove_who_sent_it():
    async with receiving() as (receiver, url):
        await post(table(url), "an-id", BODY, AT)
    [(line, headers, body)] = receiver.asked
    assert line == "POST /hook?room=4 HTTP/1.1"
    assert body == BODY
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert headers["webhook-id"] == "an-id"
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    signed = f"an-id.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert SECRET not in str(receiver.asked)


@pytest.mark.real
@pytest.mark.parametrize(
    "status",
    [
        *("301 Moved", "302 Found", "307 Temporary", "400 No", "422 No", "500 No"),
        *("408 Later", "425 Later", "429 Later"),
    ],
)
async def test_a_redirect_is_not_followed_and_only_2xx_is_taken(status):
    async with receiving() as (receiver, url), receiving() as (other, elsewhere):
        where = f"HTTP/1.1 {status}\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
        receiver.answer = where.encode()
        with pytest.raises(RoomctlError, match=f"HTTP {status[:3]}") as refused:
            await post(table(url), "an-id", BODY, AT)
    assert other.asked == []
    assert isinstance(refused.value, EventRefused) is (status[:3] in ("400", "422"))


@pytest.mark.real
async def test_an_endless_answer_is_not_read():
    async with receiving() as (receiver, url):
        receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 100_000
        await post(table(url), "an-id", BODY, AT)


@pytest.mark.real
async def test_a_receiver_that_says_nothing_is_given_up_after_its_time():
    async with receiving() as (receiver, url):
        receiver.answer = b""
        with pytest.raises(RoomctlError, match="no answer within"):
            await post(table(url), "an-id", BODY, AT, limit_s=0.2)


@pytest.mark.real
async def test_what_goes_wrong_names_the_host_and_neither_path_nor_secret():
    async with receiving() as (_, url):
        pass
    with pytest.raises(RoomctlError) as refused:
        await post(table(url), "an-id", BODY, AT)
    assert "127.0.0.1: cannot be reached" in str(refused.value)
    assert "hook" not in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.real
@pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]"])
@pytest.mark.parametrize("scheme", ["http", "HTTP", "Http"])
async def test_http_is_never_spoken_to_the_public_internet(host, scheme):
    with pytest.raises(RoomctlError, match="only https is used"):
        await post(table(f"{scheme}://{host}/hook"), "an-id", BODY, AT)
