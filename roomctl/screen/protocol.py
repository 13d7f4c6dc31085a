r"""What the daemon and the process that owns the screen say to each other, both directions.

One JSON object per line, UTF-8, ended by "\n", at most 64 KiB; `type` is the class name in snake
case, the other keys are the fields of the class, all of them, no others. A line that is anything
else becomes an `InvalidMessage`: ignored by whoever reads it, and reported.

| subject           | the daemon's orders                         | the screen's reports        |
|-------------------|---------------------------------------------|-----------------------------|
| everything        | AskAll                                      | ScreenHello, Heartbeat      |
| a meeting's page  | OpenMeeting, LeaveMeeting, ClearPage        | MeetingPage                 |
| one that may come | ExpectMeeting                               | WaitingBrowser              |
| displays          | ShowPage, SwitchDisplay                     | WantPages, DisplayState     |
| sound             | SetMute, SetVolume, SetGain, PreferDevice,  | SoundState                  |
|                   | SetProcessing                               |                             |
| what is heard     | ReportLevel, ReportVoice, PlayTone          | MicrophoneLevel, VoiceHeard,|
|                   |                                             | ToneResult, RoomHeard       |
| a panel's touches | TakePicture, PressPoint, ScrollAt, TypeText | PicturePart, TouchResult    |
|                   | PressKey, CloseWindow                       |                             |
| a walkthrough     | WatchTouches, BringControls, SeekControls,  | ControlsSeen, TouchResult,  |
|                   | PressControl, LearnControl, HeedDisplay     | PicturePart, DisplayTouched |

Levels and peaks are numbers; what was heard is never among them. Places on a display are 0-1 of its
width and height, from the upper left corner. Text may be a passcode: no repr shows it. Knows no
port, no clock, no browser, no sound server and no meeting.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from roomctl.frozen import frozen


class ScreenReason(StrEnum):
    """Why a page is not there, or the sound is not: the closed list that panels translate."""

    BROWSER_MISSING = "browser_missing"
    BROWSER_START = "browser_start"
    NO_DISPLAY = "no_display"
    NO_SANDBOX = "no_sandbox"
    BAD_URL = "bad_url"
    NETWORK = "network"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    LEFT = "left"
    REPLACED = "replaced"
    STOPPED = "stopped"
    BROWSER_CLOSED = "browser_closed"
    PAGE_CRASHED = "page_crashed"
    NO_SOUND_SERVER = "no_sound_server"
    NO_WALL = "no_wall"  # what should keep the microphone behind a wall does not run


class SignKind(StrEnum):
    """Where a sign is looked for: words that are shown, an element that is, the address."""

    TEXT = "text"
    PLACE = "place"
    HOST = "host"
    PATH = "path"


@frozen
class PageSign:
    """If `what` is there, the page says `word`.

    `what` is a text (case and blanks do not count), a CSS selector, a host (`*.x`: all below x), or
    a regular expression for the address's path.
    """

    word: str
    where: SignKind
    what: str


@frozen
class PageState:
    """What an assisted page shows.

    `word` is that of the first sign that is there, `joined` what the page's own function says;
    `refused`: camera or microphone were asked for last, and refused. None: nothing, or not known.
    `field`: beside the sign stands one field that a passcode can only be meant for.
    """

    word: str | None = None
    joined: bool | None = None
    refused: bool = False
    field: bool = False


@frozen
class SoundFlow:
    """Whether the browser records from a microphone, and plays to a loudspeaker, right now."""

    capture: bool
    playback: bool


@frozen
class PageSelectors:
    """CSS selectors: where the room's name is typed, what joins, what leaves; "": not known."""

    name: str = ""
    join: str = ""
    leave: str = ""


class CaptureSwitch(StrEnum):
    """The capture switches of the sound cards that a browser could listen to, all taken together.

    "none" has a card without one, and whatever is no card: Bluetooth, a virtual source.
    """

    NONE = "none"
    OFF = "off"  # nothing gets through any of them
    ON = "on"
    UNKNOWN = "unknown"  # there is one that cannot be read


