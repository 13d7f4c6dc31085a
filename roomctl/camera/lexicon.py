"""The whole documented VISCA vocabulary: any frame to its name and fields, and back.

Knows no port, no clock and no camera model. The driver speaks in `visca`'s messages; this is for
looking at a line: traces, captures, other people's controllers. The rows stand in
`lexicon_table`; frames and answers without data are `frames`' business.

Names are the field's words in snake_case, subject first: `zoom_tele`, `preset_recall`,
`pan_tilt_absolute`. An inquiry and the answer to it carry the name of what they ask for, so `kind`
tells `power` the command from `power` the answer. Values are the raw integers of the wire, in the
camera's units and signs; a bit is a boolean.

Nothing in a data answer says what it answers: without its inquiry it stays `data`. So does a
version of unknown form, and an answer that differs by model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from roomctl.camera.frames import (
    BROADCAST,
    END,
    LONGEST,
    SHORTEST,
    Ack,
    AddressesSet,
    AllCleared,
    BadFrame,
    Completion,
    Data,
    ErrorCode,
    Failure,
    NetworkChange,
    Notice,
    Reply,
    decode_reply,
    encode_reply,
)
from roomctl.camera.lexicon_table import BITS, COMMANDS, INQUIRIES, NOTICES

Kind: TypeAlias = Literal["command", "inquiry", "reply", "network"]
Value: TypeAlias = int | bool | str

_ERRORS = {
    ErrorCode.LENGTH: "message_length_error",
    ErrorCode.SYNTAX: "syntax_error",
    ErrorCode.FULL: "buffer_full",
    ErrorCode.CANCELLED: "cancelled",
    ErrorCode.NO_SOCKET: "no_socket",
    ErrorCode.NOT_EXECUTABLE: "not_executable",
}
_ANY = {byte: byte for byte in range(END)}


@dataclass(frozen=True, slots=True)
class Said:
    """What a frame says. `address`: the camera's, 1-7; 8: all of them, 0: the line itself."""

    kind: Kind
    name: str
    fields: Mapping[str, Value]
    address: int = 1


@dataclass(frozen=True, slots=True)
class _Slot:
    """Some bytes of a row: one of `values`, or `size` digits of `bits` each."""

    name: str
    size: int = 1
    values: Mapping[int, int | bool] | None = None
    bits: int = 4
    signed: bool = False

    def read(self, data: bytes) -> int | bool | None:
        """Return what the bytes mean; None: they do not belong here."""
        if self.values is not None:
            return self.values.get(data[0])
        value = 0
        for byte in data:
            if byte >> self.bits or byte == END:
                return None
            value = value << self.bits | byte
        half = 1 << self.bits * self.size - 1
        return value - 2 * half if self.signed and value >= half else value

    def write(self, value: Value) -> bytes | None:
        """Return the bytes for a value; None: it does not fit."""
        if self.values is not None:
            return next(
                (
                    bytes((byte,))
                    for byte, meaning in self.values.items()
                    if meaning == value and isinstance(meaning, bool) is isinstance(value, bool)
                ),
                None,
            )
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        shifts = range(self.bits * (self.size - 1), -1, -self.bits)
        data = bytes(value >> shift & (1 << self.bits) - 1 for shift in shifts)
        return data if self.read(data) == value else None


def _slot(token: str) -> _Slot:
    if re.fullmatch("[0-9A-F]{2}", token):
        return _Slot("", values={int(token, 16): 0})
    if found := re.fullmatch(r"(\w+)\?(\w\w)(?:,(\w\w))?", token):
        bits = {int(byte, 16): not at for at, byte in enumerate(found.groups()[1:]) if byte}
        return _Slot(found[1], values=bits)
    if found := re.fullmatch(r"(\w+)=([\w,]+)", token):
        return _Slot(found[1], values={int(b, 16): int(b, 16) for b in found[2].split(",")})
    if found := re.fullmatch(r"(\w+)\[(\w\w)-(\w\w)\]", token):
        first, last = int(found[2], 16), int(found[3], 16)
        return _Slot(found[1], values={byte: byte for byte in range(first, last + 1)})
    if found := re.fullmatch(r"(\w)\+(\w+)", token):
        return _Slot(found[2], values={int(found[1], 16) << 4 | low: low for low in range(16)})
    if found := re.fullmatch(r"(\w+):(-?)(\d)", token):
        return _Slot(found[1], int(found[3]), signed=bool(found[2]))
    if found := re.fullmatch(r"(\w+):w", token):
        return _Slot(found[1], 2, bits=8)
    return _Slot(token, values=_ANY)


