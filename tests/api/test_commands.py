"""Commands over HTTP, judged by what the simulated hardware does."""

import asyncio

import pytest

from roomctl.api.app import http_status
from roomctl.errors import (
    DeviceError,
    LinkRefused,
    MeetingError,
    NoReply,
    PortClosed,
    Refused,
    UnknownOutcome,
    Unsupported,
)
from roomctl.room import Source
from roomctl.room.commands import failure
from tests.api import rig
from tests.api.rig import BEARER, JITSI, LIMIT_S, eventually
from tests.api.test_guard import problem_of


@pytest.fixture
async def alive(house):
    """A room that runs; its app is called without a socket."""
    async with rig.awake(house):
        yield house


@pytest.fixture
async def program(alive):
    async with alive.in_process(headers=BEARER) as client:
        yield client


async def command(client, kind, command_id=None, wait_s=8, **args):
    body = {"type": kind, "args": args}
    if command_id:
        body["id"] = command_id
    return await client.post(f"/api/v1/commands?wait_s={wait_s}", json=body)


async def done(client, kind, **args):
    answer = await command(client, kind, **args)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "done"
    return answer.json()


async def eventually_done(client, kind, **args):
    """Ask again while two people want the opposite."""
    async with asyncio.timeout(LIMIT_S):
        while (await command(client, kind, **args)).status_code == 409:
            pass


async def test_a_drive_moves_the_camera_and_its_lease_stops_it(alive, program):
    before = alive.end_state()["pan_deg"]
    await done(program, "camera.drive", camera="front", pan=1.0, lease_ms=500)
    await eventually(lambda: alive.end_state()["moving"])
    await eventually(lambda: not alive.end_state()["moving"])
    assert alive.end_state()["pan_deg"] > before


async def test_a_stop_stops_the_camera_before_its_lease_ends(alive, program):
    await done(program, "camera.drive", camera="front", pan=0.1, lease_ms=500)
    await eventually(lambda: alive.end_state()["moving"], 0.4)
    await done(program, "camera.stop", camera="front")
    await eventually(lambda: not alive.end_state()["moving"], 0.25)


async def test_a_stored_position_is_recalled_and_home_is_the_middle(alive, program):
    await done(program, "camera.drive", camera="front", tilt=1.0, lease_ms=300)
    await eventually(lambda: alive.end_state()["tilt_deg"] > 1)
    await done(program, "camera.stop", camera="front")
    await eventually(lambda: not alive.end_state()["moving"])
    stored = alive.end_state()["tilt_deg"]
    await done(program, "camera.store", camera="front", preset=2)
    await done(program, "camera.home", camera="front")
    assert abs(alive.end_state()["tilt_deg"]) < 0.5
    await done(program, "camera.recall", camera="front", preset=2)
    assert alive.end_state()["tilt_deg"] == pytest.approx(stored, abs=0.5)
    await alive.until(lambda document: document.cameras[0].preset == 2)


async def test_power_is_switched_and_read_back(alive, program):
    await done(program, "camera.power", camera="front", on=False)
    assert not alive.end_state()["power"]
    await alive.until(lambda document: document.cameras[0].power is False)


async def test_mute_is_done_only_when_the_sound_server_says_so(alive, program):
    await done(program, "audio.mute", on=True)
    assert alive.screen.muted
    assert alive.room.document.audio.mute == "muted"


async def test_a_sound_server_that_does_not_obey_is_504_and_never_muted(alive, program):
    alive.screen.ignores_mute = True
    answer = await command(program, "audio.mute", on=True)
    assert answer.status_code == 504
    assert problem_of(answer)["code"] == "no_reply"
    assert alive.room.document.audio.mute != "muted"


async def test_a_program_may_mute_and_only_a_panel_may_unmute(alive, program):
    async with alive.in_process(headers=await alive.panel_headers()) as panel:
        await done(panel, "audio.mute", on=True)
        await done(program, "audio.mute", on=True)
        answer = await command(program, "audio.mute", on=False)
        assert answer.status_code == 403
        assert problem_of(answer)["code"] == "unmute_in_room_only"
        assert alive.screen.muted
        await alive.until(lambda document: document.audio.mute == "muted")
        await eventually_done(panel, "audio.mute", on=False)
    assert not alive.screen.muted


async def test_the_volume_is_set_on_the_rooms_sound(alive, program):
    await done(program, "audio.volume", pct=35)
    await alive.until(lambda document: document.audio.volume_pct == 35)
    assert alive.screen.volume_pct == 35


