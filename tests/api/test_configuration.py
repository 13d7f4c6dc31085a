"""A room.toml from afar: checked, applied as a revision, rolled back; no call breaks off by it."""

import asyncio

import pytest

from roomctl.store.configs import LONGEST
from tests.api import rig
from tests.api.rig import BEARER, JITSI, ROOM
from tests.api.test_guard import problem_of

pytestmark = pytest.mark.real

PINE = ROOM.replace("Bamboo", "Pine")


@pytest.fixture
def ended():
    """What the program was told to end for."""
    return []


@pytest.fixture
async def house(tmp_path, ended):
    house = rig.House(tmp_path, restart=ended.append)
    async with rig.awake(house):
        yield house


@pytest.fixture
async def program(house):
    async with house.in_process(headers=BEARER) as client:
        yield client


def is_applied(document):
    return next(one for one in document.conditions if one.type == "config_applied").status


async def test_a_check_names_every_mistake_with_its_line_and_keeps_nothing(house, program):
    text = '[room]\ndisplayname = "Pine"\n\n[camera.front]\nurl = "seriall:/dev/ttyUSB0"\n'
    said = (await program.post("/api/v1/config/check", json={"text": text})).json()
    assert not said["ok"]
    assert [(one["line"], one["key"]) for one in said["mistakes"]] == [
        (2, "room.displayname"),
        (5, "camera.front.url"),
    ]
    fine = (await program.post("/api/v1/config/check", json={"text": PINE})).json()
    assert (fine["ok"], fine["mistakes"]) == (True, [])
    assert (fine["plan"]["restarted"], fine["plan"]["program"]) == (["room"], False)
    assert (await program.get("/api/v1/config")).json()["revisions"] == []


HOSTILE = ["=", "[room", "a = 1\n" * 9000, "[" * 20_000, "\0", "x" * LONGEST, "x" * (LONGEST + 1)]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_text_is_a_mistake_or_refused_and_the_room_goes_on(house, program, text):
    for path in ("/api/v1/config/check", "/api/v1/config"):
        answer = await program.post(path, json={"text": text})
        refused = answer.status_code in (409, 422)
        assert refused or not answer.json()["ok"], answer.text
    assert (await program.get("/readyz")).status_code == 200


