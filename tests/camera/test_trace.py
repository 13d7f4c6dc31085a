"""Traces: kept, written with their meaning, read again, and replayed as tests.

Every `tests/traces/*.trace` is a test by being there; `# ends:` says what it must end with.
"""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.camera.profile import shipped
from roomctl.camera.tools.trace import Trace, TraceReader, in_words, lines, objects, parse
from roomctl.clock import Moment
from roomctl.errors import RoomctlError
from roomctl.wire import Record, Ring
from tests.camera.replay import Replayed, expected, replay
from tests.examples import examples
from tests.traces import record as recording
from tests.traces.record import SCENES

TRACES = sorted(Path(recording.__file__).parent.glob("*.trace"))
NOW = Moment(100.0, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), synced=True)


def read(path: Path) -> Trace:
    return parse(path.read_text(encoding="utf-8"))


def out(at: float, data: str) -> Record:
    return Record(at, "out", bytes.fromhex(data))


def heard(at: float, data: str) -> Record:
    return Record(at, "in", bytes.fromhex(data))


def meanings(*records: Record) -> list[str]:
    reader = TraceReader()
    return [in_words(found) for record in records for found in reader.read(record)]


# The ring.


def test_a_ring_forgets_the_oldest_by_their_number_and_by_their_bytes() -> None:
    few, small = Ring(entries=3), Ring(largest=10)
    for number in range(6):
        few.note(Record(number, "in", b"x"))
        small.note(Record(number, "in", b"xxxx"))
    assert [record.at for record in few.records()] == [3, 4, 5]
    assert [record.at for record in small.records()] == [4, 5]


def test_a_ring_gives_what_was_read_before_what_was_written_later() -> None:
    ring = Ring()
    for record in (out(2.0, "8101060118170303ff"), heard(1.5, "9041ff")):
        ring.note(record)
    assert [record.direction for record in ring.records()] == ["in", "out"]


# Meaning.


def test_an_answer_is_read_by_its_question() -> None:
    assert meanings(
        out(0, "81090400ff"), heard(1, "905003ff"), out(2, "81090447ff"), heard(3, "905000000102ff")
    ) == [
        "camera 1: inquiry power",
        "camera 1: reply power on=no",
        "camera 1: inquiry zoom",
        "camera 1: reply zoom position=18",
    ]


def test_an_answer_that_comes_in_pieces_has_its_meaning_where_it_ends() -> None:
    reader = TraceReader()
    pieces = (out(0, "81090400ff"), heard(1, "9050"), heard(1.01, "02ff9041ff"))
    assert [[in_words(found) for found in reader.read(piece)] for piece in pieces] == [
        ["camera 1: inquiry power"],
        [],
        ["camera 1: reply power on=yes", "camera 1: reply ack socket=1"],
    ]


def test_answers_of_several_cameras_and_numbered_ones_find_their_own_questions() -> None:
    assert meanings(
        out(0, "81090400ff"), out(0, "82090447ff"), heard(1, "a05000000000ff"), heard(1, "905002ff")
    )[2:] == ["camera 2: reply zoom position=0", "camera 1: reply power on=yes"]
    opened = Record(0, "open", note="visca-ip://192.0.2.8")
    ask, answer = "01100005{:08x}81090400ff", "01110004{:08x}905002ff"
    assert meanings(
        opened,
        out(0, ask.format(7)),
        out(1, "0110000500000008 81090447ff"),
        heard(2, answer.format(7)),
    )[2:] == ["camera 1: reply power on=yes seq=7"]


def test_a_lone_camera_may_answer_as_another_and_nonsense_is_named() -> None:
    assert meanings(out(0, "81090400ff"), heard(1, "a05002ff"))[1] == "camera 2: reply power on=yes"
    assert meanings(heard(0, "9041"), heard(1, "9041ff"))[0] == "error: broken off"
    assert meanings(heard(0, "777777ff"))[0].startswith("error: ")


# Writing and reading.


def test_a_line_has_time_direction_bytes_wall_clock_and_meaning() -> None:
    records = (
        Record(90.0, "open", note="serial:/dev/ttyUSB0"),
        out(98.5, "81090400ff"),
        heard(98.75, "905002ff"),
        Record(99.0, "lost", note="the line is gone\n(EIO)"),
    )
    assert list(lines(records, NOW, {"profile": "sony_srg300h"})) == [
        "# profile: sony_srg300h",
        "90.000000\topen\t\t2026-03-02T08:59:50.000Z\tserial:/dev/ttyUSB0",
        "98.500000\tout\t81090400ff\t2026-03-02T08:59:58.500Z\tcamera 1: inquiry power",
        "98.750000\tin\t905002ff\t2026-03-02T08:59:58.750Z\tcamera 1: reply power on=yes",
        "99.000000\tlost\t\t2026-03-02T08:59:59.000Z\tthe line is gone (EIO)",
    ]


def test_an_object_has_the_same_for_programs() -> None:
    asked, answered = objects((out(98.5, "81090400ff"), heard(98.75, "905002ff")), NOW)
    assert asked["means"] == [{"kind": "inquiry", "name": "power", "fields": {}}]
    assert answered == {
        "at": 98.75,
        "wall": "2026-03-02T08:59:58.750Z",
        "direction": "in",
        "hex": "905002ff",
        "note": "",
        "means": [{"kind": "reply", "name": "power", "fields": {"on": True}}],
    }


