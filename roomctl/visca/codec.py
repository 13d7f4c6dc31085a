"""Any VISCA frame in words, and back: the whole documented vocabulary, for both ends of a line.

Knows no port, no clock and no camera model. The driver speaks in `message`'s messages; this is for
looking at a line: traces, captures, other people's controllers. The rows stand in `vocabulary`;
frames and answers without data are `frames`' business.

Names are the field's words in snake_case, subject first: `zoom_tele`, `preset_recall`,
`pan_tilt_absolute`. An inquiry and the answer to it carry the name of what they ask for, so `kind`
tells `power` the command from `power` the answer. Values are the raw integers of the wire, in the
camera's units and signs; a bit is a boolean.

AddressSet and network change are the line's own business, `network` (over IP its control messages
too). IF_Clear is a command also when it goes to all, and when it comes back round the ring: Sony's
lists have it beside the commands, and its bytes are those of the command.

Nothing in a data answer says what it answers: without its inquiry it stays `data`. So does a
version of unknown form, and an answer that differs by model.

Over IP (Sony) a message has a header: type (2), length (2), sequence (4), payload; the numbers are
kept by `ip`. The length is not believed: an AVer camera always says 9.

| type    | payload                                                                      |
|---------|------------------------------------------------------------------------------|
| `01 00` | command; some senders put inquiries here too                                 |
| `01 10` | inquiry                                                                      |
| `01 11` | reply                                                                        |
| `01 20` | device setting: IF_Clear                                                     |
| `02 00` | control: `01` reset, `0F 01` bad sequence number, `0F 02` bad message type   |
| `02 01` | control reply, as control                                                    |

Sources: Sony SRG-300H manual p.31; BRC-X400 command list p.10-13.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from roomctl.frozen import frozen
from roomctl.visca.frames import (
    BROADCAST,
    END,
    LONGEST,
    SHORTEST,
    Ack,
    AddressesSet,
    AllCleared,
    BadFrame,
    ChangeNotice,
    Completion,
    Data,
    ErrorCode,
    ErrorMessage,
    NetworkChange,
    Reply,
    decode_reply,
    encode_reply,
)
from roomctl.visca.vocabulary import blocks, makers, picture
from roomctl.visca.vocabulary import commands as core
from roomctl.visca.vocabulary.grammar import Row, commands, inquiries, settings
from roomctl.visca.vocabulary.grammar import Value as Value

MessageKind: TypeAlias = Literal["command", "inquiry", "reply", "network"]

BAD_HEADER = "bad_header"
_ERRORS: dict[int, str] = {
    ErrorCode.LENGTH: "message_length_error",
    ErrorCode.SYNTAX: "syntax_error",
    ErrorCode.FULL: "buffer_full",
    ErrorCode.CANCELLED: "cancelled",
    ErrorCode.NO_SOCKET: "no_socket",
    ErrorCode.NOT_EXECUTABLE: "not_executable",
}


@frozen
class Described:
    """A frame in words. `address`: the camera's, 1-7; 8: all of them, 0: the line itself."""

    kind: MessageKind
    name: str
    fields: Mapping[str, Value]
    address: int = 1


_SETTINGS = [
    settings(table)
    for table in (
        core.SETTINGS,
        picture.PICTURE_SETTINGS,
        makers.MODULE_SETTINGS,
        makers.LUMENS_SETTINGS,
    )
]
_COMMAND_TABLES = (
    core.COMMANDS,
    picture.PICTURE_COMMANDS,
    makers.MODULE_COMMANDS,
    makers.LUMENS_COMMANDS,
)
_INQUIRY_TABLES = (
    core.INQUIRIES,
    picture.PICTURE_INQUIRIES,
    makers.MODULE_INQUIRIES,
    makers.LUMENS_INQUIRIES,
    blocks.BLOCKS,
)
COMMAND_ROWS = commands("\n".join((*_COMMAND_TABLES, *(command for command, _ in _SETTINGS))))
INQUIRY_ROWS, ANSWER_ROWS = inquiries(  # the answers by their inquiry's name
    "\n".join((*_INQUIRY_TABLES, *(asked for _, asked in _SETTINGS)))
)
NOTICE_ROWS = commands(blocks.NOTICES)


