"""The room's display over HTTP: seen and touched by the room's own panel, and by nobody else."""

import pytest

from roomctl.roles import Role
from tests.api import rig
from tests.api.rig import BEARER

PICTURE = "/api/v1/screen/picture"
SECRET = "streng-geheim-4711"
TOUCHES = [
    {"type": "screen.press", "args": {"x": 0.5, "y": 0.75}},
    {"type": "screen.scroll", "args": {"x": 0.5, "y": 0.5}},
    {"type": "screen.type", "args": {"text": SECRET}},
    {"type": "screen.key", "args": {"key": "tab"}},
    {"type": "screen.close_window", "args": {}},
    {"type": "meeting.press_join"},
]


@pytest.fixture
async def alive(tmp_path):
    """A room in a meeting; its app is called without a socket."""
    async with rig.awake(rig.House(tmp_path)) as house:
        async with house.in_process(headers=BEARER) as program:
            join = {"type": "meeting.join", "args": {"link": rig.JITSI}}
            assert (await program.post("/api/v1/commands?wait_s=20", json=join)).status_code == 200
        await house.until(lambda document: document.meeting.shown)
        yield house


async def headers(alive, who):
    """What a program, a visitor's phone or the room's own panel sends along."""
    if who == "program":
        return BEARER
    return await alive.panel_headers(Role.GUEST if who == "phone" else Role.PANEL)


async def test_the_rooms_own_panel_sees_what_the_display_shows_and_keeps_nothing(alive):
    async with alive.in_process(headers=await headers(alive, "panel")) as panel:
        answer = await panel.get(PICTURE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("who", ["phone", "program"])
async def test_nobody_else_sees_or_touches_it(alive, who):
    async with alive.in_process(headers=await headers(alive, who)) as client:
        answers = [await client.get(PICTURE)]
        for touch in TOUCHES:
            answers.append(await client.post("/api/v1/commands?wait_s=20", json=touch))
    for answer in answers:
        assert answer.status_code == 403, answer.text
        assert "room_panel_only" in answer.text
    assert alive.screen.shows.typed == ""


async def test_what_is_typed_is_nowhere_in_what_the_server_says(alive):
    own = await headers(alive, "panel")
    async with alive.in_process(headers=own) as panel:
        typed = {"type": "screen.type", "args": {"text": SECRET}}
        answers = [await panel.post("/api/v1/commands?wait_s=20", json=typed)]
        assert answers[0].status_code == 200, answers[0].text
        assert alive.screen.shows.typed == SECRET
        answers.append(await panel.get(f"/api/v1/commands/{answers[0].json()['id']}"))
        answers.append(await panel.get("/api/v1/room"))
        for wrong in ({"text": f"{SECRET}\n"}, {"text": SECRET * 20}, {"text": SECRET, "to": "x"}):
            refused = await panel.post(
                "/api/v1/commands", json={"type": "screen.type", "args": wrong}
            )
            assert refused.status_code == 422
            answers.append(refused)
    assert [answer.text for answer in answers if SECRET in answer.text] == []


async def test_characters_that_no_key_writes_are_not_typed(alive):
    async with alive.in_process(headers=await headers(alive, "panel")) as panel:
        touch = {"type": "screen.type", "args": {"text": "a\u200bb"}}
        answer = await panel.post("/api/v1/commands?wait_s=20", json=touch)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_typed")
    assert alive.screen.shows.typed == ""
