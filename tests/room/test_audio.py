"""The microphone of a room: what is said of it is proven on the device."""

from tests.invented import invented
from tests.room.rig import BAMBOO, LINK, OTHER_LINK, PANEL, STAFF, House, living, simulated

NO_SPEAKERPHONE = BAMBOO.replace('[speakerphone.table]\nurl = "usb:0b0e:2456"\n', "")


def said(house: House) -> str:
    return house.document.audio.mute


def launching(house: House) -> bool:
    return house.screen.page is not None and house.screen.page.phase == "launching"


@invented
async def test_an_untouched_microphone_is_open() -> None:
    async with living() as house:
        await house.until(lambda: said(house) == "open", limit_s=3.0)
        assert house.document.audio.available
        assert house.document.audio.volume_pct == house.screen.volume_pct


@invented
async def test_muted_is_said_once_the_lamp_is_lit_and_the_sound_server_agrees() -> None:
    async with living() as house:
        await house.join()
        record = await house.ask("audio.mute", on=True)
        assert record.status == "done"
        assert house.screen.muted
        assert house.phone.led_muted
        await house.until(lambda: said(house) == "muted", limit_s=0.1)


@invented
async def test_the_panel_opens_the_microphone_again() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.until(lambda: house.room.clock.mono_s() > 30, limit_s=60)
        assert (await house.ask("audio.mute", on=False)).status == "done"
        assert not house.screen.muted
        assert not house.phone.led_muted
        await house.until(lambda: said(house) == "open", limit_s=0.1)


@invented
async def test_nobody_outside_the_room_opens_its_microphone() -> None:
    async with living() as house:
        await house.join()
        assert (await house.ask("audio.mute", source=STAFF, on=True)).status == "done"
        record = await house.ask("audio.mute", source=STAFF, on=False)
        assert record.error is not None
        assert (record.status, record.error.code) == ("refused", "unmute_in_room_only")
        assert house.screen.muted


@invented
async def test_a_sound_server_that_does_not_confirm_is_never_called_muted() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "ignore_mute")
        begin = house.room.clock.mono_s()
        record = house.room.submit("audio.mute", {"on": True}, PANEL)
        await house.always(lambda: said(house) != "muted", 15.0)
        record = await house.room.finish(record, 1.0)
        assert record.error is not None
        assert (record.status, record.error.code) == ("failed", "no_reply")
        assert said(house) == "open"
        assert house.room.clock.mono_s() - begin < 20


@invented
async def test_muting_is_said_for_two_seconds_and_no_longer() -> None:
    async with living() as house:
        await house.join()
        for later_s in (0.0, 0.13, 0.37):
            await house.always(lambda: said(house) == "open", 1.0 + later_s)
            await house.act("screen", "ignore_mute")
            await house.act("speakerphone.table", "press_mute")
            await house.until(lambda: said(house) == "muting", limit_s=0.1)
            took_s = await house.until(lambda: said(house) == "open", limit_s=3.0)
            assert 1.9 < took_s < 2.05
            await house.act("screen", "ignore_mute")
            await house.until(lambda: said(house) == "muted", limit_s=1.0)
            await house.ask("audio.mute", on=False)


@invented
async def test_the_lamp_never_says_muted_while_the_microphone_is_open() -> None:
    async with living() as house:
        await house.join()

        def honest() -> bool:
            return house.screen.muted or not house.phone.led_muted

        for on in (True, False, True, False):
            record = house.room.submit("audio.mute", {"on": on}, PANEL)
            await house.always(honest, 2.0)
            assert house.room.command(record.id, PANEL).status == "done"


@invented
async def test_each_press_on_the_speakerphone_toggles() -> None:
    async with living() as house:
        await house.join()
        for expected in ("muted", "open", "muted"):
            await house.act("speakerphone.table", "press_mute")
            await house.until(lambda expected=expected: said(house) == expected, limit_s=1.0)
            assert house.screen.muted is (expected == "muted")
            assert house.phone.led_muted is (expected == "muted")
            await house.always(lambda expected=expected: said(house) == expected, 3.0)


@invented
async def test_a_speakerphone_that_is_unplugged_shows_and_its_lamps_are_lit_again() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.act("speakerphone.table", "unplug")
        await house.until(
            lambda: house.device("speakerphone.table").status == "offline", limit_s=1.0
        )
        await house.until(lambda: house.document.audio.reason == "led_unavailable", limit_s=1.0)
        assert said(house) == "muted"
        assert house.screen.muted  # the microphone stays as it was
        assert not house.phone.led_muted

        await house.act("speakerphone.table", "plug")
        await house.until(
            lambda: (said(house), house.document.audio.reason) == ("muted", ""), limit_s=3.0
        )
        assert house.phone.led_muted
        assert house.phone.led_off_hook