async def test_a_meeting_is_joined_proven_by_its_media_and_left(alive, program):
    await done(program, "meeting.join", booking="sim-now")
    document = await alive.until(lambda document: document.meeting.state == "in_call")
    assert document.meeting.evidence == "media"
    assert document.meeting.title == "Design review"
    assert alive.end_state("screen")["host"] == "meet.jit.si"
    await done(program, "meeting.leave")
    await alive.until(lambda document: document.meeting.state == "ended")
    assert alive.end_state("screen")["page"] == "closed"


WAYS = {
    "link": ("meeting.join", {"link": f"Please join us: {JITSI}"}),
    "favourite": ("meeting.join", {"favourite": "Stand-up"}),
    "new": ("meeting.new", {}),
    "new on a platform": ("meeting.new", {"platform": "jitsi"}),
}


@pytest.mark.parametrize(("kind", "args"), WAYS.values(), ids=WAYS.keys())
async def test_every_way_into_a_meeting_opens_its_page(alive, program, kind, args):
    await done(program, kind, **args)
    await eventually(lambda: alive.end_state("screen")["host"] == "meet.jit.si")
    document = await alive.until(lambda document: document.meeting.state != "idle")
    assert document.meeting.platform == "jitsi"


async def test_a_number_on_a_platform_opens_its_page(alive, program):
    await done(program, "meeting.join", number="912 3456 7890", platform="zoom", passcode="1234")
    await eventually(lambda: alive.end_state("screen")["host"] is not None)
    assert alive.end_state("screen")["host"].endswith("zoom.us")


async def test_the_room_goes_on_standby_and_wakes(alive, program):
    await done(program, "room.standby")
    await eventually(lambda: not alive.screen.shown)
    await done(program, "room.wake")
    await eventually(lambda: alive.screen.shown)


async def test_the_same_id_twice_is_one_act(alive, program):
    first, second = await asyncio.gather(
        *(command(program, "camera.recall", "again", camera="front", preset=1) for _ in range(2))
    )
    assert first.json() == second.json()
    third = await command(program, "camera.recall", "again", camera="front", preset=1)
    assert third.json() == first.json()
    recalls = [frame for _, frame in heard(alive) if frame.startswith("8101043f02")]
    assert len(recalls) == 1


def heard(alive):
    return alive.simulator.device("camera.front").machine().heard


async def test_the_same_id_for_another_command_is_409_and_does_nothing(alive, program):
    await command(program, "room.wake", "mine")
    answer = await command(program, "room.standby", "mine")
    assert answer.status_code == 409
    assert problem_of(answer)["code"] == "id_reused"
    assert alive.room.document.panel.awake


async def test_what_became_of_a_command_can_be_asked_later(alive, program):
    await command(program, "room.wake", "lit")
    answer = await program.get("/api/v1/commands/lit")
    assert (answer.status_code, answer.json()["status"]) == (200, "done")
    unknown = await program.get("/api/v1/commands/never")
    assert unknown.status_code == 404
    assert problem_of(unknown)["code"] == "unknown_command"


async def test_a_command_says_who_gave_it(alive, program):
    given = (await command(program, "room.wake", "mine")).json()
    assert (given["requested_by"], given["requested_by_name"]) == ("admin", "this box")
    async with alive.in_process(headers=await alive.panel_headers()) as panel:
        other = await command(panel, "room.standby", "mine")  # an id is its caller's own
        assert other.json()["requested_by"] == "panel"
        assert (await panel.get("/api/v1/commands/mine")).json()["type"] == "room.standby"
    assert (await program.get("/api/v1/commands/mine")).json()["type"] == "room.wake"


async def test_a_command_that_still_runs_is_202_and_done_later(alive, program):
    answer = await command(program, "camera.home", "slow", 0, camera="front")
    assert answer.status_code == 202
    assert answer.json()["status"] in ("accepted", "running")
    record = await alive.room.finish(alive.room.command("slow", Source("admin", "this box")), 5)
    assert (await program.get("/api/v1/commands/slow")).json()["status"] == record.status == "done"


REFUSALS = [
    ("camera.home", {"camera": "none"}, 404, "unknown_device"),
    ("camera.recall", {"camera": "front", "preset": 256}, 409, "preset_range"),
    ("meeting.join", {"booking": "none"}, 404, "unknown_booking"),
    ("meeting.join", {"favourite": "none"}, 404, "unknown_favourite"),
    ("meeting.new", {"platform": "zoom"}, 404, "unknown_platform"),
    ("meeting.join", {"link": "https://evil.example/j/1"}, 409, "link."),
    ("meeting.join", {"link": "see you"}, 409, "link."),
]


