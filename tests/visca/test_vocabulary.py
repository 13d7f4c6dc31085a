"""The vocabulary against vendors' bytes, both ways, and against noise."""

import tomllib
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roomctl.visca import codec
from roomctl.visca.codec import (
    ANSWER_ROWS,
    COMMAND_ROWS,
    INQUIRY_ROWS,
    NOTICE_ROWS,
    Described,
    Row,
)
from roomctl.visca.frames import BadFrame, decode_reply
from tests.examples import examples

FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS = tomllib.loads((FOLDER / "visca.toml").read_text(encoding="utf-8"))
LISTS = tomllib.loads((FOLDER / "visca_lists.toml").read_text(encoding="utf-8"))["document"]
LISTED = [vector for document in LISTS for vector in document["vectors"]]
ANSWERS = [row for rows in ANSWER_ROWS.values() for row in rows]
INQUIRIES = {row.name: row for row in INQUIRY_ROWS}
REQUESTS = [("command", row) for row in COMMAND_ROWS] + [("inquiry", row) for row in INQUIRY_ROWS]


def frame_of(text: str | None) -> bytes | None:
    return bytes.fromhex(text) if text else None


def in_words(said: Described | BadFrame) -> str:
    assert isinstance(said, Described), said
    words = {True: "yes", False: "no"}
    fields = (f"{k}={words[v] if isinstance(v, bool) else v}" for k, v in said.fields.items())
    return " ".join((said.kind, said.name, *fields))


def question(name: str) -> bytes:
    """Return an inquiry of that name, whatever its own fields."""
    row = INQUIRIES[name]
    fields = {slot.name: 1 for slot in row.slots if slot.name}
    return codec.encode(Described("inquiry", name, fields))


def bodies(row: Row) -> st.SearchStrategy[bytes]:
    """Draw bytes that the row means, and only those."""
    parts = []
    for slot in row.slots:
        if slot.values is not None:
            parts.append(st.sampled_from(sorted(slot.values)).map(lambda byte: bytes((byte,))))
        else:
            digit = st.integers(0, (1 << slot.bits) - 1).filter(lambda byte: byte != 0xFF)
            parts.append(st.lists(digit, min_size=slot.size, max_size=slot.size).map(bytes))
    return st.tuples(*parts).map(b"".join)


def test_the_bytes_of_the_document_say_what_it_says() -> None:
    vectors = VECTORS["vocabulary"]["vector"] + LISTED
    assert len(vectors) > 200
    read = [(vector["bytes"], *read_and_written(vector)) for vector in vectors]
    meant = [(vector["bytes"], vector["says"], vector["bytes"]) for vector in vectors]
    assert [one for one in zip(read, meant, strict=True) if one[0] != one[1]] == []


def read_and_written(vector: dict) -> tuple[str, str]:
    """Return what the bytes of a vector say, and the bytes that say it."""
    frame = bytes.fromhex(vector["bytes"])
    said = codec.decode_datagram(frame, frame_of(vector.get("inquiry")))
    if not isinstance(said, Described):
        return str(said), ""
    over_ip = "seq" in said.fields
    written = codec.encode_datagram(said) if over_ip else codec.encode(said, len(frame))
    return in_words(said), written.hex(" ").upper()


@pytest.mark.parametrize("vector", VECTORS["command"], ids=lambda v: v["source"])
def test_everything_the_driver_says_is_in_the_vocabulary(vector: dict) -> None:
    frame = bytes.fromhex(vector["bytes"])
    said = codec.decode(frame)
    assert isinstance(said, Described)
    assert codec.encode(said, len(frame)) == frame


