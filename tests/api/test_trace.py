"""`GET /api/v1/cameras/NAME/trace`: what was said on a camera's line, as a file."""

import json
import re

import pytest

from roomctl.camera.tools.trace import parse
from tests.api.rig import ADMIN
from tests.camera.replay import replay

pytestmark = pytest.mark.real

FRONT = "/api/v1/cameras/front/trace"


async def test_a_trace_is_a_file_in_which_every_line_has_its_meaning(alive):
    async with alive.program() as client:
        answer = await client.get(FRONT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    named = r"attachment; filename\*=UTF-8''front-\d{8}T\d{6}Z\.trace"
    assert re.fullmatch(named, answer.headers["content-disposition"])
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.text.splitlines()
    assert lines[:2] == ["# camera: front", "# profile: sony_srg300h"]
    assert "\topen\t\t" in lines[2]
    assert any("out\t8109" in line and line.endswith("inquiry version") for line in lines)
    assert any("\tin\t" in line and "reply version vendor=1" in line for line in lines)


async def test_a_trace_that_was_downloaded_replays(alive):
    async with alive.program() as client:
        trace = parse((await client.get(FRONT)).text)
    facts = replay(trace).facts()
    assert (facts["ready"], facts["power"], facts["model"]) == ("yes", "yes", "Sony SRG-300H")
    assert facts["commands"] == "none"


async def test_a_trace_goes_on_over_a_lost_line(alive):
    await alive.simulator.act("camera.front", "unplug", {})
    await alive.until(lambda d: any(e.name == "camera.front" and e.reason for e in d.devices))
    await alive.simulator.act("camera.front", "plug", {})
    await alive.until(lambda d: all(not e.reason for e in d.devices if e.name == "camera.front"))
    async with alive.program() as client:
        trace = parse((await client.get(FRONT)).text)
    ends = [r.direction for r in trace.records if r.direction in ("open", "lost")]
    assert ends[:3] == ["open", "lost", "open"]


async def test_programs_get_an_object_on_each_line(alive):
    async with alive.program() as client:
        answer = await client.get(FRONT, params={"format": "jsonl"})
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert answer.headers["content-disposition"].endswith(".jsonl")
    records = [json.loads(line) for line in answer.text.splitlines()]
    assert records[0]["direction"] == "open"
    assert any({"kind": "inquiry", "name": "version", "fields": {}} in r["means"] for r in records)


async def test_a_trace_names_no_secret(alive):
    async with alive.program() as client:
        for form in ("text", "jsonl"):
            text = (await client.get(FRONT, params={"format": form})).text
            assert "version" in text
            assert ADMIN not in text


async def test_a_camera_that_there_is_not_is_404_and_a_form_that_there_is_not_422(house):
    async with house.in_process(headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        unknown = await client.get("/api/v1/cameras/side/trace")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_device")
        assert "there is: back, front" in unknown.json()["detail"]
        assert (await client.get(FRONT, params={"format": "pcap"})).status_code == 422


async def test_a_panel_has_no_business_with_traces(house):
    async with house.in_process(headers=await house.panel_headers()) as client:
        assert (await client.get(FRONT)).status_code == 403
