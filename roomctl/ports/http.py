r"""Requests to one host over HTTP, and their answers: `http://HOST[:PORT]`, `aw://…`, `onvif://…`.

`https://…`, `aw-https://…` and `onvif-https://…` are the same over TLS, with a certificate that an
authority has signed, or with the key whose pin ends the url: `https://HOST#sha256:…`.

What is written is a request, what is read an answer; of several under way each has its number:

    7 GET 1.5 /cgi-bin/aw_ptz?cmd=%23O&res=1\n      number, method, seconds it may take, path, and
                                                    the body's type if it has one; then the body
    7 200\np1                                       the number, the status, and the body
    7 0\nno answer within 1.5 s                     status 0: there was no answer, and why
    7 1\nasks for a login by Basic …                status 1: the password was kept back, and why

Each request has a connection of its own, as some cameras want it, and as a stop needs it that must
not stand behind an answer that takes a minute. A host that cannot be reached at all closes the
port. User and password (see `login`) stand in the url that is opened, and the weakest way to prove
them (`?weakest_login=`), and nowhere else. No redirect is followed, and no proxy asked. Knows no
device.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
import ssl
import time
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import roomctl.tls
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.frozen import frozen
from roomctl.ports import stream
from roomctl.ports.address import Address
from roomctl.ports.login import AuthScheme, LoginMemory, PasswordWithheld, offers
from roomctl.wire import Chunk, Identity, Intake, in_thread

if TYPE_CHECKING:
    import httpx

PORT, TLS_PORT = 80, 443
TLS = "https"  # what a scheme ends in
CONNECT_S = 2.0
LARGEST = 256 * 1024  # bytes of an answer
PIECES = 4096  # that an answer may come in: each takes a turn of the loop
_INTAKE = Intake(64 * 1024, 4 * LARGEST)  # an ONVIF camera's profiles are the longest
MOST = 16  # requests under way
LOGIN_REFUSED = 401
KEPT_BACK = 1  # instead of a status: the password was
SHORTEST = 8  # characters of a password that is looked for in answers

_REQUEST = re.compile(
    rb"([0-9]{1,9}) (GET|POST) ([0-9.]{1,8}) (/[!-~]{0,2000})(?: ([ -~]{1,200}))?\n(.*)", re.DOTALL
)
_ANSWER = re.compile(rb"([0-9]{1,9}) ([0-9]{1,3})\n(.*)", re.DOTALL)
_LOGIN = re.compile(r"//[^/@]*@")
_WEAKEST = re.compile(r"\?weakest_login=[a-z0-9-]*$")
_PROOFS = {
    "basic": AuthScheme.BASIC,
    "digest": AuthScheme.DIGEST,
    "digest-sha-256": AuthScheme.DIGEST_SHA2,
}


@frozen
class HttpRequest:
    """A request, and how many seconds its answer may take."""

    number: int
    target: str
    limit_s: float
    method: str = "GET"
    body: bytes = b""
    content_type: str = ""

    def encode(self) -> bytes:
        """Return the frame that a port takes."""
        kind = f" {self.content_type}" if self.content_type else ""
        head = f"{self.number} {self.method} {self.limit_s:g} {self.target}{kind}\n"
        return head.encode("ascii") + self.body

    @classmethod
    def decode(cls, data: bytes) -> HttpRequest:
        """Read a frame; ValueError if it is none."""
        found = _REQUEST.fullmatch(data)
        if found is None:
            raise ValueError(f"{data[:60]!r} is not a request")
        number, method, limit_s, target, kind, body = found.groups()
        kind = (kind or b"").decode()
        return cls(int(number), target.decode(), float(limit_s), method.decode(), body, kind)


@frozen
class HttpAnswer:
    """The answer to the request of that number; status 0: there is none, `body` says why."""

    number: int
    status: int
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the frame that a port gives."""
        return f"{self.number} {self.status}\n".encode() + self.body

    @classmethod
    def decode(cls, data: bytes) -> HttpAnswer:
        """Read a frame; ValueError if it is none."""
        found = _ANSWER.fullmatch(data)
        if found is None:
            raise ValueError(f"{data[:60]!r} is not an answer")
        return cls(int(found[1]), int(found[2]), found[3])


def with_login(url: str, user: str, password: str, weakest: str = "digest") -> str:
    """Return `url` as it is opened with a user and a password, proven by no weaker way."""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    least = "" if weakest == "digest" else f"?weakest_login={weakest}"
    return url.replace("//", f"//{login}", 1) + least if user else url


