"""Counters of a meeting's traffic -> whether media flow, and which way. Pure.

Media are steady: Opus sends 50 packets a second, about 5 kB/s. What the other way brings about is
no media: acknowledgements of TCP and QUIC, window updates of HTTP/2. They are allowed for, so
little media beside much of the other way is unknown, never a yes. In silence with DTX 2.5 packets a
second are left: unknown, too, never a no.

Knows no socket and no clock; time comes with every sample.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from enum import StrEnum

from roomctl.frozen import frozen

SPAN_S = 5.0  # how far back samples are judged
SILENT_S = 4.0  # a live connection is asked for a sign every 2.5 s (ICE, RFC 7675)
# Where no more than signs came, one may be lost with the network for 2 s, and the next be late:
# 5.4 s. A stream is missed sooner, for it is back, or followed by a sign, after 2.9 s.
MISSED_S = 6.0
_STREAM_S, _SIGN_S = 0.45, 3.0  # the longest wait for a packet of a stream (DTX), and for a sign
_KNOWN_S, _BACK_S = 3.0, 6.0  # of one or the other, in so many seconds
_QUIET_TCP_S = 2.7  # a sign each 2.5 s, and the way there and back
_QUICK_S, _DATAGRAMS = 1.0, 20.0  # Opus has 50 a second
_LEAST_S = 4.0  # fewer seconds say nothing
_STEADY = 0.8
_LONGEST_S = 2.5  # a longer gap between two samples hides bursts
_MEDIA = 1500.0  # bytes a second beyond answers: Opus at 24 kbit/s, both ways, has 2,200
_QUIET = 50.0  # bytes a second: less than DTX, RTCP or a keep-alive each second
_HEADERS = 28  # IP and UDP
_ACK = 40  # bytes of a packet that only acknowledges, without these headers
# Of bytes: TCP's longer headers, and an ACK for each part of a packet that GRO made.
_ACK_PART = 0.06
_UPDATE_PART = 0.01  # of TCP's payload: window updates are 48 bytes for 16 kB


class TrafficSource(StrEnum):
    """Whose packets were counted."""

    UNIT = "unit"  # those of the screen's unit
    HOST = "host"  # all of the box: other programs count, too
    NONE = "none"


@frozen
class TrafficCount:
    """What a session's traffic adds up to so far; None where nothing tells.

    `tcp_in` and `tcp_out` are payload bytes of its sockets; packets and bytes are of any protocol,
    with their IP headers, as `source` counts them.
    """

    tcp_in: int | None = None
    tcp_out: int | None = None
    packets_in: int | None = None
    packets_out: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    source: TrafficSource = TrafficSource.NONE


@frozen
class MediaFlow:
    """Whether media come in and go out; None: the traffic does not tell.

    `silent`: nothing came in from the other end, for `SILENT_S` of all packets. `datagrams`: the
    box sends and receives as many as a call does, and the meeting's programs hold a socket for
    them; others may, too.
    """

    incoming: bool | None = None
    outgoing: bool | None = None
    silent: bool = False
    datagrams: bool = False


def media_flow(samples: Sequence[tuple[float, TrafficCount]]) -> MediaFlow:
    """Judge samples (monotonic seconds, count), oldest first; the last 5 s of them count."""
    recent = [sample for sample in samples if samples[-1][0] - sample[0] <= SPAN_S + 0.5]
    incoming, outgoing = [], []
    for (start, before), (stop, after) in itertools.pairwise(recent):
        seconds = stop - start
        if 0 < seconds <= _LONGEST_S:
            into, out = _verdicts(before, after, seconds)
            incoming.append((seconds, into))
            outgoing.append((seconds, out))
    return MediaFlow(_steady(incoming), _steady(outgoing), _silent(recent))


def datagrams_flow(samples: Sequence[tuple[float, int, int]]) -> bool:
    """Judge samples (monotonic seconds, datagrams in, out), oldest first: those of a second."""
    before = [at for at, _, _ in samples if samples[-1][0] - at >= _QUICK_S]
    recent = [one for one in samples if before and one[0] >= before[-1]]
    return bool(recent) and all(
        min(then[1] - first[1], then[2] - first[2]) >= _DATAGRAMS * (then[0] - first[0])
        for first, then in itertools.pairwise(recent)
    )


def is_cut_off(
    now: float,
    heard: Sequence[tuple[float, float]],
    counts: Sequence[tuple[float, TrafficCount]],
) -> bool:
    """Whether the other end of a meeting's connections is gone: no datagram comes any more.

    `heard` (monotonic seconds, oldest first) is when one came, of all looks' newest, and the last
    look at which none was newer. What moved to TCP, which ICE does by itself, is not gone: that is
    in `counts`.
    """
    back = [one for one in heard if heard[-1][0] - one[0] <= _BACK_S]
    gaps = [then[0] - first[0] for first, then in itertools.pairwise(back)]
    if sum(gaps) < _KNOWN_S or max(gaps) > _SIGN_S:
        return False
    last = back[-1][0]
    stream = all(look - at <= _STREAM_S for at, look in back[:-1] if last - at <= _KNOWN_S)
    return now - last >= (SILENT_S if stream else MISSED_S) and not _by_tcp(last, counts)


def _by_tcp(since: float, counts: Sequence[tuple[float, TrafficCount]]) -> bool:
    """Whether TCP brings something as often as a live connection does, or nobody knows."""
    quiet, start = 0.0, max(since, counts[0][0] if counts else 0.0)
    for (_, before), (at, count) in itertools.pairwise(counts):
        if at > since and (count.tcp_in is None or count.tcp_in != before.tcp_in):
            start = at
        quiet = max(quiet, at - start)
    return quiet < _QUIET_TCP_S


def are_others(before: bool, flows: bool, has_socket: bool) -> bool:
    """Whether datagrams are others': they went both ways before the meeting had a socket."""
    return flows and (before or not has_socket)


