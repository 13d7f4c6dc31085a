"""A lamp and a relay that follow the room, on simulated lines, in invented time."""

import pytest

from roomctl import app
from roomctl.clock import SystemClock
from roomctl.errors import ConfigError
from roomctl.output.driver import LEAST_S
from roomctl.output.sim import SimOutput, SimulatedOutput
from roomctl.simulator import Simulator
from tests.invented import invented
from tests.room.rig import BAMBOO, Calendar, House, living
from tests.room.test_bookings import booking

LAMPS = BAMBOO + (
    '[output.door]\nurl = "gpiod:gpiochip0/22"\non = "in_call"\n'
    '[output.light]\nurl = "gpiod:gpiochip0/23?active=low"\non = "occupied"\noff_after_s = 60\n'
    '[output.sign]\nurl = "gpio:24"\non = "booked"\n'
)


def lamp(house: House, name: str) -> SimOutput:
    end = house.simulator.device(f"output.{name}")
    assert isinstance(end, SimulatedOutput)
    return end.output


def told(house: House, name: str) -> bool | None:
    (on,) = (one.on for one in house.document.outputs if one.name == name)
    return on


@invented
async def test_a_lamp_before_the_door_is_on_while_a_call_is_live() -> None:
    async with living(LAMPS) as house:
        await house.until(lambda: told(house, "door") is False)
        await house.join()
        await house.until(lambda: lamp(house, "door").on and told(house, "door"))
        await house.ask("meeting.leave")
        await house.until(lambda: not lamp(house, "door").on)
        assert lamp(house, "door").switches == 2


@invented
async def test_a_light_stays_on_for_its_time_and_as_it_is_while_nobody_can_tell() -> None:
    async with living(LAMPS) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: lamp(house, "light").on)
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: house.document.occupancy.state == "vacant", limit_s=60)
        await house.always(lambda: lamp(house, "light").on, 55.0)
        await house.until(lambda: not lamp(house, "light").on, limit_s=10)
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: lamp(house, "light").on)
        await house.act("occupancy.ceiling", "unplug")
        await house.until(lambda: house.document.occupancy.state == "unknown", limit_s=60)
        await house.always(lambda: lamp(house, "light").on, 600.0)


@invented
async def test_a_sign_is_on_while_a_booking_is_under_way() -> None:
    async with living(LAMPS, feed=Calendar([booking("now", 1, lasts_min=5)])) as house:
        await house.always(lambda: not lamp(house, "sign").on, 59.0)
        await house.until(lambda: lamp(house, "sign").on, limit_s=5)
        await house.until(lambda: not lamp(house, "sign").on, limit_s=305)


@invented
async def test_a_line_that_is_lost_is_set_again_when_it_is_back() -> None:
    async with living(LAMPS) as house:
        await house.join()
        await house.until(lambda: lamp(house, "door").on)
        await house.act("output.door", "unplug")
        await house.until(lambda: house.device("output.door").status == "offline")
        assert told(house, "door") is None
        await house.act("output.door", "plug")
        await house.until(lambda: lamp(house, "door").on and told(house, "door"))


@invented
async def test_a_relay_that_takes_nothing_is_offline_and_tried_again() -> None:
    async with living(LAMPS) as house:
        await house.until(lambda: told(house, "door") is False)
        await house.act("output.door", "stuck")
        await house.join()
        await house.until(lambda: house.device("output.door").status == "offline")
        assert "is stuck" in str(house.device("output.door").detail)
        await house.act("output.door", "stuck")
        await house.until(lambda: lamp(house, "door").on, limit_s=10)
        assert house.device("output.door").status == "online"


@invented
async def test_a_rule_that_flickers_switches_a_relay_once_a_second_at_most() -> None:
    async with living(LAMPS) as house:
        await house.until(lambda: told(house, "door") is False)
        device = next(one for one in house.room._devices if one.name == "door")
        begin_s, before = house.room.clock.mono_s(), lamp(house, "door").switches

        def flicker() -> bool:
            device.requested = not device.requested
            device.wake()
            return True

        await house.always(flicker, 20.0)
        passed_s = house.room.clock.mono_s() - begin_s
        assert lamp(house, "door").switches - before <= passed_s / LEAST_S + 1


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('url = "tcp://192.0.2.9"\non = "awake"', "a line such as gpio:22 or gpiod:gpiochip0/22"),
        ('url = "gpio:99"\non = "occupied"', "there is no GPIO99"),
        (
            'url = "gpio:9"\non = "awake"\n[output.two]\nurl = "gpio:9?active=low"\non = "awake"',
            "is already used by output.lamp",
        ),
        ('url = "gpiod:22"\non = "occupied"', "is not gpiod:CHIP/LINE"),
        ('url = "gpiod:gpiochip0/1?direction=in"\non = "awake"', "is an input"),
        ('url = "gpiod:gpiochip0/22"\non = "raining"', r"lamp\.on: must be 'occupied'"),
        ('url = "gpiod:gpiochip0/22"', r"lamp\.on: is missing"),
        (
            'url = "gpiod:gpiochip0/9"\non = "awake"\n[output.two]\n'
            'url = "gpiod:gpiochip0/9?active=low"\non = "awake"',
            "is already used by output.lamp",
        ),
    ],
)
async def test_an_output_that_cannot_be_meant_is_named(lines: str, says: str) -> None:
    def made() -> None:
        config = app.parse(f"{BAMBOO}[output.lamp]\n{lines}\n", "room.toml")
        clock = SystemClock()
        app.room(config, app.Dependencies(Simulator(config, clock).connect, clock))

    with pytest.raises(ConfigError, match=says):
        made()
