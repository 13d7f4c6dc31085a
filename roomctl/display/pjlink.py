r"""PJLink, class 1 and 2: lines of text <-> messages, for both ends of the wire. Pure.

    PJLINK 1 498e4a67\r   the projector's greeting: 0 no password, 1 and a random number
    5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r
                          the first command, behind the MD5 of random number and password
    %1POWR ?\r            class, body, space, parameter: asks (?), or sets
    %1POWR=1\r            the answer: a value, OK, or ERR1 to ERR4
    PJLINK ERRA\r         the password was wrong

Knows no port, no clock and no model of projector. Written in upper case, read in any. Tolerated, as
projectors do it: NUL or LF around a line, lower case, `CLSS=Class 1`, and names in Latin-1.
Sources: PJLink specification class 1 v1.04 (2013) and class 2 v2.00 (2017).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from roomctl.display.session import DisplayAnswer, DisplayAsk, Outcome, Property, Value
from roomctl.frozen import frozen

PORT = 4352  # TCP, and UDP for search and notices
LONGEST_PARAMETER = 128  # bytes
LONGEST_LINE = 136  # bytes with its end (class 2 v2.00, 2.1); a digest stands before that
_LONGEST_GARBAGE = 512  # bytes without an end that are kept

Kind = Literal["command", "inquiry", "reply", "greeting", "search", "notice"]
Fields = Mapping[str, Any]

ERRORS = {
    "ERR1": "undefined_command",
    "ERR2": "out_of_parameter",
    "ERR3": "unavailable_now",
    "ERR4": "device_failure",
}
_HINTS: Mapping[str, Property] = {"power": "power", "faults": "faults", "link_up": "power"}
POWER = {"0": "off", "1": "on", "2": "cooling", "3": "warming"}
SOURCES = {
    "1": "rgb",
    "2": "video",
    "3": "digital",
    "4": "storage",
    "5": "network",
    "6": "internal",
}
FAULTS = ("fan", "lamp", "temperature", "cover", "filter", "other")
LEVELS = {"0": "ok", "1": "warning", "2": "error"}


@frozen
class PjMessage:
    """One line and what it means; `fields` have their units in their names.

    `error` is ERR1 to ERR4, or ERRA; `digest` is what stands before a first command.
    """

    kind: Kind
    name: str
    body: str
    class_no: int
    parameter: str = ""
    fields: Fields = field(default_factory=dict)
    error: str | None = None
    digest: str = field(default="", repr=False)

    def line(self) -> bytes:
        """Return the bytes of this message."""
        if self.kind == "greeting" or self.body == "PJLINK":
            text = f"PJLINK {self.parameter}"
        else:
            sign = " " if self.kind in ("command", "inquiry") else "="
            sign = "" if self.body == "SRCH" else sign
            text = f"{self.digest}%{self.class_no}{self.body}{sign}{self.parameter}"
        return text.encode() + b"\r"


@frozen
class BadLine:
    """A line that means nothing, and why."""

    data: bytes
    why: str


def request(body: str, parameter: str = "?", class_no: int | None = None) -> PjMessage:
    """Return a message to a projector; ValueError says what is wrong with it."""
    wanted = class_no or min(_BODIES[body].classes)
    found = read(f"%{wanted}{body} {parameter}".encode())
    if isinstance(found, BadLine):
        raise ValueError(found.why)
    return found


def reply(asked: PjMessage, parameter: str) -> PjMessage:
    """Return the answer to `asked` with this parameter, which is not looked at."""
    return PjMessage("reply", asked.name, asked.body, asked.class_no, parameter)


SEARCH = PjMessage("search", "search", "SRCH", 2)
"""By UDP to everybody, class 2: who is there? Each answers with its MAC address."""


def found_by(datagram: bytes) -> str | None:
    """Return the MAC address of a projector that answers a search; None: it is no such answer."""
    said = read(datagram)
    if isinstance(said, PjMessage) and (said.kind, said.name) == ("notice", "found"):
        return str(said.fields["mac"])
    return None


def hinted_by(datagram: bytes) -> Property | None:
    """Return what a projector says has changed, by UDP and unasked; None: it is no such notice.

    Anybody may send one, and 1 is also warming up (class 2 v2.00, 5): a hint to ask, not a value.
    """
    said = read(datagram)
    if not isinstance(said, PjMessage) or said.class_no != 2 or said.error is not None:
        return None
    if said.kind == "notice":
        return _HINTS.get(said.name)
    return "input" if (said.kind, said.name) == ("reply", "input") else None


def digest(random: str, password: str) -> str:
    """Return what proves the password: MD5 of both, in lower-case hex (class 1 v1.04, 5)."""
    return hashlib.md5((random + password).encode(), usedforsecurity=False).hexdigest()


class PjLines:
    """Bytes as they come, in any pieces -> whole lines without their end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield every line that ends in `data`; what never ends is dropped, and kept bounded."""
        *lines, rest = re.split(rb"[\r\n]", self._rest + data)
        self._rest = rest[-_LONGEST_GARBAGE:]
        yield from (line for each in lines if (line := each.strip(b"\0")))


def read(line: bytes, asked: PjMessage | None = None) -> PjMessage | BadLine:
    """Say what a line means; `asked` is the request that it answers, if that is known."""
    data = line.strip(b"\r\n\0")
    if data[:6].upper() == b"PJLINK":
        return _greeting(data)
    match = _LINE.fullmatch(data)
    if match is None:
        return BadLine(line, _why_not(data))
    if len(match["parameter"] or b"") > LONGEST_PARAMETER:
        length = len(match["parameter"])
        why = f"its parameter has {length} bytes; {LONGEST_PARAMETER} are the most"
        return BadLine(line, why)
    body, class_no = match["body"].decode().upper(), int(match["class"])
    parameter = _text(match["parameter"] or b"")
    try:
        if match["sign"] == b"=":
            if match["digest"]:
                raise _Unfit("a digest comes before a request, never before an answer")
            found = _answer(body, class_no, parameter, asked)
        else:
            found = _question(body, class_no, match["sign"], parameter)
            proof = (match["digest"] or b"").decode().lower()
            found = PjMessage(
                found.kind, found.name, body, class_no, parameter, found.fields, digest=proof
            )
    except _Unfit as unfit:
        return BadLine(line, str(unfit))
    return found


class _Unfit(ValueError):
    """A parameter, a class or an order that the specification does not have."""


# A digest is 32 hex digits (MD5), or 32 of a random number and 64 (SHA-256, class 2 v2.10).
_LINE = re.compile(
    rb"(?P<digest>[0-9a-f]{32}(?:[0-9a-f]{64})?)?%(?P<class>[12])(?P<body>[A-Z0-9]{4})"
    rb"(?:(?P<sign>[ =])(?P<parameter>.*))?",
    re.IGNORECASE | re.DOTALL,
)


def _why_not(data: bytes) -> str:
    if not data:
        return "nothing there: a line begins with %1, %2 or PJLINK"
    at = data.find(b"%")
    if at < 0:
        return "no PJLink line: one begins with %1, %2 or PJLINK"
    if at not in (0, 32, 96) or not re.fullmatch(rb"(?i)[0-9a-f]*", data[:at]):
        return f"{at} bytes before the %; a digest has 32 hex digits (SHA-256: 96)"
    rest = data[at + 1 :]
    if rest[:1] not in (b"1", b"2"):
        return f"class {_text(rest[:1]) or 'nothing'}; there are 1 and 2"
    body = re.split(rb"[ =]", rest[1:])[0]
    return (
        f"the command {_text(body[:40])!r} has {len(body)} characters; each has 4, then ' ' or '='"
    )


def _text(data: bytes) -> str:
    """Return a parameter's text: UTF-8, else Latin-1 as older projectors write it."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


