"""Every view of the panel at every size, language and theme, for a person to look at.

What can be measured is measured of each, also in a language that is not one: English with every
text 40 % longer. Words that are cut, or lie on one another, are printed; then the exit code is 1.

`python -m tests.web.contact_sheet FOLDER [PART…]` writes one picture a state and one sheet a theme;
a PART keeps what has it in its name ("home", "800x480", "zh-CN", "dark").
`… contact_sheet docs pages` draws the pictures of the pages in docs/ anew, smaller.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import segno
from playwright.sync_api import Browser, Page, sync_playwright

from roomctl.simulator import DEMO
from tests.web import rooms
from tests.web.conftest import Pages, launch, seen, still, usable
from tests.web.desk_rooms import CHINESE, TEXT, served_room
from tests.web.stand_in import WEB, StandIn, serving
from tests.web.test_door import MAY, STATES
from tests.web.test_walkthrough import KEPT, PICTURE, STEPS

SIZES = [(800, 480), (1024, 600), (1280, 800), (600, 1024), (390, 844)]
SIGNS = [(1024, 600), (800, 480), (600, 1024)]
DESKS = [(1440, 900), (1024, 768), (390, 844)]
SCREENS = [(1920, 1080), (3840, 2160)]
LANGUAGES = ["en", "zh-CN"]
THEMES = ["light", "dark"]
CONTRAST = "contrast"  # a theme of panel, door and display, for whoever asks for more
LONGER = "longer"  # the language that is not one
MEASURE = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
FLAWS = ("cut", "spill", "out", "over")
_ACCENTS = str.maketrans("aeiouyAEIOUYcnsz", "àéîöüýÀÉÎÖÜÝçñšž")


@dataclass(frozen=True)
class View:
    """A state of the room, and the way to what is drawn of it."""

    room: Callable[[str], rooms.Room]
    way: tuple[str, ...] = ()
    path: str = "/"
    phone: bool = True  # else no phone has it: those bring keys of their own
    staff: dict[str, Any] | None = None  # what the server says of a PIN

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """The sizes of what it is shown on."""
        panels = SIZES if self.phone else SIZES[:-1]
        return {"/screen": SCREENS, "/door": SIGNS}.get(self.path, panels)


def _free(language: str) -> rooms.Room:
    return rooms.booked(language, "available", booking=None, release_at=None)


def _busy(language: str) -> rooms.Room:
    return rooms.booked(language, "booked", release_at=None)


def _standing(state: str, *witnesses: str) -> Callable[[str], rooms.Room]:
    def room(language: str) -> rooms.Room:
        found = rooms.in_call(language)
        found["meeting"].update(state=state, witnesses=list(witnesses or ("log", "sound")))
        return found

    return room


def _muted(language: str) -> rooms.Room:
    room = rooms.in_call(language)
    room["audio"].update(mute="muted", requested="muted")
    return room


def _pictured(language: str) -> rooms.Room:
    """Each preset with a picture: a square of one colour, for none is at hand."""
    room = rooms.in_call(language)
    colours = ("#8aa", "#a98", "#9a8", "#889")
    for camera in room["cameras"]:
        for preset, colour in zip(camera["presets"], colours, strict=True):
            size = "width='320' height='180'"
            drawn = f"<svg xmlns='http://www.w3.org/2000/svg' {size}>"
            drawn += f"<rect {size} fill='{colour}'/></svg>"
            preset["picture"] = "data:image/svg+xml," + quote(drawn)
    return room


def _followed(language: str) -> rooms.Room:
    """A meeting near its end, after which another one has the room."""
    room = _pictured(language)
    end = rooms.booking("x", None, 4)["start"]
    room["bookings"][0].update(end=end, free_until=end)
    return room


def _longer(language: str) -> rooms.Room:
    room = _pictured(language)
    room["bookings"][0].update(free_until=None)
    return room


def _soundless(language: str) -> rooms.Room:
    room = rooms.in_call(language)
    room["audio"].update(volume_pct=None)
    return room


def _reported(language: str) -> rooms.Room:
    room = rooms.at_rest(language)
    room["issues"] = [rooms.issue("help", "1", about="no_sound", number=1)]
    return room


def _stuck(language: str) -> rooms.Room:
    """A booking whose link is refused."""
    room = rooms.at_rest(language)
    refused = {"join": "none", "refused": "host_link"}
    room["bookings"] = [rooms.booking("a", "Quarterly design review", -3, **refused)]
    room["occupancy"]["configured"] = 0
    return room


def _silent(language: str) -> rooms.Room:
    room = rooms.at_rest(language)
    room["audio"].update(available=False, volume_pct=None, mute="unknown")
    return room


def _open(room: Callable[[str], rooms.Room], listening: bool | None) -> View:
    """A microphone that is not muted, and whether a program listens to it."""

    def made(language: str) -> rooms.Room:
        found = room(language)
        found["audio"].update(mute="open", requested="open", listening=listening)
        return found

    return View(made)


def _unheard(language: str) -> rooms.Room:
    room = rooms.at_rest(language)
    room["audio"].update(gain_pct=0, mute="open", requested="open", reason="gain")
    room["issues"] = [rooms.issue("audio.gain_zero", "audio")]
    return room


def _unheard_of(language: str) -> rooms.Room:
    room = rooms.in_call(language)
    room["audio"].update(gain_pct=0, reason="gain")
    return room


def _unused(language: str) -> rooms.Room:
    titles = {"en": ("Weekly numbers", None), "zh-CN": ("每周数据例会", None)}[language]
    issues = [
        rooms.issue("booking.series_unused", f"s{at}", title=title, misses=4 + at, series=f"s{at}")
        for at, title in enumerate(titles)
    ]
    return rooms.at_rest(language) | {"issues": issues}


def _asleep(language: str) -> rooms.Room:
    return {**_branded(_free)(language), "panel": {"awake": False}}


def _file(name: str) -> str:
    """Return a picture of the simulated room as an address."""
    return "data:image/svg+xml," + quote((DEMO.parent / name).read_text(encoding="utf-8"))


def _branded(room: Callable[[str], rooms.Room]) -> Callable[[str], rooms.Room]:
    """Dress a room as the simulated one is, its display in both languages."""
    look = {"theme": "auto", "accent": None}
    look |= {"logo": _file("bamboo.svg"), "wallpaper": _file("hills.svg")}

    def dressed(language: str) -> rooms.Room:
        plain = room(language)
        second = next(one for one in LANGUAGES if one != language)
        return {**plain, "look": look, "identity": {**plain["identity"], "second_language": second}}

    return dressed


def _taken_back(language: str) -> rooms.Room:
    room = rooms.switched(language)
    taken = rooms.deed(1, "byom_take", rooms.reason("vacant"), undo=True)
    room["automation"] = {"notices": [], "acts": [taken]}
    return room


def _walking(state: str, **more: Any) -> Callable[[str], rooms.Room]:
    return lambda language: rooms.walking(language, state, **more)


def _handed_over(language: str) -> rooms.Room:
    room = rooms.walking(language, "handed_over", reason="changed")
    return rooms.with_meeting(room, state="prejoin")


def _dead(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, failure="not_found", fallback=None, dial=[])


def _asks(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, "prejoin", can_press_join=True)


def _host(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, failure="host_not_started", fallback=None, dial=[])


def _unreached(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, failure="bot_wall", remote_control=False)


LOCKED = {"pin": True, "role": None, "ends_in_s": None}


def _interrupted(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, failure="crashed", rejoin=True)


def _asking(language: str) -> rooms.Room:
    return {**rooms.in_call(language), "panel": {"awake": True, "prompt": "leave"}}


def _for_an_hour(language: str) -> rooms.Room:
    return rooms.booked(language, "available", booking=None, release_at=None) | {"bookings": []}


def _choosing(language: str) -> rooms.Room:
    room = _dead(language)
    return room | {"platforms": [{**one, "new": True} for one in room["platforms"]]}


def _asked(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, can_enter_passcode=True)


def _wrong(language: str) -> rooms.Room:
    return rooms.at_a_wall(language, failure="passcode_wrong", can_enter_passcode=True)


def told(strip: str, room: rooms.Room, language: str) -> rooms.Room:
    """Tell something in a room's bar, or in passing."""
    now = room["bookings"][0]
    if strip == "notice":
        return room | {"automation": {"notices": [rooms.notice("end_call", 45)], "acts": []}}
    if strip == "act":
        act = rooms.deed(9, "release", rooms.reason("no_show"), undo=True)
        return room | {"automation": {"notices": [], "acts": [act]}}
    if strip == "message":
        return room | {"message": rooms.message(_TOLD[language])}
    changed = {
        "id": datetime.now(UTC).isoformat(),
        "kind": "check_in",
        "booking": now["id"],
        "title": now["title"],
    }
    when = {"end": now["end"], "was_end": now["end"], "at": datetime.now(UTC).isoformat()}
    return room | {"booking_changes": [{**changed, **when, "requested_by_name": "panel"}]}


