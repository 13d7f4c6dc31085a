r"""Panasonic's AW commands: lines of text <-> messages, for both ends. Pure.

    #PTS9950      pan and tilt, lens, power and presets: GET /cgi-bin/aw_ptz?cmd=%23PTS9950&res=1
    pTS9950       its answer: the command again, in lower case (mostly)
    OAW:1, QAW    the picture: GET /cgi-bin/aw_cam?cmd=QAW&res=1
    OAW:2         its answer; a query's code begins with Q, its answer's with O
    eR1:AX        refused: 1 is no command of this model, 2 not now (busy, in standby), 3 a value
                  beyond its range; ER1 of aw_cam. The name behind it is cut to three characters.

Speeds are 01 to 99 and 50 stands still; here -49 to 49, right, up, tele and far positive. Places
are 16 bits, 8000 in the middle, 121.36 to a degree, smaller to the left and *up*; degrees here
count right and up. Lens positions are 555 (wide, near, closed) to FFF (tele, far, open).

What an answer means depends on its request: `s06` answers #M, #R, #C and #S. Some codes count
otherwise in a query's answer than in a command (`OAW`: 1 sets AWC A, which is then read as 2).
Knows no port, no clock and no camera model.

Sources: Panasonic, HD/4K Integrated Camera Interface Specifications, Compatible Model Table (March
2025); AW-UE100 and AW-HE42 Interface Specifications for the notices and the pace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal
from urllib.parse import quote, unquote_plus

from roomctl.frozen import frozen

PTZ, CAM = "/cgi-bin/aw_ptz", "/cgi-bin/aw_cam"
MIDDLE = 0x8000
PER_DEGREE = 121.36  # 5555 is 90 degrees from 8000
LENS_LOW, LENS_HIGH = 0x555, 0xFFF
STILL = 50
LONGEST = 128  # characters of a line
NOTICE_HEAD, NOTICE_TAIL, NOTICE_MOST = 28, 24, 504  # bytes around and in a notice
_LONGEST_REST = 65536

Kind = Literal["command", "inquiry", "reply", "error", "notice"]
Fields = Mapping[str, Any]

REASONS = {1: "unsupported", 2: "busy", 3: "out_of_range"}
POWER = {"0": "standby", "1": "on"}
POWER_SAID = {**POWER, "3": "starting", "4": "off", "5": "restarting"}
WHITE_BALANCE = {
    "0": "atw",
    "1": "awc_a",
    "2": "awc_b",
    "3": "atw",
    "4": "3200k",
    "5": "5600k",
    "9": "variable",
}
WHITE_BALANCE_SAID = {
    "0": "atw",
    "2": "awc_a",
    "3": "awc_b",
    "4": "3200k",
    "5": "5600k",
    "9": "variable",
}
FAULTS = {
    0x00: "none",
    0x03: "motor_driver",
    0x04: "pan_sensor",
    0x05: "tilt_sensor",
    0x17: "controller_overflow",
    0x19: "network_overflow",
    0x21: "system",
    0x22: "limit",
    0x24: "network",
    0x25: "back_end",
    0x29: "camera",
    0x31: "fan",
    0x32: "second_fan",
    0x33: "hot",
    0x36: "cold",
    0x39: "wiper",
    0x40: "temperature_sensor",
    0x41: "lens_start",
    0x42: "pan_tilt_start",
    0x57: "gyro",
    0x58: "pan_tilt_start",
}


@frozen
class AwMessage:
    """One line and what it means; `command` is its code, `parameter` what stands behind that.

    `error`: 1 to 3 if it refuses something.
    """

    kind: Kind
    name: str
    command: str
    parameter: str = ""
    fields: Fields = field(default_factory=dict)
    error: int | None = None


@frozen
class InvalidAwMessage:
    """A line that means nothing, and why."""

    line: str
    why: str


def target(command: str) -> str:
    """Return the path and query that carry a command; its # must travel as %23."""
    return f"{PTZ if command.startswith('#') else CAM}?cmd={quote(command, safe=':')}&res=1"