# What the parameters mean.

Meaning = Callable[[str], dict[str, Any]]


@frozen
class _Body:
    """One command: in which classes, what may be set, what a query and what its answer hold."""

    name: str
    classes: tuple[int, ...]
    answer: Meaning | None = None
    set: Meaning | None = None
    asks: str = r"\?"
    takes: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


def _one_of(name: str, values: Mapping[str, Any]) -> Meaning:
    def meaning(text: str) -> dict[str, Any]:
        if text not in values:
            raise _Unfit(f"{text!r} is none of {', '.join(values)}")
        return {name: values[text]}

    return meaning


def _like(pattern: str, what: str, meaning: Callable[[re.Match[str]], dict[str, Any]]) -> Meaning:
    def read_text(text: str) -> dict[str, Any]:
        match = re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE)
        if match is None:
            raise _Unfit(f"{text!r} is no {what}")
        return meaning(match)

    return read_text


def _input(match: re.Match[str]) -> dict[str, Any]:
    code = match[0].upper()
    return {"input": code, "source": SOURCES[code[0]], "terminal": code[1]}


def _mute(match: re.Match[str]) -> dict[str, Any]:
    muted = match[2] == "1"
    which = {"1": ("picture",), "2": ("sound",), "3": ("picture", "sound")}[match[1]]
    return {f"{each}_muted": muted for each in which}


