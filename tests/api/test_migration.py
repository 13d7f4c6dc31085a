"""A move over the API: planned, proven, applied as a revision, taken back; hostile words."""

import asyncio
import json
from datetime import datetime

import pytest

from tests.api import rig
from tests.api.rig import BEARER, ROOM
from tests.api.test_guard import problem_of

pytestmark = pytest.mark.real

LINK = "https://n.qsh1.cn/d/Room01"
MOVE = {"leaving": "jitsi", "to": "quanshi", "on": "2099-08-20", "room_link": LINK}
PATH = "/api/v1/migration"


@pytest.fixture
async def house(tmp_path):
    ended = []
    house = rig.House(tmp_path, restart=ended.append)
    async with rig.awake(house):
        yield house
    assert ended == [], "no stage starts the program anew"


@pytest.fixture
async def program(house):
    async with house.in_process(headers=BEARER) as client:
        yield client


async def refused(client, path, body, code):
    answer = await client.post(f"{PATH}/{path}", json=body)
    assert problem_of(answer)["code"] == code, answer.text
    return answer


async def test_a_move_is_planned_proven_applied_and_taken_back(house, program):
    await refused(program, "apply", {}, "no_plan")
    await refused(program, "rollback", {}, "no_plan")
    planned = (await program.post(f"{PATH}/plan", json=MOVE)).json()
    assert planned["counts"]["at_risk"] + planned["counts"]["fine"] > 0
    assert LINK not in json.dumps(planned)
    assert house.configs.wanted == 0, "a plan changes nothing of the room"
    other = {**MOVE, "to": "tencent", "room_link": "https://meeting.tencent.com/p/1234567890"}
    await refused(program, "plan", other, "plan_exists")

    applied = await program.post(f"{PATH}/apply", json={"stage": "dual"})
    assert applied.status_code == 200, applied.text
    assert applied.json()["next_stage"] == "default"
    assert (house.configs.wanted, house.configs.running) == (1, 1)
    await house.until(lambda document: [one.platform for one in document.leaving] == ["jitsi"])
    await refused(program, "plan", MOVE, "plan_exists")
    await refused(program, "apply", {}, "no_proof")
    await refused(program, "apply", {"stage": "ended"}, "stage_order")
    await refused(program, "proof", {}, "not_on_target")

    body = {"type": "meeting.join", "args": {"link": LINK}}
    await program.post("/api/v1/commands?wait_s=20", json=body)
    await house.until(lambda document: document.meeting.shown)
    await refused(program, "proof", {}, "no_proof")  # a page without media, and nobody looked
    proven = (await program.post(f"{PATH}/proof", json={"seen": True})).json()
    proofs = [(one["evidence"], one["walkthrough"]) for one in proven["proofs"]]
    assert proofs == [("person", "missing")], "people pass its page, and nobody has shown it"
    assert proven["walkthrough"] == "missing"
    assert (await program.post(f"{PATH}/apply", json={})).status_code == 200
    assert house.configs.wanted == 2
    assert house.room.document.meeting.shown, "a call goes on"
    await program.post("/api/v1/commands?wait_s=20", json={"type": "meeting.leave", "args": {}})
    await house.until(lambda document: document.meeting.state in ("idle", "ended"))
    waits = await program.post(f"{PATH}/apply", json={"when": "free"})
    assert (waits.status_code, house.configs.wanted) == (202, 3)

    back = await program.post(f"{PATH}/rollback", json={})
    assert back.status_code == 200, back.text
    assert back.json()["leaving"] is None
    assert house.configs.wanted == 0
    await house.until(lambda document: document.leaving == ())


