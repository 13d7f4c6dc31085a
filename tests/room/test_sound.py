"""Whose sound the room uses, how loud it is, and what it hears."""

from roomctl.room import Source
from roomctl.room.audio import SHOWN_S
from roomctl.screen.driver import LevelHeard
from roomctl.screen.protocol import CaptureSwitch, PreferDevice
from tests.invented import invented
from tests.room.rig import OTHER_LINK, STAFF, TWO, House, living

PANEL_TWO = Source("panel", "hallway")
NOT_MUTED = TWO.replace("display_on_s = 20", 'display_on_s = 20\nunplugged = "default"')


def used(house: House) -> list[str]:
    return [one.name for one in house.document.audio.speakerphones if one.used]


def measured(house: House) -> bool:
    return house.screen._now < house.screen._listened_until


def said(house: House) -> tuple[str, str]:
    return house.document.audio.mute, house.document.audio.requested_by


@invented
async def test_the_screen_uses_the_sound_of_the_speakerphone_that_is_there() -> None:
    async with living() as house:
        await house.until(lambda: house.screen.used is not None)
        assert house.screen.used == PreferDevice("1-1.1", 0x0B0E, 0x2456)


@invented
async def test_of_several_the_first_is_used_until_another_one_is_chosen() -> None:
    async with living(TWO) as house:
        await house.until(lambda: used(house) == ["table"])
        assert (await house.ask("audio.device", name="wall")).status == "done"
        await house.until(lambda: used(house) == ["wall"], limit_s=0.5)
        await house.until(
            lambda: house.screen.used == PreferDevice("1-1.2", 0x291A, 0x3301), limit_s=0.5
        )
        await house.join()
        await house.until(lambda: house.speakerphone("wall").led_off_hook, limit_s=1.0)
        assert not house.phone.led_off_hook


@invented
async def test_it_is_changed_by_the_room_alone_outside_calls_and_for_one_that_is_there() -> None:
    async with living(TWO) as house:
        await house.act("speakerphone.wall", "unplug")
        await house.until(lambda: house.device("speakerphone.wall").status == "offline")
        codes = []
        for source, name in ((STAFF, "wall"), (PANEL_TWO, "wall"), (PANEL_TWO, "moon")):
            record = await house.ask("audio.device", source=source, name=name)
            codes.append(record.error.code if record.error else "")
        await house.join()
        record = await house.ask("audio.device", name="table")
        codes.append(record.error.code if record.error else "")
        assert codes == ["in_room_only", "offline", "unknown_device", "in_call"]
        assert used(house) == ["table"]


@invented
async def test_one_that_is_unplugged_in_a_call_leaves_the_next_one_muted() -> None:
    async with living(TWO) as house:
        await house.join()
        await house.act("speakerphone.table", "unplug")
        await house.until(lambda: used(house) == ["wall"], limit_s=0.5)
        await house.until(lambda: said(house) == ("muted", "unplugged"), limit_s=1.0)
        await house.until(lambda: house.speakerphone("wall").led_muted, limit_s=0.5)


@invented
async def test_one_that_is_unplugged_in_a_call_hands_over_within_half_a_second() -> None:
    async with living(TWO) as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("speakerphone.table", "unplug")
        await house.until(lambda: used(house) == ["wall"], limit_s=0.5)
        await house.until(lambda: said(house)[0] == "muted", limit_s=2.0)
        assert house.screen.used == PreferDevice("1-1.2", 0x291A, 0x3301)
        assert house.speakerphone("wall").led_muted
        assert house.speakerphone("wall").led_off_hook

        await house.act("speakerphone.table", "plug")
        await house.until(lambda: house.device("speakerphone.table").status == "online")
        await house.always(lambda: used(house) == ["wall"], 5.0)  # not back in the same call
        await house.join(OTHER_LINK)
        await house.until(lambda: said(house)[0] == "muted", limit_s=3.0)


