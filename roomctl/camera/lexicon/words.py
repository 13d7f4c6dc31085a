"""The whole documented VISCA vocabulary: any frame to its name and fields, and back.

Knows no port, no clock and no camera model. The driver speaks in `visca`'s messages; this is for
looking at a line: traces, captures, other people's controllers. The rows stand in
`table`, `picture`, `module`, `lumens` and `blocks`; frames and answers without data are
`frames`' business.

Names are the field's words in snake_case, subject first: `zoom_tele`, `preset_recall`,
`pan_tilt_absolute`. An inquiry and the answer to it carry the name of what they ask for, so `kind`
tells `power` the command from `power` the answer. Values are the raw integers of the wire, in the
camera's units and signs; a bit is a boolean.

AddressSet and network change are the line's own business, `network` (over IP its control messages
too). IF_Clear is a command also when it goes to all, and when it comes back round the ring: Sony's
lists have it beside the commands, and its bytes are those of the command.

Nothing in a data answer says what it answers: without its inquiry it stays `data`. So does a
version of unknown form, and an answer that differs by model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
from roomctl.camera.lexicon.blocks import BITS, BLOCKS, NOTICES
from roomctl.camera.lexicon.lumens import LUMENS_COMMANDS, LUMENS_INQUIRIES, LUMENS_SETTINGS
from roomctl.camera.lexicon.module import MODULE_COMMANDS, MODULE_INQUIRIES, MODULE_SETTINGS
from roomctl.camera.lexicon.picture import PICTURE_COMMANDS, PICTURE_INQUIRIES, PICTURE_SETTINGS
from roomctl.camera.lexicon.row import Row, commands, inquiries, settings
from roomctl.camera.lexicon.row import Value as Value
from roomctl.camera.lexicon.table import COMMANDS, INQUIRIES, SETTINGS

Kind: TypeAlias = Literal["command", "inquiry", "reply", "network"]

BAD_HEADER = "bad_header"
_ERRORS: dict[int, str] = {
    ErrorCode.LENGTH: "message_length_error",
    ErrorCode.SYNTAX: "syntax_error",
    ErrorCode.FULL: "buffer_full",
    ErrorCode.CANCELLED: "cancelled",
    ErrorCode.NO_SOCKET: "no_socket",
    ErrorCode.NOT_EXECUTABLE: "not_executable",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a frame says. `address`: the camera's, 1-7; 8: all of them, 0: the line itself."""

    kind: Kind
    name: str
    fields: Mapping[str, Value]
    address: int = 1


_SETTINGS = [
    settings(table) for table in (SETTINGS, PICTURE_SETTINGS, MODULE_SETTINGS, LUMENS_SETTINGS)
]
_COMMAND_TABLES = (COMMANDS, PICTURE_COMMANDS, MODULE_COMMANDS, LUMENS_COMMANDS)
_INQUIRY_TABLES = (INQUIRIES, PICTURE_INQUIRIES, MODULE_INQUIRIES, LUMENS_INQUIRIES, BLOCKS)
COMMAND_ROWS = commands("\n".join((*_COMMAND_TABLES, *(said for said, _ in _SETTINGS))))
INQUIRY_ROWS, ANSWER_ROWS = inquiries(  # the answers by their inquiry's name
    "\n".join((*_INQUIRY_TABLES, *(asked for _, asked in _SETTINGS)))
)
NOTICE_ROWS = commands(NOTICES)


def _by_lead(*kinds: tuple[Kind, Iterable[Row]]) -> dict[tuple[int, bytes], list[tuple[Kind, Row]]]:
    """Index rows by their length and the bytes that they begin with."""
    index: dict[tuple[int, bytes], list[tuple[Kind, Row]]] = {}
    for kind, rows in kinds:
        for row in rows:
            index.setdefault((row.size, row.lead), []).append((kind, row))
    return index


def _by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    index: dict[str, list[Row]] = {}
    for row in rows:
        index.setdefault(row.name, []).append(row)
    return index


_REQUESTS = _by_lead(("command", COMMAND_ROWS), ("inquiry", INQUIRY_ROWS))
_COMMANDS, _INQUIRIES, _NOTICES = map(_by_name, (COMMAND_ROWS, INQUIRY_ROWS, NOTICE_ROWS))


