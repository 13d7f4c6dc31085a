"""People who sign in with a password: let in, kept waiting, sent away again."""

import asyncio
import contextlib
import itertools
import json
import stat

import pytest
from argon2 import PasswordHasher

from roomctl.api.people import WAITING, StaffAccounts, keep_person, kept_people, refuse_weak
from roomctl.api.tries import FREE, FREE_OF_ADDRESS, FREE_OF_ALL, LONGEST_S
from roomctl.clock import VirtualClock
from roomctl.errors import Refused
from roomctl.roles import Role
from roomctl.store import Store
from tests.api import rig
from tests.api.rig import BEARER
from tests.invented import START

RIGHT, WRONG, OTHER = "four words are long", "five words are longer", "six words are longer yet"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # many are tried
QUICK = HASHER.hash(RIGHT)


def people_of(*names):
    made = START.isoformat()
    return {name: {"role": "facilities", "made": made, "hash": QUICK} for name in names}


class Desk:
    """The people of one room in invented time, and whose sessions ended."""

    def __init__(self, folder):
        self.folder, self.clock, self.ended = folder, VirtualClock(START), []
        self.guests = itertools.count(1)
        Store(folder).write("people", people_of("wang", "li"))
        self.restart()

    @property
    def address(self):
        """Another one each time: what counts by address is proven by itself."""
        return f"192.0.2.{next(self.guests)}"

    def restart(self):
        self.people = StaffAccounts(Store(self.folder), self.clock, self.ended.append)

    def wait_s(self, name):
        return max(0.0, self.people.wait_s(name, self.address))

    async def wrong(self, name="wang"):
        self.clock.advance(self.wait_s(name))
        with pytest.raises(Refused) as refused:
            await self.people.sign_in(name, WRONG, self.address)
        assert refused.value.code == "wrong_password"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


async def test_the_right_password_tells_who_it_is(desk):
    person = await desk.people.sign_in("wang", RIGHT)
    assert (person.name, person.role) == ("wang", Role.FACILITIES)


async def test_wrong_ones_make_their_name_wait_longer_and_longer_and_not_others(desk):
    waits = []
    for _ in range(FREE + 4):
        await desk.wrong()
        waits.append(desk.wait_s("wang"))
    assert waits == [0, 0, 0, 4, 8, 16, 32]
    with pytest.raises(Refused) as refused:
        await desk.people.sign_in("wang", RIGHT)
    assert refused.value.code == "password_wait"
    assert (await desk.people.sign_in("li", RIGHT)).name == "li"


async def test_many_names_make_everybody_wait_and_it_ends_somewhere(desk):
    for number in range(FREE_OF_ALL + 12):
        await desk.wrong(f"guess{number}")
    assert desk.wait_s("wang") == LONGEST_S


async def test_many_names_that_nobody_has_do_not_end_the_wait_of_one_that_somebody_has(desk):
    for _ in range(FREE + 9):
        await desk.wrong()
    waits_s = desk.wait_s("wang")
    assert waits_s > 900 / 2
    for number in range(300):
        with contextlib.suppress(Refused):
            await desk.people.sign_in(f"junk{number}", WRONG, desk.address)
    assert desk.wait_s("wang") == waits_s
    desk.restart()
    assert desk.wait_s("wang") >= waits_s
    assert len(Store(desk.folder).read("people_failures")) < 30


async def test_names_that_nobody_has_wait_as_one(desk):
    for number in range(FREE + 2):
        await desk.wrong(f"junk{number}")
    assert (desk.wait_s("another"), desk.wait_s("wang")) == (8, 0)


async def test_the_right_one_clears_its_own_name_alone(desk):
    for number in range(FREE_OF_ALL + 3):
        await desk.wrong("wang" if number % 2 else f"junk{number}")
    all_wait_s, name_waits_s = desk.wait_s("li"), desk.wait_s("wang")
    assert 0 < all_wait_s <= name_waits_s
    for _ in range(5):  # whoever has an account of his own signs in again and again
        desk.clock.advance(desk.wait_s("li"))
        await desk.people.sign_in("li", RIGHT, desk.address)
    desk.clock.advance(desk.wait_s("wang"))
    await desk.wrong()
    assert desk.wait_s("li") == 2 * all_wait_s
    assert desk.wait_s("wang") == 2 * name_waits_s