_TOLD = {
    "en": "The fire alarm is tested at three; nobody needs to leave, and the doors stay open.",
    "zh-CN": "三点钟测试火警，不必离开大楼，门会保持打开，请大家继续开会。",
}
TOLD = ("notice", "act", "message", "change")
STAFF = {"pin": True, "role": "technician", "ends_in_s": 600.0}


def _told(
    strip: str, room: Callable[[str], rooms.Room], *, logo: bool
) -> Callable[[str], rooms.Room]:
    around = _branded(room) if logo else room
    return lambda language: told(strip, around(language), language)


SHOWN_AT_THE_DOOR = (
    *("free", "soon", "held", "busy", "others free", "soon, others free"),
    *("out of date", "asleep"),
)
_DISPLAY = "[data-t='blocked.open']:visible"

_TYPED, _SILENT = "typed: ", "the server says no more"
_ENTRY = "join-sheet textarea"
_PASSCODE = "[name='join.passcode']"

VIEWS = {
    "home-free": View(_free),
    "home-booked": View(_busy),
    "home-awaited": View(rooms.booked),
    "home-occupied": View(rooms.at_rest),
    "home-broken": View(rooms.broken),
    "home-by-itself": View(rooms.by_itself),
    "home-stuck": View(_stuck),
    "home-silent": View(_silent),
    "home-unheard": View(_unheard),
    "help-unheard": View(_unheard, (".ask",)),
    "home-mic-idle": _open(rooms.at_rest, False),
    "home-mic-unsure": _open(rooms.at_rest, None),
    "home-mic-on": _open(rooms.at_rest, True),
    "call-mic-idle": _open(rooms.in_call, False),
    "call-mic-unsure": _open(rooms.in_call, None),
    "home-interrupted": View(rooms.interrupted),
    "move-counted": View(rooms.moving),
    "move-cards": View(rooms.moved),
    "move-ended": View(rooms.ended),
    "call": View(rooms.in_call),
    "call-pictures": View(_longer),
    "call-followed": View(_followed),
    "call-no-volume": View(_soundless),
    "call-muted": View(_muted),
    "call-alone": View(_standing("alone")),
    "call-listening": View(_standing("listening")),
    "call-interrupted": View(_standing("interrupted")),
    "call-probable": View(_standing("unknown", "log")),
    "call-opening": View(_standing("preparing")),
    "call-before": View(_standing("prejoin", "log")),
    "call-asks": View(_asks),
    "call-joining": View(_standing("joining", "log")),
    "call-lobby": View(_standing("lobby", "page")),
    "call-parting": View(_standing("leaving")),
    "wall-host": View(_host),
    "wall-unreached": View(_unreached),
    "call-unheard": View(_unheard_of),
    "call-leaving": View(rooms.in_call, (".leave",)),
    "call-wall": View(rooms.at_a_wall),
    "wall-dead": View(_dead),
    "wall-passcode": View(_asked, ("[name=passcode]", _TYPED + "8042")),
    "wall-letters": View(
        _wrong, ("passcode-pad .word", "[name=passcode]", _TYPED + "aB3x"), phone=False
    ),
    "wall-interrupted": View(_interrupted),
    "call-question": View(_asking),
    "call-longer": View(_longer, (".ends",)),
    "reserve": View(_for_an_hour, ("booking-key .key",)),
    "today": View(rooms.at_rest, ("day-ribbon button",)),
    "new": View(_choosing, ("blocked-card .out .key:visible",)),
    "stale": View(rooms.at_rest, (_SILENT,)),
    "help-stale": View(rooms.at_rest, (".ask", _SILENT)),
    "pin": View(rooms.at_rest, (".ask", "help-sheet section > button.key"), staff=LOCKED),
    "camera-settings": View(rooms.at_rest, (".camera-key", "camera-sheet .set")),
    "walkthrough-joining": View(_walking("joining", step=2, steps=4)),
    "walkthrough-handed": View(_handed_over),
    "walkthrough-unsure": View(_walking("handed_over", reason="no_word")),
    "walkthrough-offered": View(_walking("offered"), (_DISPLAY,)),
    "walkthrough-showing": View(_walking("showing", steps=3), (_DISPLAY,)),
    "walkthrough-review": View(
        _walking("showing", steps=3),
        ("walkthrough-line .key:has([data-icon=check])", ".shown-steps .chip"),
    ),
    "walkthrough-list": View(
        rooms.at_rest, (".bar .staff", "staff-settings .key:has([data-icon=screen])")
    ),
    "settings": View(_reported, (".bar .staff",)),
    "series-offered": View(_unused),
    "series": View(_unused, ("notice-strip .key",)),
    "join": View(rooms.everywhere, (".enter-key",)),
    "join-number": View(rooms.everywhere, (".enter-key", _ENTRY, _TYPED + "482901773")),
    "join-passcode": View(rooms.everywhere, (".enter-key", _PASSCODE, _TYPED + "aB3xYz")),
    "join-show": View(rooms.everywhere, (".enter-key", _ENTRY, _TYPED + "1234567890123")),
    "join-all": View(rooms.everywhere, (".enter-key", ".more")),
    "join-told": View(rooms.everywhere, (".enter-key", "join-sheet .go")),
    "camera": View(rooms.at_rest, (".camera-key",)),
    "share": View(rooms.shared, (".share-key",)),
    "laptop-key": View(rooms.switched),
    "laptop-steps": View(rooms.switched, (".laptop-key",)),
    "laptop-has-it": View(rooms.at_a_laptop),
    "laptop-sheet": View(rooms.at_a_laptop, (".laptop-key",)),
    "laptop-taken-back": View(_taken_back),
    "laptop-help": View(rooms.at_a_laptop, (".ask",)),
    "laptop-sound": View(rooms.at_a_laptop, ("home-view .reading",)),
    "camera-pictures": View(_pictured, (".adjust",)),
    "sound": View(rooms.at_rest, ("home-view .reading",)),
    "sound-mic-idle": replace(_open(rooms.at_rest, False), way=("home-view .reading",)),
    "presence": View(rooms.at_rest, (".because-key",)),
    "help": View(rooms.broken, (".ask", "report-card .six .key >> nth=1")),
    "help-sent": View(
        rooms.at_rest, (".ask", "report-card .six .key >> nth=0", "report-card .send")
    ),
    "help-word": View(rooms.at_rest, (".ask", "report-card .field")),
    "asleep": View(_asleep),
    **{
        f"told-{strip}-{where}{'-logo' * logo}{'-staff' * staff}": View(
            _told(strip, room, logo=logo), staff=STAFF if staff else None
        )
        for strip in TOLD
        for where, room in (("home", rooms.at_rest), ("call", rooms.in_call))
        for logo in (False, True)
        for staff in (False, True)
    },
    **{f"door-{name}": View(STATES[name][0], path="/door") for name in SHOWN_AT_THE_DOOR},
    "screen-free": View(_free, path="/screen"),
    "screen-laptop": View(rooms.at_a_laptop, path="/screen"),
    "screen-branded": View(_branded(_free), path="/screen"),
    "screen-branded-booked": View(_branded(rooms.booked), path="/screen"),
    "screen-booked": View(rooms.booked, path="/screen"),
    "screen-call": View(rooms.in_call, path="/screen"),
}

