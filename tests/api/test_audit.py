"""The audit over HTTP: who did what, without a secret, and whether it is as it was written."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from roomctl.api.rights import NOTED_ELSEWHERE, Routes, leaves, may, needs
from roomctl.clock import VirtualClock
from roomctl.roles import TABLE, Right, Role
from roomctl.room import Source
from roomctl.room.audit import ENTRIES_AN_HOUR
from tests.api import rig
from tests.api.rig import BEARER, House
from tests.small_disk import fill, needs_root, small_disk
from tests.test_audit_log import changed, lines

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def site(tmp_path):
    """A room that keeps what was done; its devices do not run."""
    return House(tmp_path, clock=VirtualClock(AT), keep=True)


def client(house, headers=BEARER):
    return house.in_process(headers=headers)


async def entries(house, **query):
    async with client(house) as admin:
        return (await admin.get("/api/v1/audit", params=query)).json()["entries"]


async def test_a_command_is_told_with_who_from_where_and_what_became_of_it(site):
    async with client(site) as admin:
        body = {"type": "room.message", "args": {"text": "Fire drill at 3", "for_s": 60}}
        await admin.post("/api/v1/commands", json=body)
    [entry] = await entries(site)
    assert entry["command"] == "room.message"
    assert entry["arguments"] == {"text": "…", "for_s": 60}
    assert (entry["role"], entry["name"], entry["address"]) == ("admin", "this box", "127.0.0.1")
    assert (entry["result"], entry["clock_proven"], entry["times"]) == ("done", True, 1)
    assert entry["at"] == "2026-11-25T09:00:00Z"


async def test_a_clock_that_nobody_set_is_told_as_one(site):
    site.clock.synced = False
    await mute(site)
    [entry] = await entries(site)
    assert entry["clock_proven"] is False


async def mute(house, headers=BEARER, on=True):
    async with client(house, headers) as caller:
        body = {"type": "audio.mute", "args": {"on": on}}
        return await caller.post("/api/v1/commands", json=body)


@pytest.mark.parametrize(
    "role", [role for role in Role if role in TABLE[Right.MUTE]], ids=lambda role: role.value
)
async def test_every_command_of_every_role_is_in_it(site, role):
    if role in (Role.PANEL, Role.GUEST):
        headers = await site.panel_headers(role)
    else:
        _, token = await site.tokens.make("desk", role, None)
        headers = {"Authorization": f"Bearer {token}"}
    await mute(site, headers)
    [entry] = [one for one in await entries(site) if one["command"] == "audio.mute"]
    assert entry["role"] == role
    assert entry["name"].startswith(("token desk", role.value, "this box"))


async def test_pairing_and_tokens_are_in_it_by_name_and_never_the_secret(site):
    secrets = []
    async with client(site) as admin:
        made = await admin.post("/api/v1/tokens", json={"name": "desk", "scope": "operate"})
        secrets.append(made.json()["token"])
        offered = (await admin.post("/api/v1/pairings", json={"role": "panel"})).json()
        secrets.append(offered["path"].partition("pair=")[2])
        await admin.patch("/api/v1/tokens/desk", json={"scope": "read"})
        await admin.delete("/api/v1/tokens/desk")
    async with client(site, {}) as browser:
        paired = await browser.post("/api/v1/pair", json={"token": secrets[1]})
        assert paired.status_code == 204
        secrets += paired.cookies.values()
    async with client(site, {}) as late:
        assert (await late.post("/api/v1/pair", json={"token": secrets[1]})).status_code == 403
    told = [(one["command"], one["arguments"], one["result"]) for one in await entries(site)]
    assert told == [
        ("POST /api/v1/tokens", {"name": "desk", "scope": "operate"}, "done"),
        ("POST /api/v1/pairings", {"role": "panel"}, "done"),
        ("PATCH /api/v1/tokens/{name}", {"scope": "read", "name": "desk"}, "done"),
        ("DELETE /api/v1/tokens/{name}", {"name": "desk"}, "done"),
        ("POST /api/v1/pair", {"token": "…"}, "done"),
        ("POST /api/v1/pair", {"token": "…"}, "refused: 403"),
    ]
    roles = [one["role"] for one in await entries(site)]
    assert roles == ["admin"] * 4 + ["panel", "nobody"]
    assert_none_of(secrets, site)


def assert_none_of(secrets, house):
    files = house.store.folder.glob("history.sqlite*")
    written = b"".join(path.read_bytes() for path in files).decode("utf-8", "replace")
    assert written
    for secret in secrets:
        assert secret not in written
        assert json.dumps(secret)[1:-1] not in written


CANARY = "canary7d3f"
SECRETIVE = [
    ("meeting.join", {"link": f"https://meet.jit.si/{CANARY}?pwd={CANARY}"}),
    ("meeting.join", {"link": f"会议 {CANARY} 密码 {CANARY}"}),
    ("meeting.join", {"number": CANARY, "platform": "zoom", "passcode": CANARY}),
    ("meeting.join", {"favourite": CANARY}),
    ("meeting.join", {"booking": CANARY}),
    ("screen.type", {"text": CANARY}),
    ("room.message", {"text": CANARY}),
    ("camera.name", {"camera": "front", "preset": 1, "name": CANARY}),
    ("camera.raw", {"camera": "front", "frame": "81090400FF"}),
]


async def test_no_link_text_passcode_or_name_that_people_typed_is_ever_in_it(site):
    headers = await site.panel_headers()
    for kind, args in SECRETIVE:
        for who in (headers, BEARER):
            async with client(site, who) as caller:
                query = "/api/v1/commands?wait_s=0.01"
                await caller.post(query, json={"type": kind, "args": args})
    async with client(site) as admin:
        await admin.post("/api/v1/config", json={"text": f"[calendar]\nurl = '{CANARY}'"})
        await admin.patch(f"/api/v1/tokens/{CANARY}", json={"scope": "read"})
    kinds = {one["command"] for one in await entries(site)}
    assert kinds >= {kind for kind, _ in SECRETIVE} - {"screen.type", "meeting.join"}
    found = [one for one in await entries(site) if CANARY in json.dumps(one["arguments"])]
    assert {one["command"] for one in found} <= {"PATCH /api/v1/tokens/{name}"}
    assert not any("81090400FF" in json.dumps(one) for one in await entries(site))


async def test_who_may_not_is_noted_a_few_times_and_then_counted(site):
    _, token = await site.tokens.make("desk", Role.READ, None)
    for _ in range(100):
        async with client(site, {"Authorization": f"Bearer {token}"}) as reader:
            assert (await reader.get("/api/v1/tokens")).status_code == 403
    for _ in range(50):
        async with client(site, {"Authorization": "Bearer wrong"}) as stranger:
            assert (await stranger.get("/api/v1/room")).status_code == 401
    found = await entries(site)
    assert {(one["name"], one["command"], one["result"]) for one in found} == {
        ("token desk", "GET /api/v1/tokens", "refused: not_allowed"),
        ("nobody", "GET /api/v1/room", "refused: unauthorized"),
    }
    assert len(found) == 40
    site.clock.advance(3601)
    site.room.audit.tick()
    assert sorted(one["times"] for one in await entries(site))[-2:] == [30, 80]


async def test_pages_follow_one_another(site):
    for on in range(7):
        site.room.audit.note(Source("panel", "panel 1"), "audio.volume", {"pct": on}, "done")
    async with client(site) as admin:
        seen, after = [], 0
        while after is not None:
            query = {"after": after, "limit": 3}
            page = (await admin.get("/api/v1/audit", params=query)).json()
            seen += [one["number"] for one in page["entries"]]
            after = page["next"]
        assert seen == [1, 2, 3, 4, 5, 6, 7]
        since = {"from": "2026-11-25T10:00:00Z"}
        assert (await admin.get("/api/v1/audit", params=since)).json()["entries"] == []


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 1001}, {"after": -1}, {"from": "yesterday"}, {"x": 1}]
)
async def test_a_query_out_of_bounds_is_refused(site, query):
    async with client(site) as admin:
        assert (await admin.get("/api/v1/audit", params=query)).status_code == 422


async def test_verify_says_how_much_there_is_or_which_entry_is_broken(site):
    for _ in range(5):
        await mute(site)
    async with client(site) as admin:
        sound = (await admin.get("/api/v1/audit/verify")).json()
        assert (sound["entries"], sound["first"], sound["newest"]) == (5, 1, 5)
        assert sound["broken"] is None
        assert sound["hash"] == (await entries(site))[-1]["hash"]
        changed(site.store.folder, '"number":3', '"number":9')
        broken = (await admin.get("/api/v1/audit/verify")).json()
    assert (broken["broken"], broken["why"]) == (3, "is missing")


async def test_a_room_without_a_store_keeps_none_and_says_so(house):
    await mute(house)
    async with client(house) as admin:
        page = (await admin.get("/api/v1/audit")).json()
        report = (await admin.get("/api/v1/audit/verify")).json()
    assert page == {"kept": False, "entries": [], "next": None}
    assert report["entries"] == 0


@pytest.mark.real
@needs_root
async def test_a_disk_that_takes_nothing_delays_no_command_and_is_caught_up_with(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        site = House(folder, clock=VirtualClock(AT), keep=True)
        ballast = fill(folder)
        assert (await mute(site)).json()["code"] == "no_sound_server"  # as ever
        async with client(site) as admin:
            assert (await admin.get("/api/v1/audit")).status_code == 502
        assert site.store.disk.unwritable is not None
        ballast.unlink()
        assert [one["command"] for one in await entries(site)] == ["audio.mute"]


@pytest.mark.real
async def test_a_finger_that_holds_a_camera_is_one_entry(tmp_path):
    async with rig.running(tmp_path, keep=True) as house:
        panel = await house.panel()
        async with panel.socket:
            for seq in range(1, 30):
                await panel.hold("press", seq, pan=0.5)
            await panel.say(type="ping", t=1.0)
            await panel.next("pong")
        await rig.eventually(lambda: house.room.audit.pending)
        found = [one for one in await entries(house) if one["command"] == "camera.hold"]
    assert [(one["role"], one["arguments"]) for one in found] == [("panel", {"camera": "front"})]


def on_disk(house):
    """What a power cut would leave of the audit now."""
    there = (house.store.folder / "history.sqlite").exists()
    found = map(json.loads, lines(house.store.folder) if there else ())
    return [(one["command"], one["result"]) for one in found]


CHANGES = (
    ("POST", "/api/v1/tokens", {"name": "desk", "scope": "operate"}, "POST /api/v1/tokens"),
    ("PATCH", "/api/v1/tokens/desk", {"scope": "read"}, "PATCH /api/v1/tokens/{name}"),
    ("DELETE", "/api/v1/tokens/desk", None, "DELETE /api/v1/tokens/{name}"),
    ("POST", "/api/v1/pairings", {"role": "panel"}, "POST /api/v1/pairings"),
    ("PUT", "/api/v1/people/li", {"role": "read", "password": "four words are long"}, None),
    ("DELETE", "/api/v1/people/li", None, "DELETE /api/v1/people/{name}"),
    ("PUT", "/api/v1/pin", {"pin": "739164"}, "PUT /api/v1/pin"),
    ("DELETE", "/api/v1/pin", None, "DELETE /api/v1/pin"),
    ("DELETE", "/api/v1/pin/failures", None, "DELETE /api/v1/pin/failures"),
)


@pytest.mark.real
async def test_a_change_of_access_is_on_the_disk_before_it_is_answered(site):
    async with client(site) as admin:
        for method, path, body, what in CHANGES:
            answer = await admin.request(method, path, json=body)
            assert answer.is_success, answer.text
            assert on_disk(site)[-1] == (what or f"{method} /api/v1/people/{{name}}", "done")
        token = {"token": site.tokens.offer_pairing(Role.PANEL)}
        await admin.post("/api/v1/pair", json=token)
        assert on_disk(site)[-1] == ("POST /api/v1/pair", "done")
        [session] = (await admin.get("/api/v1/sessions")).json()
        await admin.delete(f"/api/v1/sessions/{session['id']}")
        assert on_disk(site)[-1] == ("DELETE /api/v1/sessions/{session}", "done")


async def test_no_other_work_hides_a_change_of_access(site):
    async with client(site) as admin:
        for number in range(ENTRIES_AN_HOUR + 5):
            site.room.audit.note(
                Source("admin", "this box"), "audio.volume", {"pct": number}, "done"
            )
        await admin.post("/api/v1/tokens", json={"name": "desk", "scope": "operate"})
    assert on_disk(site)[-1] == ("POST /api/v1/tokens", "done")
    assert len(on_disk(site)) == ENTRIES_AN_HOUR + 1


async def test_what_is_refused_to_strangers_waits_for_no_disk(site):
    async with client(site, {}) as stranger:
        answer = await stranger.post("/api/v1/pair", json={"token": "x" * 32})
        assert answer.status_code == 403
    assert on_disk(site) == []
    assert site.room.audit.pending == 1


@pytest.mark.real
@pytest.mark.parametrize("right", sorted(set(Right) - NOTED_ELSEWHERE), ids=lambda one: one.name)
async def test_whatever_a_route_writes_is_on_the_disk_before_it_is_answered(site, right):
    made = Routes()

    @made.post("/api/v1/made")
    @needs(right)
    async def write() -> dict[str, bool]:
        return {"done": True}

    site.app.include_router(made)
    by_admin = may(right, [Source(Role.ADMIN, "this box")])
    async with client(site, BEARER if by_admin else await site.panel_headers()) as caller:
        assert (await caller.post("/api/v1/made")).is_success
    assert on_disk(site) == [("POST /api/v1/made", "done")]


def test_the_routes_that_note_elsewhere_what_they_write_are_known(site):
    found = {
        path
        for path, route in leaves(site.app.routes)
        if not {"GET", "HEAD"} & (getattr(route, "methods", None) or {"GET"})
        and route.right in NOTED_ELSEWHERE
    }
    assert found == {
        "/api/v1/commands",
        "/api/v1/sign-out",  # notes it durably by itself
        "/api/v1/occupancy/{sensor}",
        "/api/v1/simulator",
    }


@pytest.mark.real
async def test_a_command_that_changes_settings_is_on_the_disk_before_it_is_answered(site):
    changes = (
        ("look.set_theme", {"theme": "dark"}),
        ("camera.name", {"camera": "front", "preset": 1, "name": "Door"}),
        ("room.roll_back", {"revision": 1}),
    )
    async with client(site) as admin:
        for kind, args in changes:
            before = site.room.revisions
            answer = await admin.post("/api/v1/commands", json={"type": kind, "args": args})
            assert answer.json()["status"] == "done", answer.text
            assert site.room.revisions is not before
            assert on_disk(site)[-1] == (kind, "done")
        await mute(site)
        assert on_disk(site)[-1] == ("room.roll_back", "done"), "a mute waits for no disk"


async def test_a_command_that_changes_settings_is_not_done_before_its_entry_is_on_the_disk(site):
    source = Source("admin", "this box")
    record = site.room.submit("look.set_theme", {"theme": "dark"}, source)
    while (record := site.room.command(record.id, source)).status != "done":
        await asyncio.sleep(0)
    assert on_disk(site) == [("look.set_theme", "done")]