async def test_an_address_waits_whatever_names_it_tries(desk):
    names = [f"one{number}" for number in range(FREE_OF_ADDRESS + 1)]
    Store(desk.folder).write("people", people_of("wang", *names))
    desk.restart()
    for number, name in enumerate(names):
        with pytest.raises(Refused):
            await desk.people.sign_in(name, WRONG, f"2001:db8:1:2::{number}")
    assert desk.people.wait_s("wang", "2001:db8:1:2::99") == 4
    assert desk.people.wait_s("wang", "192.0.2.7") == 0
    with pytest.raises(Refused) as refused:
        await desk.people.sign_in("wang", RIGHT, "2001:db8:1:2::99")
    assert refused.value.code == "password_wait"
    assert (await desk.people.sign_in("wang", RIGHT, "192.0.2.7")).name == "wang"


async def test_slips_of_a_whole_house_do_not_gather(desk):
    for number in range(100):
        with pytest.raises(Refused):
            await desk.people.sign_in("wang" if number % 2 else "li", WRONG, "192.0.2.7")
        desk.clock.advance(3600)
        for name in ("wang", "li"):
            assert (await desk.people.sign_in(name, RIGHT, "192.0.2.7")).name == name


async def test_a_restart_forgets_no_wrong_one(desk):
    for _ in range(FREE + 3):
        await desk.wrong()
    desk.restart()
    assert desk.wait_s("wang") == 16


async def test_a_name_that_nobody_has_is_refused_in_the_same_words_and_waits_alike(desk):
    said = []
    for name in ("wang", "nobody"):
        for _ in range(FREE + 1):
            desk.clock.advance(desk.wait_s(name))
            with pytest.raises(Refused) as refused:
                await desk.people.sign_in(name, WRONG, desk.address)
        said.append((refused.value.code, str(refused.value), desk.wait_s(name)))
    assert said[0] == said[1]


async def test_another_password_or_none_ends_the_sessions_of_its_person(desk):
    await desk.people.keep("wang", Role.TECHNICIAN, OTHER)
    assert desk.ended == ["wang"]
    with pytest.raises(Refused):
        await desk.people.sign_in("wang", RIGHT)
    assert (await desk.people.sign_in("wang", OTHER)).role == Role.TECHNICIAN
    await desk.people.remove("wang")
    assert desk.ended == ["wang", "wang"]
    with pytest.raises(Refused) as refused:
        await desk.people.remove("wang")
    assert refused.value.code == "unknown_person"
    assert [one.name for one in kept_people(Store(desk.folder))] == ["li"]


