import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.screen.protocol import (
    LONGEST_LINE,
    AskAll,
    CaptureSwitch,
    ClearPage,
    DisplayRole,
    DisplayState,
    DisplayTouched,
    Heartbeat,
    HeedDisplay,
    InvalidMessage,
    LeaveMeeting,
    MeetingPage,
    MessageReader,
    MicrophoneLevel,
    OpenMeeting,
    PagePhase,
    PlayTone,
    PreferDevice,
    ReportLevel,
    ReportVoice,
    RtcStats,
    ScreenHello,
    ScreenReason,
    SetGain,
    SetMute,
    SetVolume,
    ShowPage,
    SoundState,
    SwitchDisplay,
    ToneResult,
    ToneVerdict,
    VoiceHeard,
    WantPages,
    decode,
    encode,
)

MESSAGES = [
    OpenMeeting(7, "https://例え.example/j/1?pwd=geheim#t", "https://example.com", True, "竹 Room"),
    LeaveMeeting(7),
    ClearPage(),
    ShowPage(DisplayRole.ROOM, "http://127.0.0.1:8080/screen#pair=geheim", "HDMI-A-1"),
    ShowPage(DisplayRole.PANEL, None, None),
    ShowPage(DisplayRole.ROOM, None, None, "/dev/cec0"),
    SetMute(True),
    SetVolume(55),
    SetGain(70),
    PreferDevice("1-1.4", 0x0B0E, 0x2456),
    PreferDevice(None, None, None),
    SwitchDisplay(False),
    AskAll(),
    ScreenHello("0.1.0", "kiosk", "Chromium 156.0.8078.79"),
    MeetingPage(7, PagePhase.OPEN, "example.com", None, RtcStats(2, 1, 10, 20, False)),
    MeetingPage(7, PagePhase.FAILED, None, ScreenReason.NETWORK),
    SoundState(False, None, None, ScreenReason.NO_SOUND_SERVER),
    SoundState(True, True, 40, None, CaptureSwitch.OFF, 90, "Webcam", False, True),
    ReportLevel(5),
    MicrophoneLevel(7),
    ReportVoice(6),
    VoiceHeard(True),
    VoiceHeard(None),
    PlayTone(3),
    ToneResult(3, ToneVerdict.HEARD, 40, 2),
    ToneResult(4, ToneVerdict.NO_MICROPHONE),
    DisplayState(None),
    HeedDisplay(9, True),
    DisplayTouched(),
    WantPages(),
    Heartbeat(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message):
    assert MessageReader().feed(encode(message)) == [message]


def test_a_line_is_what_the_document_says():
    assert encode(SetMute(True)) == b'{"type":"set_mute","on":true}\n'


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b'{"type":"sing"}',
        b'{"type":["open_meeting"]}',
        b'{"on":true}',
        b'{"type":"set_mute"}',
        b'{"type":"set_mute","on":1}',
        b'{"type":"set_mute","on":true,"more":1}',
        b'{"type":"set_volume","pct":101}',
        b'{"type":"set_volume","pct":true}',
        b'{"type":"set_volume","pct":5.0}',
        b'{"type":"leave_meeting","id":-1}',
        b'{"type":"leave_meeting","id":9007199254740993}',
        b'{"type":"meeting_page","id":1,"phase":"dancing","host":null,"reason":null,"rtc":null}',
        b'{"type":"meeting_page","id":1,"phase":"open","host":null,"reason":null,"rtc":{"connected":1}}',
        b'{"type":"meeting_page","id":1,"phase":"open","host":"\\ud800","reason":null,"rtc":null}',
        b"[" * 30_000,
        b'{"type":"display_state","on":' + b"9" * 5000 + b"}",
    ],
    ids=lambda line: line[:40].decode(errors="replace"),
)
def test_a_line_that_is_no_message_is_strange(line):
    assert isinstance(decode(line), InvalidMessage)


@given(st.binary(max_size=2000))
def test_no_bytes_raise(data):
    MessageReader().feed(data)
    decode(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(MESSAGES), st.data())
def test_no_value_in_any_field_raises(message, data):
    fields = json.loads(encode(message))
    spoiled = data.draw(st.sampled_from(sorted(fields)))
    fields[spoiled] = data.draw(json_values)
    line = json.dumps(fields).encode()
    found = decode(line)
    assert isinstance(found, InvalidMessage) or decode(encode(found)) == found


@given(st.lists(st.sampled_from(MESSAGES), max_size=6), st.data())
def test_messages_do_not_depend_on_how_the_bytes_are_cut(messages, data):
    stream = b"".join(encode(message) for message in messages)
    lines, found = MessageReader(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += lines.feed(stream[:cut])
        stream = stream[cut:]
    assert found == messages


def test_an_endless_line_takes_no_memory_and_the_next_one_is_read():
    lines = MessageReader()
    found = [got for _ in range(100) for got in lines.feed(b"x" * LONGEST_LINE)]
    assert [type(got) for got in found] == [InvalidMessage]
    assert len(lines._held) == 0
    assert lines.feed(b"x\n" + encode(Heartbeat())) == [Heartbeat()]


def test_a_message_longer_than_a_line_is_not_sent():
    with pytest.raises(ValueError, match="allowed 65536"):
        encode(
            OpenMeeting(1, "https://example.com/" + "x" * LONGEST_LINE, "https://e.com", True, "")
        )


def test_a_link_is_never_shown():
    order = OpenMeeting(
        1, "https://user:pw@zoom.example/j/9?pwd=geheim", "https://e.com", True, "Room"
    )
    assert repr(order) == "OpenMeeting(id=1, host='zoom.example', assisted=True)"
    assert "geheim" not in f"{order} {[order]}"


def test_what_was_strange_is_not_quoted():
    found = decode(b'{"type":"open_meeting","url":"https://e.com/?pwd=geheim"}')
    assert isinstance(found, InvalidMessage)
    assert "geheim" not in found.why


def test_a_pages_address_is_not_shown_for_it_pairs():
    stand = ShowPage(DisplayRole.PANEL, "http://127.0.0.1/#pair=geheim", "DSI-1")
    assert "geheim" not in f"{stand} {[stand]}"
    assert "DSI-1" in repr(stand)
