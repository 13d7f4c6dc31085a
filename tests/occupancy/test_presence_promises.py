"""What holds of presence whatever it is told, in whatever order and at whatever times."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.occupancy import Presence
from roomctl.occupancy.health import CONTRADICTED_S, STALE_S
from roomctl.occupancy.presence import PresenceInput, replay, tell

repeatable = settings(deadline=None, derandomize=True)

SENSORS = ("a", "b")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("level", "level", "level", "gone", "touch", "tick", "call")),
        st.sampled_from(SENSORS),
        st.booleans(),
        st.floats(-5.0, 700.0) | st.floats(0.0, 0.2),
    ),
    max_size=60,
)


Event = tuple[str, str, bool, float]


def play(events: list[Event], stale_s: float = STALE_S) -> Iterator[tuple[Presence, bool, float]]:
    """Play events; yield the presence, whether a call is live and the latest instant told."""
    presence = Presence({"a": 600.0, "b": 30.0}, {"b": "radar"}, stale_s=stale_s)
    now, latest, live = 1000.0, 0.0, False
    for what, sensor, flag, after_s in events:
        now += after_s  # sometimes backwards, as a late edge is
        latest = max(latest, now)
        if what == "level":
            presence.level(sensor, flag, now)
        elif what == "gone":
            presence.healthy(sensor, flag, now)
        elif what == "touch":
            presence.touched(now)
        elif what == "call":
            live = flag
            presence.call_live(flag, now)
        presence.tick(now)
        yield presence, live, latest


def played(events: list[Event]) -> tuple[Presence, float]:
    """Return the presence after all events, and the latest instant told."""
    last = (Presence({}), 0.0)
    for presence, _, latest in play(events):
        last = (presence, latest)
    return last


@repeatable
@given(EVENTS)
def test_the_room_is_never_vacant_while_a_call_is_live(events: list[Event]) -> None:
    for presence, live, _ in play(events):
        assert not live or presence.state.state == "occupied"


@repeatable
@given(EVENTS, st.floats(0.1, 3600.0))
def test_one_stuck_sensor_never_holds_the_room_for_long_against_one_that_works(
    events: list[Event], left_s: float
) -> None:
    presence, now = Presence({"a": 600.0, "b": 30.0}, {"b": "radar"}, stale_s=float("inf")), 0.0
    for presence, _, now in play(events, stale_s=float("inf")):  # noqa: B007 - the last ones
        pass
    presence.call_live(False, now)
    for level, at in ((False, now + 1.0), (True, now + 2.0), (False, now + 2.0 + left_s)):
        presence.level("b", level, at)
    presence.level("a", True, now + 2.0)
    presence.tick(now + 2.0 + left_s + CONTRADICTED_S + 600.0 + 1.0)
    assert presence.state.state == "vacant"


@repeatable
@given(EVENTS)
def test_since_never_runs_backwards_and_due_always_lies_ahead(events: list[Event]) -> None:
    since = 0.0
    for presence, _, latest in play(events):
        assert since <= presence.state.since <= latest
        since = presence.state.since
        due = presence.due()
        assert due is None or due > latest


@repeatable
@given(EVENTS)
def test_vacant_always_has_a_healthy_sensor_behind_it(events: list[Event]) -> None:
    for presence, _, _ in play(events):
        state = presence.state
        assert state.state != "vacant" or state.healthy > 0
        assert 0 <= state.healthy <= state.configured == len(SENSORS)


@repeatable
@given(EVENTS)
def test_following_due_and_looking_once_at_the_end_give_the_same_word(
    events: list[Event],
) -> None:
    (once, _), (often, _) = played(events), played(events)
    end = 60_000.0
    while (due := often.due()) is not None and due < end:
        often.tick(due)
    often.tick(end)
    once.tick(end)
    assert often.state.state == once.state.state


@repeatable
@given(EVENTS)
def test_between_two_dues_no_glance_sees_another_word(events: list[Event]) -> None:
    presence, latest = played(events)
    word, due = presence.state.state, presence.due()
    until = latest + 700.0 if due is None else due
    presence.tick(latest + 0.999 * (until - latest))
    assert presence.state.state == word


@repeatable
@given(EVENTS)
def test_the_same_events_give_the_same_states(events: list[Event]) -> None:
    first = [presence.state for presence, _, _ in play(events)]
    assert first == [presence.state for presence, _, _ in play(events)]


KINDS = ("level", "level", "level", "healthy", "call", "touch", "tick")
INPUTS = st.lists(
    st.builds(
        PresenceInput,
        st.floats(0.0, 5000.0),
        st.sampled_from(KINDS),
        st.sampled_from(SENSORS),
        st.booleans(),
    ),
    max_size=40,
).map(lambda inputs: sorted(inputs, key=lambda told: told.at_s))


def fresh() -> Presence:
    return Presence({"a": 600.0, "b": 30.0}, {"b": "radar"})


@repeatable
@given(INPUTS)
def test_a_replay_goes_through_every_state_that_was_lived(inputs: list[PresenceInput]) -> None:
    presence, lived = fresh(), []
    for told in inputs:
        tell(presence, told)
        lived.append(presence.state)
    assert list(replay(fresh(), inputs)) == lived


@repeatable
@given(INPUTS, st.floats(0.05, 400.0))
def test_history_replays_the_same_however_often_somebody_looked(
    inputs: list[PresenceInput], every_s: float
) -> None:
    once, often, now = fresh(), fresh(), 0.0
    once.tick(now)
    for told in inputs:
        while now < told.at_s:
            often.tick(now)
            now += every_s
        tell(often, told)
        tell(once, told)
        assert often.state == once.state
