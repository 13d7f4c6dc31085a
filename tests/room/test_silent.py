"""A room in which nobody would hear, or be heard, is not ready, and says why."""

from collections.abc import Callable

import pytest

from roomctl.screen.sim import SimScreen
from tests.invented import invented
from tests.room.rig import NO_DEVICE, House, living


def take_microphone(screen: SimScreen) -> None:
    screen.plug_microphone(False)


def turn_down(screen: SimScreen) -> None:
    screen.volume_pct = 0


def turn_gain_down(screen: SimScreen) -> None:
    screen.gain_pct = 0


def take_loudspeaker(screen: SimScreen) -> None:
    screen.has_loudspeaker = False


def ready(house: House) -> tuple[bool | None, str | None]:
    (found,) = (one for one in house.document.conditions if one.type == "ready")
    return found.status, found.reason


def told(house: House) -> set[str]:
    return {code for code, _ in house.issues if code.startswith("audio.")}


@pytest.mark.parametrize(
    ("silence", "code"),
    [
        (take_microphone, "no_microphone"),
        (turn_gain_down, "gain_zero"),
        (take_loudspeaker, "no_loudspeaker"),
        (turn_down, "volume_zero"),
    ],
)
@invented
async def test_silence_is_an_issue_and_keeps_the_room_from_being_ready(
    silence: Callable[[SimScreen], None], code: str
) -> None:
    async with living() as house:
        await house.until(lambda: ready(house) == (True, None))
        silence(house.screen)
        await house.until(lambda: ready(house) == (False, code), limit_s=1.5)
        assert told(house) == {f"audio.{code}"}
        since = house.document.issues[0].since
        await house.always(lambda: house.document.issues[0].since == since, 5.0)


@invented
async def test_turned_down_in_a_call_it_is_told_and_the_room_is_not_ready_once_that_is_over() -> (
    None
):
    async with living() as house:
        await house.join()
        await house.ask("audio.volume", pct=0)
        await house.until(lambda: told(house) == {"audio.volume_zero"}, limit_s=0.5)
        await house.always(lambda: ready(house) == (True, None), 5.0)
        await house.ask("meeting.leave")
        await house.until(lambda: ready(house) == (False, "volume_zero"))
        await house.ask("audio.volume", pct=40)
        await house.until(lambda: ready(house) == (True, None), limit_s=0.5)
        assert told(house) == set()


@invented
async def test_a_microphone_at_0_in_a_call_is_no_way_to_mute() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.gain", pct=0)
        await house.until(lambda: ready(house) == (False, "gain_zero"), limit_s=0.5)


@invented
async def test_a_room_without_sound_by_its_configuration_lacks_none() -> None:
    async with living(NO_DEVICE + '[occupancy.ceiling]\nurl = "gpio:17"\n') as house:
        (sound,) = (one for one in house.document.conditions if one.type == "audio_ready")
        assert (sound.status, sound.reason) == (True, "not_configured")
        assert told(house) == set()


@invented
async def test_a_sound_server_that_is_gone_is_one_problem_and_not_three() -> None:
    async with living() as house:
        await house.act("screen", "no_sound")
        await house.until(lambda: ready(house) == (False, "no_sound_server"))
        assert told(house) == set()