def without_login(url: str) -> str:
    """Return `url` as it may be shown."""
    return _LOGIN.sub("//", _WEAKEST.sub("", url), count=1)


class HttpPort:
    """Asks one host; what it answers is read in the order in which it comes."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base: httpx.URL,
        identity: Identity,
        login: tuple[str, str] | None = None,
        largest: int = LARGEST,
    ) -> None:
        self.identity, self._largest = identity, largest
        self._said_back = _said_back(*login) if login else ()
        self._client, self._base = client, base
        self._answers: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self._asking: set[asyncio.Task[None]] = set()
        self._gone: str | None = None

    async def read(self) -> Chunk:
        self._refuse_if_gone()
        chunk = await self._answers.get()
        if chunk is None:
            self._refuse_if_gone()
        assert chunk is not None  # noqa: S101 - None is put once `_gone` is set
        return chunk

    async def write(self, data: bytes) -> None:
        """Begin to ask; the answer, or that there was none, is read later."""
        self._refuse_if_gone()
        try:
            request = HttpRequest.decode(data)
        except ValueError as error:
            raise PortError(self.identity.url, str(error)) from None
        if len(self._asking) >= MOST:
            raise PortError(self.identity.url, f"{MOST} requests are under way, and none answered")
        task = asyncio.create_task(self._ask(request))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def close(self) -> None:
        self._gone = self._gone or "the port is closed"
        asking = list(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        self._answers.put_nowait(None)
        await self._client.aclose()

    async def _ask(self, request: HttpRequest) -> None:
        import httpx

        try:
            async with asyncio.timeout(request.limit_s):
                answer = await self._answered(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            why = f"cannot be reached any more ({type(error).__name__})"
            self._gone = self._gone or why
            self._answers.put_nowait(None)
            return
        except (TimeoutError, httpx.TimeoutException):
            why = f"no answer within {request.limit_s:g} s"
            answer = HttpAnswer(request.number, 0, why.encode())
        except (httpx.HTTPError, ValueError, OSError) as error:
            why = f"the answer broke off ({type(error).__name__})"
            answer = HttpAnswer(request.number, 0, why.encode())
        except PasswordWithheld as why_not:
            answer = HttpAnswer(request.number, KEPT_BACK, str(why_not).encode())
        self._answers.put_nowait(Chunk(answer.encode(), time.monotonic()))

    async def _answered(self, request: HttpRequest) -> HttpAnswer:
        url = self._base.copy_with(raw_path=request.target.encode("ascii"))
        body = request.body or None
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        stream = self._client.stream(request.method, url, content=body, headers=headers)
        async with stream as response:
            if response.has_redirect_location:
                return HttpAnswer(request.number, 0, _sent_on(response.headers["location"]))
            found, pieces = bytearray(), 0
            async for piece in response.aiter_raw():
                found += piece
                pieces += 1
                await asyncio.sleep(0)  # many may have come together, and are cut up without a wait
                if len(found) > self._largest or pieces > PIECES:
                    return HttpAnswer(request.number, 0, b"the answer is too long")
        return HttpAnswer(request.number, response.status_code, self._without_login(bytes(found)))

    def _without_login(self, body: bytes) -> bytes:
        """Return what a host answered; what it says back of the login is in no trace."""
        for one in self._said_back:
            body = body.replace(one, b"*" * len(one))
        return body

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


def _sent_on(location: str) -> bytes:
    """Say where a host sends who asks it, which is not followed: a login is for one host."""
    hint = f"; is it to be asked over https ({TLS} in its url)?" if location[:6] == "https:" else ""
    where = re.sub("[^!-~]", "", without_login(location))[:100]
    return f"sends on to {where}, which is not followed{hint}".encode()


def _said_back(user: str, password: str) -> tuple[bytes, ...]:
    """Return what of a login is looked for in answers; a short word may be in any of them."""
    coded = base64.b64encode(f"{user}:{password}".encode())
    plain = password.encode() if len(password) >= SHORTEST else b""
    return tuple(one for one in (coded, plain) if one)


def host_of(address: Address) -> tuple[str, int]:
    """Return host and port, and nothing of who logs in; PortError if none can be meant."""
    _, address, _ = _taken_apart(address)
    return _at(address).host_and_port()


async def open_port(address: Address, largest: int = LARGEST) -> HttpPort:
    """Open `SCHEME://[USER:PASSWORD@]HOST[:PORT]`; PortError says whether nobody listens there.

    Nothing is asked yet: it is only seen that the host takes a connection within 2 s, and proves
    itself where it must. `largest`: bytes of an answer.
    """
    weakest = _PROOFS[address.choice("weakest_login", "digest", _PROOFS)]
    others = {key: value for key, value in address.options.items() if key != "weakest_login"}
    given, address, pin = _taken_apart(replace(address, options=others))
    address = _at(address)
    host, number = address.host_and_port()
    tls = await in_thread(roomctl.tls.context, pin) if address.scheme.endswith(TLS) else None
    try:
        tried = await stream.open_tcp(address, tls)
    except PortError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise await _untrusted(address, pin, error.__cause__) from error
        raise
    await tried.close()
    await in_thread(load_client)  # half a second on a slow board
    import httpx

    client = httpx.AsyncClient(
        auth=_auth(*given, address.url, weakest) if given else None,
        headers={"User-Agent": "roomctl", "Accept-Encoding": "identity", "Connection": "close"},
        limits=httpx.Limits(max_connections=MOST, max_keepalive_connections=0),
        timeout=httpx.Timeout(None, connect=CONNECT_S),
        trust_env=False,
        # without TLS never used: to make one takes 50 ms
        verify=tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    base = httpx.URL(scheme="https" if tls else "http", host=host, port=number, path="/")
    identity = Identity(url=address.url, path=f"{host}:{number}", intake=_INTAKE)
    return HttpPort(client, base, identity, given, largest)


async def _untrusted(address: Address, pin: str, error: ssl.SSLCertVerificationError) -> PortError:
    """Say what is wrong with the key of a host, and which one it shows."""
    with contextlib.suppress(PortError, ValueError):
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        shown = await stream.open_tcp(address, anybody)
        sent = shown.peer_certificate or b""
        await shown.close()
        key = roomctl.tls.Certificate(sent).pin
        if pin:
            why = f"has another key ({key}) than its url says; nothing was sent. Was it"
            return PortError(address.url, f"{why} reset, or replaced?", PortReason.INSECURE)
        why = (
            "its certificate is not signed by an authority that is known here"
            f" ({error.verify_message})"
        )
        ask = f"if the camera's own page names the same key, write #{key} at the end of its url"
        return PortError(address.url, f"{why}; {ask}", PortReason.INSECURE)
    return PortError(address.url, "does not prove its identity by TLS", PortReason.INSECURE)


def load_client() -> None:
    """Load the library, and keep it from logging every request (info)."""
    import httpx

    logging.getLogger(httpx.__name__).setLevel(logging.WARNING)


def _at(address: Address) -> Address:
    return address.with_port(TLS_PORT if address.scheme.endswith(TLS) else PORT)


def _taken_apart(address: Address) -> tuple[tuple[str, str] | None, Address, str]:
    """Return user and password, the address without them and a pin, and the pin; PortError."""
    shown = without_login(address.url)
    place, hashed, pin = address.place.partition("#")
    plain = Address(shown, address.scheme, without_login(place), address.options)
    if hashed and not address.scheme.endswith(TLS):
        scheme = TLS if address.scheme == "http" else f"{address.scheme}-{TLS}"
        raise plain.refuse(f"has a pin; write it like {scheme}://HOST#sha256:…")
    if hashed and not roomctl.tls.WHOLE_PIN.fullmatch(pin):
        why = "must end in a fingerprint: #sha256: and 64 lowercase hex digits"
        raise plain.refuse(why)
    found = _LOGIN.match(place)
    if found is None:
        return None, plain, pin
    user, _, password = found[0][2:-1].partition(":")
    return (unquote(user), unquote(password)), plain, pin


_remembered = LoginMemory()


def _auth(user: str, password: str, host: str, weakest: AuthScheme) -> httpx.Auth:
    """Return what answers `host` when it asks who is there."""
    import httpx

    class Login(httpx.Auth):
        def __init__(self) -> None:
            self._digest = httpx.DigestAuth(user, password)
            self._by_basic = False

        def auth_flow(
            self, request: httpx.Request
        ) -> Generator[httpx.Request, httpx.Response, None]:
            if self._by_basic:
                yield from httpx.BasicAuth(user, password).auth_flow(request)
                return
            by_digest = self._digest.auth_flow(request)
            response = yield next(by_digest)
            asked = offers(response.headers.get_list("www-authenticate"))
            if response.status_code != LOGIN_REFUSED or not asked:
                return
            best = _remembered.choose(host, asked, weakest)
            if best.proof is AuthScheme.BASIC:
                self._by_basic = True
                yield from httpx.BasicAuth(user, password).auth_flow(request)
                return
            response.headers["www-authenticate"] = best.text
            try:
                yield by_digest.send(response)
            except StopIteration:
                return

    return Login()
