"""What others report of a sensor through the API, by a token that may nothing else."""

import asyncio

import pytest

from roomctl.api.auth import ApiToken
from roomctl.occupancy.driver import MOST_REPORTS
from roomctl.occupancy.report import MOST_PEOPLE
from roomctl.roles import Role
from tests.api import rig

pytestmark = pytest.mark.real

COUNTED = rig.ROOM.replace(
    "[meeting]\n",
    '[occupancy.counter]\nurl = "api:counter"\nprofile = "people_counter"\n'
    '[occupancy.air]\nurl = "api:air"\nprofile = "wireless_co2"\n[meeting]\n',
    1,
).replace('display_name = "Bamboo"', 'display_name = "Bamboo"\ncapacity = 4')
URL = "/api/v1/occupancy/counter"


@pytest.fixture
async def counting(tmp_path):
    house = rig.House(tmp_path, text=COUNTED)
    running = asyncio.ensure_future(house.room.run())
    # What is simulated reports that nobody is there, and once a minute after that.
    await house.until(lambda document: document.occupancy.people == 0)
    await house.until(lambda document: document.occupancy.co2_ppm is not None)
    yield house
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await house.simulator.close()


async def token_of(house, scope=Role.SENSOR):
    _, token = await house.tokens.make(f"a-{scope}", scope, None)
    return {"Authorization": f"Bearer {token}"}


async def test_a_count_is_kept_as_a_count_shown_and_held_against_the_rooms_capacity(counting):
    async with counting.in_process(headers=await token_of(counting)) as client:
        assert (await client.post(URL, json={"people": 6})).status_code == 204
        await counting.until(lambda document: document.occupancy.people == 6)
        await counting.until(lambda document: document.occupancy.state == "occupied")
        await counting.until(
            lambda document: (
                [one.params for one in document.issues if one.code == "room.crowded"]
                == [{"people": 6, "capacity": 4}]
            )
        )
        assert (await client.post(URL, json={"people": 4})).status_code == 204
        await counting.until(lambda document: document.occupancy.people == 4)
        crowded = [one for one in counting.room.document.issues if one.code == "room.crowded"]
        assert crowded == []
        answer = await client.post("/api/v1/occupancy/air", json={"co2_ppm": 1250})
        assert answer.status_code == 204
        await counting.until(lambda document: document.occupancy.co2_ppm == 1250)


async def test_a_sensor_that_is_reported_to_be_gone_is_unknown_and_no_count_is_left(counting):
    async with counting.in_process(headers=await token_of(counting)) as client:
        await client.post(URL, json={"people": 2})
        await counting.until(lambda document: document.occupancy.people == 2)
        assert (await client.post(URL, json={"available": False})).status_code == 204
        await counting.until(lambda document: document.occupancy.people is None)
        entry = next(e for e in counting.room.document.devices if e.name == "occupancy.counter")
        assert (entry.status, entry.reason) == ("offline", "no_reply")


@pytest.mark.parametrize(
    ("sensor", "body", "status", "code"),
    [
        ("counter", {}, 409, "says_nothing"),
        ("counter", {"people": -1}, 422, "invalid"),
        ("counter", {"people": MOST_PEOPLE + 1}, 422, "invalid"),
        ("counter", {"people": 2.5}, 422, "invalid"),
        ("counter", {"people": "3"}, 422, "invalid"),
        ("counter", {"people": True}, 422, "invalid"),
        ("counter", {"people": 3, "present": False}, 409, "contradicts_itself"),
        ("counter", {"people": 0, "present": True}, 409, "contradicts_itself"),
        ("counter", {"present": True, "occupied": True}, 422, "invalid"),
        ("counter", [1], 422, "invalid"),
        ("counter", {"co2_ppm": 800}, 409, "says_nothing"),
        ("air", {"present": True}, 409, "says_nothing"),
        ("ceiling", {"present": True}, 409, "not_reported"),
        ("nobodys", {"present": True}, 404, "unknown_sensor"),
        ("x" * 200, {"present": True}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_meant_changes_nothing(counting, sensor, body, status, code):
    before = counting.room.document.occupancy
    async with counting.in_process(headers=await token_of(counting)) as client:
        answer = await client.post(f"/api/v1/occupancy/{sensor}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert counting.room.document.occupancy.people == before.people


async def test_a_flood_of_reports_is_refused_and_the_last_one_that_counted_stands(counting):
    async with counting.in_process(headers=await token_of(counting)) as client:
        answers = [
            (await client.post(URL, json={"people": number})).status_code
            for number in range(1, 3 * MOST_REPORTS)
        ]
    refused = answers.index(429)
    assert refused >= MOST_REPORTS
    await counting.until(lambda document: document.occupancy.people == answers.count(204))


async def test_a_sensors_token_may_nothing_else_and_no_other_token_may_report(counting):
    sensor, operate = await token_of(counting), await token_of(counting, Role.OPERATE)
    async with counting.in_process() as client:
        for path in ("/api/v1/room", "/api/v1/use", "/api/v1/tokens", "/docs"):
            assert (await client.get(path, headers=sensor)).status_code == 403, path
        wake = {"type": "room.wake", "args": {}}
        assert (await client.post("/api/v1/commands", json=wake, headers=sensor)).status_code == 403
        assert (await client.post(URL, json={"people": 1}, headers=operate)).status_code == 403
        assert (await client.post(URL, json={"people": 1})).status_code == 401
    assert counting.room.document.occupancy.people == 0


@pytest.mark.parametrize(
    ("of", "to", "allowed"),
    [
        (Role.ADMIN, Role.SENSOR, True),
        (Role.OPERATE, Role.READ, True),
        (Role.OPERATE, Role.SENSOR, False),
        (Role.SENSOR, Role.READ, False),
        (Role.READ, Role.READ, True),
        (Role.FACILITIES, Role.AUDITOR, True),
        (Role.TECHNICIAN, Role.READ, True),
        (Role.TECHNICIAN, Role.AUDITOR, False),
        (Role.OPERATE, Role.FACILITIES, False),
        (Role.FACILITIES, Role.TECHNICIAN, False),
    ],
)
async def test_a_token_is_limited_to_what_it_may_already_and_never_widened(
    counting, of, to, allowed
):
    await counting.tokens.make("one", of, None)
    if allowed:
        limited = await counting.tokens.limit("one", to, None)
        assert isinstance(limited, ApiToken)
        assert limited.scope == to
    else:
        with pytest.raises(Exception, match="can only be reduced"):
            await counting.tokens.limit("one", to, None)