def _by_lead(
    *kinds: tuple[MessageKind, Iterable[Row]],
) -> dict[tuple[int, bytes], list[tuple[MessageKind, Row]]]:
    """Index rows by their length and the bytes that they begin with."""
    index: dict[tuple[int, bytes], list[tuple[MessageKind, Row]]] = {}
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


def decode(frame: bytes, inquiry: bytes | None = None) -> Described | BadFrame:
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
        found = decode(bytes((frame[0] & 0xF0, *frame[1:])), inquiry)
        if isinstance(found, BadFrame):
            return BadFrame(frame, found.why)
        return replace(found, fields={**found.fields, BAD_HEADER: True})
    reply = decode_reply(frame)
    if isinstance(reply, Data) and inquiry is not None:
        return _decode_answer(frame, reply, inquiry)
    return reply if isinstance(reply, BadFrame) else _reply(reply)


def _decode_request(frame: bytes, address: int, body: bytes) -> Described | BadFrame:
    if address == BROADCAST and (body[0] in (0x30, 0x38)):
        reply = decode_reply(frame)
        return reply if isinstance(reply, BadFrame) else _reply(reply)
    if len(body) == 1 and body[0] >> 4 == 0x2:
        return Described("command", "cancel", {"socket": body[0] & 0x0F}, address)
    for lead in (body[:3], body[:2]):
        for kind, row in _REQUESTS.get((len(body), lead), ()):
            fields = row.read(body)
            if fields is not None:
                return Described(kind, row.name, fields, address)
    kind = "inquiry" if body[0] == 0x09 else "command"
    return BadFrame(frame, f"unknown {kind} {body.hex(' ').upper()}")


def _reply(reply: Reply) -> Described:
    match reply:
        case Ack(address, socket):
            return Described("reply", "ack", {"socket": socket}, address)
        case Completion(address, socket):
            return Described("reply", "completion", {"socket": socket}, address)
        case Data(address, data):
            return Described("reply", "data", {"data": data.hex()}, address)
        case ErrorMessage(address, socket, code):
            name = _ERRORS.get(code, "error")
            return Described("reply", name, {"socket": socket, "code": code}, address)
        case NetworkChange(address):
            return Described("network", "network_change", {}, address)
        case ChangeNotice(address, data):
            for row in NOTICE_ROWS:
                fields = row.read(b"\x07" + data)
                if fields is not None:
                    return Described("reply", row.name, fields, address)
            return Described("reply", "notice", {"data": data.hex()}, address)
        case AddressesSet(cameras):
            return Described("network", "address_set", {"address": cameras + 1}, BROADCAST)
        case AllCleared():
            return Described("command", "if_clear", {}, BROADCAST)


def _decode_answer(frame: bytes, reply: Data, inquiry: bytes) -> Described | BadFrame:
    question = decode(inquiry)
    if isinstance(question, BadFrame):
        return BadFrame(frame, f"the inquiry: {question.why}")
    if question.kind != "inquiry":
        return BadFrame(frame, f"{question.name} is a {question.kind}: no data answers it")
    name, forms = question.name, ANSWER_ROWS[question.name]
    for row in forms:
        fields = row.read(reply.data)
        if fields is not None:
            return Described("reply", name, fields | _bits(name, fields), reply.address)
    if forms and name != "version":  # a version of another form is an unknown make, no error
        return BadFrame(frame, f"{reply.data.hex(' ').upper()} does not answer {name}")
    return Described("reply", name, {"data": reply.data.hex()}, reply.address)


