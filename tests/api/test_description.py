"""`GET /api/v1/speakerphones/NAME/description`: from the room that holds the device."""

import pytest

from roomctl.speakerphone.description import pasted
from roomctl.speakerphone.sim import SPEAK_810
from tests.api.rig import ADMIN, BEARER

TABLE = "/api/v1/speakerphones/table/description"


@pytest.mark.real
async def test_a_running_room_describes_its_speakerphone_with_what_was_said(alive):
    await alive.simulator.act("speakerphone.table", "press_mute", {})
    await alive.until(lambda document: document.audio.mute == "muted")
    async with alive.program() as client:
        answer = await client.get(TABLE)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["status"], said["vid"], said["pid"]) == ("online", "0b0e", "2456")
    assert said["profile"]["name"] == "jabra-speak-810"
    entry = pasted(said)
    assert entry.descriptor == SPEAK_810.descriptor
    assert ("mute",) in entry.means
    assert entry.replayed() == entry.means
    assert ADMIN not in answer.text


async def test_a_speakerphone_that_there_is_not_is_404(house):
    async with house.in_process(headers=BEARER) as client:
        unknown = await client.get("/api/v1/speakerphones/sofa/description")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_device")
    assert "there is: table" in unknown.json()["detail"]


async def test_a_panel_has_no_business_with_descriptions(house):
    async with house.in_process(headers=await house.panel_headers()) as client:
        assert (await client.get(TABLE)).status_code == 403
