"""No two sentences of one screen contradict each other, whatever the room says."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from roomctl.meeting.call import State
from tests.examples import examples
from tests.web import rooms
from tests.web.conftest import Open, usable
from tests.web.stand_in import WEB

pytestmark = pytest.mark.browser

# What a sentence asserts, by its key: of one fact two sentences of a screen say the same. A key
# that ends with a dot stands for all that begin so.
ASSERTS: dict[str, dict[str, Any]] = {
    "call.hint.in_call": {"sound": True, "devices": True},
    "call.hint.no_sound": {"sound": False},
    "issue.device.offline": {"devices": False},
    "issue.audio.no_sound": {"sound": False},
    "help.good": {"devices": True, "sound": True},
    "room.available": {"booked": False},
    "room.booked": {"booked": True},
    "room.awaited": {"people": False},
    "room.occupied": {"people": True},
    "room.free": {"people": False},
    "presence.vacant": {"people": False},
    "presence.occupied": {"people": True},
    "reason.people": {"people": True},
    "reason.people_of": {"people": True},
    "booking.released": {"kept": False},
    "booking.checked_in": {"kept": True},
    "home.refused": {"link": True},
    "home.no_link": {"link": False},
    "home.starts": {"link": True},
    "mic.open": {"muted": False},
    "mic.muted": {"muted": True},
    "mic.unknown": {"muted": None},
    "call.in_call": {"in call": True},
    "call.failed": {"in call": False},
    "call.lobby": {"in call": False, "step": "lobby"},
    "call.hint.lobby": {"step": "lobby"},
    "call.preparing": {"in call": False, "step": "opening"},
    "call.hint.preparing": {"step": "opening"},
    "call.before": {"in call": False, "step": "before", "asks": False},
    "call.hint.before": {"step": "before"},
    "call.prejoin": {"in call": False, "step": "before", "asks": True},
    "call.hint.prejoin": {"step": "before", "asks": True},
    "call.joining": {"in call": False, "step": "before"},
    "call.unknown": {"in call": None},
    "call.in_call_unproven": {"in call": None},
    "call.listening": {"in call": True},
    "call.hint.alone": {"in call": True},
    "call.interrupted": {"in call": False},
    "blocked.passcode_needed": {"in call": False, "step": "before"},
    "blocked.host_not_started": {"in call": False, "step": "before"},
    "blocked.removed": {"in call": False, "step": None},
    "walkthrough.joining": {"in call": False, "passes": True},
    "walkthrough.handed.changed": {"passes": False},
    "at: call.step.opening": {"step": "opening"},
    "at: call.step.before": {"step": "before"},
    "at: call.step.lobby": {"step": "lobby"},
}
KINDS = ("camera.front", "speakerphone.table", "screen")
# The names of the steps into a meeting assert nothing, but for the one at which the room stands.
SAID = """() => [...document.querySelectorAll("main *, .bar *")]
    .filter((e) => e.childElementCount === 0 && e.checkVisibility() && e.textContent.trim())
    .filter((e) => !e.matches(".way-in li:not([aria-current]) span"))
    .map((e) => (e.matches(".way-in span") ? "at: " : "") + e.textContent.trim())"""


def patterns() -> dict[str, re.Pattern[str]]:
    """Return how each sentence that asserts something is recognised."""
    words = json.loads((WEB / "i18n" / "en.json").read_text(encoding="utf-8"))
    found = {}
    for key in ASSERTS:
        at, name = ("at: ", key[4:]) if key.startswith("at: ") else ("", key)
        entry = words.get(name, name)
        forms = [entry] if isinstance(entry, str) else list(entry.values())
        holes = [re.sub(r"\\{\w+\\}", ".+", re.escape(form)) for form in forms]
        found[key] = re.compile(f"{at}(?:{'|'.join(holes)})")
    return found


def contradictions(said: list[str], now: str) -> list[str]:
    """Return the pairs of sentences that assert different things, and times that have passed."""
    known: dict[str, tuple[Any, str]] = {}
    found = []
    for line in said:
        for key, pattern in _PATTERNS.items():
            if not any(pattern.fullmatch(part) for part in (line, *re.split(r" · |\. ", line))):
                continue
            for fact, value in ASSERTS[key].items():
                before = known.setdefault(fact, (value, line))
                if before[0] != value:
                    found.append(f"{before[1]} / {line}")
        if (until := re.fullmatch(r"until (\d\d:\d\d)", line)) and passed(until[1], now):
            found.append(f"{line} / {now}")
    return found


def passed(at: str, now: str) -> bool:
    """Whether a time of day was within the last twelve hours."""
    minutes = [60 * int(one[:2]) + int(one[3:]) for one in (at, now)]
    return 0 < (minutes[1] - minutes[0]) % (24 * 60) < 12 * 60


_PATTERNS = patterns()


@st.composite
def any_room(draw: st.DrawFn) -> rooms.Room:
    """Return a room of whose parts some fail, some lag behind, and some were never there."""
    room = deepcopy(draw(st.sampled_from([rooms.at_rest(), rooms.in_call(), rooms.booked()])))
    for name in KINDS:
        if draw(st.booleans()):
            room["issues"].append(rooms.issue("device.offline", name, reason="no_reply"))
            at = next(i for i, one in enumerate(room["devices"]) if one["name"] == name)
            room["devices"][at] = rooms.device(name, "offline", "no_reply")
    room["audio"]["available"] = draw(st.booleans())
    room["audio"]["mute"] = draw(st.sampled_from(["muted", "open", "unknown"]))
    room["occupancy"]["state"] = draw(st.sampled_from(["occupied", "vacating", "vacant"]))
    room["occupancy"]["people"] = draw(st.sampled_from([None, 0, 3]))
    if draw(st.booleans()):
        state = draw(st.sampled_from(["available", "booked", "awaited"]))
        until = datetime.now(UTC) + timedelta(minutes=draw(st.sampled_from([-50, -1, 20])))
        told = {"state": state, "until": until.isoformat(), "booking": "a", "release_at": None}
        room["availability"] = told
    here = {
        "join": "none",
        "platform": None,
        "refused": draw(st.sampled_from([None, "no_meeting"])),
    }
    gone = {"join": "none", "platform": "zoom", "refused": "host_link"}
    about = draw(
        st.sampled_from([{}, here, gone, {"status": "released"}, {"status": "checked_in"}])
    )
    room["bookings"] = [{**room["bookings"][0], **about}]
    if room["meeting"]["state"] == "in_call":
        room["meeting"].update(draw(_MEETINGS))
        room["walkthrough"] = {**draw(_WALKS), "steps": 4, "name": None}
    return room


_MEETINGS = st.fixed_dictionaries(
    {
        "state": st.sampled_from([one.value for one in State if one is not State.IDLE]),
        "failure": st.sampled_from([None, "passcode_needed", "host_not_started", "removed", "new"]),
        "witnesses": st.lists(st.sampled_from(["log", "page", "sound", "traffic", "picture"])),
        "shown": st.booleans(),
        "remote_control": st.booleans(),
        "can_press_join": st.booleans(),
        "since": st.sampled_from([None, "2026-11-20T09:30:00Z", "2199-01-01T00:00:00Z"]),
    }
)
_WALKS = st.sampled_from(
    [
        {"state": "idle", "step": None, "reason": None},
        {"state": "joining", "step": 2, "reason": None},
        {"state": "handed_over", "step": None, "reason": "changed"},
    ]
)


LIVE = "document.querySelector('room-panel').live"


def drawn(page: Page, room: rooms.Room) -> tuple[list[str], str]:
    """Show a room on the page that is open; return what it says, and the time there."""
    page.evaluate(f"room => {{ {LIVE}.room = room; {LIVE}.changed(); }}", room)
    return page.evaluate(SAID), page.locator(".bar time").first.text_content() or ""


def test_no_two_sentences_of_a_screen_contradict(open_panel: Open) -> None:
    _, page = open_panel(rooms.at_rest())
    usable(page)

    @settings(max_examples=examples(400), suppress_health_check=list(HealthCheck))
    @given(any_room())
    def judged(room: rooms.Room) -> None:
        assert contradictions(*drawn(page, room)) == []

    judged()


def test_a_booking_of_ones_own_has_no_link_and_is_no_fault(open_panel: Open) -> None:
    room = rooms.at_rest()
    own = {"platform": None, "join": "none", "refused": "no_meeting"}
    room["bookings"] = [rooms.booking("a", "Reserved here", -3, **own)]
    _, page = open_panel(room)
    usable(page)
    said, _ = drawn(page, room)
    assert "No meeting link in this booking" in said
    assert not any("Cannot be joined" in line for line in said)
    assert page.locator("home-view [data-ask]").is_hidden()
    assert "primary" in (page.locator("home-view .fresh").get_attribute("class") or "")


def test_a_step_that_the_state_denies_is_found() -> None:
    assert contradictions(["In the lobby", "at: Before the meeting"], "10:00")
    assert contradictions(["In the meeting", "at: Lobby", "In the lobby"], "10:00")
    assert not contradictions(["In the lobby", "at: Lobby"], "10:00")


def test_a_pair_that_contradicts_is_found() -> None:
    assert contradictions(["Sound and picture are flowing.", "Camera: not working"], "10:00")
    assert contradictions(["until 05:33"], "06:23")
    assert contradictions(["until 23:59"], "00:01")
    assert not contradictions(["until 00:09"], "23:27")
    assert not contradictions(["The meeting is open.", "Camera: not working"], "10:00")