def extremes(row: Row) -> list[bytes]:
    """Return the lowest and the highest bytes that the row means."""
    ends = []
    for end in (0, -1):
        low_or_high = [
            bytes((sorted(slot.values)[end],))
            if slot.values is not None
            else bytes(((1 << slot.bits) - slot.bits // 8 - 1 if end else 0,)) * slot.size
            for slot in row.slots
        ]
        ends.append(b"".join(low_or_high))
    return ends


def written_and_read(body: bytes, kind: str, row: Row, address: int) -> None:
    frame = bytes((0x80 | address, *body, 0xFF))
    said = codec.decode(frame)
    assert isinstance(said, Described)
    assert (said.kind, said.name, said.address) == (kind, row.name, address)
    assert codec.encode(said, len(frame)) == frame
    assert codec.decode(codec.encode(said)) == said


def answered_and_read(data: bytes, row: Row) -> None:
    frame = bytes((0x90, 0x50, *data, 0xFF))
    said = codec.decode(frame, question(row.name))
    assert isinstance(said, Described)
    assert (said.kind, said.name) == ("reply", row.name)
    assert codec.encode(said, len(frame)) == frame
    assert codec.decode(codec.encode(said), question(row.name)) == said


def test_every_request_survives_the_wire_at_both_ends_of_its_ranges() -> None:
    for kind, row in REQUESTS:
        for body in extremes(row):
            written_and_read(body, kind, row, 7)


def test_every_answer_survives_the_wire_at_both_ends_of_its_ranges() -> None:
    for row in ANSWERS:
        for data in extremes(row):
            answered_and_read(data, row)


@settings(max_examples=examples(300))
@given(request=st.sampled_from(REQUESTS), data=st.data(), address=st.integers(1, 8))
def test_every_request_survives_the_wire(
    request: tuple[str, Row], data: st.DataObject, address: int
) -> None:
    kind, row = request
    written_and_read(data.draw(bodies(row)), kind, row, address)


@settings(max_examples=examples(300))
@given(row=st.sampled_from(ANSWERS), data=st.data())
def test_every_answer_survives_the_wire(row: Row, data: st.DataObject) -> None:
    answered_and_read(data.draw(bodies(row)), row)


@settings(max_examples=examples(50))
@given(row=st.sampled_from(NOTICE_ROWS), data=st.data())
def test_every_notice_survives_the_wire(row: Row, data: st.DataObject) -> None:
    frame = bytes((0xF0, *data.draw(bodies(row)), 0xFF))
    said = codec.decode(frame)
    assert isinstance(said, Described)
    assert (said.name, said.address) == (row.name, 7)
    assert codec.encode(said) == frame


def bytes_of(row: Row) -> list[set[int]]:
    """Return which bytes may stand at each place."""
    places = []
    for slot in row.slots:
        here = set(range(1 << slot.bits)) if slot.values is None else set(slot.values)
        places += [here - {0xFF}] * slot.size
    return places


def overlapping(rows: Iterable[Row]) -> list[str]:
    """Return the pairs of rows that some bytes are both of."""
    known = [(row, bytes_of(row)) for row in rows]
    return [
        f"{row.name} and {other.name}"
        for (row, ours), (other, theirs) in combinations(known, 2)
        if row.size == other.size and all(map(set.intersection, ours, theirs))
    ]


def test_no_bytes_are_two_requests() -> None:
    assert overlapping(row for _, row in REQUESTS) == []
    assert len(overlapping([*COMMAND_ROWS, COMMAND_ROWS[0]])) == 1


def test_no_answer_has_two_meanings() -> None:
    for name, rows in ANSWER_ROWS.items():
        assert overlapping(rows) == [], name


def test_no_inquiry_is_asked_by_two_names() -> None:
    assert len(INQUIRIES) == len(INQUIRY_ROWS) == len(ANSWER_ROWS)


@pytest.mark.parametrize("nibbles", [(4, 4), (5, 4), (5, 5)])
def test_the_length_chooses_among_the_layouts(nibbles: tuple[int, int]) -> None:
    said = Described(
        "command",
        "pan_tilt_relative",
        {"pan_speed": 1, "tilt_speed": 0, "pan": -1, "tilt": -32768},
    )
    frame = codec.encode(said, 7 + sum(nibbles))
    assert set(frame[6 : 6 + nibbles[0]]) == {0x0F}
    assert codec.decode(frame) == said


@pytest.mark.parametrize(
    "fields",
    [
        {"pan_speed": 0, "tilt_speed": 1, "pan_direction": 3, "tilt_direction": 3},
        {"pan_speed": 255, "tilt_speed": 1, "pan_direction": 3, "tilt_direction": 3},
        {"pan_speed": 1, "tilt_speed": 1, "pan_direction": 4, "tilt_direction": 3},
        {"pan_speed": True, "tilt_speed": 1, "pan_direction": 3, "tilt_direction": 3},
        {"pan_speed": 1, "tilt_speed": 1, "pan_direction": 3},
    ],
)
def test_what_does_not_fit_is_not_encoded(fields: dict) -> None:
    with pytest.raises(ValueError, match="no command pan_tilt_drive"):
        codec.encode(Described("command", "pan_tilt_drive", fields))


def test_bits_that_contradict_their_field_are_not_encoded() -> None:
    said = codec.decode(bytes.fromhex("90502101ff"), bytes.fromhex("81090610ff"))
    assert isinstance(said, Described)
    assert (said.fields["left_end"], said.fields["right_end"]) == (True, False)
    assert (said.fields["srg_init"], said.fields["srg_tilt"]) == (2, 1)
    with pytest.raises(ValueError, match="no reply pan_tilt_status"):
        codec.encode(Described("reply", said.name, {**said.fields, "left_end": False}))


def test_the_lens_block_is_read_at_its_documented_places() -> None:
    frame = "90 50 01 02 03 04 0A 0B 01 00 00 00 00 03 04 FF"
    said = codec.decode(bytes.fromhex(frame.replace(" ", "")), bytes.fromhex("81097e7e00ff"))
    assert isinstance(said, Described)
    assert said.fields["zoom"] == 0x1234
    assert said.fields["near_limit_high"] == 0xAB
    assert said.fields["focus"] == 0x1000
    assert said.fields["auto_focus"] is said.fields["digital_zoom"] is True
    assert said.fields["recall_executing"] is True
    assert said.fields["zoom_executing"] is False


def test_a_data_answer_without_its_question_stays_data() -> None:
    said = codec.decode(bytes.fromhex("905002ff"))
    assert said == Described("reply", "data", {"data": "02"})


@pytest.mark.parametrize("header", [0x91, 0x98, 0xF7])
def test_a_reply_to_somebody_else_is_read_and_marked(header: int) -> None:
    said = codec.decode(bytes((header, 0x50, 0x02, 0xFF)), bytes.fromhex("81090400ff"))
    address = (header >> 4) - 8
    assert said == Described("reply", "power", {"on": True, "bad_header": True}, address)
    assert isinstance(decode_reply(bytes((header, 0x50, 0x02, 0xFF))), BadFrame)
    with pytest.raises(ValueError, match="no reply power"):
        codec.encode(said)


@pytest.mark.parametrize(
    "said",
    [
        Described("reply", "ack", {"socket": 16}),
        Described("reply", "ack", {"socket": 1, "code": 2}),
        Described("reply", "syntax_error", {"socket": 0, "code": 3}),
        Described("reply", "data", {"data": "02ff"}),
        Described("reply", "data", {"data": "zz"}),
        Described("reply", "pan_tilt_status", {}),
        Described("command", "cancel", {"socket": 1, "preset": 2}),
        Described("network", "address_set", {"address": 9}, 8),
        Described("command", "no_such_thing", {}),
    ],
)
def test_what_contradicts_itself_is_not_encoded(said: Described) -> None:
    with pytest.raises(ValueError, match=r"no (reply|command|network)|hex"):
        codec.encode(said)


def test_a_bit_may_be_written_as_a_number() -> None:
    frame = bytes.fromhex("8101040002ff")
    assert codec.encode(Described("command", "power", {"on": 1})) == frame
    assert codec.encode(Described("command", "power", {"on": True})) == frame


def test_the_blocks_of_other_families_are_read_beside_each_other() -> None:
    data = "05 00 0c 0c 0b 04 02 00 04 07 00 03 07"
    said = codec.decode(bytes.fromhex(f"9050 {data} ff"), bytes.fromhex("81097e7e04ff"))
    assert isinstance(said, Described)
    assert (said.fields["x400_red_gain"], said.fields["x400_blue_gain"]) == (0xCC, 0xB4)
    assert said.fields["x400_white_balance_mode"] == 5
    assert said.fields["srg_defog"] is False
    assert said.fields["b14"] == 7


def test_af_times_and_digital_zoom_are_read_from_their_block() -> None:
    data = "0A 0B 00 05 0F 0F 38 38 00 25 01 0B 3D"
    said = codec.decode(bytes.fromhex(f"9050 {data} ff"), bytes.fromhex("81097e7e03ff"))
    assert isinstance(said, Described)
    assert said.fields["digital_zoom_position"] == 0xAB
    assert (said.fields["af_move_time"], said.fields["af_interval_time"]) == (5, 255)
    assert (said.fields["noise_reduction"], said.fields["gain_limit"]) == (3, 13)
    assert said.fields["srg_high_sensitivity"] is True


def test_a_version_of_another_make_stays_data() -> None:
    said = codec.decode(b"\x90\x50" + b"\x01" * 11 + b"\xff", bytes.fromhex("81090002ff"))
    assert said == Described("reply", "version", {"data": "01" * 11})


@pytest.mark.parametrize(
    ("frame", "inquiry"),
    [
        ("90500203ff", "81090400ff"),  # too long for a power state
        ("905005ff", "81090400ff"),  # no power state
        ("9050 00120000ff", "81090447ff"),  # 12 is no nibble
        ("9050 000900000002 00ff", "81090612ff"),  # seven nibbles
        ("905002ff", "8101040002ff"),  # a command has no data answer
        ("905002ff", "8109ff"),
        ("905002ff", "8109047eff"),
        ("805002ff", "81090400ff"),
        ("915003 02ff", "81090400ff"),  # marked or not: too long for a power state
        ("8101040004ff", None),
        ("8101060100000303ff", None),
        ("81010602 0c0a 00090000000200ff", None),
        ("8838 00ff", None),
        ("0111000300000001 8101060 4ff", None),
        ("0100000300000001 9041ff", None),
        ("0100000500000001 8801000 1ff", None),
        ("0201000200000001 0f03", None),
        ("", None),
    ],
)
def test_what_no_document_has_is_no_value(frame: str, inquiry: str | None) -> None:
    raw = bytes.fromhex(frame.replace(" ", ""))
    assert isinstance(codec.decode_datagram(raw, frame_of(inquiry)), BadFrame)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 0x41, 0x77])
