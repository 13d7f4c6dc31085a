"""A world with a real microphone and LED, in which everything happens in every order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.room.mute import (
    CaptureRead,
    LedWritten,
    Mute,
    MuteEvent,
    MuteRequested,
    MuteState,
    SoundServerOnline,
    SpeakerphoneOnline,
    Switch,
    TimePassed,
    due,
    first,
    step,
    toggled,
)
from tests.examples import examples


@dataclass
class World:
    """A real microphone and LED, and a room that does what each new generation asks, in order."""

    led_exists: bool
    has_switch: bool = False
    mic_muted: bool = False
    switch_off: bool = False
    led_lit: bool = False
    plugged: bool = True
    known_plugged: bool = True
    server: bool = True
    known_server: bool = False
    now: float = 0.0
    state: MuteState = field(default_factory=lambda: first(0.0))
    capture_orders: deque[tuple[bool, int]] = field(default_factory=deque)
    led_orders: deque[tuple[bool, int]] = field(default_factory=deque)
    capture_news: deque[CaptureRead] = field(default_factory=deque)
    led_news: deque[LedWritten] = field(default_factory=deque)
    capture_done: int = 0

    def tell(self, event: MuteEvent) -> None:
        before = self.state
        self.state = step(self.state, event, self.now)
        generation, requested = self.state.generation, self.state.requested
        if requested is None:
            return
        if generation != before.generation:
            self.capture_orders.append((requested, generation))
        if generation != before.generation or self.state.lit is not before.lit:
            self.led_orders.append((self.state.lit, generation))

    def read_back(self) -> None:
        muted = self.mic_muted if self.plugged and self.server else None
        switch = Switch.OFF if self.switch_off else Switch.ON
        known = switch if self.has_switch and self.plugged else Switch.NONE
        self.capture_news.append(CaptureRead(muted, self.capture_done, known))

    def do(self, action: str) -> None:
        getattr(self, action)()

    def press(self) -> None:
        self.tell(MuteRequested(toggled(self.state), "puck"))

    def panel_mutes(self) -> None:
        self.tell(MuteRequested(True, "panel"))

    def panel_opens(self) -> None:
        self.tell(MuteRequested(False, "panel"))

    def capture_works(self) -> None:
        if not self.server:
            self.capture_fails()
        elif self.capture_orders:
            muted, self.capture_done = self.capture_orders.popleft()
            self.mic_muted = self.switch_off = muted
            self.read_back()

    def switch_sticks(self) -> None:
        if self.server and self.capture_orders:
            self.mic_muted, self.capture_done = self.capture_orders.popleft()
            self.read_back()

    def capture_fails(self) -> None:
        if self.capture_orders:
            self.capture_done = self.capture_orders.popleft()[1]
            self.capture_news.append(CaptureRead(None, self.capture_done))

    def capture_catches_up(self) -> None:
        while self.capture_orders:
            self.capture_works()
        while self.capture_news:
            self.capture_is_heard()

    def led_works(self) -> None:
        if self.led_orders and self.plugged:
            muted, generation = self.led_orders.popleft()
            self.led_lit = muted
            self.led_news.append(LedWritten(muted, generation))

    def led_fails(self) -> None:
        if self.led_orders:
            self.led_news.append(LedWritten(None, self.led_orders.popleft()[1]))

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
            self.tell(SpeakerphoneOnline(online=False, has_led=self.led_exists))

    def plug(self) -> None:
        if not self.plugged and not self.known_plugged:
            self.plugged = True
            self.mic_muted = self.switch_off = self.led_lit = False
            self.read_back()
            while self.capture_news:  # the sound server tells of a new source at once
                self.capture_is_heard()

    def plug_is_noticed(self) -> None:
        if self.plugged and not self.known_plugged:
            self.known_plugged = True
            self.tell(SpeakerphoneOnline(online=True, has_led=self.led_exists))

    def server_ends(self) -> None:
        self.server = False

    def server_begins(self) -> None:
        """Begin anew, and know nothing of any mute."""
        if not self.server and not self.known_server:
            self.server, self.mic_muted, self.switch_off = True, False, False

    def server_is_noticed(self) -> None:
        if self.known_server is not self.server:
            self.known_server = self.server
            self.tell(SoundServerOnline(self.server))

    def tenth_passes(self) -> None:
        self.now += 0.1
        self.tell(TimePassed())

    def two_seconds_pass(self) -> None:
        self.now += 2.0
        self.tell(TimePassed())

    def come_to_rest(self) -> None:
        """Everything under way is done and heard, with nothing failing any more."""
        self.unplug_is_noticed()
        self.plug()
        self.plug_is_noticed()
        self.server_is_noticed()
        self.server_begins()
        self.server_is_noticed()
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
    if world.state.status.mute is Mute.MUTED and world.plugged and world.server:
        assert world.mic_muted
        assert world.switch_off or not world.has_switch
        warned = world.state.status.why == "led_unavailable"
        assert world.led_lit or not world.led_exists or warned
    limit = due(world.state)
    assert limit is None or limit > world.now  # nothing is "muting" for more than 2 s


@settings(max_examples=examples(1000), deadline=None, derandomize=True)
@given(st.booleans(), st.booleans(), st.lists(st.sampled_from(ACTIONS), max_size=60))
def test_muted_is_never_said_of_an_open_microphone(
    led_exists: bool, has_switch: bool, actions: list[str]
) -> None:
    world = World(led_exists, has_switch)
    world.tell(SpeakerphoneOnline(online=True, has_led=led_exists))
    for action in actions:
        world.do(action)
        check(world)


def likeness(world: World) -> tuple[object, ...]:
    """Return what decides what can happen next: generations by their age, and no times."""
    state = world.state
    generation = state.generation
    known = (state.requested, state.by, state.online, state.led, state.capture, state.status.mute)
    known += (state.switch,)
    real = (world.mic_muted, world.switch_off, world.led_lit, world.plugged, world.known_plugged)
    real += (world.server, world.known_server)
    return (
        *known,
        *real,
        generation - world.capture_done,
        *((kind, generation - age) for kind, age in [*world.capture_orders, *world.led_orders]),
        len(world.capture_orders),
        *(
            (news.muted, generation - news.generation)
            for news in [*world.capture_news, *world.led_news]
        ),
        *(news.switch for news in world.capture_news),
        len(world.capture_news),
    )


def grown(world: World, action: str) -> World:
    queues = ("capture_orders", "led_orders", "capture_news", "led_news")
    after = replace(world, **{name: getattr(world, name).copy() for name in queues})
    after.now += 1  # nobody conflicts
    after.tell(TimePassed())
    after.do(action)
    return after


ROOM = ["panel_mutes", "panel_opens", "unplug", "unplug_is_noticed", "plug", "plug_is_noticed"]
CAPTURE = ["capture_works", "capture_fails", "capture_is_heard", "somebody_opens", "somebody_mutes"]
SWITCH = ["capture_works", "switch_sticks", "capture_is_heard", "somebody_turns_the_switch_on"]
LED = ["led_works", "led_fails", "led_is_heard", "capture_catches_up"]
SERVER = ["panel_mutes", "panel_opens", "capture_works", "capture_is_heard", "somebody_opens"]
SERVER += ["server_ends", "server_begins", "server_is_noticed"]


@pytest.mark.parametrize(
    ("led_exists", "has_switch", "actions"),
    [
        (False, False, ROOM + CAPTURE),
        (False, True, ROOM + SWITCH),
        (True, False, ROOM + LED),
        (False, False, SERVER),
    ],
    ids=["mic", "switch", "led", "server"],
)
def test_no_order_of_seven_events_makes_an_open_microphone_muted(
    led_exists: bool, has_switch: bool, actions: list[str]
) -> None:
    """Every interleaving of wishes, writes, read-backs, failures, unplugs and other programs."""
    start = World(led_exists, has_switch)
    start.server_is_noticed()
    start.tell(SpeakerphoneOnline(online=True, has_led=led_exists))
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


@settings(max_examples=examples(300), deadline=None, derandomize=True)
@given(st.booleans(), st.lists(st.sampled_from(ACTIONS), max_size=40), st.booleans())
def test_whatever_happened_the_next_wish_is_fulfilled(
    led_exists: bool, actions: list[str], muted: bool
) -> None:
    world = World(led_exists)
    world.tell(SpeakerphoneOnline(online=True, has_led=led_exists))
    for action in actions:
        world.do(action)
    world.come_to_rest()
    world.now += 1
    world.tell(MuteRequested(not muted, "panel"))
    world.come_to_rest()
    world.now += 1
    world.tell(MuteRequested(muted, "panel"))
    world.come_to_rest()
    assert (world.state.status.mute, world.mic_muted) == ((Mute.OPEN, Mute.MUTED)[muted], muted)
