"""A search of the network by staff: what it tells, one at a time, and that it changes nothing."""

import asyncio

import pytest

from roomctl import app
from roomctl.errors import RoomctlError
from roomctl.search import FoundDevice
from tests.api import rig
from tests.api.rig import BEARER, ROOM
from tests.api.test_guard import problem_of

pytestmark = pytest.mark.real

PATH = "/api/v1/config/search"
TEXT = ROOM.replace("serial:/dev/roomctl-back?baud=38400", "visca-ip://192.0.2.7")
HERS = FoundDevice("camera", "192.0.2.7", ("ONVIF",), ("onvif://192.0.2.7",), "back")
NEW = FoundDevice(
    "camera",
    "192.0.2.9",
    ("ONVIF", "VISCA over IP"),
    ("visca-ip://192.0.2.9", "onvif://192.0.2.9"),
    "CAM1",
    "Sony BRC-X400",
    "04:5d:4b:01:02:03",
    "sony_brcx400",
    ("10.0.0.1",),
    verified=True,
)


class Network:
    """What a search finds, or why it cannot; `hold`: it takes until that is set."""

    def __init__(self, *found, why=None):
        self.found, self.why = found, why
        self.known, self.began, self.hold = [], asyncio.Event(), None

    async def __call__(self, known):
        self.known.append(set(known))
        self.began.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.why is not None:
            raise RoomctlError(self.why)
        return self.found


async def asked(folder, search, times=1):
    house = rig.House(folder, text=TEXT, search=search)
    async with house.in_process(headers=BEARER) as client:
        return [await client.post(PATH) for _ in range(times)]


async def test_a_search_tells_each_device_and_which_are_in_this_room_already(tmp_path):
    network = Network(HERS, NEW)
    [answer] = await asked(tmp_path, network)
    assert answer.status_code == 200
    hers, new = answer.json()["found"]
    assert hers["devices"] == ["camera.back"]
    assert new == {
        "kind": "camera",
        "host": "192.0.2.9",
        "protocols": ["ONVIF", "VISCA over IP"],
        "urls": ["visca-ip://192.0.2.9", "onvif://192.0.2.9"],
        "name": "CAM1",
        "model": "Sony BRC-X400",
        "mac": "04:5d:4b:01:02:03",
        "profile": "sony_brcx400",
        "claims": ["10.0.0.1"],
        "in_network": True,
        "verified": True,
        "needs_login": False,
        "devices": [],
    }
    assert network.known == [{"192.0.2.7"}]


async def test_a_second_search_at_the_same_time_is_refused_and_a_later_one_is_not(tmp_path):
    network = Network(NEW)
    network.hold = asyncio.Event()
    house = rig.House(tmp_path, text=TEXT, search=network)
    async with house.in_process(headers=BEARER) as client:
        first = asyncio.create_task(client.post(PATH))
        await network.began.wait()
        second = await client.post(PATH)
        network.hold.set()
        assert (await first).status_code == 200
        third = await client.post(PATH)
    assert (second.status_code, problem_of(second)["code"]) == (429, "too_often")
    assert third.status_code == 200
    assert len(network.known) == 2


async def test_a_search_that_fails_says_why_and_holds_nothing_up(tmp_path):
    for answer in await asked(tmp_path, Network(why="this box is on no network"), times=2):
        assert (answer.status_code, problem_of(answer)["code"]) == (409, "no_network")


async def test_a_program_without_a_search_refuses_it(tmp_path):
    [answer] = await asked(tmp_path, None)
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "no_search")


async def test_a_room_searches_its_own_kinds_on_the_interface_that_is_named():
    found = await app.search_network(("lo",), limit_s=2.0)
    assert {one.kind for one in found} <= {"camera", "display"}
    with pytest.raises(RoomctlError, match="no network interface"):
        await app.search_network(("eht0",))
