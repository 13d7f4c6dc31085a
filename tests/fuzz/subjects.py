"""What is fuzzed: each subject makes one random case, and raises Breach if the codec fails it.

A subject returns the words that its case is counted under.
"""

import json
import re
from collections.abc import Callable
from random import Random

from roomctl.camera.tools.trace import as_object
from roomctl.cli.visca import read_line
from roomctl.visca import codec, message
from roomctl.visca.codec import ANSWER_ROWS, COMMAND_ROWS, INQUIRY_ROWS, Described
from roomctl.visca.frames import BadFrame, Splitter, decode_reply, encode_reply
from roomctl.visca.message import Addressed, Inquiry, PositionLayout
from roomctl.visca.vocabulary.grammar import Row
from tests.fuzz.damage import damaged, in_pieces, lost_bytes, noise

GOOD, ALSO_GOOD = bytes.fromhex("905002ff"), bytes.fromhex("9041ff")
ROWS = (*COMMAND_ROWS, *INQUIRY_ROWS)
ANSWERS = [row for rows in ANSWER_ROWS.values() for row in rows]
ASKED = {row.name: row for row in INQUIRY_ROWS}
_REPLY = re.compile(
    rb"[\x90\xa0\xb0\xc0\xd0\xe0\xf0]"
    rb"(\x38|[\x40-\x4f]|[\x50-\x5f][^\xff]{0,14}|[\x60-\x6f][^\xff]|\x07[^\xff]{1,14})\xff"
    rb"|\x80\x38\xff|\x88(\x38|\x30[\x01-\x08]|\x01\x00\x01)\xff",
    re.DOTALL,
)


class Breach(AssertionError):
    """The codec did what it must never do."""


def must(kept: bool, what: str, *evidence: bytes | object) -> None:
    if not kept:
        shown = (item.hex(" ") if isinstance(item, bytes) else repr(item) for item in evidence)
        raise Breach(f"{what}: {' | '.join(shown)}")