def command_of(target: str) -> str | None:
    """Return the command that a path and query carry; None: they carry none."""
    path, _, query = target.partition("?")
    found = re.search(r"(?:^|&)cmd=([^&]*)", query)
    if path not in (PTZ, CAM) or found is None:
        return None
    command = unquote_plus(found[1])
    return command if command.startswith("#") == (path == PTZ) else None


def degrees(place: int, *, up: bool = False) -> float:
    """Return what a place of pan, or of tilt (`up`), is in degrees right or up."""
    return (MIDDLE - place if up else place - MIDDLE) / PER_DEGREE


def place(degrees: float, *, up: bool = False) -> int:
    """Return the place that is so many degrees right, or up, of the middle."""
    units = round(degrees * PER_DEGREE)
    return min(max(MIDDLE - units if up else MIDDLE + units, 0), 0xFFFF)


def lens_pct(position: int) -> float:
    """Return 0 (wide, near, closed) to 100 (tele, far, open)."""
    part = (position - LENS_LOW) / (LENS_HIGH - LENS_LOW)
    return 100 * min(max(part, 0.0), 1.0)


def lens(pct: float) -> int:
    """Return the lens position of 0 (wide, near, closed) to 100 (tele, far, open); clamped."""
    part = min(max(pct, 0.0), 100.0) / 100
    return round(LENS_LOW + part * (LENS_HIGH - LENS_LOW))


def speed(push: float) -> str:
    """Return the two digits of a push of -1 to 1 (clamped); never 50 but for 0."""
    steps = min(max(push, -1.0), 1.0) * (STILL - 1)
    size = max(1, round(abs(steps))) if steps else 0
    return f"{STILL + (size if steps > 0 else -size):02d}"


# What stands behind a code: parts of fixed width, one after the other.


class _Unfit(ValueError):
    """A parameter that no document has."""


Meaning = Callable[[str], dict[str, Any]]
_Read = Callable[[str, str], dict[str, Any]]


@frozen
class _Part:
    """One value of a line: how it looks, and what it says."""

    pattern: str
    read: _Read


def _signed(name: str, text: str) -> dict[str, Any]:
    return {name: int(text) - STILL}


def _fine(name: str, text: str) -> dict[str, Any]:
    return {name: int(text, 16) - MIDDLE}


def _place(name: str, text: str) -> dict[str, Any]:
    units = int(text, 16)
    return {name: units, f"{name}_deg": round(degrees(units, up=name == "tilt"), 2)}


def _lens(name: str, text: str) -> dict[str, Any]:
    if text == "---":
        return {name: None, f"{name}_pct": None}
    units = int(text, 16)
    return {name: units, f"{name}_pct": round(lens_pct(units), 1)}


def _preset(name: str, text: str) -> dict[str, Any]:
    return {name: int(text) + 1}


def _preset_speed(name: str, text: str) -> dict[str, Any]:
    """Return a speed of 275 to 999; in the other mode of the camera, how many seconds it takes."""
    return {"duration_s": int(text, 16)} if text[0] == "0" else {name: int(text)}


def _entries(name: str, text: str) -> dict[str, Any]:
    bank, bits = int(text[:2], 16), int(text[2:], 16)
    return {name: [bank * 40 + n + 1 for n in range(40) if bits >> n & 1]}


def _words(words: Mapping[str, Any]) -> _Part:
    return _Part("|".join(map(re.escape, words)), lambda name, text: {name: words[text]})


