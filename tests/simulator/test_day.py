"""A standard day: the same for the same seed, and judged as a room judges."""

import asyncio

from roomctl import app
from roomctl.cli.day import ROOM, words
from roomctl.meeting.first_try import WHYS
from roomctl.simulator import day
from roomctl.simulator.invented import InventedLoop


def short(seed: int, starts: int = 12, *, shown: bool = False) -> dict[str, object]:
    """Play the first starts of a day."""
    config = app.parse(ROOM, "room.toml")
    with asyncio.Runner(loop_factory=InventedLoop) as runner:
        return runner.run(
            day.played(config, lambda outside: app.room(config, outside), seed, starts, shown=shown)
        )


def test_a_day_has_two_hundred_starts_on_four_platforms_and_is_its_seeds() -> None:
    one, again, other = (list(day.planned(seed)) for seed in (1, 1, 2))
    assert (len(one), one == again, one == other) == (200, True, False)
    assert {each.platform for each in one} == set(day.LINKS)


def test_the_same_day_has_the_same_figures_and_every_start_is_counted_once() -> None:
    figures = short(3)
    assert figures == short(3)
    assert figures["simulated"] is True
    modes = figures["modes"]
    assert isinstance(modes, dict)
    assert sum(one["starts"] for one in modes.values()) == 12
    assert all(one["starts"] == sum(one[why] for why in WHYS) for one in modes.values())
    assert modes["assisted"]["first_try"] > 0
    assert modes["plain"]["first_try"] == 0  # a person presses Join on the page
    assert "simulated" in words(figures)


def test_a_room_that_was_shown_the_pages_begins_on_them_at_one_touch() -> None:
    modes = short(3, shown=True)["modes"]
    assert isinstance(modes, dict)
    assert modes["plain"]["touches"] == 0
    assert modes["plain"]["first_try"] > modes["plain"]["starts"] / 2