@pytest.mark.parametrize(("kind", "args", "status", "code"), REFUSALS)
async def test_a_refusal_has_its_status_its_code_and_one_sentence(
    alive, program, kind, args, status, code
):
    answer = await command(program, kind, **args)
    assert answer.status_code == status
    body = problem_of(answer)
    assert body["code"].startswith(code)
    assert body["detail"]
    assert (await program.get(f"/api/v1/commands/{body['command']}")).json()["status"] == "refused"


FAILURES = [
    (Unsupported("front", "presets"), 501),
    (Refused("front", "busy", "is busy"), 409),
    (Refused("front", "offline", "is unplugged"), 503),
    (NoReply("front", 0.2), 504),
    (UnknownOutcome("front", "the answer got lost"), 504),
    (PortClosed("serial:/dev/ttyUSB0"), 503),
    (LinkRefused("zoom", "host", "is another host"), 409),
    (MeetingError("zoom", "went wrong"), 502),
    (DeviceError("front", "went wrong"), 502),
    (ZeroDivisionError(), 500),
]


@pytest.mark.parametrize(("error", "status"), FAILURES)
def test_every_error_of_the_room_has_its_status(error, status):
    _, why = failure(error)
    assert http_status(why) == status


async def test_an_unplugged_camera_is_503_and_works_again_when_it_is_back(alive, program):
    def online(document):
        return document.devices[0].status == "online"

    simulated = {"device": "camera.front", "action": "unplug"}
    assert (await program.post("/api/v1/simulator", json=simulated)).status_code == 204
    await alive.until(lambda document: not online(document))
    for kind in ("camera.home", "camera.drive"):
        answer = await command(program, kind, camera="front")
        assert answer.status_code == 503
        assert problem_of(answer)["code"] == "offline"
    assert (await program.get("/readyz")).status_code == 503
    await program.post("/api/v1/simulator", json={**simulated, "action": "plug"})
    await alive.until(online)
    await done(program, "camera.home", camera="front")


async def test_a_camera_that_falls_silent_is_never_done(alive, program):
    alive.camera.silent = True
    answer = await command(program, "camera.home", camera="front")
    assert answer.status_code in (503, 504)
    assert problem_of(answer)["code"] in ("offline", "no_reply", "unknown_outcome")


async def test_a_room_without_its_screen_is_503_when_it_shall_join(alive, program):
    await program.post("/api/v1/simulator", json={"device": "screen", "action": "unplug"})
    await alive.until(lambda document: document.devices[-1].status == "offline")
    answer = await command(program, "meeting.join", link=JITSI)
    assert answer.status_code == 503
    assert problem_of(answer)["code"].startswith("port.")


INVALID = [
    ({"type": "camera.fly", "args": {}}, "body"),
    ({"args": {}}, "body"),
    ({"type": "camera.home"}, "body.camera.home.args"),
    ({"type": "camera.home", "args": {"camera": "front", "x": 1}}, "body.camera.home.args.x"),
    ({"type": "audio.volume", "args": {"pct": 101}}, "body.audio.volume.args.pct"),
    ({"type": "audio.volume", "args": {"pct": "7"}}, "body.audio.volume.args.pct"),
    ({"type": "camera.drive", "args": {"camera": "front", "pan": 2}}, "body.camera.drive.args.pan"),
    ({"type": "meeting.join", "args": {}}, "body.meeting.join.args"),
    ({"type": "room.wake", "id": ""}, "body.room.wake.id"),
]


@pytest.mark.parametrize(("body", "where"), INVALID)
async def test_a_body_that_is_not_as_described_is_422_and_says_where(house, body, where):
    async with house.in_process(headers=BEARER) as client:
        answer = await client.post("/api/v1/commands", json=body)
    assert answer.status_code == 422
    assert problem_of(answer)["params"]["where"] == where


async def test_an_unknown_simulated_device_or_action_is_404(house):
    async with house.in_process(headers=BEARER) as client:
        for device, action in (("camera.none", "unplug"), ("camera.front", "fly")):
            body = {"device": device, "action": action}
            answer = await client.post("/api/v1/simulator", json=body)
            assert answer.status_code == 404
            assert problem_of(answer)["code"].startswith("unknown_")