DESK_PAGES = ("overview", "issues", "devices", "use", "ledger", "audit", "access", "service")


def longer(catalog: dict[str, Any]) -> dict[str, Any]:
    """Return a catalog whose texts are 40 % longer, with accents and the same placeholders."""

    def stretched(text: str) -> str:
        parts = re.split(r"(\{\w+\})", text)
        plain = [part.translate(_ACCENTS) if at % 2 == 0 else part for at, part in enumerate(parts)]
        more = round(0.4 * sum(len(part) for part in parts[::2]))
        words = ("éñ lóñgér " * (more // 10 + 1))[:more].strip()
        return "".join(plain) + (f" {words}" if more > 3 else "·" * more)

    return {
        key: stretched(entry)
        if isinstance(entry, str)
        else {form: stretched(text) for form, text in entry.items()}
        for key, entry in catalog.items()
    }


def flaws(page: Page) -> dict[str, list[str]]:
    """Return what is cut, spills, leaves the window, or lies on something else; by which it is."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")  # what floats has landed
    root = page.evaluate("document.body.firstElementChild.localName")
    found = page.evaluate(MEASURE.replace("room-panel *", f"{root} *"))
    return {name: found[name] for name in FLAWS if found[name]}


@dataclass(frozen=True)
class PagePicture:
    """A picture in docs/: which view, in which language, how large, and by how much smaller."""

    view: str
    language: str
    size: tuple[int, int] = (800, 480)
    theme: str = "light"
    scale: float = 0.75


PAGES = {
    "vendor-exit-countdown": PagePicture("move-counted", "en"),
    "vendor-exit-cards": PagePicture("move-cards", "zh-CN"),
    "panel-home": PagePicture("home-booked", "en", (1280, 800), scale=0.5),
    "panel-home-zh": PagePicture("home-free", "zh-CN", (1280, 800), scale=0.5),
    "panel-call": PagePicture("call-pictures", "en", (1280, 800), "dark", 0.5),
    "panel-call-zh": PagePicture("call-muted", "zh-CN", (1280, 800), scale=0.5),
    "door": PagePicture("door-free", "en", (1024, 600), scale=0.5),
    "door-zh": PagePicture("door-busy", "zh-CN", (1024, 600), scale=0.5),
    "room-screen": PagePicture("screen-branded", "en", (1920, 1080), "dark", 1 / 3),
    "room-screen-zh": PagePicture("screen-branded-booked", "zh-CN", (1920, 1080), "dark", 1 / 3),
}


def _wanted(parts: list[str]) -> Iterator[tuple[str, View, tuple[int, int], str, str]]:
    drawn = [*itertools.product(LANGUAGES, [*THEMES, CONTRAST]), (LONGER, THEMES[0])]
    for (name, view), (language, theme) in itertools.product(VIEWS.items(), drawn):
        on_screen = view.path == "/screen"
        for size in view.sizes:
            picture = f"{name}-{theme}-{language}-{size[0]}x{size[1]}".replace(" ", "_")
            if all(part in picture for part in parts) and not (on_screen and theme == "light"):
                yield picture, view, size, language, theme


class Studio:
    """Draws views one after another on pages that are lent to it."""

    def __init__(self, browser: Browser) -> None:
        self._pages = Pages(browser)
        self._last = ExitStack()

    def draw(
        self, view: View, size: tuple[int, int], language: str, theme: Any, scale: float = 1.0
    ) -> Page:
        """Draw a view; the page that is returned is the next one's, too."""
        self._last.close()
        more, scheme = theme == CONTRAST, "dark" if theme == CONTRAST else theme
        stand_in = self._last.enter_context(serving(_stand_in(view, language)))
        page = self._last.enter_context(
            self._pages.lent(
                stand_in.url,
                has_touch=True,
                device_scale_factor=scale,
                viewport={"width": size[0], "height": size[1]},
                color_scheme=scheme,
                contrast="more" if more else "no-preference",
                reduced_motion="reduce",
            )
        )
        page.goto(stand_in.url + view.path)
        _go(page, view, stand_in)
        return page


def _stand_in(view: View, language: str) -> StandIn:
    stand_in = StandIn(view.room("en" if language == LONGER else language))
    stand_in.picture, stand_in.steps, stand_in.kept = PICTURE, STEPS, KEPT
    stand_in.cable = PICTURE
    stand_in.staff = view.staff
    if language == LONGER:
        english = json.loads((WEB / "i18n" / "en.json").read_text(encoding="utf-8"))
        stand_in.catalogs["en"] = longer(english)
    if "staff" in "".join(view.way):
        stand_in.staff = {"pin": True, "role": "technician", "ends_in_s": 600.0}
    code = segno.make("http://192.0.2.7:8080/#pair=example").svg_inline(scale=8, light="#fff")
    stand_in.code = code.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    if view.path == "/door":
        stand_in.may = MAY
    return stand_in


def _go(page: Page, view: View, stand_in: StandIn) -> None:
    """Go the way to what is drawn, and wait until it stands still."""
    room = stand_in.room
    if view.path == "/":
        if room["panel"].get("prompt"):
            seen(page, "leave-prompt .answers:not([inert])")
        elif room["panel"]["awake"]:
            usable(page)
        else:
            seen(page, "room-panel main")
    elif view.path == "/door":
        seen(page, "door-sign header h1:not(:empty)")
    else:
        seen(page, "room-screen figure img")
    for step in view.way:
        if step == _SILENT:
            stand_in.beating = stand_in.reachable = False
            seen(page, "room-panel[data-stale]")
        elif step.startswith(_TYPED):
            page.keyboard.type(step.removeprefix(_TYPED))
        else:
            page.locator(step).first.click()
    if room["meeting"]["state"] == "in_call":
        stand_in.say({"type": "level", "pct": 83})  # as somebody talks
    still(page)


def _desks(browser: Browser, folder: Path, parts: list[str]) -> Iterator[str]:
    """Write staff's pages, of a real room with a past."""
    for language, theme in itertools.product(LANGUAGES, THEMES):
        wanted = {
            (name, size): f"facilities-{name}-{theme}-{language}-{size[0]}x{size[1]}"
            for name, size in itertools.product(DESK_PAGES, DESKS)
        }
        wanted = {key: each for key, each in wanted.items() if all(part in each for part in parts)}
        if not wanted:
            continue
        text = TEXT if language == "en" else CHINESE
        with TemporaryDirectory() as state, served_room(Path(state) / "state", text) as room:
            room.do(room.house.simulator.act("camera.back", "unplug", {}))
            token = room.token("admin", "desk")
            for (name, size), picture in wanted.items():
                page = _desk(browser, f"{room.url}/facilities#{name}", token, size, language, theme)
                page.screenshot(path=folder / f"{picture}.png")
                page.close()
                yield picture


def _desk(
    browser: Browser,
    url: str,
    token: str,
    size: tuple[int, int],
    language: str,
    theme: Any,
    scale: float = 1.0,
) -> Page:
    """Sign in to one of staff's pages."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,
        locale=language,
        device_scale_factor=scale,
    )
    page.goto(url)
    page.locator(".by-token input").fill(token)
    page.keyboard.press("Enter")
    seen(page, ".page > *")
    page.wait_for_timeout(700)
    return page


def _sheet(browser: Browser, folder: Path, names: list[str]) -> None:
    """Write the pictures beside each other, with their names."""
    cells = "".join(
        f"<figure><img src='{name}.png'><figcaption>{name}</figcaption></figure>" for name in names
    )
    style = "body{margin:16px;display:flex;flex-wrap:wrap;gap:16px;font:14px sans-serif}"
    style += "figure{margin:0}img{height:300px;display:block}"
    sheet = folder / "sheet.html"
    sheet.write_text(f"<meta charset=utf-8><style>{style}</style>{cells}")
    page = browser.new_page(viewport={"width": 2000, "height": 1000})
    page.goto(sheet.resolve().as_uri())
    page.screenshot(path=folder / "sheet.png", full_page=True)
    page.close()


def _at_ten(view: View) -> View:
    """Move a view to a zone where it is between ten and eleven, so that there is a day to show."""
    ahead_h = 10 - datetime.now(UTC).hour
    ahead_h += 24 if ahead_h < -12 else 0
    zone = f"Etc/GMT{-ahead_h:+d}"  # named after POSIX: what is ahead has a minus

    def moved(language: str) -> rooms.Room:
        room = view.room(language)
        return {**room, "identity": {**room["identity"], "timezone": zone}}

    return replace(view, room=moved)


def _pages(browser: Browser, folder: Path) -> list[str]:
    """Write the pictures of the pages in docs/."""
    studio = Studio(browser)
    for name, wanted in PAGES.items():
        view = _at_ten(VIEWS[wanted.view])
        page = studio.draw(view, wanted.size, wanted.language, wanted.theme, wanted.scale)
        page.screenshot(path=folder / f"{name}.png")
    with TemporaryDirectory() as state, served_room(Path(state) / "state", TEXT) as room:
        room.do(room.house.simulator.act("camera.back", "unplug", {}))
        token = room.token("admin", "desk")
        url = f"{room.url}/facilities#overview"
        page = _desk(browser, url, token, DESKS[0], "en", "light", 0.5)
        page.screenshot(path=folder / "facilities.png")
        page.close()
    return [*PAGES, "facilities"]


def main(folder: Path, parts: list[str]) -> int:
    """Draw what is wanted into `folder`; return how many pictures have a flaw."""
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    flawed = 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if parts == ["pages"]:
            names = _pages(browser, folder)
        studio = Studio(browser)
        for name, view, size, language, theme in _wanted(parts):
            page = studio.draw(view, size, language, theme)
            page.screenshot(path=folder / f"{name}.png")
            if found := flaws(page):
                flawed += 1
                sys.stdout.write(f"{name}: {json.dumps(found, ensure_ascii=False)}\n")
            names.append(name)
        if parts != ["pages"]:
            names.extend(_desks(browser, folder, parts))
            _sheet(browser, folder, names)
        browser.close()
    sys.stdout.write(f"{len(names)} pictures in {folder}, {flawed} with a flaw\n")
    return flawed


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(1 if main(Path(sys.argv[1]), sys.argv[2:]) else 0)