@dataclass(frozen=True, slots=True)
class Row:
    """One form of one message: its name, and the bytes between header and FF."""

    name: str
    slots: tuple[_Slot, ...]
    size: int

    def read(self, body: bytes) -> dict[str, Value] | None:
        """Return the fields of `body`; None: it says something else."""
        if len(body) != self.size:
            return None
        fields: dict[str, Value] = {}
        at = 0
        for slot in self.slots:
            value = slot.read(body[at : at + slot.size])
            if value is None:
                return None
            if slot.name:
                fields[slot.name] = value
            at += slot.size
        return fields

    def write(self, fields: Mapping[str, Value]) -> bytes | None:
        """Return the body that says `fields`; None: this row cannot."""
        if set(fields) != {slot.name for slot in self.slots if slot.name}:
            return None
        parts = [slot.write(fields[slot.name] if slot.name else 0) for slot in self.slots]
        known = [part for part in parts if part is not None]
        return b"".join(known) if len(known) == len(parts) else None


def _row(name: str, tokens: str) -> Row:
    slots = tuple(_slot(token) for token in tokens.split())
    return Row(name, slots, sum(slot.size for slot in slots))


def _rows(table: str) -> tuple[Row, ...]:
    lines = (line.split("->")[0].split(maxsplit=1) for line in table.splitlines() if line)
    return tuple(_row(name, tokens) for name, tokens in lines)


def _answers(table: str) -> dict[str, tuple[Row, ...]]:
    answers: dict[str, tuple[Row, ...]] = {}
    for line in filter(None, table.splitlines()):
        name, (_, _, forms) = line.split()[0], line.partition("->")
        answers[name] = tuple(_row(name, form) for form in forms.split("|") if form.strip())
    return answers


COMMAND_ROWS = _rows(COMMANDS)
INQUIRY_ROWS = _rows(INQUIRIES)
NOTICE_ROWS = _rows(NOTICES)
ANSWER_ROWS = _answers(INQUIRIES)  # by the inquiry's name


def decode(frame: bytes, inquiry: bytes | None = None) -> Said | BadFrame:
    """Say what a frame of either side means; `inquiry`: the frame that a data answer answers.

    BadFrame if it is no frame, if no document has such a message, or if it cannot be the answer.
    """
    if not SHORTEST <= len(frame) <= LONGEST or frame[-1] != END or END in frame[:-1]:
        return BadFrame(frame, "not one frame: 3 to 17 bytes, FF at the end and nowhere else")
    address, body = frame[0] - 0x80, frame[1:-1]
    if 1 <= address <= BROADCAST:
        return _decode_request(frame, address, body)
    reply = decode_reply(frame)
    if isinstance(reply, Data) and inquiry is not None:
        return _decode_answer(frame, reply, inquiry)
    return reply if isinstance(reply, BadFrame) else _reply(reply)


def _decode_request(frame: bytes, address: int, body: bytes) -> Said | BadFrame:
    if address == BROADCAST and (body[0] in (0x30, 0x38)):
        reply = decode_reply(frame)
        return reply if isinstance(reply, BadFrame) else _reply(reply)
    if len(body) == 1 and body[0] >> 4 == 0x2:
        return Said("command", "cancel", {"socket": body[0] & 0x0F}, address)
    kind: Kind = "inquiry" if body[0] == 0x09 else "command"
    for row in INQUIRY_ROWS if kind == "inquiry" else COMMAND_ROWS:
        fields = row.read(body)
        if fields is not None:
            return Said(kind, row.name, fields, address)
    return BadFrame(frame, f"unknown {kind} {body.hex(' ').upper()}")