def _mute_answer(match: re.Match[str]) -> dict[str, Any]:
    """Read what is muted; the rest is open: 11 is the picture alone, 30 is nothing."""
    muted = match[2] == "1"
    return {
        "picture_muted": muted and match[1] in "13",
        "sound_muted": muted and match[1] in "23",
    }


def _faults(match: re.Match[str]) -> dict[str, Any]:
    return {name: LEVELS[level] for name, level in zip(FAULTS, match[0], strict=True)}


def _lamps(match: re.Match[str]) -> dict[str, Any]:
    words = match[0].split(" ")
    pairs = zip(words[::2], words[1::2], strict=True)
    return {"lamps": [{"hours": int(hours), "lit": lit == "1"} for hours, lit in pairs]}


def _inputs(match: re.Match[str]) -> dict[str, Any]:
    return {"inputs": [code.upper() for code in match[0].split()]}


def _resolution(match: re.Match[str]) -> dict[str, Any]:
    if match[0] in "-*":
        return {"signal": match[0] == "*", "width_px": None, "height_px": None}
    return {"signal": True, "width_px": int(match[1]), "height_px": int(match[2])}


def _plain(name: str) -> Meaning:
    return lambda text: {name: text}


_CODE_1, _CODE_2 = "[1-5][1-9]", "[1-6][1-9A-Z]"
_INPUT_CODE = "input, such as 31 (digital 1)"
_ON_OFF = {"0": False, "1": True}
_STEP = {"0": "down", "1": "up"}
_RESOLUTION = r"([0-9]{1,5})x([0-9]{1,5})"

_BODIES: dict[str, _Body] = {
    "POWR": _Body("power", (1,), _one_of("state", POWER), _one_of("on", _ON_OFF), takes="0 or 1"),
    "INPT": _Body(
        "input",
        (1, 2),
        _like(_CODE_2, _INPUT_CODE, _input),
        _like(_CODE_2, _INPUT_CODE, _input),
        takes="an input, such as 31",
        errors={"ERR2": "no_such_input"},
    ),
    "AVMT": _Body(
        "mute",
        (1,),
        _like("([123])([01])", "mute state: 10 to 31", _mute_answer),
        _like("([123])([01])", "mute: 10, 11, 20, 21, 30 or 31", _mute),
        takes="10, 11, 20, 21, 30 or 31",
        errors={"ERR2": "no_such_mute"},
    ),
    "ERST": _Body("faults", (1,), _like("[012]{6}", "error status: six digits 0 to 2", _faults)),
    "LAMP": _Body(
        "lamps",
        (1,),
        _like("[0-9]{1,5} [01](?: [0-9]{1,5} [01]){0,7}", "lamp: hours, 0 or 1", _lamps),
        errors={"ERR1": "no_lamp"},
    ),
    "INST": _Body(
        "inputs",
        (1, 2),
        _like(f"(?:{_CODE_2}(?: {_CODE_2}){{0,49}})?", "list of inputs", _inputs),
    ),
    "NAME": _Body("projector_name", (1,), _plain("text")),
    "INF1": _Body("maker", (1,), _plain("text")),
    "INF2": _Body("model", (1,), _plain("text")),
    "INFO": _Body("other_information", (1,), _plain("text")),
    "CLSS": _Body(
        "class",
        (1,),
        _like("(?:class ?)?([12])", "class: 1 or 2", lambda match: {"class": int(match[1])}),
    ),
    "SNUM": _Body("serial_number", (2,), _plain("text")),
    "SVER": _Body("software_version", (2,), _plain("text")),
    "INNM": _Body(
        "input_name",
        (2,),
        _plain("text"),
        asks=rf"\?({_CODE_2})",
        takes="?31, an input behind the question mark",
        errors={"ERR2": "no_such_input"},
    ),
    "IRES": _Body(
        "input_resolution",
        (2,),
        _like(rf"{_RESOLUTION}|[*-]", "resolution, such as 1920x1080, - or *", _resolution),
    ),
    "RRES": _Body(
        "recommended_resolution",
        (2,),
        _like(_RESOLUTION, "resolution, such as 1920x1080", _resolution),
    ),
    "FILT": _Body(
        "filter",
        (2,),
        _like("[0-9]{1,5}", "number of hours", lambda match: {"hours": int(match[0])}),
        errors={"ERR1": "no_filter"},
    ),
    "RLMP": _Body("lamp_models", (2,), lambda text: {"models": text.split()}),
    "RFIL": _Body("filter_models", (2,), lambda text: {"models": text.split()}),
    "SVOL": _Body(
        "speaker_volume",
        (2,),
        set=_one_of("step", _STEP),
        takes="0 (down) or 1 (up)",
        errors={"ERR1": "no_speaker"},
    ),
    "MVOL": _Body(
        "microphone_volume",
        (2,),
        set=_one_of("step", _STEP),
        takes="0 (down) or 1 (up)",
        errors={"ERR1": "no_microphone"},
    ),
    "FREZ": _Body(
        "freeze", (2,), _one_of("frozen", _ON_OFF), _one_of("frozen", _ON_OFF), takes="0 or 1"
    ),
}
QUERIES = tuple(body for body, known in _BODIES.items() if known.answer is not None)

