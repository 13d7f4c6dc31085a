"""How a browser becomes a panel, and what of all the secrets can be seen: nothing."""

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from roomctl.api.auth import PAIRING_S, VISIT_S, Tokens
from roomctl.clock import VirtualClock
from roomctl.roles import Role
from tests.api import rig
from tests.api.test_guard import problem_of

PASSCODES = ("canary4711", "Canary0815")
LINK = f"https://zoom.us/j/91234567890?pwd={PASSCODES[0]}"
REFUSED = f"https://zoom.us.evil.example/j/91234567890?pwd={PASSCODES[0]}"


async def pair(client, token):
    return await client.post("/api/v1/pair", json={"token": token})


async def test_a_pairing_link_makes_a_panel_once(house):
    token = house.tokens.offer_pairing(Role.PANEL)
    async with house.in_process() as client:
        assert (await pair(client, token)).status_code == 204
        assert (await client.get("/api/v1/room")).status_code == 200
    async with house.in_process() as client:
        again = await pair(client, token)
        assert again.status_code == 403
        assert problem_of(again)["code"] == "pairing"
        assert "set-cookie" not in again.headers


async def test_a_pairing_link_is_too_old_after_fifteen_minutes(tmp_path):
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    house = rig.House(tmp_path, clock=clock)
    young, old = (house.tokens.offer_pairing(Role.PANEL) for _ in range(2))
    async with house.in_process() as client:
        clock.advance(PAIRING_S)
        assert (await pair(client, young)).status_code == 204
        clock.advance(0.1)
        assert (await pair(client, old)).status_code == 403


@pytest.mark.parametrize("role", [Role.PANEL, Role.SIMULATOR])
async def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(house, role):
    async with house.in_process() as client:
        answer = await pair(client, house.tokens.offer_pairing(role))
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"roomctl_{house.port}_{role}=")
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))


async def test_panels_stay_paired_after_a_restart(house):
    [(_, secret)] = (await house.cookie()).items()
    assert house.tokens.session(secret, Role.PANEL)
    after = Tokens(house.store, house.clock, rig.ADMIN)
    assert after.session(secret, Role.PANEL)
    assert not after.session(secret, Role.SIMULATOR)


async def test_panels_that_pair_at_once_all_stay_paired_after_a_restart(house):
    cookies = await asyncio.gather(*(house.cookie() for _ in range(20)))
    after = Tokens(house.store, house.clock, rig.ADMIN)
    assert all(after.session(secret, Role.PANEL) for [secret] in map(dict.values, cookies))


async def test_a_pairing_offer_does_not_survive_a_restart(house):
    token = house.tokens.offer_pairing(Role.PANEL)
    assert await Tokens(house.store, house.clock, rig.ADMIN).pair(token) is None


async def test_nobody_is_paired_while_the_disk_refuses_to_write_and_the_link_stays_good(house):
    house.store.folder.rmdir()
    token = house.tokens.offer_pairing(Role.PANEL)
    async with house.in_process() as client:
        refused = await pair(client, token)
        assert refused.status_code == 507
        assert problem_of(refused)["code"] == "storage"
        assert "set-cookie" not in refused.headers
        assert house.tokens.sessions() == []
        house.store.folder.mkdir()
        assert (await pair(client, token)).status_code == 204
        assert (await client.get("/api/v1/room")).status_code == 200


async def test_a_role_that_only_a_newer_version_knows_is_nobodys(house):
    house.store.write("sessions", {"ab" * 32: "owner"})
    assert Tokens(house.store, house.clock, rig.ADMIN).session("x", Role.PANEL) is None


async def test_secrets_are_kept_as_hashes_only(house):
    [(_, secret)] = (await house.cookie()).items()
    kept = "".join(path.read_text() for path in house.store.folder.iterdir())
    assert secret not in kept
    assert rig.ADMIN not in kept


@pytest.mark.real
async def test_no_secret_is_shown_or_logged_whatever_is_asked(tmp_path, caplog):
    """Canaries go in by every way that takes a secret; then everything that came out is read."""
    caplog.set_level(logging.DEBUG)
    shown = []
    async with rig.running(tmp_path, link=LINK) as house, house.program() as client:
        panel = await house.panel()
        [(_, secret)] = (await house.cookie()).items()
        paths = ("/api/v1/room", "/api/v1/simulator", "/docs", "/openapi.json")
        ways = (
            {"booking": "sim-now"},
            {"link": LINK},
            {"link": REFUSED},
            {"link": f"Passcode: {PASSCODES[1]} {LINK}"},
            {"number": "912 3456 7890", "platform": "zoom", "passcode": PASSCODES[1]},
            {"number": "1", "platform": "zoom", "passcode": PASSCODES[1]},
            {"number": "912 3456 7890", "platform": "zoom", "passcode": PASSCODES[1] * 9},
            {"number": "912 3456 7890", "platform": "none", "passcode": PASSCODES[1]},
            {"link": LINK, "passcode": PASSCODES[1]},
            {"favourite": "none", "passcode": PASSCODES[1]},
            {"passcode": PASSCODES[1]},
        )
        for number, args in enumerate(ways):
            body = {"type": "meeting.join", "args": args, "id": str(number)}
            shown.append((await client.post("/api/v1/commands", json=body)).text)
            await panel.command(f"panel-{number}", "meeting.join", **args)
            shown.append((await client.get(f"/api/v1/commands/{number}")).text)
        shown += [(await client.get(path)).text for path in paths]
        bad = {"Authorization": f"Bearer {rig.ADMIN}x"}
        shown.append((await client.get("/api/v1/room", headers=bad)).text)
        shown.append((await pair(client, secret)).text)
        async with client.stream("GET", "/api/v1/events") as answer:
            async for line in answer.aiter_lines():
                shown.append(line)
                if not line:
                    break
        shown += [str(message) for message in panel.heard]
        shown += [str(house.room.since(0)), str(house.room.document)]
        await panel.socket.close()
    asking = ("httpx", "httpcore", "websockets.client")  # this test's own side
    shown += [r.getMessage() for r in caplog.records if not r.name.startswith(asking)]
    assert house.screen.page is not None, "no meeting was opened, so nothing was at stake"
    secrets = (*PASSCODES, rig.ADMIN, secret)
    assert not [(word, text) for word in secrets for text in shown if word in text]


