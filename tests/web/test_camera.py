"""The camera on the panel: what is seen by whom, how it sees, and what its views are called."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from roomctl.screen.png import png
from tests.web import rooms
from tests.web.conftest import Open, elapse, seen, told, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser

ASKED = {
    "camera.focus": [{"camera": "front", "mode": "manual"}],
    "camera.exposure": [{"camera": "front", "mode": "iris"}],
    "camera.backlight": [{"camera": "front", "on": True}],
    "camera.white_balance": [{"camera": "front", "mode": "outdoor"}],
    "camera.tracking": [{"camera": "front", "on": True}],
    "camera.ir_receive": [{"camera": "front", "on": False}],
    "camera.tally": [{"camera": "front", "light": "red"}],
}
CHIPS = ["By hand", "Fixed iris", "Balanced", "Daylight", "On", "Locked", "Red"]


@pytest.fixture
def settings(open_panel: Any) -> tuple[StandIn, Page]:
    """The settings of a room's only camera."""
    stand_in, page = open_panel(rooms.at_rest())
    usable(page)
    page.locator("home-view .dock .key", has_text="Camera").click()
    page.locator("camera-sheet .set").click()
    seen(page, "camera-sheet camera-settings")
    return stand_in, page


def test_every_setting_is_one_touch_and_one_command(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    for chip in CHIPS:
        page.locator(f'camera-sheet .chip:text-is("{chip}")').click()
    told(page, lambda: {kind: stand_in.commands(kind) for kind in ASKED}, ASKED)


def test_what_a_camera_cannot_is_not_offered(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    plain = rooms.camera("front", can=["drive", "zoom", "exposure"])
    plain["modes"]["exposure"] = ["auto", "bright"]
    stand_in.patch(cameras=[plain])
    headings = page.locator("camera-sheet camera-settings section:not([hidden]) h2")
    expect(headings).to_have_text(["Brightness"])
    chips = page.locator("camera-sheet camera-settings section:not([hidden]) .chip")
    expect(chips).to_have_text(["Automatic", "Bright"])


def test_a_mode_that_is_not_known_is_shown_as_none_chosen(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    stand_in.patch(cameras=[rooms.camera("front", exposure=None, tracking=None, backlight=None)])
    chosen = page.locator("camera-sheet camera-settings .chip[aria-pressed=true]")
    shown = ["Automatic", "Automatic", "Works", "Off"]  # focus, colours, remote, lamp
    expect(chosen).to_have_text(shown)


def test_focus_by_hand_moves_while_held(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    nearer = page.locator("camera-sheet camera-settings .hold", has_text="Nearer")
    assert not nearer.is_visible()
    stand_in.patch(cameras=[rooms.camera("front", focus="manual")])
    nearer.wait_for(state="visible")
    nearer.hover()
    page.mouse.down()
    told(page, lambda: len(stand_in.of_type("hold")) > 0, True)
    page.mouse.up()
    told(page, lambda: len(stand_in.of_type("release")), 1)
    beats = stand_in.of_type("hold")
    assert all(0 < beat["focus"] <= 1 and beat["pan"] == beat["zoom"] == 0 for beat in beats)


def test_a_view_gets_a_name(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    field = page.locator("camera-sheet camera-settings .names input").nth(1)
    assert field.input_value() == "Whiteboard"
    field.fill("  Sofa ")
    field.press("Enter")
    told(
        page,
        lambda: stand_in.commands("camera.name"),
        [{"camera": "front", "preset": 2, "name": "Sofa"}],
    )


def test_the_picture_is_made_brighter_a_step_at_a_time(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    shown = page.locator("camera-sheet camera-settings .steps output")
    brighter = page.locator('camera-sheet camera-settings .steps .key[aria-label="Brighter"]')
    assert shown.inner_text() == "0"
    brighter.click()
    told(
        page,
        lambda: stand_in.commands("camera.exposure_compensation"),
        [{"camera": "front", "steps": 1}],
    )
    stand_in.patch(cameras=[rooms.camera("front", exposure_compensation=7)])
    expect(shown).to_have_text("+7")
    assert brighter.is_disabled()
    stand_in.patch(cameras=[rooms.camera("front", exposure_compensation=None)])
    expect(shown).to_have_text("–")


def test_a_view_is_deleted_by_the_second_touch(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    remove = page.locator("camera-sheet camera-settings .remove").nth(1)
    remove.click()
    expect(remove).to_have_text("Delete?")
    assert stand_in.commands("camera.delete_preset") == []
    # Another one is touched: the first is let go.
    page.locator("camera-sheet camera-settings .remove").nth(2).click()
    expect(remove).to_have_text("Delete")
    remove.click()
    remove.click()
    told(
        page,
        lambda: stand_in.commands("camera.delete_preset"),
        [{"camera": "front", "preset": 2}],
    )


def test_arrows_steer_the_menu_while_it_is_open_and_leaving_closes_it(
    settings: tuple[StandIn, Page],
) -> None:
    stand_in, page = settings
    page.locator("camera-sheet camera-settings .chip", has_text="Open the menu").click()
    told(page, lambda: stand_in.commands("camera.menu"), [{"camera": "front", "on": True}])
    stand_in.patch(cameras=[rooms.camera("front", menu=True)])
    seen(page, "camera-sheet .side .menu:not([hidden])")
    page.locator("camera-sheet .pad .turn-down").click()
    page.locator('camera-sheet .pad .key[aria-label="Choose"]').click()
    page.keyboard.press("ArrowRight")
    page.locator("camera-sheet .menu .key", has_text="Back").click()
    keys = ["down", "enter", "right", "back"]
    told(
        page,
        lambda: [each["key"] for each in stand_in.commands("camera.menu_key")],
        keys,
    )
    assert stand_in.of_type("hold") == []
    assert page.locator("camera-sheet .pad .turn-up_left").is_disabled()
    assert not page.locator("camera-sheet .zoom").is_visible()
    page.locator(".bar .back").click()
    told(page, lambda: stand_in.commands("camera.menu")[1:], [{"camera": "front", "on": False}])


def test_a_menu_that_can_only_be_closed_is_closed(settings: tuple[StandIn, Page]) -> None:
    stand_in, page = settings
    heading = page.locator("camera-sheet camera-settings h2", has_text="own menu")
    modes = rooms.camera("front")["modes"] | {"menu": []}
    stand_in.patch(cameras=[rooms.camera("front", modes=modes)])
    expect(heading).to_be_hidden()
    stand_in.patch(cameras=[rooms.camera("front", modes=modes, menu=True)])
    page.locator("camera-sheet camera-settings .chip", has_text="Close the menu").click()
    told(page, lambda: stand_in.commands("camera.menu"), [{"camera": "front", "on": False}])


def test_steering_a_camera_that_the_meeting_does_not_see_is_said(open_panel: Any) -> None:
    _, page = open_panel(rooms.in_call())
    usable(page)
    word = page.locator("main > :not([hidden]) .seen")
    assert not word.is_visible()
    page.locator("call-view .tab", has_text="Camera 2").click()
    expect(word).to_have_text("The meeting sees another camera")
    page.locator(".adjust").click()
    page.locator("camera-sheet .set").click()  # the settings are those of the same camera
    seen(page, "camera-sheet camera-settings")
    assert page.locator("camera-sheet .tab[aria-pressed=true]").inner_text() == "Camera 2"


def held(page: Page, view: str) -> None:
    page.locator(f"{view} .pad .turn-right").hover()
    page.mouse.down()


def let_go(page: Page, view: Locator) -> None:
    """Lift the finger, and let time pass until the picture is gone."""
    page.mouse.up()
    while view.is_visible():
        elapse(page, 200)


@pytest.fixture
def steered(open_timeless: Any) -> tuple[StandIn, Page]:
    """The camera's page outside a meeting."""
    stand_in, page = open_timeless(rooms.at_rest())
    page.locator("home-view .dock .key", has_text="Camera").click()
    seen(page, "camera-sheet .pad")
    return stand_in, page


def test_what_the_camera_sees_is_shown_while_it_is_steered(steered: tuple[StandIn, Page]) -> None:
    stand_in, page = steered
    stand_in.view = png(b"P6\n64 36\n255\n" + bytes(64 * 36 * 3), 1 << 20)
    view = page.locator("camera-sheet self-view")
    assert stand_in.seen == []
    held(page, "camera-sheet")
    expect(view).to_be_visible()
    expect(view.locator("canvas")).to_have_js_property("width", 64)
    let_go(page, view)
    asked = len(stand_in.seen)
    assert set(stand_in.seen) == {"front"}
    elapse(page, 1000)
    page.wait_for_timeout(200)
    assert len(stand_in.seen) == asked


def test_why_there_is_no_picture_is_said_if_somebody_can_do_something(
    steered: tuple[StandIn, Page],
) -> None:
    stand_in, page = steered
    view = page.locator("camera-sheet self-view")
    for code, words in (
        ("busy", "Another program has the camera’s picture"),
        ("video_missing", "The camera sends no picture."),
        ("video_refused", "The camera refuses the room’s user and password"),
        ("video_unsupported", "The room cannot show this camera’s stream."),
    ):
        stand_in.view = code
        held(page, "camera-sheet")
        expect(view).to_contain_text(words)
        let_go(page, view)
    asked = len(stand_in.seen)
    stand_in.view = "no_picture"
    held(page, "camera-sheet")
    told(page, lambda: len(stand_in.seen), asked + 1)
    page.wait_for_timeout(300)
    expect(view).to_be_hidden()
    page.mouse.up()


def test_while_a_meeting_has_the_picture_the_rooms_screen_is_shown_as_long_as_somebody_steers(
    open_timeless: Any,
) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    page.locator(".adjust").click()
    stand_in.view = "in_call"
    stand_in.picture = png(b"P6\n96 54\n255\n" + bytes(96 * 54 * 3), 1 << 20)
    view = page.locator("camera-sheet self-view")
    assert stand_in.looks == []
    held(page, "camera-sheet")
    expect(view).to_be_visible()
    expect(view.locator("canvas")).to_have_js_property("width", 96)
    expect(view.locator("canvas")).to_have_attribute("aria-label", "What the room screen shows")
    let_go(page, view)
    looks = len(stand_in.looks)
    elapse(page, 1000)
    page.wait_for_timeout(200)
    assert len(stand_in.looks) == looks


def test_a_meeting_whose_screen_nobody_may_see_shows_nothing(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    page.locator(".adjust").click()
    stand_in.view, stand_in.picture = "in_call", "no_screen"
    held(page, "camera-sheet")
    told(page, lambda: len(stand_in.looks), 1)
    page.wait_for_timeout(300)
    expect(page.locator("camera-sheet self-view")).to_be_hidden()
    page.mouse.up()


def test_what_the_room_did_with_a_camera_by_itself_is_said(open_panel: Any) -> None:
    stand_in, page = open_panel(rooms.in_call())
    usable(page)
    moved = page.get_by_text("Camera 1: turned to the meeting view at")
    expect(moved.locator("visible=true")).to_have_count(1)
    asleep = rooms.at_rest()
    asleep["cameras"] = [rooms.camera("front", power=False)]
    slept = rooms.deed(2, "camera_standby", rooms.reason("unused"))
    asleep["automation"] = {"notices": [], "acts": [slept]}
    stand_in.patch(**asleep)
    page.locator("home-view .dock .key", has_text="Camera").click()
    expect(page.locator("camera-sheet .moved")).to_contain_text("Camera: on standby since")


def test_why_a_camera_did_not_do_what_the_room_wanted_is_said(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["issues"] = [rooms.issue("camera.not_framed", "camera.front", reason="standby")]
    _, page = open_panel(room)
    usable(page)
    trouble = page.locator("home-view trouble-note")
    expect(trouble).to_contain_text("could not turn to the meeting view")
    expect(trouble).to_contain_text("The camera is on standby. Switch it on first.")


def test_views_with_a_picture_show_it(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["cameras"][0]["presets"][0]["picture"] = "/ui/view.png"
    _, page = open_panel(room)
    usable(page)
    page.locator("home-view .dock .key", has_text="Camera").click()
    pictures = page.locator("camera-sheet .preset img:not([hidden])")
    assert [one.get_attribute("src") for one in pictures.all()] == ["/ui/view.png"]


def test_notes_for_staff_do_not_trouble_the_people_in_the_room(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["issues"] = [rooms.issue("camera.unknown_model", "camera.front", version="7fff:0001")]
    _, page = open_panel(room)
    usable(page)
    assert not page.locator("home-view trouble-note").is_visible()
    page.locator(".ask").click()
    assert "its model is not known here" in page.locator("help-sheet").inner_text()


IDS = ("qzfront", "qzceiling", "qztable", "qzwall", "qzpad")


def with_ids(language: str) -> rooms.Room:
    """Return a room whose devices have names in room.toml that nobody would say."""
    room = rooms.in_call(language)
    front, ceiling, table, wall, pad = IDS
    titled = {"zh": "讲台摄像机", "en": "Lectern camera"}
    room["cameras"] = [rooms.camera(front), rooms.camera(ceiling)]
    names = [f"camera.{front}", f"camera.{ceiling}", f"occupancy.{front}", f"occupancy.{wall}"]
    names += [f"speakerphone.{table}", f"speakerphone.{wall}", f"controller.{pad}"]
    room["devices"] = [rooms.device(name) for name in names]
    room["devices"][1]["title"] = titled
    room["controllers"] = [{"name": pad, "label": "Gamepad F310", "camera": ceiling}]
    room["occupancy"]["reasons"] = [rooms.reason("pir", sensor=wall, ago_s=4)]
    phones = [rooms.speakerphone(table), rooms.speakerphone(wall)]
    room["audio"].update(
        speakerphones=phones, requested_by="speakerphone", requested_by_name=wall, mute="muted"
    )
    room["issues"] = [
        rooms.issue("device.offline", f"camera.{front}", reason="no_reply"),
        rooms.issue("occupancy.stuck_low", f"occupancy.{front}"),
    ]
    room["automation"]["acts"] = [
        rooms.deed(1, "camera_join", rooms.reason("joined")) | {"subject": ceiling}
    ]
    return room


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_device_is_called_by_its_id(open_panel: Open, language: str) -> None:
    stand_in, page = open_panel(with_ids(language))
    usable(page)
    said = [page.inner_text("body")]
    for opener in ("call-view .adjust", "call-view .reading", ".bar .ask"):
        page.locator(opener).click()
        said.append(page.inner_text("body"))
        page.locator(".back").click()
    stand_in.patch(meeting=dict(rooms.IDLE_MEETING))
    page.locator(".because-key").click()
    seen(page, "occupancy-sheet .because li")
    said.append(page.inner_text("body"))
    assert [name for name in IDS if name in "".join(said)] == []
    titled, numbered = {
        "en": ("Lectern camera", "Camera 1"),
        "zh-CN": ("讲台摄像机", "摄像机 1"),
    }[language]
    assert titled in said[0]
    assert numbered in said[0]
    sensor = {"en": "Presence sensor 2: Motion just now", "zh-CN": "人员感应器 2：刚刚感应到移动"}
    assert sensor[language] in said[-1]


def test_a_view_that_was_replaced_is_had_back_and_the_camera_returns(open_panel: Open) -> None:
    room = rooms.at_rest()
    stand_in, page = open_panel(room)
    usable(page)
    page.locator(".camera-key").tap()
    camera = room["cameras"][0]  # now at its first view, then somebody steers away
    away = {**camera, "preset": None, "pan_deg": 40.0, "tilt_deg": 3.0, "zoom_pct": 5.0}
    stand_in.patch(cameras=[away])
    page.get_by_role("button", name="Save view").tap()
    page.locator("camera-sheet .preset").first.tap()
    told(page, lambda: stand_in.commands("camera.store"), [{"camera": "front", "preset": 1}])
    toast = page.locator("undo-toast")
    expect(toast).to_contain_text("View saved: Table")
    toast.get_by_role("button", name="Undo").tap()
    place = {"pan_deg": 12.0, "tilt_deg": -4.0, "zoom_pct": 30.0}
    back = {"pan_deg": 40.0, "tilt_deg": 3.0, "zoom_pct": 5.0}
    went = [{"camera": "front", **place}, {"camera": "front", **back}]
    told(page, lambda: stand_in.commands("camera.goto"), went)
    assert stand_in.commands("camera.store") == [{"camera": "front", "preset": 1}] * 2
    expect(toast).to_be_hidden()


def test_a_view_that_nobody_could_have_back_is_replaced_at_a_second_touch(
    open_panel: Open,
) -> None:
    stand_in, page = open_panel(rooms.at_rest())
    usable(page)
    page.locator(".camera-key").tap()
    page.get_by_role("button", name="Save view").tap()
    door = page.locator("camera-sheet .preset").nth(2)
    door.tap()
    expect(page.locator(".toast")).to_contain_text("Tap Door again to replace its view")
    assert stand_in.commands("camera.store") == []
    door.tap()
    told(page, lambda: stand_in.commands("camera.store"), [{"camera": "front", "preset": 3}])
