"""The codec against vendors' bytes, in both directions, and against noise."""

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.visca import codec, frames, message
from roomctl.visca.frames import BadFrame, Data, Splitter, decode_reply, encode_reply
from roomctl.visca.message import (
    Absolute,
    Addressed,
    Command,
    Drive,
    Pan,
    PositionLayout,
    Relative,
    Tilt,
    Version,
    decode,
    read_position,
    read_power,
    read_version,
    read_zoom,
)

VECTORS = tomllib.loads(
    (Path(__file__).parents[1] / "vectors" / "visca.toml").read_text(encoding="utf-8")
)
WORDS = {**vars(frames), **vars(message)}
GOOD = bytes.fromhex("905002ff")


def value_of(text: str) -> object:
    value = eval(text, {}, WORDS)
    if isinstance(value, Absolute):  # the documents' degrees come out a fraction of a unit beside
        return Absolute(value.pan_speed, value.tilt_speed, round(value.pan), round(value.tilt))
    return value


@pytest.mark.parametrize("vector", VECTORS["command"], ids=lambda v: v["source"])
def test_commands_are_the_bytes_of_the_document(vector: dict) -> None:
    frame, message = bytes.fromhex(vector["bytes"]), value_of(vector["message"])
    address = vector.get("address", 1)
    assert message.encode(address, PositionLayout[vector.get("layout", "A")]) == frame
    assert decode(frame) == Addressed(address, message)


@pytest.mark.parametrize("vector", VECTORS["reply"], ids=lambda v: v["source"])
def test_replies_are_the_bytes_of_the_document(vector: dict) -> None:
    frame, reply = bytes.fromhex(vector["bytes"]), value_of(vector["message"])
    assert encode_reply(reply) == frame
    assert decode_reply(frame) == reply


@pytest.mark.parametrize("layout", PositionLayout)
@given(data=st.data())
def test_a_position_survives_the_wire_in_every_layout(
    layout: PositionLayout, data: st.DataObject
) -> None:
    pan_half, tilt_half = 1 << 4 * layout.pan_nibbles - 1, 1 << 4 * layout.tilt_nibbles - 1
    pan = data.draw(st.integers(-pan_half, pan_half - 1))
    tilt = data.draw(st.integers(-tilt_half, tilt_half - 1))
    speed = 0 if layout.fixed else 0x14
    for kind in (Absolute, Relative):
        message = kind(0x18, speed, pan, tilt)
        assert decode(message.encode(1, layout)) == Addressed(1, message)
        answer = message.encode(1, layout)[6:-1]  # both carry a position in the same nibbles
        assert read_position(answer, layout) == (pan, tilt)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("00000000", 0),
        ("070f0f0f", 32767),
        ("08000000", -32768),
        ("0f0f0f0f", -1),
        ("0800000000", -524288),
        ("0f07050a08", -0x8A58),
        ("000f0f0f0f", 65535),
    ],
)
def test_the_sign_is_that_of_the_whole_field(data: str, value: int) -> None:
    tilt = bytes(4 if len(data) == 8 else 5)
    layout = PositionLayout.A if len(data) == 8 else PositionLayout.E
    assert read_position(bytes.fromhex(data) + tilt, layout) == (value, 0)


@pytest.mark.parametrize("pan", Pan)
@pytest.mark.parametrize("tilt", Tilt)
def test_no_drive_and_no_stop_has_a_speed_of_0(pan: Pan, tilt: Tilt) -> None:
    for speeds in ((0, 1), (1, 0), (0, 0)):
        with pytest.raises(ValueError, match="never has speed 0"):
            Drive(*speeds, pan, tilt).encode(1)


@pytest.mark.parametrize(
    "frame", ["8101060100000303ff", "8101060118150403ff", "81010602ff", "8101ff"]
)
def test_a_camera_refuses_what_is_no_message(frame: str) -> None:
    assert isinstance(decode(bytes.fromhex(frame)), BadFrame)


@pytest.mark.parametrize("frame", ["915002ff", "805002ff", "9041 90 51ff", "9070ff", "8838 00ff"])
def test_a_reply_that_is_none_has_no_value(frame: str) -> None:
    assert isinstance(decode_reply(bytes.fromhex(frame)), BadFrame)


