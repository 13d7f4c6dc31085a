r"""What the daemon and the process that owns the screen say to each other, both directions.

One JSON object per line, UTF-8, ended by "\n", at most 64 KiB; `type` is the class name in lower
case, the other keys are the fields of the class, all of them, no others. A line that is anything
else becomes a `Strange`: ignored by whoever reads it, and reported. Knows no port, no clock, no
browser and no meeting.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

LONGEST_LINE = 64 * 1024
LONGEST_STRING = 8 * 1024
LARGEST_INT = 2**53  # what every JSON reader keeps exactly


class Phase(StrEnum):
    """How far the page of a meeting is."""

    LAUNCHING = "launching"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    CRASHED = "crashed"
    FAILED = "failed"


OVER = frozenset({Phase.CLOSED, Phase.CRASHED, Phase.FAILED})


class Reason(StrEnum):
    """Why a page is not there, or the sound is not: the closed list that panels translate."""

    BROWSER_MISSING = "browser_missing"
    BROWSER_START = "browser_start"
    NO_DISPLAY = "no_display"
    NO_SANDBOX = "no_sandbox"
    BAD_URL = "bad_url"
    NETWORK = "network"
    LEFT = "left"
    REPLACED = "replaced"
    BROWSER_CLOSED = "browser_closed"
    PAGE_CRASHED = "page_crashed"
    NO_SOUND_SERVER = "no_sound_server"


@dataclass(frozen=True, slots=True)
class Open:
    """Open a meeting. `origin` alone ("https://host[:port]") gets camera and microphone.

    `assisted` lets the screen read the page's connections; `name` is what others should see.
    """

    id: int
    url: str
    origin: str
    assisted: bool
    name: str

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
    """

    place: Place
    url: str | None
    output: str | None

    def __repr__(self) -> str:
        """Leave the address out: it holds a token."""
        return f"Stand(place={self.place!r}, output={self.output!r})"


@dataclass(frozen=True, slots=True)
class Mute:
    """Mute every microphone, or open the room's; answered by a Sound that was read back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Volume:
    """Set the loudness of the room, 0-100 %; answered by a Sound that was read back."""

    pct: int

    def __post_init__(self) -> None:
        _within("pct", self.pct, 100)


@dataclass(frozen=True, slots=True)
class Use:
    """Prefer the sound of this USB device to the sound server's default; all None: forget it.

    `port_path` is where it is plugged in, as in /sys/bus/usb/devices: "1-1.4".
    """

    port_path: str | None
    vid: int | None
    pid: int | None


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
    """The page's live peer connections, those that are connected, and bytes since it opened."""

    connections: int
    connected: int
    bytes_in: int
    bytes_out: int

    def __post_init__(self) -> None:
        for name in ("connections", "connected", "bytes_in", "bytes_out"):
            _within(name, getattr(self, name), LARGEST_INT)


@dataclass(frozen=True, slots=True)
class Page:
    """The page of call `id`; `host` is where it is now, `rtc` None when nothing was read."""

    id: int
    phase: Phase
    host: str | None = None
    reason: Reason | None = None
    rtc: Rtc | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound server as it was read.

    `muted` is True only if every microphone that a browser could open is; None = not known.
    """

    available: bool
    muted: bool | None = None
    volume_pct: int | None = None
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if self.volume_pct is not None:
            _within("volume_pct", self.volume_pct, 100)


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


Order = Open | Leave | Rest | Stand | Mute | Volume | Use | Display | Ask
Report = Hello | Page | Sound | Shown | Want | Beat
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


def _within(name: str, value: int, limit: int) -> None:
    if not 0 <= value <= limit:
        raise ValueError(f"{name} is not within 0-{limit}")


# Any: a JSON value, whose type is what is being found out.
def _build(kind: type, found: dict[str, Any]) -> Any:  # noqa: ANN401
    names = {field.name for field in fields(kind)}
    if found.keys() != names:
        raise ValueError(f"expected the keys {sorted(names)}")
    return kind(**{name: _value(name, found[name], _HINTS[kind][name]) for name in names})


def _value(name: str, value: Any, hint: Any) -> Any:  # noqa: ANN401
    options = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    if value is None and NoneType in options:
        return None
    for option in options:
        if option is Rtc and isinstance(value, dict):
            return _build(Rtc, value)
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
        _within(name, value, LARGEST_INT)
    return value


def _torn(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


_KINDS: dict[str, type] = {_word(kind): kind for kind in get_args(Message)}
_HINTS = {kind: get_type_hints(kind) for kind in (*_KINDS.values(), Rtc)}
