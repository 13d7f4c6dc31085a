"""Who may be connected, in invented time."""

import pytest

from roomctl.api.connections import (
    ARRIVALS,
    LINGER_S,
    REQUEST_S,
    REQUESTS,
    STALLED_S,
    Allowance,
    ConnectionLimits,
    ConnectionPhase,
    Connections,
    Rate,
    connection_limits,
)

LIMITS = ConnectionLimits(total=9, strangers=6, address=3, loopback=4)


class Link:
    """A transport that notes how it was ended."""

    def __init__(self):
        self.closing = self.aborted = False

    def is_closing(self):
        return self.closing

    def abort(self):
        self.aborted = True


def come(connections, host, now=0.0, known=False):
    visitor = connections.admit(host, now)
    if visitor is not None:
        visitor.transport, visitor.known = Link(), known
    return visitor


@pytest.mark.parametrize(
    ("descriptors", "total", "strangers"),
    [(50, 24, 16), (200, 80, 53), (1024, 400, 266), (1_000_000, 400, 266)],
)
def test_there_are_as_many_as_leave_descriptors_for_the_devices(descriptors, total, strangers):
    limits = connection_limits(descriptors)
    assert (limits.total, limits.strangers) == (total, strangers)
    assert limits.address <= strangers // 2
    assert limits.loopback <= strangers // 2


def test_an_address_that_has_all_it_may_have_gives_up_its_own_oldest():
    connections = Connections(LIMITS)
    other = come(connections, "10.0.0.9")
    mine = [come(connections, "10.0.0.1", float(n)) for n in range(4)]
    assert [visitor.transport.aborted for visitor in mine] == [True, False, False, False]
    assert not other.transport.aborted


def test_a_stranger_who_is_being_answered_does_not_go_for_another():
    connections = Connections(LIMITS)
    for _ in range(3):
        come(connections, "10.0.0.1").turn(ConnectionPhase.ANSWERING, 1.0)
    assert come(connections, "10.0.0.1", 2.0) is None
    assert come(connections, "10.0.0.2", 2.0)


def test_a_stranger_who_does_not_read_his_answer_goes():
    connections = Connections(LIMITS)
    first, *_ = [come(connections, "10.0.0.1") for _ in range(3)]
    first.turn(ConnectionPhase.ANSWERING, 0.0)
    first.stalled(1.0)
    for visitor in _:
        visitor.turn(ConnectionPhase.ANSWERING, 0.0)
    assert come(connections, "10.0.0.1", 2.0)
    assert first.transport.aborted


def test_who_is_known_goes_for_no_stranger_and_always_finds_room():
    connections = Connections(LIMITS)
    known = [come(connections, f"10.0.1.{n}", known=True) for n in range(3)]
    strangers = [come(connections, f"10.0.2.{n}", float(n)) for n in range(100)]
    assert all(strangers), "the newest always finds room"
    assert sum(not s.transport.aborted for s in strangers) == LIMITS.strangers
    known += [come(connections, f"10.0.3.{n}", 200.0, known=True) for n in range(6)]
    assert all(known)
    assert not any(visitor.transport.aborted for visitor in known)
    assert all(visitor.transport.aborted for visitor in strangers), "total is 9, and 9 are known"
    assert come(connections, "10.0.4.1", 201.0) is None


def test_a_newcomer_has_a_connection_for_his_first_request_while_all_strangers_are_answered():
    connections = Connections(LIMITS)
    for number in range(LIMITS.strangers):
        come(connections, f"10.0.0.{number}").turn(ConnectionPhase.ANSWERING, 1.0)
    panels = [come(connections, "10.0.9.1", 2.0) for _ in range(3)]
    assert all(panels)
    for panel in panels:
        panel.known = True
    assert come(connections, "10.0.9.2", 3.0) is None, "the panels' connections are not for others"


def test_strangers_are_crowded_from_half_of_what_they_may_have():
    connections = Connections(LIMITS)
    come(connections, "10.0.0.1", known=True)
    found = []
    for number in range(4):
        found.append(connections.crowded)
        come(connections, f"10.0.1.{number}")
    assert found == [False, False, False, True]