_LENS_PATTERN = "(?:55[5-9A-F]|5[6-9A-F].|[6-9A-F]..)"
_SPEED = _Part("0[1-9]|[1-9][0-9]", _signed)
_FINE = _Part("7F..|80..|8100", _fine)
_PLACE = _Part("....", _place)
_STEP = _Part("....", lambda n, t: {f"{n}_deg": _place(n, t)[f"{n}_deg"]})
_LENS = _Part(_LENS_PATTERN, _lens)
_LENS_SAID = _Part(f"{_LENS_PATTERN}|---", _lens)
_NUMBER = _Part("[0-9]{1,2}", _preset)  # the oldest do not pad
_ENTRIES = _Part("0[012].{10}", _entries)
_FLAG = _words({"0": False, "1": True})
_DIGIT = _Part("[0-9]", lambda name, text: {name: int(text)})
_HEX2 = _Part("..", lambda name, text: {name: int(text, 16)})
_PRESET_SPEED = _Part("[2-9][0-9]{2}|0[0-6][0-9A-F]", _preset_speed)
_HEX = _Part("(?:0x)?.{1,5}", lambda name, text: {name: int(text, 16)})
_TEXT = _Part("[ -~]+", lambda name, text: {name: text.strip()})
_TABLE = _words({"0": "slow", "1": "middle", "2": "fast"})
_LIMIT = _words({"1": "up", "2": "down", "3": "left", "4": "right"})
_FAULT = _Part("..", lambda name, text: {name: FAULTS.get(int(text, 16), f"{text}h")})

_Parts = tuple[tuple[str, _Part], ...]


def _meaning(parts: _Parts) -> Meaning:
    hexadecimal = [part.pattern.replace(".", "[0-9A-Fa-f]") for _, part in parts]
    pattern = "".join(f"({each})" for each in hexadecimal)

    def read(text: str) -> dict[str, Any]:
        match = re.fullmatch(pattern, text, re.ASCII)
        if match is None:
            names = ", ".join(name for name, _ in parts) or "nothing"
            raise _Unfit(f"{text!r} is not {names} as the documents have it")
        found: dict[str, Any] = {}
        for (name, part), group in zip(parts, match.groups(), strict=True):
            found |= part.read(name, group)
        return found

    return read


@frozen
class _Code:
    """One code: what may stand behind it, and how its answer begins.

    `set` None: it is only asked. `ask`: it may be asked, with what behind it; None: it may not.
    `answers`: how an answer begins. `said`: what a query's answer holds, where it differs.
    """

    name: str
    code: str
    answers: tuple[str, ...]
    set: Meaning | None = None
    ask: str | None = None
    said: Meaning | None = None

    @property
    def answer(self) -> Meaning:
        return self.said or self.set or _meaning(())


def _ptz(
    name: str, code: str, answer: str, *parts: tuple[str, _Part], ask: bool = False, **said: _Part
) -> _Code:
    """Return a code that is set, and with `ask` also asked; `said`: what an answer holds."""
    holds = _meaning(tuple(said.items())) if said else None
    return _Code(
        name, f"#{code}", tuple(answer.split()), _meaning(parts), "" if ask else None, holds
    )


def _asked(name: str, code: str, answer: str, *parts: tuple[str, _Part], of: str = "") -> _Code:
    """Return a code that is only asked; `of`: a pattern of what stands behind it."""
    return _Code(name, code, (answer,), None, of, _meaning(parts))


def _pan_tilt(part: _Part, suffix: str = "") -> _Parts:
    return (f"pan{suffix}", part), (f"tilt{suffix}", part)


_LENSES = (("zoom", _LENS_SAID), ("focus", _LENS_SAID), ("iris", _LENS_SAID))
_AT_SPEED = (("speed", _HEX2), ("table", _TABLE))