@invented
async def test_the_last_one_that_is_unplugged_in_a_call_leaves_the_room_muted() -> None:
    async with living() as house:
        await house.join()
        await house.until(lambda: said(house)[0] == "open")
        await house.act("speakerphone.table", "unplug")
        await house.until(
            lambda: house.device("speakerphone.table").status == "offline", limit_s=0.5
        )
        await house.until(lambda: house.screen.muted, limit_s=0.5)
        await house.until(lambda: said(house) == ("muted", "unplugged"), limit_s=0.5)
        assert house.document.audio.reason == "led_unavailable"

        await house.act("speakerphone.table", "plug")
        await house.until(lambda: house.phone.led_muted, limit_s=3.0)
        await house.until(lambda: house.document.audio.reason == "", limit_s=0.5)
        assert said(house) == ("muted", "unplugged")
        assert house.phone.led_off_hook
        await house.always(lambda: said(house)[0] == "muted", 1.0)
        await house.ask("audio.mute", on=False)
        await house.until(lambda: said(house) == ("open", "panel"), limit_s=1.0)


@invented
async def test_a_room_that_says_so_goes_on_with_the_default_microphone() -> None:
    async with living(NOT_MUTED) as house:
        await house.join()
        for name in ("wall", "table"):
            await house.act(f"speakerphone.{name}", "unplug")
        await house.until(lambda: used(house) == [])
        await house.always(lambda: not house.screen.muted, 5.0)


@invented
async def test_a_press_on_one_that_is_not_in_use_mutes_and_never_opens() -> None:
    async with living(TWO) as house:
        await house.join()
        await house.act("speakerphone.wall", "press_mute")
        await house.until(lambda: said(house) == ("muted", "speakerphone"), limit_s=1.0)
        assert house.document.audio.requested_by_name == "wall"
        await house.act("speakerphone.wall", "press_mute")
        await house.always(lambda: house.screen.muted, 5.0)


@invented
async def test_the_mute_key_of_one_that_is_not_in_use_works_again_and_again() -> None:
    async with living(TWO) as house:
        await house.join()
        for _ in range(3):
            await house.act("speakerphone.wall", "press_mute")
            await house.until(lambda: said(house) == ("muted", "speakerphone"), limit_s=1.0)
            await house.until(lambda: house.speakerphone("wall").led_muted, limit_s=1.0)
            assert not house.speakerphone("wall").led_off_hook
            await house.always(lambda: house.screen.muted, 3.0)
            await house.act("speakerphone.table", "press_mute")
            await house.until(lambda: said(house)[0] == "open", limit_s=1.0)
            await house.until(lambda: not house.speakerphone("wall").led_muted, limit_s=1.0)
            await house.always(lambda: said(house)[0] == "open", 3.0)


@invented
async def test_who_mutes_on_another_speakerphone_while_it_is_muted_is_who_muted() -> None:
    async with living(TWO) as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        before = house.document.audio.since
        await house.always(lambda: said(house) == ("muted", "panel"), 3.0)
        await house.act("speakerphone.wall", "press_mute")
        await house.until(lambda: said(house) == ("muted", "speakerphone"), limit_s=0.5)
        assert house.document.audio.since > before


@invented
async def test_who_muted_is_kept() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", source=PANEL_TWO, on=True)
        assert (said(house), house.document.audio.requested_by_name) == (
            ("muted", "panel"),
            "hallway",
        )
        await house.ask("audio.mute", source=PANEL_TWO, on=False)
        await house.ask("audio.mute", source=STAFF, on=True)
        await house.until(lambda: said(house) == ("muted", "program"), limit_s=1.0)


@invented
async def test_the_meetings_own_mute_is_a_second_fact() -> None:
    async with living() as house:
        assert house.document.audio.meeting_muted is None
        await house.join()
        await house.until(lambda: house.document.audio.meeting_muted is False, limit_s=2.0)
        await house.act("screen", "mute_in_meeting")
        await house.until(lambda: house.document.audio.meeting_muted is True, limit_s=2.0)
        assert said(house)[0] == "open"
        await house.ask("meeting.leave")
        await house.until(lambda: house.document.audio.meeting_muted is None)


