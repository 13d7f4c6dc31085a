"""Staff sign in with the house's accounts: at a provider that others wrote, and at hostile ones."""

import asyncio
import contextlib
import gzip
import json
import time
import tracemalloc
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from roomctl.api.sign_in import ATTEMPTS, NotSignedIn, OidcProvider, SignIn
from roomctl.app import mistakes, parse
from roomctl.clock import SystemClock
from roomctl.roles import Role
from tests.api.rig import LIMIT_S, ROOM, House

jwt = pytest.importorskip("joserfc.jwt")
jwk = pytest.importorskip("joserfc.jwk")
pytest.importorskip("authlib")
mock = pytest.importorskip("oidc_provider_mock")

ISSUER = "https://login.example.org/house"
BACK = "http://127.0.0.1:8080/api/v1/sign-in/callback"
KEY = jwk.RSAKey.generate_key(2048, {"kid": "one"})
OTHER_KEY = jwk.RSAKey.generate_key(2048, {"kid": "one"})


def oidc(issuer=ISSUER, more=""):
    return f"""
[api]
url = "http://127.0.0.1:8080"
[api.oidc]
issuer = "{issuer}"
client_id = "roomctl"
client_secret = "a-secret-of-the-house"
{more}
[api.oidc.roles]
Facilities = "facilities"
"AV team" = "technician"
"""


class HostileProvider(httpx.AsyncBaseTransport):
    """A provider that answers as it is told to."""

    def __init__(self, **claims):
        self.claims, self.metadata, self.down, self.key = claims, {}, False, KEY
        self.asked, self.header, self.answers = [], {"alg": "RS256", "kid": "one"}, {}
        self.nonce = None

    async def handle_async_request(self, request):
        await request.aread()
        self.asked.append(request)
        if self.down:
            raise httpx.ConnectError("nobody there")
        path = request.url.path.removeprefix("/house")
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.described() | self.metadata)
        if path == "/jwks":
            return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        return httpx.Response(200, json={"access_token": "access", "id_token": self.id_token()})

    def described(self):
        names = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
        return {"issuer": ISSUER, **{name: f"{ISSUER}/{path}" for name, path in names.items()}}

    def id_token(self):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "roomctl", "sub": "u1", "email": "li@example.org"}
        claims |= {"exp": now + 300, "iat": now, "nonce": self.nonce, "groups": ["Facilities"]}
        claims |= self.claims
        return jwt.encode(self.header, {k: v for k, v in claims.items() if v is not None}, self.key)


async def attempt(provider, *, secret=None, state=None, nonce=None):
    """Sign in at a provider; return the person, or raise NotSignedIn."""
    table = parse(oidc(), "room.toml").api.oidc
    clock = SystemClock()
    sign_in = SignIn(OidcProvider(table, BACK, clock, provider), clock)
    kept, address = await sign_in.begin()
    asked = {name: one for name, [one] in parse_qs(urlsplit(address).query).items()}
    provider.nonce = nonce or asked["nonce"]
    return await sign_in.finish(secret or kept, state or asked["state"], "a-code")


async def test_whoever_is_in_a_group_of_room_toml_has_its_role():
    person = await attempt(HostileProvider())
    assert (person.name, person.role) == ("li@example.org", Role.FACILITIES)
    person = await attempt(HostileProvider(groups=["AV team", "others"]))
    assert person.role is Role.TECHNICIAN
    person = await attempt(HostileProvider(groups=["AV team", "Facilities"]))
    assert person.role is Role.FACILITIES  # the first one of room.toml


async def test_the_code_is_asked_for_and_changed_with_pkce():
    provider = HostileProvider()
    await attempt(provider)
    [token] = [one for one in provider.asked if one.url.path.endswith("/token")]
    form = {name: one for name, [one] in parse_qs(token.content.decode()).items()}
    assert form["redirect_uri"] == BACK
    assert len(form["code_verifier"]) == 43
    assert token.headers["authorization"].startswith("Basic ")
    assert "a-secret-of-the-house" not in str(token.url)


