"""What the door refuses whoever asks: other names, other sites, too much, and what is no JSON."""

import json

import pytest
import websockets

from roomctl.api.rights import needs
from roomctl.roles import Right
from tests.api.rig import BEARER, House
from tests.api.test_matrix import raw

COMMAND = {"type": "room.wake", "args": {}}
OTHER_SITES = ["https://evil.example", "null", "http://127.0.0.1:9999", "http://[", "", "://", "é"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """One room for all: the door remembers nothing from one request to the next."""
    return House(tmp_path_factory.mktemp("state"))


def problem_of(answer):
    """Return an error's body; check that it has the form that every error has."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "code", "detail", "params"} <= set(body)
    assert body["status"] == answer.status_code
    return body


OTHER_HOSTS = [
    *("evil.example", "localhost.evil.example", "", "[", "localhost.", "[::1]evil.com", "[::1]:"),
    *("[::1].evil.com:8080", "[::1", "::1]", "[]", "[127.0.0.1]", "[evil.com]", "x@127.0.0.1"),
    *("evil.com@localhost", "127.0.0.1/evil.com", "127.0.0.1?evil.com", "127.0.0.1#evil.com"),
    *("127.0.0.1\\evil.com", "127.0.0.1:80:80", "127.0.0.1:8080evil.com", "127.0.0.1 evil.com"),
    *("localhost:evil.com", "::1", "127.1", "2130706433", "0x7f000001", "localhost,evil.com"),
]


@pytest.mark.parametrize("host", OTHER_HOSTS)
async def test_a_name_that_is_not_this_rooms_is_421(house, host):
    async with house.in_process(headers={**BEARER, "Host": host}) as client:
        for path in ("/", "/healthz", "/api/v1/room", "/ui/panel.js"):
            answer = await client.get(path)
            assert answer.status_code == 421
            assert problem_of(answer)["code"] == "host"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080"])
async def test_the_names_of_this_box_and_any_address_are_answered(house, host):
    async with house.in_process(headers={"Host": host}) as client:
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("origin", OTHER_SITES)
async def test_another_origin_may_not_write_whatever_it_holds(house, origin):
    hostile = {"Origin": origin.encode()}
    for who in ({}, BEARER, await house.panel_headers()):
        async with house.in_process(headers={**who, **hostile}) as client:
            answer = await client.post("/api/v1/commands", json=COMMAND)
            assert answer.status_code == 403
            assert problem_of(answer)["code"] == "origin"
            assert (await client.post("/api/v1/pair", json={"token": "x" * 9})).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_browser_that_says_it_comes_from_elsewhere_may_not_write(house, site):
    panel = {**await house.panel_headers(), "Sec-Fetch-Site": site}
    async with house.in_process(headers=panel) as client:
        assert (await client.post("/api/v1/commands", json=COMMAND)).status_code == 403
        # Another port of this box is the same site to a cookie, and a meeting runs there.
        assert (await client.get("/api/v1/room")).status_code == 403


async def test_a_cookie_alone_writes_nothing_without_an_origin(house):
    async with house.in_process(cookies=await house.cookie()) as client:
        assert (await client.get("/api/v1/room")).status_code == 200
        answer = await client.post("/api/v1/commands", json=COMMAND)
    assert answer.status_code == 403
    assert house.room.document.panel.awake


@pytest.mark.real
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://["])
async def test_a_socket_from_another_origin_is_refused_before_it_opens(alive, origin):
    headers = {**await alive.panel_headers(), "Origin": origin}
    url = f"ws://127.0.0.1:{alive.port}/api/v1/live"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(url, additional_headers=headers)
    assert refused.value.response.status_code == 403


@pytest.mark.real
async def test_a_panels_socket_without_an_origin_is_refused(alive):
    headers = await alive.panel_headers()
    del headers["Origin"]
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(
            f"ws://127.0.0.1:{alive.port}/api/v1/live", additional_headers=headers
        )


async def test_a_malformed_cookie_of_another_program_does_not_log_the_panel_out(house):
    [(name, secret)] = (await house.cookie()).items()
    noise = f'x={{"a": 1, "b"}}; =; ;; bad[]=1,2 ; {name}={secret}; ü=1'
    async with house.in_process(headers={"Cookie": noise.encode()}) as client:
        assert (await client.get("/api/v1/room")).status_code == 200


async def test_a_body_over_64_kib_is_413(house):
    body = json.dumps({"type": "room.wake", "args": {}, "id": "x" * 65536}).encode()
    async with house.in_process(headers=BEARER) as client:
        answer = await client.post(
            "/api/v1/commands", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 413
    assert problem_of(answer)["code"] == "too_large"


@pytest.mark.real
async def test_a_body_in_chunks_is_411_and_its_sender_hears_it(alive):
    async def chunks():
        yield b'{"type": "room.wake", "args": {}, "id": "'
        for _ in range(17):
            yield b"x" * 4096

    async with alive.program() as client:
        answer = await client.post(
            "/api/v1/commands", content=chunks(), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 411
    assert problem_of(answer)["code"] == "length_required"


@pytest.mark.parametrize("length", [b"x", b"", b"1e3", b"\xb2", b"9" * 5000, b"-1"])
async def test_a_content_length_that_is_no_number_is_no_fault_of_ours(house, length):
    headers = [(b"authorization", BEARER["Authorization"].encode()), (b"content-length", length)]
    said = await raw(house.app, "/api/v1/commands", "POST", headers)
    assert 400 <= said[0]["status"] < 500


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None, "json"]
)
async def test_a_body_that_does_not_call_itself_json_is_415(house, kind):
    headers = {"Content-Type": kind} if kind else {}
    token = house.tokens.offer_pairing("panel")
    bodies = {"/api/v1/commands": COMMAND, "/api/v1/pair": {"token": token}}
    async with house.in_process(headers=BEARER) as client:
        for path, body in bodies.items():
            answer = await client.post(path, content=json.dumps(body), headers=headers)
            assert answer.status_code == 415
            assert problem_of(answer)["code"] == "not_json"
    assert await house.tokens.pair(token)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 60_000,
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"type": "room.wake", "\\ud800": 1}',
        b'{"type": "\\ud800"}',
        b'{"type": "camera.drive", "args": {"camera": "front", "pan": NaN}}',
        b'{"type": "camera.drive", "args": {"camera": "front", "lease_ms": 1e400}}',
        b'{"type": "meeting.join", "args": {"link": "\\ud800"}}',
        b'{"type": "meeting.join", "args": {"favourite": "\\ud800"}}',
        b'{"type": "audio.mute", "args": {"on": 1}}',
        b'{"type": "room.wake", "id": "\\n"}',
        b'{"type": "room.wake", "args": {"x": ' + b"9" * 5000 + b"}}",
    ],
)
async def test_a_hostile_body_is_a_problem_of_the_client(house, body):
    async with house.in_process(headers=BEARER) as client:
        for path in ("/api/v1/commands", "/api/v1/pair", "/api/v1/simulator"):
            answer = await client.post(
                path, content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (400, 422), answer.text
            problem_of(answer)


async def test_every_answer_forbids_framing_sniffing_and_being_read_by_other_sites(house):
    async with house.in_process() as client:
        for path in ("/", "/ui/panel.js", "/healthz", "/api/v1/room", "/none"):
            headers = (await client.get(path)).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in headers


async def test_errors_of_every_kind_are_problems(house):
    async with house.in_process(headers=BEARER) as client:
        seen = {
            (await client.get("/api/v1/none")).status_code: "not_found",
            (await client.delete("/api/v1/room")).status_code: "method_not_allowed",
        }
        assert seen == {404: "not_found", 405: "method_not_allowed"}
        for answer in (await client.get("/api/v1/none"), await client.delete("/api/v1/room")):
            assert problem_of(answer)["code"] == seen[answer.status_code]
        assert (await client.delete("/api/v1/room")).headers["allow"] == "GET"
        invalid = await client.post("/api/v1/commands?wait_s=nan", json=COMMAND)
        assert problem_of(invalid)["params"]["where"] == "query.wait_s"
        misspelt = await client.post("/api/v1/commands?wait=3", json=COMMAND)
        assert problem_of(misspelt)["params"]["where"] == "query.wait"


async def test_a_fault_of_our_own_is_a_problem_that_tells_nothing(house, caplog):
    @needs(Right.LOOK)
    async def faulty():
        raise ZeroDivisionError("secret-detail")

    house.app.add_api_route("/api/v1/faulty", faulty)
    async with house.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/faulty")
    assert answer.status_code == 500
    assert problem_of(answer)["code"] == "internal"
    assert "secret-detail" not in answer.text