@invented
async def test_muted_waits_for_the_devices_own_switch() -> None:
    async with living() as house:
        house.screen.switch, house.screen.stuck_switch = CaptureSwitch.ON, True
        await house.join()
        record = await house.ask("audio.mute", on=True)
        assert record.status == "failed"
        assert house.screen.muted
        assert (said(house)[0], house.document.audio.reason) == ("open", "switch")

        house.screen.stuck_switch = False
        assert (await house.ask("audio.mute", on=True)).status == "done"
        await house.until(lambda: said(house)[0] == "muted", limit_s=1.0)
        assert house.document.audio.switch == "off"


@invented
async def test_sound_behind_a_mute_is_said_everywhere_and_is_an_issue() -> None:
    async with living() as house:
        await house.join()
        assert (await house.ask("audio.mute", on=True)).status == "done"
        await house.until(lambda: said(house)[0] == "muted", limit_s=1.0)
        assert house.phone.led_muted
        await house.act("screen", "leak")
        await house.until(lambda: said(house)[0] == "open", limit_s=1.0)
        assert house.document.audio.reason == "heard"
        await house.until(lambda: not house.phone.led_muted, limit_s=1.0)
        (issue,) = [one for one in house.document.issues if one.code == "audio.heard"]
        assert issue.params["what"] == "Microphone"
        assert (await house.ask("audio.mute", on=True)).status == "failed"
        await house.act("screen", "leak")
        await house.until(lambda: said(house)[0] == "muted", limit_s=5.0)
        assert "audio.heard" not in {one.code for one in house.document.issues}


@invented
async def test_each_press_of_a_volume_key_is_one_step_that_is_written() -> None:
    async with living() as house:
        begin = house.screen.volume_pct
        for _ in range(3):
            await house.act("speakerphone.table", "volume_up")
        await house.until(lambda: house.screen.volume_pct == begin + 15, limit_s=1.0)
        await house.act("speakerphone.table", "volume_down")
        await house.until(lambda: house.document.audio.volume_pct == begin + 10, limit_s=1.0)


@invented
async def test_the_volume_keys_of_one_that_is_not_in_use_do_nothing() -> None:
    async with living(TWO) as house:
        begin = house.screen.volume_pct
        await house.act("speakerphone.wall", "volume_up")
        await house.always(lambda: house.screen.volume_pct == begin, 2.0)


@invented
async def test_the_level_is_measured_while_somebody_looks_and_no_longer() -> None:
    async with living() as house:
        with house.room.audio.listen() as levels:
            begin = house.room.clock.mono_s()
            heard = [await levels.get() for _ in range(100)]
            assert 9.0 < house.room.clock.mono_s() - begin < 11.0
            assert set(heard) == {LevelHeard(house.screen.level_pct)}
            await house.ask("audio.mute", on=True)
            assert LevelHeard(0) in [await levels.get() for _ in range(20)]
            rev = house.document.rev
            await house.always(lambda: measured(house), 10.0)
            assert house.document.rev - rev < 5  # levels are no part of the document
        await house.until(lambda: not measured(house))
        await house.always(lambda: not measured(house), 10.0)


@invented
async def test_the_test_sound_says_what_became_of_it() -> None:
    async with living() as house:
        found = []
        for hears, muted in ((True, False), (False, False), (True, True)):
            house.screen.hears, house.screen.muted = hears, muted
            record = await house.ask("audio.test")
            assert record.result is not None
            found.append(record.result["verdict"])
        assert found == ["heard", "not_heard", "muted"]


@invented
async def test_no_test_sound_is_played_into_a_meeting() -> None:
    async with living() as house:
        await house.join()
        record = await house.ask("audio.test")
        assert record.error is not None
        assert record.error.code == "in_call"


@invented
async def test_a_gain_of_nothing_is_not_on_and_can_be_set_in_the_room() -> None:
    async with living() as house:
        await house.join()
        assert house.document.audio.gain_pct == house.screen.gain_pct == 80
        record = await house.ask("audio.gain", STAFF, pct=0)
        assert record.error is not None
        assert record.error.code == "in_room_only"
        assert (await house.ask("audio.gain", pct=0)).status == "done"
        await house.until(lambda: house.document.audio.reason == "gain", limit_s=1.0)
        assert said(house)[0] == "open"
        assert (await house.ask("audio.gain", pct=60)).status == "done"
        await house.until(lambda: house.document.audio.reason == "", limit_s=1.0)
        assert house.document.audio.gain_pct == 60