_PTZ_CODES = (
    _ptz("power", "O", "p", ("state", _words(POWER)), ask=True, state=_words(POWER_SAID)),
    _ptz("pan_tilt_drive", "PTS", "pTS", *_pan_tilt(_SPEED, "_speed")),
    _ptz("pan_drive", "P", "pS p", ("pan_speed", _SPEED)),
    _ptz("tilt_drive", "T", "tS t", ("tilt_speed", _SPEED)),
    _ptz("zoom_drive", "Z", "zS z", ("zoom_speed", _SPEED)),
    _ptz("focus_drive", "F", "fS f", ("focus_speed", _SPEED)),
    _ptz("pan_tilt_drive_fine", "HPT", "hPT", *_pan_tilt(_FINE, "_speed")),
    _ptz("pan_drive_fine", "HP", "hP", ("pan_speed", _FINE)),
    _ptz("tilt_drive_fine", "HT", "hT", ("tilt_speed", _FINE)),
    _ptz("pan_tilt_position", "APC", "aPC", *_pan_tilt(_PLACE), ask=True),
    _ptz("pan_tilt_position", "APS", "aPS", *_pan_tilt(_PLACE), *_AT_SPEED),
    _ptz("pan_tilt_step", "RPC", "rPC", *_pan_tilt(_STEP)),
    _ptz("pan_tilt_step", "RPS", "rPS", *_pan_tilt(_STEP), *_AT_SPEED),
    _ptz("zoom_position", "AXZ", "axz", ("zoom", _LENS), ask=True, zoom=_LENS_SAID),
    _ptz("focus_position", "AXF", "axf", ("focus", _LENS), ask=True, focus=_LENS_SAID),
    _ptz("iris_position", "AXI", "axi", ("iris", _LENS), ask=True, iris=_LENS_SAID),
    _asked("zoom_position", "#GZ", "gz", ("zoom", _LENS_SAID)),
    _asked("focus_position", "#GF", "gf", ("focus", _LENS_SAID)),
    _asked("iris_position", "#GI", "gi", ("iris", _LENS_SAID), ("auto", _FLAG)),
    _asked("lens_position", "#LPI", "lPI", *_LENSES),
    _asked("position", "#PTV", "pTV", *_pan_tilt(_PLACE), *_LENSES),
    _ptz("preset_store", "M", "s", ("preset", _NUMBER)),
    _ptz("preset_recall", "R", "s", ("preset", _NUMBER)),
    _ptz("preset_delete", "C", "s", ("preset", _NUMBER)),
    _asked("preset_latest", "#S", "s", ("preset", _NUMBER)),
    _asked("preset_entries", "#PE", "pE", ("presets", _ENTRIES), of="0[012]"),
    _ptz("preset_speed", "UPVS", "uPVS", ("speed", _PRESET_SPEED), ask=True),
    _ptz("preset_speed_table", "PST", "pST", ("table", _TABLE), ask=True),
    _ptz("preset_freeze", "PRF", "pRF", ("on", _FLAG), ask=True),
    _ptz("focus_mode", "D1", "d1", ("auto", _FLAG), ask=True),
    _ptz("iris_mode", "D3", "d3", ("auto", _FLAG), ask=True),
    _ptz("night_mode", "D6", "d6", ("on", _FLAG), ask=True),
    _ptz("tally", "DA", "dA", ("on", _FLAG), ask=True),
    _ptz("tally_enable", "TAE", "tAE", ("on", _FLAG), ask=True),
    _ptz("mounting", "INS", "iNS", ("ceiling", _FLAG), ask=True),
    _ptz("lens_notices", "LPC", "lPC", ("on", _FLAG), ask=True),
    _ptz("pan_tilt_limit", "LC", "lC", ("side", _LIMIT), ("on", _FLAG)),
    _ptz("speed_with_zoom", "SWZ", "sWZ", ("on", _FLAG), ask=True),
    _ptz("infrared_remote", "WLC", "wLC", ("on", _FLAG), ask=True),
    _asked("fault", "#RER", "rER", ("fault", _FAULT)),
)


