"""Draws the two sequences of docs/design.md from a simulated room that runs (make types).

    python -m tests.house.sequences

A press: the calls from a panel to the byte. A join: what the room and its screen tell each other
until the call is proven, and what panels see of it. A test fails while the page is old.
"""

import asyncio
import sys
from pathlib import Path
from types import FrameType

from roomctl.screen.protocol import Heartbeat
from tests.camera import test_press
from tests.invented import invented
from tests.room.rig import ONLY_SCREEN, House, living

FILE = Path(__file__).resolve().parents[2] / "docs" / "design.md"
LINK = "https://meet.jit.si/BambooRoom"
Arrow = tuple[str, str, str]
"""Who tells whom what."""

DRIVER, SIMULATED = "screen/driver.py", "screen/sim.py"


class Listener:
    """Notes each message between room and screen, and each state of the meeting, in order."""

    def __init__(self, house: House, arrows: list[Arrow]) -> None:
        self._house, self._arrows = house, arrows

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or frame.f_code.co_qualname != "encode" or frame.f_back is None:
            return
        caller, message = frame.f_back.f_code.co_filename, frame.f_locals.get("message")
        if caller.endswith(DRIVER):
            self._add("room", "screen", type(message).__name__)
        elif caller.endswith(SIMULATED) and not isinstance(message, Heartbeat):
            self._add("screen", "room", type(message).__name__)

    def look(self) -> None:
        """Note the state that panels see now."""
        self._add("room", "panel", f"meeting.state: {self._house.document.meeting.state}")

    def _add(self, sender: str, receiver: str, said: str) -> None:
        if (arrow := (sender, receiver, said)) not in self._arrows:
            self._arrows.append(arrow)


def joined() -> list[Arrow]:
    """Return who tells whom what while a simulated room joins a meeting, each once, in order."""
    arrows: list[Arrow] = [("panel", "room", "meeting.join")]
    _join(arrows)
    return arrows


@invented
async def _join(arrows: list[Arrow]) -> None:
    async with living(ONLY_SCREEN) as house:
        await asyncio.sleep(5.0)  # in invented time: the screen has told how things are
        listener = Listener(house, arrows)
        sys.setprofile(listener.note)
        try:
            await house.ask("meeting.join", link=LINK)
            while house.document.meeting.state != "in_call":
                listener.look()
                await asyncio.sleep(0.05)
            listener.look()
        finally:
            sys.setprofile(None)


def pressed() -> list[Arrow]:
    """Return who calls whom from a panel's press to the byte."""
    arrows: list[Arrow] = []
    _press(arrows)
    return arrows


@invented
async def _press(arrows: list[Arrow]) -> None:
    async with living(test_press.ROOM) as house:
        await house.until(lambda: house.document.cameras[0].pan_deg is not None)
        await asyncio.sleep(1.0)  # in invented time: nothing else is being said
        sender = "panel"
        for call in (await test_press.followed(house)).passed:
            module, _, name = call.rpartition(".")
            module = (
                module.rpartition(".")[0] if module[module.rfind(".") + 1].isupper() else module
            )
            receiver = module.replace("_", " ")
            arrows.append((sender, receiver, name))
            sender = receiver


def picture(arrows: list[Arrow]) -> str:
    """Return a sequence as Mermaid draws it."""
    names = dict.fromkeys(name for sender, receiver, _ in arrows for name in (sender, receiver))
    lines = [f"    participant {name}" for name in names]
    lines += [f"    {sender}->>{receiver}: {said}" for sender, receiver, said in arrows]
    return "\n".join(("```mermaid", "sequenceDiagram", *lines, "```", ""))


def text(page: str) -> str:
    """Return the page with the sequences as they are now."""
    for name, arrows in (("press", pressed()), ("join", joined())):
        begin, end = f"<!-- {name}: make types -->\n", f"<!-- end of {name} -->"
        head, found, rest = page.partition(begin)
        page = head + found + picture(arrows) + end + rest.partition(end)[2]
    return page


if __name__ == "__main__":
    FILE.write_text(text(FILE.read_text(encoding="utf-8")), encoding="utf-8")
