"""A signed file goes from room to room, and each says whose walkthrough it was."""

import asyncio
import logging
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl.errors import Refused
from roomctl.meeting.walkthrough import (
    Walkthrough,
    fingerprint,
    for_others,
    read_from_others,
    written,
)
from roomctl.room.walkthroughs import MOST_KEPT
from roomctl.store import Store
from roomctl.store.signers import Signers, signed_by
from tests.invented import invented
from tests.meeting.test_walkthrough import FULL, NAMED
from tests.room.rig import BAMBOO, STAFF, House, living
from tests.room.test_walkthroughs import JOIN, PAIR, leave, open_page, show, state

GROVE = BAMBOO.replace("[room]", '[room]\nid = "grove"')
REED = BAMBOO.replace('display_name = "Bamboo"', 'display_name = "Reed"')
STRANGER = Signers(None)


async def shown_in(store: Store | None = None) -> bytes:
    """Return the file of what Bamboo was shown."""
    async with living(store=store) as house:
        await show(house)
        return await house.room.walkthroughs.exported("zoom-1")


def known(house: House) -> dict[str, Walkthrough]:
    return house.room.walkthroughs.library.kept


async def refused(house: House, name: str, data: bytes) -> Refused:
    with pytest.raises(Refused) as told:
        await house.room.walkthroughs.brought(name, data)
    return told.value


def of_stranger(one: Walkthrough = NAMED, room: str = "bamboo", by: Signers = STRANGER) -> bytes:
    return for_others(one, room, "Bamboo", by.public(), by.sign)


@invented
async def test_a_page_that_one_room_was_shown_is_passed_by_another_which_says_whose_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = await shown_in(Store(tmp_path / "bamboo"))
    assert stat.S_IMODE((tmp_path / "bamboo" / "room-key.pem").stat().st_mode) == 0o600
    store = Store(tmp_path / "reed")
    for tries in (1, 2):
        async with living(REED, store=store) as house:
            if tries == 1:
                brought = await house.room.walkthroughs.brought("zoom-1", file)
                assert brought.by_room == "Bamboo"
                assert brought.fingerprint.startswith("sha256:")
            await house.until(lambda: house.room.walkthroughs.library.kept)
            await house.ask("meeting.join", link=PAIR)
            await house.until(lambda: state(house) == "joining", limit_s=20.0)
            assert house.document.walkthrough.by_room == "Bamboo"
            await house.until(lambda: house.document.meeting.state == "in_call", limit_s=20.0)
            await house.until(lambda: known(house)["zoom-1"].tries == tries)  # noqa: B023
            assert known(house)["zoom-1"].done
            assert await house.room.walkthroughs.exported("zoom-1") == file, "it is handed on"
            await leave(house)
    assert "begun, as shown in 'Bamboo'" in caplog.text


@invented
async def test_a_room_prefers_what_it_was_shown_itself_and_overwrites_nothing_of_it() -> None:
    file = await shown_in()
    newer = replace(read_from_others("zoom-1", file, signed_by), origin=None)
    newer = replace(newer, at=newer.at.replace(year=newer.at.year + 1))
    async with living(REED) as house:
        await show(house)
        own = known(house)["zoom-1"]
        for _ in range(2):
            other = await house.room.walkthroughs.brought("zoom-1", of_stranger(newer))
        assert sorted(known(house)) == sorted(["zoom-1", other.name])
        assert known(house)["zoom-1"] == own
        await house.room.walkthroughs.brought("zoom-1", written(newer))
        assert len(known(house)) == 3, "one that nobody signed takes no other's place"
        await open_page(house)
        await house.until(lambda: state(house) == "joining", limit_s=20.0)
        entry = house.document.walkthrough
        assert (entry.name, entry.by_room) == ("zoom-1", None)


@invented
async def test_another_rooms_that_missed_twice_at_one_step_is_not_tried_until_it_is_replaced() -> (
    None
):
    file = await shown_in()
    came = replace(read_from_others("zoom-1", file, signed_by), origin=None)
    async with living(REED) as house:
        given = of_stranger(came)
        await house.room.walkthroughs.brought("zoom-1", given)
        for misses in (1, 2):
            await open_page(house)
            await house.until(lambda: state(house) == "joining", limit_s=20.0)
            house.screen.shows.redrawn = True
            await house.until(lambda: state(house) == "handed_over", limit_s=20.0)
            assert house.document.walkthrough.by_room == "Bamboo"
            await house.until(lambda: known(house)["zoom-1"].misses == misses)  # noqa: B023
            await leave(house)
        assert house.room.walkthroughs.summaries()[0].given_up
        await house.room.walkthroughs.brought("zoom-1", given)
        for tried in (False, True):
            await open_page(house)
            if tried:
                await house.until(lambda: state(house) == "joining", limit_s=20.0)
            else:
                await house.always(lambda: state(house) == "offered", 15.0)
                assert house.screen.shows.word == "prejoin", "nothing was pressed"
                again = replace(came, at=came.at.replace(year=came.at.year + 1))
                await house.room.walkthroughs.brought("zoom-1", of_stranger(again))
            await leave(house)


