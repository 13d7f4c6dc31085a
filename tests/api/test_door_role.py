"""The sign at the door: it reserves and undoes that; nothing else of the room is its."""

import pytest

from roomctl import app
from roomctl.roles import Right, Role, has
from tests.api import rig

pytestmark = pytest.mark.real

OURS = {"booking.reserve", "booking.check_in", "booking.undo"}


async def sign(house):
    """Return the socket of a sign at the door."""
    found = rig.Panel(await house.dial(role=Role.DOOR))
    found.hello = await found.next("hello")
    await found.next("snapshot")
    return found


async def test_a_sign_may_look_reserve_check_in_and_undo_and_nothing_else(alive):
    door = await sign(alive)
    assert set(door.hello["may"]) == OURS
    assert {right for right in Right if has(right, Role.DOOR)} == {
        *(Right.PUBLIC, Right.LOOK, Right.BOOK, Right.UNDO)
    }
    for number, one in enumerate(app.declared()):
        if one.name not in OURS:
            refused = await door.command(f"c{number}", one.name)
            assert refused["status"] == "refused", one.name


async def test_a_sign_undoes_what_was_changed_there_alone(alive):
    door, panel = await sign(alive), await alive.panel()
    booking = panel.room["bookings"][0]["id"]
    inside = await panel.command("p1", "booking.check_in", booking=booking)
    assert inside["status"] == "done"
    await door.until(lambda room: room["booking_changes"])
    [change] = door.room["booking_changes"]
    refused = await door.command("d1", "booking.undo", change=change["id"])
    assert (refused["status"], refused["error"]["code"]) == ("refused", "not_allowed")
    undone = await panel.command("p2", "booking.undo", change=change["id"])
    assert undone["status"] == "done"
    await door.until(lambda room: not room["booking_changes"])
    here = await door.command("d2", "booking.check_in", booking=booking)
    assert here["status"] == "done"
    await door.until(lambda room: room["booking_changes"])
    change = door.room["booking_changes"][-1]["id"]
    assert (await door.command("d3", "booking.undo", change=change))["status"] == "done"


async def test_a_touch_at_the_door_wakes_no_room(alive):
    async with alive.program() as client:
        standby = {"type": "room.standby", "args": {}}
        await client.post("/api/v1/commands?wait_s=5", json=standby)
        door = await sign(alive)
        await door.until(lambda room: not room["panel"]["awake"])
        await door.command("d1", "booking.undo", change="none")
        assert alive.room.document.panel.awake is False


async def test_a_link_for_a_sign_leads_to_its_page(house):
    async with house.in_process(headers=rig.BEARER) as client:
        offered = await client.post("/api/v1/pairings", json={"role": "door"})
    assert offered.json()["path"].startswith("/door#pair=")
