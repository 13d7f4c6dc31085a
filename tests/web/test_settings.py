"""What staff set at a panel once they have entered their PIN."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from roomctl.screen.png import png
from tests.web import rooms
from tests.web.conftest import Open, seen, told, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


def settings(
    open_panel: Open, stand_in: StandIn, room: rooms.Room | None = None
) -> tuple[StandIn, Page]:
    stand_in.staff = {"pin": True, "role": "technician", "ends_in_s": 600.0}
    _, page = open_panel(room or rooms.at_rest())
    usable(page)
    page.locator(".bar .staff").tap()
    seen(page, "staff-settings section")
    return stand_in, page


def test_nobody_sees_settings_before_the_pin(open_panel: Open, stand_in: StandIn) -> None:
    stand_in.staff = {"pin": True, "role": None, "ends_in_s": None}
    _, page = open_panel()
    usable(page)
    page.locator(".bar .ask").tap()
    page.locator("help-sheet section > button.key").tap()
    seen(page, "pin-pad")
    expect(page.locator("staff-settings")).to_be_hidden()


def test_a_device_and_the_room_restart_at_the_second_touch(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = settings(open_panel, stand_in)
    line = page.locator("staff-settings .devices li", has_text="Speakerphone")
    line.get_by_role("button").tap()
    expect(line.get_by_role("button")).to_have_text("Tap again to restart")
    assert stand_in.commands("device.restart") == []
    line.get_by_role("button").tap()
    told(page, lambda: stand_in.commands("device.restart"), [{"device": "speakerphone.table"}])
    once = page.get_by_role("button", name="Restart the room when it is free")
    once.tap()
    page.get_by_role("button", name="Tap again to restart").tap()
    told(page, lambda: stand_in.commands("room.restart"), [{"when": "free"}])
    stand_in.patch(maintenance={"restart_waits": True, "selftest": None})
    page.get_by_role("button", name="Do not restart").tap()
    told(page, lambda: stand_in.commands("room.restart")[1:], [{"when": "never"}])


def test_a_language_that_staff_chose_stays_over_a_reload(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = settings(open_panel, stand_in)
    page.locator("staff-settings .chip", has_text="中文").tap()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    usable(page)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator(".bar .staff").tap()
    page.locator("staff-settings .chip[data-language='']").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_theme_that_staff_choose_is_the_rooms(open_panel: Open, stand_in: StandIn) -> None:
    _, page = settings(open_panel, stand_in)
    page.locator("staff-settings .chip", has_text="High contrast").tap()
    told(page, lambda: stand_in.commands("look.set_theme"), [{"theme": "contrast"}])
    look = {"theme": "contrast", "accent": None, "logo": None, "wallpaper": None}
    stand_in.patch(look=look)
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
    chosen = page.locator("staff-settings .chip[data-chosen=contrast]")
    expect(chosen).to_have_attribute("aria-pressed", "true")


def test_the_picture_is_mirrored_here_and_nowhere_else(
    open_timeless: Open, stand_in: StandIn
) -> None:
    stand_in.view = png(b"P6\n64 36\n255\n" + bytes(64 * 36 * 3), 1 << 20)
    _, page = settings(open_timeless, stand_in)
    page.get_by_role("button", name="Mirror the picture").tap()
    page.locator(".back").tap()
    page.locator(".camera-key").tap()
    key = page.locator("camera-sheet .turn-right")
    key.hover()
    page.mouse.down()
    expect(page.locator("camera-sheet canvas")).to_have_attribute("data-mirrored", "")
    page.mouse.up()


def test_reports_are_closed_and_the_cameras_picture_is_set_from_here(
    open_panel: Open, stand_in: StandIn
) -> None:
    room = rooms.at_rest()
    room["issues"] = [rooms.issue("help", "7", about="camera", number=7)]
    _, page = settings(open_panel, stand_in, room)
    page.get_by_role("button", name="Close", exact=True).tap()
    told(page, lambda: stand_in.commands("help.close"), [{"number": 7}])
    page.get_by_role("button", name="Picture, focus and names").tap()
    expect(page.locator("camera-sheet camera-settings")).to_be_visible()
