"""A plain page is shown once, and passed by the room at the next join; people stop it, or go on."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl.meeting.walkthrough import WalkStep
from roomctl.room.walkthroughs import Library
from roomctl.screen.sim import BUTTON, SimScreen
from roomctl.store import Store
from tests.invented import invented
from tests.meeting.test_walkthrough import FULL, NAMED, shown
from tests.room.rig import BAMBOO, PANEL, STAFF, House, living

PAIR = "https://zoom.us/j/91234567890\nMeeting ID: 912 3456 7890\nPasscode: 778899"
JOIN = {"x": (BUTTON[0] + BUTTON[2]) / 2, "y": (BUTTON[1] + BUTTON[3]) / 2}

ANYONE = BAMBOO.replace("[meeting]\n", '[meeting]\nlearn = "anyone"\n')


def state(house: House) -> str:
    return house.document.walkthrough.state


async def open_page(house: House) -> None:
    assert (await house.ask("meeting.join", link=PAIR)).status == "done"
    await house.until(lambda: house.document.meeting.remote_control)


async def show(house: House) -> None:
    """Show the page: type the passcode after its press, and keep it."""
    await open_page(house)
    await house.until(lambda: state(house) == "offered")
    assert (await house.ask("walkthrough.begin", STAFF)).status == "done"
    await house.until(lambda: state(house) == "showing")
    house.screen.blocked_by = None
    assert (await house.ask("screen.press", **JOIN)).status == "done"
    await house.until(lambda: state(house) == "shown")
    assert (await house.ask("walkthrough.keep", STAFF)).status == "done"
    await leave(house)


async def leave(house: House) -> None:
    await house.ask("meeting.leave")
    await house.until(lambda: house.document.meeting.state in ("idle", "ended"))


@invented
async def test_a_page_that_was_shown_once_is_passed_by_the_room_at_the_next_join() -> None:
    async with living() as house:
        await show(house)
        await house.ask("meeting.join", link=PAIR)
        await house.until(lambda: state(house) == "joining", limit_s=20.0)
        entry = house.document.walkthrough
        assert (entry.step, entry.steps) == (1, 1)
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=20.0)
        assert house.document.meeting.evidence == "media"
        await house.until(lambda: house.room.walkthroughs.summaries()[0].tries == 1)
        (kept,) = house.room.walkthroughs.summaries()
        assert (kept.name, kept.by, kept.misses) == ("zoom-1", "staff", 0)
        assert not house.screen.watched, "what looks has ended"


@invented
async def test_the_screen_is_told_to_be_ready_to_look_at_a_page_that_was_shown() -> None:
    async with living() as house:
        await open_page(house)
        assert not house.screen.looks
        await leave(house)
        await show(house)
        await open_page(house)
        assert house.screen.looks
        (name,) = house.room.walkthroughs.library.kept
        await leave(house)
        await house.room.walkthroughs.library.forget(name)
        await open_page(house)
        assert not house.screen.looks


@invented
async def test_a_step_that_was_skipped_is_optional_from_then_on() -> None:
    async with living() as house:
        await show(house)
        library = house.room.walkthroughs.library
        (kept,) = library.kept.values()
        await library.keep(replace(kept, steps=(WalkStep((shown(15_000),)), *kept.steps)))
        await open_page(house)
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=30.0)
        await house.until(lambda: library.one(kept.name).tries == 1)
        steps = library.one(kept.name).steps
        assert [step.optional for step in steps] == [True, *(False for _ in kept.steps)]


@invented
async def test_a_page_that_has_changed_is_handed_over_within_eight_seconds_and_never_pressed() -> (
    None
):
    async with living() as house:
        await show(house)
        await house.ask("meeting.join", link=PAIR)
        await house.until(lambda: state(house) == "joining", limit_s=20.0)
        house.screen.shows.redrawn = True
        took_s = await house.until(lambda: state(house) == "handed_over", limit_s=20.0)
        assert house.document.walkthrough.reason == "changed"
        assert took_s <= 8.0
        assert house.screen.shows.word == "prejoin", "nothing was pressed"
        (kept,) = house.room.walkthroughs.summaries()
        assert (kept.tries, kept.misses, kept.missed) == (1, 1, "changed")


@invented
async def test_a_page_that_is_shown_again_because_it_changed_keeps_both_pictures() -> None:
    async with living() as house:
        await show(house)
        for changed, pictures in ((True, 2), (False, 1)):
            await open_page(house)
            await house.until(lambda: state(house) == "joining", limit_s=20.0)
            if changed:
                house.screen.shows.redrawn = True
                await house.until(lambda: state(house) == "handed_over", limit_s=20.0)
            else:
                await house.ask("walkthrough.stop")
            assert (await house.ask("walkthrough.begin", STAFF)).status == "done"
            await house.until(lambda: state(house) == "showing")
            house.screen.shows.redrawn = True
            assert (await house.ask("screen.press", **JOIN)).status == "done"
            await house.until(lambda: state(house) == "shown")
            assert (await house.ask("walkthrough.keep", STAFF)).status == "done"
            (kept,) = house.room.walkthroughs.summaries()
            assert kept.steps[0].pictures == pictures
            await leave(house)
            for redrawn in (True, False)[:pictures]:
                await open_page(house)
                house.screen.shows.redrawn = redrawn
                await house.until(lambda: house.document.meeting.state == "in_call", limit_s=30.0)
                await leave(house)


@invented
async def test_a_touch_takes_over_at_once_and_stop_stops_it() -> None:
    async with living() as house:
        await show(house)
        for kind, args in (("screen.press", {"x": 0.1, "y": 0.1}), ("walkthrough.stop", {})):
            await house.ask("meeting.join", link=PAIR)
            await house.until(lambda: state(house) == "joining", limit_s=20.0)
            assert (await house.ask(kind, **args)).status == "done"
            await house.until(lambda: state(house) == "offered", limit_s=1.0)
            await house.always(lambda: house.screen.shows.word == "prejoin", 10.0)
            await leave(house)


@invented
async def test_a_touch_of_the_display_itself_takes_over_as_one_of_the_panel_does() -> None:
    async with living() as house:
        await show(house)
        await house.ask("meeting.join", link=PAIR)
        await house.until(lambda: state(house) == "joining" and house.screen.heeded, limit_s=20.0)
        house.screen.touch_display(0.1, 0.1)
        await house.until(lambda: state(house) == "offered", limit_s=2.0)
        await house.always(lambda: house.screen.shows.word == "prejoin", 10.0)
        assert not house.screen.heeded


@invented
async def test_what_is_typed_before_any_place_was_pressed_is_refused_while_it_is_shown() -> None:
    async with living() as house:
        await open_page(house)
        await house.ask("walkthrough.begin", STAFF)
        record = await house.ask("screen.type", text="Bamboo")
        assert (record.status, record.error and record.error.code) == ("refused", "not_shown")
        assert house.screen.shows.typed == ""


@invented
async def test_only_staff_show_a_page_unless_the_room_says_anyone() -> None:
    for toml, status in ((BAMBOO, "refused"), (ANYONE, "done")):
        async with living(toml) as house:
            await open_page(house)
            assert (await house.ask("walkthrough.begin", PANEL)).status == status


@invented
async def test_a_passcode_is_in_no_walkthrough_file_or_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with living(store=Store(tmp_path)) as house:
        house.screen.blocked_by = "passcode_needed"
        await open_page(house)
        await house.ask("walkthrough.begin", STAFF)
        await house.ask("screen.press", x=0.5, y=0.3)
        await house.ask("screen.type", text="778899")
        await house.ask("screen.type", text="other-secret")
        assert house.room.walkthroughs.summary("draft").steps[0].does == ("type {passcode}",)
        assert house.room.walkthroughs.summary("draft").steps[0].asks == (12,)
        await house.ask("walkthrough.keep", STAFF)
        path = tmp_path / "walkthrough-zoom-1.toml"
        assert path.stat().st_mode & 0o777 == 0o600
        kept = path.read_text()
        assert "type {passcode}" in kept
    everything = kept + caplog.text + repr(house.document)
    assert "778899" not in everything
    assert "other-secret" not in everything


@invented
async def test_a_damaged_file_is_set_aside_and_the_others_are_there(tmp_path: Path) -> None:
    async with living(store=Store(tmp_path)) as house:
        await show(house)
    (tmp_path / "walkthrough-zoom-9.toml").write_bytes(b"platform = 1")
    async with living(store=Store(tmp_path)) as house:
        await house.until(lambda: house.room.walkthroughs.summaries())
        await house.until(
            lambda: ("storage.quarantined", "walkthrough-zoom-9.toml") in house.issues
        )
        assert [one.name for one in house.room.walkthroughs.summaries()] == ["zoom-1"]
        assert isinstance(house.screen, SimScreen)


async def name_lobby(house: House) -> None:
    """Have the page be a lobby, and say so of its picture."""
    house.screen.shows.word = "lobby"
    assert (await house.ask("walkthrough.pick", STAFF, x=0.5, y=0.5)).status == "done"
    assert (await house.ask("walkthrough.name", STAFF, says="lobby")).status == "done"


@invented
async def test_a_name_and_the_record_of_a_try_are_both_kept_whichever_is_written_first(
    tmp_path: Path,
) -> None:
    library, (lobby,) = Library(Store(tmp_path)), NAMED.named
    await library.keep(FULL)
    both = [lambda one: one.naming(lobby), lambda one: one.ended("changed")]
    await asyncio.gather(*(library.change(FULL.name, done) for done in (*both, *reversed(both))))
    kept = library.one(FULL.name)
    assert (kept.named, kept.tries, kept.misses) == ((lobby, lobby), 2, 2)
    read = Library(Store(tmp_path))
    read.load()
    assert read.kept == {FULL.name: kept}
    await asyncio.gather(library.change(FULL.name, both[0]), library.forget(FULL.name))
    assert library.kept == {}
    assert not list(tmp_path.glob("walkthrough-*"))


@invented
async def test_a_lobby_that_staff_have_named_is_told_as_long_as_it_stands_there() -> None:
    async with living() as house:
        await show(house)
        await open_page(house)
        await name_lobby(house)
        assert house.room.walkthroughs.summaries()[0].named == ("lobby",)
        meeting = lambda: house.document.meeting  # noqa: E731
        await house.until(lambda: meeting().state == "lobby", limit_s=20.0)
        assert meeting().evidence == "page"
        house.screen.shows.word = "prejoin"
        await house.until(lambda: meeting().state != "lobby", limit_s=20.0)
        await leave(house)
        await house.until(lambda: not house.screen.watched)


@invented
async def test_a_lobby_is_told_at_the_next_join_and_the_call_is_proven_by_sound() -> None:
    async with living() as house:
        await show(house)
        await open_page(house)
        await name_lobby(house)
        await leave(house)
        await house.ask("meeting.join", link=PAIR)
        await house.until(lambda: state(house) == "joining", limit_s=20.0)
        house.screen.shows.word = "lobby"
        await house.until(lambda: house.document.meeting.state == "lobby", limit_s=30.0)
        house.screen.shows.word = "prejoin"
        await house.ask("screen.press", **JOIN)
        await house.until(lambda: house.document.meeting.state == "in_call", limit_s=20.0)
        assert house.document.meeting.evidence == "media"


@invented
async def test_a_lobby_is_told_whenever_it_is_named_while_the_room_gives_way_to_the_touch() -> None:
    async with living() as house:
        await show(house)
        for late_s in (0.0, 0.05, 0.1, 0.15, 0.2, 0.25):
            await open_page(house)
            await house.until(lambda: state(house) == "joining", limit_s=20.0)
            await asyncio.sleep(late_s)
            await name_lobby(house)
            await house.until(lambda: house.document.meeting.state == "lobby", limit_s=20.0)
            await leave(house)


@invented
async def test_a_page_is_passed_though_the_one_before_was_looked_at_until_it_was_left() -> None:
    async with living() as house:
        await show(house)
        await open_page(house)
        house.screen.shows.word = "lobby"
        await house.ask("walkthrough.pick", STAFF, x=0.5, y=0.5)
        assert (await house.ask("walkthrough.name", STAFF, says="ended")).status == "done"
        house.screen.shows.word = "prejoin"
        for _ in range(2):
            await house.ask("meeting.join", link=PAIR)
            await house.until(lambda: house.document.meeting.state == "in_call", limit_s=20.0)
            await asyncio.sleep(0.5)  # the next look at this page is seconds away
            await leave(house)


@invented
async def test_a_page_is_shown_anew_while_what_was_named_is_looked_for() -> None:
    async with living() as house:
        await show(house)
        await open_page(house)
        await name_lobby(house)
        await house.until(lambda: house.document.meeting.state == "lobby", limit_s=20.0)
        assert (await house.ask("walkthrough.begin", STAFF)).status == "done"
        await house.until(lambda: state(house) == "showing", limit_s=20.0)
        await house.ask("walkthrough.discard", STAFF)
        await leave(house)
        await open_page(house)
        await house.until(lambda: state(house) == "joining", limit_s=20.0)
        assert (await house.ask("walkthrough.begin", STAFF)).status == "done"
        assert state(house) == "showing"


@invented
async def test_a_picture_is_named_by_staff_on_a_page_that_was_shown_and_once_it_was_picked() -> (
    None
):
    async with living() as house:
        assert (await house.ask("walkthrough.pick", STAFF, x=0.5, y=0.5)).error.code == (  # type: ignore[union-attr]
            "no_plain_page"
        )
        await open_page(house)
        for kind, args, code in (
            ("walkthrough.pick", {"x": 0.5, "y": 0.5}, "nothing_shown"),
            ("walkthrough.name", {"says": "lobby"}, "nothing_shown"),
        ):
            record = await house.ask(kind, STAFF, **args)
            assert record.error is not None
            assert record.error.code == code
        await leave(house)
        await show(house)
        await open_page(house)
        assert (await house.ask("walkthrough.pick", PANEL, x=0.5, y=0.5)).status == "refused"
        assert (await house.ask("walkthrough.name", STAFF, says="lobby")).status == "refused"