NOT_TAKEN = {
    "another issuer": {"iss": "https://evil.example"},
    "another room": {"aud": "another"},
    "several rooms, none the one it was given to": {"aud": ["roomctl", "another"]},
    "given to another": {"azp": "another"},
    "over": {"exp": 1},
    "not yet": {"nbf": 4102444800},
    "made in the future": {"iat": 4102444800},
    "of another attempt": {"nonce": "another"},
    "of no attempt": {"nonce": None},
    "for ever": {"exp": None},
    "of nobody": {"sub": None},
    "another access token's": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "an expiry that is none": {"exp": "tomorrow"},
}


@pytest.mark.parametrize("claims", NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
async def test_an_id_token_that_is_not_for_this_attempt_is_not_taken(claims):
    with pytest.raises(NotSignedIn) as refused:
        await attempt(HostileProvider(**claims))
    assert refused.value.code == "untrusted"


async def test_an_id_token_of_another_key_is_not_taken():
    provider = HostileProvider()
    provider.key = OTHER_KEY
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider)
    assert refused.value.code == "untrusted"


async def test_an_unsigned_id_token_is_not_taken():
    provider = HostileProvider()
    signed = provider.id_token().split(".")
    none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    token = {"access_token": "access", "id_token": f"{none}.{signed[1]}."}
    provider.answers["/token"] = httpx.Response(200, json=token)
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider)
    assert refused.value.code == "untrusted"


async def test_a_token_that_is_signed_with_the_public_key_as_a_secret_is_not_taken():
    provider = HostileProvider()
    provider.header = {"alg": "HS256", "kid": "one"}
    provider.key = jwk.OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider)
    assert refused.value.code == "untrusted"


@pytest.mark.parametrize(
    "given", [{"state": "another"}, {"secret": "another"}, {"secret": "x" * 9999}]
)
async def test_an_answer_to_another_browsers_attempt_is_not_taken(given):
    provider = HostileProvider()
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider, **given)
    assert refused.value.code == "expired"
    assert not [one for one in provider.asked if one.url.path.endswith("/token")]


async def test_an_answer_is_good_once():
    provider, clock = HostileProvider(), SystemClock()
    sign_in = SignIn(
        OidcProvider(parse(oidc(), "room.toml").api.oidc, BACK, clock, provider), clock
    )
    secret, address = await sign_in.begin()
    asked = {name: one for name, [one] in parse_qs(urlsplit(address).query).items()}
    provider.nonce = asked["nonce"]
    await sign_in.finish(secret, asked["state"], "a-code")
    with pytest.raises(NotSignedIn) as refused:
        await sign_in.finish(secret, asked["state"], "a-code")
    assert refused.value.code == "expired"


@pytest.mark.parametrize("groups", [[], ["others"], None, {"Facilities": 1}, 7, "Facilitie"])
async def test_whoever_is_in_no_group_is_not_let_in(groups):
    with pytest.raises(NotSignedIn) as refused:
        await attempt(HostileProvider(groups=groups))
    assert refused.value.code == "no_group"


async def test_groups_of_another_person_are_not_taken():
    provider = HostileProvider(groups=None)
    provider.metadata = {"userinfo_endpoint": f"{ISSUER}/userinfo"}
    told = {"sub": "u2", "groups": ["Facilities"]}
    provider.answers["/userinfo"] = httpx.Response(200, json=told)
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider)
    assert refused.value.code == "no_group"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://login.example.org/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
)
async def test_a_description_that_leads_elsewhere_is_not_followed(metadata):
    provider = HostileProvider()
    provider.metadata = metadata
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider)
    assert refused.value.code == "untrusted"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(302, headers={"Location": "https://evil.example"}), "provider"),
        (httpx.Response(200, content=b"x" * 300_000), "untrusted"),
        (httpx.Response(200, content=b"[" * 100_000), "untrusted"),
        (httpx.Response(200, json=[]), "untrusted"),
        (httpx.Response(200, json={}), "untrusted"),
        (httpx.Response(400, json={"error": "invalid_grant"}), "expired"),
        (httpx.Response(500), "provider"),
    ],
)
async def test_an_answer_that_is_none_signs_nobody_in(answer, code):
    provider = HostileProvider()
    provider.answers["/token"] = answer
    with pytest.raises(NotSignedIn) as refused:
        await attempt(provider)
    assert refused.value.code == code