class ToneVerdict(StrEnum):
    """What became of a test tone."""

    HEARD = "heard"
    NOT_HEARD = "not_heard"
    MUTED = "muted"  # it was played, and the microphone is silent
    NO_LOUDSPEAKER = "no_loudspeaker"
    NO_MICROPHONE = "no_microphone"
    NO_SOUND_SERVER = "no_sound_server"


@frozen
class SetMute:
    """Mute every microphone, or open the room's; answered by a SoundState that was read back."""

    on: bool


@frozen
class SetVolume:
    """Set the loudness of the room, 0-100 %; answered by a SoundState that was read back."""

    pct: int

    def __post_init__(self) -> None:
        within("pct", self.pct, 100)


@frozen
class SetGain:
    """Set the gain of the room's microphone, 0-100 %; answered by a SoundState read back."""

    pct: int

    def __post_init__(self) -> None:
        within("pct", self.pct, 100)


@frozen
class PreferDevice:
    """Prefer the sound of this USB device to the sound server's default; all None: forget it.

    `port_path` is where it is plugged in, as in /sys/bus/usb/devices: "1-1.4".
    """

    port_path: str | None
    vid: int | None
    pid: int | None


class SoundProcessing(StrEnum):
    """What is done to the microphone's sound before programs hear it."""

    NONE = "none"
    VOICE = "voice"  # WebRTC's echo canceller and noise suppression


@frozen
class SetProcessing:
    """Have this done to the microphone's sound behind the wall; another begins it anew, shut."""

    processing: SoundProcessing


@frozen
class ReportLevel:
    """Say the microphone's level ten times a second for the next `for_s` seconds; 0: no more."""

    for_s: int

    def __post_init__(self) -> None:
        within("for_s", self.for_s, 60)


@frozen
class ReportVoice:
    """Say whether somebody talks, for the next `for_s` seconds; 0: no more.

    Answered by VoiceHeard at once, then whenever that changes, and at the end.
    """

    for_s: int

    def __post_init__(self) -> None:
        within("for_s", self.for_s, 60)


@frozen
class PlayTone:
    """Play the test tone on the room's loudspeaker; answered by ToneResult with the same `id`."""

    id: int


@frozen
class SoundState:
    """The sound server as it was read.

    `muted` is True only if every microphone that a browser could open is, and none was heard; None
    = not known, or there is none and nobody has asked for silence.
    `switch` is what the devices themselves let through, `gain_pct` how far the room's microphone is
    turned up: at 0 an open one hears nothing.
    `heard` names a microphone that programs hear although it reads as muted.
    `found`: the process has just begun, was told nothing of the mute yet, and keeps every
    microphone shut until it is; so they were muted before, or not. None: they are as it was told.
    `listening`: a program records from a microphone of the room; None: not known.

    `walled`: the microphone is behind a wall, so `muted` is silence that was measured; `seen` names
    a device that programs see although they must not: then it is not muted. `why` says in a
    sentence what is wrong with the wall, or what is missing to the proof.
    """

    available: bool
    muted: bool | None = None
    volume_pct: int | None = None
    reason: ScreenReason | None = None
    switch: CaptureSwitch = CaptureSwitch.NONE
    gain_pct: int | None = None
    heard: str | None = None
    found: bool | None = None
    listening: bool | None = None
    walled: bool = False
    seen: str | None = None
    why: str = ""

    def __post_init__(self) -> None:
        for name in ("volume_pct", "gain_pct"):
            if (value := getattr(self, name)) is not None:
                within(name, value, 100)

    @property
    def silent(self) -> bool | None:
        """Whether both the capture mute and the devices' switches say so; None = not known."""
        if not self.muted or self.switch in (CaptureSwitch.NONE, CaptureSwitch.OFF):
            return self.muted
        return False if self.switch is CaptureSwitch.ON else None


@frozen
class MicrophoneLevel:
    """The microphone's peak of the last tenth of a second: 0 is -60 dB, 100 is full scale.

    `behind_wall`: programs hear nothing of it; else it is what programs hear.
    """

    pct: int
    behind_wall: bool = False

    def __post_init__(self) -> None:
        within("pct", self.pct, 100)


@frozen
class VoiceHeard:
    """Whether somebody talks in the room; None: it cannot be told, or nobody asks any more.

    It cannot where a muted microphone gives nothing but zeros, and where there is none.
    """

    talking: bool | None