async def test_few_wait_for_the_one_that_is_looked_at(desk):
    tries = [desk.people.sign_in("wang", RIGHT) for _ in range(WAITING + 3)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    codes = [one.code for one in ended if isinstance(one, Refused)]
    assert codes == ["too_often"] * 3


@pytest.mark.parametrize(
    "password",
    ["", "short", "x" * 257, "aaaaaaaaaaaa", "Password123", "1234567890", "wang in his room"],
)
def test_what_is_thought_of_first_is_no_password(password):
    with pytest.raises(Refused) as refused:
        refuse_weak("wang", password)
    assert refused.value.code == "weak_password"


@pytest.mark.parametrize("name", ["", "Wang", "wang li", "../pin", "w" * 33, "王", "wang\n"])
def test_what_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(Refused):
        keep_person(Store(tmp_path), name, Role.READ, RIGHT, START)
    assert not (tmp_path / "people.json").exists()


@pytest.mark.parametrize("role", [Role.PANEL, Role.SENSOR, Role.INTEGRATION])
def test_nobody_signs_in_as_a_thing(tmp_path, role):
    with pytest.raises(Refused):
        keep_person(Store(tmp_path), "wang", role, RIGHT, START)


def test_what_is_kept_is_a_hash_that_its_owner_alone_reads(tmp_path):
    keep_person(Store(tmp_path), "wang", Role.READ, RIGHT, START)
    kept = tmp_path / "people.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert RIGHT not in kept.read_text()
    assert json.loads(kept.read_text())["wang"]["hash"].startswith("$argon2id$")


@pytest.mark.parametrize(
    "garbled",
    [
        '{"wang": 1}',
        '{"wang": {"role": "admin"}}',
        '{"wang": {"role": "panel", "made": "2026-01-01T00:00:00+00:00", "hash": "x"}}',
        '{"wang": {"role": "admin", "made": "2026-01-01T00:00:00+00:00", "hash": 7}}',
        "[]",
        "",
    ],
)
async def test_a_garbled_file_lets_nobody_in(tmp_path, garbled):
    (tmp_path / "people.json").write_text(garbled)
    people = StaffAccounts(Store(tmp_path), VirtualClock(START), lambda name: None)
    with pytest.raises(Refused):
        await people.sign_in("wang", "x")


@pytest.fixture
async def house(tmp_path):
    Store(tmp_path).write("people", people_of("wang", "li"))
    return rig.House(tmp_path)


SIGN_IN = "/api/v1/staff/sign-in"


@pytest.mark.real
async def test_a_browser_signs_in_may_what_its_role_may_and_signs_out(house):
    async with house.in_process(headers={"Origin": house.base}) as browser:
        assert (await browser.get("/api/v1/audit")).status_code == 401
        answer = await browser.post(SIGN_IN, json={"name": "wang", "password": RIGHT})
        assert answer.status_code == 200
        assert answer.json() == {"name": "wang", "role": "facilities", "ends_in_s": 36000}
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert answer.headers["cache-control"] == "no-store"
        assert (await browser.get("/api/v1/audit")).status_code == 200
        assert (await browser.post("/api/v1/config", json={"text": ""})).status_code == 403
        assert (await browser.post("/api/v1/sign-out")).status_code == 204
        browser.cookies.clear()
        assert (await browser.get("/api/v1/audit")).status_code == 401


@pytest.mark.real
async def test_a_session_ends_when_its_person_is_removed_or_gets_another_password(house):
    async with house.in_process(headers=BEARER) as admin:
        for end in (
            lambda: admin.delete("/api/v1/people/wang"),
            lambda: admin.put("/api/v1/people/li", json={"role": "read", "password": OTHER}),
        ):
            name = "wang" if end.__code__.co_consts[1] == "/api/v1/people/wang" else "li"
            async with house.in_process(headers={"Origin": house.base}) as browser:
                body = {"name": name, "password": RIGHT}
                assert (await browser.post(SIGN_IN, json=body)).status_code == 200
                assert (await browser.get("/api/v1/room")).status_code == 200
                assert (await end()).status_code in (200, 204)
                assert (await browser.get("/api/v1/room")).status_code == 401
        assert [one["name"] for one in (await admin.get("/api/v1/people")).json()] == ["li"]


@pytest.mark.real
async def test_a_browser_that_tries_several_names_has_to_wait(house):
    async with house.in_process(headers={"Origin": house.base}) as browser:
        for name in (*("junk1", "junk2", "junk3"), *("wang", "wang", "li")):
            answer = await browser.post(SIGN_IN, json={"name": name, "password": WRONG})
            assert answer.json()["code"] == "wrong_password"
        answer = await browser.post(SIGN_IN, json={"name": "li", "password": RIGHT})
        assert (answer.status_code, answer.json()["code"]) == (429, "password_wait")


@pytest.mark.real
async def test_another_site_cannot_have_a_browser_sign_in(house):
    body = {"name": "wang", "password": RIGHT}
    async with house.in_process(headers={"Origin": "https://evil.example"}) as page:
        assert (await page.post(SIGN_IN, json=body)).status_code == 403
    async with house.in_process() as page:
        assert (await page.post(SIGN_IN, data=body)).status_code == 415


@pytest.mark.real
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "wang"},
        {"name": "WANG", "password": RIGHT},
        {"name": "wang", "password": 7},
        {"name": "wang", "password": "x" * 1025},
        {"name": ["wang"], "password": RIGHT},
        {"name": "wang", "password": RIGHT, "role": "admin"},
    ],
)
async def test_what_is_no_sign_in_is_told_so_and_says_no_password_back(house, body):
    async with house.in_process() as browser:
        answer = await browser.post(SIGN_IN, json=body)
        assert answer.status_code == 422
        assert RIGHT not in answer.text


@pytest.mark.real
async def test_the_audit_names_who_signed_in_and_whose_name_was_tried(tmp_path):
    Store(tmp_path).write("people", people_of("wang"))
    house = rig.House(tmp_path, keep=True)
    async with rig.awake(house), house.in_process() as browser:
        for name, password in (("wang", WRONG), ("secretword", WRONG), ("wang", RIGHT)):
            await browser.post(SIGN_IN, json={"name": name, "password": password})
        async with house.in_process(headers=BEARER) as admin:
            page = (await admin.get("/api/v1/audit")).json()
    found = [
        (one["role"], one["name"].partition(" ")[0], one["result"])
        for one in page["entries"]
        if one["command"].endswith(SIGN_IN)
    ]
    assert ("nobody", "wang", "refused: wrong_password") in found
    assert ("facilities", "wang", "done") in found
    assert "secretword" not in json.dumps(page)
    assert RIGHT not in json.dumps(page)