def _bits(name: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for bit, (places, lowest, width) in blocks.BITS.get(name, {}).items():
        first, *others = places.split()
        value = int(fields[first])
        for other in others:
            value = (value & 0x0F) << 4 | int(fields[other]) & 0x0F
        value >>= lowest
        found[bit] = value & (1 << width) - 1 if width else bool(value & 1)
    return found


def encode(found: Described, length: int | None = None) -> bytes:
    """Return the frame that says it: the shortest form that holds the fields, or of `length` bytes.

    Raises ValueError if no form has that name and exactly those fields, or a value does not fit.
    """
    for frame in _frames(found):
        if length in (None, len(frame)):
            return frame
    raise ValueError(f"no {found.kind} {found.name} with {dict(found.fields)}")


def body(
    kind: MessageKind, name: str, fields: Mapping[str, Value], size: int | None = None
) -> bytes:
    """Return the bytes between header and FF of a command or an inquiry, shortest form first.

    `size`: how many they must be, where a model decides. ValueError as `encode`.
    """
    for row in (_COMMANDS if kind == "command" else _INQUIRIES).get(name, ()):
        if size in (None, row.size) and (written := row.write(fields)) is not None:
            return written
    raise ValueError(f"no {kind} {name} with {dict(fields)}")


def _frames(found: Described) -> Iterable[bytes]:
    address = found.address
    match found.kind, found.name, dict(found.fields):
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
            yield from _replies(found, fields)


def _replies(found: Described, fields: dict[str, Value]) -> Iterable[bytes]:
    name, address = found.name, found.address
    match name, fields:
        case "ack", {"socket": int(socket), **rest} if not rest:
            yield from _framed(Ack(address, socket))
        case "completion", {"socket": int(socket), **rest} if not rest:
            yield from _framed(Completion(address, socket))
        case _, {"socket": int(socket), "code": int(code), **rest} if not rest:
            if _ERRORS.get(code, "error") == name:
                yield from _framed(ErrorMessage(address, socket, code))
        case "notice", {"data": str(data), **rest} if not rest:
            yield from _framed(ChangeNotice(address, bytes.fromhex(data)))
        case _, {"data": str(data), **rest} if not rest:
            yield from _framed(Data(address, bytes.fromhex(data)))
        case _:
            header = (address + BROADCAST) << 4
            yield from _written(_NOTICES.get(name, ()), fields, header)
            raw = {
                key: value for key, value in fields.items() if key not in blocks.BITS.get(name, {})
            }
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


# Datagrams.

HEADER = 8
_KINDS: dict[bytes, Sequence[MessageKind]] = {
    b"\x01\x00": ("command", "inquiry"),
    b"\x01\x10": ("inquiry",),
    b"\x01\x11": ("reply",),
    b"\x01\x20": ("command",),
}
_CONTROL = {
    (b"\x02\x00", b"\x01"): "reset",
    (b"\x02\x01", b"\x01"): "reset_reply",
    (b"\x02\x00", b"\x0f\x01"): "sequence_error",
    (b"\x02\x01", b"\x0f\x01"): "sequence_error",
    (b"\x02\x00", b"\x0f\x02"): "message_type_error",
    (b"\x02\x01", b"\x0f\x02"): "message_type_error",
}
_TYPES: dict[MessageKind, bytes] = {
    "command": b"\x01\x00",
    "inquiry": b"\x01\x10",
    "reply": b"\x01\x11",
}


def decode_datagram(data: bytes, inquiry: bytes | None = None) -> Described | BadFrame:
    """Say what a frame or a datagram means; a datagram's fields have `seq` too."""
    if inquiry is not None and _has_header(inquiry):
        inquiry = inquiry[HEADER:]
    if not _has_header(data):
        return decode(data, inquiry)
    kind, payload = data[:2], data[HEADER:]
    seq = int.from_bytes(data[4:HEADER], "big")
    if kind not in _KINDS:
        name = _CONTROL.get((kind, payload))
        if name is None:
            return BadFrame(data, "unknown control message")
        return Described("network", name, {"seq": seq}, address=0)
    found = decode(payload, inquiry)
    if isinstance(found, BadFrame):
        return BadFrame(data, found.why)
    if found.kind not in _KINDS[kind] or found.address == BROADCAST:
        return BadFrame(data, f"{found.name} does not belong into type {kind.hex(' ')}")
    return replace(found, fields={**found.fields, "seq": seq})


def _has_header(data: bytes) -> bool:
    return len(data) > HEADER and (data[:2] in _KINDS or data[0] == 0x02)


def encode_datagram(found: Described) -> bytes:
    """Return the datagram for `found`, whose fields have `seq`; ValueError as `encode`."""
    fields = dict(found.fields)
    seq = int(fields.pop("seq")).to_bytes(4, "big")
    if found.kind == "network":
        for (kind, payload), name in _CONTROL.items():
            if name == found.name:
                return kind + len(payload).to_bytes(2, "big") + seq + payload
        raise ValueError(f"{found.name} does not exist over IP")
    payload = encode(replace(found, fields=fields))
    return _TYPES[found.kind] + len(payload).to_bytes(2, "big") + seq + payload
