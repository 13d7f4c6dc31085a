"""The commands that the documents tell a person to type on a blank Debian, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
ROOM = ("docs/install.md", "From a clone")
DISPLAYS = ("docs/kiosk.md", "A box without a login")
WALL = (TREE / "docs/wall.md", "Installing it")
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def installation(release: str) -> list[str]:
    """Return the lines that set up a box: docs/install.md's, then those of docs/kiosk.md.

    Debian 12 has no labwc, so a room there has no display of its own, and the first is all.
    """
    sections = (ROOM,) if release == "12" else (ROOM, DISPLAYS)
    return [line for name, title in sections for line in first_block(TREE / name, title)]


def first_block(file: Path, title: str) -> Iterator[str]:
    """Yield the commands of the first shell block below a heading, without their remarks."""
    text = file.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2]
    block = _BLOCK.search(text.partition("\n## ")[0])
    assert block is not None, f"{file.name}: no commands below {title!r}"
    for line in block[1].replace("\\\n", " ").splitlines():
        if command := re.sub(r"(^|\s)#.*", "", line).strip():
            yield command


def is_apt(command: str) -> bool:
    """Whether the command brings Debian packages."""
    return command.startswith("sudo apt ")


def starts(command: str) -> bool:
    """Whether the command starts the room's units."""
    return command.startswith("sudo systemctl enable --now ")