def _reply(reply: Reply) -> Said:
    match reply:
        case Ack(address, socket):
            return Said("reply", "ack", {"socket": socket}, address)
        case Completion(address, socket):
            return Said("reply", "completion", {"socket": socket}, address)
        case Data(address, data):
            return Said("reply", "data", {"data": data.hex()}, address)
        case Failure(address, socket, code):
            name = _ERRORS.get(ErrorCode(code), "") if code in set(ErrorCode) else "error"
            return Said("reply", name, {"socket": socket, "code": code}, address)
        case NetworkChange(address):
            return Said("network", "network_change", {}, address)
        case Notice(address, data):
            for row in NOTICE_ROWS:
                fields = row.read(b"\x07" + data)
                if fields is not None:
                    return Said("reply", row.name, fields, address)
            return Said("reply", "notice", {"data": data.hex()}, address)
        case AddressesSet(cameras):
            return Said("network", "address_set", {"address": cameras + 1}, BROADCAST)
        case AllCleared():
            return Said("command", "if_clear", {}, BROADCAST)


def _decode_answer(frame: bytes, reply: Data, inquiry: bytes) -> Said | BadFrame:
    question = decode(inquiry)
    if isinstance(question, BadFrame):
        return BadFrame(frame, f"the inquiry: {question.why}")
    if question.kind != "inquiry":
        return BadFrame(frame, f"{question.name} is a {question.kind}: no data answers it")
    name, forms = question.name, ANSWER_ROWS[question.name]
    for row in forms:
        fields = row.read(reply.data)
        if fields is not None:
            return Said("reply", name, fields | _bits(name, fields), reply.address)
    if forms and name != "version":  # a version of another form is an unknown make, no error
        return BadFrame(frame, f"{reply.data.hex(' ').upper()} does not answer {name}")
    return Said("reply", name, {"data": reply.data.hex()}, reply.address)


def _bits(name: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for bit, (field, lowest, width) in BITS.get(name, {}).items():
        value = int(fields[field]) >> lowest
        found[bit] = value & (1 << width) - 1 if width else bool(value & 1)
    return found


def encode(said: Said, length: int | None = None) -> bytes:
    """Return the frame that says it: the shortest form that holds the fields, or of `length` bytes.

    Raises ValueError if no form has that name and exactly those fields, or a value does not fit.
    """
    for frame in _frames(said):
        if length in (None, len(frame)):
            return frame
    raise ValueError(f"no {said.kind} {said.name} with {dict(said.fields)}")


def _frames(said: Said) -> Iterable[bytes]:
    fields, address = dict(said.fields), said.address
    match said.kind, said.name, fields:
        case "command", "cancel", {"socket": int(socket)} if 0 <= socket <= 0x0F:
            yield bytes((0x80 | address, 0x20 | socket, END))
        case "network", "address_set", {"address": int(after)} if 1 <= after <= BROADCAST:
            yield encode_reply(AddressesSet(after - 1))
        case "network", "network_change", _:
            yield encode_reply(NetworkChange(address))
        case "command", name, _:
            yield from _written(COMMAND_ROWS, name, fields, 0x80 | address)
        case "inquiry", name, _:
            yield from _written(INQUIRY_ROWS, name, fields, 0x80 | address)
        case "reply", _, _:
            yield from _replies(said, fields)


def _replies(said: Said, fields: dict[str, Value]) -> Iterable[bytes]:
    header = (said.address + BROADCAST) << 4
    match said.name, fields:
        case "ack", {"socket": int(socket)}:
            yield encode_reply(Ack(said.address, socket))
        case "completion", {"socket": int(socket)}:
            yield encode_reply(Completion(said.address, socket))
        case _, {"socket": int(socket), "code": int(code)}:
            yield encode_reply(Failure(said.address, socket, code))
        case "notice", {"data": str(data)}:
            yield encode_reply(Notice(said.address, bytes.fromhex(data)))
        case _, {"data": str(data)}:
            yield encode_reply(Data(said.address, bytes.fromhex(data)))
        case name, _:
            yield from _written(NOTICE_ROWS, name, fields, header)
            raw = {k: v for k, v in fields.items() if k not in BITS.get(name, {})}
            if fields == raw | _bits(name, raw):
                yield from _written(ANSWER_ROWS.get(name, ()), name, raw, header, 0x50)


def _written(
    rows: Iterable[Row], name: str, fields: Mapping[str, Value], *before: int
) -> Iterable[bytes]:
    for row in rows:
        body = row.write(fields) if row.name == name else None
        if body is not None:
            yield bytes((*before, *body, END))
