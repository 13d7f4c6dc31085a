"""What the logs of Chromium 156 say, read whole, in pieces, and damaged.

`rtc_logs/` holds real ones: a call with aiortc while the page is also connected to itself (loop_1,
loop_2), calls that only receive or only send, a data channel to itself, and a preview.
"""

import contextlib
import itertools
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.kiosk.browser.rtc_log import LoggedLines, RtcLogs
from tests.examples import examples

LOGS = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "rtc_logs").iterdir()}
NOW = 20_000.0  # after all of them


class Folder:
    """Logs that are being written, as Chromium does: one open file each."""

    def __init__(self, path):
        self.path, self.files, self.reader = Path(path), {}, RtcLogs(Path(path))

    def write(self, name, data):
        if name not in self.files:
            self.files[name] = (self.path / f"{name}.log").open("wb", buffering=0)
        self.files[name].write(data)

    def end(self, name):
        self.files.pop(name).close()

    def read(self, now=NOW):
        return self.reader.read(now)

    def close(self):
        for name in list(self.files):
            self.end(name)


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as path, contextlib.closing(Folder(path)) as made:
        yield made


@pytest.fixture
def logs():
    with folder() as made:
        yield made


def message(number, payload):
    return bytes(varint(number << 3 | 2) + varint(len(payload)) + payload)


def varint(number):
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes([*data, number])


def numbers(**fields):
    return b"".join(varint(int(key[1:]) << 3) + varint(value) for key, value in fields.items())


def connection(at_ms=1000, transactions=(1, 2), *, begin=True):
    """Return the bytes of a connection that was answered and is writable."""
    data = message(16, numbers(f1=at_ms, f2=2)) if begin else b""
    for transaction in transactions:
        data += message(26, numbers(f1=at_ms, f2=1, f4=transaction))
        data += message(26, numbers(f1=at_ms, f2=4, f4=transaction))
    return data + message(27, numbers(f1=at_ms, f2=3)) + message(28, numbers(f1=at_ms, f2=1))


def checked(transactions, at_ms=1000, *, begin=True):
    """Return the bytes of a connection that received these checks."""
    data = message(16, numbers(f1=at_ms, f2=2)) if begin else b""
    return data + b"".join(
        message(26, numbers(f1=at_ms, f2=2, f4=transaction)) for transaction in transactions
    )


def test_call_is_connected_and_counts_its_packets(logs):
    logs.write("call", LOGS["call"])
    assert logs.read() == LoggedLines(
        connections=1,
        connected=1,
        packets_in=192,
        packets_out=564,
        signs_in=228,
        others=2,
        newest_at=13933.473,
        sign_at=13933.457,
        received_s=6.366,
        sent_s=6.38,
    )


@pytest.mark.parametrize(
    ("name", "receives", "sends"), [("receive", True, False), ("send", False, True)]
)
def test_one_way_call_is_connected(logs, name, receives, sends):
    logs.write(name, LOGS[name])
    lines = logs.read()
    assert lines.connected == 1
    assert lines.signs_in > 0
    assert (lines.packets_in > 0, lines.packets_out > 0) == (receives, sends)


@pytest.mark.parametrize("kind", ["loop", "channel"])
def test_page_connected_to_itself_counts_nowhere(logs, kind):
    for name in (f"{kind}_1", f"{kind}_2"):
        logs.write(name, LOGS[name])
    assert logs.read() == LoggedLines()


def test_call_beside_a_loop_counts_alone(logs):
    for name in ("call", "loop_1", "loop_2"):
        logs.write(name, LOGS[name])
    lines = logs.read()
    assert (lines.connections, lines.connected, lines.packets_in) == (1, 1, 192)


def test_connection_that_was_never_answered_is_not_connected(logs):
    logs.write("preview", LOGS["preview"])
    assert logs.read() == LoggedLines(connections=1, fresh=1)