def test_what_was_written_is_read_again_and_so_are_three_cells_alone() -> None:
    records = (Record(1.0, "open", note="tcp://h:1"), out(1.5, "81090400ff"))
    trace = parse("\n".join(lines(records, NOW, {"camera": "front", "profile": "vhd_oem"})))
    assert (tuple(trace.records), trace.facts) == (
        records,
        {"camera": "front", "profile": "vhd_oem"},
    )
    assert parse("1.5\tout\t81 09 04 00 FF\n\n").records == list(records[1:])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1.0", "line 2: not time, direction and bytes"),
        ("soon\tin\t9041ff", "line 2: 'soon' is not a time"),
        ("nan\tin\t9041ff", "line 2: 'nan' is not a time"),
        ("1.0\tup\t9041ff", "line 2: 'up' is not a direction; they are in, out, open, lost"),
        ("1.0\tin\t904", "line 2: '1.0' is not a time, or '904' is not hex"),
    ],
)
def test_a_line_that_is_none_is_named(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(f"# a trace\n{line}\n")


def test_each_opening_begins_a_section_with_a_time_of_its_own() -> None:
    text = "9\topen\n9.2\tout\t81ff\n9.1\tin\t90ff\n1\topen\n2\tlost\n"
    first, second = parse(text).sections()
    assert [record.at for record in first] == [9, 9.1, 9.2]
    assert [record.at for record in second] == [1, 2]


# Replaying.


def short(replayed: Replayed, trace: Trace) -> dict[str, str]:
    facts = replayed.facts()
    return {name: facts.get(name, "not known") for name in expected(trace)}


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_a_trace_ends_as_it_says(path: Path) -> None:
    trace = read(path)
    replayed = replay(trace)
    assert short(replayed, trace) == expected(trace), replayed.divergence
    assert replayed.facts()["ready"] in ("yes", "no")


def test_the_traces_show_the_faults_that_they_are_for() -> None:
    assert {path.stem for path in TRACES} >= {"power_cycle", "garbled", "unplugged", "lossy"}
    assert all(expected(read(path)) for path in TRACES)


def in_pieces(trace: Trace, size: int) -> Trace:
    """Cut what came in into pieces, as a serial adapter does."""
    pieces: list[Record] = []
    for record in trace.records:
        data = record.data if record.direction == "in" else b""
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        pieces += [replace(record, data=part) for part in parts] or [record]
    return Trace(pieces, trace.facts)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_how_a_serial_line_cuts_its_bytes_changes_nothing(size: int) -> None:
    trace = read(next(path for path in TRACES if path.stem == "garbled"))
    assert replay(in_pieces(trace, size)).facts() == replay(trace).facts()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_replay_says_what_was_said_and_ends_what_was_asked_as_it_ended(scene) -> None:  # type: ignore[no-untyped-def]
    played = scene()
    text = "\n".join(lines(played.ring.records(), NOW, played.facts))
    replayed = replay(parse(text))
    assert replayed.divergence is None
    assert [ended.end for ended in replayed.ended] == [o.end for o in played.outcomes]
    assert played.outcomes
    assert float(replayed.facts()["pan_deg"]) == pytest.approx(played.camera.pan_deg, abs=0.1)


def test_the_first_command_that_is_said_otherwise_is_named() -> None:
    trace = read(next(path for path in TRACES if path.stem == "power_cycle"))
    stop = bytes.fromhex("8101060118140303ff")
    stops = [record for record in trace.records if record.data == stop]
    assert stops
    others = [r for r in trace.records if r.data != stop]
    extra = replace(stops[0], data=bytes.fromhex("81010604ff"), at=2.25)
    divergence = replay(Trace([*others, extra], trace.facts)).divergence
    assert divergence is not None
    assert (divergence.said, divergence.frame) == ("now", stop)
    assert "(pan_tilt_drive)" in str(divergence)


def test_a_trace_with_a_profile_that_there_is_not_is_refused() -> None:
    with pytest.raises(RoomctlError, match="no profile 'none'"):
        replay(parse("# profile: none\n1\tout\t81090400ff\n"))


@pytest.mark.parametrize("named", [True, False])
def test_a_trace_of_a_room_with_profiles_of_its_own_is_replayed_by_those(named: bool) -> None:
    trace = read(next(path for path in TRACES if path.stem == "power_cycle"))
    theirs = shipped()["sony_srg300h"]
    assert theirs.pan is not None
    finer = {"units_per_degree": 2 * theirs.pan.units_per_degree}
    mine = theirs.model_copy(update={"pan": theirs.pan.model_copy(update=finer)})
    profiles = {"mine": mine, **shipped()}
    traced = Trace(trace.records, trace.facts | ({"profile": "mine"} if named else {}))
    before, own = replay(trace).facts(), replay(traced, profiles).facts()
    assert float(before["pan_deg"]) != 0
    assert float(own["pan_deg"]) == pytest.approx(float(before["pan_deg"]) / 2, abs=0.06)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 4),
            st.sampled_from(("in", "out", "open", "lost")),
            st.binary(max_size=20) | st.sampled_from((b"\x90\x41\xff", b"\x81\x01\x06\x04\xff")),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(("serial:/dev/ttyUSB0", "tcp://h:1", "visca-ip://h")),
)
def test_whatever_stands_in_a_trace_is_read_and_replayed(
    rows: list[tuple[float, str, bytes]], url: str
) -> None:
    records = [Record(0.0, "open", note=url)]
    for at, direction, data in rows:
        known = direction in ("in", "out") and data
        records.append(Record(at, direction, data) if known else Record(at, direction, note=url))
    trace = parse("\n".join(lines(records, NOW, {})))
    assert len(trace.records) == len(records)
    assert replay(trace).cameras


def test_a_replay_of_several_cameras_says_each_of_them_by_its_address() -> None:
    rows = (out(0, "81090400ff"), out(0.1, "82090400ff"), heard(0.2, "a05003ff"))
    assert [kind for kind, _ in groupby(sorted(replay(Trace(rows)).cameras))] == [1, 2]
    assert "2 ready" in replay(Trace(rows)).facts()
