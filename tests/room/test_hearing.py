"""When the room was last heard: by the test sound, or by a call; also after a restart."""

from pathlib import Path

from roomctl.screen.protocol import HearingProof, RoomHeard
from roomctl.store import Store
from tests.invented import invented
from tests.room.rig import House, living


def _ready(house: House) -> tuple[bool | None, str | None, str]:
    entry = next(one for one in house.document.conditions if one.type == "audio_ready")
    return entry.status, entry.reason, entry.message


@invented
async def test_a_room_that_nobody_heard_yet_claims_no_time() -> None:
    async with living() as house:
        assert house.document.audio.last_heard is None
        assert _ready(house)[:2] == (True, None)
        house.screen.hears = False
        await house.ask("audio.test")
        assert house.document.audio.last_heard is None


@invented
async def test_the_test_sound_proves_the_room_and_a_restart_keeps_the_time(tmp_path: Path) -> None:
    async with living(store=Store(tmp_path)) as house:
        house.screen.muted = False
        begun = house.room.clock.now().wall
        await house.ask("audio.test")
        await house.until(lambda: house.document.audio.last_heard)
        last = house.document.audio.last_heard
        assert last is not None
        assert last.by == "tone"
        assert last.at >= begun
        status, reason, message = _ready(house)
        assert (status, reason) == (True, "heard")
        assert last.microphone in message
        assert last.at.isoformat(timespec="seconds") in message
    async with living(store=Store(tmp_path)) as house:
        assert house.document.audio.last_heard == last


@invented
async def test_a_call_proves_it_too() -> None:
    async with living() as house:
        house.room.audio.told(RoomHeard(HearingProof.CALL, "Puck", "Puck"))
        await house.until(lambda: house.document.audio.last_heard)
        assert _ready(house)[2].startswith("Puck, Puck, ")


@invented
async def test_a_file_that_makes_no_sense_claims_no_time(tmp_path: Path) -> None:
    for text in ('{"at": "soon"}', '{"at": "2026-01-01T00:00:00", "by": "tone"}', "[]", "{"):
        (tmp_path / "heard.json").write_text(text)
        async with living(store=Store(tmp_path)) as house:
            assert house.document.audio.last_heard is None