def told(house: House) -> bool | None:
    return house.document.audio.talking_while_muted


@invented
async def test_who_talks_while_the_meeting_has_the_room_muted_is_told() -> None:
    async with living() as house:
        house.screen.level_pct = 10
        await house.join()
        await house.until(lambda: house.document.audio.meeting_muted is False, limit_s=2.0)
        house.screen.level_pct = 60
        await house.always(lambda: not told(house) and not measured(house), 5.0)
        house.screen.level_pct = 10
        await house.act("screen", "mute_in_meeting")
        await house.always(lambda: not told(house), 5.0)
        house.screen.level_pct = 60
        await house.until(lambda: told(house), limit_s=2.0)
        house.screen.level_pct = 10
        await house.until(lambda: not told(house), limit_s=6.0)
        house.screen.level_pct = 60
        await house.until(lambda: told(house), limit_s=2.0)
        await house.act("screen", "mute_in_meeting")
        await house.until(lambda: not told(house), limit_s=1.0)
        await house.until(lambda: not measured(house), limit_s=7.0)


@invented
async def test_who_talks_while_the_room_is_muted_is_told_by_the_voice_behind_the_wall() -> None:
    async with living() as house:
        await house.act("screen", "wall")
        await house.act("screen", "talk")
        await house.always(lambda: told(house) is False, 5.0)
        await house.join()
        await house.always(lambda: told(house) is False, 5.0)
        await house.ask("audio.mute", on=True)
        await house.until(lambda: told(house) is True, limit_s=1.0)
        await house.act("screen", "talk")
        await house.until(lambda: told(house) is False, limit_s=SHOWN_S + 1)
        await house.act("screen", "talk")
        await house.until(lambda: told(house) is True, limit_s=1.0)
        assert not measured(house)
        await house.ask("audio.mute", on=False)
        await house.until(lambda: told(house) is False, limit_s=1.0)
        ready = next(one for one in house.document.conditions if one.type == "ready")
        assert ready.status is True


@invented
async def test_talking_while_muted_is_unknown_without_a_wall_or_with_a_mute_in_hardware() -> None:
    async with living() as house:
        await house.act("screen", "wall")
        await house.act("screen", "talk")
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.until(lambda: told(house) is True, limit_s=1.0)
        assert house.document.audio.wall == "stands"
        await house.act("screen", "wall")
        await house.until(lambda: told(house) is None, limit_s=6.0)
        assert house.document.audio.wall == "none"
        await house.act("screen", "wall")
        await house.until(lambda: told(house) is True, limit_s=1.0)
        house.screen.switch = CaptureSwitch.OFF
        await house.until(lambda: told(house) is None, limit_s=6.0)


@invented
async def test_the_hint_can_be_turned_off_for_a_meeting_and_comes_back_with_the_next() -> None:
    async with living() as house:
        await house.act("screen", "wall")
        assert (await house.ask("audio.talk_hint", on=False)).error is not None
        await house.act("screen", "talk")
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.until(lambda: told(house) is True, limit_s=1.0)
        assert (await house.ask("audio.talk_hint", on=False)).status == "done"
        await house.until(lambda: told(house) is False, limit_s=1.0)
        assert house.document.audio.talk_hint is False
        assert (await house.ask("audio.talk_hint", on=True)).status == "done"
        await house.until(lambda: told(house) is True, limit_s=1.0)
        await house.ask("audio.talk_hint", on=False)
        await house.ask("meeting.leave")
        await house.until(lambda: house.document.audio.talk_hint is True, limit_s=30.0)


@invented
async def test_a_fan_does_not_talk() -> None:
    async with living() as house:
        house.screen.level_pct = 55
        await house.join()
        await house.act("screen", "mute_in_meeting")
        await house.always(lambda: not told(house), 20.0)


@invented
async def test_a_muted_call_is_over_when_it_is_left_and_nothing_is_measured_then() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "mute_in_meeting")
        await house.until(lambda: measured(house), limit_s=3.0)
        await house.ask("meeting.leave", STAFF)
        await house.until(lambda: house.document.meeting.state == "idle")
        await house.until(lambda: not measured(house), limit_s=7.0)