def test_of_an_address_so_many_strangers_requests_are_looked_at_and_of_this_box_all():
    connections = Connections(LIMITS)
    one, other, own = (come(connections, host) for host in ("10.0.0.1", "10.0.0.2", "127.0.0.1"))
    asked = [connections.may_ask(one, 0.0) for _ in range(REQUESTS.burst + 5)]
    assert asked == [True] * REQUESTS.burst + [False] * 5
    assert connections.may_ask(other, 0.0)
    assert all(connections.may_ask(own, 0.0) for _ in range(REQUESTS.burst + 5))
    assert connections.may_ask(one, 1.0)


def test_loopback_is_one_address_in_all_its_forms_and_so_is_a_network_of_ipv6():
    connections = Connections(LIMITS)
    for host in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert come(connections, host, known=True)
    assert come(connections, "127.0.0.2") is None
    for host in ("2001:db8::1", "2001:db8::2", "2001:db8::ffff:3%eth0"):
        assert come(connections, host, known=True)
    assert come(connections, "2001:db8::4") is None
    assert come(connections, "2001:db8:0:1::4")


def test_who_comes_too_often_is_turned_away_until_he_has_waited():
    connections = Connections(LIMITS)
    came = [come(connections, "10.0.0.1") for _ in range(ARRIVALS.burst + 5)]
    assert came[-5:] == [None] * 5
    assert come(connections, "10.0.0.1", 1.0)


@pytest.mark.parametrize(
    ("since", "ended"), [(REQUEST_S - 1, False), (REQUEST_S + 1, True)], ids=["soon", "late"]
)
def test_a_request_that_trickles_in_has_its_time_from_its_first_byte(since, ended):
    connections = Connections(LIMITS)
    visitor = come(connections, "10.0.0.1", known=True)
    visitor.turn(ConnectionPhase.IDLE, 50.0)
    connections.sweep(99.0)
    visitor.turn(ConnectionPhase.ASKING, 100.0)
    visitor.turn(ConnectionPhase.ASKING, 100.0 + since - 0.1)
    connections.sweep(100.0 + since)
    assert visitor.transport.aborted == ended


def test_an_answer_may_last_for_ever_if_it_is_read():
    connections = Connections(LIMITS)
    visitor = come(connections, "10.0.0.1")
    visitor.turn(ConnectionPhase.ANSWERING, 0.0)
    visitor.stalled(1.0)
    visitor.reads()
    connections.sweep(1e6)
    assert not visitor.transport.aborted
    visitor.stalled(1e6)
    connections.sweep(1e6 + STALLED_S + 1)
    assert visitor.transport.aborted


def test_a_closed_connection_whose_last_words_nobody_reads_is_cut():
    connections = Connections(LIMITS)
    visitor = come(connections, "10.0.0.1", known=True)
    visitor.turn(ConnectionPhase.ANSWERING, 0.0)
    visitor.transport.closing = True
    connections.sweep(100.0)
    assert not visitor.transport.aborted
    connections.sweep(101.0 + LINGER_S)
    assert visitor.transport.aborted


def test_one_that_left_leaves_its_place():
    connections = Connections(LIMITS)
    visitors = [come(connections, "10.0.0.1", known=True) for _ in range(3)]
    assert come(connections, "10.0.0.1") is None
    connections.leave(visitors[0])
    connections.leave(visitors[0])
    assert come(connections, "10.0.0.1")
    assert come(connections, "10.0.0.1") is not None, "a stranger of its own went"


def test_a_burst_passes_and_then_only_what_the_rate_gives():
    allowance = Allowance(Rate(per_s=10, burst=5), 100.0)
    assert [allowance.take(100.0) for _ in range(6)] == [True] * 5 + [False]
    assert [allowance.take(100.2) for _ in range(3)] == [True, True, False]


def test_a_pause_gives_back_one_burst_and_no_more():
    allowance = Allowance(Rate(per_s=10, burst=5), 0.0)
    assert allowance.take(0.0)
    assert not allowance.is_whole(0.05)
    assert allowance.is_whole(0.1)
    assert [allowance.take(3600.0) for _ in range(6)] == [True] * 5 + [False]


def test_a_clock_that_stands_still_gives_nothing():
    allowance = Allowance(Rate(per_s=1e9, burst=1), 7.0)
    assert allowance.take(7.0)
    assert not any(allowance.take(7.0) for _ in range(100))