@invented
async def test_a_lamp_that_could_not_be_written_counts_once_it_is() -> None:
    async with living() as house:
        await house.join()
        await house.act("speakerphone.table", "stall")
        assert (await house.ask("audio.mute", on=True)).status == "done"
        assert (said(house), house.document.audio.reason) == ("muted", "led_unavailable")
        assert house.screen.muted

        await house.act("speakerphone.table", "stall")
        await house.until(lambda: house.document.audio.reason == "", limit_s=3.0)
        assert said(house) == "muted"
        assert house.phone.led_muted


@invented
async def test_a_lamp_that_is_written_at_the_second_attempt_is_in_time() -> None:
    async with living() as house:
        await house.join()
        await house.act("speakerphone.table", "stall")
        record = house.room.submit("audio.mute", {"on": True}, PANEL)
        await house.until(lambda: house.screen.muted)
        assert (await house.room.finish(record, 10.0)).status == "done"
        await house.act("speakerphone.table", "stall")
        await house.until(lambda: house.document.audio.reason == "", limit_s=1.5)
        assert house.phone.led_muted
        assert house.device("speakerphone.table").status == "online"


@invented
async def test_a_new_meeting_does_not_inherit_the_last_mute() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.ask("meeting.leave")
        await house.until(lambda: house.document.meeting.state == "idle")
        await house.join(OTHER_LINK)
        await house.until(lambda: said(house) == "open", limit_s=1.0)
        assert not house.screen.muted
        assert not house.phone.led_muted


@invented
async def test_a_meeting_that_replaces_another_inherits_its_mute() -> None:
    async with living() as house:
        await house.join()
        await house.ask("audio.mute", on=True)
        await house.join(OTHER_LINK)
        await house.always(lambda: house.screen.muted and said(house) == "muted", 3.0)


@invented
async def test_a_mute_at_the_last_moment_of_a_call_outlives_a_crash() -> None:
    async with living() as house:
        await house.join()
        await house.act("speakerphone.table", "press_mute")
        await house.until(lambda: house.screen.muted, limit_s=0.4)
        await house.act("screen", "crash")
        await house.until(lambda: house.document.meeting.state == "failed", limit_s=1.0)
        await house.join(OTHER_LINK)
        await house.always(lambda: house.screen.muted, 3.0)
        assert said(house) == "muted"


@invented
async def test_a_call_that_went_on_muted_without_the_daemon_stays_muted() -> None:
    hardware = simulated()
    async with living(on=hardware) as before:
        await before.join()
        await before.ask("audio.mute", on=True)
        screen = before.screen

    async with living(on=hardware) as after:
        await after.always(lambda: screen.muted, 5.0)
        assert said(after) == "muted"
        assert after.phone.led_muted


@invented
async def test_the_off_hook_lamp_is_lit_during_a_call_and_only_then() -> None:
    async with living() as house:
        assert not house.phone.led_off_hook
        await house.join()
        await house.until(lambda: house.phone.led_off_hook, limit_s=1.0)
        await house.ask("meeting.leave")
        await house.until(lambda: not house.phone.led_off_hook, limit_s=10.0)


@invented
async def test_a_speakerphone_that_is_picked_up_outside_a_call_is_put_back() -> None:
    async with living() as house:
        await house.act("speakerphone.table", "press_hook")
        await house.until(lambda: house.phone.hook, limit_s=1.0)
        await house.until(lambda: not house.phone.hook, limit_s=1.0)
        assert house.document.meeting.state == "idle"


@invented
async def test_the_off_hook_lamp_follows_a_call_that_ends_at_once() -> None:
    async with living() as house:
        for _ in range(5):
            await house.ask("meeting.join", link=LINK)
            await house.until(lambda: launching(house))
            await house.act("screen", "crash")
            await house.until(lambda: house.document.meeting.state == "failed")
        await house.until(lambda: not house.phone.led_off_hook, limit_s=3.0)


@invented
async def test_a_room_without_speakerphone_is_muted_by_its_sound_server_alone() -> None:
    async with living(NO_SPEAKERPHONE) as house:
        await house.join()
        assert (await house.ask("audio.mute", on=True)).status == "done"
        assert house.screen.muted
        await house.until(lambda: said(house) == "muted", limit_s=0.1)


@invented
async def test_without_a_screen_there_is_nothing_that_could_mute() -> None:
    async with living("[room]\ndisplay_name = 'Bare'") as house:
        record = await house.ask("audio.mute", on=True)
        assert record.error is not None
        assert record.error.code == "no_sound_server"
        assert said(house) == "unknown"
        assert not house.document.audio.available


