"""One call of the room, from the touch to the end, on a simulated screen."""

import asyncio

from roomctl.screen.protocol import OpenMeeting, ScreenReason
from tests.invented import invented
from tests.room.rig import LINK, OTHER_LINK, STAFF, House, living, simulated

ZOOM_HOST_LINK = "https://us05web.zoom.us/s/123456789"


def state(house: House) -> str:
    return house.document.meeting.state


@invented
async def test_a_call_goes_from_the_touch_over_preparing_to_media() -> None:
    async with living() as house:
        record = await house.ask("meeting.join", link=LINK)
        assert record.status == "done"
        await house.until(lambda: state(house) == "preparing", limit_s=0.1)
        await house.until(lambda: state(house) == "in_call")

        meeting = house.document.meeting
        assert (meeting.platform, meeting.host) == ("jitsi", "meet.jit.si")
        assert meeting.evidence == "media"
        assert house.screen.page is not None


@invented
async def test_a_host_who_lets_nobody_in_never_gives_a_call() -> None:
    async with living() as house:
        house.screen.admit = False
        await house.ask("meeting.join", link=LINK)
        await house.always(lambda: state(house) != "in_call", 60.0)
        assert state(house) == "prejoin"


@invented
async def test_a_host_who_takes_a_while_lets_the_room_in() -> None:
    async with living() as house:
        house.screen.lobby_s = 25.0
        await house.ask("meeting.join", link=LINK)
        took_s = await house.until(lambda: state(house) == "in_call", limit_s=40.0)
        assert took_s > 25.0


@invented
async def test_leaving_ends_the_call_and_the_panel_is_home_again() -> None:
    async with living() as house:
        await house.join()
        leaving = asyncio.create_task(house.ask("meeting.leave"))
        await house.until(lambda: state(house) == "leaving", limit_s=0.1)
        assert not leaving.done()
        assert (await leaving).status == "done"
        assert house.screen.page is not None
        assert house.screen.page.phase == "closed"
        await house.until(lambda: state(house) == "ended", limit_s=0.1)
        await house.until(lambda: state(house) == "idle", limit_s=5.0)
        assert house.document.meeting.platform is None


@invented
async def test_leaving_is_not_done_while_a_screen_that_is_gone_cannot_say_so() -> None:
    async with living() as house:
        await house.join()
        leaving = asyncio.create_task(house.ask("meeting.leave"))
        await house.until(lambda: state(house) == "leaving", limit_s=0.1)
        await house.act("screen", "unplug")
        record = await leaving
        assert (record.status, record.error and record.error.code) == ("unknown", "unknown_outcome")
        assert record.error is not None
        assert "within 20 s" in record.error.detail


@invented
async def test_a_call_that_the_screen_cannot_open_is_an_issue_until_somebody_leaves() -> None:
    async with living() as house:
        house.screen.fail(ScreenReason.NETWORK)
        await house.ask("meeting.join", link=LINK)
        await house.until(lambda: state(house) == "failed")
        assert house.document.meeting.failure == "network"
        assert house.issues == [("meeting.failed", "meeting")]

        assert (await house.ask("meeting.leave")).status == "done"
        await house.until(lambda: state(house) == "idle", limit_s=1.0)
        assert house.issues == []
        await house.until(lambda: house.screen.page is None, limit_s=0.1)


@invented
async def test_a_browser_that_crashes_ends_the_call_as_failed() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "crash")
        await house.until(lambda: state(house) == "failed", limit_s=1.0)
        assert house.document.meeting.failure == "crashed"


@invented
async def test_a_failed_call_does_not_stand_in_the_way_of_the_next() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "crash")
        await house.until(lambda: state(house) == "failed")
        await house.join(OTHER_LINK)
        assert house.issues == []


@invented
async def test_a_meeting_that_its_host_ends_is_no_longer_in_call() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "end_meeting")
        await house.until(lambda: state(house) != "in_call", limit_s=10.0)


@invented
async def test_a_screen_that_comes_back_empty_has_lost_the_call() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "unplug")
        await house.act("screen", "plug")
        await house.until(lambda: state(house) == "failed", limit_s=10.0)


@invented
async def test_no_call_resumes_by_itself() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "crash")
        await house.until(lambda: state(house) == "failed")
        await house.always(lambda: state(house) == "failed", 300.0)


@invented
async def test_joining_during_a_call_replaces_it() -> None:
    async with living() as house:
        await house.join()
        first = house.screen.page
        await house.join(OTHER_LINK)
        await house.until(lambda: house.screen.page is not None and house.screen.page != first)
        await house.always(lambda: state(house) == "in_call", 10.0)
        assert first is not None
        assert house.screen.page is not None
        assert house.screen.page.id == first.id + 1


@invented
async def test_a_call_that_went_on_without_the_daemon_is_taken_over_and_can_be_left() -> None:
    hardware = simulated()
    async with living(on=hardware) as before:
        await before.join()

    async with living(on=hardware) as after:
        await after.until(lambda: state(after) == "in_call")
        assert after.document.meeting.host == "meet.jit.si"
        assert after.document.meeting.platform is None  # the screen does not know it
        await after.ask("meeting.leave")
        await after.until(lambda: state(after) == "ended")


