"""What is known of the room's speakerphones, and what their firmware is known for."""

from roomctl.speakerphone.sim import SimSpeakerphone
from tests.invented import invented
from tests.room.rig import BAMBOO, STAFF, TWO, living

OLD_510 = BAMBOO.replace(
    'url = "usb:0b0e:2456"\n', 'url = "usb:0b0e:2456"\nprofile = "jabra-speak-510"\n'
)


@invented
async def test_what_is_wrong_with_a_speakerphones_firmware_is_an_issue_while_it_is_there() -> None:
    told = ("speakerphone.advisory", "speakerphone.table")
    async with living(OLD_510) as house:
        await house.until(lambda: told in house.issues)
        (issue,) = house.document.issues
        assert "hid-quirks.c" in str(issue.params["source"])
        assert "2.14" in str(issue.params["what"])
        plate = house.room.nameplates["speakerphone.table"]
        assert (plate.firmware, plate.verified) == ("1.23", "manual")
        assert plate.advisories == (issue.params["what"],)

        await house.act("speakerphone.table", "unplug")
        await house.until(
            lambda: house.issues == [("device.offline", "speakerphone.table")], limit_s=1.0
        )


@invented
async def test_a_speakerphone_whose_firmware_is_in_order_is_no_issue() -> None:
    async with living() as house:
        await house.until(lambda: house.device("speakerphone.table").status == "online")
        await house.always(lambda: house.issues == [], 2.0)


def lit(phone: SimSpeakerphone) -> tuple[bool, bool]:
    return phone.led_muted, phone.led_off_hook


@invented
async def test_mute_is_lit_on_all_and_off_hook_on_the_one_in_use() -> None:
    async with living(TWO) as house:
        await house.ask("audio.mute", on=True)
        await house.until(lambda: lit(house.phone) == (True, False))
        await house.until(lambda: lit(house.speakerphone("wall")) == (True, False), limit_s=1.0)
        await house.join()
        await house.until(lambda: lit(house.phone) == (True, True), limit_s=1.0)
        await house.always(lambda: lit(house.speakerphone("wall")) == (True, False), 1.0)
        await house.ask("meeting.leave", STAFF)
        await house.until(lambda: lit(house.phone) == (True, False))
        await house.until(lambda: house.document.meeting.state == "idle")
        assert (await house.ask("audio.device", name="wall")).status == "done"
        await house.join()
        await house.until(lambda: lit(house.speakerphone("wall")) == (True, True), limit_s=1.0)
        await house.always(lambda: lit(house.phone) == (True, False), 1.0)


@invented
async def test_one_that_comes_back_while_another_one_is_used_shows_mute_and_no_call() -> None:
    async with living(TWO) as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("speakerphone.table", "unplug")
        await house.until(lambda: lit(house.speakerphone("wall")) == (True, True), limit_s=1.0)
        await house.act("speakerphone.table", "plug")
        await house.until(lambda: lit(house.phone) == (True, False), limit_s=3.0)
        await house.always(lambda: lit(house.phone) == (True, False), 5.0)


@invented
async def test_what_was_asked_for_while_the_only_one_was_gone_is_what_it_shows_first() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("speakerphone.table", "unplug")
        await house.until(lambda: house.device("speakerphone.table").status == "offline")
        await house.ask("audio.mute", on=False)
        await house.act("speakerphone.table", "plug")
        await house.until(lambda: house.phone.led_off_hook, limit_s=3.0)
        assert not house.phone.led_muted
        await house.always(lambda: not house.phone.led_muted, 3.0)


@invented
async def test_one_whose_lights_cannot_be_written_does_not_come_and_go_with_its_reports() -> None:
    async with living() as house:
        await house.join()
        house.phone.faults.stalled = True
        await house.ask("audio.mute", on=True)
        table = "speakerphone.table"
        await house.until(lambda: house.device(table).status == "offline", limit_s=3.0)
        await house.act(table, "press_mute")

        def warned() -> bool:
            audio = house.document.audio
            return (audio.mute, audio.reason) == ("muted", "led_unavailable")

        await house.until(warned, limit_s=0.5)
        await house.always(warned, 6.0)  # in plain words
        assert house.device(table).status == "offline"
        house.phone.faults.stalled = False
        await house.until(lambda: house.document.audio.reason == "", limit_s=2.0)
        assert house.document.audio.mute == "muted"
        assert house.phone.led_muted
