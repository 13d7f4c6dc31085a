"""The room's sound behind a wall: which process is asked, and what is said of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from roomctl.errors import PortError
from roomctl.room.conditions import is_ready
from roomctl.screen.protocol import SoundProcessing, SoundState
from roomctl.screen.sim import SimScreen
from roomctl.simulator.wires import PumpTask
from roomctl.store import Store
from roomctl.wire import Port, pair
from tests.invented import LoopClock, invented
from tests.room.rig import BAMBOO, House, begun, simulated

KIOSK = BAMBOO.replace('mode = "simulated"', 'mode = "kiosk"')
SOON_S = 60.0


def chosen(wall: str) -> str:
    return f'{KIOSK}\n[audio]\nwall = "{wall}"\n'


class SimWall(SimScreen):
    """The process that has the sound behind a wall."""

    why = ""
    seen: str | None = None

    def _sound(self) -> SoundState:
        said = replace(super()._sound(), walled=True, why=self.why)
        return replace(said, muted=False, seen=self.seen) if self.seen else said


class Box:
    """A room's hardware, with a wall that comes and goes."""

    def __init__(self, text: str = KIOSK, *, there: bool = True) -> None:
        self.text, self.there, self.wall = text, there, SimWall()
        self._simulator, self._clock = simulated(text), LoopClock()
        self._link: PumpTask | None = None

    async def connect(self, name: str, url: str) -> Port:
        if name != "sound":
            return await self._simulator.connect(name, url)
        if not self.there:
            raise PortError(url, "no such file")
        near, far = pair(url, self._clock)
        self._link = PumpTask(far, self.wall, self._clock)
        return near

    async def kill(self) -> None:
        """End the process; another one begins when it is `there` again."""
        self.there, self.wall = False, SimWall()
        if self._link is not None:
            await self._link.close()

    @asynccontextmanager
    async def house(self, store: Store | None = None) -> AsyncIterator[House]:
        async with begun(self.text, on=self._simulator, connect=self.connect, store=store) as house:
            await house.until(lambda: house.room.ready)
            yield house
        await self._simulator.close()


def _codes(house: House) -> list[str]:
    return [issue.code for issue in house.document.issues]


def _names(house: House) -> list[str]:
    return [entry.name for entry in house.document.devices]


@invented
async def test_a_room_without_a_wall_lacks_none() -> None:
    async with Box(there=False).house() as house:
        await house.ask("audio.mute", on=True)
        assert house.document.audio.wall == "none"
        assert "screen.sound" not in _names(house)
        assert house.screen.muted
        assert not _codes(house)


@invented
async def test_where_a_wall_stands_it_is_asked_and_not_the_screen() -> None:
    box = Box()
    async with box.house() as house:
        await house.until(lambda: house.document.audio.mute == "open")
        house.screen.muted = False
        await house.ask("audio.mute", on=True)
        assert house.document.audio.wall == "stands"
        assert "screen.sound" in _names(house)
        assert (box.wall.muted, house.screen.muted) == (True, False)
        await house.ask("audio.volume", pct=35)
        await house.until(lambda: house.document.audio.volume_pct == 35)
        assert box.wall.volume_pct == 35
        assert is_ready(house.document.conditions)


@invented
async def test_a_wall_is_told_what_is_done_to_the_sound_at_every_connection() -> None:
    box = Box(f'{KIOSK}\n[audio]\nprocessing = "voice"\n')
    async with box.house() as house:
        await house.until(lambda: box.wall.processing is SoundProcessing.VOICE, SOON_S)
        await box.kill()
        box.there = True
        await house.until(lambda: box.wall.processing is SoundProcessing.VOICE, SOON_S)


@invented
async def test_a_wall_that_is_off_is_left_alone() -> None:
    box = Box(chosen("off"))
    async with box.house() as house:
        await house.ask("audio.mute", on=True)
        assert house.document.audio.wall == "none"
        assert house.screen.muted
        assert "screen.sound" not in _names(house)


@invented
async def test_a_wall_that_must_be_there_and_is_not_is_an_issue_and_nothing_is_muted() -> None:
    box = Box(chosen("on"), there=False)
    async with box.house() as house:
        await house.until(lambda: house.document.audio.wall == "away")
        assert "audio.wall" in _codes(house)
        assert house.document.audio.mute not in ("muted", "open")
        ready = {one.type: one.status for one in house.document.conditions}
        assert (ready["audio_ready"], ready["platform_ready"]) == (False, True)
        box.there = True
        await house.until(lambda: house.document.audio.wall == "stands", SOON_S)
        await house.until(lambda: "audio.wall" not in _codes(house))


@invented
async def test_a_wall_that_begins_after_the_room_is_used_from_then_on() -> None:
    box = Box(there=False)
    async with box.house() as house:
        await house.ask("audio.mute", on=True)
        assert house.document.audio.wall == "none"
        box.there = True
        await house.until(lambda: house.document.audio.wall == "stands", SOON_S)
        await house.until(lambda: house.document.audio.mute == "muted")
        assert box.wall.muted


@invented
async def test_a_wall_that_is_killed_comes_back_muted_if_it_was() -> None:
    box = Box()
    async with box.house() as house:
        await house.until(lambda: house.document.audio.wall == "stands", SOON_S)
        await house.ask("audio.mute", on=True)
        await box.kill()
        await house.until(lambda: house.document.audio.wall == "away")
        assert house.document.audio.mute != "muted"
        box.there = True
        await house.until(lambda: house.document.audio.mute == "muted")
        assert box.wall.muted
        assert house.document.audio.requested == "muted"


@invented
async def test_a_room_that_was_muted_is_muted_behind_its_wall_after_a_power_cut(
    tmp_path: Path,
) -> None:
    async with Box().house(Store(tmp_path)) as house:
        await house.until(lambda: house.document.audio.wall == "stands", SOON_S)
        await house.ask("audio.mute", on=True)
    box = Box()
    async with box.house(Store(tmp_path)) as house:
        await house.until(lambda: house.document.audio.mute == "muted", SOON_S)
        assert box.wall.muted


@invented
async def test_a_screen_that_leaves_the_sound_to_a_wall_which_is_not_there_claims_nothing() -> None:
    box = Box(there=False)
    async with box.house() as house:
        walled = SoundState(False, walled=True)
        house.screen._sound = lambda: walled  # type: ignore[method-assign]
        await house.until(lambda: house.document.audio.wall == "away", SOON_S)
        assert "audio.wall" in _codes(house)
        assert house.document.audio.mute not in ("muted", "open")


@invented
async def test_what_programs_see_is_named_and_what_is_missing_to_the_proof_is_said() -> None:
    box = Box()
    async with box.house() as house:
        await house.until(lambda: house.document.audio.wall == "stands", SOON_S)
        await house.ask("audio.mute", on=True)
        box.wall.seen = "Webcam"
        await house.until(lambda: "audio.seen" in _codes(house))
        assert house.document.audio.mute != "muted"
        box.wall.seen = None
        await house.until(lambda: house.document.audio.mute == "muted")
        box.wall.why = "the programs' side gives no sound"
        await house.until(lambda: "audio.wall" in _codes(house))
