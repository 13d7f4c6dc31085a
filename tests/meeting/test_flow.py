"""What counters of a meeting's traffic prove of its media."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.meeting.flow import (
    MediaFlow,
    TrafficCount,
    TrafficSource,
    are_others,
    datagrams_flow,
    is_cut_off,
    media_flow,
)
from tests.examples import examples

UNIT, HOST = TrafficSource.UNIT, TrafficSource.HOST
HEADERS = 28  # of IP and UDP


def samples(seconds=6, source=UNIT, start=1000.0, **rates):
    """Return a sample each second; a rate is a number, or one for each second."""
    counts = dict.fromkeys(
        ("tcp_in", "tcp_out", "packets_in", "packets_out", "bytes_in", "bytes_out"), 10**6
    )
    made = [(start, TrafficCount(**counts, source=source))]
    for second in range(seconds - 1):
        for name, rate in rates.items():
            counts[name] += int(rate[second] if isinstance(rate, list) else rate)
        made.append((start + second + 1, TrafficCount(**counts, source=source)))
    return made


def packets(way, count, payload):
    return {f"packets_{way}": count, f"bytes_{way}": count * (payload + HEADERS)}


CALL = packets("in", 50, 90) | packets("out", 50, 90)  # Opus at 24 kbit/s in SRTP


@pytest.mark.parametrize(
    "rates",
    [
        CALL,
        packets("in", 400, 1100) | packets("out", 300, 1000),  # with pictures
        {"tcp_in": 4000, "tcp_out": 4000},  # Opus in a WebSocket
        {"tcp_in": 32_000, "tcp_out": 32_000},  # PCM
        {"tcp_in": 4000, "tcp_out": [4000, 4000, 0, 4000, 4000]},  # one second of silence
    ],
)
def test_media_both_ways(rates):
    assert media_flow(samples(**rates)) == MediaFlow(incoming=True, outgoing=True)


ANSWERED = {
    "TCP, an ACK for two packets": packets("in", 800, 1472) | packets("out", 400, 32),
    "TCP, an ACK for each packet": packets("in", 800, 1472) | packets("out", 800, 44),
    "TCP, packets that GRO joined": packets("in", 20, 60_000) | packets("out", 420, 32),
    "QUIC": packets("in", 800, 1250) | packets("out", 400, 38),
    "QUIC, an ACK for each packet": packets("in", 800, 1250) | packets("out", 800, 40),
    "WebTransport with sound": packets("in", 33, 120) | packets("out", 33, 40),
    "HTTP/2 and its window updates": {"tcp_in": 10_000_000, "tcp_out": 30_000},
    "music in one answer": {"tcp_in": 16_000},
    "music in parts": {"tcp_in": [64_000, 0, 0, 0, 64_000], "tcp_out": [900, 0, 0, 0, 900]},
}


def turned(rates):
    return {
        name.replace("_in", "_x").replace("_out", "_in").replace("_x", "_out"): rate
        for name, rate in rates.items()
    }


@pytest.mark.parametrize("name", ANSWERED)
def test_answers_to_one_way_are_no_media_the_other_way(name):
    assert not media_flow(samples(**ANSWERED[name])).outgoing
    assert not media_flow(samples(**turned(ANSWERED[name]))).incoming


@pytest.mark.parametrize(
    "rates",
    [
        {  # DTX
            "packets_in": [3, 2, 3, 2, 3],
            "bytes_in": [200, 140, 200, 140, 200],
            "packets_out": [3, 2, 3, 2, 3],
            "bytes_out": [200, 140, 200, 140, 200],
        },
        {"tcp_in": [200, 140, 200, 140, 200], "tcp_out": [200, 140, 200, 140, 200]},
        packets("in", 300, 1100) | packets("out", 50, 90),  # little out beside much in
    ],
)
def test_what_may_be_media_is_unknown(rates):
    assert media_flow(samples(**rates)).outgoing is None


def test_no_traffic_is_no_media():
    assert media_flow(samples()) == MediaFlow(incoming=False, outgoing=False, silent=True)


def test_media_that_ended_are_none_after_five_seconds():
    rates = {name: [rate] * 4 + [0] * 5 for name, rate in CALL.items()}
    ended = MediaFlow(incoming=False, outgoing=False, silent=True)
    assert media_flow(samples(10, **rates)) == ended


@pytest.mark.parametrize("seconds", [0, 1, 2, 4])
def test_fewer_than_four_seconds_say_nothing(seconds):
    assert media_flow(samples(6, **CALL)[:seconds]) == MediaFlow()


def test_burst_is_not_steady():
    burst = {"tcp_in": [90_000, 0, 90_000, 90_000, 0], "tcp_out": [90_000, 0, 90_000, 0, 0]}
    assert media_flow(samples(**burst)) == MediaFlow()


def test_gap_between_two_samples_says_nothing():
    first, *_, last = samples(**CALL)
    assert media_flow([first, last]) == MediaFlow()


def test_packets_of_the_whole_box_prove_nothing():
    assert media_flow(samples(source=HOST, **CALL)) == MediaFlow()
    nothing = MediaFlow(incoming=False, outgoing=False, silent=True)
    assert media_flow(samples(source=HOST)) == nothing


@pytest.mark.parametrize("rate", [{"packets_in": 1, "bytes_in": 60}, {"tcp_in": 40}])
def test_one_sign_in_some_seconds_is_no_silence(rate):
    sign = {name: [value, 0, 0, value, 0, 0, value, 0] for name, value in rate.items()}
    assert not media_flow(samples(9, **sign)).silent


def test_nothing_for_four_seconds_is_silence_and_less_is_not():
    rates = {name: [rate] * 4 + [0] * 4 for name, rate in CALL.items()}
    assert not media_flow(samples(9, **rates)[:-1]).silent
    assert media_flow(samples(9, **rates)).silent


def datagrams(*rates, every_s=0.5):
    into, out, made = 10**6, 10**6, [(1000.0, 10**6, 10**6)]
    for number, (came, went) in enumerate(rates, 1):
        into, out = into + int(came * every_s), out + int(went * every_s)
        made.append((1000.0 + number * every_s, into, out))
    return made


def test_a_second_of_datagrams_both_ways_is_seen():
    assert datagrams_flow(datagrams((50, 50), (50, 50)))
    assert datagrams_flow(datagrams((0, 0), (0, 0), (50, 50), (50, 50)))


@pytest.mark.parametrize(
    "rates",
    [
        [],
        [(50, 50)],
        [(50, 50), (0, 50)],
        [(50, 50), (50, 0)],
        [(900, 3), (900, 3)],
        [(50, 50), (50, 50), (3, 3)],
        [(50, 50), (-50, 50)],
    ],
)
def test_less_is_none(rates):
    assert not datagrams_flow(datagrams(*rates))


def test_sockets_speak_where_no_packets_are_counted():
    made = [
        (at, TrafficCount(count.tcp_in, count.tcp_out))
        for at, count in samples(tcp_in=5000, tcp_out=0)
    ]
    assert media_flow(made) == MediaFlow(incoming=True)  # UDP may go out unseen


def test_counter_that_went_back_says_nothing_of_that_second():
    made = samples(tcp_in=5000, tcp_out=5000)
    at, _ = made[3]
    made[3] = (at, TrafficCount(0, 0, 0, 0, 0, 0, UNIT))  # and then it goes on from far above
    assert media_flow(made).incoming is True  # one second of five
    made[5] = (made[5][0], TrafficCount(0, 0, 0, 0, 0, 0, UNIT))
    assert media_flow(made) == MediaFlow()


def test_source_that_changes_says_nothing_of_that_second():
    made = samples(**CALL)[:3] + samples(source=HOST, **CALL)[3:]
    assert media_flow(made).incoming is None


counts = st.none() | st.integers(0, 2**64)
any_count = st.builds(
    TrafficCount, counts, counts, counts, counts, counts, counts, st.sampled_from(TrafficSource)
)


@settings(max_examples=examples(1000))
@given(st.lists(st.tuples(st.floats(0, 1e9), any_count), max_size=12))
def test_any_samples_are_judged(made):
    flow = media_flow(made)
    assert {flow.incoming, flow.outgoing} <= {True, False, None}


@settings(max_examples=examples(1000))
@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(60, 1472), st.floats(0, 1), st.integers(0, 40)),
        min_size=5,
        max_size=5,
    )
)
def test_acknowledgements_are_never_media(seconds):
    rates = {"packets_in": [], "bytes_in": [], "packets_out": [], "bytes_out": []}
    for count, payload, share, ack in seconds:
        acks = int(count * share)
        rates["packets_in"].append(count)
        rates["bytes_in"].append(count * (payload + HEADERS))
        rates["packets_out"].append(acks)
        rates["bytes_out"].append(acks * (ack + HEADERS))
    assert not media_flow(samples(**rates)).outgoing
    assert not media_flow(samples(**turned(rates))).incoming


@settings(max_examples=examples(300))
@given(st.integers(45, 400), st.integers(90, 1200), st.floats(0, 1e6))
def test_media_of_the_same_size_both_ways_are_media(count, payload, start):
    both = packets("in", count, payload) | packets("out", count, payload)
    assert media_flow(samples(start=start, **both)) == MediaFlow(incoming=True, outgoing=True)


def test_datagrams_that_came_before_the_meeting_s_socket_are_others_until_they_end():
    said, others = [], False
    for flows, has_socket in ((1, 0), (1, 1), (1, 1), (0, 1), (1, 1)):
        others = are_others(others, bool(flows), bool(has_socket))
        said.append(others)
    assert said == [True, True, True, False, False]


STREAM = [(0.5 * look, 0.5 * look + 0.1) for look in range(20)]
SIGNS = [(2.5 * sign, 2.5 * sign + 2.4) for sign in range(5)]  # everybody is silent
NO_TCP = [(0.9 * look, TrafficCount(tcp_in=5)) for look in range(40)]


def cut_off(heard, after_s, counts=NO_TCP):
    now = heard[-1][0] + after_s
    return is_cut_off(now, heard, [one for one in counts if now - 7 < one[0] <= now])


@pytest.mark.parametrize(("heard", "after_s"), [(STREAM, 4.1), (STREAM, 20), (SIGNS, 6.1)])
def test_connection_that_was_heard_and_is_heard_no_more_is_cut_off(heard, after_s):
    assert cut_off(heard, after_s)


@pytest.mark.parametrize(
    ("heard", "after_s"),
    [(STREAM, 3.9), (SIGNS, 5.9), (STREAM[:4], 30), ([(0, 9), (9, 12)], 30), ([(5, 9)], 30)],
)
def test_what_may_come_late_or_never_came_steadily_is_not(heard, after_s):
    assert not cut_off(heard, after_s)


def test_nobody_is_cut_off_who_was_never_heard():
    assert not is_cut_off(10.0, [], NO_TCP)


@settings(max_examples=examples(500))
@given(
    st.floats(0, 2.5),
    st.floats(0.02, 1.0),
    st.floats(10, 15),
    st.floats(0, 3),
    st.sampled_from([0.3, 0.5, 0.7, 1.0]),
    st.booleans(),
)
def test_two_seconds_of_loss_are_no_end(phase, packet_s, lost_at, goes_on_s, look_s, talks):
    """Signs each 2.5 s and 0.9 s after one was lost (WebRTC), with or without a stream.

    It goes on after the loss, or ends with it, as everybody mutes.
    """
    came, at = [], phase
    while at < 25:
        lost = lost_at <= at < lost_at + 2
        came += [] if lost else [at]
        at += 0.9 if lost else 2.5
    packets = range(int((lost_at + goes_on_s) / packet_s)) if talks else []
    came += [one * packet_s for one in packets if not lost_at <= one * packet_s < lost_at + 2]
    heard, now = [], 0.0
    while now < 20:
        now += look_s
        last = max((at for at in came if at <= now), default=None)
        if last is not None:
            heard = [*(one for one in heard if one[0] != last), (last, now)][-32:]
        counts = [one for one in NO_TCP if now - 7 < one[0] <= now]
        assert not is_cut_off(now, heard, counts)


@pytest.mark.parametrize("every", [1, 2])
def test_connection_that_moved_to_tcp_is_not_cut_off(every):
    counts = [(0.9 * look, TrafficCount(tcp_in=look // every)) for look in range(40)]
    assert not any(cut_off(STREAM, after_s, counts) for after_s in (4, 5, 6, 9, 15))


def test_words_of_a_page_to_its_server_are_no_connection():
    counts = [(0.9 * look, TrafficCount(tcp_in=look // 5)) for look in range(40)]
    assert any(cut_off(STREAM, after_s, counts) for after_s in (4, 4.5, 5))


def test_nobody_is_cut_off_where_nobody_counts_tcp():
    assert not cut_off(STREAM, 9, [(0.9 * look, TrafficCount()) for look in range(40)])
