"""GPIO lines of the kernel's gpio-sim through gpiozero on lgpio, as on a Raspberry Pi 4B."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gpiozero
import pytest

from roomctl.wire import in_thread
from tests.hwlab.devices.gpio_chip import GpioChip
from tests.hwlab.scenarios.conftest import run
from tests.hwlab.shared.gpio import SCENARIOS, Scenario

REVISION = "c03112"  # a Raspberry Pi 4B, which gpiozero looks for in /proc/cpuinfo
_HOLD = """
import lgpio, sys
lgpio.gpio_claim_input(lgpio.gpiochip_open(0), 17)
print("held", flush=True)
sys.stdin.read()
"""
_ROOM = """
import asyncio, logging, sys
from roomctl import app
from roomctl.clock import SystemClock
from roomctl.app import parse
from roomctl.ports import connect
from roomctl.room import Dependencies
ONE_SENSOR = '[occupancy.ceiling]\\nurl = "gpio:17"\\nprofile = "hc-sr501"'
async def main():
    room = app.room(parse(ONE_SENSOR, "room.toml"), Dependencies(connect, SystemClock()))
    running = asyncio.ensure_future(room.run())
    while not running.done() and "online" not in [one.status for one in room.document.devices]:
        await asyncio.sleep(0.02)
    print("online", flush=True)
    await running
logging.basicConfig(stream=sys.stdout)
asyncio.run(main())
"""


class Board:
    """A Raspberry Pi 4B whose chip is simulated by the kernel."""

    url = "gpio:17"

    def __init__(self, chip: GpioChip) -> None:
        self.chip = chip

    def drive(self, high: bool) -> None:
        self.chip.drive(17, high)

    @contextmanager
    def held(self) -> Iterator[None]:
        let_go()
        command = [sys.executable, "-c", _HOLD]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "held\n"
            yield
            program.communicate()


def let_go() -> None:
    """Have gpiozero let go of its lines: of closed ones, too, it does so with its factory only."""
    if gpiozero.Device.pin_factory is not None:
        gpiozero.Device.pin_factory.close()
        gpiozero.Device.pin_factory = None


@pytest.fixture(scope="module")
def raspberry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if sys.version_info >= (3, 13):
        pytest.importorskip("lgpio", reason="lgpio has no wheel for this Python")
    told = tmp_path_factory.mktemp("pi") / "cpuinfo"
    text = Path("/proc/cpuinfo").read_text(encoding="ascii")
    told.write_text(f"{text}Hardware\t: BCM2835\nRevision\t: {REVISION}\n", encoding="ascii")
    run("mount", "--bind", str(told), "/proc/cpuinfo")
    run("modprobe", "gpio-sim-lab")
    yield
    run("umount", "/proc/cpuinfo")


@pytest.fixture(scope="module")
def chip(raspberry: None) -> Iterator[GpioChip]:
    made = GpioChip("lab")
    yield made
    let_go()
    made.remove()


@pytest.fixture
def board(chip: GpioChip) -> Board:
    chip.drive(17, False)
    return Board(chip)


# First, while nothing in this process has the chip open: it comes back under its old name then.
async def test_a_lost_chip_is_logged_once_and_the_process_ends_to_be_restarted(
    board: Board,
) -> None:
    with room() as first:
        await online(first)
        board.chip.vanish()
        rest = (await in_thread(first.communicate))[0]
    lost = [line for line in rest.splitlines() if "ceiling: lost" in line]
    assert len(lost) == 1, rest[:2000]
    assert "the line cannot be read any more" in lost[0]
    assert "its chip has gone; this process ends, and is restarted" in rest
    assert first.returncode == 1
    board.chip.appear()
    with room() as second:
        await online(second)
        second.kill()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_gpio(scenario: Scenario, board: Board) -> None:
    await scenario(board)


def room() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _ROOM]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )


async def online(process: subprocess.Popen[str]) -> None:
    """Wait until a room says that its sensor is."""
    assert process.stdout is not None
    said = ""
    while not said.endswith("online\n"):
        line = await in_thread(process.stdout.readline)
        assert line, f"the room ended: {said}"
        said += line
