from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.speakerphone.mute import (
    Capture,
    Fact,
    Led,
    Mute,
    Online,
    Passed,
    Switch,
    Truth,
    Wanted,
    due,
    first,
    step,
    toggled,
)


class Story:
    """Facts told one by one; proof is given for the present epoch unless said otherwise."""

    def __init__(self, *, led: bool = True) -> None:
        self.now = 100.0
        self.truth = first(self.now)
        if led:
            self.tell(Online(online=True, has_led=True))

    def tell(self, fact: Fact, after_s: float = 0.0) -> Story:
        self.now += after_s
        self.truth = step(self.truth, fact, self.now)
        return self

    def want(self, muted: bool, by: str = "panel", after_s: float = 1.0) -> Story:
        return self.tell(Wanted(muted, by), after_s)

    def led(self, muted: bool | None) -> Story:
        return self.tell(Led(muted, self.truth.epoch))

    def capture(self, muted: bool | None) -> Story:
        return self.tell(Capture(muted, self.truth.epoch))

    def muted(self) -> Story:
        return self.want(True).led(True).capture(True)

    def open(self) -> Story:
        return self.want(False).led(False).capture(False)

    @property
    def shows(self) -> tuple[str, str]:
        return str(self.truth.state.mute), self.truth.state.why


def test_nothing_is_known_before_anybody_asked() -> None:
    assert Story().shows == ("unknown", "not_asked")


def test_muted_is_said_only_after_the_led_and_the_read_back() -> None:
    story = Story().want(True)
    assert story.shows == ("muting", "")
    assert story.led(True).shows == ("muting", "")
    assert story.capture(True).shows == ("muted", "")
    assert Story().want(True).capture(True).shows == ("muting", "")


def test_without_an_led_the_read_back_is_enough() -> None:
    assert Story(led=False).want(True).capture(True).shows == ("muted", "")


@pytest.mark.parametrize(
    ("switch", "shown"),
    [
        (Switch.NONE, ("muted", "")),
        (Switch.OFF, ("muted", "")),
        (Switch.ON, ("open", "switch")),
        (Switch.UNKNOWN, ("open", "switch")),
    ],
)
def test_a_device_with_a_capture_switch_is_muted_only_once_that_is_off_too(
    switch: Switch, shown: tuple[str, str]
) -> None:
    story = Story().want(True).led(True)
    story.tell(Capture(True, story.truth.epoch, switch))
    assert story.tell(Passed(), 2).shows == shown


def test_an_open_microphone_whose_own_switch_is_off_says_so() -> None:
    story = Story().want(False).led(False)
    assert story.tell(Capture(False, story.truth.epoch, Switch.OFF)).shows == ("open", "switch")


def test_a_switch_that_somebody_turns_on_again_is_not_muted_and_is_turned_off_again() -> None:
    story = Story().muted()
    epoch = story.truth.epoch
    story.tell(Capture(True, epoch, Switch.ON), 1.0)
    assert story.shows == ("muting", "")
    assert story.truth.epoch == epoch + 1


def test_what_is_not_proven_within_two_seconds_is_said_to_be_open() -> None:
    story = Story().want(True).led(True)
    assert due(story.truth) == story.now + 2.0
    assert story.tell(Passed(), 1.99).shows == ("muting", "")
    assert story.tell(Passed(), 0.01).shows == ("open", "not_confirmed")
    assert due(story.truth) is None
    assert story.capture(True).shows == ("muted", "")  # late proof is proof


def test_a_failed_led_write_is_not_muted_and_says_so() -> None:
    story = Story().want(True).led(None).capture(True)
    assert story.tell(Passed(), 2).shows == ("open", "no_led")
    assert story.led(True).shows == ("muted", "")


def test_no_sound_server_is_never_muted() -> None:
    assert Story().want(True).led(True).capture(None).tell(Passed(), 2).shows == (
        "open",
        "not_confirmed",
    )


def test_unmuting_is_open_once_read_back_and_unknown_if_it_is_not() -> None:
    story = Story().muted().want(False)
    assert story.shows == ("unmuting", "")
    assert story.capture(False).shows == ("open", "")
    late = Story().muted().want(False).tell(Passed(), 2)
    assert late.shows == ("unknown", "not_confirmed")