def _cam(
    name: str, code: str, *parts: tuple[str, _Part], query: str = "", **said: _Part
) -> Iterator[_Code]:
    """Yield a picture's setting and, if there is a `query`, its question."""
    holds = _meaning(tuple(said.items())) if said else None
    set_ = _meaning(parts)
    yield _Code(name, code, (code,), set_)
    if query:
        yield _Code(name, query, (code,), None, "", holds or set_)


def _only(name: str, query: str, answer: str, *parts: tuple[str, _Part]) -> _Code:
    return _Code(name, query, (answer,), None, "", _meaning(parts))


_CAM_CODES = (
    _only("model", "QID", "OID", ("model", _TEXT)),
    _only("version", "QSV", "OSV", ("version", _TEXT)),
    _only("fault", "QER", "OER", ("fault", _words({"0": "none", "1": "fan", "2": "other"}))),
    *_cam("focus_mode", "OAF", ("auto", _FLAG), query="QAF"),
    *_cam(
        "white_balance",
        "OAW",
        ("mode", _words(WHITE_BALANCE)),
        query="QAW",
        mode=_words(WHITE_BALANCE_SAID),
    ),
    _Code("white_balance_set", "OWS", ("OWS",), _meaning(())),
    _Code("black_balance_set", "OAS", ("OAS",), _meaning(())),
    *_cam("focus_one_push", "OSE:69", ("on", _words({"1": True}))),
    *_cam("tally_red", "TLR", ("on", _FLAG), query="QLR"),
    *_cam("tally_green", "TLG", ("on", _FLAG), query="QLG"),
    *_cam("tally_yellow", "TLY", ("on", _FLAG), query="QLY"),
    *_cam("colour_bars", "DCB", ("on", _FLAG)),
    _only("colour_bars", "QBR", "OBR", ("on", _FLAG)),
    *_cam("iris_mode", "ORS", ("auto", _FLAG), query="QRS"),
    *_cam("iris_position", "ORV", ("iris", _HEX), query="QRV"),
    *_cam("gain", "OGU", ("gain", _HEX), query="QGU"),
    *_cam("shutter", "OSH", ("shutter", _HEX), query="QSH"),
    *_cam("neutral_filter", "OFT", ("filter", _HEX), query="QFT"),
    *_cam("scene", "XSF", ("scene", _DIGIT), query="QSF"),
    *_cam("menu", "DUS", ("on", _FLAG)),
    _only("menu", "QUS", "OUS", ("on", _FLAG)),
    *(
        _Code(f"menu_{way}", code, (code,), _meaning((("steps", _words({"1": 1, "A": 10})),)))
        for way, code in (("up", "DUP"), ("down", "DDW"), ("left", "DLT"), ("right", "DRT"))
    ),
    _Code("menu_enter", "DIT", ("DIT",), _meaning((("on", _words({"1": True})),))),
)
_ALL = (*_PTZ_CODES, *_CAM_CODES)
_LONGEST_FIRST = sorted(_ALL, key=lambda code: -len(code.code))
_TALLY_ANSWERS = {"OLR": "TLR", "OLG": "TLG", "OLY": "TLY"}  # so UE160 answers


# Reading.


def read(line: str, request: str | None = None) -> AwMessage | InvalidAwMessage:
    """Say what a line means; `request` is the command that it answers, if that is known."""
    text = line.strip("\r\n\0 ")
    if not text:
        return InvalidAwMessage(
            line, "nothing there: a line is a command such as #APC, or an answer to one"
        )
    if len(text) > LONGEST or not text.isascii() or not text.isprintable():
        return InvalidAwMessage(
            line, f"no line of a camera: at most {LONGEST} characters of plain text"
        )
    try:
        if request is not None:
            return _answer(text, request.strip("\r\n\0 "))
        if text[0] == "#" or text[0].isupper():
            return _refusal(text) or _question(text)
        return _refusal(text) or _unasked(text)
    except _Unfit as unfit:
        return InvalidAwMessage(line, str(unfit))