@frozen
class ToneResult:
    """What became of the test tone `id`.

    Peaks as in MicrophoneLevel, while it played and in the pauses between; None: not measured.
    """

    id: int
    verdict: ToneVerdict
    loud_pct: int | None = None
    quiet_pct: int | None = None

    def __post_init__(self) -> None:
        for name in ("loud_pct", "quiet_pct"):
            if (value := getattr(self, name)) is not None:
                within(name, value, 100)


class HearingProof(StrEnum):
    """By what it is known that a room hears, and is heard."""

    TONE = "tone"  # its microphone heard the test tone
    CALL = "call"  # a program played sound, and recorded sound


@frozen
class RoomHeard:
    """The room's loudspeaker and microphone, as people call them, just worked."""

    by: HearingProof
    microphone: str
    loudspeaker: str


def within(name: str, value: float, limit: int) -> None:
    """Raise ValueError for a number outside 0-`limit`."""
    if not 0 <= value <= limit:
        raise ValueError(f"{name} is not within 0-{limit}")


LONGEST_TEXT = 256
MOST_STEPS = 20
PART = 6 * 1024  # characters of base64 in one message
LARGEST_PICTURE = 160 * 1024  # bytes; one of 854 x 480 takes 15-60 kB
MOST_CONTROLS = 120
LARGEST_BROUGHT = 3 * 1024 * 1024  # bytes of all controls of a walkthrough


class KeyName(StrEnum):
    """The keys that a panel has for the room's display."""

    ENTER = "enter"
    TAB = "tab"
    BACK_TAB = "back_tab"
    ESCAPE = "escape"
    BACKSPACE = "backspace"
    SPACE = "space"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    BACK = "back"


class TouchRefusal(StrEnum):
    """Why a touch did not reach a page: the closed list that panels translate."""

    NO_PAGE = "no_page"
    NO_REMOTE_CONTROL = "no_remote_control"
    BUSY = "remote_control_busy"
    FAILED = "remote_control_failed"
    CANNOT_LOOK = "cannot_look"  # nothing here compares pictures
    NOT_THERE = "not_there"  # a control is not where it was seen
    NOT_ALLOWED = "not_allowed"  # the page may be anywhere
    SHOWN_OUTSIDE = "shown_outside"
    SHOWN_FLAT = "shown_flat"
    SHOWN_MOVES = "shown_moves"
    SHOWN_TWICE = "shown_twice"
    SHOWN_HIDDEN = "shown_hidden"


@frozen
class TakePicture:
    """Send a picture of the display."""

    number: int


@frozen
class PressPoint:
    """Press and let go of the page at a place."""

    number: int
    x: float
    y: float

    def __post_init__(self) -> None:
        _on_display(self.x, self.y)


@frozen
class ScrollAt:
    """Turn the wheel at a place: `steps` notches, down if `down`."""

    number: int
    x: float
    y: float
    steps: int
    down: bool

    def __post_init__(self) -> None:
        _on_display(self.x, self.y)
        if not 1 <= self.steps <= MOST_STEPS:
            raise ValueError(f"steps is not within 1-{MOST_STEPS}")


@frozen
class TypeText:
    """Type a text, at most 256 characters, to whatever has the page's focus.

    `field`: into the one field of an assisted page instead, in place of what stands there.
    """

    number: int
    text: str
    field: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.text) <= LONGEST_TEXT or not self.text.isprintable():
            raise ValueError(f"text is not 1-{LONGEST_TEXT} printable characters")

    def __repr__(self) -> str:
        """Leave the text out: it may be a passcode."""
        return f"TypeText(number={self.number})"


@frozen
class PressKey:
    """Strike a key."""

    number: int
    key: KeyName


@frozen
class CloseWindow:
    """Close the windows that a meeting's page opened over itself; it stays, and so does the call.

    One in which the call may be stays, too. Of what it opens meanwhile `MeetingPage.covered` tells.
    """

    number: int


@frozen
class TouchResult:
    """The order `number` was done, or why not."""

    number: int
    refusal: TouchRefusal | None = None


