"""Every scenario on every device that can play it: in memory, on a USB bus, and in a whole room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from roomctl.speakerphone.profile import GENERIC, SpeakerphoneProfile, load_profiles
from roomctl.speakerphone.sim import BLACKWIRE, MODELS, Model
from tests.invented import invented
from tests.room.rig import living
from tests.speakerphone.devices import RECORDED
from tests.speakerphone.room_stage import InARoom, room_with
from tests.speakerphone.scenarios import SCENARIOS, Scenario, facts
from tests.speakerphone.stage import BACK_S
from tests.speakerphone.stages import InMemory, OnABus
from tests.speakerphone.test_profile import SHIPPED

PROFILES = {"shipped": load_profiles(SHIPPED), "no profile": {"generic": GENERIC}}
PLAYED = [
    pytest.param(scenario, model, id=f"{scenario.name}-{model.product}")
    for scenario in SCENARIOS
    for model in MODELS.values()
    if scenario.needs(facts(model))
]
IN_A_ROOM = [param for param in PLAYED if not param.values[0].alone]
IN_REAL_TIME = [scenario for scenario in SCENARIOS if not scenario.patient]


@pytest.mark.parametrize("profiles", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize(("scenario", "model"), PLAYED)
def test_in_memory(
    scenario: Scenario, model: Model, profiles: Mapping[str, SpeakerphoneProfile]
) -> None:
    @invented
    async def play() -> None:
        stage = InMemory(model, profiles)
        await stage.open()
        try:
            await stage.online()
            await scenario.act(stage)
        finally:
            await stage.close()

    play()


@pytest.mark.parametrize(("scenario", "model"), IN_A_ROOM)
def test_in_a_whole_room(scenario: Scenario, model: Model) -> None:
    @invented
    async def play() -> None:
        async with living(room_with(model)) as house:
            stage = InARoom(model, house)
            try:
                await stage.online()
                await scenario.act(stage)
            finally:
                await stage.close()

    play()


@pytest.mark.real
@pytest.mark.parametrize("scenario", IN_REAL_TIME, ids=lambda scenario: scenario.name)
async def test_on_a_usb_bus(scenario: Scenario) -> None:
    """All devices at the same time, each on a bus of its own, with and without an OUT endpoint."""
    able = [model for model in MODELS.values() if scenario.needs(facts(model))]
    assert able
    played = [_on_a_bus(scenario, model, out) for model in able for out in (False, True)]
    await asyncio.gather(*played)


async def _on_a_bus(scenario: Scenario, model: Model, out: bool) -> None:
    stage = OnABus(model, out=out)
    await stage.open()
    try:
        await stage.online()
        await scenario.act(stage)
    except BaseException as error:
        error.add_note(f"on {model.product}, {'with' if out else 'without'} an OUT endpoint")
        raise
    finally:
        await stage.close()
    # A transfer that does not end in time is waited for beside all else.
    gadgets = stage.bus.gadgets
    given_back = lambda: all(one.interfaces[-1].driver == "usbhid" for one in gadgets)  # noqa: E731
    await stage.until(given_back, BACK_S)
    assert stage.bus.violations == []


def test_the_simulated_models_are_the_recorded_devices() -> None:
    recorded = {one.model.ids: one.model.descriptor for one in RECORDED.values()}
    made_up = ("18d1:8001", "1209:0001")
    real = {ids: model.descriptor for ids, model in MODELS.items() if ids not in made_up}
    assert len(real) == 4
    assert all(recorded[ids] == descriptor for ids, descriptor in real.items())


def test_the_devices_differ_in_all_that_scenarios_turn_on() -> None:
    known = [facts(model) for model in MODELS.values()]
    assert {one.mute_is_a_state for one in known} == {True, False}
    assert {one.led_per_report for one in known} == {True, False}
    assert facts(BLACKWIRE).led_per_report