async def begin_often(sign_in):
    for _ in range(5 * ATTEMPTS.burst):
        await sign_in.begin()


class Packed:
    """A provider on this box that answers everything with a few bytes that become many."""

    def __init__(self, head=b"Content-Encoding: gzip\r\n", body=None):
        self.body = gzip.compress(bytes(64 << 20)) if body is None else body
        self.head, self.asked = head, []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.issuer = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def _answer(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            await asyncio.sleep(0.1)  # while the others ask, too
            length = f"Content-Length: {len(self.body)}\r\n\r\n".encode()
            writer.write(b"HTTP/1.1 200 OK\r\n" + self.head + length + self.body)
            await writer.drain()
        writer.close()


async def begun(provider, times=1):
    table, clock = parse(oidc(provider.issuer), "room.toml").api.oidc, SystemClock()
    sign_in = SignIn(OidcProvider(table, BACK, clock), clock)
    return await asyncio.gather(*(sign_in.begin() for _ in range(times)), return_exceptions=True)


@pytest.mark.real
@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd", b"identity, gzip"])
async def test_a_compressed_answer_is_not_unpacked_and_of_many_strangers_one_asks(coding):
    head = b"Content-Encoding: " + coding + b"\r\n"
    async with asyncio.timeout(LIMIT_S), Packed(head) as provider:
        tracemalloc.start()
        try:
            found = await begun(provider, ATTEMPTS.burst)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert [one.code for one in found] == ["untrusted"] * ATTEMPTS.burst
    assert most < 32 << 20
    assert len(provider.asked) == 1
    assert b"accept-encoding: identity" in provider.asked[0].lower()


@pytest.mark.real
async def test_an_answer_that_is_too_long_is_not_read_to_its_end():
    async with asyncio.timeout(LIMIT_S), Packed(b"", b" " * (8 << 20)) as provider:
        [found] = await begun(provider)
    assert "too long" in str(found)


@pytest.mark.real
async def test_no_proxy_of_the_environment_hears_of_a_sign_in(monkeypatch):
    async with asyncio.timeout(LIMIT_S), Packed() as proxy, Packed() as provider:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.issuer)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        await begun(provider)
    assert (len(proxy.asked), len(provider.asked)) == (0, 1)


async def test_a_flood_of_attempts_asks_the_provider_no_more_than_it_may():
    provider, clock = HostileProvider(), SystemClock()
    sign_in = SignIn(
        OidcProvider(parse(oidc(), "room.toml").api.oidc, BACK, clock, provider), clock
    )
    with pytest.raises(NotSignedIn) as refused:
        await begin_often(sign_in)
    assert refused.value.code == "busy"
    assert len(provider.asked) == 1  # its description is known by then


# Through the door, at a provider that others wrote.