_MAC = _like(
    "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "MAC address", lambda match: {"mac": match[0].lower()}
)

# By UDP, class 2: what a projector says by itself. 0 is also cooling, 1 also warming up.
_NOTICES: dict[str, tuple[str, Meaning]] = {
    "POWR": ("power", _one_of("on", _ON_OFF)),
    "ERST": ("faults", _like("[012]{6}", "error status: six digits 0 to 2", _faults)),
    "LKUP": ("link_up", _MAC),
    "ACKN": ("found", _MAC),
}


def _question(body: str, class_no: int, sign: bytes | None, text: str) -> PjMessage:
    if body == "SRCH":
        if class_no != 2 or sign is not None:
            raise _Unfit("a search is %2SRCH, without a parameter")
        return PjMessage("search", "search", body, 2)
    known = _known(body, class_no)
    if sign is None:
        raise _Unfit(f"ends behind {body}; ' ?' or ' ' and a parameter belong there")
    if text.startswith("?"):
        asks = re.fullmatch(known.asks, text, re.ASCII | re.IGNORECASE)
        if known.answer is None:
            raise _Unfit(f"{body} cannot be asked; it takes {known.takes}")
        if asks is None:
            raise _Unfit(f"{text!r} does not ask for {body}; it takes {known.takes or '?'}")
        of_input = {"input": asks[1].upper()} if asks.groups() else {}
        return PjMessage("inquiry", known.name, body, class_no, text, of_input)
    if known.set is None:
        raise _Unfit(f"{body} cannot be set; it takes {known.takes or '?'}")
    try:
        fields = known.set(text)
    except _Unfit as unfit:
        raise _Unfit(f"{body} takes {known.takes}: {unfit}") from unfit
    if body == "INPT" and class_no == 1 and not re.fullmatch(_CODE_1, text):
        raise _Unfit(f"input {text} is of class 2: write %2INPT")
    return PjMessage("command", known.name, body, class_no, text, fields)


def _known(body: str, class_no: int) -> _Body:
    known = _BODIES.get(body)
    if known is None:
        raise _Unfit(f"unknown command {body}")
    if class_no not in known.classes:
        raise _Unfit(f"{body} is of class {known.classes[0]}: write %{known.classes[0]}{body}")
    return known


