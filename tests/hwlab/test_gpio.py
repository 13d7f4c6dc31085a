"""The shared scenarios of a GPIO input in this process: gpiozero's own mock pins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from tests.hwlab.shared.gpio import SCENARIOS, Scenario


class MockBoard:
    """A board of mock pins, which is what gpiozero uses while a test runs."""

    url = "gpio:17"

    def __init__(self) -> None:
        self.pins = gpiozero.Device.pin_factory = MockFactory()

    def drive(self, high: bool) -> None:
        pin = self.pins.pin(17)
        (pin.drive_high if high else pin.drive_low)()

    @contextmanager
    def held(self) -> Iterator[None]:
        with gpiozero.DigitalInputDevice(17):
            yield


@pytest.fixture
def board() -> Iterator[MockBoard]:
    made = MockBoard()
    yield made
    made.pins.reset()
    gpiozero.Device.pin_factory = None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_in_process(scenario: Scenario, board: MockBoard) -> None:
    await scenario(board)