@pytest.fixture(scope="module")
def provider():
    users = [
        mock.User(sub="li", claims={"groups": ["Facilities"], "email": "li@example.org"}),
        mock.User(sub="guest", claims={"groups": []}),
    ]
    with mock.run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.mark.real
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own
class TestAtARealProvider:
    async def sign_in(self, house, client, person="li"):
        begun = await client.get("/api/v1/sign-in")
        assert begun.status_code == 303, begun.text
        async with httpx.AsyncClient() as browser:
            back = await browser.post(begun.headers["location"], data={"sub": person})
        assert back.status_code == 302, back.text
        return back.headers["location"].removeprefix(house.base)

    def house(self, tmp_path, provider, language="en"):
        text = ROOM.replace('language = "en"', f'language = "{language}"')
        return House(tmp_path, text=text + oidc(provider), keep=True)

    async def test_staff_sign_in_look_and_sign_out(self, tmp_path, provider):
        house = self.house(tmp_path, provider)
        async with house.in_process() as client:
            answer = await client.get(await self.sign_in(house, client))
            assert answer.status_code == 200, answer.text
            assert "li@example.org, as facilities" in answer.text
            kept = [one for one in client.cookies.jar if one.name.endswith("_facilities")]
            assert len(kept) == 1
            header = str(answer.headers.get_list("set-cookie"))
            assert "HttpOnly" in header
            assert "SameSite=strict" in header
            assert (await client.get("/api/v1/audit")).status_code == 200
            assert (await client.get("/api/v1/log")).status_code == 403  # a technician's
            origin = {"Origin": house.base}
            evil = await client.post("/api/v1/sign-out", headers={"Origin": "https://evil.example"})
            assert evil.status_code == 403
            assert (await client.post("/api/v1/sign-out", headers=origin)).status_code == 204
            client.cookies.jar.set_cookie(kept[0])
            assert (await client.get("/api/v1/audit")).status_code == 401

    async def test_a_code_that_is_brought_again_signs_nobody_in(self, tmp_path, provider):
        house = self.house(tmp_path, provider)
        async with house.in_process() as client, house.in_process() as thief:
            back = await self.sign_in(house, client)
            assert (await thief.get(back)).status_code == 400
            assert (await client.get(back)).status_code == 200
            assert (await client.get(back)).status_code == 400

    async def test_whoever_is_in_no_group_reads_so_in_the_rooms_language(self, tmp_path, provider):
        house = self.house(tmp_path, provider, "zh-CN")
        async with house.in_process() as client:
            answer = await client.get(await self.sign_in(house, client, "guest"))
        assert answer.status_code == 403
        assert "您的账号没有管理会议室的权限" in answer.text
        assert "_facilities" not in str(answer.headers)

    async def test_nobody_is_sent_anywhere_else(self, tmp_path, provider):
        house = self.house(tmp_path, provider)
        async with house.in_process() as client:
            begun = await client.get("/api/v1/sign-in?next=https://evil.example&to=//evil.example")
            assert begun.headers["location"].startswith(f"{provider}/")
            assert "evil" not in begun.headers["location"]
            denied = await client.get("/api/v1/sign-in/callback?error=<script>alert(1)</script>")
            assert denied.status_code == 403
            assert "<script" not in denied.text

    async def test_who_signed_in_is_named_in_the_audit(self, tmp_path, provider):
        house = self.house(tmp_path, provider)
        async with house.in_process() as client:
            await client.get(await self.sign_in(house, client))
            await client.post("/api/v1/sign-out", headers={"Origin": house.base})
            await client.get(await self.sign_in(house, client, "guest"))
        events = [one.event for one in await house.room.audit.entries(None, None, 10)]
        said = [(one.command, one.role, one.result) for one in events]
        done = [("sign-in", "facilities", "done"), ("sign-out", "facilities", "done")]
        assert said == [*done, ("sign-in", "nobody", "refused: no_group")]
        assert all(one.name.startswith("li@example.org ") for one in events[:2])


@pytest.mark.real
async def test_a_provider_that_is_gone_is_said_on_a_page(tmp_path):
    house = House(tmp_path, text=ROOM + oidc("http://127.0.0.1:9"))
    async with house.in_process() as client:
        answer = await client.get("/api/v1/sign-in")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text
    assert 'href="/api/v1/sign-in"' in answer.text


async def test_a_room_without_a_provider_has_no_sign_in(house):
    async with house.in_process() as client:
        assert (await client.get("/api/v1/sign-in")).status_code == 401


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (oidc("http://login.example.org"), "must look like 'https://"),
        (oidc("https://me:pw@login.example.org"), "must look like"),
        (oidc(more='scopes = ["profile"]'), "needs 'openid'"),
        (oidc().replace('"facilities"', '"panel"'), "panel"),
        (oidc().replace('url = "http://127.0.0.1:8080"', ""), "needs url"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_of_room_toml(text, says):
    found = mistakes(text, "room.toml")
    assert [one for one in found if says in str(one)], found
    assert "a-secret-of-the-house" not in str(found)