def test_an_error_is_named_by_its_code(code: int) -> None:
    said = codec.decode(bytes((0x90, 0x61, code, 0xFF)))
    assert isinstance(said, Described)
    assert said.fields == {"socket": 1, "code": code}
    assert (said.name == "error") is (code == 0x77)
    assert codec.encode(said) == bytes((0x90, 0x61, code, 0xFF))


@pytest.mark.parametrize("name", ["sequence_error", "message_type_error"])
def test_a_control_error_is_told_in_either_type(name: str) -> None:
    frame = codec.encode_datagram(Described("network", name, {"seq": 7}, 0))
    assert codec.decode_datagram(frame) == Described("network", name, {"seq": 7}, 0)
    assert codec.decode_datagram(b"\x02\x01" + frame[2:]) == Described(
        "network", name, {"seq": 7}, 0
    )


def test_a_length_field_that_lies_is_not_believed() -> None:
    said = codec.decode_datagram(bytes.fromhex("01000009 00000001 81010604ff".replace(" ", "")))
    assert said == Described("command", "pan_tilt_home", {"seq": 1})


HEADERS = st.sampled_from([b"", b"\x81", b"\x88", b"\x90", b"\xa0", b"\x90\x50", b"\x81\x01\x04"])


@given(
    head=HEADERS,
    noise=st.binary(max_size=20),
    end=st.sampled_from([b"", b"\xff"]),
    inquiry=st.none() | st.sampled_from(sorted(INQUIRIES)).map(question) | st.binary(max_size=8),
)
@example(b"\x90", b"\x50\x00", b"\xff", b"")
def test_any_bytes_say_exactly_those_bytes_or_nothing(
    head: bytes, noise: bytes, end: bytes, inquiry: bytes | None
) -> None:
    frame = head + noise + end
    said = codec.decode(frame, inquiry)
    marked = isinstance(said, Described) and codec.BAD_HEADER in said.fields
    assert isinstance(said, BadFrame) or marked or same(codec.encode(said, len(frame)), frame)
    assert isinstance(codec.decode_datagram(frame, inquiry), Described | BadFrame)


def same(written: bytes, read: bytes) -> bool:
    """Compare, but for the socket in a data answer and the address of a broadcast change."""
    if read[1] & 0xF0 == 0x50 and len(read) > 3:
        return written[2:] == read[2:]
    return written[1:] == read[1:]
