"""Cameras as a room offers them: what they are told, what they are called, what is wrong."""

import asyncio

import pytest

from roomctl.controller.steering import StickPushed
from roomctl.room.cameras import MENU_S
from roomctl.room.commands import CommandRecord
from tests.invented import invented
from tests.room.rig import BAMBOO, PANEL, STAFF, House, living, simulated

A40 = BAMBOO.replace('profile = "sony_srg300h"', 'profile = "sony_srga40"')


def code(record: CommandRecord) -> str | None:
    return record.error.code if record.error else None


def names(house: House) -> dict[int, str]:
    return {preset.number: preset.name for preset in house.document.cameras[0].presets}


@invented
async def test_the_document_says_what_a_camera_is_set_to_and_what_it_could_be() -> None:
    async with living(A40) as house:
        await house.until(lambda: house.document.cameras[0].tracking is not None)
        shown = house.document.cameras[0]
        assert (shown.focus, shown.exposure, shown.white_balance) == ("auto", "auto", "auto")
        assert (shown.ir_receive, shown.tally, shown.tracking) == (True, "off", False)
        assert shown.modes["exposure"] == ("auto", "manual", "shutter", "iris")
        assert shown.modes["tally"] == ("red",)
        assert set(shown.can) >= {"goto", "focus", "exposure", "tally", "tracking", "ir_receive"}


@invented
async def test_a_move_ends_with_where_it_led_and_what_was_clamped() -> None:
    async with living() as house:
        record = await house.ask("camera.goto", camera="front", pan_deg=999.0, tilt_deg=5.0)
        assert record.status == "done"
        assert record.result is not None
        assert record.result["clamped"] == ["pan"]
        assert record.result["pan_deg"] == pytest.approx(170, abs=0.1)
        assert house.camera.pan_deg == pytest.approx(170, abs=0.1)
        record = await house.ask(
            "camera.relative", camera="front", pan_deg=-20.0, tilt_deg=0.0, speed=1.0
        )
        assert house.camera.pan_deg == pytest.approx(150, abs=0.1)
        record = await house.ask("camera.zoom", camera="front", pct=30.0)
        assert house.camera.zoom_pct == pytest.approx(30, abs=0.1)


@invented
async def test_settings_are_made_and_shown() -> None:
    async with living(A40) as house:
        for kind, args in (
            ("camera.focus", {"mode": "manual"}),
            ("camera.focus", {"pct": 40.0}),
            ("camera.exposure", {"mode": "shutter"}),
            ("camera.white_balance", {"mode": "indoor"}),
            ("camera.ir_receive", {"on": False}),
            ("camera.tally", {"light": "red"}),
            ("camera.tracking", {"on": True}),
        ):
            assert (await house.ask(kind, camera="front", **args)).status == "done", kind
        await house.until(lambda: house.document.cameras[0].tracking is True)
        shown = house.document.cameras[0]
        assert (shown.focus, shown.exposure, shown.white_balance) == ("manual", "shutter", "indoor")
        assert (shown.ir_receive, shown.tally) == (False, "red")
        assert house.camera.lamps == {"red"}
        assert house.camera.focus_pct == pytest.approx(40, abs=0.1)
        assert (await house.ask("camera.tally", camera="front", light="off")).status == "done"
        assert house.camera.lamps == set()


@invented
async def test_what_a_model_has_not_is_refused_as_unsupported() -> None:
    async with living() as house:
        for kind, args in (
            ("camera.tally", {"light": "red"}),
            ("camera.tracking", {"on": True}),
        ):
            record = await house.ask(kind, camera="front", **args)
            assert (record.status, code(record)) == ("refused", "unsupported")


@invented
async def test_a_raw_frame_is_for_programs() -> None:
    async with living() as house:
        asked = {"camera": "front", "frame": "81 09 04 00 FF"}
        record = await house.ask("camera.raw", source=STAFF, **asked)
        assert record.result == {"answer": "02"}
        assert code(await house.ask("camera.raw", source=PANEL, **asked)) == "programs_only"
        drive = await house.ask(
            "camera.raw", source=STAFF, camera="front", frame="8101060110100203FF"
        )
        assert (drive.status, code(drive)) == ("refused", "raw_frame")
        assert not house.camera.moving


@invented
async def test_a_preset_is_named_when_it_is_stored_or_later() -> None:
    async with living() as house:
        await house.ask("camera.store", camera="front", preset=3, name="Board")
        await house.ask("camera.name", camera="front", preset=2, name="Tür")
        await house.until(lambda: len(names(house)) == 3)
        assert names(house) == {1: "Table", 2: "Tür", 3: "Board"}
        await house.ask("camera.name", camera="front", preset=2, name="")
        await house.until(lambda: names(house)[2] == "Door")
        assert [one.who for one in house.room.revisions] == ["panel"] * 3
        record = await house.ask("camera.name", camera="front", preset=99, name="Nowhere")
        assert code(record) == "preset_range"