@frozen
class PicturePart:
    """Part `part` (from 0) of `parts` of a picture, in base64; what the whole is, its bytes say."""

    number: int
    part: int
    parts: int
    data: str

    def __post_init__(self) -> None:
        if not 0 <= self.part < self.parts <= LARGEST_PICTURE * 4 // 3 // PART + 2:
            raise ValueError("part is not within parts")
        if len(self.data) > PART:
            raise ValueError(f"data is longer than {PART}")

    def __repr__(self) -> str:
        """Leave the picture out."""
        return f"PicturePart(number={self.number}, part={self.part}, parts={self.parts})"


def picture_parts(number: int, picture: bytes) -> Iterator[PicturePart]:
    """Yield a picture as the answer to the look `number`."""
    data = base64.b64encode(picture).decode("ascii")
    pieces = [data[at : at + PART] for at in range(0, len(data), PART)]
    return (PicturePart(number, part, len(pieces), piece) for part, piece in enumerate(pieces))


@frozen
class WatchTouches:
    """Begin or end to watch what is pressed on a plain page.

    While it is watched, the answer to a PressPoint is the control that was pressed: PictureParts.
    """

    number: int
    on: bool


@frozen
class BringControls:
    """Part `part` (from 0) of `parts` of the controls that are to be sought, in base64.

    Answered once they are all there.
    """

    number: int
    part: int
    parts: int
    data: str

    def __post_init__(self) -> None:
        if not 0 <= self.part < self.parts <= LARGEST_BROUGHT * 4 // 3 // PART + 2:
            raise ValueError("part is not within parts")
        if len(self.data) > PART:
            raise ValueError(f"data is longer than {PART}")

    def __repr__(self) -> str:
        """Leave the pictures out."""
        return f"BringControls(number={self.number}, part={self.part}, parts={self.parts})"


@frozen
class SeekControls:
    """Look at the display for some of the controls that were brought."""

    number: int
    controls: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.controls) > MOST_CONTROLS:
            raise ValueError(f"more than {MOST_CONTROLS} controls")


@frozen
class PressControl:
    """Press a control if it stands at this pixel, now; else nothing is done."""

    number: int
    control: int
    x: int
    y: int


@frozen
class LearnControl:
    """Say what stands at a place, and press nothing: PictureParts, as of a watched PressPoint."""

    number: int
    x: float
    y: float

    def __post_init__(self) -> None:
        _on_display(self.x, self.y)


@frozen
class HeedDisplay:
    """Begin or end to hear whether somebody touches the display itself, beside the panel."""

    number: int
    on: bool


@frozen
class DisplayTouched:
    """Somebody touched the display itself while that was heeded: said once, and heeded no more."""


@frozen
class ControlSeen:
    """Where a control is to be pressed, in pixels; or `why` not: absent, changed, ambiguous."""

    control: int
    x: int = 0
    y: int = 0
    why: str = ""


@frozen
class ControlsSeen:
    """What a look saw, on a display of so many pixels; `still_ms`: for how long it has stood so.

    `gone`: the control that was pressed last was away at some time since.
    """

    number: int
    seen: tuple[ControlSeen, ...]
    width: int
    height: int
    scale_pct: int
    still_ms: int
    gone: bool = False


TouchOrder = (
    TakePicture
    | PressPoint
    | ScrollAt
    | TypeText
    | PressKey
    | CloseWindow
    | WatchTouches
    | BringControls
    | SeekControls
    | PressControl
    | LearnControl
    | HeedDisplay
)
"""What a panel, or a walkthrough, may do to the page."""

TouchAnswer = TouchResult | PicturePart | ControlsSeen
"""What becomes of it."""


def brought_parts(number: int, controls: bytes) -> Iterator[BringControls]:
    """Yield controls as the orders that bring them; ValueError if they are too many."""
    if len(controls) > LARGEST_BROUGHT:
        raise ValueError(f"{len(controls)} bytes of controls; the most is {LARGEST_BROUGHT}")
    data = base64.b64encode(controls).decode("ascii")
    pieces = [data[at : at + PART] for at in range(0, len(data), PART)]
    return (BringControls(number, at, len(pieces), piece) for at, piece in enumerate(pieces))