def _question(text: str) -> AwMessage:
    """Read a command or a query; an answer that only its code tells from one is taken for one."""
    code, rest = _split(text)
    if code is None:
        found = _only_answered(text)
        if found is None:
            raise _Unfit(f"{text[:12]!r} does not begin with a known command")
        return found
    if code.ask is not None and re.fullmatch(code.ask, rest):
        behind = {"bank": int(rest, 16)} if rest else {}
        return AwMessage("inquiry", code.name, code.code, rest, behind)
    if code.set is None:
        raise _Unfit(f"{code.code} takes no value when asked; found {rest!r}")
    return AwMessage("command", code.name, code.code, rest, code.set(rest))


def _split(text: str) -> tuple[_Code | None, str]:
    """Return the code that a command begins with, and what stands behind it."""
    for code in _LONGEST_FIRST:
        if not text.startswith(code.code):
            continue
        rest = text.removeprefix(code.code)
        if code.code.startswith("#"):
            if _may_follow(code, rest):
                return code, rest
        elif not rest or rest[0] == ":":
            return code, rest.removeprefix(":")
    return None, text


def _may_follow(code: _Code, rest: str) -> bool:
    """Whether `rest` may stand behind a code: #P50 is a pan speed, and #PX50 nothing."""
    return not rest or rest[0] in "0123456789ABCDEFabcdef"


def _only_answered(text: str) -> AwMessage | None:
    """Read what begins with a code that only answers have, such as OID."""
    for code in _CAM_CODES:
        for start in code.answers:
            if code.set is None and text.startswith(f"{start}:"):
                rest = text.removeprefix(f"{start}:")
                return AwMessage("reply", code.name, code.code, rest, code.answer(rest))
    return None


def _unasked(text: str) -> AwMessage:
    """Read an answer without its request: the first code that it fits."""
    if (arrived := re.fullmatch("q([0-9]{2})", text)) is not None:
        fields = {"preset": int(arrived[1]) + 1}
        return AwMessage("notice", "preset_arrived", "#R", arrived[1], fields)
    if (stored := re.fullmatch("s([0-9]{1,2})", text)) is not None:
        return AwMessage("reply", "preset", "#S", stored[1], {"preset": int(stored[1]) + 1})
    fits = sorted(
        ((start, code) for code in _PTZ_CODES for start in code.answers if text.startswith(start)),
        key=lambda each: -len(each[0]),
    )
    for start, code in fits:
        try:
            rest = text.removeprefix(start)
            return AwMessage("reply", code.name, code.code, rest, code.answer(rest))
        except _Unfit:
            continue
    raise _Unfit(f"{text[:12]!r} is not an answer of a camera that is known here")


def _refusal(text: str, asked: str = "") -> AwMessage | None:
    found = re.fullmatch(r"[eE]R([1-3]):(.*)", text)
    if found is None:
        return None
    number, name = int(found[1]), found[2]
    code, _ = _split(asked or f"{'#' if text[0] == 'e' else ''}{name}")
    called = code.name if code else "unknown"
    fields = {"error": f"{text[0]}R{number}", "reason": REASONS[number], "command": name}
    return AwMessage("error", called, code.code if code else name, name, fields, number)


def _answer(text: str, request: str) -> AwMessage:
    refusal = _refusal(text, request)
    if refusal is not None:
        name = refusal.parameter
        if not request.removeprefix("#").upper().startswith(name.rstrip(":").upper()):
            raise _Unfit(f"refuses {name!r}, and the request was {request!r}")
        return refusal
    asked = read(request)
    if isinstance(asked, InvalidAwMessage):
        raise _Unfit(f"the request behind the TAB: {asked.why}")
    if asked.kind not in ("command", "inquiry"):
        raise _Unfit(f"the request behind the TAB is not a request: {request!r}")
    code = next(each for each in _ALL if each.code == asked.command)
    rest = _behind_answer(code, text)
    if rest is None:
        begins = " or ".join(code.answers)
        raise _Unfit(f"an answer to {request} begins with {begins}, this one with {text[:4]!r}")
    holds = code.answer if asked.kind == "inquiry" or code.name == "power" else code.set
    fields = (holds or code.answer)(rest)
    return AwMessage("reply", code.name, code.code, rest, fields)


