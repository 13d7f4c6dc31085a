"""What the room's display may do with the API (nothing), and the code that it shows to phones."""

import re
from datetime import UTC, datetime

import pytest
import websockets

from roomctl.api.auth import PAIRING_S, SESSIONS_KEPT, VISIT_S
from roomctl.api.phone import GOOD_S, STANDS_S, drawn, reached_at
from roomctl.clock import VirtualClock
from roomctl.config import ApiTable
from roomctl.roles import Role
from tests.api import rig

PHONES = rig.ROOM.replace('language = "en"', 'language = "en"\nphone = "on"\nwifi = "Guest"')
REACHED = PHONES + '\n[api]\nurl = "http://bamboo.example.org:8080"\n'


def clock():
    return VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))


class House(rig.House):
    """A house that notes the tokens it offers, for a code is hard to read back."""

    def __init__(self, folder, **options):
        super().__init__(folder, **options)
        self.offered = []
        offer = self.tokens.offer_pairing

        def noted(*args, **more):
            self.offered.append(offer(*args, **more))
            return self.offered[-1]

        self.tokens.offer_pairing = noted


async def screen_headers(house):
    return await house.panel_headers(Role.SCREEN)


@pytest.mark.real
async def test_a_display_may_not_write_where_it_may_look(alive):
    async with alive.in_process(headers=await screen_headers(alive)) as client:
        for path in ("/api/v1/room", "/api/v1/phone"):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                assert (await client.request(method, path)).status_code == 405


@pytest.fixture
async def display(alive):
    """A display's socket."""
    socket = await websockets.connect(
        f"{alive.base.replace('http', 'ws')}/api/v1/live",
        additional_headers=await screen_headers(alive),
    )
    panel = rig.Panel(socket)
    await panel.next("hello")
    panel.room = (await panel.next("snapshot"))["room"]
    yield panel
    await socket.close()


@pytest.mark.real
async def test_a_display_follows_the_room(alive, display):
    assert display.room["identity"]["display_name"] == "Bamboo"
    async with alive.program() as client:
        await client.post("/api/v1/commands", json={"type": "room.standby", "args": {}})
    assert await display.next("patch")
    await display.say(type="snapshot")
    assert await display.next("snapshot")
    await display.say(type="ping", t=1.0)
    assert await display.next("pong")


@pytest.mark.real
async def test_a_display_commands_nothing(alive, display):
    unmute = {"type": "audio.mute", "args": {"on": False}}
    await display.say(type="command", id="1", command=unmute)
    assert (await display.next("ack", id="1"))["error"]["code"] == "unmute_in_room_only"
    await display.say(type="command", id="2", command={"type": "room.standby"})
    assert (await display.next("ack", id="2"))["error"]["code"] == "not_allowed"
    assert alive.room.document.panel.awake


@pytest.mark.real
async def test_a_display_holds_no_camera(alive, display):
    await display.hold("h", 1, pan=1.0)
    assert (await display.next("error"))["error"]["code"] == "not_allowed"
    await display.say(type="release", hold="h")
    assert (await display.next("error"))["error"]["code"] == "not_allowed"
    panel = await alive.panel()
    await panel.hold("h", 1, pan=1.0)  # nobody has had this hold: it is new, and moves the camera
    await rig.eventually(lambda: alive.room.document.cameras[0].moving)
    await panel.socket.close()


async def test_a_displays_secret_makes_no_panel(house):
    [secret] = (await house.cookie(Role.SCREEN)).values()
    async with house.in_process(cookies={f"roomctl_{house.port}_panel": secret}) as client:
        assert (await client.get("/api/v1/room")).status_code == 401


async def test_a_display_is_paired_by_a_link_that_works_once(house):
    token = house.tokens.offer_pairing(Role.SCREEN)
    async with house.in_process() as client:
        for expected in (204, 403):
            answer = await client.post("/api/v1/pair", json={"token": token})
            assert answer.status_code == expected
        assert (await client.get("/api/v1/room")).status_code == 200


@pytest.mark.parametrize("role", [Role.SCREEN, Role.PANEL])
async def test_the_code_is_a_drawing_that_nobody_keeps(tmp_path, role):
    house = House(tmp_path, text=REACHED)
    async with house.in_process(headers=await house.panel_headers(role)) as client:
        answer = await client.get("/api/v1/phone")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == drawn(f"http://bamboo.example.org:8080/#pair={house.offered[-1]}")


async def test_nobody_and_no_simulator_page_and_no_guest_gets_a_code(tmp_path):
    house = House(tmp_path, text=REACHED)
    for role, expected in ((None, 401), (Role.SIMULATOR, 403), (Role.GUEST, 403)):
        headers = await house.panel_headers(role) if role else {}
        house.offered.clear()
        async with house.in_process(headers=headers) as client:
            assert (await client.get("/api/v1/phone")).status_code == expected
        assert house.offered == []


