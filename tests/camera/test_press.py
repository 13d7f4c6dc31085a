"""From a press to the byte: what it passes is what docs/design.md lists, and no more."""

import asyncio
import re
import sys
from pathlib import Path
from types import FrameType

from tests.invented import invented
from tests.room.rig import House, living

TREE = Path(__file__).resolve().parents[2]
PACKAGE = str(TREE / "roomctl")
DESIGN = (TREE / "docs" / "design.md").read_text(encoding="utf-8")
ROOM = """
[camera.front]
url = "sim:front?baud=115200"
profile = "sony_srg300h"
"""
MOST = 14
# What hands a press on: the message is made, requested, waited for by nobody, written.
MARKS = ("pan_tilt_drive", "Connection.drive", "Device.wake", "Drive.encode", "_NearPort.write")
PORT = {"simulator.simulator._NearPort.write": "wire.Port.write"}  # of a room that is simulated


class Followed:
    """The calls that stand when a press is handed on, each once, in their order.

    `made`: all calls of the room meanwhile.
    """

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.made: set[str] = set()
        self._left = list(MARKS)

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        self.made.add(frame.f_code.co_qualname)
        if event == "call" and self._left and frame.f_code.co_qualname == self._left[0]:
            self._left.pop(0)
            self.passed += [name for name in _stack(frame) if name not in self.passed]

    @property
    def complete(self) -> bool:
        return not self._left


def _stack(frame: FrameType | None) -> list[str]:
    names: list[str] = []
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        module = Path(frame.f_code.co_filename).relative_to(TREE / "roomctl").with_suffix("")
        name = f"{'.'.join(module.parts)}.{frame.f_code.co_qualname}"
        names.insert(0, PORT.get(name, name))
        # What is beneath the pump waits in it, and does nothing for the press.
        frame = None if name == "wire.pump" else frame.f_back
    return names


def listed() -> list[str]:
    """Return the calls that the design lists."""
    _, _, section = DESIGN.partition("## From a press to the byte\n")
    return re.findall(r"^\d+\. `([\w.]+)`", section.partition("\n## ")[0], re.MULTILINE)


async def followed(house: House) -> Followed:
    """Press right on the pad, and follow that until it is written."""
    path = Followed()
    sys.setprofile(path.note)
    try:
        house.room.hold("press", 1, "panel", "front", (0.5, 0.0, 0.0, 0.0))
        async with asyncio.timeout(1.0):
            while not path.complete:
                await asyncio.sleep(0)
    finally:
        sys.setprofile(None)
    return path


@invented
async def test_a_press_passes_the_calls_that_the_design_lists_and_at_most_14() -> None:
    async with living(ROOM) as house:
        await house.until(lambda: house.document.cameras[0].pan_deg is not None)
        await asyncio.sleep(1.0)  # in invented time: nothing else is being said

        path = await followed(house)

        assert path.passed == listed()
        assert len(path.passed) <= MOST
        await house.until(lambda: house.camera.moving)


@invented
async def test_the_camera_is_told_before_the_room_takes_note_that_somebody_is_there() -> None:
    async with living(ROOM) as house:
        await house.until(lambda: house.document.cameras[0].pan_deg is not None)
        await asyncio.sleep(1.0)

        path = await followed(house)

        assert "Room._touched" not in path.made
