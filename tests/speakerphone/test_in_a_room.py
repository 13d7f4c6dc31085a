"""Every simulated model in a whole room, in invented time: what the panel says, and what is so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from roomctl.speakerphone.sim import MODELS, Model
from tests.invented import invented
from tests.room.rig import NO_CAMERA, OTHER_LINK, House, living

SHOWN_S, BACK_S = 0.6, 3.0  # half a second, and what the looking itself takes

Story = Callable[[House], Awaitable[None]]


def muted(house: House) -> tuple[str, bool, bool]:
    """What the panel says, what the LED shows, and what the sound server has."""
    return house.document.audio.mute, house.phone.led_muted, house.screen.muted


async def pressed_three_times_the_call_goes_on(house: House) -> None:
    await house.join()
    for state in (("muted", True, True), ("open", False, False), ("muted", True, True)):
        await house.act("speakerphone.table", "press_mute")
        await house.until(lambda wanted=state: muted(house) == wanted, 3)
        await house.always(lambda wanted=state: muted(house) == wanted, 3)
    assert house.document.meeting.state == "in_call"
    assert house.phone.led_off_hook


async def the_next_meeting_does_not_inherit_the_mute(house: House) -> None:
    await house.join()
    await house.act("speakerphone.table", "press_mute")
    await house.until(lambda: muted(house) == ("muted", True, True), 3)
    await house.ask("meeting.leave")
    await house.until(lambda: not house.phone.led_off_hook, 10)
    await house.join(OTHER_LINK)
    await house.until(lambda: muted(house) == ("open", False, False), 3)
    await house.act("speakerphone.table", "press_mute")
    await house.until(lambda: muted(house) == ("muted", True, True), 3)


async def unplugged_while_muted_it_is_shown_and_back_with_its_lights(house: House) -> None:
    await house.join()
    await house.act("speakerphone.table", "press_mute")
    await house.until(lambda: muted(house) == ("muted", True, True), 3)
    await house.act("speakerphone.table", "unplug")
    table = "speakerphone.table"
    assert await house.until(lambda: house.device(table).status == "offline", 1) <= SHOWN_S
    await house.until(lambda: house.screen.muted, 1)
    assert not house.phone.led_muted
    await house.act(table, "plug")
    assert await house.until(lambda: muted(house) == ("muted", True, True), 5) <= BACK_S
    await house.until(lambda: house.phone.led_off_hook, 1)
    await house.always(lambda: muted(house) == ("muted", True, True), 3)
    assert house.document.meeting.state == "in_call"
    assert not house.task.done()


STORIES: list[Story] = [
    pressed_three_times_the_call_goes_on,
    the_next_meeting_does_not_inherit_the_mute,
    unplugged_while_muted_it_is_shown_and_back_with_its_lights,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.product)
def test_in_a_room(model: Model, story: Story) -> None:
    @invented
    async def told() -> None:
        async with living(NO_CAMERA.replace("0b0e:2456", model.ids)) as house:
            assert house.phone.model is model
            await story(house)

    told()
