"""A room with a projector: one table in room.toml, and the room knows what to do with it."""

from typing import Any

from roomctl import app
from roomctl.app import parse
from roomctl.display.sim import SimulatedDisplay
from roomctl.room.document import DeviceEntry
from roomctl.simulator import Simulator
from tests.invented import LoopClock, invented
from tests.room.rig import BAMBOO, PANEL, STAFF, House, living

TEXT = (
    BAMBOO
    + """
[display.wall]
url = "tcp://10.0.0.9"
password = "JBMIAProjectorLink"
[display.side]
url = "serial:/dev/ttyUSB7"
profile = "lg"
"""
)


def beamers(house: House) -> dict[str, Any]:
    return {one.name: one for one in house.document.displays}  # type: ignore[attr-defined]


def device(house: House) -> DeviceEntry:
    return house.device("display.wall")


@invented
async def test_a_display_follows_the_rooms_light_and_on_is_what_it_says() -> None:
    async with living(TEXT) as house:
        await house.until(lambda: device(house).status == "online")
        await house.until(lambda: beamers(house)["wall"].power == "warming", limit_s=20)
        assert house.document.panel.display_on is None, "not all of them are on"
        await house.until(lambda: house.document.panel.display_on is True, limit_s=60)
        assert {one.power for one in beamers(house).values()} == {"on"}
        assert (await house.ask("room.standby", STAFF)).status == "done"
        await house.until(lambda: house.document.panel.display_on is False, limit_s=90)


@invented
async def test_a_display_is_switched_by_whoever_may() -> None:
    async with living(TEXT) as house:
        await house.until(lambda: beamers(house)["wall"].power == "on", limit_s=60)
        assert (
            await house.ask("display.picture_mute", PANEL, display="wall", on=True)
        ).status == "done"
        await house.until(lambda: beamers(house)["wall"].picture_muted is True)
        found = await house.ask("display.input", PANEL, display="wall", input="99")
        assert found.error is not None
        assert found.error.code == "unsupported"
        unknown = await house.ask("display.power", PANEL, display="roof", on=True)
        assert unknown.error is not None
        assert unknown.error.detail.endswith("there is: wall, side")


@invented
async def test_what_a_hand_does_at_a_projector_is_seen_at_once_for_it_says_so() -> None:
    async with living(TEXT) as house:
        await house.until(lambda: beamers(house)["wall"].power == "on", limit_s=60)
        await house.until(lambda: beamers(house)["wall"].input == "11", limit_s=20)
        end = house.simulator.device("display.wall")
        assert isinstance(end, SimulatedDisplay)
        for source in ("32", "31", "11"):
            await house.always(lambda: True, 1.5)
            end.display.input = source
            await house.until(lambda wanted=source: beamers(house)["wall"].input == wanted, 1.5)


@invented
async def test_a_fault_of_a_lamp_is_an_issue_until_it_is_mended() -> None:
    async with living(TEXT) as house:
        await house.until(lambda: beamers(house)["wall"].power == "on", limit_s=60)
        await house.act("display.wall", "lamp_fault")
        await house.until(lambda: ("display.fault", "display.wall") in house.issues, limit_s=90)
        await house.act("display.wall", "lamp_fault")
        await house.until(lambda: ("display.fault", "display.wall") not in house.issues, limit_s=90)


@invented
async def test_a_display_that_falls_silent_is_offline_and_comes_back() -> None:
    async with living(TEXT) as house:
        await house.until(lambda: device(house).status == "online")
        await house.act("display.wall", "silent")
        await house.until(lambda: device(house).status == "offline", limit_s=180)
        assert device(house).reason == "no_reply"
        await house.act("display.wall", "silent")
        await house.until(lambda: device(house).status == "online", limit_s=180)


@invented
async def test_a_simulated_room_has_something_for_each_display() -> None:
    config = parse(TEXT, "room.toml")
    names = {each["name"] for each in Simulator(config, LoopClock()).describe()}
    assert {"display.wall", "display.side"} <= names


def test_its_commands_are_declared_with_the_others() -> None:
    names = {one.name for one in app.declared()}
    assert {"display.power", "display.input", "display.picture_mute"} <= names
