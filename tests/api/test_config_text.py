"""The configuration is read without its secrets, and changed on the base that was read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomctl.api.config_text import restored, shown
from roomctl.app import parse
from roomctl.errors import Refused
from roomctl.roles import Role
from tests.api import rig
from tests.api.rig import BEARER, ROOM
from tests.api.test_guard import problem_of

SECRETS = (
    *(
        "broker-p4ss",
        "kid\\u0065-p4ss",
        "kide-p4ss",
        'quo\\"ted-9',
        'quo"ted-9',
        "private-abcdef0123",
    ),
    *("b0ard-9876543210", "old-p4ssword", "a1", "whsec_aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ="),
    "whsec_c2Vjb25kIHNlY3JldCBzZWNvbmQgc2VjcmV0",
)
TEXT = r'''
# the mqtt password = "old-p4ssword" was changed in spring
[room]
display_name = "Bamboo … 2" # …1 is no mark here
language = 'zh-CN'
[camera.front]
url = "sim:front"
[mqtt]
url = "mqtt://broker.example.org"
username = "bamboo"
"password" = "kid\u0065-p4ss"
[calendar]
url = "ics:https://cal.example.org/private-abcdef0123/basic.ics"
[meeting.favourites]
Board = "https://meet.jit.si/b0ard-9876543210"
[[webhook]]
url = "https://one.example.org/in"
events = ["issue.opened"]
secret = "whsec_aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ="
[[webhook]]
url = "https://two.example.org/in"
events = ["issue.opened"]
secret = """whsec_c2Vjb25kIHNlY3JldCBzZWNvbmQgc2VjcmV0"""
'''


def shown_of(text: str) -> Any:
    return shown(text, parse(text, "room.toml"))


def test_no_secret_is_shown_however_it_is_written_and_all_else_is() -> None:
    found = shown_of(TEXT).text
    assert [one for one in SECRETS if one in found] == []
    assert "kide" not in str(tomllib.loads(found))
    for line in (
        "[mqtt]",
        'display_name = "Bamboo … 2" # …1 is no mark here',
        "language = 'zh-CN'",
    ):
        assert line in found
    assert found.count("\n") == TEXT.count("\n")
    assert tomllib.loads(found)["calendar"]["url"].startswith("ics:https://cal.example.org/…")


def test_what_is_read_and_written_back_is_the_same_to_the_byte() -> None:
    base = shown_of(TEXT)
    kept = TEXT.replace("old-p4ssword", "…")  # in a comment, which is for people alone
    assert restored(base.text, base) == kept
    pine = base.text.replace("Bamboo", "Pine")
    assert restored(pine, base) == kept.replace("Bamboo", "Pine")


def test_a_list_in_another_order_keeps_each_ones_secret() -> None:
    base = shown_of(TEXT)
    head, one, two = base.text.split("[[webhook]]")
    back = tomllib.loads(restored(f"{head}[[webhook]]{two}\n[[webhook]]{one}", base))
    was = tomllib.loads(TEXT)
    assert back["webhook"] == was["webhook"][::-1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Bamboo … 2", "…1"),  # a secret as the name that every panel shows
        ('username = "bamboo"', 'username = "…1"'),
        ("cal.example.org", "evil.example"),  # an address of another host
        ("[mqtt]", '[room.more]\nx = "…1"\n[mqtt]'),
        ("Board", "Other"),
        ("…1", "…9"),
    ],
)
def test_a_hidden_value_stands_nowhere_but_where_it_was(old: str, new: str) -> None:
    base = shown_of(TEXT)
    assert old in base.text
    moved = base.text.replace(old, new, 1) if old != "…1" else base.text.replace('"…1"', '"…9"')
    with pytest.raises(Refused, match="is hidden") as refused:
        restored(moved, base)
    assert refused.value.code == "config_redacted"


@pytest.mark.parametrize("text", ["=", "[" * 20_000, '"…1', "a = …1", "\0", "…1"])
def test_what_is_no_toml_is_left_to_the_check(text: str) -> None:
    assert restored(text, shown_of(TEXT)) == text


PLAIN = ROOM + '\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\nusername = "a"\npassword = "broker-p4ss"\n'


@pytest.fixture
async def house(tmp_path: Path):
    house = rig.House(tmp_path, text=PLAIN, restart=[].append)
    async with rig.awake(house):
        yield house


@pytest.fixture
async def program(house: Any):
    async with house.in_process(headers=BEARER) as client:
        yield client


async def read(client: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    answer = await client.get("/api/v1/config/text")
    assert answer.status_code == 200, answer.text
    return answer.text, {"If-Match": answer.headers["ETag"]}


@pytest.mark.real
async def test_it_is_read_changed_and_applied_and_its_secret_lives(house, program) -> None:
    text, base = await read(program)
    assert "broker-p4ss" not in text
    body = {"text": text.replace("Bamboo", "Pine")}
    assert (await program.post("/api/v1/config/check", json=body)).json()["ok"]
    answer = await program.post("/api/v1/config", json=body, headers=base)
    assert answer.status_code == 200, answer.text
    assert house.room.document.identity.display_name == "Pine"
    assert house.configs.text(1) == PLAIN.replace("Bamboo", "Pine")
    assert "broker-p4ss" not in (await program.get("/api/v1/config/text?revision=1")).text


@pytest.mark.real
async def test_who_changes_an_old_text_is_told_what_is_newer(house, program) -> None:
    text, base = await read(program)
    await program.post(
        "/api/v1/config", json={"text": text.replace("Bamboo", "Pine")}, headers=base
    )
    oak = {"text": text.replace("Bamboo", "Oak")}
    for path, body in (("", oak), ("/rollback", {"revision": 0})):
        answer = await program.post(f"/api/v1/config{path}", json=body, headers=base)
        assert answer.status_code == 412
        assert problem_of(answer)["code"] == "config_newer"
        assert problem_of(answer)["params"]["revision"] == "1"
    assert house.room.document.identity.display_name == "Pine"
    _, newer = await read(program)
    assert (await program.post("/api/v1/config", json=oak, headers=newer)).status_code == 200
    assert (await program.post("/api/v1/config", json=oak, headers={"If-Match": "*"})).is_success


@pytest.mark.real
async def test_a_hand_on_room_toml_makes_the_base_old_too(house, program, tmp_path) -> None:
    text, base = await read(program)
    house.configs.file.write_text(PLAIN + "\n# by hand\n")
    answer = await program.post("/api/v1/config", json={"text": text}, headers=base)
    assert answer.status_code == 412


@pytest.mark.real
async def test_a_hostile_caller_gets_no_secret_into_sight(house, program) -> None:
    text, _ = await read(program)
    mark = tomllib.loads(text)["mqtt"]["password"]
    body = {"text": text.replace("Bamboo", mark)}
    for path in ("/api/v1/config", "/api/v1/config/check"):
        answer = await program.post(path, json=body)
        assert answer.status_code == 422
        assert "broker-p4ss" not in answer.text
    for query in ("revision=-1", "revision=9", "revision=x", "revision=1&more=1"):
        assert (await program.get(f"/api/v1/config/text?{query}")).status_code in (404, 422)
    for tag in ('"', "W/", "é".encode(), "," * 4000, '"x", W/"y"'):
        answer = await program.post("/api/v1/config", json=body, headers={"If-Match": tag})
        assert answer.status_code == 412
    assert house.room.document.identity.display_name == "Bamboo"


@pytest.mark.real
async def test_only_who_may_change_the_configuration_reads_it(house) -> None:
    for role in (Role.READ, Role.FACILITIES, Role.AUDITOR):
        _, token = await house.tokens.make(role.value, role, None)
        async with house.in_process(headers={"Authorization": f"Bearer {token}"}) as client:
            assert (await client.get("/api/v1/config/text")).status_code == 403