@pytest.mark.parametrize("text", [rig.ROOM, PHONES], ids=["phones are off", "only loopback"])
async def test_without_a_way_for_phones_there_is_no_code(tmp_path, text):
    house = House(tmp_path, text=text)
    async with house.in_process(headers=await screen_headers(house)) as client:
        answer = await client.get("/api/v1/phone")
    assert (answer.status_code, answer.text) == (204, "")


async def test_a_code_makes_one_phone_a_panel_and_is_then_replaced(tmp_path):
    house = House(tmp_path, text=REACHED)
    async with (
        house.in_process(headers=await screen_headers(house)) as display,
        house.in_process() as phone,
        house.in_process() as late,
    ):
        first = (await display.get("/api/v1/phone")).text
        assert (await display.get("/api/v1/phone")).text == first
        scanned = {"token": house.offered[-1]}
        assert (await phone.post("/api/v1/pair", json=scanned)).status_code == 204
        assert (await phone.get("/api/v1/room")).status_code == 200
        assert (await late.post("/api/v1/pair", json=scanned)).status_code == 403
        assert (await display.get("/api/v1/phone")).text != first


async def test_a_code_stands_half_a_minute_and_is_good_for_one(tmp_path):
    time = clock()
    house = House(tmp_path, text=REACHED, clock=time)
    async with house.in_process(headers=await screen_headers(house)) as client:
        first = (await client.get("/api/v1/phone")).text
        token = house.offered[-1]
        time.advance(STANDS_S - 0.1)
        assert (await client.get("/api/v1/phone")).text == first
        time.advance(0.1)
        assert (await client.get("/api/v1/phone")).text != first
    assert STANDS_S < GOOD_S <= 60
    time.advance(GOOD_S - STANDS_S)
    assert house.tokens.is_offered(token)
    time.advance(0.1)
    assert await house.tokens.pair(token) is None


async def test_a_phone_is_a_guest_for_two_hours_and_until_a_restart(tmp_path):
    time = clock()
    house = rig.House(tmp_path, text=REACHED, clock=time)
    _, secret = await house.tokens.pair(house.tokens.offer_pairing(Role.GUEST, GOOD_S))
    assert house.store.read("sessions") == {}
    time.advance(VISIT_S)
    assert house.tokens.session(secret, Role.GUEST)
    assert not house.tokens.session(secret, Role.PANEL)
    time.advance(0.1)
    assert not house.tokens.session(secret, Role.GUEST)


async def test_codes_that_nobody_scans_do_not_pile_up(tmp_path):
    time = clock()
    house = rig.House(tmp_path, text=REACHED, clock=time)
    async with house.in_process(headers=await screen_headers(house)) as client:
        for _ in range(20):
            await client.get("/api/v1/phone")
            time.advance(PAIRING_S)
    assert len(house.tokens._offers) <= 1


async def test_phones_may_ask_by_the_name_that_the_code_gives_them(tmp_path):
    house = rig.House(tmp_path, text=REACHED)
    async with house.in_process(headers={"Host": "bamboo.example.org:8080"}) as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_a_panel_in_use_is_not_forgotten_for_displays_that_pair_at_every_boot(house):
    [used], [idle] = [list((await house.cookie()).values()) for _ in range(2)]
    for _ in range(SESSIONS_KEPT):
        assert house.tokens.session(used, Role.PANEL)
        await house.cookie(Role.SCREEN)
    assert house.tokens.session(used, Role.PANEL)
    assert not house.tokens.session(idle, Role.PANEL)


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        (ApiTable(), None),
        (ApiTable(listen="localhost:0"), None),
        (ApiTable(listen="[::1]:0"), None),
        (ApiTable(listen="192.168.7.5:0"), "https://192.168.7.5:8123"),
        (ApiTable(listen="[fd00::5]:0"), "https://[fd00::5]:8123"),
        (ApiTable(listen="bamboo.local:0"), "https://bamboo.local:8123"),
        (ApiTable(url="https://bamboo.example.org"), "https://bamboo.example.org"),
    ],
)
def test_where_a_phone_finds_the_box_follows_from_where_it_listens(api, expected):
    assert reached_at(api, 8123) == expected


@pytest.mark.real
def test_a_box_that_listens_everywhere_is_found_by_its_own_address_if_it_has_one():
    found = reached_at(ApiTable(listen="0.0.0.0:0"), 8123)
    assert found is None or re.fullmatch(r"https://[0-9.]+:8123", found)
