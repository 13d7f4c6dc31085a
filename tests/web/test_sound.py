"""The sound sheet and the question after a hang-up, as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from roomctl.room.document import AudioEntry
from tests.web import rooms
from tests.web.conftest import Open, elapse, seen, told, usable
from tests.web.stand_in import NOTHING, StandIn
from tests.web.test_words import literals

pytestmark = pytest.mark.browser
PLATE = """() => {
  const plate = document.body.appendChild(document.createElement("i"));
  plate.style.background = "var(--free-plate)";
  return getComputedStyle(plate).backgroundColor;
}"""


def sheet(open_panel: Open, room: rooms.Room | None = None) -> tuple[StandIn, Page]:
    """Show a panel and tap on the volume."""
    stand_in, page = open_panel(room)
    usable(page)
    page.locator("main > :not([hidden]) .reading").tap()
    seen(page, "sound-sheet")
    return stand_in, page


def audio(**more: Any) -> dict[str, Any]:
    return {**rooms.at_rest()["audio"], **more}


def test_it_says_who_muted_and_since_when(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    truth = page.locator("sound-sheet section").first
    expect(truth).to_contain_text("Muted on the speakerphone, since")
    stand_in.patch(audio=audio(requested_by="program", requested_by_name="facilities"))
    expect(truth).to_contain_text("Muted from outside the room (facilities)")
    stand_in.patch(audio=audio(requested_by="unplugged"))
    expect(truth).to_contain_text("Muted because the speakerphone was unplugged")


def test_it_says_when_the_room_was_last_heard_and_by_which_devices(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    line = page.locator("sound-sheet .last-heard")
    today = r"Last heard \d\d:\d\d: the test sound from Soundbar, by Ceiling array\."
    heard = {"by": "tone", "microphone": "Ceiling array", "loudspeaker": "Soundbar"}
    stand_in.patch(audio=audio(last_heard={**heard, "at": datetime.now(UTC).isoformat()}))
    expect(line).to_have_text(re.compile(today))
    before = {**heard, "by": "call", "at": "2020-08-23T06:03:00+00:00"}
    stand_in.patch(audio=audio(last_heard=before))
    says = "Last heard Sun, Aug 23 14:03: a call, by Ceiling array and from Soundbar."
    expect(line).to_have_text(says)
    stand_in.patch(audio=audio(last_heard=None))
    expect(line).to_have_text("")


def test_of_two_speakerphones_it_says_which_was_pressed(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    two = [rooms.speakerphone("table"), rooms.speakerphone("wall")]
    devices = [rooms.device("speakerphone.table"), rooms.device("speakerphone.wall")]
    stand_in.patch(audio=audio(requested_by_name="wall", speakerphones=two), devices=devices)
    says = "Muted on the speakerphone (Speakerphone 2), since"
    expect(page.locator("sound-sheet")).to_contain_text(says)


def test_the_microphones_own_switch_is_a_fact_of_its_own(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    expect(page.locator("sound-sheet")).to_contain_text("own switch is off: nothing gets through")
    stand_in.patch(audio=audio(switch="unknown"))
    expect(page.locator("sound-sheet")).to_contain_text("own switch cannot be read")
    stand_in.patch(audio=audio(switch="none"))
    expect(page.locator("sound-sheet")).not_to_contain_text("own switch")


def test_muted_is_said_of_nothing_but_proven_silence(open_panel: Open) -> None:
    """Whatever else the room may say, the word does not stand on the panel."""
    stand_in, page = sheet(open_panel)
    claims = """[...document.querySelectorAll("sound-sheet :is(.truth, .mute, .hint)")]
        .filter((e) => e.checkVisibility() && /(^|[^A-Za-z])Muted/.test(e.textContent))"""
    assert page.evaluate(f"{claims}.length") > 0
    said = {}
    for mute in literals(AudioEntry, "mute"):
        for asked in ("muted", "open", None):
            for available in (True, False):
                volume = len(said)
                what = {"mute": mute, "requested": asked, "available": available}
                stand_in.patch(audio=audio(**what, volume_pct=volume))
                expect(page.locator("sound-sheet .level")).to_have_text(f"{volume} %")
                said[mute, asked, available] = page.evaluate(f"{claims}.length > 0")
    proven = {key for key, claimed in said.items() if claimed}
    assert proven == {("muted", asked, True) for asked in ("muted", "open", None)}


@pytest.mark.parametrize("room", [rooms.at_rest, rooms.in_call])
def test_on_is_said_of_a_microphone_that_a_program_listens_to_and_of_no_other(
    open_timeless: Open, room: Callable[[], rooms.Room]
) -> None:
    stand_in, page = open_timeless(room())
    says = {
        True: ("open", "Mic is on", "The microphone is on"),
        False: ("idle", "Mic idle", "no program listens to it"),
        None: ("unsure", "Mic unmuted", "not known whether a program listens"),
    }
    green = page.evaluate(PLATE)
    for listening, (state, words, spoken) in says.items():
        stand_in.patch(audio=audio(mute="open", requested="open", listening=listening))
        mute = page.locator(".mute:visible")
        expect(mute).to_have_attribute("data-state", state)
        expect(mute.locator(".label")).to_have_text(words)
        expect(page.locator("audio-bar:visible .unseen[role=status]")).to_contain_text(spoken)
        ground = expect(mute)
        (ground.to_have_css if listening else ground.not_to_have_css)("background-color", green)


def test_a_speakerphone_unplugged_in_a_call_is_told_as_it_is_heard_of(open_timeless: Open) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    gone = rooms.speakerphone("table", online=False, used=False)
    unproven = {
        "mute": "open",
        "requested": "muted",
        "requested_by": "unplugged",
        "reason": "offline",
    }
    stand_in.patch(  # and no time passes
        audio=audio(**unproven, speakerphones=[gone]),
        devices=[rooms.device("speakerphone.table", "offline", "missing")],
        issues=[rooms.issue("device.offline", "speakerphone.table", reason="missing")],
    )
    expect(page.locator("call-view trouble-note")).to_contain_text("Speakerphone: not working")
    expect(page.locator("call-view .mute")).to_have_attribute("data-state", "not_muted")


def test_what_is_not_proven_is_not_muted_and_says_what_is_missing(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.patch(audio=audio(mute="open", reason="switch"))
    expect(page.locator(".truth")).to_have_text("NOT muted")
    expect(page.locator("sound-sheet .mute")).to_contain_text("Tap to try again")
    expect(page.locator("sound-sheet")).to_contain_text("own switch did not follow")
    page.locator("sound-sheet .mute").tap()
    told(page, lambda: stand_in.commands("audio.mute"), [{"on": True}])


def test_without_a_sound_server_nothing_is_called_muted(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    stand_in.patch(audio=audio(available=False, volume_pct=None))
    expect(page.locator("sound-sheet")).to_contain_text("Nothing can be muted here")
    expect(page.locator("sound-sheet .truth")).not_to_contain_text("uted")
    expect(page.locator("sound-sheet .go-test")).to_be_disabled()


def test_the_level_is_asked_for_while_the_sheet_is_open_and_shown_as_it_comes(
    open_timeless: Open,
) -> None:
    stand_in, page = sheet(open_timeless)
    stand_in.say({"type": "level", "pct": 50})
    expect(page.locator(".meter")).to_have_attribute("aria-valuenow", "50")
    expect(page.locator(".hears")).to_have_text("This is what the microphone hears")
    width = "document.querySelector('.meter i').getBoundingClientRect().width"
    whole = "document.querySelector('.meter').clientWidth"
    assert page.evaluate(f"Math.abs({width} / {whole} - 0.5)") < 0.02
    stand_in.say({"type": "level", "pct": 0})
    expect(page.locator(".hears")).to_have_text("Silence: nothing is heard")
    elapse(page, 1600)
    expect(page.locator(".hears")).to_have_text("The level is not measured right now")
    page.locator(".back").tap()
    seen(page, "home-view")
    told(page, lambda: [message["on"] for message in stand_in.of_type("listen")], [True, False])


@pytest.mark.parametrize(
    ("language", "words"), [("en", "the room hears this"), ("zh-CN", "会议听不到")]
)
def test_what_the_wall_hears_of_a_muted_room_is_shown_in_another_form(
    open_panel: Open, language: str, words: str
) -> None:
    stand_in, page = sheet(open_panel, rooms.at_rest(language))
    muted = audio(mute="muted", requested="muted", wall="stands")
    stand_in.patch(audio=muted)
    stand_in.say({"type": "level", "pct": 50, "behind_wall": True})
    expect(page.locator(".meter")).to_have_attribute("data-behind", "")
    expect(page.locator(".hears")).to_contain_text(words)
    stand_in.say({"type": "level", "pct": 50, "behind_wall": False})
    expect(page.locator(".meter")).not_to_have_attribute("data-behind", "")


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
    told(page, lambda: stand_in.commands("audio.test"), [{}])


def test_no_test_sound_is_offered_in_a_meeting_and_its_own_mute_is_told(open_panel: Open) -> None:
    room = rooms.in_call()
    room["audio"]["meeting_muted"] = True
    stand_in, page = sheet(open_panel, room)
    expect(page.locator(".go-test")).to_be_disabled()
    expect(page.locator(".meetings-own")).to_contain_text("meeting has muted this room")
    stand_in.patch(audio={**room["audio"], "meeting_muted": None})
    expect(page.locator(".meetings-own")).to_be_hidden()


def test_another_speakerphone_is_chosen_by_one_tap_outside_meetings(open_panel: Open) -> None:
    room = rooms.at_rest()
    wall = rooms.speakerphone("wall", port_path="1-1.3")
    gone = rooms.speakerphone("spare", online=False)
    room["audio"]["speakerphones"] += [wall, gone]
    room["devices"] += [rooms.device("speakerphone.wall"), rooms.device("speakerphone.spare")]
    stand_in, page = sheet(open_panel, room)
    keys = page.locator(".devices-chosen .key")
    for nth, says in enumerate(
        ("Speakerphone 1 · USB port 1-1.4", "Speakerphone 2 · USB port 1-1.3")
    ):
        expect(keys.nth(nth)).to_contain_text(says)
    expect(keys.nth(0)).to_contain_text("In use")
    expect(keys.nth(2)).to_contain_text("Unplugged")
    assert keys.nth(0).get_attribute("aria-pressed") == "true"
    expect(keys.nth(2)).to_be_disabled()
    keys.nth(1).tap()
    told(page, lambda: stand_in.commands("audio.device"), [{"name": "wall"}])
    stand_in.patch(meeting=rooms.in_call()["meeting"])
    seen(page, "call-view")
    page.locator("call-view .reading").tap()
    expect(keys.nth(1)).to_be_disabled()


@pytest.mark.parametrize(("place", "asks"), [(0, "meeting.stay"), (1, "meeting.leave")])
def test_a_hang_up_asks_and_either_answer_is_one_tap(
    open_panel: Open, place: int, asks: str
) -> None:
    stand_in, page = open_panel(rooms.in_call())
    usable(page)
    stand_in.patch(panel={"awake": True, "prompt": "leave"})
    question = page.locator("leave-prompt")
    expect(question).to_contain_text("Someone hung up on the speakerphone")
    seen(page, "room-panel main[inert]")
    seen(page, "room-panel .bar[inert]")
    question.locator(".key").nth(place).tap()
    told(page, lambda: stand_in.commands(asks), [{}])
    stand_in.patch(panel={"awake": True, "prompt": None})
    expect(question).to_be_hidden()
    usable(page)


def test_a_finger_that_was_coming_down_answers_nothing_and_keys_find_the_answer(
    open_panel: Open,
) -> None:
    stand_in, page = open_panel(rooms.in_call())
    usable(page)
    page.locator("call-view .reading").focus()
    page.evaluate(
        """() => new MutationObserver(() => {
        const question = document.querySelector("leave-prompt");
        if (question.hidden || window.early) return;
        window.early = document.querySelector("leave-prompt .answers").inert;
        }).observe(document.body, {subtree: true, attributes: true})"""
    )
    stand_in.patch(panel={"awake": True, "prompt": "leave"})
    expect(page.locator("leave-prompt .key").first).to_be_focused()
    assert page.evaluate("window.early") is True
    page.keyboard.press("Enter")
    told(page, lambda: stand_in.commands("meeting.stay"), [{}])
    stand_in.patch(panel={"awake": True, "prompt": None})
    expect(page.locator("call-view .reading")).to_be_focused()


def test_the_whole_sheet_turns_to_another_language(open_panel: Open) -> None:
    _, page = sheet(open_panel)
    page.get_by_role("button", name="切换到中文").tap()
    expect(page.locator(".back")).to_have_text("返回")
    english = page.locator("sound-sheet").text_content() or ""
    for name in ("Jabra SPEAK", "table", "USB"):
        english = english.replace(name, "")
    assert re.findall(r"[A-Za-z]{2,}", english) == []


def test_a_phone_offers_nothing_that_a_guest_may_not(open_panel: Open) -> None:
    room = rooms.at_rest()
    room["automation"] = rooms.by_itself()["automation"]
    stand_in, page = open_panel(None, NOTHING)
    stand_in.phone, stand_in.room = True, room
    stand_in.may = ["audio.mute", "camera.drive", "camera.recall", "meeting.leave", "room.postpone"]
    page.goto(stand_in.url)
    usable(page)
    expect(page.get_by_text("Unmute in the room").locator("visible=true").first).to_be_visible()
    mute = page.locator("main > :not([hidden]) audio-bar .mute")
    expect(mute.first).to_be_disabled()
    stand_in.patch(audio={**room["audio"], "mute": "open", "requested": "open"})
    expect(mute.first).to_be_enabled()
    assert page.locator(".save").locator("visible=true").count() == 0
    page.locator("main > :not([hidden]) .reading").tap()
    seen(page, "sound-sheet")
    expect(page.locator("sound-sheet .go-test")).to_be_hidden()
    expect(page.locator("sound-sheet .devices-chosen button").first).to_be_disabled()


def test_who_talks_and_is_not_heard_is_told_once_and_quietly(open_panel: Open) -> None:
    stand_in, page = open_panel(rooms.in_call())
    usable(page)
    hint = page.locator("call-view .talk [role=status]")
    expect(hint).to_be_hidden()
    talking = {**rooms.in_call()["audio"], "meeting_muted": True, "talking_while_muted": True}
    stand_in.patch(audio=talking)
    expect(hint).to_have_text("You are talking, but muted in the meeting.")
    stand_in.patch(audio={**talking, "mute": "muted", "requested": "muted"})
    expect(hint).to_have_text("You are talking while muted.")
    page.get_by_role("button", name="Turn off").tap()
    told(page, lambda: stand_in.commands("audio.talk_hint"), [{"on": False}])
    for nothing in (False, None):
        stand_in.patch(audio={**talking, "talking_while_muted": True})
        expect(hint).to_be_visible()
        stand_in.patch(audio={**talking, "talking_while_muted": nothing, "talk_hint": False})
        expect(hint).to_be_hidden()
    page.locator("main > :not([hidden]) .reading").tap()
    key = page.get_by_role("button", name="Tell who talks while muted")
    expect(key).to_have_attribute("aria-pressed", "false")
    key.tap()
    told(page, lambda: stand_in.commands("audio.talk_hint"), [{"on": False}, {"on": True}])


def test_a_gain_of_nothing_is_not_on_and_is_turned_up_in_the_sheet(open_panel: Open) -> None:
    stand_in, page = sheet(open_panel)
    dead = {"mute": "open", "requested": "open", "reason": "gain", "gain_pct": 0}
    stand_in.patch(audio=audio(**dead))
    expect(page.locator(".truth")).to_have_text("Mic hears nothing")
    expect(page.locator("sound-sheet")).to_contain_text("turned down to 0 %")
    expect(page.get_by_label("Turn the microphone down")).to_be_disabled()
    page.get_by_label("Turn the microphone up").tap()
    told(page, lambda: stand_in.commands("audio.gain"), [{"pct": 10}])
    stand_in.patch(audio=audio(mute="open", requested="open", gain_pct=10, listening=True))
    expect(page.locator(".gain output")).to_have_text("10 %")
    expect(page.locator(".truth")).to_have_text("Mic is on")
    stand_in.patch(audio=audio(gain_pct=None))
    expect(page.locator(".gain")).to_be_hidden()