def _behind_answer(code: _Code, text: str) -> str | None:
    """Return what stands behind the beginning of an answer; None: it answers something else."""
    start, _, rest = text.partition(":")
    if start in _TALLY_ANSWERS and _TALLY_ANSWERS[start] in code.answers:
        return rest
    for start in code.answers:
        if text == start:
            return ""
        if code.code.startswith("#") and text.startswith(start):
            return text.removeprefix(start)
        if text.startswith(f"{start}:"):
            return text.removeprefix(f"{start}:")
    return None


# Notices: what a camera says unasked, over a TCP connection that it makes.


def notice(line: str) -> AwMessage | InvalidAwMessage:
    """Say what a line means that a camera said unasked."""
    found = read(line)
    if isinstance(found, AwMessage) and found.kind in ("command", "reply"):
        says = WHITE_BALANCE_SAID if found.command == "OAW" else None
        fields = found.fields if says is None else {"mode": says.get(found.parameter)}
        return AwMessage("notice", found.name, found.command, found.parameter, fields)
    return found


class Notices:
    """Bytes as they come, in any pieces -> the lines of whole notices.

    22 bytes (the camera's address and clock), a size, 4 bytes; CR LF, a line, CR LF and zeros up
    to the size less 8; 24 bytes. The head may hold CR LF, too: a notice is cut out by its size.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that end in `data`; what cannot be notices is dropped."""
        self._rest = (self._rest + data)[-_LONGEST_REST:]
        lines: list[str] = []
        while len(self._rest) >= NOTICE_HEAD:
            size = int.from_bytes(self._rest[22:24], "big") - 8
            if not 4 <= size <= NOTICE_MOST:
                self._rest = b""
                break
            whole = NOTICE_HEAD + size + NOTICE_TAIL
            if len(self._rest) < whole:
                break
            text = self._rest[NOTICE_HEAD : NOTICE_HEAD + size].rstrip(b"\0")
            self._rest = self._rest[whole:]
            if text.startswith(b"\r\n") and text.endswith(b"\r\n"):
                lines.append(text.strip(b"\r\n").decode("latin-1"))
        return lines


# For people and programs.


def as_object(found: AwMessage | InvalidAwMessage) -> dict[str, Any]:
    """Return a meaning for programs; numbers have their units in their names."""
    if isinstance(found, InvalidAwMessage):
        return {"ok": False, "error": found.why}
    return {
        "ok": True,
        "kind": found.kind,
        "name": found.name,
        "command": found.command,
        "parameter": found.parameter,
        "fields": dict(found.fields),
        "meaning": spoken(found),
    }


def spoken(found: AwMessage | InvalidAwMessage) -> str:
    """Say in a line what a line means."""
    if isinstance(found, InvalidAwMessage):
        return f"error: {found.why}"
    name = found.name.replace("_", " ")
    if found.error is not None:
        why = {1: "is not a command of this camera", 2: "not now: busy, or in standby"}
        said = why.get(found.error, "has a value out of range")
        return f"refused: {name} ({found.parameter}): {said}"
    said = ", ".join(_said(key, value) for key, value in found.fields.items())
    verb = {"inquiry": "ask for ", "command": "set ", "notice": "notice of "}.get(found.kind, "")
    return f"{verb}{name}: {said}" if said else f"{verb}{name}"


def _said(key: str, value: object) -> str:
    if isinstance(value, bool):
        return key if value else f"not {key}"
    if value is None:
        return f"{key} not known"
    if isinstance(value, list):
        return f"{key} {', '.join(map(str, value)) or 'none'}"
    return f"{key.replace('_', ' ')} {value}"
