"""Whether a program listens to the room: what the sound server tells, and nothing else."""

from tests.invented import invented
from tests.room.rig import House, living


def said(house: House) -> tuple[str, bool | None]:
    return house.document.audio.mute, house.document.audio.listening


@invented
async def test_nothing_listens_to_an_idle_room_and_the_meeting_does_while_it_lasts() -> None:
    async with living() as house:
        await house.until(lambda: said(house) == ("open", False))
        await house.join()
        await house.until(lambda: said(house) == ("open", True), limit_s=1.0)
        await house.ask("meeting.leave")
        await house.until(lambda: said(house) == ("open", False), limit_s=2.0)


@invented
async def test_another_program_listens_too_whether_or_not_there_is_a_call() -> None:
    async with living() as house:
        await house.until(lambda: said(house) == ("open", False))
        await house.act("screen", "record")
        await house.until(lambda: said(house) == ("open", True), limit_s=1.5)
        await house.ask("audio.mute", on=True)
        assert said(house) == ("muted", True)


@invented
async def test_without_a_sound_server_or_a_screen_nobody_knows_whether_anything_listens() -> None:
    async with living() as house:
        await house.until(lambda: said(house)[1] is False)
        await house.act("screen", "no_sound")
        await house.until(lambda: said(house)[1] is None, limit_s=1.5)
        await house.act("screen", "no_sound")
        await house.until(lambda: said(house)[1] is False, limit_s=1.5)
        await house.act("screen", "silent")
        await house.until(lambda: said(house)[1] is None, limit_s=5.0)
