"""What becomes of the microphone when the screen, or its sound server, is away for a while."""

from tests.invented import invented
from tests.room.rig import House, living


def said(house: House) -> str:
    return house.document.audio.mute


async def screen_back(house: House) -> None:
    """Have the screen's process end, and another one take its place, which opens what it finds."""
    await house.act("screen", "unplug")
    await house.until(lambda: house.device("screen").status == "offline", limit_s=1.0)
    await house.act("screen", "plug")
    await house.until(lambda: house.device("screen").status == "online", limit_s=3.0)


@invented
async def test_a_screen_that_is_back_with_an_open_microphone_is_muted_as_before() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await screen_back(house)
        await house.until(lambda: house.screen.muted, limit_s=1.0)
        await house.until(lambda: said(house) == "muted", limit_s=1.0)
        assert house.document.audio.requested_by == "panel"


@invented
async def test_a_mute_outlives_a_screen_that_is_lost_and_comes_back() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("screen", "unplug")
        await house.until(lambda: house.device("screen").status == "offline", limit_s=1.0)
        house.screen.muted = True  # as the sound server has it
        await house.act("screen", "plug")
        await house.until(lambda: house.document.meeting.state == "failed")
        await house.join()
        await house.until(lambda: said(house) == "muted", limit_s=3.0)
        await house.always(lambda: house.screen.muted, 3.0)


@invented
async def test_a_screen_that_falls_silent_proves_no_mute_until_it_is_heard_again() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("screen", "silent")
        await house.until(lambda: said(house) != "muted", limit_s=5.0)
        assert not house.document.audio.available
        await house.until(lambda: said(house) == "open", limit_s=3.0)
        await house.until(lambda: not house.phone.led_muted, limit_s=3.0)
        await house.always(lambda: said(house) == "open", 5.0)
        await house.act("screen", "silent")
        await house.until(lambda: said(house) == "muted", limit_s=2.0)
        assert house.screen.muted


@invented
async def test_a_sound_server_that_begins_anew_is_muted_as_the_one_before() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("screen", "no_sound")
        await house.until(lambda: said(house) != "muted", limit_s=0.1)
        await house.until(lambda: not house.phone.led_muted, limit_s=0.5)
        record = await house.ask("audio.mute", on=True)
        assert record.error is not None
        assert record.error.code == "no_sound_server"
        house.screen.muted = False
        await house.act("screen", "no_sound")
        await house.until(lambda: said(house) == "muted", limit_s=0.5)
        assert house.screen.muted
        assert house.phone.led_muted


@invented
async def test_without_a_sound_server_a_press_on_the_speakerphone_never_says_muted() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "no_sound")
        await house.until(lambda: not house.document.audio.available, limit_s=0.1)
        await house.act("speakerphone.table", "press_mute")
        await house.always(lambda: said(house) != "muted" and not house.phone.led_muted, 10.0)
        assert (said(house), house.document.audio.reason) == ("open", "not_confirmed")


@invented
async def test_the_lamp_is_out_while_another_program_keeps_the_microphone_open() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("screen", "ignore_mute")
        await house.act("screen", "mute_by_program")
        await house.until(lambda: not house.phone.led_muted, limit_s=0.5)
        await house.always(lambda: not house.phone.led_muted, 5.0)
        await house.act("screen", "ignore_mute")
        await house.until(lambda: said(house) == "muted", limit_s=2.0)
        await house.until(lambda: house.phone.led_muted, limit_s=0.5)


@invented
async def test_a_speakerphone_unplugged_in_a_call_ends_muted_whoever_notices_first() -> None:
    for sound_server_first in (True, False):
        async with living() as house:
            house.screen.others = True
            await house.join()
            await house.until(lambda: said(house) == "open")
            witnesses = [("screen", "no_microphone"), ("speakerphone.table", "unplug")]
            for device, action in witnesses if sound_server_first else reversed(witnesses):
                await house.act(device, action)
                await house.until(lambda: house.screen.muted, limit_s=0.5)
            shown = ("muted", "unplugged", "table")
            await house.until(lambda shown=shown: ends(house) == shown, limit_s=1.0)
            await house.always(lambda shown=shown: ends(house) == shown, 5.0)
            assert house.document.audio.reason == "led_unavailable"


@invented
async def test_the_only_microphone_unplugged_in_a_call_is_muted_and_stays_so_when_it_is_back() -> (
    None
):
    for sound_server_first in (True, False):
        async with living() as house:
            await house.join()
            await house.until(lambda: said(house) == "open")
            witnesses = [("screen", "no_microphone"), ("speakerphone.table", "unplug")]
            for device, action in witnesses if sound_server_first else reversed(witnesses):
                await house.act(device, action)
            await house.until(lambda: ends(house) == ("muted", "unplugged", "table"), limit_s=2.0)
            await house.act("screen", "no_microphone")
            await house.act("speakerphone.table", "plug")
            await house.until(lambda: house.phone.led_muted, limit_s=3.0)
            assert house.screen.muted


def ends(house: House) -> tuple[str, str, str]:
    audio = house.document.audio
    return audio.mute, audio.requested_by, audio.requested_by_name
