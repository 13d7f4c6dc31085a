"""Pictures of presets over HTTP: where the document says they are, and how long they are kept."""

import pytest

from roomctl.roles import Role
from tests.api import rig

TEXT = rig.ROOM.replace("presets =", 'video = "usb-camera-video-index0"\npresets =')
PATH = "/api/v1/cameras/front/presets/1/picture"


@pytest.fixture
async def alive(tmp_path):
    """A room that runs; its app is called without a socket."""
    async with rig.awake(rig.House(tmp_path, text=TEXT)) as house:
        yield house


def picture(document):
    (preset,) = (p for p in document.cameras[0].presets if p.number == 1)
    return preset.picture


async def store(alive, program):
    command = {"type": "camera.store", "args": {"camera": "front", "preset": 1}}
    assert (await program.post("/api/v1/commands?wait_s=20", json=command)).status_code == 200
    await alive.until(picture)


async def test_a_picture_is_where_the_document_says(alive, program):
    await store(alive, program)
    room = (await program.get("/api/v1/room")).json()
    path = room["cameras"][0]["presets"][0]["picture"]

    answer = await program.get(path)

    assert path.startswith(f"{PATH}?v=")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content.startswith(b"\x89PNG")


async def test_a_picture_asked_for_without_its_version_is_not_kept(alive, program):
    await store(alive, program)

    assert (await program.get(PATH)).headers["cache-control"] == "no-store"


async def test_a_panel_may_see_it_and_a_screen_may_not(alive, program):
    await store(alive, program)
    for role, status in ((Role.PANEL, 200), (Role.SCREEN, 403)):
        async with alive.in_process(headers=await alive.panel_headers(role)) as client:
            assert (await client.get(PATH)).status_code == status


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (PATH, 404, "no_picture"),
        (PATH.replace("front", "nowhere"), 404, "unknown_device"),
        (PATH.replace("1/p", "0/p"), 422, "invalid"),
        (PATH.replace("1/p", "one/p"), 422, "invalid"),
    ],
)
async def test_where_there_is_none_the_answer_says_so(program, path, status, code):
    answer = await program.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


SEEN = "/api/v1/cameras/front/picture"


async def test_a_camera_is_seen_over_http_while_it_is_steered(alive, program):
    assert (await program.get(SEEN)).json()["code"] == "not_steered"
    drive = {"type": "camera.drive", "args": {"camera": "front", "pan": 0.2}}
    assert (await program.post("/api/v1/commands?wait_s=20", json=drive)).status_code == 200

    answer = await program.get(SEEN)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("role", [Role.GUEST, Role.SCREEN])
async def test_a_camera_is_seen_by_no_phone_and_no_display(alive, role):
    async with alive.in_process(headers=await alive.panel_headers(role)) as client:
        assert (await client.get(SEEN)).status_code == 403
