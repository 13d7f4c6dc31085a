"""A report of people in the room: with state and log, without secrets, read by staff alone."""

import json
import logging
import uuid

import pytest

from roomctl.roles import Role
from tests.api import rig
from tests.api.rig import BEARER
from tests.api.test_diagnostics import CANARY, TEXT

pytestmark = pytest.mark.real


async def given(house, role, **args):
    body = {"about": "no_sound", "report": str(uuid.uuid4()), **args}
    headers = await house.panel_headers(role) if role in (Role.PANEL, Role.GUEST) else BEARER
    async with house.in_process(headers=headers) as client:
        command = {"type": "help.report", "args": body}
        return await client.post("/api/v1/commands?wait_s=10", json=command)


async def test_a_report_takes_state_and_log_along_and_no_secret_and_no_title(tmp_path):
    async with rig.running(tmp_path, text=TEXT) as house:
        logging.getLogger("roomctl.test").warning("Authorization: Bearer %s", "t" * 40)
        logging.getLogger("roomctl.test").warning("guest / %swifi", CANARY)
        logging.getLogger("roomctl.test").warning("camera front: no answer")
        answer = await given(house, Role.PANEL, word="left speaker")
        assert answer.json()["status"] == "done"
        await house.until(lambda document: any(one.code == "help" for one in document.issues))
        async with house.in_process(headers=BEARER) as client:
            [told] = (await client.get("/api/v1/help")).json()
            assert (told["about"], told["word"], told["requested_by"]) == (
                *("no_sound", "left speaker"),
                "panel",
            )
            assert "log" not in told
            found = await client.get(f"/api/v1/help/{told['number']}")
            assert found.json()["state"]["identity"]["display_name"] == "Bamboo"
            assert CANARY not in found.text
            assert "t" * 40 not in found.text
            assert (await client.get("/api/v1/help/99")).status_code == 404
            issues = (await client.get("/api/v1/issues")).text
            assert "left speaker" not in issues  # what people write is for staff


@pytest.mark.parametrize(
    "args",
    [
        {"about": "none"},
        {"word": "x" * 121},
        {"report": ""},
        {"report": "a b"},
        {"ago_s": -1},
        {"ago_s": 10**9},
        {"log": "mine"},
    ],
)
async def test_a_hostile_report_is_refused_and_leaves_nothing(alive, args):
    assert (await given(alive, Role.PANEL, **args)).status_code == 422
    assert alive.room.help.open == ()


async def test_a_phone_reports_and_reads_no_report(alive):
    assert (await given(alive, Role.GUEST)).json()["status"] == "done"
    async with alive.in_process(headers=await alive.panel_headers(Role.GUEST)) as client:
        assert (await client.get("/api/v1/help")).status_code == 403
        assert (await client.get("/api/v1/help/1")).status_code == 403
        closing = {"type": "help.close", "args": {"number": 1}}
        answer = await client.post("/api/v1/commands?wait_s=10", json=closing)
        assert json.loads(answer.text)["code"] == "not_allowed"
    assert len(alive.room.help.open) == 1