def test_the_state_keeps_who_asked_and_since_when() -> None:
    story = Story().want(True, by="puck").led(True)
    story.tell(Capture(True, story.truth.epoch), after_s=0.3)
    since = story.now
    story.want(True, by="panel", after_s=5)
    assert (story.truth.state.by, story.truth.state.since) == ("puck", since)


def test_proof_of_an_older_wish_proves_nothing() -> None:
    for told, proven in [("led", Capture), ("capture", Led)]:
        story = Story().want(True)
        old = story.truth.epoch
        story.want(False).want(True)
        getattr(story, told)(True).tell(proven(True, old))
        assert story.shows == ("muting", "")


def test_every_new_wish_needs_both_proofs_anew() -> None:
    for told in ("led", "capture"):
        story = Story().muted().want(False).want(True)
        assert getattr(story, told)(True).shows == ("muting", "")


def test_an_old_read_back_that_says_open_is_believed_at_once() -> None:
    story = Story().muted()
    old = story.truth.epoch - 1
    assert story.tell(Capture(False, old)).shows == ("muting", "")


def test_opposite_wishes_at_the_same_moment_end_muted() -> None:
    story = Story().open().want(True, by="panel").want(False, by="puck", after_s=0.2)
    assert story.truth.wanted is True
    assert story.led(True).capture(True).shows == ("muted", "conflict")
    other = Story().muted().want(False, by="panel").want(True, by="puck", after_s=0.2)
    assert other.truth.wanted is True


def test_one_person_may_mute_and_unmute_as_fast_as_they_like() -> None:
    story = Story().want(True, by="puck").want(False, by="puck", after_s=0.1)
    assert story.truth.wanted is False


def test_who_unmutes_later_is_heard() -> None:
    story = Story().muted().want(False, by="puck", after_s=0.6)
    assert story.truth.wanted is False


def test_muted_by_another_program_stays_muted_and_the_led_has_to_follow() -> None:
    story = Story().open().capture(True)
    assert (story.truth.wanted, story.truth.by, story.shows[0]) == (True, "sound", "muting")
    assert story.led(True).capture(True).shows == ("muted", "")


def test_opened_by_another_program_is_muted_again() -> None:
    story = Story().muted()
    epoch = story.truth.epoch
    assert story.capture(False).shows == ("muting", "")
    assert story.truth.epoch == epoch + 1  # the room writes again
    assert story.led(True).capture(True).shows == ("muted", "")


@pytest.mark.parametrize(("found", "shown"), [(True, "muting"), (False, "open")])
def test_what_is_found_at_the_start_is_kept(found: bool, shown: str) -> None:
    story = Story().capture(found)
    assert (story.truth.wanted, story.shows[0]) == (found, shown)


def test_unplugged_is_never_muted_and_back_is_proven_anew() -> None:
    story = Story().muted().tell(Online(online=False, has_led=True))
    assert story.shows == ("muting", "")
    assert story.led(True).capture(True).tell(Passed(), 2).shows == ("open", "offline")
    story.tell(Online(online=True, has_led=True))
    assert story.shows[0] == "muting"
    assert story.led(True).capture(True).shows == ("muted", "")


def test_asking_again_for_what_failed_tries_again() -> None:
    story = Story().want(True).tell(Passed(), 2)
    epoch = story.truth.epoch
    assert story.want(True).shows == ("muting", "")
    assert story.truth.epoch == epoch + 1


@pytest.mark.parametrize(
    ("story", "mutes"),
    [
        (Story(), True),
        (Story().open(), True),
        (Story().muted(), False),
        (Story().want(True), False),
        (Story().muted().want(False), True),
        (Story().want(True).tell(Passed(), 2), True),
    ],
)
def test_a_press_mutes_unless_that_is_so_or_under_way(story: Story, mutes: bool) -> None:
    assert toggled(story.truth) is mutes


