"""Whose sound the screen is told to use."""

from roomctl.screen.protocol import Use
from tests.invented import invented
from tests.room.rig import living


@invented
async def test_the_screen_uses_the_sound_of_the_speakerphone_that_is_there() -> None:
    async with living() as house:
        await house.until(lambda: house.screen.used is not None)
        assert house.screen.used == Use(None, 0x0B0E, 0x2456)
