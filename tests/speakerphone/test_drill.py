"""The drill, in invented time: on every simulated model, with and without profiles, and faulty."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import pytest

from roomctl.app import parse
from roomctl.cli.drill import ScreenMicrophone
from roomctl.drill import Microphone, Result, Step
from roomctl.screen.profile import screen_url
from roomctl.screen.sim import SimScreen
from roomctl.simulator import Simulator
from roomctl.speakerphone.drill import SpeakerphoneDrill
from roomctl.speakerphone.hid import Usage
from roomctl.speakerphone.profile import GENERIC, SpeakerphoneProfile, load_profiles
from roomctl.speakerphone.sim import BLACKWIRE, MODELS, SPEAK_810, Model, SimSpeakerphone
from tests.invented import LoopClock, invented
from tests.speakerphone.test_profile import SHIPPED

PROFILES = {"shipped": load_profiles(SHIPPED), "no profile": {"generic": GENERIC}}
NAMES = [
    "answers",
    "lights",
    "handshake",
    "echo",
    "writes",
    "button",
    "silence",
    "put back",
]


class Somebody:
    """At the table: sees what is lit, and presses what is asked for."""

    def __init__(self, simulator: Simulator, phone: SimSpeakerphone) -> None:
        self._simulator, self._phone = simulator, phone
        self.asked: list[str] = []
        self.hands = True

    async def sees(self, what: str) -> bool:
        self.asked.append(what)
        await asyncio.sleep(0.3)
        phone = self._phone
        lit = {
            "the off-hook light is on": phone.led_off_hook,
            "the mute light is on": phone.led_muted,
            "its lights are out": not (phone.led_off_hook or phone.led_muted),
        }
        return lit[what]

    def told(self, what: str) -> None:
        self.asked.append(what)
        if what.startswith("press") and self.hands:
            pressing = self._simulator.act("speakerphone.table", "press_mute", {})
            self._pressing = asyncio.ensure_future(pressing)


class Leaky:
    """A microphone whose read-back says muted, and which is not."""

    muted: bool | None = False

    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None: ...

    async def mute(self, on: bool) -> None:
        self.muted = on

    async def peak(self, for_s: int, *, tone: bool) -> int | None:
        return 12


class Site:
    def __init__(self, model: Model, profiles: Mapping[str, SpeakerphoneProfile]) -> None:
        text = f'[screen]\nmode = "simulated"\n[speakerphone.table]\nurl = "usb:{model.ids}"\n'
        self.config, self.clock = parse(text, "room.toml"), LoopClock()
        self.simulator = Simulator(self.config, self.clock)
        self.phone: SimSpeakerphone = self.simulator.device("speakerphone.table").phone
        self.screen: SimScreen = self.simulator.device("screen").screen
        self.somebody = Somebody(self.simulator, self.phone)
        url = screen_url(self.config.screen)
        self.sound = ScreenMicrophone(url, self.simulator.connect, self.clock)
        self.microphone: Microphone = self.sound
        self.profiles = profiles
        self.steps: list[Step] = []

    def drill(self, *, attended: bool = False, sound: bool = True) -> SpeakerphoneDrill:
        return SpeakerphoneDrill(
            "table",
            self.config.speakerphone["table"],
            self.profiles,
            self.simulator.connect,
            self.clock,
            self.steps.append,
            microphone=self.microphone if sound else None,
            operator=self.somebody if attended else None,
        )

    def step(self, name: str) -> Step:
        (found,) = (step for step in self.steps if step.name == name)
        return found


@contextlib.asynccontextmanager
async def site(
    model: Model = SPEAK_810, profiles: Mapping[str, SpeakerphoneProfile] = PROFILES["shipped"]
) -> AsyncIterator[Site]:
    made = Site(model, profiles)
    async with made.sound.connected():
        yield made
    await made.simulator.close()


@pytest.mark.parametrize("profiles", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.product)
def test_every_model_passes_its_drill_and_is_left_dark(
    model: Model, profiles: Mapping[str, SpeakerphoneProfile]
) -> None:
    @invented
    async def drilling() -> None:
        async with site(model, profiles) as s:
            assert await s.drill().run(), s.steps
            assert [step.name for step in s.steps] == NAMES
            skipped = [step.name for step in s.steps if step.result is Result.SKIPPED]
            assert skipped == ["button"]
            assert (s.phone.led_muted, s.phone.led_off_hook, s.phone.hook) == (False, False, False)
            assert s.phone.ignored == 0

    drilling()


@invented
async def test_what_was_found_is_said_with_numbers() -> None:
    async with site() as s:
        await s.drill().run()
        assert s.step("lights").numbers["leds"] == 2
        assert s.step("handshake").numbers["off_hook_ms"] == pytest.approx(100, abs=30)
        echo = s.step("echo").numbers
        assert (echo["echoes"], echo["writes"]) == (4, 4)
        assert echo["lag_max_ms"] == pytest.approx(100, abs=30)
        assert s.step("writes").numbers["max_ms"] < 50
        assert s.step("silence").numbers == {"muted_peak_pct": 0, "open_peak_pct": 35}


@invented
async def test_somebody_at_the_table_sees_the_lights_and_presses_the_key() -> None:
    async with site(BLACKWIRE) as s:
        s.phone.faults.double = True
        assert await s.drill(attended=True).run(), s.steps
        assert s.step("button").numbers["presses"] == 2
        assert "the mute light is on" in s.somebody.asked
        assert s.somebody.asked[-1] == "say something"


@invented
async def test_a_device_that_never_confirms_is_in_order_and_said_so() -> None:
    async with site() as s:
        s.phone.faults.echo_s = None
        assert await s.drill().run(), s.steps
        assert "does not confirm off-hook" in s.step("handshake").words
        assert s.step("echo").numbers["echoes"] == 0


@invented
async def test_a_light_that_stays_dark_fails_although_it_was_written() -> None:
    async with site() as s:
        s.phone.faults.takes_bytes = 60
        assert not await s.drill(attended=True).run()
        lights = s.step("lights")
        assert lights.result is Result.FAILED
        assert "a person did not see it" in lights.words


@invented
async def test_a_key_that_nobody_presses_fails_within_its_time() -> None:
    async with site() as s:
        s.somebody.hands = False
        assert not await s.drill(attended=True).run()
        assert s.step("button").words == "no press of mute within 15 s"


@invented
async def test_a_light_that_is_refused_fails_the_first_step_and_leaves_it_dark() -> None:
    async with site(BLACKWIRE) as s:
        drill = s.drill()
        s.phone.faults.refuses = frozenset({Usage.LED_MUTE})
        assert not await drill.run()
        assert [(step.name, step.result) for step in s.steps] == [("answers", Result.FAILED)]
        assert "LEDs cannot be written" in s.step("answers").words
        assert (s.phone.led_muted, s.phone.led_off_hook) == (False, False)


@invented
async def test_a_microphone_that_still_hears_while_muted_fails() -> None:
    async with site() as s:
        s.microphone = Leaky()
        assert not await s.drill().run()
        assert s.step("silence").words == "muted, its microphone still gives 12 % of full scale"


@invented
async def test_without_a_sound_server_silence_is_skipped_with_the_reason() -> None:
    async with site() as s:
        assert await s.drill(sound=False).run()
        assert s.step("silence").result is Result.SKIPPED
        assert "no [screen] in room.toml" in s.step("silence").words
    async with site() as s:
        await s.simulator.act("screen", "unplug", {})
        assert await s.drill().run(), s.steps
        assert s.step("silence").result is Result.SKIPPED
        assert "start `roomctl screen`" in s.step("silence").words


@invented
async def test_a_quiet_room_proves_nothing_and_is_said_so() -> None:
    async with site() as s:
        s.screen.level_pct = 0
        assert await s.drill().run()
        assert "nothing is proven" in s.step("silence").words


@invented
async def test_the_microphone_is_left_as_it_was_found() -> None:
    for muted in (True, False):
        async with site() as s:
            await s.microphone.mute(muted)
            await s.drill().run()
            assert s.screen.muted is muted


@invented
async def test_one_that_is_unplugged_fails_its_first_step_and_the_drill_ends() -> None:
    async with site() as s:
        await s.simulator.act("speakerphone.table", "unplug", {})
        assert not await s.drill().run()
        assert [step.name for step in s.steps] == ["answers"]
        assert "is unplugged" in s.step("answers").words
