r"""What the daemon and the process that owns the screen say to each other, both directions.

One JSON object per line, UTF-8, ended by "\n", at most 64 KiB; `type` is the class name in lower
case, the other keys are the fields of the class, all of them, no others. A line that is anything
else becomes a `Strange`: ignored by whoever reads it, and reported. Knows no port, no clock, no
browser and no meeting.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from roomctl.screen.reason import Reason
from roomctl.screen.signs import Flow, Seen, Sign
from roomctl.screen.sound_messages import (
    Chirp,
    Chirped,
    Level,
    Listen,
    Mute,
    Sound,
    Switch,
    Use,
    Verdict,
    Volume,
    within,
)
from roomctl.screen.touches import (
    Key,
    KeyName,
    Look,
    Picture,
    Press,
    Relayed,
    Scroll,
    Touch,
    Type,
)
from roomctl.screen.way import Way

LONGEST_LINE = 64 * 1024
LONGEST_STRING = 8 * 1024
LARGEST_INT = 2**53  # what every JSON reader keeps exactly

__all__ = [
    "LARGEST_INT",
    "LONGEST_LINE",
    "LONGEST_STRING",
    "OVER",
    "Ask",
    "Beat",
    "Chirp",
    "Chirped",
    "Display",
    "Flow",
    "Hello",
    "Key",
    "KeyName",
    "Leave",
    "Level",
    "Lines",
    "Listen",
    "Look",
    "Message",
    "Mute",
    "Open",
    "Order",
    "Page",
    "Phase",
    "Picture",
    "Place",
    "Press",
    "Reason",
    "Relayed",
    "Report",
    "Rest",
    "Rtc",
    "Scroll",
    "Seen",
    "Shown",
    "Sign",
    "Sound",
    "Stand",
    "Strange",
    "Switch",
    "Touch",
    "Type",
    "Use",
    "Verdict",
    "Volume",
    "Want",
    "Way",
    "decode",
    "encode",
    "host_of",
]


class Phase(StrEnum):
    """How far the page of a meeting is."""

    LAUNCHING = "launching"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    CRASHED = "crashed"
    FAILED = "failed"


OVER = frozenset({Phase.CLOSED, Phase.CRASHED, Phase.FAILED})


@dataclass(frozen=True, slots=True)
class Open:
    """Open a meeting. `origin` alone ("https://host[:port]") gets camera and microphone.

    `assisted` lets the screen read the page's connections; `name` is what others should see.
    `camera` is the path of the video device that the page gets first; None: whichever is first.
    `hosts` are where an assisted page may go (`*.x`: all below x); empty: anywhere. `signs` are
    what it is looked at for; `joined` names a function of its own that tells whether the room is
    in, such as "APP.conference.isJoined"; `way` is how it is got into and out of.

    `keep` names the sign-in that it gets and leaves behind; "": none. `native` is the address for
    the vendor's own client, which is started instead if it is installed; "": never.
    """

    id: int
    url: str
    origin: str
    assisted: bool
    name: str
    camera: str | None = None
    hosts: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    joined: str = ""
    way: Way = field(default_factory=Way)
    keep: str = ""
    native: str = ""

    def __repr__(self) -> str:
        """Show the host only: the rest of a link may hold a passcode."""
        return f"Open(id={self.id}, host={host_of(self.url)!r}, assisted={self.assisted})"


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the meeting `id`; another one stays."""

    id: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Show nothing, and forget the page that was last there."""


class Place(StrEnum):
    """Where a page of the room's own stands: on the room's display, or on the touch panel's."""

    ROOM = "room"
    PANEL = "panel"


@dataclass(frozen=True, slots=True)
class Stand:
    """Have `url` stand on a display, at the room's between meetings; None: nothing stands there.

    The address holds a token that pairs once. `output` names the display, None is the first one.
    `cec` is the adapter of the room's television: a path, or auto; None: there is none.
    """

    place: Place
    url: str | None
    output: str | None
    cec: str | None = None

    def __repr__(self) -> str:
        """Leave the address out: it holds a token."""
        return f"Stand(place={self.place!r}, output={self.output!r})"