def body_of(rng: Random, row: Row) -> bytes:
    """Return bytes that the row means."""
    parts = []
    for slot in row.slots:
        if slot.values is not None:
            parts.append(bytes((rng.choice(tuple(slot.values)),)))
        else:
            parts.append(
                bytes(rng.randrange((1 << slot.bits) - slot.bits // 8) for _ in range(slot.size))
            )
    return b"".join(parts)


def request(rng: Random) -> bytes:
    return bytes((rng.randint(0x81, 0x88), *body_of(rng, rng.choice(ROWS)), 0xFF))


def reply(rng: Random) -> bytes:
    header, socket = rng.randint(9, 15) << 4, rng.randint(0, 2)
    match rng.randrange(5):
        case 0:
            return bytes((header, 0x40 | socket, 0xFF))
        case 1:
            return bytes((header, 0x50 | socket, 0xFF))
        case 2:
            return bytes((header, 0x60 | socket, rng.choice((1, 2, 3, 4, 5, 0x41)), 0xFF))
        case 3:
            return bytes((header, 0x38, 0xFF))
    return bytes((header, 0x50, *body_of(rng, rng.choice(ANSWERS)), 0xFF))


def cut_at_ends(stream: bytes) -> list[bytes | None]:
    """Say independently what a splitter must find: a frame, or None for a bad one."""
    pieces = [piece + b"\xff" for piece in stream.split(b"\xff")[:-1]]
    return [piece if 3 <= len(piece) <= 17 else None for piece in pieces]


def from_camera(rng: Random) -> list[str]:
    """Cut a damaged stream of replies: every frame of it, nothing else, and the next good one."""
    stream = damaged(rng, b"".join(reply(rng) for _ in range(rng.randint(0, 5))))
    found = _split(rng, stream + ALSO_GOOD + GOOD)
    must(found[-1] == GOOD, "the next good frame was not found", stream)
    words = []
    for frame in found:
        if isinstance(frame, BadFrame):
            words.append("no frame")
            continue
        meant = decode_reply(frame)
        good = not isinstance(meant, BadFrame)
        must(good == bool(_REPLY.fullmatch(frame)), "a reply that is none, or none that is", frame)
        if not isinstance(meant, BadFrame):
            must(_same_reply(encode_reply(meant), frame), "another reply than was sent", frame)
        words.append("reply" if good else "no reply")
    return words


def _same_reply(written: bytes, read: bytes) -> bool:
    if read[1] & 0xF0 == 0x50 and len(read) > 3:  # some lists print a socket in data answers
        return written[0] == read[0] and written[2:] == read[2:]
    return written == read or (read == b"\x80\x38\xff" and written == b"\x88\x38\xff")


def _split(rng: Random, stream: bytes) -> list[bytes | BadFrame]:
    splitter = Splitter()
    found = [frame for piece in in_pieces(rng, stream) for frame in splitter.feed(piece, 0.0)]
    wanted = cut_at_ends(stream)
    told = [None if isinstance(frame, BadFrame) else frame for frame in found]
    must(told == wanted, "the stream was cut elsewhere", stream, told)
    return found


def broken_off(rng: Random) -> list[str]:
    """Leave a stream in the middle: after the gap the very next frame is found."""
    stream = damaged(rng, b"".join(reply(rng) for _ in range(rng.randint(0, 3))))
    stream = stream[: rng.randrange(len(stream) + 1)]
    splitter = Splitter()
    splitter.feed(stream, 0.0)
    must(splitter.feed(GOOD, 1.0)[-1] == GOOD, "the frame after a gap was not found", stream)
    return ["found"]


def to_camera(rng: Random) -> list[str]:
    """Cut a damaged stream of requests, as a camera does; each says those bytes or is refused."""
    stream = damaged(rng, b"".join(request(rng) for _ in range(rng.randint(0, 4))))
    found = _split(rng, stream + b"\x81\x01\x06\x04\xff" + b"\x81\x09\x04\x00\xff")
    must(message.decode(found[-1]) == Addressed(1, Inquiry.POWER), "the next was not found", stream)
    words = []
    for frame in found:
        meant = BadFrame(b"", "") if isinstance(frame, BadFrame) else message.decode(frame)
        words.append("refused" if isinstance(meant, BadFrame) else "request")
        if not isinstance(meant, BadFrame) and isinstance(frame, bytes):
            must(_said_again(meant, frame) == frame, "another request than was sent", frame)
    return words


def _said_again(meant: Addressed, frame: bytes) -> bytes:
    by_length = {16: PositionLayout.C, 17: PositionLayout.F}
    layout = by_length.get(len(frame), PositionLayout.A)
    return meant.message.encode(meant.address, layout)


def whole_requests(rng: Random) -> list[str]:
    """Read any request of the vocabulary, and write it again."""
    frame = request(rng)
    said = codec.decode(frame)
    must(isinstance(said, Described), "a documented request is unknown", frame)
    assert isinstance(said, Described)
    must(codec.encode(said, len(frame)) == frame, "written otherwise than read", frame, said)
    return [said.kind]


def whole_answers(rng: Random) -> list[str]:
    """Read any answer of the vocabulary, also under a wrong header, and write it again."""
    row = rng.choice(ANSWERS)
    frame = bytes((0x90, 0x50, *body_of(rng, row), 0xFF))
    asked = bytes((0x81, *body_of(rng, ASKED[row.name]), 0xFF))
    said = codec.decode(frame, asked)
    must(isinstance(said, Described), "a documented answer is unknown", frame, asked)
    assert isinstance(said, Described)
    must(codec.encode(said, len(frame)) == frame, "written otherwise than read", frame, said)
    marked = codec.decode(bytes((0x90 | rng.randint(1, 15), *frame[1:])), asked)
    fields = {**said.fields, codec.BAD_HEADER: True}
    must(marked == Described("reply", said.name, fields, 1), "a wrong header was not marked", frame)
    return ["answer"]


def answers_in_part(rng: Random) -> list[str]:
    """Lose or add bytes in the answers that the session lives by: none has a value."""
    layout = rng.choice(tuple(PositionLayout))
    inquiry = rng.choice(tuple(Inquiry))
    place = bytes(rng.randrange(16) for _ in range(layout.pan_nibbles + layout.tilt_nibbles))
    position = inquiry is Inquiry.POSITION
    data = place if position else body_of(rng, ANSWER_ROWS[inquiry.value][0])
    broken = rng.choice((lost_bytes, noise))(rng, data)
    if rng.random() < 0.2:
        broken = data + GOOD[:-1]  # the FF between two answers was lost
    if len(broken) == len(data):
        return ["whole"]
    try:
        if position:
            message.read_position(broken, layout)
        else:
            message.read_answer(inquiry, broken)
    except ValueError:
        return ["no value"]
    raise Breach(f"{inquiry.name} of layout {layout.name} read from {broken.hex(' ')}")


def positions(rng: Random) -> list[str]:
    """Read positions of every width, their ends often, against another way to find the sign."""
    layout = rng.choice(tuple(PositionLayout))
    ends = (0x00000, 0x7FFFF, 0x80000, 0xFFFFF, rng.randrange(1 << 20))
    digits = [
        f"{rng.choice(ends):05x}"[-size:] for size in (layout.pan_nibbles, layout.tilt_nibbles)
    ]
    data = bytes(int(digit, 16) for digit in "".join(digits))
    wanted = tuple(_signed(axis) for axis in digits)
    must(message.read_position(data, layout) == wanted, "another position", data, wanted)
    said = codec.decode(bytes((0x90, 0x50, *data, 0xFF)), bytes.fromhex("81090612ff"))
    must(
        isinstance(said, Described) and tuple(said.fields.values()) == wanted,
        "another position",
        data,
    )
    return [f"{layout.pan_nibbles}+{layout.tilt_nibbles}"]


def _signed(digits: str) -> int:
    whole = bytes.fromhex(digits.ljust(6, "0"))
    return int.from_bytes(whole, "big", signed=True) >> 4 * (6 - len(digits))


def any_bytes(rng: Random) -> list[str]:
    """Read anything, with anything for its question: those bytes, or nothing."""
    start = rng.choice((b"", b"\x81", b"\x88", b"\x90", b"\x91", b"\x90\x50", b"\x81\x01\x04"))
    frame = rng.choice((request, reply))(rng) if rng.random() < 0.6 else start + rng.randbytes(8)
    frame = damaged(rng, frame)
    frame += b"\xff" if rng.random() < 0.9 and not frame.endswith(b"\xff") else b""
    question = rng.choice((None, b"", rng.randbytes(4), request(rng), damaged(rng, request(rng))))
    said = codec.decode(frame, question)
    if isinstance(said, BadFrame):
        return ["refused"]
    if codec.BAD_HEADER in said.fields:
        clean = codec.decode(bytes((frame[0] & 0xF0, *frame[1:])), question)
        fields = {key: value for key, value in said.fields.items() if key != codec.BAD_HEADER}
        must(
            clean == Described(said.kind, said.name, fields, said.address),
            "marked and changed",
            frame,
        )
        return ["marked"]
    must(_same_reply(codec.encode(said, len(frame)), frame), "another meaning", frame, said)
    return [said.kind]


def datagrams(rng: Random) -> list[str]:
    """Read datagrams with any header: what is understood survives being written again."""
    kinds = (b"\x01\x00", b"\x01\x10", b"\x01\x11", b"\x01\x20", b"\x02\x00", b"\x02\x01")
    kind = rng.choice(kinds) if rng.random() < 0.9 else rng.randbytes(2)
    payload = (reply if kind == b"\x01\x11" else request)(rng)
    if kind[0] == 2:
        payload = rng.choice((b"\x01", b"\x0f\x01", b"\x0f\x02", payload))
    if rng.random() < 0.2:
        payload = damaged(rng, payload)
    data = (
        kind
        + rng.choice((b"\x00\x09", len(payload).to_bytes(2, "big")))
        + rng.randbytes(4)
        + payload
    )
    said = codec.decode_datagram(data[: rng.randrange(8)] if rng.random() < 0.05 else data)
    if isinstance(said, BadFrame):
        return ["refused"]
    if codec.BAD_HEADER in said.fields or "seq" not in said.fields:
        return ["marked" if codec.BAD_HEADER in said.fields else "bare"]
    must(codec.decode_datagram(codec.encode_datagram(said)) == said, "another meaning", data, said)
    return [said.kind]


def lines_of_text(rng: Random) -> list[str]:
    """Read what people paste: always one object, and never an exception."""
    frame = rng.choice((request, reply))(rng).hex(rng.choice((" ", ":")), 1)
    text = rng.choice((frame, f"{frame}\t{request(rng).hex()}", frame.upper(), f"0x{frame}"))
    text = text if rng.random() < 0.5 else "".join(rng.choice(text + "\t x-,;\x00é") for _ in text)
    said = json.loads(json.dumps(as_object(read_line(text))))
    must(list(said) in (["error"], ["kind", "name", "fields"]), "no such object", text, said)
    return ["refused" if "error" in said else "understood"]


Subject = Callable[[Random], list[str]]
SUBJECTS: dict[str, Subject] = {
    subject.__name__: subject
    for subject in (
        from_camera,
        broken_off,
        to_camera,
        whole_requests,
        whole_answers,
        answers_in_part,
        positions,
        any_bytes,
        datagrams,
        lines_of_text,
    )
}