@invented
async def test_two_who_want_the_opposite_at_once_end_muted_and_the_loser_is_told() -> None:
    async with living() as house:
        await house.join()
        await house.act("speakerphone.table", "press_mute")
        await house.until(lambda: house.screen.muted, limit_s=0.4)
        record = await house.ask("audio.mute", on=False)
        assert record.error is not None
        assert (record.status, record.error.code) == ("refused", "conflict")
        await house.until(lambda: said(house) == "muted", limit_s=3.0)


@invented
async def test_who_changes_their_mind_is_told_so_at_once_and_not_that_nobody_answered() -> None:
    async with living() as house:
        await house.join()
        first = house.room.submit("audio.mute", {"on": True}, PANEL)
        assert (await house.ask("audio.mute", on=False)).status == "done"
        record = await house.room.finish(first, 0.5)
        assert record.error is not None
        assert (record.status, record.error.code) == ("refused", "superseded")
        assert not house.screen.muted


@invented
async def test_the_volume_reaches_the_sound_server() -> None:
    async with living() as house:
        assert (await house.ask("audio.volume", pct=35)).status == "done"
        await house.until(lambda: house.document.audio.volume_pct == 35, limit_s=1.0)
        assert house.screen.volume_pct == 35


async def muted_in_a_call(house: House) -> None:
    await house.join()
    assert (await house.ask("audio.mute", on=True)).status == "done"


async def over(house: House) -> None:
    await house.until(lambda: house.document.meeting.state in ("ended", "idle"))


@invented
async def test_a_meeting_left_in_the_room_takes_its_mute_along() -> None:
    async with living() as house:
        await muted_in_a_call(house)
        await house.always(lambda: house.document.audio.mute == "muted", 1.0)
        await house.ask("meeting.leave", PANEL)
        await over(house)
        await house.until(lambda: house.document.audio.mute == "open")
        assert house.document.audio.requested_by == "call_ended"


@invented
async def test_no_other_end_of_a_call_opens_the_microphone() -> None:
    async with living() as house:
        await muted_in_a_call(house)
        await house.ask("meeting.leave", STAFF)
        await over(house)
        await house.ask("meeting.join", STAFF, link=LINK)
        await house.until(lambda: house.document.meeting.state == "in_call")
        await house.ask("meeting.join", STAFF, link=OTHER_LINK)
        await house.until(lambda: house.document.meeting.state == "in_call")
        await house.act("screen", "crash")
        await house.until(lambda: house.document.meeting.state == "failed")
        await house.ask("meeting.rejoin", STAFF)
        await house.until(lambda: house.document.meeting.state == "in_call")
        await house.always(lambda: house.document.audio.mute == "muted", 10.0)
        assert house.document.audio.requested_by == "panel"


@invented
async def test_a_program_that_leaves_and_joins_again_opens_no_microphone() -> None:
    async with living() as house:
        await muted_in_a_call(house)
        for _ in range(2):
            assert (await house.ask("meeting.leave", STAFF)).status == "done"
            assert (await house.ask("meeting.join", STAFF, link=LINK)).status == "done"
            await house.until(lambda: house.document.meeting.state == "in_call")
        await house.always(lambda: house.screen.muted and said(house) == "muted", 5.0)
        assert house.document.audio.requested_by == "panel"


@invented
async def test_a_room_that_keeps_its_mute_keeps_it_also_when_somebody_in_it_leaves() -> None:
    async with living(BAMBOO + "[audio]\nkeep_mute = true\n") as house:
        await muted_in_a_call(house)
        await house.ask("meeting.leave", PANEL)
        await over(house)
        await house.always(lambda: said(house) == "muted", 5.0)
        await house.join(OTHER_LINK)
        await house.always(lambda: house.screen.muted, 3.0)
        assert house.document.audio.requested_by == "panel"


@invented
async def test_a_room_that_starts_muted_joins_each_meeting_muted() -> None:
    async with living(BAMBOO + "[audio]\nstart_muted = true\n") as house:
        assert said(house) == "open"
        for _ in range(2):
            await house.join()
            await house.until(lambda: said(house) == "muted", limit_s=0.5)
            assert house.document.audio.requested_by == "call_started"
            await house.always(lambda: house.screen.muted, 3.0)
            await house.ask("audio.mute", on=False)
            await house.until(lambda: said(house) == "open", limit_s=0.5)
            await house.ask("meeting.leave", PANEL)
            await over(house)


@invented
async def test_a_call_that_goes_on_without_the_daemon_is_not_muted_as_if_it_began() -> None:
    starts_muted = BAMBOO + "[audio]\nstart_muted = true\n"
    hardware = simulated(starts_muted)
    async with living(starts_muted, on=hardware) as before:
        await before.join()
        await before.ask("audio.mute", on=False)
        await before.always(lambda: said(before) == "open", 3.0)
        screen = before.screen
    async with living(starts_muted, on=hardware) as after:
        await after.always(lambda: not screen.muted, 5.0)
        assert said(after) == "open"
