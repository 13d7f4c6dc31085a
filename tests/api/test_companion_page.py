"""docs/companion.md: what Companion's module sends is carried out, and its table is not old."""

import json
import re
import runpy
from pathlib import Path

import httpx
import pytest
import websockets

from roomctl.api import schema
from roomctl.api.command_list import example
from roomctl.app import declared
from roomctl.roles import Right, Role
from tests.api.rig import BEARER

TREE = Path(__file__).resolve().parents[2]
PAGE = (TREE / "docs" / "companion.md").read_text(encoding="utf-8")
MAKER = runpy.run_path(str(TREE / ".ci" / "companion_page.py"))
FIELDS = dict(re.findall(r"^\| ([A-Z][\w ()]+) \| (?:such as )?`([^`]*)`", PAGE, re.M))
BODIES = re.findall(r"^\| `[\w.]+` \| `(\{.*?\})` \|", PAGE, re.M)
EXPRESSIONS = re.findall(r'\| `jsonpath\(\$\(custom:room\), "\$\.(.*?)"\) == (.*?)` \|', PAGE)


def as_the_module_sends(token, body):
    """What `got.post` of the module makes of its fields: JSON, with the header and content type."""
    header = FIELDS["Header input (JSON)"].replace("$(custom:roomctl_token)", token)
    headers = {**json.loads(header), "Content-Type": FIELDS["Content Type"]}
    return {"headers": headers, "content": json.dumps(json.loads(body), separators=(",", ":"))}


def at(document, path):
    for step in re.findall(r"\w+", path):
        document = document[int(step) if step.isdecimal() else step]
    return document


def test_the_table_of_commands_is_not_old():
    assert MAKER["text"](PAGE) == PAGE, "docs/companion.md is old: run `make types` and commit it"
    assert len(BODIES) > 30


@pytest.mark.parametrize("one", declared(), ids=lambda one: one.name)
def test_every_commands_example_is_well_formed(one):
    schema.command_adapter(declared()).validate_python({"type": one.name, "args": example(one)})


async def test_a_key_mutes_the_room_and_shows_it(alive):
    rights = frozenset({Right.MUTE, Right.MOVE})
    _, token = await alive.tokens.make("companion", Role.INTEGRATION, None, rights)
    async with httpx.AsyncClient(base_url=alive.base) as companion:
        body = re.search(r"`(\{\"type\": \"audio.mute\".*?)`", PAGE)[1]
        answer = await companion.post("/api/v1/commands", **as_the_module_sends(token, body))
        assert answer.status_code == 200, answer.text
        [recall] = [one for one in BODIES if '"camera.recall"' in one]
        answer = await companion.post("/api/v1/commands", **as_the_module_sends(token, recall))
        assert answer.status_code == 200, answer.text
        [join] = [one for one in BODIES if '"meeting.leave"' in one]
        answer = await companion.post("/api/v1/commands", **as_the_module_sends(token, join))
        assert answer.status_code == 403  # its token does not name it
        await alive.until(lambda room: room.audio.mute == "muted")
        sent = as_the_module_sends(token, body)
        shown = (await companion.get("/api/v1/room", headers=sent["headers"])).json()
    told = {path: at(shown, path) for path, _ in EXPRESSIONS}
    assert len(told) == 4
    assert told["audio.mute"] == "muted"
    assert told["meeting.state"] == "idle"


async def test_a_program_that_shows_its_token_hears_of_changes_at_the_socket(alive):
    url = f"{alive.base.replace('http', 'ws')}/api/v1/live"
    message = re.search(r"`(\{\"type\": \"command\".*?)`", PAGE)[1]
    async with websockets.connect(url, additional_headers=BEARER) as socket:
        await socket.send(message)
        async for said in socket:
            if json.loads(said)["type"] == "ack":
                break
    assert json.loads(said)["status"] == "done"


async def test_the_list_of_commands_says_what_a_token_may(alive):
    _, token = await alive.tokens.make("companion", Role.INTEGRATION, None, frozenset({Right.MUTE}))
    async with alive.in_process(headers={"Authorization": f"Bearer {token}"}) as client:
        told = (await client.get("/api/v1/commands")).json()
    assert [one["type"] for one in told] == [one.name for one in alive.room.declared]
    may = {one["type"] for one in told if one["may"]}
    assert may == {"audio.mute", "audio.talk_hint", "audio.volume"}
    [recall] = [one for one in told if one["type"] == "camera.recall"]
    assert recall["args"]["properties"]["preset"]["maximum"] == 256
    assert recall["example"] == {"camera": "front", "preset": 1}