def _on_display(x: float, y: float) -> None:
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError("the place is not within 0-1")


LONGEST_LINE = 64 * 1024
LONGEST_STRING = 8 * 1024
LARGEST_INT = 2**53  # what every JSON reader keeps exactly


class PagePhase(StrEnum):
    """How far the page of a meeting is."""

    LAUNCHING = "launching"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    CRASHED = "crashed"
    FAILED = "failed"


PAGE_OVER = frozenset({PagePhase.CLOSED, PagePhase.CRASHED, PagePhase.FAILED})


@frozen
class OpenMeeting:
    """Open a meeting. `origin` alone ("https://host[:port]") gets camera and microphone.

    `assisted` lets the screen read the page's connections; `name` is what others should see.
    `camera` is the path of the video device that the page gets first; None: whichever is first.
    `hosts` are where its page may go (`*.x`: all below x; with `:port`, there alone, else at the
    usual ones and that of `url`); empty: anywhere. `signs` are
    what it is looked at for; `joined` names a function of its own that tells whether the room is
    in, such as "APP.conference.isJoined"; `selectors` are how it is got into and out of.

    `login` names the sign-in that it gets and leaves behind; "": none. `native` is the address for
    the vendor's own client, which is started instead if it is installed; "": never.

    `looks`: controls will be looked for on its page.
    """

    id: int
    url: str
    origin: str
    assisted: bool
    name: str
    camera: str | None = None
    hosts: tuple[str, ...] = ()
    signs: tuple[PageSign, ...] = ()
    joined: str = ""
    selectors: PageSelectors = field(default_factory=PageSelectors)
    login: str = ""
    native: str = ""
    looks: bool = False

    def __repr__(self) -> str:
        """Show the host only: the rest of a link may hold a passcode."""
        return f"OpenMeeting(id={self.id}, host={host_of(self.url)!r}, assisted={self.assisted})"


@frozen
class BrowserNeeds:
    """What a browser is made with for a meeting; one that waits suits a meeting of the same alone.

    `site` is scheme, host and port of its link; the others are as in `OpenMeeting`.
    """

    site: str
    origin: str
    assisted: bool
    camera: str | None
    hosts: tuple[str, ...]
    login: str


@frozen
class ExpectMeeting:
    """Have a browser wait for a meeting that may be opened soon; None: none may be, have none.

    It begins only if so many MB of memory are free. It waits for 15 minutes at most.
    """

    needs: BrowserNeeds | None
    least_mb: int = 0


class WaitingState(StrEnum):
    """Whether a browser waits for a meeting, and if not, why: a closed list."""

    UNASKED = "unasked"
    STARTING = "starting"
    READY = "ready"
    LITTLE_MEMORY = "little_memory"
    IN_SIGHT = "in_sight"  # no compositor here keeps its window out of sight
    FAILED = "failed"  # it did not start, or it ended


@frozen
class WaitingBrowser:
    """Whether a browser waits for a meeting; `free_mb` is the memory that was free then."""

    state: WaitingState
    free_mb: int | None = None


@frozen
class LeaveMeeting:
    """Leave the meeting `id`; another one stays."""

    id: int


@frozen
class ClearPage:
    """Show nothing, and forget the page that was last there."""


class DisplayRole(StrEnum):
    """Where a page of the room's own stands: on the room's display, or on the touch panel's."""

    ROOM = "room"
    PANEL = "panel"


@frozen
class ShowPage:
    """Show `url` on a display, at the room's between meetings; None: no page.

    The address holds a token that pairs once. `output` names the display, None is the first one.
    `cec` is the adapter of the room's television: a path, or auto; None: there is none.
    """

    place: DisplayRole
    url: str | None
    output: str | None
    cec: str | None = None

    def __repr__(self) -> str:
        """Leave the address out: it holds a token."""
        return f"ShowPage(place={self.place!r}, output={self.output!r})"


@frozen
class SwitchDisplay:
    """Switch the display on or off; answered by a DisplayState that was read back."""

    on: bool


@frozen
class AskAll:
    """Say all: ScreenHello, MeetingPage if any, SoundState, DisplayState; a kiosk WantPages too."""