async def test_the_last_stage_wants_bookings_that_die_moved_or_known(house, program):
    today = datetime.now(house.room.config.room.zone).date()
    days = {"on": f"{today}", "ends": f"{today}"}
    planned = (await program.post(f"{PATH}/plan", json={**MOVE, **days})).json()
    assert planned["counts"]["dead"] > 0
    assert (await program.post(f"{PATH}/apply", json={})).status_code == 200
    body = {"type": "meeting.join", "args": {"link": LINK}}
    await program.post("/api/v1/commands?wait_s=20", json=body)
    await house.until(lambda document: document.meeting.shown)
    await program.post(f"{PATH}/proof", json={"seen": True})
    for _ in range(2):
        assert (await program.post(f"{PATH}/apply", json={})).status_code == 200
    answer = await refused(program, "apply", {}, "bookings_die")
    assert f"{planned['counts']['dead']} bookings" in problem_of(answer)["detail"]
    assert (await program.post(f"{PATH}/apply", json={"leave_behind": True})).status_code == 200


async def test_a_rollback_over_somebody_elses_change_is_refused_and_names_it(house, program):
    await program.post(f"{PATH}/plan", json=MOVE)
    await program.post(f"{PATH}/apply", json={})
    text = ROOM.replace("Bamboo", "Pine")
    await program.post("/api/v1/config", json={"text": text, "why": "a new name"})
    answer = await refused(program, "rollback", {}, "changed")
    assert "a new name" in problem_of(answer)["detail"]
    assert house.configs.wanted == 2


async def test_of_two_plans_at_once_one_is_refused_and_one_is_kept(program):
    asked = [program.post(f"{PATH}/plan", json={**MOVE, "on": f"2099-08-{n}"}) for n in (20, 21)]
    answers = await asyncio.gather(*asked)
    assert sorted(one.status_code for one in answers) == [200, 429]
    kept = (await program.get(PATH)).json()
    [made] = [one.json()["stages"]["default"] for one in answers if one.status_code == 200]
    assert made in [stage["day"] for stage in kept["stages"]]


async def test_the_evidence_is_a_file_without_links(program):
    early = await program.get(f"{PATH}/evidence")
    assert problem_of(early)["code"] == "no_plan"
    await program.post(f"{PATH}/plan", json=MOVE)
    table = await program.get(f"{PATH}/evidence")
    assert table.content.startswith(b"\xef\xbb\xbfroom,start")
    assert "meet.jit.si" not in table.text
    plain = await program.get(f"{PATH}/evidence?bom=no")
    assert plain.content == table.content.removeprefix(b"\xef\xbb\xbf")
    calendar = await program.get(f"{PATH}/evidence?form=ics")
    assert calendar.text.startswith("BEGIN:VCALENDAR\r\n")
    assert (await program.get(f"{PATH}/evidence?form=exe")).status_code == 422


HOSTILE = {
    "unknown_platform": {**MOVE, "to": "quanshii"},
    "same_platform": {**MOVE, "to": "jitsi"},
    "date_in_past": {**MOVE, "on": "2001-01-01"},
    "date_order": {**MOVE, "ends": "2099-01-01"},
    "no_room_link": {**MOVE, "room_link": None},
    "bad_room_link": {**MOVE, "room_link": "https://n.qsh1.cn.evil.example/d/Room01"},
    "invalid": {**MOVE, "on": "2099-02-31"},
}


@pytest.mark.parametrize("code", HOSTILE)
async def test_what_cannot_be_planned_is_refused_with_its_reason(house, program, code):
    await refused(program, "plan", HOSTILE[code], code)
    assert (await program.get(PATH)).json()["leaving"] is None


async def test_no_word_of_a_stranger_gets_into_the_file_but_as_a_quoted_text(house, program):
    injected = f"{LINK}\n[api]\nlisten='0.0.0.0:1'"
    for link in (f'{LINK}"\nx = 1', injected, "x" * 2001, "\0", "[" * 1999):
        answer = await program.post(f"{PATH}/plan", json={**MOVE, "room_link": link})
        if answer.status_code == 200:
            applied = await program.post(f"{PATH}/apply", json={})
            assert applied.status_code in (200, 409)
            text = house.configs.text(house.configs.wanted)
            assert rig.parse(text, "room.toml").api == rig.parse(ROOM, "room.toml").api
            await program.post(f"{PATH}/rollback", json={})
        else:
            assert answer.status_code in (409, 422), answer.text