@invented
async def test_a_name_makes_no_other_preset_go_away() -> None:
    plain = BAMBOO.replace('presets = { 2 = "Door", 1 = "Table" }\n', "")
    async with living(plain) as house:
        assert names(house) == {1: "", 2: "", 3: "", 4: ""}
        await house.ask("camera.store", camera="front", preset=9, name="Board")
        await house.until(lambda: len(names(house)) == 5)
        assert names(house) == {1: "", 2: "", 3: "", 4: "", 9: "Board"}


@invented
async def test_settings_are_rolled_back_by_programs() -> None:
    async with living() as house:
        await house.ask("camera.name", camera="front", preset=2, name="Wrong")
        await house.ask("camera.name", camera="front", preset=2, name="Worse")
        assert code(await house.ask("room.roll_back", revision=1)) == "programs_only"
        assert (await house.ask("room.roll_back", source=STAFF, revision=1)).status == "done"
        await house.until(lambda: names(house)[2] == "Wrong")
        assert house.room.revisions[-1].why == "back to revision 1"
        record = await house.ask("room.roll_back", source=STAFF, revision=9)
        assert code(record) == "unknown_revision"


@invented
async def test_a_camera_that_no_profile_knows_works_and_is_an_issue() -> None:
    unnamed = BAMBOO.replace('profile = "sony_srg300h"', "")
    async with living(unnamed) as house:
        assert ("camera.unknown_model", "camera.front") not in house.issues  # an SRG-300H
        house.camera.profile = house.camera.profile.model_copy(update={"match": ("0abc:0001",)})
        house.camera.body.profile = house.camera.profile
        await house.act("camera.front", "unplug")
        await house.until(lambda: house.device("camera.front").status == "offline")
        await house.act("camera.front", "plug")
        await house.until(lambda: house.device("camera.front").status == "online")
        await house.until(lambda: ("camera.unknown_model", "camera.front") in house.issues)
        (issue,) = house.document.issues
        assert issue.params == {"version": "0abc:0001 0104"}
        assert (await house.ask("camera.home", camera="front")).status == "done"


@invented
async def test_what_is_wrong_with_a_models_firmware_is_an_issue() -> None:
    tenveo = BAMBOO.replace("sony_srg300h", "tenveo_vhd20han")
    async with living(tenveo) as house:
        await house.until(lambda: ("camera.advisory", "camera.front") in house.issues)
        (issue,) = house.document.issues
        assert issue.params["source"] == "glikely/obs-ptz issues 183 and 192"
        assert "run on" in str(issue.params["what"])
        assert house.room.nameplates["camera.front"].advisories == (issue.params["what"],)


@invented
async def test_an_open_menu_is_an_issue_of_a_camera_that_is_online() -> None:
    async with living() as house:
        await house.until(lambda: house.device("camera.front").status == "online")
        house.camera.body.values["menu"] = 2
        for beat in range(10):
            house.room.hold("h", beat, "one", "front", (0.5, 0.0, 0.0, 0.0))
            await asyncio.sleep(0.1)
        await house.until(lambda: ("camera.menu_open", "camera.front") in house.issues)
        assert house.device("camera.front").status == "online"
        house.camera.body.values["menu"] = 3
        await house.until(lambda: ("camera.menu_open", "camera.front") not in house.issues)


@invented
async def test_a_camera_that_does_not_say_where_it_stands_is_an_issue_and_its_degrees_unknown() -> (
    None
):
    async with living() as house:
        issue = ("camera.unread", "camera.front")
        await house.until(lambda: house.device("camera.front").status == "online")
        house.camera.unanswered = "0612"
        done = await house.ask("camera.goto", camera="front", pan_deg=-40.0, tilt_deg=0.0)
        assert done.status == "unknown"
        await house.until(lambda: issue in house.issues)
        (entry,) = [each for each in house.document.cameras if each.name == "front"]
        assert (entry.pan_deg, entry.tilt_deg) == (None, None)
        assert house.device("camera.front").status == "online"
        house.camera.unanswered = ""
        await house.until(lambda: issue not in house.issues, 120)
        (entry,) = [each for each in house.document.cameras if each.name == "front"]
        assert entry.pan_deg == pytest.approx(-40.0, abs=0.1)


@invented
async def test_a_lease_on_a_phone_lasts_half_a_second_and_on_a_panel_less() -> None:
    async with living() as house:
        for lease_s in (0.3, 0.5):
            house.room.hold(f"h{lease_s}", 1, "one", "front", (0.5, 0.0, 0.0, 0.0), lease_s)
            await house.until(lambda: house.camera.moving)
            moved = await house.until(lambda: not house.camera.moving, limit_s=0.7)
            assert lease_s - 0.1 < moved < lease_s + 0.1


