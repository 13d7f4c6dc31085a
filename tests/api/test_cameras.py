"""The camera commands over HTTP: their form, their results, their statuses, and who may ask."""

import pytest

from tests.api import rig
from tests.api.rig import BEARER, eventually

TEXT = rig.ROOM.replace('profile = "sony_brc300"', 'profile = "sony_am7"')


@pytest.fixture
async def alive(tmp_path):
    """A room that runs; its app is called without a socket."""
    async with rig.awake(rig.House(tmp_path, text=TEXT)) as house:
        yield house


async def ask(client, kind, **args):
    return await client.post("/api/v1/commands?wait_s=20", json={"type": kind, "args": args})


def refused(answer):
    """Return the status and the code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def result(client, kind, **args):
    answer = await ask(client, kind, **args)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_a_move_answers_with_where_it_led_and_what_was_clamped(alive, program):
    reached = await result(
        program, "camera.goto", camera="front", pan_deg=12.5, tilt_deg=99, zoom_pct=50
    )
    assert reached["clamped"] == ["tilt"]
    assert reached["pan_deg"] == pytest.approx(12.5, abs=0.1)
    assert reached["tilt_deg"] == pytest.approx(90, abs=0.1)
    assert alive.end_state()["zoom_pct"] == pytest.approx(50, abs=0.2)
    reached = await result(program, "camera.relative", camera="front", pan_deg=-2.5)
    assert reached["pan_deg"] == pytest.approx(10, abs=0.1)
    assert await result(program, "camera.home", camera="front") is None


async def test_a_raw_frame_is_answered_to_a_program_and_refused_to_a_panel(alive, program):
    assert await result(program, "camera.raw", camera="front", frame="81 09 04 00 FF") == {
        "answer": "02"
    }
    answer = await ask(program, "camera.raw", camera="front", frame="88 01 00 01 FF")
    assert refused(answer) == (409, "raw_frame")
    async with alive.in_process(headers=await alive.panel_headers()) as panel:
        answer = await ask(panel, "camera.raw", camera="front", frame="81 09 04 00 FF")
        assert refused(answer) == (403, "programs_only")
        answer = await ask(panel, "room.roll_back", revision=1)
        assert refused(answer) == (403, "programs_only")


async def test_what_a_model_has_not_is_501(alive, program):
    for camera, kind, args in (
        ("front", "camera.tally", {"light": "red"}),
        ("front", "camera.tracking", {"on": True}),
        ("back", "camera.exposure", {"mode": "auto"}),
        ("back", "camera.white_balance", {"mode": "indoor"}),
        ("back", "camera.ir_receive", {"on": False}),
        ("back", "camera.exposure_compensation", {"steps": 1}),
        ("back", "camera.menu", {"on": True}),
        ("back", "camera.menu_key", {"key": "up"}),
    ):
        answer = await ask(program, kind, camera=camera, **args)
        assert refused(answer) == (501, "unsupported"), kind


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("camera.goto", {}),
        ("camera.goto", {"pan_deg": 361}),
        ("camera.goto", {"pan_deg": 1, "speed": 0}),
        ("camera.zoom", {"pct": 101}),
        ("camera.focus", {}),
        ("camera.focus", {"mode": "auto", "pct": 1}),
        ("camera.focus", {"mode": "sharp"}),
        ("camera.exposure", {"mode": "night"}),
        ("camera.tally", {"light": "blue"}),
        ("camera.name", {"preset": 1, "name": "x" * 41}),
        ("camera.name", {"preset": 1, "name": "a\nb"}),
        ("camera.name", {"preset": 1}),
        ("camera.raw", {"frame": ""}),
        ("camera.drive", {"focus": 1.1}),
        ("camera.tracking", {"on": 1}),
        ("camera.delete_preset", {}),
        ("camera.delete_preset", {"preset": 0}),
        ("camera.delete_preset", {"preset": "1"}),
        ("camera.backlight", {"on": "yes"}),
        ("camera.exposure_compensation", {"steps": 100}),
        ("camera.exposure_compensation", {"steps": 0.5}),
        ("camera.menu", {}),
        ("camera.menu_key", {"key": "a"}),
    ],
)
async def test_a_command_of_another_form_is_422(house, kind, args):
    async with house.in_process(headers=BEARER) as client:
        answer = await ask(client, kind, camera="front", **args)
    assert refused(answer) == (422, "invalid")


async def test_settings_are_made_and_shown(alive, program):
    await result(program, "camera.exposure", camera="front", mode="iris")
    await result(program, "camera.white_balance", camera="front", mode="outdoor")
    await result(program, "camera.ir_receive", camera="front", on=False)
    await result(program, "camera.focus", camera="front", pct=20)
    await result(program, "camera.tally", camera="back", light="yellow")
    await result(program, "camera.tracking", camera="back", on=True)
    await alive.until(
        lambda document: (
            document.cameras[1].tracking is True and document.cameras[0].ir_receive is False
        )
    )
    room = (await program.get("/api/v1/room")).json()
    front, back = room["cameras"]
    assert (front["exposure"], front["white_balance"], front["focus"]) == (
        "iris",
        "outdoor",
        "manual",
    )
    assert (front["tally"], back["tally"], front["modes"]["tally"]) == (None, "yellow", [])
    assert alive.simulator.device("camera.back").cameras["camera.back"].lamps == {"yellow"}


async def test_names_are_kept_as_revisions_and_come_back(alive, program):
    await result(program, "camera.store", camera="front", preset=5, name="Lectern")
    await result(program, "camera.name", camera="front", preset=5, name="Wrong")
    kept = (await program.get("/api/v1/settings")).json()
    assert [one["settings"] for one in kept] == [
        {"camera.front.presets.5": "Lectern"},
        {"camera.front.presets.5": "Wrong"},
    ]
    assert kept[0]["who"] == "this box"
    await result(program, "room.roll_back", revision=1)
    document = await alive.until(
        lambda document: any(preset.name == "Lectern" for preset in document.cameras[0].presets)
    )
    assert [preset.number for preset in document.cameras[0].presets] == [1, 2, 5]
    answer = await ask(program, "room.roll_back", revision=99)
    assert refused(answer) == (404, "unknown_revision")


async def test_a_focus_that_is_automatic_refuses_to_be_driven(alive, program):
    await alive.until(lambda document: document.cameras[0].focus == "auto")
    answer = await ask(program, "camera.drive", camera="front", focus=1.0)
    assert refused(answer) == (409, "focus_auto")
    await result(program, "camera.focus", camera="front", mode="manual")
    await alive.until(lambda document: document.cameras[0].focus == "manual")
    before = alive.camera.focus_pct
    await result(program, "camera.drive", camera="front", focus=1.0, lease_ms=300)
    await eventually(lambda: alive.end_state() and alive.camera.focus_pct != before)


async def test_a_camera_that_falls_silent_in_a_step_is_504_and_may_have_moved(alive, program):
    await alive.until(lambda document: document.cameras[0].pan_deg is not None)
    alive.camera.silent = True
    answer = await ask(program, "camera.relative", camera="front", pan_deg=1.0)
    assert refused(answer) == (504, "unknown_outcome")
