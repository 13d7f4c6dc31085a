"""The ways out when a page does not let the room in: the panel's hands, and another meeting."""

import logging
from datetime import timedelta

import pytest

from roomctl.booking import Booking
from roomctl.room import Source
from roomctl.screen.sim import BUTTON, PASSCODE
from tests.invented import START, invented
from tests.room.rig import BAMBOO, LINK, PANEL, STAFF, Calendar, House, living

PHONE = Source("guest", "phone")
ZOOM = "https://zoom.us/j/91234567890?pwd=QUJDRA.1"
TWO_LINKS = f"{ZOOM}\nMeeting ID: 912 3456 7890\nPasscode: 778899\nor {LINK}"
JOIN = {"x": (BUTTON[0] + BUTTON[2]) / 2, "y": (BUTTON[1] + BUTTON[3]) / 2}
FALLBACK = BAMBOO.replace('platform = "jitsi"', 'platform = "zoom"\nfallback = "jitsi"')


def state(house: House) -> tuple[str, str | None]:
    meeting = house.document.meeting
    return meeting.state, meeting.failure


@invented
async def test_a_plain_page_is_joined_from_the_panel_and_two_witnesses_prove_the_call() -> None:
    async with living() as house:
        await house.ask("meeting.join", link=ZOOM)
        await house.until(lambda: state(house)[0] == "prejoin", limit_s=20.0)
        assert house.document.meeting.remote_control
        assert (await house.ask("screen.press", PANEL, **JOIN)).status == "done"
        await house.until(lambda: state(house)[0] == "in_call")
        assert len(house.document.meeting.witnesses) >= 2


@invented
async def test_a_passcode_is_typed_on_the_page_and_mistyped_before() -> None:
    async with living() as house:
        house.screen.blocked_by = "passcode_needed"
        await house.ask("meeting.join", link=LINK)
        await house.until(lambda: state(house) == ("failed", "passcode_needed"))
        assert house.document.meeting.shown
        await house.ask("screen.type", text="1234")
        await house.ask("screen.key", key="enter")
        await house.until(lambda: state(house) == ("failed", "passcode_wrong"))
        await house.ask("screen.type", text=PASSCODE)
        await house.ask("screen.press", PANEL, **JOIN)
        await house.until(lambda: state(house) == ("in_call", None))


@invented
async def test_an_invitation_is_read_without_being_opened_and_its_passcode_is_not_told() -> None:
    async with living() as house:
        text = "Bamboo\nhttps://zoom.us/j/91234567890\nPasscode: 246813"
        told = await house.ask("meeting.read", link=text)
        said = {"platform": "zoom", "number": "91234567890", "passcode": True, "refused": None}
        assert (told.status, told.result) == ("done", said)
        told = await house.ask("meeting.read", link="https://zoom.us.evil.example/j/91234567890")
        assert (told.result or {})["refused"] == "look_alike_host"
        assert state(house)[0] == "idle"


@invented
async def test_what_is_typed_is_neither_logged_nor_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with living() as house:
        house.screen.blocked_by = "passcode_needed"
        await house.ask("meeting.join", link=LINK)
        await house.until(lambda: house.document.meeting.shown)
        secret = "streng-geheim-4711"
        record = house.room.submit("screen.type", {"text": secret}, PANEL, "once")
        await house.room.finish(record, 10.0)
        again = house.room.submit("screen.type", {"text": secret}, PANEL, "once")
        assert again.status == "done"
        assert secret not in repr(vars(house.room._commands))
        assert secret not in repr(house.document)
        assert house.screen.shows.typed == secret, "a repeat types nothing twice"
    assert secret not in caplog.text


@invented
async def test_only_the_rooms_own_panel_sees_and_touches_the_display() -> None:
    async with living() as house:
        await house.join()
        picture = await house.room.meeting.look()
        assert picture.media_type == "image/png"
        for source in (PHONE, STAFF):
            for kind, args in (
                ("screen.press", JOIN),
                ("screen.scroll", {**JOIN, "steps": 1, "down": True}),
                ("screen.type", {"text": "x"}),
                ("screen.key", {"key": "enter"}),
                ("meeting.press_join", {}),
            ):
                record = await house.ask(kind, source, **args)
                assert record.error is not None
                assert record.error.code == "room_panel_only"


@invented
async def test_a_display_that_cannot_be_reached_says_so() -> None:
    async with living() as house:
        record = await house.ask("screen.press", PANEL, **JOIN)
        assert record.error is not None
        assert record.error.code == "no_page"
        house.screen.reachable = False
        await house.join()
        assert not house.document.meeting.remote_control
        record = await house.ask("screen.key", key="tab")
        assert record.error is not None
        assert record.error.code == "no_remote_control"


@invented
async def test_a_platform_whose_keys_nobody_knows_is_not_joined_by_keys() -> None:
    async with living() as house:
        await house.join()
        assert not house.document.meeting.can_press_join
        record = await house.ask("meeting.press_join")
        assert record.error is not None
        assert record.error.code == "no_keys"


@invented
async def test_a_failure_on_the_page_keeps_the_call_and_leaving_clears_it() -> None:
    async with living() as house:
        house.screen.blocked_by = "sign_in_required"
        await house.ask("meeting.join", link=LINK)
        await house.until(lambda: state(house) == ("failed", "sign_in_required"))
        assert house.issues == [("meeting.failed", "meeting")]
        await house.ask("meeting.leave")
        await house.until(lambda: state(house)[0] == "idle", limit_s=10.0)
        assert not house.document.meeting.shown