@dataclass
class World:
    """A real microphone and LED, and a room that does what each new epoch asks, in order."""

    led_exists: bool
    has_switch: bool = False
    mic_muted: bool = False
    switch_off: bool = False
    led_lit: bool = False
    plugged: bool = True
    known_plugged: bool = True
    now: float = 0.0
    truth: Truth = field(default_factory=lambda: first(0.0))
    capture_orders: deque[tuple[bool, int]] = field(default_factory=deque)
    led_orders: deque[tuple[bool, int]] = field(default_factory=deque)
    capture_news: deque[Capture] = field(default_factory=deque)
    led_news: deque[Led] = field(default_factory=deque)
    capture_done: int = 0

    def tell(self, fact: Fact) -> None:
        before = self.truth.epoch
        self.truth = step(self.truth, fact, self.now)
        if self.truth.epoch != before and self.truth.wanted is not None:
            self.capture_orders.append((self.truth.wanted, self.truth.epoch))
            self.led_orders.append((self.truth.wanted, self.truth.epoch))

    def read_back(self) -> None:
        muted = self.mic_muted if self.plugged else None
        switch = Switch.OFF if self.switch_off else Switch.ON
        known = switch if self.has_switch and self.plugged else Switch.NONE
        self.capture_news.append(Capture(muted, self.capture_done, known))

    def do(self, action: str) -> None:
        getattr(self, action)()

    def press(self) -> None:
        self.tell(Wanted(toggled(self.truth), "puck"))

    def panel_mutes(self) -> None:
        self.tell(Wanted(True, "panel"))

    def panel_opens(self) -> None:
        self.tell(Wanted(False, "panel"))

    def capture_works(self) -> None:
        if self.capture_orders:
            muted, self.capture_done = self.capture_orders.popleft()
            self.mic_muted = self.switch_off = muted
            self.read_back()

    def switch_sticks(self) -> None:
        if self.capture_orders:
            self.mic_muted, self.capture_done = self.capture_orders.popleft()
            self.read_back()

    def capture_fails(self) -> None:
        if self.capture_orders:
            self.capture_done = self.capture_orders.popleft()[1]
            self.capture_news.append(Capture(None, self.capture_done))

    def capture_catches_up(self) -> None:
        while self.capture_orders:
            self.capture_works()
        while self.capture_news:
            self.capture_is_heard()

    def led_works(self) -> None:
        if self.led_orders and self.plugged:
            muted, epoch = self.led_orders.popleft()
            self.led_lit = muted
            self.led_news.append(Led(muted, epoch))

    def led_fails(self) -> None:
        if self.led_orders:
            self.led_news.append(Led(None, self.led_orders.popleft()[1]))

    def capture_is_heard(self) -> None:
        if self.capture_news:
            self.tell(self.capture_news.popleft())

    def led_is_heard(self) -> None:
        if self.led_news:
            self.tell(self.led_news.popleft())

    def somebody_opens(self) -> None:
        self.mic_muted = False
        self.read_back()
        while self.capture_news:  # the sound server tells of a change at once
            self.capture_is_heard()

    def somebody_turns_the_switch_on(self) -> None:
        self.switch_off = False
        self.read_back()
        while self.capture_news:
            self.capture_is_heard()

    def somebody_mutes(self) -> None:
        self.mic_muted = True
        self.read_back()

    def unplug(self) -> None:
        self.plugged = False
        self.led_lit = False

    def unplug_is_noticed(self) -> None:
        if not self.plugged and self.known_plugged:
            self.known_plugged = False
            self.tell(Online(online=False, has_led=self.led_exists))

    def plug(self) -> None:
        if not self.plugged and not self.known_plugged:
            self.plugged = True
            self.mic_muted = self.switch_off = self.led_lit = False

    def plug_is_noticed(self) -> None:
        if self.plugged and not self.known_plugged:
            self.known_plugged = True
            self.tell(Online(online=True, has_led=self.led_exists))

    def tenth_passes(self) -> None:
        self.now += 0.1
        self.tell(Passed())

    def two_seconds_pass(self) -> None:
        self.now += 2.0
        self.tell(Passed())

    def come_to_rest(self) -> None:
        """Everything under way is done and heard, with nothing failing any more."""
        self.unplug_is_noticed()
        self.plug()
        self.plug_is_noticed()
        while self.capture_orders or self.led_orders or self.capture_news or self.led_news:
            for action in ("capture_works", "led_works", "capture_is_heard", "led_is_heard"):
                self.do(action)