def _silent(samples: Sequence[tuple[float, TrafficCount]]) -> bool:
    """Whether nothing came in, by whatever protocol, as long as packets are counted."""
    now, last = samples[-1] if samples else (0.0, TrafficCount())
    before = [count for at, count in samples if now - at >= SILENT_S]
    if not before or last.packets_in is None:
        return False
    first = before[-1]
    same = first.source is last.source and first.tcp_in == last.tcp_in
    return same and first.packets_in == last.packets_in


def _verdicts(
    before: TrafficCount, after: TrafficCount, seconds: float
) -> tuple[bool | None, bool | None]:
    """Return whether media came in and went out between two samples."""

    def grown(first: int | None, then: int | None) -> float | None:
        if first is None or then is None or then < first or before.source is not after.source:
            return None
        return (then - first) / seconds

    tcp_in, tcp_out = grown(before.tcp_in, after.tcp_in), grown(before.tcp_out, after.tcp_out)
    packets_in = grown(before.packets_in, after.packets_in)
    packets_out = grown(before.packets_out, after.packets_out)
    bytes_in = grown(before.bytes_in, after.bytes_in)
    bytes_out = grown(before.bytes_out, after.bytes_out)
    if after.source is TrafficSource.UNIT:
        into = _packets(packets_in, bytes_in, packets_out, bytes_out)
        out = _packets(packets_out, bytes_out, packets_in, bytes_in)
    else:
        into, out = _others_packets(packets_in), _others_packets(packets_out)
    return _either(_tcp(tcp_in, tcp_out), into), _either(_tcp(tcp_out, tcp_in), out)


def _tcp(payload: float | None, back: float | None) -> bool | None:
    if payload is None or back is None:
        return None
    return _judged(payload, payload - _UPDATE_PART * back)


def _packets(
    packets: float | None, size: float | None, packets_back: float | None, size_back: float | None
) -> bool | None:
    if packets is None or size is None or packets_back is None or size_back is None:
        return None
    answers = _ACK * packets_back + _ACK_PART * size_back
    return _judged(size, size - _HEADERS * packets - answers)


def _others_packets(packets: float | None) -> bool | None:
    """Packets that may be other programs' prove nothing; that there are none does."""
    return False if packets is not None and packets < 1 else None


def _judged(rate: float, without_answers: float) -> bool | None:
    if without_answers >= _MEDIA:
        return True
    return False if rate < _QUIET else None


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return False if one is False and other is False else None


def _steady(verdicts: Iterable[tuple[float, bool | None]]) -> bool | None:
    seconds = {True: 0.0, False: 0.0, None: 0.0}
    for lasted, verdict in verdicts:
        seconds[verdict] += lasted
    total = sum(seconds.values())
    for answer in (True, False):
        if total >= _LEAST_S and seconds[answer] >= _STEADY * total:
            return answer
    return None
