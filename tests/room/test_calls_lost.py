"""What a room says of its call while the screen is away, or hangs."""

from tests.invented import invented
from tests.room.rig import LINK, House, living


def stands(house: House) -> tuple[str, str]:
    meeting = house.document.meeting
    return meeting.state, meeting.evidence


@invented
async def test_a_call_that_nobody_sees_any_more_is_not_claimed() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "unplug")
        await house.until(lambda: stands(house) == ("unknown", "none"), limit_s=10.0)


@invented
async def test_a_wall_that_nobody_sees_any_more_is_not_claimed() -> None:
    async with living() as house:
        house.screen.blocked_by = "bot_wall"
        await house.ask("meeting.join", link=LINK)
        await house.until(lambda: house.document.meeting.failure == "bot_wall")
        await house.act("screen", "unplug")
        await house.until(lambda: stands(house) == ("unknown", "none"), limit_s=10.0)


@invented
async def test_a_screen_that_hangs_claims_nothing_and_goes_on_where_it_was() -> None:
    async with living() as house:
        await house.join()
        house.screen.silent = True
        await house.until(lambda: stands(house) == ("unknown", "none"), limit_s=12.0)
        assert not house.document.meeting.remote_control
        house.screen.silent = False
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=5.0)
        await house.always(lambda: house.document.meeting.state == "in_call", 30.0)