@invented
async def test_zoom_and_focus_stop_with_their_holder_too() -> None:
    async with living() as house:
        await house.ask("camera.focus", camera="front", mode="manual")
        await house.until(lambda: house.document.cameras[0].focus == "manual")
        house.room.hold("h1", 1, "panel-1", "front", (0.2, 0.2, 1.0, 1.0))
        await house.until(lambda: house.camera.moving)
        house.room.cameras.drop("panel-1")
        await house.until(lambda: not house.camera.moving, limit_s=0.3)
        focus = house.camera.focus_pct
        await house.always(lambda: house.camera.focus_pct == focus, 1.0)


CHAIN = BAMBOO.replace(
    "[speakerphone.table]",
    '[camera.back]\nurl = "serial:/dev/ttyUSB0"\naddress = 2\nprofile = "sony_srg300h"\n'
    "[speakerphone.table]",
)


@invented
@pytest.mark.parametrize(
    ("hardware", "text", "count"),
    [
        (BAMBOO, BAMBOO, None),
        (CHAIN, CHAIN, None),
        (CHAIN, BAMBOO, {"found": 2, "named": 1}),
        (BAMBOO, CHAIN, {"found": 1, "named": 2}),
    ],
)
async def test_a_chain_that_counts_others_than_room_toml_names_is_an_issue(
    hardware: str, text: str, count: dict[str, int] | None
) -> None:
    async with living(text, on=simulated(hardware)) as house:
        await house.until(lambda: house.room.ready)
        found = [one for one in house.document.issues if one.code == "camera.chain_count"]
        assert [(one.subject, one.params) for one in found] == (
            [("camera.front", count)] if count else []
        )
        assert house.device("camera.front").status == "online"


@invented
async def test_a_line_that_is_gone_counts_nothing() -> None:
    async with living(BAMBOO, on=simulated(CHAIN)) as house:
        await house.until(lambda: house.room.ready)
        assert "camera.chain_count" in {one.code for one in house.document.issues}
        await house.act("camera.front", "unplug")
        await house.until(lambda: house.device("camera.front").status == "offline", limit_s=5.0)
        assert "camera.chain_count" not in {one.code for one in house.document.issues}


@invented
async def test_what_a_camera_cannot_be_told_is_an_issue_with_its_reason() -> None:
    text = BAMBOO.replace('profile = "sony_srg300h"\n', "flip = true\n")
    assert text != BAMBOO
    async with living(text) as house:
        await house.until(lambda: ("camera.not_mounted", "camera.front") in house.issues)
        (issue,) = [one for one in house.document.issues if one.code == "camera.not_mounted"]
        assert issue.params == {"what": "flip", "reason": "unsupported"}


@invented
async def test_the_menu_of_a_camera_is_steered_by_command_and_shown() -> None:
    async with living(BAMBOO.replace("sony_srg300h", "ptzoptics_g2")) as house:
        await house.until(lambda: house.document.cameras[0].menu is False)
        assert (await house.ask("camera.menu", camera="front", on=True)).status == "done"
        await house.until(lambda: house.document.cameras[0].menu is True)
        pressed = await house.ask("camera.menu_key", camera="front", key="enter")
        assert pressed.status == "done"
        assert house.document.cameras[0].modes["menu"][-1] == "back"
        await house.ask("camera.menu", camera="front", on=False)
        await house.until(lambda: house.document.cameras[0].menu is False)
        refused = await house.ask("camera.menu_key", camera="front", key="up")
        assert code(refused) == "menu_closed"


@invented
async def test_a_menu_that_was_left_open_is_closed_after_a_minute() -> None:
    async with living(BAMBOO.replace("sony_srg300h", "ptzoptics_g2")) as house:
        await house.until(lambda: house.document.cameras[0].menu is False)
        await house.ask("camera.menu", camera="front", on=True)
        await asyncio.sleep(MENU_S - 5)
        await house.ask("camera.menu_key", camera="front", key="down")
        await asyncio.sleep(MENU_S - 5)
        assert house.document.cameras[0].menu is True
        await house.until(lambda: house.document.cameras[0].menu is False)


@invented
async def test_axes_and_speeds_are_the_same_for_panel_program_and_gamepad() -> None:
    turned = "invert_pan = true\nmax_speed_pct = 50\n"
    text = BAMBOO.replace("[speakerphone", f"{turned}[speakerphone", 1)
    async with living(text + '[controller.pad]\nurl = "sim:pad"\n') as house:
        await house.until(lambda: house.document.cameras[0].pan_deg is not None)
        house.room.hold("press", 1, "panel", "front", (1.0, 0.0, 0.0, 0.0))
        await asyncio.sleep(0.5)
        await house.ask("camera.drive", camera="front", pan=1.0)
        await asyncio.sleep(0.5)
        cameras = house.room.cameras
        cameras.told(StickPushed("pad", "stick", 1, (1.0, 0.0, 0.0)))
        await asyncio.sleep(0.5)
        heard = house.simulator.device("camera.front")._line.heard
        driven = [frame for _, frame in heard if frame.startswith("81010601")]
        pushes = [frame[8:10] + frame[12:14] for frame in driven if frame[12:16] != "0303"]
        assert pushes == ["0e01"] * 3  # left, and at 49 of 101 degrees a second