@invented
async def test_what_is_shown_where_anothers_is_known_is_the_rooms_own_and_both_stay() -> None:
    file = await shown_in()
    async with living(REED) as house:
        await house.room.walkthroughs.brought("zoom-1", file)
        await open_page(house)
        await house.until(lambda: state(house) == "joining", limit_s=20.0)
        house.screen.shows.redrawn = True
        await house.until(lambda: state(house) == "handed_over", limit_s=20.0)
        await house.ask("walkthrough.begin", STAFF)
        await house.until(lambda: state(house) == "showing")
        await house.ask("screen.press", **JOIN)
        await house.until(lambda: state(house) == "shown")
        assert (await house.ask("walkthrough.keep", STAFF)).status == "done"
        assert {name: one.by_room for name, one in known(house).items()} == {
            "zoom-1": "Bamboo",
            "zoom-2": None,
        }
        assert [step.pictures for step in house.room.walkthroughs.summary("zoom-2").steps] == [1]
        assert await house.room.walkthroughs.exported("zoom-1") == file


@invented
async def test_a_room_that_comes_with_another_key_is_refused_until_staff_trust_it(
    tmp_path: Path,
) -> None:
    other = Signers(None)
    async with living(store=Store(tmp_path)) as house:
        shown = house.room.walkthroughs
        await shown.brought("zoom-1", of_stranger())
        forged = of_stranger(FULL, by=other)
        error = await refused(house, "zoom-2", forged)
        assert error.code == "other_key"
        new, old = fingerprint(other.public()), fingerprint(STRANGER.public())
        assert f"roomctl walkthrough trust bamboo {new}" in str(error)
        assert old in str(error)
        assert list(known(house)) == ["zoom-1"]
    async with living(store=Store(tmp_path)) as house:
        shown = house.room.walkthroughs
        assert (await refused(house, "zoom-2", forged)).code == "other_key"
        await shown.trust("bamboo", new)
        await shown.brought("zoom-1", forged)
        assert (await refused(house, "zoom-1", of_stranger())).code == "other_key"
        assert shown.summary("zoom-1").fingerprint == new
    assert not (tmp_path / "room-key.pem").exists(), "a room that signs nothing needs no key"


@invented
async def test_what_a_room_has_signed_itself_comes_back_as_its_own_and_nobody_else_is_it(
    tmp_path: Path,
) -> None:
    async with living(GROVE, store=Store(tmp_path)) as house:
        await show(house)
        file = await house.room.walkthroughs.exported("zoom-1")
    async with living(GROVE, store=Store(tmp_path)) as house:
        await house.until(lambda: known(house))
        room, shown = "grove", house.room.walkthroughs
        assert (await shown.brought("else", file)).name == "zoom-1", "it is there"
        await shown.library.forget("zoom-1")
        assert (await shown.brought("else", file)).by_room is None
        assert (await refused(house, "zoom-2", of_stranger(room=room))).code == "other_key"
        await shown.trust(room, fingerprint(STRANGER.public()))
        assert (await shown.brought("zoom-2", of_stranger(room=room))).by_room == "Bamboo"
        assert (await shown.brought("more", file)).name == "else", "its own stays its own"


@invented
async def test_two_keys_that_come_at_once_for_one_room_are_not_both_taken() -> None:
    async with living() as house:
        bring = house.room.walkthroughs.brought
        files = [of_stranger(by=STRANGER), of_stranger(by=Signers(None))] * 2
        came = [bring(f"zoom-{number}", file) for number, file in enumerate(files)]
        ends = await asyncio.gather(*came, return_exceptions=True)
        assert sum(isinstance(one, Refused) for one in ends) == 2
        keys = {one.origin.key for one in known(house).values() if one.origin}
        assert len(keys) == 1


@invented
async def test_more_than_is_kept_is_refused_and_names_are_never_longer_than_they_may_be() -> None:
    async with living() as house:
        bring = house.room.walkthroughs.brought
        name = "z" * 64
        for number in range(MOST_KEPT):
            kept = await bring(name, of_stranger(room=f"r{number}", by=Signers(None)))
            assert len(kept.name) <= 64
        assert len(known(house)) == MOST_KEPT
        full = await refused(house, name, of_stranger(room="one-more", by=Signers(None)))
        assert full.code == "too_many_walkthroughs"