async def test_what_is_applied_runs_at_once_and_what_it_leaves_as_it_is_goes_on(
    house, program, ended
):
    answer = await program.post("/api/v1/config", json={"text": PINE, "why": "a new name"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["running"], said["wanted"]) == (1, 1)
    assert (said["plan"]["restarted"], said["plan"]["program"]) == (["room"], False)
    assert {"camera.front", "screen", "meeting"} <= {*said["plan"]["unchanged"]}
    [revision] = said["revisions"]
    assert (revision["who"], revision["why"]) == ("this box", "a new name")
    assert "text" not in revision
    await house.until(lambda document: document.identity.display_name == "Pine")
    await house.until(is_applied)
    back = await program.post("/api/v1/config/rollback", json={"revision": 0})
    assert back.status_code == 200
    assert (back.json()["running"], back.json()["wanted"]) == (0, 0)
    await house.until(lambda document: document.identity.display_name == "Bamboo")
    assert ended == []


async def test_a_device_comes_and_goes_and_the_panel_hears_it_by_patches(house, program):
    added = ROOM + '[output.lamp]\nurl = "sim:lamp"\non = "in_call"\n'
    said = (await program.post("/api/v1/config", json={"text": added})).json()
    assert (said["plan"]["added"], said["plan"]["removed"]) == (["output.lamp"], [])
    await house.until(lambda document: any(one.name == "output.lamp" for one in document.devices))
    said = (await program.post("/api/v1/config", json={"text": ROOM})).json()
    assert said["plan"]["removed"] == ["output.lamp"]
    await house.until(lambda document: document.outputs == ())


async def test_what_cannot_change_while_it_runs_has_the_program_start_anew(house, program, ended):
    moved = ROOM + '[api]\nlisten = "127.0.0.1:8081"\n'
    answer = await program.post("/api/v1/config", json={"text": moved})
    assert answer.status_code == 202
    said = answer.json()
    assert (said["running"], said["wanted"]) == (0, 1)
    assert (said["plan"]["program"], said["plan"]["program_for"]) == (True, ["api"])
    assert said["plan"]["unchanged"] == []
    await rig.eventually(lambda: ended == ["room.restart of this box"])
    await house.until(
        lambda document: any(
            one.type == "config_applied" and one.reason == "config_changed"
            for one in document.conditions
        )
    )


async def test_what_has_a_mistake_is_not_applied(house, program, ended):
    wrong = await program.post("/api/v1/config", json={"text": "[room]\nwings = 2\n"})
    assert wrong.status_code == 409
    assert problem_of(wrong)["code"] == "config_invalid"
    assert "wings" in problem_of(wrong)["detail"]
    assert house.configs.wanted == 0
    assert ended == []


async def test_in_a_call_nothing_is_applied_and_free_waits(house, program, ended):
    await program.post(
        "/api/v1/commands?wait_s=20", json={"type": "meeting.join", "args": {"link": JITSI}}
    )
    await house.until(lambda document: document.meeting.state == "in_call")
    for text in (
        ROOM + '[api]\nlisten = "127.0.0.1:8081"\n',
        ROOM.replace('"simulated"', '"simulated"\nname = "Other"'),
        ROOM.replace('"usb:0b0e:2456"', '"usb:291a:3301"'),
    ):
        answer = await program.post("/api/v1/config", json={"text": text})
        assert answer.status_code == 409
        assert problem_of(answer)["code"] == "in_call"
    assert house.configs.wanted == 0
    later = await program.post("/api/v1/config", json={"text": PINE, "when": "free"})
    assert later.status_code == 202
    await house.until(lambda document: document.maintenance.restart_waits)
    assert house.room.document.identity.display_name == "Bamboo"
    now = await program.post("/api/v1/config", json={"text": PINE})
    assert now.status_code == 200
    assert house.room.document.meeting.state == "in_call"
    assert ended == []


async def test_what_waited_for_a_free_room_is_run_then(house, program, ended):
    answer = await program.post("/api/v1/config", json={"text": PINE, "when": "free"})
    assert (answer.status_code, answer.json()["running"]) == (202, 0)
    house.room._feed = None  # nothing is booked
    house.room.bookings.configure(house.config, house.room._devices)
    await house.simulator.act("occupancy.ceiling", "leave", {})
    await house.until(lambda document: document.identity.display_name == "Pine", 60)
    await rig.eventually(lambda: house.configs.running == 1)
    assert ended == []
    assert not house.room.document.maintenance.restart_waits


async def test_a_rollback_to_what_is_not_there_is_404(program):
    answer = await program.post("/api/v1/config/rollback", json={"revision": 3})
    assert answer.status_code == 404
    assert problem_of(answer)["code"] == "unknown_revision"


async def test_one_text_is_checked_at_a_time(program):
    answers = await asyncio.gather(
        *(program.post("/api/v1/config/check", json={"text": PINE}) for _ in range(3))
    )
    assert sorted(one.status_code for one in answers) == [200, 429, 429]


async def test_where_nobody_starts_it_again_nothing_is_applied(tmp_path):
    bare = rig.House(tmp_path / "bare")
    async with bare.in_process(headers=BEARER) as client:
        answer = await client.post("/api/v1/config", json={"text": PINE})
        assert problem_of(answer)["code"] == "no_supervisor"
        assert (await client.get("/api/v1/config")).json() == {
            "running": 0,
            "wanted": 0,
            "revisions": [],
        }


async def test_a_panel_may_do_none_of_it(house):
    async with house.in_process(headers=await house.panel_headers()) as panel:
        assert (await panel.get("/api/v1/config")).status_code == 403
        for path in ("/api/v1/config", "/api/v1/config/check"):
            assert (await panel.post(path, json={"text": PINE})).status_code == 403


async def test_a_broker_comes_and_goes_and_what_staff_may_changes(house, program):
    def offline(document):
        return any(one.code == "mqtt.offline" for one in document.issues)

    broker = '[mqtt]\nurl = "mqtt://127.0.0.1:9"\n[staff]\nrole = "facilities"\n'
    said = (await program.post("/api/v1/config", json={"text": ROOM + broker})).json()
    assert said["plan"]["restarted"] == ["staff", "mqtt"]
    await house.until(offline)
    said = (await program.post("/api/v1/config", json={"text": ROOM})).json()
    assert said["plan"]["restarted"] == ["staff", "mqtt"]
    await house.until(lambda document: not offline(document))
