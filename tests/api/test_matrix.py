"""Who may reach which route. The routes are read from the app, so none can be forgotten."""

import pytest
import websockets

from roomctl.api.auth import Role
from tests.api.rig import ADMIN, leaves

PUBLIC = {"/", "/screen", "/far-side", "/favicon.ico", "/healthz", "/readyz", "/api/v1/pair"}
PUBLIC_MOUNTS = {"/ui", "/docs-assets"}
FAR_SIDE = {"/api/v1/far-side"}
FOR_THE_SCREEN = {"/api/v1/room", "/api/v1/phone"}
TRACE = "/api/v1/cameras/{camera}/trace"
PICTURE = "/api/v1/cameras/{camera}/presets/{preset}/picture"
DESCRIPTION = "/api/v1/speakerphones/{speakerphone}/description"
USE = "/api/v1/use"
FOR_PROGRAMS = {"/api/v1/pairings", "/api/v1/settings", USE, TRACE, DESCRIPTION}
DISPLAY = "/api/v1/screen/picture"
ENDLESS = {"/api/v1/events"}
COMMAND = "/api/v1/commands/{command_id}"
BODIES = {
    "/api/v1/commands": {"type": "room.wake", "args": {}},
    "/api/v1/far-side": {"device": "camera.front", "action": "garble"},
    "/api/v1/pair": {"token": "a-token-nobody-offered"},
    "/api/v1/pairings": {"role": "panel"},
}
NOBODY = {"no token": {}, "wrong token": {"Authorization": "Bearer " + "x" * 38}}


def calls(house):
    """Return every (method, path) of the app."""
    found = set()
    for kind, path, methods in leaves(house.app.routes):
        if kind == "http":
            found |= {(method, path) for method in methods}
    return sorted(found)


async def status(client, method, path, **options):
    body = BODIES.get(path) if method == "POST" else None
    names = {"command_id": "none", "camera": "front", "preset": "1", "speakerphone": "table"}
    url = path.format_map(names)
    async with client.stream(method, url, json=body, **options) as answer:
        return answer.status_code


def test_every_route_of_the_app_is_one_that_this_page_knows(house):
    everything = list(leaves(house.app.routes))
    paths = {path for kind, path, _ in everything if kind == "http"}
    assert paths == {
        *PUBLIC,
        *FAR_SIDE,
        *FOR_THE_SCREEN,
        *FOR_PROGRAMS,
        *ENDLESS,
        "/api/v1/commands",
        COMMAND,
        PICTURE,
        DISPLAY,
        "/openapi.json",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
    }
    assert {path for kind, path, _ in everything if kind == "websocket"} == {"/api/v1/live"}
    mounts = {path for kind, path, _ in everything if kind == "mount"}
    assert {"/" + path.split("/")[1] for path in mounts} == PUBLIC_MOUNTS


@pytest.mark.parametrize("headers", NOBODY.values(), ids=NOBODY.keys())
async def test_nothing_but_the_public_paths_answers_to_nobody(house, headers):
    async with house.in_process(headers=headers) as client:
        for method, path in calls(house):
            found = await status(client, method, path)
            if path in PUBLIC:
                assert found != 401, (method, path)
            else:
                assert found == 401, (method, path)


@pytest.mark.parametrize("headers", NOBODY.values(), ids=NOBODY.keys())
async def test_no_other_method_and_no_unknown_path_answers_to_nobody(house, headers):
    paths = {path for _, path in calls(house)} - PUBLIC
    async with house.in_process(headers=headers) as client:
        for path in (*paths, "/api/v1/none", "/api", "/ui", "/docs/", "/api/v1/room/"):
            for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"):
                assert await status(client, method, path) == 401, (method, path)


async def test_the_public_paths_show_nothing_of_the_room(alive):
    seen = ("Bamboo", "front", "ceiling", "Design review", "Zhang", ADMIN, "0b0e", "jit.si")
    async with alive.in_process() as client:
        for path in PUBLIC:
            method = "POST" if path in BODIES else "GET"
            answer = await client.request(method, path, json=BODIES.get(path))
            assert not [word for word in seen if word in answer.text], path


async def test_the_api_token_opens_every_route(alive):
    async with alive.program() as client:
        for method, path in calls(alive):
            refused = {COMMAND: 404, PICTURE: 404, "/api/v1/pair": 403, DISPLAY: 403}
            expected = {**refused, "/favicon.ico": 204}.get(path, 200)
            if (path in FAR_SIDE and method == "POST") or path == "/api/v1/phone":
                expected = 204
            if path == "/api/v1/pairings":
                expected = 201
            if (method, path) == ("DELETE", USE):
                expected = 422  # nothing is deleted that was not named
            assert await status(client, method, path) == expected, (method, path)


async def test_a_panel_opens_everything_but_the_far_side_and_what_is_for_programs(alive):
    async with alive.program() as client:
        del client.headers["Authorization"]
        client.headers.update(await alive.panel_headers())
        for method, path in calls(alive):
            found = await status(client, method, path)
            assert (found == 401) == (path in FAR_SIDE | FOR_PROGRAMS), (method, path)


@pytest.mark.parametrize(
    ("role", "opens"), [(Role.FAR_SIDE, FAR_SIDE), (Role.SCREEN, FOR_THE_SCREEN)]
)
async def test_a_far_side_and_a_screen_open_what_is_theirs_only(house, role, opens):
    async with house.in_process(headers=await house.panel_headers(role)) as client:
        for method, path in calls(house):
            found = await status(client, method, path)
            assert (found == 401) == (path not in PUBLIC | opens), (method, path)


async def test_every_role_is_one_that_this_page_knows():
    assert set(Role) == {Role.ADMIN, Role.PANEL, Role.SCREEN, Role.FAR_SIDE}


@pytest.mark.parametrize("role", [None, Role.FAR_SIDE])
async def test_a_socket_without_a_panels_session_is_closed_with_4401(alive, role):
    headers = await alive.panel_headers(role) if role else {}
    url = f"ws://127.0.0.1:{alive.port}/api/v1/live"
    async with websockets.connect(url, additional_headers=headers) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 4401


async def test_a_wrong_token_is_not_mended_by_a_good_cookie(house):
    headers = {**await house.panel_headers(), "Authorization": "Bearer wrong"}
    async with house.in_process(headers=headers) as client:
        assert (await client.get("/api/v1/room")).status_code == 401


async def test_a_secret_of_one_role_is_not_good_under_the_others_cookie(house):
    [secret] = (await house.cookie(Role.FAR_SIDE)).values()
    cookies = {f"roomctl_{house.port}_panel": secret}
    async with house.in_process(cookies=cookies) as client:
        assert (await client.get("/api/v1/room")).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/ui/../api/v1/room",
        "/ui/%2e%2e/api/v1/room",
        "/docs-assets/../openapi.json",
        "/ui/..%2f..%2fpyproject.toml",
        "//api/v1/room",
        "/healthz/../api/v1/room",
    ],
)
async def test_no_detour_leads_from_a_public_path_to_another(house, path):
    scope_path = path.replace("%2e", ".").replace("%2f", "/")
    said = await raw(house.app, scope_path)
    assert said[0]["status"] in (401, 404), said


async def raw(app, path, method="GET", headers=()):
    """Call the app with a path as it stands, which clients would tidy up."""
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