@pytest.mark.parametrize(
    "read", [lambda d: read_position(d, PositionLayout.A), read_zoom, read_power]
)
@pytest.mark.parametrize("data", [b"\x91\x02", b"\x00\x82\x00\x00", b"\x12" * 8])
def test_an_answer_that_does_not_fit_its_question_is_no_value(read, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"bytes|does not answer"):
        read(data)


def test_a_version_names_vendor_and_model_and_another_length_is_an_unknown_make() -> None:
    version = read_version(bytes.fromhex("00010513010402"))
    assert version == Version(1, 0x0513, 0x0104, 2)
    assert version.identity == "0001:0513"
    assert read_version(bytes(11)) is None


def test_frames_that_come_together_or_in_pieces_are_told_apart() -> None:
    splitter = Splitter()
    together = bytes.fromhex("9042ff9052ff90")
    assert splitter.feed(together, 0.0) == [b"\x90\x42\xff", b"\x90\x52\xff"]
    assert splitter.feed(b"\x50\x02", 0.01) == []
    assert splitter.feed(b"\xff", 0.02) == [GOOD]


def test_a_frame_that_breaks_off_is_dropped_after_the_gap() -> None:
    splitter = Splitter(gap_s=0.05)
    splitter.feed(b"\x90\x50", 0.0)
    broken, good = splitter.feed(GOOD, 0.06)
    assert isinstance(broken, BadFrame)
    assert good == GOOD


def test_a_run_without_an_end_is_dropped_and_the_next_frame_found() -> None:
    splitter = Splitter()
    assert splitter.feed(b"\x90" * 400, 0.0) == []
    bad, good = splitter.feed(b"\xff" + GOOD, 0.0)
    assert isinstance(bad, BadFrame)
    assert good == GOOD


def test_seventeen_bytes_are_a_frame_and_eighteen_are_not() -> None:
    longest = b"\x90" + b"\x01" * 15 + b"\xff"
    assert Splitter().feed(longest, 0.0) == [longest]
    assert isinstance(Splitter().feed(b"\x90" + longest, 0.0)[0], BadFrame)


@given(noise=st.binary(max_size=80), cuts=st.lists(st.integers(0, 90), max_size=6))
def test_after_any_noise_however_split_the_next_good_frame_is_found(
    noise: bytes, cuts: list[int]
) -> None:
    splitter, stream = Splitter(), noise + b"\xff" + GOOD
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    found = [
        frame for start, end in pairwise(edges) for frame in splitter.feed(stream[start:end], 0.0)
    ]
    assert found[-1] == GOOD
    assert decode_reply(GOOD) == Data(1, b"\x02")


LENS = bytes.fromhex("9050000000000f00030a0a0a000400ff")  # captured from an FCB-ER8550
LENS_INQUIRY = bytes.fromhex("81097e7e00ff")


@pytest.mark.parametrize(
    "damaged",
    [
        LENS[:5] + LENS[9:],  # bytes lost inside the frame
        LENS[:-1] + LENS,  # the FF between two frames lost: 31 bytes
        LENS[3:],  # a tail without its header
        LENS[:-1] * 3,  # no FF at all
    ],
    ids=["lost", "merged", "tail", "endless"],
)
@pytest.mark.parametrize("cut", [1, 7, 100])
def test_damage_seen_on_rs_232_has_no_value_and_costs_no_later_frame(
    damaged: bytes, cut: int
) -> None:
    splitter, stream = Splitter(), damaged + b"\xff" * (damaged[-1] != 0xFF) + GOOD
    pieces = [stream[at : at + cut] for at in range(0, len(stream), cut)]
    *bad, good = [frame for piece in pieces for frame in splitter.feed(piece, 0.0)]
    assert good == GOOD
    assert bad
    for frame in bad:
        asked = isinstance(frame, bytes) and codec.decode(frame, LENS_INQUIRY)
        assert not isinstance(asked, codec.Described)


STOP = bytes.fromhex("8101060118140303ff")


