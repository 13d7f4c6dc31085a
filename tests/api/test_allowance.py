"""A rate in invented time."""

from roomctl.api.allowance import Allowance, Rate


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