def decode(frame: bytes, inquiry: bytes | None = None) -> Said | BadFrame:
    """Say what a frame of either side means; `inquiry`: the frame that a data answer answers.

    BadFrame if it is no frame, if no document has such a message, or if it cannot be the answer. A
    reply that is addressed to somebody else (`91`, as a bridge has sent) is marked `bad_header`.
    """
    if not SHORTEST <= len(frame) <= LONGEST or frame[-1] != END or END in frame[:-1]:
        return BadFrame(frame, "not one frame: 3 to 17 bytes, FF at the end and nowhere else")
    address = frame[0] - 0x80
    if 1 <= address <= BROADCAST:
        return _decode_request(frame, address, frame[1:-1])
    if frame[0] >= 0x90 and frame[0] & 0x0F:
        said = decode(bytes((frame[0] & 0xF0, *frame[1:])), inquiry)
        if isinstance(said, BadFrame):
            return BadFrame(frame, said.why)
        return replace(said, fields={**said.fields, BAD_HEADER: True})
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
    for lead in (body[:3], body[:2]):
        for kind, row in _REQUESTS.get((len(body), lead), ()):
            fields = row.read(body)
            if fields is not None:
                return Said(kind, row.name, fields, address)
    kind = "inquiry" if body[0] == 0x09 else "command"
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
            name = _ERRORS.get(code, "error")
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
    for bit, (places, lowest, width) in BITS.get(name, {}).items():
        first, *others = places.split()
        value = int(fields[first])
        for other in others:
            value = (value & 0x0F) << 4 | int(fields[other]) & 0x0F
        value >>= lowest
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
    address = said.address
    match said.kind, said.name, dict(said.fields):
        case "command", "cancel", {"socket": int(socket), **rest} if not rest:
            if 0 <= socket <= 0x0F:
                yield bytes((0x80 | address, 0x20 | socket, END))
        case "network", "address_set", {"address": int(after), **rest} if not rest:
            if 1 <= after <= BROADCAST:
                yield encode_reply(AddressesSet(after - 1))
        case "network", "network_change", fields if not fields:
            yield encode_reply(NetworkChange(address))
        case "command", name, fields:
            yield from _written(_COMMANDS.get(name, ()), fields, 0x80 | address)
        case "inquiry", name, fields:
            yield from _written(_INQUIRIES.get(name, ()), fields, 0x80 | address)
        case "reply", _, fields:
            yield from _replies(said, fields)


def _replies(said: Said, fields: dict[str, Value]) -> Iterable[bytes]:
    name, address = said.name, said.address
    match name, fields:
        case "ack", {"socket": int(socket), **rest} if not rest:
            yield from _framed(Ack(address, socket))
        case "completion", {"socket": int(socket), **rest} if not rest:
            yield from _framed(Completion(address, socket))
        case _, {"socket": int(socket), "code": int(code), **rest} if not rest:
            if _ERRORS.get(code, "error") == name:
                yield from _framed(Failure(address, socket, code))
        case "notice", {"data": str(data), **rest} if not rest:
            yield from _framed(Notice(address, bytes.fromhex(data)))
        case _, {"data": str(data), **rest} if not rest:
            yield from _framed(Data(address, bytes.fromhex(data)))
        case _:
            header = (address + BROADCAST) << 4
            yield from _written(_NOTICES.get(name, ()), fields, header)
            raw = {key: value for key, value in fields.items() if key not in BITS.get(name, {})}
            rows = [row for row in ANSWER_ROWS.get(name, ()) if row.fields == raw.keys()]
            if rows and fields == raw | _bits(name, raw):
                yield from _written(rows, raw, header, 0x50)


def _framed(reply: Reply) -> Iterable[bytes]:
    frame = encode_reply(reply)
    if decode_reply(frame) == reply:
        yield frame


def _written(rows: Iterable[Row], fields: Mapping[str, Value], *before: int) -> Iterable[bytes]:
    for row in rows:
        body = row.write(fields)
        if body is not None:
            yield bytes((*before, *body, END))