def test_half_of_a_loop_is_nothing_until_the_other_half_was_written(logs):
    logs.write("one", LOGS["loop_1"])
    begin = len(LOGS["preview"])
    logs.write("other", LOGS["loop_2"][:begin])
    early = 13934.0  # some seconds after both began
    assert logs.read(early).connected == 0
    logs.write("other", LOGS["loop_2"][begin:])
    assert logs.read(early) == LoggedLines()


def test_log_whose_beginning_is_later_than_its_events_has_not_told_them(logs):
    logs.write("other", message(16, numbers(f1=5000, f2=2)))
    logs.write("call", connection(1000))
    assert logs.read(6.0).connected == 0
    logs.write("other", checked([1, 2], 1000, begin=False))
    assert logs.read(7.0) == LoggedLines()


def test_connection_counts_once_the_other_logs_had_time_to_be_written(logs):
    logs.write("idle", message(16, numbers(f1=900, f2=2)))
    logs.write("call", connection(1000))
    assert logs.read(6.0).connected == 0
    assert logs.read(11.1).connected == 1


def test_connection_that_ended_unread_is_the_other_end_until_signs_come_after_it(logs):
    logs.write("gone", message(16, numbers(f1=900, f2=2)))
    logs.end("gone")
    logs.write("call", connection(1000))
    assert logs.read(1.5).connected == 0
    assert logs.read(15.0).connected == 0
    logs.write("call", checked([9], 16_000, begin=False))
    assert logs.read(16.5).connected == 1


@pytest.mark.parametrize("same", [1, 2])
def test_one_equal_transaction_is_chance_and_two_are_a_loop(logs, same):
    logs.write("call", connection())
    logs.write("other", checked([1, 2][:same]))
    assert logs.read().connected == (same == 1)


def test_loop_that_shows_late_is_taken_out(logs):
    logs.write("call", connection())
    assert logs.read().connected == 1
    logs.write("other", checked([1, 2]))
    assert logs.read() == LoggedLines()


def test_own_stream_that_comes_back_is_nobody(logs):
    rtp = numbers(f1=1000) + b"\x35" + (77).to_bytes(4, "little")
    logs.write("call", connection() + message(3, rtp) + message(2, rtp))
    assert logs.read() == LoggedLines()
    other = numbers(f1=1000) + b"\x35" + (78).to_bytes(4, "little")
    logs.write("call", message(2, other))
    lines = logs.read()
    assert (lines.connected, lines.packets_in, lines.others) == (1, 1, 1)


def test_ended_connection_keeps_its_packets(logs):
    logs.write("call", LOGS["call"])
    before = logs.read()
    logs.end("call")
    for now in (NOW + 1, NOW + 60):  # known, then forgotten
        lines = logs.read(now)
        assert (lines.connections, lines.connected, lines.ended) == (0, 0, 1)
        assert (lines.packets_in, lines.signs_in) == (before.packets_in, before.signs_in)
    assert not list(logs.path.iterdir())


@pytest.mark.parametrize(("number", "value"), [(27, 4), (27, 5), (28, 0)])
def test_transport_that_closes_or_stalls_is_not_connected(logs, number, value):
    logs.write("call", connection())
    assert logs.read().connected == 1
    logs.write("call", message(number, numbers(f1=2000, f2=value)))
    assert logs.read().connected == 0


def test_silence_of_the_other_end_shows_in_the_newest_times(logs):
    logs.write("call", connection(1000))
    logs.write("call", message(26, numbers(f1=6000, f2=1, f4=5)))
    lines = logs.read()
    assert (lines.newest_at, lines.sign_at) == (6.0, 1.0)


def test_time_in_the_future_is_now(logs):
    later = numbers(f1=49_999, f11=1, f6=77) + b"\xaa\x06\x02\x07\xff"  # 255 ms after the first
    logs.write("call", connection(10**18) + message(2, later))
    lines = logs.read(50.0)
    assert (lines.newest_at, lines.sign_at) == (50.0, 50.0)