@given(
    lost=st.integers(0, 8), count=st.integers(1, 8), cuts=st.lists(st.integers(0, 30), max_size=4)
)
def test_a_damaged_move_is_no_move_and_the_stop_after_it_is_found(
    lost: int, count: int, cuts: list[int]
) -> None:
    move = bytes.fromhex("8101060118140102ff")
    splitter, stream = Splitter(), move[:lost] + move[lost + count :] + STOP + STOP
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    found = [
        frame for start, end in pairwise(edges) for frame in splitter.feed(stream[start:end], 0.0)
    ]
    assert found[-1] == STOP
    moves = [decode(frame) for frame in found if isinstance(frame, bytes)]
    still = Drive(0x18, 0x14, Pan.STILL, Tilt.STILL)
    assert all(
        move.message == still
        for move in moves
        if isinstance(move, Addressed) and isinstance(move.message, Drive)
    )


@pytest.mark.parametrize("layout", PositionLayout)
def test_limits_are_written_in_the_layout_of_the_camera(layout: PositionLayout) -> None:
    place = (("corner", 1), ("pan", -5), ("tilt", 7))
    for setting in (
        Command("pan_tilt_limit_set", place),
        Command("pan_tilt_limit_clear", place[:1]),
    ):
        frame = setting.encode(1, layout)
        assert len(frame) == 7 + layout.pan_nibbles + layout.tilt_nibbles
        assert decode(frame) == Addressed(1, setting)


@pytest.mark.parametrize("value", [1, True])
def test_a_bit_of_a_setting_may_be_a_number(value: int) -> None:
    frame = bytes.fromhex("8101043802ff")
    assert Command("focus_mode", (("auto", value),)).encode(1) == frame
    assert decode(frame) == Addressed(1, Command("focus_mode", (("auto", 1),)))


@given(st.binary(max_size=20))
def test_any_bytes_are_a_message_that_says_those_bytes_or_a_bad_frame(data: bytes) -> None:
    reply = decode_reply(data)
    assert isinstance(reply, BadFrame) or encode_reply(reply)[1:] == data[1:]
    assert isinstance(decode(data), Addressed | BadFrame)


MESSAGES = st.one_of(
    st.just(message.ClearAll()),
    st.just(message.Home()),
    st.builds(message.Cancel, st.integers(0, 15)),
    st.builds(message.Power, st.booleans()),
    st.builds(
        Drive, st.integers(1, 254), st.integers(1, 254), st.sampled_from(Pan), st.sampled_from(Tilt)
    ),
    st.builds(Absolute, *[st.integers(1, 254)] * 2, *[st.integers(-0x8000, 0x7FFF)] * 2),
    st.builds(Relative, *[st.integers(1, 254)] * 2, *[st.integers(-0x8000, 0x7FFF)] * 2),
    st.builds(message.ZoomDrive, st.sampled_from(message.Zoom), st.integers(0, 7)),
    st.builds(message.FocusDrive, st.sampled_from(message.Focus), st.integers(0, 7)),
    st.builds(message.ZoomTo, st.integers(0, 0xFFFF)),
    st.builds(message.FocusTo, st.integers(0, 0xFFFF)),
    st.builds(message.Preset, st.sampled_from(message.PresetAction), st.integers(0, 254)),
    st.sampled_from(message.Inquiry),
)


@given(said=MESSAGES, address=st.integers(1, 7), layout=st.sampled_from(PositionLayout))
def test_what_a_message_writes_itself_is_what_the_vocabulary_writes(
    said: message.Message, address: int, layout: PositionLayout
) -> None:
    frame = said.encode(address, layout)
    described = codec.decode(frame)
    assert isinstance(described, codec.Described)
    assert codec.encode(described, len(frame)) == frame
    assert described.address == address


@pytest.mark.parametrize(
    "said",
    [
        Drive(0, 1, Pan.LEFT, Tilt.UP),
        Drive(1, 255, Pan.LEFT, Tilt.UP),
        Absolute(0, 1, 0, 0),
        Absolute(1, 1, 0x8000, 0),
        Relative(1, 255, 0, 0),
        Relative(1, 1, 0, -0x8001),
        message.ZoomTo(0x10000),
        message.ZoomDrive(message.Zoom.TELE, 16),
        message.FocusTo(-1),
        message.Preset(message.PresetAction.SET, 255),
        message.Cancel(16),
        Command("focus_mode", (("auto", 2),)),
        Command("no_such_command"),
    ],
    ids=repr,
)
def test_a_number_that_does_not_fit_is_never_written(said: message.Message) -> None:
    with pytest.raises(
        ValueError, match=r"Drive|Absolute|Relative|Zoom|Focus|Preset|Cancel|no command"
    ):
        said.encode(1, PositionLayout.A)
