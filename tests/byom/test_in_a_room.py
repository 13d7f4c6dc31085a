"""A laptop on the room's camera and speakerphone, by every kind of switch, in invented time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from roomctl import app
from roomctl.byom.sim import SimSwitch, SimulatedSwitch
from roomctl.clock import SystemClock
from roomctl.errors import ConfigError
from roomctl.room import Source
from roomctl.room.document import ActEntry, ByomEntry
from roomctl.simulator import Simulator
from tests.invented import invented
from tests.room.rig import BAMBOO, LINK, NO_CAMERA, PANEL, Calendar, House, living
from tests.room.test_bookings import booking

TEXT = '[byom]\nurl = "serial:/dev/ttyUSB7"\nprofile = "extron_sw_usb"\n'
LEVEL = '[byom]\nurl = "gpio:22"\n'
PULSE = '[byom]\nurl = "gpiod:gpiochip0/22"\nline = "pulse"\n'
PLUGGED = 'plugged = "gpio:27?pull=up"\n'
ROADS = pytest.mark.parametrize("road", [TEXT, LEVEL, PULSE], ids=["text", "level", "pulse"])
PHONE = "speakerphone.table"


def switch(house: House) -> SimSwitch:
    end = house.simulator.device("byom")
    assert isinstance(end, SimulatedSwitch)
    return end.switch


def byom(house: House) -> ByomEntry:
    found = house.document.byom
    assert found is not None
    return found


def condition(house: House, kind: str) -> tuple[bool | None, str | None]:
    (one,) = (one for one in house.document.conditions if one.type == kind)
    return one.status, one.reason


def taken(house: House) -> list[ActEntry]:
    return [one for one in house.document.automation.acts if one.act == "byom_take"]


async def given(house: House) -> None:
    await house.until(lambda: byom(house).holder == "room")
    assert (await house.ask("byom.give")).status == "done"
    await house.until(lambda: byom(house).lent)


@contextlib.asynccontextmanager
async def restarted(road: str) -> AsyncIterator[House]:
    """A room that was started anew while a laptop had its devices."""
    async with living(BAMBOO + road) as house:
        await given(house)
        await house.stop()
        async with living(BAMBOO + road, on=house.simulator) as again:
            yield again


@invented
async def test_a_room_without_a_switch_says_nothing_of_it_and_refuses() -> None:
    async with living() as house:
        assert house.document.byom is None
        for kind in ("byom.give", "byom.take"):
            record = await house.ask(kind)
            assert record.error is not None
            assert record.error.code == "no_switch"


@ROADS
@invented
async def test_given_and_given_back_without_a_single_alarm(road: str) -> None:
    async with living(BAMBOO + road) as house:
        told: set[tuple[str, str]] = set()

        def quiet() -> bool:
            told.update(house.issues)
            return True

        await given(house)
        await house.always(quiet, 120.0)
        assert switch(house).side == "laptop"
        assert house.device(PHONE).status == "offline"
        assert house.device(PHONE).reason == "laptop"
        assert condition(house, "ready") == (False, "laptop")
        assert condition(house, "audio_ready") == (False, "laptop")
        assert condition(house, "devices_present") == (True, None)
        assert (await house.ask("byom.take")).status == "done"
        assert switch(house).side == "room"
        await house.until(lambda: byom(house).holder == "room")
        await house.always(quiet, 30.0)
        assert byom(house).requested is None
        assert condition(house, "ready") == (True, None)
        assert told == set()


@invented
async def test_a_switch_that_says_where_it_stands_is_believed() -> None:
    async with living(BAMBOO + TEXT) as house:
        await given(house)
        await house.until(lambda: byom(house).holder == "laptop")
        assert byom(house).requested is None
        assert byom(house).reads_back


@pytest.mark.parametrize("road", [LEVEL, PULSE], ids=["level", "pulse"])
@invented
async def test_what_a_relay_was_set_to_is_said_as_asked_for_and_never_as_so(road: str) -> None:
    async with living(BAMBOO + road) as house:
        await given(house)
        await house.always(
            lambda: byom(house).holder == "unknown" and byom(house).requested == "laptop", 60.0
        )
        assert not byom(house).late
        assert not byom(house).reads_back


@invented
async def test_the_names_of_the_devices_are_kept_for_whoever_chooses_them_on_a_laptop() -> None:
    async with living(BAMBOO + TEXT) as house:
        await given(house)
        assert byom(house).devices == (PHONE,)
        assert byom(house).speakerphone == "Jabra SPEAK 810"


@invented
async def test_of_a_laptops_microphone_the_room_knows_nothing() -> None:
    async with living(BAMBOO + TEXT) as house:
        assert (await house.ask("audio.mute", on=True)).status == "done"
        assert house.document.audio.mute == "muted"
        await given(house)
        await house.always(
            lambda: (
                (house.document.audio.mute, house.document.audio.reason) == ("unknown", "laptop")
            ),
            10.0,
        )
        for on in (True, False):
            record = await house.ask("audio.mute", on=on)
            assert record.error is not None
            assert record.error.code == "laptop_has_it"


@invented
async def test_a_switch_with_a_camera_alone_leaves_the_microphone_with_the_room() -> None:
    camera = '[camera.wall]\nurl = "v4l2:/dev/video7"\n'
    async with living(BAMBOO + camera + TEXT + 'devices = ["camera.wall"]\n') as house:
        await given(house)
        assert house.device(PHONE).status == "online"
        assert house.document.audio.reason != "laptop"
        assert condition(house, "video_ready") == (False, "laptop")
        assert condition(house, "audio_ready")[0] is True


@ROADS
@invented
async def test_to_join_the_room_takes_its_devices_back_first(road: str) -> None:
    async with living(BAMBOO + road) as house:
        await given(house)
        await house.until(lambda: house.device(PHONE).status == "offline")
        opened = asyncio.ensure_future(house.ask("meeting.join", link=LINK))
        await house.until(lambda: house.document.meeting.state != "idle", limit_s=20)
        assert byom(house).holder == "room"
        assert house.device(PHONE).status == "online"
        assert (await opened).status == "done"


@invented
async def test_in_a_call_nothing_is_given_away() -> None:
    async with living(BAMBOO + TEXT) as house:
        await house.join()
        record = await house.ask("byom.give")
        assert record.error is not None
        assert record.error.code == "in_call"
        assert switch(house).turns == 0


@invented
async def test_a_join_and_a_give_at_once_do_not_take_the_devices_out_of_the_call() -> None:
    for first, second in (("meeting.new", "byom.give"), ("byom.give", "meeting.new")):
        async with living(BAMBOO + TEXT) as house:
            await house.until(lambda: byom(house).holder == "room")
            await asyncio.gather(house.ask(first), house.ask(second))
            await house.until(lambda: house.document.meeting.state == "in_call", limit_s=30)
            assert switch(house).side == "room"
            assert byom(house).holder == "room"


@ROADS
@invented
async def test_two_hands_at_once_leave_it_where_the_last_one_wanted_it(road: str) -> None:
    async with living(BAMBOO + road) as house:
        await house.until(lambda: byom(house).holder == "room")
        phone = Source("guest", "a phone")
        asked = [house.ask("byom.give"), house.ask("byom.give", phone), house.ask("byom.take")]
        assert {one.status for one in await asyncio.gather(*asked)} == {"done"}
        await house.until(lambda: byom(house).holder == "room" and byom(house).requested is None)
        assert switch(house).side == "room"


@invented
async def test_a_switch_that_does_not_answer_is_said_and_nothing_is_claimed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    async with living(BAMBOO + TEXT) as house:
        await house.until(lambda: byom(house).holder == "room")
        switch(house).silent = True
        record = await house.ask("byom.give")
        assert record.error is not None
        assert record.error.code == "no_reply"
        assert (byom(house).holder, byom(house).requested) == ("room", None)
        await house.until(lambda: house.device("byom").status == "offline", limit_s=60)
        assert ("device.offline", "byom") in house.issues
        record = await house.ask("byom.give")
        assert record.error is not None
        assert record.error.code in ("offline", "no_reply")
        assert "turned to the laptop" not in caplog.text


@invented
async def test_a_join_is_not_held_up_by_a_switch_that_keeps_the_devices() -> None:
    async with living(BAMBOO + TEXT) as house:
        await given(house)
        switch(house).stuck = True
        assert (await house.ask("meeting.join", link=LINK)).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=30)
        assert byom(house).holder == "laptop"
        assert house.document.audio.reason == "laptop"


@ROADS
@invented
async def test_a_switch_that_does_not_turn_is_told_of_after_a_while(road: str) -> None:
    async with living(BAMBOO + road) as house:
        await house.until(lambda: byom(house).holder == "room")
        switch(house).stuck = True
        assert (await house.ask("byom.give")).status == "done"
        await house.always(lambda: not house.issues, 9.0)
        await house.until(lambda: ("byom.not_done", "byom") in house.issues)
        assert byom(house).late
        assert byom(house).holder == "room"


@invented
async def test_devices_that_do_not_hang_on_the_switch_are_the_rooms_whatever_it_says() -> None:
    async with living(BAMBOO + TEXT) as house:
        await house.until(lambda: byom(house).holder == "room")
        await house.act("byom", "bypassed")
        assert (await house.ask("byom.give")).status == "done"
        await house.until(lambda: ("byom.wrong_cable", "byom") in house.issues, limit_s=20)
        assert byom(house).holder == "room"
        assert not byom(house).lent


@invented
async def test_where_nothing_could_confirm_it_nothing_is_late_and_no_join_waits() -> None:
    road = LEVEL + 'devices = ["camera.front"]\n'  # on a serial line, and not on USB
    async with living(BAMBOO + road) as house:
        assert (await house.ask("byom.give")).status == "done"
        await house.until(lambda: byom(house).lent)
        begun_s = house.room.clock.mono_s()
        assert (await house.ask("meeting.join", link=LINK)).status == "done"
        assert house.room.clock.mono_s() - begun_s < 5.0
        assert switch(house).side == "room"
        await house.always(lambda: not byom(house).late and not house.issues, 60.0)


@invented
async def test_a_hand_on_the_switchs_own_button_raises_no_alarm() -> None:
    async with living(BAMBOO + TEXT) as house:
        await house.until(lambda: byom(house).holder == "room")
        await house.act("byom", "press")
        await house.until(lambda: byom(house).holder == "laptop")
        assert house.issues == []
        await house.always(lambda: not house.issues, 30.0)


@invented
async def test_a_device_that_is_pulled_out_at_the_room_is_missed_as_ever() -> None:
    async with living(BAMBOO + TEXT) as house:
        await house.until(lambda: byom(house).holder == "room")
        await house.act(PHONE, "unplug")
        await house.until(lambda: ("device.offline", PHONE) in house.issues)


@invented
async def test_a_laptop_that_is_pulled_out_gives_the_room_its_devices_back() -> None:
    async with living(BAMBOO + TEXT + PLUGGED) as house:
        await house.until(lambda: byom(house).plugged is False)
        record = await house.ask("byom.give")
        assert record.error is not None
        assert record.error.code == "no_laptop"
        await house.act("byom", "laptop")
        await house.until(lambda: byom(house).plugged)
        await given(house)
        await house.act("byom", "laptop")  # out, and in again
        await house.until(lambda: byom(house).plugged is False)
        await house.always(lambda: byom(house).lent, 8.0)
        await house.act("byom", "laptop")
        await house.always(lambda: byom(house).lent, 30.0)
        await house.act("byom", "laptop")
        took_s = await house.until(lambda: byom(house).holder == "room", limit_s=20)
        assert took_s > 9.0


@invented
async def test_an_empty_room_takes_its_devices_back_and_one_with_people_does_not() -> None:
    async with living(NO_CAMERA + TEXT + "empty_s = 120\n") as house:
        await house.act("occupancy.ceiling", "walk_in")
        await given(house)
        await house.always(lambda: byom(house).lent, 600.0)
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=60)
        await house.always(lambda: byom(house).lent, 115.0)
        await house.until(lambda: byom(house).holder == "room", limit_s=30)


@invented
async def test_what_an_empty_room_took_back_is_told_and_can_be_given_again() -> None:
    async with living(NO_CAMERA + TEXT + "empty_s = 60\n") as house:
        await house.act("occupancy.ceiling", "walk_in")
        await given(house)
        assert taken(house) == []
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: byom(house).holder == "room", limit_s=300)
        (act,) = taken(house)
        assert act.reasons[0].code == "vacant"
        assert act.undo
        assert (await house.ask("room.undo", number=act.number)).status == "done"
        await house.until(lambda: byom(house).lent)
        assert not taken(house)[0].undo
        await house.always(lambda: byom(house).lent, 50.0)


@invented
async def test_what_was_taken_back_by_hand_or_for_a_call_is_no_act_of_the_rooms_own() -> None:
    async with living(BAMBOO + TEXT) as house:
        await given(house)
        assert (await house.ask("byom.take")).status == "done"
        await given(house)
        await house.join()
        assert byom(house).holder == "room"
        assert taken(house) == []


@invented
async def test_of_a_laptop_that_was_pulled_out_nothing_is_undone_until_one_is_there() -> None:
    async with living(BAMBOO + TEXT + PLUGGED) as house:
        await house.act("byom", "laptop")
        await house.until(lambda: byom(house).plugged)
        await given(house)
        await house.act("byom", "laptop")
        await house.until(lambda: taken(house) != [], limit_s=30)
        (act,) = taken(house)
        assert [reason.code for reason in act.reasons] == ["unplugged"]
        assert not act.undo
        record = await house.ask("room.undo", number=act.number)
        assert record.error is not None
        assert record.error.code == "nothing_to_undo"
        await house.act("byom", "laptop")
        await house.until(lambda: taken(house)[0].undo)


@pytest.mark.parametrize("at_booking", [False, True])
@invented
async def test_a_booking_takes_them_back_only_where_that_is_set(at_booking: bool) -> None:
    said = f"at_booking = {str(at_booking).lower()}\n"
    calendar = Calendar([booking("next", 5, lasts_min=30)])
    async with living(NO_CAMERA + TEXT + said, feed=calendar) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await given(house)
        await house.always(lambda: byom(house).lent, 290.0)
        if at_booking:
            await house.until(lambda: byom(house).holder == "room", limit_s=30)
            assert taken(house)[0].reasons[0].code == "booked"
        else:
            await house.always(lambda: byom(house).lent, 60.0)


@invented
async def test_whoever_gives_in_a_booking_has_come_for_it() -> None:
    calendar = Calendar([booking("now", 0, lasts_min=30)])
    async with living(BAMBOO + TEXT, feed=calendar) as house:
        await house.until(lambda: house.document.bookings)
        await given(house)
        await house.until(lambda: house.document.bookings[0].status == "used")


@invented
async def test_a_room_in_which_a_laptop_meets_stays_awake_without_sensors() -> None:
    toml = NO_CAMERA.replace('[occupancy.ceiling]\nurl = "gpio:17"\nvacancy_delay_s = 30\n', "")
    async with living(toml + TEXT + "[rules]\ndisplay_off_untouched_s = 300\n") as house:
        await given(house)
        await house.always(lambda: house.document.panel.awake, 900.0)


@pytest.mark.parametrize(
    ("road", "side", "holder"), [(TEXT, "laptop", "laptop"), (PULSE, "laptop", "unknown")]
)
@invented
async def test_after_a_restart_the_room_claims_nothing_that_it_does_not_know(
    road: str, side: str, holder: str
) -> None:
    async with restarted(road) as again:
        assert switch(again).side == side
        await again.until(lambda: again.device("byom").status == "online")
        await again.until(lambda: byom(again).holder == holder)
        assert byom(again).requested is None
        assert byom(again).lent is (holder == "laptop")


@invented
async def test_a_level_falls_back_to_the_room_when_the_program_ends() -> None:
    async with restarted(LEVEL) as again:
        await again.until(lambda: byom(again).holder == "room")
        assert switch(again).side == "room"


@invented
async def test_a_button_is_not_pressed_while_nobody_knows_who_has_the_devices() -> None:
    async with restarted(PULSE) as again:
        await again.until(lambda: again.device("byom").status == "online")
        record = await again.ask("byom.give")
        assert record.error is not None
        assert record.error.code == "holder_unknown"
        assert (await again.ask("byom.take")).status == "done"
        await again.until(lambda: byom(again).holder == "room")


@invented
async def test_a_room_that_ends_while_the_button_is_pressed_lets_go_of_it() -> None:
    async with living(BAMBOO + PULSE + "pulse_s = 5.0\n") as house:
        await house.until(lambda: byom(house).holder == "room")
        asked = asyncio.ensure_future(house.ask("byom.give"))
        await house.until(lambda: switch(house).turns == 1)
        kept = house.simulator
        await house.stop()
        asked.cancel()
        async with living(BAMBOO + PULSE, on=kept) as again:
            await again.until(lambda: again.device("byom").status == "online")
            assert switch(again).turns == 1
            assert byom(again).requested is None


@invented
async def test_another_room_toml_ends_what_was_known_of_the_switch() -> None:
    async with living(BAMBOO + TEXT) as house:
        await given(house)
        await house.room.reconfigure(app.parse(BAMBOO, "room.toml"), None)
        await house.until(lambda: house.document.byom is None)
        assert (await house.ask("byom.take")).status != "done"


@invented
async def test_a_self_test_waits_while_a_laptop_has_the_devices() -> None:
    async with living(BAMBOO + TEXT) as house:
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=60)
        await given(house)
        record = await house.ask("selftest.run", Source("admin", "staff"))
        assert record.error is not None
        assert record.error.code == "room_in_use"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('url = "serial:/dev/ttyUSB7"', "needs profile"),
        ('url = "gpio:22"\nprofile = "extron_sw_usb"', "leave profile out"),
        ('url = "tcp://192.0.2.9"\nprofile = "extrom"', r"no profile 'extrom'.*extron_sw_usb"),
        ('url = "gpio:22"\nplugged = "gpio:22"', "is already the line of the switch"),
        ('url = "gpio:22"\nplugged = "gpio:23?direction=out"', "is an output"),
        ('url = "gpio:22?direction=in"', "is an input"),
        ('url = "gpio:99"', "there is no GPIO99"),
        ('url = "gpio:22"\nplugged = "usb:1234:5678"', "must be an input, such as gpio:17"),
        ('url = "gpio:22"\nroom_port = "2"', "are the same"),
        ('url = "gpio:22"\nline = "toggle"', "must be 'level' or 'pulse'"),
    ],
)
async def test_a_switch_that_cannot_be_meant_is_named(lines: str, says: str) -> None:
    def made() -> None:
        config = app.parse(f"{BAMBOO}[byom]\n{lines}\n", "room.toml")
        clock = SystemClock()
        app.room(config, app.Dependencies(Simulator(config, clock).connect, clock))

    with pytest.raises(ConfigError, match=says):
        made()


@invented
async def test_who_may_not_is_refused_and_the_switch_stays() -> None:
    async with living(BAMBOO + TEXT) as house:
        await house.until(lambda: byom(house).holder == "room")
        for role in ("door", "screen", "read", "auditor", "technician", "sensor", "simulator"):
            for kind in ("byom.give", "byom.take"):
                record = await house.ask(kind, Source(role, "somebody"))
                assert record.status != "done"
        assert switch(house).turns == 0
        assert (await house.ask("byom.give", PANEL)).status == "done"