def _answer(body: str, class_no: int, text: str, asked: PjMessage | None) -> PjMessage:
    notice = _NOTICES.get(body) if class_no == 2 else None
    if notice is not None:
        return PjMessage("notice", notice[0], body, 2, text, notice[1](text))
    if asked is not None and asked.kind not in ("command", "inquiry"):
        raise _Unfit("the line before the TAB is not a request")
    if asked is not None and (asked.body, asked.class_no) != (body, class_no):
        raise _Unfit(f"%{class_no}{body} does not answer %{asked.class_no}{asked.body}")
    code = text.upper()
    if code in ERRORS:
        known = _BODIES.get(body)
        why = (known.errors.get(code) if known else None) or ERRORS[code]
        name = known.name if known else "unknown"
        return PjMessage("reply", name, body, class_no, code, {"error": code, "reason": why}, code)
    known = _known(body, class_no)
    if code == "OK" and known.set is not None:
        if asked is not None and asked.kind == "inquiry":
            raise _Unfit(f"OK answers a set, not {body} ?")
        return PjMessage("reply", known.name, body, class_no, code, {"accepted": True})
    if known.answer is None or (asked is not None and asked.kind == "command"):
        raise _Unfit(f"{text!r} is not an answer to a set of {body}: OK or ERR1 to ERR4")
    try:
        fields = known.answer(text)
    except _Unfit as unfit:
        raise _Unfit(f"{body}: {unfit}") from unfit
    if asked is not None:
        fields = {**asked.fields, **fields}
    return PjMessage("reply", known.name, body, class_no, text, fields)


_GREETING = re.compile(rb"PJLINK (?:0|1 (?P<random>[0-9a-f]{8})|2(?: (?P<p>[0-9a-f]{32}))?)", re.I)


def _greeting(data: bytes) -> PjMessage | BadLine:
    if re.fullmatch(rb"PJLINK ERRA", data, re.I):
        wrong = {"error": "ERRA", "reason": "wrong_password"}
        return PjMessage("reply", "authentication", "PJLINK", 1, "ERRA", wrong, "ERRA")
    match = _GREETING.fullmatch(data)
    if match is None:
        why = "no greeting: PJLINK 0, PJLINK 1 and 8 hex digits, or PJLINK ERRA"
        return BadLine(data, why)
    parameter = data[7:].decode()
    random = (match["random"] or match["p"] or b"").decode()
    how = {"0": "none", "1": "md5", "2": "sha256"}[parameter[0]]
    fields = {"password": how != "none", "method": how} | ({"random": random} if random else {})
    return PjMessage("greeting", "greeting", "PJLINK", 1, parameter, fields)


# For people and programs that read lines.


def as_object(found: PjMessage | BadLine) -> dict[str, Any]:
    """Return a meaning for programs; numbers have their units in their names."""
    if isinstance(found, BadLine):
        return {"ok": False, "error": found.why}
    return {
        "ok": True,
        "kind": found.kind,
        "name": found.name,
        "command": found.body,
        "class": found.class_no,
        "parameter": found.parameter,
        "fields": dict(found.fields),
        "meaning": in_words(found),
    }


def in_words(found: PjMessage | BadLine) -> str:
    """Say in a line what a line means."""
    if isinstance(found, BadLine):
        return f"error: {found.why}"
    name, fields = found.name.replace("_", " "), dict(found.fields)
    match found:
        case PjMessage(kind="inquiry"):
            said = " ".join(("ask for", name, *map(str, fields.values())))
            return f"{said}, with the password's proof" if found.digest else said
        case PjMessage(kind="greeting"):
            methods = {"none": "no password", "md5": "a password (MD5)"}
            return "greeting: " + methods.get(fields["method"], "a password (SHA-256)")
        case PjMessage(kind="search"):
            return "search for projectors"
        case PjMessage(error=str(code)):
            return f"{name}: {code}, {str(fields['reason']).replace('_', ' ')}"
        case PjMessage(kind="reply") if fields.get("accepted"):
            return f"{name}: accepted, not yet done"
    said = "; ".join(filter(None, (_said(key, value) for key, value in fields.items())))
    verb = {"command": "set ", "notice": "notice of "}.get(found.kind, "")
    proof = ", with the password's proof" if found.digest else ""
    return f"{verb}{name}: {said or 'nothing'}{proof}"


def _said(key: str, value: Any) -> str:  # noqa: ANN401 - a field is what its parameter means
    match key, value:
        case "lamps", list():
            lit = {True: "lit", False: "not lit"}
            return ", ".join(f"{lamp['hours']} h, {lit[lamp['lit']]}" for lamp in value)
        case "hours", int():
            return f"{value} h"
        case "width_px" | "height_px", int():
            return f"{key.removesuffix('_px')} {value} px"
        case "width_px" | "height_px", _:
            return ""
        case _, bool():
            return f"{key.replace('_', ' ')} {'yes' if value else 'no'}"
        case "inputs" | "models", list():
            return ", ".join(value)
        case (("state" | "text" | "mac" | "step" | "class"), _):
            return str(value)
        case _:
            return f"{key.replace('_', ' ')} {value}"