@frozen
class ScreenHello:
    """Who the screen is: roomctl's version, kiosk|headless|simulated|sound, the browser's version.

    A process for sound alone has the mode "sound", and no browser.
    """

    version: str
    mode: str
    browser: str


@frozen
class RtcStats:
    """The page's live peer connections, those that are connected, and bytes since it opened.

    `mic` is whether the page sends what its microphone hears: False is the meeting's own mute.
    None: it sends no sound at all, or does it in a way that cannot be read.
    """

    connections: int
    connected: int
    bytes_in: int
    bytes_out: int
    mic: bool | None = None

    def __post_init__(self) -> None:
        for name in ("connections", "connected", "bytes_in", "bytes_out"):
            within(name, getattr(self, name), LARGEST_INT)


@frozen
class RtcLines:
    """What the browser's log says of the session's peer connections, but those of a page to itself.

    `received_s` and `sent_s`: for so long RTP had come in, and gone out, without a break, to others
    and back; 0: it did not. `silent_s`: for so long the other end had given no sign (RTP, RTCP or
    ICE). `others` are the streams of others that live connections have, empty ones too; `heard`:
    some RTP has come by now. The log is `age_s` behind. `missing` connections are in no log,
    `fresh` ones in one that says nothing yet.
    """

    connections: int
    connected: int
    received_s: float = 0.0
    sent_s: float = 0.0
    silent_s: float = 0.0
    others: int = 0
    age_s: float = 0.0
    missing: int = 0
    fresh: int = 0
    heard: bool = False

    def __post_init__(self) -> None:
        for name in ("connections", "connected", "others", "missing", "fresh"):
            within(name, getattr(self, name), LARGEST_INT)
        for name in ("received_s", "sent_s", "silent_s", "age_s"):
            within(name, getattr(self, name), LARGEST_INT)


@frozen
class TrafficFlow:
    """What the session's packets of the last seconds look like.

    `incoming` and `outgoing`: media, steadily; False: none, None: not known. `silent`: nothing came
    from the other end. `datagrams`: the box has as many as a call, and the session a socket.
    """

    incoming: bool | None
    outgoing: bool | None
    silent: bool = False
    datagrams: bool = False


@frozen
class MeetingPage:
    """The page of call `id`; `host` is where it is now, `rtc` None when nothing was read.

    `reachable`: by a panel. `seen` is what an assisted page shows, `flow` what the sound
    server tells of the browser, `lines` what its log says, `traffic` what the network carries;
    None: nothing is known. `covered`: by a window that the page opened and
    that can be closed: one that stood there when media began may be the meeting itself.
    """

    id: int
    phase: PagePhase
    host: str | None = None
    reason: ScreenReason | None = None
    rtc: RtcStats | None = None
    reachable: bool = False
    seen: PageState | None = None
    flow: SoundFlow | None = None
    lines: RtcLines | None = None
    traffic: TrafficFlow | None = None
    covered: bool = False


@frozen
class DisplayState:
    """Whether the display is on; None = not known."""

    on: bool | None


@frozen
class WantPages:
    """A kiosk asks for a ShowPage for each of its displays; it says so again when a page fell."""


@frozen
class Heartbeat:
    """Each second: the screen lives."""


SoundOrder = SetMute | SetVolume | SetGain | PreferDevice | ReportLevel | ReportVoice | PlayTone
"""What the process does that has the room's sound."""

ScreenOrder = (
    OpenMeeting
    | ExpectMeeting
    | LeaveMeeting
    | ClearPage
    | ShowPage
    | SoundOrder
    | SetProcessing
    | SwitchDisplay
    | AskAll
    | TouchOrder
)
ScreenReport = (
    ScreenHello
    | MeetingPage
    | WaitingBrowser
    | SoundState
    | MicrophoneLevel
    | VoiceHeard
    | ToneResult
    | RoomHeard
    | DisplayState
    | DisplayTouched
    | WantPages
    | Heartbeat
    | TouchAnswer
)
ScreenMessage = ScreenOrder | ScreenReport


@frozen
class InvalidMessage:
    """A line that is no message; `why` never quotes what it held."""

    why: str


