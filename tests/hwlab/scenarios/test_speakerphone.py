"""Every scenario of a speakerphone on the kernel's USB stack: all models at the same time, or in
turn where one keeps the emulated processor busy by itself.

Every second one takes its reports at an OUT endpoint, and refuses them elsewhere.
"""

from __future__ import annotations

import asyncio

import pytest

from roomctl.speakerphone.sim import MODELS
from tests.hwlab.kernel_stage import OnTheKernel
from tests.hwlab.scenarios.conftest import Plug
from tests.speakerphone.scenarios import SCENARIOS, Scenario, facts

PLAYED = [scenario for scenario in SCENARIOS if not scenario.patient]


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.name)
async def test_on_the_kernel(scenario: Scenario, plug: Plug) -> None:
    models = enumerate(MODELS.values())
    able = [(number, model) for number, model in models if scenario.needs(facts(model))]
    assert able, "no model is such as it needs"
    stages = [OnTheKernel(model, plug, out=number % 2 == 1) for number, model in able]
    if scenario.alone:
        for stage in stages:
            await _played(scenario, stage)
    else:
        await asyncio.gather(*(_played(scenario, stage) for stage in stages))


async def _played(scenario: Scenario, stage: OnTheKernel) -> None:
    await stage.open()
    try:
        await stage.online()
        await scenario.act(stage)
    except BaseException as error:
        error.add_note(f"on {stage.model.product}")
        raise
    finally:
        await stage.close()