def test_time_of_a_batch_is_that_of_its_last_packet(logs):
    times = b"\xaa\x06\x03\x07\x05\x06"  # 8 bits each: 5 ms and 6 ms later
    logs.write("call", connection() + message(2, numbers(f1=2000, f11=2, f6=77) + times))
    assert logs.read().sign_at == 2.011


def test_five_logs_at_once_prove_no_further_connection(logs):
    logs.write("call", connection(transactions=(1001, 1002)))
    assert logs.read().connected == 1
    for number in range(4):
        logs.write(f"more{number}", connection(transactions=(2 * number, 2 * number + 1)))
    lines = logs.read()
    assert (lines.connections, lines.connected) == (5, 1)
    assert lines.missing == 5  # four whose other end may have no log, and one that has none


def test_log_at_its_limit_is_missing_and_has_not_ended(logs):
    logs.write("call", connection())
    assert logs.read().connected == 1
    part = varint(200 << 3 | 2) + varint(900_000)
    for _ in range(65):
        logs.write("call", part)
        logs.files["call"].seek(900_000, os.SEEK_CUR)
    logs.files["call"].truncate(logs.files["call"].tell())
    for _ in range(100):
        lines = logs.read()
    assert (lines.connected, lines.missing) == (1, 0)
    logs.end("call")
    lines = logs.read()
    assert (lines.connections, lines.connected, lines.ended, lines.missing) == (0, 0, 0, 1)
    assert logs.read(NOW + 60).missing == 1


def test_memory_of_what_was_read_is_given_back_while_chromium_writes_on(logs):
    logs.write("call", connection())
    packets = message(2, numbers(f1=1000, f11=9) + b"\x35" + (77).to_bytes(4, "little"))
    for turn in (1, 2):
        logs.write("call", message(200, bytes(400_000)) + packets)
        assert logs.read().packets_in == turn * 10
    status = (logs.path / "call.log").stat()
    assert status.st_blocks * 512 < status.st_size / 2