async def test_a_program_makes_a_link_for_another_panel(house):
    async with house.in_process() as client:
        headers = {"Authorization": f"Bearer {rig.ADMIN}"}
        answer = await client.post("/api/v1/pairings", json={"role": "panel"}, headers=headers)
        assert answer.status_code == 201
        page, _, token = answer.json()["path"].partition("#pair=")
        assert page == "/"
        assert answer.json()["link"] is None, "nobody else finds a room that listens to itself"
        assert (await pair(client, token)).status_code == 204
        assert (await client.get("/api/v1/room")).status_code == 200
        client.headers["Origin"] = house.base
        refused = await client.post("/api/v1/pairings", json={})
        assert (refused.status_code, problem_of(refused)["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("role", ["panel", "screen"])
async def test_a_pairing_link_names_the_address_that_others_reach(tmp_path, role):
    text = rig.ROOM + '\n[api]\nurl = "https://bamboo.example.org"\n'
    async with rig.awake(rig.House(tmp_path, text=text)) as house, house.in_process() as client:
        headers = {"Authorization": f"Bearer {rig.ADMIN}"}
        answer = await client.post("/api/v1/pairings", json={"role": role}, headers=headers)
        offered = answer.json()
        assert offered["link"] == f"https://bamboo.example.org{offered['path']}"


async def test_a_guests_stream_ends_with_the_visit_and_with_its_session(tmp_path):
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    house = rig.House(tmp_path, clock=clock)

    async def visit():
        """Read the events of a guest until they end."""
        async with house.in_process(headers=await house.panel_headers(Role.GUEST)) as guest:
            return (await guest.get("/api/v1/events")).text

    for end in ("time", "revoked"):
        stream = asyncio.create_task(visit())
        await rig.eventually(house.tokens.sessions)
        if end == "time":
            clock.advance(VISIT_S + 1)
        else:
            [(session, _)] = house.tokens.sessions()
            await house.tokens.end_session(session)
        async with asyncio.timeout(rig.LIMIT_S):
            assert (await stream).count("event: room") <= 1


@pytest.mark.real
async def test_a_guests_socket_ends_when_its_session_is_revoked(alive):
    phone = await alive.panel(role=Role.GUEST)
    [(session, known)] = alive.tokens.sessions()
    assert known.role is Role.GUEST
    await alive.tokens.end_session(session)
    async with asyncio.timeout(rig.LIMIT_S):
        await phone.socket.wait_closed()
    assert phone.socket.close_code == 4401


async def test_the_sessions_of_an_older_version_are_taken_over(house):
    house.store.write("sessions", {"ab" * 32: "panel", "cd" * 32: {"role": "panel"}, "ef": "owner"})
    known = Tokens(house.store, house.clock).sessions()
    assert [(one.role, one.until) for _, one in known] == [(Role.PANEL, None)] * 2


async def test_a_session_ends_after_ninety_days_unused_and_not_while_it_is_used(tmp_path):
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    house = rig.House(tmp_path, clock=clock)
    [used], [idle] = [list((await house.cookie()).values()) for _ in range(2)]
    for _ in range(91):
        clock.advance(24 * 3600)
        assert house.tokens.session(used, Role.PANEL)
    clock.synced = False
    assert house.tokens.session(idle, Role.PANEL), "a clock that nobody has set ends nothing"
    clock.advance(91 * 24 * 3600)
    clock.synced = True
    assert not house.tokens.session(idle, Role.PANEL)
    assert house.tokens.sessions() == []


async def test_the_day_of_the_last_use_is_no_write_for_each_request(house):
    [secret] = (await house.cookie()).values()
    written = house.store.folder / "sessions.json"
    before = written.stat().st_mtime_ns
    for _ in range(50):
        assert house.tokens.session(secret, Role.PANEL)
    assert not house.tokens._stale.is_set()
    assert written.stat().st_mtime_ns == before
