"""The mute that the next start begins with: what is said while the disk has it, and has it not."""

import asyncio
import threading
from pathlib import Path

import pytest

from roomctl.room.microphone import RETRY_S, STORE_S, StoredMute
from roomctl.room.mute import (
    CaptureRead,
    MuteRequested,
    MuteState,
    RequestStored,
    SoundServerOnline,
    TimePassed,
    due,
    first,
    step,
)
from roomctl.store import Store
from tests.invented import LoopClock, invented
from tests.room.rig import BAMBOO, House, living, simulated
from tests.small_disk import fill, needs_root, read_only, small_disk

NEVER, MUTED, OPEN = RequestStored(None), RequestStored(True), RequestStored(False)
WRITING, FAILED = RequestStored(None), RequestStored(None, failed=True)
FOUND_OPEN, FOUND_MUTED = False, True


def told(state: MuteState, *events: object, at: float = 1.0) -> MuteState:
    for event in events:
        if isinstance(event, bool):
            event = CaptureRead(event, state.generation)
        state = step(state, event, at)
    return state


def shown(state: MuteState) -> tuple[str, str]:
    return str(state.status.mute), state.status.why


def asked(muted: bool, stored: RequestStored = OPEN) -> MuteState:
    online = told(first(0.0, stored), SoundServerOnline(there=True), False, False)
    return told(online, MuteRequested(muted, "panel"), RequestStored(None))


def test_silence_that_is_read_back_is_called_muted_once_it_is_stored() -> None:
    state = told(asked(True), True)
    assert shown(state) == ("muting", "")
    assert state.lit, "the light shows it at once"
    assert shown(told(state, TimePassed(), at=4.0)) == ("muting", "")
    assert due(state) is None, "nothing comes of time alone"
    assert shown(told(state, MUTED, at=4.0)) == ("muted", "")


def test_what_is_stored_and_not_silent_is_not_muted() -> None:
    state = told(asked(True), MUTED)
    assert shown(state) == ("muting", "")
    assert shown(told(state, TimePassed(), at=4.0)) == ("open", "not_confirmed")


def test_a_disk_that_does_not_take_it_is_a_warning_beside_muted() -> None:
    state = told(asked(True), True, FAILED)
    assert shown(state) == ("muted", "not_stored")
    assert shown(told(state, MUTED)) == ("muted", "")


def test_an_open_microphone_waits_for_no_disk() -> None:
    state = told(asked(False, stored=MUTED), False)
    assert shown(state) == ("open", "")
    assert shown(told(state, FAILED)) == ("open", "")


@pytest.mark.parametrize(
    ("stored", "found", "muted"),
    [
        (NEVER, FOUND_OPEN, False),
        (NEVER, FOUND_MUTED, True),
        (OPEN, FOUND_OPEN, False),
        (OPEN, FOUND_MUTED, False),  # as the process before shut it, and had no time to open it
        (MUTED, FOUND_OPEN, True),
        (MUTED, FOUND_MUTED, True),
        (None, FOUND_OPEN, False),
        (None, FOUND_MUTED, True),
    ],
)
def test_a_screen_process_that_begins_is_told_what_is_stored(
    stored: RequestStored | None, found: bool, muted: bool
) -> None:
    state = told(first(0.0, stored), SoundServerOnline(there=True))
    assert told(state, CaptureRead(True, -1, found=found)).requested is muted


@pytest.mark.parametrize("stored", [NEVER, OPEN, MUTED])
def test_a_microphone_that_is_muted_though_it_was_told_otherwise_stays_muted(
    stored: RequestStored,
) -> None:
    assert told(first(0.0, stored), SoundServerOnline(there=True), True).requested is True


def test_a_stored_mute_counts_before_anything_is_heard_of_the_sound() -> None:
    assert first(0.0, MUTED).requested is True
    assert first(0.0, NEVER, damaged=True).requested is True
    assert shown(told(first(0.0, MUTED), SoundServerOnline(there=True), False)) != ("open", "")


@pytest.mark.parametrize("muted", [True, False])
def test_a_screen_process_that_took_anothers_place_unseen_is_told_again(muted: bool) -> None:
    state = told(asked(muted), muted, RequestStored(muted))
    after = told(state, CaptureRead(True, state.generation, found=FOUND_OPEN))
    assert (after.requested, after.generation) == (muted, state.generation + 1)


def stored(folder: Path) -> StoredMute:
    return StoredMute(Store(folder), LoopClock(), lambda: None)