DAMAGE = {
    "zeros": bytes(64),
    "endless varint": b"\xff" * 64,
    "endless varint inside": message(28, b"\x08" + b"\xff" * 64),
    "huge length": varint(2 << 3 | 2) + varint(1 << 40),
    "huge length inside": message(2, varint(101 << 3 | 2) + varint(1 << 40)),
    "truncated inside": message(2, b"\x0d\x00"),
    "group": b"\x13\x14",
    "not a message": varint(28 << 3) + b"\x01",
    "many fields": message(28, b"\x08\x01" * 100),
    "second beginning": message(16, numbers(f1=1, f2=2)),
    "deltas without end": message(2, numbers(f1=1, f11=1 << 63)),
    "streams without end": b"".join(
        message(101, numbers(f1=1, f2=number)) for number in range(1, 1200)
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_log_is_missing_and_none_that_ended(logs, damage):
    logs.write("call", connection())
    assert logs.read().connected == 1
    logs.write("call", DAMAGE[damage] + connection(begin=False))
    for _ in range(2):
        lines = logs.read()
        assert (lines.connections, lines.connected, lines.ended, lines.missing) == (1, 0, 0, 1)
    logs.end("call")
    lines = logs.read()
    assert (lines.connections, lines.ended, lines.missing) == (0, 1, 0)


@pytest.mark.parametrize("data", [b"garbage", numbers(f1=1), message(16, numbers(f1=1, f2=3))])
def test_log_of_another_format_is_missing(logs, data):
    logs.write("call", data)
    assert logs.read() == LoggedLines(connections=1, missing=1)


def test_deep_nesting_is_not_followed(logs):
    deep = b""
    for _ in range(2000):
        deep = message(2, deep)
    logs.write("call", connection() + message(999, deep))
    assert logs.read().connected == 1


def test_length_up_to_the_limit_is_waited_for(logs):
    logs.write("call", connection() + varint(200 << 3 | 2) + varint(1_000_000))
    assert logs.read().connected == 1
    logs.write("call", bytes(1_000_000) + message(28, numbers(f1=2000, f2=0)))
    logs.read()
    assert logs.read().connected == 0


def test_damaged_log_proves_no_other_connection(logs):
    logs.write("other", b"garbage")
    logs.write("call", connection())
    for now in (NOW, NOW + 60):
        lines = logs.read(now)
        assert (lines.connected, lines.missing) == (0, 1)


def test_log_that_was_forgotten_early_may_be_the_other_end(logs):
    logs.write("other", checked([1, 2], 900))
    logs.end("other")
    logs.read(1.0)
    for number in range(40):  # one after the other, within a second
        logs.write(f"test{number}", connection(1000, (2 * number + 10, 2 * number + 11)))
        logs.end(f"test{number}")
        logs.read(1.1)
    logs.write("call", connection(950))
    lines = logs.read(1.2)
    assert (lines.connected, lines.missing) == (0, 1)


@pytest.mark.parametrize("how", ["vanishes", "shrinks", "replaced", "link"])
def test_log_that_somebody_touched_is_missing(logs, how):
    logs.write("call", connection())
    assert logs.read().connected == 1
    path = logs.path / "call.log"
    if how == "shrinks":
        os.truncate(path, 3)
    else:
        path.unlink()
    if how == "replaced":
        path.write_bytes(connection())
    if how == "link":
        path.symlink_to("/etc/passwd")
    for _ in range(2):
        lines = logs.read()
        assert (lines.connected, lines.ended) == (0, 0)
        assert lines.missing >= 1


@pytest.mark.parametrize(
    "make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)]
)
def test_entry_that_is_no_file_is_not_read_and_proves_nothing(logs, make):
    make(logs.path / "strange.log")
    logs.write("call", connection())
    lines = logs.read()
    assert (lines.connections, lines.connected, lines.missing) == (1, 0, 1)


def test_folder_that_is_not_there_says_nothing(tmp_path):
    assert RtcLogs(tmp_path / "none").read(NOW) == LoggedLines()


def test_thousands_of_logs_are_read_in_bounded_looks(logs):
    for number in range(1200):
        (logs.path / f"{number}.log").write_bytes(connection())
    lines = logs.read()
    assert lines.connected == 0
    assert lines.ended <= 64
    for look in range(100):
        lines = logs.read(NOW + 30 * look)
    assert lines.ended == 1200
    assert not list(logs.path.iterdir())


@settings(max_examples=examples(300))
@given(
    st.sampled_from(sorted(LOGS)),
    st.lists(st.tuples(st.integers(0, 12_000), st.sampled_from("=+-"), st.binary(max_size=12))),
)
def test_mutated_log_is_never_an_error_and_never_a_large_number(name, mutations):
    data = bytearray(LOGS[name])
    for at, how, piece in mutations:
        end = at + (len(piece) if how != "+" else 0)
        data[at:end] = b"" if how == "-" else piece
    with folder() as logs:
        logs.write(name, data)
        lines = logs.read()
        logs.end(name)
        later = logs.read(NOW + 1)
    assert lines.packets_in + lines.packets_out <= 10_000 * len(data)
    assert lines.connected <= lines.connections <= 1
    assert (later.connections, later.connected) == (0, 0)
    if name == "preview":
        assert lines.connected == 0


@settings(max_examples=examples(300))
@given(st.sampled_from(["call", "receive", "send"]), st.lists(st.integers(1, 12_000), max_size=8))
def test_log_in_pieces_says_the_same_and_its_counts_only_grow(name, cuts):
    data = LOGS[name]
    edges = sorted({0, *(min(cut, len(data)) for cut in cuts), len(data)})
    with folder() as logs:
        before = LoggedLines()
        for start, end in itertools.pairwise(edges):
            logs.write(name, data[start:end])
            lines = logs.read()
            assert lines.missing == 0
            for count in ("connected", "packets_in", "packets_out", "signs_in", "others"):
                assert getattr(lines, count) >= getattr(before, count)
            before = lines
    with folder() as whole:
        whole.write(name, data)
        assert whole.read() == before