# The driver's end of a connection.

_ASKED: dict[Property, str] = {
    "power": "POWR",
    "input": "INPT",
    "picture_muted": "AVMT",
    "lamp_hours": "LAMP",
    "faults": "ERST",
    "inputs": "INST",
    "maker": "INF1",
    "model": "INF2",
    "serial": "SNUM",
}
_OUTCOMES: dict[str, Outcome] = {
    "ERR1": "unsupported",
    "ERR2": "refused",
    "ERR3": "busy",
    "ERR4": "failed",
}


class PjLink:
    """PJLink as a DisplayProtocol: one connection, from its greeting on.

    `mutes_sound_too`: the projector knows AVMT 30 and 31 alone (Epson, Panasonic RZ670).
    """

    reply_s = 10.0  # 2 s by the text; clients in the field allow 4 to 10
    gap_s = 0.05

    def __init__(self, password: str = "", *, mutes_sound_too: bool = False) -> None:
        self.ready = False
        self.denied: str | None = None
        self._password = password
        self._mute = "3" if mutes_sound_too else "1"
        self._lines = PjLines()
        self._proof = ""
        self._sent: PjMessage | None = None
        self._heard = False  # whether a command was answered: the password was right

    def hello(self) -> bytes | None:
        return None  # the projector speaks first

    def encode(self, ask: DisplayAsk) -> bytes | None:
        if ask.value is None:
            self._sent = request(_ASKED[ask.property])
        elif ask.property == "picture_muted":
            self._sent = request("AVMT", self._mute + ("1" if ask.value else "0"))
        elif ask.property == "power":
            self._sent = request("POWR", "1" if ask.value else "0")
        elif ask.property == "input" and isinstance(ask.value, str):
            of_class_1 = re.fullmatch(_CODE_1, ask.value)
            try:
                self._sent = request("INPT", ask.value.upper(), 1 if of_class_1 else 2)
            except ValueError:
                return None
        else:
            return None
        proof, self._proof = self._proof, ""
        return proof.encode() + self._sent.line()

    def feed(self, data: bytes, asked: DisplayAsk | None) -> Iterator[DisplayAnswer]:
        for line in self._lines.feed(data):
            found = read(line)
            if isinstance(found, BadLine):
                continue
            if found.kind == "greeting":
                self._greeted(found)
            elif found.error == "ERRA":
                if not self._heard:
                    self.denied = "refuses the password; look at password in room.toml"
            elif found.kind == "notice":
                yield DisplayAnswer("value", "power", unasked=True)
            elif found.kind == "reply" and asked is not None and (answer := self._answer(found)):
                yield answer

    def _greeted(self, greeting: PjMessage) -> None:
        method = greeting.fields["method"]
        if method == "none":
            self.ready = True
        elif method == "md5" and self._password:
            self._proof = digest(greeting.fields["random"], self._password)
            self.ready = True
        else:
            self.denied = "asks for a password; put it into room.toml as password"

    def _answer(self, found: PjMessage) -> DisplayAnswer | None:
        sent = self._sent
        if sent is None or (found.body, found.class_no) != (sent.body, sent.class_no):
            return None  # late, of something that was given up
        if found.error is None and sent.kind != ("command" if _accepts(found) else "inquiry"):
            return None  # a late OK is no value, and a value no OK
        self._sent, self._heard = None, True
        if found.error is not None:
            return DisplayAnswer(_OUTCOMES[found.error])
        if _accepts(found):
            return DisplayAnswer("accepted")
        return DisplayAnswer("value", value=_value(found))


def _accepts(found: PjMessage) -> bool:
    return found.fields.get("accepted") is True


def _value(found: PjMessage) -> Value:
    fields = found.fields
    match found.name:
        case "power":
            return str(fields["state"])
        case "input":
            return str(fields["input"])
        case "mute":
            return bool(fields["picture_muted"])
        case "lamps":
            return tuple(int(lamp["hours"]) for lamp in fields["lamps"])
        case "faults":
            return {name: level for name, level in fields.items() if level != "ok"}
        case "inputs":
            return tuple(fields["inputs"])
        case _:
            return str(fields["text"])