ACTIONS = [
    name
    for name, value in vars(World).items()
    if callable(value)
    and not name.startswith("_")
    and name not in ("tell", "do", "read_back", "come_to_rest")
]


def check(world: World) -> None:
    if world.truth.state.mute is Mute.MUTED and world.plugged:
        assert world.mic_muted
        assert world.switch_off or not world.has_switch
        assert world.led_lit or not world.led_exists
    limit = due(world.truth)
    assert limit is None or limit > world.now  # nothing is "muting" for more than 2 s


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(st.booleans(), st.booleans(), st.lists(st.sampled_from(ACTIONS), max_size=60))
def test_muted_is_never_said_of_an_open_microphone(
    led_exists: bool, has_switch: bool, actions: list[str]
) -> None:
    world = World(led_exists, has_switch)
    world.tell(Online(online=True, has_led=led_exists))
    for action in actions:
        world.do(action)
        check(world)


def likeness(world: World) -> tuple[object, ...]:
    """Return what decides what can happen next: epochs by their age, and no times."""
    truth = world.truth
    epoch = truth.epoch
    known = (truth.wanted, truth.by, truth.online, truth.led, truth.capture, truth.state.mute)
    known += (truth.switch,)
    real = (world.mic_muted, world.switch_off, world.led_lit, world.plugged, world.known_plugged)
    return (
        *known,
        *real,
        epoch - world.capture_done,
        *((kind, epoch - age) for kind, age in [*world.capture_orders, *world.led_orders]),
        len(world.capture_orders),
        *((news.muted, epoch - news.epoch) for news in [*world.capture_news, *world.led_news]),
        *(news.switch for news in world.capture_news),
        len(world.capture_news),
    )


def grown(world: World, action: str) -> World:
    queues = ("capture_orders", "led_orders", "capture_news", "led_news")
    after = replace(world, **{name: getattr(world, name).copy() for name in queues})
    after.now += 1  # nobody conflicts
    after.tell(Passed())
    after.do(action)
    return after


ROOM = ["panel_mutes", "panel_opens", "unplug", "unplug_is_noticed", "plug", "plug_is_noticed"]
CAPTURE = ["capture_works", "capture_fails", "capture_is_heard", "somebody_opens", "somebody_mutes"]
SWITCH = ["capture_works", "switch_sticks", "capture_is_heard", "somebody_turns_the_switch_on"]
LED = ["led_works", "led_fails", "led_is_heard", "capture_catches_up"]


@pytest.mark.parametrize(
    ("led_exists", "has_switch", "actions"),
    [(False, False, ROOM + CAPTURE), (False, True, ROOM + SWITCH), (True, False, ROOM + LED)],
    ids=["mic", "switch", "led"],
)
def test_no_order_of_seven_events_makes_an_open_microphone_muted(
    led_exists: bool, has_switch: bool, actions: list[str]
) -> None:
    """Every interleaving of wishes, writes, read-backs, failures, unplugs and other programs."""
    start = World(led_exists, has_switch)
    start.tell(Online(online=True, has_led=led_exists))
    seen, layer = {likeness(start)}, [start]
    for _ in range(7):
        following = []
        for world in layer:
            for action in actions:
                after = grown(world, action)
                check(after)
                if (like := likeness(after)) not in seen:
                    seen.add(like)
                    following.append(after)
        layer = following
    assert len(seen) > 1000


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.booleans(), st.lists(st.sampled_from(ACTIONS), max_size=40), st.booleans())
def test_whatever_happened_the_next_wish_is_fulfilled(
    led_exists: bool, actions: list[str], muted: bool
) -> None:
    world = World(led_exists)
    world.tell(Online(online=True, has_led=led_exists))
    for action in actions:
        world.do(action)
    world.come_to_rest()
    world.now += 1
    world.tell(Wanted(not muted, "panel"))
    world.come_to_rest()
    world.now += 1
    world.tell(Wanted(muted, "panel"))
    world.come_to_rest()
    assert (world.truth.state.mute, world.mic_muted) == ((Mute.OPEN, Mute.MUTED)[muted], muted)