@dataclass(frozen=True, slots=True)
class Display:
    """Switch the display on or off; answered by a Shown that was read back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """Say all there is: Hello, then Page if there is one, Sound, Shown; a kiosk then says Want."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who the screen is: roomctl's version, kiosk|headless|simulated, the browser's version."""

    version: str
    mode: str
    browser: str


@dataclass(frozen=True, slots=True)
class Rtc:
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


@dataclass(frozen=True, slots=True)
class Page:
    """The page of call `id`; `host` is where it is now, `rtc` None when nothing was read.

    `relay`: a panel can reach it. `seen` is what an assisted page shows, `flow` what the sound
    server tells of the browser; None: nothing is known.
    """

    id: int
    phase: Phase
    host: str | None = None
    reason: Reason | None = None
    rtc: Rtc | None = None
    relay: bool = False
    seen: Seen | None = None
    flow: Flow | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether the display is on; None = not known."""

    on: bool | None


@dataclass(frozen=True, slots=True)
class Want:
    """A kiosk asks for a Stand for each of its displays; it says so again when a page fell."""


@dataclass(frozen=True, slots=True)
class Beat:
    """Each second: the screen lives."""


Order = Open | Leave | Rest | Stand | Mute | Volume | Use | Listen | Chirp | Display | Ask | Touch
Report = Hello | Page | Sound | Level | Chirped | Shown | Want | Beat | Relayed | Picture
Message = Order | Report


@dataclass(frozen=True, slots=True)
class Strange:
    """A line that is no message; `why` never quotes what it held."""

    why: str


def host_of(url: str) -> str | None:
    """Return the host of a URL in lower case, or None."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def encode(message: Message) -> bytes:
    """Return the line that says `message`; ValueError if it is longer than a line may be."""
    line = json.dumps({"type": _word(type(message)), **asdict(message)}, separators=(",", ":"))
    data = line.encode("ascii") + b"\n"
    if len(data) > LONGEST_LINE:
        raise ValueError(f"{_word(type(message))} takes {len(data)} bytes, allowed {LONGEST_LINE}")
    return data


def decode(line: bytes) -> Message | Strange:
    """Read one line (with or without its end). Never raises."""
    if len(line) > LONGEST_LINE:
        return Strange(f"a line of more than {LONGEST_LINE} bytes")
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return Strange("not JSON in UTF-8")
    if not isinstance(found, dict):
        return Strange("not a JSON object")
    word = found.pop("type", None)
    kind = _KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        return Strange("of an unknown type")
    try:
        message: Message = _build(kind, found)
    except (TypeError, ValueError) as error:
        return Strange(f"no proper {_word(kind)}: {error}")
    return message


class Lines:
    """Cuts a stream of bytes into messages; holds at most one line, whatever comes."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[Message | Strange]:
        """Return what `data` completes; a line that is too long is one Strange."""
        found: list[Message | Strange] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._hold(piece, found)
            if not self._skipping:
                found.append(decode(bytes(self._held)))
            self._held.clear()
            self._skipping = False
        self._hold(rest, found)
        return found

    def _hold(self, piece: bytes, found: list[Message | Strange]) -> None:
        if self._skipping:
            return
        if len(self._held) + len(piece) >= LONGEST_LINE:
            self._held.clear()
            self._skipping = True
            found.append(Strange(f"a line of more than {LONGEST_LINE} bytes"))
        else:
            self._held += piece


def _word(kind: type) -> str:
    return kind.__name__.lower()


# Any: a JSON value, whose type is what is being found out.
def _build(kind: type, found: dict[str, Any]) -> Any:  # noqa: ANN401
    names = {one.name for one in fields(kind)}
    if found.keys() != names:
        raise ValueError(f"expected the keys {sorted(names)}")
    return kind(**{name: _value(name, found[name], _HINTS[kind][name]) for name in names})


def _value(name: str, value: Any, hint: Any) -> Any:  # noqa: ANN401
    options = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    if value is None and NoneType in options:
        return None
    for option in options:
        if get_origin(option) is tuple and isinstance(value, list):
            return tuple(_value(name, one, get_args(option)[0]) for one in value)
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


_KINDS: dict[str, type] = {_word(kind): kind for kind in get_args(Message)}
_PARTS = (Rtc, Seen, Sign, Flow, Way)  # of messages
_HINTS = {kind: get_type_hints(kind) for kind in (*_KINDS.values(), *_PARTS)}
