"""What a room runs on, and what is wrong with it: for whoever looks after many."""

import ipaddress
import re

import pytest

from roomctl.api import box
from roomctl.version import build_info
from tests.api.rig import BOOT

pytestmark = pytest.mark.real


async def test_info_names_program_box_and_devices(alive, program):
    said = (await program.get("/api/v1/info")).json()
    assert said.items() >= {**build_info().as_object(), "boot_id": BOOT}.items()
    assert 0 < said["uptime_s"] < 600
    inventory = {one["name"]: one for one in said["inventory"]}
    assert set(inventory) == {one.name for one in alive.room.document.devices}
    front = inventory["camera.front"]
    assert (front["profile"], front["verified"]) == ("Sony SRG-300H", "manual")
    assert front["firmware"]
    assert re.fullmatch(r"[0-9a-f]+\.[0-9a-f]{2}", inventory["speakerphone.table"]["firmware"])


async def test_the_description_of_the_api_names_the_build(alive, program):
    assert (await program.get("/openapi.json")).json()["info"]["version"] == str(build_info())


async def test_an_unplugged_camera_is_an_issue_with_what_to_do(alive, program):
    assert (await program.get("/api/v1/issues")).json() == []
    await program.post("/api/v1/simulator", json={"device": "camera.front", "action": "unplug"})
    await alive.until(lambda document: document.devices[0].reason == "missing")
    [issue] = (await program.get("/api/v1/issues")).json()
    assert issue["id"] == "device.offline:camera.front"
    assert (issue["severity"], issue["next_step"]) == ("error", "offline.missing")
    document = (await program.get("/api/v1/room")).json()
    assert [(one["code"], one["since"]) for one in document["issues"]] == [
        (issue["code"], issue["since"])
    ]
    await program.post("/api/v1/simulator", json={"device": "camera.front", "action": "plug"})
    await alive.until(lambda document: not document.issues)


def test_the_serial_number_is_the_boards_own(tmp_path):
    board = tmp_path / "serial-number"
    board.write_bytes(b"10000000a1b2c3d4\0")
    assert box.serial_number(board, tmp_path / "none") == "10000000a1b2c3d4"


@pytest.mark.parametrize("none", [b"", b"0000000000000000\0", b"a b", b"\xff\xfe", b"x" * 65])
def test_a_box_without_one_has_one_that_does_not_tell_its_machine_id(tmp_path, none):
    board, machine = tmp_path / "serial-number", tmp_path / "machine-id"
    board.write_bytes(none)
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    found = box.serial_number(board, machine)
    assert re.fullmatch(r"[0-9a-f]{16}", found)
    assert found not in machine.read_text()
    assert found == box.serial_number(board, machine)
    machine.write_text("1123456789abcdef0123456789abcdef\n")
    assert box.serial_number(board, machine) != found


def test_nothing_is_made_up_where_nothing_can_be_read(tmp_path):
    assert box.serial_number(tmp_path / "none", tmp_path / "none") is None


def test_addresses_are_those_that_others_may_reach():
    for one in box.addresses():
        address = ipaddress.ip_address(one)
        assert not address.is_loopback
        assert not address.is_link_local
