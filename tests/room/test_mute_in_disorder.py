"""Whatever happens to a whole room, and in whatever order: *muted* is only said of silence.

People, devices, the sound server and the screen's process do what hypothesis has them do, with
pauses from nothing to longer than any time-out. What the panel says, and the lamps, are held
against the simulated hardware, all the time; nothing opens a microphone but an act in the room. And
once everything works again, the last wish has to be fulfilled, all lamps show it, and every key
mutes.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.room import Source
from roomctl.screen.protocol import CaptureSwitch
from roomctl.simulator.devices import SimulatedScreen
from tests.examples import examples
from tests.invented import LoopClock, invented
from tests.room.rig import LINK, PANEL, STAFF, TWO, House, living, screen_of

HALLWAY = Source("panel", "hallway")

NEWS_S = 0.05  # how long a report may be on its way
SHOWN_S = 0.5  # how long an unplug may be
SETTLED_S = 12.0  # a device is back after 1.5 s, a write after 1 s, a question after 10 s
PAUSES_S = (0.0, 0.02, 0.1, 0.4, 1.1, 2.6)
LOOK_S = 0.02
LAMP_S = 1.0  # a lamp that cannot be written yet is written again after 1 s
ACT_S = 10.0  # a call that is left ends later, and a question is answered within 10 s


class Chaos:
    """One room, and everything that can be done to it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._wrong_since: float | None = None
        self._unplugged_at = float("-inf")
        self._lying_since: float | None = None
        self._opening_act_at = float("-inf")
        self._asked: str | None = None

    @property
    def mute(self) -> str:
        return self.house.document.audio.mute

    @property
    def quiet(self) -> bool:
        """Whether nobody could be heard."""
        screen = self.house.screen
        through = screen.switch not in (CaptureSwitch.NONE, CaptureSwitch.OFF)
        nothing = not screen.has_microphone and not screen.others
        return nothing or (screen.muted and not through)

    @property
    def silent(self) -> bool:
        """Whether nobody could be heard, and the speakerphone in use shows it, or it is warned."""
        audio = self.house.document.audio
        used = [one.name for one in audio.speakerphones if one.used]
        lit = bool(used) and all(self.house.speakerphone(name).led_muted for name in used)
        return self.quiet and (lit or audio.reason == "led_unavailable")

    @property
    def lying(self) -> bool:
        """Whether a lamp that works says muted, and somebody could be heard."""
        phones = [
            self.house.speakerphone(one.name)
            for one in self.house.document.audio.speakerphones
            if one.online
        ]
        return not self.quiet and any(
            phone.led_muted and not (faults.stalled or faults.times_out or faults.short)
            for phone in phones
            for faults in (phone.faults,)
        )

    def check(self) -> None:
        now = self.house.room.clock.mono_s()
        asked, before = self.house.document.audio.requested, self._asked
        self._asked = asked
        if (before, asked) == ("muted", "open"):
            assert now - self._opening_act_at <= ACT_S, self.house.document.audio
        self._lying_since = (self._lying_since or now) if self.lying else None
        if self._lying_since is not None:
            assert now - self._lying_since <= LAMP_S, self.house.document.audio
        if self.mute != "muted" or self.silent:
            self._wrong_since = None
            return
        self._wrong_since = now if self._wrong_since is None else self._wrong_since
        recently = now - self._unplugged_at <= SHOWN_S
        limit_s = SHOWN_S if recently else NEWS_S
        assert now - self._wrong_since <= limit_s, self.house.document.audio

    async def pass_s(self, seconds: float) -> None:
        end = self.house.room.clock.mono_s() + seconds
        while True:
            self.check()
            if self.house.room.clock.mono_s() >= end:
                return
            await asyncio.sleep(LOOK_S)

    async def do(self, action: str) -> None:
        if action in OPENING:
            self._opening_act_at = self.house.room.clock.mono_s()
        await getattr(self, action)()

    def _ask(self, kind: str, source: Source = PANEL, **args: object) -> None:
        self.house.room.submit(kind, args, source)

    # People.

    async def press(self) -> None:
        await self.house.act("speakerphone.table", "press_mute")

    async def press_the_other(self) -> None:
        await self.house.act("speakerphone.wall", "press_mute")

    async def press_hook(self) -> None:
        await self.house.act("speakerphone.table", "press_hook")

    async def panel_mutes(self) -> None:
        self._ask("audio.mute", on=True)

    async def panel_opens(self) -> None:
        self._ask("audio.mute", on=False)

    async def hallway_mutes(self) -> None:
        self._ask("audio.mute", HALLWAY, on=True)

    async def stay(self) -> None:
        self._ask("meeting.stay")

    async def program_mutes(self) -> None:
        self._ask("audio.mute", STAFF, on=True)

    async def program_opens(self) -> None:
        record = await self.house.ask("audio.mute", STAFF, on=False)
        assert record.error is not None
        assert record.error.code == "unmute_in_room_only"

    async def join(self) -> None:
        self._ask("meeting.join", link=LINK)

    async def leave(self) -> None:
        self._ask("meeting.leave")

    async def program_joins(self) -> None:
        self._ask("meeting.join", STAFF, link=LINK)

    async def program_leaves(self) -> None:
        self._ask("meeting.leave", STAFF)

    async def program_leaves_and_joins(self) -> None:
        for _ in range(2):
            self._ask("meeting.leave", STAFF)
            await self.pass_s(1.0)
            self._ask("meeting.join", STAFF, link=LINK)
            await self.pass_s(2.0)

    # Devices.

    async def unplug(self) -> None:
        self._unplugged_at = self.house.room.clock.mono_s()
        await self.house.act("speakerphone.table", "unplug")

    async def plug(self) -> None:
        await self.house.act("speakerphone.table", "plug")

    async def unplug_the_other(self) -> None:
        self._unplugged_at = self.house.room.clock.mono_s()
        await self.house.act("speakerphone.wall", "unplug")

    async def plug_the_other(self) -> None:
        await self.house.act("speakerphone.wall", "plug")

    async def unplug_seen_by_the_sound_server_first(self) -> None:
        await self._lose_the_microphone()
        await self.pass_s(0.4)
        await self.unplug()

    async def unplug_seen_by_its_keys_first(self) -> None:
        await self.unplug()
        await self.pass_s(0.4)
        await self._lose_the_microphone()

    async def plug_with_its_sound(self) -> None:
        await self.plug()
        await self._lose_the_microphone(back=True)

    async def _lose_the_microphone(self, *, back: bool = False) -> None:
        """Have the sound server lose it, or find it; of a screen that hangs nobody can know."""
        if not self.house.screen.silent and self.house.screen.has_microphone is not back:
            await self.house.act("screen", "no_microphone")

    async def stall(self) -> None:
        faults = self.house.speakerphone("table").faults
        faults.stalled = not faults.stalled

    async def time_out(self) -> None:
        faults = self.house.speakerphone("table").faults
        faults.times_out = not faults.times_out

    async def write_short(self) -> None:
        faults = self.house.speakerphone("table").faults
        faults.short = not faults.short

    async def sleep(self) -> None:
        """Have the box sleep for an hour; the device forgets its lights."""
        clock = self.house.room.clock
        assert isinstance(clock, LoopClock)
        clock.jumped += timedelta(hours=1)

    # The screen, and its sound server.

    async def deafen(self) -> None:
        await self.house.act("screen", "ignore_mute")

    async def end_or_begin_the_sound_server(self) -> None:
        """One that begins knows nothing of any mute; of a screen that hangs nobody can know."""
        screen = self.house.screen
        if screen.silent:
            return
        await self.house.act("screen", "no_sound")
        if screen.has_sound:
            screen.muted = False
            screen.switch = (
                CaptureSwitch.NONE if screen.switch is CaptureSwitch.NONE else CaptureSwitch.ON
            )

    async def another_program_mutes_or_opens(self) -> None:
        """Mute or open; of a screen that hangs nobody can know."""
        if not self.house.screen.silent and self.house.screen.has_sound:
            await self.house.act("screen", "mute_by_program")

    async def switch_sticks(self) -> None:
        self.house.screen.stuck_switch = not self.house.screen.stuck_switch

    async def hang(self) -> None:
        await self.house.act("screen", "silent")

    async def browser_crashes(self) -> None:
        await self.house.act("screen", "crash")

    async def screen_ends(self) -> None:
        """End the process; the sound server goes on with the mute that it has."""
        before = self.house.screen
        await self.house.act("screen", "unplug")
        after = self.house.screen
        after.muted, after.switch = before.muted, before.switch
        after.has_sound = before.has_sound
        after.has_microphone, after.others = before.has_microphone, before.others

    async def screen_begins(self) -> None:
        await self.house.act("screen", "plug")

    async def mend(self) -> None:
        """Have everything work again, and everybody leave it alone."""
        for name in ("table", "wall"):
            faults = self.house.speakerphone(name).faults
            faults.stalled = faults.times_out = faults.short = False
            await self.house.act(f"speakerphone.{name}", "plug")
        end = self.house.simulator.device("screen")
        assert isinstance(end, SimulatedScreen)
        screen = screen_of(self.house.simulator)
        screen.ignores_mute = screen.silent = screen.stuck_switch = False
        screen.has_sound = True
        await self.house.act("screen", "plug")
        await self._lose_the_microphone(back=True)

    async def finger(self, name: str) -> None:
        """Open the room, and press the mute key of one: it has to mute.

        What is learned of a device's echoes is another matter: see test_telephony_echo.
        """
        for each in ("table", "wall"):
            self.house.speakerphone(each).faults.echo_s = None
        await self.pass_s(3.0)
        await self.panel_opens()
        self._opening_act_at = self.house.room.clock.mono_s()
        await self.pass_s(3.0)
        assert self.mute == "open", self.house.document.audio
        await self.house.act(f"speakerphone.{name}", "press_mute")
        await self.pass_s(1.0)
        assert self.mute == "muted", (name, self.house.document.audio)


