"""Who may have a test message sent, and that nothing of a request goes out with it."""

import asyncio
from typing import Any

import pytest

from roomctl.api.auth import SCOPES
from roomctl.config import AlertTable
from roomctl.errors import RoomctlError
from roomctl.room.alert_words import AlertMessage
from roomctl.room.alerts import TEST_EVERY_S, Alerts
from tests.api.rig import ADMIN, ROOM, House

KEY = "693a91f6-7abc-4bc4-97a0-0ec2d1f5aaaa"
TEXT = ROOM + f'[alert.desk]\nurl = "wecom:{KEY}"\n[alert.night]\nurl = "dingtalk:{KEY}"\n'
EVIL = ["../desk", "desk%2f..%2fdesk", "DESK", "desk%0a", "a" * 33, "désk", "%2e%2e", "desk;x", "-"]


class Sent:
    def __init__(self) -> None:
        self.told: list[AlertMessage] = []
        self.wrong: Exception | None = None

    async def send(self, table: AlertTable, told: AlertMessage, at: object) -> None:
        await asyncio.sleep(0)
        if self.wrong is not None:
            raise self.wrong
        self.told.append(told)


def headers(token: str = ADMIN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def house(tmp_path: Any, sent: Sent) -> House:
    made = House(tmp_path, text=TEXT)
    room = made.room
    room.alerts = Alerts(lambda: room.config, sent.send, None, made.clock, room.changed)
    return made


async def test_a_test_message_is_sent_and_what_became_of_it_is_told(
    house: House, sent: Sent
) -> None:
    async with house.in_process(headers=headers()) as client:
        answer = await client.post("/api/v1/alerts/desk/test")
        assert answer.status_code == 200
        assert answer.json() == {
            "alert": "desk",
            "service": "wecom",
            "host": "qyapi.weixin.qq.com",
            "arrived": True,
            "why": None,
        }
        sent.wrong = RoomctlError("oapi.dingtalk.com: refuses the signature (code 310000)")
        answer = await client.post("/api/v1/alerts/night/test")
        assert (answer.status_code, answer.json()["arrived"]) == (200, False)
        assert answer.json()["why"] == str(sent.wrong)
    assert len(sent.told) == 1


async def test_many_tests_at_once_are_one_message(house: House, sent: Sent) -> None:
    async with house.in_process(headers=headers()) as client:
        answers = await asyncio.gather(
            *(client.post("/api/v1/alerts/desk/test") for _ in range(20))
        )
    assert sorted(one.status_code for one in answers) == [200, *[429] * 19]
    assert {one.json()["code"] for one in answers if one.status_code == 429} == {"too_often"}
    assert len(sent.told) == 1
    assert TEST_EVERY_S >= 10


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_technicians_and_admins_alone_may(house: House, sent: Sent, scope: str) -> None:
    _, token = await house.tokens.make(scope, scope, None)
    async with house.in_process(headers=headers(token)) as client:
        answer = await client.post("/api/v1/alerts/desk/test")
    may = scope in ("technician", "admin")
    assert answer.status_code == (200 if may else 403)
    assert len(sent.told) == may


async def test_nobody_may_and_reading_is_no_test(house: House, sent: Sent) -> None:
    async with house.in_process() as client:
        assert (await client.post("/api/v1/alerts/desk/test")).status_code == 401
    async with house.in_process(headers=headers()) as client:
        assert (await client.get("/api/v1/alerts/desk/test")).status_code == 405
    assert sent.told == []


@pytest.mark.parametrize("name", EVIL)
async def test_a_name_that_is_none_reaches_nobody(house: House, sent: Sent, name: str) -> None:
    async with house.in_process(headers=headers()) as client:
        answer = await client.post(f"/api/v1/alerts/{name}/test")
        assert answer.status_code in (400, 404, 405, 422)
        unknown = await client.post("/api/v1/alerts/nobody/test")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_alert")
    assert sent.told == []
    assert KEY not in answer.text + unknown.text


async def test_nothing_that_a_request_says_goes_out(house: House, sent: Sent) -> None:
    async with house.in_process(headers=headers()) as client:
        body = {"text": "Canary7f3a", "to": "x@y.example", "url": "https://y.example"}
        await client.post("/api/v1/alerts/desk/test?text=Canary7f3a", json=body)
    assert "Canary7f3a" not in str(sent.told)
    assert "y.example" not in str(sent.told)