@invented
async def test_a_box_that_never_stored_one_knows_of_none(tmp_path: Path) -> None:
    kept = stored(tmp_path)
    assert (kept.stored, kept.damaged) == (NEVER, False)
    kept.keep(True)
    await kept.close()
    assert (kept.stored, stored(tmp_path).stored) == (MUTED, MUTED)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"muted": 1}', "\0\0", '{"muted": true'])
@invented
async def test_what_makes_no_sense_means_muted_until_something_else_is_stored(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "mute.json").write_text(text)
    kept = stored(tmp_path)
    assert kept.damaged
    kept.keep(False)
    await kept.close()
    assert (stored(tmp_path).stored, stored(tmp_path).damaged) == (OPEN, False)


class SlowStore(Store):
    """A disk on which a write takes until it may end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may_end, self.wrote = threading.Event(), list[bool]()

    def write(self, name: str, document: dict) -> None:
        assert self.may_end.wait(60)
        super().write(name, document)
        self.wrote.append(document["muted"])


async def test_the_newest_of_what_was_asked_is_what_the_disk_has_in_the_end(tmp_path: Path) -> None:
    store, changed = SlowStore(tmp_path), asyncio.Event()
    kept = StoredMute(store, LoopClock(), changed.set)
    for muted in (True, False, True, False, True):
        kept.keep(muted)
        await asyncio.sleep(0)
        assert kept.stored == WRITING
    store.may_end.set()
    async with asyncio.timeout(60):
        while kept.stored != MUTED:
            changed.clear()
            await changed.wait()
    assert store.wrote == [True]
    assert stored(tmp_path).stored == MUTED


class HandClock(LoopClock):
    """A clock that is set by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def mono_s(self) -> float:
        return self.now_s


async def test_a_disk_that_takes_too_long_counts_as_one_that_takes_nothing(tmp_path: Path) -> None:
    store, clock = SlowStore(tmp_path), HandClock()
    kept = StoredMute(store, clock, lambda: None)
    kept.keep(True)
    await asyncio.sleep(0)
    assert kept.due() == STORE_S
    kept.tick()
    assert kept.stored == WRITING
    clock.now_s = STORE_S
    kept.tick()
    assert (kept.stored, kept.due()) == (FAILED, None)
    store.may_end.set()
    await kept.close()
    assert kept.stored == MUTED


def said(house: House) -> tuple[str, str]:
    return house.document.audio.mute, house.document.audio.reason


@pytest.mark.parametrize("muted", [True, False])
@invented
async def test_a_room_begins_as_it_was_left(tmp_path: Path, muted: bool) -> None:
    word = "muted" if muted else "open"
    async with living(store=Store(tmp_path)) as house:
        await house.until(lambda: said(house) == ("open", ""))
        for on in (True, muted):
            assert (await house.ask("audio.mute", on=on)).status == "done"
            await asyncio.sleep(1)
    async with living(store=Store(tmp_path)) as house:  # all of it anew
        await house.until(lambda: said(house) == (word, ""))
        assert house.screen.muted is muted
        assert house.phone.led_muted is muted


@pytest.mark.parametrize("muted", [True, False])
@invented
async def test_what_was_answered_outlives_a_power_cut(tmp_path: Path, muted: bool) -> None:
    async with living(store=Store(tmp_path)) as house:
        await house.until(lambda: said(house) == ("open", ""))
        for on in (not muted, muted):
            assert (await house.ask("audio.mute", on=on)).status == "done"
        assert stored(tmp_path).stored == RequestStored(muted)


@pytest.mark.parametrize("muted", [True, False])
@invented
async def test_a_daemon_that_is_back_leaves_the_microphone_of_a_call_as_it_is(
    tmp_path: Path, muted: bool
) -> None:
    simulator = simulated()
    async with living(store=Store(tmp_path), on=simulator) as house:
        await house.join()
        await house.ask("audio.mute", on=muted)
    await asyncio.sleep(1)  # a speakerphone answers what the daemon told it last
    async with living(store=Store(tmp_path), on=simulator) as house:
        await house.always(lambda: house.screen.muted is muted, 5.0)
        assert said(house)[0] == ("muted" if muted else "open")
    await simulator.close()


@invented
async def test_a_mute_by_the_key_of_a_speakerphone_is_stored_too(tmp_path: Path) -> None:
    async with living(store=Store(tmp_path)) as house:
        await house.act("speakerphone.table", "press_mute")
        await house.until(lambda: said(house) == ("muted", ""))
    assert Store(tmp_path).read("mute") == {"muted": True}


@invented
async def test_other_devices_begin_with_the_mute_that_there_was(tmp_path: Path) -> None:
    from roomctl.app import parse

    async with living(store=Store(tmp_path)) as house:
        await house.ask("audio.mute", on=True)
        other = BAMBOO.replace("usb:0b0e:2456", "usb:291a:3301")
        await house.room.reconfigure(parse(other, "room.toml"), None)
        await house.until(lambda: said(house) == ("muted", ""))


@needs_root
@pytest.mark.real
@pytest.mark.parametrize("ailment", ["full", "read_only"])
def test_a_disk_that_takes_no_writes_is_told_and_is_tried_again(
    tmp_path: Path, ailment: str
) -> None:
    with small_disk(tmp_path / "disk") as folder:

        @invented
        async def plays() -> None:
            async with living(store=Store(folder)) as house:
                await house.until(lambda: said(house) == ("open", ""))
                await house.until(lambda: Store(folder).read("mute") == {"muted": False})
                with read_only(folder) if ailment == "read_only" else filled(folder):
                    assert (await house.ask("audio.mute", on=True)).status == "done"
                    assert house.screen.muted
                    assert said(house) == ("muted", "not_stored")
                    assert (f"storage.{ailment}", "storage") in house.issues
                await house.until(lambda: said(house) == ("muted", ""), limit_s=2 * RETRY_S)
            assert Store(folder).read("mute") == {"muted": True}

        plays()


class filled:  # noqa: N801 - a block, as `read_only` is
    """A disk is full during the block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        self._ballast = fill(self._folder)

    def __exit__(self, *error: object) -> None:
        self._ballast.unlink()
