"""The sound sheet and the question after a hang-up, as people use them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


def sheet(open_panel: Open, room: dict[str, Any] | None = None) -> tuple[StandIn, Page]:
    """Show a panel and tap on the volume."""
    stand_in, page = open_panel(room)
    usable(page)
    page.locator("main > :not([hidden]) .reading").tap()
    page.wait_for_selector("sound-sheet")
    return stand_in, page


def audio(**more: Any) -> dict[str, Any]:
    return {**rooms.at_rest()["audio"], **more}


def told(page: Page, heard: Callable[[], object], expected: object) -> None:
    """Wait until the server has heard what it should have, and nothing else."""
    deadline = time.monotonic() + 5
    while (said := heard()) != expected:
        assert time.monotonic() < deadline, said
        page.wait_for_timeout(20)


def test_it_says_who_muted_and_since_when(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    truth = page.locator("sound-sheet section").first
    expect(truth).to_contain_text("Muted on the speakerphone, since")
    stand_in.patch(audio=audio(by="program", name="facilities"))
    expect(truth).to_contain_text("Muted from outside the room")
    stand_in.patch(audio=audio(by="unplugged"))
    expect(truth).to_contain_text("Muted because the speakerphone was unplugged")


def test_what_is_not_proven_is_not_muted_and_says_what_is_missing(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.patch(audio=audio(mute="open", why="switch"))
    expect(page.locator(".truth")).to_have_text("NOT muted")
    expect(page.locator("sound-sheet .mute")).to_contain_text("Tap to try again")
    expect(page.locator("sound-sheet")).to_contain_text("own switch is not as asked")
    page.locator("sound-sheet .mute").tap()
    told(page, lambda: stand_in.commands("audio.mute"), [{"on": True}])


def test_without_a_sound_server_nothing_is_called_muted(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.patch(audio=audio(available=False, volume_pct=None))
    expect(page.locator("sound-sheet")).to_contain_text("Nothing can be muted here")
    expect(page.locator("sound-sheet .truth")).not_to_contain_text("uted")
    assert page.locator("sound-sheet .go-test").is_disabled()


def test_the_level_is_asked_for_while_the_sheet_is_open_and_shown_as_it_comes(
    open_panel: Open,
) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.say({"type": "level", "pct": 50})
    expect(page.locator(".meter")).to_have_attribute("aria-valuenow", "50")
    expect(page.locator(".hears")).to_have_text("This is what the microphone hears")
    width = "document.querySelector('.meter i').getBoundingClientRect().width"
    whole = "document.querySelector('.meter').clientWidth"
    assert page.evaluate(f"Math.abs({width} / {whole} - 0.5)") < 0.02
    stand_in.say({"type": "level", "pct": 0})
    expect(page.locator(".hears")).to_have_text("Silence: nothing is heard")
    expect(page.locator(".hears")).to_have_text("The level is not measured right now")  # 1.5 s on
    page.locator(".back").tap()
    page.wait_for_selector("home-view")
    told(page, lambda: [message["on"] for message in stand_in.of_type("listen")], [True, False])


def test_a_panel_that_reconnects_asks_for_the_level_again(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.cut()
    told(page, lambda: [message["on"] for message in stand_in.of_type("listen")], [True, True])


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ("heard", "loudspeaker and microphone work"),
        ("not_heard", "did not hear it"),
        ("muted", "unmute to test it too"),
        ("no_loudspeaker", "no loudspeaker"),
        ("something", "not known"),
    ],
)
def test_the_test_sound_takes_two_taps_and_says_what_became_of_it(
    open_panel: Open, verdict: str, says: str
) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.answer = lambda command: {"status": "done", "result": {"verdict": verdict}}
    page.locator(".go-test").tap()
    expect(page.locator(".found")).to_contain_text(says)
    assert stand_in.commands("audio.test") == [{}]


def test_no_test_sound_is_offered_in_a_meeting_and_its_own_mute_is_told(open_panel: Open) -> None:
    room = rooms.in_call()
    room["audio"]["meeting_muted"] = True
    stand_in, page = sheet(open_panel, room)
    assert page.locator(".go-test").is_disabled()
    expect(page.locator(".fact")).to_contain_text("meeting itself has this room muted")
    stand_in.patch(audio={**room["audio"], "meeting_muted": None})
    expect(page.locator(".fact")).to_be_hidden()


def test_another_speakerphone_is_chosen_by_one_tap_outside_meetings(open_panel: Open) -> None:
    room = rooms.at_rest()
    wall = rooms.speakerphone("wall", label="Anker PowerConf")
    gone = rooms.speakerphone("spare", online=False)
    room["audio"]["speakerphones"] += [wall, gone]
    stand_in, page = sheet(open_panel, room)
    keys = page.locator(".devices-chosen .key")
    assert keys.nth(0).get_attribute("aria-pressed") == "true"
    assert keys.nth(2).is_disabled()
    keys.nth(1).tap()
    told(page, lambda: stand_in.commands("audio.device"), [{"name": "wall"}])
    stand_in.patch(meeting=rooms.in_call()["meeting"])
    page.wait_for_selector("call-view")
    page.locator("call-view .reading").tap()
    assert keys.nth(1).is_disabled()


@pytest.mark.parametrize(("place", "asks"), [(0, "meeting.stay"), (1, "meeting.leave")])
def test_a_hang_up_asks_and_either_answer_is_one_tap(
    open_panel: Open, place: int, asks: str
) -> None:
    stand_in, page = open_panel(rooms.in_call())
    usable(page)
    stand_in.patch(panel={"awake": True, "asks": "leave"})
    question = page.locator("leave-question")
    expect(question).to_contain_text("Somebody hung up on the speakerphone")
    page.wait_for_selector("room-panel main[inert]")
    question.locator(".key").nth(place).tap()
    told(page, lambda: stand_in.commands(asks), [{}])
    stand_in.patch(panel={"awake": True, "asks": None})
    expect(question).to_be_hidden()
    usable(page)
