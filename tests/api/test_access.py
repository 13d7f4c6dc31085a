"""Tokens and sessions: made, listed, limited, revoked, kept as hashes, taken over from before."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from roomctl.api.access import Nameable
from roomctl.api.auth import TOKENS_KEPT, Tokens, take_over
from roomctl.api.schema import command_adapter
from roomctl.clock import VirtualClock
from roomctl.errors import Refused
from roomctl.roles import NAMEABLE, Right, Role
from roomctl.store import Store
from tests.api import rig
from tests.api.test_guard import problem_of

OLD = "plain-" + "0123456789abcdef" * 2


@pytest.fixture
def admin(house):
    return house.in_process(headers=rig.BEARER)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def make(client, **body):
    answer = await client.post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


async def test_a_token_is_told_once_listed_without_its_secret_and_ends_when_revoked(house, admin):
    async with admin:
        token = await make(admin, name="dashboard")
        listed = await admin.get("/api/v1/tokens")
        [known] = listed.json()
        assert (known["name"], known["scope"], known["used"]) == ("dashboard", "read", None)
        assert token not in listed.text
        assert token not in (house.store.folder / "tokens.json").read_text()
        async with house.in_process(headers=bearer(token)) as program:
            assert (await program.get("/api/v1/room")).status_code == 200
            [known] = (await admin.get("/api/v1/tokens")).json()
            assert known["used"] == house.clock.now().wall.date().isoformat()
            assert (await admin.delete("/api/v1/tokens/dashboard")).status_code == 204
            assert (await program.get("/api/v1/room")).status_code == 401
        assert (await admin.delete("/api/v1/tokens/dashboard")).status_code == 404


async def test_a_token_outlives_a_restart_and_not_its_last_day(tmp_path):
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    house = rig.House(tmp_path, clock=clock)
    _, token = await house.tokens.make("short", Role.READ, clock.now().wall + timedelta(days=1))
    after = Tokens(house.store, clock)
    assert after.bearer(f"Bearer {token}").name == "token short"
    clock.advance(24 * 3600)
    assert after.bearer(f"Bearer {token}") is None


async def test_a_token_is_limited_and_never_widened(admin):
    async with admin:
        await make(admin, name="robot", scope="operate", days=30)
        for wider in ({"scope": "admin"}, {"days": 31}):
            refused = await admin.patch("/api/v1/tokens/robot", json=wider)
            assert (refused.status_code, problem_of(refused)["code"]) == (409, "token_widened")
        narrower = await admin.patch("/api/v1/tokens/robot", json={"scope": "read", "days": 1})
        assert narrower.json()["scope"] == "read"
        again = await admin.patch("/api/v1/tokens/robot", json={"scope": "operate"})
        assert again.status_code == 409


async def test_an_integration_may_what_its_token_names_also_after_a_restart(house, admin):
    async with admin:
        token = await make(admin, name="switch", scope="integration", may=["mute"])
    source = Tokens(house.store, house.clock).bearer(f"Bearer {token}")
    assert (source.role, source.rights) == (Role.INTEGRATION, {Right.MUTE})
    room = house.room
    room.permissions.permit(Right.MUTE, source)
    room.permissions.permit(Right.LOOK, source)
    for right in set(Right) - {Right.PUBLIC, Right.MUTE, Right.LOOK, Right.FOLLOW}:
        with pytest.raises(Refused):
            room.permissions.permit(right, source)


async def test_an_integration_names_less_later_and_never_more(admin):
    async with admin:
        await make(admin, name="wall", scope="integration", may=["mute", "move"])
        less = await admin.patch("/api/v1/tokens/wall", json={"may": ["mute"]})
        assert less.json()["may"] == ["mute"]
        for more in ({"may": ["mute", "move"]}, {"scope": "operate"}, {"scope": "read"}):
            refused = await admin.patch("/api/v1/tokens/wall", json=more)
            assert (refused.status_code, problem_of(refused)["code"]) == (409, "token_widened")
        await make(admin, name="desk", scope="operate")
        scoped = await admin.patch("/api/v1/tokens/desk", json={"may": ["move"]})
        assert (scoped.json()["scope"], scoped.json()["may"]) == ("integration", ["move"])


@pytest.mark.parametrize("may", [["unmute"], ["access"], ["configure"], ["Mute"], "mute", [1]])
async def test_what_no_integration_may_name_makes_no_token(admin, may):
    async with admin:
        body = {"name": "bold", "scope": "integration", "may": may}
        assert (await admin.post("/api/v1/tokens", json=body)).status_code == 422
        assert (await admin.get("/api/v1/tokens")).json() == []


async def test_only_an_integration_names_its_rights(admin):
    async with admin:
        body = {"name": "odd", "scope": "read", "may": ["mute"]}
        refused = await admin.post("/api/v1/tokens", json=body)
        assert (refused.status_code, problem_of(refused)["code"]) == (409, "not_scoped")


@pytest.mark.parametrize("may", [["unmute"], ["everything"], "mute", 7, None, [["mute"]]])
def test_a_kept_integration_whose_rights_are_damaged_is_nobodys(tmp_path, may):
    entry = {"name": "switch", "scope": "integration", "made": "2026-03-02T00:00:00+00:00"}
    store = Store(tmp_path)
    store.write("tokens", {hashlib.sha256(b"secret").hexdigest(): {**entry, "may": may}})
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    assert Tokens(store, clock).bearer("Bearer secret") is None


def test_the_api_names_the_rights_that_the_table_has():
    assert set(get_args(Nameable)) == set(NAMEABLE)


@pytest.mark.parametrize("name", ["", "A", "a b", "a\n", "../x", "a" * 33, "\u202e", None])
async def test_a_name_that_is_no_name_makes_no_token(admin, name):
    async with admin:
        answer = await admin.post("/api/v1/tokens", json={"name": name})
        assert answer.status_code == 422
        assert (await admin.get("/api/v1/tokens")).json() == []


async def test_two_tokens_of_one_name_and_too_many_are_refused(house, admin):
    async with admin:
        await make(admin, name="one")
        assert (await admin.post("/api/v1/tokens", json={"name": "one"})).status_code == 409
        for number in range(TOKENS_KEPT - 1):
            await house.tokens.make(f"n{number}", Role.READ, None)
        refused = await admin.post("/api/v1/tokens", json={"name": "late"})
        assert problem_of(refused)["code"] == "too_many_tokens"


async def test_a_token_that_cannot_be_stored_is_not_made(tmp_path):
    house = rig.House(tmp_path / "state")
    async with house.in_process(headers=rig.BEARER) as admin:
        for file in house.store.folder.iterdir():
            file.unlink()
        house.store.folder.rmdir()
        (tmp_path / "state").write_text("no folder any more")
        refused = await admin.post("/api/v1/tokens", json={"name": "lost"})
        assert (refused.status_code, problem_of(refused)["code"]) == (507, "storage")
        assert house.tokens.tokens() == []


async def test_sessions_are_listed_and_ended_phones_included(house, admin):
    panel = await house.panel_headers(Role.PANEL)
    await house.panel_headers(Role.GUEST)
    async with admin, house.in_process(headers=panel) as browser:
        known = {one["role"]: one for one in (await admin.get("/api/v1/sessions")).json()}
        assert set(known) == {"panel", "guest"}
        assert known["panel"]["ends_in_s"] is None
        assert 0 < known["guest"]["ends_in_s"] <= 7200
        secret = panel["Cookie"].partition("=")[2]
        assert secret not in json.dumps(known)
        assert (await browser.get("/api/v1/room")).status_code == 200
        gone = await admin.delete(f"/api/v1/sessions/{known['panel']['id']}")
        assert gone.status_code == 204
        assert (await browser.get("/api/v1/room")).status_code == 401
        again = await admin.delete(f"/api/v1/sessions/{known['panel']['id']}")
        assert again.status_code == 404
    assert [one.role for _, one in Tokens(house.store, house.clock).sessions()] == []


async def test_the_token_of_an_older_version_stays_good_and_stands_nowhere(house):
    house.store.write("admin", {"token": OLD})
    (house.store.folder / ".admin.x7f").write_text(OLD)
    assert take_over(house.store, house.clock)
    assert Tokens(house.store, house.clock).bearer(f"Bearer {OLD}").role == Role.ADMIN
    kept = [path.read_text() for path in house.store.folder.rglob("*") if path.is_file()]
    assert not [text for text in kept if OLD in text]
    assert not take_over(house.store, house.clock)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"name": "x", "scope": "owner", "made": "2026-03-02T00:00:00+00:00"},
        {"name": "x", "scope": "panel", "made": "2026-03-02T00:00:00+00:00"},
        {"name": "x", "scope": "admin", "made": "yesterday"},
        {"name": "x", "scope": "admin", "made": "2026-03-02T00:00:00+00:00", "expires": 7},
        {"name": "x", "scope": ["admin"], "made": "2026-03-02T00:00:00+00:00"},
    ],
)
def test_a_token_whose_limits_are_damaged_is_nobodys(house, entry):
    house.store.write("tokens", {"ab" * 32: entry})
    assert Tokens(house.store, house.clock).tokens() == []


def test_a_room_is_new_until_a_panel_is_paired_or_a_token_made(house):
    assert house.tokens.is_new
    house.store.write("sessions", {"ab" * 32: "screen"})
    assert Tokens(house.store, house.clock).is_new
    house.store.write("sessions", {"ab" * 32: "panel"})
    assert not Tokens(house.store, house.clock).is_new


# Text from outside

HOSTILE = ["a\x00", "a\nb", "\x1b[31m", "a\x85", "\u202eevil", "\u2066x\u2069", "\u200f", "\u2028"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_text_from_outside_has_control_or_bidirectional_characters(house, text):
    bodies = (
        {"type": "camera.name", "args": {"camera": "front", "preset": 1, "name": text}},
        {"type": "camera.store", "args": {"camera": "front", "preset": 1, "name": text}},
        {"type": "camera.raw", "args": {"camera": "front", "frame": text}},
        {"type": "meeting.join", "args": {"favourite": text}},
        {"type": "meeting.join", "args": {"number": "123" + text, "platform": "zoom"}},
        {
            "type": "meeting.join",
            "args": {"number": "123", "platform": "zoom", "passcode": text},
        },
    )
    async with house.in_process(headers=rig.BEARER) as client:
        for body in bodies:
            answer = await client.post("/api/v1/commands", json=body)
            assert answer.status_code == 422, (body, answer.text)
        acted = {"device": "camera.front", "action": "garble", "args": {"x": text}}
        assert (await client.post("/api/v1/simulator", json=acted)).status_code == 422


async def test_an_invitation_may_have_lines_and_its_marks_of_direction_are_left_out(house):
    pasted = "\u200eMeet\r\n\tat \u202ahttps://meet.jit.si/Room\u202c"
    reads = command_adapter(house.room.declared)
    args = reads.validate_python({"type": "meeting.join", "args": {"link": pasted}})
    assert args.args.link == "Meet\r\n\tat https://meet.jit.si/Room"
    async with house.in_process(headers=rig.BEARER) as client:
        for control in ("\x00", "\x1b", "\x7f", "\x9b"):
            body = {"type": "meeting.join", "args": {"link": f"https://meet.jit.si/R{control}"}}
            assert (await client.post("/api/v1/commands", json=body)).status_code == 422


async def test_who_asks_is_told_who_he_is_and_what_he_may(house):
    _, token = await house.tokens.make("desk", Role.AUDITOR, None)
    async with house.in_process() as client:
        nobody = await client.get("/api/v1/session")
        bearer = {"Authorization": f"Bearer {token}"}
        desk = (await client.get("/api/v1/session", headers=bearer)).json()
        wrong = await client.get("/api/v1/session", headers={"Authorization": "Bearer x"})
        panel = (await client.get("/api/v1/session", headers=await house.panel_headers())).json()
    nothing = {"role": None, "name": None, "may": [], "ways": ["token"]}
    assert nobody.json() == wrong.json() == nothing
    assert nobody.headers["cache-control"] == "no-store"
    assert (desk["role"], desk["name"]) == ("auditor", "token desk")
    assert {"audit", "statistics"} < {*desk["may"]}
    assert "configure" not in desk["may"]
    assert panel["role"] == "panel"
    assert "unmute" in panel["may"]