@invented
async def test_a_call_that_is_over_is_not_taken_over() -> None:
    hardware = simulated()
    async with living(on=hardware) as before:
        await before.join()
        await before.ask("meeting.leave")
        await before.until(lambda: state(before) == "ended")

    async with living(on=hardware) as after:
        await after.always(lambda: state(after) == "idle", 5.0)


@invented
async def test_leaving_without_a_screen_fails_and_the_call_stands_as_it_stood() -> None:
    async with living() as house:
        await house.join()
        await house.act("screen", "unplug")
        await house.until(lambda: house.device("screen").status == "offline")
        record = await house.ask("meeting.leave")
        assert (record.status, record.error and record.error.code) == ("failed", "port.closed")
        assert state(house) != "leaving"


@invented
async def test_joining_without_a_screen_fails_with_a_code() -> None:
    async with living() as house:
        await house.act("screen", "unplug")
        await house.until(lambda: house.device("screen").status == "offline")
        record = await house.ask("meeting.join", link=LINK)
        assert (record.status, record.error and record.error.code) == ("failed", "port.closed")
        assert state(house) == "idle"


@invented
async def test_a_room_that_has_no_screen_refuses_to_join() -> None:
    async with living("[room]\ndisplay_name = 'Bare'") as house:
        record = await house.ask("meeting.join", link=LINK)
        assert (record.status, record.error and record.error.code) == ("refused", "no_screen")


@invented
async def test_what_must_not_be_opened_is_refused_with_its_code() -> None:
    cases = {
        ZOOM_HOST_LINK: "link.host_link",
        "https://zoorn.us/j/123456789": "link.look_alike_host",
        "https://meet.jit.si@evil.example/Room": "link.userinfo",
        "lunch at twelve?": "link.no_meeting",
    }
    async with living() as house:
        for link, code in cases.items():
            record = await house.ask("meeting.join", link=link)
            assert (record.status, record.error and record.error.code) == ("refused", code)
        assert house.screen.page is None


@invented
async def test_a_passcode_is_in_no_document_and_no_record() -> None:
    async with living() as house:
        await house.ask("meeting.join", link="https://zoom.us/j/912345678?pwd=Geheim77")
        await house.until(lambda: state(house) == "preparing")
        assert "Geheim77" not in repr(house.document)
        record = await house.ask("meeting.join", link="https://zoom.us/s/912345678?pwd=Geheim77")
        assert record.status == "refused"
        assert "Geheim77" not in repr(record)


@invented
async def test_a_new_meeting_is_a_room_that_nobody_can_guess() -> None:
    urls = []
    async with living() as house:
        for _ in range(2):
            assert (await house.ask("meeting.new")).status == "done"
            await house.until(lambda: state(house) == "in_call")
            call = house.screen._call
            assert call is not None
            assert isinstance(call.order, OpenMeeting)
            urls.append(call.order.url.partition("#")[0])

    assert all(url.startswith("https://meet.jit.si/Room") for url in urls)
    assert urls[0] != urls[1]
    assert len(urls[0]) > len("https://meet.jit.si/Room") + 12


@invented
async def test_a_new_meeting_where_none_is_configured_is_refused() -> None:
    async with living() as house:
        record = await house.ask("meeting.new", platform="zoom")
        assert record.error is not None
        assert record.error.code == "unknown_platform"
        assert "jitsi" in record.error.detail


@invented
async def test_a_favourite_is_joined_by_its_name() -> None:
    async with living() as house:
        assert [(f.name, f.platform) for f in house.document.favourites] == [("Weekly", "jitsi")]
        await house.ask("meeting.join", favourite="Weekly")
        await house.until(lambda: state(house) == "in_call")
        assert house.document.meeting.title == "Weekly"
        record = await house.ask("meeting.join", favourite="Monthly")
        assert record.error is not None
        assert record.error.code == "unknown_favourite"


@invented
async def test_a_number_is_joined_with_its_platform() -> None:
    async with living() as house:
        record = await house.ask("meeting.join", number="912 345 678", platform="zoom")
        assert record.status == "done"
        await house.until(lambda: house.document.meeting.number == "912345678")
        wrong = await house.ask("meeting.join", number="12", platform="zoom")
        assert wrong.error is not None
        assert wrong.error.code == "link.bad_number"


@invented
async def test_staff_may_leave_for_the_room() -> None:
    async with living() as house:
        await house.join()
        assert (await house.ask("meeting.leave", source=STAFF)).status == "done"
        await house.until(lambda: state(house) == "idle")


@invented
async def test_a_meeting_that_is_left_before_it_opened_in_place_of_another_is_left() -> None:
    async with living() as house:
        await house.ask("meeting.join", link=LINK)
        await house.ask("meeting.join", link=OTHER_LINK)
        await house.ask("meeting.leave")
        await house.until(lambda: house.document.meeting.state == "ended")
        await house.until(lambda: house.document.meeting.state == "idle")
        await house.always(lambda: not house.document.meeting.shown, 10.0)
