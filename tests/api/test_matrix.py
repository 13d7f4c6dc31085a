"""Every role against every route, method, bent path, command and message, as the table says.

Routes are read from the app and commands from the room, so none can be forgotten.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
import websockets
from fastapi import APIRouter, FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from roomctl import app, roles
from roomctl.api import schema
from roomctl.api.auth import SCOPES, VISIT_S
from roomctl.api.command_list import example
from roomctl.api.rights import RightRoute, RightSocketRoute, Routes, demand_rights, needs
from roomctl.clock import VirtualClock
from roomctl.roles import MESSAGES, TABLE, Right, Role, When
from tests.api import rig
from tests.api.rig import ADMIN, leaves

pytestmark = pytest.mark.real

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
PATHS = {
    "command_id": "none",
    "camera": "front",
    "number": "1",
    "preset": "1",
    "speakerphone": "table",
    "sensor": "ceiling",
    "name": "nobodys",
    "session": "00000000",
    "step": "1",
    "picture": "1",
}
BODIES = {
    "/api/v1/config": {"text": ""},
    "/api/v1/config/check": {"text": ""},
    "/api/v1/config/rollback": {"revision": 0},
    "/api/v1/migration/plan": {"leaving": "none", "to": "none"},
    "/api/v1/migration/apply": {"stage": "dual"},
    "/api/v1/migration/rollback": {},
    "/api/v1/migration/proof": {},
    "/api/v1/commands": {"type": "room.wake", "args": {}},
    "/api/v1/simulator": {"device": "camera.front", "action": "garble"},
    "/api/v1/pair": {"token": "a-token-nobody-offered"},
    "/api/v1/pairings": {"role": "panel"},
    "/api/v1/people/{name}": {"role": "read", "password": "short"},
    "/api/v1/staff/sign-in": {"name": "nobodys", "password": "none"},
    "/api/v1/occupancy/{sensor}": {"present": True},
}
BENT = {  # as it stands on the wire, what the server makes of it
    "a line break": ("%0A", "\n"),
    "a whole line break": ("%0D%0A", "\r\n"),
    "a carriage return": ("%0D", "\r"),
    "a null": ("%00", "\0"),
    "a tab": ("%09", "\t"),
    "delete": ("%7F", "\x7f"),
    "a C1 control": ("%C2%85", "\x85"),
    "a line separator": ("%E2%80%A8", "\u2028"),
    "right to left": ("%E2%80%AE", "\u202e"),
    "a zero-width space": ("%E2%80%8B", "\u200b"),
    "a backslash": ("%5C", "\\"),
    "an encoded slash": ("%2F", "/"),
    "a small encoded slash": ("%2fx", "/x"),
    "one level up": ("/..", "/.."),
    "one level up, encoded": ("/%2e%2e/", "/../"),
    "a dot": ("/.", "/."),
}
OTHER = {
    "a slash": "/",
    "two slashes": "//",
    "a parameter": ";x",
    "a trailing dot": ".",
    "a trailing space": " ",
    "a percent": "%0A",  # that was encoded twice
    "a nought": "0",
    "an extension": ".json",
}
NOBODIES = ("nobody", "wrong token", "revoked token", "expired token", "visit over", "ended")
WHO = (*NOBODIES, *Role)
COMMANDS = {one.name: one.right for one in app.declared()}
NAMED = frozenset({Right.MUTE, Right.MOVE})  # what the token of an integration names here
DENIALS = {denial.code for denial in roles._DENIALS.values()} | {"not_allowed"}

ARGS = {one.name: example(one) for one in app.declared()}


def leaf_routes(routes):
    """Yield every route there is, however deeply it is included."""
    for route in routes:
        if not isinstance(route, RightRoute) and hasattr(route, "original_router"):
            yield from leaf_routes(route.original_router.routes)
        else:
            yield route


def declared(house):
    """Return the right of every (method, path) of the app."""
    return {
        (method, route.path): route.right
        for route in leaf_routes(house.app.routes)
        if isinstance(route, RightRoute)
        for method in route.methods
    }


async def everybody(folder):
    """Return a house, and the headers of everybody who may ask it, or may no longer."""
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    house = rig.House(folder, clock=clock)

    async def bearer(name, scope, expires=None):
        rights = NAMED if scope is Role.INTEGRATION else frozenset()
        _, token = await house.tokens.make(name, scope, expires, rights)
        return {"Authorization": f"Bearer {token}"}

    who = {
        "nobody": {},
        "wrong token": {"Authorization": "Bearer " + "x" * 43},
        "revoked token": await bearer("revoked", Role.ADMIN),
        "expired token": await bearer("old", Role.ADMIN, clock.now().wall + timedelta(seconds=1)),
        "visit over": await house.panel_headers(Role.GUEST),
        "ended": await house.panel_headers(Role.PANEL),
    }
    await house.tokens.revoke("revoked")
    for session, _ in house.tokens.sessions():
        if session in (known := [s for s, one in house.tokens.sessions() if one.role == "panel"]):
            await house.tokens.end_session(known[0])
    clock.advance(VISIT_S + 1)
    for role in (Role.PANEL, Role.GUEST, Role.DOOR, Role.SCREEN, Role.SIMULATOR):
        who[role] = await house.panel_headers(role)
    for scope in SCOPES:
        who[scope] = await bearer(scope.value, scope)
    return house, who


@pytest.fixture
async def site(tmp_path):
    return await everybody(tmp_path)


def may(who, right):
    """Whether the table lets somebody through to what a route leads to."""
    return right is Right.PUBLIC or (who in set(Role) and roles.has(right, who, NAMED))


async def ask(app, method, path, headers, raw_path=None, body=None, *, ends=False):
    """Ask for a path as it stands, which clients would tidy up; return status and code.

    `ends`: the answer is no stream, and nobody has to wait beside it.
    """
    content = b"" if body is None else json.dumps(body).encode()
    given = {"host": "127.0.0.1:8080", **{k.lower(): v for k, v in headers.items()}}
    if body is not None:
        form = "application/x-tar" if path == "/api/v1/import" else "application/json"
        given |= {"content-type": form, "content-length": str(len(content))}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": raw_path or path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    said = asyncio.get_running_loop().create_future()
    start = None

    coming = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive():
        if not coming:
            await asyncio.Event().wait()  # whoever asks stays to hear the answer
        return coming.pop()

    async def send(message):
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        elif not said.done():
            said.set_result(message.get("body", b""))

    if ends:
        await app(scope, receive, send)
        return start["status"], _code(said.result())
    running = asyncio.ensure_future(app(scope, receive, send))
    try:
        async with asyncio.timeout(rig.LIMIT_S):
            await asyncio.wait((running, said), return_when=asyncio.FIRST_COMPLETED)
            if running.done() and not said.done():
                running.result()
            answered = await said
    finally:
        running.cancel()  # a stream has no end of its own
        await asyncio.gather(running, return_exceptions=True)
    return start["status"], _code(answered)


def _code(answered):
    try:
        return json.loads(answered).get("code")
    except (ValueError, AttributeError):
        return None


async def test_every_route_and_method_answers_each_role_as_the_table_says(site):
    house, everyone = site
    rights = declared(house)
    assert set(everyone) == set(WHO)
    for path in {path for _, path in rights}:
        url = path.format_map(PATHS)
        for method in METHODS:
            right = rights.get((method, path))
            body = BODIES.get(path, {}) if method in ("POST", "PATCH") else None
            commands = method == "POST" and path == "/api/v1/commands"
            for who, headers in everyone.items():
                status, code = await ask(house.app, method, url, headers, body=body)
                case = (method, path, who, status, code)
                if right is None:
                    assert status == (401 if who in NOBODIES else 405), case
                elif may(who, right) and (not commands or may(who, Right.MEET)):
                    assert status != 401, case
                    assert code not in DENIALS, case
                else:
                    assert status == (401 if who in NOBODIES else 403), case
                    assert code == "unauthorized" or code in DENIALS, case


@pytest.mark.parametrize("suffix", BENT)
async def test_a_bent_path_is_refused_whoever_asks(site, suffix):
    house, everyone = site
    wire, path = BENT[suffix]
    for (method, route), _ in declared(house).items():
        url = route.format_map(PATHS)
        for who, headers in everyone.items():
            raw_path = (url + wire).encode()
            found = await ask(house.app, method, url + path, headers, raw_path, ends=True)
            assert found == (400, "path"), (method, route, who)


@pytest.mark.parametrize("suffix", OTHER)
async def test_a_longer_path_is_another_one(site, suffix):
    house, everyone = site
    for (method, route), right in declared(house).items():
        url = route.format_map(PATHS) + OTHER[suffix]
        if url == "/.":
            continue  # one of the bent ones
        ends_open = route.endswith("}") and "/" not in OTHER[suffix]
        for who, headers in everyone.items():
            status, code = await ask(house.app, method, url, headers, ends=True)
            case = (method, url, who, status, code)
            if who in NOBODIES:
                assert status == 401, case
            elif ends_open and not may(who, right):
                assert (status, code in DENIALS) == (403, True), case
            else:
                assert status in ((404, 405, 422) if ends_open else (404, 405)), case


async def test_an_upper_case_path_is_another_one(site):
    house, everyone = site
    for (method, route), _ in declared(house).items():
        url = route.format_map(PATHS).upper()
        if url == "/":
            continue
        for who, headers in everyone.items():
            status, _ = await ask(house.app, method, url, headers)
            assert status == (401 if who in NOBODIES else 404), (method, url, who)


@pytest.mark.parametrize("role", [Role.GUEST, Role.SCREEN, Role.PANEL])
async def test_no_line_break_leads_to_a_pairing_link_over_a_real_socket(alive, role):
    headers = await alive.panel_headers(role)
    body = b'{"role":"panel"}'
    for suffix in ("%0A", "%0a", "%0D%0A", "%0D", "%00", "%2F", "/", ";", "%5C", ""):
        lines = (
            f"POST /api/v1/pairings{suffix} HTTP/1.1",
            f"Host: 127.0.0.1:{alive.port}",
            *(f"{name}: {value}" for name, value in headers.items()),
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", alive.port)
        writer.write("\r\n".join((*lines, "", "")).encode() + body)
        async with asyncio.timeout(rig.LIMIT_S):
            answer = (await reader.read()).decode()
        writer.close()
        assert answer.split()[1] in ("400", "403", "404"), (suffix, answer)
        assert "pair=" not in answer


# What is declared


def test_every_command_of_the_room_and_of_the_api_has_its_right():
    named = set(schema.command_adapter(app.declared()).json_schema()["discriminator"]["mapping"])
    assert named == set(COMMANDS) == set(ARGS)


def test_every_message_of_the_socket_has_its_right():
    assert set(schema.LIVE.json_schema()["discriminator"]["mapping"]) == set(MESSAGES)


def test_every_right_is_used_and_every_role_has_one(house):
    used = {*declared(house).values(), *COMMANDS.values(), *MESSAGES.values(), Right.UNMUTE}
    assert used == set(Right) == set(TABLE)
    assert {role for row in TABLE.values() for role in row} == set(Role)


def test_no_simulated_hardware_and_no_display_does_anything_in_the_room():
    for right, row in TABLE.items():
        if right not in (Right.PUBLIC, Right.SIMULATION):
            assert Role.SIMULATOR not in row
        if right not in (Right.PUBLIC, Right.LOOK, Right.INVITE):
            assert Role.SCREEN not in row


def test_a_token_may_what_narrower_tokens_may_but_never_open_the_microphone():
    for row in TABLE.values():
        assert Role.READ not in row or Role.OPERATE in row
        assert Role.READ not in row or {Role.AUDITOR, Role.TECHNICIAN} <= set(row)
        assert Role.OPERATE not in row or Role.FACILITIES in row
        assert not set(SCOPES) & set(row) or Role.ADMIN in row
    assert not set(SCOPES) & set(TABLE[Right.UNMUTE])


def test_staff_have_what_their_work_takes_and_no_more():
    own = {role: {right for right, row in TABLE.items() if role in row} for role in Role}
    assert own[Role.AUDITOR] - own[Role.READ] == {Right.AUDIT}
    more = {Right.AUDIT, Right.RELIEVE, Right.SERIES, Right.TEACH, Right.UPDATE}
    assert own[Role.FACILITIES] - own[Role.OPERATE] == more
    assert own[Role.ADMIN] - own[Role.TECHNICIAN] == {
        *(Right.MEET, Right.BOOK, Right.INVITE, Right.AUDIT, Right.ACCESS),
        *(Right.REPORT, Right.SIMULATION, Right.UPDATE),
    }


def nothing():
    async def endpoint():
        return {}

    return endpoint


def test_a_route_cannot_be_declared_without_its_right():
    with pytest.raises(TypeError, match=r"/x: the route does not say which right it needs"):
        Routes().get("/x")(nothing())
    with pytest.raises(TypeError, match=r"/x: the route does not say"):
        Routes().websocket("/x")(nothing())


def test_an_app_with_a_route_of_another_kind_is_not_built(house):
    app = FastAPI(openapi_url=None)
    plain = APIRouter()
    plain.get("/plain")(needs(Right.LOOK)(nothing()))
    app.include_router(plain)
    with pytest.raises(TypeError, match="/plain: a APIRoute says no right"):
        demand_rights(app.routes)
    with pytest.raises(TypeError, match="Mount says no right"):
        demand_rights([Mount("/files", StaticFiles(directory="."))])
    with pytest.raises(TypeError, match="/late"):
        house.app.get("/late")(nothing())
    demand_rights(house.app.routes)


async def test_a_route_is_built_when_it_is_first_asked(house):
    def built():
        routes = (one for one in house.app.routes if isinstance(one, RightRoute))
        return {route.path for route in routes if "dependant" in vars(route)}

    assert built() == set()
    async with house.in_process() as client:
        assert (await client.get("/healthz")).status_code == 200
        assert built() == {"/healthz"}
        assert (await client.get("/api/v1/room")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200
        assert built() == {"/healthz", "/api/v1/room"}


def test_the_app_has_one_socket_and_two_public_folders(house):
    found = list(leaf_routes(house.app.routes))
    assert [r.path for r in found if isinstance(r, RightSocketRoute)] == ["/api/v1/live"]
    mounts = {path for kind, path, _ in leaves(house.app.routes) if kind == "mount"}
    assert {"/" + path.split("/")[1] for path in mounts} == {"/ui", "/docs-assets"}


# Commands and messages


async def walk_in(house):
    await house.simulator.act("occupancy.ceiling", "walk_in", {})
    await house.until(lambda document: document.occupancy.state == "occupied")


@pytest.fixture
async def awake(tmp_path):
    """A room that runs, in which somebody is."""
    async with rig.awake(rig.House(tmp_path)) as house:
        await walk_in(house)
        yield house


async def headers_of(house, role):
    if role in SCOPES:
        rights = NAMED if role is Role.INTEGRATION else frozenset()
        _, token = await house.tokens.make(role.value, role, None, rights)
        return {"Authorization": f"Bearer {token}"}
    return await house.panel_headers(role)


@pytest.mark.parametrize("role", [role for role in Role if role in TABLE[Right.FOLLOW]])
async def test_every_command_is_taken_from_each_role_as_the_table_says(awake, role):
    asked = [(kind, args, COMMANDS[kind]) for kind, args in ARGS.items()]
    asked.append(("audio.mute", {"on": False}, Right.UNMUTE))
    asked.append(("camera.drive", {"camera": "front", "focus": 0.5}, Right.OPERATE))
    async with awake.in_process(headers=await headers_of(awake, role)) as client:
        for kind, args, right in asked:
            body = {"type": kind, "args": args}
            answer = await client.post("/api/v1/commands?wait_s=0.01", json=body)
            allowed = TABLE[right].get(role) is When.OCCUPIED or may(role, right)
            case = (kind, args, answer.text)
            assert answer.status_code != 401, case
            assert (answer.json().get("code") in DENIALS) is not allowed, case
            assert (answer.status_code == 403) is not allowed, case


MESSAGE_SAMPLES = {
    "command": {"id": "1", "command": {"type": "room.wake"}},
    "hold": {"hold": "h", "seq": 1, "camera": "front", "pan": 0.1, "tilt": 0, "zoom": 0},
    "listen": {"on": True},
    "ping": {"t": 1.0},
    "release": {"hold": "h"},
    "snapshot": {},
}


@pytest.mark.parametrize("role", [role for role in Role if role in TABLE[Right.LOOK]])
async def test_every_message_is_taken_from_each_role_as_the_table_says(alive, role):
    url = f"ws://127.0.0.1:{alive.port}/api/v1/live"
    headers = await headers_of(alive, role)
    assert set(MESSAGE_SAMPLES) == set(MESSAGES)
    await walk_in(alive)
    async with websockets.connect(url, additional_headers=headers, max_queue=None) as socket:
        panel = rig.Panel(socket)
        hello = await panel.next("hello")
        assert hello["phone"] is (role is Role.GUEST)
        for t, (kind, sample) in enumerate(MESSAGE_SAMPLES.items()):
            panel.heard.clear()
            await panel.say(type=kind, **sample)
            await panel.say(type="ping", t=1000.0 + t)
            await panel.next("pong", t=1000.0 + t)
            codes = {m["error"]["code"] for m in panel.heard if m["type"] == "error"}
            right = MESSAGES[kind]
            allowed = TABLE[right].get(role) is When.OCCUPIED or may(role, right)
            assert codes == (set() if allowed else {"not_allowed"}), (kind, role)
        given = {
            kind
            for kind, right in COMMANDS.items()
            if may(role, right) or TABLE[right].get(role) in (When.OCCUPIED, When.SWITCHED)
        }
        assert set(hello["may"]) - {"audio.unmute"} == given
        assert ("audio.unmute" in hello["may"]) is (role is Role.PANEL)


@pytest.mark.parametrize("who", [None, Role.SIMULATOR])
async def test_a_socket_that_may_not_look_is_closed_with_4401(alive, who):
    headers = await alive.panel_headers(who) if who else {}
    url = f"ws://127.0.0.1:{alive.port}/api/v1/live"
    async with websockets.connect(url, additional_headers=headers) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 4401


async def test_no_bent_path_leads_to_the_socket(alive):
    headers = await alive.panel_headers()
    for suffix in ("%0A", "%0D%0A", "%00", "%2F", "/", "//", ";x", "%5C"):
        url = f"ws://127.0.0.1:{alive.port}/api/v1/live{suffix}"
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url, additional_headers=headers)


# What else stands at the door


async def test_the_public_paths_show_nothing_of_the_room(alive):
    seen = ("Bamboo", "front", "ceiling", "Design review", "Zhang", ADMIN, "0b0e", "jit.si")
    async with alive.in_process() as client:
        for (method, path), right in declared(alive).items():
            if right is Right.PUBLIC:
                answer = await client.request(method, path, json=BODIES.get(path))
                assert not [word for word in seen if word in answer.text], path


async def test_a_wrong_token_is_not_mended_by_a_good_cookie(house):
    headers = {**await house.panel_headers(), "Authorization": "Bearer wrong"}
    async with house.in_process(headers=headers) as client:
        assert (await client.get("/api/v1/room")).status_code == 401


async def test_a_secret_of_one_role_is_not_good_under_the_others_cookie(house):
    for held in (Role.SIMULATOR, Role.SCREEN, Role.GUEST):
        [secret] = (await house.cookie(held)).values()
        cookies = {f"roomctl_{house.port}_panel": secret}
        async with house.in_process(cookies=cookies) as client:
            assert (await client.get("/api/v1/room")).status_code == 401


async def test_a_browser_that_was_paired_twice_has_both_rights(house):
    both = {**await house.cookie(Role.PANEL), **await house.cookie(Role.SIMULATOR)}
    async with house.in_process(cookies=both) as client:
        assert (await client.get("/api/v1/room")).status_code == 200
        assert (await client.get("/api/v1/simulator")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/ui/../api/v1/room", "/docs-assets/../openapi.json", "//api/v1/room", "/ui/..\\x"],
)
async def test_no_detour_leads_from_a_public_path_to_another(house, path):
    assert (await ask(house.app, "GET", path, {}))[0] in (400, 401, 404)


async def raw(app, path, method="GET", headers=()):
    """Call the app with a path and headers as they stand; return what it said."""
    said = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *headers],
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        said.append(message)

    await app(scope, receive, send)
    return said