def host_of(url: str) -> str | None:
    """Return the host of a URL in lower case, or None."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def needs_of(order: OpenMeeting) -> BrowserNeeds:
    """Return what a browser is made with for a meeting."""
    try:
        parts = urlsplit(order.url)
        site = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        site = ""
    return BrowserNeeds(site, order.origin, order.assisted, order.camera, order.hosts, order.login)


def encode(message: ScreenMessage) -> bytes:
    """Return the line that says `message`; ValueError if it is longer than a line may be."""
    line = json.dumps({"type": _word(type(message)), **asdict(message)}, separators=(",", ":"))
    data = line.encode("ascii") + b"\n"
    if len(data) > LONGEST_LINE:
        raise ValueError(f"{_word(type(message))} takes {len(data)} bytes, allowed {LONGEST_LINE}")
    return data


def decode(line: bytes) -> ScreenMessage | InvalidMessage:
    """Read one line (with or without its end). Never raises."""
    if len(line) > LONGEST_LINE:
        return InvalidMessage(f"a line of more than {LONGEST_LINE} bytes")
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return InvalidMessage("not JSON in UTF-8")
    if not isinstance(found, dict):
        return InvalidMessage("not a JSON object")
    word = found.pop("type", None)
    kind = _KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        return InvalidMessage("of an unknown type")
    try:
        message: ScreenMessage = _build(kind, found)
    except (TypeError, ValueError) as error:
        return InvalidMessage(f"no proper {_word(kind)}: {error}")
    return message


class MessageReader:
    """Cuts a stream of bytes into messages; holds at most one line, whatever comes."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[ScreenMessage | InvalidMessage]:
        """Return what `data` completes; a line that is too long is one InvalidMessage."""
        found: list[ScreenMessage | InvalidMessage] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._hold(piece, found)
            if not self._skipping:
                found.append(decode(bytes(self._held)))
            self._held.clear()
            self._skipping = False
        self._hold(rest, found)
        return found

    def _hold(self, piece: bytes, found: list[ScreenMessage | InvalidMessage]) -> None:
        if self._skipping:
            return
        if len(self._held) + len(piece) >= LONGEST_LINE:
            self._held.clear()
            self._skipping = True
            found.append(InvalidMessage(f"a line of more than {LONGEST_LINE} bytes"))
        else:
            self._held += piece


def _word(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


@cache
def _hints(kind: type) -> dict[str, tuple[Any, ...]]:
    """Return what each field may be, when a kind's first message comes: of all it takes 20 ms."""
    hints = get_type_hints(kind)
    return {one.name: _options(hints[one.name]) for one in fields(kind)}


def _options(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type, as typing has it
    return get_args(hint) if get_origin(hint) is UnionType else (hint,)


# Any: a JSON value, whose type is what is being found out.
def _build(kind: type, found: dict[str, Any]) -> Any:  # noqa: ANN401
    hints = _hints(kind)
    if found.keys() != hints.keys():
        raise ValueError(f"expected the keys {sorted(hints)}")
    return kind(**{name: _value(name, found[name], options) for name, options in hints.items()})


def _value(name: str, value: Any, options: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if value is None and NoneType in options:
        return None
    for option in options:
        if get_origin(option) is tuple and isinstance(value, list):
            return tuple(_value(name, one, _options(get_args(option)[0])) for one in value)
        if is_dataclass(option) and isinstance(option, type) and isinstance(value, dict):
            return _build(option, value)
        if isinstance(option, type) and issubclass(option, StrEnum) and isinstance(value, str):
            return _member(name, option, value)
        if type(value) is option:
            return _bounded(name, value)
    raise ValueError(f"{name} has the wrong type")


def _member(name: str, words: type[StrEnum], value: str) -> StrEnum:
    if value not in set(words):
        raise ValueError(f"{name} is none of {', '.join(words)}")
    return words(value)


def _bounded(name: str, value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str) and (len(value) > LONGEST_STRING or _torn(value)):
        raise ValueError(f"{name} is longer than {LONGEST_STRING} or holds half a character")
    if type(value) is int:
        within(name, value, LARGEST_INT)
    return value


def _torn(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


_KINDS: dict[str, type] = {_word(kind): kind for kind in get_args(ScreenMessage)}