OPENING = ("press", "press_the_other", "press_hook", "panel_opens", "stay", "leave")
NAMES = [name for name, value in vars(Chaos).items() if asyncio.iscoroutinefunction(value)]
FIRST = {"people": "press", "devices": "unplug", "screen": "deafen", "end": "mend"}
PEOPLE, DEVICES, SCREEN = (
    NAMES[NAMES.index(begin) : NAMES.index(end)] for begin, end in pairwise(FIRST.values())
)
STEPS = st.tuples(
    st.one_of(st.sampled_from(PEOPLE), st.sampled_from(DEVICES), st.sampled_from(SCREEN)),
    st.sampled_from(PAUSES_S),
)


@settings(max_examples=examples(20), deadline=None, derandomize=True)
@given(st.booleans(), st.booleans(), st.lists(STEPS, min_size=10, max_size=30))
def test_muted_is_only_said_of_silence_and_the_last_wish_is_fulfilled(
    has_switch: bool, others: bool, steps: list[tuple[str, float]]
) -> None:
    @invented
    async def play() -> None:
        async with living(TWO) as house:
            if has_switch:
                house.screen.switch = CaptureSwitch.ON
            house.screen.others = others
            chaos = Chaos(house)
            for action, pause_s in steps:
                await chaos.do(action)
                await chaos.pass_s(pause_s)
            await chaos.mend()
            await chaos.pass_s(SETTLED_S)
            asked = house.document.audio.requested
            assert chaos.mute == asked, house.document.audio
            assert house.screen.muted is (asked == "muted")
            assert chaos.silent is (asked == "muted")
            lamps = {house.speakerphone(name).led_muted for name in ("table", "wall")}
            assert lamps == {asked == "muted"}
            for name in ("wall", "table", "wall"):
                await chaos.finger(name)
            assert not house.task.done()

    play()