@invented
async def test_a_meeting_that_its_page_says_is_over_is_cleared_from_the_display() -> None:
    async with living() as house:
        await house.join()
        house.screen.end_meeting()
        house.screen.shows.word = "ended"
        await house.until(lambda: state(house)[0] == "ended", limit_s=2.0)
        assert house.document.meeting.shown
        await house.until(lambda: state(house)[0] == "idle", limit_s=15.0)
        assert house.screen.page is not None
        assert house.screen.page.phase == "closed"


@invented
async def test_the_other_link_of_an_invitation_is_the_way_out() -> None:
    async with living() as house:
        house.screen.blocked_by = "bot_wall"
        await house.ask("meeting.join", link=TWO_LINKS)
        await house.until(lambda: house.document.meeting.shown)
        meeting = house.document.meeting
        assert (meeting.platform, meeting.number) == ("zoom", "91234567890")
        assert meeting.dial[0] == "91234567890@zoomcrc.com"
        assert "778899" not in repr(house.document), "the passcode is everybody's then"
        assert meeting.fallback is not None
        assert (meeting.fallback.platform, meeting.fallback.way) == ("jitsi", "link")
        house.screen.blocked_by = None
        assert (await house.ask("meeting.fallback")).status == "done"
        await house.until(lambda: state(house)[0] == "in_call")
        assert house.document.meeting.platform == "jitsi"


@invented
async def test_a_meeting_that_crashed_is_joined_again_with_one_touch() -> None:
    async with living() as house:
        await house.join()
        number = house.document.meeting.number
        assert not house.document.meeting.rejoin, "it stands"
        await house.act("screen", "crash")
        await house.until(lambda: house.document.meeting.rejoin)
        assert (await house.ask("meeting.rejoin")).status == "done"
        await house.until(lambda: state(house)[0] == "in_call")
        assert house.document.meeting.number == number


@invented
async def test_who_joins_again_keeps_the_other_way() -> None:
    async with living() as house:
        await house.ask("meeting.join", link=TWO_LINKS)
        await house.until(lambda: house.document.meeting.shown)
        await house.act("screen", "crash")
        await house.until(lambda: house.document.meeting.rejoin)
        assert (await house.ask("meeting.rejoin")).status == "done"
        await house.until(lambda: state(house)[0] == "prejoin", limit_s=20.0)
        assert house.document.meeting.fallback is not None


@invented
async def test_without_a_meeting_nothing_is_joined_again() -> None:
    async with living() as house:
        answer = await house.ask("meeting.rejoin")
        assert (answer.status, answer.error.code) == ("refused", "nothing_to_rejoin")


@invented
@pytest.mark.parametrize("picked_up", [False, True])
async def test_the_other_link_of_a_booking_is_found_too(picked_up: bool) -> None:
    fields = {"URL": ZOOM, "DESCRIPTION": f"If Zoom does not work: {LINK}"}
    begin, end = START - timedelta(minutes=5), START + timedelta(minutes=25)
    feed = Calendar([Booking("review", "Review", "Zhang Min", begin, end, fields)])
    async with living(feed=feed) as house:
        await house.until(lambda: house.document.bookings != ())
        if picked_up:
            await house.act("speakerphone.table", "press_hook")
        else:
            assert (await house.ask("meeting.join", booking="review")).status == "done"
        await house.until(lambda: house.document.meeting.fallback is not None)
        assert (await house.ask("meeting.fallback")).status == "done"
        await house.until(lambda: state(house)[0] == "in_call")
        assert (house.document.meeting.platform, house.document.meeting.title) == (
            "jitsi",
            "Review",
        )


@invented
async def test_without_another_link_a_new_meeting_on_the_fallback_platform_is() -> None:
    async with living(FALLBACK) as house:
        await house.ask("meeting.join", link=ZOOM)
        await house.until(lambda: house.document.meeting.shown)
        fallback = house.document.meeting.fallback
        assert fallback is not None
        assert (fallback.platform, fallback.way) == ("jitsi", "new")
        assert (await house.ask("meeting.fallback")).status == "done"
        await house.until(lambda: house.document.meeting.platform == "jitsi")


@invented
async def test_without_a_way_out_none_is_offered() -> None:
    async with living() as house:
        await house.ask("meeting.join", link=ZOOM)
        await house.until(lambda: house.document.meeting.shown)
        assert house.document.meeting.fallback is None
        record = await house.ask("meeting.fallback")
        assert record.error is not None
        assert record.error.code == "no_fallback"


@invented
async def test_a_window_over_the_meeting_is_told_and_closed_and_the_call_goes_on() -> None:
    async with living() as house:
        await house.join()
        assert not house.document.meeting.covered
        house.screen.covered = True
        await house.until(lambda: house.document.meeting.covered)
        assert (await house.ask("screen.close_window", PANEL)).status == "done"
        await house.until(lambda: not house.document.meeting.covered)
        assert state(house)[0] == "in_call"
        record = await house.ask("screen.close_window", PHONE)
        assert record.error is not None
        assert record.error.code == "room_panel_only"
